"""Acts on an incident as a whole: it is declared, changes its severity and status, ends, is opened again, reviewed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.summaries import summarize_event
from cockpit.incident.actions.words import take_line, take_text
from cockpit.incident.impact import find_measured_times
from cockpit.incident.incident_state import default_severity
from cockpit.incident.ledger import Ledger
from cockpit.incident.signals import compute_reach
from cockpit.model.event import Draft, Event, Kind, text_of, time_of
from cockpit.model.incident import Incident, Status
from cockpit.model.response import CloseReason, Review
from cockpit.model.severity_scale import SeverityLevel, find_level
from cockpit.model.text import clean_line
from cockpit.model.time import format_timestamp

LONGEST_TITLE = 200  # characters; it has to fit a bar


def declare_incident(
    writer: IncidentWriter,
    title: str,
    severity: str | None = None,
    *,
    unsure: bool = False,
    reach_from: datetime | None = None,
    impact_started: datetime | None = None,
    drill: bool = False,
    moment: datetime | None = None,
) -> Incident:
    """Begin an incident; without a severity on the worst level but one. `impact_started`: users first felt it. A title
    that is longer than a bar is cut there, and stands in a note as a whole.

    `moment` is when it was declared, for what was led elsewhere. `unsure` whether it is this level or the one above
    takes the one above: it is easier to stand down than to catch up.
    """
    whole, subject = take_text(title), clean_line(title, LONGEST_TITLE)
    if not subject:
        raise IncidentActionError("An incident needs a title: one line that says what is wrong.", code="title-missing")
    severity_level = _find_severity_level(
        writer, severity if severity is not None else default_severity(writer.severity_scale)
    )
    if unsure:
        severity_level = writer.severity_scale[max(0, writer.severity_scale.index(severity_level) - 1)]
    if severity_level.backlog:
        raise IncidentActionError(
            f"{severity_level.name} is for the backlog, no incident: write a note, or choose a higher severity.",
            code="severity-of-backlog",
            severity=severity_level.name,
        )
    now = writer.now()
    declared = writer.past(moment, now)
    begin = writer.past(reach_from, now) if reach_from else None
    impact = writer.past(impact_started, now) if impact_started else None

    def act(ledger: Ledger) -> list[Draft]:
        signal = ledger.find_outage_start(writer.environment, declared, drill=drill or writer.only_drills)
        detail = {
            "title": subject,
            "severity": severity_level.name,
            "reach_from": format_timestamp(begin or compute_reach(signal, declared)),
            "detected": format_timestamp(signal.since) if signal else "",
            "detected_by": signal.label if signal else "",
            "impact_started": format_timestamp(impact) if impact else "",
            "drill": drill or writer.only_drills,
            "unsure": unsure,
            "rules": _list_binding_rules(writer, severity_level.name),
        }
        declaration = writer.draft(Kind.DECLARE, detail, declared, incident=_new_id(writer, ledger, declared))
        if clean_line(whole) == subject:
            return [declaration]
        # No time to have somebody shorten it: what does not fit into a bar is a note.
        line = clean_line(whole)
        text = {"text": whole} if whole != line else {}
        return [declaration, writer.draft(Kind.NOTE, text, declared, incident=declaration.incident, summary=line)]

    return writer.find(writer.write(act).incident)


def amend_declaration(
    writer: IncidentWriter,
    incident: str | None = None,
    *,
    title: str | None = None,
    reach_from: datetime | None = None,
    impact_started: datetime | None = None,
    impact_ended: datetime | None = None,
    detected: datetime | None = None,
) -> Incident:
    """Correct a declaration: its title, how far back it reaches, when users first and last felt it, when it was
    detected.

    The declaration keeps its time and says nothing that came later: that users felt it until then is an entry of its
    own, at the time at which it was stated. `detected` is for what a program cannot know: the first thing that was bad
    may have had nothing to do with it.
    """
    now = writer.now()
    values_by_name: dict[str, str] = {}
    if title is not None and (line := take_line(title, LONGEST_TITLE)):
        values_by_name["title"] = line
    if reach_from is not None:
        values_by_name["reach_from"] = format_timestamp(writer.past(reach_from, now))
    if impact_started is not None:
        values_by_name |= {
            "impact_started": format_timestamp(writer.past(impact_started, now)),
            "impact_started_by": writer.operator,
        }
    if impact_ended is not None:
        values_by_name |= {
            "impact_ended": format_timestamp(writer.past(impact_ended, now)),
            "impact_stated": format_timestamp(now),
            "impact_ended_by": writer.operator,
        }
    if detected is not None:
        values_by_name |= {
            "detected": format_timestamp(writer.past(detected, now)),
            "detection_stated": format_timestamp(now),
        }
    if not values_by_name:
        raise IncidentActionError(
            "Nothing to correct: give a title, where it reaches back to, or when users first felt it.",
            code="nothing-to-change",
        )

    def act(ledger: Ledger) -> Sequence[Draft]:
        meant = writer.meant(ledger, incident)
        first = ledger.declaration(meant.id)
        unmarked = {key: value for key, value in first.detail.items() if key not in ("mistake", "mistake_reason")}
        if reach_from is not None:  # an incident that reaches no further back than its declaration begins with it
            values_by_name["reach_from"] = format_timestamp(min(writer.past(reach_from, now), first.occurred))
        detail = {**unmarked, **values_by_name}
        if detected is not None:
            signal = ledger.find_signal_at(meant.environment, writer.past(detected, now))
            detail["detected_by"] = signal.label if signal else writer.operator
        begin, end = time_of(detail, "impact_started") or meant.detected, time_of(detail, "impact_ended")
        if impact_ended is not None and begin and end and end < begin:
            raise IncidentActionError(
                f"The impact began at {begin:%Y-%m-%d %H:%M:%S}Z; it cannot end before that. Give its start as well.",
                code="time-before-start",
                block=begin,
            )
        # What stood until now: of the detection, the signal that was found, which may be younger than the declaration.
        before = {**first.detail, "detected": format_timestamp(meant.detected) if meant.detected else ""}
        amendments = {
            key: describe_amendment(key, values_by_name[key], before) for key in AMENDED if key in values_by_name
        }
        changes = ", ".join(amendments[key] for key in amendments if key not in STATED_KEYS)
        summary = f"{summarize_event(Kind.DECLARE, detail)}{f' ({changes})' if changes else ''}"
        drafts = [writer.of(meant, Kind.DECLARE, detail, first.occurred, summary=summary, supersedes=first.id)]
        stated = {key: values_by_name[key] for key in STATED_KEYS if key in values_by_name}
        if stated:
            statement = _describe_statement(stated, amendments, find_measured_times(meant))
            drafts.append(writer.of(meant, Kind.NOTE, stated, now, summary=statement))
        return drafts

    return writer.find(writer.write(act).incident)


def _describe_statement(
    stated: Mapping[str, str], amendments: Mapping[str, str], measured: Mapping[str, datetime | None]
) -> str:
    """`accepted as measured: users felt it from 12:07:00Z; stated: users felt it until 12:08:00Z`: a proposal that a
    person took was measured, and not known by that person."""
    is_accepted = {key: measured.get(key) is not None and time_of(stated, key) == measured[key] for key in stated}
    accepted = ", ".join(amendments[key] for key in stated if is_accepted[key])
    own = ", ".join(amendments[key] for key in stated if not is_accepted[key])
    return "; ".join(
        part for part in (accepted and f"accepted as measured: {accepted}", own and f"stated: {own}") if part
    )


STATED_KEYS = {
    "impact_started": "users felt it from",
    "impact_ended": "users felt it until",
    "detected": "detected at",
}
AMENDED = ("title", "reach_from", *STATED_KEYS)


def describe_amendment(key: str, value: str, before: Mapping[str, Any]) -> str:
    """What is corrected, the old word beside the new: `users felt it until 12:07:58Z (was 12:20:00Z)`."""
    name = STATED_KEYS.get(key) or key.replace("_", " ")
    new, old = time_of({key: value}, key), time_of(before, key)
    if new is None:
        return f"{name} “{value}” (was “{text_of(before, key)}”)"
    was = f" (was {old:%Y-%m-%d %H:%M:%S}Z)" if old and old != new else ""
    return f"{name} {new:%Y-%m-%d %H:%M:%S}Z{was}"


def change_severity(
    writer: IncidentWriter, severity: str, incident: str | None = None, reason: str = "", moment: datetime | None = None
) -> Event:
    """Raise or lower an incident on the severity scale; the rules of its new severity level bind from now."""
    severity_level, why, occurred = (
        _find_severity_level(writer, severity).name,
        take_line(reason),
        writer.past(moment, writer.now()),
    )

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        if meant.severity == severity_level:
            raise IncidentActionError(
                f"{meant.id} is {severity_level} already.", code="unchanged", incident=meant.id, severity=severity_level
            )
        changed = writer.not_before(occurred, since := meant.severities[-1].at, moment)
        if changed < since:
            raise IncidentActionError(
                f"{meant.id} is {meant.severity} since {since:%Y-%m-%d %H:%M:%S}Z; give a later time.",
                code="time-before-start",
                incident=meant.id,
                severity=meant.severity,
                since=since,
            )
        detail = {
            "severity": severity_level,
            "was": meant.severity,
            "reason": why,
            "rules": _list_binding_rules(writer, severity_level),
        }
        return writer.of(meant, Kind.SEVERITY, detail, changed)

    return writer.write(act)


def correct_severity(writer: IncidentWriter, severity: str, reason: str = "", incident: str | None = None) -> Event:
    """The severity of now was entered by mistake: this one held from then on. The mistake stays in the chain.

    It counts in no metric, and the deadlines that only it began are gone with it.
    """
    severity_level, why = _find_severity_level(writer, severity).name, take_line(reason)

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        if meant.severity == severity_level:
            raise IncidentActionError(
                f"{meant.id} is {severity_level}. Say which severity was meant instead: `severity P2 --mistake`.",
                code="severity-missing",
                incident=meant.id,
                severity=severity_level,
            )
        entered = ledger.severity_event(meant.id)
        kind = Kind.DECLARE if entered.kind == Kind.DECLARE else Kind.SEVERITY
        marks = {"mistake": meant.severity, "mistake_reason": why}
        detail = {
            **entered.detail,
            "severity": severity_level,
            "rules": _list_binding_rules(writer, severity_level),
            **marks,
        }
        if kind == Kind.SEVERITY or "reason" in detail:
            detail["reason"] = why  # what was said of the wrong one is no reason for the one that was meant
        change = summarize_event(kind, detail) if kind == Kind.DECLARE else f"severity {severity_level}"
        summary = f"{change} ({meant.severity} was entered by mistake{f': {why}' if why else ''})"
        return writer.of(meant, kind, detail, entered.occurred, summary=summary, supersedes=entered.id)

    return writer.write(act)


def change_status(
    writer: IncidentWriter, status: str, incident: str | None = None, reason: str = "", *, seen_open: bool = False
) -> Event:
    """Say where the responders are. A resolved incident named by its id is opened again, with a reason; not by somebody
    who has `seen_open` it, and cannot have meant that."""
    wanted_name, why = clean_line(status).lower(), take_line(reason)
    if wanted_name not in frozenset(Status):
        raise IncidentActionError(
            f"`{clean_line(status, 40)}` is not a status; there are {', '.join(Status)}.",
            code="unknown-status",
            status=clean_line(status, 40),
        )
    if wanted_name == Status.RESOLVED:
        return resolve_incident(writer, reason, incident)

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        if meant.status == wanted_name:
            raise IncidentActionError(
                f"{meant.id} is {wanted_name} already.", code="unchanged", incident=meant.id, name=wanted_name
            )
        if not meant.open and seen_open:
            raise IncidentActionError(
                f"{meant.id} was resolved meanwhile. Leave; who wants it opened again says so then.",
                code="resolved-meanwhile",
                incident=meant.id,
            )
        if not meant.open and not why:
            raise IncidentActionError(
                f"{meant.id} is resolved; say why it is opened again.", code="reason-missing", incident=meant.id
            )
        detail = {"status": wanted_name, "was": meant.status.value, "reason": why}
        return writer.of(meant, Kind.STATUS, detail, writer.now())

    return writer.write(act)


def resolve_incident(
    writer: IncidentWriter,
    reason: str = "",
    incident: str | None = None,
    moment: datetime | None = None,
    because: str = "",
    duplicate_of: str | None = None,
) -> Event:
    """End an incident. `because` is a CloseReason, for what was no incident or not this one.

    `duplicate_of` names the incident that it repeats: that one gets an entry as well, so each leads to the other.
    """
    now, why, kind = writer.now(), take_line(reason), clean_line(because, 40).casefold().replace("_", " ")
    occurred = writer.past(moment, now)
    if kind and kind not in frozenset(CloseReason):
        raise IncidentActionError(
            f"`{kind}` is not a reason to close an incident; there are {', '.join(CloseReason)}.",
            code="unknown-close-reason",
            kind=kind,
        )

    if duplicate_of is not None:
        if kind not in ("", CloseReason.DUPLICATE):
            raise IncidentActionError(
                f"A duplicate of another incident is closed as duplicate, not as {kind}.",
                code="close-reason-of-duplicate",
                kind=kind,
            )
        kind = CloseReason.DUPLICATE.value

    def act(ledger: Ledger) -> Sequence[Draft]:
        meant = _duplicate(writer, ledger, incident, duplicate_of) if duplicate_of else writer.meant(ledger, incident)
        if not meant.open:
            raise IncidentActionError(f"{meant.id} is resolved already.", code="unchanged", incident=meant.id)
        ended = writer.not_before(occurred, meant.declared, moment)
        if ended < meant.declared:
            raise IncidentActionError(
                f"{meant.id} was declared at {meant.declared:%H:%M:%S}Z; it cannot end before that.",
                code="time-before-start",
                incident=meant.id,
                declared=meant.declared,
            )
        detail = {"reason": why, "because": kind}
        if duplicate_of is None:
            return [writer.of(meant, Kind.RESOLVE, detail, ended)]
        original = _original(writer, ledger, meant, duplicate_of)
        named = f"{meant.id} ({meant.severity} {meant.title}) is a duplicate of this incident"
        return [
            writer.of(meant, Kind.RESOLVE, {**detail, "of": original.id}, ended),
            writer.of(original, Kind.NOTE, {"duplicate": meant.id}, ended, summary=named),
        ]

    return writer.write(act)


def reopen_incident(writer: IncidentWriter, reason: str, incident: str | None = None) -> Event:
    """Open a resolved incident again, without a name the one that was resolved last. It needs a reason."""
    why = take_line(reason)
    if not why:
        raise IncidentActionError(
            "Say why it is opened again; the reason stands on the timeline.", code="reason-missing"
        )

    def act(ledger: Ledger) -> Draft:
        meant = (
            writer.meant(ledger, incident)
            if incident is not None
            else writer.must_be_meant(ledger, _resolved_last(writer, ledger))
        )
        if meant.open:
            raise IncidentActionError(f"{meant.id} is open.", code="unchanged", incident=meant.id)
        detail = {"status": Status.INVESTIGATING.value, "was": meant.status.value, "reason": why}
        return writer.of(meant, Kind.STATUS, detail, writer.now())

    return writer.write(act)


def record_export(writer: IncidentWriter, path: str, head: str, incident: str) -> Event:
    """Remember that a post-mortem draft was written, and which state of the timeline it shows."""

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        detail = {"path": clean_line(path), "head": head}
        summary = f"exported to {PurePath(clean_line(path)).name}"
        return writer.of(meant, Kind.EXPORT, detail, writer.now(), summary=summary)

    return writer.write(act, nameless=True)


def set_review_state(writer: IncidentWriter, state: str, reason: str = "", *, incident: str | None = None) -> Event:
    """Say where the post-mortem stands. Going back needs a reason, and nothing is reviewed before it is over."""
    wanted_name, why = clean_line(state, 40).casefold(), take_line(reason)
    order = list(Review)
    if wanted_name not in order:
        raise IncidentActionError(
            f"`{wanted_name}` is not a state of a post-mortem; there are {', '.join(order)}.",
            code="unknown-review-state",
            name=wanted_name,
        )
    next = Review(wanted_name)

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        if meant.review is next:
            raise IncidentActionError(
                f"The post-mortem of {meant.id} is {next} already.", code="unchanged", incident=meant.id, state=next
            )
        if meant.open and next in (Review.REVIEWED, Review.CLOSED):
            raise IncidentActionError(
                f"{meant.id} is open; resolve it before its post-mortem is {next}.",
                code="incident-open",
                incident=meant.id,
                state=next,
            )
        if order.index(next) < order.index(meant.review) and not why:
            raise IncidentActionError(
                f"The post-mortem of {meant.id} is {meant.review}; say why it goes back to {next}.",
                code="reason-missing",
                incident=meant.id,
                review=meant.review,
                state=next,
            )
        detail = {"state": next.value, "was": meant.review.value, "reason": why}
        return writer.of(meant, Kind.REVIEW, detail, writer.now())

    return writer.write(act)


def _duplicate(writer: IncidentWriter, ledger: Ledger, incident: str | None, original: str) -> Incident:
    """The incident that repeats `original`: the one that is named, else the only other one that is open."""
    if incident is None:
        kept = writer.meant(ledger, original)
        others = [other for other in ledger.open(writer.environment) if other.id != kept.id]
        if len(others) == 1:
            return writer.must_be_meant(ledger, others[0])
    return writer.meant(ledger, incident)


def _original(writer: IncidentWriter, ledger: Ledger, duplicate: Incident, named: str) -> Incident:
    """The incident that goes on in place of a duplicate. Raises IncidentActionError where that leads in a circle."""
    original = writer.meant(ledger, named)
    if original.drill != duplicate.drill:
        raise IncidentActionError(
            f"One of {original.id} and {duplicate.id} is a drill: neither can stand for the other.",
            code="duplicate-of-drill",
            original=original.id,
            duplicate=duplicate.id,
        )
    ids, incident = {duplicate.id}, original
    while incident.id not in ids:
        if not incident.duplicate_of or incident.duplicate_of not in ledger.incidents:
            return original
        ids.add(incident.id)
        incident = ledger.incidents[incident.duplicate_of]
    raise IncidentActionError(
        f"{original.id} cannot stand for {duplicate.id}: it is that incident, or a duplicate of it.",
        code="duplicate-circle",
        original=original.id,
        duplicate=duplicate.id,
    )


def _find_severity_level(writer: IncidentWriter, text: str) -> SeverityLevel:
    severity_level = find_level(writer.severity_scale, text)
    if severity_level is None:
        names = ", ".join(item.name for item in writer.severity_scale)
        worst = find_level(writer.severity_scale, "SEV-1")
        means = f" SEV-1 is {worst.name}." if worst and worst.name.casefold() != "sev-1" else ""
        raise IncidentActionError(
            f"`{clean_line(text, 40)}` is not a severity here; there are {names}.{means}",
            code="unknown-severity",
            text=clean_line(text, 40),
            known=names,
        )
    return severity_level


def _list_binding_rules(writer: IncidentWriter, severity_level: str) -> list[dict[str, Any]]:
    """What binds from now, on record: its clocks go on when its document is gone."""
    return [rule.detail() for rule in writer.plan.rules_for(severity_level)]


def _new_id(writer: IncidentWriter, ledger: Ledger, now: datetime) -> str:
    while True:
        id = f"{now:%Y-%m-%d}-{writer.letters()}"
        if id not in ledger.incidents:
            return id


def _resolved_last(writer: IncidentWriter, ledger: Ledger) -> Incident:
    over = [
        (incident.resolved, incident)
        for incident in ledger.incidents.values()
        if incident.resolved is not None and incident.environment == writer.environment
    ]
    if not over:
        raise IncidentActionError(
            f"No incident of {writer.environment} is resolved.",
            code="no-resolved-incident",
            environment=writer.environment,
        )
    return max(over, key=lambda pair: pair[0])[1]
