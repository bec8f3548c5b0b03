"""How the alerts of a source go on from one poll to the next. Vanished is not resolved until something confirms it.

An Alertmanager that restarts lists nothing; a Prometheus that froze lets its alerts run out; both look like peace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cockpit.feeds.alertmanager_parse import Entry
from cockpit.feeds.alertmanager_rules import Rules
from cockpit.model.alert import Alert, AlertState
from cockpit.model.time import age

YOUNG = timedelta(minutes=5)  # a server that started this recently may not have heard of its alerts again
SHOWN_RESOLVED = timedelta(minutes=10)
SHOWN_IN_DOUBT = timedelta(hours=24)
REPEATS = 2  # repetitions of its sender an alert may miss
RESEND = timedelta(minutes=1)  # Prometheus' own default


class Doubt(StrEnum):
    """Why its absence does not prove that an alert ended."""

    NONE = ""
    RESTARTED = "restarted"
    EXPIRED = "expired"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Tracked:
    """An alert as it is remembered. `vanished` and `resolved` are when; None while it is not."""

    entry: Entry
    state: AlertState
    note: str = ""
    vanished: datetime | None = None
    doubt: Doubt = Doubt.NONE
    resolved: datetime | None = None

    @property
    def alert(self) -> Alert:
        own = self.entry.alert
        same = (own.state, own.note) == (self.state, self.note)
        return own if same else replace(own, state=self.state, note=self.note)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the lists. `whole`: every server answered in full, so that absence means something.

    `started` is when the youngest server did; `watchdog` what is known of the alert that must always fire
    (None: missing); `rules` what Prometheus says, None when it was not asked or did not answer.
    """

    now: datetime
    whole: bool = True
    started: datetime | None = None
    watched: bool = False  # a watchdog is configured
    watchdog: Entry | None = None
    rules: Rules | None = None


def merge(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The entries of all servers of a cluster by fingerprint: earliest start, freshest word, louder state."""
    found: dict[str, Entry] = {}
    for entry in entries:
        other = found.get(entry.alert.fingerprint)
        found[entry.alert.fingerprint] = entry if other is None else _joined(other, entry)
    return found


def _joined(one: Entry, two: Entry) -> Entry:
    loud, quiet = (two, one) if one.alert.state is AlertState.SUPPRESSED else (one, two)
    alert = replace(
        loud.alert,
        since=min(one.alert.since, two.alert.since),
        seen_by=tuple(sorted({*loud.alert.seen_by, *quiet.alert.seen_by})),
    )
    return Entry(alert, max(one.updated, two.updated), max(one.ends, two.ends))


def transition(before: Mapping[str, Tracked], seen: Mapping[str, Entry], context: Context) -> dict[str, Tracked]:
    """The alerts after a poll, by fingerprint: those seen, and of those before what may still be said."""
    after = {name: Tracked(entry, entry.alert.state, entry.alert.note) for name, entry in seen.items()}
    for name, tracked in before.items():
        if name not in after and (kept := _absent(tracked, context)) is not None:
            after[name] = kept
    return after


def _absent(tracked: Tracked, context: Context) -> Tracked | None:
    """What becomes of an alert that is not listed; None when it leaves."""
    now = context.now
    if tracked.resolved is not None:
        return tracked if now - tracked.resolved < SHOWN_RESOLVED else None
    if context.rules is not None and (active := context.rules.match(tracked.entry.alert)) is not None:
        return replace(tracked, state=active.state, note="Prometheus still reports it", vanished=None, doubt=Doubt.NONE)
    if context.rules is not None and context.rules.ended(tracked.entry.alert):
        return _resolved(tracked, now, "confirmed by Prometheus")
    if not context.whole:
        return tracked
    if tracked.vanished is None:
        tracked = replace(tracked, vanished=now, doubt=_doubt(tracked.entry, context))
    if why := _confirmation(tracked, context):
        return _resolved(tracked, now, why)
    assert tracked.vanished is not None
    if now - tracked.vanished >= SHOWN_IN_DOUBT:
        return None
    return replace(tracked, state=AlertState.RESOLVING, note=_doubtful(tracked.doubt, context))


def _doubt(entry: Entry, context: Context) -> Doubt:
    if context.started is not None and context.now - context.started < YOUNG:
        return Doubt.RESTARTED
    if context.watched and context.watchdog is None:
        return Doubt.BLIND
    # Its sender withdraws an alert before its own word runs out; at or after that, it may just have fallen silent.
    return Doubt.EXPIRED if entry.ends <= context.now else Doubt.NONE


def _confirmation(tracked: Tracked, context: Context) -> str:
    """What proves that a vanished alert ended; "" while nothing does."""
    patience = REPEATS * resend(tracked.entry)
    if context.watched and context.watchdog is None:
        return ""
    if tracked.doubt is Doubt.NONE:
        return "withdrawn by its sender"
    if tracked.doubt is Doubt.RESTARTED:
        back = context.started is None or context.now - context.started > patience
        return "not sent again since the restart" if back else ""
    assert tracked.vanished is not None
    back = context.watchdog is not None and context.watchdog.updated > tracked.vanished + patience
    return "its sender is back and does not repeat it" if back else ""


def _doubtful(doubt: Doubt, context: Context) -> str:
    if doubt is Doubt.RESTARTED and context.started is not None:
        return f"vanished, server restarted {age((context.now - context.started).total_seconds())} ago"
    return "vanished, no watchdog" if doubt is Doubt.BLIND else "expired: sender silent"


def _resolved(tracked: Tracked, now: datetime, why: str) -> Tracked:
    return replace(tracked, state=AlertState.RESOLVED, note=why, resolved=now)


def resend(entry: Entry) -> timedelta:
    """How often its sender repeats it: Prometheus lets its word hold for four times that."""
    held = (entry.ends - entry.updated) / 4
    return held if timedelta(0) < held <= YOUNG else RESEND
