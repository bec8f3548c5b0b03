"""`cockpit metrics`: the numbers over all incidents, each with its definition."""

import textwrap
from dataclasses import asdict
from datetime import timedelta
from itertools import groupby
from typing import Any

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.output import format_json, to_json_value
from cockpit.cli.session import CliSession, open_cli_session, parse_since, print_clean, since_option
from cockpit.incident.load import load_whole_incidents
from cockpit.incident.metrics.statistics import (
    ALL,
    Figure,
    GroupFigures,
    KeptShare,
    Statistics,
    build_statistics,
    group_by_month,
    group_by_service,
)
from cockpit.model.incident import Incident, find_worst_severity
from cockpit.model.severity_scale import find_level
from cockpit.model.time import RealTime, format_duration

WIDTH = 110
COLUMNS = (
    f"  {'severity':<9} {'n':>4} {'pending':>8} {'n/a':>4} {'invalid':>8}  {'median':>11} {'mean':>11} {'worst':>11}"
)


@click.command(
    name="metrics",
    help="Print the metrics over all incidents: how fast they are detected, acknowledged, mitigated and resolved, and "
    "what was kept of what was promised. Drills do not count.",
)
@since_option
@click.option("--until", metavar="TIME", help="Only before then: `30d`, `2026-03-01 00:00`.")
@click.option(
    "--by", type=click.Choice(["month", "service"]), help="One line a month, or an app or resource, in place of all."
)
@click.option("--severity", metavar="LEVEL", help="Only incidents whose worst severity this was.")
@json_option
@common_options
def metrics(
    common: Common, since: str | None, until: str | None, by: str | None, severity: str | None, as_json: bool
) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        full, severity_level, number = _load_incidents(common, cli_session, since, until, severity)
        result = build_statistics(
            full, cli_session.plan, RealTime().now(), severity=severity_level, zone=cli_session.zone
        )
        named = [
            incident
            for incident in full
            if severity_level in (ALL, find_worst_severity(incident, cli_session.plan.severity_scale))
        ]
        groups = (
            group_by_month(named, cli_session.plan, cli_session.zone)
            if by == "month"
            else group_by_service(named, cli_session.plan)
        )
    if by:
        _print_groups(groups, by, as_json)
    elif as_json:
        click.echo(format_json(statistics_document(result)))
    elif result.incidents:
        _print_statistics(result)
    else:
        print_clean(_describe_empty_result(result, number))


def _load_incidents(
    common: Common, cli_session: CliSession, back: str | None, until: str | None, severity: str | None
) -> tuple[list[Incident], str, int]:
    """The incidents of that time, whole, the severity that is asked for, and how many there are without the filters."""
    severity_level = find_level(cli_session.plan.severity_scale, severity) if severity else None
    if severity and severity_level is None:
        names = ", ".join(item.name for item in cli_session.plan.severity_scale)
        raise Refusal(
            f"`{severity[:40]}` is not a severity here; there are {names}.",
            code="unknown-severity",
            severity=severity[:40],
            known=names,
        )
    begin, end = parse_since(cli_session, back), parse_since(cli_session, until)
    if begin and end and end <= begin:
        raise Refusal("--until is not later than --since, so there is nothing between them.", code="time-range-empty")
    incidents: list[Incident] = [
        incident
        for incident in cli_session.incident_actions.incidents()
        if common.env is None or incident.environment == cli_session.environment.name
    ]
    recent = [
        incident
        for incident in incidents
        if (begin is None or incident.declared >= begin) and (end is None or incident.declared < end)
    ]
    full = load_whole_incidents(cli_session.timeline, cli_session.plan.severity_scale, recent)
    return full, severity_level.name if severity_level else ALL, len(incidents)


def _print_groups(groups: list[GroupFigures], by: str, as_json: bool) -> None:
    if as_json:
        click.echo(format_json([to_json_value(asdict(group)) for group in groups]))
        return
    title = "month" if by == "month" else "app or resource"
    click.echo(f"{title:<28} {'incidents':>9} {'grave':>6} {'mitigated':>11} {'resolved':>11} {'open items':>11}")
    for group in groups:
        times = f"{_format_duration(group.mitigate):>11} {_format_duration(group.resolve):>11}"
        print_clean(f"{group.name:<28} {group.incidents:>9} {group.grave:>6} {times} {group.open_items:>11}")
    click.echo("Times are medians (TTM, TTR); grave is the upper half of the severity scale; drills are left out.")


def _describe_empty_result(result: Statistics, number: int) -> str:
    left = _left_out(result)
    if left:
        return f"No incident counts here: {left}."
    if number:
        return "No incident is among those asked for; ask without --since and --severity."
    return "No incident yet, so there is nothing to measure. `cockpit declare TITLE` begins one; --drill practises."


def _left_out(result: Statistics) -> str:
    empty = "closed as duplicate, false positive, superseded or cancelled"
    counted = [(result.drills, "drill" if result.drills == 1 else "drills"), (result.empty, empty)]
    return " and ".join(f"{number} {text}" for number, text in counted if number)


def _print_statistics(result: Statistics) -> None:
    left = _left_out(result)
    left_out = f"; left out: {left}" if left else ""
    many = "incident" if result.incidents == 1 else "incidents"
    print_clean(f"{result.incidents} {many}{left_out}. Each counts at its worst severity.")
    for _, group in groupby(result.figures, key=lambda figure: figure.short):
        rows = list(group)
        _print_title(f"{rows[0].short}, {rows[0].name}", rows[0].definition)
        click.echo(f"{COLUMNS}  target")
        for row in rows:
            click.echo(_format_row(row))
    for share in result.shares:
        _print_title(share.name, share.definition)
        click.echo(f"  {_format_share(share)}")
    if result.unmeasured:
        _print_title("Targets that nothing recorded here can answer", "")
        for target in result.unmeasured:
            click.echo(f"  {target.metric}: {target.text} ({target.origin})")


def _print_title(title: str, definition: str) -> None:
    click.echo("")
    click.echo(click.style(title, bold=True))
    for line in textwrap.wrap(definition, WIDTH - 2):
        click.echo(f"  {line}")


def _format_row(figure: Figure) -> str:
    times = " ".join(f"{_format_duration(duration):>11}" for duration in (figure.median, figure.mean, figure.worst))
    states = f"{figure.recorded:>4} {figure.pending:>8} {figure.not_applicable:>4} {figure.invalid:>8}"
    verdict = "; ".join(filter(None, (_format_verdict(figure), _format_unsure(figure))))
    return f"  {figure.level or 'all':<9} {states}  {times}  {verdict}".rstrip()


def _format_unsure(figure: Figure) -> str:
    """Of how many nobody saw when it began or ended."""
    if not figure.unsure:
        return ""
    return (
        f"{figure.unsure} of {figure.recorded} longer or shorter than was seen: nobody recorded when it began or ended"
    )


def _format_verdict(figure: Figure) -> str:
    if figure.target is None:
        return ""
    if figure.met is None:
        return f"{figure.target.text} ({figure.target.origin})"
    word = "met" if figure.met else "missed"
    return f"{figure.target.text}: mean {word}, {figure.within} of {figure.recorded} within ({figure.target.origin})"


def _format_duration(value: timedelta | None) -> str:
    return "-" if value is None else format_duration(value)


def _format_share(share: KeptShare) -> str:
    percent = share.percent
    sentence = "none to count yet" if percent is None else f"{share.kept} of {share.total} ({percent:.0f} %)"
    if share.pending:
        sentence += f", {share.pending} pending"
    if share.target is not None:
        word = "" if share.met is None else ": met" if share.met else ": missed"
        sentence += f"; target {share.target.text}{word} ({share.target.origin})"
    return sentence


def statistics_document(result: Statistics) -> dict[str, Any]:
    """Durations in seconds, shares in percent."""
    document: dict[str, Any] = to_json_value(asdict(result))
    verdicts = [{"percent": share.percent, "met": share.met} for share in result.shares]
    document["shares"] = [item | verdict for item, verdict in zip(document["shares"], verdicts, strict=True)]
    return document
