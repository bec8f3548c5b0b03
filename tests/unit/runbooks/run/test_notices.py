"""What is said beside a change before it starts."""

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.run.notices import describe_missing_files, find_temporary_change

PROCEDURE = read_runbook("a.md", b"# A\n\n## B\n\n```bash\nls\n```\n").procedures[0]


@pytest.mark.parametrize(
    ("requires", "missing"),
    [
        ("Parameter file in git, `.env.deploy` present", ".env.deploy"),
        ("`infra/prod.tfvars` and docker-compose.prod.yml", "infra/prod.tfvars, docker-compose.prod.yml"),
        ("config/settings.production.json, backup.sql.gz", "config/settings.production.json, backup.sql.gz"),
        ("the Dockerfile, and deploy.sh.", "Dockerfile, deploy.sh"),
        ("redis.conf or valkey.conf", "redis.conf or valkey.conf"),
        ("here.conf or valkey.conf", ""),
        ("~/.kube/no-such-config", "~/.kube/no-such-config"),
        ("Node.js 18, asp.net core, jq 1.6", ""),
        ("access to portal.azure.com, a certificate of example.com", ""),
        ("https://wiki.example.com/a.html, ops@example.com", ""),
        ("shop-api.service running on the host, /etc/shop/app.conf there", ""),
        ("e.g. a VPN, read/write access, CI/CD", ""),
    ],
)
def test_a_file_that_a_procedure_requires_is_looked_for(tmp_path: Path, requires: str, missing: str) -> None:
    (tmp_path / "here.conf").touch()
    notice = describe_missing_files(replace(PROCEDURE, labels={"requires": requires}), str(tmp_path))
    assert notice.partition(f"{tmp_path}: ")[2].rstrip(".") == missing


@pytest.mark.parametrize(
    ("title", "temporary"),
    [
        ("Temporarily turn off the nightly import job", True),
        ("Pause the autoscaler until the restore is done", True),
        ("Silence the pager for the duration of the migration", True),
        ("Stop alerting for the shop while we work", True),
        ("Suspend the CronJob for the time being", True),
        ("Block new orders until everything is back", True),
        ("Wait until the restore is done", False),
        ("Open the dashboard", False),
        ("Stop the old container", False),
        ("Watch the queue while you restart it", False),
    ],
)
def test_what_is_turned_off_for_now_has_to_be_put_back(title: str, temporary: bool) -> None:
    step = replace(PROCEDURE.steps[0], title=title)
    assert bool(find_temporary_change(step)) is temporary
