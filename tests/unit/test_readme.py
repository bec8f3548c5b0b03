"""The README tells the truth: its configuration loads, its commands exist, its links lead somewhere."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import COMMANDS, cockpit
from cockpit.cli.options import Refusal
from cockpit.cli.run import report
from cockpit.cli.streams import BROKEN, OUTPUT_LOST, READER_LEFT
from cockpit.config import load_system
from cockpit.model.clock import ClockKind
from cockpit.model.overall import OverallState

README = Path("README.md").read_text(encoding="utf-8")
DOCUMENTS = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").rglob("*.md"))]
HOW_TOS = sorted(Path("docs/how-to").glob("*.md"))
EXAMPLES = ("grafana", "nomad")  # what the how-tos would add
PACKAGES = r"`((?:cockpit|screens|widgets|themes|tests|docs)/[\w/.-]+)`"


def test_the_configuration_shown_is_a_good_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "cockpit.toml"
    path.write_text(block, encoding="utf-8")
    system = load_system(path)
    assert (system.name, len(system.environments[0].probes)) == ("Shop", 1)


def test_every_command_shown_exists_and_every_command_is_shown() -> None:
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `cockpit"))
    shown = {word.removeprefix("cockpit ") for word in re.findall(r"`([a-z -]+)`", table)}
    assert {each for each in shown if each != "cockpit"} == set(COMMANDS)


def test_every_make_target_shown_exists() -> None:
    makefile = Path("Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\((?!<?https?://|#|mailto:)([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", [*HOW_TOS, Path("CONTRIBUTING.md"), Path("docs/architecture.md")], ids=str)
def test_every_file_that_a_contributor_is_sent_to_exists(document: Path) -> None:
    named = set(re.findall(PACKAGES, document.read_text(encoding="utf-8")))
    assert [
        path for path in sorted(named) if not Path(path).exists() and not any(name in path for name in EXAMPLES)
    ] == []


def test_what_decides_stands_in_the_file_that_architecture_names() -> None:
    """The table says where, not how; a function that moves takes its row with it."""
    text = Path("docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+\.py`) \| ([^|]+) \|$", text, re.MULTILINE)
    missing = [
        f"{files}: {name}"
        for files, names in rows
        for name in re.findall(r"`(\w+)`", names)
        if not any(defines(Path(file), name) for file in re.findall(r"`([^`]+)`", files))
    ]
    assert rows
    assert missing == []


def defines(file: Path, name: str) -> bool:
    pattern = rf"^ *(?:async )?(?:def|class) {name}\b|^{name}\b[^=\n]*="
    return re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_the_documents_use_the_words_of_the_glossary() -> None:
    """Of the words that it replaced, those that mean nothing else. What is quoted is a document of somebody else."""
    glossary = Path("docs/glossary.md")
    old = {"ceremony", "bad line", "hushed", "bandage", "free of blame", "what comes round", "written anew"}
    replaced = " ".join(re.findall(r"Not: ([^|]+)", glossary.read_text(encoding="utf-8")))
    assert {word for word in old if word not in replaced} == set()
    left = [
        f"{document}: {word}"
        for document in DOCUMENTS
        if document != glossary
        for word in old
        if word in re.sub(r'"[^"\n]*"|`[^`\n]*`', "", document.read_text(encoding="utf-8"))
    ]
    assert left == []


def test_the_glossary_counts_the_kinds_of_clocks_as_they_are() -> None:
    text = Path("docs/glossary.md").read_text(encoding="utf-8")
    ((number, kinds),) = re.findall(r"of one of (\d+) kinds: ([^|]+?) \|", text)
    assert int(number) == len(ClockKind) == len(kinds.split(", "))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_is_described_is_there(shell: str) -> None:
    assert f"_COCKPIT_COMPLETE={shell}_source" in README
    complete = CliRunner().invoke(cockpit, prog_name="cockpit", env={"_COCKPIT_COMPLETE": f"{shell}_source"})
    assert (complete.exit_code, "_COCKPIT_COMPLETE" in complete.output) == (0, True)


def test_the_glossary_is_in_order() -> None:
    rows = re.findall(r"(?m)^\| ([^|]+) \| [^|]+ \|$", Path("docs/glossary.md").read_text(encoding="utf-8"))
    words = [row.casefold() for row in rows if row != "word"]
    assert words == sorted(words)
    assert len(words) == len(set(words))


COMMAND_LINE = Path("docs/command-line.md").read_text(encoding="utf-8")


def test_every_exit_code_is_explained() -> None:
    codes = {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", COMMAND_LINE)}
    answers = {state.exit_code for state in OverallState}
    endings = {report.DONE, report.FAILED, report.STOPPED, report.UNKNOWN}
    assert codes == answers | endings | {Refusal.exit_code, BROKEN, OUTPUT_LOST, READER_LEFT}


def test_every_variable_of_the_environment_is_explained() -> None:
    sources = [path for room in ("cockpit", "screens", "widgets") for path in Path(room).rglob("*.py")]
    read = {name for path in sources for name in re.findall(r"\bCOCKPIT_[A-Z]+\b", path.read_text(encoding="utf-8"))}
    assert {name for name in read if f"`{name}`" not in COMMAND_LINE} == set()
