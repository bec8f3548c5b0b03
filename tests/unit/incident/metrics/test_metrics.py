"""The numbers of an incident, and when there is none to give."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cockpit.incident.metrics.metrics import Metric, MetricState, list_metrics, recovery_metrics
from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.incident import Incident, Status
from cockpit.model.time import format_timestamp
from tests.unit.incident.drafts import draft
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at

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


@pytest.mark.parametrize(
    ("limit", "verdict", "is_sure"),
    [
        (3, "missed", True),  # even had it ended when nobody recorded any more
        (5, "missed", False),
        (7, "met", True),
    ],
)
def test_a_verdict_is_sure_where_the_shortest_and_the_longest_case_agree(
    limit: float, verdict: str, is_sure: bool
) -> None:
    """Declared at two; nobody recorded from six until eight, and all was well at the first look."""
    story = Story()
    story.probe(1, "api", "down")
    story.declare(2, reach=-10)
    story.act(Kind.RECOVERY, 3, what="chosen", scenario="Bad deployment", rto=limit * 60)
    until = {UNSEEN_FROM: format_timestamp(at(6))}
    story.tell(Kind.PROBE, 8, subject="api", detail={"state": "up", "was": "down", **until}, source="recorder")
    story.act(Kind.RESOLVE, 20, reason="stable")
    time, _ = recovery_metrics(only(story))
    assert (time.value, time.least, time.most) == (timedelta(minutes=6), timedelta(minutes=4), None)
    (row,) = [line for line in draft(story).splitlines() if line.startswith("| RTO")]
    told, _, hedge = row.split(" | ")[3].partition(", ")
    assert (told, hedge == "") == (verdict, is_sure)


def test_a_begin_that_nobody_saw_may_be_met_for_certain() -> None:
    """Felt from one, or from half a minute on, until five."""
    story = Story()
    since = {UNSEEN_FROM: format_timestamp(at(0.5))}
    story.tell(Kind.PROBE, 1, subject="api", detail={"state": "down", **since}, source="recorder")
    story.declare(2, reach=-10)
    story.probe(5, "api", "up")
    story.act(Kind.RESOLVE, 20, reason="stable")
    mitigated = {metric.short: metric for metric in list_metrics(only(story))}["TTM"]
    assert (mitigated.least, mitigated.most) == (None, timedelta(minutes=4.5))
