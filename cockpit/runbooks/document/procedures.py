"""Sections with something to do become procedures. The chapters of a template belong to its title."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.model.text import clean_line
from cockpit.runbooks.document.choices import are_cases, names_a_way, offers_one_of
from cockpit.runbooks.document.labels import make_slug, make_unique_anchor, requires_something, strip_markdown
from cockpit.runbooks.document.markdown import Section
from cockpit.runbooks.document.mentions import begins_with_imperative, introduces_facts
from cockpit.runbooks.document.steps import UnnumberedStep, from_item, number_steps, shorten_command
from cockpit.runbooks.document.ways import NO_WAYS, TITLE_OF_BLOCK, FoundWays, WayLabel, find_ways, may_name_a_way
from cockpit.runbooks.shell_syntax.placeholders import canonicalise_name

# A menu is a list to choose from. Running one from top to bottom would do a thing and its opposite.

MENU_HEADING = re.compile(
    r"\b(reference|cheat ?sheet|commands|endpoints|options|quick (ref|commands)|toolbox|faq)\b"
)  # in small letters
OPPOSITES = (
    {"upgrade", "downgrade"}, {"activate", "deactivate"}, {"start", "stop"}, {"enable", "disable"}, {"up", "down"},
    {"create", "delete"}, {"add", "remove"}, {"install", "uninstall"}, {"cordon", "uncordon"},
    {"open", "close"}, {"lock", "unlock"}, {"pause", "resume"}, {"attach", "detach"},
)  # fmt: skip
OPPOSED = frozenset().union(*OPPOSITES)


FEWEST_OF_A_MENU = 2  # commands


def is_menu(
    title: str,
    parents: Sequence[str],
    steps: Sequence[Step],
    *,
    counted: bool = False,
    listed: bool = True,
    chosen: bool = False,
) -> bool:
    """True when the steps are choices: by the heading, `chosen` by words, a table, or an act and its opposite.

    Where the headings of the steps are counted, an act and its opposite follow each other: stop, migrate, start. So do
    the items of a numbered list: `listed` is False for one.
    """
    commands = [step for step in steps if step.command]
    if len(commands) < FEWEST_OF_A_MENU:
        return False
    named = any(MENU_HEADING.search(text.lower()) for text in (title, *parents[1:]))
    tabled = listed and all(step.inline for step in commands)
    return named or chosen or tabled or (not counted and undoes_itself(commands))


def undoes_itself(steps: Sequence[Step]) -> bool:
    """True when two steps of one tool do opposite things to the same target."""
    acts: dict[tuple[str, frozenset[str]], set[str]] = {}
    for tool, verb, target in (act for step in steps for act in list_command_verbs(step)):
        acts.setdefault((tool, target), set()).add(verb)
    return any(pair <= done for done in acts.values() for pair in OPPOSITES)


def list_command_verbs(step: Step) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(tool, verb, placeholders) for every word of a command that has an opposite."""
    parts = step.command.split()
    if opposed := OPPOSED.intersection(parts[1:]):
        target = frozenset(canonicalise_name(name) for name in step.parameters)
        for word in opposed:
            yield parts[0], word, target


CHAPTERS = frozenset({"purpose", "parameters", "prerequisites", "procedure", "verification", "post-incident", "steps"})
ROLLBACK = "rollback"
STEP_HEADING = re.compile(r"(?i)^\W*(?:step|phase|stage)\s+\d+\s*[:.)—–-]?\s*")
ROW = re.compile(r"(?i)^\W*(?:(?:step|part|phase|stage)\s+(\d+)\b[:.)\s—–-]*|(\d+)[.)]\s+)")
WAY = re.compile(r"(?i)^\W*(?:via|using|through|by\s+means\s+of)\b")  # two of them below one step are a choice, too
LONGEST_REMARK = 1_000  # letters of what stands under a counted heading
SECTION_NUMBER = re.compile(r"^[\d.]+[):]?\s+")


def gather_procedures(sections: list[Section]) -> list[Procedure]:
    """Every section that has steps, as a procedure with a slug of its own."""
    used: dict[str, int] = {}
    procedures: list[Procedure] = []
    # Parts such as "What you need": what they say holds for the procedures behind them, below the same heading.
    needs_parts = [section for section in sections if section.parents and requires_something(section.title)]
    for head, members in group_sections(sections):
        unnumbered_steps = [step for member in members for step in title_steps(member)]
        found = _find_ways(members)
        for index, way in found.by_step.items():
            unnumbered_steps[index] = unnumbered_steps[index]._replace(way=way)
        if all(step.mention for step in unnumbered_steps if step.kind is StepKind.NOTE) and not any(
            step.kind is not StepKind.NOTE for step in unnumbered_steps
        ):
            continue  # nothing, or blocks that are only to be looked at
        above = [parent for parent in head.parents if parent.level >= 2]
        # `When` of section 3 holds for 3.1; what the document says of itself stays with the document.
        labels = {name: value for section in (*above, *members) for name, value in section.labels.items()}
        needs = (
            [
                part
                for part in needs_parts
                if part.line < head.line and any(part.parents[-1] is above for above in (*head.parents, head))
            ]
            if needs_parts
            else []
        )
        labels = {"requires": first, **labels} if (first := find_first_needs(needs)) else labels
        read_first = unique_sections((*head.parents, *needs, *members))
        steps = number_steps(unnumbered_steps)
        slug = make_slug(head.title or "start")
        procedures.append(
            Procedure(
                title=head.title or "Start",
                slug=make_unique_anchor(slug, used),
                level=head.level,
                line=head.line,
                steps=steps,
                labels=labels,
                warnings=(
                    *list_requirements(labels),
                    *dict.fromkeys(text for part in read_first for text in part.warnings),
                ),
                section=ROLLBACK if slug == ROLLBACK else "",
                menu=is_menu(
                    head.title,
                    [parent.title for parent in head.parents],
                    steps,
                    counted=len(members) > 1 or found.is_row,
                    listed=not any(step.counted for step in unnumbered_steps if step.command),
                    chosen=found.is_menu or _offers_ways(members, unnumbered_steps),
                ),
                within=tuple(section.title for section in above),
            )
        )
    return procedures


def _offers_ways(members: Sequence[Section], unnumbered_steps: Sequence[UnnumberedStep]) -> bool:
    """True where one step takes the place of another, a sentence says to choose, or two headings are ways of one."""
    unnumbered_steps = [step for step in unnumbered_steps if step.way is None]  # of those one is taken at its place
    if any(step.alternative for step in unnumbered_steps):
        return True
    if sum(bool(step.command) for step in unnumbered_steps) < FEWEST_OF_A_MENU:
        return False
    if are_cases([step.title for step in unnumbered_steps if step.command]):
        return True
    ways = [member for member in members if names_a_way(member.title)] if len(members) > 1 else []
    return len(ways) > 1 or any(offers_one_of(member.prose) for member in members)


def _find_ways(members: Sequence[Section]) -> FoundWays:
    """The ways that labels, comments, and the headings of one procedure name among its steps."""
    if not any(step.command for member in members for step in member.steps):
        return NO_WAYS
    labels = [label for member in members for label in member.way_labels]
    for index, member in enumerate(members[1:] if len(members) > 1 else (), start=1):
        if may_name_a_way(member.title):
            behind = (later.line for later in members[index + 1 :] if later.level <= member.level)
            labels.append(WayLabel(member.line, member.title, TITLE_OF_BLOCK - member.level, next(behind, 1 << 30)))
    steps = [step for member in members for step in member.steps]
    if not labels and not any(step.title and step.command and may_name_a_way(step.title) for step in steps):
        return NO_WAYS
    blocks = [block for member in members for block in member.blocks]
    prose = [text for member in members for text in (member.title, *member.prose)]
    return find_ways(labels, blocks, steps, prose, [member.line for member in members[1:]])


def find_first_needs(needs: Sequence[Section]) -> str:
    """What the first of these parts lists, "" where none does."""
    return next((section.labels["requires"] for section in needs if section.labels.get("requires")), "")


def unique_sections(sections: Sequence[Section]) -> list[Section]:
    """Each section once, in this order: they are told apart by what they are, not by what they hold."""
    return list({id(section): section for section in sections}.values())


def list_requirements(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What must be there before the first step."""
    return (f"Requires: {labels['requires']}",) if labels.get("requires") else ()


def group_sections(sections: list[Section]) -> Iterator[tuple[Section, list[Section]]]:
    """Each section on its own, except that the chapters of a templated runbook belong to its title."""
    named = (section for section in sections if "procedure" in section.title.casefold())
    procedure = next((section for section in named if make_slug(section.title) == "procedure"), None)
    title = next((section for section in sections if section.level == 1), sections[0])
    if procedure is None:
        yield from join_numbered_rows(sections)
        return
    members: list[Section] = []
    rest: list[tuple[Section, list[Section]]] = []
    for section in sections:
        path = [*section.parents, section]
        chapter = next((section for section in path if section.level == procedure.level), section)
        if section is title or make_slug(chapter.title) in CHAPTERS:
            members.append(section)
        elif rest and rest[-1][0] is chapter:
            rest[-1][1].append(section)
        else:
            rest.append((section, [section]))
    yield title, members
    yield from rest


def join_numbered_rows(sections: list[Section]) -> Iterator[tuple[Section, list[Section]]]:
    """Each section on its own, but for rows of numbered headings: "1. Stop it", "2. Migrate" are steps of one.

    Numbered chapters below the title of a document are chapters: only "Step 1", "Step 2" make one procedure of those.
    """
    rows: dict[int, list[Section]] = {}  # by the identity of the heading above them
    for section in sections:
        if section.parents and ROW.match(section.title):
            rows.setdefault(id(section.parents[-1]), []).append(section)
    heads: dict[int, Section] = {}  # by the identity of a row: the heading that it is a step of
    for numbered in rows.values():
        if _are_steps(numbered):
            heads |= {id(row): row.parents[-1] for row in numbered}
    groups: dict[int, list[Section]] = {}
    choices: dict[int, list[Section]] = {}  # by the identity of the row that they stand under
    ways = Counter(id(section.parents[-1]) for section in sections if section.parents and WAY.match(section.title))
    for section in sections:
        path = (*section.parents, section)
        row = next((above for above in path if id(above) in heads), None)
        choice = (
            next((above for above in path[path.index(row) + 1 :] if _is_choice(above, ways)), None) if row else None
        )
        if row and choice is section:
            choices.setdefault(id(row), []).append(section)
        groups.setdefault(id(choice or (heads[id(row)] if row else section)), []).append(section)
    for members in groups.values():
        for row in members if len(members) > 1 else ():
            if id(row) in heads and id(row) not in choices and not _holds_steps(row, members):
                row.steps.extend(_make_row_step(row))
        for row in members:
            if id(row) in choices:
                row.steps.append(make_choice_step(row, choices[id(row)]))
        yield members[0], members


def _holds_steps(row: Section, members: Sequence[Section]) -> bool:
    return any(member.steps for member in members if member is row or row in member.parents)


def _make_row_step(row: Section) -> Iterator[UnnumberedStep]:
    """A counted heading with nothing but words under it is a step all the same, and a person does it."""
    name = ROW.sub("", row.title) or row.title
    if not introduces_facts(name):
        by_hand = [step for text in row.prose for step in from_item(text, row.line, ordered=True)]
        remark = clean_line(" · ".join(clean_line(strip_markdown(text)) for text in row.prose), LONGEST_REMARK)
        mention = "\n".join(filter(None, (step.mention for step in by_hand)))
        yield UnnumberedStep(name, StepKind.MANUAL, row.line, remark=remark, mention=mention)


def _is_choice(section: Section, ways: Mapping[int, int]) -> bool:
    """True for a scenario or an option, and for one of several ways: "Via the portal", "Via kubectl"."""
    return names_a_way(section.title) or (
        WAY.match(section.title) is not None and ways.get(id(section.parents[-1]), 0) > 1
    )


def make_choice_step(row: Section, choices: Sequence[Section]) -> UnnumberedStep:
    """What a step says whose headings are scenarios or options: nobody shall run one after the other."""
    name = SECTION_NUMBER.sub("", STEP_HEADING.sub("", row.title)) or row.title
    titles = "; ".join(choice.title for choice in choices)
    return UnnumberedStep(f"{name}: choose one: {titles}", StepKind.MANUAL, row.line)


def _are_steps(rows: Sequence[Section]) -> bool:
    """True for headings that are counted and tell what to do, rather than name what they are about."""
    counted = [match[1] or match[2] for row in rows if (match := ROW.match(row.title))]
    if counted[:2] not in (["1", "2"], ["0", "1"]):
        return False
    if all(STEP_HEADING.match(row.title) for row in rows):
        return True
    acts = sum(begins_with_imperative(ROW.sub("", row.title)) for row in rows)
    return rows[0].parents[-1].level >= 2 and 2 * acts >= len(rows)


def title_steps(section: Section) -> list[UnnumberedStep]:
    """The steps of a section; an only command without a name of its own is named by its heading.

    Where there are several, each is named by its command: the heading is the name of all of them together.
    """
    if all(step.title for step in section.steps):
        return list(section.steps)
    name = SECTION_NUMBER.sub("", STEP_HEADING.sub("", section.title)) or section.title or "Step"
    alone = sum(bool(step.command) or not step.title for step in section.steps) == 1
    return [
        step
        if step.title
        else step.named(name)
        if alone
        else step.marked(name).called(shorten_command(step.command or step.mention))
        for step in section.steps
    ]
