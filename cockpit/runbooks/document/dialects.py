"""Other dialects than CommonMark, put into it line by line, so that what stands in them is read like any other text.

Tabs (`=== "Bash"`), admonitions (`!!! note`, `:::tip`), folded parts (`<details>`), blocks of HTML (`<pre>`), comments
(`<!-- -->`). No line is added or taken away: what is found of a line holds for the document as it is.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cockpit.model.runbook import Finding

FENCE = re.compile(r"^\s*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})")
TAB = re.compile(r"^(?P<indent>\s*)===[!+]?\s+[\"'](?P<title>[^\"']{1,120})[\"']\s*$")
ADMONITION = re.compile(
    r"^(?P<indent>\s*)(?:!!!|\?\?\?\+?)\s+(?P<kind>[\w-]*)(?:\s+(?:inline|end))*\s*"
    r"(?:\"(?P<title>[^\"]{0,200})\"|'(?P<quoted>[^']{0,200})')?\s*$"
)
COLONS = re.compile(r"^\s*:{3,}\s*\{?(?P<kind>[\w-]*)\}?\s*(?:\[(?P<named>[^\]]*)\])?(?P<title>.*?)\s*$")
ALERT = re.compile(r"^(?P<indent>\s*>\s*)\[!(?P<kind>NOTE|TIP|IMPORTANT|WARNING|CAUTION|DANGER)\]\s*$", re.IGNORECASE)
WARNS = frozenset({"warning", "danger", "caution", "attention", "error", "important", "bug", "failure"})
SUMMARY = re.compile(r"(?i)^\s*(?:<details[^>]*>)?\s*<summary[^>]*>(?P<title>.*?)</summary>\s*$")
COLLAPSED_PART = re.compile(
    r"(?i)^\s*</?(?:details|summary|div|p|center|br|hr|tabs?|tabitem|section|figure|table|tbody|tr|td)(?:\s[^>]*)?/?>\s*$"
)
PRE = re.compile(r"(?i)^(?P<indent>\s*)<pre(?P<about>[^>]*)>\s*(?:<code(?P<inner>[^>]*)>)?(?P<rest>.*)$")
PRE_END = re.compile(r"(?i)^(?P<before>.*?)(?:</code>)?\s*</pre>\s*$")
CLASS = re.compile(r"(?i)(?:language|lang|highlight)[-=\s\"']+(?P<name>[\w-]+)")
TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")
INDENT = 4  # columns that the text of a tab or of an admonition is moved in


@dataclass(frozen=True, slots=True)
class PlainText:
    """The text in CommonMark, the lines of tabs that are not the first of their row, and what was left out."""

    text: str
    further_tabs: tuple[range, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_dialects(text: str) -> PlainText:
    """The text with every other dialect in the words of CommonMark. Most texts come back as they are."""
    text, commented = blank_comments(text)
    if not MAY_HOLD.search(text):
        return PlainText(text, findings=tuple(commented))
    lines = text.split("\n")
    tabs: list[range] = []
    _move_indented(lines, 0, len(lines), tabs)
    _read_tab_marks(lines, tabs)
    _read_html(lines)
    return PlainText("\n".join(lines), tuple(tabs), tuple(commented))


# Docusaurus, GitBook, Hugo: `<TabItem value="x" label="Staging">`, `{% tab title="Staging" %}`, `{{% tab name="x" %}}`.
TAB_BEGINS = re.compile(
    r"(?i)^\s*(?:<TabItem\b(?P<about>[^>]*)>|\{%\s*tab\b(?P<named>[^%]*)%\}|\{\{[<%]\s*tab\b(?P<short>[^%>]*)[%>]\}\})\s*$"
)
TAB_ENDS = re.compile(r"(?i)^\s*(?:</TabItem>|\{%\s*endtab\s*%\}|\{\{[<%]\s*/\s*tab\s*[%>]\}\})\s*$")
TAB_ROW = re.compile(
    r"(?i)^\s*(?:</?Tabs\b[^>]*>|\{%\s*(?:end)?tabs\b[^%]*%\}|\{\{[<%]\s*/?\s*(?:tabs|tabpane)\b[^%>]*[%>]\}\})\s*$"
)
TAB_TITLES = [
    re.compile(rf"(?i)\b{name}=[\"']([^\"']+)[\"']") for name in ("label", "title", "name", "header", "value")
]
QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
MAY_HOLD = re.compile(r"(?im)^\s*(?:\{[{%]|===[!+]?\s+[\"']|!!!\s|\?\?\?|:::|>\s*\[!|<)")


def blank_comments(text: str) -> tuple[str, list[Finding]]:
    """The text without what its author commented out: a command in a comment is no step."""
    if "<!--" not in text:
        return text, []
    findings: list[Finding] = []
    pieces: list[str] = []
    place = 0
    for start, end in _find_comments(text):
        body = text[start:end]
        if FENCE.search(body[4:].lstrip("\n")) or "\n```" in body:
            line = text.count("\n", 0, start) + 1
            findings.append(Finding("block-left-out", line, "this block is commented out: nothing of it is a step"))
        pieces += [text[place:start], "\n" * body.count("\n")]
        place = end
    return "".join([*pieces, text[place:]]), findings


def _find_comments(text: str) -> Iterator[tuple[int, int]]:
    """Where comments stand, but for those that are shown in a fence or in backticks."""
    fence, place, start = "", 0, -1
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if start >= 0:
            end = line.find("-->")
            if end >= 0:
                yield start, place + end + 3
                start = -1
        elif fence:
            fence = "" if mark and mark[1].startswith(fence) and not line.strip().strip("`~") else fence
        elif mark:
            fence = mark[1]
        else:
            opened = line.find("<!--")
            while opened >= 0 and line[:opened].count("`") % 2 == 0:
                closed = line.find("-->", opened)
                if closed < 0:
                    start = place + opened
                    break
                yield place + opened, place + closed + 3
                opened = line.find("<!--", closed)
        place += len(line) + 1
    # One that is never closed hides nothing: whoever wrote it did not see the rest vanish.


def _move_indented(lines: list[str], start: int, end: int, tabs: list[range]) -> None:
    """Tabs and admonitions: their marks become words, and what is moved in below them is moved back."""
    fence = ""
    index = start
    last_tab = -1  # the line behind the text of the tab before
    while index < end:
        line = lines[index]
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip("`~"):
                fence = ""
            index += 1
            continue
        if mark:
            fence = mark[1]
        tab, admonition, colons = TAB.match(line), ADMONITION.match(line), None
        if tab is None and admonition is None:
            alert = ALERT.match(line)
            colons = COLONS.match(line) if line.lstrip().startswith(":::") else None
            if alert is not None:
                lines[index] = f"{alert['indent']}{_name_of(alert['kind'], '')}"
            elif colons is not None:
                title = (colons["named"] or colons["title"]).strip()
                lines[index] = _name_of(colons["kind"], title) if colons["kind"] or title else ""
            index += 1
            continue
        head = tab or admonition
        assert head is not None
        below = _find_end(lines, index + 1, end, len(head["indent"]) + INDENT)
        if tab is not None:
            lines[index] = f"{tab['indent']}{tab['title']}:"
            if last_tab >= 0 and not "".join(lines[last_tab:index]).strip():
                tabs.append(range(index + 1, below + 1))  # lines from 1
            last_tab = below
        elif admonition is not None:
            lines[index] = admonition["indent"] + _name_of(
                admonition["kind"], admonition["title"] or admonition["quoted"] or ""
            )
        for place in range(index + 1, below):
            lines[place] = _move_back(lines[place])
        _move_indented(lines, index + 1, below, tabs)
        index = below


def _find_end(lines: list[str], start: int, end: int, indent: int) -> int:
    """The line behind those that are moved in at least so far, blank ones between them counted."""
    last = start
    for index in range(start, end):
        if lines[index].strip():
            if len(lines[index]) - len(lines[index].lstrip(" \t")) < indent and not lines[index].startswith("\t"):
                break
            last = index + 1
    return last


def _move_back(line: str) -> str:
    bare = line.lstrip(" \t")
    lead = line[: len(line) - len(bare)].expandtabs(INDENT)
    return lead[INDENT:] + bare if bare else ""


def _name_of(kind: str, title: str) -> str:
    """A warning as a warning, another admonition as its title."""
    small = kind.casefold()
    if small in WARNS:
        return f"**WARNING:** {title}".strip()
    return f"**{title}**" if title else ""


def _read_tab_marks(lines: list[str], tabs: list[range]) -> None:
    """Tabs that are marked at their beginning and end: a title is an announcement, and each but the first of a row is
    a further one."""
    fence = ""
    begun, in_row = -1, False
    for index, line in enumerate(lines):
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and not line.strip().strip("`~") else fence
        elif mark:
            fence = mark[1]
        elif "<" not in line and "{" not in line:
            continue
        elif TAB_ROW.match(line):
            lines[index], in_row = "", False
        elif begins := TAB_BEGINS.match(line):
            about = begins["about"] or begins["named"] or begins["short"] or ""
            title = next((found[1] for pattern in (*TAB_TITLES, QUOTED) if (found := pattern.search(about))), "")
            lines[index], begun = f"{title}:" if title else "", index
        elif TAB_ENDS.match(line):
            lines[index] = ""
            if begun >= 0 and in_row:
                tabs.append(range(begun + 2, index + 1))  # lines from 1
            begun, in_row = -1, True


def _read_html(lines: list[str]) -> None:
    """Folded parts lose their marks, a summary becomes an announcement, and `<pre>` a fence."""
    fence = ""
    index = 0
    while index < len(lines):
        line = lines[index]
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and not line.strip().strip("`~") else fence
        elif mark:
            fence = mark[1]
        elif "<" in line:
            if summary := SUMMARY.match(line):
                title = TAGS.sub("", summary["title"]).strip()
                lines[index] = f"{title.rstrip(':')}:" if title else ""
            elif COLLAPSED_PART.match(line):
                lines[index] = ""
            elif pre := PRE.match(line):
                index = _read_pre(lines, index, pre)
                continue
        index += 1


def _read_pre(lines: list[str], start: int, pre: re.Match[str]) -> int:
    """A block of HTML as a fence, where it takes lines enough for one; the index behind it."""
    end = next((place for place in range(start, min(len(lines), start + 500)) if PRE_END.match(lines[place])), -1)
    if end < 0:
        return start + 1
    name = CLASS.search(f"{pre['about']} {pre['inner'] or ''}")
    body = [pre["rest"], *lines[start + 1 : end + 1]]
    last = PRE_END.match(body[-1])
    body[-1] = last["before"] if last else body[-1]
    body = [html.unescape(TAGS.sub("", line)) for line in body]
    if end == start:  # on one line: as it is indented it is a block of code by itself
        lines[start] = f"    {body[0].strip()}"
        return start + 1
    if body[0].strip() or body[-1].strip():  # text on the lines of the marks: a fence would need two lines more
        lines[start : end + 1] = [f"    {line}" for line in body]
    else:
        lines[start : end + 1] = [f"```{name['name'] if name else ''}", *body[1:-1], "```"]
    return end + 1
