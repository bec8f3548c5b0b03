"""A secret too short to be masked inside of a longer word is masked right behind a sequence that was broken off, too.

`ESC [ 3` says that a letter follows which ends it. A log that was cut there goes on with the secret: its first letter
would be taken for that end, and the others shown; or the digits would stand before it as if they made one word with it.
"""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cockpit.model.secret_detection.masking import Mask, mask_secrets

INTRODUCERS = ("\x1b[", "\x1b[?", "\x1b]", "\x1bP", "\x1bX", "\x1b^", "\x1b_", "\x9b", "\x90", "\x9d")
SHORT_INTRODUCERS = ("\x1b", "\x1b(", "\x1b$")  # whole with one character more: what follows that is a word again
parameters = st.text("0123456789;:", max_size=6)
openings = st.builds(
    "".join, st.tuples(st.sampled_from(INTRODUCERS), parameters, st.sampled_from(("", " ", "!")))
) | st.sampled_from(SHORT_INTRODUCERS)
secrets = st.text(string.ascii_letters + string.digits, min_size=4, max_size=12)


def pass_through(secret: str, data: bytes, cuts: list[int]) -> str:
    """What a stream of these bytes shows that comes in pieces."""
    mask, shown, begin = Mask([secret]), b"", 0
    for cut in sorted({*cuts, len(data)}):
        shown += mask.feed(data[begin:cut])
        begin = cut
    return (shown + mask.flush()).decode("utf-8", "replace")


@given(secrets, openings, st.sampled_from(("", "\n", " |", ";")), st.lists(st.integers(0, 40), max_size=4))
def test_no_part_of_a_secret_is_shown_behind_a_broken_sequence(
    secret: str, opening: str, behind: str, cuts: list[int]
) -> None:
    last = secret[-3:]  # what a sequence that takes letters along leaves of it
    assume(last not in opening and last not in (opening + secret)[:-1])
    text = f"| {opening}{secret}{behind}"
    data = text.encode()
    for shown in (
        pass_through(secret, data, [cut for cut in cuts if cut < len(data)]),
        pass_through(secret, data, [*range(len(data))]),
        Mask([secret]).whole(text),
        mask_secrets(text, [secret]),
    ):
        assert last not in shown


@pytest.mark.parametrize("opening", ["\x1b[3", "\x1b[31;4", "\x1b]0", "\x1bP1", "\x9b3"])
@pytest.mark.parametrize("secret", ["q7x2", "3kq9", "4711", "7;x2"])
def test_secrets_that_begin_like_a_sequence_are_found_behind_one(opening: str, secret: str) -> None:
    text = f"pw {opening}{secret} end"
    data = text.encode()
    for shown in (
        pass_through(secret, data, [*range(len(data))]),
        Mask([secret]).whole(text),
        mask_secrets(text, [secret]),
    ):
        assert secret[1:] not in shown
        assert "end" in shown


@pytest.mark.parametrize("word", ["aq7x2", "q7x2b", "3q7x2"])
def test_inside_of_a_longer_word_it_is_left_also_behind_a_whole_sequence(word: str) -> None:
    """Colours are whole: what stands behind them is read as it stands."""
    assert Mask(["q7x2"]).whole(f"\x1b[31m{word}\x1b[0m") == word
