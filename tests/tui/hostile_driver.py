"""Runs the real app in the terminal it is given, on a stage where every text is hostile.

Started by test_hostile_text.py as a process of its own: nothing between the app and the pty is a fake. The readings
skip the feeds and their `clean()`, so only the screen's own door stands between the text and the terminal. Its clock
leaps, so that what a key leads to is drawn before the next key comes.
"""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from unittest.mock import patch

from textual.events import Key

from cockpit.app import CockpitApp
from cockpit.model.event import Draft, Kind
from cockpit.model.operator import Identity
from cockpit.model.probe import ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application, Revision
from tests.tui import leaping
from tests.tui.stage import ENVIRONMENT, SYSTEM, Stage, StubRecorder, ago, alerts, probes

PAYLOADS = {
    "esc": "\x1b[2J\x1b[6n",
    "osc": "\x1b]52;c;bWFsaWNl\x07\x1b]0;owned\x07",
    "c1": "\x9b2J\x9d0;owned\x9c",
    "bidi": "\u202egpj.exe\u2066",
    "markup": "[/x][@click=app.quit]click[/] [red",
    "controls": "\x00\x07\x08\x0b\x0c\x85\r\n\t\x7f",
    "surrogate": "\ud800",
    "long": "x" * 100_000,
}


KEYS = (
    "2", "enter", "escape", "3", "enter", "escape", "4", "enter", "escape", "1", "enter", "escape",
    "n", "escape", "s", "escape", "d", "escape", "a", "w", "escape", "ctrl+p", "escape",
)  # fmt: skip


def hostile(name: str) -> str:
    return f"<{name}{PAYLOADS[name]}>"


class HostileStage(Stage):
    def identity(self) -> Identity | None:
        return Identity(self.operator, "cli")


def stage() -> Stage:
    """Also what the configuration and the machine say is hostile."""
    return HostileStage(
        system=replace(SYSTEM, name=hostile("esc")),
        environment=replace(ENVIRONMENT, apps=(hostile("markup"),)),
        operator=hostile("osc"),
        recorder=StubRecorder(hostile("c1")),
    )


def play(made: Stage, name: str) -> None:
    text = hostile(name)
    down = replace(probes()[1], name=text, reason=text, url=f"https://{text}", state=ProbeState.DOWN)
    made.say("probes", (down, *(replace(each, name=f"{text}{at}", url=text) for at, each in enumerate(probes()))))
    made.say("alerts:azure", tuple(
        replace(each, name=text, resource=text, summary=text, note=text, labels=((text, text),), source=text)
        for each in alerts()
    ))  # fmt: skip
    revision = Revision(text, text, True, 100, ago(60), text, (text,), None, text, text, text, text, 1, None, text)
    made.say("revisions", (Application(text, "prod", text, text, (revision,)),))
    made.fail("revisions", Problem(ProblemKind.FORBIDDEN, text, text, text))
    detail = {"title": text, "severity": text, "state": text, "reach_from": "2026-11-20T13:00:00.000000Z"}
    declare = Draft(Kind.DECLARE, text, ago(30), "prod", text, text, text, text, detail)
    made.timeline.record([declare, Draft(Kind.NOTE, text, ago(20), "prod", text, text, text, None, detail)])


async def look_everywhere(app: CockpitApp, made: Stage) -> None:
    """What a person would do with each: look at every pane, into every detail, act, ask for the palette, leave."""
    for name in PAYLOADS:
        play(made, name)
        await asyncio.sleep(0.4)
        for key in KEYS:
            app.post_message(Key(key, None))
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    made = stage()

    async def attach() -> Stage:
        made.task = asyncio.get_running_loop().create_task(look_everywhere(app, made))  # type: ignore[attr-defined]
        return made

    for name, ours in leaping.REPLACED.items():
        patch(name, ours).start()
    app = CockpitApp(attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    app.run()
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
