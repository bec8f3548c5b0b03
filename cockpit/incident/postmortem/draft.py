"""The post-mortem draft: the facts of an incident filled in, and questions where only people have answers."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import met_and_missed
from cockpit.incident.clocks.updates import interval_counts, list_update_intervals
from cockpit.incident.impact_signals import as_of
from cockpit.incident.membership import list_members, list_standing_events
from cockpit.incident.metrics.metrics import (
    Metric,
    MetricState,
    impact_begin,
    impact_end,
    list_metrics,
    recovery_metrics,
)
from cockpit.incident.metrics.targets import target_of
from cockpit.incident.postmortem.markdown import escape_inline, escape_lines
from cockpit.incident.postmortem.merge import NotOurDraft, make_block, merge_drafts
from cockpit.incident.postmortem.rows import (
    alert_rows,
    change_rows,
    deployment_rows,
    list_rows,
    loop_rows,
    message_rows,
    procedure_rows,
    revisions_created,
    run_rows,
    severity_times,
    timeline_rows,
    told_nowhere_else,
)
from cockpit.incident.revised_outcomes import revised_outcomes
from cockpit.model.clock import ClockKind
from cockpit.model.event import Event
from cockpit.model.incident import Incident, describe_severity, find_worst_severity
from cockpit.model.plan import Plan
from cockpit.model.system import System
from cockpit.model.time import format_duration

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["NotOurDraft", "default_path", "merge_drafts", "render_draft"]

LONGEST_SLUG = 60  # characters


def render_draft(
    incident: Incident,
    events: Sequence[Event],
    *,
    system: System,
    plan: Plan,
    time_zone: str,
    head: str,
    now: datetime,
) -> str:
    """The draft as Markdown. `events` may hold others' too; `time_zone` "" is the machine's; `head` is the chain's.

    Everything that is printed is escaped, unless our own code made it Markdown.
    """
    incident = as_of(incident, now)
    mine = list_standing_events(list_members(incident, events))
    zone = ZoneInfo(time_zone) if time_zone else now.astimezone().tzinfo or UTC
    begin, end = impact_begin(incident), impact_end(incident)
    due = compute_clocks(incident, plan, now, zone=zone)
    severity = find_worst_severity(incident, plan.ladder)
    return _load_template().render(
        incident=incident,
        severity=describe_severity(incident, plan.ladder),
        system=system,
        local=lambda moment: _format_local(moment, zone),
        impact_begin=begin,
        impact_end=end,
        impact=format_duration(end - begin) if begin and end else "",
        review=next((clock for clock in due if clock.kind is ClockKind.POSTMORTEM), None),
        severity_times=severity_times(incident, now),
        changes=change_rows(incident),
        timeline=timeline_rows(mine, incident),
        alerts=alert_rows(mine, incident),
        deployments=deployment_rows(mine),
        created=revisions_created(mine),
        messages=message_rows(incident, now),
        intervals=interval_counts(list_update_intervals(incident, plan, now, zone)),
        procedures=procedure_rows(incident, due, now),
        runs=run_rows(mine),
        recovery=recovery_metrics(incident),
        outcomes=met_and_missed(told_nowhere_else(due, now), now),
        revised=revised_outcomes(incident, events, plan, zone),
        lists=list_rows(incident, plan),
        loops=loop_rows(incident, due, now),
        metrics=[(metric, target_of(plan, metric.short, severity)) for metric in list_metrics(incident)],
        head=head,
        now=now,
    )


def default_path(incident: Incident) -> Path:
    """`docs/incidents/YYYY-MM-DD-<slug>.md`, by the day of the declaration in UTC."""
    ascii = unicodedata.normalize("NFKD", incident.title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii)[:LONGEST_SLUG].strip("-")
    return Path("docs/incidents") / f"{incident.declared.astimezone(UTC):%Y-%m-%d}-{slug or incident.id}.md"


def _format_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _format_local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _describe_verdict(metric: Metric, limit: timedelta | None) -> str:
    """Whether a number kept its limit; "" where there is none of either."""
    if metric.state is not MetricState.RECORDED or metric.value is None or limit is None:
        return ""
    return "met" if metric.value <= limit else "missed"


@cache
def _load_template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cockpit.incident.postmortem"),
        autoescape=False,  # that would be for HTML; `finalize` escapes for Markdown
        finalize=escape_inline,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "utc": _format_utc,
        "lasted": format_duration,
        "lines": escape_lines,
        "verdict": _describe_verdict,
    }
    environment.globals["block"] = lambda name, caller: make_block(name, caller())
    return environment.get_template("postmortem.md.jinja")
