"""The rules for names and folders in CONTRIBUTING.md, checked by `make lint`.

1. A class name stands for one thing in the whole tree, so that it can be searched for.
2. No variable has a name that would fit any value (VAGUE_NAMES).
3. No folder holds more than 30 files side by side.
4. Module functions are verb and object: at most a quarter may be a single word.
5. Whatever is refused has a code that stays, so that scripts and tests need not read its sentence.
6. No name has a part that fits anything (VAGUE_PARTS), tests' names included: `_is_shown` says more than `_is_told`.
7. A docstring names no parameter that is gone: a vague name in backticks is one of the class or function that it
   describes. What it says is raised is an exception that there is.

Run: `python tests/lint_house.py [--list]`. Exit 1 with one line for each fault; `--list` names every place.
"""

import ast
import builtins
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cockpit", "screens", "widgets", "themes")
VAGUE_NAMES = frozenset(
    ("each", "found", "told", "said", "known", "wanted", "given", "shown", "seen", "asked", "at", "of", "words")
)
VAGUE_PARTS = frozenset(("said", "told", "thing", "things", "given"))
"""Of functions, variables and attributes. Of tests, whose names are sentences, only what is said or told."""
VAGUE_IN_TESTS = frozenset(("said", "told"))
NAME_PART = re.compile(r"[A-Z]?[a-z]+")
MOST_FILES = 30  # side by side in one folder
MOST_VAGUE = 0.01  # of all bindings
# Of all module functions. What is left are mostly commands, whose function is called as one types them.
MOST_ONE_WORD = 0.05


REFUSALS = frozenset((
    *("Refusal", "Unknown", "RunRefused", "StepTakenElsewhere", "IncidentActionError", "NotFound", "NotOurDraft"),
    *("RecordError", "FilesLostError", "LeaseLostError", "StaleStateError", "PersonError", "WhenError", "LengthError"),
    *("FormError", "ThemeError"),
))  # fmt: skip
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
VAGUE_IN_DOCSTRING = re.compile(rf"`({'|'.join(sorted(VAGUE_NAMES))})`")
RAISED = re.compile(r"\b[Rr]aises? ((?:[A-Z]\w+(?:,? (?:or|and) |, )?)+)")
Described = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A name that is bound somewhere."""

    name: str
    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.name}"


Trees = Mapping[Path, ast.Module]


def parse_packages() -> Trees:
    """Every module of the program, parsed."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def find_classes(trees: Trees) -> dict[str, list[NamePlace]]:
    """Every class, nested ones too, by its name."""
    classes: dict[str, list[NamePlace]] = defaultdict(list)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(NamePlace(node.name, path, node.lineno))
    return classes


def find_bindings(trees: Trees) -> Iterator[NamePlace]:
    """Every variable and parameter, as often as it is bound."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store(), lineno=line) | ast.arg(arg=name, lineno=line):
                    yield NamePlace(name, path, line)
                case ast.ExceptHandler(name=str(name), lineno=line) | ast.MatchAs(name=str(name), lineno=line):
                    yield NamePlace(name, path, line)


def find_vague_parts(trees: Trees) -> Iterator[NamePlace]:
    """Every name with a part that would fit anything, and every test whose name says that something is told."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
                    pass
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    pass
                case _:
                    continue
            if VAGUE_PARTS & {part.lower() for part in NAME_PART.findall(name)}:
                yield NamePlace(name, path, node.lineno)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            for name in re.findall(r"def (test_\w+)", line):
                if VAGUE_IN_TESTS & set(name.split("_")):
                    yield NamePlace(name, path, number)


def find_module_functions(trees: Trees) -> Iterator[NamePlace]:
    """Every function at the top of a module; a method is completed by its class."""
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield NamePlace(node.name, path, node.lineno)


def find_full_folders(trees: Trees) -> dict[Path, int]:
    """Folders that hold too many files, and how many."""
    counts: dict[Path, int] = defaultdict(int)
    for path in trees:
        counts[path.parent] += 1
    return {folder: count for folder, count in counts.items() if count > MOST_FILES}


def find_refusals_without_code(trees: Trees) -> Iterator[NamePlace]:
    """Every refusal that is made without `code="a-few-plain-words"`."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                codes = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                texts = [code.value for code in codes if isinstance(code, ast.Constant)]
                if not codes or not all(CODE.fullmatch(str(text)) for text in texts):
                    yield NamePlace(node.func.id, path, node.lineno)


def find_names(tree: ast.AST) -> set[str]:
    """Every name that the code uses, and every text that is one word, but for docstrings."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=alias):
                names.add(alias or name)
            case ast.keyword(arg=str(name)):
                names.add(name)
    return names


def find_stale_docstrings(trees: Trees) -> Iterator[NamePlace]:
    """Every name in a docstring that stands for nothing any more."""
    exceptions = {node.name for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)}
    exceptions |= set(dir(builtins))
    for tree in trees.values():
        exceptions |= {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
    for path, tree in trees.items():
        for outer in (node for node in tree.body if isinstance(node, Described)):
            yield from _find_stale_names(outer, path, exceptions)


def _find_stale_names(outer: Described, path: Path, exceptions: set[str]) -> Iterator[NamePlace]:
    methods = {node.name for node in ast.walk(outer) if isinstance(node, Described)}
    for node in ast.walk(outer):
        docstring = ast.get_docstring(node) if isinstance(node, Described) else None
        if docstring is None or not isinstance(node, Described):
            continue
        own = find_names(node) | methods
        gone = [name for name in VAGUE_IN_DOCSTRING.findall(docstring) if name not in own]
        for sentence in RAISED.findall(docstring):
            gone += [name for name in re.findall(r"[A-Z]\w+", sentence) if name not in exceptions]
        yield from (NamePlace(name, path, node.lineno) for name in gone)


def main(arguments: list[str]) -> int:
    trees = parse_packages()
    classes = find_classes(trees)
    repeated = {name: places for name, places in classes.items() if len(places) > 1}
    bindings, functions = list(find_bindings(trees)), list(find_module_functions(trees))
    vague = [binding for binding in bindings if binding.name in VAGUE_NAMES]
    one_word = [function for function in functions if "_" not in function.name.strip("_")]
    vague_share, one_word_share = len(vague) / len(bindings), len(one_word) / len(functions)
    print(
        f"{len(trees)} files; {len(repeated)} of {len(classes)} class names used twice; {vague_share:.1%} of "
        f"{len(bindings)} bindings vague; {one_word_share:.1%} of {len(functions)} module functions of one word"
    )
    if "--list" in arguments:
        print(*vague, *one_word, sep="\n")
    faults = [
        f"class {name} is {len(places)} things: {', '.join(map(str, places))}" for name, places in repeated.items()
    ]
    faults += [
        f"{folder.relative_to(ROOT)} holds {count} files side by side, at most {MOST_FILES}"
        for folder, count in find_full_folders(trees).items()
    ]
    faults += [f'{refusal} needs a code="..." of its own' for refusal in find_refusals_without_code(trees)]
    faults += [f"{place}: the docstring names what is not there" for place in find_stale_docstrings(trees)]
    faults += [f"{place} would fit anything: name what it is" for place in find_vague_parts(trees)]
    if vague_share > MOST_VAGUE:
        faults.append(f"{vague_share:.1%} of all bindings are vague, at most {MOST_VAGUE:.0%}; --list names them")
    if one_word_share > MOST_ONE_WORD:
        faults.append(
            f"{one_word_share:.1%} of all module functions are one word, at most {MOST_ONE_WORD:.1%}; --list names them"
        )
    if faults:
        print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
