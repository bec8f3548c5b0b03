"""What happened, from the facts alone: what changed, what users felt, what stopped it, and the moments that turned it.

Nothing here is an opinion. Where the record does not say something, it says that it does not.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cockpit.incident.change_dates import (
    SKEW,
    find_gaining,
    had_traffic,
    is_dated_by_request,
    is_dated_by_sight,
    weigh_share,
)
from cockpit.incident.impact import (
    LATEST,
    STATED,
    describe_unseen_moment,
    list_pauses,
    list_short_pauses,
    propose_impact_end,
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
    list_changing_steps,
    list_stretches,
    shorten_revision,
)
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.signals import find_beginning, find_unseen_before, read_flap
from cockpit.model.alert import AlertState
from cockpit.model.conditions import explain_failed_condition
from cockpit.model.event import Event, Kind, describe_unseen, map_of, text_of, time_of
from cockpit.model.incident import Incident
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
FELT_STATES = (ProbeState.DOWN.value, ProbeState.DEGRADED.value, FLAPPING)


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
    """`ready was bad 7 times between 02:11:05 and 02:14:30, and was well for 12s at most in between`: what went up and
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
        sentence = f"{name} was bad {least}{often}"
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


def describe_failed_sooner(incident: Incident, events: Sequence[Event], detected: datetime) -> str:
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
    for state, verb in (("down", "failed"), ("degraded", "degraded"), (FLAPPING, "was bad now and then")):
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
    rest = len(times) - MOST_PAUSES
    more = f"; and {'once' if rest == 1 else f'{rest} times'} more" if rest > 0 else ""
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
        f"{'felt' if is_relapse(incident, stretch.begin) else 'open'} again from {face.utc(stretch.begin)}: {text}"
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
        return describe_unheld(incident, face) or "it is not over"
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
        (start, again)
        for start, again in list_short_pauses(incident, stretch.begin, stretch.end)
        if act.occurred <= start + SKEW
    ]
    if pauses:  # what ended it then need not have ended what turned bad after it
        first, again = pauses[0][0], _describe_bad_again(incident, [moment for _, moment in pauses], face)
        over = f"{find_recovery_evidence(incident, first) or 'all well'} at {face.utc(first)}, {again}; {over}"
    return f"{_describe_remedy(act, events, incident, face)}{moves}; {over}"


def describe_unheld(incident: Incident, face: TimeFace) -> str:
    """`all well since 06:11:11 (all probes up), not for two minutes yet` of a recovery that counts for nothing yet."""
    if incident.unheld is None:
        return ""
    start, evidence = incident.unheld.start, incident.unheld.evidence
    since = f"{face.utc(start)}{describe_unseen_moment(incident, start)}"
    return f"all well since {since} ({evidence}), not for two minutes yet"


def _describe_bad_again(incident: Incident, moments: Sequence[datetime], face: TimeFace) -> str:
    """`bad again from 06:21:26`, `bad again 3 times, from 06:21:26 and the last time from 06:24:02`."""
    first, last = (f"{face.utc(at)}{describe_unseen_moment(incident, at)}" for at in (moments[0], moments[-1]))
    if len(moments) == 1:
        return f"bad again from {first}"
    return f"bad again {len(moments)} times, from {first} and the last time from {last}"


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
        if evidence := find_recovery_evidence(incident, end):
            return f"{evidence} at {face.utc(end)}{unseen}"
        return f"nothing that was recorded says that users felt it after {face.utc(end)}"
    proposal = propose_impact_end(incident)
    if proposal is not None and proposal.at == end:
        if proposal.evidence == STATED:
            return f"users felt it no more from {face.utc(end)} on, as a person stated"
        return f"{proposal.evidence} at {face.utc(end)}{proposal.acceptance}{unseen}"
    if incident.mitigated is None:
        return f"nothing that was recorded says when users felt it no more; resolved at {face.utc(end)}"
    return f"mitigated at {face.utc(end)}"


def find_recovery_evidence(incident: Incident, end: datetime) -> str:
    """What says that a stretch ended then; "" where nothing does: it was closed then, and nothing was bad since."""
    return next((period.evidence for period in incident.healthy if period.start == end), "")


def is_relapse(incident: Incident, begin: datetime) -> bool:
    """Whether a signal says that users felt it again then; else it was only opened again."""
    return any(period.end == begin for period in incident.healthy)
