"""What only several lines of one log give away: known secrets and private keys that stand over lines.

Lines that came with one read were masked together, by `clean_lines`. A secret that is broken over lines (base64 is, and
whatever a logger wraps) may come with two reads. So the lines in which one has begun wait a moment for those after
them, and what comes later is understood by what was passed on before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cockpit.model.reading import LogLine
from cockpit.model.secret import KNOWN_SECRETS, MASK
from cockpit.model.secret_detection.masking import make_stream_secrets
from cockpit.model.secret_detection.stream import KeyLineMask
from cockpit.model.text import mask_across_lines

LONGEST_WAIT = 1.0  # seconds that the beginning of a secret waits for the rest of it
LEAST_BEGUN = 4  # letters and digits at the end of a line: fewer begin a secret by chance, and tell little of it
MOST_LINES = 64  # over which a secret is looked for
MOST_SHOWN = 0.5  # of a secret whose rest did not come; of a longer beginning nothing is shown


class LogMask:
    """Lines of all streams and replicas of a revision in, those that may be shown out.

    What it holds must be asked for with `settle` when nothing has come for a while.
    """

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], StreamMask] = {}

    @property
    def is_holding(self) -> bool:
        return any(stream.held for stream in self._streams.values())

    def feed(self, lines: Iterable[LogLine]) -> list[LogLine]:
        by_stream: dict[tuple[str, str], list[LogLine]] = {}
        for line in lines:
            by_stream.setdefault((line.stream, line.replica), []).append(line)
        ready: list[LogLine] = []
        for stream, several in by_stream.items():
            ready += self._streams.setdefault(stream, StreamMask()).feed(several)
        return ready

    def settle(self) -> list[LogLine]:
        """What waits for what does not come."""
        return [line for stream in self._streams.values() for line in stream.settle()]


class StreamMask:
    """One stream of one replica."""

    def __init__(self) -> None:
        self.held: list[LogLine] = []
        self._before: list[str] = []  # the last lines that were passed on, where a secret begins in them
        self._key = KeyLineMask()

    def feed(self, lines: Sequence[LogLine]) -> list[LogLine]:
        lines = [*self.held, *lines]
        texts = mask_lines([*self._before, *(line.text for line in lines)])
        begun = find_begun_line(texts)
        shown = max(0, min(begun, len(texts)) - len(self._before))
        ready = [with_text(line, text) for line, text in zip(lines, texts[len(self._before) :], strict=True)]
        self.held, self._before = ready[shown:], texts[begun : len(self._before)]
        ready = ready[:shown]
        if len(self.held) > MOST_LINES:
            ready += self.settle()
        return self._hide_keys(ready)

    def settle(self) -> list[LogLine]:
        """The lines that were held, without what is most of a secret; what comes after them is understood by them."""
        lines, self.held = self.held, []
        if not lines:
            return []
        texts = [line.text for line in lines]
        self._before = [*self._before, *texts][-MOST_LINES:]
        return self._hide_keys([with_text(*pair) for pair in zip(lines, hide_beginning(texts), strict=True)])

    def _hide_keys(self, lines: Sequence[LogLine]) -> list[LogLine]:
        return [with_text(line, self._key.hide(line.text)) for line in lines]


def with_text(line: LogLine, text: str) -> LogLine:
    return line if text == line.text else replace(line, text=text)


def mask_lines(texts: Sequence[str]) -> list[str]:
    """Lines with known secrets masked, also where one stands over several of them."""
    whole = "\n".join(texts)
    return mask_across_lines(whole) if KNOWN_SECRETS.mask(whole) != whole else list(texts)


def find_begun_line(texts: Sequence[str]) -> int:
    """The number of the line from which on a secret may have begun that goes on; how many there are where none has."""
    place = _find_begun(texts)
    return len(texts) if place is None else place[0]


def hide_beginning(texts: Sequence[str]) -> list[str]:
    """Lines without the beginning of a secret at their end, where most of it is there."""
    place = _find_begun(texts)
    if place is None or place[2] <= MOST_SHOWN:
        return list(texts)
    number, column, _ = place
    return [*texts[:number], texts[number][:column] + MASK, *[MASK] * (len(texts) - number - 1)]


def _find_begun(texts: Sequence[str]) -> tuple[int, int, float] | None:
    """In which line and where in it a secret begins at the end of some lines, and how much of it is there."""
    if not KNOWN_SECRETS.values:
        return None
    first = max(0, len(texts) - MOST_LINES)
    whole = "".join(f"{text}\n" for text in texts[first:]).encode("utf-8", "surrogatepass")
    begun = make_stream_secrets(KNOWN_SECRETS.values).find_begun(whole, LEAST_BEGUN)
    if begun is None:
        return None
    before = whole[: begun.start].decode("utf-8", "surrogatepass")
    return first + before.count("\n"), len(before) - before.rfind("\n") - 1, begun.share
