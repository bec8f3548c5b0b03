"""What becomes of an alert that fires no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cockpit.feeds.azure_alerts.feed import (
    VanishedAlert,
    decide_vanished_alert,
    find_vanished_alerts,
    list_shown_alerts,
)
from cockpit.model.alert import Alert, AlertState, Severity

NOW = datetime(2026, 2, 27, 2, 14, tzinfo=UTC)
FIRED = Alert("azure", "a", "5xx", Severity.HIGH, AlertState.FIRING, NOW, "prod")
RESOLVED = replace(FIRED, state=AlertState.RESOLVED)


def test_a_vanished_alert_is_only_perhaps_resolved() -> None:
    gone = find_vanished_alerts({"a": FIRED}, {}, {}, NOW)
    (shown,) = list_shown_alerts({}, gone)
    assert (shown.state, shown.note) == (AlertState.RESOLVING, "vanished, not confirmed yet")
    assert shown.key == FIRED.key


def test_what_azure_confirms_is_resolved() -> None:
    shown = decide_vanished_alert(VanishedAlert(FIRED, NOW, RESOLVED))
    assert (shown.state, shown.note) == (AlertState.RESOLVED, "confirmed by Azure Monitor")


def test_an_alert_that_fires_again_is_no_longer_gone() -> None:
    assert find_vanished_alerts({}, {"a": VanishedAlert(FIRED, NOW)}, {"a": FIRED}, NOW) == {}


def test_a_resolved_alert_leaves_after_a_while_and_an_unconfirmed_one_never() -> None:
    confirmed, unconfirmed = VanishedAlert(FIRED, NOW, RESOLVED), VanishedAlert(replace(FIRED, fingerprint="b"), NOW)
    gone = {"a": confirmed, "b": unconfirmed}
    assert set(find_vanished_alerts({}, gone, {}, NOW + timedelta(minutes=10))) == {"a", "b"}
    assert set(find_vanished_alerts({}, gone, {}, NOW + timedelta(minutes=20))) == {"b"}
    assert set(find_vanished_alerts({}, gone, {}, NOW + timedelta(days=61))) == {"b"}
