"""Who hears what happens to steps: a person, as it happens, or JSON at the end; and the exit codes that tell it.

It loads nothing that runs anything: `exec` of a known read needs no more than this.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from cockpit.cli.streams import OutputError, ReaderLeftError, drop_output
from cockpit.model.run import Attempt, StepState
from cockpit.model.runbook import Step, StepKind
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


ERROR_WORDS = (
    *("ERROR: ", "WARNING: ", "UNKNOWN: "),
    *("error: ", "Error from server", "Error: ", "Error response from daemon"),
)
"""How az, kubectl and docker begin what they write to standard error."""


class Aloud:
    """Tells a person, as it happens. With `piped` standard output holds what the command printed there, alone.

    Where nobody takes the output any more, a change goes on to its end and is recorded as it ended: how it went has
    nothing to do with who listens. A read is broken off, as in any pipe (`journalctl -f | head`).
    """

    def __init__(self, *, piped: bool = False) -> None:
        self._piped = piped
        self._native = False
        self._breaks_off = False
        self._lost: OutputError | ReaderLeftError | None = None

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        """Raises OutputError and ReaderLeftError: nothing begins that nobody can hear of."""
        self.must_be_heard()
        self._native = prepared is not None and prepared.native is not None
        kind = prepared.kind if prepared else step.kind
        self._breaks_off = kind is StepKind.READ and not self._native
        self._print(f"{step.ordinal} {clean_text(step.full_title)}  [{kind}]\n", bold=True, err=self._piped)
        if prepared is not None:
            if prepared.script is not None and prepared.cwd != prepared.start:
                self._print(f"  in {prepared.cwd}\n", err=self._piped)
            if prepared.script is not None and prepared.kept_shell.describe():
                self._print(f"  set before: {prepared.kept_shell.describe()}\n", err=self._piped)
            self._print(command_line(prepared.as_run), err=self._piped)
            for text in (*prepared.meets, *prepared.notices):
                self._print(f"  {text}\n", err=self._piped)
        self.must_be_heard()

    def output(self, text: str) -> None:
        """Raises OutputError and ReaderLeftError where a read shall break off."""
        self._print(text, err=self._piped and self._native and text.startswith(ERROR_WORDS))
        if self._breaks_off:
            self.must_be_heard()

    def ended(self, step: Step, attempt: Attempt) -> None:
        outcome = "" if attempt.outcome == attempt.ending else attempt.outcome
        sentence = "; ".join(text for text in (outcome, attempt.verified) if text)
        state = f"{attempt.ending}{f': {sentence}' if sentence else ''}"
        about = attempt.took.qualifier if attempt.took else ""
        self._print(f"  {state} ({about}{count_seconds(attempt):.1f} s)\n\n", err=self._piped)

    def settled(self, step: Step, state: StepState, reason: str) -> None:
        self._print(f"  {state.value}: {reason}\n\n", err=self._piped)

    def must_be_heard(self) -> None:
        """Raises OutputError or ReaderLeftError once something could not be printed."""
        if self._lost is not None:
            raise self._lost

    def _print(self, text: str, *, err: bool, bold: bool = False) -> None:
        try:
            click.echo(click.style(text, bold=True) if bold else text, nl=False, err=err)
        except (OutputError, ReaderLeftError) as error:
            drop_output()
            self._lost = error


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
            "cancelled": attempt.cancelled,
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
    return attempt.took.seconds if attempt.took else 0.0
