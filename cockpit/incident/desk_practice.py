"""The act of practising: a drill, a training or a review took place."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cockpit.incident.fold import Ledger
from cockpit.incident.refused import DeskError
from cockpit.model.clean import clean_line
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.near import near
from cockpit.model.plan import Practice

if TYPE_CHECKING:
    from cockpit.incident.desk import Desk

OLDEST = timedelta(days=731)  # what comes round once a year may be written down late


def practised(
    desk: "Desk", name: str, note: str = "", *, incident: str | None = None, at: datetime | None = None
) -> Event:
    """Write down that a practice of the plan was done; with `incident` by that drill, when it was resolved."""
    practice, now, words = practice_named(desk.plan.practices, name), desk.now(), clean_line(note)
    occurred = desk.past(at, now, OLDEST)

    def act(ledger: Ledger) -> Draft:
        meant = _over(desk.meant(ledger, incident)) if incident is not None else None
        detail = {"note": words, "incident": meant.id if meant else ""}
        if meant is None:
            return desk.draft(Kind.PRACTICE, detail, occurred, subject=practice.name)
        then = occurred if at is not None else meant.resolved or now
        return desk.of(meant, Kind.PRACTICE, detail, then, subject=practice.name)

    return desk.write(act)


def practice_named(practices: Sequence[Practice], text: str) -> Practice:
    """The practice of that name, else the only one that begins so or holds it. Raises DeskError."""
    wanted = clean_line(text).casefold()
    if not wanted:
        raise DeskError("Say what was practised; `cockpit drills` lists what there is.")
    if not practices:
        raise DeskError("No practice is known; `cockpit drills` says what makes one.")
    names = {each.name: each.name.casefold() for each in practices}
    for fits in (
        [name for name, folded in names.items() if folded == wanted],
        [name for name, folded in names.items() if folded.startswith(wanted)],
        [name for name, folded in names.items() if wanted in folded],
    ):
        if len(fits) == 1:
            return next(each for each in practices if each.name == fits[0])
        if fits:
            raise DeskError(f"`{clean_line(text, 80)}` may be {_either(fits)}; write more of the name.")
    close = near(clean_line(text), list(names))
    hint = f"did you mean {close}?" if close else "`cockpit drills` lists what there is."
    raise DeskError(f"There is no practice `{clean_line(text, 80)}`; {hint}")


def _either(names: Sequence[str]) -> str:
    shown = [clean_line(each, 60) for each in names]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _over(incident: Incident) -> Incident:
    """Raises DeskError for what is no drill, or not over yet."""
    if not incident.drill:
        raise DeskError(f"{incident.id} was no drill; without --incident the practice stands for itself.")
    if incident.resolved is None:
        raise DeskError(f"{incident.id} is still open; resolve it, then it counts as done.")
    return incident
