"""Every mistake is found at once, says where it is and what was probably meant."""

from collections.abc import Callable

import pytest

from cockpit.config import ConfigError

Wrong = Callable[[str], dict[str, ConfigError]]

PROBE = '[[environments.prod.probes]]\nname = "ready"\nurl = "https://shop.example.com"\n'
SOURCE = '[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["http://am.example.com"]\n'


@pytest.mark.parametrize(
    ("text", "path", "message", "suggestion"),
    [
        # keys
        ("read_onyl = true", "read_onyl", "is not known", "read_only"),
        (PROBE + 'conditons = ["[STATUS] == 200"]', "environments.prod.probes[0].conditons", "not known", "conditions"),
        ("[identity]\nbell = true", "identity.bell", "at the top, before the first [table]", ""),
        ("[environments.prod]\nrunbook = 'x'", "environments.prod.runbook", "under [environments.NAME.probes]", ""),
        ("zzz = 3", "zzz", "is not known; here are known: system, data", ""),
        # types
        ("system = 3", "system", "must be text in quotes", ""),
        ('bell = "yes"', "bell", "must be true or false", ""),
        (PROBE + 'failures = "2"', "environments.prod.probes[0].failures", "must be a whole number", ""),
        (PROBE + "failures = 0", "environments.prod.probes[0].failures", "at least 1", ""),
        (PROBE + "successes = 1000", "environments.prod.probes[0].successes", "at most 100", ""),
        (
            "[environments.prod.probes]\nname = 'x'",
            "environments.prod.probes",
            "write [[environments.prod.probes]]",
            "",
        ),
        ("[[environments.prod]]", "environments.prod", "write [environments.prod] with one bracket", ""),
        ("environments = 3", "environments", "must be a table", ""),
        ("[environments.prod]\napps = 'a'", "environments.prod.apps", "must be a list, even of one", ""),
        ("[[environments.prod.probes]]\nname = 'x'", "environments.prod.probes[0].url", "is required", ""),
        # values
        (PROBE + "interval = 15", "environments.prod.probes[0].interval", "is a bare number", '"15s"'),
        (PROBE + 'interval = "15 sec"', "environments.prod.probes[0].interval", "is not a duration", ""),
        (PROBE + 'interval = "15sec"', "environments.prod.probes[0].interval", "no known unit (sec)", "15s"),
        (PROBE + 'interval = "0s"', "environments.prod.probes[0].interval", "out of range", ""),
        (PROBE + 'method = "get"', "environments.prod.probes[0].method", "must be one of GET", "GET"),
        (PROBE + "conditions = []", "environments.prod.probes[0].conditions", "must not be empty", ""),
        (PROBE + "conditions = [3]", "environments.prod.probes[0].conditions[0]", "must be a condition", ""),
        (
            PROBE + 'conditions = ["[STATUS] == 200", "[STATSU] == 200"]',
            "environments.prod.probes[0].conditions[1]",
            "asks for `[STATSU]`",
            "[STATUS]",
        ),
        (PROBE + 'degraded = ["[RESPONSE_TIME] < 1sec"]', "environments.prod.probes[0].degraded[0]", "(sec)", "1s"),
        ('time_zone = "NZST"', "time_zone", "is no time zone", "Pacific/Auckland"),
        ('time_zone = "Auckland"', "time_zone", "is no time zone", "Pacific/Auckland"),
        ('time_zone = "Pacific/Aukland"', "time_zone", "is no time zone", "Pacific/Auckland"),
        ('time_zone = "../../etc/passwd"', "time_zone", "is no time zone", ""),
        ('time_zone = "Pacific"', "time_zone", "is no time zone", "Pacific/Yap"),
        ('system = "a\\u001b[31m"', "system", "control character", ""),
        ('data = "~nobody-here/x"', "data", "home of a user who is not known", ""),
        ('[identity]\norder = ["az"]', "identity.order[0]", "must be one of cli, managed_identity", ""),
        ('[identity]\norder = ["device-code"]', "identity.order[0]", "must be one of", "device_code"),
        ("[identity]\norder = []", "identity.order", "must not be empty", ""),
        ('[identity]\nclient_id = "me"', "identity.client_id", "GUID", ""),
        ('[cloud]\nname = "azure"', "cloud.name", "must be one of public", ""),
        ('[cloud]\nendpoint = "http://arm.example.com"', "cloud.endpoint", "unencrypted", "https://arm.example.com"),
        ('[self]\nreferences = ["example.com"]', "self.references[0]", "must be host:port", "example.com:443"),
        ('[self]\nreferences = ["example.com:99999"]', "self.references[0]", "must be host:port", ""),
        ('[environments.prod]\nsubscription = "Shop"', "environments.prod.subscription", "GUID", ""),
        # what must be known, unique, or fit
        ('[identity]\norder = ["cli", "cli"]', "identity.order[1]", "there twice", ""),
        ('[identity]\norder = ["simulator"]', "identity.order", "needs [cloud] endpoint", ""),
        ('[cloud]\nendpoint = "http://127.0.0.1:1"', "identity.order", "must be `simulator` alone", '["simulator"]'),
        ('[keys]\ndeclar = "D"', "keys.declar", "is no action", "declare"),
        ('[keys]\ntable.upp = "D"', "keys.table.upp", "is no action", "table.up"),
        ("[[ladder]]\nname = 'P0'\n[[ladder]]\nname = 'P0'", "ladder[1].name", "already the name of ladder[0]", ""),
        (PROBE + PROBE, "environments.prod.probes[1].name", "already the name of probes[0]", ""),
        (SOURCE + SOURCE, "environments.prod.alerts[1].name", "already the name of alerts[0]", ""),
        (PROBE + 'depends_on = ["ready"]', "environments.prod.probes[0].depends_on[0]", "the probe itself", ""),
        (PROBE + 'timeout = "30s"', "environments.prod.probes[0].timeout", "longer than the interval (15s)", ""),
        ("[environments.prod]\napps = ['a']", "environments.prod.subscription", "is required", ""),
        ("[environments.prod]\napps = ['a', 'a']", "environments.prod.apps[1]", "there twice", ""),
        ("[environments.'pro d']", "environments.pro d", "is no name of an environment", ""),
        (
            "[[environments.prod.alerts]]\nname = 'az'\nkind = 'azure'",
            "environments.prod.subscription",
            "alerts[0] asks Azure",
            "",
        ),
        (
            "[[environments.prod.alerts]]\nname = 'am'\nkind = 'alertmanager'",
            "environments.prod.alerts[0].urls",
            "the addresses of the Alertmanager servers",
            "",
        ),
        (SOURCE.replace("alertmanager", "azure"), "environments.prod.alerts[0].urls", "only for kind", ""),
        (SOURCE + "filters = ['a']", "environments.prod.alerts[0].filters[0]", "no matcher", 'severity="critical"'),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: Wrong, text: str, path: str, message: str, suggestion: str) -> None:
    errors = wrong(text)
    assert message in errors[path].message
    assert errors[path].suggestion == suggestion


@pytest.mark.parametrize(
    ("url", "message", "suggestion"),
    [
        ("shop.example.com/health", "must start with http:// or https://", "https://shop.example.com/health"),
        ("ftp://shop.example.com", "must start with http:// or https://", ""),
        ("https://", "names no host", ""),
        ("https:///health", "names no host", ""),
        ("https://<FQDN>/health", "still holds a placeholder", ""),
        ("https://${FQDN}/health", "still holds a placeholder", ""),
        ("https://shop.example.com:99999", "is no URL", ""),
        ("https://[::1/health", "is no URL", ""),
        ("https://shop.example.com/a b", "holds a space", ""),
        ("https://ana:pw@shop.example.com", "holds a user or password", ""),
        ("ftp://ana:pw@shop.example.com:99999", "holds a user or password", ""),
        ("https://shop.example.com/?a=b&access_token=pw", "holds a secret in its query", ""),
        ("https://shop.example.com/?sig=pw", "holds a secret in its query", ""),
        ("", "must start with", ""),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(wrong: Wrong, url: str, message: str, suggestion: str) -> None:
    error = wrong(PROBE.replace("https://shop.example.com", url))["environments.prod.probes[0].url"]
    assert message in error.message
    assert error.suggestion == suggestion
    assert "pw" not in error.message


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Cookie", "X-Api-Key", "x-functions-key"])
def test_a_secret_in_plain_text_is_refused_with_the_way_to_write_it_and_never_shown(wrong: Wrong, name: str) -> None:
    (error,) = wrong(PROBE + f'headers = {{ {name} = "Bearer s3cr3t" }}').values()
    assert error.path == f"environments.prod.probes[0].headers.{name}"
    assert f"write {name} = {{ env = " in error.message
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    "value",
    ["3", "{ env = 3 }", "{ environment = 'A' }", "{ env = 'A', file = 'b' }", "{ env = 'A B' }"],
)
def test_a_reference_to_a_secret_has_one_of_two_shapes(wrong: Wrong, value: str) -> None:
    error = wrong(PROBE + f"headers = {{ X-A = {value} }}")["environments.prod.probes[0].headers.X-A"]
    assert '{ env = "NAME" } or { file = "path" }' in error.message


def test_headers_that_http_cannot_carry_are_refused(wrong: Wrong) -> None:
    errors = wrong(PROBE + 'headers = { "X A" = "b", X-B = "ü", X-C = "a\\r\\nX-D: e" }')
    assert set(errors) == {f"environments.prod.probes[0].headers.{name}" for name in ("X A", "X-B", "X-C")}


def test_an_unknown_parent_is_named_with_the_nearest_one(wrong: Wrong) -> None:
    text = PROBE.replace("ready", "live") + PROBE + 'depends_on = ["lvie"]'
    error = wrong(text)["environments.prod.probes[1].depends_on[0]"]
    assert "`lvie` is no probe of this environment" in error.message
    assert error.suggestion == "live"


def test_a_circle_of_dependencies_is_told_once_and_in_full(wrong: Wrong) -> None:
    text = "".join(
        PROBE.replace("ready", name) + f'depends_on = ["{parent}"]\n'
        for name, parent in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
    )
    (error,) = wrong(text).values()
    assert error.path == "environments.prod.probes[0].depends_on"
    assert "a → b → c → a" in error.message


def test_a_diamond_of_dependencies_is_no_circle(read: Callable[[str], object]) -> None:
    parents = [("a", "[]"), ("b", '["a"]'), ("c", '["a"]'), ("d", '["b", "c"]')]
    assert read("".join(PROBE.replace("ready", name) + f"depends_on = {of}\n" for name, of in parents))


def test_a_certificate_cannot_be_asked_of_plain_http(wrong: Wrong) -> None:
    (error,) = wrong(PROBE.replace("https", "http") + 'degraded = ["[CERTIFICATE_EXPIRATION] > 14d"]').values()
    assert error.path == "environments.prod.probes[0].degraded[0]"
    assert "http://" in error.message


@pytest.mark.parametrize(
    ("window", "path", "message"),
    [
        ('{ from = "tonight", until = 2026-11-21T23:00:00Z }', "from", "must be a date and time"),
        ("{ from = 2026-11-21T22:00:00, until = 2026-11-21T23:00:00Z }", "from", "has no time zone"),
        ("{ from = 2026-11-21T23:00:00Z, until = 2026-11-21T22:00:00Z }", "until", "is not after its `from`"),
        ("{ from = 2026-11-21T23:00:00Z }", "until", "is required"),
    ],
)
def test_a_maintenance_window_has_two_moments_in_order(wrong: Wrong, window: str, path: str, message: str) -> None:
    errors = wrong(PROBE + f"maintenance = [{window}]")
    assert message in errors[f"environments.prod.probes[0].maintenance[0].{path}"].message


def test_all_mistakes_are_told_at_once_each_with_its_line(wrong: Wrong) -> None:
    text = (
        'bell = 1\n[identity]\norder = ["cly"]\n\n'
        + PROBE
        + "interval = 5\n\n# second\n"
        + PROBE
        + 'depends_on = ["x"]\n'
    )
    errors = wrong(text)
    assert {path: error.line for path, error in errors.items()} == {
        "bell": 1,
        "identity.order[0]": 3,
        "environments.prod.probes[0].interval": 8,
        "environments.prod.probes[1].name": 12,
        "environments.prod.probes[1].depends_on[0]": 14,
    }


def test_a_placeholder_value_that_is_a_secret_is_refused_in_plain_text(wrong: Wrong) -> None:
    (error,) = wrong('[environments.prod.values]\nDB_PASSWORD = "s3cr3t"\nsecret_name = "kv-shop"').values()
    assert error.path == "environments.prod.values.DB_PASSWORD"
    assert "s3cr3t" not in str(error)
