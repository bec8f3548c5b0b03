"""The procedures that ship with the program: read by the same reader, run without az, undone, verified, warned of."""

import shlex
from datetime import date
from pathlib import Path

import pytest

from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.model.system import Environment
from cockpit.platforms.container_apps.kind import KIND, MULTIPLE, SINGLE
from cockpit.runbooks.az import recognise_az_command
from cockpit.runbooks.catalogue.load import load_catalogue, open_file
from cockpit.runbooks.drills.badges import Badge, list_badges
from cockpit.runbooks.prepare.tags import retry_of, timeout_of
from cockpit.runbooks.run.verify import parse_expectation
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

FILES = sorted(KIND.procedures.glob("*.md"))
BOOKS: dict[str, Runbook] = {path.stem: open_file(path) for path in FILES}
STEPS = [
    pytest.param(step, id=f"{name}#{procedure.slug}-{step.ordinal}")
    for name, book in BOOKS.items()
    for procedure in book.procedures
    for step in procedure.commands
]
VERIFICATIONS = [each for each in STEPS if isinstance(step := each.values[0], Step) and step.kind is StepKind.VERIFY]


def filled(command: str) -> list[str]:
    """The argument list with a plausible value in every blank."""
    for blank in reversed(find_placeholders(command)):
        command = f"{command[: blank.start]}mi-prod--v1{command[blank.end :]}"
    return shlex.split(command)


def test_they_are_found_by_name() -> None:
    catalogue = load_catalogue([], environments=[Environment("prod", subscription="s")])
    assert sorted(each.id for each in catalogue.documents if each.builtin) == [
        "activate",
        "deactivate",
        "replace-replica",
        "restart",
        "rollback",
        "shift-traffic",
    ]
    assert catalogue.find("rollback").procedure.slug == MULTIPLE
    assert catalogue.find(f"rollback#{SINGLE}").procedure.slug == SINGLE


def test_rolling_back_activates_waits_shifts_verifies_and_only_then_offers_to_deactivate() -> None:
    steps = BOOKS["rollback"].procedures[0].steps
    assert [(step.title, step.kind.value) for step in steps] == [
        ("Activate the revision to go back to", "change"),
        ("Wait until it runs and is healthy", "verify"),
        ("Send it all the traffic", "change"),
        ("Verify by the app's own probes", "verify"),
        ("Deactivate the bad revision", "danger"),
    ]
    assert steps[4].tags["needs"] == "verify"
    assert steps[4].tags["confirm"] == "<bad>"


@pytest.mark.parametrize("step", STEPS)
def test_every_command_runs_without_az(step: Step) -> None:
    assert recognise_az_command(filled(step.command)) is not None


@pytest.mark.parametrize("step", STEPS)
def test_every_undo_is_a_known_command_too(step: Step) -> None:
    assert "undo" not in step.tags or recognise_az_command(filled(step.tags["undo"])) is not None


@pytest.mark.parametrize("step", VERIFICATIONS)
def test_every_verification_is_a_question_with_a_yes_or_no(step: Step) -> None:
    wanted = parse_expectation(step)
    assert wanted.assertions
    assert not wanted.eye


@pytest.mark.parametrize("step", STEPS)
def test_every_tag_is_understood(step: Step) -> None:
    assert (timeout_of(step, step.kind)[1], retry_of(step, step.kind)[1]) == ("", "")


def main(book: Runbook) -> Procedure:
    return next(each for each in book.procedures if each.level == 1)


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_each_warns_and_says_how_to_go_back(book: Runbook) -> None:
    assert main(book).warnings
    assert any(each.section == "rollback" for each in book.procedures)
    assert not any(each.menu for each in book.procedures)


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_each_says_where_every_value_comes_from(book: Runbook) -> None:
    assert [each.name for each in book.parameters if not each.origin] == []


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_none_wears_a_badge_that_asks_for_work(path: Path) -> None:
    assert not {Badge.VIEW_ONLY, Badge.UNFILLED, Badge.OVERDUE} & set(list_badges(open_file(path), date.max))
