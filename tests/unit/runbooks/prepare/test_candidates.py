"""What a step has printed, or the panes show, is offered for an open placeholder with its origin, and never taken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.revision import Application, Revision
from cockpit.model.runbook import Parameter
from cockpit.model.system import Environment
from cockpit.runbooks.prepare.candidates import PrintedOutput, find_releases, find_values, list_candidates
from cockpit.runbooks.prepare.values import Live, resolve_values
from cockpit.runbooks.types import Resolved

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PROD = Environment("prod")


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("POD", "api-7d9f\n", ["api-7d9f"]),
        ("pod", "pod/api-1\npod/api-2\n", ["pod/api-1", "pod/api-2"]),
        ("pod-name", '{"items": [{"podName": "api-1"}, {"podName": "api-2"}]}', ["api-1", "api-2"]),
        ("pod_name", '{"pod": {"name": "api-1", "phase": "Running"}}', ["api-1"]),
        ("server", "NAME    SERVER      STATE\ndb-1    shop-sql    Ready\n", ["shop-sql"]),
        ("lock_id", "Error: locked\n  ID:      5f1c\n  lockId: 5f1c-aa\n", ["5f1c-aa"]),
        ("QUEUE_URL", "QUEUE_URL=https://q/1\nREGION=eu\n", ["https://q/1"]),
        ("pod", "Some sentence about pods.\nAnother one that goes on.\n", []),
        ("pod", '{"unrelated": "x"}', []),
        ("pod", "", []),
    ],
)
def test_values_are_found_by_their_name_or_because_there_is_nothing_else(
    name: str, text: str, values: list[str]
) -> None:
    assert find_values(name, text) == values


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_output_and_any_name_may_be_asked_about(text: str, name: str) -> None:
    assert all(isinstance(value, str) for value in find_values(name, text))


def resolve(name: str, *printed: PrintedOutput, panes: Live | None = None, **typed: str) -> Resolved:
    [result] = resolve_values([Parameter(name)], PROD, panes or Live(), typed, now=NOW, printed=printed)
    return result


def test_it_is_offered_and_not_taken() -> None:
    result = resolve("pod", PrintedOutput(2, "api-7d9f\n"))
    assert result.value is None
    assert (result.choices, result.origins) == (("api-7d9f",), ("step 2's output",))


def test_what_was_chosen_says_where_it_was_printed() -> None:
    assert resolve("pod", PrintedOutput(2, "api-7d9f\n"), pod="api-7d9f").source == "step 2's output"
    assert resolve("pod", PrintedOutput(2, "api-7d9f\n"), pod="other").source == "operator"


def test_a_secret_is_not_offered_and_what_cannot_be_a_value_neither() -> None:
    assert resolve("API_TOKEN", PrintedOutput(1, "abc\n")).choices == ()
    assert resolve("pod", PrintedOutput(1, "--all\n")).choices == ()


def test_the_newest_output_comes_first_and_each_value_once() -> None:
    candidates = list_candidates("pod", [PrintedOutput(3, "b\n"), PrintedOutput(1, "a\nb\n")])
    assert [(candidate.value, candidate.origin) for candidate in candidates] == [
        ("b", "step 3's output"),
        ("a", "step 1's output"),
    ]


def test_image_tags_and_points_just_before_the_detection_come_from_the_panes() -> None:
    made = Revision("api", "api--v1", True, 100, NOW, image="registry/api:1.4.2")
    panes = Live((Application("api", "prod", "multiple", "", (made,)),), detected=NOW)
    assert resolve("IMAGE_TAG", panes=panes).choices == ("1.4.2",)
    times = resolve("RESTORE_TIME", panes=panes)
    assert times.choices[0] == "2026-11-20T13:55:00Z"
    assert times.origins[0] == "5 min before the detection"


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("PREVIOUS_SHA", ("1.4.1", "1.4.2")),
        ("last-good-tag", ("1.4.1", "1.4.2")),
        ("rollback version", ("1.4.1", "1.4.2")),
        ("bad_release", ("1.4.2", "1.4.1")),
        ("schema_version", ()),
        ("TLS_VERSION", ()),
        ("git_commit_message", ()),
    ],
)
def test_what_an_older_image_is_called_by_is_offered_under_any_of_its_names_and_what_does_not_serve_comes_first(
    name: str, choices: tuple[str, ...]
) -> None:
    bad = Revision("api", "api--v2", True, 100, NOW, image="registry/api:1.4.2")
    good = Revision("api", "api--v1", True, 0, NOW, image="registry/api:1.4.1")
    panes = Live((Application("api", "prod", "multiple", "", (bad, good)),))
    assert resolve(name, panes=panes).choices == choices


def test_a_time_may_be_typed_as_people_write_it() -> None:
    assert resolve("RESTORE_TIME", RESTORE_TIME="30m ago").value == "2026-11-20T13:30:00Z"
    assert resolve("RESTORE_TIME", RESTORE_TIME="soon").value is None


RELEASES = (
    "Spring\tLatest\tv1.44.0\t2026-11-20T09:00:00Z\n"
    "Beta\tPre-release\tv1.45.0-rc1\t2026-11-21T09:00:00Z\n"
    "v1.43.0\t\tv1.43.0\t2026-11-12T09:00:00Z\n"
)


def test_the_releases_that_a_step_listed_are_versions_to_go_back_to() -> None:
    candidates = list_candidates("version", [PrintedOutput(1, RELEASES)])
    assert [candidate.value for candidate in candidates][:4] == ["v1.44.0", "1.44.0", "v1.43.0", "1.43.0"]
    assert "2026-11-12" in candidates[2].origin


def test_the_earliest_restore_point_of_a_database_is_a_time_to_restore_to() -> None:
    text = '{"name": "shop", "earliestRestoreDate": "2026-11-14T02:03:04.507000+00:00", "status": "Online"}'
    (candidate,) = list_candidates("restore-time", [PrintedOutput(2, text)])
    assert candidate.value == "2026-11-14T02:03:05Z"


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_release_that_is_none(text: str) -> None:
    assert all("\n" not in tag and day for tag, day in find_releases(text))
