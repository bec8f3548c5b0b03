"""Who we are to the cloud: the configured ways in their order, one cache of tokens, never silently another identity."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cockpit.azure.claims import login_command_in, read_token_owner
from cockpit.azure.endpoints import CLOUDS, resolve_endpoints
from cockpit.azure.errors import NO_AZ, NO_MANAGED_IDENTITY, TOKEN_REFUSED, explain_azure_error
from cockpit.azure.token_sources import (
    AzureCli,
    DeviceCodeSource,
    SignInPrompt,
    Simulator,
    Token,
    TokenSource,
    managed_identity,
)
from cockpit.model.operator import Identity, account_name
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.system import Cloud, IdentityMethod
from cockpit.model.time import Time

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

log = logging.getLogger(__name__)
REFRESH_BEFORE = 240.0
"""Seconds a token still has to live when a new one is asked for. Under the 300 at which az, and all on msal, get a new
one themselves: who asks earlier is handed the same token again, and starts one az more for each."""
ASK_AGAIN_AFTER = 30.0  # seconds between two attempts at a fresh token while the old one still works
FAILURE_HOLDS = 5.0  # seconds a refusal answers for everybody: ten feeds must not start ten az processes


def build_credential(
    order: Sequence[IdentityMethod], tenant: str, client_id: str, cloud: Cloud, *, time: Time
) -> "Credential":
    """The one credential of a session. Raises SourceError when simulator and real Azure are mixed."""
    where = resolve_endpoints(cloud)
    if ("simulator" in order) != where.simulated or (where.simulated and len(order) != 1):
        raise SourceError(MIXED)
    flag = where.authority in {cloud.authority for cloud in CLOUDS.values()}
    ways: dict[IdentityMethod, Callable[[], TokenSource]] = {
        "cli": lambda: AzureCli(tenant),
        "managed_identity": lambda: managed_identity(client_id),
        "device_code": lambda: DeviceCodeSource(tenant, where, known_authority=flag),
        "simulator": Simulator,
    }
    return Credential([ways[text]() for text in order], where.resource_manager_scope, time=time, tenant=tenant)


MIXED = Problem(
    ProblemKind.REFUSED,
    "identity refused",
    "A real identity goes to https addresses only, and the simulator's to a simulator only.",
    'Set [identity] order = ["simulator"] together with an http://127.0.0.1 endpoint, or neither.',
)


class Credential:
    """Tokens for every client of the process. All methods belong to the loop's thread."""

    def __init__(self, sources: Sequence[TokenSource], scope: str, *, time: Time, tenant: str = "") -> None:
        self._sources = list(sources)
        self._scope = scope
        self._time = time
        self._tenant = tenant
        self._chosen: TokenSource | None = None
        self._identity: Identity | None = None
        self._tokens: dict[str, Token] = {}
        self._asked: dict[str, float] = {}
        self._failed: dict[str, tuple[float, SourceError]] = {}
        self._refused: dict[str, float] = {}  # by scope: when the service last refused a token
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted_login: list[str] = []

    def identity(self) -> Identity | None:
        """Who the newest token stands for; None before the first."""
        return self._identity

    @property
    def signs_in_with(self) -> IdentityMethod | None:
        """How a person signs in again: `cli` runs `login_command()` in the terminal, `device_code` is `sign_in`."""
        ways = [source.method for source in self._sources if source.method in ("cli", "device_code")]
        if self._chosen is not None and self._chosen.method in ways:
            return self._chosen.method
        return ways[0] if ways else None

    def login_command(self) -> list[str]:
        """The exact `az login` to run, with the claims or the tenant Azure last asked for. Call `forget()` after it."""
        command = self._wanted_login or ["az", "login", "--use-device-code"]
        return command if not self._tenant or "--tenant" in command else [*command, "--tenant", self._tenant]

    def forget(self) -> None:
        """Start anew, after somebody signed in: no token and no failure counts any more."""
        self._tokens.clear()
        self._asked.clear()
        self._failed.clear()
        self._refused.clear()
        self._wanted_login = []

    def refused(self, secret: str, why: Problem = TOKEN_REFUSED) -> None:
        """Drop a token that the service does not take (any more), and `why`; failures still answer for everybody.

        The first time another is asked for, which tells why. Soon after that it is not worth another: az would give
        the same, with a process for each request.
        """
        now = self._time.monotonic()
        by_az = self._chosen is not None and self._chosen.method == "cli"
        for scope in [scope for scope, token in self._tokens.items() if token.secret == secret]:
            if by_az and now - self._refused.get(scope, float("-inf")) < ASK_AGAIN_AFTER:
                self._failed[scope] = (now + ASK_AGAIN_AFTER - FAILURE_HOLDS, SourceError(why))
            self._refused[scope] = now
            if tenant := why.facts.get("tenant"):
                self._wanted_login = ["az", "login", "--use-device-code", "--tenant", str(tenant)]
        self._tokens = {scope: token for scope, token in self._tokens.items() if token.secret != secret}

    async def sign_in(self, prompt: Callable[[SignInPrompt], None]) -> Identity:
        """Sign a person in by device code. Raises SourceError; cancelling ends the wait within a second."""
        source = next((source for source in self._sources if isinstance(source, DeviceCodeSource)), None)
        if source is None:
            raise SourceError(NO_DEVICE_CODE)
        try:
            token = await source.sign_in(self._scope, prompt)
        except Exception as error:
            raise SourceError(explain_azure_error(error)) from error
        self.forget()
        return self._keep(source, self._scope, token)

    async def get_token(self, *scopes: str, claims: str | None = None, **_: object) -> "AccessToken":
        """As the SDK asks for it."""
        from azure.core.credentials import AccessToken

        token = await self.token(scopes[0], claims or "")
        return AccessToken(token.secret, int(token.expires))

    async def token(self, scope: str, claims: str = "") -> Token:
        """A token with life left in it. Raises SourceError; concurrent callers share one attempt and its outcome."""
        token = self._usable(scope)
        if token and not claims:
            return token
        async with self._locks.setdefault(scope, asyncio.Lock()):
            token = self._usable(scope)
            if token and not claims:
                return token
            self._raise_recent_failure(scope)
            return await self._renew(scope, claims)

    def _usable(self, scope: str) -> Token | None:
        token = self._tokens.get(scope)
        if token is None:
            return None
        left = token.expires - self._time.now().timestamp()
        asked_lately = self._time.monotonic() - self._asked.get(scope, float("-inf")) < ASK_AGAIN_AFTER
        return token if left > REFRESH_BEFORE or (left > 0 and asked_lately) else None

    def _raise_recent_failure(self, scope: str) -> None:
        failed = self._failed.get(scope)
        if failed and self._time.monotonic() - failed[0] < FAILURE_HOLDS:
            raise SourceError(failed[1].problem)

    async def _renew(self, scope: str, claims: str) -> Token:
        self._asked[scope] = self._time.monotonic()
        try:
            source, token = await self._first_answer(scope, claims)
        except SourceError as error:
            old = self._tokens.get(scope)
            if old and not claims and old.expires > self._time.now().timestamp():
                log.warning("a token could not be refreshed yet: %s", error)
                return old
            self._failed[scope] = (self._time.monotonic(), error)
            raise
        self._keep(source, scope, token)
        return token

    async def _first_answer(self, scope: str, claims: str) -> tuple[TokenSource, Token]:
        """Ask the chosen way, or each in its order until one answers or must not be followed by the next."""
        if self._chosen is not None:
            return self._chosen, await self._ask(self._chosen, scope, claims)
        failures: list[Problem] = []
        for source in self._sources:
            if not may_follow(failures, source):
                continue
            try:
                return source, await self._ask(source, scope, claims)
            except SourceError as error:
                failures.append(error.problem)
        raise SourceError(next((failure for failure in failures if failure not in ABSENT), failures[0]))

    async def _ask(self, source: TokenSource, scope: str, claims: str) -> Token:
        try:
            return await source.fetch(scope, claims)
        except Exception as error:
            problem = explain_azure_error(error)
            command = login_command_in(str(error)) or login_command_in(problem.advice)
            self._wanted_login = command or self._wanted_login
            raise SourceError(problem) from error

    def _keep(self, source: TokenSource, scope: str, token: Token) -> Identity:
        self._chosen = source
        self._tokens[scope] = token
        self._failed.pop(scope, None)
        self._identity = identity_of(source, token)
        return self._identity

    async def close(self) -> None:
        for source in self._sources:
            await source.close()

    async def __aenter__(self) -> "Credential":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def may_follow(failures: Sequence[Problem], source: TokenSource) -> bool:
    """Whether `source` may be asked after the ways before it failed so.

    Another sign-in of a person may always be tried. A machine steps in only where no way before it exists on this
    box; an expired or missing sign-in is for a person to mend, not to be papered over by the box's own rights.
    """
    return source.human or all(failure in ABSENT for failure in failures)


ABSENT = (NO_AZ, NO_MANAGED_IDENTITY)

NO_DEVICE_CODE = Problem(
    ProblemKind.REFUSED,
    "no device code",
    "Signing in by device code is not among the configured identities.",
    'Add "device_code" to [identity] order, or run `az login`.',
)


def find_cloud_name(credential: Credential) -> str:
    """As whom the cloud knows the person here; "" before its first answer, for a machine, and in a simulated cloud."""
    identity = credential.identity()
    return "" if identity is None or identity.machine or identity.method == "simulator" else identity.name


def identity_of(source: TokenSource, token: Token) -> Identity:
    if source.method == "simulator":
        return Identity("simulator", "simulator")
    return read_token_owner(token.secret, source.method, local_user())


def local_user() -> str:
    """The user of this machine, for tokens that do not say whose they are."""
    return f"{account_name()} (of this machine)"
