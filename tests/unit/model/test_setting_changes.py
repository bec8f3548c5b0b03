"""What tells two templates apart: likely causes first, names always, values only where they cannot be a secret."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.revision import Revision, SettingGroup, list_setting_changes, template_settings

TEMPLATE: dict[str, Any] = {
    "containers": [
        {
            "name": "api",
            "image": "registry.example.com/api:1.43.0",
            "env": [
                {"name": "LEVEL", "value": "info"},
                {"name": "CLIENT_SECRET", "value": "hunter2"},
                {"name": "DB", "secretRef": "db-password"},
            ],
            "resources": {"cpu": 0.5, "memory": "1Gi"},
            "probes": [{"type": "Liveness", "periodSeconds": 10}],
        }
    ],
    "scale": {"minReplicas": 1, "maxReplicas": 3},
}
OLD = Revision("app", "app--a", True, 100, None, settings=template_settings(TEMPLATE))


def changed(**more: object) -> Revision:
    container = {**TEMPLATE["containers"][0], **{name: value for name, value in more.items() if name != "scale"}}
    scale = more.get("scale", TEMPLATE["scale"])
    return replace(OLD, settings=template_settings({"containers": [container], "scale": scale}))


def test_a_change_stands_in_its_group_by_its_name() -> None:
    new = changed(
        image="registry.example.com/api:1.44.0",
        env=[{"name": "LEVEL", "value": "debug"}, {"name": "DB", "secretRef": "db-password-2"}],
        resources={"cpu": 1, "memory": "1Gi"},
        probes=[{"type": "Liveness", "periodSeconds": 30}],
        scale={"minReplicas": 0, "maxReplicas": 3},
    )
    changes = list_setting_changes(OLD, new)
    assert [(change.group, change.name) for change in changes] == [
        (SettingGroup.IMAGE, "api"),
        (SettingGroup.ENVIRONMENT, "api CLIENT_SECRET"),
        (SettingGroup.ENVIRONMENT, "api LEVEL"),
        (SettingGroup.SECRETS, "api DB secretRef"),
        (SettingGroup.SCALE, "scale minReplicas"),
        (SettingGroup.PROBES, "api probes 0 periodSeconds"),
        (SettingGroup.RESOURCES, "api resources cpu"),
    ]
    level = changes[2]
    assert level.masked  # a value of the environment may be a secret
    assert changes[3].new == "db-password-2"  # the name of a secret is none
    assert changes[1].new is None


def test_what_was_not_read_is_not_compared() -> None:
    assert list_setting_changes(OLD, replace(OLD, settings=())) == ()


@given(st.text(min_size=8))
def test_no_value_of_the_environment_is_ever_printed(secret: str) -> None:
    for change in list_setting_changes(OLD, changed(env=[{"name": "LEVEL", "value": secret}])):
        assert secret not in (change.old, change.new)
