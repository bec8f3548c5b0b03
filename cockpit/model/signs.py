"""Our signs, and anybody's letters, where there is nothing but ASCII."""

import unicodedata

# What the screen's own glyphs become on a terminal without Unicode. One character each: no width may change.
ASCII = str.maketrans(
    "●◐✖◌▲△✔▸⚠○–—×·…→←↑↓│─╭╮╰╯┃━▁▂▃▄▅▆▇█▔▕“”‘’",
    "o~X?!.v>Wo--x.~><^v|-++++|-_.,-=+*#-|\"\"''",
)


def in_ascii(text: str) -> str:
    """`text` in as many cells without a character beyond ASCII: é is e, and what is like nothing becomes `?`."""
    known_name = text.translate(ASCII)
    return known_name if known_name.isascii() else "".join(map(_letter, known_name))


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return ""
    wide = unicodedata.east_asian_width(letter) in ("W", "F")
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii())
    return plain if len(plain) == (2 if wide else 1) else "??" if wide else "?"
