"""The values of a run: asked once, checked before they are taken. What a document gives as an example is only shown."""

from collections.abc import Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.runbooks.types import Resolved, RunRefused
from screens.dialogs.dialog import Dialog, DialogContext, show_hint
from widgets.cell import Piece
from widgets.choice import Choice
from widgets.line import Lines

Check = Callable[[Mapping[str, str]], Sequence[Resolved]]
"""What every placeholder stands for with these answers."""


class Values(Dialog[dict[str, str]]):
    """`resolved_values` is how the placeholders stand; those of `needed` must have a value in the end.

    A field left empty keeps what was there. `check` may block; it runs off the loop.
    """

    what = "Values of this run"
    keys = "enter takes them · tab next · ↑ ↓ candidates · esc leaves"

    def __init__(
        self, place: DialogContext, time: Time, resolved_values: Sequence[Resolved], needed: Sequence[str], check: Check
    ) -> None:
        super().__init__(place, time)
        self._found = sorted(
            resolved_values, key=lambda resolved: (resolved.name not in needed, resolved.value is not None)
        )
        self._needed = frozenset(needed)
        self._check = check

    def fields(self) -> ComposeResult:
        for index, resolved in enumerate(self._found):
            yield Lines(id=f"label-{index}", classes="label")
            yield Input(
                id=f"value-{index}",
                placeholder=show_hint(_describe_empty_field(resolved)),
                password=resolved.secret,
                compact=True,
            )

    def on_mount(self) -> None:
        for index, resolved in enumerate(self._found):
            self.query_one(f"#value-{index}", Input).cursor_blink = False
            self.query_one(f"#label-{index}", Lines).show(*self._label(resolved))

    def _label(self, resolved: Resolved) -> list[list[Piece]]:
        needed = resolved.name in self._needed and resolved.value is None
        first: list[Piece] = [(resolved.name, "strong"), ("  needed now" if needed else "", "warn")]
        if resolved.hint:
            first += [("   the document's example: ", "muted"), (resolved.hint, "muted")]
        rows = [first]
        if resolved.source and resolved.problem:
            rows.append([(f"  {resolved.problem}", "bad")])
        if resolved.choices:
            rows.append([("  ↓ ", "muted"), *_describe_choices(resolved)])
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
            index = choices.index(field.value) + by if field.value in choices else 0 if by > 0 else -1
            field.value = choices[index % len(choices)]
            field.cursor_position = len(field.value)

    def decide(self) -> Callable[[], dict[str, str]] | None:
        typed = (self.query_one(f"#value-{index}", Input).value.strip() for index in range(len(self._found)))
        values_by_name = {resolved.name: value for resolved, value in zip(self._found, typed, strict=True) if value}
        return lambda: self._checked(values_by_name)

    def _checked(self, values_by_name: dict[str, str]) -> dict[str, str]:
        """Raises RunRefused with the first value that is wrong or missing."""
        for resolved in self._check(values_by_name):
            if resolved.value is None and (resolved.name in values_by_name or resolved.name in self._needed):
                sentence = clean_line(f"{resolved.name}: {resolved.problem or 'it has no value yet'}.", 300)
                raise RunRefused(sentence, code="value-missing", name=resolved.name)
        return values_by_name


def _describe_choices(resolved: Resolved) -> list[Piece]:
    """The candidates, each with where it comes from: one origin stands once, behind the last that has it."""
    pieces: list[Piece] = []
    origins = [*resolved.origins, *[""] * (len(resolved.choices) - len(resolved.origins))]
    for index, (choice, origin) in enumerate(zip(resolved.choices, origins, strict=True)):
        pieces += [(" · " if index else "", "muted"), (choice, "info")]
        if origin and origin not in origins[index + 1 :]:
            pieces.append((f" ({origin})", "muted"))
    return pieces


def _describe_empty_field(resolved: Resolved) -> str:
    """What an empty field means."""
    return f"{resolved.shown}, {resolved.source}" if resolved.value is not None else "no value yet"


class AskFolder(Dialog[str]):
    """Where the commands of a document start, when their paths are there from more than one folder."""

    AUTO_FOCUS = "Choice"
    what = "In which folder?"
    keys = "↑ ↓ or a digit chooses · enter goes on · esc leaves"

    def __init__(self, place: DialogContext, time: Time, title: str, folders: Sequence[str]) -> None:
        super().__init__(place, time)
        self._title = title
        self._folders = tuple(folders)

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield Choice([(f"{index} {folder}", "") for index, folder in enumerate(self._folders, start=1)], "")

    def on_mount(self) -> None:
        sentence = "Each of these folders has the files that it names. It is asked once for this document."
        self.query_one("#act", Lines).show([(self._title, "strong")], [(sentence, "muted")])

    def decide(self) -> Callable[[], str] | None:
        chosen = self.query_one(Choice).chosen
        folder = next((folder for folder in self._folders if chosen.endswith(f" {folder}")), self._folders[0])
        return lambda: folder
