"""From the tables of a file to the model: paths become absolute, secrets stay references."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cockpit.config import schema as tables
from cockpit.config.lines import Place, line_of
from cockpit.config.places import default_data
from cockpit.config.schema import HoursTable, Root, Weekday
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.key_bindings import key_name, opens_a_procedure
from cockpit.model.plan import Checklist, Contact, Hours, Plan, Role, Target
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.severity_scale import DEFAULT_LADDER, Level, SeverityScale
from cockpit.model.system import AlertSource, Cloud, Environment, System

# From the tables of a file to the configured part of the Plan: every fact knows its line.

Origin = Callable[[str, int], str]  # the name of an array and a place in it: where that stands
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHAT = {
    ClockKind.RESPONSE: "acknowledge",
    ClockKind.COMMANDER: "name a commander",
    ClockKind.UPDATE: "update the team",
    ClockKind.CLIENT: "tell clients",
    ClockKind.BREACH: "notify the authority",
    ClockKind.ROLLBACK: "roll back free of blame",
    ClockKind.POSTMORTEM: "review the post-mortem",
}


def build_plan(root: Root, ladder: SeverityScale, origin: Origin) -> Plan:
    """What the file says of the Plan; `ladder` is empty where it has none."""
    return Plan(
        ladder=ladder,
        rules=(*_rules(root, origin), *_list_rules(root, origin)),
        roles=_roles(root, origin),
        contacts=tuple(
            Contact(
                each.role,
                each.person,
                each.backup,
                each.how,
                each.scope,
                filled=bool(each.person or each.how),
                origin=origin("contacts", at),
            )
            for at, each in enumerate(root.contacts)
        ),
        targets=tuple(
            Target(each.scenario, _term(each.rpo), _term(each.rto), each.how, origin("targets", at))
            for at, each in enumerate(root.targets)
        ),
        checklists=tuple(
            Checklist(each.name, each.name, tuple(each.items), tuple(each.levels), origin("checklists", at))
            for at, each in enumerate(root.checklists)
        ),
        hours=_hours(root.hours, origin("hours", 0)) if "hours" in root.model_fields_set else Hours(),
        snapshot=root.snapshot,
    )


def _rules(root: Root, origin: Origin) -> list[Rule]:
    """The rules as they stand; the tiers of an escalation are counted for each set of severities."""
    tiers: dict[tuple[str, ...], int] = {}
    rules = []
    for at, each in enumerate(root.rules):
        kind, levels = ClockKind(each.kind), tuple(each.levels)
        if kind is ClockKind.ESCALATION:
            tiers[levels] = tiers.get(levels, 0) + 1
        rules.append(
            Rule(
                kind=kind,
                what=each.what or WHAT.get(kind) or (f"call {each.who}" if each.who else each.checklist),
                after=timedelta(seconds=each.after),
                origin=origin("rules", at),
                who=each.who,
                counting=Counting(each.counting),
                levels=levels,
                number=tiers[levels] if kind is ClockKind.ESCALATION else 0,
                checklist=each.checklist,
            )
        )
    return rules


def _list_rules(root: Root, origin: Origin) -> list[Rule]:
    """`within` of a checklist is a rule of its own."""
    return [
        Rule(
            ClockKind.CHECKLIST,
            each.name,
            timedelta(seconds=each.within),
            origin("checklists", at),
            levels=tuple(each.levels),
            checklist=each.name,
        )
        for at, each in enumerate(root.checklists)
        if each.within is not None
    ]


def _roles(root: Root, origin: Origin) -> tuple[Role, ...]:
    leads = any(each.lead for each in root.roles)
    return tuple(
        Role(each.name, each.duty, each.lead if leads else at == 0, origin("roles", at))
        for at, each in enumerate(root.roles)
    )


def _hours(table: HoursTable, origin: str) -> Hours:
    days = tuple(sorted({WEEK.index(each) for each in table.days}))
    return Hours(days, table.opens, table.closes, table.zone, tuple(table.holidays), origin)


def _term(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def build(root: tables.Root, file: Path, known: Mapping[Place, int]) -> System:
    """The System of the configuration that was read from `file` (absolute); `known` are the lines of its keys."""
    folder = file.parent

    def origin(name: str, at: int) -> str:
        line = line_of((name, at), known)
        return f"{file.name}:{line}" if line else file.name

    ladder = tuple(
        Level(rung.name, rank, rung.definition, rung.response, rung.backlog, origin("ladder", rank))
        for rank, rung in enumerate(root.ladder)
    )
    return System(
        name=root.system or folder.name,
        environments=tuple(_environment(name, each, folder) for name, each in root.environments.items())
        or (Environment("default", unnamed=True),),
        data=_absolute(root.data, folder) or str(default_data()),
        file=str(file),
        cloud=Cloud(root.cloud.name, root.cloud.endpoint, root.cloud.logs_endpoint, root.cloud.authority),
        order=tuple(root.identity.order),
        tenant=root.identity.tenant,
        client_id=root.identity.client_id,
        ladder=ladder or DEFAULT_LADDER,
        time_zone=root.time_zone,
        read_only=root.read_only,
        bell=root.bell,
        theme=root.theme,
        keys={name: keys for name, keys in root.keys.items() if not opens_a_procedure(name, keys)},
        procedure_keys={key_name(key): name for key, name in root.keys.items() if opens_a_procedure(key, name)},
        runbooks=tuple(_absolute(each, folder) for each in root.runbooks),
        plan=build_plan(root, ladder, origin),
        templates=tuple(_absolute(each, folder) for each in root.templates),
        shared_logins=tuple(root.people.shared_logins),
        contacts_file=_absolute(root.contacts_file, folder),
        references=tuple(root.self_check.references),
    )


def _environment(name: str, table: tables.EnvironmentTable, folder: Path) -> Environment:
    return Environment(
        name=name,
        production=table.production,
        subscription=table.subscription,
        resource_group=table.resource_group,
        workspace=table.workspace,
        apps=tuple(table.apps),
        apps_interval=table.apps_interval,
        probes=tuple(_probe(name, each, folder) for each in table.probes),
        alerts=tuple(_alert_source(each, folder) for each in table.alerts),
        values=_located(table.values, folder),
        guard_word=table.guard_word,
        kube_context=table.kube_context,
        shell=table.shell,
    )


def _probe(environment: str, table: tables.ProbeTable, folder: Path) -> Probe:
    return Probe(
        name=table.name,
        environment=environment,
        url=table.url,
        method=table.method,
        body=table.body,
        headers=_located(table.headers, folder),
        interval=table.interval,
        timeout=table.timeout or min(5.0, table.interval),
        retry_interval=table.retry_interval or min(3.0, table.interval),
        conditions=tuple(table.conditions),
        degraded=tuple(table.degraded),
        failures=table.failures,
        successes=table.successes,
        depends_on=tuple(table.depends_on),
        verify_tls=table.verify_tls,
        ca_file=_absolute(table.ca_file, folder),
        maintenance=tuple((window.start, window.until) for window in table.maintenance),
        runbook=table.runbook,
    )


def _alert_source(table: tables.AlertSourceTable, folder: Path) -> AlertSource:
    return AlertSource(
        name=table.name,
        kind=table.kind,
        urls=tuple(table.urls),
        prometheus=tuple(table.prometheus),
        headers=_located(table.headers, folder),
        filters=tuple(table.filters),
        watchdog=table.watchdog,
        interval=table.interval,
        verify_tls=table.verify_tls,
        ca_file=_absolute(table.ca_file, folder),
    )


def _located(values: Mapping[str, str | Secret], folder: Path) -> dict[str, str | Secret]:
    """The files of secrets as seen from the folder of the configuration."""
    return {
        name: replace(value, name=_absolute(value.name, folder))
        if isinstance(value, Secret) and value.source == "file"
        else value
        for name, value in values.items()
    }


def _absolute(path: str, folder: Path) -> str:
    """The path as seen from the folder of the file; "" stays ""."""
    return os.path.abspath(folder / os.path.expanduser(path)) if path else ""
