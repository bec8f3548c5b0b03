"""Who acts has one name, whatever their login is called, and no variable gives them another."""

import pwd
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.operator import (
    LoginAccount,
    Operator,
    PersonError,
    PersonUnknown,
    account_name,
    check_person,
    is_shared,
    normalize_name,
    with_author,
)

ROOT = LoginAccount("root", shared=True, claims={"SUDO_USER": "ben"}, proposal="ana")


def nobody(uid: int) -> pwd.struct_passwd:
    raise KeyError(uid)


def named(name: str) -> Callable[[int], pwd.struct_passwd]:
    return lambda uid: pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/sh"))


def test_a_uid_has_the_name_of_the_passwd_file_whatever_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER", "COCKPIT_OPERATOR"):
        monkeypatch.setenv(variable, "boss")
    assert account_name(1000, named("ana")) == "ana"
    assert account_name() != "boss"


def test_a_uid_without_a_name_is_its_number_and_nobody_in_particular() -> None:
    assert account_name(4711, nobody) == "uid 4711"
    assert is_shared("uid 4711")


@pytest.mark.parametrize("login", ["root", "azureuser", "ubuntu", "admin", "ec2-user", "Ubuntu", "noc", "NOC"])
def test_logins_that_people_share_are_known_or_configured(login: str) -> None:
    assert is_shared(login, ["noc"])


@pytest.mark.parametrize("login", ["ana", "rooted", "b.root", "administrators"])
def test_other_logins_are_a_persons(login: str) -> None:
    assert not is_shared(login, ["noc"])


def test_a_shared_login_writes_nothing_before_it_is_known_who_is_there() -> None:
    operator = Operator(ROOT)
    assert (operator.nameless, operator.name) == (True, "root")
    with pytest.raises(PersonUnknown) as question:
        operator.must_be_named()
    assert question.value.operator is operator


def test_the_answer_holds_from_then_on_and_is_kept() -> None:
    kept: list[str] = []
    operator = Operator(ROOT, ask=lambda who: who.account.proposal, keep=kept.append)
    operator.must_be_named()
    operator.must_be_named()
    assert (operator.name, operator.nameless, kept) == ("ana", False, ["ana"])


def test_login_cloud_and_claims_stand_beside_the_name() -> None:
    operator = Operator(ROOT, "ana")
    operator.cloud = lambda: "ana@example.com"
    assert operator.detail() == {"login": "root", "cloud": "ana@example.com", "SUDO_USER": "ben"}


def test_an_author_replaces_the_author_of_what_is_corrected() -> None:
    assert with_author({"text": "x", "by": {"login": "root"}}, {}) == {"text": "x"}
    assert with_author({"text": "x", "by": {"login": "root"}}, {"login": "ubuntu"})["by"] == {"login": "ubuntu"}


@pytest.mark.parametrize("name", ["", "  ", "--", "root", "ROOT ", "root@jump-1", "ubuntu", "\u200b"])
def test_a_login_or_nothing_is_no_persons_name(name: str) -> None:
    with pytest.raises(PersonError):
        check_person(name, ROOT)


def test_a_personal_login_is_its_person_and_cannot_be_called_otherwise() -> None:
    assert check_person("Ana", LoginAccount("ana")) == "ana"
    with pytest.raises(PersonError, match="signed in as ana"):
        check_person("ben", LoginAccount("ana"))


@given(st.text(min_size=1, max_size=30))
def test_every_spelling_of_a_name_is_that_name(name: str) -> None:
    assert normalize_name(f" {name.upper().lower()}  ") == normalize_name(name.upper().lower())
    assert "@" not in normalize_name(name)
