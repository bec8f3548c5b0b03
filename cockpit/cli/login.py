"""Who types: the account of the process, and on a shared login the person, asked once for each login session."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from cockpit.model.operator import (
    LoginAccount,
    Operator,
    PersonError,
    account_name,
    check_person,
    is_shared,
)
from cockpit.model.text import clean_line

KEPT = timedelta(hours=12)  # a name counts for so long: longer than a shift, shorter than until the next person's
LONGEST_FILE = 65_536  # bytes
CLAIMS = ("LOGNAME", "USER", "SUDO_USER")
UNSET = 0xFFFFFFFF  # what the kernel says where no login was audited
PROC = Path("/proc")


def login_name() -> str:
    """The account of this process, as the kernel and the passwd file name it."""
    return account_name()


def operator_of(shared_logins: Iterable[str] = (), named: str | None = None, *, can_ask: bool = True) -> Operator:
    """Who acts. `named` was typed as --as. On a shared login it is what was typed before in this login session;
    without that a person is asked on the terminal, once something is to be written. Raises PersonError.
    """
    account = read_account(shared_logins)
    if named is not None and not account.shared:
        check_person(named, account)
    if not account.shared:
        return Operator(account)
    memory = PersonMemory(state_file(), account.name, session_key(), lambda: datetime.now(UTC))
    ask = ask_on_terminal if can_ask and somebody_to_ask() else None
    operator = Operator(account, memory.read(account), ask=ask, keep=memory.keep)
    if named is not None:
        operator.identify(named)
    return operator


def read_account(shared_logins: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> LoginAccount:
    """The account with what the variables claim of it. The claims are notes: anybody can set a variable."""
    name = login_name()
    claims = {key: clean_line(environ[key], 80) for key in CLAIMS if environ.get(key, name) != name}
    if connection := clean_line(environ.get("SSH_CONNECTION", "").partition(" ")[0], 80):
        claims["SSH_CONNECTION"] = connection
    return LoginAccount(name, is_shared(name, shared_logins), claims, login_before_sudo(name, shared_logins))


def login_before_sudo(name: str, shared_logins: Iterable[str] = ()) -> str:
    """Whom the kernel saw logging in (`loginuid`, which survives sudo and su): offered as an answer, never taken."""
    number = _audit_number("loginuid")
    if number is None:
        return ""
    first = account_name(number)
    return "" if first == name or is_shared(first, shared_logins) else first


def session_key(environ: Mapping[str, str] = os.environ) -> str:
    """What tells this login session from the next person's; "" where nothing does, and then nothing is kept.

    The kernel's number of the login, else the terminal with the process that leads its session. Beside it the SSH
    connection: who sets that variable is asked anew, and no more.
    """
    boot = _read_text(PROC / "sys/kernel/random/boot_id")
    connection = clean_line(environ.get("SSH_CONNECTION", ""), 120)
    if (number := _audit_number("sessionid")) is not None:
        return f"{boot} login {number} {connection}".strip()
    try:
        fields = _read_text(PROC / "self/stat").rpartition(")")[2].split()
        session, terminal = fields[3], fields[4]  # fields 6 and 7 of proc(5)
        began = _read_text(PROC / session / "stat").rpartition(")")[2].split()[19]
    except IndexError:
        return ""
    return "" if terminal == "0" else f"{boot} terminal {terminal} session {session} {began} {connection}".strip()


class PersonMemory:
    """Who named themselves in which login session. Blocking; what cannot be read or written is asked again."""

    def __init__(self, file: Path, login: str, session: str, now: Callable[[], datetime]) -> None:
        self._file, self._now = file, now
        self._key = f"{login} {session}" if session else ""

    def read(self, account: LoginAccount) -> str:
        """The person of this login session; "" where nobody named one, or it was too long ago."""
        entry = self._entries().get(self._key) if self._key else None
        try:
            return check_person(entry["name"], account) if entry else ""
        except PersonError:
            return ""

    def keep(self, name: str) -> None:
        """Remember it for this login session."""
        if not self._key:
            return
        entry = {"name": name, "at": self._now().isoformat()}
        text = json.dumps({**self._entries(), self._key: entry}, indent=1)
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                beside.unlink()
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, self._file)

    def _entries(self) -> dict[str, dict[str, str]]:
        """What counts still. A file that is not ours alone says nothing: others could have written a name into it."""
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, encoding="utf-8") as file:
                status = os.fstat(descriptor)
                if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                    return {}
                entries: Any = json.loads(file.read(LONGEST_FILE))
        except (OSError, ValueError):
            return {}
        if not isinstance(entries, dict):
            return {}
        return {key: entry for key, entry in entries.items() if self._counts(entry)}

    def _counts(self, entry: object) -> bool:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            return False
        try:
            age = self._now() - datetime.fromisoformat(entry["at"])
        except (KeyError, TypeError, ValueError):
            return False
        return timedelta() <= age < KEPT


def state_file() -> Path:
    import platformdirs

    return Path(platformdirs.user_state_dir("cockpit")) / "people.json"


def somebody_to_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


TYPE_AHEAD = 0.3  # seconds in which a key was meant for what was on the screen before: as in every dialog


def has_typed_ahead(stream: TextIO, seconds: float = TYPE_AHEAD) -> bool:
    """Whether something was typed at a terminal before a question of ours could be read, or comes within so many
    seconds. It is left to whoever reads next: the next command of the shell. False where it is no terminal."""
    try:
        import termios  # there is none on Windows

        terminal = stream.fileno()
        before = termios.tcgetattr(terminal)
    except Exception:  # no terminal, or no such module: then nobody types
        return False
    by_key = [*before[:3], before[3] & ~termios.ICANON, *before[4:]]  # else only whole lines can be seen
    termios.tcsetattr(terminal, termios.TCSANOW, by_key)
    try:
        return bool(select.select([terminal], [], [], seconds)[0])
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def ask_on_terminal(operator: Operator) -> str:
    """Ask until it is a name. Ctrl+C leaves, and then nothing is written."""
    click.echo(f"The login {operator.account.name} is shared; the record names people.", err=True)
    while True:
        answer: str = click.prompt("Who are you", default=operator.account.proposal or None, err=True)
        try:
            return check_person(answer, operator.account)
        except PersonError as error:
            click.echo(str(error), err=True)


def _audit_number(name: str) -> int | None:
    text = _read_text(PROC / "self" / name)
    return int(text) if text.isdecimal() and int(text) != UNSET else None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
