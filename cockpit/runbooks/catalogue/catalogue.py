"""The documents of a team, and the built-in ones, as one catalogue: found by name, by number, by a few letters."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cockpit.model.problem import CodedError
from cockpit.model.runbook import Procedure, Runbook
from cockpit.model.text import clean_line, find_nearest
from cockpit.runbooks.document.labels import make_slug

NUMBER = re.compile(r"^(?:(?i:section|part|chapter)\s+)?(\d+(?:\.\d+)*)[.):]?\s")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
ORDINAL = re.compile(r"^\d+(?:\.\d+)*$")


@dataclass(frozen=True, slots=True)
class Document:
    """A runbook in the catalogue. `id` is what stands before the `#`: the name of its file, unique."""

    id: str
    runbook: Runbook
    builtin: bool = False
    replaces: bool = False  # stands where a built-in one was


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or folder that could not be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class AwaitedDocument:
    """A document that nobody has read yet. Its title stands on the screen; nothing of it can be opened or run."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One procedure of one document."""

    document: Document
    procedure: Procedure

    @property
    def name(self) -> str:
        return f"{self.document.id}#{self.procedure.slug}"


class NotFound(CodedError, LookupError):  # noqa: N818  not an error of ours
    """There is no such document or procedure; the text says so and what is near."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Documents in the order of the configuration, the built-in ones last."""

    documents: tuple[Document, ...] = ()
    unread: tuple[Unread, ...] = ()
    awaited: tuple[AwaitedDocument, ...] = ()  # of a first look; what they say may bind what was read

    def places(self) -> Iterator[CatalogueEntry]:
        """Every procedure there is."""
        return (
            CatalogueEntry(document, procedure)
            for document in self.documents
            for procedure in document.runbook.procedures
        )

    def find(self, text: str) -> CatalogueEntry:
        """The place that `DOC#PROCEDURE` names. Raises NotFound with what was probably meant.

        DOC is an id, a file name or a title; PROCEDURE a slug, some words of the title, the number of its section or
        its place in the document. Without `#` the document's own procedure, when it has one that stands out.
        """
        name, hash_sign, procedure = text.strip().partition("#")
        document = self.document(name)
        return CatalogueEntry(document, find_procedure(document, procedure) if hash_sign else main_procedure(document))

    def document(self, name: str) -> Document:
        """The document of that id, file name, path or title. Raises NotFound."""
        wanted_name = name.strip().casefold()
        for names in (list_document_ids, list_document_files, list_document_titles):
            documents = [document for document in self.documents if wanted_name and wanted_name in names(document)]
            if len(documents) == 1:
                return documents[0]
            if documents:
                several = ", ".join(document.id for document in documents)
                raise NotFound(
                    f"`{shorten_name(name)}` may be any of {several}.",
                    code="ambiguous-runbook",
                    name=shorten_name(name),
                    candidates=several,
                )
        meant = find_nearest(wanted_name, [document.id for document in self.documents]) or find_nearest(
            wanted_name, map(title_of, self.documents)
        )
        hint = (
            f" Did you mean `{meant}`?"
            if meant
            else f" There are: {join_names(document.id for document in self.documents)}."
        )
        raise NotFound(
            f"There is no runbook `{shorten_name(name)}`.{hint}", code="unknown-runbook", name=shorten_name(name)
        )


def list_document_ids(document: Document) -> tuple[str, ...]:
    return (document.id.casefold(),)


def list_document_files(document: Document) -> tuple[str, ...]:
    path = document.runbook.path.casefold()
    return path, path.rsplit("/", 1)[-1]


def title_of(document: Document) -> str:
    return document.runbook.title


def list_document_titles(document: Document) -> tuple[str, ...]:
    return document.runbook.title.casefold(), make_slug(document.runbook.title)


def main_procedure(document: Document) -> Procedure:
    """The only procedure, or that of the title itself. Raises NotFound where one must be chosen."""
    procedures = document.runbook.procedures
    heads = [procedure for procedure in procedures if procedure.level <= 1] or [
        procedure for procedure in procedures if not procedure.section
    ]
    if len(heads) == 1:
        return heads[0]
    if not procedures:
        raise NotFound(f"`{document.id}` has nothing to run.", code="nothing-to-run", document=document.id)
    raise NotFound(
        f"`{document.id}` has several procedures: {join_names(f'#{procedure.slug}' for procedure in procedures)}.",
        code="ambiguous-procedure",
        document=document.id,
    )


def find_procedure(document: Document, text: str) -> Procedure:
    """The procedure of a document by slug, number, place or words. Raises NotFound."""
    procedures = document.runbook.procedures
    wanted_name = make_slug(text)
    exact = [item for item in procedures if item.slug == wanted_name]
    titled = [item for item in procedures if make_slug(item.title) == wanted_name]
    if exact and (len(titled) < 2 or text.strip() == exact[0].slug):
        return exact[0]  # of several with one title only its very slug names one
    if ORDINAL.match(text.strip()):
        if procedure := find_numbered_procedure(procedures, text.strip()):
            return procedure
    else:
        found_by_words = titled or [item for item in procedures if has_words(item, wanted_name)]
        if len(found_by_words) == 1:
            return found_by_words[0]
        if found_by_words:
            several = join_names(f"#{found_by_word.slug}" for found_by_word in found_by_words)
            raise NotFound(
                f"`{shorten_name(text)}` may be any of {several}.",
                code="ambiguous-procedure",
                text=shorten_name(text),
                candidates=several,
            )
    meant = near_slug(wanted_name, [item.slug for item in procedures])
    hint = f"Did you mean `#{meant}`?" if meant else f"It has: {join_names(f'#{item.slug}' for item in procedures)}."
    raise NotFound(
        f"`{document.id}` has no procedure `{shorten_name(text)}`. {hint}",
        code="unknown-procedure",
        document=document.id,
        text=shorten_name(text),
    )


def find_numbered_procedure(procedures: Sequence[Procedure], number: str) -> Procedure | None:
    """The procedure in the section of that number, else the one at that place."""
    for procedure in procedures:
        if any(number_of(title) == number for title in (procedure.title, *procedure.within)):
            return procedure
    has_numbers = any(number_of(title) for item in procedures for title in (item.title, *item.within))
    index = int(number) if number.isdecimal() and len(number) < 6 else 0
    return procedures[index - 1] if 0 < index <= len(procedures) and not has_numbers else None


def number_of(title: str) -> str:
    """`2` of `2. Restore the database`, `2.1` of `2.1 Provider down`, else ""."""
    match = NUMBER.match(title)
    return match[1] if match else ""


def has_words(procedure: Procedure, wanted_name: str) -> bool:
    """True when the slug, or the headings down to it, hold the wanted words side by side."""
    path = "-".join(make_slug(title) for title in (*procedure.within, procedure.title))
    return bool(wanted_name) and any(f"-{wanted_name}-" in f"-{name}-" for name in (procedure.slug, path))


def near_slug(wanted_name: str, slugs: Sequence[str]) -> str:
    """The slug nearest to what was typed, as a whole or by its words; "" when none is near."""
    by_word = {word: text for text in reversed(slugs) for word in text.split("-") if len(word) > 3}
    word = find_nearest(wanted_name, slugs) or next(
        (nearest for part in wanted_name.split("-") if (nearest := find_nearest(part, by_word))), ""
    )
    return by_word.get(word, word)


def shorten_name(text: str) -> str:
    return clean_line(text, 60)


def join_names(names: Iterable[str]) -> str:
    result = list(names)
    more = f" and {len(result) - 8} more" if len(result) > 8 else ""
    return (", ".join(result[:8]) or "none") + more


# Fuzzy find in a catalogue: a few letters, in any order of words.

FAR = 1_000  # worse than any real score
BY_LETTERS = 60  # a word whose letters only stand in this order: `rsdb` finds "Restore Database"
IN_PROSE = 40


def search_entries(places: Iterable[CatalogueEntry], query: str) -> list[CatalogueEntry]:
    """The places that fit the query, the best first; all of them, in their order, for an empty one."""
    names = query.casefold().split()
    scored = [(score_entry(place, names), index, place) for index, place in enumerate(places)]
    return [place for fit, _, place in sorted(scored, key=lambda triple: triple[:2]) if fit < FAR]


def score_entry(place: CatalogueEntry, names: list[str]) -> int:
    """0 is best. Every word must be found; in the titles counts more than in what the document says elsewhere."""
    procedure, runbook = place.procedure, place.document.runbook
    layers = (
        " ".join((procedure.title, *procedure.within)),
        f"{place.document.id} {runbook.title} {runbook.labels.get('tags', '')}",
        " ".join((procedure.labels.get("when", ""), procedure.labels.get("symptoms", ""))),
        " ".join(step.title for step in procedure.steps),
    )
    title, *rest = map(normalize_words, layers)
    total = 0
    for word in names:
        elsewhere = (score_word(word, text) + (2, 10, 20)[depth] for depth, text in enumerate(rest))
        best = min(score_word(word, title), *elsewhere, BY_LETTERS if in_order(word, title) else FAR)
        total += best if best < IN_PROSE else min(best, IN_PROSE + score_word(word, normalize_text(runbook)))
    return min(total, FAR)


def score_document(document: Document, names: list[str]) -> int:
    """How well a document itself fits: by its name, its title, its tags, else by what it says in prose and tables."""
    title = normalize_words(f"{document.id} {document.runbook.title} {document.runbook.labels.get('tags', '')}")
    total = 0
    for word in names:
        best = score_word(word, title)
        total += best if best < FAR else IN_PROSE + score_word(word, normalize_text(document.runbook))
    return min(total, FAR)


def score_title(title: str, names: list[str]) -> int:
    """How well a document fits of which nothing but its title is known."""
    folded = normalize_words(title)
    return min(sum(score_word(word, folded) for word in names), FAR)


def normalize_words(text: str) -> str:
    """A text for comparing, with the words of names in camel case beside it: HighLatency holds latency."""
    return f"{text} {CAMEL.sub(' ', text)}".casefold() if CAMEL.search(text) else text.casefold()


def normalize_text(runbook: Runbook) -> str:
    return _normalize_whole_text(runbook.sha256, runbook.text)


@lru_cache(maxsize=2048)  # asked at each letter that is typed
def _normalize_whole_text(sha256: str, text: str) -> str:
    return text.casefold()


def score_word(word: str, text: str) -> int:
    """How well one word fits: 0 begins a word, 1 is inside one, FAR not at all."""
    if word not in text:
        return FAR
    return 0 if re.search(rf"\b{re.escape(word)}", text) else 1


def in_order(letters: str, text: str) -> bool:
    """True when the letters stand in the text in this order: `rsdb` finds "Restore Database"."""
    rest = iter(text)
    return all(letter in rest for letter in letters)
