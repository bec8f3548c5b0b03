"""Text that others wrote, put into Markdown so that it stays text: no cell, line, link or tag of its own."""

import re
from functools import lru_cache

from cockpit.model.text import clean_line, clean_text

SPECIAL = re.compile(r"[\\`*\[\]<>|#~&$]")
UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")  # inside a word it means nothing and reads better bare
ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)  # some renderers make a link of a bare address
WEB = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")  # nothing that ends a cell, a link or a line


class Markdown(str):
    """Text that is Markdown already, and is not escaped again."""

    __slots__ = ()


def flatten_text(text: object) -> str:
    """The text a reader is to see: cleaned, on one line, each run of white space one space."""
    return " ".join(clean_line(text).split())


def escape_inline(text: object) -> Markdown:
    """`text` for the inside of a line or a table cell: a CommonMark renderer shows exactly `plain(text)`.

    Never put it at the beginning of a line: there `1.` or `---` would be more than text.
    """
    return text if isinstance(text, Markdown) else _escape_text(str(text))


def escape_lines(text: object) -> Markdown:
    """`text` for a table cell, with its line breaks."""
    return Markdown("<br>".join(escape_inline(line) for line in str(text).strip().splitlines()))


def render_link(target: str, text: str = "") -> Markdown:
    """Where a piece of evidence lies: a link for a plain web address, else the words alone."""
    if WEB.fullmatch(target) is None:
        return Markdown(f"{escape_inline(text)}: {escape_inline(target)}" if text else escape_inline(target))
    return Markdown(f"[{escape_inline(text or target)}](<{target}>)")


@lru_cache(4096)  # a table says the same names again and again
def _escape_text(text: str) -> Markdown:
    escaped = SPECIAL.sub(lambda match: f"\\{match.group()}", flatten_text(text))
    return Markdown(ADDRESS.sub(lambda match: f"\\{match.group()}", UNDERSCORE.sub(r"\\_", escaped)))


def render_code(text: str, language: str = "") -> Markdown:
    """`text` as a block of code, whatever it holds: the fence is longer than any in it, and no marker of ours is."""
    plain = clean_text(text).replace("<!-- cockpit:", "<! -- cockpit:").strip("\n")
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`{3,}", plain)), 3)
    return Markdown(f"{fence}{language}\n{plain}\n{fence}")


def shorten_code(text: str, lines: int = 40) -> str:
    """At most so many lines, and how many are left out."""
    rows = text.splitlines()
    return text if len(rows) <= lines else "\n".join([*rows[:lines], f"... {len(rows) - lines} more lines"])
