"""What the picture of a draft shows, held against what was true of the night: its bars and its marks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from tests.integration.nights.night_draft import read_moments
from tests.integration.nights.night_judge import (
    APPS_LATE,
    BEAT_LATE,
    EXACT,
    SETTLED_LATE,
    DraftJudge,
    list_wells,
    read_impact,
)
from tests.integration.nights.night_truth import NightTruth, cut_spans, name_shares, stated_time

TASK = re.compile(r"^    (?P<text>.+) :(?P<tag>\w+), (?P<times>.+)$")
MARK = re.compile(r">(\d+)  ((?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d) ")


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A stretch, or a mark, which begins and ends in one moment."""

    section: str
    text: str
    start: int
    end: int
    is_mark: bool = False


def read_bars(block: str) -> list[DrawnBar]:
    bars, section = [], ""
    for line in block.splitlines():
        if line.startswith("    section "):
            section = line.removeprefix("    section ")
        elif match := TASK.match(line):
            start, *ends = read_moments(match["times"])
            bars.append(DrawnBar(section, match["text"], start, ends[0] if ends else start, not ends))
    return bars


def join_probe_bars(bars: Sequence[DrawnBar]) -> list[DrawnBar]:
    """Bars of a probe that is down all the while are one, though the words of their ends differ."""
    joined: list[DrawnBar] = []
    for bar in bars:
        last = joined[-1] if joined else None
        if last and "ready down" in last.text and "ready down" in bar.text and last.end == bar.start:
            joined[-1] = replace(last, end=bar.end, text=f"{last.text}, {bar.text}")
        else:
            joined.append(bar)
    return joined


def judge_picture(judge: DraftJudge, blocks: Mapping[str, str], svg: str) -> None:
    bars = read_bars(blocks["picture"])
    bars = join_probe_bars(bars)
    judges = {"Probes": _judge_probe_bar, "Alerts": _judge_alert_bar, "Traffic": _judge_traffic_bar}
    judges |= {"Record": _judge_break_bar, "People": _judge_mark}
    for bar in bars:
        if bar.section in judges:
            judges[bar.section](judge, bar)
    _judge_impact_bars(judge, [bar for bar in bars if bar.section == "Impact"], blocks)
    drawn = {bar.start for bar in bars if bar.is_mark}
    marks = [read_moments(match[2])[0] for match in MARK.finditer(svg)]
    judge.check(set(marks) == drawn, "marks of the drawing", sorted(marks), sorted(drawn))


def _judge_impact_bars(judge: DraftJudge, bars: Sequence[DrawnBar], blocks: Mapping[str, str]) -> None:
    """The stretches that the words tell."""
    _, _, stretches = read_impact(blocks)
    for bar in bars:
        near = [
            (start, over)
            for start, over in stretches
            if abs(bar.start - start) <= EXACT and (over == inf or abs(bar.end - over) <= 2 * EXACT)
        ]
        judge.check(bool(near) or not stretches, "drawn: users felt it", bar, stretches)


def _is_near(second: float, moments: Iterable[float], late: float) -> bool:
    return any(-EXACT <= second - moment <= late for moment in moments)


def _judge_probe_bar(judge: DraftJudge, bar: DrawnBar) -> None:
    truth, end = judge.truth, bar.end
    if "ready down" not in bar.text or end - bar.start <= 2 * EXACT:
        return
    starts, ends = [start for start, _ in truth.bad], [over for _, over in truth.bad]
    is_begun = "or longer" in bar.text or "began before" in bar.text or _is_near(bar.start, starts, SETTLED_LATE)
    judge.check(is_begun, "drawn: ready down from", bar, starts)
    is_over = "or shorter" in bar.text or "goes on" in bar.text or _is_near(end, ends, SETTLED_LATE)
    judge.check(is_over, "drawn: ready down to", bar, ends)
    if "or shorter" not in bar.text:
        wells = list_wells(truth.bad, bar.start + SETTLED_LATE, end - SETTLED_LATE)
        long = [well for well in wells if well[1] - well[0] > 2 * SETTLED_LATE and not truth.overlaps_unwatched(*well)]
        judge.check(not long, "drawn: ready down all the while", bar, long)


def _judge_alert_bar(judge: DraftJudge, bar: DrawnBar) -> None:
    truth, end = judge.truth, bar.end
    spans = [span for name, span in truth.alerts if bar.text.startswith(f"{name} ")]
    is_begun = "began before" in bar.text or _is_near(bar.start, [start for start, _ in spans], EXACT)
    is_begun = is_begun or truth.is_by_wrong_clock(bar.start)
    judge.check(is_begun, "drawn: alert from", bar, spans)
    sure = not ("goes on" in bar.text or "or shorter" in bar.text)
    is_over = any(abs(end - over) <= EXACT for _, over in spans) or any(
        abs(end - moment) <= EXACT for moment in truth.resolutions
    )
    is_over = is_over or truth.is_by_wrong_clock(end)
    judge.check(is_over or not sure or end - bar.start <= EXACT, "drawn: alert to", bar, spans)


def _judge_traffic_bar(judge: DraftJudge, bar: DrawnBar) -> None:
    """In the middle of it the traffic was so."""
    truth = judge.truth
    middle = (bar.start + bar.end) / 2
    blind = [*truth.unwatched, *truth.azure_silent]
    moved = [move for move in truth.moves if middle - APPS_LATE <= move.moved <= middle + EXACT]
    if moved or cut_spans(blind, middle - 2 * APPS_LATE, middle + EXACT):
        return
    shares = find_shares(truth, middle)
    told = set(re.findall(r"r\d+ \d+ %", bar.text))
    true = set(re.findall(r"r\d+ \d+ %", name_shares(shares))) if shares is not None else told
    judge.check(told == true, "drawn: traffic", bar, true)


def find_shares(truth: NightTruth, second: float) -> Mapping[str, int] | None:
    """Who had the traffic then; None where it never moved."""
    before = [move for move in truth.moves if move.moved <= second]
    if before:
        return before[-1].after
    return truth.moves[0].before if truth.moves else None


def _judge_break_bar(judge: DraftJudge, bar: DrawnBar) -> None:
    own = [(-inf, judge.truth.opened[0]), *judge.truth.unwatched]
    near = [
        span
        for span in own
        if (span[0] == -inf or "began before" in bar.text or abs(bar.start - span[0]) <= BEAT_LATE)
        and ("goes on" in bar.text or abs(bar.end - span[1]) <= BEAT_LATE + EXACT)
    ]
    judge.check(bool(near), "drawn: nobody recorded", bar, own)


def _judge_mark(judge: DraftJudge, bar: DrawnBar) -> None:
    truth = judge.truth
    moments = [stated_time(act) for act in truth.acts] + [act.second for act in truth.acts]
    moments += [moment for step in truth.steps for moment in (step.begun, step.ended)]
    is_run = bar.text.startswith(("Roll back", "Look at it"))
    judge.check(is_run or _is_near(bar.start, moments, EXACT), "drawn: an act", bar, moments)
