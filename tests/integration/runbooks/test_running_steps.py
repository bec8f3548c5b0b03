"""Steps of real documents through a real shell, and what the timeline says of them afterwards."""

# ruff: noqa: ASYNC110, ASYNC240  # real processes are waited for, and nothing else runs on this loop

import asyncio
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from cockpit.cli.run import steps
from cockpit.cli.run.report import DONE, UNKNOWN, Written
from cockpit.model.event import Draft, RecordError
from cockpit.model.probe import Probe, ProbeResult, ProbeState
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.time import RealTime
from cockpit.runbooks.prepare.confirmation import Approval, Consent
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.execute import Doing
from cockpit.runbooks.run.runs import Runs
from cockpit.runbooks.types import Finished, RunRefused
from tests.integration.platforms.turned_clock import TurnedClock
from tests.integration.runbooks.stage import Stage, fence


async def test_a_step_is_written_down_before_it_starts_and_when_it_ends(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho hello <app>"))
    attempt = await stage.perform(run)
    assert (attempt.state, attempt.exit_code, attempt.output, stage.output) == (
        StepState.OK,
        0,
        "hello mi-prod\n",
        "hello mi-prod\n",
    )
    intent, outcome = stage.steps()
    assert (intent.detail["phase"], outcome.detail["phase"]) == ("intent", "outcome")
    assert intent.detail["as_written"] == "echo hello <app>"
    assert intent.detail["as_run"] == "echo hello mi-prod"
    assert outcome.summary.startswith("Step 1 Look: ok after ")
    assert stage.runner.run(run.id).state(1) is StepState.OK


async def test_what_is_returned_is_what_the_timeline_tells(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho hello; false"))
    attempt = await stage.perform(run)
    assert stage.runner.run(run.id).attempts == (attempt,) == stage.again().run(run.id).attempts


async def test_nothing_starts_when_it_cannot_be_written_down(stage: Stage) -> None:
    def full(drafts: object) -> list[object]:
        raise RecordError("disk full")

    run = stage.start(fence(f"# Make\ntouch {stage.folder}/made"))
    runner = stage.again(record=full)
    prepared = runner.prepare(run, 1)
    with pytest.raises(RecordError):
        await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert not (stage.folder / "made").exists()


async def test_an_outcome_is_tried_to_be_written_more_than_once(stage: Stage) -> None:
    refusals = iter([False, True, False])

    def now_and_then(drafts: list[Draft]) -> object:
        if next(refusals):
            raise RecordError("disk full")
        return stage.timeline.record(drafts)

    run = stage.start(fence("# Look\necho x"))
    runner = stage.again(record=now_and_then)
    prepared = runner.prepare(run, 1)
    await runner.perform(run, prepared, Consent(), stage.seen.append)
    assert stage.phases() == ["intent", "outcome"]


@pytest.mark.parametrize(("refused", "code"), [(4, DONE), (10_000, UNKNOWN)])
async def test_without_a_screen_how_a_step_ended_is_waited_for_until_it_is_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, refused: int, code: int
) -> None:
    """A process that ends takes it along: nobody else knows how it ended."""
    monkeypatch.setattr("cockpit.runbooks.run.execute.REST", 0)
    monkeypatch.setattr(steps, "LOOK", 0)
    monkeypatch.setattr(steps, "LONGEST_WAIT", 10 if code == DONE else 0)
    answers = chain([False], repeat(True, refused), repeat(False))  # the intent is written

    def locked(drafts: Any) -> object:
        if next(answers):
            raise RecordError("database is locked")
        return stage.timeline.record(drafts)

    run = stage.start(document := fence("# Look\necho x"))
    step = stage.document(document).procedures[0].steps[0]
    ending = await steps.run_one_step(stage.again(record=locked), run, step, steps.StepRequest(yes=True), Written())
    assert (ending.code if ending is not None else DONE) == code
    assert stage.phases() == (["intent", "outcome"] if code == DONE else ["intent"])
    assert code == DONE or (ending is not None and "ok after" in ending.reason)


async def test_secrets_stay_out_of_screen_transcript_and_timeline(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho token is $TOKEN and again '<TOKEN>'"))
    attempt = await stage.perform(run)
    assert attempt.output == "token is ••• and again •••\n"
    assert "•••" in attempt.as_run
    everything = stage.output + repr(stage.timeline.events()) + repr(attempt)
    for path in stage.folder.rglob("*"):
        if path.is_file():
            everything += path.read_bytes().decode("utf-8", "replace")
    assert "hunter2" not in everything


async def test_a_secret_that_the_operator_types_is_masked_and_asked_again_after_a_restart(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho <PASSWORD>"), {"PASSWORD": "correct horse"})
    assert (await stage.perform(run)).output == "•••\n"
    assert "horse" not in repr(stage.timeline.events())
    assert "PASSWORD" in stage.again().prepare(run, 1).reason_not_runnable


async def test_the_operator_is_asked_for_a_value_once_per_run(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho <ticket>\n\n# Look again\necho again <ticket>"))
    assert "ticket" in stage.runner.prepare(run, 1).reason_not_runnable
    await stage.perform(run, 1, values_by_name={"ticket": "T 1"})
    assert stage.runner.prepare(run, 2).as_run == "echo again 'T 1'"
    assert stage.again().prepare(run, 2).as_run == "echo again 'T 1'"


async def test_an_unresolved_placeholder_never_starts(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho -g <nobody-knows> --revision PREV"))
    prepared = stage.runner.prepare(run, 1)
    with pytest.raises(RunRefused, match="nobody-knows"):
        await stage.runner.perform(run, prepared, Consent(prepared.fingerprint), stage.seen.append)
    assert stage.steps() == []
    assert not (stage.folder / "--revision").exists()


async def test_a_step_finds_a_fresh_environment_and_its_documents_folder(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_OWN_SECRET", "x")
    run = stage.start(
        fence('# Look\necho "$(pwd) $COCKPIT_ENV $COCKPIT_OPERATOR [$COCKPIT_INCIDENT] ${MY_OWN_SECRET:-none}"')
    )
    runner = stage.again(incident=lambda: "i1")
    prepared = runner.prepare(run, 1)
    attempt = await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert attempt.output == f"{stage.folder} prod you [i1] none\n"


async def test_a_run_belongs_to_the_incident_that_was_named_for_it(stage: Stage) -> None:
    runbook = stage.document(fence("# Look\necho [$COCKPIT_INCIDENT]"))

    async def of(named: str | None, later: str | None = None) -> tuple[set[str | None], str]:
        run = stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256, incident=named)
        if later is not None:
            stage.runner.belongs(run, later)
        told = (await stage.perform(run)).output
        stage.runner.end(run)
        return {each.incident for each in stage.timeline.events() if each.subject.startswith(run.id)}, told

    assert await of("i2") == ({"i2"}, "[i2]\n")
    assert await of(None, "i3") == ({None, "i3"}, "[i3]\n")
    stage.runner = stage.again(incident=lambda: "i1")
    assert await of(None) == ({"i1"}, "[i1]\n")
    assert await of("") == ({None}, "[]\n")  # none of them, by a person's word


async def test_an_exported_assignment_is_carried_to_the_steps_behind_it(stage: Stage) -> None:
    text = '# Say which\nexport SERVER="example"\n\n# Look\nbash -c \'echo "[$SERVER]"\''
    run = stage.start(fence(text))
    attempt = await stage.perform(run, 1, values_by_name={"SERVER": "db-1"})
    assert attempt.output == "[db-1]\n"
    run = stage.start(fence(text))
    prepared = stage.runner.prepare(run, 1)  # the document's literal is never taken, and nothing runs without a value
    assert [value.name for value in prepared.values if value.value is None] == ["SERVER"]


async def test_a_variable_that_only_the_tool_reads_is_asked_for_too(stage: Stage) -> None:
    run = stage.start(
        fence("export KUBECONFIG=/srv/keys/staging.yaml\n\n# Remove it\nkubectl delete deployment api\n\n# Look\nls")
    )
    prepared = stage.runner.prepare(run, 1)
    assert [value.name for value in prepared.values if value.value is None] == ["KUBECONFIG"]
    assert not prepared.runnable
    assert [value.name for value in stage.runner.parameters(run)] == ["KUBECONFIG"]
    assert stage.runner.prepare(run, 2).runnable


async def test_an_assignment_cannot_change_how_the_shell_runs(stage: Stage) -> None:
    run = stage.start(
        fence('BASH_ENV="x"\nPATH="x"\nLD_PRELOAD="x"\n\n# Look\nls'), {"BASH_ENV": "y", "PATH": "y", "LD_PRELOAD": "y"}
    )
    prepared = stage.runner.prepare(run, 1)
    assert prepared.script is not None
    assert prepared.script.variables == {}


async def test_no_step_inherits_the_directory_of_the_one_before(stage: Stage) -> None:
    (stage.folder / "server").mkdir()
    run = stage.start(fence("# Look\ncd server && ls\n\n# Look again\ncd server && ls"))
    assert (await stage.perform(run, 1)).state is StepState.OK
    assert (await stage.perform(run, 2)).state is StepState.OK


async def test_a_pipe_that_fails_in_the_middle_fails(stage: Stage) -> None:
    run = stage.start(fence("# Verify\ncurl -sf http://127.0.0.1:1/health | jq"))
    attempt = await stage.perform(run)
    assert (attempt.state, attempt.exit_code) == (StepState.FAILED, 7)


async def test_a_failed_change_may_be_tried_again_and_keeps_both_attempts(stage: Stage) -> None:
    run = stage.start(fence("# Make\ntest -e made || { touch made; exit 1; }", "bash change"))
    assert (await stage.perform(run)).state is StepState.FAILED
    assert (await stage.perform(run)).state is StepState.OK
    assert [each.number for each in stage.runner.run(run.id).attempts] == [1, 2]


async def test_ok_is_frozen_until_it_is_asked_for_again(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho x"))
    await stage.perform(run)
    prepared = stage.runner.prepare(run, 1)
    assert stage.runner.find_confirmation(prepared).again
    with pytest.raises(RunRefused, match="again"):
        await stage.runner.perform(run, prepared, Consent(), stage.seen.append)
    assert (await stage.runner.perform(run, prepared, Consent(again=True), stage.seen.append)).state is StepState.OK


async def test_a_transcript_keeps_all_and_the_timeline_both_ends(stage: Stage) -> None:
    run = stage.start(fence("# Look\nseq 1 40000"))
    attempt = await stage.perform(run)
    assert len(attempt.output) < 51_000
    assert attempt.output.startswith("1\n2\n")
    assert attempt.output.endswith("39999\n40000\n")
    assert "bytes more are in the transcript" in attempt.output
    whole = Path(attempt.transcript)
    assert whole.read_text().count("\n") == 40_000
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600


async def test_output_is_cleaned(stage: Stage) -> None:
    run = stage.start(
        fence(r"# Look" + "\n" + r"printf '\033[31mred\033[0m \033]0;title\007 50%%\r100%%\n\302\233 end\n'")
    )
    assert (await stage.perform(run)).output == "red  50%\n100%\n\ufffd end\n"


async def test_a_command_that_takes_too_long_is_stopped(stage: Stage) -> None:
    run = stage.start(fence("# Make\nsleep 60", "bash change timeout=0.3s"))
    attempt = await stage.perform(run)
    assert (attempt.state, attempt.timed_out) == (StepState.UNKNOWN, True)
    assert "may still be going on" in attempt.outcome


async def test_a_look_that_takes_too_long_has_only_failed(stage: Stage) -> None:
    run = stage.start(fence("# Look\ncat <(sleep 60)", "bash read timeout=0.3"))
    assert (await stage.perform(run)).state in (StepState.FAILED, StepState.UNKNOWN)


async def test_verification_is_tried_again_until_it_is_well(stage: Stage) -> None:
    run = stage.start(fence("# Verify\ntail -c1 count", "bash verify retry=5x10ms") + "\n**Expected**: `/[x]/`\n")
    (stage.folder / "count").write_text("-")
    performing = asyncio.create_task(stage.perform(run))
    while "try 1 of 5" not in stage.output:
        await asyncio.sleep(0.01)
    (stage.folder / "count").write_text("x")
    attempt = await performing
    assert attempt.state is StepState.OK
    assert stage.phases() == ["intent", "outcome"]


async def test_tries_come_to_an_end(stage: Stage) -> None:
    run = stage.start(fence("# Check\ncat not-there", "bash verify retry=3x10ms"))
    attempt = await stage.perform(run)
    assert attempt.state is StepState.FAILED
    assert stage.output.count("cat: not-there") == 3


async def test_what_a_run_has_used_stays_what_it_was_when_the_panes_move_on(stage: Stage) -> None:
    panes = [Live(app="mi-prod", bad="app--v2", previous="app--v1")]
    text = fence("# Look\necho <PREVIOUS> <BAD>\n\n# Take it away\nrm -f <BAD>")
    runbook = stage.document(text)
    runner = stage.again(live=lambda: panes[-1])
    run = runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)
    panes.append(Live(app="mi-prod", bad="app--v1", previous="app--v2"))  # as it looks once the traffic has moved
    assert runner.prepare(run, 2).as_run == "rm -f app--v2"
    assert stage.again(live=lambda: panes[-1]).prepare(run, 2).as_run == "rm -f app--v2"
    assert runner.prepare(run, 2, {"BAD": "app--v3"}).as_run == "rm -f app--v3"


async def test_a_probe_may_take_its_time_and_must_have_looked_since_the_change(stage: Stage) -> None:
    before, now = datetime.now(UTC), [ProbeState.UP]
    looked: list[datetime] = [before]

    def panes() -> Live:
        return Live(probes=(ProbeResult("ready", "prod", "https://x", now[0], before, checked=looked[-1]),))

    text = (
        fence("# Make\ntrue", "bash change") + "\n```bash verify\ntrue\n```\n\n**Expected**: probe ready up within 1m\n"
    )
    environment = replace(stage.environment, probes=(Probe("ready", "prod", "https://x"),))
    stage.runner = stage.again(live=panes, environment=environment, look=lambda: looked.append(datetime.now(UTC)))
    run = stage.start(text)
    await stage.perform(run, 1)
    attempt = await stage.perform(run, 2)
    assert (attempt.state, attempt.verified) == (StepState.OK, "as expected")
    assert len(looked) == 2  # an old answer proved nothing; it was asked to look again


async def test_a_probe_that_stays_down_fails_the_verification(stage: Stage) -> None:
    probes = (ProbeResult("ready", "prod", "https://x", ProbeState.DOWN, datetime.now(UTC), checked=datetime.now(UTC)),)
    environment = replace(stage.environment, probes=(Probe("ready", "prod", "https://x"),))
    stage.runner = stage.again(live=lambda: Live(probes=probes), environment=environment)
    run = stage.start(fence("# Check\ntrue", "bash verify") + "\n**Expected**: probe ready up within 200ms\n")
    attempt = await stage.perform(run)
    assert attempt.state is StepState.FAILED
    assert 'probe ready is "down"' in attempt.verified


WAITS = "\n**Expected**: probe ready up within 1h\n"
STOPPED = [  # how the step stands that a person stops, what shows that the moment has come, its state and its words
    (fence("# Check\ntrue", "bash verify") + WAITS, "looks", StepState.FAILED, "stopped by hand"),
    (fence("# Look\ntrue", "bash read") + WAITS, "looks", StepState.FAILED, "stopped by hand"),
    (fence("# Make\ntrue", "bash change") + WAITS, "looks", StepState.WARN, "warn"),
    (fence("# Check\nfalse", "bash verify retry=5x1h"), "again in", StepState.FAILED, "stopped by hand"),
    (fence("# Check\necho working; sleep 60", "bash verify"), "working", StepState.FAILED, "stopped by hand"),
    (fence("# Make\necho working; sleep 60", "bash change"), "working", StepState.UNKNOWN, "unknown"),
    (
        "# Mend it\n\n## Mend\n\n1. Check that it answers: `GET http://127.0.0.1:{port}/slow`\n",
        "asked",
        StepState.FAILED,
        "stopped by hand",
    ),
]


@pytest.mark.parametrize(("text", "sign", "state", "ending"), STOPPED)
async def test_what_a_person_stops_is_recorded_as_stopped(
    stage: Stage, text: str, sign: str, state: StepState, ending: str
) -> None:
    now = datetime.now(UTC)
    probes = (ProbeResult("ready", "prod", "https://x", ProbeState.DOWN, now, checked=now),)
    environment = replace(stage.environment, probes=(Probe("ready", "prod", "https://x"),))
    stage.runner = stage.again(
        live=lambda: Live(probes=probes), environment=environment, look=lambda: stage.seen.append("looks")
    )

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        stage.seen.append("asked")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        run = stage.start(text.replace("{port}", str(server.sockets[0].getsockname()[1])))
        performing = asyncio.create_task(stage.perform(run))
        while sign not in stage.output:
            await asyncio.sleep(0.01)
        await stage.runner.cancel(run, 1)
        attempt = await performing
    assert (attempt.state, attempt.cancelled, attempt.ending) == (state, True, ending)
    outcome = stage.steps()[-1]
    assert outcome.detail["cancelled"] is True
    assert f": {ending} after " in outcome.summary
    assert outcome.summary.count("stopped by hand") <= 1


async def test_what_is_stopped_before_it_began_is_never_started(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage.start(fence("# Make\ntouch made", "bash change"))
    begin = Doing._begin

    async def begin_and_stop(self: Doing, *args: Any, again: bool) -> int:
        number = await begin(self, *args, again=again)
        self._active[run.id, 1].stop.set()
        return number

    monkeypatch.setattr(Doing, "_begin", begin_and_stop)
    attempt = await stage.perform(run)
    assert (attempt.started, attempt.ending) == (False, "stopped by hand")
    assert not (stage.folder / "made").exists()


async def test_a_change_is_never_tried_again_by_itself(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho x >> count; exit 1", "bash change retry=5x10ms"))
    assert any("only steps that look" in each for each in stage.runner.prepare(run, 1).notices)
    await stage.perform(run)
    assert (stage.folder / "count").read_text() == "x\n"


async def test_a_stopped_change_is_unknown_and_must_be_settled(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho working; sleep 60\n\n# Make more\ntouch more\n\n# Look\nls", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    said = await stage.runner.cancel(run, 1)
    assert "may still be going on" in said
    assert (await performing).state is StepState.UNKNOWN
    with pytest.raises(RunRefused, match="step 1: settle it"):
        await stage.perform(run, 2)
    prepared = stage.runner.prepare(run, 1)
    with pytest.raises(RunRefused, match="again"):
        await stage.runner.perform(run, prepared, stage.consent(prepared, again=False), stage.seen.append)
    stage.runner.settle(run, 1, StepState.BY_HAND, "looked: it is there")
    assert (await stage.perform(run, 2)).state is StepState.OK


async def test_a_stream_has_no_end_and_is_well_when_it_is_stopped(stage: Stage) -> None:
    (stage.folder / "log").write_text("first line\n")
    run = stage.start(fence("# Watch\ntail -f log"))
    assert stage.runner.prepare(run, 1).timeout is None
    performing = asyncio.create_task(stage.perform(run))
    while "first line" not in stage.output:
        await asyncio.sleep(0.01)
    await stage.runner.cancel(run, 1)
    assert (await performing).state is StepState.OK


async def test_one_step_is_never_run_twice_at_once(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho working; sleep 60", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    other = stage.again()
    prepared = other.prepare(run, 1)
    with pytest.raises(RunRefused, match="running"):
        await other.perform(run, prepared, stage.consent(prepared, other), stage.seen.append)
    other.runs = Runs()  # even one that has not heard of it yet
    other.apply_all([each for each in stage.timeline.events() if each.kind == "run"])
    prepared = other.prepare(run, 1)
    with pytest.raises(RunRefused, match="running"):
        await other.perform(run, prepared, stage.consent(prepared, other), stage.seen.append)
    await stage.runner.cancel(run, 1)
    await performing


async def test_an_edited_command_is_recorded_as_edited_and_judged_by_its_own_words(stage: Stage) -> None:
    run = stage.start(fence("# Look\nls"))
    assert stage.runner.prepare(run, 1, edit="rm -rf made").kind is StepKind.DANGER
    attempt = await stage.perform(run, 1, edit="ls -a")
    assert attempt.edited
    assert attempt.as_written == "ls -a"
    assert stage.steps()[0].detail["edited"] is True


async def test_a_defect_of_ours_leaves_no_step_running_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def defect(*args: object) -> Finished:
        raise AttributeError("no such thing")

    monkeypatch.setattr("cockpit.runbooks.run.attempt.run_in_shell", defect)
    run = stage.start(fence("# Look\nls\n\n# Make\nsystemctl restart api"))
    assert [(await stage.perform(run, step)).state for step in (1, 2)] == [StepState.FAILED, StepState.UNKNOWN]
    assert "unexpected AttributeError: no such thing" in stage.steps()[-1].summary


async def test_an_undo_brings_the_step_back_to_do(stage: Stage) -> None:
    run = stage.start(fence("# Make\ntouch made", 'bash change undo="rm made"'))
    await stage.perform(run)
    attempt = await stage.perform(run, 1, undo=True)
    assert (attempt.undo, attempt.state) == (True, StepState.OK)
    assert stage.runner.run(run.id).state(1) is StepState.TODO
    assert not (stage.folder / "made").exists()


async def test_what_was_never_done_cannot_be_undone(stage: Stage) -> None:
    run = stage.start(fence("# Make\ntouch made", 'bash change undo="touch undone"'))
    with pytest.raises(RunRefused, match="nothing to undo"):
        await stage.perform(run, 1, undo=True)
    assert not (stage.folder / "undone").exists()
    assert stage.steps() == []


async def test_a_change_needs_to_have_been_shown_exactly_so(stage: Stage) -> None:
    run = stage.start(fence("# Make\ntouch <name>", "bash change"), {"name": "one"})
    shown = stage.runner.prepare(run, 1)
    now = stage.runner.prepare(run, 1, {"name": "two"})
    with pytest.raises(RunRefused, match="must be shown and confirmed"):
        await stage.runner.perform(run, now, Consent(), stage.seen.append)
    with pytest.raises(RunRefused, match="not what would run now"):
        await stage.runner.perform(run, now, Consent(shown.fingerprint), stage.seen.append)
    assert stage.steps() == []


async def test_danger_takes_the_name_of_what_it_destroys(stage: Stage) -> None:
    run = stage.start(fence("# Drop it\nrm -r <folder>"), {"folder": "old-data"})
    (stage.folder / "old-data").mkdir()
    prepared = stage.runner.prepare(run, 1)
    assert stage.runner.find_confirmation(prepared).word == "old-data"
    for wrong in ("", "yes", "prod", "old data"):
        with pytest.raises(RunRefused, match="type old-data"):
            await stage.runner.perform(run, prepared, Consent(prepared.fingerprint, wrong), stage.seen.append)
    await stage.runner.perform(run, prepared, Consent(prepared.fingerprint, "old-data"), stage.seen.append)
    assert not (stage.folder / "old-data").exists()


async def test_an_approval_is_recorded_as_who_gave_it_and_how(stage: Stage) -> None:
    run = stage.start(
        "# Mend it\n\n## Mend\n\n**Approval Required**: Yes - the owner\n\n```bash change\ntouch made\n```\n"
    )
    prepared = stage.runner.prepare(run, 1)
    assert stage.runner.find_confirmation(prepared).approval
    for approval in (None, Approval("", "x"), Approval("ana", ""), Approval("You", "myself")):
        with pytest.raises(RunRefused, match="approval"):
            await stage.runner.perform(run, prepared, stage.consent(prepared, approval=approval), stage.seen.append)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert stage.steps()[0].detail["approval"] == "ana, on the bridge"
    assert stage.steps()[0].summary.startswith("Step 1 started (approved by ana, on the bridge): ")


async def test_needs_verify_holds_back_until_it_is_ok(stage: Stage) -> None:
    text = "# Mend it\n\n## Mend\n\n```bash verify\ntest -e up\n```\n\n```bash danger needs=verify\nrm up\n```\n"
    run = stage.start(text)
    with pytest.raises(RunRefused, match="needs step 1"):
        await stage.perform(run, 2)
    await stage.perform(run, 1)
    with pytest.raises(RunRefused, match="needs step 1"):
        await stage.perform(run, 2)
    (stage.folder / "up").touch()
    await stage.perform(run, 1)
    assert (await stage.perform(run, 2)).state is StepState.OK


async def test_read_only_runs_no_shell_at_all(stage: Stage) -> None:
    run = stage.start(fence("# Look\nls"))
    runner = stage.again(read_only=True)
    prepared = runner.prepare(run, 1)
    assert "read-only" in prepared.reason_not_runnable
    writable = stage.runner.prepare(run, 1)
    for each in (prepared, writable):
        with pytest.raises(RunRefused, match=r"(?i)read-only"):
            await runner.perform(run, each, Consent(each.fingerprint), stage.seen.append)


@pytest.mark.parametrize("text", ["# Look\nls", "# Send\ncurl -X POST https://api.example.com/x"])
async def test_a_drill_starts_nothing_on_this_machine(stage: Stage, text: str) -> None:
    runner = stage.again(environment=replace(stage.environment, drill=True))
    runbook = stage.document(fence(text))
    run = runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)
    prepared = runner.prepare(run, 1)
    assert not prepared.runnable
    with pytest.raises(RunRefused):
        await runner.perform(run, prepared, Consent(prepared.fingerprint), stage.seen.append)


async def test_a_missing_tool_is_reported_beforehand(stage: Stage) -> None:
    run = stage.start(fence("# Look\nno-such-tool list"))
    assert stage.runner.prepare(run, 1).reason_not_runnable.startswith("no-such-tool is not installed")


async def test_powershell_without_pwsh_is_reported_beforehand(stage: Stage) -> None:
    run = stage.start(fence("# Look\nGet-Process", "powershell"))
    runner = stage.again(environ={"PATH": "/nowhere"})
    assert "pwsh" in runner.prepare(run, 1).reason_not_runnable


async def test_an_altered_command_never_runs(stage: Stage) -> None:
    run = stage.start(fence("# Look\nls \u202e gnp.exe"))
    assert "cannot be shown" in stage.runner.prepare(run, 1).reason_not_runnable


async def test_commands_that_talk_get_the_terminal(stage: Stage) -> None:
    run = stage.start(fence("# Edit\nless /dev/null"))
    assert "terminal" in stage.runner.prepare(run, 1).reason_not_runnable
    handed: list[str] = []

    async def terminal(there: object) -> Finished:
        handed.append("over")
        return Finished(StepState.OK, "exit 0", 0)

    runner = stage.again(terminal=terminal)
    prepared = runner.prepare(run, 1)
    assert prepared.tty
    assert prepared.timeout is None
    await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert handed == ["over"]


async def test_a_document_that_changed_is_shown_before_anything_starts(stage: Stage) -> None:
    first = stage.document(fence("# Look\necho one"))
    with pytest.raises(RunRefused, match=first.sha256):
        stage.runner.start(first, first.procedures[0])
    assert stage.runner.trust(first).standing == "new"
    stage.runner.start(first, first.procedures[0], trust=first.sha256)
    assert stage.again().trust(first).standing == "known"
    second = stage.document(fence("# Look\necho two"))
    standing = stage.runner.trust(second)
    assert standing.standing == "changed"
    assert "-echo one" in standing.difference
    assert "+echo two" in standing.difference
    with pytest.raises(RunRefused, match="has changed"):
        stage.runner.start(second, second.procedures[0], trust=first.sha256)


async def test_a_run_works_on_its_snapshot(stage: Stage) -> None:
    run = stage.start(fence("# Look\necho one"))
    stage.document(fence("# Look\nrm -rf everything"))
    runner = stage.again()
    assert runner.prepare(run, 1).as_run == "echo one"


async def test_a_run_of_another_environment_is_not_touched(stage: Stage) -> None:
    from cockpit.model.system import Environment

    run = stage.start(fence("# Look\nls"))
    runner = stage.again(environment=Environment("staging"))
    prepared = runner.prepare(run, 1)
    with pytest.raises(RunRefused, match="acts on staging"):
        await runner.perform(run, prepared, Consent(prepared.fingerprint), stage.seen.append)


async def test_what_is_done_with_the_loop_cancelled_goes_on(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho working; sleep 0.5; touch made", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    performing.cancel()
    with suppress(asyncio.CancelledError):
        await performing
    attempt = await stage.runner.leadership.attach(run, 1, stage.seen.append)
    assert attempt.state is StepState.OK
    assert (stage.folder / "made").exists()
    assert stage.phases() == ["intent", "outcome"]


class NextMorning(RealTime):
    """A clock that is three hours ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=3)


@pytest.mark.parametrize("word", ["its supervisor's", "the file's age"])
async def test_what_ended_while_nobody_looked_ended_then_and_not_when_it_was_found(stage: Stage, word: str) -> None:
    run = stage.start(fence("# Make\necho working; sleep 0.2", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    performing.cancel()
    with suppress(asyncio.CancelledError):
        await performing
    exit_file = Path(stage.runner.run(run.id).attempts[0].transcript).with_suffix(".exit")
    while not exit_file.exists():
        await asyncio.sleep(0.01)
    if word == "the file's age":
        exit_file.write_text('{"exit_code": 0}')
    runner = stage.again(time=NextMorning())
    while not await runner.leadership.recover():  # its supervisor may not have let go yet
        await asyncio.sleep(0.01)
    (attempt,) = runner.run(run.id).attempts
    assert attempt.state is StepState.OK
    assert attempt.ended is not None
    assert attempt.ended - attempt.began < timedelta(hours=1)
    (outcome,) = [each for each in stage.steps() if each.detail["phase"] == "outcome"]
    assert (outcome.detail["seconds"] < 3600, "looked_again" in outcome.detail) == (True, False)
    assert outcome.detail.get("about") is (True if word == "the file's age" else None)


class SetClock(RealTime):
    """A clock that somebody sets."""

    length = timedelta()

    def now(self) -> datetime:
        return super().now() + self.length


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_set_within_a_step_does_not_change_how_long_it_took(stage: Stage, hours: int) -> None:
    time = SetClock()
    stage.runner = stage.again(time=time)
    run = stage.start(fence("# Make\necho working; sleep 0.2", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    time.length = timedelta(hours=hours)
    took = (await performing).took
    assert took is not None
    assert (0.2 <= took.seconds < 600, took.is_about) == (True, False)
    (outcome,) = [each for each in stage.steps() if each.detail["phase"] == "outcome"]
    assert 0.2 <= outcome.detail["seconds"] < 600


@pytest.mark.parametrize("hours", [-1, 1])
async def test_who_finds_a_step_ended_has_its_length_from_who_saw_both_ends(stage: Stage, hours: int) -> None:
    time = SetClock()
    time.length = timedelta(hours=hours)  # it begins by a clock that is right before it ends
    stage.runner = stage.again(time=time)
    run = stage.start(fence("# Make\necho working; sleep 0.2", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    performing.cancel()
    with suppress(asyncio.CancelledError):
        await performing
    runner = stage.again()
    while not await runner.leadership.recover():
        await asyncio.sleep(0.01)
    took = runner.run(run.id).attempts[0].took
    assert took is not None
    assert (0.2 <= took.seconds < 600, took.is_about) == (True, False)


async def test_a_program_in_python_is_heard_while_it_runs(stage: Stage) -> None:
    """Into a pipe Python prints nothing before 8 KB, or its end: who is watching a long step would see nothing."""
    run = stage.start(fence("# Watch\nprintenv PYTHONUNBUFFERED", "bash read"))
    await stage.perform(run)
    assert stage.output.strip() == "1"


def test_a_time_that_was_typed_as_an_age_is_one_moment_for_every_step_and_every_try(stage: Stage) -> None:
    """A restore that is tried again, or whose next step names the time too, must not mean another moment."""
    clock = TurnedClock()
    stage.options = {"time": clock}
    stage.runner = stage.again()
    run = stage.start(fence("# Restore\necho <restore-time>\n\n# Compare\necho <restore-time>"))
    stage.runner.parameters(run, {"restore-time": "20m ago"})
    before = stage.runner.prepare(run, 1).as_run
    clock.turn(600)
    assert "T01:40:00Z" in before
    assert stage.runner.prepare(run, 1).as_run == before
    assert "T01:40:00Z" in stage.runner.prepare(run, 2).as_run
