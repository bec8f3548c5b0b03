"""What the catalogue shows: runs that go on, what helps with the alerts that fire, and every document. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from cockpit.model.alert import SEVERITY_RANK, Alert, Severity, began_about_when, began_just_before
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.run import SETTLED, Run
from cockpit.model.runbook import ONLY_VALUES, Procedure, Runbook
from cockpit.runbooks.catalogue.alert_match import SUREST, Match, ProbeMatch, match_alerts, match_probes
from cockpit.runbooks.catalogue.catalogue import (
    FAR,
    AwaitedDocument,
    Catalogue,
    CatalogueEntry,
    Document,
    NotFound,
    Unread,
    score_document,
    score_entry,
    score_title,
)
from cockpit.runbooks.document.dates import day_in
from cockpit.runbooks.drills.badges import Badge, find_overdue_days, list_badges
from cockpit.runbooks.plan.durations import read_time_budget
from screens.run.rows import render_labelled, strip_warning
from widgets.cell import Cell, Column, Piece, Row
from widgets.steps import SIGNS

COLUMNS = (
    Column(1),
    Column(0, prose=True),
    Column(38, prose=True, from_width=84),
    Column(9, right=True),
    Column(13, right=True, from_width=84),
    Column(14, right=True, below=84),  # the same, but for documents: where not all badges fit, the weightiest
)
BEHIND_ITS_OWN = 3  # a document comes behind its own procedures where its title fits, and before others
SHORT = 9  # cells of a time
TONES = {Badge.VIEW_ONLY: "bad", Badge.CHANGED: "warn", Badge.OVERDUE: "warn"}
Entry = Run | Match | ProbeMatch | CatalogueEntry | Document | AwaitedDocument | Unread


@dataclass(frozen=True, slots=True)
class Shelf:
    """The catalogue at one moment, by the ids of its rows, in their order."""

    entries: Mapping[str, Entry]
    badges: Mapping[str, tuple[Badge, ...]]  # by document
    today: date
    done: Mapping[str, date]  # what was practised when

    @property
    def places(self) -> list[CatalogueEntry]:
        return [entry for entry in self.entries.values() if isinstance(entry, CatalogueEntry)]

    @property
    def documents(self) -> list[Document]:
        return [entry for entry in self.entries.values() if isinstance(entry, Document)]

    def of(self, kind: type[Entry]) -> int:
        return sum(isinstance(entry, kind) for entry in self.entries.values())


def build_shelf(
    catalogue: Catalogue,
    runs: Iterable[Run],
    alerts: Sequence[Alert],
    today: date,
    done: Mapping[str, date],
    probes: Sequence[ProbeResult] = (),
) -> Shelf:
    """Runs that are not over first, the newest on top; then what helps now; then the documents with their procedures.

    `done` is our own record of what was practised: the last day by the practice's name in lower case.
    """
    newest_runs = sorted(runs, key=lambda run: run.started, reverse=True)
    entries: dict[str, Entry] = {f"run:{run.id}": run for run in newest_runs if run.ended is None}
    helping: set[tuple[str, str, int]] = set()  # two things that are wrong and lead to one place are one row
    gravest_first = sorted(alerts, key=lambda alert: SEVERITY_RANK[alert.severity])
    for id, helpful in list_helpful_entries(match_probes(catalogue, probes), match_alerts(catalogue, gravest_first)):
        if helpful.procedure is not None:
            step = helpful.step.ordinal if isinstance(helpful, Match) and helpful.step else 0
            place_of_match = (helpful.document.id, helpful.procedure.full_title, step)
            if place_of_match in helping:
                continue
            helping.add(place_of_match)
        entries[id] = helpful
    for document in catalogue.documents:
        entries[f"doc:{document.id}"] = document
        for procedure in document.runbook.procedures:
            place = CatalogueEntry(document, procedure)
            entries[f"place:{place.name}"] = place
    entries |= {f"awaited:{awaited.path}": awaited for awaited in catalogue.awaited}
    entries |= {f"unread:{unread.path}": unread for unread in catalogue.unread}
    last = {run.path: run.sha256 for run in reversed(newest_runs)}
    worn = {
        document.id: list_badges(document.runbook, today, last_run=last.get(document.runbook.path, ""), done=done)
        for document in catalogue.documents
    }
    return Shelf(entries, worn, today, done)


def list_helpful_entries(
    probe_matches: Sequence[ProbeMatch], alert_matches: Sequence[Match]
) -> list[tuple[str, ProbeMatch | Match]]:
    """What helps now, the likeliest first: the procedures of a critical alert, then of one that began just before a
    probe went down, then of one that began with it, then those of the probes that are down, then of the other alerts,
    then of what is merely degraded, and last what only resembles an alert.

    A probe has one procedure for whatever may be wrong with it; a document that names the alert was written for it. A
    critical alert that began long before or after the probe may be another trouble: then it is the graver one. Of
    several others that led up to it the first one leads: errors follow from the node that was lost before.
    """
    down = [match for match in probe_matches if match.probe.state is ProbeState.DOWN]
    ranked: list[tuple[tuple[int, float], str, ProbeMatch | Match]] = [
        ((2 if match in down else 4, 0.0), f"probe:{match.probe.name}", match) for match in probe_matches
    ]
    for index, match in enumerate(alert_matches):
        if match.how not in SUREST:
            rank = 5
        elif match.alert.severity is Severity.CRITICAL:
            rank = -1
        elif any(began_just_before(match.alert, item.probe.since) for item in down):
            rank = 0
        elif any(began_about_when(match.alert, item.probe.since) for item in down):
            rank = 1
        else:
            rank = 3
        began = match.alert.since.timestamp() if rank == 0 else 0.0  # the others stay with the gravest first
        ranked.append(((rank, began), f"match:{index}", match))
    return [(id, match) for _, id, match in sorted(ranked, key=itemgetter(0))]


InDocument = Document | CatalogueEntry | Match | ProbeMatch


def get_document(entry: InDocument) -> Document:
    """The document that an entry is of."""
    return entry if isinstance(entry, Document) else entry.document


def find_entry_anew(entry: InDocument, catalogue: Catalogue) -> InDocument:
    """The same entry in a catalogue that was read since. Raises NotFound where the document has it no more."""
    path = get_document(entry).runbook.path
    document = next((document for document in catalogue.documents if document.runbook.path == path), None)
    if document is not None and isinstance(entry, Document):
        return document
    if document is not None and not isinstance(entry, Document):
        procedures = {procedure.slug: procedure for procedure in document.runbook.procedures}
        if entry.procedure is None or entry.procedure.slug in procedures:
            procedure = procedures[entry.procedure.slug] if entry.procedure else None
            return replace(entry, document=document, procedure=procedure)  # type: ignore[arg-type]
    raise NotFound("The document was changed. Look at the list again.", code="document-changed", path=path)


def list_rows(shelf: Shelf, query: str) -> list[Row]:
    """All rows, or with a query the procedures that fit it, the best first."""
    if not query.strip():
        return [_render_entry_row(id, entry, shelf) for id, entry in shelf.entries.items()]
    names = query.casefold().split()
    ranked: list[tuple[int, bool, str, Entry]] = []
    for id, entry in shelf.entries.items():
        if isinstance(entry, CatalogueEntry):
            ranked.append(
                (score_entry(entry, names), bool(entry.procedure.section), id, entry)
            )  # a way back comes last
        elif isinstance(entry, Document):
            ranked.append((score_document(entry, names) + BEHIND_ITS_OWN, False, id, entry))
        elif isinstance(entry, AwaitedDocument):
            ranked.append((score_title(entry.title, names) + BEHIND_ITS_OWN, False, id, entry))
    fitting = sorted((item for item in ranked if item[0] < FAR), key=lambda item: (item[1], item[0]))
    return [_render_entry_row(id, entry, shelf, flag=True) for _, _, id, entry in fitting]


WIDEST_PATH = 58  # letters of a procedure with the headings above it, on a narrow screen
SHORTEST_PARENT = 12  # letters by which two parents are still told apart


def shorten_path(procedure: Procedure) -> str:
    """`Step 3: If no autom… › Scenario A`: the headings above it are cut, never its own title."""
    path, title = procedure.full_title, procedure.title
    if len(path) <= WIDEST_PATH or path == title:
        return path
    parents = path.removesuffix(title).rstrip(" ›")
    return f"{parents[: max(SHORTEST_PARENT, WIDEST_PATH - len(title) - 4)].rstrip()}… › {title}"


def _render_entry_row(id: str, entry: Entry, shelf: Shelf, *, flag: bool = False) -> Row:
    narrow: Cell | None = None
    match entry:
        case Run():
            glyph, tone = _run_sign(entry)
            done = sum(state in SETTLED for _, state in entry.states)
            cells = (
                Cell(glyph, tone),
                Cell(entry.title, "strong"),
                Cell(f"started by {entry.operator}", "muted"),
                Cell("", "muted", entry.started),
                Cell(f"{done} done" if done else "started", "info"),
            )
        case Match():
            cells = (
                Cell("▲", "bad"),
                Cell(entry.hint or entry.document.runbook.title, "strong"),
                Cell(f"for {entry.alert.name}", "bad"),
                Cell(_format_time(entry.procedure), "muted"),
                Cell(f"step {entry.step.ordinal}" if entry.step else _format_size(entry.procedure), "muted"),
            )
        case ProbeMatch():
            cells = (
                Cell("▲", "bad"),
                Cell(entry.procedure.title, "strong"),
                Cell(f"for {entry.probe.name}", "bad"),
                Cell(_format_time(entry.procedure), "muted"),
                Cell(_format_size(entry.procedure), "muted"),
            )
        case CatalogueEntry():
            cells = (
                Cell(""),
                Cell(shorten_path(entry.procedure) if flag else f"  {entry.procedure.title}"),
                Cell(entry.document.runbook.title if flag else "", "muted"),
                Cell(_format_time(entry.procedure), "muted"),
                Cell(_format_size(entry.procedure), "muted"),
            )
        case Document():
            worn = shelf.badges.get(entry.id, ())
            tone = next((TONES[badge] for badge in worn if badge in TONES), "muted")
            own = "built in" if entry.builtin else describe_edition(entry.runbook.labels, shelf.today)
            narrow = Cell(next(iter(worn), own), tone)
            cells = (
                Cell("·", "muted"),
                Cell(entry.runbook.title, "strong"),
                Cell(" · ".join([*([own] if own else []), *worn]), tone),
                Cell(""),
                Cell(""),
            )
        case AwaitedDocument():
            cells = (Cell("…", "muted"), Cell(entry.title, "muted"), Cell("being read", "muted"), Cell(""), Cell(""))
        case Unread():
            cells = (Cell("✖", "bad"), Cell(entry.path), Cell(entry.reason, "bad"), Cell(""), Cell(""))
    return Row(id, (*cells, narrow or cells[-1]))


EDITED = ("last updated", "last reviewed", "version", "date", "created", "effective date")
OLD_DAYS = 365  # after a year without a change nobody knows what of a document still holds


def describe_edition(labels: Mapping[str, str], today: date, *, whole: bool = False) -> str:
    """`v2.0, 9 months old`: what a document says of its own version and date. Short for its row."""
    version = re.match(r"v?(\d+(?:\.\d+)*)\b", labels.get("version", ""), re.IGNORECASE)
    day = next((day for name in EDITED if (day := day_in(labels.get(name, "")))), None)
    parts = [f"v{version[1]}" if version else ""]
    if day is not None:
        months = (today - day).days // 30
        years = f"{months // 12} years old" if months >= 24 else ""
        age = years or {0: "new", 1: "1 month old"}.get(max(months, 0), f"{months} months old")
        parts.append(f"of {day}, {age}" if whole else age)
        parts.append("OLD" if (today - day).days > OLD_DAYS else "")
    parts.append(labels.get("status", "") if whole else "")
    return " · ".join(filter(None, parts))


def _run_sign(run: Run) -> tuple[str, str]:
    """The state of a run that needs a person most."""
    held = [SIGNS[state] for _, state in run.states if state not in SETTLED and state in SIGNS]
    return held[0] if held else ("▸", "info")


def _format_time(procedure: Procedure | None) -> str:
    """The document's own words where they are short, else the time in them."""
    if procedure is None:
        return ""
    sentence = procedure.labels.get("time to fix", "").rstrip(".").replace("minutes", "min").replace("minute", "min")
    limit = read_time_budget(procedure) if len(sentence) > SHORT else None
    return f"{limit.total_seconds() / 60:g} min" if limit else sentence[:SHORT]


def _format_size(procedure: Procedure | None) -> str:
    if procedure is None:
        return "to read"
    count = len(procedure.to_do)
    return f"menu of {count}" if procedure.menu else "1 step" if count == 1 else f"{count} steps"


def describe_entry(entry: Entry | None, shelf: Shelf, width: int) -> list[list[Piece]]:
    """What can be known of the entry under the cursor before it is opened."""
    match entry:
        case Match():
            first = render_labelled("says", entry.hint or entry.document.runbook.title, width, tone="strong", most=2)
            return first + (_describe_procedure(entry.procedure, entry.document, width) if entry.procedure else [])
        case CatalogueEntry() | ProbeMatch():
            return _describe_procedure(entry.procedure, entry.document, width)
        case Document():
            return _describe_document(entry, shelf, width)
        case Run():
            states = (
                " · ".join(f"{step} {entry.describe_state(step)}" for step, _ in entry.states) or "nothing was done yet"
            )
            return render_labelled("run", f"{entry.id} of {entry.path}", width, most=1) + render_labelled(
                "steps", states, width, most=2
            )
        case AwaitedDocument():
            return render_labelled("file", f"{entry.path} is being read", width, tone="muted", most=2)
        case Unread():
            return render_labelled("cannot read", f"{entry.path} {entry.reason}", width, tone="bad", most=3)
    return []


def _describe_procedure(procedure: Procedure, document: Document, width: int) -> list[list[Piece]]:
    triples = [
        ("when", procedure.labels.get("when", "") or procedure.labels.get("symptoms", ""), ""),
        ("caution", " ".join(map(strip_warning, procedure.warnings)), "warn"),
    ]
    triples += [("approval", procedure.labels.get("approval required", ""), "")]
    triples += [("steps", " · ".join(f"{step.ordinal} {step.title}" for step in procedure.steps), "")]
    triples += [("in", " › ".join((document.runbook.title, *procedure.within)), "muted")]
    return [
        row for label, text, tone in triples if text for row in render_labelled(label, text, width, tone=tone, most=2)
    ]


def _describe_left_out(runbook: Runbook) -> str:
    """Blocks that may hold commands and are no steps: nobody shall believe that the document ends there."""
    lines = [str(finding.line) for finding in runbook.findings if finding.rule in ("block-left-out", "forbidden")]
    return f"{len(lines)} blocks are no steps: line {', '.join(lines[:8])}; read them in the document" if lines else ""


def _describe_values(runbook: Runbook) -> str:
    """Blocks of assignments alone are no steps: they say what is asked for, and propose it."""
    lines = runbook.to_read.get(ONLY_VALUES, ())
    where = ", ".join(map(str, lines[:8]))
    return (
        f"line {where}: no steps; what is used of them is asked for, with what stands there proposed" if lines else ""
    )


def _describe_document(document: Document, shelf: Shelf, width: int) -> list[list[Piece]]:
    labels = document.runbook.labels
    due = "; ".join(finding.message for finding in find_overdue_days(document.runbook, shelf.today, shelf.done))
    triples = [
        ("file", document.runbook.path, "muted"),
        ("owner", labels.get("owner", ""), ""),
        ("edition", describe_edition(labels, shelf.today, whole=True), "muted"),
        ("tags", labels.get("tags", ""), "muted"),
        ("overdue", due, "warn"),
    ]
    triples += [("badges", ", ".join(shelf.badges.get(document.id, ())), "warn")]
    triples += [("left out", _describe_left_out(document.runbook), "warn")]
    triples += [("values", _describe_values(document.runbook), "muted")]
    return [
        row for label, text, tone in triples if text for row in render_labelled(label, text, width, tone=tone, most=2)
    ]
