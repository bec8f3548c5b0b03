"""The keys of the cockpit, what each opens, and which of them stand in its last line."""

from dataclasses import dataclass

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("d", "open('declare')", "Declare", id="declare", tooltip="Declare an incident"),
    Binding("n", "open('note')", "Note", id="note", tooltip="Write a note on the timeline"),
    Binding("s", "open('status')", "Status", id="status", tooltip="Change severity or status, resolve"),
    Binding("a", "open('acknowledge')", "Ack", id="acknowledge", tooltip="Take the alert under the cursor of pane 2"),
    Binding("o", "open('roles')", "Lead", id="roles", tooltip="Roles, clocks, checklists and who to call"),
    Binding(
        "c", "open('communicate')", "Tell", id="communicate", tooltip="Write an update from a template, and copy it"
    ),
    Binding(
        "u", "open('update')", "Update sent", id="update", show=False, tooltip="Write down that an update was sent"
    ),
    Binding(
        "U",
        "open('status_line')",
        "Status line",
        id="status_line",
        show=False,
        tooltip="Copy one line for the channel, written down as sent",
    ),
    Binding("z", "open('snooze')", "Snooze", id="snooze", show=False, tooltip="The most urgent clock: done, or later"),
    Binding("f", "open('freeze')", "Freeze", id="freeze", show=False, tooltip="No deployments here, or again"),
    Binding("p", "open('pin')", "Pin", id="pin", show=False, tooltip="Pin the event under the cursor of pane 4"),
    Binding("e", "error(1)", "Next error", id="next_error", show=False, tooltip="Next error on the timeline"),
    Binding("E", "error(-1)", "Previous error", id="previous_error", show=False, tooltip="Previous error"),
    Binding(
        "t",
        "people_only",
        "People only",
        id="people_only",
        show=False,
        tooltip="The timeline: only what people did, or all of it",
    ),
    Binding(
        "v", "open('preview')", "Preview", id="preview", show=False, tooltip="Read the post-mortem draft as it stands"
    ),
    Binding("h", "open('past')", "Past", id="past", show=False, tooltip="Incidents of before, and their numbers"),
    Binding("r", "open('runbooks')", "Runbooks", id="runbooks", tooltip="The runbooks: find one, go on with a run"),
    Binding(
        "R",
        "open('roll_back')",
        "Roll back",
        id="roll_back",
        tooltip="Back to a good revision, or to that of pane 3",
    ),
    Binding("x", "open('export')", "Export", id="export", tooltip="Write the post-mortem draft"),
    Binding("l", "open('logs')", "Logs", id="logs", tooltip="Logs of the revision with traffic, or under the cursor"),
    Binding("w", "open('wall')", "Wall", id="wall", tooltip="The wall: big letters for a second monitor"),
    Binding("slash", "filter", "Filter", id="filter", tooltip="Show only rows with these words"),
    Binding("question_mark", "help", "Help", id="help", tooltip="Keys and signs of this screen"),
    Binding("i", "open('sign_in')", "Sign in", id="sign_in", show=False, tooltip="Sign in to the cloud again"),
    Binding("f5", "refresh", "Refresh", id="refresh", show=False, tooltip="Ask every source now"),
    Binding("m", "mute", "Bell", id="mute", show=False, tooltip="Bell on or off"),
    Binding("tab", "step(1)", "Next pane", id="next_pane", show=False, tooltip="Next pane"),
    Binding("shift+tab", "step(-1)", "Previous pane", id="previous_pane", show=False, tooltip="Previous pane"),
    Binding("1", "pane(0)", "To Probes", id="pane_1", show=False, tooltip="Pane 1: Probes"),
    Binding("2", "pane(1)", "To Alerts", id="pane_2", show=False, tooltip="Pane 2: Alerts"),
    Binding("3", "pane(2)", "To Revisions", id="pane_3", show=False, tooltip="Pane 3: Revisions"),
    Binding("4", "pane(3)", "To Timeline", id="pane_4", show=False, tooltip="Pane 4: Timeline"),
    Binding("5", "pane(4)", "To what is due", id="pane_5", show=False, tooltip="What is due, and who does it"),
    Binding("escape", "leave_filter", "Show all rows", id="leave_filter", show=False),
]

SHOWN = (
    *("declare", "note", "status", "acknowledge", "roles", "communicate", "runbooks", "roll_back", "logs"),
    *("export", "wall", "filter", "help", "quit"),
)


# Why a key does nothing at this moment. A disabled key says why.

WRITES = frozenset({"declare", "note", "status", "acknowledge", "update", "status_line", "snooze", "freeze", "pin"})
READS = frozenset(  # need an incident
    {"export", "roles", "communicate", "update", "status_line", "snooze", "pin", "preview"}
)
NEEDS_SESSION = WRITES | READS | {"logs", "wall", "refresh", "sign_in", "details", "runbooks", "roll_back", "past"}

VERBS = {
    "export": "export",
    "roles": "lead",
    "communicate": "tell of",
    "update": "tell of",
    "status_line": "tell of",
    "snooze": "put off",
    "pin": "pin to",
    "preview": "draft",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which keys work."""

    attached: bool = False
    read_only: bool = False
    any_incident: bool = False
    alert: bool = False  # one is under the cursor of the alert pane
    taken: bool = False  # and somebody acknowledged it
    event: bool = False  # one is under the cursor of the timeline
    apps: bool = False
    signed_out: bool = False
    person: bool = True  # somebody can sign in; else only a machine's identity is configured


def why_not(action: str, now: Situation) -> str:
    """One sentence, or "" when the key works."""
    if action in NEEDS_SESSION and not now.attached:
        return "Still starting; in a moment."
    if action in WRITES and now.read_only:
        return "Read-only: nothing is recorded. Start without --read-only to write."
    if action == "status" and not now.any_incident:
        return "There is no incident, so there is no severity or status to change."
    if action == "acknowledge" and not now.alert:
        return "There is no alert to acknowledge."
    if action == "acknowledge" and now.taken:
        return "Somebody has taken this alert already; the cursor in pane 2 chooses another one."
    if action in READS and not now.any_incident:
        return f"There is no incident to {VERBS[action]} yet; declaring one starts it."
    if action == "pin" and not now.event:
        return "The cursor in pane 4 chooses the event to pin."
    if action == "logs" and not now.apps:
        return "No app is known, so there are no logs to show."
    if action == "roll_back" and not now.apps:
        return "No app is known, so there is nothing to roll back."
    if action == "sign_in" and not now.signed_out:
        return "No source asks for a sign-in."
    if action == "sign_in" and not now.person:
        return "Only a machine's identity is configured here: nobody can sign in."
    return ""
