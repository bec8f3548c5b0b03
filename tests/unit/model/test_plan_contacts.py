"""Whom a row of a table calls: each of several, and those whom no contact stands for."""

import pytest

from cockpit.model.plan import Contact, find_contacts, list_unreached_people, split_called_people

CONTACTS = (Contact("DPO", "Ana"), Contact("Legal", "Ben"), Contact("Security lead", "Cleo"), Contact("On-call", "Dan"))


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("DPO + Legal + Security", ("DPO", "Legal", "Security")),
        ("On-call and DBA (if staffed)", ("On-call", "DBA")),
        ("VP Engineering, Exec team", ("VP Engineering", "Exec team")),
        ("Everyone", ()),
        ("-", ()),
    ],
)
def test_each_of_several_is_named(who: str, names: tuple[str, ...]) -> None:
    assert split_called_people(who) == names


def test_all_three_are_found_where_one_is_named_in_short() -> None:
    assert [contact.person for contact in find_contacts("DPO + Legal + Security", CONTACTS)] == ["Ana", "Ben", "Cleo"]
    assert list_unreached_people("DPO + Legal + Security", CONTACTS) == ()


def test_whoever_is_missing_is_named() -> None:
    assert list_unreached_people("On-call lead + Team lead + VP", CONTACTS) == ("Team lead", "VP")


def test_a_person_is_found_by_name() -> None:
    assert [contact.role for contact in find_contacts("Cleo", CONTACTS)] == ["Security lead"]
