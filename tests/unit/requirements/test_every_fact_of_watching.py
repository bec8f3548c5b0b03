"""What watching owes whoever is on call, fact by fact, and the test that fails without it.

The names are looked up, so that none is lost when a test is renamed. A fact that is measured and not tested names the
measure of `python -m bench watching`.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
BENCH = TESTS.parent / "bench" / "watching.py"

FACTS: dict[str, tuple[str, ...]] = {
    # Lies that are ended
    "the end of an aggregated alert is not confirmed when any target that was up while it fired is down": (
        "test_the_only_target_of_an_aggregated_rule_takes_no_alert_with_it",
        "test_an_alert_that_names_no_target_is_not_over_when_one_that_was_up_is_down",
        "test_an_end_is_confirmed_only_while_no_target_that_could_explain_it_was_lost",
        "test_a_target_that_died_before_the_cockpit_was_opened_leaves_its_alert_unconfirmed",
    ),
    "a rule that cannot be evaluated is said in the pane, by check --live and by status, and nothing is OK beside it": (
        "test_a_rule_that_cannot_be_evaluated_is_named_though_it_has_no_alerts",
        "test_a_rule_that_cannot_be_evaluated_is_named_and_leaves_nothing_ok",
        "test_a_rule_that_nobody_evaluates_is_listed_with_why",
        "test_a_source_that_answers_and_may_not_know_everything_says_why_and_does_not_fail",
        "test_what_a_source_may_not_know_is_shown_beside_its_state",
    ),
    "a rule that was edited while its alert fired confirms no end": (
        "test_a_rule_that_is_edited_while_its_alert_fires_ends_nothing",
        "test_an_alert_whose_rule_was_edited_while_it_fired_is_not_known_to_be_over",
        "test_an_edited_rule_ends_nothing_also_for_a_cockpit_that_was_opened_since",
    ),
    "nothing that looks like peace in Grafana's own words is called resolved": (
        "test_nothing_that_looks_like_peace_in_grafana_is_called_resolved",
        "test_what_grafana_lists_is_shown_with_what_fires_there_unlisted",
    ),
    "another alert is never taken for a watchdog": (
        "test_another_alert_is_no_watchdog_where_a_server_does_not_filter",
    ),
    "a silence waits for no Alertmanager that hangs, and is sent to one that answers": (
        "test_a_silence_goes_to_the_server_that_answers_and_waits_for_none_that_hangs",
    ),
    "a client certificate that a server misses is missed with TLS 1.3 too": (
        "test_a_server_that_asks_for_a_certificate_of_ours_is_down_without_one",
    ),
    "check --live finds rights and names whose lack only shows less": (
        "test_a_live_check_finds_the_right_that_is_missing_and_the_names_that_are_not_there",
        "test_a_live_check_says_whether_the_log_may_be_read",
        "test_a_namespace_that_is_not_there_is_no_empty_one",
        "test_who_is_not_signed_in_to_azure_lacks_no_role",
    ),
    "a filter is read as it is typed: blanks in quotes, expressions, either word for a severity": (
        "test_a_filter_is_read_as_it_is_typed",
    ),
    "the wall folds a storm, and names the gravest alerts first": (
        "test_a_storm_of_alerts_is_one_line_on_the_wall",
        "test_of_alerts_the_gravest_comes_first",
    ),
    "a ruler that answers no queries confirms nothing": (
        "test_a_real_vmalert_answers_no_queries_and_so_confirms_no_end",
        "test_a_ruler_that_answers_no_queries_confirms_nothing",
        "test_a_server_that_cannot_say_whether_there_was_data_confirms_nothing",
    ),
    "the words of Grafana, unknown words and missing answers never confirm": (
        "test_what_grafana_says_of_an_alert_is_over_only_where_it_was_measured",
        "test_a_word_that_nobody_knows_confirms_nothing",
        "test_an_answer_that_is_missing_confirms_nothing",
        "test_whatever_word_a_server_has_for_it_what_fires_fires",
    ),
    "what Prometheus says fires and no Alertmanager lists is shown after one resend delay": (
        "test_what_is_lost_on_its_way_to_alertmanager_is_shown_and_ends_as_prometheus_says",
        "test_what_prometheus_says_fires_and_nobody_lists_is_shown_at_the_first_look",
        "test_another_alert_of_the_same_name_hides_no_lost_one",
        "test_what_fires_in_grafana_is_found_though_no_alertmanager_lists_it",
    ),
    "a pending alert never vanishes when it fires": (
        "test_a_pending_alert_that_fires_stays_in_sight_until_it_is_listed_or_lost",
        "test_a_lost_alert_ends_as_every_other_and_stays_while_its_prometheus_is_silent",
    ),
    "nothing is OK right after an Alertmanager's restart": (
        "test_status_is_not_ok_while_a_server_that_restarted_may_know_less_than_fires",
        "test_a_server_that_restarted_a_moment_ago_is_not_believed_to_be_empty",
    ),
    "nothing is OK with a configured Prometheus silent": (
        "test_a_configured_prometheus_that_is_silent_leaves_nothing_ok",
        "test_a_prometheus_that_tells_only_a_part_leaves_nothing_ok",
    ),
    "the command line judges by the references as the screen does": (
        "test_when_no_reference_answers_it_is_our_own_line_as_on_the_screen",
    ),
    "two unrelated hosts silent and no source that answers: they or we, exit 3": (
        "test_when_two_unrelated_hosts_fall_silent_and_nobody_else_answers_nobody_is_down",
        "test_when_everything_is_silent_and_nobody_else_answers_it_is_they_or_we",
    ),
    "they or we rings": (
        "test_it_rings_once_when_everything_falls_silent_and_again_only_a_quarter_of_an_hour_after_it_was_over",
    ),
    "otherwise they are down": (
        "test_when_another_source_answers_silence_is_down",
        "test_one_host_alone_is_down_however_many_probes_it_has",
    ),
    "references are recommended by check": (
        "test_references_are_recommended_where_there_are_probes_and_none_is_named",
    ),
    "an unconfirmed alert never leaves by itself": (
        "test_an_unconfirmed_alert_never_leaves_by_itself",
        "test_a_resolved_alert_leaves_after_a_while_and_an_unconfirmed_one_never",
        "test_a_person_settles_an_unconfirmed_alert_and_one_that_fires_again_is_back",
        "test_status_shows_an_alert_that_its_source_forgot_and_a_person_settles_it",
    ),
    "it is not quiet while an alert that is gone is not known to be over": (
        "test_it_is_not_quiet_while_an_alert_that_is_gone_is_not_known_to_be_over",
    ),
    "a server that is silent ends no silence, and lists nothing that one could miss": (
        "test_a_silence_is_not_over_because_the_server_that_keeps_it_is_silent",
        "test_while_the_server_that_listed_it_is_silent_nobody_says_that_none_lists_it",
    ),
    "Grafana is read as its source says: silences, paused rules, since when it fires, what it could not evaluate": (
        "test_a_silence_that_was_made_is_never_reported_as_refused",
        "test_a_paused_rule_proves_nothing_however_healthy_it_is_called",
        "test_since_when_it_fires_is_counted_from_what_each_of_the_two_means_by_active",
        "test_what_grafana_could_not_evaluate_is_named_by_its_rule_and_never_by_an_id",
    ),
    "opened while the source is empty, it shows what its timeline last knew": (
        "test_a_cockpit_opened_while_the_source_is_empty_shows_what_the_timeline_last_knew",
        "test_what_the_timeline_last_knew_is_over_once_prometheus_proves_it",
    ),
    "a watchdog without a Prometheus is judged by two resends": (
        "test_a_watchdog_that_is_not_sent_again_is_missed_long_before_it_expires",
    ),
    "a wall or a status without a recorder says so": (
        "test_it_says_that_nobody_records",
        "test_it_says_who_records_and_that_nobody_does",
    ),
    "silenced, inhibited and muted are told apart, with who, why and until when": (
        "test_a_silence_says_who_why_and_until_when",
        "test_an_inhibited_alert_names_the_alert_that_inhibits_it",
        "test_a_silenced_alert_is_suppressed_and_goes_on",
    ),
    "the response time is the whole answer, and the first byte has a name of its own": (
        "test_response_time_is_the_whole_answer_and_ttfb_its_first_byte",
        "test_references_are_recommended_where_there_are_probes_and_none_is_named",  # and names what it may touch
    ),
    "bodies that come packed are read": (
        "test_a_packed_body_is_read_though_nobody_asked_for_it",
        "test_a_small_body_that_unpacks_into_a_huge_one_is_read_in_part",
    ),
    "a redirect to a sign-in page is down, one to another host degraded until the team says otherwise": (
        "test_an_answer_of_a_sign_in_page_is_down",
        "test_what_a_redirect_to_another_host_means_is_the_probes_to_say",
    ),
    "credentials never follow to another host": (
        "test_a_redirect_to_another_host_takes_no_secret_along",
        "test_a_redirect_to_another_server_takes_neither_certificate_nor_token_along",
        "test_a_body_is_not_sent_on_to_another_server",
    ),
    "one hung Alertmanager delays nothing of the others": (
        "test_a_server_that_hangs_is_not_waited_for_once_another_has_answered",
        "test_a_server_that_hangs_costs_the_other_nothing",
    ),
    "one model of auth, headers, tls and proxy for all that ask": (
        "test_auth_is_sent_the_same_by_all_that_ask",
        "test_a_server_that_asks_for_a_certificate_gets_ours",
        "test_everything_is_asked_through_the_proxy",
        "test_prometheus_gets_its_own_headers_and_none_of_the_alertmanager",
        "test_a_step_reaches_an_address_as_the_table_of_its_origin_says_and_no_other",
    ),
    "the proxy is opt-in, and never for this machine": (
        "test_a_proxy_is_used_where_it_was_asked_for_and_never_for_this_machine",
        "test_every_client_of_the_cloud_takes_the_configured_way",
        "test_a_proxy_of_the_environment_that_nothing_uses_is_reported",
    ),
    # Alerts
    "rows say which thing by labels that differ, the app before its instance": (
        "test_labels_that_differ_name_the_alert_and_the_app_comes_before_its_instance",
        "test_an_alert_of_azure_is_named_by_its_resource_and_never_by_the_service_that_watches_it",
    ),
    "the summary is seen at 120 columns": ("test_at_120_columns_an_alert_shows_its_summary",),
    "details show all annotations, and links that open and can be copied": (
        "test_an_alert_tells_labels_links_and_who_took_it",
        "test_a_link_that_is_broken_over_rows_leads_to_the_whole_address",
        "test_an_address_is_a_link_and_nothing_hostile_is_in_it",
    ),
    "how often and when it fired before, and what ended it": (
        "test_an_alert_says_how_often_it_fired_before_and_what_ended_it",
        "test_an_alert_that_vanished_and_came_back_fired_once",
    ),
    "what changed in the 15 minutes before": (
        "test_the_newest_change_before_it_stands_first_and_what_is_too_old_is_left_out",
    ),
    "first action and procedure, one key away": (
        "test_000_s5_an_alert_shows_the_first_action_in_the_words_of_the_document",
        "test_from_the_details_of_a_row_its_procedure_is_one_key_away",
    ),
    "filters on every pane, by words and labels": (
        "test_every_pane_is_filtered_by_what_its_rows_are",
        "test_a_filter_asks_for_labels_by_name",
        "test_a_filter_that_might_search_for_ever_keeps_nobody_waiting",
    ),
    "faults only under one key; sort": (
        "test_one_key_leaves_only_what_is_wrong_and_escape_brings_the_rest_back",
        "test_each_pane_is_sorted_by_a_key_and_says_how",
    ),
    "a storm folds in pane, timeline and draft, and nothing is lost by it": (
        "test_many_alerts_of_one_name_are_one_row_with_their_number_and_what_they_share",
        "test_folding_loses_no_alert_and_shows_none_twice",
        "test_a_storm_is_one_line_of_the_timeline",
        "test_storms_of_many_rules_in_one_moment_are_one_line",
        "test_in_the_picture_a_storm_is_one_mark_and_leaves_room_for_what_people_did",
    ),
    "one key takes all of a group": ("test_a_group_is_taken_with_one_key",),
    "flapping alerts fold as probes do": (
        "test_an_alert_that_comes_and_goes_is_one_line",
        "test_a_storm_that_comes_and_goes_is_one_line_too",
    ),
    "silences are created, extended and expired as confirmed and recorded changes": (
        "test_a_silence_is_made_extended_and_ended_by_commands",
        "test_intent_and_outcome_are_on_the_timeline",
        "test_without_an_answer_it_is_looked_for_and_never_sent_again",
    ),
    "matchers are proposed and their reach counted before enter": (
        "test_the_stated_reach_of_a_silence_is_what_it_silences",
        "test_proposed_matchers_silence_every_alert_they_were_made_of",
        "test_enter_does_nothing_before_its_reach_was_counted",
    ),
    "silences that ended in the last ten minutes are offered again": (
        "test_offered_is_what_holds_and_what_ended_in_the_last_ten_minutes",
        "test_what_holds_is_ended_or_lasts_longer_and_what_ended_lately_is_made_again",
    ),
    # Thresholds of one's own
    "metrics of Azure, queries of logs and of Prometheus are watched": (
        "test_signals_read_the_metrics_and_the_logs_of_the_simulated_app",
        "test_a_signal_reads_a_number_and_its_hour_from_a_real_prometheus",
    ),
    "a ratio of two": ("test_a_ratio_of_nothing_is_nothing_and_by_nothing_there_is_none",),
    "for, no_data, degraded and down": (
        "test_a_limit_counts_when_it_was_passed_for_long_enough",
        "test_what_no_data_means_is_the_teams_to_say",
        "test_the_graver_limit_decides_and_says_so",
        "test_a_failed_look_between_two_bad_ones_does_not_begin_the_waiting_anew",
    ),
    "the examples watch what their documents ask for": (
        "test_the_examples_watch_what_their_documents_ask_for",
        "test_a_threshold_is_a_signal_that_is_well_on_this_side_of_it",
    ),
    "a row with unit, limit, sparkline and state beside the probes": (
        "test_a_signal_stands_among_the_probes_with_its_number_and_its_limit",
    ),
    "the last hour as a plot with its limit, what was deployed and incidents marked": (
        "test_a_signal_past_its_limit_stands_in_the_hint_and_its_hour_is_drawn_in_its_details",
        "test_a_rising_number_rises_over_its_limit",
        "test_what_happened_is_marked_below_and_described",
    ),
    "what changed is marked in the sparkline": (
        "test_a_deployment_stands_in_the_sparkline_before_what_was_measured_after_it",
        "test_marks_stand_on_measurements_and_never_beside_them",
    ),
    "partial answers and late numbers are said": (
        "test_a_partial_answer_says_so",
        "test_a_number_of_long_ago_is_marked_as_old",
    ),
    "an incident that a signal started takes it as its detection": (
        "test_a_threshold_of_the_team_that_is_passed_is_the_detection",
    ),
    # What changed
    "the activity log: who, through what, one line an operation, ours recognised": (
        "test_the_entries_of_one_operation_are_one_fact_in_its_last_state",
        "test_it_says_through_what_it_was_done",
        "test_what_this_cockpit_sent_is_left_out_and_what_another_sent_says_so",
        "test_a_deployment_of_others_is_reported_and_our_own_restart_is_not",
    ),
    "changes of configuration and secrets, never a value": (
        "test_a_new_revision_names_the_settings_and_secrets_that_changed_and_no_value",
        "test_no_value_of_the_environment_is_ever_printed",
    ),
    "GitHub's runs and deployments": (
        "test_a_run_that_went_through_several_states_is_reported_once",
        "test_a_deployment_has_its_environment_and_outcome",
    ),
    "a change that a pipeline tells": ("test_a_change_is_shown_with_its_link",),
    "one key shows what preceded it, newest first": (
        "test_the_newest_change_comes_first_with_its_link",
        "test_a_source_that_is_not_seen_says_that_something_may_be_missing",
    ),
    "is it Azure?": (
        "test_an_outage_of_azure_that_goes_on_stands_first",
        "test_an_outage_of_azure_is_reported_beside_it",
    ),
    # Probes
    "tcp and tls, also behind STARTTLS": (
        "test_a_port_that_takes_connections_is_up_and_one_that_refuses_is_down",
        "test_a_certificate_is_read_without_http",
        "test_a_server_without_tls_is_down_whatever_it_says",
    ),
    "name servers": (
        "test_a_name_server_is_asked_one_question",
        "test_a_name_server_that_says_nothing_sensible_is_down",
    ),
    "echoes where they are allowed": (
        "test_an_echo_comes_back_where_the_kernel_lets_everybody_ping",
        "test_an_echo_needs_no_setting_where_the_user_may_open_raw_sockets",
        "test_who_sends_no_echo_back_is_down",
        "test_where_the_kernel_allows_no_ping_it_says_so_and_accuses_nobody",
    ),
    "websockets": (
        "test_a_websocket_is_opened_and_may_be_spoken_to",
        "test_a_web_server_that_takes_no_websockets_is_down_with_its_status",
    ),
    "heartbeats by command and by socket": (
        "test_a_nightly_job_is_missed_when_it_stays_away",
        "test_a_shell_reports_a_beat_and_a_mistyped_name_is_refused",
        "test_the_socket_takes_beats_of_the_group_and_records_whose_they_are",
        "test_a_planted_link_or_pipe_is_no_beat",
        "test_a_heartbeat_tells_who_reported_it",
        "test_a_job_that_another_user_reports_than_before_is_degraded_and_names_both",
        "test_a_file_that_another_user_put_there_is_attributed_to_its_owner",
    ),
    "methods, bodies, and no cookies": (
        "test_a_question_with_a_body_and_a_method_is_put_as_configured",
        "test_a_cookie_of_one_answer_is_not_sent_with_the_next_question",
    ),
    "a token of the identity in use, or of client credentials": (
        "test_a_source_of_alerts_takes_the_token_of_the_identity_in_use",
        "test_a_probe_signs_in_by_client_credentials_and_keeps_the_token",
        "test_a_token_never_goes_in_the_clear_and_without_an_identity_it_says_so",
        "test_what_is_a_valid_file_is_one_by_the_schema_of_editors_too",
    ),
    "of the whole chain the certificate that ends first counts and is named": (
        "test_of_a_chain_the_certificate_that_ends_first_counts_and_is_named",
        "test_the_first_to_end_is_found_wherever_it_stands",
    ),
    "gatus is translated, and what is not is listed": (
        "test_what_exists_is_translated_and_loads",
        "test_what_does_not_is_listed_and_no_secret_is_written_down",
    ),
    "planned work comes round at its local time, also when clocks change": (
        "test_a_window_is_open_at_its_local_time",
        "test_in_the_night_in_which_clocks_change_it_lasts_as_long_as_ever",
    ),
    "an app that scaled to zero is asleep, and never woken by us": (
        "test_an_app_at_zero_is_never_woken_and_its_probe_sleeps",
    ),
    "the failing answer is kept: the first of an outage and the newest": (
        "test_the_failing_answer_is_kept_cleaned_and_cut",
        "test_the_first_failure_of_an_outage_is_kept_beside_the_newest",
        "test_of_an_endless_failing_answer_the_beginning_is_kept",
    ),
    "a probe's details tell conditions, interval, uptime and procedure": (
        "test_a_quarter_of_a_day_down_is_three_quarters_up",
        "test_time_that_nobody_recorded_counts_neither_way",
        "test_the_details_of_a_probe_tell_what_must_hold_and_how_often_it_is_asked",
    ),
    # Bad input
    "hostile text is cleaned in every field": (
        "test_hostile_text_comes_in_clean_and_short",
        "test_hostile_text_of_a_silence_is_cleaned",
        "test_hostile_text_of_an_answer_is_cleaned_and_bounded_before_it_is_shown",
        "test_hostile_text_of_a_mark_is_no_control_character",
    ),
    "a query that errors, gives a million series or text, and a proxy's page are said in the row": (
        "test_the_result_of_a_query_stands_in_its_row_and_accuses_nobody",
        "test_a_proxy_that_refuses_or_answers_with_a_page_is_no_success",
    ),
    "a signal whose resource is gone ends nothing": (
        "test_a_signal_that_cannot_be_asked_says_so_in_its_row_and_the_others_go_on",
        "test_a_metric_that_azure_cannot_tell_is_refused",
    ),
    # Done means
    "the list of what looks like peace": (
        "test_nothing_that_looks_like_peace_is_called_resolved",
        "test_what_ended_is_resolved_and_says_by_whose_word",
        "test_a_prometheus_that_is_frozen_lets_alerts_expire_and_resolves_nothing",
        "test_an_alertmanager_that_restarts_resolves_nothing",
        "test_a_target_that_is_gone_resolves_nothing",
    ),
    "a working configuration of each kind stands in the docs": (
        "test_every_block_of_the_reference_is_a_valid_file",
        "test_the_reference_shows_each_kind_of_probe_and_signal",
    ),
    "check --live tests each with the role it needs": (
        "test_live_asks_every_source_and_exits_1_when_one_does_not_answer",
        "test_a_forbidden_source_names_the_role_to_ask_for",
        "test_a_signal_that_cannot_be_asked_is_no_success_and_names_what_it_takes",
    ),
    "the wall and status --json carry signals, labels and resources": (
        "test_a_signal_shows_its_value",
        "test_an_alert_names_what_it_is_about_and_a_storm_its_number",
        "test_json_says_all_of_it",
        "test_json_carries_signals_labels_and_resources",
    ),
    "no false DOWN": (
        "test_a_hundred_hung_endpoints_leave_a_hundred_healthy_ones_alone",
        "test_an_answer_that_came_while_our_loop_stood_still_is_an_answer",
    ),
}
MEASURED = (
    *("latency error, p50", "latency error, p95", "false DOWN", "key to paint, p99", "memory", "post-mortem draft"),
    *("latency error of blackbox_exporter, p50", "latency error of blackbox_exporter, p95"),
)


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """The name of every test there is."""
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)\(", text))


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_of_watching_is_held_by_tests_that_are_there(fact: str, known: frozenset[str]) -> None:
    assert [name for name in FACTS[fact] if name not in known] == []


@pytest.mark.parametrize("measure", MEASURED)
def test_a_figure_of_watching_is_measured(measure: str) -> None:
    assert f'Measure("{measure}"' in BENCH.read_text(encoding="utf-8")
