"""Declare an incident: one line and Enter. The rest is pre-set, on screen, and can be changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from cockpit.model.clean import clean_line
from cockpit.model.incident import Incident
from cockpit.model.ladder import Ladder
from cockpit.model.time import Time, age
from cockpit.model.when import WhenError, when
from screens.dialog import Dialog, Place
from widgets.cell import Piece
from widgets.choice import Choice
from widgets.line import Lines

SHOWN = 3  # signals listed; the rest is a number
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class BadNow:
    """One thing that is bad at this moment: `probe ready`, and since when."""

    label: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the dialog asks for. A time that was left as it stood is None: who declares knows it best."""

    title: str
    severity: str
    detected: datetime | None = None
    reach_from: datetime | None = None


class Declare(Dialog[Incident]):
    """`declare` is blocking and writes it; `reach_from` is how far the incident would reach back by itself."""

    what = "Declare an incident"
    keys = "enter declares · ↑ ↓ severity · tab next field · esc leaves"

    def __init__(
        self,
        place: Place,
        time: Time,
        *,
        ladder: Ladder,
        preset: str,
        bad: Sequence[BadNow],
        reach_from: datetime,
        declare: Callable[[Declaration], Incident],
    ) -> None:
        super().__init__(place, time)
        self._ladder = ladder
        self._preset = preset
        self._bad = tuple(sorted(bad, key=lambda each: each.since))
        self._detected = self._bad[0].since if self._bad else time.now()
        self._reach_from = reach_from
        self._declare = declare

    def fields(self) -> ComposeResult:
        yield Lines(id="ask", classes="label")
        yield Input(id="title", max_length=LONGEST_TITLE)
        yield Choice([(each.name, each.definition) for each in self._ladder], self._preset)
        yield Lines(id="unsure")
        yield Lines(id="bad", classes="label")
        with Horizontal(id="times"):
            yield Lines(id="detected-label")
            yield Input(self._clock(self._detected), id="detected", compact=True)
            yield Lines(id="reach-label")
            yield Input(self._clock(self._reach_from), id="reach", compact=True)

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#ask", Lines).show((("What is broken, in one line?", "strong"),))
        self.query_one("#unsure", Lines).show(
            (("  Unsure between two? Take the higher one, it is lowered with one key.", "muted"),)
        )
        self.query_one("#bad", Lines).show(*self._signals())
        self.query_one("#detected-label", Lines).show((("detected", "muted"),))
        self.query_one("#reach-label", Lines).show((("reaches back to", "muted"),))

    def key_up(self) -> None:
        self.query_one(Choice).action_move(-1)

    def key_down(self) -> None:
        self.query_one(Choice).action_move(1)

    def decide(self) -> Callable[[], Incident] | None:
        title = clean_line(self.query_one("#title", Input).value, LONGEST_TITLE)
        if not title:
            self.say("It needs a title: what is broken, in a few words.")
            return None
        try:
            detected = self._time_in("#detected", self._detected)
            reach_from = self._time_in("#reach", self._reach_from)
        except WhenError as error:
            self.say(str(error))
            return None
        asked = Declaration(title, self.query_one(Choice).chosen, detected, reach_from)
        return lambda: self._declare(asked)

    def _time_in(self, field: str, stood: datetime) -> datetime | None:
        """The moment typed into a field, None where it still says what it said. Raises WhenError."""
        text = self.query_one(field, Input).value.strip()
        return None if text == self._clock(stood) or not text else when(text, self.time.now(), self.place.zone)

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.place.zone):%H:%M:%S}"

    def _signals(self) -> list[tuple[Piece, ...]]:
        """What is bad now and since when, longest first."""
        if not self._bad:
            return [(("Nothing watched here is bad now; you are the one who noticed.", "muted"),)]
        now = self.time.now()
        rows: list[tuple[Piece, ...]] = [
            (
                ("bad now  " if at == 0 else "         ", "muted"),
                (f"✖ {each.label}", "bad"),
                (f"   {age((now - each.since).total_seconds())}, since {self._clock(each.since)}", "muted"),
            )
            for at, each in enumerate(self._bad[:SHOWN])
        ]
        if len(self._bad) > SHOWN:
            rows[-1] += ((f", and {len(self._bad) - SHOWN} more", "muted"),)
        return rows
