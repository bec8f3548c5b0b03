"""Reading from outside without trust: fields of an answer, any of which may be missing, null, of another type, or
hostile; and files that somebody names and that may be none: a pipe nobody writes to, a terminal, what has no end.
"""

import asyncio
import os
import re
import select
import stat
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cockpit.model.text import MAX_LINE, clean_line

RESOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,12})?\s*(Z|[+-]\d\d:?\d\d)?")
SECONDS_TO_WAIT = re.compile(r"(?ai)(?P<seconds>\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?)?\s*(?:[,;]|$)")
LONGEST_SAID_WAIT = 86_400.0 * 365  # seconds; who waits for a server has a limit of its own
LONGEST_WAIT = 10.0  # seconds for all of it: whoever writes into a pipe is started together with us
AT_ONCE = 65_536  # bytes
LONGEST_OUTPUT = 1_000_000  # bytes of what a program answers that is asked something
LOOK_AGAIN = 0.05  # seconds
AFTER_THE_END = 0.5  # seconds for the last output of a program that ended


def dig_value(raw: object, *path: str) -> Any:
    """The value at the end of `path`, None as soon as a step is missing or no mapping."""
    for key in path:
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(key)
    return raw


def read_text(value: object, limit: int = MAX_LINE) -> str:
    """One cleaned line of a string or number; "" for everything else."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return clean_line(value, limit)
    return ""


def resource_name(value: object, limit: int = MAX_LINE) -> str:
    """The name of a resource: as `text`, but a name that fits Azure's rules stays to the letter, as it is sent back."""
    return value if isinstance(value, str) and RESOURCE_NAME.fullmatch(value) else read_text(value, limit)


def read_integer(value: object) -> int | None:
    """A whole number, also one sent as text ("100"); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 18:
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def list_mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings of a list; anything else in it is left out."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return []
    return [fields for fields in value if isinstance(fields, Mapping)]


def read_moment(value: object) -> datetime | None:
    """A time in UTC from any shape that APIs write: `T` or a space, up to 9 decimals, `Z`, an offset, ` +0000 UTC`.

    A time without a zone is UTC. Unreadable ones, and the year-1 zero of .NET and Go, are None.
    """
    if isinstance(value, datetime):
        return in_utc(value)
    match = MOMENT.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        return in_utc(datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone or ''}"))
    except ValueError:
        return None


def read_retry_after(value: object, now: datetime) -> float | None:
    """Seconds that a server asked us to wait (RFC 9110, 10.2.3: seconds or a date), None where it did not say.

    Some say it twice, which clients join with a comma, with a fraction or a unit, or in figures without end (the epoch
    in milliseconds): however long, it is said to wait. A date that is past is no wait.
    """
    text = value.strip() if isinstance(value, str) else ""
    if match := SECONDS_TO_WAIT.match(text):
        return min(float(match["seconds"]), LONGEST_SAID_WAIT)
    from email.utils import parsedate_to_datetime  # only who is throttled needs it

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_SAID_WAIT)


def in_utc(value: datetime) -> datetime | None:
    """`value` in UTC, None when it lies before 1970 and so means `never`."""
    if value.year < 1970:
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None


# Files. Blocking, but for no longer than a person waits for the first line of an answer.


def read_named_file(path: Path, limit: int) -> bytes:
    """At most `limit` bytes of a file, or of what a pipe (`<(...)`, `/dev/stdin`, a FIFO) brings in time.

    Raises OSError, also TimeoutError where nobody writes or does not end, and ValueError for what is no path.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(21, "Is a directory")
        return _read_until_end(descriptor, limit)
    finally:
        os.close(descriptor)


def _read_until_end(descriptor: int, limit: int) -> bytes:
    """A FIFO without a writer reads as ended, so whatever is no regular file is waited for before it is read."""
    waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
    until = time.monotonic() + LONGEST_WAIT
    content = bytearray()
    while len(content) < limit:
        if waits:
            _wait_for_bytes(descriptor, until, begun=bool(content))
        try:
            chunk = os.read(descriptor, min(AT_ONCE, limit - len(content)))
        except BlockingIOError:  # what the kernel calls a file and would wait in, such as /proc/kmsg
            waits = True
            continue
        if not chunk:
            break
        content += chunk
    return bytes(content)


def _wait_for_bytes(descriptor: int, until: float, *, begun: bool) -> None:
    """Until there is something to read, or an end. Raises TimeoutError."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        what = "did not end within" if begun else "gave nothing for"
        raise TimeoutError(110, f"it {what} {LONGEST_WAIT:.0f} seconds")


# Programs


async def read_process_output(process: asyncio.subprocess.Process, limit: int = LONGEST_OUTPUT) -> tuple[bytes, bytes]:
    """What a program prints until it ends, at most `limit` bytes of each stream.

    One that prints without end stops in a full pipe, and its caller's time runs out, not our memory. Where it leaves a
    program behind that holds its pipes open, what came before is taken.
    """
    standard_output, standard_error = bytearray(), bytearray()
    reading = asyncio.gather(
        _read_stream(process.stdout, standard_output, limit), _read_stream(process.stderr, standard_error, limit)
    )
    ending = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:  # `wait` ends only once nobody holds the pipes, also of those left behind
            await asyncio.wait([ending], timeout=LOOK_AGAIN)
        if not reading.done():
            await asyncio.wait([reading], timeout=AFTER_THE_END)
    finally:
        reading.cancel()
        ending.cancel()
        await asyncio.gather(reading, ending, return_exceptions=True)
        # Else a full pipe, or one that another program holds, would keep `wait` from returning.
        process._transport.close()  # type: ignore[attr-defined]
    return bytes(standard_output), bytes(standard_error)


async def _read_stream(stream: asyncio.StreamReader | None, content: bytearray, limit: int) -> None:
    while stream is not None and len(content) < limit:
        if not (chunk := await stream.read(min(AT_ONCE, limit - len(content)))):
            return
        content += chunk
