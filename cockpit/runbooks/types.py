"""What is about to run, what it takes to start it, and what came of it. The types that runner and screens share."""

import hashlib
import json
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cockpit.model.problem import CodedError
from cockpit.model.run import Run, StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.model.text import clean_line


@dataclass(frozen=True, slots=True)
class Resolved:
    """One placeholder: its value, or None with the `problem`. `shown` is masked when it is a secret."""

    name: str
    value: str | None = field(repr=False)
    shown: str = ""
    source: str = ""  # operator | environment | live | proposal | revisions pane
    problem: str = ""
    secret: bool = False
    hint: str = ""  # the document's own literal: to be shown beside the question, never taken
    choices: tuple[str, ...] = ()  # what to choose from, when that is known
    origins: tuple[str, ...] = ()  # of each choice, where it comes from, "" where the panes show it
    in_shell: bool = False  # an earlier step left it in the shell of the run: it stays in the command as written


Output = Callable[[str], None]
"""Gets output as it comes, in batches: cleaned and masked. On the loop's thread."""


class NativeCommand(Protocol):
    """A command that needs no shell: one of az, done through the SDK, or one that a platform does."""

    @property
    def kind(self) -> StepKind: ...

    @property
    def follow(self) -> bool:
        """True for a stream without an end of its own."""
        ...

    def describe(self) -> str:
        """One line: what will be done, on what."""


class Progress(Protocol):
    """What a native operation tells while it runs. On the loop's thread."""

    def output(self, text: str) -> None:
        """Something to show, as az would print it."""

    def operation(self, url: str) -> None:
        """Where a long operation can be asked about: reported as soon as it is known, for a restart to find it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How one try ended. `outcome` is one sentence, `operation` the URL of one that may still be going on.

    `ended` is when it did by whoever did it, where that is told of one that nobody watched.
    """

    state: StepState
    outcome: str = ""
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False
    output_tail: str = ""
    operation: str = ""
    transcript: str = ""
    http_status: int | None = None
    still_runs: int = 0  # the pid of a command whose supervisor is gone, and which may run on
    started: bool = True  # False for a command that could not even be started
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """`retry=10x6s`: at most `times` tries, `every` seconds apart. Only steps that look are tried again."""

    times: int = 1
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """A command as a shell gets it: values are in `variables`, never in `text`. `shown` is for people, masked."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: str = ""


SHOWN_VALUE = 60  # letters of a value on a line with others


@dataclass(frozen=True, slots=True)
class KeptVariable:
    """`items` are those of an array, (key, value) each; `flags` as bash has them: x exported, a and A arrays."""

    value: str = ""
    flags: str = ""
    items: tuple[tuple[str, str], ...] = ()

    @property
    def exported(self) -> bool:
        return "x" in self.flags

    @property
    def is_array(self) -> bool:
        return bool({"a", "A"} & set(self.flags)) or bool(self.items)


@dataclass(frozen=True, slots=True)
class KeptShell:
    """`unset` are variables that every step gets and that were taken away; `hidden` those whose value is not kept.

    `folder_before` is where `cd -` goes, `folder_stack` where `popd` does, the next one first. `options` are commands
    that set the shell's options as a step left them: `set -o nounset`, `shopt -s nullglob`.
    """

    host: str = ""
    folder: str = ""
    variables: Mapping[str, KeptVariable] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    folder_before: str = ""
    folder_stack: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def describe(self) -> str:
        """`KUBECONFIG=staging.yaml · PODS=a b · set -o nounset`: the beginnings of values on one line; "" for none."""
        texts = {
            name: " ".join(value for _, value in variable.items) if variable.is_array else variable.value
            for name, variable in self.variables.items()
        }
        return " · ".join((*(f"{name}={clean_line(text, SHOWN_VALUE)}" for name, text in texts.items()), *self.options))

    @property
    def taken_away(self) -> frozenset[str]:
        """Variables that no program of a step finds: unset, or exported no more."""
        hidden = (name for name, variable in self.variables.items() if not variable.exported or variable.is_array)
        return frozenset((*self.unset, *hidden))

    def without(self, names: Collection[str]) -> "KeptShell":
        """The same without what it says of these variables."""
        variables = {name: variable for name, variable in self.variables.items() if name not in names}
        return replace(self, variables=variables, unset=tuple(name for name in self.unset if name not in names))

    def environment(self) -> dict[str, str]:
        """The single values, for the environment that bash starts with; `restoring_script` takes back the exporting."""
        return {name: variable.value for name, variable in self.variables.items() if not variable.is_array}

    def restoring_script(self) -> str:
        """What bash runs first: text that we wrote and quoted, and nothing that anybody typed."""
        lines = [f"unset {name}" for name in self.unset]
        for name, variable in self.variables.items():
            if variable.is_array:
                pairs = [(key, value) for key, value in variable.items if "A" in variable.flags or key.isdecimal()]
                kind = "-A" if "A" in variable.flags else "-a"
                items = " ".join(f"[{shlex.quote(key)}]={shlex.quote(value)}" for key, value in pairs)
                lines.append(f"declare {kind}{'x' if variable.exported else ''} {name}=({items})")
            elif not variable.exported:
                lines.append(f"export -n {name}")
        lines += [f"builtin pushd -n {shlex.quote(folder)} >/dev/null" for folder in reversed(self.folder_stack)]
        lines += [f"OLDPWD={shlex.quote(self.folder_before)}"] if self.folder_before else []
        lines += [f"__cockpit_options={shlex.quote('; '.join(self.options))}"] if self.options else []
        return "\n".join(lines)


NOTHING_KEPT = KeptShell()


@dataclass(frozen=True, slots=True)
class PinnedVariables:
    """Variables that hold the tools of a step to what they are set to when it starts, and what these variables said
    `before`, None where they were not set: that is what the step leaves to the next one."""

    values: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str | None] = field(default_factory=dict)


NOTHING_PINNED = PinnedVariables()


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP step, ready to send. `shown` is masked."""

    method: str
    url: str = field(repr=False)
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One step, resolved: what is shown is what runs, and `fingerprint` stands for all of it.

    `as_run` has its values filled in and secrets masked; where a value is missing the placeholder stays. Exactly one
    of `script`, `native` and `request` is set when it can run; `reason_not_runnable` is "" then. `argv` is what the
    command would start, when it is a single plain command.
    """

    run: str
    step: Step
    environment: str
    kind: StepKind
    as_written: str
    as_run: str
    values: tuple[Resolved, ...] = ()
    hidden: tuple[str, ...] = field(default=(), repr=False)  # secrets that stand in the command as they are
    script: Script | None = None
    native: NativeCommand | None = None
    request: Request | None = None
    argv: tuple[str, ...] = field(default=(), repr=False)
    cwd: str = ""
    inputs: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # what it stands on: folder and files
    timeout: float | None = None
    retry: Retry = Retry()
    tty: bool = False
    done_there: tuple[str, ...] = ()  # what is to be typed in the session that it opens
    follow: bool = False
    edited: bool = False
    undo: bool = False
    undone_by: str = ""  # the undo that the step names, with the values that are known; its holes as they are written
    reason_not_runnable: str = ""
    misfit: bool = False  # that reason is what a tool was last set to: it is looked at again before it counts
    notices: tuple[str, ...] = ()
    acts_as: str = ""  # whom a client of a cluster is told to act as in the command itself: it is asked for
    kept_shell: KeptShell = field(default=NOTHING_KEPT, repr=False)  # what the steps before left, and this one finds
    start: str = ""  # the folder that the run began in
    folder_choices: tuple[str, ...] = ()  # where it could start; a person must say once for its document
    suggestion: str = ""  # what the command could be edited to, where as it stands it leads nowhere
    meets: tuple[str, ...] = ()  # what a known change would meet, for the dialog: `before --v42 100 %`
    confirmed: str = ""  # stands for that: when it is no longer so, the change is refused
    attempts_before: int = 0  # of the step, when this was prepared: one more since then is somebody else's
    state_before: StepState = StepState.TODO  # of the step, when this was prepared

    @property
    def runnable(self) -> bool:
        return not self.reason_not_runnable

    @property
    def fingerprint(self) -> str:
        """Stands for what would run, on what, with which values. Of no use to anybody who does not know them all."""
        sentence = json.dumps(
            [
                *(self.run, self.step.ordinal, self.environment, self.kind, self.as_written, self.as_run, self.cwd),
                *(self.timeout, self.tty, self.edited, self.undo, list(self.argv)),
                *(self.attempts_before, self.state_before),
                [self.script.text, dict(self.script.variables), asdict(self.kept_shell)] if self.script else None,
                [repr(self.native), self.confirmed] if self.native else None,
                [self.request.method, self.request.url] if self.request else None,
            ]
        )
        return hashlib.sha256(sentence.encode()).hexdigest()


class RunRefused(CodedError):  # noqa: N818  a rule that holds is no error
    """The runner will not do this; the text says why and what would help. Nothing was started."""


class RunAlreadyOpen(RunRefused):
    """Somebody leads, has just led or left half done a run of the same procedure on the same target: `run`."""

    def __init__(self, run: Run, state: str) -> None:
        """`state` is how far it has come, in a few words."""
        super().__init__(
            f"{run.operator} began a run of this at {run.started:%H:%M:%S} UTC, and it is {state}.",
            code="run-already-open",
            run=run.id,
            operator=run.operator,
        )
        self.run = run


class StepTakenElsewhere(RunRefused):
    """Another cockpit has begun this step, or has done it since it was shown here."""
