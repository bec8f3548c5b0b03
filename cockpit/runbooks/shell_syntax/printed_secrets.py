"""Commands that print a bare secret: what a vault was asked for, and nothing beside it by which it could be known.

Asked before a step runs. Total: a text that does not parse prints what its parts would.
"""

import re

from cockpit.runbooks.shell_syntax.fetched_secrets import FETCHES, list_fetched_secrets
from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.types import ShellNesting, ShellRedirect, ShellStatement, SimpleCommand

WRAPPERS = frozenset(
    ("sudo", "env", "timeout", "time", "nice", "nohup", "command", "exec", "ssh", "bash", "sh", "docker")
)
PASSING = frozenset(
    (
        *("awk", "base32", "base64", "cat", "column", "cut", "fold", "gawk", "grep", "gunzip", "head", "jq", "nl"),
        *("openssl", "paste", "perl", "python", "python3", "rev", "sed", "sort", "tac", "tail", "tee", "tr"),
        *("xargs", "xxd", "yq"),
    )
)
"""Programs that print what they read, or a part or another form of it."""
TERMINALS = ("/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2")
PRINTERS = frozenset(("echo", "printf"))
QUERY = re.compile(r"--query[=\s]+(?P<query>'[^']*'|\"[^\"]*\"|\S+)")
SECRET_FIELD = re.compile(r"(?i)value|key|pass|secret|token|credential|connection|^\W*(?:@|\*|\[\]|\[\d\])\W*$")
CLUSTER_SECRET = re.compile(r"(?:kubectl|oc)\b.*\bget\s+secrets?\b")
PLAIN_FORM = re.compile(r"(?s)(?:jsonpath|template|custom-columns)\S*=.*(?<![a-z])data\b")


def prints_secret(script: str, language: str) -> bool:
    """True where what comes out of it is a secret that nothing marks as one."""
    names = list_fetched_secrets(script)
    used = re.compile(rf"\$\{{?(?:{'|'.join(sorted(names))})\b") if names else None
    for statement in parse_shell(script, language).statements:
        for index, command in enumerate(statement.commands):
            if ShellNesting.SUBSTITUTION in command.nesting or not command.words:
                continue
            program = _name_program(command)
            text = " ".join((program, *(word.raw for word in command.arguments)))
            source = _fetches_secret(program, text) or bool(used and program in PRINTERS and used.search(text))
            if source and _reaches_output(statement, index):
                if CLUSTER_SECRET.search(text) and not PLAIN_FORM.search(text) and not _is_read(statement, index):
                    continue  # names in a table; and in YAML and JSON a Secret is known by its form
                return True
    return False


def _fetches_secret(program: str, text: str) -> bool:
    if not (FETCHES.search(text) if program in WRAPPERS else FETCHES.match(text)):
        return False
    query = QUERY.search(text)
    return query is None or SECRET_FIELD.search(query["query"]) is not None


def _reaches_output(statement: ShellStatement, index: int) -> bool:
    """True where what a command prints is printed in the end, if in another form."""
    command = statement.commands[index]
    if any(_takes_output(redirect) for redirect in command.redirects):
        return False
    readers = [number for number, reader in enumerate(statement.commands) if index in reader.input_from]
    return not readers or any(
        _name_program(statement.commands[number]) in PASSING and _reaches_output(statement, number)
        for number in readers
        if number != index
    )


def _takes_output(redirect: ShellRedirect) -> bool:
    target = redirect.target.text if redirect.target is not None else None
    return redirect.writes and redirect.descriptor in ("", "1") and target not in TERMINALS


def _is_read(statement: ShellStatement, index: int) -> bool:
    return any(index in reader.input_from for reader in statement.commands)


def _name_program(command: SimpleCommand) -> str:
    name = command.name.text if command.name is not None else None
    return (name or "").rpartition("/")[2]
