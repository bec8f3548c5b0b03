"""Roll back: from where to where, why, and by which commands; the difference of two revisions; the menu of one."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from cockpit.model.key_bindings import DIFFERENCE, ROLLBACK
from cockpit.model.revision import Application, Revision, find_author, list_setting_changes
from cockpit.model.revision_health import judge_revision
from cockpit.model.runbook import Procedure, Runbook, StepKind
from cockpit.model.time import Time, format_age
from cockpit.platforms.platform import RevisionChoice
from cockpit.platforms.registry import find_kind
from cockpit.runbooks.az.changes import TRAFFIC_NOW
from cockpit.runbooks.rollback import Proposal, describe_moved_traffic
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import Prepared
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.dialog import Dialog, DialogContext
from screens.run.rows import render_labelled, strip_warning, undo_of
from screens.shared.document import DocumentScreen
from screens.shared.enter_guard import begin_with_key
from screens.shared.leaving import leave_screen
from widgets.cell import Piece, wrap_pieces
from widgets.choice import Choice
from widgets.facts import Fact, Viewer, build_fact_rows, list_facts
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.revisions import short_image

# What tells two revisions apart, field by field.


class Difference(Dialog[None]):
    """`bad` is what a rollback leaves, `good` where it goes. The changed settings come first; the frame scrolls."""

    AUTO_FOCUS = ""
    keys = "↑ ↓ page up, page down scroll · esc or enter leaves"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DIFFERENCE)

    def __init__(self, place: DialogContext, time: Time, bad: Revision, good: Revision) -> None:
        super().__init__(place, time)
        self.what = "Difference"
        self._bad, self._good = bad, good

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(LIVE, self._draw)
        self.call_after_refresh(self.query_one("#dialog").scroll_home, animate=False)

    def _draw(self) -> None:
        names: list[Piece] = [("✖ ", "bad"), (self._bad.name, "strong"), ("   ✔ ", "good"), (self._good.name, "strong")]
        rows = [names, [], *render_setting_changes(self._bad, self._good), *self._render_state()]
        self.query_one("#act", Lines).show(*rows)

    def _render_state(self) -> list[list[Piece]]:
        """What the cloud says of each: traffic, health, replicas, age."""
        viewer = Viewer(self.time.now(), self.place.zone)
        rows: list[list[Piece]] = [[], [("state", "strong")]]
        for label, old, new in list_differences(list_facts(self._bad, viewer), list_facts(self._good, viewer)):
            rows += _render_change(label, old or NONE, new or NONE)
        return rows

    def action_scroll_by(self, rows: int) -> None:
        self.query_one("#dialog").scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        frame = self.query_one("#dialog")
        frame.scroll_relative(y=pages * max(1, frame.content_size.height - 3), animate=False)

    def action_confirm(self) -> None:
        leave_screen(self)

    def decide(self) -> Callable[[], None] | None:
        """Nothing is done here."""
        return None


NONE = "not set"
MASKED = "has another value: ••• (it may be a secret)"


def render_setting_changes(bad: Revision, good: Revision) -> list[list[Piece]]:
    """The settings that differ, by groups: names always, values where they cannot be a secret."""
    if not bad.settings or not good.settings:
        unread = " and ".join(revision.name for revision in (bad, good) if not revision.settings)
        return wrap_pieces([(f"The settings of {unread} were not read: only the state can be compared.", "warn")], WIDE)
    changes = list_setting_changes(bad, good)
    if not changes:
        return [[("Every setting is the same, the image too: the fault is elsewhere.", "warn")]]
    rows: list[list[Piece]] = []
    for group, group_changes in groupby(changes, key=lambda change: change.group):
        rows += [[], [(group.value, "strong")]] if rows else [[(group.value, "strong")]]
        for change in group_changes:
            if change.masked and change.old is not None and change.new is not None:
                rows += wrap_pieces(
                    [("  ", ""), (change.name, "strong"), (f"  has another value  {MASKED}", "muted")], WIDE
                )
            else:
                rows += _render_change(change.name, _show_value(change.old), _show_value(change.new))
    return rows


def _show_value(value: str | None) -> str:
    return NONE if value is None else "set" if value.startswith("#") else value or "empty"


def _render_change(name: str, old: str, new: str) -> list[list[Piece]]:
    rows: list[list[Piece]] = [[("  ", ""), (name, "")]]
    for sign, tone, value in (("✖", "bad", old), ("✔", "good", new)):
        text = value.replace("\n", f"\n{'':{BEHIND_SIGN}}")  # a value of several lines stands as one block
        rows += wrap_pieces(
            [(f"    {sign} ", tone), (text, "muted" if value == NONE else "")], WIDE, most=MOST_ROWS, indent=BEHIND_SIGN
        )
    return rows


def list_differences(old: list[Fact], new: list[Fact]) -> list[tuple[str, str, str]]:
    """(label, old, new) of every labelled fact that differs, in the order of the old ones."""
    before, after = _join_continuations(old), _join_continuations(new)
    return [
        (label, before.get(label, ""), after.get(label, ""))
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    ]


def _join_continuations(pairs: list[Fact]) -> dict[str, str]:
    """Facts by label, with their continuations."""
    whole: dict[str, str] = {}
    label = ""
    for name, value in pairs:
        label = name or label
        whole[label] = f"{whole[label]}\n{value}" if label in whole else value
    return whole


WIDE = 74  # cells inside a dialog
BEHIND_SIGN = 6  # cells before a value
MOST_ROWS = 8  # of one value
LIVE = 1.0  # seconds between two looks at the ages
BY_ITSELF = frozenset({StepKind.READ, StepKind.VERIFY, StepKind.LOCAL, StepKind.CHANGE})


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """A rollback as it would be run: what is shown is what `agreed` to, step by step."""

    proposal: Proposal
    runbook: Runbook
    procedure: Procedure
    previews: tuple[Prepared, ...]

    @property
    def by_itself(self) -> tuple[Prepared, ...]:
        """The steps up to the first that takes more than this dialog: a typed word, or a person's hand."""
        kinds = {preview.step.ordinal: preview.kind for preview in self.previews}
        until = next((step.ordinal for step in self.procedure.steps if kinds.get(step.ordinal) not in BY_ITSELF), None)
        return tuple(preview for preview in self.previews if until is None or preview.step.ordinal < until)

    @property
    def on_their_own(self) -> tuple[Prepared, ...]:
        return tuple(preview for preview in self.previews if preview not in self.by_itself)

    @property
    def trouble(self) -> str:
        """Why it cannot begin, "" when it can."""
        refused = next((prepared.reason_not_runnable for prepared in self.by_itself if not prepared.runnable), "")
        return refused or self.moved

    @property
    def moved(self) -> str:
        """Where the traffic is instead, "" while it is where the proposal has it.

        The pane is some seconds old, and what the changes would meet is read now: where both disagree on who serves,
        the proposal is about a revision that is no longer the one to leave, and its undo would be false, too.
        """
        bad = self.proposal.bad
        meets = [sentence for prepared in self.by_itself for sentence in prepared.meets]
        for sentence in meets:
            if bad is not None and sentence.startswith(TRAFFIC_NOW) and f"{bad.name} " not in sentence:
                return f"The traffic has left {bad.name} since this was proposed. {sentence} Leave, and press R again."
        return ""


async def plan_rollback(runner: Runner, proposal: Proposal, runbook: Runbook, procedure: Procedure) -> RollbackPlan:
    """Resolve every step, and look at what the changes would meet. Raises RunRefused."""
    previews: list[Prepared] = []
    confirmed = ""
    for step in procedure.commands:
        prepared = await asyncio.to_thread(runner.preview, runbook, procedure, step.ordinal, None, proposal.values)
        held = ""
        if prepared.kind is StepKind.CHANGE:
            # The az commands of a rollback are all of one app; those of other platforms may each be of another.
            if not confirmed or hasattr(prepared.native, "platform"):
                prepared = await runner.survey(prepared)
                confirmed = prepared.confirmed
            # Activating changes no traffic: whoever agrees to the whole agrees to it as it stands now.
            held = confirmed if prepared.native else ""
        previews.append(replace(prepared, confirmed=held))
    return RollbackPlan(proposal, runbook, procedure, tuple(previews))


@dataclass(frozen=True, slots=True)
class ProposeAnew:
    """The traffic moved while a rollback was on the screen: what it was about is not so any more."""

    application: Application
    moved: str


class AskRollback(Confirmation[Mapping[int, Prepared] | ProposeAnew]):
    """The answer names the steps that were shown and may go on by themselves.

    It is kept live: `look` gives the app as it was read last, and once the traffic moved, Enter proposes anew instead.
    """

    AUTO_FOCUS = ""
    what = "Roll back"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(ROLLBACK)

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        plan: RollbackPlan,
        application: Application,
        *,
        moved: str = "",
        look: Callable[[], Application | None] = lambda: None,
        author: str = "",
    ) -> None:
        """`author` is who made the revision to leave, by the record. `moved`: what changed since it was proposed
        before, "" the first time."""
        super().__init__(place, time)
        self._plan, self._application, self._look, self._moved = plan, application, look, moved
        self._author = author
        self.runnable = not plan.trouble
        self._anew: ProposeAnew | None = None
        self._name_keys()

    def _name_keys(self) -> None:
        starts = "enter proposes again · " if self._anew else "enter starts · " if self.runnable else ""
        self.keys = f"{starts}esc leaves · d difference · o the runbook"

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")

    def on_mount(self) -> None:
        self.look_again()
        self.set_interval(LIVE, self.look_again)

    def look_again(self) -> None:
        """Anew each second: how long ago it was deployed goes on while somebody reads, and the traffic may move."""
        application = self._look()
        moved = describe_moved_traffic(self._application, application) if application else ""
        before, self._anew = self._anew, ProposeAnew(application, moved) if application and moved else None
        if (before is None) is not (self._anew is None):
            self.mean_otherwise()
        self._name_keys()
        self.draw()

    def draw(self) -> None:
        self.query_one("#act", Lines).show(*self._describe_rollback())

    def _describe_rollback(self) -> list[list[Piece]]:
        proposal, plan = self._plan.proposal, self._plan
        rows_moved = self._render_moved()
        rows = list(rows_moved)
        rows += [row for line in self._from_to() for row in wrap_pieces(line, self.wide, indent=4)]
        rows += render_labelled("evidence", proposal.why, self.wide, tone="muted")
        rows += [] if rows_moved else [[]]  # what was added above must not push the last row out of 24
        steps = "   ".join(f"{item.step.ordinal} {item.step.title}" for item in plan.by_itself)
        rows += wrap_pieces([(steps, "strong")], self.wide, most=3)
        for prepared in plan.on_their_own:
            rows += wrap_pieces(
                [(f"{prepared.step.ordinal} {prepared.step.title}", ""), (": offered afterwards", "muted")],
                self.wide,
                most=1,
            )
        changes = [item for item in plan.by_itself if item.kind is StepKind.CHANGE]
        for index, prepared in enumerate(changes):
            rows += render_labelled("" if index else "runs", prepared.as_run, self.wide)
        meets = dict.fromkeys(sentence for change in changes for sentence in change.meets)
        if not self._anew:  # what was met then is not so any more, and the row above says what is
            rows += [row for meet in meets for row in render_labelled("state now", meet, self.wide)]
        values_by_name = {value.name: value.shown for value in proposal.values} | {
            value.name: value.shown for preview in plan.previews for value in preview.values if value.value is not None
        }
        undo = undo_of(changes[-1], values_by_name) if changes else ""
        rows += render_labelled("undo", undo or "the document names none", self.wide)
        minded = dict.fromkeys(notice for change in changes for notice in change.notices)
        for sentence in (*minded, *proposal.cautions, *map(strip_warning, plan.procedure.warnings)):
            rows += render_labelled("caution", sentence, self.wide, tone="warn")
        return rows + render_labelled("cannot run", plan.trouble, self.wide, tone="bad") if plan.trouble else rows

    def _render_moved(self) -> list[list[Piece]]:
        if self._anew:
            sentence = f"{self._anew.moved} {begin_with_key(self.name_key('enter'))} proposes a rollback from there."
            return render_labelled("moved", sentence, self.wide, tone="bad")
        if not self._moved:
            return []
        return render_labelled("moved", f"{self._moved} A new proposal.", self.wide, tone="warn")

    def _from_to(self) -> list[list[Piece]]:
        bad, good = self._plan.proposal.bad, self._plan.proposal.good
        assert bad is not None
        assert good is not None
        age = f"   {format_age((self.time.now() - good.created).total_seconds())} old" if good.created else ""
        author = self._author or find_author(self._application, bad)  # who moved the traffic since has deployed nothing
        by = f" by {author}" if author else ""
        deployed = (
            f"deployed {format_age((self.time.now() - bad.created).total_seconds())} ago{by}" if bad.created else ""
        )
        return [
            [
                (_name_with_number(bad), "bad"),
                (f"   {bad.weight} %  {judge_revision(bad).word.lower()}   {deployed}", "muted"),
            ],
            [
                ("  → ", "info"),
                (_name_with_number(good), "good"),
                (f"   {'active' if good.active else 'inactive'}{age}   image {short_image(good.image)}", "muted"),
            ],
        ]

    def decide(self) -> Callable[[], Mapping[int, Prepared] | ProposeAnew] | None:
        if anew := self._anew:
            return lambda: anew
        if self._plan.trouble:
            self.say(self._plan.trouble, "bad")
            return None
        agreed = {prepared.step.ordinal: prepared for prepared in self._plan.by_itself}
        return lambda: agreed

    def action_difference(self) -> None:
        bad, good = self._plan.proposal.bad, self._plan.proposal.good
        if bad is not None and good is not None:
            self.app.push_screen(Difference(self.place, self.time, bad, good))

    def action_document(self) -> None:
        self.app.push_screen(DocumentScreen(self._plan.runbook, self._plan.procedure.line))


def _name_with_number(revision: Revision) -> str:
    return revision.name if revision.number is None else f"#{revision.number} {revision.name}"


# The menu of a revision: what can be done with it.


LOOK = "only look"


class RevisionMenu(Dialog[RevisionChoice]):
    """Shows `revision`, as it was at the key press, and asks what to do with it."""

    AUTO_FOCUS = "Choice"
    keys = "↑ ↓ chooses · enter opens it; nothing runs yet · esc leaves"

    def __init__(self, place: DialogContext, time: Time, application: Application, revision: Revision) -> None:
        super().__init__(place, time)
        self.what = "Revision"
        self._wishes = find_kind(application).list_choices(application, revision)
        self._revision = revision

    def fields(self) -> ComposeResult:
        with VerticalScroll(id="scroll", classes="label"):
            yield Lines(id="facts")
        yield Choice([(LOOK, ""), *((wish.name, wish.meaning) for wish in self._wishes)], LOOK)

    def on_mount(self) -> None:
        self.query_one("#scroll").can_focus = False
        self.call_after_refresh(self._draw)
        self.set_interval(LIVE, self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        lines = self.query_one("#facts", Lines)
        facts = [
            ("revision", self._revision.name),
            *list_facts(self._revision, Viewer(self.time.now(), self.place.zone)),
        ]
        lines.show(*build_fact_rows(facts, lines.size.width or 70))

    def action_confirm(self) -> None:
        if self.query_one(Choice).chosen == LOOK:
            leave_screen(self)
        else:
            super().action_confirm()

    def decide(self) -> Callable[[], RevisionChoice] | None:
        chosen = self.query_one(Choice).chosen
        wish = next((wish for wish in self._wishes if wish.name == chosen), None)
        return (lambda: wish) if wish else None
