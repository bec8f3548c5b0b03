"""What the record and the night are held to, fact by fact: the test that fails where one is not so.

Grouped by what a reader looks at. The names are looked up, so that none is lost when a test is renamed.
"""

# ruff: noqa: E501  a name of a test is as long as it is

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]

MITIGATED = {
    "bad and up again before the declaration": "test_a_probe_that_was_up_again_before_the_declaration_belongs_to_the_outage_where_nothing_was_well_for_long",
    "when the last signal that users feel recovered": "test_mitigation_is_the_latest_recovery_whichever_was_written_down_last",
    "held for two minutes": "test_a_recovery_counts_once_it_has_held_for_two_minutes",
    "an alert of a revision without traffic stretches nothing": "test_alerts_about_the_revision_that_lost_its_traffic_do_not_stretch_the_impact",
    "an alert of a revision with traffic does": "test_an_alert_of_a_revision_with_traffic_is_felt_until_it_resolves",
    "the health of a revision while it has traffic": "test_the_health_of_a_revision_counts_while_it_has_traffic",
    "no chosen status is a mitigation": "test_a_status_that_somebody_chose_is_no_mitigation",
    "proposed with its evidence, Enter takes it": "test_resolving_proposes_the_impact_with_what_says_so_and_enter_takes_it",
    "the proposal can be changed": "test_a_corrected_impact_is_recorded_and_one_that_cannot_be_is_asked_again",
    "over before it was declared": "test_who_was_faster_than_the_declaration_finds_the_impact_in_the_record",
    "written down later": "test_what_was_led_elsewhere_and_written_down_later_has_the_impact_of_its_time",
    "longer than the incident was open": "test_what_was_still_bad_at_the_end_is_over_when_it_recovered",
    "opened again": "test_what_was_bad_when_it_was_opened_again_is_its_impact",
    "over right before it was opened again": "test_what_was_over_right_before_it_was_opened_again_is_why",
    "stated from the command line": "test_the_impact_is_stated_at_the_desk_and_the_old_word_stands_beside_the_new",
    "never while a probe is down, whatever happens": "test_whatever_happens_mitigated_never_stands_while_a_probe_is_down_nor_before_its_recovery",
}
SEVERITY = {
    "lowering erases nothing and restates no target": "test_lowering_the_severity_erases_nothing_that_was_missed_and_restates_no_target",
    "what bound keeps target, due time and outcome": "test_a_worse_severity_begins_its_clocks_and_what_bound_before_keeps_its_time",
    "new rules bind from the change on": "test_the_new_rules_bind_from_the_change_on",
    "nobody gains time": "test_nobody_gains_time_by_moving_the_severity",
    "metrics count what was missed": "test_an_incident_counts_at_the_worst_severity_it_had",
    "a mistake is in no metric and in the chain": "test_a_severity_entered_by_mistake_counts_in_no_metric_and_stays_in_the_chain",
    "a mistake can be marked on the screen": "test_a_severity_that_was_entered_by_mistake_is_taken_back_and_needs_no_reason",
    "no past outcome changes, whatever the order": "test_no_outcome_of_a_deadline_that_is_past_ever_changes",
    "none but by an act on that very fact, which is said": "test_no_past_outcome_changes_but_by_an_act_on_that_very_fact_and_never_unsaid",
    "old and new outcome, who and when": "test_a_back_dated_role_shows_the_outcome_it_changed",
    "a severity with an earlier time": "test_a_severity_set_with_an_earlier_time_shows_what_is_late_only_by_it",
    "each wait for an update counts": "test_an_update_written_down_later_shows_which_wait_it_shortened_however_long_ago",
}
DEADLINES = {
    "a tier shows when its window opens and closes": "test_a_tier_is_described_by_when_its_window_opens_and_closes",
    "in time until it closes": "test_a_tier_is_due_when_its_window_opens_and_in_time_until_it_closes",
    "an acknowledgement is no call": "test_an_order_to_call_everybody_is_not_answered_by_one_who_acknowledges",
    "asked once, is that you": "test_who_would_call_the_one_on_call_is_first_asked_whether_that_is_them",
    "asked at a terminal": "test_who_is_on_call_calls_nobody_and_is_asked_once",
    "never in a pipe": "test_a_pipe_is_asked_nothing",
    "a box is ticked with the time of the act": "test_a_box_that_was_done_through_its_key_is_ticked_with_the_time_of_the_act",
    "a timed procedure ends when verified": "test_a_timed_procedure_is_over_when_it_was_verified_whoever_waits_before_its_last_offer",
    "a tail counts from the change, a restart ends it": "test_what_lags_counts_from_the_change_and_a_restart_ends_it",
    "opened and left is no run": "test_a_procedure_that_was_opened_and_left_is_no_run",
    "what does not apply is never missed": "test_what_does_not_apply_is_not_missed_once_the_incident_ends",
}
DEPLOYMENTS = {
    "a second attempt and the way back": "test_each_deployment_that_took_traffic_is_reported_in_its_order_and_the_one_that_stopped_it_once",
    "no list of everything": "test_a_deployment_that_takes_its_share_step_by_step_is_one_and_many_are_no_list",
    "the window after a rollback": "test_the_window_after_a_rollback_counts_from_when_all_was_well",
    "one from before the watch, with its own time": "test_a_deployment_from_before_the_watch_began_is_recorded_with_its_own_time",
    "it is what changed in the draft": "test_a_deployment_from_before_the_record_began_is_what_changed",
    "created ones are counted as such": "test_only_revisions_created_count_as_such_among_the_facts",
    "traffic never before the creation": "test_traffic_never_moves_to_a_revision_before_it_was_created",
}
WHO = {
    "no variable names who did it": "test_no_variable_names_who_did_it",
    "the uid has its name whatever variables say": "test_a_uid_has_the_name_of_the_passwd_file_whatever_variables_say",
    "sudo is asked": "test_sudo_is_asked_who_it_is_whatever_sudo_user_says",
    "a shared login is asked once": "test_on_a_terminal_it_is_asked_once",
    "one name everywhere, the login beside it": "test_the_name_stands_everywhere_and_the_login_beside_it",
    "nobody approves their own act": "test_004_emergency_index_a_failover_takes_two_approvers_and_neither_is_the_operator",
    "who corrects does not become the author": "test_who_corrects_an_entry_does_not_become_its_author",
}
DURATIONS = {
    "the two largest units, never rounded up": "test_a_duration_shows_its_two_largest_units_and_is_never_rounded_up",
    "screen and report agree": "test_a_running_clock_and_a_report_tell_the_same_seconds",
    "what a reader gets who subtracts": "test_a_duration_is_what_a_reader_gets_who_subtracts_the_times_that_are_shown",
    "none of the time in which it was closed": "test_the_time_in_which_it_was_closed_is_no_time_that_it_was_open",
    "nor in the metrics": "test_metrics_count_no_time_in_which_it_was_closed_and_users_felt_nothing",
    "draft, message and metrics agree": "test_draft_message_and_figures_tell_the_same_length",
    "worst severity with the last beside it": "test_the_worst_severity_is_shown_with_the_last_beside_it",
}
CORRECTIONS = {
    "the time alone may be corrected": "test_a_correction_may_change_the_time_alone_and_the_old_text_stays_on_record",
    "it stands in the row of what it corrects, under the cursor": "test_a_correction_stands_in_the_row_of_what_it_corrects_so_that_the_cursor_stays_on_it",
    "a correction of a correction": "test_a_correction_of_a_correction_corrects_the_first_fact",
    "marked in the draft": "test_what_was_written_down_late_or_corrected_or_redacted_is_marked",
    "every event with its old words in the export": "test_the_document_holds_the_facts_the_numbers_the_clocks_and_every_event_with_its_hash",
    "pinned, linked and corrected on the screen": "test_an_event_can_be_pinned_linked_and_corrected",
}
RUNS = {
    "a step of another cockpit is watched": "test_what_another_cockpits_own_process_does_is_shown_to_who_watches",
    "its end is known within two seconds": "test_what_another_cockpit_did_is_known_within_two_seconds",
    "who begins in the same second follows": "test_whoever_begins_the_same_in_the_same_second_follows_who_was_first",
    "a command line is refused": "test_a_run_with_a_step_that_nobody_saw_the_end_of_keeps_another_from_beginning",
    "what took no effect has no undo": "test_what_was_never_done_cannot_be_undone",
}
STATUS = {
    "an open grave incident is 1 and says who leads": "test_an_open_grave_incident_is_1_though_all_is_up_and_says_who_leads",
    "the backlog leaves the code alone": "test_a_small_incident_is_shown_and_leaves_the_exit_code_alone",
    "a freeze can be asked for": "test_a_freeze_is_shown_and_a_pipeline_can_ask_for_it_alone",
    "the wall shows incidents elsewhere": "test_the_incident_of_another_environment_is_shown_and_named_while_one_without_has_its_turn",
    "no giant OK over a grave one": "test_a_giant_ok_never_stands_over_an_open_grave_incident",
    "the wall says that the clock was set, and a freeze": "test_it_says_that_the_clock_was_set_and_that_nothing_may_be_deployed",
}
ONE_OR_TWO = {
    "a drill beside it has none of its signals": "test_what_turns_bad_while_a_real_incident_is_open_is_none_of_a_drills",
    "nor it what a drill broke": "test_what_was_broken_for_a_drill_and_is_over_is_none_of_the_next_real_incidents",
    "what was no exercise": "test_a_real_incident_takes_what_is_bad_from_the_drill_that_had_it",
    "a drill is never the same": "test_a_drill_is_never_joined_nor_a_duplicate",
    "declaring beside an open one says so": "test_declaring_while_one_is_open_says_so",
    "offers to join": "test_what_is_declared_can_join_the_one_that_is_open",
    "offers to join on the screen": "test_a_dialog_beside_an_open_incident_says_so_and_offers_to_join_it",
    "duplicate of": "test_a_duplicate_and_its_original_name_each_other",
    "goes on with the one that ended lately": "test_work_goes_on_with_the_one_that_ended_lately_and_names_it",
    "several are listed": "test_where_several_ended_lately_they_are_listed",
    "times of what was led elsewhere": "test_what_was_led_elsewhere_has_its_own_times",
    "times in UTC": "test_times_in_utc_are_understood",
}
AFTER_A_ROLLBACK = {
    "says what it sees since": "test_after_a_rollback_it_says_what_is_seen_since_and_whose_the_alert_is_that_still_fires",
    "never proposes to roll it back": "test_a_rollback_is_never_proposed_to_be_rolled_back",
    "refuses the template that runs": "test_it_refuses_where_the_target_s_whole_template_is_what_runs",
    "the traffic moved before the dialog": "test_where_the_traffic_moved_before_the_dialog_opened_it_proposes_anew_and_says_what_changed",
    "the traffic moved under the dialog": "test_where_the_traffic_moves_under_an_open_dialog_enter_proposes_anew_and_runs_nothing",
    "a third revision between two steps": "test_a_third_revision_with_traffic_stops_each_change_with_code_and_facts_and_sends_nothing",
    "somebody else did it": "test_a_rollback_that_somebody_else_did_meanwhile_is_not_proposed_onwards",
    "the most urgent thing while something is overdue": "test_what_is_overdue_comes_before_what_else_could_be_done",
    "a quiet pane is called quiet, not fine": "test_quiet_says_how_much_was_seen",
    "which run waits, at which step": "test_it_names_the_next_step",
    "what it leaves: no database of that name": "test_between_two_renames_no_database_has_the_name",
}
DECLARING = {
    "pages nobody": "test_the_dialog_pages_nobody_and_says_so_at_every_level",
    "signs of the panes, kept live": "test_what_is_bad_has_the_signs_of_the_panes_and_stays_live",
    "a focus without colour": "test_the_first_field_has_the_focus_and_a_bar_before_it",
    "the screen behind stays in sight": "test_the_screen_behind_stays_in_sight_where_there_is_room",
    "and goes on": "test_what_is_behind_a_dialog_goes_on",
    "what breaks meanwhile": "test_what_breaks_meanwhile_is_shown_in_the_border",
    "what breaks while a screen is open": "test_on_another_screen_it_is_one_notice",
    "impact start and lookback": "test_when_users_felt_it_and_its_scope_can_be_stated",
    "levels are facts": "test_what_a_level_leads_to_is_shown_as_the_team_s_plan_and_orders_nobody",
    "a drill": "test_a_drill_is_declared_as_one",
}
STATUS_DIALOG = {
    "a digit chooses nothing": "test_a_digit_meant_for_a_field_chooses_nothing",
    "lowering asks why, a rise waits for nothing": "test_lowering_a_severity_asks_why_and_a_rise_waits_for_no_words",
    "no empty field looks filled": "test_no_empty_field_looks_as_if_a_value_stood_in_it",
}
RESOLVING = {
    "whatever kind it is": "test_whatever_is_open_stands_in_the_draft_once",
    "silenced": "test_a_silenced_alert_is_asked_about_before_resolving_whether_it_was_seen_to_fire_or_not",
    "lists what stays open, one key each": "test_resolving_lists_what_stays_open_and_deals_with_each_by_one_key",
    "everything once": "test_everything_that_stays_open_is_listed_once",
    "the rest are open loops": "test_what_is_written_down_stays_true_and_stands_nowhere_else",
    "leaving with an open one": "test_an_open_incident_is_named_with_the_way_back",
}
LOGS = {
    "open on the newest unhealthy revision": "test_in_an_incident_the_logs_open_on_the_newest_revision_that_is_ill",
    "tab changes the revision": "test_tab_shows_the_log_of_another_revision",
    "the error is read at 80 columns": "test_a_long_line_is_wrapped_so_that_its_end_is_read_at_80_columns",
    "lines into the record": "test_the_chosen_lines_go_into_the_record",
    "preserve by one key": "test_one_key_opens_the_procedure_that_preserves_evidence",
    "named before a revision goes": "test_before_a_revision_is_switched_off_preserve_is_named_until_lines_of_its_logs_were_kept",
    "include, exclude, regex, highlight": "test_words_can_leave_out_be_a_pattern_and_only_mark",
    "from error to error": "test_from_error_to_error_in_a_log",
    "saved to a file": "test_what_is_shown_is_saved_for_its_owner_only",
    "a time": "test_a_time_is_jumped_to",
}
MESSAGES = {
    "no inner title for clients": "test_the_inner_name_never_goes_to_clients_and_a_hole_stands_in_its_place",
    "whatever is chosen": "test_whatever_is_chosen_for_clients_holds_no_inner_name",
    "a text of its own once resolved": "test_once_it_is_resolved_its_own_text_comes_first",
    "begins with the last one": "test_the_next_message_begins_with_what_was_written_into_the_last_one",
    "the team's words for readers": "test_readers_are_called_what_the_team_calls_them",
}
DIFFERENCE = {
    "image and environment first, secrets by name": "test_what_tells_two_revisions_apart_stands_with_the_likeliest_cause_first_and_no_secret",
    "one key away": "test_the_difference_and_the_runbook_are_one_key_away",
    "scrolls": "test_a_long_difference_begins_with_the_changed_settings_and_scrolls_to_its_end",
}
SMALL_SCREEN = {
    "roles and contacts": "test_the_screen_says_where_how_long_and_how_a_contact_is_reached",
    "titles use the room": "test_a_narrow_bar_is_one_line_and_shortens_the_title_only",
    "notices cover no border and no age": "test_a_notice_covers_no_border_no_age_no_hint_and_no_key",
    "who did a step": "test_a_step_on_the_timeline_says_who_did_it",
    "the output of a step that ended": "test_what_a_step_printed_stays_in_sight_until_a_person_moves_or_the_next_one_prints",
}
DRAFT = {
    "what failed stopped nothing": "test_what_failed_or_nobody_knows_of_is_not_what_stopped_it",
    "no impact that nobody recorded": "test_where_nothing_says_when_users_felt_it_the_impact_says_so",
    "a duplicate owes nothing twice": "test_a_duplicate_owes_nothing_that_the_other_one_does_not",
    "sections in order": "test_it_has_the_sections_of_a_draft_in_their_order",
    "a summary from facts": "test_the_summary_of_a_rolled_back_deployment_is_written_from_the_facts",
    "no invented end": "test_while_it_goes_on_nothing_is_named_as_what_stopped_it",
    "a picture": "test_probes_alerts_and_traffic_are_lanes_on_one_axis",
    "a chart that is drawn": "test_whatever_things_are_called_the_drawing_is_well_formed_and_the_chart_has_one_task_a_line",
    "key times in order": "test_the_key_times_are_in_the_order_in_which_they_happened",
    "causes and fixes from notes": "test_notes_that_begin_with_cause_or_fix_fill_their_sections",
    "turning points, no start beside its end": "test_the_short_timeline_has_what_turned_it_and_no_start_of_a_step_beside_its_end",
    "one time column where zone and UTC agree": "test_one_time_column_says_it_where_the_zone_is_utc_and_the_day_stands_where_it_is_another",
    "no empty section": "test_where_nothing_was_done_no_section_is_shown",
    "excerpts as evidence": "test_the_first_failing_answer_is_evidence",
    "got 503, wanted 200": "test_a_failed_condition_is_described_in_words",
    "commands as code": "test_a_step_stands_with_its_command_its_end_and_what_it_printed",
    "action items stay theirs": "test_rows_that_people_add_to_the_table_of_action_items_stay_theirs",
    "the worked example is a draft of ours": "test_it_can_be_exported_over_and_keeps_every_word",
}
EXPORT = {
    "in the checkout of the configuration": "test_a_draft_lies_in_the_checkout_of_the_configuration_wherever_somebody_stands",
    "where post-mortems live": "test_the_draft_is_written_where_post_mortems_live_and_remembered",
    "the absolute path at leaving": "test_a_draft_that_was_written_is_named_with_its_whole_path_at_leaving",
    "a formatter is no edit": "test_what_a_formatter_changes_is_no_edit",
    "row by row": "test_a_row_that_somebody_filled_in_stays_and_new_rows_come_in",
    "twice, and said": "test_a_row_that_both_changed_is_in_it_twice_with_a_notice",
    "a block that stays away": "test_a_block_that_was_taken_out_is_named",
}
METRICS = {
    "months and services": "test_months_and_services_are_a_line_each",
    "until": "test_until_leaves_out_what_was_declared_then_or_later",
    "open action items of all": "test_open_action_items_of_every_incident_are_listed_the_first_due_first",
}
BETWEEN_PEOPLE = {
    "a brief": "test_a_brief_says_state_leader_decisions_and_what_goes_on",
    "a brief of what is over": "test_a_brief_of_what_is_over_says_who_led_and_that_nobody_feels_it_now",
    "a brief by a key": "test_the_brief_says_the_situation_and_is_copied_as_it_stands",
    "they name the environment": "test_a_brief_and_a_shift_name_the_environment",
    "what was down in a shift": "test_a_shift_says_what_was_down_since_when_until_when_and_who_took_it",
    "taken by nobody while it was closed": "test_what_failed_while_an_incident_was_closed_was_taken_by_nobody",
    "what failed for a drill": "test_what_failed_for_a_drill_is_the_drills_in_a_shift",
    "a shift": "test_a_shift_says_who_took_what_fired_and_what_nobody_touched",
    "lines as they happen": "test_what_happens_is_printed_as_it_happens",
    "a recorder without a screen": "test_a_recorder_without_a_screen_records_until_it_is_stopped",
    "a cockpit that opens joins it": "test_a_second_cockpit_says_who_records_and_writes_nothing",
    "a webhook, each turn once": "test_the_events_of_a_night_stand_once_and_in_their_order",
    "a webhook hears of a reopening": "test_an_incident_that_is_opened_again_is_posted_and_no_other_status_is",
    "Slack and Teams": "test_what_people_wrote_mentions_nobody_and_is_no_link",
}
BAD_INPUT = {
    "times that cannot be meant": "test_a_time_that_cannot_be_meant_is_refused_with_its_reason_and_writes_nothing",
    "times out of order": "test_entries_that_are_written_in_any_order_are_read_in_the_order_in_which_they_happened",
    "two corrections of one event": "test_two_who_correct_one_entry_correct_it_one_after_the_other_and_all_words_stay_in_the_chain",
    "clocks that disagree": "test_two_hosts_whose_clocks_disagree_lose_nothing_and_no_duration_is_negative",
    "a webhook that hangs": "test_one_that_hangs_delays_no_act_and_no_other_webhook",
}
PARTS = {
    "mitigated": MITIGATED, "severity": SEVERITY, "deadlines": DEADLINES, "deployments": DEPLOYMENTS, "who": WHO,
    "durations": DURATIONS, "corrections": CORRECTIONS, "runs": RUNS, "status": STATUS, "one or two": ONE_OR_TWO,
    "after a rollback": AFTER_A_ROLLBACK, "declaring": DECLARING, "status dialog": STATUS_DIALOG,
    "resolving": RESOLVING, "logs": LOGS, "messages": MESSAGES, "difference": DIFFERENCE,
    "small screen": SMALL_SCREEN, "draft": DRAFT, "export": EXPORT, "metrics": METRICS,
    "between people": BETWEEN_PEOPLE, "bad input": BAD_INPUT,
}  # fmt: skip
FACTS = [(part, fact) for part, facts in PARTS.items() for fact in facts]


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    """Every test there is."""
    text = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    return frozenset(re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize(("part", "fact"), FACTS, ids=[f"{part}: {fact}" for part, fact in FACTS])
def test_a_fact_is_held_by_a_test_that_is_there(part: str, fact: str, names: frozenset[str]) -> None:
    assert PARTS[part][fact] in names


def test_no_fact_leans_on_the_test_of_another() -> None:
    tests = [test for facts in PARTS.values() for test in facts.values()]
    assert sorted(tests) == sorted(set(tests))
