"""The incident bar: one line that tells the whole story, and a second one for who and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from cockpit.model.clock import Clock
from cockpit.model.clock_steps import ClockStep, label_step
from cockpit.model.incident import Incident, Status, describe_severity
from cockpit.model.operator import Identity
from cockpit.model.plan import Plan
from cockpit.model.response import Freeze
from cockpit.model.time import format_elapsed, is_named_utc
from widgets.cell import Piece, cut_text, measure_pieces
from widgets.clocks import render_brief_clock, render_leaders

NAMED, NARROW, LEAST_NAME = 22, 16, 8  # cells of a clock's words, with room, without, and at least
GAP: Piece = ("   ", "")
TIGHT: Piece = ("  ", "")  # where the title would be cut
STATUS_TONES = {
    Status.INVESTIGATING: "bad",
    Status.IDENTIFIED: "warn",
    Status.MONITORING: "info",
    Status.RESOLVED: "good",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Everything the bar says but the time. `incidents` are the open ones, worst first; `clocks` the most urgent."""

    environment: str = ""
    production: bool = False
    system: str = ""
    incidents: tuple[Incident, ...] = ()
    situation: Piece = ("", "")  # without an incident: how the environment stands
    operator: str = ""
    identity: Identity | None = None
    read_only: bool = False
    recorder: str = ""
    muted: bool = False
    plan: Plan = field(default_factory=Plan)
    clocks: tuple[Clock, ...] = ()
    whose: tuple[str, ...] = ()  # of each clock the letters of its incident, "" where it is the one that is shown
    freeze: Freeze | None = None
    clock_step: ClockStep | None = None  # the clock of the machine was set, lately or while this incident is open
    locations: tuple[str, ...] = ()  # where the apps run, beside the cloud: `context/namespace (cluster)`


def render_bar(bar: Bar, now: datetime, zone: tzinfo, width: int) -> list[list[Piece]]:
    """Under 100 cells one line, and a second one while something is due; from there on always two.

    What is broken is worth more than all else: where its title would be cut the system, blanks and the second clock
    make room, in that order.
    """
    clock = local_time(now, zone)
    if width < 100:
        due, led = _render_due_clocks(bar, now, NARROW), _render_role_holders(bar)[:3]  # the others are a key away
        if not due and not led:
            room = width - len(clock) - 2
            return [spread_pieces(_render_narrow_bar(bar, now, room), [(clock, "muted"), (" ", "")], width)]
        times = [TIGHT if due else (" ", ""), (clock, "muted"), (" ", "")]
        # Who leads and what time it is are worth more than the second clock, and than all of the first one's name.
        if measure_pieces([*led, *due, *times]) >= width:
            due = _render_due_clocks(bar, now, NARROW, most=1)
            over = measure_pieces([*led, *due, *times]) + 1 - width
            due = due if over <= 0 else _render_due_clocks(bar, now, max(LEAST_NAME, NARROW - over), most=1)
        second = [*due, *times]
        return [
            spread_pieces(_render_narrow_bar(bar, now, width - 1), [], width),
            spread_pieces(led, second, width),
        ]
    both = clock if is_named_utc(now.astimezone(zone)) else f"{clock}  {now.astimezone(UTC):%H:%M}Z"
    people, times = _render_people(bar), [(both, "muted"), (" ", "")]
    right = _render_due_clocks(bar, now, NAMED)
    story = _render_fitting_story(bar, now, width - measure_pieces(right) - 1)
    later = _render_clocks(bar, now, NAMED, slice(1, None))
    moves = measure_pieces([*people, *later, GAP, *times]) < width
    if later and moves and measure_pieces([*story, *right]) + 1 >= width:
        right, times = _render_due_clocks(bar, now, NAMED, most=1), [*later, GAP, *times]
        story = _render_fitting_story(bar, now, width - measure_pieces(right) - 1)
    return [spread_pieces(story, [*right, (" ", "")] if right else [], width), spread_pieces(people, times, width)]


def _render_fitting_story(bar: Bar, now: datetime, room: int) -> list[Piece]:
    """The most of the story that has room; where even the least of it has none, its title is cut later."""
    more = _render_more_incidents(bar)
    story = [*_render_story(bar, now, (f" {bar.system}", "")), *more]
    for beside, gap in ((("", ""), GAP), (("", ""), TIGHT)):
        if measure_pieces(story) < room:
            break
        story = [*_render_story(bar, now, beside, gap), *more]
    return story


def render_headline(
    incident: Incident, environment: str, production: bool, now: datetime, zone: tzinfo, width: int
) -> list[Piece]:
    """The first line alone, of one incident, for a screen that is about it; its id where there is room."""
    bar = Bar(environment=environment, production=production, incidents=(incident,))
    id: list[Piece] = [(f"{incident.id}   ", "muted")] if width >= 100 else []
    right: list[Piece] = [(local_time(now, zone), "muted"), (" ", "")]
    story = _render_story(bar, now, ("", ""))
    if measure_pieces([*story, *id, *right]) >= width:  # a title is worth more than an id
        id, story = [], _render_story(bar, now, ("", ""), TIGHT)
    return spread_pieces(story, [*id, *right], width)


def _render_due_clocks(bar: Bar, now: datetime, named: int, most: int | None = None) -> list[Piece]:
    """The most urgent clocks, side by side; before them that nothing may be deployed."""
    banners = [label_step(bar.clock_step)] if bar.clock_step else []
    banners += ["FROZEN"] if bar.freeze else []
    pieces: list[Piece] = [(" · ".join(banners), "warn")] if banners else []
    clocks = _render_clocks(bar, now, named, slice(0, most))
    return [*pieces, *([(" · ", "muted")] if pieces and clocks else []), *clocks]


def _render_clocks(bar: Bar, now: datetime, named: int, which: slice) -> list[Piece]:
    pieces: list[Piece] = []
    for clock, letters in list(zip(bar.clocks, (*bar.whose, *("" for _ in bar.clocks)), strict=False))[which]:
        pieces += [(" · ", "muted")] if pieces else []
        if letters:
            pieces.append((f"{letters} ", "muted"))
        pieces += render_brief_clock(clock, now, named)
    return pieces


def _render_role_holders(bar: Bar) -> list[Piece]:
    """Who holds which role of the worst incident; nothing while none is open."""
    return render_leaders(bar.incidents[0], bar.plan, bar.operator) if bar.incidents else []


def local_time(now: datetime, zone: tzinfo) -> str:
    """`02:26 NZDT`: the wall clock with the zone's own abbreviation."""
    return f"{now.astimezone(zone):%H:%M %Z}"


def _render_narrow_bar(bar: Bar, now: datetime, room: int) -> list[Piece]:
    """The story, what must never be out of sight, and while there is room who acts and in which system."""
    beside = (" read-only", "warn") if bar.read_only else ("", "")
    rest = [*_render_more_incidents(bar), *_render_not_recorded(bar)]
    rest += [GAP, ("bell off", "muted")] if bar.muted else []
    pairs = [*_render_story(bar, now, beside), *rest]
    if measure_pieces(pairs) > room:
        pairs = [*_render_story(bar, now, beside, TIGHT), *rest]
    who = bar.identity.name if bar.identity else bar.operator
    machine = bar.identity is not None and bar.identity.machine
    for index, pieces in ((len(pairs), [GAP, (who, "warn" if machine else "muted")]), (1, [(f" {bar.system}", "")])):
        if measure_pieces(pairs) + measure_pieces(pieces) <= room and pieces[-1][0].strip():
            pairs[index:index] = pieces
    return pairs


def _render_not_recorded(bar: Bar) -> list[Piece]:
    """In few words that what happens is not written down by us; nothing while it is."""
    if not bar.recorder or bar.recorder.startswith("recording") or bar.read_only:
        return []
    lost = bar.recorder.startswith("NOT RECORDED")
    return [GAP, ("NOT RECORDED", "bad") if lost else (bar.recorder.partition(" pid ")[0], "warn")]


def _render_story(bar: Bar, now: datetime, beside: Piece, gap: Piece = GAP) -> list[Piece]:
    """Where, what, how bad, since when; `beside` follows the environment."""
    where: list[Piece] = [(f" {bar.environment.upper()} ", "place" if bar.production else "strong"), beside]
    if not bar.incidents:
        return [*where, GAP, ("No incident", "muted"), (" · " if bar.situation[0] else "", "muted"), bar.situation]
    worst = bar.incidents[0]
    tone = STATUS_TONES[worst.status]
    title = f"DRILL {worst.title}" if worst.drill else worst.title
    return [
        *where,
        gap,
        (f"{describe_severity(worst, bar.plan.severity_scale)} ", "bad" if worst.open else "good"),
        (title, "strong"),
        gap,
        (worst.status.upper(), tone),
        gap,
        (format_elapsed(worst.open_for(now).total_seconds()), "strong"),
    ]


def _render_more_incidents(bar: Bar) -> list[Piece]:
    others = len(bar.incidents) - 1
    return [GAP, (f"+{others} open", "warn")] if others > 0 else []


def _render_people(bar: Bar) -> list[Piece]:
    """Who acts, as whom, and whether what happens is written down."""
    same = bar.identity is not None and bar.identity.name == bar.operator
    pairs: list[Piece] = [*_render_role_holders(bar), GAP] if bar.incidents and bar.plan.roles else []
    pairs += [(" you are ", "muted"), ("" if same else bar.operator or "nobody", "")]
    if bar.incidents and (others := [person for person in bar.incidents[0].people if person != bar.operator]):
        pairs += [GAP, ("with ", "muted"), (", ".join(others), "")]
    if bar.identity:
        pairs += [*([] if same else [GAP]), (bar.identity.label, "warn" if bar.identity.machine else "")]
    if bar.locations:
        pairs += [GAP, (", ".join(bar.locations), "warn" if len(bar.locations) > 1 else "")]
    if bar.read_only:
        pairs += [GAP, ("read-only", "warn")]
    if bar.recorder:
        pairs += [GAP, (bar.recorder, "muted" if bar.recorder.startswith("record") else "bad")]
    return [*pairs, GAP, ("bell off", "muted")] if bar.muted else pairs


def spread_pieces(left: Sequence[Piece], right: Sequence[Piece], width: int) -> list[Piece]:
    """`left` and `right` at the two ends; the longest piece of `left` gives way when there is no room."""
    room = width - measure_pieces(right) - 1
    shortened = list(left)
    over = measure_pieces(left) - room
    if over > 0 and shortened:
        index = max(range(len(shortened)), key=lambda number: measure_pieces([shortened[number]]))
        text, tone = shortened[index]
        shortened[index] = (cut_text(text, max(1, measure_pieces([(text, tone)]) - over), middle=False), tone)
    blank = max(0, width - measure_pieces(shortened) - measure_pieces(right))
    return [*shortened, (" " * blank, ""), *right]
