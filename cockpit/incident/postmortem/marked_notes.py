"""What people wrote down with a word in front: `Cause:`, `Fix:`, `Trigger:`."""

from collections.abc import Iterable

from cockpit.model.event import Event, Kind, text_of, words_of

CAUSE_MARKS = ("cause:", "root cause:")
FIX_MARKS = ("fix:", "fixed:", "resolution:")
TRIGGER_MARKS = ("trigger:",)


def is_marked_note(event: Event) -> bool:
    return bool(read_marked_note(event, (*CAUSE_MARKS, *FIX_MARKS, *TRIGGER_MARKS)))


def read_marked_note(event: Event, marks: Iterable[str]) -> str:
    """The words behind the mark, with their lines; "" where the note does not begin with one. What somebody gave as the
    reason of a severity or a status is a note as well: the form asks for it."""
    if event.redacted:
        return ""
    if event.kind in (Kind.NOTE, Kind.DECISION):
        text = words_of(event.detail, "text") or event.summary
    elif event.kind in (Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE):
        text = text_of(event.detail, "reason")
    else:
        return ""
    mark = next((mark for mark in marks if text.casefold().startswith(mark)), "")
    return text[len(mark) :].strip() if mark else ""


def list_marked_notes(events: Iterable[Event], marks: Iterable[str]) -> list[tuple[Event, str]]:
    """Each note with such a mark, and its words; once, where one form recorded severity and status for one reason."""
    marks = tuple(marks)
    notes_by_words = {
        (event.actor, text): (event, text)
        for event in reversed(list(events))
        if (text := read_marked_note(event, marks))
    }
    return list(reversed(notes_by_words.values()))
