"""A brief and a shift after a relapse: what was over in between, who had what came back, and what was not done."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cockpit.incident.impact import (
    as_of,
    describe_impact,
    describe_unseen_signal,
    find_relapse,
    format_felt,
    list_felt_stretches,
    propose_impact_end,
)
from cockpit.incident.load import list_members
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.offers import describe_symptom
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.incident.messages.template import fill_template
from cockpit.incident.metrics.metrics import list_metrics
from cockpit.incident.metrics.statistics import build_statistics
from cockpit.incident.postmortem.alert_rows import alert_rows
from cockpit.incident.postmortem.json_document import incident_document
from cockpit.incident.postmortem.rows import loop_rows
from cockpit.incident.signals import Signal, signal_of
from cockpit.incident.takers import join_terms
from cockpit.model.event import NEVER_RECORDED, UNSEEN_FROM, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, MetricTarget, Template
from cockpit.model.response import Freeze
from cockpit.model.time import format_timestamp
from tests.unit.incident.drafts import PLAN, SYSTEM, block, draft
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at
from widgets.timeline import build_event_rows


def relapse() -> Story:
    """Down at 1, taken by ana at 3, up at 9; ben leads from 14, and it is down again from 15 to 16."""
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.act(Kind.ACK, 3)
    story.probe(9, "readyz", "up")
    story.act(Kind.ROLE, 14, actor="ben", what="takes", role="Incident commander", person="ben")
    story.probe(15, "readyz", "down")
    return story


def brief_of(incident: Incident, story: Story, minutes: float, **fields: object) -> dict[str, str]:
    scene = replace(BriefingScene((), (), (), None, UTC, at(minutes)), **fields)  # type: ignore[arg-type]
    return dict(build_brief(as_of(incident, at(minutes)), story.events, scene))


def test_an_outage_that_nobody_saw_begin_says_so_while_it_goes_on() -> None:
    """Whoever takes over reads the brief, and its one time was the moment of the first look."""
    story = Story()
    bad = {"state": "down", UNSEEN_FROM: format_timestamp(NEVER_RECORDED)}
    for name, minutes in (("ready", 1.0), ("readyz", 1.05)):
        story.tell(Kind.PROBE, minutes, subject=name, summary=f"{name} down", detail=bad, source="recorder")
    story.tell(Kind.PROBE, 1.5, subject="api", summary="api down", detail={"state": "down"}, source="recorder")
    story.declare(2, reach=-10)
    signals = tuple(signal_of(event) for event in story.events if event.kind == Kind.PROBE)
    incident = only(story)
    scene = BriefingScene((), signals, (), None, UTC, at(3))
    brief = build_brief(incident, story.events, scene)
    assert ["nobody had recorded" in line for title, line in brief if title == "bad now"] == [True, True, False]
    assert "nobody had recorded" in dict(brief)["impact"]
    assert " UTC (or before: nobody had recorded" in block(draft(story), "impact")
    for name in ("ready", "readyz", "api"):
        story.probe(4, name, "up")
    story.act(Kind.RESOLVE, 9)
    time_to_mitigate = incident_document(only(story))["metrics"]["TTM"]
    assert (time_to_mitigate["weight"], time_to_mitigate["most"]) == ("at least", None), "nothing bounds it"


def test_a_brief_in_a_relapse_says_since_when_users_feel_it_again() -> None:
    story = relapse()
    impact = brief_of(only(story), story, 15.5)["impact"]
    assert impact == "users feel it again since 02:15; first 02:01 (probe readyz), 8m 30s in 2 stretches so far"
    assert "felt again since 2026-02-27 02:15:00 UTC" in describe_impact(as_of(only(story), at(15.5)))


def test_a_recovery_of_less_than_two_minutes_counts_nowhere_and_is_named_as_too_young() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    young, old = as_of(only(story), at(17)), as_of(only(story), at(19))
    assert (young.mitigated, young.healthy[-1].end) == (None, at(15))
    brief = brief_of(only(story), story, 17)["impact"]
    assert "not for two minutes yet" in brief
    assert "9m 00s in 2 stretches so far" in brief, "and no minute of it more for the minute in which all is well"
    proposed = propose_impact_end(young)
    assert proposed is not None
    assert (proposed.at, "not for two minutes yet" in proposed.evidence) == (at(16), True)
    assert (old.mitigated, old.unheld) == (at(16), None)


def test_what_flaps_is_dated_alike_in_brief_shift_and_message_and_is_not_called_bad_all_the_while() -> None:
    story = Story()
    story.declare(0, reach=-10)
    times = {"from": format_timestamp(at(1)), "until": format_timestamp(at(4)), "noticed": format_timestamp(at(4))}
    flap = {"state": "flapping", "flap": {**times, "times": 3, "longest_well": 20}}
    story.tell(Kind.PROBE, 4, subject="api", detail=flap, source="recorder")
    ledger = fold(story.events)
    (signal,) = ledger.bad_of("i1")
    assert brief_of(only(story), story, 5, bad=(signal,))["bad now"] == "probe api, flapping since 02:01"
    assert "02:01" in describe_symptom(signal, UTC)
    report = build_shift_report(story.events, ledger.incidents.values(), since=at(-9), now=at(5))
    assert [outage.since for outage in report.outages] == [at(1)]
    assert "bad at least 3 times" in "".join(line for _, line in describe_shift(report, UTC))
    story.probe(4.5, "api", "up")
    assert fold(story.events).bad_of("i1") == []
    assert "well since 02:04" in brief_of(only(story), story, 5)["impact"]


@pytest.mark.parametrize(
    ("late_begin", "late_end", "weight"),
    [(False, True, "at most "), (True, False, "at least "), (True, True, "about "), (False, False, "")],
)
def test_what_only_the_first_look_after_a_break_dates_says_so_in_every_place(
    late_begin: bool, late_end: bool, weight: str
) -> None:
    """The timeline alone had it: an end and the lengths that follow from it read as if somebody had looked."""
    story = Story()
    since = {UNSEEN_FROM: format_timestamp(at(0.5))}
    until = {UNSEEN_FROM: format_timestamp(at(4.5))}
    bad = {"state": "down", **(since if late_begin else {})}
    story.tell(Kind.PROBE, 1, subject="api", summary="api down", detail=bad, source="recorder")
    story.declare(2, reach=-10)
    good = {"state": "up", **(until if late_end else {})}
    story.tell(Kind.PROBE, 5, subject="api", summary="api up again", detail=good, source="recorder")
    story.act(Kind.RESOLVE, 20, reason="stable")
    incident = only(story)
    document = draft(story)
    report = build_shift_report(story.events, [incident], since=at(-9), now=at(25))
    (failed,) = [line for title, line in describe_shift(report, UTC) if title == "failed"]
    brief = brief_of(incident, story, 22)["impact"]
    for text in (
        brief,
        block(document, "summary"),
        block(document, "impact"),
        failed,
    ):
        assert f"{weight}4m 00s" in text
        assert ("at most" in text, "at least" in text) == (weight == "at most ", weight == "at least ")
    (metric,) = [line for line in block(document, "metrics").splitlines() if line.startswith("| TTM")]
    assert f"| {weight}4m 00s |" in metric
    end_is_marked = "not seen from 02:04:30 UTC on" if late_end else "no mark"
    for text in (
        brief,
        describe_impact(incident),
        *(line for line in block(document, "key-times").splitlines() if "felt it no more" in line),
        block(document, "summary"),
    ):
        assert (end_is_marked in text) is late_end
    longer = {"": "", "at most ": ", or shorter", "at least ": ", or longer", "about ": ", or longer or shorter"}[
        weight
    ]
    chart = block(document, "picture")
    assert [f"{bar}{longer} :" in chart for bar in ("users feel it", "api down")] == [True, True]
    by_short = {metric.short: metric for metric in list_metrics(incident)}
    assert [by_short[short].weight for short in ("TTM", "TTR")] == [weight, "at least " if late_begin else ""]
    metrics = incident_document(incident)["metrics"]
    assert {name: metrics[name]["weight"] for name in ("TTM", "TTR")} == {
        name: by_short[name].weight.strip() for name in ("TTM", "TTR")
    }
    figures = build_statistics([incident], PLAN, at(25)).figures
    assert {figure.short: figure.unsure for figure in figures if figure.short in ("TTM", "TTR")} == {
        "TTM": int(bool(weight)),
        "TTR": int(late_begin),
    }
    message = fill_message(incident, "[started] | [ended] | [duration]", 22)
    begun, ended, lasted = message.split(" | ")
    assert (begun.endswith("or before"), ended.endswith("or before")) == (late_begin, late_end)
    assert lasted == f"{weight}4 minutes"
    pane = {row.id: row.cells[-1].text for row in build_event_rows(story.events, "ana", UTC, at(0).date())}
    assert ["or before" in pane[str(number)] for number in (1, 3)] == [late_begin, late_end]


@pytest.mark.parametrize("is_first_look", [False, True])
def test_what_is_bad_since_the_first_look_may_have_been_before_in_symptoms_and_shifts(is_first_look: bool) -> None:
    story = Story()
    bad = {"state": "down", **({UNSEEN_FROM: format_timestamp(at(-9))} if is_first_look else {})}
    story.tell(Kind.PROBE, 0, subject="api", detail=bad, source="recorder")
    alert = {"state": "firing", UNSEEN_FROM: format_timestamp(at(-9))}  # its source dates it
    story.tell(Kind.ALERT, 0, subject="a1", detail=alert, source="recorder")
    by_label = {signal.label: signal for signal in fold(story.events).bad("prod")}
    told = [describe_symptom(by_label[label], UTC).endswith(" or before") for label in ("probe api", "alert a1")]
    assert told == [is_first_look, False]
    report = build_shift_report((), (), since=at(5), now=at(9), bad=by_label.values())
    lines = [line for title, line in describe_shift(report, UTC) if title == "still bad" and "api" in line]
    assert [line.endswith(" or before") for line in lines] == [is_first_look]


def fill_message(incident: Incident, text: str, minutes: float) -> str:
    return fill_template(Template("t", "T", text, "team"), incident, SYSTEM, PLAN, at(minutes), UTC).text


@pytest.mark.parametrize(("looked", "is_sooner"), [(5, True), (1.5, False)], ids=["in the break", "after it"])
@pytest.mark.parametrize("is_alert_first", [True, False])
def test_an_alert_dates_itself_and_not_what_users_felt_while_nobody_asked_the_probes(
    looked: float, is_sooner: bool, is_alert_first: bool
) -> None:
    story = Story()
    down = {"state": "down", UNSEEN_FROM: format_timestamp(at(looked - 4))}
    for is_alert in (is_alert_first, not is_alert_first):
        if is_alert:
            story.alert(2, "az:5xx", "firing")
        else:
            story.tell(Kind.PROBE, looked, subject="api", detail=down, source="recorder")
    story.declare(6, reach=-10)
    begin = min(at(2), at(looked))
    incident = only(story)
    assert [(item.at, item.is_dated) for item in incident.unseen if item.at == begin] == [(begin, is_sooner)]
    assert describe_unseen_signal(incident, at(2)) == ""
    assert format_felt(incident, begin, at(7)).startswith("at least ")


def test_a_verdict_that_a_break_of_the_record_leaves_open_is_no_sure_one() -> None:
    """Met within an hour: as far as anybody saw, for it may have begun long before."""
    story = Story()
    unseen = {UNSEEN_FROM: format_timestamp(at(-60))}
    story.tell(Kind.PROBE, 1, subject="api", detail={"state": "down", **unseen}, source="recorder")
    story.declare(2, reach=-10)
    story.probe(5, "api", "up")
    story.act(Kind.RESOLVE, 20)
    target = MetricTarget("MTTR", "< 1 h", timedelta(hours=1))
    (row,) = [
        line
        for line in block(draft(story, plan=replace(PLAN, metric_targets=(target,))), "metrics").splitlines()
        if line.startswith("| TTR")
    ]
    assert "met, as far as was recorded" in row


def test_a_message_tells_several_stretches_as_several() -> None:
    story = relapse()
    story.probe(40, "readyz", "up")
    story.act(Kind.RESOLVE, 60)
    incident = only(story)
    stretches = list_felt_stretches(incident, at(1), at(40))
    assert len(stretches) == 2
    started, ended, lasted = fill_message(incident, "[started] | [ended] | [duration]", 61).split(" | ")
    assert [f"{moment:%H:%M} UTC" in started for moment in stretches[0]] == [True, False]
    (_, before), (after, over) = stretches
    assert [f"{moment:%H:%M} UTC" in ended for moment in (before, after, over)] == [True, True, True]
    assert lasted.endswith(" in 2 stretches")


@pytest.mark.parametrize(
    ("template", "count"),
    [("Started: [started]", 1), ("[impact], since [start time]; [status]", 1), ("From [started] to [ended]", 1)],
)
def test_a_message_without_a_place_for_the_end_tells_it_with_the_start(template: str, count: int) -> None:
    """Whoever reads since when, and no more, takes it to go on."""
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    goes_on = fill_message(only(story), template, 3)
    story.probe(9, "readyz", "up")
    over = fill_message(only(story), template, 20)
    story.act(Kind.RESOLVE, 21)
    closed = fill_message(only(story), template, 22)
    end = f"{at(9):%H:%M} UTC"
    assert [text.count(end) for text in (goes_on, over, closed)] == [0, count, count]


def test_a_brief_says_for_how_long_all_was_well_in_what_counts_as_felt() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=-10)
    story.probe(3, "readyz", "up")
    story.probe(4.5, "readyz", "down")
    impact = brief_of(only(story), story, 6)["impact"]
    assert impact == "users feel it since 02:01 (probe readyz), all well for 1m 30s of it"


def test_a_message_of_a_relapse_says_since_when_again() -> None:
    incident = only(relapse())
    again = find_relapse(incident)
    assert again is not None
    assert f"again since {again:%H:%M} UTC" in fill_message(incident, "[started]", 30)


def test_what_users_feel_still_is_named_and_not_what_is_bad_besides() -> None:
    story = relapse()
    assert only(story).felt_bad == "probe readyz is still bad"
    story.probe(16, "readyz", "flapping")
    story.probe(17, "readyz", "up")
    assert only(story).felt_bad == ""


def test_what_came_back_after_a_handover_was_not_taken_by_who_had_taken_the_first() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    report = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20))
    assert [(outage.how, outage.taken_by) for outage in report.outages] == [("taken", "ana"), ("led", "ben")]


def test_an_alert_that_fires_again_was_not_taken_by_who_took_what_was_over() -> None:
    story = Story()
    story.alert(1, "am:5xx", "firing")
    story.tell(Kind.ACK, 2, subject="am:5xx", actor="ana")
    story.alert(3, "am:5xx", "resolved")
    story.alert(9, "am:5xx", "firing")
    (alert,) = build_shift_report(story.events, (), since=at(0), now=at(20)).alerts
    assert (alert.fired, alert.taken_by, alert.last) == (2, "", at(9))


def test_whoever_acknowledged_when_it_was_over_took_nothing() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.probe(5, "readyz", "up")
    story.act(Kind.ACK, 10, actor="ben")
    (outage,) = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20)).outages
    assert outage.how == "declared"


def test_an_alert_whose_silence_was_lifted_fired_once() -> None:
    story = Story()
    for minute, state in ((1, "firing"), (3, "suppressed"), (5, "firing"), (6, "suppressed"), (8, "resolved")):
        story.alert(minute, "am:queue", state)
    (alert,) = build_shift_report(story.events, (), since=at(0), now=at(20)).alerts
    assert (alert.fired, alert.last) == (1, at(1))


def test_a_shift_names_a_run_that_ended_by_its_title() -> None:
    story = Story()
    story.tell(Kind.RUN, 1, subject="r1", actor="ana", detail={"what": "started", "title": "Roll back"})
    story.tell(Kind.STEP, 2, subject="r1#1", actor="ana", detail={"phase": "outcome", "state": "ok"})
    story.tell(Kind.RUN, 3, subject="r1", actor="ana", detail={"what": "ended"})
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    assert ("run", "Roll back by ana: step 1 ok") in describe_shift(report, UTC)


def test_the_brief_of_what_is_over_lists_what_was_not_done() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    story.act(Kind.RESOLVE, 20)
    checklist = Checklist("first-ten", "First ten minutes", ("tell somebody",), ("P1",))
    pairs = build_brief(
        only(story), story.events, BriefingScene((), (), (), None, UTC, at(30), checklists=(checklist,))
    )
    assert any("First ten minutes" in line for title, line in pairs if title == "still open")


@pytest.mark.parametrize(("because", "owes"), [("fixed", True), ("duplicate", False), ("superseded", False)])
def test_brief_and_draft_say_alike_what_was_not_done(because: str, owes: bool) -> None:
    story = Story()
    story.declare(1, reach=0)
    story.act(Kind.RESOLVE, 3, because=because, of="i0" if because != "fixed" else "")
    checklist = Checklist("first-ten", "First ten minutes", ("tell somebody",), ("P1",))
    scene = BriefingScene((), (), (), None, UTC, at(30), checklists=(checklist,))
    briefed = [line for title, line in build_brief(only(story), story.events, scene) if title == "still open"]
    rows = loop_rows(only(story), (), at(30), (checklist,), story.events)
    assert [row.what for row in rows] == briefed
    assert bool(briefed) is owes


def test_a_brief_of_what_is_over_tells_every_term_of_whoever_led_in_order() -> None:
    story = Story()
    story.declare(0)
    people = ("ben", "ana", "ana", "ben")
    for minute, person in enumerate(people, start=1):
        led(story, minute, person, of=people[minute - 2] if minute > 1 else "")
    led(story, 9, "cleo", "Scribe")
    story.act(Kind.RESOLVE, 10)
    assert brief_of(only(story), story, 12, lead="Incident Commander")["led"] == (
        "ben, then ana, then ben (Incident Commander)"
    )


def test_two_who_led_at_once_led_together_and_not_one_after_the_other() -> None:
    story = Story()
    story.declare(0)
    led(story, 1, "ana")
    led(story, 5, "bob")
    story.act(Kind.RESOLVE, 10)
    assert brief_of(only(story), story, 12, lead="Incident Commander")["led"].startswith("ana, then ana and bob (")


@pytest.mark.parametrize("count", range(1, 12))
def test_terms_that_are_left_out_are_counted(count: int) -> None:
    people = [f"p{number}" for number in range(count)]
    told = join_terms(people).split(", then ")
    left_out = [int(term.split()[0]) for term in told if term.endswith("more turns")]
    assert len(told) - len(left_out) + sum(left_out) == count
    assert (told[0], told[-1]) == (people[0], people[-1])


def test_a_brief_and_a_shift_tell_what_goes_on_as_of_the_end_of_the_record() -> None:
    story = relapse()
    incident, until = only(story), at(15.5)
    (signal,) = fold(story.events).bad_of("i1")
    scene = BriefingScene((), [signal], (), None, UTC, at(60), recorded_until=until)
    pairs = dict(build_brief(as_of(incident, until), story.events, scene))
    assert "02:15:30 UTC" in pairs["recorded"]
    assert "bad now" not in pairs
    assert pairs["bad then"].startswith(signal.label)
    assert "at least 8m 30s in 2 stretches" in pairs["impact"]
    shifts = [
        build_shift_report(story.events, [incident], since=at(-9), now=at(60), recorded_until=end)
        for end in (None, until)
    ]
    recorded, cut = [dict(describe_shift(report, UTC))["failed"] for report in shifts]
    assert (", 45m 00s, and is still" in recorded, ", at least 30s, and was still" in cut) == (True, True)


def test_a_recovery_that_nobody_saw_hold_is_not_over_and_what_ended_is_reckoned_to_its_end() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.probe(9, "readyz", "up")
    brief = brief_of(as_of(only(story), at(10)), story, 10, now=at(60), recorded_until=at(10))
    assert "for two minutes yet" in brief["impact"]
    story.act(Kind.RESOLVE, 20, reason="stable")
    over = brief_of(only(story), story, 60, recorded_until=at(15))
    assert "recorded" not in over
    assert over["unrecorded"].startswith("nobody recorded for 5m 00s")


def test_who_stays_alone_in_a_role_has_a_turn_and_only_the_time_in_question_counts() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    led(story, 3, "ana")
    led(story, 4, "ben")
    story.probe(5, "readyz", "up")
    story.act(Kind.ROLE, 6, what="leaves", role="Incident Commander", person="ana")
    led(story, 7, "ana")
    story.act(Kind.ROLE, 8, what="leaves", role="Incident Commander", person="ben")
    story.act(Kind.RESOLVE, 10, reason="stable")
    story.act(Kind.ROLE, 11, what="leaves", role="Incident Commander", person="ana")
    story.act(Kind.ROLE, 11, what="takes", role="Incident Commander", person="cleo")
    over = only(story)
    turns = "ana, then ana and ben, then ben, then ben and ana, then ana"
    assert brief_of(over, story, 20, lead="Incident Commander")["led"] == f"{turns} (Incident Commander)"
    report = build_shift_report(story.events, [over], since=at(0), now=at(20), lead="Incident Commander")
    assert [outage.taken_by for outage in report.outages] == ["ana, then ana and ben"]


def test_what_a_brief_leaves_out_it_counts() -> None:
    story = Story()
    story.declare(0)
    for minute in range(1, 6):
        story.act(Kind.DECISION, minute, text=f"choice {minute}")
    bad = [Signal(f"probe:p{number}", f"probe p{number}", at(number)) for number in range(9)]
    scene = BriefingScene((), bad, (), None, UTC, at(10))
    pairs = build_brief(as_of(only(story), at(10)), story.events, scene)
    assert [line for title, line in pairs if title == "bad now"][-1] == "… and 4 more"
    assert ("decided", "2 earlier, in the timeline") in pairs


# Who had what was bad: each row is a night, told until 20, and who the shift says had which stretch of readyz.


def led(story: Story, minute: float, person: str, role: str = "Incident Commander", of: str = "") -> None:
    story.act(Kind.ROLE, minute, **{"what": "takes", "role": role, "person": person, "from": of})


def nights() -> dict[str, tuple[Story, list[tuple[str, str]]]]:
    handed, scribe, still, other, whole, late = Story(), Story(), Story(), Story(), Story(), Story()
    for story in (handed, scribe, still, other, whole, late):
        story.probe(1, "readyz", "down")
        story.declare(2, reach=0)
    led(handed, 3, "ben")
    led(handed, 5, "ana", of="ben")
    handed.probe(9, "readyz", "up")
    led(scribe, 3, "ben", "Scribe")
    led(still, 3, "ben")
    led(still, 5, "ana", of="ben")
    led(other, 3, "ben")
    other.alert(4, "am:5xx", "firing")
    other.act(Kind.ACK, 5, actor="cleo", subject="am:5xx")
    led(whole, 3, "ben")
    whole.act(Kind.ACK, 4, actor="cleo")
    whole.probe(6, "readyz", "up")
    whole.probe(8, "readyz", "down")
    late.probe(4, "readyz", "up")
    late.act(Kind.ACK, 9, actor="cleo")
    return {
        "of what is over all who led in order": (handed, [("led", "ben, then ana")]),
        "another role leads nothing": (scribe, [("declared", "ana")]),
        "of what is bad still who led until now": (still, [("led", "ben, then ana")]),
        "whoever took an alert took nothing else": (other, [("led", "ben")]),
        "of the incident is what was bad in it then": (whole, [("taken", "cleo"), ("led", "ben")]),
        "nobody takes what is over": (late, [("declared", "ana")]),
    }


@pytest.mark.parametrize("name", nights())
def test_a_shift_says_who_had_what_was_bad(name: str) -> None:
    story, holders = nights()[name]
    incidents = fold(story.events).incidents.values()
    report = build_shift_report(story.events, incidents, since=at(0), now=at(20), lead="Incident Commander")
    assert [(outage.how, outage.taken_by) for outage in report.outages] == holders


@pytest.mark.parametrize(("minutes", "leaders"), [(2.5, "ben, then ana"), (4, "ben, then ana"), (7, "ana")])
def test_of_what_was_bad_since_before_the_shift_it_names_who_led_in_its_own_time(minutes: float, leaders: str) -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    led(story, 3, "ben")
    led(story, 5, "ana", of="ben")
    story.tell(Kind.PROBE, 9, subject="readyz", detail={"state": "up", "was": "down"}, source="recorder")
    incidents = fold(story.events).incidents.values()
    events = [event for event in story.events if event.occurred >= at(minutes)]
    report = build_shift_report(events, incidents, since=at(minutes), now=at(20), lead="Incident Commander")
    assert [(outage.how, outage.taken_by) for outage in report.outages] == [("led", leaders)]


@pytest.mark.parametrize("unseen", ["first", "last", "neither"])
def test_of_what_was_bad_often_the_shift_says_which_of_its_ends_nobody_saw(unseen: str) -> None:
    story = Story()
    for minute in (1, 5, 9, 13, 17):
        for moment, state in ((minute, "down"), (minute + 2, "up")):
            is_unseen = (unseen, moment) in (("first", 1), ("last", 19))
            since = {UNSEEN_FROM: format_timestamp(at(moment - 0.5))} if is_unseen else {}
            story.tell(Kind.PROBE, moment, subject="orders", detail={"state": state, **since}, source="recorder")
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    (line,) = (line for title, line in describe_shift(report, UTC) if title == "failed")
    assert ("first 02:01 or before" in line, "until 02:19 or before" in line) == (unseen == "first", unseen == "last")


def test_what_burned_on_into_an_incident_that_was_opened_again_is_not_untouched() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 5)
    story.alert(9.8, "am:5xx", "firing")
    story.act(Kind.STATUS, 10, status="investigating", was="resolved")
    report = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20))
    assert report.untouched == ()
    assert report.alerts[0].outages[0].incident == "i1"


STATES = st.sampled_from(["firing", "resolved"])
ACTS = st.one_of(STATES, st.sampled_from(["ack 5xx", "ack the incident", "ack lag", "resolve", "reopen"]))


@given(st.lists(st.tuples(st.integers(1, 200), ACTS), max_size=14, unique_by=lambda act: act[0]))
def test_a_shift_and_a_draft_agree_on_who_took_an_alert(acts: list[tuple[int, str]]) -> None:
    story, is_open, people = Story(), True, iter("abcdefghijklmn")
    story.declare(0, reach=0)
    for minute, act in sorted(acts, key=lambda pair: pair[0]):
        if act.startswith("ack"):
            subject = {"ack 5xx": "am:5xx", "ack lag": "am:lag"}.get(act, "")
            story.act(Kind.ACK, minute / 10, actor=next(people), subject=subject)
        elif act == "resolve" and is_open:
            story.act(Kind.RESOLVE, minute / 10)
            is_open = False
        elif act == "reopen" and not is_open:
            story.act(Kind.STATUS, minute / 10, status="investigating", was="resolved")
            is_open = True
        elif act not in ("resolve", "reopen"):
            story.alert(minute / 10, "am:5xx", act)
    if not is_open:  # the draft of what is closed tells nothing of what came later
        story.act(Kind.STATUS, 21, status="investigating", was="resolved")
    incident = only(story)
    report = build_shift_report(story.events, [incident], since=at(0), now=at(30))
    takers = {
        person
        for alert in report.alerts
        for outage in alert.outages
        if outage.how == "taken"
        for person in outage.taken_by.split(", then ")
    }
    rows = alert_rows(list_members(incident, story.events), incident)
    drafted = {person for row in rows if row.fired for person in row.taken_by.split(", ") if person}
    assume(not any("more turns" in person for person in takers))
    assert takers == drafted


def test_an_alert_is_untouched_for_as_many_times_as_nobody_had_it() -> None:
    story = Story()
    for minute in (1, 5, 9):
        story.alert(minute, "am:lag", "firing")
        story.alert(minute + 2, "am:lag", "resolved")
    story.tell(Kind.ACK, 6, subject="am:lag", actor="ben")
    story.tell(Kind.ACK, 8, subject="am:lag", actor="cleo")  # it is over by then
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    assert report.untouched == ("alert lag, fired 2 of 3x, now resolved",)
    assert any(line.endswith("2 by nobody, 1 taken by ben") for title, line in describe_shift(report, UTC))


def test_of_what_failed_often_the_shift_counts_who_had_how_many() -> None:
    story = Story()
    story.probe(0.1, "orders", "down")
    story.probe(0.2, "orders", "up")
    story.declare(2, reach=1)
    led(story, 2.5, "ben")
    for minute in range(3, 8):
        story.probe(minute, "orders", "down")
        story.probe(minute + 0.5, "orders", "up")
    story.act(Kind.ACK, 4.2, actor="cleo")
    incidents = fold(story.events).incidents.values()
    report = build_shift_report(story.events, incidents, since=at(0), now=at(20))
    (line,) = (line for title, line in describe_shift(report, UTC) if title == "failed")
    assert line.endswith("1 by nobody, 4 led by ben in i1, 1 taken by cleo in i1")


def test_a_shift_counts_the_failures_of_what_went_up_and_down_and_each_once() -> None:
    story = Story()
    for minute in (1, 5, 6):  # the last two are the first of the four times that it went up and down
        story.probe(minute, "orders", "degraded")
        story.probe(minute + 0.5, "orders", "up")
    flap = {"from": format_timestamp(at(5)), "until": format_timestamp(at(9)), "times": 4, "longest_well": 30}
    noticed = {**flap, "noticed": format_timestamp(at(8))}
    for minute, state, was in ((8, "flapping", "up"), (10, "up", "flapping")):
        detail = {"state": state, "was": was, "flap": noticed}
        story.tell(Kind.PROBE, minute, subject="orders", detail=detail)
    for minute in (12, 14):
        story.probe(minute, "orders", "degraded")
        story.probe(minute + 0.5, "orders", "up")
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    (line,) = (line for title, line in describe_shift(report, UTC) if title == "failed")
    assert " was bad 7 times, first 02:01, last until 02:14" in line, line


def test_who_takes_a_later_incident_took_what_burns_and_not_the_time_before() -> None:
    story = Story()
    story.tell(Kind.SIGNAL, 1, subject="5xx share", detail={"state": "degraded", "was": "up"})
    story.declare(2, reach=0)
    led(story, 3, "cleo")
    story.act(Kind.RESOLVE, 9)
    story.declare(9.5, incident="i2", reach=0)
    story.act(Kind.ACK, 10, incident="i2", actor="ben")
    story.tell(Kind.SIGNAL, 11, subject="5xx share", detail={"state": "up", "was": "degraded"})
    incidents = fold(story.events).incidents.values()
    report = build_shift_report(story.events, incidents, since=at(0), now=at(20), lead="Incident Commander")
    (line,) = (line for title, line in describe_shift(report, UTC) if title == "failed")
    assert line.endswith("led by cleo in i1, then taken by ben in i2"), line


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ((("outcome", 1, "ok"),), "step 1 ok; not ended"),
        ((("outcome", 1, "failed"), ("outcome", 2, "ok")), "step 1 failed then ok; not ended"),
        (
            (("outcome", 1, "failed"), ("outcome", 2, "failed"), ("settled", None, "by hand")),
            "step 1 failed 2x then by hand; not ended",
        ),
        ((("intent", 1, ""),), "step 1 running; not ended"),
        ((("intent", 1, ""), ("outcome", 1, "ok"), ("end", None, "")), "step 1 ok"),
        (
            (("intent", 1, ""), ("outcome", 1, "ok"), ("intent", 2, "undo"), ("outcome", 2, "ok")),
            "step 1 ok then undo ok; not ended",
        ),
        ((("intent", 1, ""), ("outcome", 1, "cancelled")), "step 1 stopped by hand; not ended"),
    ],
)
def test_a_shift_tells_every_try_of_a_step_and_whether_the_run_is_open(
    told: tuple[tuple[str, int | None, str], ...], line: str
) -> None:
    story = Story()
    story.tell(Kind.RUN, 1, subject="r1", actor="ana", detail={"what": "started", "title": "Roll back"})
    for minute, (phase, attempt, state) in enumerate(told, start=2):
        if phase == "end":
            story.tell(Kind.RUN, minute, subject="r1", actor="ana", detail={"what": "ended"})
        else:
            detail = {"phase": phase, "state": state, "attempt": attempt}
            detail |= {"undo": True} if state == "undo" else {}  # an old timeline has it in the intent alone
            detail |= {"state": "failed", "cancelled": True} if state == "cancelled" else {}
            story.tell(Kind.STEP, minute, subject="r1#1", actor="ana", detail=detail)
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    assert report.runs == (f"Roll back by ana: {line}",)


def test_a_shift_calls_a_duplicate_one() -> None:
    story = Story()
    story.declare(1)
    story.declare(2, incident="i2")
    story.act(Kind.RESOLVE, 3, incident="i2", because="duplicate", of="i1")
    report = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20))
    heads = [line for title, line in describe_shift(report, UTC) if title == "incident"]
    assert ["duplicate of i1" in line for line in heads] == [False, True]


@pytest.mark.parametrize("kind", [Kind.GAP, Kind.RECORDER])
def test_brief_shift_and_draft_say_alike_how_long_nobody_recorded(kind: Kind) -> None:
    story = Story()
    story.declare(1, reach=-10)
    length = {"from": format_timestamp(at(2)), "until": format_timestamp(at(2.2))}
    story.tell(kind, 2.2, detail=length if kind == Kind.GAP else {"what": "started", "unrecorded": length})
    text = "12s in all, in 1 break: 02:02:00 to 02:02:12 UTC"
    report = build_shift_report(story.events, (), since=at(0), now=at(5))

    assert dict(describe_shift(report, UTC))["unrecorded"] == f"nobody recorded for {text}"
    assert brief_of(only(story), story, 5)["unrecorded"] == f"nobody recorded for {text}"
    assert f"| Nobody recorded for | {text} |" in draft(story)


@pytest.mark.parametrize("is_recorded_before", [False, True])
def test_a_shift_says_that_nobody_had_recorded_before_the_first_recorder(is_recorded_before: bool) -> None:
    story = Story()
    story.act(Kind.NOTE, 1)
    story.tell(Kind.RECORDER, 3, detail={"what": "started"})
    report = build_shift_report(story.events, (), since=at(0), now=at(5), is_recorded_before=is_recorded_before)
    unrecorded = dict(describe_shift(report, UTC)).get("unrecorded", "")
    assert unrecorded.startswith(
        "" if is_recorded_before else "nobody recorded for 3m 00s in all, in 1 break: 02:00:00 "
    )
    assert bool(unrecorded) is not is_recorded_before


@pytest.mark.parametrize(("reason", "end"), [("", "by ana"), ("until it is green", "by ana: until it is green")])
def test_a_freeze_without_a_reason_ends_in_no_colon(reason: str, end: str) -> None:
    report = replace(build_shift_report((), (), since=at(0), now=at(20)), freeze=Freeze("prod", at(5), "ana", reason))
    assert ("frozen", f"prod for 15m 00s, {end}") in describe_shift(report, UTC)
