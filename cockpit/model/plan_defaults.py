"""What holds where neither a document nor the configuration says anything. Every figure here is ours to defend."""

from datetime import timedelta

from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.ladder import SeverityScale
from cockpit.model.plan import Checklist, Plan, Role, Template

FIRST_TEN = "first-ten-minutes"
GRAVE = 2  # rungs, from the worst, that are an emergency
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ROLES = (
    Role("Incident Commander", "leads and decides; debugs nothing", lead=True),
    Role("Ops Lead", "changes the system: mitigates, deploys, rolls back"),
    Role("Comms Lead", "tells customers and colleagues"),
    Role("Scribe", "keeps the timeline"),
)

FIRST_TEN_ITEMS = (
    "Declare: severity, symptoms, impact, and one commander, in the incident channel",
    "Stop the bleeding: roll back what was deployed last, if it may be to blame",
    "Freeze: no deployments to this environment until it is healthy",
    "Preserve: keep logs, metrics and the state of the data before anything is touched",
    "Communicate: tell customers, if they are affected",
)

CLIENT = Template(
    "client",
    "Message to clients",
    """Subject: [System]: disruption

Hello [client name],

we are aware of a problem with [system] and are working on it.

Impact: [impact]
Started: [started]
Status: [status]

The next message follows within [30 minutes / 1 hour].
""",
)

TEAM = Template(
    "team",
    "Message to the team",
    """[severity] [title]

Conditions: [impact], since [started]; [status]
Actions: [actions]
Needs: [needs]

Lead: [lead]. Next update by [next update].
""",
    audience="team",
)


def rules(ladder: SeverityScale) -> tuple[Rule, ...]:
    """The deadlines of the worst rungs, and of what may happen on any."""
    grave = tuple(each.name for each in ladder[:GRAVE] if not each.backlog)
    return (
        Rule(ClockKind.RESPONSE, "acknowledge", 15 * MINUTE, levels=grave),
        Rule(ClockKind.COMMANDER, "name a commander", 15 * MINUTE, levels=grave),
        Rule(ClockKind.CHECKLIST, "first ten minutes", 10 * MINUTE, levels=grave, checklist=FIRST_TEN),
        Rule(ClockKind.UPDATE, "update the team", 30 * MINUTE, levels=grave),
        Rule(ClockKind.CLIENT, "tell clients", 15 * MINUTE, levels=grave),
        Rule(ClockKind.BREACH, "notify the authority", 72 * HOUR),
        Rule(ClockKind.ROLLBACK, "roll back free of blame", 24 * HOUR),
        Rule(ClockKind.POSTMORTEM, "review the post-mortem", 3 * DAY, counting=Counting.DAYS, levels=grave),
    )


def default_plan(ladder: SeverityScale) -> Plan:
    """The whole of what is built in, for this ladder. Its working hours are Monday to Friday, 8 to 18."""
    grave = tuple(each.name for each in ladder[:GRAVE] if not each.backlog)
    return Plan(
        ladder=ladder,
        rules=rules(ladder),
        roles=ROLES,
        templates=(CLIENT, TEAM),
        checklists=(Checklist(FIRST_TEN, "First ten minutes", FIRST_TEN_ITEMS, levels=grave),),
    )
