"""The clocks of who should be there: somebody answers, leads, is called, and works through the first list."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from cockpit.incident.clocks.business_hours import NOTHING
from cockpit.incident.clocks.due import (
    MITIGATED_IN_TIME,
    OVER,
    Episode,
    SeverityPeriod,
    excuse_clock,
    later_by,
    list_window_pauses,
    risk_of,
    settle_clock,
    well_at,
)
from cockpit.incident.clocks.rules import Binding, make_strictest_pick
from cockpit.incident.impact import LATEST, weigh_pauses
from cockpit.model.clock import Clock, ClockKind, ClockState, Rule
from cockpit.model.incident import Acknowledgement, Incident
from cockpit.model.plan import Plan
from cockpit.model.response import Holding, PageRecord, find_box_ticks
from cockpit.model.time import format_duration, measure_between

LEADS = "incident commander"  # where no role of the plan leads
WORD = re.compile(r"[^\W_]+")
AT_ONCE = timedelta(minutes=15)  # the window of an order to call somebody at once
ASKING = frozenset({ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE})
SETTLED = frozenset({"done", "skipped"})


def find_first_done(bound: Binding, obligation: str, *moments: datetime | None) -> datetime | None:
    """When an obligation was first met: by what happened, or because a person marked it."""
    marks = [mark.done for mark in bound.incident.marks if mark.id == obligation]
    return min((moment for moment in (*moments, *marks) if moment is not None), default=None)


def list_response_clocks(bound: Binding) -> list[Clock]:
    """From the declaration until somebody acknowledges. One that was resolved first is over, and nobody took it."""
    acknowledged = bound.incident.acknowledged
    met = find_first_done(bound, "response", acknowledged)
    pairs = bound.deadlines("response", make_strictest_pick(ClockKind.RESPONSE), bound.episodes, met)
    return [
        settle_clock(clock, bound.done_within(clock, stretch, acknowledged), stretch.end) for clock, stretch in pairs
    ]


def list_commander_clocks(bound: Binding) -> list[Clock]:
    """From the declaration until somebody is in a leading role; again from when the last of them left."""
    leading = {role.name.casefold() for role in bound.plan.roles if role.lead} or {LEADS}
    held = [role for role in bound.incident.roles if role.role.casefold() in leading]
    clocks = []
    for clock, stretch in bound.deadlines(
        "commander", make_strictest_pick(ClockKind.COMMANDER), _iterate_leaderless_stretches(bound, held)
    ):
        episode = next(
            (
                episode
                for episode in bound.episodes
                if episode.start <= stretch.start and _starts_within(stretch, episode)
            ),
            None,
        )
        end = episode.end if episode else None
        taken = stretch.end if stretch.because == TAKEN else None
        clocks.append(settle_clock(clock, taken, end))
    return clocks


TAKEN = "taken"


def _starts_within(stretch: Episode, episode: Episode) -> bool:
    return episode.end is None or stretch.start <= episode.end


def _iterate_leaderless_stretches(bound: Binding, held: list[Holding]) -> Iterator[Episode]:
    """The stretches of time in which nobody led; the one after the declaration also where somebody led at once."""
    times = [
        (holding.since, max(holding.until, holding.since) if holding.until else None, holding.person)
        for holding in held
    ]
    for number, episode in enumerate(bound.episodes):
        start, why, led, leads = episode.start, "", False, False
        for since, until, person in _merge_holdings(times):
            if (until is not None and until <= episode.start and number > 0) or (
                episode.end is not None and since > episode.end
            ):
                continue
            if since > start or (number == 0 and not led):
                yield _build_stretch(episode, start, since, why, TAKEN)
            led, leads = True, until is None
            if until is not None:
                start, why = until, f"{person} left and nobody leads"
        if not leads and (not led or episode.end is None or start < episode.end):
            yield _build_stretch(episode, start, episode.end, why, "")


def _merge_holdings(times: list[tuple[datetime, datetime | None, str]]) -> list[tuple[datetime, datetime | None, str]]:
    """Overlapping holdings as one; `person` is who left last."""
    triples: list[tuple[datetime, datetime | None, str]] = []
    for since, until, person in sorted(times, key=lambda triple: triple[0]):
        if triples and (triples[-1][1] is None or since <= triples[-1][1]):
            last = triples[-1]
            if last[1] is not None and (until is None or until > last[1]):
                triples[-1] = (last[0], until, person)
        else:
            triples.append((since, until, person))
    return triples


def _build_stretch(episode: Episode, start: datetime, end: datetime | None, why: str, because: str) -> Episode:
    """Its severities: the one in force when it began, and each that followed in it."""
    before = [period for period in episode.periods if period.start <= start] or list(episode.periods[:1])
    first = (
        before[-1]
        if not why and before[-1].start == start
        else replace(before[-1], start=start, why=why or before[-1].why, raised=True)
    )
    after = [period for period in episode.periods if period.start > start and (end is None or period.start <= end)]
    return Episode(start, end, because, (first, *after))


def list_checklist_clocks(bound: Binding) -> list[Clock]:
    """From the declaration until every box of a list is ticked, or skipped with a reason."""
    names = dict.fromkeys(
        rule.checklist for period in bound.periods for rule in period.rules if rule.kind is ClockKind.CHECKLIST
    )
    return [clock for name in names for clock in _build_checklist_clocks(bound, name)]


def _build_checklist_clocks(bound: Binding, name: str) -> list[Clock]:
    listed = bound.plan.checklist(name)
    of_list = [tick for tick in bound.incident.ticks if tick.list == name]
    ticks = find_box_ticks(listed.items, of_list) if listed else {tick.item: tick for tick in of_list}
    done = {item: tick.at for item, tick in ticks.items() if tick.state in SETTLED}
    boxes = range(1, len(listed.items) + 1) if listed else sorted(ticks)
    ticked = [done[box] for box in boxes if box in done]
    total = str(len(boxes)) if listed else "?"
    # Where the list itself is gone nobody knows how many boxes it had: only a person can say that it is done.
    whole = listed is not None and len(ticked) == len(boxes)
    finished = max(ticked, default=bound.incident.declared) if whole else None

    def pick(period: SeverityPeriod) -> Rule | None:
        rules = [rule for rule in period.rules if rule.kind is ClockKind.CHECKLIST and rule.checklist == name]
        return min(rules, key=lambda rule: rule.after, default=None)

    id = f"checklist:{name}"
    return [
        settle_clock(
            replace(clock, what=f"{clock.what} {len(ticked)}/{total}"),
            bound.done_within(clock, stretch, finished),
            stretch.end,
        )
        for clock, stretch in bound.deadlines(id, pick, bound.episodes, find_first_done(bound, id, finished))
    ]


def list_escalation_clocks(bound: Binding, now: datetime) -> list[Clock]:
    """One for each tier, due when its window opens, done in time when somebody of it is called until it closes.

    On a path of several tiers nobody calls the first one once somebody acknowledged who may be on call: whoever is on
    call is not asked to call themselves. Where a contact names who that is, only theirs answers for it; an
    acknowledgement is no call. A single tier is an order to call, and only a call ends it. A tier binds when its
    window opens: one that a milder severity of that moment does not have calls nobody. A call to a later tier ends the
    earlier ones, for whoever was skipped is not called backwards. A tier that could wait until it was mitigated is
    spared; where users feel it again before its window would close, that closes so much later.
    """
    numbers = sorted(
        {rule.number for period in bound.periods for rule in period.rules if rule.kind is ClockKind.ESCALATION}
    )
    return [clock for number in numbers for clock in _build_tier_clocks(bound, number, now)]


def _list_escalation_tiers(period: SeverityPeriod) -> list[Rule]:
    tiers = [rule for rule in period.rules if rule.kind is ClockKind.ESCALATION]
    return sorted(tiers, key=lambda rule: (rule.number, rule.after))


def _build_tier_clocks(bound: Binding, number: int, now: datetime) -> list[Clock]:
    incident, id = bound.incident, f"escalation:{number}"

    def pick(period: SeverityPeriod) -> Rule | None:
        return next((rule for rule in _list_escalation_tiers(period) if rule.number == number), None)

    later = min((called.at for called in incident.called if called.tier > number), default=None)
    calls = _list_tier_calls(bound, number)
    called = min((call.at for call in calls), default=None)
    ack = _find_answer(bound, number) if _is_first_of_several(bound, number) else None
    taken = ack.at if ack else None
    clocks = []
    for clock, stretch in bound.deadlines(id, pick, bound.episodes, find_first_done(bound, id, called, taken)):
        # Of two severities of one minute the one that has this tier is meant.
        bearing = [period for period in stretch.periods if pick(period) is not None]
        begun = [period for period in bearing if period.start <= clock.started]
        path = _list_escalation_tiers(max(begun, key=_get_period_start, default=bearing[0]))
        place = next(place for place, rule in enumerate(path) if rule.number == number)
        clock = replace(clock, until=later_by(clock.due, _compute_tier_window(path, place)))
        unstretched, clock = clock, _open_while_felt(_open_after_earlier(clock, path, place, bound), incident)
        # One deed is one: what was done only after it was opened again is of the clock that bound then.
        own_call, own_taken, own_later = (bound.done_within(clock, stretch, done) for done in (called, taken, later))
        if own_call is not None and clock.limit is not None and own_call <= clock.limit:
            clocks.append(_add_remark(replace(clock, done=own_call), _describe_answers(calls)))
            continue
        taker = ack.actor if ack else "nobody"
        excuses = (
            (own_taken, f"{taker} acknowledged and has it: nobody to call"),
            (own_later, "a later tier was called before it was late"),
        )
        excused = _excuse_tier(clock, stretch, number, incident, excuses)
        if excused.not_applicable:  # where its window as the document has it was enough, more of it matters to nobody
            plain = _excuse_tier(unstretched, stretch, number, incident, excuses)
            # Past its own end a window that was put off is not decided yet: users may feel it again before it closes.
            is_put_off = (plain.limit or LATEST) <= now < (excused.limit or LATEST)
            is_decided = not is_put_off or plain.not_applicable != MITIGATED_IN_TIME
            clocks.append(plain if plain.not_applicable and is_decided else excused)
        elif own_call is not None and (stretch.end is None or own_call <= stretch.end):
            clocks.append(_add_remark(replace(clock, done=own_call), _describe_answers(calls)))
        else:  # whoever else was called, or took it when it was late, called nobody of this tier
            over = min((moment for moment in (own_taken, own_later, stretch.end) if moment is not None), default=None)
            clocks.append(replace(clock, done=over, undone=over is not None))
    return clocks


def _excuse_tier(
    clock: Clock,
    stretch: Episode,
    number: int,
    incident: Incident,
    excuses: tuple[tuple[datetime | None, str], tuple[datetime | None, str]],
) -> Clock:
    """Not applicable, where something made the call needless while it could be made in time: a milder severity, who
    took it or called somebody later (`excuses`, each with its reason), all well again, or the end."""
    milder = _milder_when_due(clock, stretch, number)
    if milder is not None:
        return replace(clock, not_applicable=f"{milder.why} before its turn")
    taken, later = excuses
    for moment, reason in (taken, (well_at(incident, clock.limit), MITIGATED_IN_TIME), later, (stretch.end, OVER)):
        clock = excuse_clock(clock, moment, reason)
    return clock


def _open_after_earlier(clock: Clock, path: list[Rule], place: int, bound: Binding) -> Clock:
    """Where the window of the tier before it closes later, because users felt nothing for some of it, this one opens
    that much later: two tiers are never to be called for the same time."""
    if place == 0 or clock.due is None:
        return clock
    rule = path[place - 1]
    before = replace(bound.clock(rule, clock.id, clock.started, clock.why), until=None)
    before = replace(before, until=later_by(before.due, _compute_tier_window(path, place - 1)))
    stretched = _open_while_felt(_open_after_earlier(before, path, place - 1, bound), bound.incident)
    if before.until is None or stretched.until is None or before.until > clock.due or stretched.until <= clock.due:
        return clock
    length = measure_between(clock.due, stretched.until)
    moved = replace(
        clock,
        due=stretched.until,
        risk=risk_of(clock.started, stretched.until),
        until=later_by(clock.until, length),
    )
    return _add_remark(moved, f"opens {format_duration(length)} later, when the window before it closes")


def _open_while_felt(clock: Clock, incident: Incident) -> Clock:
    """Nobody was late to call while all was well: a relapse leaves of its window what there was before it, or all."""
    if clock.due is None or clock.until is None:
        return clock
    pauses = list_window_pauses(incident, clock.due, clock.until)
    length = sum((measure_between(start, over) for start, over in pauses), timedelta())
    until = later_by(clock.until, length)
    if not pauses or until is None:
        return clock
    weight = weigh_pauses(incident, pauses)
    remark = f"closes {format_duration(length)} later: users felt nothing for {weight}so long of it"
    return _add_remark(replace(clock, until=until), remark)


def _add_remark(clock: Clock, text: str) -> Clock:
    return replace(clock, remark="; ".join(filter(None, (clock.remark, text))))


def _describe_answers(calls: Iterable[PageRecord]) -> str:
    """That the call was made and nobody was reached by it: what is asked for is to call, and a reader must know both.

    Where one that followed was answered, when that was.
    """
    calls = sorted(calls, key=lambda call: call.at)
    unheard = list(takewhile(lambda call: call.answered is False, calls))
    if not unheard:
        return ""
    times = ", ".join(f"{call.at:%H:%M:%S}" for call in unheard)
    reached = next((call for call in calls[len(unheard) :]), None)
    then = "nobody was reached" if reached is None else f"called again at {reached.at:%H:%M:%S} UTC"
    return f"called at {times} UTC without an answer, {then}"


ON_CALL = re.compile(r"\bon[\s-]?call\b", re.IGNORECASE)


def find_on_call_question(
    incident: Incident, plan: Plan, clocks: Iterable[Clock], names: Collection[str], now: datetime
) -> Clock | None:
    """The deadline that tells somebody to call whoever is on call, while that may be themselves.

    Whoever bears one of `names` is asked once in an incident: not where they stated that it is somebody else, nor where
    the plan names another person. None where there is nothing to ask.
    """
    if not incident.open or any(name in incident.not_on_call for name in names):
        return None
    tiers = [clock for clock in clocks if clock.kind is ClockKind.ESCALATION and clock.state(now) in ASKING]
    first = min(tiers, key=lambda clock: clock.obligation or clock.id, default=None)
    if first is None or not ON_CALL.search(first.who):
        return None
    persons = [
        name
        for contact in plan.contacts
        if contact.filled
        and not _is_mailbox(contact.person, contact.role)
        and _pad_words(contact.role) in _pad_words(first.who)
        for name in (contact.person, contact.backup)
        if name
    ]
    is_named = any(_pad_words(name) in _pad_words(person) for name in names for person in persons)
    return first if is_named or not persons else None


def _find_answer(bound: Binding, number: int) -> Acknowledgement | None:
    """The first acknowledgement by somebody who may be the one that this tier would call."""
    rules = [rule for period in bound.periods for rule in _list_escalation_tiers(period) if rule.number == number]
    persons = {
        _pad_words(name)
        for contact in bound.plan.contacts
        if contact.filled
        and not _is_mailbox(contact.person, contact.role)
        and any(_pad_words(contact.role) in _pad_words(rule.who) for rule in rules)
        for name in (contact.person, contact.backup)
    } - {_pad_words("")}
    acks = [ack for ack in bound.incident.acks if not persons or any(_pad_words(ack.actor) in name for name in persons)]
    return min(acks, key=lambda ack: ack.at, default=None)


def _is_mailbox(name: str, role: str) -> bool:
    """Whether an address is the role's and names no person: `oncall@example.com` of the on-call engineer."""
    letters = "".join(WORD.findall(name.partition("@")[0].casefold()))
    return not letters or letters in "".join(WORD.findall(role.casefold()))


def _get_period_start(period: SeverityPeriod) -> datetime:
    return period.start


def _is_first_of_several(bound: Binding, number: int) -> bool:
    """Whoever acknowledges is on call and has it: on a path of several tiers nobody need call the first one."""
    numbers = {rule.number for period in bound.periods for rule in _list_escalation_tiers(period)}
    return len(numbers) > 1 and number == min(numbers)


def _list_tier_calls(bound: Binding, number: int) -> list[PageRecord]:
    rules = [rule for period in bound.periods for rule in _list_escalation_tiers(period) if rule.number == number]
    return [
        call
        for call in bound.incident.called
        if any(_is_tier_called(rule, call.tier, call.who, bound) for rule in rules)
    ]


def _milder_when_due(clock: Clock, stretch: Episode, number: int) -> SeverityPeriod | None:
    """The milder severity that was in force when the window of this tier opened, and that has no such tier."""
    if clock.due is None:
        return None
    due = clock.due
    in_force = max((period for period in stretch.periods if period.start <= due), key=_get_period_start, default=None)
    if in_force is None or in_force.start <= clock.started:
        return None
    return None if any(rule.number == number for rule in _list_escalation_tiers(in_force)) else in_force


def _compute_tier_window(tiers: list[Rule], place: int) -> timedelta:
    """As its document says, else until the next tier's turn; of a last one that is left open as long as that of the one
    before it."""
    rule = tiers[place]
    if rule.closes is not None and rule.closes > rule.after:
        return rule.closes - rule.after
    turns = sorted({max(tier.after, NOTHING) for tier in tiers})
    index = turns.index(max(tiers[place].after, NOTHING))
    if index + 1 < len(turns):
        return turns[index + 1] - turns[index]
    return turns[index] - turns[index - 1] if index else AT_ONCE


def _is_tier_called(rule: Rule, tier: int, who: str, bound: Binding) -> bool:
    """A call names its tier; where it does not, whom it names must be a role of the tier, or the person in one."""
    if tier:
        return tier == rule.number
    called = _pad_words(who)
    roles = [
        _pad_words(contact.role)
        for contact in bound.plan.contacts
        if called in (_pad_words(contact.person), _pad_words(contact.backup))
    ]
    return called != "  " and any(name != "  " and name in _pad_words(rule.who) for name in (called, *roles))


def _pad_words(text: str) -> str:
    """For whole words to be found in others: ` on call lead and team lead `."""
    return f" {' '.join(WORD.findall(text.casefold()))} "
