"""The measures of the house, each counted anew: `python -m tests.house_figures [--journeys]`.

Files to touch are counted in docs/how-to, whose pages are held true to the line. The journeys need a minute: they run
the app (`tests/journeys.py`).
"""

import re
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.lint_house import (
    PACKAGES,
    VAGUE_NAMES,
    find_bindings,
    find_classes,
    find_full_folders,
    find_module_functions,
    parse_packages,
)
from tests.unit.test_architecture import import_circles

ROOT = Path(__file__).resolve().parents[1]
HOW_TO = ROOT / "docs" / "how-to"
CODE_PATH = re.compile(r"^\| `((?:cockpit|screens|widgets)/[^`]*)`", re.MULTILINE)
NUMBERED_STEP = re.compile(r"^\*\*\d\. ", re.MULTILINE)
SMALL = 60  # lines below which a file needs a second importer
LARGE = 500  # lines above which it needs a reason


def list_figures() -> list[tuple[str, str]]:
    """(what, value) of everything that is counted in the text alone."""
    trees = parse_packages()
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in trees}
    modules = {path: length for path, length in lengths.items() if path.name != "__init__.py"}
    classes, functions, bindings = find_classes(trees), list(find_module_functions(trees)), list(find_bindings(trees))
    longest = max(lengths, key=lambda path: lengths[path])
    one_word = sum("_" not in function.name.strip("_") for function in functions)
    vague = sum(binding.name in VAGUE_NAMES for binding in bindings)
    return [
        ("files; without __init__.py", f"{len(lengths)}; {len(modules)}"),
        ("median lines; without __init__.py", f"{_median(lengths.values())}; {_median(modules.values())}"),
        ("longest file", f"{lengths[longest]}, {longest.relative_to(ROOT)}"),
        (f"files over {LARGE} lines", str(sum(length > LARGE for length in lengths.values()))),
        (f"modules under {SMALL} lines", str(sum(length < SMALL for length in modules.values()))),
        ("lines of code", f"{sum(lengths.values()):,}, in {', '.join(PACKAGES)}"),
        ("class names used twice", f"{sum(len(places) > 1 for places in classes.values())} of {len(classes)}"),
        ("module functions of one word", f"{one_word / len(functions):.1%} of {len(functions)}"),
        ("vague variables", f"{vague / len(bindings):.1%} of {len(bindings)}"),
        ("folders of more than 30 files", str(len(find_full_folders(trees)))),
        ("import circles", str(len(import_circles()))),
        *((f"files to touch, {name}", str(count)) for name, count in count_touched_files().items()),
    ]


def _median(lengths: Iterable[int]) -> int:
    return round(statistics.median(lengths))


def count_touched_files() -> dict[str, int]:
    """By the pages of docs/how-to: the code files in the first table, or the numbered steps."""
    counts = {}
    for page in sorted(HOW_TO.glob("add-*.md")):
        text = page.read_text("utf-8")
        first_table = text.partition("\n| ")[2].partition("\n\n")[0]
        paths = CODE_PATH.findall("| " + first_table)
        counts[page.stem.removeprefix("add-")] = len(NUMBERED_STEP.findall(text)) or len(paths)
    return counts


def main(arguments: list[str]) -> None:
    figures = list_figures()
    wide = max(len(name) for name, _ in figures)
    for name, value in figures:
        print(f"{name:<{wide}}  {value}")
    if "--journeys" in arguments:
        from tests.journeys import measure_journeys, render_journeys

        measure_journeys()
        print(render_journeys(files=False))


if __name__ == "__main__":
    main(sys.argv[1:])
