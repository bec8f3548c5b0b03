"""Variables of a script into which a secret is fetched, whatever they are called: out of a vault, or typed unseen.

What such a command prints has no form and no name by which it could be known later. Total: any text may be asked.
"""

import re
from collections.abc import Iterator

FETCHERS = (
    r"az\s+keyvault\s+secret\s+(?:show|download)",
    r"az\s+account\s+get-access-token",
    r"az\s+ad\s+\S+\s+(?:credential\s+reset|create-for-rbac)",
    r"az\s+acr\s+login\b.*--expose-token",
    r"az\s+[\w\s-]*?\b(?:keys?\s+(?:list|renew)|list-keys|generate-sas|regenerate-keys?)",
    r"az\s+[\w\s-]*?\b(?:credential\s+show|secret\s+show|show-connection-string|list-connection-strings)",
    r"aws\s+secretsmanager\s+get-secret-value",
    r"aws\s+ssm\s+get-parameters?\b.*--with-decryption",
    r"aws\s+(?:ecr\s+get-login-password|rds\s+generate-db-auth-token|sts\s+(?:assume-role|get-session-token))",
    r"gcloud\s+secrets\s+versions\s+access",
    r"gcloud\s+auth\s+(?:application-default\s+)?print-(?:access|identity)-token",
    r"vault\s+(?:kv\s+get|read|token\s+create|login)",
    r"(?:kubectl|oc)\b.*\b(?:get\s+secrets?|create\s+token|whoami\s+-t)",
    r"op\s+(?:read|item\s+get)",
    r"pass\s+(?:show\s+)?\w[\w./-]*",
    r"(?:gopass\s+show|bw\s+get|gh\s+auth\s+token|secret-tool\s+lookup|doppler\s+secrets\s+get|chamber\s+read)",
    r"security\s+find-\w+-password\b.*\s-w",
    r"sops\s+(?:-d|--decrypt|decrypt)",
    r"(?:pwgen|openssl\s+rand)",
)
"""Commands whose output is a secret."""
FETCHES = re.compile(rf"(?<![\w./-])(?:{'|'.join(FETCHERS)})(?![\w-])")
ASSIGNED = re.compile(r"(?<![\w$.-])(?P<name>[A-Za-z_]\w*)\+?=")
READ_UNSEEN = re.compile(r"(?<![\w-])read\s+(?=[^\n;|&]*-\w*s)[^\n;|&]*?(?P<name>[A-Za-z_]\w*)\s*(?:$|[\n;|&<])")
LONGEST = 4_096  # characters of what is assigned


def list_fetched_secrets(script: str) -> frozenset[str]:
    """The names of the variables that hold a fetched secret, or what was made of one, when the script has run."""
    assigned = [(match["name"], cut_value(script, match.end())) for match in ASSIGNED.finditer(script)]
    names = {match["name"] for match in READ_UNSEEN.finditer(script)}
    names |= {name for name, value in assigned if any(FETCHES.search(inner) for inner in list_substitutions(value))}
    for _ in assigned:  # what is made of one, over as many steps as there are
        used = re.compile(rf"\$\{{?(?:{'|'.join(sorted(names))})\b") if names else None
        more = {name for name, value in assigned if used and used.search(value)} - names
        if not more:
            break
        names |= more
    return frozenset(names)


def cut_value(script: str, start: int) -> str:
    """What is assigned from `start` on: up to a blank or the end of its command outside of quotes and brackets."""
    quote, depth = "", 0
    end = min(len(script), start + LONGEST)
    for place in range(start, end):
        letter = script[place]
        if letter in "\"'`" and (not quote or letter == quote) and script[place - 1] != "\\":
            quote = "" if quote else letter
        elif letter in "()" and quote != "'":
            depth += 1 if letter == "(" else -1
        elif not quote and depth <= 0 and letter in " \t\n;|&":
            return script[start:place]
    return script[start:end]


def list_substitutions(value: str) -> Iterator[str]:
    """What stands in `$(...)` or between backticks."""
    if "$(" in value:
        yield value[value.index("$(") + 2 :]
    elif "`" in value:
        yield value[value.index("`") + 1 :]
