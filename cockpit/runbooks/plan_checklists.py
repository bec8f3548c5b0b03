"""Boxes to tick: lists of `- [ ]`, and the numbered list of the first minutes or of a breach."""

import re
from collections.abc import Iterator

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import Checklist
from cockpit.runbooks.labels import slug
from cockpit.runbooks.plan_text import Chapter, Shape, Source, levels_in
from cockpit.runbooks.plan_times import amount

FIRST = re.compile(r"(?i)\b(?:first|initial|immediate)\b")
BREACH = re.compile(r"(?i)\bbreach|\bpersonal data\b|\bdata incident")
NUMBERED = re.compile(r"^[\d.]+\s+")
ASIDE = re.compile(r"\s*\([^()]{1,80}\)\s*$")  # (any P0/P1)
LONGEST = 100  # boxes


def checklists(source: Source) -> tuple[Checklist, ...]:
    """The lists of a document; those of the first minutes know the severities that they open for."""
    return tuple(found for chapter in source.chapters if (found := checklist(chapter, source)) is not None)


def checklist_rules(source: Source) -> Iterator[Rule]:
    """How soon a list is to be ticked: `First 10 minutes (any P0/P1)`."""
    for chapter in source.chapters:
        within = amount(chapter.title) if FIRST.search(chapter.title) else None
        if within is not None and (found := checklist(chapter, source)) is not None:
            origin = source.origin(chapter.line)
            yield Rule(ClockKind.CHECKLIST, found.title, within.after, origin, levels=found.levels, checklist=found.id)


def checklist(chapter: Chapter, source: Source) -> Checklist | None:
    """The list of a chapter, None where it has none."""
    items = [each for each in chapter.blocks if each.shape is Shape.ITEM and not each.nested]
    boxes = [each.text for each in items if each.box]
    first = bool(FIRST.search(chapter.title)) and amount(chapter.title) is not None
    if not boxes and (first or BREACH.search(chapter.path)):
        boxes = [each.text for each in items if each.ordered]
    if not boxes:
        return None
    title = ASIDE.sub("", NUMBERED.sub("", chapter.title)).strip() or source.runbook.title
    levels = levels_in(chapter.title) if first else ()
    id = f"{source.id}/{slug(title)}"
    return Checklist(id, title, tuple(boxes[:LONGEST]), levels, source.origin(chapter.line))
