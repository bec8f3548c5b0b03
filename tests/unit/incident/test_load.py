"""One incident read from the file: its own events and its range of the journal, each once."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.ledger import Ledger
from cockpit.incident.load import catch_up, list_members, read_ledger, with_events
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.incident.story import at
from tests.unit.timeline.files import opened


def fold(events: list[Event]) -> Ledger:
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in events:
        ledger.apply(event)
    return ledger


def declared(incident: str, minute: float, reach: float) -> Draft:
    detail = {"title": incident, "severity": "P1", "reach_from": format_timestamp(at(reach))}
    return Draft(Kind.DECLARE, incident, at(minute), "prod", actor="ana", incident=incident, detail=detail)


minutes, places, subjects = st.integers(-40, 40), st.sampled_from(["prod", "staging"]), st.sampled_from(["a", "b"])
signals = st.builds(  # a recorder writes into the journal only
    lambda kind, minute, environment, subject, state: Draft(
        kind, "x", at(minute), environment, subject, source="recorder", detail={"state": state}
    ),
    st.sampled_from([Kind.PROBE, Kind.ALERT]),
    minutes,
    places,
    subjects,
    st.sampled_from(["down", "up", "firing", "resolved"]),
)
acts = st.builds(
    lambda kind, minute, environment, subject, incident: Draft(
        kind, "x", at(minute), environment, subject, actor="ben", incident=incident
    ),
    st.sampled_from([Kind.NOTE, Kind.ACK, Kind.RESOLVE]),
    minutes,
    places,
    subjects,
    st.sampled_from([None, "i1", "i2"]),
)
facts = signals | acts


@settings(max_examples=scale_examples(25))
@given(st.lists(facts, max_size=20), st.lists(facts, max_size=20))
def test_an_incident_read_by_its_range_is_the_one_folded_from_the_whole_range(
    tmp_path_factory: pytest.TempPathFactory, before: list[Draft], after: list[Draft]
) -> None:
    """Other incidents' events of the same hours change nothing, so they are not read."""
    with opened(tmp_path_factory.mktemp("file") / "timeline.db") as timeline:
        timeline.record([*before, declared("i1", 0, -20), declared("i2", 1, -30), *after])
        incident = fold(timeline.events()).incidents["i1"]
        within = timeline.events(
            environment="prod", occurred_from=incident.reach_from, occurred_until=incident.resolved
        )
        every = {each.id: each for each in (*within, *timeline.events(incident="i1"))}
        found = [every[id] for id in sorted(every)]
        full = replace(fold(found).incidents.get("i1", incident), breaks=incident.breaks)
        assert with_events(timeline, DEFAULT_SEVERITY_SCALE, incident) == (full, list_members(full, found))


def test_no_event_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    with opened(tmp_path / "timeline.db") as timeline:
        note = Draft(Kind.NOTE, "x", at(1), "prod", actor="ana", incident="i1")
        timeline.record([Draft(Kind.PROBE, "down", at(-1), "prod", "a"), declared("i1", 0, -20), note, note])
        incident = fold(timeline.events()).incidents["i1"]
        ask = Timeline.events

        def counting(self: Timeline, **filters: object) -> list[Event]:
            events = ask(self, **filters)  # type: ignore[arg-type]
            read.extend(each.id for each in events)
            return events

        monkeypatch.setattr(Timeline, "events", counting)
        with_events(timeline, DEFAULT_SEVERITY_SCALE, incident)
    others = {2}  # what begins and ends incidents is read of all of them at once, this one's with it
    assert sorted(id for id in read if id not in others) == [1, 3, 4]
    assert read.count(2) == 2


def probe(minute: float, state: str) -> Draft:
    return Draft(Kind.PROBE, state, at(minute), "prod", "ready", source="recorder", detail={"state": state})


def resolved(incident: str, minute: float) -> Draft:
    return Draft(Kind.RESOLVE, "resolved", at(minute), "prod", actor="ana", incident=incident)


@pytest.mark.parametrize(
    "drafts",
    [
        [probe(0, "down"), declared("i1", 1, -9), resolved("i1", 5), probe(60, "up")],
        [probe(0, "down"), declared("i2", 1, -9), probe(9, "up"), resolved("i2", 15), declared("i1", 25, -5)],
    ],
    ids=["what outlived it", "what was another's"],
)
def test_one_incident_read_alone_felt_what_it_felt_among_all(tmp_path: Path, drafts: list[Draft]) -> None:
    with opened(tmp_path / "timeline.db") as timeline:
        whole = fold(timeline.record(drafts)).incidents["i1"]
        alone, _ = with_events(timeline, DEFAULT_SEVERITY_SCALE, whole)
        assert (alone.felt_since, alone.mitigated) == (whole.felt_since, whole.mitigated)


class WrittenBetween:
    """A timeline to which somebody else writes an act and then a signal after each question."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.written = 0

    def events(self, **query: Any) -> list[Event]:
        answer = self._timeline.events(**query)
        self.written += 1
        note = Draft(Kind.NOTE, f"note {self.written}", at(self.written), "prod", actor="ben", incident="i1")
        probe = Draft(Kind.PROBE, "x", at(self.written), "prod", "a", source="recorder", detail={"state": "down"})
        self._timeline.record([note, probe])
        return answer


def test_a_ledger_misses_nothing_that_others_write_while_it_is_read(tmp_path: Path) -> None:
    with opened(tmp_path / "timeline.db") as timeline:
        timeline.record([declared("i1", 0, -30)])
        others = WrittenBetween(timeline)
        ledger = read_ledger(cast(Timeline, others), DEFAULT_SEVERITY_SCALE)
        catch_up(ledger, timeline)
        assert others.written > 1
        assert ledger.incidents == fold(timeline.events()).incidents
