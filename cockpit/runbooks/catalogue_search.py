"""Fuzzy find in a catalogue: a few letters, in any order of words."""

import re
from collections.abc import Iterable

from cockpit.runbooks.catalogue import CatalogueEntry

FAR = 1_000  # worse than any real score


def search(places: Iterable[CatalogueEntry], query: str) -> list[CatalogueEntry]:
    """The places that fit the query, the best first; all of them, in their order, for an empty one."""
    wanted = query.casefold().split()
    scored = [(score(place, wanted), at, place) for at, place in enumerate(places)]
    return [place for fit, _, place in sorted(scored, key=lambda each: each[:2]) if fit < FAR]


def score(place: CatalogueEntry, wanted: list[str]) -> int:
    """0 is best. Every word must be found; in the title counts more than in what the document says elsewhere."""
    procedure, runbook = place.procedure, place.document.runbook
    layers = (
        " ".join((procedure.title, *procedure.within)),
        f"{place.document.id} {runbook.title}",
        " ".join((procedure.labels.get("when", ""), procedure.labels.get("symptoms", ""))),
        " ".join(step.title for step in procedure.steps),
    )
    title, *rest = (text.casefold() for text in layers)
    total = 0
    for word in wanted:
        elsewhere = (fits(word, text) + 10 * depth for depth, text in enumerate(rest, start=1))
        total += min(fits(word, title), *elsewhere, 5 if in_order(word, title) else FAR)
    return min(total, FAR)


def fits(word: str, text: str) -> int:
    """How well one word fits: 0 begins a word, 1 is inside one, FAR not at all."""
    if word not in text:
        return FAR
    return 0 if re.search(rf"\b{re.escape(word)}", text) else 1


def in_order(letters: str, text: str) -> bool:
    """True when the letters stand in the text in this order: `rsdb` finds "Restore Database"."""
    rest = iter(text)
    return all(letter in rest for letter in letters)
