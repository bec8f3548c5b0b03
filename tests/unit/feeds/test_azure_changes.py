"""Entries of Azure's activity log and its service health become facts for the timeline."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.own_requests import MARK, is_of_cockpit, make_request_id
from cockpit.feeds.azure_changes import is_changing, join_activity, map_service_issue
from cockpit.model.event import Kind

SITE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/containerApps/shop-api"
WRITE = "Microsoft.App/containerApps/write"


def entry(status: str = "Succeeded", minute: int = 0, operation: str = WRITE, **rest: Any) -> dict[str, Any]:
    """One entry of the log."""
    return {
        "correlationId": "c-1",
        "operationName": {"value": operation},
        "resourceId": SITE,
        "caller": "ben@example.com",
        "status": {"value": status},
        "eventTimestamp": f"2026-11-21T02:{minute:02}:00.1234567Z",
        **rest,
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_entries_of_one_operation_are_one_fact_in_its_last_state(order: tuple[int, ...]) -> None:
    entries = [entry("Started", 0), entry("Accepted", 1), entry("Succeeded", 1)]
    (change,) = join_activity([entries[index] for index in order])
    assert (change.kind, change.state, change.by) == (Kind.ACTIVITY, "succeeded", "ben@example.com")
    assert change.detail["what"] == "configuration"


def test_it_says_through_what_it_was_done() -> None:
    (change,) = join_activity([entry(claims={"appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"})])
    assert change.detail["through"] == "az"
    assert change.summary.endswith("by ben@example.com through az")


def test_what_this_cockpit_sent_is_left_out_and_what_another_sent_says_so() -> None:
    ours = entry(httpRequest={"clientRequestId": make_request_id()})
    theirs = entry(correlationId="c-2", httpRequest={"clientRequestId": f"{MARK}-0000-4000-8000-000000000000"})
    (change,) = join_activity([ours, theirs])
    assert change.detail["through"] == "a cockpit"


def test_a_request_of_ours_is_a_guid_with_our_mark() -> None:
    request_id = make_request_id()
    assert [len(part) for part in request_id.split("-")] == [8, 4, 4, 4, 12]
    assert is_of_cockpit(request_id.upper())


def test_a_failed_operation_says_why_and_changed_nothing() -> None:
    message = json.dumps({"error": {"code": "Conflict", "message": "Another operation is in progress."}})
    (change,) = join_activity([entry("Failed", properties={"statusMessage": message})])
    assert change.changes is False
    assert "FAILED" in change.summary
    assert change.detail["reason"] == "Another operation is in progress."


@pytest.mark.parametrize(
    ("operation", "changing"),
    [
        ("Microsoft.KeyVault/vaults/secrets/write", True),
        ("Microsoft.Web/sites/slotsswap/action", True),
        ("Microsoft.Sql/servers/databases/delete", True),
        ("Microsoft.App/containerApps/listSecrets/action", False),
        ("Microsoft.App/containerApps/getAuthToken/action", False),
        ("Microsoft.Web/sites/config/list/action", False),
        ("action", False),
    ],
)
def test_what_only_reads_is_no_change(operation: str, changing: bool) -> None:
    assert is_changing(operation) is changing


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(entry())), ANYTHING)
def test_no_entry_however_odd_ends_the_feed(field: str, value: Any) -> None:
    for change in join_activity([{**entry(), field: value}]):
        assert "\n" not in change.summary


def issue(**properties: Any) -> dict[str, Any]:
    return {
        "name": "BC_1-FXZ",
        "properties": {
            "eventType": "ServiceIssue",
            "status": "Active",
            "title": "Connectivity problems",
            "impactStartTime": "2026-11-21T01:40:00Z",
            "impact": [{"impactedService": "SQL Database", "impactedRegions": [{"impactedRegion": "East US"}]}],
            **properties,
        },
    }


def test_an_outage_of_azure_names_service_and_region() -> None:
    change = map_service_issue(issue())
    assert change is not None
    assert (change.kind, change.state, change.changes) == (Kind.HEALTH, "active", True)
    assert "SQL Database in East US" in change.summary


def test_an_outage_that_is_over_ended_when_it_was_mitigated() -> None:
    change = map_service_issue(issue(status="Resolved", impactMitigationTime="2026-11-21T01:55:00Z"))
    assert change is not None
    assert (change.state, change.changes, change.at.minute) == ("resolved", False, 55)


@pytest.mark.parametrize("sort", ["PlannedMaintenance", "HealthAdvisory", "SecurityAdvisory", ""])
def test_what_is_no_outage_is_none(sort: str) -> None:
    assert map_service_issue(issue(eventType=sort)) is None
