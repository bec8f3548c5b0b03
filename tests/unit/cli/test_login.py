"""The person of a login session: asked once, kept for it, and never taken for the next one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.cli import login
from cockpit.cli.login import KEPT, PersonMemory, operator_of, read_account
from cockpit.model.operator import LoginAccount, PersonError

NOW = datetime(2026, 2, 27, 13, 26, tzinfo=UTC)
ROOT = LoginAccount("root", shared=True)
FORGED = {"LOGNAME": "boss", "USER": "boss", "SUDO_USER": "boss", "COCKPIT_OPERATOR": "boss", "COCKPIT_USER": "boss"}


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "login_name", lambda: "root")
    monkeypatch.setattr(login, "session_key", lambda: "boot terminal 34816 session 7 70")
    monkeypatch.setattr(login, "login_before_sudo", lambda name, shared_logins: "")


def memory(file: Path, key: str = "one", now: datetime = NOW) -> PersonMemory:
    return PersonMemory(file, "root", key, lambda: now)


def test_variables_are_notes_beside_the_name_and_never_the_name() -> None:
    account = read_account(environ={**FORGED, "SSH_CONNECTION": "203.0.113.9 50123 10.0.0.4 22"})
    assert (account.name, account.shared) == ("ana", False)
    claims = {"LOGNAME": "boss", "USER": "boss", "SUDO_USER": "boss", "SSH_CONNECTION": "203.0.113.9"}
    assert account.claims == claims


def test_a_person_who_is_signed_in_as_themselves_has_nothing_beside_the_name() -> None:
    assert read_account(environ={"LOGNAME": "ana", "USER": "ana"}).claims == {}


@pytest.mark.usefixtures("as_root")
def test_sudo_is_asked_who_it_is_whatever_sudo_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FORGED.items():
        monkeypatch.setenv(name, value)
    operator = operator_of()
    assert (operator.name, operator.nameless) == ("root", True)
    assert operator.detail()["SUDO_USER"] == "boss"


@pytest.mark.usefixtures("as_root")
def test_the_name_is_given_once_for_a_login_session() -> None:
    assert operator_of(named="Ana").name == "Ana"
    assert operator_of().name == "Ana"
    assert operator_of(named="Ben").name == "Ben"
    assert operator_of().name == "Ben"


@pytest.mark.usefixtures("as_root")
def test_the_next_person_on_the_same_login_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    operator_of(named="Ana")
    monkeypatch.setattr(login, "session_key", lambda: "boot terminal 34817 session 9 90")
    assert operator_of().nameless


@pytest.mark.usefixtures("as_root")
def test_where_nothing_tells_login_sessions_apart_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "session_key", lambda: "")
    assert operator_of(named="Ana").name == "Ana"
    assert operator_of().nameless


def test_a_personal_login_is_not_called_otherwise() -> None:
    with pytest.raises(PersonError):
        operator_of(named="ben")
    assert operator_of(named="ana").name == "ana"


def test_a_configured_login_is_shared() -> None:
    assert operator_of(["Ana"]).nameless


def test_a_name_counts_for_a_shift(tmp_path: Path) -> None:
    file = tmp_path / "state" / "people.json"
    memory(file).keep("Ana")
    assert memory(file, now=NOW + KEPT - timedelta(seconds=1)).read(ROOT) == "Ana"
    assert memory(file, now=NOW + KEPT).read(ROOT) == ""
    assert memory(file, now=NOW - timedelta(days=1)).read(ROOT) == "", "a clock that was set back proves nothing"
    assert memory(file, "another").read(ROOT) == ""
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '{"root one": "Ana"}',
        '{"root one": {"name": 7, "at": "2026-02-27T13:00:00+00:00"}}',
        '{"root one": {"name": "Ana", "at": "2026-02-27T13:00:00"}}',
        '{"root one": {"name": "root", "at": "2026-02-27T13:00:00+00:00"}}',
    ],
)
def test_a_file_that_makes_no_sense_names_nobody(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.json"
    file.write_text(text)
    file.chmod(0o600)
    assert memory(file).read(LoginAccount("root", shared=True)) == ""
    memory(file).keep("Ana")
    assert memory(file).read(ROOT) == "Ana"


def test_a_file_that_others_may_write_names_nobody(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    memory(file).keep("Ana")
    file.chmod(0o666)
    assert memory(file).read(ROOT) == ""


def test_a_place_that_cannot_be_written_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands where the folder should be")
    memory(tmp_path / "state" / "people.json").keep("Ana")
    assert memory(tmp_path / "state" / "people.json").read(ROOT) == ""


def test_another_ssh_connection_is_another_login_session() -> None:
    first = login.session_key({"SSH_CONNECTION": "203.0.113.9 50123 10.0.0.4 22"})
    second = login.session_key({"SSH_CONNECTION": "203.0.113.9 50999 10.0.0.4 22"})
    assert first != second or first == ""
