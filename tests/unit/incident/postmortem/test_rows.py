"""What people did, in the draft: who led, what was told and promised, what was due, what nobody ticked."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cockpit.incident.load import list_alert_afterlife, with_events
from cockpit.incident.postmortem.alert_rows import AlertRow, alert_rows, count_alerts
from cockpit.incident.postmortem.markdown import render_link
from cockpit.incident.postmortem.rows import NOT_TICKED, change_rows, list_rows, loop_rows, message_rows, severity_times
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import Incident, StateChange, Status
from cockpit.model.plan import Checklist, MetricTarget, Plan
from cockpit.model.response import Freeze, ProcedureRun, Tick, Update
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.drafts import ALL_ENTRIES, block, draft, incident_of, table
from tests.unit.incident.folding import fold, only
from tests.unit.incident.incidents import sent
from tests.unit.incident.story import Story, at
from tests.unit.timeline.files import opened

NIGHT = Incident(
    "i1", "prod", "x", "P1", Status.RESOLVED, declared=at(0), declared_by="ana", reach_from=at(-10), resolved=at(60),
    severities=(StateChange("P1", at(0)),),
)  # fmt: skip


def statuses(*changes: tuple[str, float]) -> tuple[StateChange, ...]:
    return tuple(StateChange(value, at(minute)) for value, minute in changes)


def test_the_time_in_each_severity_is_kept_also_over_a_time_when_it_was_closed() -> None:
    incident = replace(
        NIGHT,
        severities=statuses(("P2", 0), ("P0", 10), ("P2", 30)),
        statuses=statuses(("investigating", 0), ("resolved", 40), ("investigating", 50), ("resolved", 60)),
    )
    minutes = [(name, time / timedelta(minutes=1)) for name, time in severity_times(incident, at(90))]
    assert minutes == [("P2", 30.0), ("P0", 20.0)]
    still = replace(incident, statuses=incident.statuses[:1], resolved=None)
    assert severity_times(still, at(90))[0] == ("P2", timedelta(minutes=70))


def test_a_message_says_what_became_of_its_promise() -> None:
    told = (
        Update(at(20), "ben", "client", "b", event=3),
        Update(at(5), "ben", "client", "a", promised=at(15), event=2),
    )
    rows = message_rows(replace(NIGHT, updates=told), at(90))
    assert [(row.update.text, row.kept) for row in rows] == [("a", "broken"), ("b", "")]


LIST = Checklist("first", "First ten minutes", ("declare", "freeze", "tell"), levels=("P1",), origin="ops.md:4")


def test_a_list_shows_the_boxes_that_nobody_ticked() -> None:
    ticked = (
        Tick("first", 1, "declare", "done", at(1), "ana"),
        Tick("first", 2, "freeze", "skipped", at(2), "ben", "nothing is deployed"),
        Tick("first", 3, "tell", "open", at(3), "ben"),
    )
    (row,) = list_rows(replace(NIGHT, ticks=ticked), Plan(checklists=(LIST,)))
    assert [(box.state, box.by) for box in row.boxes] == [("done", "ana"), ("skipped", "ben"), (NOT_TICKED, "ben")]
    assert row.left == ["tell"]


def test_a_box_of_an_act_on_record_says_when_somebody_came_round_to_tick_it() -> None:
    ticks = (Tick("first", 1, "declare", "done", at(1), "ben", ticked=at(9)),)
    (row,) = list_rows(replace(NIGHT, ticks=ticks), Plan(checklists=(LIST,)))
    assert (row.boxes[0].by, row.boxes[0].at) == ("ben", at(1))
    assert row.boxes[0].reason.startswith(f"ticked at {at(9):%H:%M:%S}")


def test_a_box_that_somebody_else_ticked_is_of_who_did_it() -> None:
    ticks = (Tick("first", 1, "declare", "done", at(1), "ben", ticked=at(2), done_by="ana"),)
    (row,) = list_rows(replace(NIGHT, ticks=ticks), Plan(checklists=(LIST,)))
    assert row.boxes[0].by == "ana"
    assert "ben" in row.boxes[0].reason


def test_a_list_that_its_severity_opens_is_there_though_nobody_touched_it() -> None:
    (row,) = list_rows(NIGHT, Plan(checklists=(LIST, Checklist("other", "Other", ("x",)))))
    assert row.left == ["declare", "freeze", "tell"]
    assert list_rows(replace(NIGHT, severities=(StateChange("P2", at(0)),)), Plan(checklists=(LIST,))) == []


def test_a_list_whose_document_is_gone_shows_what_was_ticked_and_says_so() -> None:
    (row,) = list_rows(replace(NIGHT, ticks=(Tick("old", 2, "call", "done", at(1), "ana"),)), Plan())
    assert (row.gone, [box.text for box in row.boxes], row.left) == (True, ["call"], [])


def test_what_was_begun_and_not_ended_is_an_open_loop() -> None:
    clocks = [
        Clock("loop:1", ClockKind.LOOP, "signature check is off", "", "", at(5), due=at(100), who="ana"),
        Clock("loop:2", ClockKind.LOOP, "old limit", "", "", at(5), done=at(6)),
        Clock("update", ClockKind.UPDATE, "update", "", "", at(5)),
    ]
    incident = replace(
        NIGHT, freezes=(Freeze("prod", at(1), "ana", "until green"),), ran=(ProcedureRun("r1", "restore", at(9)),)
    )
    assert [(row.what, row.state) for row in loop_rows(incident, clocks, at(90))] == [
        ("no deployments to prod: until green", "holds"),
        ("signature check is off", "running"),
        ("run of restore", "not ended"),
        ("nobody was told anything yet", "not done"),
    ]


def test_a_task_that_nobody_ended_does_not_end_with_the_incident() -> None:
    task = Clock(
        "task:a", ClockKind.TASK, "test the pool", "", "", at(5), due=at(8), who="ana", done=at(20), undone=True
    )
    rows = loop_rows(replace(NIGHT, resolved=at(20), status=Status.RESOLVED), [task], at(21))
    assert ("test the pool", "ana", "not done") in [(row.what, row.who, row.state) for row in rows]


def test_once_it_is_resolved_what_was_not_done_is_listed_as_it_stands_now() -> None:
    incident = replace(NIGHT, resolved=at(60), ticks=(), updates=())
    rows = loop_rows(incident, [], at(90), [LIST])
    assert [row.state for row in rows] == ["not done", "not done"]
    told = replace(incident, updates=(Update(at(80), "clients", "ana", "over"),))
    assert [row.what for row in loop_rows(told, [], at(90), [LIST])] == [rows[0].what]


def test_evidence_is_a_link_where_it_is_a_plain_address_and_words_elsewhere() -> None:
    assert (
        render_link("https://grafana.example.com/d/1?from=2", "graph")
        == "[graph](<https://grafana.example.com/d/1?from=2>)"
    )
    assert render_link("https://evil.example/> | [x](y", "a]b") == "a\\]b: https\\://evil.example/\\> \\| \\[x\\](y"
    assert render_link("javascript:alert(1)") == "javascript:alert(1)"


@pytest.fixture
def story() -> Story:
    """A night with one of everything."""
    story = Story()
    rule = Rule(ClockKind.UPDATE, "update the team", timedelta(minutes=30), "oncall.md:12")
    story.declare(0, reach=-30, impact_started=format_timestamp(at(-20)), rules=[rule.detail()])
    noted = story.act(Kind.NOTE, 1, "ana", summary="the deploy of v42")
    story.act(Kind.PIN, 2, subject=str(noted.id), on=True)
    story.act(Kind.LINK, 2, subject=str(noted.id), target="https://ci.example.com/42", text="build")
    story.act(Kind.ROLE, 3, subject="Incident Commander", role="Incident Commander", person="ana", what="takes")
    detail = {"role": "Incident Commander", "person": "ben", "what": "takes", "from": "ana", "note": "step 2 runs\nR1"}
    story.act(Kind.ROLE, 20, subject="Incident Commander", **detail)
    story.act(Kind.PAGE, 5, subject="team lead", who="team lead", tier=2, how="phone")
    story.act(Kind.DECISION, 6, "ben", text="roll back", reason="errors began with it")
    told = {"audience": "client", "text": "Dear client,\nwe are on it."}
    story.act(Kind.UPDATE, 10, "ben", subject="client", promised=format_timestamp(at(30)), **told)
    story.act(Kind.NOTE, 12, "ana", summary="TODO: alert on queue length")
    story.act(
        Kind.ITEM, 13, subject="a1", text="say in step 2 how long it takes", owner="ben", due="2026-03-09",
        label="runbook-improvement",
    )  # fmt: skip
    story.act(Kind.RECOVERY, 14, subject="restore", what="chosen", scenario="restore", rto=3600, rpo=900)
    story.act(Kind.RECOVERY, 15, what="recovered to", point=format_timestamp(at(-40)))
    story.act(Kind.RESOLVE, 50, reason="rolled back", because="fixed")
    return story


def test_the_draft_tells_the_response(story: Story) -> None:
    plan = Plan(metric_targets=(MetricTarget("TTR", "< 1 hour", timedelta(hours=1), origin="targets.md:3"),))
    text = draft(story, plan=plan)
    assert [row[:2] for row in table(text, "people")] == [["Incident Commander", "ana"], ["Incident Commander", "ben"]]
    assert table(text, "people", 1)[0][1:4] == ["team lead", "2", "phone"]
    notes = [row for row in table(text, "timeline", ALL_ENTRIES) if row[2] == "note"]
    assert notes[0][4:] == ["★ the deploy of v42", "<link_open>build<link_close>"]
    assert table(text, "decisions")[0][3:] == ["roll back", "errors began with it"]
    message = table(text, "communication")[0]
    assert message[4] == "Dear client,<html_inline>we are on it."
    assert message[5:] == ["02:30:00", "broken"]
    assert "every 30m 00s (oncall.md:12): 1 in time, 1 late." in text
    assert [row[:4] for row in table(text, "items")] == [
        ["alert on queue length", "", "nobody yet", "not said"],
        ["say in step 2 how long it takes", "runbook-improvement", "ben", "2026-03-09"],
    ]
    assert [row[1:4] for row in table(text, "recovery")] == [
        ["1h 00m", "50m 00s", "met"],
        ["15m 00s", "20m 00s", "missed"],
    ]
    assert table(text, "metrics")[3][1:4] == ["1h 10m", "recorded", "< 1 hour (targets.md:3): missed"]


def test_the_state_of_the_review_and_its_day_stand_on_top(story: Story) -> None:
    rule = Rule(ClockKind.POSTMORTEM, "review the post-mortem", timedelta(days=1), "ops.md:9", who="the owner")
    text = draft(story, plan=Plan(rules=(rule,)))
    assert "**State:** draft\n" in text
    due = "**Due:** 2026-02-28 02:50:00 UTC (2026-02-28 15:50:00 NZDT) (review the post-mortem; ops.md:9), by the owner"
    assert f"{due}: running" in text
    story.act(Kind.REVIEW, 900, "ben", state="in review", reason="read it until Friday")
    story.act(Kind.REVIEW, 1200, "ben", state="reviewed")
    text = draft(story, plan=Plan(rules=(rule,)))
    assert "**State:** reviewed since 2026-02-27 22:00:00 UTC (2026-02-28 11:00:00 NZDT), set by ben\n" in text
    assert f"{due}: met" in text


def test_nothing_is_owed_after_a_drill() -> None:
    story = Story()
    story.declare(0, drill=True)
    story.act(Kind.RESOLVE, 5)
    assert "**This was a drill.** It counts in no statistics." in draft(story)
    assert "nothing is owed after a drill" in draft(story)


EMPTY = ("clocks", "runs", "communication", "decisions", "alerts", "deployments", "checklists", "recovery", "loops")


@pytest.mark.parametrize("name", EMPTY)
def test_where_nothing_was_done_no_section_is_shown(name: str) -> None:
    story = Story()
    story.declare(0)

    assert block(draft(story, plan=Plan(severity_scale=DEFAULT_SEVERITY_SCALE)), name).strip() == ""


said = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(),
    st.sampled_from(["", "done", "takes", "leaves", "started", "chosen", "recovered to", "loop", "breach", "on", "x"]),
    st.sampled_from(["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "2026-02-30", "2026-03-01", "1"]),
    st.lists(
        st.dictionaries(st.sampled_from(["kind", "after", "what"]), st.sampled_from(["update", 1, None])), max_size=2
    ),
)
NAMES = [
    "role", "person", "what", "note", "from", "audience", "text", "promised", "who", "tier", "list", "item", "state",
    "on", "reason", "owner", "due", "done", "target", "scenario", "rto", "rpo", "point", "kind", "snoozed_until",
    "budget", "tail", "title", "procedure", "path", "rules", "severity", "status", "because", "phase", "attempt",
]  # fmt: skip
acts = st.tuples(
    st.sampled_from(list(Kind)),
    st.sampled_from(["1", "2", "a", "", "update"]),
    st.dictionaries(st.sampled_from(NAMES), said),
)


@settings(max_examples=scale_examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([(Kind.STEP, "1", {"phase": "intent", "attempt": []}), (Kind.STEP, "1", {"phase": "outcome", "attempt": {}})])
@given(st.lists(acts, max_size=8))
def test_whatever_stands_in_the_details_there_is_a_draft(told: list[tuple[Kind, str, dict[str, Any]]]) -> None:
    story = Story()
    story.declare(0)
    for minute, (kind, subject, detail) in enumerate(told, start=1):
        story.tell(kind, minute, incident="i1", actor="ana", subject=subject, detail=detail)
    assert "cockpit:end record" in draft(story, 60)


@pytest.mark.parametrize("is_first", [False, True])
def test_a_severity_entered_by_mistake_is_in_the_chain_from_when_it_stood_until_it_was_marked(is_first: bool) -> None:
    story = Story()
    declared = story.declare(0, severity="P3" if is_first else "P0")
    wrong = declared if is_first else story.act(Kind.SEVERITY, 5, "ben", severity="P3", reason="queue")
    marks = {"severity": "P0", "mistake": "P3", "mistake_reason": "typed the wrong incident"}
    moment = 0 if is_first else 5
    story.tell(
        Kind(wrong.kind),
        moment,
        late=7 - moment,
        incident="i1",
        actor="ana",
        supersedes=wrong.id,
        detail={**wrong.detail, **marks},
    )
    incident = only(story)
    rows = [(row.at, row.what, row.by, row.reason) for row in change_rows(incident) if row.what.startswith("severity")]
    counts = f"severity P3 marked as entered by mistake, P0 counts from {at(moment):%H:%M:%S} UTC"
    expected = [
        (at(moment), "severity P3, by mistake", "ana" if is_first else "ben", "" if is_first else "queue"),
        (at(7), counts, "ana", "typed the wrong incident"),
    ]
    assert rows == ([] if is_first else [(at(0), "severity P0", "ana", "")]) + expected
    assert [change.value for change in incident.severities] == ["P0"] * (1 if is_first else 2), "the metrics"


def test_two_mistakes_in_a_row_each_stood_from_when_it_was_entered() -> None:
    story = Story()
    story.declare(0, severity="P2")
    event = story.act(Kind.SEVERITY, 5, severity="P3")
    for minute, right, wrong in ((7, "P1", "P3"), (9, "P0", "P1")):
        detail = {"severity": right, "mistake": wrong}
        event = story.tell(
            Kind.SEVERITY, 5, late=minute - 5, incident="i1", actor="ana", supersedes=event.id, detail=detail
        )
    mistakes = [(mistake.value, mistake.entered, mistake.at) for mistake in only(story).mistakes]
    assert mistakes == [("P3", at(5), at(7)), ("P1", at(7), at(9))]


@pytest.mark.parametrize(("over", "later"), [(9, None), (14, 14), (None, None)])
def test_an_alert_that_fired_when_it_was_closed_says_so_and_what_became_of_it(
    over: float | None, later: float | None, tmp_path: Path
) -> None:
    with opened(tmp_path / "timeline.db") as timeline:

        def write(kind: Kind, minute: float, **fields: Any) -> None:
            timeline.record([Draft(kind, kind.value, at(minute), "prod", **fields)])

        write(Kind.ALERT, 0, subject="az:5xx", detail={"state": "firing", "severity": "high", "name": "5xx"})
        write(Kind.DECLARE, 1, incident="i1", actor="ana", detail={"title": "x", "severity": "P1"})
        reach = {"title": "y", "severity": "P2", "reach_from": format_timestamp(at(-10))}
        write(Kind.DECLARE, 2, incident="i2", actor="ben", detail=reach)
        write(Kind.ACK, 3, incident="i1", actor="ana", subject="az:5xx")
        if over is not None and over < 10:
            write(Kind.ALERT, over, subject="az:5xx", detail={"state": "resolved", "name": "5xx"})
        write(Kind.RESOLVE, 10, incident="i2", actor="ben", detail={"because": "duplicate", "of": "i1"})
        if later is not None:
            write(Kind.ALERT, later, subject="az:5xx", detail={"state": "resolved", "name": "5xx"})
            write(Kind.ALERT, 16, subject="az:5xx", detail={"state": "firing", "name": "5xx"})
            write(Kind.ACK, 17, incident="i1", actor="carl", subject="az:5xx")
        ledger = fold(timeline.events())
        full, events = with_events(timeline, DEFAULT_SEVERITY_SCALE, ledger.incidents["i2"])
        (row,) = alert_rows(events, full, list_alert_afterlife(timeline, full))
    assert (row.ended, row.closed) == ((at(9), None) if over == 9 else (None, at(10)))
    assert (row.ended_later, row.taken_by) == (later and at(later), "ana")


def end_of(row: AlertRow) -> datetime | str | None:
    return row.ended or (f"by {row.ended_before:%H:%M}" if row.ended_before else row.state)


@pytest.mark.parametrize(
    ("turns", "firings"),
    [
        ("firing resolved", [(0, at(1))]),
        ("firing resolved firing resolved", [(0, at(1)), (2, at(3))]),
        ("firing resolved firing", [(0, at(1)), (2, "firing")]),
        ("firing suppressed firing resolved", [(0, at(3))]),  # it fired all the while
        ("firing resolved? firing resolved", [(0, at(3))]),  # its source lost it and listed it again
        ("firing resolved? anew resolved", [(0, "by 02:02"), (2, at(3))]),
        ("suppressed resolved firing", [(None, at(1)), (2, "firing")]),
    ],
)
def test_each_firing_of_an_alert_has_its_own_end(turns: str, firings: list[tuple[float | None, object]]) -> None:
    """An alert that came back was one row, which had fired once and ended once."""
    story = Story()
    story.declare(-1, reach=-10)
    before = ""
    for minute, turn in enumerate(turns.split()):
        state, was = ("firing", "resolved") if turn == "anew" else (turn, before)
        detail = {"state": state, "was": was, "severity": "high", "name": "lag"}
        story.tell(Kind.ALERT, minute, subject="am:lag", detail=detail, source="recorder")
        before = "" if state == "resolved" else state
    rows = alert_rows(story.events, incident_of(story))

    fired = [(None if row.fired is None else (row.fired - at(0)).total_seconds() / 60, end_of(row)) for row in rows]
    assert fired == firings
    assert count_alerts(rows) == ("1" if len(rows) == 1 else "1, which fired 2 times")


def test_each_of_two_firings_has_those_who_took_it() -> None:
    story = Story()
    story.declare(-1, reach=-10)
    for minute, person in ((0, "ana"), (4, "ben")):
        story.alert(minute, "am:lag", "firing")
        story.act(Kind.ACK, minute + 1, actor=person, subject="am:lag")
        story.alert(minute + 2, "am:lag", "resolved")
    assert [row.taken_by for row in alert_rows(story.events, incident_of(story))] == ["ana", "ben"]


def test_an_alert_that_came_and_went_all_night_is_one_row_that_counts_them_and_no_storm_of_instances() -> None:
    story = Story()
    story.declare(-1, reach=-10)
    for minute in range(40):
        story.alert(minute, "am:lag", "resolved" if minute % 2 else "firing")
    (row,) = alert_rows(story.events, incident_of(story))
    assert (row.name, row.fired, row.ended, row.firings) == ("lag: fired 20 times", at(0), at(39), 20)


def test_the_table_of_alerts_says_of_which_moment_it_is() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    story.declare(1, reach=-10)
    assert table(draft(story), "alerts")[0][5] == "firing"
    story.act(Kind.RESOLVE, 9)
    assert table(draft(story), "alerts")[0][5] == f"firing when this was closed at {at(9):%H:%M:%S}"


def test_a_promise_that_was_kept_late_says_by_how_much() -> None:
    told = (sent(0, promised=10), sent(12, promised=20), sent(19, promised=30))
    rows = message_rows(replace(NIGHT, updates=told), at(25))
    assert [(row.kept, row.late) for row in rows] == [
        ("broken", timedelta(minutes=2)),
        ("kept", None),
        ("pending", None),
    ]


@pytest.mark.parametrize(("promised", "sent", "late"), [(50.2, 65.1, 15), (50.9, 65.0, 15), (50.0, 50.4, None)])
def test_how_late_a_message_was_is_what_its_two_times_show(promised: float, sent: float, late: int | None) -> None:
    def moment(seconds: float) -> datetime:
        return at(0) + timedelta(seconds=seconds)

    updates = (Update(at(0), "ben", "team", "a", promised=moment(promised)), Update(moment(sent), "ben", "team", "b"))
    first, _ = message_rows(replace(NIGHT, updates=updates), at(9))
    assert first.late == (None if late is None else timedelta(seconds=late))
