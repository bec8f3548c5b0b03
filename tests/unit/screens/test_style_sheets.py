"""Every screen finds its style sheets, also one whose base class lies in another folder, and is styled by no others.

Textual keeps the sheet of a screen once it was opened: an id that two screens share would look another way then.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from textual.screen import Screen

import screens


def all_screens() -> list[type[Screen[object]]]:
    """Every screen class of ours, dialogs included."""
    classes = set()
    for module_info in pkgutil.walk_packages(screens.__path__, "screens."):
        module = importlib.import_module(module_info.name)
        classes |= {
            member
            for _, member in inspect.getmembers(module, inspect.isclass)
            if issubclass(member, Screen) and member.__module__.startswith("screens.")
        }
    return sorted(classes, key=lambda screen: (screen.__module__, screen.__qualname__))


@pytest.mark.parametrize("screen", all_screens(), ids=lambda screen: screen.__qualname__)
def test_a_screen_finds_its_style_sheets(screen: type[Screen[object]]) -> None:
    sheets = screen.CSS_PATH or []
    folder = Path(inspect.getfile(screen)).parent  # Textual takes a relative path from the class that is opened
    for sheet in sheets if isinstance(sheets, list) else [sheets]:
        assert (folder / str(sheet)).is_file(), f"{screen.__qualname__} has no {sheet} beside it"


IDS = re.compile(r'\bid="([\w-]+)"')
SELECTORS = re.compile(r"([^{}]+)\{")


def list_sheets(screen: type[Screen[object]]) -> set[Path]:
    sheets, folder = screen.CSS_PATH or [], Path(inspect.getfile(screen)).parent
    return {(folder / str(sheet)).resolve() for sheet in (sheets if isinstance(sheets, list) else [sheets])}


def list_ids_anywhere(sheet: Path) -> set[str]:
    """The ids that a sheet styles on whatever screen they are."""
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    selectors = (one.strip() for several in SELECTORS.findall(rules) for one in several.split(","))
    return {match[1] for selector in selectors if (match := re.match(r"#([\w-]+)", selector))}


def test_a_sheet_of_one_screen_changes_nothing_on_the_others() -> None:
    root = Path(screens.__path__[0])
    ids = {screen: set(IDS.findall(inspect.getsource(screen))) for screen in all_screens()}
    astray: list[str] = []
    for sheet in sorted(root.rglob("*.tcss")):
        styled = list_ids_anywhere(sheet)
        for screen in ids:
            shared = styled & ids[screen]
            if shared and sheet.resolve() not in list_sheets(screen):
                astray.append(f"{sheet.relative_to(root)} styles {', '.join(sorted(shared))} of {screen.__qualname__}")
    assert not astray
