"""Alerts of Alertmanager and of the Prometheus behind it."""

from cockpit.feeds.alert_kinds import HTTP_KEYS, AlertKind, AlertSourceContext
from cockpit.feeds.base import Feed


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


KIND = AlertKind(
    name="alertmanager",
    build=build_alertmanager_feed,
    takes=frozenset({"urls", "prometheus", "prometheus_access", "filters", "watchdog"}) | HTTP_KEYS,
    requires={"urls": "the addresses of the Alertmanager servers"},
)
