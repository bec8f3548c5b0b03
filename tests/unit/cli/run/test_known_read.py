"""The short way of a known read: what goes it is a read by every table, and it loads nothing that changes anything."""

import subprocess
import sys

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.az.known_commands import COMMANDS
from cockpit.runbooks.document.step_kind import kind_of

NOT_LOADED = {
    *("cockpit.runbooks.run.runner", "cockpit.build_session", "cockpit.session", "cockpit.connections"),
    *("cockpit.runbooks.prepare.prepare", "cockpit.runbooks.plan", "cockpit.runbooks.catalogue", "cockpit.recorder"),
    *("cockpit.incident", "cockpit.runbooks.command_kinds", "tree_sitter", "markdown_it", "sqlglot"),
    *("aiohttp", "azure", "httpx", "rich", "textual", "jinja2"),
}


@pytest.mark.parametrize("words", [command.words for command in COMMANDS.values() if command.kind is StepKind.READ])
def test_the_tables_say_of_a_known_read_that_it_reads(words: str) -> None:
    assert kind_of(f"az {words} -n shop -g shop-rg --query name -o tsv") is StepKind.READ


def test_it_loads_nothing_of_the_whole_way() -> None:
    modules = "cockpit.cli.run.known_read, cockpit.azure.direct, cockpit.runbooks.az.perform"
    script = f"import sys, {modules}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert set(done.stdout.split()) & NOT_LOADED == set()
