"""Exporting again: our blocks are new, what people wrote is still there."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.postmortem.merge import (
    BEGIN,
    KEPT,
    NotOurDraft,
    compute_digest,
    make_block,
    merge_drafts,
    merge_with_notes,
    split_units,
)


def draft(facts: str, timeline: str, id: str = "i1") -> str:
    return (
        f"# Post-mortem: x\n\n<!-- cockpit:draft {id} -->\n\n## Facts\n\n{make_block('facts', facts)}\n"
        f"_Who felt it?_\n\n{make_block('timeline', timeline)}\n## Root cause\n\n_What?_\n"
    )


def test_our_blocks_are_new_and_their_words_stay() -> None:
    old = draft("one", "a").replace("_What?_", "A lock was never let go.").replace("_Who felt it?_", "Everybody.")
    merged = merge_drafts(old, draft("two", "a\nb"))
    assert "two" in merged
    assert "one" not in merged
    assert "A lock was never let go." in merged
    assert "Everybody." in merged


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("# Post-mortem: x", "# Post-mortem: new"),
        ("# Post-mortem:  x ", "# Post-mortem: new"),  # a formatter's
        ("# The night of the orders", "# The night of the orders"),
    ],
)
def test_a_heading_follows_the_title_until_somebody_wrote_their_own(written: str, kept: str) -> None:
    new = draft("two", "b").replace("# Post-mortem: x", "# Post-mortem: new")
    old = draft("one", "a").replace("# Post-mortem: x", written)
    text = merge_with_notes(old, new, ["# Post-mortem: x"]).text
    assert text.splitlines()[0] == kept
    assert text.splitlines()[1:] == new.splitlines()[1:]


def test_exporting_twice_changes_nothing() -> None:
    new = draft("one", "a")
    assert merge_drafts(new, new) == new
    assert merge_drafts(merge_drafts(draft("old", "x"), new), new) == merge_drafts(draft("old", "x"), new)


def without_rows(text: str) -> str:
    """As versions before the merge row by row wrote it."""
    return re.sub(r"<!-- cockpit:rows [0-9a-f ]+ -->\n\n", "", text)


def test_a_block_of_an_older_draft_that_somebody_edited_is_kept_below_the_new_one() -> None:
    old = without_rows(draft("one", "a")).replace("one", "one, and the intern saw it first")
    merged = merge_drafts(old, draft("two", "a"))
    assert merged.index("two") < merged.index(KEPT) < merged.index("the intern saw it first")
    assert merge_drafts(merged, draft("three", "a")).count("the intern saw it first") == 1


TABLE = "| What | Owner |\n|---|---|\n| one | nobody yet |\n| two | nobody yet |"


def test_a_row_that_somebody_filled_in_stays_and_new_rows_come_in() -> None:
    old = draft(TABLE, "a").replace("| one | nobody yet |", "| one | ben |")
    new = TABLE.replace("| two | nobody yet |", "| two | cleo |\n| three | ana |")
    result = merge_with_notes(old, draft(new, "a"))

    rows = "| What | Owner |\n|---|---|\n| one | ben |\n| two | cleo |\n| three | ana |"
    assert rows in result.text
    assert result.notes == ("facts: what you changed is kept",)
    assert merge_drafts(result.text, draft(new, "a")) == result.text


def test_a_row_that_somebody_took_out_stays_out() -> None:
    old = draft(TABLE, "a").replace("| one | nobody yet |\n", "")
    assert "| one |" not in merge_drafts(old, draft(f"{TABLE}\n| three | ana |", "a"))


def test_a_row_that_both_changed_is_in_it_twice_with_a_notice() -> None:
    old = draft(TABLE, "a").replace("| one | nobody yet |", "| one | ben |")
    result = merge_with_notes(old, draft(TABLE.replace("| one | nobody yet |", "| one | cleo |"), "a"))

    assert "| one | cleo |\n| one | ben |" in result.text
    assert result.notes == ("facts: you and new facts changed the same; both are in it",)


def test_a_block_that_was_taken_out_is_named() -> None:
    old = draft("one", "a")
    start, end = old.index("<!-- cockpit:begin facts"), old.index("<!-- cockpit:end facts -->")
    old = old[:start] + old[end + len("<!-- cockpit:end facts -->") :]
    assert merge_with_notes(old, draft("two", "a")).notes == ("taken out by hand, and left out: facts",)


FORMATTED = [
    ("| a | b |\n|---|---|\n| x_y | *z* |", "| a    | b   |\n| :--- | :-: |\n| x\\_y | _z_ |"),
    ("- **Why:** because\n- two", "* __Why:__ because\n* two"),
    ("one<br>two \\[STATUS\\]", "one<br />two [STATUS]"),
    ("# Heading\n\ntext", "Heading\n=======\n\ntext  "),
    ("1. one [x](<https://e/a_b>)\n2. two", "1) one [x](https://e/a_b)\n2) two"),
    ("```text\nkubectl get pods\n```\n\n---\n\ntwo", "~~~text\nkubectl get pods\n~~~\n\n***\n\ntwo"),
]


@pytest.mark.parametrize(("ours", "theirs"), FORMATTED)
def test_what_a_formatter_changes_is_no_edit(ours: str, theirs: str) -> None:
    assert compute_digest(ours) == compute_digest(theirs)
    assert compute_digest(ours) != compute_digest(theirs.replace("two", "three").replace("x", "w").replace("ex", "i"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("5.5 %", "55 %"), ("5 ms", "-5 ms"), ("5 ms", "< 5 ms"), ("-5 ms", "+5 ms"), ("done", "done ✅"),
        ("down at nine", "~~down at nine~~"), ("a b", "a → b"), ("2 x 3", "2 * 3"), ("max_size", "maxsize"),
        ("who said it", '"who said it"'), ("#12", "12"), ("10:20", "1020"), ("1,5 s", "15 s"), ("v1.2", "v12"),
    ],
)  # fmt: skip
def test_a_sign_alone_is_an_edit_too(ours: str, theirs: str) -> None:
    """Such an edit was gone after the next export, and nothing said so."""
    table, edited = TABLE.replace("| two |", f"| two {ours} |"), f"| two {theirs} |"
    old = draft(table, "a").replace(f"| two {ours} |", edited)
    result = merge_drafts(old, draft(f"{table}\n| three | ana |", "a"))
    assert edited in result
    assert f"| two {ours} |" not in result
    assert "| three | ana |" in result


def recount(text: str) -> str:
    """A draft as versions that counted words alone wrote it, with their shorter digests."""

    def shorten(body: str, digits: int) -> str:
        return hashlib.sha256(re.sub(r"[^\w?!%$€£@]|_", "", body).encode()).hexdigest()[:digits]

    def write_block(found: re.Match[str]) -> str:
        body = found["body"].strip()
        rows = " ".join(shorten(unit, 6) for unit in split_units(body))
        return f"{found['name']} {shorten(body, 8)} -->{found['body']}<!-- cockpit:rows {rows} -->"

    block = r"(?P<name>cockpit:begin \S+) [0-9a-f]+ -->(?P<body>.*?)<!-- cockpit:rows [0-9a-f ]+ -->"
    return re.sub(block, write_block, text, flags=re.DOTALL)


def test_a_draft_whose_rows_were_counted_by_words_alone_is_merged_as_before() -> None:
    old = recount(draft(TABLE, "a"))
    assert len(BEGIN.search(old)["digest"]) == 8  # type: ignore[index]
    new = draft(f"{TABLE}\n| three | ana |", "b")
    assert merge_drafts(old, new) == new
    assert merge_drafts(old.replace("| one | nobody yet |", "| one | ben |"), new) == merge_drafts(
        draft(TABLE, "a").replace("| one | nobody yet |", "| one | ben |"), new
    )


def test_the_address_of_a_link_at_the_beginning_of_a_block_stays() -> None:
    old = draft("see the [graph]", "a").replace("see the", "[graph]: https://grafana.example/x\n\nsee the")
    merged = merge_drafts(old, draft("see the [graph]\n\nmore", "a"))
    assert "[graph]: https://grafana.example/x" in merged
    assert "more" in merged


FACTS = st.lists(st.sampled_from(["02:14", "02:15", ""]), min_size=1, max_size=6)
CHANGES = st.lists(st.tuples(st.sampled_from(["change", "add"]), st.integers(0, 6), FACTS), max_size=4)


def apply_changes(
    rows: list[str], changes: list[tuple[str, int, list[str]]], whose: str
) -> tuple[list[str], list[str]]:
    """The rows after what one of two did to them, and the words of that, each once in the world."""
    rows, words = list(rows), []
    for number, (what, place, cells) in enumerate(changes):
        place = place % len(rows)
        words.append(f"{whose}{number}")
        row = f"| {cells[0]} | {whose}{number} |"
        rows[place : place + (what == "change")] = [row]
    return rows, [word for word in words if any(f" {word} " in row for row in rows)]


@given(FACTS, CHANGES, CHANGES)
def test_of_rows_that_begin_alike_nothing_that_either_wrote_is_lost(
    cells: list[str],
    theirs: list[tuple[str, int, list[str]]],
    ours: list[tuple[str, int, list[str]]],
) -> None:
    base = [f"| {cell} | fact{number} |" for number, cell in enumerate(cells)]
    their_rows, their_words = apply_changes(base, theirs, "their")
    our_rows, our_words = apply_changes(base, ours, "our")
    head = "| Time | What |\n|---|---|\n"
    old = draft(head + "\n".join(base), "a").replace("\n".join(base), "\n".join(their_rows))
    merged = merge_drafts(old, draft(head + "\n".join(our_rows), "a"))
    untouched = [row for row in base if row in their_rows and row in our_rows]
    missing = [word for word in (*their_words, *our_words) if f" {word} " not in merged]
    assert missing == []
    assert [row for row in untouched if merged.count(row) != 1] == []


def test_an_editor_that_lines_up_tables_has_edited_nothing() -> None:
    assert compute_digest("| a | b |\n|---|---|\n| 1 | 2 |") == compute_digest(
        "| a   | b   |\n| --- | --- |\n| 1   | 2   |\n"
    )


def test_a_block_that_somebody_deleted_stays_away() -> None:
    old = draft("one", "a")
    start, end = old.index("<!-- cockpit:begin facts"), old.index("<!-- cockpit:end facts -->")
    old = old[:start] + old[end + len("<!-- cockpit:end facts -->") :]
    assert "two" not in merge_drafts(old, draft("two", "a"))


def test_a_draft_without_any_of_our_blocks_left_is_theirs_alone() -> None:
    old = "# Post-mortem: x\n\n<!-- cockpit:draft i1 -->\n\nAll in our own words.\n"
    assert merge_drafts(old, draft("two", "b")) == old


def test_lines_keep_the_ends_that_their_editor_gave_them() -> None:
    old = draft("one", "a").replace("\n", "\r\n")
    merged = merge_drafts(old, draft("two", "a\nb"))
    assert "two" in merged
    assert merged.count("\n") == merged.count("\r\n")
    assert KEPT not in merged


@pytest.mark.parametrize(
    ("old", "why"),
    [
        ("# My own file\n", "not a draft that the cockpit wrote"),
        ("", "not a draft that the cockpit wrote"),
        (draft("one", "a", id="i2"), "the draft of another incident, i2"),
        (draft("one", "a").replace("<!-- cockpit:end facts -->", ""), "`facts` has lost its cockpit:end"),
        (draft("one", "a").replace("begin facts ", "begin facts x"), "marker"),
    ],
)
def test_what_is_not_our_draft_is_not_written_over(old: str, why: str) -> None:
    with pytest.raises(NotOurDraft, match=why):
        merge_drafts(old, draft("two", "b"))


lines = st.text(alphabet=st.sampled_from("ab |-<>!:\n"), max_size=30)


@given(lines, lines, lines, st.text(alphabet=st.sampled_from("ab \n|#*-"), max_size=40))
def test_whatever_stands_outside_our_blocks_survives(one: str, two: str, three: str, theirs: str) -> None:
    old = draft(one, two).replace("_What?_", f"[{theirs}]")
    assert f"[{theirs}]" in merge_drafts(old, draft(three, two))
