"""Whether the variables that a step asks for are there is seen in the template of the panes: by names only."""

from datetime import UTC, datetime

import pytest

from cockpit.model.revision import Application, Revision, template_settings
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.prepare.template_variables import describe_variables, list_asked_variables
from cockpit.runbooks.prepare.values import Live, focus_app

TEMPLATE = {
    "containers": [
        {
            "name": "api",
            "image": "shop:7",
            "env": [
                {"name": "DATABASE_URL", "secretRef": "db-url"},
                {"name": "LOG_LEVEL", "value": "hunter2"},
                {"name": "EMPTY_ONE"},
            ],
        }
    ]
}


def step(title: str, command: str = "") -> Step:
    return Step(1, title, StepKind.MANUAL, 4, command)


def live(template: object = TEMPLATE) -> Live:
    settings = template_settings(template)
    revision = Revision("shop", "shop--v7", True, 100, datetime(2026, 11, 1, tzinfo=UTC), settings=settings)
    return focus_app(Live((Application("prod", "shop", "", "multiple", (revision,)),)))


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Verify that DATABASE_URL and SECRET_KEY are set", ("DATABASE_URL", "SECRET_KEY")),
        ("Check environment variables: DATABASE_URL, JWT_SECRET_KEY", ("DATABASE_URL", "JWT_SECRET_KEY")),
        ("JWT_SECRET_KEY is the same on every replica", ("JWT_SECRET_KEY",)),
        ("Ensure REDIS_URL exists in the container", ("REDIS_URL",)),
        ("Confirm REDIS_URL is non-empty", ("REDIS_URL",)),
        ("Verify `DB_POOL` isn't empty", ("DB_POOL",)),
        ("Does the revision have SMTP_HOST?", ("SMTP_HOST",)),
        ("Validate environment: DB_HOST, DB_PORT", ("DB_HOST", "DB_PORT")),
        ("Look whether JWT_KEY is available", ("JWT_KEY",)),
        ("Confirm that the variable PORT is set", ("PORT",)),
        ("Is PORT set?", ("PORT",)),
        ("Verify OPENAI_API_KEY was rotated", ()),
        ("Restart the HTTP_PROXY", ()),
        ("Tell the lead that ORDER_QUEUE grows", ()),
        ("Verify that the pod is set up", ()),
        ("Fill in <DB_NAME> where it is missing", ()),
    ],
)
def test_a_step_that_asks_for_variables_names_them(title: str, names: tuple[str, ...]) -> None:
    assert list_asked_variables(step(title)) == names


def test_a_command_asks_for_nothing_of_a_person() -> None:
    assert list_asked_variables(step("DATABASE_URL is set", "printenv DATABASE_URL")) == ()


def test_what_is_there_and_what_is_not_is_reported_by_name() -> None:
    said = describe_variables(step("DATABASE_URL, LOG_LEVEL, EMPTY_ONE and SECRET_KEY are set"), live())
    assert said.startswith(
        "shop--v7: DATABASE_URL is there; LOG_LEVEL is there; EMPTY_ONE is there but empty; SECRET_KEY is NOT there."
    )
    assert "hunter2" not in said


def test_a_template_that_nobody_read_tells_nothing() -> None:
    assert describe_variables(step("SECRET_KEY is set"), live({})) == ""
    assert describe_variables(step("SECRET_KEY is set"), Live()) == ""
