"""Bash, from its tree to our own few nouns. Whatever the grammar has and we have no noun for is walked all the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.runbooks.shell_syntax.tree import SourceText, find_errors, make_source, parse_bytes
from cockpit.runbooks.shell_syntax.types import (
    ExpansionKind,
    ShellAssignment,
    ShellComment,
    ShellDocument,
    ShellExpansion,
    ShellNesting,
    ShellRedirect,
    ShellStatement,
    ShellSyntaxError,
    ShellWord,
    SimpleCommand,
)

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 60  # constructs in each other; more is no text that a person wrote
NESTING = {
    "subshell": ShellNesting.SUBSHELL,
    "compound_statement": ShellNesting.GROUP,
    "do_group": ShellNesting.LOOP,
    "for_statement": ShellNesting.LOOP,
    "c_style_for_statement": ShellNesting.LOOP,
    "while_statement": ShellNesting.LOOP,
    "if_statement": ShellNesting.CONDITION,
    "case_statement": ShellNesting.CONDITION,
    "function_definition": ShellNesting.FUNCTION,
    "list": ShellNesting.LIST,
}
EXPANSIONS = {
    "simple_expansion": ExpansionKind.VARIABLE,
    "expansion": ExpansionKind.VARIABLE,
    "command_substitution": ExpansionKind.COMMAND,
    "process_substitution": ExpansionKind.PROCESS,
    "arithmetic_expansion": ExpansionKind.ARITHMETIC,
}
BRACED = re.compile(
    r"\$\{(?P<before>[!#]?)(?P<name>[A-Za-z_]\w*|[0-9]+|[@*#?$!_-])(?P<index>\[[^\]]*\])?"
    r"(?P<operator>:?[-=?+]|##?|%%?|//?|/[#%]|\^\^?|,,?|@|:)?(?P<argument>.*)\}",
    re.DOTALL,
)
NAME_OF_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[|\Z)")
BLANKS_BEFORE = re.compile(rb"((?:(?<=\n)|\A)[ \t\n]*)[ \t\n](?=[$`])")
BACKTICKS = re.compile(r"(?<!\\)`((?:[^`\\]|\\.)*)`", re.DOTALL)
MOST_READINGS = 3  # of a text with here-documents
GLOB = re.compile(r"(?<!\\)[*?]|(?<!\\)\[[^\]]+\]")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}
STRAY_WORDS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac"))
SETTERS = frozenset({"read", "mapfile", "readarray", "getopts"})
Inputs = tuple[int, ...]


def read_bash(written: str, parsed: str) -> ShellDocument:
    """The document of a text; `parsed` is the text with its placeholders masked."""
    source, data = make_source(written, parsed)
    root = parse_bytes(data, "bash").root_node
    for _ in range(MOST_READINGS if b"<<" in data else 0):
        led_in = _lead_in_expansions(root, data)
        if led_in == data:
            break
        data = led_in
        root = parse_bytes(data, "bash").root_node
    statements: list[ShellStatement] = []
    comments: list[ShellComment] = []
    for node in root.children:
        if node.type == "comment":
            comments.append(ShellComment(source.start(node), source.end(node), source.raw(node)))
        elif node.is_named:
            statements.append(_StatementReader(source, len(statements)).read(node))
        elif node.type in (";", "&") and statements:  # part of what it ends
            end = source.end(node)
            statements[-1] = statements[-1]._replace(end=end, text=written[statements[-1].start : end])
    errors = (*find_errors(root, source), *_list_stray_words(statements, written))
    return ShellDocument(written, "bash", tuple(statements), tuple(comments), errors)


def _list_stray_words(statements: list[ShellStatement], written: str) -> Iterator[ShellSyntaxError]:
    """`else`, `fi`, `done` where a command should be: the rest of something whose head is missing.

    The grammar takes them for programs, and what they guard for commands of their own.
    """
    for word in (command.words[0] for statement in statements for command in statement.commands if command.words):
        if word.raw in STRAY_WORDS:
            line = written.count("\n", 0, word.start)
            yield ShellSyntaxError(word.start, word.end, line, f"`{word.raw}` stands alone")


def _lead_in_expansions(root: "Node", data: bytes) -> bytes:
    """The text with a letter for the blank before what begins a line of a here-document and is expanded.

    The grammar takes `$X` and `$(rm -rf /)` for plain letters there: the one would run empty, and the other would be
    judged by nobody. What lies within something that it does see expanded is left alone.
    """
    for body in _list_nodes(root, "heredoc_body"):
        begin = data.find(b"\n", len(data[: body.start_byte].rstrip())) + 1
        inner = [child for child in body.children if child.child_count or child.type == "heredoc_content"]
        spans = [(begin, inner[0].start_byte if inner else body.end_byte)]
        spans += [(child.start_byte, child.end_byte) for child in inner if child.type == "heredoc_content"]
        for start, end in spans:
            data = (
                data[:start]
                + BLANKS_BEFORE.sub(rb"\1.", data[start:end] + data[end : end + 1])[: end - start]
                + data[end:]
            )
    return data


def _list_nodes(node: "Node", kind: str) -> Iterator["Node"]:
    for child in node.children:
        if child.type == kind:
            yield child
        if child.child_count:
            yield from _list_nodes(child, kind)


@dataclass(slots=True)
class _StatementReader:
    """One walk over a statement, which collects what is in it."""

    source: SourceText
    index: int
    commands: list[SimpleCommand | None] = field(default_factory=list)  # None while its own words are read
    assignments: list[ShellAssignment] = field(default_factory=list)
    expansions: list[ShellExpansion] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)

    def read(self, node: "Node") -> ShellStatement:
        self._visit(node, (), (), ())
        start, end = self.source.start(node), self.source.end(node)
        raw = self.source.written[start:end]
        end -= len(raw) - len(raw.rstrip("\n"))
        return ShellStatement(
            start,
            end,
            self.source.written[start:end],
            tuple(command for command in self.commands if command is not None),
            tuple(self.assignments),
            tuple(sorted(self.expansions, key=lambda expansion: expansion.start)),
            tuple(self.functions),
            tuple(self.sets),
        )

    # Every visit gives the indices of the commands whose output is that of the node.

    def _visit(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        if len(nesting) > DEEPEST:
            raise RecursionError
        match node.type:
            case "command":
                return self._command(node, node.children, nesting, inputs, redirects)
            case "declaration_command" | "unset_command":
                return self._declaration(node, nesting, inputs, redirects)
            case "variable_assignment" | "variable_assignments":
                parts = [node] if node.type == "variable_assignment" else node.children
                if not all(self._assigns(part) for part in parts):
                    return self._command(node, parts, nesting, inputs, redirects)
                start = len(self.assignments)
                self._assignments(node, nesting)
                return self._add(node, nesting, inputs, (), tuple(self.assignments[start:]), redirects)
            case "test_command":
                return self._test(node, nesting, inputs, redirects)
            case "pipeline":
                return self._pipeline(node, nesting, inputs, redirects)
            case "redirected_statement":
                return self._redirected(node, nesting, inputs, redirects)
            case "comment":
                return ()
            case _:
                return self._compound(node, nesting, inputs, redirects)

    def _add(
        self,
        node: "Node",
        nesting: tuple[ShellNesting, ...],
        inputs: Inputs,
        shell_words: tuple[ShellWord, ...],
        assignments: tuple[ShellAssignment, ...],
        redirects: tuple[ShellRedirect, ...],
        slot: int | None = None,
    ) -> Inputs:
        start, end = self.source.start(node), self.source.end(node)
        command = SimpleCommand(start, end, shell_words, assignments, redirects, nesting, inputs, self.index)
        if slot is None:
            self.commands.append(command)
            return (len(self.commands) - 1,)
        self.commands[slot] = command
        return (slot,)

    def _assigns(self, node: "Node") -> bool:
        """Whether it is what bash takes for an assignment. The grammar takes `--file=x` and `1x=2` for one, too: these
        are words, and the first of a command its program."""
        name = node.child_by_field_name("name") if node.type == "variable_assignment" else None
        return name is not None and NAME_OF_VARIABLE.match(self.source.raw(name)) is not None

    def _command(
        self,
        node: "Node",
        children: Sequence["Node"],
        nesting: tuple[ShellNesting, ...],
        inputs: Inputs,
        redirects: tuple[ShellRedirect, ...],
    ) -> Inputs:
        slot = len(self.commands)
        self.commands.append(None)
        first = len(self.assignments)
        assigned: tuple[ShellAssignment, ...] = ()
        shell_words: list[ShellWord] = []
        own = list(redirects)
        for child in children:
            if self._assigns(child):
                self._assignment(child, nesting)
                assigned = tuple(self.assignments[first:])
            elif child.type == "command_name":
                inner = child.children[0] if child.child_count == 1 else child
                shell_words.append(self._word(inner, nesting))
            elif child.type in ("file_redirect", "herestring_redirect"):
                self._redirect(child, nesting, own, shell_words)
            elif child.type != "comment":
                shell_words.append(self._word(child, nesting))
        self._note_sets(shell_words)
        return self._add(node, nesting, inputs, tuple(shell_words), assigned, tuple(own), slot)

    def _note_sets(self, shell_words: list[ShellWord]) -> None:
        texts = [word.text or "" for word in shell_words]
        if texts and texts[0] in SETTERS:
            self.sets.extend(text for text in texts[1:] if text.isidentifier())
        elif texts[:2] == ["printf", "-v"] and len(texts) > 2:
            self.sets.append(texts[2])

    def _declaration(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        slot = len(self.commands)
        self.commands.append(None)
        first = len(self.assignments)
        start = self.source.start(node)
        keyword = node.children[0]
        shell_words = [self._literal(keyword)]
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                self._assignment(child, nesting)
            elif child.type == "variable_name" and node.type == "declaration_command":
                start, end = self.source.start(child), self.source.end(child)
                self.assignments.append(ShellAssignment(self.source.raw(child), start, end, None))
                shell_words.append(self._literal(child))
            else:
                shell_words.append(self._word(child, nesting))
        assigned = tuple(self.assignments[first:])
        return self._add(node, nesting, inputs, tuple(shell_words), assigned, redirects, slot)

    def _test(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        """`[ ... ]`, `[[ ... ]]`: its program, and what is expanded in it."""
        slot = len(self.commands)
        self.commands.append(None)
        self._inner(node, nesting, quoted=False)
        return self._add(node, nesting, inputs, (self._literal(node.children[0]),), (), redirects, slot)

    def _pipeline(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        stages = [child for child in node.children if child.is_named and child.type != "comment"]
        inner = (*nesting, ShellNesting.PIPE)
        for place, stage in enumerate(stages):
            inputs = self._visit(stage, inner, inputs, redirects if place == len(stages) - 1 else ())
        return inputs

    def _redirected(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        body = node.child_by_field_name("body")
        own: list[ShellRedirect] = list(redirects)
        extra: list[ShellWord] = []
        followers: list[Node] = []
        for child in node.children:
            if child.type in ("file_redirect", "herestring_redirect"):
                self._redirect(child, nesting, own, extra)
            elif child.type == "heredoc_redirect":
                followers.extend(self._heredoc(child, nesting, own, extra))
        if body is None:
            last = self._add(node, nesting, inputs, tuple(extra), (), tuple(own))
        elif body.type in ("command", "declaration_command", "test_command", "variable_assignment"):
            last = self._visit(body, nesting, inputs, tuple(own))
            if extra:  # `echo > file word`: words that stand behind the redirection
                command = self.commands[last[0]]
                assert command is not None
                self.commands[last[0]] = command._replace(words=(*command.words, *extra))
        elif body.type in ("pipeline", "list", "negated_command"):  # `a && b > out`, `! a > out`: the last one's
            last = self._visit(body, nesting, inputs, tuple(own))
        else:
            # What a block reads, each command in it may read; what it writes is written by the block, once.
            reads = tuple(redirect for redirect in own if not redirect.writes)
            self._add(node, nesting, (), (), (), tuple(own))
            last = self._visit(body, nesting, inputs, reads)
        for follower in followers:
            last = self._follow(follower, nesting, last)
        return last

    def _follow(self, node: "Node", nesting: tuple[ShellNesting, ...], last: Inputs) -> Inputs:
        """What stands behind `<<EOF` on its line: `| psql`, `&& echo done`."""
        if node.type == "pipeline":
            stages = [child for child in node.children if child.is_named and child.type != "comment"]
            for stage in stages:
                last = self._visit(stage, (*nesting, ShellNesting.PIPE), last, ())
            return last
        return self._visit(node, (*nesting, ShellNesting.LIST), (), ())

    def _compound(
        self, node: "Node", nesting: tuple[ShellNesting, ...], inputs: Inputs, redirects: tuple[ShellRedirect, ...]
    ) -> Inputs:
        """Anything made of others: every named child is a command of some shape, a word, or an expression."""
        inner = nesting
        if node.type in NESTING:
            inner = (*nesting, NESTING[node.type])
        outputs: list[int] = []
        named = [child for child in node.children if child.is_named and child.type != "comment"]
        if node.type == "function_definition":
            name = node.child_by_field_name("name")
            if name is not None:
                self.functions.append(self.source.raw(name))
                named = [child for child in named if child.id != name.id]
        if node.type in ("for_statement", "c_style_for_statement"):
            variable = node.child_by_field_name("variable")
            if variable is not None:
                self.sets.append(self.source.raw(variable))
                named = [child for child in named if child.id != variable.id]
        for place, child in enumerate(named):
            if child.type in WORDS or child.type in EXPRESSIONS:
                self._inner_node(child, inner, quoted=False)
                continue
            if child.type in ("file_redirect", "herestring_redirect"):  # of a function's body
                own: list[ShellRedirect] = []
                self._redirect(child, nesting, own, [])
                self._add(child, nesting, (), (), (), tuple(own))
                continue
            last_of_list = node.type not in ("list", "negated_command") or place == len(named) - 1
            outputs.extend(self._visit(child, inner, inputs, redirects if last_of_list else ()))
        return tuple(outputs)

    def _assignments(self, node: "Node", nesting: tuple[ShellNesting, ...]) -> None:
        if node.type == "variable_assignment":
            self._assignment(node, nesting)
        else:
            for child in node.children:
                if child.type == "variable_assignment":
                    self._assignment(child, nesting)

    def _assignment(self, node: "Node", nesting: tuple[ShellNesting, ...]) -> None:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        operator = "+=" if any(child.type == "+=" for child in node.children) else "="
        start, end = self.source.start(node), self.source.end(node)
        variable = self.source.raw(name) if name is not None else ""
        if name is not None and name.type == "subscript":
            self._inner(name, nesting, quoted=False)
        items: tuple[ShellWord, ...] | None = None
        if value is not None and value.type == "array":
            items = tuple(self._word(child, nesting) for child in value.children if child.is_named)
            word = items[0] if items else None
        elif value is not None:
            word = self._word(value, nesting)
        else:
            word = ShellWord(end, end, "", ("",))
        self.assignments.append(ShellAssignment(variable.partition("[")[0], start, end, word, operator, items))

    def _redirect(
        self, node: "Node", nesting: tuple[ShellNesting, ...], into: list[ShellRedirect], extra: list[ShellWord]
    ) -> None:
        descriptor, operator = "", ""
        targets: list[ShellWord] = []
        for child in node.children:
            if child.type == "file_descriptor":
                descriptor = self.source.raw(child)
            elif not child.is_named and not operator:
                operator = child.type
            elif child.type != "comment":
                targets.append(self._word(child, nesting))
        start, end = self.source.start(node), self.source.end(node)
        operator, target = operator or "<<<", targets[0] if targets else None
        into.append(ShellRedirect(operator, start, target.end if target else end, target, descriptor))
        extra.extend(targets[1:])  # the grammar takes the words behind a redirection for more targets

    def _heredoc(
        self, node: "Node", nesting: tuple[ShellNesting, ...], into: list[ShellRedirect], extra: list[ShellWord]
    ) -> list["Node"]:
        """Take a here-document; what else stands on its line as commands is given back."""
        followers: list[Node] = []
        operator, quoted = "<<", False
        body: Node | None = None
        for child in node.children:
            if child.type in ("<<", "<<-"):
                operator = child.type
            elif child.type == "heredoc_start":
                quoted = any(letter in self.source.raw(child) for letter in "'\"\\")
            elif child.type == "heredoc_body":
                body = child
            elif child.type in ("file_redirect", "herestring_redirect"):
                self._redirect(child, nesting, into, extra)
            elif child.type in WORDS:
                extra.append(self._word(child, nesting))
            elif child.is_named and child.type not in ("heredoc_end", "comment", "file_descriptor"):
                followers.append(child)
        start, end = self.source.start(node), self.source.end(node)
        target = None
        if body is not None:
            parts = (self.source.parsed[self.source.start(body) : self.source.end(body)],)
            target = ShellWord(
                self.source.start(body),
                self.source.end(body),
                self.source.raw(body),
                parts if quoted else self._parts_between(body, nesting, quoted=True),
                quoted=True,
            )
            if not quoted:
                self._backticks(body, nesting)
        into.append(ShellRedirect(operator, start, end, target))
        return followers

    def _backticks(self, node: "Node", nesting: tuple[ShellNesting, ...]) -> None:
        """What `...` in a here-document or in `${X:-...}` runs, where the grammar takes it for letters."""
        for match in BACKTICKS.finditer(self.source.parsed, self.source.start(node), self.source.end(node)):
            start, end = match.span(1)
            if any(
                expansion.start < start and end < expansion.end and expansion.kind is ExpansionKind.COMMAND
                for expansion in self.expansions
            ):
                continue
            before = " " * start  # so that its places are those of the whole text
            document = read_bash(before + self.source.written[start:end], before + match[1])
            if document.errors:
                script = self.source.written[start:end]
                self.commands.append(SimpleCommand(start, end, (ShellWord(start, end, script, (script,)),)))
            for statement in document.statements:
                first = len(self.commands)
                for command in statement.commands:
                    inside = (*nesting, ShellNesting.SUBSTITUTION, *command.nesting)
                    inputs = tuple(first + place for place in command.input_from)
                    self.commands.append(
                        command._replace(nesting=inside, input_from=inputs, statement_index=self.index)
                    )
                self.expansions.extend(statement.expansions)
                self.assignments.extend(statement.assignments)

    # Words

    def _literal(self, node: "Node") -> ShellWord:
        raw = self.source.raw(node)
        return ShellWord(self.source.start(node), self.source.end(node), raw, (raw,))

    def _word(self, node: "Node", nesting: tuple[ShellNesting, ...]) -> ShellWord:
        start, end = self.source.start(node), self.source.end(node)
        parts, quoted, glob = self._parts(node, nesting, quoted=False)
        return ShellWord(start, end, self.source.raw(node), _join_parts(parts), quoted, glob)

    def _parts(
        self, node: "Node", nesting: tuple[ShellNesting, ...], *, quoted: bool
    ) -> tuple[list[str | ShellExpansion], bool, bool]:
        """The parts of a word; whether some of it is quoted, and whether some of it is a pattern of file names."""
        text = self.source.parsed[self.source.start(node) : self.source.end(node)]
        kind = node.type
        if kind in EXPANSIONS:
            return [self._expansion(node, nesting, quoted=quoted)], False, False
        if kind == "raw_string":
            return [text[1:-1]], True, False
        if kind in ("string", "translated_string"):
            inner = node.children[-1] if kind == "translated_string" and node.child_count else node
            return list(self._parts_between(inner, nesting, quoted=True, edges=1)), True, False
        if kind == "ansi_c_string":
            return [_unescape_ansi(text[2:-1])], True, False
        if kind in ("concatenation", "command_name", "variable_assignment"):
            parts: list[str | ShellExpansion] = []
            any_quoted = any_glob = False
            place = node.start_byte
            for child in node.children:
                if child.start_byte > place:
                    parts.append(self._between(place, child.start_byte))
                more, child_quoted, child_glob = self._parts(child, nesting, quoted=quoted)
                parts.extend(more)
                any_quoted, any_glob = any_quoted or child_quoted, any_glob or child_glob
                place = child.end_byte
            return parts, any_quoted, any_glob
        if any(child.is_named for child in node.children):
            return list(self._parts_between(node, nesting, quoted=quoted)), False, bool(GLOB.search(text))
        return [_unescape_text(text)], "\\" in text, bool(GLOB.search(text))

    def _between(self, start: int, end: int) -> str:
        letters = self.source.letters
        return self.source.parsed[letters[start] if letters else start : letters[end] if letters else end]

    def _parts_between(
        self, node: "Node", nesting: tuple[ShellNesting, ...], *, quoted: bool, edges: int = 0
    ) -> tuple[str | ShellExpansion, ...]:
        """What is expanded in a node, and the letters around that; `edges` letters on both sides are its quotes."""
        parts: list[str | ShellExpansion] = []
        place = node.start_byte + edges
        for child in _list_expansions(node):
            parts.append(_unescape_double(self._between(place, child.start_byte + self._count_blanks(child))))
            parts.append(self._expansion(child, nesting, quoted=quoted))
            place = child.end_byte
        parts.append(_unescape_double(self._between(place, max(place, node.end_byte - edges))))
        return _join_parts(parts)

    def _count_blanks(self, node: "Node") -> int:
        """Blanks that the grammar counts to an expansion: the one before `$B` in `"$A $B"` is a letter of the text."""
        raw = self.source.raw(node)
        return len(raw) - len(raw.lstrip(" \t\r\n"))

    def _expansion(self, node: "Node", nesting: tuple[ShellNesting, ...], *, quoted: bool) -> ShellExpansion:
        start, end = self.source.start(node) + self._count_blanks(node), self.source.end(node)
        raw = self.source.written[start:end]
        kind = EXPANSIONS[node.type]
        name = operator = argument = ""
        if node.type == "simple_expansion":
            name = raw[1:]
        elif node.type == "expansion":
            match = BRACED.fullmatch(raw)
            if match is not None:
                name, argument = match["name"], match["argument"]
                operator = match["before"] + (match["index"] or "") + (match["operator"] or "")
        expansion = ShellExpansion(kind, start, end, raw, name, operator, argument, quoted)
        self.expansions.append(expansion)
        if kind in (ExpansionKind.COMMAND, ExpansionKind.PROCESS):
            self._compound(node, (*nesting, ShellNesting.SUBSTITUTION), (), ())
        else:
            self._inner(node, nesting, quoted=quoted)
            if "`" in raw:
                self._backticks(node, nesting)
        return expansion

    def _inner(self, node: "Node", nesting: tuple[ShellNesting, ...], *, quoted: bool) -> None:
        for child in node.children:
            self._inner_node(child, nesting, quoted=quoted)

    def _inner_node(self, node: "Node", nesting: tuple[ShellNesting, ...], *, quoted: bool) -> None:
        """Note what is expanded somewhere in an expression."""
        if len(nesting) > DEEPEST:
            raise RecursionError
        if node.type in EXPANSIONS:
            self._expansion(node, nesting, quoted=quoted)
        elif node.type in STATEMENTS:
            self._visit(node, nesting, (), ())
        else:
            self._inner(node, nesting, quoted=quoted or node.type == "string")


WORDS = frozenset(
    (
        *("word", "string", "raw_string", "ansi_c_string", "translated_string", "concatenation", "number"),
        *("brace_expression", "extglob_pattern", "regex", "variable_name", "special_variable_name", "subscript"),
        *EXPANSIONS,
    )
)
EXPRESSIONS = frozenset(
    (
        *("unary_expression", "binary_expression", "ternary_expression", "postfix_expression", "array"),
        *("parenthesized_expression", "arithmetic_expansion", "test_operator", "heredoc_body"),
    )
)
STATEMENTS = frozenset(
    (
        *("command", "declaration_command", "unset_command", "variable_assignment", "variable_assignments"),
        *("test_command", "pipeline", "redirected_statement", "list", "subshell", "compound_statement"),
        *("negated_command", "if_statement", "case_statement", "for_statement", "while_statement"),
        *("c_style_for_statement", "function_definition"),
    )
)


def _list_expansions(node: "Node") -> list["Node"]:
    """The outermost expansions in a node, in order."""
    nodes: list[Node] = []
    for child in node.children:
        if child.type in EXPANSIONS:
            nodes.append(child)
        elif child.child_count:
            nodes.extend(_list_expansions(child))
    return nodes


def _join_parts(parts: "list[str | ShellExpansion]") -> tuple[str | ShellExpansion, ...]:
    """Neighbouring letters as one part; an empty word keeps one empty part."""
    joined: list[str | ShellExpansion] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined) or ("",)


def _unescape_text(text: str) -> str:
    return re.sub(r"\\(\n|.)", lambda match: "" if match[1] == "\n" else match[1], text, flags=re.DOTALL)


def _unescape_double(text: str) -> str:
    return re.sub(r'\\(["\\$`\n])', lambda match: "" if match[1] == "\n" else match[1], text)


def _unescape_ansi(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU":
            try:
                return chr(int(code[1:], 16))
            except (ValueError, OverflowError):
                return match[0]
        if code[0].isdigit():
            return chr(int(code, 8) % 256)
        return ESCAPES.get(code, code)

    return re.sub(
        r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|.)", letter, text, flags=re.DOTALL
    )
