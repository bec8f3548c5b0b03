"""The one place that knows the grammar of bash and PowerShell. Text in, a frozen tree out; nothing is ever run.

    document = parse_shell("kubectl -n shop get pods | grep api", "bash")
    document.errors                                # () when all of it parses
    document.statements[0].commands[1].name.text   # 'grep'

- `parse_shell(text, language, masked=spans)` gives a `ShellDocument`. All positions count letters of `text`.
- Placeholders such as `<pod>` are no shell. Find them first and pass their spans as `masked`: each is read as a word of
  the same length; `raw` still shows what was written.
- A `ShellStatement` is what stands at the top level, with its exact span, whatever lines it takes.
- Its `commands` are all simple commands in it, also those in pipes, substitutions, subshells, loops, conditions and
  functions; `nesting` says which, `input_from` says whose output a command reads.
- A `ShellWord` has `text` as the shell takes it, or None where something in it is only known when it runs.

The grammars (tree-sitter) are loaded when the first text is parsed, not when this is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.runbooks.shell_syntax.parse import mask_spans, parse_shell
    from cockpit.runbooks.shell_syntax.types import (
        MASK_LETTER,
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

__all__ = [
    "MASK_LETTER",
    "ExpansionKind",
    "ShellAssignment",
    "ShellComment",
    "ShellDocument",
    "ShellExpansion",
    "ShellNesting",
    "ShellRedirect",
    "ShellStatement",
    "ShellSyntaxError",
    "ShellWord",
    "SimpleCommand",
    "mask_spans",
    "parse_shell",
]


def __getattr__(name: str) -> Any:
    """Loads the tree and its reader with the first of their names that is asked for: to hide a secret needs neither."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = "parse" if name in ("mask_spans", "parse_shell") else "types"
    return getattr(import_module(f"{__name__}.{place}"), name)
