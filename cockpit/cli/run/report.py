"""Who hears what happens to steps: a person, as it happens, or JSON at the end; and the exit codes that tell it.

It loads nothing that runs anything: `exec` of a known read needs no more than this.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from cockpit.model.run import Attempt, StepState
from cockpit.model.runbook import Step
from cockpit.model.text import clean_text
from cockpit.model.time import format_timestamp
from cockpit.runbooks.types import Prepared

NONE = "none"  # of the incidents; no id ends in these letters
DONE, FAILED, STOPPED, UNKNOWN = 0, 1, 3, 4
CODES = {StepState.FAILED: FAILED, StepState.UNKNOWN: UNKNOWN}

for_incident = click.option(
    "--incident", metavar="ID", help=f"The incident it belongs to, or `{NONE}`; the only open one if not given."
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. `reason` says why it stopped and what would help, "" when all is done."""

    code: int
    reason: str = ""
    step: int | None = None
    refused: str = ""  # the code of the rule that stopped it
    facts: Mapping[str, object] = field(default_factory=dict)  # what that rule names


class Aloud:
    """Tells a person, as it happens. With `piped` standard output holds what the command printed there, alone."""

    def __init__(self, *, piped: bool = False) -> None:
        self._piped = piped
        self._native = False

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        self._native = prepared is not None and prepared.native is not None
        kind = prepared.kind if prepared else step.kind
        click.secho(f"{step.ordinal} {clean_text(step.title)}  [{kind}]", bold=True, err=self._piped)
        if prepared is not None:
            if prepared.script is not None and prepared.cwd != prepared.start:
                click.echo(f"  in {prepared.cwd}", err=self._piped)
            if prepared.script is not None and prepared.kept_shell.describe():
                click.echo(f"  set before: {prepared.kept_shell.describe()}", err=self._piped)
            click.echo(command_line(prepared.as_run), nl=False, err=self._piped)
            for text in (*prepared.meets, *prepared.notices):
                click.echo(f"  {text}", err=self._piped)

    def output(self, text: str) -> None:
        click.echo(text, nl=False, err=self._piped and self._native and text.startswith("ERROR: "))

    def ended(self, step: Step, attempt: Attempt) -> None:
        sentence = "; ".join(text for text in (attempt.outcome, attempt.verified) if text)
        state = f"{attempt.state.value}{f': {sentence}' if sentence else ''}"
        click.echo(f"  {state} ({count_seconds(attempt):.1f} s)\n", err=self._piped)

    def settled(self, step: Step, state: StepState, reason: str) -> None:
        click.echo(f"  {state.value}: {reason}\n", err=self._piped)


class Written:
    """Keeps what happened, for JSON."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        self.steps.append(
            {
                "step": step.ordinal,
                "title": step.title,
                "kind": prepared.kind.value if prepared else step.kind.value,
                "command": prepared.as_run if prepared else "",
                "native": prepared is not None and prepared.native is not None,
                "notices": [*prepared.meets, *prepared.notices] if prepared else [],
                "state": StepState.TODO.value,
            }
        )

    def output(self, text: str) -> None:
        """The attempt has it all, at its end."""

    def ended(self, step: Step, attempt: Attempt) -> None:
        self.steps[-1] |= {
            "state": attempt.state.value,
            "exit_code": attempt.exit_code,
            "az_exit": attempt.exit_code if self.steps[-1]["native"] else None,
            "outcome": attempt.outcome,
            "verified": attempt.verified,
            "output": attempt.output,
            "began": format_timestamp(attempt.began),
            "seconds": count_seconds(attempt),
            "transcript": attempt.transcript,
        }

    def settled(self, step: Step, state: StepState, reason: str) -> None:
        self.steps[-1] |= {"state": state.value, "outcome": reason}

    def format_document(self, run: str | None, incident: str | None, stopped: str | None, code: int) -> str:
        """What `exec --json` prints: pure ASCII, so that no terminal is moved by what it holds."""
        fields = {"run": run, "incident": incident, "steps": self.steps, "stopped": stopped, "exit": code}
        return json.dumps(fields, indent=2)


def command_line(command: str) -> str:
    """A command as it would be typed, its further lines below the first."""
    return "".join(f"  {'$' if index == 0 else ' '} {line}\n" for index, line in enumerate(command.splitlines()))


def count_seconds(attempt: Attempt) -> float:
    return (attempt.ended - attempt.began).total_seconds() if attempt.ended else 0.0
