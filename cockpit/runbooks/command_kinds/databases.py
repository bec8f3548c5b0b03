"""Clients of databases: SQL by its tree, Redis by its table, what is sent to mongosh line by line."""

import re
from collections.abc import Callable, Sequence

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.special import (
    CHANGE,
    DANGER,
    READ,
    Special,
    SpecialJudgement,
    by_table,
    find_worst_kind,
)
from cockpit.runbooks.command_kinds.sql import SQL_DIALECTS, judge_sql
from cockpit.runbooks.command_kinds.tables import CommandTool, load_word_list, parse_arguments
from cockpit.runbooks.command_kinds.targets import judge_written_file
from cockpit.runbooks.shell_syntax import MASK_LETTER


def make_sql_client_judge(
    sql_flags: Sequence[str], file_flags: Sequence[str], *, positional_sql: bool = False
) -> Callable[[Special], SpecialJudgement]:
    def judge(command: Special) -> SpecialJudgement:
        if command.tool is None:
            return CHANGE
        parsed = parse_arguments(command.tool, command.arguments)
        dialect = SQL_DIALECTS.get(command.name, "")
        texts = [value for name, value in parsed.flags if name in sql_flags]
        if positional_sql:
            texts.extend(parsed.positionals[1:])
        kinds = [judge_sql(text, dialect) for text in texts]
        names = {name for name, _ in parsed.flags}
        if names & set(file_flags):
            kinds.append(StepKind.DANGER)  # nobody sees what is in the file
        for name, value in parsed.flags:
            if name in ("-o", "--output", "-L", "--log-file") and command.name in ("psql", "sqlcmd"):
                kinds.append(judge_written_file(value, ">", from_tool=True))
        if not kinds or (names & set(file_flags) and not texts):
            kinds.extend(_fed_sql(command, dialect, names))
        elif command.stdin_source in ("file", "program", "remote") and not texts:
            kinds.append(StepKind.DANGER)
        if parsed.unknown_flags:
            kinds.append(StepKind.CHANGE)
        return SpecialJudgement(find_worst_kind(*kinds))

    return judge


def _fed_sql(command: Special, dialect: str, names: set[str]) -> list[StepKind]:
    if command.stdin_source == "text":
        return [judge_sql(command.stdin_text, dialect)]
    if command.stdin_source != "none":
        return [StepKind.DANGER]
    looks = {"-l", "--list", "-V", "--version", "-version"}
    return [StepKind.READ if (names & looks and command.name != "mysql") or names & {"--version"} else StepKind.CHANGE]


def judge_redis(command: Special) -> SpecialJudgement:
    judged = by_table(command).kind
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    lines = command.stdin_text.splitlines() if command.stdin_source == "text" and not parsed.positionals else []
    if lines:
        return SpecialJudgement(
            find_worst_kind(
                *(by_table(command._replace(arguments=tuple(line.split()))).kind for line in lines if line.strip())
            )
        )
    if not parsed.positionals and command.stdin_source in ("file", "program", "remote"):
        return DANGER
    return SpecialJudgement(judged)


def judge_mongo_command(command: Special) -> SpecialJudgement:
    parsed = parse_arguments(MONGO, command.arguments)
    scripts = [value for name, value in parsed.flags if name == "--eval"]
    kinds = [judge_mongo(script) for script in scripts]
    if any(name in ("--file", "-f") for name, _ in parsed.flags) or any(
        word.endswith(".js") for word in parsed.positionals
    ):
        kinds.append(StepKind.DANGER)
    if not kinds:
        if any(name == "--version" for name, _ in parsed.flags):
            return READ
        kinds = [
            judge_mongo(command.stdin_text)
            if command.stdin_source == "text"
            else StepKind.DANGER
            if command.stdin_source != "none"
            else StepKind.CHANGE
        ]
    return SpecialJudgement(find_worst_kind(*kinds, StepKind.CHANGE if parsed.unknown_flags else StepKind.READ))


# What is sent to mongosh: a chain of calls each of which is known to look, or it is no read.

DATABASE_CALLS = load_word_list("mongosh", "database_calls")
ADMIN_COMMANDS = load_word_list("mongosh", "admin_commands")
COLLECTION_CALLS = load_word_list("mongosh", "collection_calls")
REPLICA_CALLS = (
    *("status", "conf", "config", "isMaster", "hello", "printReplicationInfo", "printSecondaryReplicationInfo"),
    "printSlaveReplicationInfo",
)
SHARD_CALLS = ("status", "isBalancerRunning", "getBalancerState")
SHOWS = ("dbs", "databases", "collections", "tables", "users", "roles", "profile", r"log\w*")
CURSOR_CALLS = load_word_list("mongosh", "cursor_calls")
PLAIN = r"(?:(?!\$where|\$function|\$out|\$merge|=>)[^;])*?"  # an argument without code of its own


def _join_names(names: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(names)})"


READS = re.compile(
    rf"""(?xs) ^(?: (?:print|printjson|EJSON\.stringify|JSON\.stringify)\( )*
    (?: db(?:\.getSiblingDB\(['"][\w-]+['"]\)|\.getMongo\(\))?
        (?: \.{_join_names(DATABASE_CALLS)}\([^()]*\)
          | \.(?:adminCommand|runCommand)\(\s*['"{{\s]*{_join_names(ADMIN_COMMANDS)}\b{PLAIN}\)
          | (?:\.getCollection\(['"][\w.-]+['"]\)|\.\w+)\.{_join_names(COLLECTION_CALLS)}\({PLAIN}\)
        )
      | rs\.{_join_names(REPLICA_CALLS)}\(\) | sh\.{_join_names(SHARD_CALLS)}\(\) | show\s+{_join_names(SHOWS)}
    )
    (?: \.{_join_names(CURSOR_CALLS)}(?:\((?:(?!=>)[^;()]|\(\))*\))? | \[\d+\] )*
    \)*\s*;?\s*$"""
)
MOVES = re.compile(r"use\s+\w+|(rs|db)\.(secondaryOk|slaveOk)\(\)")
DESTROYS = re.compile(
    r"(?i)drop|remove|delete|shutdown|stepdown|kill|reconfig|rename|updateMany|fsync|compact|\$out|\$merge"
)
VALUES = frozenset(load_word_list("mongosh", "values"))
FLAGS = frozenset(
    ("--quiet", "--norc", "--tls", "--ssl", "--json", "--nodb", "--version", "--tlsAllowInvalidCertificates")
)
MONGO = CommandTool("mongosh", ("mongosh", "mongo"), values=VALUES, flags=FLAGS)


def judge_mongo(script: str) -> StepKind:
    """What is sent to mongosh reads if every line is one of the calls that are known to."""
    lines = [line.strip().replace(MASK_LETTER, "x") for line in re.split(r";\s*|\n", script) if line.strip()]
    if lines and all(READS.match(line) or MOVES.fullmatch(line) for line in lines):
        return StepKind.READ
    return StepKind.DANGER if DESTROYS.search(script) else StepKind.CHANGE
