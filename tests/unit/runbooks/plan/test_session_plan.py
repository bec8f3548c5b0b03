"""An opened system goes by the plan of its documents: its desk, its severity scale, and again when they changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit.build_session import build_session
from cockpit.config import default_system
from cockpit.model.clock import ClockKind
from cockpit.session import Session

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
