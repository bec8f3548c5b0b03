"""Forms of clocks: done, later or not applicable; a task with a time; what is to be undone; a breach; a scenario."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cockpit.model.clock import Clock, ClockKind, shown_due
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.time import Time, parse_length, parse_past_moment
from screens.dialogs.dialog import DialogContext
from screens.dialogs.form import Field, FormDialog, FormError, Values, make_required_check
from screens.incident.people_forms import describe_incident
from widgets.cell import Piece
from widgets.clocks import format_remaining

if TYPE_CHECKING:
    from cockpit.incident.actions.incident_actions import IncidentActions
    from cockpit.model.event import Event

SNOOZES = (10, 30, 60)  # minutes
DONE, LATER, NEVER = "done", "remind me later", "not applicable"


def open_clock_form(
    place: DialogContext,
    time: Time,
    incident_actions: "IncidentActions",
    incident: Incident,
    running: Clock,
    *,
    later: bool = False,
) -> "FormDialog[Event]":
    """Say that something is done, ask to be reminded later, or say why it does not apply; `later` stands first then."""
    snoozes = [(f"{LATER}: {snooze} min", "it counts on; nothing rings until then") for snooze in SNOOZES]
    breach = running.kind is ClockKind.BREACH
    done = "notified: say when and whom below" if breach else "it is done now, or at the time below"
    never = "not notifiable: say below why, and who decided" if breach else "say below why it does not apply"
    options = ((DONE, done), *(() if breach else snoozes), (NEVER, never))

    def act(values: Values) -> "Event":
        chosen, reason = values["what"], values["reason"]
        if chosen == NEVER:
            return incident_actions.not_applicable(running.id, reason, incident=incident.id)
        if chosen == DONE:
            position = parse_typed_moment(values["at"], time.now(), place)
            return incident_actions.clock_done(running.id, reason, moment=position, incident=incident.id)
        minutes = int(chosen.removesuffix(" min").rpartition(" ")[2])
        return incident_actions.snooze(running.id, time.now() + timedelta(minutes=minutes), incident=incident.id)

    def check(values: Values) -> None:
        parse_typed_moment(values["at"], time.now(), place)
        if not values["reason"] and (values["what"] == NEVER or breach):
            raise FormError("Say why in a few words; it stands in the post-mortem.", code="reason-missing")

    now = time.now()
    left = format_remaining(running, now)
    pairs: list[Piece] = [
        (running.what, "strong"),
        (f"  {left}", ""),
        (f"  due {shown_due(running, place.zone, now)}", "muted"),
    ]
    return FormDialog(
        place,
        time,
        "Deadline",
        [
            Field("what", "what", snoozes[0][0] if later else DONE, options=options),
            Field("reason", "in a few words", hint="what was done, or why not"),
            Field("at", "when it was done", hint="now, or 10m ago, 14:05 ..."),
        ],
        act,
        about=[*describe_incident(incident, *pairs), [("its rule: ", "muted"), (running.origin, "")]],
        check=check,
    )


ME, OTHER = "yes, I am on call", "no, somebody else"


def open_on_call_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident, running: Clock
) -> "FormDialog[Event]":
    """Is that you? Asked once in an incident, before anybody is asked to call themselves."""

    def act(values: Values) -> "Event":
        return incident_actions.answer_on_call(running.id, values["is"] == ME, incident=incident.id)

    pairs: list[Piece] = [("The plan calls ", ""), (running.who, "strong"), (f"  {running.origin}", "muted")]
    options = (
        (ME, "then nobody is to be called for it"),
        (OTHER, "then they are to be called; you are not asked again"),
    )
    return FormDialog(
        place,
        time,
        "Is that you?",
        [Field("is", "are you the one on call?", ME, options=options)],
        act,
        about=describe_incident(incident, *pairs),
    )


def open_task_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident
) -> "FormDialog[Event]":
    """A task with a time to look back at it: “look at X, I come back to you in three minutes”."""

    def check(values: Values) -> None:
        if not values["text"]:
            raise FormError("Say what is to be looked at.", code="text-missing")
        if parse_length(values["within"]) <= timedelta():
            raise FormError("The time must be more than nothing.", code="time-missing")

    return FormDialog(
        place,
        time,
        "Task with a time",
        [
            Field("text", "what is to be done", hint="look at the slow queries"),
            Field("within", "back in", "3m"),
            Field("person", "who", place.actor),
        ],
        lambda values: incident_actions.start_task(
            values["text"], parse_length(values["within"]), values["person"], incident=incident.id
        ),
        about=describe_incident(incident),
        check=check,
        does="starts its deadline",
    )


def open_loop_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident
) -> "FormDialog[Event]":
    """Something was turned off for now and must be turned on again: it stays open, also after the incident."""

    def act(values: Values) -> "Event":
        until = time.now() + parse_length(values["within"]) if values["within"] else None
        return incident_actions.start_loop(values["text"], until, incident=incident.id)

    def check(values: Values) -> None:
        make_required_check("text", "Say what must be turned on again.")(values)
        if values["within"]:
            parse_length(values["within"])

    return FormDialog(
        place,
        time,
        "To be undone later",
        [
            Field("text", "what was turned off or loosened for now", hint="signature check of the webhook is off"),
            Field("within", "to be undone within", hint="nothing, or 2h, 1d"),
        ],
        act,
        about=describe_incident(incident),
        check=check,
    )


def open_awareness_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident, plan: Plan
) -> "FormDialog[Event]":
    """Start the clock of the breach notice. Only a person can: awareness is a judgement."""
    rule = next((rule for rule in plan.rules if rule.kind is ClockKind.BREACH), None)
    hours = f"{rule.after.total_seconds() / 3600:.0f} hours" if rule else "72 hours"
    pairs: list[Piece] = [(f"From the moment of awareness the authority is to be told within {hours}.", "warn")]
    if rule:
        pairs.append((f" {rule.origin}", "muted"))

    def check(values: Values) -> None:
        make_required_check("text", "Say what is known.")(values)
        parse_typed_moment(values["at"], time.now(), place)

    return FormDialog(
        place,
        time,
        "Aware of a breach of personal data",
        [
            Field("text", "what is known with reasonable certainty"),
            Field("at", "aware since", hint="now, or 20m ago, 14:05 ..."),
        ],
        lambda values: incident_actions.aware(
            values["text"], moment=parse_typed_moment(values["at"], time.now(), place), incident=incident.id
        ),
        about=[
            *describe_incident(incident),
            pairs,
            [("This deadline cannot be dismissed: only notified, or not notifiable because.", "")],
        ],
        check=check,
        does="starts the deadline",
    )


def open_scenario_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident, plan: Plan
) -> "FormDialog[Event] | None":
    """Choose what the recovery is measured against; None where no document gives targets."""
    if not plan.targets:
        return None
    options = tuple((target.scenario, _format_targets(target.rpo, target.rto)) for target in plan.targets)

    def act(values: Values) -> "Event":
        target = plan.target(values["scenario"])
        assert target is not None
        return incident_actions.choose_scenario(
            target.scenario, target.rto, target.rpo, target.origin, incident=incident.id
        )

    chosen = incident.recovery.scenario if incident.recovery else options[0][0]
    return FormDialog(
        place,
        time,
        "Recovery scenario",
        [Field("scenario", "which", chosen, options=options)],
        act,
        about=describe_incident(incident, ("its recovery time counts from the declaration", "muted")),
    )


def _format_targets(rpo: timedelta | None, rto: timedelta | None) -> str:
    lines = [
        f"{name} {_format_short(value)}"
        for name, value in (("lose at most", rpo), ("recover within", rto))
        if value is not None
    ]
    return ", ".join(lines)


def _format_short(value: timedelta) -> str:
    minutes = int(value.total_seconds() // 60)
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes} min"


def parse_typed_moment(text: str, now: datetime, place: DialogContext) -> datetime | None:
    """The past moment typed into a field, None for now. Raises WhenError."""
    return parse_past_moment(text, now, place.zone) if text else None
