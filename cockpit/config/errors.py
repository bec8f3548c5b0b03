"""What is wrong with a configuration: every mistake, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.model.text import clean_line

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One mistake. `path` as in the file, `environments.prod.probes[2].url`, "" for the file itself; all cleaned.

    `suggestion` is what was probably meant, or "". `line` counts from 1, None where it is not known. `place` is the
    path step by step, as the keys were written.
    """

    path: str
    message: str
    suggestion: str = ""
    line: int | None = None
    place: Path = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        meant = f" Did you mean `{self.suggestion}`?" if self.suggestion else ""
        return f"{self.path} {self.message}.{meant}".strip()


class ConfigErrors(Exception):  # noqa: N818  it holds the errors
    """All mistakes of one file, in the order of its lines. Prints one sentence for one, a list for several."""

    def __init__(self, errors: Sequence[ConfigError], file: str = "") -> None:
        super().__init__(f"{len(errors)} errors in {file}")
        self.errors = tuple(sorted(errors, key=lambda config_error: config_error.line or 0))
        self.file = clean_line(file, 300) or "the configuration"

    def __str__(self) -> str:
        if len(self.errors) == 1:
            (only,) = self.errors
            return f"{self.file}{f', line {only.line}' if only.line else ''}: {only}"
        listed = (f"  {f'line {error.line}: ' if error.line else ''}{error}" for error in self.errors)
        return "\n".join((f"{self.file} has {len(self.errors)} errors:", *listed))


def make_config_error(path: Path, message: str, suggestion: str = "", line: int | None = None) -> ConfigError:
    """A ConfigError whose texts are cleaned: a configuration may hold anything."""
    return ConfigError(format_config_path(path), clean_line(message, 400), clean_line(suggestion, 120), line, path)


def format_config_path(path: Path) -> str:
    """`("probes", 2, "url")` as a person writes it: `probes[2].url`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return clean_line(text.removeprefix("."), 200)
