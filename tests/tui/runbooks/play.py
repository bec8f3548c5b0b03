"""A runner without a shell, a cloud or a file: what each step comes to is written down beforehand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from cockpit.model.event import Event, Kind
from cockpit.model.run import Attempt, Run, StepState, Value
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.prepare.confirmation import Consent, RequiredConfirmation
from cockpit.runbooks.prepare.target_guard import ToolContext
from cockpit.runbooks.run.runs import Runs, find_latest_attempt
from cockpit.runbooks.run.trust import Trust
from cockpit.runbooks.types import Finished, Output, Prepared, Resolved, RunAlreadyOpen, RunRefused, Script
from tests.tui.bare import Clock

NOW = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)
NZDT = timezone(timedelta(hours=13), "NZDT")

ROLLBACK = b"""# Break glass

## 1. Roll back a bad deployment

**When:** Error rate above 5 % after a deploy.
**Time to fix:** <5 minutes.

> Note: this does not touch secrets or the database schema.

```bash
# List revisions
az containerapp revision list -n mi-<env> -g <rg> -o table

# Activate the previous revision
az containerapp revision activate -n mi-<env> -g <rg> --revision <PREVIOUS>

# Route all traffic to it
az containerapp ingress traffic set -n mi-<env> -g <rg> --revision-weight <PREVIOUS>=100

# Verify
curl -sf https://<FQDN>/health/ready | jq

# Deactivate the broken revision
az containerapp revision deactivate -n mi-<env> -g <rg> --revision <BAD>
```
"""


@dataclass
class Play:
    """The runner's surface. `ends` says how each try of a step ends, the last one for ever; `prints` what it prints."""

    clock: Clock
    values: dict[str, str] = field(default_factory=lambda: {"env": "prod", "rg": "mi-rg", "FQDN": "mi.example.com"})
    ends: dict[int, list[Finished]] = field(default_factory=dict)
    prints: dict[int, str] = field(default_factory=dict)
    held: dict[int, asyncio.Event] = field(default_factory=dict)  # steps that wait for it before they end
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    unrunnable: dict[int, str] = field(default_factory=dict)
    meets: dict[int, tuple[str, ...]] = field(default_factory=dict)
    confirmed: str = ""
    waits: dict[int, str] = field(default_factory=dict)
    ceremonies: dict[int, RequiredConfirmation] = field(default_factory=dict)
    standing: Trust = field(default_factory=lambda: Trust("known", "", runs=3))
    read_only: bool = False
    tools: tuple[ToolContext, ...] = ()  # what the header says of them
    led_by: Run | None = None  # somebody else's, begun in the same second
    stale: bool = False  # what was confirmed is not what would run any more

    def describe_variables(self, step: Step) -> str:
        return "shop--v7: SECRET_KEY is NOT there."

    def __post_init__(self) -> None:
        self.runs = Runs()
        self.terminal: Any = None
        self.performed: list[tuple[int, str, Consent]] = []
        self.settled: list[tuple[int, StepState, str]] = []
        self.cancelled: list[int] = []
        self.chosen: dict[str, str] = {}  # the incident that a person named for a run
        self._documents: dict[str, tuple[Runbook, Procedure]] = {}
        self._given: dict[str, dict[str, str]] = {}
        self._events = 0

    # Writing down

    def _write(self, kind: Kind, subject: str, detail: dict[str, Any]) -> None:
        self._events += 1
        now = self.clock.now()
        event = Event(self._events, None, "prod", subject, now, now, kind, "cockpit", "you", "", detail, None, 1, "")
        self.runs.apply(event)

    def apply(self, event: Event) -> None:
        self.runs.apply(event)

    # Documents

    def trust(self, runbook: Runbook) -> Trust:
        return replace(self.standing, sha256=runbook.sha256)

    def document(self, run: Run) -> Runbook:
        return self._documents[run.id][0]

    def procedure(self, run: Run) -> Procedure:
        return self._documents[run.id][1]

    def start(
        self,
        runbook: Runbook,
        procedure: Procedure,
        given: Mapping[str, str] | None = None,
        *,
        trust: str = "",
        proposed: Sequence[Value] = (),
        incident: str | None = None,
        beside: bool = True,
    ) -> Run:
        if self.led_by is not None and not beside:
            raise RunAlreadyOpen(self.led_by, "not over")
        if self.read_only:
            raise RunRefused("Read-only: nothing is run.")
        if runbook.is_only_shown(procedure):
            raise RunRefused("This document was put together from a damaged one: it can be read, not run.")
        if not self.standing.trusted and trust != runbook.sha256:
            raise RunRefused("The document is new.")
        id = f"r{len(self.runs.runs) + 1}"
        self._documents[id] = (runbook, procedure)
        self._given[id] = {each.name: each.shown for each in proposed} | dict(given or {})
        if incident is not None:
            self.chosen[id] = incident
        found = [{"name": each.name, "shown": each.shown, "source": each.source} for each in proposed]
        detail = {
            "what": "started",
            "path": runbook.path,
            "sha256": runbook.sha256,
            "title": procedure.title,
            "values": found,
        }
        self._write(Kind.RUN, id, {**detail, "procedure": procedure.slug})
        return self.runs.runs[id]

    def incident(self, run: Run) -> str | None:
        return self.chosen.get(run.id) or None

    def belongs(self, run: Run, incident: str) -> None:
        self.chosen[run.id] = incident

    def end(self, run: Run, reason: str = "", *, seen: Run | None = None) -> Run:
        self._write(Kind.RUN, run.id, {"what": "ended", "reason": reason})
        return self.runs.runs[run.id]

    async def check_guards(self, procedure: Procedure | None = None, run: Run | None = None) -> None:
        """The tools of this stage act on nothing."""

    def contexts(self, procedure: Procedure) -> tuple[ToolContext, ...]:
        return self.tools

    # Steps

    def _resolve(self, names: Sequence[str], given: Mapping[str, str]) -> tuple[Resolved, ...]:
        found = []
        for name in names:
            value = given.get(name) or self.values.get(name)
            source = "operator" if name in given else "environment" if value else ""
            problem = "" if value else f"nobody has said what {name} is"
            if value and ";" in value:
                value, problem = None, "no shell signs in it"
            secret = name in self.secrets
            shown = "•••" if secret and value else value or ""
            hint, choices = self.hints.get(name, ""), self.choices.get(name, ())
            found.append(Resolved(name, value, shown, source, problem, secret, hint, choices))
        return tuple(found)

    def parameters(self, run: Run, given: Mapping[str, str] | None = None) -> tuple[Resolved, ...]:
        names = dict.fromkeys(name for step in self.procedure(run).steps for name in step.parameters)
        return self._resolve(tuple(names), self._given[run.id] | dict(given or {}))

    def prepare(
        self,
        run: Run,
        step: int,
        given: Mapping[str, str] | None = None,
        *,
        edit: str | None = None,
        undo: bool = False,
    ) -> Prepared:
        self._given[run.id] |= given or {}
        prepared = self._prepare(self.procedure(run), step, self._given[run.id], edit=edit, undo=undo)
        return replace(prepared, run=run.id)

    def preview(
        self,
        runbook: Runbook,
        procedure: Procedure,
        step: int,
        given: Mapping[str, str] | None = None,
        proposed: Sequence[Value] = (),
    ) -> Prepared:
        return self._prepare(procedure, step, {each.name: each.shown for each in proposed} | dict(given or {}))

    def _prepare(
        self,
        procedure: Procedure,
        ordinal: int,
        given: Mapping[str, str],
        *,
        edit: str | None = None,
        undo: bool = False,
    ) -> Prepared:
        step = next(each for each in procedure.steps if each.ordinal == ordinal)
        command = edit or (step.tags["undo"] if undo else step.command)
        values = self._resolve(step.parameters, given)
        shown = command
        for each in values:
            if each.value is not None:
                shown = shown.replace(f"<{each.name}>", each.shown)
        missing = [each.name for each in values if each.value is None]
        reason = f"{', '.join(missing)} has no value" if missing else self.unrunnable.get(ordinal, "")
        return Prepared(
            "", step, "prod", step.kind, command, shown, values,
            script=None if reason else Script(shown, shown=shown),
            edited=edit is not None, undo=undo, undone_by=step.tags.get("undo", ""), reason_not_runnable=reason,
        )  # fmt: skip

    async def survey(self, prepared: Prepared) -> Prepared:
        return replace(prepared, meets=self.meets.get(prepared.step.ordinal, ()), confirmed=self.confirmed)

    def waits_for(self, run: Run, step: int) -> str:
        return self.waits.get(step, "")

    def find_confirmation(self, prepared: Prepared) -> RequiredConfirmation:
        if prepared.step.ordinal in self.ceremonies:
            return self.ceremonies[prepared.step.ordinal]
        run = self.runs.runs.get(prepared.run)
        done = run is not None and run.state(prepared.step.ordinal) in (StepState.OK, StepState.UNKNOWN)
        need = {StepKind.CHANGE: "confirm", StepKind.DANGER: "word"}.get(prepared.kind, "key")
        word = "mi-prod--v42" if need == "word" else ""
        return RequiredConfirmation(need, word, again=done and not prepared.undo)  # type: ignore[arg-type]

    async def perform(self, run: Run, prepared: Prepared, consent: Consent, on_output: Output) -> Attempt:
        step = prepared.step.ordinal
        if self.stale or consent.fingerprint != prepared.fingerprint:
            raise RunRefused("What was confirmed is not what would run now: look at it again.")
        self.performed.append((step, prepared.as_run, consent))
        number = find_latest_attempt(self.runs.runs[run.id], step) + 1
        subject = f"{run.id}#{step}"
        intent = {"phase": "intent", "attempt": number, "as_run": prepared.as_run, "transcript": f"/data/{number}.log"}
        self._write(Kind.STEP, subject, {**intent, "edited": prepared.edited, "undo": prepared.undo})
        return await self._end(run, step, number, on_output)

    @property
    def leadership(self) -> "Play":
        """It leads its runs itself."""
        return self

    async def attach(self, run: Run, step: int, on_output: Output) -> Attempt:
        return await self._end(run, step, find_latest_attempt(run, step), on_output)

    async def _end(self, run: Run, step: int, number: int, on_output: Output) -> Attempt:
        await asyncio.sleep(0)
        if step in self.prints:
            on_output(self.prints[step])
        if step in self.held:
            await self.held[step].wait()
        scripted = self.ends.get(step, [Finished(StepState.OK, "exit 0", 0)])
        finished = scripted[min(number, len(scripted)) - 1]
        outcome = {
            "phase": "outcome",
            "attempt": number,
            "state": finished.state.value,
            "exit_code": finished.exit_code,
            "seconds": 0.0,
        }
        output = finished.output_tail or self.prints.get(step, "")
        self._write(Kind.STEP, f"{run.id}#{step}", {**outcome, "outcome": finished.outcome, "output": output})
        return next(each for each in self.runs.runs[run.id].attempts if (each.step, each.number) == (step, number))

    async def recover(self) -> list[Run]:
        return []

    async def cancel(self, run: Run, step: int, *, seen: Run | None = None) -> str:
        self.cancelled.append(step)
        self.held[step].set()
        return "Stopped here; what it asked of Azure may still be going on."

    def settle(self, run: Run, step: int, state: StepState, reason: str = "", *, seen: Run | None = None) -> Run:
        self.settled.append((step, state, reason))
        self._write(Kind.STEP, f"{run.id}#{step}", {"phase": "settled", "state": state.value, "reason": reason})
        return self.runs.runs[run.id]

    # For tests

    def leave_running(self, run: Run, step: int) -> None:
        """As if another process had started it."""
        self._write(Kind.STEP, f"{run.id}#{step}", {"phase": "intent", "attempt": 1, "as_run": "az ..."})

    def leave_unknown(self, run: Run, step: int) -> None:
        """As if the process had died while it ran."""
        self.leave_running(run, step)
        outcome = {"phase": "outcome", "attempt": 1, "state": "unknown", "outcome": "no process and no exit file"}
        self._write(Kind.STEP, f"{run.id}#{step}", outcome)


def document(raw: bytes = ROLLBACK, path: str = "runbooks/break-glass.md") -> Runbook:
    return read_runbook(path, raw)


__all__ = ["NOW", "NZDT", "ROLLBACK", "Clock", "Play", "Procedure", "Runbook", "document"]
