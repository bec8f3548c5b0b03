"""How long a procedure is said to take: recorded when its run starts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cockpit.model.run import Attempt, Run, StepState
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.run.events import (
    EventAuthor,
    draft_run_started,
    find_timed_step,
    find_work_end,
    list_promised_times,
)
from cockpit.runbooks.run.process.identity import Owner

STEP = "\n```bash\n# Look\ncurl -sf https://example.com\n```\n"


def said(*lines: str) -> dict[str, float]:
    (procedure,) = read_runbook("x.md", ("## Do it\n\n" + "\n".join(lines) + "\n" + STEP).encode()).procedures
    promised = list_promised_times(procedure)
    return {name: promised[name] for name in ("budget", "tail") if name in promised}


@pytest.mark.parametrize(
    ("line", "budget"),
    [
        ("**Time to fix:** <5 minutes.", 300),
        ("**Estimated Time**: 5-15 minutes", 900),
        ("**Time to fix:** ~30 minutes.", 1_800),
        ("**Time to fix:** about half an hour", 1_800),
        ("**Time to fix:** 90s", 90),
        ("**Time to fix:** 2 to 3 h", 10_800),
        ("**RTO:** 1 hour", 3_600),
    ],
)
def test_a_label_is_the_budget_the_longer_end_of_a_range(line: str, budget: int) -> None:
    assert said(line) == {"budget": budget}


@pytest.mark.parametrize("line", ["**Estimated Time**: Varies", "**When:** more than 5 minutes of errors", ""])
def test_where_nothing_is_written_there_is_none(line: str) -> None:
    assert said(line) == {}


@pytest.mark.parametrize(
    "lines",
    [
        ("**Time to fix:** <1 minute (+ up to 5 min cache lag).",),
        ("**Time to fix:** under a minute, and up to 5 minutes until no cache knows it",),
        (
            "**Time to fix:** 1 minute",
            "**Cache warning:** Lookups are cached; a token may still work for up to 5 minutes.",
        ),
    ],
)
def test_what_lags_behind_is_no_part_of_the_budget(lines: tuple[str, ...]) -> None:
    assert said(*lines) == {"budget": 60, "tail": 300}


def test_a_time_ends_with_the_verification_and_not_with_what_waits_for_a_person_behind_it() -> None:
    text = (
        "## Roll back\n\n**Time to fix:** 1 minute\n\n```bash\n# Go back\naz containerapp revision restart -n a\n"
        "# Verify\ncurl -sf https://example.com/health/ready\n# Delete the bad one\nkubectl delete pod a\n```\n"
    )
    (procedure,) = read_runbook("x.md", text.encode()).procedures
    timed, optional = find_timed_step(procedure), procedure.to_do[-1].ordinal
    began, verified, done = (datetime(2026, 2, 27, 2, minute, tzinfo=UTC) for minute in (0, 1, 9))
    run = Run("r", "x.md", "roll-back", "Roll back", "0" * 64, "prod", "ana", began)
    looked = Attempt(1, timed, began, verified, StepState.OK)
    deleted = Attempt(1, optional, verified, done, StepState.OK)

    assert timed
    assert find_work_end(procedure, run) is None
    assert find_work_end(procedure, replace(run, attempts=(replace(looked, state=StepState.FAILED),))) is None
    assert find_work_end(procedure, replace(run, attempts=(looked, deleted), ended=done)) == verified


def test_the_start_of_a_run_records_both() -> None:
    runbook = read_runbook(
        "x.md", f"## Revoke\n\n**Time to fix:** 1 min, up to 5 min until no cache knows it\n{STEP}".encode()
    )
    draft = draft_run_started(
        "r", runbook, runbook.procedures[0], "prod", [], Owner(), EventAuthor("ana", datetime(2026, 11, 21, tzinfo=UTC))
    )
    assert (draft.detail["budget"], draft.detail["tail"]) == (60, 300)
