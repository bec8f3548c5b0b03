"""Where the value of a placeholder comes from, and what is no value."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import Reading
from cockpit.model.revision import Application, Replica, Revision
from cockpit.model.run import Value
from cockpit.model.runbook import Parameter
from cockpit.model.secret import MASK, Secret
from cockpit.model.system import Environment
from cockpit.runbooks.prepare.values import Live, build_live_values, resolve_values
from cockpit.runbooks.types import Resolved

PROD = Environment("prod", subscription="sub-1", resource_group="rg-prod", values={"TOKEN": Secret("env", "T")})


def revision(name: str, weight: int = 0, *, provisioning: str = "Provisioned", ready: bool = True) -> Revision:
    replicas = (Replica(f"{name}-x1", "Running", ready, 0),)
    created = datetime(2026, 11, int(name[-1]), tzinfo=UTC)
    off = None if weight else created + timedelta(days=1)
    return Revision(
        "mi-prod", name, weight > 0, weight, created, provisioning=provisioning, last_active=off, replicas=replicas
    )


APP = Application(
    "mi-prod", "prod", "multiple", "mi.example.com",
    (
        revision("mi-prod--v3", 100, ready=False), revision("mi-prod--v2", provisioning="Failed"),
        revision("mi-prod--v1"),
    ),
)  # fmt: skip


def seen(*apps: Application) -> Live:
    return build_live_values([Reading("revisions", "prod", 15.0, 0.0, value=apps)])


def one(
    name: str,
    /,
    environment: Environment = PROD,
    panes: Live | None = None,
    parameter: Parameter | None = None,
    **given: str,
) -> Resolved:
    wanted = parameter or Parameter(name)
    return resolve_values([wanted], environment, panes or seen(APP), given, lambda secret: "hunter2secret")[0]


def answered(name: str, value: str) -> Resolved:
    return resolve_values([Parameter(name)], PROD, seen(APP), {name: value})[0]


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("env", "prod", "environment"), ("ENVIRONMENT", "prod", "environment"), ("rg", "rg-prod", "environment"),
        ("RESOURCE_GROUP", "rg-prod", "environment"), ("subscription-id", "sub-1", "environment"),
        ("APP_NAME", "mi-prod", "live"), ("FQDN", "mi.example.com", "live"), ("PREVIOUS", "mi-prod--v1", "live"),
        ('BAD', 'mi-prod--v3', 'live'), ('current-revision', 'mi-prod--v3', 'live'),
        ('replica', 'mi-prod--v3-x1', 'live'),
    ],
)  # fmt: skip
def test_the_environment_and_the_panes_know_it(name: str, value: str, source: str) -> None:
    found = one(name)
    assert (found.value, found.source, found.problem) == (value, source, "")


def test_the_operator_has_the_last_word_and_another_name_for_it_will_do() -> None:
    assert one("rg", RESOURCE_GROUP="other").value == "other"
    assert one("rg", RESOURCE_GROUP="other").source == "operator"


def test_configured_values_come_before_the_panes() -> None:
    assert one("FQDN", Environment("prod", values={"fqdn": "other.example.com"})).value == "other.example.com"


def test_a_documents_literal_is_a_hint_and_never_the_value() -> None:
    found = one("", parameter=Parameter("RESTORE_TIME", hint="2026-02-27T02:00:00Z"))
    assert found.value is None
    assert found.hint == "2026-02-27T02:00:00Z"
    assert "nobody has said" in found.problem


def test_of_several_apps_none_is_guessed() -> None:
    other = Application("web", "prod", "single", "web.example.com", (revision("web--v1", 100),))
    assert one("APP", panes=seen(APP, other)).choices == ("mi-prod", "web")
    assert one("FQDN", panes=seen(APP, other)).value is None
    assert one("FQDN", panes=seen(APP, other), app="web").value == "web.example.com"


def test_a_blind_pane_fills_nothing() -> None:
    assert one("PREVIOUS", panes=build_live_values([Reading("revisions", "prod", 15.0, 0.0)])).value is None


@pytest.mark.parametrize("name", ["revision", "host"])
def test_a_word_that_databases_use_too_is_asked_for(name: str) -> None:
    assert one(name).value is None


def test_a_configured_secret_is_dots() -> None:
    found = one("TOKEN")
    assert (found.value, found.shown, found.secret) == ("hunter2secret", MASK, True)
    assert "hunter2" not in repr(found)


def test_what_sounds_like_a_secret_is_one_whoever_gives_it() -> None:
    assert one("DB_PASSWORD", DB_PASSWORD="correct horse").shown == MASK


def test_a_secret_that_is_not_there_says_so() -> None:
    def reveal(secret: Secret) -> str:
        raise SourceError(Problem(ProblemKind.REFUSED, "secret missing", "The environment variable T is not set."))

    found = resolve_values([Parameter("TOKEN")], PROD, Live(), {}, reveal)[0]
    assert (found.value, found.problem) == (None, "The environment variable T is not set.")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ('name', '--yes', 'dash'), ('name', 'a\nb', 'line break'), ('name', 'a\u202eb', 'cannot be seen'),
        ('name', '\x1b[31m', 'cannot be seen'),
        ("name", "x" * 5000, "longer"), ("FQDN", "https://x.example.com", "host name"), ("FQDN", "x y", "host name"),
        ('PREVIOUS', 'mi-prod--v9', 'there is no mi-prod--v9 here; did you mean'),
        ('RESTORE_TIME', 'yesterday', 'with its zone'),
        ("RESTORE_TIME", "2026-02-27T02:00:00", "with its zone"), ("name", "\u200b", "cannot be seen"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_no_value(name: str, value: str, says: str) -> None:
    found = answered(name, value)
    assert found.value is None
    assert says in found.problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", "-1"),
        ("FQDN", "localhost:8443"),
        ("FQDN", "127.0.0.1"),
        ("RESTORE_TIME", "2026-02-27T02:00:00Z"),
        ("x", "it's; $(fine)"),
    ],
)
def test_what_may_be_right_is_taken(name: str, value: str) -> None:
    assert answered(name, value).value == value


def test_blanks_around_a_pasted_value_are_not_part_of_it() -> None:
    assert one("x", x=" a b \n").value == "a b"


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_answer_is_a_value_or_a_reason(name: str, value: str) -> None:
    found = resolve_values([Parameter(name)], PROD, seen(APP), {name: value})[0]
    assert (found.value is None) == bool(found.problem)


def test_an_environment_that_nobody_named_is_asked_for() -> None:
    found = one("env", Environment("default", unnamed=True))
    assert (found.value, one("env", Environment("default")).value) == (None, "default")
    assert "give it for this run" in found.problem


def test_what_was_found_for_a_run_says_so_and_the_operators_word_counts_more() -> None:
    found = (Value("previous", "mi-prod--v1", "proposal"),)
    (first,) = resolve_values([Parameter("PREVIOUS")], PROD, seen(APP), {}, proposed=found)
    assert (first.value, first.source) == ("mi-prod--v1", "proposal")
    (other,) = resolve_values([Parameter("PREVIOUS")], PROD, seen(APP), {"previous": "mi-prod--v3"}, proposed=found)
    assert (other.value, other.source) == ("mi-prod--v3", "operator")


def test_a_run_about_one_of_several_apps_sees_that_one() -> None:
    other = replace(APP, name="other", fqdn="other.example.com", revisions=())
    about = (Value("app", "other", "revisions pane"),)
    for kept, proposed in ((about, ()), ((), about)):
        (found,) = resolve_values([Parameter("FQDN")], PROD, seen(APP, other), {}, kept=kept, proposed=proposed)
        assert (found.value, found.source) == ("other.example.com", "live")


@pytest.mark.parametrize(
    ("name", "values", "value"),
    [
        ("rg", {"group": "a-group-of-servers"}, "rg-prod"),  # another word for it, of something else
        ("resource-group", {"group": "a-group-of-servers"}, "rg-prod"),
        ("group", {"group": "a-group-of-servers"}, "a-group-of-servers"),
        ("rg", {"rg": "chosen"}, "chosen"),
        ("resource-group", {"rg": "chosen"}, "chosen"),
        ("environment", {"env": "chosen"}, "chosen"),
    ],
)
def test_a_vague_word_does_not_stand_for_the_resource_group(name: str, values: dict[str, str], value: str) -> None:
    (result,) = resolve_values([Parameter(name)], replace(PROD, values=values), Live(), {})
    assert result.value == value
