"""Who gets what: named weights are as asked, the others share the rest as they did, and labels stay where they are."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.changes.traffic import divide_in_proportion, fingerprint_traffic, merge_traffic, sum_weights
from cockpit.azure.mapping import map_application
from cockpit.model.problem import SourceError

LATEST = "shop--r4"
STABLE = {"revisionName": "shop--r1", "weight": 80, "label": "stable"}
CANARY = {"revisionName": "shop--r2", "weight": 20}


def app(*traffic: Mapping[str, Any], mode: str = "Multiple", latest: str = LATEST) -> dict[str, Any]:
    configuration = {"activeRevisionsMode": mode, "ingress": {"traffic": list(traffic)}}
    return {"name": "shop", "properties": {"latestRevisionName": latest, "configuration": configuration}}


def after(
    raw: Mapping[str, Any], weights: Mapping[str, int], labels: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """The list that would be sent. `shop--r9` is the one revision that is not active."""
    names = [*(f"shop--r{number}" for number in range(1, 5)), "shop--r9"]
    revisions = [{"name": name, "properties": {"active": name != "shop--r9"}} for name in names]
    return merge_traffic(raw, map_application(raw, revisions, environment=""), weights, labels or {})


def test_all_traffic_to_one_leaves_the_others_in_the_list_with_nothing() -> None:
    assert after(app(STABLE, CANARY), {"shop--r3": 100}) == [
        {**STABLE, "weight": 0},
        {**CANARY, "weight": 0},
        {"revisionName": "shop--r3", "weight": 100, "latestRevision": False},
    ]


def test_a_label_stays_with_its_revision() -> None:
    assert after(app(STABLE, CANARY), {"shop--r2": 100})[0] == {**STABLE, "weight": 0}
    assert after(app(STABLE, CANARY), {"shop--r1": 100})[0] == {**STABLE, "weight": 100}


def test_the_others_share_what_is_left_as_they_did_before() -> None:
    assert sum_weights(after(app(STABLE, CANARY), {"shop--r3": 50}), LATEST) == {
        "shop--r1": 40,
        "shop--r2": 10,
        "shop--r3": 50,
    }


def test_the_entry_of_the_latest_revision_is_called_latest() -> None:
    following = {"latestRevision": True, "weight": 100}
    assert after(app(following), {"shop--r1": 100}) == [
        {"latestRevision": True, "weight": 0},
        {"revisionName": "shop--r1", "weight": 100, "latestRevision": False},
    ]
    assert after(app(STABLE), {"latest": 100}) == [{**STABLE, "weight": 0}, {"latestRevision": True, "weight": 100}]
    assert after(app(following, {**STABLE, "weight": 0}), {"latest": 30, "shop--r1": 70})[0]["weight"] == 30


def test_weights_that_az_wrote_in_quotes_are_numbers_again() -> None:
    sent = after(app({**STABLE, "weight": "80"}, {**CANARY, "weight": "20"}), {"shop--r3": 10})
    assert [each["weight"] for each in sent] == [72, 18, 10]


def test_a_label_can_be_named_instead_of_its_revision() -> None:
    assert sum_weights(after(app(STABLE, CANARY), {}, {"Stable": 100}), LATEST) == {"shop--r1": 100}
    # As with az, a weight by name counts more than one by label.
    assert sum_weights(after(app(STABLE, CANARY), {"shop--r1": 60}, {"stable": 10}), LATEST) == {
        "shop--r1": 60,
        "shop--r2": 40,
    }


def test_names_are_the_same_in_any_case_and_sent_as_azure_spells_them() -> None:
    assert after(app(CANARY), {"SHOP--R2": 100}) == [{**CANARY, "weight": 100}]
    assert after(app(CANARY), {"SHOP--R3": 100})[1]["revisionName"] == "shop--r3"


@pytest.mark.parametrize(
    ("weights", "labels", "words"),
    [
        ({"shop--r1": 60, "shop--r2": 50}, {}, "more than 100"),
        ({"shop--r1": 101}, {}, "more than 100"),
        ({"shop--r1": 60, "shop--r2": 30}, {}, "make 90, and no other revision has traffic"),
        ({"shop--nope": 100}, {}, "no revision 'shop--nope'"),
        ({"shop--r9": 100}, {}, "not active: traffic sent to it goes nowhere"),
        ({}, {"beta": 100}, "No revision has the label 'beta'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(weights: dict[str, int], labels: dict[str, int], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        after(app(STABLE, CANARY), weights, labels)


def test_nothing_may_be_given_to_an_inactive_revision_but_its_share_may_be_taken() -> None:
    sent = after(app(STABLE, {**CANARY, "revisionName": "shop--r9"}), {"shop--r9": 0})
    assert [each["weight"] for each in sent] == [100, 0]


@given(st.integers(0, 100), st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(sum))
def test_what_is_left_is_shared_to_the_last_percent_and_nobody_gets_more_than_a_percent_off(
    rest: int, before: list[int]
) -> None:
    parts = divide_in_proportion(rest, before)
    assert sum(parts) == rest
    assert all(abs(part - rest * each / sum(before)) < 1 for part, each in zip(parts, before, strict=True))
    assert all(part == 0 for part, each in zip(parts, before, strict=True) if each == 0)


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["shop--r1", "shop--r2", "shop--r3", "latest"]), st.integers(0, 100), min_size=1),
)
def test_whatever_is_sent_makes_100_and_gives_everyone_named_what_was_asked(
    before: list[int], weights: dict[str, int]
) -> None:
    entries = [{"revisionName": f"shop--r{number}", "weight": each} for number, each in enumerate(before, start=1)]
    try:
        sent = after(app(*entries), weights)
    except SourceError:
        return
    assert sum(each["weight"] for each in sent) == 100
    said = {"latest" if each.get("latestRevision") else each["revisionName"]: each["weight"] for each in sent}
    assert {name: said[name] for name in weights} == weights


@pytest.mark.parametrize(
    "other",
    [
        app(STABLE, {**CANARY, "weight": 21}),
        app(CANARY, STABLE),
        app({**STABLE, "label": "old"}, CANARY),
        app(STABLE, CANARY, mode="Single"),
        app(STABLE, CANARY, latest="shop--r5"),
        app(STABLE),
        {},
    ],
)
def test_anything_that_changes_who_gets_the_traffic_changes_the_fingerprint(other: Mapping[str, Any]) -> None:
    assert fingerprint_traffic(other) != fingerprint_traffic(app(STABLE, CANARY))


def test_the_same_traffic_has_the_same_fingerprint_however_it_is_written() -> None:
    quoted = app({**STABLE, "weight": "80"}, {**CANARY, "latestRevision": False})
    assert fingerprint_traffic(quoted) == fingerprint_traffic(app(STABLE, CANARY))
