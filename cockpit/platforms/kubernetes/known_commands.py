"""An argument list becomes a known kubectl command, or nothing. What is not understood to the last letter is bash's.

Known is what an on-call engineer types at a workload. The namespace must be written, and be that of the environment;
a context must be the configured one: then the command means here what it means in a shell.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.arguments import Flags, accept_pattern, accept_switch, split_arguments
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
    """What a verb does, to which types, and with which flags."""

    kind: StepKind
    types: tuple[str, ...]
    flags: Flags = field(default_factory=dict)
    required: tuple[str, ...] = ()
    collection: bool = False  # it may be about all of a type


VERBS: Mapping[str, KubectlVerb] = {
    "get": KubectlVerb(
        READ,
        tuple(dict.fromkeys(TYPES.values())),
        {"output": lambda value: value == "wide", "selector": accept_pattern(SELECTOR), "no-headers": accept_switch},
        collection=True,
    ),
    "logs": KubectlVerb(
        READ,
        ("pods", "deployments", "statefulsets", "daemonsets"),
        {
            "container": accept_pattern(OBJECT_NAME),
            "tail": accept_pattern(NUMBER),
            "since": accept_pattern(SPAN),
            "follow": accept_switch,
            "previous": accept_switch,
            "timestamps": accept_switch,
        },
    ),
    "rollout status": KubectlVerb(READ, ROLLED, {"timeout": accept_pattern(SPAN), "watch": accept_switch}),
    "rollout history": KubectlVerb(READ, ROLLED),
    "rollout undo": KubectlVerb(CHANGE, ROLLED, {"to-revision": accept_pattern(NUMBER)}),
    "rollout restart": KubectlVerb(CHANGE, ROLLED),
    "rollout pause": KubectlVerb(CHANGE, ("deployments",)),
    "rollout resume": KubectlVerb(CHANGE, ("deployments",)),
    "scale": KubectlVerb(CHANGE, SCALED, {"replicas": accept_pattern(NUMBER)}, ("replicas",)),
    "set image": KubectlVerb(CHANGE, ROLLED),
    "delete": KubectlVerb(DANGER, ("pods",)),
}
SHORT = {"-n": "namespace", "-o": "output", "-l": "selector", "-c": "container", "-f": "follow", "-p": "previous",
         "-w": "watch"}  # fmt: skip
GLOBAL: Flags = {"namespace": accept_pattern(OBJECT_NAME), "context": bool}
ALL_FLAGS: Flags = {**GLOBAL, **{flag: accepts for verb in VERBS.values() for flag, accepts in verb.flags.items()}}
"""What may stand before the verb, too; which of them the verb takes is asked afterwards."""


def recognise_kubectl_command(argv: Sequence[str], environment: Environment) -> KubectlCommand | None:
    """The known command of an argument list; None for one that bash must run as it is written."""
    settings = read_settings(environment)
    if settings is None or list(argv[:1]) != ["kubectl"]:
        return None
    arguments = split_arguments(argv[1:], ALL_FLAGS, SHORT)
    if arguments is None:
        return None
    positional, flags = list(arguments.words), arguments.flags
    name = " ".join(positional[:2]) if positional[:1] in (["rollout"], ["set"]) else " ".join(positional[:1])
    verb = VERBS.get(name)
    if verb is None or not flags.keys() <= {*GLOBAL, *verb.flags}:
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
