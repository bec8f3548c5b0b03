"""The Plan of a team: what its documents say should happen in an incident, over what is built in. Pure.

Who has the last word: the configuration over the documents, the documents over what is built in.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import BUILT_IN, GRAVE, Checklist, Contact, Plan, Template, default_plan
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.labels import make_slug, make_unique_anchor
from cockpit.runbooks.document.outline import Chapter, Shape
from cockpit.runbooks.plan.deadlines import contact_rules, promise_rules
from cockpit.runbooks.plan.durations import find_amount
from cockpit.runbooks.plan.people import escalation_rules, list_contacts, read_page_rules, read_roles
from cockpit.runbooks.plan.practices import read_practices
from cockpit.runbooks.plan.severities import (
    build_document_scale,
    configured_rules,
    list_scale_rules,
    merge_severity_scales,
    paging_rules,
    read_alert_severities,
)
from cockpit.runbooks.plan.source import Source, levels_in
from cockpit.runbooks.plan.source import make_source as read
from cockpit.runbooks.plan.targets import metric_targets, read_targets
from cockpit.runbooks.plan.templates import read_templates
from cockpit.runbooks.plan.working_hours import hours_of

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


# Boxes to tick: lists of `- [ ]`, and the numbered list of the first minutes or of a breach.

FIRST = re.compile(r"(?i)\b(?:first|initial|immediate)\b")
BREACH = re.compile(r"(?i)\bbreach|\bpersonal data\b|\bdata incident")
NUMBERED = re.compile(r"^[\d.]+\s+")
ASIDE = re.compile(r"\s*\([^()]{1,80}\)\s*$")  # (any P0/P1)
LONGEST = 100  # boxes


def read_checklists(source: Source, worst: tuple[str, ...] = ()) -> tuple[tuple[Checklist, ...], tuple[Rule, ...]]:
    """The lists of a document, and how soon those of the first minutes are to be ticked.

    They open for the severities that their heading names, else for the `worst`.
    """
    lists: list[Checklist] = []
    rules: list[Rule] = []
    taken: dict[str, int] = {}
    for chapter in source.chapters:
        first = find_amount(chapter.title) if FIRST.search(chapter.title) else None
        items = list_boxes(chapter, numbered=first is not None or bool(BREACH.search(chapter.path)))
        if not items:
            continue
        title = ASIDE.sub("", NUMBERED.sub("", chapter.title)).strip() or source.runbook.title
        id = make_unique_anchor(f"{source.id}/{make_slug(title)}", taken)
        levels = (levels_in(chapter.title) or worst) if first else ()
        origin = source.origin(chapter.line)
        lists.append(Checklist(id, title, items, levels, origin))
        if first:
            rules.append(Rule(ClockKind.CHECKLIST, title, first.after, origin, levels=levels, checklist=id))
    return tuple(lists), tuple(rules)


def list_boxes(chapter: Chapter, *, numbered: bool) -> tuple[str, ...]:
    """What stands beside the boxes of a chapter; where it has none and `numbered` is meant, its numbered items."""
    items = [block for block in chapter.blocks if block.shape is Shape.ITEM and not block.nested]
    names = [item.text for item in items if item.box] or [item.text for item in items if numbered and item.ordered]
    return tuple(names[:LONGEST])


NOTHING = Plan(severity_scale=())


def merge_plans(documents: Sequence[Document], configured: Plan = NOTHING) -> Plan:
    """What holds: configured, else as the team's own documents say in their order, else built in. Never raises.

    `configured.severity_scale` is empty where none is configured.
    """
    own = [read(document.id, origin_of(document), document.runbook) for document in documents if not document.builtin]
    severity_scales = [build_document_scale(source) for source in own]
    severity_scale = merge_severity_scales(severity_scales, configured.severity_scale) or DEFAULT_SEVERITY_SCALE
    parts = [read_plan(source, severity_scale) for source in own]
    mine = replace(configured, rules=(*configured.rules, *configured_rules(configured.severity_scale)))
    calls = [
        replace(NOTHING, rules=tuple(paging_rules(levels))) for levels in (configured.severity_scale, *severity_scales)
    ]
    layers = [mine, *parts, *calls, default_plan(severity_scale)]
    rules = select_binding_rules(layers, severity_scale)
    return Plan(
        severity_scale=severity_scale,
        rules=rules,
        roles=find_first_layer(layer.roles for layer in layers),
        contacts=merge_layers([configured.contacts, *by_use(parts)], lambda contact: contact.role.casefold()),
        pages=merge_layers((layer.pages for layer in layers), lambda page_rule: page_rule.condition.casefold()),
        alert_severities=merge_layers(
            (layer.alert_severities for layer in layers), lambda alert_severity: alert_severity.alert.casefold()
        ),
        targets=merge_layers((layer.targets for layer in layers), lambda target: target.scenario.casefold()),
        metric_targets=merge_layers(
            (layer.metric_targets for layer in layers),
            lambda metric_target: (metric_target.metric, metric_target.level),
        ),
        templates=select_messages(merge_layers((layer.templates for layer in layers), lambda template: template.id)),
        checklists=select_checklists(layers, rules),
        hours=next((layer.hours for layer in layers if layer.hours.origin != BUILT_IN), layers[-1].hours),
        practices=merge_layers((layer.practices for layer in layers), lambda practice: practice.name.casefold()),
        snapshot=configured.snapshot,
        documents=frozenset({BUILT_IN, *configured.documents, *(source.name for source in own)}),
        problems=(*configured.problems, *find_unbound_rules(layers, severity_scale)),
    )


def by_use(parts: Sequence[Plan]) -> tuple[list[Contact], list[Contact]]:
    """The contacts of all documents: those that can be reached, and those that are still blank."""
    every = [contact for part in parts for contact in part.contacts]
    return [contact for contact in every if contact.filled], [contact for contact in every if not contact.filled]


def read_plan(source: Source, severity_scale: SeverityScale) -> Plan:
    """What one document says. The severity scale is that of the team."""
    people = tuple(list_contacts(source))
    heard = hours_of(source)
    worst = tuple(level.name for level in severity_scale[:GRAVE])
    lists, list_rules = read_checklists(source, worst)
    return Plan(
        severity_scale=(),
        rules=(
            *list_scale_rules(source),
            *escalation_rules(source),
            *list_rules,
            *contact_rules(people),
            *promise_rules(source, worst),
        ),
        roles=read_roles(source),
        contacts=people,
        pages=tuple(read_page_rules(source)),
        alert_severities=tuple(read_alert_severities(source)),
        targets=tuple(read_targets(source)),
        metric_targets=tuple(metric_targets(source)),
        templates=tuple(read_templates(source)),
        checklists=lists,
        hours=heard.hours if heard else NOTHING.hours,
        practices=tuple(read_practices(source)),
    )


def origin_of(document: Document) -> str:
    """How a document is called before the line: its file, with the folder where the catalogue needs it too."""
    folder, _, _ = document.id.rpartition("/")
    name = document.runbook.path.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{folder}/{name}" if folder else name
