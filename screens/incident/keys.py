"""The keys of the incident screen. What the cockpit has a key for has the same one here, by the same name."""

from textual.binding import Binding, BindingType

FORMS = {
    "task": Binding(
        "t", "form('task')", "Task", id="incident.task", tooltip="A task with a time: look at X, back in 3 min"
    ),
    "decide": Binding(
        "d", "form('decide')", "Decision", id="incident.decide", tooltip="Write down what was decided, and why"
    ),
    "loop": Binding(
        "l",
        "form('loop')",
        "Undo later",
        id="incident.loop",
        tooltip="Something turned off for now, to be undone later",
    ),
    "aware": Binding(
        "b", "form('aware')", "Breach", id="incident.aware", tooltip="Declare being aware of a data breach"
    ),
    "scenario": Binding(
        "y", "form('scenario')", "Scenario", id="incident.scenario", tooltip="What recovery is measured against"
    ),
}  # of the incident screen alone; the palette of the cockpit opens them, too
KEYS: list[BindingType] = [
    *FORMS.values(),
    Binding(
        "z",
        "form('snooze')",
        "Snooze",
        id="incident.snooze",
        tooltip="The clock under the cursor of pane 1: later, or done",
    ),
    Binding("n", "form('note')", "Note", id="note", tooltip="Write a note on the timeline"),
    Binding("s", "form('status')", "Status", id="status", tooltip="Change severity or status, resolve"),
    Binding("c", "tell", "Tell", id="communicate", tooltip="Write an update from a template, and copy it"),
    Binding("u", "form('update')", "Update sent", id="update", show=False, tooltip="Write down that one was sent"),
    Binding("f", "form('freeze')", "Freeze", id="freeze", show=False, tooltip="No deployments here, or again"),
    Binding("v", "preview", "Preview", id="preview", show=False, tooltip="Read the post-mortem draft as it stands"),
    Binding("tab", "step(1)", "Next pane", id="next_pane", show=False, tooltip="Next pane"),
    Binding("shift+tab", "step(-1)", "Previous pane", id="previous_pane", show=False, tooltip="Previous pane"),
    Binding("1", "pane(0)", "Clocks", id="pane_1", show=False),
    Binding("2", "pane(1)", "Roles", id="pane_2", show=False),
    Binding("3", "pane(2)", "Checklists", id="pane_3", show=False),
    Binding("4", "pane(3)", "Call", id="pane_4", show=False),
    Binding("question_mark", "help", "Help", id="help", tooltip="Keys and signs of this screen"),
    Binding("escape,q", "dismiss", "Back", id="incident.back", key_display="esc", tooltip="Back"),
]
SHOWN = (
    *("incident.task", "incident.decide", "incident.loop", "incident.snooze", "note", "status", "communicate"),
    *("incident.aware", "incident.scenario", "help", "incident.back"),
)
PANES = ("pane_1", "pane_2", "pane_3", "pane_4")
MOVES: dict[tuple[str, ...], str] = {
    PANES: "To a pane: clocks, roles, checklists, whom to call",
    ("table.select",): "The row: answer a clock, take a role, tick boxes, called",
}
