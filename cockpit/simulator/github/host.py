"""What a simulated GitHub holds, and how its runs go on with time. Every time is given, in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

JSON = dict[str, Any]
QUEUED_FOR = 3.0  # seconds before a runner takes a run
FIRST_NUMBER = 7_000_000_001


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One run of a workflow. It is queued, then in progress for `lasts` seconds, then ends with `ends`."""

    number: int
    workflow: str  # its file
    created: float
    by: str
    sha: str
    branch: str = "main"
    event: str = "push"
    title: str = ""
    lasts: float = 60.0
    ends: str = "success"
    environment: str = ""  # a deployment goes with it
    inputs: Mapping[str, str] = field(default_factory=dict)

    def status(self, now: float) -> tuple[str, str]:
        """(status, conclusion) as the API says them."""
        if now < self.created + QUEUED_FOR:
            return "queued", ""
        return ("completed", self.ends) if now >= self.ended else ("in_progress", "")

    @property
    def ended(self) -> float:
        return self.created + QUEUED_FOR + self.lasts


@dataclass(frozen=True, slots=True)
class SimulatedRelease:
    """A release and its tag."""

    number: int
    tag: str
    name: str
    published: float
    by: str = "ana"
    prerelease: bool = False


@dataclass(slots=True)
class GithubHost:
    """One repository on one host. `lasts` and `ends`: how runs go that somebody starts, by the workflow's file."""

    repository: str = "acme/shop"
    workflows: Mapping[str, str] = field(default_factory=lambda: {"deploy.yml": "Deploy", "rollback.yml": "Roll back"})
    runs: list[SimulatedRun] = field(default_factory=list)
    releases: list[SimulatedRelease] = field(default_factory=list)
    disabled: frozenset[str] = frozenset()
    lasts: float = 20.0
    ends: Mapping[str, str] = field(default_factory=dict)
    default_branch: str = "main"

    def look(self) -> None:
        """Take in what happened outside of it; here nothing does."""

    def start(self, workflow: str, ref: str, inputs: Mapping[str, str], by: str, now: float) -> SimulatedRun:
        """A run that somebody asked for. It is there at once, as it nearly always is on GitHub."""
        run = SimulatedRun(
            number=max((run.number for run in self.runs), default=FIRST_NUMBER - 1) + 1,
            workflow=workflow,
            created=now,
            by=by,
            sha=self.runs[-1].sha if self.runs else "0" * 40,
            branch=ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
            event="workflow_dispatch",
            title=self.workflows[workflow],
            lasts=self.lasts,
            ends=self.ends.get(workflow, "success"),
            inputs=dict(inputs),
        )
        self.runs.append(run)
        return run

    def cancel(self, number: int, now: float) -> None:
        self.runs = [
            replace(run, ends="cancelled", lasts=max(0.0, now - run.created - QUEUED_FOR))
            if run.number == number and now < run.ended
            else run
            for run in self.runs
        ]


# The shapes of the API.


def format_stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build_user(login: str) -> JSON:
    number = sum(map(ord, login))
    sort = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": number, "node_id": f"U_{number}", "type": sort, "site_admin": False}


def build_repository(host: GithubHost, base: str) -> JSON:
    owner, _, name = host.repository.partition("/")
    return {
        "id": 1,
        "node_id": "R_1",
        "name": name,
        "full_name": host.repository,
        "private": True,
        "owner": build_user(owner),
        "html_url": f"{base}/{host.repository}",
        "default_branch": host.default_branch,
        "archived": False,
        "disabled": False,
        "permissions": {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True},
    }


def build_workflow(host: GithubHost, file: str, base: str) -> JSON:
    number = list(host.workflows).index(file) + 101
    return {
        "id": number,
        "node_id": f"W_{number}",
        "name": host.workflows[file],
        "path": f".github/workflows/{file}",
        "state": "disabled_manually" if file in host.disabled else "active",
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z",
        "html_url": f"{base}/{host.repository}/blob/{host.default_branch}/.github/workflows/{file}",
    }


def build_run(host: GithubHost, run: SimulatedRun, base: str, api: str, now: float) -> JSON:
    status, conclusion = run.status(now)
    workflow = build_workflow(host, run.workflow, base)
    number = [entry.number for entry in host.runs if entry.workflow == run.workflow].index(run.number) + 1
    updated = run.ended if status == "completed" else run.created + (QUEUED_FOR if status != "queued" else 0)
    address = f"{api}/repos/{host.repository}/actions/runs/{run.number}"
    title = run.title or f"Merge pull request #{run.number % 1000}"
    return {
        "id": run.number,
        "name": workflow["name"],
        "node_id": f"WFR_{run.number}",
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": workflow["path"],
        "display_title": title,
        "run_number": number,
        "event": run.event,
        "status": status,
        "conclusion": conclusion or None,
        "workflow_id": workflow["id"],
        "check_suite_id": run.number,
        "url": address,
        "html_url": f"{base}/{host.repository}/actions/runs/{run.number}",
        "pull_requests": [],
        "created_at": format_stamp(run.created),
        "updated_at": format_stamp(updated),
        "actor": build_user(run.by),
        "run_attempt": 1,
        "run_started_at": format_stamp(run.created),
        "triggering_actor": build_user(run.by),
        "jobs_url": f"{address}/jobs",
        "logs_url": f"{address}/logs",
        "cancel_url": f"{address}/cancel",
        "rerun_url": f"{address}/rerun",
        "workflow_url": f"{api}/repos/{host.repository}/actions/workflows/{workflow['id']}",
        "head_commit": {"id": run.sha, "message": title, "timestamp": format_stamp(run.created),
                        "author": {"name": run.by, "email": f"{run.by}@example.com"}},
        "repository": build_repository(host, base),
        "head_repository": build_repository(host, base),
    }  # fmt: skip


STEPS = ("Set up job", "Check out", "Build", "Deploy", "Complete job")


def build_job(host: GithubHost, run: SimulatedRun, base: str, now: float) -> JSON:
    """The one job of a run; its steps take equal parts of the time, and a failure is that of `Deploy`."""
    status, conclusion = run.status(now)
    begun = run.created + QUEUED_FOR
    part = run.lasts / len(STEPS)
    steps = []
    for index, name in enumerate(STEPS):
        done = status == "completed" or now >= begun + part * (index + 1)
        running = status == "in_progress" and begun + part * index <= now < begun + part * (index + 1)
        ends = "success"
        if conclusion == "failure" and name == "Deploy":
            ends = "failure"
        steps.append(
            {
                "name": name,
                "status": "completed" if done else "in_progress" if running else "queued",
                "conclusion": ends if done else None,
                "number": index + 1,
                "started_at": format_stamp(begun + part * index),
                "completed_at": format_stamp(begun + part * (index + 1)) if done else None,
            }
        )
    return {
        "id": run.number * 10,
        "run_id": run.number,
        "workflow_name": host.workflows[run.workflow],
        "head_branch": run.branch,
        "run_attempt": 1,
        "node_id": f"CR_{run.number}",
        "head_sha": run.sha,
        "html_url": f"{base}/{host.repository}/actions/runs/{run.number}/job/{run.number * 10}",
        "status": status,
        "conclusion": conclusion or None,
        "created_at": format_stamp(run.created),
        "started_at": format_stamp(begun),
        "completed_at": format_stamp(run.ended) if status == "completed" else None,
        "name": "deploy",
        "steps": steps,
        "labels": ["ubuntu-latest"],
        "runner_name": "runner-1",
    }


def build_deployment(host: GithubHost, run: SimulatedRun, base: str, api: str, now: float) -> JSON:
    number = run.number - FIRST_NUMBER + 90_001
    address = f"{api}/repos/{host.repository}/deployments/{number}"
    return {
        "url": address,
        "id": number,
        "node_id": f"DE_{number}",
        "task": "deploy",
        "original_environment": run.environment,
        "environment": run.environment,
        "description": None,
        "created_at": format_stamp(run.created + QUEUED_FOR),
        "updated_at": format_stamp(run.ended if now >= run.ended else run.created + QUEUED_FOR),
        "statuses_url": f"{address}/statuses",
        "creator": build_user(run.by),
        "sha": run.sha,
        "ref": run.branch,
        "payload": {},
        "transient_environment": False,
        "production_environment": run.environment == "production",
    }


def build_deployment_statuses(host: GithubHost, run: SimulatedRun, base: str, now: float) -> list[JSON]:
    """Newest first."""
    states = [("in_progress", run.created + QUEUED_FOR)]
    if now >= run.ended:
        states.insert(0, ("success" if run.ends == "success" else "failure", run.ended))
    link = f"{base}/{host.repository}/actions/runs/{run.number}/job/{run.number * 10}"
    return [
        {
            "id": run.number * 100 + index,
            "state": state,
            "creator": build_user("github-actions[bot]"),
            "description": "",
            "environment": run.environment,
            "target_url": link,
            "log_url": link,
            "created_at": format_stamp(at),
            "updated_at": format_stamp(at),
        }
        for index, (state, at) in enumerate(states)
    ]


def build_release(host: GithubHost, release: SimulatedRelease, base: str) -> JSON:
    return {
        "id": release.number,
        "node_id": f"RE_{release.number}",
        "tag_name": release.tag,
        "target_commitish": host.default_branch,
        "name": release.name,
        "draft": False,
        "prerelease": release.prerelease,
        "created_at": format_stamp(release.published),
        "published_at": format_stamp(release.published),
        "author": build_user(release.by),
        "html_url": f"{base}/{host.repository}/releases/tag/{release.tag}",
        "assets": [],
        "body": "",
    }
