"""The pages of docs/how-to are done, line by line, in a copy of the code: what they name is all that one touches.

Each code block of a page begins with where it goes: `PATH, new`, `PATH, behind: TEXT` (a line that holds it),
`PATH, before: TEXT` or `PATH, in place of: TEXT`.
"""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.house_figures import HOW_TO, ROOT
from tests.lint_house import PACKAGES

BLOCK = re.compile(
    r"^```(?:python|markdown)\n(?:#|<!--) (?P<path>[\w/.-]+), (?P<how>new|behind|before|in place of)"
    r"(?:: (?P<text>.*?))?(?: -->)?\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
WORKS = {
    "a-key": """
        from cockpit.config.checks_keys import key_rules
        from cockpit.model.key_bindings import DEFAULT_KEYS
        from screens.checklist import ChecklistScreen
        assert "checklist.copy" in {binding.id for binding in ChecklistScreen.BINDINGS}
        assert not list(key_rules({"checklist.copy": DEFAULT_KEYS["checklist.copy"]}))
        assert ChecklistScreen.action_copy
    """,
    "an-alert-source": """
        import asyncio, pathlib, random
        from cockpit.config import load_system
        from cockpit.feeds.alert_kinds import AlertSourceContext, find_alert_kind
        from cockpit.model.time import RealTime
        file = pathlib.Path("cockpit.toml")
        file.write_text('[[environments.prod.alerts]]\\nname = "g"\\nkind = "grafana"\\nurls = ["http://127.0.0.1:9"]\\n')
        environment = load_system(file).environments[0]
        context = AlertSourceContext(environment.alerts[0], environment, RealTime(), random.Random(1), str)
        reading = asyncio.run(find_alert_kind("grafana").build(context).poll())
        assert reading.feed == "alerts:g" and reading.problem is not None
    """,
    "a-platform": """
        import asyncio, pathlib, random
        from cockpit.config import load_system
        from cockpit.model.time import RealTime
        from cockpit.platforms.platform import PlatformContext
        from cockpit.platforms.registry import connect_platforms
        from cockpit.runbooks.catalogue.load import load_catalogue
        file = pathlib.Path("cockpit.toml")
        file.write_text('[environments.prod.nomad]\\nurl = "http://127.0.0.1:9"\\n')
        environment = load_system(file).environments[0]
        (platform,) = connect_platforms(PlatformContext(environment, RealTime(), random.Random(1), False))
        reading = asyncio.run(platform.build_feed().poll())
        assert [app.platform for app in reading.value] == ["nomad"]
        terms = platform.kind.plan_rollback(reading.value[0], None, None)
        document = load_catalogue([], environments=[environment]).document(terms.document)
        slugs = [procedure.slug for procedure in document.runbook.procedures]
        assert terms.procedure in slugs, slugs
    """,
    "an-az-command": """
        from cockpit.runbooks.az.parse import recognise_az_command
        from cockpit.runbooks.az.reads import READS
        line = "az containerapp env show -n shop -g rg"
        command = recognise_az_command(line.split(), subscription="s")
        assert command.describe() == "Show the environment shop of container apps" and command.words in READS
    """,
}
"""By page: what then works, in a process of its own that has the copy in front."""
MOST = {"a-key": 2, "an-alert-source": 2, "a-platform": 2, "an-az-command": 3}


def place_block(text: str, how: str, mark: str, body: str) -> str:
    lines = text.splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if mark in line)
    margin = len(lines[number]) - len(lines[number].lstrip())
    if how == "before":
        return "".join(
            [*lines[:number], textwrap.indent(body, " " * margin), "\n" * (1 if margin else 2), *lines[number:]]
        )
    if how == "in place of":
        return "".join([*lines[:number], textwrap.indent(body, " " * margin), *lines[number + 1 :]])
    margin += 4 if lines[number].rstrip().endswith(("(", "{")) else 0
    row = textwrap.indent(f"{body.strip().rstrip(',')},\n", " " * margin)
    return "".join([*lines[: number + 1], row, *lines[number + 1 :]])


def follow_page(page: Path, copy: Path) -> set[str]:
    """Do what the page says; the answer is what was touched, a new package as one thing."""
    touched, new_folders = set[str](), list[str]()
    for block in BLOCK.finditer(page.read_text("utf-8")):
        name, path = block["path"], copy / block["path"]
        if block["how"] != "new":
            path.write_text(place_block(path.read_text("utf-8"), block["how"], block["text"], block["body"]), "utf-8")
            touched.add(name)
            continue
        if not path.parent.exists() and not any(name.startswith(folder) for folder in new_folders):
            new_folders.append(f"{path.parent.relative_to(copy)}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["body"], "utf-8")
        touched.add(next((folder for folder in new_folders if name.startswith(folder)), name))
    return touched


@pytest.mark.parametrize("name", WORKS)
def test_what_a_page_says_is_all_that_it_takes(name: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    touched = follow_page(HOW_TO / f"add-{name}.md", tmp_path)
    assert 0 < len(touched) <= MOST[name], touched
    script = f"import cockpit; assert cockpit.__file__.startswith({str(tmp_path)!r})\n{textwrap.dedent(WORKS[name])}"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
