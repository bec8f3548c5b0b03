"""Parse a text as bash or PowerShell: the only door to the grammars, which are loaded at the first text."""

from collections.abc import Iterable
from functools import lru_cache

from cockpit.runbooks.shell_syntax.plain_lines import read_plain_lines
from cockpit.runbooks.shell_syntax.types import MASK_LETTER, ShellDocument, ShellSyntaxError

LONGEST = 500_000  # letters; what is longer is no text that a person wrote
Span = tuple[int, int]


def parse_shell(text: str, language: str = "bash", *, masked: Iterable[Span] = ()) -> ShellDocument:
    """The tree of a text. `language` is bash or powershell; `masked` are the spans of placeholders. Never raises."""
    return _parse_text(text, "powershell" if language == "powershell" else "bash", tuple(masked))


def mask_spans(text: str, spans: Iterable[Span]) -> str:
    """The text with every letter in the spans replaced by one that has no meaning to any shell."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = MASK_LETTER * (min(end, len(letters)) - start)
    return "".join(letters)


@lru_cache(maxsize=2048)  # a document's fences are read when cutting, judging, asking and linting
def _parse_text(text: str, language: str, masked: tuple[Span, ...]) -> ShellDocument:
    if len(text) > LONGEST:
        return ShellDocument(text, language, errors=(ShellSyntaxError(0, len(text), 0, "it is too long"),))
    try:
        if language == "powershell":
            from cockpit.runbooks.shell_syntax.powershell import read_powershell

            return read_powershell(text, mask_spans(text, masked))
        from cockpit.runbooks.shell_syntax.bash import read_bash

        parsed = mask_spans(text, masked)
        return read_plain_lines(text, parsed) or read_bash(text, parsed)
    except RecursionError:
        return ShellDocument(text, language, errors=(ShellSyntaxError(0, len(text), 0, "it is nested too deeply"),))
