"""What placeholders stand for: the operator's answer, the environment's values, what the panes show. Never a guess."""

from dataclasses import dataclass, field

from cockpit.model.revision import Application


@dataclass(frozen=True, slots=True)
class Live:
    """What the panes show that can fill a placeholder; "" where it is not known. Built from Readings by `live`."""

    applications: tuple[Application, ...] = ()
    app: str = ""
    fqdn: str = ""
    previous: str = ""  # the revision a rollback would go to
    bad: str = ""  # the revision it would leave
    serving: str = ""  # the one with the most traffic
    replica: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """One placeholder: its value, or None with the `problem`. `shown` is masked when it is a secret."""

    name: str
    value: str | None = field(repr=False)
    shown: str = ""
    source: str = ""  # operator | environment | live
    problem: str = ""
    secret: bool = False
    hint: str = ""  # the document's own literal: to be shown beside the question, never taken
    choices: tuple[str, ...] = ()  # what to choose from, when that is known
