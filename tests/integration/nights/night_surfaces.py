"""What the commands say of a night: each asked at a moment of it, as somebody at a second shell would."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from cockpit.cli import cockpit as command_group
from cockpit.cli.options import Common, load_system
from cockpit.cli.status.command import build_state
from cockpit.cli.status.text import build_status_document, read_records
from cockpit.model.time import RealTime
from tests.integration.nights.night_world import NightWorld

CONFIG = 'system = "Shop"\ntime_zone = "UTC"\n\n[environments.prod]\n'
TEXTS = ("brief", "impact", "incidents", "shift", "timeline", "message status-line", "clocks --all")
DOCUMENTS = ("brief", "impact", "incidents", "shift", "timeline", "clocks", "metrics")
EXPORTS = ("json", "csv")
AMBIGUOUS = (
    "brief",
    "impact",
    "message status-line",
    "clocks --all",
    "clocks",
    "export",
)  # these are told which incident


@dataclass(frozen=True, slots=True)
class SurfaceLook:
    """What each command said at a second of the night, as text and as its JSON document; `exports` by their format."""

    second: float
    incident: str
    texts: Mapping[str, str]
    documents: Mapping[str, Any]
    exports: Mapping[str, str]
    incidents: Sequence[Mapping[str, Any]]  # as `status` has those that are open


@dataclass(frozen=True, slots=True)
class WrittenDraft:
    text: str
    picture: str  # SVG


def export_draft(world: NightWorld, incident: str) -> WrittenDraft:
    """Write it as the command does, beside the timeline."""
    path = world.folder / f"draft-{round(world.time.second)}.md"
    written = json.loads(_SurfaceAsker(world, incident).ask("export", "--output", str(path), "--json"))
    return WrittenDraft(path.read_text(encoding="utf-8"), Path(written["picture"]).read_text(encoding="utf-8"))


def look_at_surfaces(world: NightWorld, incident: str) -> SurfaceLook:
    """Ask them all, at the moment at which the clock of the night stands."""
    asker = _SurfaceAsker(world, incident)
    return SurfaceLook(
        world.time.second,
        incident,
        {command: asker.ask(command) for command in TEXTS},
        {command: json.loads(asker.ask(command, "--json")) for command in DOCUMENTS},
        {form: asker.ask("export", "--format", form, "--output", "-") for form in EXPORTS},
        asker.list_open_incidents(),
    )


class _SurfaceAsker:
    def __init__(self, world: NightWorld, incident: str) -> None:
        self._world, self._incident = world, incident
        self._config = world.folder / "cockpit.toml"
        self._config.write_text(CONFIG, encoding="utf-8")

    def list_open_incidents(self) -> Sequence[Mapping[str, Any]]:
        """As `status` has them; its sources are asked nothing."""
        common = Common(config=str(self._config), db=str(self._world.file))
        with self._at_the_time_of_the_night():
            system = load_system(common)
            records = read_records(system, self._world.plan, common, system.environments)
            states = [build_state(system.environments[0], (), records["prod"], RealTime().monotonic())]
        document = build_status_document(states, states[0].overall.word)
        incidents: Sequence[Mapping[str, Any]] = document["environments"][0]["incidents"]
        return incidents

    @contextmanager
    def _at_the_time_of_the_night(self) -> Iterator[None]:
        time = self._world.time
        with ExitStack() as patches:
            patches.enter_context(patch.object(RealTime, "now", lambda _: time.now()))
            patches.enter_context(patch.object(RealTime, "monotonic", lambda _: time.monotonic()))
            patches.enter_context(patch("cockpit.cli.session._read_plan", lambda _: self._world.plan))
            yield

    def ask(self, command: str, *options: str) -> str:
        arguments = [*command.split(), *options, "--config", str(self._config), "--db", str(self._world.file)]
        if command in AMBIGUOUS:
            arguments += ["--incident", self._incident]
        with self._at_the_time_of_the_night():
            answer = CliRunner().invoke(command_group, [*arguments, "--as", "eve"], prog_name="cockpit")
        assert answer.exit_code == 0, (arguments, answer.output, answer.exception)
        return answer.stdout
