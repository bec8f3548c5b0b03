"""A name of the configuration that is not in Azure: what is there in its place, so that the right one can be copied."""

from collections.abc import Sequence
from urllib.parse import quote

from cockpit.azure.client import Azure
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_text

SUBSCRIPTIONS = "2022-12-01"  # the API version
MOST = 12  # names that are listed


async def explain_missing(
    azure: Azure, names: Sequence[str], group: str, *, resource: str, api: str, what: str
) -> Problem:
    """`resource` is the type (`Microsoft.Web/sites`) whose `names` were looked for, `what` the configuration's word."""
    place = f"None of {', '.join(names)} is" if names else f"There is no {what.removesuffix('s')}"
    return Problem(
        ProblemKind.MISSING,
        f"404 no such {what.removesuffix('s')}",
        f"{place} in resource group {group!r}.",
        f"{await _list_instead(azure, group, resource, api)} "
        f"Check subscription, resource_group and {what} of the environment in cockpit.toml.".strip(),
    )


async def _list_instead(azure: Azure, group: str, resource: str, api: str) -> str:
    """One sentence: of the group, else of the whole subscription, else which subscriptions the identity may see."""
    scope = f"/subscriptions/{quote(azure.subscription, safe='')}"
    here = await _list_names(azure, f"{scope}/resourceGroups/{quote(group, safe='')}/providers/{resource}", api)
    if here:
        return f"It has: {_join_names(here)}."
    below = await _list_names(azure, f"{scope}/providers/{resource}", api, with_group=True)
    if below:
        return f"The subscription has: {_join_names(below)}."
    others = await _list_names(azure, "/subscriptions", SUBSCRIPTIONS)
    if others:
        return f"Neither has the subscription. The identity in use sees the subscriptions: {_join_names(others)}."
    return ""


async def _list_names(azure: Azure, path: str, api: str, *, with_group: bool = False) -> list[str]:
    """Nothing where it may not be asked: the absence itself is reported already."""
    try:
        records = await azure.pages(path, api_version=api)
    except SourceError:
        return []
    names = []
    for record in records:
        name = read_text(record.get("name")) or read_text(record.get("displayName"))
        if subscription := read_text(record.get("subscriptionId")):
            name = f"{name} ({subscription})"
        elif with_group:
            beside = read_text(record.get("id")).partition("/resourceGroups/")[2].partition("/")[0]
            name = f"{name} (resource group {beside})"
        names.append(name)
    return sorted(names)


def _join_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
