"""Every text of the screens and widgets that people read, with its place: `python -m tests.user_texts [WORD ...]`.

With words only the texts that hold one of them. It is how the texts are read against the table of words in
docs/glossary.md; `tests/unit/test_user_texts.py` holds the words that none of them may have.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cockpit.model.key_bindings import KEY_TABLES

ROOT = Path(__file__).parents[1]
PACKAGES = ("screens", "widgets")
CODE = re.compile(
    r"[#.]?[-\w]+(?:[._(/#-][-\w.,()' ]*)*|[\W\d_]*"
)  # an id, a class, a file, a tone, an action, a glyph
TOLD_BY_NO_SCREEN = (
    "log",
    "ValueError",
    "TypeVar",
    "NewType",
    "import_module",
    "getattr",
    "query_one",
    "query",
    "Literal",
)


@dataclass(frozen=True, slots=True)
class UserText:
    """A text, and where it stands."""

    place: str
    text: str


def list_user_texts() -> Iterator[UserText]:
    """Of the tables of keys, then of every module."""
    for table in KEY_TABLES:
        for binding in table.bindings:
            for text in (binding.label, binding.tooltip):
                yield UserText(f"cockpit/model/key_bindings.py:{binding.id}", text)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _list_texts_of_module(path)


def _list_texts_of_module(path: Path) -> Iterator[UserText]:
    tree = ast.parse(path.read_text("utf-8"))
    unread = {id(node) for node in _iterate_unread(tree)}
    joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in unread or id(node) in joined:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(_show_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if _is_read_by_people(text):
            yield UserText(f"{path.relative_to(ROOT)}:{node.lineno}", text)


def _show_part(part: ast.expr) -> str:
    """Of an f-string: its text, or the expression in braces."""
    if isinstance(part, ast.FormattedValue):
        return f"{{{ast.unparse(part.value)}}}"
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _iterate_unread(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings and the text below a constant, annotations, and what goes into the log or to Textual."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield from ast.walk(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from ast.walk(decorator)
            if node.returns is not None:
                yield from ast.walk(node.returns)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            owner = ast.unparse(node.func).partition(".")[0]
            if name in TOLD_BY_NO_SCREEN or owner == "log":
                yield from (inner for argument in node.args for inner in ast.walk(argument))
            yield from (
                inner
                for keyword in node.keywords
                if keyword.arg in ("id", "classes", "group", "key", "format")
                for inner in ast.walk(keyword.value)
            )
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name)
            and (target.id.endswith("CSS") or target.id in ("CSS_PATH", "AUTO_FOCUS", "__all__"))
            for target in node.targets
        ):
            yield from ast.walk(node.value)


def _is_read_by_people(text: str) -> bool:
    """Words with a blank between them, or one word as people write it."""
    bare = re.sub(r"\{[^{}]*\}", "", text).strip()
    return (bool(re.search(r"[A-Za-z]{2}", bare)) and not CODE.fullmatch(bare)) or bool(
        re.fullmatch(r"[A-Z][a-z]+", bare)
    )


if __name__ == "__main__":
    for user_text in list_user_texts():
        if len(sys.argv) < 2 or any(re.search(rf"\b{word}\b", user_text.text, re.IGNORECASE) for word in sys.argv[1:]):
            print(f"{user_text.place}: {user_text.text}")
