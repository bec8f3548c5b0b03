"""What holds of the keys of every screen, asked of one that is open."""

from typing import Any, cast

from textual.pilot import Pilot

from screens.main.palette import list_commands
from screens.shared.keyed_screen import KeyedScreen

FREE = "f19"  # bound by nothing


def keys_by_id(screen: KeyedScreen) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for key, active in screen.active_bindings.items():
        keys.setdefault(active.binding.id or "", set()).add(key)
    return keys


async def must_tell_all_its_keys(pilot: Pilot[Any], shadowed: tuple[str, ...] = ()) -> None:
    """Each action of the front screen is in its help, in the palette while it works, and can have another key.

    `shadowed` are those whose only key belongs to the widget with the focus, which does the same.
    """
    screen = cast(KeyedScreen, pilot.app.screen)
    grouped = {id for ids in screen.GROUPED for id in ids}
    told = {does for _, does in screen.list_help()}
    commands = {command.title for command in list_commands(pilot.app, screen)}
    for action in screen.KEYS.actions:
        if action.id in shadowed:
            continue
        assert action.id in keys_by_id(screen), f"{action.id} has no key"
        assert action.id in grouped or action.tooltip in told, f"{action.id} is not in the help"
        works = not screen.find_reason(action)
        assert (action.label in commands) is works, f"{action.id} is not in the palette as it works"
    for action in screen.KEYS.actions:
        pilot.app.set_keymap({action.id: FREE})
        assert keys_by_id(screen)[action.id] == {FREE}, f"{action.id} cannot have another key"
    pilot.app.set_keymap({})
