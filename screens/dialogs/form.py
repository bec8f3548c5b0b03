"""A dialog of a few named fields: what every small act of a responder asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from cockpit.model.problem import CodedError
from cockpit.model.text import clean_line
from cockpit.model.time import LengthError, Time, WhenError
from screens.dialogs.dialog import LONGEST_FIELD, Dialog, DialogContext, show_hint
from widgets.cell import Piece, wrap_pieces
from widgets.choice import Choice
from widgets.line import Lines

T = TypeVar("T")
MOMENTS = ("at", "time")  # the names of fields that take a past moment


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a line to type into, or with `options` (name, meaning) a choice. `preset` is what stands in it."""

    name: str
    label: str
    preset: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()


Values = Mapping[str, str]


class FormError(CodedError):
    """What was typed cannot be meant; the message says what to write instead."""


class FormDialog(Dialog[T]):
    """`act` takes the values by name and does the blocking deed; `check` raises FormError while they are not whole.

    What the form acts on is bound into `act` when it is made, and named by `about`.
    """

    AUTO_FOCUS = ".field"

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        what: str,
        fields: Sequence[Field],
        act: Callable[[Values], T],
        *,
        about: Sequence[Sequence[Piece]] = (),
        check: Callable[[Values], None] = lambda values: None,
        does: str = "records",
    ) -> None:
        super().__init__(place, time)
        self.what = what
        chooses = "↑ ↓ choose" if any(field.options for field in fields) else ""
        steps = filter(None, (f"enter {does}", chooses, "tab next" if len(fields) > 1 else ""))
        self.keys = " · ".join((*steps, "esc leaves, nothing changes"))
        self._fields = tuple(fields)
        self._act_on = act
        self._about = tuple(about)
        self._check = check

    def fields(self) -> ComposeResult:
        if self._about:
            yield Lines(id="about", classes="label")
        for field in self._fields:
            yield Lines(id=f"label-{field.name}", classes="label")
            yield self._input(field)

    @staticmethod
    def _input(field: Field) -> Widget:
        if field.options:
            choice = Choice(field.options, field.preset, id=f"field-{field.name}")
            choice.add_class("field")
            return choice
        return Input(
            field.preset,
            placeholder=show_hint(field.hint),
            max_length=LONGEST_FIELD,
            select_on_focus=" " not in field.preset,  # one word is replaced by typing, a sentence is mended
            compact=True,
            id=f"field-{field.name}",
            classes="field",
        )

    def on_mount(self) -> None:
        if self._about:
            lines = (row for line in self._about for row in wrap_pieces(line, self.wide, most=3, indent=2))
            self.query_one("#about", Lines).show(*lines)
        for field in self._fields:
            self.query_one(f"#label-{field.name}", Lines).show(((field.label, "muted"),))
        for line in self.query(Input):
            line.cursor_blink = False

    def values(self) -> Values:
        """What stands in the fields now, cleaned."""
        values_by_name: dict[str, str] = {}
        for field in self._fields:
            widget = self.query_one(f"#field-{field.name}")
            values_by_name[field.name] = (
                widget.chosen if isinstance(widget, Choice) else clean_line(self._typed_in(widget))
            )
        return values_by_name

    def _preset(self, name: str) -> str:
        return next((field.preset for field in self._fields if field.name == name), "")

    @staticmethod
    def _typed_in(widget: Widget) -> str:
        assert isinstance(widget, Input)
        return widget.value

    def decide(self) -> Callable[[], T] | None:
        values = self.values()
        try:
            self._check(values)
        except (FormError, WhenError, LengthError) as error:
            self.say(str(error))
            return None
        for name in MOMENTS:
            if (text := values.get(name, "")) and text != self._preset(name):
                self.read_moment(text)
        return lambda: self._act_on(values)


def make_required_check(name: str, sentence: str) -> Callable[[Values], None]:
    """A check that a field is not empty."""

    def check(values: Values) -> None:
        if not values[name]:
            raise FormError(sentence, code="field-empty", field=name)

    return check
