"""Every time and every length that a draft states, held against what was true of the night."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from tests.integration.nights.night_draft import (
    StatedLength,
    is_unsure,
    read_blocks,
    read_lengths,
    read_moment,
    read_moments,
    read_tables,
)
from tests.integration.nights.night_truth import (
    PAUSE,
    NightTruth,
    Span,
    cut_spans,
    join_spans,
    measure_spans,
    name_shares,
    stated_time,
)
from tests.integration.nights.night_world import APPS_EVERY, LOOKS, PROBE_EVERY

EXACT = 1.0  # seconds: what is written at once is shown in whole ones
PROBE_LATE = PROBE_EVERY * 1.1 + 1.0  # a look that saw it first, at the latest
SETTLED_LATE = PROBE_LATE + LOOKS + 1.0  # and the one that settled it
APPS_LATE = APPS_EVERY * 1.1 + 1.0
LONGEST_LATE = max(SETTLED_LATE, APPS_LATE)
SEEN_AGAIN = 70.0  # a source that failed is asked again after a minute at the latest
BEAT_LATE = 4.0  # a recorder gives a sign of life every two seconds
FIRST_LOOK = 3.0  # after a cockpit was opened
REACH = 1_800.0  # before a declaration belongs to its incident
FELT = ("users felt it", "users felt it again")


@dataclass(slots=True)
class DraftJudge:
    """Collects what is false. `told` counts the statements that were held against the truth."""

    truth: NightTruth
    false: list[str] = field(default_factory=list)
    told: int = 0

    def check(self, is_true: bool, statement: str, told: object, true: object) -> None:
        self.told += 1
        if not is_true:
            self.false.append(f"{statement}: told {told}, true {true}")

    def is_act(self, second: float, *whats: str) -> bool:
        return any(abs(second - moment) <= EXACT for moment in self.truth.list_times(*whats))


def judge_draft(draft: str, truth: NightTruth) -> DraftJudge:
    judge = DraftJudge(truth)
    blocks = read_blocks(draft)
    begin, end, stretches = read_impact(blocks)
    judge_impact(judge, blocks, begin, end, stretches)
    judge_key_times(judge, blocks)
    judge_figures(judge, blocks)
    judge_deadlines(judge, blocks)
    judge_communication(judge, blocks)
    judge_people(judge, blocks)
    judge_alerts(judge, blocks)
    judge_traffic(judge, blocks)
    judge_timeline(judge, blocks)
    judge_breaks(judge, blocks)
    judge_last_changes(judge, blocks, begin)
    judge_summary(judge, blocks)
    judge_any_time(judge, blocks)
    return judge


# What users felt.


def read_impact(blocks: Mapping[str, str]) -> tuple[int | None, int | None, list[tuple[float, float]]]:
    """From when until when users felt it, and in which stretches, as the resolution tells them."""
    text = blocks["impact"].split("Time in each severity")[0]
    moments = read_moments(text.split("(or before")[0]) if "Users felt it from" in text else []
    ends = read_moments(text.partition(" to ")[2]) if " UTC to " in text or ") to " in text else []
    begin = moments[0] if moments else None
    end = ends[0] if ends else None
    stretches = [
        (float(times[0]), float(times[1]) if " on:" not in line.partition(": ")[0] + ":" else inf)
        for line in blocks["resolution"].splitlines()
        if line.startswith("- felt from ") and (times := read_moments(line))
    ]
    if not stretches and begin is not None:
        stretches = [(float(begin), float(end) if end is not None else inf)]
    return begin, end, stretches


def judge_impact(
    judge: DraftJudge, blocks: Mapping[str, str], begin: int | None, end: int | None, stretches: list[Span]
) -> None:
    truth, text = judge.truth, blocks["impact"]
    if begin is None:
        return
    stated = truth.list_times("impact from")
    is_stated = bool(stated) and abs(begin - stated[-1]) <= EXACT
    unsure = "or before" in text
    ended = truth.list_times("impact to")
    if not is_stated:
        judge_beginning(judge, "impact begins", begin, unsure)
    last = end if end is not None else begin
    alerts = [span for _, span in truth.alerts]
    felt_signals = join_spans([*truth.bad, *alerts])
    for number, (start, over) in enumerate(stretches):
        if number or not is_stated:
            judge_beginning(judge, f"stretch {number + 1} begins", start, True)
        is_claimed = over < inf and not (
            "nothing that was recorded says until when" in text and over == stretches[-1][1]
        )
        if is_claimed and not any(abs(over - moment) <= EXACT for moment in ended):
            judge_end(judge, f"stretch {number + 1} ends", over, blocks["resolution"] + text)
    for (_, over), (start, _) in pairwise(stretches):
        missed = [
            span
            for span in cut_spans(truth.bad, over + LONGEST_LATE, start - LONGEST_LATE)
            if span[1] - span[0] > PROBE_LATE and not truth.overlaps_unwatched(*span)
        ]
        judge.check(not missed, f"users felt nothing from {over} to {start}", "a pause", missed)
    for start, over in stretches:
        well = list_wells(felt_signals, start + LONGEST_LATE, min(over, 1e6) - LONGEST_LATE)
        long = [span for span in well if span[1] - span[0] > PAUSE + 2 * LONGEST_LATE]
        broken = [span for span in long if not truth.overlaps_unwatched(*span)]
        judge.check(not broken, f"users felt it all the while from {start} to {over}", "one stretch", broken)
    lengths = read_lengths(text.partition("(")[2]) if "(" in text else []
    lengths = read_lengths(text[text.find(" to ") :]) if end is not None else []
    if lengths:
        judge_length(judge, "impact", lengths[0], begin, last)
        told = sum(over - start for start, over in stretches if over < inf)
        judge.check(
            abs(told - lengths[0].seconds) <= len(stretches) + 1, "impact is the sum of its stretches", lengths[0], told
        )
        judge.check(lengths[0].stretches == len(stretches), "count of stretches", lengths[0].stretches, len(stretches))
    for length in lengths[1:2]:
        if length.weight == "at least":
            judge_length(judge, "impact at the least", length, begin, last)
    summary = next(line for line in blocks["summary"].splitlines() if "How bad, how long" in line)
    if "users felt it for" in summary:
        felt = read_lengths(summary)[0]
        judge.check(bool(lengths) and felt == lengths[0], "summary tells the length of the impact", felt, lengths[:1])


def judge_beginning(judge: DraftJudge, what: str, second: float, unsure: bool) -> None:
    """Users felt it from then: the app had failed them by then, and not for longer than until a look."""
    truth = judge.truth
    starts = [start for start, _ in truth.bad] + [span[0] for name, span in truth.alerts if name == "5xx errors"]
    starts += [move.moved for move in truth.moves] + truth.list_times("reopen")
    near = [start for start in starts if -EXACT <= second - start <= PROBE_LATE]
    near += [span[0] for _, span in truth.alerts if abs(second - span[0]) <= EXACT]  # dated by when it fired
    if not near and unsure:
        near = [start for start, over in truth.bad if start <= second <= over + PROBE_LATE]
    judge.check(bool(near), what, second, [round(start, 1) for start in starts])


def judge_end(judge: DraftJudge, what: str, second: float, text: str) -> None:
    truth = judge.truth
    ends = [over for _, over in truth.bad] + [span[1] for _, span in truth.alerts]
    ends += truth.resolutions + [move.moved for move in truth.moves] + list(truth.health)
    near = [over for over in ends if -EXACT <= second - over <= SETTLED_LATE]
    if not near and is_unsure(text):
        silent = truth.azure_silent
        near = [
            over
            for over in ends
            if over <= second
            and (truth.overlaps_unwatched(over - EXACT, second) or cut_spans(silent, over - EXACT, second))
        ]
    judge.check(bool(near), what, second, [round(over, 1) for over in ends])
    bad = [
        span
        for span in cut_spans(truth.bad, second - EXACT, second + PAUSE)
        if span[0] <= second - EXACT and span[1] > second + PROBE_LATE and not truth.overlaps_unwatched(*span)
    ]
    judge.check(not bad, f"{what}: all was well then", second, bad)


def list_wells(spans: Iterable[Span], begin: float, end: float) -> list[Span]:
    """The parts of a time in which nothing was bad."""
    wells, since = [], begin
    for start, over in cut_spans(spans, begin, end):
        if start > since:
            wells.append((since, start))
        since = max(since, over)
    return [*wells, *([(since, end)] if since < end else [])]


def judge_length(judge: DraftJudge, what: str, length: StatedLength, begin: float, end: float) -> None:
    """How long users felt it, by every way to count it that the definition leaves open."""
    truth = judge.truth
    alerts = [span for _, span in truth.alerts]
    closures = truth.list_closures()
    least = measure_spans(_join_unless_closed(cut_spans(truth.bad, begin, end), PAUSE - LONGEST_LATE, closures))
    most = measure_spans(join_spans(cut_spans([*truth.bad, *alerts], begin, end), PAUSE + 2 * LONGEST_LATE))
    late = LONGEST_LATE * (2 * length.stretches + 1)
    if length.weight in ("", "at most"):
        judge.check(length.seconds >= least - late, f"{what} is long enough", length, round(least))
    if length.weight in ("", "at least"):
        judge.check(length.seconds <= most + late, f"{what} is short enough", length, round(most))


def _join_unless_closed(spans: list[Span], gap: float, closures: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, over in join_spans(spans):
        last = joined[-1] if joined else None
        is_closed = last and any(closed < start and last[1] < opened for closed, opened in closures)
        if last and start - last[1] <= gap and not is_closed:
            joined[-1] = (last[0], max(last[1], over))
        else:
            joined.append((start, over))
    return joined


# Key times and figures.

KEY_ACTS = {
    "declared": ("declare",),
    "acknowledged": ("ack",),
    "first incident commander": ("role",),
    "resolved": ("resolve",),
    "resolved, as was thought": ("resolve",),
    "opened again": ("reopen",),
}


def judge_key_times(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    (rows,) = read_tables(blocks["key-times"])
    for what, time, _, evidence in rows:
        second = read_moment(time)
        name = what.casefold()
        if name in KEY_ACTS:
            moments = truth.list_times(*KEY_ACTS[name])
            if name in ("acknowledged", "first incident commander", "declared"):
                moments = moments[:1]
            judge.check(any(abs(second - moment) <= EXACT for moment in moments), what, second, moments)
        elif name in FELT:
            if not judge.is_act(second, "impact from"):
                judge_beginning(judge, f"key time: {what}", second, "or before" in evidence)
        elif name == "users felt it no more":
            if not judge.is_act(second, "impact to"):
                judge_end(judge, f"key time: {what}", second, evidence)
        elif name == "detected":
            judge_detected(judge, second, evidence)
        elif "change" in name:
            times = list_change_times(truth)
            is_true = is_change_time(truth, second) or (is_unsure(evidence) and min(times) <= second)
            judge.check(is_true, f"key time: {what}", second, times)
        else:
            judge.check(False, "an unknown key time", what, second)


def judge_detected(judge: DraftJudge, second: float, evidence: str) -> None:
    """Something was bad by then, and nobody had noticed before."""
    truth = judge.truth
    spans = [*truth.bad, *(span for _, span in truth.alerts)]
    declared = truth.list_times("declare")[0]
    noticed = [span for span in spans if span[0] - EXACT <= second <= span[1] + SETTLED_LATE]
    judge.check(bool(noticed) or abs(second - declared) <= EXACT, "detected", second, spans)
    watched = [span for span in truth.bad if span[0] < declared]
    if watched and "probe" in evidence:
        first = watched[0][0]
        judge.check(second >= first - EXACT, "detected after it began", second, first)


def list_change_times(truth: NightTruth) -> list[float]:
    times = [move.moved for move in truth.moves] + [created for _, created in truth.created] + list(truth.switched)
    return [*times, *(move.asked for move in truth.moves), *(step.ended for step in truth.steps)]


def is_change_time(truth: NightTruth, second: float) -> bool:
    if truth.is_by_wrong_clock(second):
        return True
    if any(abs(second - moment) <= EXACT for moment in list_change_times(truth)):
        return True
    if any(-EXACT <= second - moment <= LOOKS for moment in truth.health):
        return True
    return any(-EXACT <= second - move.moved <= APPS_LATE for move in truth.moves) or any(
        -EXACT <= second - opened <= FIRST_LOOK for opened in truth.opened
    )


def judge_last_changes(judge: DraftJudge, blocks: Mapping[str, str], begin: int | None) -> None:
    """Nothing else changed between a change that is told as the last and what came after it."""
    truth = judge.truth
    (rows,) = read_tables(blocks["key-times"])
    begins = [read_moment(time) for what, time, *_ in rows if what == "users felt it"]
    for what, time, *_ in rows:
        second = read_moment(time)
        if what == "last change before it" and begins:
            later = [move.moved for move in truth.moves if second + APPS_LATE < move.moved < begins[0] - LONGEST_LATE]
            judge.check(not later, what, second, later)
        elif what == "last change before it was over":
            ends = [read_moment(row[1]) for row in rows if row[0] == "users felt it no more"]
            end = min((moment for moment in ends if moment >= second - LONGEST_LATE), default=second)
            later = [
                move.moved
                for move in truth.moves
                if move.asked > second + EXACT and second + APPS_LATE < move.moved < end - LONGEST_LATE
            ]
            judge.check(not later, what, second, later)


BY_OLD_CLOCK = re.compile(r"^.*(?:by the clock before it was set|the clock of this machine was set).*$", re.MULTILINE)
FLAPPED = re.compile(r"ready was bad (at least )?(\d+) times between (\S+) and (\S+), and was well for (\S+) at most")
WELL = re.compile(r"from (\d\d:\d\d:\d\d) to (\d\d:\d\d:\d\d) \(")


def judge_summary(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    felt = next(line for line in blocks["summary"].splitlines() if "What users felt" in line)
    for match in FLAPPED.finditer(felt):
        begin, end = read_moments(match[3])[0], read_moments(match[4])[0]
        spans = cut_spans(truth.bad, begin - PROBE_LATE, end + EXACT)
        count = int(match[2])
        judge.check(count <= len(spans), "failed so often", (count, begin, end), spans)
        sure = [span for span in spans if span[1] - span[0] > PROBE_LATE] or spans  # a shorter one may not be seen
        gaps = [start - over for (_, over), (start, _) in pairwise(sure)] + [end - begin]
        longest = read_lengths(match[5])[0].seconds
        judge.check(
            longest <= max(gaps, default=0) + PROBE_LATE, "well for so long in between", (longest, begin, end), gaps
        )
    if "all well in between" in felt:
        for match in WELL.finditer(felt.partition("all well in between")[2]):
            begin, end = read_moment(match[1]), read_moment(match[2])
            bad = [
                span
                for span in cut_spans(truth.bad, begin + EXACT, end - PROBE_LATE)
                if span[1] - span[0] > PROBE_LATE and not truth.overlaps_unwatched(*span)
            ]
            judge.check(not bad, "all well in between", (begin, end), bad)


def judge_figures(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    """The figures are the differences of the key times that they name, and the impact of the draft."""
    (rows,) = read_tables(blocks["metrics"])
    (times,) = read_tables(blocks["key-times"])
    moments: dict[str, int] = {}
    for what, time, *_ in times:
        moments.setdefault(what, read_moment(time))
    for name, value, state, *_ in rows:
        lengths = read_lengths(value)
        if not lengths:
            continue
        is_right = state == ("invalid" if lengths[0].seconds < 0 else "recorded")
        judge.check(is_right, f"state of {name}", state, lengths[0])
        begin = moments.get("users felt it", moments["detected"])
        if name.startswith("TTA"):
            expected: float = moments["acknowledged"] - moments["detected"]
        elif name.startswith("TTD"):
            expected = moments["detected"] - begin
        elif name.startswith("TTM"):
            impact = read_lengths(blocks["impact"][blocks["impact"].find(" to ") :])
            expected = impact[0].seconds if impact else -1
        else:
            resolved = judge.truth.resolutions[-1]
            closed = measure_spans(judge.truth.list_closures()[:-1])
            expected = lengths[0].seconds
            judge.check(
                resolved - begin - closed - LONGEST_LATE <= lengths[0].seconds <= resolved - begin + EXACT,
                name,
                lengths[0],
                (resolved - begin, closed),
            )
        judge.check(abs(lengths[0].seconds - expected) <= EXACT, name, lengths[0], expected)
    facts = dict(row for (rows,) in [read_tables(blocks["facts"])] for row in rows)
    acts = judge.truth
    opened = acts.resolutions[-1] - acts.list_times("declare")[0]
    opened -= measure_spans(acts.list_closures()[:-1])
    length = read_lengths(facts["Open for"])[0]
    judge.check(abs(length.seconds - opened) <= 2, "open for", length, round(opened, 1))


# Deadlines, messages, people.

DONE_BY = {"response": ("ack",), "commander": ("role",), "call": ("call",)}
AFTER = {"response": 120, "commander": 240, "update": 360, "client": 480}


def judge_deadlines(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    tables = read_tables(blocks["clocks"])
    for what, _, since, target, actual, state, _ in tables[0] if tables else []:
        start, name = read_moment(since), what.partition(" ")[0]
        judge_start(judge, what, since, start)
        state = state.partition(":")[0].partition(";")[0].strip()
        lengths, moments = read_lengths(target), read_moments(target)
        is_promise = what.startswith("update to ") or "promised" in since
        if name in AFTER and not is_promise and lengths and moments:
            judge.check(lengths[0].seconds == AFTER[name], f"target of {what}", lengths[0], AFTER[name])
            late = moments[0] - start - lengths[0].seconds
            judge.check(late >= -EXACT, f"{what} is due after its time", moments[0], start + lengths[0].seconds)
        done = read_lengths(actual)
        if not done:
            continue
        took = done[0].seconds
        is_early = "before it began" in actual or "before that" in actual
        if name in DONE_BY and "not done" not in actual and not is_early:
            acts = truth.list_times(*DONE_BY[name])
            judge.check(any(abs(act - start - took) <= 2 for act in acts), f"{what} took", took, acts)
        if is_early:
            acts = truth.list_times(*DONE_BY.get(name, ()), "update client", "update team")
            judge.check(any(abs(start - act - took) <= 2 for act in acts), f"{what} done before", took, acts)
        if name in DONE_BY and "not done" in actual:
            acts = truth.list_times(*DONE_BY[name])
            ends = [*truth.resolutions, *(stated_time(act) for act in truth.acts)]
            judge.check(any(abs(end - start - took) <= 2 for end in ends), f"{what} not done in", took, ends)
            inside = [act for act in acts if start + EXACT < act < start + took - EXACT]
            judge.check(not inside or name == "commander", f"{what} not done", took, inside)
        if name in AFTER and "not done" not in actual and not is_early and len(lengths) == 1 and moments:
            limit = moments[0] - start
            judge.check(
                (took <= limit) == (state == "met") or state not in ("met", "missed"), what, (took, state), limit
            )


def judge_start(judge: DraftJudge, what: str, since: str, start: float) -> None:
    truth = judge.truth
    acts = truth.list_times(
        "declare", "severity", "severity corrected", "reopen", "update client", "update team", "resolve"
    )
    acts += truth.list_times("role", "role left", "status", "call", "impact from", "impact to")
    is_act = any(abs(start - act) <= EXACT for act in acts)
    is_signal = any(
        begin - EXACT <= start <= over + SETTLED_LATE
        for begin, over in [*truth.bad, *(span for _, span in truth.alerts)]
    )
    is_run = any(abs(start - step.begun) <= EXACT for step in truth.steps)
    made = [
        *(created for _, created in truth.created),
        *(moment for move in truth.moves for moment in (move.asked, move.moved)),
    ]
    is_made = what == "no-blame rollback window" and any(-EXACT <= start - moment <= LONGEST_LATE for moment in made)
    judge.check(is_act or is_signal or is_run or is_made, f"{what} counted from", since, acts)


def judge_communication(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    tables = read_tables(blocks["communication"])
    sent = sorted((act for act in truth.acts if act.what.startswith("update ")), key=stated_time)
    rows = tables[0] if tables else []
    judge.check(len(rows) == len(sent), "messages", len(rows), len(sent))
    for (time, person, readers, _, promised, kept), act in zip(rows, sent, strict=False):
        judge.check(abs(read_moment(time) - act.moment) <= EXACT, "message sent", time, act.moment)
        judge.check(
            person == act.person and readers == act.what.partition(" ")[2], "message of", (person, readers), act
        )
        if act.promised is None:
            judge.check(not promised, "nothing was promised", promised, None)
            continue
        judge.check(abs(read_moment(promised) - act.promised) <= EXACT, "promised", promised, act.promised)
        later = [item.moment for item in sent if item.what == act.what and item.moment > act.moment]
        if kept.startswith("kept"):
            judge.check(bool(later) and later[0] <= act.promised + EXACT, "promise kept", kept, later)
        elif kept.startswith("broken"):
            judge.check(not later or later[0] >= act.promised - EXACT, "promise broken", kept, later)
        if late := read_lengths(kept):
            judge.check(bool(later) and abs(later[0] - act.promised - late[0].seconds) <= 2, "sent late", kept, later)


def judge_people(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    for rows in read_tables(blocks["people"]):
        for row in rows:
            if len(row) == 5:
                judge.check(judge.is_act(read_moment(row[2]), "role"), "role from", row, truth.list_times("role"))
                if row[3]:
                    judge.check(judge.is_act(read_moment(row[3]), "role left"), "role until", row, None)
            else:
                judge.check(judge.is_act(read_moment(row[0]), "call"), "called", row, truth.list_times("call"))
    (rows, *_) = read_tables(blocks["severity"])
    whats = ("declare", "severity", "severity corrected", "status", "resolve", "reopen")
    for time, change, *_ in rows:
        judge.check(judge.is_act(read_moment(time), *whats), f"severity or status: {change}", time, None)
    judge_severity_times(judge, blocks)


def judge_severity_times(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    """Together they are as long as it was open."""
    text = blocks["impact"].partition("Time in each severity:")[2]
    facts = dict(row for rows in read_tables(blocks["facts"]) for row in rows)
    if text:
        told = sum(length.seconds for length in read_lengths(text))
        judge.check(
            told == read_lengths(facts["Open for"])[0].seconds, "times in the severities", told, facts["Open for"]
        )


# What was recorded.


def judge_alerts(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    truth = judge.truth
    tables = read_tables(blocks["alerts"])
    for name, _, _, _, fired, resolved, _ in tables[0] if tables else []:
        spans = [span for other, span in truth.alerts if other == name.partition(": ")[0]]
        if fired:
            second = read_moment(fired)
            is_true = any(abs(second - start) <= EXACT for start, _ in spans) or truth.is_by_wrong_clock(second)
            judge.check(is_true, f"{name} fired", fired, spans)
        for second in read_moments(resolved) if "unseen" not in resolved else []:
            times = [*(over for _, over in spans), *truth.resolutions]
            is_true = any(abs(second - over) <= EXACT for over in times) or truth.is_by_wrong_clock(second)
            judge.check(is_true, f"{name} resolved", resolved, spans)


def judge_traffic(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    tables = read_tables(blocks["deployments"])
    for time, what, *_ in tables[0] if tables else []:
        second = read_moment(time)
        if "traffic from" in what and " to " in what:
            judge_move(judge, second, what)
        elif " created" in what:
            name = what.partition(" ")[0]
            made = [created for other, created in judge.truth.created if other == name]
            is_true = any(abs(second - moment) <= EXACT for moment in made) or judge.truth.is_by_wrong_clock(second)
            judge.check(is_true, f"{name} created", second, made)


def judge_move(judge: DraftJudge, second: float, what: str) -> None:
    """It went there then, was asked to go there then, or the look or the step that tells it came soon after."""
    moves = [move for move in judge.truth.moves if move.text in what]
    if not moves:  # several that nobody saw one by one
        moves = [move for move in judge.truth.moves if f" to {name_shares(move.after)}" in what]
    if "asked for then" in what:
        near = [move for move in moves if abs(second - move.asked) <= EXACT]
        near += [move for move in moves if is_unsure(what) and move.moved <= second]
    else:
        near = [move for move in moves if -EXACT <= second - move.moved <= APPS_LATE]
        if not near and is_unsure(what):
            near = [move for move in moves if move.moved <= second]
        if not near:  # by the cloud: made, or asked for and done in the same second
            near = [move for move in moves if abs(second - move.asked) <= EXACT and move.moved - move.asked <= EXACT]
    near_enough = bool(near) or judge.truth.is_by_wrong_clock(second)
    judge.check(near_enough, f"{what} dated", second, [(move.asked, move.moved) for move in moves])


TIMELINE_ACTS = {
    "declare": ("declare", "other"),
    "ack": ("ack",),
    "role": ("role", "role left"),
    "severity": ("severity", "severity corrected"),
    "status": ("status", "reopen"),
    "resolve": ("resolve", "other"),
    "update": ("update client", "update team"),
    "page": ("call",),
}


def judge_timeline(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    _, rows = read_tables(blocks["timeline"])
    judge_entries(judge, [(time, kind, what) for time, kind, _, what, _ in rows])


def judge_entries(judge: DraftJudge, entries: Iterable[tuple[str, str, str]]) -> None:
    """Time, kind and words of each line of a timeline."""
    truth = judge.truth
    for time, kind, what in entries:
        second = read_moment(time)
        if kind in TIMELINE_ACTS:
            judge.check(
                judge.is_act(second, *TIMELINE_ACTS[kind]),
                f"timeline: {what}",
                time,
                truth.list_times(*TIMELINE_ACTS[kind]),
            )
        elif kind == "note" and what.startswith("note "):
            own = [stated_time(act) for act in truth.acts if act.text and what.startswith(act.text)]
            judge.check(any(abs(second - moment) <= EXACT for moment in own), f"timeline: {what}", time, own)
        elif kind == "probe" and what.startswith("ready") and "unknown" not in what:
            judge_probe(judge, second, what)
        elif kind == "traffic":
            judge_move(judge, second, what)
        elif kind == "step":
            times = [moment for step in truth.steps for moment in (step.begun, step.ended)]
            is_step = any(abs(second - moment) <= EXACT for moment in times) or "Look at it" in what
            judge.check(is_step, f"timeline: {what}", time, times)


def judge_probe(judge: DraftJudge, second: float, what: str) -> None:
    truth = judge.truth
    turns = [over for _, over in truth.bad] if " up again" in what else [start for start, _ in truth.bad]
    if "flapping" in what or "flapped" in what:
        turns = [moment for span in truth.bad for moment in span]
    near = [turn for turn in turns if -EXACT <= second - turn <= SETTLED_LATE]
    if not near and is_unsure(what):
        near = [turn for turn in turns if turn <= second]
    if not near and any(over <= second <= over + SEEN_AGAIN for _, over in truth.line_dead):
        near = [begin for begin, over in truth.bad if begin <= second <= over]  # it is seen again, and is so still
    judge.check(bool(near), f"timeline: {what}", second, [round(turn, 1) for turn in turns])


def judge_breaks(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    """Each break is where nobody recorded, and each time without a recorder is a break."""
    facts = dict(row for rows in read_tables(blocks["facts"]) for row in rows)
    text = facts.get("Nobody recorded for", "")
    moments = read_moments(text)
    told = list(zip(moments[::2], moments[1::2], strict=True))
    own = [span for span in judge.truth.unwatched if span[0] > 0]
    first, declared = judge.truth.opened[0], judge.truth.list_times("declare")[0]
    before = [span for span in told if span[0] < first]
    judge.check(len(before) == 1 and abs(before[0][1] - first) <= BEAT_LATE, "before the first recorder", before, first)
    for begin, end in told[len(before) :]:
        near = [span for span in own if abs(begin - span[0]) <= BEAT_LATE and abs(end - span[1]) <= BEAT_LATE]
        judge.check(bool(near), "nobody recorded", (begin, end), own)
    last = judge.truth.resolutions[-1]
    for span in own:
        if span[1] - span[0] > 2 * BEAT_LATE and span[0] > declared and span[1] < last and "more" not in text:
            judge.check(any(abs(begin - span[0]) <= BEAT_LATE for begin, _ in told), "a break is told", told, span)


def judge_any_time(judge: DraftJudge, blocks: Mapping[str, str]) -> None:
    """No clock time stands anywhere that nothing in the night explains."""
    truth = judge.truth
    exact = [moment for act in truth.acts for moment in (act.second, stated_time(act), act.promised or act.second)]
    exact += [act.of for act in truth.acts if act.of is not None]
    exact += [moment - REACH for moment in truth.list_times("declare")]
    exact += [moment for step in truth.steps for moment in (step.begun, step.ended)]
    exact += list_change_times(truth) + [moment for _, span in truth.alerts for moment in span]
    exact += [moment for span in truth.unwatched for moment in span]
    late = [moment for span in truth.bad for moment in span] + list(truth.health) + list(truth.opened)
    late += [move.moved for move in truth.moves]
    late += [moment for span in (*truth.azure_silent, *truth.line_dead) for moment in span]
    silent = [*truth.azure_silent, *truth.line_dead]
    for name, text in blocks.items():
        if name in ("picture", "record", "status", "clocks"):
            continue
        for second in read_moments(BY_OLD_CLOCK.sub("", text)):
            if name == "facts" and second < truth.opened[0]:
                continue  # from where the incident reaches back to
            near = any(abs(second - moment) <= BEAT_LATE for moment in exact) or any(
                -EXACT <= second - moment <= LONGEST_LATE for moment in late
            )
            near = near or any(begin - EXACT <= second <= over + LONGEST_LATE for begin, over in truth.bad)
            near = near or any(begin - LONGEST_LATE <= second <= over + SEEN_AGAIN for begin, over in silent)
            near = near or any(abs(second - step.ended) <= 40 for step in truth.steps)
            near = near or truth.is_by_wrong_clock(second)
            judge.check(near, f"a time in {name}", second, "nothing happened then")
