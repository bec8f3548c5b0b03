"""The figures of the house that a change must not make worse."""

import ast
import re
from pathlib import Path

from tests.house_figures import count_touched_files
from tests.pinned_texts import find_pinned


def test_one_more_of_anything_touches_few_files() -> None:
    most = {"a-configuration-key": 2, "a-key": 2, "a-platform": 2, "an-alert-source": 2, "an-az-command": 3}
    counts = count_touched_files()
    assert set(counts) == set(most)
    assert {name: count for name, count in counts.items() if not 0 < count <= most[name]} == {}


def test_a_sentence_is_pinned_by_one_test_at_most() -> None:
    """What is left: commands of az that many tests type, a stored value, two sentences of the hint in a table."""
    assert len(find_pinned(most=1)) <= 12, "python -m tests.pinned_texts names them"


def test_a_docstring_sends_nobody_to_a_file_that_is_gone() -> None:
    """A file that gets another name takes with it what was said of it elsewhere."""
    files = [file for package in ("cockpit", "screens", "widgets", "themes") for file in Path(package).rglob("*.py")]
    names = {file.name for file in [*files, *Path("tests").rglob("*.py")]}
    gone = {
        f"{file}: {name}"
        for file in files
        for name in re.findall(r"\b(\w+\.py)\b", ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "")
        if name not in names
    }
    assert gone == set()


def test_a_length_that_is_read_is_that_of_the_moments_as_they_are_shown() -> None:
    """Whoever subtracts two times that stand there gets the length beside them: `measure_between` takes whole seconds.

    A difference of moments with their fractions is a second less, every other time.
    """

    def is_raw(node: ast.expr, raw: set[str]) -> bool:
        match node:
            case ast.BinOp(op=ast.Sub()):
                return True
            case ast.IfExp(body=body, orelse=orelse):
                return is_raw(body, raw) or is_raw(orelse, raw)
            case ast.Name(id=name):
                return name in raw
        return False

    found = set()
    for package in ("cockpit", "screens", "widgets"):
        for file in Path(package).rglob("*.py"):
            for function in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                raw: set[str] = set()
                for node in ast.walk(function):
                    if isinstance(node, ast.Assign) and is_raw(node.value, set()):
                        raw |= {target.id for target in node.targets if isinstance(target, ast.Name)}
                found |= {
                    f"{file}: {function.name}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "format_duration"
                    if any(is_raw(argument, raw) for argument in node.args)
                }
    assert found == set()
