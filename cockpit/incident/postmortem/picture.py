"""The night as a picture: probes, alerts, traffic and people on one axis, as SVG beside the draft and as Mermaid in it.

One set of lanes is made from the events, and both drawings show it, so they cannot tell two stories.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from cockpit.incident.change_dates import is_dated_by_request
from cockpit.incident.impact import (
    A_SECOND,
    describe_unseen_moment,
    is_unseen,
    list_felt_stretches,
    measure_unrecorded_felt,
)
from cockpit.incident.postmortem.remedies import find_impact, find_trigger, shorten_revision
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.postmortem.turning_points import describe_summary, find_turning_points
from cockpit.incident.signals import find_beginning, find_unseen_before, read_flap, says_bad
from cockpit.model.alert import AlertState
from cockpit.model.event import Event, Kind, describe_unseen, join_alert_events, map_of, text_of
from cockpit.model.incident import Incident, RecordingBreak, weigh_length
from cockpit.model.probe import ProbeState
from cockpit.model.text import clean_line
from cockpit.model.time import format_duration
from cockpit.recorder.last_recorded import FLAPPING
from cockpit.recorder.recording_breaks import find_record_end, list_unrecorded, measure_unrecorded

LEAST_PAD = timedelta(seconds=20)  # before and after what matters
SHARE_BEFORE, SHARE_AFTER = 0.12, 0.5  # of the impact, shown before and after it
SHORTEST = timedelta(seconds=1)  # that a chart of whole seconds can draw beside another one
MOST_BARS = 12  # lanes of one section; more is counted, not drawn
MOST_MARKS = 24
MOST_SPANS = 8  # bars of one lane
FINEST = 200  # parts of the whole window: what is narrower is not seen
LONGEST_LABEL = 80  # characters
USUAL = 2
TELLING: Mapping[str, int] = {
    Kind.DECLARE: 0,
    Kind.RESOLVE: 0,
    Kind.STATUS: 1,
    Kind.SEVERITY: 1,
    Kind.TRAFFIC: 1,
    Kind.DECISION: 1,
    Kind.UPDATE: 3,
    Kind.ROLE: 3,
    Kind.GAP: 4,  # a lane of its own shows it
    Kind.RECORDER: 4,
}  # which turning points are drawn where not all have room, the least first; else USUAL
PEOPLE_KINDS = frozenset(
    {Kind.DECLARE, Kind.ACK, Kind.ROLE, Kind.DECISION, Kind.STATUS, Kind.SEVERITY, Kind.RESOLVE, Kind.UPDATE,
     Kind.FREEZE, Kind.RUN, Kind.STEP, Kind.NOTE, Kind.PAGE}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureBar:
    """A stretch of time in a lane. `tone`: bad, unsure, alert, traffic, traffic-2.

    `goes_on`: it ends where the record does, and not by itself. `began_before`: it was so already where its bar begins.
    """

    start: datetime
    end: datetime
    text: str
    tone: str
    goes_on: bool = False
    began_before: bool = False

    @property
    def caption(self) -> str:
        """`fired, began before, goes on`."""
        ends = (", began before" if self.began_before else "", ", goes on" if self.goes_on else "")
        return f"{self.text}{''.join(ends)}"


@dataclass(frozen=True, slots=True)
class PictureLane:
    section: str
    title: str
    bars: tuple[PictureBar, ...]


@dataclass(frozen=True, slots=True)
class PictureMark:
    """A turning point; `number` stands in the drawing and in the list below it."""

    number: int
    at: datetime
    text: str
    person: bool


@dataclass(frozen=True, slots=True)
class IncidentPicture:
    """`impact` are the stretches in which users felt it, as far as they lie in the window; `cut` says what is not in
    it, or not as it is drawn."""

    title: str
    start: datetime
    end: datetime
    impact: tuple[PictureBar, ...]
    lanes: tuple[PictureLane, ...]
    marks: tuple[PictureMark, ...]
    cut: tuple[str, ...] = ()


def build_picture(
    incident: Incident,
    events: Sequence[Event],
    face: TimeFace,
    now: datetime,
    recorded_until: datetime | None = None,
) -> IncidentPicture:
    """`events` are those of the incident that stand, in the order in which they happened; `recorded_until` is the end
    of the record where nobody records now."""
    start, end = _choose_window(incident, events, now)
    # Nothing is drawn of what nobody has seen yet, nor of what came after the end: the record of it ends there.
    seen_until = min(end, max(now, start))
    recorded_until = recorded_until or find_record_end(events)
    until = max(start, min(moment for moment in (seen_until, incident.resolved, recorded_until) if moment))
    begin, over = find_impact(incident)
    lanes = (
        *_list_probe_lanes(events, incident.breaks, start, until),
        *_list_alert_lanes(events, start, until),
        *_list_traffic_lanes(events, start, until),
        *_list_break_lanes(incident, start, min(seen_until, incident.resolved or seen_until), recorded_until),
    )
    turning = find_turning_points(incident, events)
    joined = join_alert_events(events, incident.pins)  # a storm is one mark: else it leaves no room for what people did
    points = [event for event in joined if event.id in turning and start <= event.occurred <= end]
    marks = [
        PictureMark(number, event.occurred, _label_mark(event, events, face), event.kind in PEOPLE_KINDS)
        for number, event in enumerate(_choose_points(points), start=1)
    ]
    cut = []
    early = [event.occurred for event in joined if event.id in turning and event.occurred < start]
    if early:
        count = "1 turning point lies" if len(early) == 1 else f"{len(early)} turning points lie"
        cut.append(f"{count} before this picture, from {face.utc(min(early))} on; the timeline has them")
    if len(points) > MOST_MARKS:
        cut.append(f"{len(points) - MOST_MARKS} more turning points are in the timeline")
    if incident.resolved is not None and incident.resolved > end:
        cut.append(f"resolved at {face.utc(incident.resolved)}, after the end of this picture")
    if over is None and incident.unheld is not None:
        over = incident.unheld.start
        cut.append(f"all well since {face.utc(over)}, not for two minutes yet")
    stretches = list_felt_stretches(incident, begin, max(over or now, begin))
    impact = tuple(
        _mark_unseen(
            PictureBar(min(max(since, start), seen_until), min(max(passed, start), seen_until), "users feel it", "bad"),
            is_unseen(incident, since),
            is_unseen(incident, passed) or measure_unrecorded_felt(incident, since, passed) >= A_SECOND,
        )
        for since, passed in stretches
    )
    cut += [
        f"users felt it {'no more ' if moment == passed else ''}from {face.utc(moment)} on{unseen}"
        for since, passed in stretches
        for moment in (since, passed)
        if (unseen := describe_unseen_moment(incident, moment))
    ]
    unrecorded = measure_unrecorded_felt(incident, begin, max(over or now, begin))
    if unrecorded >= A_SECOND:
        cut.append(
            f"nobody recorded for {format_duration(unrecorded)} of the time in which users felt it, as far as is known"
        )
    return IncidentPicture(incident.title, start, end, impact, lanes, tuple(marks), tuple(cut))


def _choose_points(points: Sequence[Event]) -> list[Event]:
    """Those that have room, in their order: how it ended is not left out for what was said on the way."""
    ranked = sorted(points, key=lambda event: (TELLING.get(event.kind, USUAL), event.occurred))
    kept = {event.id for event in ranked[:MOST_MARKS]}
    return [event for event in points if event.id in kept]


def _choose_window(incident: Incident, events: Sequence[Event], now: datetime) -> tuple[datetime, datetime]:
    """The impact with what led to it and what followed. A resolution hours later would squeeze all else into a line."""
    begin, over = find_impact(incident)
    over = max(over or now, begin + timedelta(seconds=1))
    length = over - begin
    before, after = max(length * SHARE_BEFORE, LEAST_PAD), max(length * SHARE_AFTER, LEAST_PAD)
    change = find_trigger(events, begin)
    first = min(
        [begin, *([change.occurred] if change and begin - change.occurred <= length + timedelta(minutes=5) else [])]
    )
    acts = [
        event.occurred for event in events if event.actor and over < event.occurred <= over + length * 2 + LEAST_PAD
    ]
    return first - before, max([over, *acts]) + after


@dataclass(frozen=True, slots=True)
class _ProbeSpan:
    """A stretch in which a probe was bad, and which of its ends nobody saw."""

    bar: PictureBar
    is_begin_unseen: bool
    is_end_unseen: bool

    def mark(self) -> PictureBar:
        return _mark_unseen(self.bar, self.is_begin_unseen, self.is_end_unseen)


def _list_probe_lanes(
    events: Sequence[Event], breaks: Sequence[RecordingBreak], start: datetime, end: datetime
) -> list[PictureLane]:
    def is_broken(bar: PictureBar) -> bool:
        """Whether nobody recorded in the middle of it: it may have been well then."""
        return measure_unrecorded(breaks, bar.start, bar.end) >= A_SECOND

    def end_by(span: _ProbeSpan, moment: datetime) -> _ProbeSpan:
        """What was bad already when it began to flap is so until then; that moment was seen."""
        if span.bar.tone == "bad" or span.bar.end <= moment:
            return span
        bar = replace(span.bar, end=moment)
        return replace(span, bar=bar, is_end_unseen=is_broken(bar))

    spans: dict[str, list[_ProbeSpan]] = {}
    open_bars: dict[str, tuple[datetime, str]] = {}
    unseen: set[str] = set()  # those of which only a look after a break of the record dates the beginning
    for event in events:
        if event.kind != Kind.PROBE:
            continue
        is_bad = says_bad(event.kind, event.detail)
        if is_bad is None:  # what is not seen any more is bad until it is seen to be well, as in every length
            continue
        begin = find_beginning(event) if is_bad else event.occurred
        if (running := open_bars.pop(event.subject, None)) is not None:
            bar = _build_probe_bar(running, max(begin, running[0]))
            is_end_unseen = is_broken(bar) or (not is_bad and bool(describe_unseen(event)))
            spans.setdefault(event.subject, []).append(_ProbeSpan(bar, event.subject in unseen, is_end_unseen))
        unseen.discard(event.subject)
        if is_bad and describe_unseen(event):
            unseen.add(event.subject)
        if is_bad:
            state = text_of(event.detail, "state")
            if state == FLAPPING:  # its first failures had bars of their own until it was noticed that it flaps
                spans[event.subject] = [
                    end_by(span, begin)
                    for span in spans.get(event.subject, [])
                    if span.bar.tone == "bad" or span.bar.start < begin
                ]
                first, begin = begin, max([begin, *(span.bar.end for span in spans[event.subject])])
                flap = read_flap(event.detail)
                if flap is not None and begin == first and find_unseen_before(events, event.subject, flap):
                    unseen.add(event.subject)
            open_bars[event.subject] = (begin, state)
    for name, running in open_bars.items():
        bar = _build_probe_bar(running, end)
        spans.setdefault(name, []).append(_ProbeSpan(bar, name in unseen, is_broken(bar)))
    bars = {name: join_bars(span.mark() for span in own) for name, own in spans.items()}
    return _fit_lanes("Probes", bars, start, end)


def _build_probe_bar(running: tuple[datetime, str], end: datetime) -> PictureBar:
    since, state = running
    return PictureBar(since, end, state, "bad" if state == ProbeState.DOWN else "unsure")


LONGER_OR_SHORTER = {"": "", "at least ": ", or longer", "at most ": ", or shorter", "about ": ", or longer or shorter"}
"""Behind the words of a bar, by what stands in front of its length."""


def _mark_unseen(bar: PictureBar, is_begin_unseen: bool, is_end_unseen: bool) -> PictureBar:
    """What only a look after a break of the record dates may have been so before that."""
    return replace(bar, text=f"{bar.text}{LONGER_OR_SHORTER[weigh_length(is_begin_unseen, is_end_unseen)]}")


def join_bars(bars: Iterable[PictureBar]) -> list[PictureBar]:
    """Bars of one state that touch are one."""
    result: list[PictureBar] = []
    for bar in bars:
        last = result[-1] if result else None
        if last and last.end == bar.start and (last.text, last.tone) == (bar.text, bar.tone):
            result[-1] = replace(last, end=bar.end)
        else:
            result.append(bar)
    return result


def _list_alert_lanes(events: Iterable[Event], start: datetime, end: datetime) -> list[PictureLane]:
    spans: dict[str, list[PictureBar]] = {}
    firing: dict[str, datetime] = {}
    unseen: set[str] = set()  # those of which only a look after a break of the record dates the beginning
    names: dict[str, str] = {}
    for event in events:
        if event.kind != Kind.ALERT:
            continue
        names[event.subject] = text_of(event.detail, "name") or names.get(event.subject, event.subject)
        state = text_of(event.detail, "state")
        is_seen_late = bool(describe_unseen(event))
        if state == AlertState.FIRING and event.subject not in firing:
            firing[event.subject] = event.occurred
            (unseen.add if is_seen_late else unseen.discard)(event.subject)
        elif state == AlertState.RESOLVED and event.subject in firing:
            bar = PictureBar(firing.pop(event.subject), event.occurred, "fired", "alert")
            spans.setdefault(event.subject, []).append(_mark_unseen(bar, event.subject in unseen, is_seen_late))
    for key, since in firing.items():
        spans.setdefault(key, []).append(_mark_unseen(PictureBar(since, end, "fired", "alert"), key in unseen, False))
    lanes: dict[str, list[PictureBar]] = {}
    for key, bars in spans.items():
        lanes.setdefault(names[key], []).extend(bars)
    merged = {name: merge_bars(bars, (end - start) / FINEST) for name, bars in lanes.items()}
    return _fit_lanes("Alerts", merged, start, end)


def merge_bars(bars: Sequence[PictureBar], gap: timedelta) -> list[PictureBar]:
    """The bars of all instances of one alert as few: those that overlap, or lie so near that no drawing shows the gap,
    are one. Where there are still too many, wider gaps are closed."""
    result: list[PictureBar] = []
    for bar in sorted(bars, key=lambda bar: bar.start):
        if result and bar.start <= result[-1].end + gap:
            result[-1] = replace(result[-1], end=max(result[-1].end, bar.end))
        else:
            result.append(bar)
    return result if len(result) <= MOST_SPANS else merge_bars(result, max(gap, timedelta(seconds=1)) * 2)


def _list_traffic_lanes(events: Sequence[Event], start: datetime, end: datetime) -> list[PictureLane]:
    """Who had the traffic of each app: one bar for each share."""
    shares: dict[str, list[tuple[datetime, Mapping[str, object]]]] = {}
    begun_unseen: set[str] = set()  # those of which the first look says who had it then, and of since when nothing
    for event in events:
        if event.kind == Kind.TRAFFIC:
            moves = shares.setdefault(event.subject, [(min(start, event.occurred), map_of(event.detail, "before"))])
            # What was only asked for is drawn from when it was seen: who had the traffic in between is not known.
            seen = event.recorded if is_dated_by_request(event, events) else event.occurred
            moves.append((seen, map_of(event.detail, "after")))
        elif event.kind == Kind.REVISION and text_of(event.detail, "what") == "baseline":
            if event.subject not in shares:
                begun_unseen.add(event.subject)
            shares.setdefault(event.subject, []).append((event.occurred, map_of(event.detail, "traffic")))
    lanes = {}
    for app, moves in shares.items():
        ends = [moment for moment, _ in moves[1:]] + [end]
        labels = [_label_traffic(app, traffic) for _, traffic in moves]
        tones = {label: ("traffic", "traffic-2")[number % 2] for number, label in enumerate(dict.fromkeys(labels))}
        bars = [
            PictureBar(since, until, label, tones[label])
            for (since, _), until, label in zip(moves, ends, labels, strict=True)
            if since < until and label
        ]
        if bars and app in begun_unseen and bars[0].start > start:
            bars[0] = _mark_unseen(bars[0], True, False)
        lanes[app] = join_bars(replace(bar, began_before=bar.start <= start) for bar in bars)
    return _fit_lanes("Traffic", lanes, start, end)


def _list_break_lanes(
    incident: Incident, start: datetime, end: datetime, recorded_until: datetime | None
) -> list[PictureLane]:
    """When nobody recorded: what the other lanes show there is not known."""
    unrecorded = list_unrecorded(incident.breaks, incident.reach_from, end, recorded_until)
    bars = [PictureBar(item.begin, item.end, "nobody recorded", "unsure") for item in unrecorded]
    return _fit_lanes("Record", {"breaks": bars}, start, end)


def _label_traffic(app: str, traffic: Mapping[str, object]) -> str:
    return ", ".join(
        f"{shorten_revision(name, app)} {weight} %"
        for name, weight in traffic.items()
        if isinstance(weight, int) and weight
    )


def _fit_lanes(
    section: str, spans: Mapping[str, Sequence[PictureBar]], start: datetime, end: datetime
) -> list[PictureLane]:
    """What lies in the window, the lane that began first on top."""
    lanes = []
    for title, bars in spans.items():
        inside = tuple(
            replace(
                bar,
                start=max(bar.start, start),
                end=min(max(bar.end, bar.start), end),
                goes_on=bar.end >= end,
                began_before=bar.began_before or bar.start < start,
            )
            for bar in bars
            if bar.start < end and bar.end > start
        )
        if inside:
            lanes.append(PictureLane(section, title, inside))
    lanes.sort(key=lambda lane: (lane.bars[0].start, lane.title))
    return lanes[:MOST_BARS]


def _label_mark(event: Event, events: Sequence[Event], face: TimeFace) -> str:
    text = clean_line(describe_summary(event))
    if is_dated_by_request(event, events):
        text = f"asked for: {text}"
    who = f" ({event.actor})" if event.actor and event.actor not in text else ""
    return f"{face.utc(event.occurred)} {_shorten(text, LONGEST_LABEL)}{who}"


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


# Mermaid: a Gantt chart, which GitHub, GitLab and most wikis draw.

LABEL_TIME = re.compile(r"^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d ")  # where the mark is says that already
UNSAFE = re.compile(r"[^A-Za-z0-9 .,_()/+*=<>!?%-]")


def render_mermaid(picture: IncidentPicture) -> str:
    """The inside of a ```mermaid block; a bar has at least a second, or it would not be drawn."""
    lines = ["gantt", "    dateFormat YYYY-MM-DD HH:mm:ss", "    axisFormat %H:%M:%S"]
    felt = [_render_task(bar.caption, bar.start, bar.end, "crit") for bar in picture.impact]
    lines += ["    section Impact", *felt]
    section = ""
    for lane in picture.lanes:
        if lane.section != section:
            section = lane.section
            lines.append(f"    section {section}")
        tags = {"bad": "crit", "unsure": "active", "alert": "active", "traffic": "done", "traffic-2": "active"}
        bars = [bar for bar in lane.bars if section != "Traffic" or bar.end - bar.start >= SHORTEST]
        lines += [_render_task(f"{lane.title} {bar.caption}", bar.start, bar.end, tags[bar.tone]) for bar in bars]
    for section, person in (("Changes", False), ("People", True)):
        marks = [mark for mark in picture.marks if mark.person is person]
        if marks:
            lines.append(f"    section {section}")
            lines += [_render_milestone(mark) for mark in marks]
    return "\n".join(lines)


def _render_task(text: str, start: datetime, end: datetime, tag: str) -> str:
    end = max(end, start + timedelta(seconds=1))
    return f"    {_clean_task(text)} :{tag}, {_format_moment(start)}, {_format_moment(end)}"


def _render_milestone(mark: PictureMark) -> str:
    return f"    {_clean_task(LABEL_TIME.sub('', mark.text))} :milestone, {_format_moment(mark.at)}, 0s"


def _clean_task(text: str) -> str:
    """Only what the chart's grammar takes for words: a colon would end the name."""
    plain = " ".join(UNSAFE.sub(" ", text).replace("--", " ").replace("%%", "%").split())
    return _shorten(plain, LONGEST_LABEL).replace("…", "...") or "unnamed"


def _format_moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


# SVG: text that any browser and wiki shows, on a white ground so that a dark page does not swallow it.

WIDTH, LEFT, RIGHT, TOP = 1000, 190, 24, 64
ROW, BAR = 24, 16
FONT = "font-family='system-ui, Segoe UI, Helvetica, Arial, sans-serif'"
TONES = {
    "bad": ("#c62828", "#ffffff"),
    "unsure": ("#ef8f00", "#1f1f1f"),
    "alert": ("#ffcc80", "#1f1f1f"),
    "traffic": ("#90caf9", "#1f1f1f"),
    "traffic-2": ("#1565c0", "#ffffff"),
}
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)  # seconds between ticks
MOST_TICKS = 10
LETTER = 6.6  # pixels, of the small font
BEGAN_BEFORE, GOES_ON = "◂", "▸"
SIGNATURE = "cockpit:picture"


def render_svg(picture: IncidentPicture, incident: str, face: TimeFace) -> str:
    """A whole SVG document; its first comment says of which incident it is."""
    span = max((picture.end - picture.start).total_seconds(), 1)

    def x_of(moment: datetime) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (moment - picture.start).total_seconds() / span

    body: list[str] = []
    y = float(TOP)
    section = ""
    for lane in picture.lanes:
        if lane.section != section:
            section = lane.section
            body.append(_draw_text(12, y + 14, section, "#555555", weight="bold"))
            y += ROW
        body.append(_draw_text(24, y + 13, _cut(lane.title, LEFT - 36), "#1f1f1f"))
        for bar in lane.bars:
            body.append(_draw_bar(bar, x_of(bar.start), x_of(bar.end), y))
        y += ROW
    y, marks = _draw_marks(picture.marks, x_of, y)
    axis_end = y
    y += 26
    body += marks
    for line in (*(f"{mark.number}  {mark.text}" for mark in picture.marks), *picture.cut):
        body.append(_draw_text(24, y, line, "#1f1f1f"))
        y += 18
    height = int(y + 10)
    shade = "".join(
        f"<rect x='{x_of(bar.start):.1f}' y='{TOP - 8}' width='{max(x_of(bar.end) - x_of(bar.start), 1):.1f}' "
        f"height='{axis_end - TOP + 8:.1f}' fill='#fdecea'/>"
        for bar in picture.impact
    )
    head = _draw_head(picture, face)
    return "\n".join(
        [
            f"<!-- {SIGNATURE} {re.sub(r'[^A-Za-z0-9-]', '', incident)} -->",
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' "
            f"height='{height}' role='img' aria-label={quoteattr(_legible(picture.title))}>",
            f"<title>{escape(_legible(picture.title))}</title>",
            f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
            shade,
            *_draw_axis(picture, x_of, axis_end),
            *head,
            *body,
            "</svg>",
            "",
        ]
    )


def _draw_head(picture: IncidentPicture, face: TimeFace) -> list[str]:
    zone = "UTC" if face.is_utc else f"UTC; the left edge is {face.local(picture.start)} {face.zone_name}"
    day = f"{picture.start.astimezone(UTC):%Y-%m-%d}, {zone}. Shaded: users felt it."
    bars = [bar for lane in picture.lanes for bar in lane.bars]
    before = f" {BEGAN_BEFORE} began before." if any(bar.began_before for bar in bars) else ""
    after = f" {GOES_ON} goes on, as far as the record tells." if any(bar.goes_on for bar in bars) else ""
    return [
        _draw_text(12, 20, _cut(picture.title, WIDTH - 24, 8.2), "#1f1f1f", size=15, weight="bold"),
        _draw_text(12, 38, f"{day}{before}{after}", "#555555"),
    ]


def _draw_axis(picture: IncidentPicture, x_of: Callable[[datetime], float], bottom: float) -> list[str]:
    seconds = (picture.end - picture.start).total_seconds()
    step = next((step for step in STEPS if seconds / step <= MOST_TICKS), STEPS[-1])
    first = int(picture.start.timestamp() // step + 1) * step
    lines = []
    for stamp in range(first, int(picture.end.timestamp()) + 1, step):
        moment = datetime.fromtimestamp(stamp, UTC)
        x = x_of(moment)
        lines.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{TOP - 8}' y2='{bottom:.1f}' stroke='#dddddd'/>")
        label = f"{moment:%H:%M:%S}" if step < 60 else f"{moment:%H:%M}"
        lines.append(_draw_text(x, TOP - 12, label, "#555555", anchor="middle"))
    return lines


def _draw_bar(bar: PictureBar, left: float, right: float, y: float) -> str:
    ground, ink = TONES[bar.tone]
    width = max(right - left, 2)
    text = _cut(bar.caption, width - 8) if width > len(bar.text[:3]) * LETTER + 8 else ""
    label = _draw_text(left + 4, y + 12.5, text, ink) if text else ""
    # The words of a narrow bar are cut: the arrows beside it stay.
    before = _draw_text(left - 2, y + 12.5, BEGAN_BEFORE, "#555555", anchor="end") if bar.began_before else ""
    after = _draw_text(left + width + 2, y + 12.5, GOES_ON, "#555555") if bar.goes_on else ""
    box = f"<rect x='{left:.1f}' y='{y}' width='{width:.1f}' height='{BAR}' rx='2' fill='{ground}'/>"
    return f"{box}{before}{after}{label}"


def _draw_marks(marks: Sequence[PictureMark], x_of: Callable[[datetime], float], y: float) -> tuple[float, list[str]]:
    """Numbered points in two lanes, what changed and what people did; those that would overlap go one row down."""
    drawn = []
    for section, person, color in (("Changes", False, "#37474f"), ("People", True, "#2e7d32")):
        points = [mark for mark in marks if mark.person is person]
        if not points:
            continue
        drawn.append(_draw_text(12, y + 14, section, "#555555", weight="bold"))
        rows: list[float] = []
        for mark in points:
            x = x_of(mark.at)
            row = next((number for number, last in enumerate(rows) if x - last >= 18), len(rows))
            rows[row : row + 1] = [x]
            center = y + 10 + row * 20
            drawn.append(f"<circle cx='{x:.1f}' cy='{center:.1f}' r='8' fill='{color}'/>")
            drawn.append(_draw_text(x, center + 4, str(mark.number), "#ffffff", anchor="middle", size=10))
        y += max(len(rows), 1) * 20 + 6
    return y, drawn


def _draw_text(
    x: float, y: float, text: str, color: str, *, anchor: str = "start", size: int = 12, weight: str = "normal"
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' fill='{color}' font-size='{size}' font-weight='{weight}' "
        f"text-anchor='{anchor}' {FONT}>{escape(_legible(text))}</text>"
    )


def _cut(text: str, pixels: float, letter: float = LETTER) -> str:
    room = max(int(pixels / letter), 1)
    return text if len(text) <= room else f"{text[: max(room - 1, 1)]}…"


def _legible(text: str) -> str:
    """Only what XML may hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
