"""The REST API of a simulated GitHub, at `/api/v3` as on an own server: what the cockpit and gh ask of it.

Answers carry an ETag and the counters of the rate limit. Of GraphQL it knows the three questions that gh asks for
the commands of docs/simulator.md; what it does not know it refuses.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cockpit.simulator.answer import SimulatedAnswer, SimulatedRequest
from cockpit.simulator.github import host as shapes
from cockpit.simulator.github.host import JSON, GithubHost, SimulatedRun

API = "/api/v3"
HOURLY = 5_000  # requests of one token
VERSION = "3.12.0"
Handler = Callable[["GithubApi", "GithubCall"], Any]


@dataclass(frozen=True, slots=True)
class SimulatedRefusal:
    """An answer in the place of the true one. `path` is a part of the address it is for, "" for all."""

    status: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    method: str = ""
    done: bool = False  # the change is made all the same, and nobody gets an answer
    html: bool = False


def is_github_path(path: str) -> bool:
    return path == "/api/graphql" or path == API or path.startswith(f"{API}/")


class GithubError(Exception):
    """An answer that is no success, in GitHub's shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class GithubCall:
    """One request, with what its address names."""

    request: SimulatedRequest
    names: Mapping[str, str]
    login: str
    now: float
    base: str  # of pages for people
    api: str


class GithubApi:
    """`tokens`: whose each is, by its value; none means that every token is that of `ana`."""

    def __init__(self, host: GithubHost, tokens: Mapping[str, str] | None = None, *, any_name: bool = False) -> None:
        """`any_name`: the repository is called as whoever asks calls it, for a drill with names of one's own."""
        self.host = host
        self._any_name = any_name
        self.tokens = dict(tokens or {})
        self.refusals: list[SimulatedRefusal] = []
        self.asked: list[tuple[str, str, int]] = []  # method, path with query, status
        self._used = 0

    def answer(self, call: SimulatedRequest, now: float) -> SimulatedAnswer:
        """The answer to a request below API, `/api/graphql` included. `now` in seconds of the clock."""
        answer = self._answer(call, now)
        self.asked.append((call.method, call.target, answer.status))
        return answer

    def _answer(self, call: SimulatedRequest, now: float) -> SimulatedAnswer:
        self._used += 1
        self.host.look()
        headers = {
            "x-github-media-type": "github.v3; format=json",
            "x-github-enterprise-version": VERSION,
            "x-ratelimit-limit": str(HOURLY),
            "x-ratelimit-remaining": str(max(0, HOURLY - self._used)),
            "x-ratelimit-used": str(self._used),
            "x-ratelimit-reset": str(int(now) + 3_600),
            "x-ratelimit-resource": "core",
            "x-oauth-scopes": "repo, workflow, read:org",
        }
        refusal = next(
            (
                item
                for item in self.refusals
                if item.path in call.target and item.method in ("", call.method)
            ),
            None,
        )  # fmt: skip
        if refusal is not None and refusal.done:
            self._do(call, now)
        if refusal is not None:
            body = f"<html><body>{refusal.message}</body></html>" if refusal.html else {"message": refusal.message}
            kind = {"Content-Type": "text/html; charset=utf-8"} if refusal.html else {}
            return SimulatedAnswer(body, refusal.status, {**headers, **kind, **refusal.headers})
        try:
            body = self._do(call, now)
        except GithubError as error:
            link = "https://docs.github.com/rest"
            return SimulatedAnswer({"message": error.message, "documentation_url": link}, error.status, headers)
        if body is None:
            return SimulatedAnswer(None, 204, headers)
        tag = f'W/"{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"'
        headers |= {"etag": tag, "cache-control": "private, max-age=60, s-maxage=60"}
        if call.method == "GET" and call.headers.get("if-none-match") == tag:
            self._used -= 1  # an answer that did not change costs nothing
            return SimulatedAnswer(None, 304, headers)
        return SimulatedAnswer(body, headers=headers)

    def _do(self, call: SimulatedRequest, now: float) -> Any:
        login = self._find_login(call)
        base = call.url
        if call.path.rstrip("/") == "/api/graphql":
            return self._answer_graphql(GithubCall(call, {}, login, now, base, f"{base}{API}"))
        path = call.path.removeprefix(API).rstrip("/")
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(path)
            if match is None or method != call.method:
                continue
            names = match.groupdict()
            if "owner" in names and self._any_name:
                self.host.repository = f"{names['owner']}/{names['name']}"
            if "owner" in names and f"{names['owner']}/{names['name']}".lower() != self.host.repository.lower():
                break
            return handler(self, GithubCall(call, names, login, now, base, f"{base}{API}"))
        raise GithubError(404, "Not Found")

    def _find_login(self, call: SimulatedRequest) -> str:
        token = re.sub(r"^(?:bearer|token)\s+", "", call.headers.get("authorization", ""), flags=re.IGNORECASE)
        if not token:
            raise GithubError(401, "Requires authentication")
        if self.tokens and token not in self.tokens:
            raise GithubError(401, "Bad credentials")
        return self.tokens.get(token, "ana")

    def _answer_graphql(self, call: GithubCall) -> JSON:
        """What gh asks for the default branch, and for the list of releases."""
        try:
            question = json.loads(call.request.content or b"{}")
        except ValueError:
            raise GithubError(400, "Problems parsing JSON") from None
        query = str(question.get("query", ""))
        repository = {
            "id": "R_1",
            "name": self.host.repository.partition("/")[2],
            "owner": {"login": self.host.repository.partition("/")[0]},
            "hasIssuesEnabled": True,
            "description": "",
            "hasWikiEnabled": False,
            "viewerPermission": "WRITE",
            "defaultBranchRef": {"name": self.host.default_branch},
            "parent": None,
            "mergeCommitAllowed": True,
            "rebaseMergeAllowed": True,
            "squashMergeAllowed": True,
        }
        if "release(" in query:  # whether a draft has that tag, asked beside the release itself: there are no drafts
            return {"data": {"repository": {"release": None}}}
        if "releases(" in query:
            nodes = [
                {
                    "name": release.name,
                    "tagName": release.tag,
                    "isDraft": False,
                    "isLatest": release is self._latest_release(),
                    "isPrerelease": release.prerelease,
                    "createdAt": shapes.format_stamp(release.published),
                    "publishedAt": shapes.format_stamp(release.published),
                }
                for release in reversed(self.host.releases)
            ]
            return {
                "data": {
                    "repository": {"releases": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": ""}}}
                }
            }
        if "__type" in query:
            return {"data": {"Release": {"fields": [{"name": "isLatest"}]}}}
        if "repository(" in query:
            return {"data": {"repository": repository}}
        if "viewer" in query:
            return {"data": {"viewer": {"login": call.login}}}
        raise GithubError(501, "The simulator does not know this question.")

    def _latest_release(self) -> object:
        full = [release for release in self.host.releases if not release.prerelease]
        return full[-1] if full else None

    def find_release(self, call: GithubCall, tag: str) -> JSON:
        """The newest of a tag; without one the latest that is no preview."""
        found = [item for item in self.host.releases if (item.tag == tag if tag else item is self._latest_release())]
        if not found:
            raise GithubError(404, "Not Found")
        return shapes.build_release(self.host, found[-1], call.base)

    def find_run(self, call: GithubCall) -> SimulatedRun:
        number = int(call.names["number"])
        run = next((run for run in self.host.runs if run.number == number), None)
        if run is None or run.created > call.now:
            raise GithubError(404, "Not Found")
        return run

    def list_runs(self, call: GithubCall, workflow: str = "") -> JSON:
        """Newest first, by the filters that GitHub knows."""
        query = call.request.query
        runs = [
            run
            for run in sorted(self.host.runs, key=lambda run: run.number, reverse=True)
            if run.created <= call.now
            and workflow in ("", run.workflow)
            and query.get("branch", run.branch) == run.branch
            and query.get("event", run.event) == run.event
            and query.get("actor", run.by) == run.by
            and query.get("status", "") in ("", *run.status(call.now))
        ]
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        shown = runs[size * (page - 1) : size * page]
        bodies = [shapes.build_run(self.host, run, call.base, call.api, call.now) for run in shown]
        return {"total_count": len(runs), "workflow_runs": bodies}

    def find_workflow(self, call: GithubCall) -> str:
        """By file or number."""
        written = call.names["workflow"]
        for index, file in enumerate(self.host.workflows):
            if written in (file, str(index + 101)):
                return file
        raise GithubError(404, "Not Found")

    def dispatch(self, call: GithubCall) -> None:
        file = self.find_workflow(call)
        try:
            body = json.loads(call.request.content or b"{}")
        except ValueError:
            raise GithubError(400, "Problems parsing JSON") from None
        if not isinstance(body.get("ref"), str):
            raise GithubError(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
        if file in self.host.disabled:
            raise GithubError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        inputs = body.get("inputs") or {}
        self.host.start(
            file, body["ref"], {str(name): str(value) for name, value in inputs.items()}, call.login, call.now
        )

    def find_deployed(self, call: GithubCall) -> SimulatedRun:
        number = int(call.names["number"]) - 90_001 + shapes.FIRST_NUMBER
        run = next((run for run in self.host.runs if run.number == number and run.environment), None)
        if run is None:
            raise GithubError(404, "Not Found")
        return run

    def list_deployments(self, call: GithubCall) -> list[JSON]:
        wanted = call.request.query.get("environment", "")
        return [
            shapes.build_deployment(self.host, run, call.base, call.api, call.now)
            for run in sorted(self.host.runs, key=lambda run: run.number, reverse=True)
            if run.environment and wanted in ("", run.environment) and call.now >= run.created + shapes.QUEUED_FOR
        ][: int(call.request.query.get("per_page", "30"))]


def _cancel(api: GithubApi, call: GithubCall) -> JSON:
    run = api.find_run(call)
    if run.status(call.now)[0] == "completed":
        raise GithubError(409, "Cannot cancel a workflow run that is completed.")
    api.host.cancel(run.number, call.now)
    return {}


def _list_jobs(api: GithubApi, call: GithubCall) -> JSON:
    return {"total_count": 1, "jobs": [shapes.build_job(api.host, api.find_run(call), call.base, call.now)]}


def _find_job(api: GithubApi, call: GithubCall) -> JSON:
    return shapes.build_job(
        api.host,
        api.find_run(
            GithubCall(call.request, {"number": call.names["number"][:-1]}, call.login, call.now, call.base, call.api)
        ),
        call.base,
        call.now,
    )


REPOSITORY = r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", lambda api, call: {"current_user_url": f"{call.api}/user"}),
    ("GET", "/meta", lambda api, call: {"installed_version": VERSION, "verifiable_password_authentication": True}),
    ("GET", "/user", lambda api, call: shapes.build_user(call.login)),
    ("GET", "/rate_limit", lambda api, call: {"rate": {"limit": HOURLY, "remaining": HOURLY - api._used}}),
    ("GET", REPOSITORY, lambda api, call: shapes.build_repository(api.host, call.base)),
    ("GET", REPOSITORY + "/actions/runs", lambda api, call: api.list_runs(call)),
    (
        "GET",
        REPOSITORY + r"/actions/runs/(?P<number>\d+)",
        lambda api, call: shapes.build_run(api.host, api.find_run(call), call.base, call.api, call.now),
    ),
    ("GET", REPOSITORY + r"/actions/runs/(?P<number>\d+)/jobs", _list_jobs),
    (
        "GET",
        REPOSITORY + r"/actions/runs/(?P<number>\d+)/artifacts",
        lambda api, call: {"total_count": 0, "artifacts": []},
    ),
    ("GET", REPOSITORY + r"/actions/jobs/(?P<number>\d+)", _find_job),
    ("POST", REPOSITORY + r"/actions/runs/(?P<number>\d+)/cancel", _cancel),
    ("GET", REPOSITORY + r"/check-runs/\d+/annotations", lambda api, call: []),
    (
        "GET",
        REPOSITORY + "/actions/workflows",
        lambda api, call: {
            "total_count": len(api.host.workflows),
            "workflows": [shapes.build_workflow(api.host, file, call.base) for file in api.host.workflows],
        },
    ),
    (
        "GET",
        REPOSITORY + r"/actions/workflows/(?P<workflow>[^/]+)",
        lambda api, call: shapes.build_workflow(api.host, api.find_workflow(call), call.base),
    ),
    (
        "GET",
        REPOSITORY + r"/actions/workflows/(?P<workflow>[^/]+)/runs",
        lambda api, call: api.list_runs(call, api.find_workflow(call)),
    ),
    ("POST", REPOSITORY + r"/actions/workflows/(?P<workflow>[^/]+)/dispatches", lambda api, call: api.dispatch(call)),
    ("GET", REPOSITORY + "/deployments", lambda api, call: api.list_deployments(call)),
    (
        "GET",
        REPOSITORY + r"/deployments/(?P<number>\d+)/statuses",
        lambda api, call: shapes.build_deployment_statuses(api.host, api.find_deployed(call), call.base, call.now)[
            : int(call.request.query.get("per_page", "30"))
        ],
    ),
    (
        "GET",
        REPOSITORY + "/releases",
        lambda api, call: [
            shapes.build_release(api.host, release, call.base) for release in reversed(api.host.releases)
        ][: int(call.request.query.get("per_page", "30"))],
    ),
)
_TABLE += (
    ("GET", REPOSITORY + "/releases/latest", lambda api, call: api.find_release(call, "")),
    ("GET", REPOSITORY + r"/releases/tags/(?P<tag>.+)", lambda api, call: api.find_release(call, call.names["tag"])),
)
ROUTES = tuple((method, re.compile(template), handler) for method, template, handler in _TABLE)
