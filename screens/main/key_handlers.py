"""What the keys of the cockpit do: each opens a screen or writes one event, of what was captured at its press.

Which key it is stands in `cockpit.model.key_bindings`, why one does nothing in `screens.main.standing`. Every screen is
imported when it is first asked for. What concerns runbooks is done in `runbook_handlers`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen

from cockpit.incident.background import compute_uptime, read_alert_past
from cockpit.incident.open_ends import OpenEnd, OpenEndKind
from cockpit.model.alert import Alert, AlertGroup, AlertState
from cockpit.model.event import Event, Kind, RecordError, text_of
from cockpit.model.incident import Incident, find_concerned_incident, list_acknowledged, worst_first
from cockpit.model.probe import ProbeResult, SignalResult
from cockpit.model.revision import Revision
from cockpit.model.text import clean_line, quote_for_shell
from cockpit.model.time import show
from screens.main.context import CockpitContext
from screens.main.status_lines import find_followed_revision, is_over
from screens.shared.copying import copy_text
from screens.shared.due import DueClock, find_on_call_clock, list_open_ends, list_other_incidents
from screens.shared.view import build_view

if TYPE_CHECKING:
    from cockpit.incident.actions.silences import SilenceOutcome
    from cockpit.incident.postmortem.export import Exporter
    from cockpit.model.time import Time
    from cockpit.session import Session
    from screens.dialogs.dialog import DialogContext
    from screens.dialogs.status import OpenEndHandlers
    from screens.logs import LogSurroundings
    from widgets.facts import Fact
    from widgets.plot import PlotMark

MOST_EVENTS_READ = 20_000  # newest, of 30 days
MOST_CHANGES_SHOWN = 8
MOST_CHANGES_LISTED = 40
MOST_MARKS = 12  # of what happened, in the drawing of an hour
ROLES_PANE = 1
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class KeyPress:
    """The cockpit at the moment of a key press."""

    screen: CockpitContext
    session: "Session"

    @property
    def context(self) -> "DialogContext":
        """Where a dialog acts, and as whom."""
        from screens.dialogs.dialog import DialogContext

        here = self.session.environment
        return DialogContext(here.name, here.production, self.session.operator, self.screen.cockpit.zone)

    @property
    def cloud_context(self) -> "DialogContext":
        """The same with the identity that the cloud will see, where that is known."""
        identity = self.session.identity()
        return replace(self.context, actor=identity.label) if identity else self.context

    @property
    def about(self) -> "tuple[DialogContext, Time]":
        """What every dialog begins with."""
        return self.context, self.session.time

    @property
    def worst_incident(self) -> Incident | None:
        """The open incident that the bar shows."""
        session = self.session
        return next(iter(worst_first(session.ledger, session.environment.name, session.system.severity_scale)), None)

    @property
    def incident(self) -> Incident | None:
        """The incident that the bar shows, else the one that ended last."""
        session = self.session
        return find_concerned_incident(session.ledger, session.environment.name, session.system.severity_scale)

    def open(self, screen: Screen[R], then: Callable[[R | None], None] | None = None) -> None:
        self.screen.app.push_screen(screen, then)

    def say(self, text: str, *, warns: bool = False) -> None:
        self.screen.notify(text, severity="warning" if warns else "information", markup=False)


KeyHandler = Callable[[KeyPress], None]
KEY_HANDLERS: dict[str, KeyHandler] = {}
"""What each key does, by the name of its binding; `handles` fills it."""
F = TypeVar("F", bound=Callable[..., None])


def handles(name: str) -> Callable[[F], F]:
    """The function below is what the binding `name` of the table `MAIN` does."""

    def register(act: F) -> F:
        KEY_HANDLERS[name] = act
        return act

    return register


# What happened: alerts, notes, events, and what a row of a pane is


@handles("acknowledge")
def acknowledge_alert(press: KeyPress) -> None:
    """Acknowledge the alert under the cursor; one key, and the notice names it."""
    alert = press.screen.under_cursor(1)
    if is_over(alert):
        press.say("This alert is over: there is nothing to acknowledge.", warns=True)
    elif isinstance(alert, AlertGroup):
        going = tuple(item for item in alert.alerts if item.state is not AlertState.RESOLVED)
        acknowledge_all = partial(press.session.incident_actions.acknowledge_all, going)
        press.screen.write(acknowledge_all, f"You acknowledged {len(going)} alerts {alert.name}.")
    elif isinstance(alert, Alert):
        acknowledge = partial(press.session.incident_actions.acknowledge, alert.key, alert.name)
        press.screen.write(acknowledge, f"You acknowledged {alert.name}.")


@handles("silence")
def open_silence(press: KeyPress) -> None:
    """Silence the alert or the group under the cursor; the dialog counts what it reaches."""
    chosen = press.screen.under_cursor(1)
    alerts = chosen.alerts if isinstance(chosen, AlertGroup) else (chosen,) if isinstance(chosen, Alert) else ()
    if alerts:
        open_silence_dialog(press, alerts)


def open_silence_dialog(press: KeyPress, alerts: Sequence[Alert]) -> None:
    """Of several sources the first that can be silenced: a silence holds in one Alertmanager."""
    from cockpit.incident.actions.silences import read_silences
    from screens.dialogs.silence import SilencedAlerts, SilenceDialog

    session = press.session
    source = next((alert.source for alert in alerts if session.can_silence(alert.source)), alerts[0].source)
    server = session.open_silences(source)
    if server is None:
        press.say("Its source is no Alertmanager: silence it where it comes from.", warns=True)
        return
    labels = [dict(alert.labels) for alert in alerts if alert.source == source]
    captured = SilencedAlerts(source, alerts[0].name, labels)

    def say_done(result: "SilenceOutcome | None") -> None:
        if result is not None:
            session.watch.refresh()
            press.say("Done, and on the timeline. Its row follows with the next look.")

    act = partial(session.incident_actions.change_silence, server)
    press.open(SilenceDialog(*press.about, captured, partial(read_silences, server), act), say_done)


@handles("note")
def open_note(press: KeyPress) -> None:
    from screens.dialogs.note import Note

    press.open(Note(*press.about, press.session.incident_actions, press.worst_incident))


@handles("pin")
def pin_event(press: KeyPress) -> None:
    """Pin the event under the cursor of the timeline, or unpin it; one key, and the notice names it."""
    event, incident = press.screen.under_cursor(3), press.incident
    if isinstance(event, Event) and incident is not None:
        pinned = event.id not in incident.pins
        pin = partial(press.session.incident_actions.pin, event.id, pinned, incident=incident.id)
        press.screen.write(pin, f"{'Pinned' if pinned else 'No longer pinned'}: {event.summary}")


def open_details(press: KeyPress, value: object) -> None:
    """Of the object of a row: a revision has a menu, all others their facts."""
    from screens.dialogs.details import AlertDetails, Details, EventDetails, SignalDetails
    from screens.main.runbook_handlers import open_helping_procedure, open_revision

    session = press.session
    helps = partial(open_helping_procedure, press.screen, session, press.cloud_context, value)
    if isinstance(value, Revision):
        open_revision(press.screen, session, press.cloud_context, value)
    elif isinstance(value, Event):
        incident = session.ledger.incidents.get(value.incident or "") or press.worst_incident
        press.open(EventDetails(*press.about, value, session.incident_actions, incident))
    elif isinstance(value, DueClock):
        settle_clock(press, value)
    elif isinstance(value, Incident):
        open_roles(press)
    elif isinstance(value, Alert):
        acknowledgement = list_acknowledged(session.ledger.taken(session.environment.name), [value]).get(value.key)
        incident_actions = None if session.read_only else session.incident_actions
        silence = partial(open_silence_dialog, press, (value,)) if session.can_silence(value.source) else None
        background = partial(read_background, session, value)
        details = AlertDetails(*press.about, value, acknowledgement, incident_actions, background, silence, helps)
        press.open(details, lambda _: session.watch.refresh())
    elif isinstance(value, SignalResult):
        marks = list_plot_marks(session.history, session.time.now())
        press.open(SignalDetails(*press.about, value, marks, partial(read_background, session, value), helps))
    else:
        read_past = partial(read_background, session, value)
        press.open(Details(*press.about, value, read_past=read_past, open_procedure=helps))


@handles("before")
def open_changes_before(press: KeyPress) -> None:
    """What preceded the row under the cursor, newest first: of the probes where they have the focus, else an alert."""
    from screens.dialogs.details import ChangesBefore

    value = press.screen.under_cursor(0 if press.screen.current == 0 else 1) or press.screen.under_cursor(0)
    if value is None:
        press.say("Choose an alert, a probe or a signal first.", warns=True)
        return
    silent = build_view(press.session.watch, press.session.environment.name).silent_changes
    read = partial(read_changes_before, press.session, value, silent, press.screen.cockpit.zone)
    press.open(ChangesBefore(*press.about, value, read))


def read_changes_before(session: "Session", value: object, silent: Sequence[str], zone: tzinfo) -> "list[Fact]":
    """Everything that changed in the hours before, newest first, and whether the cloud itself has an outage. Blocking.
    Never raises."""
    from cockpit.incident.background import (
        BACKGROUND_KINDS,
        LOOK_BACK,
        OUTAGES,
        describe_changes,
        find_active_outages,
        list_changes_before,
    )
    from cockpit.incident.change_dates import present_events

    if isinstance(value, AlertGroup):
        moment = min(alert.since for alert in value.alerts)
    else:
        moment = value.since if isinstance(value, Alert | ProbeResult | SignalResult) else session.time.now()
    try:
        events = session.timeline.events(
            environment=session.environment.name,
            kinds=BACKGROUND_KINDS,
            occurred_from=moment - OUTAGES,
            limit=MOST_EVENTS_READ,
        )
    except RecordError as error:
        return [("before", f"not known: {error}")]
    local = moment.astimezone(zone)
    facts: list[Fact] = [("since", f"{local:%H:%M:%S %Z on %d %b}")]
    facts += [("Azure", event.summary) for event in find_active_outages(events, moment)]
    facts += [("not seen", f"{line}: what it knows is missing here") for line in silent]
    before = list_changes_before(present_events(events), moment, LOOK_BACK)
    changes = [event for event in before if event.kind != Kind.HEALTH]
    lines = describe_changes(changes, moment)
    hours = int(LOOK_BACK.total_seconds() // 3600)
    if not lines:
        facts.append(("changed", f"nothing on the timeline in the {hours} hours before"))
    for event, line in zip(changes[:MOST_CHANGES_LISTED], lines, strict=False):
        facts.append((event.kind, line))
        if url := text_of(event.detail, "url"):
            facts.append(("", url))
    if len(changes) > MOST_CHANGES_LISTED:
        facts.append(("", f"and {len(changes) - MOST_CHANGES_LISTED} more: the timeline has all of them"))
    return facts


def read_background(session: "Session", value: object) -> "list[Fact]":
    """What the timeline and the configuration know of an alert, a probe or a signal. Blocking. Never raises."""
    from cockpit.incident.background import (
        BACKGROUND_KINDS,
        PAST,
        describe_changes,
        describe_no_changes,
        list_changes_before,
    )
    from cockpit.incident.change_dates import present_events
    from cockpit.runbooks.plan.severities import find_alert_severity

    now = session.time.now()
    try:
        events = session.timeline.events(
            environment=session.environment.name,
            kinds=BACKGROUND_KINDS,
            occurred_from=now - PAST,
            limit=MOST_EVENTS_READ,
        )
        record_began = session.timeline.first_recorded()
    except RecordError as error:
        return [("before", f"not known: {error}")]
    facts: list[Fact] = []
    if isinstance(value, Alert) and (row := find_alert_severity(session.plan, value)):
        facts.append(("by document", f"{row.severity} ({row.origin})"))
    if isinstance(value, Alert):
        facts.append(("how often", read_alert_past(events, value.key, now, record_began).text))
        facts += describe_first_action(session, value)
    elif isinstance(value, ProbeResult | SignalResult):
        kind = Kind.PROBE if isinstance(value, ProbeResult) else Kind.SIGNAL
        facts.append(("up", compute_uptime(events, kind, value.name, now, record_began).text))
    if isinstance(value, ProbeResult):
        facts += describe_probe_settings(session, value.name)
    if isinstance(value, Alert | ProbeResult | SignalResult):
        before = list_changes_before(present_events(events), value.since)
        changes = describe_changes(before, value.since)[:MOST_CHANGES_SHOWN]
        lines = changes or [describe_no_changes(value.since, record_began)]
        facts += [("changed" if index == 0 else "", line) for index, line in enumerate(lines)]
    return [(label, line) for label, line in facts if line]


def describe_first_action(session: "Session", alert: Alert) -> "list[Fact]":
    """What the team's documents say to do first about an alert, and where that stands. Blocking."""
    from cockpit.runbooks.catalogue.alert_match import match_alerts
    from screens.main.runbook_handlers import make_catalogue_reader

    match = next(iter(match_alerts(make_catalogue_reader(session)(), [alert])), None)
    if match is None:
        return []
    first = match.step or next(iter(match.procedure.to_do if match.procedure else ()), None)
    title = match.procedure.full_title if match.procedure else match.document.runbook.title
    hint = match.hint if match.hint != title else ""
    action = " · ".join(part for part in (hint, first.title if first else "", first.command if first else "") if part)
    place = f"{match.document.id}#{match.procedure.slug}" if match.procedure else match.document.id
    label = "its limit" if match.how == "threshold" else "first action"
    return [("procedure", f"{title} ({place})"), (label, clean_line(action, 300))]


def describe_probe_settings(session: "Session", name: str) -> "list[Fact]":
    """How a probe is configured: what must hold, how often, and what helps."""
    probe = next((probe for probe in session.environment.probes if probe.name == name), None)
    if probe is None:
        return []
    return [
        ("must hold", " and ".join(condition.text for condition in probe.conditions)),
        ("or degraded", " and ".join(condition.text for condition in probe.degraded)),
        ("asked", f"every {show(probe.interval)}, down after {probe.failures} failures in a row"),
    ]


def list_plot_marks(history: Sequence[Event], now: datetime) -> "list[PlotMark]":
    """What happened in the last hour, newest first, for the drawing of a number: changes and incidents."""
    from cockpit.incident.background import list_marked_events
    from cockpit.incident.change_dates import present_events
    from widgets.plot import HOUR, PlotMark

    return [
        PlotMark(event.occurred, letter, event.summary, "bad" if letter == "I" else "info")
        for event, letter in list_marked_events(present_events(history), now - HOUR, now)[:MOST_MARKS]
    ]


@handles("logs")
def open_logs(press: KeyPress) -> None:
    """Of the revision under the cursor when its pane has the focus, else of the one with the most traffic."""
    from screens.logs import LogsScreen

    followed = find_followed_revision(press.screen)
    if followed is None:
        press.say("No revision has traffic; choose one in pane 3 first.", warns=True)
        return
    app, revision = followed
    open_stream = partial(press.session.logs, app, revision)
    around = _find_log_surroundings(press)
    press.open(
        LogsScreen(revision, open_stream, zone=press.screen.cockpit.zone, time=press.session.time, around=around)
    )


def _find_log_surroundings(press: KeyPress) -> "LogSurroundings":
    """The logs of every revision, and where lines of them can be put."""
    from screens.logs import LogSurroundings

    session, incident = press.session, press.worst_incident
    applications = build_view(session.watch, session.environment.name).applications
    others = [
        (revision, partial(session.logs, application, revision))
        for application in applications
        for revision in application.revisions
    ]
    around = LogSurroundings(others, folder=session.timeline.path.parent / "logs")
    if session.plan.snapshot:
        around = replace(around, preserve=partial(open_procedure, press, session.plan.snapshot))
    if session.read_only:
        return replace(around, unrecorded="Read-only: nothing is recorded. `Save` writes a file.")
    if incident is None:
        return around

    def record(text: str, log: str) -> object:
        done = "The lines are on the timeline, as evidence."
        return press.screen.write(partial(session.incident_actions.note, text, incident.id, log=log), done)

    return replace(around, record=record)


# The incident: declare it, change it, lead it


@handles("declare")
def open_declare(press: KeyPress) -> None:
    from screens.dialogs.declare import Declare

    session = press.session
    read_plan_again(press)  # the rules that will bind are those of now
    list_bad = partial(session.ledger.bad, session.environment.name)
    list_open = partial(worst_first, session.ledger, session.environment.name, session.system.severity_scale)
    first = session.ledger.find_outage_start(session.environment.name, session.time.now())
    severity = _propose_severity(press)
    dialog = Declare(
        *press.about,
        session.incident_actions,
        list_bad(),
        open=list_open(),
        list_open=list_open,
        list_bad=list_bad,
        first=first,
        severity=severity,
    )
    press.open(dialog, partial(ask_who_is_on_call, press))


def _propose_severity(press: KeyPress) -> str:
    """By the documents, where they say how grave what fires is; else the one that is always proposed."""
    from cockpit.incident.incident_state import default_severity
    from cockpit.model.alert import AlertState
    from cockpit.runbooks.plan.severities import propose_severity

    session = press.session
    alerts = build_view(session.watch, session.environment.name).alerts
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    scale = session.system.severity_scale
    return propose_severity(session.plan, scale, firing, default_severity(scale))


def ask_who_is_on_call(press: KeyPress, declared: object) -> None:
    """Once it is declared, before anybody is asked to call themselves; nothing where it was only noted, or is known.

    A word and no dialog: whoever has just declared types on, and those keys are meant for what is on the screen. The
    deadline itself asks when it is opened.
    """
    session = press.session
    clock = find_on_call_clock(session, declared, press.context.zone) if isinstance(declared, Incident) else None
    if clock is not None:
        key = press.screen.name_key("roles")
        press.say(f"Is that you? The plan calls {clock.who}. Press {key}: that deadline asks before you call.")


@handles("status")
def open_status(press: KeyPress) -> None:
    """Of one that ended, too: it may be opened again."""
    from screens.dialogs.status import StatusDialog

    if press.incident is not None:
        others = list_other_incidents(press.session, press.incident)
        ends = make_open_end_handlers(press, press.incident)
        press.open(StatusDialog(*press.about, press.session.incident_actions, press.incident, ends=ends, others=others))


def make_open_end_handlers(press: KeyPress, incident: Incident) -> "OpenEndHandlers":
    """What stays open at resolving, and what deals with each of it."""
    from screens.dialogs.status import OpenEndHandlers

    list_ends = partial(list_open_ends, press.session, incident, press.screen.cockpit.zone)
    return OpenEndHandlers(list_ends, partial(deal_with, press, incident))


def deal_with(press: KeyPress, incident: Incident, end: OpenEnd) -> None:
    """Open what ends it: the signal, the freeze, the menu of the revision, the run, the list, the message."""
    from screens.main.runbook_handlers import open_known_run

    view = build_view(press.session.watch, press.session.environment.name)
    revisions = {f"{revision.app}/{revision.name}": revision for app in view.applications for revision in app.revisions}
    match end.kind:
        case OpenEndKind.SIGNAL:
            signals = {f"{Kind.PROBE}:{probe.name}": probe for probe in view.probes}
            signal = {**signals, **{f"{Kind.ALERT}:{alert.key}": alert for alert in view.alerts}}.get(end.target)
            if signal is not None:
                open_details(press, signal)
            else:
                press.say("It is not on the screen any more: its last state is on the timeline.", warns=True)
        case OpenEndKind.SILENCED:
            silenced = next((alert for alert in view.alerts if alert.name == end.target), None)
            if silenced is not None:
                open_details(press, silenced)
            else:
                press.say("It is not on the screen any more: its last state is on the timeline.", warns=True)
        case OpenEndKind.SILENCE:
            id = "ID" if '"' in end.target else quote_for_shell(end.target.partition("-")[0])
            press.say(
                f"`cockpit silence list` in a shell shows it, `cockpit silence expire {id}` lifts it.", warns=True
            )
        case OpenEndKind.FREEZE:
            open_freeze(press)
        case OpenEndKind.REVISION if end.target in revisions:
            open_details(press, revisions[end.target])
        case OpenEndKind.RUN:
            open_known_run(press.screen, press.session, press.cloud_context, end.target)
        case OpenEndKind.CHECKLIST:
            open_checklist(press, end.target, incident)
        case OpenEndKind.TASK:
            open_incident(press)
        case _:
            open_communicate(press, incident)


def open_incident(press: KeyPress, pane: int = 0) -> None:
    """The incident's own screen, with the cursor in one of its panes."""
    from screens.incident.screen import IncidentScreen

    if press.incident is not None:
        boxes = partial(open_checklist, press, incident=press.incident)
        ends = make_open_end_handlers(press, press.incident)
        press.open(IncidentScreen(press.session, press.context, press.incident.id, pane=pane, boxes=boxes, ends=ends))


@handles("roles")
def open_roles(press: KeyPress) -> None:
    open_incident(press, ROLES_PANE)


def open_incident_form(press: KeyPress, name: str) -> None:
    """The incident's own screen with one of its forms over it, by the names of `IncidentScreen.FORMS`."""
    open_incident(press)
    front = press.screen.app.screen_stack[-1]
    front.call_after_refresh(front.run_action, f"do({name!r})")


@handles("snooze")
def snooze_clock(press: KeyPress) -> None:
    """The most urgent deadline, as the bar shows it."""
    if press.screen.asking:
        settle_clock(press, press.screen.asking[0], later=True)
    else:
        press.say("Nothing is due, so there is nothing to put off.", warns=True)


def settle_clock(press: KeyPress, due: DueClock, *, later: bool = False) -> None:
    """Say of one deadline that it is done, or later, or does not apply."""
    from screens.incident.clock_forms import open_clock_form, open_on_call_form

    if due.clock == find_on_call_clock(press.session, due.incident, press.context.zone):
        press.open(open_on_call_form(*press.about, press.session.incident_actions, due.incident, due.clock))
        return
    press.open(open_clock_form(*press.about, press.session.incident_actions, due.incident, due.clock, later=later))


@handles("freeze")
def open_freeze(press: KeyPress) -> None:
    from screens.incident.people_forms import open_freeze_form

    session = press.session
    press.open(
        open_freeze_form(*press.about, session.incident_actions, session.ledger.freeze(session.environment.name))
    )


def open_checklist(press: KeyPress, first: str = "", incident: Incident | None = None) -> None:
    """The boxes of the plan's checklists, those of the incident's severity first; `first` names another one."""
    from screens.checklist import ChecklistScreen

    session, subject = press.session, incident or press.incident
    if subject is None:
        return
    if not session.plan.checklists:
        press.say("No document has a checklist: `- [ ]` items make one.", warns=True)
        return
    acts = list_checklist_acts(press, subject)
    press.open(ChecklistScreen(session, press.context, subject, acts, first))


def list_checklist_acts(press: KeyPress, incident: Incident) -> dict[str, Callable[[], None]]:
    """What an item of a checklist can offer here, by the names that a box has for them."""
    acts: dict[str, Callable[[], None]] = {
        "declare": partial(open_communicate, press, incident),
        "communicate": partial(open_communicate, press, incident),
        "freeze": partial(open_freeze, press),
        "unfreeze": partial(open_freeze, press),
        "roll_back": partial(roll_back, press),
    }
    if press.session.plan.snapshot:
        acts["preserve"] = partial(open_procedure, press, press.session.plan.snapshot)
    return acts


# Telling others, and what is written afterwards


@handles("communicate")
def open_communicate(press: KeyPress, incident: Incident | None = None) -> None:
    """Write to clients or to the team."""
    from screens.messages.screen import CommunicateScreen

    if subject := incident or press.incident:
        press.open(CommunicateScreen(press.session, press.context, subject))


@handles("update")
def open_update(press: KeyPress) -> None:
    """Record that an update was sent by other means."""
    from screens.incident.people_forms import open_update_form

    if press.incident is not None:
        press.open(open_update_form(*press.about, press.session.incident_actions, press.incident, press.session.plan))


@handles("status_line")
def copy_status_line(press: KeyPress) -> None:
    """Copy the one line on how it stands, for the incident channel, and record that it was sent."""
    from cockpit.incident.messages.offers import STATUS_LINE, compose_message
    from screens.messages.screen import build_scene, build_taking

    session, incident = press.session, press.incident
    if incident is None:
        return
    line = compose_message(STATUS_LINE, build_scene(session, press.context, incident), session.time.now())
    copy_text(press.screen.app, line.text)
    send = build_taking(session, press.context, incident).sent
    press.screen.write(
        partial(send, STATUS_LINE.audience, line.text, STATUS_LINE.id, line.promised),
        "The status line is copied, kept in messages/ beside the timeline, and recorded as sent to the team.",
    )


@handles("brief")
def open_brief(press: KeyPress) -> None:
    """The situation in half a minute."""
    from screens.incident.brief import BriefScreen

    if press.incident is not None:
        press.open(BriefScreen(press.session, press.context, press.incident))


@handles("preview")
def open_preview(press: KeyPress) -> None:
    """The draft as it would be written now."""
    from screens.incident.post_mortem import PreviewScreen

    if press.incident is not None:
        press.open(PreviewScreen(press.session, press.context, press.incident))


@handles("export")
def open_export(press: KeyPress) -> None:
    from screens.incident.post_mortem import Export

    def say_where(path: Path | None) -> None:
        if path is not None:
            press.say(f"The draft is in {path}.")

    if press.incident is not None:
        press.open(Export(*press.about, _make_exporter(press.session, press.incident)), say_where)


def _make_exporter(session: "Session", incident: Incident) -> "Exporter":
    from cockpit.incident.postmortem.export import Exporter

    return Exporter(incident, session.timeline, session.incident_actions, session.system, session.time, session.plan)


@handles("past")
def open_history(press: KeyPress) -> None:
    from screens.history import PastScreen

    press.open(PastScreen(press.session, press.context))


# Runbooks, the cloud, and the screen itself


@handles("runbooks")
def open_runbooks(press: KeyPress) -> None:
    from screens.main.runbook_handlers import open_catalogue

    read_plan_again(press)  # as the catalogue reads the documents itself
    open_catalogue(press.screen, press.session, press.cloud_context)


@handles("roll_back")
def roll_back(press: KeyPress) -> None:
    """To the revision under the cursor when its pane has the focus, else to the last one that served well."""
    from screens.main.runbook_handlers import open_rollback

    chosen = press.screen.under_cursor(2) if press.screen.current == 2 else None
    revision = chosen if isinstance(chosen, Revision) else None
    open_rollback(press.screen, press.session, press.cloud_context, revision)


def open_procedure(press: KeyPress, name: str) -> None:
    """A procedure that the configuration gives a key, or a checklist names."""
    from screens.main import runbook_handlers

    runbook_handlers.open_procedure(press.screen, press.session, press.cloud_context, name)


def read_plan_again(press: KeyPress) -> None:
    """Read the documents again in a thread: somebody may have edited them since the cockpit began. What cannot be read
    any more, or does not count, is reported once."""
    session, screen = press.session, press.screen
    problems = session.plan.problems

    def read() -> None:
        for problem in session.read_again().problems:
            if problem not in problems:
                text = f"{problem.message} {problem.advice}".strip()
                screen.notify(text, severity="warning", markup=False, timeout=10)

    screen.run_worker(read, thread=True, group="plan", exit_on_error=False)


@handles("sign_in")
def sign_in(press: KeyPress) -> None:
    """By the way a person signed in before; afterwards every source is asked again."""
    from screens.dialogs.signin import DeviceCodeDialog, TerminalLogin

    session, credential = press.session, press.session.credential
    way = credential.signs_in_with if credential else None
    if credential is None or way is None:
        press.say("Only a machine's identity is configured here: nobody can sign in.")
        return

    def use_sign_in(result: Any) -> None:
        if result:
            credential.forget()
            session.watch.refresh()

    if way == "cli":
        hand_over = press.screen.cockpit.hand_over
        press.open(TerminalLogin(*press.about, credential.login_command(), hand_over), use_sign_in)
    else:
        press.open(DeviceCodeDialog(*press.about, credential.sign_in), use_sign_in)


@handles("wall")
def open_wall(press: KeyPress) -> None:
    from screens.wall import WallScreen

    press.open(WallScreen())
