"""What set an incident off and what stopped it, by the record: the last change before it, the moves of traffic, and
the remedy of each stretch in which users felt it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.incident.change_dates import (
    A_MINUTE,
    SKEW,
    TOOK_EFFECT,
    find_gaining,
    had_traffic,
    is_changing_step,
    weigh_share,
)
from cockpit.incident.impact import (
    EARLIEST,
    LATEST,
    RECOVERY_MUST_HOLD,
    STATED,
    find_impact_start,
    find_relapse_after_close,
    list_felt_stretches,
)
from cockpit.incident.signals import LEAD_IN, read_flap
from cockpit.model.event import Event, Kind, attempt_of, map_of, text_of
from cockpit.model.incident import Incident
from cockpit.model.response import ProcedureRun
from cockpit.recorder.last_recorded import read_images

SEEN_WITHIN = timedelta(minutes=1)  # a change is seen by the next look at the cloud
QUICKLY = timedelta(seconds=30)  # a deployment that is taken back before its first sign is five seconds old


@dataclass(frozen=True, slots=True)
class FeltStretch:
    """One stretch in which users felt it, and the last change that worked in it; `end` None: it is not over. `later`
    is how often the traffic moved between that change and the end all the same."""

    begin: datetime
    end: datetime | None
    remedy: Event | None
    later: int = 0


def find_impact(incident: Incident) -> tuple[datetime, datetime | None]:
    """From when users felt it, else from when it was detected or declared, and until when; None: not over."""
    goes_on = find_relapse_after_close(incident) is not None
    return find_impact_start(incident) or incident.declared, None if goes_on else (
        incident.mitigated or incident.resolved
    )


def list_stretches(incident: Incident, events: Sequence[Event]) -> list[FeltStretch]:
    """Every stretch in which users felt it, each with its own end: what ended the first did not end a relapse."""
    begin, end = find_impact(incident)
    borders = list_felt_stretches(incident, begin, end or LATEST) or [(begin, end or LATEST)]
    trigger = find_trigger(events, begin)
    images = list_images(events, trigger.subject) if trigger is not None else {}
    harmful = {
        event.id for event in events if event.kind == Kind.TRAFFIC and _is_harmful(event, trigger, incident, images)
    }
    helpful = [event for event in events if event.id not in harmful]
    stretches = []
    for number, (start, over) in enumerate(borders):
        if over == LATEST:
            stretches.append(FeltStretch(start, None, None))
            continue
        change = find_trigger(events, start, since=start - LEAD_IN) if number else trigger
        answers = _leave_out_beginning(helpful, change, start) if change is not None else helpful
        remedy = find_remedy(answers, start, over, find_lucky_time(events, over))
        stretches.append(FeltStretch(start, over, remedy, _count_later_moves(events, remedy, over)))
    return stretches


def _count_later_moves(events: Iterable[Event], remedy: Event | None, end: datetime) -> int:
    """How often traffic moved after a change and before the end: what was tried, and what made it worse again."""
    if remedy is None:
        return 0
    since = remedy.occurred + SKEW if remedy.kind == Kind.STEP else remedy.occurred
    return sum(event.kind == Kind.TRAFFIC and since < event.occurred <= end for event in events)


def _leave_out_beginning(events: Sequence[Event], change: Event, begin: datetime) -> list[Event]:
    """Without what a stretch began with, nor the step that did that: they may end after its first sign and stopped
    nothing."""
    step = find_step_of(events, change)
    if step is not None and step.occurred > max(begin, change.occurred):
        step = None
    return [
        event
        for event in events
        if event.id != change.id
        and not (step is not None and event.kind == Kind.STEP and attempt_of(event) == attempt_of(step))
    ]


def find_lucky_time(events: Iterable[Event], end: datetime) -> timedelta:
    """How long before the change that ended it a probe may have answered well by luck: as long as it did between its
    failures. Its last failing answer says when it was bad, and its first good one not that it was mended."""
    flaps = [flap for event in events if abs(event.occurred - end) <= SKEW and (flap := read_flap(event.detail))]
    return max((flap.longest_well for flap in flaps), default=timedelta())


def _is_harmful(move: Event, trigger: Event | None, incident: Incident, images: Mapping[str, str]) -> bool:
    """Whether it sent traffic to what the incident began with, also where that was deployed anew by its image, or was
    made while all was well and was bad again soon: no such move stopped anything."""
    gaining = find_gaining(move)
    if trigger is not None and trigger.kind == Kind.TRAFFIC and move.subject == trigger.subject:
        before = map_of(trigger.detail, "before")
        bad = find_gaining(trigger)
        is_same = gaining == bad or (gaining in images and images[gaining] == images.get(bad))
        if gaining and is_same and move.occurred > trigger.occurred and before:
            return True
    return any(
        period.start <= move.occurred <= period.end <= max(move.occurred, move.recorded) + RECOVERY_MUST_HOLD
        for period in incident.healthy
        if period.end is not None and period.evidence != STATED
    )


def find_trigger(events: Iterable[Event], begin: datetime, since: datetime = EARLIEST) -> Event | None:
    """The last change of what runs before users felt it: traffic that moved, else a revision that was made.

    A revision that was stopped is what follows a deployment, and is named only where nothing else changed. A beginning
    that a person typed is known to the minute: what changed in that minute came before it, where nothing else did.
    A move within the clocks' difference after it that takes back what right before it began it is the answer to it.
    """
    changed = [event for event in events if is_app_change(event) and event.occurred >= since]
    changes = [event for event in changed if event.occurred <= begin + SKEW]
    changes = [event for event in changes if event.occurred <= begin or not _is_answer(event, changes, begin)]
    if not changes and begin.second == begin.microsecond == 0:
        changes = [event for event in changed if event.occurred < begin + A_MINUTE]
    first_hand = [
        event for event in changes if event.kind == Kind.TRAFFIC or text_of(event.detail, "what") == "created"
    ]
    return max(first_hand or changes, key=lambda event: (event.occurred, event.kind == Kind.TRAFFIC), default=None)


def _is_answer(move: Event, changes: Iterable[Event], begin: datetime) -> bool:
    """Whether it took traffic from what had got it right before users felt it."""
    lost = set(map_of(move.detail, "before")) - set(map_of(move.detail, "after"))
    return move.kind == Kind.TRAFFIC and any(
        event.kind == Kind.TRAFFIC
        and event.subject == move.subject
        and begin - QUICKLY <= event.occurred <= begin
        and find_gaining(event) in lost
        for event in changes
    )


def find_moves(incident: Incident, events: Iterable[Event]) -> list[list[Event]]:
    """Every time that traffic moved while users felt it or right before they did, in order; the steps of a deployment
    that took its share one by one together."""
    begin, end = find_impact(incident)
    stretches = list_felt_stretches(incident, begin, end or LATEST)
    moves: list[list[Event]] = []
    for event in sorted(events, key=lambda event: (event.occurred, event.id)):
        if event.kind != Kind.TRAFFIC or not find_gaining(event):
            continue
        if not any(start - LEAD_IN <= event.occurred <= min(over, LATEST - SKEW) + SKEW for start, over in stretches):
            continue
        last = moves[-1][-1] if moves else None
        if last and (event.subject, find_gaining(event)) == (last.subject, find_gaining(last)):
            moves[-1].append(event)
        else:
            moves.append([event])
    return moves


def is_app_change(event: Event) -> bool:
    if event.kind == Kind.TRAFFIC:
        return True
    return event.kind == Kind.REVISION and text_of(event.detail, "what") in ("created", "activated", "deactivated")


def find_image_before(move: Event, events: Iterable[Event]) -> str:
    """The revision whose image the traffic went back to, where it went to a new one of that image: so an app of one
    revision at a time, or a deployment from elsewhere, takes back what was deployed. "" of any other move."""
    events, gaining = list(events), find_gaining(move)
    images = list_images(events, move.subject)
    image, lost = images.get(gaining, ""), set(map_of(move.detail, "before")) - set(map_of(move.detail, "after"))
    if not image or any(images.get(name) == image for name in lost) or _had_traffic_before(gaining, move, events):
        return ""
    older = [
        name
        for name, other in images.items()
        if other == image and name != gaining and _had_traffic_before(name, move, events)
    ]
    return older[-1] if older else ""


def _had_traffic_before(revision: str, move: Event, events: Iterable[Event]) -> bool:
    return any(had_traffic(event, revision, move) for event in events)


def list_images(events: Iterable[Event], app: str) -> dict[str, str]:
    """The image of each revision of an app, as far as the record knows it, in the order in which it came to know."""
    images: dict[str, str] = {}
    for event in events:
        for subject, image in read_images(event).items():
            name, _, revision = subject.partition("/")
            if name == app:
                images[revision] = image
    return images


def describe_traffic(event: Event, events: Iterable[Event]) -> str:
    """`shop-api--r44 (1.44.0, by ci) took all traffic from --r43`."""
    before, after, gaining = map_of(event.detail, "before"), map_of(event.detail, "after"), find_gaining(event)
    if not gaining:
        return event.summary
    weight = weigh_share(after[gaining])
    share = "all traffic" if weight == 100 else f"{weight} % of the traffic"
    lost = [name for name in before if weigh_share(after.get(name)) < weigh_share(before[name])]
    losers = [shorten_revision(name, event.subject) for name in lost]
    return f"{describe_revision(f'{event.subject}/{gaining}', events)} took {share}" + (
        f" from {', '.join(losers)}" if losers else ""
    )


def describe_revision(subject: str, events: Iterable[Event]) -> str:
    """`shop-api--r44 (1.44.0, by ci@example.com)` of `app/revision`, as far as the record knows it.

    One that a step of ours made is by whoever ran that, by the name that stands everywhere.
    """
    events = list(events)
    name = subject.partition("/")[2] or subject
    image = author = ""
    for event in events:
        if event.kind == Kind.REVISION and event.subject == subject:
            image = text_of(event.detail, "image") or image
            step = find_step_of(events, event) if text_of(event.detail, "what") == "created" else None
            author = (step.actor if step is not None else text_of(event.detail, "changed_by")) or author
    tag = image.rpartition("/")[2].partition(":")[2][:20]
    facts = [fact for fact in (tag, f"by {author}" if author else "") if fact]
    return f"{name} ({', '.join(facts)})" if facts else name


def shorten_revision(name: str, app: str) -> str:
    return name.removeprefix(app) or name


def find_remedy(
    events: Iterable[Event], begin: datetime, end: datetime, lucky: timedelta = timedelta()
) -> Event | None:
    """The last change before it was over: traffic that moved, else a step that changed something and did not fail.

    `lucky`: how long what was bad may have seemed well before the change that mended it.
    """
    events = list(events)
    until = end + SKEW + lucky
    moves = [event for event in events if event.kind == Kind.TRAFFIC and begin < event.occurred <= until]
    steps = [event for event, state in list_changing_steps(events, begin, end + lucky) if state in TOOK_EFFECT]
    return max(moves or steps, key=lambda event: event.occurred, default=None)


def list_changing_steps(events: Sequence[Event], begin: datetime, end: datetime) -> Iterator[tuple[Event, str]]:
    """The ends of steps that were to change something, each with its state, which a person may have settled."""
    changing = {
        attempt_of(event)
        for event in events
        if event.kind == Kind.STEP and text_of(event.detail, "phase") == "intent" and is_changing_step(event.detail)
    }
    settled = {
        event.subject: text_of(event.detail, "state")
        for event in events
        if event.kind == Kind.STEP and text_of(event.detail, "phase") == "settled"
    }
    for event in events:
        is_end = event.kind == Kind.STEP and text_of(event.detail, "phase") == "outcome"
        if is_end and attempt_of(event) in changing and begin < event.occurred <= end + SKEW:
            yield event, settled.get(event.subject) or text_of(event.detail, "state")


def find_changing_run(runs: Iterable[ProcedureRun], events: Iterable[Event], act: Event) -> ProcedureRun | None:
    """The run one of whose steps made a change: the newest that was at work then or had just ended. A run that only
    reads and stands open all the while did not."""
    step = find_step_of(events, act)
    id = step.subject.partition("#")[0] if step else ""
    return next((run for run in runs if run.id == id), None)


def find_step_of(events: Iterable[Event], act: Event) -> Event | None:
    """The beginning of the step that did a change: the newest that was changing something then, or had just ended.

    One that names what changed comes before others, and one that names another app or other revisions did something
    else, whatever its procedure is called.
    """
    events = list(events)
    if act.kind == Kind.STEP:
        return next((event for event in events if _is_begin_of(event, act)), act)
    steps = _list_changing_at(events, act.occurred)
    app, _, revision = act.subject.partition("/")
    own = {revision, *map_of(act.detail, "before"), *map_of(act.detail, "after")} - {""}
    facts = [event.subject.partition("/") for event in events if event.kind in (Kind.TRAFFIC, Kind.REVISION)]
    other_revisions = {name for _, _, name in facts if name} - own
    other_apps = {name for name, _, _ in facts} - {app}
    naming = [step for step in steps if _names_any(step, own)]
    rest = [step for step in steps if not _names_any(step, other_revisions)]
    rest = [step for step in rest if _names_any(step, {app}) or not _names_any(step, other_apps)]
    return max(naming or rest, key=lambda step: step.occurred, default=None)


def _is_begin_of(event: Event, act: Event) -> bool:
    is_begin = event.kind == Kind.STEP and text_of(event.detail, "phase") == "intent"
    return is_begin and attempt_of(event) == attempt_of(act)


def _names_any(step: Event, names: Iterable[str]) -> bool:
    command = text_of(step.detail, "as_run") or text_of(step.detail, "as_written")
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", command) for name in names if name)


def _list_changing_at(events: Iterable[Event], moment: datetime) -> list[Event]:
    """The beginnings of the steps that were changing something then, or had just ended."""
    begun: dict[tuple[str, object], Event] = {}
    for event in events:
        if event.kind != Kind.STEP:
            continue
        key = attempt_of(event)
        if text_of(event.detail, "phase") == "intent" and event.occurred - SKEW <= moment:
            if is_changing_step(event.detail):
                begun[key] = event
        elif text_of(event.detail, "phase") == "outcome" and event.occurred + SEEN_WITHIN < moment:
            begun.pop(key, None)
    return list(begun.values())
