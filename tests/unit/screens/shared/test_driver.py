"""Whatever a terminal sends becomes messages: nothing raises, and the keys that follow are still heard."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from screens.shared.terminal_input import LONGEST_PASTE, TOGETHER, TerminalInput


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def read(*chunks: bytes, encoding: str = "utf-8") -> list[Message]:
    terminal = TerminalInput(encoding, Clock())
    return [message for chunk in chunks for message in terminal.feed(chunk)]


def keys(*chunks: bytes, encoding: str = "utf-8") -> list[str]:
    return [message.key for message in read(*chunks, encoding=encoding) if isinstance(message, Key)]


BEGUN = (b"\x1b", b"\x1b[", b"\x1b[M", b"\x1b[<", b"\x1bO", b"\x1b[200~", b"\x1b[201~", b"\x1b[48;", b"\x1b[?")
PARTS = (b";", b":", b"u", b"~", b"R", b"M", b"t", b"\r", b"\xe9", b"\xc3", b"\x00", b"13", b"27", b"55296", b"1114112")
SEQUENCES = st.sampled_from((*BEGUN, *PARTS))
CHUNKS = st.lists(st.one_of(st.binary(max_size=12), SEQUENCES), max_size=30)


@given(CHUNKS)
@example([b"\xe9"])
@example([b"\x1b[1114112u"])
@example([b"\x1b[97:65;1:3u"])
@example([b"\x1b[55296;1;55296u"])
@example([b"\x1b[M\xff\xff\xff"])
@example([b"\x1b[48;0;0;0;0t"])
@example([b"\x1b[200~", b"\x1b[M"])  # it is no mouse report: it took the end of the paste along, and all keys behind it
def test_no_bytes_raise_and_a_key_after_them_is_heard(chunks: list[bytes]) -> None:
    terminal = TerminalInput("utf-8", Clock())
    for chunk in chunks:
        list(terminal.feed(chunk))
    list(terminal.feed(b"\x1b[201~" + b" " * 40))  # the end of whatever was begun

    assert [message.key for message in terminal.feed(b"q") if isinstance(message, Key)] == ["q"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "no-such-encoding", "utf-8"])
def test_any_byte_is_read_in_any_encoding(encoding: str) -> None:
    assert keys(*(bytes((number,)) for number in range(256)), b"  q", encoding=encoding)[-1] == "q"


def test_a_letter_of_a_latin_1_terminal_is_that_letter_there() -> None:
    assert keys(b"\xe9", encoding="iso-8859-1") == ["é"]
    assert keys("é".encode()) == ["é"]


def test_a_letter_that_comes_in_two_pieces_is_one() -> None:
    assert keys(b"\xc3", b"\xa9") == ["é"]


@pytest.mark.parametrize(
    "report", [b"\x1b[M \xc3\xa9", b"\x1b[M\xe0\xe1\xe2", b"\x1b[M !!"], ids=["utf-8", "high", "low"]
)
def test_a_mouse_report_beyond_column_95_presses_no_key(report: bytes) -> None:
    assert keys(report, b"q") == ["q"]
    assert keys(*(bytes((number,)) for number in report), b"q") == ["q"]


def test_an_enter_that_is_held_is_one_enter_where_the_terminal_tells() -> None:
    assert keys(b"\x1b[13u", b"\x1b[13;1:2u" * 20, b"\x1b[13;1:3u", b"\x1b[13u") == ["enter", "enter"]


def test_other_keys_repeat_while_they_are_held() -> None:
    assert keys(b"\x1b[B", b"\x1b[1;1:2B", b"\x1b[1;1:3B") == ["down", "down"]
    assert keys(b"\x1b[97;;97u", b"\x1b[97;1:2;97u", b"\x1b[97;1:3u") == ["a", "a"]


@pytest.mark.parametrize("chunk", [b"\x1b[13;1:3u", b"\x1b[97;1:3u", b"\x1b[1;1:3A"])
def test_a_terminal_that_tells_releases_is_known_by_the_first(chunk: bytes) -> None:
    terminal = TerminalInput("utf-8", Clock())
    assert not terminal.reports_releases
    list(terminal.feed(chunk))
    assert terminal.reports_releases


def test_escapes_that_arrive_together_are_one() -> None:
    clock = Clock()
    terminal = TerminalInput("utf-8", clock)
    together = [message.key for message in terminal.feed(b"\x1b\x1b\x1b\x1b[B") if isinstance(message, Key)]
    assert together == ["escape", "down"]
    clock.seconds += TOGETHER
    assert [message.key for message in terminal.feed(b"\x1b\x1b") if isinstance(message, Key)] == ["escape"]


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=300))
@example("\x1b" + "rm -rf / \r" * 10)
@example("\x1b[200~\x1b[B\x1b\x1b\r")
def test_a_paste_is_text_and_presses_nothing(text: str) -> None:
    text = text.replace("\x1b[201~", "").replace("201~", "")
    messages = read(b"\x1b[200~" + text.encode() + b"\x1b[201~", b"q")
    pasted, *others = messages
    assert isinstance(pasted, Paste)
    assert pasted.text == text
    assert [other.key for other in others if isinstance(other, Key)] == ["q"]
    assert len(others) == 1


def test_a_paste_without_end_keeps_no_more_than_it_may() -> None:
    (pasted,) = read(b"\x1b[200~", *(b"x" * 100_000 for _ in range(11)), b"\x1b[201~")
    assert isinstance(pasted, Paste)
    assert len(pasted.text) <= LONGEST_PASTE + 6
