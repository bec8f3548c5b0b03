"""What the few tools that no table of verbs can tell are asked, and what they answer; `judge.py` lists them all."""

from typing import NamedTuple

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.tables import RANKS, CommandTool, ParsedArguments, judge_tool
from cockpit.runbooks.command_kinds.targets import is_scratch


class Special(NamedTuple):
    """A command for one of these: its words behind the name, what it is fed, and its table, if it has one."""

    name: str
    arguments: tuple[str, ...]
    stdin_source: str = "none"  # none, text, file, program, remote
    stdin_text: str = ""
    tool: CommandTool | None = None


class SpecialJudgement(NamedTuple):
    """What it does itself, and what it runs: words or a script for a shell, here or elsewhere."""

    kind: StepKind
    argv: tuple[str, ...] = ()
    script: str | None = None
    elsewhere: bool = False
    stdin: bool = False  # what is fed to it reaches what it runs


READ, LOCAL = SpecialJudgement(StepKind.READ), SpecialJudgement(StepKind.LOCAL)
CHANGE, DANGER = SpecialJudgement(StepKind.CHANGE), SpecialJudgement(StepKind.DANGER)


def find_worst_kind(*kinds: StepKind) -> StepKind:
    return max(kinds, key=RANKS.__getitem__, default=StepKind.READ)


def by_table(command: Special, parsed: ParsedArguments | None = None) -> SpecialJudgement:
    """What its table says; `parsed` are its arguments, where they were told apart already."""
    if command.tool is None:
        return CHANGE
    return SpecialJudgement(judge_tool(command.tool, command.arguments, is_scratch=is_scratch, parsed=parsed))
