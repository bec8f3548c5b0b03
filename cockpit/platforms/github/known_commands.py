"""An argument list becomes a known gh command, or nothing. What is not understood to the last letter is bash's.

The repository is that of `--repo`, of GH_REPO, or the only configured one: it stands in the confirmation.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
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


Accepts = Callable[[str], bool]


def _matches(pattern: re.Pattern[str]) -> Accepts:
    return lambda value: pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class GithubVerb:
    """What a verb takes: flags by their long names, and how many words."""

    kind: StepKind
    flags: Mapping[str, Accepts]
    words: int = 0


VERBS: Mapping[str, GithubVerb] = {
    "workflow run": GithubVerb(
        StepKind.CHANGE, {"ref": _matches(REF), "raw-field": _matches(FIELD), "field": _matches(FIELD)}, words=1
    ),
    "run list": GithubVerb(
        StepKind.READ,
        {
            "workflow": _matches(WORKFLOW),
            "limit": _matches(NUMBER),
            "branch": _matches(REF),
            "user": _matches(NAME_OF_ONE),
        },
    ),
    "release list": GithubVerb(StepKind.READ, {"limit": _matches(NUMBER)}),
}
SHORT = {
    "workflow run": {"-r": "ref", "-f": "raw-field", "-F": "field"},
    "run list": {"-w": "workflow", "-L": "limit", "-b": "branch", "-u": "user"},
    "release list": {"-L": "limit"},
}
REPEATED = ("raw-field", "field")


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
    words, flags, fields = arguments
    repository = _find_repository(flags.pop("repo", ""), environment, settings)
    if not repository or len(words) != verb.words or not all(WORKFLOW.fullmatch(word) for word in words):
        return None
    inputs = tuple((key, value) for key, _, value in (text.partition("=") for text in fields))
    if len(dict(inputs)) != len(inputs):
        return None
    return GithubCommand(name, verb.kind, repository, "".join(words), flags, inputs)


def _read_arguments(
    argv: Sequence[str], name: str, verb: GithubVerb
) -> tuple[list[str], dict[str, str], list[str]] | None:
    """Words, flags and inputs; None as soon as one is not known."""
    words: list[str] = []
    flags: dict[str, str] = {}
    inputs: list[str] = []
    waiting = list(argv)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-"):
            words.append(word)
            continue
        written, equals, value = word.partition("=")
        short = {**SHORT[name], "-R": "repo"}
        flag = short.get(written) if not written.startswith("--") else written.removeprefix("--")
        if not equals:
            if not waiting:
                return None
            value = waiting.pop(0)
        accepts = _matches(re.compile(r".+")) if flag == "repo" else verb.flags.get(flag or "")
        if flag is None or accepts is None or not accepts(value):
            return None
        if flag in REPEATED:
            if flag == "field" and value.partition("=")[2].startswith("@"):
                return None  # a file's content
            inputs.append(value)
        elif flag in flags:
            return None
        else:
            flags[flag] = value
    return words, flags, inputs


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
