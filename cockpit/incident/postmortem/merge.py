"""The draft as a file that people edit: our blocks are written anew, everything else is theirs."""

import hashlib
import re
from dataclasses import dataclass

from cockpit.incident.postmortem.markdown import Markdown
from cockpit.model.problem import CodedError

NAME = re.compile(r"^<!-- cockpit:draft (?P<id>\S+) -->", re.MULTILINE)
BEGIN = re.compile(r"^<!-- cockpit:begin (?P<name>[a-z-]+) (?P<digest>[0-9a-f]{8}) -->[ \t]*\r?$", re.MULTILINE)
ANY_BEGIN = re.compile(r"^<!-- cockpit:begin ", re.MULTILINE)
KEPT = "_Edited by hand in an earlier draft, and therefore kept:_"


class NotOurDraft(CodedError):  # noqa: N818  it is the name of what was found
    """A file that must not be written over; the message says why."""


def make_block(name: str, body: str) -> Markdown:
    """`body` between markers that a reader does not see. The begin marker tells later whether somebody edited it."""
    inner = body.strip("\n")
    return Markdown(
        f"<!-- cockpit:begin {name} {compute_digest(inner)} -->\n\n{inner}\n\n<!-- cockpit:end {name} -->\n"
    )


def compute_digest(body: str) -> str:
    """Of the words alone: an editor that lines up a table has edited nothing."""
    text = re.sub(r"-+", "-", re.sub(r"\s+", "", body))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class DraftBlock:
    """One of our blocks as it stands in a text, from `start` to `end`; `edited` when its words are no longer ours."""

    name: str
    start: int
    end: int
    body: str
    edited: bool


def merge_drafts(old: str, new: str) -> str:
    """`old` with our blocks as they are in `new`.

    A block that somebody edited is replaced as well, and their version kept below it. A block that somebody deleted
    stays away. Raises NotOurDraft when `old` is not a draft of the same incident with its markers whole.
    """
    _refuse_others(old, new)
    fresh = {item.name: new[item.start : item.end] for item in _find_blocks(new)}
    newline = "\r\n" if "\r\n" in old else "\n"
    parts, done = [], 0
    for draft_block in _find_blocks(old):
        text = fresh.get(draft_block.name, old[draft_block.start : draft_block.end])
        if draft_block.edited and draft_block.name in fresh:
            text = f"{text}\n\n{KEPT}\n\n{draft_block.body}"
        parts += [old[done : draft_block.start], text.replace("\r\n", "\n").replace("\n", newline)]
        done = draft_block.end
    return "".join([*parts, old[done:]])


def _find_blocks(text: str) -> list[DraftBlock]:
    """Every block in order. Raises NotOurDraft when a marker was changed or has lost its partner."""
    begins = list(BEGIN.finditer(text))
    if len(begins) != len(ANY_BEGIN.findall(text)):
        raise NotOurDraft("one of its cockpit:begin markers was changed", code="marker-changed")
    blocks = []
    limits = [*[begin.start() for begin in begins][1:], len(text)]
    for begin, limit in zip(begins, limits, strict=False):  # a draft without any block has a limit and no begin
        mark = f"\n<!-- cockpit:end {begin['name']} -->"
        end = text.find(mark, begin.end(), limit)
        if end < 0:
            raise NotOurDraft(
                f"the block `{begin['name']}` has lost its cockpit:end marker", code="marker-lost", block=begin["name"]
            )
        body = text[begin.end() : end].strip()
        blocks.append(
            DraftBlock(begin["name"], begin.start(), end + len(mark), body, compute_digest(body) != begin["digest"])
        )
    return blocks


def _refuse_others(old: str, new: str) -> None:
    theirs, ours = NAME.search(old), NAME.search(new)
    if theirs is None or ours is None:
        raise NotOurDraft("it is not a draft that the cockpit wrote", code="not-a-draft")
    if theirs["id"] != ours["id"]:
        raise NotOurDraft(
            f"it is the draft of another incident, {theirs['id']}",
            code="draft-of-another-incident",
            incident=theirs["id"],
        )
