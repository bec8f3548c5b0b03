"""The clocks of who should be notified: the next update, the promised one, and clients while they feel it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from cockpit.incident.clocks.due import (
    MITIGATED_IN_TIME,
    SeverityPeriod,
    due_after,
    end_clock,
    excuse_clock,
    risk_of,
    settle_clock,
    well_at,
)
from cockpit.incident.clocks.response import find_first_done
from cockpit.incident.clocks.rules import Binding, build_binding, make_strictest_pick
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.response import Update

# Were people notified in time? Every update of an incident and every promise in one, kept or broken.


class PromiseState(StrEnum):
    """PENDING: its time has not come yet. SPARED: resolved before, so nothing was owed any more."""

    KEPT = "kept"
    BROKEN = "broken"
    PENDING = "pending"
    SPARED = "resolved before"


@dataclass(frozen=True, slots=True)
class UpdateInterval:
    """From one update (or the declaration, a new severity) to the next that was due by `due`.

    `rule` None: the time was promised, in the place of `instead_of`, what the rule would have asked for. `ended` by the
    next update, which answers it, or by the resolution.
    """

    rule: Rule | None
    started: datetime
    due: datetime | None
    why: str
    ended: datetime | None = None
    answered: bool = False
    instead_of: "UpdateInterval | None" = None

    def outcome(self, now: datetime | None) -> PromiseState:
        late = self.due is not None and (self.ended or now or self.started) > self.due
        if late:
            return PromiseState.BROKEN
        if self.ended is None:
            return PromiseState.PENDING
        return PromiseState.KEPT if self.answered else PromiseState.SPARED


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of a rule as it stands at one moment; `promised`: a time that was promised stood in its place."""

    started: datetime
    due: datetime
    ended: datetime | None
    kept: PromiseState
    rule: Rule
    promised: bool = False


def list_update_intervals(incident: Incident, plan: Plan, now: datetime, zone: tzinfo = UTC) -> tuple[Interval, ...]:
    """Every interval until an update was due, by the rule that bound then. Pure.

    A promised time takes its place where it gives more time. One that gave less is a promise (`check_promise`): whoever
    breaks it was not late by the rule. While it is closed nobody waits; opened again begins anew. A message that came
    in time for the rules of two severities was one message in time, by the stricter of them.
    """
    intervals = [
        Interval(
            by_rule.started,
            by_rule.due,
            by_rule.ended,
            by_rule.outcome(now),
            by_rule.rule,
            update_interval.rule is None,
        )
        for update_interval in update_intervals(build_binding(incident, plan, zone))
        if (by_rule := _measure_by_rule(update_interval)).due is not None and by_rule.rule is not None
    ]
    strictest: dict[datetime, Interval] = {}
    for interval in intervals:
        if interval.ended is not None and interval.kept in (PromiseState.KEPT, PromiseState.BROKEN):
            strictest[interval.ended] = min(strictest.get(interval.ended, interval), interval, key=_get_due)
    return tuple(
        interval
        for interval in intervals
        if interval.ended is None or interval.kept is not PromiseState.KEPT or interval is strictest[interval.ended]
    )


def _get_due(interval: Interval) -> datetime:
    return interval.due


def _measure_by_rule(interval: UpdateInterval) -> UpdateInterval:
    """The interval as its rule counts it; without a rule, where one was promised that nothing asked for."""
    asked = interval.instead_of
    if interval.rule is not None or asked is None or asked.due is None or interval.due is None:
        return interval
    why = asked.why if asked.due >= interval.due else interval.why
    return replace(interval, rule=asked.rule, due=max(interval.due, asked.due), why=why)


def interval_counts(result: Sequence[Interval]) -> list[tuple[Rule, int, int]]:
    """For each rule that bound: how many of its intervals were kept, and how many broken."""
    counts: dict[Rule, list[int]] = {}
    for interval in result:
        tally = counts.setdefault(interval.rule, [0, 0])
        tally[0] += interval.kept is PromiseState.KEPT
        tally[1] += interval.kept is PromiseState.BROKEN
    return [(rule, kept, broken) for rule, (kept, broken) in counts.items()]


def update_intervals(bound: Binding) -> list[UpdateInterval]:
    """In the order in which they began. One that was missed stays so, whatever the severity becomes; pure."""
    result: list[UpdateInterval] = []
    for start, _, what in _iterate_moments(bound):
        running = [place for place, update_interval in enumerate(result) if update_interval.ended is None]
        if isinstance(what, SeverityPeriod):
            result += _begin_severity(bound, what, [result[place] for place in running])
        else:
            for place in running:
                result[place] = replace(result[place], ended=start, answered=what is not None)
            if what is not None:
                result += _begin_after(bound, start, what)
    return result


def _begin_severity(bound: Binding, period: SeverityPeriod, running: Sequence[UpdateInterval]) -> list[UpdateInterval]:
    """A new severity begins an interval where its rule is due sooner than what runs; a milder one gives no time. A
    promise that runs stands in the place of the new rule, too, where it gives more time; else the rule binds beside it.
    """
    rule = make_strictest_pick(ClockKind.UPDATE)(period)
    if rule is None or (running and not period.raised):
        return []
    new = _build_interval(bound, rule, period.start, period.why)
    promised = max((item.due for item in running if item.rule is None and item.due is not None), default=None)
    if promised is not None and new.due is not None and promised >= new.due:
        new = UpdateInterval(None, period.start, promised, "promised", instead_of=new)
    for update_interval in map(_measure_by_rule, running):
        waits = update_interval.due is not None and update_interval.due > period.start
        if waits and (new.due is None or (update_interval.due and update_interval.due <= new.due)):
            return []
        if update_interval.due is None and new.due is None:
            return []
    return [new]


def _begin_after(bound: Binding, moment: datetime, update: Update | str) -> list[UpdateInterval]:
    period = max(
        (period for period in bound.periods if period.start <= moment),
        key=lambda severity_period: severity_period.start,
        default=None,
    )
    rule = make_strictest_pick(ClockKind.UPDATE)(period) if period else None
    why = update if isinstance(update, str) else f"the last one, by {update.actor or 'nobody named'}"
    interval = _build_interval(bound, rule, moment, why) if rule else None
    if isinstance(update, Update) and update.promised is not None:
        return [UpdateInterval(None, moment, update.promised, "promised", instead_of=interval)]
    return [] if interval is None else [interval]


def _build_interval(bound: Binding, rule: Rule, start: datetime, why: str) -> UpdateInterval:
    return UpdateInterval(
        rule, start, due_after(start, rule.after, rule.counting, bound.plan.hours, bound.zone).due, why
    )


Moment = tuple[datetime, int, SeverityPeriod | Update | str | None]


def _iterate_moments(bound: Binding) -> Iterator[Moment]:
    """What begins an interval or ends one, in the order it happened: a severity, an update, None for the resolution.

    While it is closed nobody waits for an update, and one that is sent then begins nothing.
    """
    triples: list[Moment] = []
    marked = [mark.done for mark in bound.incident.marks if mark.id == "update" and mark.done is not None]
    for episode in bound.episodes:
        triples += [(period.start, 1, period) for period in episode.periods]
        sent: list[Moment] = [(update.at, 0, update) for update in bound.incident.updates]
        sent += [(moment, 0, "one was sent elsewhere") for moment in marked]
        triples += [
            triple
            for triple in sent
            if triple[0] >= episode.start and (episode.end is None or triple[0] <= episode.end)
        ]
        if episode.end is not None:
            triples.append((episode.end, 2, None))
    yield from sorted(triples, key=lambda triple: triple[:2])


def check_promise(update: Update, updates: Sequence[Update], now: datetime) -> PromiseState | None:
    """Whether the time an update promised was kept, by the next update to the same audience; None without a promise.

    The end of the incident keeps no promise: whoever was promised a message waits for one.
    """
    if update.promised is None:
        return None
    answer = find_answer(update, updates)
    if answer is not None:
        return PromiseState.KEPT if answer <= update.promised else PromiseState.BROKEN
    return PromiseState.PENDING if now <= update.promised else PromiseState.BROKEN


def find_answer(update: Update, updates: Sequence[Update]) -> datetime | None:
    """When the next message to the same readers was sent."""
    after = (
        item.at
        for item in updates
        if item is not update
        and item.audience_name == update.audience_name
        and (item.at, item.event) > (update.at, update.event)
    )
    return min(after, default=None)


CLIENTS = "client"
UPDATE = "update"


def list_update_clocks(bound: Binding, now: datetime) -> list[Clock]:
    """Until the next one: each interval since the last one, and before it those that were missed.

    A time that the newest update promised takes the place of the interval while it runs: it is what people wait for.
    Once it is over the rule counts again, unless the promise gave more time.
    """
    clocks: list[Clock] = []
    open = 0
    for number, update_interval in enumerate(update_intervals(bound), start=1):
        interval = _measure_by_rule(update_interval)
        if interval.rule is None or (interval.answered and interval.outcome(interval.ended) is not PromiseState.BROKEN):
            continue
        if update_interval.rule is None and not _counts_by_rule(update_interval, interval, now):
            continue
        open += 0 if interval.answered else 1
        name = f"{UPDATE}:late:{number}" if interval.answered else UPDATE if open == 1 else f"{UPDATE}:{open}"
        clock = replace(bound.clock(interval.rule, name, interval.started, interval.why), obligation=UPDATE)
        clock = clock if clock.due == interval.due else replace(clock, due=interval.due, risk=None)  # as promised
        if interval.answered:
            clocks.append(replace(clock, done=interval.ended))
        else:
            clocks.append(end_clock(clock, interval.ended, "resolved before it was late"))
    return clocks


def _counts_by_rule(promised: UpdateInterval, by_rule: UpdateInterval, now: datetime) -> bool:
    """Whether the rule in whose place a promise stands is told beside it: it was missed too, or runs on after it."""
    if by_rule.ended is not None:
        return by_rule.outcome(by_rule.ended) is PromiseState.BROKEN
    return promised.due is not None and by_rule.due is not None and promised.due < by_rule.due and promised.due < now


def list_promise_clocks(bound: Binding) -> list[Clock]:
    """The newest promise to each audience that no update to it has kept yet, which outlives the incident since people
    wait; before them those that were answered late. Whether one was kept is judged by `check_promise`.
    """
    waiting: dict[str, Clock] = {}
    late: list[Clock] = []
    for update in _in_order(bound.incident):
        audience = update.audience_name
        answered = waiting.pop(audience, None)
        if answered is not None and answered.due is not None and answered.due < update.at:
            late.append(replace(answered, id=f"{answered.id}:late:{len(late) + 1}", done=update.at))
        if update.promised is not None:
            waiting[audience] = _build_promise_clock(update, audience, update.promised)
    return [*late, *waiting.values()]


def _build_promise_clock(update: Update, audience: str, due: datetime) -> Clock:
    return Clock(
        id=f"promise:{audience}" if audience else "promise",
        kind=ClockKind.PROMISE,
        what=f"update to {update.readers}" if audience else "update",
        why=f"promised by {update.actor or 'nobody named'}",
        origin=f"the update of event {update.event}" if update.event else "an update",
        started=update.at,
        due=due,
        risk=risk_of(update.at, due),
        who=update.actor,
    )


def list_client_clocks(bound: Binding) -> list[Clock]:
    """From the start of the impact until clients are notified; nothing is owed where it was mitigated sooner."""
    incident = bound.incident
    if incident.impact_started is not None:
        first = (incident.impact_started, "users feel it")
    else:
        first = (incident.detected, "detected") if incident.detected else (incident.declared, "declared")
    moment = min(
        (update.at for update in incident.updates if update.audience_name.startswith(CLIENTS)),
        default=None,
    )
    pairs = bound.deadlines(
        "client",
        make_strictest_pick(ClockKind.CLIENT),
        bound.episodes,
        find_first_done(bound, "client", moment),
        first=first,
    )
    clocks = []
    for clock, stretch in pairs:
        in_time = moment is not None and (clock.limit is None or moment <= clock.limit)
        if not in_time:
            clock = excuse_clock(clock, well_at(incident, clock.limit), MITIGATED_IN_TIME)
        clocks.append(settle_clock(clock, bound.done_within(clock, stretch, moment), stretch.end))
    return clocks


def _in_order(incident: Incident) -> list[Update]:
    return sorted(incident.updates, key=lambda update: update.at)
