"""An Azure Monitor alert as our own noun. Pure and total."""

from datetime import datetime
from urllib.parse import urlsplit

from cockpit.azure.mapping import Raw
from cockpit.model.alert import Alert, AlertState, severity
from cockpit.model.raw import dig, moment, text


def alert(raw: Raw, *, source: str, environment: str, seen: datetime) -> Alert | None:
    """One alert, None without an id that could name it again. `seen` stands in for a start that cannot be read."""
    essentials = dig(raw, "properties", "essentials")
    identifier = last_segment(text(raw.get("id")))
    if not identifier:
        return None
    rule = text(dig(essentials, "alertRule"))
    human = text(dig(essentials, "alertState"))
    target = text(dig(essentials, "targetResource"))
    return Alert(
        source=source,
        fingerprint=identifier,
        name=text(raw.get("name")) or rule_name(rule) or "alert without a name",
        severity=severity(text(dig(essentials, "severity"))),
        state=state(raw),
        since=moment(dig(essentials, "startDateTime")) or moment(dig(essentials, "lastModifiedDateTime")) or seen,
        environment=environment,
        resource=text(dig(essentials, "targetResourceName")) or last_segment(target),
        summary=text(dig(essentials, "description")),
        labels=labels(essentials, target),
        links=(("rule", rule),) if is_link(rule) else (),
        native_state=human,
        native_id=identifier,
        note="closed in Azure, still firing" if human == "Closed" and state(raw) is AlertState.FIRING else "",
    )


def state(raw: Raw) -> AlertState:
    """By `monitorCondition` alone: a resolved time may stand beside Fired, and alertState is only what people said."""
    essentials = dig(raw, "properties", "essentials")
    if text(dig(essentials, "monitorCondition")).lower() == "resolved":
        return AlertState.RESOLVED
    return AlertState.SUPPRESSED if dig(essentials, "actionStatus", "isSuppressed") is True else AlertState.FIRING


def labels(essentials: object, target: str) -> tuple[tuple[str, str], ...]:
    named = (
        ("service", text(dig(essentials, "monitorService"))),
        ("signal", text(dig(essentials, "signalType"))),
        ("resource_type", text(dig(essentials, "targetResourceType"))),
        ("resource_group", text(dig(essentials, "targetResourceGroup"))),
        ("resource_id", target),
    )
    return tuple((name, value) for name, value in named if value)


def rule_name(rule: str) -> str:
    """A rule comes as an ARM id, a portal address or a plain name; an address holds no name worth showing."""
    return "" if is_link(rule) else last_segment(rule)


def is_link(value: str) -> bool:
    try:
        return urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)
    except ValueError:
        return False


def last_segment(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
