"""A verb means what its table says at its own place: not below another group, and not where another word follows it."""

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.judge import judge_shell
from cockpit.runbooks.command_kinds.powershell import judge_powershell
from cockpit.runbooks.command_kinds.tables import CommandTool, load_tools

TOOLS = {tool.title: tool for tool in load_tools().values()}
HARMLESS = (StepKind.READ, StepKind.VERIFY, StepKind.LOCAL)


@pytest.mark.parametrize("tool", [tool for tool in TOOLS.values() if tool.path], ids=lambda tool: tool.title)
def test_what_is_local_is_local_at_its_own_place_only(tool: CommandTool) -> None:
    """`az upgrade` renews a program of one's own, `az aks upgrade` a cluster."""
    local = [" ".join(pattern.tokens) for pattern in tool.verbs if pattern.kind is StepKind.LOCAL]
    below = [verb for verb in local if not verb.startswith("*")]
    assert [verb for verb in below if judge_shell(f"{tool.names[0]} group {verb} -n x") in HARMLESS] == []


@pytest.mark.parametrize(
    "command",
    [
        # below another group
        "az aks upgrade -n x",
        "az aks nodepool upgrade -n x",
        "az webapp config set --always-on true",
        "az ml extension add x",
        "gcloud run components update",
        "aws xray configure",
        # behind a noun that reads where it stands alone
        "doctl apps update x",
        "fly services update",
        "heroku domains update x",
        "vercel env add X",
        "cf target -s prod",
        "pulumi config set a b",
        "pulumi stack select x",
        "pulumi stack init x",
        "amtool alert add x",
        "argocd context prod",
        "hostnamectl hostname new",
        "npm version patch",
        "yarn version --patch",
        "terraform providers frobnicate",
        "docker scout push x",
        "git symbolic-ref HEAD refs/heads/x",
        "git notes prune",
        "patronictl query -c 'drop table x'",
        # a second verb behind one that reads
        "mysqladmin ping shutdown",
        "mysqladmin status --verbose flush-hosts",
        "flyway info clean",
        "flyway validate migrate",
        "rails db:version db:reset",
        "etcdctl watch key -- ./act.sh",
        # a word that only sounds like looking
        "terraform test",
        "aws ses verify-email-identity --email-address a@b.c",
        "aws apigateway test-invoke-method --http-method POST",
        "az iot hub certificate verify -n x",
        "influx query 'x'",
        "snap install x",
        "apk upgrade",
        "snyk monitor",
        "trivy server",
        "promtool push metrics http://x",
        "vault read database/creds/app",
        # an address that acts, whatever the method
        "curl http://x/-/reload",
        "curl 'http://x/admin?action=delete&id=1'",
        "curl http://x/_flush",
        "curl http://x/api/jobs/start",
        # what is written outside the person's own folders
        "pg_dump -f /etc/cron.d/x shop",
        "trivy image --output /etc/cron.d/x app",
        "nmap -oN /etc/motd host",
        "az vm list --file /etc/x",
    ],
)
def test_what_acts_is_never_shown_as_a_look(command: str) -> None:
    assert judge_shell(command) not in HARMLESS


@pytest.mark.parametrize(
    "command",
    [
        "doctl apps",
        "doctl apps list",
        "heroku config",
        "heroku config:get URL",
        "pulumi config",
        "pulumi stack ls",
        "amtool alert",
        "amtool alert query alertname=Down",
        "hostnamectl",
        "npm version",
        "flyway info",
        "mysqladmin ping status",
        "argocd context",
        "docker scout cves app",
        "curl https://x/health",
        "curl https://x/deploy/status",
        "gcloud builds log 7",
    ],
)
def test_what_looks_is_shown_as_a_look(command: str) -> None:
    assert judge_shell(command) is StepKind.READ


@pytest.mark.parametrize(
    "command",
    [
        "az upgrade",
        "az login",
        "az aks get-credentials -n x",
        "az aro get-admin-kubeconfig -n x",
        "az acr login -n x",
        "gcloud container clusters get-credentials x",
        "brew upgrade",
        "pg_dump -f shop.dump shop",
    ],
)
def test_what_touches_ones_own_machine_is_local(command: str) -> None:
    assert judge_shell(command) is StepKind.LOCAL


@pytest.mark.parametrize(
    "command",
    [
        "Import-PfxCertificate -FilePath x.pfx",
        "Import-AzKeyVaultCertificate -Name x",
        "Convert-VHD a b",
        "Search-Mailbox x -DeleteContent",
        "Connect-IscsiTarget x",
        "Disconnect-VMNetworkAdapter x",
        "Test-Cluster",
        "Save-AzVMImage x",
        "Receive-Message x",
    ],
)
def test_a_cmdlet_looks_only_with_a_noun_that_is_known(command: str) -> None:
    assert judge_powershell(command) not in HARMLESS


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("Import-Module Az", StepKind.LOCAL),
        ("Connect-AzAccount", StepKind.LOCAL),
        ("Import-Csv a.csv | Sort-Object Name | Format-Table", StepKind.READ),
        ("Resolve-DnsName x", StepKind.READ),
        ("Get-Service | Where-Object { $_.Status -eq 'Running' }", StepKind.READ),
    ],
)
def test_a_cmdlet_that_is_known_to_look_does(command: str, kind: StepKind) -> None:
    assert judge_powershell(command) is kind
