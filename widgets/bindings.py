"""Textual's bindings of a table of actions."""

from textual.binding import Binding, BindingType

from cockpit.model.actions import ActionTable


def make_bindings(table: ActionTable) -> list[BindingType]:
    return [
        Binding(
            action.key,
            action.call,
            action.label,
            id=action.id,
            key_display="enter" if action.key == "enter" else None,  # Textual draws an arrow that few fonts have
            show=action.shown,
            priority=action.first,
            tooltip=action.tooltip,
        )
        for action in table.actions
    ]
