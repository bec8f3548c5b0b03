"""Where in a bash command a letter stands: bare, in double quotes, in single quotes, or where no value may go as it is.

Not a parser of bash: whatever it is not sure of is ELSEWHERE, and that is the strict one.
"""

import re
from enum import StrEnum


class Context(StrEnum):
    """What quoting a value needs at one place of a command."""

    BARE = "bare"
    DOUBLE = "in double quotes"
    SINGLE = "in single quotes"
    COMMENT = "in a comment"
    ELSEWHERE = "where the shell reads it again"  # arithmetic, ${...}, $'...', `...`, [[ ]], here-documents


LONGEST = 20_000  # letters; a command longer than that is no command
CASE = re.compile(r"\bcase\b")
HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_]\w*)\1")
CLOSED_BY = {"((": "))", "$((": "))", "$[": "]", "${": "}", "[[": "]]", "$'": "'"}


def find_bash_contexts(command: str) -> list[Context]:
    """The context of every letter. A command that does not end what it opens is ELSEWHERE as a whole."""
    # The unpaired `)` of a case in `$( )` and quoting in backticks are beyond us; in single quotes they are letters.
    if len(command) > LONGEST or ("$(" in command and CASE.search(command)):
        return [Context.ELSEWHERE] * len(command)
    scan = Scan(command)
    return scan.found if scan.run() else [Context.ELSEWHERE] * len(command)


class Scan:
    """One walk over a command. `open` holds what is open: `"`, `'`, `(`, or an opener of CLOSED_BY."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.found: list[Context] = []
        self.open: list[str] = []
        self.heredocs: list[str] = []
        self.has_backticks = False  # where they are an opener of commands

    def run(self) -> bool:
        """True when everything that was opened was closed, and nothing is in backticks."""
        while (index := len(self.found)) < len(self.command):
            top = self.open[-1] if self.open else ""
            if top == "'":
                self._single(index)
            elif top in CLOSED_BY:
                self._elsewhere(index, top)
            elif top == '"':
                self._double(index)
            else:
                self._bare(index)
        return not (self.open or self.heredocs or self.has_backticks)

    def _take(self, context: Context, letters: int = 1) -> None:
        letters = min(letters, len(self.command) - len(self.found))
        if context not in (Context.SINGLE, Context.COMMENT):
            self.has_backticks |= "`" in self.command[len(self.found) : len(self.found) + letters]
        self.found.extend([context] * letters)

    def _single(self, index: int) -> None:
        if self.command[index] == "'":
            self.open.pop()
        self._take(Context.SINGLE)

    def _double(self, index: int) -> None:
        letter = self.command[index]
        if letter == "\\":
            self._take(Context.DOUBLE, 2)
        elif letter == '"':
            self.open.pop()
            self._take(Context.DOUBLE)
        elif letter == "$" and not self.command.startswith("$'", index):
            self._dollar(index, Context.DOUBLE)
        else:
            self._take(Context.DOUBLE)

    def _elsewhere(self, index: int, opener: str) -> None:
        """Inside arithmetic and the like: only the way out matters, past quotes and more of the same."""
        closer = CLOSED_BY[opener]
        if self.command[index] == "\\":
            self._take(Context.ELSEWHERE, 2)
        elif self.command.startswith(closer, index):
            self.open.pop()
            self._take(Context.ELSEWHERE, len(closer))
        elif opener != "$'" and (inner := self._opener(index)):
            self.open.append(inner)
            self._take(Context.ELSEWHERE, len(inner))
        else:
            self._take(Context.ELSEWHERE)

    def _opener(self, index: int) -> str:
        return next((text for text in ("$((", "${", "$[", "$'") if self.command.startswith(text, index)), "")

    def _dollar(self, index: int, context: Context) -> None:
        if inner := self._opener(index):
            self.open.append(inner)
            self._take(context, len(inner))
        elif self.command.startswith("$(", index):
            self.open.append("(")
            self._take(context, 2)
        else:
            self._take(context)

    def _bare(self, index: int) -> None:
        letter, command = self.command[index], self.command
        starts_word = index == 0 or command[index - 1] in " \t\n;|&("
        if letter == "\\":
            self._take(Context.BARE, 2)
        elif letter in "\"'":
            self.open.append(letter)
            self._take(Context.BARE)
        elif letter == "$":
            self._dollar(index, Context.BARE)
        elif letter == "#" and starts_word:
            end = command.find("\n", index)
            self._take(Context.COMMENT, (len(command) if end < 0 else end) - index)
        elif starts_word and (command.startswith("((", index) or re.match(r"\[\[\s", command[index : index + 3])):
            self.open.append(command[index : index + 2])
            self._take(Context.BARE, 2)
        elif letter in "()":
            self._parenthesis(letter)
        elif letter == "<" and (here := HEREDOC.match(command, index)) and command[index - 1 : index] != "<":
            self.heredocs.append(here[2])
            self._take(Context.BARE, here.end() - index)
        else:
            self._take(Context.BARE)
            if letter == "\n" and self.heredocs:
                self._heredoc_bodies()

    def _parenthesis(self, letter: str) -> None:
        if letter == "(":
            self.open.append(letter)
        elif self.open and self.open[-1] == "(":
            self.open.pop()
        self._take(Context.BARE)

    def _heredoc_bodies(self) -> None:
        while self.heredocs and len(self.found) < len(self.command):
            end = self.command.find("\n", len(self.found))
            line = self.command[len(self.found) : len(self.command) if end < 0 else end + 1]
            self._take(Context.ELSEWHERE, len(line))
            if line.strip() == self.heredocs[0]:
                self.heredocs.pop(0)


# Where in a PowerShell command a letter stands; as `quoting` for bash, and as strict about what it is not sure of.

DOUBLE = '"\u201c\u201d\u201e'  # PowerShell takes typographic quotes for quotes
SINGLE = "'\u2018\u2019\u201a\u201b"


def find_powershell_contexts(command: str) -> list[Context]:
    """The context of every letter. Here-strings, `$( )` in quotes and open quotes make all of it ELSEWHERE."""
    if '@"' in command or "@'" in command:
        return [Context.ELSEWHERE] * len(command)
    contexts: list[Context] = []
    quote = Context.BARE
    while (index := len(contexts)) < len(command):
        letter = command[index]
        if quote is Context.DOUBLE and command.startswith("$(", index):
            return [Context.ELSEWHERE] * len(command)
        if letter == "`" and quote is not Context.SINGLE:
            contexts.extend([quote] * min(2, len(command) - index))
            continue
        if letter == "#" and quote is Context.BARE and (index == 0 or command[index - 1].isspace()):
            end = command.find("\n", index)
            contexts.extend([Context.COMMENT] * ((len(command) if end < 0 else end) - index))
            continue
        contexts.append(quote)
        quote = advance_context(letter, quote)
    return contexts if quote is Context.BARE else [Context.ELSEWHERE] * len(command)


def advance_context(letter: str, quote: Context) -> Context:
    """The context behind a letter."""
    if quote is Context.BARE:
        return Context.DOUBLE if letter in DOUBLE else Context.SINGLE if letter in SINGLE else quote
    closers = DOUBLE if quote is Context.DOUBLE else SINGLE
    return Context.BARE if letter in closers else quote
