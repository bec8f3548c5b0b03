"""Exporting the real draft again and again: whatever people wrote is still there, and every block of ours is new."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.postmortem.merge import BEGIN, KEPT, merge_drafts
from tests.unit.incident.drafts import draft, tell

END = "<!-- cockpit:end "
NAMES = (
    "status", "summary", "impact", "picture", "key-times", "trigger", "cause", "resolution", "detection", "items",
    "loops", "timeline", "clocks", "runs", "communication", "facts", "people", "severity", "decisions", "alerts",
    "deployments", "checklists", "recovery", "metrics", "record",
)  # fmt: skip


@cache
def versions() -> tuple[str, str, str]:
    """The draft of one incident at three moments; every block differs between them."""
    return draft(tell("before"), 40), draft(tell("meanwhile"), 50), draft(tell("after"), 60)


def bodies(text: str) -> dict[str, str]:
    """The body of each of our blocks."""
    return {
        found["name"]: text[found.end() : text.index(f"{END}{found['name']} -->", found.end())].strip()
        for found in BEGIN.finditer(text)
    }


def places() -> list[int]:
    """Every place of the first draft where a person may write: outside our blocks, at either end of a line."""
    text, found, outside, start = versions()[0], [], True, 0
    for line in text.splitlines(keepends=True):
        if line.startswith("<!-- cockpit:begin"):
            outside = False
        elif outside and not line.startswith("<!--"):
            found += [start, start + len(line) - 1]
        if line.startswith(END):
            outside = True
        start += len(line)
    return [*found, len(text)]


def test_every_block_of_the_draft_is_known_here_once() -> None:
    assert [found["name"] for found in BEGIN.finditer(versions()[0])] == list(NAMES)


def test_a_draft_that_nobody_touched_becomes_the_new_one() -> None:
    before, _, after = versions()
    assert merge_drafts(before, after) == after


@pytest.mark.parametrize("name", NAMES)
def test_what_somebody_wrote_into_a_block_stays_in_the_new_one_however_often_it_is_exported(name: str) -> None:
    before, meanwhile, after = versions()
    body = bodies(before)[name]
    words = body[: body.index("<!-- cockpit:rows")].rstrip()
    edited = before.replace(words, f"{words}\n\nBen says that this is wrong.")
    once = merge_drafts(edited, meanwhile)
    twice = merge_drafts(once, after)
    assert twice.count("Ben says that this is wrong.") == 1
    assert KEPT not in twice
    merged = bodies(twice)[name].replace("Ben says that this is wrong.\n\n", "")
    assert merged == bodies(after)[name]
    assert merge_drafts(twice, after) == twice


@pytest.mark.parametrize("label", ["What changed", "What users felt", "What stopped it", "How bad, how long"])
def test_an_edited_row_of_the_summary_stays_where_it_stood(label: str) -> None:
    """It stood below all others after the next export, where new facts had changed the row as well."""
    before, meanwhile, after = versions()
    (row,) = [line for line in before.splitlines() if line.startswith(f"- **{label}:**")]
    edited = before.replace(row, f"- **{label}:** as ben saw it.")
    facts = after
    for line in bodies(after)["summary"].splitlines():
        if line.startswith("- "):
            facts = facts.replace(line, f"{line} Another fact.")
    body = bodies(merge_drafts(merge_drafts(edited, meanwhile), facts))["summary"]
    labels = [line.split("**")[1] for line in body.splitlines() if line.startswith("- **")]
    places = [number for number, text in enumerate(labels) if text == f"{label}:"]
    assert "as ben saw it" in body
    assert places == list(range(places[0], places[0] + len(places)))
    assert list(dict.fromkeys(labels)) == [
        "What changed:",
        "What users felt:",
        "What stopped it:",
        "How bad, how long:",
    ]


def test_rows_that_people_add_to_the_table_of_action_items_stay_theirs() -> None:
    before, meanwhile, after = versions()
    row = "| Alert on the queue | detect | ana | 2026-03-09 | |"
    old = before.replace("| | | | | |", row)
    assert merge_drafts(merge_drafts(old, meanwhile), after) == after.replace("| | | | | |", row)


words = st.text(alphabet=st.sampled_from("ab |#*_-<>!`:\né"), min_size=1, max_size=30).map(lambda text: f"[{text}]")


@given(st.lists(st.tuples(st.integers(0, 10_000), words), min_size=1, max_size=4), st.integers(1, 3), st.booleans())
def test_any_text_outside_our_blocks_survives_any_number_of_exports(
    told: list[tuple[int, str]], times: int, windows: bool
) -> None:
    before, meanwhile, after = versions()
    free = places()
    spots = sorted((free[number % len(free)], number, text) for number, text in told)
    text = before
    for at, _, said in reversed(spots):
        text = text[:at] + said + text[at:]
    said_in_order = [said for _, _, said in spots]
    if windows:
        text = text.replace("\n", "\r\n")
        said_in_order = [said.replace("\n", "\r\n") for said in said_in_order]
    for number in range(times):
        text = merge_drafts(text, (meanwhile, after)[number % 2])
    start = 0
    for said in said_in_order:
        start = text.index(said, start) + len(said)
