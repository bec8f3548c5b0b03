"""What kind of step a command is, by its words. Unknown is a change; a kind decides ceremony, never permission."""

import re
import shlex
from itertools import groupby

from cockpit.model.runbook import StepKind

DANGER = re.compile(
    r"""(?ix) \b(delete|deactivate|rename|revoke|downgrade|restore|rollback|drop|purge|destroy|truncate|wipe|failover|
    uninstall|force[-_]?push|rm)\b | -X\s*DELETE | --method\s+delete | \bpsql\b.*\s-f\s | \bdeploy-new- | --force\b
    | \breset\s+--hard\b | \bmkfs\b | \bdd\s+if= | \bdrain\b"""
)
LOCAL = re.compile(
    r"""(?x) ^(az\s+(login|logout|account\s+(set|clear)|configure|aks\s+get-credentials|acr\s+login|extension\s+add
    |storage\s+blob\s+download) | gh\s+(auth|run\s+download|repo\s+clone) | git\s+(clone|fetch|pull|checkout|switch)
    | docker\s+(login|pull) | docker\s+compose\s+pull | alembic\s+revision | kubectl\s+config\s+(use|set)
    | kubectl\s+cp | helm\s+repo | scp | wget | mkdir | cd | export | source)\b"""
)
READ = re.compile(
    r"""(?x) ^(az\s+(?:[\w-]+\s+)+?(list|show|list-\w+|show-\w+|get-\w+|query|version)\b | az\s+monitor\s+metrics\s+list
    | kubectl\s+(get|describe|logs|top|explain|events|version|cluster-info)\b | kubectl\s+(rollout\s+(status|history))\b
    | kubectl\s+auth\s+can-i\b | docker\s+(ps|logs|inspect|images|stats|top|version|info)\b
    | docker\s+compose\s+(ps|logs|config|ls|top)\b | gh\s+\w+\s+(list|view|status|checks|diff|watch)\b
    | git\s+(log|status|diff|show)\b | git\s+(branch|remote)(\s+-v|\s+-a)?$ | helm\s+(list|status|get|history)\b
    | terraform\s+(plan|show|output|validate)\b | alembic\s+(current|history|heads|show)\b | gitleaks\s+detect\b
    | (open|xdg-open|start)\s+https?:// | (cat|head|tail|grep|ls|jq|date|whoami|id|uptime|df|du|free|ps|top|echo|printf
    |dig|nslookup|host|ping|traceroute|ss|netstat|wc|stat)(\s|$) | journalctl(\s|$)(?!.*--(vacuum|rotate|flush))
    | systemctl\s+(status|list-\w+|is-\w+|show)\b | redis-cli\s+(ping|info)\b | Get-\w+ | GET\s+/ | HEAD\s+/)"""
)
SCRIPT_READ = re.compile(
    r"(?i)(verify|check|status|list|show|health|test)[\w-]*\.(ps1|sh|py)\b|\.py\s+(list|show|status|check)\b"
)
SCRIPT_DANGER = re.compile(r"(?i)(rollback|restore|delete|destroy|drop|wipe|purge)[\w-]*\.(ps1|sh|py)\b")
CURL_WRITES = re.compile(
    r"(?x) \s(-X\s*|--request[\s=]+)(POST|PUT|PATCH|DELETE) | \s(-d|--data\S*|-F|--form|-T|--upload-file)\b"
)
SQL = re.compile(r"""(?ix) \b(sqlcmd|psql|mysql|sqlite3)\b .* \s(-q|-c|-e|--command|--query)[\s=]+["']?(?P<sql>.*)$""")
SQL_READS = re.compile(
    r"(?i)^\s*(select|show|explain|with)\b(?!.*\b(insert|update|delete|drop|alter|truncate|create)\b)"
)
BLANKS = re.compile(r"<[A-Za-z][\w .:-]*>|\[[A-Za-z][\w '-]*\]")  # placeholders, which are not redirections
ENVIRONMENT = re.compile(r"^(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)\s+)+")
CHECKS = re.compile(r"(?i)^(verify|check|confirm|spot-check|validate)\b")
WRITES_A_FILE = re.compile(r"(?<![0-9&<>-])>{1,2}\s*(?!&|/dev/null)[\w./~$\"']|\btee\s")


def kind_of(command: str, comment: str = "") -> StepKind:
    """The kind of a command under its comment."""
    flat = " ".join(BLANKS.sub("X", command).replace("\\\n", " ").replace("`\n", " ").split())
    kinds = [piece_kind(piece) for piece in pieces(flat)]
    worst = max(kinds, key=ORDER.index, default=StepKind.CHANGE)
    if worst is StepKind.READ and CHECKS.match(comment):
        return StepKind.VERIFY
    return worst


ORDER = [StepKind.READ, StepKind.VERIFY, StepKind.LOCAL, StepKind.CHANGE, StepKind.DANGER]


def pieces(command: str) -> list[str]:
    """The simple commands of a line, split outside quotes at ; && || | and &. A leading `cd x &&` is no act of its own.

    A line that no shell would read (an open quote) is one piece.
    """
    lexer = shlex.shlex(command, posix=False, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        return [command]
    grouped = groupby(words, key=lambda word: bool(word) and not word.strip(";&|"))
    parts = [" ".join(group) for separator, group in grouped if not separator]
    return [part for index, part in enumerate(parts) if index == len(parts) - 1 or not part.startswith("cd ")]


def piece_kind(piece: str) -> StepKind:
    """The kind of one simple command."""
    bare = re.sub(r"^(?:sudo|time|env|nohup|uv run|poetry run)\s+", "", ENVIRONMENT.sub("", piece)).strip()
    bare = re.sub(r"^(?:uv run|poetry run)\s+", "", bare)
    if bare.startswith(("POST ", "PUT ", "PATCH ")):
        return (
            StepKind.DANGER
            if DANGER.search(bare) or re.search(r"(?i)\b(clear|flush|reset)\b", bare)
            else StepKind.CHANGE
        )
    if bare.startswith("DELETE "):
        return StepKind.DANGER
    sql = SQL.search(bare)
    if sql:
        return StepKind.READ if SQL_READS.match(sql["sql"]) else StepKind.DANGER
    if LOCAL.match(bare):
        return StepKind.LOCAL
    if READ.match(bare) and "$(" not in bare and "`" not in bare:
        return StepKind.LOCAL if WRITES_A_FILE.search(bare) else StepKind.READ
    if bare.startswith("curl "):
        if re.search(r"-X\s*DELETE|--request[\s=]+DELETE", bare):
            return StepKind.DANGER
        return StepKind.CHANGE if CURL_WRITES.search(bare) else StepKind.READ
    if SCRIPT_DANGER.search(bare) and not SCRIPT_READ.search(bare):
        return StepKind.DANGER
    if SCRIPT_READ.search(bare):
        return StepKind.VERIFY if re.search(r"(?i)verify|check", bare) else StepKind.READ
    return StepKind.DANGER if DANGER.search(bare) else StepKind.CHANGE
