"""What GitHub tells of the configured repositories: runs of workflows and deployments, as facts for the timeline."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cockpit.feeds.polling import join_changes
from cockpit.model.event import Kind, OutsideChange
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text
from cockpit.model.time import Time, format_duration
from cockpit.platforms.github.client import GithubClient

Raw = Mapping[str, Any]
LOOKBACK = timedelta(hours=6)  # older runs are no news for a timeline that begins now
RUNS, DEPLOYMENTS = 40, 20  # of a repository in one look
UNRELATED_EVENTS = frozenset(
    {
        *("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "merge_group"),
        *(
            "issues",
            "issue_comment",
            "discussion",
            "discussion_comment",
            "label",
            "milestone",
            "watch",
            "fork",
            "dynamic",
        ),
    }
)
"""What starts runs that change nothing where people are served."""

FINISHED_DEPLOYMENTS = frozenset({"success", "failure", "error", "inactive"})
GOOD, BAD = frozenset({"success"}), frozenset({"failure", "error", "timed_out", "startup_failure"})
OUTCOMES = {
    "success": "succeeded",
    "failure": "FAILED",
    "error": "FAILED",
    "timed_out": "FAILED: timed out",
    "startup_failure": "FAILED to start",
    "cancelled": "was cancelled",
    "action_required": "waits for a person",
    "skipped": "was skipped",
    "neutral": "ended",
    "stale": "went stale",
}
STANDINGS = {
    "queued": "is queued",
    "in_progress": "began",
    "waiting": "waits for approval",
    "pending": "waits",
    "requested": "was requested",
}


class GithubWatch:
    """Looks at every repository; what of a deployment is settled is not asked again."""

    def __init__(self, client: GithubClient, time: Time) -> None:
        self._client, self._time = client, time
        self._settled: dict[str, OutsideChange] = {}  # deployments that reached their end, by key

    async def read(self) -> tuple[OutsideChange, ...]:
        """Newest last. Raises SourceError; IncompleteError where one of several repositories does not answer."""
        settings = self._client.settings
        results = await asyncio.gather(
            *(self._read_repository(repository) for repository in settings.repositories), return_exceptions=True
        )
        return join_changes(results)

    async def _read_repository(self, repository: str) -> list[OutsideChange]:
        runs, deployments = await asyncio.gather(self._read_runs(repository), self._read_deployments(repository))
        return [*runs, *deployments]

    async def _read_runs(self, repository: str) -> list[OutsideChange]:
        since = self._time.now() - LOOKBACK
        answer = await self._client.get(f"repos/{repository}/actions/runs", {"per_page": str(RUNS)})
        raws = list_mappings(_must_be_list(dig_value(answer, "workflow_runs"), "workflow_runs"))
        changes = [map_run(raw, repository) for raw in raws if _is_watched(raw, self._client.settings.workflows)]
        return [change for change in changes if change is not None and change.at >= since]

    async def _read_deployments(self, repository: str) -> list[OutsideChange]:
        """Those of the environments that are watched. A token without the right to see them still shows the runs."""
        chosen = self._client.settings.environments
        since = self._time.now() - LOOKBACK
        try:
            answer = await self._client.get(f"repos/{repository}/deployments", {"per_page": str(DEPLOYMENTS)})
        except SourceError as error:
            if error.problem.kind in (ProblemKind.FORBIDDEN, ProblemKind.MISSING):
                return []
            raise
        raws = [
            raw
            for raw in list_mappings(_must_be_list(answer, "deployments"))
            if (not chosen or read_text(raw.get("environment")) in chosen)
            and (read_moment(raw.get("updated_at")) or since) >= since
        ]
        found = await asyncio.gather(*(self._read_deployment(raw, repository) for raw in raws))
        return [change for change in found if change is not None]

    async def _read_deployment(self, raw: Raw, repository: str) -> OutsideChange | None:
        number = read_integer(raw.get("id"))
        key = f"github:{repository} deployment {number}"
        # The list tells nothing of how it went; `updated_at` moves with each status.
        settled = self._settled.get(key)
        if number is None or (
            settled is not None and settled.detail.get("updated") == read_text(raw.get("updated_at"))
        ):
            return settled
        answer = await self._client.get(f"repos/{repository}/deployments/{number}/statuses", {"per_page": "1"})
        change = map_deployment(raw, next(iter(list_mappings(answer)), {}), repository)
        if change is not None and change.state in FINISHED_DEPLOYMENTS:
            while len(self._settled) >= 10 * DEPLOYMENTS:
                self._settled.pop(next(iter(self._settled)))
            self._settled[key] = change
        return change


def _must_be_list(value: object, name: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise SourceError(Problem(ProblemKind.GARBAGE, "unexpected answer", f"GitHub's answer has no list of {name}."))


def _is_watched(raw: Raw, workflows: Sequence[str]) -> bool:
    if workflows:
        return read_workflow_file(raw) in workflows or read_text(raw.get("name")) in workflows
    return read_text(raw.get("event")) not in UNRELATED_EVENTS


def read_workflow_file(raw: Raw) -> str:
    """`deploy.yml` of `.github/workflows/deploy.yml@main`."""
    return read_text(raw.get("path")).partition("@")[0].rpartition("/")[2]


def map_run(raw: Raw, repository: str) -> OutsideChange | None:
    """A run as it is now; None for what cannot be distinguished from others."""
    number, began = read_integer(raw.get("id")), read_moment(raw.get("run_started_at") or raw.get("created_at"))
    status, conclusion = read_text(raw.get("status")), read_text(raw.get("conclusion"))
    if number is None or began is None or not status:
        return None
    ended = read_moment(raw.get("updated_at")) if status == "completed" else None
    by = read_text(dig_value(raw, "triggering_actor", "login")) or read_text(dig_value(raw, "actor", "login"))
    attempt = read_integer(raw.get("run_attempt")) or 1
    state = conclusion or "ended" if ended else status
    workflow, sha = read_text(raw.get("name")) or read_workflow_file(raw), read_text(raw.get("head_sha"))[:40]
    branch = read_text(raw.get("head_branch"))
    return OutsideChange(
        key=f"github:{repository} run {number}" + (f".{attempt}" if attempt > 1 else ""),
        kind=Kind.WORKFLOW,
        state=state,
        summary=describe_run(workflow, state, ended - began if ended else None, branch, sha, by),
        at=max(ended or began, began),
        by=by,
        url=read_text(raw.get("html_url")),
        # Of one that waits for an approval, or was skipped, nothing has reached anybody.
        changes=state not in ("queued", "waiting", "pending", "requested", "skipped", "action_required"),
        detail={
            "repository": repository,
            "workflow": workflow,
            "file": read_workflow_file(raw),
            "run": number,
            "attempt": attempt,
            "sha": sha,
            "branch": branch,
            "event": read_text(raw.get("event")),
            "title": read_text(raw.get("display_title"), 200),
        },
    )


def describe_run(workflow: str, state: str, took: timedelta | None, branch: str, sha: str, by: str) -> str:
    """`Deploy production succeeded after 4m 10s: main 1a2b3c4 by ana`."""
    outcome = OUTCOMES.get(state) or STANDINGS.get(state) or state
    after = f" after {format_duration(took)}" if took is not None and state not in ("skipped",) else ""
    what = " ".join(part for part in (branch, sha[:7]) if part)
    return f"{workflow} {outcome}{after}{f': {what}' if what else ''}{f' by {by}' if by else ''}"


def map_deployment(raw: Raw, status: Raw, repository: str) -> OutsideChange | None:
    """A deployment in its newest state; one without a state is pending."""
    number, created = read_integer(raw.get("id")), read_moment(raw.get("created_at"))
    if number is None or created is None:
        return None
    state = read_text(status.get("state")) or "pending"
    at: datetime = read_moment(status.get("created_at")) or created
    environment, sha = read_text(raw.get("environment")), read_text(raw.get("sha"))[:40]
    by = read_text(dig_value(raw, "creator", "login"))
    outcome = {**OUTCOMES, **STANDINGS, "inactive": "was replaced"}.get(state) or state
    ref = read_text(raw.get("ref"))
    what = ref if sha.startswith(ref) and ref else f"{ref} {sha[:7]}".strip()
    return OutsideChange(
        key=f"github:{repository} deployment {number}",
        kind=Kind.DEPLOYMENT,
        state=state,
        summary=f"Deployment to {environment or 'no environment'} {outcome}: {what} by {by or 'nobody named'}",
        at=max(at, created),
        by=by,
        url=read_text(status.get("log_url")) or read_text(status.get("target_url")),
        changes=state in ("in_progress", "success", "failure", "error"),
        detail={
            "repository": repository,
            "environment": environment,
            "deployment": number,
            "sha": sha,
            "ref": ref,
            "task": read_text(raw.get("task")),
            "created": created.isoformat(),
            "updated": read_text(raw.get("updated_at")),
            "description": read_text(status.get("description"), 200),
        },
    )
