"""The figures of the house that a change must not make worse."""

from tests.house_figures import count_touched_files


def test_one_more_of_anything_touches_few_files() -> None:
    most = {"a-configuration-key": 2, "a-key": 2, "a-platform": 2, "an-alert-source": 2, "an-az-command": 3}
    counts = count_touched_files()
    assert set(counts) == set(most)
    assert {name: count for name, count in counts.items() if not 0 < count <= most[name]} == {}
