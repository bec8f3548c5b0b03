"""A secret that stands in a command as it is runs as it is, and is in nothing that anybody sees."""

import asyncio
import json
import shlex
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.cli.run.typed_command import make_command_document
from cockpit.incident.postmortem.run_rows import run_rows
from cockpit.model.event import Event
from cockpit.model.run import StepState
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.runbooks.shell_syntax.literal_secrets import NOT_SECRET
from cockpit.runbooks.types import Prepared
from tests.examples import scale_examples
from tests.integration.runbooks.stage import Stage, fence

VALUES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="`"),
    min_size=8,
    max_size=24,
).filter(lambda value: not NOT_SECRET.fullmatch(value) and not value.startswith(("-", "id=")))
MARKERS = [
    "--password {}",
    "--client-secret={}",
    "PGPASSWORD={}",
    "-H 'X-Api-Key: '{}",
    "-H 'Authorization: Bearer '{}",
]


def all_in(folder: Path, pattern: str) -> str:
    return "\n".join(each.read_text() for each in folder.glob(pattern))


def told(stage: Stage, events: list[Event], prepared: Prepared) -> str:
    """All that is shown or kept: events, draft, transcripts, the screen's command, title and values, the output."""
    kept = json.dumps([[each.summary, dict(each.detail)] for each in events], ensure_ascii=False)
    screen = [prepared.as_run, prepared.step.title, prepared.step.remark, *(each.shown for each in prepared.values)]
    return "\n".join([kept, str(run_rows(events)), all_in(stage.folder, "runs/*/*.log"), *screen, stage.output])


async def exec_(folder: Path, line: str) -> tuple[str, str]:
    """What `cockpit exec` tells of a line, and what really came out of it, written beside."""
    stage = Stage(folder)
    try:
        found = make_command_document(line)
        run = stage.runner.start(found, found.procedures[0], {}, trust=found.sha256)
        prepared = stage.runner.prepare(run, 1)
        await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
        stage.runner.end(run)
        snapshots = await asyncio.to_thread(all_in, folder, "snapshots/*")
        return told(stage, stage.timeline.events(), prepared) + snapshots, (folder / "came").read_text()
    finally:
        stage.close()


@settings(max_examples=scale_examples(25), deadline=None)
@given(st.sampled_from(MARKERS), VALUES)
def test_whatever_stands_behind_a_marker_is_in_no_event_transcript_or_screen(marker: str, value: str) -> None:
    with TemporaryDirectory() as name:
        came = shlex.quote(f"{name}/came")
        line = f"printf '%s\\n' -- {marker.format(shlex.quote(value))} | tee {came} | tee >(base64 -w0)"
        shown, real = asyncio.run(exec_(Path(name), line))
    assert value in real  # the command that ran is the one that was typed
    assert value not in shown
    assert json.dumps(value)[1:-1] not in shown
    assert b64encode(value.encode())[4:-4].decode() not in shown


async def test_the_same_holds_for_a_document_and_for_an_edit(stage: Stage) -> None:
    run = stage.start(
        fence("# Greet hunter2value\ncurl --version --password hunter2value >/dev/null; echo hunter2value")
    )
    await stage.perform(run)
    edited = "echo --token edited2value; echo edited2value"
    await stage.perform(stage.runner.run(run.id), edit=edited)
    prepared = stage.runner.prepare(stage.runner.run(run.id), 1, edit=edited)
    shown = told(stage, stage.timeline.events(), prepared)
    assert "hunter2value" not in shown
    assert "edited2value" not in shown
    assert prepared.as_written == edited
    assert prepared.as_run == "echo --token •••; echo •••"


async def test_a_value_given_for_a_placeholder_behind_a_marker_is_a_secret_too(stage: Stage) -> None:
    run = stage.start(fence("# Greet\necho --password <word>; echo <word>"), {"word": "hunter2value"})
    prepared = stage.runner.prepare(run, 1)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert prepared.as_run == "echo --password •••; echo •••"
    assert "hunter2value" not in told(stage, stage.timeline.events(), prepared)
    edited = stage.runner.prepare(stage.runner.run(run.id), 1, {"other": "hunter3value"}, edit="echo --token <other>")
    assert edited.as_run == "echo --token •••"
    assert "hunter3value" not in repr(edited)


@pytest.mark.parametrize(
    "first",
    [
        "echo --password <word> >/dev/null",
        "curl --version --password hunter2value >/dev/null",
        "echo <DB_PASS> >/dev/null",
    ],
)
async def test_a_later_step_does_not_print_what_an_earlier_one_was_given(stage: Stage, first: str) -> None:
    (stage.folder / "log").write_text("signed in with hunter2value")
    document = fence(f"# Sign in\n{first}\n\n# Look\ncat {stage.folder}/log")
    run = stage.start(document, {"word": "hunter2value", "DB_PASS": "hunter2value"})
    await stage.perform(run)
    run = stage.runner.run(run.id)
    prepared = stage.runner.prepare(run, 2)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert "signed in with •••" in stage.output
    assert "hunter2value" not in told(stage, stage.timeline.events(), prepared)


async def test_what_stands_in_a_document_is_known_to_the_cockpit_that_goes_on_with_its_run(stage: Stage) -> None:
    (stage.folder / "log").write_text("signed in with hunter2value")
    run = stage.start(fence(f"# Sign in\nMYSQL_PWD=hunter2value true\n\n# Look\ncat {stage.folder}/log"))
    await stage.perform(run)
    runner = stage.again()
    prepared = runner.prepare(runner.run(run.id), 2)
    await runner.perform(runner.run(run.id), prepared, stage.consent(prepared, runner), stage.seen.append)
    assert "hunter2value" not in told(stage, stage.timeline.events(), prepared)


async def test_no_list_of_processes_shows_a_script_in_which_a_secret_stands(stage: Stage) -> None:
    arguments, environment = stage.folder / "arguments", stage.folder / "environment"
    first = f"export MYSQL_PWD=hunter2value PLACE=here; ps -o args= -p $$ > {arguments}; env > {environment}"
    run = stage.start(fence(f"# Sign in\n{first}\n\n# Look\necho in $PLACE"))
    assert (await stage.perform(run)).state is StepState.OK
    await stage.perform(stage.runner.run(run.id), 2)
    assert "bash -e -o pipefail -c" in arguments.read_text()
    assert "hunter2value" not in arguments.read_text()
    assert "_COCKPIT_SCRIPT" not in environment.read_text()
    assert "in here" in stage.output


async def test_what_was_fetched_from_a_vault_is_in_no_state_and_no_event(stage: Stage) -> None:
    (stage.folder / "vault").write_text("bare-zebra-19")
    fetch = f"op() {{ cat {stage.folder}/vault; }}; X=$(op read op://prod/db/x); PLACE=here"
    run = stage.start(fence(f"# Fetch it\n{fetch}"))
    await stage.perform(run)
    prepared = stage.runner.prepare(stage.runner.run(run.id), 1)
    states = all_in(stage.folder, "runs/*/*.state")
    assert "here" in states
    assert "zebra" not in told(stage, stage.timeline.events(), prepared) + states


@pytest.mark.parametrize("typed", [True, False])
async def test_no_copy_is_kept_of_a_known_secret_without_a_form_or_a_name(stage: Stage, typed: bool) -> None:
    KNOWN_SECRETS.learn("open sesame door")
    line = "echo 'open sesame door' >/dev/null"
    found = make_command_document(line) if typed else stage.document(fence(f"# Greet\n{line}"))
    run = stage.runner.start(found, found.procedures[0], trust=found.sha256)
    prepared = stage.runner.prepare(run, 1)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    kept = "\n".join(each.read_text() for each in (stage.folder / "snapshots").glob("*"))
    assert "sesame" not in kept + told(stage, stage.timeline.events(), prepared)


async def test_variables_of_the_shell_are_secrets_by_their_name_or_their_value(stage: Stage) -> None:
    found = make_command_document('echo "$DB_PASS $X"')
    given = {"DB_PASS": "hunter2value", "X": "ghp_0123456789abcdefghij"}
    run = stage.runner.start(found, found.procedures[0], given, trust=found.sha256)
    prepared = stage.runner.prepare(run, 1)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    shown = told(stage, stage.timeline.events(), prepared)
    assert "hunter2value" not in shown
    assert "ghp_" not in shown


@pytest.mark.parametrize("command", ["GET https://127.0.0.1:9/x?token=hunter2value"])
async def test_a_request_hides_what_its_address_says(stage: Stage, command: str) -> None:
    run = stage.start(f"# Ask\n\n## Ask it\n\n1. Ask: `{command}`\n")
    (ordinal,) = [each.ordinal for each in stage.runner.procedure(run).commands]
    prepared = stage.runner.prepare(run, ordinal)
    await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert prepared.as_run.endswith("/x?token=•••")
    assert "hunter2value" not in told(stage, stage.timeline.events(), prepared)
