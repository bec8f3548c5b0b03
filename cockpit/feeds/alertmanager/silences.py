"""What hushes an alert, in words: who silenced it, why and until when, or which alert inhibits it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cockpit.model.alert import Silence, SilenceMatcher
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.text import clean_line

LONGEST_VALUE = 500  # characters of a matcher
MOST_SILENCES = 2_000
EVER = datetime.max.replace(tzinfo=UTC)
VERBS = (("silenced", "silencedBy"), ("inhibited", "inhibitedBy"), ("muted", "mutedBy"))


@dataclass(frozen=True, slots=True)
class AlertHush:
    """By what one alert is hushed: the verb, and the ids of silences, fingerprints of alerts or names of schedules."""

    verb: str = ""
    by: tuple[str, ...] = ()


NOT_HUSHED = AlertHush()


def read_hush(status: object) -> AlertHush:
    """The first of silenced, inhibited and muted that a status names."""
    for verb, key in VERBS:
        by = dig_value(status, key)
        if isinstance(by, list) and by:
            return AlertHush(verb, tuple(read_text(item, 80) or "something" for item in by))
    return NOT_HUSHED


def describe_hush(
    hush: AlertHush, silences: Mapping[str, Silence] | None = None, name_of: Callable[[str], str] = lambda _: ""
) -> str:
    """`silenced by ana until 22:41Z: disk swap`, `inhibited by AppDown`, `muted by weekends`; "" by nothing.

    Of several silences the one that ends last speaks. `name_of` tells the name of the alert with a fingerprint.
    """
    if not hush.verb:
        return ""
    count = f" and {len(hush.by) - 1} more" if len(hush.by) > 1 else ""
    told = [silences[id] for id in hush.by if silences and id in silences]
    if hush.verb == "silenced" and told:
        last = max(told, key=lambda silence: silence.ends)
        why = f": {last.comment}" if last.comment else ""
        return clean_line(f"silenced by {last.author or 'somebody'} until {format_end(last.ends)}{count}{why}", 300)
    if hush.verb == "inhibited" and (name := name_of(hush.by[0])):
        return f"inhibited by {name}{count}"
    return f"{hush.verb} by {hush.by[0][:40]}{count}"


def format_end(ends: datetime) -> str:
    """`22:41Z`, with its day when that is needed to know which one: `22:41Z on 21 Nov`."""
    return f"{ends.astimezone(UTC):%H:%MZ on %d %b}"


def parse_silences(raw: object) -> dict[str, Silence]:
    """The silences of `GET /api/v2/silences` by id; what is none is left out."""
    items = list_mappings(raw)[:MOST_SILENCES] if isinstance(raw, list) else []
    silences = (parse_silence(item) for item in items)
    return {silence.id: silence for silence in silences if silence is not None}


def parse_silence(raw: Mapping[str, object]) -> Silence | None:
    """None without an id, or without matchers: then it hushes nothing that we could name."""
    id, matchers = read_text(raw.get("id"), 80), raw.get("matchers")
    if not id or not isinstance(matchers, list) or not matchers:
        return None
    starts = read_moment(raw.get("startsAt"))
    return Silence(
        id=id,
        matchers=tuple(_parse_matcher(matcher) for matcher in list_mappings(matchers)),
        starts=starts or datetime.fromtimestamp(0, UTC),
        ends=read_moment(raw.get("endsAt")) or EVER,
        author=read_text(raw.get("createdBy"), 80),
        comment=read_text(raw.get("comment"), 300),
        state=read_text(dig_value(raw, "status", "state"), 20) or "active",
    )


def _parse_matcher(raw: Mapping[str, object]) -> SilenceMatcher:
    return SilenceMatcher(
        read_text(raw.get("name"), LONGEST_VALUE),
        read_text(raw.get("value"), LONGEST_VALUE),
        raw.get("isRegex") is True,
        raw.get("isEqual") is not False,
    )
