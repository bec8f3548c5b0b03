"""A screen whose keys are a table: it greys out what does nothing now, says why, and explains its keys."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key, ScreenSuspend
from textual.screen import ModalScreen, Screen

from cockpit.model.key_bindings import APP, DEFAULT_KEYS, HELP, KeyBinding, KeyTable
from screens.shared.context import EventsAppended
from screens.shared.leaving import leave_screen, show_what_is_behind
from widgets.cell import Piece
from widgets.keys import KeyLine, KeyShown, make_bindings
from widgets.line import Lines

Group = tuple[str, tuple[tuple[str, str, str], ...]]
"""What a part of the screen is called, and its signs: (sign, tone, what it means)."""

SIGNS: tuple[tuple[str, str, str], ...] = (
    ("●", "good", "up: confirmed good"),
    ("◐", "warn", "degraded: works, but not as it should"),
    ("✖", "bad", "down: failed as often as its threshold asks"),
    ("◌", "warn", "unknown or pending: not enough is known to say"),
    ("▲", "bad", "an alert fires"),
    ("△", "warn", "resolved?: it vanished, nothing has confirmed why"),
    ("✔", "good", "acknowledged by somebody, or resolved"),
    ("○", "muted", "inactive, or asleep: nothing runs, and nothing should"),
    ("~", "muted", "a signal: a number that is compared with its limit"),
    ("▁▃█", "muted", "the last values, · where there was none"),
    ("D I", "muted", "among them: something was deployed or changed, an incident"),
    ("★", "", "pinned as evidence"),
)
STATES: tuple[tuple[str, str, str], ...] = (
    ("live 2s", "muted", "what the pane shows is 2 seconds old"),
    ("late 14s", "warn", "the next answer is overdue"),
    ("STALE 3m", "bad", "nothing for three intervals: do not trust what is dimmed"),
    ("BLIND why", "bad", "the source cannot be read, and why"),
)
WATCHED: tuple[Group, ...] = (("Signs", SIGNS), ("At the right of a pane's border", STATES))
DUE: tuple[Group, ...] = (
    (
        "Signs",
        (
            ("○", "", "a deadline runs; its time is counted down"),
            ("◐", "warn", "at risk: most of its time is gone"),
            ("✖", "bad", "overdue, with how late it is; now: it is their turn"),
            ("✔", "good", "met in time, called, or all boxes ticked"),
            ("–", "muted", "does not apply, and why"),
            ("▲", "bad", "to be called now"),
            ("⚠", "warn", "a contact that the documents do not fill in yet"),
        ),
    ),
)
KeyGroups = Mapping[tuple[str, ...], str]
"""Keys that share one line of the help, and what they do together."""

ROWS: KeyGroups = {
    ("table.up", "table.down"): "A row up, a row down",
    ("table.page_up", "table.page_down"): "A page up, a page down",
    ("table.first", "table.last"): "The first row, the last row",
}
LINES: KeyGroups = {**ROWS, ("lines.left", "lines.right"): "A long line to the left, to the right"}


class KeyedScreen(Screen[None]):
    """`KEYS` are its own. `GROUPED` are keys that share a line of its help, `SIGNS` explain what else is on it."""

    KEYS: ClassVar[KeyTable]
    GROUPED: ClassVar[KeyGroups] = {}
    SIGNS: ClassVar[Sequence[Group]] = ()
    WATCHES: ClassVar[bool] = False  # it shows what breaks itself; on any other one it is shown in a line

    @on(ScreenSuspend)
    def _clear_notices(self) -> None:
        """What was said here says nothing on the screen that is opened; who leaves may have something to say there."""
        if self in self.app.screen_stack:
            self.app.clear_notifications()

    def find_reason(self, binding: KeyBinding) -> str:
        """Why the key does nothing now, "" when it works."""
        return ""

    def say_reason(self, reason: str) -> None:
        from cockpit.model.text import clean_line  # the first frame needs no more than the tables

        self.notify(clean_line(reason, 500), severity="warning", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """None greys a key out; pressing it says why."""
        called = f"{action}({', '.join(map(repr, parameters))})" if parameters else action
        row = self.KEYS.by_call.get(called)
        return None if row and self.is_mounted and self.find_reason(row) else True

    def on_key(self, event: Key) -> None:
        """Every key comes by here before its binding; one that does nothing now says why."""
        active = self.active_bindings.get(event.key)
        binding = self.KEYS.by_id.get(active.binding.id or "") if active else None
        if binding and (reason := self.find_reason(binding)):
            self.say_reason(reason)

    def keys_by_id(self) -> dict[str, KeyShown]:
        """Every key by the id of its binding, with whether it works now."""
        return {
            active.binding.id: KeyShown(
                self.app.get_key_display(active.binding), key, active.binding.description, active.enabled
            )
            for key, active in reversed(self.active_bindings.items())  # the first of several keys is the one shown
            if active.binding.id
        }

    def name_key(self, id: str) -> str:
        """How the key of a binding is called in a sentence, as it is bound now."""
        key = self.keys_by_id().get(id)
        return key.shown if key else DEFAULT_KEYS[id].split(",")[0]

    def show_keys(self, keys: Mapping[str, KeyShown], *also: str) -> None:
        """The line of keys at the bottom."""
        self.query_one(KeyLine).offer([keys[id] for id in (*self.KEYS.footer, *also) if id in keys])

    def action_back(self) -> None:
        leave_screen(self)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.list_help(), self.SIGNS))

    def list_help(self) -> list[tuple[str, str]]:
        """Each key as it is bound now and what it does; in one line those that share it."""
        keys: dict[str, list[str]] = {}
        for active in self.active_bindings.values():
            keys.setdefault(active.binding.id or "", []).append(self.app.get_key_display(active.binding))
        bound = {id: " ".join(dict.fromkeys(names)) for id, names in keys.items()}
        groups = {id: ids for ids in self.GROUPED for id in ids}
        lines: dict[tuple[str, ...], str] = {}
        for binding in (*self.KEYS.bindings, *APP.bindings):
            ids = groups.get(binding.id, (binding.id,))
            lines.setdefault(ids, self.GROUPED.get(ids, binding.tooltip))
        lines = {**lines, **self.GROUPED}
        texts = ((" ".join(bound[id] for id in ids if id in bound), does) for ids, does in lines.items())
        lines_of_keys = ((" ".join(dict.fromkeys(keys.split())), does) for keys, does in texts)  # two may have one key
        return [(keys, does) for keys, does in lines_of_keys if keys]


class HelpScreen(ModalScreen[None]):
    """`keys` are (key, what it does) in the order of the screen; `signs` explain what else is on it."""

    AUTO_FOCUS = "#help"
    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(HELP)

    def __init__(self, keys: Sequence[tuple[str, str]], signs: Sequence[Group] = WATCHED) -> None:
        super().__init__()
        self.keys = tuple(keys)
        self.signs = tuple(signs)

    def compose(self) -> ComposeResult:
        text = Lines(id="help-text")
        text.show(*self._text())
        with VerticalScroll(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = "esc closes"
            yield text

    def on_mount(self) -> None:
        show_what_is_behind(self)

    def on_resize(self) -> None:
        show_what_is_behind(self)

    @on(EventsAppended)
    def _tell_meanwhile(self, message: EventsAppended) -> None:
        if message.fault:
            self.query_one("#help").border_subtitle = Content(f"{message.fault} · esc closes")

    def action_back(self) -> None:
        leave_screen(self)

    def _text(self) -> list[list[Piece]]:
        lines: list[list[Piece]] = [[("Keys", "strong")]]
        wide = max((len(key) for key, _ in self.keys), default=0)
        lines += [[(f"  {key:<{wide}}  ", "key"), (does, "")] for key, does in self.keys]
        for heading, signs in self.signs:
            lines += [[], [(heading, "strong")]]
            lines += [[(f"  {sign:<10}", tone), (means, "")] for sign, tone, means in signs]
        return lines
