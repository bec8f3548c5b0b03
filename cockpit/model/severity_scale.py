"""The severity ladder of an incident."""

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


def find_level(ladder: SeverityScale, text: str) -> SeverityLevel | None:
    """The rung that `text` names: its name in any case, or `SEV-n` / `Pn` by number.

    A ladder that starts at 1 (SEV-1) counts from 1, one that starts at 0 (P0) from 0; `SEV-1` on the P ladder is P0.
    """
    wanted_name = text.strip().casefold()
    for item in ladder:
        if item.name.casefold() == wanted_name:
            return item
    number = re.fullmatch(r"(p|s|sev)[- ]?(\d)", wanted_name)
    if number is None or not ladder:
        return None
    first = re.search(r"\d", ladder[0].name)
    ladder_start = int(first.group()) if first else 0
    word_start = 1 if number.group(1) != "p" else 0
    if number.group(1) == "p" and not ladder[0].name.casefold().startswith("p"):
        word_start = ladder_start
    wanted_rank = int(number.group(2)) - word_start
    return next((entry for entry in ladder if entry.rank == wanted_rank), None)


def rank_severity(ladder: SeverityScale, text: str) -> int | None:
    """How bad what `text` names is, 0 the worst; None where the ladder has no such rung."""
    rung = find_level(ladder, text)
    return rung.rank if rung else None


def is_grave(ladder: SeverityScale, text: str) -> bool:
    """Whether `text` names a level of the upper half of the ladder, backlog levels aside. What it lacks counts as one.

    Of four levels the first two are grave, of three and of five the middle one as well.
    """
    incident_levels = [item for item in ladder if not item.backlog]
    named = find_level(ladder, text)
    return named is None or named in incident_levels[: (len(incident_levels) + 1) // 2]


def find_severity_position(ladder: SeverityScale, text: str) -> int:
    """Where a severity sorts: the worst first, what the ladder does not have last."""
    number = rank_severity(ladder, text)
    return len(ladder) if number is None else number


def is_lowered(ladder: SeverityScale, old: str, new: str) -> bool:
    """Whether the change to `new` is a lowering, which needs a reason; a rise never waits for words."""
    return find_severity_position(ladder, new) > find_severity_position(ladder, old)
