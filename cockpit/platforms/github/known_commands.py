"""An argument list becomes a known gh command, or nothing. What is not understood to the last letter is bash's.

The repository is that of `--repo`, of GH_REPO, or the only configured one: it stands in the confirmation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.arguments import CommandArguments, Flags, accept_pattern, split_arguments
from cockpit.platforms.github.settings import NAME, PUBLIC_HOST, REPOSITORY, GithubSettings, read_settings

WORKFLOW = re.compile(r"[\w .()/+-]{1,120}")
REF = re.compile(r"[A-Za-z0-9][\w./+-]{0,200}")
FIELD = re.compile(r"[A-Za-z_][\w-]{0,100}=.{0,2000}", re.DOTALL)
NUMBER = re.compile(r"[1-9]\d{0,2}")
WORD = re.compile(r"[a-z_]{1,40}")
NAME_OF_ONE = re.compile(r"[\w.@+-]{1,100}(\[bot\])?")


@dataclass(frozen=True, slots=True)
class GithubCommand:
    """`verb` such as `workflow run`; `inputs` as NAME=VALUE, in their order."""

    verb: str
    kind: StepKind
    repository: str
    workflow: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    follow: bool = False
    platform: str = NAME

    def describe(self) -> str:
        """What it does, in one sentence for people."""
        if self.verb == "workflow run":
            ref = f" on {self.flags['ref']}" if "ref" in self.flags else ""
            return f"Start workflow {self.workflow} of {self.repository}{ref} and follow its run"
        of_workflow = f" of {self.flags['workflow']}" if "workflow" in self.flags else ""
        return f"List the {'runs' if self.verb == 'run list' else 'releases'}{of_workflow} in {self.repository}"


@dataclass(frozen=True, slots=True)
class GithubVerb:
    """What a verb takes: flags by their long names, and how many words."""

    kind: StepKind
    flags: Flags
    words: int = 0


VERBS: Mapping[str, GithubVerb] = {
    "workflow run": GithubVerb(
        StepKind.CHANGE,
        {"ref": accept_pattern(REF), "raw-field": accept_pattern(FIELD), "field": accept_pattern(FIELD)},
        words=1,
    ),
    "run list": GithubVerb(
        StepKind.READ,
        {
            "workflow": accept_pattern(WORKFLOW),
            "limit": accept_pattern(NUMBER),
            "branch": accept_pattern(REF),
            "user": accept_pattern(NAME_OF_ONE),
        },
    ),
    "release list": GithubVerb(StepKind.READ, {"limit": accept_pattern(NUMBER)}),
}
SHORT = {
    "workflow run": {"-r": "ref", "-f": "raw-field", "-F": "field"},
    "run list": {"-w": "workflow", "-L": "limit", "-b": "branch", "-u": "user"},
    "release list": {"-L": "limit"},
}
REPEATED = ("raw-field", "field")
REPOSITORY_FLAG: Flags = {"repo": bool}


def recognise_gh_command(argv: Sequence[str], environment: Environment) -> GithubCommand | None:
    """The known command of an argument list; None for one that bash must run as it is written."""
    settings = read_settings(environment)
    if settings is None or list(argv[:1]) != ["gh"]:
        return None
    name = " ".join(argv[1:3])
    verb = VERBS.get(name)
    arguments = _read_arguments(argv[3:], name, verb) if verb is not None else None
    if verb is None or arguments is None:
        return None
    words = arguments.words
    repository = _find_repository(arguments.flags.get("repo", ""), environment, settings)
    if not repository or len(words) != verb.words or not all(WORKFLOW.fullmatch(word) for word in words):
        return None
    flags = {flag: value for flag, value in arguments.pairs if flag not in ("repo", *REPEATED)}
    fields = [value.partition("=") for flag, value in arguments.pairs if flag in REPEATED]
    inputs = tuple((key, value) for key, _, value in fields)
    if len(dict(inputs)) != len(inputs):
        return None
    return GithubCommand(name, verb.kind, repository, "".join(words), flags, inputs)


def _read_arguments(argv: Sequence[str], name: str, verb: GithubVerb) -> CommandArguments | None:
    arguments = split_arguments(
        argv, {**verb.flags, **REPOSITORY_FLAG}, {**SHORT[name], "-R": "repo"}, repeated=REPEATED
    )
    if arguments and any(
        flag == "field" and value.partition("=")[2].startswith("@") for flag, value in arguments.pairs
    ):
        return None  # a file's content
    return arguments


def _find_repository(written: str, environment: Environment, settings: GithubSettings) -> str:
    """`owner/name` of the configured ones that is meant, "" for another or an unclear one."""
    chosen = written or environment.shell.get("GH_REPO", "")
    host = environment.shell.get("GH_HOST", "")
    if chosen.count("/") == 2:
        host, _, chosen = chosen.partition("/")
    if host and host.lower() != settings.host.lower():
        return ""
    if not host and settings.host != PUBLIC_HOST and chosen:
        return ""  # gh would ask github.com
    if not chosen:
        return settings.repositories[0] if len(settings.repositories) == 1 else ""
    configured = {repository.lower(): repository for repository in settings.repositories}
    return configured.get(chosen.lower(), "") if REPOSITORY.fullmatch(chosen) else ""
