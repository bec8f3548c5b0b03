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
    """Each key of the front screen is in its help, in the palette while it works, and can have another key.

    `shadowed` are those whose only key belongs to the widget with the focus, which does the same.
    """
    screen = cast(KeyedScreen, pilot.app.screen)
    grouped = {id for ids in screen.GROUPED for id in ids}
    told = {does for _, does in screen.list_help()}
    commands = {command.title for command in list_commands(pilot.app, screen)}
    for binding in screen.KEYS.bindings:
        if binding.id in shadowed:
            continue
        assert binding.id in keys_by_id(screen), f"{binding.id} has no key"
        assert binding.id in grouped or binding.tooltip in told, f"{binding.id} is not in the help"
        works = not screen.find_reason(binding)
        assert (binding.label in commands) is works, f"{binding.id} is not in the palette as it works"
    for binding in screen.KEYS.bindings:
        pilot.app.set_keymap({binding.id: FREE})
        assert keys_by_id(screen)[binding.id] == {FREE}, f"{binding.id} cannot have another key"
    pilot.app.set_keymap({})


MOVES = ("table.", "lines.")  # at an end of the list they move no further, and everybody sees why
ALWAYS = frozenset({"app.quit", "quit", "palette"})


def picture_of(screen: KeyedScreen) -> tuple[object, ...]:
    """What a person sees: the cells, the focus, the screens above."""
    lines = tuple("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())
    return lines, screen.focused, tuple(screen.app.screen_stack), len(screen.app._notifications)


async def must_answer_every_key(pilot: Pilot[Any], silent: tuple[str, ...] = ()) -> None:
    """Each key of the front screen does something that can be seen, or says in one line why it does nothing.

    `silent` are those whose effect is elsewhere.
    """
    screen = cast(KeyedScreen, pilot.app.screen)
    mute: list[str] = []
    for binding in screen.KEYS.bindings:
        if binding.id in silent or binding.name in ("back", "leave_filter", "end", "refresh"):
            continue
        pilot.app.clear_notifications()
        await pilot.pause(0.02)
        before = picture_of(screen)
        await pilot.press(binding.key.split(",")[0])
        await pilot.pause(0.05)
        for _ in range(20):
            if picture_of(screen) != before:
                break
            await pilot.pause(0.02)
        else:
            mute.append(f"{binding.id} ({binding.key})")
        for note in pilot.app._notifications:
            assert "\n" not in note.message, binding.id
        while pilot.app.screen is not screen:
            pilot.app.pop_screen()
            await pilot.pause(0.02)
        if screen.focused is None or not any(table.has_focus for table in screen.query("KeyedTable, Growing")):
            for table in screen.query("KeyedTable, Growing"):
                table.focus()
                break
    assert not mute, f"these do nothing, and say nothing: {', '.join(mute)}"
