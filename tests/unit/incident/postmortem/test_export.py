"""The incident as JSON and its timeline as CSV: whole, safe to open, and never over somebody else's file."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import met_and_missed
from cockpit.incident.metrics.metrics import list_metrics
from cockpit.incident.postmortem.export import (
    NEW_FILE,
    OUR_EXPORT,
    ExportForm,
    as_csv,
    escape_cell,
    preview_export,
    write_export,
)
from cockpit.incident.postmortem.json_document import as_json
from cockpit.incident.postmortem.merge import NotOurDraft
from cockpit.model.event import Kind
from cockpit.model.plan import MetricTarget, Plan
from tests.refusals import refuses
from tests.unit.incident.drafts import PLAN, incident_of, tell
from tests.unit.incident.story import Story, at

ZONE = ZoneInfo("Pacific/Auckland")


def table(story: Story) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(incident_of(story), story.events, ZONE), newline="")))


def document(story: Story, plan: Plan = PLAN, incident: str = "i1") -> str:
    full, now = incident_of(story, incident), at(40)
    return as_json(
        full,
        story.events,
        plan=plan,
        severity="P0",
        numbers=list_metrics(full),
        outcomes=met_and_missed(compute_clocks(full, plan, now), now),
        head="ab" * 32,
        now=now,
    )


def test_the_table_has_a_row_for_every_event_in_the_order_it_happened() -> None:
    story = Story()
    story.declare(0)
    wrong = story.act(Kind.NOTE, 2, summary="teh deploy")
    story.act(Kind.NOTE, 2, summary="the deploy", supersedes=wrong.id)
    story.act(Kind.NOTE, 1, "ben", summary="two\nlines", text="two\nlines, both")
    story.act(Kind.PIN, 3, subject="4", on=True)
    story.act(Kind.LINK, 3, subject="4", target="https://ci.example.com/4", text="build")
    rows = table(story)
    assert [row["event"] for row in rows] == ["1", "4", "2", "3", "5", "6"]
    assert rows[1]["text"] == "two\nlines, both"
    assert (rows[1]["pinned"], rows[1]["evidence"]) == ("yes", "build: https://ci.example.com/4")
    assert (rows[2]["corrected_by"], rows[3]["corrects"]) == ("3", "2")
    assert (rows[0]["time_utc"], rows[0]["local_time"]) == ("2026-02-27 02:00:00", "2026-02-27 15:00:00 NZDT")
    assert rows[0]["hash"] == story.events[0].hash
    assert {row["incident"] for row in rows} == {"i1"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(1)", "＝1"])
@pytest.mark.parametrize("around", ["{}", "a;{}", "a; {}", 'a;"{}"', "a\n{}", "a\t{}", "a,;{};b"])
def test_no_cell_is_a_formula_whatever_separates_cells_where_it_is_opened(
    delimiter: str, formula: str, around: str
) -> None:
    text = io.StringIO()
    csv.writer(text).writerow(["INC-1", escape_cell(around.format(formula)), "end"])
    rows = [line.split(delimiter) for line in text.getvalue().splitlines()]
    rows += list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))
    begins = [cell.lstrip(' "')[:1] for row in rows for cell in row]
    assert not set(begins) & set(formula[0])


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@SUM(A1)", "＝1"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(cell: str) -> None:
    assert escape_cell(cell) == f"'{cell}"

    story = Story()
    story.declare(0)
    story.act(Kind.NOTE, 1, cell, summary=cell, subject=cell, text=cell)
    row = table(story)[1]
    assert {row["actor"], row["what"], row["subject"]} == {f"'{cell}"}


@given(st.text(max_size=20))
def test_no_cell_of_what_people_wrote_begins_like_a_formula(text: str) -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.NOTE, 1, text, summary=text)
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in table(story) for cell in row.values())


def test_the_document_holds_the_facts_the_numbers_the_clocks_and_every_event_with_its_hash() -> None:
    story = tell("words")
    target = MetricTarget("TTR", "< 1 hour", timedelta(hours=1), level="P0", origin="targets.md:3")
    found = json.loads(
        document(story, Plan(severity_scale=PLAN.severity_scale, rules=PLAN.rules, metric_targets=(target,)))
    )
    assert (found["format"], found["id"], found["head"]) == ("cockpit incident 1", "i1", "ab" * 32)
    assert found["timeline_schema"] == 1
    assert found["incident"]["severities"][1]["value"] == "P0"
    assert found["incident"]["recovery"]["rto"] == 1200.0
    assert found["incident"]["items"][0]["due"] == "2026-03-09"
    (resolve,) = [each for each in found["metrics"] if each["short"] == "TTR"]
    assert (resolve["seconds"], resolve["target"]["limit"]) == (1800.0, 3600.0)
    assert "minus" in resolve["definition"]
    (clients,) = [each for each in found["clocks"] if each["kind"] == "client"]
    assert (clients["state"], clients["target_seconds"], clients["actual_seconds"]) == ("met", 900.0, 720.0)
    assert clients["origin"] == "built in"
    assert [each["hash"] for each in found["events"]] == [each.hash for each in story.events]


def test_each_event_stands_on_a_line_of_its_own() -> None:
    story = tell()
    lines = [line for line in document(story).splitlines() if '"hash": ' in line]
    assert len(lines) == len(story.events)


@pytest.mark.parametrize("form", [ExportForm.JSON, ExportForm.CSV])
def test_our_export_of_the_incident_is_written_anew_and_no_other_file_is(tmp_path: Path, form: ExportForm) -> None:
    def told(incident: str = "i1", more: str = "") -> str:
        story = Story()
        story.declare(0, incident=incident)
        if more:
            story.act(Kind.NOTE, 1, summary=more, incident=incident)
        return (
            document(story, incident=incident)
            if form is ExportForm.JSON
            else as_csv(incident_of(story, incident), story.events, ZONE)
        )

    path = tmp_path / "deep" / f"a.{form}"
    assert write_export(path, told(), form) == NEW_FILE
    assert preview_export(path, told(more="later"), form) == OUR_EXPORT
    assert write_export(path, told(more="later"), form) == OUR_EXPORT
    assert "later" in path.read_text()
    for other in (told("i2"), "[1, 2]\n", ""):
        path.write_bytes(other.encode())
        with refuses("not-our-export", NotOurDraft):
            write_export(path, told(), form)
        assert path.read_bytes() == other.encode()
    assert write_export(path, told(), form, force=True) == NEW_FILE


def test_a_table_for_spreadsheets_begins_with_the_mark_of_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_export(path, "incident,what\r\ni1,P1 → P0\r\n", ExportForm.CSV)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfincident,")
    assert preview_export(path, "incident,what\r\ni1,other\r\n", ExportForm.CSV) == OUR_EXPORT


def test_the_end_of_an_undo_says_so_in_the_table_also_where_an_older_version_recorded_it() -> None:
    story = Story()
    story.declare(0, reach=-10)
    tried = {"attempt": 1, "title": "Send it all"}
    story.tell(Kind.STEP, 1, incident="i1", subject="r1#3", detail={**tried, "phase": "intent", "undo": True})
    ended = {**tried, "phase": "outcome", "state": "ok"}
    story.tell(Kind.STEP, 2, incident="i1", subject="r1#3", summary="Step 3 Send it all: ok after 14.2s", detail=ended)
    rows = list(csv.reader(io.StringIO(as_csv(incident_of(story), story.events, ZONE), newline="")))
    assert any("Step 3 Send it all (undo): ok after 14.2s" in row for row in rows)
