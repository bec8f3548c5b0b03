"""What the wall names of what is broken: which thing it is about, the value of a signal, a storm as one."""

from datetime import UTC, datetime

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.overall import list_troubles
from cockpit.model.probe import ProbeState, SignalResult
from widgets.wall import _get_sign, _join_troubles

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def alert(number: int, name: str = "5xxHigh", **labels: str) -> Alert:
    pairs = tuple({"alertname": name, **labels}.items())
    return Alert("am", f"{name}{number}", name, Severity.HIGH, AlertState.FIRING, NOW, "prod", labels=pairs)


def read_signs(*items: object) -> list[str]:
    return [_get_sign(trouble)[0] for trouble in _join_troubles(list_troubles(tuple(items)))]


def test_an_alert_names_what_it_is_about_and_a_storm_its_number() -> None:
    assert read_signs(alert(1, app="shop")) == ["▲ 5xxHigh shop"]
    assert read_signs(*(alert(n, app="shop", pod=f"p{n}") for n in range(214))) == ["▲ 5xxHigh ×214"]


def test_a_signal_shows_its_value() -> None:
    signal = SignalResult("5xx share", "prod", ProbeState.DEGRADED, NOW, value=12.0, unit="%", reason="12 %, not < 5")
    assert read_signs(signal) == [f"◐ 5xx share {signal.text}"]
