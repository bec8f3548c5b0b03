"""Pieces of text broken into rows between words, each keeping its tone: commands, and what is said about them."""

from collections.abc import Sequence

from rich.cells import get_character_cell_size

from widgets.cell import Piece, sanitize_line

Letter = tuple[str, str]


def wrap_pieces(pieces: Sequence[Piece], width: int, *, most: int = 0, indent: int = 0) -> list[list[Piece]]:
    """Rows of at most `width` cells; line breaks in the text are kept, further rows of a line are indented.

    Of more than `most` rows the last one ends with an ellipsis; 0 shows all.
    """
    rows = [row for line in _split_lines(pieces) for row in _break_line(line, max(8, width), indent)]
    if most and len(rows) > most:
        last = rows[most - 1][: _count_fitting(rows[most - 1], width - 2)]
        rows = [*rows[: most - 1], [*last, (" ", ""), ("…", "muted")]]
    return [_join_letters(row) for row in rows]


def _split_lines(pieces: Sequence[Piece]) -> list[list[Letter]]:
    lines: list[list[Letter]] = [[]]
    for text, tone in pieces:
        for index, part in enumerate(text.expandtabs(4).split("\n")):
            if index:
                lines.append([])
            lines[-1] += [(letter, tone) for letter in sanitize_line(part)]
    return lines


def _break_line(line: list[Letter], width: int, indent: int) -> list[list[Letter]]:
    rows: list[list[Letter]] = []
    blank: list[Letter] = [(" ", "")] * min(indent, width // 2)
    while line:
        room = width - (len(blank) if rows else 0)
        end = _count_fitting(line, room)
        if end < len(line):
            space = next((index for index in range(end, 0, -1) if line[index][0] == " "), 0)
            end = space or end
        rows.append([*(blank if rows else []), *line[:end]])
        line = line[end:]
        while line and line[0][0] == " ":
            line = line[1:]
    return rows or [[]]


def _count_fitting(line: list[Letter], room: int) -> int:
    """How many letters fit into `room` cells; at least one."""
    for index, (letter, _) in enumerate(line):
        room -= get_character_cell_size(letter)
        if room < 0:
            return max(1, index)
    return len(line)


def _join_letters(row: list[Letter]) -> list[Piece]:
    joined: list[Piece] = []
    for letter, tone in row:
        if joined and joined[-1][1] == tone:
            joined[-1] = (joined[-1][0] + letter, tone)
        else:
            joined.append((letter, tone))
    return joined
