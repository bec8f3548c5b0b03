"""The keys of the catalogue. Letters are not among them: they are what is looked for."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("enter", "open", "Open", id="catalogue.open", priority=True, tooltip="Open a run, or the document"),
    Binding("ctrl+o", "read", "Read", id="catalogue.read", tooltip="Read the document"),
    Binding("up", "move(-1)", id="catalogue.up", show=False, priority=True),
    Binding("down", "move(1)", id="catalogue.down", show=False, priority=True),
    Binding("pageup", "page(-1)", id="catalogue.page_up", show=False, priority=True),
    Binding("pagedown", "page(1)", id="catalogue.page_down", show=False, priority=True),
    Binding("escape", "back", "Back", id="catalogue.back", tooltip="Show all, then back"),
]
