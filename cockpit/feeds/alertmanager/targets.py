"""Which targets of a Prometheus give data. A rule without data ends its alerts, and that proves nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cockpit.feeds.alertmanager.alerts import clean_labels, decode_json
from cockpit.feeds.alertmanager.labels import Labels
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings

UP = "max by (job, instance) (up)"
DOWN = "min by (job, instance) (min_over_time(up[2m])) == 0"
"""Targets that were down at some time of two minutes: a rule evaluated in them may have had no data, though by now the
target is back."""
RESUMED = "min by (job, instance) (min_over_time((timestamp(up) > time() - 90)[2m:2s]) or timestamp(up)) > time() - 110"
"""Since when there are data of those targets of which there were none two minutes ago: new ones, and all of a server
that stood still for longer than a sample counts, or was restarted without its store. Until its rules have seen a while
of new data, they find nothing of what fired before. (A sample counts for five minutes: here not the one before it.)"""
LAST_UP = (
    "max by (job, instance) (timestamp(max_over_time(up[1m]) == 1)"
    " or max_over_time(timestamp(up == 1)[10m:15s]) or max_over_time(timestamp(up == 1)[1d:5m]))"
)
"""When each target of the last day was last up: asked once, for what fired before we began to look. The last minutes
are asked finely: whoever opens the cockpit does so a moment after something died."""
FIRST_SAMPLE = "min(min_over_time(timestamp(up)[1d:5m]) or min_over_time(timestamp(up)[10m:15s]))"
"""Since when a server knows anything of the last day: one that lost its store does not know what was up before."""
ASKED_FINELY = timedelta(minutes=10)
COARSE_STEP = timedelta(minutes=5)  # a target may have been up for that long after the moment found by coarse steps
REMEMBERED = timedelta(days=1)  # how long we know that a target once was up
RESUMED_AT_ONCE = timedelta(
    seconds=5
)  # an alert that fires by the first data of a target may have begun as much before
BETWEEN_LOOKS = timedelta(minutes=2)  # a target may have died just before we first heard of the alert

Target = tuple[str, str]  # job, instance
NO_VECTOR = Problem(
    ProblemKind.GARBAGE, "no query", "The answer to a query is not a list of series, or not the whole one."
)


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of one Prometheus at one moment: `up` now, `down` now or a moment ago. One may be both. `resumed` is
    since when, by that server's clock, there are data of those that had none two minutes ago."""

    up: frozenset[Target] = frozenset()
    down: frozenset[Target] = frozenset()
    resumed: Mapping[Target, datetime] = field(default_factory=dict)


def targets_of(up_body: bytes, down_body: bytes, resumed_body: bytes) -> Targets:
    """Out of the answers to UP, DOWN and RESUMED. Raises SourceError, ValueError or RecursionError."""
    up = series_of(up_body)
    resumed = ((target, read_moment_of_sample(value)) for target, value in series_of(resumed_body))
    gone_now = frozenset(target for target, value in up if value != "1")
    return Targets(
        up=frozenset(target for target, value in up if value == "1"),
        down=gone_now | frozenset(target for target, _ in series_of(down_body)),
        resumed={target: moment for target, moment in resumed if moment is not None},
    )


@dataclass(frozen=True, slots=True)
class TargetPast:
    """What a Prometheus tells of its last day, by its own clock: when each target was last up, and `begins` its first
    sample of any, None when it has none."""

    last_up: Mapping[Target, datetime]
    begins: datetime | None = None


def past_of(last_up_body: bytes, first_sample_body: bytes) -> TargetPast:
    """Out of the answers to LAST_UP and FIRST_SAMPLE. Raises SourceError, ValueError or RecursionError."""
    moments = ((target, read_moment_of_sample(value)) for target, value in series_of(last_up_body))
    first = [read_moment_of_sample(value) for _, value in series_of(first_sample_body)]
    return TargetPast(
        {target: moment for target, moment in moments if moment is not None},
        min((moment for moment in first if moment is not None), default=None),
    )


def read_moment_of_sample(value: str) -> datetime | None:
    """A time that is the value of a sample, in seconds; None when it is none."""
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def series_of(body: bytes) -> list[tuple[Target, str]]:
    """Each series of an instant vector with its value. A partial answer is refused: what it lacks may be our target."""
    answer = decode_json(body)
    result = dig_value(answer, "data", "result")
    if dig_value(answer, "status") != "success" or not isinstance(result, list) or dig_value(answer, "warnings"):
        raise SourceError(NO_VECTOR)
    return [(_read_target(item.get("metric")), _read_sample_value(item.get("value"))) for item in list_mappings(result)]


def _read_target(metric: object) -> Target:
    labels = clean_labels(metric)
    return labels.get("job", ""), labels.get("instance", "")


def _read_sample_value(sample: object) -> str:
    return str(sample[1]) if isinstance(sample, list) and len(sample) == 2 else ""


@dataclass(frozen=True, slots=True)
class TargetMemory:
    """When each target of one Prometheus was last seen up, by our clock.

    `begins` is from when on that is known, None when it is for a day, as it is once the server reported its past.
    `appeared` is when each target that we saw ourselves was first seen up, None for those of our first look.
    """

    last_up: Mapping[Target, datetime]
    begins: datetime | None = None
    appeared: Mapping[Target, datetime | None] = field(default_factory=dict)

    def after(self, targets: Targets, now: datetime) -> "TargetMemory":
        """What is remembered after one more look."""
        kept = {target: moment for target, moment in self.last_up.items() if now - moment <= REMEMBERED}
        known = {target: moment for target, moment in self.appeared.items() if target in kept or target in targets.up}
        fresh = dict.fromkeys(targets.up.difference(known), now if self.appeared else None)
        return TargetMemory({**kept, **dict.fromkeys(targets.up, now)}, self.begins, {**known, **fresh})

    def with_past(self, past: TargetPast | None, skew: timedelta, now: datetime) -> "TargetMemory":
        """Together with what the server reported of its past; None: it did not, and we know nothing of before now."""
        if past is None:
            return replace(self, begins=self.begins or now)
        last_up = {target: _latest_up(moment + skew, now) for target, moment in past.last_up.items()}
        begins = past.begins + skew if past.begins is not None else now
        a_whole_day = begins <= now - REMEMBERED + 2 * COARSE_STEP
        return replace(self, last_up={**last_up, **self.last_up}, begins=None if a_whole_day else begins)


def _latest_up(moment: datetime, now: datetime) -> datetime:
    """Until when a target may have been up that was seen so at `moment`: longer where only coarse steps were asked."""
    return min(moment if now - moment <= ASKED_FINELY else moment + COARSE_STEP, now)


NOTHING_REMEMBERED = TargetMemory({})


class TargetWitness:
    """Whether the data behind an alert was there, for one Prometheus at one look."""

    def __init__(self, targets: Targets, memory: TargetMemory, skew: timedelta = timedelta(0)) -> None:
        """`skew` is what is to be added to a time of the server to have it by our clock."""
        self._targets = targets
        self._resumed = {target: moment + skew for target, moment in targets.resumed.items()}
        self._memory = memory
        living_jobs = {job for job, _ in targets.up}
        pairs = targets.up | targets.down | frozenset(memory.last_up)
        self._known = pairs
        self._jobs = {job for job, _ in pairs}
        # A target that left while its job lives on was replaced, as every deployment does it, unless fewer came than
        # left: see `_find_unreplaced`. A whole job that left took its data with it.
        left = (target for target in memory.last_up if target[0] not in living_jobs)
        self._lost = sorted(targets.down.union(left))

    def doubt(self, labels: Labels, fired: datetime) -> str:
        """Why the end of an alert that fired since `fired` (our clock) may be missing data; "" when it was all there.

        An alert that names its target is answered for by that target. One that names none, or none that is scraped
        here (aggregated rules, pushed and federated metrics), by each that was up while it fired.
        """
        if not self._known:
            return "it knows no target, so whether the rule had data cannot be seen"
        job, instance = labels.get("job", ""), labels.get("instance", "")
        if instance and (job, instance) in self._known:
            return self._exact_doubt((job, instance)) or self._doubt_resumed([(job, instance)], fired)
        if self._memory.begins is not None and fired < self._memory.begins - BETWEEN_LOOKS:
            return "it fired before we looked, and whether the rule had data since cannot be seen"
        any_job = not job or job not in self._jobs
        scope = [target for target in self._lost if any_job or target[0] == job]
        if lost := next((target for target in scope if self._was_up(target, fired)), None):
            return self._describe(lost)
        left = next((target for target in self._find_unreplaced(fired) if any_job or target[0] == job), None)
        if left:
            return f"no data, {_name_target(left)} is not a target any more"
        return self._doubt_resumed([target for target in sorted(self._resumed) if any_job or target[0] == job], fired)

    def _doubt_resumed(self, targets: Iterable[Target], fired: datetime) -> str:
        """A target that appeared since the alert fired resumed nothing: every deployment has such."""
        for target in targets:
            appeared, resumed = self._memory.appeared.get(target), self._resumed.get(target)
            is_new = appeared is not None and appeared >= fired
            if resumed is not None and not is_new and fired < resumed - RESUMED_AT_ONCE:
                return f"no data, {_name_target(target)} was not scraped until a moment ago"
        return ""

    def _find_unreplaced(self, fired: datetime) -> list[Target]:
        """A target of each job that lives on with fewer targets than it had while the alert fired: those that left, as
        one does that its discovery found dead, are more than those that appeared since. Only of what we saw ourselves:
        a server tells of its past when a target was last up, and not when it appeared."""
        present = self._targets.up | self._targets.down
        left: dict[str, list[Target]] = {}
        for target in sorted(self._memory.appeared.keys() - present):
            if self._was_up(target, fired):
                left.setdefault(target[0], []).append(target)
        came = Counter(
            job
            for (job, instance), moment in self._memory.appeared.items()
            if moment is not None and moment >= fired and (job, instance) in self._targets.up
        )
        return [targets[0] for job, targets in left.items() if len(targets) > came[job]]

    def _exact_doubt(self, target: Target) -> str:
        if target in self._targets.down:
            return self._describe(target)
        return "" if target in self._targets.up else f"no data, {_name_target(target)} is not a target any more"

    def _was_up(self, target: Target, fired: datetime) -> bool:
        last_up = self._memory.last_up.get(target)
        return last_up is not None and last_up >= fired - BETWEEN_LOOKS

    def _describe(self, target: Target) -> str:
        job = target[0]
        if target not in self._targets.down:  # nothing of the job is scraped, or it would have been replaced
            return f"no data, {f'job {job}' if job else _name_target(target)} is not scraped any more"
        others = {name for name in self._targets.up - self._targets.down if name[0] == job}
        return f"no data, {_name_target(target) if others or not job else f'job {job}'} is or was down"


def _name_target(target: Target) -> str:
    return target[1] or target[0] or "a target"
