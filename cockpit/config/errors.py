"""What is wrong with a configuration: every mistake, each with its code, its facts and its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cockpit.model.problem import CodedError, clean_fact
from cockpit.model.text import clean_line

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One mistake. `path` as in the file, `environments.prod.probes[2].url`, "" for the file itself; all cleaned.

    `code` is what sort of mistake it is and stays when the wording of `message` gets better; `facts` are what the
    message names. `suggestion` is what was probably meant, or "". `line` and `column` count from 1, None where they
    are not known. `place` is the path step by step, as the keys were written.
    """

    path: str
    code: str
    message: str
    suggestion: str = ""
    line: int | None = None
    column: int | None = None
    place: Path = field(default=(), repr=False, compare=False)
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        meant = f" Did you mean `{self.suggestion}`?" if self.suggestion else ""
        return f"{self.path} {self.message}.{meant}".strip()

    @property
    def where(self) -> str:
        """`line 3, column 5`, as much of it as is known."""
        if self.line is None:
            return ""
        return f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "suggestion": self.suggestion,
            "facts": dict(self.facts),
        }


class ConfigErrors(CodedError):  # noqa: N818  it holds the errors
    """All mistakes of one file, in the order of its lines. Prints one sentence for one, a list for several."""

    def __init__(self, errors: Sequence[ConfigError], file: str = "") -> None:
        super().__init__(f"{len(errors)} errors in {file}", code="configuration-invalid")
        self.errors = tuple(sorted(errors, key=lambda config_error: (config_error.line or 0, config_error.column or 0)))
        self.file = clean_line(file, 300) or "the configuration"
        self.facts = {"file": self.file, "errors": [error.document() for error in self.errors]}

    def __str__(self) -> str:
        if len(self.errors) == 1:
            (only,) = self.errors
            return f"{self.file}{f', {only.where}' if only.where else ''}: {only}"
        listed = (f"  {f'{error.where}: ' if error.where else ''}{error}" for error in self.errors)
        return "\n".join((f"{self.file} has {len(self.errors)} errors:", *listed))


def make_config_error(path: Path, code: str, message: str, suggestion: str = "", **facts: Any) -> ConfigError:
    """A ConfigError whose texts are cleaned: a configuration may hold anything."""
    return ConfigError(
        path=format_config_path(path),
        code=code,
        message=clean_line(message, 400),
        suggestion=clean_line(suggestion, 120),
        place=path,
        facts={name: clean_fact(fact) for name, fact in facts.items()},
    )


def format_config_path(path: Path) -> str:
    """`("probes", 2, "url")` as a person writes it: `probes[2].url`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return clean_line(text.removeprefix("."), 200)
