"""Where `cockpit exec` prints: what the command has to say on standard output, its errors beside it."""

import pytest

from cockpit.cli.run.report import Aloud


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ("ERROR: (ResourceNotFound) no such app\n", True),
        ("WARNING: Too many requests: asked again in 7 s.\n", True),
        ('Error from server: pods "gone" not found\n', True),
        ("error: timed out waiting for the condition\n", True),
        ("Error response from daemon: no such image\n", True),
        ("NAME   READY\n", False),
        ("the log says ERROR: disk full\n", False),
    ],
)
def test_error_words_of_a_native_command_stand_on_standard_error(
    capsys: pytest.CaptureFixture[str], text: str, is_error: bool
) -> None:
    aloud = Aloud(piped=True)
    aloud._native = True
    aloud.output(text)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (("", text) if is_error else (text, ""))


def test_what_a_shell_printed_stays_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Aloud(piped=True).output("ERROR: of a script\n")
    assert capsys.readouterr().out == "ERROR: of a script\n"
