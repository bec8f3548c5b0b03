"""What is read from three metres: the state, what broke, who is on it, and whether any of it can be believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.event import Event
from cockpit.model.incident import Incident, Status
from cockpit.model.overall import OverallState
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.revision import Application, Revision
from widgets.big import ROWS, is_spellable, measure_big_text, render_big_text
from widgets.wall import Frame, WallView, paint_wall, wall_state

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)
NZDT = timezone(timedelta(hours=13), "NZDT")
LIVE = Freshness(FeedState.LIVE, 2.0)
SIZES = [(80, 24), (120, 40), (200, 60)]


def probe(name: str, state: ProbeState) -> ProbeResult:
    return ProbeResult(name, "prod", "https://app.example.com", state, NOW)


def reading(feed: str, *items: object) -> Reading[Any]:
    return Reading(feed, "prod", 15.0, 1.0, items, 1.0, NOW)


def event(id: int, summary: str) -> Event:
    return Event(id, None, "prod", "", NOW, NOW, "probe", "recorder", "", summary, {}, None, 1, "")


def incident(title: str = "Readiness failing", declared: datetime = NOW - timedelta(seconds=763)) -> Incident:
    return Incident("i", "prod", title, "P1", Status.INVESTIGATING, declared, "ana", NOW, people=("ana", "you"))


def test_a_zone_that_is_utc_shows_its_time_once() -> None:
    header = paint_wall(BROKEN, Frame(80, 24, NOW, UTC, 0, "Meeting Intelligence"))[0]

    assert "".join(piece for piece, _ in header).count("13:26") == 1


def text(view: WallView, size: tuple[int, int] = (80, 24), beat: int = 0, views: tuple[WallView, ...] = ()) -> str:
    frame = Frame(*size, NOW, NZDT, beat, "Meeting Intelligence")
    return "\n".join("".join(piece for piece, _ in line) for line in paint_wall(view, frame, views))


BROKEN = wall_state(
    "prod",
    [
        reading("probes", probe("ready", ProbeState.DOWN), probe("live", ProbeState.UP)),
        reading("alerts:a", Alert("a", "f", "5xx errors", Severity.HIGH, AlertState.FIRING, NOW, "prod")),
    ],
    {"probes": LIVE, "alerts:a": LIVE},
    [incident()],
    [event(id, f"fact {id}") for id in range(1, 6)],
    production=True,
)
WELL = wall_state("staging", [reading("probes", probe("live", ProbeState.UP))], {"probes": LIVE})


@pytest.mark.parametrize("size", SIZES)
def test_the_state_is_a_word_five_rows_high_or_more(size: tuple[int, int]) -> None:
    shown = text(BROKEN, size)
    scale = {80: 1, 120: 2, 200: 3}[size[0]]
    assert all(row in shown for row in render_big_text("DOWN", scale))


@pytest.mark.parametrize("size", SIZES)
def test_it_names_what_broke_and_who_is_on_it(size: tuple[int, int]) -> None:
    shown = text(BROKEN, size)
    assert "✖ ready" in shown
    assert "▲ 5xx errors" in shown
    assert "live" not in shown.replace("probes live 2s", "").replace("alerts:a live 2s", "").replace("alive", "")
    assert "P1" in shown
    assert "Readiness failing" in shown
    assert "INVESTIGATING   00:12:43   on it: ana, you" in shown


@pytest.mark.parametrize(("rows", "shown"), [(17, 3), (24, 6), (60, 17)])
def test_the_newest_events_are_shown_as_far_as_there_is_room(rows: int, shown: int) -> None:
    view = replace(BROKEN, events=tuple(event(id, f"fact {id}.") for id in range(1, 21)))
    lines = text(view, (200, rows)).splitlines()

    found = [line.partition("fact ")[2] for line in lines if "fact " in line]
    assert found == [f"{id}." for id in range(21 - shown, 21)]


def test_each_trouble_has_the_sign_of_its_pane() -> None:
    sick = Revision("mi", "mi--v42", True, 100, NOW, health="Unhealthy")
    app = Application("mi", "prod", "single", "mi.example.com", (sick,))
    waning = Alert("a", "g", "Restarts", Severity.HIGH, AlertState.RESOLVING, NOW, "prod")
    firing = replace(waning, fingerprint="f", name="5xx errors", state=AlertState.FIRING)
    readings = [reading("alerts:a", firing, waning), reading("revisions", app)]
    shown = text(wall_state("prod", readings, {"alerts:a": LIVE, "revisions": LIVE}), (120, 40))

    assert "▲ 5xx errors" in shown
    assert "△ Restarts" in shown
    assert "✖ mi--v42" in shown


def test_of_several_incidents_the_newest_is_shown_and_the_others_are_counted() -> None:
    view = wall_state("prod", [], {}, [incident("new", NOW), incident("old", NOW - timedelta(hours=1))])
    assert view.incident is not None
    assert view.incident.title == "new"
    assert "+1 more open" in text(view)


def test_of_several_incidents_the_gravest_is_shown_whichever_is_newest() -> None:
    grave = replace(incident("grave", NOW - timedelta(hours=1)), severity="P0")
    view = wall_state("prod", [], {}, [grave, incident("new", NOW)])
    assert view.incident is grave


@pytest.mark.parametrize("size", SIZES)
def test_a_giant_ok_never_stands_over_an_open_grave_incident(size: tuple[int, int]) -> None:
    up = [reading("probes", probe("live", ProbeState.UP))]
    own = wall_state("prod", up, {"probes": LIVE}, [incident()])
    scale = {80: 1, 120: 2, 200: 3}[size[0]]
    for view in (own, WELL):  # its own turn, and that of an environment where all is well
        shown = text(view, size, views=(own, WELL))
        assert all(row in shown for row in render_big_text("INCIDENT", scale))
        assert "Readiness failing" in shown


def test_the_incident_of_another_environment_is_shown_and_named_while_one_without_has_its_turn() -> None:
    shown = text(WELL, views=(BROKEN, WELL))
    assert "PROD  P1  Readiness failing" in shown
    assert "No incident." not in shown
    assert "▸staging ● OK" in shown
    assert "1 of 1 probes up." in shown


def test_incidents_elsewhere_are_counted_beside_its_own() -> None:
    dev = wall_state("dev", [], {}, [incident("dev is gone")])
    shown = text(BROKEN, views=(BROKEN, dev))
    assert "Readiness failing" in shown
    assert "+1 in DEV" in shown


def test_a_small_incident_leaves_the_word_alone_and_is_shown() -> None:
    up = [reading("probes", probe("live", ProbeState.UP))]
    view = wall_state("prod", up, {"probes": LIVE}, [replace(incident(), severity="P2")])
    assert view.word is OverallState.OK
    assert "Readiness failing" in text(view, views=(view, WELL))


def test_a_source_that_reported_only_a_part_is_named_and_nothing_is_ok() -> None:
    late = replace(reading("alerts:a"), problem=Problem(ProblemKind.SERVER, "prom-1: timed out", "No answer."))
    view = wall_state("prod", [late], {"alerts:a": Freshness(FeedState.LATE, 2.0, "prom-1: timed out")})
    shown = text(view)
    assert view.word is OverallState.UNKNOWN
    assert "alerts:a did not tell everything" in shown
    assert "NO DATA" not in shown


def test_quiet_says_how_much_was_seen() -> None:
    assert "1 of 1 probes up." in text(WELL)
    assert "No incident." in text(WELL)


@pytest.mark.parametrize(("state", "word"), [(FeedState.STALE, "STALE"), (FeedState.BLIND, "BLIND")])
def test_what_is_not_seen_is_unmistakable(state: FeedState, word: str) -> None:
    old = Freshness(state, 200.0, "no network")
    view = wall_state("prod", [reading("probes", probe("ready", ProbeState.DOWN))], {"probes": old})
    shown = text(view)
    assert all(row in shown for row in render_big_text(word, ink="▒"))
    assert "3m OLD: probes; what is marked ? may no longer be true." in shown
    assert "? ready" in shown
    assert "✖ ready" not in shown
    assert render_big_text("3M OLD")[0] in text(view, (120, 40))


def fires(number: int, name: str, severity: Severity = Severity.CRITICAL) -> Alert:
    return Alert("am", f"{name}{number}", name, severity, AlertState.FIRING, NOW, "prod")


STORM = (*(fires(number, "5xxHigh") for number in range(214)), fires(0, "DiskFull", Severity.HIGH))
GROUPED = tuple(
    probe(f"shop/{region}/{name}", state)
    for region, state in (("eu", ProbeState.DOWN), ("ap", ProbeState.PENDING), ("us", ProbeState.UP))
    for name in ("live", "ready", "checkout", "login", "search")
)
SLOW = SignalResult("p95 latency", "prod", ProbeState.DEGRADED, NOW, 812.0, "ms")
SILENT = Freshness(FeedState.BLIND, 305.0, "am-1.example.com:9093 timed out, and so did every other one of its cluster")


def crowded(size: tuple[int, int], alerts: Freshness = LIVE) -> str:
    """A storm, probes in groups, a signal, a long night behind, and whatever the header may have to say."""
    readings = [reading("probes", *GROUPED), reading("signals", SLOW), reading("alerts:prometheus", *STORM)]
    long_ago = [event(id, f"fact {id} " + "of many words " * 20) for id in range(1, 6)]
    view = wall_state(
        "prod",
        readings,
        {"probes": LIVE, "signals": LIVE, "alerts:prometheus": alerts},
        [incident("Checkout fails for everybody in Europe, " * 4)],
        long_ago,
        production=True,
        unrecorded=True,
        frozen=True,
    )
    return text(view, size, views=(view, WELL))


@pytest.mark.parametrize("size", SIZES)
def test_of_everything_at_once_each_kind_is_named_and_no_line_is_too_long(size: tuple[int, int]) -> None:
    """Ten probes, each by its name, left no room for the storm of alerts beside them."""
    shown = crowded(size)
    assert [
        name for name in ("✖ shop/eu ×5", "◐ shop/ap ×5", "▲ 5xxHigh ×214", "◐ p95 latency 812 ms") if name not in shown
    ] == []
    assert max(map(cell_len, shown.splitlines())) <= size[0]
    assert [word for word in ("nobody records", "FROZEN", "02:26:41 NZDT") if word not in shown.splitlines()[0]] == []


@pytest.mark.parametrize("size", SIZES)
def test_beside_a_silent_source_the_troubles_of_the_others_still_count(size: tuple[int, int]) -> None:
    shown = crowded(size, SILENT)
    assert "5m OLD: alerts:prometheus; what is marked ? may no longer be true." in shown
    assert [name for name in ("✖ shop/eu ×5", "? 5xxHigh ×214") if name not in shown] == []
    assert max(map(cell_len, shown.splitlines())) <= size[0]
    assert "alerts:prometheus BLIND" in shown.splitlines()[-2]


def test_an_environment_that_watches_nothing_says_so() -> None:
    assert "Nothing is watched here" in text(wall_state("prod", [], {}))


def test_every_environment_stays_in_sight_while_one_has_the_wall() -> None:
    shown = text(WELL, views=(BROKEN, WELL))
    assert "prod ✖ DOWN" in shown
    assert "▸staging ● OK" in shown


def test_its_heart_moves_every_second_and_nothing_else_does() -> None:
    first, second = text(BROKEN, beat=3).splitlines(), text(BROKEN, beat=4).splitlines()
    assert [at for at in range(24) if first[at] != second[at]] == [23]


def test_no_part_moves_when_another_one_changes() -> None:
    rows = {
        next(at for at, row in enumerate(text(view, size).splitlines()) if "NZDT" not in row and "ncident" in row)
        for size in SIZES[:1]
        for view in (WELL, wall_state("dev", [], {"probes": Freshness(FeedState.BLIND)}))
    }
    assert len(rows) == 1


names = st.text(max_size=40)


@given(st.lists(names, max_size=30), names, st.integers(1, 220), st.integers(1, 70), st.integers(0, 10**9))
def test_it_always_fits(broken: list[str], title: str, columns: int, rows: int, beat: int) -> None:
    view = wall_state(
        "prod",
        [reading("probes", *(probe(name, ProbeState.DOWN) for name in broken))],
        {"probes": LIVE},
        [incident(title)],
        [event(1, title)],
    )
    lines = paint_wall(view, Frame(columns, rows, NOW, NZDT, beat))
    assert len(lines) == rows
    assert all("\n" not in piece and "\x1b" not in piece for line in lines for piece, _ in line)


def test_every_word_and_device_code_has_letters() -> None:
    everything = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-./_ "
    assert is_spellable(everything)
    for character in everything:
        rows = render_big_text(character)
        assert len(rows) == ROWS
        assert {cell_len(row) for row in rows} == {measure_big_text(character)}
    assert len({tuple(render_big_text(each)) for each in everything}) == len(everything)
    assert all(word == word.upper() for word in OverallState)
