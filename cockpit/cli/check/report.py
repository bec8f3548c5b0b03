"""What a System would run, as a document and as text, and what on this machine stands in its way. Secrets are dots."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cockpit.config import Secrets
from cockpit.model.key_bindings import DEFAULT_KEYS
from cockpit.model.own_line import THIS_MACHINE, host_of
from cockpit.model.probe import Probe
from cockpit.model.problem import SourceError
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource, Environment, System
from cockpit.model.time import show
from cockpit.runbooks.catalogue.catalogue import Catalogue, NotFound
from cockpit.runbooks.catalogue.load import describe_missing_path, load_catalogue
from cockpit.runbooks.plan.load import read_plan


def build_report(system: System) -> dict[str, Any]:
    """Everything that would run, for JSON."""
    return {
        "system": system.name,
        "file": system.file,
        "data": system.data,
        "read_only": system.read_only,
        "time_zone": system.time_zone,
        "runbooks": list(system.runbooks),
        "identity": list(system.order),
        "cloud": system.cloud.endpoint or system.cloud.name,
        "ladder": [level.name for level in read_plan(system).ladder],
        "keys": {**DEFAULT_KEYS, **system.keys},
        "procedure_keys": dict(system.procedure_keys),
        "environments": [_describe_environment(environment) for environment in system.environments],
    }


def list_warnings(system: System, environ: Mapping[str, str]) -> Iterator[str]:
    """What is right in the file and wrong on this machine, or probably forgotten."""
    secrets = Secrets(environ)
    yield from (
        f"runbooks: {path} {describe_missing_path(Path(path))}." for path in system.runbooks if not Path(path).exists()
    )
    yield from _lost_procedures(system)
    yield from _list_plan_lines(system)
    for environment in system.environments:
        if not environment.production and environment.name.casefold() in ("prod", "production", "live"):
            yield f"{environment.name}: nothing marks it as production; is `production = true` missing?"
        watched: tuple[Probe | AlertSource, ...] = (*environment.probes, *environment.alerts)
        for item in watched:
            where = f"{environment.name}, {item.name}"
            if item.ca_file and not Path(item.ca_file).is_file():
                yield f"{where}: There is no file {item.ca_file} (ca_file)."
            yield from (f"{where}: {trouble}" for trouble in _find_unrevealed_secrets(item.headers, secrets))
        yield from (
            f"{environment.name}, values: {trouble}"
            for trouble in _find_unrevealed_secrets(environment.values, secrets)
        )


def list_recommendations(system: System) -> Iterator[str]:
    """What is right as it is, and would be better otherwise: without references a dead network of our own looks like an
    outage of everything."""
    hosts = {host_of(probe.url) for environment in system.environments for probe in environment.probes}
    if hosts - {THIS_MACHINE} and not system.references:
        yield (
            "self: no references. When everything falls silent at once, nobody can tell whether they are down or this "
            'machine is cut off. Name hosts that always answer: [self] references = ["login.microsoftonline.com:443"].'
        )


def _lost_procedures(system: System) -> Iterator[str]:
    """Keys that open a procedure which is not there, and a snapshot that cannot be taken."""
    named = {f"keys.{key}": name for key, name in system.procedure_keys.items()}
    if system.plan.snapshot:
        named["snapshot"] = system.plan.snapshot
    catalogue = load_catalogue(system.runbooks) if named else Catalogue()
    for where, name in named.items():
        try:
            catalogue.find(name)
        except NotFound as lost:
            yield f"{where}: {lost}"


def _list_plan_lines(system: System) -> Iterator[str]:
    """What was to be read for the plan and is not there, but for runbooks, and who is still to be filled in."""
    plan = read_plan(replace(system, runbooks=tuple(path for path in system.runbooks if Path(path).exists())))
    yield from (f"plan: {problem.message} {problem.advice}".strip() for problem in plan.problems)
    blank = [contact.role for contact in plan.contacts if not contact.filled]
    if blank:
        yield f"plan: nobody is named as {', '.join(blank)}; `cockpit plan` shows where."


def _find_unrevealed_secrets(values: Mapping[str, str | Secret], secrets: Secrets) -> Iterator[str]:
    """Why a secret cannot be had here."""
    for secret in (value for value in values.values() if isinstance(value, Secret)):
        try:
            secrets.reveal(secret)
        except SourceError as error:
            yield f"{error.problem.message} {error.problem.advice}"


def list_report_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """A document of `document` as people read it."""
    yield f"data         {plan['data']}"
    yield f"identity     {', then '.join(plan['identity'])}; cloud {plan['cloud']}"
    yield f"severities   {', '.join(plan['ladder'])}"
    yield f"time zone    {plan['time_zone'] or 'of this machine'}"
    yield f"read-only    {'yes: every change is refused' if plan['read_only'] else 'no'}"
    changed = [f"{action} = {keys}" for action, keys in plan["keys"].items() if DEFAULT_KEYS.get(action) != keys]
    changed += [f"{name} = {key}" for key, name in plan["procedure_keys"].items()]
    yield f"keys         {', '.join(changed) or 'as they come'}"
    for environment in plan["environments"]:
        yield ""
        yield from _environment_lines(environment)


def _describe_environment(environment: Environment) -> dict[str, Any]:
    return {
        "name": environment.name,
        "production": environment.production,
        "subscription": environment.subscription,
        "resource_group": environment.resource_group,
        "workspace": environment.workspace,
        "apps": list(environment.apps),
        "apps_interval": show(environment.apps_interval),
        "probes": [_describe_probe(probe) for probe in environment.probes],
        "alerts": [_describe_source(alert) for alert in environment.alerts],
    }


def _describe_probe(probe: Probe) -> dict[str, Any]:
    return {
        "name": probe.name,
        "request": f"{probe.method} {probe.url}",
        "headers": {name: str(value) for name, value in probe.headers.items()},
        "interval": show(probe.interval),
        "timeout": show(probe.timeout),
        "failures": probe.failures,
        "successes": probe.successes,
        "conditions": [condition.text for condition in probe.conditions],
        "degraded": [condition.text for condition in probe.degraded],
        "depends_on": list(probe.depends_on),
    }


def _describe_source(source: AlertSource) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "urls": list(source.urls),
        "prometheus": list(source.prometheus),
        "filters": list(source.filters),
        "watchdog": source.watchdog,
        "interval": show(source.interval),
    }


def _environment_lines(environment: Mapping[str, Any]) -> Iterator[str]:
    yield f"{environment['name']}{'  PRODUCTION' if environment['production'] else ''}"
    if environment["subscription"]:
        yield f"  subscription {environment['subscription']}, resource group {environment['resource_group'] or '-'}"
    if environment["apps"]:
        yield f"  every {environment['apps_interval']:<5} app {', '.join(environment['apps'])}"
    for probe in environment["probes"]:
        yield f"  every {probe['interval']:<5} probe {probe['name']}: {probe['request']}, timeout {probe['timeout']}"
        yield f"      down after {probe['failures']} failures in a row: {' and '.join(probe['conditions'])}"
        if probe["degraded"]:
            yield f"      degraded unless {' and '.join(probe['degraded'])}"
        if probe["headers"]:
            yield f"      with {', '.join(f'{name}: {value}' for name, value in probe['headers'].items())}"
        if probe["depends_on"]:
            yield f"      says nothing while {', '.join(probe['depends_on'])} is down"
    for source in environment["alerts"]:
        subject = f" of {', '.join(source['urls'])}" if source["urls"] else ""
        yield f"  every {source['interval']:<5} alerts {source['name']} ({source['kind']}){subject}"
    if not (environment["apps"] or environment["probes"] or environment["alerts"]):
        yield "  nothing to watch"
