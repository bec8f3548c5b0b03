"""The timeline keeps what it is given, in order, and gives nothing of it up."""

import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Draft, Kind, RecordError
from cockpit.timeline.hash_chain import GENESIS
from cockpit.timeline.rows import RowMasker, TimelineReader, place_row, prepare_row, to_event
from tests.refusals import refuses
from tests.unit.timeline.files import NIGHT, any_tool, note, notes, opened, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "timeline.db"


def test_what_was_recorded_is_read_back_by_the_next_process(path: Path) -> None:
    draft = Draft(
        Kind.PROBE,
        "ready is down",
        NIGHT - timedelta(minutes=3),
        environment="prod",
        subject="ready",
        source="recorder",
        actor="",
        incident="INC-1",
        detail={"state": "down", "was": "up", "latency": 0.25, "tags": ["a", "b"]},
        supersedes=7,
    )
    with opened(path) as timeline:
        [event] = timeline.record([draft])
    assert (event.id, event.kind, event.recorded, event.hash) == (1, "probe", NIGHT, timeline_head(path))
    with opened(path, read_only=True) as timeline:
        assert timeline.events() == [event]
        assert timeline.event(1) == event
        assert timeline.event(2) is None
    for name in ("summary", "occurred", "environment", "subject", "source", "incident", "detail", "supersedes"):
        assert getattr(event, name) == getattr(draft, name)


def timeline_head(path: Path) -> str:
    with opened(path, read_only=True) as timeline:
        return timeline.head()


def test_all_drafts_of_a_call_are_written_or_none(path: Path) -> None:
    with opened(path) as timeline:
        with pytest.raises(TypeError):
            timeline.record([note("good"), note("bad", detail={"object": object()})])
        assert timeline.events() == []
        assert timeline.head() == GENESIS
        assert [event.id for event in timeline.record(notes(2))] == [1, 2], "the writer goes on"
        assert timeline.record([]) == []


def test_the_next_incident_number_is_allotted_inside_the_transaction(path: Path) -> None:
    """Many threads of two open timelines declare at once; each gets a number of its own."""

    def declare(reader: TimelineReader) -> Sequence[Draft]:
        number = len(reader.events(kinds=[Kind.DECLARE])) + 1
        return [note("declared", kind=Kind.DECLARE, incident=f"INC-{number}")]

    with opened(path, patience=5.0) as one, opened(path, patience=5.0) as other, ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(timeline.record, declare) for timeline in (one, other) for _ in range(10)]
        incidents = [event.incident for future in pending for event in future.result()]
        assert sorted(incidents, key=str) == sorted((f"INC-{number}" for number in range(1, 21)), key=str)
        assert one.verify().ok


def test_a_plan_that_fails_writes_nothing(path: Path) -> None:
    def plan(reader: TimelineReader) -> Sequence[Draft]:
        raise LookupError("no such incident")

    with opened(path) as timeline:
        with pytest.raises(LookupError, match="no such incident"):
            timeline.record(plan)
        assert [event.id for event in timeline.record([note()])] == [1]


def test_questions_filter_by_incident_environment_kind_id_and_time(path: Path) -> None:
    def minute(number: int) -> datetime:
        return NIGHT + timedelta(minutes=number)

    with opened(path) as timeline:
        timeline.record(
            [
                note("1", occurred=minute(5)),
                note("2", occurred=minute(1), environment="staging"),
                note("3", occurred=minute(2), incident="INC-1"),
                note("4", occurred=minute(9), kind=Kind.ALERT),
                note("5", occurred=minute(3), kind=Kind.PROBE, incident="INC-1"),
            ]
        )

        def ids(**filters: object) -> list[int]:
            return [event.id for event in timeline.events(**filters)]  # type: ignore[arg-type]

        assert ids() == [1, 2, 3, 4, 5]
        assert ids(incident="INC-1") == [3, 5]
        assert ids(environment="staging") == [2]
        assert ids(journal=True) == [1, 2, 4]
        assert ids(journal=True, environment="prod", occurred_from=minute(6)) == [4]
        assert ids(kinds=[Kind.ALERT, Kind.PROBE]) == [4, 5]
        assert ids(after=2, before=5) == [3, 4]
        assert ids(occurred_from=minute(2), occurred_until=minute(5)) == [1, 3, 5]
        assert ids(limit=2) == [4, 5], "the newest, in order"
        assert ids(limit=2, before=4) == [2, 3]
        assert ids(environment="prod", kinds=["note"], limit=1) == [3]
        assert ids(incident="INC-9") == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events WHERE id = 2",
        "DELETE FROM events",
        "UPDATE events SET summary = 'nothing happened' WHERE id = 2",
        "UPDATE events SET actor = 'somebody else' WHERE id = 2",
        "UPDATE events SET summary = '', detail = '', salt = '', actor = '' WHERE id = 2",
        "UPDATE events SET summary = '', detail = '' WHERE id = 2",
        "UPDATE OR REPLACE events SET id = 3 WHERE id = 2",
        "REPLACE INTO events SELECT id, incident, environment, subject, occurred, recorded, kind, source, actor,"
        " 'nothing', detail, supersedes, v, salt, payload_hash, prev_hash, hash FROM events WHERE id = 3",
        "INSERT INTO events SELECT 9, incident, environment, subject, occurred, recorded, kind, source, actor,"
        " summary, detail, supersedes, v, salt, payload_hash, prev_hash, hash FROM events WHERE id = 3",
        "INSERT INTO events SELECT 4, incident, environment, subject, occurred, recorded, kind, source, actor,"
        " summary, detail, supersedes, v, salt, payload_hash, prev_hash, hash FROM events WHERE id = 3",
    ],
)
def test_any_sqlite_tool_can_open_the_file_but_not_change_what_is_in_it(path: Path, statement: str) -> None:
    with opened(path) as timeline:
        before = timeline.record(notes(3, actor="ana"))
        with any_tool(path) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchone() == (3,)
            with pytest.raises(sqlite3.IntegrityError, match="append"):
                connection.execute(statement)
        assert timeline.events() == before
        assert timeline.verify().ok


@pytest.mark.parametrize(
    "column", ["incident", "subject", "occurred", "kind", "actor", "summary", "detail", "salt", "hash"]
)
def test_verify_finds_what_was_edited_behind_the_triggers(path: Path, column: str) -> None:
    with opened(path) as timeline:
        timeline.record(notes(5, incident="INC-1"))
    tamper(path, f"UPDATE events SET {column} = {column} || 'x' WHERE id = 3")
    with opened(path, read_only=True) as timeline:
        verdict = timeline.verify()
    assert (verdict.ok, verdict.first_bad, verdict.count) == (False, 3, 2)
    assert "event 3" in verdict.reason


@pytest.mark.parametrize("value", ["CAST(summary AS BLOB)", "CAST(x'ff41' AS TEXT)", "1.5"])
def test_verify_finds_values_of_a_sort_that_was_never_written(path: Path, value: str) -> None:
    with opened(path) as timeline:
        timeline.record(notes(3))
        tamper(path, f"UPDATE events SET summary = {value} WHERE id = 2")
        verdict = timeline.verify()
    assert (verdict.ok, verdict.first_bad) == (False, 2)


def test_verify_says_when_the_triggers_are_gone_though_every_event_is_sound(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record(notes(3))
        with any_tool(path) as connection:
            connection.execute("DROP TRIGGER events_are_never_deleted")
        verdict = timeline.verify()
    assert (verdict.ok, verdict.first_bad, verdict.count) == (False, None, 3)
    assert "events_are_never_deleted" in verdict.reason


@pytest.mark.parametrize("detail", ["{broken", "[]", "null", "7"])
def test_an_edited_row_is_a_sentence_and_not_a_traceback_to_who_reads_it(path: Path, detail: str) -> None:
    with opened(path) as timeline:
        timeline.record(notes(3))
        tamper(path, f"UPDATE events SET detail = '{detail}' WHERE id = 2")
        with refuses("event-unreadable", RecordError):
            timeline.events()


def test_a_redaction_empties_the_event_everywhere_and_the_chain_still_verifies(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record([note(), note("token hunter2hunter2", detail={"token": "hunter2hunter2"}, incident="INC-1")])
        assert "hunter2" in bytes_of(path)
        redaction = timeline.redact(2, "ana", "a token was pasted")
        assert (redaction.kind, redaction.subject, redaction.actor, redaction.incident) == (
            "redact",
            "2",
            "ana",
            "INC-1",
        )
        assert redaction.detail == {"reason": "a token was pasted"}
        emptied = timeline.event(2)
        assert emptied is not None
        assert (emptied.redacted, emptied.summary, emptied.detail) == (True, "", {})
        assert timeline.verify().ok
        assert "hunter2" not in bytes_of(path)
        assert timeline.redact(2, "ben", "again") == redaction, "a second time adds nothing"
        assert len(timeline.events()) == 3


def bytes_of(path: Path) -> str:
    """Everything SQLite has on the disk: the file, its write-ahead log and the index of that."""
    return "".join(each.read_bytes().decode("latin-1") for each in path.parent.iterdir())


def test_a_redaction_reaches_what_repeats_the_words_and_nothing_else(path: Path) -> None:
    words = "token hunter2hunter2"
    with opened(path) as timeline:
        timeline.record(
            [
                note(words),
                note(words, supersedes=1),  # at another time
                note("a token was pasted", supersedes=2),
                note(f"pinned: {words}", kind=Kind.PIN, subject="1", detail={"name": words}),
                note(f"proof of {words}", kind=Kind.LINK, subject="2", detail={"name": words, "target": "ticket 7"}),
                note("pinned: a token was pasted", kind=Kind.PIN, subject="3"),
                note("somebody else's"),
                note("pinned: somebody else's", kind=Kind.PIN, subject="7"),
            ]
        )
        redaction = timeline.redact(1, "ana", "leak")
        assert (redaction.subject, redaction.detail) == ("1", {"reason": "leak"})
        assert [event.id for event in timeline.events() if event.redacted] == [1, 2, 4, 5]
        assert "hunter2" not in bytes_of(path)
        assert timeline.verify().ok
        assert timeline.redact(1, "ana", "leak") == redaction, "a second time adds nothing"


def test_a_redaction_of_before_reaches_what_repeats_its_words_when_it_is_asked_again(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record([note("token hunter2hunter2")])
        redaction = timeline.redact(1, "ana", "leak")
        timeline.record([note("pinned: token hunter2hunter2", kind=Kind.PIN, subject="1")])
        assert timeline.redact(1, "ana", "leak") == redaction
        assert "hunter2" not in bytes_of(path)
        assert timeline.verify().ok


def test_a_redaction_says_when_a_reader_keeps_the_old_text_in_the_log(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record([note("token hunter2hunter2")])
        with any_tool(path) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchone()
            with refuses("old-text-kept", RecordError):
                timeline.redact(1, "ana", "leak")
            reader.execute("COMMIT")
        timeline.redact(1, "ana", "leak")
        assert "hunter2" not in bytes_of(path)
        assert timeline.verify().ok


def test_a_redaction_can_be_verified_though_a_secret_looks_like_its_number(path: Path) -> None:
    with opened(path, mask=lambda text: text.replace("2", "•••")) as timeline:
        timeline.record(notes(3))
        assert timeline.redact(2, "ana", "leak").subject == "2"
        assert timeline.verify().ok


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://management.azure.com/op?c=" + "M" * 3_600, True),
        ("https://management.azure.com/op?c=hunter2", False),
        ("https://management.azure.com/op?c=" + "M" * 60_000, False),
    ],
    ids=["long", "with a secret in it", "endless"],
)
def test_a_link_that_is_sent_back_is_kept_whole_or_not_at_all(link: str, kept: bool, path: Path) -> None:
    with opened(path, mask=lambda text: text.replace("hunter2", "•••")) as timeline:
        [event] = timeline.record([note("goes on", detail={"operation": link, "text": link})])
        assert event.detail["operation"] == (link if kept else "")


def test_only_an_event_that_is_there_can_be_redacted(path: Path) -> None:
    with opened(path) as timeline, pytest.raises(RecordError, match="There is no event 4"):
        timeline.redact(4, "ana", "why not")


def test_secrets_are_masked_and_hostile_text_is_cleaned_before_it_is_written(path: Path) -> None:
    with opened(path, mask=lambda text: text.replace("hunter2", "•••")) as timeline:
        [event] = timeline.record(
            [
                note(
                    "pw hunter2 \x1b]52;c;aGk=\x07 \u202e\nsecond line",
                    subject="db?password=hunter2",
                    actor="ana\x1b[2J",
                    detail={"body": "line 1\nhunter2\x00", "nested": [{"key\x9b": "\ud800"}], "nan": float("nan")},
                )
            ]
        )
        assert event.summary == "pw ••• �]52;c;aGk=� � second line"
        assert event.subject == "db?password=•••"
        assert event.actor == "ana�[2J"
        assert event.detail == {"body": "line 1\n•••�", "nested": [{"key�": "�"}], "nan": "nan"}
        assert timeline.events() == [event]
        assert timeline.verify().ok
    assert "hunter2" not in bytes_of(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    summary=st.text(max_size=50),
    detail=st.dictionaries(st.text(max_size=5), json_values, max_size=4),
    occurred=st.datetimes(timezones=st.just(UTC)),
)
def test_any_draft_becomes_an_event_that_says_the_same(
    summary: str, detail: dict[str, object], occurred: datetime
) -> None:
    draft = note(summary, detail=detail, occurred=occurred)
    prepared = prepare_row(draft, salt="aa", masker=RowMasker(lambda text: text))
    row = place_row(prepared, after=(0, GENESIS), recorded=NIGHT)
    event = to_event(row)
    assert event.occurred == occurred
    assert json.loads(json.dumps(event.detail)) == event.detail
    assert "\x1b" not in event.summary + row.detail


def test_a_moment_of_the_year_one_survives(path: Path) -> None:
    """What some APIs say instead of null."""
    never = datetime(1, 1, 1, tzinfo=UTC)
    with opened(path) as timeline:
        timeline.record([note(occurred=never), note(occurred=NIGHT)])
        assert [event.occurred for event in timeline.events(occurred_until=NIGHT)] == [never, NIGHT]


def test_read_only_never_makes_or_writes_a_file(path: Path) -> None:
    with opened(path, read_only=True) as wall:
        assert wall.events() == []
        assert wall.head() == GENESIS
        with refuses("read-only", RecordError):
            wall.record([note()])
        with refuses("read-only", RecordError):
            wall.redact(1, "ana", "why not")
        with refuses("timeline-missing", RecordError):
            wall.verify()
        assert not path.parent.exists()
        with opened(path) as timeline:
            [event] = timeline.record([note()])
            assert wall.events() == [event], "and sees it once somebody else has made it"


def test_a_closed_timeline_refuses_in_a_sentence(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record([note()])
    with refuses("timeline-closed", RecordError):
        timeline.record([note()])


def test_many_threads_write_and_read_at_once(path: Path) -> None:
    with opened(path) as timeline:

        def write(number: int) -> int:
            [event] = timeline.record([note(f"note {number}")])
            found = timeline.event(event.id)
            assert found == event, "readable by all once record() has returned"
            return event.id

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(write, range(40))) == list(range(1, 41))
        assert timeline.verify().count == 40
    assert not [each for each in threading.enumerate() if each.name.startswith("timeline")]


def test_several_who_make_the_file_at_the_same_moment_make_one(path: Path) -> None:
    barrier = threading.Barrier(6)

    def start(number: int) -> None:
        barrier.wait()
        with opened(path, patience=10.0) as timeline:
            timeline.record([note(f"from {number}")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(6)))
    with opened(path, read_only=True) as timeline:
        assert timeline.verify().count == 6


def test_the_verifier_printed_in_the_documentation_agrees_with_ours(path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "timeline.md").read_text()
    [script] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    def told() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True)

    with opened(path) as timeline:
        timeline.record([note("ünï “çödé”", incident="INC-1", detail={"b": 1, "a": [None, 0.5]}), *notes(3)])
        timeline.redact(2, "ana", "leak")
    assert told().stdout.strip() == timeline_head(path)
    tamper(path, "UPDATE events SET summary = 'nothing happened' WHERE id = 3")
    assert "event 3 was changed" in told().stderr
