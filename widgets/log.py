"""A log as it comes: bounded, filtered, followed until the reader looks back."""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from itertools import pairwise

from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.model.reading import LogLine
from cockpit.model.time import Time
from widgets.cell import Piece, cut_text, is_plain, measure_pieces, sanitize_line, wrap_pieces
from widgets.growing import Growing
from widgets.line import ascii_only, build_strip

KEPT = 5_000  # lines; older ones are dropped
SETTLES = 3.0  # seconds after the first line in which streams still tell what they kept
OWN_REASON = "cockpit"  # the reason of lines that the feed says in its own words
BAD = re.compile(r"\b(error|err|fatal|critical|panic|exception|traceback|unhandled|fail(ed|ure)?)\b", re.IGNORECASE)
WARN = re.compile(
    r"\b(warn|warning|unhealthy|retry(ing)?|timed? ?out|terminated|killed|back-?off|deprecated)\b", re.IGNORECASE
)
NO_ERROR = re.compile(r"\b(0|no|without) (errors?|failures?|warnings?)\b", re.IGNORECASE)
# A level that the line itself states, as JSON, logfmt, or one of its first words, is believed before any other word.
STATED = re.compile(r"""\b(?:log_?level|level|severity|lvl)"?\s*[=:]\s*"?([a-z]+)\b""", re.IGNORECASE)
BARE = re.compile(r"[\[(<|]?([a-z]+)[\])>:|,]*", re.IGNORECASE)
FIRST_WORDS = 4
LEVELS = {
    **dict.fromkeys(("error", "err", "fail", "fatal", "critical", "crit", "panic"), "bad"),
    **dict.fromkeys(("warn", "warning"), "warn"),
    **dict.fromkeys(("info", "information", "debug", "trace", "notice", "dbug", "trce"), ""),
}
GLYPHS = {"bad": "✖", "warn": "◐", "info": "▸"}


def choose_log_tone(line: LogLine) -> str:
    """How loud a line is: `bad`, `warn`, `info` for our own words, or "" for the rest."""
    if line.reason == OWN_REASON:
        return "info"
    head = NO_ERROR.sub("", line.text[:400])
    stated = [item.lower() for item in STATED.findall(head)]
    stated += [bare[1].lower() for word in head.split()[:FIRST_WORDS] if (bare := BARE.fullmatch(word))]
    level = next((LEVELS[item] for item in stated if item in LEVELS), None)
    if level is not None:
        return level
    return "bad" if BAD.search(head) else "warn" if WARN.search(head) else ""


def render_log_line(line: LogLine, zone: tzinfo, tails: bool, today: date) -> tuple[Piece, ...]:
    """One line as it is drawn: time, on another day than `today` with its date, whose words, a glyph, the text."""
    local = line.at.astimezone(zone) if line.at else None
    place_text = (f"{local:%H:%M:%S} " if local.date() == today else f"{local:%b %d %H:%M:%S} ") if local else " " * 9
    who = "platform" if line.stream == "system" else line.replica[-5:] if tails else ""
    loud = choose_log_tone(line)
    return (
        (place_text, "muted"),
        (f"{cut_text(sanitize_line(who), 8):<8} " if tails or who else "", "muted"),
        (f"{GLYPHS.get(loud, ' ')} ", loud),
        (sanitize_line(line.text), loud),
    )


class LogWords:
    """What is looked for: `503 get` (all of them), `-health` (none of those), `/time.?out/` (a regular expression)."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.problem = ""  # why an expression is none
        self._with: list[str] = []
        self._without: list[str] = []
        self._patterns: list[re.Pattern[str]] = []
        for word in text.split():
            self._take(word)

    def _take(self, word: str) -> None:
        if len(word) > 2 and word.startswith("/") and word.endswith("/"):
            try:
                self._patterns.append(re.compile(word[1:-1], re.IGNORECASE))
            except re.error as error:
                self.problem = f"{word} is not a regular expression: {error}"
        elif len(word) > 1 and word.startswith("-"):
            self._without.append(word[1:].lower())
        else:
            self._with.append(word.lower())

    def __bool__(self) -> bool:
        return bool(self._with or self._without or self._patterns)

    def match(self, line: LogLine) -> bool:
        text = f"{line.replica} {line.stream} {line.text}"[:LONGEST_SEARCHED]
        low = text.lower()
        return (
            all(word in low for word in self._with)
            and not any(word in low for word in self._without)
            and all(pattern.search(text) for pattern in self._patterns)
        )


LONGEST_SEARCHED = 4_000  # characters of a line that words are looked for in
LONGEST_HEAD = 27  # cells before the text of a line: the time with its day, whose words, the glyph
LogRow = tuple[int, tuple[Piece, ...] | None]
"""The number of the line that a row belongs to, counted over all that ever came, and what it shows. None for a line of
one row: it is rendered when it is drawn. In a flood most lines never are."""


class LogView(Growing):
    """Shows the newest `KEPT` lines that match the words. A long line is wrapped, so that its end is read, too.

    While it stands still one line is chosen, or several: by the cursor, by the next error, by a time.
    """

    class Moved(Message):
        """What is shown changed: followed, paused, filtered, grown."""

    def __init__(self, zone: tzinfo, time: Time, *, kept: int = KEPT, id: str | None = None) -> None:
        super().__init__(id=id)
        self.zone = zone
        self.past = ""  # why and from where the newest lines are read, when they did not come live
        self.unread: tuple[str, ...] = ()  # streams whose newest lines are missing
        self.unseen = 0  # matching lines that came while paused
        self.dropped = 0  # lines that made room for newer ones
        self.words = LogWords()
        self.hides = True  # lines without the words; else they stay, and those with them are marked
        self._time = time
        self._began: float | None = None  # when the first lines came, on the monotonic clock
        self._kept = kept
        self._all: deque[LogLine] = deque()
        self._shown: deque[LogLine] = deque()
        self._rows: list[LogRow] = []
        self._first = 0  # the number of the oldest line shown
        self._cursor: int | None = None  # the number of the chosen line
        self._anchor: int | None = None  # where a choice of several began
        self._replicas: set[str] = set()
        self._only_ascii = ascii_only()

    @property
    def total(self) -> int:
        return len(self._all)

    @property
    def matching(self) -> int:
        return sum(map(self.words.match, self._all)) if self.words and not self.hides else len(self._shown)

    @property
    def replicas(self) -> int:
        """How many replicas have spoken."""
        return len(self._replicas)

    @property
    def text(self) -> list[str]:
        """The lines shown, without tones."""
        tails, today = len(self._replicas) > 1, self._today()
        rendered = (render_log_line(log_line, self.zone, tails, today) for log_line in self._shown)
        return ["".join(text for text, _ in pieces) for pieces in rendered]

    @property
    def chosen(self) -> list[str]:
        """The lines that are chosen, as text."""
        chosen_range = self._chosen_range()
        return [text for number, text in enumerate(self.text, self._first) if number in chosen_range]

    def _chosen_range(self) -> range:
        if self._cursor is None:
            return range(0)
        anchor = self._cursor if self._anchor is None else self._anchor
        return range(min(anchor, self._cursor), max(anchor, self._cursor) + 1)

    def count_dropped(self, number: int) -> None:
        """So many lines came and went before they could be shown: more than are kept, since it was last drawn."""
        self.dropped += number

    def add(self, lines: Sequence[LogLine]) -> None:
        """Append lines; the oldest make room."""
        for line in lines:
            self.unread = self.unread if line.unread is None else line.unread
        before = len(self._all)
        known_replicas = len(self._replicas)
        lines = self._in_order(lines[-self._kept :])
        fresh = [line for line in lines if self._is_shown(line)] if self.words else lines
        self._replicas.update(line.replica for line in lines if line.replica)
        self._all.extend(lines)
        self._shown.extend(fresh)
        gone = self._make_room()
        anew = len(self._all) + gone - len(lines) != before or len(self._replicas) != known_replicas
        self.unseen = 0 if self.following else self.unseen + len(fresh)
        self._lay_out(None if anew else fresh, gone)

    def _in_order(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """What several streams still hold comes one stream after the other: at first all of it is sorted by time."""
        now = self._time.monotonic()
        self._began = now if self._began is None else self._began
        sentences = [line.past for line in lines if line.past or line.stream == "console"]
        self.past = sentences[-1] if sentences else self.past
        if now - self._began > SETTLES or not self.following:
            return lines
        if _is_in_order([*([self._all[-1]] if self._all else []), *lines]):
            return lines  # not all of it is sorted and laid out again for what comes as it should, thousands a second
        every = [*self._all, *lines]
        if any(log_line.past or log_line.at is None for log_line in every):
            return lines
        every.sort(key=lambda log_line: log_line.at or self._time.now())
        self._all.clear()
        self._shown.clear()
        return every

    def narrow(self, text: str) -> None:
        """Show only the lines that match the words, or mark them; "" shows all."""
        if text != self.words.text:
            self.words = LogWords(text)
            self._show_again()

    def toggle_hiding(self) -> None:
        """Show the lines without the words as well, and mark those with them; or hide them again."""
        self.hides = not self.hides
        self._show_again()

    def _show_again(self) -> None:
        self._shown = deque(log_line for log_line in self._all if self._is_shown(log_line))
        self._first, self._cursor, self._anchor = 0, None, None
        self._lay_out(None, 0)

    def moved(self) -> None:
        """Nothing is drawn for it: whoever scrolls, chooses or adds lines draws these, and who only pauses none."""
        self.unseen = 0 if self.following else self.unseen
        if self.following and self._cursor is not None:
            self._cursor = self._anchor = None
            self.refresh()
        self.post_message(self.Moved())

    def _is_shown(self, line: LogLine) -> bool:
        return not self.hides or self.words.match(line)

    def _make_room(self) -> int:
        """Drop the oldest lines; how many of those shown went."""
        gone = 0
        while len(self._all) > self._kept:
            line = self._all.popleft()
            self.dropped += 1
            if self._shown and self._shown[0] is line:
                self._shown.popleft()
                self._first += 1
                gone += 1
        return gone

    # Rows

    def _lay_out(self, fresh: Sequence[LogLine] | None, gone: int) -> None:
        """Wrap what came, or all of it where `fresh` is None, and stay where the reader is."""
        top = self._row_at(self.scroll_offset.y)
        if fresh is None:
            self._rows = []
            fresh = list(self._shown)
        elif gone:
            del self._rows[: self._first_row(self._first)]
        first = self._first + len(self._shown) - len(fresh)
        width, today = max(20, self.scrollable_content_region.width or 80), self._today()  # once for thousands of lines
        for number, line in enumerate(fresh, first):
            if len(line.text) <= width - LONGEST_HEAD and is_plain(line.text):
                self._rows.append((number, None))
            else:
                self._rows += [(number, row) for row in self._wrap(line, width, today)]
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        if self.following:
            self.look_at(self.last)
        elif gone and top is not None:
            self.look_at(self._first_row(top))
        self.refresh()
        self.moved()

    def _wrap(self, line: LogLine, width: int, today: date) -> list[tuple[Piece, ...]]:
        """The rows of a line; those after the first stand below its text."""
        pieces = render_log_line(line, self.zone, len(self._replicas) > 1, today)
        if measure_pieces(pieces) <= width:
            return [pieces]
        head, (text, tone) = pieces[:-1], pieces[-1]
        indent = measure_pieces(head)
        rows = wrap_pieces([(text, tone)], max(10, width - indent), most=MOST_ROWS)
        return [(*head, *rows[0]), *((((" " * indent), ""), *row) for row in rows[1:])]

    def _row_at(self, index: int) -> int | None:
        return self._rows[index][0] if 0 <= index < len(self._rows) else None

    def _first_row(self, number: int) -> int:
        """The first row of a line."""
        return bisect_left(self._rows, number, key=lambda row: row[0])

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out, None, 0)

    # Choosing lines

    def action_by(self, rows: int) -> None:
        """Choose the line below or above; the log stands still."""
        self._choose(self._start() + rows)

    def extend(self, rows: int) -> None:
        """Choose one line more."""
        start = self._start()
        self._anchor = start if self._anchor is None else self._anchor
        self._choose(start + rows, keeps=True)

    def action_page(self, direction: int) -> None:
        self.action_to(round(self.scroll_target_y) + direction * max(1, self._height - 1))

    def _start(self) -> int:
        """The chosen line, else the last one on the screen."""
        if self._cursor is not None:
            return self._cursor
        bottom = min(len(self._rows), self.scroll_offset.y + self._height) - 1
        number = self._row_at(bottom)
        return self._first if number is None else number

    def _choose(self, number: int, *, keeps: bool = False) -> None:
        if not self._shown:
            return
        self._cursor = min(max(number, self._first), self._first + len(self._shown) - 1)
        self._anchor = self._anchor if keeps else None
        self.following = False
        first = self._first_row(self._cursor)
        last = self._first_row(self._cursor + 1) - 1
        top = self.scroll_offset.y
        self.look_at(min(max(top, last - self._height + 1), first))
        self.refresh()
        self.moved()

    def choose_error(self, by: int) -> bool:
        """To the next or previous line that tells of an error; False when there is none."""
        if self._cursor is None:  # from the end of what is shown: the newest one
            by, start = -1, self._start() + 1
        else:
            start = self._cursor
        numbered = list(enumerate(self._shown, self._first))
        ahead = [number for number, line in numbered if (number - start) * by > 0 and choose_log_tone(line) == "bad"]
        if ahead:
            self._choose(min(ahead) if by > 0 else max(ahead))
        return bool(ahead)

    def choose_time(self, moment: datetime) -> bool:
        """To the first line from a moment on; False when there is none."""
        numbered = enumerate(self._shown, self._first)
        number = next((number for number, line in numbered if line.at is not None and line.at >= moment), None)
        if number is not None:
            self._choose(number)
        return number is not None

    def _today(self) -> date:
        return self._time.now().astimezone(self.zone).date()

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        base: Style = self.rich_style
        number, pieces = self._rows[index] if index < len(self._rows) else (-1, ())
        if pieces is None:
            line = self._shown[number - self._first]
            pieces = render_log_line(line, self.zone, len(self._replicas) > 1, self._today())
        if number in self._chosen_range():
            base += Style(reverse=True)
        elif self.words and not self.hides and number >= 0 and self.words.match(self._shown[number - self._first]):
            base += Style(bold=True, underline=True)
        return build_strip(self, pieces, base, only_ascii=self._only_ascii).adjust_cell_length(self.size.width, base)


def _is_in_order(lines: Sequence[LogLine]) -> bool:
    """Whether each of them has a time, and none is older than the one before it."""
    moments = [line.at for line in lines]
    return all(before and after and before <= after for before, after in pairwise([*moments[:1], *moments]))


MOST_ROWS = 8  # of one line; what comes after them is read in the saved file


def summarize_log(view: LogView) -> Iterable[Piece]:
    """How the log stands, for the line above it."""
    if view.past and view.following:
        yield (f"◌ {view.past}", "warn")
    elif view.following and view.unread:
        others = f" and {len(view.unread) - 1} more" if len(view.unread) > 1 else ""
        yield (f"◌ following, without {view.unread[0]}{others}", "warn")
    elif view.following:
        yield ("● following", "good")
    else:
        yield (f"◌ paused, {view.unseen} new", "warn")
    if view.words.problem:
        yield (f" · {view.words.problem}", "warn")
    elif view.words:
        yield (f" · {view.matching} of {format_line_count(view.total)}", "info")
    elif view.total:
        yield (f" · {format_line_count(view.total)}", "muted")
    if view.dropped:
        yield (f" · {view.dropped} older {'one' if view.dropped == 1 else 'ones'} dropped", "muted")


def format_line_count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
