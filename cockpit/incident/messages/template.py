"""A template and an incident become a message. Pure; nothing is sent by anything here.

Fields are written `[Client Name]`, `{{ title }}` or `<time>`; `[30 minutes / 1 hour]` is a choice. The template is read
once, from its beginning to its end: what is put into it is never looked at again, whatever an incident is called.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.incident.messages.fields import (
    ABBREVIATION,
    MessageFacts,
    abbreviations,
    facts,
    length,
    moment_of,
    named,
    told,
    usual_promise,
    words,
)
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Plan, Template
from cockpit.model.severity_scale import SeverityScale, level
from cockpit.model.system import System
from cockpit.model.text import clean, clean_line

# Fields of a template that are choices: `Investigating/Identified/Resolved`, `[30 minutes / 1 hour]`, `[P0/P1]`.

_ALTERNATIVES = re.compile(r"\s*[/|]\s*|\s+or\s+")
_ORDER = tuple(Status)


def options(field: str) -> list[str]:
    """What a field offers; the field itself where that is no choice."""
    return [each for each in _ALTERNATIVES.split(field.strip()) if each]


def lengths(offered: Sequence[str]) -> bool:
    """Whether all that is offered are lengths of time."""
    return bool(offered) and all(length(each) is not None for each in offered)


def chosen_length(offered: Sequence[str], promise: timedelta | None) -> str:
    """In how long the next message follows, in the template's own words where it has them; "" when none is promised."""
    if promise is None:
        return ""
    return next((each for each in offered if length(each) == promise), words(promise))


def chosen_status(offered: Sequence[str], now: Status) -> str:
    """The furthest of the statuses offered that the incident has reached: a message never claims more.

    "" where fewer than two of them are statuses, or the incident has reached none of them.
    """
    by_name = {each.casefold(): each for each in offered}
    if len(by_name.keys() & set(_ORDER)) < 2:
        return ""
    reached = _ORDER[: _ORDER.index(now) + 1]
    return next((by_name[each] for each in reversed(reached) if each in by_name), "")


def chosen_level(offered: Sequence[str], severity: str, ladder: SeverityScale) -> str:
    """The one of several severities that is meant; "" where it is not offered."""
    meant = level(ladder, severity)
    if len(offered) < 2 or meant is None:
        return ""
    return next((each for each in offered if level(ladder, each) == meant), "")


# The marks of a message: `⟦client name?⟧` stands where a person has to write something.

MARK = re.compile(r"⟦[^⟦⟧\n]*⟧")
_NO_MARKS = str.maketrans("⟦⟧", "[]")


def mark(name: str) -> str:
    """What stands in a text in place of a field that nobody knows."""
    return f"⟦{unmarked(clean_line(name)).rstrip('? ').casefold() or 'this'}?⟧"


def marks(text: str) -> list[tuple[int, int]]:
    """Where the marks of a text stand: (start, end)."""
    return [found.span() for found in MARK.finditer(text)]


def unmarked(text: str) -> str:
    """`text` without a mark of its own: only the cockpit makes them, so that counting them tells what is missing."""
    return text.translate(_NO_MARKS)


DRILL = "DRILL: this is an exercise, nothing is broken."
_STATUS = "|".join(Status)
_FIELD = re.compile(
    rf"""(?:
        (?<![!\]])\[(?P<square>[^\[\]\n]{{2,80}})\](?!\(|\[|:[ ]*https?:)  # no image, link or link's target
      | \{{\{{(?P<curly>[^{{}}\n]{{1,80}})\}}\}}
      | (?<!\w)<(?P<angle>[A-Za-z][\w ./|-]{{0,60}})>
    )(?P<zone>[ ]?\(?(?:{ABBREVIATION.pattern})\b\)?)?
    | (?P<bare>\b(?i:(?:{_STATUS})(?:[ ]?[/|][ ]?(?:{_STATUS}))+)\b)
    | \b(?P<abbreviation>[A-Z]{{3,5}})\b""",
    re.VERBOSE,
)
_NOTES = re.compile(r"\^.*|\d+")  # `[1]` and `[^note]` refer to something
_TAGS = re.compile(
    r"(?i)/?(br|hr|b|i|p|em|strong|code|pre|div|span|ul|ol|li|su[bp]|details|summary|kbd|t[rdh]|table|a)/?"
)
_EMPHASIS = re.compile(r"\*\*(?=\S)(.{1,500}?)(?<=\S)\*\*|__(?=\S)(.{1,500}?)(?<=\S)__")
_QUOTED = re.compile(r"^[ ]{0,3}>[ ]?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FilledMessage:
    """A message. `fields` are what was put in, `unknown` the names that stand in `text` as marks: `⟦client name?⟧`.

    `promised` is the time of the next message as the text tells it; None when it tells none.
    """

    text: str
    fields: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    promised: datetime | None = None


def fill(
    template: Template,
    incident: Incident,
    system: System,
    plan: Plan,
    now: datetime,
    zone: tzinfo,
    given: Mapping[str, str] | None = None,
    promise: timedelta | None = None,
) -> FilledMessage:
    """`given` are values that a person said, by the names of their fields; they come before what the incident knows.

    `promise` is in how long the next message follows: None is as often as the incident's rules ask, zero is not at all.
    A promise that was given and has no field in the template becomes a sentence at its end.
    """
    known = facts(incident, system, plan, now, zone, usual_promise(incident, plan) if promise is None else promise)
    filling = _Filling(known, incident, plan.ladder, {_key(name): text for name, text in (given or {}).items()})
    text = _FIELD.sub(filling.put, plain_words(template.text)).strip()
    due = known.moments.get("next")
    if promise and due and not filling.promises:
        text = f"{text}\n\nThe next message follows by {told(due, now, zone)}.".lstrip()
        filling.promises = True
    if incident.drill:
        text = f"{DRILL}\n\n{text}".rstrip()
    return FilledMessage(
        text, tuple(filling.fields.items()), tuple(dict.fromkeys(filling.unknown)), due if filling.promises else None
    )


def plain_words(text: str) -> str:
    """The words of a piece of Markdown: a message is read in a mail or a chat, which draw neither stars nor quotes."""
    unquoted = _QUOTED.sub("", unmarked(clean(text)))
    return _EMPHASIS.sub(lambda found: found[1] or found[2], unquoted)


class _Filling:
    """One pass over one template."""

    def __init__(
        self, known: MessageFacts, incident: Incident, ladder: SeverityScale, given: Mapping[str, str]
    ) -> None:
        self.fields: dict[str, str] = {}
        self.unknown: list[str] = []
        self.promises = False
        self._known, self._incident, self._ladder, self._given = known, incident, ladder, given
        self._names = abbreviations(known.zone, known.now)

    def put(self, found: re.Match[str]) -> str:
        """What stands in the message in place of one match."""
        if found["abbreviation"]:
            return self._in_force(found[0])
        if found["bare"]:
            return chosen_status(options(found[0]), self._incident.status) or found[0]
        name, zone = found["square"] or found["curly"] or found["angle"], found["zone"] or ""
        if _no_field(found):
            return found[0]
        before = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
        asked = name.partition("|")[0] if found["curly"] else name
        value = _safe(self._given.get(_key(asked), "")) or self._chosen(asked)
        if not value and (which := moment_of(asked, before)):
            value = self._time(which, f"{name} {zone}")
            zone = "" if value else zone  # a time tells its zone itself
        value = value or _safe(named(asked, self._known))
        label = clean_line(name)
        if value:
            self.fields[label] = value
        else:
            self.unknown.append(label)
        return (value or mark(name)) + re.sub(r"\w+", lambda word: self._in_force(word[0]), zone)

    def _chosen(self, name: str) -> str:
        """The one of its options that holds; "" where it is no choice, or nobody can say which."""
        offered = options(name)
        if lengths(offered):
            self.promises |= self._known.promise is not None
            return chosen_length(offered, self._known.promise)
        status = chosen_status(offered, self._incident.status)
        return status or chosen_level(offered, self._incident.severity, self._ladder)

    def _time(self, which: str, asked: str) -> str:
        at = self._known.moments.get(which)
        self.promises |= which == "next" and at is not None
        in_utc = bool(re.search(r"\b(?:UTC|GMT|Z)\b", asked))
        return told(at, self._known.now, self._known.zone, utc_only=in_utc) if at else ""

    def _in_force(self, word: str) -> str:
        """A zone's name in a document reads as its name at this moment: NZST is NZDT in summer."""
        return (self._known.now.astimezone(self._known.zone).tzname() or word) if word in self._names else word


def _no_field(found: re.Match[str]) -> bool:
    """Whether it only looks like one: a tag, a note, a box to tick."""
    if found["angle"]:
        return _TAGS.fullmatch(found["angle"].strip()) is not None
    name = found["square"] or found["curly"]
    return _NOTES.fullmatch(name) is not None or not re.search(r"\w", name)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _safe(value: str) -> str:
    """One line that holds no mark of its own."""
    return unmarked(clean_line(value))
