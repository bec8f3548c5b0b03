"""Signed in with az: a stand-in for it on the PATH."""

import asyncio
import base64
import json
import time
from pathlib import Path

import pytest

from cockpit.azure.identity import Credential, build_credential
from cockpit.azure.token_sources import AzureCli
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import Cloud
from cockpit.model.time import RealTime

ARM = "https://management.azure.com/.default"
LOGS = "https://api.loganalytics.io/.default"
EXPIRED = "ERROR: AADSTS700082: The refresh token has expired due to inactivity. Interactive: az login --scope x"


class Az:
    """An az that counts its runs and answers what it is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = folder / "runs"

    def install(self, script: str) -> None:
        az = self._folder / "az"
        az.write_text(f'#!/bin/sh\necho "$@" >> {self._runs}\n{script}\n')
        az.chmod(0o755)

    def signed_in(self, name: str) -> None:
        middle = base64.urlsafe_b64encode(json.dumps({"upn": name, "tid": "t-1"}).encode()).decode().rstrip("=")
        answer = {"accessToken": f"h.{middle}.s", "expires_on": int(time.time()) + 3_600}
        self.install(f"sleep 0.05; echo '{json.dumps(answer)}'")

    def fails(self, message: str) -> None:
        self.install(f'echo "{message}" >&2; exit 1')

    @property
    def runs(self) -> list[str]:
        return self._runs.read_text().splitlines() if self._runs.exists() else []


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Az:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Az(tmp_path)


@pytest.fixture
def person() -> Credential:
    return build_credential(("cli",), "", "", Cloud(), time=RealTime())


async def refused(cache: Credential) -> SourceError:
    with pytest.raises(SourceError) as failed:
        await cache.token(ARM)
    return failed.value


async def test_twenty_calls_at_once_run_az_once_for_each_scope(az: Az, person: Credential) -> None:
    az.signed_in("ops@example.com")
    await asyncio.gather(*(person.token(scope) for scope in (ARM, LOGS) * 10))
    assert len(az.runs) == 2
    identity = person.identity()
    assert identity is not None
    assert identity.label == "ops@example.com via az cli"


async def test_ten_calls_of_an_expired_sign_in_run_az_once_and_say_what_to_do(az: Az, person: Credential) -> None:
    az.fails(EXPIRED)
    failures = await asyncio.gather(*(person.token(ARM) for _ in range(10)), return_exceptions=True)
    assert len(az.runs) == 1
    problem = failures[0].problem if isinstance(failures[0], SourceError) else None
    assert problem is not None
    assert (problem.kind, problem.short) == (ProblemKind.SIGN_IN, "az login expired AADSTS700082")
    assert "az login" in problem.advice


async def test_after_signing_in_again_the_next_call_works(az: Az, person: Credential) -> None:
    az.fails(EXPIRED)
    await refused(person)
    az.signed_in("ops@example.com")
    person.forget()
    assert (await person.token(ARM)).secret.startswith("h.")


async def test_an_az_where_nobody_is_signed_in_says_so(az: Az, person: Credential) -> None:
    az.fails("ERROR: Please run 'az login' to setup account.")
    problem = (await refused(person)).problem
    assert (problem.kind, problem.short) == (ProblemKind.SIGN_IN, "az not signed in")


async def test_a_box_without_az_says_so(person: Credential, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (await refused(person)).problem.short == "az not installed"


@pytest.mark.parametrize("output", ["", "no json", "{}", '{"accessToken": 7}', "[]", "null"])
async def test_an_az_that_answers_nonsense_is_a_problem_and_no_token(az: Az, person: Credential, output: str) -> None:
    az.install(f"echo '{output}'")
    assert (await refused(person)).problem.kind in (ProblemKind.SIGN_IN, ProblemKind.GARBAGE)


async def test_a_claims_challenge_shows_the_exact_command_and_runs_no_az(az: Az, person: Credential) -> None:
    az.signed_in("ops@example.com")
    await person.token(ARM)
    with pytest.raises(SourceError) as failed:
        await person.token(ARM, '{"access_token":{"nbf":1}}')
    claims = base64.b64encode(b'{"access_token":{"nbf":1}}').decode()
    assert failed.value.problem.kind is ProblemKind.SIGN_IN
    assert failed.value.problem.advice == f"Run: az login --claims-challenge {claims} --scope {ARM}"
    assert person.login_command() == ["az", "login", "--claims-challenge", claims, "--scope", ARM]
    assert len(az.runs) == 1


async def test_the_tenant_of_the_configuration_reaches_az(az: Az) -> None:
    az.signed_in("ops@example.com")
    await build_credential(("cli",), "contoso.example.com", "", Cloud(), time=RealTime()).token(ARM)
    assert az.runs[0].endswith("--tenant contoso.example.com")


ANSWER = '{"accessToken": "h.e30.s", "expires_on": 4102444800}'


@pytest.mark.parametrize(
    "printed",
    [
        f"You have 2 updates available.\n{ANSWER}",
        f"{ANSWER}\nThis command is in preview.",
        f"\x1b[33mWARNING {{not json}}\x1b[0m\n\x1b[36m{ANSWER}\x1b[0m",
        '{"notice": "proxy"}' + ANSWER,
        ANSWER.replace(", ", ",\n  "),
        ANSWER.replace("4102444800", '"4102444800"'),
        '{"accessToken": "h.e30.s", "expiresOn": "2100-01-01 00:00:00.000000"}',
        f"caf\xe9\n{ANSWER}",
    ],
)
async def test_whatever_stands_around_the_token_is_read_past(az: Az, person: Credential, printed: str) -> None:
    text = az._folder / "printed"
    text.write_bytes(printed.encode("latin-1"))
    az.install(f"cat {text}")
    assert (await person.token(ARM)).secret == "h.e30.s"


async def test_an_az_that_hangs_is_a_sentence_and_leaves_nothing_running(az: Az, tmp_path: Path) -> None:
    az.install(f"sleep 600 & echo $! > {tmp_path}/child; read answer; wait")
    with pytest.raises(SourceError) as failed:
        await AzureCli("", timeout=0.5).fetch(ARM)
    assert failed.value.problem.short == "az timed out"
    await asyncio.sleep(0.1)
    assert not is_running(tmp_path / "child")


async def test_what_az_leaves_behind_is_not_waited_for(az: Az, person: Credential, tmp_path: Path) -> None:
    az.install(f"sleep 600 & echo $! > {tmp_path}/child; echo '{ANSWER}'")
    assert (await person.token(ARM)).secret == "h.e30.s"
    await asyncio.sleep(0.1)
    assert not is_running(tmp_path / "child")


def is_running(pid_file: Path) -> bool:
    state = Path(f"/proc/{int(pid_file.read_text())}/stat")
    return state.exists() and state.read_text().split()[2] != "Z"


async def test_an_az_that_asks_finds_nobody_to_ask(az: Az, person: Credential) -> None:
    az.install(f"( : < /dev/tty ) 2>/dev/null || read answer || echo '{ANSWER}'")
    assert (await person.token(ARM)).secret == "h.e30.s"
