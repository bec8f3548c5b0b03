"""Rows of the revision pane: newest first, what carries traffic stands out."""

import re
from collections.abc import Sequence

from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RevisionCondition, ill_working, judge_revision
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
MARKS = {
    RevisionCondition.SERVING: ("●", "good"),
    RevisionCondition.SCALED_TO_ZERO: ("○", "muted"),
    RevisionCondition.STARTING: ("◌", "warn"),
    RevisionCondition.STOPPING: ("◌", "muted"),
    RevisionCondition.UNKNOWN: ("◌", "warn"),
    RevisionCondition.ILL: ("✖", "bad"),
    RevisionCondition.INACTIVE: ("○", "muted"),
}
"""Green is only what is known to serve."""
GOOD = frozenset({RevisionCondition.SERVING, RevisionCondition.SCALED_TO_ZERO})
DIGEST = re.compile(r"@sha256:([0-9a-f]{7})[0-9a-f]*$")
COMMIT = re.compile(r"^[0-9a-f]{12,40}$")


ORDERS = ("newest first", "most traffic first")
"""How the pane can be sorted, app by app; the first is how it opens."""


def build_revision_rows(applications: Sequence[Application], order: str = ORDERS[0]) -> list[Row]:
    """One row a revision; with several apps each name keeps its app."""
    several, by_traffic = len(applications) > 1, order == ORDERS[1]
    return [
        _build_revision_row(application, revision, several)
        for application in applications
        for revision in (
            sorted(application.revisions, key=lambda revision: -revision.weight)
            if by_traffic
            else application.revisions
        )
    ]


def count_revisions(applications: Sequence[Application]) -> list[Piece]:
    """` mi-prod · multiple`, for the title of the pane, behind where they run; a sick revision in use is counted."""
    locations = dict.fromkeys(application.location for application in applications if application.location)
    named = " ".join((*locations, *(f"{application.name} · {application.mode}" for application in applications)))
    sick = sum(health.condition is RevisionCondition.ILL for _, health in ill_working(applications))
    pieces: list[Piece] = [(f" {named}", "muted")] if named else []
    return [*pieces, (" ", ""), (f"✖{sick}", "bad")] if sick else pieces


def short_name(revision: Revision) -> str:
    """`--v42` of `mi-prod--v42`; `#3 7d4b9c8f6d` where revisions have numbers."""
    if revision.number is not None:
        app = revision.app.rpartition("/")[2]
        return f"#{revision.number} {revision.name.removeprefix(f'{app}-')}"
    return revision.name.removeprefix(revision.app) or revision.name


def tell_deployed(revision: Revision) -> str:
    """What tells its image from another; where the row's name says that already, the slot or label that it has."""
    image = short_image(revision.image)
    return ", ".join(revision.labels) if revision.labels and image in ("", revision.name) else image


def short_image(image: str) -> str:
    """What tells two images apart: `sha 9f31c2e` of a digest or a commit, else the tag."""
    if digest := DIGEST.search(image):
        return f"sha {digest.group(1)}"
    tag = image.rpartition("/")[2].partition(":")[2]
    return f"sha {tag[:7]}" if COMMIT.match(tag) else tag or image


def format_ready(revision: Revision) -> str:
    """`1/3 ready`; a revision whose replicas were not read shows only how many the cloud counts."""
    if revision.replicas is None:
        return "" if not revision.replica_count else f"{revision.replica_count} repl."
    return f"{sum(replica.ready for replica in revision.replicas)}/{len(revision.replicas)} ready"


def _name_revision(application: Application, revision: Revision, several: bool) -> str:
    if not several:
        return short_name(revision)
    if revision.number is not None:
        return f"{application.name} #{revision.number}"
    # The name of a container app's revision begins with the app, and a side has a colour; a tag by itself says nothing.
    named = revision.name.startswith(application.name) or application.mode == "blue-green"
    return revision.name if named else f"{application.name} {revision.name}"


def _build_revision_row(application: Application, revision: Revision, several: bool) -> Row:
    health = judge_revision(revision)
    glyph, tone = MARKS[health.condition]
    in_use = revision.weight > 0 if application.has_ingress else revision.active
    quiet = "" if in_use else "muted"
    fresh_start = sum(replica.restarts for replica in revision.replicas or ())
    return Row(
        f"{revision.app}/{revision.name}",
        (
            Cell(glyph, tone),
            Cell(_name_revision(application, revision, several), "strong" if in_use else quiet),
            Cell(f"{revision.weight} %", "strong" if revision.weight else "muted"),
            Cell(health.word, tone),
            Cell(tell_deployed(revision), "muted"),
            Cell(f"{fresh_start} restarts" if fresh_start else "", "warn"),
            Cell(format_ready(revision), quiet),
            Cell("", quiet, revision.created),
        ),
        (
            *(("app", revision.app), ("name", revision.name), ("state", health.word), ("image", revision.image)),
            *(("traffic", str(revision.weight)), ("active", "yes" if revision.active else "no")),
        ),
        health.condition is RevisionCondition.ILL or (in_use and health.condition not in GOOD),
    )
