"""Bytes as `hexdump`, `od` and `xxd` print them, read back: so a secret is found in them in any layout.

In words of two bytes and more these are turned around, and beside them stands what is text: expressions for the
characters of a secret find neither. A line that holds a part of a secret is hidden whole.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

Span = tuple[int, int]
DumpPiece = tuple[Span, bytes]  # where the words of a line stand, and the bytes that they say

LARGEST = 1_000_000  # characters of a text that is read as a dump
WORD = r"(?:(?:[0-9A-Fa-f]{2}){1,16}|[0-7]{3}|[0-7]{11}|-?\d{1,20}|\\?[ -~]|[a-z]{2,3})"
BEGINS = rf"[ \t]{{0,8}}[0-9A-Fa-f]{{4,22}}:?[ \t]{{1,8}}{WORD}(?![^\s])"
FIRST_LINE = re.compile(BEGINS)
NEXT_LINE = re.compile(f"\n{BEGINS}")  # one character begins it: the search passes over a line at once
LAST_LINE = re.compile(r"[ \t]*(?:\*|[0-9A-Fa-f]{2,32})[ \t]*\Z")  # one word; `*` is for lines as the one before
UNFINISHED_LINE = re.compile(r"[ \t]{0,8}[0-9A-Fa-f]{4,22}:?(?:[ \t][^\n]{0,200})?\Z")
ADDRESS = re.compile(r"[ \t]*[0-9A-Fa-f]{4,16}(?P<colon>:?)(?=[ \t])")
TEXT_COLUMN = re.compile(r"[ \t]+(?:\|.{0,64}\||>.{0,64}<)[ \t\r]*\Z")
FIELD = 4  # characters of one byte, as `od -c` and `od -a` print it
CONTROLS = (
    "nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us"
)
BYTES_BY_FIELD = {
    **{name: code for code, name in enumerate(CONTROLS.split())},
    "\\0": 0,
    "\\a": 7,
    "\\b": 8,
    "\\t": 9,
    "\\n": 10,
    "\\v": 11,
    "\\f": 12,
    "\\r": 13,
    "sp": 32,
    "": 32,
    "del": 127,
    **{chr(code): code for code in range(33, 127)},
    **{f"{code:03o}": code for code in range(256)},
}


class DumpLayout(NamedTuple):
    """Bytes in words: how one looks, in which base, of how many bytes, and whether the last of these comes first."""

    word: re.Pattern[str]
    base: int
    size: int
    turned: bool


LAYOUTS = (
    *(DumpLayout(re.compile(rf"[0-9A-Fa-f]{{{2 * size}}}"), 16, size, turned=False) for size in (1, 2, 4, 8, 16)),
    *(DumpLayout(re.compile(rf"[0-9A-Fa-f]{{{2 * size}}}"), 16, size, turned=True) for size in (2, 4, 8)),
    *(
        DumpLayout(re.compile(rf"[0-7]{{{digits}}}"), 8, size, turned=True)
        for size, digits in ((1, 3), (2, 6), (4, 11), (8, 22))
    ),
    DumpLayout(re.compile(r"[01]{8}"), 2, 1, turned=True),
    *(
        DumpLayout(re.compile(rf"-?\d{{1,{digits}}}"), 10, size, turned=True)
        for size, digits in ((1, 3), (2, 5), (4, 10), (8, 20))
    ),
)


def may_hold_dump(text: str) -> bool:
    """Whether a line looks like one of a dump: all that is asked of nearly every text."""
    return FIRST_LINE.match(text) is not None or NEXT_LINE.search(text) is not None


def find_dumped(text: str, find: Callable[[bytes], Sequence[Span]]) -> list[Span]:
    """The lines of dumps, without their addresses, in which a part of that stands which `find` finds in bytes.

    In order, and each line once: one whose first word may be an address is read with it and without.
    """
    if not may_hold_dump(text) or len(text) > LARGEST:
        return []
    starts: dict[int, int] = {}  # of the words of a line, by where it ends
    for pieces in _read_dumps(text):
        for first, last in find(b"".join(data for _, data in pieces)):
            for start, end in _find_touched(pieces, first, last):
                starts[end] = min(start, starts.get(end, start))
    return [(starts[end], end) for end in sorted(starts)]


def find_begun_dump(text: str, count_begun: Callable[[bytes], int]) -> int:
    """From where on lines at the end of a text may hold the beginning of a secret; its length where none does.

    `count_begun` says how many bytes at the end of some may be one. A line that has no end yet may be one of a dump.
    """
    line = text.rfind("\n") + 1
    starts = [line if UNFINISHED_LINE.match(text, line) else len(text)]
    if len(text) <= LARGEST and may_hold_dump(text[:line]):
        for pieces in _read_dumps(text[:line]):
            data = b"".join(data for _, data in pieces)
            if pieces[-1][0][1] + 1 == line and (count := count_begun(data)):
                starts += [start for start, _ in _find_touched(pieces, len(data) - count, len(data))]
    return min(text.rfind("\n", 0, start) + 1 if start < len(text) else start for start in starts)


def _read_dumps(text: str) -> Iterator[list[DumpPiece]]:
    """The bytes of each dump in a text, in every layout that some of its lines can be read in."""
    for lines in _find_line_runs(text):
        for is_addressed in (True, False):
            bodies = [_find_body(text, line, is_addressed=is_addressed) for line in lines]
            for read in (*LAYOUTS, None):
                pieces = [
                    (span, data)
                    for span, body in bodies
                    if (data := _read_fields(body) if read is None else _read_words(body, read))
                ]
                if pieces:
                    yield pieces


def _find_line_runs(text: str) -> Iterator[list[Span]]:
    """Lines that follow each other and look like those of a dump."""
    run: list[Span] = []
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        if FIRST_LINE.match(text, position, end) or (run and LAST_LINE.match(text, position, end)):
            run.append((position, end))
        elif run:
            yield run
            run = []
        if not run:
            following = NEXT_LINE.search(text, end)
            end = following.start() if following else len(text)
        position = end + 1
    if run:
        yield run


def _find_body(text: str, line: Span, *, is_addressed: bool) -> tuple[Span, str]:
    """What of a line are words of bytes: without its address, and without what of them is text."""
    start, end = line
    address = ADDRESS.match(text, start, end) if is_addressed else None
    begin = address.end() if address else start
    body = TEXT_COLUMN.sub("", text[begin:end])
    if address and address["colon"]:  # as xxd does it: two blanks before the text, and nowhere else
        body = re.split(r"(?<=\S) {2,}", body, maxsplit=1)[0]
    return (end - len(text[begin:end].lstrip()), end), body


def _read_words(body: str, layout: DumpLayout) -> bytes:
    """b"" for a line in another layout."""
    data = bytearray()
    words = body.split()
    for number, word in enumerate(words):
        if layout.word.fullmatch(word):
            value, size = int(word, layout.base), layout.size
        elif layout.base == 16 and 0 < number == len(words) - 1 and re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", word):
            value, size = int(word, 16), len(word) // 2  # the last one may be shorter
        else:
            return b""
        if not -(256**size) // 2 <= value < 256**size:
            return b""
        data += (value % 256**size).to_bytes(size, "little" if layout.turned else "big")
    return bytes(data)


def _read_fields(body: str) -> bytes:
    """The line of `od -c`, `od -a` or `hexdump -c`; b"" for another."""
    fields = [body[start : start + FIELD].strip() for start in range(0, len(body), FIELD)]
    if not all(field in BYTES_BY_FIELD for field in fields):
        return b""
    return bytes(BYTES_BY_FIELD[field] for field in fields)


def _find_touched(pieces: Sequence[DumpPiece], start: int, end: int) -> Iterator[Span]:
    """The lines that the bytes from `start` to `end` stand in."""
    position = 0
    for span, data in pieces:
        if position < end and start < position + len(data):
            yield span
        position += len(data)
