"""The worked example of the documentation is a draft as it is written today, with the words of people in it."""

import json
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from cockpit.incident.ledger import Ledger
from cockpit.incident.load import list_members
from cockpit.incident.postmortem.draft import render_draft, render_picture
from cockpit.incident.postmortem.merge import merge_drafts
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.system import Environment, System
from cockpit.model.time import parse_timestamp
from cockpit.runbooks.plan.load import read_plan

ROOT = Path(__file__).parents[4]
EXAMPLE = (ROOT / "docs" / "worked-example.md").read_text(encoding="utf-8")
PICTURE = (ROOT / "docs" / "worked-example.svg").read_text(encoding="utf-8")
NIGHT = Path(__file__).with_suffix(".json").with_stem("worked_example")  # the timeline of the night that was played
TEMPLATE = (ROOT / "cockpit" / "incident" / "postmortem" / "templates" / "postmortem.md.jinja").read_text(
    encoding="utf-8"
)
RECORD = re.compile(r"Written (?P<at>[\d-]+ [\d:]+) UTC from \d+ events\. Head of the timeline: (?P<head>[0-9a-f]{64})")


def headings(text: str) -> list[str]:
    return re.findall(r"^## .*$", text, flags=re.MULTILINE)


def read_events() -> list[Event]:
    """The events of the night as the file held them, without the chain."""
    rows = json.loads(NIGHT.read_text(encoding="utf-8"))
    moments = ("occurred", "recorded")
    return [Event(**{**row, **{key: parse_timestamp(row[key]) for key in moments}}, v=1, hash="") for row in rows]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The simulated shop with its page for the night."""
    page = tmp_path_factory.mktemp("shop") / "oncall.md"
    page.write_bytes((files("cockpit.simulator") / "oncall.md").read_bytes())
    return System("simulated shop", (Environment("prod", production=True),), str(page.parent), runbooks=(str(page),))


def written_at() -> tuple[datetime, str]:
    record = RECORD.search(EXAMPLE)
    assert record is not None
    return datetime.fromisoformat(record["at"]).replace(tzinfo=UTC), record["head"]


def tell_incident(plan: Plan) -> tuple[Incident, list[Event]]:
    now, _ = written_at()
    events = [event for event in read_events() if event.recorded <= now]
    ledger = Ledger(plan.severity_scale)
    for event in events:
        ledger.apply(event)
    (incident,) = ledger.incidents.values()
    return incident, list_members(incident, events)


def test_what_it_shows_is_what_is_written_today_from_the_events_of_that_night(shop: System) -> None:
    plan = read_plan(shop)
    incident, events = tell_incident(plan)
    now, head = written_at()
    today = render_draft(
        incident, events, system=shop, plan=plan, time_zone="UTC", head=head, now=now, picture_file="worked-example.svg"
    )

    assert merge_drafts(EXAMPLE, today) == EXAMPLE


def test_the_picture_beside_it_is_drawn_as_today(shop: System) -> None:
    incident, events = tell_incident(read_plan(shop))
    now, _ = written_at()

    assert render_picture(incident, events, time_zone="UTC", now=now) == PICTURE


def test_it_has_the_sections_of_a_draft_in_their_order() -> None:
    assert headings(EXAMPLE) == headings(TEMPLATE)


def test_it_can_be_exported_over_and_keeps_every_word() -> None:
    assert merge_drafts(EXAMPLE, EXAMPLE) == EXAMPLE


def test_people_answered_every_question() -> None:
    asked = re.findall(r"^_.*\?_$", TEMPLATE, flags=re.MULTILINE)

    assert len(asked) > 10
    assert [question for question in asked if question in EXAMPLE] == []
