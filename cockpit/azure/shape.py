"""Does an answer have the shape it must have? An empty list by accident would look like everything vanished."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from cockpit.azure.trouble import garbage
from cockpit.model.problem import SourceError

Raw = Mapping[str, Any]


def as_object(body: object) -> Raw:
    """`body` if it is a JSON object. Raises SourceError."""
    if not isinstance(body, Mapping):
        raise SourceError(garbage("no JSON object"))
    return body


def must_be_list(response: Any) -> None:
    """A response hook: a page without its `value` is no empty list, or every revision would seem to have vanished."""
    if response.http_response.status_code == 200:
        value = as_object(response.http_response.json()).get("value")
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            raise SourceError(garbage("a list without its values"))


def must_be_resource(response: Any) -> None:
    """A response hook: an object that names nothing and holds nothing is not the resource that was asked for."""
    if response.http_response.status_code == 200:
        body = as_object(response.http_response.json())
        if not isinstance(body.get("properties"), Mapping):
            raise SourceError(garbage("a resource without properties"))


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
        raise SourceError(garbage("a next page at another address"))
    return f"{parts.path}?{parts.query}"
