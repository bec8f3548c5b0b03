"""The numbers of an incident, and when there is none to give."""

from dataclasses import replace
from datetime import timedelta

from cockpit.incident.metrics.metrics import Metric, MetricState, list_metrics
from cockpit.model.incident import Incident, Status
from tests.unit.incident.story import at

OPEN = Incident(
    "i1", "prod", "x", "P1", Status.INVESTIGATING, declared=at(5), declared_by="ana", reach_from=at(-10), detected=at(2)
)
OVER = replace(OPEN, acknowledged=at(6), mitigated=at(20), resolved=at(30), status=Status.RESOLVED)


def measured(incident: Incident) -> dict[str, Metric]:
    return {each.short: each for each in list_metrics(incident)}


def test_without_a_stated_impact_the_count_begins_at_detection() -> None:
    found = measured(OVER)
    assert found["TTD"].state is MetricState.NOT_APPLICABLE
    assert [found[short].value for short in ("TTA", "TTM", "TTR")] == [
        timedelta(minutes=4),
        timedelta(minutes=18),
        timedelta(minutes=28),
    ]


def test_a_stated_impact_start_is_where_the_count_begins() -> None:
    found = measured(replace(OVER, impact_started=at(0)))
    assert [found[short].value for short in ("TTD", "TTA", "TTM", "TTR")] == [
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(minutes=20),
        timedelta(minutes=30),
    ]


def test_what_has_not_happened_yet_is_pending_and_what_never_will_is_not_applicable() -> None:
    assert {each.state for each in list_metrics(OPEN) if each.short != "TTD"} == {MetricState.PENDING}
    never = replace(OVER, acknowledged=None, mitigated=None)
    assert measured(never)["TTA"].state is MetricState.NOT_APPLICABLE
    assert measured(never)["TTM"].state is MetricState.NOT_APPLICABLE


def test_an_end_before_the_beginning_is_invalid_and_shown() -> None:
    found = measured(replace(OVER, acknowledged=at(1)))["TTA"]
    assert (found.state, found.value) == (MetricState.INVALID, timedelta(minutes=-1))


def test_every_number_says_what_it_means() -> None:
    assert all(len(each.definition) > 20 for each in list_metrics(OPEN))
