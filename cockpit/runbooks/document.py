"""A Markdown document, read into procedures, steps, tables and links. Any Markdown at all; nothing here runs."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.model.clean import clean, clean_line
from cockpit.model.runbook import Link, Parameter, Procedure, Runbook, Table
from cockpit.runbooks import placeholders as blanks
from cockpit.runbooks.labels import label, plain, slug, warns
from cockpit.runbooks.menus import is_menu
from cockpit.runbooks.repair import decode, repair
from cockpit.runbooks.steps import Found, click_path, from_fence, from_inline, from_item, number
from cockpit.runbooks.tables import escalation_box, kind_of

if TYPE_CHECKING:
    from markdown_it.token import Token

CHAPTERS = frozenset({"prerequisites", "procedure", "verification", "post-incident", "steps"})
ROLLBACK = "rollback"
STEP_HEADING = re.compile(r"(?i)^step\s+\d+[:.)]?\s*")
LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\(<?([^()<>\s]{1,500})>?(?:\s\"[^\"\n]{0,200}\")?\)")
SECTION_NUMBER = re.compile(r"^[\d.]+\s+")


@dataclass(slots=True)
class Section:
    """A heading and what stands under it until the next heading."""

    title: str
    level: int
    line: int
    parents: tuple["Section", ...] = ()  # the headings above, outermost first
    steps: list[Found] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)  # NAME="literal" lines
    labels: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read(path: str, raw: bytes) -> Runbook:
    """The runbook in these bytes. Never raises: what cannot be understood is simply not a step."""
    text, damage = repair(decode(raw))
    text = clean(without_front_matter(text), limit=len(text) + 1)
    reader = Reader()
    reader.read(text)
    sections = reader.sections
    procedures = gather(sections)
    title = next((plain(each.title) for each in sections if each.level == 1), "") or path.rsplit("/", 1)[-1]
    hints = {name: value for section in sections for name, value in section.hints.items()}
    return Runbook(
        path=path,
        title=clean_line(title),
        sha256=hashlib.sha256(raw).hexdigest(),
        text=text,
        procedures=tuple(procedures),
        parameters=tuple(parameters(procedures, hints)),
        tables=tuple(reader.tables),
        links=tuple(reader.links),
        labels=document_labels(sections),
        damage=damage,
    )


def without_front_matter(text: str) -> str:
    """The text with a leading `---` block blanked out, so that line numbers stay true."""
    match = re.match(r"---\n(?:[\w .-]+:.*\n|\s*#.*\n|\n)+?---\n", text)
    return "\n" * match.group().count("\n") + text[match.end() :] if match else text


def document_labels(sections: list[Section]) -> Mapping[str, str]:
    """What the document says of itself before its first procedure: owner, version, last updated."""
    labels: dict[str, str] = {}
    for section in sections:
        if section.level > 1:
            break
        labels |= section.labels
    return labels


class Reader:
    """One walk over the tokens of a document."""

    def __init__(self) -> None:
        self.sections: list[Section] = [Section("", 0, 1)]
        self.tables: list[Table] = []
        self.links: list[Link] = []

    def read(self, text: str) -> None:
        from markdown_it import MarkdownIt

        # html off: with it on, <PREVIOUS> is markup and vanishes from the text. Inline markup is not parsed at all:
        # we read the raw text of a line, and a hostile one ("[[[[...") would take minutes.
        tokens = MarkdownIt("commonmark", {"html": False}).enable("table").disable("inline").parse(text)
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at)

    @property
    def _section(self) -> Section:
        return self.sections[-1]

    def _block(self, tokens: "list[Token]", at: int) -> int:
        """Take the block that starts at `at`; the index after it."""
        token = tokens[at]
        line = (token.map[0] + 1) if token.map else self._section.line
        if token.type == "heading_open":
            self._heading(tokens[at + 1].content, int(token.tag[1:]), line)
        elif token.type in ("fence", "code_block"):
            self._fence(token.info if token.type == "fence" else "text", token.content, line)
        elif token.type == "table_open":
            end = closing(tokens, at)
            self._table(tokens[at:end], line)
            return end
        elif token.type in ("ordered_list_open", "bullet_list_open"):
            end = closing(tokens, at)
            self._list(tokens[at + 1 : end - 1], ordered=token.type.startswith("ordered"))
            return end
        elif token.type == "inline":
            self._paragraph(token, line)
        return at + 1

    def _heading(self, markdown: str, level: int, line: int) -> None:
        above = tuple(each for each in (*self._section.parents, self._section) if each.level < level)
        self.sections.append(Section(clean_line(plain(markdown)), level, line, above))

    def _fence(self, info: str, content: str, line: int) -> None:
        section = self._section
        if "expected" in section.labels.get("pending", "") and section.steps and not info.startswith(("bash", "sh")):
            section.labels.pop("pending")
            section.steps[-1] = section.steps[-1].expecting(clean(content).strip())
            return
        section.labels.pop("pending", None)
        self.tables.extend(escalation_box(content, line, section.title))
        found, hints = from_fence(info, content, line)
        section.hints |= hints
        section.steps.extend(found)

    def _table(self, tokens: "list[Token]", line: int) -> None:
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token.content)
                self._links(token, line)
        if not rows:
            return
        header, *body = [[clean_line(plain(cell)) for cell in row] for row in rows]
        kind = kind_of(header, self._section.title)
        self.tables.append(Table(kind, tuple(header), tuple(map(tuple, body)), line, self._section.title))
        for offset, row in enumerate(rows[1:], start=2):
            for cell in row:
                self._section.steps.extend(from_inline(cell, plain(row[0]), line + offset))

    def _list(self, tokens: "list[Token]", *, ordered: bool) -> None:
        """Each item is a step when it is numbered, has a box to tick, or holds a command. Nested lists come flat."""
        for token in tokens:
            if token.type in ("fence", "code_block"):
                self._fence(token.info if token.type == "fence" else "text", token.content, (token.map or [0])[0] + 1)
            if token.type != "inline":
                continue
            line = token.map[0] + 1 if token.map else self._section.line
            self._links(token, line)
            inline = from_inline(token.content, "", line)
            self._section.steps.extend(inline or from_item(token.content, line, ordered=ordered))

    def _paragraph(self, token: "Token", line: int) -> None:
        self._links(token, line)
        for text in token.content.splitlines():
            found = label(text)
            if found and found[0] == "expected output":
                self._expected(found[1])
            elif found:
                self._section.labels.setdefault(found[0], clean_line(plain(found[1])))
            if warns(text):
                self._section.warnings.append(clean_line(plain(text)))
        path = click_path(token.content, line)
        if path and self._section.level:
            self._section.steps.append(path)

    def _expected(self, text: str) -> None:
        section = self._section
        if text and section.steps:
            section.steps[-1] = section.steps[-1].expecting(clean_line(plain(text)))
        section.labels["pending"] = "expected"

    def _links(self, token: "Token", line: int) -> None:
        for match in LINK.finditer(token.content):
            self.links.append(Link(clean_line(plain(match[1]), 200), clean_line(match[2], 500), line))


def closing(tokens: "list[Token]", at: int) -> int:
    """The index after the token that closes the one at `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index + 1
    return len(tokens)


def gather(sections: list[Section]) -> list[Procedure]:
    """Sections with something to do, as procedures. Chapters of a template (Procedure, Verification) join into one."""
    used: dict[str, int] = {}
    procedures: list[Procedure] = []
    for head, members in grouped(sections):
        found = [step for member in members for step in titled(member)]
        if not found:
            continue
        # `When` of section 3 holds for 3.1; what the document says of itself stays with the document.
        labelled = [*(each for each in head.parents if each.level >= 2), *members]
        labels = {k: v for each in labelled for k, v in each.labels.items() if k != "pending"}
        anchor = slug(head.title or "start")
        used[anchor] = used.get(anchor, 0) + 1
        steps = number(found)
        procedures.append(
            Procedure(
                title=head.title or "Start",
                slug=anchor if used[anchor] == 1 else f"{anchor}-{used[anchor]}",
                level=head.level,
                line=head.line,
                steps=steps,
                labels=labels,
                warnings=tuple(warning for member in members for warning in member.warnings),
                section=ROLLBACK if slug(head.title) == ROLLBACK else "",
                menu=is_menu(head.title, [parent.title for parent in head.parents], steps),
            )
        )
    return procedures


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


def titled(section: Section) -> list[Found]:
    """The steps of a section; one without a comment of its own is named by its heading, `Step 3: ...` or plain."""
    name = SECTION_NUMBER.sub("", STEP_HEADING.sub("", section.title)) or section.title or "Step"
    return [step if step.title else step.named(name) for step in section.steps]


def parameters(procedures: list[Procedure], hints: Mapping[str, str]) -> list[Parameter]:
    """Every placeholder of the document once, in order of appearance, with all its forms."""
    found: dict[str, Parameter] = {}
    for procedure in procedures:
        for step in procedure.commands:
            for blank in blanks.placeholders(step.command, step.language):
                old = found.get(blank.name, Parameter(blank.name))
                whole = blanks.composite(step.command, blank)
                found[blank.name] = Parameter(
                    blank.name,
                    tuple(dict.fromkeys((*old.forms, blank.form))),
                    hints.get(blank.name, ""),
                    tuple(dict.fromkeys((*old.composites, *([whole] if whole != blank.form else [])))),
                    secret=blanks.names_a_secret(blank.name),
                )
    for name, value in hints.items():
        found.setdefault(name, Parameter(name, (f"${name}",), value, secret=blanks.names_a_secret(name)))
    return list(found.values())
