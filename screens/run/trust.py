"""A document that is new here, or has changed since its last run, is looked at before anything of it can start."""

from collections.abc import Callable

from rich.cells import chop_cells
from textual.app import ComposeResult

from cockpit.model.runbook import Runbook
from cockpit.model.time import Time
from cockpit.runbooks.run.trust import Trust
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.document import text_tone
from widgets.line import Lines
from widgets.output import OutputTail, OutputView

DIFF_TONES = {"+": "good", "-": "bad", "@": "info"}


class AskTrust(Dialog[str]):
    """Shows what is new. The answer is the hash of exactly what was shown."""

    AUTO_FOCUS = "OutputView"
    keys = "↑ ↓ page up, page down look · enter trusts this text · esc leaves"

    def __init__(self, place: DialogContext, time: Time, runbook: Runbook, trust: Trust) -> None:
        super().__init__(place, time)
        self.what = "New document" if trust.standing == "new" else "Changed document"
        self._runbook, self._trust = runbook, trust

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield OutputView(
            id="difference", follow=False, tone=diff_tone if self._trust.standing == "changed" else text_tone
        )

    def on_mount(self) -> None:
        tail = OutputTail(self._trust.difference, kept=1_000_000)
        sentence = f"It has not run here before: {len(tail)} lines."
        if self._trust.standing == "changed":
            lines = tail.lines
            more = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
            less = sum(line.startswith("-") and not line.startswith("---") for line in lines)
            sentence = f"Since its last run {more} {'line' if more == 1 else 'lines'} added and {less} removed."
        self.query_one("#act", Lines).show(
            ((self._runbook.title, "strong"), (f"   {self._runbook.path}", "muted")),
            ((sentence, "warn"), (" Read it before it runs.", "muted")),
        )
        self.call_after_refresh(self._wrap)

    def on_resize(self) -> None:
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        """Nothing that is to be looked at stands beyond an edge."""
        view = self.query_one(OutputView)
        text = wrap_difference(
            self._trust.difference, max(20, view.size.width - 1), signed=self._trust.standing == "changed"
        )
        view.show(OutputTail(text, kept=10_000_000), follow=False)

    def decide(self) -> Callable[[], str] | None:
        return lambda: self._trust.sha256


def wrap_difference(text: str, width: int, *, signed: bool) -> str:
    """`text` in lines of at most `width` cells; of a difference, what is folded keeps its sign."""
    lines = []
    for line in text.split("\n"):
        first, *rest = chop_cells(line.expandtabs(8), width - 3) or [""]
        sign = line[:1] if signed else ""
        lines += [first, *(f"{sign}… {item}" for item in rest)]
    return "\n".join(lines)


def diff_tone(line: str) -> str:
    return DIFF_TONES.get(line[:1], "")


def in_words(trust: Trust) -> str:
    """How the document stands, for the head of a run."""
    match trust.standing:
        case "built-in":
            return "built in"
        case "known":
            return f"unchanged since the last {trust.runs} runs" if trust.runs > 1 else "unchanged since its last run"
    return "looked at just now"
