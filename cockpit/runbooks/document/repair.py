"""Damaged documents, mended for viewing: mis-decoded characters, lost line breaks. The file itself is never written."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

from cockpit.model.runbook import Damage

LONG_LINE = 1_500  # characters; a line this long that holds headings and lists has lost its breaks


def decode_document(raw: bytes) -> str:
    """The text of a document: UTF-8 with or without a mark, UTF-16 with one, else the closest reading of the bytes."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")


def repair_text(text: str) -> tuple[str, Damage]:
    """The text as it was probably written, and what had happened to it. Undamaged text comes back as it is."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if lost_its_breaks(lines):
        return rebuild_lines(lines), Damage.RECONSTRUCTED
    if lines.isascii():
        return lines, Damage.NONE
    mended = undo_mojibake(lines)
    return (mended, Damage.MOJIBAKE) if mended != lines else (lines, Damage.NONE)


@dataclass(frozen=True)
class MisreadEncoding:
    """How UTF-8 looks that was read in a one-byte encoding: sequences of letters that were one."""

    letters: Mapping[str, int]  # the byte that each stands for
    sequence: re.Pattern[str]

    def decode(self, sequence: str) -> str:
        """The letter that a sequence was, "" where it is none."""
        return bytes(self.letters[letter] for letter in sequence).decode("utf-8", "ignore")


@cache
def load_misread_encoding(name: str) -> MisreadEncoding:
    """A byte that the encoding does not know was read as the control of its number, as in Latin-1."""
    letters = {_read_byte(byte, name): byte for byte in range(0x80, 0x100)}
    first = {
        length: "".join(re.escape(letter) for letter, byte in letters.items() if low <= byte <= high)
        for length, low, high in ((2, 0xC2, 0xDF), (3, 0xE0, 0xEF), (4, 0xF0, 0xF4))
    }
    rest = "".join(re.escape(letter) for letter, byte in letters.items() if byte < 0xC0)
    return MisreadEncoding(
        letters, re.compile("|".join(f"[{first[length]}][{rest}]{{{length - 1}}}" for length in (4, 3, 2)))
    )


def _read_byte(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


ENCODINGS = ("cp1252", "mac_roman")
FEWEST_FOREIGN = 5  # letters of another script, and of all that are not ASCII four fifths: a document in that script


def undo_mojibake(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or Mac Roman, turned back.

    Only what becomes a letter of Western Europe, a mark or a symbol: "—é" in a good text is no Cyrillic letter that was
    misread. A whole document in another script is turned back, too.
    """
    foreign_text = sum(letter > "\x7f" for letter in text)
    best, most = text, 0
    for name in ENCODINGS:
        encoding = load_misread_encoding(name)
        sequences = encoding.sequence.findall(text)
        if not sequences:
            continue
        decoded = {sequence: encoding.decode(sequence) for sequence in set(sequences)}
        plain = {sequence for sequence, letter in decoded.items() if _is_likely(letter)}
        if plain != decoded.keys():
            spent = sum(map(len, sequences))
            others = sum(decoded[sequence].isalpha() for sequence in sequences if sequence not in plain)
            if others >= FEWEST_FOREIGN and 5 * spent >= 4 * foreign_text:
                plain = {sequence for sequence, letter in decoded.items() if letter}
        count = sum(len(sequence) for sequence in sequences if sequence in plain)  # letters that it explains
        if count > most:
            most = count
            turned = decoded | {sequence: sequence for sequence in decoded.keys() - plain}
            best = encoding.sequence.sub(partial(_replace_sequence, turned), text)
    return best


def _replace_sequence(letters: Mapping[str, str], match: re.Match[str]) -> str:
    return letters[match[0]]


def _is_likely(letter: str) -> bool:
    """True for a letter of Western and Central Europe, a mark, an arrow, a box, an emoji; also a no-break blank."""
    if not letter:
        return False
    if letter < "\u0180":
        return letter > "\x9f"
    return unicodedata.category(letter)[0] in "PSZ" or letter in "\ufe0f\u200d\u200b\ufeff"


def lost_its_breaks(text: str) -> bool:
    """True for a document whose headings, rules and lists all stand in one or two very long lines."""
    longest = max((line for line in text.split("\n")), key=len, default="")
    if len(longest) < LONG_LINE or text.count("\n") > 5:
        return False
    return len(re.findall(r"(?:^| )#{1,6} \S", longest)) >= 3


# Where a break must have been. Order matters: fences first, so that nothing inside them is taken for a list.
FENCE = re.compile(r" ?(```+)([A-Za-z]*) (.*?) (```+)(?= |$)")
BEFORE_HEADING = re.compile(r" (?=#{1,6} (?:\d|[A-Z]))")
RULE = re.compile(r" (-{3,})(?=\s|$)")
ROW_BREAK = re.compile(r"\| (?=\|)")
NUMBERED = re.compile(r"(?<!#) (?=\d{1,2}\. (?:\*\*)?[A-Z`])")
BULLET = re.compile(r" - (?=\*\*|[A-Z`])")
QUOTE = re.compile(r" > (?=[A-Z])")
LABEL = re.compile(r" (?=\*\*[A-Z][A-Za-z ]+\*\*:)")
HEADING_END = re.compile(
    r"^(#{1,6} .*?)(?= (?:\*\*|\d{1,2}\. |\||> |```|- )|(?<=[a-z)]) (?:For|If|In|Per|Rollback window|Within)\b)(.*)$"
)
COMMAND_START = re.compile(r" (?=# [A-Z])")
TABLE_START = re.compile(r"(?<=[^|]) (?=\|[^|]+\|[^|]+\|)")
TABLE_END = re.compile(r"(\|) (?=[^|\s][^|]*$)")


def rebuild_lines(text: str) -> str:
    """Line breaks put back by the shape of the Markdown. Lossy by nature: the result is for eyes, not for running."""
    fences: list[str] = []

    def keep(match: re.Match[str]) -> str:
        fences.append(f"```{match[2]}\n{command_lines(match[3])}\n```")
        return f"\n\x00{len(fences) - 1}\x00\n"

    flat = FENCE.sub(keep, " ".join(text.split()))
    for where, put in (
        (BEFORE_HEADING, "\n"),
        (RULE, r"\n\n\1\n"),
        (LABEL, "\n\n"),
        (NUMBERED, "\n"),
        (BULLET, "\n- "),
        (QUOTE, "\n> "),
    ):
        flat = where.sub(put, flat)
    lines = [piece for line in flat.split("\n") for piece in split_line(line.strip())]
    spaced = "\n".join(with_blank_lines(lines))
    return re.sub(r"\x00(\d+)\x00", lambda match: fences[int(match[1])], spaced) + "\n"


def split_line(line: str) -> list[str]:
    """A heading from the text that followed it, a table into its rows, and the table from the text around it."""
    if line.startswith("#"):
        heading = HEADING_END.match(line)
        if heading:
            return [heading[1].strip(), *split_line(heading[2].strip())]
    if line.count("|") >= 4:
        before, *rest = TABLE_START.split(line, maxsplit=1) if not line.startswith("|") else ["", line]
        table, *after = TABLE_END.split(rest[0], maxsplit=1) if rest else [line]
        rows = ROW_BREAK.sub("|\n", table + (after[0] if after else "")).split("\n")
        tail = [after[1].strip()] if len(after) > 1 else []
        return [piece for piece in [before.strip(), *rows, *tail] if piece]
    return [line] if line else []


def command_lines(body: str) -> str:
    """A fence's text back on lines: comments start one, and a command follows its comment after the last known word."""
    pieces = COMMAND_START.split(body.strip())
    return "\n\n".join("\n".join(comment_and_commands(piece)) for piece in pieces)


COMMAND_WORD = re.compile(
    r" (?=(?:az|gh|docker|kubectl|curl|alembic|psql|git|helm|terraform|npm|uv|python3?|systemctl|sudo|make|\./\S+) )"
)


def comment_and_commands(piece: str) -> list[str]:
    if not piece.startswith("#"):
        return COMMAND_WORD.split(piece)
    comment, *commands = COMMAND_WORD.split(piece)
    return [comment, *commands]


def with_blank_lines(lines: list[str]) -> list[str]:
    """Blank lines where Markdown needs them: around headings, tables, lists and fences."""
    spaced: list[str] = []
    for line in lines:
        if spaced and classify_line(line) != classify_line(spaced[-1]):
            spaced.append("")
        spaced.append(line)
    return spaced


def classify_line(line: str) -> str:
    if line.startswith("|"):
        return "row"
    if re.match(r"\d{1,2}\. ", line):
        return "numbered"
    return line[:1] if line[:1] in "-#>\x00" else f"text {line}"


# Where text was lost with the line breaks: what stood in angle brackets went as a tag of HTML. Marked, it is asked for.
LOST = "<LOST>"
HOLES = (
    (re.compile(r"(?<=\d|D)-(?=\.\w{2,4}\b)"), f"-{LOST}"),  # `YYYY-MM-DD-.md`
    (re.compile(r"(?<=[\w/]):v(?=\s|`|$)"), f":v{LOST}"),  # `image:v`
    (re.compile(r'\[""\]'), f'["{LOST}"]'),
    (re.compile(r"=(?=\})"), f"={LOST}"),  # `{tool=}`
    (re.compile(r"(?m)(?<=[a-z]-)(?=\s*`?$)"), LOST),  # a name that ends in its joint
    (re.compile(r"(?m)\b(alembic (?:downgrade|upgrade))(?=\s*`?$)"), rf"\1 {LOST}"),
)


def mark_holes(text: str) -> str:
    """The mended text with a placeholder wherever something is known to be missing."""
    for hole, mark in HOLES:
        text = hole.sub(mark, text)
    return text
