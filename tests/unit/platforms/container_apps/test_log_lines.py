"""Lines of the streams and rows of Log Analytics."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.platforms.container_apps.log_lines import console_line, system_line, table_row
from cockpit.platforms.log_queue import LONGEST_LINE, LogLineSplitter


def console(**record: object) -> bytes:
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    "written",
    [
        "2023-06-27T03:58:38Z",
        "2023-06-27 03:58:38 +0000 UTC",
        "2023-06-27T03:58:38",
        "2023-06-27T03:58:38.0000000+00:00",
    ],
)
def test_a_console_line_has_its_time_in_any_of_the_four_shapes(written: str) -> None:
    line = console_line(console(TimeStamp=written, Log="ready"), "app--1", "app--1-x")
    assert line is not None
    assert (line.at, line.text) == (datetime(2023, 6, 27, 3, 58, 38, tzinfo=UTC), "ready")
    assert (line.stream, line.revision, line.replica) == ("console", "app--1", "app--1-x")


@pytest.mark.parametrize(
    "raw",
    [b"", b"  ", console(TimeStamp=None, Log=None), console(TimeStamp="x", Log="Connecting to the container 'api'..."),
     console(Log="Successfully Connected to container: 'api' [Revision: 'r']"), b"null", b"[]", b"{}"],
)  # fmt: skip
def test_what_says_nothing_is_left_out(raw: bytes) -> None:
    found = console_line(raw, "r", "x")
    assert found is None or found.text in ("null", "[]")


def test_a_line_that_is_no_record_stands_for_itself_and_invalid_bytes_are_replaced() -> None:
    line = console_line(b"panic: \xff\xfe runtime error", "r", "x")
    assert line is not None
    assert line.text == "panic: \ufffd\ufffd runtime error"
    assert line.at is None


def test_colours_are_taken_out_and_other_escapes_are_made_harmless() -> None:
    line = console_line(console(Log="\x1b[31;1merror\x1b[0m \x1b]52;c;aGk=\x07 [bold]x[/]"), "r", "x")
    assert line is not None
    assert line.text == "error \ufffd]52;c;aGk=\ufffd [bold]x[/]"


def test_a_system_line_is_about_our_revision_or_about_the_whole_app() -> None:
    def about(name: str | None) -> bytes:
        return console(TimeStamp="2023-06-27T03:58:38Z", Msg="probe failed", Reason="ProbeFailed", RevisionName=name)

    ours = system_line(about("app--1"), "app--1")
    assert ours is not None
    assert (ours.reason, ours.stream) == ("ProbeFailed", "system")
    assert system_line(about(None), "app--1") is not None
    assert system_line(about("app--2"), "app--1") is None


def test_a_record_of_nulls_with_a_message_is_kept() -> None:
    line = system_line(console(TimeStamp=None, Msg="Reconciler error", Reason=None, RevisionName=None), "r")
    assert line is not None
    assert (line.text, line.at) == ("Reconciler error", None)


@pytest.mark.parametrize("end", ["_s", ""])
def test_a_row_of_either_table_layout_becomes_the_same_line(end: str) -> None:
    row = {"TimeGenerated": datetime(2026, 2, 27, tzinfo=UTC), f"Log{end}": "boom", f"RevisionName{end}": "r",
           f"ContainerGroupName{'_g' if end else ''}": "r-abc", f"Reason{end}": None}  # fmt: skip
    line = table_row(row)
    assert line is not None
    assert (line.text, line.revision, line.replica, line.stream) == ("boom", "r", "r-abc", "console")
    system = table_row({**row, f"EventSource{end}": "Controller", f"Reason{end}": "Killed", f"ReplicaName{end}": "x"})
    assert system is not None
    assert (system.stream, system.reason, system.replica) == ("system", "Killed", "x")


@given(st.binary(max_size=200))
def test_no_line_makes_the_parser_raise(raw: bytes) -> None:
    for line in (console_line(raw, "r", "x"), system_line(raw, "r")):
        assert line is None or not any(letter in line.text for letter in "\x1b\n\r\x00")


@given(
    st.lists(st.text(alphabet="abc\u00e9", min_size=1, max_size=20), max_size=20),
    st.integers(min_value=1, max_value=9),
)
def test_lines_come_out_whole_however_the_bytes_arrive(lines: list[str], size: int) -> None:
    sent = "".join(f"{each}\n" for each in lines).encode()
    splitter = LogLineSplitter()
    found = [line for start in range(0, len(sent), size) for line in splitter.feed(sent[start : start + size])]
    assert [each.decode() for each in found] == lines


def test_a_line_that_never_ends_is_cut_and_the_next_one_is_whole() -> None:
    splitter = LogLineSplitter()
    found = [line for _ in range(40) for line in splitter.feed(b"x" * 100_000)]
    assert [len(each) for each in found] == [LONGEST_LINE]
    assert splitter.feed(b"tail of it\nnext\n") == [b"next"]


def test_a_long_line_that_arrives_with_its_end_is_cut_too() -> None:
    (line,) = LogLineSplitter().feed(b"y" * 1_000_000 + b"\n")
    assert len(line) == LONGEST_LINE
