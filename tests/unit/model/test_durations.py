"""Lengths of time as people read them."""

from datetime import timedelta

from cockpit.model.time import format_duration, format_elapsed


def test_a_duration_shows_its_two_largest_units_and_is_never_rounded_up() -> None:
    lengths = [
        format_duration(timedelta(seconds=seconds))
        for seconds in (0, 59.9, 64.9, 3_599.9, 7_325, 172_800, 273_600, -61)
    ]
    assert lengths == ["0s", "59s", "1m 04s", "59m 59s", "2h 02m", "2d 00h", "3d 04h", "-1m 01s"]


def test_a_running_clock_and_a_report_tell_the_same_seconds() -> None:
    for seconds in (58.9, 763.9, 172_799.9):
        hours, minutes, rest = (int(part) for part in format_elapsed(seconds).split(":"))
        assert format_duration(timedelta(seconds=seconds)) == format_duration(
            timedelta(hours=hours, minutes=minutes, seconds=rest)
        )
    assert format_elapsed(273_600) == format_duration(timedelta(seconds=273_600))
