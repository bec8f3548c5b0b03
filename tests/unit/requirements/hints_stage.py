"""What an example team's documents say when an alert fires."""

from datetime import UTC, datetime

from cockpit.config import load_system as load_config
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.runbooks.catalogue.alert_match import Match, match_alerts
from cockpit.runbooks.catalogue.load import load_catalogue
from tests.unit.requirements.teams import EXAMPLES


def hint(team: str, name: str) -> Match:
    """The first help for an alert of that name."""
    return list_hints(team, name)[0]


def list_hints(team: str, name: str) -> tuple[Match, ...]:
    """All that the documents say about an alert of that name, the surest first."""
    catalogue = load_catalogue(load_config(EXAMPLES / team / "cockpit.toml").runbooks)
    since = datetime(2026, 11, 21, tzinfo=UTC)
    return match_alerts(catalogue, [Alert("a", name, name, Severity.HIGH, AlertState.FIRING, since, "prod")])


def chapter(match: Match) -> str:
    """The heading that the help is under."""
    assert match.procedure is not None
    return " / ".join((*match.procedure.within, match.procedure.title))
