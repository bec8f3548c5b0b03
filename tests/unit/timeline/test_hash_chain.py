"""Whatever is changed inside the chain is found; what a chain cannot see is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.timeline.hash_chain import (
    GENESIS,
    ChainRow,
    UnreadableError,
    canonical,
    seal_payload,
    seal_place,
    verify_chain,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**63), 2**63 - 1)


def seal_row(row: ChainRow) -> ChainRow:
    return seal_place(seal_payload(row))


@st.composite
def chains(draw: st.DrawFn, at_least: int = 1) -> list[ChainRow]:
    """A sound chain of a few events with any text in them."""
    rows: list[ChainRow] = []
    for number in range(1, draw(st.integers(at_least, 6)) + 1):
        row = ChainRow(
            id=number,
            incident=draw(st.none() | texts),
            environment=draw(texts),
            subject=draw(texts),
            occurred="2026-02-27T02:00:00.000000Z",
            recorded="2026-02-27T02:00:01.000000Z",
            kind=draw(st.sampled_from(["note", "probe", "alert"])),
            source="cockpit",
            actor=draw(texts),
            summary=draw(texts),
            detail=canonical({"text": draw(texts)}),
            supersedes=draw(st.none() | st.integers(1, 9)),
            v=1,
            salt=f"{number:032x}",
            payload_hash="",
            prev_hash=rows[-1].hash if rows else GENESIS,
            hash="",
        )
        rows.append(seal_row(row))
    return rows


def emptied(row: ChainRow) -> ChainRow:
    return row._replace(summary="", detail="", salt="")


def redaction(rows: list[ChainRow], subject: int) -> ChainRow:
    """The event that says that event `subject` was emptied, at the end of `rows`."""
    last = rows[-1]
    return seal_row(
        last._replace(id=last.id + 1, kind="redact", subject=str(subject), salt="f" * 32, prev_hash=last.hash)
    )


@given(chains())
def test_a_chain_as_written_is_whole(rows: list[ChainRow]) -> None:
    verdict = verify_chain(rows)
    assert verdict.ok
    assert (verdict.count, verdict.head) == (len(rows), rows[-1].hash)


@given(chains(), st.data())
def test_a_change_to_any_single_column_is_found_where_it_is(rows: list[ChainRow], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from([name for name in ChainRow._fields if name != "id"]))
    before = getattr(rows[at], column)
    value: Any = data.draw(
        (st.none() | texts | numbers | st.binary(max_size=4)).filter(
            lambda new: new != before or type(new) is not type(before)
        )
    )
    verdict = verify_chain([*rows[:at], rows[at]._replace(**{column: value}), *rows[at + 1 :]])
    assert not verdict.ok
    assert verdict.first_bad == at + 1


@given(chains(at_least=2), st.data())
def test_two_events_that_changed_places_are_found(rows: list[ChainRow], data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True)))
    swapped = list(rows)
    swapped[one] = rows[other]._replace(id=one + 1)
    swapped[other] = rows[one]._replace(id=other + 1)
    assert verify_chain(swapped).first_bad == one + 1


@given(chains(at_least=2), st.data())
def test_an_event_taken_out_of_the_middle_is_found_even_when_the_rest_closes_up(
    rows: list[ChainRow], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(rows) - 2))
    left = [*rows[:gone], *rows[gone + 1 :]]
    assert verify_chain(left).first_bad == gone + 1
    closed_up = [row._replace(id=number) for number, row in enumerate(left, 1)]
    assert verify_chain(closed_up).first_bad == gone + 1


@given(chains(), st.data())
def test_a_redacted_chain_still_verifies(rows: list[ChainRow], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(rows) - 1))
    after = [*rows, redaction(rows, gone + 1)]
    after[gone] = emptied(after[gone])
    assert verify_chain(after).ok


@given(chains(), st.data())
def test_an_event_emptied_without_a_redaction_is_found(rows: list[ChainRow], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(rows) - 1))
    rows[gone] = emptied(rows[gone])
    verdict = verify_chain(rows)
    assert not verdict.ok
    assert verdict.first_bad == gone + 1
    assert "no redaction" in verdict.reason


@given(chains(at_least=2), st.data())
def test_removed_newest_events_are_found_only_by_who_noted_the_head(rows: list[ChainRow], data: st.DataObject) -> None:
    kept = rows[: data.draw(st.integers(1, len(rows) - 1))]
    unaware = verify_chain(kept)
    assert unaware.ok, "a chain cut short is still a chain"
    assert any("newest" in limit for limit in unaware.cannot_prove)
    assert not verify_chain(kept, known_head=rows[-1].hash).ok
    assert verify_chain(rows, known_head=kept[-1].hash).ok, "an older head is on the chain for ever"


def test_a_file_that_cannot_be_read_further_ends_the_walk_with_what_was_sound() -> None:
    first = seal_row(
        ChainRow(1, None, "prod", "", "t", "t", "note", "cockpit", "ana", "s", "{}", None, 1, "aa", "", GENESIS, "")
    )

    def rows() -> Any:
        yield first
        raise UnreadableError("the disk ends here")

    verdict = verify_chain(rows())
    assert (verdict.ok, verdict.count, verdict.first_bad) == (False, 1, 2)
    assert verdict.reason == "the disk ends here"


def test_an_empty_timeline_is_whole_and_its_head_is_the_genesis() -> None:
    assert verify_chain([]).head == GENESIS
    assert verify_chain([], known_head=GENESIS).ok
    assert verify_chain([]).ok


def test_anybody_can_compute_the_hashes_with_json_and_sha256() -> None:
    """Written out by hand, as docs/timeline.md says it; a change here breaks every file there is."""
    from hashlib import sha256

    row = seal_row(
        ChainRow(
            1, None, "prod", "ready", "o", "r", "note", "cli", "ana", "sum", '{"a":1}', None, 1, "aa", "", GENESIS, ""
        )
    )
    payload = sha256(b'["aa","sum","{\\"a\\":1}"]').hexdigest()
    sealed = (
        '{"actor":"ana","environment":"prod","id":1,"incident":null,"kind":"note","occurred":"o",'
        f'"payload_hash":"{payload}","recorded":"r","source":"cli","subject":"ready","supersedes":null,"v":1}}'
    )
    assert row.payload_hash == payload
    assert row.hash == sha256((GENESIS + sealed).encode()).hexdigest()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_json_has_no_word_for_is_never_hashed(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"latency": value})
