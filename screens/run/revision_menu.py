"""A revision under the cursor: everything known of it, and what can be done with it. Nothing is done by choosing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from cockpit.model.revision import Application, Revision
from cockpit.model.run import Value
from cockpit.model.time import Time
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.leaving import leave_screen
from widgets.choice import Choice
from widgets.facts import Viewer, build_fact_rows, list_facts
from widgets.line import Lines

LOOK = "only look"
PANE = "revisions pane"  # where the values of a wish come from


@dataclass(frozen=True, slots=True)
class RevisionChoice:
    """What to do: `procedure` as the catalogue finds it, `given` for its placeholders; "" is the roll-back dialog."""

    name: str
    meaning: str
    procedure: str
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(Value(name, value, PANE) for name, value in self.given.items())


def list_revision_choices(application: Application, revision: Revision) -> list[RevisionChoice]:
    """What makes sense for this revision as it stands."""
    target = {"app": revision.app, "target-revision": revision.name}
    running = {"app": revision.app, "current-revision": revision.name}
    serves = revision.weight > 0
    result = [RevisionChoice("roll back", "away from it" if serves else "to this revision", "")]
    if not serves and application.has_ingress and application.mode.casefold() != "single":
        values_by_name = target | ({"current-revision": application.serving.name} if application.serving else {})
        result.append(RevisionChoice("traffic", "to this revision, in stages", "shift-traffic", values_by_name))
    if not revision.active:
        result.append(RevisionChoice("activate", "start its replicas", "activate", target))
    elif not serves:
        result.append(RevisionChoice("deactivate", "stop its replicas; asks for its name", "deactivate", target))
    if revision.active:
        result.append(RevisionChoice("restart", "replace all its replicas", "restart", running))
    return result


class RevisionMenu(Dialog[RevisionChoice]):
    """Shows `revision`, as it was at the key press, and asks what to do with it."""

    AUTO_FOCUS = "Choice"
    keys = "↑ ↓ chooses · enter opens it; nothing runs yet · esc leaves"

    def __init__(self, place: DialogContext, time: Time, application: Application, revision: Revision) -> None:
        super().__init__(place, time)
        self.what = "Revision"
        self._wishes = list_revision_choices(application, revision)
        self._facts = [("revision", revision.name), *list_facts(revision, Viewer(time.now(), place.zone))]

    def fields(self) -> ComposeResult:
        with VerticalScroll(id="scroll", classes="label"):
            yield Lines(id="facts")
        yield Choice([(LOOK, ""), *((wish.name, wish.meaning) for wish in self._wishes)], LOOK)

    def on_mount(self) -> None:
        self.query_one("#scroll").can_focus = False
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        lines = self.query_one("#facts", Lines)
        lines.show(*build_fact_rows(self._facts, lines.size.width or 70))

    def action_confirm(self) -> None:
        if self.query_one(Choice).chosen == LOOK:
            leave_screen(self)
        else:
            super().action_confirm()

    def decide(self) -> Callable[[], RevisionChoice] | None:
        chosen = self.query_one(Choice).chosen
        wish = next((wish for wish in self._wishes if wish.name == chosen), None)
        return (lambda: wish) if wish else None
