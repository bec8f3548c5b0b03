"""What Azure Monitor says of an alert, as our own noun."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.mapping import map_alert, rule_name
from cockpit.model.alert import Alert, AlertState, Severity

NOW = datetime(2026, 2, 27, 2, 14, tzinfo=UTC)
GUID = "66114d64-d9d9-478b-95c9-b789d6502100"


def fired(**essentials: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((Path(__file__).parent / "answers" / "alerts.json").read_text())["value"][0]
    raw["properties"]["essentials"].update(essentials)
    return raw


def mapped(raw: dict[str, Any]) -> Alert:
    found = map_alert(raw, source="azure", environment="prod", polled=NOW)
    assert found is not None
    return found


def test_an_alert_is_named_by_its_rule_and_known_by_the_guid_at_the_end_of_its_id() -> None:
    found = mapped(fired())
    assert (found.name, found.fingerprint, found.native_id) == ("orders-api 5xx", GUID, GUID)
    assert (found.severity, found.native_state, found.resource) == (Severity.HIGH, "Acknowledged", "orders-api")
    assert found.since == datetime(2026, 2, 25, 2, 13, 10, 123456, tzinfo=UTC)
    assert found.links == (("rule", "https://portal.example.com/#rules/5xx"),)


def test_the_condition_decides_not_a_resolved_time_that_stands_beside_fired() -> None:
    firing, over = mapped(fired()), mapped(fired(monitorCondition="Resolved"))
    assert (firing.state, firing.ended) == (AlertState.FIRING, None)
    assert over.state is AlertState.RESOLVED
    assert over.ended == datetime(2026, 2, 25, 2, 13, 10, tzinfo=UTC)


def test_marks_of_people_do_not_change_whether_an_alert_fires() -> None:
    closed = mapped(fired(alertState="Closed"))
    assert closed.state is AlertState.FIRING
    assert closed.note == "closed in Azure, still firing"


def test_a_suppressed_alert_is_suppressed() -> None:
    assert mapped(fired(actionStatus={"isSuppressed": True})).state is AlertState.SUPPRESSED


def test_an_unknown_severity_is_shown_as_unknown_and_never_as_info() -> None:
    assert mapped(fired(severity="Sev9")).severity is Severity.UNKNOWN


@pytest.mark.parametrize(
    ("rule", "name"),
    [("/subscriptions/s/providers/microsoft.insights/metricAlerts/High errors", "High errors"), ("cpu", "cpu"),
     ("https://portal.example.com/#x", ""), ("", ""), ("https://[broken", "[broken")],
)  # fmt: skip
def test_a_rule_is_an_id_an_address_or_a_name(rule: str, name: str) -> None:
    assert rule_name(rule) == name


def test_an_alert_without_an_id_cannot_be_named_again_and_is_left_out() -> None:
    assert map_alert({"name": "ghost"}, source="azure", environment="prod", polled=NOW) is None


def test_a_start_that_cannot_be_read_is_when_we_saw_it() -> None:
    assert mapped(fired(startDateTime="yesterday", lastModifiedDateTime=None)).since == NOW


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(fired()["properties"]["essentials"])), json_values, json_values)
def test_no_field_however_odd_makes_the_mapping_raise(field: str, value: object, identifier: object) -> None:
    map_alert({**fired(**{field: value}), "id": identifier}, source="azure", environment="prod", polled=NOW)
