"""Severity, status and resolution of an incident, with the reason, in one dialog."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.impact import (
    ImpactMoment,
    describe_unseen_moment,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.open_ends import OpenEnd, OpenEndKind, list_left_open
from cockpit.model.event import Kind, RecordError
from cockpit.model.incident import Incident
from cockpit.model.incident import Status as IncidentStatus
from cockpit.model.response import CloseReason
from cockpit.model.severity_scale import is_lowered
from cockpit.model.text import clean_line
from cockpit.model.time import Time, WhenError
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.context import EventsAppended
from screens.shared.enter_guard import begin_with_key
from widgets.cell import Piece, wrap_pieces
from widgets.choice import Choice
from widgets.line import Lines

MEANING = {
    IncidentStatus.INVESTIGATING: "we do not know yet why",
    IncidentStatus.IDENTIFIED: "we know why and are fixing it",
    IncidentStatus.MONITORING: "fixed; we watch whether it holds",
    IncidentStatus.RESOLVED: "over: closes the incident",
}


BECAUSE = {
    CloseReason.FIXED: "the cause is gone, or has a workaround",
    CloseReason.FALSE_POSITIVE: "nothing was wrong",
    CloseReason.DUPLICATE: "it is the same as another incident",
    CloseReason.SUPERSEDED: "a later incident continues it",
    CloseReason.EXTERNAL: "broken and fixed by somebody else",
    CloseReason.CANCELLED: "declared by mistake, or called off",
}


@dataclass(frozen=True, slots=True)
class OpenEndHandlers:
    """What stays open at this moment, and what deals with one of it."""

    list: Callable[[], Sequence[OpenEnd]]
    deal: Callable[[OpenEnd], None]


ENDS_KEYS = "enter resolves, keeps the rest open · esc leaves"  # before them the digits of what is listed


class OpenEndsDialog(Dialog[tuple[OpenEnd, ...]]):
    """Before an incident is resolved: what stays open. Its result is what is left open all the same."""

    AUTO_FOCUS = ""
    what = "What stays open"
    keys = ENDS_KEYS
    # Digits number what is listed, as in every choice: they are no keys of their own to bind.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(number), f"deal({number - 1})", "Deal with it", show=False) for number in range(1, 10)
    ]

    def __init__(self, place: DialogContext, time: Time, title: str, handlers: OpenEndHandlers) -> None:
        super().__init__(place, time)
        self._title, self._handlers = title, handlers
        self._ends: tuple[OpenEnd, ...] = ()
        self._numbers: dict[tuple[OpenEndKind, str], int] = {}  # of each that was ever listed, from 1

    def fields(self) -> ComposeResult:
        yield Lines(id="subject")
        yield Lines(id="ends", classes="label")

    def on_mount(self) -> None:
        self.query_one("#subject", Lines).show((("resolves ", "muted"), (self._title, "strong")))
        self._tell()
        self.set_interval(LIVE, self._tell)

    def _tell(self) -> None:
        """Kept live: what was dealt with is gone from the list. The others keep their numbers: a key that is on its way
        must not deal with another than the one beside which it stood."""
        self._ends = tuple(self._handlers.list())
        rows: list[list[Piece]] = []
        numbers = [self._number(end) for end in self._ends]
        for number, end in sorted(zip(numbers, self._ends, strict=True), key=lambda row: row[0]):
            key = f"{number}" if number < 10 else " "
            rows += wrap_pieces(
                [(f"{key}  ", "key"), (end.text, ""), (f"  {DEALS[end.kind]}", "muted")], self.wide, most=2, indent=3
            )
        self.keys = " · ".join(filter(None, [_name_digits([number for number in numbers if number < 10]), ENDS_KEYS]))
        self.query_one("#ends", Lines).show(*rows or [[("✔ Nothing is open any more.", "good")]])

    def _number(self, end: OpenEnd) -> int:
        return self._numbers.setdefault((end.kind, end.target or end.text), len(self._numbers) + 1)

    def action_deal(self, index: int) -> None:
        end = next((end for end in self._ends if self._number(end) == index + 1), None)
        if end is not None:
            self._handlers.deal(end)
        else:
            over = "is no longer open" if index < len(self._numbers) else "is not in the list"
            self.say(f"{index + 1} {over}.")

    def decide(self) -> Callable[[], tuple[OpenEnd, ...]] | None:
        left = self._ends
        return lambda: left


def _name_digits(numbers: Sequence[int]) -> str:
    """`1-3 deal with one`, `2, 4 deal with one`, `2 deals with it`; "" for none."""
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"{numbers[0]} deals with it"
    first, last = min(numbers), max(numbers)
    is_row = len(numbers) == last - first + 1
    return f"{f'{first}-{last}' if is_row else ', '.join(map(str, sorted(numbers)))} deal with one"


MOST_OTHERS = 4  # incidents offered as the one that this one repeats
LIVE = 1.0  # seconds between two looks at what is open
DEALS = {
    OpenEndKind.SIGNAL: "shows it",
    OpenEndKind.SILENCED: "shows it",
    OpenEndKind.SILENCE: "says how to lift it",
    OpenEndKind.FREEZE: "lifts the freeze",
    OpenEndKind.REVISION: "opens its menu",
    OpenEndKind.RUN: "opens the run",
    OpenEndKind.CHECKLIST: "opens the checklist",
    OpenEndKind.TASK: "opens the deadlines",
    OpenEndKind.UPDATE: "writes the update",
    OpenEndKind.NOTHING_SENT: "writes to clients or the team",
}
"""What the key of each kind does."""
SAYS_WHAT_IS_FELT = (Kind.PROBE, Kind.ALERT, Kind.SIGNAL, Kind.REVISION, Kind.TRAFFIC)
CHANGED, MISTAKEN = "it changed", "entered by mistake"
StatedTimes = tuple[datetime | None, datetime | None, datetime | None]
"""When users first and last felt it and when it was noticed; None: no time was named."""


class StatusDialog(Dialog[None]):
    """`incident` is the one captured at the key press. What was recorded before a refusal is not recorded twice."""

    what = "Severity and status"
    keys = "enter records · ↑ ↓ choose · tab next · esc leaves, nothing changes"
    typed_into = "#reason"  # where it can be seen: a list that comes up moves the fields

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        incident_actions: IncidentActions,
        incident: Incident,
        *,
        ends: OpenEndHandlers | None = None,
        others: Sequence[Incident] = (),
    ) -> None:
        """`ends` tells what stays open at resolving. `others` are those that it may repeat."""
        super().__init__(place, time)
        self._incident_actions = incident_actions
        self._open_ends, self._others = ends, tuple(other for other in others if other.id != incident.id)
        self._left: tuple[str, ...] = ()  # what is left open all the same, as it is written down
        self._incident = incident
        self._was_open = incident.open  # when it was opened: who changes the status then opens nothing again
        self._severity = incident.severity  # as it was last recorded
        self._start, self._end = propose_impact_start(incident), propose_impact_end(incident)
        self._detected = ImpactMoment(incident.detected, incident.detected_by) if incident.detected else None
        # As they were last recorded; what was detected stands until somebody states another time.
        self._stated = (incident.impact_started, incident.impact_ended, incident.detected)

    def fields(self) -> ComposeResult:
        yield Lines(id="subject")
        yield Lines(id="severity-label", classes="label")
        yield Choice(
            [(level.name, level.definition) for level in self._incident_actions.severity_scale],
            self._incident.severity,
            id="severity",
        )
        yield Lines(id="status-label", classes="label")
        yield Choice(
            [(status.value, text) for status, text in MEANING.items()], self._incident.status.value, id="status"
        )
        yield Lines(id="because-label", classes="label")
        yield Choice(
            [(close_reason.value, text) for close_reason, text in BECAUSE.items()],
            CloseReason.FIXED.value,
            id="because",
        )
        yield Lines(id="of-label", classes="label")
        others = [(other.id, f"{other.severity} {other.title}") for other in self._others[:MOST_OTHERS]]
        yield Choice(others or [("none", "")], "", id="of")
        yield Lines(id="reason-label", classes="label")
        yield Input(id="reason", max_length=500, select_on_focus=False)
        yield Lines(id="why-label", classes="label")
        yield Choice(
            self._list_reasons_why(),
            CHANGED,
            id="why",
        )
        yield Lines(id="impact-evidence", classes="label")
        with Horizontal(id="impact"):
            yield Lines(id="from-label")
            yield Input(self._clock_time(self._start), id="impact-from", max_length=40)
            yield Lines(id="until-label")
            yield Input(self._clock_time(self._end), id="impact-until", max_length=40)
        with Horizontal(id="noticing"):
            yield Lines(id="noticed-label")
            yield Input(self._clock_time(self._detected), id="noticed", max_length=40)
            yield Lines(id="noticed-by")

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        show = {
            "#subject": (("on ", "muted"), (self._incident.title, "strong")),
            "#severity-label": (("severity", "muted"),),
            "#why-label": ((f"and {self._incident.severity}?", "muted"),),
            "#status-label": (("status", "muted"),),
            "#because-label": (("it ended because it was", "muted"),),
            "#of-label": (("the same as", "muted"),),
            "#impact-evidence": self._evidence(),
            "#from-label": (("from ", "muted"),),
            "#until-label": (("  until ", "muted"),),
            "#noticed-label": (("noticed", "muted"),),
            "#noticed-by": self._describe_noticing(),
        }
        for where, line in show.items():
            self.query_one(where, Lines).show(line)
        self._ask_because()

    def _list_reasons_why(self) -> list[tuple[str, str]]:
        return [
            (CHANGED, "it was right, and is another from now on"),
            (MISTAKEN, f"it never was {self._severity}: counted in no number, both stay on record"),
        ]

    @on(EventsAppended)
    def _look_again(self, message: EventsAppended) -> None:
        """While this was open somebody else may have changed what it stands at, or what users feel began or ended."""
        moved = (Kind.DECLARE, Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE)
        if any(
            (event.incident == self._incident.id and event.kind in moved)
            or (event.environment == self._incident.environment and event.kind in SAYS_WHAT_IS_FELT)
            for event in message.events
        ):
            self._read_again()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _read_again(self) -> None:
        with suppress(RecordError, IncidentActionError):
            incident = self._incident_actions.find(self._incident.id)
            self.app.call_from_thread(self._show_standing, incident)

    def _show_standing(self, incident: Incident) -> None:
        if not self.is_attached or self._acting:
            return
        self._incident, self._severity = incident, incident.severity
        self.query_one("#why-label", Lines).show(((f"and {self._severity}?", "muted"),))
        self.query_one("#why", Choice).offer(self._list_reasons_why())
        self.query_one("#severity", Choice).stand_at(incident.severity)
        self.query_one("#status", Choice).stand_at(incident.status.value)
        self._stated = (incident.impact_started, incident.impact_ended, incident.detected)
        detected = ImpactMoment(incident.detected, incident.detected_by) if incident.detected else None
        self._start = self._propose_again("#impact-from", self._start, propose_impact_start(incident))
        self._end = self._propose_again("#impact-until", self._end, propose_impact_end(incident))
        self._detected = self._propose_again("#noticed", self._detected, detected)
        self.query_one("#impact-evidence", Lines).show(self._evidence())
        self.query_one("#noticed-by", Lines).show(self._describe_noticing())

    def _propose_again(self, field: str, before: ImpactMoment | None, now: ImpactMoment | None) -> ImpactMoment | None:
        """What the record says by now, in a field that still holds what it said before; what was typed stays."""
        input = self.query_one(field, Input)
        if input.value.strip() == self._clock_time(before) and now != before:
            input.value = self._clock_time(now)
        return now

    def _describe_noticing(self) -> Sequence[Piece]:
        return (("  by ", "muted"), (self._detected.evidence if self._detected else "", ""))

    def _evidence(self) -> Sequence[Piece]:
        """What says that users felt it from then until then; Enter takes the times as they stand."""
        begin = self._describe_proposal(self._start) or "start not known"
        end = self._describe_proposal(self._end) or self._describe_bad()
        return (("users felt it: ", "muted"), (f"{begin} … {end}", ""))

    def _describe_proposal(self, moment: ImpactMoment | None) -> str:
        """What says that it was then, and since when it may have been so where nobody recorded."""
        return f"{moment.source}{describe_unseen_moment(self._incident, moment.at)}" if moment else ""

    def _describe_bad(self) -> str:
        """Why no end is proposed: what is bad still, which nobody would guess where all probes are up again."""
        if self._incident.felt_bad:
            return self._incident.felt_bad
        ends = self._open_ends.list() if self._open_ends else ()
        bad = [end.text for end in ends if end.kind in (OpenEndKind.SIGNAL, OpenEndKind.SILENCED)]
        if not bad:
            return "no lasting recovery seen yet"
        return bad[0] if len(bad) == 1 else f"{bad[0]}, and {len(bad) - 1} more"

    def _clock_time(self, moment: ImpactMoment | None) -> str:
        """As `when` reads it back: with its day where that is not today."""
        if moment is None:
            return ""
        local, today = moment.at.astimezone(self.place.zone), self.time.now().astimezone(self.place.zone)
        return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M:%S}"

    @on(Choice.Changed, "#severity")
    @on(Choice.Changed, "#because")
    @on(Choice.Changed, "#status")
    def _ask_because(self) -> None:
        """Whoever closes it says how it ended, and is not asked for its severity: both do not fit 24 rows."""
        status = self.query_one("#status", Choice)
        closes = status.chosen == IncidentStatus.RESOLVED and self._incident.open
        mended = status.changed and status.chosen in (IncidentStatus.MONITORING, IncidentStatus.RESOLVED)
        self.query_one("#dialog").set_class(closes or mended, "-closing")
        repeats = closes and self.query_one("#because", Choice).chosen == CloseReason.DUPLICATE and bool(self._others)
        for id in ("#impact-evidence", "#impact", "#noticing"):
            self.query_one(id).display = mended and not repeats
        for id in ("#of-label", "#of"):
            self.query_one(id).display = repeats
        for id in ("#because-label", "#because"):
            self.query_one(id).display = closes
        for id in ("#severity-label", "#severity", "#status-label"):  # one choice alone needs no label
            self.query_one(id).display = not closes
        severity = self.query_one("#severity", Choice)
        for id in ("#why-label", "#why"):
            self.query_one(id).display = not closes and severity.chosen != self._severity
        self._tell_reason()

    @on(Choice.Changed, "#why")
    def _tell_reason(self) -> None:
        """Says before Enter does where a reason is needed."""
        severity, status = self.query_one("#severity", Choice), self.query_one("#status", Choice)
        raised = severity.chosen if severity.display and severity.chosen != self._severity else None
        is_needed = bool(self._why(raised, status.chosen if status.changed else None))
        needed = " (needed)" if is_needed else ""
        self.query_one("#reason-label", Lines).show(((f"why, for those who read it later{needed}", "muted"),))

    @property
    def _is_mistake(self) -> bool:
        """Whether the severity is not lowered or raised, but was entered by mistake."""
        why = self.query_one("#why", Choice)
        return bool(why.display) and why.chosen == MISTAKEN

    def decide(self) -> Callable[[], None] | None:
        severity, status = self.query_one("#severity", Choice), self.query_one("#status", Choice)
        reason = clean_line(self.query_one(Input).value, 500)
        changed = severity.changed and severity.chosen != self._severity and severity.display  # not one that is hidden
        raised = severity.chosen if changed else None
        moved = status.chosen if status.changed else None
        if raised is None and moved is None:
            self.say(f"Nothing was changed. {self.name_key('esc')} leaves.")
            return None
        if not reason and (missing := self._why(raised, moved)):
            self.query_one(Input).focus()
            self.say(f"{missing}, then press {self.name_key('enter')} again.")
            return None
        because = self.query_one("#because", Choice).chosen
        try:
            impact = self._impact() if moved in (IncidentStatus.MONITORING, IncidentStatus.RESOLVED) else self._stated
        except WhenError as error:
            self.say(str(error))
            return None
        act = partial(self._record, raised, moved, reason, because, impact, self._is_mistake)
        if moved == IncidentStatus.RESOLVED and self._open_ends is not None and self._open_ends.list():
            self._ask_open_ends(self._open_ends, act)
            return None
        return act

    def _ask_open_ends(self, ends: OpenEndHandlers, act: Callable[[], None]) -> None:
        """Show what stays open first; what is left of it is written down, and then the incident is resolved."""

        def resolve(left: tuple[OpenEnd, ...] | None) -> None:
            if left is None:
                confirm = begin_with_key(self.name_key("enter"))
                self.say(f"It is not resolved yet. {confirm} shows again what stays open.")
                return
            self._left, self._acting = tuple(list_left_open(self._incident, left)), True
            self._act(act)

        self.app.push_screen(OpenEndsDialog(self.place, self.time, self._incident.title, ends), resolve)

    def _impact(self) -> StatedTimes:
        """From when until when users felt it and when it was noticed, as the fields say. Raises WhenError."""
        begin = self._moment("#impact-from", self._start)
        end = self._moment("#impact-until", self._end)
        if begin is not None and end is not None and end < begin:
            self.query_one("#impact-until", Input).focus()
            raise WhenError(
                "The impact ends before it begins. Correct one of the two times, or empty it.", code="impact-ends-early"
            )
        return begin, end, self._moment("#noticed", self._detected)

    def _moment(self, field: str, proposed: ImpactMoment | None) -> datetime | None:
        text = self.query_one(field, Input).value.strip()
        if not text:
            return None
        if proposed is not None and text == self._clock_time(proposed):
            return proposed.at
        try:
            return self.read_moment(text)
        except WhenError:
            self.query_one(field, Input).focus()
            raise

    def _repeated(self, because: str) -> str | None:
        """The incident that this one repeats, where it ends as a duplicate and another one is known."""
        if because != CloseReason.DUPLICATE or not self._others:
            return None
        chosen = self.query_one("#of", Choice).chosen
        return next((other.id for other in self._others if other.id == chosen), self._others[0].id)

    def _why(self, severity: str | None, moved: str | None) -> str:
        """What a reason is needed for; "" where it can be left out: a rise waits for no words, a lowering does."""
        severity_scale = self._incident_actions.severity_scale
        if severity is not None and not self._is_mistake and is_lowered(severity_scale, self._severity, severity):
            return f"It was {self._severity}. Say why it is only {severity}"
        if moved == IncidentStatus.RESOLVED:
            return "Resolving closes it. Say in a few words what ended it"
        return "" if self._incident.open or moved is None else "It is over. Say why it is opened again"

    def _record(
        self,
        severity: str | None,
        status: str | None,
        reason: str,
        because: str,
        impact: StatedTimes,
        is_mistake: bool,
    ) -> None:
        if severity is not None:
            if is_mistake:
                self._incident_actions.correct_severity(severity, reason, self._incident.id)
            else:
                self._incident_actions.change_severity(severity, self._incident.id, reason)
            self._severity = severity
        started, ended, noticed = (new if new != old else None for new, old in zip(impact, self._stated, strict=True))
        if started is not None or ended is not None or noticed is not None:
            self._incident_actions.amend(
                self._incident.id, impact_started=started, impact_ended=ended, detected=noticed
            )
            self._stated = impact
        if status == IncidentStatus.RESOLVED:
            while self._left:
                self._incident_actions.start_loop(self._left[0], incident=self._incident.id)
                self._left = self._left[1:]  # a refusal of the next one does not write this one twice
            self._incident_actions.resolve(
                reason, self._incident.id, because=because, duplicate_of=self._repeated(because)
            )
        elif status is not None:
            self._incident_actions.change_status(status, self._incident.id, reason, seen_open=self._was_open)
