"""How a hint fits its line: the action stays whole, what stands between gives way. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from widgets.cell import Piece, cut, length

LEAST = 12  # cells of the first words that are worth more than the second half of the action


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to know or to do: its words, and fewer of them for a line that is too long."""

    full: tuple[Piece, ...] = ()
    short: tuple[Piece, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.full)


def key(keys: Mapping[str, str], binding: str, does: str, short: str = "") -> Part:
    """A key and what it does; nothing when the key does not exist or does nothing now."""
    if not keys.get(binding):
        return Part()
    pressed = (keys[binding], "key")
    return Part((pressed, (f" {does}", "")), (pressed, (f" {short or does}", "")))


def say(what: str, *middle: Part, action: Part | None = None, tone: str = "", width: int) -> list[Piece]:
    """` ▸ what  middle · action` in at most `width` cells.

    The middle parts are shortened and then dropped, the last one first; then `what` is cut, and the action is last.
    """
    action = action or Part()
    between = [each for each in middle if each]
    for at, each in enumerate(between):
        if length(_line(what, tone, between, action)) <= width:
            break
        between[at] = Part(each.short or each.full)
    while between and length(_line(what, tone, between, action)) > width:
        between.pop()
    if length(_line("", tone, between, action)) + LEAST > width and action.short:
        action = replace(action, full=action.short)
    room = width - length(_line("", tone, between, action))
    return _line(cut(what, max(1, room)), tone, between, action)


def _line(what: str, tone: str, middle: Sequence[Part], action: Part) -> list[Piece]:
    pieces: list[Piece] = [(" ▸ ", "info"), (what, tone)]
    for number, part in enumerate(each for each in (*middle, action) if each):
        pieces += [(" · " if number else "  ", "muted"), *part.full]
    return pieces
