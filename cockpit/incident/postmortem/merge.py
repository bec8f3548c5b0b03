"""The draft as a file that people edit: our blocks are rewritten, everything else is theirs."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from cockpit.incident.postmortem.markdown import Markdown
from cockpit.model.problem import CodedError

NAME = re.compile(r"^<!-- cockpit:draft (?P<id>\S+) -->", re.MULTILINE)
BEGIN = re.compile(
    r"^<!-- cockpit:begin (?P<name>[a-z-]+) (?P<digest>[0-9a-f]{8}(?:[0-9a-f]{4})?) -->[ \t]*\r?$", re.MULTILINE
)
ANY_BEGIN = re.compile(r"^<!-- cockpit:begin ", re.MULTILINE)
ROWS = re.compile(r"^<!-- cockpit:rows (?P<digests>[0-9a-f ]+) -->[ \t]*\r?$", re.MULTILINE)
LABEL = re.compile(r"(?:[-*+] +)?(?:\*\*|__)(?P<text>[^*_\n]+?:)(?:\*\*|__)")  # `- **What changed:** ...`
BREAK = re.compile(r"<br */?>")
FORMS = (
    (BREAK, ""),
    (re.compile(r"\]\(<([^<>\n]*)>\)"), r"](\1)"),  # the address of a link
    (re.compile(r"^[ \t>]*[-=*_|:+ \t\r]+$", re.MULTILINE), ""),  # the line below a heading or a head, or between parts
    (
        re.compile(r"^[ \t]*(?:(?:>|[-*+](?=\s|$)|#{1,6}(?=\s)|~{3,}|`{3,})[ \t]*)+", re.MULTILINE),
        "",
    ),  # ahead of a line
    (re.compile(r"^([ \t]*\d+)[.)](?=\s)", re.MULTILINE), r"\1"),  # of a list that counts
    (re.compile(r"\\"), ""),
    (re.compile(r"(?<![^\W_])_|_(?!_*[^\W_])|\*(?=\S)|(?<=\S)\*"), ""),  # `_` within a word is a letter
    (re.compile(r"[\s|`]"), ""),
)
"""What a formatter may write otherwise, in this order, and what is left of it."""

BLOCK_DIGEST, ROW_DIGEST = 12, 8  # hexadecimal digits; drafts that count words alone hold 8 and 6
MOST_ROWS = 600  # of one block; beyond that a change is kept below the block as a whole
KEPT = "_Edited by hand in an earlier draft, and therefore kept:_"


class NotOurDraft(CodedError):  # noqa: N818  it is the name of what was found
    """A file that must not be written over; the message says why."""


def make_block(name: str, body: str) -> Markdown:
    """`body` between markers that a reader does not see.

    The begin marker tells later whether somebody edited it, the line of rows in which of its rows.
    """
    inner = body.strip("\n")
    units = split_units(inner)
    rows = (
        f"<!-- cockpit:rows {' '.join(map(compute_row_digest, units))} -->\n\n" if 0 < len(units) <= MOST_ROWS else ""
    )
    return Markdown(
        f"<!-- cockpit:begin {name} {compute_digest(inner)} -->\n\n{inner}\n\n{rows}<!-- cockpit:end {name} -->\n"
    )


def compute_digest(body: str) -> str:
    """Of all that a reader sees: what a formatter changes (spaces, escapes, the form of a table) is no edit."""
    return _hash(_strip_form(body), BLOCK_DIGEST)


def compute_row_digest(unit: str) -> str:
    return _hash(_strip_form(unit), ROW_DIGEST)


def _strip_form(text: str) -> str:
    """What a reader sees, without what a formatter may write otherwise. A point, a sign, `~~` say something, too."""
    for form, kept in FORMS:
        text = form.sub(kept, text)
    return text


def _strip_signs(text: str) -> str:
    """The words alone."""
    return re.sub(r"[^\w?!%$€£@]|_", "", BREAK.sub("", text))


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _is_as_written(body: str, digest: str) -> bool:
    """Whether a block still holds what its marker was made of, also by the ways in which older drafts counted."""
    if len(digest) == BLOCK_DIGEST:
        return digest == compute_digest(body)
    oldest = re.sub(r"-+", "-", re.sub(r"\s+", "", body))
    return digest in (_hash(_strip_signs(body), len(digest)), _hash(oldest, len(digest)))


def _digest_like(digests: Sequence[str]) -> Callable[[str], str]:
    """How the rows of a block were counted when it was written."""
    digits = len(digests[0])
    return compute_row_digest if digits == ROW_DIGEST else lambda unit: _hash(_strip_signs(unit), digits)


def split_units(body: str) -> list[str]:
    """The pieces that are merged one by one: each row of a table with its head as the first, each item of a list, else
    a paragraph or another block.
    """
    from markdown_it import MarkdownIt  # only an export needs it

    lines = body.split("\n")
    cuts: list[int] = []
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.map is None or token.nesting < 0:
            continue
        is_row = token.type == "tr_open" and token.level == 2
        is_top = token.level == 0 and token.type not in ("bullet_list_open", "table_open")
        is_item = token.type == "list_item_open" and token.level == 1
        if is_top or is_row or is_item:
            cuts.append(token.map[0])
    cuts = sorted({0, *cuts})  # what makes no token, such as the address of a link, stands with what is before it
    pieces = ("\n".join(lines[begin:end]).strip("\n") for begin, end in pairwise([*cuts, len(lines)]))
    return [piece for piece in pieces if piece.strip()]


def _join_units(units: Sequence[str]) -> str:
    """Rows of one table and items of one list stand close, everything else has an empty line between."""
    text = ""
    for before, unit in pairwise(["", *units]):
        is_head = unit.startswith("|") and "\n" in unit  # of another table
        close = bool(before) and before[:1] == unit[:1] and unit[:1] in "|-" and not is_head
        text += unit if not text else f"{chr(10) if close else chr(10) * 2}{unit}"
    return text


@dataclass(frozen=True, slots=True)
class DraftBlock:
    """One of our blocks as it stands in a text, from `start` to `end`; `edited` when its words are no longer ours."""

    name: str
    start: int
    end: int
    body: str
    edited: bool
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedDraft:
    """`notes` say, a sentence each, what was kept of what people changed in our blocks."""

    text: str
    notes: tuple[str, ...] = ()


HEADING = re.compile(r"^# [^\r\n]*", re.MULTILINE)


def merge_drafts(old: str, new: str) -> str:
    """The text of `merge_with_notes`. Raises NotOurDraft."""
    return merge_with_notes(old, new).text


def merge_with_notes(old: str, new: str, former_headings: Iterable[str] = ()) -> MergedDraft:
    """`old` with our blocks as they are in `new`.

    What somebody changed in a block is merged row by row; where a new fact changed the same row, both stay. A block of
    which that cannot be decided is replaced, and their version kept below it. A block that somebody deleted stays away.
    The heading stands in no block: it is ours as long as it is one of `former_headings`, which older drafts had.
    Raises NotOurDraft when `old` is not a draft of the same incident with its markers whole.
    """
    _refuse_others(old, new)
    old = _renew_heading(old, new, former_headings)
    fresh = {item.name: item for item in _find_blocks(new)}
    newline = "\r\n" if "\r\n" in old else "\n"
    parts, done, notes = [], 0, list[str]()
    blocks = _find_blocks(old)
    for block in blocks:
        text = old[block.start : block.end]
        if (ours := fresh.get(block.name)) is not None:
            text = new[ours.start : ours.end]
            if block.edited:
                text = _merge_block(block, ours, text, notes)
        parts += [old[done : block.start], text.replace("\r\n", "\n").replace("\n", newline)]
        done = block.end
    known_names = {block.name for block in blocks}
    missing = [name for name in fresh if name not in known_names]
    if missing and blocks:
        notes.append(f"taken out by hand, and left out: {', '.join(missing)}")
    return MergedDraft("".join([*parts, old[done:]]), tuple(notes))


def _renew_heading(old: str, new: str, former_headings: Iterable[str]) -> str:
    """`old` with the heading of `new` where its own, above the mark of the draft, is one that the cockpit wrote."""
    mark, ours, theirs = NAME.search(old), HEADING.search(new), HEADING.search(old)
    if mark is None or ours is None or theirs is None or theirs.start() > mark.start():
        return old
    if compute_digest(theirs[0]) not in {compute_digest(heading) for heading in former_headings}:
        return old
    return f"{old[: theirs.start()]}{ours[0]}{old[theirs.end() :]}"


def _merge_block(theirs: DraftBlock, ours: DraftBlock, text: str, notes: list[str]) -> str:
    """Our new block with what they changed in the old one. Where its rows are not known theirs stands below it."""
    if not theirs.rows or not ours.rows:
        notes.append(f"{theirs.name}: changed by hand; your version is kept below the new one")
        return f"{text}\n\n{KEPT}\n\n{theirs.body}"
    from merge3 import Merge3

    their_units = split_units(theirs.body.replace("\r\n", "\n"))
    our_units = split_units(ours.body)
    base, digest = list(theirs.rows), _digest_like(theirs.rows)
    by_digest = {digest(unit): unit for unit in (*their_units, *our_units)}
    merge = Merge3(base, [*map(digest, their_units)], [*map(digest, our_units)])
    units: list[str] = []
    kept = twice = 0
    for region in merge.merge_regions():
        match region:
            case ("unchanged", start, end):
                units += [by_digest[each] for each in base[start:end]]
            case ("a" | "same", start, end):
                units += their_units[start:end]
                kept += 1
            case ("b", start, end):
                units += our_units[start:end]
            case ("conflict", start, end, their_start, their_end, our_start, our_end):
                both = _merge_by_first_cell(
                    set(base[start:end]), their_units[their_start:their_end], our_units[our_start:our_end], digest
                )
                units += both.units
                kept, twice = kept + both.kept, twice + both.twice
    if kept:
        notes.append(f"{theirs.name}: what you changed is kept")
    if twice:
        notes.append(f"{theirs.name}: you and new facts changed the same; both are in it")
    begin, end = text.index("-->") + 3, text.rindex("<!-- cockpit:rows")
    return f"{text[:begin]}\n\n{_join_units(units)}\n\n{text[end:]}"


@dataclass(frozen=True, slots=True)
class MergedUnits:
    units: list[str]
    kept: int
    twice: int


def _merge_by_first_cell(
    base: Set[str], theirs: Sequence[str], ours: Sequence[str], digest: Callable[[str], str]
) -> MergedUnits:
    """Neighbouring changes of both, told apart by the first cell of a row; `base` are the digests of the old units.

    Several rows may begin with the same cell, as what happened in one second does: each has one counterpart at most,
    and what they wrote and have none for is put in.
    """
    left = [KnownRow(unit, digest(unit), _read_key(unit)) for unit in theirs]
    rows = [KnownRow(unit, digest(unit), _read_key(unit)) for unit in ours]
    same = [_take_row(left, [row.digest == other.digest for other in left]) for row in rows]
    units: list[str] = []
    kept = twice = 0
    ends: dict[str, int] = {}  # of ours, by key: where the next one stands
    for row, found in zip(rows, same, strict=True):
        is_old = row.digest in base  # then they changed it, and not into another old one
        fits = [row.key == other.key and not (is_old and other.digest in base) for other in left]
        other = found or _take_row(left, fits)
        if other is None:
            units += [] if is_old else [row.text]  # what they took out stays out
        elif row.digest == other.digest or other.digest in base:
            units.append(row.text)
        elif is_old:
            units.append(other.text)
            kept += 1
        else:
            units += [row.text, other.text]
            twice += 1
        ends[row.key] = len(units)
    edits = [other.text for other in left if other.digest not in base]
    for unit in reversed(edits):
        units.insert(_find_place(unit, theirs, ours, ends, len(units)), unit)
    return MergedUnits(units, kept + bool(edits), twice)


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A unit, what it is compared by, and what it is found by."""

    text: str
    digest: str
    key: str


def _take_row(rows: list[KnownRow], fits: Sequence[bool]) -> KnownRow | None:
    """The first row that fits, taken out of the list; None where none does."""
    return rows.pop(fits.index(True)) if True in fits else None


def _find_place(unit: str, theirs: Sequence[str], ours: Sequence[str], ends: Mapping[str, int], last: int) -> int:
    """Where an edit stands of which no row of ours is known to be the same: behind the row in whose place it stood, or
    behind its neighbour of before; else at the end."""
    index = theirs.index(unit)
    if len(theirs) == len(ours):
        return ends[_read_key(ours[index])]
    return next((ends[key] for row in reversed(theirs[:index]) if (key := _read_key(row)) in ends), last)


def _read_key(unit: str) -> str:
    """What tells a row from its neighbours: its first cell, or the words that it begins with in bold; of other units
    all of their words."""
    if unit.startswith("|") and unit.count("|") > 1:
        return _strip_signs(unit.split("|")[1])
    label = LABEL.match(unit)
    return _strip_signs(label["text"]) if label else compute_row_digest(unit)


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
        rows = ROWS.search(body)
        if rows is not None:
            body = f"{body[: rows.start()]}{body[rows.end() :]}".strip()
        is_ours = _is_as_written(body, begin["digest"])
        digests = tuple(rows["digests"].split()) if rows else ()
        blocks.append(DraftBlock(begin["name"], begin.start(), end + len(mark), body, not is_ours, digests))
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
