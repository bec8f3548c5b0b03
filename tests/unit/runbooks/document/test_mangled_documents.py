"""Documents cut, doubled and shuffled: read without a crash, and nothing with an open placeholder can start."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.operator import operator_named
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.drills.badges import list_badges
from cockpit.runbooks.lint.lint import LintContext, lint_runbook
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.prepare.prepare import prepare_step
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import Finished
from tests.examples import scale_examples

TOP = Path(__file__).parents[4]
WHOLE = [path.read_text(encoding="utf-8") for path in sorted(TOP.glob("examples/*/runbooks/*.md"))]
PIECES = [piece for text in WHOLE for piece in re.split(r"(?<=\n)\n", text)]


async def leave_screen(act: Callable[[], Finished]) -> Finished:
    return act()


NOTHING_GIVEN = RunContext(
    Environment("prod"),
    operator_named("ana"),
    RealTime(),  # these documents bound no moment
    Path("/"),
    reveal=lambda secret: "",
    mask=str,
    read_only=False,
    live=Live,
    environ={"PATH": "/usr/bin:/bin"},
    through_sdk=True,
    folder="/",
    terminal=leave_screen,
)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """Blocks of real documents in any order, with a slice cut out and a piece of anything put in."""
    text = "\n".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12)))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 80)))
    return (
        text[:start]
        + draw(st.sampled_from(["", "```", "<", ">", "'", '"', "\\", "$(", "|", "\x00", "\u202e"]))
        + text[end:]
    )


@given(mangled())
@settings(max_examples=scale_examples(150), deadline=None)
def test_nothing_with_an_open_placeholder_can_start(text: str) -> None:
    book = read_runbook("/nowhere/x.md", text.encode("utf-8", "surrogatepass"))
    for procedure in book.procedures:
        for step in procedure.steps:
            prepared = prepare_step("", book, step, NOTHING_GIVEN)
            blanks = {blank.name for blank in find_placeholders(step.command, step.language)} - {"env"}
            assert not (blanks and prepared.runnable), (step.command, blanks)


@given(mangled())
@settings(max_examples=scale_examples(60), deadline=None)
def test_a_mangled_document_is_judged_as_the_whole_one(text: str) -> None:
    book = read_runbook("/nowhere/x.md", text.encode("utf-8", "surrogatepass"))
    list_badges(book, date(2026, 11, 21))
    lint_runbook(book, LintContext(date(2026, 11, 21)))


MARKERS = ("- ", "1. ", "> ", "* [ ] ", "# ", "### ", "    ", "  ", "| ", "```bash\n", "```\n", "!!! note\n", "\n", "")
TEXTS = (
    *("kubectl get pods", "5% of them", "**When**: errors", "Then restart it", "GET http://[pod-ip]:8080/health", ":"),
    *("curl http://[::1", "curl https://<host>:<port>/x", "https://api.example.com", "/path/to/x", "$ ls", "a | b | c"),
    *("psql -c 'select 1", "ssh host", "exit", "'${X}'", "{{ x", "<a|b>", "```", "~~~", "|---|", "Step 1: stop", "---"),
    *("x\ty", "\u00e9\u2502 x"),
)


@st.composite
def nested(draw: st.DrawFn) -> str:
    """Lines of any markers inside each other, as a grammar would write them: lists in quotations in lists."""
    line = st.builds(
        lambda markers, text: "".join(markers) + text,
        st.lists(st.sampled_from(MARKERS), max_size=4),
        st.sampled_from(TEXTS),
    )
    return "\n".join(draw(st.lists(line, min_size=1, max_size=14)))


@given(nested())
@settings(max_examples=scale_examples(300), deadline=None)
def test_whatever_stands_inside_what_is_read_judged_and_prepared(text: str) -> None:
    book = read_runbook("/nowhere/x.md", text.encode())
    lint_runbook(book, LintContext(date(2026, 11, 21)))
    for procedure in book.procedures:
        for step in procedure.steps:
            prepare_step("", book, step, NOTHING_GIVEN)


def test_an_item_that_is_only_a_quotation_is_one() -> None:
    book = read_runbook("x.md", b"- > 5% of reports fail\n\n**Troubleshooting**:\n")
    assert book.title == "x.md"
