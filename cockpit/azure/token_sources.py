"""The ways to a token. `fetch` asks once, without a cache, and raises what its library raises."""

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from cockpit.azure.endpoints import Endpoints
from cockpit.azure.errors import (
    AZ_HANGS,
    IDENTITY_HANGS,
    NO_AZ,
    NOT_SIGNED_IN,
    explain_chosen_identity,
    explain_missing_token,
    sign_in_failed,
)
from cockpit.model.problem import SourceError
from cockpit.model.raw import read_process_output
from cockpit.model.system import IdentityMethod

AUTHORITY_TIMEOUT = 10  # seconds for one answer of the sign-in authority
AZ_TIMEOUT = 20  # seconds: a cold az on a busy box takes several
LIBRARY_TIMEOUT = 20  # seconds for a token with the library's own second try
UNREADABLE_AZ = "az answered without a token. Run `az account get-access-token` to see what it says."
COLOUR = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")
FOR_EVER = 4_102_444_800.0  # the year 2100
PUBLIC_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"  # the client id that az and azure-identity sign people in with


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `expires` in epoch seconds. Never printed."""

    secret: str
    expires: float

    def __repr__(self) -> str:
        return f"Token(•••, expires={self.expires})"


@dataclass(frozen=True, slots=True)
class SignInPrompt:
    """What a person must do to sign in: open `url` and type `code` before `expires`."""

    url: str
    code: str
    expires: datetime


class TokenSource(Protocol):
    """One way to a token. `human` tells whether a person stands behind it."""

    method: IdentityMethod
    human: bool

    async def fetch(self, scope: str, claims: str = "") -> Token:
        """A fresh token for a scope such as `https://management.azure.com/.default`."""

    async def close(self) -> None: ...


class Simulator:
    """The simulated world takes any token; this one is worth nothing anywhere else."""

    method: IdentityMethod = "simulator"
    human = True

    async def fetch(self, scope: str, claims: str = "") -> Token:
        return Token("simulated-sign-in", FOR_EVER)

    async def close(self) -> None:
        return


class Library:
    """A credential of azure-identity, built at its first use and off the loop: the import alone takes a while."""

    def __init__(self, method: IdentityMethod, build: Callable[[], Any], *, human: bool) -> None:
        self.method = method
        self.human = human
        self._build = build
        self._credential: Any = None

    async def fetch(self, scope: str, claims: str = "") -> Token:
        """Raises SourceError beside what the library raises."""
        if self._credential is None:
            self._credential = await asyncio.to_thread(self._build)
        try:
            token = await asyncio.wait_for(self._credential.get_token(scope, claims=claims or None), LIBRARY_TIMEOUT)
        except TimeoutError:
            raise SourceError(IDENTITY_HANGS) from None
        return Token(token.token, token.expires_on)

    async def close(self) -> None:
        if self._credential is not None:
            await self._credential.close()


class AzureCli:
    """The person who ran `az login`. Each fetch is one az process; `timeout` in seconds.

    Not azure-identity's: that one gives up on anything around the JSON (a notice of a new version, a proxy's banner),
    on a byte that is no UTF-8, and leaves the children of an az that hangs behind.
    """

    method: IdentityMethod = "cli"
    human = True

    def __init__(self, tenant: str, timeout: float = AZ_TIMEOUT) -> None:
        self._tenant = tenant
        self._timeout = timeout

    async def fetch(self, scope: str, claims: str = "") -> Token:
        """Raises SourceError."""
        if claims:
            raise SourceError(explain_missing_token(_claims_command(claims, scope)))
        path = shutil.which("az")
        if path is None:
            raise SourceError(NO_AZ)
        command = [path, "account", "get-access-token", "--output", "json", "--scope", scope]
        status, output, errors = await self._run([*command, *(["--tenant", self._tenant] if self._tenant else [])])
        token = find_az_token(output)
        if status == 0 and token is not None:
            return token
        raise SourceError(explain_missing_token(errors.strip() or UNREADABLE_AZ))

    async def _run(self, command: list[str]) -> tuple[int, str, str]:
        """In a session of its own, so that it can neither ask at our terminal nor leave anything running."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd="/",
                env={**os.environ, "AZURE_CORE_NO_COLOR": "true", "AZURE_CORE_ONLY_SHOW_ERRORS": "true"},
                start_new_session=True,
            )
        except OSError as error:
            raise SourceError(NO_AZ) from error
        try:
            output, errors = await asyncio.wait_for(read_process_output(process), self._timeout)
        except TimeoutError:
            raise SourceError(AZ_HANGS) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return process.returncode or 0, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")

    async def close(self) -> None:
        return


def find_az_token(output: str) -> Token | None:
    """The token in what `az account get-access-token` printed, whatever else stands around its JSON."""
    plain = COLOUR.sub("", output)
    decoder = json.JSONDecoder()
    for brace in re.finditer(r"\{", plain):
        try:
            answer, _ = decoder.raw_decode(plain, brace.start())
        except (ValueError, RecursionError):
            continue
        secret, expires = answer.get("accessToken"), _read_expiry(answer)
        if isinstance(secret, str) and secret and expires is not None:
            return Token(secret, expires)
    return None


def _read_expiry(answer: Mapping[str, Any]) -> float | None:
    """In epoch seconds: `expires_on`, or of an older az `expiresOn`, a local time without a zone."""
    try:
        if "expires_on" in answer:
            return float(answer["expires_on"])
        return datetime.fromisoformat(str(answer.get("expiresOn"))).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _claims_command(claims: str, scope: str) -> str:
    encoded = base64.b64encode(claims.encode()).decode()
    return f"Azure asks for more: run az login --claims-challenge {encoded} --scope {scope}"


def managed_identity(client_id: str) -> TokenSource:
    """The machine this runs on. Only ever used where the configuration names it."""

    def build() -> Any:
        from azure.identity.aio import ChainedTokenCredential, ManagedIdentityCredential

        # In a chain the metadata service is probed for 1 s first; alone it is waited for 13 s on a box without one.
        try:
            machine = ManagedIdentityCredential(client_id=client_id or None, retry_total=1, retry_backoff_factor=0.2)
        except ValueError as error:  # a kind of machine whose identity cannot be chosen, such as Cloud Shell
            raise SourceError(explain_chosen_identity(error)) from error
        return ChainedTokenCredential(machine)

    return Library("managed_identity", build, human=False)


class DeviceCodeSource:
    """A person who signs in on another device. Until `sign_in` has succeeded, every fetch says so.

    On msal itself: azure-identity's credential for this has no async version and cannot be cancelled.
    """

    method: IdentityMethod = "device_code"
    human = True

    def __init__(self, tenant: str, where: Endpoints, *, known_authority: bool) -> None:
        self._where = where
        self._authority = f"https://{where.authority}/{tenant or 'organizations'}"
        self._known_authority = known_authority
        self._application: Any = None
        self._session: Any = None
        self._lock = threading.Lock()

    async def fetch(self, scope: str, claims: str = "") -> Token:
        if self._application is None:
            raise SourceError(NOT_SIGNED_IN)
        return await asyncio.to_thread(self._silently, scope, claims)

    def _silently(self, scope: str, claims: str) -> Token:
        app = self._app()
        accounts = app.get_accounts()
        if not accounts:
            raise SourceError(NOT_SIGNED_IN)
        answer = app.acquire_token_silent_with_error([scope], account=accounts[0], claims_challenge=claims or None)
        return token_of(answer or {})

    async def sign_in(self, scope: str, prompt: Callable[[SignInPrompt], None]) -> Token:
        """Show the code through `prompt`, in the loop's thread, and wait. Cancelling ends the wait within a second."""
        loop = asyncio.get_running_loop()
        cancelled = threading.Event()

        def show(flow: dict[str, Any]) -> None:
            expires = datetime.fromtimestamp(flow["expires_at"], UTC)
            loop.call_soon_threadsafe(prompt, SignInPrompt(flow["verification_uri"], flow["user_code"], expires))

        try:
            return await asyncio.to_thread(self._wait_for_person, scope, show, cancelled)
        finally:
            cancelled.set()

    def _wait_for_person(self, scope: str, show: Callable[[dict[str, Any]], None], cancelled: threading.Event) -> Token:
        app = self._app()
        flow = app.initiate_device_flow([scope])
        if "user_code" not in flow:
            return token_of(flow)
        show(flow)
        answer = app.acquire_token_by_device_flow(
            flow, exit_condition=lambda flow: cancelled.is_set() or time.time() > flow["expires_at"]
        )
        return token_of(answer)

    def _app(self) -> Any:
        import msal  # type: ignore[import-untyped]
        import requests

        with self._lock:
            if self._session is None:
                self._session = requests.Session()
                proxy, self._session.trust_env = self._where.find_proxy()
                if proxy:
                    self._session.proxies = {"http": proxy, "https": proxy}
                # The authorities of the environment count whoever the proxy is; requests forgets them with the proxies.
                bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
                if authorities := self._where.ca_file or bundle:
                    self._session.verify = authorities
                self._session.request = partial(self._session.request, timeout=AUTHORITY_TIMEOUT)
            if self._application is None:
                self._application = msal.PublicClientApplication(
                    PUBLIC_CLIENT,
                    authority=self._authority,
                    instance_discovery=None if self._known_authority else False,
                    http_client=self._session,  # ours, so that it can be closed
                )
            return self._application

    async def close(self) -> None:
        if self._session is not None:
            self._session.close()


def token_of(answer: dict[str, Any]) -> Token:
    """The token of an msal answer. Raises SourceError with the authority's own words when it holds none."""
    if "access_token" in answer:
        return Token(str(answer["access_token"]), time.time() + float(answer.get("expires_in") or 0))
    raise SourceError(sign_in_failed(answer.get("error_description") or answer.get("error") or "no token came back"))
