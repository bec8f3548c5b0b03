"""brief, shift, follow and record: what who takes over reads, as plain lines, and a recorder without a screen."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from cockpit.cli.status.briefs import RecordEndWatch, RecordTurn, print_record_turn
from cockpit.model.event import Draft, Kind
from cockpit.model.time import format_timestamp
from cockpit.recorder.lock import RecorderLock, lock_path
from tests.integration.cli.shell import Shell
from tests.unit.incident.story import NIGHT

NOW = datetime.now(UTC)


def fired(name: str, minutes_ago: float, state: str = "firing") -> Draft:
    detail = {"state": state, "name": name, "severity": "high"}
    moment = NOW - timedelta(minutes=minutes_ago)
    return Draft(Kind.ALERT, f"{name} {state}", moment, "default", f"az:{name}", source="recorder", detail=detail)


def titles(text: str) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        title, rest = line[:11], line[11:]
        lines.setdefault(title.strip(), []).append(rest.strip())
    return lines


def test_a_brief_says_state_leader_decisions_and_what_goes_on(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--severity", "P1")
    shell.say("role", "take", "Incident Commander")
    shell.say("decide", "roll back now")
    shell.say("loop", "signature check is off")
    shell.say("freeze", "on", "--reason", "until green")
    found = titles(shell.say("brief"))

    assert found["incident"][0].startswith("P1 investigating, open for ")
    assert found["leads"] == ["ana (Incident Commander)"]
    assert found["decided"][0].endswith("ana: roll back now")
    assert any("signature check is off" in line for line in found["still open"])
    assert any("is frozen: until green" in line for line in found["still open"])


@pytest.mark.parametrize("before", [False, True])
def test_a_shift_counts_the_time_before_anybody_ever_recorded(shell: Shell, before: bool) -> None:
    minutes = (900, 30) if before else (30,)
    for ago in minutes:
        moment = NOW - timedelta(minutes=ago)
        shell.record(Draft(Kind.RECORDER, "recording started", moment, "default", detail={"what": "started"}))
    assert ("unrecorded" in titles(shell.say("shift"))) is not before


def test_a_brief_of_what_is_over_says_who_led_and_that_nobody_feels_it_now(shell: Shell) -> None:
    shell.record(fired("5xx errors", 20))
    shell.say("declare", "Checkout fails", "--severity", "P1")
    shell.say("role", "take", "Incident Commander")
    shell.say("role", "handover", "Incident Commander", "ben")
    shell.say("resolve", "--because", "external")
    found = titles(shell.say("brief"))

    assert "leads" not in found
    assert found["led"] == ["ana, then ben (Incident Commander)"]
    assert found["impact"][0].startswith("users felt it from ")
    assert found["impact"][0].endswith("nothing says until when")


def test_a_shift_says_who_took_what_fired_and_what_nobody_touched(shell: Shell) -> None:
    shell.record(fired("disk full", 200), fired("disk full", 190, "resolved"), fired("5xx errors", 60))
    shell.say("ack", "az:5xx errors")
    found = titles(shell.say("shift", "--since", "12h"))

    assert any("5xx errors" in line and line.endswith("taken by ana") for line in found["fired"])
    assert found["untouched"] == ["alert disk full, fired 1x, last seen resolved"]
    assert "untouched" not in titles(shell.say("shift", "--since", "2h"))
    assert shell.ask("shift")["alerts"][0]["name"] == "disk full"


@pytest.mark.parametrize(
    ("command", "stream"),
    [
        (("brief",), "stdout"),
        (("impact",), "stdout"),
        (("shift",), "stdout"),
        (("clocks",), "stderr"),
        (("incidents",), "stderr"),
        (("message", "status-line"), "stderr"),
    ],
)
def test_what_is_read_of_the_record_says_until_when_it_was_written(
    shell: Shell, command: tuple[str, ...], stream: str
) -> None:
    """Whoever recorded is gone: as far as anybody knows, what was bad then is over by now."""
    shell.record(failed("ready", 10))
    shell.say("declare", "Checkout fails", "--severity", "P1")
    lock = RecorderLock(lock_path(shell.file, "default"))
    assert lock.try_acquire()
    lock.beat(1, recording=True)
    recorded = shell.type(*command)
    lock.release()
    unrecorded = shell.type(*command)
    assert "nobody has recorded since" not in recorded.stdout + recorded.stderr
    assert "nobody has recorded since" in getattr(unrecorded, stream)
    shell.say("resolve", "--because", "external")
    over = shell.type(*command)
    assert ("nobody has recorded since" in over.stdout + over.stderr) is (command == ("shift",))


def test_a_quiet_shift_says_so(shell: Shell) -> None:
    shell.say("note", "good night")
    assert titles(shell.say("shift"))["quiet"] == ["nothing fired, nothing failed, nothing was run, nothing is open"]


def start(file: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cockpit", *arguments, "--db", str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=file.parent, env={**os.environ})


def test_what_happens_is_printed_as_it_happens(shell: Shell) -> None:
    shell.say("note", "before")
    following = start(shell.file, "follow", "--json")
    assert following.stdout is not None
    assert json.loads(following.stdout.readline())["summary"] == "before"
    shell.say("note", "meanwhile")
    assert json.loads(following.stdout.readline())["summary"] == "meanwhile"
    following.send_signal(signal.SIGINT)
    assert following.wait(20) in (0, 130)
    following.stdout.close()


def test_who_follows_reads_whenever_recording_ends_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the first line said that nobody records; hours without one read as a quiet night."""
    seconds = iter(range(0, 100, 6))
    watch = RecordEndWatch(lambda: float(next(seconds)))
    ends: list[datetime | None] = [None, None, NIGHT, NIGHT, None, None, NIGHT]
    turns = [watch.look(partial(ends.__getitem__, number)) for number in range(len(ends))]
    assert turns == [None, None, RecordTurn(NIGHT), None, RecordTurn(None), None, RecordTurn(NIGHT)]
    for turn in (RecordTurn(NIGHT), RecordTurn(None)):
        print_record_turn(turn, True)
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["recorded_until"] for item in documents] == [format_timestamp(NIGHT), None]
    print_record_turn(RecordTurn(NIGHT), False)
    assert "02:00:00 UTC" in capsys.readouterr().out


def test_who_records_is_not_asked_at_every_turn_of_the_loop() -> None:
    watch, ends = RecordEndWatch(lambda: 1.0), iter([NIGHT])
    assert [watch.look(lambda: next(ends)) for _ in range(5)] == [None] * 5


def test_json_of_what_is_open_says_until_when_anybody_recorded(shell: Shell) -> None:
    shell.say("declare", "Readiness failing")
    assert [item["recorded_until"] for item in shell.ask("incidents")] == [None]
    shell.record(Draft(Kind.RECORDER, "recording stopped", NIGHT, "default", detail={"what": "stopped", "who": "x"}))
    assert all(item["recorded_until"] for item in (*shell.ask("incidents"), *shell.ask("clocks")))


def test_a_recorder_without_a_screen_records_until_it_is_stopped(shell: Shell) -> None:
    recording = start(shell.file, "record")
    assert recording.stdout is not None
    line = recording.stdout.readline()
    while "not recording yet" in line:
        line = recording.stdout.readline()
    assert line.startswith("default: recording (")
    recording.send_signal(signal.SIGTERM)
    assert "stopped recording" in recording.stdout.read()
    assert recording.wait(20) == 0
    recording.stdout.close()
    assert [event["summary"].partition(" by ")[0] for event in shell.ask("timeline")] == [
        "recording started",
        "recording stopped",
    ]


def failed(name: str, minutes_ago: float, state: str = "down", was: str = "up") -> Draft:
    moment = NOW - timedelta(minutes=minutes_ago)
    detail = {"state": state, "was": was}
    return Draft(Kind.PROBE, f"{name} {state}", moment, "default", name, source="recorder", detail=detail)


def test_a_brief_and_a_shift_name_the_environment(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--severity", "P1")
    assert titles(shell.say("brief"))["environment"] == ["default"]
    assert titles(shell.say("shift"))["environment"] == ["default"]


def test_a_shift_says_what_was_down_since_when_until_when_and_who_took_it(shell: Shell) -> None:
    shell.record(
        failed("old", 190, "up", was="down"), failed("web", 180), failed("web", 170, "up", was="down"),
        failed("ready", 10), failed("readyz", 9, "degraded"),
    )  # fmt: skip
    shell.say("declare", "Checkout fails", "--severity", "P1")
    shell.say("ack")
    lines = titles(shell.say("shift", "--since", "200m"))["failed"]

    (old,) = [line for line in lines if line.startswith("probe old down since before the shift until ")]
    (web,) = [line for line in lines if line.startswith("probe web down ")]
    (ready,) = [line for line in lines if line.startswith("probe ready down since ")]
    assert old.endswith("; nobody took it")
    assert ", 10m 00s; nobody took it" in web
    assert ", and was still; taken by ana in " in ready
    assert any(line.startswith("probe readyz degraded since ") for line in lines)
    assert {item["name"]: item["until"] is None for item in shell.ask("shift")["outages"]}["probe ready"] is True


def test_an_alert_of_an_incident_that_somebody_took_was_taken_with_it(shell: Shell) -> None:
    shell.record(fired("disk full", 170), fired("5xx errors", 8))
    shell.say("declare", "Checkout fails", "--severity", "P1")
    shell.say("ack")
    first, second = titles(shell.say("shift", "--since", "200m"))["fired"]
    assert first.endswith("; nobody took it")
    assert "; taken by ana in " in second


def test_what_fired_before_the_shift_and_goes_on_is_in_it(shell: Shell) -> None:
    shell.record(fired("disk full", 200), failed("web", 190))
    assert [line.partition(",")[0] for line in titles(shell.say("shift", "--since", "2h"))["bad then"]] == [
        "alert disk full",
        "probe web",
    ]


def test_what_failed_while_an_incident_was_closed_was_taken_by_nobody(shell: Shell) -> None:
    shell.record(failed("ready", 300), failed("ready", 290, "up", was="down"))
    ago = f"{NOW - timedelta(minutes=299):%Y-%m-%d %H:%M:%S} UTC"
    shell.say("declare", "Checkout fails", "--severity", "P1", "--at", ago)
    shell.say("resolve", "--at", f"{NOW - timedelta(minutes=280):%Y-%m-%d %H:%M:%S} UTC")
    shell.record(failed("ready", 200), failed("ready", 180, "up", was="down"))
    shell.say("reopen", "--reason", "it is back", "--incident", shell.ask("incidents")[0]["id"])
    first, second = titles(shell.say("shift", "--since", "12h"))["failed"]
    assert "; declared by ana in " in first
    assert second.endswith("; nobody took it")


def test_what_failed_for_a_drill_is_the_drills_in_a_shift(shell: Shell) -> None:
    def ago(minutes: float) -> str:
        return f"{NOW - timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S} UTC"

    shell.say("declare", "Game day", "--drill", "--at", ago(60))
    shell.record(failed("web", 55), failed("web", 50, "up", was="down"), failed("ready", 45))
    shell.say("declare", "Ready fails", "--severity", "P1", "--at", ago(44))
    web, ready = titles(shell.say("shift", "--since", "2h"))["failed"]
    assert "declared by ana in drill " in web
    assert "declared by ana in 20" in ready
