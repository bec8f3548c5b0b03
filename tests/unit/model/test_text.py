"""No text from outside reaches a terminal with anything but text in it."""

import base64
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.secret import KNOWN_SECRETS, MASK
from cockpit.model.text import MAX_KEY, MAX_LINE, clean_line, clean_lines, clean_text, keep_whole
from tests.unit.model.secret_detection.test_detect import SAMPLES, VALUES, WITH

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


PIECES = (
    *("password: ", "--password ", '"value": ', "value: ", "name: ", "kind: Secret", "Bearer ", "token", "data:"),
    *("q7Zt41mWc", "  a: bG9uZyBlbm91Z2g=", "-----BEGIN RSA PRIVATE KEY-----", "'", '"', "=", "|", ">", ",", " "),
)
LOG_LINES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["GET /orders 200 token=none", "", " \t", "password:", "retry \x1b[31m", "x" * (MAX_LINE + 1), "secret"]
    ),
    st.sampled_from(sorted({sample for samples in SAMPLES.values() for sample in samples})),
    st.sampled_from([text.replace("{}", VALUES[0]) for text in WITH]),
    st.just("the key is Tr0ub4dor-and-3"),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
)


@given(st.lists(LOG_LINES, max_size=12))
def test_lines_that_are_cleaned_together_are_cleaned_as_each_by_itself(lines: list[str]) -> None:
    KNOWN_SECRETS.learn("Tr0ub4dor-and-3")
    assert clean_lines(lines) == [clean_line(line) for line in lines]


def test_a_secret_over_several_lines_of_a_log_is_masked_in_each() -> None:
    secret = "correct-horse-battery-staple-" * 4
    KNOWN_SECRETS.learn(secret)
    first, second, *others = base64.encodebytes(secret.encode()).decode().splitlines()
    assert others
    shown = clean_lines(["it begins", f"data: {first}", second, *others, "it goes on"])
    assert shown == ["it begins", f"data: {MASK}", *[MASK] * (len(others) + 1), "it goes on"]


@pytest.mark.parametrize(
    "line", ["\x1b[36mpassword\x1b[0m=q7Zt41mWc", "the key is Tr0ub4\x1b[01;31m\x1b[Kdor-and-3\x1b[m"]
)
def test_colours_hide_no_secret_and_are_not_shown(line: str) -> None:
    KNOWN_SECRETS.learn("Tr0ub4dor-and-3")
    for shown in (clean_text(line), clean_line(line), *clean_lines([line])):
        assert shown in ("password=•••", "the key is •••")


@pytest.mark.parametrize(
    "escape",
    [
        "\x1b[1C",
        "\x1b[0J",
        "\x1b[?25l",
        "\x1b]8;;http://x\x07",
        "\x1b]0;t\x1b\\",
        "\x1b(B",
        "\x1b7",
        "\u200b",
        "\u00ad",
        "\ufeff",
        "\u2060",
        "\0",
        "_\b",
    ],
)
def test_nothing_that_is_not_seen_hides_a_secret(escape: str) -> None:
    KNOWN_SECRETS.learn("Tr0ub4dor-and-3")
    for line in (f"it is Tr0ub4{escape}dor-and-3", f"password{escape}=q7Zt41mWc"):
        for shown in (clean_text(line), clean_line(line), *clean_lines([line])):
            assert shown in ("it is •••", "password=•••")


def test_a_short_text_that_was_seen_before_is_masked_once_it_is_known_for_a_secret() -> None:
    assert clean_line("shopping-cart-7") == "shopping-cart-7"
    KNOWN_SECRETS.learn("shopping-cart-7")
    assert "shopping" not in clean_line("shopping-cart-7")
