"""A server that speaks like Alertmanager and like Prometheus, and says what a test wants it to say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from cockpit.feeds.alertmanager.targets import DOWN, FIRST_SAMPLE, LAST_UP, RESUMED
from tests.unit.feeds.fake_time import FakeTime


class Fake:
    """One server, of either kind, on a real socket; it answers what a test sets, by the time of the test."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.url = ""
        self.alerts: list[dict[str, Any]] = []
        self.filtered_out: list[dict[str, Any]] = []  # listed, and passed by no filter of a test
        self.watchdog = False
        self.watchdog_sent = timedelta(0)  # ago
        self.filters_nothing = False
        self.uptime: timedelta | None = timedelta(days=3)  # None: it does not say, as Grafana
        self.rules: list[dict[str, Any]] = []
        self.up: list[dict[str, str]] = [{"job": "api", "instance": "a:1"}]
        self.down: list[dict[str, str]] = []
        self.were_up: list[dict[str, str]] = []  # that long ago, and no more
        self.last_up_ago = timedelta(minutes=1)
        self.remembers = timedelta(days=1)  # how far back its store goes
        self.answer: web.Response | None = None  # instead of everything else
        self.no_queries = False
        self.hangs = False
        self.requests: list[web.Request] = []

    @property
    def name(self) -> str:
        return self.url.removeprefix("http://")

    def fires(self, name: str, fingerprint: str = "", **labels: str) -> None:
        now = self.time.now()
        self.alerts.append(
            {
                "fingerprint": fingerprint or name,
                "labels": {"alertname": name, "severity": "critical", **labels},
                "annotations": {},
                "startsAt": now.isoformat(),
                "updatedAt": now.isoformat(),
                "endsAt": (now + timedelta(minutes=4)).isoformat(),
                "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
            }
        )

    def evaluates(self, name: str, *active: dict[str, Any]) -> None:
        rule = {"name": name, "type": "alerting", "health": "ok", "alerts": list(active)}
        self.rules.append(rule | {"lastEvaluation": self.time.now().isoformat()})

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        if self.hangs:
            await asyncio.sleep(3600)
        if self.answer is not None:
            return web.Response(body=self.answer.body, status=self.answer.status, headers=self.answer.headers)
        headers = {"Date": format_datetime(self.time.now(), usegmt=True)}
        match request.path:
            case "/api/v2/alerts" if any("Watchdog" in each for each in request.query.getall("filter", [])):
                sent = self.time.now() - self.watchdog_sent
                times = {"updatedAt": sent.isoformat(), "endsAt": (sent + timedelta(minutes=4)).isoformat()}
                watchdog = [{"fingerprint": "w", "labels": {"alertname": "Watchdog"}, **times}] if self.watchdog else []
                return web.json_response(watchdog + (self.alerts if self.filters_nothing else []), headers=headers)
            case "/api/v2/alerts" if any(each.startswith("alertname=~") for each in request.query.getall("filter", [])):
                return web.json_response(self.alerts + self.filtered_out, headers=headers)
            case "/api/v2/alerts":
                return web.json_response(self.alerts, headers=headers)
            case "/api/v2/status":
                started = None if self.uptime is None else (self.time.now() - self.uptime).isoformat()
                return web.json_response({"cluster": {}, "config": {}, "uptime": started}, headers=headers)
            case "/api/v1/rules":
                return web.json_response(good({"groups": [{"interval": 15, "rules": self.rules}]}), headers=headers)
            case "/api/v1/query" if not self.no_queries:
                return web.json_response(good({"result": self._series(request.query["query"])}), headers=headers)
        return web.Response(status=404, text="404 page not found")

    def _series(self, query: str) -> list[dict[str, Any]]:
        if query == LAST_UP:
            last = str(self.time.now().timestamp() - self.last_up_ago.total_seconds())
            return [{"metric": each, "value": [0, last]} for each in [*self.up, *self.were_up]]
        if query == FIRST_SAMPLE:
            first = (self.time.now() - self.remembers).timestamp()
            return [{"metric": {}, "value": [0, str(first)]}] if self.remembers else []
        down = [{"metric": each, "value": [0, "0"]} for each in self.down]
        if query == DOWN:
            return down
        if query == RESUMED:
            return []
        return down + [{"metric": each, "value": [0, "1"]} for each in self.up if each not in self.down]


def good(data: dict[str, Any]) -> dict[str, Any]:
    return {"status": "success", "data": data}


@asynccontextmanager
async def serving(fake: Fake) -> AsyncIterator[Fake]:
    app = web.Application()
    app.router.add_get("/{path:.*}", fake.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = str(site.name)
    try:
        yield fake
    finally:
        await runner.cleanup()
