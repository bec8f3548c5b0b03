"""The pipelines behind a story: each revision of the world was made by a run of its deployment."""

from cockpit.simulator.github.host import FIRST_NUMBER, QUEUED_FOR, GithubHost, SimulatedRelease, SimulatedRun
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.stage import Stage

LASTS = 90.0  # seconds of a deployment; the revision is there at its end


def tell_story(stage: Stage) -> GithubHost:
    """A repository whose runs are read off the world as it becomes: those of a revision that comes later, too."""
    return StoryHost(stage)


class StoryHost(GithubHost):
    """Knows the runs of the revisions that are there by now, and those that people started."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(repository=f"acme/{stage.scenario.site.app}")
        self._stage = stage
        self._told: set[str] = set()

    def look(self) -> None:
        """Take in what the world has become."""
        world, clock = self._stage.world(), self._stage.clock
        for revision in sorted(world.revisions, key=lambda revision: revision.created):
            if revision.name in self._told:
                continue
            self._told.add(revision.name)
            made = clock.at(revision.created).timestamp()
            self.runs.append(
                SimulatedRun(
                    number=max((run.number for run in self.runs), default=FIRST_NUMBER - 1) + 1,
                    workflow="deploy.yml",
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
