"""The runbooks of the examples: found, recognised, and as clean as a team should keep them."""

import re
from datetime import date
from pathlib import Path

import pytest

from cockpit.config import load_system as load_config
from cockpit.model.system import System
from cockpit.runbooks.catalogue.catalogue import Catalogue
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.lint.lint import LintContext, lint_runbook
from cockpit.runbooks.prepare.values import list_example_hosts

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/cockpit.toml"))
WRITTEN = date(2026, 11, 21)
TOOLS = "sed bash az kubectl gh docker curl jq sqlcmd gitleaks alembic pwsh"


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.parent.name)
def system(request: pytest.FixtureRequest) -> System:
    return load_config(request.param)


@pytest.fixture
def catalogue(system: System) -> Catalogue:
    return load_catalogue(system.runbooks)


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A PATH on which everything is that a team of these has."""
    for name in TOOLS.split():
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    return str(tmp_path)


def test_there_is_nothing_to_mend(system: System, catalogue: Catalogue, tools: str) -> None:
    values = frozenset(name for each in system.environments for name in (*each.values, *list_example_hosts(each)))
    severities = frozenset(each.name for each in system.severity_scale)
    found = [
        (document.id, finding)
        for document in catalogue.documents
        for finding in lint_runbook(document.runbook, LintContext(WRITTEN, tools, values=values, severities=severities))
    ]
    assert found == []


def test_every_table_is_recognised_and_every_document_has_something_to_do(catalogue: Catalogue) -> None:
    own = [each.runbook for each in catalogue.documents if not each.builtin]
    assert own
    assert all(each.procedures for each in own)
    assert [table.header for each in own for table in each.tables if not table.kind] == []


def test_every_procedure_that_the_configuration_names_is_there(system: System, catalogue: Catalogue) -> None:
    probes = [probe.runbook for each in system.environments for probe in each.probes if probe.runbook]
    for name in (*probes, *system.procedure_keys.values()):
        assert catalogue.find(name)


def test_nobody_and_nothing_in_them_is_real(catalogue: Catalogue) -> None:
    for document in catalogue.documents:
        hosts = re.findall(r"(?:https?://|@)([\w.-]+)", document.runbook.text)
        assert all(host.endswith("example.com") or host == "localhost" for host in hosts), hosts
