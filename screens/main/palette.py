"""The palette: every key of the screen by its name, and the themes. Nothing is in it that does not work now."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual import on
from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input

import themes
from cockpit.model.key_bindings import INCIDENT

NOT_SEARCHED = "The list was not yet that of what you typed: nothing was chosen. Look at it, and choose again."


class SettledPalette(CommandPalette):
    """Textual's, but for an Enter that comes while it still shows what fits fewer letters: it would choose of those."""

    @property
    def is_searching(self) -> bool:
        """Whether the list is still that of an earlier text, or of some part of the commands."""
        group = self._GATHER_COMMANDS_GROUP
        return any(
            worker.node is self and worker.group == group and not worker.is_finished for worker in self.app.workers
        )

    @on(Input.Submitted)
    def _wait_for_list(self, event: Input.Submitted) -> None:
        if self.is_searching:
            event.stop()
            event.prevent_default()
            self.app.notify(NOT_SEARCHED, severity="warning", markup=False)


def list_commands(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """What can be done from `screen` at this moment, then the themes."""
    visited = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or not active.enabled or binding.id in visited:
            continue
        if binding.id.startswith(("table.", "palette")):
            continue
        visited.add(binding.id)
        key = app.get_key_display(binding)
        yield SystemCommand(
            binding.description,
            f"{key}   {binding.tooltip or ''}".rstrip(),
            partial(app.run_action, binding.action, active.node),
        )
    yield from _in_an_incident(screen)
    for word, name in themes.NAMES.items():
        yield SystemCommand(f"Theme {word}", "Colours of the screen", partial(setattr, app, "theme", name))


def _in_an_incident(screen: Screen[Any]) -> Iterable[SystemCommand]:
    """From the cockpit also what has its key on the incident screen only."""
    from screens.main.key_handlers import KeyPress, open_incident_form
    from screens.main.screen import CockpitScreen

    session = screen.session if isinstance(screen, CockpitScreen) else None
    if session is None or session.read_only:
        return
    assert isinstance(screen, CockpitScreen)
    press = KeyPress(screen, session)
    for binding in INCIDENT.bindings if press.incident else ():
        if binding.id.startswith("incident.") and binding.name not in ("snooze", "back"):
            yield SystemCommand(binding.label, binding.tooltip, partial(open_incident_form, press, binding.name))
