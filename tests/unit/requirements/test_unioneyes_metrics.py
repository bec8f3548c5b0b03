"""The second team's targets, each held against what its incidents achieved, and its label for runbooks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cockpit.incident.metrics.statistics import Figure, build_statistics
from cockpit.model.event import Kind
from cockpit.model.incident import Incident, StateChange, Status
from cockpit.model.response import ProcedureRun, Recovery
from tests.unit.incident.drafts import draft, table
from tests.unit.incident.story import Story, at
from tests.unit.requirements.teams import EXAMPLES, plan_of

PLAN = plan_of("unioneyes")


def night(level: str = "SEV-1", *, detected: float = 4, acknowledged: float = 8, resolved: float = 50) -> Incident:
    """One that users felt from minute 0 on."""
    return Incident(
        "i1", "prod", "x", level, Status.RESOLVED, declared=at(5), declared_by="ana", reach_from=at(-10),
        impact_started=at(0), detected=at(detected), acknowledged=at(acknowledged), resolved=at(resolved),
        severities=(StateChange(level, at(5)),),
    )  # fmt: skip


def figure(incident: Incident, short: str) -> Figure:
    found = build_statistics([incident], PLAN, at(600)).figures
    return next(each for each in found if each.short == short)


@pytest.mark.parametrize(
    ("short", "missed", "limit"),
    [
        ("TTD", night(detected=6), 5),
        ("TTA", night(acknowledged=10), 5),
        ("TTR", night(resolved=61), 60),
    ],
)
def test_001_targets_detect_and_acknowledge_in_5_min_and_resolve_sev_1_in_an_hour(
    short: str, missed: Incident, limit: int
) -> None:
    found = figure(night(), short)
    assert found.target is not None
    assert found.target.limit == timedelta(minutes=limit)
    assert (found.met, figure(missed, short).met) == (True, False)


def test_001_targets_the_hour_to_resolve_binds_sev_1_alone() -> None:
    assert figure(night("SEV-2"), "TTR").target is None


def test_001_targets_rto_4_h_and_rpo_6_h_are_held_against_what_recoveries_achieved() -> None:
    incident = replace(night(resolved=246.0), recovery=Recovery("restore", at(6), point=at(-300)))
    time, point = figure(incident, "RTO"), figure(incident, "RPO")
    assert (time.mean, time.met) == (timedelta(hours=4, minutes=1), False)
    assert (point.mean, point.met) == (timedelta(hours=5), True)


def test_001_targets_runbook_usage_100_percent_is_measured_from_runs() -> None:
    without, used = night(), replace(night(), id="i2", ran=(ProcedureRun("r1", "roll back", at(10), at(12)),))
    (usage,) = [each for each in build_statistics([without, used], PLAN, at(600)).shares if each.target is not None]
    assert (usage.percent, usage.met) == (50.0, False)
    (usage,) = [each for each in build_statistics([used], PLAN, at(600)).shares if each.target is not None]
    assert (usage.percent, usage.met) == (100.0, True)


def test_001_targets_backup_success_and_verification_100_percent_are_shown_as_not_measured_here() -> None:
    shown = build_statistics([night()], PLAN, at(600)).unmeasured
    assert [(each.metric, each.text) for each in shown] == [
        ("Backups that succeed", "100 %"),
        ("Backups that were restored to verify them", "100 %"),
    ]


def test_001_feedback_on_a_runbook_is_an_action_item_with_the_label_runbook_improvement() -> None:
    assert "label `runbook-improvement`" in (EXAMPLES / "unioneyes" / "runbooks" / "incident.md").read_text()
    story = Story()
    story.declare(0, severity="SEV-2")
    story.act(Kind.ITEM, 5, subject="a1", text="say how long step 2 takes", owner="ben", label="runbook-improvement")
    text = draft(story, plan=PLAN)
    assert table(text, "items")[0][:4] == ["say how long step 2 takes", "runbook-improvement", "ben", "not said"]
    assert "the type `runbook-improvement` improves a runbook" in text
