"""Secrets are taken out of any stream, however it is cut; processes are told apart; waits of output are cheap."""

import signal
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cockpit.model.secret_detection.escapes import ESCAPES_IN_BYTES
from cockpit.model.secret_detection.masking import DOTS, Mask
from cockpit.model.text import clean_text
from cockpit.runbooks.run.process.identity import Owner, is_alive, send_signal, this_process
from cockpit.runbooks.run.process.transcript import BEHIND, TranscriptTail, head_and_tail, make_readable
from tests.examples import scale_examples
from tests.unit.model.test_secret import ESCAPES, SECRETS

SECRET = "hunter2secret"


def masked(secrets: list[str], *chunks: bytes) -> bytes:
    mask = Mask(secrets)
    return b"".join([*(mask.feed(each) for each in chunks), mask.flush()])


@pytest.mark.parametrize(
    "secret",
    [SECRET, "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012-abcdefghijklmnop"],
)
@pytest.mark.parametrize(
    "begun",
    [
        *("\x1b", "\x1b[", "\x1b(", "\x1b]0;", "\x1b[0m\x1b"),
        # what a sequence says of itself before it is broken off is no letter of what follows either
        *("\x1b[3", "\x1b[38;5", "\x1b[?25", "\x1b[0m\x1b[3", "\x1b]0", "\x1bP", "\x1bP1", "\x1bX", "\x1b_", "\x9b3"),
    ],
)
def test_an_escape_sequence_takes_no_letter_of_a_secret_along(secret: str, begun: str) -> None:
    text = f"{begun}{secret} and more"
    for chunks in ([text.encode()], [bytes([letter]) for letter in text.encode()]):
        found = masked([SECRET], *chunks)
        assert secret[1:].encode() not in found
        assert found.endswith(b" and more")
    assert secret[1:] not in Mask([SECRET]).whole(text)
    assert secret == SECRET or secret[1:] not in clean_text(text)


def _has_no_blank_ends(secret: str) -> bool:
    return secret == secret.strip()


@example(b"\x1b", [], 1)
@example(b"\x1b0", [], 1)
@given(st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=8), st.integers(1, 3))
def test_a_secret_is_masked_however_the_stream_is_cut(around: bytes, cuts: list[int], times: int) -> None:
    stream = (around + SECRET.encode()) * times + around
    at = sorted({min(each, len(stream)) for each in (0, *cuts, len(stream))})
    chunks = [stream[start:end] for start, end in pairwise(at)]
    found = masked([SECRET], *chunks)
    assert SECRET.encode() not in found
    # What moves or colours goes, and takes no letter of a secret along: that is hidden first.
    assert found == ESCAPES_IN_BYTES.sub(b"", stream.replace(SECRET.encode(), DOTS))


@given(st.lists(st.text("ab", min_size=4, max_size=6), min_size=1, max_size=3), st.text("ab", max_size=40))
def test_secrets_that_begin_alike_are_masked_the_same_byte_by_byte(secrets: list[str], text: str) -> None:
    stream = text.encode()
    assert masked(secrets, stream) == masked(secrets, *(bytes([each]) for each in stream))


@pytest.mark.parametrize("width", [1, 5, 15, 16])
def test_a_secret_as_numbers_is_masked_wherever_its_lines_are_folded(width: int) -> None:
    """A line of odd width breaks a byte of hex in two, and what stood on both sides of it was shown."""
    for numbers in (SECRET.encode().hex(), "".join(f"{byte:03o}" for byte in SECRET.encode())):
        lines = [numbers[start : start + width] for start in range(0, len(numbers), width)]
        stream = f"so: {chr(10).join(lines)} end".encode()
        assert masked([SECRET], stream) == b"so: " + DOTS + b" end"
        assert masked([SECRET], *(bytes([byte]) for byte in stream)) == b"so: " + DOTS + b" end"


def test_a_secret_in_an_address_or_in_json_is_masked_too() -> None:
    assert b"pa/ss" not in masked(["pa/ss wörd"], b"https://x?p=pa%2Fss%20w%C3%B6rd and ")
    assert b"rd" not in masked(['pa"ss\\rd'], b'{"p": "pa\\"ss\\\\rd"}').removeprefix(b'{"p": "')


@pytest.mark.parametrize(
    "coloured",
    [
        b"DB_\x1b[01;31m\x1b[KPASSWORD\x1b[m\x1b[K=" + SECRET.encode(),  # grep --color
        b'\x1b[34;1m"password"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[0;32m"' + SECRET.encode() + b'"\x1b[0m',  # jq -C
        b"x \x1b[38:5:203mhunter2\x1b[0msecret\x1b[",
        *(
            b"x hunter2" + escape + b"secret"
            for escape in (
                b"\x1b[1C",
                b"\x1b[0J",
                b"\x1b[?25l",
                b"\x1b]8;;http://x\x07",
                b"\x1b]0;t\x1b\\",
                b"\x1b(B",
                b"\x1b7",
            )
        ),
    ],
)
def test_colours_hide_no_secret_wherever_the_stream_is_cut(coloured: bytes) -> None:
    for secrets in ([], [SECRET]) if b"password" in coloured.lower() else ([SECRET],):
        for cut in range(len(coloured)):
            shown = masked(secrets, coloured[:cut], coloured[cut:])
            assert b"secret" not in shown
            assert DOTS in shown


def test_each_line_of_a_key_is_a_secret() -> None:
    assert b"MIIE" not in masked(["-----BEGIN\nMIIEvQIBADAN\n"], b"  MIIEvQIBADAN\n")


def test_what_is_too_short_is_not_masked() -> None:
    assert masked(["abc"], b"abc") == b"abc"


@given(
    # Blanks around a secret are no part of it: a file ends with them, and a password that does is masked without.
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=6, max_size=40).filter(_has_no_blank_ends),
    st.binary(max_size=5),
    st.binary(max_size=5),
    st.sampled_from([b64encode, urlsafe_b64encode]),
    st.booleans(),
    st.lists(st.integers(0, 80), max_size=4),
)
def test_base64_of_a_secret_is_masked_wherever_it_begins_and_however_the_stream_is_cut(
    secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes], in_address: bool, cuts: list[int]
) -> None:
    stream = encode(before + secret.encode() + after)
    stream = quote(stream.decode(), safe="").encode() if in_address else stream
    at = sorted({min(each, len(stream)) for each in (0, *cuts, len(stream))})
    found = masked([secret], *(stream[start:end] for start, end in pairwise(at)))
    left = unquote(found.replace(DOTS, b"").decode())
    assert DOTS in found
    assert len(left.rstrip("=")) <= (len(before) + len(after)) * 8 / 6 + 4  # the bits it shares at its ends


def test_a_secret_by_itself_goes_with_its_padding() -> None:
    assert masked([SECRET], b"data: " + b64encode(SECRET.encode()) + b"\n") == b"data: " + DOTS + b"\n"


def test_small_letters_in_an_escape_hide_nothing() -> None:
    assert masked(["pa/ss+w"], b"x=pa%2fss%2bw&") == b"x=" + DOTS + b"&"


def test_hex_is_seen_through() -> None:
    assert masked([SECRET], b"0x" + SECRET.encode().hex().encode()) == b"0x" + DOTS


def test_an_encoding_nobody_named_is_not_seen_through() -> None:
    assert masked([SECRET], SECRET.encode()[::-1]) == SECRET.encode()[::-1]  # said in the manual


@pytest.mark.parametrize(
    "secret",
    [
        *("00\\¡0000", ":ab¡bcdefgh", "¡ab¡bcdefgh", 'q7\\"x9r2', "a''b'c'd9", 'k"""4%%z$$1', "v{{7}}\\{u8"),
        # In a dump the first word of the second line is no address, though the next begins with the same digit.
        *("ă🈴DºᵡfļR<*=al#R檕", "0123456789abcdef<*=al#R", "token-0123456789!'!!x"),
    ],
)
def test_an_escape_that_may_end_in_two_places_is_masked_wherever_the_stream_is_cut(secret: str) -> None:
    """Of `\\\\\\xc2`, all backslashes may be the secret's own, or the last one begins the next character."""
    leaks = []
    for name, escape in ESCAPES.items():
        stream = f"body: {escape(secret)} end".encode()
        leaks += [(name, cut) for cut in range(len(stream)) if DOTS not in masked([secret], stream[:cut], stream[cut:])]
    assert leaks == []


@given(secret=SECRETS, cuts=st.lists(st.integers(0, 300), max_size=6))
def test_every_escape_is_masked_however_the_stream_is_cut(secret: str, cuts: list[int]) -> None:
    for escape in ESCAPES.values():
        stream = f"body: {escape(secret)} end".encode()
        at = sorted({min(each, len(stream)) for each in (0, *cuts, len(stream))})
        found = masked([secret], *(stream[start:end] for start, end in pairwise(at)))
        assert DOTS in found
        assert escape(secret).encode() not in found
        assert found.startswith(b"body: ")
        assert found.endswith(b" end")


@pytest.mark.parametrize("text", ["shop-api--7f9c8b6", "localhost:8080", "shopping", "x.shop.example.com", "8080a"])
def test_a_short_secret_is_no_part_of_a_longer_word_byte_by_byte(text: str) -> None:
    stream = f"at {text} and\n".encode()
    assert masked(["shop", "8080"], *(bytes([each]) for each in stream)) == stream


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_every_escape_is_masked_byte_by_byte(escape: Callable[[str], str]) -> None:
    secret = "q7/P@ss w\"or'd&<ü>+\\ 9$x!"
    stream = f"body: {escape(secret)} end".encode()
    found = masked([secret], *(bytes([each]) for each in stream))
    assert DOTS in found
    assert found.replace(b"=", b"") == masked([secret], stream).replace(b"=", b"")  # padding that comes later stays


def test_what_begins_no_secret_is_not_held_back() -> None:
    mask = Mask([SECRET, "Bearer abcd1234efgh"])
    assert mask.feed(b"Continue? [y/N] ") == b"Continue? [y/N] "
    assert mask.feed(b"....") == b"...."


def test_this_process_lives_and_an_older_one_of_its_number_does_not() -> None:
    us = this_process()
    assert is_alive(us)
    assert not is_alive(replace(us, started=us.started + 1))
    assert not is_alive(replace(us, boot="another"))
    assert not is_alive(replace(us, host="elsewhere"))
    assert not is_alive(Owner())
    assert not send_signal(replace(us, started=1), signal.SIGTERM)


@settings(max_examples=scale_examples(60))
@given(st.text(st.characters(codec="utf-8"), max_size=300), st.lists(st.integers(0, 400), max_size=6))
def test_a_growing_transcript_is_shown_whole(text: str, cuts: list[int]) -> None:
    raw = text.encode()
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.log")
        path.write_bytes(b"")
        tail, shown = TranscriptTail(path, lambda each: each), ""
        for end in [*sorted(cuts), len(raw)]:
            path.write_bytes(raw[:end])
            shown += tail.read()
        shown += tail.rest()
    if "\x1b" not in text and "\r" not in text:
        assert shown == make_readable(raw.decode())


def test_whoever_falls_far_behind_sees_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"a\n" * BEHIND)
    first = TranscriptTail(path, lambda each: each).read()
    assert "KB more are in the transcript" in first
    assert len(first) < BEHIND


def test_head_and_tail_say_what_they_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("".join(f"{number}\n" for number in range(1000)))
    kept = head_and_tail(path, 100)
    assert kept.startswith("0\n1\n")
    assert kept.endswith("998\n999\n")
    assert "3790 bytes more" in kept
    assert head_and_tail(tmp_path / "gone.log") == ""
