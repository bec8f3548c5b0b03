"""The arguments of a known command: its words and flags apart, or nothing as soon as one of them is not understood.

Nothing is guessed: what a tool would take otherwise than it is read here must not be read at all. So a value that
begins with a dash counts only behind `=`, a flag stands once, and a name that no table holds ends the reading. Pure.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

Accepts = Callable[[str], bool]
"""Whether a value is one that we understand."""

Flags = Mapping[str, Accepts | None]
"""By its long name what the value of a flag must be; None for one that takes none."""


@dataclass(frozen=True, slots=True)
class CommandArguments:
    """`words` are those without a dash; `pairs` the flags by their long names, as they stand. One without a value is
    `true`."""

    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @property
    def flags(self) -> dict[str, str]:
        """The value of each flag; of one that stands several times, the last."""
        return dict(self.pairs)


def accept_pattern(pattern: re.Pattern[str]) -> Accepts:
    """Accepts what the whole of a pattern matches."""
    return lambda value: pattern.fullmatch(value) is not None


def accept_any(value: str) -> bool:
    """For a value that is judged afterwards."""
    return True


def accept_switch(value: str) -> bool:
    """For a flag that stands alone, or as `--flag=true` or `--flag=false`."""
    return value in ("true", "false")


def split_arguments(
    argv: Sequence[str],
    flags: Flags,
    short: Mapping[str, str],
    *,
    repeated: Collection[str] = (),
    until_word: bool = False,
) -> CommandArguments | None:
    """Words and flags; None where one flag is not known, stands twice, or has no value that is understood.

    `short` names the long form of `-n`. Flags of `repeated` may stand several times. With `until_word` the flags end
    at the first word, and all that follows it is given back among the words.
    """
    words: list[str] = []
    pairs: list[tuple[str, str]] = []
    waiting = list(argv)
    while waiting:
        argument = waiting.pop(0)
        if not argument.startswith("-"):
            words.append(argument)
            if until_word:
                words += waiting
                break
            continue
        form, equals, value = argument.partition("=")
        flag = form.removeprefix("--") if form.startswith("--") else short.get(form, "")
        if flag not in flags or (flag not in repeated and flag in dict(pairs)):
            return None
        accepts = flags[flag]
        if not equals and (accepts is None or accepts is accept_switch):
            value = "true"
        elif accepts is None:
            return None
        else:
            if not equals:
                if not waiting or waiting[0].startswith("-"):
                    return None
                value = waiting.pop(0)
            if not accepts(value):
                return None
        pairs.append((flag, value))
    return CommandArguments(tuple(words), tuple(pairs))
