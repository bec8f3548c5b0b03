"""What a fence holds: commands of which shell, a console, or nothing that runs here.

A name behind the backticks says what a fence holds, a prompt says it better, and an unnamed one is judged by the
programs that its lines begin with. What is left out although it may hold commands is reported, with the reason.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from cockpit.model.text import clean_line
from cockpit.runbooks.document.foreign_parts import begins_with_foreign_part
from cockpit.runbooks.document.prompts import (
    PROMPT,
    ROOT_PROMPT,
    WINDOWS_PROMPT,
    may_hold_prompt,
)
from cockpit.runbooks.document.typed_lines import (
    ENGLISH,
    LIKE_OUTPUT,
    begins_with_program,
    is_known_program,
)
from cockpit.runbooks.shell_syntax.parse import holds_plain_lines
from cockpit.runbooks.shell_syntax.placeholders import list_masked_spans, parse_masked

_BASH = (
    "bash sh shell zsh ksh posix shellscript shell-script azurecli azurecli-interactive azcli bash-interactive"
    " sh-script cli commandline linux unix ash dash bourne bash-script cmd-line command commands"
)
_POWERSHELL = "powershell pwsh ps1 ps posh azurepowershell azurepowershell-interactive powershell-interactive ps1con"
_CONSOLE = "console shell-session shellsession terminal sh-session bash-session session shell-console ps-session"
_PLAIN = "text txt plain plaintext none nohighlight raw code sourcecode literal cmdline example"
BASH, POWERSHELL, CONSOLE, PLAIN = (frozenset(names.split()) for names in (_BASH, _POWERSHELL, _CONSOLE, _PLAIN))
# Shells in which a program with its words is written as in bash, and all else is not.
FOREIGN_SHELLS = frozenset({"fish", "csh", "tcsh", "nu", "nushell", "elvish", "xonsh"})
_FOREIGN_WORDS = (
    "set setenv set-env unset alias source . eval let let-env def function and or not begin if for while switch end"
    " exit return use overlay var fn"
)
# What some program runs, a database or a console answers: it may be what is to be done.
_SCRIPTS = (
    "python python2 python3 py pycon ipython ruby rb irb perl pl javascript js node php groovy lua r awk gawk sed jq"
    " jsonpath expect tcl vb vbs vbscript applescript ansible redis mongodb mongo mongosh cypher promql prometheus"
    " metricsql kql kusto logql lucene esql dql influxql flux sparql http rest"
)
# What is written down to be kept, compared or built: nobody types it anywhere, so nothing of it is left out of a run.
_DATA = (
    "yaml yml json jsonc json5 jsonl ndjson toml ini cfg conf config properties env dotenv xml html htm svg css scss"
    " less sass csv tsv log logs output stdout stderr result response diff patch mermaid plantuml puml graphviz dot"
    " ascii diagram math latex tex markdown md mdx rst asciidoc hcl terraform tf tfvars bicep helm gotmpl gotpl jinja"
    " jinja2 j2 nginx apache apacheconf caddyfile haproxy dockerfile containerfile makefile make jsonnet rego proto"
    " protobuf graphql prisma avro systemd service cron crontab gitignore dockerignore codeowners ssh-config sshconfig"
    " hosts bnf ebnf regex regexp tree go golang rust rs c cpp c++ csharp cs c# java kotlin scala swift typescript ts"
    " tsx jsx vue svelte erb haskell elixir erlang clojure solidity vhdl assembly asm"
)
FOREIGN_WORDS, SCRIPTS, DATA = (frozenset(names.split()) for names in (_FOREIGN_WORDS, _SCRIPTS, _DATA))
WINDOWS = frozenset({"cmd", "bat", "batch", "dos", "winbatch"})
DIRECTIVES = frozenset({"code", "code-block", "sourcecode", "code-cell", "prompt"})  # of MyST: the next word says it
LANGUAGE = re.compile(r"[\w+#-]+")
A_NAME_ALONE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|/(?:[\w.-]+/)*[\w.-]*")
SCRIPT = re.compile(r"\s*#!\s*/")
LOOP = re.compile(r"\s*(?:for\s+\w+\s+in\b[^\n]*;\s*do\b|(?:while|until|if)\s[^\n]*;\s*(?:do|then)\b)")
# A program by an option right behind it; by one further on only where its name looks like one.
TYPED_WITH_OPTION = re.compile(
    r"(?:sudo\s+)?(?:(?P<name>\w+(?:[-_.]\w+|ctl|cli|adm))(?:\s+[\w./:-]+){0,2}|(?P<word>[a-z]\w*))\s+--?[A-Za-z][\w-]*(?:[\s=]|$)"
)
# The program of the first command, where it can be nothing else: no keyword, no assignment, no function.
FIRST_WORD = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*([\w./:@%,-]+)(?=[ \t]+[^\s(]|[ \t]*\n|[ \t]*\Z)")
_CONSTRUCTS = "if for while until case select function time coproc then else elif fi do done esac in"
OPENS_A_CONSTRUCT = frozenset(_CONSTRUCTS.split())
MOST_LINES_JUDGED = 400  # of an unnamed fence


@dataclass(frozen=True, slots=True)
class FenceReading:
    """What a fence holds: bash, powershell or console; "" for none, and `left_out` says why where one may look for it.

    `shell` is the language below the prompts of a console.
    """

    language: str = ""
    left_out: str = ""
    shell: str = "bash"


def language_of(info: str, content: str) -> str:
    """`bash`, `powershell`, `console`, or "" for a fence that holds no commands."""
    return read_fence(info, content).language


def read_fence(info: str, content: str) -> FenceReading:
    """What a fence holds, by its name, its prompts, and the programs in it."""
    name = find_language_name(info)
    if name in BASH or name in CONSOLE or name in PLAIN or not name:
        if SCRIPT.match(content):
            reason = "it is a whole script: a file to look at. Keep it beside the document and let a step run the file"
            return FenceReading(left_out=reason)
        if shell := find_prompted_shell(content):
            return FenceReading("console", shell=shell)
    if name in BASH:
        if foreign := begins_with_foreign_part(content):
            return FenceReading(left_out=f"{foreign}, which no shell reads")
        if holds_windows_prompt(content):
            return FenceReading(left_out="it is for the command prompt of Windows, which does not run here")
        if lists_names_alone(content):
            return FenceReading(left_out="it is a list of names, and none of them is a program known here")
        return FenceReading("bash")
    if name in POWERSHELL:
        return FenceReading("console" if find_prompted_shell(content) else "powershell", shell="powershell")
    if name in WINDOWS or holds_windows_prompt(content):
        if name in WINDOWS and begins_with_programs(content, portable=True):
            return FenceReading("bash")
        return FenceReading(left_out="it is for the command prompt of Windows, which does not run here")
    if name in CONSOLE or name in PLAIN or not name:
        return _read_unmarked_fence(name, content)
    return FenceReading() if name in DATA or not content.strip() else _read_unknown_fence(name, content)


def _read_unknown_fence(name: str, content: str) -> FenceReading:
    """A fence of another shell, of a language that something runs, or of a name that says nothing: `docker`, `bahs`."""
    if name not in SCRIPTS and begins_with_programs(content):
        if name not in FOREIGN_SHELLS:
            return FenceReading("bash")
        statements = parse_masked(content, "bash").statements
        programs = {command.words[0].raw for statement in statements for command in statement.commands if command.words}
        if (
            programs.isdisjoint(FOREIGN_WORDS)
            and all(map(is_known_program, programs))
            and holds_plain_lines(content, list_masked_spans(content))
        ):
            return FenceReading("bash")
    return FenceReading(left_out=f"it is {clean_line(name, 40)}, which does not run here: a step can run a file of it")


@lru_cache(maxsize=256)  # asked several times of each block, and most are named alike
def find_language_name(info: str) -> str:
    """The first word behind the backticks: `bash` of `{.bash .numberLines}`, `bash title=x`, `{code-block} bash`."""
    matches = (match.group().casefold() for match in LANGUAGE.finditer(info))
    names = [*islice(matches, 2)]
    if len(names) == 2 and names[0] in DIRECTIVES:
        return names[1]
    return names[0] if names else ""


def holds_windows_prompt(content: str) -> bool:
    """True where a line stands behind `C:\\>`."""
    if ":\\" not in content:
        return False
    return any(WINDOWS_PROMPT.match(line) for line in content.splitlines()[:MOST_LINES_JUDGED])


def find_prompted_shell(content: str) -> str:
    """The shell whose prompt the first line of commands stands behind, "" where there is none."""
    lines = (line for line in content.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, "")
    match = PROMPT.match(first) if may_hold_prompt(first) else None
    if match is None:
        return ""
    return "powershell" if match.group().lstrip().startswith("PS") else "bash"


def _read_unmarked_fence(name: str, content: str) -> FenceReading:
    """A fence without a name, of text, or a console without prompts."""
    lines = [line for line in content.splitlines()[:MOST_LINES_JUDGED] if line.strip()]
    rooted = [line for line in lines if ROOT_PROMPT.match(line)]
    starts = [line for line in lines if not line.startswith(("#", " ", "\t"))]
    root_types = bool(rooted) and all(begins_with_program(ROOT_PROMPT.sub("", line)) for line in rooted)
    # Without a name that says so, a console begins with what was typed: below an error `# kubectl ...` is a comment.
    root_types = root_types and (name in CONSOLE or rooted[0] is lines[0])
    if root_types and not any(map(begins_with_program, starts)):
        return FenceReading("console")
    if not starts:
        return FenceReading()
    if begins_with_programs(content):
        return FenceReading("bash")
    typed = [begins_with_program(line) for line in starts]
    if typed[0] and all(typed_one or LIKE_OUTPUT.search(line) for typed_one, line in zip(typed, starts, strict=True)):
        return FenceReading("console")
    if name in CONSOLE and not any(LIKE_OUTPUT.search(line) for line in starts):
        return FenceReading("bash")
    if begins_with_loop(content):
        return FenceReading("bash")
    unknown = next((match["name"] or match["word"] for line in starts if (match := TYPED_WITH_OPTION.match(line))), "")
    if unknown and not any(typed):
        where = f"no language is named, and `{clean_line(unknown, 40)}` is no program known here"
        return FenceReading(left_out=f"{where}: name it bash if it is one")
    if any(typed) or (name in CONSOLE):
        what = "it is a console without prompts" if name in CONSOLE else "no language is named"
        first = clean_line(next((line for line, one in zip(starts, typed, strict=True) if not one), starts[0]), 40)
        return FenceReading(left_out=f"{what}, and `{first}` is no program known here: name it bash if it is one")
    return FenceReading()


def lists_names_alone(content: str) -> bool:
    """True for two lines and more of which each is the name of a variable, or a path, that nobody would run."""
    count = 0
    for line in content.splitlines():
        if name := line.split("#", 1)[0].strip():
            if not A_NAME_ALONE.fullmatch(name) or is_known_program(name):
                return False
            count += 1
    return count > 1


def begins_with_loop(content: str) -> bool:
    """True for a loop or a test that bash reads without an error: nothing else is written so."""
    return LOOP.match(content) is not None and not parse_masked(content, "bash").errors


def begins_with_programs(content: str, *, portable: bool = False) -> bool:
    """True when every statement begins with a known program, at least one of them with one that is no English word.

    `portable`: and with one that is the same on Windows and here.
    """
    first_word = FIRST_WORD.match(content)
    if first_word and first_word[1] not in OPENS_A_CONSTRUCT and not is_known_program(first_word[1]):
        return False  # most blocks without a name are output: it is not read as bash to find that out
    document = parse_masked(content, "bash")
    if document.errors or not document.statements:
        return False
    sure = False
    for statement in document.statements:
        commands = [command for command in statement.commands if command.words]
        if commands and not is_known_program(commands[0].words[0].template):
            return False
        first = commands[0].words[0].template if commands else ""
        if portable and (first in ENGLISH or "/" in first or "\\" in statement.text):
            return False
        # Also inside: of `PODS=$(kubectl get pods -o name)` and of a loop only the shell can make something.
        sure = sure or any(begins_with_program(document.text[command.start : command.end]) for command in commands)
    return sure
