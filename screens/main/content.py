"""What the main screen shows once there is a session: its panes, its lines, and what is due.

A pane is its rows, what its border counts, and the objects that the rows stand for. The first frame needs none of it:
it is imported behind that frame, together with the core.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from cockpit.incident.background import list_marked_events
from cockpit.incident.change_dates import present_events
from cockpit.model.alert import Alert, AlertGrade, AlertGroup, Severity
from cockpit.model.incident import Incident, worst_first
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeResult
from cockpit.model.problem import Problem
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.system import Environment
from cockpit.model.time import format_age
from screens.main.context import CockpitContext
from screens.main.filling import AlertScene, FilledPanes, PaneFilling, TimelineScene, name_order
from screens.main.standing import CockpitStanding
from screens.main.status_lines import Nudges, build_bar, notify_due_clocks, read_hint_input, read_standing
from screens.shared.due import DueClock, list_due_clocks
from screens.shared.view import View, build_view, date_from_record
from widgets import alerts, clocks, probes, revisions, timeline
from widgets.bar import render_bar
from widgets.cell import Piece
from widgets.hint import render_hint
from widgets.pane import Pane

if TYPE_CHECKING:
    from cockpit.session import Session

COLUMNS = {
    "probes": probes.COLUMNS,
    "alerts": alerts.COLUMNS,
    "revisions": revisions.COLUMNS,
    "timeline": timeline.COLUMNS,
    "due": clocks.COLUMNS,
}
"""By pane; the panes are on the screen before anybody knows what will be in them."""


@dataclass(frozen=True, slots=True)
class PaneScene:
    """What the panes are filled from, beside the session: what was read, what is due, and where and when it is read."""

    seen: View
    asking: Sequence[DueClock]
    zone: tzinfo
    today: date
    now: datetime
    people_only: bool = False  # the timeline without what the recorder wrote by itself
    filtered: bool = False  # the alert pane shows only what was asked for
    orders: Mapping[str, str] = field(default_factory=dict)  # by pane, where it is not the first of ORDERS
    marks: Sequence[probes.SparkMark] = ()  # what happened lately, for the sparklines

    def choose_order(self, pane: str) -> str:
        return self.orders.get(pane, ORDERS[pane][0])


ORDERS: Mapping[str, tuple[str, ...]] = {
    "probes": probes.ORDERS,
    "alerts": alerts.ORDERS,
    "revisions": revisions.ORDERS,
}
"""The panes that can be sorted; timeline and deadlines stand in the order of time."""


class CockpitContent:
    """Belongs to one main screen and one session. The screen asks it; it draws nothing itself."""

    def __init__(self, screen: CockpitContext, session: "Session", panes: Sequence[Pane]) -> None:
        self.session = session
        self.view = View()
        self.asking: list[DueClock] = []
        self.objects: dict[str, Mapping[str, object]] = {}  # what each pane's rows stand for, by their ids
        self._screen, self._panes = screen, panes
        self._nudges = Nudges()
        self._unfolded: set[str] = set()  # groups of alerts that are shown one by one
        self._orders: dict[str, str] = {}  # how each pane is sorted, where it is another way than it opens
        self._alerts = PaneFilling[AlertScene](screen, "alerts")
        self._timeline = PaneFilling[TimelineScene](screen, "timeline")
        self._graded: tuple[Plan, Sequence[Alert], Mapping[str, AlertGrade]] | None = None
        self._marks: Sequence[probes.SparkMark] = ()
        self._marked_until = -1  # the id of the newest event when marks were looked for
        for pane in panes:
            pane.table.columns = COLUMNS[pane.id or ""]

    @property
    def now(self) -> datetime:
        return self.session.time.now()

    @property
    def counts_seconds(self) -> bool:
        """Whether the bar tells how long an incident has been open, or what is due."""
        return bool(self.asking or self.session.ledger.open(self.session.environment.name))

    def look(self) -> None:
        """The newest Readings, and on each pane how fresh they are."""
        seen = build_view(self.session.watch, self.session.environment.name)
        self.view = date_from_record(seen, self.session.history)
        mark_panes(self._panes, self.session, self.view)

    def tells_news(self, reading: "Reading[Any]") -> bool:
        """Whether more than latencies is new in it; probes that answer as before can wait for the next second."""
        if reading.feed != "probes" or not reading.value or reading.problem:
            return True
        return [_read_state(probe) for probe in reading.value] != [_read_state(probe) for probe in self.view.probes]

    def find_due(self) -> None:
        """What is due now."""
        self.asking = list_due_clocks(self.session, self.now, self._screen.cockpit.zone)

    def remind(self) -> None:
        """What is due now, and one notice for all that fell due since the last look."""
        self.find_due()
        now = self.now
        notify_due_clocks(self._screen.cockpit, self._nudges.fresh(self.asking, now), now)

    def fill(self, name: str, today: date, *, people_only: bool, filtered: bool = False) -> FilledPanes:
        """The rows of one pane, from the newest Readings."""
        zone = self._screen.cockpit.zone
        scene = PaneScene(
            self.view,
            self.asking,
            zone,
            today,
            self.now,
            people_only,
            filtered,
            self._orders,
            self._find_marks() if name == "probes" else (),
        )
        if name == "alerts":
            filled = self._fill_alerts(scene)
        elif name == "timeline":
            filled = self._timeline.fill(stage_timeline(self.session, scene))
        else:
            filled = fill_pane(name, self.session, scene)
        self.objects[name] = filled.objects
        return filled

    def _fill_alerts(self, scene: PaneScene) -> FilledPanes:
        taken = self.session.ledger.taken(self.session.environment.name)
        return self._alerts.fill(
            AlertScene(
                scene.seen.alerts,
                taken,
                scene.now.replace(second=0, microsecond=0) if taken else None,
                scene.now,
                frozenset(self._unfolded),
                scene.filtered,
                scene.choose_order("alerts"),
                self._grade_alerts(scene.seen.alerts),
            )
        )

    def _grade_alerts(self, alerts: Sequence[Alert]) -> Mapping[str, AlertGrade]:
        """Asked again only of another poll or another plan: the panes are drawn every second."""
        plan = self.session.plan
        if not plan.alert_severities:
            return {}
        if self._graded is None or self._graded[0] is not plan or self._graded[1] is not alerts:
            from cockpit.runbooks.plan.severities import grade_alerts

            self._graded = (plan, alerts, grade_alerts(plan, alerts))
        return self._graded[2]

    def _find_marks(self) -> Sequence[probes.SparkMark]:
        """Looked for again only when something was recorded: the panes are drawn every second."""
        history = self.session.history
        newest = history[-1].id if history else 0
        if newest != self._marked_until:
            self._marked_until = newest
            since = self.now - MARKED
            marked = list_marked_events(present_events(history), since, self.now)
            self._marks = [(event.occurred, letter) for event, letter in marked]
        return self._marks

    def sort_differently(self, pane: str) -> str:
        """The next way to sort a pane; "" for one that stands in the order of time."""
        orders = ORDERS.get(pane, ())
        if not orders:
            return ""
        now = self._orders.get(pane, orders[0])
        self._orders[pane] = orders[(orders.index(now) + 1) % len(orders)]
        return self._orders[pane]

    def read_signature(self) -> tuple[object, ...]:
        """Equal as long as the bar, the hint and the keys would say the same, but for the ages in them.

        Latencies are left out: they change with every answer, and no line tells them.
        """
        session, now, view = self.session, self.now, self.view
        readings = session.watch.readings(session.environment.name)
        return (
            tuple(_read_state(probe) for probe in view.probes),
            tuple((reading.feed, reading.tried) for reading in readings if reading.feed != "probes"),
            tuple((pane, fresh.state) for pane, fresh in view.fresh.items()),
            tuple((due.incident.id, due.clock.id, due.clock.state(now)) for due in self.asking),
            session.history[-1].id if session.history else 0,
            session.recorder.status if session.recorder else "",
            session.identity(),
            view.problems,
            tuple((run.id, run.states) for run in session.runs.values() if run.ended is None),
            id(session.plan),
            self._screen.cockpit.bells.muted,
        )

    def read_standing(self) -> CockpitStanding:
        return read_standing(self._screen)

    def render_bar(self, width: int) -> list[list[Piece]]:
        app = self._screen.cockpit
        return render_bar(build_bar(app, self.session, self.view, self.asking), self.now, app.zone, width)

    def render_hint(self, working: Mapping[str, str], width: int) -> list[Piece]:
        """`working` names the key of each binding that works now."""
        sight = read_hint_input(self._screen, self.session)
        if sight.down:
            grades = self._grade_alerts(self.view.alerts)
            sight = replace(sight, grave=[alert for alert in sight.felt if _is_critical(alert, grades)])
        return render_hint(sight, working, self.now, width)

    def find_errors(self, rows: Sequence[str]) -> list[int]:
        """Which of these rows of the timeline tell of something broken."""
        events = self.objects.get("timeline", {})
        return [index for index, row in enumerate(rows) if timeline.went_wrong(events.get(row))]

    def unfold_group(self, group: AlertGroup) -> None:
        """Show its alerts one by one, or as one row again."""
        self._unfolded ^= {group.key}


def _is_critical(alert: Alert, grades: Mapping[str, AlertGrade]) -> bool:
    """By its source, or by what the team's documents say of it."""
    if alert.severity is Severity.CRITICAL:  # of thousands most are done with here
        return True
    grade = grades.get(alert.name)
    return grade is not None and grade.severity is Severity.CRITICAL


MARKED = timedelta(hours=1)  # what a sparkline may still show


def fill_pane(name: str, session: "Session", scene: PaneScene) -> FilledPanes:
    """The pane `name` as things stand, of those that never have thousands of rows."""
    view = scene.seen
    if name == "probes":
        objects: dict[str, object] = {probe.name: probe for probe in view.probes}
        objects |= {probes.name_signal_row(signal): signal for signal in view.signals}
        counts = probes.count_probes([*view.probes, *view.signals])
        rows = probes.build_probe_rows(
            view.probes,
            view.signals,
            scene.choose_order(name),
            zone=scene.zone,
            today=scene.today,
            marks=scene.marks,
            every={probe.name: probe.interval for probe in session.environment.probes} if scene.marks else {},
        )
        return FilledPanes(rows, [*counts, *name_order(scene.choose_order(name), ORDERS[name])], objects)
    if name == "revisions":
        apps = view.applications
        named = {f"{revision.app}/{revision.name}": revision for app in apps for revision in app.revisions}
        counts = [*revisions.count_revisions(apps), *name_order(scene.choose_order(name), ORDERS[name])]
        return FilledPanes(revisions.build_revision_rows(apps, scene.choose_order(name)), counts, named)
    return _fill_due_pane(session, scene)


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


def list_pins(incidents: Iterable[Incident], environment: str) -> frozenset[int]:
    """The events that somebody pinned in an incident of an environment, also in one that is over."""
    return frozenset[int]().union(*(incident.pins for incident in incidents if incident.environment == environment))


def stage_timeline(session: "Session", scene: PaneScene) -> TimelineScene:
    """All that the rows of the timeline are made of."""
    return TimelineScene(
        tuple(session.history),
        list_pins(session.ledger.incidents.values(), session.environment.name),
        session.operator,
        scene.zone,
        scene.today,
        scene.people_only,
    )


def mark_panes(panes: Sequence[Pane], session: "Session", view: View) -> None:
    """Each pane's border tells how fresh it is, an empty one why it is empty."""
    for pane in panes[:3]:
        name = pane.id or ""
        fresh, missing = view.fresh[name], name in view.missing
        pane.state("", "muted") if missing else pane.wear(fresh)
        if not pane.table.rows:  # it is written beneath no row
            pane.table.explain(
                *describe_empty_pane(name, session.environment, fresh, view.problems, missing, session.system.searched)
            )
    sentence = session.recorder.status if session.recorder else "not recording"
    silent = f"; {view.silent_changes[0]}" if view.silent_changes else ""
    panes[3].state(f"{sentence}{silent}", "muted" if sentence.startswith("record") and not silent else "warn")
    panes[3].table.explain(*quiet_timeline(session.read_only, something_hidden=bool(session.history)))
    panes[4].table.explain(*nothing_due())


# What a pane without rows says: an empty state teaches.

PaneText = list[list[Piece]]

MISSING = {
    "probes": ("No probe is configured.", "probes"),
    "alerts": ("No alert source is configured.", "alerts"),
}


def quiet_timeline(read_only: bool, *, something_hidden: bool) -> PaneText:
    """Before anything happened, or while only what people did is shown."""
    if something_hidden:
        return [
            [("Nothing was done by people yet.", "muted")],
            [("What was recorded by itself is hidden now.", "muted")],
        ]
    if read_only:
        return [[("Nothing was recorded yet.", "muted")]]
    return [
        [("Nothing happened yet.", "muted")],
        [("Every change is recorded here automatically.", "muted")],
    ]


def nothing_due() -> PaneText:
    return [[("Nothing is due.", "good")], [("Declaring an incident starts its deadlines.", "muted")]]


def describe_empty_pane(
    pane: str,
    environment: Environment,
    fresh: Freshness,
    problems: Sequence[Problem],
    missing: bool,
    searched: Sequence[str] = (),
) -> PaneText:
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
        doubt = [[(f"{fresh.reason}: not all can be seen.", "warn")]] if fresh.reason else []
        return [[("No alerts.", "muted" if doubt else "good")], *doubt, [(f"Watching {sources}, {look}.", "muted")]]
    if pane == "revisions":
        return [[(f"{', '.join(environment.apps) or 'The app'} has no revisions, {look}.", "muted")]]
    return [[(f"No results, {look}.", "muted")]]


def describe_missing_file(pane: str, searched: Sequence[str]) -> PaneText:
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


def _describe_missing_source(pane: str, environment: Environment) -> PaneText:
    if pane == "revisions":
        from cockpit.platforms.registry import list_settings

        what = "No platform: watched by probes, signals and alerts alone."
        tables = (f"[environments.{environment.name}.{name}]" for name in list_settings(with_workloads=True))
        key = " or ".join((f"[environments.{environment.name}] apps", *tables))
    else:
        what, name = MISSING[pane]
        key = f"[[environments.{environment.name}.{name}]]"
    return [[(what, "")], [(f"{key} in cockpit.toml fills this pane.", "muted")]]


def _read_state(probe: ProbeResult) -> tuple[object, ...]:
    """What a row tells of a probe, but for its latencies, which change with every answer."""
    return (probe.name, probe.state, probe.reason, probe.since, probe.flapping)
