"""Every example and every table of docs/runbooks.md is true."""

import re
from pathlib import Path

import pytest

import cockpit.runbooks
from cockpit.cli.run.settle import WORDS
from cockpit.model.runbook import Runbook, Step, StepKind
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.step_kind import kind_of
from cockpit.runbooks.document.tables import kind_of as table_kind_of
from cockpit.runbooks.lint.steps import TAGS
from cockpit.runbooks.prepare.tags import retry_of, timeout_of
from cockpit.runbooks.run.verify import parse_expectation

PAGE = (Path(__file__).parents[3] / "docs" / "runbooks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^````markdown\n(.*?)^````\n(?:\n````toml\n(.*?)^````\n)?\nis read as\n\n```\n(.*?)^```$",
    PAGE,
    re.DOTALL | re.MULTILINE,
)
CODE = re.compile(r"`([^`]+)`")


def describe_runbook(runbook: Runbook) -> str:
    """The procedures and steps as the page tells them."""
    lines = []
    for procedure in runbook.procedures:
        lines.append(procedure.title + (" (a menu)" if procedure.menu else ""))
        for step in procedure.steps:
            blanks = "".join(f" <{name}>" for name in step.parameters)
            lines.append(f"   {step.ordinal} {step.kind:7} {step.full_title}{' ' + blanks if blanks else ''}")
    return "\n".join(lines) + "\n"


def section(title: str) -> list[list[str]]:
    """The cells of the table below a line of the page."""
    below = PAGE[PAGE.index(title) - 1 :]
    rows = re.search(r"\n((?:\|.*\|\n)+)", below)
    assert rows is not None
    return [re.split(r"\s*(?<!\\)\|\s*", row.strip("| ")) for row in rows[1].splitlines()[2:]]


def test_there_is_an_example_of_each_level() -> None:
    assert len(EXAMPLES) == PAGE.count("\nis read as\n") == 6


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=["level 0", "what is chosen", "what is no command", "level 1", "level 2", "level 3"]
)
def test_an_example_is_read_as_the_page_says(example: tuple[str, str, str]) -> None:
    text, sidecar, told = example
    found = read_runbook("ops.md", text.encode(), sidecar.encode())
    assert describe_runbook(found) == told
    assert [finding.rule for finding in found.findings] == ["block-left-out"] * text.count("\nhttp {")


def test_the_sidecar_of_the_page_gives_its_step_an_undo_and_makes_two_names_one() -> None:
    text, sidecar, _ = EXAMPLES[-1]
    found = read_runbook("ops.md", text.encode(), sidecar.encode())
    assert found.procedures[0].steps[0].tags == {"undo": "./start.sh <APP>", "timeout": "10m"}
    assert [each.aliases for each in found.parameters] == [("APP_NAME",), ("APP",)]


@pytest.mark.parametrize("row", section("### What takes how much"), ids=lambda row: row[0])
def test_the_kinds_of_the_page(row: list[str]) -> None:
    command = CODE.search(row[1])
    if command:
        assert kind_of(command[1], "Verify" if row[0] == "verify" else "") == row[0]
    else:
        assert StepKind(row[0]) in (StepKind.MANUAL, StepKind.NOTE)


@pytest.mark.parametrize("row", section("**Expected** is a question"), ids=lambda row: row[0])
def test_what_the_page_expects_is_a_question(row: list[str]) -> None:
    for text in CODE.findall(row[0]):
        wanted = parse_expectation(Step(1, "", StepKind.VERIFY, 1, "x", "bash", expected=text))
        assert (len(wanted.assertions), wanted.eye) == (1, False), text


@pytest.mark.parametrize("row", section("**Tables** are known"), ids=lambda row: row[0])
def test_the_tables_of_the_page_are_recognised(row: list[str]) -> None:
    assert table_kind_of(row[0].split(", "))


def test_the_labels_of_the_page_are_labels() -> None:
    names = [name for row in section("| label |") for name in CODE.findall(row[0])]
    text = "# A\n\n" + "\n".join(f"**{name}**: x" for name in names if not name.startswith("Expected"))
    assert len(read_runbook("a.md", text.encode()).labels) == len(names) - len(
        {"Expected", "Expected Output"} | {"Tested", "Time to fix"}
    )


def test_every_tag_is_on_the_page_and_understood() -> None:
    rows = section("| tag |")
    shown = [text for row in rows for text in CODE.findall(row[0])]
    assert {text.split("=")[0] for text in shown} == TAGS
    tags = dict(text.partition("=")[::2] for text in shown)
    step = Step(1, "", StepKind.READ, 1, "x", "bash", tags=tags)
    assert (timeout_of(step, step.kind)[1], retry_of(step, step.kind)[1]) == ("", "")


def test_every_rule_of_lint_is_on_the_page() -> None:
    folder = Path(cockpit.runbooks.__file__).parent
    source = "".join(path.read_text() for path in folder.rglob("*.py"))
    rules = set(re.findall(r"Finding\(\s*\"([a-z-]+)\"", source))
    assert {name for row in section("| rule |") for name in CODE.findall(row[0])} == rules


def test_every_built_in_procedure_is_on_the_page() -> None:
    names = {path.stem for path in (Path(cockpit.runbooks.__file__).parent / "builtin").glob("*.md")}
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_word_that_settles_a_step_is_on_the_page() -> None:
    assert [name for row in section("| `--settle` |") for name in CODE.findall(row[0])] == list(WORDS)
