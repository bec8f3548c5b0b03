"""Tools with a small language of their own (find, sed, awk), and programs in other languages (python -c, node -e)."""

import ast
import re
from collections.abc import Callable

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
from cockpit.runbooks.command_kinds.tables import judge_tool, load_word_list, names_danger
from cockpit.runbooks.command_kinds.targets import is_scratch, judge_written_file
from cockpit.runbooks.shell_syntax import MASK_LETTER

FIND_ALONE = frozenset(load_word_list("find", "flags"))
FIND_VALUES = frozenset(load_word_list("find", "values"))


def judge_find(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    kind = StepKind.READ
    inner: tuple[str, ...] = ()
    while rest:
        word = rest.pop(0)
        if word in FIND_VALUES:
            rest[:1] = []
        elif word in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((place for place, other in enumerate(rest) if other in (";", "+")), len(rest))
            argv = tuple(MASK_LETTER if other == "{}" else other for other in rest[:end])
            del rest[: end + 1]
            if inner:  # one command can be handed back; a second one is too much to tell
                kind = find_worst_kind(kind, StepKind.DANGER if any(map(names_danger, argv)) else StepKind.CHANGE)
            else:
                inner = argv
        elif word == "-delete":
            kind = StepKind.DANGER
        elif word.startswith("-") and word not in FIND_ALONE:
            kind = find_worst_kind(kind, StepKind.CHANGE)
    return SpecialJudgement(kind, argv=inner)


SED_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:\\.|[^/\\\n])*/I?|\\(?P<d{0}>[^\w\s])(?:\\.|(?!(?P=d{0})).)*(?P=d{0}))"
SED_COMMAND = re.compile(
    rf"""(?xs) [\s;]* (?:{SED_ADDRESS.format(1)} (?:\s*,\s*[+~]?{SED_ADDRESS.format(2)})? \s*!?\s*)?
    (?: [}}{{pdDPgGhHxnNl=] | [qQ]\d* | s(?P<s>[^\w\s\\])(?:\\.|(?!(?P=s)).)*(?P=s)(?:\\.|(?!(?P=s)).)*(?P=s)[gpiIm\d]*
    | y(?P<y>[^\w\s\\])(?:\\.|(?!(?P=y)).)*(?P=y)(?:\\.|(?!(?P=y)).)*(?P=y) | [aic]\\?[^\n]*(?:\n|$) | \#[^\n]*
    | [bt]\s*\w* | :\s*\w+ ) \s* (?=[;\n}}]|$|(?<=[{{}}]))"""
)


def judge_sed(command: Special) -> SpecialJudgement:
    scripts: list[str] = []
    positionals: list[str] = []
    rest = list(command.arguments)
    while rest:
        word = rest.pop(0)
        if word in ("-e", "--expression") and rest:
            scripts.append(rest.pop(0))
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word == "-ne" and rest:
            scripts.append(rest.pop(0))
        elif re.fullmatch(r"-[nErszu]+|--(quiet|silent|regexp-extended|null-data|unbuffered|posix|debug)", word):
            continue
        elif word.startswith("-") and word != "-":
            return CHANGE  # -i edits in place, -f is a script in a file
        else:
            positionals.append(word)
    if not scripts:
        scripts = positionals[:1]
    return READ if scripts and all(map(_sed_only_prints, scripts)) else CHANGE


def _sed_only_prints(script: str) -> bool:
    place = 0
    script = script.strip()
    while place < len(script):
        match = SED_COMMAND.match(script, place)
        if match is None or match.end() == place:
            return not script[place:].strip(" ;\n")
        place = match.end()
    return True


AWK_LITERALS = re.compile(r'"(?:\\.|[^"\\])*"|/(?:\\.|[^/\\\n])+/')
AWK_WRITES = re.compile(r"\bsystem\b|\bgetline\b|(?<!\|)\|(?!\|)|\bprintf?\b[^;}\n]*>|@|\bclose\b.*\|")


def judge_awk(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        flag = rest.pop(0)
        if flag in ("-F", "-v", "--field-separator", "--assign"):
            rest[:1] = []
        elif not re.match(r"-F|-v|--field-separator=|--assign=|--$|--posix$|--re-interval$|--csv$", flag):
            return CHANGE
    if not rest:
        return CHANGE
    program = AWK_LITERALS.sub('""', rest[0])
    return CHANGE if MASK_LETTER in program or AWK_WRITES.search(program) else READ


def judge_tee(command: Special) -> SpecialJudgement:
    kinds = [
        StepKind.CHANGE if word.startswith(MASK_LETTER) else judge_written_file(word, ">", from_tool=True)
        for word in command.arguments
        if not word.startswith("-")
    ]
    return SpecialJudgement(find_worst_kind(*kinds))


def make_output_flag_judge(*flags: str) -> Callable[[Special], SpecialJudgement]:
    """A tool that only looks, but for a flag that names a file to write."""

    def judge(command: Special) -> SpecialJudgement:
        if command.tool is None:
            return CHANGE
        kept: list[str] = []
        kinds: list[StepKind] = []
        rest = list(command.arguments)
        while rest:
            word = rest.pop(0)
            name, joined, value = word.partition("=")
            if name in flags:
                path = value if joined else rest.pop(0) if rest else ""
                inputs = [other for other in command.arguments if other == path]
                over = len(inputs) > 1 or path in rest  # sort -o users users
                kinds.append(StepKind.CHANGE if over else judge_written_file(path, ">", from_tool=False))
            else:
                kept.append(word)
        return SpecialJudgement(find_worst_kind(judge_tool(command.tool, kept, is_scratch=is_scratch), *kinds))

    return judge


# Programs in other languages

PYTHON_MODULES = frozenset(load_word_list("python", "modules"))
PYTHON_CALLS = frozenset(load_word_list("python", "calls"))
PYTHON_NEVER = frozenset(load_word_list("python", "never"))


def judge_python(code: str) -> StepKind:
    """A line of Python reads if it imports, names and calls nothing but what only computes and prints."""
    destroys = (
        StepKind.DANGER
        if re.search(r"(?i)rmtree|unlink|\bremove|\bdelete|\bdrop|\bkill|terminate|truncate|destroy|flush", code)
        else StepKind.CHANGE
    )
    if MASK_LETTER in code:
        code = code.replace(MASK_LETTER, "x")
    try:
        tree = ast.parse(code.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return destroys
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                if not all(name.name in PYTHON_MODULES for name in names):
                    return destroys
            case ast.ImportFrom(module=module):
                if module not in PYTHON_MODULES:
                    return destroys
            case ast.Name(id=name):
                if name in PYTHON_NEVER or name.startswith("__"):
                    return destroys
            case ast.Attribute(attr=name):
                if (name in PYTHON_NEVER and name != "write") or name.startswith("__"):
                    return destroys
                if name == "write" and not (
                    isinstance(node.value, ast.Attribute) and node.value.attr in ("stdout", "stderr")
                ):
                    return destroys
            case ast.Call(func=ast.Name(id=name)) if name not in PYTHON_CALLS and name not in _list_defined_names(tree):
                return destroys
    return StepKind.READ


def _list_defined_names(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        (
            *(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)),
            *(
                alias.asname or alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            ),
        )
    )


PYTHON_MODULE_KINDS = {
    "json.tool": StepKind.READ,
    "platform": StepKind.READ,
    "this": StepKind.READ,
    "http.server": StepKind.LOCAL,
    "venv": StepKind.LOCAL,
    "site": StepKind.READ,
    "sysconfig": StepKind.READ,
    "tabulate": StepKind.READ,
}


def judge_python_command(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        flag = rest.pop(0)
        if flag in ("-V", "--version", "-VV"):
            return READ
        if flag.startswith("-") and flag.endswith("c") and len(flag) < 4:
            return SpecialJudgement(judge_python(rest[0]) if rest else StepKind.CHANGE)
        if flag.endswith("m") and len(flag) < 4 and rest:
            module = rest[0]
            if module == "pip":
                return SpecialJudgement(StepKind.READ, argv=("pip", *rest[1:]))
            if module in ("json.tool",) and len([word for word in rest[1:] if not word.startswith("-")]) > 1:
                return CHANGE
            if module in PYTHON_MODULE_KINDS:
                return SpecialJudgement(PYTHON_MODULE_KINDS[module])
            return SpecialJudgement(StepKind.READ, argv=(f"python-module-{module}", *rest[1:]))
        if flag in ("-W", "-X"):
            rest[:1] = []
    if rest and rest[0] != "-":
        name = rest[0].rsplit("/", 1)[-1]
        return SpecialJudgement(StepKind.READ, argv=(name if name == "manage.py" else f"./{rest[0]}", *rest[1:]))
    if command.stdin_source == "text":
        return SpecialJudgement(judge_python(command.stdin_text))
    return DANGER if command.stdin_source == "remote" else CHANGE


def judge_other_language(command: Special) -> SpecialJudgement:
    if command.arguments[:1] in (("--version",), ("-v",), ("-V",), ("-version",)) and len(command.arguments) == 1:
        return READ
    if command.stdin_source == "remote":
        return DANGER
    if command.name == "php" and command.arguments[:1] == ("artisan",):
        return SpecialJudgement(StepKind.READ, argv=command.arguments)
    destroys = any(names_danger(word) for word in " ".join(command.arguments).split()[:40])
    return DANGER if destroys else CHANGE


def judge_source(command: Special) -> SpecialJudgement:
    return CHANGE  # what is in the file runs here


def judge_dd(command: Special) -> SpecialJudgement:
    targets = [word[3:] for word in command.arguments if word.startswith("of=")]
    return READ if targets == ["/dev/null"] else DANGER


def judge_sysctl(command: Special) -> SpecialJudgement:
    return CHANGE if any("=" in word for word in command.arguments) else by_table(command)


def judge_less(command: Special) -> SpecialJudgement:
    return CHANGE if any(word.startswith("+") and "!" in word for word in command.arguments) else by_table(command)


def judge_view(command: Special) -> SpecialJudgement:
    """vim that does not write: its commands, and files of them, can do anything."""
    looks = re.compile(r"\+(?:\d*|/[^|]*)|-[RnM]+|[^-+].*|--?")
    return READ if all(map(looks.fullmatch, command.arguments)) else CHANGE
