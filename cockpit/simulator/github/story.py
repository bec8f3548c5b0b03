"""The pipelines behind a story: each revision of the world was made by a run of its deployment."""

from collections.abc import Sequence
from dataclasses import replace

from cockpit.simulator.github.host import FIRST_NUMBER, QUEUED_FOR, GithubHost, SimulatedRelease, SimulatedRun
from cockpit.simulator.world.changes import activate_revision
from cockpit.simulator.world.scenario import WorkflowRun
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import Caller, SimulatedRevision, TrafficShare, World, remember_state

IN_THE_CLOUD = ("", "container-apps", "app-service")  # platforms whose revisions are the world's own
LASTS = 90.0  # seconds of a deployment; the revision is there at its end


def tell_story(stage: Stage) -> GithubHost:
    """A repository whose runs are read off the world as it becomes: those of a revision that comes later, too."""
    return StoryHost(stage)


class StoryHost(GithubHost):
    """Knows the runs of the revisions that are there by now, and those that people started."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(repository=f"acme/{stage.scenario.site.app}")
        if stage.workflows:
            self.workflows = {file: name_workflow(file) for file in stage.workflows}
        files = (run.workflow for run in stage.scenario.runs)
        self.workflows = {
            **self.workflows,
            **{file: name_workflow(file) for file in files if file not in self.workflows},
        }
        self._awaited = sorted(stage.scenario.runs, key=lambda run: run.age, reverse=True)
        self._deploys = next((file for file in self.workflows if not is_rollback(file)), next(iter(self.workflows)))
        self._stage = stage
        self._heeded: set[int] = set()
        self._shown_revisions: set[str] = set()

    def look(self) -> None:
        """Take in what the world has become."""
        world, clock = self._stage.world(), self._stage.clock
        self._heed_runs(world)
        while self._awaited and -self._awaited[0].age - self._awaited[0].lasts - QUEUED_FOR <= world.now:
            self._add_run(self._awaited.pop(0))
        for revision in sorted(world.revisions, key=lambda revision: revision.created):
            if revision.name in self._shown_revisions:
                continue
            self._shown_revisions.add(revision.name)
            made = clock.at(revision.created).timestamp()
            self.runs.append(
                SimulatedRun(
                    number=max((run.number for run in self.runs), default=FIRST_NUMBER - 1) + 1,
                    workflow=self._deploys,
                    created=made - LASTS - QUEUED_FOR,
                    by="ana",
                    sha=make_identifier(world.scenario.seed, "commit", revision.name)
                    .replace("-", "")
                    .ljust(40, "0")[:40],
                    title=f"Release {revision.image.rpartition(':')[2]}",
                    lasts=LASTS,
                    environment="production",
                )
            )
            tag = revision.image.rpartition(":")[2]
            if tag and tag[0].isdigit():
                self.releases.append(SimulatedRelease(len(self.releases) + 1, f"v{tag}", f"v{tag}", made - LASTS))

    def _add_run(self, awaited: WorkflowRun) -> None:
        ended = self._stage.clock.at(-awaited.age).timestamp()
        self.runs.append(
            SimulatedRun(
                number=max((run.number for run in self.runs), default=FIRST_NUMBER - 1) + 1,
                workflow=awaited.workflow,
                created=ended - awaited.lasts - QUEUED_FOR,
                by=awaited.by,
                sha=make_identifier(self._stage.scenario.seed, "run", awaited.workflow)
                .replace("-", "")
                .ljust(40, "0")[:40],
                event="schedule",
                title=self.workflows[awaited.workflow],
                lasts=awaited.lasts,
                ends=awaited.ends,
            )
        )

    def _heed_runs(self, world: World) -> None:
        """What a run that somebody started has done when it ended well: after that of a rollback workflow the version
        before is served again."""
        now = self._stage.clock.at(world.now).timestamp()
        for run in self.runs:
            over = run.status(now) == ("completed", "success")
            if run.event != "workflow_dispatch" or not over or run.number in self._heeded:
                continue
            self._heeded.add(run.number)
            self._stage.heed_act(f"RUN {run.workflow}")
            world = self._stage.world()
            if not is_rollback(run.workflow):
                continue
            earlier = find_earlier_revision(world)
            if earlier is None:
                continue
            if world.scenario.platform in IN_THE_CLOUD:
                world = activate_revision(world, earlier.name, Caller(run.by))
                world = remember_state(replace(world, traffic=(TrafficShare(100, earlier.name),)))
                self._stage.become(world)
            else:
                self._stage.image_to_run = earlier.image


def name_workflow(file: str) -> str:
    return file.partition(".")[0].replace("-", " ")


def is_rollback(workflow: str) -> bool:
    return "rollback" in workflow or "roll-back" in workflow


def find_earlier_revision(world: World) -> SimulatedRevision | None:
    """The newest one that is well and has no traffic."""
    weights = world.weights()
    candidates: Sequence[SimulatedRevision] = [
        revision for revision in world.revisions if not revision.sick and not weights.get(revision.name)
    ]
    return max(candidates, key=lambda revision: revision.created, default=None)
