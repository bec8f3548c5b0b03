"""What a gatus configuration becomes: a file that loads, and a list of everything that is not in it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.cli.import_gatus import GatusImport, translate_gatus
from cockpit.cli.options import Refusal
from cockpit.config import load_system
from cockpit.model.system import System

GATUS = """
connectivity: {checker: {target: "1.1.1.1:53", interval: 60s}}
alerting: {slack: {webhook-url: https://hooks.example.com/x}}
maintenance: {start: "23:00", duration: 1h, timezone: Europe/Amsterdam, every: [Monday, Thursday]}
x-defaults: &defaults
  interval: 1m30s
  client: {timeout: 5s, insecure: true}
endpoints:
  - {<<: *defaults, name: front, group: core, url: "https://shop.example.com/health",
     conditions: ["[STATUS] == 200", "[BODY].status == UP", "[CERTIFICATE_EXPIRATION] > 48h"],
     alerts: [{type: slack, failure-threshold: 5, success-threshold: 2}]}
  - {name: front, group: edge, url: "https://edge.example.com", conditions: ["[RESPONSE_TIME] < 300"],
     headers: {Authorization: "Bearer abc", X-Team: shop, X-Key: "${SHOP_KEY}"}}
  - {name: domain, url: "https://shop.example.com", conditions: ["[DOMAIN_EXPIRATION] > 720h", "[STATUS] == 200"]}
  - {name: names, url: "8.8.8.8", dns: {query-name: "shop.example.com", query-type: "A"},
     conditions: ["[DNS_RCODE] == NOERROR", "[BODY] == 10.0.0.4"]}
  - {name: mail, url: "starttls://mail.example.com:587", conditions: ["[CONNECTED] == true"]}
  - {name: db, url: "tcp://db.example.com:5432", conditions: ["[CONNECTED] == true"]}
  - {name: host, url: "icmp://db.example.com", conditions: ["[CONNECTED] == true"]}
  - {name: live, url: "wss://shop.example.com/live", body: ping, conditions: ["[CONNECTED] == true"]}
  - {name: shell, url: "ssh://db.example.com:22", conditions: ["[CONNECTED] == true"]}
  - {name: paused, enabled: false, url: "https://off.example.com"}
  - {name: token, url: "https://api.example.com", conditions: ["[STATUS] == 200"],
     client: {oauth2: {token-url: "https://id.example.com/t", client-id: me, client-secret: s3cr3t, scopes: [a, b]}},
     maintenance-windows: [{start: "02:00", duration: 30m}]}
external-endpoints:
  - {name: nightly backup, group: jobs, token: potato, heartbeat: {interval: 26h}}
suites: []
"""


def load(result: GatusImport, folder: Path) -> System:
    file = folder / "cockpit.toml"
    file.write_text("\n".join(result.lines))
    return load_system(file)


def test_what_exists_is_translated_and_loads(tmp_path: Path) -> None:
    result = translate_gatus(GATUS, "prod")
    system = load(result, tmp_path)
    probes = {probe.name: probe for probe in system.environments[0].probes}
    assert list(probes) == [
        *("front", "edge/front", "domain", "names", "mail", "db", "host", "live", "token", "nightly backup"),
    ]
    front = probes["front"]
    assert (front.interval, front.timeout, front.verify_tls, front.failures, front.successes) == (90, 5, False, 5, 2)
    assert [window.every for window in front.recurring_maintenance] == ["mon, thu"]
    assert probes["names"].url == "dns://8.8.8.8/shop.example.com?type=A"
    assert probes["mail"].url == "tls://mail.example.com:587?starttls=smtp"
    assert probes["nightly backup"].within == 26 * 3_600
    assert probes["token"].auth is not None
    assert [window.lasting for window in probes["token"].recurring_maintenance] == [1_800, 3_600]
    assert system.references == ("1.1.1.1:53",)


def test_what_does_not_is_listed_and_no_secret_is_written_down(tmp_path: Path) -> None:
    result = translate_gatus(GATUS, "prod")
    told = "\n".join(result.left_out)
    words = ("alerting", "suites", "shell: ssh://", "paused: it is not enabled", "DOMAIN_EXPIRATION", "x-defaults")
    for word in words:
        assert word in told
    assert "edge/front: the value of header Authorization goes into the variable AUTHORIZATION, whole" in told
    assert "abc" not in "\n".join(result.lines)
    assert "s3cr3t" not in "\n".join(result.lines)


PLAIN = """
maintenance: {start: 23:00, duration: 1h, every: [Monday]}
endpoints:
  - {name: 007, url: "https://a.example.com", method: POST, graphql: true, body: "{ users { id } }",
     headers: {X-Debug: yes, X-Build: 0010},
     alerts: [{type: slack, failure-threshold: 3}], conditions: ["[STATUS] == 200"],
     client: {oauth2: {token-url: "https://id.example.com/t", client-id: 00000000, client-secret: s3cr3t}}}
  - {name: paused, enabled: false, url: "https://off.example.com"}
"""


def test_plain_words_of_yaml_are_the_text_that_they_are(tmp_path: Path) -> None:
    result = translate_gatus(PLAIN, "prod")
    (probe,) = load(result, tmp_path).environments[0].probes
    assert (probe.name, probe.failures, probe.body) == ("007", 3, '{"query": "{ users { id } }"}')
    assert dict(probe.headers) == {"X-Debug": "yes", "X-Build": "0010"}
    assert probe.auth is not None
    assert probe.auth.client_id == "00000000"
    assert [(str(window.at), window.every) for window in probe.recurring_maintenance] == [("23:00:00", "mon")]
    assert any("paused: it is not enabled" in line for line in result.left_out)


TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.mark.parametrize("key", ["url", "body"])
def test_what_was_masked_in_a_value_is_for_a_person_to_write(key: str) -> None:
    value = f"https://a.example.com/?key={TOKEN}"
    result = GatusImport("prod")
    result.read(
        {"endpoints": [{"name": "a", "url": "https://a.example.com", "headers": {"X-Note": "a\nb"}, key: value}]}
    )
    assert TOKEN not in "\n".join(result.lines)
    assert any(f"a: {key}: what looks like a secret" in line for line in result.left_out)


@pytest.mark.parametrize(
    ("text", "code"), [("", "not-gatus"), ("a: [", "not-yaml"), ("- 1", "not-gatus"), ("other: 1", "not-gatus")]
)
def test_what_is_no_gatus_configuration_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        translate_gatus(text, "prod")
    assert refused.value.code == code


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["name", "group", "url", "headers", "interval", "conditions", "client", "dns", "alerts", "body", "heartbeat"]
)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=3))
def test_whatever_stands_in_it_nothing_ends(endpoints: list[dict[str, object]]) -> None:
    result = GatusImport("prod")
    result.read({"endpoints": endpoints, "external-endpoints": endpoints, "maintenance": {"every": endpoints}})
    assert all("\x1b" not in line for line in result.left_out)


def test_each_secret_has_a_variable_of_its_own() -> None:
    """Under one name one endpoint would be sent the secret of another."""
    endpoints = [
        {"name": f"e{number}", "url": "https://shop.example.com", "headers": {"Authorization": f"Bearer {secret}"}}
        for number, secret in enumerate(("one", "two", "one"))
    ]
    lines = translate_gatus(json.dumps({"endpoints": endpoints}), "prod").lines
    named = [line.split('env = "')[1].split('"')[0] for line in lines if "env = " in line]
    assert named == ["AUTHORIZATION", "AUTHORIZATION_2", "AUTHORIZATION"]


def test_what_would_be_asked_otherwise_is_left_out_whole(tmp_path: Path) -> None:
    signed_in = {"oauth2": {"token-url": "https://id.example.com/t", "client-id": "me", "client-secret": "s3cr3t"}}
    endpoints = [
        {"name": "patched", "url": "https://shop.example.com", "method": "PATCH"},
        {"name": "twice", "url": "https://x.example.com", "headers": {"Authorization": "Basic x"}, "client": signed_in},
    ]
    found = translate_gatus(json.dumps({"endpoints": endpoints}), "prod")
    (probe,) = load(found, tmp_path).environments[0].probes
    assert (probe.name, dict(probe.headers)) == ("twice", {})
    assert len(found.left_out) == 3
