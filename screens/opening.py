"""What the cockpit's keys open. Each screen is imported when it is first asked for, and gets what was captured then."""

from typing import TYPE_CHECKING

from cockpit.model.alert import Alert

if TYPE_CHECKING:
    from screens.cockpit import CockpitScreen


def help(screen: "CockpitScreen") -> None:
    from screens.help import HelpScreen

    bindings = {each.binding.id: each.binding for each in screen.active_bindings.values() if each.binding.id}
    shown = [each for each in bindings.values() if each.tooltip]
    screen.app.push_screen(HelpScreen([(screen.app.get_key_display(each), each.tooltip) for each in shown]))


def details(screen: "CockpitScreen", shown: object) -> None: ...


def declare(screen: "CockpitScreen") -> None: ...


def note(screen: "CockpitScreen") -> None: ...


def status(screen: "CockpitScreen") -> None: ...


def acknowledge(screen: "CockpitScreen", alert: Alert) -> None: ...


def export(screen: "CockpitScreen") -> None: ...


def logs(screen: "CockpitScreen") -> None: ...


def wall(screen: "CockpitScreen") -> None: ...


def sign_in(screen: "CockpitScreen") -> None: ...
