"""The real az, on the simulator, as the judge of what the native commands print.

It needs az 2.91 or newer: `make clients` installs it, or COCKPIT_AZ names it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.signed_in import COMMAND

AZ = os.environ.get("COCKPIT_AZ") or os.environ.get("COCKPIT_AZ_SMOKE") or shutil.which("az")
whole = pytest.mark.skipif(not os.environ.get("COCKPIT_AZ"), reason="`make clients` runs it: each is two processes")
pytestmark = [
    pytest.mark.skipif(not AZ, reason="az is not installed; `make clients` installs it"),
    pytest.mark.xdist_group("az"),
]
SUBSCRIPTION = "5105c0de-0000-4000-8000-000000000001"
APP = "-n shop-api -g shop-prod-rg"
SQL = "-s shop-api-sql -g shop-prod-rg"
RESOURCE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-prod-rg/providers/Microsoft.App/containerapps/shop-api"
NOW = re.compile(r'(?<="earliestRestoreDate": )"[^"]+"')  # moves on with the clock
ADDRESS = "http://ADDRESS"  # of the streams: az asked over TLS, we did not


@dataclass
class Cloud:
    """One simulator, with az signed in to it and a configuration of ours."""

    config: str
    addresses: tuple[str, str]
    environ: dict[str, str] = field(repr=False)

    def az(self, line: str) -> "subprocess.CompletedProcess[str]":
        return self._run([str(AZ), *shlex.split(line)])

    def ours(self, line: str, *options: str) -> "subprocess.CompletedProcess[str]":
        return self._run([*COMMAND, "exec", *options, "--config", self.config, "--", "az", *shlex.split(line)])

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        for address in self.addresses:
            done.stdout = done.stdout.replace(address, ADDRESS)
        done.stdout = NOW.sub("NOW", done.stdout)
        return done


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("az")
    command = [*COMMAND, "simulator", "--scenario", "quiet", "--speed", "1", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        where = json.loads(simulator.stdout.readline())
        environ = {
            **os.environ,
            "AZURE_CONFIG_DIR": str(folder),
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "REQUESTS_CA_BUNDLE": where["ca_file"],
            "IDENTITY_ENDPOINT": where["identity"],
            "IDENTITY_HEADER": "8f3a1c2e-0b7d-4e55-9a51-3c6f0d2b7e18",
            "NO_PROXY": "127.0.0.1",
        }
        cloud = Cloud(where["config"], (where["management"], where["url"]), environ)
        for line in (
            f"cloud register -n simulated --endpoint-resource-manager {where['management']}",
            "cloud set -n simulated",
            "login --identity",
        ):
            done = cloud.az(line)
            assert done.returncode == 0, done.stderr
        yield cloud
        assert simulator.stdin is not None
        simulator.stdin.close()


READS = (
    "account show -o tsv --query id",
    "account show --query '[id, name, state, tenantId, isDefault, homeTenantId, managedByTenants]'",  # who: not as az
    "containerapp list -o tsv --query '[].[name,location]'",
    "containerapp list --query \"[?name=='nosuch']\"",
    "containerapp list -o none",
    f"containerapp show {APP} --query properties.template.scale",
    f'containerapp show {APP} --query "properties.template.containers[0].env[].name" -o tsv',
    f"containerapp show {APP} -o tsv --query '{{fqdn:properties.configuration.ingress.fqdn, rg:resourceGroup}}'",
    f"containerapp revision list {APP} --all --query \"[?properties.healthState=='Healthy'].name | sort(@)\"",
    f"containerapp revision list {APP} --all -o tsv",
    f"containerapp revision show {APP} --revision shop-api--r43 -o table",
    "containerapp revision show --revision shop-api--r43 -g shop-prod-rg --query properties.template",
    f"containerapp replica list {APP} --revision shop-api--r43 -o tsv --query '[].name'",
    f"containerapp ingress traffic show {APP} -o tsv",
    f"containerapp ingress traffic show {APP} --query '[0].weight'",
    f"monitor activity-log list --resource-id {RESOURCE} --offset 6h --query '[].status.value'",
    f"monitor metrics list --resource {RESOURCE} --metric Requests --interval PT5M -o table"
    " --start-time 2026-01-01T10:00:00Z --end-time 2026-01-01T10:20:00Z",
    f"sql db show {SQL} -n shop-api -o table",
    f"sql db list {SQL} -o tsv --query '[].name'",
    "containerapp list",
    "containerapp list -g shop-prod-rg -o table",
    f"containerapp show {APP}",
    f"containerapp show {APP} -o table",
    f"containerapp show {APP} -o tsv --query properties.configuration.ingress.fqdn",
    f"containerapp show {APP} -o tsv --query properties.template.containers[0].image",
    f"containerapp revision list {APP} --all",
    f"containerapp revision list {APP} --all -o table",
    f"containerapp revision list {APP} --all -o table --query '[].{{name:name, w:properties.trafficWeight}}'",
    f"containerapp revision list {APP} -o tsv --query '[?properties.active].name'",
    f"containerapp revision list {APP} -o tsv --query '[?properties.trafficWeight==`100`].name | [0]'",
    f"containerapp revision show {APP} --revision shop-api--r43",
    f"containerapp replica list {APP}",
    f"containerapp replica list {APP} --revision shop-api--r43 -o table",
    f"containerapp replica list {APP} --query 'length(@)'",
    f"containerapp ingress traffic show {APP}",
    f"containerapp ingress traffic show {APP} -o table",
    "monitor activity-log list -g shop-prod-rg --offset 1h --max-events 2",
    "monitor activity-log list -g shop-prod-rg --offset 1h -o tsv --query '[].operationName.value'",
    f"monitor metrics list --resource {RESOURCE} --metric Requests --interval PT1M"
    " --start-time 2026-01-01T10:00:00Z --end-time 2026-01-01T10:05:00Z",
    f"monitor metrics list --resource {RESOURCE} --metric CpuPercentage --interval PT5M --aggregation Average"
    " --start-time 2026-01-01T10:00:00Z --end-time 2026-01-01T10:20:00Z",
    f"sql db show {SQL} -n shop-api",
    f"sql db list {SQL}",
    f"sql db list {SQL} -o table",
)
CHANGES = (
    f"containerapp revision deactivate {APP} --revision shop-api--r41",
    f"containerapp revision restart {APP} --revision shop-api--r43",
    f"containerapp revision activate {APP} --revision shop-api--r41",
    f"containerapp ingress traffic set {APP} --revision-weight shop-api--r42=100 shop-api--r43=0",
    f"containerapp ingress traffic set {APP} --revision-weight shop-api--r43=100",
)
FAILURES = (
    "containerapp revision list -n nosuch -g shop-prod-rg",
    "containerapp ingress traffic show -n nosuch -g shop-prod-rg",
    f"containerapp revision restart {APP} --revision nosuch--r1",
    "sql db list -s nosuch -g shop-prod-rg",
    "containerapp show -n nosuch -g shop-prod-rg",
    "containerapp show -n shop-api -g nosuch",
    f"containerapp revision show {APP} --revision nosuch--r1",
    f"sql db show {SQL} -n nosuch",
)


@whole
@pytest.mark.parametrize("line", READS)
def test_a_native_read_prints_to_the_letter_what_az_prints(cloud: Cloud, line: str) -> None:
    expected, ours = cloud.az(line), cloud.ours(line)
    assert expected.returncode == 0, expected.stderr
    assert (ours.returncode, ours.stdout) == (0, expected.stdout), ours.stderr


@whole
@pytest.mark.parametrize("line", FAILURES)
def test_a_native_failure_ends_and_explains_itself_as_az_does(cloud: Cloud, line: str) -> None:
    expected, ours = cloud.az(line), cloud.ours(line)
    assert ours.stdout == expected.stdout == ""
    assert expected.stderr.strip() in ours.stderr
    (step,) = json.loads(cloud.ours(line, "--json").stdout)["steps"]
    assert (step["native"], step["az_exit"]) == (True, expected.returncode)


@whole
@pytest.mark.parametrize("line", CHANGES)
def test_a_change_of_az_and_ours_print_the_same(cloud: Cloud, line: str) -> None:
    expected, ours = cloud.az(line), cloud.ours(line)
    assert expected.returncode == 0, expected.stderr
    assert (ours.returncode, ours.stdout) == (0, expected.stdout), ours.stderr


def test_the_smoke_of_both(cloud: Cloud) -> None:
    """What `make test` runs where az is there (`.ci/run` installs it): the world that one changes is the other's."""
    assert cloud.az(f"containerapp ingress traffic set {APP} --revision-weight shop-api--r42=100").returncode == 0
    seen = json.loads(cloud.ours(f"containerapp ingress traffic show {APP}").stdout)
    assert {"revisionName": "shop-api--r42", "weight": 100} in seen


# App Service: the same world, seen as a site with two slots.

SITE = "-n shop-api -g shop-prod-rg"
SITE_LINES = (
    f"webapp show {SITE} --query state -o tsv",
    f"webapp deployment slot swap {SITE} --slot staging --target-slot production --action preview",
    f"webapp deployment slot swap {SITE} --slot staging --target-slot production",
    f"webapp restart {SITE}",
)


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Cloud:
    """The cloud with a configuration that names the site."""
    path = tmp_path / "cockpit.toml"
    table = '\n[environments.prod.app_service]\nsites = ["shop-api"]\n'
    path.write_text(Path(cloud.config).read_text() + table)
    return replace(cloud, config=str(path))


@whole
@pytest.mark.parametrize("line", SITE_LINES)
def test_slots_are_shown_and_swapped_as_az_does(site: Cloud, line: str) -> None:
    expected, ours = site.az(line), site.ours(line)
    assert expected.returncode == 0, expected.stderr
    assert (ours.returncode, ours.stdout) == (0, expected.stdout), ours.stderr


@whole
def test_what_is_left_to_az_works_on_the_simulated_site(site: Cloud) -> None:
    listed = site.az(f"webapp deployment slot list {SITE} --query [].name -o tsv")
    assert (listed.returncode, listed.stdout) == (0, "staging\n"), listed.stderr
