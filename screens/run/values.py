"""The values of a run: asked once, checked before they are taken. What a document gives as an example is only shown."""

from collections.abc import Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.runbooks.types import Resolved, RunRefused
from screens.dialogs.dialog import Dialog, DialogContext, show_hint
from widgets.cell import Piece
from widgets.line import Lines

Check = Callable[[Mapping[str, str]], Sequence[Resolved]]
"""What every placeholder stands for with these answers."""


class Values(Dialog[dict[str, str]]):
    """`found` is how the placeholders stand; those of `needed` must have a value in the end.

    A field left empty keeps what was there. `check` may block; it runs off the loop.
    """

    what = "Values of this run"
    keys = "enter takes them · tab next · ↑ ↓ candidates · esc leaves"

    def __init__(
        self, place: DialogContext, time: Time, found: Sequence[Resolved], needed: Sequence[str], check: Check
    ) -> None:
        super().__init__(place, time)
        self._found = sorted(found, key=lambda each: (each.name not in needed, each.value is not None))
        self._needed = frozenset(needed)
        self._check = check

    def fields(self) -> ComposeResult:
        for at, each in enumerate(self._found):
            yield Lines(id=f"label-{at}", classes="label")
            yield Input(id=f"value-{at}", placeholder=show_hint(_stands(each)), password=each.secret, compact=True)

    def on_mount(self) -> None:
        for at, each in enumerate(self._found):
            self.query_one(f"#value-{at}", Input).cursor_blink = False
            self.query_one(f"#label-{at}", Lines).show(*self._label(each))

    def _label(self, each: Resolved) -> list[list[Piece]]:
        needed = each.name in self._needed and each.value is None
        first: list[Piece] = [(each.name, "strong"), ("  needed now" if needed else "", "warn")]
        if each.hint:
            first += [("   the document's example: ", "muted"), (each.hint, "muted")]
        rows = [first]
        if each.source and each.problem:
            rows.append([(f"  {each.problem}", "bad")])
        if each.choices:
            rows.append([("  ↓ ", "muted"), (" · ".join(each.choices), "info")])
        return rows

    def key_up(self) -> None:
        self._candidate(-1)

    def key_down(self) -> None:
        self._candidate(1)

    def _candidate(self, by: int) -> None:
        """Put the next candidate into the field that has the focus."""
        field = self.focused
        if not isinstance(field, Input):
            return
        choices = self._found[int((field.id or "").removeprefix("value-"))].choices
        if choices:
            at = choices.index(field.value) + by if field.value in choices else 0 if by > 0 else -1
            field.value = choices[at % len(choices)]
            field.cursor_position = len(field.value)

    def decide(self) -> Callable[[], dict[str, str]] | None:
        typed = (self.query_one(f"#value-{at}", Input).value.strip() for at in range(len(self._found)))
        given = {each.name: value for each, value in zip(self._found, typed, strict=True) if value}
        return lambda: self._checked(given)

    def _checked(self, given: dict[str, str]) -> dict[str, str]:
        """Raises Refused with the first thing that is wrong or missing."""
        for each in self._check(given):
            if each.value is None and (each.name in given or each.name in self._needed):
                raise RunRefused(clean_line(f"{each.name}: {each.problem or 'it has no value yet'}.", 300))
        return given


def _stands(each: Resolved) -> str:
    """What an empty field means."""
    return f"{each.shown}, {each.source}" if each.value is not None else "no value yet"
