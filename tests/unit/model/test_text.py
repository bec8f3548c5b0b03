"""No text from outside reaches a terminal with anything but text in it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.text import MAX_KEY, clean_line, clean_text, keep_whole

ANY_TEXT = st.text(st.characters(codec=None)) | st.binary().map(lambda raw: raw.decode("latin-1"))


@given(ANY_TEXT)
def test_nothing_that_steers_a_terminal_survives(text: str) -> None:
    assert not [each for each in clean_text(text) if unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t"]


@given(ANY_TEXT)
def test_a_cleaned_line_is_one_line(text: str) -> None:
    assert len(clean_line(text).splitlines()) <= 1


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.binary())
def test_any_bytes_become_text(raw: bytes) -> None:
    assert clean_text(raw).encode("utf-8") is not None


def test_escape_sequences_bidi_marks_and_c1_are_made_visible() -> None:
    hostile = "a\x1b]52;c;eA==\x07b\u202ec\x9b2Jd"
    assert clean_text(hostile) == "a\ufffd]52;c;eA==\ufffdb\ufffdc\ufffd2Jd"


def test_plain_text_in_any_script_is_left_alone() -> None:
    assert clean_text("Ōtautahi ✖ 東京\n\tok") == "Ōtautahi ✖ 東京\n\tok"


def test_a_very_long_text_is_cut_and_says_so() -> None:
    assert clean_text("x" * 70_000).endswith("… (4464 more characters)")


def test_a_line_of_a_million_characters_is_short_afterwards() -> None:
    assert len(clean_line("x" * 1_000_000)) < 2_100


@given(ANY_TEXT)
def test_a_key_passes_as_it_is_or_not_at_all(key: str) -> None:
    assert keep_whole(key) == (key if clean_line(key) == key else "")


def test_a_key_as_long_as_azures_passes_whole_and_one_beyond_reason_is_refused_whole() -> None:
    assert keep_whole("k" * 4_000) == "k" * 4_000
    assert keep_whole("k" * (MAX_KEY + 1)) == ""
    assert keep_whole(None) == keep_whole(7) == ""
