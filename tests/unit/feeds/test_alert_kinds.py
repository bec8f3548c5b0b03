"""One more source of alerts is its package and one line: what each package brings, and that nothing else is asked."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from random import Random

import pytest

import cockpit.feeds
from cockpit.config import load_system
from cockpit.config.errors import ConfigErrors
from cockpit.config.schema import keys_of_table
from cockpit.feeds import alert_kinds
from cockpit.feeds.alert_kinds import PACKAGES, AlertKind, AlertSourceContext, list_alert_kinds
from cockpit.feeds.polling import Feed, Polled
from cockpit.model.system import AlertSource, Environment
from cockpit.model.time import RealTime

HEAVY = ("azure", "httpx", "aiohttp", "msal", "pydantic", "textual", "rich")
FOLDER = Path(cockpit.feeds.__file__).parent


def test_every_package_with_a_kind_is_registered() -> None:
    named = {path.parent.name for path in FOLDER.glob("*/__init__.py") if "KIND =" in path.read_text()}
    assert named == set(PACKAGES)


@pytest.mark.parametrize("kind", list_alert_kinds(), ids=lambda kind: kind.name)
def test_a_kind_takes_keys_that_are_declared(kind: AlertKind) -> None:
    declared = {field.name for field in fields(AlertSource)}
    assert kind.takes <= declared
    assert set(kind.requires) <= kind.takes


def test_the_kinds_cost_nothing_to_look_at() -> None:
    script = (
        "import sys; from cockpit.feeds.alert_kinds import list_alert_kinds; list_alert_kinds(); "
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def read_nothing() -> tuple[()]:
    return ()


def build_pager_feed(context: AlertSourceContext) -> Feed:
    return Polled(
        f"alerts:{context.source.name}",
        context.environment.name,
        read_nothing,
        every=context.source.interval,
        deadline=1.0,
        time=context.time,
        random=context.random,
    )


PAGER = AlertKind("pager", build_pager_feed, takes=frozenset({"urls"}), requires={"urls": "the address of the pager"})


@pytest.fixture
def pager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind that nothing but the registry knows."""
    kinds = (*list_alert_kinds(), PAGER)
    monkeypatch.setattr(alert_kinds, "list_alert_kinds", lambda: kinds)
    monkeypatch.setattr("cockpit.config.checks_secrets.list_alert_kinds", lambda: kinds)
    keys_of_table.cache_clear()
    yield
    keys_of_table.cache_clear()


def write_source(folder: Path, *lines: str) -> Path:
    file = folder / "cockpit.toml"
    file.write_text("\n".join(["[environments.prod]", "[[environments.prod.alerts]]", 'name = "duty"', *lines]))
    return file


@pytest.mark.usefixtures("pager")
def test_a_new_kind_is_read_from_the_file_and_built(tmp_path: Path) -> None:
    system = load_system(write_source(tmp_path, 'kind = "pager"', 'urls = ["https://pager.example.com"]'))
    (source,) = system.environments[0].alerts
    feed = PAGER.build(AlertSourceContext(source, Environment("prod"), RealTime(), Random(1), reveal=str))
    assert (source.kind, feed.name) == ("pager", "alerts:duty")


@pytest.mark.usefixtures("pager")
@pytest.mark.parametrize(
    ("lines", "place", "code"),
    [
        (['kind = "pager"'], "environments.prod.alerts[0].urls", "required"),
        (
            ['kind = "pager"', 'urls = ["https://x.example.com"]', 'watchdog = "x"'],
            "environments.prod.alerts[0].watchdog",
            "not-for-this-kind",
        ),
        (['kind = "pagr"'], "environments.prod.alerts[0].kind", "not-one-of"),
    ],
)
def test_its_own_rules_hold(tmp_path: Path, lines: list[str], place: str, code: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_system(write_source(tmp_path, *lines))
    assert [(error.path, error.code) for error in caught.value.errors] == [(place, code)]
