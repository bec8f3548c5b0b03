"""The one line an event reads as on the timeline, made of nothing but its detail: so a correction reads the same."""

from collections.abc import Callable, Mapping
from typing import Any

from cockpit.model.clock import ClockKind
from cockpit.model.event import Kind, span_of, text_of, time_of, words_of
from cockpit.model.incident import Status
from cockpit.model.text import clean_line
from cockpit.model.time import show


def summarize_event(kind: Kind, detail: Mapping[str, Any], subject: str = "") -> str:
    """`severity P1 → P0: everybody is out`. Times are in UTC. "" for a kind that no person writes."""
    line = _LINES.get(kind)
    return line(_Text(detail, subject)) if line else ""


class _Text:
    """A detail, looked at as words."""

    def __init__(self, detail: Mapping[str, Any], subject: str) -> None:
        self.detail = detail
        self.subject = subject

    def __getitem__(self, key: str) -> str:
        return text_of(self.detail, key)

    def because(self, what: str, key: str = "reason") -> str:
        return f"{what}: {self[key]}" if self[key] else what

    def clock_time(self, key: str) -> str:
        moment = time_of(self.detail, key)
        return f"{moment:%H:%M}Z" if moment else ""


def _summarize_declaration(text: _Text) -> str:
    word = "declared drill" if text.detail.get("drill") is True else "declared"
    return f"{word} {text['severity']}: {text['title']}"


def _summarize_status(text: _Text) -> str:
    again = text["was"] == Status.RESOLVED
    return text.because(f"{'opened again:' if again else 'status'} {text['status']}")


def _summarize_resolution(text: _Text) -> str:
    of = f" of {text['of']}" if text["of"] else ""
    return text.because(f"resolved ({text['because']}{of})" if text["because"] else "resolved")


def _summarize_role(text: _Text) -> str:
    note = "; ".join(words_of(text.detail, "note").splitlines())
    what = f"{text['person']} is {text['role']}"
    if text["what"] == "leaves":
        what = f"{text['person']} leaves {text['role']}"
    elif text["from"]:
        what = f"{text['from']} hands {text['role']} over to {text['person']}"
    return clean_line(f"{what}: {note}" if note else what)


def _summarize_clock(text: _Text) -> str:
    what, breach = text["what"], text.subject == ClockKind.BREACH
    if what == "started":
        return _summarize_new_mark(text)
    if what == "done":
        return text.because("authority notified" if breach else f"done: {text['name']}")
    if what == "snoozed":
        return f"snoozed until {text.clock_time('snoozed_until')}: {text['name']}"
    return text.because("breach not notifiable" if breach else f"not applicable: {text['name']}")


def _summarize_new_mark(text: _Text) -> str:
    due = f", due {text.clock_time('due')}" if text.clock_time("due") else ""
    if text["kind"] == ClockKind.TASK:
        return f"task for {text['person']}: {text['text']}{due}"
    if text["kind"] == ClockKind.LOOP:
        return f"left open: {text['text']}{due}"
    return text.because("aware of a breach", "text")


def _summarize_update(text: _Text) -> str:
    promised = f" (next at {text.clock_time('promised')})" if text.clock_time("promised") else ""
    return f"update to {text['reader'] or text['audience']}{promised}: {text['text']}"


def _summarize_call(text: _Text) -> str:
    tier = text.detail.get("tier")
    where = f" (tier {tier})" if isinstance(tier, int) and tier > 0 else ""
    how = f", {text['how']}" if text["how"] else ""
    unheard = ", no answer" if text.detail.get("answered") is False else ""
    return text.because(f"called {text['who']}{where}{how}{unheard}", "note")


def _summarize_tick(text: _Text) -> str:
    word = {"done": "ticked", "skipped": "skipped", "open": "unticked"}.get(text["state"], text["state"])
    return text.because(f"{word}: {text['text'] or text.subject}")


def _summarize_action_item(text: _Text) -> str:
    changes = [
        *(["done"] if text.detail.get("done") is True else ["open again"] if "done" in text.detail else []),
        *(
            f"{key} {text[key]}" if text[key] else f"no {key}"
            for key in ("owner", "due", "label")
            if key in text.detail
        ),
    ]
    sentence = f" ({', '.join(changes)})" if changes else ""
    return f"action item: {text['text'] or text['name']}{sentence}"


def _summarize_recovery(text: _Text) -> str:
    point = time_of(text.detail, "point")
    if text["what"] == "recovered to":
        return f"data recovered to {point:%Y-%m-%d %H:%M:%S}Z" if point else "data recovered"
    targets = [
        f"{name} {show(span.total_seconds())}"
        for name, key in (("recovery time", "rto"), ("recovery point", "rpo"))
        if (span := span_of(text.detail, key))
    ]
    return f"scenario {text['scenario']}{': ' if targets else ''}{', '.join(targets)}"


def _summarize_acknowledgement(text: _Text) -> str:
    return text.because(f"acknowledged {text['name'] or clean_line(text.subject) or 'the incident'}", "note")


def _summarize_freeze(text: _Text) -> str:
    return text.because("deployments frozen" if text.detail.get("on") is True else "freeze lifted")


_LINES: dict[Kind, Callable[[_Text], str]] = {
    Kind.DECLARE: _summarize_declaration,
    Kind.NOTE: lambda text: text["text"],
    Kind.ACK: _summarize_acknowledgement,
    Kind.SEVERITY: lambda text: text.because(f"severity {text['was']} → {text['severity']}"),
    Kind.STATUS: _summarize_status,
    Kind.RESOLVE: _summarize_resolution,
    Kind.ROLE: _summarize_role,
    Kind.CLOCK: _summarize_clock,
    Kind.UPDATE: _summarize_update,
    Kind.PAGE: _summarize_call,
    Kind.TICK: _summarize_tick,
    Kind.FREEZE: _summarize_freeze,
    Kind.DECISION: lambda text: f"decided: {text['text']}" + (f" ({text['reason']})" if text["reason"] else ""),
    Kind.ITEM: _summarize_action_item,
    Kind.PIN: lambda text: f"{'unpinned' if text.detail.get('on') is False else 'pinned'}: {text['name']}",
    Kind.LINK: lambda text: text.because(f"evidence for “{text['name']}”: {text['target']}", "text"),
    Kind.RECOVERY: _summarize_recovery,
    Kind.PRACTICE: lambda text: text.because(f"practised {clean_line(text.subject)}", "note"),
    Kind.REVIEW: lambda text: text.because(f"post-mortem {text['state']}"),
}
