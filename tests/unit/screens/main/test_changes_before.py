"""What preceded an alert, as one key tells it: newest first, with links, and whether the cloud itself has an outage."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.conditions import parse_condition
from cockpit.model.event import Draft, Kind
from cockpit.model.probe import Probe, ProbeResult, ProbeState
from cockpit.timeline.timeline import Timeline
from screens.main.key_handlers import describe_probe_settings, read_changes_before
from tests.unit.feeds.fake_time import FakeTime
from widgets.facts import Viewer, list_facts

FIRED = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
ALERT = Alert("am", "f1", "5xxHigh", Severity.HIGH, AlertState.FIRING, FIRED, "prod")


def draft(kind: Kind, minutes: float, summary: str, subject: str, **detail: Any) -> Draft:
    """A fact that occurred so many minutes before the alert."""
    occurred = FIRED - timedelta(minutes=minutes)
    return Draft(kind, summary, occurred, "prod", subject, source="recorder", detail={"changes": True, **detail})


@pytest.fixture
def tell(tmp_path: Path) -> Any:
    """The facts that are shown for a timeline of these drafts."""

    def facts(*drafts: Draft, silent: Sequence[str] = ()) -> list[tuple[str, str]]:
        timeline = Timeline(tmp_path / "timeline.db", time=FakeTime())
        try:
            timeline.record(drafts)
            session = SimpleNamespace(timeline=timeline, environment=SimpleNamespace(name="prod"), time=FakeTime())
            return read_changes_before(session, ALERT, silent, UTC)  # type: ignore[arg-type]
        finally:
            timeline.close()

    return facts


def test_the_details_of_a_probe_tell_what_must_hold_and_how_often_it_is_asked() -> None:
    must, degraded = parse_condition("[STATUS] == 200"), parse_condition("[RESPONSE_TIME] < 2s")
    ready = Probe("ready", "prod", "https://x", conditions=(must,), degraded=(degraded,), runbook="ops#ready")
    session = SimpleNamespace(environment=SimpleNamespace(probes=(ready,)))
    assert describe_probe_settings(session, "ready") == [  # type: ignore[arg-type]
        ("must hold", "[STATUS] == 200"),
        ("or degraded", "[RESPONSE_TIME] < 2s"),
        ("asked", "every 15s, down after 2 failures in a row"),
    ]


def test_the_details_of_a_probe_name_nothing_twice() -> None:
    ready = Probe("ready", "prod", "https://x", runbook="ops#ready")
    session = SimpleNamespace(environment=SimpleNamespace(probes=(ready,)))
    result = ProbeResult("ready", "prod", "https://x", ProbeState.DOWN, since=FIRED, runbook="ops#ready")
    facts = [*list_facts(result, Viewer(FIRED, UTC)), *describe_probe_settings(session, "ready")]  # type: ignore[arg-type]
    labels = [label for label, value in facts if label and value]
    assert "procedure" in labels
    assert len(labels) == len(set(labels))


RUN = "github:acme/shop run 7"


def test_the_newest_change_comes_first_with_its_link(tell: Any) -> None:
    facts = tell(
        draft(Kind.CHANGE, 90, "feature flag on", "flags"),
        draft(Kind.WORKFLOW, 3, "Deploy succeeded", RUN, state="success", url="https://github.example.com/run/7"),
    )
    assert facts[1:] == [
        ("workflow", "3m before: Deploy succeeded"),
        ("", "https://github.example.com/run/7"),
        ("change", "1h before: feature flag on"),
    ]


def test_a_run_that_went_through_several_states_is_reported_once(tell: Any) -> None:
    facts = tell(
        draft(Kind.WORKFLOW, 5, "Deploy began", RUN, state="in_progress"),
        draft(Kind.WORKFLOW, 3, "Deploy succeeded", RUN, state="success"),
    )
    assert [label for label, _ in facts] == ["since", "workflow"]


def test_what_came_after_or_long_before_is_not_shown(tell: Any) -> None:
    facts = tell(draft(Kind.CHANGE, -1, "too late", "a"), draft(Kind.CHANGE, 200, "too early", "b"))
    assert [label for label, _ in facts] == ["since", "changed"]


def test_what_changed_nothing_is_not_reported(tell: Any) -> None:
    facts = tell(draft(Kind.WORKFLOW, 3, "Deploy is queued", RUN, state="queued", changes=False))
    assert [label for label, _ in facts] == ["since", "changed"]


def test_an_outage_of_azure_that_goes_on_stands_first(tell: Any) -> None:
    facts = tell(
        draft(Kind.HEALTH, 300, "Azure outage ACTIVE: SQL", "azure:health A", state="active"),
        draft(Kind.HEALTH, 300, "Azure outage ACTIVE: DNS", "azure:health B", state="active"),
        draft(Kind.HEALTH, 200, "Azure outage over: DNS", "azure:health B", state="resolved", changes=False),
    )
    assert facts[1] == ("Azure", "Azure outage ACTIVE: SQL")
    assert not any("DNS" in line for _, line in facts)


def test_a_source_that_is_not_seen_says_that_something_may_be_missing(tell: Any) -> None:
    facts = tell(silent=["github BLIND 401 token refused"])
    assert facts[1][0] == "not seen"
