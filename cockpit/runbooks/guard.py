"""Is this the cloud and the cluster we mean? Asked of the tools themselves, just before they change something."""

import asyncio
import re
from collections.abc import Mapping, MutableMapping

from cockpit.model.clean import clean_line
from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.runbooks.execution import Prepared, Refused
from cockpit.runbooks.tools import guarded

QUESTIONS = {
    "az": ("az", "account", "show", "--query", "id", "--output", "tsv"),
    "kubectl": ("kubectl", "config", "current-context"),
}
NAMED = {
    "az": re.compile(r"\s--subscription[\s=]+(\S+)"),
    "kubectl": re.compile(r"\s--(?:kube-)?context[\s=]+(\S+)"),
}
SAYS = {"az": "the subscription of az", "kubectl": "the context of kubectl"}
PATIENCE = 20.0  # seconds


def expected(tool: str, environment: Environment) -> str:
    """What a tool must be set to, "" when the configuration does not say."""
    return environment.subscription if tool == "az" else environment.kube_context


def mismatch(tool: str, environment: Environment, found: str, command: str = "") -> str:
    """Why a change by this tool would not be on `environment`; "" when it would, or nothing is configured.

    A subscription or context that the command names itself counts instead of the one the tool is set to.
    """
    wanted = expected(tool, environment)
    named = [value.strip("\"'") for value in NAMED[tool].findall(command)]
    actual = [each for each in named or [found] if each.casefold() != wanted.casefold()]
    if not wanted or not actual:
        return ""
    said = clean_line(actual[0], 80) or "not set"
    where = "in the command" if named else "on this machine"
    return f"{SAYS[tool]} {where} is {said}, but {environment.name} is {wanted}"


async def look(environment: Environment, env: Mapping[str, str], found: MutableMapping[str, str]) -> None:
    """Ask every tool that the configuration has an answer for, side by side, and note it in `found`."""
    wanted = [each for each in QUESTIONS if expected(each, environment)]
    found.update(zip(wanted, await asyncio.gather(*(ask(each, env) for each in wanted)), strict=True))


async def must_fit(
    prepared: Prepared, environment: Environment, env: Mapping[str, str], found: MutableMapping[str, str]
) -> None:
    """Ask again, now, before a change that goes through a shell. Raises Refused."""
    if prepared.script is None or prepared.kind not in (StepKind.CHANGE, StepKind.DANGER):
        return
    for tool in guarded(prepared.as_written):
        if expected(tool, environment):
            found[tool] = await ask(tool, env)
            if why := mismatch(tool, environment, found[tool], prepared.as_run):
                raise Refused(f"{why[0].upper()}{why[1:]}: nothing was started.")


async def ask(tool: str, env: Mapping[str, str]) -> str:
    """What a tool is set to now; "" when it does not say."""
    try:
        process = await asyncio.create_subprocess_exec(
            *QUESTIONS[tool],
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return clean_line(said, 200) if process.returncode == 0 else ""
