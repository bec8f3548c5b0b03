"""Alerts of Azure Monitor."""

from cockpit.feeds.alert_kinds import AlertKind, AlertSourceContext
from cockpit.feeds.polling import Feed


def build_azure_alerts_feed(context: AlertSourceContext) -> Feed:
    assert context.azure is not None  # the configuration refuses an azure source without a subscription
    from cockpit.feeds.azure_alerts.feed import azure_alerts_feed

    return azure_alerts_feed(
        context.source,
        context.environment,
        context.azure,
        time=context.time,
        random=context.random,
        recorded=context.recorded,
        settled=context.settled,
    )


KIND = AlertKind(
    name="azure",
    build=build_azure_alerts_feed,
    needs_subscription=True,
    describe_access=lambda environment: f"the role Monitoring Reader on subscription {environment.subscription}",
)
