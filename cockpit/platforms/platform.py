"""What the cockpit asks of a platform: first what it is, then what it reads and does where it is connected.

A kind (`PlatformKind`) is pure and cheap: screens, the catalogue and the rollback ask it without a connection. A
`Platform` is one kind in one environment, with its clients. It connects to nothing before it is first asked.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.run import StepState, Value
from cockpit.model.runbook import StepKind
from cockpit.model.secret import Secret
from cockpit.model.system import Environment
from cockpit.model.time import Time

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.feeds.polling import Feed
    from cockpit.model.event import Event

REVISIONS_PANE = "revisions pane"  # where the values of a choice come from

NO_PLATFORM = Problem(
    ProblemKind.MISSING,
    "no platform",
    "This environment has no platform, so there are no logs to stream.",
    "Configure one in cockpit.toml; docs/configuration.md lists them.",
)


@dataclass(frozen=True, slots=True)
class RevisionChoice:
    """What can be done with a revision. `procedure` as the catalogue finds it; "" is the roll-back dialog."""

    name: str
    meaning: str
    procedure: str
    values_by_name: Mapping[str, str] = field(default_factory=dict)  # for its placeholders

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(Value(name, value, REVISIONS_PANE) for name, value in self.values_by_name.items())


@dataclass(frozen=True, slots=True)
class RollbackTerms:
    """How one kind goes back from `bad` to `good`.

    `document` and `procedure` are those of the catalogue. `values` are for its placeholders, beside app, previous and
    bad. `cautions` are shown before those that hold for every platform. `keeps_settings`: the older settings do not
    come back with it.
    """

    document: str
    procedure: str
    values: Mapping[str, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    keeps_settings: bool = False


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """What a platform is built of. `azure` is the environment's client, None without a subscription."""

    environment: Environment
    time: Time
    random: Random
    read_only: bool
    azure: "Azure | None" = None
    environ: Mapping[str, str] = field(default_factory=dict)  # what we were started in
    reveal: Callable[[Secret], str] = str  # the values of secrets
    recall: "Callable[[], Sequence[Event]] | None" = None  # what the timeline knows of revisions. Blocking


@dataclass(frozen=True, slots=True)
class LiveSource:
    """One call that `cockpit check --live` makes beside the feeds. What it answers is not kept."""

    name: str  # `log stream`
    call: Awaitable[object]


class PlatformCommand(Protocol):
    """A command line that a platform does itself, without a shell. `platform` is the name of its kind."""

    @property
    def platform(self) -> str: ...

    @property
    def kind(self) -> StepKind: ...

    @property
    def follow(self) -> bool:
        """True for a stream without an end of its own."""
        ...

    def describe(self) -> str:
        """One line: what will be done, on what."""
        ...


@dataclass(frozen=True, slots=True)
class CommandSurvey:
    """What a change would meet: `words` for the dialog, `fingerprint` to compare with when it is done.

    `refusal` says that it would be refused now, and why.
    """

    words: tuple[str, ...] = ()
    fingerprint: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """How a command ended: OK, FAILED, or UNKNOWN where nobody answered and looking again showed nothing."""

    state: StepState
    sentence: str
    exit_code: int | None = None
    operation: str = ""  # where a long operation can be asked about that may still be going on


class Platform(Protocol):
    """One kind of platform in one environment. Reads raise SourceError."""

    @property
    def kind(self) -> "PlatformKind": ...

    def build_feed(self) -> "Feed | None":
        """The feed `revisions` of this environment: Reading[tuple[Application, ...]]; None without workloads."""
        ...

    def build_change_feeds(self) -> "Sequence[Feed]":
        """Feeds `changes:NAME` of what it knows to have changed: Reading[tuple[OutsideChange, ...]]."""
        ...

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        """Lines of a revision as they come, until the reader stops."""
        ...

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        """Look at what a change would meet, without changing anything. Never raises."""
        ...

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        """Do it and print as the tool prints. A change is sent once. Raises nothing but cancellation.

        `confirmed`: the fingerprint that the person saw; where things are no longer so, it is refused.
        """
        ...

    async def read_unready(self, command: PlatformCommand) -> str | None:
        """Why what a command names would not answer now, "" where it would; None where nobody here can ask."""
        ...

    def list_live_sources(self) -> Sequence[LiveSource]:
        """What is asked only when somebody wants it, as it would be asked then."""
        ...

    async def close(self) -> None:
        """Close what is its own; the cloud's client belongs to the session."""


@runtime_checkable
class FollowsOperations(Protocol):
    """A platform whose changes may go on without us, at an address that the next cockpit can ask."""

    async def perform_followed(
        self, command: PlatformCommand, output: Callable[[str], None], report: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        """As `perform_command`; `report` gets the whole address as soon as it is known."""
        ...

    async def resume_command(self, command: PlatformCommand, operation: str, *, since: datetime) -> CommandOutcome:
        """How it ended that another cockpit began `since` then: by its address, else by what stands now."""
        ...


@dataclass(frozen=True, slots=True)
class PlatformKind:
    """What a platform is: pure, and nothing heavy to import."""

    name: str  # of its package, and in `Application.platform`
    title: str  # as people call it
    procedures: Path  # the folder of its built-in documents
    is_used: Callable[[Environment], bool]
    list_choices: Callable[[Application, Revision], list[RevisionChoice]]
    plan_rollback: Callable[[Application, Revision | None, Revision | None], RollbackTerms]
    recognise_command: Callable[[Sequence[str], Environment], PlatformCommand | None]  # None: a shell runs it
    describe_access: Callable[[Environment, str], str]  # (environment, source) -> what to ask for after a refusal; ""
    has_workloads: bool = True  # False: it only tells what changed, and does commands
    list_tool_targets: Callable[[Environment], Mapping[str, str]] = lambda environment: {}  # what tools must be set to
    list_sample_values: Callable[[Environment], Mapping[str, str]] = lambda environment: {}  # for its placeholders
