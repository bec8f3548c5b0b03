"""The tables of cockpit.toml that say what should happen in an incident, over what the documents say."""

from typing import Annotated, Literal

from pydantic import Field

from cockpit.config.fields import Clock, Day, Line, Name, Term, Zone
from cockpit.config.table import ConfigTable, written

RuleKind = Literal[
    "response", "commander", "checklist", "update", "escalation", "client", "breach", "rollback", "postmortem"
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Items = Annotated[list[Name], Field(min_length=1)]


class RuleTable(ConfigTable):
    """One deadline. It takes the place of every other of its kind for its severities."""

    kind: RuleKind = Field(description="What is due.")
    after: Term = Field(description="How long after what begins it; 0s is at once.")
    levels: list[Name] = Field([], description="The severities it holds for; all if not given.")
    what: Line = Field("", description="What is to be done, in a few words.")
    who: Line = Field("", description="Who does it, or is called; an escalation must say it.")
    counting: Literal["wall", "business hours", "business days"] = Field("wall", description="Which time counts.")
    checklist: Line = Field("", description="The name of the list that a checklist rule is about.")


class RoleTable(ConfigTable):
    """One hat in an incident."""

    name: Name = Field(description="As it is typed and shown.")
    duty: Line = Field("", description="What whoever wears it does.")
    lead: bool = Field(False, description="True for who commands; the first role if none is.")


class People(ConfigTable):
    """Who acts under which login."""

    shared_logins: list[Name] = Field(
        [], description="Logins that several people use; who they are is asked. root, ubuntu and the like always are."
    )


class ContactTable(ConfigTable):
    """Who is reached how."""

    role: Name = Field(description="As which they are called.")
    person: Line = Field("", description="Who it is.")
    backup: Line = Field("", description="Who else.")
    how: Line = Field("", description="How they are reached.")
    scope: Line = Field("", description="For what.")


class TargetTable(ConfigTable):
    """What may be lost and how long it may take in one scenario."""

    scenario: Name = Field(description="What has happened.")
    rpo: Term | None = Field(None, description="How much data may be lost, as a time; 0s is none.")
    rto: Term | None = Field(None, description="How long until it works again.")
    how: Line = Field("", description="The way back.")


class ChecklistTable(ConfigTable):
    """Boxes to tick."""

    name: Name = Field(description="As it is typed and shown.")
    items: Items = Field(description="What stands beside the boxes.")
    levels: list[Name] = Field([], description="The severities it opens for by itself; none if not given.")
    within: Term | None = Field(None, description="How soon every box is to be ticked.")


class HoursTable(ConfigTable):
    """When people work."""

    days: Annotated[list[Weekday], Field(min_length=1)] = Field(
        ["mon", "tue", "wed", "thu", "fri"], description="Days of the week."
    )
    opens: Clock = Field(written("08:00"), description="From, on the clock of the zone.")
    closes: Clock = Field(written("18:00"), description="Until; earlier than `opens` is on the next day.")
    zone: Zone = Field("", description="An IANA name; `time_zone` if not given.")
    holidays: list[Day] = Field([], description="Days off, as dates without quotes.")
