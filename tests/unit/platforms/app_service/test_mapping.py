"""What a site's answers say of its slots, and which command lines are done here."""

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.system import Environment
from cockpit.platforms.app_service.known_commands import recognise_webapp_command
from cockpit.platforms.app_service.mapping import SlotAnswers, map_site, read_deployment
from cockpit.platforms.app_service.settings import AppServiceSettings

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"


def slot(name: str = "shop", *, image: str = "", experiments: Any = None, **config: Any) -> SlotAnswers:
    settings = {"linuxFxVersion": f"DOCKER|{image}" if image else "", **config}
    if experiments is not None:
        settings["experiments"] = {"rampUpRules": experiments}
    return SlotAnswers({"name": name, "properties": {"state": "Running"}}, settings, None, None)


def deployment(**properties: Any) -> list[dict[str, Any]]:
    fields = {"id": SHA, "status": 4, "author": "ana", "active": True, "end_time": "2026-11-21T01:00:00Z", **properties}
    return [{"name": SHA, "properties": fields}]


def test_traffic_that_is_routed_to_a_slot_is_taken_from_production() -> None:
    rules = [{"name": "staging", "reroutePercentage": 20.0, "actionHostName": "shop-staging.azurewebsites.net"}]
    site = map_site("shop", [slot(image="r/a:1", experiments=rules), slot("shop/staging", image="r/a:2")],
                    environment="prod", location="")  # fmt: skip
    assert {revision.name: revision.weight for revision in site.revisions} == {"1": 80, "2": 20}


def test_the_same_version_in_both_slots_is_two_rows() -> None:
    site = map_site("shop", [slot(image="r/a:1"), slot("shop/staging", image="r/a:1")], environment="prod", location="")
    assert {revision.name for revision in site.revisions} == {"1", "1@staging"}


def test_auto_swap_is_reported() -> None:
    slots = [slot(image="r/a:1"), slot("shop/staging", image="r/a:2", autoSwapSlotName="production")]
    site = map_site("shop", slots, environment="prod", location="")
    assert any("auto-swap" in revision.running_details for revision in site.revisions)


@pytest.mark.parametrize(
    ("raws", "sha", "by"),
    [
        (deployment(), SHA, "ana"),
        (deployment(id="9f6c", author="N/A", deployer="ZipDeploy", message=json.dumps({"sha": SHA})), SHA, "ZipDeploy"),
        (deployment(id="9f6c", message="{not json"), "", "ana"),
        ([], "", ""),
        (None, "", ""),
    ],
)
def test_a_deployment_names_its_commit_and_who_made_it(raws: Any, sha: str, by: str) -> None:
    found = read_deployment(raws)
    assert (found.sha, found.by) == (sha, by)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "properties"]), ANYTHING), ANYTHING, st.lists(
    st.dictionaries(st.sampled_from(["name", "properties"]), ANYTHING), max_size=2))  # fmt: skip
def test_no_answer_however_odd_raises(site: Any, config: Any, raws: Any) -> None:
    settings = config if isinstance(config, dict) else None
    map_site("shop", [SlotAnswers(site, settings, raws, raws)], environment="prod", location="")


PROD = Environment(
    "prod", subscription="s", resource_group="rg", platforms={"app_service": AppServiceSettings(sites=("shop",))}
)


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("az webapp deployment slot swap -g rg -n shop --slot staging", "swap"),
        (
            "az webapp deployment slot swap -g RG -n Shop -s staging --target-slot=production --action preview",
            "preview",
        ),
        ("az webapp restart --name shop --resource-group rg", "restart"),
        ("az webapp show -g rg -n shop --query state -o tsv", "show"),
        ("az webapp show -g rg -n shop --query state", None),
        ("az webapp show -g rg -n shop --query hostNames -o tsv", None),
        ("az webapp restart --name other --resource-group rg", None),
        ("az webapp restart --name shop --resource-group other", None),
        ("az webapp deployment slot swap -g rg -n shop", None),
        ("az webapp deployment slot swap -g rg -n shop --slot staging --target-slot staging", None),
        ("az webapp deployment slot swap -g rg -n shop --slot staging -o table", None),
        ("az webapp deployment slot swap -g rg -n shop --slot staging --preserve-vnet false", None),
        ("az webapp deployment slot list -g rg -n shop", None),
        ("az webapp show -g rg -n shop", None),
        ("az webapp restart -g rg -n shop --ids x", None),
        ("az webapp delete -g rg -n shop", None),
    ],
)
def test_only_what_is_understood_to_the_last_letter_is_done_here(line: str, verb: str | None) -> None:
    command = recognise_webapp_command(shlex.split(line), PROD)
    assert (command.verb if command else None) == verb
