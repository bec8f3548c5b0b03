"""Search: every word, in whatever field, case and order; the newest first; nothing that was taken out again."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.model.event import Kind
from cockpit.timeline.search import Query, split_terms
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.timeline.files import NIGHT, note, opened


@pytest.fixture
def timeline(tmp_path: Path) -> Iterator[Timeline]:
    with opened(tmp_path / "t.db") as timeline:
        yield timeline


def found(timeline: Timeline, typed: str, **filters: Any) -> list[int]:
    return [each.event.id for each in timeline.search(Query(split_terms(typed), **filters)).hits]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("one two", ("one", "two")),
        ('"two words" three', ("two words", "three")),
        ('  "two\t words"  two two ', ("two words", "two")),
        ('"never closed', ("never closed",)),
        ('"" ', ()),
    ],
)
def test_words_and_phrases_are_read_as_typed(typed: str, wanted: tuple[str, ...]) -> None:
    assert split_terms(typed) == wanted


def test_every_word_must_occur_in_any_case_order_and_field(timeline: Timeline) -> None:
    timeline.record(
        [
            note("Rolled back to v41", actor="ana"),
            note("rolled", detail={"text": "it went\nBACK again", "seconds": 41}, subject="mi/v9"),
            note("forwards"),
        ]
    )
    assert found(timeline, "back ROLLED") == [2, 1]
    assert found(timeline, "rolled ana") == [1]
    assert found(timeline, "v9 41") == [2]
    assert found(timeline, "rolled forwards") == []
    assert found(timeline, "") == []


def test_the_rules_of_the_documents_that_a_declaration_records_are_nobodys_words(timeline: Timeline) -> None:
    timeline.record([note("Sign-in fails", detail={"rules": [{"what": "name a commander"}], "by": "a commander"})])
    assert found(timeline, "commander") == [1]
    assert found(timeline, "name") == []


def test_a_phrase_stands_together_also_over_a_line_break(timeline: Timeline) -> None:
    timeline.record([note("a", detail={"text": "went\nback"}), note("went far back"), note("went  back")])
    assert found(timeline, '"went back"') == [3, 1]


def test_quotes_backslashes_and_letters_of_any_language_are_found_where_json_escapes_them(timeline: Timeline) -> None:
    timeline.record([note("x", detail={"text": r'say "no" in C:\tmp'}), note("Überlast: 火事"), note(r"C:\tmp")])
    assert found(timeline, r"c:\tmp") == [3, 1]
    assert found(timeline, "überlast 火事") == [2]
    assert found(timeline, "100%") == []


def test_the_names_of_fields_are_not_searched(timeline: Timeline) -> None:
    timeline.record([note("x", detail={"reason": "a fuse"}), note("y", detail={"text": 'the "reason": unknown'})])
    assert found(timeline, "reason") == [2]


def test_the_filters_narrow_it(timeline: Timeline) -> None:
    timeline.record(
        [
            note("a restore", incident="i1"),
            note("b restore", kind=Kind.DECISION, incident="i1", occurred=NIGHT + timedelta(hours=1)),
            note("c restore", environment="staging"),
        ]
    )
    assert found(timeline, "restore", incident="i1") == [2, 1]
    assert found(timeline, "restore", kinds=("decision",)) == [2]
    assert found(timeline, "restore", since=NIGHT + timedelta(minutes=1)) == [2]
    assert found(timeline, "restore", environment="staging") == [3]


def test_what_was_redacted_is_never_found(timeline: Timeline) -> None:
    timeline.record([note("token hunter2", subject="hunter2")])
    timeline.redact(1, "ana", "a secret")
    assert found(timeline, "hunter2") == []


def test_what_a_later_event_corrects_is_marked(timeline: Timeline) -> None:
    timeline.record([note("teh deploy"), note("other"), note("the fix", supersedes=1)])
    assert [each.superseded for each in timeline.search(Query(("deploy",))).hits] == [True]
    assert [each.superseded for each in timeline.search(Query(("deploy",), before=3)).hits] == [True]
    assert [each.superseded for each in timeline.search(Query(("fix",))).hits] == [False]


def test_pages_follow_each_other_without_a_gap(timeline: Timeline) -> None:
    timeline.record([note(f"restore {number}") for number in range(7)])
    seen: list[int] = []
    before = None
    for _ in count():
        page = timeline.search(Query(("restore",), before=before), limit=3)
        seen += [each.event.id for each in page.hits]
        if not page.more:
            break
        before = seen[-1]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_the_line_that_says_most_is_shown_with_its_words_marked(timeline: Timeline) -> None:
    timeline.record([note("short", detail={"text": "first of all\nthe restore of the database is a restore"})])
    (hit,) = timeline.search(Query(split_terms("restore database"))).hits
    assert [hit.line[start:end] for start, end in hit.marks] == ["restore", "database", "restore"]


texts = st.text(alphabet=st.sampled_from('aAbBéÉ "\\%_:\n\t'), max_size=12)


@settings(max_examples=scale_examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(texts, st.dictionaries(st.sampled_from(["a", "ab", "text"]), texts)), max_size=6),
    st.lists(st.text(alphabet=st.sampled_from('aAbé"\\%_:'), min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_it_finds_exactly_what_reading_every_event_finds(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, dict[str, str]]], words: list[str]
) -> None:
    with opened(tmp_path_factory.mktemp("s") / "t.db") as timeline:
        events = timeline.record([note(summary, detail=detail) for summary, detail in told])
        reference = [
            each.id
            for each in events
            if all(
                any(re.search(re.escape(word), text, re.IGNORECASE) for text in [each.summary, *each.detail.values()])
                for word in words
            )
        ]
        page = timeline.search(Query(tuple(words)))
        assert [each.event.id for each in page.hits] == reference[::-1]
        assert json.dumps([each.marks for each in page.hits])
