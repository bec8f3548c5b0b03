"""Is this the cloud and the cluster we mean? Asked of the tools themselves, each time before they change something.

What a tool was set to a minute ago says nothing about now: somebody corrects it, or switches it in another window. So
an answer is only shown; whether a change may start is decided by asking again (`must_fit`), every time.
"""

import asyncio
import os
import re
import signal
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, replace

from cockpit.model.raw import read_process_output
from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.model.text import clean_line
from cockpit.platforms.registry import list_used_kinds
from cockpit.runbooks.shell_syntax.cluster_options import list_cluster_options
from cockpit.runbooks.shell_syntax.requirements import list_guarded_tools, list_tools_of_scripts, read_scripts
from cockpit.runbooks.shell_syntax.tool_calls import list_tool_calls, spell_out_tools
from cockpit.runbooks.types import NOTHING_PINNED, PinnedVariables, Prepared, RunRefused

QUESTIONS = {
    "az": ("az", "account", "show", "--query", "id", "--output", "tsv"),
    "kubectl": ("kubectl", "config", "current-context"),
}
CLUSTER = ("kubectl", "config", "view", "--minify", "--output", "jsonpath={.contexts[0].context.cluster}")
CLUSTER_AND_SERVER = (
    *("kubectl", "config", "view", "--minify", "--output"),
    "jsonpath={.contexts[0].context.cluster} {.clusters[0].cluster.server}",
)
NAMED = {
    "az": re.compile(
        r"\s--subscription[\s=]+(\S+)|\baz\s+account\s+set\s[^;&|\n]*?(?:-s|-n|--name)[\s=]+(\S+)"
        r"|/subscriptions/([\w-]+)"  # an id, or an address of the API
    ),
    "kubectl": re.compile(
        r"\s--(?:kube-?)?context[\s=]+(\S+)|\buse-context\s+(\S+)|\bkubectx\s+([^\s;&|-]\S*)|\bHELM_KUBECONTEXT=(\S+)"
    ),
}
"""Where a command says itself what it acts on, or switches to it on its way."""
SWITCHES = {
    "az": re.compile(r"\baz\s+account\s+set\s"),
    "kubectl": re.compile(r"\buse-context\s|\bkubectx\s"),
}
"""What a later command of the same text goes by."""
OWN_SETTINGS = {
    "az": re.compile(r"\bAZURE_CONFIG_DIR=|\baz\s+login\b"),
    "kubectl": re.compile(
        # what writes another cluster into the kubeconfig, and makes it the current one, on its way
        r"\bget-credentials\b|\bupdate-kubeconfig\b|\boc\s+login\b|\btsh\s+kube\s+login\b|\bkubie\s"
        r"|\b(?:kind|k3d)\s[^;&|\n]*\bkubeconfig\b|\bminikube\s+(?:start|profile)\b"
    ),
}
"""What makes a tool act on something else than it is set to, unless the command names what it acts on."""
OTHER_FILE = re.compile(r"\bKUBECONFIG=|\s--kubeconfig[\s=]|\bHELM_KUBEAPISERVER=")
"""A name of a context counts in its own file alone: in another one it may stand for any cluster."""
HELM_VARIABLES = ("HELM_KUBECONTEXT", "HELM_KUBEAPISERVER")  # helm reads them by itself, and kubectl does not
SAYS = {"az": "the subscription of az", "kubectl": "the context of kubectl"}
GUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PATIENCE = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool on this machine acts on, "" when it gave no answer, and what it should act on, "" for anything."""

    tool: str
    value: str
    expected: str = ""
    cluster: str = ""  # of a context, where it goes by another name

    @property
    def fits(self) -> bool:
        return not self.expected or self.value.casefold() == self.expected.casefold()


def find_expected_target(tool: str, environment: Environment) -> str:
    """What a tool must be set to, "" when the configuration does not say."""
    if tool == "az":
        return environment.subscription
    targets = (kind.list_tool_targets(environment) for kind in list_used_kinds([environment]))
    return environment.kube_context or next((target[tool] for target in targets if tool in target), "")


def explain_mismatch(
    tool: str,
    environment: Environment,
    set_to: str,
    command: str = "",
    cluster: str = "",
    *,
    by_script: bool = False,
) -> str:
    """Why a change by this tool would not be on `environment`; "" when it would, or nothing is configured.

    What a call of the tool names itself counts for that call, instead of what the tool is set to. `cluster` is the
    name of the context's cluster and its address: what `--cluster` and `--server` are compared with. `by_script`: a
    script that the command runs calls the tool as well.
    """
    target = find_expected_target(tool, environment)
    if not target:
        return ""
    named = _list_named_targets(tool, command)
    goes_by_setting = names_no_target(tool, command, by_script=by_script)
    own = OTHER_FILE.search(command) if tool == "kubectl" else None
    own = own or (OWN_SETTINGS[tool].search(command) if goes_by_setting else None)
    if own:
        sentence = clean_line(own.group(), 40).rstrip("=")
        return (
            f"the command brings its own settings of {tool} ({sentence}): "
            f"nobody can say that it is on {environment.name}"
        )
    wrong = [name for name in named if name.casefold() != target.casefold()]
    if wrong or (goes_by_setting and set_to.casefold() != target.casefold()):
        sentence = clean_line(next(iter(wrong), set_to), 80) or "not known (it gave no answer)"
        where = "in the command" if wrong else "on this machine"
        part = ", where a part of the command names none" if named and not wrong else ""
        return f"{SAYS[tool]} {where} is {sentence}{part}, but {environment.name} is {target}"
    return explain_other_cluster(environment, command, cluster) if tool == "kubectl" else ""


def _list_named_targets(tool: str, command: str) -> list[str]:
    return [next(filter(None, match.groups())).strip("\"';") for match in NAMED[tool].finditer(command)]


def names_no_target(tool: str, command: str, *, by_script: bool = False) -> bool:
    """Whether a call of the tool goes by what the tool is set to: it names no target, and none before it switched."""
    calls = list_tool_calls(command, tool, by_script=by_script)
    for call in calls:
        names = _list_named_targets(tool, f" {call.text}")
        if len(names) < call.times:
            return True
        if SWITCHES[tool].search(call.text):
            return False
    return not calls and not _list_named_targets(tool, command)


def explain_other_cluster(environment: Environment, command: str, cluster: str) -> str:
    """Why a cluster that the command names by `--server` or `--cluster` is not that of the context; "" when it is."""
    known = {part.rstrip("/").casefold() for part in cluster.split()}
    for option in list_cluster_options(command):
        if option.names_cluster and option.value.rstrip("/").casefold() not in known:
            sentence = clean_line(f"{option.name} {option.value}", 80)
            context_cluster = clean_line(cluster, 120) or "a cluster that nobody could name"
            return f"the command names its own cluster ({sentence}), but {environment.name} is {context_cluster}"
    return ""


async def read_tool_targets(
    environment: Environment,
    env: Mapping[str, str],
    answers: MutableMapping[str, str],
    tools: Iterable[str] = (),
) -> None:
    """Ask every tool that the configuration has an answer for, and `tools`, side by side; note it in `answers`."""
    names = [tool for tool in QUESTIONS if find_expected_target(tool, environment) or tool in tools]
    answers.update(zip(names, await asyncio.gather(*(ask_tool(tool, env) for tool in names)), strict=True))


async def read_cluster(env: Mapping[str, str]) -> str:
    """The cluster that the context of kubectl stands for, "" when it does not say."""
    return await read_program_output(CLUSTER, env)


async def look_again(
    prepared: Prepared, environment: Environment, env: Mapping[str, str], answers: MutableMapping[str, str]
) -> Prepared:
    """A step whose tool was set to something else when it was last looked at, looked at now: somebody may have
    corrected it since. Anything else stays as it is.
    """
    if not prepared.misfit:
        return prepared
    reason = await misfit_now(prepared, environment, env, answers)
    return replace(prepared, reason_not_runnable=reason, misfit=bool(reason))


async def must_fit(
    prepared: Prepared,
    environment: Environment,
    env: Mapping[str, str],
    answers: MutableMapping[str, str],
    pinned: PinnedVariables,
) -> None:
    """Ask again, now, before a change that goes through a shell. `pinned` are variables that hold the tools to what
    they answer now. Raises RunRefused."""
    if reason := await misfit_now(prepared, environment, env, answers, pinned):
        raise RunRefused(
            f"{reason[0].upper()}{reason[1:]}: nothing was started.", code="target-guard", reason=reason[1:]
        )


def list_tools(prepared: Prepared) -> list[str]:
    """The tools whose target decides what a step acts on: those of its command, and of the scripts that it runs."""
    command = spell_out_command(prepared, prepared.as_written)
    tools = (*list_guarded_tools(command), *list_tools_of_scripts(prepared.as_written, prepared.cwd))
    return list(dict.fromkeys(tools))


def spell_out_command(prepared: Prepared, command: str) -> str:
    """A text of the step with the tools that its variables, or those of the steps before, stand for."""
    kept = {name: variable.value for name, variable in prepared.kept_shell.variables.items()}
    return spell_out_tools(command, kept)


def explain_misfit(tool: str, environment: Environment, set_to: str, prepared: Prepared) -> str:
    """Why a step would change something else by this tool, as far as that is known without asking; else ""."""
    by_script = tool in list_tools_of_scripts(prepared.as_written, prepared.cwd)
    command = spell_out_command(prepared, prepared.as_run)
    return explain_mismatch(tool, environment, set_to, command, by_script=by_script) or explain_target_of_scripts(
        tool, environment, read_scripts(prepared.as_written, prepared.cwd)
    )


def explain_target_of_scripts(tool: str, environment: Environment, script: str) -> str:
    """Why a script would change something else, by what its text names; "" where it names nothing, or what is meant.

    A name that only shows when it runs is no reason: see `describe_unknown_target`.
    """
    target = find_expected_target(tool, environment)
    names = _list_named_targets(tool, script) if target else []
    other = [name for name in names if _is_comparable(name, target) and name.casefold() != target.casefold()]
    if not other:
        return ""
    return f"{SAYS[tool]} in a script that it runs is {clean_line(other[0], 80)}, but {environment.name} is {target}"


def describe_unknown_target(tool: str, environment: Environment, script: str) -> str:
    """That a script chooses by itself what its tool acts on, in words that tell nobody what; "" for any other."""
    target = find_expected_target(tool, environment)
    unknown = [name for name in _list_named_targets(tool, script) if not _is_comparable(name, target)]
    own = OWN_SETTINGS[tool].search(script) or (OTHER_FILE.search(script) if tool == "kubectl" else None)
    if not target or not (unknown or own):
        return ""
    sentence = clean_line(unknown[0] if unknown else own.group() if own else "", 40).rstrip("=")
    where = f"look there whether it is {environment.name}"
    return f"A script that it runs chooses {SAYS[tool]} by itself ({sentence}): {where}."


def _is_comparable(name: str, target: str) -> bool:
    """False for a variable, and for the name of a subscription where its id is known."""
    return not set(name) & set("$`{<") and (GUID.fullmatch(name) is not None or GUID.fullmatch(target) is None)


def list_script_notices(prepared: Prepared, environment: Environment) -> list[str]:
    """What is to be known of the scripts that a step runs before it changes something. Blocking."""
    if prepared.script is None or prepared.kind not in (StepKind.CHANGE, StepKind.DANGER):
        return []
    script = read_scripts(prepared.as_written, prepared.cwd)
    notices = (describe_unknown_target(tool, environment, script) for tool in list_guarded_tools(script))
    return list(filter(None, notices))


async def misfit_now(
    prepared: Prepared,
    environment: Environment,
    env: Mapping[str, str],
    answers: MutableMapping[str, str],
    pinned: PinnedVariables = NOTHING_PINNED,
) -> str:
    """Why a change would be made on something else, by the word of its tools at this moment; "" when it would not.

    They are asked in the environment that the step will find: a KUBECONFIG among its values counts.
    """
    if prepared.script is None or prepared.kind not in (StepKind.CHANGE, StepKind.DANGER):
        return ""
    own_env = find_program_environment(prepared, env) | dict(pinned.values)
    for tool in list_tools(prepared):
        if target := find_expected_target(tool, environment):
            answers[tool] = await ask_tool(tool, own_env)
            command, cluster = spell_out_command(prepared, prepared.as_run), ""
            if tool == "kubectl":
                command = add_helm_variables(command, own_env)
                if any(option.names_cluster for option in list_cluster_options(command)):
                    cluster = await read_program_output((*CLUSTER_AND_SERVER, "--context", target), own_env)
            by_script = tool in list_tools_of_scripts(prepared.as_written, prepared.cwd)
            if reason := explain_mismatch(tool, environment, answers[tool], command, cluster, by_script=by_script):
                return reason
            script = read_scripts(prepared.as_written, prepared.cwd) if by_script else ""
            if reason := explain_target_of_scripts(tool, environment, script):
                return reason
    return ""


def find_program_environment(prepared: Prepared, env: Mapping[str, str]) -> dict[str, str]:
    """What the programs of a step find: `env` with its values, without what an earlier step has taken away."""
    variables = prepared.script.variables if prepared.script is not None else {}
    taken_away = prepared.kept_shell.taken_away
    return {name: value for name, value in {**env, **variables}.items() if name not in taken_away}


def add_helm_variables(command: str, env: Mapping[str, str]) -> str:
    """A command of helm with the variables that lead it to another cluster, as if they were written before it."""
    if not re.search(r"\bhelm(?:file)?\b", command):
        return command
    return " ".join([*(f"{name}={env[name]}" for name in HELM_VARIABLES if env.get(name)), command])


async def ask_tool(tool: str, env: Mapping[str, str]) -> str:
    """What a tool is set to now; "" when it does not say."""
    return await read_program_output(QUESTIONS[tool], env)


async def read_program_output(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    """One line of a program's output; "" when it fails, is not there, or takes too long."""
    return clean_line(await read_program_text(argv, env), 200)


async def read_program_text(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    """All that a program prints, as it is; "" when it fails, is not there, or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # it can ask nothing at our terminal
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(PATIENCE):
            output, _ = await read_process_output(process)
    except TimeoutError:
        return ""
    finally:
        with suppress(ProcessLookupError):  # also what it started, its time may be over
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return output.decode("utf-8", "replace") if process.returncode == 0 else ""
