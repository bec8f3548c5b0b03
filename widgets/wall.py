"""The wall: what is worth seeing of an environment from three metres."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from cockpit.model.clock import Clock, ClockKind
from cockpit.model.clock_steps import ClockStep, label_step
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.overall import UNSEEN, WORSE, OverallState, Trouble, judge_environment, list_troubles
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import RANK, FeedState, Freshness, Reading
from cockpit.model.severity_scale import find_severity_position
from cockpit.model.time import format_age, format_clock_time, format_elapsed, is_named_utc
from widgets.big import ROWS, is_spellable, measure_big_text, render_big_text
from widgets.cell import Piece, cut_text, measure_pieces, sanitize_line
from widgets.probes import SPARED

DEFAULT = Plan()
UPDATES = frozenset({ClockKind.UPDATE, ClockKind.PROMISE})
TIMES = "×"
FOLDED_FROM = {"probe": 3, "signal": 1_000_000, "revision": 1_000_000}  # of one name or group; of alerts two
EVENTS = 20  # kept; as many are shown as there is room for


@dataclass(frozen=True, slots=True)
class WallView:
    """One environment at one moment. `broken` and `unsure` are names, worst first; `unsure` was read too long ago.

    `unseen` are feeds that cannot be believed, `incomplete` those that reported only a part. `grave`: an incident is
    open here beside which nothing is OK.
    """

    environment: str
    production: bool
    word: OverallState
    broken: tuple[Trouble, ...] = ()
    unsure: tuple[Trouble, ...] = ()
    probes: tuple[int, int] = (0, 0)  # up, and all that are asked now
    feeds: tuple[tuple[str, Freshness], ...] = ()  # the least believable first
    unseen: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    grave: bool = False
    incident: Incident | None = None
    more_incidents: int = 0
    leads: tuple[str, ...] = ()  # who leads that incident
    leaderless: bool = False  # somebody should lead it, and nobody does
    update: Clock | None = None  # when the next update of it is due
    events: tuple[Event, ...] = ()  # the newest, oldest first
    unrecorded: bool = False  # nobody writes down what happens here
    frozen: bool = False  # nothing may be deployed here
    clock_step: ClockStep | None = None  # the clock of the machine was set, lately or while the incident is open


def wall_state(
    environment: str,
    readings: Iterable[Reading[Any]],
    freshness: Mapping[str, Freshness],
    incidents: Sequence[Incident] = (),
    events: Sequence[Event] = (),
    *,
    production: bool = False,
    plan: Plan = DEFAULT,
    clocks: Callable[[Incident], Iterable[Clock]] = lambda incident: (),
    unrecorded: bool = False,
    frozen: bool = False,
    clock_step: ClockStep | None = None,
) -> WallView:
    """What the wall shows of an environment; of several open incidents the gravest, and of those the newest."""
    readings = tuple(readings)
    state = judge_environment(readings, freshness, incidents, plan.severity_scale)
    unsure = [
        trouble for reading in readings if reading.feed in state.unseen for trouble in list_troubles(reading.value)
    ]
    results = [item for reading in readings for item in reading.value or () if isinstance(item, ProbeResult)]
    running = sorted(
        (incident for incident in incidents if incident.open), key=lambda incident: incident.declared, reverse=True
    )
    gravest = min(
        running, key=lambda incident: find_severity_position(plan.severity_scale, incident.severity), default=None
    )
    updates = [clock for clock in clocks(gravest) if clock.kind in UPDATES and not clock.done] if gravest else []
    lead = next((role.name for role in plan.roles if role.lead), "")
    return WallView(
        environment=environment,
        production=production,
        word=state.word,
        broken=state.troubles,
        unsure=tuple(sorted(unsure, key=lambda trouble: -WORSE[trouble.word])),
        probes=(
            sum(result.state is ProbeState.UP for result in results),
            sum(result.state not in SPARED for result in results),
        ),
        feeds=tuple(sorted(freshness.items(), key=lambda pair: -RANK[pair[1].state])),
        unseen=state.unseen,
        incomplete=state.incomplete,
        grave=bool(state.grave),
        incident=gravest,
        leads=gravest.in_role(lead) if gravest else (),
        leaderless=gravest is not None and bool(lead) and not gravest.in_role(lead),
        update=min(updates, key=lambda clock: clock.due or clock.started, default=None),
        more_incidents=max(0, len(running) - 1),
        events=tuple(events)[-EVENTS:],
        unrecorded=unrecorded,
        frozen=frozen,
        clock_step=clock_step,
    )


# The wall as lines of text, decided without a terminal.

Line = tuple[Piece, ...]

TONE = {
    OverallState.OK: "good",
    OverallState.INCIDENT: "bad",
    OverallState.DEGRADED: "warn",
    OverallState.UNKNOWN: "warn",
    OverallState.STALE: "bad",
    OverallState.BLIND: "bad",
    OverallState.DOWN: "bad",
}
GLYPH = {
    OverallState.OK: "●",
    OverallState.INCIDENT: "▲",
    OverallState.DEGRADED: "◐",
    OverallState.UNKNOWN: "◌",
    OverallState.STALE: "◌",
    OverallState.BLIND: "✖",
    OverallState.DOWN: "✖",
}
HOLLOW = "▒"  # the ink of a word that says we cannot see
WIDEST = max(map(str, OverallState), key=measure_big_text)
# (cells per pixel of the word, rows per pixel, cells per pixel of the clock), the largest that fits is taken.
SIZES = ((3, 2, 2), (2, 1, 2), (2, 1, 1), (1, 1, 1))
ROOMY = 34  # rows from which the broken names and the incident are drawn big as well
SPACIOUS = 50
EVENT_COUNT = 3  # shown at least
BEAT = 20  # cells the heart travels


@dataclass(frozen=True, slots=True)
class Frame:
    """Where and when the wall is drawn: the size in cells, the clock, and the seconds its heart has beaten."""

    columns: int
    rows: int
    now: datetime
    zone: tzinfo
    beat: int
    title: str = ""

    def clock_time(self, moment: datetime, *, seconds: bool = False) -> str:
        """As the clock of the wall shows it, with its day where that is another."""
        return format_clock_time(moment, self.zone, self.now.astimezone(self.zone).date(), seconds=seconds)


def paint_wall(view: WallView, frame: Frame, all_views: Sequence[WallView] = ()) -> list[Line]:
    """The lines of the wall. Every part keeps its place whatever the others say: nothing moves but the heart."""
    roomy = frame.rows >= ROOMY
    parts: tuple[tuple[list[Line], int], ...] = (
        (_paint_headline(headline_word(view, all_views), frame), ROWS * _choose_size(frame)[1]),
        (_paint_broken(view, frame, roomy=roomy), ROWS + 3 if roomy else 3),
        (_paint_incident(view, frame, all_views, roomy=roomy), ROWS if roomy else 2),
    )
    head: list[Line] = [_paint_header(view, frame), _paint_environments(view, all_views)]
    foot: list[Line] = [_paint_feeds(view, frame), _paint_heartbeat(frame)]
    spare = frame.rows - len(head) - len(foot) - sum(rows for _, rows in parts) - EVENT_COUNT
    gap = min(max(spare // (len(parts) + 1), 0), 4)
    events = EVENT_COUNT + max(0, spare - gap * (len(parts) + 1))
    parts += ((_paint_events(view, frame)[-events:], events),)
    body = [line for part, rows in parts for line in [*[()] * gap, *part, *[()] * (rows - len(part))]]
    room = max(0, frame.rows - len(head) - len(foot))
    lines = [*head, *[*body, *[()] * room][:room], *foot][: frame.rows]
    return [_cut_line(line, frame.columns) for line in lines]


def _paint_header(view: WallView, frame: Frame) -> Line:
    place = f" {view.environment.upper()} "
    left: list[Piece] = [
        (place, "strong"),
        (" PRODUCTION " if view.production else "", "warn"),
        *((("  nobody records  ", "bad"),) if view.unrecorded else ()),
        *(((f" {label_step(view.clock_step)} ", "warn"),) if view.clock_step else ()),
        *(((" FROZEN ", "warn"),) if view.frozen else ()),
    ]
    local = frame.now.astimezone(frame.zone)
    universal = " " if is_named_utc(local) else f"   {frame.now.astimezone(UTC):%H:%M}Z "
    # What is wrong with the watching itself keeps its room: the name of the system goes first, then the day.
    for day, title in (("%a %d %b ", [(f" {frame.title}", "muted")]), ("%a %d %b ", []), ("", [])):
        right = ((f"{local:{day}%H:%M:%S %Z}", ""), (universal, "muted"))
        line = _spread_apart([*left, *title], right, frame.columns)
        if measure_pieces(line) <= frame.columns:
            break
    return line


def _paint_environments(view: WallView, views: Sequence[WallView]) -> Line:
    """Every environment with its word, so that none is out of sight while another has the wall."""
    if len(views) < 2:
        return ()
    pieces: list[Piece] = []
    for wall_view in views:
        here = "▸" if wall_view.environment == view.environment else " "
        pieces += [
            (f" {here}{wall_view.environment} ", ""),
            (f"{GLYPH[wall_view.word]} {wall_view.word}", TONE[wall_view.word]),
            ("  ", ""),
        ]
    return tuple(pieces)


def _choose_size(frame: Frame) -> tuple[int, int, int]:
    """How large the word and the clock are drawn here; zeros when even the smallest is too wide."""
    for across, down, small in SIZES:
        wide = measure_big_text(WIDEST, across) + measure_big_text("00:00", small) + 4
        if wide <= frame.columns and (down == 1 or frame.rows >= SPACIOUS):
            return across, down, small
    return 0, 0, 0


def headline_word(view: WallView, all_views: Sequence[WallView]) -> OverallState:
    """The word in giant letters: never OK while a grave incident is open in any environment, whose turn it may not be.

    The strip keeps each environment's own word.
    """
    overall_states = [view.word, *(OverallState.INCIDENT for other in all_views if other.grave)]
    return max(overall_states, key=WORSE.__getitem__)


def _paint_headline(state_word: OverallState, frame: Frame) -> list[Line]:
    """The word and the clock, as large as the width allows."""
    tone = TONE[state_word]
    clock = f"{frame.now.astimezone(frame.zone):%H:%M}"
    across, down, small = _choose_size(frame)
    if not across:
        return [((f" {GLYPH[state_word]} {state_word}", tone), (f"   {clock}", "strong"))]
    word = render_big_text(state_word, across, down, HOLLOW if state_word in UNSEEN.values() else "█")
    time = [*render_big_text(clock, small), *[" " * measure_big_text(clock, small)] * (len(word) - ROWS)]
    pairs = zip(word, time, strict=True)
    return [_spread_apart(((f" {left}", tone),), ((f"{right} ", "strong"),), frame.columns) for left, right in pairs]


def _paint_broken(view: WallView, frame: Frame, *, roomy: bool) -> list[Line]:
    """Names only: the worst in the biggest letters, all that fit in two lines of text. First what cannot be seen."""
    hidden = bool(view.unseen)
    unseen = sanitize_line(", ".join(view.unseen))
    unsure = [
        (f"? {sanitize_line(f'{trouble.name} {_tell_number(trouble)}'.strip())}", "stale")
        for trouble in _join_troubles(view.unsure)
    ]
    doubt = "what is marked ? may no longer be true." if unsure else "what it would tell is not known."
    lines: list[Line] = []
    if hidden:
        lines = [((f" {_how_old(view)}: {unseen}; {doubt}", "bad"),)]
    if roomy and hidden:
        lines = [
            *((((f" {row}"), "bad"),) for row in render_big_text(_how_old(view), _choose_pixel_width(frame))),
            *lines,
        ]
    elif roomy:
        lines = _big_names(view.broken, frame)
    if not view.broken and not view.unsure:
        return [*lines, _paint_quiet(view)]
    named = [_get_sign(trouble) for trouble in _mix_kinds(_join_troubles(view.broken))]
    parts = [list(dict.fromkeys(pieces)) for pieces in (named, unsure) if pieces]
    return lines + [line for pieces in parts for line in _flow_pieces(pieces, frame.columns, 2 // len(parts))]


def _join_troubles(troubles: Sequence[Trouble]) -> list[Trouble]:
    """Alerts of one name as one, with their number, and so are several probes of one group: `shop/eu ×4`."""
    keys = [(trouble.kind, _name_together(trouble), trouble.word) for trouble in troubles]
    numbers = Counter(keys)
    joined: dict[object, Trouble] = {}
    for trouble, key in zip(troubles, keys, strict=True):
        if numbers[key] < FOLDED_FROM.get(trouble.kind, 2):
            joined.setdefault((trouble.kind, trouble.name, trouble.word, trouble.about), trouble)
        else:
            joined.setdefault(key, replace(trouble, name=key[1], about=f"{TIMES}{numbers[key]}"))
    return list(joined.values())


def _name_together(trouble: Trouble) -> str:
    """What a trouble is called together with others: an alert by its name, a probe by its group, if it has one."""
    group, _, name = trouble.name.rpartition("/")
    return group if trouble.kind == "probe" and group and name else trouble.name


def _tell_number(trouble: Trouble) -> str:
    return trouble.about if trouble.about.startswith(TIMES) else ""


def _mix_kinds(troubles: Sequence[Trouble]) -> list[Trouble]:
    """Worst first, and of what is equally bad the worst of each kind in turn: a storm of alerts is not left out for the
    tenth probe, nor a probe for the tenth alert."""
    turns = Counter[tuple[str, OverallState]]()
    ranked: list[tuple[int, int, Trouble]] = []
    for trouble in troubles:
        ranked.append((-WORSE[trouble.word], turns[trouble.kind, trouble.word], trouble))
        turns[trouble.kind, trouble.word] += 1
    return [trouble for *_, trouble in sorted(ranked, key=lambda entry: entry[:2])]


def _get_sign(trouble: Trouble) -> Piece:
    """With the sign that it has in its pane, and what tells it from others of its name."""
    name = sanitize_line(f"{trouble.name} {cut_text(trouble.about, 24)}".strip())
    if trouble.kind == "alert":
        waning = trouble.reason.startswith("resolved?")
        return (f"△ {name}", "warn") if waning else (f"▲ {name}", "bad")
    return (f"✖ {name}", "bad") if trouble.kind == "revision" else (f"{GLYPH[trouble.word]} {name}", TONE[trouble.word])


def _how_old(view: WallView) -> str:
    """The age of the oldest answer among the feeds that cannot be believed."""
    ages = [fresh.age for _, fresh in view.feeds if fresh.state in UNSEEN]
    seconds_lists = [seconds for seconds in ages if seconds is not None]
    return f"{format_age(max(seconds_lists))} OLD" if seconds_lists else "NO DATA"


def _choose_pixel_width(frame: Frame) -> int:
    return 2 if frame.rows >= SPACIOUS else 1


def _big_names(broken: Sequence[Trouble], frame: Frame) -> list[Line]:
    """One row of big names: as many as fit, worst first."""
    across = _choose_pixel_width(frame)
    rows: list[list[Piece]] = [[(" ", "")] for _ in range(ROWS)]
    left = frame.columns - 2
    names = dict.fromkeys((trouble.name, trouble.word) for trouble in broken)
    for name, word in names:
        wide = measure_big_text(name, across) + 4 * across
        if not is_spellable(name) or wide > left:
            continue
        left -= wide
        for row, text in zip(rows, render_big_text(name, across), strict=True):
            row.append((text + " " * (4 * across), TONE[word]))
    return [tuple(row) for row in rows] + [()] if left < frame.columns - 2 else []


def _paint_quiet(view: WallView) -> Line:
    up, count = view.probes
    if not view.feeds:
        return ((" Nothing is watched here: the configuration names no probes, apps or alert sources.", "warn"),)
    if view.word is OverallState.OK:
        return (
            (
                f" Nothing watched here is bad. {up} of {count} probes up."
                if count
                else " Nothing watched here is bad.",
                "good",
            ),
        )
    if view.word is OverallState.INCIDENT:
        seen_up = f" {up} of {count} probes up." if count else ""
        return ((f" Nothing watched here is bad.{seen_up} The incident is still open.", "warn"),)
    if view.incomplete:
        partly = sanitize_line(", ".join(view.incomplete))
        return ((f" Nothing known to be broken, but {partly} did not tell everything.", TONE[view.word]),)
    return ((" Nothing known to be broken, and not everything can be seen.", TONE[view.word]),)


def _paint_incident(view: WallView, frame: Frame, all_views: Sequence[WallView], *, roomy: bool) -> list[Line]:
    """The incident of this environment; where it has none, the gravest of another one, which is named."""
    others = [other for other in all_views if other.incident and other.environment != view.environment]
    elsewhere = ""
    if view.incident is None and others:
        others.sort(key=lambda other: not other.grave)
        view, *others = others
        elsewhere = f"{view.environment.upper()}  "
    incident = view.incident
    if incident is None:
        return [((" No incident.", "muted"),)]
    running = incident.open_for(frame.now).total_seconds()
    on_it = f"   on it: {sanitize_line(', '.join(incident.people) or incident.declared_by or 'NOBODY YET')}"
    who: Line = ((f"   led by {sanitize_line(', '.join(view.leads))}", ""),) if view.leads else ((on_it, ""),)
    if view.leaderless:
        who = (("   nobody leads", "bad"), *who)
    more = f"   +{view.more_incidents} more open" if view.more_incidents else ""
    if others:
        more += (
            f"   +{sum(1 + other.more_incidents for other in others)} in {sanitize_line(others[0].environment.upper())}"
        )
        more += " and others" if len(others) > 1 else ""
    drill = "DRILL " if incident.drill else ""
    facts: list[Line] = [
        (
            (sanitize_line(elsewhere), "warn"),
            (f"{drill}{incident.severity_text}  ", "bad"),
            (sanitize_line(incident.title), "strong"),
        ),
        (
            (incident.status.upper(), "info"),
            (f"   {format_elapsed(running)}", "strong"),
            *_paint_next_update(view, frame),
            *who,
            (more, "warn"),
        ),
    ]
    if not roomy:
        return [((" ", ""), *line) for line in facts]
    figure = render_big_text(f"{incident.severity} {format_age(running)}", _choose_pixel_width(frame))
    beside = [(), facts[0], (), facts[1], ()]
    return [((f" {row}   ", "bad"), *line) for row, line in zip(figure, beside, strict=True)]


def _paint_next_update(view: WallView, frame: Frame) -> Line:
    """When the next update is due: the question of everybody who passes by."""
    clock = view.update
    if clock is None or clock.due is None:
        return ()
    late = frame.now >= clock.due
    sentence = f"   update {'was due' if late else 'by'} {frame.clock_time(clock.due)}"
    return ((sentence, "bad" if late else "strong"),)


def _paint_events(view: WallView, frame: Frame) -> list[Line]:
    return [
        ((f" {frame.clock_time(event.occurred, seconds=True)}  ", "muted"), (sanitize_line(event.summary), ""))
        for event in view.events
    ]


def _paint_feeds(view: WallView, frame: Frame) -> Line:
    """The least believable first; the number of those for which there is no room."""
    tones = {FeedState.LIVE: "muted", FeedState.LATE: "warn", FeedState.WAITING: "muted"}
    pieces = [(f"{name} {sanitize_line(fresh.label)}", tones.get(fresh.state, "bad")) for name, fresh in view.feeds]
    return _flow_pieces(pieces, frame.columns, 1)[0]


def _paint_heartbeat(frame: Frame) -> Line:
    """A beat that moves every second: where it stands still, the wall is dead and nothing above it can be believed."""
    index = frame.beat % BEAT
    return (
        (" " + "·" * index, "muted"),
        ("●", "good"),
        ("·" * (BEAT - 1 - index), "muted"),
        ("  alive while this moves", "muted"),
    )


def _flow_pieces(pieces: Sequence[Piece], columns: int, rows: int) -> list[Line]:
    """The pieces side by side over at most `rows` lines, three blanks apart; `+n` for those left out."""
    lines: list[list[Piece]] = [[]]
    for index, (text, tone) in enumerate(pieces):
        short = cut_text(text, columns - 8)
        if lines[-1] and measure_pieces(lines[-1]) + measure_pieces([(short, "")]) + 8 > columns:
            if len(lines) == rows:
                lines[-1].append((f"  +{len(pieces) - index}", "strong"))
                break
            lines.append([])
        lines[-1].append((f" {short}  ", tone))
    return [tuple(line) for line in lines]


def _cut_line(line: Line, columns: int) -> Line:
    """The line, ended with an ellipsis where it is longer than the wall is wide."""
    if measure_pieces(line) <= columns:
        return line
    pieces: list[Piece] = []
    left = columns
    for text, tone in line:
        pieces.append((cut_text(sanitize_line(text), left, middle=False), tone))
        left -= measure_pieces(pieces[-1:])
        if left <= 0:
            break
    return tuple(pieces)


def _spread_apart(left: Sequence[Piece], right: Sequence[Piece], columns: int) -> Line:
    return (*left, (" " * max(1, columns - measure_pieces(left) - measure_pieces(right)), ""), *right)
