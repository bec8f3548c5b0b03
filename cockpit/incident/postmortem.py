"""The post-mortem draft: the facts of an incident filled in, and questions where only people have answers."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cockpit.incident.draft_file import NotOurDraft, block, merge
from cockpit.incident.markdown import inline
from cockpit.incident.membership import members, standing
from cockpit.incident.metrics import impact_begin, impact_end, metrics
from cockpit.incident.postmortem_rows import alert_rows, change_rows, deployment_rows, revisions_created, timeline_rows
from cockpit.incident.postmortem_runs import run_rows
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.system import System

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["NotOurDraft", "default_path", "merge", "render"]

LONGEST_SLUG = 60  # characters


def render(
    incident: Incident, events: Sequence[Event], *, system: System, time_zone: str, head: str, now: datetime
) -> str:
    """The draft as Markdown. `events` may hold others' too; `time_zone` "" is the machine's; `head` is the chain's.

    Everything that is printed is escaped, unless our own code made it Markdown.
    """
    mine = standing(members(incident, events))
    zone = ZoneInfo(time_zone) if time_zone else None
    begin, end = impact_begin(incident), impact_end(incident)
    return _template().render(
        incident=incident,
        system=system,
        local=lambda moment: _local(moment, zone),
        impact_begin=begin,
        impact_end=end,
        impact=lasted(end - begin) if begin and end else "",
        metrics=metrics(incident),
        changes=change_rows(incident),
        timeline=timeline_rows(mine),
        alerts=alert_rows(mine, incident),
        deployments=deployment_rows(mine),
        created=revisions_created(mine),
        runs=run_rows(mine),
        head=head,
        now=now,
    )


def default_path(incident: Incident) -> Path:
    """`docs/incidents/YYYY-MM-DD-<slug>.md`, by the day of the declaration in UTC."""
    ascii = unicodedata.normalize("NFKD", incident.title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii)[:LONGEST_SLUG].strip("-")
    return Path("docs/incidents") / f"{incident.declared.astimezone(UTC):%Y-%m-%d}-{slug or incident.id}.md"


def lasted(duration: timedelta) -> str:
    """`12s`, `28m 05s`, `3h 02m 00s`; a negative one keeps its sign."""
    seconds = int(abs(duration.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign = "-" if duration < timedelta() else ""
    if hours:
        return f"{sign}{hours}h {minutes:02}m {rest:02}s"
    return f"{sign}{minutes}m {rest:02}s" if minutes else f"{sign}{rest}s"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _local(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cockpit.incident"),
        autoescape=False,  # that would be for HTML; `finalize` escapes for Markdown
        finalize=inline,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"utc": _utc, "lasted": lasted}
    environment.globals["block"] = lambda name, caller: block(name, caller())
    return environment.get_template("postmortem.md.jinja")
