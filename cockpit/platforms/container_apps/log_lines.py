"""Lines of the log streams and rows of Log Analytics, as LogLines. Pure and total."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cockpit.model.raw import dig_value, read_moment, read_text
from cockpit.model.reading import LogLine
from cockpit.model.text import MAX_LINE, clean_line, clean_lines

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CHATTER = re.compile(r"(Connecting to |Successfully [Cc]onnected to )(the (container|events)|container|events)")
SUFFIX = re.compile(r"_[sgdbt]$")


def console_lines(several: Sequence[bytes], revision: str, replica: str) -> list[LogLine | None]:
    """Lines of a container's output, None for what says nothing: blank, null, or the stream greeting us. They are
    cleaned together, as they came."""
    records = [record_of(raw) for raw in several]
    texts = [
        _drop_colours(raw if record is None else record.get("Log"))
        for raw, record in zip(several, records, strict=True)
    ]
    return [
        LogLine(sentence, read_moment(dig_value(record, "TimeStamp")), "console", revision, replica)
        if sentence and not CHATTER.match(sentence)
        else None
        for sentence, record in zip(clean_lines(texts, MAX_LINE), records, strict=True)
    ]


def console_line(raw: bytes, revision: str, replica: str) -> LogLine | None:
    """The same of one."""
    return console_lines((raw,), revision, replica)[0]


def system_lines(several: Sequence[bytes], revision: str) -> list[LogLine | None]:
    return [system_line(raw, revision) for raw in several]


def system_line(raw: bytes, revision: str) -> LogLine | None:
    """One line of the platform about `revision` or the whole app; None when it is about another, or says nothing."""
    record = record_of(raw)
    if record is None:
        sentence = clean_log_text(raw)
        return LogLine(sentence, None, "system") if sentence and not CHATTER.match(sentence) else None
    sentence, about = clean_log_text(record.get("Msg")), read_text(record.get("RevisionName"))
    if not sentence or CHATTER.match(sentence) or about not in ("", revision):
        return None
    return LogLine(sentence, read_moment(record.get("TimeStamp")), "system", about, *where_and_why(record))


def table_row(raw: Mapping[str, Any]) -> LogLine | None:
    """One row of either table layout of Log Analytics: columns may end in `_s` or not. None without a text."""
    row = {SUFFIX.sub("", key): value for key, value in raw.items() if value is not None}
    sentence = clean_log_text(row.get("Log"))
    if not sentence:
        return None
    system = bool(row.get("EventSource") or row.get("Reason"))
    replica, reason = where_and_why(row)
    return LogLine(
        sentence,
        read_moment(row.get("TimeGenerated")),
        "system" if system else "console",
        read_text(row.get("RevisionName")),
        replica or read_text(row.get("ContainerGroupName")),
        reason,
    )


def record_of(raw: bytes) -> Mapping[str, Any] | None:
    """The JSON object of a line, None for a line that is none and so stands for itself."""
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, Mapping) else None


def clean_log_text(value: object) -> str:
    """A log text on one line, cleaned, without the colours its program meant for another screen."""
    return clean_line(_drop_colours(value), MAX_LINE)


def _drop_colours(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return COLOUR.sub("", value) if isinstance(value, str) else ""


def where_and_why(record: Mapping[str, Any]) -> tuple[str, str]:
    return read_text(record.get("ReplicaName")), read_text(record.get("Reason"))
