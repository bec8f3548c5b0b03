"""The third team's post-mortem: what it holds, by when it is read, and that its action items are closed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cockpit.incident.postmortem.draft import default_path
from cockpit.model.event import Kind
from tests.unit.incident.drafts import ALL_ENTRIES, draft, incident_of, section, table
from tests.unit.incident.story import Story
from tests.unit.requirements.teams import plan_of

PLAN = plan_of("dealix")


def over() -> Story:
    """An incident that was resolved on a Friday."""
    story = Story()
    story.declare(0, severity="P0", title="Readiness failing")
    story.act(Kind.UPDATE, 9, subject="client", audience="client", text="We are on it.")
    story.act(Kind.RESOLVE, 50)
    return story


def test_002_s5_post_mortem_is_due_within_3_business_days_and_lies_in_docs_incidents() -> None:
    assert default_path(incident_of(over(), plan=PLAN)) == Path("docs/incidents/2026-02-27-readiness-failing.md")
    status = draft(over(), 60, PLAN).split("<!-- cockpit:end status -->")[0]
    day = datetime(2026, 3, 3, tzinfo=UTC)  # Friday is off in that team: Sunday, Monday, Tuesday
    assert f"**Due:** {day:%Y-%m-%d}" in status
    assert "review the post-mortem; incident.md:" in status


@pytest.mark.parametrize("part", ["Root cause", "Contributing factors", "What worked", "What did not", "Action items"])
def test_002_s5_content_list_is_all_there(part: str) -> None:
    assert section(draft(over(), 60, PLAN), part).strip()


def test_002_s5_the_timeline_is_in_it() -> None:
    assert len(table(draft(over(), 60, PLAN), "timeline", ALL_ENTRIES)) == 3


def test_002_s5_is_blameless_and_asks_for_opinions_instead_of_writing_them() -> None:
    text = draft(over(), 60, PLAN)
    assert "in the system rather than in a person?" in section(text, "Root cause")
    for part in ("Root cause", "Contributing factors", "What worked", "What did not"):
        assert section(text, part).strip().startswith("_")
        assert section(text, part).strip().endswith("?_")


def test_002_s5_review_in_the_next_meeting_moves_its_state_and_action_items_are_closed_out() -> None:
    story = over()
    story.act(Kind.ITEM, 55, subject="a1", text="alert on the queue", owner="ben", due="2026-03-09")
    assert "**State:** draft" in draft(story, 60, PLAN)
    assert table(draft(story, 60, PLAN), "items")[0][2:6] == ["ben", "2026-03-09", "", "open"]
    story.act(Kind.REVIEW, 3_000, state="in review", reason="architecture meeting on Tuesday")
    assert "**State:** in review since 2026-03-01 04:00:00 UTC" in draft(story, 3_001, PLAN)
    story.act(Kind.ITEM, 4_000, subject="a1", done=True)
    story.act(Kind.REVIEW, 4_001, state="closed")
    assert "**State:** closed" in draft(story, 4_002, PLAN)
    assert table(draft(story, 4_002, PLAN), "items")[0][5] == "2026-03-01 20:40:00 UTC"


def test_002_s1_1_and_s1_5_messages_that_were_sent_stand_in_the_draft() -> None:
    assert table(draft(over(), 60, PLAN), "communication")[0][3:5] == ["client", "We are on it."]
