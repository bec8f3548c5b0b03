"""Why an action was not done: one sentence that says what to do instead."""

from collections.abc import Sequence

from cockpit.model.incident import Incident
from cockpit.model.problem import CodedError


class IncidentActionError(CodedError):
    """The message is for the person who asked."""


class AmbiguousIncident(IncidentActionError):  # noqa: N818  the screen asks which; nothing went wrong
    """Several are open, or ended lately, and none was named: `open` are those to choose from."""

    def __init__(self, open: Sequence[Incident]) -> None:
        self.open = tuple(open)
        names = ", ".join(incident.id for incident in open)
        self.standing = "are open" if self.open[0].open else "ended lately"
        super().__init__(
            f"{len(open)} incidents {self.standing} in {open[0].environment}; say which one: {names}.",
            code="ambiguous-incident",
            incidents=[incident.id for incident in open],
        )
