"""A number over the last hour as a few lines of text: bars, the limit as a dashed line, marks below for what happened.

Drawn once when it is opened, not every second: over a slow line it costs what a page of text costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.model.probe import SignalPoint, format_number
from widgets.cell import Piece, sanitize_line

BARS = " ▁▂▃▄▅▆▇█"
LABEL = 9  # cells of the scale at the left
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PlotMark:
    """Something that happened: one letter below the bars, and what it stands for."""

    at: datetime
    letter: str
    text: str
    tone: str = "info"


def draw_plot(
    points: Sequence[SignalPoint],
    limits: Sequence[float],
    marks: Sequence[PlotMark],
    now: datetime,
    zone: tzinfo,
    width: int,
    height: int = 8,
    unit: str = "",
) -> list[tuple[Piece, ...]]:
    """Lines of at most `width` cells; the highest number of a column is its bar, a column without one stays empty."""
    columns = max(10, width - LABEL - 1)
    cells = _bin_points(points, now, columns)
    numbers = [number for number in cells if number is not None]
    if not numbers:
        return [(("Nothing was measured in the last hour.", "muted"),)]
    reach = [limit for limit in limits if limit <= max(numbers) * 4 or limit <= max(limits, default=0) / 2]
    low, high = min(0.0, *numbers), max(*numbers, *reach, 0.0)
    span = (high - low) or 1.0
    rows_of_limits = {_row_of(limit, low, span, height): limit for limit in limits if low <= limit <= high}
    lines: list[tuple[Piece, ...]] = []
    for row in range(height - 1, -1, -1):
        label = ""
        if row in rows_of_limits:
            label = format_number(rows_of_limits[row], unit)
        elif row == height - 1:
            label = format_number(high, unit)
        elif row == 0:
            label = format_number(low, unit)
        bars = _draw_row(cells, row, low, span, height, row in rows_of_limits, limits)
        lines.append(((f"{label[:LABEL]:>{LABEL}} ", "muted"), *bars))
    lines.append(((" " * (LABEL + 1), ""), *_draw_marks(marks, now, columns)))
    begin, end = (now - HOUR).astimezone(zone), now.astimezone(zone)
    axis = f"{begin:%H:%M}{'':{max(1, columns - 10)}}{end:%H:%M}"
    lines.append(((" " * (LABEL + 1), ""), (axis, "muted")))
    visible = [mark for mark in sorted(marks, key=lambda mark: mark.at) if now - HOUR <= mark.at <= now]
    for mark in visible[-6:]:
        text = sanitize_line(mark.text)[: max(10, width - LABEL - 10)]
        when = f"{mark.at.astimezone(zone):%H:%M}"
        lines.append(((f"{'':{LABEL}} {mark.letter} ", mark.tone), (f"{when} {text}", "")))
    return lines


def _bin_points(points: Sequence[SignalPoint], now: datetime, columns: int) -> list[float | None]:
    """The highest number of each column; a gap between two points that are near is bridged by the earlier one."""
    cells: list[float | None] = [None] * columns
    step = HOUR / columns
    for moment, number in points:
        index = int((moment - (now - HOUR)) / step)
        if number is not None and 0 <= index <= columns:
            index = min(index, columns - 1)
            cells[index] = number if cells[index] is None else max(number, cells[index] or number)
    most = max(1, round(timedelta(minutes=3) / step))
    filled, last, age = list(cells), None, most + 1
    for index, number in enumerate(cells):
        last, age = (number, 0) if number is not None else (last, age + 1)
        if number is None and last is not None and age <= most and any(cell is not None for cell in cells[index:]):
            filled[index] = last
    return filled


def _row_of(number: float, low: float, span: float, height: int) -> int:
    return min(height - 1, max(0, int((number - low) / span * height)))


def _draw_row(
    cells: Sequence[float | None],
    row: int,
    low: float,
    span: float,
    height: int,
    is_limit: bool,
    limits: Sequence[float],
) -> list[Piece]:
    """One row of eighths. A bar over the lowest limit is amber."""
    worst = min(limits, default=None)
    pieces: list[Piece] = []
    for number in cells:
        eighths = 0 if number is None else round((number - low) / span * height * 8) - row * 8
        if number is not None and row == 0:
            eighths = max(1, eighths)
        character = BARS[min(8, max(0, eighths))]
        over = worst is not None and number is not None and number > worst
        piece: Piece = (character, "warn" if over else "good")
        if character == " ":
            piece = ("╌", "bad") if is_limit else (" ", "")
        if pieces and pieces[-1][1] == piece[1]:
            pieces[-1] = (pieces[-1][0] + piece[0], piece[1])
        else:
            pieces.append(piece)
    return pieces


def _draw_marks(marks: Sequence[PlotMark], now: datetime, columns: int) -> list[Piece]:
    step = HOUR / columns
    row: list[Piece] = [(" ", "")] * columns
    for mark in marks:
        index = int((mark.at - (now - HOUR)) / step)
        if 0 <= index <= columns:
            row[min(index, columns - 1)] = (mark.letter, mark.tone)
    return row
