"""Bold labels: `**When:** Error rate >5 %`, `**Owner**: Platform team`. What a document says of itself."""

import re

LABEL = re.compile(r"^\*\*(?P<name>[A-Z][^*:]{1,48}?)\s*(?::\*\*|\*\*\s*:)\s*(?P<value>.*)$")
LONE = re.compile(r"^\*\*(?P<name>Expected(?: [Oo]utput)?|Note|Warning|WARNING)\*\*\s*(?P<value>.*)$")
WARNING = re.compile(r"⚠|\bWARNING\b|\b[Dd]anger(?:ous)?\b|\birreversible\b|\bcannot be undone\b")
SIGNS_OF_A_WARNING = ("⚠", "WARNING", "anger", "irreversible", "undone", "**")  # without one there is none
LINKED = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,500}\)")
# `[[file]]`, `[[file|label]]`, `[[file#anchor]]`: not `[[ -f x ]]` of a shell, `[[:space:]]`, `x[[1]]`, nor an embedded
# picture.
WIKI_LINK = re.compile(
    r"(?<![\w`!\[])\[\[(?![\s:])(?P<target>[^\[\]|\n]{1,200})(?:\|(?P<label>[^\[\]\n]{1,200}))?(?<!\s)\]\](?!\])"
)
EMPHASIS = re.compile(r"(\*\*|__|\*|`)([^\n]{1,400}?)\1")
ALIASES = {
    "estimated time": "time to fix",
    "last tested": "tested",
    "version": "version",
    "when to use": "when",
    "when to use this": "when",
    "use when": "when",
    "when to use this runbook": "when",
    "requirements": "requires",
    "prerequisites": "requires",
    "prerequisite": "requires",
    "access required": "requires",
    "duration": "time to fix",
    "estimated duration": "time to fix",
    "expected": "expected output",
    "tag": "tags",
    "keywords": "tags",
    "category": "tags",
    "categories": "tags",
}


WHEN_HEADING = re.compile(
    r"(?i)^\W*(?:\d[\d.]*[.):]?\s+)?(?:when\s+(?:to\s+use|to\s+run|should\s+i\s+use)\b.{0,30}|use\s+(?:this\s+)?when|occasions)\W*$"
)


def tells_when(heading: str) -> bool:
    """True for a heading under which stands when a document is for: "When to use this runbook"."""
    return WHEN_HEADING.match(heading) is not None


def parse_label(line: str) -> tuple[str, str] | None:
    """(name in lower case, value) when a line is a label. Names that mean one thing have one name."""
    bare = line.strip()
    match = (LABEL.match(bare) or LONE.match(bare)) if bare.startswith("**") else None
    if match is None:
        return None
    name = match["name"].strip().casefold()
    return ALIASES.get(name, name), match["value"].strip()


def is_warning(line: str) -> bool:
    """True for a line that a person must read before the command under it."""
    for sign in SIGNS_OF_A_WARNING:
        if sign in line:
            break
    else:
        return False
    pair = parse_label(line)
    return bool(WARNING.search(line)) or (pair is not None and pair[0] in {"note", "warning", "cache warning"})


def strip_markdown(markdown: str) -> str:
    """A title or a cell without its emphasis, code marks and links."""
    text = LINKED.sub(r"\1", markdown) if "](" in markdown else markdown
    text = WIKI_LINK.sub(name_wiki_link, text) if "[[" in text else text
    return (EMPHASIS.sub(r"\2", text) if "*" in text or "`" in text or "__" in text else text).strip()


def name_wiki_link(match: re.Match[str]) -> str:
    """How a wiki link reads: its label, else the page, else the heading that it names."""
    page, _, heading = match["target"].partition("#")
    return (match["label"] or page or heading).strip()


def make_slug(title: str) -> str:
    """The anchor of a heading as the usual viewers make it."""
    text = re.sub(r"[^\w\s-]", "", strip_markdown(title).casefold())
    return re.sub(r"\s+", "-", text.strip()) or "section"


def make_unique_anchor(anchor: str, used: dict[str, int]) -> str:
    """The anchor, numbered when it is taken. `used` counts how often each was asked for."""
    free = anchor
    while free in used:
        used[anchor] += 1
        free = f"{anchor}-{used[anchor]}"
    used[free] = 1
    return free
