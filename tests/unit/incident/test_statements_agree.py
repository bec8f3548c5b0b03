"""What the record states of one thing reads alike wherever it is stated: brief, shift, draft, deadlines, figures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_open_items, met_and_missed
from cockpit.incident.impact import as_of, find_relapse_after_close, measure_felt
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.shift_report import build_shift_report
from cockpit.incident.metrics.statistics import DEADLINES, list_kept_shares
from cockpit.incident.open_ends import find_open_ends
from cockpit.incident.postmortem.rows import loop_rows, message_rows, severity_times
from cockpit.incident.postmortem.run_rows import procedure_rows
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.event import UNSEEN_FROM, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Plan
from cockpit.model.time import format_duration, format_timestamp
from cockpit.recorder.recording_breaks import UNRECORDED
from tests.examples import scale_examples
from tests.unit.incident.drafts import draft as draft_of
from tests.unit.incident.drafts import table
from tests.unit.incident.folding import fold, only
from tests.unit.incident.incidents import named, rule
from tests.unit.incident.incidents import plan as plan_of
from tests.unit.incident.places import compare_impact, compare_times
from tests.unit.incident.story import Story, at

PLAN = Plan()


def begin_run(story: Story, minute: float, run: str = "r1", budget_minutes: float = 10, **detail: Any) -> None:
    fields = {"title": "Roll back", "procedure": "roll-back", "path": "ops.md", "steps": 2, "timed_by": 2, **detail}
    story.act(Kind.RUN, minute, subject=run, what="started", budget=budget_minutes * 60, **fields)


def end_run(story: Story, minute: float, run: str = "r1") -> None:
    story.act(Kind.RUN, minute, subject=run, what="ended")


def try_step(
    story: Story, minute: float, step: int, state: str = "ok", run: str = "r1", number: int = 1, **detail: Any
) -> None:
    kind = "change" if step == 1 else "verify"
    story.act(Kind.STEP, minute, subject=f"{run}#{step}", phase="intent", attempt=number, kind=kind, **detail)
    story.act(
        Kind.STEP, minute + 0.1, subject=f"{run}#{step}", phase="outcome", attempt=number, state=state, title=f"s{step}"
    )


def settle_step(story: Story, minute: float, step: int, state: str, run: str = "r1") -> None:
    story.act(Kind.STEP, minute, subject=f"{run}#{step}", phase="settled", state=state)


def move_traffic(story: Story, minute: float, source: str, target: str) -> Event:
    return story.tell(
        Kind.TRAFFIC,
        minute,
        subject="shop-api",
        detail={"before": {source: 100, target: 0}, "after": {source: 0, target: 100}},
        source="recorder",
    )


def roll_back(story: Story) -> None:
    """From --r44, which was bad, to --r43."""
    begin_run(story, 1)
    try_step(story, 2, 1)
    move_traffic(story, 2.1, "shop-api--r44", "shop-api--r43")
    try_step(story, 3, 2)


def undone_by_its_own_undo(story: Story) -> None:
    roll_back(story)
    try_step(story, 5, 1, number=2, undo=True)


def undone_by_another_run(story: Story) -> None:
    roll_back(story)
    begin_run(story, 5, "r2", title="Forward again")
    try_step(story, 6, 1, run="r2")
    move_traffic(story, 6.2, "shop-api--r43", "shop-api--r44")


def undone_elsewhere(story: Story) -> None:
    roll_back(story)
    move_traffic(story, 9, "shop-api--r43", "shop-api--r44")


def make_revision(story: Story, minute: float, name: str, image: str) -> None:
    detail = {"what": "created", "active": True, "image": f"registry.example.com/shop-api:{image}"}
    story.tell(Kind.REVISION, minute, subject=f"shop-api/{name}", detail=detail, source="recorder")


def deployed_again(story: Story, image: str) -> None:
    """What was rolled back from had the image 1.44.0; then comes a new revision."""
    make_revision(story, 0.1, "shop-api--r43", "1.43.0")
    make_revision(story, 0.2, "shop-api--r44", "1.44.0")
    roll_back(story)
    make_revision(story, 8.9, "shop-api--r46", image)
    move_traffic(story, 9, "shop-api--r43", "shop-api--r46")


def undone_by_its_image_deployed_again(story: Story) -> None:
    deployed_again(story, "1.44.0")


def followed_by_a_release_of_another_image(story: Story) -> None:
    deployed_again(story, "1.45.0")


def followed_by_a_release_of_the_same_image(story: Story) -> None:
    deployed_again(story, "1.43.0")


def followed_by_the_next_release(story: Story) -> None:
    roll_back(story)
    move_traffic(story, 9, "shop-api--r43", "shop-api--r45")


def undone_and_done_again(story: Story) -> None:
    undone_by_its_own_undo(story)
    try_step(story, 6, 1, number=3)


def undone_done_again_and_verified(story: Story) -> None:
    undone_and_done_again(story)
    try_step(story, 7, 2, number=2)


def an_undo_that_failed(story: Story) -> None:
    roll_back(story)
    try_step(story, 5, 1, "failed", number=2, undo=True)


def verification_cancelled(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    try_step(story, 3, 2, "failed")
    end_run(story, 4)


def verification_skipped(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    settle_step(story, 3, 2, "skipped")
    end_run(story, 4)


def verified_by_hand(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    settle_step(story, 3, 2, "by hand")


def ended_with_a_step_that_failed(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    try_step(story, 2, 1, "failed")
    end_run(story, 3)


def ended_with_all_skipped(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    settle_step(story, 2, 1, "skipped")
    end_run(story, 3)


def ended_well_without_a_verification(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    try_step(story, 2, 1)
    end_run(story, 3)


VERIFIED, UNDONE = "its work is verified", "its work was undone"
RUNS: list[tuple[Callable[[Story], None], str, str]] = [  # what is known of its work, and its time against its budget
    (roll_back, VERIFIED, "met"),
    (verified_by_hand, VERIFIED, "met"),
    (followed_by_the_next_release, VERIFIED, "met"),
    (an_undo_that_failed, VERIFIED, "met"),
    (undone_done_again_and_verified, VERIFIED, "met"),
    (undone_by_its_own_undo, UNDONE, "met"),
    (undone_by_another_run, UNDONE, "met"),
    (undone_elsewhere, UNDONE, "met"),
    (undone_by_its_image_deployed_again, UNDONE, "met"),
    (followed_by_a_release_of_another_image, VERIFIED, "met"),
    (followed_by_a_release_of_the_same_image, VERIFIED, "met"),
    (undone_and_done_again, "", "overdue"),
    (verification_cancelled, "its work was not verified", "not applicable"),
    (verification_skipped, "its work was not verified", "not applicable"),
    (ended_with_a_step_that_failed, "step 1 did not succeed", "not applicable"),
    (ended_with_all_skipped, "none of its steps was done", "not applicable"),
    (ended_well_without_a_verification, "", "met"),
]


@pytest.mark.parametrize(("tell", "standing", "budget"), RUNS, ids=[tell.__name__ for tell, _, _ in RUNS])
def test_what_is_known_of_the_work_of_a_run_reads_alike_everywhere(
    tell: Callable[[Story], None], standing: str, budget: str
) -> None:
    story, now = Story(), at(40)
    story.declare(0)
    tell(story)
    incident, events = only(story), list_standing_events(story.events)
    clocks = compute_clocks(incident, PLAN, now)
    run = next(run for run in incident.ran if run.id == "r1")
    report = build_shift_report(events, [incident], since=at(-10), now=now)
    (row,) = [row for row in procedure_rows(incident, events, clocks, now) if row.ran.id == "r1"]
    places = {
        "run": run.standing,
        "draft, runs": row.ran.standing,
        "shift": next(line for line in report.runs if line.startswith("Roll back")),
    }
    if run.ended is None:
        places |= {
            "brief": next(line for line in list_open_items(incident, clocks, now, UTC) if "Roll back" in line),
            "draft, open": next(
                row.state for row in loop_rows(incident, clocks, now) if row.what == "run of Roll back"
            ),
            "resolving": next(end.text for end in find_open_ends(incident, now) if end.target == "r1"),
        }
    for place, text in places.items():
        for words in (VERIFIED, UNDONE, "not verified", "did not succeed", "none of its steps"):
            is_of_shift = place == "shift" and run.ended is not None and words == VERIFIED
            assert (words in text) == (words in standing) or is_of_shift, (place, text)
    (clock,) = [clock for clock in clocks if clock.id == "budget:r1"]
    assert clock.state(now) == budget
    assert clock.kind is ClockKind.BUDGET
    share = next(share for share in list_kept_shares([incident], PLAN, now) if share.name.startswith("procedures"))
    others = sum(other.budget is not None for other in incident.ran) - 1
    assert (share.kept, share.total - others) == (int(budget == "met"), int(budget != "not applicable"))


def test_a_run_that_ended_late_and_was_not_verified_missed_its_time() -> None:
    story = Story()
    story.declare(0)
    begin_run(story, 1, budget_minutes=2)
    try_step(story, 2, 1)
    end_run(story, 9)
    (clock,) = [clock for clock in compute_clocks(only(story), PLAN, at(20)) if clock.id == "budget:r1"]
    assert (clock.state(at(20)), clock.undone) == ("missed", True)


def test_what_was_undone_before_the_incident_was_declared_is_undone_in_it_too() -> None:
    story = Story()
    undone_by_another_run(story)
    story.events = [replace(event, incident=None) for event in story.events]
    story.declare(7, reach=0)
    late = only(story)
    members = list_members(late, story.events)
    assert [run.undone for run in late.ran] == [at(6.2), None]
    assert [run.undone for run in fold(members).incidents["i1"].ran] == [at(6.2), None]


# What was not done when it was resolved, and is open again.

LISTED = Checklist("first", "First ten minutes", ("Declare", "Freeze"), levels=("P1",))


def begin_task(story: Story, minute: float, due: float) -> None:
    fields = {"kind": "task", "text": "look at the pool", "person": "ben", "due": format_timestamp(at(due))}
    story.act(Kind.CLOCK, minute, subject="task:k7f", what="started", **fields)


def resolve(story: Story, minute: float) -> None:
    story.act(Kind.RESOLVE, minute, because="fixed")


def open_again(story: Story, minute: float) -> None:
    story.act(Kind.STATUS, minute, status="investigating", was="resolved", reason="it is back")


def mark_task_done(story: Story, minute: float) -> None:
    story.act(Kind.CLOCK, minute, subject="task:k7f", what="done")


def list_still_open(story: Story, minute: float, plan: Plan) -> tuple[list[str], list[str]]:
    """What the brief and the draft say to be still open."""
    incident, now = only(story), at(minute)
    clocks = compute_clocks(incident, plan, now)
    scene = BriefingScene(clocks, [], [], None, UTC, now, checklists=plan.checklists)
    brief = [line for title, line in build_brief(incident, story.events, scene) if title == "still open"]
    return brief, [row.what for row in loop_rows(incident, clocks, now, plan.checklists, story.events)]


@pytest.mark.parametrize("due", [4, 60, 300], ids=["missed", "due while it was closed", "due when it is open again"])
@pytest.mark.parametrize("last", [False, True], ids=["open again", "over again"])
def test_a_task_that_nobody_did_is_taken_up_again_and_stands_on_one_line(due: float, last: bool) -> None:
    story = Story()
    story.declare(0)
    begin_task(story, 1, due)
    resolve(story, 10)
    open_again(story, 100)
    if last:
        resolve(story, 400)
    brief, draft = list_still_open(story, 500 if last else 110, PLAN)
    assert [len([line for line in lines if "look at the pool" in line]) for lines in (brief, draft)] == [1, 1]
    mark_task_done(story, 105)
    brief, draft = list_still_open(story, 500 if last else 110, PLAN)
    assert not [line for line in (*brief, *draft) if "look at the pool" in line]


@pytest.mark.parametrize("due", [4, 60])
def test_doing_a_task_after_it_was_opened_again_changes_nothing_of_what_was_past(due: float) -> None:
    story = Story()
    story.declare(0)
    begin_task(story, 1, due)
    resolve(story, 10)
    open_again(story, 100)
    before = named(compute_clocks(only(story), PLAN, at(101)), "task:k7f").state(at(101))
    mark_task_done(story, 101)
    after = named(compute_clocks(only(story), PLAN, at(102)), "task:k7f")
    assert (after.state(at(102)), after.undone) == (before, False)
    assert named(compute_clocks(only(story), PLAN, at(102)), "task:k7f:2").state(at(102)) == "met"


@pytest.mark.parametrize("rules", [(), (rule(ClockKind.CHECKLIST, 5, checklist="first"),)], ids=["no time", "a time"])
def test_a_list_that_was_not_done_stands_on_one_line_while_the_incident_is_open_again(rules: tuple[Rule, ...]) -> None:
    plan, story = Plan(checklists=(LISTED,), rules=rules), Story()
    story.declare(0)
    resolve(story, 10)
    brief, draft = list_still_open(story, 20, plan)
    assert [len([line for line in lines if "First ten minutes" in line]) for lines in (brief, draft)] == [1, 1]
    open_again(story, 100)
    brief, draft = list_still_open(story, 103, plan)
    names = ("First ten minutes", "checklist 0/2")
    assert len([line for line in brief if line.startswith(names)]) == 1
    assert len([line for line in draft if line.startswith(names)]) == 1


def measure(story: Story, minute: float, id: str, plan: Plan) -> tuple[str, timedelta | None]:
    incident, now = only(story), at(minute)
    outcomes = met_and_missed(compute_clocks(incident, plan, now), now, incident)
    return next((outcome.state.value, outcome.actual) for outcome in outcomes if outcome.clock.id == id)


RESPONSE = plan_of(rule(ClockKind.RESPONSE, 5), rule(ClockKind.ESCALATION, 5, who="Team lead", what="call", number=1))


@pytest.mark.parametrize("id", ["response", "escalation:1"])
def test_what_was_not_done_goes_on_being_so_when_it_is_opened_again(id: str) -> None:
    story = Story()
    story.declare(0)
    resolve(story, 30)
    assert measure(story, 60, id, RESPONSE) == ("missed", timedelta(minutes=30))
    open_again(story, 100)
    assert measure(story, 104, id, RESPONSE) == ("missed", timedelta(minutes=104))
    if id == "response":
        story.act(Kind.ACK, 105, subject="")
    else:
        story.act(Kind.PAGE, 105, subject="Team lead", who="Team lead")
    assert measure(story, 120, id, RESPONSE) == ("missed", timedelta(minutes=105))
    resolve(story, 200)
    assert measure(story, 300, id, RESPONSE) == ("missed", timedelta(minutes=105))


def test_what_was_never_done_counts_until_the_last_resolution() -> None:
    story = Story()
    story.declare(0)
    resolve(story, 30)
    open_again(story, 100)
    resolve(story, 150)
    assert measure(story, 300, "response", RESPONSE) == ("missed", timedelta(minutes=150))


# A call, and whether it reached anybody.


def test_a_call_that_nobody_answered_counts_as_made_and_says_that_nobody_was_reached() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.PAGE, 7, subject="Team lead", who="Team lead", note="no answer")
    clock = named(compute_clocks(only(story), RESPONSE, at(30)), "escalation:1")
    assert clock.state(at(30)) == "met"
    assert "without an answer, nobody was reached" in clock.remark
    story.act(Kind.PAGE, 9, subject="Team lead", who="Team lead", note="on their way")
    clock = named(compute_clocks(only(story), RESPONSE, at(30)), "escalation:1")
    assert "nobody was reached" not in clock.remark
    assert f"{at(9):%H:%M:%S}" in clock.remark
    text = draft_of(story, 40, RESPONSE)
    assert clock.remark in text
    assert "no answer" in text


def test_a_call_of_which_nothing_is_known_needs_no_word() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.PAGE, 7, subject="Team lead", who="Team lead")
    assert named(compute_clocks(only(story), RESPONSE, at(30)), "escalation:1").remark == ""


def test_a_window_that_closes_later_because_all_was_well_says_so() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(0, reach=-10)
    story.probe(7, "ready", "up")
    story.probe(12, "ready", "down")
    clock = named(compute_clocks(only(story), RESPONSE, at(16)), "escalation:1")
    assert clock.until == at(5 + 15 + 5)
    assert "closes 5m 00s later" in clock.remark
    assert clock.remark in draft_of(story, 40, RESPONSE)
    lines = list_open_items(only(story), [clock], at(16), UTC)
    assert [clock.remark in line for line in lines] == [True]


@pytest.mark.parametrize(
    ("well", "again", "unseen", "weight"),
    [(7, 12, 12, "at most "), (7, 12, 7, "at least "), (3, 6, 6, "at most "), (3, 6, 3, "")],
    ids=["felt again unseen", "well unseen", "of which a minute is in the window", "well before the window"],
)
def test_a_pause_with_an_end_that_nobody_saw_is_no_surer_beside_a_window(
    well: int, again: int, unseen: int, weight: str
) -> None:
    """Felt again by the first look after a break, they felt nothing for less; well at such a look, for longer."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(0, reach=-10)
    for minute, state in ((well, "up"), (again, "down")):
        break_before = {UNSEEN_FROM: format_timestamp(at(minute - 1))} if minute == unseen else {}
        story.tell(Kind.PROBE, minute, subject="ready", detail={"state": state, **break_before}, source="recorder")
    clock = named(compute_clocks(only(story), RESPONSE, at(16)), "escalation:1")
    assert f"users felt nothing for {weight}so long" in clock.remark


@pytest.mark.parametrize(("resolved", "closes"), [(16, 20), (22, 25)])
def test_a_window_in_which_nobody_has_to_call_closes_later_only_where_that_is_why(resolved: int, closes: int) -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(0, reach=-10)
    story.probe(7, "ready", "up")
    story.probe(12, "ready", "down")
    story.act(Kind.RESOLVE, resolved)
    clock = named(compute_clocks(only(story), RESPONSE, at(30)), "escalation:1")
    assert clock.not_applicable
    assert (clock.due, clock.until, bool(clock.remark)) == (at(5), at(closes), closes > 20)


def test_a_window_does_not_close_later_for_a_pause_that_counts_as_impact() -> None:
    """Twice all was well for five seconds: the impact is of one stretch, and so is the time to call somebody."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(0, reach=-10)
    for minute in (6, 7):
        story.probe(minute, "ready", "up")
        story.probe(minute + 5 / 60, "ready", "down")
    story.probe(10, "ready", "up")
    story.probe(15, "ready", "down")
    clock = named(compute_clocks(only(story), RESPONSE, at(18)), "escalation:1")
    assert measure_felt(only(story), at(0), at(18)) == (timedelta(minutes=13), 2)
    assert clock.until == at(5 + 15 + 5), "what users did not feel, and no second more"


# One audience, whatever it is called.


@pytest.mark.parametrize(
    ("promised_to", "sent_to", "is_same"),
    [
        ("client", "customers", True),
        ("Clients", "the users", True),
        ("enterprise customers", "client", True),
        ("team", "internal", True),
        ("authority", "regulator", True),
        ("client", "team", False),
        ("client", "Client Care", False),
        ("#ops", "team", False),
        ("board", "Board ", True),
    ],
)
def test_a_promise_is_kept_by_a_message_to_the_same_readers_whatever_they_are_called(
    promised_to: str, sent_to: str, is_same: bool
) -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.UPDATE, 1, audience=promised_to, text="we look", promised=format_timestamp(at(10)))
    story.act(Kind.UPDATE, 8, audience=sent_to, text="we found it")
    incident, now = only(story), at(30)
    promises = [clock for clock in compute_clocks(incident, PLAN, now) if clock.kind is ClockKind.PROMISE]
    assert message_rows(incident, now)[0].kept == ("kept" if is_same else "broken")
    assert len(promises) == (0 if is_same else 1)
    brief, draft = list_still_open(story, 30, PLAN)
    assert any("update to" in line for line in brief) is not is_same
    assert any("update to" in line for line in draft) is not is_same


# Any night: whatever was done in whichever order, no two statements of it disagree.

RULES = (
    rule(ClockKind.RESPONSE, 5),
    rule(ClockKind.COMMANDER, 10),
    rule(ClockKind.CHECKLIST, 15, checklist="first"),
    rule(ClockKind.UPDATE, 20, levels=("P0", "P1")),
    rule(ClockKind.CLIENT, 30, levels=("P0", "P1")),
    rule(ClockKind.ESCALATION, 5, what="call", who="Team lead", number=1),
    rule(ClockKind.ESCALATION, 25, what="call", who="CTO", number=2, levels=("P0",)),
)
NIGHT_PLAN = plan_of(*RULES, checklists=(LISTED,))
ACTS = (
    *("severity", "status", "resolve", "resolve", "again", "again", "task", "task done", "send", "send", "ack", "call"),
    *("tick", "lead", "run", "step", "verify", "undo", "skip", "end run", "move", "down", "up", "freeze", "loop"),
    *(
        "down",
        "up",
        "late down",
        "late up",
        "asked move",
        "own move",
        "own move",
        "outage",
        "outage",
        "outage",
        "outage",
        "break",
    ),
)
RELAPSE = "relapse"  # it was well for long enough, was closed, and is bad again
LASTS = 5  # minutes of that
walks = st.builds(
    lambda walk, ends_badly: [*walk, (RELAPSE, 1, 0)] if ends_badly else walk,
    st.lists(st.tuples(st.sampled_from((*ACTS, RELAPSE)), st.integers(1, 30), st.integers(0, 5)), max_size=25),
    st.booleans(),
)


def do_act(story: Story, act: str, minute: float, pick: int, done: dict[str, int]) -> None:
    """One act, as a front end would write it. What cannot be done at that moment is left out."""
    is_open = only(story).open
    number = done.get("run", 0)
    match act:
        case "severity" if is_open:
            story.act(Kind.SEVERITY, minute, severity=("P0", "P1", "P2")[pick % 3])
        case "status" if is_open:
            story.act(Kind.STATUS, minute, status=("identified", "monitoring")[pick % 2])
        case "resolve" if is_open:
            resolve(story, minute)
        case "again" if not is_open:
            open_again(story, minute)
        case "task" if is_open:
            done["task"] = done.get("task", 0) + 1
            fields = {
                "kind": "task",
                "text": f"task {done['task']}",
                "due": format_timestamp(at(minute + 3 * (pick + 1))),
            }
            story.act(Kind.CLOCK, minute, subject=f"task:{done['task']}", what="started", **fields)
        case "task done" if done.get("task"):
            story.act(Kind.CLOCK, minute, subject=f"task:{1 + pick % done['task']}", what="done")
        case "send":
            promised = {"promised": format_timestamp(at(minute + 5 + pick))} if pick % 2 else {}
            story.act(
                Kind.UPDATE, minute, audience=("client", "customers", "team")[pick % 3], text="we look", **promised
            )
        case "ack" if is_open:
            story.act(Kind.ACK, minute, subject="")
        case "call" if is_open:
            story.act(
                Kind.PAGE, minute, subject="x", who="somebody", tier=1 + pick % 2, note=("", "no answer")[pick % 2]
            )
        case "tick":
            story.act(Kind.TICK, minute, list="first", item=1 + pick % 2, text="box", state=("done", "open")[pick % 2])
        case "lead" if is_open:
            what = ("takes", "leaves")[pick % 2]
            story.act(
                Kind.ROLE, minute, subject="incident commander", role="incident commander", person="ana", what=what
            )
        case "run":
            done["run"] = number + 1
            begin_run(story, minute, f"r{number + 1}", title=f"Run {number + 1}", timed_by=2 * (pick % 2))
        case "step" | "verify" | "undo" if number:
            done["try"] = done.get("try", 0) + 1
            state = ("ok", "failed", "unknown")[pick % 3]
            undo = {"undo": True} if act == "undo" else {}
            command = {"as_run": f"traffic set --revision-weight r4{3 + pick % 2}=100"}
            try_step(story, minute, 2 if act == "verify" else 1, state, f"r{number}", done["try"], **command, **undo)
        case "skip" if number:
            settle_step(story, minute, 1 + pick % 2, ("skipped", "by hand")[pick % 2], f"r{number}")
        case "end run" if number:
            end_run(story, minute, f"r{number}")
        case "move":
            source, target = ("r43", "r44") if pick % 2 else ("r44", "r43")
            move_traffic(story, minute, source, target)
        case "asked move":  # the cloud dates it by its request, and a look sees it a minute later
            source, target = ("r43", "r44") if pick % 2 else ("r44", "r43")
            detail = {"before": {source: 100}, "after": {target: 100}, "asked": format_timestamp(at(minute - 0.5))}
            story.tell(Kind.TRAFFIC, minute - 0.5, subject="shop-api", detail=detail, source="recorder", late=1)
        case "own move" if number:  # the step that did it ended after the request, and before a look saw it
            done["try"] = done.get("try", 0) + 1
            command = {"as_run": "traffic set --revision-weight r43=100"}
            try_step(story, minute, 1, "ok", f"r{number}", done["try"], **command)
            detail = {"before": {"r44": 100}, "after": {"r43": 100}, "asked": format_timestamp(at(minute + 0.02))}
            story.tell(Kind.TRAFFIC, minute + 0.02, subject="shop-api", detail=detail, source="recorder", late=0.5)
        case "outage":  # of half a minute; nobody may have seen it begin, or end
            for state, later, is_late in (("down", 0.0, pick % 3 == 1), ("up", 0.5, pick % 3 == 2)):
                unseen = {UNSEEN_FROM: format_timestamp(at(minute + later - 0.3))} if is_late else {}
                look = {"state": state, **unseen}
                story.tell(Kind.PROBE, minute + later, subject="ready", detail=look, source="recorder")
        case "break":  # of the record, the short half of the time
            detail = {"from": format_timestamp(at(minute - 0.5 * (pick + 1))), "until": format_timestamp(at(minute))}
            begun = {"what": "started", UNRECORDED: detail}
            story.tell(*((Kind.GAP, minute) if pick else (Kind.RECORDER, minute)), detail=detail if pick else begun)
        case "late down" | "late up":  # at the first look after a break of the record
            seen_late = {"state": act.removeprefix("late "), UNSEEN_FROM: format_timestamp(at(minute - 0.7))}
            story.tell(Kind.PROBE, minute, subject=("ready", "web")[pick % 2], detail=seen_late, source="recorder")
        case "down" | "up":
            story.probe(minute, ("ready", "web")[pick % 2], act)
        case "relapse" if is_open:
            for name in ("ready", "web"):
                story.probe(minute, name, "down")
                story.probe(minute + 0.3, name, "up")
            resolve(story, minute + 3)
            story.probe(minute + 4, "ready", "down")
        case "freeze":
            story.act(Kind.FREEZE, minute, on=pick % 2 == 0, reason="until green")
        case "loop" if is_open:
            done["loop"] = done.get("loop", 0) + 1
            story.act(
                Kind.CLOCK, minute, subject=f"loop:{done['loop']}", what="started", kind="loop", text="probe is off"
            )


def play(walk: list[tuple[str, int, int]]) -> tuple[Story, float]:
    story, minute, done = Story(), 0.0, dict[str, int]()
    story.declare(0)
    for act, pause, pick in walk:
        minute += pause
        do_act(story, act, minute, pick, done)
        minute += LASTS if act == RELAPSE else 0
    return story, minute + 1


def test_a_fifth_of_such_nights_at_least_is_felt_again_after_it_was_closed() -> None:
    """Else no place that tells of it is compared."""
    random, count, nights = Random(1), 0, 60
    for number in range(nights):
        acts = random.choices((*ACTS, RELAPSE), k=random.randint(0, 25))
        walk = [(act, random.randint(1, 30), random.randint(0, 5)) for act in acts]
        story, minute = play([*walk, (RELAPSE, 1, 0)] if number % 2 else walk)
        count += find_relapse_after_close(as_of(only(story), at(minute))) is not None
    assert count >= nights / 5


@settings(max_examples=scale_examples(60))
@given(walks)
def test_no_two_statements_of_a_night_disagree(walk: list[tuple[str, int, int]]) -> None:
    story, minute = play(walk)
    incident, now, events = only(story), at(minute), list_standing_events(story.events)
    clocks = compute_clocks(incident, NIGHT_PLAN, now)
    brief, draft = list_still_open(story, minute, NIGHT_PLAN)
    resolving = find_open_ends(incident, now, checklists=NIGHT_PLAN.checklists, clocks=clocks)

    tasks = {mark.text: mark for mark in incident.marks if mark.kind is ClockKind.TASK}
    for text, mark in tasks.items():
        counts = [sum(line == text or line.startswith(f"{text},") for line in lines) for lines in (brief, draft)]
        assert counts[0] == counts[1] <= 1, text
        assert not counts[0] or mark.done is None, text
        assert counts[0] or mark.done is not None or not incident.open, text  # open again, it asks again

    waiting = [
        row for row in message_rows(incident, now) if row.update.promised and row.late is None and row.kept != "kept"
    ]
    promises = {clock.id for clock in clocks if clock.kind is ClockKind.PROMISE and clock.done is None}
    assert {f"promise:{row.update.audience_name}" for row in waiting} == promises
    assert {end.target for end in resolving if end.kind == "update" and end.target.startswith("promise")} == promises
    for name in {update.readers for update in incident.updates}:
        is_owed = any(clock.what == f"update to {name}" for clock in clocks if clock.id in promises)
        assert any(line.startswith(f"update to {name},") for line in brief) is is_owed
        assert (f"update to {name}" in draft) is is_owed

    states = {clock.id: clock for clock in clocks}
    for run in incident.ran:
        if run.ended is None:
            lines = [line for line in brief if line.endswith(f": {run.title}")]
            texts = [end.text for end in resolving if end.target == run.id and end.text.startswith("run open")]
            assert (len(lines), len(texts), draft.count(f"run of {run.title}")) == (1, 1, 1)
            assert run.standing in lines[0]
            assert run.standing in texts[0]
        budget = states[f"budget:{run.id}"]
        assert budget.state(now) != "met" or run.succeeded is not None
        assert (budget.state(now) == "not applicable") is bool(budget.not_applicable)

    outcomes = met_and_missed(clocks, now, incident)
    assert {outcome.clock for outcome in outcomes} == set(clocks), "as `clocks --all` lists them"
    rows = table(draft_of(story, minute, NIGHT_PLAN), "clocks")
    listed = [
        (outcome.clock.what, "open" if outcome.clock.is_window_open(now) else outcome.state) for outcome in outcomes
    ]
    assert [(row[0], row[5].partition(":")[0].partition(";")[0]) for row in rows] == listed
    shares = {share.name: share for share in list_kept_shares([incident], NIGHT_PLAN, now)}
    for kind, name, _ in DEADLINES:
        own = [outcome for outcome in outcomes if outcome.clock.kind is kind]
        met = [outcome for outcome in own if outcome.state == "met"]
        late = [
            outcome
            for outcome in own
            if outcome.state in ("missed", "overdue") and not outcome.clock.is_window_open(now)
        ]
        assert (shares[name].kept, shares[name].total) == (len(met), len(met) + len(late))
    for outcome in outcomes:
        if outcome.clock.undone and outcome.clock.kind is not ClockKind.COMMANDER:
            done_since = find_first(incident, outcome.clock)
            assert done_since is None or done_since <= outcome.clock.started, outcome

    times = severity_times(incident, now)
    assert sum((length for _, length in times), timedelta()) == incident.open_for(now)
    head = dict(build_brief(incident, events, BriefingScene(clocks, [], [], None, UTC, now)))["incident"]
    assert format_duration(incident.open_for(now)) in head
    report = build_shift_report(events, [incident], since=at(-10), now=now)
    assert sum(line.partition(" by ")[0] in {run.title for run in incident.ran} for line in report.runs) == len(
        [
            run
            for run in incident.ran
            if any(event.subject.startswith(f"{run.id}#") and event.detail.get("state") for event in events)
        ]
    )

    compare_impact(as_of(incident, now), story.events, NIGHT_PLAN, now)
    compare_times(incident, story.events)


def find_first(incident: Incident, clock: Clock) -> datetime | None:
    """When what a deadline asks for was first done, by the facts alone; None where it was not, or they do not say."""
    match clock.kind:
        case ClockKind.RESPONSE:
            return incident.acknowledged
        case ClockKind.CLIENT:
            return min((sent.at for sent in incident.updates if sent.audience_name == "client"), default=None)
        case ClockKind.TASK:
            return next((mark.done for mark in incident.marks if mark.id == (clock.obligation or clock.id)), None)
    return None
