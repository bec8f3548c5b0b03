"""A silence is a change: written down before it is sent, sent once, and unknown where nobody answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.feeds.alertmanager.silences import SilenceUnknownError
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.actions.silences import SilenceOperation, list_offers
from cockpit.incident.clocks.reminders import list_open_items
from cockpit.incident.messages.shift_report import build_shift_report
from cockpit.incident.open_ends import OpenEndKind, find_open_ends
from cockpit.incident.postmortem.rows import loop_rows
from cockpit.model.alert import AlertState
from cockpit.model.event import Draft, Kind
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.silence import Silence, SilenceMatcher
from cockpit.timeline.timeline import Timeline
from tests.tui.bare import Clock

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PLAN = Silence("", (SilenceMatcher("app", "shop"),), NOW, NOW + timedelta(hours=2), "ana", "disk swap")
CREATE, EXTEND, EXPIRE = SilenceOperation.CREATE, SilenceOperation.EXTEND, SilenceOperation.EXPIRE


@dataclass
class Server:
    """An Alertmanager that keeps what it is told, and answers or not."""

    silences: dict[str, Silence] = field(default_factory=dict)
    failure: Exception | None = None
    keeps: bool = True  # even what it does not answer
    sent: int = 0

    async def list_silences(self) -> dict[str, Silence]:
        return self.silences

    async def list_labels(self) -> list[dict[str, str]]:
        return []

    async def put(self, body: Mapping[str, object]) -> str:
        self.sent += 1
        if self.keeps:
            ends = datetime.fromisoformat(str(body["endsAt"]))
            self.silences["s1"] = replace(PLAN, id="s1", ends=ends, comment=str(body["comment"]))
        if self.failure is not None:
            raise self.failure
        return "s1"

    async def expire(self, id: str) -> None:
        self.sent += 1
        if self.failure is not None:
            raise self.failure
        self.silences[id] = replace(self.silences[id], state="expired")


@pytest.fixture
def timeline(tmp_path: Path) -> Iterator[Timeline]:
    opened = Timeline(tmp_path / "timeline.db", time=Clock(NOW))
    yield opened
    opened.close()


def sit_down(timeline: Timeline, person: str = "ana", *, read_only: bool = False) -> IncidentActions:
    return IncidentActions(
        timeline,
        operator=person,
        environment="prod",
        severity_scale=DEFAULT_SEVERITY_SCALE,
        time=Clock(NOW),
        read_only=read_only,
    )


def list_phases(timeline: Timeline) -> list[tuple[object, object]]:
    return [(e.detail["phase"], e.detail.get("outcome")) for e in timeline.events(kinds=[Kind.ACTION])]


def test_intent_and_outcome_are_on_the_timeline(timeline: Timeline) -> None:
    result = sit_down(timeline).change_silence(Server(), CREATE, PLAN)
    assert (result.outcome, result.id) == ("done", "s1")
    assert list_phases(timeline) == [("intent", None), ("outcome", "done")]


def test_a_refusal_is_reported_and_may_be_tried_again(timeline: Timeline) -> None:
    refusal = SourceError(Problem(ProblemKind.REFUSED, "HTTP 400", "bad matcher"))
    server = Server(failure=refusal, keeps=False)
    assert sit_down(timeline).change_silence(server, CREATE, PLAN).outcome == "failed"
    server.failure = None
    assert sit_down(timeline).change_silence(server, CREATE, PLAN).outcome == "done"


@pytest.mark.parametrize(("keeps", "outcome"), [(True, "done"), (False, "unknown")])
def test_without_an_answer_it_is_looked_for_and_never_sent_again(timeline: Timeline, keeps: bool, outcome: str) -> None:
    server = Server(failure=SilenceUnknownError("timed out"), keeps=keeps)
    assert sit_down(timeline).change_silence(server, CREATE, PLAN).outcome == outcome
    assert server.sent == 1


@pytest.mark.parametrize("ends_before", [True, False], ids=["its alert ended before", "its alert never fired"])
def test_a_silence_that_holds_is_listed_at_resolving_at_a_handover_in_the_draft_and_in_the_shift(
    timeline: Timeline, ends_before: bool
) -> None:
    desk, server = sit_down(timeline), Server()
    desk.declare("Queue lag", "P1")
    desk.change_silence(server, CREATE, PLAN)
    if ends_before:
        states = (AlertState.SUPPRESSED, AlertState.RESOLVED)
        timeline.record([Draft(Kind.ALERT, state, NOW, "prod", "am:lag", detail={"state": state}) for state in states])
    assert (list_open(desk), list_shift(timeline, desk)) == (2 * [1], 1)
    desk.resolve("")
    assert (list_open(desk), list_shift(timeline, desk)) == (2 * [1], 1)
    server.silences["s1"] = replace(PLAN, id="s1")
    desk.change_silence(server, EXPIRE, replace(PLAN, id="s1"))
    assert (list_open(desk), list_shift(timeline, desk)) == (2 * [0], 0)


def list_open(desk: IncidentActions) -> list[int]:
    """How many silences the end of the incident tells, and the draft of it."""
    (incident,) = desk.incidents()
    ends = [end for end in find_open_ends(incident, NOW) if end.kind is OpenEndKind.SILENCE]
    loops = [row for row in loop_rows(incident, (), NOW) if row.what.startswith("silence of")]
    handed = [line for line in list_open_items(incident, (), NOW, UTC) if line.startswith("silence of")]
    assert len(handed) == len(ends)
    return [len(ends), len(loops)]


def list_shift(timeline: Timeline, desk: IncidentActions) -> int:
    """How many silences the shift tells of one that began after all of it was written."""
    report = build_shift_report([], desk.incidents(), since=NOW, now=NOW, silences=desk.silences())
    return len(report.silences)


@pytest.mark.parametrize(
    ("failure", "keeps", "held"),
    [
        (None, True, [True]),
        (SourceError(Problem(ProblemKind.REFUSED, "400", "No.")), False, []),
        (SilenceUnknownError("no answer"), False, [False]),
    ],
)
def test_a_silence_that_nobody_answered_is_listed_as_unsure_and_a_refused_one_not_at_all(
    timeline: Timeline, failure: Exception | None, keeps: bool, held: list[bool]
) -> None:
    desk = sit_down(timeline)
    desk.change_silence(Server(failure=failure, keeps=keeps), CREATE, PLAN)
    assert [silence.is_sure for silence in desk.silences() if silence.holds(NOW)] == held
    assert not any(silence.holds(PLAN.ends) for silence in desk.silences())


def test_one_that_was_extended_holds_until_its_new_end_and_once(timeline: Timeline) -> None:
    desk, server = sit_down(timeline), Server()
    desk.change_silence(server, CREATE, PLAN)
    later = PLAN.ends + timedelta(hours=1)
    desk.change_silence(server, EXTEND, replace(PLAN, id="s1", ends=later))
    assert [silence.until for silence in desk.silences()] == [later]


@pytest.mark.parametrize(
    ("failure", "code"), [(None, "silence-already"), (SilenceUnknownError("timed out"), "silence-unknown")]
)
def test_of_two_who_do_the_same_one_sends_it(timeline: Timeline, failure: Exception | None, code: str) -> None:
    server = Server(failure=failure, keeps=False)
    sit_down(timeline).change_silence(server, CREATE, PLAN)
    with pytest.raises(IncidentActionError) as refused:
        sit_down(timeline, "ben").change_silence(server, CREATE, PLAN)
    assert (refused.value.code, refused.value.facts["by"], server.sent) == (code, "ana", 1)


def test_the_same_matchers_in_another_order_are_the_same_silence(timeline: Timeline) -> None:
    server, more = Server(failure=SilenceUnknownError("timed out"), keeps=False), SilenceMatcher("severity", "page")
    sit_down(timeline).change_silence(server, CREATE, replace(PLAN, matchers=(*PLAN.matchers, more)))
    with pytest.raises(IncidentActionError) as refused:
        sit_down(timeline, "ben").change_silence(server, CREATE, replace(PLAN, matchers=(more, *PLAN.matchers)))
    assert (refused.value.code, server.sent) == ("silence-unknown", 1)


def test_what_was_ended_may_be_made_again_at_once(timeline: Timeline) -> None:
    server, incident_actions = Server(), sit_down(timeline)
    incident_actions.change_silence(server, CREATE, PLAN)
    incident_actions.change_silence(server, EXPIRE, server.silences["s1"])
    assert incident_actions.change_silence(server, CREATE, PLAN).outcome == "done"


def test_a_longer_time_keeps_the_id_of_one_that_holds_and_makes_one_that_ended_anew(timeline: Timeline) -> None:
    bodies: list[Mapping[str, object]] = []

    class Listening(Server):
        async def put(self, body: Mapping[str, object]) -> str:
            bodies.append(body)
            return await super().put(body)

    incident_actions, old = sit_down(timeline), replace(PLAN, id="s1")
    incident_actions.change_silence(Listening(), EXTEND, replace(old, ends=NOW + timedelta(hours=5)))
    incident_actions.change_silence(Listening(), EXTEND, replace(old, state="expired", ends=NOW + timedelta(hours=6)))
    assert [body.get("id") for body in bodies] == ["s1", None]


@pytest.mark.parametrize(
    ("plan", "code"),
    [(replace(PLAN, comment=""), "reason-missing"), (replace(PLAN, ends=NOW), "silence-too-short")],
)
def test_without_a_reason_or_a_length_nothing_is_sent(timeline: Timeline, plan: Silence, code: str) -> None:
    server = Server()
    with pytest.raises(IncidentActionError) as refused:
        sit_down(timeline).change_silence(server, CREATE, plan)
    assert (refused.value.code, server.sent, list_phases(timeline)) == (code, 0, [])


def test_read_only_sends_nothing(timeline: Timeline) -> None:
    server = Server()
    with pytest.raises(IncidentActionError):
        sit_down(timeline, read_only=True).change_silence(server, CREATE, PLAN)
    assert server.sent == 0


def test_offered_is_what_holds_and_what_ended_in_the_last_ten_minutes() -> None:
    def silence(id: str, minutes: float, app: str = "shop") -> Silence:
        return replace(PLAN, id=id, ends=NOW + timedelta(minutes=minutes), matchers=(SilenceMatcher("app", app),))

    silences = [silence("holds", 60), silence("lately", -9), silence("long ago", -11), silence("other", 60, "billing")]
    offers = list_offers({item.id: item for item in silences}, [{"app": "shop"}], NOW)
    assert [item.id for item in offers] == ["holds", "lately"]
