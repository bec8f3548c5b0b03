"""`cockpit check`: is the configuration right, what would run, and does every source answer?"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click

from cockpit.cli.check import report as check_plan
from cockpit.cli.log import log_path
from cockpit.cli.options import Common, Refusal, choose_environment, common_options, json_option, timeline_path
from cockpit.config import (
    ConfigErrors,
    Secrets,
    build_json_schema,
    default_system,
    find_config_file,
    list_candidates,
    load_system,
    locate_config_errors,
)
from cockpit.config.errors import make_config_error
from cockpit.model.problem import SourceError
from cockpit.model.system import System
from cockpit.model.time import RealTime

WRONG = 2  # the configuration has errors
UNANSWERED = 1  # it has none, but a source does not answer, or something it names is missing


@click.command(
    help="Check cockpit.toml and print what would run. Exit 0: all is well, 1: a source does not answer (--live) or "
    "something is missing (--strict), 2: errors."
)
@click.option("--live", is_flag=True, help="Call every source once, and say which role or network access is missing.")
@click.option(
    "--strict", is_flag=True, help="Exit 1 when a secret, folder, file or procedure that the file names is missing."
)
@json_option
@common_options
def command(common: Common, live: bool, strict: bool, as_json: bool) -> None:
    try:
        path = find_config_file(common.config, os.environ, Path.cwd())
        system = load_system(path) if path is not None else default_system()
        Secrets(os.environ).learn(system.secrets())
        findings = list(check_plan.list_findings(system, os.environ))
        must_have_no_errors(system, findings)
    except ConfigErrors as errors:
        click.echo(json.dumps(errors_document(errors), indent=2) if as_json else f"cockpit: {errors}", err=not as_json)
        raise SystemExit(WRONG) from None
    missing = [finding for finding in findings if finding.strict] if strict else []
    report: dict[str, Any] = {"ok": not missing, "errors": [], **check_plan.build_report(system)}
    report["warnings"] = [finding.message for finding in findings if finding.level == "warning"]
    report["recommendations"] = [finding.message for finding in findings if finding.level == "recommendation"]
    report["findings"] = [finding.document() for finding in findings]
    if not as_json:
        click.echo("\n".join(list_text_lines(system, report)))
    if live:
        report["as"], report["live"] = _check_live(system, common, as_json)
        report["ok"] = report["ok"] and all(item["ok"] for item in report["live"])
    if as_json:
        click.echo(json.dumps(report, indent=2))
    if not report["ok"]:
        raise SystemExit(UNANSWERED)


def must_have_no_errors(system: System, findings: Sequence[check_plan.CheckFinding]) -> None:
    """Raises ConfigErrors with the place of each key that names what is not there and never can be."""
    errors = [
        make_config_error(finding.place, finding.code, finding.message.partition(": ")[2].rstrip("."), **finding.facts)
        for finding in findings
        if finding.level == "error"
    ]
    if errors:
        raise ConfigErrors(locate_config_errors(errors, Path(system.file)), system.file)


def errors_document(errors: ConfigErrors) -> dict[str, Any]:
    return {"ok": False, "file": errors.file, "errors": [error.document() for error in errors.errors]}


def list_text_lines(system: System, report: dict[str, Any]) -> Iterator[str]:
    """The verdict, what would run, and the warnings."""
    if system.file:
        yield f"{system.file} is valid: system {system.name}"
    else:
        yield "There is no cockpit.toml (`cockpit info` says where it is looked for); without one this would run:"
    yield ""
    yield from check_plan.list_report_lines(report)
    if report["warnings"]:
        yield ""
        yield from (f"warning: {item}" for item in report["warnings"])
    yield from (f"recommended: {item}" for item in report["recommendations"])


def _check_live(system: System, common: Common, as_json: bool) -> tuple[str, list[dict[str, Any]]]:
    """As whom we asked, and what every source answered; printed already unless JSON is wanted."""
    from cockpit.cli.check import live as check_live

    chosen = system.environments if common.env is None else (choose_environment(system, common.env),)
    try:
        identity, looks = asyncio.run(
            check_live.look_once(system, chosen, os.environ, time=RealTime(), random=Random())
        )
    except SourceError as error:
        raise Refusal.of(error, error.problem.sentence) from None
    if not as_json:
        click.echo(f"\nasked as {identity}" if identity else "")
        click.echo("\n".join(check_live.list_live_lines(looks)) if looks else "There is no source to call.")
    return identity, check_live.build_live_document(looks)


# `cockpit schema`: the JSON Schema of cockpit.toml.


@click.command(help="Print the JSON Schema of cockpit.toml, for editors.")
@click.option("--json", is_flag=True, expose_value=False, help="As the other commands take it; it is JSON anyway.")
def schema() -> None:
    click.echo(json.dumps(build_json_schema(), indent=2, ensure_ascii=False))


# `cockpit info`: every path in use. Answers also when the configuration is broken, for then it is asked.


@click.command(help="Print every path in use: configuration, data, timeline, locks, log, transcripts.")
@json_option
@common_options
def info(common: Common, as_json: bool) -> None:
    used: Path | None = None
    system, trouble = default_system(), ""
    try:
        used = find_config_file(common.config, os.environ, Path.cwd())
        system = load_system(used) if used is not None else system
    except ConfigErrors as errors:
        trouble = str(errors)
    fields = build_info_document(system, common, used, trouble)
    click.echo(json.dumps(fields, indent=2) if as_json else "\n".join(list_info_lines(fields)))


def build_info_document(system: System, common: Common, used: Path | None, trouble: str) -> dict[str, Any]:
    """Every path, and whether there is something. Without a readable configuration the paths are the default ones."""
    from cockpit.recorder.lock import lock_path

    timeline = timeline_path(system, common)
    looked = list_candidates(common.config, os.environ, Path.cwd())
    return {
        "config": str(used) if used else None,
        "trouble": trouble,
        "candidates": [{"from": how, "path": str(path), "used": path == used} for how, path in looked],
        "data": str(timeline.parent),
        "timeline": str(timeline),
        "locks": {environment.name: str(lock_path(timeline, environment.name)) for environment in system.environments},
        "transcripts": str(timeline.parent / "transcripts"),
        "log": str(log_path()),
    }


def list_info_lines(fields: Mapping[str, Any]) -> Iterator[str]:
    """A document as people read it."""
    for item in fields["candidates"]:
        mark = "in use" if item["used"] else "there" if os.path.exists(item["path"]) else "-"
        yield f"config       {item['path']}  ({item['from']}: {mark})"
    paths = [("data", fields["data"]), ("timeline", fields["timeline"])]
    paths += [(f"lock {name}", path) for name, path in fields["locks"].items()]
    paths += [("transcripts", fields["transcripts"]), ("log", fields["log"])]
    for what, path in paths:
        yield f"{what:<12} {path}{'' if os.path.exists(path) else '  (not there yet)'}"
    if fields["trouble"]:
        yield ""
        yield f"The configuration cannot be used, so the paths are those without one. {fields['trouble']}"
