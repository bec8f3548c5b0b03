"""What each command said of a night, held against what was true at that second and against the draft."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from tests.integration.nights.night_draft import (
    read_blocks,
    read_lengths,
    read_moment,
    read_moments,
    read_tables,
    to_second,
)
from tests.integration.nights.night_judge import (
    BEAT_LATE,
    EXACT,
    LONGEST_LATE,
    PROBE_LATE,
    SEEN_AGAIN,
    SETTLED_LATE,
    DraftJudge,
    judge_beginning,
    judge_detected,
    judge_end,
    judge_entries,
    judge_length,
)
from tests.integration.nights.night_surfaces import SurfaceLook
from tests.integration.nights.night_truth import (
    PAUSE,
    NightTruth,
    Span,
    cut_spans,
    cut_truth,
    measure_spans,
    stated_time,
)
from tests.integration.nights.night_world import ALERTS_EVERY

ALERTS_LATE = ALERTS_EVERY * 1.1 + 1.0
LEVELS = ("P0", "P1", "P2")  # the worst first
HEAD = re.compile(r"(P\d)(?:, now (P\d))? (\w+), open for ([^:]+): ")
MINUTE = re.compile(r"(?<![\d:])(\d\d):(\d\d)(?![\d:])")
ENTRY = re.compile(r"^ *(\d+)  (\S+ \S+)Z  (\S+) +(.+)$")
FLAPS_ON = 75.0  # seconds in which it must be well until it flaps no more
PROBE, ALERT = "probe ready", "alert "
UNSEEN = "or before"


def judge_looks(judge: DraftJudge, looks: Sequence[SurfaceLook], draft: str) -> None:
    for look in looks:
        then = DraftJudge(cut_truth(judge.truth, look.second), judge.false)
        judge_look(then, look)
        judge.told += then.told
    judge_outcomes(judge, looks)
    blocks, last = read_blocks(draft), looks[-1]
    judge_by_draft(judge, last, blocks)


def judge_look(judge: DraftJudge, look: SurfaceLook) -> None:
    known = len(judge.false)
    seen = find_seen(judge, look)
    judge_impact_line(judge, look, seen)
    judge_brief(judge, look, seen)
    judge_incident_line(judge, look)
    judge_open_incidents(judge, look)
    judge_shift(judge, look, seen)
    judge_timeline_lines(judge, look)
    judge_clock_lines(judge, look)
    judge.false[known:] = [f"at {look.second:.0f}: {text}" for text in judge.false[known:]]


def find_seen(judge: DraftJudge, look: SurfaceLook) -> float:
    """Until when the record tells: now, or as long as somebody recorded, which every command must say alike."""
    ends = {document["recorded_until"] for document in (look.documents["brief"], look.documents["shift"])}
    judge.check(len(ends) == 1, "recorded until, by brief and shift", ends, "one")
    (until, *_) = ends
    if until is None:
        return look.second
    told = to_second(datetime.fromisoformat(until))
    unwatched = [start for start, over in judge.truth.unwatched if start <= look.second <= over]
    true = unwatched[0] if unwatched else look.second
    judge.check(abs(told - true) <= BEAT_LATE, "recorded until", told, true)
    return told


# From when until when users felt it.


def judge_impact_line(judge: DraftJudge, look: SurfaceLook, seen: float) -> None:
    truth, (line, *others) = judge.truth, look.texts["impact"].splitlines()
    for other in others:
        if other.startswith("Detected "):
            judge_detected(judge, read_moment(other), other)
    if "nothing that was recorded says" in line:
        felt = [span for span in truth.bad if span[0] < seen - SETTLED_LATE and span[1] - span[0] > PROBE_LATE]
        felt = [span for span in felt if not truth.overlaps_unwatched(span[0], min(span[1], seen))]
        judge.check(not felt, "users felt nothing", line, felt)
        return
    head, _, tail = line.partition("impact ")[2].partition(" to ")
    begin = None if head.startswith("not known") else read_moment(head)
    stated = truth.list_times("impact from")
    if begin is not None and not (stated and abs(begin - stated[-1]) <= EXACT):
        judge_beginning(judge, "impact: begins", begin, UNSEEN in head)
    if tail.startswith("not over"):
        judge_going_on(judge, "impact: goes on", seen)
        for moment in read_moments(tail)[:1] if "felt again" in tail else []:
            judge_beginning(judge, "impact: felt again", moment, True)
        return
    end = read_moment(tail)
    ended = [stated_time(act) for act in truth.acts if act.what == "impact to"]
    if not any(abs(end - moment) <= EXACT for moment in ended):
        judge_end(judge, "impact: ends", end, line)
    last = min(seen, next((over for over in reversed(truth.resolutions) if truth.find_status() == "resolved"), inf))
    later = [
        span
        for span in cut_spans(truth.bad, end + LONGEST_LATE, last - SETTLED_LATE)
        if span[1] - span[0] > PROBE_LATE and not truth.overlaps_unwatched(*span)
    ]
    judge.check(not later, "impact: over", end, later)
    if begin is not None and (lengths := read_lengths(tail.partition("), ")[2] or tail.partition("UTC, ")[2])):
        judge_length(judge, "impact: length", lengths[0], begin, end)
    if "felt again since" in tail:
        judge_beginning(judge, "impact: felt again", read_moments(tail.partition("felt again since")[2])[0], True)


def judge_going_on(judge: DraftJudge, what: str, seen: float) -> None:
    """Something is bad, was so in the last two minutes, or was not seen to be well for so long."""
    truth = judge.truth
    since = seen - PAUSE - LONGEST_LATE
    spans = [*truth.bad, *(span for _, span in truth.alerts), *truth.azure_silent, *truth.line_dead, *truth.unwatched]
    judge.check(any(start <= seen and over >= since for start, over in spans), what, seen, truth.bad)


# The brief.


def read_pairs(text: str) -> Mapping[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for line in text.splitlines():
        pairs.setdefault(line[:11].strip(), []).append(line[12:])
    return pairs


def to_minute(second: float) -> int:
    return int(second // 60)


def read_minutes(text: str) -> list[int]:
    """Of the night, of each `02:14`."""
    return [(int(match[1]) - 2) * 60 + int(match[2]) for match in MINUTE.finditer(text)]


def judge_brief(judge: DraftJudge, look: SurfaceLook, seen: float) -> None:
    truth, pairs = judge.truth, read_pairs(look.texts["brief"])
    judge_head(judge, "brief", pairs["incident"][0], look.second)
    (leads,) = pairs.get("leads") or pairs["led"]
    if "leads" in pairs:
        leaders = truth.list_leaders()
        named = {name for name in ("ana", "ben") if f"{name} " in leads.partition("(")[0]}
        judge.check(named == leaders or ("nobody;" in leads and not leaders), "brief: leads", leads, leaders)
    judge_brief_impact(judge, look, pairs["impact"][0])
    if truth.find_status() != "resolved":
        judge_bad_now(judge, [*pairs.get("bad now", ()), *pairs.get("bad then", ())], seen)
    notes = {(to_minute(stated_time(act)), act.person, act.text) for act in truth.acts if act.what == "note"}
    for line in pairs.get("note", ()):
        if match := re.match(r"\d\d:\d\d (\w+): (note \d+)$", line):
            told = (read_minutes(line)[0], match[1], match[2])
            judge.check(told in notes, "brief: note", told, notes)
    sent = sorted((act for act in truth.acts if act.what.startswith("update ")), key=stated_time)
    for line in pairs.get("last sent", ()):
        minutes = read_minutes(line)
        true = [moment for moment in (sent[-1].moment, sent[-1].promised) if moment is not None] if sent else []
        judge.check(minutes == [to_minute(moment) for moment in true], "last sent", line, true)
    judge.check(bool(sent) == ("last sent" in pairs), "brief: sent", pairs.get("last sent"), sent)


def judge_head(judge: DraftJudge, where: str, line: str, second: float) -> None:
    """`P1, now P2 resolved, open for 10m 12s: Readiness failing (2026-02-27-bn5)`."""
    truth, match = judge.truth, HEAD.match(line)
    assert match is not None, line
    levels = truth.list_levels()
    judge.check((match[1], match[2] or match[1]) == (min(levels), levels[-1]), f"{where}: severity", line, levels)
    judge.check(match[3] == truth.find_status(), f"{where}: status", match[3], truth.find_status())
    length = read_lengths(f" {match[4]}")[0]
    true = truth.measure_open(truth.resolutions[-1] if match[3] == "resolved" else second)
    judge.check(abs(length.seconds - true) <= 2 * EXACT, f"{where}: open for", match[4], true)


def judge_brief_impact(judge: DraftJudge, look: SurfaceLook, line: str) -> None:
    """It tells what `impact` tells, in minutes."""
    (whole, *_) = look.texts["impact"].splitlines()
    if line == "not known":
        judge.check("nothing that was recorded" in whole or "impact not known" in whole, "brief: impact", line, whole)
        return
    head, _, tail = whole.partition(" to ")
    told, same = read_minutes(line), read_moments(head if "over since" not in line else tail)[:1]
    judge.check({to_minute(moment) for moment in same} <= set(told), "brief: impact", line, whole)
    if not tail.startswith("not over") and (lengths := read_lengths(line)):
        judge.check(lengths[0] in read_lengths(tail), "brief: length of the impact", line, whole)


def judge_bad_now(judge: DraftJudge, lines: Sequence[str], seen: float) -> None:
    truth = judge.truth
    named = [(PROBE, span, SETTLED_LATE) for span in truth.bad]
    named += [(f"{ALERT}{name}", span, ALERTS_LATE) for name, span in truth.alerts]
    silent = [*truth.azure_silent, *truth.line_dead, *truth.unwatched]
    for line in lines:
        label = next((label for label, _, _ in named if line.startswith(label)), "")
        if not label:
            judge.check(line.startswith(("revision", "…")), "bad now", line, named)
            continue
        spans = [(span, late) for name, span, late in named if name == label]
        calm = FLAPS_ON if "flap" in line else 0.0
        is_bad = any(start <= seen and over >= seen - late - calm for (start, over), late in spans)
        blind = any(start <= seen and over + SEEN_AGAIN >= seen for start, over in silent)
        judge.check(is_bad or blind, "bad now", line, spans)
        minute = read_minutes(line)[-1:] if UNSEEN not in line else []
        starts = {to_minute(start + late) for (start, _), most in spans for late in (0.0, most / 2, most)}
        judge.check(set(minute) <= starts or "flap" in line, "bad since", line, spans)
    for name, (start, over), late in named:
        is_bad = start < seen - late and over > seen and not truth.overlaps_unwatched(start, seen)
        is_seen = not cut_spans(silent, start - SEEN_AGAIN, seen)
        if is_bad and is_seen and not any(line.startswith("…") for line in lines):
            judge.check(any(line.startswith(name) for line in lines), "bad now is told", lines, (name, start))


# The list, the shift and the timeline.


def find_document(look: SurfaceLook) -> Mapping[str, Any]:
    return next(document for document in look.documents["incidents"] if document["id"] == look.incident)


def judge_incident_line(judge: DraftJudge, look: SurfaceLook) -> None:
    truth = judge.truth
    line = next(line for line in look.texts["incidents"].splitlines() if line.startswith(look.incident))
    levels = truth.list_levels()
    severity = min(levels) if min(levels) == levels[-1] else f"{min(levels)}, now {levels[-1]}"
    _, told, status, *_ = re.split(r" {2,}|(?<=P\d) (?=[a-z])|(?<=[a-z]) (?=\d)", line)
    judge.check((told, status) == (severity, truth.find_status()), "incidents", line, (severity, truth.find_status()))
    if truth.find_status() == "resolved":
        true = truth.measure_open(truth.resolutions[-1])
        judge.check(abs(read_lengths(line)[-1].seconds - true) <= 2 * EXACT, "incidents: open for", line, true)
    document = find_document(look)
    declared = to_second(datetime.fromisoformat(document["declared"]))
    judge.check(abs(declared - truth.list_times("declare")[0]) <= EXACT, "incidents: declared", declared, truth.acts[0])
    acks = truth.list_times("ack")
    told_ack = document["acknowledged"] and to_second(datetime.fromisoformat(document["acknowledged"]))
    judge.check(told_ack is None if not acks else abs(told_ack - acks[0]) <= EXACT, "acknowledged", told_ack, acks)


def judge_open_incidents(judge: DraftJudge, look: SurfaceLook) -> None:
    truth, levels = judge.truth, judge.truth.list_levels()
    own = [incident for incident in look.incidents if incident["id"] == look.incident]
    judge.check(bool(own) == (truth.find_status() != "resolved"), "status: open", look.incidents, levels)
    for incident in own:
        told = (incident["severity"], incident["worst_severity"], incident["status"], set(incident["leaders"]))
        true = (levels[-1], min(levels), truth.find_status(), truth.list_leaders())
        judge.check(told == true, "status: incident", told, true)


def judge_shift(judge: DraftJudge, look: SurfaceLook, seen: float) -> None:
    truth, document = judge.truth, look.documents["shift"]
    pairs = read_pairs(look.texts["shift"])
    own = next(line for line in pairs["incident"] if look.incident in line)
    judge_head(judge, "shift", own, look.second)
    outages = [item for item in document["outages"] if item["name"] == PROBE]
    for outage in outages:
        judge_outage(judge, outage, truth.bad, seen, SETTLED_LATE)
    for alert in document["alerts"]:
        spans = [span for name, span in truth.alerts if name == alert["name"]]
        for outage in alert["outages"]:
            judge_outage(judge, outage, spans, seen, ALERTS_LATE)
    told = [read_outage(outage, seen) for outage in outages]
    for span in truth.bad:
        start, over = span[0] + SETTLED_LATE, min(span[1], seen) - SETTLED_LATE
        silent = [*truth.line_dead, *truth.unwatched]
        if over - start > 2 * SETTLED_LATE and not cut_spans(silent, span[0] - SEEN_AGAIN, span[1] + SETTLED_LATE):
            covered = measure_spans(cut_spans(told, start, over))
            judge.check(covered >= over - start - SETTLED_LATE, "shift: an outage", told, span)
    judge_takers(judge, [*outages, *(item for alert in document["alerts"] for item in alert["outages"])], look.second)


def read_outage(outage: Mapping[str, Any], seen: float) -> Span:
    since, until = (outage[name] and to_second(datetime.fromisoformat(outage[name])) for name in ("since", "until"))
    return (-inf if since is None else since, seen if until is None else until)


def judge_outage(judge: DraftJudge, outage: Mapping[str, Any], spans: Iterable[Span], seen: float, late: float) -> None:
    spans, (since, until), what = list(spans), read_outage(outage, seen), f"shift: {outage['name']}"
    near = [start for start, _ in spans if -EXACT <= since - start <= late]
    if not near and outage["is_since_unseen"]:
        near = [start for start, over in spans if start <= since <= over + late]
    judge.check(bool(near), f"{what} since", outage, spans)
    if outage["until"] is None:
        silent = [*judge.truth.azure_silent, *judge.truth.line_dead, *judge.truth.unwatched]
        calm = 0.0 if outage["is_counted"] else FLAPS_ON
        is_bad = any(start <= seen and over >= seen - late - calm for start, over in spans)
        is_bad = is_bad or any(start <= seen and over + SEEN_AGAIN >= seen for start, over in silent)
        judge.check(is_bad, f"{what} goes on", outage, spans)
        return
    near = [over for _, over in spans if -EXACT <= until - over <= late]
    if not near and outage["is_until_unseen"]:
        near = [over for _, over in spans if over <= until]
    judge.check(bool(near), f"{what} until", outage, spans)


def judge_takers(judge: DraftJudge, outages: Iterable[Mapping[str, Any]], second: float) -> None:
    truth = judge.truth
    others = any(act.what == "other" for act in truth.acts)
    for outage in outages:
        since, until = read_outage(outage, second)
        if others and "carol" in outage["taken_by"]:
            continue  # it was of the other incident
        people = set(re.findall(r"\b(?:ana|ben)\b", outage["taken_by"]))
        acks = {act.person: act.moment for act in truth.acts if act.what == "ack" and act.moment <= until + EXACT}
        terms = list_terms(truth)
        if outage["how"] == "taken":
            judge.check(people <= set(acks), "shift: taken by", outage, acks)
        elif outage["how"] == "led":
            led = {person for person, start, over in terms if start <= until + EXACT and over >= since - EXACT}
            judge.check(people <= led and bool(people), "shift: led by", outage, led)
        elif outage["how"] == "declared":
            inside = [act for act in truth.acts if act.what == "ack" and since + EXACT < act.moment < until - EXACT]
            judge.check(not inside and people == {"ana"}, "shift: nobody took it", outage, inside)


def list_terms(truth: NightTruth) -> list[tuple[str, float, float]]:
    """Who led from when until when."""
    terms: list[tuple[str, float, float]] = []
    for act in sorted(truth.acts, key=stated_time):
        if act.what == "role":
            terms.append((act.person, act.moment, inf))
        elif act.what == "role left":
            terms = [
                (person, start, act.moment if person == act.person and over == inf else over)
                for person, start, over in terms
            ]
    return terms


def judge_timeline_lines(judge: DraftJudge, look: SurfaceLook) -> None:
    matches = [ENTRY.match(line) for line in look.texts["timeline"].splitlines()]
    assert all(matches), look.texts["timeline"]
    judge_entries(judge, [(match[2], match[3], re.sub(r"^\S+ +", "", match[4])) for match in matches if match])
    lines = {int(match[1]): read_moment(match[2]) for match in matches if match}
    documents = {item["id"]: to_second(read_occurred(item)) for item in look.documents["timeline"]}
    for number, second in lines.items():
        judge.check(abs(documents[number] - second) <= EXACT, f"event {number} of --json", documents[number], second)
    rows = {int(row["event"]): row for row in csv.DictReader(io.StringIO(look.exports["csv"]))}
    for number, row in rows.items():
        second = read_moment(row["time_utc"])
        judge.check(
            number not in documents or abs(documents[number] - second) <= EXACT,
            f"event {number} of the table",
            row["time_utc"],
            documents.get(number),
        )


def read_occurred(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(item.get("presented", item)["occurred"])


# Deadlines.


def judge_clock_lines(judge: DraftJudge, look: SurfaceLook) -> None:
    """Each line tells what its document tells."""
    clocks = {item["id"]: item for item in look.documents["clocks"]}
    for line in look.texts["clocks --all"].splitlines():
        match = re.match(r"(.{14})  (.{27}) (\S+): ", line)
        if match is None:
            judge.check(line.startswith("Nothing is due"), "clocks", line, list(clocks))
            continue
        clock, state = clocks[match[3]], match[1].strip()
        if state in ("met", "missed", "not applicable"):
            judge.check(state == clock["state"], f"clocks: {match[3]}", line, clock["state"])
        elif state != "open until" and clock["due"] and (lengths := read_lengths(f" {state}")):
            due = to_second(datetime.fromisoformat(clock["until"] if "until" in state else clock["due"]))
            limit = to_second(datetime.fromisoformat(clock["until"] or clock["due"]))
            true = abs((due if look.second <= limit else limit) - look.second)
            judge.check(abs(lengths[0].seconds - true) <= EXACT, f"clocks: {match[3]}", line, true)


CHANGES_THE_PAST = ("severity corrected", "impact from", "impact to", "reopen")
SETTLED = ("met", "missed", "not applicable")


def judge_outcomes(judge: DraftJudge, looks: Sequence[SurfaceLook]) -> None:
    """A deadline that is past and settled stays so, but for what somebody states of the past."""
    for number, look in enumerate(looks):
        for later in looks[number + 1 :]:
            between = [act for act in judge.truth.acts if look.second < act.second <= later.second]
            corrected = [moment for act in judge.truth.acts for moment, _ in act.corrections]
            if any(act.what in CHANGES_THE_PAST or act.of is not None for act in between) or any(
                look.second < moment <= later.second for moment in corrected
            ):
                break
            clocks = {item["id"]: item for item in later.documents["clocks"]}
            for clock in look.documents["clocks"]:
                limit = clock["until"] or clock["due"]
                is_past = limit and to_second(datetime.fromisoformat(limit)) <= look.second
                if is_past and clock["state"] in SETTLED and not clock["undone"]:
                    after = clocks.get(clock["id"], {}).get("state")
                    judge.check(
                        after == clock["state"],
                        f"{clock['id']} at {look.second:.0f} and {later.second:.0f}",
                        clock["state"],
                        after,
                    )


# Beside the draft.


def judge_by_draft(judge: DraftJudge, look: SurfaceLook, blocks: Mapping[str, str]) -> None:
    (metrics,) = read_tables(blocks["metrics"])
    drafted = {
        name[:3]: (lengths[0].seconds if (lengths := read_lengths(value)) else None) for name, value, *_ in metrics
    }
    document = find_document(look)
    for short, metric in document["metrics"].items():
        told = metric["seconds"]
        if short in drafted and told is not None:
            judge.check(
                drafted[short] is not None and abs(drafted[short] - told) <= EXACT, f"{short}", told, drafted[short]
            )
    is_alone = all(act.what != "other" for act in judge.truth.acts)
    for figure in look.documents["metrics"]["figures"] if is_alone else []:
        if figure["recorded"] == 1 and figure["short"] in drafted:
            true = drafted[figure["short"]]
            judge.check(true is not None and abs(figure["median"] - true) <= EXACT, "metrics", figure, true)
    judge_drafted_clocks(judge, look, blocks)
    _, rows = read_tables(blocks["timeline"])
    entries = {
        (read_moment(match[2]), match[3])
        for line in look.texts["timeline"].splitlines()
        if (match := ENTRY.match(line))
    }
    for time, kind, *_ in rows:
        if kind == "time set":  # of several words, which the lines of the command do not keep apart
            continue
        judge.check((read_moment(time), kind) in entries, "an entry of the draft's timeline", (time, kind), "none")


def judge_drafted_clocks(judge: DraftJudge, look: SurfaceLook, blocks: Mapping[str, str]) -> None:
    tables = read_tables(blocks["clocks"])
    told = {
        (clock["what"], round(to_second(datetime.fromisoformat(clock["started"])) - 0.5)): clock["state"]
        for clock in look.documents["clocks"]
    }
    for what, _, since, _, _, state, _ in tables[0] if tables else []:
        state, start = re.split("[:;]", state)[0].strip(), read_moment(since)
        near = [told[what, moment] for moment in (start - 1, start, start + 1) if (what, moment) in told]
        judge.check(
            state in near or (state == "missed" and "overdue" in near), f"deadline {what} of {since}", state, near
        )
