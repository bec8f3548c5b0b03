"""Roll back: two keys, and what was agreed to goes on by itself exactly as far as it was shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from rich.cells import cell_len
from textual.screen import Screen

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.revision import Application, template_settings
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.kind import KIND, list_revision_choices
from cockpit.runbooks.catalogue.load import open_file
from cockpit.runbooks.types import Finished
from screens.dialogs.details import Details
from screens.dialogs.dialog import DialogContext
from screens.main import runbook_handlers as acting
from screens.main.key_handlers import describe_first_action
from screens.run.confirm import AskCancel
from screens.run.rollback import AskRollback, RollbackPlan, render_setting_changes
from screens.shared.enter_guard import LET_GO
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
from tests.tui.runbooks.play import Play
from tests.tui.stage import NOW, application

Open = Callable[..., Any]


@pytest.fixture
def open_cockpit(bad_deployment: Session, place: DialogContext) -> Open:
    """An empty screen in front of a session whose panes show a bad deployment."""
    session = bad_deployment

    @asynccontextmanager
    async def open(
        act: Callable[[Screen[Any]], None] | None = None, size: tuple[int, int] = (120, 40)
    ) -> AsyncIterator[ScreenUser]:
        screen: Screen[Any] = Screen()
        app = Bare(screen)
        async with app.run_test(size=size) as pilot:
            user = ScreenUser(app, pilot, session)
            (act or (lambda on: acting.open_rollback(on, session, place)))(screen)  # type: ignore[arg-type]
            await user.settle()
            yield user

    return open


async def test_the_dialog_says_from_where_to_where_what_it_runs_and_how_it_is_undone(open_cockpit: Open) -> None:
    async with open_cockpit() as user:
        assert user.screen == "AskRollback"
        told = " ".join(user.lines("act").split())
        assert "mi-prod--v42 100 % degraded deployed 4m ago" in told
        assert "→ mi-prod--v41 inactive" in told
        assert "1 Activate the revision to go back to" in told
        assert "5 Deactivate the bad revision: offered afterwards" in told
        assert "az containerapp ingress traffic set -n mi-prod -g mi-rg --revision-weight mi-prod--v41=100" in told
        assert "undo az containerapp ingress traffic set -n mi-prod -g mi-rg --revision-weight mi-prod--v42=100" in told
        assert "secrets and the database schema stay as they are" in told
        assert user.lines("place") == "in PROD   as you@example.com via az cli"


async def test_who_moved_the_traffic_right_after_a_deployment_has_not_deployed_it(
    open_cockpit: Open, bad_deployment: Session
) -> None:
    """The cloud names who changed the app last; the record has who made the revision."""
    app = application()
    made = app.revisions[0].created
    assert made is not None
    moved = replace(app, changed_by="ops@example.com", changed_at=made + timedelta(minutes=1))
    for author, shown in (("ci@example.com", "ci@example.com"), ("", "ops@example.com")):
        with patch.object(acting, "_read_author", lambda session, revision, author=author: author):
            bad_deployment.watch.show(moved)
            async with open_cockpit() as user:
                await user.until(lambda shown=shown: f"deployed 4m ago by {shown}" in user.lines("act"))


async def test_where_the_team_has_a_rollback_of_its_own_the_key_leads_there(
    open_cockpit: Open, bad_deployment: Session, tmp_path: Path
) -> None:
    (tmp_path / "ops.md").write_text("# Ops\n\n## Roll back\n\n```bash\n# Take the one before\n./back.sh\n```\n")
    bad_deployment.system = SimpleNamespace(runbooks=(str(tmp_path),), rollback="ops#roll-back")
    async with open_cockpit() as user:
        await user.settle()
        assert user.screen in ("AskTrust", "RunScreen")


async def test_how_long_ago_it_was_deployed_goes_on_while_somebody_reads(open_cockpit: Open) -> None:
    async with open_cockpit() as user:
        await user.until(lambda: "deployed 4m ago" in user.lines("act"))
        user.clock.pass_by(120)
        await user.until(lambda: "deployed 6m ago" in user.lines("act"))


def move_traffic(app: Application, **weights: int) -> Application:
    """The app once somebody else moved its traffic: `v40=100`."""
    revisions = tuple(
        replace(revision, weight=share, active=revision.active or share > 0)
        for revision in app.revisions
        for share in [weights.get(revision.name.rpartition("--")[2], 0)]
    )
    return replace(app, revisions=revisions)


async def test_where_the_traffic_moved_before_the_dialog_opened_it_proposes_anew_and_says_what_changed(
    open_cockpit: Open, bad_deployment: Session, play: Play
) -> None:
    play.meets = {1: ("Traffic now: mi-prod--v40 100 %.",)}
    bad_deployment.watch.next = move_traffic(application(), v40=100)
    async with open_cockpit() as user:
        await user.until(lambda: "moved" in user.lines("act"))
        told = " ".join(user.lines("act").split())
        assert "moved --v42 100 % before, --v40 100 % now. A new proposal." in told
        assert "mi-prod--v40 100 %" in told.partition("new proposal")[2]
        assert "cannot run" not in told


async def test_no_row_is_cut_where_the_dialog_is_longer_than_the_window(
    open_cockpit: Open, bad_deployment: Session, play: Play
) -> None:
    """A row ended in an ellipsis in the middle of its sentence: the bar at the side had taken its last cell."""
    play.meets = {1: ("Traffic now: mi-prod--v40 100 %. " + "So it is said at length what was met there. " * 12,)}
    bad_deployment.watch.next = move_traffic(application(), v40=100)
    async with open_cockpit(size=(80, 24)) as user:
        await user.until(lambda: "moved" in user.lines("act"))
        frame = user.app.screen.query_one("#dialog")
        await user.until(lambda: frame.show_vertical_scrollbar)
        room = frame.scrollable_content_region.width
        await user.until(lambda: max(cell_len(row) for row in user.lines("act").splitlines()) <= room)


async def test_where_the_traffic_moves_under_an_open_dialog_enter_proposes_anew_and_runs_nothing(
    open_cockpit: Open, bad_deployment: Session, play: Play
) -> None:
    async with open_cockpit() as user:
        bad_deployment.watch.show(move_traffic(application(), v40=100))
        await user.until(lambda: "--v40 100 % now" in " ".join(user.lines("act").split()))
        await user.until(lambda: "enter proposes again" in user.lines("keys"))
        assert "state now" not in user.lines("act"), "it was met before the traffic moved"
        await user.press("enter")
        await user.until(lambda: "A new proposal." in " ".join(user.lines("act").split()))
        assert play.performed == []


async def test_an_enter_that_proposes_again_starts_nothing_when_the_traffic_comes_back_under_it(
    open_cockpit: Open, bad_deployment: Session, play: Play
) -> None:
    async with open_cockpit() as user:
        bad_deployment.watch.show(move_traffic(application(), v40=100))
        await user.until(lambda: "enter proposes again" in user.lines("keys"))
        user.clock.pass_by(LET_GO + 0.05)
        dialog = cast(AskRollback, user.app.screen)
        dialog.action_confirm()  # what it says is settled only after a moment
        bad_deployment.watch.show(application())
        dialog.look_again()
        await user.settle()
        assert play.performed == []
        assert user.app.screen is dialog


async def test_a_rollback_that_somebody_else_did_meanwhile_is_not_proposed_onwards(
    open_cockpit: Open, bad_deployment: Session, play: Play
) -> None:
    async with open_cockpit() as user:
        bad_deployment.watch.show(move_traffic(application(), v41=100))
        await user.until(lambda: "enter proposes again" in user.lines("keys"))
        await user.press("enter")
        await user.until(lambda: any("Already rolled back" in text for text in user.told))
        assert user.screen == "Screen"
        assert play.runs.runs == {}


async def test_a_share_that_moves_between_the_same_revisions_changes_no_proposal(
    open_cockpit: Open, bad_deployment: Session
) -> None:
    bad_deployment.watch.show(move_traffic(application(), v42=90, v41=10))
    async with open_cockpit() as user:
        await user.until(lambda: user.screen == "AskRollback")
        bad_deployment.watch.show(move_traffic(application(), v42=70, v41=30))
        user.clock.pass_by(60)
        await user.until(lambda: "deployed 5m ago" in user.lines("act"))  # it was drawn since
        assert "moved" not in user.lines("act")


def test_what_cannot_run_never_says_that_enter_works_then() -> None:
    """Whatever dialog starts a change: the word stands only where Enter does something."""
    dialog = AskCancel(DialogContext("prod", True, "ana", UTC), RealTime(), "Restart")
    for runnable in (True, False):
        dialog.runnable = runnable
        with patch.object(AskCancel, "rows_below", 3):
            text = "".join(text for text, _ in dialog.key_pieces())
        assert ("enter works" in text) is runnable


async def test_enter_runs_what_was_shown_and_stops_before_what_takes_a_word(open_cockpit: Open, play: Play) -> None:
    async with open_cockpit() as user:
        await user.press("enter")
        assert [step for step, _, _ in play.performed] == [1, 2, 3, 4]
        assert user.screen == "RunScreen"
        assert user.at == 5
        assert "asks for a typed word" in user.lines("run-hint")
        await user.press("enter")
        assert user.screen == "AskConsent"
        assert "Type mi-prod--v42 to run it." in user.lines("word-label")
        await user.type("mi-prod--v41")
        await user.press("enter")
        assert "nothing was started" in user.lines("notice")
        assert len(play.performed) == 4


async def test_it_stops_at_the_first_step_that_does_not_end_well(open_cockpit: Open, play: Play) -> None:
    play.ends[2] = [Finished(StepState.FAILED, "it is Degraded after 240 tries")]
    async with open_cockpit() as user:
        await user.press("enter")
        assert [step for step, _, _ in play.performed] == [1, 2]
        assert user.at == 2
        assert "It failed." in user.lines("run-hint")


async def test_it_stops_when_what_would_run_is_not_what_was_shown(open_cockpit: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    async with open_cockpit() as user:
        await user.press("enter")
        play.values["rg"] = "another-rg"
        play.held[1].set()
        await user.settle()
        assert [step for step, _, _ in play.performed] == [1]
        assert "not what was shown" in user.told[-1]


async def test_it_goes_on_while_somebody_looks_at_something_else(open_cockpit: Open, play: Play) -> None:
    play.held[1] = asyncio.Event()
    async with open_cockpit() as user:
        await user.press("enter", "escape")
        assert user.screen != "RunScreen"
        play.held[1].set()
        await user.settle()
        assert [step for step, _, _ in play.performed] == [1, 2, 3, 4]


async def test_leaving_does_nothing(open_cockpit: Open, play: Play) -> None:
    async with open_cockpit() as user:
        await user.press("escape")
        assert play.runs.runs == {}


async def test_the_difference_and_the_runbook_are_one_key_away(open_cockpit: Open) -> None:
    async with open_cockpit() as user:
        await user.press("d")
        assert user.screen == "Difference"
        assert "traffic" in user.lines("act")
        await user.press("escape", "o")
        assert user.screen == "DocumentScreen"
        await user.press("escape")
        assert user.screen == "AskRollback"


async def test_without_an_older_revision_it_says_so_and_asks_nothing(
    open_cockpit: Open, session: Any, place: DialogContext
) -> None:
    only = replace(application(), revisions=application().revisions[:1])
    async with open_cockpit(lambda screen: None) as user:
        session.watch.readings = lambda environment: [
            SimpleNamespace(feed="revisions", environment="prod", value=(only,), problem=None)
        ]
        acting.open_rollback(user.app.screen, session, place)
        await user.settle()
        assert "no other revision" in user.told[-1]


async def test_a_revision_under_the_cursor_is_the_one_it_goes_back_to(
    open_cockpit: Open, session: Any, place: DialogContext
) -> None:
    chosen = application().revisions[2]
    async with open_cockpit(lambda screen: acting.open_rollback(screen, session, place, chosen)) as user:
        told = " ".join(user.lines("act").split())
        assert "→ mi-prod--v40" in told
        assert "evidence You chose it. mi-prod--v40 was active for 6d" in told
        assert "mi-prod--v40=100" in told


async def test_it_refuses_where_the_target_s_whole_template_is_what_runs(
    open_cockpit: Open, session: Any, place: DialogContext, play: Play
) -> None:
    app = application()
    settings = (("containers.api.image", "mi:1"), ("scale.minReplicas", "1"))
    same = replace(app, revisions=tuple(replace(revision, settings=settings) for revision in app.revisions))
    async with open_cockpit(lambda screen: None) as user:
        session.watch.readings = lambda environment: [
            SimpleNamespace(feed="revisions", environment="prod", value=(same,), problem=None)
        ]
        acting.open_rollback(user.app.screen, session, place)
        await user.settle()
        assert "the same image" in user.told[-1]
        assert play.runs.runs == {}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_whole_dialog_is_seen(open_cockpit: Open, size: tuple[int, int]) -> None:
    async with open_cockpit(size=size) as user:
        frame = user.app.screen.query_one("#dialog")
        assert user.app.screen.region.contains_region(frame.region)
        assert frame.max_scroll_y == 0


async def test_the_menu_of_a_revision_opens_what_is_chosen_and_runs_nothing(
    open_cockpit: Open, session: Any, place: DialogContext, play: Play
) -> None:
    chosen = application().revisions[1]
    async with open_cockpit(lambda screen: acting.open_revision(screen, session, place, chosen)) as user:
        assert user.screen == "RevisionMenu"
        assert "mi-prod--v41" in user.lines("facts")
        await user.press("down", "down", "down", "enter")
        assert user.screen == "RunScreen"
        assert "Activate a revision" in user.lines("run-head")
        assert play.performed == []
        assert "--revision mi-prod--v41" in " ".join(user.lines("step").split())


async def test_only_looking_at_a_revision_is_what_enter_does_first(
    open_cockpit: Open, session: Any, place: DialogContext, play: Play
) -> None:
    chosen = application().revisions[1]
    async with open_cockpit(lambda screen: acting.open_revision(screen, session, place, chosen)) as user:
        await user.press("enter")
        assert user.screen == "Screen"
        assert play.runs.runs == {}


def test_what_a_revision_offers_depends_on_how_it_stands() -> None:
    app = application()
    serving, idle = app.revisions[0], app.revisions[1]
    assert [each.name for each in list_revision_choices(app, serving)] == ["roll back", "restart"]
    assert [each.name for each in list_revision_choices(app, idle)] == ["roll back", "traffic", "activate"]
    assert [each.name for each in list_revision_choices(app, replace(idle, active=True))] == [
        "roll back",
        "traffic",
        "deactivate",
        "restart",
    ]
    single = replace(app, mode="Single")
    assert "traffic" not in [each.name for each in list_revision_choices(single, idle)]


def test_every_wish_is_a_built_in_procedure_with_the_values_it_asks_for() -> None:
    app = application()
    for revision in (*app.revisions, replace(app.revisions[1], active=True)):
        for wish in list_revision_choices(app, revision):
            if wish.procedure:
                asked = {each.name for each in open_file(KIND.procedures / f"{wish.procedure}.md").parameters}
                assert set(wish.values_by_name) <= asked
                assert asked - set(wish.values_by_name) <= {"rg"}


async def test_a_procedure_with_a_key_of_its_own_opens_its_run(
    open_cockpit: Open, session: Any, place: DialogContext, play: Play
) -> None:
    async with open_cockpit(lambda screen: acting.open_procedure(screen, session, place, "restart")) as user:
        assert user.screen == "RunScreen"
        assert play.performed == []


async def test_a_key_whose_procedure_is_gone_says_what_there_is(
    open_cockpit: Open, session: Any, place: DialogContext
) -> None:
    async with open_cockpit(lambda screen: acting.open_procedure(screen, session, place, "restrat#1")) as user:
        assert "Did you mean `restart`?" in user.told[-1]


@pytest.mark.parametrize(
    ("meet", "stands"),
    [
        ("Traffic now: web--v9 100 %.", True),
        ("Traffic now: web--v9 90 %, web--v8 10 %.", True),
        ("Traffic now: web--v10 100 %.", False),
        ("Traffic now: web--v99 100 %.", False),
        ("It runs 3 of 3 pods.", True),
    ],
)
def test_a_rollback_away_from_what_serves_no_longer_is_refused(meet: str, stands: bool) -> None:
    """The pane was some seconds old, and the traffic moved between it and what the change would meet."""
    step = SimpleNamespace(ordinal=1)
    prepared = SimpleNamespace(step=step, kind=StepKind.CHANGE, runnable=True, reason_not_runnable="", meets=(meet,))
    proposal = SimpleNamespace(bad=SimpleNamespace(name="web--v9"))
    procedure: Any = SimpleNamespace(steps=(step,))
    plan = RollbackPlan(cast(Any, proposal), cast(Any, None), procedure, cast(Any, (prepared,)))
    assert (plan.trouble == "") is stands


LIMITS = (
    "# Slow\n\n| Signal | Threshold |\n|---|---|\n| Latency p95 | more than 2 s |\n\n"
    "## Clear the cache\n\n```bash\n./clear.sh\n```\n\n## Add a pod\n\n```bash\n./add.sh\n```\n"
)
OPS = "# Ops\n\n## Queue too long\n\n**When:** alert QueueLong\n\n```bash\n# Start the workers\n./workers.sh\n```\n"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Alert("am", "f1", "QueueLong", Severity.HIGH, AlertState.FIRING, NOW, "prod"), "ops#queue-too-long"),
        (Alert("am", "f2", "DiskFull", Severity.HIGH, AlertState.FIRING, NOW, "prod"), ""),
        (
            ProbeResult("queue", "prod", "https://x", ProbeState.DOWN, NOW, runbook="ops#queue-too-long"),
            "ops#queue-too-long",
        ),
        (SignalResult("queue", "prod", ProbeState.DOWN, NOW, runbook="ops#queue-too-long"), "ops#queue-too-long"),
        (Alert("am", "f3", "LatencyP95", Severity.HIGH, AlertState.FIRING, NOW, "prod"), "slow"),
        (ProbeResult("slow", "prod", "https://x", ProbeState.DOWN, NOW, runbook="slow"), "slow"),
        (SignalResult("wiki", "prod", ProbeState.DOWN, NOW, runbook="wiki"), "wiki"),
    ],
)
async def test_from_the_details_of_a_row_its_procedure_is_one_key_away(
    value: object, name: str, open_cockpit: Open, bad_deployment: Session, tmp_path: Path, place: DialogContext
) -> None:
    (tmp_path / "ops.md").write_text(OPS)
    (tmp_path / "slow.md").write_text(LIMITS)
    (tmp_path / "wiki.md").write_text("# Wiki\n\nNothing to do.\n")
    bad_deployment.system = SimpleNamespace(runbooks=(str(tmp_path),), rollback="")
    assert acting.find_helping_procedure(cast("Any", bad_deployment), value) == name

    def open_details(on: Screen[Any]) -> None:
        helps = partial(acting.open_helping_procedure, cast("Any", on), cast("Any", bad_deployment), place, value)
        known = [("procedure", name)] if name else []
        on.app.push_screen(Details(place, RealTime(), value, read_past=lambda: known, open_procedure=helps))

    async with open_cockpit(open_details) as user:
        await user.settle()
        assert ("r procedure" in user.lines("keys")) is bool(name)
        await user.press("r")
        await user.settle()
        if not name:
            assert "No document names" in user.lines("notice")
        elif "#" in name:
            assert user.screen in ("AskTrust", "RunScreen")
        else:  # a document of several procedures, or of none, is there to be read
            assert user.screen == "DocumentScreen"


def test_the_limit_that_a_document_gives_a_signal_is_not_called_an_action(
    bad_deployment: Session, tmp_path: Path
) -> None:
    (tmp_path / "slow.md").write_text(LIMITS)
    bad_deployment.system = SimpleNamespace(runbooks=(str(tmp_path),), rollback="")
    alert = Alert("am", "f3", "LatencyP95", Severity.HIGH, AlertState.FIRING, NOW, "prod")
    labels = [label for label, _ in describe_first_action(cast("Any", bad_deployment), alert)]
    assert labels == ["procedure", "its limit"]


def test_what_tells_two_revisions_apart_stands_with_the_likeliest_cause_first_and_no_secret() -> None:
    bad, good, _ = application().revisions
    template = {
        "containers": [
            {
                "name": "api",
                "image": "mi:2",
                "env": [{"name": "LEVEL", "value": "hunter2"}, {"name": "KEY", "secretRef": "key-2"}],
                "probes": [{"type": "Readiness", "httpGet": {"port": 9000}}],
                "resources": {"cpu": 1},
            }
        ],
        "scale": {"minReplicas": 1},
    }
    before = json.loads(
        json.dumps(template)
        .replace("mi:2", "mi:1")
        .replace("hunter2", "hunter1")
        .replace("key-2", "key-1")
        .replace("9000", "8080")
        .replace('"cpu": 1', '"cpu": 2')
        .replace('"minReplicas": 1', '"minReplicas": 2')
    )
    rows = render_setting_changes(
        replace(bad, settings=template_settings(template)), replace(good, settings=template_settings(before))
    )
    text = "\n".join("".join(piece for piece, _ in row) for row in rows)
    heads = [row[0][0] for row in rows if len(row) == 1 and row[0][1] == "strong"]
    assert heads == ["image", "environment", "secrets", "scale", "probes", "resources"]
    assert "hunter" not in text
    assert "api LEVEL" in text


async def test_a_long_difference_begins_with_the_changed_settings_and_scrolls_to_its_end(
    open_cockpit: Open, session: Any, place: DialogContext
) -> None:
    app = application()
    bad, good, *others = app.revisions
    names = [f"containers.api.env.FLAG_{number:02}" for number in range(40)]
    settings = [tuple((name, f"{state}-{name[-2:]}") for name in names) for state in ("new", "old")]
    changed = (replace(bad, settings=settings[0]), replace(good, settings=settings[1]), *others)
    session.watch.readings = lambda environment: [
        SimpleNamespace(feed="revisions", environment="prod", value=(replace(app, revisions=changed),), problem=None)
    ]
    async with open_cockpit(size=(80, 24)) as user:
        await user.press("d")
        frame = user.app.screen.query_one("#dialog")
        lines = user.lines("act")
        assert lines.index("FLAG_00") < lines.index("FLAG_39") < lines.index("state")
        assert (frame.scroll_y, frame.max_scroll_y > 40) == (0, True)
        await user.press("down")
        assert frame.scroll_y == 1
        await user.press("pagedown")
        assert frame.scroll_y > 10
        for _ in range(20):
            await user.press("pagedown")
        assert frame.scroll_y == frame.max_scroll_y
        await user.press("pageup", "up")
        assert 0 < frame.scroll_y < frame.max_scroll_y
