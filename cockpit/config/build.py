"""From the tables of a file to the model: paths become absolute, secrets stay references."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cockpit.config import schema
from cockpit.config.lines import Place, line_of
from cockpit.config.places import default_data
from cockpit.config.schema import HoursTable, Root, Weekday
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.key_bindings import key_name, opens_a_procedure
from cockpit.model.plan import Checklist, Contact, Hours, Plan, Role, Target
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel, SeverityScale
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
        rules=(*_build_rules(root, origin), *_list_rules(root, origin)),
        roles=_build_roles(root, origin),
        contacts=tuple(
            Contact(
                contact_table.role,
                contact_table.person,
                contact_table.backup,
                contact_table.how,
                contact_table.scope,
                filled=bool(contact_table.person or contact_table.how),
                origin=origin("contacts", index),
            )
            for index, contact_table in enumerate(root.contacts)
        ),
        targets=tuple(
            Target(
                target_table.scenario,
                _make_timedelta(target_table.rpo),
                _make_timedelta(target_table.rto),
                target_table.how,
                origin("targets", index),
            )
            for index, target_table in enumerate(root.targets)
        ),
        checklists=tuple(
            Checklist(
                checklist_table.name,
                checklist_table.name,
                tuple(checklist_table.items),
                tuple(checklist_table.levels),
                origin("checklists", index),
            )
            for index, checklist_table in enumerate(root.checklists)
        ),
        hours=_build_hours(root.hours, origin("hours", 0)) if "hours" in root.model_fields_set else Hours(),
        snapshot=root.snapshot,
    )


def _build_rules(root: Root, origin: Origin) -> list[Rule]:
    """The rules as they stand; the tiers of an escalation are counted for each set of severities."""
    tiers: dict[tuple[str, ...], int] = {}
    rules = []
    for index, rule_table in enumerate(root.rules):
        kind, levels = ClockKind(rule_table.kind), tuple(rule_table.levels)
        if kind is ClockKind.ESCALATION:
            tiers[levels] = tiers.get(levels, 0) + 1
        rules.append(
            Rule(
                kind=kind,
                what=rule_table.what
                or WHAT.get(kind)
                or (f"call {rule_table.who}" if rule_table.who else rule_table.checklist),
                after=timedelta(seconds=rule_table.after),
                origin=origin("rules", index),
                who=rule_table.who,
                counting=Counting(rule_table.counting),
                levels=levels,
                number=tiers[levels] if kind is ClockKind.ESCALATION else 0,
                checklist=rule_table.checklist,
            )
        )
    return rules


def _list_rules(root: Root, origin: Origin) -> list[Rule]:
    """`within` of a checklist is a rule of its own."""
    return [
        Rule(
            ClockKind.CHECKLIST,
            checklist_table.name,
            timedelta(seconds=checklist_table.within),
            origin("checklists", index),
            levels=tuple(checklist_table.levels),
            checklist=checklist_table.name,
        )
        for index, checklist_table in enumerate(root.checklists)
        if checklist_table.within is not None
    ]


def _build_roles(root: Root, origin: Origin) -> tuple[Role, ...]:
    leads = any(role.lead for role in root.roles)
    return tuple(
        Role(role_table.name, role_table.duty, role_table.lead if leads else index == 0, origin("roles", index))
        for index, role_table in enumerate(root.roles)
    )


def _build_hours(table: HoursTable, origin: str) -> Hours:
    days = tuple(sorted({WEEK.index(day) for day in table.days}))
    return Hours(days, table.opens, table.closes, table.zone, tuple(table.holidays), origin)


def _make_timedelta(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def build_system(root: schema.Root, file: Path, numbers_by_name: Mapping[Place, int]) -> System:
    """The System of the configuration that was read from `file` (absolute); `known` are the lines of its keys."""
    folder = file.parent

    def origin(name: str, index: int) -> str:
        line = line_of((name, index), numbers_by_name)
        return f"{file.name}:{line}" if line else file.name

    ladder = tuple(
        SeverityLevel(rung.name, rank, rung.definition, rung.response, rung.backlog, origin("ladder", rank))
        for rank, rung in enumerate(root.ladder)
    )
    return System(
        name=root.system or folder.name,
        environments=tuple(
            _build_environment(name, environment_table, folder) for name, environment_table in root.environments.items()
        )
        or (Environment("default", unnamed=True),),
        data=_make_path_absolute(root.data, folder) or str(default_data()),
        file=str(file),
        cloud=Cloud(root.cloud.name, root.cloud.endpoint, root.cloud.logs_endpoint, root.cloud.authority),
        order=tuple(root.identity.order),
        tenant=root.identity.tenant,
        client_id=root.identity.client_id,
        ladder=ladder or DEFAULT_SEVERITY_SCALE,
        time_zone=root.time_zone,
        read_only=root.read_only,
        bell=root.bell,
        theme=root.theme,
        keys={name: keys for name, keys in root.keys.items() if not opens_a_procedure(name, keys)},
        procedure_keys={key_name(key): name for key, name in root.keys.items() if opens_a_procedure(key, name)},
        runbooks=tuple(_make_path_absolute(runbook, folder) for runbook in root.runbooks),
        plan=build_plan(root, ladder, origin),
        templates=tuple(_make_path_absolute(template, folder) for template in root.templates),
        shared_logins=tuple(root.people.shared_logins),
        contacts_file=_make_path_absolute(root.contacts_file, folder),
        references=tuple(root.self_check.references),
    )


def _build_environment(name: str, table: schema.EnvironmentTable, folder: Path) -> Environment:
    return Environment(
        name=name,
        production=table.production,
        subscription=table.subscription,
        resource_group=table.resource_group,
        workspace=table.workspace,
        apps=tuple(table.apps),
        apps_interval=table.apps_interval,
        probes=tuple(_build_probe(name, probe, folder) for probe in table.probes),
        alerts=tuple(_alert_source(alert, folder) for alert in table.alerts),
        values=_resolve_secret_files(table.values, folder),
        guard_word=table.guard_word,
        kube_context=table.kube_context,
        shell=table.shell,
    )


def _build_probe(environment: str, table: schema.ProbeTable, folder: Path) -> Probe:
    return Probe(
        name=table.name,
        environment=environment,
        url=table.url,
        method=table.method,
        body=table.body,
        headers=_resolve_secret_files(table.headers, folder),
        interval=table.interval,
        timeout=table.timeout or min(5.0, table.interval),
        retry_interval=table.retry_interval or min(3.0, table.interval),
        conditions=tuple(table.conditions),
        degraded=tuple(table.degraded),
        failures=table.failures,
        successes=table.successes,
        depends_on=tuple(table.depends_on),
        verify_tls=table.verify_tls,
        ca_file=_make_path_absolute(table.ca_file, folder),
        maintenance=tuple((window.start, window.until) for window in table.maintenance),
        runbook=table.runbook,
    )


def _alert_source(table: schema.AlertSourceTable, folder: Path) -> AlertSource:
    return AlertSource(
        name=table.name,
        kind=table.kind,
        urls=tuple(table.urls),
        prometheus=tuple(table.prometheus),
        headers=_resolve_secret_files(table.headers, folder),
        filters=tuple(table.filters),
        watchdog=table.watchdog,
        interval=table.interval,
        verify_tls=table.verify_tls,
        ca_file=_make_path_absolute(table.ca_file, folder),
    )


def _resolve_secret_files(values: Mapping[str, str | Secret], folder: Path) -> dict[str, str | Secret]:
    """The files of secrets as seen from the folder of the configuration."""
    return {
        name: replace(value, name=_make_path_absolute(value.name, folder))
        if isinstance(value, Secret) and value.source == "file"
        else value
        for name, value in values.items()
    }


def _make_path_absolute(path: str, folder: Path) -> str:
    """The path as seen from the folder of the file; "" stays ""."""
    return os.path.abspath(folder / os.path.expanduser(path)) if path else ""
