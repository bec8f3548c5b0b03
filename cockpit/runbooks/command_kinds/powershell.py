"""The kind of a PowerShell text: cmdlets by their verb, methods and .NET calls by a list, other programs as in bash."""

import re
from collections.abc import Sequence

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.judge import (
    LONGEST,
    CommandStdin,
    JudgeContext,
    judge_argv,
    judge_shell,
)
from cockpit.runbooks.command_kinds.special import find_worst_kind
from cockpit.runbooks.command_kinds.tables import load_tools, names_danger
from cockpit.runbooks.command_kinds.targets import judge_written_file
from cockpit.runbooks.shell_syntax import MASK_LETTER, SimpleCommand, parse_shell

CMDLET = re.compile(r"^(?P<verb>[A-Za-z]+)-(?P<noun>[A-Za-z]\w*)$")
READS = frozenset(("get", "test", "measure", "find", "show", "convertfrom", "convertto", "compare"))
SERVICES = (
    *("azaccount", "azuread", "mggraph", "exchangeonline", "ippssession", "msolservice", "viserver", "pnponline"),
    *("azurermaccount", "azureaccount", "microsoftteams", "msgraph", "azurestackhub", "sposervice", "entra"),
)
# What else looks, or touches only this session, does so with these nouns and no other: `Import-Module` is local, and
# `Import-PfxCertificate` writes into a store of the machine.
NOUNS = {
    StepKind.READ: {
        "format": ("table", "list", "wide", "custom", "hex"),
        "select": ("object", "string", "xml"),
        "where": ("object",),
        "sort": ("object",),
        "group": ("object",),
        "foreach": ("object",),
        "resolve": ("path", "dnsname", "azerror"),
        "search": ("adaccount", "azgraph", "unifiedauditlog", "azresourcegraph"),
        "convert": ("path", "string"),
        "split": ("path",),
        "join": ("path", "string"),
        "read": ("host",),
        "trace": ("command",),
        "wait": ("process", "job", "event"),
        "receive": ("job",),
        "import": ("csv", "clixml", "powershelldatafile", "localizeddata"),
    },
    StepKind.LOCAL: dict.fromkeys(("connect", "disconnect", "login", "logout"), SERVICES)
    | {"import": ("module", "pssession", "alias"), "save": ("help",), "update": ("help",)},
}  # fmt: skip
DANGERS = frozenset(
    (
        *(
            "remove",
            "clear",
            "stop",
            "uninstall",
            "reset",
            "restore",
            "undo",
            "revoke",
            "disable",
            "dismount",
            "unregister",
        ),
        *(
            "suspend",
            "rename",
            "deny",
            "block",
            "detach",
            "restart-computer",
            "initialize",
            "limit",
            "close",
        ),
    )
)
BY_NAME = {
    "write-host": StepKind.READ,
    "write-output": StepKind.READ,
    "write-verbose": StepKind.READ,
    "write-warning": StepKind.READ,
    "write-error": StepKind.READ,
    "write-information": StepKind.READ,
    "write-progress": StepKind.READ,
    "write-debug": StepKind.READ,
    "out-null": StepKind.READ,
    "out-string": StepKind.READ,
    "out-host": StepKind.READ,
    "out-default": StepKind.READ,
    "out-gridview": StepKind.READ,
    "start-sleep": StepKind.READ,
    "set-location": StepKind.LOCAL,
    "push-location": StepKind.LOCAL,
    "pop-location": StepKind.LOCAL,
    "set-variable": StepKind.LOCAL,
    "new-object": StepKind.CHANGE,
    "new-timespan": StepKind.READ,
    "new-guid": StepKind.READ,
    "set-strictmode": StepKind.READ,
    "set-azcontext": StepKind.LOCAL,
    "select-azsubscription": StepKind.LOCAL,
    "select-azcontext": StepKind.LOCAL,
    "save-module": StepKind.CHANGE,
    "format-volume": StepKind.DANGER,
    "clear-host": StepKind.READ,
    "clear-variable": StepKind.LOCAL,
    "wait-process": StepKind.READ,
    "invoke-expression": StepKind.CHANGE,
    "invoke-command": StepKind.READ,  # its block is judged by itself; it runs elsewhere
    "foreach-object": StepKind.READ,
    "where-object": StepKind.READ,
    "read-host": StepKind.READ,
    "import-azcontext": StepKind.CHANGE,
    "import-csv": StepKind.READ,
    "import-clixml": StepKind.READ,
    "get-credential": StepKind.READ,
    "receive-job": StepKind.READ,
    "test-cluster": StepKind.CHANGE,  # its checks of storage take disks offline
    "search-mailbox": StepKind.CHANGE,
    "restart-computer": StepKind.DANGER,
    "stop-computer": StepKind.DANGER,
    "test-path": StepKind.READ,
    "update-help": StepKind.LOCAL,
    "set-psdebug": StepKind.LOCAL,
    "convertto-securestring": StepKind.READ,
    "wait-debugger": StepKind.CHANGE,
    "show-command": StepKind.CHANGE,
    "enter-pssession": StepKind.CHANGE,
    "new-pssession": StepKind.CHANGE,
    "debug-process": StepKind.CHANGE,
}
ALIASES = {
    "ls": "get-childitem", "dir": "get-childitem", "gci": "get-childitem", "cat": "get-content", "gc": "get-content",
    "type": "get-content", "ps": "get-process", "gps": "get-process", "echo": "write-output", "write": "write-output",
    "where": "where-object", "?": "where-object", "%": "foreach-object", "foreach": "foreach-object",
    "select": "select-object", "sort": "sort-object", "measure": "measure-object", "ft": "format-table",
    "fl": "format-list", "gsv": "get-service", "gi": "get-item", "gm": "get-member", "sleep": "start-sleep",
    "rm": "remove-item", "del": "remove-item", "ri": "remove-item", "rd": "remove-item", "rmdir": "remove-item",
    "erase": "remove-item", "kill": "stop-process", "spps": "stop-process", "iex": "invoke-expression",
    "iwr": "invoke-webrequest", "irm": "invoke-restmethod", "cd": "set-location", "sl": "set-location",
    "cp": "copy-item", "copy": "copy-item", "mv": "move-item", "move": "move-item", "ni": "new-item",
    "pwd": "get-location", "icm": "invoke-command", "tee": "tee-object", "cls": "clear-host", "clear": "clear-host",
    "sls": "select-string", "group": "group-object", "compare": "compare-object", "diff": "compare-object",
    "md": "new-item",
    "oh": "out-host", "mkdir": "new-item", "sc": "set-content", "clc": "clear-content",
    "sasv": "start-service", "gcm": "get-command",
}  # fmt: skip
METHODS = frozenset(
    (
        *(
            "tostring",
            "split",
            "trim",
            "trimend",
            "trimstart",
            "replace",
            "substring",
            "tolower",
            "toupper",
            "contains",
            "adddays",
        ),
        *(
            "startswith",
            "endswith",
            "indexof",
            "addhours",
            "addminutes",
            "addseconds",
            "gettype",
            "equals",
            "touniversaltime",
        ),
        *(
            "tolocaltime",
            "join",
            "padleft",
            "padright",
            "foreach",
            "where",
            "count",
            "containskey",
            "matches",
            "getenumerator",
        ),
        *("readtoend", "getresponse", "compareto", "tochararray", "subtract"),
    )
)
STATICS = re.compile(
    r"(?i)^\[(System\.)?(Math|String|Convert|DateTime|DateTimeOffset|TimeSpan|Guid|Text\.Encoding|Uri|Net\.Dns|Version|int|datetime|guid"
    r"|regex|math|string|convert|uri|IO\.Path|Environment)\]::(?!SetEnvironmentVariable|Exit|FailFast)\w+$"
)
REQUESTS = frozenset(("invoke-webrequest", "invoke-restmethod"))


def judge_powershell(
    text: str, masked: Sequence[tuple[int, int]] = (), context: JudgeContext | None = None
) -> StepKind:
    """The kind of a PowerShell text: that of its worst part."""
    if len(text) > LONGEST:
        return StepKind.DANGER
    document = parse_shell(text, "powershell", masked=masked)
    functions = frozenset(name.casefold() for statement in document.statements for name in statement.functions)
    context = context or JudgeContext(load_tools())
    kinds = [
        _judge_command(command, functions, context, last=place == len(statement.commands) - 1)
        for statement in document.statements
        for place, command in enumerate(statement.commands)
    ]
    if document.errors:
        destroys = any(names_danger(word) for word in re.split(r"[\s({]+", text))
        return find_worst_kind(StepKind.DANGER if destroys else StepKind.CHANGE, *kinds)
    return find_worst_kind(*kinds) if document.statements else StepKind.CHANGE


def _judge_command(command: SimpleCommand, functions: frozenset[str], context: JudgeContext, *, last: bool) -> StepKind:
    kinds = [StepKind.READ]
    argv = [word.template for word in command.words]
    for redirect in command.redirects:
        if redirect.writes and redirect.target is not None:
            path = redirect.target.template
            raw_null = redirect.target.raw.casefold() == "$null"
            kinds.append(
                StepKind.READ
                if raw_null
                else StepKind.CHANGE
                if path.startswith(MASK_LETTER)
                else judge_written_file(path, redirect.operator, from_tool=True)
            )
    if argv:
        kinds.append(_judge_words(argv, functions, context, last=last))
    return find_worst_kind(*kinds)


def _judge_words(argv: Sequence[str], functions: frozenset[str], context: JudgeContext, *, last: bool) -> StepKind:
    name = argv[0].strip("\"'")
    lowered = ALIASES.get(name.casefold(), name.casefold())
    if lowered in functions:
        return StepKind.READ
    if MASK_LETTER in name or name == "=":
        return StepKind.CHANGE
    if name.startswith(".") and name[1:].isidentifier():
        return _judge_method(name[1:])
    if name.startswith("["):
        return (
            StepKind.READ
            if STATICS.match(name)
            else (StepKind.DANGER if names_danger(name.rpartition("::")[2]) else StepKind.CHANGE)
        )
    if re.fullmatch(r"[\d.]+(\.\.[\d.]+)?", name):
        return StepKind.READ  # `1..3`
    if lowered in REQUESTS:
        return _judge_request(argv[1:])
    if lowered in BY_NAME:
        return BY_NAME[lowered]
    if lowered == "out-file" or lowered in ("set-content", "add-content", "tee-object", "export-csv", "export-clixml"):
        target = _read_argument(argv[1:], ("-filepath", "-path", "-literalpath"))
        added = (
            StepKind.READ
            if lowered == "tee-object" and not target
            else judge_written_file(target or "/", ">", from_tool=True)
        )
        return find_worst_kind(added, StepKind.CHANGE if lowered in ("set-content", "add-content") else StepKind.READ)
    if match := CMDLET.match(lowered):
        return _judge_cmdlet(match["verb"], match["noun"], argv[1:])
    if name.casefold() in ("powershell", "pwsh", "powershell.exe", "cmd", "cmd.exe"):
        return _judge_shell_inside(argv[1:])
    return judge_argv([name.removesuffix(".exe"), *argv[1:]], CommandStdin(), context, last=last)


def _judge_cmdlet(verb: str, noun: str, arguments: Sequence[str]) -> StepKind:
    if any(word.casefold() == "-whatif" for word in arguments) and not any(
        word.casefold() == "-confirm" for word in arguments
    ):
        return StepKind.READ if verb not in ("invoke", "start") else StepKind.CHANGE
    if verb in DANGERS or (names_danger(noun) and verb in ("invoke", "start", "set")):
        return StepKind.DANGER
    if verb in READS:
        return StepKind.READ
    return next((kind for kind, nouns in NOUNS.items() if noun in nouns.get(verb, ())), StepKind.CHANGE)


def _judge_method(name: str) -> StepKind:
    if name.casefold() in METHODS:
        return StepKind.READ
    return StepKind.DANGER if names_danger(name) else StepKind.CHANGE


def _judge_request(arguments: Sequence[str]) -> StepKind:
    from cockpit.runbooks.command_kinds.requests import judge_request

    method = _read_argument(arguments, ("-method",)) or "GET"
    url = _read_argument(arguments, ("-uri",)) or next((word for word in arguments if "://" in word), "")
    lowered = [word.casefold() for word in arguments]
    if MASK_LETTER in method:
        return StepKind.CHANGE
    kind = judge_request(method, url)
    if any(word in lowered for word in ("-infile", "-form", "-body")) and method.upper() == "GET":
        kind = find_worst_kind(kind, StepKind.CHANGE)
    target = _read_argument(arguments, ("-outfile",))
    return find_worst_kind(kind, judge_written_file(target, ">", from_tool=True)) if target else kind


def _judge_shell_inside(arguments: Sequence[str]) -> StepKind:
    for place, word in enumerate(arguments):
        if word.casefold() in ("-command", "-c", "/c"):
            text = " ".join(arguments[place + 1 :])
            return StepKind.CHANGE if MASK_LETTER in text or not text else find_worst_kind(judge_powershell(text))
    return StepKind.DANGER if any(names_danger(word) for word in arguments) else StepKind.CHANGE


def _read_argument(arguments: Sequence[str], names: Sequence[str]) -> str:
    """The word behind one of the parameters, else ""; the first other word for a path."""
    for place, word in enumerate(arguments):
        if word.casefold().rstrip(":") in names and place + 1 < len(arguments):
            return arguments[place + 1]
    if "-filepath" in names:
        return next((word for word in arguments if not word.startswith("-")), "")
    return ""


__all__ = ["judge_powershell", "judge_shell"]
