"""`cockpit check --live`: one call to every source, and which role or reach is missing."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from cockpit.config import Secrets
from cockpit.feeds.alert_kinds import find_alert_kind
from cockpit.feeds.polling import explain_unknown_error
from cockpit.incident.messages.webhook_sender import look_at_webhook
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import Reading
from cockpit.model.system import Environment, System
from cockpit.model.time import Time
from cockpit.platforms.registry import list_used_kinds

TLS_FAILED = "TLS failed"  # somebody answers: a certificate is to be looked at, and no firewall
UNREACHED = (ProblemKind.NETWORK, ProblemKind.TIMEOUT)
REFUSED = (ProblemKind.SIGN_IN, ProblemKind.FORBIDDEN)  # of whoever asks; a query that fails needs no other role


ANSWERED = (ProbeState.UP, ProbeState.DEGRADED, ProbeState.MAINTENANCE, ProbeState.ASLEEP)
"""States of a probe without a status (a mere connection, a name server, a heartbeat) that are no failure to reach."""


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """What one source answered: a feed's name, `logs` or `log stream`."""

    environment: Environment
    source: str
    reading: Reading[Any]

    @property
    def silent(self) -> list[ProbeResult]:
        """The probes that got no answer at all; one that answers badly is reached."""
        if self.source != "probes":
            return []
        results: Sequence[ProbeResult] = self.reading.value or ()
        return [
            result
            for result in results
            if result.status is None and result.state not in ANSWERED and not result.url.startswith("beat://")
        ]  # a job that reports itself is not asked

    @property
    def unasked(self) -> list[SignalResult]:
        """The signals that could not be asked; one without a number just now is reached."""
        if self.source != "signals":
            return []
        results: Sequence[SignalResult] = self.reading.value or ()
        return [result for result in results if result.failure is not None]

    def list_unanswered(self) -> list[tuple[str, str]]:
        """What gave no answer, by name, and why."""
        probes, signals = self.silent, self.unasked
        return [*((probe.name, probe.reason) for probe in probes), *((item.name, item.reason) for item in signals)]

    @property
    def ok(self) -> bool:
        return self.reading.problem is None and not self.silent and not self.unasked


def build_live_document(looks: Sequence[LiveCheck]) -> list[dict[str, Any]]:
    """What was found, for JSON."""
    return [
        {
            "environment": look.environment.name,
            "source": look.source,
            "ok": look.ok,
            "found": _describe_answer(look),
            "problem": look.reading.problem.message if look.reading.problem else "",
            "advice": describe_advice(look.reading.problem, look) if look.reading.problem else "",
            "caution": look.reading.caution.sentence if look.reading.caution else "",
            "no_answer": dict(look.list_unanswered()),
        }
        for look in looks
    ]


def list_live_lines(looks: Sequence[LiveCheck]) -> Iterator[str]:
    """What was found, one source after the other, each failure with what to do."""
    width = max((len(look.source) for look in looks), default=0)
    for look in looks:
        problem = look.reading.problem
        sentence = problem.short if problem else _describe_answer(look)
        yield f"{'ok  ' if look.ok else 'FAIL'} {look.environment.name}  {look.source:<{width}}  {sentence}"
        if problem:
            yield f"       {problem.message}"
            yield f"       {describe_advice(problem, look)}"
        if look.reading.caution and not problem:
            yield f"       {look.reading.caution.sentence}"
        for probe in look.silent:
            yield f"       {probe.name}: {probe.reason or 'no answer'} ({probe.url})"
        for signal in look.unasked:
            yield f"       {signal.name}: {signal.reason}"
            if role := describe_missing_role(look.environment, signal):
                yield f"       It takes {role}."


def describe_advice(problem: Problem, look: LiveCheck) -> str:
    """What to do about it: which role to ask for, or what cannot be reached."""
    if problem.kind is ProblemKind.FORBIDDEN:
        return f"Ask for {_describe_role(look)}."
    if problem.kind in UNREACHED and not (problem.short.endswith(TLS_FAILED) and problem.advice):
        return f"This machine cannot reach it: network, proxy or firewall. {problem.advice}".strip()
    return problem.advice or "Run it again; if it stays, the log file says more."


def describe_missing_role(environment: Environment, result: SignalResult) -> str:
    """What is to be asked for; "" where asking failed for another reason. Azure says who signed in and lacks a role:
    who is not signed in lacks none."""
    signal = next((signal for signal in environment.signals if signal.name == result.name), None)
    in_azure = signal is not None and signal.kind != "promql"
    refused = (ProblemKind.FORBIDDEN,) if in_azure else REFUSED
    return describe_signal_role(environment, result.name) if result.failure in refused else ""


def describe_signal_role(environment: Environment, name: str) -> str:
    """What a signal asks for, as an administrator knows it."""
    signal = next((signal for signal in environment.signals if signal.name == name), None)
    if signal is None or signal.kind == "promql":
        return "a Prometheus that answers queries and takes what `auth` and `headers` send"
    if signal.kind == "kql":
        return f"the role Log Analytics Reader on workspace {environment.workspace}"
    resource = signal.resource or next(iter(environment.apps), "the app")
    return f"the role Monitoring Reader on {resource}"


def _describe_role(look: LiveCheck) -> str:
    where = look.environment
    for kind in list_used_kinds([where]):
        if access := kind.describe_access(where, look.source):
            return access
    if look.source == "changes:azure":
        return f"the role Reader on subscription {where.subscription}: it reads activity log and service health"
    kinds = {f"alerts:{source.name}": find_alert_kind(source.kind) for source in where.alerts}
    alert_kind = kinds.get(look.source)
    return alert_kind.describe_access(where) if alert_kind else "access to it"


def _describe_answer(look: LiveCheck) -> str:
    value = look.reading.value
    if value is None:
        return ""
    if look.source == "probes":
        answered = len(value) - len(look.silent)
        return f"{answered} of {len(value)} answer"
    if look.source == "signals":
        return f"{len(value) - len(look.unasked)} of {len(value)} answer"
    if value is True:  # it is asked only whether it answers
        return "answers"
    noun = NOUNS.get(look.source.partition(":")[0], "app")
    return f"{len(value)} {noun}{'' if len(value) == 1 else 's'}"


NOUNS = {"alerts": "alert", "changes": "change", "signals": "signal"}


async def look_once(
    system: System, environments: Sequence[Environment], environ: Mapping[str, str], *, time: Time, random: Random
) -> tuple[str, list[LiveCheck]]:
    """Ask every source of these environments once, side by side: its identity, and what each answered. Changes nothing.

    Raises SourceError when the configured identity and cloud do not fit each other.
    """
    from cockpit.connections import NO_ALERT_MEMORY, build_feeds, connect_environments

    connections = connect_environments(system, environments, read_only=True, time=time, random=random)
    reveal = Secrets(environ).reveal
    triples: list[tuple[Environment, str, Awaitable[Reading[Any]]]] = []
    try:
        for environment in environments:
            feeds = build_feeds(
                environment,
                connections,
                time=time,
                random=random,
                reveal=reveal,
                references=system.references,
                memory=NO_ALERT_MEMORY,
                is_asleep=lambda _: True,  # a look that only tries whether a source answers wakes nothing
            )
            triples += [(environment, feed.name, feed.poll()) for feed in feeds]
            triples += [
                (environment, source.name, _take_reading(source.name, environment, source.call, time))
                for platform in connections.platforms.get(environment.name, ())
                for source in platform.list_live_sources()
            ]
            triples += [
                (environment, name, _take_reading(name, environment, look_at_webhook(webhook, reveal, time), time))
                for webhook in environment.webhooks
                for name in (f"webhook {webhook.name}",)
            ]
        readings = await asyncio.gather(*(reading for _, _, reading in triples))
        identity = connections.identity()
    finally:
        await connections.close()
    looks = [LiveCheck(where, source, reading) for (where, source, _), reading in zip(triples, readings, strict=True)]
    return identity.label if identity else "", looks


async def _take_reading(source: str, where: Environment, call: Awaitable[Any], time: Time) -> Reading[Any]:
    """The answer as a Reading; what was answered is not kept (one of them is a token)."""
    try:
        await call
    except Exception as error:
        problem = error.problem if isinstance(error, SourceError) else explain_unknown_error(error)
        return Reading(source, where.name, 0.0, time.monotonic(), problem=problem)
    return Reading(source, where.name, 0.0, time.monotonic(), value=True)
