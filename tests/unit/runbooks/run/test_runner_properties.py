"""On any Markdown at all: a step is prepared without falling over, and never runnable with something left open."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.event import Event
from cockpit.model.run import Run
from cockpit.model.runbook import Runbook
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.kind import KIND
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.run.trust import judge_trust, keep_snapshot, read_snapshot
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import RunRefused
from tests.examples import scale_examples
from tests.refusals import refuses

PIECES = st.sampled_from(
    ["<x>", "[y]", "$Z", "${Z}", "'", '"', "`", "$(", ")", "\\", "\n", " ", "|", "&&", ";", "#", "echo ", "az ",
     "curl ", "'$Z'", "$'", "<<EOF",
     "EOF\n", "<x", "{id}", "GET /a/{id}", "if true; then ", "fi", "\x1b[31m", "\u202e", "export Q=", "$env:A",
     "* ", "~", "rm -rf ", "sh -c ", "[[", "]]", "(("]
)  # fmt: skip
COMMANDS = st.lists(PIECES | st.text(max_size=5), max_size=14).map("".join)
LANGUAGES = st.sampled_from(
    ["bash", "powershell", "console", "sh", "bash danger", 'bash undo="rm <x>"', "bash retry=x timeout=y", ""]
)


def runner(folder: Path) -> Runner:
    def record(drafts: object) -> list[Event]:
        raise AssertionError("to prepare is not to run")

    return Runner(
        record=record, environment=Environment("prod"), operator="you", time=RealTime(), data=folder, azure=None,
        reveal=lambda secret: "", mask=lambda text: text, read_only=False, live=Live, incident=lambda: None,
        environ={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def document(fences: list[tuple[str, str]]) -> Runbook:
    text = "# T\n\n" + "\n\n".join(f"## H{n}\n\n```{info}\n{body}\n```" for n, (info, body) in enumerate(fences))
    return read_runbook("/nowhere/x.md", text.encode("utf-8", "replace"))


@settings(max_examples=scale_examples(150), deadline=None)
@given(
    st.lists(st.tuples(LANGUAGES, COMMANDS), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from("xyZA"), st.text(max_size=6)),
)
def test_nothing_runs_with_something_left_open(fences: list[tuple[str, str]], given: dict[str, str]) -> None:
    book, preparing = document(fences), runner(Path("/nowhere"))
    for procedure in book.procedures:
        for step in procedure.steps:
            prepared = preparing.preview(book, procedure, step.ordinal, given)
            ways = [prepared.script, prepared.native, prepared.request]
            if not prepared.runnable:
                assert prepared.reason_not_runnable
                continue
            assert sum(each is not None for each in ways) == 1
            open_ones = [blank.name for blank in find_placeholders(prepared.as_written, step.language)]
            values = {each.name: each.value for each in prepared.values}
            assert all(values[name] for name in open_ones)
            if prepared.script is not None and step.language == "bash":
                holes = Counter(each.form for each in find_placeholders(prepared.as_written) if not each.variable)
                for form, number in holes.items():  # what looks like one and is none may stay: an index, a class
                    assert prepared.script.text.count(form) <= prepared.as_written.count(form) - number


@settings(max_examples=scale_examples(60), deadline=None)
@given(st.lists(st.tuples(LANGUAGES, COMMANDS), min_size=1, max_size=3))
def test_what_is_kept_of_a_document_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, fences: list[tuple[str, str]]
) -> None:
    book = document(fences)
    folder = tmp_path_factory.getbasetemp() / "snapshots"
    keep_snapshot(book, folder)
    again = read_snapshot(run_of(book), folder)
    assert again.procedures == book.procedures
    assert again.parameters == book.parameters


def run_of(book: Runbook) -> Run:
    return Run("r", book.path, "p", "P", book.sha256, "prod", "you", RealTime().now())


def test_a_built_in_document_is_trusted_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    path = next(KIND.procedures.glob("*.md"))
    ours = read_runbook(str(path), path.read_bytes())
    forged = read_runbook(str(path), path.read_bytes() + b"\n```bash\nrm -rf x\n```\n")
    assert judge_trust(ours, [], tmp_path).standing == "built-in"
    assert judge_trust(forged, [], tmp_path).standing == "new"
    with pytest.raises(RunRefused, match=forged.sha256):
        runner(tmp_path).start(forged, forged.procedures[0])


def test_a_document_whose_last_text_is_gone_shows_all_of_itself(tmp_path: Path) -> None:
    before, after = document([("bash", "echo 1")]), document([("bash", "echo 2")])
    assert judge_trust(after, [run_of(before)], tmp_path).difference == after.text
    keep_snapshot(before, tmp_path)
    assert "-echo 1\n+echo 2" in judge_trust(after, [run_of(before)], tmp_path).difference


def test_a_run_whose_document_is_gone_says_so(tmp_path: Path) -> None:
    with refuses("document-lost", RunRefused):
        read_snapshot(run_of(document([("bash", "echo 1")])), tmp_path)
