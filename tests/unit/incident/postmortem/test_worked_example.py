"""The worked example of the documentation is a draft as it is written today, with the words of people in it."""

import re
from pathlib import Path

from cockpit.incident.postmortem.merge import merge_drafts

ROOT = Path(__file__).parents[4]
EXAMPLE = (ROOT / "docs" / "worked-example.md").read_text(encoding="utf-8")
TEMPLATE = (ROOT / "cockpit" / "incident" / "postmortem" / "templates" / "postmortem.md.jinja").read_text(
    encoding="utf-8"
)


def headings(text: str) -> list[str]:
    return re.findall(r"^## .*$", text, flags=re.MULTILINE)


def test_it_has_the_sections_of_a_draft_in_their_order() -> None:
    assert headings(EXAMPLE) == headings(TEMPLATE)


def test_it_can_be_exported_over_and_keeps_every_word() -> None:
    assert merge_drafts(EXAMPLE, EXAMPLE) == EXAMPLE


def test_people_answered_every_question() -> None:
    asked = re.findall(r"^_.*\?_$", TEMPLATE, flags=re.MULTILINE)

    assert len(asked) > 10
    assert [each for each in asked if each in EXAMPLE] == []
