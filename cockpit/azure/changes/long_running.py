"""A long operation is looked at until it ends: after 0.1 s at first, every 2 s in the end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from cockpit.azure.changes.change import AzureChange, ChangeOutcome, send_change_once, speaks_for_azure
from cockpit.azure.client import Azure
from cockpit.azure.errors import MESSAGE, make_garbage_problem
from cockpit.azure.validate import StrangeAnswerError, as_object, body_of, is_resource
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_text
from cockpit.model.text import keep_whole

FIRST, GROWTH, LONGEST = 0.1, 1.5, 2.0  # seconds between two looks
PATIENCE = 5  # looks in a row that may fail for a passing reason
LONGEST_PAUSE = 60.0  # seconds, when a throttle asks for one
SETTLING = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each look at what a lost change may have done

SAYS_FAILED = frozenset({400, 409, 412, 422})
"""What the address of an operation answers when the operation itself ended so: a swap whose slot did not warm up."""

ReportProgress = Callable[[str], None]


async def long_change(
    azure: Azure, resource: str, send: Callable[[], Awaitable[Any]], tell: ReportProgress
) -> AzureChange:
    """Send a change, once, and follow the operation it becomes. `send` returns the response with its headers.

    `resource` is the path of what is changed: an answer that is neither of it nor a link to an operation tells nothing.
    `tell` gets the operation's URL as soon as it is known: whoever records it can `follow` it after a restart.
    """
    sent = await send_change_once(send, explain=azure.explain)
    if sent.outcome is not ChangeOutcome.DONE:
        return sent
    url = operation_url(sent.answer)
    if url:
        tell(url)
        return await follow_operation(azure, url, resource=resource)
    if sent.answer.status_code not in (200, 201):
        return AzureChange(ChangeOutcome.UNKNOWN, NO_LINK)
    if not is_resource(body_of(sent.answer), resource):
        return AzureChange(ChangeOutcome.UNKNOWN, azure.explain(StrangeAnswerError()))
    return replace(sent, answer=None)


async def follow_operation(azure: Azure, url: str, *, resource: str = "", soon: float = FIRST) -> AzureChange:
    """Wait for an operation to end. UNKNOWN when it is lost from sight, which is not its failure. Never raises.

    `resource` is the path of what it changes, "" where that is not known any more.
    """
    pause, missed = soon, 0
    while True:
        await azure.time.sleep(pause)
        pause = min(LONGEST, max(pause, FIRST) * GROWTH)
        try:
            ended = state_of(await azure.exchange("GET", url), resource)
        except Exception as error:
            problem, missed = azure.explain(error), missed + 1
            if getattr(error, "status_code", None) in SAYS_FAILED and speaks_for_azure(error):
                return AzureChange(ChangeOutcome.UNKNOWN, problem, operation=url, refused_at_end=True)
            if not problem.transient or missed >= PATIENCE:
                return AzureChange(ChangeOutcome.UNKNOWN, problem, operation=url)
            pause = max(pause, min(problem.retry_after or 0.0, LONGEST_PAUSE))
            continue
        missed = 0
        if ended is not None:
            return replace(ended, operation=url)


def operation_url(response: Any) -> str:
    """Where an accepted change can be asked about, "" when it does not say."""
    links = (keep_whole(response.headers.get(name)) for name in ("Azure-AsyncOperation", "Location"))
    return next(filter(None, links), "")


def state_of(response: Any, resource: str) -> AzureChange | None:
    """What one look tells; None while it goes on. A status document, or the finished resource itself."""
    if response.status_code == 202:
        return None
    body = as_object(response.json())
    status = read_text(body.get("status")).lower()
    is_finished = not status and is_resource(body, resource or keep_whole(body.get("id")))
    if is_finished or status == "succeeded":
        return AzureChange(ChangeOutcome.DONE, None, body)
    if not status:
        raise SourceError(make_garbage_problem("an operation that tells no status"))
    if status not in ("failed", "canceled", "cancelled"):
        return None
    code = read_text(dig_value(body, "error", "code")) or status
    tokens = read_text(dig_value(body, "error", "message"), MESSAGE) or f"Azure says that the operation {status}."
    return AzureChange(
        ChangeOutcome.FAILED, Problem(ProblemKind.REFUSED, f"failed {code}"[:48], f"{code}: {tokens}"), body
    )


async def settle_change(azure: Azure, change: AzureChange, looks_done: Callable[[], Awaitable[bool]]) -> AzureChange:
    """`change`, or what looking again tells of one that got no answer. Not seeing it done leaves it unknown:

    a gateway that lost patience may still have passed the request on. What the operation itself called failed has
    failed where no look shows it done.
    """
    if change.outcome is not ChangeOutcome.UNKNOWN:
        return change
    for pause in SETTLING:
        await azure.time.sleep(pause)
        if await is_seen(looks_done):
            return replace(change, outcome=ChangeOutcome.DONE, looked=True)
    return replace(change, outcome=ChangeOutcome.FAILED) if change.refused_at_end else change


async def is_seen(looks_done: Callable[[], Awaitable[bool]]) -> bool:
    """Whether a look shows it; one that fails shows nothing."""
    try:
        return await looks_done()
    except SourceError:
        return False


NO_LINK = Problem(
    ProblemKind.GARBAGE, "no operation", "Azure accepted the change without saying where to ask about it."
)
