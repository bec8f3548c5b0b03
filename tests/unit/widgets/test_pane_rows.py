"""What a person reads in each pane: the rows, the counts and the order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import AlertGrade, AlertState, Severity
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Acknowledgement, Incident, Status, list_acknowledged
from cockpit.model.plan import Contact, Plan
from cockpit.model.probe import ProbeState, SignalResult
from tests.tui.stage import NOW, Stage, ago, alerts, application, draft, probes, up
from widgets import alerts as alert_rows
from widgets import probes as probe_rows
from widgets import revisions as revision_rows
from widgets import timeline as timeline_rows
from widgets.cell import Row, compute_widths, render_line
from widgets.clocks import COLUMNS, build_clock_rows
from widgets.probes import draw_sparkline, format_latency
from widgets.responders import CALLS, CallCandidate, call_rows, list_call_candidates
from widgets.wall import Frame


def shown(row: Row, columns: object, width: int) -> str:
    return "".join(text for text, _ in render_line(row, columns, compute_widths(columns, width), NOW))  # type: ignore[arg-type]


def texts(rows: list[Row]) -> list[str]:
    return [row.id for row in rows]


def test_what_is_broken_stands_first_and_the_rest_keeps_its_order() -> None:
    rows = probe_rows.build_probe_rows(probes())

    assert texts(rows)[:5] == ["ready", "api p95", "billing", "live", "mcp"]


def test_a_probe_that_is_down_says_why_and_since_when_in_half_a_screen() -> None:
    row = probe_rows.build_probe_rows(probes())[0]

    assert shown(row, probe_rows.COLUMNS, 56) == f"✖ ready        {'[STATUS] (503) == 200':<36}  38s"


def test_a_probe_that_is_up_shows_its_latency_as_a_number_and_as_a_line() -> None:
    row = probe_rows.build_probe_rows([up("live", path="/health/live")])[0]

    assert shown(row, probe_rows.COLUMNS, 56) == "● live         /health/live           12ms ▁▁▅▁▁▆▁▁     "


def test_a_wide_pane_adds_the_state_as_a_word_and_the_status() -> None:
    row = probe_rows.build_probe_rows([up("live")])[0]

    assert "up" in shown(row, probe_rows.COLUMNS, 96).split()
    assert "200" in shown(row, probe_rows.COLUMNS, 96).split()


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        (ProbeState.PENDING, {"failing": 1, "reason": "timed out"}, "1× timed out"),
        (ProbeState.UNKNOWN, {"reason": "parent is down"}, "unknown: parent is down"),
        (ProbeState.DOWN, {"reason": "refused", "flapping": True}, "flapping: refused"),
        (ProbeState.DOWN, {}, "down"),
    ],
)
def test_a_probe_that_is_not_up_needs_no_colour_to_say_so(
    state: ProbeState, more: dict[str, object], said: str
) -> None:
    row = probe_rows.build_probe_rows([replace(up("x"), state=state, **more)])[0]  # type: ignore[arg-type]

    assert said in shown(row, probe_rows.COLUMNS, 56)


def test_the_title_counts_each_state_with_its_sign() -> None:
    assert "".join(text for text, _ in probe_rows.count_probes(probes())) == " ✖1 ◐1 ◌1 ●9"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.0123, "12ms"), (0.9994, "999ms"), (0.9996, "1.0s"), (2.41, "2.4s")]
)
def test_latencies_read_in_milliseconds_then_in_seconds(seconds: float | None, text: str) -> None:
    assert format_latency(seconds) == text


def test_a_sparkline_shows_gaps_and_does_not_make_a_storm_of_a_millisecond() -> None:
    assert draw_sparkline([0.100, 0.101, None, 0.1005], 6) == "  ▁▁·▁"
    assert draw_sparkline([0.01, 0.5, 1.0], 3) == "▁▄█"
    assert draw_sparkline([], 4) == "    "


def test_a_deployment_stands_in_the_sparkline_before_what_was_measured_after_it() -> None:
    marks = [(NOW - timedelta(seconds=40), "D"), (NOW - timedelta(minutes=9), "D")]
    probe = replace(up("live"), checked=NOW, history=(0.01,) * 6 + (0.5, 0.5))
    row = probe_rows.build_probe_rows([probe], marks=marks, every={"live": 15.0})[0]
    assert any(cell.text == "▁▁▁▁D▁██" for cell in row.cells)
    points = tuple((NOW - timedelta(minutes=3 - minute), float(minute)) for minute in range(4))
    signal = SignalResult("p95", "prod", ProbeState.UP, NOW, value=3.0, points=points)
    row = probe_rows.build_probe_rows([], [signal], marks=[(NOW - timedelta(seconds=30), "I")])[0]
    assert any(cell.text.strip() == "▁▃I█" for cell in row.cells)


@given(st.lists(st.floats(-600, 60)), st.lists(st.floats(-600, 60)))
def test_marks_stand_on_measurements_and_never_beside_them(measured: list[float], happened: list[float]) -> None:
    moments = [NOW + timedelta(seconds=seconds) for seconds in sorted(measured)]
    marks = [(NOW + timedelta(seconds=seconds), "D") for seconds in happened]
    placed = probe_rows.place_marks(moments, marks)
    assert {index for index, _ in placed} <= set(range(len(moments)))
    assert [moments[index] for index, _ in placed if moments[index] > max(moment for moment, _ in marks)] == []


def test_the_loudest_alert_stands_first_and_the_unconfirmed_end_after_it() -> None:
    assert texts(alert_rows.build_alert_rows(alerts(), {})) == ["azure:a1", "azure:a2", "azure:a3"]


def test_an_alert_that_somebody_took_says_who() -> None:
    taken = {"azure:a1": Acknowledgement("azure:a1", NOW, "ana")}

    assert "✔ ana" in shown(alert_rows.build_alert_rows(alerts(), taken)[0], alert_rows.COLUMNS, 56)


@pytest.mark.parametrize(("state", "age"), [(AlertState.FIRING, 400), (AlertState.RESOLVED, 60)])
def test_the_age_of_an_alert_is_that_of_what_its_row_says(state: AlertState, age: int) -> None:
    alert = replace(alerts()[0], state=state, since=ago(400), ended=ago(60))
    (row,) = alert_rows.build_alert_rows([alert], {})
    assert row.cells[-1].since == ago(age)


def test_a_silenced_alert_and_an_unknown_severity_are_named_as_such() -> None:
    alert = replace(alerts()[0], state=AlertState.SUPPRESSED, severity=Severity.UNKNOWN)
    row = shown(alert_rows.build_alert_rows([alert], {})[0], alert_rows.COLUMNS, 56)

    assert "silenced" in row
    assert "unknown" in row


def test_a_revision_shows_weight_health_image_replicas_and_age() -> None:
    row = revision_rows.build_revision_rows([application()])[0]

    assert shown(row, revision_rows.COLUMNS, 56).split() == [
        "✖", "--v42", "100", "%", "Degraded", "sha", "2a1f3a2", "1/3", "ready", "4m",
    ]  # fmt: skip


def test_an_unwell_revision_shows_the_word_that_made_it_so() -> None:
    failed = replace(application().revisions[0], health="Healthy", running="Running", provisioning="Failed")
    row = revision_rows.build_revision_rows([replace(application(), revisions=(failed,))])[0]

    assert [cell.text for cell in row.cells[:4]] == ["✖", "--v42", "100 %", "Failed"]


def test_with_several_apps_each_revision_keeps_the_name_of_its_app() -> None:
    second = replace(application(), name="worker", revisions=())

    assert revision_rows.build_revision_rows([application(), second])[0].cells[1].text == "mi-prod--v42"


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("registry.example.com/mi:9f31c2e77ab01d", "sha 9f31c2e"),
        ("registry.example.com/mi:1.4.2", "1.4.2"),
        ("registry.example.com/mi@sha256:" + "ab" * 32, "sha abababa"),
        ("registry.example.com:5000/mi", "registry.example.com:5000/mi"),
        ("", ""),
    ],
)
def test_an_image_is_named_by_what_distinguishes_it_from_others(image: str, said: str) -> None:
    assert revision_rows.short_image(image) == said


AUCKLAND = ZoneInfo("Pacific/Auckland")
TODAY = NOW.astimezone(AUCKLAND).date()


def event(kind: Kind, seconds: float, **more: object) -> Event:
    [written] = Stage().timeline.record([draft(kind, f"{kind} happened", seconds, dict(more))])
    return written


def test_the_timeline_reads_in_the_order_things_happened_and_in_local_time() -> None:
    late = replace(event(Kind.NOTE, 60, actor="ana@example.com"), id=9)
    early = replace(event(Kind.PROBE, 120), id=10)
    rows = timeline_rows.build_event_rows([late, early], "you@example.com", AUCKLAND, TODAY)

    assert [shown(row, timeline_rows.COLUMNS, 56).split()[:2] for row in rows] == [
        ["02:24:40", "probe"],
        ["02:25:40", "ana"],
    ]


def test_what_happened_on_another_day_says_so_however_narrow_the_pane() -> None:
    ages = (86_400 * 120, 86_400, 60)
    events = [replace(event(Kind.PROBE, seconds), id=number) for number, seconds in enumerate(ages, start=1)]
    rows = timeline_rows.build_event_rows(events, "", AUCKLAND, TODAY)

    narrow = [shown(row, timeline_rows.COLUMNS, 56).split() for row in rows]
    assert [row[0] for row in narrow] == ["old", "-1d", "02:25:40"]
    assert shown(rows[1], timeline_rows.COLUMNS, 120).split()[:2] == ["2026-11-20", "02:26:40"]


def test_your_own_acts_are_yours_and_a_redacted_event_says_only_that() -> None:
    mine = replace(event(Kind.NOTE, 60, actor="you@example.com"), redacted=True)
    row = shown(
        timeline_rows.build_event_rows([mine], "you@example.com", UTC, NOW.date())[0], timeline_rows.COLUMNS, 56
    )

    assert row.split() == ["13:25:40", "you", "(redacted)"]


def test_ages_of_what_began_in_the_future_are_nought() -> None:
    row = replace(alerts()[0], since=ago(-30))

    assert shown(alert_rows.build_alert_rows([row], {})[0], alert_rows.COLUMNS, 56).rstrip().endswith("0s")


@pytest.mark.parametrize("verb", ["silenced", "inhibited", "muted"])
def test_what_keeps_an_alert_quiet_is_called_by_its_name(verb: str) -> None:
    alert = replace(alerts()[0], state=AlertState.SUPPRESSED, note=f"{verb} by 9825d44b")
    assert verb in shown(alert_rows.build_alert_rows([alert], {})[0], alert_rows.COLUMNS, 120)


def test_a_correction_stands_in_the_row_of_what_it_corrects_so_that_the_cursor_stays_on_it() -> None:
    first = replace(event(Kind.NOTE, 60), id=7, summary="teh deploy", actor="ana")
    second = replace(event(Kind.NOTE, 60), id=9, summary="the deploy", actor="ben", supersedes=7, occurred=NOW)
    third = replace(event(Kind.NOTE, 60), id=12, summary="the deployment", actor="cleo", supersedes=9, occurred=NOW)
    (row,) = timeline_rows.build_event_rows([first, second, third], "ana", UTC, NOW.date())

    assert (row.id, row.cells[4].text, row.cells[3].text) == ("7", "the deployment", "you")


# What is read at another hour, on another day, or after somebody slept.


def test_an_acknowledgement_carries_its_age_which_ticks() -> None:
    alert = alerts()[0]
    row = alert_rows.build_alert_rows([alert], {alert.key: Acknowledgement(alert.key, ago(720), "ana@example.com")})[0]
    assert "✔ ana 12m" in shown(row, alert_rows.COLUMNS, 120)


def test_an_acknowledgement_carries_its_age_in_a_narrow_pane_as_well() -> None:
    alert = alerts()[0]
    acks = {alert.key: Acknowledgement(alert.key, ago(720), "ana")}
    row = alert_rows.build_alert_rows([alert], acks, now=NOW)[0]
    assert "✔ ana 12m: " in row.cells[4].text


def test_an_acknowledgement_ends_with_the_alert_that_it_was_of() -> None:
    alert = alerts()[0]
    taken = {alert.key: Acknowledgement(alert.key, NOW, "ana")}
    assert list_acknowledged(taken, [replace(alert, since=ago(600))]) == taken
    again = replace(alert, since=NOW + timedelta(hours=1))
    assert list_acknowledged(taken, [again]) == {}


def test_maintenance_shows_its_end_in_the_zone_of_who_reads() -> None:
    end = datetime(2026, 2, 27, 14, 30, tzinfo=UTC)
    probe = replace(up("live"), state=ProbeState.MAINTENANCE, maintenance_until=end)
    zone = ZoneInfo("Pacific/Auckland")
    rows = [probe_rows.build_probe_rows([probe], zone=zone, today=date(2026, 2, day))[0] for day in (28, 27)]
    assert [row.cells[3].text for row in rows] == ["until 03:30 NZDT", "until 28 Feb 03:30 NZDT"]


def test_what_a_person_wrote_down_later_says_how_much_later() -> None:
    note = replace(event(Kind.NOTE, 720, actor="ana"), recorded=NOW)
    rows = timeline_rows.build_event_rows([note], "ben", UTC, NOW.date())
    assert rows[0].cells[4].text == "note happened · recorded 12m 00s later"


def test_an_entry_of_another_day_carries_its_day_on_the_wall() -> None:
    frame = Frame(80, 24, NOW, AUCKLAND, 0)
    assert frame.clock_time(NOW - timedelta(minutes=2), seconds=True) == "02:24:40"
    assert frame.clock_time(NOW - timedelta(hours=4), seconds=True) == "20 Nov 22:26"


def test_a_step_on_the_timeline_says_who_did_it() -> None:
    for kind in (Kind.STEP, Kind.RUN):
        row = timeline_rows.build_event_rows([event(kind, 60, actor="ben@example.com")], "ana", UTC, NOW.date())[0]
        assert shown(row, timeline_rows.COLUMNS, 56).split()[1] == "ben"


def test_a_pane_of_a_wide_screen_shows_the_whole_summary() -> None:
    row = alert_rows.build_alert_rows(alerts(), {})[1]
    assert "mi-prod 4 restarts > 2 in 10 min" in shown(row, alert_rows.COLUMNS, 73)


def test_what_silences_an_alert_is_shown_once() -> None:
    silenced = replace(alerts()[0], state=AlertState.SUPPRESSED, note="silenced by ana until 22:41Z: disk swap")
    row = alert_rows.build_alert_rows([silenced], {})[0]
    assert shown(row, alert_rows.COLUMNS, 73).count("silenced") == 1


def test_whoever_is_due_to_be_called_stands_once_among_those_to_call() -> None:
    lead, head = Contact("Team lead", "lead@example.com"), Contact("Head", "head@example.com")
    due = Clock(
        *("escalation:2", ClockKind.ESCALATION, "call Team lead", "", "oncall.md:1", NOW), due=NOW, who="Team lead"
    )
    incident = Incident("INC-1", "prod", "ready fails", "P1", Status.INVESTIGATING, NOW, "ana", NOW)

    candidates = list_call_candidates(incident, Plan(contacts=(lead, head)), [due], NOW)

    assert [candidate.who for candidate in candidates] == ["Team lead", "Head"]


@pytest.mark.parametrize(
    ("who", "name", "others"),
    [
        ("Head of engineering, and privacy@example.com", "Head of engineering", "and privacy@example.com"),
        ("Head of engineering and the privacy officer", "Head of engineering", "and the privacy officer"),
        ("Team lead, and Ops", "Team lead, and Ops", ""),
        ("the-longest-address-of-all@example.com", "the-longest-address-of-all@example.com", ""),
    ],
)
def test_of_several_people_to_call_each_can_be_read_at_80_cells(who: str, name: str, others: str) -> None:
    """They stood in one column, cut in the middle: `Head of engine…cy@example.com`."""
    [row] = call_rows([CallCandidate("page:0", who, "when: data leaked")])
    line = "".join(text for text, _ in render_line(row, CALLS, compute_widths(CALLS, 78), NOW))
    assert name in line
    assert (f"{others}; when: data leaked" if others else "when: data leaked") in line


def test_the_end_of_a_deadline_is_shown_whole() -> None:
    over = Clock("client", ClockKind.CLIENT, "tell clients", "", "oncall.md:1", NOW, not_applicable="nobody felt it")
    [row] = build_clock_rows([over], NOW, UTC)

    line = render_line(row, COLUMNS, compute_widths(COLUMNS, 56), NOW)
    assert "not applicable" in "".join(text for text, _ in line)


def test_an_alert_without_a_severity_shows_the_word_of_the_documents_and_stands_by_it() -> None:
    unheard, own, _ = alerts()
    unheard = replace(unheard, severity=Severity.UNKNOWN)
    own = replace(own, severity=Severity.MEDIUM)
    grades = {unheard.name: AlertGrade("P1", Severity.HIGH), own.name: AlertGrade("P0", Severity.CRITICAL)}

    rows = alert_rows.build_alert_rows((own, unheard), {}, grades=grades)

    assert [row.cells[1].text for row in rows] == ["P1", "medium"]  # what a source says itself is its own
    assert [row.cells[0].tone for row in rows] == ["bad", "warn"]
    assert ("severity", "P1") in rows[0].labels  # and the filter finds it
    assert alert_rows.count_alerts((own, unheard), grades)[-1] == ("▲2", "bad")


def test_a_probe_that_flaps_keeps_its_sign_and_place_whatever_it_answered_last() -> None:
    well = up("live")
    flapping = [replace(up("ready"), flapping=True, state=state) for state in (ProbeState.UP, ProbeState.DEGRADED)]
    for probe in flapping:
        assert [row.id for row in probe_rows.build_probe_rows([well, probe])] == ["ready", "live"]
        assert probe_rows.build_probe_rows([probe])[0].cells[0].text == "◐"
        assert "".join(text for text, _ in probe_rows.count_probes([well, probe])) == " ◐1 ●1"
