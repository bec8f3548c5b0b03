"""The read-only promise at the door to the network: what only reads may pass, everything else never leaves."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.text import clean_line

if TYPE_CHECKING:
    import httpx

READING_METHODS = frozenset({"GET", "HEAD"})
# POSTs that change nothing: the token of the log stream, and a Log Analytics query.
READING_POSTS = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.App/containerApps/[^/]+/getAuthToken"
    r"|/v1/workspaces/[^/]+/query",
    re.IGNORECASE,
)


def only_reads(method: str, url: str) -> bool:
    """True for a request that cannot change anything."""
    if method.upper() in READING_METHODS:
        return True
    return method.upper() == "POST" and READING_POSTS.fullmatch(urlsplit(url).path) is not None


def refuse_change(method: str, url: str) -> None:
    """Raises SourceError for a request that could change something."""
    if not only_reads(method, url):
        what = clean_line(f"{method} {urlsplit(url).path}", 200)
        raise SourceError(
            Problem(
                ProblemKind.REFUSED,
                "read-only",
                f"Refused because this cockpit is read-only: {what}",
                "Start it without --read-only to make changes.",
            )
        )


async def refuse_change_hook(request: "httpx.Request") -> None:
    """The same door for httpx, as a request event hook."""
    refuse_change(request.method, str(request.url))
