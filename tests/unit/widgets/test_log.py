"""How loud a line of a log is: its own word for it first, then the words it uses."""

import pytest

from cockpit.model.reading import LogLine
from widgets.log import OWN_REASON, choose_log_tone


@pytest.mark.parametrize(
    ("text", "loud"),
    [
        ("ERROR could not connect", "bad"),
        ("2026-02-27 02:14:31 [ERROR] pool exhausted", "bad"),
        ('{"level":"error","msg":"pool exhausted"}', "bad"),
        ("ts=1 level=fatal msg=bye", "bad"),
        ("Traceback (most recent call last):", "bad"),
        ("Unhandled exception in worker", "bad"),
        ("Replica has failed to start", "bad"),
        ("WARNING: slow query", "warn"),
        ("fail: Microsoft.Hosting[0]", "bad"),
        ("readiness probe timed out", "warn"),
        ("INFO an error was handled", ""),
        ('{"level":"info","msg":"error budget is fine"}', ""),
        ("finished with 0 errors", ""),
        ("GET /info 200", ""),
        ("listening on :8080", ""),
        ("", ""),
    ],
)
def test_loudness(text: str, loud: str) -> None:
    assert choose_log_tone(LogLine(text)) == loud


def test_our_own_words_are_neither_an_error_nor_the_applications() -> None:
    assert (
        choose_log_tone(LogLine("the stream failed; the last 30 minutes from Log Analytics follow", reason=OWN_REASON))
        == "info"
    )
