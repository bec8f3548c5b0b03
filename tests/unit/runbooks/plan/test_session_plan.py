"""An opened system goes by the plan of its documents: its desk, its severity scale, and again when they changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cockpit.build_session import build_session
from cockpit.config import default_system
from cockpit.connections import build_feeds
from cockpit.feeds.polling import Feed
from cockpit.model.clock import ClockKind
from cockpit.model.event import Draft, Kind
from cockpit.model.time import RealTime
from cockpit.session import Session
from cockpit.timeline.timeline import Timeline

SEVERITY_SCALE = (
    "| Level | Definition | Response |\n|---|---|---|\n| SEV-1 | Down | update every {} min |\n| SEV-2 | Slow | - |\n"
)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "oncall.md"
    file.write_text(SEVERITY_SCALE.format(10))
    return file


@pytest.fixture
def session(document: Path, tmp_path: Path) -> Iterator[Session]:
    system = replace(default_system(), runbooks=(str(document),), data=str(tmp_path))
    opened = build_session(system, system.environments[0], tmp_path / "timeline.db", operator="ana")
    yield opened
    opened.close()


def interval(session: Session) -> timedelta:
    return next(
        each.after for each in session.incident_actions.plan.rules_for("SEV-1") if each.kind is ClockKind.UPDATE
    )


def test_everything_in_it_knows_the_ladder_of_the_documents(session: Session) -> None:
    names = ["SEV-1", "SEV-2"]
    for severity_scale in (
        session.plan.severity_scale,
        session.system.severity_scale,
        session.incident_actions.severity_scale,
        session.incident_actions.plan.severity_scale,
    ):
        assert [each.name for each in severity_scale] == names


def test_read_again_the_desk_goes_by_what_the_documents_say_now(session: Session, document: Path) -> None:
    assert interval(session) == timedelta(minutes=10)
    document.write_text(SEVERITY_SCALE.format(20))
    assert interval(session) == timedelta(minutes=10)
    assert session.read_again() is session.plan
    assert interval(session) == timedelta(minutes=20)


def test_a_document_that_vanished_is_no_document_of_the_plan_any_more(session: Session, document: Path) -> None:
    document.unlink()
    assert "oncall.md" not in session.read_again().documents
    assert session.plan.severity_scale == session.system.severity_scale
    assert interval(session) == timedelta(minutes=10)
    lost, other = session.plan.problems
    assert "is not there" in lost.message
    assert "other severities" in other.message


def test_an_event_written_while_it_is_opened_is_known_or_delivered(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds are built after the ledger was read, and a second cockpit goes on writing meanwhile."""
    file = tmp_path / "timeline.db"

    def write_meanwhile(*arguments: Any, **options: Any) -> Sequence[Feed]:
        freeze = Draft(Kind.FREEZE, "frozen", RealTime().now(), environment.name, actor="ben", detail={"on": True})
        with Timeline(file, time=RealTime()) as timeline:
            timeline.record([freeze])
        return build_feeds(*arguments, **options)

    monkeypatch.setattr("cockpit.build_session.build_feeds", write_meanwhile)
    system = replace(default_system(), runbooks=(str(document),), data=str(tmp_path))
    environment = system.environments[0]
    opened = build_session(system, environment, file, operator="ana")
    try:
        for event in opened.timeline.events(after=opened.since):
            opened.ledger.apply(event)
        assert opened.ledger.freeze(environment.name) is not None
    finally:
        opened.close()
