"""The two ways to stand in front of the cockpit, each loaded when it is first wanted."""

from textual.screen import Screen


def cockpit_screen() -> Screen[None]:
    from screens.cockpit import CockpitScreen

    return CockpitScreen()


def wall_screen() -> Screen[None]:
    from screens.wall import WallScreen

    return WallScreen()
