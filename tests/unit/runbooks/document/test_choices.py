"""Ways of which a person takes one never run one after the other."""

import pytest

from cockpit.model.runbook import Procedure
from cockpit.runbooks.document.choices import begins_further_way, offers_one_of
from cockpit.runbooks.document.read import read_runbook

BLOCK = "```bash\n{}\n```\n"
ONE, OTHER, LAST = "systemctl restart web", "pkill web", "systemctl status web"


def read(text: str) -> list[Procedure]:
    return list(read_runbook("x.md", f"# Doc\n\n## Fix\n\n{text}".encode()).procedures)


LABELS = [
    ("Either:", "or:"), ("Either run the first", "Or the second:"), ("**Option 1: restart**", "**Option 2: kill**"),
    ("Method 1 (preferred):", "Method 2:"), ("Variante 1:", "Variante 2:"), ("Option A", "Option B"),
    ("*Möglichkeit A:*", "*Möglichkeit B:*"), ("Plan A:", "Plan B:"), ("Solution #1", "Solution #2"),
    ("Restart it:", "Alternatively, kill it:"), ("First option:", "The second option:"),
    ("Choose one of the following:", "`pkill` is quick:"), ("Scenario 1:", "Scenario 2:"),
    ("Restart it.", "It can be killed too. Or:"), ("Way one:", "Way two:"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), LABELS)
def test_ways_with_a_label_above_each_block_are_a_menu(first: str, second: str) -> None:
    (procedure,) = read(f"{first}\n\n{BLOCK.format(ONE)}\n{second}\n\n{BLOCK.format(OTHER)}")
    assert procedure.menu


@pytest.mark.parametrize(("first", "second"), LABELS[2:10])
def test_so_are_ways_with_words_between_label_and_block_and_ways_in_a_list(first: str, second: str) -> None:
    blocks = (BLOCK.format(ONE), BLOCK.format(OTHER))
    (apart,) = read(f"{first}\n\nIt is quick.\n\n{blocks[0]}\n{second}\n\nIt is slow.\n\n{blocks[1]}")
    inside = [block.replace("\n", "\n   ") for block in blocks]
    (listed,) = read(f"1. {first}\n\n   {inside[0]}\n2. {second}\n\n   {inside[1]}")
    assert apart.menu is (second != "Alternatively, kill it:")  # which says it of the block right below
    assert listed.menu


@pytest.mark.parametrize(
    "heading", ["Option {}", "Plan {}", "Variante {}", "Solution {}", "Scenario {}: the disk", "If {} is down"]
)
def test_headings_of_ways_in_one_procedure_are_no_row(heading: str) -> None:
    below = "".join(f"### {heading.format(way)}\n\n{BLOCK.format(one)}\n" for way, one in (("A", ONE), ("B", OTHER)))
    (templated,) = read_runbook("x.md", f"# Doc\n\n## Procedure\n\n{below}".encode()).procedures
    assert templated.menu
    rows = f"### Step 1: look\n\n{BLOCK.format(LAST)}\n### Step 2: mend\n\n{below.replace('###', '####')}"
    assert all(len(procedure.commands) == 1 for procedure in read(rows))


@pytest.mark.parametrize(
    "words",
    ["If this fails:", "If that does not help, kill it:", "Otherwise:", "As a last resort:",
     "But if it still didn't work:"],
)  # fmt: skip
def test_what_follows_only_a_failure_is_done_in_place_of_what_failed(words: str) -> None:
    text = f"{BLOCK.format(ONE)}\n{words}\n\n{BLOCK.format(OTHER + chr(10) + ONE)}\nLook:\n\n{BLOCK.format(LAST)}"
    (procedure,) = read(text)
    assert not procedure.menu
    assert [step.alternative_to for step in procedure.steps] == [None, 1, 1, None]
    comments = BLOCK.format(f"# Restart\n{ONE}\n# {words}\n{OTHER}\n# Look\n{LAST}")
    assert [step.alternative_to for step in read(comments)[0].steps] == [None, 1, None]


@pytest.mark.parametrize(
    "words",
    ["Then kill it:", "Step 2:", "Fix two pods:", "In case 2 pods are left:", "Organise it:",
     "Pathway 2 of the network:", "Plan a restart:", "Now:"],
)  # fmt: skip
def test_steps_that_follow_each_other_stay_a_row(words: str) -> None:
    (procedure,) = read(f"Restart it:\n\n{BLOCK.format(ONE)}\n{words}\n\n{BLOCK.format(LAST)}")
    assert not procedure.menu
    assert [step.alternative_to for step in procedure.steps] == [None, None]


def test_two_conditions_are_no_row_and_one_is() -> None:
    blocks = [
        f"{words}\n\n{BLOCK.format(command)}" for words, command in (("If the disk is full:", ONE), ("Now:", LAST))
    ]
    assert not read("\n".join(blocks))[0].menu
    (three,) = read("\n".join([*blocks, f"If the node is down:\n\n{BLOCK.format(OTHER)}"]))
    assert [step.way is None for step in three.steps] == [False, True, False]
    assert read(f"1. If the disk is full, run `{ONE}`\n2. In case the node is down, run `systemctl stop web`\n")[0].menu


def test_a_sentence_that_only_speaks_of_one_chooses_nothing() -> None:
    assert not offers_one_of(["One of the following pods is the leader.", "Use the first one."])
    assert not begins_further_way("Fix 2 of the pods")
