"""Nothing heavy is imported before the first call."""

import subprocess
import sys

import pytest

HEAVY = ("azure.core", "azure.identity", "msal", "aiohttp", "httpx", "azure.mgmt", "azure.monitor", "requests")
CHEAP = (
    "cockpit.azure.client",
    "cockpit.azure.identity",
    "cockpit.platforms.container_apps.platform",
    "cockpit.feeds.azure_alerts.feed",
    "cockpit.platforms.container_apps.log_stream",
)


@pytest.mark.parametrize("module", CHEAP)
def test_importing_costs_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(name for name in {HEAVY} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
