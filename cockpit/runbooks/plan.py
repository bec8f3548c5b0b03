"""The Plan of a team: what its documents say should happen in an incident, over what is built in. Pure."""

from collections.abc import Sequence

from cockpit.model.ladder import DEFAULT_LADDER
from cockpit.model.plan import BUILT_IN, Plan
from cockpit.model.plan_defaults import default_plan
from cockpit.runbooks.catalogue import Document
from cockpit.runbooks.plan_layers import binding, first, over

NOTHING = Plan(ladder=())


def plan(documents: Sequence[Document], configured: Plan = NOTHING) -> Plan:
    """What holds: configured, else as the team's own documents say in their order, else built in. Never raises.

    `configured.ladder` is empty where none is configured.
    """
    own = {origin_of(each): each for each in documents if not each.builtin}
    parts = [part(name, each) for name, each in own.items()]
    ladder = first([configured.ladder, *(each.ladder for each in parts), DEFAULT_LADDER])
    layers = [configured, *parts, default_plan(ladder)]
    rules = binding(layers, ladder)
    used = {each.checklist for each in rules}
    lists = over((each.checklists for each in layers), lambda each: each.id)
    return Plan(
        ladder=ladder,
        rules=rules,
        roles=first(each.roles for each in layers),
        contacts=over((each.contacts for each in layers), lambda each: each.role.casefold()),
        pages=over((each.pages for each in layers), lambda each: each.condition.casefold()),
        targets=over((each.targets for each in layers), lambda each: each.scenario.casefold()),
        metric_targets=over((each.metric_targets for each in layers), lambda each: (each.metric, each.level)),
        templates=over((each.templates for each in layers), lambda each: each.audience),
        checklists=tuple(each for each in lists if each.origin != BUILT_IN or each.id in used),
        hours=next((each.hours for each in layers if each.hours.origin != BUILT_IN), layers[-1].hours),
        practices=over((each.practices for each in layers), lambda each: each.name.casefold()),
        snapshot=configured.snapshot,
        documents=frozenset({BUILT_IN, *configured.documents, *own}),
        problems=configured.problems,
    )


def part(name: str, document: Document) -> Plan:
    """What one document says."""
    return NOTHING


def origin_of(document: Document) -> str:
    """How a document is called before the line: its file, with the folder where the catalogue needs it too."""
    folder, _, _ = document.id.rpartition("/")
    name = document.runbook.path.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{folder}/{name}" if folder else name
