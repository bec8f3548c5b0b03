"""The draft: what a CommonMark renderer shows of it, whatever the facts contain."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import met_and_missed
from cockpit.incident.postmortem.draft import default_path
from cockpit.incident.postmortem.markdown import escape_inline, flatten_text
from cockpit.incident.postmortem.rows import deployment_rows, late_mark
from cockpit.model.clock import ClockKind
from cockpit.model.event import Kind
from cockpit.model.text import clean_text
from tests.examples import scale_examples
from tests.unit.incident.drafts import (
    ALL_ENTRIES,
    HEAD,
    PLAN,
    block,
    draft,
    incident_of,
    parsed,
    section,
    shape,
    shown,
    table,
    tables,
    tell,
)
from tests.unit.incident.incidents import plan, rule
from tests.unit.incident.story import Story, at

HOSTILE = [
    "a | b",
    "a \\| b \\",
    "line\nbreak\r\n\r\n# heading",
    "text\n===",
    "---",
    "1. one",
    "- item",
    "> quote",
    "`code` ``` fence",
    "*bold* _em_ __x__ ~~gone~~",
    "[link](https://evil.example) ![img](x) <https://evil.example> https://evil.example www.evil.example",
    "<script>alert(1)</script> <!-- cockpit:end timeline --> -->",
    "&lt; &amp; &#124; &nbsp;",
    "$x$ trailing #",
    "\x1b[2J\x00\x9b\u202e\u2028 bidi",
    "{{ incident }} {% raw %}",
    "",
    "   ",
]


def timeline_of(markdown: str) -> list[list[str]]:
    return table(markdown, "timeline", ALL_ENTRIES)


def test_the_facts_are_filled_in() -> None:
    text = draft(tell())
    facts = table(text, "facts")
    assert ["Severity", "P0"] in facts
    assert ["Status", "resolved, fixed: harmless"] in facts
    assert ["Declared", "2026-02-27 02:02:00 UTC by ana"] in facts
    assert [row[2] for row in table(text, "severity")] == [
        "severity P1", "status investigating", "severity P0", "status resolved",
    ]  # fmt: skip
    first = ["02:00:00", "15:00:00", "probe", "recorder", "ready down", ""]
    assert timeline_of(text)[0] == first
    row = table(text, "alerts")[0]
    assert (row[:5], row[6]) == (["5xx", "high", "", "az", "02:01:00"], "ben")
    assert len(table(text, "deployments")) == 1
    metrics = table(text, "metrics")
    assert [(row[0], row[1]) for row in metrics][1] == ("TTA, time to acknowledge", "3m 00s")
    assert metrics[3][1:3] == ["30m 00s", "recorded"]
    assert HEAD in block(text, "record")


def test_an_alert_says_what_happened_to_it_each_time_and_not_its_rules_description() -> None:
    story = Story()
    story.declare(0, reach=-10)
    description = "More than 5 % of the requests fail."
    for minute, state, summary in (
        (1, "firing", "5xx errors fired (high)"),
        (2, "resolved", "5xx errors resolved: confirmed by Azure Monitor"),
    ):
        detail = {"state": state, "name": "5xx errors", "text": description}
        story.tell(Kind.ALERT, minute, subject="az:1", summary=summary, detail=detail)
    assert [row[4] for row in timeline_of(draft(story))[1:]] == [
        "5xx errors fired (high)",
        "5xx errors resolved: confirmed by Azure Monitor",
    ]


def test_a_long_note_is_printed_whole() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.NOTE, 1, summary="first second", text="first\nsecond third")
    assert timeline_of(draft(story))[1][4] == "first second third"


def test_a_deployment_recorded_long_after_it_was_made_says_so() -> None:
    story = Story()
    story.tell(Kind.REVISION, 0, subject="mi/v42", late=12, summary="v42 created", detail={"what": "created"})
    (event,) = story.events
    assert late_mark(event) == ["recorded 12m 00s later"]
    assert [row.what for row in deployment_rows(story.events)] == ["v42 created (recorded 12m 00s later)"]


def test_only_revisions_created_count_as_such_among_the_facts() -> None:
    story = Story()
    story.declare(0, reach=-10)
    story.tell(Kind.REVISION, -9, subject="mi", detail={"what": "baseline"})
    story.tell(Kind.REVISION, -60, subject="mi/v1", detail={"what": "created"})
    story.tell(Kind.REVISION, -5, subject="mi/v2", detail={"what": "created"})
    story.tell(Kind.REVISION, -4, subject="mi/v2", detail={"what": "health"})
    story.tell(Kind.TRAFFIC, -3, subject="mi")
    facts = table(draft(story), "facts")
    assert ["Alerts", "0"] in facts
    assert ["Revisions created", "1"] in facts


@pytest.mark.parametrize("heading", ["Root cause", "Where we got lucky", "Why we were surprised", "Open questions"])
def test_what_only_people_know_is_asked_and_never_answered(heading: str) -> None:
    asked = section(draft(tell()), heading).strip()
    assert asked.startswith("_")
    assert asked.endswith("?_")


def test_an_open_incident_says_so() -> None:
    story = tell()
    del story.events[-2:]
    assert "**still open** (investigating)" in draft(story)


def test_a_drill_says_so() -> None:
    story = Story()
    story.declare(0, drill=True)
    assert "**This was a drill.**" in draft(story)


def test_what_was_written_down_late_or_corrected_or_redacted_is_marked() -> None:
    story = Story()
    story.declare(0, reach=-30)
    wrong = story.act(Kind.NOTE, 1, summary="teh deploy")
    story.act(Kind.NOTE, -20, summary="users called", late=25)
    story.act(Kind.NOTE, 1, summary="the deploy", supersedes=wrong.id)
    words = [row[4] for row in timeline_of(draft(story))]
    assert words == ["users called (written down 25m 00s later)", "declare", "the deploy (corrected)"]


def test_a_fact_that_was_corrected_was_written_down_when_it_first_was() -> None:
    """The impact is stated minutes later, in the declaration's place; a time is mended long after the note."""
    story = Story()
    first = story.declare(0, reach=-30)
    story.act(Kind.TICK, 0, summary="ticked")
    note = story.act(Kind.NOTE, -3, summary="customers wrote", late=4)
    story.tell(
        Kind.DECLARE,
        0,
        late=11,
        incident="i1",
        actor="ana",
        supersedes=first.id,
        detail=first.detail,
        summary="declare",
    )
    story.act(Kind.NOTE, -2.5, summary="customers wrote", late=30, supersedes=note.id)
    words = [row[4] for row in timeline_of(draft(story))]
    assert words == ["customers wrote (corrected, written down 3m 30s later)", "declare"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_cell(text: str) -> None:
    _check_hostile(text)


@settings(max_examples=scale_examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("ab1 |\\`*_[]()<>#~&!$\n\r\t=-+.:/@'\"\u2028\x00\xa0é…"), max_size=40))
def test_any_words_stay_in_their_cell(text: str) -> None:
    assume(bool(flatten_text(text)) == bool(clean_text(text).strip()))  # a line separator alone is kept as a sign
    _check_hostile(text)


@cache
def harmless(blank: bool) -> list[str]:
    """Without words some paragraphs have nothing to say."""
    return shape(draft(tell("")) if blank else draft(tell()))


def _check_hostile(text: str) -> None:
    told = draft(tell(text, title=text))
    assert shape(told) == harmless(not flatten_text(text))
    note = next(row for row in timeline_of(told) if row[2] == "note")
    assert note[4] == f"★ {flatten_text(text)}".strip()
    assert note[3] == (flatten_text(text) if text else "cockpit")
    as_text = re.sub(r"^(`{3,}).*?^\1$", "", told, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"[a-z]://|www\.", as_text, re.IGNORECASE)
    head = next(token for before, token in pairwise(parsed(told)) if before.type == "heading_open")
    assert shown(head) == f"Post-mortem: {flatten_text(text) or '(no title)'}"


@given(st.text(alphabet=st.sampled_from("ab_|\\`*[]<&#~$ :/w."), max_size=30))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    (_, token, _) = parsed(f"x {escape_inline(text)} x") if text.strip() else parsed("x x x")[:3]
    assert shown(token) == f"x {flatten_text(text)} x" or not text.strip()


def test_the_path_names_the_day_and_the_title() -> None:
    story = Story()
    story.declare(0, title="Überlast: ../../etc/passwd | API's p95 > 10 s")
    assert default_path(incident_of(story)) == Path("docs/incidents/2026-02-27-uberlast-etc-passwd-api-s-p95-10-s.md")


def test_a_title_without_letters_is_named_by_the_incident() -> None:
    story = Story()
    story.declare(0, title="火事")
    assert default_path(incident_of(story)).name == "2026-02-27-i1.md"


def test_what_was_not_done_never_reads_as_done_in_that_time() -> None:
    """A deadline that runs, one that was missed: the time so far is not the time it took."""
    story, now = tell(), at(40)
    incident = incident_of(story)
    outcomes = met_and_missed(compute_clocks(incident, PLAN, now), now, incident)
    for row, outcome in zip(table(draft(story, 40), "clocks"), outcomes, strict=True):
        is_done = outcome.clock.done is not None and not outcome.clock.undone
        is_window = outcome.clock.kind in (ClockKind.ROLLBACK, ClockKind.TAIL, ClockKind.GAP)
        if not outcome.clock.not_applicable:
            assert row[4].startswith("not done in ") is not (is_done or is_window), row


def test_nobody_has_left_a_window_undone_that_is_still_open() -> None:
    story = Story()
    story.declare(0)
    team = plan(rule(ClockKind.ROLLBACK, 24 * 60, what="window"), rule(ClockKind.UPDATE, 60, what="u"))
    actual = {row[0]: row[4] for row in table(draft(story, 10, team), "clocks")}
    assert actual == {"window": "", "u": "not done in 10m 00s"}


def test_a_tier_is_described_by_when_its_window_opens_and_closes() -> None:
    """Its length is no target, and its start is no time by which somebody had to be called."""
    team = plan(
        *(rule(ClockKind.ESCALATION, minute, number=tier, who=who) for tier, minute, who in TIERS),
    )
    story = Story()
    story.declare(0)
    story.act(Kind.PAGE, 20, who="Team lead", tier=2)
    story.act(Kind.RESOLVE, 60, because="fixed")
    rows = [
        row
        for rows in tables(draft(story, plan=team, minutes=70))
        for row in rows
        if len(row) == 7 and "Team lead" in row
    ]
    assert [(row[3], row[5]) for row in rows] == [("between 02:15:00 and 02:45:00", "met")]


def test_a_tier_whose_window_is_open_when_the_draft_is_written_is_open_and_not_overdue() -> None:
    team = plan(*(rule(ClockKind.ESCALATION, minute, number=tier, who=who) for tier, minute, who in TIERS))
    story = Story()
    story.declare(0)
    rows = table(draft(story, plan=team, minutes=20), "clocks")
    assert [(row[1], row[5]) for row in rows] == [
        ("On-call engineer", "overdue"),
        ("Team lead", "open"),
        ("Engineering manager", "running"),
    ]


TIERS = ((1, 0, "On-call engineer"), (2, 15, "Team lead"), (3, 45, "Engineering manager"))
