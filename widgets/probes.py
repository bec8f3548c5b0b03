"""Rows of the probe pane: what fails comes first and says why; what is up shows its latency."""

from collections.abc import Sequence
from functools import lru_cache

from cockpit.model.probe import ProbeResult, ProbeState
from widgets.cell import Cell, Column, Piece, Row

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
)
LOOK = {
    ProbeState.DOWN: ("✖", "bad"),
    ProbeState.DEGRADED: ("◐", "warn"),
    ProbeState.PENDING: ("◌", "warn"),
    ProbeState.UNKNOWN: ("◌", "warn"),
    ProbeState.UP: ("●", "good"),
    ProbeState.MAINTENANCE: ("–", "muted"),
}
RANK = {state: rank for rank, state in enumerate(ORDER)}
QUIET = (ProbeState.UP, ProbeState.MAINTENANCE)
BARS = "▁▂▃▄▅▆▇█"
NO_ANSWER = "·"


def build_probe_rows(results: Sequence[ProbeResult]) -> list[Row]:
    """One row a probe, worst first."""
    return [_build_probe_row(result) for result in sorted(results, key=lambda probe_result: RANK[probe_result.state])]


def count_probes(results: Sequence[ProbeResult]) -> list[Piece]:
    """` ✖1 ◐1 ●10`, for the title of the pane."""
    pieces: list[Piece] = []
    for state in ORDER:
        number = sum(result.state is state for result in results)
        if number:
            glyph, tone = LOOK[state]
            pieces += [(" ", ""), (f"{glyph}{number}", tone)]
    return pieces


def format_latency(seconds: float | None) -> str:
    """`12ms`, `2.4s`; nothing where there was no answer."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f}ms" if seconds < 0.9995 else f"{seconds:.1f}s"


def draw_sparkline(history: Sequence[float | None], cells: int) -> str:
    """The newest latencies as bars between the fastest and the slowest shown; a gap is a dot.

    The scale never starts under a fifth of the slowest, or noise of a millisecond would look like a storm.
    """
    seconds_lists = list(history)[-cells:]
    known_items = [seconds for seconds in seconds_lists if seconds is not None]
    if not known_items:
        return (NO_ANSWER * len(seconds_lists)).rjust(cells)
    low, high = min(known_items), max(known_items)
    room = max(high - low, high * 0.8) or 1.0
    return "".join(
        NO_ANSWER if seconds is None else BARS[min(len(BARS) - 1, int((seconds - low) / room * len(BARS)))]
        for seconds in seconds_lists
    ).rjust(cells)


def shorten_url(url: str) -> str:
    """What tells one probe of a site from another: the path, or the host of a bare address."""
    rest = url.partition("://")[2] or url
    host, slash, tail = rest.partition("/")
    return slash + tail.partition("?")[0] if tail else host


@lru_cache(maxsize=4_096)  # of 500 probes only those whose turn it was have changed
def _build_probe_row(result: ProbeResult) -> Row:
    glyph, tone = LOOK[result.state]
    name = Cell(result.name, "" if result.state in QUIET else "strong")
    status = Cell("" if result.status is None else str(result.status), "muted")
    start = (Cell(glyph, tone), name, Cell(result.state.value, tone))
    if result.state in QUIET:
        cell = Cell("flapping" if result.flapping else shorten_url(result.url), "warn" if result.flapping else "muted")
        trend = (Cell(format_latency(result.latency)), Cell(draw_sparkline(result.history, 8), "muted"))
        return Row(result.name, (*start, cell, status, *trend, Cell()))
    return Row(result.name, (*start, Cell(_explain_probe(result), tone, span=4), Cell("", "", result.since)))


def _explain_probe(result: ProbeResult) -> str:
    """Why it is not up, in words that need no colour."""
    reason = result.reason or result.state.value
    if result.state is ProbeState.PENDING and result.failing:
        reason = f"{result.failing}× {reason}"
    elif result.state is ProbeState.UNKNOWN and result.reason:
        reason = f"unknown: {reason}"
    return f"flapping: {reason}" if result.flapping else reason
