"""`cockpit run` and `cockpit exec` as typed: on this machine, and on a simulated system whose deployment failed."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cockpit.runbooks.document.read import read_runbook
from tests.integration.cli.shell import Shell
from tests.signed_in import COMMAND

BOOK = """
# Ops

## Look

```bash
# See
echo seen

# Verify
echo ok
```

**Expected**: matches /^ok$/

## Change

```bash
# See
echo before

# Make it so
install -m 600 /dev/null made

# Remove it
rm made
```

## Fails

```bash
# Go wrong
false

# Never reached
echo reached
```

## Ways

```bash
# First
echo before
```

If the primary is up:

```bash
echo primary
```

If it is down:

```bash
echo standby
```

```bash
# Look again
echo again
```

```bash
# Last
echo after
```

## Unfed

```bash
# Write it
tee made
```

## Fed

```bash
# Write it
tee made
```

```text
one
```

## Asks

```bash
# Greet
echo hello <who>
```

## Asks twice

```bash
# Greet
echo hello <who>

# Make room
install -m 600 /dev/null <who>
```

## Watch

```bash
# See it go by
tail -n +1 -f ops.md

# Make it so
install -m 600 /dev/null made
```

## By hand

1. Tell support.

```bash
# Then
echo told
```

## Choose

```bash
# Up
alembic upgrade head

# Or down
echo down
```

## Approved

**Approval Required**: On-call lead

```bash
# Make it so
install -m 600 /dev/null made
```
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "ops.md"
    path.write_text(BOOK)
    return path


class Runs:
    """Types `cockpit run ops.md#...` with the hash of the document."""

    def __init__(self, shell: Shell, book: Path) -> None:
        self.shell = shell
        self.hash = read_runbook(str(book), book.read_bytes()).sha256

    def type(self, procedure: str, *words: str) -> Result:
        return self.shell.type("run", f"ops.md#{procedure}", "--trust", self.hash, *words)

    def ask(self, procedure: str, *words: str) -> Any:
        return json.loads(self.type(procedure, "--json", *words).stdout)


@pytest.fixture
def runs(shell: Shell, book: Path) -> Runs:
    return Runs(shell, book)


def test_steps_run_in_order_and_are_on_the_timeline(runs: Runs) -> None:
    result = runs.type("look")
    assert result.exit_code == 0, result.output
    assert "seen\n" in result.stdout
    events = runs.shell.ask("timeline")
    assert [each["summary"].split(" after ")[0] for each in events if each["kind"] in ("run", "step")] == [
        "Opened: Look",
        "Step 1 started: See",
        "Step 1 See: ok",
        "Step 2 started: Verify",
        "Step 2 Verify: ok",
        "Run ended: Look",
    ]


def test_a_change_waits_for_yes_and_a_danger_for_its_word(runs: Runs, tmp_path: Path) -> None:
    first = runs.ask("change")
    assert (first["exit"], first["stopped"]["step"]) == (3, 2)
    assert "--yes" in first["stopped"]["reason"]
    second = runs.ask("change", "--yes")
    assert (second["exit"], second["stopped"]["step"]) == (3, 3)
    assert (tmp_path / "made").exists()
    (word,) = {second["stopped"]["reason"].split("'")[1]}
    assert runs.type("change", "--step", "3", "--confirm", "wrong").exit_code == 3
    assert runs.type("change", "--step", "3", "--confirm", word).exit_code == 0
    assert not (tmp_path / "made").exists()


def test_a_change_that_is_done_is_done_once_more_only_by_somebody_who_says_so(runs: Runs, tmp_path: Path) -> None:
    assert runs.ask("change", "--yes")["steps"][1]["state"] == "ok"
    (tmp_path / "made").unlink()
    refused = runs.ask("change", "--yes", "--step", "2")
    assert (refused["exit"], "--again" in refused["stopped"]["reason"]) == (3, True)
    assert not (tmp_path / "made").exists()
    assert runs.ask("change", "--yes", "--step", "2", "--again")["exit"] == 0
    assert (tmp_path / "made").exists()


def test_what_a_run_has_done_half_way_is_not_sent_again_by_asking_for_the_whole(runs: Runs, tmp_path: Path) -> None:
    """Whoever adds the word that the last line asked for repeats the line: what was done before stays done once."""
    first = runs.ask("change", "--yes")
    word = first["stopped"]["reason"].split("'")[1]
    made = (tmp_path / "made").stat().st_mtime_ns
    refused = runs.ask("change", "--yes", "--confirm", word)
    assert (refused["exit"], refused["open"]["run"], refused["steps"]) == (3, first["run"], [])
    assert (tmp_path / "made").stat().st_mtime_ns == made
    rest = runs.ask("change", "--go-on", "--confirm", word)
    assert (rest["exit"], rest["run"], [each["step"] for each in rest["steps"]]) == (0, first["run"], [3])
    assert runs.type("change", "--go-on").exit_code != 0  # that run is over
    assert runs.ask("change", "--yes")["run"] != first["run"]  # and another one may begin


def test_a_run_that_has_changed_nothing_yet_keeps_nobody_from_beginning_again(runs: Runs) -> None:
    first = runs.ask("change")
    assert runs.ask("change")["run"] != first["run"]


def test_a_value_may_come_from_the_shell_that_nobody_else_can_read(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("who", "Ana of the shell")
    given = runs.ask("asks", "--set", "who", "--yes")
    assert "Ana of the shell" in given["steps"][0]["output"]


def test_a_step_goes_on_in_the_run_that_is_open(runs: Runs) -> None:
    first = runs.ask("change", "--yes")
    again = runs.ask("change", "--step", "1")
    assert again["run"] == first["run"]
    assert [each["step"] for each in again["steps"]] == [1]


@pytest.mark.parametrize("words", [("--step", "3", "--confirm", "made"), ("--go-on", "--yes")])
def test_a_step_does_not_go_on_in_the_run_of_another_where_ones_own_is_on_an_older_text(
    runs: Runs, shell: Shell, book: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    own = runs.ask("change", "--yes")["run"]
    book.write_text(BOOK.replace("echo before", "echo at first"))
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ben")
    other = Runs(shell, book).ask("change", "--new")["run"]
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")
    before = len(shell.ask("timeline"))
    refused = shell.type("run", "ops.md#change", "--json", *words)
    document = json.loads(refused.stdout)
    assert (refused.exit_code, document["code"]) == (2, "run-of-older-text")
    assert (document["facts"]["run"], document["facts"]["other"]) == (own, other)
    assert len(shell.ask("timeline")) == before


def test_it_stops_at_the_first_step_that_fails(runs: Runs) -> None:
    found = runs.ask("fails", "--yes")
    assert (found["exit"], found["stopped"]["step"], found["steps"][0]["state"]) == (1, 1, "failed")
    assert len(found["steps"]) == 1


def test_whoever_stops_watching_starts_no_change(runs: Runs, book: Path) -> None:
    words = ["run", "ops.md#watch", "--db", str(runs.shell.file), "--trust", runs.hash, "--yes"]
    command = [*COMMAND, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=book.parent) as run:
        assert run.stdout is not None
        assert any(line == "# Ops\n" for line in run.stdout)  # it runs
        run.send_signal(signal.SIGINT)
        printed, said = run.communicate(timeout=30)
    assert "ok: watched until it was stopped" in printed
    assert (run.returncode, "--step N goes on" in said) == (3, True)
    assert not (book.parent / "made").exists()


def test_an_open_placeholder_is_asked_for_and_set(runs: Runs) -> None:
    missing = runs.ask("asks")
    assert (missing["exit"], "--set 'who=...'" in missing["stopped"]["reason"]) == (3, True)
    hostile = "$(touch pwned); echo it's"
    given = runs.ask("asks", "--set", f"who={hostile}")
    assert (given["exit"], given["steps"][0]["output"]) == (0, f"hello {hostile}\n")
    assert not Path("pwned").exists()


def test_what_a_person_does_waits_for_a_person(runs: Runs) -> None:
    assert runs.ask("by-hand")["stopped"] == {"step": 1, "reason": "this is for a person to do: do it, then say --yes"}
    assert [each["state"] for each in runs.ask("by-hand", "--yes")["steps"]] == ["by hand", "ok"]


def test_a_menu_is_chosen_from(runs: Runs) -> None:
    assert "is a menu: choose with --step N" in runs.type("choose", "--yes").stderr
    assert runs.ask("choose", "--step", "2", "--yes")["steps"][0]["output"] == "down\n"
    assert "has no step 9" in runs.type("choose", "--step", "9").stderr


def test_a_run_in_turn_stops_before_ways_until_one_was_taken(runs: Runs) -> None:
    stopped = runs.ask("ways", "--yes")
    assert (stopped["exit"], stopped["stopped"]["step"], stopped["stopped"]["code"]) == (3, 2, "way-not-chosen")
    assert [each["output"] for each in stopped["steps"]] == ["before\n"]
    assert runs.ask("ways", "--yes", "--step", "3")["steps"][0]["output"] == "standby\n"
    assert [each["output"] for each in runs.ask("ways", "--yes", "--go-on")["steps"]] == ["again\n", "after\n"]


def test_what_reads_its_input_gets_it_from_the_next_block_or_does_not_start(runs: Runs, tmp_path: Path) -> None:
    assert "reads what is typed or pasted" in runs.ask("unfed", "--yes")["stopped"]["reason"]
    assert not (tmp_path / "made").exists()
    assert runs.ask("fed", "--yes")["steps"][0]["output"] == "one\n"


def test_an_approval_is_recorded_with_who_gave_it_and_how(runs: Runs, tmp_path: Path) -> None:
    lacking = runs.ask("approved", "--yes")
    assert (lacking["exit"], "On-call lead" in lacking["stopped"]["reason"]) == (3, True)
    assert runs.type("approved", "--yes", "--approval", "Dana: on the phone").exit_code == 0
    assert "Dana" in json.dumps(runs.shell.ask("timeline"))


def test_a_dry_run_shows_everything_and_starts_nothing(runs: Runs, tmp_path: Path) -> None:
    found = runs.ask("change", "--dry-run")
    assert [(each["command"], each["runnable"]) for each in found["steps"]] == [
        ("echo before", True),
        ("install -m 600 /dev/null made", True),
        ("rm made", True),
    ]
    assert "--confirm" in found["steps"][2]["ceremony"]
    assert not (tmp_path / "made").exists()
    assert runs.shell.ask("timeline") == []


def test_a_dry_run_says_what_is_to_be_minded_before_each_change(runs: Runs) -> None:
    runs.shell.type("freeze", "on", "--reason", "until green")
    see, make, remove = runs.ask("change", "--dry-run")["steps"]
    assert (see["notices"], "is frozen" in make["notices"][0], "is frozen" in remove["notices"][0]) == ([], True, True)
    assert runs.type("change", "--dry-run").stdout.count("is frozen") == 2
    assert "until green" in runs.ask("change", "--yes")["steps"][1]["notices"][0]


def test_a_dry_run_of_one_step_shows_what_the_open_run_would_do(runs: Runs) -> None:
    assert runs.ask("asks-twice", "--set", "who=Ana")["stopped"]["step"] == 2
    (step,) = runs.ask("asks-twice", "--step", "2", "--dry-run")["steps"]
    assert (step["command"], step["runnable"]) == ("install -m 600 /dev/null Ana", True)
    (other,) = runs.ask("asks-twice", "--step", "2", "--dry-run", "--set", "who=Bo")["steps"]
    assert other["command"] == "install -m 600 /dev/null Bo"


def test_a_document_that_never_ran_or_has_changed_wants_its_hash(shell: Shell, book: Path) -> None:
    first = json.loads(shell.type("run", "ops.md#look", "--json").stdout)
    assert (first["exit"], first["steps"], "never run" in first["stopped"]["reason"]) == (3, [], True)
    assert shell.type("run", "ops.md#look", "--trust", first["trust"]).exit_code == 0
    assert shell.type("run", "ops.md#look").exit_code == 0
    book.write_text(BOOK.replace("echo seen", "echo something else"))
    changed = shell.type("run", "ops.md#look")
    assert changed.exit_code == 3
    assert "+echo something else" in changed.stdout


def test_read_only_starts_no_shell(runs: Runs) -> None:
    assert runs.type("look").exit_code == 0
    refused = runs.shell.type("run", "ops.md#look", "--read-only")
    assert refused.exit_code == 3
    assert "read-only" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ops.md#lok",), "Did you mean `#look`?"),
        (("nothing#here",), "There is no runbook `nothing`."),
        (("ops.md#look", "--set", "who"), "write --set NAME=VALUE"),
        (("ops.md#asks", "--set", "woh=me"), "Nothing in `ops` asks for `woh`. Did you mean `who`?"),
        (("rollback", "--set", "previuos=app--1"), "Did you mean `previous`?"),
        (("ops.md#look", "--approval", "Dana"), "Say who approved it and how"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    shell: Shell, book: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in shell.refused("run", *words)


def test_exec_runs_and_records_any_command(shell: Shell) -> None:
    result = shell.type("exec", "--", "echo", "a b", "*")
    assert (result.exit_code, "a b *\n" in result.stdout) == (0, True)
    assert json.loads(shell.type("exec", "--json", "--", "exit 7").stdout)["exit"] == 1
    said = [each["summary"] for each in shell.ask("timeline")]
    assert "Opened: exec: echo 'a b' '*'" in said


def test_a_long_command_is_cut_once_in_its_title_and_kept_whole_in_its_step(shell: Shell) -> None:
    words = "x" * 400
    assert shell.type("exec", "--", "echo", words).exit_code == 0
    started, intent, *_ = shell.ask("timeline")
    assert started["summary"] == f"Opened: exec: echo {'x' * 94}…"
    assert intent["detail"]["as_run"] == f"echo {words}"


def test_exec_needs_no_word_for_what_was_typed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")
    assert shell.type("exec", "--", "rm", "old").exit_code == 0
    assert not (tmp_path / "old").exists()
    assert "Say what to run" in shell.refused("exec")


def test_exec_leaves_to_the_shell_what_a_shell_expands(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYVAR", "one  two")
    (tmp_path / "alpha").write_text("alpha's\n")

    def output(line: str) -> str:
        found = json.loads(shell.type("exec", "--json", "--", line).stdout)
        assert found["exit"] == 0, found
        return str(found["steps"][0]["output"])

    assert output('echo "$MYVAR" "${MYVAR}"') == "one  two one  two\n"
    assert output("bash -c 'echo $MYVAR'") == "one two\n"
    assert output("echo [$NEVER_SET]") == "[]\n"
    assert output("ls [ab]*") == "alpha\n"
    assert output("cat <alpha >beta") == ""
    assert output("cat <beta") == "alpha's\n"
    assert output("cat <alpha>gamma && cat gamma") == "alpha's\n"


def test_exec_never_shows_a_secret_of_the_shell_it_was_typed_at(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSWORD", "hunter2-hunter2")
    result = shell.type("exec", "--", 'echo "${#MY_PASSWORD} $MY_PASSWORD"')
    assert (result.exit_code, result.stdout.startswith("15 ")) == (0, True)
    assert "hunter2" not in result.output + json.dumps(shell.ask("timeline"))


def test_what_exec_prints_is_what_the_command_printed_and_our_words_go_beside_it(shell: Shell) -> None:
    result = shell.type("exec", "--", "printf", "a\tb\n")
    assert result.stdout == "a\tb\n"
    assert "printf" in result.stderr
    assert "ok" in result.stderr


def test_what_exec_refuses_leaves_no_run_behind(shell: Shell) -> None:
    refused = shell.type("exec", "--", "no-such-program", "now")
    assert (refused.exit_code, refused.stderr.split()[:3]) == (3, ["no-such-program", "is", "not"])
    found = json.loads(shell.type("exec", "--json", "--", "no-such-program").stdout)
    assert (found["run"], found["steps"], found["exit"]) == (None, [], 3)
    assert shell.ask("timeline") == []


@dataclass(frozen=True)
class World:
    url: str
    config: str

    def get(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/simulator", timeout=5) as answer:
            return json.load(answer)

    def traffic(self) -> dict[str, int]:
        return {each["name"]: each["weight"] for each in self.get()["revisions"] if each["weight"]}


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    scenario = getattr(request, "param", "bad-deploy")
    words = [
        sys.executable,
        "-m",
        "cockpit",
        "simulator",
        "--until-stdin-closes",
        "--scenario",
        scenario,
        "--speed",
        "20",
    ]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        ready = json.loads(process.stdout.readline())
        found = World(ready["url"], ready["config"])
        until = time.monotonic() + 20
        while not any(name.endswith("r44") for name in found.traffic()):
            assert time.monotonic() < until, "the bad revision never came"
            time.sleep(0.05)
        yield found
        process.stdin.close()


def test_the_built_in_rollback_verifies_before_it_offers_to_deactivate(shell: Shell, world: World) -> None:
    words = ("run", "rollback", "--config", world.config, "--json")
    first = json.loads(shell.type(*words, "--yes").stdout)
    assert [(each["title"], each["state"], each["native"]) for each in first["steps"]] == [
        ("Activate the revision to go back to", "ok", True),
        ("Wait until it runs and is healthy", "ok", True),
        ("Send it all the traffic", "ok", True),
        ("Verify by the app's own probes", "ok", True),
        ("Deactivate the bad revision", "todo", True),
    ]
    assert (first["exit"], first["ended"]) == (3, False)
    assert world.traffic() == {"shop-api--r43": 100}
    (shown,) = json.loads(shell.type(*words, "--step", "5", "--dry-run").stdout)["steps"]
    assert "--revision shop-api--r44" in shown["command"]
    last = json.loads(shell.type(*words, "--step", "5", "--confirm", "shop-api--r44").stdout)
    assert (last["exit"], last["run"], last["ended"]) == (0, first["run"], True)
    assert "--revision shop-api--r44" in last["steps"][0]["command"]
    assert [each["active"] for each in world.get()["revisions"] if each["name"] == "shop-api--r44"] == [False]
    # Whoever types the same now means what was just done: what it went to is well, and stays.
    second = json.loads(shell.type(*words, "--yes").stdout)
    assert (second["code"], second["facts"]["revision"]) == ("rolled-back-already", "shop-api--r43")
    assert world.traffic() == {"shop-api--r43": 100}
    named = json.loads(shell.type(*words, "--set", "previous=shop-api--r42").stdout)
    assert "--revision shop-api--r42" in named["steps"][0]["command"]


@pytest.mark.parametrize("world", ["single-mode"], indirect=True)
def test_in_single_mode_the_older_image_is_deployed_again(shell: Shell, world: World) -> None:
    found = json.loads(shell.type("run", "rollback", "--config", world.config, "--json", "--yes").stdout)
    assert found["procedure"] == "rollback#single-revision-mode"
    assert (found["exit"], [each["state"] for each in found["steps"]]) == (0, ["ok", "ok", "ok"])


def test_values_come_from_the_panes_and_the_configuration(shell: Shell, world: World) -> None:
    (document,) = (
        each for each in shell.ask("runbooks", "--config", world.config)["documents"] if each["id"] == "rollback"
    )
    assert all(step["runnable"] for step in document["procedures"][0]["steps"])
