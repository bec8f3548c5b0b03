"""Sentences of the program that more than one test holds fast: `python -m tests.pinned_texts [--all]`.

A wording is improved in an afternoon when a sentence is pinned in one place at most; whoever needs to know that
something was refused asks for its code, its facts, or one word of it. Pictures of screens and docs are not counted:
they are written anew by a command.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cockpit", "screens", "widgets")
WORDS = 4  # fewer are a name, a label or a state, which tests may ask for
LETTERS = 22
DATA = ("cockpit/simulator/",)  # what other programs say is no wording of ours


def is_sentence(text: str) -> bool:
    """Whether a piece of text is long enough to be a wording."""
    return len(text) >= LETTERS and len(re.findall(r"(?<![^\s(`'“])[A-Za-z][a-z'-]*(?=[\s.,;:!?]|$)", text)) >= WORDS


def list_program_sentences() -> Iterator[str]:
    """The literal pieces of all texts of the program, docstrings left out."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if str(path.relative_to(ROOT)).startswith(DATA):
                continue
            tree = ast.parse(path.read_text("utf-8"))
            docstrings = {
                id(node.body[0].value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and node.body
                and isinstance(node.body[0], ast.Expr)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                    yield from filter(is_sentence, (piece.strip() for piece in node.value.split("\n")))


def list_pinned_pieces() -> Iterator[tuple[str, str]]:
    """(test, text) of every text in a test that may pin a sentence; a table of a module counts as one test."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for top in tree.body:
            name = getattr(top, "name", "")
            for node in ast.walk(top):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_sentence(node.value):
                    yield f"{path.relative_to(ROOT)}::{name or top.lineno}", node.value


def find_pinned(*, most: int) -> dict[str, set[str]]:
    """The sentences that more than `most` tests hold, with these tests."""
    sentences = sorted(set(list_program_sentences()))
    pinned: dict[str, set[str]] = defaultdict(set)
    index: dict[str, set[str]] = defaultdict(set)  # by their rarest long word, so that not all are compared with all
    for sentence in sentences:
        index[max(re.findall(r"[A-Za-z]+", sentence), key=len)].add(sentence)
    for test, text in list_pinned_pieces():
        for word in set(re.findall(r"[A-Za-z]+", text)):
            for sentence in index.get(word, ()):
                if sentence in text or (len(text) > len(sentence) * 0.6 and text.strip() in sentence):
                    pinned[sentence].add(test)
    return {sentence: tests for sentence, tests in pinned.items() if len(tests) > most}


def main(arguments: list[str]) -> None:
    everything, multiple = find_pinned(most=0), find_pinned(most=1)
    for sentence, tests in sorted((everything if "--all" in arguments else multiple).items()):
        print(f"{sentence}\n    " + "\n    ".join(sorted(tests)))
    print(f"{len(everything)} sentences are pinned, {len(multiple)} of them by more than one test")


if __name__ == "__main__":
    main(sys.argv[1:])
