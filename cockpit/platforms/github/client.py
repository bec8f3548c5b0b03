"""One host of GitHub over its REST API: what was answered is asked for again by its ETag, and costs nothing then.

GitHub says how often one may ask: with 403 or 429, a number that is left and the second at which it is full again. Both
become a problem that names the wait. A change is sent once, without a retry.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from cockpit.feeds.http import explain_http_error, explain_refusal, open_client_for, read_bounded, read_error_reason
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_process_output
from cockpit.model.secret import KNOWN_SECRETS, Secret
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.platforms.github.settings import PUBLIC_HOST, GithubSettings

DEADLINE = 15.0  # seconds for one answer
LARGEST_BODY = 8 * 1024 * 1024  # bytes; a page of runs has some 400 kB
KEPT_ANSWERS = 64  # answers remembered with their ETag
LONGEST_WAIT = 3_600.0  # seconds; GitHub's own window
GH_DEADLINE = 10.0  # seconds for `gh auth token`
HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "incident-cockpit",
}
NO_RIGHT_HELPS = re.compile(
    r"IP allow list|IP address|forbids access|lifetime|archived|suspended|\bblocked|disabled|billing|spending limit",
    re.IGNORECASE,
)
"""What GitHub says with 403 of a rule, of the organisation or its own, that holds whatever the token may do."""
TOKEN_ADVICE = (
    'Make a new token and put it where `auth = { bearer = { env = "NAME" } }` reads it, or run gh auth login.'
)


class GithubClient:
    """Safe for many questions side by side. It connects with the first one."""

    def __init__(
        self,
        settings: GithubSettings,
        *,
        reveal: Callable[[Secret], str],
        environ: Mapping[str, str],
        read_only: bool,
        time: Time,
    ) -> None:
        self.settings = settings
        self._reveal, self._environ, self._read_only, self._time = reveal, environ, read_only, time
        self._client: httpx.AsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._answers: dict[str, tuple[str, Any]] = {}  # by address: the ETag and what it stands for
        self._limited: tuple[float, Problem] | None = None  # until when nothing is asked, on our own clock, and why

    @property
    def token_source(self) -> str:
        """`auth` of the configuration, or gh."""
        return "auth in cockpit.toml" if self.settings.auth or "authorization" in self._own_headers() else "gh"

    def _own_headers(self) -> set[str]:
        return {name.lower() for name in self.settings.headers}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON of one address below the API. Raises SourceError."""
        address = f"{path}?{urlencode(params)}" if params else path
        etag, kept = self._answers.get(address, ("", None))
        response, body = await self._send("GET", address, headers={"If-None-Match": etag} if etag else {})
        if response.status_code == 304 and etag:
            return kept
        answer = self._read_json(response, body)
        if tag := response.headers.get("etag", ""):
            self._answers.pop(address, None)
            while len(self._answers) >= KEPT_ANSWERS:
                self._answers.pop(next(iter(self._answers)))
            self._answers[address] = (tag, answer)
        return answer

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a change, once. None where the answer has no body. Raises SourceError."""
        if self._read_only:
            raise SourceError(
                Problem(ProblemKind.REFUSED, "read-only", "This cockpit is read-only: nothing was sent to GitHub.")
            )
        response, content = await self._send("POST", path, json=body)
        return self._read_json(response, content) if content.strip() else None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _send(self, method: str, address: str, **rest: Any) -> tuple[httpx.Response, bytes]:
        self._refuse_while_limited()
        client = await self._connect()
        url = f"{self.settings.url.rstrip('/')}/{address.lstrip('/')}"
        try:
            async with asyncio.timeout(DEADLINE), client.stream(method, url, **rest) as response:
                body, whole = await read_bounded(response, LARGEST_BODY)
        except Exception as error:
            raise SourceError(explain_http_error(error)) from error
        if response.status_code == 401 and self.token_source == "gh":
            await self.close()  # gh may have signed in anew meanwhile: its token is asked for again next time
        if response.status_code >= 300 and response.status_code != 304:
            problem = explain_github_refusal(response.status_code, response.headers, body, self._time.now(), address)
            if problem.kind is ProblemKind.THROTTLED:
                self._limited = self._time.monotonic() + (problem.retry_after or 0.0), problem
            raise SourceError(problem)
        if not whole:
            raise SourceError(Problem(ProblemKind.GARBAGE, "too long", "GitHub's answer is longer than 8 MB."))
        return response, body

    def _refuse_while_limited(self) -> None:
        """Who goes on asking while GitHub asks to wait is shut out for longer: nothing is sent until it is over."""
        if self._limited is None:
            return
        until, problem = self._limited
        rest = until - self._time.monotonic()
        if rest > 0:
            raise SourceError(replace(problem, retry_after=rest))
        self._limited = None

    def _read_json(self, response: httpx.Response, body: bytes) -> Any:
        if body.lstrip()[:1] == b"<" or "html" in response.headers.get("content-type", ""):
            raise SourceError(
                Problem(
                    ProblemKind.GARBAGE,
                    "HTML, not the API",
                    "A web page came where GitHub's API should answer: a sign-in page, a proxy, or a wrong url.",
                    "Check `url` and `proxy` of the github table in cockpit.toml.",
                )
            )
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SourceError(explain_http_error(error)) from error

    async def _connect(self) -> httpx.AsyncClient:
        async with self._connecting:
            if self._client is None:
                try:
                    client = open_client_for(self.settings, self.settings.url, self._reveal, timeout=DEADLINE)
                    client.headers.update(HEADERS)
                    if self.token_source == "gh":
                        client.headers["Authorization"] = f"Bearer {await self._ask_gh()}"
                except (OSError, ValueError) as error:
                    raise SourceError(explain_http_error(error)) from error
                self._client = client
            return self._client

    async def _ask_gh(self) -> str:
        """The token that gh signed in with. Raises SourceError."""
        host = self.settings.host
        try:
            process = await asyncio.create_subprocess_exec(
                *("gh", "auth", "token", "--hostname", host),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(self._environ),
                start_new_session=True,  # it can ask nothing at our terminal
            )
        except OSError:
            raise SourceError(_explain_no_token("gh is not installed, and no `auth` is configured.", host)) from None
        try:
            async with asyncio.timeout(GH_DEADLINE):
                printed, complaint = await read_process_output(process)
        except TimeoutError:
            raise SourceError(_explain_no_token("`gh auth token` did not answer.", host)) from None
        finally:
            with suppress(ProcessLookupError):  # also what it started, its time may be over
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        token = printed.decode("utf-8", "replace").strip()
        if process.returncode or not token or any(character.isspace() for character in token):
            reason = clean_line(complaint.decode("utf-8", "replace"), 120)
            raise SourceError(_explain_no_token(f"gh has no token for {host}: {reason}".rstrip(": "), host))
        KNOWN_SECRETS.learn(token)
        return token


def _explain_no_token(sentence: str, host: str) -> Problem:
    where = "" if host == PUBLIC_HOST else f" --hostname {host}"
    return Problem(
        ProblemKind.SIGN_IN,
        "no GitHub token",
        sentence,
        f"Run gh auth login{where}, or set `auth` of the github table in cockpit.toml.",
        code="github-no-token",
    )


def explain_github_refusal(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime, address: str = ""
) -> Problem:
    """An answer that is no success: throttled and until when, revoked, not seen by this token, or something else."""
    problem = explain_refusal(status, headers, body, now)
    reason = read_error_reason(body)
    wait = read_rate_limit(status, headers, now, reason)
    if wait is not None:
        return Problem(
            ProblemKind.THROTTLED,
            f"HTTP {status} rate limit",
            f"GitHub answers no more questions with this token for now: {reason or 'rate limit exceeded'}",
            "It is asked again by itself; a longer `interval` asks less often.",
            wait,
            code="github-rate-limit",
        )
    if status == 401:
        sentence = f"GitHub does not accept the token ({reason or 'no reason given'}): it was revoked or has expired."
        return Problem(ProblemKind.SIGN_IN, "401 token refused", sentence, TOKEN_ADVICE, code="github-token-refused")
    repository = "/".join(urlsplit(address).path.strip("/").split("/")[1:3])
    if status == 403:
        sso = headers.get("x-github-sso", "")
        advice = (
            f"Authorise the token for the organisation: {clean_line(sso.partition('url=')[2], 300)}"
            if "url=" in sso
            else "No right of the token helps: it is a rule of the organisation or of GitHub. Ask who keeps it."
            if NO_RIGHT_HELPS.search(reason)
            else f"The token needs more rights on {repository}: {describe_scopes(headers)}"
        )
        return Problem(ProblemKind.FORBIDDEN, "403 forbidden", reason or "The token may not do this.", advice)
    if status in (301, 307, 308):
        return Problem(
            ProblemKind.MISSING,
            "repository moved",
            f"{clean_line(repository or address, 140)} was renamed or moved.",
            "Write its new name in `repositories` of the github table in cockpit.toml.",
        )
    if status == 404:
        return Problem(
            ProblemKind.MISSING,
            "404 not seen",
            f"{clean_line(repository or address, 140)} is not there, or the token may not see it.",
            f"Check the name, and the rights of the token: {describe_scopes(headers)}",
        )
    return problem


def describe_scopes(headers: Mapping[str, str]) -> str:
    """Which rights the answer says it takes, else those that the cockpit takes."""
    accepted = clean_line(headers.get("x-accepted-github-permissions", ""), 120)
    return f"{accepted}." if accepted else "Actions and Deployments (read; Actions write to start a workflow)."


def read_rate_limit(status: int, headers: Mapping[str, str], now: datetime, reason: str) -> float | None:
    """Seconds to wait; None where the refusal is about something else.

    Primary: nothing remains, and the reset is a second of the clock. Secondary: Retry-After, or only words.
    """
    if status not in (403, 429):
        return None
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return min(float(written[:6]), LONGEST_WAIT)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() == "0":
        if reset.isascii() and reset.isdigit() and len(reset) < 12:
            until = datetime.fromtimestamp(int(reset), UTC)
            return min(max(1.0, (until - now).total_seconds()), LONGEST_WAIT)
        return 60.0
    return 60.0 if status == 429 or "rate limit" in reason.lower() or "abuse detection" in reason.lower() else None
