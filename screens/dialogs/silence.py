"""Silence an alert: the labels are proposed and may be changed, and how much they reach is counted before Enter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.silences import (
    WHY_MISSING,
    SilenceOperation,
    SilenceOutcome,
    SilenceSituation,
    list_offers,
)
from cockpit.model.problem import SourceError
from cockpit.model.silence import MatcherError, Silence, count_reach, parse_matchers, propose_matchers
from cockpit.model.text import clean_line
from cockpit.model.time import LengthError, Time, format_age, is_named_utc, parse_length
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.dialog import DialogContext, show_hint
from widgets.cell import Piece, wrap_pieces
from widgets.choice import Choice
from widgets.line import Lines

LONGEST_MATCHERS = 4_000  # characters
LOOK_AGAIN = 10.0  # seconds between two counts of what is listed
USUAL = "2h"
NEW = "new"
KEYS = "enter {} · tab next · esc leaves, nothing changes"
VERBS = {
    SilenceOperation.CREATE: "silences",
    SilenceOperation.EXTEND: "extends it",
    SilenceOperation.EXPIRE: "ends it",
}
FIELDS = (("labels", "labels that it must have"), ("length", "for how long from now"), ("why", "why"))


@dataclass(frozen=True, slots=True)
class SilencedAlerts:
    """What a silence is made for: the alert under the cursor or a whole group, captured at the key press."""

    source: str
    name: str
    label_sets: Sequence[Mapping[str, str]]


class SilenceDialog(Confirmation[SilenceOutcome]):
    """`read` and `act` block. What was unknown or refused stays on the screen with its reason."""

    AUTO_FOCUS = "#field-why"

    class Answered(Message):
        """The source answered what it lists, or why not."""

        def __init__(self, situation: SilenceSituation | None, failure: str = "") -> None:
            super().__init__()
            self.situation, self.failure = situation, failure

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        alerts: SilencedAlerts,
        read: Callable[[], SilenceSituation],
        act: Callable[[SilenceOperation, Silence], SilenceOutcome],
    ) -> None:
        super().__init__(place, time)
        self.what = f"Silence {alerts.name}"
        self.keys = KEYS.format(VERBS[SilenceOperation.CREATE])
        self._alerts = alerts
        self._read, self._change = read, act
        self._situation: SilenceSituation | None = None
        self._failure = ""
        self._offers: dict[str, tuple[SilenceOperation, Silence]] = {}

    def fields(self) -> ComposeResult:
        yield Lines(id="about", classes="label")
        yield Choice(((NEW, "a silence of its own"),), NEW, id="field-what")
        presets = {"length": USUAL, "labels": self._propose()}
        hints = {"why": "what you do about it; it stands in Alertmanager, too"}
        for name, _ in FIELDS:
            yield Lines(id=f"label-{name}", classes="label")
            yield Input(
                presets.get(name, ""),
                placeholder=show_hint(hints.get(name, "")),
                max_length=LONGEST_MATCHERS,
                select_on_focus=name == "length",
                compact=True,
                id=f"field-{name}",
            )
        yield Lines(id="reach", classes="label")

    def _propose(self) -> str:
        return " ".join(matcher.text for matcher in propose_matchers(self._alerts.label_sets))

    def on_mount(self) -> None:
        about: list[Piece] = [("Alertmanager ", "muted"), (self._alerts.source, "strong"), (" tells nobody", "muted")]
        about.append((" of alerts with these labels; they still show here, as silenced.", "muted"))
        self.query_one("#about", Lines).show(*wrap_pieces(about, self.wide))
        for name, label in FIELDS:
            self.query_one(f"#label-{name}", Lines).show(((label, "muted"),))
            self.query_one(f"#field-{name}", Input).cursor_blink = False
        self._look()
        self.set_interval(LOOK_AGAIN, self._look)
        self._recount()

    # What the source says

    @work(thread=True, exit_on_error=False, exclusive=True, group="silences")
    def _look(self) -> None:
        try:
            self.post_message(self.Answered(self._read()))
        except SourceError as error:
            self.post_message(self.Answered(None, f"{error.problem.message} {error.problem.advice}".strip()))
        except Exception as error:  # whatever it was: it is shown, and nothing can be confirmed
            self.post_message(self.Answered(None, clean_line(error, 200) or type(error).__name__))

    @on(Answered)
    def _take_answer(self, message: Answered) -> None:
        self._failure = message.failure
        if message.situation is not None:
            first, self._situation = self._situation is None, message.situation
            if first:
                self._offer(message.situation)
        self._recount()

    def _offer(self, situation: SilenceSituation) -> None:
        """The silences that hold for it, and those that ended a moment ago; offered once, so that no choice moves."""
        now = self.time.now()
        options = [(NEW, "a silence of its own")]
        for silence in list_offers(situation.silences, self._alerts.label_sets, now):
            why = f"{silence.author}: {silence.comment}" if silence.comment else silence.author
            short = silence.id[:4]
            if silence.state == "expired" or silence.ends <= now:
                ago = format_age((now - silence.ends).total_seconds())
                self._add(options, f"again {short}", f"ended {ago} ago, {why}", SilenceOperation.CREATE, silence)
            else:
                until = self._show_end(silence.ends)
                self._add(options, f"extend {short}", f"ends {until}, {why}", SilenceOperation.EXTEND, silence)
                self._add(options, f"end {short}", "the same one, now", SilenceOperation.EXPIRE, silence)
        self.query_one("#field-what", Choice).offer(options)

    def _add(
        self, options: list[tuple[str, str]], name: str, text: str, operation: SilenceOperation, silence: Silence
    ) -> None:
        if name not in self._offers:
            self._offers[name] = operation, silence
            options.append((name, clean_line(text, 120)))

    def _show_end(self, ends: datetime) -> str:
        """`16:41 NZDT`, with its day where that is another one."""
        local = ends.astimezone(self.place.zone)
        day = "" if local.date() == self.time.now().astimezone(self.place.zone).date() else f" on {local:%d %b}"
        zone = "" if is_named_utc(local) else f" ({ends:%H:%M}Z)"
        return f"{local:%H:%M %Z}{zone}{day}"

    # What was chosen and typed

    @property
    def _chosen(self) -> tuple[SilenceOperation, Silence | None]:
        name = self.query_one("#field-what", Choice).chosen
        return self._offers.get(name, (SilenceOperation.CREATE, None))

    @on(Choice.Changed)
    def _choose(self) -> None:
        operation, silence = self._chosen
        self._guard.touch()
        self.keys = KEYS.format(VERBS[operation])
        if operation is SilenceOperation.CREATE:
            self._set("labels", silence.text if silence else self._propose())
            self._set("why", silence.comment if silence else "")
        needs = {
            SilenceOperation.CREATE: ("labels", "length", "why"),
            SilenceOperation.EXTEND: ("length",),
            SilenceOperation.EXPIRE: (),
        }[operation]
        for name, _ in FIELDS:
            for part in ("label", "field"):
                self.query_one(f"#{part}-{name}").display = name in needs
        self._recount()

    def _set(self, name: str, text: str) -> None:
        self.query_one(f"#field-{name}", Input).value = text

    def _value(self, name: str) -> str:
        return clean_line(self.query_one(f"#field-{name}", Input).value, LONGEST_MATCHERS).strip()

    def _plan(self) -> tuple[SilenceOperation, Silence]:
        """What would be done now. Raises MatcherError, LengthError."""
        operation, silence = self._chosen
        now = self.time.now()
        if operation is SilenceOperation.EXPIRE and silence is not None:
            return operation, silence
        ends = now + parse_length(self._value("length"))
        if operation is SilenceOperation.EXTEND and silence is not None:
            return operation, replace(silence, ends=ends)
        return operation, Silence(
            "", parse_matchers(self._value("labels")), now, ends, self.place.actor, self._value("why")[:300]
        )

    @on(Input.Changed)
    def _recount(self) -> None:
        lines = self.query_one("#reach", Lines)
        lines.show(*wrap_pieces(self._count(), max(20, self.wide), most=4, indent=2))

    def _count(self) -> list[Piece]:
        """What it reaches and until when, as far as the source has answered."""
        try:
            operation, silence = self._plan()
        except (MatcherError, LengthError) as error:
            return [(str(error), "warn")]
        if self._situation is None:
            return [(self._failure or "Counting what it reaches…", "bad" if self._failure else "muted")]
        reach = count_reach(silence.matchers, self._situation.labels)
        others = reach.count > len(self._alerts.label_sets) or bool(reach.untried)
        tone = "warn" if others or not reach.count else ""
        verb = "Ends the silence of" if operation is SilenceOperation.EXPIRE else "Silences"
        pieces: list[Piece] = [(f"{verb} ", "muted"), (reach.text, tone)]
        if operation is not SilenceOperation.EXPIRE:
            pieces += [(", until ", "muted"), (self._show_end(silence.ends), "strong")]
        if operation is not SilenceOperation.CREATE:
            pieces += [("  labels ", "muted"), (silence.text, "")]
        if self._failure:
            pieces += [(f"  Counted before it stopped answering: {self._failure}", "warn")]
        return pieces

    def not_yet(self) -> str:
        if self._situation is None:
            return self._failure or "The source has not answered yet: what it reaches is not counted."
        return super().not_yet()

    def decide(self) -> Callable[[], SilenceOutcome] | None:
        try:
            operation, silence = self._plan()
        except (MatcherError, LengthError) as error:
            self.say(str(error))
            return None
        if operation is SilenceOperation.CREATE and not silence.comment:
            self.say(WHY_MISSING)
            return None
        return lambda: self._do(operation, replace(silence, author=silence.author or self.place.actor))

    def _do(self, operation: SilenceOperation, silence: Silence) -> SilenceOutcome:
        """Blocking. Raises IncidentActionError where it was not done: then the dialog stays."""
        result = self._change(operation, silence)
        if result.outcome == "failed":
            raise IncidentActionError(f"{self._alerts.source} refused it: {result.reason}", code="silence-refused")
        if result.outcome != "done":
            raise IncidentActionError(
                f"It was sent, and nobody answered ({result.reason}): whether it holds is not known. Leave, and look"
                " at the alert before you send it again.",
                code="silence-unknown",
            )
        return result
