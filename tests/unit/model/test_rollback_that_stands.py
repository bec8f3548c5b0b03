"""A rollback that was made and stands, told from a deployment that took the traffic."""

from datetime import UTC, datetime, timedelta

from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RolledBack, last_rollback

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def moved(minutes: float, before: str, after: str) -> Event:
    at = T0 + timedelta(minutes=minutes)
    detail = {"before": {before: 100}, "after": {after: 100}}
    return Event(int(minutes * 10), None, "prod", "mi", at, at, Kind.TRAFFIC, "recorder", "", "", detail, None, 1, "")


def app(serving: str, *names: str, images: dict[str, str] | None = None) -> Application:
    def revision(name: str) -> Revision:
        created = T0 - timedelta(days=9 - int(name[1:]))
        image = (images or {}).get(name, f"app:{name}")
        return Revision("mi", name, name == serving, 100 * (name == serving), created, image)

    return Application("mi", "prod", "multiple", "", tuple(revision(name) for name in names))


def test_traffic_that_goes_to_an_older_revision_is_a_rollback() -> None:
    found = last_rollback([app("v2", "v3", "v2")], [moved(1, "v2", "v3"), moved(5, "v3", "v2")], T0)
    assert found == RolledBack("mi", "v3", "v2", T0 + timedelta(minutes=5))


def test_so_is_a_new_revision_with_the_image_of_an_older_one() -> None:
    again = app("v4", "v4", "v3", "v2", images={"v4": "app:v2"})
    found = last_rollback([again], [moved(5, "v3", "v4")], T0)
    assert found is not None
    assert (found.left, found.to) == ("v3", "v4")


def test_a_deployment_is_none_nor_is_one_that_does_not_stand_or_is_long_ago() -> None:
    assert last_rollback([app("v3", "v3", "v2")], [moved(5, "v2", "v3")], T0) is None
    assert last_rollback([app("v4", "v4", "v3", "v2")], [moved(5, "v3", "v2")], T0) is None
    assert last_rollback([app("v2", "v3", "v2")], [moved(5, "v3", "v2")], T0 + timedelta(minutes=9)) is None
    later = [moved(5, "v3", "v2"), moved(7, "v2", "v3")]
    assert last_rollback([app("v3", "v3", "v2")], later, T0) is None
