"""What happened, from the facts alone: what changed, what users felt, what stopped it, and the moments that turned it.

Nothing here is an opinion. Where the record does not say something, it says that it does not.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from cockpit.incident.change_dates import (
    SKEW,
    describe_request,
    find_gaining,
    had_traffic,
    is_changing_step,
    is_dated_by_request,
    is_dated_by_sight,
    weigh_share,
)
from cockpit.incident.impact import (
    LATEST,
    STATED,
    describe_unseen_moment,
    find_relapse_after_close,
    list_pauses,
    list_short_pauses,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.postmortem.remedies import (
    FeltStretch,
    describe_revision,
    describe_traffic,
    find_changing_run,
    find_image_before,
    find_impact,
    find_lucky_time,
    find_moves,
    find_step_of,
    find_trigger,
    is_app_change,
    list_changing_steps,
    list_stretches,
    shorten_revision,
)
from cockpit.incident.signals import find_beginning, find_unseen_before, key_of, read_flap, says_bad, signal_of
from cockpit.model.alert import AlertState
from cockpit.model.conditions import explain_failed_condition
from cockpit.model.event import Event, Kind, attempt_of, describe_unseen, map_of, text_of, time_of, words_of
from cockpit.model.incident import Incident, Status
from cockpit.model.probe import ProbeFlap, ProbeState
from cockpit.model.run import StepState, name_run
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.last_recorded import FLAPPING

MOST_BEFORE = 2  # other deployments right before the last one that are named
MOST_AFTER = 4  # and of those after it
MOST_FLAPS = 3  # each with its times
MOST_PAUSES = 2  # within one stretch that are told with their times
MOST_STRETCHES = 4  # of which each is told; of more the first, the last and how many lie between
CAME_TO_NOTHING = frozenset({StepState.FAILED.value, StepState.UNKNOWN.value})
TURNING_KINDS = frozenset(
    {
        *(Kind.DECLARE, Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE, Kind.DECISION, Kind.TRAFFIC, Kind.FREEZE),
        *(Kind.UPDATE, Kind.WALL_CLOCK),
    }
)
CAUSE_MARKS = ("cause:", "root cause:")
FIX_MARKS = ("fix:", "fixed:", "resolution:")
TRIGGER_MARKS = ("trigger:",)
FELT_TIMES = ("users felt it", "users felt it no more", "users felt it again")  # key times that a look dates
FELT_STATES = (ProbeState.DOWN.value, ProbeState.DEGRADED.value, FLAPPING)


@dataclass(frozen=True, slots=True)
class TimeFace:
    """Moments as a document shows them: the day only where it is another than that of the incident.

    `zone` is the team's; where it shows the same time as UTC, one column says it all.
    """

    zone: tzinfo
    day: datetime

    @property
    def is_utc(self) -> bool:
        return self.day.astimezone(self.zone).utcoffset() == timedelta()

    @property
    def zone_name(self) -> str:
        """How the team's zone was called on that day: `NZDT`."""
        return f"{self.day.astimezone(self.zone):%Z}"

    def utc(self, moment: datetime) -> str:
        """`11:06:56`, of another day `2026-11-30 00:12:04`."""
        moment = moment.astimezone(UTC)
        same_day = moment.date() == self.day.astimezone(UTC).date()
        return f"{moment:%H:%M:%S}" if same_day else f"{moment:%Y-%m-%d %H:%M:%S}"

    def local(self, moment: datetime) -> str:
        """In the team's zone, `00:06:56`, with the zone where the clocks were changed since; "" where that is UTC."""
        if self.is_utc:
            return ""
        here = moment.astimezone(self.zone)
        same_day = here.date() == self.day.astimezone(self.zone).date()
        text = f"{here:%H:%M:%S}" if same_day else f"{here:%Y-%m-%d %H:%M:%S}"
        return text if f"{here:%Z}" == self.zone_name else f"{text} {here:%Z}"

    def full(self, moment: datetime) -> str:
        """With its day, in both: `2026-11-29 11:06:56 UTC (2026-11-30 00:06:56 NZDT)`."""
        text = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return text if self.is_utc else f"{text} ({moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z})"


@dataclass(frozen=True, slots=True)
class IncidentStory:
    """Each a sentence without its full stop; "" where there is nothing to say. `trigger` is the last change before it,
    `change` tells with it what was deployed right before and while users felt it. `stretches` tell of each what stopped
    it, where users felt it more than once."""

    change: str
    felt: str
    stop: str
    trigger: str = ""
    stretches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyTime:
    """One moment that a reader looks for; `evidence` says how it is known."""

    what: str
    at: datetime
    evidence: str = ""


def tell_story(incident: Incident, events: Sequence[Event], face: TimeFace) -> IncidentStory:
    """`events` are those of the incident that stand, in the order in which they happened."""
    begin, _ = find_impact(incident)
    change = find_trigger(events, begin)
    stretches = list_stretches(incident, events)
    described = [change, *(stretch.remedy for stretch in stretches)]
    moves = find_moves(incident, events)
    others = [steps for steps in moves if not any(event in described for event in steps)]
    trigger = _describe_trigger(change, events, incident, face)
    deployments = next((steps for steps in moves if change in steps and len(steps) > 1), None)
    first = _describe_steps(deployments, events, face) if deployments else trigger
    return IncidentStory(
        _describe_changes(first, change, others, events, face),
        _describe_felt(incident, events, face),
        _describe_stops(incident, events, stretches, face),
        trigger,
        tuple(_describe_stretch(incident, events, stretch, face) for stretch in stretches if len(stretches) > 1),
    )


# What changed.


def _describe_changes(
    first: str, change: Event | None, others: Sequence[Sequence[Event]], events: Sequence[Event], face: TimeFace
) -> str:
    """The last change before it, with the deployments around it that took traffic, as they followed each other."""
    moved = [_describe_steps(steps, events, face) for steps in others]
    if change is None:
        before, after = [], moved
        first = f"{first} until users felt it" if moved else first
    else:
        is_before = [steps[0].occurred <= change.occurred for steps in others]
        before = [text for text, early in zip(moved, is_before, strict=True) if early][-MOST_BEFORE:]
        after = [text for text, early in zip(moved, is_before, strict=True) if not early]
    left = len(after) - MOST_AFTER
    if left > 1:  # the first and the last tell what was tried; all of them stand below
        after = [*after[: MOST_AFTER - 1], f"{left} more moves of traffic", after[-1]]
    return "; then ".join([*before, first, *after])


def _describe_steps(steps: Sequence[Event], events: Sequence[Event], face: TimeFace) -> str:
    """`--r44 took 10 % of the traffic from --r43 at 11:00:00, all of it by 11:05:00`; of traffic that went back from
    where and by whom: what came in between is told elsewhere."""
    first, last = steps[0], steps[-1]
    share = weigh_share(map_of(last.detail, "after").get(find_gaining(last)))
    by = f", {'all of it' if share == 100 else f'{share} %'} by {face.utc(last.occurred)}" if len(steps) > 1 else ""
    how = describe_traffic(first, events)
    if (back := _describe_move(first, events)) != how:
        losing = [name for name in map_of(first.detail, "before") if name != find_gaining(first)]
        how = f"{back} from {shorten_revision(losing[0], first.subject)}" if len(losing) == 1 else back
        by = f"{by}{_describe_mover(first, events)}"
    return f"{how} {_describe_move_time(first, events, face)}{by}"


def _describe_mover(move: Event, events: Sequence[Event]) -> str:
    """` (the undo of Roll back, run by ana)` of a step on record, else ` (by carol)`, whom the cloud names."""
    step = find_step_of(events, move)
    if step is not None and find_gaining(move):
        run = step.subject.partition("#")[0]
        starts = (event for event in events if event.kind == Kind.RUN and event.subject == run)
        title = next((text for event in starts if (text := name_run(event.detail))), "a step")
        return f" ({_name_work(title, step)}, run by {step.actor})"
    by = text_of(move.detail, "changed_by")
    return f" (by {by})" if by else ""


def _name_work(title: str, step: Event | None) -> str:
    """`Roll back`, or `the undo of Roll back`: an undo is not the step."""
    return f"the undo of {title}" if step is not None and step.detail.get("undo") is True else title


def _describe_trigger(change: Event | None, events: Sequence[Event], incident: Incident, face: TimeFace) -> str:
    if change is None:
        return f"no deployment and no change of traffic is on record since {face.utc(incident.reach_from)}"
    if change.kind == Kind.TRAFFIC:
        return f"{describe_traffic(change, events)} {_describe_move_time(change, events, face)}"
    name = describe_revision(change.subject, events)
    what = text_of(change.detail, "what")
    return f"{name} was {what} at {face.utc(change.occurred)}{_describe_first_sight(change, events, face)}"


def _describe_first_sight(change: Event, events: Iterable[Event], face: TimeFace) -> str:
    """What traffic a revision had at the first look, where that came only after it was made.

    The recorder may have started before it: the first answer of the cloud comes some seconds later.
    """
    app, _, revision = change.subject.partition("/")
    for event in events:
        if event.kind == Kind.REVISION and event.subject == app and event.occurred >= change.occurred:
            weight = map_of(event.detail, "traffic").get(revision)
            return f"; it had {weight} % of the traffic when first seen at {face.utc(event.occurred)}" if weight else ""
    return ""


# What users felt.


def _describe_felt(incident: Incident, events: Sequence[Event], face: TimeFace) -> str:
    felt = _describe_first_failures(incident, events, face)
    again = _describe_later_failures(incident, events, face)
    flaps = _describe_flaps(incident, events, face)
    pauses = _describe_pauses(incident, face)
    return "; ".join(filter(None, (felt, again, flaps, pauses)))


def _describe_flaps(incident: Incident, events: Sequence[Event], face: TimeFace) -> str:
    """`ready failed 7 times between 02:11:05 and 02:14:30, and was well for 12s at most in between`: what went up and
    down is one fact of the record, and its pauses are in it."""
    begin, end = find_impact(incident)
    newest: dict[tuple[str, datetime], tuple[bool, ProbeFlap]] = {}
    for event in events:  # what was noticed, and then what it came to, where an end is on record
        flap = read_flap(event.detail) if event.kind == Kind.PROBE else None
        if flap is not None and begin - SKEW <= flap.last_bad and (end is None or flap.began <= end):
            newest[event.subject, flap.began] = text_of(event.detail, "state") == FLAPPING, flap
    flaps = [(name, is_noticed, flap) for (name, _), (is_noticed, flap) in newest.items()]
    sentences = []
    for name, is_noticed, flap in flaps[:MOST_FLAPS]:
        least = "at least " if is_noticed else ""
        began = f"{face.utc(flap.began)}{find_unseen_before(events, name, flap)}"
        span = f"between {began} and {face.utc(flap.last_bad)}"
        often = f"{flap.times} times {span}" if flap.times > 1 else f"once at {began}"
        sentence = f"{name} failed {least}{often}"
        longest = f", and was well for {format_duration(flap.longest_well)} at most in between"
        sentences.append(f"{sentence}{longest if flap.longest_well else ''}")
    left = len(flaps) - MOST_FLAPS
    return "; ".join([*sentences, *([f"{left} more went up and down"] if left > 0 else [])])


def _describe_pauses(incident: Incident, face: TimeFace) -> str:
    """`all well in between from 08:41:25 to 08:43:10 (1m 45s, counted as felt)`: a pause of less than two minutes."""
    begin, end = find_impact(incident)
    pauses = list_short_pauses(incident, begin, end or LATEST)
    if not pauses:
        return ""
    if len(pauses) > MOST_PAUSES:
        length = sum((measure_between(start, over) for start, over in pauses), timedelta())
        return f"all well in between {len(pauses)} times, for {format_duration(length)} in all, counted as felt"
    times = [
        f"from {face.utc(start)} to {face.utc(over)} ({format_duration(measure_between(start, over))}, counted as felt)"
        for start, over in pauses
    ]
    return f"all well in between {join_names(times)}"


def _list_first_failures(incident: Incident, events: Sequence[Event]) -> dict[str, Event]:
    """By probe the first time that it was bad while users felt it."""
    begin, end = find_impact(incident)
    firsts: dict[str, Event] = {}
    for event in events:
        is_felt = event.kind == Kind.PROBE and text_of(event.detail, "state") in FELT_STATES
        if is_felt and begin - SKEW <= event.occurred and (end is None or event.occurred <= end):
            firsts.setdefault(event.subject, event)
    return firsts


def _describe_failed_sooner(incident: Incident, events: Sequence[Event], detected: datetime) -> str:
    """`; readyz failed from 13:07:05, which counts for another incident or outage`: what failed while users felt it is
    told here, but the time to detect counts from what no other incident has."""
    firsts = _list_first_failures(incident, events).values()
    first = min(firsts, key=find_beginning, default=None)
    if first is None or find_beginning(first) >= detected - SKEW:
        return ""
    moment = f"{find_beginning(first).astimezone(UTC):%H:%M:%S}"
    return f"; {first.subject} failed from {moment}, which counts for another incident or outage"


def _describe_first_failures(incident: Incident, events: Sequence[Event], face: TimeFace) -> str:
    begin, end = find_impact(incident)
    pauses = _list_all_pauses(incident)
    over = pauses[0][0] if pauses else LATEST
    firsts = {name: event for name, event in _list_first_failures(incident, events).items() if event.occurred <= over}
    if not firsts:
        return _describe_felt_alerts(events, begin, end, face)
    since = incident.felt_since
    sentences = []
    if since is not None and since < min(map(find_beginning, firsts.values())) and begin == since:
        name = incident.felt_by.removeprefix("alert ")
        if name != incident.felt_by:  # the impact is counted from it
            sentences.append(f"{name} fired from {face.utc(since)}")
    return "; ".join([*sentences, *_describe_by_state(_leave_flaps_out(firsts.values(), events), face)])


def _describe_by_state(failures: Collection[Event], face: TimeFace) -> Iterator[str]:
    for state, verb in (("down", "failed"), ("degraded", "degraded"), (FLAPPING, "failed now and then")):
        group = [event for event in failures if text_of(event.detail, "state") == state]
        if group:
            yield _describe_failing(group, verb, face)


def _leave_flaps_out(failures: Iterable[Event], events: Iterable[Event]) -> list[Event]:
    """Without what was degraded in the course of a flap, which is told as one fact of its own."""
    flaps = [
        (event.subject, flap) for event in events if event.kind == Kind.PROBE and (flap := read_flap(event.detail))
    ]
    return [
        event
        for event in failures
        if text_of(event.detail, "state") != "degraded"
        or not any(
            name == event.subject and flap.began <= find_beginning(event) <= flap.last_bad for name, flap in flaps
        )
    ]


def _list_all_pauses(incident: Incident) -> list[tuple[datetime, datetime]]:
    """When all was well within the impact, for long enough to be told, whether it counts as impact or not."""
    begin, end = find_impact(incident)
    last = end or LATEST
    return sorted({*list_pauses(incident, begin, last), *list_short_pauses(incident, begin, last)})


def _describe_later_failures(incident: Incident, events: Sequence[Event], face: TimeFace) -> str:
    """`again: ready failed from 18:25:22 (got 503, wanted 200)`: what turned bad after all had been well, each time."""
    pauses, times = _list_all_pauses(incident), []
    ends = [*(start for start, _ in pauses[1:]), find_impact(incident)[1] or LATEST]
    for (start, _), until in zip(pauses, ends, strict=False):
        firsts: dict[str, Event] = {}
        for event in events:
            is_felt = event.kind == Kind.PROBE and text_of(event.detail, "state") in FELT_STATES
            if is_felt and start < event.occurred <= until:
                firsts.setdefault(event.subject, event)
        if sentence := "; ".join(_describe_by_state(_leave_flaps_out(firsts.values(), events), face)):
            times.append(f"again: {sentence}")
    more = f"; and {len(times) - MOST_PAUSES} times more" if len(times) > MOST_PAUSES else ""
    return "; ".join(times[:MOST_PAUSES]) + more


def _describe_failing(events: Iterable[Event], verb: str, face: TimeFace) -> str:
    """`readyz failed from 18:33:18 (got 503, wanted 200), ready from 18:33:20 (the same)`: to each its own time."""
    parts: dict[tuple[str, str], list[str]] = {}
    for event in sorted(events, key=find_beginning):
        reason = explain_failed_condition(text_of(event.detail, "reason"))
        moment = f"{face.utc(find_beginning(event))}{describe_unseen(event)}"
        parts.setdefault((moment, reason), []).append(event.subject)
    reasons = [reason for _, reason in parts]
    sentence = []
    for number, ((moment, reason), names) in enumerate(parts.items()):
        why = f" ({'the same' if number and reason == reasons[number - 1] else reason})" if reason else ""
        sentence.append(f"{join_names(names)}{'' if number else f' {verb}'} from {moment}{why}")
    return ", ".join(sentence)


def _describe_felt_alerts(events: Sequence[Event], begin: datetime, end: datetime | None, face: TimeFace) -> str:
    """Without a probe that failed, what the alerts say; without any alert nothing that was recorded says it."""
    fired = [
        event
        for event in events
        if event.kind == Kind.ALERT
        and text_of(event.detail, "state") == AlertState.FIRING
        and begin - SKEW <= event.occurred
        and (end is None or event.occurred <= end)
    ]
    if not fired:
        return ""
    names = list(dict.fromkeys(text_of(event.detail, "name") or event.subject for event in fired))
    return f"no probe failed; {join_names(names)} fired from {face.utc(fired[0].occurred)}"


def join_names(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


# What stopped it.


def _describe_stops(
    incident: Incident, events: Sequence[Event], stretches: Sequence[FeltStretch], face: TimeFace
) -> str:
    """What stopped each stretch, as they followed each other."""
    first, *later = [_describe_stop(incident, events, stretch, face) for stretch in stretches]
    parts = [
        f"{'felt' if _is_relapse(incident, stretch.begin) else 'open'} again from {face.utc(stretch.begin)}: {text}"
        for stretch, text in zip(stretches[1:], later, strict=True)
    ]
    left = len(stretches) - MOST_STRETCHES
    if left > 1:
        parts = [*parts[: MOST_STRETCHES - 2], f"felt again in {left} more stretches", parts[-1]]
    return "; ".join([first, *parts])


def _describe_stretch(incident: Incident, events: Sequence[Event], stretch: FeltStretch, face: TimeFace) -> str:
    """`felt from 06:13:25 to 06:21:26: traffic back on --r43 at 06:21:21; probe api up again at 06:21:26`."""
    until = "on" if stretch.end is None else f"to {face.utc(stretch.end)}"
    return f"felt from {face.utc(stretch.begin)} {until}: {_describe_stop(incident, events, stretch, face)}"


def _describe_stop(incident: Incident, events: Sequence[Event], stretch: FeltStretch, face: TimeFace) -> str:
    if stretch.end is None:
        return "it is not over"
    over = _describe_end(incident, stretch.end, face)
    act = stretch.remedy
    if act is None:
        tries = [
            f"{text_of(event.detail, 'title')}: {state} at {face.utc(event.occurred)}"
            for event, state in list_changing_steps(events, stretch.begin, stretch.end)
            if state in CAME_TO_NOTHING
        ]
        if tries:
            return f"no change that worked is on record between its start and its end ({'; '.join(tries[-2:])}); {over}"
        if incident.resolved is not None and incident.resolved < stretch.end and incident.duplicate_of:
            return f"told in the record of {incident.duplicate_of}, which goes on after this one was closed; {over}"
        return f"no change is on record between its start and its end; {over}"
    if act.occurred > stretch.end + SKEW:
        lucky = format_duration(find_lucky_time(events, stretch.end))
        over = f"{over}, before that, as it had been for up to {lucky} between its failures"
    moves = (
        f", {stretch.later} more move{'' if stretch.later == 1 else 's'} of traffic after it" if stretch.later else ""
    )
    pauses = [
        start for start, _ in list_short_pauses(incident, stretch.begin, stretch.end) if act.occurred <= start + SKEW
    ]
    if pauses:  # what ended it then need not have ended what turned bad after it
        again = f"bad again {'once' if len(pauses) == 1 else f'{len(pauses)} times'} after that"
        over = f"{_find_recovery(incident, pauses[0]) or 'all well'} at {face.utc(pauses[0])}, {again}; {over}"
    return f"{_describe_remedy(act, events, incident, face)}{moves}; {over}"


def _describe_remedy(act: Event, events: Sequence[Event], incident: Incident, face: TimeFace) -> str:
    run = find_changing_run(incident.ran, events, act)
    step = find_step_of(events, act)
    by = step.actor if step is not None else ""  # whoever did the step, not whoever began the run
    how = f" ({_name_work(run.title, step)}{f', run by {by}' if by else ''})" if run else ""
    if act.kind == Kind.TRAFFIC:
        moved = _describe_return(act, events) if run is None else ""
        return f"{moved or _describe_move(act, events)} {_describe_move_time(act, events, face)}{how}"
    title, state = text_of(act.detail, "title"), text_of(act.detail, "state")
    settled = [
        text_of(event.detail, "state")
        for event in events
        if event.kind == Kind.STEP and event.subject == act.subject and text_of(event.detail, "phase") == "settled"
    ]
    by_hand = f", settled as {settled[-1]}" if settled and settled[-1] != state else ""
    return f"{title}: {state} at {face.utc(act.occurred)}{by_hand}{how}"


def _describe_return(act: Event, events: Sequence[Event]) -> str:
    """`--r43 ready again`: where nobody had traffic, and it comes back to whoever had it last, nothing was moved.

    Traffic of pods and containers is the share of those that are ready: a sign of the end, and no reason for it.
    """
    gaining = find_gaining(act)
    earlier = [
        event for event in events if event.kind == Kind.TRAFFIC and event.subject == act.subject and event.id < act.id
    ]
    if not gaining or not earlier or any(map(weigh_share, map_of(act.detail, "before").values())):
        return ""
    was_lost = weigh_share(map_of(earlier[-1].detail, "before").get(gaining))
    return f"{shorten_revision(gaining, act.subject)} ready again" if was_lost else ""


def _describe_move(act: Event, events: Sequence[Event]) -> str:
    """`traffic back on --r43` of a revision that had some before; of a new one with the image of such a one `shop went
    back to the image of --r43 with shop--r45 (1.43.0, by ana)`; else as a deployment."""
    gaining = find_gaining(act)
    if gaining and any(had_traffic(event, gaining, act) for event in events):
        return f"traffic back on {shorten_revision(gaining, act.subject)}"
    if older := find_image_before(act, events):
        by = describe_revision(f"{act.subject}/{gaining}", events)
        return f"{act.subject} went back to the image of {shorten_revision(older, act.subject)} with {by}"
    return describe_traffic(act, events)


def _describe_move_time(act: Event, events: Sequence[Event], face: TimeFace) -> str:
    """`at 12:07:57`, or between which moments, where it was asked for well before it was seen done."""
    if is_dated_by_request(act, events):
        return (
            f"between {face.utc(act.occurred)}, when it was asked for, and {face.utc(act.recorded)}, when it was seen"
        )
    asked = time_of(act.detail, "asked")
    is_earlier = asked is not None and act.occurred - asked >= SKEW
    if asked is not None and is_earlier:
        return f"at {face.utc(act.occurred)}, asked for at {face.utc(asked)}"
    return f"at {face.utc(act.occurred)}{' (seen then)' if is_dated_by_sight(act) else ''}"


def _describe_end(incident: Incident, end: datetime, face: TimeFace) -> str:
    unseen = describe_unseen_moment(incident, end)
    if end < (incident.mitigated or incident.resolved or LATEST):  # users felt it again
        if evidence := _find_recovery(incident, end):
            return f"{evidence} at {face.utc(end)}{unseen}"
        return f"nothing that was recorded says that users felt it after {face.utc(end)}"
    proposal = propose_impact_end(incident)
    if proposal is not None and proposal.at == end:
        if proposal.evidence == STATED:
            return f"users felt it no more from {face.utc(end)} on, as a person stated"
        return f"{proposal.evidence} at {face.utc(end)}{unseen}"
    if incident.mitigated is None:
        return f"nothing that was recorded says when users felt it no more; resolved at {face.utc(end)}"
    return f"mitigated at {face.utc(end)}"


def _find_recovery(incident: Incident, end: datetime) -> str:
    """What says that a stretch ended then; "" where nothing does: it was closed then, and nothing was bad since."""
    return next((period.evidence for period in incident.healthy if period.start == end), "")


def _is_relapse(incident: Incident, begin: datetime) -> bool:
    """Whether a signal says that users felt it again then; else it was only opened again."""
    return any(period.end == begin for period in incident.healthy)


# The moments that a reader looks for.


def list_key_times(incident: Incident, events: Sequence[Event]) -> list[KeyTime]:
    """In the order in which they happened; what is not on record is left out."""
    begin, _ = find_impact(incident)
    start = propose_impact_start(incident)
    times = []
    if (change := find_trigger(events, begin)) is not None:
        evidence = f"{describe_summary(change)}{describe_request(change, events)}"
        times.append(KeyTime("last change before it", change.occurred, evidence))
    if start is not None:
        times.append(KeyTime("users felt it", start.at, start.evidence))
    if incident.detected is not None:
        sooner = _describe_failed_sooner(incident, events, incident.detected)
        times.append(KeyTime("detected", incident.detected, f"{incident.detected_by}{sooner}"))
    times.append(KeyTime("declared", incident.declared, f"by {incident.declared_by}"))
    if incident.acknowledged is not None:
        first = min(incident.acks, key=lambda ack: ack.at, default=None)
        times.append(KeyTime("acknowledged", incident.acknowledged, f"by {first.actor}" if first else ""))
    if incident.roles:
        first_role = min(incident.roles, key=lambda holding: holding.since)
        times.append(KeyTime(f"first {first_role.role}", first_role.since, first_role.person))
    stretches = list_stretches(incident, events)
    for stretch in stretches:
        if (act := stretch.remedy) is not None:
            later = describe_request(act, events)
            is_after = stretch.end is not None and act.occurred > stretch.end + SKEW
            over = "users felt it no more" if len(stretches) > 1 else "it was over"  # of several each has a remedy
            last = "change" if stretch.later else "last change"
            what = "change after which it stayed well" if is_after else f"{last} before {over}"
            times.append(KeyTime(what, act.occurred, f"{describe_summary(act)}{later}"))
    for before_it, after_it in pairwise(stretches):
        if before_it.end is not None and (evidence := _find_recovery(incident, before_it.end)):
            times.append(KeyTime("users felt it no more", before_it.end, evidence))
        if _is_relapse(incident, after_it.begin):
            times.append(KeyTime("users felt it again", after_it.begin, _find_sign(events, after_it.begin)))
    if incident.mitigated is not None and find_relapse_after_close(incident) is None:
        proposal = propose_impact_end(incident)
        times.append(KeyTime("users felt it no more", incident.mitigated, proposal.evidence if proposal else ""))
    for before, after in pairwise(incident.statuses):
        if before.value == Status.RESOLVED and after.value != Status.RESOLVED:
            times.append(KeyTime("resolved, as was thought", before.at, before.reason))
            times.append(KeyTime("opened again", after.at, after.reason or f"by {after.actor}"))
    if incident.resolved is not None:
        times.append(KeyTime("resolved", incident.resolved, incident.close_reason))
    felt = [
        replace(key_time, evidence=f"{key_time.evidence}{describe_unseen_moment(incident, key_time.at)}")
        if key_time.what in FELT_TIMES
        else key_time
        for key_time in times
    ]
    return sorted(felt, key=lambda key_time: key_time.at)


def _find_sign(events: Iterable[Event], begin: datetime) -> str:
    """`probe ready`: the signal with which users felt it again; "" where none of a probe or alert says it."""
    signs = [
        event for event in events if says_bad(event.kind, event.detail) and abs(find_beginning(event) - begin) <= SKEW
    ]
    first = min(signs, key=lambda event: abs(find_beginning(event) - begin), default=None)
    return signal_of(first).label if first else ""


def describe_offset(moment: datetime, begin: datetime) -> str:
    """How long after the start of the impact: `+1m 15s`, `-4s`."""
    length = measure_between(begin, moment)
    return format_duration(length) if length < timedelta() else f"+{format_duration(length)}"


def describe_summary(event: Event) -> str:
    """What an event says, a failed condition in words: `readyz down: got 503, wanted 200`."""
    if event.redacted:
        return "(redacted)"
    reason = text_of(event.detail, "reason") if event.kind == Kind.PROBE else ""
    summary = event.summary.replace(reason, explain_failed_condition(reason)) if reason else event.summary
    return f"{summary}{describe_unseen(event)}"


# The entries that turned it, for the short timeline.


def find_turning_points(incident: Incident, events: Sequence[Event]) -> frozenset[int]:
    """The ids of the entries that a reader needs to follow it: what changed, what was felt, decided and done."""
    stretches = list_stretches(incident, events)
    ends = [stretch.end for stretch in stretches if stretch.end is not None]
    relapses = [stretch.begin for stretch in stretches[1:]]
    ids = set(incident.pins)
    bad: set[str] = set()
    changing: set[object] = set()
    first_ack = True
    for event in events:
        while relapses and event.occurred >= relapses[0]:
            bad.clear()  # what turns bad from here on is felt again
            del relapses[0]
        if (
            event.kind in TURNING_KINDS
            or is_marked_note(event)
            or (event.kind == Kind.REVISION and is_app_change(event))
            or (event.kind == Kind.RUN and text_of(event.detail, "what") == "started")
            or (event.kind == Kind.ROLE and text_of(event.detail, "what") != "leaves")
        ):
            ids.add(event.id)
            if event.kind == Kind.RESOLVE:
                bad.clear()  # what turns bad after it is why it is opened again
        elif event.kind == Kind.ACK and first_ack:
            ids.add(event.id)
            first_ack = False
        elif event.kind == Kind.STEP:
            key = attempt_of(event)
            if text_of(event.detail, "phase") == "intent" and is_changing_step(event.detail):
                changing.add(key)
            elif text_of(event.detail, "phase") == "outcome" and key in changing:
                ids.add(event.id)
        elif event.kind in (Kind.PROBE, Kind.ALERT):
            verdict = says_bad(event.kind, event.detail)
            if verdict and key_of(event) not in bad:
                bad.add(key_of(event))
                ids.add(event.id)
            elif verdict is False and any(abs(event.occurred - end) <= SKEW for end in ends):
                ids.add(event.id)
    return frozenset(ids)


# What people wrote down with a word in front: `Cause:`, `Fix:`, `Trigger:`.


def is_marked_note(event: Event) -> bool:
    return bool(read_marked_note(event, (*CAUSE_MARKS, *FIX_MARKS, *TRIGGER_MARKS)))


def read_marked_note(event: Event, marks: Iterable[str]) -> str:
    """The words behind the mark, with their lines; "" where the note does not begin with one. What somebody gave as the
    reason of a severity or a status is a note as well: the form asks for it."""
    if event.redacted:
        return ""
    if event.kind in (Kind.NOTE, Kind.DECISION):
        text = words_of(event.detail, "text") or event.summary
    elif event.kind in (Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE):
        text = text_of(event.detail, "reason")
    else:
        return ""
    mark = next((mark for mark in marks if text.casefold().startswith(mark)), "")
    return text[len(mark) :].strip() if mark else ""


def list_marked_notes(events: Iterable[Event], marks: Iterable[str]) -> list[tuple[Event, str]]:
    """Each note with such a mark, and its words; once, where one form recorded severity and status for one reason."""
    marks = tuple(marks)
    notes_by_words = {
        (event.actor, text): (event, text)
        for event in reversed(list(events))
        if (text := read_marked_note(event, marks))
    }
    return list(reversed(notes_by_words.values()))
