"""Commands whose arguments are programs for somebody else. A value in one could become part of the program."""

import re

ALWAYS = frozenset(
    (
        *("eval", "let", "declare", "typeset", "local", "unset", "read", "mapfile", "source", ".", "trap", "alias"),
        *("ssh", "su", "watch", "xargs", "parallel", "awk", "gawk", "mawk", "sed", "perl", "at", "batch"),
    )
)
WITH_A_PROGRAM = frozenset(
    (
        "sh",
        "bash",
        "dash",
        "zsh",
        "ksh",
        "fish",
        "busybox",
        "python",
        "python2",
        "python3",
        "ruby",
        "node",
        "php",
        "pwsh",
    )
)
PROGRAM_FLAG = re.compile(r"-[A-Za-z]*[ce]|-Command|--eval|--command")
IN_QUOTES = frozenset(("sqlcmd", "psql", "mysql", "mariadb", "sqlite3", "jq", "yq", "mongosh", "redis-cli"))
QUOTED_PROGRAM = re.compile(r"\bexec\b.*\s--command\b|\s--query[\s=]|\srun-command\b")
SUBSCRIPTS = re.compile(r"(?:\btest|\[|\bprintf)\s+-v\b")  # bash evaluates `name[...]` there


def is_read_as_code(segment: str, *, quoted: bool) -> bool:
    """True when a value in this simple command may be read again as code: `sh -c "... <x>"`, `ssh host rm <x>`, SQL."""
    parts = {word.strip("\"'").rsplit("/", 1)[-1] for word in segment.split()}
    if parts & ALWAYS or SUBSCRIPTS.search(segment):
        return True
    if parts & WITH_A_PROGRAM and any(PROGRAM_FLAG.fullmatch(word) for word in segment.split()):
        return True
    return quoted and bool(parts & IN_QUOTES or QUOTED_PROGRAM.search(segment))
