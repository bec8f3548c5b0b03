"""A person's word on a step, from the shell; and for which incident it is written down."""

import json
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.event import Draft, Kind
from cockpit.model.time import RealTime
from cockpit.runbooks.document.read import read_runbook
from tests.integration.cli.shell import Shell

BOOK = """
# Ops

## Restore

```bash
# Look at it
no-such-program --version

# Restore it
true
```
"""


class Book:
    def __init__(self, shell: Shell, path: Path) -> None:
        self.shell, self.path = shell, path

    def type(self, *words: str) -> Any:
        self.path.write_text(BOOK) if not self.path.exists() else None
        sha256 = read_runbook(str(self.path), self.path.read_bytes()).sha256
        return self.shell.type("run", "ops.md#restore", "--trust", sha256, *words)

    def settled(self, *words: str) -> Any:
        result = self.type(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def leave_unknown(self) -> None:
        """As a cockpit does that died over the second step."""
        begun = json.loads(self.type("--step", "1", "--json").stdout)
        common: Any = {"occurred": RealTime().now(), "environment": "default", "actor": "bo"}
        intent = {"phase": "intent", "attempt": 1, "kind": "change", "transcript": "/nowhere/2-1.log"}
        self.shell.record(Draft(Kind.STEP, "Step 2 started", subject=f"{begun['run']}#2", detail=intent, **common))


@pytest.fixture
def book(shell: Shell, tmp_path: Path) -> Book:
    return Book(shell, tmp_path / "ops.md")


def test_what_cannot_run_here_is_done_by_hand_by_whoever_says_so(book: Book) -> None:
    assert book.type().exit_code == 3
    said = book.type("--step", "1", "--settle", "ok", "--reason", "looked on the jump host")
    assert said.stdout == "1 Look at it: by hand, by ana: looked on the jump host\n"
    (event,) = [each for each in book.shell.ask("timeline") if each["detail"].get("phase") == "settled"]
    assert (event["actor"], event["detail"]["state"], event["detail"]["reason"]) == (
        "ana",
        "by hand",
        "looked on the jump host",
    )
    assert book.settled("--step", "2", "--settle", "skipped", "--reason", "not needed")["ended"] is True


def test_what_nobody_saw_the_end_of_is_settled_also_after_the_document_has_changed(book: Book) -> None:
    book.leave_unknown()
    book.path.write_text(BOOK.replace("Restore it", "Restore it well"))
    found = book.settled("--step", "2", "--settle", "ok", "--reason", "it is there")
    assert [(each["step"], each["title"], each["state"]) for each in found["steps"]] == [(2, "Restore it", "ok")]
    again = book.settled("--step", "2", "--settle", "failed", "--reason", "it was not")
    assert (again["run"], again["steps"][0]["state"]) == (found["run"], "failed")


def test_a_number_that_means_another_step_by_now_settles_nothing(book: Book) -> None:
    book.leave_unknown()
    book.path.write_text(BOOK.replace("# Restore it", "# Announce it\necho soon\n\n# Restore it"))
    refused = json.loads(book.type("--step", "2", "--settle", "ok", "--reason", "it is announced", "--json").stdout)
    assert (refused["code"], refused["facts"]["then"], refused["facts"]["now"]) == (
        "step-renumbered",
        "Restore it",
        "Announce it",
    )


def test_a_run_with_a_step_that_nobody_saw_the_end_of_keeps_another_from_beginning(book: Book) -> None:
    book.leave_unknown()
    refused = book.type("--yes")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "ana began a run of this at" in refused.stderr
    assert "step 2 is unknown" in refused.stderr
    told = json.loads(book.type("--yes", "--json").stdout)
    assert (told["exit"], told["open"]["operator"], told["steps"]) == (3, "ana", [])
    anew = book.type("--new", "--step", "2", "--yes", "--json")
    assert json.loads(anew.stdout)["run"] != told["open"]["run"]


def test_a_step_that_is_unknown_is_sent_again_only_by_somebody_who_says_so(book: Book) -> None:
    book.leave_unknown()
    refused = book.type("--step", "2", "--yes")
    assert refused.exit_code == 3
    assert "--settle" in refused.stderr
    assert "--again" in refused.stderr
    assert book.type("--step", "2", "--yes", "--again").exit_code == 0


def test_a_step_that_is_unknown_may_be_done_when_it_was_settled_as_failed(book: Book) -> None:
    book.leave_unknown()
    book.settled("--step", "2", "--settle", "failed", "--reason", "it is not there")
    assert book.type("--step", "2", "--yes").exit_code == 0


MENU = """
# Ops

## Quick reference

```bash change
# Charge
echo sent >> sent; echo "unexpected EOF"; exit 1

# Mail
echo mailed >> sent
```
"""


def test_what_nobody_saw_the_end_of_is_not_sent_again_from_a_menu_either(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "menu.md"
    path.write_text(MENU)
    sha256 = read_runbook(str(path), path.read_bytes()).sha256
    chosen = ("run", "menu.md#quick-reference", "--trust", sha256, "--step", "1")
    assert shell.type(*chosen, "--yes").exit_code == 4
    refused = shell.type(*chosen, "--yes")
    assert (refused.exit_code, "--settle" in refused.stderr) == (3, True)
    assert (tmp_path / "sent").read_text() == "sent\n"
    settled = json.loads(shell.type(*chosen, "--settle", "failed", "--reason", "it is not there", "--json").stdout)
    assert (settled["steps"][0]["state"], settled["ended"]) == ("failed", True)


def test_again_is_about_one_step(book: Book) -> None:
    assert "--step N" in book.type("--again").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--settle", "ok", "--reason", "x"), "name it with --step N"),
        (("--step", "1", "--settle", "by-hand"), "--reason TEXT"),
        (("--step", "1", "--settle", "skipped"), "Say why"),
        (("--step", "9", "--settle", "skipped", "--reason", "x"), "has no step 9"),
        (("--step", "1", "--settle", "done"), "'done' is not one of"),
    ],
)
def test_a_word_that_says_too_little_is_refused(book: Book, words: tuple[str, ...], said: str) -> None:
    result = book.type(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_with_two_incidents_open_somebody_says_which(book: Book) -> None:
    shell = book.shell
    first, second = (shell.ask("declare", title)["id"] for title in ("One", "Two"))
    for refused in (book.type("--step", "2", "--yes"), shell.type("exec", "--", "true")):
        assert refused.exit_code == 2
        assert f"--incident {second}" in refused.stderr
        assert "--incident none" in refused.stderr
    run = book.type("--step", "2", "--yes", "--incident", second)
    assert (run.exit_code, f"On {second}.\n" in run.stderr) == (0, True)
    assert "belongs to" in book.type("--step", "2", "--yes", "--incident", first).stderr
    assert shell.type("exec", "--incident", "none", "--", "echo", "free").exit_code == 0
    told = [each for each in shell.ask("timeline") if each["kind"] in ("run", "step")]
    assert {each["incident"] for each in told if "free" not in json.dumps(each)} == {second}
    assert {each["incident"] for each in told if "free" in json.dumps(each)} == {None}


def test_a_change_is_shown_with_its_link(shell: Shell) -> None:
    shell.say("change", "api 1.45.0 deployed", "--url", "https://ci.example.com/7", "--of", "api", "--by", "pipeline")
    (event,) = (event for event in shell.ask("timeline") if event["kind"] == "change")
    assert event["detail"]["url"] == "https://ci.example.com/7"
    assert (event["summary"], event["subject"]) == ("api 1.45.0 deployed, by pipeline", "api")
