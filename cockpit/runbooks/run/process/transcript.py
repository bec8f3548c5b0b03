"""What a command printed: as it comes for the screen, head and tail for the timeline; the transcript has all of it."""

import codecs
import os
from collections.abc import Callable
from pathlib import Path

from cockpit.model.secret_detection.escapes import ESCAPES
from cockpit.model.text import clean_text

KEPT = 50_000  # bytes of output on the timeline: half of it from the beginning, half from the end
AT_ONCE = 262_144  # bytes shown in one go: cleaning them takes a few milliseconds
BEHIND = 1_048_576  # bytes after which the screen jumps ahead


def make_readable(text: str) -> str:
    """Output as text: colours and cursor movements are gone, a progress bar is lines, the rest is cleaned."""
    plain = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return clean_text(plain, limit=len(plain) + 1)


class TranscriptTail:
    """Reads a growing transcript. `mask` takes out what became a secret only after the command began."""

    def __init__(self, path: Path, mask: Callable[[str], str], *, index: int = 0) -> None:
        self.path = path
        self._mask = mask
        self._at = index
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""  # what may still grow into an escape sequence, a secret or `\r\n`

    def read(self) -> str:
        """What is new, up to 256 KB; whoever falls far behind gets the newest, with a notice."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                skipped = max(0, size - self._at - BEHIND) and size - self._at - AT_ONCE
                file.seek(self._at + skipped)
                chunk = file.read(AT_ONCE)
        except OSError:
            return ""
        self._at += skipped + len(chunk)
        text = self._line + self._decode.decode(chunk)
        whole = text.rfind("\n") + 1 if chunk else len(text)  # a line that stays as it is for a while is shown so
        self._line = text[whole:]
        shown_text = self._mask(make_readable(text[:whole]))
        return f"\n… {skipped // 1024} KB more are in the transcript …\n{shown_text}" if skipped else shown_text

    def rest(self) -> str:
        """Everything up to the end of the file as it is now."""
        pieces = []
        while True:
            before = self._at
            pieces.append(self.read())
            if self._at == before:  # nothing new: that was the line held back
                return "".join(pieces)


def read_excerpt(path: Path, index: int, limit: int = BEHIND) -> str:
    """The first megabyte of a transcript from byte `index` on, readable; "" when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(index)
            return make_readable(file.read(limit).decode("utf-8", "replace"))
    except OSError:
        return ""


def head_and_tail(path: Path, kept: int = KEPT) -> str:
    """The transcript, or its two ends with what was left out between them in figures. "" when it cannot be read."""
    half = kept // 2
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= kept:
                return make_readable(file.read(kept).decode("utf-8", "replace"))
            head = file.read(half)
            file.seek(size - half)
            tail = file.read(half)
    except OSError:
        return ""
    left_out = size - len(head) - len(tail)
    return (
        f"{make_readable(head.decode('utf-8', 'replace'))}\n… {left_out} bytes more are in the transcript …\n"
        f"{make_readable(tail.decode('utf-8', 'replace'))}"
    )
