"""Forms of people: who holds a role, who was called, what was decided, whether anything may be deployed.

What a form is about is captured when it is made, and named in it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cockpit.incident.messages.fields import usual_promise
from cockpit.model.incident import Incident
from cockpit.model.plan import Contact, Plan
from cockpit.model.response import Freeze, Review
from cockpit.model.time import Time, format_clock_time, parse_promise
from screens.dialogs.dialog import DialogContext
from screens.dialogs.form import Field, FormDialog, Values, make_required_check
from screens.messages.header import AUDIENCES
from widgets.cell import Piece

MOST_LEAVES = 4  # that the dialog has rows for

if TYPE_CHECKING:
    from cockpit.incident.actions.incident_actions import IncidentActions
    from cockpit.model.event import Event


def describe_incident(incident: Incident, *more: Piece) -> list[list[Piece]]:
    """Which incident the form is about, and what else of it."""
    lines: list[list[Piece]] = [[("on ", "muted"), (f"{incident.severity_text} ", ""), (incident.title, "strong")]]
    return [*lines, *([list(more)] if more else [])]


def open_role_form(
    place: DialogContext,
    time: Time,
    incident_actions: "IncidentActions",
    incident: Incident,
    name: str,
    duty: str,
    list_leaves: Callable[[], Sequence[str]],
) -> "FormDialog[Event]":
    """Take a role, leave it, or hand it over; `list_leaves` tells what is still open, for the note of a handover.

    It is asked again when it is handed over: what was done while the form was open is not left to the next one."""
    holds = incident.in_role(name)
    options = [("take", "I or somebody else takes it; several may hold one")]
    if holds:
        options += [
            ("hand over", f"from {', '.join(holds)} to the person below"),
            ("leave", "the person below lets it go"),
        ]

    def act(values: Values) -> "Event":
        person, note = values["person"], values["note"]
        if values["what"] == "leave":
            return incident_actions.leave_role(name, person, note, incident=incident.id)
        if values["what"] == "hand over":
            return incident_actions.hand_over(
                name, person, "; ".join(filter(None, [note, *list_leaves()])), incident=incident.id
            )
        return incident_actions.take_role(name, person, note, incident=incident.id)

    leaves = list_leaves() if holds else []
    shown_leaves = leaves if len(leaves) <= MOST_LEAVES else leaves[: MOST_LEAVES - 1]
    open: list[list[Piece]] = [[("still open: ", "muted"), (leaf, "")] for leaf in shown_leaves]
    if left := len(leaves) - len(shown_leaves):
        open.append([(f"and {left} more; all of them go into the note of a handover", "muted")])
    return FormDialog(
        place,
        time,
        f"Role: {name}",
        [
            Field("what", "what", options=tuple(options)),
            Field("person", "person", place.actor, "a name or an address"),
            Field("note", "note", hint="what the next one must know"),
        ],
        act,
        about=[*describe_incident(incident, (duty, "muted")), *open],
        check=make_required_check("person", "Say who: a name or an address."),
    )


NO_ANSWER = "no answer"
ANSWERS = (("yes", "or it is not known yet"), (NO_ANSWER, "the call was made, and nobody answered"))


def open_call_form(
    place: DialogContext,
    time: Time,
    incident_actions: "IncidentActions",
    incident: Incident,
    who: str,
    tier: int,
    contacts: Sequence[Contact],
    unreached: Sequence[str] = (),
) -> "FormDialog[Event]":
    """Write down that somebody was called. The cockpit pages nobody."""
    pair_lists: list[list[Piece]] = [
        [
            (f"{contact.role}: ", "muted"),
            (contact.person or "not filled in", "" if contact.filled else "bad"),
            (f"  {contact.how}", ""),
        ]
        for contact in contacts
    ]
    pair_lists += [[(f"{name}: ", "muted"), ("no contact is known", "bad")] for name in unreached]
    return FormDialog(
        place,
        time,
        "Called",
        [
            Field("who", "who was called", who),
            Field("how", "how", contacts[0].how if contacts else "", "phone, pager, chat"),
            Field("note", "what they said", hint="on their way in ten minutes"),
            Field("answered", "did they answer?", options=ANSWERS),
        ],
        lambda values: incident_actions.called(
            values["who"],
            tier,
            values["how"],
            values["note"],
            False if values["answered"] == NO_ANSWER else None,
            incident=incident.id,
        ),
        about=[*describe_incident(incident), *pair_lists, [("You make the call; this records it.", "muted")]],
        check=make_required_check("who", "Say who was called."),
    )


def open_decision_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident
) -> "FormDialog[Event]":
    """A decision stands on the timeline as one: what, and why."""
    return FormDialog(
        place,
        time,
        "Decision",
        [Field("text", "what was decided", hint="roll back; do not wait for the fix"), Field("reason", "why")],
        lambda values: incident_actions.decide(values["text"], values["reason"], incident=incident.id),
        about=describe_incident(incident),
        check=make_required_check("text", "Say what was decided."),
    )


def open_freeze_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", now: Freeze | None
) -> "FormDialog[Event]":
    """Forbid deployments to the environment, or allow them again."""
    what = "Lift the freeze" if now else "Freeze deployments"
    pairs: list[Piece] = [
        ("No deployments to ", ""),
        (place.environment, "strong"),
        (" until it is lifted; a step that changes it warns.", ""),
    ]
    if now:
        pairs = [
            ("Frozen by ", ""),
            (now.by, "strong"),
            (f" at {format_clock_time(now.since, place.zone, time.now().astimezone(place.zone).date())}", ""),
            (f": {now.reason}", "muted"),
        ]
    return FormDialog(
        place,
        time,
        what,
        [Field("reason", "why", hint="green again" if now else "until prod is green")],
        lambda values: incident_actions.freeze(now is None, values["reason"], seen=now),
        about=[pairs],
        does="lifts it" if now else "freezes",
    )


REVIEWS = {
    Review.DRAFT: "facts are filled in, people still write",
    Review.IN_REVIEW: "others read it",
    Review.REVIEWED: "it was discussed together; ends its deadline",
    Review.CLOSED: "its action items are done, or have an owner elsewhere",
}


def open_review_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident
) -> "FormDialog[Event]":
    """Where the post-mortem stands."""
    return FormDialog(
        place,
        time,
        "Post-mortem",
        [
            Field(
                "state",
                "state",
                incident.review.value,
                options=tuple((item.value, text) for item, text in REVIEWS.items()),
            ),
            Field("reason", "in a few words", hint="who reviewed it, where"),
        ],
        lambda values: incident_actions.review(values["state"], values["reason"], incident=incident.id),
        about=describe_incident(incident),
    )


# The small dialog for an update that was sent by other means: its text, to whom, when the next one follows.

READS = {"client": "customers, clients", "team": "the incident channel, our own people", "authority": "a regulator"}


def open_update_form(
    place: DialogContext, time: Time, incident_actions: "IncidentActions", incident: Incident, plan: Plan
) -> "FormDialog[Event]":
    """One line and Enter; the next one is promised as often as the incident's rules ask."""
    usual = usual_promise(incident, plan)
    preset = f"{int(usual.total_seconds()) // 60} min" if usual else ""
    last = incident.updates[-1].audience if incident.updates else "client"

    def act(values: Values) -> "Event":
        within = parse_promise(values["next"])
        due = (time.now() + within).replace(microsecond=0) if within else None
        return incident_actions.sent(values["to"], values["text"], promised=due, incident=incident.id)

    def check(values: Values) -> None:
        make_required_check("text", "Say in one line what they were told.")(values)
        parse_promise(values["next"])

    return FormDialog(
        place,
        time,
        "Update sent",
        [
            Field("text", "what was said, in one line"),
            Field("next", "promised: the next one in", preset, "nothing, or 30 min, 1 hour"),
            Field("to", "to", last, options=tuple((audience, READS[audience]) for audience in AUDIENCES)),
        ],
        act,
        about=[[("on ", "muted"), (f"{incident.severity_text} ", ""), (incident.title, "strong")]],
        check=check,
        does="records it",
    )
