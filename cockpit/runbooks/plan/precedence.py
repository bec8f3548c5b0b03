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


def select_binding_rules(layers: Sequence[Plan], severity_scale: SeverityScale) -> tuple[Rule, ...]:
    """The rules of all layers, each without the levels for which a layer before it has a rule of its kind."""
    names = tuple(level.name for level in severity_scale)
    taken: set[tuple[ClockKind, bool, str]] = set()
    rules: list[Rule] = []
    for layer in layers:
        mine: set[tuple[ClockKind, bool, str]] = set()
        for rule in (
            fitted_rule for rule in layer.rules if (fitted_rule := fit_rule_to_scale(rule, severity_scale)) is not None
        ):
            settled = taken if rule.kind in SEVERAL else taken | mine
            expected = rule.levels or names
            free = tuple(name for name in expected if make_rule_key(rule, name) not in settled)
            if free:
                rules.append(rule if len(free) == len(expected) else replace(rule, levels=free))
                mine |= {make_rule_key(rule, name) for name in free}
        taken |= mine
    return tuple(rules)


def make_rule_key(rule: Rule, name: str) -> tuple[ClockKind, bool, str]:
    return rule.kind, rule.outside, name


def fit_rule_to_scale(rule: Rule, severity_scale: SeverityScale) -> Rule | None:
    """The rule with its levels as the severity scale calls them; None when the severity scale has none of them.

    A level of another kind of severity scale is not translated: SEV-2 of one document need not be P1 of another.
    """
    if not rule.levels:
        return rule
    names = {normalise_level_name(level.name): level.name for level in severity_scale}
    fields = dict.fromkeys(
        names[normalise_level_name(level)] for level in rule.levels if normalise_level_name(level) in names
    )
    return replace(rule, levels=tuple(fields)) if fields else None


def normalise_level_name(name: str) -> str:
    """`SEV-1`, `Sev 1` and `SEV1` are one name."""
    return re.sub(r"[\s-]", "", name).casefold()


def find_unbound_rules(layers: Sequence[Plan], severity_scale: SeverityScale) -> Iterator[Problem]:
    """A word for every document with rules for levels that the severity scale does not have."""
    level_names = {normalise_level_name(level.name) for level in severity_scale}
    lost: dict[str, dict[str, None]] = {}
    for rule in (rule for layer in layers for rule in layer.rules):
        for name in rule.levels:
            if normalise_level_name(name) not in level_names:
                lost.setdefault(rule.origin.partition(":")[0], {})[name] = None
    for document, names in lost.items():
        scale = ", ".join(level.name for level in severity_scale)
        sentence = f"{document} has rules for {', '.join(names)}; the severity scale is {scale}."
        yield Problem(ProblemKind.MISSING, "levels unknown", clean_line(sentence, 300), "Those rules bind nothing.")


def merge_layers(layers: Iterable[Sequence[T]], known_as: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Everything of each layer, but for what a layer before it has under the same name. Nothing twice."""
    fields: dict[T, None] = {}
    names: set[Hashable] = set()
    for layer in layers:
        fields |= {item: None for item in layer if known_as(item) not in names}
        names |= {known_as(item) for item in layer}
    return tuple(fields)


def select_messages(templates: Sequence[Template]) -> tuple[Template, ...]:
    """The messages, without the built-in ones for whom the team has words of its own."""
    own = {template.audience for template in templates if template.origin != BUILT_IN}
    return tuple(template for template in templates if template.origin != BUILT_IN or template.audience not in own)


def select_checklists(layers: Sequence[Plan], rules: Sequence[Rule]) -> tuple[Checklist, ...]:
    """The checklists, each opening by itself as the rules that bind ask for it; a built-in one that none does goes."""
    timed = {rule.checklist for layer in layers for rule in layer.rules}
    asking: dict[str, list[Rule]] = {}
    for rule in rules:
        asking.setdefault(rule.checklist, []).append(rule)
    result = []
    for checklist in merge_layers((layer.checklists for layer in layers), lambda item: item.id):
        binds = asking.get(checklist.id, [])
        levels = tuple(name for rule in binds for name in rule.levels)
        if binds:
            result.append(replace(checklist, levels=levels or checklist.levels))
        elif checklist.origin != BUILT_IN:
            result.append(replace(checklist, levels=()) if checklist.id in timed else checklist)
    return tuple(result)


def find_first_layer(layers: Iterable[Sequence[T]]) -> tuple[T, ...]:
    """The first layer that has anything."""
    return next((tuple(layer) for layer in layers if layer), ())
