"""An argument list becomes a known command of docker or Compose, or nothing: then bash runs it as it is written.

Known is what an on-call engineer types at a service, and what the built-in documents say. A Compose command must name
its project (`-p`), since a shell would go by the folder it stands in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.arguments import Accepts, Flags, accept_any, accept_pattern, split_arguments
from cockpit.platforms.compose.settings import NAME, read_settings

READ, CHANGE = StepKind.READ, StepKind.CHANGE

OBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,99})=(.{0,500})")
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,500}")
NUMBER = re.compile(r"\d{1,6}")
SPAN = re.compile(r"(?=.)(\d{1,4}h)?(\d{1,5}m)?(\d{1,6}s)?")


@dataclass(frozen=True, slots=True)
class DockerCommand:
    """`verb` such as `compose up` or `logs`; `names` are services of `project`, containers, or an image and its tag."""

    verb: str
    kind: StepKind
    names: tuple[str, ...] = ()
    project: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)  # set for this command alone
    arguments: tuple[str, ...] = ()  # of Compose, behind `docker compose`
    written_program: str = "docker compose"
    platform: str = NAME

    @property
    def follow(self) -> bool:
        """True for a stream without an end of its own."""
        return "follow" in self.flags

    def describe(self) -> str:
        """What it does, in one sentence for people."""
        names = ", ".join(self.names) or "all"
        where = f" of project {self.project}" if self.project else ""
        settings = [f"{name}={value}" for name, value in self.variables.items() if name != "COMPOSE_FILE"]
        ending = f" with {', '.join(settings)}" if settings else ""
        return f"{SENTENCES[self.verb].format(names=names)}{where}{ending}"


SENTENCES = {
    "ps": "List the containers",
    "logs": "Show the log of {names}",
    "restart": "Restart container {names}",
    "start": "Start container {names}",
    "stop": "Stop container {names}",
    "tag": "Let a tag mean another image: {names}",
    "compose ps": "List the containers of {names}",
    "compose logs": "Show the log of {names}",
    "compose pull": "Pull the image of {names}",
    "compose up": "Give {names} new containers where its image or settings changed",
    "compose restart": "Restart {names}",
    "compose start": "Start {names}",
    "compose stop": "Stop {names}",
}

NAME_LIKE = accept_pattern(OBJECT)


@dataclass(frozen=True, slots=True)
class DockerVerb:
    """Kind, flags (None: without a value), how many names at least and at most, and what a name must be."""

    kind: StepKind
    flags: Flags = field(default_factory=dict)
    required: tuple[str, ...] = ()
    least: int = 0
    most: int = 20
    accepts: Accepts = NAME_LIKE


LOG_FLAGS: Flags = {
    "tail": lambda value: value == "all" or accept_pattern(NUMBER)(value),
    "follow": None,
    "timestamps": None,
    "since": accept_pattern(SPAN),
}
GRACE: Flags = {"time": accept_pattern(NUMBER)}
UP_FLAGS: Flags = {
    "detach": None,
    "no-deps": None,
    "no-build": None,
    "force-recreate": None,
    "quiet-pull": None,
    "pull": lambda value: value in ("always", "missing", "never"),
    "timeout": accept_pattern(NUMBER),
}
VERBS: Mapping[str, DockerVerb] = {
    "ps": DockerVerb(READ, {"all": None, "filter": lambda value: value.startswith(("name=", "status="))}, most=0),
    "logs": DockerVerb(READ, LOG_FLAGS, least=1, most=1),
    "restart": DockerVerb(CHANGE, GRACE, least=1),
    "start": DockerVerb(CHANGE, least=1),
    "stop": DockerVerb(CHANGE, GRACE, least=1),
    "tag": DockerVerb(CHANGE, least=2, most=2, accepts=accept_pattern(IMAGE)),
    "compose ps": DockerVerb(READ, {"all": None}),
    "compose logs": DockerVerb(READ, LOG_FLAGS),
    "compose pull": DockerVerb(CHANGE, {"quiet": None, "ignore-pull-failures": None}),
    "compose up": DockerVerb(CHANGE, UP_FLAGS, required=("detach",)),
    "compose restart": DockerVerb(CHANGE, {"timeout": accept_pattern(NUMBER)}),
    "compose start": DockerVerb(CHANGE),
    "compose stop": DockerVerb(CHANGE, {"timeout": accept_pattern(NUMBER)}),
}
SHORT = {
    "compose": {"-d": "detach", "-a": "all", "-f": "follow", "-t": "timestamps", "-q": "quiet"},
    "": {"-a": "all", "-f": "filter", "-t": "time"},
    "logs": {"-f": "follow", "-t": "timestamps", "-n": "tail"},
    "compose logs": {"-f": "follow", "-t": "timestamps", "-n": "tail"},
    "compose up": {"-d": "detach", "-t": "timeout"},
    "compose restart": {"-t": "timeout"},
    "compose stop": {"-t": "timeout"},
}
COMPOSE_SHORT = {"-p": "project-name", "-f": "file"}
COMPOSE_FILES = ("file", "env-file")  # may stand several times
COMPOSE_GLOBAL: Flags = {
    "project-name": NAME_LIKE,
    **dict.fromkeys((*COMPOSE_FILES, "project-directory"), accept_any),
}
PROGRAM_VARIABLES = re.compile(r"DOCKER_\w+|COMPOSE_(?!FILE$)\w+|PATH|LD_\w+|HOME|PYTHON\w*", re.IGNORECASE)


def recognise_docker_command(argv: Sequence[str], environment: Environment) -> DockerCommand | None:
    """The known command of an argument list; None for one that bash must run as it is written."""
    settings = read_settings(environment)
    if settings is None:
        return None
    variables, words = _split_variables(argv)
    if any(PROGRAM_VARIABLES.fullmatch(name) for name in variables):
        return None  # another engine or another program would be meant
    match words:
        case ["docker", "compose", *rest]:
            command = _read_compose(rest, variables, "docker compose")
        case ["docker-compose", *rest]:
            command = _read_compose(rest, variables, "docker-compose")
        case ["docker", "container", *rest] | ["docker", *rest] if not variables:
            command = _read_docker(rest)
        case _:
            return None
    if command is None or (command.project and settings.projects and command.project not in settings.projects):
        return None
    return command


def _split_variables(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What is set in front of a command, with or without `env`."""
    words = list(argv[1:] if argv[:1] == ["env"] or argv[:1] == ("env",) else argv)
    variables: dict[str, str] = {}
    while words and (match := ASSIGNMENT.fullmatch(words[0])):
        variables[match[1]] = match[2]
        words.pop(0)
    return variables, words


def _read_compose(words: Sequence[str], variables: Mapping[str, str], program: str) -> DockerCommand | None:
    leading = split_arguments(words, COMPOSE_GLOBAL, COMPOSE_SHORT, repeated=COMPOSE_FILES, until_word=True)
    project = leading.flags.get("project-name", "") if leading else ""
    if leading is None or not leading.words or not project:
        return None
    command = _read_verb(f"compose {leading.words[0]}", leading.words[1:])
    if command is None:
        return None
    verb, names, flags = command
    return DockerCommand(verb, VERBS[verb].kind, names, project, flags, dict(variables), tuple(words), program)


def _read_docker(words: Sequence[str]) -> DockerCommand | None:
    command = _read_verb(words[0], words[1:]) if words and words[0] != "compose" else None
    if command is None:
        return None
    verb, names, flags = command
    return DockerCommand(verb, VERBS[verb].kind, names, flags=flags)


def _read_verb(name: str, argv: Sequence[str]) -> tuple[str, tuple[str, ...], dict[str, str]] | None:
    verb = VERBS.get(name)
    if verb is None:
        return None
    short = SHORT.get(name, SHORT["compose" if name.startswith("compose") else ""])
    arguments = split_arguments(argv, verb.flags, short)
    if arguments is None or not all(flag in arguments.flags for flag in verb.required):
        return None
    if not verb.least <= len(arguments.words) <= verb.most or not all(map(verb.accepts, arguments.words)):
        return None
    return name, arguments.words, arguments.flags
