"""The post-mortem draft: the facts of an incident filled in, and questions where only people have answers."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.incident.change_dates import date_by_steps
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import ClockOutcome, met_and_missed
from cockpit.incident.clocks.updates import PromiseState, interval_counts, list_update_intervals
from cockpit.incident.impact import (
    as_of,
    describe_unseen_moment,
    find_impact_start,
    find_relapse_after_close,
    format_felt,
    measure_felt,
)
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.metrics.metrics import (
    Metric,
    MetricState,
    describe_value,
    impact_end,
    list_metrics,
    measure_recovery,
    recovery_metrics,
    target_of,
)
from cockpit.incident.postmortem.alert_rows import alert_rows, count_alerts
from cockpit.incident.postmortem.key_times import describe_offset, list_key_times
from cockpit.incident.postmortem.markdown import (
    Markdown,
    escape_inline,
    escape_lines,
    render_code,
    render_link,
    shorten_code,
)
from cockpit.incident.postmortem.marked_notes import CAUSE_MARKS, FIX_MARKS, TRIGGER_MARKS, list_marked_notes
from cockpit.incident.postmortem.merge import NotOurDraft, make_block, merge_drafts
from cockpit.incident.postmortem.picture import build_picture, render_mermaid, render_svg
from cockpit.incident.postmortem.remedies import find_impact
from cockpit.incident.postmortem.rows import (
    MessageRow,
    change_rows,
    deployment_rows,
    list_excerpts,
    list_rows,
    loop_rows,
    message_rows,
    revisions_created,
    severity_times,
    timeline_rows,
)
from cockpit.incident.postmortem.run_rows import describe_run_length, procedure_rows
from cockpit.incident.postmortem.story import describe_unheld, tell_story
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.revised_outcomes import revised_outcomes
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.event import Event
from cockpit.model.incident import Incident, describe_severity, find_worst_severity
from cockpit.model.plan import Plan
from cockpit.model.system import System
from cockpit.model.time import find_zone, format_duration, measure_between
from cockpit.recorder.recording_breaks import describe_recording_breaks

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["NotOurDraft", "default_path", "merge_drafts", "render_draft"]

LONGEST_SLUG = 60  # characters
WINDOW_KINDS = frozenset({ClockKind.ROLLBACK, ClockKind.TAIL, ClockKind.GAP})  # they tell how long something is open


def render_draft(
    incident: Incident,
    events: Sequence[Event],
    *,
    system: System,
    plan: Plan,
    time_zone: str,
    head: str,
    now: datetime,
    picture_file: str = "",
    alert_afterlife: Sequence[Event] = (),
    recorded_until: datetime | None = None,
    deployed: datetime | None = None,
) -> str:
    """The draft as Markdown. `events` may hold others' too; `time_zone` "" is the machine's; `head` is the chain's.

    `picture_file` is the name of the drawing that lies beside it; `recorded_until` is the end of the record where
    nobody records now; `deployed` is when the newest deployment of its time was made. Everything that is printed is
    escaped, unless our own code made it Markdown.
    """
    incident = as_of(incident, recorded_until or now)  # what was not seen to hold for two minutes ends nothing yet
    mine = date_by_steps(list_standing_events(list_members(incident, events), incident.clock_steps))
    zone = find_zone(time_zone)
    face = TimeFace(zone, incident.declared)
    begin, end = find_impact_start(incident), impact_end(incident)
    due = compute_clocks(incident, plan, now, zone=zone, deployed=deployed)
    worst = find_worst_severity(incident, plan.severity_scale)
    timeline = timeline_rows(mine, incident)
    alerts = alert_rows(mine, incident, alert_afterlife)
    mermaid = render_mermaid(build_picture(incident, mine, face, now, recorded_until))
    impact_from, _ = find_impact(incident)
    messages, intervals = (
        message_rows(incident, now),
        interval_counts(list_update_intervals(incident, plan, now, zone)),
    )
    return _load_template().render(
        incident=incident,
        severity=describe_severity(incident, plan.severity_scale),
        system=system,
        face=face,
        time_head=Markdown("Time (UTC)" if face.is_utc else f"Time (UTC) | {escape_inline(face.zone_name)}"),
        time_rule=Markdown("---" if face.is_utc else "---|---"),
        time=face.utc,
        cells=lambda moment: _format_cells(moment, face),
        offset=lambda moment: describe_offset(moment, impact_from),
        say=_quote_note,
        tally=_count_outcomes,
        describe_target=lambda outcome: _describe_target(outcome, face),
        describe_actual=partial(_describe_actual, incident=incident),
        describe_outcome=partial(_describe_outcome, incident=incident),
        story=tell_story(incident, mine, face),
        key_times=list_key_times(incident, mine),
        picture_file=Markdown(picture_file),
        mermaid=render_code(mermaid, "mermaid"),
        triggers=list_marked_notes(mine, TRIGGER_MARKS),
        causes=list_marked_notes(mine, CAUSE_MARKS),
        fixes=list_marked_notes(mine, FIX_MARKS),
        excerpts=[(event, render_code(shorten_code(text), "text")) for event, text in list_excerpts(mine)],
        heading=render_heading(incident.title),
        impact_begin=begin,
        impact_begin_unseen=describe_unseen_moment(incident, begin) if begin else "",
        impact_end=end,
        unheld=describe_unheld(incident, face),
        impact=format_felt(incident, begin, end) if begin and end else "",
        felt_again=find_relapse_after_close(incident),
        review=_find_review(due),
        severity_times=severity_times(incident, now),
        changes=change_rows(incident),
        timeline=timeline,
        turning=[row for row in timeline if row.turning],
        count=len(mine),
        alerts=alerts,
        alert_count=count_alerts(alerts),
        deployments=deployment_rows(mine),
        created=revisions_created(mine),
        unrecorded=describe_recording_breaks(
            incident.breaks, incident.reach_from, incident.resolved or now, recorded_until
        ),
        messages=messages,
        intervals=intervals,
        late_messages=_count_late(messages, intervals),
        procedures=procedure_rows(incident, mine, due, now),
        recovery=recovery_metrics(incident),
        outcomes=[_spare_open_window(row, now) for row in met_and_missed(due, now, incident)],
        revised=revised_outcomes(incident, events, plan, zone),
        lists=list_rows(incident, plan),
        loops=loop_rows(incident, due, now, plan.checklists, mine),
        metrics=[(metric, target_of(plan, metric.short, worst)) for metric in list_metrics(incident)],
        head=head,
        now=now,
    )


def _find_review(clocks: Sequence[Clock]) -> Clock | None:
    """The one that asks: an incident that was opened again owes its review once it is over again."""
    reviews = [clock for clock in clocks if clock.kind is ClockKind.POSTMORTEM]
    return max(reviews, key=lambda clock: clock.started, default=None)


def render_heading(title: str) -> Markdown:
    """The first line of a draft."""
    return Markdown(f"# Post-mortem: {escape_inline(title)}")


def render_picture(
    incident: Incident,
    events: Sequence[Event],
    *,
    time_zone: str,
    now: datetime,
    recorded_until: datetime | None = None,
) -> str:
    """The drawing that belongs to the draft, as SVG."""
    incident = as_of(incident, recorded_until or now)
    mine = date_by_steps(list_standing_events(list_members(incident, events), incident.clock_steps))
    face = TimeFace(find_zone(time_zone), incident.declared)
    return render_svg(build_picture(incident, mine, face, now, recorded_until), incident.id, face)


def _format_cells(moment: datetime, face: TimeFace) -> Markdown:
    """One cell where the team's zone is UTC, else two."""
    cells = [face.utc(moment)] if face.is_utc else [face.utc(moment), face.local(moment)]
    return Markdown(" | ".join(escape_inline(cell) for cell in cells))


def _quote_note(event: Event, text: str) -> Markdown:
    """What somebody wrote down, and who; never at the beginning of a line, where `1.` would be a list."""
    return Markdown(f"**{escape_inline(event.actor or event.source)}:** {escape_lines(text)}")


def _count_outcomes(outcomes: Sequence[ClockOutcome]) -> str:
    """`5 met, 1 missed, 2 not applicable`."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.state.value] = counts.get(outcome.state.value, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _count_late(messages: Iterable[MessageRow], intervals: Iterable[tuple[object, int, int]]) -> str:
    """`, 1 update late, 2 promises broken`: a folded line that counts what was sent must not hide what was not."""
    late = sum(broken for _, _, broken in intervals)
    promises = sum(row.kept == PromiseState.BROKEN for row in messages)
    parts = [
        f"{count} {noun if count == 1 else noun + 's'} {what}"
        for count, noun, what in ((late, "update", "late"), (promises, "promise", "broken"))
        if count
    ]
    return "".join(f", {part}" for part in parts)


def _spare_open_window(outcome: ClockOutcome, now: datetime) -> ClockOutcome:
    """A tier that may still be called in time is open: on paper `overdue` reads as if somebody were late."""
    return replace(outcome, state=ClockState.OPEN) if outcome.clock.is_window_open(now) else outcome


def _describe_target(outcome: ClockOutcome, face: TimeFace) -> str:
    """`15m 00s, by 11:23:15`; of a window, `from 11:23:15 to 11:38:15`."""
    clock = outcome.clock
    if clock.until is not None and clock.due is not None:
        return f"between {face.utc(clock.due)} and {face.utc(clock.until)}"
    if outcome.target is None or clock.due is None:
        return ""
    return f"{format_duration(outcome.target)}, by {face.utc(clock.due)}"


def _find_recovery(outcome: ClockOutcome, incident: Incident) -> Metric | None:
    """How long a recovery took that has a deadline: what it ends with may be seen late, as no deed of a person is."""
    clock = outcome.clock
    if clock.kind is not ClockKind.RECOVERY or clock.done is None or clock.undone:
        return None
    return measure_recovery(incident, clock.started, clock.done)


def _describe_outcome(outcome: ClockOutcome, incident: Incident) -> str:
    """`met`; `missed, as far as was recorded` where the other side of a break of the record may be in time."""
    clock, recovery = outcome.clock, _find_recovery(outcome, incident)
    if recovery is None or clock.due is None:
        return outcome.state.value
    verdict = _describe_verdict(recovery, measure_felt(incident, clock.started, clock.due)[0])
    return verdict or outcome.state.value


def _describe_actual(outcome: ClockOutcome, incident: Incident) -> str:
    """`3m 12s`, the time it took; of what was not done how long nobody has done it: the two must not read alike."""
    if (recovery := _find_recovery(outcome, incident)) is not None:
        return describe_value(recovery)
    clock = outcome.clock
    if outcome.actual is None or (clock.kind in WINDOW_KINDS and outcome.state is not ClockState.MET):
        return ""  # of what only passes by, nobody has left anything undone
    if clock.done is not None and clock.done < clock.started:  # acknowledged, say, before it was declared
        return f"done {format_duration(measure_between(clock.done, clock.started))} before it began"
    length = format_duration(outcome.actual)
    return length if clock.done is not None and not clock.undone else f"not done in {length}"


def _name_document(origin: str) -> str:
    """`oncall.md#look-first` of a procedure by its document's whole path: who reads a draft has that elsewhere."""
    path, sign, place = origin.partition("#")
    return f"{Path(path).name}{sign}{place}" if Path(path).is_absolute() else origin


def default_path(incident: Incident) -> Path:
    """`docs/incidents/YYYY-MM-DD-<slug>.md`, by the day of the declaration in UTC."""
    ascii = unicodedata.normalize("NFKD", incident.title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii)[:LONGEST_SLUG].strip("-")
    return Path("docs/incidents") / f"{incident.declared.astimezone(UTC):%Y-%m-%d}-{slug or incident.id}.md"


def _format_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _describe_verdict(metric: Metric, limit: timedelta | None) -> str:
    """Whether a number kept its limit; "" where there is none of either. Where a look after a break of the record dates
    an end of it, the number may be on the other side: unless it would not be at its shortest or longest either."""
    if metric.state is not MetricState.RECORDED or metric.value is None or limit is None:
        return ""
    is_met = metric.value <= limit
    bound = metric.most if is_met else metric.least
    is_sure = bound is None or (bound <= limit) is is_met
    return f"{'met' if is_met else 'missed'}{'' if is_sure else ', as far as was recorded'}"


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
        "document": _name_document,
        "lines": escape_lines,
        "ran_for": describe_run_length,
        "verdict": _describe_verdict,
        "stretches": describe_value,
        "day": lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d}",
        "output": lambda text: render_code(text, "text"),
        "code": lambda text: render_code(shorten_code(text), "sh"),
        "link": lambda target: render_link(target) if target else Markdown(),
    }
    environment.globals["block"] = lambda name, caller: make_block(name, caller())
    return environment.get_template("postmortem.md.jinja")
