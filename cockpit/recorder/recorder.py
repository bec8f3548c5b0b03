"""The Recorder: readings become events. One per timeline file and environment; the others wait for its lock.

The lock says who may record, but it cannot stop one who believes to hold it: a process that was stopped in the middle
of its work goes on where it was, with facts in its hand that are an hour old. So who begins to record takes a lease:
the id of the event that says so. Every later transaction first looks whether a newer such event stands in the timeline,
and then writes nothing: what has happened since is the other's to tell.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cockpit.model.clock_steps import (
    LEAST_STEP,
    ClockStepWatch,
    draft_clock_step,
    move_moment,
    read_clock_step,
    read_length,
)
from cockpit.model.event import NEVER_RECORDED, Draft, Event, Kind, RecordError, text_of
from cockpit.model.incident import RecordingBreak
from cockpit.model.probe import ProbeState
from cockpit.model.reading import GRACE, Reading
from cockpit.model.time import StandstillWatch, Time, format_age, format_duration, format_timestamp, measure_between
from cockpit.recorder.last_recorded import RECORDED_KINDS, LastRecorded
from cockpit.recorder.lock import HolderWatch, LockHolder, RecorderLock, this_process, watch_holder
from cockpit.recorder.observed_reading import ObservedReading
from cockpit.recorder.recording_breaks import LEAST_BREAK, STOPPED, UNRECORDED, draft_short_break
from cockpit.timeline.rescue import FilesLostError
from cockpit.timeline.rows import PreparedRow, TimelineReader
from cockpit.timeline.timeline import Timeline

log = logging.getLogger(__name__)
BEAT = 2.0  # seconds between two signs of life, two looks at a lock that another holds, two tries on a full disk
GAP_AFTER = 30.0  # seconds nobody recorded before that is an event of its own; of less the lease tells
FEEDS_ASKED_ONE_BY_ONE = ("probes", "signals")
MOST_FACTS_READ = 20_000  # newest facts that are read back; what is older and still true is recorded once more
LATEST_FACTS = 50  # the newest facts among which the last of a recorder is looked for
RECORDER = "recorder"  # the source of what recorders write
LARGE = 1_000  # alerts of one reading: more are gone through in a thread, for keys are answered on the loop meanwhile


def read_last_recorded(timeline: Timeline, environment: str, until: int | None = None) -> LastRecorded:
    """What the timeline last recorded of an environment, up to the event `until`. Blocking. Raises RecordError."""
    last_recorded = LastRecorded()
    before = None if until is None else until + 1
    for event in timeline.events(environment=environment, kinds=RECORDED_KINDS, before=before, limit=MOST_FACTS_READ):
        last_recorded.apply(event)
    return last_recorded


def _make_break(silence: float, end: datetime) -> RecordingBreak | None:
    """The break of so many seconds that ended then; None where somebody recorded all the while."""
    return RecordingBreak(end - timedelta(seconds=silence), end) if silence > LEAST_BREAK else None


def _sum_clock_steps(events: Sequence[Event]) -> timedelta:
    return sum((step.length for event in events if (step := read_clock_step(event))), timedelta())


class LeaseLostError(RecordError):
    """Another cockpit records since: nothing of ours is written."""


class StaleStateError(RecordError):
    """Another cockpit wrote while we read what it last recorded: read again before the first word."""


@dataclass(frozen=True, slots=True)
class RecordedState:
    """What the timeline last recorded, until which event, and what to write first: the gap, and our lease.

    `superseded`: another cockpit has recorded since our own last lease.
    """

    known: LastRecorded
    until: int
    opening: tuple[Draft, ...]
    superseded: bool
    last_break: RecordingBreak | None


class Recorder:
    """Writes what changed in one environment. `observe` and `status` belong to the loop's thread."""

    def __init__(self, timeline: Timeline, environment: str, *, time: Time, lock_path: Path, who: str = "") -> None:
        """`who` is how other cockpits read us: `ana@jump-1 pid 4711`."""
        self._timeline = timeline
        self._environment = environment
        self._time = time
        self._who = who or this_process()
        self._lock = RecorderLock(lock_path, self._who, time=time)
        self._latest: dict[str, Reading[Any]] = {}
        self._known: LastRecorded | None = None  # None while another records, or nobody can
        self._opening: Sequence[Draft] = ()  # what is written first; with it our lease is taken
        self._read_until = 0  # id of the newest event when `_known` and `_opening` were made
        self._lease = 0  # id of the event by which we record; 0 before it is written
        self._last_lease = 0
        self._last_break: RecordingBreak | None = None  # before we began, or in which we stood still
        self._first_looks: dict[str, datetime] = {}  # of each feed, since we began or stood still
        self._seen_well: dict[str, frozenset[str]] = {}  # by feed: what was well at a look in its first interval
        self._standstill = StandstillWatch(time)
        self._clock_steps = ClockStepWatch(time)
        self._newest_clock_step = 0  # id of the newest one that we know of, whoever recorded it
        self._observed: deque[ObservedReading] = deque()  # large ones, and what came behind them; oldest first
        self._unsaved: deque[Sequence[Draft]] = deque()  # one poll each, oldest first
        self._wake = asyncio.Event()
        self._trouble = ""
        self._holder = ""
        self._watch: HolderWatch | None = None  # of the one we wait for
        self._passed_over = ""  # who held the lock that we took away, and for how long it had not moved

    @property
    def status(self) -> str:
        """`recording`, `recorded by ana@jump-1 pid 4711`, or `NOT RECORDED ...` with the reason and what waits."""
        if self._trouble:
            facts = sum(len(drafts) for drafts in self._unsaved)
            waiting = f", {facts} fact{'' if facts == 1 else 's'} waiting" if facts else ""
            return f"NOT RECORDED{waiting}: {self._trouble}"
        if self._known is not None and self._lease:
            return "recording"
        if self._timeline.read_only:
            return "not recording: read-only"
        return f"recorded by {self._holder}" if self._holder else "not recording yet"

    @property
    def is_written(self) -> bool:
        """Whether all that was observed is in the file."""
        return not self._unsaved and not self._observed

    def observe(self, reading: Reading[Any]) -> None:
        """Take a reading of any environment. Never blocks: what changed is queued and written elsewhere, and of
        thousands of alerts it is found out elsewhere, too."""
        if reading.environment != self._environment:
            return
        self._note_pause()
        before = self._latest.get(reading.feed)
        looked = before.at if before is not None else None  # after a failure that of the last good answer
        blind_since = looked if before is not None and before.problem is not None else None
        is_same_answer = before is not None and reading.problem is not None and reading.seen == before.seen
        # Whoever failed tells when it was answered last by the clock of then; ours may have been moved since.
        self._latest[reading.feed] = replace(reading, at=looked) if is_same_answer else reading
        is_from_before = reading.is_from_before(self._standstill.woke)
        if reading.at is not None and reading.problem is None and not is_from_before:
            self._first_looks.setdefault(reading.feed, reading.at)
        seen_well = self._seen_well.get(reading.feed, frozenset())
        self._note_well(reading)
        if self._known is None or is_from_before:
            return
        last_break = self._find_unseen_break(reading.feed)
        observed = ObservedReading(reading, self._time.now(), looked, last_break, seen_well, blind_since)
        if self._observed or _is_large(reading):
            self._observed.append(observed)
            self._wake.set()
        else:
            self._add_unsaved(observed.take_changes(self._known))

    def _find_unseen_break(self, feed: str) -> RecordingBreak | None:
        """The last break as far as we had not looked at that feed yet, waiting for the lock or for the file."""
        first, last_break = self._first_looks.get(feed), self._last_break
        if last_break is None or first is None or first >= last_break.end:
            return last_break
        return RecordingBreak(last_break.begin, first)

    def _note_well(self, reading: Reading[Any]) -> None:
        """Of probes and signals, which were well in the first interval: what is bad later began after that."""
        first = self._first_looks.get(reading.feed)
        if first is None or reading.feed not in FEEDS_ASKED_ONE_BY_ONE or reading.at is None or not reading.value:
            return
        if reading.at <= first + timedelta(seconds=reading.every + GRACE):
            well = {item.name for item in reading.value if item.state is ProbeState.UP}
            self._seen_well[reading.feed] = self._seen_well.get(reading.feed, frozenset()) | well

    def learn(self, events: Sequence[Event]) -> None:
        """Take what people wrote of alerts themselves: one that somebody settled fires anew when it fires again."""
        for event in events:
            if self._known is not None and event.kind == Kind.ALERT and event.source != "recorder":
                self._known.apply(event)

    async def run(self) -> None:
        """Record whenever the lock is ours, until cancelled; what is queued by then is still written."""
        while not self._timeline.read_only:
            self._note_pause()
            before = await asyncio.to_thread(self._lock.read_holder)  # taking the lock writes to the file that tells
            if await self._take_lock():
                try:
                    await self._record(before)
                finally:
                    await self._end()
            await self._time.sleep(BEAT)

    async def _take_lock(self) -> bool:
        try:
            # Who cannot write there any more keeps nobody from it who can: the lock may lie beside a new file by now.
            await asyncio.to_thread(self._timeline.check_files)
            mine = await asyncio.to_thread(self._lock.try_acquire)
            return mine or await self._wait_for_holder()
        except RecordError as error:
            self._trouble = str(error)
            return False

    async def _wait_for_holder(self) -> bool:
        """One look at who holds the lock; true when it did not move and we have passed it over. Raises RecordError."""
        holder = await asyncio.to_thread(self._lock.read_holder)
        if holder is None:
            self._watch = None
            return False
        self._holder = holder.who
        self._watch = watch_holder(self._watch, holder, self._time.monotonic())
        self._trouble = ""
        if not self._watch.hung:
            return False
        still = format_age(self._watch.still)
        if not holder.may_be_passed_over:
            raise RecordError(
                f"{holder.who} holds the recorder's lock and has not moved for {still}. It is an older version, which "
                "cannot be passed over: bring it back with `fg`, or end it.",
                code="recorder-older",
                person=holder.who,
            )
        try:
            mine = await asyncio.to_thread(self._lock.pass_over, holder)
        except RecordError as error:
            raise RecordError(
                f"{holder.who} holds the recorder's lock and has not moved for {still}. The lock cannot be taken away: "
                f"{error}",
                code="recorder-stuck",
                person=holder.who,
                error=error,
            ) from error
        self._passed_over = f"which had not moved for {still}" if mine else ""
        return mine

    async def _record(self, before: LockHolder | None) -> None:
        """`before` is what the lock file held before it was ours."""
        beating = asyncio.ensure_future(self._keep_beating())
        try:
            while self._lock.held:
                if self._known is None and not await self._begin(before):
                    return
                await self._go_through()
                await self._save()
                await self._rest()
        finally:
            beating.cancel()

    async def _keep_beating(self) -> None:
        """On the loop, and not in the thread that writes: a loop that hangs must look so, a slow disk must not."""
        while True:
            self._note_pause()
            self._beat()
            await self._time.sleep(BEAT)

    def _beat(self) -> None:
        """A sign of life; and of recording only while nothing waits to be written: a gap that is not in the file yet
        would be lost with us."""
        recording = self._lease > 0 and self.is_written and not self._trouble
        self._lock.beat(self._lease, recording=recording)

    async def _begin(self, before: LockHolder | None) -> bool:
        """Find out what was last recorded, and line up what is new; false when the timeline cannot be read."""
        try:
            state = await asyncio.to_thread(self._read_state, before)
        except RecordError as error:
            self._trouble = str(error)
            return False
        if state.superseded:
            self._drop_unsaved()
        self._known, self._read_until, self._opening = state.known, state.until, state.opening
        self._last_break = state.last_break
        self._newest_clock_step = max(self._newest_clock_step, state.until)
        for batch in self._unsaved:
            for draft in batch:
                self._known.apply(draft)
        for reading in sorted(self._latest.values(), key=lambda reading: reading.tried):
            self.observe(reading)
        return True

    def _read_state(self, before: LockHolder | None) -> RecordedState:
        """Blocking."""
        until = max((event.id for event in self._timeline.events(limit=1)), default=0)
        last_recorded = read_last_recorded(self._timeline, self._environment, until)
        leases = self._timeline.events(environment=self._environment, kinds=[Kind.RECORDER], after=self._last_lease)
        silence, end = self._silence_before(before), self._time.now()
        is_gap = silence is not None and silence > GAP_AFTER
        last_break = None if silence is None else _make_break(silence, end)
        return RecordedState(
            last_recorded,
            until,
            (
                *self._clock_step_before(before),
                *([self._gap(silence)] if silence is not None and is_gap else ()),
                self._about_us("took over" if self._holder else "started", None if is_gap else last_break),
            ),
            superseded=bool(self._last_lease) and any(text_of(event.detail, "what") != STOPPED for event in leases),
            last_break=RecordingBreak(NEVER_RECORDED, end) if silence is None else last_break,
        )

    def _silence_before(self, before: LockHolder | None) -> float | None:
        """How long nobody recorded until now, in seconds: by the boot clock where it went on counting, else by what is
        written. None where nobody ever did."""
        kinds = (*RECORDED_KINDS, Kind.RECORDER, Kind.GAP)
        newest = self._timeline.events(environment=self._environment, kinds=kinds, limit=1)
        if not newest:
            return None
        silence = max(0.0, (self._time.now() - newest[-1].recorded).total_seconds())
        if before is not None:
            counted = before.silence_by_boot_clock(self._time, self._lock.boot)
            silence = min(silence, before.silence_by_wall_clock(self._time)) if counted is None else counted
        return silence

    def _clock_step_before(self, before: LockHolder | None) -> list[Draft]:
        """By how much the clock was set since somebody last recorded, where the machine has counted on since; less
        what others have recorded of it in the meantime."""
        counted = before.silence_by_boot_clock(self._time, self._lock.boot) if before is not None else None
        if before is None or counted is None:
            return self._clock_step_by_record()
        length = timedelta(seconds=before.silence_by_wall_clock(self._time) - counted)
        kinds = (*RECORDED_KINDS, Kind.RECORDER, Kind.GAP, Kind.WALL_CLOCK)
        since = max(
            (
                event.id
                for event in self._timeline.events(environment=self._environment, kinds=kinds, limit=LATEST_FACTS)
                if event.source == RECORDER
            ),
            default=0,
        )
        length -= _sum_clock_steps(
            self._timeline.events(environment=self._environment, kinds=[Kind.WALL_CLOCK], after=since)
        )
        return self._draft_clock_step(length)

    def _clock_step_by_record(self) -> list[Draft]:
        """By how much it was set back at least, by the record alone: what stands there last is from later than now."""
        newest = self._timeline.events(environment=self._environment, limit=1)
        length = self._time.now() - newest[-1].recorded if newest else timedelta()
        return self._draft_clock_step(min(length, timedelta()))

    def _draft_clock_step(self, length: timedelta) -> list[Draft]:
        if abs(length.total_seconds()) < LEAST_STEP:
            return []
        return [draft_clock_step(self._environment, length, self._time.now(), RECORDER)]

    def _note_pause(self) -> None:
        """Whether we stood still ourselves, stopped or asleep: then nobody recorded, and the timeline says so first."""
        silence = self._standstill.look()
        if step := self._clock_steps.look():
            self._note_clock_step(step)  # before the gap, which is dated by the clock of now
        if silence:  # who waits for the lock, too: looks from before tell nothing of what was meanwhile
            self._first_looks.clear()
            self._seen_well.clear()
        if self._known is not None and silence:  # before the lease, too: what is written with it ends before
            end = self._time.now()
            self._last_break = RecordingBreak(end - timedelta(seconds=silence), end)
            self._queue([self._gap(silence)])

    def _note_clock_step(self, step: timedelta) -> None:
        """The moments that later ones are compared with are told by the clock of now from here on."""
        if self._last_break is not None:
            self._last_break = self._last_break.moved(step)
        self._first_looks = {feed: move_moment(first, step) for feed, first in self._first_looks.items()}
        self._latest = {
            feed: reading if reading.at is None else replace(reading, at=move_moment(reading.at, step))
            for feed, reading in self._latest.items()
        }
        self._queue(self._draft_clock_step(step))

    def _gap(self, seconds: float) -> Draft:
        end = self._time.now()
        begin = end - timedelta(seconds=seconds)
        return Draft(
            Kind.GAP,
            f"nobody recorded for {format_duration(measure_between(begin, end))}, from {begin:%Y-%m-%d %H:%M:%S}Z",
            end,
            self._environment,
            source=RECORDER,
            detail={"from": format_timestamp(begin), "until": format_timestamp(end)},
        )

    def _about_us(self, what: str, short_break: RecordingBreak | None = None) -> Draft:
        detail: dict[str, Any] = {"what": what, "who": self._who}
        if short_break is not None:
            detail[UNRECORDED] = draft_short_break(short_break.begin, short_break.end)
        if self._passed_over:
            detail["passed_over"] = self._holder
        length = format_duration(measure_between(short_break.begin, short_break.end)) if short_break else ""
        silence = f"nobody recorded for {length} before" if length else ""
        holder = f"from {self._holder}" if self._holder else ""
        more = ", ".join(part for part in (holder, self._passed_over, silence) if part)
        return Draft(
            Kind.RECORDER,
            " ".join(part for part in ("recording", what, "by", self._who, "" if what == STOPPED else more) if part),
            self._time.now(),
            self._environment,
            source=RECORDER,
            detail=detail,
        )

    def _queue(self, drafts: Sequence[Draft]) -> None:
        if not drafts or self._known is None:
            return
        for draft in drafts:
            self._known.apply(draft)
        self._add_unsaved(drafts)

    def _add_unsaved(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            self._unsaved.append(drafts)
            self._wake.set()

    async def _go_through(self) -> None:
        """The readings that wait for it, each in a thread."""
        while self._known is not None and self._observed:
            working = asyncio.ensure_future(asyncio.to_thread(self._observed[0].take_many_changes, self._known))
            interrupted = await _wait_through(working)
            self._observed.popleft()
            if error := working.exception():
                log.error("a poll could not be gone through", exc_info=error)
            else:
                self._add_unsaved(working.result())
            if interrupted is not None:
                raise interrupted

    async def _save(self) -> None:
        """Write what is queued, one transaction a poll. What cannot be written stays, in order, for the next beat."""
        if self._lease and not self._unsaved and not await self._write((), self._check_files):
            return  # reported now, and not only when there is a fact to write
        begins = self._known is not None and not self._lease
        if begins and await self._write(self._opening, self._take_lease):
            # At once: stopped before the next beat, the lock would not tell by the boot clock when we recorded.
            self._lock.beat(self._lease, recording=True)
        while self._unsaved and self._lease:
            if not await self._write(self._unsaved[0], self._record_by_lease):
                return

    def _check_files(self, _: Sequence[Draft]) -> None:
        """Blocking."""
        self._timeline.check_files()

    def _take_lease(self, opening: Sequence[Draft]) -> None:
        """Blocking. From here on whoever recorded before can write nothing more, wherever it was stopped."""
        until = self._read_until

        def plan(reader: TimelineReader) -> Sequence[Draft]:
            if reader.events(
                environment=self._environment, kinds=(*RECORDED_KINDS, Kind.RECORDER), after=until, limit=1
            ):
                raise StaleStateError(
                    "Another cockpit wrote in the same moment; what it wrote is read first.", code="stale-state"
                )
            return self._without_recorded_steps(opening, reader)

        events = self._timeline.record(plan)
        self._newest_clock_step = events[-1].id
        self._lease = self._last_lease = next(event.id for event in events if event.kind == Kind.RECORDER)

    def _record_by_lease(self, batch: Sequence[Draft]) -> None:
        """Blocking. Raises LeaseLostError when another has begun to record since we did."""
        lease = self._lease
        has_step = any(draft.kind == Kind.WALL_CLOCK for draft in batch)
        prepared = [] if has_step else self._timeline.prepare(batch)  # else an own act waits for all of a storm's poll

        def plan(reader: TimelineReader) -> Sequence[Draft | PreparedRow]:
            newer = reader.events(environment=self._environment, kinds=[Kind.RECORDER], after=lease)
            if any(text_of(event.detail, "what") != STOPPED for event in newer):
                raise LeaseLostError("Another cockpit records now.", code="lease-lost")
            return self._without_recorded_steps(batch, reader) if has_step else prepared

        newest = self._timeline.record_many(plan)
        self._newest_clock_step = self._newest_clock_step if newest is None else newest

    def _without_recorded_steps(self, batch: Sequence[Draft], reader: TimelineReader) -> Sequence[Draft]:
        """A step of the clock, less what somebody who acted in the same moment has recorded of it already."""
        newest = self._newest_clock_step
        length = _sum_clock_steps(reader.events(environment=self._environment, kinds=[Kind.WALL_CLOCK], after=newest))
        return [
            draft
            for original in batch
            for draft in (
                self._draft_clock_step(read_length(original.detail) - length)
                if original.kind == Kind.WALL_CLOCK
                else [original]
            )
        ]

    async def _write(self, batch: Sequence[Draft], write: Callable[[Sequence[Draft]], None]) -> bool:
        """One transaction; true when it is done with, one way or another."""
        writing = asyncio.ensure_future(asyncio.to_thread(write, batch))
        interrupted = await _wait_through(writing)  # until we know whether it is in the file
        done = self._settle(batch, writing.exception())
        if interrupted is not None:
            raise interrupted
        return done

    def _settle(self, batch: Sequence[Draft], error: BaseException | None) -> bool:
        if isinstance(error, LeaseLostError):
            self._give_up()
            return False
        if isinstance(error, StaleStateError):
            self._drop_unsaved()
            self._known = None
            return False
        if isinstance(error, FilesLostError):
            self._trouble = str(error)
            self._lock.release()
            return False
        if isinstance(error, RecordError):
            self._trouble = str(error)
            return False
        if error is not None:
            log.error("a poll could not be recorded: %s", [draft.summary for draft in batch], exc_info=error)
            if batch is self._opening:
                self._trouble = "The recording could not begin; the log file has the details."
                return False
        if self._unsaved and self._unsaved[0] is batch:
            self._unsaved.popleft()
        self._trouble = ""
        return True

    def _give_up(self) -> None:
        """We were passed over while we stood still: the other has recorded what happened since, by its own readings."""
        log.warning("another cockpit took over the recording of %s", self._environment)
        self._drop_unsaved()
        self._known, self._lease = None, 0
        self._lock.release()

    def _drop_unsaved(self) -> None:
        for draft in (draft for batch in self._unsaved for draft in batch):
            log.error("never recorded: %s", draft)
        self._unsaved.clear()
        self._observed.clear()

    async def _end(self) -> None:
        """Write what is left and that we stopped, then let go of the lock."""
        if self._known is not None and self._lock.held:
            await self._go_through()
            self._queue([self._about_us(STOPPED)])
            await self._save()
            self._beat()
            for draft in (draft for batch in self._unsaved for draft in batch):
                log.error("never recorded: %s", draft)
        self._known, self._lease = None, 0
        self._observed.clear()
        self._holder = self._passed_over = ""
        self._watch = None
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


def _is_large(reading: Reading[Any]) -> bool:
    return isinstance(reading.value, tuple) and len(reading.value) > LARGE


async def _wait_through(working: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Until a thread is done, which cannot be stopped. The interruption that came meanwhile is answered, for whoever
    asked to raise it once all is in order."""
    interrupted: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            interrupted = error
    return interrupted
