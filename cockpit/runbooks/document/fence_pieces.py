"""A fence of commands cut into comments and whole commands: the fence is never the step.

Where its grammar ends a statement, a piece ends; what stands between commands and is none (SQL, JSON, what was printed)
is told from them first, and below a prompt all that was not typed is what the command is expected to print.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from cockpit.model.text import SHORT_LINE, clean_line, clean_text, clean_unmasked
from cockpit.runbooks.document.foreign_parts import find_foreign_parts, may_hold_foreign_part
from cockpit.runbooks.document.prompts import (
    CONTINUED_PROMPT,
    NAMES_FOLDER,
    PROMPT,
    ROOT_PROMPT,
)
from cockpit.runbooks.document.typed_lines import (
    ENGLISH,
    LIKE_OUTPUT,
    begins_with_program,
    is_known_program,
)
from cockpit.runbooks.shell_syntax import ShellDocument
from cockpit.runbooks.shell_syntax.parse import holds_plain_lines
from cockpit.runbooks.shell_syntax.placeholders import list_masked_spans, parse_masked
from cockpit.runbooks.shell_syntax.words import find_quotes

OPTION = re.compile(r"--?[A-Za-z]")
# Lines of a block of commands that no shell would read: what was printed was pasted with them.
PRINTED = re.compile(
    r"""(?x) ^\s* (?:
      [a-z][\w.-]*/[\w.:-]+\ (?:created|configured|unchanged|deleted|patched|scaled|restarted|labeled|annotated|exposed
        |replaced|cordoned|uncordoned|drained|evicted|pruned|condition\ met|rolled\ back
        |(?:image|env|resource\ requirements)\ updated
        |serverside-applied|autoscaled|tainted|edited)(?:\ \([^)]*\))?\s*$
    | [\w/.-]+:(?:\s|$)                        # `Type: CNAME`, `images:`
    | \w[\w+.-]*://\S+\s*$
    | -{3,}\s*$
    | \[?\s*(?:\.\.\.|…)\s*\]?(?:\s|$)          # "and so on"
    | /dev/\S+\ on\ \S+                         # of `mount`
    | \[[A-Za-z][\w.\ -]*\]\s*$                 # the head of a part of a configuration file
    | (?:[\d*/,-]+[ \t]+){4}[\w*/,-]+[ \t]+\S    # a line of a crontab
    | @(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually)[ \t]+\S
    | top\ -\ \d\d:\d\d
    )"""
)
AND_SO_ON = re.compile(r"\s*(?:\.\.\.|…|\[\s*(?:\.\.\.|…)\s*\])\s*")
SQL = re.compile(
    r"(?m)^[ \t]*(?:SELECT\s+\S|INSERT\s+INTO\b|UPDATE\s+[\w.\"]+\s+SET\b|DELETE\s+FROM\b"
    r"|TRUNCATE\s+TABLE\b|VACUUM\b|REINDEX\b"
    r"|(?:ALTER|DROP|CREATE)\s+(?:TABLE|INDEX|USER|ROLE|DATABASE|VIEW|SUBSCRIPTION|PUBLICATION|SCHEMA|SYSTEM)\b"
    r"|(?:GRANT|REVOKE)\s+[A-Z]|WITH\s+\w+\s+AS\b|EXPLAIN\s+[A-Z])"
)
COLUMNS = re.compile(r"\S(?:\s{2,}|\t)\S")
TABLE_HEAD = re.compile(r"^\s*[A-Z][A-Z0-9_()%/-]+(?: [A-Z0-9_()%/-]+)*(?:(?:\s{2,}|\t)[A-Z][A-Z0-9_()%/ -]*)+\s*$")
A_SIGN_OF_TYPING = re.compile(r"\s-{1,2}\w|[|=<>$\"'`#;&\\]")
A_SIGN_IN_A_TABLE = re.compile(r"\s-{1,2}\w|[|$\"'`#;&\\]|(?<!\w)>|<(?![\w-]+>)")
# What a command said, below it: "No resources found.", "INSTANCE GROUPS", "Using cluster from ...", a quoted name.
SENTENCE = re.compile(r"(?:[A-Z][a-z]+(?:\s+[\w'\":.,()-]+){2,}|[A-Z]{2,}(?:\s+[A-Z]{2,})+)\s*$")
QUOTED = re.compile(r"\"[^\"$`\\]*\"\s*$")
NUMBERED_CELL = re.compile(r"(?:\s{2,}|\t)\d+(?:[./:]\d+|[smhd%]\b|\s{2,}|$)")
FEWEST_COLUMNS = 3  # of a line without a head above it
ARROW = re.compile(r"(?<=\s)[→⇒➜⟶←](?=\s)")  # that a shell would hand to the program as a word
EXPLAINED = "an arrow stands in it, and words behind it: take out what is no part of the command"
A_PART = re.compile(r"(?:(?:\.\.\.|…)\s+(?:\\\n\s*)?)?--?[A-Za-z]")  # `--zone=eu`, `... \` and options below it
PART_OF_A_COMMAND = (
    "it begins with an option, not with a program: it shows a part of a command. Write the whole command"
)
LONGEST_TYPED = 40  # lines of one command below a prompt
Shape = Literal["comment", "command", "blank", "sql", "foreign"]


class Piece(NamedTuple):
    """A comment line, a whole command, a blank line, SQL among commands; `line` counts from 0 within the fence.

    A tuple, as a large document has ten thousand: a frozen dataclass takes four times as long to make.
    """

    shape: Shape
    text: str
    line: int
    output: str = ""  # what a console fence shows below the command
    altered: bool = False  # cleaning changed it
    unparsed: str = ""  # why it is only to be looked at


def split_fence(content: str, language: str) -> list[Piece]:
    """The pieces of a fence in order, cut where its grammar ends a statement. Joined, their lines are the fence.

    A fence that is not in the grammar is one piece that never runs: where its commands end is not known.
    """
    content = content.replace("\r\n", "\n")
    if language == "console":
        return split_console(content)
    lines = content.split("\n")
    parts = find_foreign_parts(lines) if language == "bash" and may_hold_foreign_part(content) else {}
    if language == "bash" and not parts and SQL.search(content) is None and is_cut_by_lines(content):
        starts = ((index, line.lstrip(" \t")) for index, line in enumerate(lines))
        return cut_lines(lines, {index: index for index, line in starts if line and line[0] != "#"}, language)
    document = parse_masked(content, language)
    if language == "bash" and (joined := join_wrapped_options(content, document)) != content:
        content, document = joined, parse_masked(joined, language)
    lines = content.split("\n")
    sql: dict[int, int] = {}
    foreign: dict[int, int] = {}
    if parts and (parts := find_foreign_parts(lines)):
        foreign, content, document = take_foreign_parts(parts, lines, content, document)
    printed = frozenset(number for first, last in foreign.items() for number in range(first, last + 1))
    if language == "bash" and SQL.search(content):
        sql, content, document = take_sql(lines, content, document)
    if language == "bash" and document.errors:
        without, document = parse_without_printed_lines(content.split("\n"), document)
        printed |= without
    if document.errors:
        error = document.errors[0]
        text = clean_line(lines[min(error.line, len(lines) - 1)].strip(), 60)
        where = f"line {error.line + 1} of this block is not {language} ({error.reason}, at `{text}`)"
        reason = f"{where}: nobody can say what it would do. Edit it, or mend the document"
        return [make_command_piece(content, 0)._replace(unparsed=reason)]
    return cut_lines(lines, statement_lines(document), language, printed, sql, foreign)


def is_cut_by_lines(content: str) -> bool:
    """Whether each line is a comment or one whole command. Most blocks are as they stand, whatever is a placeholder in
    them; of the others some are once these are words.
    """
    return holds_plain_lines(content, ()) or holds_plain_lines(content, list_masked_spans(content))


def cut_lines(
    lines: list[str],
    ends: dict[int, int],
    language: str,
    printed: frozenset[int] = frozenset(),
    sql: Mapping[int, int] = MappingProxyType({}),
    foreign: Mapping[int, int] = MappingProxyType({}),
) -> list[Piece]:
    """The pieces of a fence: `ends` are the first lines of its statements with their last ones, `sql` those of SQL,
    `foreign` those of other parts that no shell reads: right below a command they are what it prints.
    """
    if language == "bash":
        printed |= find_printed_lines(lines, ends)
    pieces: list[Piece] = []
    index = 0
    while index < len(lines):
        end = sql.get(index, ends.get(index, index)) + 1
        text = "\n".join(lines[index:end])
        if index in sql:
            pieces.append(Piece("sql", clean_unmasked(text).strip("\n"), index))
            index = end
            continue
        if index in foreign and not (pieces and pieces[-1].shape == "command"):
            end = foreign[index] + 1
            pieces.append(Piece("foreign", clean_unmasked("\n".join(lines[index:end])).strip("\n"), index))
            index = end
            continue
        if index in printed and AND_SO_ON.fullmatch(text):
            pieces.append(Piece("blank", "", index))
        elif index in printed and pieces and pieces[-1].shape == "command":
            pieces[-1] = pieces[-1]._replace(output=f"{pieces[-1].output}\n{clean_text(text)}".strip("\n"))
        elif index in ends and index not in printed:
            pieces.append(make_command_piece(text, index))
        elif not text.strip():
            pieces.append(Piece("blank", "", index))
        else:
            pieces.append(Piece("comment", clean_comment(text), index))
        index = end
    return pieces


def clean_comment(line: str) -> str:
    """What a comment says. A short one becomes a title, and is searched once for both."""
    if len(line) <= SHORT_LINE and line.isprintable():
        return clean_line(line.strip().strip("<>").lstrip("#").strip())
    return clean_text(line).strip().strip("<>").lstrip("#").strip()


def take_sql(lines: list[str], content: str, document: ShellDocument) -> tuple[dict[int, int], str, ShellDocument]:
    """SQL that stands bare among commands, by its first and last lines, and the block without it.

    It is for the session of a database that somebody has open: a shell would look for a program `SELECT`. What stands
    in quotes or in a here-document of a command is that command's.
    """
    ends: dict[int, int] = {}
    index = 0
    while index < len(lines):
        if SQL.match(lines[index]):
            end = index
            while end + 1 < len(lines) and not lines[end].rstrip().endswith(";") and lines[end + 1].strip():
                end += 1
            ends[index] = end
            index = end
        index += 1
    without, again = _leave_out(ends, lines)
    return (ends, without, again) if ends and again else ({}, content, document)


def take_foreign_parts(
    parts: dict[int, int], lines: list[str], content: str, document: ShellDocument
) -> tuple[dict[int, int], str, ShellDocument]:
    """The JSON and the configuration that stand bare among commands, by their first and last lines, and the block
    without them."""
    without, again = _leave_out(parts, lines)
    return (parts, without, again) if again is not None else ({}, content, document)


def _leave_out(parts: Mapping[int, int], lines: list[str]) -> tuple[str, ShellDocument | None]:
    """The block without these lines, and None where it does not parse then or where one of them belongs to a command:
    what stands in quotes or in a here-document is no comment there.
    """
    taken = {number for first, last in parts.items() for number in range(first, last + 1)}
    without = "\n".join("#" * max(1, len(line)) if number in taken else line for number, line in enumerate(lines))
    again = parse_masked(without, "bash")
    starts = {without.count("\n", 0, comment.start) for comment in again.comments}
    return without, again if not again.errors and taken <= starts else None


def parse_without_printed_lines(lines: list[str], document: ShellDocument) -> tuple[frozenset[int], ShellDocument]:
    """The block read again with what was printed left out, where that is all that is wrong with it."""
    printed = find_printed_lines(lines, {index: index for index in range(len(lines))})
    kept = "\n".join("#" * len(line) if index in printed else line for index, line in enumerate(lines))
    again = parse_masked(kept, "bash") if printed else document
    return (frozenset(), document) if again.errors else (printed, again)


def find_printed_lines(lines: list[str], ends: dict[int, int]) -> frozenset[int]:
    """The statements of one line that are no commands: a row of a table, `service/api created`, `└── key.pem`."""
    printed: set[int] = set()
    in_table = below_command = False
    for index, line in enumerate(lines):
        if not line.strip():
            in_table = False
        elif ends.get(index) == index:
            below_command = below_command or (index > 0 and begins_with_program(lines[index - 1]))
            in_table = in_table or TABLE_HEAD.match(line) is not None
            sign = line.lstrip()[0]
            drawn = not sign.isascii() and unicodedata.category(sign) in ("So", "Sm")
            goes_on = index - 1 in printed and line[0] in " \t" and not begins_with_program(line.strip())
            says = below_command and (SENTENCE.match(line) or QUOTED.match(line)) and not begins_with_program(line)
            continued = CONTINUED_PROMPT.match(line)
            says = says or (continued is not None and begins_with_program(line[continued.end() :]))
            if drawn or says or goes_on or PRINTED.match(line) or _is_row(line, in_table=in_table):
                printed.add(index)
    return frozenset(printed)


def _is_row(line: str, *, in_table: bool) -> bool:
    """True for columns, below a head of capitals or with a number of their own, that no program begins."""
    if "  " not in line and "\t" not in line and line.isascii():  # most commands: one column
        return False
    columns = len(COLUMNS.findall(line)) + 1
    if columns < (2 if in_table else FEWEST_COLUMNS):
        return False
    signs = A_SIGN_IN_A_TABLE if in_table and columns >= FEWEST_COLUMNS else A_SIGN_OF_TYPING  # `<none>`, `arch=amd64`
    if signs.search(line) or begins_with_program(line.strip()):
        return False
    return in_table or NUMBERED_CELL.search(line) is not None


def join_wrapped_options(content: str, document: ShellDocument) -> str:
    """The text with a backslash where a command was wrapped without one: no command begins with an option."""
    starts = {
        content.count("\n", 0, statement.start)
        for statement in document.statements
        if OPTION.match(statement.text) and content[: statement.start].rpartition("\n")[2].strip() == ""
    }
    lines = content.split("\n")
    for index in sorted(starts):
        before = lines[index - 1].rstrip() if index else ""
        if before and not before.lstrip().startswith("#"):
            lines[index - 1] = f"{before} \\"
    return "\n".join(lines)


def statement_lines(document: ShellDocument) -> dict[int, int]:
    """For each line that begins a command, its last line. Statements that share a line are one command."""
    ends: dict[int, int] = {}
    first = last = -1
    line = place = 0
    for statement in document.statements:
        gap = document.text[place : statement.start]
        line += gap.count("\n")
        place = statement.start
        end = line + statement.text.count("\n")
        if line > last and not gap.rstrip(" \t").endswith("\\\n"):  # `date ; \` and its next line
            first = line
        last = max(last, end)
        ends[first] = last
    return ends


def make_command_piece(raw: str, line: int, output: str = "") -> Piece:
    text = clean_unmasked(raw).strip("\n")
    unparsed = "" if text.isascii() or not explains_itself(text) else EXPLAINED
    start = text.lstrip()
    if start[:1] in ("-", ".", "…") and A_PART.match(start):
        unparsed = PART_OF_A_COMMAND
    return Piece("command", text, line, output, altered=text != raw.strip("\n"), unparsed=unparsed)


def explains_itself(command: str) -> bool:
    """True for a line that says behind an arrow what its command does: `git pull    → git fetch + git merge`."""
    inside = find_quotes(command)
    return any(not inside[match.start()] for match in ARROW.finditer(command))


def split_console(content: str) -> list[Piece]:
    """Prompt lines are commands, all else up to the next prompt is what they are expected to print."""
    pieces: list[Piece] = []
    lines = content.splitlines()
    find_typed = make_prompt_finder(lines)
    comments = find_typed is not find_behind_root_prompt
    index = 0
    while index < len(lines):
        start = find_typed(lines[index])
        if start < 0:
            if comments and lines[index].startswith("# "):
                pieces.append(Piece("comment", clean_text(lines[index]).lstrip("#").strip(), index))
            index += 1
            continue
        bare = [lines[index][start:], *(line.removeprefix("> ") for line in lines[index + 1 : index + LONGEST_TYPED])]
        length = count_typed_lines(bare)
        end = index + length
        while end < len(lines) and find_typed(lines[end]) < 0 and not (comments and lines[end].startswith("# ")):
            end += 1
        output = clean_text("\n".join(lines[index + length : end])).strip()
        pieces.append(make_command_piece("\n".join(bare[:length]), index, output))
        index = end
    return pieces


def make_prompt_finder(lines: list[str]) -> Callable[[str], int]:
    """What says from which letter on a line was typed, -1 for output: a prompt, `# ` of root, or a known program."""
    if any(PROMPT.match(line) for line in lines):
        return find_behind_prompt
    if any(begins_with_program(line) for line in lines if not line.startswith((" ", "\t"))):
        return find_program_line
    return find_behind_root_prompt


def find_behind_prompt(line: str) -> int:
    prompt = PROMPT.match(line)
    if prompt is None:
        return -1
    folder = NAMES_FOLDER.match(line)
    if folder and not is_known_program(line[prompt.end() :].split()[0]) and begins_with_program(line[folder.end() :]):
        return folder.end()
    return prompt.end()


def find_behind_root_prompt(line: str) -> int:
    prompt = ROOT_PROMPT.match(line)
    return prompt.end() if prompt else -1


def find_program_line(line: str) -> int:
    is_typed = not line.startswith((" ", "\t")) and begins_with_program(line) and not PRINTED.match(line)
    return 0 if is_typed else -1


def count_typed_lines(lines: list[str]) -> int:
    """How many lines the command takes that begins with the first, below a prompt: until it is finished."""
    for count in range(1, len(lines) + 1):
        text = "\n".join(lines[:count])
        backslashes = len(text) - len(text.rstrip("\\"))
        if backslashes % 2 == 0 and not parse_masked(text, "bash").errors:
            return count
    return 1


def find_commands_among_output(output: str) -> Iterator[str]:
    """Lines below a prompt that read like commands: whoever wrote them may have left out their prompt."""
    for line in output.splitlines():
        words = line.split(maxsplit=1)
        if len(words) == 2 and words[0] not in ENGLISH and begins_with_program(line) and not LIKE_OUTPUT.search(line):
            yield line


def trailing_comment(text: str, language: str) -> tuple[str, str]:
    """A one-line command and the comment behind it: `open http://x  # Grafana`."""
    if "\n" in text or "#" not in text:
        return text, ""
    document = parse_masked(text, language)
    comment = document.comments[-1] if document.comments and not document.errors else None
    if comment is None or not re.match(r"#\s", comment.text) or comment.end != len(text.rstrip()):
        return text, ""
    return text[: comment.start].rstrip(), comment.text[1:].strip()
