"""Where a rollback goes: to a revision that is known to have served, and by which evidence. Pure.

What the cloud says of an inactive revision proves nothing: one whose image never could be pulled is `Provisioned`,
`Healthy` and has a time when it was last active, like one that served for a week. So a target needs evidence of its
own: it carried the traffic and nothing failed then, or it is ready now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cockpit.model.event import Event, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import (
    ILL_DETAILS,
    RevisionCondition,
    describe_replicas,
    find_traffic_carrier,
    goes_back,
    ill_word,
    ill_working,
    is_ill,
    join_parts,
    judge_revision,
    may_take_traffic,
)
from cockpit.model.run import Value
from cockpit.model.text import clean_line
from cockpit.model.time import format_duration, measure_between
from cockpit.platforms.platform import RollbackTerms
from cockpit.platforms.registry import find_kind

EVIDENCE_KINDS = (Kind.TRAFFIC, Kind.REVISION, Kind.PROBE)
"""The kinds of events that a proposal reads."""

FAILING = frozenset({"Unhealthy", "Degraded", "Failed", "ActivationFailed", "provisioning failed"})
LEAST_ACTIVE = timedelta(minutes=10)  # one that never came up is replaced sooner, as a rule
SHORT_SERVICE = timedelta(minutes=2)  # too short to have shown much
OLD_DAYS = 30
NAMED_DIFFERENCES = 4
EVIDENCE_LOOKBACK = timedelta(days=30)  # how far back the evidence of a revision is looked for
SAME_MOMENT = timedelta(minutes=1)  # a record that begins this little later saw it from the beginning
EPOCH = datetime.fromtimestamp(0, UTC)


class RollbackEvidence(StrEnum):
    """Why a revision is believed to serve well."""

    CARRIED = "carried the traffic"  # by our timeline
    WAS_ACTIVE = "was active"  # by the cloud's own two times
    HEALTHY_NOW = "healthy now"
    CHOSEN = "chosen by a person"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rollback of one app would do. `good` is None when there is nothing to go back to; `why` says so.

    `procedure` is the slug in the built-in `document` of its platform; `values_by_name` what its placeholders need.
    `refused` says why it must not run though there is a target. `differences` changes with it, beside the image.
    """

    app: str
    bad: Revision | None
    good: Revision | None
    procedure: str
    why: str
    cautions: tuple[str, ...] = ()
    values_by_name: Mapping[str, str] = field(default_factory=dict)
    source: str = "proposal"  # of those values
    evidence: RollbackEvidence = RollbackEvidence.NONE
    refused: str = ""
    differences: tuple[str, ...] = ()
    document: str = "rollback"

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(Value(name, value, self.source) for name, value in self.values_by_name.items())


@dataclass(frozen=True, slots=True)
class Service:
    """A time in which a revision carried traffic; `ended` None while it still does. `healthy` as it was at its end."""

    revision: str
    ended: datetime | None
    healthy: bool
    began: datetime | None = None
    rolled_back: bool = False  # it ended because an older revision took over
    watched: datetime | None = None  # from when on somebody recorded how it fared; None: from its beginning
    is_assumed: bool = False  # `began` is when it was made: nobody saw when it took the traffic, which was not before
    activated: datetime | None = None  # when it was switched on, where that is on record


@dataclass(frozen=True, slots=True)
class RollbackCandidate:
    """A revision that may be gone back to, and what speaks for it. `until` is when it was last known to serve."""

    revision: Revision
    evidence: RollbackEvidence
    until: datetime
    sentence: str
    short: bool = False  # it served for so short a time that it shows little
    lasted: timedelta | None = None  # how long it carried the traffic the last time, where that is on record


def propose_rollback(
    application: Application, events: Iterable[Event] = (), *, now: datetime | None = None
) -> Proposal:
    """The rollback of an app, by its revisions and what was recorded of them and of the environment's probes."""
    bad = find_revision_to_leave(application)
    terms = find_kind(application).plan_rollback(application, bad, None)
    if bad is None:
        why = f"{application.name} has no revision that serves."
        return Proposal(application.name, None, None, terms.procedure, why, document=terms.document)
    history = read_history(application, events)
    chosen = choose_revision(application, bad, history.services, history.failing)
    if chosen is None:
        why = describe_unknown_outcome(application, bad)
        return Proposal(application.name, bad, None, terms.procedure, why, document=terms.document)
    passed_over = describe_passed_over(list_candidates(application, bad, history.services, history.failing), chosen)
    why = " ".join(text for text in (chosen.sentence, passed_over) if text)
    return proposal_to(application, bad, chosen.revision, why, evidence=chosen.evidence, now=now)


def describe_passed_over(rollback_candidates: Iterable[RollbackCandidate], chosen: RollbackCandidate) -> str:
    """Why a revision that served later than the one that is proposed is not; "" where there is none."""
    passed = [
        f"{candidate.revision.name} is passed over: it carried traffic for {format_duration(candidate.lasted)} only."
        for candidate in rollback_candidates
        if candidate.short and candidate.lasted is not None and candidate.until > chosen.until
        if candidate.revision.name != chosen.revision.name
    ]
    return " ".join(passed)


def propose_for(
    application: Application,
    events: Iterable[Event],
    *,
    now: datetime,
    chosen: str = "",
    source: str = "proposal",
) -> Proposal:
    """The rollback that a person asked for: to the revision they named, "" for the best there is."""
    if chosen:
        return propose_chosen(application, chosen, events, now=now, source=source)
    return propose_rollback(application, events, now=now)


def choose_application(applications: Sequence[Application], named: str = "") -> Application | None:
    """The app that a rollback is about: the one that was named, else the one that is ill, else the first."""
    if named:
        return next((application for application in applications if application.name == named), None)
    troubled = (application for application in applications if ill_working([application]))
    return next(troubled, next(iter(applications), None))


def propose_chosen(
    application: Application,
    chosen: str,
    events: Iterable[Event] = (),
    *,
    now: datetime | None = None,
    source: str = "proposal",
) -> Proposal:
    """The rollback to a revision that a person named, with what speaks for it or that nothing does."""
    proposal = propose_rollback(application, events, now=now)
    good = next((revision for revision in application.revisions if revision.name == chosen), None)
    if proposal.bad is None or good is None or good.name == proposal.bad.name:
        return proposal
    history = read_history(application, events)
    rollback_candidates = list_candidates(application, proposal.bad, history.services, history.failing)
    evidence = next((candidate.sentence for candidate in rollback_candidates if candidate.revision.name == chosen), "")
    why = f"You chose it. {evidence or f'Nothing shows that {chosen} ever served well.'}"
    return proposal_to(application, proposal.bad, good, why, evidence=RollbackEvidence.CHOSEN, now=now, source=source)


def rollback_values(application: Application, events: Iterable[Event] = ()) -> Mapping[str, str]:
    """What a rollback would fill in, by placeholder; nothing where none is proposed, or it must not run."""
    proposal = propose_rollback(application, events)
    return {} if proposal.refused else proposal.values_by_name


def proposal_to(
    application: Application,
    bad: Revision,
    good: Revision,
    why: str,
    *,
    evidence: RollbackEvidence,
    now: datetime | None,
    source: str = "proposal",
) -> Proposal:
    """The rollback from `bad` to `good`, whoever chose it: its values, what to mind, and whether it may be done."""
    terms = find_kind(application).plan_rollback(application, bad, good)
    values_by_name = {"app": application.name, "previous": good.name, "bad": bad.name, **terms.values}
    changed = list_differences(bad, good)
    return Proposal(
        application.name,
        bad,
        good,
        terms.procedure,
        why,
        tuple(list_cautions(good, bad, terms, now)),
        {name: value for name, value in values_by_name.items() if value},
        source,
        evidence,
        explain_refusal(application, good, bad),
        changed,
        terms.document,
    )


def find_revision_to_leave(application: Application) -> Revision | None:
    """The revision that a rollback leaves: an ill one that users depend on, else the newest of those.

    A canary with a tenth of the traffic is what was deployed last, and not the one that carries the rest.
    """
    working = application.working
    if not working:
        return next((revision for revision in application.revisions if revision.active), None)
    ill = [revision for revision in working if is_ill(revision)]
    return max(ill, key=lambda revision: revision.weight) if 0 < len(ill) < len(working) else working[0]


def describe_moved_traffic(before: Application, after: Application) -> str:
    """What changed of who serves since a rollback was proposed; "" while the proposal is still about the same ones.

    A share that moves between the same revisions is a rollout on its way, and changes no proposal.
    """
    names = {revision.name for revision in before.working}, {revision.name for revision in after.working}
    carriers = find_revision_to_leave(before), find_revision_to_leave(after)
    if names[0] == names[1] and (carriers[0] and carriers[0].name) == (carriers[1] and carriers[1].name):
        return ""
    return f"{_describe_working(before)} before, {_describe_working(after)} now."


def _describe_working(application: Application) -> str:
    shares = [
        f"{name} {revision.weight} %" if application.has_ingress else f"{name} active"
        for revision in application.working
        for name in [revision.name.removeprefix(application.name) or revision.name]
    ]
    return " and ".join(shares) or "nothing served"


def list_serving_names(application: Application) -> tuple[str, ...]:
    """Who serves, as a rollback that begins now keeps it: what it was agreed for."""
    return tuple(revision.name for revision in application.working)


def describe_third_revision(
    values_by_name: Mapping[str, str], served: Collection[str], application: Application
) -> str:
    """Who serves now that a rollback was never agreed for; "" while it is about the same ones.

    `served` are those that served when it began. Its own steps and those of somebody who rolls back, too, only move
    traffic between the two that it names. A third one is somebody's newer deployment: what was agreed would take its
    traffic away, unseen.
    """
    pair = {values_by_name.get("previous", ""), values_by_name.get("bad", "")}
    working = set(list_serving_names(application))
    passed_over = bool(working) and not working & pair and bool(pair & set(served))
    if not passed_over and working <= pair | set(served):
        return ""
    return f"{' and '.join(sorted(served))} served when this rollback was agreed, {_describe_working(application)} now."


def has_been_done(proposal: Proposal, application: Application) -> bool:
    """Whether somebody else did that rollback meanwhile: what was left serves no longer, and the target does, well."""
    names = {revision.name: revision for revision in application.working}
    if proposal.good is None or proposal.bad is None or proposal.bad.name in names:
        return False
    target = names.get(proposal.good.name)
    return target is not None and not is_ill(target)


def choose_revision(
    application: Application, bad: Revision, served: Sequence[Service], failing: Collection[str] = ()
) -> RollbackCandidate | None:
    """The revision to go back to, with its evidence. `served` is oldest first; `failing` is what failed when last seen.

    Carried traffic healthily counts most, the latest of several; then what is active, healthy and ready now.
    """
    rollback_candidates = list_candidates(application, bad, served, failing)
    order = (RollbackEvidence.HEALTHY_NOW, RollbackEvidence.WAS_ACTIVE, RollbackEvidence.CARRIED)

    def rank(candidate: RollbackCandidate) -> tuple[Any, ...]:
        proven = candidate.evidence is not RollbackEvidence.HEALTHY_NOW
        return (
            proven and not candidate.short,
            not proven,
            candidate.until,
            order.index(candidate.evidence),
            candidate.revision.created or EPOCH,
        )

    return max(rollback_candidates, key=rank, default=None)


def list_candidates(
    application: Application, bad: Revision, served: Sequence[Service], failing: Collection[str]
) -> list[RollbackCandidate]:
    """Every revision that something speaks for, once for each sort of evidence."""
    taken_over = next((service.began for service in reversed(served) if service.revision == bad.name), None)
    taken_over = taken_over or bad.created
    return [
        candidate
        for revision in application.revisions
        if revision.name != bad.name and not known_bad(revision, served, failing)
        for candidate in (
            _find_carried_candidate(revision, served, taken_over) or _was_active(revision, taken_over),
            _ready_now(revision),
        )
        if candidate is not None
    ]


def known_bad(revision: Revision, served: Sequence[Service], failing: Collection[str]) -> bool:
    """True for what is ill now, never came up, failed when it was last seen active, or was rolled back from."""
    if ill_word(revision) or is_ill(revision):
        return True
    if ILL_DETAILS.search(revision.running_details) and not revision.ready_count:
        return True
    if not revision.active and revision.name in failing:
        return True
    last = last_service(revision, served)
    return last is not None and last.ended is not None and (not last.healthy or last.rolled_back)


def last_service(revision: Revision, served: Sequence[Service]) -> Service | None:
    return next((service for service in reversed(served) if service.revision == revision.name), None)


def _find_carried_candidate(
    revision: Revision, served: Sequence[Service], taken_over: datetime | None
) -> RollbackCandidate | None:
    """By our timeline."""
    service = last_service(revision, served)
    if service is None or not service.healthy:
        return None
    until = service.ended or taken_over or EPOCH
    off = revision.last_active
    if off is not None and off < until and (service.began is None or off > service.began):
        until = off  # nobody watched when it lost the traffic: the cloud knows that it was off by then
    lasted = measure_between(service.began, until) if service.began else None
    length = format_duration(lasted) if lasted and lasted > timedelta() else ""
    how_long = f" for {length}" if length and not service.is_assumed else ""
    ended = f" until {until:%Y-%m-%d %H:%M} UTC" if service.ended else ", and still does"
    # It names what was looked at: an alert or a threshold may have been bad all that time.
    # At that moment, and no more: in between a probe may have failed and recovered.
    shows = f"{'at its end' if service.ended else 'now'} no probe down, healthy."
    if service.watched is not None:
        # Without its day where that was just named: the dialog has to fit 24 rows.
        same_day = service.ended is not None and service.watched.date() == until.date()
        since = f"{service.watched:%H:%M} UTC" if same_day else f"{service.watched:%Y-%m-%d %H:%M} UTC"
        shows = f"recorded since {since}: {shows}"
    before = _measure_longest_service(revision, served, service)
    and_before = ", and longer before" if lasted and lasted < before else ""
    active = timedelta() if and_before else _measure_activity_before(revision, served)
    if lasted is not None and lasted < SHORT_SERVICE and active >= LEAST_ACTIVE:
        and_before = f", and was active for {format_duration(active)} before, as the cloud says"
        before = active
    sentence = f"{revision.name} carried the traffic{how_long}{ended}{and_before}; {shows}"
    # One that served well for long and a moment once more shows as much as it did before that moment.
    short = lasted is not None and max(lasted, before) < SHORT_SERVICE and service.ended is not None
    return RollbackCandidate(revision, RollbackEvidence.CARRIED, until, sentence, short, lasted)


def _measure_activity_before(revision: Revision, served: Sequence[Service]) -> timedelta:
    """By the cloud's times, how long it was kept active before it first carried the traffic on record.

    That counts as much as where nothing is on record: to have carried it for a moment besides, and well, is no less.
    """
    first = next(service for service in served if service.revision == revision.name)
    began = first.activated or revision.created
    if began is None or first.began is None or first.is_assumed:
        return timedelta()
    off = revision.last_active
    was_on = may_take_traffic(revision) if revision.active else off is not None and off >= first.began
    return max(measure_between(began, first.began), timedelta()) if was_on else timedelta()


def _measure_longest_service(revision: Revision, served: Sequence[Service], last: Service) -> timedelta:
    """The longest time before its last one in which it carried the traffic and nothing was wrong with it. Of one that
    carried it when the watch began nobody saw since when: not before it was made."""
    lengths = (
        measure_between(began, service.ended)
        for service in served
        if service.revision == revision.name
        and service is not last
        and service.healthy
        and not service.rolled_back
        and service.ended is not None
        and (began := service.began or revision.created) is not None
    )
    return max(lengths, default=timedelta())


def _was_active(revision: Revision, taken_over: datetime | None) -> RollbackCandidate | None:
    """By the cloud's times: it was kept active for long, which one that never came up is not, as a rule.

    One that is active still has no last time: it counts until the one that is left took over, if it could serve now.
    """
    end = taken_over if revision.active else revision.last_active
    if revision.created is None or end is None or end - revision.created < LEAST_ACTIVE:
        return None
    lasted = format_duration(measure_between(revision.created, end))
    if revision.active:
        if not may_take_traffic(revision):
            return None
        now = join_parts(judge_revision(revision).condition.value, describe_replicas(revision))
        sentence = f"{revision.name} was active for {lasted} before that, as the cloud says, and is well now: {now}."
        return RollbackCandidate(revision, RollbackEvidence.WAS_ACTIVE, end, sentence)
    until = min(end, taken_over) if taken_over else end
    sentence = (
        f"{revision.name} was active for {lasted}, until {end:%Y-%m-%d %H:%M} UTC, as the cloud says; "
        "the timeline knows nothing against it."
    )
    return RollbackCandidate(revision, RollbackEvidence.WAS_ACTIVE, until, sentence)


def _ready_now(revision: Revision) -> RollbackCandidate | None:
    """Active, healthy, and at least one replica is known to be ready; also when it is newer."""
    if judge_revision(revision).condition is not RevisionCondition.SERVING or not revision.ready_count:
        return None
    count = len(revision.replicas or ())
    sentence = f"{revision.name} is active and healthy now, {revision.ready_count} of {count} replicas ready."
    return RollbackCandidate(revision, RollbackEvidence.HEALTHY_NOW, revision.created or EPOCH, sentence)


def describe_unknown_outcome(application: Application, bad: Revision) -> str:
    """Why no target is proposed, and what a person can do."""
    if len(application.revisions) < 2:
        return f"There is no other revision than {bad.name}: redeploy, or fix forward."
    others = [revision for revision in application.revisions if revision.active and revision.name != bad.name]
    if others and all(judge_revision(revision).condition is RevisionCondition.ILL for revision in others):
        names = ", ".join(revision.name for revision in others)
        return (
            f"What else runs of {application.name} is ill, too ({clean_line(names, 120)}): look at what all of them "
            "need, such as the database. A rollback does not help there."
        )
    return (
        f"Nothing shows that another revision of {application.name} served well. Choose one in the revisions pane "
        "and roll back to it, redeploy, or fix forward."
    )


def explain_refusal(application: Application, good: Revision, bad: Revision) -> str:
    """Why this rollback must not be done, "" when it may."""
    if good.name == bad.name:
        return f"{good.name} is the revision that serves now: there is nothing to go back to."
    if same_template(good, bad):
        return (
            f"{bad.name} runs the same image with the same settings as {good.name}: going back changes nothing. "
            "Look at what both depend on, or choose another revision in the pane."
        )
    return ""


def same_template(one: Revision, other: Revision) -> bool:
    """True where the whole of both templates is known to be the same. What was not read is not the same."""
    return bool(one.settings) and one.settings == other.settings


def list_differences(bad: Revision, good: Revision) -> tuple[str, ...]:
    """What changes beside the image: `api env LEVEL has another value`. A value that may be a secret is not shown."""
    before, after = dict(bad.settings), dict(good.settings)
    if not before or not after:
        return ()
    result = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new or name.endswith(".image"):
            continue
        label = name.removeprefix("containers.").removesuffix(".value").replace(".", " ")
        if old is None or new is None:
            result.append(f"{label} {'is new' if old is None else 'goes'}")
        elif old.startswith("#") or new.startswith("#"):
            result.append(f"{label} has another value")
        else:
            result.append(f"{label} {old} to {new}")
    return tuple(result)


def list_cautions(good: Revision, bad: Revision, terms: RollbackTerms, now: datetime | None) -> Iterable[str]:
    """What a person should know before agreeing."""
    yield from terms.cautions
    changed_settings = list_differences(bad, good)
    if changed_settings and terms.keeps_settings:
        yield f"These settings stay as they are now: {summarise_names(changed_settings)}."
    elif changed_settings:
        yield f"With it change: {summarise_names(changed_settings)}."
    if good.image and good.image == bad.image:
        yield "Both run the same image: the fault may be in the settings, or elsewhere."
    if 0 < bad.weight < 100:
        yield f"{bad.name} has {bad.weight} % of the traffic; the undo would send it everything."
    if good.created and bad.created and good.created > bad.created:
        yield f"{good.name} is newer than {bad.name}."
    if now and good.created and (now - good.created).days >= OLD_DAYS:
        yield f"{good.name} is {(now - good.created).days} days old: settings and schema have moved on since."
    if word := ill_word(good):
        yield f"{good.name} is itself {word} now."


def summarise_names(names: Sequence[str]) -> str:
    rest = len(names) - NAMED_DIFFERENCES
    return join_parts(*names[:NAMED_DIFFERENCES], f"and {rest} more" if rest > 0 else "")


def read_history(application: Application, events: Iterable[Event]) -> "ServiceHistory":
    """Who carried the traffic of an app, and whether all was well at the end of it."""
    history = ServiceHistory(application)
    for event in sorted(events, key=lambda event: (event.occurred, event.id)):
        history.apply(event)
    return history


class ServiceHistory:
    """A fold over what was recorded. A revision carries the traffic when it has the most of it."""

    def __init__(self, application: Application) -> None:
        self.app = application.name
        self._ended: list[Service] = []
        self._carrying = ""
        self._since: datetime | None = None
        self._is_assumed = False
        self._first: datetime | None = None  # when the first of all was recorded: before it nobody watched
        self._down: dict[str, datetime] = {}  # probes, and since when
        self._failing: set[str] = set()  # revisions, when they were last seen active
        self._activated: dict[str, datetime] = {}
        self._images = {revision.name: revision.image for revision in application.revisions}
        self._created = {
            revision.name: revision.created for revision in application.revisions if revision.created is not None
        }

    @property
    def services(self) -> list[Service]:
        """Oldest first; the last one still goes on."""
        healthy = not self._down and self._carrying not in self._failing
        watched = self._find_watched(self._since)
        if not self._carrying:
            return self._ended
        now = Service(self._carrying, None, healthy, self._since, watched=watched, is_assumed=self._is_assumed)
        return [*self._ended, now]

    @property
    def failing(self) -> frozenset[str]:
        """The revisions that failed when they were last seen active."""
        return frozenset(self._failing)

    def _find_watched(self, began: datetime | None) -> datetime | None:
        """From when on it was watched, where that is later than it began."""
        first = self._first
        return first if first is not None and (began is None or first - began > SAME_MOMENT) else None

    def apply(self, event: Event) -> None:
        self._first = min(self._first or event.recorded, event.recorded)
        if event.kind == Kind.PROBE:
            self._probe(event)
        elif event.kind == Kind.TRAFFIC and event.subject == self.app:
            self._traffic(event)
        elif event.kind == Kind.REVISION and event.subject == self.app and event.detail.get("what") == "baseline":
            self._carrying = find_traffic_carrier(event.detail.get("traffic"))
            # It carried it before anybody watched: since when is not known, only that it was there.
            created = self._created.get(self._carrying)
            self._since, self._is_assumed = min(created, event.occurred) if created else event.occurred, True
            states = read_mapping(event.detail.get("revisions")).items()
            self._failing = {name for name, state in states if is_failing(read_mapping(state))}
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
        if event.detail.get("what") == "activated":
            self._activated[name] = event.occurred
        if event.detail.get("what") == "deactivated":
            return  # what the cloud says of one that is off tells nothing of how it was
        (self._failing.add if is_failing(event.detail) else self._failing.discard)(name)

    def _traffic(self, event: Event) -> None:
        before = find_traffic_carrier(event.detail.get("before")) or self._carrying
        after = find_traffic_carrier(event.detail.get("after"))
        if before == after and before:
            return
        if before:
            healthy = self._was_well(before, after)
            began = self._since if before == self._carrying else None
            self._ended.append(
                Service(
                    before,
                    event.occurred,
                    healthy,
                    began,
                    goes_back(self._created, self._images, before, after),
                    self._find_watched(began),
                    began is not None and self._is_assumed,
                    self._activated.get(before),
                )
            )
        self._carrying, self._since, self._is_assumed = after, event.occurred, False

    def _was_well(self, before: str, after: str) -> bool:
        """No probe was down, nor the revision failing. What broke once its successor was deployed is not its fault."""
        deployed = self._created.get(after)
        in_its_time = deployed is not None and self._since is not None and deployed > self._since
        failures = [since for since in self._down.values() if not (in_its_time and deployed and since >= deployed)]
        return not failures and before not in self._failing


def is_failing(detail: Mapping[str, Any]) -> bool:
    return str(detail.get("health")) in FAILING


def read_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
