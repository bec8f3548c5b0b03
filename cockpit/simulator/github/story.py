"""The pipelines behind a story: each revision of the world was made by a run of its deployment."""

from collections.abc import Sequence
from dataclasses import replace

from cockpit.simulator.github.host import FIRST_NUMBER, QUEUED_FOR, GithubHost, SimulatedRelease, SimulatedRun
from cockpit.simulator.world.changes import activate_revision
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
            self.workflows = {file: file.partition(".")[0].replace("-", " ") for file in stage.workflows}
        self._deploys = next((file for file in self.workflows if not is_rollback(file)), next(iter(self.workflows)))
        self._stage = stage
        self._rolled_back: set[int] = set()
        self._shown_revisions: set[str] = set()

    def look(self) -> None:
        """Take in what the world has become."""
        world, clock = self._stage.world(), self._stage.clock
        self._roll_back(world)
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

    def _roll_back(self, world: World) -> None:
        """A run of a rollback workflow that somebody started has ended well: the version before is served again."""
        now = self._stage.clock.at(world.now).timestamp()
        for run in self.runs:
            over = run.status(now) == ("completed", "success")
            if run.event != "workflow_dispatch" or not is_rollback(run.workflow) or not over:
                continue
            if run.number in self._rolled_back:
                continue
            self._rolled_back.add(run.number)
            earlier = find_earlier_revision(world)
            if earlier is None:
                continue
            if world.scenario.platform in IN_THE_CLOUD:
                world = activate_revision(world, earlier.name, Caller(run.by))
                world = remember_state(replace(world, traffic=(TrafficShare(100, earlier.name),)))
                self._stage.become(world)
            else:
                self._stage.image_to_run = earlier.image


def is_rollback(workflow: str) -> bool:
    return "rollback" in workflow or "roll-back" in workflow


def find_earlier_revision(world: World) -> SimulatedRevision | None:
    """The newest one that is well and has no traffic."""
    weights = world.weights()
    candidates: Sequence[SimulatedRevision] = [
        revision for revision in world.revisions if not revision.sick and not weights.get(revision.name)
    ]
    return max(candidates, key=lambda revision: revision.created, default=None)
