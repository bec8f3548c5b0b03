"""The log of a revision: every container that runs its image, as one stream; a line says what is not in it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import UTC, datetime

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_text
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.platforms.compose.engine import EngineClient
from cockpit.platforms.compose.mapping import ContainerFacts, map_container
from cockpit.platforms.compose.services import filter_projects
from cockpit.platforms.compose.settings import BLUE_GREEN
from cockpit.platforms.log_queue import LONGEST_LINE, LogQueue, read_log_queue, read_stamped_lines

TAIL = 100  # lines before now
LOOK_AGAIN = 5.0  # seconds between two looks at which containers there are; also the pause before a new connection
OWN_REASON = "cockpit"
HEADER = 8  # bytes before each frame: stream, three zeros, length


def stream_container_logs(
    client: EngineClient, application: Application, revision: Revision, *, time: Time
) -> AsyncGenerator[LogLine, None]:
    """Lines as they come, until the reader stops."""
    return read_log_queue(lambda waiting: ContainerLogWatch(client, application, revision, time, waiting).run())


class FrameReader:
    """Cuts the engine's frames into lines, stdout and stderr apart; of a container with a terminal, plain bytes."""

    def __init__(self, *, tty: bool) -> None:
        self._tty = tty
        self._rest = b""
        self._lines: dict[int, bytes] = {}

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._tty:
            yield from self._cut(1, chunk)
            return
        self._rest += chunk
        while len(self._rest) >= HEADER:
            kind, zeros, length = self._rest[0], self._rest[1:4], int.from_bytes(self._rest[4:HEADER], "big")
            if kind > 3 or zeros != b"\0\0\0":
                self._tty, rest, self._rest = True, self._rest, b""  # no frames: it is a terminal after all
                yield from self._cut(1, rest)
                return
            if len(self._rest) < HEADER + length:
                return
            payload, self._rest = self._rest[HEADER : HEADER + length], self._rest[HEADER + length :]
            yield from self._cut(kind, payload)

    def finish(self) -> Iterator[bytes]:
        yield from filter(None, self._lines.values())
        self._lines.clear()

    def _cut(self, kind: int, data: bytes) -> Iterator[bytes]:
        *lines, rest = (self._lines.get(kind, b"") + data).split(b"\n")
        self._lines[kind] = rest[:LONGEST_LINE]
        yield from lines


class ContainerLogWatch:
    """Keeps one connection to every container of a revision; what they say flows into one queue."""

    def __init__(
        self, client: EngineClient, application: Application, revision: Revision, time: Time, waiting: LogQueue
    ) -> None:
        self._client, self._application, self._revision = client, application, revision
        self._time, self._waiting = time, waiting
        self._following: dict[str, asyncio.Task[None]] = {}
        self._names: dict[str, str] = {}
        self._newest: dict[str, tuple[datetime, set[bytes]]] = {}
        self._broken: dict[str, datetime] = {}  # since when a container is not followed
        self._complaints: dict[str, str] = {}
        self._finished: dict[str, str] = {}  # stopped containers whose log was read, by when they stopped

    async def run(self) -> None:
        try:
            while True:
                await self._look()
                await self._time.sleep(LOOK_AGAIN)
        finally:
            for task in self._following.values():
                task.cancel()
            await asyncio.gather(*self._following.values(), return_exceptions=True)

    async def _look(self) -> None:
        try:
            there = await self._find_containers()
        except SourceError as error:
            await self._complain("list", f"no live log: {error.problem.sentence}")
            return
        self._complaints.pop("list", None)
        if not there and not self._names:
            await self._complain("none", "no container: the engine keeps no log of containers that are gone")
        for identifier in set(self._names) - set(there):
            name = self._names.pop(identifier)
            self._broken.pop(identifier, None)
            await self._complain(identifier, f"{name} is gone; what it said after its last line here went with it")
        self._names.update(there)
        self._following = {key: task for key, task in self._following.items() if not task.done()}
        for identifier in there:
            if identifier not in self._following:
                self._following[identifier] = asyncio.create_task(self._follow(identifier))

    async def _find_containers(self) -> dict[str, str]:
        """Names by id of the containers that run this revision's image; stopped ones too, their last words count."""
        return {
            fact.identifier: fact.replica.name
            for fact in await list_service_containers(self._client, self._application, self._revision)
        }

    async def _follow(self, identifier: str) -> None:
        name = self._names[identifier]
        try:
            await self._read(identifier, name)
            self._complaints.pop(identifier, None)
        except SourceError as error:
            if error.problem.kind is ProblemKind.MISSING:
                return  # the next look says that it is gone
            self._broken.setdefault(identifier, self._time.now())
            await self._complain(identifier, f"{name}: {error.problem.sentence}")

    async def _read(self, identifier: str, name: str) -> None:
        more = await self._client.get(f"/containers/{identifier}/json")
        running = read_text(dig_value(more, "State", "Status")) in ("running", "paused", "restarting")
        stopped = "" if running else read_text(dig_value(more, "State", "FinishedAt"))
        if stopped and self._finished.get(identifier) == stopped:
            return
        params = {"follow": "1", "stdout": "1", "stderr": "1", "timestamps": "1"}
        if identifier in self._newest:
            params["since"] = format_since(self._newest[identifier][0])
        else:
            params["tail"] = str(TAIL)
        reader = FrameReader(tty=dig_value(more, "Config", "Tty") is True)
        async for chunk in self._client.stream(f"/containers/{identifier}/logs", params):
            if since := self._broken.pop(identifier, None):
                self._complaints.pop(identifier, None)
                lost = "lines may be missing if its log was rotated since"
                await self._say(f"{name}: followed again, not followed since {since:%H:%M:%S}Z; {lost}")
            await self._hand_on(identifier, name, reader.feed(chunk))
        await self._hand_on(identifier, name, reader.finish())
        if stopped:
            self._finished[identifier] = stopped

    async def _hand_on(self, identifier: str, name: str, several: Iterable[bytes]) -> None:
        for line in read_stamped_lines(list(several)):
            if line.moment is not None and not self._is_new(identifier, line.moment, line.raw):
                continue
            if line.text:
                await self._waiting.put(LogLine(line.text, line.moment, "console", self._revision.name, name))

    def _is_new(self, identifier: str, moment: datetime, raw: bytes) -> bool:
        """False for what was printed before a new connection."""
        newest, marks = self._newest.get(identifier, (moment, set()))
        if moment == newest and raw in marks:
            return False
        if moment >= newest:  # stderr may come a little before what stdout printed earlier
            self._newest[identifier] = (moment, marks | {raw} if moment == newest else {raw})
        return True

    async def _complain(self, about: str, text: str) -> None:
        """Say it once, not at every look while it lasts."""
        if self._complaints.get(about) != text:
            self._complaints[about] = text
            await self._say(text)

    async def _say(self, text: str) -> None:
        unread = tuple(sorted(self._names.get(identifier, identifier) for identifier in self._broken))
        line = LogLine(
            clean_line(text), self._time.now(), "system", self._revision.name, reason=OWN_REASON, unread=unread
        )
        await self._waiting.put(line)


def format_since(moment: datetime) -> str:
    """`1700000000.123456000`, as the engine takes a moment."""
    whole = moment.astimezone(UTC)
    return f"{int(whole.timestamp())}.{whole.microsecond:06}000"


async def list_service_containers(
    client: EngineClient, application: Application, revision: Revision
) -> list[ContainerFacts]:
    """The containers of a revision as they are now, found by its replicas' names and image. Raises SourceError."""
    raws = await client.list_items("/containers/json", {"all": "1", "filters": filter_projects(None)})
    facts = [fact for raw in raws if (fact := map_container(raw, {})) is not None]
    values = dict(application.values)
    names = {replica.name for replica in revision.replicas or ()}
    identifiers = {value for name, value in revision.settings if name.endswith(".image")}
    prefix = f"{revision.labels[0]}-" if application.mode == BLUE_GREEN and revision.labels else ""
    service = (values.get(f"{prefix}project", ""), values.get(f"{prefix}service", ""))
    return [
        fact
        for fact in facts
        if (fact.project, fact.service) == service
        and (fact.replica.name in names or not identifiers or fact.image_id in identifiers)
    ]
