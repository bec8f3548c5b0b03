"""`cockpit plan`: what the cockpit understood of the team's documents and configuration, each with where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta

import click

from cockpit.cli import output
from cockpit.cli.options import Common, common_options, json_option, load_system
from cockpit.model.clock import Counting, Rule
from cockpit.model.plan import Contact, Hours, Plan, Practice, Target
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.text import clean_text
from cockpit.model.time import show
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.plan.load import read_plan
from cockpit.runbooks.plan.proposals import propose_watches

# The Plan as lines for people: what was read, each with where it stands.

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNFILLED = "NOT FILLED IN"
A_DAY = timedelta(days=1)


def list_plan_lines(plan: Plan, zone: str) -> Iterator[str]:
    """Every part of the plan under its heading. `zone` is the system's, for hours that name none."""
    yield from list_part_lines("Severity scale", [(level.origin, of_level(level)) for level in plan.severity_scale])
    yield from list_part_lines("Rules", [(rule.origin, of_rule(rule)) for rule in plan.rules])
    roles = [(role.origin, join_parts(role.name + " (leads)" * role.lead, role.duty)) for role in plan.roles]
    yield from list_part_lines("Roles", roles)
    yield from list_part_lines("Contacts", [(contact.origin, of_contact(contact)) for contact in plan.contacts])
    yield from list_part_lines(
        "Who to page", [(page.origin, join_parts(page.condition, page.who)) for page in plan.pages]
    )
    severities = [(row.origin, join_parts(row.alert, row.severity)) for row in plan.alert_severities]
    yield from list_part_lines("Alerts without a severity of their own", severities)
    yield from list_part_lines("Recovery targets", [(target.origin, of_target(target)) for target in plan.targets])
    metrics = [
        (metric_target.origin, join_parts(metric_target.metric, metric_target.text, metric_target.level))
        for metric_target in plan.metric_targets
    ]
    yield from list_part_lines("Metric targets", metrics)
    messages = [
        (template.origin, join_parts(template.id, f"to the {template.audience}", template.title))
        for template in plan.templates
    ]
    yield from list_part_lines("Templates", messages)
    for checklist in plan.checklists:
        opens = f", opens for {', '.join(checklist.levels)}" if checklist.levels else ""
        boxes = [("", f"[ ] {item}") for item in checklist.items]
        yield from list_part_lines(f"Checklist {checklist.id}{opens}  ({checklist.origin})", boxes)
    yield from list_part_lines(
        "Recurring exercises", [(practice.origin, of_practice(practice)) for practice in plan.practices]
    )
    yield from list_part_lines("Working hours", [(plan.hours.origin, of_hours(plan.hours, zone))])
    yield from list_part_lines("Preserve first", [("", plan.snapshot)] if plan.snapshot else [])
    yield from list_part_lines("To look at", [("", problem.sentence) for problem in plan.problems])


def list_part_lines(title: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A heading and its rows, each with its origin behind it; nothing for none."""
    if rows:
        yield title
        for origin, text in rows:
            yield f"  {text}  ({origin})" if origin else f"  {text}"
        yield ""


def join_parts(*parts: str) -> str:
    return "; ".join(word for word in parts if word)


def of_level(level: SeverityLevel) -> str:
    return join_parts(level.name, level.definition, level.response, "no incident, a note" * level.backlog)


def of_rule(rule: Rule) -> str:
    """`response: acknowledge within 15m, P0 P1`."""
    time = "from the start" if not rule.after else f"after {format_length(rule.after, rule.counting)}"
    tier = f" {rule.number}" if rule.number else ""
    who = f"by {rule.who}" if rule.who and rule.who not in rule.what else ""
    when = "begun outside the hours" * rule.outside
    return join_parts(f"{rule.kind}{tier}: {rule.what}", time, who, " ".join(rule.levels) or "every level", when)


def format_length(after: timedelta, counting: Counting) -> str:
    """`15m`, `3 business days`, `2h of business hours`."""
    if counting is Counting.DAYS:
        return f"{after / A_DAY:g} business days"
    hours = after / timedelta(hours=1)
    text = f"{hours:g}h" if hours in (48, 72) else show(after.total_seconds())  # the law counts them
    return f"{text} of business hours" if counting is Counting.HOURS else text


def of_contact(contact: Contact) -> str:
    backup = f"else {contact.backup}" if contact.backup else ""
    return join_parts(contact.role, contact.person, contact.how, backup, contact.scope, UNFILLED * (not contact.filled))


def of_target(target: Target) -> str:
    lost = f"loses at most {show(target.rpo.total_seconds()) if target.rpo else 'nothing'}"
    takes = f"takes at most {show(target.rto.total_seconds())}" if target.rto is not None else ""
    return join_parts(target.scenario, lost if target.rpo is not None else "", takes, target.how)


def of_practice(practice: Practice) -> str:
    last, due = practice.last, practice.due
    coming = f"next {practice.next}" + (f" = {due}" if due and str(due) != practice.next else "")
    return join_parts(practice.name, practice.every, coming if practice.next else "", f"last {last}" if last else "")


def of_hours(hours: Hours, zone: str) -> str:
    days = " ".join(DAYS[day] for day in hours.days)
    off = f"off {', '.join(map(str, hours.holidays))}" if hours.holidays else ""
    return join_parts(
        f"{days} {hours.opens:%H:%M}-{hours.closes:%H:%M}", hours.zone or zone or "this machine's zone", off
    )


KEYS_OF_JSON = {"severity_scale": "ladder"}  # as the first version wrote it


@click.command(
    name="plan", help="What should happen in an incident: severity scale, rules, roles, contacts ..., with its source."
)
@click.option(
    "--propose", is_flag=True, help="Print TOML to paste: probes of tables of endpoints, signals of thresholds."
)
@json_option
@common_options
def command(common: Common, propose: bool, as_json: bool) -> None:
    system = load_system(common)
    if propose:
        lines = list(
            propose_watches(load_catalogue(system.runbooks, builtin=False).documents, system.environments[0].name)
        )
        click.echo("\n".join(lines) if lines else "No table of endpoints or of thresholds was found.")
        return
    plan = read_plan(system)
    if as_json:
        document = {KEYS_OF_JSON.get(name, name): value for name, value in asdict(plan).items()}
        click.echo(output.format_json(output.to_json_value(document)))
        return
    for line in list_plan_lines(plan, system.time_zone):
        click.echo(clean_text(line))
