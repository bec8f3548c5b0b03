"""What a System would run, as a document and as text, and what on this machine stands in its way. Secrets are dots."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from cockpit.config import Secrets
from cockpit.config.checks_keys import list_lost_keys
from cockpit.config.errors import Path as KeyPath
from cockpit.config.errors import format_config_path
from cockpit.model.clock import ClockKind
from cockpit.model.key_bindings import DEFAULT_KEYS
from cockpit.model.own_line import THIS_MACHINE, host_of
from cockpit.model.plan import BUILT_IN, list_unreached_people
from cockpit.model.probe import HttpAccess, Probe, WatchedSignal
from cockpit.model.problem import ProblemKind, SourceError, clean_fact
from cockpit.model.secret import SHORT as SHORT_SECRET
from cockpit.model.secret import SHORTEST as SHORTEST_SECRET
from cockpit.model.secret import Secret, find_short_secret
from cockpit.model.setting import NO_PROXY
from cockpit.model.system import AlertSource, Environment, System, Webhook
from cockpit.model.time import show
from cockpit.platforms.registry import list_used_kinds
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
        "ladder": [level.name for level in read_plan(system).severity_scale],
        "keys": {**DEFAULT_KEYS, **system.keys},
        "procedure_keys": dict(system.procedure_keys),
        "environments": [_describe_environment(environment) for environment in system.environments],
    }


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What is right in the file and wrong on this machine, or probably forgotten.

    `code` is its kind, and stays; `place` the key that it is about; `facts` what the message names.
    `level` is `error` (nothing could ever do what the key asks), `warning` or `recommendation`; `strict` when
    `--strict` ends with 1 for it: something that the file names is not there.
    """

    code: str
    place: KeyPath
    message: str
    level: Literal["error", "warning", "recommendation"] = "warning"
    strict: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "code": self.code,
            "path": format_config_path(self.place),
            "level": self.level,
            "strict": self.strict,
            "message": self.message,
            "facts": {name: clean_fact(fact) for name, fact in self.facts.items()},
        }


def list_findings(system: System, environ: Mapping[str, str]) -> Iterator[CheckFinding]:
    """Everything there is to say about a configuration without a mistake."""
    secrets = Secrets(environ)
    yield from (
        CheckFinding("retired-key", place, f"{format_config_path(place)} {notice}.") for place, notice in system.notices
    )
    yield from (
        CheckFinding("key-lost", ("keys", lost.binding), str(lost), facts={"key": lost.key, "owner": lost.owner})
        for lost in list_lost_keys(system.keys)
    )
    yield from _find_missing_paths(system)
    yield from _find_lost_procedures(system)
    yield from _find_plan_problems(system)
    for environment in system.environments:
        place: KeyPath = ("environments", environment.name)
        if not environment.production and environment.name.casefold() in PRODUCTION_NAMES:
            message = f"{environment.name}: nothing marks it as production; is `production = true` missing?"
            yield CheckFinding("not-marked-as-production", (*place, "production"), message)
        watched: dict[str, tuple[Probe | AlertSource | WatchedSignal | Webhook, ...]] = {
            "probes": environment.probes,
            "alerts": environment.alerts,
            "signals": environment.signals,
            "webhooks": environment.webhooks,
        }
        for kind, accesses in watched.items():
            for index, access in enumerate(accesses):
                where = f"{environment.name}, {access.name}"
                yield from _check_access(access, (*place, kind, index), where, secrets)
        for index, source in enumerate(environment.alerts):
            if source.prometheus_access:
                key = (*place, "alerts", index, "prometheus_access")
                yield from _check_access(source.prometheus_access, key, f"{environment.name}, {source.name}", secrets)
        for index, origin in enumerate(environment.http_access):
            where = f"{environment.name}, {', '.join(origin.origins)}"
            yield from _check_access(origin, (*place, "http_access", index), where, secrets)
        for name, settings in environment.platforms.items():
            if isinstance(settings, HttpAccess):
                yield from _check_access(settings, (*place, name), f"{environment.name}, {name}", secrets)
        yield from _check_secrets(environment.values, (*place, "values"), f"{environment.name}, values", secrets)
    yield from _recommend_references(system)
    yield from _explain_unused_proxy(system, environ)
    yield from _explain_response_time(system)


PRODUCTION_NAMES = ("prod", "production", "live")


def _recommend_references(system: System) -> Iterator[CheckFinding]:
    """Without references a dead network of our own looks like an outage of everything."""
    hosts = {host_of(probe.url) for environment in system.environments for probe in environment.probes}
    if hosts - {THIS_MACHINE} and not system.references:
        message = (
            "self: no references. When everything falls silent at once, nobody can tell whether they are down or this "
            'machine is cut off. Name hosts that always answer: [self] references = ["login.microsoftonline.com:443"].'
        )
        yield CheckFinding("no-references", ("self", "references"), message, "recommendation")


def _explain_unused_proxy(system: System, environ: Mapping[str, str]) -> Iterator[CheckFinding]:
    """A proxy is used where the file says so. Azure and clusters went by the environment's once."""
    variables = [name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") if environ.get(name)]
    if not variables:
        return
    advice = 'Where it is the way there, write proxy = "env".'
    in_the_cloud = any(environment.subscription for environment in system.environments)
    if in_the_cloud and not system.cloud.endpoint.startswith("http://") and system.cloud.proxy == NO_PROXY:
        message = f"cloud: {variables[0]} is set here, and Azure is reached without it. {advice}"
        yield CheckFinding("proxy-not-used", ("cloud", "proxy"), message, "recommendation")
    for environment in system.environments:
        for name, settings in environment.platforms.items():
            if getattr(settings, "proxy", "") == NO_PROXY:
                message = f"{environment.name}, {name}: {variables[0]} is set here, and it is not used. {advice}"
                place = ("environments", environment.name, name, "proxy")
                yield CheckFinding("proxy-not-used", place, message, "recommendation")


def _explain_response_time(system: System) -> Iterator[CheckFinding]:
    """It was the time to the first byte once, though the documents always described it otherwise."""
    for environment in system.environments:
        touched = [probe.name for probe in environment.probes if _asks_for(probe, "[RESPONSE_TIME]")]
        if touched:
            message = (
                f"{environment.name}: [RESPONSE_TIME] of {', '.join(touched)} is the whole answer with its body; for "
                "the time to its first byte write [TTFB]."
            )
            place = ("environments", environment.name, "probes")
            yield CheckFinding("response-time-whole", place, message, "recommendation", facts={"probes": touched})


def _asks_for(probe: Probe, place: str) -> bool:
    return any(place in condition.text for condition in (*probe.conditions, *probe.degraded))


def _find_missing_paths(system: System) -> Iterator[CheckFinding]:
    """Folders and files that the file names and that are not there; what holds messages is reported with the plan."""
    for index, path in enumerate(system.runbooks):
        if not Path(path).exists():
            message = f"runbooks: {path} {describe_missing_path(Path(path))}."
            yield CheckFinding("path-missing", ("runbooks", index), message, strict=True, facts={"file": path})


def _find_lost_procedures(system: System) -> Iterator[CheckFinding]:
    """Procedures that are named and not there: of keys, of the snapshot, of the rollback, of probes and signals.

    One that a probe or a signal names stands in the hint when it is down: a wrong one there is an error.
    """
    named: list[tuple[KeyPath, str, str]] = [
        (("keys", key), f"keys.{key}", name) for key, name in system.procedure_keys.items()
    ]
    if system.plan.snapshot:
        named.append((("snapshot",), "snapshot", system.plan.snapshot))
    if system.rollback:
        named.append((("rollback",), "rollback", system.rollback))
    for environment in system.environments:
        watched: dict[str, tuple[Probe | WatchedSignal, ...]] = {
            "probes": environment.probes,
            "signals": environment.signals,
        }
        for kind, items in watched.items():
            for index, item in enumerate(items):
                if item.runbook:
                    key: KeyPath = ("environments", environment.name, kind, index, "runbook")
                    named.append((key, format_config_path(key), item.runbook))
    catalogue = load_catalogue(system.runbooks) if named else Catalogue()
    for place, where, name in named:
        try:
            catalogue.find(name)
        except NotFound as lost:
            level: Literal["error", "warning"] = "error" if place[0] == "environments" else "warning"
            facts = {"procedure": name}
            yield CheckFinding("unknown-procedure", place, f"{where}: {lost}", level, strict=True, facts=facts)


def _find_plan_problems(system: System) -> Iterator[CheckFinding]:
    """What was to be read for the plan and is not there, but for runbooks, and who is still to be filled in."""
    plan = read_plan(replace(system, runbooks=tuple(path for path in system.runbooks if Path(path).exists())))
    for problem in plan.problems:
        message = f"plan: {problem.sentence}"
        code = "path-missing" if problem.kind is ProblemKind.MISSING else "document-unreadable"
        yield CheckFinding(code, (), message, strict=True, facts=problem.facts)
    blank = [contact.role for contact in plan.contacts if not contact.filled]
    if blank:
        message = f"plan: nobody is named as {', '.join(blank)}; `cockpit plan` shows where."
        yield CheckFinding("contact-without-person", ("contacts",), message, facts={"roles": blank})
    for origin, who in [(rule.origin, rule.who) for rule in plan.rules if rule.kind is ClockKind.ESCALATION] + [
        (page.origin, page.who) for page in plan.pages
    ]:
        people = list_unreached_people(who, plan.contacts) if origin != BUILT_IN else ()
        if people:
            message = f"plan: {origin} calls {', '.join(people)}, and no contact stands for that: add one."
            yield CheckFinding("call-without-contact", ("contacts",), message, facts={"roles": list(people)})


def _check_access(access: HttpAccess, place: KeyPath, where: str, secrets: Secrets) -> Iterator[CheckFinding]:
    files = {key: getattr(access, key) for key in ("ca_file", "client_certificate", "client_key")}
    for key, file in files.items():
        if file and not Path(file).is_file():
            message = f"{where}: There is no file {file} ({key})."
            yield CheckFinding("path-missing", (*place, key), message, strict=True, facts={"file": file})
    yield from _check_secrets(access.headers, (*place, "headers"), where, secrets)
    if access.auth:
        auth = access.auth
        named = {"bearer": auth.bearer, "password": auth.password, "client_secret": auth.client_secret}
        values = {name: secret for name, secret in named.items() if secret}
        yield from _check_secrets(values, (*place, "auth"), where, secrets)


def _check_secrets(
    values: Mapping[str, str | Secret], place: KeyPath, where: str, secrets: Secrets
) -> Iterator[CheckFinding]:
    """Secrets that cannot be had here, and those too short to be masked everywhere."""
    for name, secret in values.items():
        if not isinstance(secret, Secret):
            continue
        try:
            length = find_short_secret(secrets.reveal(secret))
        except SourceError as error:
            message = f"{where}: {error.problem.sentence}"
            yield CheckFinding(error.problem.code, (*place, name), message, strict=True, facts=error.problem.facts)
            continue
        if length:
            message = (
                f"{where}: The secret in {name} has {length} characters. One of fewer than {SHORT_SECRET} is masked "
                f"only where it stands alone, of fewer than {SHORTEST_SECRET} never: it would fill the record with "
                "dots. Take a longer one."
            )
            facts = {"length": length, "least": SHORT_SECRET}
            yield CheckFinding("secret-too-short", (*place, name), message, strict=True, facts=facts)


def list_report_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """A document of `build_report` as people read it."""
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
        "platforms": [kind.title for kind in list_used_kinds([environment])],
        "probes": [_describe_probe(probe) for probe in environment.probes],
        "alerts": [_describe_source(alert) for alert in environment.alerts],
        "signals": [_describe_signal(signal) for signal in environment.signals],
    }


def _describe_probe(probe: Probe) -> dict[str, Any]:
    return {
        "name": probe.name,
        "request": f"{probe.method} {probe.url}" if probe.url.startswith("http") else probe.url,
        "headers": {name: str(value) for name, value in probe.headers.items()},
        "interval": show(probe.interval),
        "timeout": show(probe.timeout),
        "failures": probe.failures,
        "successes": probe.successes,
        "conditions": [condition.text for condition in probe.conditions],
        "degraded": [condition.text for condition in probe.degraded],
        "depends_on": list(probe.depends_on),
        "runbook": probe.runbook,
    }


AT_ONCE = "0ms"  # how `show` writes no time at all


def _describe_signal(signal: WatchedSignal) -> dict[str, Any]:
    return {
        "name": signal.name,
        "kind": signal.kind,
        "asks": signal.query or f"{signal.aggregation} of {signal.metric}",
        "every": show(signal.every),
        "for": show(signal.lasting),
        "degraded": [condition.text for condition in signal.degraded],
        "down": [condition.text for condition in signal.down],
        "no_data": signal.no_data,
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
            yield f"      unknown while {', '.join(probe['depends_on'])} is down"
        if probe["runbook"]:
            yield f"      when it is down: {probe['runbook']}"
    for source in environment["alerts"]:
        subject = f" of {', '.join(source['urls'])}" if source["urls"] else ""
        yield f"  every {source['interval']:<5} alerts {source['name']} ({source['kind']}){subject}"
    for signal in environment["signals"]:
        yield f"  every {signal['every']:<5} signal {signal['name']} ({signal['kind']}): {signal['asks']}"
        for word in ("down", "degraded"):
            if signal[word]:
                lasting = "" if signal["for"] == AT_ONCE else f", for {signal['for']}"
                yield f"      {word} unless {' and '.join(signal[word])}{lasting}"
    for platform in environment["platforms"]:
        yield f"  platform {platform}"
    if not any(environment[key] for key in ("apps", "platforms", "probes", "alerts", "signals")):
        yield "  nothing to watch"
