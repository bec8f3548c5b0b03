"""The two ways to stand in front of the cockpit, each loaded when it is first wanted."""

from textual.screen import Screen


def cockpit_screen() -> Screen[None]:
    from screens.main.screen import CockpitScreen

    return CockpitScreen()


def wall_screen() -> Screen[None]:
    from screens.wall import WallScreen

    return WallScreen()


MODULES = {"cockpit": "screens.main.screen", "wall": "screens.wall"}  # imported in a thread, behind the first frame
