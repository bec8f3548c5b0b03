"""Whatever the program refuses has a code that stays, so that scripts and tests need not read its sentences."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REFUSALS = frozenset({
    *("Refusal", "Unknown", "RunRefused", "StepTakenElsewhere", "IncidentActionError", "NotFound", "NotOurDraft"),
    "RecordError",
    *("FilesLostError", "LeaseLostError", "StaleStateError", "PersonError", "WhenError", "LengthError"),
})  # fmt: skip
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def list_refusals() -> Iterator[tuple[str, ast.Call]]:
    """Every place where one is made, of the program but its simulator."""
    for file in sorted(Path("cockpit").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                yield f"{file}:{node.lineno}", node


def test_every_refusal_has_a_code() -> None:
    without = [place for place, call in list_refusals() if not any(keyword.arg == "code" for keyword in call.keywords)]
    assert without == []


def test_every_code_is_a_few_plain_words() -> None:
    codes = {
        keyword.value.value
        for _, call in list_refusals()
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert [code for code in codes if not CODE.fullmatch(str(code))] == []
    assert len(codes) > 100
