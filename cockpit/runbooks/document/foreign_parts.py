"""What stands among commands and is none: a body of JSON, a part of a configuration file, a list of boxes. Pure."""

import json
import re
from collections.abc import Sequence

BEGINS_JSON = re.compile(r"[ \t]*[{\[]")
# `http {`, `location /api {`, `resource "aws_instance" "web" {`: no function, no group of a shell.
BEGINS_BLOCK = re.compile(
    r"[ \t]*(?!(?:function|do|then|else|time|coproc|case|select|for|while|until|if)\b)[a-z][\w-]*"
    r"(?:[ \t]+(?:[\w./~^$:*=@-]+|\"[^\"\n]*\")){0,6}[ \t]*\{[ \t]*(?:#.*)?"
)
JSON_BEGINS = re.compile(r"\s*(?:\{\s*\"[^\"\n]*\"\s*:|\[\s*(?:\{\s*\"|\"[^\"\n]*\"\s*,))")
PART_OF_CONFIGURATION = re.compile(r"\s*(?:[#;][^\n]*\n\s*)*\[[A-Za-z][\w. -]*\][ \t]*\n")
REQUEST_LINE = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:GET|HEAD|POST|PUT|PATCH|DELETE)[ \t]+[/_\w]\S*[ \t]*(?:\n|$)")
BOX = re.compile(r"[ \t]*(?:[-*+][ \t]+)?\[[ xX]?\][ \t]+\S")
# `replicas = 3`, `db_name = "x"`: a setting. A shell would look for a program of that name.
SETTING = re.compile(r"[ \t]*[A-Za-z_][\w.-]*[ \t]+=[ \t]+(?:[\w\"'\[{./-][^;&|]*)?")
# What stands alone on a line and is no program: a variable's name, a prompt behind which nothing was typed, how `tree`
# ends.
NAME_ALONE = re.compile(
    r"[ \t]*(?:[A-Z][A-Z0-9]*(?:_\w+)+|(?:[\w.-]+|I have no name!)@[\w.-]+(?::\S*)?[ \t]*[$#]|\[[^\]\n]+@[^\]\n]+\][$#]"
    r"|\d+ director(?:y|ies), \d+ files?)[ \t]*"
)
# A sentence: `The pods restart one by one.`
PROSE = re.compile(r"[ \t]*[A-Z][a-z']+(?:[ \t]+[\w'’(),%-]+){2,40}[.!:]")
NO_SIGN_OF_PROSE = re.compile(r"\s--?\w")
# Each begins with a letter that the search can leap to: it is what most blocks are asked.
MAY_BE_PROSE = re.compile(r"\n[ \t]*[A-Z][a-z']+[ \t]+[\w'(]")
MAY_BE_NAME_ALONE = re.compile(r"(?m)\n[ \t]*[A-Z0-9]+_\w+[ \t]*$")
MAY_END_ALONE = re.compile(r"(?m)[$#][ \t]*$|, \d+ files?[ \t]*$")
BARE_BRACE = re.compile(r"[ \t]*[{\[][ \t]*")
FIELD = re.compile(r"[ \t]*(?:\"[^\"\n]+\"[ \t]*:|\{)")  # of JSON as people write it: with dots, or a comma too many
LONGEST_PART = 400  # lines


def may_hold_foreign_part(content: str) -> bool:
    """False where a block surely holds none: what most blocks are asked first."""
    if "{" in content or "[" in content or " = " in content:
        return True
    lines = f"\n{content}"  # so that each begins behind the end of a line
    if MAY_BE_PROSE.search(lines) or ("_" in content and MAY_BE_NAME_ALONE.search(lines)):
        return True
    return ("$" in content or "#" in content or " file" in content) and MAY_END_ALONE.search(content) is not None


def find_foreign_parts(lines: Sequence[str]) -> dict[int, int]:
    """The first lines of such parts with their last ones. Whether a part is inside a command is for the caller to say.

    JSON counts where it is whole, a block of configuration where its braces close.
    """
    parts: dict[int, int] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        end = -1
        if (
            BOX.match(line)
            or NAME_ALONE.fullmatch(line)
            or (PROSE.fullmatch(line) and not NO_SIGN_OF_PROSE.search(line))
        ):
            end = index
        elif SETTING.fullmatch(line):
            end = next(
                (row - 1 for row in range(index, len(lines)) if not SETTING.fullmatch(lines[row])), len(lines) - 1
            )
        elif BEGINS_JSON.match(line):
            end = _find_end_of_json(lines, index)
            if end < 0 and BARE_BRACE.fullmatch(line) and index + 1 < len(lines) and FIELD.match(lines[index + 1]):
                end = _find_end_of_block(lines, index)
        elif BEGINS_BLOCK.fullmatch(line):
            end = _find_end_of_block(lines, index)
        if end >= index:
            parts[index] = end
            index = end
        index += 1
    return parts


def begins_with_foreign_part(content: str) -> str:
    """What a block begins with that no shell reads, in words; "" for a block of commands."""
    if REQUEST_LINE.match(content):
        return "it is a request of HTTP, with what is sent below it"
    if not may_hold_foreign_part(content):
        return ""
    if PART_OF_CONFIGURATION.match(content):
        return "it is a part of a configuration file"
    if JSON_BEGINS.match(content):
        return "it is JSON"
    lines = content.splitlines()
    first_lines = (index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    first = next(first_lines, None)
    if first is None:
        return ""
    if all(NAME_ALONE.fullmatch(line) for line in lines[first:] if line.strip() and not line.lstrip().startswith("#")):
        return "it names something and does nothing"
    if BOX.match(lines[first]):
        return "it is a list of boxes to tick"
    if all(PROSE.fullmatch(line) and not NO_SIGN_OF_PROSE.search(line) for line in lines if line.strip()):
        return "it is a text"
    if all(SETTING.fullmatch(line) for line in lines[first:] if line.strip() and not line.lstrip().startswith("#")):
        return "it is a part of a configuration file"
    if BEGINS_BLOCK.fullmatch(lines[first]) and _find_end_of_block(lines, first) >= first:
        return "it is a part of a configuration file"
    return ""


def _find_end_of_json(lines: Sequence[str], start: int) -> int:
    """The line that a value of JSON ends with which begins at this one, -1 where it is none."""
    text = "\n".join(lines[start : start + LONGEST_PART])
    text = text[len(text) - len(text.lstrip()) :]
    try:
        value, length = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return -1
    rest = text[length:].split("\n", 1)[0]
    return start + text.count("\n", 0, length) if value and not rest.strip(" \t,;") else -1


def _find_end_of_block(lines: Sequence[str], start: int) -> int:
    """The line of the brace that closes the one at the end of this line, -1 where there is none."""
    depth = 0
    for index in range(start, min(len(lines), start + LONGEST_PART)):
        depth += lines[index].count("{") - lines[index].count("}")
        if depth <= 0:
            return index if lines[index].strip().startswith("}") else -1
    return -1
