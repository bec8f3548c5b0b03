"""The services of an engine as pane 3 shows them, and what it says when they cannot be read."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit.model.event import Event, Kind
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import FeedState, compute_freshness
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.simulator.faults import Fault
from tests.integration.platforms.compose.engine_stage import DAY, EngineStage, write_compose_file
from tests.integration.platforms.turned_clock import T0

APP = "registry.example.com/app"


async def test_a_service_shows_the_image_it_runs_and_those_that_the_engine_still_has(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.43.0", age=3 * DAY)
    stage.image(f"{APP}:1.44.0", age=DAY)
    stage.image("registry.example.com/other:1.0.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle()
    service = (await stage.read())["api"]
    assert [(item.name, item.active, item.weight) for item in service.revisions] == [
        ("1.44.0", True, 100),
        ("1.43.0", False, 0),
    ]
    current = service.revisions[0]
    assert judge_revision(current).condition is RevisionCondition.SERVING
    assert current.replicas is not None
    assert [(replica.name, replica.state) for replica in current.replicas] == [("shop_api_1", "running (healthy)")]
    image = stage.engine.find_image(f"{APP}:1.44.0")
    assert current.labels == (f"id {image.identifier[7:14]}", f"digest {image.digest.rpartition('@')[2]}")
    assert service.location == "docker on web-1"
    assert dict(service.values)["version-variable"] == "APP_VERSION"
    assert dict(service.values)["compose-files"] == str(stage.folder / "docker-compose.yml")


async def test_a_health_check_that_fails_is_reported_with_its_output(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", sick_since=0.0)
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(30)
    current = (await stage.read())["api"].revisions[0]
    assert judge_revision(current).condition is RevisionCondition.ILL
    assert "503 Service Unavailable" in current.running_details


async def test_a_process_that_ends_again_and_again_says_its_exit_code_and_how_often(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", exit_code=3, health_check=False)
    stage.run("api", f"{APP}:1.44.0", restart="always")
    stage.settle(600)
    current = (await stage.read())["api"].revisions[0]
    assert judge_revision(current).condition is RevisionCondition.ILL
    assert "exit code 3" in current.running_details
    assert current.replicas is not None
    assert current.replicas[0].restarts > 3


async def test_a_container_that_never_becomes_healthy_is_starting_and_never_green(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", ready_after=10_000)
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(60)
    current = (await stage.read())["api"].revisions[0]
    assert judge_revision(current).condition is RevisionCondition.STARTING


async def test_a_migration_that_is_done_is_neither_ill_nor_working(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", exit_code=0, health_check=False)
    stage.run("migrate", f"{APP}:1.44.0", restart="no")
    stage.settle(60)
    service = (await stage.read())["migrate"]
    assert service.working == ()
    assert judge_revision(service.revisions[0]).condition is RevisionCondition.INACTIVE


async def test_containers_of_two_images_share_the_traffic_by_how_many_are_ready(stage: EngineStage) -> None:
    for tag in ("1.43.0", "1.44.0"):
        stage.image(f"{APP}:{tag}")
    for number, tag in enumerate(("1.43.0", "1.43.0", "1.44.0"), 1):
        stage.run("api", f"{APP}:{tag}", number=number)
    stage.settle()
    service = (await stage.read())["api"]
    assert {item.name: item.weight for item in service.revisions} == {"1.43.0": 67, "1.44.0": 33}


async def test_a_moving_tag_is_distinguished_by_the_id_of_its_image(stage: EngineStage) -> None:
    older = stage.image(f"{APP}:latest", age=5 * DAY)
    newer = stage.image(f"{APP}:latest", age=DAY)
    stage.run("api", f"{APP}:latest")
    stage.settle()
    service = (await stage.read())["api"]
    names = [item.name for item in service.revisions]
    assert names == [f"latest@{newer.identifier[7:14]}", f"@{older.identifier[7:14]}"]


async def test_an_image_that_the_engine_lost_is_known_from_the_timeline(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle()
    event = make_event("api/1.42.0", image=f"{APP}:1.42.0", created="2026-11-01T10:00:00Z")
    platform = stage.platform(events=[event])
    reading = await platform.build_feed().poll()
    assert reading.value is not None
    gone = next(item for item in reading.value[0].revisions if item.name == "1.42.0")
    assert (gone.image, gone.active, gone.provisioning_error) == (f"{APP}:1.42.0", False, "")
    assert "not on this engine" in gone.running_details


async def test_a_moving_tag_that_is_gone_cannot_be_gone_back_to(stage: EngineStage) -> None:
    stage.image(f"{APP}:latest")
    stage.run("api", f"{APP}:latest")
    event = make_event("api/latest@0123456", image=f"{APP}:latest", created="")
    reading = await stage.platform(events=[event]).build_feed().poll()
    assert reading.value is not None
    assert next(item for item in reading.value[0].revisions if item.name == "latest@0123456").provisioning_error


async def test_several_projects_are_named_and_a_wrong_name_lists_what_is_there(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0", project="staging")
    assert sorted(await stage.read()) == ["shop/api", "staging/api"]
    assert sorted(await stage.read(projects=("shop",))) == ["api"]
    reading = await stage.look(projects=("shp",))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.MISSING
    assert "shop/api" in reading.problem.message


async def test_a_configured_service_without_a_container_is_reported_beside_the_others(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    reading = await stage.look(services=("api", "worker"))
    assert reading.value is not None
    assert reading.problem is not None
    assert "worker" in reading.problem.message


async def test_nothing_is_configured_and_nothing_is_imported(stage: EngineStage) -> None:
    """`run --rm` by hand is nobody's service."""
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0", number=2, labels={"com.docker.compose.oneoff": "True"})
    replicas = (await stage.read())["api"].revisions[0].replicas
    assert replicas is not None
    assert len(replicas) == 1


# Faults


async def test_a_socket_without_rights_says_whom_to_ask(stage: EngineStage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("anyio.connect_unix", refuse)
    reading = await stage.look()
    assert reading.problem is not None
    assert reading.problem.code == "socket-forbidden"
    assert "group docker" in reading.problem.advice


async def test_no_socket_at_all_asks_whether_docker_runs(stage: EngineStage) -> None:
    reading = await stage.look(host="unix:///nowhere/docker.sock")
    assert reading.problem is not None
    assert reading.problem.code == "no-engine"


async def test_a_page_of_a_proxy_is_no_engine(stage: EngineStage) -> None:
    stage.api.faults.arm(Fault(match="GET /_ping", times=None, status=200, body="<html>sign in</html>"))
    reading = await stage.look()
    assert reading.problem is not None
    assert reading.problem.code == "not-an-engine"


async def test_an_engine_that_hangs_keeps_what_was_seen_and_its_age(
    stage: EngineStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    feed = stage.platform().build_feed()
    good = await feed.poll()
    monkeypatch.setattr("cockpit.platforms.compose.engine.DEADLINE", 0.05)
    stage.api.faults.arm(Fault(match="GET /v1.41/containers/json", times=None, status=504, delay=0.0))
    stage.clock.turn(600)
    bad = await feed.poll()
    assert bad.problem is not None
    assert bad.problem.kind is ProblemKind.SERVER
    kept = replace(bad, value=good.value, seen=good.seen, at=good.at)
    assert compute_freshness(kept, stage.clock.monotonic()).state is FeedState.BLIND


async def test_a_question_that_is_never_answered_ends_by_itself(
    stage: EngineStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = stage.platform()
    await platform.client.get("/info")
    monkeypatch.setattr(stage.clock, "sleep", hang)
    stage.api.faults.arm(Fault(match="GET /v1.41/info", status=200, delay=60, times=None))
    with pytest.raises(Exception, match="not answer"):
        await platform.client._send(await platform.client._connect(), "GET", "/v1.41/info", None, 0.05)


async def hang(seconds: float) -> None:
    import asyncio

    await asyncio.Event().wait()


async def test_images_that_may_not_be_listed_leave_the_services_to_be_seen(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.api.faults.arm(Fault(match="/images/json", times=None, status=403, body={"message": "not for you"}))
    reading = await stage.look()
    assert reading.value is not None
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.FORBIDDEN


PAGE = "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>"


@pytest.mark.parametrize(
    ("match", "asked"),
    [
        ("GET .*/containers/json", "GET /containers/json"),
        ("GET .*/containers/[0-9a-f]+/json", "GET /containers/*/json"),
        ("GET .*/images/json", "GET /images/json"),
    ],
)
async def test_what_a_socket_proxy_does_not_let_through_is_named_and_its_page_is_no_other_server(
    stage: EngineStage, match: str, asked: str
) -> None:
    """A proxy before the socket refuses with a page."""
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.api.faults.arm(Fault(match=match, times=None, status=403, body=PAGE))
    problem = (await stage.look()).problem
    assert problem is not None
    assert (problem.kind, problem.facts) == (ProblemKind.FORBIDDEN, {"asked": asked})


async def test_a_socket_proxy_that_hides_the_engines_name_hides_nothing_else(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.api.faults.arm(Fault(match="GET .*/info", times=None, status=403, body=PAGE))
    reading = await stage.look()
    assert reading.problem is None
    assert reading.value is not None


async def test_a_page_before_any_engine_answered_is_another_server(stage: EngineStage) -> None:
    stage.api.faults.arm(Fault(match="_ping", times=None, status=403, body=PAGE))
    problem = (await stage.look()).problem
    assert problem is not None
    assert problem.code == "not-an-engine"


async def test_an_old_engine_is_spoken_to_in_its_own_version(
    stage: EngineStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    monkeypatch.setattr("cockpit.simulator.docker.api.NEWEST", (1, 30))
    assert list(await stage.read()) == ["api"]
    assert all(path.startswith(("/v1.30/", "/_ping")) for _, path in stage.api.requests)


async def test_what_befalls_a_container_is_read_from_the_engines_own_events(stage: EngineStage) -> None:
    stage.image("registry.example.com/shop:1.43.0")
    stage.run("api", "registry.example.com/shop:1.43.0")
    stage.settle()
    platform = stage.platform()
    (feed,) = platform.build_change_feeds()
    assert not (await feed.poll()).value
    container = next(iter(stage.engine.containers.values()))
    stage.engine.record("die", container, exitCode="137")
    stage.settle(5)
    changes = (await feed.poll()).value or ()
    assert [change.summary for change in changes] == ["api: ended with exit code 137"]
    assert (await feed.poll()).value == changes  # told once: its state is the same


async def test_a_container_that_stayed_as_it_was_is_inspected_once(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(7_200)
    feed = stage.platform().build_feed()
    await feed.poll()
    await feed.poll()
    assert sum(path.endswith("/json") and "/containers/" in path for _, path in stage.api.requests) == 1


async def test_the_compose_file_may_be_elsewhere_or_no_compose_file(stage: EngineStage, tmp_path: Path) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    (stage.folder / "docker-compose.yml").write_text("services: [")
    assert dict((await stage.read())["api"].values)["version-variable"] == ""
    elsewhere = tmp_path / "checkout"
    elsewhere.mkdir()
    write_compose_file(elsewhere, {"api": f"{APP}:$TAG"})
    values = dict((await stage.read(folder=str(elsewhere)))["api"].values)
    assert (values["version-variable"], values["folder"]) == ("TAG", str(elsewhere))


def make_event(subject: str, **detail: object) -> Event:
    return Event(
        id=1,
        incident=None,
        environment="prod",
        subject=subject,
        occurred=T0 - timedelta(days=3),
        recorded=T0 - timedelta(days=3),
        kind=Kind.REVISION,
        source="recorder",
        actor="",
        summary="created",
        detail={"what": "created", **detail},
        supersedes=None,
        v=1,
        hash="",
    )
