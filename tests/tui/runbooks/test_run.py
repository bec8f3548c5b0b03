"""A run as somebody uses it: what they see, which key does what, and what never happens by itself."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.events import Key

from cockpit.model.run import Run, StepState
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.prepare.target_guard import ToolContext
from cockpit.runbooks.run.runs import Runs
from cockpit.runbooks.types import Finished
from screens.run.open import RunScreenOpener
from screens.run.screen import RunScreen
from tests.tui.runbooks.conftest import Open
from tests.tui.runbooks.play import Play, document
from widgets.choice import Choice

FAILED = Finished(StepState.FAILED, "exit 22", 22)

MENU = b"""# Migrations

```bash
# Apply all pending migrations
alembic upgrade head

# Roll back one migration
alembic downgrade -1
```
"""

CHECKLIST = b"""# Handover

1. Tell the on-call engineer.
2. Freeze deployments.
"""

EITHER = b"""# Roll back

```bash
# Find the tag
gh release list

# Deploy the tag before
gh workflow run deploy.yml -f tag=before

# Or revert the commit
git revert HEAD

# Verify
curl -f https://mi.example.com/health
```
"""

EXPECTS = b"""# Look

```bash
# Verify the row counts
sqlcmd -Q "SELECT 1"
```

**Expected Output**:

```text
Meetings 2
Actions 26
```
"""

WAY_BACK = b"""# Swap

## Procedure

```bash change undo="az containerapp revision deactivate --revision v1"
# Activate
az containerapp revision activate --revision v1
```

## Rollback

```bash
# Put it back
az containerapp revision activate --revision v0
```
"""


async def test_one_key_looks_and_the_cursor_goes_to_what_is_suggested_next(open_run: Open, play: Play) -> None:
    play.prints[1] = "mi-prod--v42\nmi-prod--v41\n"
    async with open_run() as user:
        assert "enter looks; nothing is changed" in user.lines("run-hint")
        await user.press("enter")
        assert [step for step, _, _ in play.performed] == [1]
        assert user.row(1).startswith("✔ 1 List revisions")
        assert user.at == 2
        assert user.output == ["mi-prod--v42", "mi-prod--v41"]
        assert "Output of step 1" in user.lines("output-title")
        await user.press("up")
        assert user.output == ["mi-prod--v42", "mi-prod--v41"]
        assert "/data/1.log" in user.lines("output-title")


TARGETS = b"""# Mail

## Move the queue

```bash
postqueue -p
```

On the old relay:

```bash
postsuper -h ALL
```

On the new relay:

```bash
postsuper -H ALL
```
"""


async def test_the_cursor_goes_on_to_what_is_to_be_chosen_and_nothing_of_it_runs(open_run: Open, play: Play) -> None:
    async with open_run(TARGETS) as user:
        await user.press("enter")
        assert user.at == 2
        assert [step for step, _, _ in play.performed] == [1]


async def test_what_a_step_printed_stays_in_sight_until_a_person_moves_or_the_next_one_prints(
    open_run: Open, play: Play
) -> None:
    play.values["PREVIOUS"] = "mi-prod--v41"
    play.prints |= {1: "mi-prod--v42\n", 2: "activated\n"}
    async with open_run() as user:
        await user.press("enter")
        assert (user.at, user.output) == (2, ["mi-prod--v42"])
        await user.press("down")
        assert user.output == []
        await user.press("up")
        assert user.output == []
        await user.press("enter", "enter")
        assert (user.at, user.output) == (3, ["activated"])


async def test_the_cursor_only_suggests_and_nothing_runs_without_a_key(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("down", "down", "tab", "tab", "up", "down")
        assert play.performed == []
        assert all(play.runs.runs["r1"].state(step) is StepState.TODO for step in range(1, 6))


async def test_values_are_shown_in_the_command_and_what_is_not_known_asks(open_run: Open) -> None:
    async with open_run() as user:
        await user.press("tab")
        shown = user.lines("step")
        assert "az containerapp revision activate -n mi-prod -g mi-rg --revision <PREVIOUS>" in " ".join(shown.split())
        assert "asks        PREVIOUS" in shown
        assert "env = prod (environment)" in shown
        assert "It needs a value for PREVIOUS" in user.lines("run-hint")


async def test_a_step_that_asks_starts_only_after_the_answer_and_its_own_dialog(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("tab", "enter")
        assert user.screen == "Values"
        await user.press("enter")
        assert "PREVIOUS: nobody has said" in user.lines("notice")
        await user.type("mi-prod--v41")
        await user.press("enter")
        assert user.screen == "AskConsent"
        assert "--revision mi-prod--v41" in " ".join(user.lines("act").split())
        assert play.performed == []
        await user.press("enter")
        assert [(step, command[-12:]) for step, command, _ in play.performed] == [(2, "mi-prod--v41")]


async def test_an_answer_is_asked_once_for_the_whole_run(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("tab", "enter")
        await user.type("mi-prod--v41")
        await user.press("enter", "enter", "enter")
        assert user.screen == "AskConsent"
        assert "--revision-weight mi-prod--v41=100" in " ".join(user.lines("act").split())


async def test_what_the_document_gives_as_an_example_is_shown_and_never_taken(open_run: Open, play: Play) -> None:
    play.hints["PREVIOUS"] = "mi-prod--v7"
    async with open_run() as user:
        await user.press("tab", "enter")
        assert "the document's example: mi-prod--v7" in user.lines("label-0")
        assert user.app.focused is not None
        assert getattr(user.app.focused, "value", None) == ""
        await user.press("enter")
        assert user.screen == "Values"
        assert play.performed == []


async def test_live_candidates_are_one_arrow_away(open_run: Open, play: Play) -> None:
    play.choices["PREVIOUS"] = ("mi-prod--v41", "mi-prod--v40")
    async with open_run() as user:
        await user.press("tab", "enter", "down", "down", "up", "enter", "enter")
        assert play.performed[0][1].endswith("--revision mi-prod--v41")


async def test_a_wrong_answer_is_reported_and_nothing_is_taken(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("tab", "enter")
        await user.type("v41; rm -rf /")
        await user.press("enter")
        assert "no shell signs" in user.lines("notice")
        assert user.screen == "Values"
        await user.press("escape")
        assert "<PREVIOUS>" in user.lines("step")


async def test_a_secret_is_typed_blind_and_shown_masked(open_run: Open, play: Play) -> None:
    play.secrets = frozenset({"PREVIOUS"})
    async with open_run() as user:
        await user.press("tab", "enter")
        assert getattr(user.app.focused, "password", False)
        await user.type("hunter2")
        await user.press("enter", "escape")
        assert "PREVIOUS = ••• (operator)" in user.lines("step")
        assert "hunter2" not in user.lines("step")


async def test_a_failed_step_offers_to_try_again_and_stays_at_hand(open_run: Open, play: Play) -> None:
    play.ends[1] = [FAILED, Finished(StepState.OK, "exit 0", 0)]
    async with open_run() as user:
        await user.press("enter")
        assert user.at == 1
        assert "It failed.  enter tries again · e edits and runs" in user.lines("run-hint")
        assert "exit 22" in user.lines("step")
        await user.press("enter")
        assert play.runs.runs["r1"].state(1) is StepState.OK


async def test_a_step_done_well_is_frozen_and_asks_before_it_runs_again(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("enter", "up", "enter")
        assert user.screen == "AskConsent"
        assert "done already" in user.lines("act")
        assert len(play.performed) == 1
        await user.press("enter")
        assert play.performed[1][2].again


async def test_skipping_takes_a_reason(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("s", "enter")
        assert "needs a reason" in user.lines("notice")
        await user.type("known")
        await user.press("enter")
        assert play.settled == [(1, StepState.SKIPPED, "known")]
        assert user.at == 2
        await user.press("up")
        assert "– skipped, said you: known" in user.lines("step")


async def test_done_by_hand_needs_no_reason(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("h", "enter")
        assert play.settled == [(1, StepState.BY_HAND, "")]


async def test_manual_steps_are_ticked_with_enter(open_run: Open, play: Play) -> None:
    async with open_run(CHECKLIST) as user:
        assert "Done by a person.  enter ticks it" in user.lines("run-hint")
        await user.press("enter", "enter")
        assert play.settled == [(1, StepState.BY_HAND, ""), (2, StepState.BY_HAND, "")]
        assert "All steps are done.  esc ends the run, and leaves" in user.lines("run-hint")
        await user.press("escape")
        assert play.runs.runs["r1"].ended is not None
        assert user.screen != "RunScreen"


async def test_a_menu_is_a_menu_and_suggests_nothing(open_run: Open, play: Play) -> None:
    play.ceremonies = {}
    async with open_run(MENU) as user:
        assert "Menu: choose one" in user.lines("steps-title")
        assert "▸" not in user.row(1) + user.row(2)
        await user.press("enter", "enter")
        assert [step for step, _, _ in play.performed] == [1]
        assert user.at == 1


async def test_of_alternatives_one_is_done_and_the_others_are_passed_over(open_run: Open, play: Play) -> None:
    async with open_run(EITHER) as user:
        assert "either: Deploy the tag before" in user.row(2)
        assert "Or revert the commit" in user.row(3)
        await user.press("down", "enter", "enter")
        assert [step for step, _, _ in play.performed] == [2]
        assert "not this" in user.row(3)
        await user.press("down")
        assert "Step 2 was done in its place" in user.lines("run-hint")


async def test_expected_stands_beside_what_came_and_a_person_compares(open_run: Open, play: Play) -> None:
    play.prints[1] = "Meetings 2\nActions 31\n"
    play.ends[1] = [Finished(StepState.WARN, "to be compared by a person", 0)]
    async with open_run(EXPECTS) as user:
        await user.press("enter")
        assert user.output == ["Meetings 2", "Actions 31"]
        expected = user.app.screen.query_one("#expected")
        assert expected.tail.lines == ["Meetings 2", "Actions 26"]  # type: ignore[attr-defined]
        assert expected.region.y == user.app.screen.query_one("#output").region.y
        assert "Compare the output" in user.lines("run-hint")
        await user.press("o")
        await user.type("five more since")
        await user.press("enter")
        assert play.settled == [(1, StepState.OK, "five more since")]


async def test_a_step_that_cannot_run_says_so_before_and_is_copied(open_run: Open, play: Play) -> None:
    play.unrunnable[1] = "pwsh is not installed here"
    async with open_run() as user:
        assert "cannot run  pwsh is not installed here" in user.lines("step")
        assert "c copies it" in user.lines("run-hint")
        await user.press("enter")
        assert play.performed == []
        assert "pwsh is not installed here. It can be copied." in user.told[-1]
        await user.press("c")
        assert user.app.clipboard == "az containerapp revision list -n mi-prod -g mi-rg -o table"


async def test_an_edited_command_is_shown_and_recorded_as_edited(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("e", "end")
        await user.pilot.press(*" -o json")
        await user.press("enter")
        step, command, _ = play.performed[0]
        assert (step, command[-8:]) == (1, " -o json")
        await user.press("up")
        assert "edited to   az containerapp" in user.lines("step")
        assert "-o table -o json" in " ".join(user.lines("step").split())


async def test_undo_runs_what_the_document_names_with_its_own_dialog(open_run: Open, play: Play) -> None:
    async with open_run(WAY_BACK) as user:
        await user.press("u")
        assert user.told == ["Nothing was done in this step yet, so there is nothing to undo."]
        await user.press("h", "enter")
        await user.press("u")
        assert user.screen == "AskConsent"
        told = user.lines("act")
        assert "deactivate --revision v1" in told
        assert "undo   " not in told  # it is the undo: how it would be undone is nothing the document says
        await user.press("escape")
        assert play.performed == []


async def test_without_an_undo_the_key_says_so(open_run: Open) -> None:
    async with open_run() as user:
        await user.press("u")
        assert user.told == ["The document names no undo for this step."]


async def test_the_rollback_section_opens_as_a_run_of_its_own(open_run: Open, play: Play) -> None:
    async with open_run(WAY_BACK) as user:
        await user.press("b")
        assert len(play.runs.runs) == 2
        assert "Put it back" in user.row(1)
        await user.press("escape")
        assert "Activate" in user.row(1)


async def test_a_change_shows_what_it_would_meet(open_run: Open, play: Play) -> None:
    play.meets[1] = ("Traffic now: mi-prod--v42 100 %.", "Traffic then: mi-prod--v41 100 %.")
    async with open_run(WAY_BACK) as user:
        await user.press("enter")
        assert "Traffic now: mi-prod--v42 100 %." in user.lines("act")
        assert "Traffic then: mi-prod--v41 100 %." in user.lines("act")


async def test_cancelling_a_change_says_that_the_far_side_may_go_on(open_run: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    play.ends[1] = [Finished(StepState.UNKNOWN, "stopped by hand")]
    async with open_run(WAY_BACK) as user:
        await user.press("enter", "enter")
        assert "It is running" in user.lines("run-hint")
        await user.press("x")
        assert "may go on there" in " ".join(user.lines("act").split())
        assert play.cancelled == []
        await user.press("enter")
        assert play.cancelled == [1]
        assert "may still be going on" in user.told[-1]
        assert "Nobody knows how this ended" in user.lines("run-hint")


async def test_a_read_is_cancelled_with_one_key(open_run: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    async with open_run() as user:
        await user.press("enter", "x")
        assert play.cancelled == [1]


async def test_while_a_step_runs_no_other_starts(open_run: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    play.values["PREVIOUS"] = "v41"
    async with open_run() as user:
        await user.press("enter", "down", "enter")
        assert user.screen == "RunScreen"
        assert "Step 1 is still running" in user.told[-1]
        play.held[1].set()
        await user.settle()


async def test_output_comes_while_the_command_runs(open_run: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    play.prints[1] = "first line\n"
    async with open_run() as user:
        await user.press("enter")
        assert user.output == ["first line"]
        assert play.runs.runs["r1"].state(1) is StepState.RUNNING
        play.held[1].set()
        await user.settle()


async def test_leaving_lets_the_run_go_on_and_tells_its_end(open_run: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    async with open_run() as user:
        screen = user.app.screen
        await user.press("enter", "escape")
        assert user.app.screen is not screen
        play.held[1].set()
        await user.settle()
        assert play.runs.runs["r1"].state(1) is StepState.OK
        assert user.told == ["1. Roll back a bad deployment, step 1: ok"]
        assert user.app.is_screen_installed(screen)


def _unknown(play: Play) -> Callable[[Run], None]:
    return lambda run: play.leave_unknown(run, 2)


async def test_what_nobody_saw_the_end_of_waits_for_a_person(open_run: Open, play: Play) -> None:
    play.values["PREVIOUS"] = "v41"
    async with open_run(before=_unknown(play)) as user:
        await user.press("enter")
        assert user.screen == "Settle"
        assert "no process and no exit file" in user.lines("act")
        await user.press("enter")
        assert "it stays unknown until then" in " ".join(user.lines("notice").split())
        assert play.settled == []
        await user.press("down", "enter")
        assert "What was seen?" in user.lines("notice")
        await user.press("tab")
        await user.type("v41 is active")
        await user.press("enter")
        assert play.settled == [(2, StepState.OK, "v41 is active")]


async def test_an_unknown_step_can_be_run_again_with_its_own_ceremony(open_run: Open, play: Play) -> None:
    play.values["PREVIOUS"] = "v41"
    async with open_run(before=_unknown(play)) as user:
        await user.press("enter", "down", "down", "down", "down", "enter")
        assert user.screen == "AskConsent"
        await user.press("enter")
        assert play.performed[0][2].again


async def test_a_step_that_another_cockpit_started_is_watched(open_run: Open, play: Play) -> None:
    play.prints[1] = "seen from here\n"
    async with open_run(before=lambda run: play.leave_running(run, 1)) as user:
        assert play.runs.runs["r1"].state(1) is StepState.OK
        await user.press("up")
        assert user.output == ["seen from here"]


async def test_a_step_that_others_come_before_says_so_and_does_not_start(open_run: Open, play: Play) -> None:
    play.waits[1] = "It needs step 4 (Verify) to be ok first."
    async with open_run() as user:
        assert "It needs step 4 (Verify) to be ok first." in user.lines("run-hint")
        await user.press("enter")
        assert play.performed == []
        assert user.told == ["It needs step 4 (Verify) to be ok first."]


async def test_a_pasted_burst_starts_nothing(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        user.clock.pass_by(5)
        for key in ("enter", "enter", "down", "enter"):
            user.app.post_message(Key(key, None))
        await user.settle()
        assert (play.performed, play.settled) == ([], [])
        assert user.screen == "RunScreen"


async def test_enter_typed_ahead_of_the_screen_is_not_heard(make_run: Callable[..., RunScreen], play: Play) -> None:
    from tests.tui.runbooks.conftest import Bare

    app = Bare(make_run())
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert play.performed == []


async def test_what_would_run_otherwise_than_shown_is_refused_with_the_difference(open_run: Open, play: Play) -> None:
    play.values["PREVIOUS"] = "v41"
    async with open_run() as user:
        await user.press("tab", "enter")
        play.stale = True
        await user.press("enter")
        assert play.performed == []
        assert user.told == ["What was confirmed is not what would run now: look at it again."]


async def test_the_header_says_what_the_tools_act_on_and_what_is_wrong_with_it(open_run: Open, play: Play) -> None:
    play.tools = (ToolContext("az", "sub-1", "sub-1"), ToolContext("kubectl", "staging", "shop-prod", "eu-2"))
    async with open_run() as user:
        assert user.lines("run-contexts").strip() == "az sub-1 · kubectl staging (cluster eu-2) is not prod"


async def test_a_run_without_such_tools_has_no_line_for_them(open_run: Open) -> None:
    async with open_run() as user:
        assert not user.app.screen.query_one("#run-contexts").display


async def test_the_budget_runs_and_is_over(open_run: Open) -> None:
    async with open_run() as user:
        assert "budget 5:00" in user.lines("run-head")
        user.clock.pass_by(400)
        await user.pilot.pause(1.1)
        assert "1:41 over" in user.lines("run-head")


async def test_a_note_goes_to_the_timeline(open_run: Open, session: Any) -> None:
    async with open_run() as user:
        await user.press("n")
        await user.pilot.press(*"v41 looks fine")
        await user.press("enter")
        assert session.incident_actions.noted == ["v41 looks fine"]


async def test_q_asks_and_keeps_the_run_open_by_default(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("q")
        assert user.screen == "LeaveRun"
        await user.press("enter")
        assert user.screen not in ("RunScreen", "LeaveRun")
        assert play.runs.runs["r1"].ended is None


async def test_the_run_can_be_ended_and_says_what_was_not_done(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("q")
        assert "5 steps were not done" in user.app.screen.query_one(Choice).text
        await user.press("down", "enter")
        assert play.runs.runs["r1"].ended is not None
        assert user.screen not in ("RunScreen", "LeaveRun")


async def test_the_question_names_the_step_that_failed(open_run: Open, play: Play) -> None:
    play.ends[1] = [FAILED]
    async with open_run() as user:
        await user.press("enter")
        await user.press("q")
        assert "4 steps were not done; step 1 failed" in user.app.screen.query_one(Choice).text


async def test_esc_in_the_question_stays_in_the_run(open_run: Open, play: Play) -> None:
    async with open_run() as user:
        await user.press("q", "escape")
        assert user.screen == "RunScreen"
        assert play.runs.runs["r1"].ended is None


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_output_has_room_on_every_screen(open_run: Open, play: Play, size: tuple[int, int]) -> None:
    play.prints[1] = "line\n" * 100
    async with open_run(size=size) as user:
        await user.press("enter", "up")
        output = user.app.screen.query_one("#output")
        assert output.region.height >= 4
        assert user.app.screen.region.contains_region(output.region)
        await user.press("f")
        assert output.region.height >= size[1] - 8


def test_the_fake_tells_runs_as_the_real_one() -> None:
    assert isinstance(Play(clock=None).runs, Runs)  # type: ignore[arg-type]


async def test_the_hint_tells_when_an_enter_would_not_count(open_run: Open) -> None:
    async with open_run() as user:
        assert "▸ enter looks" in user.lines("run-hint")
        await user.pilot.press("enter")
        await user.settle()
        assert "wait: enter" in user.lines("run-hint")
        user.clock.pass_by(1)
        await user.settle()
        assert "wait:" not in user.lines("run-hint")


async def test_the_first_frame_of_the_next_step_says_that_an_enter_does_not_count_yet(
    open_run: Open, play: Play
) -> None:
    """A step that took longer than an Enter settles had the sign of the one before it, until the next look."""
    play.held[1] = asyncio.Event()
    async with open_run() as user:
        await user.press("enter")
        user.clock.pass_by(1)
        await user.settle()
        hints: list[str] = []
        screen = user.app.screen
        draw_step = screen.draw_step  # type: ignore[attr-defined]

        def draw_and_note() -> None:
            draw_step()
            if screen.step.ordinal == 2:  # type: ignore[attr-defined]
                hints.append(user.lines("run-hint"))

        screen.draw_step = draw_and_note  # type: ignore[attr-defined]
        play.held[1].set()
        await user.settle()
        assert hints
        assert "wait: enter" in hints[0]


LEADS = b"""# Operations

## 1. Rebuild

1. Create the environment anew in the portal.
2. Restore the database (Section 2).

## 2. Restore

```bash
# Restore
az sql db restore --name shop --dest-name shop-restored
```
"""


async def test_a_step_that_sends_to_a_section_opens_it_by_a_key(
    open_run: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Catalogue((Document("break-glass", document(LEADS)),))
    monkeypatch.setattr(RunScreenOpener, "read_catalogue", staticmethod(lambda session: books))
    async with open_run(LEADS) as user:
        await user.press("l")
        assert "names no other procedure" in user.told[-1]
        await user.press("tab", "down")
        assert "2. Restore" in user.lines("step")
        await user.press("l")
        assert "2. Restore" in user.lines("run-head")
        assert user.play.performed == []


async def test_a_step_that_asks_whether_a_variable_is_set_shows_what_the_template_has(open_run: Open) -> None:
    async with open_run(b"# Start\n\n1. Verify that SECRET_KEY is set.\n2. Tell the lead.\n") as user:
        assert "SECRET_KEY is NOT there" in user.lines("step")
        await user.press("down")
        assert "NOT there" not in user.lines("step")
