"""Runs: every run of a procedure as its events tell it. Pure: no clock, no file, no processes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cockpit.model.event import Event, Kind
from cockpit.model.run import (
    Attempt,
    Run,
    SettledBy,
    ShellState,
    ShellVariable,
    StepLength,
    StepState,
    Value,
    find_newest_attempt,
    name_run,
)
from cockpit.model.text import clean_line
from cockpit.runbooks.run.process.identity import Owner

RUN_KINDS = (Kind.RUN, Kind.STEP)
"""The kinds Runs wants to hear."""

REDACTED = "(redacted)"  # the title of a run whose beginning was emptied
OPEN = frozenset({StepState.RUNNING, StepState.UNKNOWN})
LONGEST_LENGTH = 10.0**9  # seconds; what says more was not measured
JUDGED_BY_A_PERSON = frozenset({StepState.UNKNOWN, StepState.WARN})


class Runs:
    """The runs that RUN and STEP events make. A known event changes nothing; odd ones are passed over."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.owners: dict[tuple[str, int, int], Owner] = {}  # of attempts still running: run, step, attempt
        self.leaders: dict[str, frozenset[Owner]] = {}  # of each run that is not over: who began it or a step of it
        self._seen: set[int] = set()
        self._outcomes: dict[str, tuple[str, int, int]] = {}  # by the id of its event: run, step, attempt
        self._beginnings: dict[str, str] = {}  # runs by the id of the event that began each

    def apply(self, event: Event) -> None:
        """Take one event. Never raises, whatever its detail holds."""
        if event.kind == Kind.REDACT:
            self._forget_output(event.subject)
            self._forget_beginning(event.subject)
        if event.kind not in RUN_KINDS or event.id in self._seen:
            return
        self._seen.add(event.id)
        if event.kind == Kind.RUN:
            self._run(event)
            return
        id, _, ordinal = event.subject.rpartition("#")
        run = self.runs.get(id)
        if run is not None and ordinal.isdecimal():
            if run.incident is None and event.incident is not None:  # begun before any was declared
                run = self.runs[id] = replace(run, incident=event.incident)
            self._step(run, int(ordinal), event)

    def _forget_output(self, outcome: str) -> None:
        """The event that told what an attempt printed was emptied."""
        id, step, number = self._outcomes.get(outcome, ("", 0, 0))
        attempt = _find_attempt(self.runs[id], step, number) if id in self.runs else None
        if attempt is not None:
            self.runs[id] = _with_attempt(self.runs[id], replace(attempt, output="", verified="", outcome=""))

    def _forget_beginning(self, beginning: str) -> None:
        """The event that told what was begun was emptied: what is known of the run is that it is one."""
        run = self.runs.get(self._beginnings.get(beginning, ""))
        if run is not None:
            self.runs[run.id] = replace(run, title=REDACTED, path="", procedure="", sha256="", values=(), served=())

    def owner(self, run: Run, attempt: Attempt) -> Owner:
        """The process that began an attempt which has no outcome yet; nobody once it has one."""
        return self.owners.get((run.id, attempt.step, attempt.number), Owner())

    def leading(self, run: Run) -> frozenset[Owner]:
        """The processes that began a run or a step of it; none once it is over."""
        return self.leaders.get(run.id, frozenset())

    def _run(self, event: Event) -> None:
        detail = event.detail
        run = self.runs.get(event.subject)
        what = _read_text(detail, "what")
        if (what == "started" or event.redacted) and run is None and event.subject:
            self._beginnings[str(event.id)] = event.subject
            self.runs[event.subject] = Run(
                id=event.subject,
                path=_read_text(detail, "path"),
                procedure=_read_text(detail, "procedure"),
                title=REDACTED if event.redacted else clean_line(name_run(detail)),
                sha256=_read_text(detail, "sha256"),
                environment=event.environment,
                operator=event.actor,
                started=event.occurred,
                incident=event.incident,
                values=_read_values(detail),
                served=_read_names(detail, "served"),
            )
            self.leaders[event.subject] = frozenset({_read_owner(detail)})
        elif what == "folder" and run is not None:
            self.runs[run.id] = replace(run, folder=_read_text(detail, "folder"))
        elif what == "ended" and run is not None and run.ended is None:
            self.runs[run.id] = replace(run, ended=event.occurred)
            self.leaders.pop(run.id, None)

    def _step(self, run: Run, step: int, event: Event) -> None:
        if event.redacted and run.state(step) is StepState.TODO:
            # Its text was taken out. That somebody was at the step is known, and how it ended is for a person to say.
            self.runs[run.id] = _with_state(run, step, StepState.UNKNOWN)
            return
        match _read_text(event.detail, "phase"):
            case "intent":
                self._intent(run, step, event)
            case "operation":
                self._operation(run, step, event)
            case "outcome":
                self._outcome(run, step, event)
            case "settled":
                state = _read_state(event.detail)
                if state is not None and state is not StepState.RUNNING:
                    settled_by = SettledBy(step, state, event.actor, _read_text(event.detail, "reason"), event.occurred)
                    lines = replace(run, words=(*_words_but(run, step), settled_by))
                    last = find_newest_attempt(run, step)
                    if state is StepState.OK and last is not None and last.shell is not None:
                        lines = replace(lines, shell=last.shell)
                    self.runs[run.id] = _with_state(lines, step, state)

    def _intent(self, run: Run, step: int, event: Event) -> None:
        detail, number = event.detail, _read_number(event.detail, "attempt")
        if number is None or _find_attempt(run, step, number) is not None:
            return
        attempt = Attempt(
            number=number,
            step=step,
            began=event.occurred,
            kind=_read_text(detail, "kind"),
            as_written=_read_text(detail, "as_written"),
            as_run=_read_text(detail, "as_run"),
            native=detail.get("native") is True,
            edited=detail.get("edited") is True,
            undo=detail.get("undo") is True,
            transcript=_read_text(detail, "transcript"),
            actor=event.actor,
            approval=_read_text(detail, "approval"),
        )
        values = {value.name: value for value in (*run.values, *_read_values(detail))}
        grown = replace(
            run,
            attempts=(*run.attempts, attempt),
            values=tuple(values.values()),
            words=_words_but(run, step),
        )
        self.runs[run.id] = _with_state(grown, step, StepState.RUNNING)
        self.owners[run.id, step, number] = owner = _read_owner(detail)
        if run.ended is None:
            self.leaders[run.id] = self.leading(run) | {owner}

    def _operation(self, run: Run, step: int, event: Event) -> None:
        attempt = _find_attempt(run, step, _read_number(event.detail, "attempt"))
        if attempt is not None:
            lines = replace(attempt, operation=_read_text(event.detail, "operation"))
            self.runs[run.id] = _with_attempt(run, lines)

    def _outcome(self, run: Run, step: int, event: Event) -> None:
        """An attempt ends once; only `unknown` gives way to somebody who knows better."""
        detail, state = event.detail, _read_state(event.detail)
        attempt = _find_attempt(run, step, _read_number(detail, "attempt"))
        if attempt is None or attempt.state not in OPEN or state in (None, StepState.RUNNING, StepState.TODO):
            return
        assert state is not None
        self._outcomes[str(event.id)] = (run.id, step, attempt.number)
        ended = replace(
            attempt,
            ended=event.occurred,
            state=state,
            exit_code=_read_number(detail, "exit_code"),
            signal=_read_number(detail, "signal"),
            timed_out=detail.get("timed_out") is True,
            cancelled=detail.get("cancelled") is True,
            outcome=_read_text(detail, "outcome"),
            verified=_read_text(detail, "verified"),
            output=_read_text(detail, "output"),
            transcript=_read_text(detail, "transcript") or attempt.transcript,
            operation=_read_text(detail, "operation") or attempt.operation,
            still_runs=_read_number(detail, "still_runs") or 0,
            started=detail.get("started") is not False,
            shell=_read_shell(detail),
            length=_read_length(detail),
        )
        run = _with_attempt(run, ended)
        self.owners.pop((run.id, step, attempt.number), None)
        if run.state(step) in OPEN and attempt.number == find_latest_attempt(
            run, step
        ):  # else a person has settled it meanwhile
            run = _with_state(run, step, StepState.TODO if attempt.undo and state is StepState.OK else state)
            if state is StepState.OK and ended.shell is not None:
                run = replace(run, shell=ended.shell)
        self.runs[run.id] = run


def find_latest_attempt(run: Run, step: int) -> int:
    """The number of the newest attempt of a step; 0 before the first."""
    return max((attempt.number for attempt in run.attempts if attempt.step == step), default=0)


def attempt_numbered(run: Run, step: int, number: int) -> Attempt:
    """Raises LookupError when there is no such attempt."""
    attempt = _find_attempt(run, step, number)
    if attempt is None:
        raise LookupError(f"attempt {number} of step {step}")
    return attempt


def _find_attempt(run: Run, step: int, number: int | None) -> Attempt | None:
    return next((attempt for attempt in run.attempts if attempt.step == step and attempt.number == number), None)


def _with_attempt(run: Run, attempt: Attempt) -> Run:
    key = (attempt.step, attempt.number)
    return replace(run, attempts=tuple(attempt if (item.step, item.number) == key else item for item in run.attempts))


def _words_but(run: Run, step: int) -> tuple[SettledBy, ...]:
    return tuple(word for word in run.words if word.step != step)


def _with_state(run: Run, step: int, state: StepState) -> Run:
    return replace(run, states=tuple(sorted((dict(run.states) | {step: state}).items())))


def _read_text(detail: Mapping[str, Any], key: str) -> str:
    value = detail.get(key)
    return value if isinstance(value, str) else ""


def _read_names(detail: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = detail.get(key)
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list | tuple) else ()


def _read_number(detail: Mapping[str, Any], key: str) -> int | None:
    value = detail.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_length(detail: Mapping[str, Any]) -> StepLength | None:
    seconds = detail.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LONGEST_LENGTH:
        return None
    return StepLength(float(seconds), detail.get("about") is True)


def _read_state(detail: Mapping[str, Any]) -> StepState | None:
    text = _read_text(detail, "state")
    return StepState(text) if text in set(StepState) else None


def _read_values(detail: Mapping[str, Any]) -> tuple[Value, ...]:
    fields = detail.get("values")
    records = [fields for fields in fields if isinstance(fields, Mapping)] if isinstance(fields, list | tuple) else []
    return tuple(
        Value(_read_text(fields, "name"), _read_text(fields, "shown"), _read_text(fields, "source"))
        for fields in records
    )


def _read_shell(detail: Mapping[str, Any]) -> ShellState | None:
    fields = detail.get("shell")
    if not isinstance(fields, Mapping):
        return None
    entries = fields.get("variables")
    records = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list | tuple) else []
    variables = tuple(
        ShellVariable(
            _read_text(entry, "name"),
            _read_text(entry, "shown"),
            _read_number(entry, "step") or 0,
            entry.get("exported") is True,
            entry.get("secret") is True,
        )
        for entry in records
    )
    options = fields.get("options")  # older versions did not keep them
    return ShellState(
        _read_text(fields, "host"),
        _read_text(fields, "folder"),
        variables,
        _read_text(fields, "file"),
        tuple(map(clean_line, options)) if isinstance(options, list | tuple) else (),
    )


def _read_owner(detail: Mapping[str, Any]) -> Owner:
    fields = detail.get("owner")
    if not isinstance(fields, Mapping):
        return Owner()
    return Owner(
        _read_text(fields, "host"),
        _read_text(fields, "boot"),
        _read_number(fields, "pid") or 0,
        _read_number(fields, "started") or 0,
    )
