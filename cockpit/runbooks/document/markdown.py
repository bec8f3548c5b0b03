"""One walk over the Markdown of a document: its headings with what stands under each, its tables, its links."""

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cockpit.model.runbook import ONLY_VALUES, DocumentTable, Finding, Link, RemotePlace
from cockpit.model.text import clean_line, clean_text, clean_unmasked
from cockpit.runbooks.document.choices import begins_further_way, falls_back, stands_in_place
from cockpit.runbooks.document.defined_names import DefinedNames
from cockpit.runbooks.document.dialects import read_dialects
from cockpit.runbooks.document.fences import language_of
from cockpit.runbooks.document.labels import (
    WIKI_LINK,
    is_warning,
    name_wiki_link,
    parse_label,
    parse_plain_label,
    requires_something,
    strip_markdown,
    tells_when,
)
from cockpit.runbooks.document.mentions import (
    forbids_command,
    forbids_what_follows,
    gives_example,
    goes_elsewhere,
    introduces_facts,
    tells_what_machines_do,
)
from cockpit.runbooks.document.outline import PARAGRAPHS, Outline, make_outline, make_parser
from cockpit.runbooks.document.passages import (
    OUTPUT_SHOWN,
    announces_output,
    find_closing_token,
    is_typed,
    keep_code,
    line_of,
    list_numbered_items,
    named_by,
    read_announcement,
    show_plainly,
    split_statements,
)
from cockpit.runbooks.document.sessions import belongs_elsewhere, ends_session, may_open_session, opens_session
from cockpit.runbooks.document.shell_variants import (
    ShellBlock,
    find_shell_family,
    is_same_for_other_shell,
)
from cockpit.runbooks.document.steps import (
    BOX,
    CODE,
    FenceContents,
    UnnumberedStep,
    click_path,
    from_fence,
    from_inline,
    from_item,
    from_paragraph,
    make_mention,
    what_comes_then,
)
from cockpit.runbooks.document.tables import escalation_box, kind_of
from cockpit.runbooks.document.ways import LETTERED_LINE, ROW, TITLE_OF_BLOCK, WayLabel, may_name_a_way

if TYPE_CHECKING:
    from markdown_it.token import Token

STEP_HEADING = re.compile(r"(?i)^\W*(?:step|part|phase|stage)\s+\d+\b|^\d+(?:\.\d+)*[.):]?\s")  # one of a row
# By hand, as no inline markup is parsed (see `make_parser`): each line is searched once, whatever it holds.
LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\(<?([^()<>\s]{1,500})>?(?:\s\"[^\"\n]{0,200}\")?\)")
ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]*://")
# A heading under which stands what was printed: "Expected Output", "Error Message".
OUTPUT_HEADING = re.compile(
    r"""(?ix) ^\W*(?:\d[\d.]*\s+)?(?:(?:the|expected|example|sample|typical|possible|exact|common|full|exemple
      |esempio|beispiel)\s+(?:di\s+|de\s+)?)*
      (?:outputs?|ausgabe|sortie|salida|error\s+(?:messages?|outputs?|logs?|texts?)
      |log\s+(?:outputs?|excerpts?|messages?|lines?|entries)|stack\s*traces?) (?:\s+examples?)? \W*$"""
)
# "You should see `OK`.": nothing else, so that it can be compared.
SHOULD_SEE = re.compile(
    r"(?i)\W*(?:(?:you|it|this|(?:the\s+)?(?:output|command|result|response|answer))\s+)?(?:should|will|must)\s+(?:now\s+)?"
    r"(?:see|show|print|return|say|read|be|output|answer|get|give|display|report|yield)\s*:?\s*(?P<value>`[^`\n]+`)\W*"
)
FORBIDDEN_ROW = re.compile(
    r"(?i)^\W*(?:never|forbidden|prohibited|not\s+(?:allowed|permitted)|do\s+not|don['’]t)\W*$|^\W*[🚫⛔]"
)
LONE_WARNING = re.compile(r"(?i)\W*(?:note|notes|warning|caution|important|danger|attention|nb)\W*")  # says nothing yet
TITLE_OF_A_BLOCK = re.compile(r"\s(?:\[|title=[\"'])([^\]\"']{1,60})[\]\"']")  # ```bash [Linux]
MOST_LINES_BETWEEN = 6  # a command and what it reads: a sentence, and blank lines
LONGEST_LABEL = 500  # letters of a list that is the value of a label


@dataclass(slots=True)
class Section:
    """A heading and what stands under it until the next heading."""

    title: str
    level: int
    line: int
    parents: tuple["Section", ...] = ()  # the headings above, outermost first
    steps: list[UnnumberedStep] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)  # NAME="literal" lines
    labels: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tells_when: bool = False  # what stands under it is when to use something
    prose: list[str] = field(default_factory=list)  # its paragraphs and items, Markdown
    way_labels: list[WayLabel] = field(default_factory=list)  # what may name a way of several
    blocks: list[range] = field(default_factory=list)  # the lines of its fences with commands


class MarkdownReader:
    """`read` fills `outline`, `sections` (the first has no heading), `tables` and `links`, in the document's order."""

    def __init__(self) -> None:
        self.sections: list[Section] = [Section("", 0, 1)]
        self.tables: list[DocumentTable] = []
        self.links: list[Link] = []
        self.outline: Outline = ()
        self.findings: list[Finding] = []  # what was left out, and why
        self.to_read: dict[str, list[int]] = {}  # lines of blocks that hold no commands, by their language
        # What the paragraph just read promises of the block after it.
        self._output = False  # "**Expected Output:**": the output of the step above
        self._label = ""  # "**When to use:**": a list of occasions
        self._intro = ""  # "To do it by hand:": the name of a command without one
        self._heading_now = ""
        self._tabs: tuple[range, ...] = ()  # of lines: what stands there is the same as in the tab before, elsewhere
        self._places: list[RemotePlace] = []  # the sessions that are open here, the innermost last
        self._defined = {language: DefinedNames(language) for language in ("bash", "powershell")}
        self._block_before: ShellBlock | None = None  # of this section: the next may be the same for another shell
        self._before = ""  # the paragraph itself, Markdown: it may forbid the block after it
        self._further_way = False  # "Option B" stood here, and no command of it yet
        self._plain: dict[str, str] = {}  # headings and items, as they are shown

    def read(self, written: str) -> None:
        plain = read_dialects(written)
        self.findings += plain.findings
        self._tabs = plain.further_tabs
        text = plain.text
        tokens = make_parser().parse(text)
        self.outline = make_outline(tokens)
        self._plain = show_plainly(tokens)
        index = 0
        while index < len(tokens):
            index = self._block(tokens, index) if tokens[index].type not in PARAGRAPHS else index + 1

    @property
    def _section(self) -> Section:
        return self.sections[-1]

    def _block(self, tokens: "list[Token]", index: int) -> int:
        """Take the block that starts at `index`; the index after it."""
        token = tokens[index]
        if token.type in ("fence", "code_block"):
            self._fence(token)
        elif token.type == "inline":
            self._paragraph(token)
        elif token.type == "heading_open":
            self._promise_nothing()
            self._heading(tokens[index + 1].content, int(token.tag[1:]), line_of(token))
            self._links(tokens[index + 1].content, line_of(token))
            return index + 3
        elif token.type == "table_open":
            self._promise_nothing()
            end = find_closing_token(tokens, index)
            self._table(tokens[index:end], line_of(token))
            return end
        elif token.type in ("ordered_list_open", "bullet_list_open"):
            end = find_closing_token(tokens, index)
            self._list(tokens[index:end])
            self._promise_nothing()
            return end
        return index + 1

    def _promise_nothing(self) -> None:
        self._output, self._label, self._intro, self._before = False, "", "", ""

    def _heading(self, markdown: str, level: int, line: int) -> None:
        above = tuple(section for section in (*self._section.parents, self._section) if section.level < level)
        if not (
            level == self._section.level and STEP_HEADING.match(markdown) and STEP_HEADING.match(self._heading_now)
        ):
            self._places.clear()  # "Step 2" goes on where "Step 1" was; any other heading begins at home
        self._heading_now = markdown
        self._further_way = False
        self._block_before = None
        self.sections.append(Section(self._plain[markdown], level, line, above))
        if tells_when(self._section.title):
            self._section.tells_when, self._label = (
                True,
                "when",
            )  # the list under it is what a label "**When to use:**" would have
        elif requires_something(self._section.title):
            self._label = "requires"

    def _fence(self, token: "Token", name: str = "") -> bool:
        """Take a fence; True when it held commands. One without a comment is called `name`, or as was announced."""
        section, line, content = self._section, line_of(token), token.content
        info = token.info if token.type == "fence" else ""  # an indented block has no name: what it holds is judged
        if OUTPUT_HEADING.match(section.title) and not is_typed(content):
            self.to_read.setdefault("output", []).append(line)
            self._promise_nothing()
            return False
        shows_output = announces_output(self._before, content)
        if (shows_output and (section.steps or not is_typed(content))) or (
            section.steps and self._output and not language_of(info, content)
        ):
            above = clean_line(strip_markdown(self._before), 200)
            if section.steps:
                section.steps[-1] = section.steps[-1].printing(clean_text(content).strip())
            else:
                self.to_read.setdefault("output", []).append(line)
            if shows_output and language_of(info, content) and not OUTPUT_SHOWN.search(above):
                self.findings.append(Finding("block-left-out", line, clean_line(f'output, because of "{above}"', 300)))
            self._promise_nothing()
            return False
        name, before = name or self._intro, self._before
        self._promise_nothing()
        self.tables.extend(escalation_box(content, line, section.title))
        contents = from_fence(info, content, line)
        unnumbered_steps = [
            names.carry_into(step) if (names := self._defined.get(step.language)) else step for step in contents.steps
        ]
        if self._feeds(contents, content, line):
            return False
        self.findings += contents.findings
        if contents.to_read:
            self.to_read.setdefault(contents.to_read, []).append(line)
        if unnumbered_steps and gives_example(before or section.title):
            self._example(before or section.title, content, line)
            return False
        if unnumbered_steps and any(forbids_what_follows(text) for text in (before, name, section.title)):
            self._forbidden(before or name or section.title, line)
            return False
        for step in [
            unnumbered_step
            for unnumbered_step in unnumbered_steps
            if unnumbered_step.command and unnumbered_step.is_forbidden
        ]:
            self._forbidden(step.title, step.line)
            unnumbered_steps.remove(step)
        section.hints |= contents.hints
        if self._repeats_for_other_shell(unnumbered_steps, info, before, content, line):
            return False
        if any(line in tab for tab in self._tabs):
            unnumbered_steps = [step._replace(alternative=bool(section.steps)) for step in unnumbered_steps]
        unnumbered_steps = self._taken_instead(unnumbered_steps, before, name)
        may_open = may_open_session("\n".join(step.command for step in unnumbered_steps))
        if may_open and any(opens_session(step.command, step.language) for step in unnumbered_steps if step.command):
            self._places = [place for place in self._places if not place.by_prose]  # it is how one gets there
        first = next((step for step in unnumbered_steps if not step.title), None) if name else None
        placed = [
            self._placed(step.named(name) if step is first else step.marked(name), opens=may_open)
            for step in unnumbered_steps
        ]
        # One block is typed in one place: where a sentence led to a host for one of its commands, it did for all.
        there = next((step.place for step in placed if step.place and step.place.by_prose), None)
        section.steps.extend(
            step._replace(place=there) if there and step.command and step.place is None else step for step in placed
        )
        if placed and (title := TITLE_OF_A_BLOCK.search(info)):
            self._note_way(title[1], line, TITLE_OF_BLOCK, token.map[1] + 1 if token.map else line + 1)
        if placed:
            section.blocks.append(range(line, token.map[1] + 1 if token.map else line + 1))
        return bool(unnumbered_steps)

    def _feeds(self, contents: FenceContents, content: str, line: int) -> bool:
        """Whether this block is what the command right above it reads: YAML below `kubectl apply -f -`."""
        section = self._section
        has_commands = any(step.command for step in contents.steps) or contents.to_read == ONLY_VALUES
        if (
            has_commands
            or not section.blocks
            or not section.steps
            or line - section.blocks[-1].stop > MOST_LINES_BETWEEN
        ):
            return False
        if section.steps[-1].line not in section.blocks[-1] or not section.steps[-1].command:
            return False
        fed = section.steps[-1].fed(clean_unmasked(content))
        if fed is not None:
            section.steps[-1] = fed
        return fed is not None

    def _taken_instead(self, steps: list[UnnumberedStep], *markdown: str) -> list[UnnumberedStep]:
        """The steps of one block or item, marked where these words, or a label above, put them in place of the last."""
        first = next((index for index, step in enumerate(steps) if step.command), None)
        if first is None or not any(step.command for step in self._section.steps):
            return steps
        further, self._further_way = self._further_way, False
        if any(falls_back(text) for text in markdown if text):
            return [step._replace(fallback=True) if step.command else step for step in steps]
        if further or any(stands_in_place(text) for text in markdown if text):
            steps[first] = steps[first]._replace(alternative=True)
        return steps

    def _repeats_for_other_shell(
        self, steps: list[UnnumberedStep], info: str, label: str, content: str, line: int
    ) -> bool:
        """Whether this block is what the one before it is, for another shell. Of the two the one for bash is run."""
        section, before = self._section, self._block_before
        start = len(section.steps)
        commands = tuple(step.command for step in steps if step.command)
        block = ShellBlock(find_shell_family(info), line, commands, start, start + len(steps), tuple(self._places))
        self._block_before = block
        if before is None or before.end != start or not is_same_for_other_shell(before, block, label):
            return False
        shown = block
        if block.shell == "bash":
            shown, content = before, "\n".join(step.command for step in section.steps[before.start :] if step.command)
            del section.steps[before.start :]
            self._places = list(before.places)
        name = {"powershell": "PowerShell", "cmd": "the command prompt of Windows"}[shown.shell]
        section.steps.append(make_mention(f"The same for {name}", content, shown.line))
        self.findings.append(Finding("block-left-out", shown.line, f"no step: it is the same for {name}"))
        start = len(section.steps)
        self._block_before = replace(block if shown is before else before, start=start, end=start)
        if shown is before:
            self._block_before = replace(self._block_before, end=start + len(steps))
        return shown is block

    def _example(self, markdown: str, content: str, line: int) -> None:
        """A block that shows what it may look like: nothing of it is a step, it can be copied."""
        text = clean_line(strip_markdown(markdown), 200).rstrip(" :")
        self._section.steps.append(make_mention(text, content, line))
        self.findings.append(Finding("block-left-out", line, clean_line(f'no step, because of "{text}" above it', 300)))

    def _placed(self, step: UnnumberedStep, *, opens: bool = True) -> UnnumberedStep:
        """The step in the session that it belongs to; it may open another one, or end this one."""
        if not step.command:
            return step
        place = self._places[-1] if self._places else None
        if self._places and ends_session(step.command):
            del self._places[-1:]
        elif opens and opens_session(step.command, step.language):
            self._places.append(RemotePlace(clean_line(step.command), step.line))
        place = belongs_elsewhere(place, step.command)
        return step if place == step.place else step._replace(place=place)

    def _led_elsewhere(self, markdown: str, line: int) -> None:
        if goes_elsewhere(markdown):
            self._places = [place for place in self._places if not place.by_prose]
            self._places.append(RemotePlace(clean_line(strip_markdown(markdown), 120), line, by_prose=True))

    def _forbidden(self, markdown: str, line: int) -> None:
        """A block that the words above it forbid: nothing of it is a step, the words are a warning."""
        text = clean_line(strip_markdown(markdown), 200)
        self._section.warnings.extend([] if text in self._section.warnings else [text])
        self.findings.append(Finding("forbidden", line, clean_line(f'no step, because of "{text}" above it', 300)))

    def _table(self, tokens: "list[Token]", line: int) -> None:
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token.content)
                self._links(token.content, line + max(0, len(rows) - 1) + (len(rows) > 1))
        if not rows:
            return
        header, *body = [[clean_line(strip_markdown(cell)) for cell in row] for row in rows]
        kind = kind_of(header, self._section.title)
        self.tables.append(DocumentTable(kind, tuple(header), tuple(map(tuple, body)), line, self._section.title))
        outcome = next(
            (position for position, name in enumerate(header) if name.casefold().startswith("expected")), None
        )
        for offset, (row, parts) in enumerate(zip(rows[1:], body, strict=True), start=2):
            expected = parts[outcome] if outcome is not None and outcome < len(parts) else ""
            if any(FORBIDDEN_ROW.search(part) for part in parts):
                if any("`" in cell for cell in row):
                    self._forbidden(" — ".join(part for part in parts if part), line + offset)
                continue
            self._note_way(parts[0] if parts else "", line + offset, ROW, line + offset + 1)
            for index, cell in enumerate(row):
                flag = introduces_facts(self._section.title) or (
                    index < len(header) and introduces_facts(header[index])
                )
                unnumbered_steps = from_inline(cell, named_by(parts, index), line + offset, flag=flag)
                self._section.steps.extend(
                    self._placed(step.expecting(expected), opens=False) for step in unnumbered_steps
                )

    def _list(self, tokens: "list[Token]") -> None:
        """Each item is a step when it is numbered, has a box to tick, or holds a command. Nested lists come flat."""
        flag = any(introduces_facts(text) for text in (self._before, self._label, self._section.title))
        flag = flag or tells_what_machines_do(list_numbered_items(tokens))
        self._label_of_a_list(tokens)
        self._promise_nothing()
        ordered: list[bool] = []  # of each list that is open
        parents: list[str] = []  # the first line of each item that is open
        text = ""  # of the item at hand, once known
        manual: UnnumberedStep | None = None  # the step that it is, as long as nothing better follows
        first = False
        end = 0  # the line behind the item at hand
        for token in tokens:
            if token.type in ("ordered_list_open", "bullet_list_open"):
                ordered.append(token.type.startswith("ordered"))
            elif token.type in ("ordered_list_close", "bullet_list_close"):
                ordered.pop()
                del parents[len(ordered) :]
            elif token.type == "list_item_open":
                first, manual, text = True, None, ""
                end = token.map[1] + 1 if token.map else 0
            elif token.type in ("fence", "code_block"):
                index = len(self._section.steps)
                if self._fence(token, text) and manual is not None and self._section.steps[index - 1] is manual:
                    del self._section.steps[index - 1]  # the item says what its commands do: it is their name
            elif token.type == "inline" and first:
                first = False
                text = self._plain[token.content].rstrip(" :")
                del parents[len(ordered) - 1 :]  # the item before this one is not above it
                self._note_way(token.content, line_of(token), len(ordered), end, numbered=ordered[-1])
                manual = self._item(token, ordered=ordered[-1], flag=flag or any(map(introduces_facts, parents)))
                parents.append(token.content)
            elif token.type == "inline":
                self._paragraph(token)

    def _item(self, token: "Token", *, ordered: bool, flag: bool) -> UnnumberedStep | None:
        """Take the first line of an item; the step a person does, when it is one."""
        section = self._section
        line = line_of(token)
        self._links(token.content, line)
        section.warnings.extend(
            clean_line(strip_markdown(statement))
            for statement in split_statements(token.content)
            if is_warning(statement) or forbids_command(statement)
        )
        self._note_further_way(token.content)
        commands = self._taken_instead(from_inline(token.content, "", line, ordered=ordered, flag=flag), token.content)
        by_hand = [] if commands else from_item(token.content, line, ordered=ordered, flag=flag)
        section.steps.extend([self._placed(step, opens=ordered) for step in commands] or by_hand)
        section.prose.append(token.content)
        self._led_elsewhere(token.content, line)
        return by_hand[0] if by_hand else None

    def _note_way(self, markdown: str, line: int, depth: int = 0, end: int = 0, *, numbered: bool = False) -> None:
        if may_name_a_way(markdown):
            self._section.way_labels.append(WayLabel(line, markdown, depth, end, numbered))

    def _note_further_way(self, markdown: str) -> None:
        if self._section.steps and begins_further_way(markdown):
            self._further_way = True

    def _label_of_a_list(self, tokens: "list[Token]") -> None:
        """A label that ended its line with nothing: the list under it is its value."""
        if not self._label or tokens[0].type != "bullet_list_open":
            return
        contents = [token.content for token in tokens if token.type == "inline"]
        if self._label == "requires" and any(map(BOX.match, contents)):
            return  # they are steps: who ticks them has looked
        items = [clean_line(strip_markdown(content)) for content in contents]
        self._section.labels.setdefault(self._label, clean_line("; ".join(items), LONGEST_LABEL))

    def _paragraph(self, token: "Token") -> None:
        self._promise_nothing()
        line, section, markdown = line_of(token), self._section, token.content
        if LETTERED_LINE.match(markdown) and self._lettered(markdown, line):
            return
        self._note_way(markdown, line)
        self._links(markdown, line)
        for text in split_statements(markdown):
            self._promise_nothing()
            pair = parse_label(text)
            if pair and pair[0] == "expected output":
                self._expected(clean_line(keep_code(pair[1])))
            elif pair and pair[1]:
                section.labels.setdefault(pair[0], clean_line(strip_markdown(pair[1])))
            elif pair:
                self._label = pair[0]
            if is_warning(text) and not LONE_WARNING.fullmatch(text):
                section.warnings.append(clean_line(strip_markdown(text)))
        for text in markdown.splitlines() if section.level <= 1 else ():
            if pair := parse_plain_label(text):
                section.labels.setdefault(pair[0], clean_line(pair[1]))
        if section.tells_when:
            section.labels.setdefault("when", clean_line(strip_markdown(markdown), LONGEST_LABEL))
        self._intro = read_announcement(markdown) if not self._output else ""
        self._before = markdown
        self._note_further_way(markdown)
        self._led_elsewhere(markdown, line)
        path = click_path(markdown, line)
        section.prose.append(markdown)
        steps = section.steps
        last = steps[-1] if steps else None
        if last and last.command and not last.expected and (sentence := SHOULD_SEE.fullmatch(markdown)):
            steps[-1] = last.expecting(clean_line(f"prints {sentence['value']}"))
        if path and section.level:
            steps.append(path)
        elif section.level and (asked_for := from_paragraph(markdown, line)):
            asked_for = self._taken_instead(asked_for, markdown)
            steps.extend(self._placed(step, opens=False) for step in asked_for)
        elif any(step.command for step in steps) and (then := what_comes_then(markdown, line)):
            steps.append(then)

    def _lettered(self, markdown: str, line: int) -> bool:
        """Take a paragraph of which each line has a letter, "a) ...": CommonMark knows no such list."""
        lines = markdown.splitlines()
        if len(lines) < 2 or not all(map(LETTERED_LINE.match, lines)):
            return False
        for number, text in enumerate(lines, start=line):
            self._note_way(text, number, 1, number + 1)
            body = LETTERED_LINE.sub("", text)
            self._links(body, number)
            self._section.steps.extend(self._placed(step) for step in from_inline(body, "", number, ordered=True))
            self._section.prose.append(body)
        return True

    def _expected(self, text: str) -> None:
        section = self._section
        if text and section.steps:
            section.steps[-1] = section.steps[-1].expecting(text)
        self._output = True

    def _links(self, markdown: str, line: int) -> None:
        if "](" not in markdown and "[[" not in markdown:
            return
        for offset, text in enumerate(markdown.splitlines()):
            for match in WIKI_LINK.finditer(CODE.sub("``", text)) if "[[" in text else ():
                name, target = clean_line(name_wiki_link(match), 200), match["target"].strip()
                target = target if ADDRESS.match(target) else f"[[{target}]]"  # as it is followed: by its name
                self.links.append(Link(name, clean_line(target, 500), line + offset))
            for match in LINK.finditer(text):
                self.links.append(
                    Link(clean_line(strip_markdown(match[1]), 200), clean_line(match[2], 500), line + offset)
                )
