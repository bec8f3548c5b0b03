"""A team's own system as a drill: its names, probes and documents, on the simulator in the place of the world outside.

What is left names the simulator alone. Commands that would need a shell or another server are shown and not run.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cockpit.model.probe import Probe, WatchedSignal
from cockpit.model.setting import NO_PROXY
from cockpit.model.system import AlertSource, Cloud, Environment, System
from cockpit.simulator.workload import ANOTHER_SERVER


@dataclass(frozen=True, slots=True)
class SimulatorAddress:
    """Where a simulator is and what is there, as its ready line says."""

    url: str
    tls_url: str  # the app's own address; `ca_file` holds who vouches for it
    ca_file: str
    subscription: str
    resource_group: str
    app: str
    workspace: str
    data: str  # a directory of its own, for the timeline
    docker_host: str = ""  # of the simulated engine, where the app runs in Compose
    compose_program: str = ""
    project: str = ""
    services: str = ""  # with commas between
    kubeconfig: str = ""  # of the simulated cluster, where the app runs there
    context: str = ""
    namespace: str = ""
    site: str = ""  # of App Service, where the app runs there


def simulate_system(system: System, place: SimulatorAddress) -> System:
    """`system` on the simulator. Its first environment comes first still; all of them see the one simulated world."""
    return replace(
        system,
        name=f"{system.name} (drill)",
        environments=tuple(_simulate_environment(environment, place) for environment in system.environments),
        data=place.data,
        cloud=Cloud(endpoint=place.url, logs_endpoint=place.url),
        order=("simulator",),
        tenant="",
        client_id="",
        references=(),
        read_only=False,
    )


SIMULATED_ALERTS = "simulated-azure"  # the source of the alerts of a drill, where the team's is of another kind


def _simulate_alert_source(source: AlertSource) -> AlertSource:
    """The simulated world answers as Azure Monitor: only a source of that kind keeps its name, for what the panes, the
    drafts and the silences say of it has to be true of what answers."""
    return AlertSource(name=source.name if source.kind == "azure" else SIMULATED_ALERTS, kind="azure", interval=5.0)


def _simulate_environment(environment: Environment, place: SimulatorAddress) -> Environment:
    sources = environment.alerts[:1] or (AlertSource(name="alerts", kind="azure"),)  # its stories fire some
    platforms = dict(_simulate_platforms(environment.platforms, place))
    return replace(
        environment,
        drill=True,
        simulated_at=(place.url, place.tls_url),
        http_access=(),
        subscription=place.subscription,
        resource_group=place.resource_group,
        workspace=place.workspace,
        apps=() if platforms.keys() & WHERE_APPS_RUN else (place.app,),
        probes=tuple(_simulate_probes(environment.probes, place)),
        alerts=tuple(_simulate_alert_source(source) for source in sources),
        signals=tuple(
            _simulate_signal(signal, place.app) for signal in environment.signals if signal.kind == "azure_metric"
        ),
        values=dict(environment.values) | {"FQDN": urlsplit(place.tls_url).netloc},
        shell={"CURL_CA_BUNDLE": place.ca_file}
        | ({"GH_HOST": urlsplit(place.url).netloc} if "github" in environment.platforms else {}),
        platforms=platforms,
        kube_context="",
    )


WHERE_APPS_RUN = frozenset({"app_service", "compose", "kubernetes"})
PLATFORM_EVERY = 3.0  # seconds between two looks at where the app runs


def _simulate_compose(settings: Any, place: SimulatorAddress) -> object:
    """The engine of the simulator, with the project and the services that it was asked for."""
    services = tuple(place.services.split(","))
    blue_green = len(services) == 2
    return replace(
        settings,
        host=place.docker_host,
        program=place.compose_program,
        projects=(place.project,),
        services=(),
        version_variable="",
        folder="",
        sides=services if blue_green else (),
        active_file="",
        active_url="",
        proxy=f"{place.project}/proxy" if blue_green else "",
        active_label="active" if blue_green else "",
        switch_variable="ACTIVE" if blue_green else "",
        interval=PLATFORM_EVERY,
    )


def _simulate_platforms(platforms: Mapping[str, Any], place: SimulatorAddress) -> Iterator[tuple[str, object]]:
    """Where the simulated app runs, in one place at a time, and a GitHub with one repository."""
    if "app_service" in platforms and place.site:
        yield "app_service", replace(platforms["app_service"], sites=(place.site,), interval=PLATFORM_EVERY)
    elif "compose" in platforms and place.docker_host:
        yield "compose", _simulate_compose(platforms["compose"], place)
    elif "kubernetes" in platforms and place.kubeconfig:
        cluster = {"kubeconfig": place.kubeconfig, "context": place.context, "namespace": place.namespace}
        yield "kubernetes", replace(platforms["kubernetes"], **cluster, workloads=(), interval=PLATFORM_EVERY)
    elif "app_service" in platforms:
        yield "app_service", replace(platforms["app_service"], sites=(place.app,), interval=5.0)
    if "github" in platforms:
        settings = platforms["github"]
        simulated = {
            "repositories": settings.repositories[:1],
            "workflows": (),
            "environments": (),
            "url": f"{place.url}/api/v3",
            "interval": 5.0,
            "ca_file": "",
            **BARE,
            "headers": {"Authorization": "Bearer simulated"},
        }
        yield "github", replace(settings, **simulated)


def _is_http(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _simulate_probes(probes: Iterable[Probe], place: SimulatorAddress) -> Iterator[Probe]:
    """Those over HTTP. What runs beside the app on the probing machine does not fail with it."""
    asked = [probe for probe in probes if _is_http(probe.url)]
    app_is_here = all(_is_on_this_machine(probe.url) for probe in asked)
    for probe in asked:
        yield _simulate_probe(probe, place, beside=_is_on_this_machine(probe.url) and not app_is_here)


def _is_on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _simulate_probe(probe: Probe, place: SimulatorAddress, *, beside: bool) -> Probe:
    """The same question to the simulated app, over TLS where it was, without what would sign it."""
    parts = urlsplit(probe.url)
    query = "&".join(filter(None, (parts.query, f"{ANOTHER_SERVER}=1" if beside else "")))
    path = f"{parts.path or '/'}{f'?{query}' if query else ''}"
    secure = parts.scheme == "https"
    return replace(
        probe,
        url=f"{place.tls_url if secure else place.url}{path}",
        ca_file=place.ca_file if secure else "",
        **BARE,
    )


BARE: Mapping[str, Any] = {
    "auth": None,
    "headers": {},
    "verify_tls": True,
    "client_certificate": "",
    "client_key": "",
    "proxy": NO_PROXY,
}
"""Nothing of what signs a request or leads it another way: what is asked stands on this machine."""


def _simulate_signal(signal: WatchedSignal, app: str) -> WatchedSignal:
    return replace(signal, resource=app, url="", source="", ca_file="", **BARE)


PLATFORM_FACTS = ("docker_host", "compose_program", "project", "services", "kubeconfig", "context", "namespace", "site")
"""What the ready line says of the platform that the simulated app runs on."""


def simulate_by_ready_line(system: System, ready_line: Mapping[str, str]) -> System:
    """`system` on the simulator that printed this line. Raises KeyError where it lacks something."""
    place = SimulatorAddress(
        url=ready_line["url"],
        tls_url=ready_line["tls_url"],
        ca_file=ready_line["ca_file"],
        subscription=ready_line["subscription"],
        resource_group=ready_line["resource_group"],
        app=ready_line["app"],
        workspace=ready_line["workspace"],
        data=str(Path(ready_line["config"]).parent),
        **{name: ready_line.get(name, "") for name in PLATFORM_FACTS},
    )
    return simulate_system(system, place)
