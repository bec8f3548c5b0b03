"""What a reading adds to the timeline, given what stands there already."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.signals import says_bad
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.event import NEVER_RECORDED, UNSEEN_FROM, Draft, Kind, map_of, time_of
from cockpit.model.probe import ProbeEvidence, ProbeFlap, ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import Reading
from cockpit.model.revision import Application, Revision
from cockpit.model.time import format_timestamp
from cockpit.recorder.alert_changes import name_alert_place
from cockpit.recorder.changes import list_changes
from cockpit.recorder.last_recorded import FLAPPING, LastRecorded
from tests.examples import scale_examples
from tests.unit.incident.story import at

EXPIRED = Problem(ProblemKind.SIGN_IN, "401 az login expired", "The sign-in expired.", "Run az login.")


class Recorded:
    """A Known that hears everything it yields, as the recorder's does."""

    def __init__(self) -> None:
        self.known = LastRecorded()

    def see(
        self, minutes: float, feed: str, value: object, problem: Problem | None = None, seen: float = 0
    ) -> list[Draft]:
        """What a reading adds at `minutes` past two; a failed one saw its value at `seen`."""
        seen = minutes if problem is None else seen
        reading: Reading[Any] = Reading(
            feed, "prod", 15.0, minutes * 60, value, seen * 60, at(seen), problem
        )  # fmt: skip
        found = list_changes(self.known, reading, at(minutes))
        for each in found:
            self.known.apply(each)
        return found

    def probe(self, minutes: float, state: ProbeState, since: float | None = None, **more: Any) -> list[Draft]:
        began = at(minutes if since is None else since)
        return self.see(minutes, "probes", (ProbeResult("ready", "prod", "http://x", state, began, **more),))

    def alert(self, minutes: float, state: AlertState | None, since: float = 0, **more: Any) -> list[Draft]:
        found = () if state is None else (replace(firing(since), state=state, **more),)
        return self.see(minutes, "alerts:am", found)

    def app(self, minutes: float, *revisions: Revision, changed_at: datetime | None = None) -> list[Draft]:
        app = Application("mi", "prod", "multiple", "", revisions, changed_by="ci@example.com", changed_at=changed_at)
        return self.see(minutes, "revisions", (app,))


def firing(since: float) -> Alert:
    return Alert("am", "f1", "5xx errors", Severity.HIGH, AlertState.FIRING, at(since), "prod", "mi-prod")


def revision(name: str, weight: int = 0, active: bool = True, **more: Any) -> Revision:
    return Revision("mi", f"mi--{name}", active, weight, more.pop("created", None), **more)


def told(drafts: list[Draft]) -> list[str]:
    return [each.summary for each in drafts]


def test_a_probe_that_is_up_from_the_start_is_no_news() -> None:
    assert Recorded().probe(0, ProbeState.UP) == []


def test_a_probe_goes_down_and_up_at_the_times_it_says_itself() -> None:
    world = Recorded()
    world.probe(0, ProbeState.UP)
    (down,) = world.probe(2, ProbeState.DOWN, since=1.5, reason="[STATUS] (503) == 200")
    assert down.summary == "ready down: [STATUS] (503) == 200"
    assert down.occurred == at(1.5)
    (up,) = world.probe(5, ProbeState.UP, since=4)
    assert (up.summary, up.occurred, up.detail["was"]) == ("ready up again", at(4), "down")


def test_a_state_that_stays_is_recorded_once() -> None:
    world = Recorded()
    world.probe(1, ProbeState.DOWN)
    assert world.probe(2, ProbeState.DOWN, since=1) == []


def test_the_first_failing_answer_stands_with_the_outage_and_the_newest_with_its_end() -> None:
    world = Recorded()
    first, newest = (ProbeEvidence(at(number), f"answer {number}") for number in (1, 2))
    world.probe(0, ProbeState.UP)
    (down,) = world.probe(1, ProbeState.DOWN, first_failure=first, last_failure=first)
    (up,) = world.probe(3, ProbeState.UP, first_failure=first, last_failure=newest)
    assert (down.detail["answer"]["reason"], "last_answer" in down.detail) == ("answer 1", False)
    assert (up.detail["last_answer"]["reason"], "answer" in up.detail) == ("answer 2", False)


def test_an_outage_of_one_answer_keeps_it_once() -> None:
    world = Recorded()
    only = ProbeEvidence(at(1), "answer 1")
    world.probe(1, ProbeState.DOWN, first_failure=only, last_failure=only)
    (up,) = world.probe(2, ProbeState.UP, first_failure=only, last_failure=only)
    assert "last_answer" not in up.detail


def test_of_what_flaps_the_newest_failing_answer_is_kept() -> None:
    newest = ProbeEvidence(at(1), "answer 1")
    (flaps,) = Recorded().probe(1, ProbeState.DOWN, flapping=True, first_failure=newest, last_failure=newest)
    assert flaps.detail["last_answer"]["reason"] == "answer 1"


def test_pending_tells_nothing_on_the_way_down_or_up() -> None:
    world = Recorded()
    assert world.probe(0, ProbeState.PENDING) == []
    world.probe(1, ProbeState.DOWN)
    assert world.probe(2, ProbeState.PENDING) == []
    assert world.probe(3, ProbeState.DOWN, since=1) == []


def test_unknown_is_a_fact_only_once_it_lasts() -> None:
    world = Recorded()
    assert world.probe(1, ProbeState.UNKNOWN, since=0.5) == []
    assert told(world.probe(3, ProbeState.UNKNOWN, since=0.5, reason="parent live is down")) == [
        "ready unknown: parent live is down"
    ]
    assert told(world.probe(4, ProbeState.UP)) == ["ready up again"]


def test_a_flapping_probe_is_recorded_once() -> None:
    world = Recorded()
    world.probe(1, ProbeState.DOWN)
    assert told(world.probe(2, ProbeState.UP, flapping=True)) == ["ready flapping"]
    assert world.probe(3, ProbeState.DOWN, flapping=True) == []
    assert told(world.probe(9, ProbeState.UP)) == ["ready up again"]


def test_what_flapped_and_is_down_since_flapped_until_then() -> None:
    """It counted what failed while it was down, so its line told of a time after its own."""
    world = Recorded()
    flap = ProbeFlap(at(0), at(4), 3, timedelta(seconds=9))
    world.probe(1, ProbeState.DOWN, flapping=True, flap=flap)
    (down,) = world.probe(4, ProbeState.DOWN, since=2, flap=flap)
    assert (down.occurred, time_of(map_of(down.detail, "flap"), "until")) == (at(2), at(2))


@pytest.mark.parametrize(
    ("first", "unseen"), [(None, True), (3.0, True), (0.5, False)], ids=["well", "failed after", "failed before"]
)
def test_what_is_seen_after_answers_that_showed_nothing_may_have_been_since_the_last_that_did(
    first: float | None, unseen: bool
) -> None:
    world = Recorded()
    if first is None:
        world.probe(0, ProbeState.DOWN)
        (fact,) = world.probe(3, ProbeState.UP, blind_from=at(1))
    else:
        failure = ProbeEvidence(at(first), "503")
        (fact,) = world.probe(3, ProbeState.DOWN, blind_from=at(1), first_failure=failure)
    assert time_of(fact.detail, UNSEEN_FROM) == (at(1) if unseen else None)


@pytest.mark.parametrize("state", [ProbeState.UP, ProbeState.DOWN])
@pytest.mark.parametrize(("fact", "is_unseen"), [(ProbeState.DOWN.value, True), (FLAPPING, True), (None, False)])
def test_the_line_that_tells_how_often_it_flapped_says_that_nobody_saw_it_begin(
    state: ProbeState, fact: str | None, is_unseen: bool
) -> None:
    """It failed at the first look: the draft said "or before" there and the line of the timeline a sure beginning."""
    world, flap = Recorded(), ProbeFlap(at(0), at(4), 3)
    if fact is not None:
        detail = {"state": fact, UNSEEN_FROM: format_timestamp(NEVER_RECORDED)}
        world.known.apply(Draft(Kind.PROBE, "", at(0.05), "prod", "ready", detail=detail))
    world.probe(3, ProbeState.DOWN, flapping=True, flap=flap)
    (end,) = world.probe(6, state, flap=flap)
    assert "flapped 3 times" in end.summary
    assert ("from 02:00:00 (or before: nobody had recorded yet) to" in end.summary) is is_unseen
    world.probe(9, ProbeState.UP)
    world.probe(30, ProbeState.DOWN, flapping=True, flap=ProbeFlap(at(28), at(30), 3))
    (later,) = world.probe(33, ProbeState.UP, flap=ProbeFlap(at(28), at(30), 3))
    assert "or before" not in later.summary, "another one, which was seen to begin"


@pytest.mark.parametrize("state", [ProbeState.UP, ProbeState.DOWN])
@pytest.mark.parametrize("saw_it", [True, False])
def test_a_cockpit_that_did_not_see_a_probe_flap_does_not_know_when_that_ended(state: ProbeState, saw_it: bool) -> None:
    """It dated the end by its own first look, a quarter of a minute after the last failure."""
    world, flap = Recorded(), ProbeFlap(at(0), at(1), 3)
    world.probe(1, ProbeState.DOWN, flapping=True, flap=flap)
    (fact,) = world.probe(4, state, flap=flap if saw_it else None)
    assert time_of(fact.detail, UNSEEN_FROM) == (None if saw_it else at(1))


def test_a_bad_probe_that_leaves_the_configuration_does_not_stay_bad_for_ever() -> None:
    world = Recorded()
    world.probe(1, ProbeState.DOWN)
    (gone,) = world.see(2, "probes", ())
    assert gone.summary == "ready is no longer watched"
    assert says_bad(gone.kind, gone.detail) is False
    assert world.see(3, "probes", ()) == []


def test_a_time_ahead_of_our_clock_is_our_now() -> None:
    (down,) = Recorded().probe(1, ProbeState.DOWN, since=30)
    assert down.occurred == at(1)


def test_an_alert_fires_at_its_own_time_vanishes_and_is_confirmed() -> None:
    world = Recorded()
    (fired,) = world.alert(5, AlertState.FIRING, since=3)
    assert (fired.summary, fired.occurred) == ("5xx errors fired (high) on mi-prod", at(3))
    (vanished,) = world.alert(8, AlertState.RESOLVING, since=3, note="vanished, server restarted 40 s ago")
    assert vanished.summary == "5xx errors on mi-prod resolved? vanished, server restarted 40 s ago"
    assert vanished.occurred == at(8)
    (resolved,) = world.alert(9, AlertState.RESOLVED, since=3, note="rule inactive at prom-1")
    assert resolved.detail["confirmed_by"] == "rule inactive at prom-1"
    assert world.alert(10, AlertState.RESOLVED, since=3) == []


@pytest.mark.parametrize(("ended", "dated"), [(7.2, 7.2), (2, 8), (9, 8), (None, 8)])
def test_an_end_is_dated_by_the_source_where_that_can_be_its_time(ended: float | None, dated: float) -> None:
    """Seen at minute 8, fired at 3: an end from before that, or from later, is not the end of this one."""
    world = Recorded()
    world.alert(5, AlertState.FIRING, since=3)
    (over,) = world.alert(8, AlertState.RESOLVED, since=3, ended=None if ended is None else at(ended))
    assert over.occurred == at(dated)


def test_an_end_that_is_confirmed_later_does_not_come_before_the_doubt_about_it() -> None:
    world = Recorded()
    world.alert(5, AlertState.FIRING, since=3)
    world.alert(8, AlertState.RESOLVING, since=3)
    (over,) = world.alert(9, AlertState.RESOLVED, since=3, ended=at(7))
    assert over.occurred == at(8)


def test_an_alert_that_comes_back_was_never_gone() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    world.alert(2, AlertState.RESOLVING)
    (back,) = world.alert(3, AlertState.FIRING)
    assert (back.summary, back.occurred) == ("5xx errors on mi-prod still firing: it is listed again", at(3))


@pytest.mark.parametrize(
    ("before", "since", "occurred"),
    [
        (AlertState.RESOLVING, 7.5, 7.5),  # it began after the first was seen to be gone
        (AlertState.RESOLVING, 5.5, 7),  # we noticed late that the first was gone
        (AlertState.SUPPRESSED, 7.5, 7.5),
        (AlertState.RESOLVING, 3.5, None),  # two sources' words for one beginning
        (AlertState.SUPPRESSED, 3.5, None),
        (AlertState.RESOLVING, 2, None),
    ],
)
def test_an_alert_with_a_new_beginning_fired_again(before: AlertState, since: float, occurred: float | None) -> None:
    world = Recorded()
    world.alert(3, AlertState.FIRING, since=3)
    world.alert(7, before, since=3)
    (back,) = world.alert(8, AlertState.FIRING, since=since)
    is_another = (back.summary.startswith("5xx errors fired again"), back.detail["was"] == AlertState.RESOLVED)
    assert is_another == (occurred is not None, occurred is not None)
    assert back.occurred == at(8 if occurred is None else occurred)
    assert world.known.alerts["am:f1"].since == at(since)


def test_a_silence_holds_for_the_next_one_that_fires() -> None:
    world = Recorded()
    world.alert(3, AlertState.FIRING, since=3)
    world.alert(7, AlertState.RESOLVING, since=3)
    (back,) = world.alert(8, AlertState.SUPPRESSED, since=7.5, note="silenced by ana")
    assert back.summary == "5xx errors fired again (high) on mi-prod, silenced by ana"


@pytest.mark.parametrize("state", [AlertState.PENDING, AlertState.RESOLVING, AlertState.RESOLVED])
def test_an_alert_nobody_saw_firing_is_no_news(state: AlertState) -> None:
    assert Recorded().alert(1, state) == []


def test_a_silence_and_its_end_are_recorded() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    assert told(world.alert(2, AlertState.SUPPRESSED)) == ["5xx errors on mi-prod silenced at the source"]
    assert told(world.alert(3, AlertState.FIRING)) == ["5xx errors on mi-prod no longer silenced, still firing"]


@pytest.mark.parametrize(
    "turns",
    [
        [AlertState.RESOLVED],
        [AlertState.RESOLVING, AlertState.FIRING],
        [AlertState.SUPPRESSED, AlertState.FIRING, AlertState.RESOLVING, AlertState.RESOLVED],
    ],
)
@pytest.mark.parametrize("labels", [{"app": "orders", "instance": "a:1"}, {"pod": "a:1"}, {"app": "a:1"}, {}])
def test_every_turn_of_an_alert_says_which_instance_it_is_about(
    turns: list[AlertState], labels: dict[str, str]
) -> None:
    world = Recorded()
    about: dict[str, Any] = {"resource": "a:1", "labels": tuple(labels.items())}
    events = [*world.alert(1, AlertState.FIRING, **about)]
    for minute, state in enumerate(turns, 2):
        events += world.alert(minute, state, **about)
    assert len(events) == len(turns) + 1
    assert all("a:1" in event.summary for event in events)
    assert len({event.detail["place"] for event in events}) == 1


def test_one_that_its_source_has_forgotten_says_it_as_well() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING, resource="a:1")
    (vanished,) = world.see(2, "alerts:am", ())
    assert "a:1" in vanished.summary


def test_a_severity_that_moves_is_recorded() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    assert told(world.alert(2, AlertState.FIRING, severity=Severity.CRITICAL)) == [
        "5xx errors on mi-prod now critical, was high"
    ]


def test_an_alert_gone_while_nobody_looked_is_only_perhaps_resolved() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    (gone,) = world.alert(90, None)
    assert gone.detail["state"] == "resolved?"
    assert world.alert(91, None) == []


def test_an_empty_source_says_nothing_of_another_sources_alerts() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    assert world.see(2, "alerts:azure", ()) == []


def test_the_first_look_at_an_app_is_one_line_however_many_revisions_it_has() -> None:
    world = Recorded()
    (baseline,) = world.app(0, revision("v41", 100), revision("v40"), revision("v39"))
    assert baseline.summary == "mi: 3 revisions, traffic to --v41 100 %"
    assert world.app(1, revision("v41", 100), revision("v40"), revision("v39")) == []


def test_a_deployment_from_before_the_watch_began_is_recorded_with_its_own_time() -> None:
    world = Recorded()
    v42 = revision("v42", 100, created=at(-12), image="r/mi:9f31")
    created, baseline = world.app(0, v42, revision("v41", created=at(-3_000)), changed_at=at(-11.5))
    assert (created.detail["what"], created.occurred, created.subject) == ("created", at(-12), "mi/mi--v42")
    assert created.detail["changed_by"] == "ci@example.com"
    assert (baseline.detail["what"], baseline.occurred) == ("baseline", at(0))
    assert "not before 2026-02-27 01:48:00Z" in baseline.summary
    assert world.app(1, v42, revision("v41"), changed_at=at(-11.5)) == []


def test_who_changed_the_app_long_after_a_deployment_did_not_make_it() -> None:
    (created, _) = Recorded().app(0, revision("v42", 100, created=at(-60)), changed_at=at(-5))
    assert created.detail["changed_by"] == ""


@settings(max_examples=scale_examples(50))
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(-30, 0), st.integers(1, 5), st.none() | st.integers(-20, 40)),
        min_size=1,
        max_size=8,
    )
)
def test_traffic_never_moves_to_a_revision_before_it_was_created(walk: list[tuple[int, int, int, int | None]]) -> None:
    """Each step: which revision has all traffic, how long ago it was made, minutes until then, when the app changed."""
    world, born, minute = Recorded(), dict[str, datetime](), 0
    for which, age, pause, changed in walk:
        minute += pause
        born.setdefault(f"v{which}", at(minute + age))
        revisions = [revision(name, 100 if name == f"v{which}" else 0, created=when) for name, when in born.items()]
        drafts = world.app(minute, *revisions, changed_at=None if changed is None else at(changed))
        for draft in drafts:
            assert draft.occurred <= at(minute)
            if draft.kind == Kind.TRAFFIC:
                assert draft.occurred >= born[f"v{which}"]


def test_a_deployment_is_a_new_revision_and_traffic_that_moved() -> None:
    world = Recorded()
    world.app(0, revision("v41", 100))
    created, moved = world.app(
        5, revision("v42", 100, created=at(4), image="r/mi:9f31"), revision("v41"), changed_at=at(4.5)
    )
    assert (created.summary, created.occurred) == ("mi--v42 created by ci@example.com", at(4))
    assert created.detail["image"] == "r/mi:9f31"
    assert (moved.summary, moved.occurred) == ("mi: traffic from --v41 100 % to --v42 100 %", at(4.5))
    assert (moved.detail["before"], moved.detail["after"]) == ({"mi--v41": 100}, {"mi--v42": 100})


def test_a_change_of_the_app_from_before_is_not_the_time_of_new_traffic() -> None:
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"), changed_at=at(-30))
    (moved,) = world.app(5, revision("v42"), revision("v41", 100), changed_at=at(-30))
    assert moved.occurred == at(5)


def test_traffic_did_not_move_while_it_was_seen_where_it_was() -> None:
    """The cloud dates a change by when it was asked for: a shift of 13 seconds is not over at its beginning."""
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"), changed_at=at(-30))
    app = Application("mi", "prod", "multiple", "", (revision("v42"), revision("v41", 100)), changed_at=at(4))
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    (moved,) = list_changes(world.known, reading, at(5), at(4.8))
    assert moved.occurred == at(5)


@pytest.mark.parametrize(
    ("mode", "serving", "changed", "author"),
    [
        ("multiple", "v41", 4, "ci@example.com"),
        ("multiple", "v41", -30, ""),  # it changed before the traffic was last seen to move
        ("multiple", "v41", None, ""),
        ("single", "v41", 4, ""),  # it was activated, which is no change of the app
        ("single", "v43", 4.2, "ci@example.com"),
        ("single", "v43", -30, ""),
        ("single", "v43", 4.2 + 3, ""),  # the app was changed again since: that is not who deployed it
    ],
)
def test_whoever_changed_the_app_last_moved_the_traffic_only_where_that_change_can_have_done_it(
    mode: str, serving: str, changed: float | None, author: str
) -> None:
    world = Recorded()
    world.app(0, revision("v42", 100, created=at(-60)), revision("v41", created=at(-90)), changed_at=at(-60))
    made = {"v43": at(4), "v42": at(-60), "v41": at(-90)}
    revisions = [
        revision(name, 100 if name == serving else 0, created=created)
        for name, created in made.items()
        if name in ("v42", "v41", serving)
    ]
    changed_at = None if changed is None else at(changed)
    app = Application("mi", "prod", mode, "", tuple(revisions), changed_by="ci@example.com", changed_at=changed_at)
    (moved,) = (draft for draft in world.see(8, "revisions", (app,)) if draft.kind == Kind.TRAFFIC)
    assert moved.detail["changed_by"] == author


@pytest.mark.parametrize(("changed", "asked"), [(4.5, 4.5), (-3, None), (None, None)])
def test_a_move_that_was_watched_keeps_when_it_was_asked_for(changed: float | None, asked: float | None) -> None:
    """Asked for before a look that saw it unmoved, and seen by the next; what was asked long before was other."""
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"), changed_at=at(-30))
    changed_at = None if changed is None else at(changed)
    app = Application("mi", "prod", "multiple", "", (revision("v42"), revision("v41", 100)), changed_at=changed_at)
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    (moved,) = list_changes(world.known, reading, at(5), at(4.8))
    assert moved.occurred == at(5)
    assert moved.detail.get("asked") == (None if asked is None else format_timestamp(at(asked)))


@pytest.mark.parametrize(("created", "author"), [(4.6, ""), (-90, "ci@example.com")])
def test_the_last_change_of_an_app_that_made_a_revision_moved_no_traffic_to_another(
    created: float, author: str
) -> None:
    """Somebody moved the traffic, and a pipeline deployed before the next look: the move was told as the pipeline's."""
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"), changed_at=at(-30))
    revisions = (revision("v42"), revision("v41", 100), revision("v43", created=at(created)))
    app = Application("mi", "prod", "multiple", "", revisions, changed_by="ci@example.com", changed_at=at(4.5))
    (moved,) = (draft for draft in world.see(5, "revisions", (app,)) if draft.kind == Kind.TRAFFIC)
    assert moved.detail["changed_by"] == author
    assert ("asked" in moved.detail) is bool(author)
    assert moved.occurred == at(4.5 if author else 5)


@pytest.mark.parametrize("looked", [None, at(3)])
def test_a_move_that_the_request_dates_says_that_it_was_asked_for_then(looked: datetime | None) -> None:
    """Nobody saw it unmoved after that, in a break of the record say: when it moved is not known."""
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"), changed_at=at(-30))
    app = Application("mi", "prod", "multiple", "", (revision("v42"), revision("v41", 100)), changed_at=at(4))
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    (moved,) = list_changes(world.known, reading, at(5), looked)
    assert (moved.occurred, moved.detail.get("asked")) == (at(4), format_timestamp(at(4)))


def test_a_time_in_whole_seconds_holds_for_what_a_look_within_that_second_did_not_see() -> None:
    """In single revision mode the new revision is made, gets the traffic and stops the old one within a second."""
    world = Recorded()
    world.app(0, revision("v41", 100))
    made, looked = at(4), at(4) + timedelta(seconds=0.4)
    new, old = revision("v42", 100, created=made), revision("v41", active=False, last_active=made)
    app = Application("mi", "prod", "single", "", (new, old), changed_at=at(3.8))
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    drafts = list_changes(world.known, reading, at(5), looked)

    assert {draft.kind: draft.occurred for draft in drafts if draft.detail.get("what") != "created"} == {
        Kind.REVISION: looked,
        Kind.TRAFFIC: looked,
    }


def test_health_is_reported_for_active_revisions_and_silence_is_no_health() -> None:
    world = Recorded()
    world.app(0, revision("v41", 100, health="Healthy"))
    assert told(world.app(1, revision("v41", 100, health="Unhealthy"))) == ["mi--v41 Unhealthy, was Healthy"]
    assert world.app(2, revision("v41", 100, health="None")) == []
    assert told(world.app(3, revision("v41", 100, health="None", running="ActivationFailed"))) == [
        "mi--v41 ActivationFailed, was Unhealthy"
    ]


def test_why_a_revision_never_gets_ready_is_shown_with_it() -> None:
    world = Recorded()
    world.app(0, revision("v41", 100, health="None", running="Activating"))
    why = "ImagePullBackOff: the image was not found"
    (fact,) = world.app(1, revision("v41", 100, health="None", running="Activating", running_details=why))
    assert fact.summary == f"mi--v41 Failed: {why}"
    assert (fact.detail["health"], fact.detail["details"]) == ("Failed", why)


def test_activation_and_deactivation_are_recorded() -> None:
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41", active=False))
    assert told(world.app(1, revision("v42", 100), revision("v41"))) == ["mi--v41 activated"]
    assert told(world.app(2, revision("v42", 100), revision("v41", active=False))) == ["mi--v41 deactivated"]


@pytest.mark.parametrize(("off", "dated"), [(4.9, 4.9), (-60, 5), (None, 5), (9, 5)])
def test_a_deactivation_is_dated_by_the_cloud_where_that_can_be_its_time(off: float | None, dated: float) -> None:
    """Seen at minute 5, and still active at the look before: a time from before that look is of another one."""
    world = Recorded()
    world.app(0, revision("v42", 100), revision("v41"))
    gone = revision("v41", active=False, last_active=None if off is None else at(off))
    app = Application("mi", "prod", "multiple", "", (revision("v42", 100), gone))
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    (fact,) = list_changes(world.known, reading, at(5), at(4.8))
    assert fact.occurred == at(dated)


@pytest.mark.parametrize(
    ("mode", "off", "dated"),
    [
        ("single", 4.9, (4.9, 4.9, 4.9, "switched")),
        ("single", None, (5, 5, 5, "seen")),
        ("single", -60, (5, 5, 5, "seen")),  # from before the last look: of another end
        ("multiple", 4.9, (4.9, 5, 5, "seen")),  # there a revision that is stopped says nothing of the traffic
    ],
)
def test_one_reading_dates_what_an_activation_did_by_one_moment(
    mode: str, off: float | None, dated: tuple[float, float, float, str]
) -> None:
    """An app that serves one revision at a time stops the one before as it activates another: no trace but that."""
    world = Recorded()
    old = revision("v42", 100, created=at(-60))
    known = Application("mi", "prod", mode, "", (old, revision("v41", active=False, created=at(-90))))
    world.see(0, "revisions", (known,))
    gone = replace(old, active=False, weight=0, last_active=None if off is None else at(off))
    app = replace(known, revisions=(gone, revision("v41", 100, created=at(-90))))
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 300.0, (app,), 300.0, at(5))
    drafts = {
        draft.detail.get("what", "traffic"): draft for draft in list_changes(world.known, reading, at(5), at(4.8))
    }
    times = tuple(drafts[what].occurred for what in ("deactivated", "activated", "traffic"))
    assert times == tuple(at(minute) for minute in dated[:3])
    assert drafts["traffic"].detail["dated_by"] == dated[3]


def test_the_baseline_of_a_compose_service_names_its_project() -> None:
    world = Recorded()
    app = Application("app", "prod", "multiple", "", (revision("v41", 100),), values=(("project", "shop"),))
    (baseline,) = world.see(0, "revisions", (app,))
    assert (baseline.detail["project"], world.known.apps["app"].project) == ("shop", "shop")


def test_a_failed_poll_changes_nothing() -> None:
    world = Recorded()
    world.alert(1, AlertState.FIRING)
    assert world.see(1.5, "alerts:am", (), EXPIRED, seen=1) == []


def test_a_feed_that_stays_blind_is_recorded_once_and_again_when_it_sees() -> None:
    world = Recorded()
    assert told(world.see(3, "alerts:am", (), EXPIRED, seen=1)) == [
        "alerts:am blind: 401 az login expired, last seen 2m ago"
    ]
    assert world.see(4, "alerts:am", (), EXPIRED, seen=1) == []
    assert told(world.see(5, "alerts:am", ())) == ["alerts:am sees again"]


def test_half_an_answer_is_recorded_while_the_other_server_is_down() -> None:
    recorded = Recorded()
    recorded.see(0, "alerts:am", ())
    down = Problem(ProblemKind.NETWORK, "am-2 down", "am-2 refused the connection.")
    (fired,) = recorded.see(1, "alerts:am", (firing(1),), problem=down, seen=1)
    assert fired.kind is Kind.ALERT


def test_a_source_that_answers_but_cannot_be_believed_is_blind_at_once_and_its_word_is_kept() -> None:
    recorded = Recorded()
    recorded.see(0, "alerts:am", ())
    unwatched = Problem(ProblemKind.GARBAGE, "no Watchdog from am", "The watchdog alert is missing.")
    found = recorded.see(1, "alerts:am", (firing(1),), problem=unwatched, seen=1)
    assert {each.kind for each in found} == {Kind.FEED, Kind.ALERT}
    assert recorded.see(2, "alerts:am", (firing(1),), problem=unwatched, seen=2) == []
    assert [each.summary for each in recorded.see(3, "alerts:am", (firing(1),))] == ["alerts:am sees again"]


def test_a_feed_that_never_saw_anything_is_blind_at_once() -> None:
    reading: Reading[Any] = Reading("alerts:am", "prod", 15.0, tried=0.0, problem=EXPIRED)
    (blind,) = list_changes(LastRecorded(), reading, at(0))
    assert blind.summary == "alerts:am blind: 401 az login expired"


states = st.lists(st.tuples(st.sampled_from(ProbeState), st.booleans()), max_size=20)


@settings(max_examples=scale_examples(50))
@given(states)
def test_probes_never_repeat_a_fact_and_a_restart_changes_nothing(walk: list[tuple[ProbeState, bool]]) -> None:
    world, facts = Recorded(), list[Draft]()
    for minute, (state, flapping) in enumerate(walk):
        facts += world.probe(minute, state, since=minute - 2, flapping=flapping)
        fresh = Recorded()
        for fact in facts:
            fresh.known.apply(fact)
        assert fresh.probe(minute, state, since=minute - 2, flapping=flapping) == []
    assert all(one.detail["state"] != two.detail["state"] for one, two in pairwise(facts))


@settings(max_examples=scale_examples(50))
@given(
    st.sampled_from(Kind),
    st.dictionaries(
        st.sampled_from(["state", "what", "after", "revisions", "traffic"]),
        st.none()
        | st.integers()
        | st.just("down")
        | st.just("baseline")
        | st.dictionaries(st.just("a"), st.none() | st.integers() | st.just({"active": 3})),
    ),
)
def test_what_is_known_survives_any_detail(kind: Kind, detail: dict[str, Any]) -> None:
    world = Recorded()
    world.known.apply(Draft(kind, "", at(0), "prod", "mi/x", detail=detail))
    world.probe(1, ProbeState.DOWN)
    world.alert(1, AlertState.FIRING)
    world.app(1, revision("v1", 100))


def test_a_new_revision_names_the_settings_and_secrets_that_changed_and_no_value() -> None:
    recorded = Recorded()
    old = revision("v41", 100, created=at(-60), settings=(("containers.api.env.LOG_LEVEL.value", "#1111"),))
    recorded.app(0, old)
    new = revision(
        "v42",
        created=at(1),
        settings=(
            ("containers.api.env.DB.secretRef", "db-url"),
            ("containers.api.env.LOG_LEVEL.value", "#2222"),
            ("containers.api.image", "r/api:42"),
        ),
    )
    created = next(draft for draft in recorded.app(2, new, old) if draft.detail["what"] == "created")
    assert "LOG_LEVEL" in created.summary
    assert "DB" in created.summary
    assert not any(value in f"{created.summary} {created.detail['settings']}" for value in ("2222", "db-url", "r/api"))


def tenant(name: str, state: AlertState = AlertState.FIRING) -> Alert:
    labels = (("app", "shop"), ("instance", "a:1"), ("tenant", name))
    return replace(firing(0), fingerprint=name, state=state, resource="a:1", labels=labels)


def test_alerts_that_differ_in_a_label_nobody_thought_of_do_not_read_alike() -> None:
    recorded = Recorded()
    fired = recorded.see(0, "alerts:am", (tenant("acme"), tenant("globex")))
    assert [draft.detail["place"] for draft in fired] == ["shop acme (a:1)", "shop globex (a:1)"]
    assert len({draft.summary for draft in fired}) == 2
    (gone, over) = recorded.see(1, "alerts:am", (tenant("globex", AlertState.RESOLVED),))
    assert {gone.detail["place"], over.detail["place"]} == {"shop acme (a:1)", "shop globex (a:1)"}


@pytest.mark.parametrize(
    ("labels", "resource", "place"),
    [
        ({"app": "orders", "instance": "10.0.0.4:8080"}, "10.0.0.4:8080", "orders (10.0.0.4:8080)"),
        ({"namespace": "shop", "app": "cart"}, "cart", "shop/cart"),
        ({"instance": "10.0.0.4:8080"}, "10.0.0.4:8080", "10.0.0.4:8080"),
        ({}, "mi-prod", "mi-prod"),
    ],
)
def test_an_alert_is_named_by_its_app_before_its_instance(labels: dict[str, str], resource: str, place: str) -> None:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    pairs = tuple(labels.items())
    alert = Alert("am", "f", "Down", Severity.HIGH, AlertState.FIRING, since, "prod", resource, labels=pairs)
    assert name_alert_place(alert) == place
