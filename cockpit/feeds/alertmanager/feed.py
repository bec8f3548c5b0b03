"""The feed of an Alertmanager cluster: what fires, what is pending, and what became of that which fired before."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from cockpit.feeds.alertmanager.alerts import Report
from cockpit.feeds.alertmanager.client import AlertmanagerReader, look_side_by_side, run_aside
from cockpit.feeds.alertmanager.not_yet_listed import (
    UnlistedAlerts,
    add_unlisted,
    describe_unlisted,
    not_listed,
    resend_delay,
)
from cockpit.feeds.alertmanager.resolution import (
    AskPrometheus,
    Trace,
    drop_settled,
    note_rules,
    recall_traces,
    update_traces,
)
from cockpit.feeds.alertmanager.rules import (
    FiringInRule,
    Rules,
    Witnesses,
    list_broken_rules,
    rule_alert,
    worth_showing,
)
from cockpit.feeds.alertmanager.targets import NOTHING_REMEMBERED, TargetMemory
from cockpit.feeds.polling import IncompleteError, Polled, UnsureError
from cockpit.model.alert import Alert, AlertState, SettledAlerts, recall_alerts
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource
from cockpit.model.time import Time, format_age

if TYPE_CHECKING:  # httpx is not loaded before the first look
    from cockpit.feeds.alertmanager.client import AlertServer

DEADLINE = 30.0  # seconds for one look: the servers side by side (12 s), then the comparing of thousands
HELD = timedelta(minutes=4)  # what a Prometheus called pending before it fell silent is shown this long
SIZE = 600  # bytes of an alert
MOST_EXPLAINED = 10  # rules that are named with why they are not evaluated


def alertmanager_feed(
    source: AlertSource,
    environment: str,
    *,
    time: Time,
    random: Random,
    reveal: Callable[[Secret], str],
    recorded: Sequence[Alert] = (),
    settled: Callable[[], SettledAlerts] = dict,
) -> Polled[tuple[Alert, ...]]:
    """Reading[tuple[Alert, ...]] of all servers of `source` together.

    `recorded` are the alerts that the timeline knows of and that were not over when it was last written. With some of
    the servers failing, the Reading holds what the others say beside the problem. With nobody answering it holds what
    it held before.
    """
    alerts = AlertmanagerWatch(source, environment, time, reveal, recorded, settled)
    return Polled(
        f"alerts:{source.name}",
        environment,
        alerts.read,
        every=source.interval,
        deadline=DEADLINE,
        time=time,
        random=random,
        ask_anyway=alerts.ask_anyway,
        recalled=recall_alerts(recorded, settled()) or None,
    )


class AlertmanagerWatch:
    """Remembers what was listed, so that it can tell what became of it."""

    def __init__(
        self,
        source: AlertSource,
        environment: str,
        time: Time,
        reveal: Callable[[Secret], str],
        recorded: Sequence[Alert] = (),
        settled: Callable[[], SettledAlerts] = dict,
    ) -> None:
        self._settled = settled
        self._source = source
        self._environment = environment
        self._time = time
        self._reveal = reveal
        self._reader = AlertmanagerReader(source, environment)
        self._servers: tuple[list[AlertServer], list[AlertServer]] | None = None  # of Alertmanager, and of Prometheus
        self._traces: Mapping[str, Trace] = recall_traces(recorded, time.now())
        self._unlisted = UnlistedAlerts()
        self._memories: dict[str, TargetMemory] = {}  # by Prometheus
        self._pending: dict[str, tuple[datetime, Sequence[Alert]]] = {}  # by Prometheus, and when it reported so

    def ask_anyway(self) -> None:
        """Every server is asked at the next look, whatever it asked us to wait."""
        for server in [server for servers in self._servers or () for server in servers]:
            server.ask_anyway()

    async def read(self) -> tuple[Alert, ...]:
        """One look. Raises IncompleteError when some servers fail or are blind, UnsureError when those that
        answer may not know everything, SourceError when nobody answers."""
        if self._servers is None:
            self._servers = await asyncio.to_thread(self._load)
        alertmanagers, prometheus = self._servers
        looks = [(server, partial(self._reader.report, server.name)) for server in alertmanagers]
        answered = await look_side_by_side(
            [*looks, *((server, partial(self._reader.rules, server.name)) for server in prometheus)]
        )
        lines, sentences = answered[: len(looks)], answered[len(looks) :]
        reports = {item.server: item for item in lines if isinstance(item, Report)}
        problems = [item for item in (*lines, *sentences) if isinstance(item, Problem)]
        answers = [item for item in sentences if isinstance(item, Rules)]
        if not reports and not answers:
            raise SourceError(combine_problems(problems))
        silent = [
            alert_server.name
            for alert_server, answer in zip(prometheus, sentences, strict=True)
            if isinstance(answer, Problem)
        ]
        unlisted = await self._unlisted_by(alertmanagers, reports, answers)
        self._learn_past(answers)
        alerts = await self._tell(reports, Witnesses(answers, silent, self._memories), answers, unlisted)
        broken = [
            explain_broken_rules(answer.server, rules)
            for answer in answers
            if (rules := list_broken_rules(answer, self._reader.wants))
        ]
        if not reports:  # a Prometheus alone is shown, and not believed to be everything
            alone = combine_problems([*problems, *broken])
            raise IncompleteError(alerts, replace(alone, kind=ProblemKind.MISSING if alone.transient else alone.kind))
        blind = [no_watchdog(report, self._source.watchdog) for report in reports.values() if not report.watched]
        if blind:
            raise IncompleteError(alerts, combine_problems([*blind, *problems, *broken]))
        problems += [partial_answer(answer.server) for answer in answers if answer.partial]
        if problems:  # whatever their reason, the others answered: what is shown is late, we are not blind
            raise IncompleteError(
                alerts, replace(combine_problems([*problems, *broken]), kind=ProblemKind.SERVER, retry_after=None)
            )
        settling = all(report.settling for report in reports.values())
        unsure = [make_restart_problem(report) for report in reports.values()] if settling else []
        if unsure or broken:
            raise UnsureError(alerts, combine_problems([*unsure, *broken]))
        return alerts

    async def _unlisted_by(
        self, alertmanagers: "Sequence[AlertServer]", reports: Mapping[str, Report], answers: Sequence[Rules]
    ) -> list[FiringInRule]:
        """What fires by the word of a Prometheus, and no Alertmanager has.

        Our filters may have kept it out of a list: then it is looked for by its name, since Prometheus does not tell
        the external labels by which a filter may go.
        """
        firing = [fires for answer in answers for fires in answer.firing]
        size = SIZE * len(firing)
        lists = [report.alerts for report in reports.values()]
        unlisted = await run_aside(size, partial(not_listed, firing, lists))
        if not unlisted or not self._source.filters:
            return unlisted
        names = sorted({fires.labels.get("alertname", "") for fires in unlisted})
        answered = await look_side_by_side(
            [
                (server, partial(self._reader.listed_by_name, names))
                for server in alertmanagers
                if server.name in reports
            ]
        )
        whole = [listing for listing in answered if not isinstance(listing, Problem)]
        if not whole:  # nobody can say now: nothing new is reported, and nothing taken back
            return [fires for fires in unlisted if fires.fingerprint in self._unlisted.missed]
        return await run_aside(size, partial(not_listed, unlisted, whole))

    def _learn_past(self, answers: Sequence[Rules]) -> None:
        """Which targets were up before our first look at each Prometheus, where it tells."""
        now = self._time.now()
        for answer in answers:
            memory = self._memories.get(answer.server)
            if memory is None or (memory.begins is not None and answer.past is not None):
                before = memory or NOTHING_REMEMBERED
                self._memories[answer.server] = before.with_past(answer.past, answer.skew, now)

    async def _tell(
        self,
        reports: Mapping[str, Report],
        witnesses: Witnesses,
        answers: Sequence[Rules],
        unlisted: Sequence[FiringInRule],
    ) -> tuple[Alert, ...]:
        """Take in what the servers reported, away from the loop when it is much."""
        now = self._time.now()
        for answer in answers:
            if answer.targets is not None:
                memory = self._memories.get(answer.server, NOTHING_REMEMBERED)
                self._memories[answer.server] = memory.after(answer.targets, now)
        ask = witnesses.word_on if self._source.prometheus else nobody_to_ask
        sizes = (
            len(self._traces),
            *(len(report.alerts) for report in reports.values()),
            *(len(e.firing) for e in answers),
        )
        much = SIZE * max(sizes)
        traces = await run_aside(much, partial(self._next_traces, reports, ask, unlisted, now))
        self._traces = await run_aside(much, partial(note_rules, traces, witnesses.note_rule)) if answers else traces
        self._pending |= {answer.server: (now, answer.pending) for answer in answers}
        names = self._unlisted.shown_as
        listed = [
            replace(trace.alert, fingerprint=names[fingerprint]) if fingerprint in names else trace.alert
            for fingerprint, trace in self._traces.items()
        ]
        waiting = [alert for moment, alerts in self._pending.values() if now - moment < HELD for alert in alerts]
        waiting += self._unlisted.on_their_way
        visible = (*listed, *await run_aside(much, partial(worth_showing, waiting, listed)))
        return tuple(alert for alert in visible if not self._source.watchdog or alert.name != self._source.watchdog)

    def _next_traces(
        self, reports: Mapping[str, Report], ask: AskPrometheus, unlisted: Sequence[FiringInRule], now: datetime
    ) -> Mapping[str, Trace]:
        traces = update_traces(drop_settled(self._traces, self._settled()), reports, ask, now)
        delay = resend_delay(reports.values())
        note = describe_unlisted(len(reports), len(self._source.urls))
        self._unlisted = add_unlisted(self._unlisted, traces, unlisted, delay, self._alert_of_rule, now, note)
        return self._unlisted.traces

    def _alert_of_rule(self, fires: FiringInRule, state: AlertState, note: str) -> Alert:
        return rule_alert(
            fires.raw,
            state,
            source=self._source.name,
            environment=self._environment,
            server=fires.server,
            polled=self._time.now(),
            note=note,
        )

    def _load(self) -> "tuple[list[AlertServer], list[AlertServer]]":
        from cockpit.feeds.alertmanager.client import AlertServer

        source = self._source
        make_server = partial(AlertServer, time=self._time, reveal=self._reveal)
        alertmanagers = [make_server(url, source) for url in source.urls]
        access = source.prometheus_access or source
        return alertmanagers, [make_server(url, access) for url in source.prometheus]


def nobody_to_ask(_: Trace) -> None:
    """Without a Prometheus there is no word on any alert."""


def no_watchdog(report: Report, watchdog: str) -> Problem:
    """A server that does not list what must always fire, or did not receive it again: its silence proves nothing."""
    server = report.server
    if report.watchdog is not None:
        silent = format_age((report.at - report.watchdog.updated).total_seconds())
        return Problem(
            ProblemKind.MISSING,
            f"{watchdog} on {server} is {silent} old",
            f"{server} was last told {silent} ago that {watchdog} fires: its Prometheus is cut off, frozen or dead.",
            "Check that Prometheus runs and reaches this Alertmanager.",
        )
    return Problem(
        ProblemKind.MISSING,
        f"no {watchdog} from {server}",
        f"{server} does not list {watchdog}, which must always fire: it is cut off from its Prometheus, or restarted.",
        "Check that Prometheus runs and reaches this Alertmanager.",
    )


def make_restart_problem(report: Report) -> Problem:
    """A server that forgot everything a moment ago: what it does not list may fire all the same."""
    runs = format_age(report.uptime.total_seconds()) if report.uptime else "a moment"
    return Problem(
        ProblemKind.SERVER,
        f"{report.server} restarted {runs} ago",
        f"{report.server} restarted {runs} ago and may not have been told again of everything that fires.",
        "Wait for two resend intervals of its senders (two minutes by default).",
    )


def explain_broken_rules(server: str, rules: Sequence[tuple[str, str]]) -> Problem:
    """Rules that a Prometheus cannot evaluate: what they would find is seen by nobody. Each is named with why."""
    count = f"{len(rules)} rules" if len(rules) > 1 else "the rule"
    more = f" and {len(rules) - 1} more" if len(rules) > 1 else ""
    reasons = "; ".join(f"{rule}: {why}" for rule, why in rules[:MOST_EXPLAINED])
    left = f"; and {len(rules) - MOST_EXPLAINED} more" if len(rules) > MOST_EXPLAINED else ""
    return Problem(
        ProblemKind.SERVER,
        f"{rules[0][0]}{more} not evaluated by {server}",
        f"{server} does not evaluate {count}, and nobody sees what would be found: {reasons}{left}.",
        "Mend the rule, or take it away.",
        code="rules-not-evaluated",
        facts={"rules": [rule for rule, _ in rules]},
    )


def partial_answer(server: str) -> Problem:
    """A Prometheus that says itself that its answer is not the whole one."""
    return Problem(
        ProblemKind.SERVER,
        f"{server}: partial answer",
        f"{server} listed only a part of its rules.",
        "Look at the stores behind it.",
    )


def combine_problems(problems: Sequence[Problem]) -> Problem:
    """Several problems as one: the first decides, all are named, and only if all ask for a rest there is one."""
    first = problems[0]
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    waits = [problem.retry_after for problem in problems if problem.retry_after is not None]
    return replace(
        first,
        short=f"{first.short}{more}",
        message=" ".join(problem.message for problem in problems),
        retry_after=min(waits) if len(waits) == len(problems) else None,
    )
