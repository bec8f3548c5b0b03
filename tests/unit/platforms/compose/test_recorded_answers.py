"""What a real Docker Engine 20.10 answered of a project of docker-compose 1.29, read as pane 3 reads it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.platforms.compose.mapping import (
    EngineAnswers,
    ImageReference,
    find_active_side,
    map_applications,
    name_application,
    name_sides,
    read_image_reference,
)
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.platforms.compose.tables import describe_age, format_container_rows

RECORDED = json.loads((Path(__file__).parent / "recorded" / "docker-20.10.json").read_text("utf-8"))


def answers() -> EngineAnswers:
    return EngineAnswers(RECORDED["containers"], RECORDED["inspections"], RECORDED["images"])


def test_a_real_project_reads_as_its_services() -> None:
    applications = {app.name: app for app in map_applications(answers(), ComposeSettings(), environment="prod")}
    assert sorted(applications) == ["api", "worker"]
    api, worker = applications["api"], applications["worker"]
    assert [revision.name for revision in api.revisions] == ["1.44.0", "1.43.0", "1.42.0"]
    assert judge_revision(api.revisions[0]).condition is RevisionCondition.ILL  # its health check fails
    assert judge_revision(worker.revisions[0]).condition is RevisionCondition.ILL
    assert "exit code 3" in worker.revisions[0].running_details
    assert worker.revisions[0].replicas is not None
    assert worker.revisions[0].replicas[0].restarts > 0
    assert dict(api.values)["compose-files"] == "/srv/shop/docker-compose.yml"


def test_a_real_list_without_inspections_is_no_worse_than_late() -> None:
    """The containers went between the list and the question."""
    (api, worker) = map_applications(EngineAnswers(RECORDED["containers"]), ComposeSettings(), environment="prod")
    assert judge_revision(api.revisions[0]).condition is RevisionCondition.ILL
    assert judge_revision(worker.revisions[0]).condition is RevisionCondition.ILL


def test_a_real_list_prints_as_docker_printed_it() -> None:
    printed = format_container_rows(RECORDED["containers"], datetime(2026, 11, 29, 23, 0, tzinfo=UTC))
    assert printed.splitlines()[0].split() == [
        "CONTAINER",
        "ID",
        "IMAGE",
        "COMMAND",
        "CREATED",
        "STATUS",
        "PORTS",
        "NAMES",
    ]
    assert "shop_api_1" in printed


odd = st.sampled_from(
    [None, True, 10**30, -5, 3.5, float("inf"), "", "x", "running", "a:b", [], ["a:b"], [7], {}, {"Log": 7}]
)
KEYS = (
    "Id",
    "Names",
    "Image",
    "ImageID",
    "State",
    "Status",
    "Created",
    "RestartCount",
    "Config",
    "RepoTags",
    "RepoDigests",
)
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, odd))


@given(objects, objects, objects)
def test_whatever_an_engine_answers_nothing_raises(
    raw: dict[str, Any], more: dict[str, Any], image: dict[str, Any]
) -> None:
    raw["Labels"] = {"com.docker.compose.project": "p", "com.docker.compose.service": "s"}
    answered = EngineAnswers([raw], {str(raw.get("Id")): more}, [image])
    (app,) = map_applications(answered, ComposeSettings(), environment="prod")
    serving = [item for item in app.revisions if judge_revision(item).condition is RevisionCondition.SERVING]
    assert not serving or raw.get("State") == "running"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ghcr.io/acme/app:1.44.0", ("ghcr.io/acme/app", "1.44.0", "")),
        ("localhost:5000/app", ("localhost:5000/app", "", "")),
        ("app@sha256:abcdef0123456789", ("app", "", "sha256:abcdef0123456789")),
        ("app:1.0@sha256:abcdef0123456789", ("app", "1.0", "sha256:abcdef0123456789")),
        ("sha256:abcdef0123456789", ("", "", "sha256:abcdef0123456789")),
        ("abcdef012345", ("", "", "abcdef012345")),
        ("", ("", "", "")),
    ],
)
def test_references_are_cut_as_docker_cuts_them(text: str, parts: tuple[str, str, str]) -> None:
    reference = read_image_reference(text)
    assert (reference.repository, reference.tag, reference.digest) == parts


@pytest.mark.parametrize(
    ("sides", "labels", "name"),
    [
        (("app-blue", "app-green"), ("blue", "green"), "app"),
        (("blue/app", "green/app"), ("blue", "green"), "app"),
        (("shop-blue/web", "shop-green/web"), ("blue", "green"), "web"),
        (("a", "b"), ("a", "b"), "app"),
    ],
)
def test_sides_are_called_by_what_tells_them_apart(sides: tuple[str, ...], labels: tuple[str, ...], name: str) -> None:
    assert (name_sides(sides), name_application(sides)) == (labels, name)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("green", "app-green"),
        ("app-blue", "app-blue"),
        ("bluegreen", ""),
        ("app-blue app-green", ""),
        ("evergreen", ""),
    ],
)
def test_only_a_whole_name_of_one_side_counts(text: str, side: str) -> None:
    assert find_active_side(text, ("app-blue", "app-green"), ("blue", "green")) == side


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (61, "About a minute"), (3_599, "59 minutes"),
     (3_600, "About an hour"), (7_300, "2 hours"), (100_000, "28 hours"), (200_000, "2 days"), (2_000_000, "3 weeks"),
     (9_000_000, "3 months"), (99_000_000, "3 years")],
)  # fmt: skip
def test_ages_are_written_as_docker_writes_them(seconds: int, words: str) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    assert describe_age(now, int(now.timestamp()) - seconds) == words


def test_with_many_services_no_image_is_looked_at_for_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 containers and as many images are read in a moment, not in their product."""
    count, looks = 60, 0

    def look(text: str) -> ImageReference:
        nonlocal looks
        looks += 1
        return read_image_reference(text)

    monkeypatch.setattr("cockpit.platforms.compose.mapping.read_image_reference", look)
    containers = [
        {
            "Id": f"{number:064}",
            "Image": f"example.com/app{number}:1",
            "ImageID": f"sha256:{number:064}",
            "State": "running",
            "Labels": {"com.docker.compose.project": "p", "com.docker.compose.service": f"s{number}"},
        }
        for number in range(count)
    ]
    images = [{"Id": f"sha256:{number:064}", "RepoTags": [f"example.com/app{number}:1"]} for number in range(count)]
    answered = EngineAnswers(containers, images=images)
    assert len(map_applications(answered, ComposeSettings(), environment="prod")) == count
    assert looks < 10 * count
