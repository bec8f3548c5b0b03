"""The messages of an incident while somebody writes: what is filled in, and the words that a person made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cockpit.incident.messages.offers import MessageContext, compose_message, list_promise_lengths
from cockpit.incident.messages.template import FilledMessage, list_short_values
from cockpit.model.plan import Template

NOTHING = timedelta()
CHANGED, COPIED, SENT = "changed", "copied", "sent"


@dataclass(frozen=True, slots=True)
class Words:
    """A message that a person changed or copied: from then on it is not filled anew."""

    text: str
    filled: FilledMessage
    at: datetime  # when it was filled
    state: str = CHANGED


class Drafts:
    """One draft a template. `filled` is what the one in front was last filled with."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self.templates = {template.id: template for template in templates}
        self.filled = FilledMessage("")
        self._at = datetime.min.replace(tzinfo=UTC)  # when that was filled
        self._kept: dict[str, Words] = {}
        self._promise: timedelta | None = None  # None is as often as the rules ask

    @property
    def states(self) -> dict[str, str]:
        """What a person did with which draft."""
        return {id: parts.state for id, parts in self._kept.items()}

    def turn(self) -> None:
        """Another draft is in front: what was chosen for the last one does not hold for it."""
        self._promise = None

    def show(self, id: str, scene: MessageContext, now: datetime, audience: str = "") -> str:
        """The text of a draft: a person's words as they are, else filled from this moment."""
        kept = self._kept.get(id)
        self.filled = kept.filled if kept else compose_message(self.templates[id], scene, now, self._promise, audience)
        self._at = kept.at if kept else now
        return kept.text if kept else self.filled.text

    def typed(self, id: str, text: str) -> None:
        """A person changed it."""
        self._kept[id] = Words(text, self.filled, self._at)

    def taken(self, id: str, text: str) -> Words:
        """It was copied: from now on it stays word for word, so that the timeline has what was sent."""
        parts = self._kept[id] = Words(text, self.filled, self._at, COPIED)
        return parts

    def on_record(self, id: str) -> None:
        if id in self._kept:
            self._kept[id] = replace(self._kept[id], state=SENT)

    @property
    def unsaved(self) -> bool:
        """Whether words of a person went nowhere yet."""
        return CHANGED in self.states.values()

    def list_short(self, id: str) -> list[str]:
        """What stands in place of a field and is hardly an answer: a key that fell into it, say."""
        kept = self._kept.get(id)
        return list_short_values(kept.filled.text, kept.text) if kept else []

    def doubt(self, id: str, missing: int) -> str:
        """Why a second press is asked for before it is written down as sent; "" when one is enough."""
        if missing:
            what = "One field is" if missing == 1 else f"{missing} fields are"
            return f"{what} not filled; tab goes there. Press s again if it was sent as it stands."
        if short := self.list_short(id):
            return f"“{short[0]}” is all that stands in one field. Press s again if it was sent as it stands."
        if self.states.get(id) == SENT:
            return "It is recorded already. Press s again if it was sent once more."
        return ""

    def promise_another(self, id: str, scene: MessageContext, now: datetime) -> bool:
        """The next choice of when another follows, in the end none. True where a person's words stay as they are."""
        choices = (*list_promise_lengths(self.templates[id], scene.incident, scene.plan), NOTHING)
        due = self.filled.promised
        length = due - now.replace(second=0, microsecond=0) if due else NOTHING
        self._promise = choices[(choices.index(length) + 1) % len(choices)] if length in choices else choices[0]
        kept = self._kept.get(id)
        if kept is None:
            return False
        promised = compose_message(self.templates[id], scene, now, self._promise).promised
        self._kept[id] = replace(kept, filled=replace(kept.filled, promised=promised), at=now)
        return True


def count_minutes(promised: datetime, now: datetime) -> int:
    """In how many whole minutes it is due."""
    return max(0, int((promised - now).total_seconds()) // 60)
