"""Every key of every screen, declared once: its id, default key, label, what it does, and what it needs to do so.

The screens make their bindings from these tables, and with them help, footer, palette and the reason of a grey key.
`[keys]` of cockpit.toml, its JSON Schema, `cockpit check` and docs/keys.md read them without loading a screen.
`docs/how-to/add-a-key.md` tells how one is added.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto


class Need(StrEnum):
    """What must be so before a key works. `find_reason` of its screen says why it is grey: `REASONS` of
    `screens/main/standing.py` and `screens/run/standing.py`."""

    SESSION = auto()  # the cockpit has started
    WRITING = auto()  # it was not started with --read-only
    INCIDENT = auto()
    DUE = auto()  # what is due is shown: in a pane of a wide screen, else on the screen of an incident
    ALERT = auto()  # one is under the cursor
    UNTAKEN = auto()  # and nobody acknowledged it yet
    SILENCEABLE = auto()  # and its source can silence it
    EVENT = auto()  # one is under the cursor of the timeline
    APP = auto()
    SNAPSHOT = auto()  # the plan names a procedure that preserves evidence
    SIGN_IN = auto()  # a source asks for one, and a person can do it
    # Of a run and its current step
    OPEN_RUN = auto()
    STEP = auto()
    ROLLBACK_SECTION = auto()
    REFERENCE = auto()  # the step, or a warning before it, names another procedure or document
    RUNNING = auto()
    NOT_RUNNING = auto()
    UNDO = auto()  # the document names one, and the step took effect
    COMMAND = auto()
    TEXT = auto()  # of a command, or of one that is only mentioned
    UNSETTLED = auto()
    JUDGEMENT = auto()  # its outcome is for a person to judge
    RUNNABLE = auto()


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """One key: `key` is the default, several separated by commas. `does` is Textual's action, "" for `do('NAME')`.

    `shown`: it stands in the footer. `at_once`: it writes without asking, so a pasted key does not count. `first`: it
    comes before the field that has the focus.
    """

    id: str
    key: str
    label: str
    tooltip: str
    needs: tuple[Need, ...] = ()
    does: str = ""
    shown: bool = False
    at_once: bool = False
    first: bool = False

    @property
    def name(self) -> str:
        """The id without its screen."""
        return self.id.rpartition(".")[2]

    @property
    def call(self) -> str:
        """Textual's action."""
        return self.does or f"do({self.name!r})"


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys of one screen in the order of its help. `hears` are tables whose keys work there, too."""

    screen: str
    title: str
    bindings: tuple[KeyBinding, ...]
    hears: tuple[str, ...] = ()
    typed: bool = False  # letters go into a field: no key of its own may be one
    by_id: Mapping[str, KeyBinding] = field(init=False, repr=False, compare=False)
    by_call: Mapping[str, KeyBinding] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {binding.id: binding for binding in self.bindings})
        object.__setattr__(self, "by_call", {binding.call: binding for binding in self.bindings})

    @property
    def footer(self) -> tuple[str, ...]:
        """The ids of the keys in the last line."""
        return tuple(binding.id for binding in self.bindings if binding.shown)


def _reuse(
    table: KeyTable,
    *ids: str,
    needs: tuple[Need, ...] = (),
    shown: bool = False,
    before_fields: bool = False,
    **does: str,
) -> Iterator[KeyBinding]:
    """Bindings that have one id and one key on two screens; `does` says what Textual calls here."""
    for id in ids:
        binding = table.by_id[id]
        called = does.get(binding.name, binding.does)
        yield replace(binding, does=called, needs=needs, shown=shown, first=binding.first or before_fields)


APP = KeyTable(
    "app",
    "Everywhere",
    (
        KeyBinding("palette", "colon", "Palette", "Every command by its name", does="command_palette"),
        KeyBinding("quit", "ctrl+q", "Quit", "Leave; the timeline is on the disk", does="quit", shown=True, first=True),
    ),
)

ROWS = KeyTable(
    "table",
    "In every table, and in every long text",
    (
        KeyBinding("table.up", "up,k", "Row up", "A row up", does="move(-1)"),
        KeyBinding("table.down", "down,j", "Row down", "A row down", does="move(1)"),
        KeyBinding("table.page_up", "pageup", "Page up", "A page up", does="page(-1)"),
        KeyBinding("table.page_down", "pagedown", "Page down", "A page down", does="page(1)"),
        KeyBinding("table.first", "home", "First row", "The first row", does="first"),
        KeyBinding("table.last", "end", "Last row", "The last row", does="last"),
        KeyBinding(
            "table.select", "enter", "Details", "Details of the row, or what the screen does with it", does="select"
        ),
    ),
)

LINES = KeyTable(
    "lines",
    "In every long text",
    (
        *_reuse(
            ROWS,
            *("table.up", "table.down", "table.page_up", "table.page_down", "table.first", "table.last"),
            up="by(-1)",
            down="by(1)",
            first="to(0)",
            last="follow",
        ),
        KeyBinding("lines.left", "left", "Left", "Scroll a long line to the left", does="across(-1)"),
        KeyBinding("lines.right", "right", "Right", "Scroll a long line to the right", does="across(1)"),
    ),
)

_WRITES = (Need.SESSION, Need.WRITING)
_OF_INCIDENT = (Need.SESSION, Need.INCIDENT)

MAIN = KeyTable(
    "main",
    "The cockpit",
    (
        KeyBinding("declare", "d", "Declare", "Declare an incident", _WRITES, shown=True),
        KeyBinding("note", "n", "Note", "Write a note on the timeline", _WRITES, shown=True),
        KeyBinding(
            *("status", "s", "Status", "Change severity or status, or resolve"),
            (*_WRITES, Need.INCIDENT),
            shown=True,
        ),
        KeyBinding(
            *("acknowledge", "a", "Ack", "Acknowledge the alert under the cursor of pane 2"),
            (*_WRITES, Need.ALERT, Need.UNTAKEN),
            shown=True,
            at_once=True,
        ),
        KeyBinding(
            *("silence", "S", "Silence", "Silence the alert of pane 2, or end its silence"),
            (*_WRITES, Need.ALERT, Need.SILENCEABLE),
        ),
        KeyBinding(
            *("roles", "o", "Incident", "The incident: deadlines, roles, checklists, whom to call"),
            _OF_INCIDENT,
            shown=True,
        ),
        KeyBinding("runbooks", "r", "Runbooks", "Find a runbook, or continue a run", (Need.SESSION,), shown=True),
        KeyBinding(
            *("roll_back", "R", "Roll back", "Back to a good revision, or to that of pane 3"),
            (Need.SESSION, Need.APP),
            shown=True,
        ),
        KeyBinding(
            *("communicate", "c", "Communicate", "Write an update from a template, and copy it"),
            _OF_INCIDENT,
            shown=True,
        ),
        KeyBinding("update", "u", "Update sent", "Record that an update was sent", (*_WRITES, Need.INCIDENT)),
        KeyBinding(
            *("status_line", "U", "Status line", "Copy one line for the channel, and record it as sent"),
            (*_WRITES, Need.INCIDENT),
            at_once=True,
        ),
        KeyBinding("snooze", "z", "Snooze", "The most urgent deadline: done, or later", (*_WRITES, Need.INCIDENT)),
        KeyBinding("freeze", "f", "Freeze", "Record a deployment freeze here, or its end", _WRITES),
        KeyBinding(
            *("pin", "p", "Pin", "Pin the event under the cursor of pane 4, or unpin it"),
            (*_WRITES, Need.INCIDENT, Need.EVENT),
            at_once=True,
        ),
        KeyBinding("next_error", "e", "Next error", "To the next error on the timeline", does="error(1)"),
        KeyBinding("previous_error", "E", "Previous error", "To the previous error on the timeline", does="error(-1)"),
        KeyBinding(
            "people_only", "t", "People only", "The timeline: only what people did, or everything", does="people_only"
        ),
        KeyBinding("brief", "B", "Brief", "The situation in half a minute, to read out or to copy", _OF_INCIDENT),
        KeyBinding("preview", "v", "Preview", "Read the post-mortem draft as it is now", _OF_INCIDENT),
        KeyBinding("past", "h", "History", "Past incidents, and their numbers", (Need.SESSION,)),
        KeyBinding(
            *("logs", "l", "Logs", "Logs of the chosen, unhealthy or serving revision"),
            (Need.SESSION, Need.APP),
            shown=True,
        ),
        KeyBinding("export", "x", "Export", "Write the post-mortem draft into a file", _OF_INCIDENT, shown=True),
        KeyBinding("wall", "w", "Wall", "The wall: big letters for a second monitor", (Need.SESSION,), shown=True),
        KeyBinding(
            *("before", "b", "Before", "What changed before the alert or probe under the cursor"),
            (Need.SESSION,),
        ),
        KeyBinding("filter", "slash", "Filter", "Show only rows with these words or labels", does="filter", shown=True),
        KeyBinding(
            "faults_only",
            "exclamation_mark",
            "Faults only",
            "Show only what is wrong, in every pane",
            does="faults_only",
        ),
        KeyBinding("sort", "y", "Sort", "Sort the pane another way", does="sort"),
        KeyBinding("help", "question_mark", "Help", "Keys and signs of this screen", does="help", shown=True),
        KeyBinding("sign_in", "i", "Sign in", "Sign in to the cloud again", (Need.SESSION, Need.SIGN_IN)),
        KeyBinding("refresh", "f5", "Refresh", "Ask every source now", (Need.SESSION,), does="refresh"),
        KeyBinding("mute", "m", "Bell", "Turn the bell on or off", does="mute"),
        KeyBinding("next_pane", "tab", "Next pane", "To the next pane", does="step(1)"),
        KeyBinding("previous_pane", "shift+tab", "Previous pane", "To the previous pane", does="step(-1)"),
        KeyBinding("pane_1", "1", "To Probes", "To pane 1: Probes", does="pane(0)"),
        KeyBinding("pane_2", "2", "To Alerts", "To pane 2: Alerts", does="pane(1)"),
        KeyBinding("pane_3", "3", "To Revisions", "To pane 3: Revisions", does="pane(2)"),
        KeyBinding("pane_4", "4", "To Timeline", "To pane 4: Timeline", does="pane(3)"),
        KeyBinding("pane_5", "5", "To what is due", "What is due, and who does it", (Need.DUE,), does="pane(4)"),
        KeyBinding("leave_filter", "escape", "Show all rows", "Show all rows again", does="leave_filter"),
    ),
    hears=("table", "app"),
)

_PANES = ("next_pane", "previous_pane", "pane_1", "pane_2", "pane_3", "pane_4")
_RECORDS = (Need.WRITING,)

INCIDENT = KeyTable(
    "incident",
    "The incident's own screen",
    (
        KeyBinding("incident.task", "t", "Task", "A task with a time: look at X, back in 3 min", _RECORDS, shown=True),
        KeyBinding("incident.decide", "d", "Decision", "Record what was decided, and why", _RECORDS, shown=True),
        KeyBinding(
            *("incident.loop", "l", "Undo later", "Something turned off for now, to be turned on again later"),
            _RECORDS,
            shown=True,
        ),
        KeyBinding(
            *("incident.snooze", "z", "Snooze", "The deadline under the cursor of pane 1: later, or done"),
            _RECORDS,
            shown=True,
        ),
        *_reuse(MAIN, "note", "status", needs=_RECORDS, shown=True),
        *_reuse(MAIN, "communicate", shown=True, communicate="communicate"),
        KeyBinding("incident.aware", "b", "Breach", "Declare that you know of a data breach", _RECORDS, shown=True),
        KeyBinding(
            *("incident.scenario", "y", "Scenario", "Which recovery targets apply to this incident"),
            _RECORDS,
            shown=True,
        ),
        *_reuse(MAIN, "update", "freeze", needs=_RECORDS),
        *_reuse(MAIN, "brief", "preview", brief="brief", preview="preview"),
        *_reuse(MAIN, *_PANES),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("incident.back", "escape,q", "Back", "Back to the cockpit", does="back", shown=True),
    ),
    hears=("table", "app"),
)

_ON_A_STEP = (Need.OPEN_RUN, Need.STEP, Need.NOT_RUNNING)

RUN = KeyTable(
    "run",
    "A run",
    (
        KeyBinding(
            *("run.run", "enter", "Run", "Run the current step, or mark it done"),
            (*_ON_A_STEP, Need.RUNNABLE),
            does="run",
        ),
        KeyBinding("run.next", "tab", "Next", "To the step that matters next", does="next", shown=True),
        KeyBinding(
            *("run.cancel", "x", "Cancel", "Stop the running step"),
            (Need.OPEN_RUN, Need.STEP, Need.RUNNING),
            shown=True,
        ),
        KeyBinding(
            *("run.edit", "e", "Edit", "Edit the command for this one try"),
            (*_ON_A_STEP, Need.COMMAND),
            shown=True,
        ),
        KeyBinding(
            *("run.skip", "s", "Skip", "Skip the step, with a reason"),
            (*_ON_A_STEP, Need.UNSETTLED),
            shown=True,
        ),
        KeyBinding(
            *("run.by_hand", "h", "By hand", "Record that it was done by hand"),
            (*_ON_A_STEP, Need.UNSETTLED),
            shown=True,
        ),
        KeyBinding(
            *("run.undo", "u", "Undo", "Run the undo that the document names"),
            (*_ON_A_STEP, Need.UNDO, Need.COMMAND),
            shown=True,
        ),
        KeyBinding("run.values", "v", "Values", "The values of the placeholders", (Need.OPEN_RUN,), shown=True),
        KeyBinding(
            *("run.copy", "c", "Copy", "Copy the command with its values"),
            (Need.STEP, Need.TEXT),
            does="copy",
            shown=True,
        ),
        KeyBinding("run.help", "question_mark", "Help", "Keys of this screen", does="help", shown=True),
        KeyBinding("run.back", "escape", "Back", "Back; the run goes on", does="back", shown=True),
        KeyBinding(
            *("run.well", "o", "Mark OK", "You looked at the outcome, and it is OK"),
            (*_ON_A_STEP, Need.JUDGEMENT),
        ),
        KeyBinding(
            *("run.rollback", "b", "Rollback", "The Rollback section of the document"),
            (Need.ROLLBACK_SECTION,),
        ),
        KeyBinding(
            "run.follow", "l", "Go there", "Open the procedure or document that the step names", (Need.REFERENCE,)
        ),
        KeyBinding("run.note", "n", "Note", "Write a note on the timeline"),
        KeyBinding("run.full", "f", "Full", "The whole screen for the output", does="full"),
        KeyBinding("run.end", "q", "Leave or end", "Leave the run open, or end it: it asks"),
    ),
    hears=("table", "lines", "app"),
)

CATALOGUE = KeyTable(
    "catalogue",
    "The catalogue of runbooks, where letters are what is looked for",
    (
        KeyBinding(
            "catalogue.open", "enter", "Open", "Open a run, or the document", does="open", shown=True, first=True
        ),
        KeyBinding("catalogue.read", "ctrl+o", "Read", "Read the document", does="read", shown=True),
        KeyBinding("catalogue.up", "up", "Row up", "A row up", does="move(-1)", first=True),
        KeyBinding("catalogue.down", "down", "Row down", "A row down", does="move(1)", first=True),
        KeyBinding("catalogue.page_up", "pageup", "Page up", "A page up", does="page(-1)", first=True),
        KeyBinding("catalogue.page_down", "pagedown", "Page down", "A page down", does="page(1)", first=True),
        KeyBinding("catalogue.back", "escape", "Back", "Show all, then back", does="back", shown=True),
    ),
    hears=("app",),
    typed=True,
)

CHECKLIST = KeyTable(
    "checklist",
    "The checklists",
    (
        KeyBinding("checklist.skip", "s", "Skip", "Skip the item, with a reason", does="skip", shown=True),
        KeyBinding("checklist.open", "u", "Undo", "The item is not done after all", does="open_again", shown=True),
        KeyBinding("checklist.act", "o", "Do it", "Do what the item asks for", does="act", shown=True),
        *_reuse(MAIN, "note", shown=True, note="note"),
        KeyBinding("checklist.next", "tab", "Next list", "To the next checklist", does="turn(1)", shown=True),
        KeyBinding("checklist.previous", "shift+tab", "Previous list", "To the previous checklist", does="turn(-1)"),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("checklist.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("table", "app"),
)

MESSAGES = KeyTable(
    "messages",
    "The messages, while no text is being written",
    (
        KeyBinding("messages.write", "e", "Write", "Change the text", does="write", shown=True),
        KeyBinding(
            *("messages.next", "tab", "Next field", "To the next field that still has to be filled"),
            does="next_mark",
            shown=True,
        ),
        KeyBinding("messages.copy", "c", "Copy", "Copy the text, and keep it in a file", does="copy", shown=True),
        KeyBinding(
            *("messages.sent", "s", "Sent", "Copy the text, and record it as sent"),
            does="sent",
            shown=True,
            at_once=True,
        ),
        KeyBinding(
            *("messages.line", "i", "Line", "Copy the status line, and record it as sent"),
            does="line",
            shown=True,
            at_once=True,
        ),
        KeyBinding("messages.to", "a", "To", "Who reads it", does="audience", shown=True),
        KeyBinding("messages.promise", "p", "Promise", "When the next update follows", does="promise", shown=True),
        *_reuse(MAIN, "note", shown=True, note="note"),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding(
            "messages.back", "escape,q", "Back", "From the text to the list, then back", does="back", shown=True
        ),
    ),
    hears=("table", "app"),
)

HISTORY = KeyTable(
    "history",
    "Past incidents",
    (
        KeyBinding(
            "history.preview", "v", "Preview", "Read the post-mortem draft of this incident", does="preview", shown=True
        ),
        KeyBinding("history.lead", "o", "Open", "Its deadlines, roles and checklists", does="lead", shown=True),
        KeyBinding("history.other", "tab,shift+tab", "Other pane", "To the other pane", does="other", shown=True),
        KeyBinding("history.1", "1", "Incidents", "To pane 1: incidents", does="pane(0)"),
        KeyBinding("history.2", "2", "Numbers", "To pane 2: numbers", does="pane(1)"),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("history.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("table", "app"),
)

DRAFT = KeyTable(
    "draft",
    "The preview of the post-mortem draft",
    (
        KeyBinding("draft.export", "x", "Write it", "Write it into its file", does="export", shown=True),
        KeyBinding(
            "draft.review", "s", "Review state", "Draft, in review, reviewed, closed", does="review", shown=True
        ),
        *_reuse(MAIN, "note", shown=True, note="note"),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("draft.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("lines", "app"),
)

BRIEFING = KeyTable(
    "briefing",
    "The brief of an incident",
    (
        KeyBinding("briefing.copy", "c", "Copy", "Copy it as text", does="copy", shown=True),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("briefing.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("lines", "app"),
)

LOG = KeyTable(
    "log",
    "The logs",
    (
        KeyBinding("log.pause", "space", "Pause", "Stop following, or follow again", does="pause", shown=True),
        KeyBinding("log.next_revision", "tab", "Revision", "The log of the next revision", does="turn(1)", shown=True),
        KeyBinding(
            "log.previous_revision", "shift+tab", "Revision before", "The log of the one before", does="turn(-1)"
        ),
        KeyBinding(
            *("log.filter", "slash", "Filter", "Only lines with these words, without -these, or /a.b/"),
            does="filter",
            shown=True,
        ),
        KeyBinding("log.highlight", "h", "Highlight", "Show all lines and mark those with the words", does="highlight"),
        KeyBinding("log.next_error", "e", "Next error", "To the next line with an error", does="error(1)", shown=True),
        KeyBinding("log.previous_error", "E", "Previous error", "To the previous line with an error", does="error(-1)"),
        KeyBinding("log.time", "t", "Time", "To a time, such as 14:05 or 10m ago", does="time", shown=True),
        KeyBinding("log.more", "shift+down", "One more", "Choose one line more, downwards", does="extend(1)"),
        KeyBinding("log.less", "shift+up", "One more up", "Choose one line more, upwards", does="extend(-1)"),
        KeyBinding(
            *("log.record", "p", "Record", "Record the chosen lines, as evidence"),
            (Need.WRITING, Need.INCIDENT),
            does="record",
            shown=True,
        ),
        KeyBinding("log.save", "s", "Save", "Save the lines shown into a file", does="save", shown=True),
        KeyBinding(
            *("log.preserve", "v", "Preserve", "Open the procedure that preserves evidence"),
            (Need.SNAPSHOT,),
            does="preserve",
        ),
        KeyBinding("log.follow", "end", "Newest", "Follow the newest lines", does="follow", shown=True),
        KeyBinding("log.again", "r", "Reopen", "Open the stream again after it ended", does="again"),
        *_reuse(MAIN, "help", shown=True),
        KeyBinding(
            "log.back", "escape,q", "Back", "Back to the cockpit; the stream is closed", does="back", shown=True
        ),
    ),
    hears=("lines", "app"),
)

DOCUMENT = KeyTable(
    "document",
    "A document",
    (
        *_reuse(MAIN, "help", shown=True),
        KeyBinding("document.back", "escape,q", "Back", "Back", does="back", shown=True),
        KeyBinding("document.link", "tab", "Next link", "Go to the next link of the document", does="link", shown=True),
        KeyBinding("document.follow", "enter", "Follow", "Open where the link leads", does="follow", shown=True),
        KeyBinding(
            "document.code", "c", "Copy code", "Go to the next code in the text, and copy it", does="code", shown=True
        ),
    ),
    hears=("lines", "app"),
)

WALL = KeyTable(
    "wall_screen",
    "The wall",
    (
        *_reuse(MAIN, "help"),
        KeyBinding("wall_screen.back", "escape,q", "Back", "Back to the cockpit, or leave", does="back"),
    ),
    hears=("app",),
)

HELP = KeyTable(
    "help_screen",
    "The help",
    (KeyBinding("help_screen.close", "escape,question_mark,q", "Close", "Close the help", does="back", shown=True),),
    hears=("app",),
)

DIALOG = KeyTable(
    "dialog",
    "Every dialog",
    (
        KeyBinding("dialog.confirm", "enter", "Confirm", "Do what the last line says", does="confirm", first=True),
        KeyBinding("dialog.leave", "escape", "Leave", "Leave the dialog; nothing is done", does="leave", first=True),
    ),
    typed=True,
)

TEXT_DIALOG = KeyTable(
    "text_dialog",
    "A dialog with a text of several lines",
    (KeyBinding("text_dialog.new_line", "ctrl+j", "New line", "Begin a new line", does="new_line", first=True),),
    hears=("dialog",),
    typed=True,
)

CHOICE = KeyTable("choice", "A choice in a dialog", tuple(_reuse(ROWS, "table.up", "table.down")), hears=("dialog",))

DECLARATION = KeyTable(
    "declaration",
    "The dialog that declares an incident",
    (
        KeyBinding(
            *("declaration.unsure", "ctrl+t", "Unsure", "Between two severities: take the higher one"),
            does="unsure",
            first=True,
        ),
        KeyBinding("declaration.drill", "ctrl+r", "Drill", "It is a drill, or not", does="drill", first=True),
        KeyBinding(
            *("declaration.join", "ctrl+o", "Join", "A note on the incident that is open, not a second one"),
            does="join",
            first=True,
        ),
    ),
    hears=("dialog",),
    typed=True,
)

DETAILS = KeyTable(
    "details",
    "The details of a row",
    (
        KeyBinding("details.procedure", "r", "Procedure", "Open the procedure that helps with it", does="procedure"),
        KeyBinding("details.copy", "c", "Copy", "Copy all of it", does="copy"),
    ),
    hears=("dialog",),
)

ALERT_DETAILS = KeyTable(
    "alert_details",
    "The details of an alert",
    (
        KeyBinding("alert_details.acknowledge", "a", "Acknowledge", "You take care of this alert", does="acknowledge"),
        KeyBinding("alert_details.silence", "S", "Silence", "Silence it at its source, for a time", does="silence"),
        KeyBinding("alert_details.link", "u", "Copy link", "Copy a link of it, one after the other", does="copy_link"),
        KeyBinding("alert_details.settle", "o", "Over", "You looked, and it is over: say why", does="settle"),
    ),
    hears=("details", "dialog"),
)

EVENT_DETAILS = KeyTable(
    "event_details",
    "The details of a line of the timeline",
    (
        KeyBinding("event_details.pin", "p", "Pin", "Pin it as evidence, or unpin it", does="pin"),
        KeyBinding("event_details.link", "k", "Link", "Link evidence to it", does="link"),
        KeyBinding("event_details.correct", "w", "Correct", "Correct its text or its time", does="correct"),
    ),
    hears=("details", "dialog"),
)

CONFIRMATION = KeyTable(
    "confirmation",
    "A dialog that starts a change",
    (
        *_reuse(ROWS, "table.page_down", before_fields=True, page_down="turn_page(1)"),
        *_reuse(ROWS, "table.page_up", before_fields=True, page_up="turn_page(-1)"),
        *_reuse(ROWS, "table.down", "table.up", down="scroll_rows(1)", up="scroll_rows(-1)"),
    ),
    hears=("dialog",),
)

ROLLBACK = KeyTable(
    "rollback",
    "The dialog that rolls back",
    (
        KeyBinding(
            "rollback.difference", "d", "Difference", "What differs between the two revisions", does="difference"
        ),
        KeyBinding("rollback.runbook", "o", "Runbook", "Open the runbook that does it", does="document"),
    ),
    hears=("confirmation", "dialog"),
)

DIFFERENCE = KeyTable(
    "difference",
    "The difference between two revisions",
    tuple(
        _reuse(
            ROWS,
            *("table.down", "table.up", "table.page_down", "table.page_up", "table.first", "table.last"),
            down="scroll_by(1)",
            up="scroll_by(-1)",
            page_down="scroll_page(1)",
            page_up="scroll_page(-1)",
            first="scroll_page(-1000)",
            last="scroll_page(1000)",
        )
    ),
    hears=("dialog",),
)

RESUME = KeyTable(
    "resume",
    "The dialog for a run that is still open",
    (
        KeyBinding("resume.continue", "g", "Continue", "Go on with the open run", does="choose('on')", first=True),
        KeyBinding("resume.start", "n", "Start new", "Begin a new run", does="choose('anew')", first=True),
    ),
    hears=("dialog",),
)

KEY_TABLES = (
    *(
        MAIN,
        APP,
        ROWS,
        LINES,
        INCIDENT,
        CHECKLIST,
        MESSAGES,
        DRAFT,
        BRIEFING,
        HISTORY,
        RUN,
        CATALOGUE,
        DOCUMENT,
        LOG,
        WALL,
    ),
    *(HELP, DIALOG, TEXT_DIALOG, CHOICE, DECLARATION, DETAILS, ALERT_DETAILS, EVENT_DETAILS, CONFIRMATION, ROLLBACK),
    *(DIFFERENCE, RESUME),
)
DEFAULT_KEYS: dict[str, str] = {binding.id: binding.key for table in KEY_TABLES for binding in table.bindings}
"""What `[keys]` can name, and the keys without it."""

RENAMED = {
    "past.": "history.",
    "check.": "checklist.",
    "tell.": "messages.",
    "preview.": "draft.",
    "logs.": "log.",
    "wall.": "wall_screen.",
}
"""How the screens call their keys in 0.1.0, where none of these could be rebound; read as what they are now."""

ONE_ACT = (
    frozenset({"run.run", "table.select"}),  # in a run the row is the step: both run it
    frozenset({"log.follow", "table.last"}),
)
CHECKED_SINCE_0_1_0 = frozenset({"main", "run", "catalogue"})
"""Screens on which a key with two meanings was always a mistake. A file of before may have one on the others."""
ADDED_LATER = frozenset({"before", "brief", "faults_only", "silence", "sort"})
"""Keys of the main screen that 0.1.0 did not have: a file of then that uses one of them keeps it."""
KEPT_IDS = (
    frozenset(id for id in DEFAULT_KEYS if id.partition(".")[0] in ("table", "run", "catalogue") or "." not in id)
    - ADDED_LATER
)
"""What `[keys]` could name in 0.1.0, and can for ever."""


def list_hearing_screens(id: str) -> frozenset[str]:
    """The screens on which a binding works."""
    owners = {table.screen for table in KEY_TABLES if any(binding.id == id for binding in table.bindings)}
    return frozenset(
        table.screen for table in KEY_TABLES if table.screen in owners or not owners.isdisjoint(table.hears)
    )


def find_clashing_screens(one: str, other: str) -> frozenset[str]:
    """The screens that hear both bindings, which therefore cannot have one key."""
    if one == other or frozenset({one, other}) in ONE_ACT:
        return frozenset()
    return list_hearing_screens(one) & list_hearing_screens(other)


def rename_key_id(id: str) -> str:
    """An id of a file as it is called today."""
    for old, new in RENAMED.items():
        if id not in DEFAULT_KEYS and id.startswith(old) and new + id.removeprefix(old) in DEFAULT_KEYS:
            return new + id.removeprefix(old)
    return id


def opens_a_procedure(name: str, value: str) -> bool:
    """True for `F6 = "restore-database#2"` in [keys]: there the name is the key, and the value what it opens."""
    return rename_key_id(name) not in DEFAULT_KEYS and ("#" in value or bool(re.fullmatch(r"(?i)f\d{1,2}", name)))
