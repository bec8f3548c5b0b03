"""An argument list becomes a known kubectl command, or nothing. What is not understood to the last letter is bash's.

Known is what an on-call engineer types at a workload. The namespace must be written, and be that of the environment;
a context must be the configured one: then the command means here what it means in a shell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.kubernetes.settings import NAME, read_settings

READ, CHANGE, DANGER = StepKind.READ, StepKind.CHANGE, StepKind.DANGER

TYPES = {
    **dict.fromkeys(("deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"), "deployments"),
    **dict.fromkeys(("statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"), "statefulsets"),
    **dict.fromkeys(("daemonset", "daemonsets", "ds", "daemonset.apps", "daemonsets.apps"), "daemonsets"),
    **dict.fromkeys(("replicaset", "replicasets", "rs", "replicaset.apps", "replicasets.apps"), "replicasets"),
    **dict.fromkeys(("pod", "pods", "po"), "pods"),
    **dict.fromkeys(("event", "events", "ev"), "events"),
}
ROLLED = ("deployments", "statefulsets", "daemonsets")
SCALED = ("deployments", "statefulsets", "replicasets")
OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
IMAGE = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?=[A-Za-z0-9][A-Za-z0-9._:/@-]{0,500}")
SPAN = re.compile(r"(?=.)(\d{1,4}h)?(\d{1,5}m)?(\d{1,6}s)?")
NUMBER = re.compile(r"\d{1,6}")
SELECTOR = re.compile(r"[A-Za-z0-9_./=!,() -]{1,300}")
TRUTH = frozenset({"true", "false"})


@dataclass(frozen=True, slots=True)
class KubectlCommand:
    """`verb` such as `rollout undo`; `plural` and `name` of what it is about, name "" for all of a type."""

    verb: str
    kind: StepKind
    namespace: str
    plural: str
    name: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()  # CONTAINER=IMAGE
    platform: str = NAME

    @property
    def follow(self) -> bool:
        """True for a stream without an end of its own."""
        return self.verb == "logs" and self.flags.get("follow") == "true"

    def describe(self) -> str:
        """What it does, in one sentence for people."""
        what = f"{self.plural.removesuffix('s')} {self.name}".strip() if self.name else self.plural
        says = SENTENCES[self.verb].replace("{what}", what)
        for name, value in {**DEFAULTS, **self.flags, "images": ", ".join(self.images)}.items():
            says = says.replace(f"{{{name}}}", value)
        return f"{says} in namespace {self.namespace}"


DEFAULTS = {"to-revision": "before it", "replicas": ""}
SENTENCES = {
    "get": "Show {what}",
    "logs": "Show the log of {what}",
    "rollout status": "Wait for the rollout of {what}",
    "rollout history": "Show the revisions of {what}",
    "rollout undo": "Give {what} the pod template of revision {to-revision} again",
    "rollout restart": "Replace all pods of {what}, one after the other",
    "rollout pause": "Pause the rollout of {what}",
    "rollout resume": "Resume the rollout of {what}",
    "scale": "Scale {what} to {replicas}",
    "set image": "Deploy {images} to {what}",
    "delete": "Delete {what}; its owner makes another",
}


@dataclass(frozen=True, slots=True)
class KubectlVerb:
    """What a verb does, to which types, and with which flags; a value of None stands for a flag without one."""

    kind: StepKind
    types: tuple[str, ...]
    flags: Mapping[str, Callable[[str], bool] | None] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    collection: bool = False  # it may be about all of a type


def matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


VERBS: Mapping[str, KubectlVerb] = {
    "get": KubectlVerb(
        READ,
        tuple(dict.fromkeys(TYPES.values())),
        {"output": lambda value: value == "wide", "selector": matches(SELECTOR), "no-headers": None},
        collection=True,
    ),
    "logs": KubectlVerb(
        READ,
        ("pods", "deployments", "statefulsets", "daemonsets"),
        {
            "container": matches(OBJECT_NAME),
            "tail": matches(NUMBER),
            "since": matches(SPAN),
            "follow": None,
            "previous": None,
            "timestamps": None,
        },
    ),
    "rollout status": KubectlVerb(READ, ROLLED, {"timeout": matches(SPAN), "watch": None}),
    "rollout history": KubectlVerb(READ, ROLLED),
    "rollout undo": KubectlVerb(CHANGE, ROLLED, {"to-revision": matches(NUMBER)}),
    "rollout restart": KubectlVerb(CHANGE, ROLLED),
    "rollout pause": KubectlVerb(CHANGE, ("deployments",)),
    "rollout resume": KubectlVerb(CHANGE, ("deployments",)),
    "scale": KubectlVerb(CHANGE, SCALED, {"replicas": matches(NUMBER)}, ("replicas",)),
    "set image": KubectlVerb(CHANGE, ROLLED),
    "delete": KubectlVerb(DANGER, ("pods",)),
}
SHORT = {"-n": "namespace", "-o": "output", "-l": "selector", "-c": "container", "-f": "follow", "-p": "previous",
         "-w": "watch"}  # fmt: skip
GLOBAL: Mapping[str, Callable[[str], bool]] = {
    "namespace": matches(OBJECT_NAME),
    "context": lambda value: bool(value),
}


def recognise_kubectl_command(argv: Sequence[str], environment: Environment) -> KubectlCommand | None:
    """The known command of an argument list; None for one that bash must run as it is written."""
    settings = read_settings(environment)
    if settings is None or list(argv[:1]) != ["kubectl"]:
        return None
    positional, flags = _split_arguments(argv[1:])
    if positional is None:
        return None
    name = " ".join(positional[:2]) if positional[:1] in (["rollout"], ["set"]) else " ".join(positional[:1])
    verb = VERBS.get(name)
    if verb is None or not _are_valid_flags(flags, verb):
        return None
    namespace, context = flags.pop("namespace", ""), flags.pop("context", "")
    if not namespace or (settings.namespace and namespace != settings.namespace):
        return None
    if context and context != settings.context:
        return None
    rest = positional[len(name.split()) :]
    images: list[str] = []
    if name == "set image":
        images = [word for word in rest if "=" in word]
        rest = [word for word in rest if "=" not in word]
        if not images or not all(IMAGE.fullmatch(image) for image in images):
            return None
    subject = _read_subject(rest, name, verb)
    if subject is None or not all(flag in flags for flag in verb.required):
        return None
    if flags.get("output") and flags.get("selector") and subject[1]:
        return None
    kind = DANGER if name == "scale" and int(flags["replicas"]) == 0 else verb.kind
    return KubectlCommand(name, kind, namespace, *subject, flags, tuple(images))


def _split_arguments(argv: Sequence[str]) -> tuple[list[str] | None, dict[str, str]]:
    """The words without a dash, and the flags by their long names; None as soon as one is not known."""
    positional: list[str] = []
    flags: dict[str, str] = {}
    waiting = list(argv)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-"):
            positional.append(word)
            continue
        written, equals, value = word.partition("=")
        flag = SHORT.get(written) if not written.startswith("--") else written.removeprefix("--")
        if flag is None or flag in flags:
            return None, {}
        if flag in BARE:
            if equals and value not in TRUTH:
                return None, {}
            flags[flag] = value if equals else "true"
        elif equals:
            flags[flag] = value
        elif waiting and not waiting[0].startswith("-"):
            flags[flag] = waiting.pop(0)
        else:
            return None, {}
    return positional, flags


BARE = frozenset(flag for verb in VERBS.values() for flag, accepts in verb.flags.items() if accepts is None)


def _are_valid_flags(flags: Mapping[str, str], verb: KubectlVerb) -> bool:
    for flag, value in flags.items():
        if flag in GLOBAL:
            if not GLOBAL[flag](value):
                return False
        elif flag not in verb.flags or ((accepts := verb.flags[flag]) is not None and not accepts(value)):
            return False
    return True


def _read_subject(rest: Sequence[str], name: str, verb: KubectlVerb) -> tuple[str, str] | None:
    """(plural, name) of `TYPE/NAME`, `TYPE NAME`, `TYPE`, or a pod's bare name for logs."""
    match list(rest):
        case [word] if "/" in word:
            kind, _, called = word.partition("/")
        case [word] if name == "logs":
            kind, called = "pod", word
        case [word] if verb.collection:
            kind, called = word, ""
        case [kind, called]:
            pass
        case _:
            return None
    plural = TYPES.get(kind.lower(), "")
    if (
        plural not in verb.types
        or (called and not OBJECT_NAME.fullmatch(called))
        or (not called and not verb.collection)
    ):
        return None
    return plural, called
