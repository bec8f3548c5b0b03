"""What tells two revisions apart, field by field."""

from collections.abc import Callable

from textual.app import ComposeResult

from cockpit.model.revision import Revision
from cockpit.model.time import Time
from screens.dialog import Dialog, DialogContext
from screens.leaving import leave_screen
from widgets.cell import Piece
from widgets.facts import Fact, Viewer, facts
from widgets.line import Lines
from widgets.wrap import wrap

LABEL = 14  # cells


class Difference(Dialog[None]):
    """`bad` is what a rollback leaves, `good` where it goes."""

    AUTO_FOCUS = ""
    keys = "esc or enter leaves"

    def __init__(self, place: DialogContext, time: Time, bad: Revision, good: Revision) -> None:
        super().__init__(place, time)
        self.what = "Difference"
        self._bad, self._good = bad, good

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")

    def on_mount(self) -> None:
        viewer = Viewer(self.time.now(), self.place.zone)
        rows: list[list[Piece]] = []
        for label, old, new in differences(facts(self._bad, viewer), facts(self._good, viewer)):
            rows.append([(label, "strong")])
            rows += wrap([("  ✖ ", "bad"), (old or "nothing", "")], 74, most=3, indent=4)
            rows += wrap([("  ✔ ", "good"), (new or "nothing", "")], 74, most=3, indent=4)
        names: list[Piece] = [("✖ ", "bad"), (self._bad.name, "strong"), ("   ✔ ", "good"), (self._good.name, "strong")]
        self.query_one("#act", Lines).show(names, [], *rows)

    def action_confirm(self) -> None:
        leave_screen(self)

    def decide(self) -> Callable[[], None] | None:
        """Nothing is done here."""
        return None


def differences(old: list[Fact], new: list[Fact]) -> list[tuple[str, str, str]]:
    """(label, old, new) of every labelled fact that differs, in the order of the old ones."""
    before, after = _whole(old), _whole(new)
    return [
        (label, before.get(label, ""), after.get(label, ""))
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    ]


def _whole(found: list[Fact]) -> dict[str, str]:
    """Facts by label, with their continuations."""
    whole: dict[str, str] = {}
    label = ""
    for name, value in found:
        label = name or label
        whole[label] = f"{whole[label]}\n{value}" if label in whole else value
    return whole
