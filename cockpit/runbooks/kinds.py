"""What kind of step a command is, by its words. Unknown is a change; a kind decides ceremony, never permission."""

import re

from cockpit.model.runbook import StepKind
from cockpit.runbooks.simple import Simple, simple_commands

ORDER = [StepKind.READ, StepKind.VERIFY, StepKind.LOCAL, StepKind.CHANGE, StepKind.DANGER]

DANGER = re.compile(
    r"""(?ix) \b(delete|deactivate|rename|revoke|downgrade|restore|rollback|drop|purge|destroy|truncate|wipe|failover
    |uninstall|evict|drain|shutdown|reboot|force[-_]?push|flush(all|db)?)\b | (?<![-\w])(rm|rmdir|shred|mkfs|unlink)\b
    | -X\s*DELETE | --method[\s=]+delete | \bpsql\b.*\s(-f|--file)[\s=] | \bdeploy-new- | --force\b | \breset\s+--hard\b
    | \bdd\s+(if|of)= | \bpush\b.*\s(-f|\+\S+)(\s|$) | --replicas[\s=]+0\b | \b(Remove|Clear|Stop|Uninstall)-[A-Z]\w+"""
)
# A restore under another name only adds: nothing that exists is touched until something is renamed.
RESTORE_BESIDE = re.compile(r"^az\s+sql\s+(db|midb)\s+restore\b.*\s--dest-name[\s=]")
LOCAL = re.compile(
    r"""(?x) ^(az\s+(login|logout|account\s+(set|clear)|configure|aks\s+get-credentials|acr\s+login|extension\s+add
    |storage\s+blob\s+download) | gh\s+(auth|run\s+download|repo\s+clone) | git\s+(clone|fetch|pull|checkout|switch)
    | docker\s+(login|pull) | docker\s+compose\s+pull | alembic\s+revision | kubectl\s+config\s+(use|set)\S*
    | helm\s+repo | wget(?!.*\s--(post|method|body)) | mkdir | cd | export)(?![\w-])"""
)
READ = re.compile(
    r"""(?x) ^(az\s+(?:[a-z][\w-]*\s+)+?(list|show|list-\w+|show-\w+|get-\w+|query|version)\b
    | kubectl\s+(get|describe|logs|top|explain|events|version|cluster-info)\b | kubectl\s+(rollout\s+(status|history))\b
    | kubectl\s+auth\s+can-i\b | docker\s+(ps|logs|inspect|images|stats|top|version|info)\b
    | docker\s+compose\s+(ps|logs|config|ls|top)\b | gh\s+\w+\s+(list|view|status|checks|diff|watch)\b
    | git\s+(log|status|diff|show)\b | git\s+(branch|remote)(\s+-v|\s+-a)?$ | helm\s+(list|status|get|history)\b
    | terraform\s+(plan|show|output|validate)\b | alembic\s+(current|history|heads|show)\b | gitleaks\s+detect\b
    | (open|xdg-open|start)\s+https?:// | (cat|head|tail|grep|ls|jq|whoami|id|uptime|df|du|free|ps|top|echo|printf
    |dig|nslookup|host|ping|traceroute|ss|netstat|wc|stat|sleep|true|test|sort|uniq|cut|column)(\s|$)
    | date(\s+(-u|--utc|-Is?\S*|-R|\+\S+))*$ | journalctl(\s|$)(?!.*--(vacuum|rotate|flush))
    | systemctl\s+(status|list-\w+|is-\w+|show)\b | redis-cli\s+(ping|info)\b
    | Get-\w+ | (Format|Select|Where|Sort|Measure|Out)-(Table|List|Object|String)\b | GET\s+/ | HEAD\s+/)"""
)
LOOKS = r"(?:verify|check|status|list|show|health|smoke)"
SCRIPT_LOOKS = re.compile(
    rf"(?i)(?:^|[\s/\\]){LOOKS}(?:[-_](?!and\b|then\b|or\b)\w+)*\.(?:ps1|sh|py)(?=\s|$)|\.(?:py|sh)\s+{LOOKS}(?=\s|$)"
)
JOINS = re.compile(r"(?i)[-_](and|then|or)[-_]")
CURL_WRITES = re.compile(
    r"""(?x) \s(-[a-zA-Z]*X\s*|--request[\s=]+)["']?(?!GET|HEAD)[A-Za-z$<]
    | \s(-[a-zA-Z]*[dFT](\s|['"@]|$)|--data\S*|--form\S*|--json|--upload-file)"""
)
CURL_SAVES = re.compile(r"\s(-[a-zA-Z]*[oO](\s|$)(?!\s*/dev/null)|--output[\s=](?!\s*/dev/null)|--remote-name\b)")
SQL = re.compile(r"""(?ix) \b(sqlcmd|psql|mysql|sqlite3)\b .* \s(-q|-c|-e|--command|--query)[\s=]+["']?(?P<sql>.*)$""")
SQL_READS = re.compile(
    r"""(?ix)^\s*(select|show|explain|with)\b (?!.*(\b(insert|update|delete|drop|alter|truncate|create|into|call|exec
    |execute|merge|grant|lock)\b | \bpg_(terminate|cancel|drop|reload|rotate|switch|promote|create)\w* | \bxp_\w+
    | \b(setval|nextval|lo_\w+)\b))"""
)
REQUEST_DANGER = re.compile(r"(?i)\b(clear|flush|reset)\b")
BLANKS = re.compile(r"<[A-Za-z][\w .:-]*>|\[[A-Za-z][\w '-]*\]")  # placeholders, which are not redirections
ENVIRONMENT = re.compile(r"^(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)\s+)+")
PREFIX = re.compile(r"^(?:(?:sudo|time|nohup|uv run|poetry run|env|command|then|do|else|if|while|until|!|[({])\s+)+")
CHECKS = re.compile(r"(?i)^(verify|verification|check|confirm|spot-check|validate)\b")
WRITES_A_FILE = re.compile(r"(?<![0-9&<>=-])>{1,2}\s*(?!&|/dev/null)[\w./~$\"']")
SYNTAX = re.compile(r"^(do|then|else|done|fi|esac|[})]|for\s+\w+\s+in\s.*)$")


def kind_of(command: str, comment: str = "", language: str = "bash") -> StepKind:
    """The kind of a command under its comment: that of its worst part."""
    text = BLANKS.sub("X", command)
    parts = simple_commands(text, language)
    if parts is None:  # what it does is decided when it runs: nobody can say that it only looks
        return StepKind.DANGER if DANGER.search(text) else StepKind.CHANGE
    return checking(max((part_kind(part) for part in parts), key=ORDER.index, default=StepKind.CHANGE), comment)


def checking(kind: StepKind, title: str) -> StepKind:
    """A look is a verification when its title says so: `Verify`, `Check that it came back`."""
    return StepKind.VERIFY if kind is StepKind.READ and CHECKS.match(title) else kind


def part_kind(part: Simple) -> StepKind:
    """The kind of one simple command. A leading `cd x &&` is no act of its own."""
    bare = PREFIX.sub("", ENVIRONMENT.sub("", PREFIX.sub("", part.text)))
    if SYNTAX.match(bare) or (part.leads and bare.startswith("cd ")):
        return StepKind.READ
    if bare.startswith(("POST ", "PUT ", "PATCH ")):
        return StepKind.DANGER if DANGER.search(bare) or REQUEST_DANGER.search(bare) else StepKind.CHANGE
    if bare.startswith("DELETE "):
        return StepKind.DANGER
    if sql := SQL.search(bare):
        return StepKind.READ if SQL_READS.match(sql["sql"]) else StepKind.DANGER
    if LOCAL.match(bare):
        return StepKind.LOCAL
    if bare.startswith("curl "):
        return curl_kind(bare)
    if READ.match(bare):
        return StepKind.LOCAL if WRITES_A_FILE.search(bare) else StepKind.READ
    if SCRIPT_LOOKS.search(bare) and not JOINS.search(bare):
        return StepKind.VERIFY if re.search(r"(?i)verify|check|smoke", bare) else StepKind.READ
    if RESTORE_BESIDE.match(bare):
        return StepKind.CHANGE
    return StepKind.DANGER if DANGER.search(bare) else StepKind.CHANGE


def curl_kind(command: str) -> StepKind:
    """curl reads, unless it is told to send or to save."""
    if re.search(r"-X\s*[\"']?DELETE|--request[\s=]+[\"']?DELETE", command):
        return StepKind.DANGER
    if CURL_WRITES.search(command):
        return StepKind.CHANGE
    return StepKind.LOCAL if CURL_SAVES.search(command) or WRITES_A_FILE.search(command) else StepKind.READ
