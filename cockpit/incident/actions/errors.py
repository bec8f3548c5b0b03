"""Why an action was not done: one sentence that says what to do instead."""

from collections.abc import Sequence

from cockpit.model.incident import Incident
from cockpit.model.problem import CodedError


class IncidentActionError(CodedError):
    """The message is for the person who asked."""


class AmbiguousIncident(IncidentActionError):  # noqa: N818  the screen asks which; nothing went wrong
    """None was named, and `open` are those to choose from: several are open, or ended lately, or the `doubt` tells why
    the only one need not be the one that is meant. `own` is the one of them that the person was at."""

    def __init__(self, open: Sequence[Incident], *, doubt: str = "", own: Incident | None = None) -> None:
        self.open, self.own = tuple(open), own
        names = ", ".join(incident.id for incident in open)
        standing = "are open" if self.open[0].open else "ended lately"
        self.reason = doubt or f"{len(open)} incidents {standing}"
        super().__init__(
            f"{self.reason} in {open[0].environment}; say which one: {names}.",
            code="ambiguous-incident",
            incidents=[incident.id for incident in open],
        )
