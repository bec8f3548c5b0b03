"""Text of documents, values, commands and outputs is only ever text, and never much of it at once."""

from collections.abc import Callable
from typing import Any

import pytest

from cockpit.model.run import StepState
from cockpit.runbooks.types import Finished
from tests.tui.runbooks.conftest import Bare, Open, ScreenUser
from tests.tui.runbooks.play import Play
from tests.tui.terminal import Terminal

EVIL = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202egnp.exe [/x] [@click=app.quit]quit[/] $(reboot)"
DOCUMENT = f"""# Evil {EVIL}

**When:** {EVIL}

```bash change undo="echo {EVIL}"
# title {EVIL}
echo [/b] {EVIL} <NAME>
```

**Expected Output**: {EVIL}
""".encode()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_no_text_reaches_the_terminal_as_anything_but_itself(
    make_run: Callable[..., Any],
    play: Play,
    session: Any,
    terminal: Callable[[int, int], Terminal],
    size: tuple[int, int],
) -> None:
    play.prints[1] = f"{EVIL}\n" * 50
    play.ends[1] = [Finished(StepState.FAILED, EVIL, 1)]
    play.choices["NAME"], play.hints["NAME"] = (EVIL,), EVIL
    play.meets[1] = (EVIL,)
    seen = terminal(*size)
    app = Bare(make_run(DOCUMENT))
    async with app.run_test(size=size) as pilot:
        user = ScreenUser(app, pilot, session)
        session.time.pass_by(1)
        await user.settle()
        await user.press("enter")
        await user.type("x[/]y")
        await user.press("enter", "enter")
        await user.press("f", "f", "u", "escape", "e", "escape", "s", "escape")
    sent = seen.sent
    assert "\x1b]52;c;aGk" not in sent
    assert "\u202e" not in sent
    assert "\x9b" not in sent
    assert "\x1b[2J\x9b" not in sent


async def test_ten_megabytes_of_output_keep_no_key_waiting(open_run: Open, play: Play) -> None:
    """What is shown is the end, and the keys still work."""
    line = "0123456789abcdef" * 4
    play.prints[1] = f"{line}\n" * 160_000
    async with open_run() as user:
        await user.press("enter")
        await user.press("up", "down", "up")
        assert len(user.output) == 5_000
        assert user.at == 1
