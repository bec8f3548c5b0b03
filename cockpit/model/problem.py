"""Why a source gave no answer, in words that say what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ProblemKind(StrEnum):
    """What sort of failure it was; decides how loud the pane is and how long to back off."""

    SIGN_IN = "sign-in"  # the identity expired or never was: one key signs in again
    FORBIDDEN = "forbidden"  # signed in, but a role is missing
    MISSING = "missing"  # the thing asked for is not there (404)
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
    def transient(self) -> bool:
        """True when waiting alone may cure it."""
        return self.kind in TRANSIENT


class SourceError(Exception):
    """A Problem on its way up from an adapter to the feed or command that reports it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
