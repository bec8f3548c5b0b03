"""What a terminal sends, as messages for the app: any byte may come, and none of them may end the screen.

Textual's parser raises on some of what a terminal can send: a byte that is not UTF-8, a key report with an event type
or with a number that is no character. It would take its thread, and so the screen, with it.
"""

import codecs
import logging
import re
from collections.abc import Callable, Iterable, Iterator

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Key, Paste, Resize
from textual.keys import Keys
from textual.message import Message

from screens.shared.device_status import ANSWER

log = logging.getLogger(__name__)

TOGETHER = 0.15  # seconds between two Esc that count as one: no hand means two so close, a stalled line brings them so
QUIET = 0.05  # seconds without a key before and after one that counts: a terminal pastes faster, no hand does
WIDEST = 10_000  # columns and rows: a report of more is noise, and would be drawn for ever
LONGEST_PASTE = 1_000_000  # characters; the rest of a longer one is left out
X10_MOUSE = b"\x1b[M"  # followed by three bytes of any value: button, column, row
X10_BYTES = 3
PASTE_START, PASTE_END = BRACKETED_PASTE_START.encode(), BRACKETED_PASTE_END.encode()

# https://sw.kovidgoyal.net/kitty/keyboard-protocol/: code:alternates ; modifiers:event ; text, as code points
KEY_REPORT = re.compile(
    r"\x1b\[(?P<code>\d*)(?::[\d:]*)?(?:;(?P<modifiers>\d*)(?::(?P<event>\d*))?)?(?:;(?P<text>[\d:]*))?(?P<end>[u~A-S])"
)
REPEAT, RELEASE = "2", "3"
LEGACY_ENTER = "\r"
IGNORED = (Key(Keys.Ignore, None),)
LAST_CHARACTER = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


IN_BURST = "_in_burst"


def is_in_burst(key: Key) -> bool:
    """Whether it came in one piece with other letters: pasted without brackets, or over a line that had stalled."""
    return bool(getattr(key, IN_BURST, False))


class KeyReportParser(XTermParser):
    """Textual's parser, which also understands key reports that tell a press from a repeat and a release."""

    reports_releases = False  # whether this terminal reports that a key was let go
    answers = 0  # to the question whether it has shown what was drawn, that nobody has taken yet

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if sequence == ANSWER:
            self.answers += 1
            return IGNORED
        if sequence == LEGACY_ENTER:  # what reports keys sends a report for Enter, too: it has stopped doing so
            self.reports_releases = False
        report = KEY_REPORT.fullmatch(sequence)
        if report is None:
            return super()._sequence_to_key_events(sequence, alt)
        if report["event"] == RELEASE:
            self.reports_releases = True
            return IGNORED
        if not all(map(_is_character, (report["code"], *(report["text"] or "").split(":")))):
            return IGNORED
        keys = list(super()._sequence_to_key_events(_without_event(report), alt))
        if report["event"] == REPEAT and any(key.key == "enter" for key in keys):
            return IGNORED  # a held Enter is one Enter
        return keys


def _is_character(number: str) -> bool:
    return not number or (int(number) <= LAST_CHARACTER and int(number) not in SURROGATES)


def _without_event(report: "re.Match[str]") -> str:
    """The report as Textual's parser reads it: no alternates of the code, no event type beside the modifiers."""
    if report["modifiers"] is None and report["text"] is None:
        return f"\x1b[{report['code']}{report['end']}"
    text = f";{report['text']}" if report["text"] is not None else ""
    return f"\x1b[{report['code']};{report['modifiers'] or ''}{text}{report['end']}"


class LenientDecoder:
    """Bytes to text. What is not text in the terminal's encoding becomes U+FFFD, and never waits for ever."""

    def __init__(self, encoding: str) -> None:
        self._decode = codecs.getincrementaldecoder(_find_known_encoding(encoding))(errors="replace").decode
        self._last = b""  # the last bytes, one less than what begins or ends a paste
        self._mouse_bytes = 0  # that are still to come of a mouse report
        self._is_pasted = False  # in a paste nothing is a mouse report: one would take the end of the paste along

    def decode(self, data: bytes) -> str:
        if self._mouse_bytes == 0 and X10_MOUSE not in self._last + data:
            self._note(data)
            return self._decode(data)
        return "".join(self._decode_byte(bytes((number,))) for number in data)

    def _decode_byte(self, byte: bytes) -> str:
        """The bytes of a mouse report, which are numbers, stand as plain signs: they are no text."""
        if self._mouse_bytes:
            self._mouse_bytes -= 1
            return "!"
        if not self._is_pasted and (self._last + byte).endswith(X10_MOUSE):
            self._mouse_bytes = X10_BYTES
        self._note(byte)
        return self._decode(byte)

    def _note(self, data: bytes) -> None:
        """Whether a paste goes on behind these bytes."""
        text, place = self._last + data, 0
        while (place := text.find(PASTE_END if self._is_pasted else PASTE_START, place)) >= 0:
            self._is_pasted = not self._is_pasted
            place += len(PASTE_END)
        self._last = text[1 - len(PASTE_END) :]


def _find_known_encoding(encoding: str) -> str:
    """An encoding that there is; ASCII says nothing about what a terminal sends."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"
    return "utf-8" if name == "ascii" else name


class TerminalInput:
    """Feed it bytes; it yields messages and never raises. `seconds` is a monotonic clock."""

    def __init__(self, encoding: str, seconds: Callable[[], float], *, debug: bool = False) -> None:
        self._decoder = LenientDecoder(encoding)
        self._debug = debug
        self._parser = KeyReportParser(debug)
        self._seconds = seconds
        self._escaped = float("-inf")  # when the last Esc came
        self._recent = ""  # the last characters, as many as a paste begins or ends with
        self._pasted: list[str] | None = None  # what came of a paste that has not ended

    @property
    def reports_releases(self) -> bool:
        return self._parser.reports_releases

    def take_answers(self) -> int:
        """How often the terminal answered since this was asked last, that it has shown what was drawn."""
        count, self._parser.answers = self._parser.answers, 0
        return count

    def feed(self, data: bytes) -> Iterator[Message]:
        messages = [
            message for character in self._decoder.decode(data) for message in self._filter(self._take(character))
        ]
        keys = [message for message in messages if isinstance(message, Key)]
        if sum(key.is_printable for key in keys) > 1:
            for key in keys:
                setattr(key, IN_BURST, True)
        yield from messages

    def tick(self) -> Iterator[Message]:
        """An Esc that nothing followed is the key. To be called now and then."""
        yield from self._filter(self._parse(lambda: self._parser.tick()))

    def _take(self, character: str) -> Iterable[Message]:
        self._recent = (self._recent + character)[-len(BRACKETED_PASTE_END) :]
        if self._pasted is not None:
            return self._paste(character)
        if self._recent == BRACKETED_PASTE_START:
            self._pasted = []
        return self._parse(lambda: self._parser.feed(character))

    def _paste(self, character: str) -> Iterable[Message]:
        """A paste is text whatever is in it: Textual's parser would press the keys that follow an Esc in it."""
        assert self._pasted is not None
        if len(self._pasted) < LONGEST_PASTE + len(BRACKETED_PASTE_END):
            self._pasted.append(character)
        if self._recent != BRACKETED_PASTE_END:
            return ()
        text = "".join(self._pasted)[: -len(BRACKETED_PASTE_END)].replace("\0", "")
        self._pasted = None
        list(self._parse(lambda: self._parser.feed(BRACKETED_PASTE_END)))  # it has waited for this since the beginning
        return (Paste(text),)

    def _parse(self, step: Callable[[], Iterable[Message]]) -> Iterable[Message]:
        """What the parser makes of it. One that raised has ended: a new one takes its place."""
        try:
            return list(step())
        except Exception:
            log.warning("the terminal sent what cannot be read", exc_info=True)
            broken, self._parser = self._parser, KeyReportParser(self._debug)
            self._parser.reports_releases, self._parser.answers = broken.reports_releases, broken.answers
            self._parser.mouse_pixels = broken.mouse_pixels
            self._parser.terminal_size = broken.terminal_size
            self._parser.terminal_pixel_size = broken.terminal_pixel_size
            return ()

    def _filter(self, messages: Iterable[Message]) -> Iterator[Message]:
        for message in messages:
            if isinstance(message, Key) and message.key == "escape":
                last, self._escaped = self._escaped, self._seconds()
                if self._escaped - last < TOGETHER:
                    continue
            if isinstance(message, Resize) and not all(0 < cells <= WIDEST for cells in message.size):
                continue
            yield message
