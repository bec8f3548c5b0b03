"""Whatever a document says, there is a plan, and it hangs together."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.clock import rule_of
from cockpit.model.plan import Plan
from cockpit.model.text import HOSTILE
from cockpit.runbooks.plan.plan import merge_plans
from tests.examples import scale_examples
from tests.unit.runbooks.plan.reading import document

SAID = """P0 P1 SEV-1 sev 2 within every after 15 min 5-15 minutes 3 business days 72 hours 99999 h update commander
    page everyone post-mortem breach notify clients outage > < | - [ ] [x] 1. # ## ``` │ ┌ 0-15 60+ RPO RTO TBD none
    [Phone]
    Subject: [Name] NZST IST Mon-Fri 8am-6pm 25:99 support hours rollback window after-hours free of blame → -> ** : ; .
    Role Contact Level Definition Response Condition Who Metric Target Scenario First 10 minutes Weekly drill"""
WORDS = st.sampled_from(SAID.split())
CELLS = st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=6).map(" ".join)
HEADS = st.sampled_from(
    [
        "| Level | Definition | Response |", "| Priority | Response Time |",
        "| Role | Person | Backup | Method | When |",
        "| Scenario | RPO | RTO |", "| Metric | Target |", "| Condition | Who |", "| After | Who | Severity |",
        "| Drill Type | Frequency | Next |", "| Role | Duty |", "| Runbook | Frequency | Audience |",
    ]
)  # fmt: skip
TABLES = st.builds(
    lambda head, rows: "\n".join(
        (head, "|---" * (head.count("|") - 1) + "|", *(f"| {' | '.join(row)} |" for row in rows))
    ),
    HEADS,
    st.lists(st.lists(CELLS, max_size=6), max_size=4),
)
LINES = st.builds(
    lambda mark, text: f"{mark}{text}", st.sampled_from(["", "## ", "- ", "- [ ] ", "1. ", "> ", "```", "│ "]), CELLS
)
TEXTS = st.lists(st.one_of(TABLES, LINES, st.just("")), max_size=14).map("\n".join)


def texts(value: Any) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in texts(each))
    elif isinstance(value, list | tuple | frozenset):
        yield from (text for each in value for text in texts(each))


def hangs_together(found: Plan) -> None:
    names = {each.name for each in found.severity_scale}
    assert [each.rank for each in found.severity_scale] == list(range(len(found.severity_scale)))
    assert len(names) == len(found.severity_scale)
    lists = {each.id for each in found.checklists}
    for rule in found.rules:
        assert set(rule.levels) <= names
        assert rule.origin.partition(":")[0] in found.documents
        assert not rule.checklist or rule.checklist in lists
        assert rule_of(rule.detail()) == rule  # an event can keep it
    assert not any(HOSTILE.search(each) for each in texts(asdict(found)))
    assert any(each.lead for each in found.roles)


@settings(max_examples=scale_examples(80), deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=2))
def test_any_documents_make_a_plan_that_hangs_together(texts: list[str]) -> None:
    hangs_together(merge_plans([document(text, name) for text, name in zip(texts, ("one", "two"), strict=False)]))


@settings(max_examples=scale_examples(50), deadline=None)
@given(st.text(max_size=400))
def test_any_text_at_all_makes_one_too(text: str) -> None:
    hangs_together(merge_plans([document(text)]))
