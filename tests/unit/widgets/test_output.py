"""What a command prints: bounded, whole lines, and nothing in it that is more than text."""

from hypothesis import given
from hypothesis import strategies as st

from widgets.output import KEPT, OutputTail


def test_a_line_may_come_in_pieces() -> None:
    tail = OutputTail()
    for piece in ("hel", "lo\nwor", "", "ld", "\n"):
        tail.add(piece)
    assert tail.lines == ["hello", "world"]
    assert tail.total == 2


def test_only_the_newest_lines_are_kept_and_the_others_counted() -> None:
    tail = OutputTail(kept=3)
    tail.add("".join(f"{number}\n" for number in range(10)))
    assert (tail.lines, tail.total, tail.dropped) == (["7", "8", "9"], 10, 7)


def test_a_line_without_an_end_does_not_grow_for_ever() -> None:
    tail = OutputTail()
    for _ in range(50):
        tail.add("x" * 1_000)
    assert len(tail.lines[0]) <= 3_000


def test_ten_megabytes_leave_only_what_is_kept() -> None:
    tail = OutputTail()
    for _ in range(160):
        tail.add("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n" * 1_024)
    assert (tail.total, len(tail)) == (163_840, KEPT)


@given(st.lists(st.text(st.just("\n") | st.characters(exclude_categories=["C"])), max_size=20))
def test_pieces_come_to_the_same_as_the_whole(pieces: list[str]) -> None:
    whole, parts = OutputTail("".join(pieces)), OutputTail()
    for piece in pieces:
        parts.add(piece)
    assert [each.rstrip() for each in parts.lines] == [each.rstrip() for each in whole.lines]
    assert parts.total == whole.total


@given(st.text(alphabet=st.characters(max_codepoint=0x2100)))
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    assert all(
        each.isprintable() or each == " " for line in OutputTail(text).lines for each in line if ord(each) < 0xA0
    )
