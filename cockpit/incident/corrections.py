"""Facts: what people stated, each as it stands after its corrections, in the order in which it was first stated."""

from dataclasses import replace
from datetime import timedelta

from cockpit.model.clock_steps import move_event
from cockpit.model.event import Event


class CorrectedFacts:
    """Events by the id of the one that first stated them, so a correction replaces its fact in place.

    What corrects an event from before `first` stands for itself, unless that event was taken here, too: else it is of
    another incident. Who first stated a fact stays its author, whoever corrected it.
    """

    def __init__(self, first: int = 0) -> None:
        self._first = first
        self._facts: dict[int, Event] = {}
        self._roots: dict[int, int] = {}  # a correction's id -> the id of what it corrects, in the end
        self._kinds: dict[str, set[int]] = {}  # the roots of each kind
        self._taken_over: set[int] = set()  # roots from before `first` that were taken, whether they stand still or not

    def of(self, *kinds: str) -> list[tuple[int, Event]]:
        """Each root with the event that stands for it."""
        roots = sorted(root for kind in kinds for root in self._kinds.get(kind, ()))
        return [(root, self._facts[root]) for root in roots]

    def root(self, id: int) -> int:
        """The id of the event that first stated what event `id` says."""
        return self._roots.get(id, id)

    def place(self, event: Event) -> int:
        """The root that an event belongs to; remembered, so that its own corrections find the same."""
        if event.supersedes is None:
            return event.id
        root = self.root(event.supersedes)
        if root < self._first and root not in self._taken_over:
            if event.id != self._first:
                self._roots[root] = event.id  # its next correction finds this one
            return event.id
        self._roots[event.id] = root
        return root

    def is_taken(self, id: int) -> bool:
        """Whether what event `id` first stated was taken here, even where a correction has moved it away since."""
        root = self.root(id)
        return root in self._facts or root in self._taken_over

    def put(self, root: int, event: Event) -> None:
        """Let an event stand at its root."""
        before = self._facts.get(root)
        if before is not None and before.kind != event.kind:
            self.withdraw(root)
        elif before is not None and before.actor:
            event = replace(event, actor=before.actor)
        self._facts[root] = event
        self._kinds.setdefault(event.kind, set()).add(root)
        if root < self._first:
            self._taken_over.add(root)

    def withdraw(self, root: int) -> bool:
        """True when there was something to take away."""
        gone = self._facts.pop(root, None)
        if gone is not None:
            self._kinds[gone.kind].discard(root)
        return gone is not None

    def at(self, root: int) -> Event:
        """Raises KeyError."""
        return self._facts[root]

    def move(self, length: timedelta, before: int | None = None) -> None:
        """Tell every fact by a clock that was set by so much, or those that were written before an event."""
        self._facts = {
            root: move_event(event, length) if before is None or event.id < before else event
            for root, event in self._facts.items()
        }

    def standing(self, id: int) -> int:
        """The id of the event that now stands for event `id`; itself where nobody corrected it."""
        event = self._facts.get(self.root(id))
        return id if event is None else event.id

    def redact(self, id: int) -> bool:
        """Forget the words of an event, as if the redacted file had been read."""
        root = self.root(id)
        event = self._facts.get(root)
        if event is None or event.id != id:
            return False
        self._facts[root] = replace(event, summary="", detail={}, redacted=True)
        return True
