"""What the probes of one environment share: look-ups, the meter of our own lag, the judgement of our own line."""

from collections.abc import Sequence
from contextlib import suppress

from cockpit.feeds.http import Reveal, tls_context
from cockpit.feeds.probes_check import ProbeEndpoint
from cockpit.feeds.probes_lag import LoopLag
from cockpit.feeds.probes_line import Line
from cockpit.feeds.probes_resolver import Resolver
from cockpit.feeds.probes_verdict import CheckOutcome
from cockpit.model.probe import Probe
from cockpit.model.time import Time


def warm_up(probes: Sequence[Probe]) -> None:
    """Make the TLS contexts the probes will want. Blocking; an unreadable CA file is the probe's to report."""
    for verify, ca_file in {(each.verify_tls, each.ca_file) for each in probes}:
        with suppress(OSError):
            tls_context(verify, ca_file)


class Engine:
    """Asks endpoints over the network. Belongs to the loop it is made on; `aclose` ends it."""

    def __init__(
        self,
        probes: Sequence[Probe],
        references: Sequence[str] = (),
        *,
        time: Time,
        reveal: Reveal,
        resolver: Resolver | None = None,
    ) -> None:
        resolver = resolver or Resolver()
        line = Line(references, resolver)
        self._lag = LoopLag()
        self._endpoints = {
            each.name: ProbeEndpoint(each, resolver=resolver, line=line, lag=self._lag, time=time, reveal=reveal)
            for each in probes
        }
        self._lag.start()

    async def ask(self, probe: Probe) -> CheckOutcome:
        return await self._endpoints[probe.name].ask()

    async def aclose(self) -> None:
        self._lag.stop()
        for each in self._endpoints.values():
            await each.aclose()
