"""Which files one opens who follows a thing through the program, counted by following it: `python -m tests.journeys`.

The app runs on a simulated system whose new deployment goes bad. At the waypoints of a journey, functions that decide,
hand on or write, the files on the call stack are noted: who calls, down to who does. So the count is that of the files
through which control passes, whoever starts them, and not that of small helpers they use on the way.
`--list` prints the files, each with the waypoints that led there.
"""

import asyncio
import functools
import importlib
import inspect
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cockpit", "screens", "widgets", "themes")
PATIENCE = 30.0  # seconds for what a journey waits for, on a loaded machine


@dataclass
class Journey:
    """`waypoints` are `module:name`; `most` is how many files it may take. Notes only while it is under way.

    `module:name via PATH` counts only where a file below PATH is on the stack: others write at the same time.
    """

    name: str
    most: int
    waypoints: tuple[str, ...]
    files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    passed: set[str] = field(default_factory=set)
    under_way: bool = False

    def note(self, waypoint: str, code: Any) -> None:
        if not self.under_way:
            return
        names = {_name_file(code.co_filename)}
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            names.add(_name_file(frame.f_code.co_filename))
            frame = frame.f_back
        via = waypoint.partition(" via ")[2]
        if any(name.startswith(via) for name in names if name):
            self.passed.add(waypoint)
            for name in names - {""}:
                self.files[name].add(waypoint.partition(" via ")[0])


def _name_file(filename: str) -> str:
    """The path of one of our own files, "" for any other."""
    path = Path(filename)
    if not path.is_relative_to(ROOT):
        return ""
    inner = path.relative_to(ROOT)
    return str(inner) if inner.parts[0] in PACKAGES else ""


PROBE = Journey(
    "a probe that goes down, from its answer to its event",
    20,
    (
        "cockpit.feeds.probes.check:ProbeEndpoint._judged",
        "cockpit.feeds.probes.state:apply_outcome",
        "cockpit.feeds.probes.state:derive_shown_state",
        "cockpit.feeds.watch:Watch.publish via cockpit/feeds/probes",
        "cockpit.recorder.recorder:Recorder.observe via cockpit/feeds/probes",
        "cockpit.recorder.probe_changes:probe_changes",
        "cockpit.recorder.recorder:Recorder._write",
        "cockpit.timeline.timeline:Timeline.record_many",
        "cockpit.timeline.timeline:Timeline._append",
        "cockpit.timeline.hash_chain:seal_place",
    ),
)
ROLLBACK = Journey(
    "the key R, from the key to the event that its first step begins",
    20,
    (
        "screens.main.runbook_handlers:open_rollback",
        "screens.main.runbook_handlers:_roll_back",
        "cockpit.session:Session.propose_rollback",
        "cockpit.runbooks.rollback:propose_rollback",
        "screens.run.open:begin_run",
        "cockpit.runbooks.run.runner:Runner.start",
        "screens.run.rollback:AskRollback.decide",
        "screens.run.key_handlers:perform_step",
        "cockpit.runbooks.run.runner:Runner.perform",
        "cockpit.runbooks.run.events:draft_intent",
        "cockpit.timeline.timeline:Timeline.record via cockpit/runbooks",
        "cockpit.timeline.timeline:Timeline._append",
    ),
)
CHANGE = Journey(
    "and from there through the cloud to the event of its outcome",
    15,
    (
        "cockpit.runbooks.run.native:perform_native_command",
        "cockpit.runbooks.az.perform:perform_az_command",
        "cockpit.azure.changes.change:send_change_once",
        "cockpit.runbooks.run.events:draft_outcome",
    ),
)
NOTE = Journey(
    "a note, from the key to its row",
    12,
    (
        "screens.dialogs.note:Note.__init__",
        "screens.dialogs.note:Note.decide",
        "cockpit.incident.actions.base:IncidentWriter.write",
        "cockpit.timeline.timeline:Timeline.record via cockpit/incident",
        "cockpit.timeline.timeline:Timeline._append",
        "cockpit.timeline.follower:Follower._hand_over",
        "screens.main.filling:TimelineScene.fill",
        "widgets.timeline:build_event_rows",
    ),
)
JOURNEYS = (PROBE, ROLLBACK, CHANGE, NOTE)


def watch_waypoints() -> None:
    """Wrap every waypoint, so that whoever calls it is noted."""
    notes: dict[str, list[Journey]] = defaultdict(list)
    for journey in JOURNEYS:
        for waypoint in journey.waypoints:
            notes[waypoint].append(journey)
    for waypoint, journeys in notes.items():
        module_name, _, name = waypoint.partition(" via ")[0].partition(":")
        owner: Any = importlib.import_module(module_name)
        *classes, last = name.split(".")
        for class_name in classes:
            owner = getattr(owner, class_name)
        original = getattr(owner, last)
        wrapped = _wrap(original, waypoint, journeys)
        setattr(owner, last, wrapped)
        if not classes:  # whoever imported the function by name has the original
            for module in list(sys.modules.values()):
                if getattr(module, "__name__", "").partition(".")[0] in PACKAGES and vars(module).get(last) is original:
                    setattr(module, last, wrapped)


def _wrap(original: Callable[..., Any], waypoint: str, journeys: list[Journey]) -> Callable[..., Any]:
    code = inspect.unwrap(original).__code__

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def follow(*args: Any, **kwargs: Any) -> Any:
            for journey in journeys:
                journey.note(waypoint, code)
            return await original(*args, **kwargs)

        return follow

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        for journey in journeys:
            journey.note(waypoint, code)
        return original(*args, **kwargs)

    return call


async def travel() -> None:
    """All journeys, one after the other, in one cockpit."""
    from bench.running import bad_deployment
    from cockpit.app import CockpitApp
    from cockpit.cli.options import Common
    from cockpit.cli.screen import attach_to

    with bad_deployment() as config, tempfile.TemporaryDirectory() as folder:
        common = Common(config=config, db=str(Path(folder) / "timeline.db"), person="ana")
        app = CockpitApp(lambda: attach_to(common))
        PROBE.under_way = True
        async with app.run_test(size=(120, 40)) as pilot:
            await _until(lambda: _has_event(app, "probe", state="down"))
            PROBE.under_way = False
            NOTE.under_way = True
            await pilot.press("n")
            await _until(lambda: type(app.screen).__name__ == "Note")
            await pilot.press(*"hello")
            await asyncio.sleep(1.2)  # a confirm key counts once no other came before it
            await pilot.press("enter")
            await _until(lambda: _has_event(app, "note") and NOTE.passed == set(NOTE.waypoints))
            NOTE.under_way = False
            ROLLBACK.under_way = CHANGE.under_way = True
            await _until(lambda: type(app.screen).__name__ == "CockpitScreen")
            await pilot.press("R")
            await _until(lambda: type(app.screen).__name__ == "AskRollback")
            await asyncio.sleep(1.2)
            await pilot.press("pagedown", "pagedown")
            await asyncio.sleep(1.2)
            await pilot.press("enter")
            await _until(lambda: _has_event(app, "step", phase="outcome"))
            ROLLBACK.under_way = CHANGE.under_way = False
            app.exit()


def _has_event(app: Any, kind: str, **detail: str) -> bool:
    events = app.session.timeline.events(kinds=[kind]) if app.session else ()
    return any(detail.items() <= event.detail.items() for event in events)


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.1)):
        if true():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(render_journeys(files=False))


def render_journeys(*, files: bool) -> str:
    lines: list[str] = []
    for journey in JOURNEYS:
        lines.append(f"{len(journey.files):3} files, at most {journey.most}: {journey.name}")
        missed = [waypoint for waypoint in journey.waypoints if waypoint not in journey.passed]
        lines += [f"    not passed: {waypoint}" for waypoint in missed]
        if files:
            lines += [
                f"    {name}  ({', '.join(sorted(waypoint.partition(':')[2] for waypoint in journey.files[name]))})"
                for name in sorted(journey.files)
            ]
    return "\n".join(lines)


def measure_journeys() -> tuple[Journey, ...]:
    watch_waypoints()
    asyncio.run(travel())
    return JOURNEYS


if __name__ == "__main__":
    measure_journeys()
    print(render_journeys(files="--list" in sys.argv[1:]))
