"""A change is sent once. What came of it is one of three outcomes, and `unknown` is one of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cockpit.azure.errors import explain_azure_error, json_body
from cockpit.model.problem import Problem, ProblemKind, SourceError

NOTHING_DONE = frozenset({401, 407, 429})  # whoever answers these passed nothing on


class ChangeOutcome(StrEnum):
    """UNKNOWN: it was sent, and no answer tells whether it was done. Only looking again can."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AzureChange:
    """What came of one change: `problem` says why it is not DONE, `answer` is what the service returned.

    `operation` is the URL of a long one; `looked` that no answer showed it, and a second look did. `refused_at_end`:
    that URL answered with a refusal in place of an end, and a look decides.
    """

    outcome: ChangeOutcome
    problem: Problem | None = None
    answer: Any = None
    operation: str = ""
    looked: bool = False
    refused_at_end: bool = False


async def send_change_once(
    send: Callable[[], Awaitable[Any]],
    follow: Callable[[Any], Awaitable[Any]] | None = None,
    *,
    explain: Callable[[Exception], Problem] = explain_azure_error,
) -> AzureChange:
    """Do one change, once, and tell what came of it. Raises nothing but cancellation.

    `send` makes it; `follow` waits for a long-running one to end, given what `send` returned (the SDK's poller).
    `explain` is that of the Azure it is sent to, which knows whether a person can sign in there.
    """
    try:
        answer = await send()
    except Exception as error:
        return AzureChange(outcome_of(error), explain(error))
    try:
        return AzureChange(ChangeOutcome.DONE, None, answer if follow is None else await follow(answer))
    except Exception as error:
        # Losing sight of an operation, by a 404 or a dropped line, is not its failure: Azure carries on with it.
        return AzureChange(ChangeOutcome.FAILED if reports_failure(error) else ChangeOutcome.UNKNOWN, explain(error))


def reports_failure(error: Exception) -> bool:
    """True for an operation that Azure itself says failed: the SDK raises it from a status document in a 200."""
    return getattr(error, "status_code", None) == 200 and explain_azure_error(error).kind is ProblemKind.REFUSED


def outcome_of(error: Exception) -> ChangeOutcome:
    """Whether a failed change was certainly not done (FAILED), or may have been (UNKNOWN)."""
    if isinstance(error, SourceError):
        return ChangeOutcome.FAILED  # ours: no token, or refused before anything was sent
    if never_connected(error):
        return ChangeOutcome.FAILED
    refused = {
        ProblemKind.SIGN_IN,
        ProblemKind.FORBIDDEN,
        ProblemKind.MISSING,
        ProblemKind.REFUSED,
        ProblemKind.CONFLICT,
        ProblemKind.THROTTLED,
    }
    return (
        ChangeOutcome.FAILED
        if explain_azure_error(error).kind in refused and speaks_for_azure(error)
        else ChangeOutcome.UNKNOWN
    )


def speaks_for_azure(error: Exception) -> bool:
    """False for a refusal that something else worded: a proxy that reads answers may refuse them after the change.

    Azure's own refusals are a JSON object with a code or a message, or empty.
    """
    response = getattr(error, "response", None)
    if response is None or response.status_code in NOTHING_DONE:
        return True
    try:
        text = response.text().strip()
    except Exception:  # a body that cannot be read is not Azure's word
        return False
    body = json_body(response)
    return not text or any(body.get(key) for key in ("error", "code", "Code", "message", "Message"))


def never_connected(error: BaseException) -> bool:
    """True when not one byte of the request can have arrived.

    The SDK says ServiceRequestError both for this and for a server that hung up in the middle; the cause tells.
    """
    import aiohttp

    cause = error.__cause__
    return isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
