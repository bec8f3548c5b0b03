"""Past incidents, and the numbers over them, each with its definition."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.message import Message

from cockpit.incident.load import find_practice_days, load_whole_incidents
from cockpit.incident.metrics.statistics import Figure, KeptShare, Statistics, build_statistics
from cockpit.model.event import Kind
from cockpit.model.incident import Incident, find_worst_severity
from cockpit.model.key_bindings import HISTORY
from cockpit.model.response import Review
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.time import format_duration as write_duration
from cockpit.runbooks.drills.drills import list_drills
from screens.dialogs.dialog import DialogContext
from screens.shared.errors import explain
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.cell import Cell, Column, Piece, Row, wrap_pieces
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.pane import Pane
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session

DRAFTS = {
    Review.DRAFT: "a draft",
    Review.IN_REVIEW: "in review",
    Review.REVIEWED: "reviewed",
    Review.CLOSED: "closed",
}
MET = {True: "good", False: "bad", None: "muted"}


# The columns of the incidents and of the numbers.


INCIDENTS = (
    Column(10),
    Column(10),
    Column(0, prose=True),
    Column(13),
    Column(9, right=True),
    Column(9, from_width=90),
    Column(15, from_width=100),
)
NUMBERS = (
    Column(27),
    Column(5),
    Column(4, right=True),
    Column(9, right=True),
    Column(9, right=True, from_width=90),
    Column(9, right=True),
    Column(0, prose=True),
)
HEADINGS = ("number", "level", "n", "median", "mean", "worst", "target")
REVIEW_TONES = {Review.DRAFT: "warn", Review.IN_REVIEW: "info", Review.REVIEWED: "good", Review.CLOSED: "muted"}


def incident_rows(
    incidents: Iterable[Incident], zone: tzinfo, now: datetime, severity_scale: SeverityScale = ()
) -> list[Row]:
    """One row an incident, the newest first: day, severity, title, status, how long, post-mortem, id."""
    newest = sorted(incidents, key=lambda incident: (incident.declared, incident.id), reverse=True)
    return [_build_incident_row(incident, zone, now, severity_scale) for incident in newest]


def _build_incident_row(incident: Incident, zone: tzinfo, now: datetime, severity_scale: SeverityScale) -> Row:
    gravest = find_worst_severity(incident, severity_scale)
    severity = gravest if gravest == incident.severity else f"{gravest}, now {incident.severity}"
    drill = "DRILL " if incident.drill else ""
    tone = "" if incident.open else "muted"
    return Row(
        incident.id,
        (
            Cell(f"{incident.declared.astimezone(zone):%Y-%m-%d}", "muted"),
            Cell(severity, "bad" if incident.open else ""),
            Cell(f"{drill}{incident.title}"),
            Cell(incident.status.value, "warn" if incident.open else "good"),
            Cell(format_length(incident.open_for(now)), tone),
            Cell(incident.review.value, "muted" if incident.open else REVIEW_TONES[incident.review]),
            Cell(incident.id, "muted"),
        ),
    )


def format_length(length: timedelta | None) -> str:
    """In its two largest units; "" for none."""
    return "" if length is None else write_duration(length)


class PastScreen(KeyedScreen):
    """Every incident of the environment in front, folded from its whole range; the drills count in no number."""

    CSS_PATH = ["main/screen.tcss", "history.tcss"]  # noqa: RUF012  # an instance variable of Screen
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    KEYS = HISTORY
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(HISTORY)
    GROUPED: ClassVar[KeyGroups] = {
        ("history.1", "history.2"): "To a pane: incidents, numbers",
        ("table.select",): "Read the post-mortem draft of the incident",
        **ROWS,
    }

    class HistoryRead(Message):
        """The incidents were read from the file."""

        def __init__(self, incidents: Sequence[Incident], overdue: int) -> None:
            super().__init__()
            self.incidents = tuple(incidents)
            self.overdue = overdue  # drills

    def __init__(self, session: "Session", place: DialogContext) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self.panes = (Pane(1, "Incidents", INCIDENTS, classes="-current"), Pane(2, "Numbers", NUMBERS))
        self.incidents: Mapping[str, Incident] = {}
        self.numbers: Mapping[str, Figure | KeptShare] = {}

    def compose(self) -> ComposeResult:
        yield Lines(id="bar")
        yield Lines(id="strip")
        with Container(id="panes"):
            yield from self.panes
        yield Lines(id="definition")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        self._title()
        for pane in self.panes:
            pane.table.explain((("Reading the timeline…", "muted"),))
        self.panes[0].table.focus()
        self._read()

    def _title(self, overdue: int = 0) -> None:
        title: list[Piece] = [(f" {self._session.system.name}", "strong"), (f"  {self._place.environment}", "")]
        title += [(f"   drills: {overdue} overdue", "warn")] if overdue else []
        self.query_one("#bar", Lines).show([*title, ("   past incidents, and their numbers", "muted")])

    @work(thread=True, exit_on_error=False)
    def _read(self) -> None:
        """Each incident from its whole range: the ledger may have forgotten old signals."""
        session, here = self._session, self._place.environment
        try:
            incidents = [incident for incident in session.ledger.incidents.values() if incident.environment == here]
            result = load_whole_incidents(session.timeline, session.plan.severity_scale, incidents)
            overdue = self._overdue()
        except Exception as error:
            self.notify(explain(error, "past incidents could not be read"), severity="error", markup=False)
        else:
            self.post_message(self.HistoryRead(result, overdue))

    def _overdue(self) -> int:
        """How many drills, trainings and reviews are overdue."""
        session, zone = self._session, self._place.zone
        done = find_practice_days(session.timeline.events(kinds=[Kind.PRACTICE]), zone)
        today = session.time.now().astimezone(zone).date()
        return sum(drill.late(today) > 0 for drill in list_drills(session.plan.practices, done, today))

    @on(HistoryRead)
    def _show(self, message: HistoryRead) -> None:
        now = self._session.time.now()
        result = build_statistics(message.incidents, self._session.plan, now, zone=self._place.zone)
        self.incidents = {incident.id: incident for incident in message.incidents}
        self._title(message.overdue)
        figures = {f"{figure.short}/{figure.level}": figure for figure in result.figures}
        shares = {share.name: share for share in result.shares}
        self.numbers = {**figures, **shares}
        rows = incident_rows(message.incidents, self._place.zone, now, self._session.plan.severity_scale)
        numbered = [
            *(figure_row(*figure) for figure in figures.items()),
            *(share_row(*share) for share in shares.items()),
        ]
        self.panes[0].show(rows, [(f" {len(rows)}", "muted")] if rows else [], now)
        self.panes[1].show([render_heading(), *numbered] if result.incidents else [], describe_count(result), now)
        self.panes[0].table.explain((("No incident yet. d on the cockpit declares one.", "muted"),))
        self.panes[1].table.explain((("Nothing to measure yet; drills do not count.", "muted"),))
        self._tell()

    @on(KeyedTable.Highlighted)
    @on(DescendantFocus)
    def _tell(self) -> None:
        """The definition of the number under the cursor, or what the incident under it was."""
        current = self.current
        row = self.panes[current].table.cursor or ""
        pairs: Sequence[Piece] = self._defined(row) if current else self._summed_up(row)
        wide = max(20, self.size.width - 2)
        self.query_one("#definition", Lines).show(*([(" ", ""), *line] for line in wrap_pieces(pairs, wide, most=4)))
        strip: list[Piece] = []
        for pane in self.panes:
            strip += [(" │ " if strip else " ", "muted"), *pane.brief]
        self.query_one("#strip", Lines).show(strip)
        self.show_keys(self.keys_by_id())

    def _defined(self, row: str) -> list[Piece]:
        number = self.numbers.get(row)
        if number is None:
            return []
        target = f"target {number.target.text} ({number.target.origin}). " if number.target else ""
        return [(f"{number.name}: ", "strong"), (target, "muted"), (f"{number.definition}.", "")]

    def _summed_up(self, row: str) -> list[Piece]:
        incident = self.incidents.get(row)
        if incident is None:
            return []
        reason = f": {incident.close_reason}" if incident.close_reason else ""
        runs = sum(not run.is_typed for run in incident.ran)
        ran = f", {runs} procedure{'' if runs == 1 else 's'} run" if runs else ""
        draft = f" Its post-mortem is {DRAFTS[incident.review]}." if not incident.open else ""
        sentence = f"  {incident.status.value}{reason}{ran}.{draft}"
        return [(incident.title, "strong"), (sentence, ""), (f"  {incident.id}", "muted")]

    # Keys

    @property
    def current(self) -> int:
        return 1 if self.panes[1].has_class("-current") else 0

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, KeyedTable):
            for pane in self.panes:
                pane.set_class(pane.table is event.widget, "-current")

    def action_pane(self, index: int) -> None:
        self.panes[index].table.focus()

    def action_other(self) -> None:
        self.action_pane(1 - self.current)

    @on(KeyedTable.Selected)
    def _selected(self, message: KeyedTable.Selected) -> None:
        if message.table is self.panes[0].table:
            self.action_preview()

    def _chosen(self) -> Incident | None:
        return self.incidents.get(self.panes[0].table.cursor or "")

    def action_preview(self) -> None:
        from screens.incident.post_mortem import PreviewScreen

        if incident := self._chosen():
            self.app.push_screen(PreviewScreen(self._session, self._place, incident))

    def action_lead(self) -> None:
        from screens.incident.screen import IncidentScreen

        if incident := self._chosen():
            self.app.push_screen(IncidentScreen(self._session, self._place, incident.id))


def describe_count(result: Statistics) -> list[Piece]:
    """How many incidents the numbers stand on, and how many drills were left out."""
    drills = f", {result.drills} drills left out" if result.drills else ""
    return [(f" over {result.incidents}{drills}", "muted")]


def render_heading() -> Row:
    """What the columns of the numbers are."""
    return Row("", tuple(Cell(text, "muted") for text in HEADINGS))


def figure_row(id: str, figure: Figure) -> Row:
    """Name, severity, n, median, mean, worst, and the target with how it was kept."""
    states = ((figure.pending, "pending"), (figure.not_applicable, "not applicable"), (figure.invalid, "invalid"))
    lines = [f"{count} {state}" for count, state in states if count]
    if figure.target is not None:
        kept = {True: ": met", False: ": missed", None: ""}[figure.met]
        lines.insert(0, f"{figure.target.text}{kept}")
    times = [Cell(format_length(duration), MET[figure.met]) for duration in (figure.median, figure.mean, figure.worst)]
    cells = (Cell(f"{figure.short} {figure.name}"), Cell(figure.level or "all"), Cell(str(figure.recorded), "muted"))
    return Row(id, (*cells, *times, Cell(", ".join(lines), MET[figure.met])))


def share_row(id: str, share: KeptShare) -> Row:
    """Name, kept of total, percent, and the target."""
    percent = "" if share.percent is None else f"{share.percent:.0f} %"
    target = share.target.text if share.target else ""
    cells = (Cell(share.name, span=2), Cell(str(share.total), "muted"), Cell(percent, MET[share.met]))
    return Row(
        id,
        (
            *cells,
            Cell(f"{share.kept} kept" if share.total else "none yet", "muted", span=2),
            Cell(target, MET[share.met]),
        ),
    )
