"""What every dialog does: says what, where and as whom; lets nobody confirm by accident; leaves at once.

A subclass gives `fields()` and `decide()`. What it acts on is handed to it when it is made: never the current row.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, ClassVar, Generic, TypeVar, cast

from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.event import RecordError
from cockpit.model.key_bindings import DEFAULT_KEYS, DIALOG
from cockpit.model.operator import Operator, PersonError, PersonUnknown, check_person
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import Time, name_hour, parse_past_moment
from screens.shared.context import EventsAppended
from screens.shared.enter_guard import EnterGuard, begin_guard, explain_quick_key
from screens.shared.leaving import leave_screen, show_what_is_behind
from widgets.cell import Piece, sanitize_line, wrap_pieces
from widgets.choice import Choice
from widgets.keys import make_bindings
from widgets.line import Lines

T = TypeVar("T")
log = logging.getLogger(__name__)
PRODUCTION_NAMES = frozenset({"prod", "production", "prd", "live"})  # they say it themselves
LONGEST_FIELD = 500  # characters of a field
ARMING = 0.1  # seconds between two looks whether Enter counts by now
NOT_NAMED = "Nothing was recorded: this login is shared, and nobody said who you are."
READY, NOT_YET = "▸ ", "wait: "


@dataclass(frozen=True, slots=True)
class DialogContext:
    """Where a dialog acts, and as whom; `zone` is for the times it shows and reads."""

    environment: str
    production: bool
    actor: str
    zone: tzinfo


class Dialog(ModalScreen[T | None], Generic[T]):
    """A modal question. Its result is what its act returned, or None when it was left."""

    CSS_PATH = str(
        Path(__file__).with_name("dialog.tcss")
    )  # absolute: Textual looks beside the subclass, in any folder
    AUTO_FOCUS = "Input, TextArea, Choice"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DIALOG)
    what = ""
    changes = False  # whether confirming it changes something out there: then it says, too, that Enter does not count
    keys = "enter confirms · esc leaves"
    typed_into = ""  # the field that takes a letter typed on a list, where there are several: its selector

    class Done(Message):
        """The act was done; `result` is what it returned."""

        def __init__(self, result: object) -> None:
            super().__init__()
            self.result = result

    class Refused(Message):
        """The act was refused; `reason` in words."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class PersonAsked(Message):
        """The login is shared, and nobody named yet who acts; `act` waits for it."""

        def __init__(self, operator: Operator, act: Callable[[], object]) -> None:
            super().__init__()
            self.operator = operator
            self.act = act

    def __init__(self, place: DialogContext, time: Time) -> None:
        super().__init__()
        self.place = place
        self.time = time
        self._guard = EnterGuard(time)
        self._keys_shown: list[Piece] = []
        self._asked: int | None = None  # touches when the confirm key came, while we wait for the quiet after it
        self._acting = False
        self._fault = ""  # what broke last while it was open
        self._done: Dialog.Done | None = None  # while another screen stands before this one

    # For subclasses

    def fields(self) -> ComposeResult:
        """The widgets between the place and the keys."""
        yield from ()

    def decide(self) -> Callable[[], T] | None:
        """The blocking act that the fields ask for, or None after `say` told what is missing."""
        raise NotImplementedError

    def say(self, text: str, tone: str = "warn") -> None:
        """Put a line above the keys; "" takes it away. A dialog that is leaving has nothing to say any more."""
        lines = self.query("#notice").first(Lines) if self.is_attached and self.query("#notice") else None
        if lines is None:
            return
        lines.display = bool(text)
        self.query_one("#dialog").set_class(bool(text), "-saying")
        wide = max(20, self.wide)
        lines.show(*(((row, tone),) for row in wrap_text(clean_text(text), wide)))

    def read_moment(self, text: str) -> datetime:
        """The past moment that was typed; of an hour that came twice with the one that is meant. Raises WhenError."""
        moment = parse_past_moment(text, self.time.now(), self.place.zone)
        if which := name_hour(moment):
            self.app.notify(f"{which}.", markup=False)
        return moment

    @property
    def wide(self) -> int:
        """Cells of a row, without those of a scroll bar; as many as there will be while it is not laid out yet."""
        frame = self.query_one("#dialog")
        bar = frame.scrollbar_size_vertical if frame.show_vertical_scrollbar else 0
        return frame.content_size.width - bar if frame.content_size.width else min(78, self.app.size.width) - 4

    # The frame

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", classes="-production" if self.place.production else ""):
            yield Lines(id="place")
            yield from self.fields()
            with Vertical(id="foot"):  # in sight however long the dialog is
                yield Lines(id="notice")
                yield Lines(id="keys")

    def on_resize(self) -> None:
        show_what_is_behind(self)

    @on(EventsAppended)
    def _tell_meanwhile(self, message: EventsAppended) -> None:
        """In its lower border: nothing in the dialog moves."""
        if message.fault and message.fault != self._fault:
            self._fault = message.fault
            prod = " · PROD" if self.place.production else ""
            self.query_one("#dialog", VerticalScroll).border_subtitle = Content(sanitize_line(f"{message.fault}{prod}"))

    def on_mount(self) -> None:
        show_what_is_behind(self)
        self.app.clear_notifications()
        frame = self.query_one("#dialog", VerticalScroll)
        frame.can_focus = False
        frame.border_title = Content(sanitize_line(self.what))  # a str would be read as markup, and may name an action
        if self.place.production:
            frame.border_subtitle = "PROD"
        self.query_one("#notice", Lines).display = False
        self._guard = begin_guard(self, self.time)  # from now on, not from when it was made
        self._show_keys()
        self.set_interval(ARMING, self._show_keys)
        self.query_one("#place", Lines).show(self._placed())

    def _show_keys(self) -> None:
        """The keys; where Enter does something, whether it counts by now."""
        line = self.key_pieces()
        if line != self._keys_shown:
            self._keys_shown = line
            self.query_one("#keys", Lines).show(line)

    def key_pieces(self) -> list[Piece]:
        """The last line as it stands now."""
        rebound = self._list_rebound_keys()
        keys = " · ".join(name_keys(part, rebound) for part in self.keys.split(" · "))
        return key_line(keys, armed=self._guard.armed, changes=self.changes, confirm=self.name_key("enter"))

    def name_key(self, default: str) -> str:
        """How a key is called in a sentence: as it is bound now, by the one that its binding has by default."""
        return self._list_rebound_keys().get(default, default) if self.is_attached else default

    def _list_rebound_keys(self) -> dict[str, str]:
        """The keys that were configured, by the ones that their actions have by default."""
        return {
            default.replace("escape", "esc"): self.app.get_key_display(active.binding)
            for key, active in self.active_bindings.items()
            if (default := DEFAULT_KEYS.get(active.binding.id or "", key)) != key and key not in default.split(",")
        }

    @property
    def is_too_soon(self) -> bool:
        """Whether a letter that comes now was typed ahead, for what was on the screen before: a list takes none."""
        return self._guard.is_new

    def mean_otherwise(self) -> None:
        """Enter does something else from now on, and nobody at these keys made it so: one that is under way was meant
        for what stood here before."""
        self._guard.begin_anew()
        self.call_after_refresh(self._guard.ask_seen)

    def not_yet(self) -> str:
        """Why Enter does not count, whatever the fields say; "" when it does."""
        return ""

    def _placed(self) -> Sequence[Piece]:
        name, production = self.place.environment, self.place.production
        says_so = production and name.casefold() in PRODUCTION_NAMES
        return (
            ("in ", "muted"),
            (name.upper() if says_so else name, "bad" if says_so else "strong"),
            (" (production)" if production and not says_so else "", "bad"),
            ("   as ", "muted"),
            (self.place.actor, ""),
        )

    # Confirming

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._guard.touch()
        self._take_back()

    @on(Choice.Changed)
    def _take_back(self) -> None:
        """The notice was about the fields as they stood: it is not so any more."""
        if self._asked is None and not self._acting and self.query_one("#notice", Lines).display:
            self.say("")

    def on_key(self, event: events.Key) -> None:
        self._guard.touch()
        if self._is_text_on_a_list(event):
            event.stop()
            self._take_letter(event.character or "")

    def _is_text_on_a_list(self, event: events.Key) -> bool:
        """Whether it is a letter typed on a list while there is a field: the arrows choose there, also where k and j
        move a row elsewhere. Who gave the rows other keys than the arrows moves by these."""
        is_letter = event.is_printable and bool((event.character or "").strip())
        has_arrows = {"up", "down"} <= self.active_bindings.keys()
        return isinstance(self.focused, Choice) and is_letter and has_arrows and bool(self.query("Input, TextArea"))

    def _take_letter(self, letter: str) -> None:
        """Into the field that is meant, where there is only one that can be; else say how to get to one."""
        fields = [self.query_one(self.typed_into, Input)] if self.typed_into else list(self.query(Input))
        if len(fields) != 1 or not fields[0].display:
            self.say("Here the arrows choose. Tab goes to the next field, to type into it.")
            return
        [field] = fields
        field.select_on_focus = False  # the next letter goes on, and does not take the place of this one
        field.cursor_position = len(field.value)
        field.insert_text_at_cursor(letter)
        self.set_focus(field)

    def on_paste(self) -> None:
        self._guard.touch()

    def action_leave(self) -> None:
        """In the dialog's own turn: an esc that comes at once must not take away what is still being put together."""
        self.call_later(self._leave)

    def _leave(self) -> None:
        leave_screen(self)

    def action_confirm(self) -> None:
        if self._acting or not self.is_current:
            return
        counts = self._guard.press()
        if self._asked is not None:
            self._guard.touch()  # held: then the Enter before it does not count either
            return
        self._show_keys()
        if not counts or (reason := self.not_yet()):
            self.say(reason if counts else explain_quick_key(self.name_key("enter")))
            return
        self._asked = self._guard.touches
        self.set_timer(self._guard.settling, self._settle)

    def _settle(self) -> None:
        """No key followed the confirm key: it was a hand's, not the first line of something pasted."""
        if not self.is_current:
            return  # left by esc in the meantime; leaving wins
        number, self._asked = self._asked, None
        if number != self._guard.touches:
            self.say(explain_quick_key(self.name_key("enter")))
            return
        self.say("")
        act = self.decide()
        if act is not None:
            self._acting = True
            self._act(act)

    @work(thread=True, exit_on_error=False)
    def _act(self, act: Callable[[], T]) -> None:
        try:
            result = act()
        except PersonUnknown as question:
            self.post_message(self.PersonAsked(question.operator, act))
        except Exception as error:  # whatever went wrong, the words typed so far stay on the screen
            log.warning("%s: %s", self.what, error, exc_info=not isinstance(error, IncidentActionError | RecordError))
            self.post_message(self.Refused(str(error) or type(error).__name__))
        else:
            self.post_message(self.Done(result))

    @on(Done)
    def _finish(self, message: Done) -> None:
        self._done = message
        leave_screen(self, message.result)

    def on_screen_resume(self) -> None:
        if self._done is not None:
            leave_screen(self, self._done.result)

    @on(PersonAsked)
    def _ask_person(self, message: PersonAsked) -> None:
        """Once for a login session. Left unanswered, nothing is written and the fields stay as they are."""

        def answered(name: str | None) -> None:
            if not name:
                self._acting = False
                self.say(NOT_NAMED)
                return
            self.place = replace(self.place, actor=name)
            self.query_one("#place", Lines).show(self._placed())
            self._act(cast("Callable[[], T]", message.act))

        self.app.push_screen(PersonDialog(self.place, self.time, message.operator), answered)

    @on(Refused)
    def _stay(self, message: Refused) -> None:
        self._acting = False
        self.say(message.reason, "bad")


class PersonDialog(Dialog[str]):
    """Who are you? Asked at the first act on a shared login; the answer stands everywhere from then on.

    Its result is the name as it is written from now on, None when it was left. It stands here, not with the other
    forms, because every dialog may have to ask it.
    """

    what = "Who are you?"
    keys = "enter goes on under this name · esc leaves, nothing changes"

    def __init__(self, place: DialogContext, time: Time, operator: Operator) -> None:
        super().__init__(place, time)
        self._operator = operator

    def fields(self) -> ComposeResult:
        yield Lines(id="about", classes="label")
        yield Lines(id="label-name", classes="label")
        proposal = self._operator.account.proposal
        yield Input(
            proposal,
            placeholder=show_hint(""),
            max_length=LONGEST_FIELD,
            select_on_focus=" " not in proposal,  # one word is replaced by typing, a sentence is mended
            compact=True,
            id="field-name",
            classes="field",
        )

    def on_mount(self) -> None:
        about: list[list[Piece]] = [
            [
                ("The login ", ""),
                (self._operator.account.name, "strong"),
                (" is shared, and the record names people.", ""),
            ],
            [("Asked once for this login session; it stands beside all that you do.", "muted")],
        ]
        rows = (row for line in about for row in wrap_pieces(line, self.wide, most=3, indent=2))
        self.query_one("#about", Lines).show(*rows)
        self.query_one("#label-name", Lines).show((("your name", "muted"),))
        self.query_one("#field-name", Input).cursor_blink = False

    def decide(self) -> Callable[[], str] | None:
        name = clean_line(self.query_one("#field-name", Input).value)
        try:
            check_person(name, self._operator.account)
        except PersonError as error:
            self.say(str(error))
            return None
        return lambda: self._operator.identify(name)


def name_keys(part: str, rebound: Mapping[str, str]) -> str:
    """One part of the last line, `enter or esc leaves`, with the keys that are bound now in front."""
    names = part.split(" ")
    for index, name in enumerate(names):
        if name in rebound:
            names[index] = rebound[name]
        elif name != "or":
            break
    return " ".join(names)


def key_line(keys: str, *, armed: bool, changes: bool, confirm: str = "enter") -> list[Piece]:
    """`keys` with a sign before what Enter does once it counts; until then, for a change, the word that it does not."""
    line: list[Piece] = []
    for part in keys.split(" · "):
        dot: list[Piece] = [(" · ", "muted")] if line else []
        if not part.startswith(f"{confirm} "):
            line += [*dot, (part, "muted")]
        elif armed:
            line += [*dot, (READY, "info"), (part, "strong")]
        else:
            line += [*dot, (f"{NOT_YET if changes else ''}{part}", "muted")]
    return line


def show_hint(text: str) -> str:
    """What an empty field shows, in brackets: it must look like no value where there is no colour."""
    return f"({text})" if text else ""


def wrap_text(text: str, width: int) -> list[str]:
    """`text` in at most four rows of `width` characters, broken between words."""
    return wrap(" ".join(text.split()), width, max_lines=4, placeholder=" …")


# Acts that need to know who acts: on a shared login that is asked once, and the act is done again.

R = TypeVar("R")


async def do_named(app: "App[Any]", place: DialogContext, time: "Time", act: Callable[[], Awaitable[R]]) -> R:
    """What an act returns; where it does not know who acts, that is asked, and it is done again. In a worker.

    Raises PersonUnknown when the question was left, and what the act raises.
    """
    try:
        return await act()
    except PersonUnknown as question:
        if not await app.push_screen_wait(PersonDialog(place, time, question.operator)):
            raise
    return await act()


async def act_named(app: "App[Any]", place: DialogContext, time: "Time", act: Callable[[], R]) -> R:
    """As `do_named`, for an act that blocks: it is done off the loop."""
    return await do_named(app, place, time, partial(asyncio.to_thread, act))
