"""Sets of labels that may be the same alert: Prometheus adds labels on the way to Alertmanager, and may drop some."""

from collections.abc import Iterable, Mapping, Set
from typing import Generic, TypeVar

Labels = Mapping[str, str]
V = TypeVar("V")


class LabelIndex(Generic[V]):
    """Thousands of label sets, each with a value, asked thousands of times which of them agrees with another set.

    Two sets agree when no label that both have differs. Sets of the same names are looked up, not compared.
    """

    def __init__(self, entries: Iterable[tuple[Labels, V]]) -> None:
        self._by_names: dict[tuple[str, ...], list[tuple[Labels, V]]] = {}
        for labels, value in entries:
            self._by_names.setdefault(tuple(sorted(labels)), []).append((labels, value))
        self._lookups: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[tuple[str, ...], V]] = {}

    def find(self, labels: Labels, *, telling: Set[str] = frozenset()) -> V | None:
        """The value of a set that agrees with `labels`, None where none does.

        One of the `telling` labels, if there are any, must be among those that both have.
        """
        for names in self._by_names:
            shared = tuple(name for name in names if name in labels)
            if telling and telling.isdisjoint(shared):
                continue
            value = self._look_up(names, shared).get(tuple(labels[name] for name in shared))
            if value is not None:
                return value
        return None

    def _look_up(self, names: tuple[str, ...], shared: tuple[str, ...]) -> dict[tuple[str, ...], V]:
        """The values of the sets with these names, by what the shared ones of them say."""
        if (names, shared) not in self._lookups:
            self._lookups[names, shared] = {
                tuple(labels[name] for name in shared): value for labels, value in self._by_names[names]
            }
        return self._lookups[names, shared]


def index_labels(sets: Iterable[Labels]) -> LabelIndex[bool]:
    """For whoever asks only whether one agrees."""
    return LabelIndex((labels, True) for labels in sets)
