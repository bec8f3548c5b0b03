"""The one thing that changes: which world it is now. Everything else about the world is a value."""

from cockpit.simulator.clock import SimulatedClock
from cockpit.simulator.faults import Faults
from cockpit.simulator.progress import advance
from cockpit.simulator.scenario import Scenario
from cockpit.simulator.world import World, begin


class Stage:
    """A scenario being played: the clock, the world as of the last look, the faults in force."""

    def __init__(self, scenario: Scenario, clock: SimulatedClock) -> None:
        self.fqdn = ""  # where the workload answers over TLS, once it does
        self.scenario = scenario
        self.clock = clock
        self.faults = Faults()
        self._world = begin(scenario)
        for fault in scenario.faults:
            self.faults.arm(fault)

    def host(self, url: str) -> str:
        """What Azure would call the app's FQDN: its TLS address, or where we were asked when there is none."""
        return self.fqdn or url.partition("://")[2]

    def world(self) -> World:
        """The world at this moment."""
        self._world = advance(self._world, self.clock.elapsed())
        return self._world

    def become(self, world: World) -> World:
        """From now on the world is this one."""
        self._world = world
        return world
