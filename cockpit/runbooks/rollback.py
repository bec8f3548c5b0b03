"""Where a rollback goes: to the last revision that carried the traffic healthily. Pure; says why in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Value

FOLDED = (Kind.TRAFFIC, Kind.REVISION, Kind.PROBE)
"""The kinds of events that `propose` reads."""

MULTIPLE, SINGLE = "roll-back", "single-revision-mode"  # procedures of the built-in document
FAILING = frozenset({"Unhealthy", "Degraded", "Failed", "ActivationFailed", "provisioning failed"})
NEVER_CAME_UP = frozenset({"Failed", "Provisioning"})
OLD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rollback of one app would do. `good` is None when there is nothing to go back to; `why` says so.

    `procedure` is the slug in the document `rollback`; `given` the values it needs, by placeholder.
    """

    app: str
    bad: Revision | None
    good: Revision | None
    procedure: str
    why: str
    cautions: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    source: str = "proposal"  # of those values

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(Value(name, value, self.source) for name, value in self.given.items())


@dataclass(frozen=True, slots=True)
class Service:
    """A time in which a revision carried traffic; `ended` None while it still does. `healthy` as it was at its end."""

    revision: str
    ended: datetime | None
    healthy: bool


def propose(application: Application, events: Iterable[Event] = (), *, now: datetime | None = None) -> Proposal:
    """The rollback of an app, by its revisions and what was recorded of them and of the environment's probes."""
    single = application.mode.casefold() == "single"
    bad = application.serving or next((each for each in application.revisions if each.active), None)
    procedure = SINGLE if single else MULTIPLE
    if bad is None:
        return Proposal(application.name, None, None, procedure, f"{application.name} has no revision that serves.")
    good, why = choose(application.revisions, bad, services(application.name, events))
    if good is None:
        return Proposal(application.name, bad, None, procedure, why)
    given = {"app": application.name, "previous": good.name, "bad": bad.name}
    if single:
        given["image"] = good.image
    return Proposal(application.name, bad, good, procedure, why, tuple(cautions(good, bad, single, now)), given)


def choose(revisions: Sequence[Revision], bad: Revision, served: Iterable[Service]) -> tuple[Revision | None, str]:
    """The revision to go back to, and why that one. `revisions` are newest first, `served` oldest first."""
    usable = {each.name: each for each in revisions if each.name != bad.name and provisioned(each)}
    for service in reversed(list(served)):
        if service.healthy and service.revision in usable:
            until = f" until {service.ended:%Y-%m-%d %H:%M} UTC" if service.ended else ""
            return usable[service.revision], f"{service.revision} carried the traffic{until}, and nothing failed then."
    names = [each.name for each in revisions]
    older = [each for each in revisions[names.index(bad.name) + 1 :] if each.name in usable]
    if older:
        return older[0], (
            f"Nothing recorded says which revision served well; {older[0].name} is the newest one before {bad.name}."
        )
    return None, f"There is no other provisioned revision older than {bad.name}: redeploy, or fix forward."


def provisioned(revision: Revision) -> bool:
    """True for a revision that came up once; Azure calls one that was deactivated since `Deprovisioned`."""
    return revision.provisioning not in NEVER_CAME_UP and not revision.provisioning_error


def cautions(good: Revision, bad: Revision, single: bool, now: datetime | None) -> Iterable[str]:
    """What a person should know before agreeing."""
    if single:
        yield "The app is in single revision mode: the older image is deployed again as a new revision."
    if good.image and good.image == bad.image:
        yield "Both run the same image: the fault may be in the settings, or elsewhere."
    if good.created and bad.created and good.created > bad.created:
        yield f"{good.name} is newer than {bad.name}."
    if now and good.created and (now - good.created).days >= OLD_DAYS:
        yield f"{good.name} is {(now - good.created).days} days old: settings and schema have moved on since."
    if good.health in FAILING or good.running in FAILING:
        yield f"{good.name} is itself {good.running if good.running in FAILING else good.health} now."


def services(app: str, events: Iterable[Event]) -> list[Service]:
    """Who carried the traffic of an app, oldest first, and whether all was well at the end of it."""
    history = History(app)
    for event in sorted(events, key=lambda each: (each.occurred, each.id)):
        history.apply(event)
    return history.found + history.current()


class History:
    """A fold over what was recorded. A revision carries the traffic when it has the most of it."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.found: list[Service] = []
        self._carrying = ""
        self._since: datetime | None = None
        self._down: dict[str, datetime] = {}  # probes, and since when
        self._failing: set[str] = set()  # revisions
        self._created: dict[str, datetime] = {}

    def current(self) -> list[Service]:
        """The service that still goes on."""
        healthy = not self._down and self._carrying not in self._failing
        return [Service(self._carrying, None, healthy)] if self._carrying else []

    def apply(self, event: Event) -> None:
        if event.kind == Kind.PROBE:
            self._probe(event)
        elif event.kind == Kind.TRAFFIC and event.subject == self.app:
            self._traffic(event)
        elif event.kind == Kind.REVISION and event.subject == self.app and event.detail.get("what") == "baseline":
            self._carrying, self._since = carrier(event.detail.get("traffic")), event.occurred
            states = mapping(event.detail.get("revisions")).items()
            self._failing = {name for name, state in states if is_failing(mapping(state))}
        elif event.kind == Kind.REVISION and event.subject.startswith(f"{self.app}/"):
            self._revision(event.subject.removeprefix(f"{self.app}/"), event)

    def _probe(self, event: Event) -> None:
        if event.detail.get("state") == "down":
            self._down.setdefault(event.subject, event.occurred)
        else:
            self._down.pop(event.subject, None)

    def _revision(self, name: str, event: Event) -> None:
        if event.detail.get("what") == "created":
            self._created[name] = event.occurred
        (self._failing.add if is_failing(event.detail) else self._failing.discard)(name)

    def _traffic(self, event: Event) -> None:
        before = carrier(event.detail.get("before")) or self._carrying
        after = carrier(event.detail.get("after"))
        if before and before != after:
            self.found.append(Service(before, event.occurred, self._was_well(before, after)))
        self._carrying, self._since = after, event.occurred

    def _was_well(self, before: str, after: str) -> bool:
        """No probe was down, nor the revision failing. What broke once its successor was deployed is not its fault."""
        deployed = self._created.get(after)
        in_its_time = deployed is not None and self._since is not None and deployed > self._since
        failures = [since for since in self._down.values() if not (in_its_time and deployed and since >= deployed)]
        return not failures and before not in self._failing


def carrier(traffic: object) -> str:
    """The revision with the most traffic, "" for none."""
    weights = {str(name): weight for name, weight in mapping(traffic).items() if isinstance(weight, int) and weight > 0}
    return max(weights, key=lambda name: weights[name], default="")


def is_failing(detail: Mapping[str, Any]) -> bool:
    return str(detail.get("health")) in FAILING


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
