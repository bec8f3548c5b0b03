"""How many examples a property takes that needs more or fewer than others: in proportion to the profile."""

from hypothesis import settings

USUAL = 50  # examples of a property that asks for nothing else, in a run that has the time


def scale_examples(count: int) -> int:
    """`count` examples where others take 50: fewer in the normal run, twenty times as many in `make torture`."""
    return max(5, count * settings.default.max_examples // USUAL) if settings.default else count
