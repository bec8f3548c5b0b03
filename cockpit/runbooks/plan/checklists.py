"""Boxes to tick: lists of `- [ ]`, and the numbered list of the first minutes or of a breach."""

import re

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import Checklist
from cockpit.runbooks.document.labels import make_slug, make_unique_anchor
from cockpit.runbooks.plan.durations import find_amount
from cockpit.runbooks.plan.outline import Chapter, Shape, Source, levels_in

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
