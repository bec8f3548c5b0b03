"""How people write "put your own value here": <x>, {x}, {{ x }}, %X%, __X__, [x], YOUR_X, xxxx, and three dots.

Each form looks like something that a tool means in earnest: a redirection, a glob, JSON, a filter, a date format. What
is a tool's own is known by its surroundings, and is none. Pure; variables of the shell are not looked for here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

ANGLE = r"<(?P<angle>[A-Za-z](?:[^<>\n|;&$`\"(){}=\\]|\([^<>\n|;&$`\"(){}=\\]*\)){0,60})>"
CHOICE = r"(?<!<)<(?P<choice>[A-Za-z][\w.-]*(?:\s?\|\s?[A-Za-z][\w.-]*){1,8})>"
SQUARE = r"\[(?P<square>[A-Za-z][A-Za-z0-9 _'-]{0,60}?)\]"
ACTIONS = r"\$\{\{\s*(?P<actions>[A-Za-z][\w. -]{0,60}?)\s*\}\}"
DOUBLE = (
    r"(?<!\$)\{\{-?\s*(?P<double>[A-Za-z][\w.-]{0,60}(?: [A-Za-z0-9][\w.-]{0,30}){0,4})\s*(?:\|[^{}\n]{0,60})?-?\}\}"
)
# Of Hugo: where the page was not built, bash would read it as a redirection.
SHORTCODE = r"\{\{[<%]\s*(?P<shortcode>[A-Za-z][^<>{}%\n]{0,60}?)\s*/?[%>]\}\}"
CURLY = r"(?<![\w$%{\\#]\{)(?<![$%{\\#\w])(?P<bare>\{(?P<curly>[A-Za-z][\w.-]*(?: [\w-]+){0,3})\})(?!\})"
JOINED_CURLY = r"(?<=[\w])\{(?P<joined>[A-Za-z][\w-]*)\}(?!\})"
PERCENT = r"(?<![%\w+])%(?P<percent>[A-Z][A-Z0-9_]*)%(?![\w%])"
DUNDER = r"(?<![A-Za-z0-9_])__(?P<dunder>[A-Z](?:[A-Z0-9_]*[A-Z0-9])?)__(?![A-Za-z0-9_])"
YOUR = (
    r"(?<![A-Za-z0-9_$<{\[])(?<!--)"
    r"(?P<your>(?:YOUR|your|Your)(?:[_-][A-Za-z0-9]+)+|your(?:domain|company|org|app|name|host))(?![A-Za-z0-9_])"
)
REPLACE = (
    r"(?<![A-Za-z0-9_$-])(?P<replace>(?:REPLACE|CHANGE|INSERT|ENTER|FILL)[_-]?(?:ME|THIS|WITH|IN|HERE|YOUR)(?:[_-][A-Z0-9_]+)?"
    r"|[A-Z][A-Z0-9_]*_HERE)(?![A-Za-z0-9_])"
)
CROSSES = r"(?<![A-Za-z0-9])(?P<crosses>x{3,}|X{3,}|y{4,}(?![-_./]?MM)|Y{4,}|z{4,}|Z{4,})(?![A-Za-z0-9])"
# An address of the reader's own: `x.x.x.x`, `10.0.x.x`.
NUMBERS = r"(?<![\w.])(?P<numbers>(?=[\d.]*[xX])(?:\d{1,3}|[xX]{1,3})(?:\.(?:\d{1,3}|[xX]{1,3})){3})(?![\w.])"
# A day, or a moment, to be written in that form, in letters of one size: `yyyy-MM-dd` is the format of a program.
_DAY = r"YYYY[-/.]?MM(?:[-/.]?DD)?(?:[T_ -]?HH(?:[:.-]?MM)?(?:[:.-]?SS)?Z?)?|(?:DD[-/.]MM|MM[-/.]DD)[-/.]YYYY"
_SMALL_DAY = _DAY.lower().replace("[t_ -]", "[T_t -]").replace("z?", "[zZ]?")
DATE = rf"(?<![A-Za-z0-9%+])(?P<date>{_DAY}|{_SMALL_DAY})(?![A-Za-z0-9])"
# `${db-instance-name}`: to bash a variable `db` with a default; who writes three such words means one value.
KEBAB = r"\$\{(?P<kebab>[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)+)\}"
DOTS = r"(?P<dots>(?<![\w./…])\.\.\.(?![\w./])|(?<![\w.…])…)"
# Nobody's hosts (RFC 2606), unless the configuration names one: a document that says them means the reader's own.
EXAMPLE = r"(?<![\w@%-])(?<![\w@%-]\.)(?P<example>(?:[A-Za-z0-9-]+\.)*example\.(?:com|org|net|edu))(?![\w-]|\.\w)"
PATH_TO = r"(?<![\w.-])(?P<path>(?:~|\.{1,2})?/?path/to/[\w.@-]+(?:/[\w.@-]+)*)"
# Each form with what a command must hold, in small letters, for it: most commands have none, and a document thousands.
FORMS = (
    (PATH_TO, ("path/to/",)),
    (EXAMPLE, ("example.",)),
    (ACTIONS, ("{{",)),
    (DOUBLE, ("{{",)),
    (SHORTCODE, ("{{",)),
    (CHOICE, ("<",)),
    (ANGLE, ("<",)),
    (SQUARE, ("[",)),
    (CURLY, ("{",)),
    (JOINED_CURLY, ("{",)),
    (PERCENT, ("%",)),
    (DUNDER, ("__",)),
    (YOUR, ("your",)),
    (REPLACE, ("replace", "change", "insert", "enter", "fill", "_here")),
    (NUMBERS, ("x.", ".x")),
    (DATE, ("yyyy",)),
    (KEBAB, ("${",)),
    (CROSSES, ("xxx", "yyyy", "zzzz")),
    (DOTS, ("...", "…")),
)
SIGNS = tuple(dict.fromkeys(sign for _, signs in FORMS for sign in signs))
IN_POWERSHELL = re.compile(
    "|".join((PATH_TO, EXAMPLE, ACTIONS, DOUBLE, ANGLE, SQUARE, PERCENT, DUNDER, YOUR, REPLACE, CROSSES, DOTS))
)
MAY_HOLD_A_HOLE = re.compile(
    r"[<\[{%…]|__|_name|\.[xX]|[xX]\.|example\.|path/to/|(?i:your)|xxx|XXX|yyyy|YYYY|zzzz|ZZZZ|\.\.\.|/:|[A-Z](?![a-z])[A-Z0-9_]|[mM]y[A-Z]|\bmy[-_a-z]|:TAG"
)
# Without one of these, in small letters, or two capitals, it holds none either: asked first, as it costs little.
SIGNS_OF_A_HOLE = (*SIGNS, "_name", "/:", "my")
TWO_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]")
IN_REQUESTS = re.compile(
    "|".join(
        (
            EXAMPLE,
            r"\{\{?\s*(?P<route>[A-Za-z][A-Za-z0-9_-]*)\s*\}?\}",
            r"<(?P<angle>[^<>\s/][^<>\n]{0,60})>",
            r"\[(?P<square>[A-Z][A-Z0-9_]*)\]",
            r"(?<=/):(?P<colon>[A-Za-z]\w*)",
        )
    )
)
TOOLS_OWN = frozenset(
    {"none", "pending", "unknown", "nil", "null", "no value", "missing", "invalid", "stdin", "stdout", "br", "eof"}
)
_OF_TEMPLATES = "end else json range if with define template block break continue println printf len index not and or"
TEMPLATE_WORDS = frozenset(_OF_TEMPLATES.split())
PROGRAM_TEXT = re.compile(
    r"(?:^|[\s;&|(])(?:jq|yq|awk|gawk|mawk|perl|sed|python[23]?|ruby|node|php|dasel|gron|jp|xmllint|rg|grep|egrep)\s(?:[^'\"|;&]|-F\s?(?:'[^'\n]{1,5}'|\"[^\"\n]{1,5}\"))*?$"
    r"|(?:--query|--jq|-q|--filter|--template|--go-template|--jsonpath|-o\s*jsonpath|--output\s+jsonpath|jsonpath|--format)[\s=]*$"
    r"|(?:^|[\s;&|(])(?:docker|podman|nerdctl|dpkg-query|stat)\s(?:[^'\"|;&]*\s)?-f[\s=]*$"
)
"""What stands before quotes whose text is a program or a filter of a tool's own. Elsewhere `-f` names a file."""
# What an interpreter is fed: `python3 - <<EOF`.
PROGRAM_DOCUMENT = re.compile(
    r"(?:^|[\s;&|(])(?:python[23]?|node|ruby|perl|php|jq)\b[^\n;|&]*<<-?\s*['\"]?\w+['\"]?[^\n]*\n"
)
SPEAKS_TO_READER = re.compile(r"(?i)your[ _-]|insert[ _-]|replace[ _-]|enter[ _-]")
# Between single quotes the shell fills nothing in: whoever writes `curl '...${SERVICE}'` means the reader to.
QUOTED_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Z][A-Z0-9_]*)\}|(?P<bare>[A-Z][A-Z0-9_]+)(?!\w))")
REQUEST = re.compile(r"(?:^|[\s;&|(])(?:curl|wget|http|https|xh|psql|mysql)\s[^;|]*$")
# Before a form of a date that is one: what a program is to write it in.
TAKES_FORMAT = re.compile(
    r"(?i)\b(?:to_char|to_date|to_timestamp|date_?format|str_to_date|time-?format|format)\b[^;&|]*$"
)
GIT_WORDS = frozenset({"u", "upstream", "push"})  # of `main@{upstream}`
OPTION = re.compile(r"(?P<option>--?[A-Za-z][\w-]*)[\s=]+[\"']?$")
SPEAKS = re.compile(r"(?:^|[;&|]\s*)(?:echo|printf|log|logger|say|Write-Host|Write-Output)\b[^;&|]*$")
CAPITALS = re.compile(
    r"(?P<option>--?[A-Za-z][\w-]*)(?:\s+|=)[\"']?(?P<word>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)[\"']?(?=$|[\s;&|)])"
)

_VALUES = (
    "NAME ID IDS IP HOST HOSTNAME NAMESPACE ARN BUCKET CLUSTER PROJECT ACCOUNT GROUP REVISION POD CONTAINER INSTANCE"
    " NODE DEPLOYMENT SHA TAG HERE SUBSCRIPTION REGISTRY VOLUME SERVICE DISK SNAPSHOT VMID UUID NUMBER"
)
NAMED_CAPITALS = re.compile(
    rf"(?<![\w$.{{=-])(?P<word>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:{_VALUES.replace(' ', '|')}))(?![\w=({{-])"
)
# `svc/SUBSCRIBER-CLUSTER-rw`, `PUBLISHER-HOST`: the same joined by hyphens, also as the head of a longer name.
HYPHENED_CAPITALS = re.compile(
    rf"(?<![\w$.{{=-])(?P<word>[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*-(?:{_VALUES.replace(' ', '|')}))"
    r"(?![A-Z0-9_=({])(?!-[A-Z0-9])"
)
# `TRUNCATE TABLE table_name`: what a statement of SQL names by what it is.
SQL_NAMES = re.compile(
    r"(?i)\b(?:TABLE|DATABASE|SUBSCRIPTION|PUBLICATION|USER|ROLE|INDEX|SCHEMA|VIEW|SEQUENCE)\s+(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+"
    r"|CONCURRENTLY\s+)*(?-i:(?P<word>(?:your_|my_)?(?:table|database|db|subscription|sub|publication|pub|user|role|index|schema|view)"
    r"_?name))(?!\w)"
)
# `-g RG`, `--name APP`, `-n NAMESPACE`: what names a resource in a cluster or a cloud is not written in capitals.
NAME_OPTIONS = re.compile(
    r"(?<!\S)(?:-n|-g|--name|--namespace|--resource-group|--server|--registry|--vault-name|--cluster|--cluster-name"
    r"|--account-name|--subscription|--project|--workspace|--context)[\s=]+(?P<word>[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)(?=$|[\s;&|)])"
)
# Where a client goes, and as whom: `psql -h HOST -U USER`, `ssh USER@HOST`, `kill -9 PID`, `postgresql://USER:PASS@HOST/DB`.
OF_CONNECTIONS = re.compile(
    r"(?<!\S)(?:-[hHUupPdW]|--host|--user|--username|--port|--password|--dbname|--database|-[0-9]{1,2})[\s=]+(?P<option>HOST(?:NAME)?|IP"
    r"|USER(?:NAME)?|PORT|PASS(?:WORD)?|DB|DB_?NAME|DATABASE|PID)(?=$|[\s;&|)])"
    r"|(?<![\w$.{@/])(?P<user>[A-Z][A-Z0-9_]+)(?=(?::[\w<>-]+)?@(?:[A-Z][A-Z0-9_]+|[\w.-]+)(?:[:/\s]|$))(?<!\S@)"
    r"|(?<=:)(?P<password>PASS(?:WORD)?|PWD)(?=@)|(?<=[\w>]@)(?P<host>HOST(?:NAME)?|SERVER|IP|ADDRESS|[A-Z]+_HOST)(?=[:/\s\"']|$)"
    r"|(?<=[A-Z]:)(?P<port>PORT)(?=[/\s\"']|$)|(?<=[A-Z0-9]/)(?P<database>DB|DB_?NAME|DATABASE)(?=[?\s\"']|$)"
    r"|\bkill(?:all)?\s+(?:-\w+\s+)?(?P<process>PID\w*)(?=$|[\s;&|)])|\bhelm\s+rollback\s+(?P<release>RELEASE)\b"
    r"|(?<=RELEASE )(?P<revision>REVISION)\b|(?<=://)(?P<login>USER(?:NAME)?|[A-Z]+_USER)(?=:)"
    r"|(?<![^\s\"'])(?P<above>[A-Z]+(?:_[A-Z]+)*_FROM_(?:ABOVE|STEP\w*|OUTPUT))(?=$|[\s;&|)\"'])"
)
# Every alternative of it holds one of these.
SIGNS_OF_CONNECTIONS = (
    *("@", "HOST", "IP", "USER", "PORT", "PASS", "PWD", "DB", "DATABASE", "PID", "RELEASE", "_FROM_"),
)
# `docker pull IMAGE:TAG`, `registry.x/web:TAG`: an image is written in small letters.
OF_IMAGES = re.compile(
    r"(?<![\w$.{-])(?P<image>IMAGE(?:_?NAME)?|REPO(?:SITORY)?(?:_?NAME)?)(?=:[\w<$])"
    r"|(?<![\w$.{-])(?P<owner>[A-Z][A-Z_]{2,})(?=(?:/[A-Z_]+)?(?:/IMAGE\w*:|:(?:IMAGE_?)?TAG(?![\w-])))"
    r"|(?<=[\w>}]:)(?P<tag>(?:IMAGE_?)?TAG|IMAGE_?VERSION)(?![\w-])"
    # `-p HOST:CONTAINER`, `docker cp CONTAINER:/var/log .`
    r"|(?<![\w$.{-])(?P<outside>(?:HOST|LOCAL)(?:_?(?:PORT|PATH|DIR))?)(?=:(?:[\d/]|CONTAINER|REMOTE))"
    r"|(?<=:)(?P<inside>(?:CONTAINER|REMOTE)(?:_?(?:PORT|PATH|DIR))?)(?![\w-])|(?<![\w$.{-])(?P<holder>CONTAINER|POD)(?=:/)"
)
SIGNS_OF_IMAGES = ("IMAGE", "REPO", "TAG", "HOST", "LOCAL", "CONTAINER", "REMOTE", "POD")
# `-g MyResourceGroup`, `--name myAKSCluster`: nobody's thing is called by what it is. `MyShop` may well be a name.
OF_MINE = re.compile(
    r"(?<![\w$./{@-])(?P<mine>[mM]y(?:[A-Z][A-Za-z]*?)?(?:ResourceGroup|RG|VM|Vm|Cluster|Server|Database|DB|Vault|Registry"
    r"|StorageAccount|Account|Container|Namespace|Subscription|VNet|Vnet|Subnet|NSG|Nsg|Disk|Workspace|Bucket|Instance"
    r"|Queue|Topic|Secret|Certificate|Project|PublicIP|LoadBalancer|Gateway|KeyPair|Policy|Role|Snapshot)\d?)(?![\w.(/-])"
)
# `s3://my-bucket`, `--account-name mystorageaccount`: the same in small letters.
_KINDS_OF_RESOURCES = (
    "bucket cluster resource-?group rg storage-?account account registry acr key-?vault vault namespace vm instance"
    " server database db subscription project vnet subnet queue topic container pod node deployment service secret"
    " host domain org(?:anization)? repo(?:sitory)? image release volume disk snapshot key-?pair role policy user"
    " password token function-?app web-?app workspace aks-?cluster"
)
OF_MINE_SMALL = re.compile(
    rf"(?<![\w$.{{@-])(?P<mine>my[-_]?(?:{_KINDS_OF_RESOURCES.replace(' ', '|')})[-_]?\d?)(?![\w.(=-])"
)
_PARTS = (
    "app application job task stack site function table branch package chart component website feature team tenant user"
)
_ANY_PART = f"{_PARTS} {_KINDS_OF_RESOURCES}".replace(" ", "|")
OF_MINE_APART = re.compile(rf"(?<![\w$./{{@-])(?P<mine>my[-_](?:{_ANY_PART})(?:[-_](?:name|id))?)(?![\w.(=-])")
# `rake data:load[FILE,LOCALE]`: what a task is given.
OF_TASKS = re.compile(
    r"(?:\b[a-z]\w*(?::[a-z]\w*)+|(?<=rake )[a-z]\w*|(?<=rake [\"'])[a-z]\w*)"
    r"\\*\[(?P<list>[A-Z][A-Z0-9_]*(?:,[ ]?[A-Z][A-Z0-9_]*)*)\\*\]"
)
# Beside such a word any other in capitals is a hole, too: `docker run --name CONT_NAME IMAGE`.
BARE_CAPITALS = re.compile(
    r"(?<![\w$.{=/:@-])[A-Z]{4,}(?![\w=({/.:-])|(?<![\w$.{/@-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w=({-])"
)
ASSIGNED = re.compile(r"(?<![\w-])[A-Za-z_]\w*=\Z")  # `-e MODE=READ_ONLY`: a value that is written there
TOOLS_CAPITALS = frozenset(
    {
        "POST",
        "PURGE",
        "OPTIONS",
        "HEAD",
        "DELETE",
        "PATCH",
        "JSON",
        "YAML",
        "TEXT",
        "TERM",
        "KILL",
        "TRUE",
        "FALSE",
        "NULL",
        "DEV",
        "EDEV",
        "SOCK",
    }
)
MAY_HOLD_CAPITALS = re.compile(r"[A-Z][A-Z0-9_-]|name")  # or none of the expressions for words in capitals finds one
# Where a word in capitals is the name of a variable, a secret or a setting, and means itself.
MEANS_ITSELF = re.compile(
    r"""(?ix)(?:^|[\s;&|(])(?:printenv|unset|export|grep|egrep|rg|echo|test|env|declare|sed|awk|readonly|read)\b[^;&|]*$
    | \b(?:secrets?|env|config|settings?|appsettings|parameters?|variables?|vars?|configmap)\b[^;&|]*$
    | (?:^|\s)(?:-e|--env|--env-add|--build-arg|--var|-var|--key|--set-env-vars|--from-literal)[\s=]+$"""
)


@dataclass(frozen=True, slots=True)
class WrittenHole:
    """One hole as written, from `start` to `end`, and what it is called."""

    name: str
    start: int
    end: int


def written_holes(command: str, language: str) -> list[WrittenHole]:
    """Every hole of a command that is no variable, in the order written."""
    small = command.lower()
    signs = frozenset([sign for sign in SIGNS_OF_A_HOLE if sign in small])
    if (not signs and TWO_CAPITALS.search(command) is None) or MAY_HOLD_A_HOLE.search(command) is None:
        return []
    result: list[WrittenHole] = []
    for match in _find_forms(command, language, signs):
        kind = next(name for name, value in match.groupdict().items() if value is not None and name != "bare")
        behind_another = kind == "square" and bool(result) and result[-1].end == match.start()  # `[ns][pod]`, no index
        if language == "http" or behind_another or _is_a_hole(command, match, kind, language):
            result.append(WrittenHole(_name_hole(command, match, kind), match.start(), match.end()))
    if language == "bash":
        result += [
            capital
            for capital in _find_capital_holes(command)
            if not any(capital.start < one.end and one.start < capital.end for one in result)
        ]
        result += _find_quoted_variables(command)
        result += [
            hole
            for hole in _find_task_arguments(command)
            if not any(hole.start < one.end and one.start < hole.end for one in result)
        ]
        result += [
            WrittenHole(match["mine"], match.start(), match.end())
            for match in _find_names_of_kinds(command)
            if _is_named_hole(command[: match.start()])
        ]
        result = list(dict.fromkeys(result))  # `--pod-name POD_NAME` is found in both ways
    return _number_days(sorted(result, key=lambda hole: hole.start))


def _number_days(holes: list[WrittenHole]) -> list[WrittenHole]:
    """Two days in one command are two values: `load[YYYY-MM-DD,YYYY-MM-DD]` is from one to another."""
    counts: dict[str, int] = {}
    for index, hole in enumerate(holes):
        if "YYYY" in hole.name.upper() and "MM" in hole.name.upper():
            counts[hole.name] = counts.get(hole.name, 0) + 1
            if counts[hole.name] > 1:
                holes[index] = WrittenHole(f"{hole.name} {counts[hole.name]}", hole.start, hole.end)
    return holes


def _find_forms(command: str, language: str, signs: frozenset[str]) -> Iterator[re.Match[str]]:
    if language in ("http", "powershell"):
        return (IN_REQUESTS if language == "http" else IN_POWERSHELL).finditer(command)
    pattern = _join_forms(signs.intersection(SIGNS))
    return pattern.finditer(command) if pattern else iter(())


@lru_cache(maxsize=512)
def _join_forms(signs: frozenset[str]) -> re.Pattern[str] | None:
    """The forms that one of these signs may begin, as one expression."""
    forms = [form for form, form_signs in FORMS if not signs.isdisjoint(form_signs)]
    return re.compile("|".join(forms)) if forms else None


def _is_a_hole(command: str, match: re.Match[str], kind: str, language: str) -> bool:
    before, name = command[: match.start()], match[kind]
    match kind:
        case "angle":
            return _angle_is_a_hole(command, match, name)
        case "choice":  # no redirections: `sort <in|uniq>out`
            return not re.match(r"\w", command[match.end() :])
        case "square":
            return _square_is_a_hole(command, match) and not _in_program_text(before)
        case "double":
            is_script_block = (
                language == "powershell" and _open_quote(before) is None and before[-1:] in ("", " ", "\n")
            )
            return name.split()[0].casefold() not in TEMPLATE_WORDS and not is_script_block
        case "curly" | "joined":
            return (
                name not in ("end", "range") and not _in_program_text(before) and (kind == "curly" or "'" not in name)
            )
        case "percent":
            return not re.search(r"(?i)\blike\s+['\"]?$|\+[%\w:/. -]*$", before) and (
                len(name) > 2 or command.count("%") == 2
            )
        case "crosses":
            return not re.search(r"\bmktemp\b[^;&|]*$", before) and not _in_program_text(before)
        case "date":
            return TAKES_FORMAT.search(before) is None and not _in_program_text(before)
        case "kebab":
            first = name.split("-")[0]
            return re.search(rf"(?:^|[\s;(]){first}=|\bfor {first} in\b|\bread (?:-r )?{first}\b", before) is None
        case "dots":
            return not SPEAKS.search(before) and not _in_comment(before)
        case "example":  # an e-mail address is a person's, or a test's
            last = before.rsplit(maxsplit=1)[-1] if before and not before[-1].isspace() else ""
            return not _in_comment(before) and "@" not in last
        case "your" | "replace" | "path" | "numbers":
            return not _in_comment(before)
        case _:
            return True


def _angle_is_a_hole(command: str, match: re.Match[str], name: str) -> bool:
    """No redirection `cmd <file >out`, no markup, no address, no comparison, no word that a tool prints: `<none>`."""
    before, after = command[: match.start()], command[match.end() :]
    if before.endswith("<") or name.endswith((" ", "/")) or "://" in name or ("@" in name and before[-1:] != "="):
        return False
    if name.casefold() in TOOLS_OWN or f"</{name.split()[0]}>" in after:
        return False
    closing = after.removeprefix("\\")[:1]
    if before[-1:] in ('"', "'") and closing == before[-1:]:  # `"<Tenant name>"` is all that its quotes hold
        return True
    return not (" " in name and re.search(r"[\w)\]\"']$", before))


def _square_is_a_hole(command: str, match: re.Match[str]) -> bool:
    """No index, no class of a glob, no test, no filter of JMESPath."""
    before, after, name = command[: match.start()], command[match.end() :], match["square"]
    if SPEAKS_TO_READER.match(name):
        return True
    last, following = before[-1:] or " ", after[:1]
    is_test = last == "[" or following == "]"
    glued = not last.isspace() or (following not in ("", '"', "'", ")", ";") and not following.isspace())
    is_class = glued and (len(name) <= 3 or re.fullmatch(r"\w-\w", name)) and not re.search(r"[-_=:@]$", before)
    single = before.count("'") % 2 == 1
    return not (
        single or is_test or is_class or following in ("=", "*", "+", "?") or re.match(r":\d", after)
    ) and not re.search(r"[\w$.)\]*?]$", before)


def _in_program_text(before: str) -> bool:
    """True inside quotes that hold a program or a filter: `jq '{name}'`, `awk '{print}'`, `--query "[].{a:b}"`."""
    if "<<" in before and PROGRAM_DOCUMENT.search(before):
        return True
    quote = _open_quote(before)
    return quote is not None and bool(PROGRAM_TEXT.search(before[:quote]))


def _open_quote(before: str) -> int | None:
    """Where the quote opens that a position stands in."""
    opened: int | None = None
    skip = False
    for index, letter in enumerate(before):
        if skip:
            skip = False
        elif letter == "\\" and (opened is None or before[opened] == '"'):
            skip = True
        elif opened is None and letter in "'\"":
            opened = index
        elif opened is not None and letter == before[opened]:
            opened = None
    return opened


def _in_comment(before: str) -> bool:
    line = before.rsplit("\n", 1)[-1]
    return _open_quote(line) is None and bool(re.search(r"(?:^|\s)#", line))


def _name_hole(command: str, match: re.Match[str], kind: str) -> str:
    """What is asked for. Crosses and dots are called by the option or the word that they stand in."""
    if kind == "path":
        return f"path to {match[kind].rpartition('path/to/')[2]}"
    if kind == "choice":
        return " or ".join(part.strip() for part in match[kind].split("|"))
    if kind not in ("crosses", "dots", "date"):
        return match[kind]
    option = OPTION.search(command[: match.start()])
    if option is not None:
        return option["option"].lstrip("-") if kind == "dots" else f"{option['option'].lstrip('-')} {match[kind]}"
    return match[kind] if kind != "dots" else "the rest"


def _find_capital_holes(command: str) -> list[WrittenHole]:
    """Words in capitals that stand for a value, and beside one of them every other: `cp OLD_NAMESPACE/OLD_POD:/x`."""
    if MAY_HOLD_CAPITALS.search(command) is None:
        return []
    holes = list(_find_certain_capitals(command))
    spans = [(hole.start, hole.end) for hole in holes]
    for match in BARE_CAPITALS.finditer(command) if holes else ():
        if ASSIGNED.search(command, 0, match.start()):
            continue
        overlaps = any(start < match.end() and match.start() < end for start, end in spans)
        if match.group() not in TOOLS_CAPITALS and not overlaps and _is_named_hole(command[: match.start()]):
            holes.append(WrittenHole(match.group(), match.start(), match.end()))
    return holes


def _find_certain_capitals(command: str) -> Iterator[WrittenHole]:
    """`--detector-id DETECTOR_ID`: a word in capitals that only says again what its option is called; `POD_NAME`."""
    for match in CAPITALS.finditer(command):
        option = re.sub(r"[^a-z0-9]", "", match["option"].casefold())
        word = re.sub(r"(?:\d+|[^a-z0-9])", "", match["word"].casefold())
        alike = option and word and (word.startswith(option.removesuffix("s")) or option.startswith(word))
        parts = set(match["option"].strip("-").casefold().split("-"))
        alike = alike or (len(parts) > 1 and parts <= set(match["word"].casefold().split("_")))
        if alike and len(option) > 2 and len(word) > 2:
            yield WrittenHole(match["word"], match.start("word"), match.end("word"))
    for match in NAME_OPTIONS.finditer(command):
        if _open_quote(command[: match.start()]) is None and match["word"] not in TOOLS_CAPITALS:
            yield WrittenHole(match["word"], match.start("word"), match.end("word"))
    for match in OF_CONNECTIONS.finditer(command) if any(sign in command for sign in SIGNS_OF_CONNECTIONS) else ():
        kind = match.lastgroup or ""
        if match[kind] not in TOOLS_CAPITALS and not MEANS_ITSELF.search(command[: match.start()]):
            yield WrittenHole(match[kind], match.start(kind), match.end(kind))
    of_images = ":" in command and any(sign in command for sign in SIGNS_OF_IMAGES)
    for match in OF_IMAGES.finditer(command) if of_images else ():
        kind = match.lastgroup or ""
        yield WrittenHole(match[kind], match.start(kind), match.end(kind))
    for match in SQL_NAMES.finditer(command) if "name" in command else ():
        yield WrittenHole(match["word"], match.start("word"), match.end("word"))
    for expression in (NAMED_CAPITALS, HYPHENED_CAPITALS):
        for match in expression.finditer(command):
            if _is_named_hole(command[: match.start()]):
                yield WrittenHole(match["word"], match.start(), match.end())


def _find_names_of_kinds(command: str) -> Iterator[re.Match[str]]:
    if "my" in command or "My" in command:
        yield from OF_MINE.finditer(command)
        yield from OF_MINE_SMALL.finditer(command)
        yield from OF_MINE_APART.finditer(command)


def _find_task_arguments(command: str) -> Iterator[WrittenHole]:
    for match in OF_TASKS.finditer(command) if "[" in command else ():
        for word in re.finditer(r"[A-Z][A-Z0-9_]*", match["list"]):
            start = match.start("list") + word.start()
            yield WrittenHole(word[0], start, start + len(word[0]))


def _find_quoted_variables(command: str) -> Iterator[WrittenHole]:
    for match in QUOTED_VARIABLE.finditer(command) if "'" in command else ():
        before = command[: match.start()]
        quote = _open_quote(before)
        if quote is not None and before[quote] == "'" and REQUEST.search(before[:quote]):
            yield WrittenHole(match["braced"] or match["bare"], match.start(), match.end())


def _is_named_hole(before: str) -> bool:
    """True for an argument: not the program itself, nothing in quotes or in a here-document, no name of a variable."""
    return (
        bool(before.strip()) and "<<" not in before and _open_quote(before) is None and not MEANS_ITSELF.search(before)
    )
