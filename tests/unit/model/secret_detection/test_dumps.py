"""A secret shows in no layout in which programs print bytes: not in words, and not in what of them is text beside."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cockpit.model.secret import KNOWN_SECRETS, SecretRegistry
from cockpit.model.secret_detection.masking import Mask
from cockpit.model.text import clean_lines
from tests.examples import scale_examples

SECRET = "correct-horse-battery 9f8e7d6c5b4a"
Dump = Callable[[bytes], str]
REGISTRY = SecretRegistry()
REGISTRY.learn(SECRET)


def dump_words(size: int, form: str, turned: bool, address: str, text: str = "", step: int = 16) -> Dump:
    def dump(data: bytes) -> str:
        lines = []
        for start in range(0, len(data), step):
            row = data[start : start + step]
            row += bytes(-len(row) % size)
            cells = [row[place : place + size] for place in range(0, len(row), size)]
            tokens = [format(int.from_bytes(cell, "little" if turned else "big"), form) for cell in cells]
            column = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            lines.append(f"{address.format(start)} {' '.join(tokens)}{text.format(column)}")
        return "\n".join([*lines, address.format(len(data)).rstrip(":")])

    return dump


def dump_characters(data: bytes) -> str:
    escapes = {0: r"\0", 9: r"\t", 10: r"\n", 13: r"\r"}
    fields = [chr(byte) if 32 <= byte < 127 else escapes.get(byte, f"{byte:03o}") for byte in data]
    return "\n".join(
        f"{start:07o}" + "".join(f"{field:>4}" for field in fields[start : start + 16])
        for start in range(0, len(data), 16)
    )


DUMPS: dict[str, Dump] = {
    "hexdump -C": dump_words(1, "02x", False, "{:08x}", "  |{}|"),
    "hexdump": dump_words(2, "04x", True, "{:07x}"),
    "od": dump_words(2, "06o", True, "{:07o}"),
    "od -x": dump_words(2, "04x", True, "{:07o}"),
    "od -c": dump_characters,
    "od -tx1z": dump_words(1, "02x", False, "{:07o}", "  >{}<"),
    "od -tx4": dump_words(4, "08x", True, "{:07o}"),
    "od -An -tx8": dump_words(8, "016x", True, ""),
    "od -tu2": dump_words(2, "5d", True, "{:07o}"),
    "od -to4": dump_words(4, "011o", True, "{:07o}"),
    "xxd": dump_words(2, "04x", False, "{:08x}:", "  {}"),
    "xxd -e": dump_words(4, "08x", True, "{:08x}:", "  {}"),
    "xxd -b": dump_words(1, "08b", False, "{:08x}:", "  {}", step=6),
}


def list_parts(text: str) -> Iterator[str]:
    """What of the secret somebody could read: five of its characters in a row."""
    return (SECRET[start : start + 5] for start in range(len(SECRET) - 4) if SECRET[start : start + 5] in text)


@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS)
@settings(max_examples=scale_examples(5))
@example(before=bytes(2), after=b"")  # the first word of a line without an address may be one
@given(before=st.binary(max_size=40), after=st.binary(max_size=20))
def test_a_secret_shows_in_no_dump(dump: Dump, before: bytes, after: bytes) -> None:
    masked = REGISTRY.mask(f"some command says:\n{dump(before + SECRET.encode() + after)}\nand goes on")
    assert "•••" in masked
    assert not [*list_parts(masked)]
    assert masked.endswith("\nand goes on")


@settings(max_examples=scale_examples(20))
@given(dump=st.sampled_from(list(DUMPS.values())), before=st.binary(max_size=20), size=st.integers(5, 90))
def test_a_stream_of_a_dump_is_masked_wherever_it_is_cut(dump: Dump, before: bytes, size: int) -> None:
    stream = f"so:\n{dump(before + SECRET.encode())}\nand goes on".encode("latin-1")
    mask = Mask([SECRET])
    masked = b"".join(
        [*(mask.feed(stream[start : start + size]) for start in range(0, len(stream), size)), mask.flush()]
    ).decode()
    assert "•••" in masked
    assert not [*list_parts(masked)]
    assert masked.endswith("\nand goes on")


@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS)
def test_a_dump_without_a_secret_stays_as_it_is(dump: Dump) -> None:
    text = dump(b"GET /orders/17 HTTP/1.1\r\nHost: shop.example\r\n\r\n" * 3)
    assert REGISTRY.mask(text) == text
    mask = Mask([SECRET])
    assert mask.feed(text.encode()) + mask.flush() == text.encode()


@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS)
def test_lines_of_a_log_that_are_a_dump_are_cleaned_together(dump: Dump) -> None:
    KNOWN_SECRETS.learn(SECRET)
    assert not [*list_parts("\n".join(clean_lines(dump(b"a" * 9 + SECRET.encode()).split("\n"))))]


def test_what_looks_like_a_dump_and_is_none_is_not_held_back() -> None:
    mask = Mask([SECRET])
    text = b"2026 orders\n1234 5678 rows\nready? "
    assert mask.feed(text) + mask.settle() == text
