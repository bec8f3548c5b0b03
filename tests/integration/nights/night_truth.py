"""What is true of a night, by the world and by whoever arranged it: the record is asked nothing. In its seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from cockpit.recorder.app_changes import format_traffic
from cockpit.simulator.world.alerts import list_simulated_alerts
from cockpit.simulator.world.site import SHOP
from cockpit.simulator.world.world import World
from tests.integration.nights.night_script import Act, PlayedNight, list_bad_spans
from tests.integration.nights.night_world import StepDone

Span = tuple[float, float]
CLOUD_AHEAD = 60.0  # seconds
PAUSE = 120.0  # seconds in which all was well: no impact


@dataclass(frozen=True, slots=True)
class Move:
    """Traffic that went to a revision; `asked` is when the cloud was asked for it, where somebody did."""

    moved: float
    asked: float
    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def text(self) -> str:
        """As a line tells it."""
        return f"traffic from {name_shares(self.before)} to {name_shares(self.after)}"


@dataclass(frozen=True, slots=True)
class NightTruth:
    """`bad`: in which spans the app failed its users; `alerts` by name; `unwatched`: in which spans nobody recorded."""

    bad: tuple[Span, ...]
    alerts: tuple[tuple[str, Span], ...]
    moves: tuple[Move, ...]
    created: tuple[tuple[str, float], ...]
    health: tuple[float, ...]  # when any revision turned
    switched: tuple[float, ...]  # when any was started or stopped
    acts: tuple[Act, ...]
    steps: tuple[StepDone, ...]
    unwatched: tuple[Span, ...]
    opened: tuple[float, ...]  # when each cockpit was opened
    azure_silent: tuple[Span, ...]
    line_dead: tuple[Span, ...]
    set_right: float = -inf  # when the clock of the machine was set right, where it was wrong

    def is_by_wrong_clock(self, second: float) -> bool:
        """Whether the cloud may have dated it while the clock of the machine was wrong: its time and ours do not fit
        together then, and nobody can say by how much."""
        return second <= self.set_right + CLOUD_AHEAD

    def list_times(self, *whats: str) -> list[float]:
        """When acts of these kinds were, as they were stated."""
        return sorted(stated_time(act) for act in self.acts if act.what in whats)

    def list_closures(self) -> list[Span]:
        """From each resolution until it was opened again."""
        opened = self.list_times("reopen")
        return [(over, min((moment for moment in opened if moment >= over), default=inf)) for over in self.resolutions]

    @property
    def resolutions(self) -> list[float]:
        return self.list_times("resolve")

    def list_levels(self) -> list[str]:
        """Every severity that it had; one that was entered by mistake is none of them."""
        levels: list[str] = []
        for act in self.acts:
            if act.what == "severity corrected":
                levels[-1] = act.text
            elif act.what in ("declare", "severity"):
                levels.append(act.text)
        return levels

    def find_status(self) -> str:
        statuses = {"declare": "investigating", "reopen": "investigating", "resolve": "resolved"}
        return [statuses.get(act.what, act.text) for act in self.acts if act.what in (*statuses, "status")][-1]

    def list_leaders(self) -> set[str]:
        """Who leads in the end."""
        leaders: set[str] = set()
        for act in sorted(self.acts, key=stated_time):
            if act.what == "role":
                leaders.add(act.person)
            elif act.what == "role left":
                leaders.discard(act.person)
        return leaders

    def measure_open(self, second: float) -> float:
        """For how long it was open until then, in seconds."""
        closed = cut_spans(self.list_closures(), 0.0, second)
        return second - self.list_times("declare")[0] - measure_spans(closed)

    def overlaps_unwatched(self, begin: float, end: float) -> bool:
        return any(start < end and begin < over for start, over in (*self.unwatched, *self.line_dead))


def cut_truth(truth: NightTruth, second: float) -> NightTruth:
    """As it was at a second: what is over later goes on for ever."""

    def cut(spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple((start, inf if over > second else over) for start, over in spans if start <= second)

    return replace(
        truth,
        bad=cut(truth.bad),
        alerts=tuple((name, span) for name, own in truth.alerts for span in cut([own])),
        moves=tuple(move for move in truth.moves if move.moved <= second),
        created=tuple((name, made) for name, made in truth.created if made <= second),
        health=tuple(moment for moment in truth.health if moment <= second),
        switched=tuple(moment for moment in truth.switched if moment <= second),
        acts=tuple(_cut_act(act, second) for act in truth.acts if act.second <= second),
        steps=tuple(step for step in truth.steps if step.begun <= second),
        unwatched=cut(truth.unwatched),
        opened=tuple(moment for moment in truth.opened if moment <= second),
        azure_silent=cut(truth.azure_silent),
        line_dead=cut(truth.line_dead),
    )


def _cut_act(act: Act, second: float) -> Act:
    return replace(act, corrections=tuple(item for item in act.corrections if item[0] <= second))


def stated_time(act: Act) -> float:
    return act.moment


def find_truth(night: PlayedNight) -> NightTruth:
    world = night.world.stage.world()
    history = world.history
    alerts = tuple(
        (alert.name, (alert.fired, inf if alert.resolved is None else alert.resolved))
        for alert in list_simulated_alerts(world)
    )
    created = tuple((revision.name, revision.created) for revision in world.revisions)
    health = tuple(after.at for before, after in pairwise(history) if before.sick != after.sick)
    return NightTruth(
        tuple(list_bad_spans(history)),
        alerts,
        tuple(_list_moves(world)),
        created,
        health,
        tuple(after.at for before, after in pairwise(history) if before.active != after.active),
        tuple(night.acts),
        tuple(night.world.steps),
        tuple(_list_unwatched(night.watched)),
        tuple(start for start, _ in night.watched),
        tuple(night.azure_silent),
        tuple(night.line_dead),
        night.set_right,
    )


def _list_moves(world: World) -> Iterable[Move]:
    for before, after in pairwise(world.history):
        if dict(before.weights) == dict(after.weights):
            continue
        asked = max((item.started for item in world.operations if item.due == after.at), default=after.at)
        yield Move(after.at, asked, before.weights, after.weights)


def name_shares(weights: Mapping[str, int]) -> str:
    return format_traffic(SHOP.app, weights)


def _list_unwatched(watched: Sequence[Span]) -> Iterable[Span]:
    """Between two cockpits, and before the first."""
    ends = [0.0, *(over for _, over in watched)]
    for over, (start, _) in zip(ends, watched, strict=False):
        if over < start:
            yield over, start


def join_spans(spans: Iterable[Span], gap: float = 0.0) -> list[Span]:
    """The same in order, those that touch or lie nearer than `gap` as one."""
    joined: list[Span] = []
    for start, over in sorted(spans):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], over))
        else:
            joined.append((start, over))
    return joined


def cut_spans(spans: Iterable[Span], begin: float, end: float) -> list[Span]:
    return [(max(start, begin), min(over, end)) for start, over in spans if start < end and begin < over]


def measure_spans(spans: Iterable[Span]) -> float:
    return sum(over - start for start, over in spans)
