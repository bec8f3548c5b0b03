"""Where in a command a letter stands: bare, in double quotes, in single quotes, or where no value may go as it is.

Read off the grammar's tree, letter by letter. Whatever the grammar is not sure of is ELSEWHERE as a whole, and that is
the strict one: only letters that mean nothing to anybody may stand there.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from cockpit.runbooks.shell_syntax.tree import SourceText, make_source, parse_bytes

if TYPE_CHECKING:
    from tree_sitter import Node


class Context(StrEnum):
    """What quoting a value needs at one place of a command."""

    BARE = "bare"
    DOUBLE = "in double quotes"
    SINGLE = "in single quotes"
    COMMENT = "in a comment"
    ELSEWHERE = "where the shell reads it again"  # arithmetic, ${...}, $'...', `...`, [[ ]], here-documents


LONGEST = 20_000  # letters; a command longer than that is no command
Span = tuple[int, int]

BASH_CONTEXTS = {
    "comment": Context.COMMENT,
    "raw_string": Context.SINGLE,
    "string": Context.DOUBLE,
    "command_substitution": Context.BARE,
    "process_substitution": Context.BARE,
    "ansi_c_string": Context.ELSEWHERE,
    "arithmetic_expansion": Context.ELSEWHERE,
    "expansion": Context.ELSEWHERE,
    "heredoc_body": Context.ELSEWHERE,
    "subscript": Context.ELSEWHERE,
    "c_style_for_statement": Context.ELSEWHERE,  # its body, too: who loops over numbers seldom fills in a value
}
POWERSHELL_CONTEXTS = {
    "comment": Context.COMMENT,
    "verbatim_string_characters": Context.SINGLE,
    "expandable_string_literal": Context.DOUBLE,
    "sub_expression": Context.BARE,
    "expandable_here_string_literal": Context.ELSEWHERE,
    "verbatim_here_string_characters": Context.ELSEWHERE,
    "stop_parsing": Context.ELSEWHERE,
}
TYPOGRAPHIC_QUOTES = frozenset("\u2018\u2019\u201a\u201b\u201c\u201d\u201e")  # quotes to PowerShell, not to its grammar


def find_contexts(command: str, language: str, masked: Iterable[Span] = ()) -> tuple[Context, ...]:
    """The context of every letter; `masked` are the spans of placeholders, each read as a word of its length."""
    letters = list(command)
    for start, end in masked:
        letters[start:end] = "x" * (end - start)
    return _find_cached_contexts("".join(letters), language)


@lru_cache(maxsize=512)  # a step is asked when it is shown, prepared, confirmed and run
def _find_cached_contexts(command: str, language: str) -> tuple[Context, ...]:
    nowhere_sure = (Context.ELSEWHERE,) * len(command)
    if len(command) > LONGEST:
        return nowhere_sure
    source, data = make_source(command, command)
    root = parse_bytes(data, "powershell" if language == "powershell" else "bash").root_node
    if root.has_error:
        return nowhere_sure
    if language == "powershell":
        if TYPOGRAPHIC_QUOTES.intersection(command):
            return nowhere_sure
        return tuple(_fill_contexts(root, source, POWERSHELL_CONTEXTS))
    contexts = tuple(_fill_contexts(root, source, BASH_CONTEXTS))
    # Bash ends a backtick at the next one, whatever quotes stand between them; the grammar does not.
    backticks = (context for letter, context in zip(command, contexts, strict=True) if letter == "`")
    return contexts if set(backticks) <= {Context.SINGLE, Context.COMMENT} else nowhere_sure


def _fill_contexts(root: "Node", source: SourceText, table: dict[str, Context]) -> list[Context]:
    contexts = [Context.BARE] * len(source.parsed)
    pending = [(root, Context.BARE)]
    while pending:
        node, outer = pending.pop()
        context = table.get(node.type, outer)
        if _is_computed(node) or (node.type == "sub_expression" and outer is Context.DOUBLE):
            context = Context.ELSEWHERE
        if context is not outer:
            start, end = source.start(node), source.end(node)
            contexts[start:end] = [context] * (end - start)
        if context not in (Context.ELSEWHERE, Context.COMMENT, Context.SINGLE):
            pending.extend((child, context) for child in node.children)
    return contexts


def _is_computed(node: "Node") -> bool:
    """True for `[[ ]]`, `(( ))`, and an item of an array that says where it goes, `([x]=1)`: bash computes with it."""
    if node.type in ("test_command", "compound_statement"):
        return node.child_count > 0 and node.children[0].type in ("[[", "((")
    return (
        node.type == "concatenation"
        and node.parent is not None
        and node.parent.type == "array"
        and node.children[0].text == b"["
    )
