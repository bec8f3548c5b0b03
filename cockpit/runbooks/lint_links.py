"""Rules about where a document points: files that are not there, anchors that no heading has."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from cockpit.model.clean import clean_line
from cockpit.model.runbook import Finding, Runbook
from cockpit.runbooks.labels import slug
from cockpit.runbooks.prose import headings, prose
from cockpit.runbooks.references import OUTSIDE
from cockpit.runbooks.repair import decode

MENTION = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.md)`")
PATTERN = re.compile(r"YYYY|XXXX|NNN")  # a way to name files, not a file
LARGEST = 10_000_000  # bytes of a file whose headings are looked for


def dead_links(runbook: Runbook, places: Sequence[Path]) -> Iterator[Finding]:
    """Every link inside the repository leads somewhere. `places` is the document's folder and those above it."""
    own = anchors(runbook.text)
    for link in runbook.links:
        if OUTSIDE.match(link.target):
            continue
        name, _, anchor = unquote(link.target).partition("#")
        file = found(name.partition("?")[0], places) if name else None
        if name and file is None:
            yield Finding("dead-link", link.line, clean_line(f"links to {link.target}, which is not there", 300))
        elif anchor and squeezed(anchor) not in (own if file is None else anchors_of(file, anchor)):
            yield Finding(
                "dead-link", link.line, clean_line(f"links to {link.target}, and no heading is named so", 300)
            )
    linked = {link.target.partition("#")[0].rsplit("/", 1)[-1] for link in runbook.links}
    for line, _, text in prose(runbook.text):
        for match in MENTION.finditer(text):
            name = match[1]
            if name.rsplit("/", 1)[-1] not in linked and not PATTERN.search(name) and found(name, places) is None:
                yield Finding("dead-link", line, clean_line(f"mentions {name}, which is not there", 300))


def found(name: str, places: Sequence[Path]) -> Path | None:
    """The file or folder of that name, as seen from the document's folder; `/x` from a folder above, too."""
    names = [name] if not name.startswith("/") else []
    candidates = [places[0] / each for each in names] + [place / name.lstrip("/") for place in places]
    for path in candidates:
        try:
            if path.exists():
                return path
        except (OSError, ValueError):  # a name no file can have
            return None
    return None


def anchors(text: str) -> frozenset[str]:
    """What a link may name in a text: its headings."""
    return frozenset(squeezed(slug(title)) for _, title in headings(text))


def anchors_of(file: Path, asked: str) -> frozenset[str]:
    """The anchors of another file; of one that is no Markdown, or cannot be read, the asked one counts as there."""
    try:
        if file.suffix == ".md" and file.stat().st_size <= LARGEST:
            return anchors(decode(file.read_bytes()))
    except OSError:
        pass
    return frozenset({squeezed(asked)})


def squeezed(anchor: str) -> str:
    """Viewers disagree on doubled dashes, and on the number behind a heading that there is twice."""
    return re.sub(r"-+", "-", re.sub(r"-\d+$", "", anchor.casefold())).strip("-")
