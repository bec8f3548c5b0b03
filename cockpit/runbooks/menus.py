"""A menu is a list to choose from. Running one from top to bottom would do a thing and its opposite."""

import re
from collections.abc import Iterator, Sequence

from cockpit.model.runbook import Step
from cockpit.runbooks.placeholders import canonical

MENU_HEADING = re.compile(
    r"(?i)\b(reference|cheat ?sheet|commands|endpoints|options|quick (ref|commands)|toolbox|faq)\b"
)
OPPOSITES = (
    {"upgrade", "downgrade"}, {"activate", "deactivate"}, {"start", "stop"}, {"enable", "disable"}, {"up", "down"},
    {"create", "delete"}, {"add", "remove"}, {"install", "uninstall"}, {"cordon", "uncordon"},
    {"open", "close"}, {"lock", "unlock"}, {"pause", "resume"}, {"attach", "detach"},
)  # fmt: skip
OPPOSED = frozenset().union(*OPPOSITES)


def is_menu(title: str, parents: Sequence[str], steps: Sequence[Step]) -> bool:
    """True when the steps are choices: by the heading, an "Or ...", a table, or an act and its opposite."""
    commands = [step for step in steps if step.command]
    if len(commands) < 2:
        return False
    named = any(MENU_HEADING.search(each) for each in (title, *parents[1:]))
    chosen = any(step.alternative_to is not None for step in steps)
    tabled = all(step.inline for step in commands)
    return named or chosen or tabled or undoes_itself(commands)


def undoes_itself(steps: Sequence[Step]) -> bool:
    """True when two steps of one tool do opposite things to the same target."""
    acts: dict[tuple[str, frozenset[str]], set[str]] = {}
    for tool, verb, target in (act for step in steps for act in verbs(step)):
        acts.setdefault((tool, target), set()).add(verb)
    return any(pair <= done for done in acts.values() for pair in OPPOSITES)


def verbs(step: Step) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(tool, verb, placeholders) for every word of a command that has an opposite."""
    words = step.command.split()
    target = frozenset(canonical(name) for name in step.parameters)
    for word in OPPOSED.intersection(words[1:]):
        yield words[0], word, target
