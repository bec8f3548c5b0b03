"""Sets of labels that may be the same alert: Prometheus adds labels on the way to Alertmanager, and may drop some."""

from collections.abc import Iterable, Mapping

Labels = Mapping[str, str]


class LabelSets:
    """Thousands of label sets, asked thousands of times whether one of them agrees with another set.

    Two sets agree when no label that both have differs. Sets of the same names are looked up, not compared.
    """

    def __init__(self, sets: Iterable[Labels]) -> None:
        self._by_names: dict[tuple[str, ...], list[Labels]] = {}
        for labels in sets:
            self._by_names.setdefault(tuple(sorted(labels)), []).append(labels)
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], set[tuple[str, ...]]] = {}

    def any_agrees(self, labels: Labels) -> bool:
        return any(self._agrees(names, labels) for names in self._by_names)

    def _agrees(self, names: tuple[str, ...], labels: Labels) -> bool:
        shared = tuple(name for name in names if name in labels)
        if (names, shared) not in self._known:
            self._known[names, shared] = {tuple(by_name[name] for name in shared) for by_name in self._by_names[names]}
        return tuple(labels[name] for name in shared) in self._known[names, shared]
