"""Every screen finds its style sheets, also one whose base class lies in another folder."""

import importlib
import inspect
import pkgutil
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
