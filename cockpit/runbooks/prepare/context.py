"""The run context: all that a step meets here. Derived once of an environment, then narrowed to one run and document.

Its shell gets a few things of ours and nothing else, so that the same step does the same everywhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.operator import Operator
from cockpit.model.run import Value
from cockpit.model.runbook import Runbook
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.platforms.platform import Platform
from cockpit.runbooks.prepare.candidates import PrintedOutput
from cockpit.runbooks.prepare.folders import find_start_folders
from cockpit.runbooks.prepare.values import Live, Reveal
from cockpit.runbooks.types import NOTHING_KEPT, NOTHING_PINNED, Finished, KeptShell, PinnedVariables

if TYPE_CHECKING:
    from cockpit.azure.client import Azure

Terminal = Callable[[Callable[[], Finished]], Awaitable[Finished]]
"""Hands the terminal over: leaves the screen, calls what it is given (it blocks until the command ends), comes back."""

KEPT = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR"),
        # where tools keep whom they are signed in as
        *("AZURE_CONFIG_DIR", "KUBECONFIG", "SSH_AUTH_SOCK", "DOCKER_HOST", "DOCKER_CONFIG", "GH_CONFIG_DIR"),
        *("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),  # the engine that the panes show is found by them
        *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"),
        # where a machine that Azure runs asks for its own identity: az and kubelogin sign in as it there
        *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT"),
        *("MSI_ENDPOINT", "MSI_SECRET", "ACC_CLOUD"),
        *("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"),
        # whom they trust, and the way out
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    )
)
PLAIN = {"TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", "NO_COLOR": "1", "AZURE_CORE_NO_COLOR": "1"}
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}  # into a pipe Python prints nothing before 8 KB, or its end
OF_A_TERMINAL = ("TERM", "COLORTERM", "EDITOR", "VISUAL", "SSH_TTY", "SSH_CONNECTION")
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class RunContext:
    """What steps meet. The first block holds for all runs of an environment; `narrow` fills in the second.

    `data` is where files of runs are kept, `azure` does known az commands without a shell, `mask` takes out secrets,
    `environ` is what we were started in, `grace` the seconds between INT, TERM and KILL.
    """

    environment: Environment
    author: Operator
    time: Time
    data: Path
    reveal: Reveal
    mask: Callable[[str], str]
    read_only: bool
    live: Callable[[], Live]
    environ: Mapping[str, str]
    azure: "Azure | None" = None
    through_sdk: bool = False  # known az commands need no shell here; for lists there may be no `azure` for all that
    workdir: Callable[[Runbook], str] = lambda runbook: ""
    grace: float = 5.0
    platforms: Sequence[Platform] = ()  # those of the environment, which do their own known commands

    panes: Live = Live()  # noqa: RUF009  frozen; as they were when this was narrowed
    start: str = ""  # the folder that the run began in
    folder: str = ""  # where the step starts
    folder_choices: tuple[str, ...] = ()  # where it could begin, while nobody has chosen
    typed: Mapping[str, str] = field(default_factory=dict)  # values by a person's word
    kept: Sequence[Value] = ()  # what the run has used so far
    proposed: Sequence[Value] = ()  # what was found for it: the operator's word and the run's own count more
    guards: Mapping[str, str] = field(default_factory=dict)  # what each tool was last set to, where it was asked
    terminal: Terminal | None = None  # None where there is none to hand over
    incident: str | None = None
    kept_shell: KeptShell = NOTHING_KEPT  # what the steps before have left
    printed: Sequence[PrintedOutput] = ()  # and printed
    pinned: PinnedVariables = NOTHING_PINNED  # what holds the tools of the step to what they were set to at its start

    def narrow(
        self,
        runbook: Runbook,
        *,
        typed: Mapping[str, str] | None = None,
        kept: Sequence[Value] = (),
        proposed: Sequence[Value] = (),
        guards: Mapping[str, str] | None = None,
        terminal: Terminal | None = None,
        incident: str | None = None,
        kept_shell: KeptShell = NOTHING_KEPT,
        chosen_folder: str = "",
        printed: Sequence[PrintedOutput] = (),
    ) -> "RunContext":
        """The same for a step of this document, with the panes as they are now."""
        folders = find_start_folders(runbook, self.data, self.workdir(runbook))
        start = chosen_folder or folders[0]
        return replace(
            self,
            panes=self.live(),
            start=start,
            folder=kept_shell.folder or start,
            typed=typed or {},
            kept=kept,
            proposed=proposed,
            guards=guards or {},
            terminal=terminal,
            incident=incident,
            kept_shell=kept_shell,
            printed=printed,
            folder_choices=folders if len(folders) > 1 and not chosen_folder else (),
        )

    @property
    def path(self) -> str:
        """Where programs are looked for."""
        return self.shell()["PATH"]

    @property
    def authority(self) -> str:
        """A file with who else is to be trusted over TLS, "" for none."""
        variables = self.shell()
        return variables.get("CURL_CA_BUNDLE") or variables.get("SSL_CERT_FILE") or ""

    def shell(self, variables: Mapping[str, str] | None = None, *, tty: bool = False) -> dict[str, str]:
        """The variables that a command finds."""
        ours = {
            "COCKPIT_INCIDENT": self.incident or "",
            "COCKPIT_ENV": self.environment.name,
            "COCKPIT_OPERATOR": self.author.name,
        }
        chosen = {**_list_platform_variables(self.environment), **self.environment.shell}
        more = {**chosen, **ours, **(variables or {}), **self.pinned.values}
        return build_step_environment(self.environ, more, tty=tty)


def _list_platform_variables(environment: Environment) -> dict[str, str]:
    """What the environment's platforms set for the tools of a shell, as far as the team does not set it itself."""
    return {
        name: value
        for settings in environment.platforms.values()
        for name, value in getattr(settings, "shell_variables", {}).items()
    }


def build_step_environment(ours: Mapping[str, str], more: Mapping[str, str], *, tty: bool = False) -> dict[str, str]:
    """What a step finds. `ours` is our own environment, `more` are the values and the COCKPIT_ variables."""
    kept = {name: value for name, value in ours.items() if name in KEPT or name.startswith("LC_")}
    values_by_name = {name: ours[name] for name in OF_A_TERMINAL if name in ours} if tty else PLAIN
    return {"PATH": PATH, **UNBUFFERED, **kept, **values_by_name, **more}
