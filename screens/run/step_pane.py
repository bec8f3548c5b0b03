"""The current step: what would run, with which values; what came of it, as it comes, beside what was expected."""

from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult, SuspendNotSupported
from textual.containers import Container, Vertical

from cockpit.model.run import Attempt, Run, find_newest_attempt
from cockpit.model.runbook import Step
from cockpit.runbooks.types import Finished, RunRefused
from screens.dialogs.signin import interrupts_for_the_command
from screens.run import rows as run_lines
from screens.run.standing import StepStanding
from widgets.line import Lines
from widgets.output import OutputTail, OutputView


class StepPane(Vertical):
    """Told what to show; `tails` are the outputs that this cockpit saw, by step."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.tails: dict[int, OutputTail] = {}
        self._kept: tuple[int, int, OutputTail] | None = None  # step, attempt and what the timeline kept of its output

    def compose(self) -> ComposeResult:
        yield Lines(id="step-title")
        with Vertical(id="step-frame"):
            yield Lines(id="step")
            yield Lines(id="output-title")
            with Container(id="outputs"):
                yield OutputView(id="expected", tone=lambda line: "muted", follow=False, wraps=True)
                yield OutputView(id="output")

    def on_mount(self) -> None:
        self.query_one("#expected").can_focus = False

    @property
    def output(self) -> OutputView:
        return self.query_one("#output", OutputView)

    def show(self, run: Run, now: StepStanding, copy: str, ended: Step | None = None) -> None:
        """Draw the step that `now` is about; `copy` is the key that copies its command.

        `ended` is the one before it: until this one printed something, that one's output stands below.
        """
        step = now.step
        if step is None:
            return
        upper, wide = self.query_one("#step-title", Lines), max(20, self.query_one("#step-frame").content_size.width)
        attempt = find_newest_attempt(run, step.ordinal)
        upper.show(run_lines.render_heading(step, now.prepared, upper.size.width))
        before = find_newest_attempt(run, ended.ordinal) if ended and attempt is None else None
        if ended is None or before is None or not self._tail(ended, before).lines:
            ended = None
        frame, printed = self.query_one("#step-frame"), attempt is not None or bool(step.expected or ended)
        self.set_class(not printed, "-unprinted")
        most = max(4, frame.content_size.height * 7 // 10 if printed else frame.content_size.height)
        rows = run_lines.render_step(step, now, attempt, run.word(step.ordinal), wide, most, copy)
        self.query_one("#step", Lines).show(*rows)
        if ended is None:
            self._show_output(step, attempt, wide)
        else:
            self._show_output(ended, before, wide, f"of step {ended.ordinal} ")

    def _show_output(self, step: Step, attempt: Attempt | None, width: int, whose: str = "") -> None:
        expected, above = self.query_one("#expected", OutputView), self.query_one("#output-title", Lines)
        expected.display = bool(step.expected)
        if step.expected and "\n".join(expected.tail.lines) != step.expected.rstrip("\n"):
            expected.show(OutputTail(step.expected), follow=False)
        self.output.show(self._tail(step, attempt))
        above.show(run_lines.output_title(bool(step.expected), attempt, width, whose))
        above.display = bool(step.expected or attempt)

    def _tail(self, step: Step, attempt: Attempt | None) -> OutputTail:
        """What this cockpit saw the step print, else what the timeline kept of it."""
        if step.ordinal in self.tails:
            return self.tails[step.ordinal]
        number = attempt.number if attempt else 0
        if self._kept is None or self._kept[:2] != (step.ordinal, number):
            self._kept = (step.ordinal, number, OutputTail(attempt.output if attempt else ""))
        return self._kept[2]


# Handing the terminal to a command that needs it: a login, an editor, a shell far away.


async def hand_over(app: App[Any], act: Callable[[], Finished]) -> Finished:
    """Leave the screen, do `act`, which blocks until the command ends, and come back.

    On the app's own thread: two programs must not read one keyboard. Raises RunRefused where that cannot be.
    """
    try:
        with app.suspend(), interrupts_for_the_command():
            return act()
    except SuspendNotSupported as error:
        raise RunRefused(
            "This terminal cannot be handed over: run the command in another one, then say so.", code="terminal-kept"
        ) from error
