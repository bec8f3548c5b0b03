"""The severity scale of an incident."""

import re
from dataclasses import dataclass, field

from cockpit.model.setting import LineText, NameText, setting


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    """One severity. `rank` 0 is the worst."""

    name: NameText = field(metadata=setting("As it is typed and shown: `P0`, `SEV-1`."))
    rank: int
    definition: LineText = field(default="", metadata=setting("When it is this one."))
    response: LineText = field(
        default="",
        metadata=setting('What is done then; its times become rules, as in a document: `"commander within 15 min"`.'),
    )
    backlog: bool = field(default=False, metadata=setting("`true`: no incident, but a note for the working day."))
    origin: str = "built in"


SeverityScale = tuple[SeverityLevel, ...]

DEFAULT_SEVERITY_SCALE: SeverityScale = (
    SeverityLevel("P0", 0, "Production down, data at risk, or an active security incident"),
    SeverityLevel("P1", 1, "A major feature is broken, or one customer is blocked"),
    SeverityLevel("P2", 2, "Degraded or minor; work goes on around it"),
    SeverityLevel("P3", 3, "Cosmetic; backlog"),
)


def find_level(severity_scale: SeverityScale, text: str) -> SeverityLevel | None:
    """The severity level that `text` names: its name in any case, or `SEV-n` / `Pn` by number.

    A scale that starts at 1 (SEV-1) counts from 1, one that starts at 0 (P0) from 0; `SEV-1` on the P scale is P0.
    """
    wanted_name = text.strip().casefold()
    for item in severity_scale:
        if item.name.casefold() == wanted_name:
            return item
    number = re.fullmatch(r"(p|s|sev)[- ]?(\d)", wanted_name)
    if number is None or not severity_scale:
        return None
    first = re.search(r"\d", severity_scale[0].name)
    scale_start = int(first.group()) if first else 0
    word_start = 1 if number.group(1) != "p" else 0
    if number.group(1) == "p" and not severity_scale[0].name.casefold().startswith("p"):
        word_start = scale_start
    wanted_rank = int(number.group(2)) - word_start
    return next((entry for entry in severity_scale if entry.rank == wanted_rank), None)


def rank_severity(severity_scale: SeverityScale, text: str) -> int | None:
    """How bad what `text` names is, 0 the worst; None where the severity scale has no such severity level."""
    severity_level = find_level(severity_scale, text)
    return severity_level.rank if severity_level else None


def is_grave(severity_scale: SeverityScale, text: str) -> bool:
    """Whether `text` names a level of the upper half of the scale, backlog levels aside. What it lacks counts as one.

    Of four levels the first two are grave, of three and of five the middle one as well.
    """
    incident_levels = [item for item in severity_scale if not item.backlog]
    named = find_level(severity_scale, text)
    return named is None or named in incident_levels[: (len(incident_levels) + 1) // 2]


def find_severity_position(severity_scale: SeverityScale, text: str) -> int:
    """Where a severity sorts: the worst first, what the severity scale does not have last."""
    number = rank_severity(severity_scale, text)
    return len(severity_scale) if number is None else number


def is_lowered(severity_scale: SeverityScale, old: str, new: str) -> bool:
    """Whether the change to `new` is a lowering, which needs a reason; a rise never waits for words."""
    return find_severity_position(severity_scale, new) > find_severity_position(severity_scale, old)
