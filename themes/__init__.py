"""The cockpit's own themes: dark, light and high contrast, all told apart by colour-blind eyes.

Red means broken or blind, amber at risk, green-blue confirmed good, blue selected; the hues lie far enough apart under
deuteranopia and protanopia, and every one is readable (WCAG 4.5:1) also on the cursor's line. tests/unit/widgets holds
both as figures. On 16 colours and with NO_COLOR the terminal's own colours serve, with bold, dim and reverse.
"""

from pathlib import Path

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT = "cockpit-dark"


def _make_theme(
    name: str, *, dark: bool, ground: tuple[str, str, str], text: tuple[str, str], tones: dict[str, str]
) -> Theme:
    """`ground`: background, panel, cursor line; `text`: plain, muted; `tones`: bad, warn, good, info."""
    background, panel, cursor = ground
    foreground, muted = text
    return Theme(
        name=name,
        dark=dark,
        background=background,
        surface=background,
        panel=panel,
        foreground=foreground,
        primary=tones["info"],
        secondary=tones["info"],
        accent=tones["info"],
        error=tones["bad"],
        warning=tones["warn"],
        success=tones["good"],
        variables={
            "muted": muted,
            "cursor": cursor,
            "frame": muted,
            "footer-key-foreground": tones["info"],
            "footer-background": background,
            "footer-description-foreground": muted,
            "scrollbar": panel,
            "scrollbar-background": background,
            "scrollbar-corner-color": background,
        },
    )


DARK = _make_theme(
    "cockpit-dark",
    dark=True,
    ground=("#0F1419", "#27323D", "#16324F"),
    text=("#D9DFE5", "#8E9AA6"),
    tones={"bad": "#FF7B70", "warn": "#F7D154", "good": "#35C4AE", "info": "#82B8FF"},
)
LIGHT = _make_theme(
    "cockpit-light",
    dark=False,
    ground=("#FBFAF7", "#E4E7EA", "#D6E6F5"),
    text=("#1C2227", "#55606B"),
    tones={"bad": "#AE0045", "warn": "#855E00", "good": "#006B73", "info": "#0051B5"},
)
HIGH_CONTRAST = _make_theme(
    "cockpit-high-contrast",
    dark=True,
    ground=("#000000", "#3A3A3A", "#003A70"),
    text=("#FFFFFF", "#CFCFCF"),
    tones={"bad": "#FF8A80", "warn": "#FFE14D", "good": "#4DF0D0", "info": "#9CCBFF"},
)
OURS = (DARK, LIGHT, HIGH_CONTRAST)
NAMES = {"dark": DARK.name, "light": LIGHT.name, "high-contrast": HIGH_CONTRAST.name, "ansi": "ansi-dark"}

FALLBACK = {"muted": "ansi_default", "cursor": "ansi_blue", "frame": "ansi_default"}
"""For themes that are not ours."""


def css() -> str:
    """The style sheet that all screens share."""
    return Path(__file__).with_name("shared.tcss").read_text(encoding="utf-8")


def resolve(name: str) -> str | None:
    """The theme that a configuration's word names: one of `NAMES`, or a theme's full name. None: there is none."""
    names = {*NAMES.values(), *BUILTIN_THEMES}
    return NAMES.get(name, name if name in names else None)
