"""A run that waits in the middle: at which step, and what it leaves until it goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.runbook import Procedure
from cockpit.platforms.container_apps.kind import KIND
from cockpit.runbooks.catalogue.load import open_file
from cockpit.runbooks.run.open_runs import (
    RunToGoOn,
    WaitingRun,
    find_run_to_go_on,
    find_run_to_settle,
    find_waiting_run,
    list_competing_runs,
)

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DOCUMENT = open_file(KIND.procedures / "rollback.md")
ROLL_BACK = DOCUMENT.procedures[0]
OK, TODO = StepState.OK, StepState.TODO


def run(*states: StepState, id: str = "run-1", **more: object) -> Run:
    given = {"states": tuple(enumerate(states, start=1)), "started": T0} | more
    return Run(id, "rollback.md", "roll-back", "Roll back", "", "prod", "you", **given)  # type: ignore[arg-type]


def rename(number: int, old: str, new: str, state: StepState = OK) -> Attempt:
    command = f"az sql db rename -s shop-sql -g rg -n {old} --new-name {new}"
    return Attempt(1, number, T0 + timedelta(minutes=number), T0, state, as_run=command)


def waiting(*runs: Run, procedure: Procedure | None = ROLL_BACK) -> WaitingRun | None:
    return find_waiting_run(runs, "prod", lambda run: procedure)


def test_it_names_the_next_step() -> None:
    found = waiting(run(OK, StepState.FAILED))
    assert found == WaitingRun("run-1", "Roll back", 2, "Wait until it runs and is healthy")
    unread = waiting(run(OK, OK), procedure=None)
    assert unread == WaitingRun("run-1", "Roll back", 3)


def test_one_that_was_only_opened_runs_or_is_over_does_not_wait() -> None:
    assert waiting(run()) is None
    assert waiting(run(OK, StepState.RUNNING)) is None
    assert waiting(run(OK, ended=T0)) is None
    assert find_waiting_run([run(OK)], "staging", lambda run: None) is None


def test_between_two_renames_no_database_has_the_name() -> None:
    first = rename(1, "shop", "shop-broken")
    found = waiting(run(OK, attempts=(first,)))
    assert found is not None
    assert found.leaves == "no database is called shop now"
    whole = waiting(run(OK, OK, attempts=(first, rename(2, "shop-restored", "shop"))))
    assert whole is not None
    assert "called shop now" not in whole.leaves


def test_a_rename_that_failed_leaves_nothing() -> None:
    found = waiting(run(OK, attempts=(rename(1, "shop", "shop-broken", StepState.FAILED),)))
    assert found is not None
    assert found.leaves == ""


def test_the_one_that_leaves_a_gap_comes_before_a_newer_one() -> None:
    gap = run(OK, id="gap", attempts=(rename(1, "shop", "shop-broken"),))
    newer = run(OK, id="newer", started=T0 + timedelta(hours=1))
    found = waiting(gap, newer)
    assert found is not None
    assert found.run == "gap"


def test_a_checkout_of_each_person_is_one_document_at_other_commits_too() -> None:
    def of(id: str, path: str, sha256: str) -> Run:
        return replace(run(OK, id=id), path=path, sha256=sha256)

    mine = of("run-1", "/home/ana/ops/runbooks/api.md", "1")
    theirs = of("run-2", "/home/ben/ops/runbooks/api.md", "2")
    another = of("run-3", "/home/ben/ops/worker/api.md", "3")
    assert list_competing_runs([mine, theirs, another], mine) == [theirs]


# Which of several a person goes on in.


def opened(id: str, operator: str, minute: int, *states: StepState, text: str = DOCUMENT.sha256, by: str = "") -> Run:
    attempts = (Attempt(1, 1, T0, T0, OK, actor=by),) if by else ()
    begun = run(*states, id=id, started=T0 + timedelta(minutes=minute), attempts=attempts)
    return replace(begun, operator=operator, sha256=text, procedure=ROLL_BACK.slug)


def go_on(*runs: Run, names: tuple[str, ...] = ("ana",)) -> RunToGoOn | None:
    return find_run_to_go_on(runs, replace(DOCUMENT, path="rollback.md"), ROLL_BACK, "prod", (), names)


def test_a_step_goes_on_in_ones_own_run_and_not_in_a_newer_one_of_somebody_else() -> None:
    own, other = opened("own", "Ana", 0), opened("other", "ben", 5)
    assert go_on(own, other) == RunToGoOn(own)
    assert go_on(own, other, opened("newest", "ana", 3)) == RunToGoOn(opened("newest", "ana", 3))


def test_where_ones_own_is_on_another_text_nobody_can_say_which_is_meant() -> None:
    own, other = opened("own", "ana", 0, text="older"), opened("other", "ben", 5)
    assert go_on(own, other) == RunToGoOn(other, own)
    assert go_on(own) is None


def test_a_run_of_another_person_is_taken_up_by_who_has_none_and_is_theirs_from_then_on() -> None:
    other = opened("other", "ben", 5)
    assert go_on(other) == RunToGoOn(other)
    taken_up = opened("other", "ben", 5, by="ana")
    assert go_on(taken_up, opened("newer", "ben", 9)) == RunToGoOn(taken_up)


def test_what_is_settled_is_ones_own_step_before_anybody_elses_that_waits() -> None:
    def settles(*runs: Run) -> str:
        result = find_run_to_settle(runs, replace(DOCUMENT, path="rollback.md"), ROLL_BACK, "prod", 1, ("ana",))
        assert result is not None
        return result.id

    unknown = StepState.UNKNOWN
    assert settles(opened("own", "ana", 0, unknown), opened("other", "ben", 5, unknown)) == "own"
    assert settles(opened("own", "ana", 0, OK), opened("other", "ben", 5, unknown)) == "other"
    assert settles(opened("own", "ana", 0), opened("other", "ben", 5)) == "own"
