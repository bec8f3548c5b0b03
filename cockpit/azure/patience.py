"""A read that Azure throttles is asked again when Azure says, as the SDKs that az is built on do.

Only where somebody waits for the one answer, such as a command of a runbook. A feed says that it is throttled, and
waits in the open.
"""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import TypeVar

from cockpit.azure.client import Azure
from cockpit.model.problem import ProblemKind, SourceError

T = TypeVar("T")
TRIES_AGAIN = 3  # azure-core's status_retries: az asks four times in all
FIRST_PAUSE, GROWTH = 0.8, 2.0  # seconds before the second question where Azure names no time, and by how much more
LONGEST_WAIT = 60.0  # seconds in all; az waits for whatever Azure asks, which may be many minutes


async def read_patiently(azure: Azure, read: Callable[[], Awaitable[T]], tell: Callable[[str], None]) -> T:
    """What `read` gives. `tell` gets a line for each wait. Raises SourceError, also where it stays throttled."""
    waited = 0.0
    for number in range(TRIES_AGAIN):
        try:
            return await read()
        except SourceError as error:
            problem = error.problem
            pause = problem.retry_after or FIRST_PAUSE * GROWTH**number
            if problem.kind is not ProblemKind.THROTTLED or waited + pause > LONGEST_WAIT:
                raise
            tell(f"WARNING: Too many requests: asked again in {ceil(pause)} s.\n")
            await azure.time.sleep(pause)
            waited += pause
    return await read()
