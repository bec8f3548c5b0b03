"""Which command reads its standard input where nothing gives it one, and how a document's text is handed to it.

`kubectl apply -f -` alone waits for what somebody types or pastes. Run here it would read nothing at all: an empty
body, an empty crontab, a file made empty. Pure.
"""

from collections.abc import Sequence
from itertools import pairwise

from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.shell_syntax.requirements import WRAPPERS, find_program
from cockpit.runbooks.shell_syntax.types import ShellNesting, SimpleCommand

SIGNS = (
    "-",
    "@-",
    "/dev/stdin",
    "@/dev/stdin",
    "tee",
    "cat ",
    "-stdin",
    "--with-token",
    " load",
    " -s",
    "patch",
    " -x",
    "git a",
)
"""Without one of these nothing of the kind is there: looked for first, as a parse costs more."""

FILE_OPTIONS = frozenset(
    (
        *(
            "-f",
            "--filename",
            "--file",
            "-i",
            "--input",
            "--input-file",
            "--values",
            "-T",
            "--upload-file",
            "--patch-file",
        ),
        *("--body-file", "--data-file", "--from-file", "--manifest", "--template-file", "--policy-document", "-F"),
    )
)
GIVEN_BY_OPTION = frozenset({"--password-stdin", "--with-token", "--token-stdin", "--secret-stdin", "--stdin-password"})
# There `-f -` and a lone `-` are where the output goes, or the folder before.
_WRITERS = (
    "tar bsdtar cpio zip wget gzip pg_dump pg_basebackup mysqldump mongodump cd git su sudo login grep awk cut sort"
)
WRITERS = frozenset(_WRITERS.split())
UNNESTED = frozenset({ShellNesting.PIPE, ShellNesting.LIST})
TAKES_INPUT = frozenset({"<", "<<", "<<-", "<<<", "<>"})


def find_unfed_reader(command: str) -> SimpleCommand | None:
    """The first command in a text that reads its standard input with nothing before it that writes there."""
    if not any(sign in command for sign in SIGNS):
        return None
    blanks = [(blank.start, blank.end) for blank in find_placeholders(command)]
    document = parse_shell(command, masked=blanks)
    if document.errors:
        return None
    return next((simple for simple in document.commands if _reads_unfed(simple)), None)


def feed(command: str, text: str) -> str:
    """The command with the text as a here-document of its reader, as it stands; "" where it cannot be put there."""
    reader = find_unfed_reader(command)
    if reader is None or "\n" in command[reader.end :].strip("\n"):
        return ""
    lines = text.strip("\n").split("\n")
    mark = next(name for name in ("EOF", "END_OF_TEXT", "END_OF_THE_TEXT") if name not in lines)
    head = command[: reader.end].rstrip()
    return f"{head} <<'{mark}'{command[reader.end :].rstrip()}\n" + "\n".join(lines) + f"\n{mark}"


def _reads_unfed(simple: SimpleCommand) -> bool:
    if simple.input_from or not UNNESTED.issuperset(simple.nesting):
        return False
    if any(redirect.operator in TAKES_INPUT and redirect.descriptor in ("", "0") for redirect in simple.redirects):
        return False
    program = find_program(simple)
    texts = [word.text or "" for word in simple.words]
    while texts and (texts[0] in WRAPPERS or texts[0].startswith("-")):
        texts = texts[1:]
    return bool(texts) and _reads(program.rsplit("/", 1)[-1], texts[1:], simple)


def _reads(program: str, arguments: Sequence[str], simple: SimpleCommand) -> bool:
    if any(argument in GIVEN_BY_OPTION for argument in arguments):
        return True
    if any(argument.endswith(("/dev/stdin", "=@-")) or argument == "@-" for argument in arguments):
        return True
    operands = [argument for argument in arguments if not argument.startswith("-") or argument == "-"]
    match program:
        case "tee":
            return True
        case "cat":
            return operands in ([], ["-"]) and any(redirect.writes for redirect in simple.redirects)
        case "docker" | "podman":
            if operands[:1] == ["load"] or operands[:2] == ["image", "load"]:
                return not any(argument.startswith(("-i", "--input")) for argument in arguments)
            if operands[:1] == ["import"]:
                return "-" in operands
        case "bash" | "sh" | "zsh" | "python" | "python3":
            return "-s" in arguments or operands == ["-"]
        case "git":
            return operands in (["apply"], ["am"])
        case "redis-cli":
            return "-x" in arguments
        case "patch":
            return len(operands) < 2 and not any(argument.startswith(("-i", "--input")) for argument in arguments)
        case "crontab" | "vault" | "consul" | "chpasswd":
            return program == "chpasswd" or operands[-1:] == ["-"]
        case "aws":
            return operands[:2] == ["s3", "cp"] and operands[2:3] == ["-"]
    if program in WRITERS:
        return False
    pairs = pairwise(arguments)
    return any(value == "-" and option in FILE_OPTIONS for option, value in pairs) or any(
        option == f"{name}=-" for option in arguments for name in FILE_OPTIONS
    )
