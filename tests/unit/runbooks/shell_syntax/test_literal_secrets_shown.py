"""What a document gives away is not shown either where nothing runs: titles, tables, text, difference, JSON."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from cockpit.model.run import Run
from cockpit.model.runbook import Runbook
from cockpit.runbooks.document.read import read_runbook, text_for_people
from cockpit.runbooks.run.trust import judge_trust, keep_snapshot

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
    before, after = book(), book(BOOK.replace("--password hunter2one", "--password hunter2new"))
    keep_snapshot(before, tmp_path)
    ran = Run("r", before.path, "p", "P", before.sha256, "prod", "you", datetime(2026, 11, 21, tzinfo=UTC))
    standing = judge_trust(after, [ran], tmp_path)
    assert "+tool --password •••" in standing.difference
    assert "-tool --password •••" in standing.difference
    assert "hunter2" not in standing.difference
