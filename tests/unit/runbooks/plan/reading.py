"""A text read as the plan of a team whose only document it is."""

from textwrap import dedent

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import BUILT_IN, Plan
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.plan.plan import NOTHING, merge_plans

MINUTE, HOUR = 60.0, 3_600.0


def document(text: str, name: str = "oncall") -> Document:
    return Document(name, read_runbook(f"/team/{name}.md", dedent(text).encode()))


def plan_of(*texts: str, configured: Plan = NOTHING) -> Plan:
    """The plan of documents called oncall, second, third."""
    names = ("oncall", "second", "third")
    return merge_plans([document(text, name) for text, name in zip(texts, names, strict=False)], configured)


def told(found: Plan, kind: ClockKind | None = None) -> list[tuple[str, float, tuple[str, ...]]]:
    """(kind, seconds, levels) of the rules that are not built in, in their order."""
    return [
        (each.kind.value, each.after.total_seconds(), each.levels)
        for each in found.rules
        if each.origin != BUILT_IN and kind in (None, each.kind)
    ]


def only(found: Plan, kind: ClockKind) -> Rule:
    (rule,) = [each for each in found.rules if each.kind is kind and each.origin != BUILT_IN]
    return rule
