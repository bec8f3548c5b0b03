"""A team's own Markdown document, read into procedures and steps. Nothing here runs anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class StepKind(StrEnum):
    """How a step is confirmed; never whether it is permitted. What is not known is CHANGE."""

    READ = "read"
    VERIFY = "verify"
    LOCAL = "local"  # changes only this machine: sign-in, choice of subscription, download
    CHANGE = "change"
    DANGER = "danger"
    MANUAL = "manual"  # a person does it and says so
    NOTE = "note"


TEAM_COMMANDS: dict[str, StepKind] = {}
"""What the configuration says of commands: `shopctl status` is a read. One for the process, as its secrets are."""


def learn_team_commands(commands: Mapping[str, str]) -> None:
    """What the team's configuration says of its own programs; no document can say it."""
    TEAM_COMMANDS.clear()
    TEAM_COMMANDS.update({" ".join(words.split()): StepKind(kind) for words, kind in commands.items()})


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """Where the commands below a session opener belong. `opener` is the command, or the sentence, that leads there."""

    opener: str
    line: int  # in the document, from 1
    by_prose: bool = False


class Way(NamedTuple):
    """One of several ways, of which a person takes one at this place of a procedure: "For staging", "If it is down".

    `choice` is the line of the first of them, from 1: all ways of one choice share it. `excludes` is False where more
    than one may hold (two conditions); `unclear` is True where the document does not say whether they are done in turn.
    """

    choice: int
    number: int  # from 1
    name: str  # in the document's own words
    excludes: bool = True
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One comment plus one command, a manual action, or a note.

    `command` is the cleaned text as written, continuations joined by newline; "" for manual steps and notes.
    `language` is how it would run: bash, powershell, http, or "" . `parameters` are the placeholders in it, in order.
    `alternative_to` is the ordinal of the step that this one replaces ("Or to a specific revision").
    `altered` is True when cleaning had to change the command: such a step never runs.
    `way` is the way that it belongs to, None for what is done whichever is taken.
    """

    ordinal: int  # from 1, within its procedure
    title: str
    kind: StepKind
    line: int  # in the document, from 1
    command: str = ""
    language: str = ""
    parameters: tuple[str, ...] = ()
    remark: str = ""  # further comment lines, and a comment at the end of the command's line
    expected: str = ""
    alternative_to: int | None = None
    inline: bool = False  # found in a table or a list, not in a fence
    checkbox: bool = False
    altered: bool = False
    unparsed: str = ""  # why its block is only to be looked at: it is not in the grammar of its language
    mention: str = ""  # of a note or a manual step: commands that it only names, to copy
    literal: bool = False  # typed at a shell: nothing in it is a placeholder, what a shell expands is the shell's
    place: RemotePlace | None = None  # it belongs there, and never runs here
    tags: Mapping[str, str] = field(default_factory=dict)  # needs, timeout, retry, undo, confirm, approval, expect
    way: Way | None = None

    @property
    def full_title(self) -> str:
        """With the way that it belongs to: "For staging: Restart it"."""
        if self.way is None or self.way.name in self.title:
            return self.title
        return self.way.name if self.title in self.way.name else f"{self.way.name}: {self.title}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One placeholder of a document. `hint` is the document's own literal: shown, never taken as the value."""

    name: str
    forms: tuple[str, ...] = ()  # as written: <x>, [x], $X, ${X}, $env:X
    hint: str = ""
    composites: tuple[str, ...] = ()  # words it stands in: meeting-<env>-rg
    choices: tuple[str, ...] = ()
    secret: bool = False
    aliases: tuple[str, ...] = ()  # other names under which the same value is given
    origin: str = ""  # the document's own words on where the value comes from
    check: str = ""  # and on what it must be


@dataclass(frozen=True, slots=True)
class Procedure:
    """A heading with something to do under it. A menu is chosen from, never run from top to bottom."""

    title: str
    slug: str  # unique within the document
    level: int
    line: int
    steps: tuple[Step, ...]
    labels: Mapping[str, str] = field(default_factory=dict)  # when, time to fix, rpo, tested, owner, approval required
    warnings: tuple[str, ...] = ()
    section: str = ""  # the slug of the procedure this is the Rollback, Verification ... of
    menu: bool = False
    within: tuple[str, ...] = ()  # the headings above it, but for the title: "3. Revoke a token" of "Via CLI"

    @property
    def full_title(self) -> str:
        """With the heading above it: "Revoke a token › Via CLI" is known without its document, "Via CLI" is not."""
        return " › ".join((*self.within[-1:], self.title))

    @property
    def to_do(self) -> tuple[Step, ...]:
        """What is run or ticked: every step but the notes."""
        return tuple(step for step in self.steps if step.kind is not StepKind.NOTE)

    @property
    def commands(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.command)


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """A table recognised by its header row; `kind` is "" when no reader knows it."""

    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another file or address; `line` from 1."""

    text: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """A part of a document without steps that says when something is to be used: an index, an overview."""

    title: str
    when: str
    line: int


ONLY_VALUES = "values"  # the name under which blocks of nothing but assignments are listed


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the owner of the document should mend before the next incident."""

    rule: str  # dead-link, tool-missing, not-filled-in, missing-section ...
    line: int
    message: str


class Damage(StrEnum):
    """What happened to a document on its way here."""

    NONE = ""
    MOJIBAKE = "mojibake"  # repaired without loss
    RECONSTRUCTED = "reconstructed"  # line breaks were lost, and text with them: to look at, not to run


class OutlineShape(StrEnum):
    """What stands on some lines of a document."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    NUMBERED = "numbered"  # an item of a numbered list
    QUOTE = "quote"
    FENCE = "fence"
    CODE = "code"  # indented
    TABLE = "table"


class OutlineSpan(NamedTuple):
    """The lines of one block: from `line` up to the one before `end`. `level` is of headings and of lists in lists."""

    shape: OutlineShape
    line: int  # from 1
    end: int
    level: int = 0
    info: str = ""  # a heading's text, or what is written behind the mark of a fence


@dataclass(frozen=True, slots=True)
class Runbook:
    """One document as read. `sha256` is of the bytes on disk, `text` what is shown after repair."""

    path: str
    title: str
    sha256: str
    text: str
    procedures: tuple[Procedure, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    tables: tuple[DocumentTable, ...] = ()
    links: tuple[Link, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    damage: Damage = Damage.NONE
    findings: tuple[Finding, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    to_read: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # lines of blocks without commands
    outline: tuple[OutlineSpan, ...] = ()

    def is_only_shown(self, procedure: "Procedure") -> bool:
        """True for what nobody can begin: of a document that lost its breaks only what a person does can be ticked."""
        return self.view_only and not any(step.kind is StepKind.MANUAL for step in procedure.steps)

    @property
    def view_only(self) -> bool:
        return self.damage is Damage.RECONSTRUCTED


ENVIRONMENT_WORDS = {
    word: kind
    for kind, words in {
        "production": "production prod prd live produktion",
        "staging": "staging stage stg",
        "preproduction": "preproduction preprod ppe",
        "nonproduction": "nonproduction nonprod",
        "development": "development dev develop",
        "test": "test tests testing tst qa",
        "integration": "integration int",
        "acceptance": "acceptance acc uat",
        "sandbox": "sandbox sbx",
        "demo": "demo",
        "local": "local locally localhost",
        "canary": "canary",
    }.items()
    for word in words.split()
}
"""What teams call their environments, each with the one word that stands for all of its spellings."""

_PREFIXED = re.compile(r"(?i)\b(pre|non)[\s_-]+(?=prod)")  # "pre-production" is not production
_WORD = re.compile(r"[^\W_]+")


def list_environment_kinds(text: str) -> frozenset[str]:
    """The kinds of environments that the words of a text name."""
    words = _WORD.findall(_PREFIXED.sub(r"\1", text.casefold()))
    return frozenset(ENVIRONMENT_WORDS[word] for word in words if word in ENVIRONMENT_WORDS)


def names_environment(text: str, environment: str) -> bool:
    """True where a text names this environment of the configuration, by its name or another word for its kind."""
    name = environment.casefold()
    if name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.casefold()):
        return True
    return bool(list_environment_kinds(text) & list_environment_kinds(environment))
