"""The calls of a tool with a target of its own (az, kubectl) in a text, each with its own words.

A name in one command says nothing of the next: `kubectl --context prod get pods && kubectl delete pod a` deletes
wherever kubectl points to. A tool that is called by a variable or by where it lies is spelled out first.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.requirements import CLUSTER_TOOLS, GUARDED, find_program, list_script_paths

TOOL_NAMES: Mapping[str, frozenset[str]] = {"az": frozenset({"az"}), "kubectl": CLUSTER_TOOLS}
ANY_TOOL = "|".join(sorted({"az"} | CLUSTER_TOOLS))
FOUND_BY_PATH = re.compile(rf"\$\((?:which|command\s+-v|type\s+-p)\s+({ANY_TOOL})\)")
IN_QUOTES = re.compile(rf"(?<![\w=])([\"'])((?:/[\w./-]+/)?(?:{ANY_TOOL}))\1(?=\s)")
SET_HERE = re.compile(
    rf"(?<![\w$])([A-Za-z_]\w*)=([\"']?)((?:sudo\s+)?(?:/[\w./-]+/)?(?:{ANY_TOOL})(?:\s[^\"'\n;]*)?)\2"
)


class ToolCall(NamedTuple):
    """`text` is that of one simple command without those nested in it. `times`: how often the tool is called in it,
    more than once where its words are another shell's (`bash -c "..."`)."""

    text: str
    times: int


def spell_out_tools(command: str, variables: Mapping[str, str]) -> str:
    """A command with `$K` as `kubectl` where that is what it or an earlier step has put there, and without the quotes
    or the `$(which ...)` around a tool. To be judged, never to be run."""
    texts = {
        name: value for name, value in variables.items() if re.search(rf"(?:^|[\s/])(?:{ANY_TOOL})(?:\s|$)", value)
    }
    texts |= {match[1]: match[3].strip() for match in SET_HERE.finditer(command)}
    spelled = FOUND_BY_PATH.sub(r"\1", command)
    for name, text in texts.items():
        spelled = re.sub(rf"\"?\$(?:{name}\b|\{{{name}\}})\"?", text.replace("\\", r"\\"), spelled)
    return IN_QUOTES.sub(r"\2", spelled)


def list_tool_calls(command: str, tool: str, *, by_script: bool = False) -> list[ToolCall]:
    """The calls of `tool`, in their order; the whole is one where the text is not understood.

    `by_script`: the scripts that it runs call the tool, too.
    """
    document = parse_shell(command)
    if document.errors:
        return [ToolCall(command, max(1, _count_names(command, tool)))]
    commands = list(document.commands)
    calls = []
    for simple in commands:
        text = command[simple.start : simple.end]
        for inner in commands:
            if inner is not simple and simple.start <= inner.start and inner.end <= simple.end:
                start, end = inner.start - simple.start, inner.end - simple.start
                text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
        if find_program(simple).rpartition("/")[2] in TOOL_NAMES[tool]:
            calls.append(ToolCall(text, 1))
        elif simple.words and (times := _count_names(text, tool)):
            calls.append(ToolCall(text, times))
        elif by_script and list_script_paths(text):
            calls.append(ToolCall(text, 1))
    return calls


def _count_names(text: str, tool: str) -> int:
    return sum(match[1] in TOOL_NAMES[tool] for match in GUARDED.finditer(text))
