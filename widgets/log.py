"""A log as it comes: bounded, filtered, followed until the reader looks back."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.model.reading import LogLine
from cockpit.model.time import Time
from widgets.cell import Piece, cut_text, measure_pieces, sanitize_line
from widgets.growing import Growing
from widgets.tone import ascii_only, build_strip

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
    known_name = next((LEVELS[item] for item in stated if item in LEVELS), None)
    if known_name is not None:
        return known_name
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


class LogView(Growing):
    """Shows the newest `KEPT` lines that match the filter."""

    class Moved(Message):
        """What is shown changed: followed, paused, filtered, grown."""

    def __init__(self, zone: tzinfo, time: Time, *, kept: int = KEPT, id: str | None = None) -> None:
        super().__init__(id=id)
        self.zone = zone
        self.past = ""  # why and from where the newest lines are read, when they did not come live
        self.unread: tuple[str, ...] = ()  # streams whose newest lines are missing
        self.unseen = 0  # matching lines that came while paused
        self.dropped = 0  # lines that made room for newer ones
        self._time = time
        self._began: float | None = None  # when the first lines came, on the monotonic clock
        self._kept = kept
        self._all: deque[LogLine] = deque()
        self._shown: deque[LogLine] = deque()
        self._words: list[str] = []
        self._replicas: set[str] = set()
        self._widest = 0
        self._only_ascii = ascii_only()

    @property
    def total(self) -> int:
        return len(self._all)

    @property
    def matching(self) -> int:
        return len(self._shown)

    @property
    def replicas(self) -> int:
        """How many replicas have spoken."""
        return len(self._replicas)

    @property
    def text(self) -> list[str]:
        """The lines shown, without tones."""
        return ["".join(text for text, _ in self._pieces(log_line)) for log_line in self._shown]

    def add(self, lines: Sequence[LogLine]) -> None:
        """Append lines; the oldest make room."""
        for line in lines:
            self.unread = self.unread if line.unread is None else line.unread
        lines = self._in_order(lines[-self._kept :])
        fresh = [line for line in lines if self._matches(line)]
        self._replicas.update(line.replica for line in lines if line.replica)
        self._all.extend(lines)
        self._shown.extend(fresh)
        gone = self._make_room()
        self._widest = max([self._widest, *(measure_pieces(self._pieces(log_line)) for log_line in fresh)])
        self.unseen = 0 if self.following else self.unseen + len(fresh)
        self._lay_out(gone)

    def _in_order(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """What several streams still hold comes one stream after the other: at first all of it is sorted by time."""
        now = self._time.monotonic()
        self._began = now if self._began is None else self._began
        sentences = [line.past for line in lines if line.past or line.stream == "console"]
        self.past = sentences[-1] if sentences else self.past
        every = [*self._all, *lines]
        if (
            now - self._began > SETTLES
            or not self.following
            or any(log_line.past or log_line.at is None for log_line in every)
        ):
            return lines
        every.sort(key=lambda log_line: log_line.at or self._time.now())
        self._all.clear()
        self._shown.clear()
        return every

    def narrow(self, text: str) -> None:
        """Show only the lines that hold all of `words`, in any case; "" shows all."""
        self._words = text.lower().split()
        self._shown = deque(log_line for log_line in self._all if self._matches(log_line))
        self._lay_out(0)

    def moved(self) -> None:
        self.unseen = 0 if self.following else self.unseen
        self.refresh()
        self.post_message(self.Moved())

    def _matches(self, line: LogLine) -> bool:
        text = f"{line.replica} {line.stream} {line.text}".lower()
        return all(word in text for word in self._words)

    def _make_room(self) -> int:
        """Drop the oldest lines; how many of those shown went."""
        gone = 0
        while len(self._all) > self._kept:
            line = self._all.popleft()
            self.dropped += 1
            if self._shown and self._shown[0] is line:
                self._shown.popleft()
                gone += 1
        return gone

    def _lay_out(self, gone: int) -> None:
        self.virtual_size = Size(self._widest, len(self._shown))
        if self.following:
            self.look_at(self.last)
        elif gone:
            self.look_at(max(0, self.scroll_offset.y - gone))
        self.moved()

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out, 0)

    def _pieces(self, line: LogLine) -> tuple[Piece, ...]:
        return render_log_line(line, self.zone, len(self._replicas) > 1, self._time.now().astimezone(self.zone).date())

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        base: Style = self.rich_style
        left, wide = self.scroll_offset.x, self.size.width
        line = self._pieces(self._shown[index]) if index < len(self._shown) else ()
        return build_strip(self, line, base, only_ascii=self._only_ascii).crop_extend(left, left + wide, base)


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
    if view.matching != view.total:
        yield (f" · {view.matching} of {format_line_count(view.total)}", "info")
    elif view.total:
        yield (f" · {format_line_count(view.total)}", "muted")
    if view.dropped:
        yield (f" · {view.dropped} older {'one' if view.dropped == 1 else 'ones'} dropped", "muted")


def format_line_count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
