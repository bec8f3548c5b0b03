"""Sections with something to do become procedures. The chapters of a template belong to its title."""

import re
from collections.abc import Iterator

from cockpit.model.runbook import Procedure
from cockpit.runbooks.labels import slug
from cockpit.runbooks.menus import is_menu
from cockpit.runbooks.steps import UnnumberedStep, number
from cockpit.runbooks.walk import Section

CHAPTERS = frozenset({"purpose", "parameters", "prerequisites", "procedure", "verification", "post-incident", "steps"})
ROLLBACK = "rollback"
STEP_HEADING = re.compile(r"(?i)^step\s+\d+[:.)]?\s*")
SECTION_NUMBER = re.compile(r"^[\d.]+\s+")


def gather(sections: list[Section]) -> list[Procedure]:
    """Every section that has steps, as a procedure with a slug of its own."""
    used: dict[str, int] = {}
    procedures: list[Procedure] = []
    for head, members in grouped(sections):
        found = [step for member in members for step in titled(member)]
        if not found:
            continue
        above = [each for each in head.parents if each.level >= 2]
        # `When` of section 3 holds for 3.1; what the document says of itself stays with the document.
        labels = {name: value for each in (*above, *members) for name, value in each.labels.items()}
        steps = number(found)
        procedures.append(
            Procedure(
                title=head.title or "Start",
                slug=unique(slug(head.title or "start"), used),
                level=head.level,
                line=head.line,
                steps=steps,
                labels=labels,
                warnings=tuple(warning for member in members for warning in member.warnings),
                section=ROLLBACK if slug(head.title) == ROLLBACK else "",
                menu=is_menu(head.title, [parent.title for parent in head.parents], steps),
                within=tuple(each.title for each in above),
            )
        )
    return procedures


def unique(anchor: str, used: dict[str, int]) -> str:
    """The anchor, numbered when it is taken. `used` counts how often each was asked for."""
    free = anchor
    while free in used:
        used[anchor] += 1
        free = f"{anchor}-{used[anchor]}"
    used[free] = 1
    return free


def grouped(sections: list[Section]) -> Iterator[tuple[Section, list[Section]]]:
    """Each section on its own, except that the chapters of a templated runbook belong to its title."""
    procedure = next((each for each in sections if slug(each.title) == "procedure"), None)
    title = next((each for each in sections if each.level == 1), sections[0])
    if procedure is None:
        yield from ((each, [each]) for each in sections)
        return
    members: list[Section] = []
    rest: list[tuple[Section, list[Section]]] = []
    for section in sections:
        path = [*section.parents, section]
        chapter = next((each for each in path if each.level == procedure.level), section)
        if section is title or slug(chapter.title) in CHAPTERS:
            members.append(section)
        elif rest and rest[-1][0] is chapter:
            rest[-1][1].append(section)
        else:
            rest.append((section, [section]))
    yield title, members
    yield from rest


def titled(section: Section) -> list[UnnumberedStep]:
    """The steps of a section; one without a comment of its own is named by its heading, `Step 3: ...` or plain."""
    name = SECTION_NUMBER.sub("", STEP_HEADING.sub("", section.title)) or section.title or "Step"
    return [step if step.title else step.named(name) for step in section.steps]
