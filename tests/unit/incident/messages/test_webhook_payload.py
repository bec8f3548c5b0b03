"""What a webhook is told, in the shapes that its receivers read."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.messages.webhook_payload import (
    WAITS_FOR,
    build_notice,
    build_trial,
    find_turn,
    list_turns,
    render_payload,
)
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.system import Webhook
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at


def hook(format: str = "json", **more: Any) -> Webhook:
    return Webhook(name="ops", url="https://example.com/hook", format=format, **more)  # type: ignore[arg-type]


def night() -> tuple[Incident, list[Event]]:
    story = Story()
    story.declare(0, title="Readiness failing", severity="P1")
    story.act(Kind.SEVERITY, 5, severity="P0", was="P1", reason="all clients")
    story.act(Kind.UPDATE, 9, audience="clients", text="We are on it.")
    story.act(Kind.NOTE, 10, summary="not for them")
    story.act(Kind.RESOLVE, 30, because="fixed", reason="rolled back")
    return only(story), story.events


def test_each_turn_is_one_line_that_says_what_it_is() -> None:
    incident, events = night()
    events = [replace(event, recorded=at(30)) for event in events]
    assert [build_notice(event, incident, "Shop").headline for event in list_turns(hook(), events, at(31))] == [
        "P1 Readiness failing",
        "Now P0, was P1: Readiness failing",
        "Update to clients: P0 Readiness failing",
        "Resolved after 30m 00s (fixed): P0 Readiness failing",
    ]


def test_only_the_turns_that_are_asked_for_are_posted_and_none_that_waited_for_too_long() -> None:
    _, events = night()
    late = at(0) + WAITS_FOR + timedelta(seconds=1)
    assert [event.kind for event in list_turns(hook(turns=("severity", "resolve")), events, at(6))] == [
        "severity",
        "resolve",
    ]
    assert Kind.DECLARE not in [event.kind for event in list_turns(hook(), events, late)]


def test_an_incident_that_is_opened_again_is_posted_and_no_other_status_is() -> None:
    """Who was told of the end must hear that it was none."""
    story = Story()
    story.declare(0, title="Readiness failing", severity="P1")
    story.act(Kind.STATUS, 5, status="monitoring", was="investigating")
    story.act(Kind.RESOLVE, 6)
    story.act(Kind.STATUS, 8, status="identified", was="resolved", reason="it is back")
    incident = only(story)
    told = list_turns(hook(), [replace(event, recorded=at(8)) for event in story.events], at(8))
    assert [find_turn(event) for event in told] == ["declare", "resolve", "reopen"]
    notice = build_notice(told[-1], incident, "Shop")
    assert notice.headline == "Opened again, identified: P1 Readiness failing"
    assert "Reason: it is back" in notice.lines
    assert list_turns(hook(turns=("declare",)), told, at(8)) == told[:1]


def test_a_correction_is_no_turn() -> None:
    _, events = night()
    corrected = replace(events[0], id=99, supersedes=events[0].id)
    assert corrected not in list_turns(hook(), [*events, corrected], at(1))


def test_the_document_names_the_incident_and_has_one_key_however_often_it_is_made() -> None:
    incident, events = night()
    one, other = (build_notice(events[0], incident, "Shop") for _ in range(2))
    assert one.key == other.key == f"i1/{events[0].id}"
    document = render_payload(hook(), one)
    assert document["incident"]["severity"] == "P1"
    assert document["turn"] == "declare"


def test_a_drill_says_so_first() -> None:
    incident, events = night()
    assert build_notice(events[0], replace(incident, drill=True), "Shop").headline.startswith("DRILL: ")


def test_a_trial_says_that_it_is_about_nothing() -> None:
    trial = build_trial(hook(), "prod", "Shop", "ana", at(0))
    assert "no incident" in trial.headline
    assert render_payload(hook(), trial)["incident"] is None


def list_texts(value: Any) -> list[tuple[str, Any]]:
    """Every text of a document, with the mapping that holds it."""
    if isinstance(value, dict):
        return [pair for item in value.values() for pair in list_texts(item)] + [
            (text, value) for text in value.values() if isinstance(text, str)
        ]
    return [pair for item in value for pair in list_texts(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("format", ["slack", "teams"])
@given(title=st.sampled_from(["<!channel> down", "[click](https://evil)", "<at>all</at>", "*bold* & <b>"]))
def test_what_people_wrote_mentions_nobody_and_is_no_link(format: str, title: str) -> None:
    story = Story()
    story.declare(0, title=title)
    body = json.loads(json.dumps(render_payload(hook(format), build_notice(story.events[0], only(story), "Shop"))))
    for text, holder in list_texts(body):
        if title.split()[0] in text:
            assert holder.get("type") in ("plain_text", "TextRun") or holder["mrkdwn"] is False, holder
    assert "<" not in body.get("text", "")


@given(st.text(max_size=5_000), st.sampled_from(["json", "slack", "teams"]))
def test_whatever_an_update_holds_the_body_is_json_of_a_size_that_is_taken(text: str, format: str) -> None:
    incident, events = night()
    update = replace(events[2], detail={**events[2].detail, "text": text})
    body = json.dumps(render_payload(hook(format), build_notice(update, incident, "Shop")))
    assert len(body) < 28_000 if format == "teams" else len(body) < 40_000
    if format == "slack":
        blocks = json.loads(body)["blocks"]
        assert all(len(block["text"]["text"]) <= 3_000 for block in blocks)
        assert len(blocks[0]["text"]["text"]) <= 150


@pytest.mark.parametrize(("is_over", "until"), [(False, at(20)), (False, None), (True, at(20))])
def test_of_an_open_incident_that_nobody_records_it_says_as_of_when(is_over: bool, until: datetime | None) -> None:
    incident, events = night()
    incident = incident if is_over else replace(incident, resolved=None)
    notice = build_notice(events[2], incident, "Shop", until, at(25))
    is_cut = until is not None and not is_over
    assert any("as of 02:20:00 UTC" in line for line in notice.lines) is is_cut
    assert (notice.document["recorded_until"] is not None) is is_cut
