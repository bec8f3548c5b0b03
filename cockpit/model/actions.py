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
    """What must be so before a key works. Each screen knows how to see it and which sentence says that it is not."""

    SESSION = auto()  # the cockpit has started
    WRITING = auto()  # it was not started with --read-only
    INCIDENT = auto()
    DUE = auto()  # what is due is shown: in a pane of a wide screen, else on the screen of an incident
    ALERT = auto()  # one is under the cursor
    UNTAKEN = auto()  # and nobody acknowledged it yet
    SILENCEABLE = auto()  # and its source can be told to be quiet about it
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
class Action:
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
class ActionTable:
    """The keys of one screen in the order of its help. `hears` are tables whose keys work there, too."""

    screen: str
    title: str
    actions: tuple[Action, ...]
    hears: tuple[str, ...] = ()
    typed: bool = False  # letters go into a field: no key of its own may be one
    by_id: Mapping[str, Action] = field(init=False, repr=False, compare=False)
    by_call: Mapping[str, Action] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {action.id: action for action in self.actions})
        object.__setattr__(self, "by_call", {action.call: action for action in self.actions})

    @property
    def footer(self) -> tuple[str, ...]:
        """The ids of the keys in the last line."""
        return tuple(action.id for action in self.actions if action.shown)


def _reuse(
    table: ActionTable,
    *ids: str,
    needs: tuple[Need, ...] = (),
    shown: bool = False,
    before_fields: bool = False,
    **does: str,
) -> Iterator[Action]:
    """Actions that have one id and one key on two screens; `does` says what Textual calls here."""
    for id in ids:
        action = table.by_id[id]
        called = does.get(action.name, action.does)
        yield replace(action, does=called, needs=needs, shown=shown, first=action.first or before_fields)


APP = ActionTable(
    "app",
    "Everywhere",
    (
        Action("palette", "colon", "Palette", "Every command by its name", does="command_palette"),
        Action("quit", "ctrl+q", "Quit", "Leave; the timeline is on the disk", does="quit", shown=True, first=True),
    ),
)

ROWS = ActionTable(
    "table",
    "In every table, and in every long text",
    (
        Action("table.up", "up,k", "Row up", "A row up", does="move(-1)"),
        Action("table.down", "down,j", "Row down", "A row down", does="move(1)"),
        Action("table.page_up", "pageup", "Page up", "A page up", does="page(-1)"),
        Action("table.page_down", "pagedown", "Page down", "A page down", does="page(1)"),
        Action("table.first", "home", "First row", "The first row", does="first"),
        Action("table.last", "end", "Last row", "The last row", does="last"),
        Action(
            "table.select", "enter", "Details", "Details of the row, or what the screen does with it", does="select"
        ),
    ),
)

LINES = ActionTable(
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
        Action("lines.left", "left", "Left", "Scroll a long line to the left", does="across(-1)"),
        Action("lines.right", "right", "Right", "Scroll a long line to the right", does="across(1)"),
    ),
)

_WRITES = (Need.SESSION, Need.WRITING)
_OF_INCIDENT = (Need.SESSION, Need.INCIDENT)

MAIN = ActionTable(
    "main",
    "The cockpit",
    (
        Action("declare", "d", "Declare", "Declare an incident", _WRITES, shown=True),
        Action("note", "n", "Note", "Write a note on the timeline", _WRITES, shown=True),
        Action(
            *("status", "s", "Status", "Change severity or status, or resolve"),
            (*_WRITES, Need.INCIDENT),
            shown=True,
        ),
        Action(
            *("acknowledge", "a", "Ack", "Acknowledge the alert under the cursor of pane 2"),
            (*_WRITES, Need.ALERT, Need.UNTAKEN),
            shown=True,
            at_once=True,
        ),
        Action(
            *("silence", "S", "Silence", "Silence the alert of pane 2, or end its silence"),
            (*_WRITES, Need.ALERT, Need.SILENCEABLE),
        ),
        Action(
            *("roles", "o", "Incident", "The incident: deadlines, roles, checklists, whom to call"),
            _OF_INCIDENT,
            shown=True,
        ),
        Action("runbooks", "r", "Runbooks", "Find a runbook, or continue a run", (Need.SESSION,), shown=True),
        Action(
            *("roll_back", "R", "Roll back", "Back to a good revision, or to that of pane 3"),
            (Need.SESSION, Need.APP),
            shown=True,
        ),
        Action(
            *("communicate", "c", "Communicate", "Write an update from a template, and copy it"),
            _OF_INCIDENT,
            shown=True,
        ),
        Action("update", "u", "Update sent", "Record that an update was sent", (*_WRITES, Need.INCIDENT)),
        Action(
            *("status_line", "U", "Status line", "Copy one line for the channel, and record it as sent"),
            (*_WRITES, Need.INCIDENT),
            at_once=True,
        ),
        Action("snooze", "z", "Snooze", "The most urgent deadline: done, or later", (*_WRITES, Need.INCIDENT)),
        Action("freeze", "f", "Freeze", "Record a deployment freeze here, or its end", _WRITES),
        Action(
            *("pin", "p", "Pin", "Pin the event under the cursor of pane 4, or unpin it"),
            (*_WRITES, Need.INCIDENT, Need.EVENT),
            at_once=True,
        ),
        Action("next_error", "e", "Next error", "To the next error on the timeline", does="error(1)"),
        Action("previous_error", "E", "Previous error", "To the previous error on the timeline", does="error(-1)"),
        Action(
            "people_only", "t", "People only", "The timeline: only what people did, or everything", does="people_only"
        ),
        Action("brief", "B", "Brief", "The situation in half a minute, to read out or to copy", _OF_INCIDENT),
        Action("preview", "v", "Preview", "Read the post-mortem draft as it is now", _OF_INCIDENT),
        Action("past", "h", "History", "Past incidents, and their numbers", (Need.SESSION,)),
        Action(
            *("logs", "l", "Logs", "Logs of the chosen, unhealthy or serving revision"),
            (Need.SESSION, Need.APP),
            shown=True,
        ),
        Action("export", "x", "Export", "Write the post-mortem draft into a file", _OF_INCIDENT, shown=True),
        Action("wall", "w", "Wall", "The wall: big letters for a second monitor", (Need.SESSION,), shown=True),
        Action(
            *("before", "b", "Before", "What changed before the alert or probe under the cursor"),
            (Need.SESSION,),
        ),
        Action("filter", "slash", "Filter", "Show only rows with these words or labels", does="filter", shown=True),
        Action(
            "faults_only",
            "exclamation_mark",
            "Faults only",
            "Show only what is wrong, in every pane",
            does="faults_only",
        ),
        Action("sort", "y", "Sort", "Sort the pane another way", does="sort"),
        Action("help", "question_mark", "Help", "Keys and signs of this screen", does="help", shown=True),
        Action("sign_in", "i", "Sign in", "Sign in to the cloud again", (Need.SESSION, Need.SIGN_IN)),
        Action("refresh", "f5", "Refresh", "Ask every source now", (Need.SESSION,), does="refresh"),
        Action("mute", "m", "Bell", "Turn the bell on or off", does="mute"),
        Action("next_pane", "tab", "Next pane", "To the next pane", does="step(1)"),
        Action("previous_pane", "shift+tab", "Previous pane", "To the previous pane", does="step(-1)"),
        Action("pane_1", "1", "To Probes", "To pane 1: Probes", does="pane(0)"),
        Action("pane_2", "2", "To Alerts", "To pane 2: Alerts", does="pane(1)"),
        Action("pane_3", "3", "To Revisions", "To pane 3: Revisions", does="pane(2)"),
        Action("pane_4", "4", "To Timeline", "To pane 4: Timeline", does="pane(3)"),
        Action("pane_5", "5", "To what is due", "What is due, and who does it", (Need.DUE,), does="pane(4)"),
        Action("leave_filter", "escape", "Show all rows", "Show all rows again", does="leave_filter"),
    ),
    hears=("table", "app"),
)

_PANES = ("next_pane", "previous_pane", "pane_1", "pane_2", "pane_3", "pane_4")
_RECORDS = (Need.WRITING,)

INCIDENT = ActionTable(
    "incident",
    "The incident's own screen",
    (
        Action("incident.task", "t", "Task", "A task with a time: look at X, back in 3 min", _RECORDS, shown=True),
        Action("incident.decide", "d", "Decision", "Record what was decided, and why", _RECORDS, shown=True),
        Action(
            *("incident.loop", "l", "Undo later", "Something turned off for now, to be turned on again later"),
            _RECORDS,
            shown=True,
        ),
        Action(
            *("incident.snooze", "z", "Snooze", "The deadline under the cursor of pane 1: later, or done"),
            _RECORDS,
            shown=True,
        ),
        *_reuse(MAIN, "note", "status", needs=_RECORDS, shown=True),
        *_reuse(MAIN, "communicate", shown=True, communicate="communicate"),
        Action("incident.aware", "b", "Breach", "Declare that you know of a data breach", _RECORDS, shown=True),
        Action(
            *("incident.scenario", "y", "Scenario", "Which recovery targets apply to this incident"),
            _RECORDS,
            shown=True,
        ),
        *_reuse(MAIN, "update", "freeze", needs=_RECORDS),
        *_reuse(MAIN, "brief", "preview", brief="brief", preview="preview"),
        *_reuse(MAIN, *_PANES),
        *_reuse(MAIN, "help", shown=True),
        Action("incident.back", "escape,q", "Back", "Back to the cockpit", does="back", shown=True),
    ),
    hears=("table", "app"),
)

_ON_A_STEP = (Need.OPEN_RUN, Need.STEP, Need.NOT_RUNNING)

RUN = ActionTable(
    "run",
    "A run",
    (
        Action(
            *("run.run", "enter", "Run", "Run the current step, or mark it done"),
            (*_ON_A_STEP, Need.RUNNABLE),
            does="run",
        ),
        Action("run.next", "tab", "Next", "To the step that matters next", does="next", shown=True),
        Action(
            *("run.cancel", "x", "Cancel", "Stop the running step"),
            (Need.OPEN_RUN, Need.STEP, Need.RUNNING),
            shown=True,
        ),
        Action(
            *("run.edit", "e", "Edit", "Edit the command for this one try"),
            (*_ON_A_STEP, Need.COMMAND),
            shown=True,
        ),
        Action(
            *("run.skip", "s", "Skip", "Skip the step, with a reason"),
            (*_ON_A_STEP, Need.UNSETTLED),
            shown=True,
        ),
        Action(
            *("run.by_hand", "h", "By hand", "Record that it was done by hand"),
            (*_ON_A_STEP, Need.UNSETTLED),
            shown=True,
        ),
        Action(
            *("run.undo", "u", "Undo", "Run the undo that the document names"),
            (*_ON_A_STEP, Need.UNDO, Need.COMMAND),
            shown=True,
        ),
        Action("run.values", "v", "Values", "The values of the placeholders", (Need.OPEN_RUN,), shown=True),
        Action(
            *("run.copy", "c", "Copy", "Copy the command with its values"),
            (Need.STEP, Need.TEXT),
            does="copy",
            shown=True,
        ),
        Action("run.help", "question_mark", "Help", "Keys of this screen", does="help", shown=True),
        Action("run.back", "escape", "Back", "Back; the run goes on", does="back", shown=True),
        Action(
            *("run.well", "o", "Mark OK", "You looked at the outcome, and it is OK"),
            (*_ON_A_STEP, Need.JUDGEMENT),
        ),
        Action(
            *("run.rollback", "b", "Rollback", "The Rollback section of the document"),
            (Need.ROLLBACK_SECTION,),
        ),
        Action("run.follow", "l", "Go there", "Open the procedure or document that the step names", (Need.REFERENCE,)),
        Action("run.note", "n", "Note", "Write a note on the timeline"),
        Action("run.full", "f", "Full", "The whole screen for the output", does="full"),
        Action("run.end", "q", "Leave or end", "Leave the run open, or end it: it asks"),
    ),
    hears=("table", "lines", "app"),
)

CATALOGUE = ActionTable(
    "catalogue",
    "The catalogue of runbooks, where letters are what is looked for",
    (
        Action("catalogue.open", "enter", "Open", "Open a run, or the document", does="open", shown=True, first=True),
        Action("catalogue.read", "ctrl+o", "Read", "Read the document", does="read", shown=True),
        Action("catalogue.up", "up", "Row up", "A row up", does="move(-1)", first=True),
        Action("catalogue.down", "down", "Row down", "A row down", does="move(1)", first=True),
        Action("catalogue.page_up", "pageup", "Page up", "A page up", does="page(-1)", first=True),
        Action("catalogue.page_down", "pagedown", "Page down", "A page down", does="page(1)", first=True),
        Action("catalogue.back", "escape", "Back", "Show all, then back", does="back", shown=True),
    ),
    hears=("app",),
    typed=True,
)

CHECKLIST = ActionTable(
    "checklist",
    "The checklists",
    (
        Action("checklist.skip", "s", "Skip", "Skip the item, with a reason", does="skip", shown=True),
        Action("checklist.open", "u", "Undo", "The item is not done after all", does="open_again", shown=True),
        Action("checklist.act", "o", "Do it", "Do what the item asks for", does="act", shown=True),
        *_reuse(MAIN, "note", shown=True, note="note"),
        Action("checklist.next", "tab", "Next list", "To the next checklist", does="turn(1)", shown=True),
        Action("checklist.previous", "shift+tab", "Previous list", "To the previous checklist", does="turn(-1)"),
        *_reuse(MAIN, "help", shown=True),
        Action("checklist.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("table", "app"),
)

MESSAGES = ActionTable(
    "messages",
    "The messages, while no text is being written",
    (
        Action("messages.write", "e", "Write", "Change the text", does="write", shown=True),
        Action(
            *("messages.next", "tab", "Next field", "To the next field that still has to be filled"),
            does="next_mark",
            shown=True,
        ),
        Action("messages.copy", "c", "Copy", "Copy the text, and keep it in a file", does="copy", shown=True),
        Action("messages.sent", "s", "Sent", "Copy the text, and record it as sent", does="sent", shown=True),
        Action("messages.line", "i", "Line", "Copy the status line, and record it as sent", does="line", shown=True),
        Action("messages.to", "a", "To", "Who reads it", does="audience", shown=True),
        Action("messages.promise", "p", "Promise", "When the next update follows", does="promise", shown=True),
        *_reuse(MAIN, "note", shown=True, note="note"),
        *_reuse(MAIN, "help", shown=True),
        Action("messages.back", "escape,q", "Back", "From the text to the list, then back", does="back", shown=True),
    ),
    hears=("table", "app"),
)

HISTORY = ActionTable(
    "history",
    "Past incidents",
    (
        Action(
            "history.preview", "v", "Preview", "Read the post-mortem draft of this incident", does="preview", shown=True
        ),
        Action("history.lead", "o", "Open", "Its deadlines, roles and checklists", does="lead", shown=True),
        Action("history.other", "tab,shift+tab", "Other pane", "To the other pane", does="other", shown=True),
        Action("history.1", "1", "Incidents", "To pane 1: incidents", does="pane(0)"),
        Action("history.2", "2", "Numbers", "To pane 2: numbers", does="pane(1)"),
        *_reuse(MAIN, "help", shown=True),
        Action("history.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("table", "app"),
)

DRAFT = ActionTable(
    "draft",
    "The preview of the post-mortem draft",
    (
        Action("draft.export", "x", "Write it", "Write it into its file", does="export", shown=True),
        Action("draft.review", "s", "Review state", "Draft, in review, reviewed, closed", does="review", shown=True),
        *_reuse(MAIN, "note", shown=True, note="note"),
        *_reuse(MAIN, "help", shown=True),
        Action("draft.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("lines", "app"),
)

BRIEFING = ActionTable(
    "briefing",
    "The brief of an incident",
    (
        Action("briefing.copy", "c", "Copy", "Copy it as text", does="copy", shown=True),
        *_reuse(MAIN, "help", shown=True),
        Action("briefing.back", "escape,q", "Back", "Back", does="back", shown=True),
    ),
    hears=("lines", "app"),
)

LOG = ActionTable(
    "log",
    "The logs",
    (
        Action("log.pause", "space", "Pause", "Stop following, or follow again", does="pause", shown=True),
        Action("log.next_revision", "tab", "Revision", "The log of the next revision", does="turn(1)", shown=True),
        Action("log.previous_revision", "shift+tab", "Revision before", "The log of the one before", does="turn(-1)"),
        Action(
            *("log.filter", "slash", "Filter", "Only lines with these words, without -these, or /a.b/"),
            does="filter",
            shown=True,
        ),
        Action("log.highlight", "h", "Highlight", "Show all lines and mark those with the words", does="highlight"),
        Action("log.next_error", "e", "Next error", "To the next line with an error", does="error(1)", shown=True),
        Action("log.previous_error", "E", "Previous error", "To the previous line with an error", does="error(-1)"),
        Action("log.time", "t", "Time", "To a time, such as 14:05 or 10m ago", does="time", shown=True),
        Action("log.more", "shift+down", "One more", "Choose one line more, downwards", does="extend(1)"),
        Action("log.less", "shift+up", "One more up", "Choose one line more, upwards", does="extend(-1)"),
        Action(
            *("log.record", "p", "Record", "Record the chosen lines, as evidence"),
            (Need.WRITING, Need.INCIDENT),
            does="record",
            shown=True,
        ),
        Action("log.save", "s", "Save", "Save the lines shown into a file", does="save", shown=True),
        Action(
            *("log.preserve", "v", "Preserve", "Open the procedure that preserves evidence"),
            (Need.SNAPSHOT,),
            does="preserve",
        ),
        Action("log.follow", "end", "Newest", "Follow the newest lines", does="follow", shown=True),
        Action("log.again", "r", "Reopen", "Open the stream again after it ended", does="again"),
        *_reuse(MAIN, "help", shown=True),
        Action("log.back", "escape,q", "Back", "Back to the cockpit; the stream is closed", does="back", shown=True),
    ),
    hears=("lines", "app"),
)

DOCUMENT = ActionTable(
    "document",
    "A document",
    (
        *_reuse(MAIN, "help", shown=True),
        Action("document.back", "escape,q", "Back", "Back", does="back", shown=True),
        Action("document.link", "tab", "Next link", "Go to the next link of the document", does="link", shown=True),
        Action("document.follow", "enter", "Follow", "Open where the link leads", does="follow", shown=True),
        Action(
            "document.code", "c", "Copy code", "Go to the next code in the text, and copy it", does="code", shown=True
        ),
    ),
    hears=("lines", "app"),
)

WALL = ActionTable(
    "wall_screen",
    "The wall",
    (
        *_reuse(MAIN, "help"),
        Action("wall_screen.back", "escape,q", "Back", "Back to the cockpit, or leave", does="back"),
    ),
    hears=("app",),
)

HELP = ActionTable(
    "help_screen",
    "The help",
    (Action("help_screen.close", "escape,question_mark,q", "Close", "Close the help", does="back", shown=True),),
    hears=("app",),
)

DIALOG = ActionTable(
    "dialog",
    "Every dialog",
    (
        Action("dialog.confirm", "enter", "Confirm", "Do what the last line says", does="confirm", first=True),
        Action("dialog.leave", "escape", "Leave", "Leave the dialog; nothing is done", does="leave", first=True),
    ),
    typed=True,
)

TEXT_DIALOG = ActionTable(
    "text_dialog",
    "A dialog with a text of several lines",
    (Action("text_dialog.new_line", "ctrl+j", "New line", "Begin a new line", does="new_line", first=True),),
    hears=("dialog",),
    typed=True,
)

CHOICE = ActionTable("choice", "A choice in a dialog", tuple(_reuse(ROWS, "table.up", "table.down")), hears=("dialog",))

DECLARATION = ActionTable(
    "declaration",
    "The dialog that declares an incident",
    (
        Action(
            *("declaration.unsure", "ctrl+t", "Unsure", "Between two severities: take the higher one"),
            does="unsure",
            first=True,
        ),
        Action("declaration.drill", "ctrl+r", "Drill", "It is a drill, or not", does="drill", first=True),
        Action(
            *("declaration.join", "ctrl+o", "Join", "A note on the incident that is open, not a second one"),
            does="join",
            first=True,
        ),
    ),
    hears=("dialog",),
    typed=True,
)

DETAILS = ActionTable(
    "details",
    "The details of a row",
    (
        Action("details.procedure", "r", "Procedure", "Open the procedure that helps with it", does="procedure"),
        Action("details.copy", "c", "Copy", "Copy all of it", does="copy"),
    ),
    hears=("dialog",),
)

ALERT_DETAILS = ActionTable(
    "alert_details",
    "The details of an alert",
    (
        Action("alert_details.acknowledge", "a", "Acknowledge", "You take care of this alert", does="acknowledge"),
        Action("alert_details.silence", "S", "Silence", "Silence it at its source, for a time", does="silence"),
        Action("alert_details.link", "u", "Copy link", "Copy a link of it, one after the other", does="copy_link"),
        Action("alert_details.settle", "o", "Over", "You looked, and it is over: say why", does="settle"),
    ),
    hears=("details", "dialog"),
)

EVENT_DETAILS = ActionTable(
    "event_details",
    "The details of a line of the timeline",
    (
        Action("event_details.pin", "p", "Pin", "Pin it as evidence, or unpin it", does="pin"),
        Action("event_details.link", "k", "Link", "Link evidence to it", does="link"),
        Action("event_details.correct", "w", "Correct", "Correct its text or its time", does="correct"),
    ),
    hears=("details", "dialog"),
)

CONFIRMATION = ActionTable(
    "confirmation",
    "A dialog that starts a change",
    (
        *_reuse(ROWS, "table.page_down", before_fields=True, page_down="turn_page(1)"),
        *_reuse(ROWS, "table.page_up", before_fields=True, page_up="turn_page(-1)"),
        *_reuse(ROWS, "table.down", "table.up", down="scroll_rows(1)", up="scroll_rows(-1)"),
    ),
    hears=("dialog",),
)

ROLLBACK = ActionTable(
    "rollback",
    "The dialog that rolls back",
    (
        Action("rollback.difference", "d", "Difference", "What differs between the two revisions", does="difference"),
        Action("rollback.runbook", "o", "Runbook", "Open the runbook that does it", does="document"),
    ),
    hears=("confirmation", "dialog"),
)

DIFFERENCE = ActionTable(
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

RESUME = ActionTable(
    "resume",
    "The dialog for a run that is still open",
    (
        Action("resume.continue", "g", "Continue", "Go on with the open run", does="choose('on')", first=True),
        Action("resume.start", "n", "Start new", "Begin a new run", does="choose('anew')", first=True),
    ),
    hears=("dialog",),
)

ACTION_TABLES = (
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
DEFAULT_KEYS: dict[str, str] = {action.id: action.key for table in ACTION_TABLES for action in table.actions}
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
    """The screens on which the key of an action works."""
    owners = {table.screen for table in ACTION_TABLES if any(action.id == id for action in table.actions)}
    return frozenset(
        table.screen for table in ACTION_TABLES if table.screen in owners or not owners.isdisjoint(table.hears)
    )


def find_clashing_screens(one: str, other: str) -> frozenset[str]:
    """The screens that hear both actions, which therefore cannot have one key."""
    if one == other or frozenset({one, other}) in ONE_ACT:
        return frozenset()
    return list_hearing_screens(one) & list_hearing_screens(other)


def rename_action(id: str) -> str:
    """An id of a file as it is called today."""
    for old, new in RENAMED.items():
        if id not in DEFAULT_KEYS and id.startswith(old) and new + id.removeprefix(old) in DEFAULT_KEYS:
            return new + id.removeprefix(old)
    return id


def opens_a_procedure(name: str, value: str) -> bool:
    """True for `F6 = "restore-database#2"` in [keys]: there the name is the key, and the value what it opens."""
    return rename_action(name) not in DEFAULT_KEYS and ("#" in value or bool(re.fullmatch(r"(?i)f\d{1,2}", name)))
