"""Letters and digits five rows high, to be read from three metres."""

# Each glyph is five rows of up to five pixels: `#` is lit. Narrow ones (`:`, `.`, `1`, `I`) stay narrow.
_FONT = {
    "A": " ### |#   #|#####|#   #|#   #", "B": "#### |#   #|#### |#   #|#### ", "C": " ####|#    |#    |#    | ####",
    "D": "#### |#   #|#   #|#   #|#### ", "E": "####|#   |### |#   |####", "F": "####|#   |### |#   |#   ",
    "G": " ####|#    |#  ##|#   #| ####", "H": "#   #|#   #|#####|#   #|#   #", "I": "###| # | # | # |###",
    "J": "  ###|    #|    #|#   #| ### ", "K": "#   #|#  # |###  |#  # |#   #", "L": "#   |#   |#   |#   |####",
    "M": "#   #|## ##|# # #|#   #|#   #", "N": "#   #|##  #|# # #|#  ##|#   #", "O": " ### |#   #|#   #|#   #| ### ",
    "P": "#### |#   #|#### |#    |#    ", "Q": " ### |#   #|# # #|#  # | ## #", "R": "#### |#   #|#### |#  # |#   #",
    "S": " ####|#    | ### |    #|#### ", "T": "#####|  #  |  #  |  #  |  #  ", "U": "#   #|#   #|#   #|#   #| ### ",
    "V": "#   #|#   #|#   #| # # |  #  ", "W": "#   #|#   #|# # #|## ##|#   #", "X": "#   #| # # |  #  | # # |#   #",
    "Y": "#   #| # # |  #  |  #  |  #  ", "Z": "#####|   # |  #  | #   |#####",
    "0": " ### |#  ##|# # #|##  #| ### ", "1": " # |## | # | # |###", "2": "#### |    #| ### |#    |#####",
    "3": "#### |    #| ### |    #|#### ", "4": "#   #|#   #|#####|    #|    #", "5": "#####|#    |#### |    #|#### ",
    "6": " ### |#    |#### |#   #| ### ", "7": "#####|    #|   # |  #  |  #  ", "8": " ### |#   #| ### |#   #| ### ",
    "9": " ### |#   #| ####|    #| ### ",
    "/": "    #|   # |  #  | #   |#    ", "_": "    |    |    |    |####", "%": "#  #|  # | #  |#   |#  #",
    "+": "   | # |###| # |   ",
    ":": " |#| |#| ", "-": "   |   |###|   |   ", ".": " | | | |#",
    "?": "#### |    #|  ## |     |  #  ", " ": "  |  |  |  |  ",
}  # fmt: skip
ROWS = 5
SCALES = (3, 2, 1)  # cells a pixel, for one who takes the largest that fits


def measure_big_text(text: str, across: int = 1) -> int:
    """Cells that `text` takes at `across` cells a pixel, one pixel between letters."""
    return sum(len(_get_glyph(entry)[0]) + 1 for entry in text) * across - across if text else 0


def render_big_text(text: str, across: int = 1, down: int = 1, ink: str = "█") -> list[str]:
    """`text` in capitals as rows of equal length, `ROWS * down` of them; each pixel is `across` by `down` cells.

    A cell is twice as high as it is wide, so 2 by 1 draws square pixels. What has no glyph is drawn as `?`.
    """
    rows = [" ".join(_get_glyph(entry)[row] for entry in text) for row in range(ROWS)]
    return ["".join((ink if pixel == "#" else " ") * across for pixel in row) for row in rows for _ in range(down)]


def is_spellable(text: str) -> bool:
    """Whether every character of `text` has a glyph of its own."""
    return all(entry.upper() in _FONT for entry in text)


def _get_glyph(character: str) -> list[str]:
    return _FONT.get(character.upper(), _FONT["?"]).split("|")
