"""A procedure about a leak asks for the breach notice, and one about memory does not."""

import pytest

from cockpit.runbooks.document.read import QUESTION, read_runbook


def warned(text: str) -> tuple[str, ...]:
    return read_runbook("x.md", text.encode()).procedures[0].warnings


@pytest.mark.parametrize(
    "when",
    [
        "a token leaked, somebody left", "leaked credentials", "a leak of data", "the account is compromised",
        "the laptop was lost", "lost device", "an account was taken over", "the disk was stolen", "after a breach",
        "Ransomware",
    ],
)  # fmt: skip
def test_what_may_have_been_read_by_others_is_asked_about(when: str) -> None:
    assert warned(f"# R\n\n**When**: {when}\n\n1. Revoke it\n") == (QUESTION,)
    assert warned(f"# {when}\n\n1. Revoke it\n") == (QUESTION,)


@pytest.mark.parametrize(
    "when",
    [
        "memory leaks",
        "connections leak",
        "the database lost its connection",
        "keys are rotated every year",
        "high load",
    ],
)
def test_what_nobody_could_read_is_not(when: str) -> None:
    assert warned(f"# R\n\n**When**: {when}\n\n1. Restart\n") == ()


def test_the_documents_own_warnings_come_first() -> None:
    text = "# R\n\n## Leaked token\n\n**Note:** caches keep it.\n\n1. Revoke it\n"
    assert warned(text) == ("Note: caches keep it.", QUESTION)
