"""What stays open at resolving: everything that somebody would have to deal with tomorrow, and nothing else."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.open_ends import OpenEndKind, find_open_ends, list_left_open, list_recorded_applications
from cockpit.incident.response_state import LEFT_BAD, LEFT_FLAPPING, LEFT_UNHEALTHY
from cockpit.incident.signals import Signal
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Kind
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Checklist
from cockpit.model.response import Freeze, Mark, ProcedureRun, Tick, Update
from cockpit.model.revision import Application, Revision
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import KnownRevision, LastRecorded, RecordedApp
from tests.unit.incident.drafts import block, draft, tables
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import incident, plan, rule, sent
from tests.unit.incident.story import Story, at

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


def test_a_drill_that_notified_nobody_owes_nothing() -> None:
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


# Every kind of thing that can be open, in the list before resolving and in the draft.


def bad_alert(story: Story, state: str, note: str = "") -> None:
    detail = {"state": state, "severity": "high", "name": "5xx", "note": note}
    story.tell(Kind.ALERT, 3, subject="az:5xx", detail=detail, summary=f"5xx {state}")


def leave(story: Story, what: str) -> None:
    """An incident of minute 1 in which one thing stays open."""
    match what:
        case "firing":
            bad_alert(story, "firing")
        case "silenced":
            bad_alert(story, "suppressed", "silenced until 14:00 by ben")
        case "fired, then silenced":
            story.alert(2, "az:5xx", "firing")
            bad_alert(story, "suppressed", "silenced until 14:00 by ben")
        case "inhibited":
            bad_alert(story, "suppressed", "inhibited by 1 alert")
        case "vanished":
            story.alert(2, "az:5xx", "firing")
            bad_alert(story, "resolved?")
        case "acknowledged":
            bad_alert(story, "firing")
            story.act(Kind.ACK, 4, "ben", subject="az:5xx")
        case "probe":
            story.probe(3, "ready", "down")
        case "number":
            story.tell(Kind.SIGNAL, 3, subject="p95", detail={"state": "down"})
        case "revision":
            detail = {"what": "created", "active": True, "health": "Unhealthy"}
            story.tell(Kind.REVISION, 3, subject="shop/shop--r44", detail=detail)
        case "freeze":
            story.act(Kind.FREEZE, 3, on=True, reason="until green")
        case "temporary change":
            story.act(Kind.CLOCK, 3, subject="loop:1", what="started", kind="loop", text="signature check is off")
        case "promise":
            story.act(Kind.UPDATE, 3, subject="client", audience="client", text="x", promised=format_timestamp(at(20)))
        case "run":
            open_run(story)
        case "unknown step":
            open_run(story, "unknown")
            story.act(Kind.RUN, 5, subject="r1", what="ended")


def open_run(story: Story, state: str = "ok") -> None:
    story.act(Kind.RUN, 3, subject="r1", what="started", title="Roll back", procedure="x", path="ops.md")
    step: dict[str, Any] = {"attempt": 1, "title": "Send it", "kind": "change"}
    story.act(Kind.STEP, 3, subject="r1#1", phase="intent", **step)
    story.act(Kind.STEP, 4, subject="r1#1", phase="outcome", state=state, **step)


OPEN_KINDS = {
    "firing": ("alert 5xx", "firing"),
    "silenced": ("alert 5xx", "silenced until 14:00 by ben"),
    "fired, then silenced": ("alert 5xx", "silenced until 14:00 by ben"),
    "inhibited": ("alert 5xx", "inhibited by 1 alert"),
    "vanished": ("alert 5xx", "vanished, and nothing confirmed that it is over"),
    "acknowledged": ("alert 5xx", "firing"),
    "probe": ("probe ready", "down"),
    "number": ("signal p95", "down"),
    "revision": ("revision shop--r44", "active and unhealthy"),
    "freeze": ("no deployments to prod: until green", "holds"),
    "temporary change": ("signature check is off", "open"),
    "promise": ("update to client", ""),
    "run": ("run of Roll back", ""),
    "unknown step": ("step Send it", "nobody knows whether it took effect"),
}


@pytest.mark.parametrize("resolved", [False, True])
@pytest.mark.parametrize("what", OPEN_KINDS)
def test_whatever_is_open_stands_in_the_draft_once(what: str, resolved: bool) -> None:
    story = Story()
    story.declare(1, reach=-10)
    leave(story, what)
    if resolved:
        story.act(Kind.RESOLVE, 8, because="fixed")
    rows = list_open(story)
    name, state = OPEN_KINDS[what]
    assert len(rows) == 1, rows
    assert name in rows[0][0]
    assert rows[0][4].startswith(state)
    if what == "acknowledged":
        assert rows[0][3] == "ben"
    settle(story, what, 9)
    if not resolved:
        assert list_open(story) == []


UNDONE = ("First ten minutes: ", "nobody was told anything yet")  # at the end of each incident of these


def list_open(story: Story) -> list[list[str]]:
    text = block(draft(story, 10), "loops")
    return [row for row in next(tables(text), []) if not row[0].startswith(UNDONE)]


def settle(story: Story, what: str, minute: float) -> None:
    """What ends it."""
    if what in ("firing", "silenced", "fired, then silenced", "inhibited", "vanished", "acknowledged"):
        story.alert(minute, "az:5xx", "resolved")
    elif what == "probe":
        story.probe(minute, "ready", "up")
    elif what == "number":
        story.tell(Kind.SIGNAL, minute, subject="p95", detail={"state": "up"})
    elif what == "revision":
        detail = {"what": "deactivated", "active": False, "health": "Unhealthy"}
        story.tell(Kind.REVISION, minute, subject="shop/shop--r44", detail=detail)
    elif what == "freeze":
        story.act(Kind.FREEZE, minute, on=False)
    elif what == "temporary change":
        story.act(Kind.CLOCK, minute, subject="loop:1", what="done")
    elif what == "promise":
        story.act(Kind.UPDATE, minute, subject="client", audience="client", text="y")
    elif what == "run":
        story.act(Kind.RUN, minute, subject="r1", what="ended")
    elif what == "unknown step":
        story.act(Kind.STEP, minute, subject="r1#1", phase="settled", state="ok", reason="looked")


def test_what_was_written_down_to_be_checked_stands_there_as_that_alone() -> None:
    story = Story()
    story.declare(1, reach=-10)
    bad_alert(story, "firing")
    text = "check that alert 5xx recovers: it was bad when this was resolved"
    story.act(Kind.CLOCK, 4, subject="loop:1", what="started", kind="loop", text=text)
    story.act(Kind.RESOLVE, 4, because="fixed")
    assert [row[0] for row in list_open(story)] == [text]


def test_a_storm_that_goes_on_is_one_row() -> None:
    story = Story()
    story.declare(1, reach=-10)
    for number in range(40):
        detail = {"state": "firing", "severity": "high", "name": "5xx"}
        story.tell(Kind.ALERT, 2, subject=f"am:{number}", detail=detail)
    assert [row[0] for row in list_open(story)] == ["alert 5xx: 40 instances"]


def test_a_silenced_alert_is_asked_about_before_resolving_whether_it_was_seen_to_fire_or_not(told: Incident) -> None:
    bad = [Signal("alert:a", "alert a", NOW)]
    ends = find_open_ends(told, NOW, bad=bad, silenced=["a", "b"])
    assert [(end.kind, end.target) for end in ends] == [(OpenEndKind.SIGNAL, "alert:a"), (OpenEndKind.SILENCED, "b")]
    assert "silenced" in ends[0].text


@pytest.mark.parametrize(
    ("then", "done"),
    [
        (["up"], True),
        ([], False),
        (["up", "down"], False),  # it did not stay well
        (["up", "down", "up"], True),
    ],
)
def test_what_was_left_open_at_the_resolution_is_done_when_the_record_has_its_recovery(
    then: list[str], done: bool
) -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.act(Kind.RESOLVE, 20)
    text = LEFT_BAD.format(label="probe readyz")
    story.act(Kind.CLOCK, 20.1, subject="loop:a", what="started", kind="loop", text=text)
    for minute, state in enumerate(then, start=30):
        story.probe(minute, "readyz", state)
    (mark,) = only(story).marks
    assert (mark.done is not None) is done
    if done:
        assert mark.done == at(29 + len(then))


def test_a_revision_that_was_left_open_is_done_when_it_is_switched_off() -> None:
    story = Story()
    ill = {"what": "baseline", "traffic": {"shop--r43": 100}, "revisions": {
        "shop--r43": {"active": True, "health": "Healthy"}, "shop--r44": {"active": True, "health": "Unhealthy"},
    }}  # fmt: skip
    story.tell(Kind.REVISION, 0, subject="shop", detail=ill)
    story.declare(2, reach=0)
    story.act(Kind.RESOLVE, 20)
    story.act(
        Kind.CLOCK, 20.1, subject="loop:a", what="started", kind="loop", text=LEFT_UNHEALTHY.format(label="shop--r44")
    )
    assert only(story).marks[0].done is None
    story.tell(Kind.REVISION, 25, subject="shop/shop--r44", detail={"what": "changed", "active": False})
    assert only(story).marks[0].done == at(25)


def test_what_flapped_at_the_resolution_and_had_been_well_before_it_is_not_left_open() -> None:
    story = Story()
    story.probe(1, "orders", "flapping")
    story.declare(2, reach=0)
    story.act(Kind.RESOLVE, 20)
    text = LEFT_FLAPPING.format(label="probe orders")
    story.act(Kind.CLOCK, 20.1, subject="loop:a", what="started", kind="loop", text=text)
    assert only(story).marks[0].done is None
    story.tell(Kind.PROBE, 19, subject="orders", detail={"state": "up", "was": "flapping"}, late=2)
    assert only(story).marks[0].done == at(20.1)


def test_what_was_turned_off_for_now_stays_open_and_what_waits_for_a_recovery_is_listed_once() -> None:
    clocks = [
        Clock(f"loop:{number}", ClockKind.LOOP, text, "", "", NOW)
        for number, text in enumerate(("the autoscaler is off", LEFT_BAD.format(label="probe readyz")))
    ]
    ends = find_open_ends(incident(), NOW, clocks=clocks)
    assert [end.target for end in ends if end.kind is OpenEndKind.TASK] == ["loop:0"]
