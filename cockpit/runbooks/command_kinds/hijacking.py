"""What makes a command run something else than its words say: variables that name a program, text that bash runs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from cockpit.runbooks.shell_syntax import ExpansionKind, ShellAssignment, ShellStatement, SimpleCommand

# Variables that make another program run than the one that is written, by how their names begin: from then on ...
HIJACKING_VARIABLES = ("PATH", "LD_", "DYLD_", "PROMPT_COMMAND", "BASH_ENV", "ENV", "IFS")
# ... and those that do so for the one command that they stand before.
HIJACKING_OF_ONE_COMMAND = (*HIJACKING_VARIABLES, "EDITOR", "PAGER", "GIT_", "KUBE_EDITOR", "PSQL_")
# Those that name a program, or the options of one that can run another. Where a program keeps its settings is none.
NAMES_PROGRAM = re.compile(
    r"""(?x) (?:\w+_)?(?:PAGER|EDITOR|BROWSER|ASKPASS|RSH) | VISUAL | MANPAGER | PS[0-4] | SHELLOPTS | BASHOPTS
    | BASH_LOADABLES_PATH | BASH_FUNC\w* | GCONV_PATH | KUBECTL_EXTERNAL_DIFF | HELM_(?:BIN|PLUGINS)
    | AZURE_EXTENSION_DIR
    | GIT_(?:SSH|SSH_COMMAND|EXTERNAL_DIFF|EXEC_PATH|PROXY_COMMAND|ALLOW_PROTOCOL|CONFIG\w*)
    | LESS | LESS(?:OPEN|CLOSE|EDIT) | LESSKEY\w* | MANOPT | TAR_OPTIONS | RSYNC_CONNECT_PROG | OPENSSL_CONF
    | NODE_(?:OPTIONS|PATH) | PYTHON(?:PATH|HOME|STARTUP|BREAKPOINT|INSPECT|WARNINGS) | PERL5(?:OPT|LIB|DB) | PERLLIB
    | RUBY(?:OPT|LIB) | (?:JAVA_TOOL|_JAVA|JDK_JAVA)_OPTIONS | LUA_(?:INIT|PATH|CPATH)\w*"""
)
HARMLESS_PROGRAM = re.compile(r"|cat|less|more|true|false|:|vi|vim|nano")
HARMLESS_LESS = re.compile(r"-?[A-Za-z]{0,8}")
RUNS_ITS_TEXT = re.compile(r"\w\[[^\]\n]*?(?P<run>\$\(|`)")  # in text, bash runs it where it computes with that


def is_hijacked(command: SimpleCommand) -> bool:
    """Whether its assignments make another program answer to a name, for this one command or from then on."""
    names = HIJACKING_OF_ONE_COMMAND if command.words else HIJACKING_VARIABLES
    return any(assignment.name.startswith(names) or _names_program(assignment) for assignment in command.assignments)


CLIENTS_WITH_FILTERS = frozenset({"aws", "az", "oci"})


def is_hijacking_name(name: str) -> bool:
    """Whether a variable, whatever its value, may make another program run than the one that is written."""
    return name.startswith(HIJACKING_VARIABLES) or NAMES_PROGRAM.fullmatch(name) is not None


def hijacks_otherwise(statement: ShellStatement) -> bool:
    """The same without an assignment (`read PATH`, `for PATH in`, `${PATH:=x}`), and what bash runs out of a text:
    `${x@P}`, and `x[$(...)]` in quotes, where it computes with it.
    """
    if any(map(is_hijacking_name, statement.sets)):
        return True
    for expansion in statement.expansions:
        if expansion.operator in (":=", "=") and is_hijacking_name(expansion.name):
            return True
        if expansion.operator == "@" and expansion.argument.startswith("P"):
            return True
    if "[" not in statement.text:
        return False
    substituted = {
        expansion.start for expansion in statement.expansions if expansion.kind is not ExpansionKind.VARIABLE
    }
    filters = list(_list_filters(statement))
    return any(
        statement.start + match.start("run") not in substituted
        and not any(first <= statement.start + match.start() < end for first, end in filters)
        for match in RUNS_ITS_TEXT.finditer(statement.text)
    )


def _list_filters(statement: ShellStatement) -> Iterator[tuple[int, int]]:
    """Where filters of JMESPath stand, `--query 'Users[?Name==`x`]'`: text of a cloud's client, which bash hands on."""
    for simple in statement.commands:
        if simple.name is None or simple.name.text not in CLIENTS_WITH_FILTERS:
            continue
        for before, word in pairwise(simple.words):
            if before.text == "--query" or word.raw.startswith("--query="):
                yield word.start, word.end


def _names_program(assignment: ShellAssignment) -> bool:
    if not NAMES_PROGRAM.fullmatch(assignment.name) or assignment.value is None:
        return False
    harmless = HARMLESS_LESS if assignment.name == "LESS" else HARMLESS_PROGRAM
    return not harmless.fullmatch(assignment.value.template)
