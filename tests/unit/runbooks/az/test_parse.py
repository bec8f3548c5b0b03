"""An argument list is a known command to the last letter, or bash's to run as it is written."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import StepKind
from cockpit.runbooks.az import AzCommand, recognise_az_command
from cockpit.runbooks.az.known_commands import COMMANDS

OURS = "5105c0de-0000-4000-8000-000000000001"
APP = "-n shop-api -g shop-prod-rg"


def known(line: str) -> AzCommand | None:
    return recognise_az_command(shlex.split(line), subscription=OURS)


# The commands of the documents that the cockpit was first shown, with their blanks filled in.
WRITTEN = [
    "az containerapp revision list -n mi-prod -g mi-prod-rg --query "
    "'[].{name:name, active:properties.active, created:properties.createdTime}' -o table",
    "az containerapp revision list -n mi-prod -g mi-prod-rg -o table",
    "az containerapp revision activate -n mi-prod -g mi-prod-rg --revision mi-prod--r41",
    "az containerapp ingress traffic set -n mi-prod -g mi-prod-rg --revision-weight mi-prod--r41=100",
    "az containerapp revision deactivate -n mi-prod -g mi-prod-rg --revision mi-prod--r44",
    "az containerapp revision restart -n mi-prod -g mi-prod-rg --revision mi-prod--r41",
    "az containerapp logs show -n mi-prod -g mi-prod-rg --tail 50",
    "az containerapp logs show -n mi-prod -g mi-prod-rg --type system",
    "az containerapp logs show --name shop-api --resource-group shop-prod-rg --follow",
    "az containerapp update --name shop-api --resource-group shop-prod-rg --image registry.example.com/shop:1",
    "az sql db restore --server mi-prod-sql --resource-group mi-prod-rg --name mi-prod --dest-name mi-prod-restored "
    "--time 2026-02-27T02:00:00Z",
    "az sql db rename --server mi-prod-sql -g mi-prod-rg --name mi-prod --new-name mi-prod-broken",
    f"az account show --subscription {OURS}",
    "az account show -o none",
    "az monitor activity-log list -g shop-prod-rg --offset 2h --max-events 20 -o tsv",
    f"az monitor metrics list --resource /subscriptions/{OURS}/resourceGroups/a/providers/Microsoft.App/containerApps/b"
    " --metrics Requests Replicas --aggregation Total --interval 5m --start-time 2026-02-27T02:00",
]


@pytest.mark.parametrize("line", WRITTEN)
def test_the_commands_of_the_teams_documents_are_known(line: str) -> None:
    assert known(line) is not None


def test_short_and_long_and_joined_flags_say_the_same() -> None:
    assert (
        known("az containerapp show -n shop-api -g rg -o tsv --query id")
        == known("az containerapp show --name shop-api --resource-group rg --output tsv --query id")
        == known("az containerapp show --name=shop-api --resource-group=rg --output=tsv --query=id")
        == AzCommand(
            "containerapp show", StepKind.READ, {"name": ("shop-api",), "resource-group": ("rg",)}, "tsv", "id"
        )
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        "az",
        "az containerapp",
        "az containerapp delete -n shop-api -g rg",
        "az containerapp exec -n shop-api -g rg",
        "kubectl containerapp show -n shop-api -g rg",
        "/usr/bin/az containerapp show -n shop-api -g rg",
        f"az containerapp show {APP} extra",
        f"az containerapp show {APP} --show-secrets",
        f"az containerapp show {APP} --debug",
        f"az containerapp show {APP} -h",
        f"az containerapp show {APP} -n other",  # twice: which one, az and we might not agree
        f"az containerapp show {APP} -otable",
        f"az containerapp show {APP} -n=shop-api",
        "az containerapp show -g rg",  # az may have a default that we do not know
        "az containerapp show -n shop-api",
        "az containerapp show -n -g rg",
        "az containerapp show -n '' -g rg",
        "az containerapp show -n .. -g rg",
        "az containerapp show -n 'a/b' -g rg",
        "az containerapp show -n 'a?b' -g rg",
        f"az containerapp show {APP} --only-show-errors=yes",
        f"az containerapp update {APP}",  # no image: something else is to change
        f"az containerapp update {APP} --image x --set-env-vars A=1",
        f"az containerapp update {APP} --image x --no-wait",
        f"az containerapp update {APP} --yaml app.yaml",
        f"az containerapp ingress traffic set {APP}",
        f"az containerapp ingress traffic set {APP} --revision-weight shop-api--r1",
        f"az containerapp ingress traffic set {APP} --revision-weight shop-api--r1=all",
        f"az containerapp ingress traffic set {APP} --revision-weight",
        f"az containerapp revision activate {APP}",
        "az containerapp revision activate -g rg --revision latest",  # no app, and none in the revision's name
        f"az containerapp logs show {APP} --tail 301",
        f"az containerapp logs show {APP} --tail -1",
        f"az containerapp logs show {APP} --follow maybe",
        f"az containerapp logs show {APP} --type both",
        "az sql db restore -s srv -g rg -n db --dest-name new --time 'yesterday'",
        "az sql db restore -s srv -g rg -n db --dest-name new --time 2026-02-30T02:00:00Z",
        "az sql db restore -s srv -g rg -n db --dest-name new --time 0001-01-01T00:00:00+14:00",
        "az sql db restore -s srv -g rg -n db --dest-name new --time 2026-02-27 --no-wait",
        "az sql db restore -s srv -g rg -n db --dest-name new --deleted-time 2026-02-27",
        "az sql db list --server srv -g rg --elastic-pool p",
        "az monitor activity-log list --offset soon",
        "az monitor activity-log list --caller somebody@example.com",
        "az monitor metrics list --resource shop-api --metrics Requests",
        "az monitor metrics list --resource /subscriptions/x/../../y --metrics Requests",
    ],
)
def test_what_is_not_understood_to_the_last_letter_is_left_to_bash(line: str) -> None:
    assert known(line) is None


@pytest.mark.parametrize("output", ["jsonc", "yaml", "yamlc", "xml", ""])
def test_an_output_we_do_not_print_is_left_to_bash(output: str) -> None:
    assert known(f"az containerapp show {APP} -o '{output}'") is None


@pytest.mark.parametrize("query", ["[", "[?a==", "a.b.", "{", "`"])
def test_a_query_that_does_not_compile_is_left_to_az_which_says_so(query: str) -> None:
    assert recognise_az_command(["az", "containerapp", "show", "-n", "a-b", "-g", "rg", "--query", query]) is None


@pytest.mark.parametrize("line", ["az account show -s other", f"az containerapp show {APP} --subscription Production"])
def test_another_subscription_is_not_ours_to_act_on(line: str) -> None:
    assert known(line) is None
    assert recognise_az_command(shlex.split(line)) is None


def test_the_app_is_read_from_the_revision_as_az_does() -> None:
    native = known("az containerapp revision restart -g rg --revision shop-api--r44")
    assert native is not None
    assert native.one("name") == "shop-api"


@pytest.mark.parametrize(
    ("flag", "follows"), [("--follow", True), ("--follow true", True), ("--follow false", False), ("", False)]
)
def test_following_a_log_never_ends_by_itself(flag: str, follows: bool) -> None:
    native = known(f"az containerapp logs show {APP} {flag}")
    assert native is not None
    assert native.follow is follows


def test_kinds_ask_for_the_ceremony_that_fits() -> None:
    kinds = {words: command.kind for words, command in COMMANDS.items() if command.kind is not StepKind.READ}
    assert kinds == {
        "containerapp revision activate": StepKind.CHANGE,
        "containerapp revision deactivate": StepKind.DANGER,
        "containerapp revision restart": StepKind.CHANGE,
        "containerapp ingress traffic set": StepKind.CHANGE,
        "containerapp update": StepKind.CHANGE,
        "sql db restore": StepKind.CHANGE,
        "sql db rename": StepKind.DANGER,
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (WRITTEN[2], "Activate revision mi-prod--r41 of mi-prod"),
        (WRITTEN[3], "Set the traffic of mi-prod: mi-prod--r41=100"),
        (WRITTEN[10], "Restore mi-prod as it was at 2026-02-27T02:00:00Z into the new database mi-prod-restored"),
        (WRITTEN[11], "Rename the database mi-prod to mi-prod-broken"),
        ("az containerapp list", "List the container apps of the subscription"),
    ],
)
def test_it_says_in_words_what_it_does(line: str, said: str) -> None:
    native = known(line)
    assert native is not None
    assert native.describe() == said


WORDS = [word for line in WRITTEN for word in line.split()]
PARTS = st.sampled_from([*WORDS, "--", "=", "-", "--revision-weight=", "a=101", "--follow=true", "--all", "--tail"])


@given(st.lists(PARTS | st.text(max_size=8), max_size=14))
def test_no_argument_list_at_all_makes_it_stumble(argv: list[str]) -> None:
    found = recognise_az_command(["az", *argv], subscription=OURS)
    if found is not None:
        assert found.words in COMMANDS
        assert found.describe()


@given(st.text(min_size=1, max_size=30))
def test_a_value_stays_one_value_however_hostile(value: str) -> None:
    argv = ["az", "containerapp", "update", "-n", "shop-api", "-g", "rg", "--image", value]
    found = recognise_az_command(argv)
    assert found is None or (found.one("image") == value and len(found.values_by_flag) == 3)
