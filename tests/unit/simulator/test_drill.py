"""A drill on one's own configuration: whatever it names, only the simulator is reached."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from cockpit.config import load_system
from cockpit.model.probe import HttpAuth, Probe
from cockpit.model.runbook import Parameter
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource, Environment, System
from cockpit.model.time import RealTime
from cockpit.platforms.app_service.settings import AppServiceSettings
from cockpit.platforms.github.settings import GithubSettings
from cockpit.runbooks.prepare.http_request import build_request
from cockpit.runbooks.prepare.prepare import stays_in_simulator
from cockpit.runbooks.prepare.values import Live, resolve_values
from cockpit.simulator.drill import SimulatorAddress, simulate_system

PLACE = SimulatorAddress(
    url="http://127.0.0.1:8001",
    tls_url="https://127.0.0.1:8002",
    ca_file="/tmp/world/ca.pem",
    subscription="5105c0de-0000-4000-8000-000000000001",
    resource_group="shop-prod-rg",
    app="shop-api",
    workspace="5105c0de-0000-4000-8000-000000000003",
    data="/tmp/world",
)
EXAMPLES = sorted(Path("examples").glob("*/cockpit.toml"))
EVERYTHING = """
system = "quay"
[identity]
order = ["managed_identity"]
tenant = "quay.example.com"
[self]
references = ["192.0.2.1:443"]
[cloud]
name = "china"
[environments.prod]
production = true
subscription = "11111111-2222-3333-4444-555555555555"
resource_group = "quay-rg"
apps = ["quay"]
kube_context = "prod"
values = { token = { env = "QUAY_TOKEN" } }
shell = { CURL_CA_BUNDLE = "/etc/quay/ca.pem" }
[environments.prod.kubernetes]
namespace = "quay"
[[environments.prod.probes]]
name = "ready"
url = "https://quay.example.com/health/ready?deep=1"
headers = { X-Key = { env = "QUAY_TOKEN" } }
auth = { token_url = "https://id.quay.example.com/token", client_id = "c", client_secret = { env = "QUAY_TOKEN" } }
client_certificate = "/etc/quay/mine.pem"
proxy = "http://proxy.quay.example.com:3128"
[[environments.prod.alerts]]
name = "am"
kind = "alertmanager"
urls = ["https://am.quay.example.com"]
prometheus = ["https://prom.quay.example.com"]
headers = { X-Scope = "quay" }
[[environments.prod.signals]]
name = "share"
kind = "azure_metric"
metric = "Requests"
degraded = ["[VALUE] < 5"]
auth = "entra:api://quay/.default"
proxy = "env"
[[environments.prod.signals]]
name = "errors"
kind = "promql"
url = "https://prom.quay.example.com"
query = "up"
degraded = ["[VALUE] < 5"]
"""


def texts_in(value: object) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from texts_in(list(value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from texts_in(item)


def addresses_in(value: object) -> set[str]:
    """The hosts of every address in it."""
    return {urlsplit(text).hostname or "" for text in texts_in(value) if "://" in text}


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    path = tmp_path / "cockpit.toml"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", [*EXAMPLES, None], ids=str)
def test_no_address_but_the_simulators_is_left(path: Path | None, everything: Path) -> None:
    drill = simulate_system(load_system(path or everything), PLACE)
    reached = (
        drill.cloud,
        drill.references,
        [(env.probes, env.alerts, env.signals, env.platforms) for env in drill.environments],
    )
    assert addresses_in(reached) <= {"127.0.0.1"}
    assert drill.order == ("simulator",)
    assert all(environment.drill for environment in drill.environments)


def test_nothing_that_signs_or_leads_outside_is_left(everything: Path) -> None:
    (prod,) = simulate_system(load_system(everything), PLACE).environments
    assert [access.headers for access in (*prod.probes, *prod.alerts)] == [{}, {}]
    assert (prod.platforms, prod.kube_context) == ({}, "")
    assert [signal.name for signal in prod.signals] == ["share"]  # what is asked of the simulated cloud
    for access in (*prod.probes, *prod.alerts, *prod.signals):
        assert (access.auth, access.client_certificate, access.client_key, access.proxy) == (None, "", "", "none")
    assert prod.shell == {"CURL_CA_BUNDLE": PLACE.ca_file}
    assert not [secret for probe in prod.probes for secret in probe.list_secrets() if isinstance(secret, Secret)]


def test_names_that_the_team_uses_stay(everything: Path) -> None:
    own = load_system(everything)
    drill = simulate_system(own, PLACE)
    (probe,) = drill.environments[0].probes
    assert drill.name == "quay (drill)"
    assert (probe.name, probe.url) == ("ready", "https://127.0.0.1:8002/health/ready?deep=1")
    assert drill.environments[0].production
    assert drill.environments[0].values == {"FQDN": "127.0.0.1:8002", **own.environments[0].values}
    assert drill.data == PLACE.data != own.data


def test_an_http_step_of_a_drill_goes_to_the_simulated_app_and_nowhere_else(everything: Path) -> None:
    environment = simulate_system(load_system(everything), PLACE).environments[0]
    host = resolve_values([Parameter("FQDN")], environment, Live(), {}, now=RealTime().now())[0]
    for url, may_run in (
        ("/api/v1/cache/clear", True),
        ("https://127.0.0.1:8002/readyz", True),
        ("https://quay.internal.test/readyz", False),
        ("https://127.0.0.1:8003/readyz", False),
        ("http://127.0.0.1:8002/readyz", False),
    ):
        request = build_request(f"POST {url}", (), host)
        step: Any = SimpleNamespace(native=None, request=request)
        assert stays_in_simulator(step, environment) is may_run, url


def test_what_runs_beside_the_app_does_not_fail_with_it() -> None:
    production = simulate_system(load_system(Path("examples/unioneyes/cockpit.toml")), PLACE).environments[0]
    beside = {probe.name: "another-server" in probe.url for probe in production.probes}
    assert beside == {"site": False, "prometheus": True, "grafana": True}


def test_an_app_that_is_itself_on_the_probing_machine_is_the_app() -> None:
    probes = tuple(
        Probe(name=path, environment="prod", url=f"http://localhost:8000/{path}") for path in ("live", "ready")
    )
    drill = simulate_system(System("shop", (Environment("prod", probes=probes),), "/data"), PLACE)
    assert [urlsplit(probe.url).query for probe in drill.environments[0].probes] == ["", ""]


@pytest.mark.parametrize("name", ["unioneyes", "dealix"])
def test_a_drill_of_a_team_on_compose_is_on_the_simulated_engine(name: str) -> None:
    engine = {"docker_host": "unix:///tmp/world/docker.sock", "compose_program": "python -m stand_in"}
    place = dataclasses.replace(PLACE, **engine, project=name, services="app-blue,app-green")
    production = simulate_system(load_system(Path("examples") / name / "cockpit.toml"), place).environments[0]
    settings = production.platforms["compose"]
    told = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}  # type: ignore[arg-type]
    assert (told["host"], told["program"]) == tuple(engine.values())
    assert (told["folder"], told["active_file"], told["active_url"]) == ("", "", "")
    assert production.apps == ()


def test_a_drill_of_a_team_on_kubernetes_is_on_the_simulated_cluster() -> None:
    cluster = {"kubeconfig": "/tmp/world/kubeconfig", "context": "mys-prod", "namespace": "mys-prod"}
    place = dataclasses.replace(PLACE, **cluster)
    for environment in simulate_system(load_system(Path("examples/mystira/cockpit.toml")), place).environments:
        settings = environment.platforms["kubernetes"]
        assert getattr(settings, "kubeconfig") == "/tmp/world/kubeconfig"  # noqa: B009  # a noun of a platform
        assert environment.apps == ()


def test_the_site_and_the_repository_are_those_of_the_simulator_and_no_token_goes_there() -> None:
    site = AppServiceSettings(sites=("shop", "admin"))
    github = GithubSettings(
        repositories=("acme/shop", "acme/infra"),
        workflows=("deploy.yml",),
        auth=HttpAuth(bearer=Secret("env", "GITHUB_TOKEN")),
        ca_file="/etc/ca.pem",
        proxy="http://proxy.example.com:3128",
    )
    environment = Environment("prod", platforms={"app_service": site, "github": github})
    system = simulate_system(System("shop", (environment,), "/data"), PLACE)
    drill = system.environments[0]
    simulated = drill.platforms["github"]
    assert drill.platforms["app_service"] == AppServiceSettings(sites=(PLACE.app,), interval=5.0)
    assert drill.apps == ()
    assert isinstance(simulated, GithubSettings)
    assert (simulated.url, simulated.repositories) == (f"{PLACE.url}/api/v3", ("acme/shop",))
    assert (simulated.auth, simulated.ca_file, simulated.proxy) == (None, "", "none")
    assert system.secrets() == set()


@pytest.mark.parametrize(("kind", "name"), [("azure", "am"), ("alertmanager", "simulated-azure")])
def test_only_a_source_of_the_simulated_kind_keeps_its_name(kind: str, name: str) -> None:
    team = System("quay", (Environment("prod", alerts=(AlertSource("am", kind),)),), data="data")
    (source,) = simulate_system(team, PLACE).environments[0].alerts
    assert (source.name, source.kind) == (name, "azure")
