"""Who has the last word: the configuration over the documents, the documents over what is built in."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.ladder import Ladder, level
from cockpit.model.plan import Plan

SEVERAL = frozenset({ClockKind.ESCALATION, ClockKind.CHECKLIST})  # kinds that one level may have more than one of
T = TypeVar("T")


def binding(layers: Sequence[Plan], ladder: Ladder) -> tuple[Rule, ...]:
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


def on_ladder(rule: Rule, ladder: Ladder) -> Rule | None:
    """The rule with its levels as the ladder calls them; None when the ladder has none of them."""
    if not rule.levels:
        return rule
    names = dict.fromkeys(rung.name for each in rule.levels if (rung := level(ladder, each)) is not None)
    return replace(rule, levels=tuple(names)) if names else None


def over(layers: Iterable[Sequence[T]], known_as: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Everything of each layer, but for what a layer before it has under the same name. Nothing twice."""
    found: dict[T, None] = {}
    names: set[Hashable] = set()
    for layer in layers:
        found |= {each: None for each in layer if known_as(each) not in names}
        names |= {known_as(each) for each in layer}
    return tuple(found)


def first(layers: Iterable[Sequence[T]]) -> tuple[T, ...]:
    """The first layer that has anything."""
    return next((tuple(each) for each in layers if each), ())
