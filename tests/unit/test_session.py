"""What a rollback goes by: who had the traffic when something failed, by when each move took effect."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.event import Draft, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.time import format_timestamp
from cockpit.runbooks.rollback import read_history
from cockpit.session import read_rollback_evidence
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.story import at
from tests.unit.timeline.files import Ticking, opened

APP = Application(
    "shop", "prod", "multiple", "", tuple(Revision("shop", f"shop--r{number}", True, 0, None) for number in (43, 44))
)


class SetTime(Ticking):
    """A clock that shows what it was set to."""

    moment = at(0)

    def now(self) -> datetime:
        return self.moment


def record_moves(timeline: Timeline, time: SetTime, *, is_by_step: bool) -> None:
    """To --r44, which fails half a minute after somebody asked for the way back, which takes two minutes."""

    def tell(kind: Kind, minute: float, subject: str, detail: dict[str, Any], seen: float | None = None) -> None:
        time.moment = at(minute if seen is None else seen)
        timeline.record([Draft(kind, kind.value, at(minute), "prod", subject, source="recorder", detail=detail)])

    tell(Kind.REVISION, 0, "shop", {"what": "baseline", "traffic": {"shop--r43": 100}})
    tell(Kind.TRAFFIC, 10, "shop", {"before": {"shop--r43": 100}, "after": {"shop--r44": 100}})
    if is_by_step:
        step = {"attempt": 1, "kind": "change", "as_run": "traffic set --revision-weight shop--r43=100"}
        tell(Kind.STEP, 20, "r1#1", {**step, "phase": "intent"})
        tell(Kind.STEP, 21, "r1#1", {**step, "phase": "outcome", "state": "ok"})
    tell(Kind.PROBE, 20.5, "ready", {"state": "down"})
    back = {"before": {"shop--r44": 100}, "after": {"shop--r43": 100}, "asked": format_timestamp(at(20))}
    tell(Kind.TRAFFIC, 20, "shop", back, seen=22)
    tell(Kind.PROBE, 23, "ready", {"state": "up"})


@pytest.mark.parametrize(("is_by_step", "ended"), [(True, 21), (False, 22)])
def test_a_move_counts_from_when_it_took_effect_and_not_from_its_request(
    tmp_path: Path, is_by_step: bool, ended: float
) -> None:
    """By its request the revision had no traffic any more when it failed: it was taken for one that served well."""
    time = SetTime()
    with opened(tmp_path / "timeline.db", time=time) as timeline:
        record_moves(timeline, time, is_by_step=is_by_step)
        events = read_rollback_evidence(timeline, "prod", at(30))
    services = {service.revision: service for service in read_history(APP, events).services[:2]}
    assert (services["shop--r44"].healthy, services["shop--r44"].ended) == (False, at(ended))
    assert services["shop--r43"].healthy
    assert {event.kind for event in events} == {Kind.TRAFFIC, Kind.REVISION, Kind.PROBE}
