"""Rows of the alert pane: loudest first, then newest."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.incident import Acknowledgement
from widgets.cell import Cell, Column, Piece, Row

COLUMNS = (
    Column(1),
    Column(8),
    Column(0),
    Column(14, from_width=62),
    Column(34, prose=True, from_width=92),
    Column(9),
    Column(4, right=True),
)
STATES = (AlertState.FIRING, AlertState.RESOLVING, AlertState.PENDING, AlertState.SUPPRESSED, AlertState.RESOLVED)
SEVERITIES = tuple(Severity)
SHOUTS = frozenset({Severity.CRITICAL, Severity.HIGH})
LOOK = {
    AlertState.FIRING: ("▲", "warn"),
    AlertState.RESOLVING: ("△", "warn"),
    AlertState.PENDING: ("◌", "muted"),
    AlertState.SUPPRESSED: ("–", "muted"),
    AlertState.RESOLVED: ("✔", "good"),
}


STATE_RANK = {state: rank for rank, state in enumerate(STATES)}
SEVERITY_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def build_alert_rows(alerts: Sequence[Alert], acks: Mapping[str, Acknowledgement]) -> list[Row]:
    """One row an alert; `acks` are ours, by the alert's key. A taken alert is quieter than one nobody has."""
    ordered = sorted(
        alerts,
        key=lambda alert: (
            STATE_RANK[alert.state],
            SEVERITY_RANK[alert.severity],
            -alert.since.timestamp(),
            alert.key,
        ),
    )
    return [_build_alert_row(alert, acks.get(alert.key)) for alert in ordered]


def count_alerts(alerts: Sequence[Alert]) -> list[Piece]:
    """` ▲2 △1`, for the title of the pane."""
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    unsure = sum(alert.state is AlertState.RESOLVING for alert in alerts)
    pieces: list[Piece] = []
    if firing:
        loud = any(alert.severity in SHOUTS for alert in firing)
        pieces += [(" ", ""), (f"▲{len(firing)}", "bad" if loud else "warn")]
    if unsure:
        pieces += [(" ", ""), (f"△{unsure}", "warn")]
    return pieces


def choose_alert_look(alert: Alert) -> tuple[str, str]:
    """Glyph and tone of an alert; a loud one that fires is red."""
    glyph, tone = LOOK[alert.state]
    return (glyph, "bad") if alert.state is AlertState.FIRING and alert.severity in SHOUTS else (glyph, tone)


def quiet_word(alert: Alert) -> str:
    """How an alert is kept quiet: a person silenced it, another alert inhibits it, or a schedule mutes it."""
    verb = alert.note.partition(" ")[0]
    return verb if verb in ("silenced", "inhibited", "muted") else "silenced"


@lru_cache(maxsize=8_192)  # in a storm most alerts are those of the poll before
def _build_alert_row(alert: Alert, ack: Acknowledgement | None) -> Row:
    glyph, tone = choose_alert_look(alert)
    state = quiet_word(alert) if alert.state is AlertState.SUPPRESSED else alert.state.value
    taken = Cell(f"✔ {ack.actor}", "good") if ack else Cell(state, tone)
    return Row(
        alert.key,
        (
            Cell(glyph, tone),
            Cell(alert.severity.value, tone),
            Cell(alert.name, "" if ack else "strong"),
            Cell(alert.resource, "muted"),
            Cell(alert.note or alert.summary, "muted"),
            taken,
            Cell("", "", alert.since),
        ),
    )
