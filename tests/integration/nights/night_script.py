"""A night as it is played: what breaks, what people do, and when nobody records, all of it by the seed alone."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.clock import ClockKind
from cockpit.model.event import Event
from cockpit.model.plan import Plan
from cockpit.simulator.world.changes import apply_event, deactivate_revision, start_change
from cockpit.simulator.world.scenario import AlertRule, Deploy, RevisionSpec, Scenario, ShareSpec, Turn
from cockpit.simulator.world.world import Caller, Patch, TrafficShare, WorldSnapshot
from cockpit.timeline.timeline import Timeline
from tests.integration.nights.night_surfaces import (
    SurfaceLook,
    WrittenDraft,
    export_draft,
    look_at_surfaces,
)
from tests.integration.nights.night_world import LOOKS, NightCockpit, NightTime, NightWorld
from tests.unit.incident.incidents import plan as plan_of
from tests.unit.incident.incidents import rule

IMAGE = "registry.example.com/shop-api:1.{}.0"
GOOD, BAD = "r43", "r44"
CI = "ci@example.com"
RULES = (
    rule(ClockKind.RESPONSE, 2, levels=("P0", "P1", "P2")),
    rule(ClockKind.COMMANDER, 4, levels=("P0", "P1")),
    rule(ClockKind.UPDATE, 6, levels=("P0", "P1")),
    rule(ClockKind.CLIENT, 8, levels=("P0", "P1")),
    rule(ClockKind.ESCALATION, 3, what="call", who="Team lead", number=1, levels=("P0", "P1")),
)
LEVELS = ("P0", "P1", "P2")
TAKES_OVER = 2.0  # seconds until who waits for the lock looks again


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, and at which second of the night: what is told of it must say so."""

    what: str
    second: float
    person: str = ""
    text: str = ""
    of: float | None = None  # the second that was stated, where it is another
    promised: float | None = None  # the second of the next message
    event: int = 0
    corrections: tuple[tuple[float, float], ...] = ()  # when its time was corrected, and to which second

    @property
    def moment(self) -> float:
        """The second at which it was done, as far as was said."""
        if self.corrections:
            return self.corrections[-1][1]
        return self.second if self.of is None else self.of


@dataclass(slots=True)
class PlayedNight:
    """The night as whoever arranged it knows it: `acts` in the order in which they were done."""

    world: NightWorld
    acts: list[Act]
    watched: list[tuple[float, float]]
    azure_silent: list[tuple[float, float]]
    line_dead: list[tuple[float, float]]
    incident: str  # the one of which the draft is
    ended: float
    looks: list[SurfaceLook]  # the last one at the end
    draft: WrittenDraft
    set_right: float


def choose_scenario(random: Random, seed: int) -> tuple[Scenario, float]:
    """The world, and the second of the bad deployment."""
    deployed = random.choice([5.0, 20.0, 40.0, 70.0])
    ages = (("r41", 2_592_000), ("r42", 604_800), (GOOD, 93_600))
    revisions = tuple(
        RevisionSpec(suffix=suffix, image=IMAGE.format(suffix[1:]), age=age, active=suffix == GOOD)
        for suffix, age in ages
    )
    rules = (
        AlertRule(
            name="5xx errors",
            severity="Sev1",
            watches="errors",
            fires_after=random.choice([10.0, 20.0, 45.0]),
            resolves_after=random.choice([5.0, 15.0, 40.0]),
            description="More than 5 % of the requests failed.",
        ),
        AlertRule(
            name="container restarts",
            severity="Sev2",
            watches="restarts",
            fires_after=35.0,
            resolves_after=20.0,
            description="A container restarted more than twice.",
        ),
    )
    scenario = Scenario(
        name="night",
        about="a night",
        seed=seed + 1,
        mode=random.choice(["multiple", "multiple", "single"]),
        operation_seconds=random.choice([3.0, 12.0, 25.0]),
        revisions=revisions,
        traffic=(ShareSpec(weight=100),),
        events=(Deploy(at=deployed, what="deploy", suffix=BAD, image=IMAGE.format(44), by=CI, sick=True),),
        rules=rules[: random.choice([1, 2, 2])],
    )
    return scenario, deployed


def list_bad_spans(history: Sequence[WorldSnapshot]) -> list[tuple[float, float]]:
    """From when until when the app failed its users; of what goes on until for ever."""
    spans: list[tuple[float, float]] = []
    ends = [*(snapshot.at for snapshot in history[1:]), inf]
    for snapshot, over in zip(history, ends, strict=True):
        serving = set(snapshot.weights)
        if over > snapshot.at and (serving & snapshot.sick or serving - snapshot.active):
            if spans and spans[-1][1] == snapshot.at:
                spans[-1] = (spans[-1][0], over)
            else:
                spans.append((snapshot.at, over))
    return spans


class NightPlay:
    """Plays one night; people act one after the other, as they do in one chat."""

    def __init__(self, world: NightWorld, random: Random, deployed: float) -> None:
        self.world, self.random, self.deployed = world, random, deployed
        self.acts: list[Act] = []
        self.watched: list[tuple[float, float]] = []
        self.azure_silent: list[tuple[float, float]] = []
        self.line_dead: list[tuple[float, float]] = []
        self.cockpit: NightCockpit | None = None
        self.since = 0.0
        self.incident = ""
        self.is_open = False
        self.severity = "P1"
        self.status = "investigating"
        self.led_by = ""
        self.run = ""
        self.sick_turns = 0
        self.deployments = 44
        self.timelines: list[Timeline] = []
        self.looks: list[SurfaceLook] = []
        self.set_right = -inf
        self.other = ""  # another incident that is open

    @property
    def time(self) -> NightTime:
        return self.world.time

    async def play(self) -> PlayedNight:
        random = self.random
        if is_clock_wrong := random.random() < 0.25:
            self.time.ahead = random.choice([-5_000.0, -600.0, -45.0])
        late = random.random() < 0.4  # opened by whoever is paged, after it had begun
        if late:
            await self.wait_until(self.deployed + random.uniform(3, 80))
        self.open_cockpit()
        ana, ben = self.open_person("ana"), self.open_person("ben")
        await self.wait_until(max(self.deployed, self.time.second) + random.uniform(8, 70))
        self.declare(ana)
        scenes = self.choose_scenes()
        if is_clock_wrong:
            scenes.insert(random.randint(0, len(scenes)), self.set_clock_right)
        for scene in scenes:
            await self.pause()
            await scene(random.choice([ana, ana, ben]))
        await self.recover(ana)
        await self.pause(60, 200)
        self.resolve(ana)
        if random.random() < 0.4:
            await self.play_again(ana, ben)
        await self.pause(20, 60)
        await self.close_cockpit()
        ended = self.time.second
        await self.look_around(ana)
        draft = export_draft(self.world, self.incident)
        for timeline in self.timelines:
            timeline.close()
        return PlayedNight(
            self.world,
            self.acts,
            self.watched,
            self.azure_silent,
            self.line_dead,
            self.incident,
            ended,
            self.looks,
            draft,
            self.set_right,
        )

    async def play_again(self, ana: IncidentActions, ben: IncidentActions) -> None:
        """It comes back after it was closed, and is opened again."""
        await self.pause(10, 400)
        if self.cockpit is None:
            self.open_cockpit()
        await self.break_again(ben)
        await self.pause(10, 90)
        self.reopen(ben)
        for scene in self.choose_scenes()[:4]:
            await self.pause()
            await scene(self.random.choice([ana, ben]))
        await self.recover(ana)
        await self.pause(30, 200)
        self.resolve(ben)

    def choose_scenes(self) -> list[Callable[[IncidentActions], Awaitable[None]]]:
        scenes: list[Callable[[IncidentActions], Awaitable[None]]] = [
            *(self.acknowledge, self.take_role, self.send_update, self.send_update, self.change_severity),
            *(self.change_severity, self.change_status, self.write_note, self.correct_note, self.flap),
            *(self.kill_cockpit, self.leave_cockpit, self.roll_back, self.roll_back, self.break_again),
            *(self.correct_time, self.correct_time, self.declare_other, self.declare_other),
            *(self.call_lead, self.mistake_severity, self.state_impact, self.leave_role, self.redeploy),
            *(self.silence_azure, self.cut_line, self.look_around, self.look_around),
            *(self.join_cockpit, self.deactivate, self.try_canary),
            *(self.break_again, self.state_end, self.move_elsewhere, self.heal_or_sicken, self.heal_or_sicken),
        ]
        count = self.random.randint(3, 16)
        return self.random.sample(scenes, count)

    # Time and cockpits.

    async def wait_until(self, second: float) -> None:
        if second > self.time.second:
            await self.time.sleep(second - self.time.second)

    async def pause(self, least: float = 2, most: float = 0) -> None:
        most = most or self.random.choice([10, 75, 75, 150])
        await self.time.sleep(self.random.uniform(least, most))

    def open_cockpit(self) -> None:
        self.cockpit = NightCockpit(self.world, f"cockpit {len(self.watched) + 1}")
        self.since = self.time.second

    async def close_cockpit(self) -> None:
        if self.cockpit is not None:
            await self.cockpit.end()
            self.watched.append((self.since, self.time.second))
            self.cockpit = None

    async def kill_cockpit(self, actions: IncidentActions) -> None:
        """For some seconds or minutes nobody records."""
        if self.cockpit is not None:
            await self.cockpit.kill()
            self.watched.append((self.since, self.time.second))
            self.cockpit = None
        away = self.random.choice([4.0, 12.0, 45.0, 130.0])
        if self.random.random() < 0.5:
            await self.time.sleep(away / 2)
            await self.change_unseen(actions)
            away /= 2
        await self.time.sleep(away)
        self.open_cockpit()

    async def leave_cockpit(self, actions: IncidentActions) -> None:
        if self.cockpit is not None:
            await self.close_cockpit()
        await self.time.sleep(self.random.choice([2.0, 20.0, 70.0]))
        self.open_cockpit()

    async def change_unseen(self, actions: IncidentActions) -> None:
        """Something turns while nobody records."""
        await self.random.choice([self.heal_or_sicken, self.break_again, self.move_elsewhere])(actions)

    async def join_cockpit(self, actions: IncidentActions) -> None:
        """Somebody opens a second one, and the first is killed: the other takes over."""
        if self.cockpit is None:
            return
        other = NightCockpit(self.world, f"cockpit {len(self.watched) + 2}")
        await self.time.sleep(self.random.choice([1.0, 8.0, 30.0]))
        if self.random.random() < 0.5:
            await self.cockpit.kill()
        else:
            await self.cockpit.end()
        self.watched.append((self.since, self.time.second))
        self.cockpit, self.since = other, self.time.second + TAKES_OVER

    async def silence_azure(self, actions: IncidentActions) -> None:
        """Azure does not answer for a while: apps and alerts are not seen, probes are."""
        begun = self.time.second
        self.world.faults.is_azure_silent = True
        await self.time.sleep(self.random.choice([10.0, 40.0, 120.0]))
        if self.random.random() < 0.5:
            await self.change_unseen(actions)
            await self.time.sleep(self.random.choice([5.0, 40.0]))
        self.world.faults.is_azure_silent = False
        self.azure_silent.append((begun, self.time.second))

    async def cut_line(self, actions: IncidentActions) -> None:
        """The machine has lost its own line: no probe says anything."""
        begun = self.time.second
        self.world.faults.is_line_dead = True
        await self.time.sleep(self.random.choice([8.0, 40.0, 90.0]))
        if self.random.random() < 0.5:
            await self.change_unseen(actions)
            await self.time.sleep(self.random.choice([5.0, 70.0]))
        self.world.faults.is_line_dead = False
        self.line_dead.append((begun, self.time.second))

    async def look_around(self, actions: IncidentActions) -> None:
        """Somebody asks at a second shell how it stands."""
        if not self.time.ahead:  # by a clock that is wrong everything is told wrong
            self.looks.append(look_at_surfaces(self.world, self.incident))

    async def set_clock_right(self, actions: IncidentActions) -> None:
        """Somebody sees that the clock of the machine is wrong, and sets it."""
        if self.random.random() < 0.5:
            self.time.ahead = 0.0
        elif self.cockpit is not None:  # while nobody records
            await self.cockpit.end()
            self.watched.append((self.since, self.time.second))
            await self.time.sleep(self.random.choice([1.0, 20.0]))
            self.time.ahead = 0.0
            await self.time.sleep(self.random.choice([1.0, 20.0]))
            self.open_cockpit()
        self.set_right = self.time.second
        await self.time.sleep(5.0)

    # What the world does.

    @property
    def serving(self) -> str:
        return self.world.stage.world().serving.name.rpartition("--")[2]

    async def heal_or_sicken(self, actions: IncidentActions) -> None:
        world = self.world.stage.world()
        turn = Turn(at=world.now, what="heal" if world.serving.sick else "sicken", suffix=self.serving)
        self.world.stage.become(apply_event(world, turn))

    async def flap(self, actions: IncidentActions) -> None:
        """It fails now and then."""
        for _ in range(self.random.randint(4, 12)):
            await self.heal_or_sicken(actions)
            await self.time.sleep(self.random.uniform(3, 14))

    async def move_elsewhere(self, actions: IncidentActions, suffix: str = "") -> None:
        """Somebody moves the traffic in the portal."""
        if self.is_single:
            await self.deploy(IMAGE.format(44 if self.random.random() < 0.5 else 43))
            return
        if self.world.stage.world().running_operation is None:
            target = suffix or (GOOD if self.serving != GOOD else BAD)
            revision = self.world.stage.world().revision(self.world.revision(target))
            if target == self.serving or revision is None or not revision.active:
                return
            self.world.ask_for_traffic(target, "carol@example.com")

    async def break_again(self, actions: IncidentActions) -> None:
        """What serves falls ill, or the traffic goes to what is."""
        world = self.world.stage.world()
        if world.serving.sick:
            return
        if self.random.random() < 0.5 and not self.is_single:
            await self.move_elsewhere(actions, BAD)
        else:
            await self.heal_or_sicken(actions)

    @property
    def is_single(self) -> bool:
        return self.world.scenario.mode == "single"

    async def deploy(self, image: str) -> None:
        """A pipeline brings a new revision with an image that was there before."""
        world = self.world.stage.world()
        if world.running_operation is not None:
            return
        self.deployments += 1
        patch = Patch(image=image, suffix=f"r{self.deployments}", new_revision=True)
        changed, operation = start_change(world, patch, Caller(CI))
        self.world.stage.become(changed)
        await self.wait_until(operation.due + 0.5)

    # What people do.

    def open_person(self, name: str) -> IncidentActions:
        timeline = Timeline(self.world.file, time=self.time)
        self.timelines.append(timeline)
        return self.world.open_actions(timeline, name)

    def note_act(
        self, what: str, actions: IncidentActions, text: str = "", of: datetime | None = None, event: int = 0
    ) -> None:
        stated = None if of is None else (of - self.time.tell(0)).total_seconds()
        self.acts.append(Act(what, self.time.second, actions.operator, text, stated, event=event))

    def act_at(
        self, what: str, actions: IncidentActions, record: Callable[[datetime | None], Event], text: str = ""
    ) -> bool:
        """Do it now, or write down some time later that it was done; whether it was taken."""
        back = self.random.choice([None, None, None, 8.0, 30.0, 90.0])
        moment = None if back is None else self.time.now() - timedelta(seconds=back)
        try:
            event = record(moment)
        except IncidentActionError:
            if moment is None:
                raise
            return False
        self.note_act(what, actions, text, moment, event.id)
        return True

    def declare(self, actions: IncidentActions) -> None:
        back = timedelta(seconds=self.random.choice([0, 0, 0, 15]))
        moment = self.time.now() - back if back else None
        self.note_act("declare", actions, "P1", moment)
        self.incident = actions.declare("Readiness failing", "P1", moment=moment).id
        self.is_open = True

    async def acknowledge(self, actions: IncidentActions) -> None:
        if self.is_open:
            self.act_at("ack", actions, lambda moment: actions.acknowledge(incident=self.incident, moment=moment))

    async def take_role(self, actions: IncidentActions) -> None:
        if self.is_open and self.led_by != actions.operator:
            take = partial(actions.take_role, "Incident Commander", incident=self.incident)
            if self.act_at("role", actions, lambda moment: take(moment=moment)):
                self.led_by = actions.operator

    async def leave_role(self, actions: IncidentActions) -> None:
        if self.is_open and self.led_by == actions.operator:
            leave = partial(actions.leave_role, "Incident Commander", incident=self.incident)
            if self.act_at("role left", actions, lambda moment: leave(moment=moment)):
                self.led_by = ""

    async def send_update(self, actions: IncidentActions) -> None:
        audience = self.random.choice(["team", "client"])
        promised = self.random.choice([None, timedelta(minutes=2), timedelta(minutes=5)])
        due = None if promised is None else self.time.now() + promised
        send = partial(actions.sent, audience, "we look into it", promised=due, incident=self.incident)
        if self.act_at(f"update {audience}", actions, lambda moment: send(moment=moment)) and due is not None:
            self.acts[-1] = replace(self.acts[-1], promised=(due - self.time.tell(0)).total_seconds())

    async def change_severity(self, actions: IncidentActions) -> None:
        if self.is_open:
            level = self.random.choice([level for level in LEVELS if level != self.severity])
            change = partial(actions.change_severity, level, self.incident, "as it looks")
            if self.act_at("severity", actions, lambda moment: change(moment=moment), level):
                self.severity = level

    async def mistake_severity(self, actions: IncidentActions) -> None:
        if self.is_open:
            level = self.random.choice([level for level in LEVELS if level != self.severity])
            self.note_act("severity corrected", actions, level)
            actions.correct_severity(level, "a slip", self.incident)
            self.severity = level

    async def change_status(self, actions: IncidentActions) -> None:
        if self.is_open:
            status = self.random.choice([item for item in ("identified", "monitoring") if item != self.status])
            self.note_act("status", actions, status)
            actions.change_status(status, self.incident)
            self.status = status

    async def declare_other(self, actions: IncidentActions) -> None:
        """Somebody declares another incident, which turns out to be the same, or to be over."""
        carol = self.open_person("carol")
        if not self.other:
            self.other = carol.declare("Checkout is slow", "P2").id
            self.note_act("other", carol)
        elif self.is_open:
            carol.resolve("seen", self.other, duplicate_of=self.random.choice([None, self.incident]))
            self.note_act("other", carol)
            self.other = ""

    async def write_note(self, actions: IncidentActions) -> None:
        back = self.random.choice([None, 20.0, 100.0])
        moment = None if back is None else self.time.now() - timedelta(seconds=back)
        self.note_act("note", actions, f"note {len(self.acts)}", moment)
        actions.note(self.acts[-1].text, moment=moment, incident=self.incident)

    async def correct_note(self, actions: IncidentActions) -> None:
        moment = self.time.now() - timedelta(seconds=self.random.uniform(5, 60))
        event = actions.note(f"first {len(self.acts)}", incident=self.incident)
        await self.pause(1, 10)
        self.note_act("note", actions, f"note {len(self.acts)}", moment)
        actions.correct(event.id, self.acts[-1].text, moment=moment)

    async def call_lead(self, actions: IncidentActions) -> None:
        if self.is_open:
            answer = self.random.choice(["", "no answer"])
            call = partial(actions.called, "Team lead", 1, note=answer, incident=self.incident)
            self.act_at("call", actions, lambda moment: call(moment=moment))

    async def correct_time(self, actions: IncidentActions) -> None:
        """Of something that was done: it was earlier."""
        places = [number for number, act in enumerate(self.acts) if act.event]
        if not places:
            return
        place = self.random.choice(places)
        act = self.acts[place]
        moment = act.moment - self.random.uniform(3, 50)
        with suppress(IncidentActionError):
            event = actions.correct(act.event, "", moment=self.time.tell(moment))
            corrections = (*act.corrections, (self.time.second, moment))
            self.acts[place] = replace(act, event=event.id, corrections=corrections)

    async def state_impact(self, actions: IncidentActions) -> None:
        """The beginning, as somebody outside says."""
        if self.is_open:
            moment = self.time.tell(max(self.deployed - 2, 1))
            self.note_act("impact from", actions, of=moment)
            actions.amend(self.incident, impact_started=moment)

    async def state_end(self, actions: IncidentActions) -> None:
        """The end, as somebody outside says who felt it."""
        world = self.world.stage.world()
        ends = [span[1] for span in list_bad_spans(world.history)]
        if self.is_open and ends and self.acts[0].second < ends[-1] < world.now - LOOKS:
            moment = self.time.tell(ends[-1])
            self.note_act("impact to", actions, of=moment)
            actions.amend(self.incident, impact_ended=moment)

    async def deactivate(self, actions: IncidentActions) -> None:
        """What has no traffic is stopped."""
        world = self.world.stage.world()
        idle = [item.name for item in world.revisions if item.active and not world.weights()[item.name]]
        if idle and not self.is_single and world.running_operation is None:
            self.world.stage.become(deactivate_revision(world, self.random.choice(idle), Caller("carol@example.com")))

    async def try_canary(self, actions: IncidentActions) -> None:
        """A part of the traffic to another revision, and all of it later."""
        world = self.world.stage.world()
        active = [item.name for item in world.revisions if item.active and item.name != world.serving.name]
        if self.is_single or not active or world.running_operation is not None:
            return
        shares = (TrafficShare(90, world.serving.name), TrafficShare(10, active[-1]))
        changed, operation = start_change(world, Patch(traffic=shares), Caller("carol@example.com"))
        self.world.stage.become(changed)
        await self.wait_until(operation.due + 0.5)

    async def roll_back(self, actions: IncidentActions) -> None:
        timeline = self.timelines[0]
        if self.is_single or self.world.stage.world().running_operation is not None or self.serving == GOOD:
            return
        good = self.world.stage.world().revision(self.world.revision(GOOD))
        if good is None or not good.active:
            return
        self.run = await self.world.run_traffic_step(timeline, actions.operator, self.incident, GOOD)
        if self.random.random() < 0.3:
            await self.pause(5, 40)
            if self.world.stage.world().running_operation is None:
                await self.world.run_traffic_step(timeline, actions.operator, self.incident, BAD, self.run, undo=True)
            return
        await self.pause(2, 30)
        self.world.verify(timeline, actions.operator, self.incident, self.run)
        if self.random.random() < 0.7:
            self.world.end_run(timeline, actions.operator, self.incident, self.run)

    async def redeploy(self, actions: IncidentActions) -> None:
        await self.deploy(IMAGE.format(43))

    async def recover(self, actions: IncidentActions) -> None:
        """At last it is mended, in one way or another."""
        while self.world.stage.world().running_operation is not None:
            await self.time.sleep(LOOKS)
        if self.world.stage.world().serving.sick:
            if self.is_single:
                await self.deploy(IMAGE.format(43))
            elif self.serving != GOOD and self.random.random() < 0.7:
                await self.roll_back(actions)
        while self.world.stage.world().running_operation is not None:
            await self.time.sleep(LOOKS)
        world = self.world.stage.world()
        ill = {item.name for item in world.revisions if item.sick and world.weights()[item.name]}
        for name in ill:
            world = apply_event(world, Turn(at=world.now, what="heal", suffix=name.rpartition("--")[2]))
        self.world.stage.become(world)

    def resolve(self, actions: IncidentActions) -> None:
        if not self.act_at("resolve", actions, lambda moment: actions.resolve("fixed", self.incident, moment), "fixed"):
            self.note_act("resolve", actions, "fixed")
            actions.resolve("fixed", self.incident)
        self.is_open, self.status = False, "resolved"

    def reopen(self, actions: IncidentActions) -> None:
        self.note_act("reopen", actions, "it is back")
        actions.reopen("it is back", incident=self.incident)
        self.is_open, self.status = True, "investigating"


def play_night(seed: int, folder: Path) -> Callable[[NightTime], Any]:
    """A night by its seed; its timeline lies in the folder."""

    async def play(time: NightTime) -> PlayedNight:
        random = Random(seed)
        scenario, deployed = choose_scenario(random, seed)
        world = NightWorld(seed, scenario, folder, make_plan(), time)
        return await NightPlay(world, random, deployed).play()

    return play


def make_plan() -> Plan:
    return plan_of(*RULES)
