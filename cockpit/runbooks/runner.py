"""The runner: every rule about what may start, the intent before, the outcome after. Screens and commands only ask."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.event import Event, Record
from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.runbook import Procedure, Runbook
from cockpit.model.secret import Secret
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.runbooks.ceremony import Ceremony, Consent
from cockpit.runbooks.execution import Finished, Output, Prepared
from cockpit.runbooks.runs import Runs
from cockpit.runbooks.values import Live, Resolved

if TYPE_CHECKING:
    from cockpit.azure.client import Azure

Terminal = Callable[[Callable[[], Finished]], Awaitable[Finished]]
"""Hands the terminal over: leaves the screen, calls what it is given (it blocks until the command ends), comes back."""


class Runner:
    """Runs of one environment. `start`, `prepare`, `settle`, `end` block on a file and may be called from any thread;
    the coroutines belong to the loop. All raise Refused, whose text is for the person, and RecordError.
    """

    def __init__(
        self,
        *,
        record: Record,
        environment: Environment,
        operator: str,
        time: Time,
        data: Path,
        azure: "Azure | None",
        reveal: Callable[[Secret], str],
        mask: Callable[[str], str],
        read_only: bool,
        live: Callable[[], Live],
        incident: Callable[[], str | None],
        terminal: Terminal | None = None,
    ) -> None:
        """`data` holds transcripts and snapshots; `incident` says which one new runs belong to."""
        self.runs = Runs()
        self.terminal = terminal  # the screen sets its own when it opens
        raise NotImplementedError

    def apply(self, event: Event) -> None:
        """Take an event of the timeline, this process's or another's."""
        raise NotImplementedError

    def document(self, run: Run) -> Runbook:
        """The document as it was when the run began, whatever became of the file. Raises Refused."""
        raise NotImplementedError

    def procedure(self, run: Run) -> Procedure:
        raise NotImplementedError

    def start(
        self, runbook: Runbook, procedure: Procedure, given: Mapping[str, str] | None = None, *, trust: str = ""
    ) -> Run:
        """Begin a run on a snapshot. A document new or changed since its last run needs its hash in `trust`."""
        raise NotImplementedError

    def parameters(self, run: Run, given: Mapping[str, str] | None = None) -> tuple[Resolved, ...]:
        """Every placeholder of the procedure with what it stands for now, or why it has no value. Runs nothing."""
        raise NotImplementedError

    def prepare(
        self,
        run: Run,
        step: int,
        given: Mapping[str, str] | None = None,
        *,
        edit: str | None = None,
        undo: bool = False,
    ) -> Prepared:
        """The step, resolved. `given` is remembered for the run; `edit` replaces the command, `undo` takes its undo."""
        raise NotImplementedError

    def preview(
        self, runbook: Runbook, procedure: Procedure, step: int, given: Mapping[str, str] | None = None
    ) -> Prepared:
        """As `prepare`, of a procedure that has no run: for lists, --dry-run and the catalogue."""
        raise NotImplementedError

    async def check_guards(self) -> None:
        """Look which subscription and which cluster the tools here would act on; `prepare` says what does not fit."""
        raise NotImplementedError

    def ceremony(self, prepared: Prepared) -> Ceremony:
        """What it takes to start it."""
        raise NotImplementedError

    async def perform(self, run: Run, prepared: Prepared, consent: Consent, on_output: Output) -> Attempt:
        """Do it: intent event, the command, outcome event. Cancelling this coroutine leaves a shell step running."""
        raise NotImplementedError

    async def attach(self, run: Run, step: int, on_output: Output) -> Attempt:
        """Watch a step that another cockpit, or an earlier one, started; its outcome is recorded when it ends."""
        raise NotImplementedError

    async def recover(self) -> list[Run]:
        """What ran when a cockpit died: ended meanwhile, still running, or unknown. The runs that changed."""
        raise NotImplementedError

    async def cancel(self, run: Run, step: int) -> str:
        """Stop a running step: INT, then TERM, then KILL. The sentence says what that does not stop."""
        raise NotImplementedError

    def settle(self, run: Run, step: int, state: StepState, reason: str = "") -> Run:
        """A person's word on a step: done by hand, skipped, failed, or looked at and well (ok)."""
        raise NotImplementedError

    def end(self, run: Run, reason: str = "") -> Run:
        """The run is over. What is still running goes on."""
        raise NotImplementedError
