"""A ready cockpit.toml for the simulated world, in a directory of its own that also keeps the timeline."""

import json
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from cockpit.simulator.world.site import CONTAINER, SUBSCRIPTION, WORKSPACE
from cockpit.simulator.world.stage import Stage

PROBE_EVERY, RETRY_EVERY, ALERTS_EVERY, APPS_EVERY = 5.0, 2.0, 5.0, 5.0  # seconds of simulated time
ONCALL = "oncall.md"  # the shop's own page for the night: its severities, people, messages and steps
SHORTEST = 1.0  # real seconds: a faster world is not asked more often


def new_directory() -> Path:
    """Ours alone. It stays when the simulator ends: it holds the timeline."""
    return Path(tempfile.mkdtemp(prefix="cockpit-simulator-"))


def write_config(stage: Stage, url: str, ca_file: Path, more: Mapping[str, str] | None = None) -> Path:
    """Its path, beside the file that makes the workload's certificate trusted."""
    path = ca_file.parent / "cockpit.toml"
    (ca_file.parent / ONCALL).write_bytes((files("cockpit.simulator") / ONCALL).read_bytes())
    path.write_text(config_text(stage, url, ca_file, more or {}), encoding="utf-8")
    return path


def config_text(stage: Stage, url: str, ca_file: Path, more: Mapping[str, str]) -> str:
    """The configuration of a world whose cloud is at `url`. `more`: where its app runs, if not in the cloud."""
    site, speed = stage.scenario.site, stage.clock.speed
    probe = f'interval = "{_format_pace(PROBE_EVERY, speed)}"\nretry_interval = "{_format_pace(RETRY_EVERY, speed)}"'
    return f"""\
# The simulated shop. Nothing in here is real.
system = "simulated shop"
data = {_format_toml_string(ca_file.parent)}
runbooks = [{_format_toml_string(ONCALL)}]

[identity]
order = ["simulator"]

[cloud]
endpoint = {_format_toml_string(url)}
logs_endpoint = {_format_toml_string(url)}

[environments.prod]
production = true
subscription = {_format_toml_string(SUBSCRIPTION)}
resource_group = {_format_toml_string(site.resource_group)}
workspace = {_format_toml_string(WORKSPACE)}
{_describe_apps(site.app, _format_pace(APPS_EVERY, speed), more)}

[environments.prod.values]
env = "prod"
rg = {_format_toml_string(site.resource_group)}
app = {_format_toml_string(site.app)}
container = {_format_toml_string(CONTAINER)}
server = {_format_toml_string(site.sql_server)}
database = {_format_toml_string(site.app)}
FQDN = {_format_toml_string(stage.host(url))}

# What the commands of runbooks find: curl trusts the authority that this start made.
[environments.prod.shell]
CURL_CA_BUNDLE = {_format_toml_string(ca_file)}

[[environments.prod.probes]]
name = "live"
url = {_format_toml_string(url + "/health/live")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].status == healthy"]

[[environments.prod.probes]]
name = "ready"
url = {_format_toml_string(url + "/health/ready")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].status == ready"]
degraded = ["[RESPONSE_TIME] < 300ms"]

[[environments.prod.probes]]
name = "healthz"
url = {_format_toml_string(url + "/healthz")}
{probe}
conditions = ["[STATUS] == 200"]

[[environments.prod.probes]]
name = "readyz"
url = {_format_toml_string(url + "/readyz")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].checks.database == ok"]

# A third of these fail while a bad revision has traffic: not down, and not well either.
[[environments.prod.probes]]
name = "api orders"
url = {_format_toml_string(url + "/api/orders")}
{probe}
conditions = ["[CONNECTED] == true"]
degraded = ["[STATUS] == 200", "[RESPONSE_TIME] < 300ms"]

[[environments.prod.alerts]]
name = "azure"
kind = "azure"
interval = "{_format_pace(ALERTS_EVERY, speed)}"
{SIGNALS.replace("APP", _format_toml_string(site.app)) if speed == 1 else ""}"""


SIGNALS = """
# The shop's own thresholds, asked of the simulated Azure Monitor, whose minutes are real ones.
[[environments.prod.signals]]
name = "5xx share"
kind = "azure_metric"
resource = APP
metric = "Requests"
filter = "statusCodeCategory eq '5xx'"
per_metric = "Requests"
unit = "%"
degraded = ["[VALUE] < 5"]
every = "15s"
no_data = "ok"

[[environments.prod.signals]]
name = "restarts"
kind = "azure_metric"
resource = APP
metric = "RestartCount"
aggregation = "maximum"
degraded = ["[VALUE] < 3"]
every = "15s"
no_data = "ok"

[[environments.prod.signals]]
name = "cpu"
kind = "azure_metric"
resource = APP
metric = "CpuPercentage"
aggregation = "average"
unit = "%"
degraded = ["[VALUE] < 80"]
every = "15s"
no_data = "ok"
"""


def _describe_apps(app: str, pace: str, more: Mapping[str, str]) -> str:
    """The keys of the platform that the app runs on. A dotted table, since those of the environment follow."""
    if host := more.get("docker_host"):
        services = more["services"].split(",")
        keys = {"host": host, "program": more["compose_program"], "projects": [more["project"]], "interval": pace}
        if len(services) == 2:
            keys |= {"sides": services, "proxy": f"{more['project']}/proxy", "active_label": "active"}
            keys["switch_variable"] = "ACTIVE"
        return "\n".join(f"compose.{key} = {json.dumps(value)}" for key, value in keys.items())
    if kubeconfig := more.get("kubeconfig"):
        keys = {"kubeconfig": kubeconfig, "context": more["context"], "namespace": more["namespace"], "interval": pace}
        return "\n".join(f"kubernetes.{key} = {json.dumps(value)}" for key, value in keys.items())
    if site := more.get("site"):
        return "\n".join((f"app_service.sites = {json.dumps([site])}", f"app_service.interval = {json.dumps(pace)}"))
    return f'apps = [{_format_toml_string(app)}]\napps_interval = "{pace}"'


def _format_pace(seconds: float, speed: float) -> str:
    """A duration in real time, as cockpit.toml writes it."""
    return f"{max(SHORTEST, seconds / max(speed, 1.0)):g}s"


def _format_toml_string(value: Any) -> str:
    """A TOML string: JSON's escapes are a part of TOML's."""
    return json.dumps(str(value), ensure_ascii=True)
