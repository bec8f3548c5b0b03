"""Where each Azure lives: addresses, token scopes and sign-in authority. The simulator is an address like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.setting import ENVIRONMENT_PROXY, NO_PROXY
from cockpit.model.system import Cloud


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses without a trailing slash. `simulated`: plain http on this machine, where no real token ever goes."""

    resource_manager: str
    resource_manager_scope: str
    logs: str
    logs_scope: str
    authority: str
    simulated: bool = False
    proxy: str = NO_PROXY
    ca_file: str = ""

    def find_proxy(self) -> tuple[str, bool]:
        """The proxy on the way to the cloud, "" for none, and whether the environment's are used. A proxy for the
        outside world has no business with a simulator on this machine."""
        if self.simulated or self.proxy == NO_PROXY:
            return "", False
        return ("", True) if self.proxy == ENVIRONMENT_PROXY else (self.proxy, False)


# Addresses and audiences as azure-mgmt-core, azure-identity and the Log Analytics API pages give them.
CLOUDS = {
    "public": Endpoints(
        "https://management.azure.com",
        "https://management.azure.com/.default",
        "https://api.loganalytics.io",
        "https://api.loganalytics.io/.default",
        "login.microsoftonline.com",
    ),
    "us_government": Endpoints(
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/.default",
        "https://api.loganalytics.us",
        "https://api.loganalytics.us/.default",
        "login.microsoftonline.us",
    ),
    "china": Endpoints(
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
        "https://api.loganalytics.azure.cn",
        "https://api.loganalytics.azure.cn/.default",
        "login.chinacloudapi.cn",
    ),
}


def resolve_endpoints(cloud: Cloud) -> Endpoints:
    """The addresses of a configured cloud. Raises SourceError for an address that would carry a token in the clear."""
    builtin_cloud = CLOUDS[cloud.name]
    manager = check_endpoint(cloud.endpoint or builtin_cloud.resource_manager)
    simulated = manager.startswith("http://")
    # A simulated world serves logs at its own address: a query must not leak to the real cloud by omission.
    logs = check_endpoint(cloud.logs_endpoint or (manager if simulated else builtin_cloud.logs))
    return Endpoints(
        manager,
        builtin_cloud.resource_manager_scope,
        logs,
        builtin_cloud.logs_scope,
        (cloud.authority or builtin_cloud.authority).removeprefix("https://").rstrip("/"),
        simulated,
        cloud.proxy,
        cloud.ca_file,
    )


def check_endpoint(url: str) -> str:
    """`url` without its trailing slash. Raises SourceError unless it is https, or http on this machine."""
    problem = find_endpoint_problem(url)
    if problem:
        raise SourceError(problem)
    return url.strip().rstrip("/")


def stream_address(url: str, parameters: Mapping[str, str]) -> str:
    """A stream's own address with what is asked of it. Its path and query stay as Azure wrote them, which may be

    signed. Raises SourceError unless it is https, or http on this machine.
    """
    if problem := find_endpoint_problem(url):
        raise SourceError(problem)
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def find_endpoint_problem(url: str) -> Problem | None:
    """What is wrong with an address that is to receive a token."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        return Problem(ProblemKind.REFUSED, "bad endpoint", f"{url!r} is not an https address.", "Correct [cloud].")
    if parts.scheme == "http" and not is_loopback(host):
        return Problem(
            ProblemKind.REFUSED,
            "http refused",
            f"{url!r} would carry a token in the clear.",
            "Use https; plain http is for a simulator on this machine only.",
        )
    return None


def is_loopback(host: str) -> bool:
    """True for localhost, 127.0.0.0/8 and ::1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
