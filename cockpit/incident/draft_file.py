"""The draft as a file that people edit: our blocks are written anew, everything else is theirs."""

import hashlib
import re

from cockpit.incident.markdown import Markdown

NAME = re.compile(r"^<!-- cockpit:draft (?P<id>\S+) -->", re.MULTILINE)
BEGIN = re.compile(r"^<!-- cockpit:begin ", re.MULTILINE)
BLOCK = re.compile(
    r"^<!-- cockpit:begin (?P<name>[a-z-]+) (?P<digest>[0-9a-f]{8}) -->[ \t]*\r?\n"
    r"(?P<body>(?:(?!<!-- cockpit:begin ).)*?)"
    r"^<!-- cockpit:end (?P=name) -->(?=[ \t]*\r?$)",
    re.MULTILINE | re.DOTALL,
)
KEPT = "_Edited by hand in an earlier draft, and therefore kept:_"


class NotOurDraft(Exception):  # noqa: N818  it is the name of what was found
    """A file that must not be written over; the message says why."""


def block(name: str, body: str) -> Markdown:
    """`body` between markers that a reader does not see. The begin marker tells later whether somebody edited it."""
    inner = body.strip("\n")
    return Markdown(f"<!-- cockpit:begin {name} {digest(inner)} -->\n\n{inner}\n\n<!-- cockpit:end {name} -->\n")


def digest(body: str) -> str:
    """Of the words alone: an editor that lines up a table has edited nothing."""
    words = re.sub(r"-+", "-", re.sub(r"\s+", "", body))
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def merge(old: str, new: str) -> str:
    """`old` with our blocks as they are in `new`.

    A block that somebody edited is replaced as well, and their version kept below it. A block that somebody deleted
    stays away. Raises NotOurDraft when `old` is not a draft of the same incident with its markers whole.
    """
    _check(old, new)
    fresh = {found["name"]: found for found in BLOCK.finditer(new)}
    newline = "\r\n" if "\r\n" in old else "\n"

    def replaced(found: re.Match[str]) -> str:
        ours = fresh.get(found["name"])
        text = ours.group() if ours else found.group()
        body = found["body"].strip()
        if digest(body) != found["digest"]:
            text = f"{text}\n\n{KEPT}\n\n{body}"
        return text.replace("\r\n", "\n").replace("\n", newline)

    return BLOCK.sub(replaced, old)


def _check(old: str, new: str) -> None:
    theirs, ours = NAME.search(old), NAME.search(new)
    if theirs is None or ours is None:
        raise NotOurDraft("it is not a draft that the cockpit wrote")
    if theirs["id"] != ours["id"]:
        raise NotOurDraft(f"it is the draft of another incident, {theirs['id']}")
    if len(BEGIN.findall(old)) != sum(1 for _ in BLOCK.finditer(old)):
        raise NotOurDraft("one of its cockpit:begin markers was changed or has lost its end")
