"""What is known of how a revision fares, from all that the cloud says of it. Pure.

The cloud's one word is not enough: a revision that was superseded stays `Healthy` though its image never could be
pulled, `Running` is reported of one without any replica, and traffic may point at one that is switched off.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cockpit.model.alert import Alert
from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision


class RevisionCondition(StrEnum):
    """How a revision fares. Only SERVING is known to answer; SCALED_TO_ZERO starts at the next request."""

    SERVING = "serving"
    SCALED_TO_ZERO = "scaled to zero"
    STARTING = "starting"
    STOPPING = "stopping"
    ILL = "ill"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class RevisionHealth:
    """A condition, the one `word` for it that fits a table, and the `reason` in words."""

    condition: RevisionCondition
    word: str
    reason: str = ""


ILL_WORDS = frozenset({"unhealthy", "degraded", "failed", "activationfailed", "provisioningfailed"})
ILL_DETAILS = re.compile(
    r"CrashLoopBackOff|ImagePullBackOff|ErrImage\w*|Deadline Exceeded|OOMKilled|ContainerCrashing"
    r"|Create\w*Error|RunContainerError|InvalidImage\w*",
    re.IGNORECASE,
)
STARTING_WORDS = frozenset({"activating", "processing", "provisioning", "starting", "inprogress", "pending"})
STOPPING_WORDS = frozenset({"deprovisioning", "deprovisioned", "deactivating", "stopping", "stopped"})
RUNNING_WORDS = frozenset({"running", "runningatmaxscale"})
ZERO_WORDS = frozenset({"scaledtozero", "scaledto0"})


def judge_revision(revision: Revision) -> RevisionHealth:
    """How it fares. Total: no combination of words makes it raise, and none that is not known makes it SERVING."""
    if not revision.active:
        return _judge_inactive(revision)
    if word := ill_word(revision):
        return RevisionHealth(
            RevisionCondition.ILL, word, join_parts(word, revision.running_details, describe_replicas(revision))
        )
    running = normalize_state(revision.running)
    parts = {running, normalize_state(revision.provisioning)}
    ready = revision.ready_count
    detail = ILL_DETAILS.search(revision.running_details)
    if detail and not ready:
        return RevisionHealth(
            RevisionCondition.ILL, "Failed", join_parts(revision.running_details, describe_replicas(revision))
        )
    if parts & STOPPING_WORDS:
        return RevisionHealth(
            RevisionCondition.STOPPING, "Stopping", join_parts("stopping", describe_replicas(revision))
        )
    if ready:
        return RevisionHealth(RevisionCondition.SERVING, revision.health_word, describe_replicas(revision))
    if parts & STARTING_WORDS:
        return RevisionHealth(
            RevisionCondition.STARTING,
            "Starting",
            join_parts("starting", revision.running_details, describe_replicas(revision)),
        )
    if has_no_replica(revision):
        return _judge_empty(revision, running)
    if ready == 0:
        return RevisionHealth(RevisionCondition.ILL, "Not ready", describe_replicas(revision))
    if running in ZERO_WORDS:
        return RevisionHealth(RevisionCondition.SCALED_TO_ZERO, "At zero", "scaled to zero")
    says_well = normalize_state(revision.health) == "healthy"
    if (running in RUNNING_WORDS and (says_well or revision.replica_count)) or (says_well and revision.replica_count):
        return RevisionHealth(RevisionCondition.SERVING, revision.health_word)
    return RevisionHealth(RevisionCondition.UNKNOWN, "Unknown", "the cloud does not say how it fares")


def _judge_inactive(revision: Revision) -> RevisionHealth:
    if revision.weight > 0:
        reason = f"inactive, and {revision.weight} % of the traffic goes to it"
        return RevisionHealth(RevisionCondition.ILL, "Inactive", reason)
    return RevisionHealth(RevisionCondition.INACTIVE, "Inactive", revision.provisioning_error)


def _judge_empty(revision: Revision, running: str) -> RevisionHealth:
    if revision.min_replicas:
        return RevisionHealth(RevisionCondition.ILL, "No replica", f"no replica, of at least {revision.min_replicas}")
    if running in ZERO_WORDS or revision.min_replicas == 0:
        return RevisionHealth(RevisionCondition.SCALED_TO_ZERO, "At zero", "scaled to zero")
    return RevisionHealth(
        RevisionCondition.UNKNOWN, "No replica", "no replica, and nobody says whether it may have none"
    )


def ill_word(revision: Revision) -> str:
    """The word by which the cloud itself says that something is wrong with it; "" while it says nothing of the kind."""
    if revision.provisioning_error:
        return "Failed"
    says = (revision.health, revision.running, revision.provisioning)
    return next((word for word in says if normalize_state(word) in ILL_WORDS), "")


def is_ill(revision: Revision) -> bool:
    return judge_revision(revision).condition is RevisionCondition.ILL


def may_take_traffic(revision: Revision) -> bool:
    """True for one that answers now, or would at the next request."""
    return judge_revision(revision).condition in (RevisionCondition.SERVING, RevisionCondition.SCALED_TO_ZERO)


def has_no_replica(revision: Revision) -> bool:
    return revision.replicas == () or (revision.replicas is None and revision.replica_count == 0)


def describe_replicas(revision: Revision) -> str:
    """`1 of 3 replicas ready, 17 restarts`, as far as the replicas were read."""
    if revision.replicas is None:
        return ""
    restarts = sum(replica.restarts for replica in revision.replicas)
    count = len(revision.replicas)
    ready = f"{revision.ready_count} of {count} replica{'' if count == 1 else 's'} ready" if count else "no replica"
    return join_parts(ready, f"{restarts} restart{'' if restarts == 1 else 's'}" if restarts else "")


def restarts_of(revision: Revision) -> int:
    return sum(replica.restarts for replica in revision.replicas or ())


def ill_working(applications: Iterable[Application]) -> list[tuple[Revision, RevisionHealth]]:
    """Every revision that users depend on and that is not known to serve, with how it fares."""
    judged = [(revision, judge_revision(revision)) for application in applications for revision in application.working]
    well = (RevisionCondition.SERVING, RevisionCondition.SCALED_TO_ZERO)
    return [(revision, health) for revision, health in judged if health.condition not in well]


def normalize_state(word: str) -> str:
    """Azure writes `Activation Failed` and `ActivationFailed`."""
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def join_parts(*parts: str) -> str:
    """One sentence from parts, of which each may end in a full stop of its own, as clouds write it."""
    return ", ".join(part.rstrip(". ") for part in parts if part)


# A rollback that was made, as the timeline tells it: from where to where, and when.


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


def find_newest_unhealthy(applications: Sequence[Application]) -> Revision | None:
    """The newest active revision that does not work."""
    unhealthy = [
        revision
        for application in applications
        for revision in application.revisions
        if revision.active and judge_revision(revision).condition is RevisionCondition.ILL
    ]
    return max(unhealthy, key=lambda revision: revision.created.timestamp() if revision.created else 0.0, default=None)


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
