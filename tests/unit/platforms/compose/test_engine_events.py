"""What befalls the containers of a project stands on the timeline: by the engine's own events, folded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Kind
from cockpit.platforms.compose.events import EngineEvent, follow_events, map_event, map_group

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def event(
    action: str, *, ago: float = 60, container: str = "c1", exit_code: str = "", service: str = "api"
) -> EngineEvent:
    return EngineEvent(NOW - timedelta(seconds=ago), "shop", service, container, action, exit_code)


def lines(*events: EngineEvent) -> list[tuple[str, int, bool]]:
    groups = follow_events({}, events, NOW).values()
    return [(map_group(group).summary, group.count, group.changes) for group in groups]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event("die", exit_code="137")], [("api: ended with exit code 137", 1, False)]),
        ([event("oom"), event("die", exit_code="137", ago=59)],
         [("api: out of memory", 1, False), ("api: ended with exit code 137", 1, False)]),
        ([event("die", exit_code="0")], []),  # a migration that is done
        ([event("kill"), event("die", exit_code="143", ago=59), event("stop", ago=59)], [("api: stopped", 1, True)]),
        ([event("kill"), event("die", exit_code="143", ago=59), event("restart", ago=58)],
         [("api: restarted", 1, True)]),
        ([event("kill", ago=600), event("die", exit_code="3")], [("api: ended with exit code 3", 1, False)]),
        ([event("health_status: unhealthy")], [("api: became unhealthy", 1, False)]),
        ([event("health_status: healthy")], []),
        ([event("die", exit_code="1", ago=ago, container=f"c{ago}") for ago in range(1, 50)],
         [("api: ended with exit code 1", 49, False)]),
    ],
)  # fmt: skip
def test_what_is_news_is_one_line_for_a_service_and_a_reason(
    events: list[EngineEvent], expected: list[tuple[str, int, bool]]
) -> None:
    assert lines(*events) == expected


def test_what_goes_on_keeps_its_beginning_and_what_was_quiet_begins_anew() -> None:
    groups = follow_events({}, [event("oom", ago=3_000)], NOW - timedelta(seconds=2_900))
    groups = follow_events(groups, [event("oom", ago=1_500)], NOW - timedelta(seconds=1_400))
    (group,) = groups.values()
    assert (group.first, group.count) == (NOW - timedelta(seconds=3_000), 2)
    (group,) = follow_events(groups, [event("oom", ago=0)], NOW + timedelta(minutes=10)).values()
    assert (group.first, group.count) == (NOW, 1)


def test_the_fact_is_one_of_the_engine() -> None:
    (group,) = follow_events({}, [event("oom")], NOW).values()
    change = map_group(group)
    assert (change.kind, change.detail["workload"]) == (Kind.ENGINE, "shop/api")


SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
ANY = SIMPLE | st.lists(SIMPLE, max_size=2) | st.dictionaries(st.text(max_size=5), SIMPLE, max_size=2)


@given(ANY, ANY, ANY)
def test_no_event_however_odd_raises(seconds: Any, labels: Any, action: Any) -> None:
    raw = {"time": seconds, "Action": action, "Actor": {"ID": labels, "Attributes": labels}}
    mapped = map_event(raw)
    assert mapped is None or follow_events({}, [mapped], NOW) is not None
