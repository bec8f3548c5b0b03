"""What the communicate screen says around a message: which there are, to whom, what it promises, what is missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from cockpit.incident.messages.fields import format_brief
from cockpit.model.incident import Incident
from cockpit.model.plan import Template
from screens.messages.drafts import count_minutes
from widgets.bar import GAP, STATUS_TONES, TIGHT, spread_pieces
from widgets.cell import Cell, Column, Piece, Row, measure_pieces

COLUMNS = (Column(0), Column(9), Column(7))
AUDIENCES = ("client", "team", "authority")
NOTHING_SENT: tuple[Piece, ...] = (
    ("Nothing is sent from here: ", ""),
    ("c", "key"),
    (" copies, you send it, ", ""),
    ("s", "key"),
    (" records that you did.", ""),
)


WRITING: tuple[Piece, ...] = (
    ("Your text. ", ""),
    ("esc", "key"),
    (" when it is done; then ", ""),
    ("c", "key"),
    (" copies, ", ""),
    ("s", "key"),
    (" records that you sent it.", ""),
)


def render_head(incident: Incident, production: bool, width: int) -> list[Piece]:
    """What it is about; where there is no room its title gives way, never its status."""
    drill: list[Piece] = [("DRILL ", "warn")] if incident.drill else []
    pieces: list[Piece] = [
        (" Communicate", "strong"),
        GAP,
        (f" {incident.environment.upper()} ", "place" if production else "strong"),
        ("  ", ""),
        *drill,
        (f"{incident.severity_text} ", "bad" if incident.open else "good"),
        (incident.title, "strong"),
        GAP,
        (incident.status.value.upper(), STATUS_TONES[incident.status]),
    ]
    if measure_pieces(pieces) > width:
        pieces = [TIGHT if piece == GAP else piece for piece in pieces]
    return spread_pieces(pieces, [], width)


def list_rows(templates: Sequence[Template], states: Mapping[str, str]) -> list[Row]:
    """A row a message; `states` says by its id what a person did with it: changed, copied or sent."""
    return [
        Row(
            template.id,
            (Cell(template.title), Cell(template.audience, "muted"), Cell(states.get(template.id, ""), "info")),
        )
        for template in templates
    ]


def render_settings(
    audience: str, promised: datetime | None, missing: int, now: datetime, zone: tzinfo, short: int = 0
) -> list[Piece]:
    """`to client · next one by 02:56 NZDT (13:56Z), in 29 min · 2 to fill`."""
    pairs: list[Piece] = [("to ", "muted"), (audience, "strong"), (" · ", "muted")]
    if promised is None:
        pairs.append(("promises no next one", "muted"))
    else:
        pairs += [("next one by ", "muted"), (format_brief(promised, zone), "strong")]
        pairs.append((f", in {count_minutes(promised, now)} min", "muted"))
    pairs.append((" · ", "muted"))
    fields = f"{missing} to fill"
    filled = (f"filled, {short} very short", "warn") if short else ("all filled", "good")
    pairs.append((fields, "warn") if missing else filled)
    return pairs
