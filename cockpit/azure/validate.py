"""Does an answer have the shape it must have? An empty list by accident would look like everything vanished."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from cockpit.azure.errors import make_garbage_problem
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.text import REPLACEMENT, keep_whole

Raw = Mapping[str, Any]
MAX_PAGES = 40
LONGEST_NAME = 260  # characters; the longest that Azure allows for any resource


def as_object(body: object) -> Raw:
    """`body` if it is a JSON object. Raises SourceError."""
    if not isinstance(body, Mapping):
        raise SourceError(make_garbage_problem("no JSON object"))
    return body


def must_be_success(response: Any) -> None:
    """Raises the SDK's HttpResponseError for any status but a success; its own check lets a redirect pass."""
    if not 200 <= response.status_code < 300:
        from azure.core.exceptions import HttpResponseError

        raise HttpResponseError(response=response)


class StrangeAnswerError(ValueError):
    """A change was answered, but not by what it was about: whether it was done is unknown."""

    def __init__(self) -> None:
        super().__init__("it is not of what was to be changed")


def is_resource(body: object, path: str) -> bool:
    """Whether an answer is the resource at `path`, and not a sign-in page, a proxy's word, or another resource.

    Azure writes its ids in upper and lower case as it likes; an answer without an id must at least bear the name.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("properties"), Mapping):
        return False
    mine = unquote(path).partition("?")[0].rstrip("/").casefold()
    identifier, name = body.get("id"), body.get("name")
    if isinstance(identifier, str) and identifier:
        return identifier.rstrip("/").casefold() == mine
    return isinstance(name, str) and name.casefold() == mine.rpartition("/")[2]


def must_be_resource_at(body: Raw, path: str) -> Raw:
    """`body`, read from `path`. Raises SourceError when it is something else."""
    if not is_resource(body, path):
        raise SourceError(make_garbage_problem(f"what was answered is not {unquote(path).rpartition('/')[2]}"))
    return body


def body_of(response: Any) -> Any:
    """The JSON of an answer; None where there is none."""
    try:
        return response.json()
    except (ValueError, RecursionError, LookupError):
        return None


class Pages:
    """Watches one paged list: every page must hold values, and lead on to a new page of our own address.

    A page without its `value` is no empty list, or every revision would seem to have vanished.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._seen: set[str] = set()

    def take(self, page: Raw) -> tuple[list[Raw], str]:
        """The objects of a page, and the path of the next one ("" at the end). Raises SourceError."""
        result = page.get("value")
        if not isinstance(result, list) or not all(isinstance(item, Mapping) for item in result):
            raise SourceError(make_garbage_problem("a list without its values"))
        link = next_path(page.get("nextLink"), self._endpoint)
        if link in self._seen or len(self._seen) >= MAX_PAGES:
            raise SourceError(make_garbage_problem(f"a list that does not end after {len(self._seen) + 1} pages"))
        if link:
            self._seen.add(link)
        return result, link

    def check(self, response: Any) -> None:
        """`take` as a response hook, for lists that the SDK pages through by itself: it follows any link, for ever."""
        if response.http_response.status_code == 200:
            self.take(as_object(response.http_response.json()))


def must_be_resource(response: Any) -> None:
    """A response hook: an object that names nothing and holds nothing is not the resource that was asked for."""
    if response.http_response.status_code == 200:
        body = as_object(response.http_response.json())
        if not isinstance(body.get("properties"), Mapping):
            raise SourceError(make_garbage_problem("a resource without properties"))


def query_string(parameters: Mapping[str, str]) -> str:
    return urlencode({key.replace("_", "-"): value for key, value in parameters.items()})


def next_path(link: object, endpoint: str) -> str:
    """Path and query of a next page, "" at the end. Raises SourceError for a link to another host.

    Azure's own links may carry `:443` and another api-version, so only the host is compared.
    """
    if not link:
        return ""
    try:
        parts, ours = urlsplit(str(link)), urlsplit(endpoint)
        same = (parts.hostname or "").lower() == (ours.hostname or "").lower()
    except ValueError:
        same = False
    if not same or not parts.path.startswith("/"):
        raise SourceError(make_garbage_problem("a next page at another address"))
    return f"{parts.path}?{parts.query}"


def quote_name(name: str) -> str:
    """A name as one segment of a path. Raises SourceError for one that would lead elsewhere."""
    if (
        not name
        or set(name) <= {"."}
        or not name.isprintable()
        or REPLACEMENT in name
        or not keep_whole(name, LONGEST_NAME)
    ):
        raise SourceError(Problem(ProblemKind.REFUSED, "refused here", f"{name!r} is not a name that Azure accepts."))
    return quote(name, safe="")
