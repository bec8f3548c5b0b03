"""The colours of our themes as figures: readable by everybody, told apart without red and green."""

from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from themes import NAMES, OURS, resolve

READABLE = 4.5  # WCAG 2.1, 1.4.3, level AA
APART = 15.0  # CIE 1976 distance; 2.3 is just noticeable
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
EYES = {
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "full colour": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
Linear = tuple[float, ...]


def linear(colour: str) -> Linear:
    parts = (part / 255 for part in Color.parse(colour).rgb)
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear(each), strict=True))
                          for each in (one, other)), reverse=True)  # fmt: skip
    return (light + 0.05) / (dark + 0.05)


def lab(seen: Linear) -> Linear:
    red, green, blue = (min(1.0, max(0.0, part)) for part in seen)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))


def distance(one: str, other: str, eye: tuple[Linear, ...]) -> float:
    seen = (
        lab(tuple(sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in eye))
        for colour in (one, other)
    )
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


def tones(theme: Theme) -> dict[str, str]:
    return {
        "bad": theme.error or "", "warn": theme.warning or "", "good": theme.success or "", "info": theme.primary,
    }  # fmt: skip


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["background", "panel", "cursor"])
def test_every_tone_is_readable_on_every_ground(theme: Theme, ground: str) -> None:
    behind = theme.variables.get(ground) or getattr(theme, ground)
    texts = {**tones(theme), "text": theme.foreground or "", "muted": theme.variables["muted"]}

    assert {name: contrast(text, behind) for name, text in texts.items() if contrast(text, behind) < READABLE} == {}


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
@pytest.mark.parametrize("eye", EYES)
def test_no_two_tones_look_alike(theme: Theme, eye: str) -> None:
    pairs = combinations(tones(theme).items(), 2)

    assert [(a, b) for (a, one), (b, other) in pairs if distance(one, other, EYES[eye]) < APART] == []


def test_a_theme_is_found_by_its_short_word_and_by_its_name() -> None:
    assert resolve("light") == NAMES["light"]
    assert resolve("cockpit-dark") == "cockpit-dark"
    assert resolve("drak") is None
