"""A rollback that was made, as the timeline tells it: from where to where, and when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cockpit.model.alert import Alert
from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import restarts_of


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The traffic of an app went back from `left` to `to`, and is there still."""

    app: str
    left: str
    to: str
    at: datetime


def last_rollback(applications: Sequence[Application], events: Iterable[Event], since: datetime) -> RolledBack | None:
    """The newest rollback after `since` that stands: what it went to still has the most of the traffic."""
    by_name = {application.name: application for application in applications}
    newest: dict[str, Event] = {}
    for event in events:
        if event.kind == Kind.TRAFFIC and event.subject in by_name and event.occurred >= since:
            held = newest.get(event.subject)
            if held is None or (event.occurred, event.id) >= (held.occurred, held.id):
                newest[event.subject] = event
    rolled_backs = [
        RolledBack(name, left, to, event.occurred)
        for name, event in newest.items()
        for left, to in [
            (find_traffic_carrier(event.detail.get("before")), find_traffic_carrier(event.detail.get("after")))
        ]
        if left and to and left != to and is_serving(by_name[name], to) and went_back(by_name[name], left, to)
    ]
    return max(rolled_backs, key=lambda rollback: rollback.at, default=None)


def is_serving(application: Application, name: str) -> bool:
    return application.serving is not None and application.serving.name == name


def went_back(application: Application, left: str, to: str) -> bool:
    """By what the cloud says of both: when each was created, and which image it runs."""
    created = {revision.name: revision.created for revision in application.revisions if revision.created}
    return goes_back(created, {revision.name: revision.image for revision in application.revisions}, left, to)


def goes_back(created: Mapping[str, datetime], images: Mapping[str, str], left: str, to: str) -> bool:
    """To an older revision, or to the image of one: whoever did that had a reason to leave the newer one."""
    deployed = created.get(left)
    if deployed is None:
        return False
    image = images.get(to, "")
    older = [name for name, moment in created.items() if moment < deployed]
    again = bool(image) and image != images.get(left) and any(images.get(name) == image for name in older)
    return to in older or again


def find_traffic_carrier(traffic: object) -> str:
    """The revision with the most traffic, "" for none."""
    fields = traffic if isinstance(traffic, Mapping) else {}
    weights = {str(name): weight for name, weight in fields.items() if isinstance(weight, int) and weight > 0}
    return max(weights, key=lambda name: weights[name], default="")


def idle_cause(alert: Alert, applications: Sequence[Application]) -> Revision | None:
    """The one revision without traffic that an alert is about; None where it may be about one that users depend on.

    It names that revision, or it is about restarts, and no other active revision has any.
    """
    revisions = [(revision, application) for application in applications for revision in application.revisions]
    text = " ".join((alert.name, alert.summary, alert.resource, *(value for _, value in alert.labels))).casefold()
    named = [(revision, application) for revision, application in revisions if revision.name.casefold() in text]
    if not named and "restart" in text:
        active = [(revision, application) for revision, application in revisions if revision.active]
        if any(revision.replicas is None for revision, _ in active):
            return None  # whose restarts they are is not known
        named = [(revision, application) for revision, application in active if restarts_of(revision)]
    if len(named) != 1:
        return None
    revision, application = named[0]
    return None if revision in application.working else revision
