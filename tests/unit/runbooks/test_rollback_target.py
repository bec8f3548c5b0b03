"""Which revision a rollback goes back to, and how it explains itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision
from cockpit.runbooks.rollback import propose

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


class Story:
    """Events as the recorder writes them."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, kind: Kind, minutes: float, subject: str, detail: Mapping[str, Any]) -> "Story":
        number = len(self.events) + 1
        when = at(minutes)
        self.events.append(
            Event(number, None, "prod", subject, when, when, kind, "recorder", "", "", detail, None, 1, "")
        )
        return self

    def traffic(self, minutes: float, before: str, after: str) -> "Story":
        return self.tell(Kind.TRAFFIC, minutes, "mi", {"before": {before: 100}, "after": {after: 100}})

    def probe(self, minutes: float, state: str) -> "Story":
        return self.tell(Kind.PROBE, minutes, "ready", {"state": state})

    def created(self, minutes: float, name: str) -> "Story":
        return self.tell(Kind.REVISION, minutes, f"mi/{name}", {"what": "created", "health": ""})


def revision(name: str, weight: int = 0, **more: Any) -> Revision:
    usual = Revision("mi", name, weight > 0, weight, T0, f"app:{name}", provisioning="Provisioned")
    return replace(usual, **more)


def app(*revisions: Revision, mode: str = "Multiple") -> Application:
    return Application("mi", "prod", mode, "mi.example.com", revisions)


V3, V2, V1 = revision("v3", 100), revision("v2"), revision("v1")


def test_it_goes_back_to_the_last_revision_that_carried_the_traffic_healthily() -> None:
    story = Story().traffic(0, "v1", "v2").created(59, "v3").traffic(60, "v2", "v3").probe(61, "down")
    found = propose(app(V3, V2, V1), story.events)
    assert found.good == V2
    assert found.why == "v2 carried the traffic until 2026-11-21 03:00 UTC, and nothing failed then."
    assert found.given == {"app": "mi", "previous": "v2", "bad": "v3"}


def test_it_passes_over_a_revision_that_was_failing_when_it_lost_the_traffic() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").created(29, "v3").traffic(30, "v2", "v3")
    assert propose(app(V3, V2, V1), story.events).good == V1


def test_a_probe_that_recovered_before_the_traffic_moved_accuses_nobody() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").probe(9, "up").traffic(30, "v2", "v3")
    assert propose(app(V3, V2, V1), story.events).good == V2


def test_what_broke_once_the_successor_was_deployed_is_the_successors_fault() -> None:
    """The traffic's move may be seen later than the probe's fall that it caused."""
    story = Story().traffic(0, "v1", "v2").created(30, "v3").probe(30.2, "down").traffic(30.5, "v2", "v3")
    assert propose(app(V3, V2, V1), story.events).good == V2


def test_after_a_rollback_the_revision_rolled_back_from_is_not_proposed_again() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").traffic(9, "v2", "v1").probe(10, "up")
    story.created(20, "v3").traffic(21, "v1", "v3").probe(22, "down")
    assert propose(app(V3, V2, V1), story.events).good == V1


def test_a_revision_whose_own_health_failed_is_passed_over() -> None:
    story = Story().traffic(0, "v1", "v2").tell(Kind.REVISION, 5, "mi/v2", {"what": "health", "health": "Degraded"})
    assert propose(app(V3, V2, V1), story.traffic(30, "v2", "v3").events).good == V1


def test_the_state_at_the_start_of_the_watch_counts() -> None:
    detail = {"what": "baseline", "traffic": {"v1": 100}, "revisions": {"v1": {"health": "Healthy"}}}
    story = Story().tell(Kind.REVISION, 0, "mi", detail).traffic(9, "v1", "v3")
    assert propose(app(V3, V2, V1), story.events).good == V1


def test_without_a_record_it_is_the_newest_provisioned_older_one() -> None:
    broken = revision("v2", provisioning="Failed")
    found = propose(app(revision("v4"), V3, broken, V1))
    assert found.good == V1
    assert found.why == "Nothing recorded says which revision served well; v1 is the newest one before v3."


def test_a_revision_that_was_deactivated_can_be_activated_again() -> None:
    assert propose(app(V3, revision("v2", provisioning="Deprovisioned"))).given["previous"] == "v2"


def test_a_revision_that_is_gone_or_never_came_up_is_not_proposed() -> None:
    story = Story().traffic(0, "v0", "v2").traffic(9, "v2", "v3")
    assert propose(app(V3, revision("v2", provisioning_error="ImagePull"), V1), story.events).good == V1


def test_where_there_is_nothing_to_go_back_to_it_says_so() -> None:
    only = propose(app(V3))
    assert (only.good, only.why) == (
        None,
        "There is no other provisioned revision older than v3: redeploy, or fix forward.",
    )
    assert propose(app()).why == "mi has no revision that serves."


def test_single_mode_deploys_the_older_image_again() -> None:
    found = propose(app(V3, V2, mode="Single"))
    assert (found.procedure, found.given["image"]) == ("single-revision-mode", "app:v2")
    assert found.cautions == (
        "The app is in single revision mode: the older image is deployed again as a new revision.",
    )
    assert propose(app(V3, V2)).procedure == "roll-back"


@pytest.mark.parametrize(
    ("good", "caution"),
    [
        (revision("v2", image="app:v3"), "Both run the same image: the fault may be in the settings, or elsewhere."),
        (revision("v2", health="Unhealthy"), "v2 is itself Unhealthy now."),
        (
            revision("v2", created=T0 - timedelta(days=45)),
            "v2 is 45 days old: settings and schema have moved on since.",
        ),
    ],
)
def test_it_says_what_a_person_should_know_first(good: Revision, caution: str) -> None:
    assert propose(app(V3, good), now=T0).cautions == (caution,)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Kind)),
            st.sampled_from(["mi", "mi/v1", "ready", ""]),
            st.dictionaries(
                st.sampled_from(["before", "after", "state", "what", "traffic", "revisions", "health"]),
                st.one_of(
                    st.none(),
                    st.integers(),
                    st.sampled_from(["down", "baseline", "created"]),
                    st.dictionaries(st.sampled_from(["v1", "v2"]), st.one_of(st.none(), st.integers(-1, 100))),
                ),
            ),
        )
    )
)
def test_any_events_at_all_give_a_proposal_of_a_revision_that_is_there(
    told: list[tuple[Kind, str, dict[str, Any]]],
) -> None:
    story = Story()
    for minutes, (kind, subject, detail) in enumerate(told):
        story.tell(kind, minutes, subject, detail)
    assert propose(app(V3, V2, V1), story.events).good in (V2, V1)
