"""What one step leaves in its shell holds in the next: folder, variables, arrays; across a restart, never a secret."""

import json
import stat
from pathlib import Path

import pytest

from cockpit.model.run import Run, StepState
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage

WHERE = "# Where\npwd\n"


def document(*fences: str) -> str:
    """Each fence a step of its own."""
    return "# Mend it\n\n## Mend the thing\n\n" + "\n".join(
        f"Step {number}:\n\n```bash\n{text}\n```\n" for number, text in enumerate(fences, start=1)
    )


async def run_all(stage: Stage, run: Run) -> Run:
    for step in stage.runner.procedure(run).commands:
        attempt = await stage.perform(run, step.ordinal)
        assert attempt.state is StepState.OK, (step.command, attempt.outcome, stage.output)
    return stage.runner.run(run.id)


async def test_a_variable_of_one_step_is_there_in_the_next(stage: Stage) -> None:
    run = stage.start(document("NAME=$(echo api)", "echo it is $NAME"))
    await run_all(stage, run)
    assert "it is api" in stage.output


async def test_what_only_a_child_reads_is_kept_exported(stage: Stage) -> None:
    run = stage.start(document("export KUBECONFIG=$(echo staging.yaml)", "printenv KUBECONFIG"))
    run = await run_all(stage, run)
    assert "staging.yaml" in stage.output
    [variable] = run.shell.variables
    assert (variable.name, variable.shown, variable.step, variable.exported) == ("KUBECONFIG", "staging.yaml", 1, True)


async def test_a_variable_that_was_not_exported_is_not_for_children(stage: Stage) -> None:
    run = stage.start(document("LOCAL_ONE=$(echo here)", 'bash -c "env" | grep -c LOCAL_ONE || echo none: $LOCAL_ONE'))
    await run_all(stage, run)
    assert "none: here" in stage.output


async def test_arrays_hold_with_their_items_and_keys(stage: Stage) -> None:
    run = stage.start(
        document(
            "PODS=(a 'b c' \"it's\"); declare -A PORTS=([web]=80 [db]=5432)",
            'printf "<%s>" "${PODS[@]}"; echo "${PORTS[web]} ${#PODS[@]}"',
        )
    )
    await run_all(stage, run)
    assert "<a><b c><it's>80 3" in stage.output


async def test_a_sourced_file_holds_and_values_are_no_code(stage: Stage) -> None:
    (stage.folder / "env.sh").write_text(
        "export HOSTILE='$(touch owned) `touch owned` \"; touch owned; \"'\nREGION=eu\n"
    )
    run = stage.start(document("source ./env.sh", 'echo "$REGION"; printenv HOSTILE'))
    await run_all(stage, run)
    assert "eu\n$(touch owned) `touch owned`" in stage.output
    assert not (stage.folder / "owned").exists()


async def test_words_are_split_as_by_hand_and_never_read_again_unsafely(stage: Stage) -> None:
    run = stage.start(document('FLAGS=$(echo "-n -e")', "echo $FLAGS hi", 'bash -c "echo $FLAGS"'))
    await stage.perform(run, 1)
    await stage.perform(run, 2)
    assert stage.output.strip().endswith("hi")
    assert not stage.runner.prepare(run, 3).runnable, "another shell would read the value as code"


async def test_what_came_out_empty_is_asked_for(stage: Stage) -> None:
    run = stage.start(document("POD=$(true)", "touch gone-$POD"))
    await stage.perform(run, 1)
    prepared = stage.runner.prepare(run, 2)
    assert not prepared.runnable
    assert "left it empty" in prepared.reason_not_runnable
    answered = stage.runner.prepare(run, 2, {"POD": "api-1"})
    await stage.runner.perform(run, answered, stage.consent(answered), stage.seen.append)
    assert (stage.folder / "gone-api-1").exists()


async def test_a_lone_cd_moves_the_run_and_a_visit_comes_back(stage: Stage) -> None:
    (stage.folder / "infra" / "prod").mkdir(parents=True)
    (stage.folder / "server").mkdir()
    run = stage.start(document("cd server && pwd", "cd infra/prod", "pwd", "cd .. && pwd", "pwd"))
    run = await run_all(stage, run)
    top = str(stage.folder)
    folders = [line for line in stage.output.splitlines() if line.startswith("/")]
    assert folders == [f"{top}/server", f"{top}/infra/prod", f"{top}/infra", f"{top}/infra/prod"]
    assert run.shell.folder == f"{top}/infra/prod"


async def test_the_way_back_leads_where_it_would_by_hand(stage: Stage) -> None:
    for name in ("infra/prod", "server"):
        (stage.folder / name).mkdir(parents=True)
    top = str(stage.folder)
    run = stage.start(document("cd infra/prod", "cd ../../server && pwd", "cd -", "pwd"))
    run = await run_all(stage, run)
    assert run.shell.folder == top  # the visit to the server is no place to go back to
    run = stage.start(document("pushd infra", "pushd prod", "popd", "popd"))
    run = await run_all(stage, run)
    assert run.shell.folder == top


async def test_it_survives_a_restart_and_is_part_of_what_is_confirmed(stage: Stage) -> None:
    (stage.folder / "infra").mkdir()
    run = stage.start(document("cd infra", "export STAGE=$(echo one)", "touch made-$STAGE"))
    await stage.perform(run, 1)
    before = stage.runner.prepare(run, 3, {"STAGE": "typed"})
    await stage.perform(run, 2)

    stage.runner = stage.again()
    after = stage.runner.prepare(stage.runner.run(run.id), 3)
    assert before.fingerprint != after.fingerprint
    await stage.perform(run, 3)
    assert (stage.folder / "infra" / "made-one").exists()


async def test_what_a_failed_step_left_does_not_hold(stage: Stage) -> None:
    (stage.folder / "infra").mkdir()
    run = stage.start(document("cd infra; LEFT=$(echo over); false", "pwd"))
    assert (await stage.perform(run, 1)).state is StepState.FAILED
    assert stage.runner.run(run.id).shell.folder == ""
    assert stage.runner.run(run.id).shell.variables == ()


@pytest.mark.parametrize(
    "setting",
    [
        "export API_TOKEN=$(printf plain-; echo words)",
        "GIVEN=$(printf hunter2; echo secret)",
        'A=(x hunter2"secret")',
        "NOTE=$(printf eyJhbGciOi.; echo eyJzdWIiOi.c2lnbmF0dXJl)",
    ],
)
async def test_the_value_of_a_secret_is_written_nowhere(stage: Stage, setting: str) -> None:
    stage.runner = stage.again(hidden=lambda: ["hunter2secret"])
    run = stage.start(document(setting, "true"))
    run = await run_all(stage, run)
    [variable] = run.shell.variables
    assert variable.shown == ""
    files = [path.read_text("utf-8", "replace") for path in stage.folder.rglob("*.state")]
    assert files
    for text in (
        *files,
        json.dumps([dict(event.detail) for event in stage.steps() if event.detail["phase"] == "outcome"]),
    ):
        assert not any(secret in text for secret in ("hunter2secret", "plain-words", "Oi.eyJzdWIiOi"))


async def test_a_variable_that_was_taken_away_stays_away(stage: Stage) -> None:
    run = stage.start(
        document("export ONE=$(echo 1) TWO=$(echo 2)", "unset ONE TZ", "printenv ONE || echo gone; echo $TWO")
    )
    stage.runner = stage.again(environ={"PATH": "/usr/bin:/bin", "TZ": "UTC"})
    await stage.perform(run, 1)
    await stage.perform(run, 2)
    assert [variable.name for variable in stage.runner.run(run.id).shell.variables] == ["TWO"]
    await stage.perform(run, 3, values_by_name={"ONE": "x"})


async def test_another_procedure_begins_at_the_start(stage: Stage) -> None:
    (stage.folder / "infra").mkdir()
    run = stage.start(document("cd infra", "pwd"))
    await stage.perform(run, 1)
    other = stage.runner.start(stage.runner.document(run), stage.runner.procedure(run), trust=run.sha256)
    assert stage.runner.prepare(other, 2).cwd == str(stage.folder)


async def test_a_folder_that_is_only_there_from_the_start_is_offered_and_not_guessed(stage: Stage) -> None:
    (stage.folder / "server").mkdir()
    run = stage.start(document("cd server", "cd server && touch here"))
    await stage.perform(run, 1)
    prepared = stage.runner.prepare(run, 2)
    assert not prepared.runnable
    assert prepared.suggestion == f"cd {stage.folder}\ncd server && touch here"
    edited = stage.runner.prepare(run, 2, edit=prepared.suggestion)
    assert edited.runnable
    await stage.runner.perform(run, edited, stage.consent(edited), stage.seen.append)
    assert (stage.folder / "server" / "here").exists()


async def test_a_folder_that_is_gone_is_reported_before_anything_runs(stage: Stage) -> None:
    (stage.folder / "infra").mkdir()
    run = stage.start(document("cd infra", "pwd"))
    await stage.perform(run, 1)
    (stage.folder / "infra").rmdir()
    assert "not there any more" in stage.runner.prepare(run, 2).reason_not_runnable


async def test_in_a_shared_directory_the_team_may_read_what_was_kept(stage: Stage) -> None:
    stage.folder.chmod(0o2770)
    run = stage.start(document("REGION=$(echo eu)", "true"))
    await stage.perform(run, 1)
    [kept] = stage.folder.rglob("*.state")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


async def test_a_trap_of_its_own_only_means_that_nothing_is_kept(stage: Stage) -> None:
    run = stage.start(document("trap 'echo bye' EXIT; X=$(echo 1)", "true"))
    run = await run_all(stage, run)
    assert "bye" in stage.output
    assert run.shell.variables == ()


async def test_line_numbers_and_exit_codes_are_those_of_the_command(stage: Stage) -> None:
    run = stage.start(document("true; no-such-program-here || exit 7"))
    prepared = stage.runner.prepare(run, 1)
    assert prepared.script is not None
    assert prepared.script.text == "true; no-such-program-here || exit 7"


class TestWhereItStarts:
    """The checkout of the document, its own folder, or what somebody said."""

    def lay(self, folder: Path, *paths: str) -> None:
        for path in paths:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("echo hi\n")

    def start(self, stage: Stage, command: str) -> Run:
        (stage.folder / ".git").mkdir()
        (stage.folder / "docs").mkdir(exist_ok=True)
        runbook = stage.document(document(command), "docs/mend.md")
        return stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)

    def test_the_checkout_counts_where_a_path_is_there_from_it(self, stage: Stage) -> None:
        self.lay(stage.folder, "infra/deploy.sh")
        run = self.start(stage, "bash infra/deploy.sh")
        assert stage.runner.prepare(run, 1).cwd == str(stage.folder)

    def test_its_own_folder_where_a_path_is_only_there_from_that(self, stage: Stage) -> None:
        self.lay(stage.folder, "docs/tools/check.sh")
        run = self.start(stage, "bash tools/check.sh")
        assert stage.runner.prepare(run, 1).cwd == str(stage.folder / "docs")

    def test_from_both_a_person_says_once_and_for_later_runs_too(self, stage: Stage) -> None:
        self.lay(stage.folder, "check.sh", "docs/check.sh")
        run = self.start(stage, "bash check.sh")
        prepared = stage.runner.prepare(run, 1)
        assert prepared.folder_choices == (str(stage.folder), str(stage.folder / "docs"))
        assert not prepared.runnable

        stage.runner.choose_folder(run, prepared.folder_choices[1])
        assert stage.runner.prepare(run, 1).runnable
        stage.runner = stage.again()
        runbook = stage.runner.document(run)
        later = stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)
        assert stage.runner.prepare(later, 1).cwd == str(stage.folder / "docs")

    def test_what_the_configuration_says_counts_most(self, stage: Stage) -> None:
        self.lay(stage.folder, "check.sh", "docs/check.sh", "work/check.sh")
        stage.runner = stage.again(workdir=lambda runbook: str(stage.folder / "work"))
        run = self.start(stage, "bash check.sh")
        assert stage.runner.prepare(run, 1).cwd == str(stage.folder / "work")

    def test_a_folder_that_is_not_there_is_refused(self, stage: Stage) -> None:
        run = self.start(stage, "true")
        with pytest.raises(RunRefused):
            stage.runner.choose_folder(run, "/no/such/folder")


async def test_the_options_of_the_shell_hold_in_the_next_steps_and_can_be_taken_back(stage: Stage) -> None:
    run = stage.start(
        document(
            "set -u; shopt -s nullglob",
            "echo files: /nowhere/*.x end; shopt -q nullglob && echo held",
            "set +u; shopt -u nullglob",
            "echo back: /nowhere/*.x",
        )
    )
    await stage.perform(run, 1)
    state = stage.runner.run(run.id).shell
    assert state.options == ("set -o nounset", "shopt -s nullglob")
    await run_all(stage, run)
    assert "files: end" in stage.output
    assert "back: /nowhere/*.x" in stage.output
    assert stage.runner.run(run.id).shell.options == ()


async def test_an_unset_name_ends_a_step_below_set_u(stage: Stage) -> None:
    run = stage.start(document("set -u", "eval 'echo it is $NOWHERE'"))
    await stage.perform(run, 1)
    attempt = await stage.perform(run, 2)
    assert attempt.state is StepState.FAILED


async def test_a_trace_shows_the_steps_own_commands_alone(stage: Stage) -> None:
    run = stage.start(document("set -x", "true traced"))
    await run_all(stage, run)
    assert "+ true traced" in stage.output
    assert "cockpit" not in stage.output


@pytest.mark.parametrize("option", ["set -n", "set -t", "set -m", "set -o vi"])
async def test_an_option_that_would_stop_the_next_step_is_not_kept(stage: Stage, option: str) -> None:
    run = stage.start(document(f"{option} || true", "echo still here"))
    await stage.perform(run, 1)
    await stage.perform(run, 2)
    assert "still here" in stage.output
    assert stage.runner.run(run.id).shell.options == ()
