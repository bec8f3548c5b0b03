"""What is said of a pod's log that breaks, goes on and begins anew: "following" means all of it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Replica, Revision
from cockpit.platforms.kubernetes.client import ClusterClient
from cockpit.platforms.kubernetes.pod_logs import stream_pod_logs
from tests.integration.platforms.turned_clock import TurnedClock

APP = Application("db", "prod", "statefulset", "", (), platform="kubernetes")
REVISION = Revision(
    "db", "db-1", True, 100, None, replicas=(Replica("db-0", "Running", ready=True, restarts=0, created=None),)
)
BROKEN = SourceError(Problem(ProblemKind.NETWORK, "no connection", "Could not connect."))
Connection = Sequence[bytes | SourceError]


def stamp(second: int, text: str) -> bytes:
    return f"2026-03-02T09:00:{second:02}.5Z {text}\n".encode()


def pod(restarts: int = 0) -> Mapping[str, Any]:
    return {
        "metadata": {"name": "db-0"},
        "spec": {"containers": [{"name": "db"}, {"name": "side-car"}]},
        "status": {"containerStatuses": [{"name": "side-car", "restartCount": restarts}]},
    }


class ScriptedCluster:
    """Answers each connection to a container's log by the next line of its script; without one the log is silent."""

    def __init__(self, scripts: Mapping[str, Sequence[Connection]], restarts: Callable[[], int] = lambda: 0) -> None:
        self._scripts = {name: list(script) for name, script in scripts.items()}
        self._restarts = restarts
        self.asked: list[Mapping[str, str]] = []

    async def target(self) -> object:
        return SimpleNamespace(namespace="shop")

    async def list_items(self, path: str) -> Sequence[Mapping[str, Any]]:
        return [pod(self._restarts())]

    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncIterator[bytes]:
        self.asked.append(params)
        name = params["container"] + (" before" if "previous" in params else "")
        if name.endswith("before") and not self._scripts.get(name):
            raise BROKEN
        for piece in self._scripts[name].pop(0) if self._scripts.get(name) else ():
            if isinstance(piece, SourceError):
                raise piece
            yield piece


async def read_lines(cluster: ScriptedCluster, count: int) -> list[LogLine]:
    lines: list[LogLine] = []
    stream = stream_pod_logs(cast(ClusterClient, cluster), APP, REVISION, time=TurnedClock())
    async for line in stream:
        lines.append(line)
        if len(lines) == count:
            break
    await stream.aclose()
    return lines


async def test_while_one_container_of_a_pod_breaks_following_is_not_all_of_it() -> None:
    broken: Connection = [stamp(1, "one"), BROKEN]
    lines = await read_lines(ScriptedCluster({"db": [broken, [stamp(1, "one"), stamp(2, "two")]]}), 4)
    assert [(line.text, line.unread) for line in lines] == [
        ("one", None),
        ("db-0/db: Could not connect.", ("db-0/db",)),
        ("db-0/db is followed again", ()),
        ("two", None),
    ]


async def test_each_break_of_a_log_is_reported() -> None:
    broken: Connection = [stamp(1, "one"), BROKEN]
    lines = await read_lines(ScriptedCluster({"db": [broken, broken, broken]}), 6)
    assert [line.unread for line in lines[1:]] == [("db-0/db",), (), ("db-0/db",), (), ("db-0/db",)]


async def test_a_log_that_was_rotated_while_it_was_away_has_a_hole() -> None:
    lines = await read_lines(ScriptedCluster({"db": [[stamp(1, "one")], [stamp(40, "new"), stamp(41, "newer")]]}), 4)
    assert [line.text for line in lines if line.stream == "console"] == ["one", "new", "newer"]
    (report,) = (line.text for line in lines if line.stream == "system")
    assert "09:00:01Z" in report
    assert "09:00:40Z" in report


async def test_a_restart_leaves_no_hole_and_its_last_words_are_read_once() -> None:
    restarts = iter([0, 1, 1])
    scripts: dict[str, Sequence[Connection]] = {
        "db": [[stamp(1, "one"), stamp(2, "two")], [stamp(9, "started")]],
        "db before": [[stamp(1, "one"), stamp(2, "two"), stamp(3, "dying")]],
    }
    lines = await read_lines(ScriptedCluster(scripts, lambda: next(restarts, 1)), 4)
    assert [(line.text, line.past) for line in lines] == [
        ("one", ""),
        ("two", ""),
        ("dying", "previous container"),
        ("started", ""),
    ]
