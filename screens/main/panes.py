"""What each pane of the cockpit shows: its rows, what its border counts, and the objects that the rows stand for."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from cockpit.model.alert import FOLD_FROM, Alert
from cockpit.model.event import find_standing_events, fold_alert_events
from cockpit.model.incident import Acknowledgement, worst_first
from cockpit.model.problem import Problem
from cockpit.model.reading import FeedState, Freshness
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.model.system import Environment
from cockpit.model.time import format_age
from screens.main.context import CockpitContext
from screens.shared.due import DueClock
from screens.shared.view import View
from widgets import alerts, clocks, probes, revisions, timeline
from widgets.cell import Piece, Row
from widgets.pane import Pane

if TYPE_CHECKING:
    from cockpit.session import Session


def find_followed_revision(screen: CockpitContext) -> tuple[Application, Revision] | None:
    """Whose logs the key opens: the chosen one; in an incident the newest unhealthy one; else where the traffic is."""
    chosen = screen.under_cursor(2) if screen.current == 2 else None
    session = screen.session
    if not isinstance(chosen, Revision) and session is not None and session.ledger.open(session.environment.name):
        chosen = find_newest_unhealthy(screen.seen.applications)
    for app in screen.seen.applications:
        revision = app.serving
        if isinstance(chosen, Revision):
            revision = next(
                (revision for revision in app.revisions if (revision.app, revision.name) == (chosen.app, chosen.name)),
                None,
            )
        if revision is not None:
            return app, revision
    return None


def find_newest_unhealthy(applications: Sequence[Application]) -> Revision | None:
    """The newest active revision that does not work."""
    unhealthy = [
        revision
        for application in applications
        for revision in application.revisions
        if revision.active and judge_revision(revision).condition is RevisionCondition.ILL
    ]
    return max(unhealthy, key=lambda revision: revision.created.timestamp() if revision.created else 0.0, default=None)


# What a pane without rows says: an empty state teaches.

Said = list[list[Piece]]

MISSING = {
    "probes": ("No probe is configured.", "probes"),
    "alerts": ("No alert source is configured.", "alerts"),
}


def quiet_timeline(read_only: bool) -> Said:
    """Before anything happened."""
    if read_only:
        return [[("Nothing was recorded yet.", "muted")]]
    return [
        [("Nothing happened yet.", "muted")],
        [("Every change is recorded here automatically.", "muted")],
    ]


def nothing_due() -> Said:
    return [[("Nothing is due.", "good")], [("Declaring an incident starts its deadlines.", "muted")]]


def describe_empty_pane(
    pane: str,
    environment: Environment,
    fresh: Freshness,
    problems: Sequence[Problem],
    missing: bool,
    searched: Sequence[str] = (),
) -> Said:
    """Why `pane` has no rows, and what would fill it. `searched`: where a configuration was looked for in vain."""
    if missing and searched:
        return describe_missing_file(pane, searched)
    if missing:
        return _describe_missing_source(pane, environment)
    if fresh.state is FeedState.BLIND:
        pair_lists = [[(problem.message, "bad")] for problem in problems[:2]]
        advice = [[(problem.advice, "")] for problem in problems[:2] if problem.advice]
        return [*pair_lists, *advice] or [[(f"No answer yet: {fresh.reason}.", "bad")]]
    if fresh.age is None:
        return [[("Waiting for the first answer…", "muted")]]
    look = f"last look {format_age(fresh.age)} ago"
    if pane == "alerts":
        sources = " and ".join(alert.name for alert in environment.alerts)
        return [[("No alerts.", "good")], [(f"Watching {sources}, {look}.", "muted")]]
    if pane == "revisions":
        return [[(f"{', '.join(environment.apps) or 'The app'} has no revisions, {look}.", "muted")]]
    return [[(f"No results, {look}.", "muted")]]


def describe_missing_file(pane: str, searched: Sequence[str]) -> Said:
    """Without a configuration: which file was looked for, and how to begin. The other panes say it in a line."""
    if pane != "probes":
        return [[("There is no cockpit.toml.", "muted")]]
    return [
        [("There is no cockpit.toml. It was looked for here:", "")],
        *([(f"  {path}", "strong")] for path in searched),
        [("The smallest useful one:", "")],
        *([(f"  {line}", "info")] for line in SMALLEST_FILE),
        [("`cockpit check` then says what is wrong with it.", "muted")],
        [("`cockpit demo` shows a whole one at work.", "muted")],
    ]


SMALLEST_FILE = (
    "[[environments.prod.probes]]",
    'name = "ready"',
    'url = "https://shop.example.com/health"',
)


def _describe_missing_source(pane: str, environment: Environment) -> Said:
    if pane == "revisions":
        from cockpit.platforms.registry import list_settings

        what = "No platform: watched by probes, signals and alerts alone."
        tables = (f"[environments.{environment.name}.{name}]" for name in list_settings(with_workloads=True))
        key = " or ".join((f"[environments.{environment.name}] apps", *tables))
    else:
        what, name = MISSING[pane]
        key = f"[[environments.{environment.name}.{name}]]"
    return [[(what, "")], [(f"{key} in cockpit.toml fills this pane.", "muted")]]


COLUMNS = {
    "probes": probes.COLUMNS,
    "alerts": alerts.COLUMNS,
    "revisions": revisions.COLUMNS,
    "timeline": timeline.COLUMNS,
    "due": clocks.COLUMNS,
}
"""By pane; the panes are on the screen before anybody knows what will be in them."""

RECORDER = "recorder"  # the source of what is written down by itself


@dataclass(frozen=True, slots=True)
class FilledPanes:
    """`objects` by the ids of the rows: what a key acts on is the object, never the row."""

    rows: Sequence[Row]
    counts: Sequence[Piece]
    objects: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PaneScene:
    """What the panes are filled from, beside the session: what was read, what is due, and where and when it is read."""

    seen: View
    asking: Sequence[DueClock]
    zone: tzinfo
    today: date
    now: datetime
    people_only: bool = False  # the timeline without what the recorder wrote by itself
    unfolded: Container[str] = ()  # groups of alerts that are shown one by one
    filtered: bool = False  # the alert pane shows only what was asked for
    orders: Mapping[str, str] = field(default_factory=dict)  # by pane, where it is not the first of ORDERS

    def choose_order(self, pane: str) -> str:
        return self.orders.get(pane, ORDERS[pane][0])


ORDERS: Mapping[str, tuple[str, ...]] = {
    "probes": probes.ORDERS,
    "alerts": alerts.ORDERS,
    "revisions": revisions.ORDERS,
}
"""The panes that can be sorted; timeline and deadlines stand in the order of time."""


def _name_order(pane: str, scene: PaneScene) -> list[Piece]:
    """How the pane is sorted, where it is another way than it opens."""
    order = scene.choose_order(pane)
    return [] if order == ORDERS[pane][0] else [(f" · {order}", "info")]


def list_acknowledged(taken: Mapping[str, Acknowledgement], alerts: Iterable[Alert]) -> dict[str, Acknowledgement]:
    """Who has which of the alerts, by their keys: an acknowledgement ends with the alert that it was of."""
    return {
        alert.key: taken[alert.key] for alert in alerts if alert.key in taken and taken[alert.key].is_of(alert.since)
    }


NEVER = 1_000_000  # alerts of one name that are shown as one: none are


def fill_pane(name: str, session: "Session", scene: PaneScene) -> FilledPanes:
    """The pane `name` as things stand."""
    view = scene.seen
    if name == "probes":
        objects: dict[str, object] = {probe.name: probe for probe in view.probes}
        objects |= {probes.name_signal_row(signal): signal for signal in view.signals}
        counts = probes.count_probes([*view.probes, *view.signals])
        rows = probes.build_probe_rows(
            view.probes, view.signals, scene.choose_order(name), zone=scene.zone, today=scene.today
        )
        return FilledPanes(rows, [*counts, *_name_order(name, scene)], objects)
    if name == "alerts":
        taken = list_acknowledged(session.ledger.taken(session.environment.name), view.alerts)
        fold_from = NEVER if scene.filtered else FOLD_FROM  # what is looked for may be inside of a group
        order = scene.choose_order(name)
        rows = alerts.build_alert_rows(
            view.alerts, taken, scene.unfolded, fold_from=fold_from, order=order, now=scene.now
        )
        counts = [*alerts.count_alerts(view.alerts), *_name_order(name, scene)]
        return FilledPanes(rows, counts, alerts.list_alert_objects(view.alerts, fold_from))
    if name == "revisions":
        apps = view.applications
        named = {f"{revision.app}/{revision.name}": revision for app in apps for revision in app.revisions}
        counts = [*revisions.count_revisions(apps), *_name_order(name, scene)]
        return FilledPanes(revisions.build_revision_rows(apps, scene.choose_order(name)), counts, named)
    return _fill_due_pane(session, scene) if name == "due" else _fill_timeline_pane(session, scene)


def _fill_due_pane(session: "Session", scene: PaneScene) -> FilledPanes:
    due = [due_clock.clock for due_clock in scene.asking]
    ours = {f"{due_clock.incident.id}/{due_clock.clock.id}": due_clock for due_clock in scene.asking}
    rows = clocks.build_clock_rows(
        due, scene.now, scene.zone, list(ours), calm=True
    )  # a dozen ticking seconds cost a slow line dear
    open = worst_first(session.ledger, session.environment.name, session.plan.severity_scale)
    people = clocks.leader_rows(open[0], session.plan, session.operator) if open else []
    roles = {row.id: open[0] for row in people}
    return FilledPanes([*rows, *people], clocks.count_clocks(due, scene.now), {**ours, **roles})


def _fill_timeline_pane(session: "Session", scene: PaneScene) -> FilledPanes:
    incidents = worst_first(session.ledger, session.environment.name, session.plan.severity_scale)
    pins = frozenset[int]().union(*(incident.pins for incident in incidents))
    kept = [event for event in session.history if not scene.people_only or event.source != RECORDER or event.id in pins]
    kept = fold_alert_events(kept, pins)
    rows = timeline.build_event_rows(kept, session.operator, scene.zone, scene.today, pins)
    counts = [(f" {len(rows)}", "muted")] if rows else []
    if scene.people_only:
        counts = [(f" {len(rows)} of people", "info")]
    return FilledPanes(
        rows, counts, {str(root): event for root, event in find_standing_events(session.history).items()}
    )


def mark_panes(panes: Sequence[Pane], session: "Session", view: View) -> None:
    """Each pane's border tells how fresh it is, an empty one why it is empty."""
    for pane in panes[:3]:
        name = pane.id or ""
        fresh, missing = view.fresh[name], name in view.missing
        pane.state("", "muted") if missing else pane.wear(fresh)
        if not pane.table.rows:  # it is told beneath no row
            pane.table.explain(
                *describe_empty_pane(name, session.environment, fresh, view.problems, missing, session.system.searched)
            )
    sentence = session.recorder.status if session.recorder else "not recording"
    silent = f"; {view.silent_changes[0]}" if view.silent_changes else ""
    panes[3].state(f"{sentence}{silent}", "muted" if sentence.startswith("record") and not silent else "warn")
    panes[3].table.explain(*quiet_timeline(session.read_only))
    panes[4].table.explain(*nothing_due())
