"""What stays open at resolving: everything that somebody would have to deal with tomorrow, and nothing else."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.open_ends import OpenEndKind, find_open_ends, list_left_open, list_recorded_applications
from cockpit.incident.signals import Signal
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Checklist
from cockpit.model.response import Freeze, Mark, ProcedureRun, Tick, Update
from cockpit.model.revision import Application, Revision
from cockpit.recorder.last_recorded import KnownRevision, LastRecorded, RecordedApp
from tests.unit.incident.incidents import incident, plan, rule, sent
from tests.unit.incident.story import at

NOW = datetime(2026, 2, 27, 13, 26, tzinfo=UTC)
FIRST_TEN = Checklist("first-ten", "First ten minutes", ("Declare", "Stop the bleeding"), ("P1",))
INCIDENT = Incident("k7f", "prod", "Down", "P1", Status.MONITORING, NOW - timedelta(hours=1), "ana", NOW)
ILL = Revision("app", "app--bad", True, 0, NOW, health="Unhealthy")


@pytest.fixture
def told() -> Incident:
    return replace(INCIDENT, updates=(Update(NOW, "clients", "ana", "we look into it"),))


def test_where_all_is_dealt_with_nothing_is_listed(told: Incident) -> None:
    assert find_open_ends(told, NOW) == ()


def test_everything_that_stays_open_is_listed_once() -> None:
    running = replace(INCIDENT, ran=(ProcedureRun("r1", "Roll back", NOW),))
    application = Application("app", "prod", "multiple", "", (ILL, replace(ILL, name="app--off", active=False)))
    ends = find_open_ends(
        running,
        NOW,
        bad=[Signal("alert:a", "alert 5xx errors", NOW)],
        freeze=Freeze("prod", NOW, "ana", "until green"),
        applications=[application],
        checklists=[FIRST_TEN, replace(FIRST_TEN, id="other", levels=("P0",))],
    )
    assert [(end.kind, end.target) for end in ends] == [
        (OpenEndKind.SIGNAL, "alert:a"),
        (OpenEndKind.FREEZE, ""),
        (OpenEndKind.REVISION, "app/app--bad"),
        (OpenEndKind.RUN, "r1"),
        (OpenEndKind.CHECKLIST, "first-ten"),
        (OpenEndKind.NOTHING_SENT, ""),
    ]


@pytest.mark.parametrize(("state", "left"), [("done", 1), ("skipped", 1), ("open", 2)])
def test_a_box_counts_until_it_is_settled(told: Incident, state: str, left: int) -> None:
    ticked = replace(told, ticks=(Tick("first-ten", 1, "Declare", state, NOW, "ana"),))
    (end,) = find_open_ends(ticked, NOW, checklists=[FIRST_TEN])
    assert f"{left} item" in end.text


def test_a_drill_that_told_nobody_owes_nothing() -> None:
    assert find_open_ends(replace(INCIDENT, drill=True), NOW) == ()


def test_what_is_written_down_stays_true_and_stands_nowhere_else() -> None:
    """A run, a freeze, a box and a message are told by the record itself for as long as they are open."""
    ends = find_open_ends(
        replace(INCIDENT, ran=(ProcedureRun("r1", "Roll back", NOW - timedelta(minutes=3)),)),
        NOW,
        bad=[Signal("alert:a", "alert 5xx errors", NOW)],
        freeze=Freeze("prod", NOW, "ana", "until green"),
        applications=[Application("app", "prod", "multiple", "", (ILL,))],
        checklists=[FIRST_TEN],
    )
    assert [end.kind for end in ends if end.left] == [OpenEndKind.SIGNAL, OpenEndKind.REVISION]
    texts = list_left_open(INCIDENT, ends)
    assert not any(re.search(r"\d+[smhd]\b|\d %", text) for text in texts), "an age or a share would stand for ever"
    kept = replace(INCIDENT, marks=tuple(Mark(f"loop:{text}", ClockKind.LOOP, text) for text in texts))
    assert list_left_open(kept, ends) == [], "resolved twice, it is written down once"


def test_the_record_knows_the_revisions_that_a_shell_does_not_watch() -> None:
    known = LastRecorded()
    known.apps["app"] = RecordedApp({"app--bad": KnownRevision(True, "Degraded"), "app--ok": KnownRevision(True, "")})
    (end,) = [
        end
        for end in find_open_ends(INCIDENT, NOW, applications=list_recorded_applications(known, "prod"))
        if end.kind is OpenEndKind.REVISION
    ]
    assert end.target == "app/app--bad"


@pytest.mark.parametrize(
    ("updates", "minute", "owed"),
    [
        ([], 5, [OpenEndKind.NOTHING_SENT]),
        ([], 40, [OpenEndKind.NOTHING_SENT]),
        ([sent(5, "client")], 6, []),  # the next one would be due at 20, and the incident ends before
        ([sent(5, "client")], 21, [OpenEndKind.UPDATE]),  # it is late: whoever reads them waits
        ([sent(5, "client", promised=15)], 6, [OpenEndKind.UPDATE]),
        ([sent(5, "client", promised=15), sent(9, "client")], 10, []),
        ([sent(5, "client", promised=15), sent(9, "team")], 10, [OpenEndKind.UPDATE]),
    ],
)
def test_an_update_is_owed_until_it_was_sent(updates: list[Update], minute: float, owed: list[OpenEndKind]) -> None:
    open = incident(updates=tuple(updates))
    clocks = compute_clocks(open, plan(rule(ClockKind.UPDATE, 15)), at(minute))
    assert [end.kind for end in find_open_ends(open, at(minute), clocks=clocks)] == owed


@pytest.mark.parametrize(("done", "listed"), [(None, [OpenEndKind.TASK]), (at(9), [])])
def test_a_task_that_nobody_ended_stays_open(done: datetime | None, listed: list[OpenEndKind]) -> None:
    task = Clock("task:a", ClockKind.TASK, "test the pool", "", "said by hand", at(5), due=at(8), done=done)
    ends = find_open_ends(incident(updates=(sent(5),)), at(10), clocks=[task])
    assert [end.kind for end in ends] == listed
