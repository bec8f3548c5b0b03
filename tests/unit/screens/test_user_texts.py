"""The texts of the screens use the words of the field, as docs/glossary.md lists them."""

import re

from tests.user_texts import list_user_texts

NOT_ON_SCREEN = (
    *("rung", "ladder", "hat", "seat", "desk", "fold", "ceremony", "pen", "minding", "mind", "meets", "stands for"),
    *("step at hand", "is well", "mended", "mend", "anew", "hushed", "flaps", "bandage", "loose end", "as whom", "ill"),
    *("written down", "writes down", "said to take", "where it stands", "bad line", "deaf", "reaches back", "begun"),
)
PATTERN = re.compile(rf"\b({'|'.join(NOT_ON_SCREEN)})\b", re.IGNORECASE)


def test_no_text_has_a_word_that_only_we_understand() -> None:
    texts = ((text, re.sub(r"\{[^{}]*\}", "", text.text)) for text in list_user_texts())
    assert [f"{text.place}: {text.text}" for text, words in texts if PATTERN.search(words)] == []


def test_the_list_finds_texts_of_every_kind() -> None:
    places = {text.place.split(":")[0].split("/")[0] for text in list_user_texts()}
    assert places == {"cockpit", "screens", "widgets"}
    assert len(list(list_user_texts())) > 800
