"""Of several procedures that help now, the one that the trouble itself leads to stands first."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.document.read import read_runbook
from screens.catalogue.rows import build_shelf

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NODE = "# Node\n\n**Alerts**: Node not ready\n\n## Move\n\n```bash\nkubectl get pods -n x\n```\n"
BACK = "# Go back\n\n**Alerts**: Error rate\n\n## Undo\n\n```bash\nkubectl get pods -n x\n```\n"
SLOW = "# Tuning\n\n## Thresholds\n\n| Signal | Threshold |\n|---|---|\n| Slow queries | 2 s |\n"
CATALOGUE = Catalogue(
    tuple(
        Document(id, read_runbook(f"/d/{id}.md", text.encode()))
        for id, text in (("node", NODE), ("back", BACK), ("slow", SLOW))
    )
)


def alert(name: str, seconds_ago: float) -> Alert:
    since = NOW - timedelta(seconds=seconds_ago)
    return Alert("azure", name, name, Severity.MEDIUM, AlertState.FIRING, since, "prod")


def probe(state: ProbeState, seconds_ago: float = 40) -> ProbeResult:
    since = NOW - timedelta(seconds=seconds_ago)
    return ProbeResult("api", "prod", "https://x.test/health", state, since, NOW, runbook="back#undo")


@pytest.mark.parametrize(
    ("state", "alerts", "first"),
    [
        (ProbeState.DOWN, [], "back"),
        (ProbeState.DOWN, [alert("Node not ready", 60)], "node"),  # it led up to it
        (
            ProbeState.DOWN,
            [alert("Node not ready", 20)],
            "node",
        ),  # it may be the same trouble, and has words of its own
        (ProbeState.DOWN, [alert("Node not ready", 86_400)], "back"),  # it has been so for a day
        (ProbeState.DOWN, [alert("Error rate", 20), alert("Node not ready", 60)], "node"),  # the first of two
        (ProbeState.DEGRADED, [alert("Node not ready", 20)], "node"),  # what fires weighs more than what is merely slow
        (ProbeState.DEGRADED, [alert("Slow queries", 60)], "back"),  # a table of limits is no procedure
    ],
)
def test_what_led_up_to_the_trouble_leads(state: ProbeState, alerts: list[Alert], first: str) -> None:
    shelf = build_shelf(CATALOGUE, [], alerts, date(2026, 11, 30), {}, [probe(state)])
    helps = [entry for id, entry in shelf.entries.items() if id.startswith(("probe:", "match:"))]
    assert helps[0].document.id == first  # type: ignore[union-attr]


def test_of_several_alerts_that_led_up_to_a_probe_the_first_leads_though_another_is_graver() -> None:
    errors = replace(alert("Error rate", 41), severity=Severity.HIGH)
    shelf = build_shelf(
        CATALOGUE, [], [errors, alert("Node not ready", 60)], date(2026, 11, 30), {}, [probe(ProbeState.DOWN)]
    )
    helps = [entry for id, entry in shelf.entries.items() if id.startswith(("probe:", "match:"))]
    assert [entry.document.id for entry in helps][:2] == ["node", "back"]  # type: ignore[union-attr]


def test_of_several_alerts_the_gravest_leads() -> None:
    grave = replace(alert("Error rate", 20), severity=Severity.CRITICAL)
    shelf = build_shelf(CATALOGUE, [], [alert("Node not ready", 20), grave], date(2026, 11, 30), {})
    helps = [entry for id, entry in shelf.entries.items() if id.startswith("match:")]
    assert helps[0].document.id == "back"  # type: ignore[union-attr]


def test_a_critical_alert_with_a_document_of_its_own_comes_before_the_procedure_of_a_probe() -> None:
    grave = replace(alert("Node not ready", 86_400), severity=Severity.CRITICAL)
    shelf = build_shelf(CATALOGUE, [], [grave], date(2026, 11, 30), {}, [probe(ProbeState.DOWN)])
    helps = [entry for id, entry in shelf.entries.items() if id.startswith(("probe:", "match:"))]
    assert [entry.document.id for entry in helps] == ["node", "back"]  # type: ignore[union-attr]
