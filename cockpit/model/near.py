"""Did you mean?"""

from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """The known word nearest to `word`, or "" when none is near."""
    from difflib import get_close_matches  # only a mistake needs it; the first paint does not wait for it

    by_fold = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold()[:100], by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""
