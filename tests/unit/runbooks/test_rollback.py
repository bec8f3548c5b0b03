"""Which revision a rollback goes back to, and how it explains itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Replica, Revision, RevisionContainer
from cockpit.model.revision_health import is_ill, may_take_traffic
from cockpit.runbooks.rollback import (
    RollbackEvidence,
    choose_application,
    describe_moved_traffic,
    has_been_done,
    propose_rollback,
)

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

ONE_ROW = 62  # cells beside the label of a row, in a dialog at 80 columns


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
    """As Azure tells one: `v1` is the oldest, and one that is off is Provisioned, Stopped and Healthy for ever."""
    created = T0 - timedelta(days=9 - int(name[1:]))
    usual = Revision("mi", name, weight > 0, weight, created, f"app:{name}", provisioning="Provisioned")
    state = {"running": "Running" if weight else "Stopped", "health": "Healthy"}
    return replace(usual, **(state | more))


def off(name: str, active_for: float = 1_440.0, **more: Any) -> Revision:
    """Switched off after so many minutes."""
    found = revision(name, **more)
    return replace(found, last_active=(found.created or T0) + timedelta(minutes=active_for))


def ready(count: int, of: int) -> tuple[Replica, ...]:
    return tuple(Replica(f"r{number}", "Running", number < count, 0) for number in range(of))


def app(*revisions: Revision, mode: str = "Multiple", **more: Any) -> Application:
    return Application("mi", "prod", mode, "mi.example.com", revisions, **more)


V3, V2, V1 = revision("v3", 100), off("v2"), off("v1")
NEVER = {"active_for": 2.0}


def test_it_goes_back_to_the_last_revision_that_carried_the_traffic_healthily() -> None:
    story = Story().traffic(0, "v1", "v2").created(59, "v3").traffic(60, "v2", "v3").probe(61, "down")
    found = propose_rollback(app(V3, replace(V2, last_active=at(62)), V1), story.events)
    assert (found.good and found.good.name, found.evidence) == ("v2", RollbackEvidence.CARRIED)
    assert found.why.startswith("v2 carried the traffic for 1h 00m until 2026-11-21 03:00 UTC; ")
    looked_at = found.why.partition("; ")[2]
    assert "probe" in looked_at, "it names what was looked at"
    assert "at its end" in looked_at, "and when: in between a probe may have failed and recovered"
    assert len(looked_at) <= ONE_ROW, "else the dialog is higher than 24 rows, and its end has to be turned to"
    assert found.values_by_name == {"app": "mi", "previous": "v2", "bad": "v3"}


def test_what_the_record_did_not_watch_it_does_not_vouch_for() -> None:
    """A service of days, of which the record saw the last hour: it says from when on it knows."""
    story = Story().tell(Kind.REVISION, 0, "mi", {"what": "baseline", "traffic": {"v2": 100}, "revisions": {}})
    story = story.created(59, "v3").traffic(60, "v2", "v3").probe(61, "down")
    why = propose_rollback(app(V3, revision("v2"), V1), story.events).why
    assert "v2 carried the traffic until" in why  # nobody saw since when
    assert f"since {at(0):%H:%M} UTC" in why


def test_it_passes_over_a_revision_that_was_failing_when_it_lost_the_traffic() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").created(29, "v3").traffic(30, "v2", "v3")
    assert propose_rollback(app(V3, V2, V1), story.events).good == V1


def test_a_probe_that_recovered_before_the_traffic_moved_accuses_nobody() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").probe(9, "up").traffic(30, "v2", "v3")
    assert propose_rollback(app(V3, V2, V1), story.events).good == V2


def test_what_broke_once_the_successor_was_deployed_is_the_successors_fault() -> None:
    """The traffic's move may be seen later than the probe's fall that it caused."""
    story = Story().traffic(0, "v1", "v2").created(30, "v3").probe(30.2, "down").traffic(30.5, "v2", "v3")
    assert propose_rollback(app(V3, V2, V1), story.events).good == V2


def test_after_a_rollback_the_revision_rolled_back_from_is_not_proposed_again() -> None:
    story = Story().traffic(0, "v1", "v2").probe(5, "down").traffic(9, "v2", "v1").probe(10, "up")
    story.created(20, "v3").traffic(21, "v1", "v3").probe(22, "down")
    assert propose_rollback(app(V3, V2, V1), story.events).good == V1


def test_a_rollback_is_never_rolled_back_though_no_probe_saw_why_it_was_made() -> None:
    back = app(revision("v3", active=True, replicas=ready(2, 2)), revision("v2", 100), V1)
    story = Story().traffic(0, "v1", "v2").traffic(30, "v2", "v3").traffic(60, "v3", "v2")

    assert propose_rollback(back, story.events).good == V1


def test_the_same_is_so_where_the_older_image_was_deployed_again() -> None:
    again = revision("v4", 100, image="app:v2")
    story = Story().traffic(0, "v1", "v2").traffic(30, "v2", "v3").traffic(60, "v3", "v4")
    found = propose_rollback(app(again, off("v3"), V2, V1, mode="single"), story.events)

    assert found.good == V2  # and not v3, which was left


def test_a_revision_whose_own_health_failed_is_passed_over() -> None:
    story = Story().traffic(0, "v1", "v2").tell(Kind.REVISION, 5, "mi/v2", {"what": "health", "health": "Degraded"})
    assert propose_rollback(app(V3, V2, V1), story.traffic(30, "v2", "v3").events).good == V1


def test_that_it_is_called_healthy_once_it_is_off_clears_nobody() -> None:
    story = Story().tell(Kind.REVISION, 5, "mi/v2", {"what": "health", "health": "ActivationFailed"})
    story.tell(Kind.REVISION, 9, "mi/v2", {"what": "deactivated", "health": "Healthy"})
    assert propose_rollback(app(V3, V2, V1), story.events).good == V1


def test_the_state_at_the_start_of_the_watch_counts() -> None:
    detail = {"what": "baseline", "traffic": {"v1": 100}, "revisions": {"v1": {"health": "Healthy"}}}
    story = Story().tell(Kind.REVISION, 0, "mi", detail).traffic(0.2, "v1", "v3")
    found = propose_rollback(app(V3, V1), story.events)
    assert (found.good, found.evidence) == (V1, RollbackEvidence.CARRIED)


def test_without_a_record_it_is_the_last_one_that_was_active_for_long() -> None:
    found = propose_rollback(app(V3, off("v2", **NEVER), V1))
    assert (found.good, found.evidence) == (V1, RollbackEvidence.WAS_ACTIVE)


def test_one_that_never_came_up_is_not_proposed_though_azure_calls_it_healthy() -> None:
    assert propose_rollback(app(V3, off("v2", **NEVER))).good is None
    assert propose_rollback(app(V3, revision("v2"))).good is None
    assert propose_rollback(app(V3, off("v2", running_details="ImagePullBackOff"), V1)).good == V1
    assert propose_rollback(app(V3, off("v2", running="ActivationFailed"), V1)).good == V1


def test_one_that_served_for_seconds_is_worth_less_than_one_that_served_for_long() -> None:
    story = Story().traffic(0, "v1", "v2").traffic(0.5, "v2", "v3")
    first = Story().traffic(-90, "v0", "v1").events[0]
    assert propose_rollback(app(V3, off("v2", **NEVER), V1), [first, *story.events]).good == V1


def test_one_that_served_for_long_and_for_seconds_once_more_is_worth_what_it_was() -> None:
    """The traffic was moved to the bad one again, right after it was taken from it."""
    story = Story().traffic(0, "v1", "v2").traffic(60, "v2", "v3").probe(61, "down")
    story = story.traffic(63, "v3", "v2").probe(63.2, "up").traffic(63.6, "v2", "v3").probe(64, "down")
    found = propose_rollback(app(V3, off("v2"), V1), story.events)
    assert (found.good and found.good.name, found.evidence) == ("v2", RollbackEvidence.CARRIED)
    assert "and longer before" in found.why


DAY = 24 * 60
KEPT = revision("v2", active=True, running="Running", replicas=ready(2, 2))
BRIEFLY = [  # what the cloud says of one that carried the traffic for 75 s, when it was activated, and what is proposed
    (KEPT, None, "v2"),
    (off("v2", active_for=7 * DAY + 10), None, "v2"),  # switched off since
    (off("v2", active_for=DAY), None, "v1"),  # off before it served: when it was switched on again nobody knows
    (KEPT, -30, "v2"),
    (KEPT, -2, "v1"),
    (KEPT, 0.5, "v1"),  # seen a moment after its traffic
]


@pytest.mark.parametrize(("kept", "activated", "target"), BRIEFLY)
def test_a_service_of_seconds_takes_nothing_from_what_was_active_for_long(
    kept: Revision, activated: float | None, target: str
) -> None:
    """A rollback to it was undone by mistake: nothing failed on it, and without that moment it would be proposed."""
    story = Story()
    story.tell(Kind.REVISION, -61, "mi", {"what": "baseline", "traffic": {"v3": 100}, "revisions": {}})
    if activated is not None:
        story.tell(Kind.REVISION, activated, "mi/v2", {"what": "activated", "health": "Healthy"})
    story.traffic(0, "v3", "v2").traffic(1.25, "v2", "v3").probe(2, "down")
    found = propose_rollback(app(V3, kept, V1), story.events)
    assert found.good is not None
    assert found.good.name == target
    assert ("v2 is passed over: it carried traffic for 1m 15s only." in found.why) == (target == "v1")


def test_the_one_that_is_active_still_counts_until_the_bad_one_came() -> None:
    """The usual case: paged right after a deployment, and nobody watched before."""
    before = revision("v2", active=True, running="Running", replicas=ready(2, 2))
    asleep = replace(before, replicas=(), min_replicas=0)
    for found in (before, asleep):
        assert propose_rollback(app(V3, found, V1)).good == found
    assert propose_rollback(app(V3, replace(before, replicas=ready(0, 2)), V1)).good == V1
    assert propose_rollback(app(V3, replace(before, running="Activating", replicas=()), V1)).good == V1


def test_else_it_is_one_that_is_ready_now_also_when_it_is_newer() -> None:
    newer = revision("v4", active=True, running="Running", replicas=ready(2, 2))
    found = propose_rollback(app(newer, V3, off("v2", **NEVER)))
    assert (found.good, found.evidence) == (newer, RollbackEvidence.HEALTHY_NOW)
    assert found.why == "v4 is active and healthy now, 2 of 2 replicas ready."
    assert found.cautions == ("v4 is newer than v3.",)


def test_healthy_without_a_ready_replica_is_no_evidence() -> None:
    for replicas in (None, (), ready(0, 2)):
        waiting = revision("v4", active=True, running="Running", replicas=replicas)
        assert propose_rollback(app(waiting, V3)).good is None


@given(word=st.sampled_from(["Provisioned", "Provisioning", "Deprovisioned", "Deprovisioning", "", "Succeeded"]))
def test_the_provisioning_state_decides_nothing(word: str) -> None:
    assert propose_rollback(app(V3, replace(V2, provisioning=word), V1)).values_by_name["previous"] == "v2"
    never = off("v2", provisioning=word, **NEVER)
    assert propose_rollback(app(V3, never)).good is None


def test_a_revision_that_is_gone_or_never_came_up_is_not_proposed() -> None:
    story = Story().traffic(0, "v0", "v2").traffic(9, "v2", "v3")
    assert propose_rollback(app(V3, off("v2", provisioning_error="ImagePull"), V1), story.events).good == V1


def test_a_canary_is_what_is_left_and_not_the_one_that_carries_the_rest() -> None:
    rest = revision("v2", 90, replicas=ready(2, 2))
    for canary in (revision("v3", 10, health="Unhealthy"), revision("v3", 10)):
        found = propose_rollback(app(canary, rest))
        assert (found.bad, found.good) == (canary, rest)
        assert "v3 has 10 % of the traffic; the undo would send it everything." in found.cautions


def test_a_canary_that_stands_does_not_make_the_ill_one_a_target() -> None:
    canary, rest = revision("v3", 10, replicas=ready(1, 1)), revision("v2", 90, health="Unhealthy")
    found = propose_rollback(app(canary, rest))
    assert (found.bad, found.good, found.evidence) == (rest, canary, RollbackEvidence.HEALTHY_NOW)


def test_an_app_without_ingress_is_rolled_back_without_a_traffic_step() -> None:
    ill = revision("v3", active=True, health="Unhealthy", replicas=ready(0, 2))
    found = propose_rollback(app(ill, V2, has_ingress=False))
    assert (found.bad, found.good, found.procedure) == (ill, V2, "an-app-without-ingress")


def test_where_there_is_nothing_to_go_back_to_it_says_so_and_what_to_do() -> None:
    only = propose_rollback(app(V3))
    assert (only.good, only.evidence) == (None, RollbackEvidence.NONE)
    assert only.why == "There is no other revision than v3: redeploy, or fix forward."
    assert "Choose one in the revisions pane" in propose_rollback(app(V3, off("v2", **NEVER))).why
    assert propose_rollback(app()).why == "mi has no revision that serves."


def test_where_all_that_runs_is_ill_it_points_at_what_all_of_them_need() -> None:
    down = {"active": True, "health": "Unhealthy"}
    why = propose_rollback(app(revision("v2", 100, **down), revision("v1", 0, **down)), now=at(0)).why
    assert "v1" in why
    assert "database" in why
    assert "served well" in propose_rollback(app(revision("v2", 100, **down), off("v1", 0.0)), now=at(0)).why


def test_single_mode_deploys_the_older_image_again() -> None:
    found = propose_rollback(app(V3, V2, mode="Single"))
    assert (found.procedure, found.values_by_name["image"]) == ("single-revision-mode", "app:v2")
    assert found.cautions == (
        "The app is in single revision mode: the older image is deployed again as a new revision.",
    )
    assert propose_rollback(app(V3, V2)).procedure == "roll-back"


def test_a_side_car_keeps_its_image_and_the_container_that_changed_is_named() -> None:
    def with_containers(found: Revision, api: str, proxy: str) -> Revision:
        both = (RevisionContainer("proxy", proxy), RevisionContainer("api", api))
        return replace(found, containers=both, image=f"{proxy}, {api}")

    found = propose_rollback(
        app(with_containers(V3, "api:3", "proxy:1"), with_containers(V2, "api:2", "proxy:1"), mode="single")
    )
    assert (found.values_by_name["container"], found.values_by_name["image"]) == ("api", "api:2")

    both = propose_rollback(
        app(with_containers(V3, "api:3", "proxy:3"), with_containers(V2, "api:2", "proxy:2"), mode="single")
    )
    assert "api also ran another image then, and keeps the one of now." in both.cautions


SETTINGS = (("containers.api.env.LEVEL.value", "#1"), ("containers.api.image", "app:v2"), ("scale.minReplicas", "1"))


def test_it_refuses_where_the_target_s_whole_template_is_what_runs() -> None:
    running, target = replace(V3, image="app:v2", settings=SETTINGS), replace(V2, settings=SETTINGS)
    found = propose_rollback(app(running, target))
    assert found.good == target
    assert found.refused.startswith("v3 runs the same image with the same settings as v2")


def test_the_same_image_with_other_settings_is_allowed_and_lists_what_differs() -> None:
    other = tuple((name, {"#1": "#2", "1": "2"}.get(value, value)) for name, value in SETTINGS)
    found = propose_rollback(app(replace(V3, image="app:v2", settings=SETTINGS), replace(V2, settings=other)))
    assert found.refused == ""
    assert found.differences == ("api env LEVEL has another value", "scale minReplicas 1 to 2")
    assert "With it change: api env LEVEL has another value, scale minReplicas 1 to 2." in found.cautions


def test_templates_that_were_not_read_are_not_called_the_same() -> None:
    assert propose_rollback(app(replace(V3, image="app:v2"), V2)).refused == ""


@pytest.mark.parametrize(
    ("good", "caution"),
    [
        (off("v2", image="app:v3"), "Both run the same image: the fault may be in the settings, or elsewhere."),
        (
            off("v2", created=T0 - timedelta(days=45)),
            "v2 is 45 days old: settings and schema have moved on since.",
        ),
    ],
)
def test_it_says_what_a_person_should_know_first(good: Revision, caution: str) -> None:
    assert propose_rollback(app(V3, good), now=T0).cautions == (caution,)


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
def test_any_events_at_all_give_a_revision_that_is_there_or_none(
    told: list[tuple[Kind, str, dict[str, Any]]],
) -> None:
    story = Story()
    for minutes, (kind, subject, detail) in enumerate(told):
        story.tell(kind, minutes, subject, detail)
    assert propose_rollback(app(V3, V2, V1), story.events).good in (V2, V1, None)


WORDS = ["", "Running", "Stopped", "Activating", "Failed", "ActivationFailed", "Healthy", "Unhealthy", "None", "odd"]


@st.composite
def revisions(draw: st.DrawFn) -> tuple[Revision, ...]:
    found = []
    for number in range(5, 0, -1):
        minutes = draw(st.none() | st.integers(0, 9_000))
        usual = revision(f"v{number}")
        found.append(
            replace(
                usual,
                active=draw(st.booleans()),
                weight=draw(st.sampled_from([0, 0, 0, 10, 90, 100])),
                created=draw(st.sampled_from([usual.created, usual.created, None])),
                last_active=None
                if minutes is None or not usual.created
                else usual.created + timedelta(minutes=minutes),
                running=draw(st.sampled_from(WORDS)),
                health=draw(st.sampled_from(WORDS)),
                provisioning=draw(st.sampled_from(WORDS)),
                running_details=draw(st.sampled_from(["", "CrashLoopBackOff"])),
                replicas=draw(st.sampled_from([None, (), ready(0, 1), ready(1, 2)])),
            )
        )
    return tuple(found)


@given(revisions(), st.booleans())
def test_whatever_the_cloud_says_a_target_has_evidence_and_is_not_ill(
    found: tuple[Revision, ...], has_ingress: bool
) -> None:
    proposal = propose_rollback(app(*found, has_ingress=has_ingress), now=T0)
    good = proposal.good
    if good is None:
        assert proposal.evidence is RollbackEvidence.NONE
        return
    assert good != proposal.bad
    assert not is_ill(good)
    assert good.name in proposal.why
    if proposal.evidence is RollbackEvidence.HEALTHY_NOW:
        assert good.active
        assert good.ready_count
    elif good.active:
        assert may_take_traffic(good)
    else:
        assert proposal.evidence is RollbackEvidence.WAS_ACTIVE
        assert good.created
        assert good.last_active
        assert good.last_active - good.created >= timedelta(minutes=10)


def test_the_app_is_the_one_named_else_the_one_that_is_ill_else_the_first() -> None:
    well = app(revision("v2", 100, health="Healthy", replicas=ready(1, 1)))
    ill = replace(app(revision("v9", 100, health="Unhealthy")), name="ai")
    assert choose_application([well, ill]) == ill
    assert choose_application([well, ill], "mi") == well
    assert choose_application([well]) == well
    assert choose_application([well, ill], "other") is None
    assert choose_application([]) is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((("v3", 100),), (("v3", 100),), ""),
        ((("v3", 90), ("v2", 10)), (("v3", 70), ("v2", 30)), ""),
        ((("v3", 100),), (("v2", 100),), "v3 100 % before, v2 100 % now."),
        ((("v3", 100),), (("v3", 50), ("v2", 50)), "v3 100 % before, v3 50 % and v2 50 % now."),
        ((("v3", 100),), (), "v3 100 % before, nothing served now."),
    ],
)
def test_what_moved_since_a_rollback_was_proposed_is_reported(before: Any, after: Any, said: str) -> None:
    apps = [app(*(revision(name, weight=share) for name, share in shares)) for shares in (before, after)]
    assert describe_moved_traffic(*apps) == said


def test_a_rollback_was_done_where_its_target_serves_well_and_what_it_leaves_does_not() -> None:
    proposal = propose_rollback(app(V3, replace(V2, last_active=at(62)), V1))
    target = replace(V2, weight=100, active=True)
    assert has_been_done(proposal, app(off("v3"), target, V1))
    assert not has_been_done(proposal, app(V3, target, V1))
    assert not has_been_done(proposal, app(off("v3"), replace(target, health="Unhealthy"), V1))
