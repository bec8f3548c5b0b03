"""Declare an incident: one line and Enter. The rest is pre-set, on screen, and can be changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.actions.lifecycle import LONGEST_TITLE
from cockpit.incident.incident_state import default_severity
from cockpit.incident.signals import Signal, compute_reach, earliest_signal
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import DECLARATION
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.text import clean_line
from cockpit.model.time import Time, WhenError, format_age, format_duration
from screens.dialogs.dialog import Dialog, DialogContext, show_hint
from widgets.cell import Piece, fit_text, sanitize_line, wrap_pieces
from widgets.choice import Choice
from widgets.keys import make_bindings
from widgets.line import Lines

SHOWN = 3  # signals listed; the rest is a number
LABEL = 24  # cells of a signal's name: its age and what it means come after it
LIVE = 1.0  # seconds between two looks at what is bad
DECLARES = "enter declares · ↑ ↓ severity · tab next field · esc leaves"
JOINS = "enter writes the note · tab next field · esc leaves"
PAGES_NOBODY = "This program pages nobody."
SIGNS = {"down": ("✖", "bad"), "degraded": ("◐", "warn"), "flapping": ("◐", "warn"), "firing": ("▲", "bad")}
"""As the panes show them."""
UNKNOWN_SIGN = ("✖", "bad")


class Declare(Dialog[Incident | Event]):
    """`bad` are the signals that are bad at the key press, as the ledger knows them.

    Its answer is the incident; or, for a level that makes none, the note that was written in its place.
    """

    what = "Declare an incident"
    keys = DECLARES
    typed_into = "#title"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DECLARATION)

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        incident_actions: IncidentActions,
        bad: Sequence[Signal],
        *,
        open: Sequence[Incident] = (),
        list_open: Callable[[], Sequence[Incident]] | None = None,
        list_bad: Callable[[], Sequence[Signal]] | None = None,
        first: Signal | None = None,
        severity: str = "",
    ) -> None:
        """`open` are the incidents that are open here, the worst first. `list_open` and `list_bad` tell what is open
        and what is bad at any moment.

        `first` is what knew first of this outage, where that is over already. `severity` is the one that is proposed.
        """
        super().__init__(place, time)
        self._incident_actions = incident_actions
        self._bad = _sort_signals(bad)
        self._list_bad = list_bad or (lambda: bad)
        self._list_open = list_open or (lambda: open)
        self._all_open = tuple(open)
        self._known = {incident.id for incident in open}  # those that a person has been told of here
        self._first = first or earliest_signal(self._bad, time.now())
        self._reach_from = compute_reach(self._first, time.now())
        self._severity = severity or default_severity(incident_actions.severity_scale)
        self._unsure = self._drill = False
        self._joined: Incident | None = None  # what the line becomes a note in

    @property
    def _open(self) -> tuple[Incident, ...]:
        """What this may be the same as: a drill is never the same as what is real."""
        is_drill = self._drill or self._incident_actions.only_drills
        return tuple(incident for incident in self._all_open if incident.drill == is_drill)

    def fields(self) -> ComposeResult:
        yield Lines(id="already")
        yield Lines(id="ask", classes="label")
        yield Input(id="title", max_length=LONGEST_TITLE)
        yield Choice(
            [(level.name, level.definition) for level in self._incident_actions.severity_scale],
            self._severity,
            was="preset",
        )
        yield Lines(id="response")
        yield Lines(id="unsure")
        yield Lines(id="bad", classes="label")
        with Horizontal(id="times"):
            yield Lines(id="impact-label")
            yield Input(id="impact", placeholder=show_hint("not known"), compact=True)
            yield Lines(id="reach-label")
            yield Input(self._clock(self._reach_from), id="reach", compact=True)

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#ask", Lines).show((("What is broken, in one line?", "strong"),))
        self._tell_level()
        self._tell_signals()
        self.set_interval(LIVE, self._tell_signals)
        self.query_one("#impact-label", Lines).show((("users felt it since", "muted"),))
        self.query_one("#reach-label", Lines).show((("timeline from", "muted"),))

    def _tell_signals(self) -> None:
        """What is bad now, and what is open by now, kept live while somebody types."""
        self._all_open = tuple(self._list_open())
        self._tell_open()
        self._bad = _sort_signals(self._list_bad())
        self.query_one("#bad", Lines).show(*self._signals())

    def _tell_open(self) -> None:
        """What is open already, and the key that joins it."""
        already = self.query_one("#already", Lines)
        already.display = bool(self._open)
        if not self._open:
            return
        worst, others = self._joined or self._open[0], len(self._open) - 1
        more = f" and {others} more" if others else ""
        since = format_duration(worst.open_for(self.time.now()))
        fact: list[Piece] = [("⚠ open already: ", "warn"), (f"{worst.severity} {worst.title}", "strong")]
        fact += [(f"  for {since}{more}", "muted")]
        join, confirm = (self.name_key("ctrl+o"), "key"), (self.name_key("enter"), "key")
        what: list[Piece] = [("  ", ""), join, (" is it the same? Then this line becomes a note in it", "")]
        if self._joined:
            what = [("  ", ""), confirm, (" writes this line as a note in it", "warn"), ("   ", "")]
            what += [join, (" it is another one", "")]
        already.show(*wrap_pieces(fact, self.wide, most=1), *wrap_pieces(what, self.wide, most=2))

    def action_join(self) -> None:
        if self._open:
            self._joined = None if self._joined else self._open[0]
            self._tell_joined()

    def _tell_joined(self) -> None:
        """What Enter does now, wherever it is said."""
        self.query_one(Choice).disabled = self._joined is not None
        self.keys = JOINS if self._joined else DECLARES
        self._tell_open()

    def key_up(self) -> None:
        self._move_from_field(-1)

    def key_down(self) -> None:
        self._move_from_field(1)

    def _move_from_field(self, by: int) -> None:
        """The severity moves from a field, too. With the focus on it, it has moved by its own key already, and the key
        comes here only after that: once more would declare another severity than the one that was chosen."""
        choice = self.query_one(Choice)
        if not choice.has_focus:
            choice.action_move(by)

    @property
    def _severity_level(self) -> SeverityLevel:
        """The level that is chosen."""
        chosen = self.query_one(Choice).chosen
        return next(level for level in self._incident_actions.severity_scale if level.name == chosen)

    def action_unsure(self) -> None:
        """Between two levels the higher one is taken: it is lowered with one key, a late one costs time."""
        self._unsure = not self._unsure
        self.query_one(Choice).action_move(-1 if self._unsure else 1)
        self._tell_level()

    def action_drill(self) -> None:
        self._drill, self._joined = not self._drill, None
        self._tell_joined()
        self._tell_level()

    @on(Choice.Changed)
    def _tell_level(self) -> None:
        """What the team's document says of this level; that nobody is paged; and that the lowest makes no incident."""
        severity_level = self._severity_level
        plan = f" Your plan: {severity_level.response}" if severity_level.response else ""
        pairs: list[Piece] = [("  → ", "info"), (PAGES_NOBODY, "strong"), (plan, "")]
        if severity_level.backlog:
            pairs = [
                ("  → no incident: ", "warn"),
                (self.name_key("enter"), "key"),
                (" writes a note for the working day", ""),
            ]
        self.query_one("#response", Lines).show(*wrap_pieces(pairs, self.wide, most=2, indent=4))
        unsure = ("unsure, so the higher one" if self._unsure else "unsure? take the higher one", "")
        drill = ("a DRILL: in no statistics", "warn") if self._drill else ("only a drill?", "muted")
        self.query_one("#unsure", Lines).show(
            [
                *(("  ", ""), (self.name_key("ctrl+t"), "key"), (" ", ""), unsure),
                *(("   ", ""), (self.name_key("ctrl+r"), "key"), (" ", ""), drill),
            ]
        )

    def decide(self) -> Callable[[], Incident | Event] | None:
        title = clean_line(self.query_one("#title", Input).value, LONGEST_TITLE)
        if not title:
            self.say("It needs a title: what is broken, in a few words.")
            return None
        try:
            impact = self._time_in("#impact")
            reach_from = self._time_in("#reach", self._reach_from)
        except WhenError as error:
            self.say(str(error))
            return None
        severity_level, drill = self._severity_level, self._drill
        if self._joined:
            joined = self._joined.id
            return lambda: self._incident_actions.note(title, joined)
        self._tell_signals()
        if news := [incident for incident in self._open if incident.id not in self._known]:
            self._known |= {incident.id for incident in news}
            self.say(
                f"{news[0].severity} {news[0].title} was declared while this was open. "
                f"{self.name_key('ctrl+o')} notes this line in it; {self.name_key('enter')} declares another."
            )
            return None
        if severity_level.backlog:
            return lambda: self._incident_actions.note(f"{severity_level.name}: {title}", journal=True)
        return lambda: self._incident_actions.declare(
            title, severity_level.name, reach_from=reach_from, impact_started=impact, drill=drill
        )

    def _time_in(self, field: str, stood: datetime | None = None) -> datetime | None:
        """The moment typed into a field, None where it is as it stood: the actions know it best. Raises WhenError."""
        text = self.query_one(field, Input).value.strip()
        if not text or (stood is not None and text == self._clock(stood)):
            return None
        return self.read_moment(text)

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.place.zone):%H:%M:%S}"

    def _signals(self) -> list[tuple[Piece, ...]]:
        """What is bad now and since when, longest first."""
        if not self._bad:
            return [(("Nothing watched here is bad now: detected by you, now.", "muted"),)]
        signals, now = self._bad[:SHOWN], self.time.now()
        wide = min(LABEL, max(cell_len(sanitize_line(signal.label)) for signal in signals))
        rows: list[tuple[Piece, ...]] = [
            (
                ("bad now  " if index == 0 else "         ", "muted"),
                (f"{sign} {fit_text(signal.label, wide)}", tone),
                (f"  {_format_length(signal, now)}, since {self._clock(signal.since)}{signal.or_before}", "muted"),
                ("  detected by this" if signal is self._first else "", "muted"),
            )
            for index, (signal, (sign, tone)) in enumerate(
                (signal, SIGNS.get(signal.state, UNKNOWN_SIGN)) for signal in signals
            )
        ]
        if len(self._bad) > SHOWN:
            rows[-1] += ((f"  and {len(self._bad) - SHOWN} more", "muted"),)
        return rows


def _format_length(signal: Signal, now: datetime) -> str:
    return f"{format_age((now - signal.since).total_seconds()):>3}"


def _sort_signals(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(signals, key=lambda signal: signal.since))
