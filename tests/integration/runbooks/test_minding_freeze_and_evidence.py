"""A frozen environment and evidence that nobody kept are told before each change, wherever it is started from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.cli.run.report import Aloud
from cockpit.model.run import StepState
from cockpit.runbooks.run.notices import NO_LINES_KEPT, EvidenceProcedure, RunNotices, takes_logs
from tests.integration.runbooks.stage import Stage, fence

FROZEN = "prod is frozen since 14:02Z by ana: until green."
NOT_KEPT = "No snapshot was taken in this incident: keep#keep-the-logs preserves the evidence."
COMMANDS = """
# Look
kubectl get pods

# Restart
kubectl rollout restart deploy/web

# Drop it
kubectl delete deploy/web
"""
KEEPING = EvidenceProcedure("keep#keep-the-logs", "keep.md", "keep-the-logs")
KEEP = "# Keep\n\n## Keep the logs\n\n```bash\n# Copy\ncp /dev/null kept\n```\n"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(
        tmp_path,
        options={"notices": RunNotices(lambda: FROZEN, lambda: KEEPING), "incident": lambda: "i1"},
    )
    yield stage
    stage.close()


def notices(stage: Stage) -> list[tuple[str, ...]]:
    """What the three steps say of these two things, whatever else they say."""
    run = stage.start(fence(COMMANDS))
    told = [stage.runner.prepare(run, step).notices for step in (1, 2, 3)]
    return [tuple(each for each in of_step if each in (FROZEN, NOT_KEPT)) for of_step in told]


def test_every_change_says_that_deployments_are_frozen_and_a_danger_that_nothing_was_kept(stage: Stage) -> None:
    look, restart, drop = notices(stage)
    assert look == ()
    assert restart == (FROZEN,)
    assert drop == (FROZEN, NOT_KEPT)


async def test_once_the_evidence_was_kept_in_the_incident_a_danger_is_silent_about_it(stage: Stage) -> None:
    runbook = stage.document(KEEP, "keep.md")
    kept = stage.runner.start(runbook, runbook.procedures[-1], trust=runbook.sha256)
    assert NOT_KEPT not in stage.runner.prepare(kept, 1).notices
    await stage.perform(kept)
    assert notices(stage)[2] == (FROZEN,)


def test_outside_an_incident_there_is_nothing_to_keep(tmp_path: Path) -> None:
    stage = Stage(tmp_path, options={"notices": RunNotices(snapshot=lambda: KEEPING)})
    assert notices(stage)[2] == ()
    stage.close()


DEACTIVATE = "az containerapp revision deactivate -n web -g rg --revision web--v9"


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        (DEACTIVATE, True),
        ("az containerapp revision activate -n web -g rg --revision web--v9", False),
        ("kubectl delete pod web-1 -n prod", True),
        ("kubectl -n prod delete deployment/web", True),
        ("kubectl delete configmap web", False),
        ("kubectl scale deploy/web --replicas=0", True),
        ("kubectl scale deploy/web --replicas=3", False),
        ("docker compose -f prod.yml down", True),
        ("docker compose up -d", False),
    ],
)
def test_what_takes_its_logs_along_is_known(command: str, takes: bool) -> None:
    assert takes_logs(command) is takes


@pytest.mark.parametrize("incident", ["i1", None])
@pytest.mark.parametrize("kept", [True, False])
def test_before_a_revision_is_switched_off_preserve_is_named_until_lines_of_its_logs_were_kept(
    tmp_path: Path, incident: str | None, kept: bool
) -> None:
    """Where the team names no procedure for it; outside an incident there is no record to keep them in."""
    notices = RunNotices(has_kept_lines=lambda incident: kept)
    stage = Stage(tmp_path, options={"notices": notices, "incident": lambda: incident})
    run = stage.start(fence(f"\n# Deactivate the bad revision\n{DEACTIVATE}\n\n# Look\nkubectl get pods\n"))
    assert (NO_LINES_KEPT in stage.runner.prepare(run, 1).notices) is (incident is not None and not kept)
    assert NO_LINES_KEPT not in stage.runner.prepare(run, 2).notices
    stage.close()


def test_the_shell_prints_it_before_the_step(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    run = stage.start(fence(COMMANDS))
    prepared = stage.runner.prepare(run, 2)
    Aloud().begins(prepared.step, prepared)
    assert FROZEN in capsys.readouterr().out


CHECKED = """
# Restart
kubectl rollout restart deploy/web

# Verify
kubectl rollout status deploy/web

# Drop the old one
kubectl delete deploy/old
"""
UNSEEN = "Step 2, Verify, was not run."


async def test_a_danger_says_that_the_verification_above_it_was_not_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    run = stage.start(fence(CHECKED))
    assert UNSEEN in stage.runner.prepare(run, 3).notices
    assert UNSEEN not in stage.runner.prepare(run, 1).notices
    stage.runner.settle(run, 2, StepState.BY_HAND)
    assert UNSEEN not in stage.runner.prepare(run, 3).notices
    stage.close()


def test_in_a_menu_nothing_has_to_be_seen_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    run = stage.start(fence(CHECKED).replace("# Mend", "# Quick reference", 1))
    assert UNSEEN not in stage.runner.prepare(run, 3).notices
    stage.close()


CHECK_OFF = (
    "# Mend it\n\n## Signature\n\n1. Temporarily disable the signature check; it must be re-enabled\n2. Tell the team\n"
)


def test_what_is_turned_off_for_now_is_a_change_to_take_back(tmp_path: Path) -> None:
    begun: list[tuple[str, str]] = []
    notices = RunNotices(begin_temporary=lambda text, incident: begun.append((text, incident)))
    stage = Stage(tmp_path, options={"notices": notices, "incident": lambda: "i1"})
    run = stage.start(CHECK_OFF)
    stage.runner.settle(run, 2, StepState.BY_HAND)
    assert begun == []
    stage.runner.settle(run, 1, StepState.BY_HAND)
    assert begun == [("Temporarily disable the signature check; it must be re-enabled", "i1")]
    stage.close()


REBUILD = """# Mend it

## Rebuild

**Requires**: parameter file in git, `.env.deploy` present

```bash
touch rebuilt
./deploy.sh
```
"""


def test_a_required_file_that_is_not_there_is_named_before_the_change(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    run = stage.start(REBUILD)
    folder = stage.runner.prepare(run, 2).start
    assert f"Required and not in {folder}: .env.deploy." in stage.runner.prepare(run, 2).notices
    (Path(folder) / ".env.deploy").touch()
    assert not any("Required and not" in notice for notice in stage.runner.prepare(run, 2).notices)
    stage.close()
