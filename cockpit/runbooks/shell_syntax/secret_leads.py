"""What leads to a secret in a command, program by program: the table that `literal_secrets` reads. Data, and no more.

Names that say it themselves (`--password`, `TOKEN=`) are known without a program and are not in here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cockpit.model.secret_detection.detect import HintSearch

NEAR = 200  # letters between a program and its option
USER = r"[=\s]*[\"']?[^\s:\"'$<]+:"
VALUE_FOLLOWS = r"(?:=|\s+)(?!-)"
ECHOED = r"(?:echo|printf(?:\s+[\"']?%s[\"']?)?)\s+(?:-[ne]+\s+)?"


@dataclass(frozen=True)
class SecretLead:
    """An expression that ends where the secret begins, tried on commands that hold one of `hints` in small letters.

    `marker` of the expression is what is named to people as the reason. Where there is a `program` it must stand
    before, in the same command.
    """

    hints: tuple[str, ...]
    expression: str
    program: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-]){self.expression}")

    @cached_property
    def program_pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-])(?:{self.program})\b[^\n;|]{{0,{NEAR}}}\s\Z")

    def find(self, command: str) -> Iterator[re.Match[str]]:
        """Where it leads to a secret."""
        for match in self.pattern.finditer(command):
            if not self.program or self.program_pattern.search(
                command, max(0, match.start() - 2 * NEAR), match.start()
            ):
                yield match


def _option(hint: str, program: str, options: str, *, follows: str = VALUE_FOLLOWS) -> SecretLead:
    return SecretLead((hint,), rf"(?P<marker>{options}){follows}", program)


REGISTRY_CLIENTS = "az|docker|podman|nerdctl|buildah|skopeo|crane|helm|oras|oc"

SECRET_LEADS: tuple[SecretLead, ...] = (
    # HTTP
    _option("curl", "curl", "-u|-U|--user|--proxy-user", follows=USER),
    _option("curl", "curl", "--oauth2-bearer|--pass|--proxy-pass|--proxy-tlspassword"),
    _option("curl", "curl", "-b|--cookie", follows=r"[=\s]*[\"']?[\w.-]+="),
    _option("-a", "https?|xh|xhs", "-a|--auth", follows=USER),
    SecretLead(
        (".azurewebsites.net",), r"https?://[\w.-]+\.azurewebsites\.net/[^\s\"'?]*\?(?:[^\s\"']*&)?(?P<marker>code)="
    ),
    SecretLead(("networkcredential",), r"(?i:[\w.]*(?P<marker>NetworkCredential))\(\s*[\"'][^\"'\n]*[\"']\s*,\s*"),
    # Databases
    _option("mysql", r"(?:mysql|mariadb)[\w-]*", "-p", follows=r"(?=\S)"),
    _option("mariadb", r"(?:mysql|mariadb)[\w-]*", "-p", follows=r"(?=\S)"),
    _option("sqlcmd", "sqlcmd", "-P", follows=r"\s*"),
    _option("bcp", "bcp", "-P", follows=r"\s*"),
    _option("redis", "redis-cli", "-a|--pass"),
    SecretLead(("redis",), r"(?P<marker>(?i:auth))\s+(?:\S+\s+(?=\S+\s*$))?", "redis-cli"),
    SecretLead(("requirepass", "masterauth"), r"(?i:config\s+set)\s+(?P<marker>requirepass|masterauth)\s+"),
    _option("mongo", r"mongo\w*", "-p"),
    _option("cqlsh", "cqlsh", "-p"),
    _option("rabbitmqadmin", "rabbitmqadmin", "-p"),
    SecretLead(("rabbitmqctl",), r"(?P<marker>change_password|add_user|authenticate_user)\s+\S+\s+", "rabbitmqctl"),
    _option("etcdctl", "etcdctl", "--user", follows=USER),
    SecretLead(
        ("sqlplus", "expdp", "impdp", "rman"),
        r"(?P<marker>sqlplus|expdp|impdp|rman)\s+(?:-\w+\s+|target\s+)*[\"']?\w+/(?=[^/\s])",
    ),
    _option("ldap", r"ldap\w+", "-w", follows=r"\s*"),
    _option("ldappasswd", "ldappasswd", "-s", follows=r"\s*"),
    # Machines
    SecretLead(("sshpass",), r"(?P<marker>sshpass\s+-p)\s*"),
    _option("smbclient", "smbclient|rpcclient", "-U", follows=r"\s*[\"']?[^\s%]+%"),
    SecretLead(("net use",), r"net\s+use\b[^\n;|]{0,200}?\s(?P<marker>/user:\S+)\s+(?!/)"),
    _option("useradd", "useradd|usermod", "-p"),
    _option("usermod", "useradd|usermod", "-p"),
    _option("snmp", r"snmp\w+", "-A|-X|-c"),
    _option("ipmitool", "ipmitool", "-P"),
    _option("winrs", "winrs", "-p:|/p:", follows=""),
    SecretLead(("/password:", "/pass:", "/p:"), r"(?<=\s)(?P<marker>(?i:/(?:password|pass|p))):(?=[^\s/\\])"),
    _option("mosquitto_", r"mosquitto_\w+", "-P|--pw"),
    _option("lftp", "lftp", "-u", follows=r"\s*[\"']?[^\s,]+,"),
    SecretLead(("htpasswd",), r"(?P<marker>htpasswd)\s+(?:-\w+\s+)*-\w*b\w*\s+(?:-\w+\s+)*\S+\s+\S+\s+"),
    SecretLead(("chpasswd",), rf"(?P<marker>{ECHOED})[\"']?[\w.-]+:(?=[^|\n]+\|\s*(?:sudo\s+)?chpasswd)"),
    SecretLead(("sudo",), rf"(?P<marker>{ECHOED})(?=[^|\n]+\|\s*sudo\s+(?:-\w+\s+)*-\w*S)"),
    SecretLead(("sudo",), r"(?P<marker>sudo\s+(?:-\w+\s+)*-\w*S[^\n;|<]*<<<)\s*"),
    # Containers and clouds
    _option(" login", rf"(?:{REGISTRY_CLIENTS})\b[^\n;|]*\blogin", "-p"),
    SecretLead(("-stdin",), rf"(?P<marker>{ECHOED})(?=[^|\n]+\|[^\n]*--(?:password|token|secret|pass)-stdin)"),
    SecretLead(("--with-token", "-stdin"), r"(?:--with-token|--(?:password|token|secret)-stdin)\s*(?P<marker><<<)\s*"),
    SecretLead(("--with-token",), rf"(?P<marker>{ECHOED})(?=[^|\n]+\|[^\n]*--with-token)"),
    _option("az ", r"az\s+(?:sql|vm|vmss|postgres|mysql|mariadb|synapse)", "-p"),
    _option("keyvault", r"keyvault\s+secret\s+set", "--value", follows=r"[=\s]+"),
    _option("secretsmanager", "aws", "--secret-string"),
    _option("ssm", r"aws\b[^\n;|]*\bssm\s+put-parameter", "--value"),
    SecretLead(("configure set",), r"aws\s+configure\s+set\s+(?P<marker>aws_secret_access_key|aws_session_token)\s+"),
    SecretLead(("vault login",), r"(?P<marker>vault\s+login)\s+(?:-[\w-]+(?:=\S+)?\s+)*(?!\w+=)(?=\S)"),
    SecretLead(("vault",), r"(?P<marker>secret_id)=", "vault"),
    _option("secret set", r"gh\s+secret\s+set", "-b|--body"),
    # Packages, archives, keys
    SecretLead(("_auth",), r"npm\s+(?:config\s+)?set\s+\S*(?P<marker>:_auth(?:Token)?|:_password)[=\s]+"),
    _option("twine", "twine", "-p"),
    SecretLead(("poetry",), r"poetry\s+config\s+(?P<marker>pypi-token\.\S+|http-basic\.\S+\s+\S+)\s+"),
    SecretLead(("setapikey",), r"(?i:(?P<marker>setapikey))\s+"),
    _option("nuget", r"(?:dotnet\s+)?nuget\s+push", "-k"),
    SecretLead(("user-secrets",), r"(?P<marker>user-secrets\s+set)\s+(?:\"[^\"]*\"|'[^']*'|\S+)\s+"),
    _option("gem ", "gem", "--otp"),
    _option("npm ", "npm", "--otp"),
    _option("keytool", "keytool|jarsigner", r"-(?:src|dest|new)?(?:store|key)pass|-new"),
    _option("jarsigner", "keytool|jarsigner", r"-(?:src|dest|new)?(?:store|key)pass|-new"),
    _option("openssl", "openssl", "-pass(?:in|out)?", follows=r"\s+[\"']?pass:"),
    _option("openssl", r"openssl\s+(?:enc|aes\S*|des\S*)", "-k|-K"),
    _option("zip", "zip|unzip", "-P", follows=r"\s*"),
    _option("7z", "7z[ar]?", "-p", follows=r"(?=\S)"),
    _option("rar", "rar|unrar", "-p", follows=r"(?=[^-\s])"),
    SecretLead(
        ("password-command", "passphrase-command", "password-file", "token-file"),
        rf"(?P<marker>--\w*(?:password|passphrase|token|secret)-(?:command|file))[=\s]+(?:<\(|[\"'])\s*{ECHOED}",
    ),
    SecretLead(("reset-admin-password",), r"(?P<marker>reset-admin-password)\s+(?!-)"),
    SecretLead(("securestring",), r"(?i:(?P<marker>ConvertTo-SecureString))\s+(?i:-String\s+)?"),
    SecretLead(
        ("setx ", "set -x "),
        r"(?:setx|set\s+-\w*x\w*)\s+(?P<marker>\w*(?i:password|passwd|pass|pwd|secret|token|key|_pat))\s+(?=\S)",
    ),
)
_LEADS_BY_HINT: dict[str, list[int]] = {}
for _place, _lead in enumerate(SECRET_LEADS):
    for _hint in _lead.hints:
        _LEADS_BY_HINT.setdefault(_hint, []).append(_place)


_HINTS = HintSearch(_LEADS_BY_HINT, "~$+qzjxkvw_ybgp")


def find_lead_hints(small: str) -> Iterator[int]:
    """Where in a text in small letters the hint of a lead stands."""
    return (position for _, position in _HINTS.find(small))


def find_leads(small: str) -> list[SecretLead]:
    """The leads that are worth a try on a command in small letters, in the order of the table."""
    places = {place for hint, _ in _HINTS.find(small) for place in _LEADS_BY_HINT[hint]}
    return [SECRET_LEADS[place] for place in sorted(places)]
