"""The keys of a screen as its bottom line and its hint tell them."""

from typing import Any

from textual.screen import Screen

from widgets.keys import KeyShown


def list_bound_keys(screen: Screen[Any]) -> dict[str, str]:
    """The keys that each action has now, as people read them, by the id of its binding."""
    keys: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        keys.setdefault(active.binding.id or "", []).append(screen.app.get_key_display(active.binding))
    return {action: " ".join(dict.fromkeys(names)) for action, names in keys.items()}


def keys_of(screen: Screen[Any]) -> dict[str, KeyShown]:
    """Every key by the id of its binding, with whether it works now."""
    return {
        active.binding.id: KeyShown(
            screen.app.get_key_display(active.binding), key, active.binding.description, active.enabled
        )
        for key, active in screen.active_bindings.items()
        if active.binding.id
    }
