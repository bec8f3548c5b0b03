"""What a shell text is made of. Every `start` and `end` counts letters of the whole text that was parsed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# Stands in for each letter of a placeholder while the rest is parsed. A private letter: no shell gives it a meaning,
# no document writes it, and a word that has one is known not to be what it says.
MASK_LETTER = "\ue000"


class ExpansionKind(StrEnum):
    """What the shell puts something in place of."""

    VARIABLE = "variable"  # $X ${X} ${X:-y} $1 $? $env:X
    COMMAND = "command"  # $(...) `...`
    PROCESS = "process"  # <(...) >(...)
    ARITHMETIC = "arithmetic"  # $((...))
    EXPRESSION = "expression"  # PowerShell only: (...) { ... } and whatever else is computed


class ShellNesting(StrEnum):
    """What a simple command stands in."""

    PIPE = "pipe"
    LIST = "list"  # a && b, a || b
    SUBSTITUTION = "substitution"
    SUBSHELL = "subshell"
    GROUP = "group"
    LOOP = "loop"
    CONDITION = "condition"  # if and case, their tests and their branches
    FUNCTION = "function"
    SCRIPT_BLOCK = "script block"


@dataclass(frozen=True, slots=True)
class ShellExpansion:
    """One expansion that the shell fills in. `operator` and `argument` are those of `${name:-argument}`, as written."""

    kind: ExpansionKind
    start: int
    end: int
    raw: str
    name: str = ""
    operator: str = ""  # "" for plain; ":-", "%", ",,", "[@]", "#" for ${#name}, "!" for ${!name} ...
    argument: str = ""
    quoted: bool = False  # in double quotes: the value stays one word


class ShellWord(NamedTuple):
    """One word. `parts` are its literal pieces, quotes and escapes removed, and its expansions, in order.

    A tuple, as a document has tens of thousands: it is made in a third of the time that a frozen dataclass takes.
    """

    start: int
    end: int
    raw: str
    parts: tuple[str | ShellExpansion, ...]
    quoted: bool = False  # something in it stands in quotes
    glob: bool = False  # something in it, outside quotes, matches file names

    @property
    def text(self) -> str | None:
        """The word as the command gets it; None when some of it is only known when it runs."""
        joined = self.template
        return None if MASK_LETTER in joined else joined

    @property
    def template(self) -> str:
        """The word with one MASK_LETTER for each expansion that is only known when it runs."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        return "".join(part if isinstance(part, str) else MASK_LETTER for part in self.parts)

    @property
    def expansions(self) -> tuple[ShellExpansion, ...]:
        return tuple(part for part in self.parts if isinstance(part, ShellExpansion))


@dataclass(frozen=True, slots=True)
class ShellAssignment:
    """`NAME=value`, before a command, alone, or of `export` and the like; `value` is None for `export NAME`.

    An array's `value` is its first word, `items` are all.
    """

    name: str
    start: int
    end: int
    value: ShellWord | None
    operator: str = "="  # or "+="
    items: tuple[ShellWord, ...] | None = None


@dataclass(frozen=True, slots=True)
class ShellRedirect:
    """One redirection. A here-document's and a here-string's `target` is what the command reads."""

    operator: str  # < > >> >| &> &>> <> <& >& << <<- <<<
    start: int
    end: int
    target: ShellWord | None
    descriptor: str = ""  # as written before the operator: "2"

    @property
    def writes(self) -> bool:
        """True when a file is opened for writing; `2>&1` only joins two streams."""
        copies = self.operator in (">&", "&>") and self.target is not None and self.target.raw.strip("-").isdigit()
        return ">" in self.operator and not copies and not (self.target is not None and self.target.raw == "-")

    @property
    def inline_input(self) -> ShellWord | None:
        """The text that a here-document or a here-string hands to the command."""
        return self.target if self.operator in ("<<", "<<-", "<<<") else None


class SimpleCommand(NamedTuple):
    """One command with its arguments: `words[0]` is the program. No words: only assignments or redirections."""

    start: int
    end: int
    words: tuple[ShellWord, ...]
    assignments: tuple[ShellAssignment, ...] = ()
    redirects: tuple[ShellRedirect, ...] = ()
    nesting: tuple[ShellNesting, ...] = ()  # from the outermost
    input_from: tuple[int, ...] = ()  # indices in the statement's commands: whose output it reads through a pipe
    statement_index: int = 0

    @property
    def name(self) -> ShellWord | None:
        return self.words[0] if self.words else None

    @property
    def arguments(self) -> tuple[ShellWord, ...]:
        return self.words[1:]


class ShellStatement(NamedTuple):
    """What stands at the top level, from its first letter to its last, whatever is nested in it.

    `expansions` are all in it, also those of conditions, loop headers, here-documents and nested commands, in order.
    """

    start: int
    end: int
    text: str
    commands: tuple[SimpleCommand, ...]
    assignments: tuple[ShellAssignment, ...] = ()  # all in it, also `for NAME in` and `read NAME` are in `sets`
    expansions: tuple[ShellExpansion, ...] = ()
    functions: tuple[str, ...] = ()  # the names it defines
    sets: tuple[str, ...] = ()  # names given a value in it by a loop, read, mapfile, printf -v, getopts

    def pipeline_inputs(self, command: SimpleCommand) -> Iterator[SimpleCommand]:
        """The commands whose output it reads."""
        return (self.commands[index] for index in command.input_from)


@dataclass(frozen=True, slots=True)
class ShellComment:
    start: int
    end: int
    text: str  # with its #


@dataclass(frozen=True, slots=True)
class ShellSyntaxError:
    """A place that is not in the grammar; `line` counts from 0."""

    start: int
    end: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ShellDocument:
    """A whole text. When `errors` is not empty, all that is sure is that it is not understood."""

    text: str
    language: str
    statements: tuple[ShellStatement, ...] = ()
    comments: tuple[ShellComment, ...] = ()
    errors: tuple[ShellSyntaxError, ...] = ()

    @property
    def commands(self) -> Iterator[SimpleCommand]:
        return (command for statement in self.statements for command in statement.commands)
