"""Who is told what, and what the next message begins with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.messages.offers import (
    CLIENT_RESOLVED,
    DECLARATION,
    STATUS_LINE,
    TEAM_RESOLVED,
    MessageContext,
    build_message_context,
    compose_message,
    list_offers,
    name_reader,
    promise_when_sent,
)
from cockpit.incident.messages.template import fill_template, find_marks, read_filled_values
from cockpit.incident.signals import Signal
from cockpit.model.incident import HealthyPeriod, Incident, Status
from cockpit.model.plan import CLIENT, TEAM, Plan, Template
from cockpit.model.response import Update
from cockpit.runbooks.plan.templates import find_reader
from tests.examples import scale_examples
from tests.unit.incident.messages.test_template import AUCKLAND, PLAN, SUMMER, SYSTEM, incident

INNER = "orders-db pool exhausted (shop-api--r44)"
OFFERED = replace(PLAN, templates=(CLIENT, TEAM))


def scene(known: Incident, plan: Plan = OFFERED) -> MessageContext:
    return MessageContext(known, SYSTEM, plan, AUCKLAND, ["probe ready"])


def sent(text: str, template: str = "client", minutes: float = 10, **more: object) -> Update:
    return Update(SUMMER - timedelta(minutes=minutes), "ana", "client", text, template, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["[title]", "[impact]", "{{ summary }}", "[what does not work]", "[symptoms]"])
def test_the_inner_name_never_goes_to_clients_and_a_hole_stands_in_its_place(field: str) -> None:
    filled = fill_template(Template("t", "T", f"x {field} y"), incident(title=INNER), SYSTEM, PLAN, SUMMER, AUCKLAND)
    assert INNER not in filled.text
    assert "probe ready" not in filled.text
    assert len(find_marks(filled.text)) == 1


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("template", [CLIENT, TEAM, CLIENT_RESOLVED, TEAM_RESOLVED, STATUS_LINE, DECLARATION])
def test_whatever_is_chosen_for_clients_holds_no_inner_name(template: Template, status: Status) -> None:
    ended = SUMMER if status is Status.RESOLVED else None
    known = incident(title=INNER, status=status, resolved=ended)
    assert INNER not in compose_message(template, scene(known), SUMMER, None, "client").text
    assert (
        INNER in compose_message(template, scene(known), SUMMER, None, "team").text
        or template
        in (
            CLIENT,
            CLIENT_RESOLVED,
        )
        or template is CLIENT
    )


def test_once_it_is_resolved_its_own_text_comes_first() -> None:
    open = list_offers(incident(), OFFERED)
    assert CLIENT_RESOLVED not in open
    over = incident(status=Status.RESOLVED, resolved=SUMMER)
    assert list_offers(over, OFFERED)[:2] == (CLIENT_RESOLVED, TEAM_RESOLVED)
    own = Template("restored", "Service restored", "[system] works again.", "client")
    offers = list_offers(over, replace(OFFERED, templates=(CLIENT, own)))
    assert offers[0] is own, "the team's own words for it come before ours"
    assert CLIENT_RESOLVED not in offers
    text = compose_message(CLIENT_RESOLVED, scene(over), SUMMER).text
    assert "is over" in text
    assert "next message follows" not in text


def test_the_message_to_clients_says_until_when_they_felt_it_not_when_it_was_closed() -> None:
    over = incident(
        status=Status.RESOLVED, impact_started=SUMMER - timedelta(minutes=60), mitigated=SUMMER - timedelta(minutes=55),
        resolved=SUMMER,
    )  # fmt: skip
    assert (
        "From 01:26 NZDT (12:26 UTC) to 01:31 NZDT (12:31 UTC)"
        in compose_message(CLIENT_RESOLVED, scene(over), SUMMER).text
    )
    filled = fill_template(Template("t", "T", "[downtime]"), over, SYSTEM, PLAN, SUMMER, AUCKLAND)
    assert filled.text == "5 minutes"


def test_the_next_message_begins_with_what_was_written_into_the_last_one() -> None:
    first = compose_message(CLIENT, scene(incident()), SUMMER - timedelta(minutes=10))
    written = first.text.replace("⟦impact?⟧", "orders cannot be placed").replace("⟦client name?⟧", "Ana")
    known = incident(status=Status.MONITORING, updates=(sent(written),))
    again = compose_message(CLIENT, scene(known), SUMMER)
    assert "Impact: orders cannot be placed" in again.text
    assert "Hello Ana," in again.text
    assert "Status: Monitoring" in again.text, "what the cockpit knows is told as it is now"
    over = replace(known, status=Status.RESOLVED, resolved=SUMMER)
    assert "What did not work: orders cannot be placed" in compose_message(CLIENT_RESOLVED, scene(over), SUMMER).text


def minutes_ago(minutes: float) -> datetime:
    return SUMMER - timedelta(minutes=minutes)


def well_between(start: float, end: float) -> HealthyPeriod:
    return HealthyPeriod(minutes_ago(start), minutes_ago(end))


@pytest.mark.parametrize("text", ["Since [Time], [Impact].", "[Start time], [Impact]", "[Impact], from [Time], [more]"])
@pytest.mark.parametrize(
    "well",
    [
        pytest.param((), id="once"),
        pytest.param((well_between(40, 35),), id="with a pause"),
        pytest.param(tuple(well_between(40 - 6 * n, 37 - 6 * n) for n in range(5)), id="with many"),
        pytest.param((well_between(1500, 35),), id="of two days"),
    ],
)
@pytest.mark.parametrize("is_over", [True, False])
def test_of_the_last_message_only_what_a_person_wrote_is_in_the_next(
    text: str, well: tuple[HealthyPeriod, ...], is_over: bool
) -> None:
    """When users felt it is told as it is now: an "until" of before a relapse would tell clients that it is over."""
    plan = replace(PLAN, templates=(template := Template("ours", "Ours", text, "client"),))
    before = incident(
        impact_started=minutes_ago(1600 if well and well[0].start < minutes_ago(60) else 60),
        mitigated=minutes_ago(5) if is_over else None,
        healthy=well,
    )
    first = compose_message(template, scene(before, plan), SUMMER)
    written = first.text.replace("⟦impact?⟧", "no orders, no baskets").replace("⟦more?⟧", "all else works")
    relapsed = replace(before, mitigated=None, updates=(sent(written, "ours"),))
    again = compose_message(template, scene(relapsed, plan), SUMMER)

    assert not find_marks(again.text), written
    assert "until" not in again.text
    assert again.text.count("no orders, no baskets") == 1


def test_words_that_a_person_wrote_whole_are_where_the_next_one_begins_and_it_asks_what_is_new() -> None:
    due = SUMMER + timedelta(minutes=5)
    last = sent("Orders fail. We are on it; more by 02:31 NZDT (13:31 UTC).", promised=due)
    again = compose_message(CLIENT, scene(incident(updates=(last,))), SUMMER)
    assert again.text.startswith("Orders fail. We are on it; more by 02:56 NZDT (13:56 UTC).")
    assert again.unknown == ("what is new",)


def test_values_typed_for_others_are_not_carried_to_clients() -> None:
    other = replace(sent("[P1] pool exhausted: Lead: ana", "team"), audience="team")
    again = compose_message(CLIENT, scene(incident(updates=(other,))), SUMMER)
    assert "pool exhausted" not in again.text


words = st.text(st.characters(exclude_characters="⟦⟧", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@settings(max_examples=scale_examples(60))
@given(st.lists(words, min_size=1, max_size=4), words)
def test_what_was_put_into_a_template_is_read_back(values: list[str], between: str) -> None:
    plain = between.replace("[", "").replace("]", "").replace("<", "").replace("{", "").lower() or "and"
    template = Template("t", "T", f" {plain}: ".join(f"[hole {number} x]" for number in range(len(values))), "team")
    given_values = {f"hole {number} x": value for number, value in enumerate(values)}
    text = fill_template(template, incident(), SYSTEM, PLAN, SUMMER, AUCKLAND, given_values).text
    read = read_filled_values(template, text)
    if not any(f"{plain}:" in value for value in values):
        assert set(read.values()) <= {" ".join(value.split()) for value in values} | set(values)


@given(st.text(max_size=200), st.text(max_size=300))
def test_reading_back_takes_any_text(template: str, text: str) -> None:
    read_filled_values(Template("t", "T", template), text)


def test_readers_are_called_what_the_team_calls_them() -> None:
    ours = Template("t", "Message to customers", "", "client", reader=find_reader("client", "Message to customers"))
    plan = replace(PLAN, templates=(ours,))
    assert name_reader(ours, "client", plan) == "customers"
    assert name_reader(STATUS_LINE, "client", plan) == "customers"
    assert name_reader(STATUS_LINE, "team", plan) == "the team"
    assert find_reader("team", "Post into #incidents") == "#incidents"
    assert find_reader("authority", "Notify the regulator") == "regulator"


@pytest.mark.parametrize(
    ("state", "word"), [("down", "probe ready"), ("flapping", "now and then"), ("degraded", "degraded")]
)
def test_a_symptom_is_written_as_it_is(state: str, word: str) -> None:
    context = build_message_context(
        incident(), SYSTEM, PLAN, AUCKLAND, [Signal("probe:ready", "probe ready", SUMMER, state)]
    )
    assert word in context.symptoms[0]
    assert word in compose_message(DECLARATION, context, SUMMER).text


def test_a_symptom_that_began_later_has_a_beginning_of_its_own() -> None:
    """A declaration may be sent after the rollback, when another sign is bad than the one that told us."""
    bad = [Signal("signal:restarts", "signal restarts", SUMMER, "degraded")]
    bad.append(Signal("alert:x:1", "alert 5xx errors", SUMMER - timedelta(minutes=2), "firing"))
    context = build_message_context(incident(), SYSTEM, PLAN, AUCKLAND, bad)
    assert compose_message(DECLARATION, context, SUMMER).text.splitlines()[2] == (
        "Symptoms: signal restarts (degraded) since 02:26 NZDT (13:26Z); alert 5xx errors since 02:24 NZDT (13:24Z)"
    )


@given(waited=st.integers(0, 3600))
@settings(max_examples=scale_examples(30))
def test_within_so_many_minutes_counts_from_when_it_was_sent(waited: int) -> None:
    """Who reads it counts from when it came; who wrote it may have looked at it for a while."""
    known = incident()
    filled = fill_template(
        replace(CLIENT, text="Next update: within [30 minutes]"), known, SYSTEM, PLAN, SUMMER, AUCKLAND
    )
    later = SUMMER + timedelta(seconds=waited)
    assert filled.promised is not None
    due = promise_when_sent(filled, filled.text, SUMMER, later, AUCKLAND)

    assert due is not None
    assert timedelta(minutes=29) < due - later <= timedelta(minutes=30)


@pytest.mark.parametrize("zone", [AUCKLAND, UTC])
def test_a_time_that_the_text_names_is_what_is_promised_whenever_it_was_sent(zone: tzinfo) -> None:
    known = incident()
    filled = fill_template(replace(CLIENT, text="Next update by [next update]"), known, SYSTEM, PLAN, SUMMER, zone)

    assert filled.promised is not None
    assert promise_when_sent(filled, filled.text, SUMMER, SUMMER + timedelta(minutes=9), zone) == filled.promised


@pytest.mark.parametrize("template", [CLIENT, TEAM, STATUS_LINE, DECLARATION])
def test_a_message_without_a_recorder_says_as_of_when_and_the_next_one_not_twice(template: Template) -> None:
    known, until = incident(), SUMMER - timedelta(minutes=9)
    cut = replace(scene(known), recorded_until=until)
    text = compose_message(template, cut, SUMMER).text
    assert text.count("as of 02:17 NZDT (13:17") == 1
    assert "as of" not in compose_message(template, scene(known), SUMMER).text
    again = incident(updates=(sent(text.replace("⟦", "").replace("?⟧", ""), template.id),))
    later = compose_message(template, replace(scene(again), recorded_until=until), SUMMER).text
    assert later.count("as of 02:17") == 1


def test_the_duration_of_a_message_ends_with_the_record() -> None:
    known = incident(impact_started=SUMMER - timedelta(minutes=30))
    template = Template("t", "T", "[duration]", "team")
    cut = replace(scene(known), recorded_until=SUMMER - timedelta(minutes=20))
    assert compose_message(template, cut, SUMMER).text.startswith("at least 10 minutes")
    assert compose_message(template, scene(known), SUMMER).text == "30 minutes"
