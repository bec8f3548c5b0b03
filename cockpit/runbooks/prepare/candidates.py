"""What could stand for an open placeholder: printed by a step before, or shown by the panes. Offered, never taken."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.model.raw import read_moment
from cockpit.model.revision import Application
from cockpit.model.run import Run, StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.shell_syntax.placeholders import asks_for_same, canonicalise_name

MOST = 8  # candidates of one placeholder
LONGEST_LINE = 200  # letters of a line that is one value
MOST_LINES = 20  # of an output that is a list of names
LOOKS = frozenset({StepKind.READ.value, StepKind.VERIFY.value})
IMAGE_TAG = frozenset({"tag", "version", "release", "sha", "commit"})  # what an older image is called by
WHICH_IMAGE = frozenset(
    {
        "image",
        "docker",
        "container",
        "app",
        "git",
        "release",
        "previous",
        "prev",
        "prior",
        "old",
        "older",
        "last",
        "known",
    }
    | {"good", "stable", "working", "rollback", "to", "target", "new", "current", "bad", "broken"}
)  # what may stand before that: any other word makes it the version of something else
RESTORE_POINT = re.compile(r"restore|recover|point_in_time|pitr")
BEFORE_DETECTION = (5, 15, 60)  # minutes
PAIR = re.compile(r"^\s*[\"']?(?P<key>[\w.-]+)[\"']?\s*[=:]\s*[\"']?(?P<value>[^\"'\s,]+)[\"']?,?\s*$")
COLUMNS = re.compile(r"\t|\s{2,}")
THE_NEW_ONE = frozenset({"new", "current", "bad", "broken"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """`origin` says where it comes from: `step 2's output`."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class PrintedOutput:
    """What a step that only looks has printed, as the timeline kept it."""

    step: int
    text: str


def list_printed_outputs(run: Run) -> tuple[PrintedOutput, ...]:
    """The outputs of a run that may hold a value, the newest first."""
    attempts = [
        attempt
        for attempt in run.attempts
        if attempt.kind in LOOKS and attempt.state in (StepState.OK, StepState.WARN) and attempt.output.strip()
    ]
    newest = {attempt.step: attempt for attempt in sorted(attempts, key=lambda attempt: attempt.began)}
    ordered = sorted(newest.values(), key=lambda attempt: attempt.began, reverse=True)
    return tuple(PrintedOutput(attempt.step, attempt.output) for attempt in ordered)


def list_candidates(
    name: str,
    printed: Iterable[PrintedOutput],
    applications: Sequence[Application] = (),
    detected: datetime | None = None,
) -> tuple[Candidate, ...]:
    """What could stand for a placeholder, each value once, the likeliest first."""
    result: dict[str, Candidate] = {}
    for candidate in (
        *_list_from_panes(name, applications, detected),
        *(candidate for output in printed for candidate in _list_from_output(name, output)),
    ):
        result.setdefault(candidate.value, candidate)
    return tuple(result.values())[:MOST]


def _asks_for_image_tag(asked: str) -> bool:
    *before, last = asked.split("_")
    return last in IMAGE_TAG and WHICH_IMAGE.issuperset(before)


def _list_from_panes(name: str, applications: Sequence[Application], detected: datetime | None) -> Iterator[Candidate]:
    asked = canonicalise_name(name)
    if _asks_for_image_tag(asked):
        newest = not THE_NEW_ONE.isdisjoint(asked.split("_"))
        for application in applications:
            for revision in sorted(application.revisions, key=lambda revision: bool(revision.weight) is not newest):
                tag = revision.image.rpartition("/")[2].partition(":")[2]
                if tag:
                    yield Candidate(tag, f"image of {revision.name}")
    if detected is not None and RESTORE_POINT.search(asked):
        for minutes in BEFORE_DETECTION:
            moment = (detected - timedelta(minutes=minutes)).astimezone(UTC)
            yield Candidate(f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{minutes} min before the detection")


def _list_from_output(name: str, output: PrintedOutput) -> Iterator[Candidate]:
    """What a step printed that goes by the name; for a version the releases of `gh release list`, for a time to restore
    to what a database says of its own."""
    asked, origin = canonicalise_name(name), f"step {output.step}'s output"
    if _asks_for_image_tag(asked):
        for tag, published in find_releases(output.text):
            for written in dict.fromkeys((tag, tag.removeprefix("v"))):  # a document may write the v itself
                yield Candidate(written, f"release {tag} of {published}, {origin}")
    if RESTORE_POINT.search(asked):
        for moment in find_earliest_restore_points(output.text):
            yield Candidate(moment, f"earliest restore point, {origin}")
    for value in find_values(name, output.text):
        yield Candidate(value, origin)


RELEASE_ROW = re.compile(
    r"^[^\t]*\t(?P<sort>Latest|Pre-release|)\t(?P<tag>[\w.+/-]{1,100})\t(?P<day>\d{4}-\d\d-\d\d)T[\d:]+Z$"
)


def find_releases(text: str) -> list[tuple[str, str]]:
    """(tag, day) of the rows that `gh release list` prints, the newest first; previews are left out."""
    rows = filter(None, map(RELEASE_ROW.match, text.splitlines()[:200]))
    return [(row["tag"], row["day"]) for row in rows if row["sort"] != "Pre-release"]


def find_earliest_restore_points(text: str) -> list[str]:
    """Of a database as `az sql db show` prints it, on the next whole second."""
    document = _parse_json(text)
    if document is None:
        return []
    moments = (read_moment(value) for value in _find_fields("earliestRestoreDate", document))
    return [f"{(moment + timedelta(seconds=1)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in moments if moment]


def find_values(name: str, text: str) -> list[str]:
    """The values in an output that go by the name: fields of JSON, a column, `key=value`; else its only line, or its
    lines where each is one word.
    """
    document = _parse_json(text)
    if document is not None:
        return list(dict.fromkeys(_find_fields(name, document)))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if named := [*_find_pairs(name, lines), *_find_column(name, lines)]:
        return list(dict.fromkeys(named))
    if len(lines) == 1 and len(lines[0]) <= LONGEST_LINE and not PAIR.match(lines[0]):
        return [lines[0].strip("\"'")]
    if len(lines) <= MOST_LINES and all(len(line.split()) == 1 for line in lines):
        return [line.strip("\"',") for line in lines]
    return []


def _parse_json(text: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def _find_fields(name: str, document: Any, above: str = "") -> Iterator[str]:
    if isinstance(document, list):
        for item in document[:MOST_LINES]:
            if isinstance(item, str) and goes_by(name, above):
                yield item
            else:
                yield from _find_fields(name, item, above)
        return
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        whole = f"{above}_{key}" if above else key
        if isinstance(value, dict | list):
            yield from _find_fields(name, value, key)
        elif (
            isinstance(value, str | int)
            and not isinstance(value, bool)
            and (goes_by(name, key) or goes_by(name, whole))
        ):
            yield str(value)


def _find_pairs(name: str, lines: Sequence[str]) -> list[str]:
    pairs = (PAIR.match(line) for line in lines)
    return [match["value"] for match in pairs if match and goes_by(name, match["key"])]


def _find_column(name: str, lines: Sequence[str]) -> list[str]:
    if len(lines) < 2:
        return []
    header = COLUMNS.split(lines[0])
    place = next((index for index, title in enumerate(header) if goes_by(name, title)), None)
    if place is None:
        return []
    rows = [COLUMNS.split(line) for line in lines[1 : MOST_LINES + 1] if not set(line) <= set("- \t+|")]
    return [row[place] for row in rows if len(row) == len(header)]


def goes_by(name: str, key: str) -> bool:
    """True when a field is called as the placeholder asks: `podName` for <pod-name>, `name` of a pod for <pod>."""
    asked, called = _flatten(name), _flatten(key)
    return bool(called) and (
        asked == called or asks_for_same(name, key) or asked == f"{called}name" or called == f"{asked}name"
    )


def _flatten(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
