"""The real gh, on the simulator, as the judge of what the native commands print and of the simulator itself.

Wherever gh is installed (`apt-get install gh`) it reads the simulator once; `make clients` runs all of it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.signed_in import COMMAND

GH = os.environ.get("COCKPIT_GH") or shutil.which("gh")
pytestmark = [
    pytest.mark.skipif(not GH, reason="gh is not installed: apt-get install gh"),
    pytest.mark.xdist_group("gh"),
]
whole = pytest.mark.skipif(not os.environ.get("COCKPIT_GH"), reason="`make clients` runs it")
CLOCKS = re.compile(r"\t(\d+h)?(\d+m)?\d+s\t\d+m$", re.MULTILINE)  # of a run that goes on: a second apart

CONFIG = """
system = "shop"
data = "{data}"

[environments.prod.shell]
GH_HOST = "{host}"

[environments.prod.github]
repositories = ["acme/shop"]
url = "https://{host}/api/v3"
ca_file = "{ca_file}"
auth = {{ bearer = {{ env = "GH_ENTERPRISE_TOKEN" }} }}
"""


@dataclass
class GithubSite:
    """One simulator, with a configuration of ours that names its GitHub."""

    config: Path
    environ: dict[str, str] = field(repr=False)

    def gh(self, line: str) -> "subprocess.CompletedProcess[str]":
        return self._run([str(GH), *shlex.split(line)])

    def ours(self, line: str) -> "subprocess.CompletedProcess[str]":
        return self._run([*COMMAND, "exec", "--config", str(self.config), "--", "gh", *shlex.split(line)])

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=90
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GithubSite]:
    folder = tmp_path_factory.mktemp("gh")
    command = [*COMMAND, "simulator", "--scenario", "quiet", "--speed", "10", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        where = json.loads(simulator.stdout.readline())
        host = where["management"].removeprefix("https://")
        config = folder / "cockpit.toml"
        config.write_text(CONFIG.format(data=folder, host=host, ca_file=where["ca_file"]))
        environ = {
            **os.environ,
            "GH_HOST": host,
            "GH_REPO": "acme/shop",
            "GH_ENTERPRISE_TOKEN": "gho_simulated0123456789",
            "GH_CONFIG_DIR": str(folder),
            "GH_NO_UPDATE_NOTIFIER": "1",
            "SSL_CERT_FILE": where["ca_file"],
            "NO_COLOR": "1",
        }
        yield GithubSite(config, environ)
        assert simulator.stdin is not None
        simulator.stdin.close()


READS = [
    "run list",
    "run list --workflow deploy.yml --limit 2",
    "run list -w Deploy -b main",
    "release list",
    "release list -L 1",
    "run list -b no-such-branch",  # nothing at all, as every script expects
    "run list -u nobody",
]


@whole
@pytest.mark.parametrize("line", READS)
def test_a_native_read_prints_what_gh_prints(site: GithubSite, line: str) -> None:
    theirs, ours = site.gh(line), site.ours(line)
    assert (theirs.returncode, ours.returncode) == (0, 0), theirs.stderr + ours.stderr
    assert CLOCKS.sub("", ours.stdout) == CLOCKS.sub("", theirs.stdout)


@pytest.mark.parametrize("line", ["workflow list", "workflow view deploy.yml", "run view 7000000001", "api user",
                                  "release view", "release view v1.42.0"])  # fmt: skip
def test_what_is_left_to_gh_works_on_the_simulator(site: GithubSite, line: str) -> None:
    done = site.gh(line)
    assert (done.returncode, done.stderr) == (0, "")


@whole
def test_a_run_that_gh_starts_is_followed_by_gh_and_stands_in_our_list(site: GithubSite) -> None:
    assert site.gh("workflow run rollback.yml --ref main -f reason=drill").returncode == 0
    number = site.gh("run list --workflow rollback.yml -L 1").stdout.split("\t")[6]
    watched = site.gh(f"run watch {number} --exit-status")
    assert watched.returncode == 0, watched.stderr
    assert number in site.ours("run list").stdout


@whole
def test_viewing_and_watching_a_run_in_a_step_is_left_to_gh_and_ends_as_gh_ends(site: GithubSite) -> None:
    hosts = site.config.parent / "hosts.yml"  # a step gets no token of ours: gh asks its own sign-in
    hosts.write_text(f"{site.environ['GH_HOST']}:\n  user: ana\n  oauth_token: gho_simulated0123456789\n")
    for line in ("run view 7000000001", "run watch 7000000001 --exit-status"):
        theirs, ours = site.gh(line), site.ours(line)
        assert (ours.returncode, theirs.returncode) == (0, 0), ours.stderr
        assert ours.stdout == theirs.stdout


@whole
def test_a_run_that_we_start_ends_as_gh_sees_it_end(site: GithubSite) -> None:
    ours = site.ours("workflow run rollback.yml --ref main -f reason=drill")
    assert ours.returncode == 0, ours.stdout + ours.stderr
    first = site.gh("run list --workflow rollback.yml -L 1").stdout.split("\t")
    assert first[:2] == ["completed", "success"]
    assert first[6] in ours.stdout


@whole
def test_a_run_that_is_over_is_not_cancelled(site: GithubSite) -> None:
    assert site.gh("run cancel 7000000001").returncode == 1


@whole
def test_a_workflow_that_is_not_there_fails_for_both(site: GithubSite) -> None:
    assert site.gh("workflow run gone.yml --ref main").returncode == 1
    assert site.ours("workflow run gone.yml --ref main").returncode == 3  # not started
