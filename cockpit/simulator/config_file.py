"""A ready cockpit.toml for the simulated world, in a directory of its own that also keeps the timeline."""

import json
import tempfile
from pathlib import Path
from typing import Any

from cockpit.simulator.site import APP, CONTAINER, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

PROBE_EVERY, RETRY_EVERY, ALERTS_EVERY, APPS_EVERY = 5.0, 2.0, 5.0, 5.0  # seconds of simulated time
SHORTEST = 1.0  # real seconds: a faster world is not asked more often


def write_config(url: str, speed: float) -> Path:
    """Its path. The directory is ours alone, and stays when the simulator ends: it holds the timeline."""
    directory = Path(tempfile.mkdtemp(prefix="cockpit-simulator-"))
    path = directory / "cockpit.toml"
    path.write_text(config_text(url, directory, speed), encoding="utf-8")
    return path


def config_text(url: str, data: Path, speed: float) -> str:
    """The configuration of a world at `url` that plays `speed` times as fast as the clock."""
    host = url.partition("://")[2]
    probe = f'interval = "{_pace(PROBE_EVERY, speed)}"\nretry_interval = "{_pace(RETRY_EVERY, speed)}"'
    return f"""\
# The simulated shop. Nothing in here is real.
system = "simulated shop"
data = {_text(data)}

[identity]
order = ["simulator"]

[cloud]
endpoint = {_text(url)}
logs_endpoint = {_text(url)}

[environments.prod]
production = true
subscription = {_text(SUBSCRIPTION)}
resource_group = {_text(RESOURCE_GROUP)}
workspace = {_text(WORKSPACE)}
apps = [{_text(APP)}]
apps_interval = "{_pace(APPS_EVERY, speed)}"
guard_word = "prod"

[environments.prod.values]
env = "prod"
rg = {_text(RESOURCE_GROUP)}
app = {_text(APP)}
container = {_text(CONTAINER)}
FQDN = {_text(host)}

[[environments.prod.probes]]
name = "live"
url = {_text(url + "/health/live")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].status == healthy"]

[[environments.prod.probes]]
name = "ready"
url = {_text(url + "/health/ready")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].status == ready"]
degraded = ["[RESPONSE_TIME] < 300ms"]

[[environments.prod.probes]]
name = "healthz"
url = {_text(url + "/healthz")}
{probe}
conditions = ["[STATUS] == 200"]

[[environments.prod.probes]]
name = "readyz"
url = {_text(url + "/readyz")}
{probe}
conditions = ["[STATUS] == 200", "[BODY].checks.database == ok"]

# A third of these fail while a bad revision has traffic: not down, and not well either.
[[environments.prod.probes]]
name = "api orders"
url = {_text(url + "/api/orders")}
{probe}
conditions = ["[CONNECTED] == true"]
degraded = ["[STATUS] == 200", "[RESPONSE_TIME] < 300ms"]

[[environments.prod.alerts]]
name = "azure"
kind = "azure"
interval = "{_pace(ALERTS_EVERY, speed)}"
"""


def _pace(seconds: float, speed: float) -> str:
    """A duration in real time, as cockpit.toml writes it."""
    return f"{max(SHORTEST, seconds / max(speed, 1.0)):g}s"


def _text(value: Any) -> str:
    """A TOML string: JSON's escapes are a part of TOML's."""
    return json.dumps(str(value), ensure_ascii=True)
