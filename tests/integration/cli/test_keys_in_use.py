"""No key of cockpit.toml is there for nothing: without it the system is another one, and what acts reads it."""

import copy
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.config import load_system
from cockpit.config.build import ConfigSource
from cockpit.config.load import read_shape
from cockpit.config.raw import flat_keys
from cockpit.config.schema import KeyDeclaration, keys_of_table, list_tables_of
from cockpit.model.setting import METADATA_KEY
from screens.shared import preferences
from tests.integration.feeds.servers import page, says, serving

GUID = "11111111-2222-3333-4444-555555555555"
ACCESS = """auth = { user = "ana", password = { env = "PASSWORD" } }
headers = { X-Tenant = "shop" }
verify_tls = false
ca_file = "ca.pem"
client_certificate = "mine.pem"
client_key = "mine-key.pem"
proxy = "env"
"""
WHOLE = f"""
system = "shop"
data = "state"
time_zone = "Pacific/Auckland"
read_only = true
bell = false
theme = "light"
runbooks = ["runbooks"]
templates = ["messages"]
workdir = "work"
workdirs = {{ ops = "work" }}
contacts_file = "people.toml"
snapshot = "ops#keep"
rollback = "ops#keep"

[commands]
"shopctl status" = "read"

[identity]
order = ["simulator"]
tenant = "example.com"
client_id = "{GUID}"

[cloud]
name = "us_government"
endpoint = "http://127.0.0.1:PORT"
logs_endpoint = "http://127.0.0.1:PORT"
authority = "https://login.example.com"
proxy = "env"
ca_file = "ca.pem"

[[ladder]]
name = "SEV-1"
definition = "All is down"
response = "Commander within 5 min"

[[ladder]]
name = "SEV-2"
backlog = true

[[rules]]
kind = "checklist"
after = "10m"
levels = ["SEV-1"]
what = "look"
who = "Kim"
counting = "business hours"
checklist = "first"

[[roles]]
name = "Scribe"

[[roles]]
name = "Boss"
duty = "decides"
lead = true

[[contacts]]
role = "DBA"
person = "Kim"
backup = "Sam"
how = "pager"
scope = "data"

[[targets]]
scenario = "Region lost"
rpo = "15m"
rto = "4h"
how = "restore"

[[checklists]]
name = "first"
items = ["look"]
levels = ["SEV-1"]
within = "10m"

[hours]
days = ["mon"]
opens = "09:00"
closes = "17:00"
zone = "Asia/Riyadh"
holidays = [2026-12-25]

[people]
shared_logins = ["noc"]

[self]
references = ["127.0.0.1:PORT"]

[keys]
declare = "D"
F6 = "ops#look"

[environments.prod]
production = true
subscription = "{GUID}"
resource_group = "shop-rg"
workspace = "{GUID}"
apps = ["shop-api"]
apps_interval = "20s"
kube_context = "shop"
values = {{ who = "ana" }}
shell = {{ COLOUR = "red" }}

activity_log = true
service_health = true

[[environments.prod.recurring_maintenance]]
every = "sun"
at = "02:00"
for = "2h"
zone = "Europe/Berlin"

[environments.prod.app_service]
sites = ["shop"]
interval = "20s"

[environments.prod.github]
repositories = ["shop/api"]
workflows = ["deploy.yml"]
environments = ["production"]
url = "http://127.0.0.1:PORT"
interval = "20s"
{ACCESS}
[environments.prod.compose]
host = "tcp://127.0.0.1:PORT"
projects = ["blue", "green"]
services = ["app"]
version_variable = "APP_VERSION"
program = "docker-compose"
folder = "work"
sides = ["blue/app", "green/app"]
active_file = "upstream.conf"
events = false
interval = "20s"

[environments.prod.kubernetes]
context = "shop"
events = false
proxy = "env"
namespace = "shop"
workloads = ["web"]
kubeconfig = "kubeconfig"
interval = "20s"

[[environments.prod.webhooks]]
name = "ops"
url = "http://127.0.0.1:PORT"
format = "slack"
turns = ["declare"]
{ACCESS}
[[environments.prod.http_access]]
origins = ["http://127.0.0.1:PORT"]
{ACCESS}
[[environments.prod.probes]]
name = "live"
url = "https://127.0.0.1:PORT/live"
timeout = "300ms"
retry_interval = "10ms"
{ACCESS}

[[environments.prod.probes]]
name = "ready"
url = "http://127.0.0.1:PORT/ready"
method = "POST"
body = "x"
interval = "20s"
timeout = "2s"
retry_interval = "2s"
conditions = ["[STATUS] < 300"]
degraded = ["[STATUS] < 250"]
failures = 3
successes = 2
redirects = "refuse"
depends_on = ["live"]
maintenance = [{{ from = 2026-11-21T22:00:00Z, until = 2026-11-21T23:00:00Z }}]
runbook = "ops#look"
{ACCESS}
[[environments.prod.probes.recurring_maintenance]]
every = "sun"
at = "02:00"
for = "2h"
zone = "Europe/Berlin"

[[environments.prod.probes]]
name = "backup"
url = "beat://backup"
within = "26h"
only_while_running = "shop-api"

[[environments.prod.alerts]]
name = "am"
kind = "alertmanager"
urls = ["http://127.0.0.1:PORT"]
prometheus = ["http://127.0.0.1:PORT"]
filters = ['severity="critical"']
watchdog = "Watchdog"
interval = "20s"
{ACCESS}
[environments.prod.alerts.prometheus_access]
{ACCESS}
[[environments.prod.signals]]
name = "share"
kind = "azure_metric"
metric = "Requests"
resource = "shop-api"
aggregation = "average"
filter = "a eq 'b'"
per_metric = "Requests"
per_filter = "a eq 'c'"
window = "10m"
unit = "%"
degraded = ["[VALUE] < 1"]
down = ["[VALUE] < 20"]
for = "5m"
no_data = "down"
every = "30s"
runbook = "ops#look"

[[environments.prod.signals]]
name = "queue"
kind = "promql"
url = "http://127.0.0.1:PORT"
query = "up"
per_query = "down"
down = ["[VALUE] < 20"]
{ACCESS}
[[environments.prod.signals]]
name = "other"
kind = "promql"
source = "am"
query = "up"
down = ["[VALUE] < 20"]

[environments.test]

[[environments.test.http_access]]
origins = ["http://127.0.0.1:PORT"]
auth = {{ entra = "api://shop/.default" }}

[[environments.test.http_access]]
origins = ["http://localhost:PORT"]
[environments.test.http_access.auth]
token_url = "http://127.0.0.1:PORT/token"
client_id = "cockpit"
client_secret = {{ env = "PASSWORD" }}
scope = "read"

[environments.test.compose]
active_url = "http://127.0.0.1:PORT/colour"
sides = ["blue/app", "green/app"]
switch_variable = "COLOUR"
proxy = "edge/proxy"

[environments.label.compose]
sides = ["blue/app", "green/app"]
active_label = "active"
proxy = "edge/proxy"
"""


def list_written_keys(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key in a file, by its path."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in pairs:
        if isinstance(step, str):
            yield (*path, step)
        yield from list_written_keys(value, (*path, step))


def match_declared_path(path: tuple[str | int, ...]) -> tuple[str, ...]:
    names = [step for step in path if isinstance(step, str)]
    if len(names) > 1 and names[0] == "environments":
        names[1] = "*"
    return tuple(names)


DATA = flat_keys(tomllib.loads(WHOLE.replace("PORT", "9999")))
SOURCE = ConfigSource(Path("/srv/other/cockpit.toml"), lambda key: "cockpit.toml")
DECLARED: dict[tuple[str, ...], KeyDeclaration] = {
    (*path, key): declaration
    for path, shape in list_tables_of()
    for key, declaration in keys_of_table(shape.noun, shape.group).items()
}
WRITTEN = sorted(
    {path for path in list_written_keys(DATA) if match_declared_path(path) in DECLARED}, key=lambda path: str(path)
)
INSTEAD = {"bearer", "entra", "token_url", "client_id", "client_secret", "scope"}
"""Ways to sign in instead of a user and a password. Every table has the same, and one has them all here."""


def test_the_file_of_this_test_has_every_key_there_is() -> None:
    missing = set(DECLARED) - {match_declared_path(path) for path in WRITTEN}
    assert {path for path in missing if path[-2] != "auth" or path[-1] not in INSTEAD} == set(), (
        "add the new key to WHOLE"
    )


def read(data: dict[str, Any]) -> object:
    system, reader = read_shape(data, SOURCE)
    return system or [error.code for error in reader.errors]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: ".".join(map(str, path)))
def test_without_a_key_the_system_is_another_one(path: tuple[str | int, ...]) -> None:
    without = copy.deepcopy(DATA)
    table: Any = without
    for step in path[:-1]:
        table = table[step]
    del table[path[-1]]
    assert read(without) != read(DATA)


OURS = Path(cockpit.callback.__code__.co_filename).parents[2] if cockpit.callback else Path()
ECHOES = ("cockpit/config/", "cockpit/cli/check/report.py", "tests/")
COLLECTS = frozenset({"secrets", "list_secrets", "list_accesses"})
"""What only reads, keeps, collects or prints a configuration uses no key of it."""


@contextmanager
def watching_reads() -> Iterator[set[tuple[str, str]]]:
    """Which fields of the nouns are read by code that acts, as (noun, field)."""
    reads: set[tuple[str, str]] = set()
    nouns = {shape.noun for _, shape in list_tables_of()}
    before = {noun: noun.__dict__.get("__getattribute__") for noun in nouns}

    def make_watch(noun: type) -> Any:
        names = {field.name for field in fields(noun) if is_dataclass(noun) and METADATA_KEY in field.metadata}

        def watch(self: object, name: str) -> Any:
            if name in names:
                code = sys._getframe(1).f_code
                caller = code.co_filename.removeprefix(f"{OURS}/")
                if caller != code.co_filename and not caller.startswith(ECHOES) and code.co_name not in COLLECTS:
                    reads.add((type(self).__name__, name))
            return object.__getattribute__(self, name)

        return watch

    for noun in nouns:
        noun.__getattribute__ = make_watch(noun)  # type: ignore[method-assign]
    try:
        yield reads
    finally:
        for noun, own in before.items():
            if own is None:
                del noun.__getattribute__
            else:
                noun.__getattribute__ = own  # type: ignore[method-assign]


READ_ELSEWHERE = {
    ("Checklist", "within"): "cockpit/config/build.py",  # it becomes a rule
    ("MaintenanceWindow", "start"): "cockpit/config/build.py",  # and the windows a part of the probe
    ("MaintenanceWindow", "until"): "cockpit/config/build.py",
    ("System", "bell"): "cockpit/app.py",
    ("Probe", "retry_interval"): "cockpit/feeds/probes/feed.py",
    ("KubernetesSettings", "workloads"): "cockpit/platforms/kubernetes/workloads.py",
    ("WatchedSignal", "lasting"): "cockpit/feeds/signals/judge.py",
    ("WatchedSignal", "no_data"): "cockpit/feeds/signals/judge.py",
    ("WatchedSignal", "window"): "cockpit/feeds/signals/sources.py",
    ("WatchedSignal", "per_query"): "cockpit/feeds/signals/sources.py",
    ("WatchedSignal", "per_metric"): "cockpit/feeds/signals/sources.py",
    ("WatchedSignal", "per_filter"): "cockpit/feeds/signals/sources.py",
    ("Environment", "recurring_maintenance"): "cockpit/config/build.py",  # the windows of every probe
    ("Probe", "within"): "cockpit/feeds/probes/protocols.py",
    ("HttpAuth", "client_id"): "cockpit/feeds/http.py",
    ("HttpAuth", "client_secret"): "cockpit/feeds/http.py",
    ("HttpAuth", "scope"): "cockpit/feeds/http.py",
    ("ComposeSettings", "active_label"): "cockpit/platforms/compose/services.py",
    ("ComposeSettings", "folder"): "cockpit/platforms/compose/services.py",
    ("ComposeSettings", "program"): "cockpit/platforms/compose/perform.py",
    ("GithubSettings", "workflows"): "cockpit/platforms/github/changes.py",
    ("System", "rollback"): "screens/main/runbook_handlers.py",
}
"""What is read on the screen, between two looks or after an answer that nobody gives here: by this module."""

RUNBOOK = """# Ops

## Look

```bash
# Look
echo <who>
```

- `GET http://127.0.0.1:PORT/health`

## Keep

```bash
# Keep
kubectl get pods
```
"""


def test_every_key_is_read_by_what_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSWORD", "s3cret-password")
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")
    for folder in ("runbooks", "messages"):
        (tmp_path / folder).mkdir()
    authority = trustme.CA()
    mine = authority.issue_cert("cockpit@example.com")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "mine.pem")
    mine.private_key_pem.write_to_path(tmp_path / "mine-key.pem")
    (tmp_path / "people.toml").write_text('[[contacts]]\nrole = "Lead"\nperson = "Ana"\n')
    with serving(says(page())) as port, watching_reads() as reads:
        (tmp_path / "runbooks" / "ops.md").write_text(RUNBOOK.replace("PORT", str(port)))
        (tmp_path / "cockpit.toml").write_text(WHOLE.replace("PORT", str(port)))
        changing = WHOLE.replace("PORT", str(port)).replace("read_only = true", "read_only = false")
        (tmp_path / "acting.toml").write_text(changing)
        refused = CliRunner().invoke(cockpit, ["--config", "acting.toml", "run", "ops#look", "--yes"])
        trusted = refused.output.rpartition("--trust ")[2].split()[0]
        for words in (
            ["status", "--json"],
            ["plan"],
            ["plan", "--json"],
            ["--config", "acting.toml", "declare", "x", "--severity", "SEV-1"],
            ["--config", "acting.toml", "role", "take", "Boss"],
            ["--config", "acting.toml", "clocks", "--json"],
            ["--config", "acting.toml", "scenario", "Region lost"],
            ["--config", "acting.toml", "tick", "first#1"],
            ["--config", "acting.toml", "run", "ops#look", "--yes", "--trust", trusted],
            ["--config", "acting.toml", "run", "ops#keep", "--yes", "--trust", trusted],
            ["--config", "acting.toml", "webhook", "send"],
            ["--config", "acting.toml", "webhook", "test", "ops"],
            ["--config", "acting.toml", "export"],
        ):
            CliRunner().invoke(cockpit, words)
        preferences.read_preferences(load_system(tmp_path / "cockpit.toml"))
    declared = {
        (shape.noun.__name__, declaration.field)
        for _, shape in list_tables_of()
        for declaration in keys_of_table(shape.noun, shape.group).values()
        if declaration.field and declaration.owner is shape.noun
    }
    assert declared - reads - set(READ_ELSEWHERE) == set()
    assert [place for place, file in READ_ELSEWHERE.items() if f".{place[1]}" not in Path(OURS, file).read_text()] == []


def test_a_key_that_nothing_reads_is_found() -> None:
    with watching_reads() as reads:
        system, _ = read_shape(DATA, SOURCE)
        assert system is not None
        repr(system)
        assert system.bell is False
    assert reads == set()
