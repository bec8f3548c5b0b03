"""Writing an incident to a file: our own draft keeps what people wrote, any other file is not touched."""

import contextlib
import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from functools import partial
from pathlib import Path

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.change_dates import present_events
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import met_and_missed
from cockpit.incident.impact import as_of
from cockpit.incident.load import list_alert_afterlife, read_deployment, with_events
from cockpit.incident.metrics.metrics import list_metrics, recovery_metrics
from cockpit.incident.postmortem.draft import default_path, render_draft, render_heading, render_picture
from cockpit.incident.postmortem.json_document import FORMAT, as_json
from cockpit.incident.postmortem.merge import NAME, MergedDraft, NotOurDraft, merge_with_notes
from cockpit.incident.postmortem.picture import SIGNATURE
from cockpit.incident.revised_outcomes import revised_outcomes
from cockpit.model.clock_steps import tell_by_present_clock
from cockpit.model.event import Event, Kind, describe_unseen, text_of, words_of
from cockpit.model.incident import Incident, find_worst_severity
from cockpit.model.plan import Plan
from cockpit.model.system import System
from cockpit.model.text import clean_line
from cockpit.model.time import Time, find_zone
from cockpit.recorder.record_end import read_record_end
from cockpit.timeline.timeline import Timeline

# The timeline of an incident as a table for a spreadsheet, every event of it, also those that were corrected.

COLUMNS = (
    "incident", "time_utc", "local_time", "recorded_utc", "event", "from", "kind", "source", "actor", "subject", "what",
    "text", "corrects", "corrected_by", "pinned", "evidence", "hash",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet would run it
INNER_FORMULA = re.compile(r'([;\t\r\n][ "]*)([=+\-@＝＋－＠])')  # what begins a cell for a reader that splits at these
SEPARATOR = "; "


def as_csv(incident: Incident, events: Sequence[Event], zone: tzinfo) -> str:
    """RFC 4180 with a header. `events` in any order; the rows are in the order in which it happened."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    corrected = {event.supersedes: event.id for event in events if event.supersedes is not None}
    evidence: dict[int, list[str]] = {}
    for link in incident.links:
        evidence.setdefault(link.event, []).append(f"{link.text}: {link.target}" if link.text else link.target)
    presented = present_events(sorted(events, key=lambda event: (event.occurred, event.id)))
    presented = tell_by_present_clock(presented, incident.clock_steps)
    recorded = {event.id: event.recorded for event in events}
    for event in sorted(presented, key=lambda event: (event.occurred, event.id)):
        table.writerow(
            [
                incident.id,
                _format_utc(event.occurred),
                f"{event.occurred.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}",
                _format_utc(recorded[event.id]),
                event.id,
                "incident" if event.incident else "journal",
                escape_cell(event.kind),
                escape_cell(event.source),
                escape_cell(event.actor),
                escape_cell(event.subject),
                "(redacted)" if event.redacted else escape_cell(f"{event.summary}{describe_unseen(event)}"),
                escape_cell(words_of(event.detail, "text")),
                event.supersedes or "",
                corrected.get(event.id, ""),
                "yes" if event.id in incident.pins else "",
                escape_cell(SEPARATOR.join(evidence.get(event.id, ()))),
                event.hash,
            ]
        )
    return text.getvalue()


def escape_cell(cell: str) -> str:
    """A cell that every spreadsheet takes for text: what it would take for a formula begins with an apostrophe.

    Where the language of the machine separates cells by semicolons or tabs, a cell ends in the middle of a text, and at
    a line break within it: what follows is guarded as well.
    """
    guarded = f"'{cell}" if cell.startswith(FORMULA) else cell
    return INNER_FORMULA.sub(r"\1'\2", guarded)


def _format_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


TRIES = 5  # to write over a file into which somebody else is writing
NEW_FILE = "a new file"
OUR_DRAFT = "our own draft: the facts are rewritten, what people wrote in it stays"
OUR_EXPORT = "our own export of this incident: it is rewritten"


class ExportForm(StrEnum):
    """What is written: the draft of the post-mortem, the whole incident, or its timeline. The value is the suffix."""

    MARKDOWN = "md"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written, and where: `path` is absolute, `head` the state of the timeline that it shows."""

    path: Path
    done: str
    head: str
    picture: Path | None = None
    notes: tuple[str, ...] = ()  # what was kept of what people changed in our blocks


@dataclass(frozen=True, slots=True)
class Exporter:
    """One incident as the timeline tells it at that moment. All methods block."""

    incident: Incident
    timeline: Timeline
    incident_actions: IncidentActions
    system: System
    time: Time
    plan: Plan = field(default_factory=Plan)
    form: ExportForm = ExportForm.MARKDOWN

    @property
    def preset(self) -> Path:
        """In the team's checkout, whatever folder the person stands in: the file that holds it there already, whatever
        it is called, for a title may be corrected; else one of its own name."""
        folder = find_export_folder(self.system.file, self.timeline.path)
        path = folder / default_path(self.incident).with_suffix(f".{self.form}")
        return find_own_export(path, self.incident.id, self.form) or path

    def text(self) -> str:
        """What a new file would hold. Raises RecordError."""
        return self.render_with_head()[0]

    def render_with_head(self, picture_file: str = "") -> tuple[str, str]:
        """The same, and the head of the chain that it shows. Raises RecordError."""
        full, events = with_events(self.timeline, self.plan.severity_scale, self.incident)
        head = self.timeline.head()
        return self._form(full, events, head, picture_file), head

    def picture(self) -> str:
        """The drawing that lies beside the draft, as SVG. Raises RecordError."""
        full, events = with_events(self.timeline, self.plan.severity_scale, self.incident)
        now = self.time.now()
        recorded_until = read_record_end(self.timeline, full.environment, now)
        return render_picture(full, events, time_zone=self.system.time_zone, now=now, recorded_until=recorded_until)

    def outlook(self, path: Path) -> str:
        """What writing there would do. Raises NotOurDraft, IncidentActionError, RecordError."""
        text = self.render_with_head(find_picture_path(path).name)[0]
        return preview_export(path, text, self.form, former_headings=self._list_former_headings())

    def write(self, path: Path, *, force: bool = False) -> ExportResult:
        """Write it, its drawing beside it, and remember in the timeline that it was.

        Raises NotOurDraft, IncidentActionError, RecordError.
        """
        path = path.expanduser().absolute()
        picture = find_picture_path(path) if self.form is ExportForm.MARKDOWN else None
        text, head = self.render_with_head(picture.name if picture else "")
        former = self._list_former_headings()
        merged = None if force else _merge_with_file(path, text, self.form, former)
        if picture:
            write_picture(picture, self.picture(), force=force)
        done = write_export(path, text, self.form, force=force, former_headings=former)
        if not self.timeline.read_only:
            self.incident_actions.exported(str(path), head, self.incident.id)
        return ExportResult(path, done, head, picture, merged.notes if merged else ())

    def _list_former_headings(self) -> list[str]:
        """The headings of drafts that were written before the title was corrected. Raises RecordError."""
        _, events = with_events(self.timeline, self.plan.severity_scale, self.incident)
        titles = (
            text_of(event.detail, "title")
            for event in events
            if event.kind == Kind.DECLARE and event.incident == self.incident.id
        )
        return [render_heading(title) for title in titles if title]

    def _form(self, full: Incident, events: list[Event], head: str, picture_file: str) -> str:
        system, plan, now = self.system, self.plan, self.time.now()
        recorded_until = read_record_end(self.timeline, full.environment, now)
        full = as_of(full, recorded_until or now)
        deployed = read_deployment(self.timeline, full, now)
        if self.form is ExportForm.MARKDOWN:
            return render_draft(
                full,
                events,
                system=system,
                plan=plan,
                time_zone=system.time_zone,
                head=head,
                now=now,
                picture_file=picture_file,
                alert_afterlife=list_alert_afterlife(self.timeline, full),
                recorded_until=recorded_until,
                deployed=deployed,
            )
        zone = find_zone(system.time_zone)
        if self.form is ExportForm.CSV:
            return as_csv(full, events, zone)
        return as_json(
            full,
            events,
            plan=plan,
            severity=find_worst_severity(full, plan.severity_scale),
            numbers=(*list_metrics(full), *recovery_metrics(full)),
            outcomes=met_and_missed(compute_clocks(full, plan, now, zone=zone, deployed=deployed), now, full),
            revised=revised_outcomes(full, events, plan, zone),
            head=head,
            now=now,
        )


def find_export_folder(configuration: str, timeline: Path) -> Path:
    """The git checkout that the configuration lies in, else its own folder; without one, where the timeline is.

    Never the folder that somebody happens to stand in. Blocking.
    """
    folder = Path(configuration or timeline).expanduser().absolute().parent
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


HEAD_BYTES = 4096  # of a file, in which it says which incident it is of


def find_own_export(path: Path, incident: str, form: ExportForm) -> Path | None:
    """The file beside `path` that holds the export of an incident, `path` itself before any other and then the newest;
    None where there is none. Blocking. Never raises: what cannot be read is none."""
    own: list[Path] = []
    with contextlib.suppress(OSError):
        own = [other for other in path.parent.glob(f"*.{form}") if _is_export_of(other, incident, form)]
    return max(own, key=lambda other: (other == path, _read_age(other)), default=None)


def _is_export_of(path: Path, incident: str, form: ExportForm) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).decode(_choose_encoding(form), "replace")
    except OSError:
        return False
    if form is ExportForm.MARKDOWN:
        match = NAME.search(head)
        return match is not None and match["id"] == incident
    return _read_signature(head, form) == _make_signature(incident, form)


def _read_age(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def preview_export(
    path: Path, text: str, form: ExportForm = ExportForm.MARKDOWN, *, former_headings: Sequence[str] = ()
) -> str:
    """What writing there would do: `NEW_FILE`, `OUR_DRAFT` or `OUR_EXPORT`, and what is kept of people's changes.

    Raises NotOurDraft, IncidentActionError.
    """
    merged = _merge_with_file(path, text, form, former_headings)
    outcome = _describe_outcome(merged.text if merged else None, form)
    return f"{outcome} ({'; '.join(merged.notes)})" if merged and merged.notes else outcome


def write_export(
    path: Path,
    text: str,
    form: ExportForm = ExportForm.MARKDOWN,
    *,
    force: bool = False,
    former_headings: Sequence[str] = (),
) -> str:
    """Write `text` into `path`, whole or not at all; the answer is what was done, as `preview_export` says it.

    With `force` a file that is not our own of this incident is replaced. Blocking.
    Raises NotOurDraft, IncidentActionError.
    """
    target = path.resolve()  # a link keeps leading to the file
    for _ in range(TRIES):
        old = _read_file(path)
        try:
            result = None if old is None else _merge_with_content(old, text, form, former_headings)
            merged = result.text if result else None
        except NotOurDraft:
            if not force:
                raise
            merged = None
        content = (text if merged is None else merged).encode(_choose_encoding(form))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if _replace_file(target, content, partial(_holds, path, old)):
                return _describe_outcome(merged, form)
        except OSError as error:
            raise IncidentActionError(
                f"{path} cannot be written: {clean_line(error.strerror or error)}.", code="not-writable", file=path
            ) from error
    raise IncidentActionError(
        f"{path} is being written by somebody else; nothing of it was changed. Export again when they are done.",
        code="file-changing",
        file=path,
    )


def find_picture_path(path: Path) -> Path:
    """Where the drawing of a draft lies: beside it, under its name."""
    return path.with_suffix(".picture.svg" if path.suffix == ".svg" else ".svg")


def write_picture(path: Path, svg: str, *, force: bool = False) -> None:
    """Write the drawing, unless a file that is not one of ours lies there. Blocking.

    Raises NotOurDraft, IncidentActionError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_ours = not path.exists() or SIGNATURE in path.read_text("utf-8", "replace")[:400]
        if not (is_ours or force):
            raise NotOurDraft(
                f"{path.name} beside it is not a picture that the cockpit drew", code="not-our-picture", file=path.name
            )
        _replace_file(path.resolve(), svg.encode("utf-8"))
    except OSError as error:
        raise IncidentActionError(
            f"{path} cannot be written: {clean_line(error.strerror or error)}.", code="not-writable", file=path
        ) from error


def _choose_encoding(form: ExportForm) -> str:
    """A spreadsheet takes a table for UTF-8 only when it begins with the mark."""
    return "utf-8-sig" if form is ExportForm.CSV else "utf-8"


def _describe_outcome(merged: str | None, form: ExportForm) -> str:
    if merged is None:
        return NEW_FILE
    return OUR_DRAFT if form is ExportForm.MARKDOWN else OUR_EXPORT


def _merge_with_file(path: Path, text: str, form: ExportForm, former_headings: Sequence[str]) -> MergedDraft | None:
    """The text to write over what is there, None where nothing is."""
    old = _read_file(path)
    return None if old is None else _merge_with_content(old, text, form, former_headings)


def _read_file(path: Path) -> bytes | None:
    """What is there, None where nothing is. Raises IncidentActionError."""
    if path.exists() and not (path.is_file() or path.is_dir()):  # a device or a pipe may never end
        raise IncidentActionError(f"{path} is not a file; name one that may be written.", code="not-a-file", file=path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IncidentActionError(
            f"{path} cannot be read: {clean_line(error.strerror or error)}.", code="not-readable", file=path
        ) from error


def _holds(path: Path, content: bytes | None) -> bool:
    return _read_file(path) == content


def _merge_with_content(content: bytes, text: str, form: ExportForm, former_headings: Sequence[str]) -> MergedDraft:
    """The text to write over `content`. Raises NotOurDraft."""
    try:
        old = content.decode(_choose_encoding(form))
    except UnicodeDecodeError:
        raise NotOurDraft("it is not a text file", code="not-text") from None
    if form is ExportForm.MARKDOWN:
        return merge_with_notes(old, text, former_headings)
    if _read_signature(old, form) != _read_signature(text, form):
        raise NotOurDraft("it is not an export of this incident that the cockpit wrote", code="not-our-export")
    return MergedDraft(text)


def _read_signature(text: str, form: ExportForm) -> tuple[str, ...]:
    """How an export begins, whenever it was written: the format, and the incident it is of."""
    lines = tuple(text.splitlines()[:3])
    return lines if form is ExportForm.JSON else (*lines[:1], *(line.partition(",")[0] for line in lines[1:2]))


def _make_signature(incident: str, form: ExportForm) -> tuple[str, ...]:
    """How an export of that incident begins."""
    if form is ExportForm.JSON:
        return ("{", f'  "format": {json.dumps(FORMAT)},', f'  "id": {json.dumps(incident)},')
    return ",".join(COLUMNS), incident


def _replace_file(target: Path, content: bytes, is_as_before: Callable[[], bool] = lambda: True) -> bool:
    """Write beside the file, then put it in its place; the old one's permissions stay. False, and nothing is changed,
    where somebody wrote into the old one meanwhile."""
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_read_umask()
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        if not is_as_before():
            os.unlink(name)
            return False
        os.replace(name, target)
        return True
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _read_umask() -> int:
    """The process's own; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
