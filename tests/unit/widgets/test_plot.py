"""The last hour of a number as text: bars, limits, marks; whatever the numbers are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cockpit.model.probe import SignalPoint
from widgets.plot import LABEL, PlotMark, draw_plot

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def plot(points: list[SignalPoint], *limits: float, marks: tuple[PlotMark, ...] = (), width: int = 70) -> list[str]:
    return ["".join(text for text, _ in line) for line in draw_plot(points, limits, marks, NOW, UTC, width, unit="%")]


def hour(*values: float | None) -> list[SignalPoint]:
    """One value a minute, the last one now."""
    return [(NOW - timedelta(minutes=len(values) - 1 - index), value) for index, value in enumerate(values)]


def test_a_rising_number_rises_over_its_limit() -> None:
    lines = plot(hour(*range(60)), 30.0)
    assert lines[0].rstrip().endswith("█")
    assert any("30 %" in line and "╌" in line for line in lines)
    assert "01:00" in lines[9]
    assert lines[9].endswith("02:00")


def test_what_happened_is_marked_below_and_described() -> None:
    mark = PlotMark(NOW - timedelta(minutes=30), "D", "--v42 created by ci")
    lines = plot(hour(1, 2, 3), marks=(mark, PlotMark(NOW - timedelta(hours=3), "D", "too long ago")))
    assert lines[8].strip() == "D"
    assert abs(lines[8].index("D") - LABEL - 30) <= 2
    assert lines[10].split() == ["D", "01:30", "--v42", "created", "by", "ci"]
    assert len(lines) == 11


def test_an_hour_without_a_number_says_so() -> None:
    assert plot(hour(None, None)) == ["Nothing was measured in the last hour."]


NUMBERS = st.one_of(st.none(), st.floats(-1e12, 1e12, allow_nan=False))


@given(st.lists(NUMBERS, min_size=1, max_size=80), st.lists(st.floats(-1e6, 1e6), max_size=3), st.integers(24, 160))
def test_no_numbers_break_the_drawing_or_its_width(values: list[float | None], limits: list[float], width: int) -> None:
    for line in plot(hour(*values), *limits, width=width):
        assert cell_len(line) <= max(width, 48)


def test_hostile_text_of_a_mark_is_no_control_character() -> None:
    lines = plot(hour(1), marks=(PlotMark(NOW, "D", "\x1b[2J\u202eevil"),))
    assert all("\x1b" not in line and "\u202e" not in line for line in lines)
