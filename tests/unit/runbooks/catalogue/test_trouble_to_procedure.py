"""From trouble to the procedure: by titles, by what a table names, by an alert's own link; and by search."""

from datetime import UTC, datetime

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.runbooks.catalogue.alert_match import match_alerts, names_alert
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, score_document, search_entries
from cockpit.runbooks.document.read import read_runbook

PROVIDERS = """# Provider trouble

## 2.1 LLM outage

```bash
# Look at the router
kubectl logs deploy/router
```

## 2.2 Token leaked

### Via CLI

```bash
# Revoke it
./tokens.py revoke
```

## Appendix

The cache keeps entries for `CACHE_TTL` seconds.

| Setting | Default |
|---|---|
| SESSION_TTL | 1800 |
"""
INDEX = """# Index

| Alert | Severity | Runbook |
|---|---|---|
| ReplicaDown | critical | [Replica down](replica.md#restart-it) |
| QueueGrows | warning | [Queue](missing.md) |
| Disk full | warning | Provider trouble |

| Symptom | Cause | Fix |
|---|---|---|
| Worker hangs | a lost lock | restart the worker |
"""
REPLICA = (
    "# SSPReplicaDown\n\n## Look at it\n\n```bash\nuptime\n```\n\n"
    "## Restart it\n\n```bash\nsystemctl restart api\n```\n"
)


def make_document(id: str, text: str) -> Document:
    return Document(id, read_runbook(f"/docs/{id}.md", text.encode()))


BOOKS = Catalogue(
    (make_document("providers", PROVIDERS), make_document("index", INDEX), make_document("replica", REPLICA))
)


def alert(name: str, **labels: str) -> Alert:
    since = datetime(2026, 2, 27, tzinfo=UTC)
    return Alert("am", name, name, Severity.CRITICAL, AlertState.FIRING, since, "prod", labels=tuple(labels.items()))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("2.1 LLM outage", "LLMProviderOutage"),
        ("High latency", "HighLatency"),
        ("5xx errors", "Http5xx"),
        ("Error rate spike", "ErrorRateSpike"),
        ("Authentication failures", "Auth failures"),
        ("Playbook 2: Database Failure", "DbFailure"),
        ("postgres-replication-lag", "PostgresReplicationLag"),
    ],
)
def test_a_title_is_the_alert_however_both_are_written(title: str, name: str) -> None:
    assert names_alert(title, name)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Restart the database", "DatabaseConnectionsHigh"),
        ("High memory", "HighLatency"),
        ("Runbook", "Runbook alert"),
        ("Error budget", "ErrorRate"),
    ],
)
def test_one_common_word_is_no_name(title: str, name: str) -> None:
    assert not names_alert(title, name)


def test_an_alert_without_a_label_finds_the_procedure_of_its_title() -> None:
    (match,) = match_alerts(BOOKS, [alert("LLMProviderOutage")])
    assert match.procedure is not None
    assert (match.how, match.procedure.title) == ("title", "2.1 LLM outage")


def test_an_alerts_own_link_leads_to_the_procedure_of_its_anchor() -> None:
    match, *_ = match_alerts(BOOKS, [alert("x", runbook_url="https://wiki.example.com/replica.md#restart-it")])
    assert match.procedure is not None
    assert (match.how, match.procedure.title) == ("link", "Restart it")


def test_an_anchor_of_a_heading_leads_to_what_stands_under_it() -> None:
    match, *_ = match_alerts(BOOKS, [alert("x", runbook_url="https://wiki.example.com/providers#22-token-leaked")])
    assert match.procedure is not None
    assert match.procedure.full_title == "2.2 Token leaked › Via CLI"


def test_a_table_of_alerts_leads_to_the_runbook_that_it_links() -> None:
    match, *_ = match_alerts(BOOKS, [alert("ReplicaDown")])
    assert match.procedure is not None
    assert (match.how, match.document.id, match.procedure.title) == ("table", "replica", "Restart it")


def test_a_table_of_alerts_leads_to_a_runbook_by_its_name_too() -> None:
    match, *_ = match_alerts(BOOKS, [alert("Disk full")])
    assert (match.how, match.document.id) == ("table", "providers")


def test_a_runbook_that_is_not_there_is_named_all_the_same() -> None:
    match, *_ = match_alerts(BOOKS, [alert("QueueGrows")])
    assert (match.procedure, match.hint) == (None, "Queue")


def test_a_symptom_tells_the_fix() -> None:
    match, *_ = match_alerts(BOOKS, [alert("WorkerHangs")])
    assert match.hint == "restart the worker"


def test_the_title_of_a_document_comes_before_letters_that_happen_to_fit() -> None:
    first, *_ = search_entries(BOOKS.places(), "ssp")
    assert first.document.id == "replica"


@pytest.mark.parametrize("query", ["CACHE_TTL", "session_ttl 1800"])
def test_prose_and_tables_are_searched(query: str) -> None:
    assert score_document(BOOKS.documents[0], query.casefold().split()) < 1_000
    assert search_entries(BOOKS.places(), query)[0].document.id == "providers"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("3. TLS certificate about to expire", "TLSCertificateExpiringSoon"),
        ("Backup failing", "NightlyBackupFailed"),
        ("502 and 504 from the edge", "Edge504Errors"),
        ("Disk filling up on brokers", "BrokerDiskFilled"),
    ],
)
def test_an_alert_may_say_it_in_another_form_of_the_word(title: str, name: str) -> None:
    assert names_alert(title, name)


@pytest.mark.parametrize(
    ("title", "name"), [("Restore the cache", "CacheRestarting"), ("The cache in use", "CacheUsing")]
)
def test_two_words_that_only_begin_alike_are_two(title: str, name: str) -> None:
    assert not names_alert(title, name)


HANDBOOK = """# Handbook

## Kafka consumer lag

```bash
kafka-consumer-groups.sh --describe --group orders
```

## Certificates about to expire

```bash
openssl x509 -in a.pem -noout -dates
```

## What to do

| When you see | Likely reason | Do this |
|---|---|---|
| Login errors spike | slow provider | `kubectl -n auth rollout restart deployment/login` |

| Alarm | Meaning | First steps |
|---|---|---|
| RedisMemoryHigh | cache too large | `redis-cli info memory` |

| Metric | Warning | Critical |
|---|---|---|
| p95 latency | 800 ms | 2 s |
"""


@pytest.mark.parametrize(
    ("name", "how", "hint"),
    [
        ("KafkaConsumerLagHigh", "title", "Kafka consumer lag"),
        ("CertificateExpiringSoon", "title", "Certificates about to expire"),
        ("LoginErrorsSpike", "table", "kubectl -n auth rollout restart deployment/login"),
        ("RedisMemoryHigh", "table", "redis-cli info memory"),
        ("P95LatencyTooHigh", "threshold", "p95 latency: warning 800 ms, critical 2 s"),
    ],
)
def test_an_alert_leads_to_what_a_handbook_says_in_its_own_words(name: str, how: str, hint: str) -> None:
    catalogue = Catalogue((Document("handbook", read_runbook("handbook.md", HANDBOOK.encode())),), ())
    match, *_ = match_alerts(catalogue, [alert(name)])
    assert (match.how, match.hint) == (how, hint)
