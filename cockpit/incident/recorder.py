"""The Recorder: readings become events. One per timeline file and environment; the others wait for its lock."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cockpit.incident.changes import changes
from cockpit.incident.known import TOLD, Known
from cockpit.incident.lock import RecorderLock, this_process
from cockpit.incident.store import Timeline
from cockpit.model.event import Draft, Kind, RecordError
from cockpit.model.reading import Reading
from cockpit.model.time import Time, age, stamp

log = logging.getLogger(__name__)
BEAT = 2.0  # seconds between two signs of life, two looks at a lock that another holds, two tries on a full disk
GAP_AFTER = 30.0  # seconds nobody recorded before the timeline says so; a restart is no gap
FOLDED = 20_000  # newest facts that are read back; what is older and still true is told once more


class Recorder:
    """Writes what changed in one environment. `observe` and `status` belong to the loop's thread."""

    def __init__(self, timeline: Timeline, environment: str, *, time: Time, lock_path: Path, who: str = "") -> None:
        """`who` is how other cockpits read us: `ana@jump-1 pid 4711`."""
        self._timeline = timeline
        self._environment = environment
        self._time = time
        self._who = who or this_process()
        self._lock = RecorderLock(lock_path, self._who)
        self._latest: dict[str, Reading[Any]] = {}
        self._known: Known | None = None  # None while another records, or nobody can
        self._unsaved: deque[Sequence[Draft]] = deque()  # one poll each, oldest first
        self._wake = asyncio.Event()
        self._trouble = ""
        self._holder = ""

    @property
    def status(self) -> str:
        """`recording`, `recorded by ana@jump-1 pid 4711`, or `NOT RECORDED ...` with the reason and what waits."""
        if self._trouble:
            facts = sum(len(each) for each in self._unsaved)
            waiting = f", {facts} fact{'' if facts == 1 else 's'} waiting" if facts else ""
            return f"NOT RECORDED{waiting}: {self._trouble}"
        if self._known is not None:
            return "recording"
        if self._timeline.read_only:
            return "not recording: read-only"
        return f"recorded by {self._holder}" if self._holder else "not recording yet"

    def observe(self, reading: Reading[Any]) -> None:
        """Take a reading of any environment. Never blocks: what changed is queued and written elsewhere."""
        if reading.environment != self._environment:
            return
        self._latest[reading.feed] = reading
        if self._known is not None:
            self._queue(changes(self._known, reading, self._time.now()))

    async def run(self) -> None:
        """Record whenever the lock is ours, until cancelled; what is queued by then is still written."""
        while not self._timeline.read_only:
            last_beat = self._last_beat()  # taking the lock writes to the file that tells
            if await self._take_lock():
                try:
                    await self._record(last_beat)
                finally:
                    await self._end()
            await self._time.sleep(BEAT)

    async def _take_lock(self) -> bool:
        try:
            mine = await asyncio.to_thread(self._lock.try_acquire)
        except RecordError as error:
            self._trouble = str(error)
            return False
        if not mine:
            self._trouble = ""
            self._holder = await asyncio.to_thread(self._lock.holder) or self._holder
        return mine

    async def _record(self, last_beat: datetime | None) -> None:
        try:
            self._known, opening = await asyncio.to_thread(self._resume, last_beat)
        except RecordError as error:
            self._trouble = str(error)
            return
        self._queue(opening)
        for reading in sorted(self._latest.values(), key=lambda each: each.tried):
            self.observe(reading)
        while self._lock.held:
            await self._save()
            self._beat()
            await self._rest()

    def _resume(self, last_beat: datetime | None) -> tuple[Known, list[Draft]]:
        """Blocking. What the timeline last said, and what to write before anything new: the gap, and that we began."""
        known = Known()
        for event in self._timeline.events(environment=self._environment, kinds=TOLD, limit=FOLDED):
            known.apply(event)
        for batch in self._unsaved:
            for draft in batch:
                known.apply(draft)
        now = self._time.now()
        kinds = (*TOLD, Kind.RECORDER, Kind.GAP)
        before = self._timeline.events(environment=self._environment, kinds=kinds, limit=1)
        opening = []
        if before:
            silent_from = max(before[-1].recorded, last_beat or before[-1].recorded)
            if (now - silent_from).total_seconds() > GAP_AFTER:
                opening.append(self._gap(silent_from, now))
        what = "took over" if self._holder else "started"
        opening.append(self._about_us(what, f"from {self._holder}" if self._holder else ""))
        return known, opening

    def _gap(self, begin: datetime, end: datetime) -> Draft:
        lasted = age((end - begin).total_seconds())
        return Draft(
            Kind.GAP,
            f"nobody recorded for {lasted}, from {begin:%Y-%m-%d %H:%M:%S}Z",
            end,
            self._environment,
            source="recorder",
            detail={"from": stamp(begin), "until": stamp(end)},
        )

    def _about_us(self, what: str, more: str = "") -> Draft:
        return Draft(
            Kind.RECORDER,
            " ".join(part for part in ("recording", what, "by", self._who, more) if part),
            self._time.now(),
            self._environment,
            source="recorder",
            detail={"what": what, "who": self._who},
        )

    def _queue(self, drafts: Sequence[Draft]) -> None:
        if not drafts or self._known is None:
            return
        for draft in drafts:
            self._known.apply(draft)
        self._unsaved.append(drafts)
        self._wake.set()

    async def _save(self) -> None:
        """Write what is queued, one transaction a poll. What cannot be written stays, in order, for the next beat."""
        while self._unsaved:
            batch = self._unsaved[0]
            writing = asyncio.ensure_future(asyncio.to_thread(self._timeline.record, batch))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                # The thread cannot be stopped: wait until we know whether these facts are in the file.
                if not await self._settled(writing):
                    self._unsaved.popleft()
                raise
            except RecordError as error:
                self._trouble = str(error)
                return
            except Exception:
                log.exception("a poll could not be recorded: %s", [each.summary for each in batch])
            self._unsaved.popleft()
            self._trouble = ""

    @staticmethod
    async def _settled(writing: "asyncio.Future[Any]") -> BaseException | None:
        await asyncio.wait({writing})
        return writing.exception()

    async def _end(self) -> None:
        """Write what is left and that we stopped, then let go of the lock."""
        if self._known is not None and self._lock.held:
            self._queue([self._about_us("stopped")])
            await self._save()
            self._beat()
            for draft in (each for batch in self._unsaved for each in batch):
                log.error("never recorded: %s", draft)
        self._known = None
        self._holder = ""
        self._lock.release()

    async def _rest(self) -> None:
        """Until something is queued, or for a beat; for a whole one while the file cannot be written."""
        if self._trouble:
            self._wake.clear()
            await self._time.sleep(BEAT)
            return
        waking = asyncio.ensure_future(self._wake.wait())
        sleeping = asyncio.ensure_future(self._time.sleep(BEAT))
        try:
            await asyncio.wait((waking, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            sleeping.cancel()
            self._wake.clear()

    def _beat(self) -> None:
        """The lock file's time is our last sign of life: it tells the next recorder how long nobody looked."""
        now = self._time.now().timestamp()
        with suppress(OSError):
            os.utime(self._lock.path, (now, now))

    def _last_beat(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self._lock.path.stat().st_mtime, UTC)
        except OSError:
            return None
