"""A team's own system as a drill: its names, probes and documents, on the simulator in the place of the world outside.

What is left names the simulator alone. Commands that would need a shell or another server are shown and not run.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cockpit.model.probe import Probe, WatchedSignal
from cockpit.model.system import AlertSource, Cloud, Environment, System


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


def _simulate_environment(environment: Environment, place: SimulatorAddress) -> Environment:
    sources = environment.alerts[:1]
    return replace(
        environment,
        drill=True,
        subscription=place.subscription,
        resource_group=place.resource_group,
        workspace=place.workspace,
        apps=(place.app,),
        probes=tuple(_simulate_probe(probe, place) for probe in environment.probes if _is_http(probe.url)),
        alerts=tuple(AlertSource(name=source.name, kind="azure", interval=5.0) for source in sources),
        signals=tuple(
            _simulate_signal(signal, place.app) for signal in environment.signals if signal.kind == "azure_metric"
        ),
        shell={"CURL_CA_BUNDLE": place.ca_file},
        platforms={},
        kube_context="",
    )


def _is_http(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _simulate_probe(probe: Probe, place: SimulatorAddress) -> Probe:
    """The same question to the simulated app, over TLS where it was, without what would sign it."""
    parts = urlsplit(probe.url)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    secure = parts.scheme == "https"
    return replace(
        probe,
        url=f"{place.tls_url if secure else place.url}{path}",
        headers={},
        ca_file=place.ca_file if secure else "",
        verify_tls=True,
    )


def _simulate_signal(signal: WatchedSignal, app: str) -> WatchedSignal:
    return replace(signal, resource=app, url="", source="", headers={}, ca_file="", verify_tls=True)
