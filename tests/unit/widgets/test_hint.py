"""A newcomer who reads only the hint does the right thing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import AlertState, Severity
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident, Status
from cockpit.model.probe import ProbeEvidence, ProbeFlap, ProbeState, SignalResult
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application, Replica, Revision
from cockpit.model.revision_health import RolledBack
from tests.tui.stage import NOW, SIGNED_OUT, ago, alerts, application, probes, up
from widgets.cell import measure_pieces
from widgets.hint import HintInput, render_hint

KEYS = {
    "declare": "d", "note": "n", "status": "s", "acknowledge": "a", "export": "x", "logs": "l", "help": "?",
    "table.select": "enter", "sign_in": "i", "runbooks": "r", "roll_back": "R",
}  # fmt: skip
QUIET = (up("live"), up("ready"))
INCIDENT = Incident(
    "INC-1", "prod", "Readiness failing", "P1", Status.INVESTIGATING, ago(60), "you@example.com", ago(600)
)


def said(sight: HintInput, width: int = 120) -> str:
    return "".join(text for text, _ in render_hint(sight, KEYS, NOW, width)).strip()


def test_while_it_starts_it_says_so() -> None:
    assert said(HintInput(attached=False)) == "▸ Starting. The panes fill as their sources answer."


def test_when_all_is_quiet_it_teaches_the_keys() -> None:
    assert said(HintInput(QUIET)) == (
        "▸ All quiet.  enter shows details · d declares an incident · ? explains the screen"
    )


def test_what_is_broken_comes_with_the_newest_deployment_and_the_key_that_declares() -> None:
    assert said(HintInput(probes(), alerts(), (application(),))) == (
        "▸ ready is down.  --v42 deployed 4m ago · R rolls it back · l shows its logs · d declares an incident"
    )


def test_an_old_deployment_is_no_suspect() -> None:
    revision = replace(application().revisions[0], created=ago(86_400))
    old = replace(application(), revisions=(revision,))

    assert said(HintInput(probes(), (), (old,))) == "▸ ready is down.  d declares an incident"


def test_a_probe_that_is_down_comes_with_the_procedure_that_the_configuration_names() -> None:
    named = tuple(replace(probe, runbook="operations#manual-rollback") for probe in probes())
    assert "r has operations#manual-rollback" in said(HintInput(named))
    assert "r has operations#manual-rollback" in said(HintInput(named, incident=INCIDENT))
    well = tuple(replace(probe, state=ProbeState.UP) for probe in named)
    assert "operations#manual-rollback" not in said(HintInput(well))


def test_where_an_alert_began_about_then_no_procedure_is_named_before_the_others() -> None:
    named = tuple(replace(probe, runbook="emergency-rollback") for probe in probes())  # down for 38 s
    drained = replace(alerts()[0], since=ago(60))
    assert "r lists what helps" in said(HintInput(named, (drained,)))
    assert "emergency-rollback" not in said(HintInput(named, (drained,)))
    assert "r lists what helps" in said(HintInput(named, (replace(drained, since=ago(20)),)))
    assert "r has emergency-rollback" in said(HintInput(named, (replace(drained, since=ago(86_400)),)))


def test_a_critical_alert_leads_before_the_probe_that_is_down_beside_it_on_every_screen() -> None:
    critical = [replace(alerts()[0], severity=Severity.CRITICAL, name=name, fingerprint=name) for name in "ab"]
    for width in (80, 120, 200):
        one = said(HintInput(probes(), critical[:1], (application(),), grave=critical[:1]), width)
        assert one.startswith("▸ “a”; ready is down." if width == 80 else "▸ “a” fires; ready is down.")
        both = said(HintInput(probes(), critical, (application(),), incident=INCIDENT, grave=critical), width)
        assert both.startswith("▸ “a” and 1 more")
        assert "ready is down." in both
        assert "R " in one  # and the key that rolls back has room
    alone = said(HintInput(QUIET, critical[:1], grave=critical[:1]))  # it is what is broken, then
    assert alone == "▸ “a” fires.  d declares an incident"


def test_beside_a_critical_alert_the_procedure_of_the_probe_is_not_named_before_the_alert_s_own() -> None:
    named = tuple(replace(probe, runbook="emergency-rollback") for probe in probes())
    old = replace(alerts()[0], severity=Severity.CRITICAL, since=ago(86_400))
    hint = said(HintInput(named, (old,), grave=(old,)))
    assert "r lists what helps" in hint
    assert "emergency-rollback" not in hint


@pytest.mark.parametrize("state", [ProbeState.UP, ProbeState.PENDING, ProbeState.DEGRADED, ProbeState.DOWN])
@pytest.mark.parametrize("incident", [None, INCIDENT])
def test_a_probe_that_flaps_is_never_called_by_its_last_answer_alone(
    state: ProbeState, incident: Incident | None
) -> None:
    flapping = replace(QUIET[0], state=state, flapping=True)
    hint = said(HintInput((flapping, QUIET[1]), incident=incident))
    assert f"live is flapping, now {state.value}." in hint


def test_after_a_rollback_a_probe_that_flaps_is_not_counted_as_up() -> None:
    back = RolledBack("shop-api", "shop-api--v42", "shop-api--v41", ago(40))
    flapping = replace(QUIET[0], flapping=True)
    assert "live is flapping" in said(HintInput((flapping, QUIET[1]), rolled_back=back))


def test_without_a_configuration_it_never_says_that_something_is_watched() -> None:
    hint = said(HintInput(unconfigured=True))
    assert "cockpit.toml" in hint
    assert "Watching" not in hint


def test_in_an_incident_the_alert_that_the_key_would_take_comes_next() -> None:
    assert "a acknowledges “5xx errors”" in said(HintInput(QUIET, alerts(), incident=INCIDENT, chosen=alerts()[1]))


def test_what_is_over_is_not_asked_for() -> None:
    over = replace(alerts()[1], state=AlertState.RESOLVED)
    assert "acknowledges" not in said(HintInput(QUIET, alerts(), incident=INCIDENT, chosen=over))


def test_alerts_that_somebody_took_are_not_asked_for_again() -> None:
    assert said(HintInput(QUIET, alerts(), incident=INCIDENT)) == "▸ “5xx errors” and 1 more fire.  n writes a note"


def test_when_nothing_is_broken_any_more_it_leads_to_the_end() -> None:
    assert said(HintInput(QUIET, incident=INCIDENT)) == (
        "▸ Nothing watched here is bad.  n writes a note · s sets monitoring or resolved"
    )
    assert said(HintInput(QUIET, incident=replace(INCIDENT, status=Status.MONITORING))) == (
        "▸ Nothing watched here is bad.  s resolves the incident when it stays so"
    )


def test_a_probe_nobody_knows_about_is_not_called_fine() -> None:
    unsure = (replace(up("ready"), state=ProbeState.UNKNOWN), up("live"))

    assert "quiet" not in said(HintInput(unsure)).lower()
    assert "Nothing watched" not in said(HintInput(unsure, incident=INCIDENT))


def test_while_an_incident_is_open_it_offers_no_other_declaration_for_what_is_only_degraded() -> None:
    unsure = (replace(up("ready"), state=ProbeState.DEGRADED), up("live"))
    assert "d declares" in said(HintInput(unsure))
    assert "declares" not in said(HintInput(unsure, incident=INCIDENT))


def test_a_threshold_over_past_minutes_does_not_hide_what_a_rollback_did() -> None:
    back = RolledBack("shop", "shop--r44", "shop--r43", ago(40))
    late = SignalResult("5xx share", "prod", ProbeState.DEGRADED, ago(10))
    assert said(HintInput((*QUIET, late), incident=INCIDENT, rolled_back=back)).startswith("▸ Rolled back")


def test_nothing_is_called_fine_while_it_cannot_be_seen() -> None:
    assert said(HintInput(QUIET, old=("Probes", "Alerts"))) == "▸ Probes and Alerts: what is shown is old."
    assert said(HintInput((), waiting=True)) == "▸ Waiting for the first answers."


def test_after_the_end_it_leads_to_the_draft() -> None:
    over = replace(INCIDENT, status=Status.RESOLVED, resolved=ago(120))

    assert said(HintInput(QUIET, closed=over)) == "▸ “Readiness failing” is resolved.  x writes the post-mortem draft"


def test_a_sign_in_that_expired_comes_before_everything_because_without_it_nothing_is_seen() -> None:
    assert said(HintInput(probes(), problems=(SIGNED_OUT,), incident=INCIDENT)) == (
        "▸ The sign-in to Azure has expired.  i signs in again"
    )


def test_a_source_that_cannot_be_read_is_reported_with_what_to_do() -> None:
    problem = Problem(ProblemKind.FORBIDDEN, "403", "Reader is missing on the group.", "Ask for the role Reader.")

    assert said(HintInput(QUIET, problems=(problem,))) == "▸ Reader is missing on the group.  Ask for the role Reader."


def test_a_key_that_does_not_work_now_is_not_offered() -> None:
    line = "".join(text for text, _ in render_hint(HintInput(probes()), {}, NOW))

    assert "declares" not in line


def test_on_80_cells_the_middle_gives_way_and_the_action_stays() -> None:
    two = (*probes(), replace(probes()[1], name="mcp"))

    assert said(HintInput(two, alerts(), (application(),)), 80) == (
        "▸ ready and 1 more are down.  --v42 4m ago · R back · d declares an incident"
    )
    assert (
        said(HintInput(two, alerts(), (application(),)), 60) == "▸ ready and 1 more are down.  d declares an incident"
    )


NAMES = st.text("abcdefgh-漢é ", min_size=1, max_size=90)


@given(name=NAMES, revision=NAMES, alert=NAMES, width=st.integers(60, 200), status=st.sampled_from(["", "INC"]))
def test_whatever_the_names_the_action_s_key_and_verb_are_whole(
    name: str, revision: str, alert: str, width: int, status: str
) -> None:
    down = replace(probes()[1], name=name)
    app = replace(application(), revisions=(replace(application().revisions[0], name=revision),))
    chosen = replace(alerts()[1], name=alert)
    incident = INCIDENT if status else None
    drawn = render_hint(HintInput((down,), (chosen,), (app,), incident=incident, chosen=chosen), KEYS, NOW, width)

    text = "".join(text for text, _ in drawn)
    assert measure_pieces(drawn) <= width
    assert (" a acknowledges" if incident else " d declares") in text


def test_a_timeline_that_is_not_written_comes_before_everything_and_says_what_to_do() -> None:
    status = "NOT RECORDED, 6 facts waiting: The disk of /var/t.db is full: nothing is lost. Free some space."
    sight = HintInput(probes(), alerts(), (application(),), incident=INCIDENT, recorder=status)

    assert said(sight, 120) == "▸ NOT RECORDED, 6 facts waiting  The disk of /var/t.db is full · Free some space."
    assert said(sight, 60).startswith("▸ NOT RECORDED")
    assert said(sight, 60).endswith("Free some space.")


def test_a_timeline_that_another_cockpit_writes_needs_nobody_to_act() -> None:
    assert said(HintInput(QUIET, recorder="recorded by ana@jump-1 pid 4711")).startswith("▸ All quiet.")


def test_the_hint_names_the_revision_whose_logs_the_key_would_open() -> None:
    other: Revision = application().revisions[1]

    assert "l shows the logs of --v41" in said(HintInput(probes(), (), (application(),), logs_of=other))
    assert "l shows its logs" in said(HintInput(probes(), (), (application(),), logs_of=application().revisions[0]))


def test_a_run_with_a_step_that_nobody_saw_the_end_of_comes_before_an_incident() -> None:
    told = said(HintInput(QUIET, alerts(), incident=INCIDENT, unsettled="Roll back"))
    assert told == "▸ Nobody knows how “Roll back” ended.  r opens its run"


def after_rollback(**more: object) -> tuple[Application, ...]:
    """v42 was left and restarts in a loop without traffic; v41 has it all."""
    app = application()
    bad, good = app.revisions[0], app.revisions[1]
    ready = (Replica("v41-a", "Running", True, 0),)
    left = replace(bad, weight=0, active=True)
    serving = replace(good, weight=100, active=True, health="Healthy", running="Running", replicas=ready)
    return (replace(app, revisions=(left, replace(serving, **more), app.revisions[2])),)  # type: ignore[arg-type]


BACK = RolledBack("mi-prod", "mi-prod--v42", "mi-prod--v41", ago(40))
RECOVERED = tuple(replace(probe, since=ago(38), last_failure=ProbeEvidence(ago(48), "503")) for probe in QUIET)
RESTARTS = (alerts()[0],)


def test_after_a_rollback_it_says_what_is_seen_since_and_whose_the_alert_is_that_still_fires() -> None:
    sight = HintInput(RECOVERED, RESTARTS, after_rollback(), incident=INCIDENT, rolled_back=BACK)
    assert said(sight, 160) == (
        "▸ Rolled back to --v41 40s ago.  2 of 2 probes up since 13:26:02 · “Container restarts” is --v42 alone (0 %)"
        " · s sets monitoring"
    )
    waits = replace(sight, waits="“Roll back” waits at step 5", waits_for="Deactivate the bad revision")
    assert said(waits) == (
        "▸ Rolled back 40s ago.  2 of 2 up since 13:26:02 · --v42 alone alerts · “Roll back” waits at step 5"
        " · s sets monitoring"
    )
    assert said(waits, 80) == "▸ Rolled back 40s ago.  2 of 2 up since 13:26:02 · s sets monitoring"


def test_a_probe_that_we_did_not_see_for_a_while_recovered_from_nothing() -> None:
    back = replace(BACK, at=ago(400))
    never_failed, failed = replace(RECOVERED[0], since=ago(5), last_failure=None), replace(RECOVERED[1], since=ago(395))
    recovered = replace(failed, last_failure=ProbeEvidence(ago(405), "503"))
    unseen = replace(recovered, since=ago(5))  # its recovery is past telling
    calm = HintInput((never_failed, recovered), (), after_rollback(), incident=INCIDENT, rolled_back=back)

    assert "2 of 2 probes up since 13:20:05" in said(calm, 160)
    assert "2 of 2 probes up · " in said(replace(calm, probes=(never_failed, unseen)), 160)

    planned = replace(calm, probes=(recovered, replace(unseen, state=ProbeState.MAINTENANCE)))
    assert "1 of 1 probes up" in said(planned, 160)  # nobody knows whether what is under planned work is up


def test_a_probe_that_was_degraded_now_and_then_is_up_since_it_is_no_more() -> None:
    flap = ProbeFlap(began=ago(90), last_bad=ago(33), times=7, well_since=ago(27))
    slow = replace(RECOVERED[0], since=ago(27), last_failure=None, flap=flap)
    sight = HintInput((slow, RECOVERED[1]), (), after_rollback(), incident=INCIDENT, rolled_back=BACK)
    assert "2 of 2 probes up since 13:26:13" in said(sight, 160)

    before = replace(slow, flap=replace(flap, well_since=ago(60)))
    assert "2 of 2 probes up since 13:26:02" in said(replace(sight, probes=(before, RECOVERED[1])), 160)


def test_a_rollback_is_never_proposed_to_be_rolled_back() -> None:
    for broken in (QUIET, probes()):
        for created in (ago(86_400), ago(30)):  # in single revision mode the older image is a new revision
            for incident in (None, INCIDENT):
                apps = after_rollback(created=created)
                assert "rolls" not in said(HintInput(broken, alerts(), apps, incident=incident, rolled_back=BACK))


def test_when_it_did_not_help_it_says_both() -> None:
    told = said(HintInput(probes(), RESTARTS, after_rollback(), incident=INCIDENT, rolled_back=BACK))
    assert told.startswith("▸ ready is down.  rolled back to --v41 40s ago")


def test_an_alert_that_may_be_about_what_users_feel_is_not_explained_away() -> None:
    elsewhere = after_rollback(replicas=(Replica("v41-a", "Running", True, 1),))
    unread = after_rollback(replicas=None, replica_count=1)
    for apps in (elsewhere, unread):
        assert "alone" not in said(HintInput(RECOVERED, RESTARTS, apps, incident=INCIDENT, rolled_back=BACK), 160)
    named = (replace(alerts()[1], summary="5xx of mi-prod--v42"),)
    assert "“5xx errors” is --v42 alone" in said(
        HintInput(RECOVERED, named, after_rollback(), incident=INCIDENT, rolled_back=BACK), 160
    )


def test_an_app_whose_revision_is_ill_is_not_all_quiet_though_no_probe_says_so() -> None:
    worker = replace(application(), has_ingress=False)
    told = said(HintInput(QUIET, (), (worker,)))
    assert told.startswith("▸ --v42: Degraded, 1 of 3 replicas ready, 6 restarts.")
    assert told.endswith("d declares an incident")


def test_what_is_not_known_to_serve_is_not_all_quiet() -> None:
    app = application()
    waiting = replace(app.revisions[0], health="None", running="Activating", replicas=())
    told = said(HintInput(QUIET, (), (replace(app, revisions=(waiting,)),)))
    assert told.startswith("▸ --v42 is not known to serve: starting, no replica.")


def test_what_is_overdue_comes_before_what_else_could_be_done() -> None:
    clock = Clock("update", ClockKind.UPDATE, "next update", "", "", ago(3_600), due=ago(60))
    for sight in (
        HintInput(QUIET, alerts(), incident=INCIDENT, chosen=alerts()[1], asks=clock),
        HintInput(QUIET, incident=INCIDENT, asks=clock),
    ):
        drawn = "".join(text for text, _ in render_hint(sight, {**KEYS, "communicate": "c"}, NOW, 80))
        assert drawn.endswith("c writes the update that is due")


def test_a_run_that_waits_is_shown_with_its_step_and_first_when_it_leaves_a_gap() -> None:
    waits, title = "“Swap the databases” waits at step 4", "Rename the restored one"
    assert f"{waits}, {title}" in said(HintInput(QUIET, incident=INCIDENT, waits=waits, waits_for=title), 160)
    assert waits in said(HintInput(QUIET, incident=INCIDENT, waits=waits, waits_for=title), 110)
    gap = HintInput(probes(), alerts(), incident=INCIDENT, waits=waits, gap="no database is called shop now")
    assert said(gap, 160) == f"▸ {waits}: no database is called shop now.  r opens its run"


@pytest.mark.parametrize("incident", [None, INCIDENT])
@pytest.mark.parametrize(
    "sight",
    [
        HintInput((replace(QUIET[0], flapping=True), QUIET[1])),
        HintInput((replace(QUIET[0], state=ProbeState.DEGRADED), QUIET[1])),
        HintInput(QUIET, tuple(replace(alert, state=AlertState.RESOLVING) for alert in alerts())),
        HintInput(QUIET, old=("Probes",)),
        HintInput(QUIET, waiting=True),
        HintInput(QUIET),
    ],
)
def test_a_run_that_waits_stands_beside_every_doubt(sight: HintInput, incident: Incident | None) -> None:
    """Seen: a probe that flapped hid the run that waited for a person."""
    waits = "“Roll back” waits at step 5"
    assert waits in said(replace(sight, incident=incident, waits=waits), 160)


def test_it_is_not_quiet_while_an_alert_that_is_gone_is_not_known_to_be_over() -> None:
    gone = tuple(replace(alert, state=AlertState.RESOLVING) for alert in alerts())
    line = said(HintInput(QUIET, gone))
    assert any(alert.name in line for alert in gone)
    assert "not known to be over" in line
    assert "quiet" not in line
