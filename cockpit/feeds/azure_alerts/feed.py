"""The feed of Azure Monitor alerts: what fires now, and what became of that which fired a moment ago."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_alert
from cockpit.feeds.polling import Polled
from cockpit.model.alert import Alert, AlertState, SettledAlerts, is_settled, recall_alerts
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import AlertSource, Environment
from cockpit.model.text import clean_line
from cockpit.model.time import Time

DEADLINE = 40.0  # seconds for one look, all pages and confirmations
ASKED_AT_ONCE = 20  # vanished alerts looked up in one poll; the others wait for the next
KEPT_RESOLVED = timedelta(minutes=15)  # a resolved alert stays in sight this long


def azure_alerts_feed(
    source: AlertSource,
    environment: Environment,
    azure: Azure,
    *,
    time: Time,
    random: Random,
    recorded: Sequence[Alert] = (),
    settled: Callable[[], SettledAlerts] = dict,
) -> Polled[tuple[Alert, ...]]:
    """Reading[tuple[Alert, ...]] of the environment's resource group, or of its whole subscription without one.

    `recorded` are the alerts that the timeline knows of and that were not over when it was last written.
    """
    alerts = AlertWatch(source, environment, azure, time, recorded, settled)
    return Polled(
        f"alerts:{source.name}",
        environment.name,
        alerts.read,
        every=source.interval,
        deadline=DEADLINE,
        time=time,
        random=random,
        recalled=recall_alerts(recorded, settled()) or None,
    )


@dataclass(frozen=True, slots=True)
class VanishedAlert:
    """An alert that fires no more, and since when we know. `confirmed` is what Azure says of it, None if nothing."""

    last: Alert
    since: datetime
    confirmed: Alert | None = None
    why: str = ""


class AlertWatch:
    """Remembers what fired, so that it can ask what became of it. Only alerts that fire are listed by Azure here:
    thirty days of resolved ones may be thousands."""

    def __init__(
        self,
        source: AlertSource,
        environment: Environment,
        azure: Azure,
        time: Time,
        recorded: Sequence[Alert] = (),
        settled: Callable[[], SettledAlerts] = dict,
    ) -> None:
        self._source = source
        self._environment = environment
        self._azure = azure
        self._time = time
        self._settled = settled
        self._firing: dict[str, Alert] = {}
        now = time.now()
        self._gone = {alert.fingerprint: VanishedAlert(alert, now, why=alert.note) for alert in recorded}

    async def read(self) -> tuple[Alert, ...]:
        raw = await self._azure.firing_alerts(self._environment.resource_group)
        now = self._time.now()
        alerts = [self._alert(fields, now) for fields in raw]
        firing = {item.fingerprint: item for item in alerts if item and item.state is not AlertState.RESOLVED}
        settled = self._settled()
        gone = find_vanished_alerts(self._firing, self._gone, firing, now)
        gone = {
            key: item for key, item in gone.items() if item.confirmed or not is_settled(item.last, item.since, settled)
        }
        gone = await self._look_up(gone, now)
        # An alert that fires once more under the same id, or was only late in the list, is back.
        firing |= {key: item.confirmed for key, item in gone.items() if item.confirmed and is_firing(item.confirmed)}
        self._firing = firing
        self._gone = {key: item for key, item in gone.items() if key not in firing}
        return list_shown_alerts(firing, self._gone)

    def _alert(self, raw: Mapping[str, Any], now: datetime) -> Alert | None:
        return map_alert(raw, source=self._source.name, environment=self._environment.name, polled=now)

    async def _look_up(self, gone: Mapping[str, VanishedAlert], now: datetime) -> dict[str, VanishedAlert]:
        open_questions = [key for key, item in gone.items() if item.confirmed is None][:ASKED_AT_ONCE]
        answers = await asyncio.gather(*(self._confirm(gone[key], now) for key in open_questions))
        return {**gone, **dict(zip(open_questions, answers, strict=True))}

    async def _confirm(self, question: VanishedAlert, now: datetime) -> VanishedAlert:
        """Ask Azure for this one alert. No answer is no confirmation, and no reason to fail."""
        if not question.last.native_id:
            return question  # recorded by a version that did not keep it
        try:
            raw = await self._azure.alert(question.last.native_id)
        except SourceError as error:
            deleted = error.problem.kind is ProblemKind.MISSING
            why = "Azure no longer knows it" if deleted else clean_line(f"not confirmed: {error.problem.short}", 80)
            return replace(question, why=why)
        result = self._alert(raw, now)
        same = result is not None and result.fingerprint == question.last.fingerprint
        return replace(question, confirmed=result if same else None, why="" if same else "not confirmed: odd answer")


def is_firing(result: Alert) -> bool:
    return result.state is not AlertState.RESOLVED


def find_vanished_alerts(
    before: Mapping[str, Alert], gone: Mapping[str, VanishedAlert], firing: Mapping[str, Alert], now: datetime
) -> dict[str, VanishedAlert]:
    """What fired and fires no more: those we knew of and that are not too old, and the new ones."""
    kept = {key: item for key, item in gone.items() if key not in firing and not too_old(item, now)}
    new = {key: VanishedAlert(item, now) for key, item in before.items() if key not in firing}
    return {**kept, **new}


def too_old(gone: VanishedAlert, now: datetime) -> bool:
    """Only what is confirmed leaves by itself."""
    return gone.confirmed is not None and now - gone.since > KEPT_RESOLVED


def list_shown_alerts(firing: Mapping[str, Alert], gone: Mapping[str, VanishedAlert]) -> tuple[Alert, ...]:
    """What the pane shows: what fires, what was confirmed as resolved, and what only vanished."""
    return (*firing.values(), *(decide_vanished_alert(item) for item in gone.values()))


def decide_vanished_alert(gone: VanishedAlert) -> Alert:
    if gone.confirmed is not None:
        return replace(gone.confirmed, note="confirmed by Azure Monitor")
    return replace(gone.last, state=AlertState.RESOLVING, note=gone.why or "vanished, not confirmed yet")
