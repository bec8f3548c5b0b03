"""Where a document points: "(Section 3)", "s.6", "§6", [another document](restore.md#swap)."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from cockpit.model.runbook import Procedure, Runbook
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, number_of
from cockpit.runbooks.document.labels import make_slug

SECTION = re.compile(r"(?i)(?:\bsections?\s+|\bsec\.\s*|\bs\.\s*|§\s*|\brunbook\s+|\bplaybook\s+)(\d+(?:\.\d+)*)")
OUTSIDE = re.compile(r"(?i)^[a-z][a-z0-9+.-]*:|^//")


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a reference leads: a document, and the procedure in it when the reference names one."""

    document: Document
    procedure: Procedure | None = None


def section_numbers(text: str) -> list[str]:
    """The sections that a text refers to: `3` of "revoke it (Section 3)"."""
    return [match[1] for match in SECTION.finditer(text)]


def find_referenced_procedures(runbook: Runbook, text: str) -> tuple[Procedure, ...]:
    """The procedures that a text of this document refers to by number, in its order."""
    procedures_by_name = {
        procedure.slug: procedure
        for number in section_numbers(text)
        for procedure in runbook.procedures
        if any(is_in(number_of(title), number) for title in (procedure.title, *procedure.within))
    }
    return tuple(procedures_by_name.values())


def is_in(number: str, wanted_name: str) -> bool:
    """`6.1` is in section `6`."""
    return number == wanted_name or number.startswith(f"{wanted_name}.")


def follow_link(catalogue: Catalogue, document: Document, target: str) -> Jump | None:
    """Where a link of a document leads inside the catalogue; None for an address, or a file that is not in it."""
    if OUTSIDE.match(target):
        return None
    file, _, anchor = target.partition("#")
    there = document
    if file:
        wanted_name = normalise_path(PurePosixPath(document.runbook.path).parent / file)
        documents = [
            document
            for document in catalogue.documents
            if normalise_path(PurePosixPath(document.runbook.path)) == wanted_name
        ]
        if not documents:
            return None
        there = documents[0]
    squeezed = re.sub(r"-+", "-", make_slug(anchor))
    named = [procedure for procedure in there.runbook.procedures if re.sub(r"-+", "-", procedure.slug) == squeezed]
    return Jump(there, named[0] if anchor and named else None)


def normalise_path(path: PurePosixPath) -> str:
    """A path without `.` and `..`, for comparing. Links on disk are not followed."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] not in ("..", "/"):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
