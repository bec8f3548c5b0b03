"""The arguments of a known command: read as every tool reads them, or not at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.platforms.arguments import Flags, accept_any, accept_pattern, accept_switch, split_arguments

FLAGS: Flags = {
    "tail": accept_pattern(re.compile(r"\d+")),
    "follow": accept_switch,
    "all": None,
    "field": accept_any,
}
SHORT = {"-n": "tail", "-f": "follow", "-a": "all", "-F": "field"}


@pytest.mark.parametrize(
    ("command", "words", "pairs"),
    [
        ("", (), ()),
        ("api worker", ("api", "worker"), ()),
        ("api --tail 5", ("api",), (("tail", "5"),)),
        ("--tail=5 api", ("api",), (("tail", "5"),)),
        ("-n 5 api -a", ("api",), (("tail", "5"), ("all", "true"))),
        ("-f api", ("api",), (("follow", "true"),)),
        ("--follow=false", (), (("follow", "false"),)),
        ("-F a=1 -F b=2", (), (("field", "a=1"), ("field", "b=2"))),
        ("--field=--x", (), (("field", "--x"),)),
    ],
)
def test_words_and_flags_are_split(command: str, words: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> None:
    arguments = split_arguments(command.split(), FLAGS, SHORT, repeated=("field",))
    assert arguments is not None
    assert (arguments.words, arguments.pairs) == (words, pairs)


@pytest.mark.parametrize(
    "command",
    [
        "--unknown",
        "--tail",
        "--tail x",
        "--tail --all",
        "--tail 5 --tail 5",
        "--all=true",
        "--follow=perhaps",
        "-x",
        "-",
        "--",
        "---tail 5",
        "-tail 5",
        "-an 5",
    ],
)
def test_what_is_not_understood_to_the_last_letter_is_not_split(command: str) -> None:
    assert split_arguments(command.split(), FLAGS, SHORT) is None


def test_the_flags_of_a_program_end_at_its_command() -> None:
    arguments = split_arguments(["-a", "up", "--detach", "-p", "x"], FLAGS, SHORT, until_word=True)
    assert arguments is not None
    assert arguments.flags == {"all": "true"}
    assert arguments.words == ("up", "--detach", "-p", "x")


@given(st.lists(st.sampled_from(["api", "-n", "5", "--tail", "--tail=5", "-f", "--all", "-", "--field", "x=y", ""])))
def test_every_argument_is_a_word_or_belongs_to_a_flag(argv: list[str]) -> None:
    """Nothing that was typed is passed over: as many arguments are accounted for as there were."""
    arguments = split_arguments(argv, FLAGS, SHORT)
    if arguments is None:
        return
    bare = sum(flag in ("follow", "all") for flag, _ in arguments.pairs)
    joined = argv.count("--tail=5")
    assert len(arguments.words) + 2 * len(arguments.pairs) - bare - joined == len(argv)
    assert all(not word.startswith("-") for word in arguments.words)
