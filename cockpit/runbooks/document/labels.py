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
    "needs": "requires",
    "needed": "requires",
    "you need": "requires",
    "you will need": "requires",
    "what you need": "requires",
    "before you begin": "requires",
    "before you start": "requires",
    "sign-off": "approval required",
    "sign off": "approval required",
    "duration": "time to fix",
    "estimated duration": "time to fix",
    "expected": "expected output",
    "tag": "tags",
    "keywords": "tags",
    "category": "tags",
    "categories": "tags",
}


PLAIN_ALIASES = {"last modified": "last updated", "reviewed": "last reviewed"}
CAUTIONS = frozenset({"note", "warning", "cache warning", "caution", "attention", "important", "careful", "beware"})
# What a document says of itself below its title, in bold or not: a sentence does not begin so.
PLAIN_LABEL = re.compile(
    r"(?i)^(?P<name>version|owner|last (?:updated|reviewed|tested|modified)|next review|reviewed|created|date)"
    r"\s*:\s+(?P<value>\S.{0,100})$"
)
REQUIRES_HEADING = re.compile(
    r"(?i)^\W*(?:\d[\d.]*[.):]?\s+)?(?:pre-?requisites?|requirements|needs|requires|what\s+you(?:['’]ll|\s+will)?\s+need"
    r"|you(?:\s+will)?\s+need|before\s+you\s+(?:begin|start)|(?:required|needed)\s+access|access\s+(?:required|needed))\W*$"
)
WHEN_HEADING = re.compile(
    r"(?i)^\W*(?:\d[\d.]*[.):]?\s+)?(?:when\s+(?:to\s+use|to\s+run|should\s+i\s+use)\b.{0,30}|use\s+(?:this\s+)?when|occasions"
    r"|when\s+(?:should|would|do|does|must)\b.{0,20}\bused?\b.{0,10}|when\s+(?:do|should)\s+(?:i|you|we)\s+(?:use|run|need)\b.{0,20})\W*$"
)


def tells_when(heading: str) -> bool:
    """True for a heading under which stands when a document is for: "When to use this runbook"."""
    return WHEN_HEADING.match(heading) is not None


def requires_something(heading: str) -> bool:
    """True for a heading under which stands what must be there before the first step: "What you need"."""
    return REQUIRES_HEADING.match(heading) is not None


def parse_plain_label(line: str) -> tuple[str, str] | None:
    """The same of a line that is not bold, for the few names that a document says of itself at its head."""
    match = PLAIN_LABEL.match(strip_markdown(line))
    if match is None:
        return None
    name = match["name"].casefold()
    return PLAIN_ALIASES.get(name, ALIASES.get(name, name)), match["value"].strip()


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
    return bool(WARNING.search(line)) or (pair is not None and pair[0] in CAUTIONS)


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
