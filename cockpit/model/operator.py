"""Who is at the keys: the account that the kernel names, on a shared one the person who said who they are, and who the
cloud thinks we are.
"""

import os
import pwd
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cockpit.model.problem import CodedError
from cockpit.model.text import clean_line

LONGEST_NAME = 80  # characters
SHARED_LOGINS = frozenset(
    {
        *(
            "root",
            "admin",
            "administrator",
            "user",
            "guest",
            "ops",
            "oncall",
            "on-call",
            "operator",
            "deploy",
            "vagrant",
        ),
        # the first user of the images of the clouds
        *("azureuser", "ubuntu", "debian", "ec2-user", "centos", "fedora", "rocky", "almalinux", "cloud-user", "core"),
        *("opc", "bitnami", "pi", "toor"),
    }
)
"""Accounts that people share, in lower case: their name says nothing of who it was."""


class PersonError(CodedError, ValueError):
    """What was given as a person's name is none; the message says what to write instead."""


class PersonUnknown(CodedError):  # noqa: N818  somebody has to be asked; nothing went wrong
    """A shared login is about to act, and nobody has said who is at its keys. `Operator.identify` answers it."""

    def __init__(self, operator: "Operator") -> None:
        self.operator = operator
        super().__init__(
            f"The login {operator.account.name} is shared, and the record names people: "
            "say who you are with --as NAME. It is asked once for each login session.",
            code="person-unknown",
            login=operator.account.name,
        )


@dataclass(frozen=True, slots=True)
class LoginAccount:
    """The account of this process. `claims` are what variables say: a note beside what is written, never believed.

    `proposal` is whom the kernel saw logging in before `sudo` or `su`, "" where it does not know.
    """

    name: str
    shared: bool = False
    claims: Mapping[str, str] = field(default_factory=dict)
    proposal: str = ""


class Operator:
    """Who acts. One object for everything that a process writes, so that one answer holds everywhere from then on.

    `ask` gets an answer where there is somebody to ask at once; `keep` remembers it for the login session; `cloud` says
    as whom the cloud knows us.
    """

    def __init__(
        self,
        account: LoginAccount,
        person: str = "",
        *,
        ask: "Callable[[Operator], str] | None" = None,
        keep: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.account = account
        self.cloud: Callable[[], str] = lambda: ""
        self._person = person
        self._ask = ask
        self._keep = keep

    @property
    def name(self) -> str:
        """As it stands in the record."""
        return self._person or self.account.name

    @property
    def nameless(self) -> bool:
        """True while nobody knows which person acts."""
        return self.account.shared and not self._person

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of who acts: none of them is somebody else's."""
        return tuple(filter(None, dict.fromkeys((self.name, self.account.name, self.account.proposal, self.cloud()))))

    def identify(self, name: str) -> str:
        """Somebody said who they are; the name as it is written from now on. Raises PersonError."""
        person = check_person(name, self.account)
        if person != self.name or self.nameless:
            self._person = person
            self._keep(person)
        return person

    def must_be_named(self) -> None:
        """Ask who it is where that is not known and somebody can be asked. Raises PersonUnknown, PersonError."""
        if self.nameless and self._ask is not None:
            self.identify(self._ask(self))
        if self.nameless:
            raise PersonUnknown(self)

    def detail(self) -> dict[str, str]:
        """What stands beside the name in an event: the login, the cloud's name for us, what variables claim."""
        known_as = {"login": self.account.name, "cloud": self.cloud()}
        others = {key: value for key, value in known_as.items() if value and value != self.name}
        unnamed = {"unnamed": "yes"} if self.nameless else {}
        return {**others, **unnamed, **self.account.claims}


def operator_named(operator: "str | Operator") -> Operator:
    """An Operator of that name, where all that is known is a name."""
    return operator if isinstance(operator, Operator) else Operator(LoginAccount(operator))


def with_author(detail: Mapping[str, object], operator_detail: Mapping[str, str]) -> dict[str, object]:
    """The detail of an event with who wrote it beside; the author of a corrected event goes."""
    own = {key: value for key, value in detail.items() if key != "by"}
    return {**own, "by": dict(operator_detail)} if operator_detail else own


def check_person(name: str, account: LoginAccount) -> str:
    """A person's name, cleaned. Raises PersonError for none, and for a login that people share."""
    person = clean_line(name, LONGEST_NAME)
    if not any(letter.isalnum() for letter in person):
        raise PersonError("Write your name: it stands beside everything that you do.", code="name-missing")
    if account.shared and normalize_name(person) in {normalize_name(account.name), *SHARED_LOGINS}:
        raise PersonError(
            f"{person} is a shared login, not a person: write your own name.", code="shared-login", person=person
        )
    if not account.shared and normalize_name(person) != normalize_name(account.name):
        raise PersonError(
            f"You are signed in as {account.name}, and the record says so; --as is for shared logins.",
            code="already-known",
            account=account.name,
        )
    return person if account.shared else account.name


def normalize_name(name: str) -> str:
    """Two spellings of one name are the same: `Ana@example.com` is `ana`."""
    return " ".join(name.partition("@")[0].casefold().split())


def account_name(uid: int | None = None, find: Callable[[int], pwd.struct_passwd] = pwd.getpwuid) -> str:
    """The name of a uid, ours if none is given; `uid 4711` where it has no name. No variable has a say in it."""
    number = os.getuid() if uid is None else uid
    try:
        return clean_line(find(number).pw_name, LONGEST_NAME) or f"uid {number}"
    except (KeyError, OSError):
        return f"uid {number}"


def is_shared(name: str, more: Iterable[str] = ()) -> bool:
    """Whether people share this login: a well-known one, a configured one, or a uid that has no name at all."""
    return name.startswith("uid ") or name.casefold() in SHARED_LOGINS | {text.casefold() for text in more}


@dataclass(frozen=True, slots=True)
class Identity:
    """As the bar shows it: `you@example.com via az cli`. `machine` is True for an identity that is no person."""

    name: str
    method: str  # cli | managed_identity | device_code | simulator
    tenant: str = ""
    machine: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} via {'az cli' if self.method == 'cli' else self.method.replace('_', ' ')}"
