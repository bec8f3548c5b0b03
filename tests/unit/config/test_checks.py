"""Every mistake is found at once, says where it is and what was probably meant."""

from collections.abc import Callable

import pytest

from cockpit.config import ConfigError

Wrong = Callable[[str], dict[str, ConfigError]]

PROBE = '[[environments.prod.probes]]\nname = "ready"\nurl = "https://shop.example.com"\n'
SOURCE = '[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["http://am.example.com"]\n'


WEBHOOK = '[[environments.prod.webhooks]]\nname = "ops"\n'


@pytest.mark.parametrize(
    ("text", "path", "code", "suggestion"),
    [
        # an address that whoever knows it may write to
        *(
            (WEBHOOK + f'url = "{url}"', "environments.prod.webhooks[0].url", code, "")
            for url, code in (
                ("https://hooks.slack.com/services/T1/B2/key", "plain-secret"),
                ("https://shop.webhook.office.com/webhookb2/key", "plain-secret"),
                ("https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/run", "plain-secret"),
                ("https://shop.example.com/hook?sig=key", "secret-in-url"),
                ("ftp://shop.example.com/hook", "not-a-url"),
            )
        ),
        (WEBHOOK + 'url = "https://a"\nturns = ["note"]', "environments.prod.webhooks[0].turns[0]", "not-one-of", ""),
        # keys
        ("read_onyl = true", "read_onyl", "unknown-key", "read_only"),
        (
            PROBE + 'conditons = ["[STATUS] == 200"]',
            "environments.prod.probes[0].conditons",
            "unknown-key",
            "conditions",
        ),
        ("[identity]\nbell = true", "identity.bell", "misplaced-key", ""),
        ("[environments.prod]\nrunbook = 'x'", "environments.prod.runbook", "misplaced-key", ""),
        ("zzz = 3", "zzz", "unknown-key", ""),
        # a part of the name, a table that holds such keys, and a key of another table
        (
            '[environments.prod.http]\nurl = "https://a.example.com"',
            "environments.prod.http",
            "unknown-key",
            "http_access",
        ),
        ("[[environments.prod.access]]\nurl = 'https://a'", "environments.prod.access", "unknown-key", "http_access"),
        ("[environments.prod.kube]\nnamespace = 'shop'", "environments.prod.kube", "unknown-key", "kubernetes"),
        ("[environments.prod]\nkube = 'shop'", "environments.prod.kube", "unknown-key", "kube_context"),
        ("[environments.prod.k8s]\nworkloads = ['shop']", "environments.prod.k8s", "unknown-key", "kubernetes"),
        ("[[http]]\nurl = 'https://a'", "http", "unknown-key", "environments.NAME.http_access"),
        ("resource_grp = 'rg'", "resource_grp", "unknown-key", "environments.NAME.resource_group"),
        ("[environments.prod.zzz]\nname = 'x'", "environments.prod.zzz", "unknown-key", ""),
        # types
        ("system = 3", "system", "wrong-type", ""),
        ('bell = "yes"', "bell", "wrong-type", ""),
        (PROBE + 'failures = "2"', "environments.prod.probes[0].failures", "wrong-type", ""),
        (PROBE + "failures = 0", "environments.prod.probes[0].failures", "out-of-range", ""),
        (PROBE + "successes = 1000", "environments.prod.probes[0].successes", "out-of-range", ""),
        (
            "[environments.prod.probes]\nname = 'x'",
            "environments.prod.probes",
            "wrong-type",
            "",
        ),
        ("[[environments.prod]]", "environments.prod", "wrong-type", ""),
        ("environments = 3", "environments", "wrong-type", ""),
        ("[environments.prod]\napps = 'a'", "environments.prod.apps", "wrong-type", ""),
        ("[[environments.prod.probes]]\nname = 'x'", "environments.prod.probes[0].url", "required", ""),
        # values
        (PROBE + "interval = 15", "environments.prod.probes[0].interval", "duration-without-unit", '"15s"'),
        (PROBE + 'interval = "15 sec"', "environments.prod.probes[0].interval", "not-a-duration", ""),
        (PROBE + 'interval = "15sec"', "environments.prod.probes[0].interval", "not-a-duration", "15s"),
        (PROBE + 'interval = "0s"', "environments.prod.probes[0].interval", "out-of-range", ""),
        (PROBE + 'method = "get"', "environments.prod.probes[0].method", "not-one-of", "GET"),
        (PROBE + "conditions = []", "environments.prod.probes[0].conditions", "empty", ""),
        (PROBE + "conditions = [3]", "environments.prod.probes[0].conditions[0]", "wrong-type", ""),
        (
            PROBE + 'conditions = ["[STATUS] == 200", "[STATSU] == 200"]',
            "environments.prod.probes[0].conditions[1]",
            "not-a-condition",
            "[STATUS]",
        ),
        (
            PROBE + 'degraded = ["[RESPONSE_TIME] < 1sec"]',
            "environments.prod.probes[0].degraded[0]",
            "not-a-condition",
            "1s",
        ),
        ('time_zone = "NZST"', "time_zone", "not-a-time-zone", "Pacific/Auckland"),
        ('time_zone = "Auckland"', "time_zone", "not-a-time-zone", "Pacific/Auckland"),
        ('time_zone = "Pacific/Aukland"', "time_zone", "not-a-time-zone", "Pacific/Auckland"),
        ('time_zone = "../../etc/passwd"', "time_zone", "not-a-time-zone", ""),
        ('time_zone = "Pacific"', "time_zone", "not-a-time-zone", "Pacific/Yap"),
        ('system = "a\\u001b[31m"', "system", "control-character", ""),
        ('data = "~nobody-here/x"', "data", "unknown-home", ""),
        ('[identity]\norder = ["az"]', "identity.order[0]", "not-one-of", ""),
        ('[identity]\norder = ["device-code"]', "identity.order[0]", "not-one-of", "device_code"),
        ("[identity]\norder = []", "identity.order", "empty", ""),
        ('[identity]\nclient_id = "me"', "identity.client_id", "not-a-guid", ""),
        ('[cloud]\nname = "azure"', "cloud.name", "not-one-of", ""),
        ('[cloud]\nendpoint = "http://arm.example.com"', "cloud.endpoint", "unencrypted", "https://arm.example.com"),
        ('[self]\nreferences = ["example.com"]', "self.references[0]", "not-host-and-port", "example.com:443"),
        ('[self]\nreferences = ["example.com:99999"]', "self.references[0]", "not-host-and-port", ""),
        ('[environments.prod]\nsubscription = "Shop"', "environments.prod.subscription", "not-a-guid", ""),
        # what must be known, unique, or fit
        ('[identity]\norder = ["cli", "cli"]', "identity.order[1]", "duplicate", ""),
        ('[identity]\norder = ["simulator"]', "identity.order", "simulator-without-endpoint", ""),
        ('[cloud]\nendpoint = "http://127.0.0.1:1"', "identity.order", "identity-for-a-simulator", '["simulator"]'),
        ('[keys]\ndeclar = "D"', "keys.declar", "unknown-action", "declare"),
        ('[keys]\ntable.upp = "D"', "keys.table.upp", "unknown-action", "table.up"),
        ("[[ladder]]\nname = 'P0'\n[[ladder]]\nname = 'P0'", "ladder[1].name", "duplicate", ""),
        (PROBE + PROBE, "environments.prod.probes[1].name", "duplicate", ""),
        (SOURCE + SOURCE, "environments.prod.alerts[1].name", "duplicate", ""),
        (PROBE + 'depends_on = ["ready"]', "environments.prod.probes[0].depends_on[0]", "circle", ""),
        (PROBE + 'timeout = "30s"', "environments.prod.probes[0].timeout", "longer-than-interval", ""),
        ("[environments.prod]\napps = ['a']", "environments.prod.subscription", "required", ""),
        ("[environments.prod]\napps = ['a', 'a']", "environments.prod.apps[1]", "duplicate", ""),
        ("[environments.'pro d']", "environments.pro d", "not-a-name", ""),
        (
            "[[environments.prod.alerts]]\nname = 'az'\nkind = 'azure'",
            "environments.prod.subscription",
            "required",
            "",
        ),
        (
            "[[environments.prod.alerts]]\nname = 'am'\nkind = 'alertmanager'",
            "environments.prod.alerts[0].urls",
            "required",
            "",
        ),
        (SOURCE.replace("alertmanager", "azure"), "environments.prod.alerts[0].urls", "not-for-this-kind", ""),
        (PROBE + 'proxy = "non"', "environments.prod.probes[0].proxy", "not-a-proxy", "none"),
        (PROBE + 'proxy = "https://proxy.example.com"', "environments.prod.probes[0].proxy", "not-a-proxy", ""),
        (PROBE + 'proxy = "http://a:b@proxy.example.com"', "environments.prod.probes[0].proxy", "secret-in-url", ""),
        (PROBE + "auth = { }", "environments.prod.probes[0].auth", "incomplete", ""),
        (PROBE + 'auth = { user = "a" }', "environments.prod.probes[0].auth.password", "required", ""),
        (PROBE + 'auth = { bearer = "t" }', "environments.prod.probes[0].auth.bearer", "plain-secret", ""),
        (
            PROBE + 'auth = { bearer = { env = "T" } }\nheaders = { authorization = { env = "T" } }',
            "environments.prod.probes[0].headers.authorization",
            "duplicate",
            "",
        ),
        (PROBE + 'client_key = "k.pem"', "environments.prod.probes[0].client_certificate", "required", ""),
        (
            SOURCE + 'prometheus_access = { proxy = "env" }',
            "environments.prod.alerts[0].prometheus",
            "required",
            "",
        ),
        ("[[environments.prod.http_access]]\norigins = []", "environments.prod.http_access[0].origins", "empty", ""),
        (SOURCE + "filters = ['a']", "environments.prod.alerts[0].filters[0]", "not-a-matcher", 'severity="critical"'),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: Wrong, text: str, path: str, code: str, suggestion: str) -> None:
    errors = wrong(text)
    assert (errors[path].code, errors[path].suggestion) == (code, suggestion)


@pytest.mark.parametrize(
    ("url", "code", "suggestion"),
    [
        ("shop.example.com/health", "not-a-url", "https://shop.example.com/health"),
        ("ftp://shop.example.com", "not-a-url", ""),
        ("https://", "not-a-url", ""),
        ("https:///health", "not-a-url", ""),
        ("https://<FQDN>/health", "placeholder-left", ""),
        ("https://${FQDN}/health", "placeholder-left", ""),
        ("https://shop.example.com:99999", "not-a-url", ""),
        ("https://[::1/health", "not-a-url", ""),
        ("https://shop.example.com/a b", "not-a-url", ""),
        ("https://ana:pw@shop.example.com", "secret-in-url", ""),
        ("ftp://ana:pw@shop.example.com:99999", "secret-in-url", ""),
        ("https://shop.example.com/?a=b&access_token=pw", "secret-in-url", ""),
        ("https://shop.example.com/?sig=pw", "secret-in-url", ""),
        ("", "not-a-url", ""),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(wrong: Wrong, url: str, code: str, suggestion: str) -> None:
    error = wrong(PROBE.replace("https://shop.example.com", url))["environments.prod.probes[0].url"]
    assert (error.code, error.suggestion) == (code, suggestion)
    assert "pw" not in error.message


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Cookie", "X-Api-Key", "x-functions-key"])
def test_a_secret_in_plain_text_is_refused_with_the_way_to_write_it_and_never_shown(wrong: Wrong, name: str) -> None:
    (error,) = wrong(PROBE + f'headers = {{ {name} = "Bearer s3cr3t" }}').values()
    assert error.path == f"environments.prod.probes[0].headers.{name}"
    assert (error.code, name in error.message) == ("plain-secret", True)
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    "value",
    ["3", "{ env = 3 }", "{ environment = 'A' }", "{ env = 'A', file = 'b' }", "{ env = 'A B' }"],
)
def test_a_reference_to_a_secret_has_one_of_two_shapes(wrong: Wrong, value: str) -> None:
    error = wrong(PROBE + f"headers = {{ X-A = {value} }}")["environments.prod.probes[0].headers.X-A"]
    assert (error.code, error.facts["expected"]) == ("wrong-type", "text or secret")


def test_headers_that_http_cannot_carry_are_refused(wrong: Wrong) -> None:
    errors = wrong(PROBE + 'headers = { "X A" = "b", X-B = "ü", X-C = "a\\r\\nX-D: e" }')
    assert set(errors) == {f"environments.prod.probes[0].headers.{name}" for name in ("X A", "X-B", "X-C")}


def test_an_unknown_parent_is_named_with_the_nearest_one(wrong: Wrong) -> None:
    text = PROBE.replace("ready", "live") + PROBE + 'depends_on = ["lvie"]'
    error = wrong(text)["environments.prod.probes[1].depends_on[0]"]
    assert (error.code, error.facts["value"], error.suggestion) == ("unknown-name", "lvie", "live")


def test_a_circle_of_dependencies_is_reported_once_and_in_full(wrong: Wrong) -> None:
    text = "".join(
        PROBE.replace("ready", name) + f'depends_on = ["{parent}"]\n'
        for name, parent in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
    )
    (error,) = wrong(text).values()
    assert error.path == "environments.prod.probes[0].depends_on"
    assert (error.code, error.facts["names"]) == ("circle", ["a", "b", "c", "a"])


def test_a_diamond_of_dependencies_is_no_circle(read: Callable[[str], object]) -> None:
    parents = [("a", "[]"), ("b", '["a"]'), ("c", '["a"]'), ("d", '["b", "c"]')]
    assert read("".join(PROBE.replace("ready", name) + f"depends_on = {of}\n" for name, of in parents))


def test_a_certificate_cannot_be_asked_of_plain_http(wrong: Wrong) -> None:
    (error,) = wrong(PROBE.replace("https", "http") + 'degraded = ["[CERTIFICATE_EXPIRATION] > 14d"]').values()
    assert (error.path, error.code) == ("environments.prod.probes[0].degraded[0]", "no-tls")


@pytest.mark.parametrize(
    ("window", "path", "code"),
    [
        ('{ from = "tonight", until = 2026-11-21T23:00:00Z }', "from", "wrong-type"),
        ("{ from = 2026-11-21T22:00:00, until = 2026-11-21T23:00:00Z }", "from", "no-time-zone"),
        ("{ from = 2026-11-21T23:00:00Z, until = 2026-11-21T22:00:00Z }", "until", "ends-before-it-begins"),
        ("{ from = 2026-11-21T23:00:00Z }", "until", "required"),
    ],
)
def test_a_maintenance_window_has_two_moments_in_order(wrong: Wrong, window: str, path: str, code: str) -> None:
    errors = wrong(PROBE + f"maintenance = [{window}]")
    assert errors[f"environments.prod.probes[0].maintenance[0].{path}"].code == code


def test_all_mistakes_are_reported_at_once_each_with_its_line_and_column(wrong: Wrong) -> None:
    text = (
        'bell = 1\n[identity]\norder = ["cly"]\n\n'
        + PROBE
        + "interval = 5\n\n# second\n"
        + PROBE
        + 'depends_on = ["x"]\n'
    )
    errors = wrong(text)
    assert {path: (error.line, error.column) for path, error in errors.items()} == {
        "bell": (1, 1),
        "identity.order[0]": (3, 10),
        "environments.prod.probes[0].interval": (8, 1),
        "environments.prod.probes[1].name": (12, 1),
        "environments.prod.probes[1].depends_on[0]": (14, 15),
    }


def test_a_placeholder_value_that_is_a_secret_is_refused_in_plain_text(wrong: Wrong) -> None:
    (error,) = wrong('[environments.prod.values]\nDB_PASSWORD = "s3cr3t"\nsecret_name = "kv-shop"').values()
    assert error.path == "environments.prod.values.DB_PASSWORD"
    assert "s3cr3t" not in str(error)
