"""The team's own template of a runbook: a document of that name, or a block of Markdown in its standard.

A new runbook begins as a copy of it, and lint holds the others to its sections. Nothing is ever written to a document.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from cockpit.model.runbook import OutlineShape, Runbook
from cockpit.runbooks.document.labels import make_slug, strip_markdown

SECTIONS = ("Purpose", "Prerequisites", "Procedure", "Verification", "Rollback", "Post-Incident")
NAMES = ("template", "runbook-template", "runbook template", "_template")
MARKDOWN = frozenset({"markdown", "md", "mdx"})
HEADING = re.compile(r"(?m)^#{2,3}\s+(.+?)\s*#*\s*$")
TITLE = re.compile(r"(?m)^#\s+.*$")
REQUIRED = re.compile(r"(?i)\b(?:required|mandatory)\s+(?:runbook\s+)?sections?\b")
ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*+])\s+(?:\[[ x]\]\s+)?(?P<text>.+)$")
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
    named = (runbook.text for runbook in documents if make_slug(_stem(runbook.path)) in map(make_slug, NAMES))
    blocks = (block for runbook in documents for block in _list_markdown_blocks(runbook))
    return next((text for text in (*named, *blocks) if len(HEADING.findall(text)) >= FEWEST), "")


def list_required_sections(runbooks: Sequence[Runbook]) -> tuple[str, ...]:
    """The sections that each runbook must have: as the team's standard lists them, else as its template has them."""
    for runbook in runbooks:
        lines = runbook.text.split("\n")
        for span in runbook.outline:
            asks = span.shape is OutlineShape.HEADING and REQUIRED.search(span.info)
            if asks and (items := _list_items_below(lines[span.end - 1 :])):
                return items
    return tuple(strip_markdown(text) for text in HEADING.findall(find_template(runbooks))) or SECTIONS


def write_new_runbook(title: str, runbooks: Sequence[Runbook], today: date) -> str:
    """The template with its title and its day filled in; everything else is for its author."""
    template = find_template(runbooks)
    if not template:
        parts = (f"## {section}\n\n" for section in list_required_sections(runbooks))
        template = BUILT_IN.format(sections="".join(parts))
    titled = TITLE.sub(lambda _: f"# Runbook: {title}", template, count=1)
    return DAY.sub(str(today), titled, count=1).rstrip() + "\n"


def _list_items_below(lines: Sequence[str]) -> tuple[str, ...]:
    """The first list below a heading: each item up to its colon."""
    items: list[str] = []
    for line in lines:
        if match := ITEM.match(line):
            items.append(strip_markdown(match["text"]).partition(":")[0].strip())
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
