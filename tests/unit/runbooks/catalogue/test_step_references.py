"""Where a step sends its reader: to a section, to a procedure by its title, to a link; never where it only mentions."""

import pytest

from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.catalogue.references import follow_link, list_step_references
from cockpit.runbooks.document.read import read_runbook

DOCUMENT = """# Operations

## 1. Roll back

**Note:** It does not touch the schema. For a schema migration you need PITR (see below).

```bash
# Activate the previous revision
az containerapp revision activate -n shop --revision <PREVIOUS>
```

## 2. Restore the database (PITR)

```bash
# Restore
az sql db restore --name shop --dest-name shop-restored --time <TIME>
```

## 3. Rebuild

1. {item}

## Warm the cache

```bash
# Fill
curl -sf https://shop.example.org/warm
```
"""


def read_targets(item: str, procedure: int = 2) -> list[str]:
    runbook = read_runbook("docs/ops.md", DOCUMENT.replace("{item}", item).encode())
    owner = runbook.procedures[procedure]
    return [reference.target for reference in list_step_references(runbook, owner, owner.steps[0])]


@pytest.mark.parametrize(
    ("item", "targets"),
    [
        ("Restore the database (Section 2 above) and swap it in.", ["#2-restore-the-database-pitr"]),
        ("Follow the steps in Warm the cache.", ["#warm-the-cache"]),
        ("See 'Warm the cache' first, then section 1.", ["#1-roll-back", "#warm-the-cache"]),
        ("Tell the lead, then go on as [the other page](failover.md#swap) says.", ["failover.md#swap"]),
        ("Restore as in Sect. 2.", ["#2-restore-the-database-pitr"]),
        ("Refer to part two.", ["#2-restore-the-database-pitr"]),
        ("Continue with 1.", ["#1-roll-back"]),
        ('Perform "Warm the cache" again.', ["#warm-the-cache"]),
        ("Jump to Warm the cache.", ["#warm-the-cache"]),
        ("Continue with 2 more replicas.", []),
        ("Upgrade to version 2.1 (1.9 is too old).", []),
        ("Check that somebody may warm the cache by hand.", []),
        ("Look at https://status.example.org and tell the lead.", []),
        ("This is section 3 of the plan.", []),
    ],
)
def test_a_step_leads_to_what_it_names(item: str, targets: list[str]) -> None:
    assert read_targets(item) == targets


def test_see_below_means_what_has_its_word_in_the_title() -> None:
    assert read_targets("Tell the lead.", procedure=0) == ["#2-restore-the-database-pitr"]


def test_a_target_is_followed_as_a_link_is() -> None:
    runbook = read_runbook("docs/ops.md", DOCUMENT.replace("{item}", "Restore it (Section 2).").encode())
    document = Document("ops", runbook)
    (reference,) = list_step_references(runbook, runbook.procedures[2], runbook.procedures[2].steps[0])
    jump = follow_link(Catalogue((document,)), document, reference.target)
    assert jump is not None
    assert jump.procedure == runbook.procedures[1]


def test_an_appendix_and_a_dotted_number_lead_to_their_headings() -> None:
    text = (
        "# O\n\n## 2. Restore\n\n### 2.1 Point in time\n\n```bash\ndate\n```\n\n"
        "## Appendix A: Undo\n\n```bash\nls\n```\n\n"
        "## Now\n\n1. Restore (2.1)\n2. As described in 2.1\n3. See Appendix A\n4. See appendix B\n"
    )
    runbook = read_runbook("docs/ops.md", text.encode())
    now = runbook.procedures[-1]
    targets = [[reference.target for reference in list_step_references(runbook, now, step)] for step in now.steps]
    assert targets == [["#21-point-in-time"], ["#21-point-in-time"], ["#appendix-a-undo"], []]
