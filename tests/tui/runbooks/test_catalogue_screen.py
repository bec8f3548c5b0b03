"""The catalogue as somebody uses it: what helps now is on top, a few letters find the rest, nothing runs by itself."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.runbook import Damage
from cockpit.runbooks.catalogue.catalogue import AwaitedDocument, Catalogue, Document, Unread
from cockpit.runbooks.run.trust import Trust
from screens.catalogue.screen import CatalogueScreen
from screens.dialogs.dialog import DialogContext
from screens.shared.device_status import DeviceStatusReports
from tests.tui.leaping import Gate
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
from tests.tui.runbooks.play import NOW, ROLLBACK, Play, document
from widgets.output import OutputView
from widgets.table import KeyedTable

QUICK = b"""# Quick reference

**Last Tested**: 2026-10-01

## Alerts

| Alert | First action |
|-------|--------------|
| 5xx errors | `az containerapp logs show -n mi-<env> -g <rg> --tail 50` |
| Certificate expires | See [contacts](contacts.md) |

## Restart the app

```bash
# Restart
az containerapp revision restart -n mi-<env> -g <rg> --revision <current-revision>
```
"""
HOSTILE = b"# Evil [/x] [@click=app.quit]boo[/]\n\n## \x1b[2J\xe2\x80\xaeclear\n\n```bash\n# [red]x[/]\necho hi\n```\n"
FIRES = Alert("azure", "a1", "5xx errors", Severity.CRITICAL, AlertState.FIRING, NOW, "prod", "mi-prod", "12 %")


def catalogue(*more: Document) -> Catalogue:
    return Catalogue((
        Document("break-glass", document(ROLLBACK)),
        Document("quick", document(QUICK, "runbooks/quick.md")),
        *more,
    ))  # fmt: skip


Open = Callable[..., Any]


@pytest.fixture
def open_catalogue(session: Session, place: DialogContext) -> Open:
    @asynccontextmanager
    async def open(
        books: Catalogue | None = None,
        alerts: tuple[Alert, ...] = (),
        size: tuple[int, int] = (120, 40),
        probes: tuple[ProbeResult, ...] = (),
        look: Callable[[Collection[str]], Catalogue] | None = None,
        read: Callable[[], Catalogue] | None = None,
        find_trouble: Callable[[], tuple[Sequence[Alert], Sequence[ProbeResult]]] | None = None,
    ) -> AsyncIterator[ScreenUser]:
        session.runner.values["current-revision"] = "v42"
        load = read or (lambda: books or catalogue())
        screen = CatalogueScreen(session, place, load, alerts, probes, look, find_trouble)  # type: ignore[arg-type]
        app = Bare(screen)
        async with app.run_test(size=size) as pilot:
            user = ScreenUser(app, pilot, session)
            session.time.pass_by(1)
            await user.settle()
            yield user

    return open


def shown(user: ScreenUser) -> list[str]:
    table = user.app.screen.query_one("#places", KeyedTable)
    return [" ".join(cell.text for cell in row.cells if cell.text) for row in table.rows]


def at(user: ScreenUser) -> str:
    return user.app.screen.query_one("#places", KeyedTable).cursor or ""


async def test_documents_and_their_procedures_are_listed_with_what_they_take(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        listed = shown(user)
        assert "Break glass" in listed[0]
        assert "1. Roll back a bad deployment <5 min 5 steps" in listed[1]
        assert any("Restart the app" in each for each in listed)
        assert "2 documents" in user.lines("catalogue-head")


async def test_what_helps_with_a_firing_alert_is_on_top(open_catalogue: Open) -> None:
    async with open_catalogue(alerts=(FIRES,)) as user:
        assert shown(user)[0].startswith("▲")
        assert "for 5xx errors" in shown(user)[0]
        assert "1 for what fires now" in user.lines("catalogue-head")
        assert "az containerapp logs show" in user.lines("about")
        await user.press("enter")
        assert "az containerapp logs show -n mi-prod" in user.lines("step")


async def test_what_ended_while_a_procedure_ran_is_on_top_no_more(open_catalogue: Open) -> None:
    fires: list[Alert] = [FIRES]
    async with open_catalogue(alerts=(FIRES,), find_trouble=lambda: (fires, ())) as user:
        await user.press("enter")
        fires.clear()
        await user.press("escape")
        assert not shown(user)[0].startswith("▲")
        assert "fires now" not in user.lines("catalogue-head")


def probe_with(runbook: str, state: ProbeState) -> ProbeResult:
    return ProbeResult("ready", "prod", "https://shop.example.com", state, NOW, runbook=runbook)


async def test_the_procedure_that_the_configuration_names_for_a_probe_is_on_top_while_it_is_down(
    open_catalogue: Open,
) -> None:
    async with open_catalogue(probes=(probe_with("quick#restart", ProbeState.DOWN),)) as user:
        assert at(user) == "probe:ready"
        assert "for ready" in shown(user)[0]
        assert "1 for what fires now" in user.lines("catalogue-head")
        await user.press("enter")
        assert user.screen == "RunScreen"


@pytest.mark.parametrize(
    ("runbook", "state"),
    [("quick#restart", ProbeState.UP), ("", ProbeState.DOWN), ("nothing-of-that-name", ProbeState.DOWN)],
)
async def test_a_probe_that_is_well_or_names_nothing_that_is_there_proposes_nothing(
    open_catalogue: Open, runbook: str, state: ProbeState
) -> None:
    async with open_catalogue(probes=(probe_with(runbook, state),)) as user:
        assert "for ready" not in "".join(shown(user))


async def test_enter_opens_and_then_runs_where_the_terminal_tells_what_it_has_shown(
    open_catalogue: Open, session: Session, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every screen that takes an Enter asks the terminal whether what it would do is there to be read."""
    line: DeviceStatusReports = DeviceStatusReports(lambda _: line.note_answer(), session.time.monotonic)
    line.ask()
    monkeypatch.setattr(HeadlessDriver, "status_reports", line, raising=False)
    async with open_catalogue() as user:
        await user.press("down", "enter")
        assert user.screen == "RunScreen"
        await user.press("enter")
        await user.until(lambda: bool(play.performed))


async def test_typing_finds_and_enter_opens_a_run_that_has_not_done_anything(open_catalogue: Open, play: Play) -> None:
    async with open_catalogue() as user:
        await user.type("rollb")
        await user.settle()
        assert at(user) == "place:break-glass#1-roll-back-a-bad-deployment"
        assert "2 Activate the previous revision" in user.lines("about")
        await user.press("enter")
        assert user.screen == "RunScreen"
        assert play.performed == []
        await user.press("escape")
        assert user.screen == "CatalogueScreen"


async def test_a_line_says_that_nothing_was_found_and_esc_shows_all_again(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        await user.type("zzzz")
        await user.settle()
        assert shown(user) == []
        await user.press("escape")
        assert len(shown(user)) > 3
        await user.press("escape")
        assert user.screen != "CatalogueScreen"


async def test_titles_stand_there_at_once_and_what_is_opened_is_read_ahead_of_the_others(open_catalogue: Open) -> None:
    read = Gate()
    first, second = catalogue().documents
    ahead: list[str] = []

    def look(paths: Collection[str]) -> Catalogue:
        ahead.extend(paths)
        awaited = (AwaitedDocument("runbooks/other.md", "Other"),)
        if second.runbook.path in paths:
            return Catalogue((first, second), awaited=awaited)
        return Catalogue((first,), awaited=(AwaitedDocument(second.runbook.path, second.runbook.title), *awaited))

    def load() -> Catalogue:
        read.wait(30)
        return catalogue()

    async with open_catalogue(look=look, read=load) as user:
        assert f"… {second.runbook.title} being read" in shown(user)
        assert "2 more are being read" in user.lines("catalogue-head")
        await user.press(*["down"] * (len(shown(user)) - 2), "enter")
        assert "1 more are being read" in user.lines("catalogue-head")
        assert at(user) == f"doc:{second.id}"
        await user.press("down", "enter")
        assert user.screen == "RunScreen"
        assert ahead == [second.runbook.path] * 2  # again as it is opened: another document may bind it
        await user.press("escape")
        read.set()
        await user.settle()
        assert "being read" not in user.lines("catalogue-head")


async def test_badges_say_what_is_wrong_with_a_document(open_catalogue: Open) -> None:
    old = document(
        b"# Old\n\n**Next Review**: 2020-01-01\n\nOn call: [PagerDuty/Phone]\n\n## Do\n\n```bash\nls\n```\n", "o.md"
    )
    async with open_catalogue(catalogue(Document("old", old))) as user:
        row = next(each for each in shown(user) if each.startswith("· Old"))
        assert "review overdue · not filled in · never tested" in row


async def test_where_there_is_no_room_for_all_badges_the_weightiest_is_in_the_row(open_catalogue: Open) -> None:
    old = document(b"# Old\n\n**Next Review**: 2020-01-01\n\n## Do\n\n```bash\nls\n```\n", "o.md")
    async with open_catalogue(catalogue(Document("old", old)), size=(80, 24)) as user:
        table = user.app.screen.query_one("#places", KeyedTable)
        at = next(at for at, row in enumerate(table.rows) if row.id == "doc:old")
        assert table.render_line(at).text.split() == ["·", "Old", "review", "overdue"]


async def test_a_run_that_is_not_over_is_on_top_and_opened_again(open_catalogue: Open, play: Play) -> None:
    runbook = document(ROLLBACK)
    run = play.start(runbook, runbook.procedures[0])
    play.leave_unknown(run, 2)
    async with open_catalogue() as user:
        assert at(user) == "run:r1"
        assert "◌ 1. Roll back a bad deployment" in shown(user)[0]
        await user.press("enter")
        assert user.screen == "RunScreen"
        assert len(play.runs.runs) == 1


async def test_a_new_document_is_looked_at_before_it_can_run(open_catalogue: Open, play: Play) -> None:
    play.standing = Trust("new", "", "# Break glass\nrm -rf /\n")
    async with open_catalogue() as user:
        await user.press("down", "enter")
        assert user.screen == "AskTrust"
        assert "has not run here before" in user.lines("act")
        await user.press("escape")
        assert play.runs.runs == {}
        await user.press("enter", "enter")
        assert user.screen == "RunScreen"
        assert len(play.runs.runs) == 1


async def test_a_changed_document_shows_its_difference(open_catalogue: Open, play: Play) -> None:
    play.standing = Trust("changed", "", "--- at the last run\n+++ now\n@@ -1 +1 @@\n-old\n+new\n+more\n")
    async with open_catalogue() as user:
        await user.press("down", "enter")
        assert "2 lines added and 1 removed" in user.lines("act")
        difference = user.app.screen.query_one("#difference")
        assert "+more" in difference.tail.lines


async def test_nothing_that_is_to_be_trusted_stands_beyond_the_edge(open_catalogue: Open, play: Play) -> None:
    long = f"echo {'x' * 3000} && curl https://evil.example.com"
    play.standing = Trust("changed", "", f"--- at the last run\n+++ now\n@@ -1 +1 @@\n-old\n+{long}\n")
    async with open_catalogue(size=(80, 24)) as user:
        await user.press("down", "enter")
        view = user.app.screen.query_one("#difference", OutputView)
        came = [each for each in view.tail.lines if each.startswith("+") and not each.startswith("+++")]
        assert "".join(each.removeprefix("+… ").removeprefix("+") for each in came) == long
        assert max(map(len, came)) <= view.size.width


async def test_a_damaged_document_is_shown_and_not_run(open_catalogue: Open, play: Play) -> None:
    from dataclasses import replace

    damaged = replace(document(ROLLBACK), damage=Damage.RECONSTRUCTED)
    async with open_catalogue(Catalogue((Document("broken", damaged),))) as user:
        assert "view only" in shown(user)[0]
        await user.press("down", "enter")
        assert user.screen == "DocumentScreen"
        assert "to read, not to run" in user.lines("document-head")
        assert play.runs.runs == {}


async def test_the_document_can_be_read_at_the_place(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        await user.press("down", "ctrl+o")
        assert user.screen == "DocumentScreen"
        await user.press("escape")
        assert user.screen == "CatalogueScreen"


async def test_what_the_prose_mentions_is_copied_and_a_bare_address_is_followed_by_key(open_catalogue: Open) -> None:
    text = (
        b"# Services\n\nThe board is at http://localhost:3001 and `shopctl status` tells more.\n\n1. Tell the lead.\n"
    )
    async with open_catalogue(Catalogue((Document("services", document(text, "services.md")),))) as user:
        await user.press("ctrl+o", "c")
        assert user.screen == "DocumentScreen"
        assert "shopctl status" in user.lines("document-head")
        copied = user.app.clipboard
        await user.press("tab")
        assert "http://localhost:3001" in user.lines("document-head")
        await user.press("enter")
        assert (copied, user.app.clipboard) == ("shopctl status", "http://localhost:3001")


async def test_a_file_that_cannot_be_read_is_listed_with_its_reason(open_catalogue: Open) -> None:
    books = Catalogue((), (Unread("/gone/runbooks", "is not there"),))
    async with open_catalogue(books) as user:
        assert shown(user) == ["✖ /gone/runbooks is not there"]


async def test_no_runbook_at_all_says_how_to_name_some(open_catalogue: Open) -> None:
    async with open_catalogue(Catalogue()) as user:
        assert shown(user) == []


async def test_a_pasted_burst_opens_nothing(open_catalogue: Open, play: Play) -> None:
    from textual.events import Key

    async with open_catalogue() as user:
        user.clock.pass_by(5)
        for key in ("r", "o", "enter", "x", "enter"):
            user.app.post_message(Key(key, key if len(key) == 1 else None))
        await user.settle()
        assert play.runs.runs == {}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_hostile_titles_are_only_text(open_catalogue: Open, play: Play, size: tuple[int, int]) -> None:
    evil = Document("evil", document(HOSTILE, "evil [/].md"))
    async with open_catalogue(Catalogue((evil,)), alerts=(FIRES,), size=size) as user:
        assert "[@click=app.quit]" in shown(user)[0]
        await user.press("down", "enter")
        assert user.screen == "RunScreen"
        assert "\x1b" not in user.app.export_screenshot()
        await user.press("enter")
        assert "\x1b" not in " ".join(user.told)
