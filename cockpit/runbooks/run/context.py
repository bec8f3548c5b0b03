"""What a step meets here: the panes, the environment of its shell, the means to do it. Asked anew for each step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.operator import Operator
from cockpit.model.run import Value
from cockpit.model.runbook import Runbook
from cockpit.model.secret import Secret
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.runbooks.prepare import environment as fresh
from cockpit.runbooks.prepare.prepare import PrepareContext
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run import preconditions
from cockpit.runbooks.run.attempt import ExecutionContext, Terminal

if TYPE_CHECKING:
    from cockpit.azure.client import Azure


@dataclass(frozen=True, slots=True)
class RunContext:
    """Of one environment. `environ` is what we were started in; `grace` the seconds between INT, TERM and KILL."""

    environment: Environment
    author: Operator
    time: Time
    data: Path
    azure: "Azure | None"
    reveal: Callable[[Secret], str]
    mask: Callable[[str], str]
    read_only: bool
    live: Callable[[], Live]
    environ: Mapping[str, str]
    grace: float

    def setting(
        self,
        runbook: Runbook,
        values_by_name: Mapping[str, str],
        kept: Sequence[Value],
        proposed: Sequence[Value],
        guards: Mapping[str, str],
        *,
        terminal: bool,
    ) -> PrepareContext:
        """What a step of this document is prepared in."""
        return PrepareContext(
            environment=self.environment,
            seen=self.live(),
            given=values_by_name,
            kept=kept,
            proposed=proposed,
            reveal=self.reveal,
            path=self.shell()["PATH"],
            cwd=preconditions.folder_of(runbook, self.data),
            cloud=self.azure is not None,
            read_only=self.read_only,
            terminal=terminal,
            guards=guards,
            now=self.time.now(),
        )

    def shell(
        self, variables: Mapping[str, str] | None = None, tty: bool = False, incident: str | None = None
    ) -> dict[str, str]:
        """The variables that a command finds."""
        ours = {
            "COCKPIT_INCIDENT": incident or "",
            "COCKPIT_ENV": self.environment.name,
            "COCKPIT_OPERATOR": self.author.name,
        }
        return fresh.build_step_environment(
            self.environ, {**self.environment.shell, **ours, **(variables or {})}, tty=tty
        )

    def means(self, terminal: Terminal | None, incident: str | None) -> ExecutionContext:
        """What a step of a run of that incident is done with."""
        values_by_name = self.shell()
        return ExecutionContext(
            time=self.time,
            azure=self.azure,
            mask=self.mask,
            env=lambda variables, tty: self.shell(variables, tty, incident),
            terminal=terminal,
            authority=values_by_name.get("CURL_CA_BUNDLE") or values_by_name.get("SSL_CERT_FILE") or "",
            grace=self.grace,
        )
