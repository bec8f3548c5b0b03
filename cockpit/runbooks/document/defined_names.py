"""What a shell would still know of the steps before: functions and aliases, carried into the steps that use them."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from cockpit.runbooks.document.step_kind import ORDER, kind_of
from cockpit.runbooks.document.steps import UnnumberedStep, shorten_command
from cockpit.runbooks.shell_syntax import ShellDocument, parse_shell
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

DEFINES = re.compile(r"\(\s*\)|\bfunction\b|\balias\b")
PLAIN_ALIAS = re.compile(r"[\w./-]+(?: [\w./:=@,+-]+)*")  # words alone: put in the alias's place they mean the same


@dataclass(slots=True)
class DefinedNames:
    """The functions and aliases that the commands of a document have defined so far.

    A person's shell would still know them. Each step has a shell of its own: it gets the text of the functions that it
    calls with it, so that what is shown is what runs, and is judged with what they do.
    """

    language: str  # bash or powershell: neither knows the other's
    functions: dict[str, str] = field(default_factory=dict)  # the whole definition by its name
    aliases: dict[str, str] = field(default_factory=dict)

    def carry_into(self, step: UnnumberedStep) -> UnnumberedStep:
        """The step with what it uses of them; what it defines is known to those that follow."""
        if step.language != self.language or not step.command or step.unparsed:
            return step
        may_define = "(" in step.command or "function" in step.command or "alias" in step.command  # most define nothing
        if not (may_define or self.functions or self.aliases):
            return step
        defines = may_define and DEFINES.search(step.command)
        if not defines and not any(name in step.command for names in (self.functions, self.aliases) for name in names):
            return step
        blanks = find_placeholders(step.command, step.language)
        spans = [(blank.start, blank.end) for blank in blanks if not blank.variable]
        document = parse_shell(step.command, step.language, masked=spans)
        text = step.command
        for word in sorted((command.words[0] for command in document.commands if command.words), reverse=True):
            if word.raw in self.aliases:
                text = f"{text[: word.start]}{self.aliases[word.raw]}{text[word.end :]}"
        own = {name for statement in document.statements for name in statement.functions}
        needed = self._list_functions(
            {word.template for command in document.commands for word in command.words[:1]} - own
        )
        self._learn(document)
        text = "\n".join([*(self.functions[name] for name in needed), text])
        if text == step.command:
            return step
        kind = kind_of(text, step.title, step.language)
        title = step.title or shorten_command(step.command)
        return step._replace(
            title=title, command=text, kind=max(step.kind, kind, key=ORDER.index) if step.asked else kind
        )

    def _list_functions(self, names: Collection[str]) -> list[str]:
        """The functions among these names, and those that they call, in the order of their definition."""
        needed: set[str] = set()
        waiting = [name for name in names if name in self.functions]
        while waiting:
            name = waiting.pop()
            needed.add(name)
            text = self.functions[name]
            waiting += [
                other for other in self.functions if other not in needed and re.search(rf"\b{re.escape(other)}\b", text)
            ]
        return [name for name in self.functions if name in needed]

    def _learn(self, document: ShellDocument) -> None:
        for statement in document.statements:
            for name in statement.functions:
                self.functions.pop(name, None)
                self.functions[name] = statement.text
            for command in statement.commands:
                for word in command.arguments if command.name and command.name.raw == "alias" else ():
                    name, sign, value = (word.text or "").partition("=")
                    if sign and PLAIN_ALIAS.fullmatch(value):
                        self.aliases[name] = value
