"""Keys of the configuration work in a run and in the catalogue, and help, hint and footer tell them."""

from textual.widgets._footer import FooterKey

from screens.run.screen import RunScreen
from screens.shared.keyed_screen import HelpScreen
from tests.tui.keys_of_screens import must_tell_all_its_keys
from tests.tui.runbooks.conftest import Open, ScreenUser
from tests.tui.runbooks.test_catalogue_screen import open_catalogue

__all__ = ["open_catalogue"]


def rebind(user: ScreenUser, keys: dict[str, str]) -> None:
    user.app.set_keymap(keys)


async def test_a_run_listens_to_its_new_keys_and_tells_them(open_run: Open) -> None:
    async with open_run() as user:
        rebind(user, {"run.edit": "E", "run.next": "N", "run.run": "G"})
        await user.press("j")
        assert user.at == 2
        await user.press("N")
        assert user.at == 1
        assert " E Edit" in user.lines("keys-line")
        assert " e Edit" not in user.lines("keys-line")
        await user.press("question_mark")
        assert isinstance(user.app.screen, HelpScreen)
        told = {does: key for key, does in user.app.screen.keys}
        assert told["Edit the command for this one try"] == "E"
        assert told["Run the current step, or mark it done"].split() == ["G", "enter"]
        await user.press("escape", "e")
        assert user.screen == "RunScreen"
        await user.press("E")
        assert user.screen == "Edit"


async def test_the_new_key_starts_a_step(open_run: Open) -> None:
    async with open_run() as user:
        rebind(user, {"run.run": "G"})
        await user.press("G")
        assert [step for step, _, _ in user.session.runner.performed] == [1]


async def test_the_catalogue_listens_to_its_new_keys_and_its_footer_tells_them(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        rebind(user, {"catalogue.read": "f6", "catalogue.down": "ctrl+n"})
        await user.press("ctrl+o")
        assert user.screen == "CatalogueScreen"
        await user.press("ctrl+n", "ctrl+n", "f6")
        assert user.screen == "DocumentScreen"
        await user.press("escape")
        assert "f6" in {each.key for each in user.app.screen.query(FooterKey)}


async def test_the_catalogue_opens_with_its_new_key_and_names_it_where_it_came_too_soon(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        rebind(user, {"catalogue.open": "f9"})
        await user.pilot.press("f9", "f9")
        await user.settle()
        assert user.screen == "CatalogueScreen"
        assert [note.message.split()[0] for note in user.app._notifications][:1] == ["F9"]
        user.session.time.pass_by(1)
        await user.press("f9")
        assert user.screen == "DocumentScreen"


async def test_a_command_that_does_not_fit_names_the_key_that_copies_it(open_run: Open) -> None:
    command = " \\\n  ".join(f"--option-{number} {'x' * 70}" for number in range(40))
    async with open_run(f"# Long\n\n```bash\naz {command}\n```\n".encode(), (80, 24)) as user:
        assert "more rows; c copies them all" in user.lines("step")
        rebind(user, {"run.copy": "C"})
        assert isinstance(user.app.screen, RunScreen)
        user.app.screen.draw_step()
        assert "more rows; C copies them all" in user.lines("step")


async def test_a_run_tells_all_its_keys(open_run: Open) -> None:
    async with open_run() as user:
        await must_tell_all_its_keys(user.pilot, ("run.run",))  # Enter is the table's there


async def test_the_catalogue_tells_all_its_keys(open_catalogue: Open) -> None:
    async with open_catalogue() as user:
        await must_tell_all_its_keys(user.pilot)
