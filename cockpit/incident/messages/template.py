"""A template and an incident become a message. Pure; nothing is sent by anything here.

Fields are written `[Client Name]`, `{{ title }}` or `<time>`; `[30 minutes / 1 hour]` is a choice. The template is read
once, from its beginning to its end: what is put into it is never looked at again, whatever an incident is called.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import pairwise

from cockpit.incident.messages.fields import (
    ABBREVIATION,
    MessageFacts,
    collect_message_facts,
    format_moment,
    get_field_value,
    list_zone_abbreviations,
    moment_of,
    parse_length,
    spell_length,
    tell_end_with_start,
    usual_promise,
)
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Plan, Template
from cockpit.model.severity_scale import SeverityScale, find_level
from cockpit.model.system import System
from cockpit.model.text import clean_line, clean_text

# Fields of a template that are choices: `Investigating/Identified/Resolved`, `[30 minutes / 1 hour]`, `[P0/P1]`.

_ALTERNATIVES = re.compile(r"\s*[/|]\s*|\s+or\s+")


def list_options(field: str) -> list[str]:
    """What a field offers; the field itself where that is no choice."""
    return [part for part in _ALTERNATIVES.split(field.strip()) if part]


def are_lengths(offered: Sequence[str]) -> bool:
    """Whether all that is offered are lengths of time."""
    return bool(offered) and all(parse_length(text) is not None for text in offered)


def chosen_length(offered: Sequence[str], promise: timedelta | None) -> str:
    """In how long the next message follows, in the template's own words where it has them; "" when none is promised."""
    if promise is None:
        return ""
    return next((text for text in offered if parse_length(text) == promise), spell_length(promise))


def chosen_status(offered: Sequence[str], now: Status) -> str:
    """Of several statuses that are offered the one that the incident has, also where it is not among them: the nearest
    would say that less, or more, was reached. "" where fewer than two of them are statuses."""
    by_name = {text.casefold(): text for text in offered}
    names = by_name.keys() & set(Status)
    if len(names) < 2:
        return ""
    word = now.value.capitalize() if by_name[min(names)][:1].isupper() else now.value
    return by_name.get(now, word)


def chosen_level(offered: Sequence[str], severity: str, severity_scale: SeverityScale) -> str:
    """The one of several severities that is meant; "" where it is not offered."""
    meant = find_level(severity_scale, severity)
    if len(offered) < 2 or meant is None:
        return ""
    return next((text for text in offered if find_level(severity_scale, text) == meant), "")


# The marks of a message: `⟦client name?⟧` stands where a person has to write something.

MARK = re.compile(r"⟦[^⟦⟧\n]*⟧")
_NO_MARKS = str.maketrans("⟦⟧", "[]")


def make_mark(name: str) -> str:
    """What stands in a text in place of a field that nobody knows."""
    return f"⟦{strip_marks(clean_line(name)).rstrip('? ').casefold() or 'this'}?⟧"


def find_marks(text: str) -> list[tuple[int, int]]:
    """Where the marks of a text stand: (start, end)."""
    return [match.span() for match in MARK.finditer(text)]


SHORTEST_VALUE = 3  # letters; a stray key leaves one
_NEXT_TO = 12  # letters beside a mark, by which what replaced it is found again


def list_short_values(filled: str, text: str) -> list[str]:
    """What a person put in place of a mark of `filled` that is hardly an answer: fewer than three letters and no
    figure. A mark whose words around it were changed as well is left alone."""
    pieces = MARK.split(filled)
    short = []
    for before, after in pairwise(pieces):
        left, right = before[-_NEXT_TO:], after[:_NEXT_TO]
        value = rf"(?P<value>[^⟦⟧\n]{{0,{SHORTEST_VALUE * 2}}}?)"
        match = re.search(rf"{re.escape(left) or '^'}{value}{re.escape(right) or '$'}", text)
        if match is None or any(letter.isdigit() for letter in match["value"]):
            continue
        if sum(letter.isalpha() for letter in match["value"]) < SHORTEST_VALUE:
            short.append(match["value"].strip())
    return short


def strip_marks(text: str) -> str:
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
_AS_OF_SENTENCE = re.compile(r"\n\nAll of this is as of [^\n]*\.$")
_GOES_ON = re.compile(r", (?:until|again since|except from) (?:\d\d? [A-Z]\w\w )?\d\d:\d\d |, except \d+ times ")
"""How a time goes on behind a comma."""
_PROMISE_SENTENCE = re.compile(r"\n\nThe next message follows by [^\n]*\.$")
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


def fill_template(
    template: Template,
    incident: Incident,
    system: System,
    plan: Plan,
    now: datetime,
    zone: tzinfo,
    values_by_name: Mapping[str, str] | None = None,
    promise: timedelta | None = None,
    recorded_until: datetime | None = None,
) -> FilledMessage:
    """`values_by_name` is what a person typed, by the names of the fields; it comes before what the incident knows.

    `promise` is in how long the next message follows: None is as often as the incident's rules ask, zero is not at all.
    A promise that was given and has no field in the template becomes a sentence at its end. `recorded_until` is the end
    of the record where nobody records now: what is told is as of then.
    """
    message_facts = collect_message_facts(
        incident,
        system,
        plan,
        now,
        zone,
        usual_promise(incident, plan) if promise is None else promise,
        template.audience,
        recorded_until,
    )
    words = plain_words(template.text)
    filling = _Filling(
        message_facts if _asks_for_end(words) else tell_end_with_start(message_facts, incident),
        incident,
        plan.severity_scale,
        {_normalize_key(name): text for name, text in (values_by_name or {}).items()},
    )
    text = _FIELD.sub(filling.put, words).strip()
    due = message_facts.moments.get("next")
    if promise and due and not filling.promises:
        text = f"{text}\n\nThe next message follows by {format_moment(due, now, zone)}.".lstrip()
        filling.promises = True
    if incident.drill:
        text = f"{DRILL}\n\n{text}".rstrip()
    return FilledMessage(
        text, tuple(filling.fields.items()), tuple(dict.fromkeys(filling.unknown)), due if filling.promises else None
    )


def add_record_end(text: str, recorded_until: datetime | None, now: datetime, zone: tzinfo) -> str:
    """The text with the sentence as of when it tells things, where nobody records now: its readers see no record."""
    if recorded_until is None:
        return text
    return f"{text}\n\nAll of this is as of {format_moment(recorded_until, now, zone)}.".lstrip()


def remove_record_end(text: str) -> str:
    """The text without that sentence."""
    return _AS_OF_SENTENCE.sub("", text)


def plain_words(text: str) -> str:
    """The words of a piece of Markdown: a message is read in a mail or a chat, which draw neither stars nor quotes."""
    unquoted = _QUOTED.sub("", strip_marks(clean_text(text)))
    return _EMPHASIS.sub(lambda match: match[1] or match[2], unquoted)


def read_filled_values(template: Template, text: str) -> dict[str, str]:
    """What stood in the fields of a message that was made from `template`, by their names in lower case.

    {} where the words between them are a person's own by now. Read once from its beginning to its end. A comma within
    what a time says (`02:14 UTC, until 02:20 UTC`) ends it as little as a space does, whatever stands between fields.
    """
    plain = plain_words(template.text).strip()
    text = _PROMISE_SENTENCE.sub("", remove_record_end(text.strip()).removeprefix(f"{DRILL}\n\n").strip())
    values_by_name: dict[str, str] = {}
    end, place, name, is_time = 0, 0, "", False
    matches = [*_FIELD.finditer(plain), None]
    for field in matches:
        start, stop = field.span() if field else (len(plain), len(plain))
        literal = plain[end:start]
        found = text.find(literal, place) if literal else (len(text) if field is None else place)
        while is_time and literal and found >= 0 and _GOES_ON.match(text, found):
            found = text.find(literal, found + 1)
        if found < 0 or (not name and found != place):
            return {}
        if field is None and not literal.strip():
            found = len(text)
        if name:
            value = _make_safe(text[place:found]) if "⟦" not in text[place:found] else ""
            if value:
                values_by_name.setdefault(name, value)
        place, end = found + len(literal), stop
        name = _normalize_key(_get_field_name(field)) if field else ""
        is_time = field is not None and _is_bracketed(field) and moment_of(*_split_field(field)) != ""
    return values_by_name


def _get_field_name(match: re.Match[str]) -> str:
    """The name of a field; for a choice of statuses without brackets a name that no field has."""
    name = match["square"] or match["angle"] or (match["curly"] or "").partition("|")[0]
    return name or "(not a field)"


def _is_bracketed(match: re.Match[str]) -> bool:
    return bool(match["square"] or match["curly"] or match["angle"])


def _split_field(match: re.Match[str]) -> tuple[str, str]:
    """What a field with brackets asks for, and the words before it on its line."""
    name = match["square"] or match["curly"] or match["angle"]
    before = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return name.partition("|")[0] if match["curly"] else name, before


def _asks_for_end(words: str) -> bool:
    """Whether a template has a place of its own for when it was over."""
    fields = [match for match in _FIELD.finditer(words) if _is_bracketed(match)]
    return any(moment_of(*_split_field(match)) in ("restored", "resolved") for match in fields if not _no_field(match))


class _Filling:
    """One pass over one template."""

    def __init__(
        self,
        message_facts: MessageFacts,
        incident: Incident,
        severity_scale: SeverityScale,
        values_by_name: Mapping[str, str],
    ) -> None:
        self.fields: dict[str, str] = {}
        self.unknown: list[str] = []
        self.promises = False
        self._facts, self._incident, self._severity_scale, self._values_by_name = (
            message_facts,
            incident,
            severity_scale,
            values_by_name,
        )
        self._names = list_zone_abbreviations(message_facts.zone, message_facts.now)

    def put(self, match: re.Match[str]) -> str:
        """What stands in the message in place of one match."""
        if match["abbreviation"]:
            return self._in_force(match[0])
        if match["bare"]:
            return chosen_status(list_options(match[0]), self._incident.status) or match[0]
        name, zone = match["square"] or match["curly"] or match["angle"], match["zone"] or ""
        if _no_field(match):
            return match[0]
        question, before = _split_field(match)
        value = _make_safe(self._values_by_name.get(_normalize_key(question), "")) or self._chosen(question)
        if not value and (which := moment_of(question, before)):
            value = self._time(which, f"{name} {zone}")
            zone = "" if value else zone  # a time tells its zone itself
        value = value or _make_safe(get_field_value(question, self._facts))
        label = clean_line(name)
        if value:
            self.fields[label] = value
        else:
            self.unknown.append(label)
        return (value or make_mark(name)) + re.sub(r"\w+", lambda word: self._in_force(word[0]), zone)

    def _chosen(self, name: str) -> str:
        """The one of its options that holds; "" where it is no choice, or nobody can say which."""
        offered = list_options(name)
        if are_lengths(offered):
            self.promises |= self._facts.promise is not None
            return chosen_length(offered, self._facts.promise)
        status = chosen_status(offered, self._incident.status)
        return status or chosen_level(offered, self._incident.severity, self._severity_scale)

    def _time(self, which: str, question: str) -> str:
        self.promises |= which == "next" and which in self._facts.moments
        in_utc = bool(re.search(r"\b(?:UTC|GMT|Z)\b", question))
        show = partial(format_moment, now=self._facts.now, zone=self._facts.zone, utc_only=in_utc)
        return self._facts.describe_moment(which, show)

    def _in_force(self, word: str) -> str:
        """A zone's name in a document reads as its name at this moment: NZST is NZDT in summer."""
        return (self._facts.now.astimezone(self._facts.zone).tzname() or word) if word in self._names else word


def _no_field(match: re.Match[str]) -> bool:
    """Whether it only looks like one: a tag, a note, a box to tick."""
    if match["angle"]:
        return _TAGS.fullmatch(match["angle"].strip()) is not None
    name = match["square"] or match["curly"]
    return _NOTES.fullmatch(name) is not None or not re.search(r"\w", name)


def _normalize_key(name: str) -> str:
    return " ".join(name.casefold().split())


def _make_safe(value: str) -> str:
    """One line that holds no mark of its own."""
    return strip_marks(clean_line(value))
