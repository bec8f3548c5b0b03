"""SQL, judged by its tree: a read only if every node and every function in it is on a list. sqlglot is loaded at need.

The parser takes much for something harmless: `RESET MASTER` for an alias, `shutdown` for a column. So a statement whose
root is not known to be a question is never a read.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.tables import ORDER, names_danger
from cockpit.runbooks.shell_syntax import MASK_LETTER

LONGEST = 20_000  # letters
SQL_DIALECTS = {
    "psql": "postgres",
    "pgcli": "postgres",
    "cockroach": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlcmd": "tsql",
    "sqlite3": "sqlite",
    "clickhouse-client": "clickhouse",
    "duckdb": "duckdb",
    "trino": "trino",
    "presto": "presto",
}
# What psql, mysql and sqlite3 understand themselves.
META_READS = re.compile(
    r"""\\(d\w*[+S]*|l\+?|list\+?|z|sf\+?|sv\+?|du\+?|conninfo|x|timing|pset|a|t|f|H|echo|qecho|warn|encoding|q|\?|h|copyright|c|connect
    |watch|gx|g|G|s|status|errverbose|crosstabview|dconfig\+?|dp|if|elif|else|endif|set|unset|prompt|C|T|p|r|errverbose)$""",
    re.VERBOSE,
)
META = re.compile(r"\\[A-Za-z?!.]+[+S]*")
QUOTED = re.compile(r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
EXPLAIN = re.compile(
    r"(?is)^explain\s*(\([^)]*\)|((analyze|verbose|extended|partitions|format\s*=\s*\w+)\s+)*)\s*(?=select|with|insert|update|delete|merge|table|values|query)(query\s+plan\s+)?"
)
# What needs no tree: columns or a count of one table. The library that makes a tree takes a tenth of a second to load.
PLAIN_LOOK = re.compile(
    r"""(?ix) select \s+ (?: \* | count\(\*\) | [a-z_]\w* (?:\s*,\s*[a-z_]\w*)* ) \s+ from \s+ [a-z_][\w.]*
    (?: \s+ where \s+ [a-z_]\w* \s* (?:=|<|>|<=|>=|<>|!=) \s* (?:\d+|'[^'\\]*') )? (?: \s+ limit \s+ \d+ )?"""
)
EXECUTES = re.compile(r"(?is)^exec(?:ute)?\s+(?:\w+\.)*(?P<name>\w+)\b(?P<rest>[^;]*)$")
SET_HERE = re.compile(
    r"(?is)^set\s+(session\s+|local\s+)?(search_path|statement_timeout|lock_timeout|work_mem|timezone|time\s+zone|nocount|rowcount"
    r"|transaction\s+isolation\s+level|transaction\s+read\s+only|default_transaction_read_only|names|deadlock_priority|quoted_identifier"
    r"|idle_in_transaction_session_timeout|client_min_messages|role|arithabort|showplan_\w+|statistics)\b[^;]*$"
)
NOTHING = re.compile(
    r"(?is)^(begin|start\s+transaction(\s+read\s+only)?|begin\s+transaction(\s+read\s+only)?|rollback|commit|end|use\s+\[?[\w-]+\]?|go|print\s.*|declare\s+@\w+\s+[\w()]+(\s*=\s*[^;()]*)?|waitfor\s+delay\s+'[^']*')$"
)
SHOWS = re.compile(r"(?is)^(show|describe|desc)\s+[\w\s.'\"`@%=*,<>()-]+$")
WORSE_THAN_CHANGE = re.compile(
    r"(?i)\b(drop|delete|truncate|update|alter|reset|purge|kill|terminate|shutdown|restore|revoke|rename|flush|vacuum\s+full|reindex"
    r"|replace|merge|cluster|disable|stop|detach|reassign|into|unschedule|load|lock|call|exec|execute|do|copy|dbcc|backup|switch|optimize|repair|xp_\w+|gexec)\b"
)
ADDS_ONLY = re.compile(
    r"(?is)^(insert\s+into(?!.*\bon\s+(conflict|duplicate))|create\s+(?!or\s+replace)|grant|analyze\b|comment\s+on|vacuum\s*(\(?\s*(analyze|verbose)|$)|checkpoint$|refresh\s)"
)


@dataclass(frozen=True, slots=True)
class SqlWords:
    """The lists of data/sql.toml."""

    functions: frozenset[str]
    not_pure: frozenset[str]
    procedures: frozenset[str]
    nodes: frozenset[str]
    dot_commands: frozenset[str]


@cache
def load_sql_words() -> SqlWords:
    table = tomllib.loads(files(__package__).joinpath("data", "sql.toml").read_text("utf-8"))
    return SqlWords(**{name: frozenset(parts) for name, parts in table.items()})


def judge_sql(text: str, dialect: str = "") -> StepKind:
    """The kind of what is sent to a database: that of its worst statement."""
    return _judge_sql(text, dialect)


@lru_cache(maxsize=1024)
def _judge_sql(text: str, dialect: str) -> StepKind:
    if len(text) > LONGEST or text.strip() in ("", MASK_LETTER):
        return StepKind.CHANGE  # somebody else's text
    text = re.sub(f"{MASK_LETTER}+", "cockpit_value", text)
    kinds = []
    text, meta = _take_metas(text)
    kinds.extend(meta)
    for statement in _split_statements(text):
        kinds.append(_judge_statement(statement, dialect))
    return max(kinds, key=ORDER.index, default=StepKind.CHANGE)


def _take_metas(text: str) -> tuple[str, list[StepKind]]:
    """The text without what the client itself understands, and the kinds of that."""
    kinds: list[StepKind] = []
    lines: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("."):
            kinds.append(StepKind.READ if stripped.split()[0] in load_sql_words().dot_commands else StepKind.DANGER)
            continue
        if re.match(r"(?i)source\s+\S", stripped):
            kinds.append(StepKind.DANGER)
            continue
        bare = QUOTED.sub(lambda match: "x" * len(match.group()), line)
        place = bare.find("\\")
        while place >= 0:
            match = META.match(bare, place)
            name = match.group() if match else "\\"
            if (
                not META_READS.match(name)
                or (name in ("\\g", "\\s") and "|" in bare[place:])
                or (name == "\\g" and bare[place + 2 :].strip())
            ):
                kinds.append(
                    StepKind.DANGER
                    if name in ("\\i", "\\ir", "\\gexec", "\\!", "\\include", "\\.")
                    else StepKind.CHANGE
                )
            elif "`" in bare[place:]:
                kinds.append(StepKind.CHANGE)
            else:
                kinds.append(StepKind.READ)
            if name in ("\\g", "\\gx", "\\G", "\\watch", "\\gexec", "\\crosstabview"):
                following = bare.find("\\", place + len(name))
                line = f"{line[:place]};"
                place = following
                continue
            following = bare.find("\\", place + len(name))
            line = line[:place] if following < 0 else line
            place = following
        lines.append(line.split("\\")[0] if "\\" in QUOTED.sub("", line) else line)
    return "\n".join(lines), kinds


def _split_statements(text: str) -> Iterator[str]:
    """Statements, divided at `;` and `GO` outside quotes, without comments."""
    bare = QUOTED.sub(
        lambda match: (
            (" " if match.group().startswith(("--", "/*")) and not match.group().startswith("/*!") else "x")
            * len(match.group())
        ),
        text,
    )
    comments = [
        (match.start(), match.end())
        for match in QUOTED.finditer(text)
        if match.group().startswith("--") or (match.group().startswith("/*") and not match.group().startswith("/*!"))
    ]
    letters = list(text)
    for start, end in comments:
        letters[start:end] = " " * (end - start)
    clean = "".join(letters)
    start = 0
    for match in re.finditer(";", bare):
        if piece := clean[start : match.start()].strip():
            yield from _split_go(piece)
        start = match.end()
    if piece := clean[start:].strip():
        yield from _split_go(piece)


def _split_go(text: str) -> Iterator[str]:
    for piece in re.split(r"(?im)^\s*go\s*$", text):
        if piece.strip():
            yield piece.strip()


def _judge_statement(text: str, dialect: str) -> StepKind:
    if "/*!" in text:
        return StepKind.DANGER  # MySQL runs what is in there
    if NOTHING.match(text) or SET_HERE.match(text) or PLAIN_LOOK.fullmatch(text):
        return StepKind.READ
    if match := EXPLAIN.match(text):
        executes = re.search(r"(?i)analyz", match.group())
        inner = _judge_statement(text[match.end() :], dialect)
        return inner if executes or inner is StepKind.READ else _judge_explained(text[match.end() :])
    if match := EXECUTES.match(text):
        flag = match["name"].lower() in load_sql_words().procedures and "cockpit_value(" not in match["rest"]
        return StepKind.READ if flag else StepKind.DANGER
    if SHOWS.match(text):
        return (
            StepKind.READ
            if not re.search(r"(?i)\binto\b|\(", text) or re.match(r"(?i)describe|desc", text)
            else StepKind.CHANGE
        )
    if re.match(r"(?is)^table\s+[\w.\"]+$", text):
        return StepKind.READ
    if _reads_by_tree(text, dialect):
        return StepKind.READ
    if ADDS_ONLY.match(text):
        return StepKind.CHANGE
    bare = re.sub(r"(?i)\bfor\s+(no\s+key\s+)?(update|share)\b", "", QUOTED.sub("x", text))
    if WORSE_THAN_CHANGE.search(bare) or any(names_danger(word) for word in re.findall(r"\w+", bare)):
        return StepKind.DANGER
    return StepKind.CHANGE


def _judge_explained(text: str) -> StepKind:
    """A plan of a statement that would change something is only a plan."""
    return (
        StepKind.READ
        if re.match(r"(?i)(insert|update|delete|merge|select|with)\b", text) and ";" not in text
        else StepKind.CHANGE
    )


def _reads_by_tree(text: str, dialect: str) -> bool:
    """True when every node of the tree is one that only looks."""
    import logging

    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what it takes for a command; so do we, by kind
    try:
        statements = sqlglot.parse(text, read=dialect or None)
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        return False
    roots = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Show)
    return bool(statements) and all(
        isinstance(statement, roots) and all(map(_only_looks, statement.walk())) for statement in statements
    )


def _only_looks(node: object) -> bool:
    """True for a node that is on the list. A kind of node that a later sqlglot brings is not."""
    judged = _judge_node_kind(type(node))  # type: ignore[arg-type]  # mypy takes every class for one without a hash
    return str(node.this).lower() in load_sql_words().functions if judged is None else judged  # type: ignore[attr-defined]


@cache
def _judge_node_kind(kind: type) -> bool | None:
    """Whether such a node only looks; None for a function that is known by its name alone."""
    from sqlglot import exp

    if issubclass(kind, exp.Anonymous | exp.AnonymousAggFunc):
        return None
    words = load_sql_words()
    return kind.__name__ in words.nodes or (issubclass(kind, exp.Func) and kind.__name__ not in words.not_pure)
