"""What the configuration names at GitHub and nobody would miss: a right that is not given, a workflow not there."""

import asyncio
from collections.abc import Sequence

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_text
from cockpit.platforms.github.changes import read_workflow_file
from cockpit.platforms.github.client import GithubClient

MOST = "100"  # workflows or environments of one repository that are listed
MOST_NAMED = 12


async def check_deployments(client: GithubClient) -> None:
    """Whether the token may see deployments: without that the runs of workflows are shown alone. Raises SourceError."""
    paths = [f"repos/{repository}/deployments" for repository in client.settings.repositories]
    await asyncio.gather(*(client.get(path, {"per_page": "1"}) for path in paths))


async def check_workflows(client: GithubClient) -> None:
    """Whether each workflow that counts is in some repository: one that is not there would never run. Raises
    SourceError."""
    paths = [f"repos/{repository}/actions/workflows" for repository in client.settings.repositories]
    answers = await asyncio.gather(*(client.get(path, {"per_page": MOST}) for path in paths))
    workflows = [raw for answer in answers for raw in list_mappings(dig_value(answer, "workflows"))]
    names = {name for raw in workflows for name in (read_workflow_file(raw), read_text(raw.get("name"))) if name}
    _must_be_there("workflow", client.settings.workflows, names, [read_workflow_file(raw) for raw in workflows])


async def check_environments(client: GithubClient) -> None:
    """The same for the environments whose deployments are shown, where the token may list them. Raises SourceError."""
    paths = [f"repos/{repository}/environments" for repository in client.settings.repositories]
    try:
        answers = await asyncio.gather(*(client.get(path, {"per_page": MOST}) for path in paths))
    except SourceError as error:
        if error.problem.kind in (ProblemKind.FORBIDDEN, ProblemKind.MISSING):
            return  # deployments are seen with less
        raise
    names = [
        read_text(raw.get("name")) for answer in answers for raw in list_mappings(dig_value(answer, "environments"))
    ]
    _must_be_there("environment", client.settings.environments, set(names), names)


def _must_be_there(kind: str, configured: Sequence[str], known: set[str], listed: Sequence[str]) -> None:
    missing = [name for name in configured if name not in known]
    if missing:
        there = ", ".join(sorted(set(filter(None, listed)))[:MOST_NAMED]) or "none"
        raise SourceError(
            Problem(
                ProblemKind.MISSING,
                f"no {kind} {missing[0]}",
                f"No repository has the {kind} {', '.join(missing)}. There are: {there}.",
                f"Look at `{kind}s` of the github table in cockpit.toml.",
                code=f"github-no-{kind}",
                facts={"missing": missing},
            )
        )
