"""What a good configuration becomes, and what is assumed where it is silent."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cockpit.config import default_system
from cockpit.config.build import ConfigSource
from cockpit.config.load import TableReader
from cockpit.config.schema import TableShape
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.setting import Duration, LineText, NameText, setting
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import AlertSource, Cloud, Environment, System

Read = Callable[[str], System]

WHOLE = """
system = "shop"
data = "state"
time_zone = "Pacific/Auckland"
read_only = true
bell = false
theme = "cockpit-light"
runbooks = ["runbooks", "/srv/runbooks"]

[identity]
order = ["cli", "device_code"]
tenant = "example.com"
client_id = "11111111-2222-3333-4444-555555555555"

[cloud]
name = "us_government"
endpoint = "https://arm.example.com/"
logs_endpoint = "https://logs.example.com"

[[ladder]]
name = "SEV-1"
definition = "All users are down"

[[ladder]]
name = "SEV-2"

[keys]
declare = "D"
table.up = "Z"

[self]
references = ["192.0.2.1:53", "login.example.com:443"]

[environments.prod]
production = true
subscription = "11111111-2222-3333-4444-555555555555"
resource_group = "shop-prod-rg"
workspace = "11111111-2222-3333-4444-555555555555"
apps = ["shop-api"]
apps_interval = "30s"
kube_context = "shop"
shell = { CURL_CA_BUNDLE = "/etc/ssl/shop.pem" }
values = { env = "prod", db_password = { file = "pw" } }

[[environments.prod.probes]]
name = "live"
url = "https://shop.example.com/health/live"

[[environments.prod.probes]]
name = "ready"
url = "https://shop.example.com/health/ready"
method = "POST"
body = "{}"
headers = { Authorization = { env = "PROBE_TOKEN" }, X-Key = { file = "key" }, Accept = "text/plain" }
interval = "1m"
timeout = "300ms"
retry_interval = "2s"
conditions = ["[STATUS] == 200", "[BODY].status == ready"]
degraded = ["[RESPONSE_TIME] < 300ms"]
failures = 3
successes = 2
depends_on = ["live"]
verify_tls = false
ca_file = "ca.pem"
maintenance = [{ from = 2026-11-21T22:00:00Z, until = 2026-11-21T23:00:00Z }]
runbook = "rollback"

[[environments.prod.alerts]]
name = "azure"
kind = "azure"

[[environments.prod.alerts]]
name = "am"
kind = "alertmanager"
urls = ["http://am-1.example.com:9093", "http://am-2.example.com:9093"]
prometheus = ["http://prom.example.com:9090"]
filters = ['severity="critical"']
watchdog = "Watchdog"
interval = "10s"

[environments.staging]
"""


def test_every_key_reaches_the_system(read: Read, tmp_path: Path) -> None:
    system = read(WHOLE)
    assert system.name == "shop"
    assert system.data == str(tmp_path / "state")
    assert system.file == str(tmp_path / "cockpit.toml")
    assert (system.time_zone, system.read_only, system.bell, system.theme) == (
        "Pacific/Auckland",
        True,
        False,
        "cockpit-light",
    )
    assert (system.order, system.tenant) == (("cli", "device_code"), "example.com")
    assert system.client_id == "11111111-2222-3333-4444-555555555555"
    assert system.cloud == Cloud("us_government", "https://arm.example.com", "https://logs.example.com", "")
    assert [(each.name, each.rank) for each in system.severity_scale] == [("SEV-1", 0), ("SEV-2", 1)]
    assert system.keys == {"declare": "D", "table.up": "Z"}
    assert system.references == ("192.0.2.1:53", "login.example.com:443")
    assert [each.name for each in system.environments] == ["prod", "staging"]
    assert system.runbooks == (str(tmp_path / "runbooks"), "/srv/runbooks")


def test_an_environment_holds_its_probes_and_sources(read: Read, tmp_path: Path) -> None:
    prod = read(WHOLE).environments[0]
    assert prod.production
    assert (prod.apps, prod.apps_interval) == (("shop-api",), 30.0)
    values = {"env": "prod", "db_password": Secret("file", str(tmp_path / "pw"))}
    assert prod.shell == {"CURL_CA_BUNDLE": "/etc/ssl/shop.pem"}
    assert (prod.kube_context, prod.values) == ("shop", values)
    ready = prod.probes[1]
    assert ready.environment == "prod"
    assert (ready.interval, ready.timeout, ready.retry_interval) == (60.0, 0.3, 2.0)
    assert [each.text for each in ready.conditions] == ["[STATUS] == 200", "[BODY].status == ready"]
    assert [each.text for each in ready.degraded] == ["[RESPONSE_TIME] < 300ms"]
    assert ready.headers == {
        "Authorization": Secret("env", "PROBE_TOKEN"),
        "X-Key": Secret("file", str(tmp_path / "key")),
        "Accept": "text/plain",
    }
    assert ready.ca_file == str(tmp_path / "ca.pem")
    assert ready.maintenance == ((datetime(2026, 11, 21, 22, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)),)
    assert [each.kind for each in prod.alerts] == ["azure", "alertmanager"]
    assert prod.alerts[1].urls == ("http://am-1.example.com:9093", "http://am-2.example.com:9093")
    assert prod.alerts[1].interval == 10.0


def test_a_probe_needs_only_a_name_and_an_address(read: Read) -> None:
    system = read('[[environments.prod.probes]]\nname = "live"\nurl = "https://shop.example.com"')
    (probe,) = system.environments[0].probes
    assert [each.text for each in probe.conditions] == ["[STATUS] == 200"]
    bare = Probe(probe.name, probe.environment, probe.url)
    assert dataclasses.replace(probe, conditions=()) == bare


def test_an_alert_source_has_the_defaults_of_the_model(read: Read) -> None:
    text = '[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["http://am.example.com"]'
    assert read(text).environments[0].alerts[0] == AlertSource("am", "alertmanager", ("http://am.example.com",))


def test_two_systems_without_data_have_no_folder_in_common(read: Read) -> None:
    folders = [Path(read(f'system = "{name}"').data) for name in ("Shop", "Union Eyes")]
    assert [folder.name for folder in folders] == ["shop", "union-eyes"]


def test_an_empty_file_is_the_default_system_with_the_name_of_its_folder(read: Read, tmp_path: Path) -> None:
    expected = dataclasses.replace(default_system(), name=tmp_path.name, file=str(tmp_path / "cockpit.toml"))
    assert read("") == expected
    assert read("").environments == (Environment("default", unnamed=True),)
    assert read("").severity_scale == DEFAULT_SEVERITY_SCALE


def test_patience_never_exceeds_a_short_interval(read: Read) -> None:
    text = '[[environments.prod.probes]]\nname = "live"\nurl = "https://shop.example.com"\ninterval = "2s"'
    (probe,) = read(text).environments[0].probes
    assert (probe.timeout, probe.retry_interval) == (2.0, 2.0)


def test_a_path_may_start_at_home(read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert read('data = "~/cockpit"').data == str(tmp_path / "home" / "cockpit")
    assert read('data = "/srv/cockpit"').data == "/srv/cockpit"


def test_a_byte_order_mark_and_windows_line_ends_are_no_obstacle(read: Read) -> None:
    assert read('\ufeffsystem = "shop"\r\nbell = false\r\n').name == "shop"


def test_a_retired_key_is_a_notice_and_no_mistake(read: Read) -> None:
    ((place, _),) = read('[environments.prod]\nguard_word = "prod"\n').notices
    assert place == ("environments", "prod", "guard_word")


@dataclasses.dataclass(frozen=True)
class Kite:
    """A noun of somebody else."""

    name: NameText = dataclasses.field(metadata=setting("What it is called.", key="title"))
    height: Duration = dataclasses.field(default=60.0, metadata=setting("How long it climbs."))
    tails: tuple[LineText, ...] = dataclasses.field(default=(), metadata=setting("What hangs from it.", not_empty=True))
    colour: str = dataclasses.field(default="red", metadata=setting("Its colour.", choices=("red", "blue")))
    holders: int = dataclasses.field(default=1, metadata=setting("How many hold it.", minimum=1, maximum=4))
    flies: bool = False  # no key


SOURCE = ConfigSource(Path("/srv/cockpit.toml"), lambda key: "cockpit.toml")


def test_a_declared_field_is_read_with_its_type_and_default_and_nothing_else_says_it() -> None:
    reader = TableReader(SOURCE)
    assert reader.read_table(TableShape(Kite), {"title": "a", "height": "2m"}, ("kite",)) == Kite("a", 120.0)
    assert reader.errors == []


def test_every_wrong_key_of_a_declared_table_is_reported() -> None:
    reader = TableReader(SOURCE)
    wrong = {"height": 3, "tails": [], "colour": "rde", "holders": 5, "flies": True}
    reader.read_table(TableShape(Kite), wrong, ("kite",))
    assert {error.path: (error.code, error.suggestion) for error in reader.errors} == {
        "kite.title": ("required", ""),
        "kite.height": ("duration-without-unit", '"3s"'),
        "kite.tails": ("empty", ""),
        "kite.colour": ("not-one-of", "red"),
        "kite.holders": ("out-of-range", ""),
        "kite.flies": ("unknown-key", ""),
    }
