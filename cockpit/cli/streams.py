"""Standard input, output and error as a command finds them: closed, full, or in an encoding without our signs.

What a command did stays done when its words cannot be printed: then it says so in one sentence, with an exit code that
no command uses for an answer.
"""

import codecs
import io
import os
import sys
from collections.abc import Mapping

from cockpit.model.text import in_ascii

OUTPUT_LOST = 74  # exit code, as sysexits.h has it for input and output
BROKEN = 70  # exit code of a defect, likewise
READER_LEFT = (
    141  # exit code as a shell gives it for SIGPIPE: 0 would say that `cockpit status | head -1` found all well
)
FALLBACK = "cockpit.signs"  # the name of our handler for what an encoding does not have


class OutputError(OSError):
    """Standard output takes nothing: closed, or the disk behind it is full."""


class ReaderLeftError(Exception):
    """Whoever read standard output left. No OSError: click would end the command with 1, an answer of `status`."""


class OutputFile(io.FileIO):
    """Tells a failure of its own apart from one of any other file."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]  # whatever bytes the buffer hands on
        except BrokenPipeError:
            raise ReaderLeftError("whoever read the output left") from None
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from None


class ErrorFile(io.FileIO):
    """What cannot be told is lost: no error of it may take the place of the exit code that says what was done."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]  # whatever bytes the buffer hands on
        except OSError:
            return len(data)  # type: ignore[arg-type]


def open_streams(environ: Mapping[str, str] = os.environ) -> None:
    """Make all three usable. A descriptor that is closed would be given to the next file, and be written into."""
    codecs.register_error(FALLBACK, _in_signs_there_are)
    closed = [number for number in (0, 1, 2) if not _is_open(number)]
    for number in closed:
        # Output that nobody can read is open for reading alone, so that a write fails; standard error is let go.
        nowhere = os.open(os.devnull, os.O_RDWR if number == 2 else os.O_RDONLY)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
    if 0 in closed:
        sys.stdin = os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)
    if 2 in closed or sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="replace", closefd=False)
    elif isinstance(sys.stderr, io.TextIOWrapper) and sys.stderr is sys.__stderr__:
        encoding = _find_encoding(sys.stderr, environ)
        raw = io.BufferedWriter(ErrorFile(2, "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, encoding=encoding, errors=FALLBACK, line_buffering=True)
    elif isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding=_find_encoding(sys.stderr, environ), errors=FALLBACK)
    if 1 in closed or _is_the_process_own(sys.stdout):
        _open_output(environ)


def _open_output(environ: Mapping[str, str]) -> None:
    before = sys.stdout
    encoding = _find_encoding(before, environ) if before is not None else "utf-8"
    lines = bool(before is not None and before.isatty())
    raw = OutputFile(1, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=FALLBACK, line_buffering=lines)


def drop_output() -> None:
    """Nothing more is printed, and the end of the process does not try again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _is_the_process_own(stream: object) -> bool:
    """False where somebody (a test) put another one there."""
    return stream is None or (isinstance(stream, io.TextIOWrapper) and stream is sys.__stdout__)


def _find_encoding(stream: object, environ: Mapping[str, str]) -> str:
    """As the locale names it, also where the machine does not have that locale: the terminal is set to it."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    _, dot, charset = locale.partition(".")
    try:
        named = codecs.lookup(charset.partition("@")[0]).name if dot else ""
    except LookupError:
        named = ""
    return named if named and not environ.get("PYTHONIOENCODING") else getattr(stream, "encoding", None) or "utf-8"


def _in_signs_there_are(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end


class FinishedCommand(SystemExit):
    """The end of a command that has closed all that it opened: nothing is left that the interpreter must tidy up."""


def leave_at_once(end: FinishedCommand) -> None:
    """End the process with its output written; to take hundreds of modules apart would be a sixth of its time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(end.code or 0))
