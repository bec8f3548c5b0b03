"""An alert that was read before the app is: at a first look, after a break of the record, between two looks."""

import pytest

from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.incident import Incident
from cockpit.model.time import format_timestamp
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at

BAD, GOOD = "shop--r44", "shop--r43"
MADE, FIRED, LOOKED = -5.0, -4.0, 0.0
BACK = 3.0  # the traffic, and with it the probe
GONE, TOLD, OVER = 4.0, 5.0, 6.0  # the bad revision; that a probe is well for long; the alert


def tell_baseline(story: Story, minute: float, serving: str, *, made: float | None = None, project: str = "") -> None:
    created = "" if made is None else format_timestamp(at(made))
    bad = {BAD: {"active": True, "health": "Degraded", "created": created}} if serving == BAD else {}
    detail = {"what": "baseline", "traffic": {serving: 100}, "revisions": {GOOD: {"active": True, "health": "Healthy"}}}
    detail["revisions"] |= bad  # type: ignore[operator]
    story.tell(Kind.REVISION, minute, subject="shop", detail=detail | ({"project": project} if project else {}))


def tell_alert(story: Story, minute: float, state: str, resource: str, *, late: float = 0) -> None:
    detail = {"state": state, "severity": "medium", "name": "restarts", "resource": resource}
    story.tell(Kind.ALERT, minute, subject="az:restarts", detail=detail, late=late)


def tell_the_rest(story: Story, resource: str = "shop") -> Incident:
    """It was declared, rolled back, the bad revision stopped before the last probe was known to be well for long, and
    the alert about it over after that."""
    story.probe(LOOKED, "ready", "down")
    story.probe(LOOKED, "orders", "degraded")
    story.declare(1, reach=-10)
    story.tell(Kind.TRAFFIC, BACK, subject="shop", detail={"before": {BAD: 100}, "after": {GOOD: 100}})
    story.probe(BACK, "ready", "up")
    off = {"what": "deactivated", "active": False, "health": "Healthy"}
    story.tell(Kind.REVISION, GONE, subject=f"shop/{BAD}", detail=off)
    story.probe(BACK, "orders", "up", late=TOLD - BACK)
    tell_alert(story, OVER, "resolved", resource)
    return only(story)


@pytest.mark.parametrize(
    ("made", "end"),
    [(MADE, BACK), (None, BACK), (FIRED + 1, OVER)],
    ids=["made before it fired", "nobody knows when it was made", "made after it fired"],
)
def test_an_alert_that_was_read_before_the_app_fired_for_what_had_the_traffic_by_then(
    made: float | None, end: float
) -> None:
    story = Story()
    tell_alert(story, FIRED, "firing", "shop", late=LOOKED - FIRED)
    tell_baseline(story, LOOKED, BAD, made=made)
    assert tell_the_rest(story).mitigated == at(end)


def test_the_project_that_an_alert_names_may_be_read_after_it() -> None:
    story = Story()
    tell_alert(story, FIRED, "firing", "shop-one", late=LOOKED - FIRED)
    tell_baseline(story, LOOKED, BAD, made=MADE, project="Shop-One")
    assert tell_the_rest(story, "shop-one").mitigated == at(BACK)


@pytest.mark.parametrize(
    ("moved", "end"),
    [
        ({"minute": MADE}, BACK),
        ({"minute": LOOKED, "asked": MADE}, BACK),
        ({"minute": LOOKED, UNSEEN_FROM: MADE}, BACK),
        ({"minute": LOOKED}, OVER),
    ],
    ids=["dated by the cloud", "asked for before it fired", "not seen before it fired", "moved after it fired"],
)
def test_an_alert_that_was_read_after_a_break_fired_for_the_revision_that_came_in_it(
    moved: dict[str, float], end: float
) -> None:
    story = Story()
    tell_baseline(story, -60, GOOD)
    tell_alert(story, FIRED, "firing", "shop", late=LOOKED - FIRED)
    new = {"what": "created", "active": True, "health": "Degraded"}
    story.tell(Kind.REVISION, MADE, subject=f"shop/{BAD}", detail=new, late=LOOKED - MADE)
    minute = moved["minute"]
    times = {name: format_timestamp(at(value)) for name, value in moved.items() if name != "minute"}
    detail = {"before": {GOOD: 100}, "after": {BAD: 100}, **times}
    story.tell(Kind.TRAFFIC, minute, subject="shop", detail=detail, late=LOOKED - minute)
    assert tell_the_rest(story).mitigated == at(end)


def test_a_rollback_that_is_read_after_an_alert_leaves_it_with_what_it_fired_for() -> None:
    """Its rule looks at minutes that are past: what the traffic goes back to was there before."""
    story = Story()
    tell_baseline(story, -60, BAD, made=-120)
    story.probe(LOOKED, "ready", "down")
    story.declare(1, reach=-10)
    tell_alert(story, BACK + 0.1, "firing", "shop")
    story.tell(Kind.TRAFFIC, BACK, subject="shop", detail={"before": {BAD: 100}, "after": {GOOD: 100}}, late=0.2)
    story.probe(BACK, "ready", "up", late=0.3)
    off = {"what": "deactivated", "active": False, "health": "Healthy"}
    story.tell(Kind.REVISION, GONE, subject=f"shop/{BAD}", detail=off)
    tell_alert(story, OVER, "resolved", "shop")
    assert only(story).mitigated is not None
    assert only(story).mitigated < at(OVER)  # type: ignore[operator]
