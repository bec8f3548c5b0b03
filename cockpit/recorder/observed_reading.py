"""A reading on its way into the record: the facts that it adds to what is known, and since when each may be so."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import UNSEEN_FROM, Draft, Kind, map_of, text_of, time_of
from cockpit.model.incident import RecordingBreak
from cockpit.model.reading import GRACE, Reading
from cockpit.model.time import format_timestamp
from cockpit.recorder.changes import list_changes
from cockpit.recorder.last_recorded import FLAPPING, LastRecorded
from cockpit.turns import take_turns

ASKED_ONE_BY_ONE = (Kind.PROBE, Kind.SIGNAL)  # dated by our look
# Dated by our look only where that is their moment: else their source told when. What a pipeline, a cluster or the
# cloud reports of itself is always dated by it.
LOOKED_AT_KINDS = (Kind.ALERT, Kind.REVISION, Kind.TRAFFIC, Kind.FEED)


@dataclass(frozen=True, slots=True)
class ObservedReading:
    """A reading that is not gone through yet; when it came, and when the one of its feed before it did."""

    reading: Reading[Any]
    now: datetime
    looked: datetime | None
    last_break: RecordingBreak | None = None  # until our first look at this feed
    seen_well: frozenset[str] = frozenset()  # probes and signals that were well at a look since then
    blind_since: datetime | None = None  # the last good answer, where the look before this one failed

    def take_changes(self, known: LastRecorded) -> list[Draft]:
        """The facts that it adds to what is known, of which it is a part from then on."""
        return self._take(known, list_changes(known, self.reading, self.now, self.looked))

    def take_many_changes(self, known: LastRecorded) -> list[Draft]:
        """The same of thousands, in a thread: it lets others compute in between."""
        return self._take(known, take_turns(list_changes(known, self.reading, self.now, self.looked)))

    def _take(self, known: LastRecorded, drafts: Iterable[Draft]) -> list[Draft]:
        dated = []
        for draft in map(self._date_unseen, drafts):
            known.apply(draft)
            dated.append(draft)
        return dated

    def _date_unseen(self, draft: Draft) -> Draft:
        """What was so at the first look after a break, or after looks that failed, may have been so all through it."""
        # After looks that failed the last change of an app, which dates a move, may be another than the one that moved.
        is_unsure = draft.kind == Kind.TRAFFIC and self.blind_since is not None and draft.occurred > self.blind_since
        if not (is_unsure or self._is_dated_by_look(draft)) or (unseen_from := self._find_unseen_from(draft)) is None:
            return draft
        earliest = min(time_of(draft.detail, UNSEEN_FROM) or unseen_from, unseen_from)
        return replace(draft, detail={**draft.detail, UNSEEN_FROM: format_timestamp(earliest)})

    def _find_unseen_from(self, draft: Draft) -> datetime | None:
        last_break = self.last_break
        evidence = map_of(draft.detail, "answer")
        if text_of(draft.detail, "state") == FLAPPING:  # noticed after several failures
            evidence = {"at": map_of(draft.detail, "flap").get("from")}
        began = min(draft.occurred, time_of(evidence, "at") or draft.occurred)
        is_first = last_break is not None and began <= last_break.end + timedelta(seconds=self.reading.every + GRACE)
        if last_break is not None and is_first and not self._was_seen_before(draft):
            return last_break.begin
        return self.blind_since if draft.kind in (Kind.REVISION, Kind.TRAFFIC) else None

    def _was_seen_before(self, draft: Draft) -> bool:
        """Whether an earlier look since the break found it otherwise. Probes are asked one by one, so the first answer
        of one may come with a later reading."""
        if draft.kind in ASKED_ONE_BY_ONE:
            return draft.subject in self.seen_well
        return self.looked is not None and self.last_break is not None and self.looked >= self.last_break.end

    def _is_dated_by_look(self, draft: Draft) -> bool:
        """A baseline says what there was when it was first seen, and nothing of since when."""
        if draft.kind in LOOKED_AT_KINDS:
            is_baseline = text_of(draft.detail, "what") == "baseline"
            return draft.occurred in (self.reading.at, self.now) and not is_baseline
        return draft.kind in ASKED_ONE_BY_ONE
