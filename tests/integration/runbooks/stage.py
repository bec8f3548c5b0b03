"""A runner on a real timeline with real processes; documents are written as text."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from cockpit.model.event import Event
from cockpit.model.run import Attempt, Run
from cockpit.model.runbook import Runbook
from cockpit.model.secret import Secret
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.prepare.confirmation import Approval, Consent
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import Prepared
from cockpit.timeline.timeline import Timeline

SECRETS = {"TOKEN": "hunter2secret"}


def fence(commands: str, info: str = "bash") -> str:
    return f"# Mend it\n\n## Mend the thing\n\n```{info}\n{dedent(commands).strip()}\n```\n"


PROD = Environment("prod", values={"app": "mi-prod", "TOKEN": Secret("env", "TOKEN")})


@dataclass
class Stage:
    """`runner` is the cockpit's; `again()` is the next one, after this one died."""

    folder: Path
    environment: Environment = PROD
    options: dict[str, Any] = field(default_factory=dict)
    timeline: Timeline = field(init=False)
    runner: Runner = field(init=False)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.folder / "timeline.db", time=RealTime())
        self.runner = self.again()

    def again(self, **options: Any) -> Runner:
        """Another cockpit on the same timeline: it knows what was recorded, and nothing else."""
        given: dict[str, Any] = {
            "record": self.timeline.record, "environment": self.environment, "operator": "you", "time": RealTime(),
            "data": self.folder, "azure": None, "reveal": lambda secret: SECRETS[secret.name],
            "mask": lambda text: text, "read_only": False, "live": Live, "incident": lambda: None, "grace": 0.2,
        }  # fmt: skip
        runner = Runner(**(given | self.options | options))
        runner.apply_all(self.timeline.events(kinds=["run", "step"]))
        return runner

    def document(self, text: str, name: str = "mend.md") -> Runbook:
        path = self.folder / name
        path.write_text(text)
        return read_runbook(str(path), path.read_bytes())

    def start(self, text: str, given: Mapping[str, str] | None = None) -> Run:
        runbook = self.document(text)
        return self.runner.start(runbook, runbook.procedures[0], given, trust=runbook.sha256)

    def consent(self, prepared: Prepared, runner: Runner | None = None, **more: Any) -> Consent:
        """Everything that is asked for, given."""
        wanted = (runner or self.runner).find_confirmation(prepared)
        approval = Approval("ana", "on the bridge") if wanted.approval else None
        given = {"fingerprint": prepared.fingerprint, "word": wanted.word, "approval": approval, "again": wanted.again}
        return Consent(**(given | more))

    async def perform(self, run: Run, step: int = 1, **prepare: Any) -> Attempt:
        prepared = self.runner.prepare(run, step, **prepare)
        return await self.runner.perform(run, prepared, self.consent(prepared), self.seen.append)

    @property
    def output(self) -> str:
        return "".join(self.seen)

    def steps(self) -> list[Event]:
        return self.timeline.events(kinds=["step"])

    def phases(self) -> list[str]:
        return [each.detail["phase"] for each in self.steps()]

    def close(self) -> None:
        with suppress(OSError):
            self.timeline.close()
