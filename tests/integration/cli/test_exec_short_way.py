"""`cockpit exec` of a known read of az goes a short way: it must leave what the whole way leaves, to the letter."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from cockpit.cli import cockpit
from cockpit.cli.run import known_read
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, playing

CONFIG = """
data = "{data}"
identity = {{ order = ["simulator"] }}
cloud = {{ endpoint = "{url}", logs_endpoint = "{url}" }}

[environments.prod]
subscription = "{subscription}"
resource_group = "{group}"
apps = ["{app}"]
"""
OF_APP = ("-n", APP, "-g", RESOURCE_GROUP)
BETWEEN = ("--start-time", "2026-02-27T02:00:00Z", "--end-time", "2026-02-27T02:10:00Z")  # now would be another moment
READS = [
    ("account", "show"),
    ("containerapp", "list", "-g", RESOURCE_GROUP, "-o", "table"),
    ("containerapp", "show", *OF_APP, "--query", "properties.latestRevisionName", "-o", "tsv"),
    ("containerapp", "revision", "list", *OF_APP),
    ("containerapp", "revision", "list", *OF_APP, "--all", "--query", "[?properties.active].{name: name}"),
    ("containerapp", "ingress", "traffic", "show", *OF_APP),
    ("containerapp", "replica", "list", *OF_APP),
    ("containerapp", "logs", "show", *OF_APP, "--tail", "5"),
    ("sql", "db", "show", "-g", RESOURCE_GROUP, "-s", f"{APP}-sql", "-n", APP),
    ("monitor", "metrics", "list", "--resource", APP_PATH, "--metric", "Requests", *BETWEEN),
    ("containerapp", "show", "-n", "gone", "-g", RESOURCE_GROUP),
    ("containerapp", "show", *OF_APP, "-o", "tsv", "--query", "a.[0]"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A simulator that stands still, on a loop of its own."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    address: list[str] = []
    stop = asyncio.Event()

    async def serve() -> None:
        async with playing(load_scenario("quiet")) as simulator:
            address.append(simulator.url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    yield address[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


class TypedReads:
    """Types commands on a timeline of its own, by the short way or by the whole one."""

    def __init__(self, folder: Path, url: str, *, short: bool, patch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self.folder, self.short, self.patch = folder, short, patch
        (folder / "cockpit.toml").write_text(
            CONFIG.format(data=folder, url=url, subscription=SUBSCRIPTION, group=RESOURCE_GROUP, app=APP)
        )

    def type(self, *words: str) -> Result:
        with self.patch.context() as patch:
            patch.chdir(self.folder.parent)
            if not self.short:
                patch.setattr(known_read, "run_known_read", lambda *_: None)
            result = CliRunner().invoke(cockpit, ["--config", str(self.folder / "cockpit.toml"), "--as", "ana", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def left(self) -> Any:
        """The events, and every file of the run: without what differs between two runs of one command."""
        events = json.loads(self.type("timeline", "--json").stdout)
        for event in events:
            for name in ("id", "hash", "occurred", "recorded", "late_by"):
                event.pop(name, None)
        files = {
            str(path.relative_to(self.folder)): (path.read_text(), path.stat().st_mode)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith(("timeline", "cockpit.toml"))
        }
        return json.loads(without_differences(json.dumps([events, files])).replace(str(self.folder), "FOLDER"))


def without_differences(text: str) -> str:
    """Without times, lengths and the ids of runs and processes."""
    text = re.sub(r"run-[0-9a-f]{8}", "RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d-[a-z0-9]{3}\b", "INCIDENT", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?", "TIME", text)
    text = re.sub(r'("(?:seconds|pid|started)": )[\d.]+', r"\g<1>0", text)
    return re.sub(r"(?:after |\()\d+\.\d ?s", "LENGTH", text)


@pytest.fixture
def ways(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[TypedReads, TypedReads]:
    short = TypedReads(tmp_path / "short", url, short=True, patch=monkeypatch)
    return short, TypedReads(tmp_path / "whole", url, short=False, patch=monkeypatch)


def test_it_is_taken(ways: tuple[TypedReads, TypedReads], monkeypatch: pytest.MonkeyPatch) -> None:
    short, _ = ways
    monkeypatch.setitem(__import__("sys").modules, "cockpit.cli.run.typed_command", None)  # the whole way is shut
    result = short.type("exec", "--", "az", "account", "show")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("words", READS, ids=lambda words: " ".join(words[:3]))
def test_both_ways_print_and_leave_the_same(ways: tuple[TypedReads, TypedReads], words: tuple[str, ...]) -> None:
    results = [way.type("exec", "--", "az", *words) for way in ways]
    assert results[0].exit_code == results[1].exit_code
    assert results[0].stdout == results[1].stdout
    assert without_differences(results[0].stderr) == without_differences(results[1].stderr)
    short, whole = (way.left() for way in ways)
    assert whole == short


def test_a_line_for_bash_is_kept_as_it_was_typed(ways: tuple[TypedReads, TypedReads]) -> None:
    line = f"az containerapp show -n {APP}  -g {RESOURCE_GROUP} -o tsv"
    assert [way.type("exec", "--", line).exit_code for way in ways] == [0, 0]
    assert ways[0].left() == ways[1].left()


@pytest.mark.parametrize("words", [("account", "show"), ("containerapp", "show", "-n", "gone", "-g", RESOURCE_GROUP)])
def test_the_json_is_the_same(ways: tuple[TypedReads, TypedReads], words: tuple[str, ...]) -> None:
    short, whole = (way.type("exec", "--json", "--", "az", *words).stdout for way in ways)
    assert json.loads(short)["run"] is not None
    short, whole = (
        without_differences(text.replace(str(way.folder), "")) for text, way in zip((short, whole), ways, strict=True)
    )
    assert whole == short


@pytest.mark.parametrize("options", [(), ("--incident", "none")])
@pytest.mark.parametrize("declared", [1, 2])
def test_it_belongs_to_the_incident_that_it_belongs_to_by_the_whole_way(
    ways: tuple[TypedReads, TypedReads], declared: int, options: tuple[str, ...]
) -> None:
    exits = []
    for way in ways:
        for number in range(declared):
            assert way.type("declare", f"outage {number}", "--severity", "p2").exit_code == 0
        result = way.type("exec", *options, "--", "az", "account", "show")
        exits.append((result.exit_code, without_differences(result.stderr)))
    assert exits[0] == exits[1]
    assert ways[0].left() == ways[1].left()


def test_a_gateway_that_stumbles_once_is_asked_again_by_the_pool(ways: tuple[TypedReads, TypedReads], url: str) -> None:
    fault = {"match": "GET /subscriptions", "status": 503, "times": 1}
    assert httpx.post(f"{url}/simulator/faults", json=fault, trust_env=False).is_success
    assert ways[0].type("exec", "--", "az", "account", "show").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("az", "account", "show", "--query", "$HOME"),
        ("az", "account", "show", "--query", "a<b"),
        ("az account show | jq .id",),
        ("az account show > file",),
        ("az account  show --query 'id'",),
        ("az", "account", "show", "caf\u00e9"),
        ("az", "account", "show", "a\nb"),
    ],
)
def test_what_a_shell_might_read_otherwise_goes_the_whole_way(words: tuple[str, ...]) -> None:
    assert known_read.split_plain_words(words) is None
