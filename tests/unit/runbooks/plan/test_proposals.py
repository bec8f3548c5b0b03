"""Tables of endpoints and of thresholds as TOML to paste, which the configuration takes once its blanks are filled."""

import tomllib
from pathlib import Path

import pytest

from cockpit.config import load_system
from cockpit.runbooks.plan.proposals import propose_watches
from tests.unit.runbooks.plan.reading import document

TABLES = """
# Operations

| Endpoint | Purpose | Expected |
|---|---|---|
| `GET /live` | is it up | `200 OK` with `{"status": "fine"}` |
| `HEAD https://shop.test/ready` | does it work | 204, else 503 |

| Signal | Source | Threshold |
|---|---|---|
| Error rate | metrics | > 1% over 5 min |
| Free space | metrics | < 10 GB |
"""


def propose() -> str:
    return "\n".join(propose_watches([document(TABLES)], "prod"))


def test_an_endpoint_is_a_probe_with_what_it_should_answer() -> None:
    live, ready = tomllib.loads(propose())["environments"]["prod"]["probes"]
    assert live == {
        "name": "live",
        "url": "https://HOST/live",
        "conditions": ["[STATUS] == 200", "[BODY].status == fine"],
    }
    assert (ready["url"], ready["method"], ready["conditions"]) == (
        "https://shop.test/ready",
        "HEAD",
        ["[STATUS] == 204"],
    )


def test_a_threshold_is_a_signal_that_is_well_on_this_side_of_it() -> None:
    errors, space = tomllib.loads(propose())["environments"]["prod"]["signals"]
    assert (errors["degraded"], errors["for"], errors["unit"]) == (["[VALUE] <= 1"], "300s", "%")
    assert space["degraded"] == ["[VALUE] >= 10"]


def test_the_configuration_takes_what_is_proposed(tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text('system = "shop"\n\n' + propose().replace("HOST", "shop.test").replace("QUERY", "up"))
    (environment,) = load_system(file).environments
    assert [probe.name for probe in environment.probes] == ["live", "ready"]
    assert [signal.name for signal in environment.signals] == ["Error rate", "Free space"]


LISTS = """
# Hygiene

## Alerts

- **Error rate** alerts at >1% for 5 minutes
- Latency p95 above > 10s for 5 minutes
- Free space: < 10 GB

## Checks

- Healthchecks on every environment (`/health`) monitored every 30s
- Weekly restore test of the backups
- The queue holds > 100 messages on Mondays
"""


def test_a_list_proposes_what_it_says_is_watched() -> None:
    proposed = tomllib.loads("\n".join(propose_watches([document(LISTS)], "prod")))["environments"]["prod"]
    assert [(item["name"], item["degraded"], item.get("for")) for item in proposed["signals"]] == [
        ("Error rate", ["[VALUE] <= 1"], "300s"),
        ("Latency p95", ["[VALUE] <= 10"], "300s"),
        ("Free space", ["[VALUE] >= 10"], None),
    ]
    assert proposed["probes"] == [{"name": "health", "url": "https://HOST/health", "interval": "30s"}]


def test_the_configuration_takes_what_a_list_proposes(tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    text = "\n".join(propose_watches([document(LISTS)], "prod"))
    file.write_text('system = "shop"\n\n' + text.replace("HOST", "shop.test").replace("QUERY", "up"))
    (environment,) = load_system(file).environments
    assert [probe.name for probe in environment.probes] == ["health"]
    assert len(environment.signals) == 3


def test_documents_without_such_tables_propose_nothing() -> None:
    assert list(propose_watches([document("# X\n\nText.\n")], "prod")) == []


@pytest.mark.parametrize(
    ("limit", "good"),
    [
        ("above 5,000", "[VALUE] <= 5000"),
        ("more than 12k per minute", "[VALUE] <= 12000"),
        (">= 3 %", "[VALUE] < 3"),
        ("at least 40", "[VALUE] < 40"),
        ("below 2", "[VALUE] >= 2"),
        ("≤ 1,250.5 ms", "[VALUE] > 1250.5"),
    ],
)
def test_a_limit_is_read_whole_in_signs_and_in_words(limit: str, good: str) -> None:
    text = f"# A\n\n| Signal | Threshold |\n|---|---|\n| Queue | {limit} |\n"
    (signal,) = tomllib.loads("\n".join(propose_watches([document(text)], "prod")))["environments"]["prod"]["signals"]
    assert signal["degraded"] == [good]


def test_a_limit_that_nobody_can_read_is_named() -> None:
    text = "# A\n\n| Signal | Threshold |\n|---|---|\n| Queue | 80 |\n"
    (comment, _) = propose_watches([document(text)], "prod")
    assert comment.startswith("# ")
    assert "Queue" in comment


def test_an_endpoint_that_should_answer_fast_is_degraded_when_it_is_slow() -> None:
    text = "# A\n\n| Endpoint | Expected |\n|---|---|\n| https://shop.test/v | 200, under 500 ms |\n"
    (probe,) = tomllib.loads("\n".join(propose_watches([document(text)], "prod")))["environments"]["prod"]["probes"]
    assert (probe["conditions"], probe["degraded"]) == (["[STATUS] == 200"], ["[RESPONSE_TIME] < 500ms"])
