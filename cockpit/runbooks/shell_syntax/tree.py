"""What both grammars share: nodes of tree-sitter, whose bytes are counted as letters of the text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cockpit.runbooks.shell_syntax.types import ShellSyntaxError

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree


@cache
def load_grammar(language: str) -> "Language":
    """A grammar, loaded once: native code, some milliseconds."""
    import tree_sitter

    if language == "powershell":
        import tree_sitter_powershell

        return tree_sitter.Language(tree_sitter_powershell.language())
    import tree_sitter_bash

    return tree_sitter.Language(tree_sitter_bash.language())


def parse_bytes(data: bytes, language: str) -> "Tree":
    """The tree of a text. A parser belongs to one thread, so each text gets its own."""
    from tree_sitter import Parser

    return Parser(load_grammar(language)).parse(data)


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text as written, the text as parsed, and which letter each byte of the latter belongs to."""

    written: str
    parsed: str
    letters: tuple[int, ...] | None  # None when every letter is one byte

    def start(self, node: "Node") -> int:
        return self.letters[node.start_byte] if self.letters else node.start_byte

    def end(self, node: "Node") -> int:
        return self.letters[node.end_byte] if self.letters else node.end_byte

    def raw(self, node: "Node") -> str:
        return self.written[self.start(node) : self.end(node)]


def make_source(written: str, parsed: str) -> tuple[SourceText, bytes]:
    """The source and the bytes to parse. Both texts have the same length."""
    data = parsed.encode("utf-8", "replace")
    if len(data) == len(parsed):
        return SourceText(written, parsed, None), data
    letters: list[int] = []
    for index, letter in enumerate(parsed):
        letters.extend([index] * len(letter.encode("utf-8", "replace")))
    letters.append(len(parsed))
    return SourceText(written, parsed, tuple(letters)), data


def find_errors(root: "Node", source: SourceText) -> Iterator[ShellSyntaxError]:
    """Every place that the grammar does not know."""
    if not root.has_error:
        return
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_missing:
            yield _error_at(node, source, f"`{node.type}` is missing")
        elif node.is_error:
            yield _error_at(node, source, "this is not understood")
        elif node.has_error:
            pending.extend(reversed(node.children))


def _error_at(node: "Node", source: SourceText, reason: str) -> ShellSyntaxError:
    start = source.start(node)
    return ShellSyntaxError(start, source.end(node), source.written.count("\n", 0, start), reason)
