"""An argument list becomes a known command, or nothing. What is not understood to the last letter is bash's to run."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import StepKind
from cockpit.runbooks.az.known_commands import COMMANDS, Command, Flag, Takes

TRUE, FALSE = frozenset({"true", "yes", "1", "t", "y"}), frozenset({"false", "no", "0", "f", "n"})
OWN_SUBSCRIPTION = ("subscription", "name")  # of `account show`, the name is a subscription's too


@dataclass(frozen=True, slots=True)
class AzCommand:
    """`words` such as `containerapp revision activate`, `values_by_flag` by long names without dashes."""

    words: str
    kind: StepKind
    values_by_flag: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    output: str = "json"
    query: str = ""

    def one(self, flag: str, otherwise: str = "") -> str:
        return self.values_by_flag.get(flag, (otherwise,))[0]

    def many(self, flag: str) -> tuple[str, ...]:
        return self.values_by_flag.get(flag, ())

    def has(self, flag: str) -> bool:
        """Whether a flag is on: there without a value, or with `true`."""
        return self.one(flag, "false") == "true"

    @property
    def follow(self) -> bool:
        """True for a stream without an end of its own."""
        return self.words == "containerapp logs show" and self.has("follow")

    def describe(self) -> str:
        """What it does, in one sentence for people."""
        sentence = COMMANDS[self.words].says
        for flag in COMMANDS[self.words].flags:
            sentence = sentence.replace(f"{{{flag.name}}}", " ".join(self.many(flag.name)) or UNSAID.get(flag.name, ""))
        return sentence.strip()


UNSAID = {"resource-group": "the subscription", "metrics": "the main metric"}


def recognise_az_command(argv: Sequence[str], *, subscription: str = "") -> AzCommand | None:
    """The known command of an argument list that begins with `az`; None for one that bash must run as it is written.

    `subscription` is the id that the environment has: a command that names another one is not ours.
    """
    rest = deque(argv[1:])
    parts = []
    while rest and not rest[0].startswith("-"):
        parts.append(rest.popleft())
    command = COMMANDS.get(" ".join(parts))
    if list(argv[:1]) != ["az"] or command is None:
        return None
    name_lists = read_flags(command, rest)
    if name_lists is None or not is_complete_command(command, name_lists, subscription):
        return None
    output, query = name_lists.pop("output", ("json",))[0], name_lists.pop("query", ("",))[0]
    for own in ("only-show-errors", "subscription"):
        name_lists.pop(own, None)
    if "revision" in name_lists:
        name_lists.setdefault("name", (name_lists["revision"][0].rpartition("--")[0],))
    if query and not is_valid_query(query):
        return None
    return AzCommand(command.words, command.kind, name_lists, output, query)


def read_flags(command: Command, rest: deque[str]) -> dict[str, tuple[str, ...]] | None:
    """The values of every flag by its name; None as soon as something is not as it should be."""
    name_lists: dict[str, tuple[str, ...]] = {}
    while rest:
        word = rest.popleft()
        form, equals, joined = word.partition("=") if word.startswith("--") else (word, "", "")
        flag = command.flag(form)
        if flag is None or flag.name in name_lists:
            return None
        values = read_values(flag, rest, joined if equals else None)
        if values is None:
            return None
        name_lists[flag.name] = values
    return name_lists


def read_values(flag: Flag, rest: deque[str], joined: str | None) -> tuple[str, ...] | None:
    """What a flag is given, taken off `rest`; `joined` is what stood behind its `=`."""
    if flag.takes is Takes.NOTHING:
        return None if joined is not None else ("true",)
    values = [] if joined is None else [joined]
    most = 100 if flag.takes is Takes.MANY else 1
    while rest and not rest[0].startswith("-") and joined is None and len(values) < most:
        values.append(rest.popleft())
    if flag.takes is Takes.MAYBE:
        return parse_truth(values[0] if values else "true")
    if not values or not all(flag.accepts(value) for value in values):
        return None
    return tuple(values)


def parse_truth(word: str) -> tuple[str, ...] | None:
    lowered = word.lower()
    return ("true",) if lowered in TRUE else ("false",) if lowered in FALSE else None


def is_complete_command(command: Command, name_lists: Mapping[str, tuple[str, ...]], subscription: str) -> bool:
    """Everything needed is there, and it is about the subscription that we speak to."""
    if not all(flag.name in name_lists for flag in command.flags if flag.required):
        return False
    if command.words == "containerapp ingress traffic set" and not {"revision-weight", "label-weight"} & set(
        name_lists
    ):
        return False
    if "revision" in name_lists and "name" not in name_lists and "--" not in name_lists["revision"][0]:
        return False
    named = [
        name_lists[text][0]
        for text in OWN_SUBSCRIPTION
        if text in name_lists and (text != "name" or is_account(command))
    ]
    return all(subscription and text.lower() == subscription.lower() for text in named)


def is_account(command: Command) -> bool:
    return command.words == "account show"


def is_valid_query(query: str) -> bool:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(query)
    except (JMESPathError, ValueError, KeyError, RecursionError):
        return False
    return True
