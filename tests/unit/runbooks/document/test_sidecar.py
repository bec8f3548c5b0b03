"""What a team adds to a document that it may not edit, and what becomes of it when the document changes."""

import pytest

from cockpit.model.runbook import Runbook, Step, StepKind
from cockpit.model.system import Environment
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.sidecar import hash_command
from cockpit.runbooks.prepare.values import Live, resolve_values

BOOK = b"""# Ops

## Restart

```bash
# Restart it
restart.sh <APP>
```

## Other

```bash
look.sh <APP_NAME>
```
"""
COMMAND = "restart.sh <APP>"


def with_sidecar(*lines: str) -> Runbook:
    return read_runbook("ops.md", BOOK, "\n".join(lines).encode())


def override(*more: str, command: str = COMMAND, step: str = "Restart it") -> Runbook:
    return with_sidecar("[[step]]", f'step = "{step}"', f'command = "{hash_command(command)}"', *more)


def step(runbook: Runbook) -> Step:
    return runbook.procedures[0].steps[0]


def test_an_override_gives_a_step_what_its_document_does_not_say() -> None:
    found = step(
        override('kind = "danger"', 'undo = "start.sh"', "timeout = 120", "approval = true", 'expected = "exit 0"')
    )
    assert (found.kind, found.expected) == (StepKind.DANGER, "exit 0")
    assert found.tags == {"undo": "start.sh", "timeout": "120", "approval": "true"}


def test_an_override_never_makes_a_danger_less_of_one() -> None:
    book = read_runbook(
        "x.md",
        b"## A\n\n```bash\n# Go\nrm -rf x\n```\n",
        f'[[step]]\nstep = "Go"\nkind = "read"\ncommand = "{hash_command("rm -rf x")}"'.encode(),
    )
    assert step(book).kind is StepKind.DANGER


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (override('kind = "danger"', command="other.sh"), "what was said of it no longer counts"),
        (override(step="Gone"), "there is no step `Gone`"),
        (override('kind = "risky"'), "`risky` is not a kind of step"),
        (with_sidecar("[[step]]", 'undoo = "x"'), "`undoo` is not known here; did you mean `undo`?"),
        (with_sidecar("oops"), "is not TOML"),
        (with_sidecar("aliases = 3"), "[aliases] is a table"),
    ],
)
def test_an_override_that_does_not_fit_is_dropped_loudly(book: Runbook, said: str) -> None:
    assert said in " ".join(each.message for each in book.findings)
    assert step(book).kind is StepKind.CHANGE
    assert step(book).tags == {}


def test_aliases_make_two_names_one() -> None:
    found = with_sidecar("[aliases]", 'APP = "APP_NAME"').parameters
    assert [(each.name, each.aliases) for each in found] == [("APP", ("APP_NAME",)), ("APP_NAME", ("APP",))]


def test_a_value_given_under_either_name_counts_for_both() -> None:
    found = with_sidecar("[aliases]", 'WIDGET = "APP"', 'APP_NAME = "GADGET"').parameters
    given = {"WIDGET": "w", "GADGET": "g"}
    values = resolve_values(found, Environment("prod"), Live(), given)
    assert [(each.name, each.value) for each in values] == [("APP", "w"), ("APP_NAME", "g")]


def test_the_text_carries_its_sidecar_so_that_a_copy_of_it_reads_the_same() -> None:
    book = override('kind = "danger"')
    again = read_runbook("ops.md", book.text.encode())
    assert again.procedures == book.procedures
    assert again.text == book.text


def test_a_changed_sidecar_is_a_changed_document() -> None:
    assert override('undo = "a"').sha256 != override('undo = "b"').sha256 != read_runbook("ops.md", BOOK).sha256


def test_without_a_sidecar_the_text_is_that_of_the_file() -> None:
    assert read_runbook("ops.md", BOOK).text == BOOK.decode()
