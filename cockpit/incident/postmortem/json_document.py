"""The whole incident as one JSON document, for whoever goes on with it in another program.

Times are text in UTC, durations seconds. Each event stands on a line of its own with its hash, so that two exports can
be compared and a line can be held against the timeline file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from cockpit.incident.change_dates import present_events
from cockpit.incident.clocks.reminders import ClockOutcome
from cockpit.incident.impact import LATEST, find_relapse_after_close
from cockpit.incident.metrics.metrics import Metric, list_metrics, target_of
from cockpit.incident.revised_outcomes import RevisedOutcome
from cockpit.model.clock_steps import RECENT_ENOUGH, list_clock_steps, tell_by_present_clock
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.time import format_timestamp
from cockpit.recorder.recording_breaks import list_unrecorded
from cockpit.timeline.schema import VERSION

FORMAT = "cockpit incident 1"  # raised when a field changes its meaning, not when one is added


def as_json(
    incident: Incident,
    events: Iterable[Event],
    *,
    plan: Plan,
    severity: str,
    numbers: Iterable[Metric],
    outcomes: Iterable[ClockOutcome],
    revised: Iterable[RevisedOutcome] = (),
    head: str,
    now: datetime,
) -> str:
    """The document. `numbers` are measured against the targets of the plan for `severity`; `outcomes` are clocks."""
    facts: dict[str, Any] = {
        "format": FORMAT,
        "id": incident.id,
        "written": format_timestamp(now),
        "head": head,
        "timeline_schema": VERSION,
        "incident": incident_document(incident),
        "metrics": [metric_document(number, plan, severity) for number in numbers],
        "clocks": [clock_document(outcome) for outcome in outcomes],
        "revised_outcomes": [to_json_value(asdict(revised_outcome)) for revised_outcome in revised],
    }
    return "".join(_iterate_pieces(facts, events))


def _iterate_pieces(facts: Mapping[str, Any], events: Iterable[Event]) -> Iterator[str]:
    yield json.dumps(facts, indent=2)[: -len("\n}")]
    yield ',\n  "events": ['
    for number, document in enumerate(list_event_documents(list(events))):
        yield f"{',' if number else ''}\n    {json.dumps(document)}"
    yield "\n  ]\n}\n"


def list_event_documents(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """Every event as it stands in the file, and under `presented` its time and words where every other place tells them
    otherwise: a change that is dated by the step that did it, the end of an undo that an older version recorded, what
    was recorded before the clock of the machine was set."""
    dated = tell_by_present_clock(present_events(events), list_clock_steps(events), RECENT_ENOUGH)
    presented = {event.id: event for event in dated}
    for event in events:
        yield presented_document(event, presented[event.id])


def presented_document(event: Event, presented: Event) -> dict[str, Any]:
    """An event as it stands in the file, with what every other place tells of it where that is something else."""
    document = event_document(event)
    if (presented.occurred, presented.summary) != (event.occurred, event.summary):
        moment = format_timestamp(presented.occurred)
        document["presented"] = {"occurred": moment, "summary": presented.summary}
    return document


def event_document(event: Event) -> dict[str, Any]:
    """Every field of an event."""
    return {name: to_json_value(getattr(event, name)) for name in EVENT}


EVENT: Sequence[str] = tuple(field.name for field in fields(Event))


def incident_document(incident: Incident) -> dict[str, Any]:
    """Every field of an incident, whether it is open, and its metrics."""
    document = {name: to_json_value(value) for name, value in asdict(incident).items()}
    breaks = list_unrecorded(incident.breaks, incident.reach_from, incident.resolved or LATEST)
    document["breaks"] = [
        {"begin": to_json_value(item.begin), "end": None if item.end == LATEST else to_json_value(item.end)}
        for item in breaks
    ]
    document["open"] = incident.open
    document["felt_again"] = to_json_value(find_relapse_after_close(incident))  # after it was closed; null: not
    document["review"] = incident.review.value
    document["metrics"] = {
        metric.short: {
            "state": metric.state.value,
            "seconds": to_json_value(metric.value),
            "weight": metric.weight.strip(),
            "least": to_json_value(metric.least),
            "most": to_json_value(_bound(metric.most)),
            "unrecorded": to_json_value(metric.unrecorded),
            "well": to_json_value(metric.well),
        }
        for metric in list_metrics(incident)
    }
    return document


LONGEST_KNOWN = timedelta(days=3650)  # what nobody ever recorded before may have begun at any time


def _bound(most: timedelta | None) -> timedelta | None:
    """The longest that it may have been; None where nothing bounds it."""
    return None if most is not None and most > LONGEST_KNOWN else most


def metric_document(metric: Metric, plan: Plan, severity: str) -> dict[str, Any]:
    """A number with its definition and what the documents ask for."""
    target = target_of(plan, metric.short, severity)
    result: dict[str, Any] = to_json_value(asdict(replace(metric, most=_bound(metric.most))))
    result["seconds"] = result.pop("value")
    result["weight"] = metric.weight.strip()
    result["target"] = None if target is None else to_json_value(asdict(target))
    return result


def clock_document(outcome: ClockOutcome) -> dict[str, Any]:
    """A clock, how it stands, the time it had and the time it took."""
    result: dict[str, Any] = to_json_value(asdict(outcome.clock))
    return result | {
        "state": outcome.state.value,
        "target_seconds": to_json_value(outcome.target),
        "actual_seconds": to_json_value(outcome.actual),
    }


def to_json_value(value: Any) -> Any:
    """As JSON has it: times as text, durations in seconds, sets in order."""
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: to_json_value(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(to_json_value(item) for item in value)
    return [to_json_value(item) for item in value] if isinstance(value, list | tuple) else value
