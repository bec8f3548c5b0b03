"""Who has the last word: the configuration, then the documents in their order, then what is built in."""

from datetime import time, timedelta

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import BUILT_IN, FIRST_TEN, Checklist, Contact, Hours, Plan, Role, Target, Template
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.plan.plan import merge_plans
from tests.unit.runbooks.plan.reading import MINUTE, document, plan_of, told

MINE = "cockpit.toml:7"
SEVERITY_SCALE = "| Level | Definition | Response |\n|---|---|---|\n| P0 | Down | {} |\n| P1 | Broken | {} |\n"


def configured(**parts: object) -> Plan:
    return Plan(**{"severity_scale": (), **parts})  # type: ignore[arg-type]


def minutes(found: Plan, kind: ClockKind) -> dict[str, tuple[float, str]]:
    """For each severity of the severity scale when it is due, and by which file's word."""
    return {
        level.name: (rule.after.total_seconds() / 60, rule.origin.partition(":")[0])
        for level in found.severity_scale
        for rule in found.rules_for(level.name)
        if rule.kind is kind
    }


def test_without_documents_everything_is_built_in() -> None:
    found = merge_plans([])
    assert told(found) == []
    assert [each.id for each in found.checklists] == [FIRST_TEN]
    assert {each.audience for each in found.templates} == {"client", "team"}
    assert [each.name for each in found.roles if each.lead] == ["Incident Commander"]
    assert {each.kind for each in found.rules_for("P3")} == {ClockKind.BREACH, ClockKind.ROLLBACK}


def test_each_severity_has_the_word_of_the_first_that_says_anything_of_it() -> None:
    mine = configured(rules=(Rule(ClockKind.UPDATE, "x", timedelta(minutes=5), MINE, levels=("p0",)),))
    first, second = SEVERITY_SCALE.format("update every 10 min", "-"), SEVERITY_SCALE.format("-", "update every 20 min")
    assert minutes(plan_of(first, second), ClockKind.UPDATE) == {"P0": (10, "oncall.md"), "P1": (20, "second.md")}
    assert minutes(plan_of(first, configured=mine), ClockKind.UPDATE) == {
        "P0": (5, "cockpit.toml"), "P1": (30, BUILT_IN),
    }  # fmt: skip


def test_a_rule_for_every_severity_gives_way_where_a_word_stands_above_it() -> None:
    second = "Tell customers when an outage lasts longer than 40 min.\n"
    found = plan_of(SEVERITY_SCALE.format("tell customers within 10 min", "-"), second)
    assert minutes(found, ClockKind.CLIENT) == {"P0": (10, "oncall.md"), "P1": (40, "second.md")}


def test_the_tiers_of_one_source_stay_together() -> None:
    tiers = tuple(
        Rule(ClockKind.ESCALATION, who, timedelta(minutes=at), MINE, who=who, levels=("P0",), number=number)
        for number, (at, who) in enumerate(((0, "me"), (9, "you")), start=1)
    )
    box = (
        "## P0\n\n| After | Who |\n|---|---|\n| 0 min | They |\n\n## P1\n\n| After | Who |\n|---|---|\n| 3 min | We |\n"
    )
    found = plan_of(box, configured=configured(rules=tiers))
    assert [(each.who, each.levels) for each in found.rules if each.kind is ClockKind.ESCALATION] == [
        ("me", ("P0",)), ("you", ("P0",)), ("We", ("P1",)),
    ]  # fmt: skip


def test_drawn_tiers_go_before_whom_a_response_would_page() -> None:
    page, box = (
        SEVERITY_SCALE.format("Page everyone", "Page Kim"),
        "## P0\n\n| After | Who |\n|---|---|\n| 0 min | They |\n",
    )
    found = plan_of(page, box)
    assert [(each.who, each.levels) for each in found.rules if each.kind is ClockKind.ESCALATION] == [
        ("They", ("P0",)), ("Kim", ("P1",)),
    ]  # fmt: skip


def test_the_configuration_replaces_people_targets_messages_and_lists_of_the_same_name() -> None:
    text = """
        ## Contacts

        - **DBA**: dba@example.com
        - **CTO**: cto@example.com

        ## Targets

        | Scenario | RPO | RTO |
        |---|---|---|
        | Region | 1 h | 4 h |

        ## Go

        - [ ] Look
    """
    found = plan_of(
        text,
        configured=configured(
            contacts=(Contact("dba", "Kim", origin=MINE),),
            targets=(Target("region", rto=timedelta(hours=2), origin=MINE),),
            checklists=(Checklist("oncall/go", "Go", ("Run",), origin=MINE),),
            roles=(Role("Boss", lead=True, origin=MINE),),
            templates=(Template("client", "Mine", "x", origin=MINE),),
            hours=Hours(opens=time(7), origin=MINE),
            snapshot="evidence#take",
        ),
    )
    assert [(each.role, each.person) for each in found.contacts] == [("dba", "Kim"), ("CTO", "")]
    assert [(each.scenario, each.rpo) for each in found.targets] == [("region", None)]
    assert [each.items for each in found.checklists if each.origin != BUILT_IN] == [("Run",)]
    assert [each.name for each in found.roles] == ["Boss"]
    assert [each.title for each in found.templates if each.audience == "client"] == ["Mine"]
    assert (found.hours.opens, found.snapshot) == (time(7), "evidence#take")


def test_a_list_whose_deadline_is_replaced_opens_no_more_by_itself() -> None:
    text = "## First 10 minutes (P0, P1)\n\n1. Look\n"
    mine = configured(
        rules=(
            Rule(ClockKind.CHECKLIST, "mine", 5 * MINUTE * timedelta(seconds=1), MINE, levels=("P0",), checklist="m"),
        ),
        checklists=(Checklist("m", "Mine", ("Do",), ("P0",), MINE), Checklist("n", "Other", ("Do",), ("P1",), MINE)),
    )
    found = plan_of(text, configured=mine)
    assert {each.id: each.levels for each in found.checklists} == {
        "m": ("P0",), "n": ("P1",), "oncall/first-10-minutes": ("P1",),
    }  # fmt: skip


def test_every_origin_begins_with_a_document_that_the_plan_knows() -> None:
    found = plan_of("## Roles\n\n- **Lead**: leads\n", configured=configured(documents=frozenset({"cockpit.toml"})))
    assert found.documents == {BUILT_IN, "oncall.md", "cockpit.toml"}


def test_documents_of_one_name_are_distinguished_by_their_folder() -> None:
    one, other = document("- [ ] a\n", "oncall"), document("- [ ] b\n", "oncall")
    found = merge_plans([one, Document("db/oncall", other.runbook)])
    assert [each.origin for each in found.checklists][:2] == ["oncall.md:1", "db/oncall.md:1"]


def test_what_ships_with_the_program_is_nobodys_plan() -> None:
    assert told(merge_plans([Document("x", document("Post-mortem within 2 days\n").runbook, builtin=True)])) == []
