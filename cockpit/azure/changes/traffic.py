"""The traffic list of a container app: read, merged, checked. Pure.

Azure replaces the whole list, so what is not named must be sent again: entries keep their order, their labels, and
their share of what the named ones leave over.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cockpit.azure.mapping import routed_to
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig, items, resource_name, text, whole
from cockpit.model.revision import Application

Raw = Mapping[str, Any]
LATEST = "latest"  # as az calls the entry that follows the newest revision


def traffic_of(app: Raw) -> list[Raw]:
    return items(dig(app, "properties", "configuration", "ingress", "traffic"))


def fingerprint(app: Raw) -> str:
    """Stands for who gets the traffic of an app, and in which revision mode. There is no ETag to compare."""
    mode = text(dig(app, "properties", "configuration", "activeRevisionsMode")).lower()
    entries = [(called(each), whole(each.get("weight")) or 0, text(each.get("label"))) for each in traffic_of(app)]
    latest = resource_name(dig(app, "properties", "latestRevisionName"))
    return hashlib.sha256(json.dumps([mode, latest, entries]).encode()).hexdigest()[:16]


def merged(app: Raw, known: Application, weights: Mapping[str, int], labels: Mapping[str, int]) -> list[dict[str, Any]]:
    """The list to send: named revisions and labels get their weights, the others share the rest as they did before.

    Raises SourceError, in words, for weights that cannot be: over 100 together, not 100 when nobody is left to share
    the rest, of a revision or label that is not there, or for one that is not active and would answer nobody.
    """
    entries = [dict(each) for each in traffic_of(app)]
    wanted = by_name(entries, weights, labels)
    for name, weight in wanted.items():
        must_answer(known, name, weight)
    if sum(wanted.values()) > 100:
        raise refused("These weights make more than 100 together.", "Lower them so that they make 100.")
    found = {called(each).lower() for each in entries}
    entries += [new_entry(name, known) for name in wanted if name.lower() not in found]
    lowered = {name.lower(): weight for name, weight in wanted.items()}
    others = [each for each in entries if called(each).lower() not in lowered]
    shared = share(100 - sum(wanted.values()), [whole(each.get("weight")) or 0 for each in others])
    for entry, weight in zip(others, shared, strict=True):
        entry["weight"] = weight
    for entry in entries:
        entry["weight"] = lowered.get(called(entry).lower(), entry["weight"])
    return entries


def by_name(entries: Sequence[Raw], weights: Mapping[str, int], labels: Mapping[str, int]) -> dict[str, int]:
    """Weights by revision name, labels turned into the revisions that wear them. Raises SourceError."""
    wearing = {text(each.get("label")).lower(): called(each) for each in entries if each.get("label")}
    wanted = dict(weights)
    for label, weight in labels.items():
        if label.lower() not in wearing:
            raise refused(f"No revision wears the label {label!r}.", "List the traffic to see which labels there are.")
        wanted.setdefault(wearing[label.lower()], weight)
    return wanted


def share(rest: int, before: Sequence[int]) -> list[int]:
    """`rest` divided in proportion to `before`, in whole numbers that make exactly `rest`. Raises SourceError."""
    total = sum(before)
    if total == 0:
        if rest:
            raise refused(
                f"These weights make {100 - rest}, and no other revision has traffic to share the rest.",
                "Name the revisions that get the rest, so that all weights make 100.",
            )
        return [0 for _ in before]
    parts = [rest * each // total for each in before]
    # The largest remainders first, the earlier entry where two are alike.
    behind = sorted(range(len(before)), key=lambda place: -(rest * before[place] % total))
    for place in behind[: rest - sum(parts)]:
        parts[place] += 1
    return parts


def called(entry: Raw) -> str:
    return LATEST if entry.get("latestRevision") is True else resource_name(entry.get("revisionName"))


def new_entry(name: str, known: Application) -> dict[str, Any]:
    if name.lower() == LATEST:
        return {"latestRevision": True, "weight": 0}
    exact = next((each.name for each in known.revisions if each.name.lower() == name.lower()), name)
    return {"revisionName": exact, "weight": 0, "latestRevision": False}


def must_answer(known: Application, name: str, weight: int) -> None:
    """Azure would send traffic to a revision that is not active, where it goes nowhere. Raises SourceError."""
    if name.lower() == LATEST:
        return
    revision = next((each for each in known.revisions if each.name.lower() == name.lower()), None)
    if revision is None:
        raise refused(f"{known.name} has no revision {name!r}.", "List its revisions to see which there are.")
    if weight and not revision.active:
        raise refused(f"{revision.name} is not active: traffic sent to it goes nowhere.", "Activate it first.")


def becomes(entries: Sequence[Raw], latest: str) -> dict[str, int]:
    """Percent for each revision that gets any."""
    found: dict[str, int] = {}
    for each in entries:
        weight = whole(each.get("weight")) or 0
        if weight:
            name = routed_to(each, latest)
            found[name] = found.get(name, 0) + weight
    return found


def refused(message: str, advice: str = "") -> SourceError:
    return SourceError(Problem(ProblemKind.REFUSED, "refused here", message, advice))
