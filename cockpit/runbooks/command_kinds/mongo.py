"""What mongosh is told, line by line: a chain of calls each of which is known to look, or it is no read."""

import re

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.tables import CommandTool
from cockpit.runbooks.shell_syntax import MASK_LETTER

DATABASE_CALLS = (
    *(
        "stats",
        "serverStatus",
        "hostInfo",
        "version",
        "currentOp",
        "getCollectionNames",
        "getCollectionInfos",
        "isMaster",
    ),
    *("hello", "getName", "printReplicationInfo", "printSecondaryReplicationInfo", "getReplicationInfo"),
    *("serverBuildInfo", "getUsers", "getRoles", "getProfilingStatus"),
)
ADMIN_COMMANDS = (
    *("listDatabases", "ping", "replSetGetStatus", "serverStatus", "buildInfo", "getCmdLineOpts", "hostInfo"),
    *("connPoolStats", "top", "dbStats", "collStats", "hello", "isMaster", "connectionStatus"),
)
COLLECTION_CALLS = (
    *("find", "findOne", "countDocuments", "estimatedDocumentCount", "count", "distinct", "stats", "getIndexes"),
    *("totalSize", "storageSize", "dataSize", "explain", "latencyStats"),
)
REPLICA_CALLS = (
    *("status", "conf", "config", "isMaster", "hello", "printReplicationInfo", "printSecondaryReplicationInfo"),
    "printSlaveReplicationInfo",
)
SHARD_CALLS = ("status", "isBalancerRunning", "getBalancerState")
SHOWS = ("dbs", "databases", "collections", "tables", "users", "roles", "profile", r"log\w*")
CURSOR_CALLS = (
    *("limit", "sort", "skip", "pretty", "toArray", "count", "size", "itcount", "hint", "maxTimeMS", "projection"),
    *("explain", "batchSize", "length", "ok", "members", "set", "inprog", "connections", "version", "uptime", "host"),
    *("process", "databases"),
)
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
VALUES = frozenset(
    (
        *(
            "--eval",
            "--host",
            "--port",
            "-u",
            "--username",
            "-p",
            "--password",
            "--authenticationDatabase",
            "--tlsCAFile",
        ),
        *("--tlsCertificateKeyFile", "--authenticationMechanism", "--file", "-f"),
    )
)
FLAGS = frozenset(
    ("--quiet", "--norc", "--tls", "--ssl", "--json", "--nodb", "--version", "--tlsAllowInvalidCertificates")
)
MONGO = CommandTool("mongosh", ("mongosh", "mongo"), values=VALUES, flags=FLAGS)


def judge_mongo(script: str) -> StepKind:
    """What mongosh is told reads if every line is one of the calls that are known to."""
    lines = [line.strip().replace(MASK_LETTER, "x") for line in re.split(r";\s*|\n", script) if line.strip()]
    if lines and all(READS.match(line) or MOVES.fullmatch(line) for line in lines):
        return StepKind.READ
    return StepKind.DANGER if DESTROYS.search(script) else StepKind.CHANGE
