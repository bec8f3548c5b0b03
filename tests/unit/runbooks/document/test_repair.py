"""Text that was decoded wrongly is turned back; what was not, stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Damage
from cockpit.runbooks.document.repair import repair_text

GOOD = (
    "caf\u00e9 \u2014 \u2192 done \u2713 \u2018x\u2019 \u201cy\u201d \u2026"
    " \u00fcber \u2502 \u2514\u2500\u2500 10\u202f%"
    " \u26a0\ufe0f \U0001f6a8 \u2265 5 \u00b5s \u00a7 3 \u0141\u00f3d\u017a"
)
RUSSIAN = "\u041f\u0435\u0440\u0435\u0437\u0430\u043f\u0443\u0441\u043a \u0441\u043b\u0443\u0436\u0431\u044b"


def misread(text: str, encoding: str) -> str:
    """As an editor shows UTF-8 that it takes for that encoding."""
    return "".join(_one(byte, encoding) for byte in text.encode())


def _one(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("text", [*GOOD.split(" "), GOOD, RUSSIAN])
def test_what_was_misread_is_turned_back(text: str, encoding: str) -> None:
    damaged = f"systemctl restart {misread(text, encoding)}"
    expected = Damage.NONE if text.isascii() else Damage.MOJIBAKE
    assert repair_text(damaged) == (f"systemctl restart {text}", expected)


@pytest.mark.parametrize(
    "text",
    [
        *(GOOD, RUSSIAN, "la t\u00e2che\u2014\u00e9teindre", "\u201c\u00c9cole\u201d", "fin\u2026\u00e9t\u00e9"),
        *(
            "\u00ab\u00e9t\u00e9\u00bb",
            "von\u2013\u00fcber",
            "\u00c0 \u00e9",
            "M\u00dcNCHEN \u00a9 2026",
            "S\u00c3O PAULO",
        ),
        "\u65e5\u672c\u8a9e\u306e\u624b\u9806",
    ],
)
def test_what_was_not_misread_stays(text: str) -> None:
    assert repair_text(text) == (text, Damage.NONE)


def test_a_part_that_was_pasted_damaged_is_mended_and_the_rest_stays() -> None:
    mixed = "It\u2019s " + misread("caf\u00e9\u2019s", "cp1252") + " \u2014 done"
    assert repair_text(mixed)[0] == "It\u2019s caf\u00e9\u2019s \u2014 done"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_categories=["Cc"]), max_size=60))
def test_western_text_that_was_misread_as_windows_comes_back(text: str) -> None:
    damaged = misread(text, "cp1252")
    assert repair_text(damaged)[0] == repair_text(text)[0]
