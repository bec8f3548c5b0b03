"""Every place that states when users felt an incident, and when each fact happened, for the test that compares them."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cockpit.cli.timeline import format_event_line
from cockpit.incident.change_dates import date_by_steps, present_events
from cockpit.incident.impact import (
    describe_impact,
    find_relapse_after_close,
    format_felt,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.fields import spell_felt
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.incident.messages.template import fill_template
from cockpit.incident.metrics.metrics import MetricState, describe_value, list_metrics
from cockpit.incident.postmortem.draft import render_draft
from cockpit.incident.postmortem.export import as_csv
from cockpit.incident.postmortem.json_document import incident_document, list_event_documents
from cockpit.incident.postmortem.rows import timeline_rows
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan, Template
from cockpit.model.time import format_timestamp
from screens.main.key_handlers import list_plot_marks
from screens.shared.context import EventsAppended
from screens.wall import WallScreen
from tests.unit.incident.drafts import HEAD, SYSTEM, block
from tests.unit.incident.story import at
from widgets.timeline import build_event_rows

SENTENCE = Template("t", "T", "[started] | [ended] | [duration]", "team")


def compare_impact(incident: Incident, events: Sequence[Event], plan: Plan, now: datetime) -> None:
    """How long users felt it, whether that is sure, and since when again: in the figures, the draft, the brief, the
    shift, what `cockpit impact` prints, JSON and a message."""
    metric = next(metric for metric in list_metrics(incident) if metric.short == "TTM")
    document = incident_document(incident)
    assert document["metrics"]["TTM"]["state"] == metric.state
    draft = render_draft(incident, events, system=SYSTEM, plan=plan, time_zone="UTC", head=HEAD, now=now)
    scene = BriefingScene((), (), (), None, UTC, now)
    brief = dict(build_brief(incident, events, scene))["impact"]
    printed = describe_impact(incident)
    _, ended, lasted = fill_template(SENTENCE, incident, SYSTEM, plan, now, UTC).text.split(" | ")
    if metric.state is MetricState.RECORDED and metric.value is not None and propose_impact_end(incident) is not None:
        length = describe_value(metric)
        assert document["metrics"]["TTM"]["seconds"] == metric.value.total_seconds()
        assert lasted == spell_felt(metric.value, metric.stretches, metric.weight)
        (row,) = [line for line in block(draft, "metrics").splitlines() if line.startswith("| TTM")]
        places = {"draft, metrics": row, "summary": block(draft, "summary"), "impact": block(draft, "impact")}
        if incident.felt_since is not None or incident.impact_started is not None:
            places |= {"brief": brief, "cockpit impact": printed}
        missing = [place for place, text in places.items() if length not in text]
        assert not missing, (length, {place: places[place] for place in missing})
    began, ended_at = propose_impact_start(incident), propose_impact_end(incident)
    if (
        began is not None and " so far" in brief
    ):  # well since a moment ago it is felt no more: `impact` counts no longer
        so_far = format_felt(incident, began.at, ended_at.at if ended_at else now)
        assert f"{so_far} so far" in brief
        assert ended_at is None or so_far in printed
    again = find_relapse_after_close(incident)
    report = dict(describe_shift(build_shift_report(events, [incident], since=at(-10), now=now), UTC))
    says_again = {
        "cockpit impact": "after it was closed" in printed,
        "brief": "after it was closed" in brief,
        "shift": "after it was closed" in report.get("incident", ""),
        "draft": "and again since" in block(draft, "impact"),
        "message": "again since" in ended,
        "JSON": document["felt_again"] is not None,
    }
    assert says_again == dict.fromkeys(says_again, again is not None)


def compare_times(incident: Incident, events: Sequence[Event]) -> None:
    """When each fact happened and what it reads as: in the pane, a line, the table, JSON and the draft."""
    members = list_members(incident, events)
    presented = {event.id: event for event in list_standing_events(present_events(events))}
    panes = {row.id: row.cells for row in build_event_rows(list(presented.values()), "ana", UTC, at(0).date())}
    table = {line["event"]: line for line in csv.DictReader(io.StringIO(as_csv(incident, members, UTC)))}
    documents = {item["id"]: item.get("presented", item) for item in list_event_documents(events)}
    for event in members:
        if event.id not in presented:
            continue
        line = format_event_line(presented[event.id])
        cells, row, document = panes[str(event.id)], table[str(event.id)], documents[event.id]
        moments = {
            "line": line.split()[2].rstrip("Z"),
            "pane": cells[2].text,
            "table": row["time_utc"][11:],
            "JSON": document["occurred"][11:19],
        }
        assert len(set(moments.values())) == 1, (event, moments)
        unsure = ["or before" in text for text in (line, cells[-1].text, row["what"])]
        assert len(set(unsure)) == 1, (event, line, cells[-1].text, row["what"])
    compare_marked_times(events, documents)
    rows = timeline_rows(date_by_steps(list_standing_events(members)), incident)
    told = sorted(format_timestamp(row.at) for row in rows if row.kind == Kind.TRAFFIC)
    moved = [event for event in members if event.kind == Kind.TRAFFIC and event.id in presented]
    assert told == sorted(documents[event.id]["occurred"] for event in moved)


def compare_marked_times(events: Sequence[Event], documents: Mapping[int, Mapping[str, Any]]) -> None:
    """When each move of traffic happened: in the drawing of a number, and on the wall."""
    wall = WallScreen()
    wall._events_appended(EventsAppended(events))
    (lines,) = wall._lines.values()
    shown = {event.id: event for event in lines if event.kind == Kind.TRAFFIC}
    assert {id: format_timestamp(event.occurred) for id, event in shown.items()} == {
        id: documents[id]["occurred"] for id in shown
    }
    moves = {(document["occurred"], document["summary"]) for document in documents.values()}
    for move in shown.values():
        marks = {(format_timestamp(mark.at), mark.text) for mark in list_plot_marks(events, move.recorded)}
        assert marks <= moves, marks - moves
