"""The configured ways to a token, in their order, behind one cache; never silently another identity."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cockpit.azure.errors import NO_AZ, NO_MANAGED_IDENTITY, NOT_SIGNED_IN, TOKEN_REFUSED
from cockpit.azure.identity import Credential, build_credential
from cockpit.azure.token_sources import SignInPrompt, Token
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.system import Cloud, IdentityMethod

ARM = "https://management.azure.com/.default"
LOGS = "https://api.loganalytics.io/.default"
EXPIRED = Problem(ProblemKind.SIGN_IN, "az login expired AADSTS700082", "expired")


class Clock:
    """Wall clock and monotonic clock that move together, when told."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 2, 27, 2, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Way:
    """A source that answers what it is told: tokens that live an hour, or a Problem."""

    def __init__(self, clock: Clock, method: IdentityMethod = "cli", problem: Problem | None = None) -> None:
        self.method = method
        self.human = method != "managed_identity"
        self.problem = problem
        self.lives = 3_600.0
        self.asked: list[tuple[str, str]] = []
        self._clock = clock

    async def fetch(self, scope: str, claims: str = "") -> Token:
        self.asked.append((scope, claims))
        await asyncio.sleep(0)
        if self.problem:
            raise SourceError(self.problem)
        return Token(f"{self.method}-{len(self.asked)}", self._clock.now().timestamp() + self.lives)

    async def close(self) -> None:
        return


@pytest.fixture
def clock() -> Clock:
    return Clock()


def chain(clock: Clock, *ways: Way) -> Credential:
    return Credential(ways, ARM, time=clock)


async def test_many_callers_at_once_ask_once_for_each_scope(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    await asyncio.gather(*(cache.token(scope) for scope in (ARM, LOGS) * 10))
    assert sorted(way.asked) == sorted([(ARM, ""), (LOGS, "")])


async def test_a_failure_answers_for_everybody_who_waits_and_is_asked_again_later(clock: Clock) -> None:
    way = Way(clock, problem=EXPIRED)
    cache = chain(clock, way)
    answers = await asyncio.gather(*(cache.token(ARM) for _ in range(10)), return_exceptions=True)
    assert all(isinstance(each, SourceError) for each in answers)
    assert len(way.asked) == 1
    clock.passed += 10
    way.problem = None
    assert (await cache.token(ARM)).secret == "cli-2"


async def test_a_token_is_renewed_before_it_ends(clock: Clock) -> None:
    cache = chain(clock, Way(clock))
    first = await cache.token(ARM)
    clock.passed = 3_000
    assert await cache.token(ARM) is first
    clock.passed = 3_400
    assert await cache.token(ARM) is not first


async def test_a_token_that_cannot_be_renewed_yet_is_used_to_its_end(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    first = await cache.token(ARM)
    way.problem = EXPIRED
    clock.passed = 3_400
    assert await cache.token(ARM) is first
    assert await cache.token(ARM) is first
    assert len(way.asked) == 2  # not once per request
    clock.passed = 3_601
    with pytest.raises(SourceError) as failed:
        await cache.token(ARM)
    assert failed.value.problem == EXPIRED


async def test_an_az_that_hands_out_short_lived_tokens_is_not_run_for_every_request(clock: Clock) -> None:
    way = Way(clock)
    way.lives = 200
    cache = chain(clock, way)
    for _ in range(5):
        await cache.token(ARM)
    assert len(way.asked) == 1


async def test_a_machine_steps_in_where_no_person_can_sign_in(clock: Clock) -> None:
    cache = chain(clock, Way(clock, problem=NO_AZ), Way(clock, "managed_identity"))
    assert (await cache.token(ARM)).secret == "managed_identity-1"
    identity = cache.identity()
    assert identity is not None
    assert identity.machine
    assert "managed identity" in identity.label


@pytest.mark.parametrize("problem", [EXPIRED, Problem(ProblemKind.SIGN_IN, "az not signed in", "nobody")])
async def test_a_machine_never_steps_in_for_a_person_whose_sign_in_ended(clock: Clock, problem: Problem) -> None:
    machine = Way(clock, "managed_identity")
    cache = chain(clock, Way(clock, problem=problem), machine)
    with pytest.raises(SourceError) as failed:
        await cache.token(ARM)
    assert failed.value.problem == problem
    assert machine.asked == []


async def test_a_person_whose_sign_in_ends_in_mid_watch_is_not_replaced(clock: Clock) -> None:
    person, machine = Way(clock), Way(clock, "managed_identity")
    cache = chain(clock, person, machine)
    await cache.token(ARM)
    cache.forget()
    person.problem = NO_AZ
    with pytest.raises(SourceError):
        await cache.token(ARM)
    assert machine.asked == []


async def test_another_way_for_a_person_may_follow_and_the_failure_worth_mending_is_reported(clock: Clock) -> None:
    device = Way(clock, "device_code", NOT_SIGNED_IN)
    cache = chain(clock, Way(clock, problem=NO_AZ), Way(clock, "managed_identity", NO_MANAGED_IDENTITY), device)
    with pytest.raises(SourceError) as failed:
        await cache.token(ARM)
    assert failed.value.problem == NOT_SIGNED_IN
    assert cache.signs_in_with == "cli"


async def test_a_refused_token_is_forgotten_and_the_others_stay(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    refused, other = await cache.token(ARM), await cache.token(LOGS)
    cache.refused(refused.secret)
    assert await cache.token(LOGS) is other
    assert await cache.token(ARM) is not refused


async def test_a_service_that_refuses_whatever_is_issued_costs_two_attempts_in_half_a_minute(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    for _ in range(60):  # a poll each five seconds, of five minutes
        with contextlib.suppress(SourceError):
            cache.refused((await cache.token(ARM)).secret)
        await clock.sleep(5)
    assert len(way.asked) <= 20
    with pytest.raises(SourceError) as failed:
        await cache.token(ARM)
    assert failed.value.problem == TOKEN_REFUSED


async def test_ten_calls_refused_at_once_ask_for_one_new_token(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    old = await cache.token(ARM)
    way.problem = EXPIRED
    for _ in range(10):
        cache.refused(old.secret)
        with pytest.raises(SourceError):
            await cache.token(ARM)
    assert len(way.asked) == 2


async def test_claims_ask_for_a_new_token_even_though_one_is_there(clock: Clock) -> None:
    way = Way(clock)
    cache = chain(clock, way)
    await cache.token(ARM)
    await cache.token(ARM, '{"nbf":1}')
    assert way.asked[-1] == (ARM, '{"nbf":1}')


async def test_the_command_that_azure_asks_for_becomes_the_login_command(clock: Clock) -> None:
    class Challenged(Way):
        async def fetch(self, scope: str, claims: str = "") -> Token:
            raise RuntimeError(f"please run: az login --claims-challenge eyJ9 --scope {scope}")

    cache = chain(clock, Challenged(clock))
    assert cache.login_command() == ["az", "login", "--use-device-code"]
    with pytest.raises(SourceError):
        await cache.token(ARM)
    assert cache.login_command() == ["az", "login", "--claims-challenge", "eyJ9", "--scope", ARM]
    cache.forget()
    assert cache.login_command() == ["az", "login", "--use-device-code"]


def test_the_login_command_names_the_configured_tenant(clock: Clock) -> None:
    cache = build_credential(("cli",), "contoso.example.com", "", Cloud(), time=clock)
    assert cache.login_command()[-2:] == ["--tenant", "contoso.example.com"]


async def test_signing_in_by_device_code_needs_it_in_the_configuration(clock: Clock) -> None:
    def prompt(_: SignInPrompt) -> None:
        raise AssertionError

    with pytest.raises(SourceError) as failed:
        await chain(clock, Way(clock)).sign_in(prompt)
    assert "device_code" in failed.value.problem.advice


@pytest.mark.parametrize(
    ("order", "endpoint"),
    [(("simulator",), ""), (("cli",), "http://127.0.0.1:1"), (("simulator", "cli"), "http://127.0.0.1:1")],
)
def test_a_real_identity_and_a_simulator_are_never_mixed(order: Any, endpoint: str, clock: Clock) -> None:
    with pytest.raises(SourceError) as failed:
        build_credential(order, "", "", Cloud(endpoint=endpoint), time=clock)
    assert "simulator" in failed.value.problem.advice


async def test_the_simulator_identity_says_what_it_is(clock: Clock) -> None:
    async with build_credential(("simulator",), "", "", Cloud(endpoint="http://127.0.0.1:1"), time=clock) as cache:
        assert (await cache.get_token(ARM)).token == "simulated-sign-in"
        identity = cache.identity()
        assert identity is not None
        assert identity.label == "simulator via simulator"


def test_a_token_is_never_printed() -> None:
    assert "secret-value" not in repr(Token("secret-value", 1.0))


class OwnCache(Way):
    """az keeps its tokens itself: it hands out the one it has until that has less than five minutes to live."""

    _kept: Token | None = None

    async def fetch(self, scope: str, claims: str = "") -> Token:
        now = self._clock.now().timestamp()
        if self._kept is None or self._kept.expires - now < 300:
            self._kept = await super().fetch(scope, claims)
        else:
            self.asked.append((scope, claims))
        return self._kept


@pytest.mark.parametrize("every", [1.0, 5.0, 15.0, 60.0])
async def test_az_is_run_once_in_the_life_of_a_token(clock: Clock, every: float) -> None:
    """Who asks before az renews is handed the same token again, and starts a process more for each."""
    way = OwnCache(clock)
    way.lives = 4_500.0
    cache = chain(clock, way)
    while clock.passed < 12 * 3_600:
        await cache.token(ARM)
        clock.passed += every
    assert len(way.asked) <= 12
