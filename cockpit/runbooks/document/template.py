"""The team's own template of a runbook: a document of that name, or a block of Markdown in its standard.

A new runbook begins as a copy of it, and lint holds the others to its sections. Nothing is ever written to a document.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from cockpit.model.runbook import OutlineShape, Runbook
from cockpit.runbooks.document.labels import make_slug, strip_markdown

SECTIONS = ("Purpose", "Prerequisites", "Procedure", "Verification", "Rollback", "Post-Incident")
_WHAT = r"(?:runbook|playbook|procedure|sop)s?"
NAMES = re.compile(rf"_?template|{_WHAT}-template|template-{_WHAT}")  # of its file, as a slug ...
IN_FOLDER = re.compile(rf"(?i)(?:^|/)_?templates?/(?:{_WHAT}|template)\.\w+$")  # ... or `templates/runbook.md`
MARKDOWN = frozenset({"markdown", "md", "mdx"})
HEADING = re.compile(r"(?m)^#{2,3}\s+(.+?)\s*#*\s*$")
UNDERLINED = re.compile(r"(?m)^(\S.*)\n-{3,}[ \t]*$")
TITLE = re.compile(r"(?m)^#\s+.*$|^\S.*(?=\n={3,}[ \t]*$)")
REQUIRED = re.compile(r"(?i)\b(?:required|mandatory)\s+(?:runbook\s+)?sections?\b")
ASKED_FOR = re.compile(
    r"(?i)\b(?:runbooks?|playbooks?)\b[^.:]{0,40}\b(?:must|shall|has\s+to|have\s+to|needs?\s+to)\s+(?:have|contain|include)\b[^.:]{0,60}"
    r"\bsections?\b[^.:]{0,30}:\s*$"
)  # "Every runbook must have these sections:"
ROW = re.compile(r"^\s*\|\s*(?P<text>[^|]+?)\s*\|")
NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.):]?|[IVX]+[.)])\s+")
ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*+])\s+(?:\[[ x]\]\s+)?(?P<text>.+)$")
EXPLAINED = re.compile(r":|\s[-–—]\s")
RULE = re.compile(r"^\s*\|[\s:|-]+$")
DAY = re.compile(r"\[?\b(?:YYYY-MM-DD|20XX-XX-XX|\d{4}-XX-XX)\b\]?|\[date\]", re.IGNORECASE)
FEWEST = 3  # headings that make a block of Markdown a template
BUILT_IN = """# Runbook: TITLE

**System**:
**Owner**:
**Last Updated**: YYYY-MM-DD
**Approval Required**: No
**Estimated Time**: 15 minutes
**When**:

{sections}"""


def find_template(runbooks: Iterable[Runbook]) -> str:
    """The text of the team's template, "" where there is none."""
    documents = list(runbooks)
    named = (runbook.text for runbook in documents if _is_named_template(runbook.path))
    blocks = (block for runbook in documents for block in _list_markdown_blocks(runbook))
    return next((text for text in (*named, *blocks) if len(_list_headings(text)) >= FEWEST), "")


def _is_named_template(path: str) -> bool:
    return NAMES.fullmatch(make_slug(_stem(path)).replace("_", "-")) is not None or IN_FOLDER.search(path) is not None


def _list_headings(text: str) -> list[str]:
    """The sections of a template, without their numbers; headings that are underlined count, too."""
    titles = HEADING.findall(text) or UNDERLINED.findall(text)
    return [name_section(title) for title in titles]


def name_section(title: str) -> str:
    """A heading as the name of a section: `2. Rollback` is Rollback."""
    return NUMBERED.sub("", strip_markdown(title))


def list_required_sections(runbooks: Sequence[Runbook]) -> tuple[str, ...]:
    """The sections that each runbook must have: as the team's standard lists them, else as its template has them."""
    for runbook in runbooks:
        lines = runbook.text.split("\n")
        for span in runbook.outline:
            asks = span.shape is OutlineShape.HEADING and REQUIRED.search(span.info)
            if asks and (items := _list_items_below(lines[span.end - 1 :])):
                return items
        for index, line in enumerate(lines):
            if ASKED_FOR.search(line) and (items := _list_items_below(lines[index + 1 :])):
                return items
    return tuple(_list_headings(find_template(runbooks))) or SECTIONS


def write_new_runbook(title: str, runbooks: Sequence[Runbook], today: date) -> str:
    """The template with its title and its day filled in; everything else is for its author."""
    template = find_template(runbooks)
    if not template:
        parts = (f"## {section}\n\n" for section in list_required_sections(runbooks))
        template = BUILT_IN.format(sections="".join(parts))
    titled = TITLE.sub(lambda match: f"{'# ' if match[0].startswith('#') else ''}Runbook: {title}", template, count=1)
    return DAY.sub(str(today), titled, count=1).rstrip() + "\n"


def _list_items_below(lines: Sequence[str]) -> tuple[str, ...]:
    """The first list or table below a heading: each item up to its colon or dash, the first cell of each row."""
    items: list[str] = []
    for index, line in enumerate(lines):
        if match := ITEM.match(line):
            items.append(EXPLAINED.split(strip_markdown(match["text"]), maxsplit=1)[0].strip())
        elif match := ROW.match(line):
            is_head = index + 1 < len(lines) and RULE.match(lines[index + 1])
            items += [] if is_head or RULE.match(line) else [name_section(match["text"])]
        elif line.startswith("#") or (items and line.strip() and not line.startswith((" ", "\t"))):
            break
    return tuple(items)


def _list_markdown_blocks(runbook: Runbook) -> Iterable[str]:
    """What stands in fences of Markdown, with its own fences as they are meant: `\\\\`\\\\`\\\\`` is one."""
    lines = runbook.text.split("\n")
    for span in runbook.outline:
        if span.shape is OutlineShape.FENCE and span.info.split()[:1] and span.info.split()[0].casefold() in MARKDOWN:
            yield "\n".join(lines[span.line : span.end - 2]).replace("\\`", "`")


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
