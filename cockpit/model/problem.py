"""Why a source gave no answer, in words that say what to do next."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Any

LONGEST_FACT = 400  # characters


class ProblemKind(StrEnum):
    """What sort of failure it was; decides how loud the pane is and how long to back off."""

    SIGN_IN = "sign-in"  # the identity expired or never was: one key signs in again
    FORBIDDEN = "forbidden"  # signed in, but a role is missing
    MISSING = "missing"  # what was asked for is not there (404)
    REFUSED = "refused"  # the request itself is wrong (other 4xx), or read-only refused it
    CONFLICT = "conflict"  # another change is in progress (409)
    THROTTLED = "throttled"  # 429: honour retry_after
    TIMEOUT = "timeout"
    NETWORK = "network"  # no route, no name, connection refused
    SERVER = "server"  # 5xx
    GARBAGE = "garbage"  # it answered something that is not what it should be
    FAULT = "fault"  # our own code raised: a defect, reported, never fatal


TRANSIENT = frozenset(
    {ProblemKind.THROTTLED, ProblemKind.TIMEOUT, ProblemKind.NETWORK, ProblemKind.SERVER, ProblemKind.CONFLICT}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure.

    `short` fits a pane's border (`401 az login expired`), `message` is one cleaned sentence, `advice` what to do
    next (may be empty), `retry_after` the seconds the source asked us to wait. `code` is what sort of failure it is
    where `kind` is too coarse to tell, and stays when the wording gets better; `facts` are what the sentences name.
    """

    kind: ProblemKind
    short: str
    message: str
    advice: str = ""
    retry_after: float | None = None
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def sentence(self) -> str:
        """What it is and what to do next, in one line."""
        message = self.message.strip()
        ends = not self.advice or not message or message[-1] in ".!?:…"
        return f"{message}{'' if ends else '.'} {self.advice}".strip()

    @property
    def refusal(self) -> str:
        """The same where it kept a command from being done: whoever throttles passes nothing on."""
        if self.kind is not ProblemKind.THROTTLED:
            return self.sentence
        wait = f"{ceil(self.retry_after)} s" if self.retry_after else "a moment"
        own = self.message.strip().rstrip(".")
        words = f" ({own})" if own and "too many requests" not in own else ""
        return f"Nothing was done: too many requests at once{words}. Wait {wait}, then try again."

    @property
    def transient(self) -> bool:
        """True when waiting alone may cure it."""
        return self.kind in TRANSIENT


class CodedError(Exception):
    """A refusal or failure that a person reads: one sentence that says what to do next.

    `code` is its kind and stays when the sentence gets better; `facts` are what the sentence names.
    Scripts and tests go by these.
    """

    default_code = "refused"

    def __init__(self, message: str = "", *, code: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.code, self.facts = code or self.default_code, facts


class SourceError(CodedError):
    """A Problem on its way up from an adapter to the feed or command that reports it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, code=problem.code or f"source-{problem.kind.value}", **problem.facts)
        self.problem = problem


def clean_fact(fact: Any) -> Any:
    """A fact as JSON may print it."""
    from cockpit.model.text import clean_line  # this module is needed before the first frame, the door for text is not

    if isinstance(fact, list | tuple | set | frozenset):
        return [clean_fact(entry) for entry in fact]
    if isinstance(fact, Mapping):
        return {clean_line(name, LONGEST_FACT): clean_fact(value) for name, value in fact.items()}
    return fact if fact is None or isinstance(fact, bool | int | float) else clean_line(str(fact), LONGEST_FACT)


# The process or the machine is out of descriptors or memory: what could not be looked at is unknown, and not gone.

SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def is_shortage(error: OSError) -> bool:
    """Whether a call failed for want of something that comes back, and so says nothing of what it asked about."""
    return error.errno in SHORTAGES


def describe_shortage(error: OSError) -> str:
    """What is missing and what helps, as a sentence; "" for any other failure."""
    match error.errno:
        case errno.EMFILE:
            return "This process may open no more files: raise `ulimit -n`, and try again."
        case errno.ENFILE:
            return "This machine can open no more files: end something on it, and try again."
        case errno.ENOMEM:
            return "This machine has no memory left: end something on it, and try again."
    return ""
