"""Who has the last word: the configuration over the documents, the documents over what is built in."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import BUILT_IN, Checklist, Plan, Template
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.text import clean_line

SEVERAL = frozenset({ClockKind.ESCALATION, ClockKind.CHECKLIST})  # kinds that one level may have more than one of
T = TypeVar("T")


def binding(layers: Sequence[Plan], ladder: SeverityScale) -> tuple[Rule, ...]:
    """The rules of all layers, each without the levels for which a layer before it has a rule of its kind."""
    names = tuple(each.name for each in ladder)
    taken: set[tuple[ClockKind, bool, str]] = set()
    found: list[Rule] = []
    for layer in layers:
        mine: set[tuple[ClockKind, bool, str]] = set()
        for rule in (known for each in layer.rules if (known := on_ladder(each, ladder)) is not None):
            settled = taken if rule.kind in SEVERAL else taken | mine
            wanted = rule.levels or names
            free = tuple(name for name in wanted if key(rule, name) not in settled)
            if free:
                found.append(rule if len(free) == len(wanted) else replace(rule, levels=free))
                mine |= {key(rule, name) for name in free}
        taken |= mine
    return tuple(found)


def key(rule: Rule, name: str) -> tuple[ClockKind, bool, str]:
    return rule.kind, rule.outside, name


def on_ladder(rule: Rule, ladder: SeverityScale) -> Rule | None:
    """The rule with its levels as the ladder calls them; None when the ladder has none of them.

    A level of another kind of ladder is not translated: SEV-2 of one document need not be P1 of another.
    """
    if not rule.levels:
        return rule
    names = {bare(each.name): each.name for each in ladder}
    known = dict.fromkeys(names[bare(each)] for each in rule.levels if bare(each) in names)
    return replace(rule, levels=tuple(known)) if known else None


def bare(name: str) -> str:
    """`SEV-1`, `Sev 1` and `SEV1` are one name."""
    return re.sub(r"[\s-]", "", name).casefold()


def unbound(layers: Sequence[Plan], ladder: SeverityScale) -> Iterator[Problem]:
    """A word for every document with rules for levels that the ladder does not have."""
    known = {bare(each.name) for each in ladder}
    lost: dict[str, dict[str, None]] = {}
    for rule in (each for layer in layers for each in layer.rules):
        for name in rule.levels:
            if bare(name) not in known:
                lost.setdefault(rule.origin.partition(":")[0], {})[name] = None
    for document, names in lost.items():
        said = f"{document} has rules for {', '.join(names)}; the ladder is {', '.join(each.name for each in ladder)}."
        yield Problem(ProblemKind.MISSING, "levels unknown", clean_line(said, 300), "Those rules bind nothing.")


def over(layers: Iterable[Sequence[T]], known_as: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Everything of each layer, but for what a layer before it has under the same name. Nothing twice."""
    found: dict[T, None] = {}
    names: set[Hashable] = set()
    for layer in layers:
        found |= {each: None for each in layer if known_as(each) not in names}
        names |= {known_as(each) for each in layer}
    return tuple(found)


def spoken(templates: Sequence[Template]) -> tuple[Template, ...]:
    """The messages, without the built-in ones for whom the team has words of its own."""
    own = {each.audience for each in templates if each.origin != BUILT_IN}
    return tuple(each for each in templates if each.origin != BUILT_IN or each.audience not in own)


def opening(layers: Sequence[Plan], rules: Sequence[Rule]) -> tuple[Checklist, ...]:
    """The checklists, each opening by itself as the rules that bind ask for it; a built-in one that none does goes."""
    timed = {rule.checklist for layer in layers for rule in layer.rules}
    asking: dict[str, list[Rule]] = {}
    for rule in rules:
        asking.setdefault(rule.checklist, []).append(rule)
    found = []
    for each in over((layer.checklists for layer in layers), lambda each: each.id):
        binds = asking.get(each.id, [])
        levels = tuple(name for rule in binds for name in rule.levels)
        if binds:
            found.append(replace(each, levels=levels or each.levels))
        elif each.origin != BUILT_IN:
            found.append(replace(each, levels=()) if each.id in timed else each)
    return tuple(found)


def first(layers: Iterable[Sequence[T]]) -> tuple[T, ...]:
    """The first layer that has anything."""
    return next((tuple(each) for each in layers if each), ())
