"""Alerts of Alertmanager and of the Prometheus behind it."""

from collections.abc import Callable

from cockpit.feeds.alert_kinds import HTTP_KEYS, AlertKind, AlertSourceContext, SilenceServer
from cockpit.feeds.polling import Feed
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource
from cockpit.model.time import Time


def build_alertmanager_feed(context: AlertSourceContext) -> Feed:
    from cockpit.feeds.alertmanager.feed import alertmanager_feed

    return alertmanager_feed(
        context.source,
        context.environment.name,
        time=context.time,
        random=context.random,
        reveal=context.reveal,
        recorded=context.recorded,
        settled=context.settled,
    )


def open_silences(source: AlertSource, time: Time, reveal: Callable[[Secret], str]) -> SilenceServer:
    from cockpit.feeds.alertmanager.silences import SilenceClient

    return SilenceClient(source, time, reveal)


KIND = AlertKind(
    name="alertmanager",
    build=build_alertmanager_feed,
    takes=frozenset({"urls", "prometheus", "prometheus_access", "filters", "watchdog"}) | HTTP_KEYS,
    open_silences=open_silences,
    requires={"urls": "the addresses of the Alertmanager servers"},
)
