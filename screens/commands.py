"""The palette: every key of the screen by its name, and the themes. Nothing is in it that does not work now."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

import themes


def commands(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """What can be done from `screen` at this moment, then the themes."""
    seen = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or not active.enabled or binding.id in seen:
            continue
        if binding.id.startswith(("table.", "palette")):
            continue
        seen.add(binding.id)
        key = app.get_key_display(binding)
        yield SystemCommand(
            binding.description,
            f"{key}   {binding.tooltip or ''}".rstrip(),
            partial(app.run_action, binding.action, active.node),
        )
    for word, name in themes.NAMES.items():
        yield SystemCommand(f"Theme {word}", "Colours of the screen", partial(setattr, app, "theme", name))
