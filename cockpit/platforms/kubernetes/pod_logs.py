"""The log of a revision: every container of its pods as one stream, and the last words of those that were restarted."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import datetime

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Replica, Revision
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.platforms.kubernetes.client import ClusterClient
from cockpit.platforms.kubernetes.mapping import index_owned, map_pod, read_name, read_uid
from cockpit.platforms.log_queue import (
    LONGEST_LINE,
    describe_hole,
    read_log_queue,
    read_stamped_lines,
)

TAIL = 100  # lines before now
PREVIOUS_TAIL = 40  # lines of a container's last life
LOOK_AGAIN = 10.0  # seconds between two looks at which pods there are; also the pause before a new connection
OWN_REASON = "cockpit"


def stream_pod_logs(
    client: ClusterClient, application: Application, revision: Revision, *, time: Time
) -> AsyncGenerator[LogLine, None]:
    """Lines as they come, until the reader stops. Raises SourceError when nobody is signed in."""
    return read_log_queue(lambda waiting: PodLogWatch(client, application, revision, time, waiting).run())


class PodLogWatch:
    """Keeps one connection to every container of a revision's pods; what they say flows into one queue."""

    def __init__(
        self,
        client: ClusterClient,
        application: Application,
        revision: Revision,
        time: Time,
        waiting: "asyncio.Queue[LogLine | None]",
    ) -> None:
        self._client, self._application, self._revision = client, application, revision
        self._time, self._waiting = time, waiting
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._newest: dict[tuple[str, str], tuple[datetime, set[bytes]]] = {}
        self._lives: dict[tuple[str, str], int] = {}  # restarts whose last lines were printed
        self._complaints: dict[str, str] = {}
        self._unread: set[str] = set()  # containers whose log cannot be followed now
        self._followed_lives: dict[tuple[str, str], int] = {}  # restarts when a container was last followed
        self._may_have_hole: dict[tuple[str, str], bool] = {}  # until the first line of a new connection has come

    async def run(self) -> None:
        try:
            while True:
                await self._look()
                await self._time.sleep(LOOK_AGAIN)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _look(self) -> None:
        try:
            pods = await read_revision_pods(self._client, self._application, self._revision)
            self._complaints.pop("pods", None)
        except SourceError as error:
            if error.problem.kind is ProblemKind.SIGN_IN:
                raise
            await self._complain("pods", f"no live log: {error.problem.sentence}")
            return
        if not pods:
            await self._complain("pods", "no pods: the cluster keeps no log of pods that are gone")
        self._running = {key: task for key, task in self._running.items() if not task.done()}
        for pod in pods:
            for container, _ in pod.containers:
                await self._tell_last_life(pod, container)
                if (pod.name, container) not in self._running:
                    self._running[pod.name, container] = asyncio.create_task(self._follow(pod, container))

    async def _tell_last_life(self, pod: Replica, container: str) -> None:
        """What a container printed before it was restarted: there the reason stands, and `logs -f` does not show it."""
        key = (pod.name, container)
        if pod.restarts <= self._lives.get(key, 0):
            return
        self._lives[key] = pod.restarts
        with suppress(SourceError):  # it was another container that restarted, or its log is gone
            await self._read(
                pod, container, {"previous": "true", "tailLines": str(PREVIOUS_TAIL)}, past="previous container"
            )

    async def _follow(self, pod: Replica, container: str) -> None:
        key = (pod.name, container)
        params = {"follow": "true", "tailLines": str(TAIL)}
        if key in self._newest:
            self._may_have_hole[key] = self._followed_lives.get(key) == pod.restarts
            params = {"follow": "true", "sinceTime": self._newest[key][0].isoformat().replace("+00:00", "Z")}
        self._followed_lives[key] = pod.restarts
        try:
            await self._read(pod, container, params)
        except SourceError as error:
            name = name_container(pod, container)
            self._unread.add(name)
            await self._complain(name, f"{name}: {error.problem.message}")

    async def _read(self, pod: Replica, container: str, params: dict[str, str], *, past: str = "") -> None:
        target = await self._client.target()
        path = f"/api/v1/namespaces/{target.namespace}/pods/{pod.name}/log"
        rest = b""
        is_followed = False
        async for chunk in self._client.stream(path, {"container": container, "timestamps": "true", **params}):
            if not past and not is_followed:
                is_followed = True
                await self._tell_followed(name_container(pod, container))
            *lines, rest = (rest + chunk).split(b"\n")
            await self._hand_on(pod, container, lines, past)
            rest = rest[:LONGEST_LINE]
        if rest:
            await self._hand_on(pod, container, [rest], past)

    async def _tell_followed(self, name: str) -> None:
        """The first of a log has come. Where it could not be read before, whoever reads must know that it can."""
        complaint = self._complaints.pop(name, None)
        self._unread.discard(name)
        if complaint:
            await self._say(f"{name} is followed again")

    async def _hand_on(self, pod: Replica, container: str, several: Sequence[bytes], past: str) -> None:
        name, key = name_container(pod, container), (pod.name, container)
        for line in read_stamped_lines(several):
            if line.moment is not None and not past:
                await self._tell_hole(key, name, line.moment)
            if not line.text:
                continue
            if line.moment is not None and not self._is_new(key, line.moment, line.raw, past):
                continue
            await self._waiting.put(LogLine(line.text, line.moment, "console", self._revision.name, name, past=past))

    async def _tell_hole(self, key: tuple[str, str], name: str, moment: datetime) -> None:
        """A new connection begins with the last line that was read, unless the log was rotated meanwhile."""
        if self._may_have_hole.pop(key, False) and moment > self._newest[key][0]:
            await self._say(describe_hole(name, self._newest[key][0], moment))

    def _is_new(self, key: tuple[str, str], moment: datetime, mark: bytes, past: str) -> bool:
        """False for what was printed before a new connection: `sinceTime` has whole seconds. The last words of a
        container that was followed to its end are not new either."""
        if past:
            return key not in self._newest or moment > self._newest[key][0]
        newest, marks = self._newest.get(key, (moment, set()))
        if moment < newest or (moment == newest and mark in marks):
            return False
        self._newest[key] = (moment, marks | {mark} if moment == newest else {mark})
        return True

    async def _complain(self, about: str, text: str) -> None:
        """Say it once, not at every look while it lasts."""
        if self._complaints.get(about) != text:
            self._complaints[about] = text
            await self._say(text)

    async def _say(self, text: str) -> None:
        unread = tuple(sorted(self._unread))
        line = LogLine(
            clean_line(text), self._time.now(), "system", self._revision.name, reason=OWN_REASON, unread=unread
        )
        await self._waiting.put(line)


def name_container(pod: Replica, container: str) -> str:
    """As its lines are headed: a pod with one container by its own name."""
    return pod.name if len(pod.containers) < 2 else f"{pod.name}/{container}"


async def read_revision_pods(client: ClusterClient, application: Application, revision: Revision) -> list[Replica]:
    """The pods of a revision as they are now. Raises SourceError."""
    target = await client.target()
    raws = await client.list_items(f"/api/v1/namespaces/{target.namespace}/pods")
    if application.mode == "deployment":
        base = f"/apis/apps/v1/namespaces/{target.namespace}/replicasets/{revision.name}"
        try:
            uid = read_uid(await client.get(base))
        except SourceError as error:
            if error.problem.kind is not ProblemKind.MISSING:
                raise
            return []
        return [map_pod(raw) for raw in index_owned(raws).get(uid, ())]
    names = {replica.name for replica in revision.replicas or ()}
    prefix = f"{application.name.rpartition('/')[2]}-"
    hashes = {revision.name, revision.name.removeprefix(prefix)}
    return [map_pod(raw) for raw in raws if read_name(raw) in names or _read_pod_hash(raw) in hashes]


def _read_pod_hash(raw: object) -> str:
    from cockpit.model.raw import dig_value, read_text
    from cockpit.platforms.kubernetes.mapping import POD_HASH

    return read_text(dig_value(raw, "metadata", "labels", POD_HASH))
