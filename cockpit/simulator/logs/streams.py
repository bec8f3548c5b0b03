"""The live log streams: lines of JSON after a little chatter, and in an odd world all that plagues their readers."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from math import inf

from cockpit.simulator.answer import JSON, RefusedError, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.azure.bodies import replica_names
from cockpit.simulator.logs import lines as loglines
from cockpit.simulator.world.changes import find_revision
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.site import CONTAINER
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import World

LONGEST_TAIL, USUAL_TAIL = 300, 20
TAIL_REACH = 3_600.0  # seconds that a tail of the console looks back
SHAPES: tuple[Callable[[datetime], str], ...] = (
    times.format_zulu,
    times.format_verbose,
    lambda moment: times.format_naive(moment)[:-2],
    lambda moment: times.format_naive(moment) + "+00:00",
)
FIELDS = (
    "TimeStamp",
    "Type",
    "ContainerAppName",
    "RevisionName",
    "ReplicaName",
    "Msg",
    "Reason",
    "EventSource",
    "Count",
)
NOTHING: JSON = dict.fromkeys(FIELDS)

CHATTER = (
    ("StartingGettingEvents", "Connecting to the events collector..."),
    ("ConnectedToEventsServer", "Successfully connected to events server"),
)


class LogStream:
    """One open stream. `start()` is what is sent at once; `more()` what came since the last look."""

    def __init__(self, stage: Stage, call: SimulatedRequest, *, system: bool) -> None:
        self._stage = stage
        self._call = call
        self._system = system
        self._odd = stage.scenario.oddities.log_lines
        self._sent = 0
        self._seen = stage.world().now
        self._tail = _read_tail(call)
        if call.query.get("output", "json") != "json":
            raise RefusedError(400, "BadRequest", "The simulator streams output=json only.")
        if not system:
            _check_container(stage.world(), call)
        self.follow = call.query.get("follow", "false").lower() == "true"

    def start(self) -> bytes:
        """The chatter and the tail."""
        world = self._stage.world()
        self._seen = world.now
        lines = self._lines(world, -inf if self._system else world.now - TAIL_REACH, world.now)
        tail = lines[-self._tail :] if self._tail else []
        return self._written([*self._chatter(world), *tail])

    def more(self) -> bytes:
        """What was written since; a stream whose replica is gone has no more."""
        world = self._stage.world()
        lines = self._lines(world, self._seen, world.now)
        self._seen = world.now
        return self._written(lines)

    def _lines(self, world: World, since: float, until: float) -> list[JSON]:
        clock = self._stage.clock
        if self._system:
            return [
                self._system_record(system_line, clock)
                for system_line in loglines.list_system_lines(world, since, until)
            ]
        revision = find_revision(world, self._call.names["revision"])
        return [
            {"TimeStamp": self._shape(clock.at(console_line.at)), "Log": f"{console_line.level} {console_line.text}"}
            for console_line in loglines.list_console_lines(world, revision, since, until)
        ]

    def _system_record(self, line: loglines.SystemLine, clock: SimulatedClock) -> JSON:
        return {
            "TimeStamp": self._shape(clock.at(line.at)),
            "Type": line.kind,
            "ContainerAppName": self._stage.scenario.site.app,
            "RevisionName": line.revision,
            "ReplicaName": line.replica,
            "Msg": line.text,
            "Reason": line.reason,
            "EventSource": "ContainerAppController",
            "Count": line.count,
        }

    def _chatter(self, world: World) -> Iterator[JSON]:
        now = self._shape(self._stage.clock.at(world.now))
        if self._system:
            app = self._stage.scenario.site.app
            for reason, text in CHATTER:
                about = {"TimeStamp": now, "Type": "Normal", "ContainerAppName": app, "Reason": reason}
                yield {**NOTHING, **about, "Msg": text, "EventSource": "ContainerAppController", "Count": 1}
            return
        names = self._call.names
        yield {"TimeStamp": now, "Log": f"Connecting to the container '{CONTAINER}'..."}
        where = f"[Revision: '{names['revision']}', Replica: '{names['replica']}']"
        yield {"TimeStamp": now, "Log": f"Successfully Connected to container: '{CONTAINER}' {where}"}

    def _shape(self, moment: datetime) -> str:
        """How the next line's time is written: always alike, or in an odd world each time differently."""
        shape = SHAPES[self._sent % len(SHAPES)] if self._odd else times.format_zulu
        self._sent += 1
        return shape(moment)

    def _written(self, records: Sequence[JSON]) -> bytes:
        return b"".join(json.dumps(fields).encode() + b"\n" if fields else b"\n" for fields in self._disturbed(records))

    def _disturbed(self, records: Sequence[JSON]) -> Iterable[JSON]:
        """In an odd world: pairs swapped, blank lines between, and now and then a record of nulls."""
        if not self._odd:
            return records
        disturbed: list[JSON] = []
        for place in range(0, len(records), 2):
            disturbed += [*reversed(records[place : place + 2]), {}]
            if place % 8 == 0:
                disturbed.append(
                    {**NOTHING, "Msg": "Reconciler error"} if self._system else {"TimeStamp": None, "Log": None}
                )
        return disturbed


def _read_tail(call: SimulatedRequest) -> int:
    text = call.query.get("taillines", str(USUAL_TAIL))
    if not (text.isascii() and text.isdigit() and int(text) <= LONGEST_TAIL):
        raise RefusedError(400, "BadRequest", f"tailLines must be from 0 to {LONGEST_TAIL}.")
    return int(text)


def _check_container(world: World, call: SimulatedRequest) -> None:
    """Raises RefusedError, 404, when the replica or its container is not there (any more)."""
    revision = find_revision(world, call.names["revision"])
    here = [replica_name.lower() for replica_name in replica_names(world, revision)]
    if call.names["replica"].lower() not in here or call.names["container"].lower() != CONTAINER:
        raise RefusedError(404, "ResourceNotFound", f"Replica '{call.names['replica']}' was not found.")
