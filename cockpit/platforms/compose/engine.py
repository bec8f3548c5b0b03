"""The API of one Docker Engine: over its socket, TCP or ssh, asked for plain JSON, its refusals in words.

Plain httpx over a unix socket, and not aiodocker: ten questions are asked, each a GET or POST with JSON, and what goes
wrong is reported as it is for every other source. Nothing is sent twice.
"""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_named_file, read_text
from cockpit.model.text import clean_line
from cockpit.model.time import Time

if TYPE_CHECKING:
    import httpx

LOCAL = "unix:///var/run/docker.sock"
DEADLINE = 15.0  # seconds for one answer
STOP_DEADLINE = 60.0  # seconds beyond the grace that containers get to stop
SILENCE = 3_600.0  # seconds without a line before a log stream counts as dead
TUNNEL_DEADLINE = 20.0  # seconds for ssh to open its tunnel
NEWEST, OLDEST = (1, 41), (1, 24)  # of the API: what we ask for, and the least that does (Docker 1.12)
ERROR_BODY = 65_536
LARGEST_CONTEXT = 1_000_000  # bytes of a file that docker keeps of its contexts
LARGEST = 64 * 1024 * 1024  # bytes of one answer


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine is. `scheme` is unix, tcp or ssh; `path` is that of the socket, on the other machine for ssh."""

    scheme: str
    host: str = ""  # HOST:PORT, or USER@HOST for ssh
    path: str = ""
    port: int | None = None  # of ssh
    certificates: str = ""  # folder of ca.pem, cert.pem and key.pem, "" without TLS

    @property
    def label(self) -> str:
        """As people name it: `/var/run/docker.sock`, `web-1:2376`, `ssh ops@web-1`."""
        return {"unix": self.path, "tcp": self.host}.get(self.scheme, f"ssh {self.host}")

    @property
    def docker_host(self) -> str:
        """What DOCKER_HOST says for it."""
        port = f":{self.port}" if self.port else ""
        own = self.path if self.scheme == "unix" or self.path != urlsplit(LOCAL).path else ""
        return f"{self.scheme}://{self.host}{port}{own}"


def locate_engine(configured: str, environ: Mapping[str, str]) -> EngineAddress:
    """The configured engine, else that of DOCKER_HOST, else that of docker's context, else the local one.

    Raises SourceError.
    """
    written = configured or environ.get("DOCKER_HOST", "")
    context_folder = ""
    if not written:
        written, context_folder = read_docker_context(environ)
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise SourceError(_explain_bad_address(written)) from None
    match parts.scheme:
        case "unix" if parts.path or parts.netloc:
            return EngineAddress("unix", path=parts.path or f"/{parts.netloc}")
        case "tcp" | "http" | "https" if parts.hostname:
            secure = parts.scheme == "https" or bool(environ.get("DOCKER_TLS_VERIFY") or context_folder)
            named = environ.get("DOCKER_CERT_PATH", "")
            if secure and named and not context_folder and not (Path(named) / "ca.pem").is_file():
                raise SourceError(_explain_bad_certificates(named, "there is no ca.pem"))
            folder = context_folder or named or str(Path(environ.get("HOME", "~")).expanduser() / ".docker")
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return EngineAddress(
                "tcp", f"{host}:{port or (2376 if secure else 2375)}", certificates=folder if secure else ""
            )
        case "ssh" if parts.hostname and not parts.hostname.startswith("-") and not parts.password:
            user = f"{parts.username}@" if parts.username else ""
            return EngineAddress("ssh", user + parts.hostname, parts.path.rstrip("/") or urlsplit(LOCAL).path, port)
    raise SourceError(_explain_bad_address(written))


def read_docker_context(environ: Mapping[str, str]) -> tuple[str, str]:
    """The address of docker's own context, that of DOCKER_CONTEXT or the current, and the folder of its certificates.

    Raises SourceError where it is named and not there.
    """
    folder, name = _find_docker_folder(environ), name_docker_context(environ)
    if name in ("", "default"):
        return LOCAL, ""
    digest = hashlib.sha256(name.encode()).hexdigest()  # so docker calls the folder of a context
    endpoints = _read_json_file(folder / "contexts" / "meta" / digest / "meta.json").get("Endpoints")
    host = read_text(dig_value(endpoints, "docker", "Host"))
    if not host:
        raise SourceError(
            Problem(
                ProblemKind.MISSING,
                "no such context",
                f"docker's context {clean_line(name, 80)!r} is not in {clean_line(str(folder), 120)}.",
                "See `docker context ls`, or name the engine: host in cockpit.toml, DOCKER_HOST.",
                code="no-docker-context",
            )
        )
    certificates = folder / "contexts" / "tls" / digest / "docker"
    return host, str(certificates) if (certificates / "ca.pem").exists() else ""


def name_docker_context(environ: Mapping[str, str]) -> str:
    """The context that docker is set to, by DOCKER_CONTEXT or by its own configuration; "" where neither says."""
    folder = _find_docker_folder(environ)
    return environ.get("DOCKER_CONTEXT", "") or read_text(_read_json_file(folder / "config.json").get("currentContext"))


def _find_docker_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "~")).expanduser() / ".docker")


def _explain_other_engine(shown: EngineAddress, now: EngineAddress) -> Problem:
    return Problem(
        ProblemKind.REFUSED,
        "other engine",
        f"docker's context now means the engine {now.label}; what is shown is {shown.label}. Nothing was changed.",
        "Name the engine with host in cockpit.toml, or open the cockpit again for the other one.",
        code="other-engine",
    )


def _read_json_file(path: Path) -> Mapping[str, Any]:
    import json

    try:
        document = json.loads(read_named_file(path, LARGEST_CONTEXT).decode("utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, Mapping) else {}


def _explain_bad_address(written: str) -> Problem:
    return Problem(
        ProblemKind.REFUSED,
        "bad DOCKER_HOST",
        f"The engine's address {clean_line(written.rpartition('@')[2], 80)!r} is not understood.",
        "Write unix:///run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST, without a password.",
        code="bad-engine-address",
    )


class EngineClient:
    """One engine. Safe for many questions side by side. Reads raise SourceError."""

    def __init__(
        self, *, configured: str, environ: Mapping[str, str], read_only: bool, time: Time, ssh: str = "ssh"
    ) -> None:
        self._configured, self._environ = configured, environ
        self._read_only, self._time, self._ssh = read_only, time, ssh
        self._http: httpx.AsyncClient | None = None
        self._tunnel: SshTunnel | None = None
        self._version = ""
        self._name = ""
        self._address: EngineAddress | None = None  # of the engine that answered
        self._connecting = asyncio.Lock()

    @property
    def read_only(self) -> bool:
        return self._read_only

    def locate(self) -> EngineAddress:
        """Where it is. Raises SourceError."""
        return locate_engine(self._configured, self._environ)

    def must_be_same_engine(self) -> None:
        """Before each change. Raises SourceError where docker's own context now means another engine than is shown."""
        if self._address is not None and (now := self.locate()) != self._address:
            raise SourceError(_explain_other_engine(self._address, now))

    async def read_name(self) -> str:
        """The name of the engine's machine; its address where it does not say. Raises SourceError."""
        if not self._name:
            address = self.locate().label
            try:
                self._name = read_text((await self.get("/info")).get("Name")) or address
            except SourceError as error:
                if error.problem.kind not in (ProblemKind.FORBIDDEN, ProblemKind.MISSING):
                    raise
                self._name = address  # a proxy before the socket lets only some questions through
        return self._name

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """One object. Raises SourceError."""
        answer = await self._request("GET", path, params)
        if not isinstance(answer, Mapping):
            raise SourceError(
                Problem(ProblemKind.GARBAGE, "not an object", "The engine answered JSON of another sort.")
            )
        return answer

    async def list_items(self, path: str, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
        """A list of objects. Raises SourceError."""
        answer = await self._request("GET", path, params)
        if not isinstance(answer, list):
            raise SourceError(Problem(ProblemKind.GARBAGE, "not a list", "The engine answered JSON of another sort."))
        return [item for item in answer if isinstance(item, Mapping)]

    async def list_events(self, since: datetime, until: datetime, actions: Sequence[str]) -> list[Mapping[str, Any]]:
        """What befell containers of Compose between two moments, oldest first. Raises SourceError."""
        import json

        filters = {"type": ["container"], "event": list(actions), "label": ["com.docker.compose.project"]}
        params = {
            "since": f"{since.timestamp():.9f}",
            "until": f"{until.timestamp():.9f}",
            "filters": json.dumps(filters),
        }
        body = b""
        try:
            async with asyncio.timeout(DEADLINE):
                async for chunk in self.stream("/events", params):
                    body += chunk
                    if len(body) > LARGEST:
                        break
        except TimeoutError as error:
            raise SourceError(self._explain_error(error)) from error
        records: list[Mapping[str, Any]] = []
        for line in body.splitlines():
            with suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, Mapping):
                    records.append(record)
        return records

    async def post(self, path: str, params: Mapping[str, str] | None = None, *, grace: float = 0.0) -> None:
        """Change something, once. `grace`: seconds that containers get to stop. Raises SourceError."""
        if self._read_only:
            raise SourceError(READ_ONLY)
        await self._request("POST", path, params, timeout=DEADLINE if not grace else grace + STOP_DEADLINE)

    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The bytes of an answer as they come. Only what is followed may be silent for long. Raises SourceError."""
        import httpx

        client = await self._connect()
        silence = SILENCE if params.get("follow") else DEADLINE
        try:
            async with client.stream(
                "GET", f"{self._version}{path}", params=dict(params), timeout=httpx.Timeout(DEADLINE, read=silence)
            ) as response:
                if response.status_code != 200:
                    raise SourceError(self._explain(response, await _read_some(response, ERROR_BODY)))
                async for chunk in response.aiter_raw():
                    yield chunk
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(self._explain_error(error)) from error

    async def close(self) -> None:
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()
        if self._tunnel is not None:
            await self._tunnel.close()
            self._tunnel = None

    async def _request(
        self, method: str, path: str, params: Mapping[str, str] | None, *, timeout: float = DEADLINE
    ) -> Any:
        client = await self._connect()
        return await self._send(client, method, f"{self._version}{path}", params, timeout)

    async def _send(
        self, client: "httpx.AsyncClient", method: str, path: str, params: Mapping[str, str] | None, timeout: float
    ) -> Any:
        try:
            async with (
                asyncio.timeout(timeout),
                client.stream(method, path, params=dict(params or {}), timeout=timeout) as response,
            ):
                body = await _read_some(response, LARGEST if response.is_success else ERROR_BODY)
                if not (response.is_success or response.status_code == 304):  # 304: it is so already
                    raise SourceError(self._explain(response, body))
                if "html" in response.headers.get("content-type", "").lower():
                    raise SourceError(NOT_AN_ENGINE)
                if path == "/_ping":
                    return response.headers.get("api-version", "")
                return await asyncio.to_thread(_parse_json, body) if len(body) > 65_536 else _parse_json(body)
        except SourceError as error:
            if self._tunnel is not None and error.problem.kind is ProblemKind.NETWORK:
                await self.close()
            raise
        except Exception as error:
            problem = self._explain_error(error)
            if self._tunnel is not None and problem.kind is ProblemKind.NETWORK:
                await self.close()  # the tunnel is gone: the next question opens another
            raise SourceError(problem) from error

    async def _connect(self) -> "httpx.AsyncClient":
        """Open the way with the first question, and agree on a version; a failure is tried again with the next."""
        async with self._connecting:
            if self._http is None:
                address = self._address or self.locate()  # the first one stays: nobody is shown another without a word
                client = await self._open(address)
                try:
                    self._version = choose_version(await self._send(client, "GET", "/_ping", None, DEADLINE))
                except BaseException:
                    await client.aclose()
                    raise
                self._http, self._address = client, address
            return self._http

    async def _open(self, address: EngineAddress) -> "httpx.AsyncClient":
        import httpx

        limits = httpx.Limits(max_connections=40, max_keepalive_connections=8)
        if address.scheme == "tcp":
            secure = bool(address.certificates)
            tls: Any = _tls_of(address) if secure else False
            return httpx.AsyncClient(
                base_url=f"{'https' if secure else 'http'}://{address.host}", verify=tls, trust_env=False, limits=limits
            )
        path = address.path
        if address.scheme == "ssh":
            if self._tunnel is not None and not self._tunnel.open:
                await self._tunnel.close()
                self._tunnel = None
            if self._tunnel is None:
                tunnel = SshTunnel(address, self._ssh, self._environ)
                await tunnel.start()
                self._tunnel = tunnel
            path = self._tunnel.path
        transport = httpx.AsyncHTTPTransport(uds=path, limits=limits)
        return httpx.AsyncClient(base_url="http://docker", transport=transport, trust_env=False)

    def _explain(self, response: "httpx.Response", body: bytes) -> Problem:
        from cockpit.feeds.http import explain_refusal

        problem = explain_refusal(response.status_code, response.headers, body, self._time.now())
        status, is_page = response.status_code, "html" in response.headers.get("content-type", "").lower()
        if is_page and status == 403 and self._version:  # the page of a socket proxy before an engine that answered
            problem = replace(problem, message="")
        elif is_page:
            return NOT_AN_ENGINE if problem.kind is not ProblemKind.SERVER else problem
        return explain_engine_refusal(problem, status, describe_engine_request(response.request))

    def _explain_error(self, error: Exception) -> Problem:
        return explain_engine_error(error, self._address or self.locate())


async def _read_some(response: "httpx.Response", limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise SourceError(Problem(ProblemKind.GARBAGE, "endless answer", f"The answer is over {limit} bytes long."))
    return bytes(body)


def _parse_json(body: bytes) -> Any:
    import json

    return json.loads(body) if body.strip() else {}


def _tls_of(address: EngineAddress) -> Any:
    import ssl

    from cockpit.feeds.http import tls_context

    folder = Path(address.certificates)
    own = [str(folder / name) for name in ("cert.pem", "key.pem")] if (folder / "cert.pem").exists() else ["", ""]
    try:
        return tls_context(True, str(folder / "ca.pem") if (folder / "ca.pem").exists() else "", *own)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(_explain_bad_certificates(str(folder), clean_line(error, 120))) from error


def _explain_bad_certificates(folder: str, reason: str) -> Problem:
    sentence = f"The certificates in {clean_line(folder, 120)} cannot be read: {reason}."
    return Problem(ProblemKind.SIGN_IN, "bad certificates", sentence, "Look at DOCKER_CERT_PATH.")


def choose_version(newest: object) -> str:
    """The prefix of paths for an engine whose newest API is `newest`. Raises SourceError for one that is too old."""
    major, _, minor = read_text(newest).partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise SourceError(NOT_AN_ENGINE)
    version = min((int(major), int(minor)), NEWEST)
    if version < OLDEST:
        raise SourceError(
            Problem(
                ProblemKind.REFUSED,
                f"API {major}.{minor} too old",
                f"The engine speaks version {major}.{minor} of the API; {OLDEST[0]}.{OLDEST[1]} is the least.",
                "Update Docker there.",
            )
        )
    return f"/v{version[0]}.{version[1]}"


class SshTunnel:
    """`ssh -L SOCKET:REMOTE-SOCKET`: the engine's socket of another machine, here, for us alone.

    The ssh program goes by the person's own configuration, keys and agent. It asks nothing: a question on the terminal
    would stand in the middle of the screen, so without a key or an agent it fails and says so.
    """

    def __init__(self, address: EngineAddress, program: str, environ: Mapping[str, str]) -> None:
        self._address, self._program, self._environ = address, program, environ
        self._folder = tempfile.TemporaryDirectory(prefix="cockpit-ssh-")  # 0700
        self.path = str(Path(self._folder.name) / "docker.sock")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def open(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Open it. Raises SourceError."""
        port = ["-p", str(self._address.port)] if self._address.port else []
        options = ["BatchMode=yes", "ExitOnForwardFailure=yes", "ConnectTimeout=10", "ServerAliveInterval=15"]
        argv = [self._program, "-N", "-T", *(part for option in options for part in ("-o", option)), *port]
        argv += ["-L", f"{self.path}:{self._address.path}", "--", self._address.host]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **self._environ},
                start_new_session=True,
            )
        except OSError as error:
            self._folder.cleanup()
            sentence = f"The ssh program cannot be started: {clean_line(error, 120)}."
            raise SourceError(
                Problem(ProblemKind.MISSING, "no ssh", sentence, "Install it (openssh-client).")
            ) from error
        try:
            async with asyncio.timeout(TUNNEL_DEADLINE):
                # ssh tells nobody but the file system that its tunnel stands.
                while self.open and not await asyncio.to_thread(os.path.exists, self.path):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            await self.close()
            raise SourceError(
                Problem(ProblemKind.TIMEOUT, "ssh timed out", f"{self._address.label} did not answer.")
            ) from None
        if not self.open:
            assert self._process.stderr is not None
            reason = clean_line(await self._process.stderr.read(ERROR_BODY), 300) or "it gives no reason"
            await self.close()
            raise SourceError(
                Problem(
                    ProblemKind.SIGN_IN if "denied" in reason.lower() else ProblemKind.NETWORK,
                    "ssh failed",
                    f"{self._address.label}: {reason}.".replace("..", "."),
                    f"Try `ssh {self._address.host}`: it must ask nothing (key in an agent, known host).",
                )
            )

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 2)
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        self._folder.cleanup()


# Refusals in words.

READ_ONLY = Problem(ProblemKind.REFUSED, "read-only", "This cockpit is read-only: nothing was sent to the engine.")
NOT_AN_ENGINE = Problem(
    ProblemKind.GARBAGE,
    "not a Docker Engine",
    "What answers there is no Docker Engine: it sent a page, or no version of the API.",
    "A proxy stands in the way, or host names another server. Look at host in cockpit.toml and at DOCKER_HOST.",
    code="not-an-engine",
)


def describe_engine_request(request: "httpx.Request") -> str:
    """`POST /containers/*/restart`: as the rules of a socket proxy name it."""
    path = re.sub(r"^/v\d+\.\d+", "", request.url.path)
    pattern = re.sub(r"/(containers|images)/.+/(\w+)$", r"/\1/*/\2", path)
    return f"{request.method} {pattern}"


def explain_engine_refusal(problem: Problem, status: int, asked: str) -> Problem:
    """An answer that is no success to what was `asked`, in the words of the engine."""
    reason = problem.message.removeprefix(f"HTTP {status}: ").removeprefix(f"HTTP {status}.")
    match status:
        case 401 | 403:
            sentence = reason or "What stands before the engine does not let this through."
            advice = f"A socket proxy or an authorization plugin must allow {asked}."
            return Problem(ProblemKind.FORBIDDEN, f"{status} forbidden", sentence, advice, facts={"asked": asked})
        case 404:
            return Problem(ProblemKind.MISSING, "404 not there", reason or "It is not there.", "Look again first.")
        case 409:
            return Problem(
                ProblemKind.CONFLICT, "409 conflict", reason or "Another change is going on.", "Look again first."
            )
        case 400:
            return Problem(ProblemKind.REFUSED, "400 refused", reason or "The engine refuses the question.")
    return problem


def explain_engine_error(error: Exception, address: EngineAddress) -> Problem:
    """The Problem of anything that httpx or the network raises. Total."""
    from cockpit.feeds.http import explain_http_error

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PermissionError):
            return Problem(
                ProblemKind.FORBIDDEN,
                "no right on the socket",
                f"You may not open {address.path}.",
                "Ask to be added to the group docker and sign in again, or use ssh:// to a machine where you may.",
                code="socket-forbidden",
            )
        if isinstance(cause, FileNotFoundError):
            return Problem(
                ProblemKind.MISSING,
                "no Docker Engine",
                f"There is no socket {address.path}.",
                "Is Docker running (systemctl status docker)? Else name the engine: host in cockpit.toml, DOCKER_HOST.",
                code="no-engine",
            )
        if isinstance(cause, ConnectionRefusedError):
            return Problem(
                ProblemKind.NETWORK,
                "engine is down",
                f"Nobody listens on {address.label}.",
                "Is Docker running (systemctl status docker)? It is asked again by itself.",
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return Problem(
            ProblemKind.TIMEOUT,
            "engine hangs",
            f"The engine on {address.label} took the question and did not answer in time.",
            "It is asked again by itself. When it stays so, look at `journalctl -u docker` there.",
        )
    return explain_http_error(error)
