"""Rows of the revision pane: newest first, what carries traffic stands out."""

import re
from collections.abc import Sequence

from cockpit.model.revision import Application, Revision
from widgets.cell import Cell, Column, Piece, Row

COLUMNS = (
    Column(1),
    Column(0),
    Column(5, right=True),
    Column(9),
    Column(11, from_width=52),
    Column(13, from_width=92),
    Column(9),
    Column(4, right=True),
)
SICK = frozenset({"unhealthy", "degraded", "failed", "activationfailed"})
DIGEST = re.compile(r"@sha256:([0-9a-f]{7})[0-9a-f]*$")
COMMIT = re.compile(r"^[0-9a-f]{12,40}$")


def rows(applications: Sequence[Application]) -> list[Row]:
    """One row a revision; with several apps each name keeps its app."""
    several = len(applications) > 1
    return [_row(each, several) for application in applications for each in application.revisions]


def counts(applications: Sequence[Application]) -> list[Piece]:
    """` mi-prod · multiple`, for the title of the pane; a sick revision with traffic is counted."""
    named = " ".join(f"{each.name} · {each.mode}" for each in applications)
    sick = sum(bool(unwell(each)) and each.weight > 0 for app in applications for each in app.revisions)
    pieces: list[Piece] = [(f" {named}", "muted")] if named else []
    return [*pieces, (" ", ""), (f"✖{sick}", "bad")] if sick else pieces


def unwell(revision: Revision) -> str:
    """The word by which the cloud itself says that something is wrong with it; "" while it says nothing of the kind."""
    says = (revision.health, revision.running, revision.provisioning)
    return next((word for word in says if word.replace(" ", "").casefold() in SICK), "")


def short_name(revision: Revision) -> str:
    """`--v42` of `mi-prod--v42`."""
    return revision.name.removeprefix(revision.app) or revision.name


def short_image(image: str) -> str:
    """What tells two images apart: `sha 9f31c2e` of a digest or a commit, else the tag."""
    if digest := DIGEST.search(image):
        return f"sha {digest.group(1)}"
    tag = image.rpartition("/")[2].partition(":")[2]
    return f"sha {tag[:7]}" if COMMIT.match(tag) else tag or image


def ready(revision: Revision) -> str:
    """`1/3 ready`; a revision whose replicas were not read shows only how many the cloud counts."""
    if revision.replicas is None:
        return "" if not revision.replica_count else f"{revision.replica_count} repl."
    return f"{sum(each.ready for each in revision.replicas)}/{len(revision.replicas)} ready"


def _row(revision: Revision, several: bool) -> Row:
    bad = unwell(revision) if revision.active else ""
    glyph, tone = ("✖", "bad") if bad else ("●", "good") if revision.active else ("○", "muted")
    quiet = "" if revision.weight else "muted"
    says = bad or revision.health or revision.running or revision.provisioning
    health = says if revision.active else "Inactive"
    fresh_start = sum(each.restarts for each in revision.replicas or ())
    return Row(
        f"{revision.app}/{revision.name}",
        (
            Cell(glyph, tone),
            Cell(revision.name if several else short_name(revision), "strong" if revision.weight else quiet),
            Cell(f"{revision.weight} %", "strong" if revision.weight else "muted"),
            Cell(health, tone if revision.active else "muted"),
            Cell(short_image(revision.image), "muted"),
            Cell(f"{fresh_start} restarts" if fresh_start else "", "warn"),
            Cell(ready(revision), quiet),
            Cell("", quiet, revision.created),
        ),
    )
