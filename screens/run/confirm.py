"""What it takes to start a step: shown what will run, on what, as whom, and how it is undone; then Enter, or a word.

Also a person's word on a step: why it is skipped, what became of one that nobody saw the end of.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, TextArea

from cockpit.model.key_bindings import TEXT_DIALOG
from cockpit.model.run import StepState
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import Time
from cockpit.runbooks.prepare.confirmation import Approval, Consent, RequiredConfirmation
from cockpit.runbooks.types import Prepared
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.dialog import Dialog, DialogContext, show_hint
from screens.run.rows import (
    KIND_TONES,
    KINDS,
    highlight_unanswered,
    render_change_effects,
    render_labelled,
    render_missing_values,
    render_values,
    shorten_folder,
    strip_warning,
    wrap_command,
)
from widgets.cell import Piece, wrap_pieces
from widgets.choice import Choice
from widgets.keys import make_bindings
from widgets.line import Lines

WIDE = 74  # cells inside a dialog
LONGEST_REASON = 500
FAR_SIDE = "What it started elsewhere may go on there. Then the outcome is unknown: look at it."
AGAIN = {
    StepState.OK: "It was done already.",
    StepState.BY_HAND: "It was done by hand already.",
    StepState.UNKNOWN: "Nobody knows whether it was done already.",
}


class AskConsent(Confirmation[Consent]):
    """`prepared` is what the run screen showed when the key was pressed; the answer is good for it alone."""

    AUTO_FOCUS = ""  # its field is focused without scrolling to it: what it is about comes first

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        prepared: Prepared,
        required_confirmation: RequiredConfirmation,
        *,
        state: StepState = StepState.TODO,
        warnings: Sequence[str] = (),
    ) -> None:
        super().__init__(place, time)
        self.what = "Run again" if required_confirmation.again else "Undo" if prepared.undo else "Run"
        verb = "undoes it" if prepared.undo else "runs it again" if required_confirmation.again else "runs it"
        self.keys = f"enter {verb} · esc leaves"
        self._prepared, self._required = prepared, required_confirmation
        self._state, self._warnings = state, tuple(warnings)

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        if self._required.approval:
            yield Lines(id="approval-label", classes="label")
            with Horizontal(id="approval"):
                yield Input(id="by", placeholder=show_hint("who gave it"), compact=True, max_length=120)
                yield Input(
                    id="how", placeholder=show_hint("how: on the bridge, ticket 12 ..."), compact=True, max_length=200
                )
        if self._required.need == "word":
            yield Lines(id="word-label", classes="label")
            yield Input(id="word", compact=True)

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        if fields := self.query(Input):
            fields.first().focus(scroll_visible=False)
        self.draw()
        if self._required.approval:
            named = f" The document names {self._required.approver}." if self._required.approver else ""
            named += " Name each, as in Ana + Ben." if self._required.approvers > 1 else ""
            self.query_one("#approval-label", Lines).show(
                (("It takes an approval by somebody else.", "strong"), (named, "muted"))
            )
        if self._required.need == "word":
            word = self._required.word
            self.query_one("#word-label", Lines).show((("Type ", ""), (word, "bad"), (" to run it.", "")))

    def draw(self) -> None:
        self.query_one("#act", Lines).show(*self._describe_step())

    def _describe_step(self) -> list[list[Piece]]:
        """What, the literal command, what it meets, how it is undone."""
        prepared, wide = self._prepared, self.wide
        kind = (KINDS[prepared.kind], KIND_TONES.get(prepared.kind, "muted"))
        rows = wrap_pieces([(prepared.step.title, "strong"), ("   ", ""), kind], wide)
        rows += wrap_command(highlight_unanswered(prepared.as_run, prepared.step.language), wide)
        if prepared.native is not None:
            rows += render_labelled("does", prepared.native.describe(), wide)
        rows += render_change_effects(prepared, wide)
        if not prepared.native:
            rows += render_values(prepared.values, wide) + render_missing_values(prepared.values, wide)
        if prepared.script is not None and prepared.cwd != prepared.start:
            rows += render_labelled("in", shorten_folder(prepared.cwd, prepared.start), wide, tone="info", most=2)
        if prepared.script is not None and prepared.kept_shell.describe():
            rows += render_labelled("set before", prepared.kept_shell.describe(), wide, tone="info", most=4)
        if not prepared.undo:
            rows += render_labelled("undo", prepared.undone_by or "the document names none", wide)
        for sentence in (*self._extra(), *map(strip_warning, self._warnings)):
            rows += render_labelled("caution", sentence, wide, tone="warn")
        return rows

    def _extra(self) -> list[str]:
        again = [AGAIN.get(self._state, "")] if self._required.again else []
        edited = ["The command was edited; it will be recorded as such."] if self._prepared.edited else []
        return [text for text in (*again, *edited, *self._prepared.notices) if text]

    def decide(self) -> Callable[[], Consent] | None:
        approval, word = None, ""
        if self._required.approval:
            by, how = (clean_line(self.query_one(text, Input).value) for text in ("#by", "#how"))
            if not by or not how:
                self.say("Who gave the approval, and how? Both are recorded.")
                return None
            approval = Approval(by, how)
        if self._required.need == "word":
            word = self.query_one("#word", Input).value.strip()
            if word != self._required.word:
                self.say(f"Type {self._required.word} exactly; nothing was started.", "bad")
                return None
        consent = Consent(self._prepared.fingerprint, word, approval, self._required.again)
        return lambda: consent


class Reason(Dialog[str]):
    """Asks for a sentence about a step, or lets it be empty."""

    def __init__(
        self, place: DialogContext, time: Time, what: str, about: Sequence[str], question: str, *, needed: bool
    ) -> None:
        super().__init__(place, time)
        self.what = what
        self._about, self._question, self._needed = tuple(about), question, needed

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield Lines(id="ask", classes="label")
        yield Input(id="reason", max_length=LONGEST_REASON, compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        rows = [
            row
            for index, text in enumerate(self._about)
            for row in wrap_pieces([(text, "" if index else "strong")], WIDE, most=4)
        ]
        self.query_one("#act", Lines).show(*rows)
        self.query_one("#ask", Lines).show(
            (("" if self._needed else "if there is more to say: ", "muted"), (self._question, ""))
        )

    def decide(self) -> Callable[[], str] | None:
        reason = clean_line(self.query_one(Input).value, LONGEST_REASON)
        if self._needed and not reason:
            self.say("It needs a reason: the next person will ask for it.")
            return None
        return lambda: reason


Settled = tuple[StepState | None, str]
"""What became of a step, None for running it again; and the reason."""

ENDS = (
    ("it is done and OK", "I looked", StepState.OK),
    ("done by hand", "I did it in another way", StepState.BY_HAND),
    ("it was not done", "or only in part", StepState.FAILED),
    ("again", "run it once more; asks as the first time", None),
)


class Settle(Dialog[Settled]):
    """A step whose end nobody saw. A person looks, then says; nothing is chosen for them."""

    what = "How did it end?"
    keys = "↑ ↓ chooses · tab the reason · enter records · esc leaves"

    def __init__(self, place: DialogContext, time: Time, title: str, lines: Sequence[str]) -> None:
        super().__init__(place, time)
        self._title, self._sentences = title, tuple(lines)

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield Choice([("not decided yet", "look first"), *((name, means) for name, means, _ in ENDS)], "")
        yield Lines(id="ask", classes="label")
        yield Input(id="reason", max_length=LONGEST_REASON, compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        rows: list[list[Piece]] = [[(self._title, "strong")]]
        for sentence in self._sentences:
            rows += wrap_pieces([(sentence, "warn")], WIDE, most=3)
        self.query_one("#act", Lines).show(*rows)
        self.query_one("#ask", Lines).show((("what was seen, for the timeline", "muted"),))

    def decide(self) -> Callable[[], Settled] | None:
        chosen = self.query_one(Choice).chosen
        state = next((state for name, _, state in ENDS if name == chosen), StepState.UNKNOWN)
        if state is StepState.UNKNOWN:
            self.say("Look at what the step was to change, then choose; it stays unknown until then.")
            return None
        reason = clean_line(self.query_one(Input).value, LONGEST_REASON)
        if not reason and state in (StepState.OK, StepState.FAILED):
            self.say("What was seen? It goes on the timeline with your word.")
            return None
        return lambda: (state, reason)


Leaving = tuple[bool, str]
"""Whether the run ends, and why."""
KEEP, END = "keep it open", "end it"


class LeaveRun(Dialog[Leaving]):
    """Leaves a run open, as long as nobody chooses to end it."""

    AUTO_FOCUS = "Choice"
    what = "Leave the run"
    keys = "↑ ↓ chooses · tab the reason · enter leaves · esc stays here"

    def __init__(self, place: DialogContext, time: Time, title: str, undone: int, failed: Sequence[str] = ()) -> None:
        super().__init__(place, time)
        self._title = title
        left = f"{undone} steps were not done" if undone != 1 else "1 step was not done"
        bad = [f"step{'s' if len(failed) > 1 else ''} {', '.join(failed)} failed"] if failed else []
        self._means = (
            (KEEP, "anybody can continue it"),
            (END, "; ".join([*([left] if undone else []), *bad]) or "all steps are settled"),
        )

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield Choice(list(self._means), KEEP)
        yield Lines(id="ask", classes="label")
        yield Input(id="reason", max_length=LONGEST_REASON, compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one("#act", Lines).show([(self._title, "strong")])
        self.query_one("#ask", Lines).show((("where it ends: why now, if there is more to say", "muted"),))

    def decide(self) -> Callable[[], Leaving] | None:
        ends = self.query_one(Choice).chosen == END
        reason = clean_line(self.query_one(Input).value, LONGEST_REASON)
        return lambda: (ends, reason)


class Edit(Dialog[Prepared]):
    """The command, to be changed for this one try. `prepare` turns the text into what would run; it may refuse."""

    what = "Edit and run"
    keys = "enter goes on to what will run · ctrl+j new line · esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(TEXT_DIALOG)

    def __init__(
        self, place: DialogContext, time: Time, title: str, command: str, prepare: Callable[[str], Prepared]
    ) -> None:
        super().__init__(place, time)
        self._title, self._command, self._prepare = title, command, prepare

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield TextArea(self._command, id="text", soft_wrap=True, show_line_numbers=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).cursor_blink = False
        self.query_one("#act", Lines).show(
            ((self._title, "strong"),),
            (("For this try only; the document stays as it is. Recorded as edited.", "muted"),),
        )

    def action_new_line(self) -> None:
        self.query_one(TextArea).insert("\n")

    def decide(self) -> Callable[[], Prepared] | None:
        text = clean_text(self.query_one(TextArea).text).strip()
        if not text:
            self.say("There is no command left to run.")
            return None
        return lambda: self._prepare(text)


def takes_a_dialog(required_confirmation: RequiredConfirmation) -> bool:
    return required_confirmation.need != "key" or required_confirmation.approval or required_confirmation.again


class AskCancel(Confirmation[bool]):
    """What has to be known before a running change is stopped."""

    AUTO_FOCUS = ""
    what = "Cancel"
    keys = "enter cancels it · esc lets it go on"

    def __init__(self, place: DialogContext, time: Time, title: str) -> None:
        super().__init__(place, time)
        self._title = title

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")

    def on_mount(self) -> None:
        self.draw()

    def draw(self) -> None:
        rows = wrap_pieces([("It gets INT, then TERM, then KILL. ", ""), (FAR_SIDE, "warn")], self.wide)
        self.query_one("#act", Lines).show(*wrap_pieces([(self._title, "strong")], self.wide), *rows)

    def decide(self) -> Callable[[], bool] | None:
        return lambda: True
