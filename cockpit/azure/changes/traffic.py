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
from cockpit.model.raw import dig_value, list_mappings, read_integer, read_text, resource_name
from cockpit.model.revision import Application

Raw = Mapping[str, Any]
LATEST = "latest"  # as az calls the entry that follows the newest revision


def traffic_of(app: Raw) -> list[Raw]:
    return list_mappings(dig_value(app, "properties", "configuration", "ingress", "traffic"))


def fingerprint_traffic(app: Raw) -> str:
    """Stands for who gets the traffic of an app, and in which revision mode. There is no ETag to compare."""
    mode = read_text(dig_value(app, "properties", "configuration", "activeRevisionsMode")).lower()
    entries = [
        (name_traffic_entry(fields), read_integer(fields.get("weight")) or 0, read_text(fields.get("label")))
        for fields in traffic_of(app)
    ]
    latest = resource_name(dig_value(app, "properties", "latestRevisionName"))
    return hashlib.sha256(json.dumps([mode, latest, entries]).encode()).hexdigest()[:16]


def merge_traffic(
    app: Raw, application: Application, weights: Mapping[str, int], labels: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The list to send: named revisions and labels get their weights, the others share the rest as they did before.

    Raises SourceError, in words, for weights that cannot be: over 100 together, not 100 when nobody is left to share
    the rest, of a revision or label that is not there, or for one that is not active and would answer nobody.
    """
    entries = [dict(fields) for fields in traffic_of(app)]
    numbers_by_name = by_name(entries, weights, labels)
    for name, weight in numbers_by_name.items():
        must_answer(application, name, weight)
    if sum(numbers_by_name.values()) > 100:
        raise refuse_change("These weights make more than 100 together.", "Lower them so that they make 100.")
    names = {name_traffic_entry(entry).lower() for entry in entries}
    entries += [new_entry(name, application) for name in numbers_by_name if name.lower() not in names]
    lowered = {name.lower(): weight for name, weight in numbers_by_name.items()}
    others = [entry for entry in entries if name_traffic_entry(entry).lower() not in lowered]
    shared = divide_in_proportion(
        100 - sum(numbers_by_name.values()), [read_integer(other.get("weight")) or 0 for other in others]
    )
    for entry, weight in zip(others, shared, strict=True):
        entry["weight"] = weight
    for entry in entries:
        entry["weight"] = lowered.get(name_traffic_entry(entry).lower(), entry["weight"])
    return entries


def by_name(entries: Sequence[Raw], weights: Mapping[str, int], labels: Mapping[str, int]) -> dict[str, int]:
    """Weights by revision name, labels turned into the revisions that wear them. Raises SourceError."""
    wearing = {
        read_text(entry.get("label")).lower(): name_traffic_entry(entry) for entry in entries if entry.get("label")
    }
    numbers_by_name = dict(weights)
    for label, weight in labels.items():
        if label.lower() not in wearing:
            raise refuse_change(
                f"No revision has the label {label!r}.", "List the traffic to see which labels there are."
            )
        numbers_by_name.setdefault(wearing[label.lower()], weight)
    return numbers_by_name


def divide_in_proportion(rest: int, before: Sequence[int]) -> list[int]:
    """`rest` divided in proportion to `before`, in whole numbers that make exactly `rest`. Raises SourceError."""
    total = sum(before)
    if total == 0:
        if rest:
            raise refuse_change(
                f"These weights make {100 - rest}, and no other revision has traffic to share the rest.",
                "Name the revisions that get the rest, so that all weights make 100.",
            )
        return [0 for _ in before]
    parts = [rest * number // total for number in before]
    # The largest remainders first, the earlier entry where two are alike.
    behind = sorted(range(len(before)), key=lambda place: -(rest * before[place] % total))
    for place in behind[: rest - sum(parts)]:
        parts[place] += 1
    return parts


def name_traffic_entry(entry: Raw) -> str:
    return LATEST if entry.get("latestRevision") is True else resource_name(entry.get("revisionName"))


def new_entry(name: str, application: Application) -> dict[str, Any]:
    if name.lower() == LATEST:
        return {"latestRevision": True, "weight": 0}
    exact = next((revision.name for revision in application.revisions if revision.name.lower() == name.lower()), name)
    return {"revisionName": exact, "weight": 0, "latestRevision": False}


def must_answer(application: Application, name: str, weight: int) -> None:
    """Azure would send traffic to a revision that is not active, where it goes nowhere. Raises SourceError."""
    if name.lower() == LATEST:
        return
    revision = next((revision for revision in application.revisions if revision.name.lower() == name.lower()), None)
    if revision is None:
        raise refuse_change(
            f"{application.name} has no revision {name!r}.", "List its revisions to see which there are."
        )
    if weight and not revision.active:
        raise refuse_change(f"{revision.name} is not active: traffic sent to it goes nowhere.", "Activate it first.")


def sum_weights(entries: Sequence[Raw], latest: str) -> dict[str, int]:
    """Percent for each revision that gets any."""
    numbers_by_name: dict[str, int] = {}
    for entry in entries:
        weight = read_integer(entry.get("weight")) or 0
        if weight:
            name = routed_to(entry, latest)
            numbers_by_name[name] = numbers_by_name.get(name, 0) + weight
    return numbers_by_name


def refuse_change(message: str, advice: str = "") -> SourceError:
    return SourceError(Problem(ProblemKind.REFUSED, "refused here", message, advice))
