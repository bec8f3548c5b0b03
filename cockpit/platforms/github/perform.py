"""Performs the known gh commands.

A workflow is started once. GitHub does not say which run came of it: the run is found by what is new since we looked,
started by us, for the workflow and ref we asked for. It is followed to its end. Where nobody answered, the same look
tells whether a run began; where it shows nothing, the outcome is unknown.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.time import Time, format_age
from cockpit.platforms.github.client import GithubClient
from cockpit.platforms.github.known_commands import GithubCommand
from cockpit.platforms.platform import CommandOutcome, CommandSurvey

Raw = Mapping[str, Any]
Output = Callable[[str], None]
LOOK_AGAIN = 2.0  # seconds between two looks for the run that we started
FOLLOW_EVERY = 5.0  # seconds between two looks at a run
LOOKS_FOR_RUN = 20  # before a started run that nobody sees is unknown
LOOKS_AFTER_SILENCE = 5
LOST_LOOKS = 24  # looks at a run that fail in a row before it is left to itself
SKEW = timedelta(seconds=90)  # GitHub's clock may be behind ours
UNANSWERED = frozenset({ProblemKind.TIMEOUT, ProblemKind.SERVER, ProblemKind.GARBAGE, ProblemKind.FAULT})
SENT_AND_LOST = "connection lost"
PAGE = 100
GOOD_ENDS = frozenset({"success", "neutral", "skipped"})


class GithubCommandError(Exception):
    """Why nothing was sent, in one sentence."""


class GithubPerformer:
    """Commands of one environment, over its client."""

    def __init__(self, client: GithubClient, time: Time) -> None:
        self._client, self._time = client, time

    async def survey(self, command: GithubCommand) -> CommandSurvey:
        """What starting the workflow would meet, without starting it. Never raises."""
        if command.kind is StepKind.READ:
            return CommandSurvey()
        try:
            workflow = await self._read_workflow(command)
            ref = await self._find_ref(command)
            runs = await self._list_dispatched(command, workflow)
        except GithubCommandError as refusal:
            return CommandSurvey(refusal=str(refusal))
        except SourceError as error:
            return CommandSurvey(refusal=_describe_problem(error.problem))
        return CommandSurvey(
            tuple(self._describe_dispatch(command, workflow, ref, runs)), fingerprint=_fingerprint(runs)
        )

    async def perform(self, command: GithubCommand, output: Output, *, confirmed: str = "") -> CommandOutcome:
        """Do it and tell how it ended. Raises nothing but cancellation."""
        try:
            match command.verb:
                case "run list":
                    return await self._print_runs(command, output)
                case "release list":
                    return await self._print_releases(command, output)
            return await self._start_workflow(command, output, confirmed)
        except GithubCommandError as refusal:
            output(f"{refusal}\n")
            return CommandOutcome(StepState.FAILED, str(refusal), 1)
        except SourceError as error:
            sentence = _describe_problem(error.problem)
            output(f"{sentence}\n")
            return CommandOutcome(StepState.FAILED, sentence, 1)

    # Reads

    async def _print_runs(self, command: GithubCommand, output: Output) -> CommandOutcome:
        limit = int(command.flags.get("limit", "20"))
        params = {"per_page": str(min(limit, PAGE))}
        if "branch" in command.flags:
            params["branch"] = command.flags["branch"]
        if "user" in command.flags:
            params["actor"] = command.flags["user"]
        path = f"repos/{command.repository}/actions/runs"
        if "workflow" in command.flags:
            workflow = await self._resolve_workflow(command.repository, command.flags["workflow"])
            path = f"repos/{command.repository}/actions/workflows/{read_integer(workflow.get('id'))}/runs"
        runs: list[Raw] = []
        page = 1
        while len(runs) < limit:
            answer = await self._client.get(path, {**params, **({"page": str(page)} if page > 1 else {})})
            fresh = list_mappings(dig_value(answer, "workflow_runs"))
            runs += fresh
            page += 1
            if len(fresh) < min(limit, PAGE):
                break
        now = self._time.now()
        output("".join(f"{format_run_row(run, now)}\n" for run in runs[:limit]))
        return CommandOutcome(StepState.OK, f"{len(runs[:limit])} runs.", 0)

    async def _print_releases(self, command: GithubCommand, output: Output) -> CommandOutcome:
        limit = int(command.flags.get("limit", "30"))
        answer = await self._client.get(f"repos/{command.repository}/releases", {"per_page": str(min(limit, PAGE))})
        releases = list_mappings(answer)[:limit]
        latest = next((item for item in releases if not item.get("prerelease") and not item.get("draft")), None)
        output("".join(f"{format_release_row(item, item is latest)}\n" for item in releases))
        return CommandOutcome(StepState.OK, f"{len(releases)} releases.", 0)

    # Starting a workflow

    async def _start_workflow(self, command: GithubCommand, output: Output, confirmed: str) -> CommandOutcome:
        workflow = await self._read_workflow(command)
        ref = await self._find_ref(command)
        before = await self._list_dispatched(command, workflow)
        if confirmed and _fingerprint(before) != confirmed:
            newest = before[0] if before else {}
            by = read_text(dig_value(newest, "triggering_actor", "login")) or "somebody"
            raise GithubCommandError(
                f"{by} started {command.workflow} meanwhile: {read_text(newest.get('html_url'))} Nothing was sent. "
                "Look at that run first, then decide anew."
            )
        login = await self._read_login()
        known = {read_integer(run.get("id")) for run in before}
        sent = self._time.now()
        number = read_integer(workflow.get("id"))
        path = f"repos/{command.repository}/actions/workflows/{number}/dispatches"
        looks, silence = LOOKS_FOR_RUN, ""
        try:
            answer = await self._client.post(path, {"ref": ref, "inputs": dict(command.inputs)})
        except SourceError as error:
            if error.problem.kind not in UNANSWERED and error.problem.short != SENT_AND_LOST:
                raise
            answer, looks, silence = None, LOOKS_AFTER_SILENCE, error.problem.message
        run = await self._find_run(command, workflow, ref, login, known, sent, answer, looks)
        if run is None:
            answer_text = f"GitHub gave no answer ({silence}), and" if silence else "GitHub took it, but"
            page = _read_page(workflow)
            sentence = f"Unknown: {answer_text} no run of ours is listed. Look at {page} before you start it again."
            output(f"{sentence}\n")
            return CommandOutcome(StepState.UNKNOWN, sentence)
        if silence:
            output("GitHub gave no answer, but a run of ours began.\n")
        return await self._follow(command, run, output)

    async def _find_run(
        self,
        command: GithubCommand,
        workflow: Raw,
        ref: str,
        login: str,
        known: set[int | None],
        sent: datetime,
        answer: Any,
        looks: int,
    ) -> Raw | None:
        """The run that we started; None where none is listed, or several could be it."""
        run_id = read_integer(dig_value(answer, "workflow_run_id"))  # newer servers say it when they are asked to
        for look in range(looks):
            if look:
                await self._time.sleep(LOOK_AGAIN)
            with suppress(SourceError):
                if run_id is not None:
                    return await self._read_run(command.repository, run_id)
                runs = await self._list_dispatched(command, workflow)
                ours = [run for run in runs if is_ours(run, ref, login, known, sent)]
                if len(ours) == 1:
                    return ours[0]
                if ours:
                    return None
        return None

    async def _follow(self, command: GithubCommand, run: Raw, output: Output) -> CommandOutcome:
        """Tell of each change of the run and its jobs, until it is completed."""
        number = read_integer(run.get("id")) or 0
        url = read_text(run.get("html_url"))
        output(f"Run {number}: {url}\n")
        spoken: dict[str, str] = {}
        lost = 0
        while True:
            try:
                run = await self._read_run(command.repository, number)
                await self._tell_jobs(command.repository, number, spoken, output)
                lost = 0
            except SourceError as error:
                lost += 1
                if lost >= LOST_LOOKS or error.problem.kind is ProblemKind.SIGN_IN:
                    sentence = f"Unknown how run {number} ends: {error.problem.message} It goes on at {url}"
                    output(f"{sentence}\n")
                    return CommandOutcome(StepState.UNKNOWN, sentence)
                await self._time.sleep(max(FOLLOW_EVERY, error.problem.retry_after or 0.0))
                continue
            status = read_text(run.get("status"))
            if status == "completed":
                return _tell_end(command, run, number, url, output)
            if spoken.get("") != status:
                spoken[""] = status
                waits = " for an approval on GitHub" if status == "waiting" else ""
                output(f"{status.replace('_', ' ')}{waits}\n")
            await self._time.sleep(FOLLOW_EVERY)

    async def _tell_jobs(self, repository: str, number: int, spoken: dict[str, str], output: Output) -> None:
        answer = await self._client.get(f"repos/{repository}/actions/runs/{number}/jobs", {"per_page": str(PAGE)})
        for job in list_mappings(dig_value(answer, "jobs")):
            name, state = read_text(job.get("name")), read_text(job.get("conclusion") or job.get("status"))
            running = next(
                (read_text(step.get("name")) for step in list_mappings(job.get("steps"))
                 if step.get("status") == "in_progress"), "",
            )  # fmt: skip
            failed = next(
                (read_text(step.get("name")) for step in list_mappings(job.get("steps"))
                 if step.get("conclusion") == "failure"), "",
            )  # fmt: skip
            detail = f", at step {failed!r}" if failed else f": {running}" if running else ""
            sentence = f"{name} {state.replace('_', ' ')}{detail}"
            if spoken.get(name) != sentence and state not in ("queued", "waiting"):
                spoken[name] = sentence
                output(f"  {sentence}\n")

    async def _read_run(self, repository: str, number: int) -> Raw:
        answer = await self._client.get(f"repos/{repository}/actions/runs/{number}")
        return answer if isinstance(answer, Mapping) else {}

    async def _read_workflow(self, command: GithubCommand) -> Raw:
        """The workflow that is meant. Raises GithubCommandError where it cannot be started."""
        workflow = await self._resolve_workflow(command.repository, command.workflow)
        state = read_text(workflow.get("state"))
        if state != "active":
            raise GithubCommandError(
                f"Workflow {command.workflow} is {state.replace('_', ' ') or 'not active'} on GitHub."
            )
        return workflow

    async def _resolve_workflow(self, repository: str, written: str) -> Raw:
        """By its file, its number or its name, as gh does. Raises GithubCommandError with the ones there are."""
        if written.endswith((".yml", ".yaml")) or written.isdigit():
            try:
                answer = await self._client.get(f"repos/{repository}/actions/workflows/{quote(written, safe='')}")
                return answer if isinstance(answer, Mapping) else {}
            except SourceError as error:
                if error.problem.kind is not ProblemKind.MISSING:
                    raise
        listed = await self._client.get(f"repos/{repository}/actions/workflows", {"per_page": str(PAGE)})
        workflows = list_mappings(dig_value(listed, "workflows"))
        named = [item for item in workflows if read_text(item.get("name")).lower() == written.lower()]
        if len(named) == 1:
            return named[0]
        files = ", ".join(read_text(item.get("path")).rpartition("/")[2] for item in workflows[:12])
        raise GithubCommandError(f"{repository} has no workflow {written}. It has: {files or 'none'}.")

    async def _find_ref(self, command: GithubCommand) -> str:
        if "ref" in command.flags:
            return command.flags["ref"]
        answer = await self._client.get(f"repos/{command.repository}")
        return read_text(dig_value(answer, "default_branch")) or "main"

    async def _list_dispatched(self, command: GithubCommand, workflow: Raw) -> list[Raw]:
        """The newest runs of the workflow that somebody started by hand."""
        path = f"repos/{command.repository}/actions/workflows/{read_integer(workflow.get('id'))}/runs"
        answer = await self._client.get(path, {"event": "workflow_dispatch", "per_page": "30"})
        return list_mappings(dig_value(answer, "workflow_runs"))

    async def _read_login(self) -> str:
        """As whom we sign in; "" where the token belongs to nobody, such as an app's."""
        try:
            return read_text(dig_value(await self._client.get("user"), "login"))
        except SourceError as error:
            if error.problem.kind in (ProblemKind.FORBIDDEN, ProblemKind.MISSING):
                return ""
            raise

    def _describe_dispatch(self, command: GithubCommand, workflow: Raw, ref: str, runs: list[Raw]) -> list[str]:
        sentences = [f"workflow {read_text(workflow.get('name'))} of {command.repository}, on {ref}"]
        sentences += [f"with {name} = {value}" for name, value in command.inputs]
        now = self._time.now()
        if runs:
            newest = runs[0]
            by = read_text(dig_value(newest, "triggering_actor", "login"))
            began = read_moment(newest.get("run_started_at") or newest.get("created_at"))
            ago = f" {format_age((now - began).total_seconds())} ago" if began else ""
            ends = read_text(newest.get("conclusion") or newest.get("status")).replace("_", " ")
            running = newest.get("status") != "completed"
            sentences.append(f"{'A RUN IS UNDER WAY: started' if running else 'last started'}{ago} by {by}: {ends}")
        return sentences


def is_ours(run: Raw, ref: str, login: str, known: set[int | None], sent: datetime) -> bool:
    """Whether a run can be the one that was asked for at `sent`."""
    number, created = read_integer(run.get("id")), read_moment(run.get("created_at"))
    by = read_text(dig_value(run, "triggering_actor", "login")) or read_text(dig_value(run, "actor", "login"))
    branch = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return (
        number is not None
        and number not in known
        and (created is None or created >= sent - SKEW)
        and (not login or by.lower() == login.lower())
        and read_text(run.get("head_branch")) in (branch, "")
    )


def _tell_end(command: GithubCommand, run: Raw, number: int, url: str, output: Output) -> CommandOutcome:
    conclusion = read_text(run.get("conclusion")) or "unknown"
    output(f"completed: {conclusion}\n")
    if conclusion in GOOD_ENDS:
        return CommandOutcome(StepState.OK, f"{command.workflow} run {number} ended: {conclusion}.", 0)
    return CommandOutcome(StepState.FAILED, f"{command.workflow} run {number} ended: {conclusion}. {url}", 1)


def _fingerprint(runs: list[Raw]) -> str:
    """The newest run that somebody started."""
    return f"newest run {read_integer(runs[0].get('id')) if runs else 'none'}"


def _read_page(workflow: Raw) -> str:
    """The workflow's page, where people read its runs."""
    return read_text(workflow.get("html_url")).replace("/blob/main/.github/workflows/", "/actions/workflows/")


def _describe_problem(problem: Problem) -> str:
    return problem.refusal


# As gh prints without a terminal.


def format_run_row(run: Raw, now: datetime) -> str:
    """STATUS, CONCLUSION, TITLE, WORKFLOW, BRANCH, EVENT, ID, ELAPSED, AGE."""
    began = read_moment(run.get("run_started_at")) or read_moment(run.get("created_at")) or now
    ended = read_moment(run.get("updated_at")) if run.get("status") == "completed" else now
    elapsed = max(0, int(((ended or now) - began).total_seconds()))
    fields = (
        read_text(run.get("status")),
        read_text(run.get("conclusion")),
        read_text(run.get("display_title")) or read_text(dig_value(run, "head_commit", "message")),
        read_text(run.get("name")),
        read_text(run.get("head_branch")),
        read_text(run.get("event")),
        str(read_integer(run.get("id"))),
        format_go_duration(elapsed),
        format_short_age(began, now),
    )
    return "\t".join(fields)


def format_go_duration(seconds: int) -> str:
    """`4m32s`, as Go prints it."""
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if hours or minutes else ''}{second}s"


def format_short_age(began: datetime, now: datetime) -> str:
    """`3m`, `2h`, `5d`, `Oct 30, 2026` after a month, as gh shortens it."""
    seconds = max(0, int((now - began).total_seconds()))
    if seconds < 3_600:
        return f"{seconds // 60}m"
    if seconds < 86_400:
        return f"{seconds // 3_600}h"
    return f"{seconds // 86_400}d" if seconds < 30 * 86_400 else f"{began:%b} {began.day:2}, {began.year}"


def format_release_row(release: Raw, latest: bool) -> str:
    """TITLE, TYPE, TAG, PUBLISHED."""
    tag = read_text(release.get("tag_name"))
    sort = (
        "Draft" if release.get("draft") else "Pre-release" if release.get("prerelease") else "Latest" if latest else ""
    )
    published = read_moment(release.get("published_at")) or read_moment(release.get("created_at"))
    stamp = published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if published else ""
    return "\t".join((read_text(release.get("name")) or tag, sort, tag, stamp))
