"""What a document gives away is not shown either where nothing runs: titles, tables, text, difference, JSON."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from cockpit.model.run import Run
from cockpit.model.runbook import Runbook
from cockpit.model.secret import MASK
from cockpit.runbooks.document.read import read_runbook, text_for_people
from cockpit.runbooks.run.trust import judge_trust, keep_snapshot, read_snapshot

BOOK = """# Ops

## Rotate hunter2one

Don't forget the key hunter2one.

```bash
# Log in with hunter2one
tool --password hunter2one

ADMIN_TOKEN="hunter2two"
tool --admin "$ADMIN_TOKEN"
```

| Alert | First action |
|---|---|
| Queue | `curl -H "X-Api-Key: hunter2three" https://example.com` |
"""


def book(text: str = BOOK) -> Runbook:
    return read_runbook("ops.md", text.encode())


def test_titles_hints_and_tables_have_dots() -> None:
    found = book()
    shown = json.dumps([asdict(found)["parameters"], [each.rows for each in found.tables], found.procedures[0].title])
    shown += "".join(step.title + step.remark for step in found.procedures[0].steps)
    assert "hunter2" not in shown
    assert found.procedures[0].steps[0].command == "tool --password hunter2one"  # what runs is what is written
    assert found.procedures[0].slug == "rotate-hunter2one"  # links lead where they led


def test_the_text_is_shown_without_them_and_otherwise_line_by_line_as_it_is() -> None:
    shown = text_for_people(book())
    assert "hunter2" not in shown
    assert shown.count("\n") == BOOK.count("\n")
    assert text_for_people(book("# Ops\n\nPlain, isn't it?\n")) == "# Ops\n\nPlain, isn't it?\n"


def test_a_secret_that_changed_is_a_difference_and_neither_is_shown(tmp_path: Path) -> None:
    before, after = book(), book(BOOK.replace("hunter2one", "hunter2new"))
    keep_snapshot(before, tmp_path)
    ran = Run("r", before.path, "p", "P", before.sha256, "prod", "you", datetime(2026, 11, 21, tzinfo=UTC))
    standing = judge_trust(after, [ran], tmp_path)
    assert "+tool --password •••" in standing.difference
    assert "-tool --password •••" in standing.difference
    assert "hunter2" not in standing.difference


def ran_before(runbook: Runbook) -> Run:
    return Run("r", runbook.path, "p", "P", runbook.sha256, "prod", "you", datetime(2026, 11, 21, tzinfo=UTC))


def test_what_is_kept_for_a_run_holds_no_secret(tmp_path: Path) -> None:
    keep_snapshot(book(), tmp_path)
    (kept,) = tmp_path.iterdir()
    assert "hunter2" not in kept.read_text()


def test_a_run_goes_on_with_its_document_while_that_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text(BOOK)
    before = read_runbook(str(path), path.read_bytes())
    keep_snapshot(before, tmp_path / "snapshots")
    again = read_snapshot(ran_before(before), tmp_path / "snapshots")
    assert again.procedures[0].steps[0].command == "tool --password hunter2one"


def test_once_the_document_has_changed_what_held_a_secret_cannot_run_and_the_rest_can(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text(f"{BOOK}\n```bash\n# Look\nuptime\n```\n")
    before = read_runbook(str(path), path.read_bytes())
    keep_snapshot(before, tmp_path / "snapshots")
    path.write_text("# Another\n")
    again = read_snapshot(ran_before(before), tmp_path / "snapshots")
    steps = [step for procedure in again.procedures for step in procedure.commands]
    assert {bool(step.unparsed) for step in steps if MASK in step.command} == {True}
    assert [step.unparsed for step in steps if step.command == "uptime"] == [""]
    assert [step.ordinal for step in steps] == [
        step.ordinal for procedure in before.procedures for step in procedure.commands
    ]
