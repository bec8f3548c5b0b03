"""What kind of step a command is. Unknown is a change; a kind decides how it is confirmed, never whether it may run.

The judging is done in `command_kinds`; here placeholders are taken out first, and titles and requests are looked at.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache

from cockpit.model.runbook import TEAM_COMMANDS, StepKind
from cockpit.runbooks.command_kinds.tables import ORDER, CommandTool, load_built_in_tools, load_tools
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

__all__ = ["ORDER", "kind_of", "mark_verification", "raise_kind"]

CHECKS = re.compile(r"(?i)^(verify|verification|check|confirm|spot-check|validate)\b")
REQUEST = re.compile(r"^\s*(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)\s+(/\S*|https?://\S+)\s*$")


def kind_of(command: str, comment: str = "", language: str = "bash") -> StepKind:
    """The kind of a command under its comment: that of its worst part."""
    team = tuple(sorted(TEAM_COMMANDS.items())) if TEAM_COMMANDS else ()
    return mark_verification(_judge_command(command, language, team), comment)


def find_built_in_kind(command: str, language: str) -> StepKind:
    """What a command is without the words of the configuration."""
    return _judge_command(command, language, ())


def describe_lowered_kind(command: str, language: str) -> str:
    """That the configuration makes less of a command than the tables do, "" where it does not."""
    if not TEAM_COMMANDS or not command:
        return ""
    kind, built_in = kind_of(command, "", language), find_built_in_kind(command, language)
    if ORDER.index(kind) >= ORDER.index(built_in):
        return ""
    return f"The configuration makes this a {kind.value}; without its [commands] it is a {built_in.value}."


@lru_cache(maxsize=4096)  # a document is read again when it changes, and its steps are judged again when they are run
def _judge_command(command: str, language: str, team: tuple[tuple[str, StepKind], ...]) -> StepKind:
    return load_judge()(command, language, load_tools() if team else load_built_in_tools())


@cache
def load_judge() -> Callable[[str, str, Mapping[str, CommandTool]], StepKind]:
    """What judges. It is loaded with the first command: `cockpit exec` of a known read has none to judge."""
    from cockpit.runbooks.command_kinds.judge import JudgeContext, judge_shell
    from cockpit.runbooks.command_kinds.powershell import judge_powershell
    from cockpit.runbooks.command_kinds.requests import judge_request

    context = JudgeContext({})  # the one of the tools that were asked for last: it is the same for each command

    def judge(command: str, language: str, tools: Mapping[str, CommandTool]) -> StepKind:
        if request := REQUEST.match(command):
            return judge_request(request[1], request[2])
        masked = [(blank.start, blank.end) for blank in find_placeholders(command, language) if not blank.variable]
        nonlocal context
        if context.tools is not tools:
            context = JudgeContext(tools)
        if language == "powershell":
            return judge_powershell(command, masked, context)
        return judge_shell(command, masked, context)

    return judge


def mark_verification(kind: StepKind, title: str) -> StepKind:
    """A look is a verification when its title says so: `Verify`, `Check that it came back`."""
    return StepKind.VERIFY if kind is StepKind.READ and title and CHECKS.match(title) else kind


def raise_kind(judged: StepKind, declared: StepKind | None) -> StepKind:
    """What a document's tag or sidecar declares may make a kind worse, never less; `manual` takes it off our hands."""
    if declared is None or declared is StepKind.MANUAL:
        return declared or judged
    return max(judged, declared, key=ORDER.index)
