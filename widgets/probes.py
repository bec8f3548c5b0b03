"""Rows of the probe pane: what fails comes first and says why; what is up shows its latency."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.time import format_clock_time
from widgets.cell import Cell, Column, Piece, Row, RowMemory

COLUMNS = (
    Column(1),
    Column(12),
    Column(11, from_width=84),
    Column(0),
    Column(3, right=True, from_width=84),
    Column(6, right=True),
    Column(8),
    Column(4, right=True),
)

# Worst first; within one state the order of the configuration holds, so that nothing moves without a reason.
ORDER = (
    ProbeState.DOWN,
    ProbeState.DEGRADED,
    ProbeState.PENDING,
    ProbeState.UNKNOWN,
    ProbeState.UP,
    ProbeState.MAINTENANCE,
    ProbeState.ASLEEP,
)
LOOK = {
    ProbeState.DOWN: ("✖", "bad"),
    ProbeState.DEGRADED: ("◐", "warn"),
    ProbeState.PENDING: ("◌", "warn"),
    ProbeState.UNKNOWN: ("◌", "warn"),
    ProbeState.UP: ("●", "good"),
    ProbeState.MAINTENANCE: ("–", "muted"),
    ProbeState.ASLEEP: ("○", "muted"),
}
RANK = {state: rank for rank, state in enumerate(ORDER)}
QUIET = (ProbeState.UP, ProbeState.MAINTENANCE, ProbeState.ASLEEP)
SPARED = {ProbeState.MAINTENANCE: "in maintenance", ProbeState.ASLEEP: "asleep"}
"""What nobody asks for now is neither up nor down, and is counted by these words."""
BARS = "▁▂▃▄▅▆▇█"
NO_ANSWER = "·"
SIGNAL_ROW = "signal:"
VALUE_CELLS = 6
SPARK_CELLS = 8
NO_INTERVALS: Mapping[str, float] = {}
SparkMark = tuple[datetime, str]
"""Something that happened, and its letter."""
PlacedMarks = tuple[tuple[int, str], ...]
"""Letters by their place among the measurements that a sparkline shows."""


ORDERS = ("worst first", "as configured", "newest change first", "slowest first")
"""How the pane can be sorted; the first is how it opens."""


def describe_spared(states: Sequence[ProbeState]) -> str:
    """`, 1 in maintenance` for what is beside the count of what is up; "" where there is none."""
    return "".join(f", {states.count(state)} {words}" for state, words in SPARED.items() if state in states)


def build_probe_rows(
    results: Sequence[ProbeResult],
    signals: Sequence[SignalResult] = (),
    order: str = ORDERS[0],
    *,
    zone: tzinfo = UTC,
    today: date = date.min,
    marks: Sequence[SparkMark] = (),
    every: Mapping[str, float] = NO_INTERVALS,
) -> list[Row]:
    """One row a probe or signal; among equals the probes first, each in the order of the configuration.

    Times are written in `zone`, with their day where that is not `today`. `marks` stand in the sparkline where they
    happened; of a probe that is placed by its interval in `every`, in seconds by its name.
    """
    rows = [
        (
            _rank_watched(result, order),
            0,
            PROBE_ROWS.build(
                result.name,
                _build_probe_row,
                result,
                _format_until(result.maintenance_until, zone, today),
                _mark_probe(result, every.get(result.name, 0.0), marks) if marks else (),
            ),
        )
        for result in results
    ]
    rows += [
        (_rank_watched(signal, order), 1, _build_signal_row(signal, _mark_signal(signal, marks))) for signal in signals
    ]
    return [row for _, _, row in sorted(rows, key=lambda triple: triple[:2])]


def _rank_watched(result: ProbeResult | SignalResult, order: str) -> float:
    match ORDERS.index(order):
        case 1:
            return 0
        case 2:
            return -result.since.timestamp() if result.since else 0
        case 3:
            latency = result.latency if isinstance(result, ProbeResult) else None
            return -latency if latency is not None else 0
    return RANK[find_sign_state(result)]


def _label_watched(result: ProbeResult | SignalResult) -> tuple[tuple[str, str], ...]:
    """What the filter may ask for by name."""
    kind = "probe" if isinstance(result, ProbeResult) else "signal"
    where = result.url if isinstance(result, ProbeResult) else result.query
    return (
        *(("state", result.state.value), ("kind", kind), ("name", result.name)),
        *(("runbook", result.runbook), ("url" if kind == "probe" else "query", where)),
    )


def find_sign_state(result: ProbeResult | SignalResult) -> ProbeState:
    """The state by whose sign it is shown, counted and sorted: what flaps is no better than degraded, and does not
    change its place with every answer."""
    flaps = isinstance(result, ProbeResult) and result.flapping
    return ProbeState.DEGRADED if flaps and result.state is ProbeState.UP else result.state


def is_fault(result: ProbeResult | SignalResult) -> bool:
    """Whether it is not as it should be."""
    return result.state not in QUIET or (isinstance(result, ProbeResult) and result.flapping)


def count_probes(results: Sequence[ProbeResult | SignalResult]) -> list[Piece]:
    """` ✖1 ◐1 ●10`, for the title of the pane."""
    pieces: list[Piece] = []
    numbers = Counter(map(find_sign_state, results))  # of 500 probes, four times a second
    for state in ORDER:
        if number := numbers[state]:
            glyph, tone = LOOK[state]
            pieces += [(" ", ""), (f"{glyph}{number}", tone)]
    return pieces


def format_latency(seconds: float | None) -> str:
    """`12ms`, `2.4s`; nothing where there was no answer."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f}ms" if seconds < 0.9995 else f"{seconds:.1f}s"


def place_marks(moments: Sequence[datetime], marks: Sequence[SparkMark]) -> PlacedMarks:
    """Where marks stand among measurements: in the place of the last one before it, so that the next is its effect.

    What happened before the first of them is not shown.
    """
    placed: dict[int, str] = {}
    for moment, letter in marks:
        before = sum(measured <= moment for measured in moments) - 1
        if before >= 0:
            placed.setdefault(before, letter)
    return tuple(placed.items())


def _mark_probe(result: ProbeResult, every: float, marks: Sequence[SparkMark]) -> PlacedMarks:
    """When its latencies were measured is placed by its interval."""
    number = min(SPARK_CELLS, len(result.history))
    if result.checked is None or not every:
        return ()
    first = result.checked - timedelta(seconds=every * (number - 1))
    recent = [mark for mark in marks if mark[0] >= first]
    moments = [first + timedelta(seconds=every * step) for step in range(number)] if recent else []
    return place_marks(moments, recent)


def _mark_signal(signal: SignalResult, marks: Sequence[SparkMark]) -> PlacedMarks:
    return place_marks([moment for moment, _ in signal.points[-SPARK_CELLS:]], marks) if marks else ()


def draw_sparkline(history: Sequence[float | None], cells: int, marks: PlacedMarks = ()) -> str:
    """The newest latencies as bars between the fastest and the slowest shown; a gap is a dot, a mark its letter.

    The scale never starts under a fifth of the slowest, or noise of a millisecond would look like a storm.
    """
    seconds_lists = list(history)[-cells:]
    measured = [seconds for seconds in seconds_lists if seconds is not None]
    if not measured:
        return (NO_ANSWER * len(seconds_lists)).rjust(cells)
    low, high = min(measured), max(measured)
    room = max(high - low, high * 0.8) or 1.0
    bars = [
        NO_ANSWER if seconds is None else BARS[min(len(BARS) - 1, int((seconds - low) / room * len(BARS)))]
        for seconds in seconds_lists
    ]
    for index, letter in marks:
        bars[index] = letter
    return "".join(bars).rjust(cells)


def shorten_url(url: str) -> str:
    """What tells one probe of a site from another: the path, or the host of a bare address."""
    rest = url.partition("://")[2] or url
    host, slash, tail = rest.partition("/")
    return slash + tail.partition("?")[0] if tail else host


PROBE_ROWS = RowMemory(4_096)  # of 500 probes only those whose turn it was have changed


def _build_probe_row(result: ProbeResult, until: str, marks: PlacedMarks) -> Row:
    glyph, tone = LOOK[find_sign_state(result)]
    name = Cell(result.name, "" if result.state in QUIET else "strong")
    status = Cell("" if result.status is None else str(result.status), "muted")
    start = (Cell(glyph, tone), name, Cell(result.state.value, tone))
    if result.state in QUIET:
        text = "flapping" if result.flapping else until or shorten_url(result.url)
        cell = Cell(text, "warn" if result.flapping else "muted")
        trend = (
            Cell(format_latency(result.latency)),
            Cell(draw_sparkline(result.history, SPARK_CELLS, marks), "muted"),
        )
        return Row(result.name, (*start, cell, status, *trend, Cell()), _label_watched(result), is_fault(result))
    cells = (*start, Cell(_explain_probe(result), tone, span=4), Cell("", "", result.since))
    return Row(result.name, cells, _label_watched(result), is_fault(result))


def _format_until(moment: datetime | None, zone: tzinfo, today: date) -> str:
    return f"until {format_clock_time(moment, zone, today)} {moment.astimezone(zone):%Z}" if moment else ""


def name_signal_row(signal: SignalResult) -> str:
    """The id of its row: a probe may have the same name."""
    return f"{SIGNAL_ROW}{signal.name}"


@lru_cache(maxsize=1_024)
def _build_signal_row(signal: SignalResult, marks: PlacedMarks) -> Row:
    """A number with its limit. The wave says that it is somebody else's measurement, and no probe of ours."""
    glyph, tone = LOOK[signal.state]
    quiet = signal.state in QUIET
    start = (Cell(glyph, tone), Cell(signal.name, "" if quiet else "strong"), Cell(signal.state.value, tone))
    trend = Cell(draw_sparkline([number for _, number in signal.points], SPARK_CELLS, marks), "muted")
    if not quiet:
        state_text = f"~ {signal.reason or signal.state.value}" + (f" ({signal.caution})" if signal.caution else "")
        cells = (*start, Cell(state_text, tone, span=3), trend, Cell("", "", signal.since))
        return Row(name_signal_row(signal), cells, _label_watched(signal), is_fault(signal))
    short = len(signal.text) <= VALUE_CELLS
    limit = signal.caution or (f"limit {signal.limit}" if signal.limit else "no limit")
    cell = Cell(f"~ {limit}" if short else f"~ {signal.text}, {limit}", "warn" if signal.caution else "muted", span=2)
    quiet_cells = (*start, cell, Cell(signal.text if short else ""), trend, Cell())
    return Row(name_signal_row(signal), quiet_cells, _label_watched(signal))


def _explain_probe(result: ProbeResult) -> str:
    """Why it is not up, in words that need no colour."""
    reason = result.reason or result.state.value
    if result.state is ProbeState.PENDING and result.failing:
        reason = f"{result.failing}× {reason}"
    elif result.state is ProbeState.UNKNOWN and result.reason:
        reason = f"unknown: {reason}"
    return f"flapping: {reason}" if result.flapping else reason
