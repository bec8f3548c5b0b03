"""The keys of a table as Textual binds them, and the line at the bottom that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType
from textual.events import Click

from cockpit.model.key_bindings import KeyTable
from widgets.cell import Piece, measure_pieces
from widgets.line import Lines


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key as people read it, Textual's name of it, what it does, and whether it does so now."""

    shown: str
    key: str
    does: str
    works: bool = True


class KeyLine(Lines):
    """Keys and what they do; one that does nothing now is grey. A click is as good as the key."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: tuple[KeyShown, ...] = ()

    def offer(self, keys: Sequence[KeyShown]) -> None:
        self._keys = select_fitting_keys(keys, self.size.width)
        self.show([piece for key in self._keys for piece in render_key(key)])

    async def on_click(self, event: Click) -> None:
        end = 0
        for key in self._keys:
            end += measure_pieces(render_key(key))
            if event.x < end:
                if active := self.screen.active_bindings.get(key.key):
                    await self.app.run_action(active.binding.action, active.node)
                return


def select_fitting_keys(keys: Sequence[KeyShown], width: int) -> tuple[KeyShown, ...]:
    """The keys that fit into `width` cells. The last two, help and quit, are the last to go."""
    kept = list(keys)
    while len(kept) > 2 and sum(measure_pieces(render_key(key_shown)) for key_shown in kept) > width:
        del kept[-3]
    return tuple(kept)


def render_key(key: KeyShown) -> tuple[Piece, ...]:
    """` d Declare`."""
    if key.works:
        return ((" ", ""), (key.shown, "key"), (f" {key.does}", ""))
    return ((" ", ""), (f"{key.shown} {key.does}", "muted"))


def make_bindings(table: KeyTable) -> list[BindingType]:
    return [
        Binding(
            binding.key,
            binding.call,
            binding.label,
            id=binding.id,
            key_display="enter" if binding.key == "enter" else None,  # Textual draws an arrow that few fonts have
            show=binding.shown,
            priority=binding.first,
            tooltip=binding.tooltip,
        )
        for binding in table.bindings
    ]
