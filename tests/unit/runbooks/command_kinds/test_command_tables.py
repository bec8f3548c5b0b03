"""The tables of tools: each entry says what it means to say, no name stands twice, and the package ships them."""

from collections import Counter
from importlib.resources import files

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.judge import SPECIAL, judge_shell
from cockpit.runbooks.command_kinds.tables import (
    BuiltInTools,
    CommandTool,
    load_danger_words,
    load_tools,
    meets_flag,
    parse_arguments,
)
from cockpit.runbooks.command_kinds.wrappers import WRAPPERS

TOOLS = {tool.title: tool for tool in load_tools().values()}


def test_the_tables_are_part_of_the_package() -> None:
    folder = files("cockpit.runbooks.command_kinds").joinpath("data")
    assert {"words.toml", "kubernetes.toml", "clouds.toml"} <= {entry.name for entry in folder.iterdir()}


def test_no_tool_stands_in_two_tables() -> None:
    counts = Counter(name for tool in TOOLS.values() for name in tool.names)
    assert [name for name, count in counts.items() if count > 1] == []


def test_one_command_parses_only_the_tables_in_which_its_tool_stands() -> None:
    tools = BuiltInTools()
    assert tools["az"].title == "az"
    assert "nosuch" not in tools
    assert len(tools._tools) < len(tools._order)
    assert set(tools) == set(load_tools())


def test_a_wrapper_is_not_judged_as_a_tool_as_well() -> None:
    assert not set(WRAPPERS) & set(load_tools())


@pytest.mark.parametrize(
    "tool", [tool for tool in TOOLS.values() if tool.names[0] not in SPECIAL], ids=lambda tool: tool.title
)
def test_a_verb_means_what_its_table_says(tool: CommandTool) -> None:
    wrong = []
    for pattern in filter(lambda pattern: pattern.tokens, tool.verbs):
        words = [token.replace("*", "thing") for token in pattern.tokens if token != "."]
        kind = judge_shell(f"{tool.names[0]} {' '.join(words)}")
        # A star may stand for a word that is worse, or for nothing; the plain words must mean what they say.
        is_plain = "*" not in " ".join(pattern.tokens) and not tool.scratch_paths and not tool.positional
        changes = pattern.kind in (StepKind.CHANGE, StepKind.DANGER)
        if (is_plain and kind is not pattern.kind) or (changes and kind not in (StepKind.CHANGE, StepKind.DANGER)):
            wrong.append((words, kind, pattern.kind))
    assert wrong == []


@pytest.mark.parametrize("tool", [tool for tool in TOOLS.values() if not tool.any_flags], ids=lambda tool: tool.title)
def test_a_flag_that_is_not_known_makes_a_look_a_change(tool: CommandTool) -> None:
    kind = judge_shell(f"{tool.names[0]} --frobnicate")
    assert kind in (StepKind.CHANGE, StepKind.DANGER)


def test_words_of_danger_are_small_letters() -> None:
    table = load_danger_words()
    assert all(word == word.casefold() for word in table.danger | table.looks)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("get", "pods", "-o", "yaml", "--all-namespaces"),
        ("delete", "--forc", "--dry-run=client", "x=0"),
        ("scale", "deployment/api", "--replicas=0", "--replicas", "3"),
        ("apply", "-auto-approve", "-destroy", "--volumes", "-f", "/tmp/a"),
        ("-xvf", "--delete", "-n", "--yes", "--vol", "web=0"),
        ("--output-dir=x", "-Oless", "--unset-all", "--clust", "--force-with-lease=main", "--exec-path"),
    ],
)
def test_flags_are_met_all_together_as_one_by_one(arguments: tuple[str, ...]) -> None:
    """A rule is asked for all its flags at once; asked one by one, they tell the same."""
    for tool in TOOLS.values():
        parsed = parse_arguments(tool, arguments)
        rules = [(tool.read_flags, tool.read_specs), (tool.change_flags, tool.change_specs)]
        for flags, specs in (*rules, *((rule.flags, rule.specs) for rule in tool.raises)):
            for unknown in (parsed.unknown_flags, (), tuple(parsed.flag_names)):
                asked = parsed._replace(unknown_flags=unknown)
                assert specs.match(asked) == any(meets_flag(flag, asked) for flag in flags), (tool.title, flags)
