"""Lengths of time as people read them."""

from datetime import timedelta

from cockpit.model.time import lasted, roughly


def test_durations_read_as_people_say_them() -> None:
    said = [lasted(timedelta(seconds=seconds)) for seconds in (0, 59, 64.9, 7_325, -61)]
    assert said == ["0s", "59s", "1m 05s", "2h 02m 05s", "-1m 01s"]


def test_a_long_one_may_be_told_in_its_two_largest_units() -> None:
    said = [roughly(timedelta(seconds=seconds)) for seconds in (0, 59, 64.9, 7_325, 172_800, -61)]
    assert said == ["0s", "59s", "1m 04s", "2h 02m", "2d 00h", "-1m 01s"]
