"""What was broken once by experiment, fact by fact, with the tests that fail when it breaks again.

The names are looked up, so that none is lost when a test is renamed. Which is which: a fact is a sentence that somebody
at a terminal could check; each has a test of its own here or beside the code that it is about.
"""

import re
from itertools import chain
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MOST_FACTS_OF_ONE_TEST = 3  # a test that holds more is about something else

ONCE = {
    "a change is recorded as it ended, whoever takes its output": [
        "test_a_change_is_recorded_as_it_ended_whoever_takes_its_output"
    ],
    "two who start the same step within half a second do it once, 200 rounds": [
        "test_of_two_who_start_the_same_step_one_does_it"
    ],
    "a second run of a procedure that is open is refused with who and since when, unless --new": [
        "test_a_run_with_a_step_that_nobody_saw_the_end_of_keeps_another_from_beginning",
        "test_whoever_begins_the_same_in_the_same_second_follows_who_was_first",
    ],
    "a held Enter starts nothing, a new one starts one": ["test_a_held_enter_starts_nothing_and_a_new_one_starts_one"],
    "with the kitty protocol a press after the release counts": [
        "test_where_the_terminal_tells_a_press_after_the_release_is_enough",
        "test_an_enter_that_is_held_is_one_enter_where_the_terminal_tells",
    ],
    "a dialog says when Enter counts": [
        "test_it_says_when_enter_counts",
        "test_the_hint_tells_when_an_enter_would_not_count",
    ],
    "the Enter of before a dialog or a run opened is not heard": [
        "test_enter_typed_ahead_of_the_screen_is_not_heard",
        "test_a_confirm_key_typed_ahead_of_the_dialog_is_not_heard",
    ],
    "a page with 200 in the place of an answer is not done, and is followed by a look": [
        "test_an_answer_that_tells_nothing_is_followed_by_a_look_never_by_a_second_try",
        "test_with_the_world_unchanged_it_is_unknown_and_was_sent_once",
        "test_what_was_done_all_the_same_is_seen_by_looking",
    ],
    "302 and 303 after a POST are unknown": [
        "test_what_a_status_means",
        "test_what_an_answer_means_whatever_the_flags",
    ],
    "a sign-in page after a POST of a document is not ok": [
        "test_a_web_page_in_the_place_of_an_answer_tells_nothing_of_a_change",
        "test_a_refusal_may_be_a_page_but_not_one_to_sign_in",
    ],
    "a curl that sent and was not answered is unknown, whatever its flags": [
        "test_what_an_answer_means_whatever_the_flags",
        "test_without_a_status_every_other_exit_code_is_unknown",
        "test_a_time_out_is_unknown",
    ],
    "so is what any other client sent": ["test_a_change_that_was_sent_and_not_answered_is_unknown_whatever_sent_it"],
    "what is added to a curl is shown and changes nothing that it prints": [
        "test_what_is_added_is_shown_and_the_document_stays_as_written",
        "test_what_a_command_prints_stays_as_it_was",
    ],
    "a refused connection and an unknown name have only failed": ["test_a_refused_connection_has_only_failed"],
    "an unknown step is sent again only with --again, or once it was settled": [
        "test_a_step_that_is_unknown_is_sent_again_only_by_somebody_who_says_so",
        "test_a_step_that_is_unknown_may_be_done_when_it_was_settled_as_failed",
    ],
    "what another user may not see is never taken for gone": [
        "test_files_that_only_their_owner_may_read_are_no_proof_of_an_end",
        "test_a_lock_that_cannot_be_looked_at_is_held",
    ],
    "locks and files of a run have the modes of the team": [
        "test_what_a_run_leaves_on_the_disk_has_the_modes_of_the_team"
    ],
    "a colleague's step is not ours to stop": [
        "test_a_step_that_a_colleague_runs_stays_running_and_is_not_ours_to_stop"
    ],
    "a command whose supervisor was killed goes on, is said to, and is followed to its end": [
        "test_a_command_whose_supervisor_was_killed_is_shown_as_running_and_followed_to_its_end",
        "test_a_command_is_not_killed_by_printing_after_its_supervisor_was",
        "test_a_command_that_lost_its_supervisor_can_be_stopped_with_all_that_it_started",
    ],
    "an outcome that finds the disk full is written when there is room": [
        "test_an_outcome_without_room_is_kept_and_written_when_there_is_some",
        "test_the_last_word_of_a_supervisor_finds_room_on_a_full_disk",
    ],
    "transcripts are bounded and leave the last room of the disk to notes": [
        "test_of_more_the_beginning_and_the_end_are_kept_and_the_rest_is_counted",
        "test_the_last_room_of_a_disk_is_left_to_notes",
        "test_what_comes_faster_than_anybody_looks_leaves_the_reserve_too",
    ],
    "Enter works only once the whole command was on screen": [
        "test_enter_works_only_once_the_last_row_was_shown",
        "test_a_jump_to_the_end_shows_not_what_lies_between",
    ],
    "the way back stands in what is confirmed": [
        "test_the_dialog_says_from_where_to_where_what_it_runs_and_how_it_is_undone"
    ],
    "the typed word is the name of what is destroyed": ["test_the_word_is_the_name_of_what_is_destroyed"],
    "a tag or a sidecar never lowers a kind": [
        "test_a_tag_of_a_document_lowers_nothing",
        "test_an_override_never_makes_a_danger_less_of_one",
    ],
    "lint lists each that would have, and what the configuration can say": [
        "test_a_tag_that_says_less_than_the_command_does_is_a_finding",
        "test_lint_prints_what_the_configuration_can_say_of_unknown_commands",
    ],
    "letters that cannot be seen make a step not runnable, and are marked": [
        "test_what_cannot_be_seen_is_found_marked_and_named_wherever_it_stands",
        "test_hidden_letters",
        "test_letters_that_cannot_be_shown_are_refused_in_a_sentence",
    ],
    "so do letters that look like others": ["test_what_is_taken_for_another_letter_makes_a_step_not_runnable"],
    "a change over a connection that breaks is not sent again by the HTTP library": [
        "test_a_change_over_a_connection_that_was_used_and_breaks_is_not_sent_again_by_the_client_below",
    ],
    "what a run has done half-way is not sent again by asking for the whole": [
        "test_what_a_run_has_done_half_way_is_not_sent_again_by_asking_for_the_whole",
    ],
    "what another changed meanwhile proves nothing of ours": [
        "test_what_somebody_else_changed_meanwhile_is_no_proof_that_ours_was_done",
    ],
    "what ended while a command was starting up is not begun anew by it": [
        "test_what_ended_while_the_other_was_still_starting_up_is_not_begun_anew",
    ],
    "a value is held to harmless letters wherever something reads it as code": [
        "test_where_something_reads_it_again_only_harmless_letters_may_stand",
        "test_a_client_whose_words_are_judged_as_its_language_takes_no_value_that_ends_a_text",
        "test_what_an_earlier_step_has_left_is_computed_with_only_where_nothing_in_it_runs",
    ],
    "a look that runs another program by the way is a change": [
        "test_what_bash_runs_by_the_way_is_a_change",
        "test_who_names_a_program_that_a_look_runs_changes_something",
    ],
    "the first frame of a step does not say that Enter counts": [
        "test_the_first_frame_of_the_next_step_says_that_an_enter_does_not_count_yet",
    ],
    "nothing opens over what somebody has gone on to": [
        "test_a_rollback_that_is_proposed_late_takes_no_key_meant_for_another_dialog",
        "test_a_step_that_is_ready_late_asks_for_nothing_over_another_dialog",
    ],
}

RECORDING = {
    "a recorder that does not move for ten seconds is passed over, and knows it on waking": [
        "test_a_stopped_recorder_is_passed_over_and_knows_it_when_it_wakes",
        "test_a_holder_hangs_after_ten_seconds_without_a_beat",
    ],
    "a transaction with an old lease writes nothing": [
        "test_a_transaction_with_an_old_lease_writes_nothing_even_by_one_who_believes_to_hold_the_lock",
        "test_one_that_was_stopped_with_a_fact_in_its_hand_does_not_write_it_after_another_did",
    ],
    "an older version without a heartbeat is never passed over": [
        "test_an_older_version_that_is_stopped_is_reported_and_keeps_its_lock",
        "test_an_older_version_is_never_passed_over_and_reads_our_name_alone",
    ],
    "the gap is written on waking, by the clock since boot": [
        "test_a_recorder_that_was_stopped_alone_writes_the_gap_before_anything_new",
        "test_a_gap_is_as_long_as_the_boot_clock_says_whatever_the_wall_clock_did",
    ],
    "on waking every reading is old at once": [
        "test_on_waking_every_reading_is_stale_at_once_and_every_feed_is_asked",
        "test_what_was_asked_before_a_pause_and_came_after_it_is_not_recorded",
    ],
    "nothing is acknowledged once the file or its WAL is not what it was": [
        "test_nothing_is_acknowledged_once_the_files_are_not_what_they_were",
        "test_a_file_that_is_removed_is_reported_before_there_is_a_fact_to_write",
        "test_a_file_that_was_removed_is_not_made_anew_behind_our_back",
    ],
    "what was acknowledged is in a file beside it and is taken back": [
        "test_what_was_acknowledged_is_saved_once_and_what_was_not_is_not",
        "test_a_file_that_ends_before_it_gets_everything_back_as_it_was",
    ],
    "a backup is restored with all its files, and under nobody who has it open": [
        "test_a_backup_takes_the_place_and_what_was_there_is_kept_whole",
        "test_nothing_is_restored_under_somebody_who_has_it_open",
    ],
    "every event that was shown is there after kill -9": [
        "test_every_event_that_was_shown_is_there_after_kill_minus_nine"
    ],
    "wherever the screen is killed, the next one goes on": [
        "test_the_next_cockpit_goes_on_from_wherever_the_last_one_was_killed"
    ],
    "a step of the clock is an event and a banner": [
        "test_a_clock_that_is_set_is_a_fact_recorded_once",
        "test_the_banner_says_how_far_and_which_way",
    ],
    "deadlines go on by elapsed time": ["test_whatever_is_set_when_every_deadline_is_as_if_the_clock_had_been_right"],
    "what is recorded later says both times": ["test_what_was_recorded_later_stands_later_and_says_both_times"],
    "resolve is never refused by the clock": ["test_an_incident_ends_whatever_the_clock_says"],
    "a time in a doubled hour is the nearest past one, and says which": [
        "test_a_clock_time_in_a_doubled_hour_is_the_nearest_past_one_in_every_zone",
        "test_the_other_one_of_a_doubled_hour_is_named_by_its_zone",
    ],
    "the machine's own zone has the offset of then, knows what came twice and what never did": [
        "test_the_zone_of_the_machine_has_the_offset_of_then_not_of_now",
        "test_the_zone_of_the_machine_knows_what_came_twice_and_what_never_did",
    ],
    "a clock that was set by two hours says two hours": ["test_a_clock_that_was_set_by_two_hours_says_two_hours"],
    "an old reading never looks live after a sleep": [
        "test_an_answer_that_was_asked_for_before_a_pause_is_stale_however_late_it_came"
    ],
    "maintenance is told in the zone of who reads": ["test_maintenance_shows_its_end_in_the_zone_of_who_reads"],
    "entries of another day carry the day, on the wall too": [
        "test_what_happened_on_another_day_says_so_however_narrow_the_pane",
        "test_an_entry_of_another_day_carries_its_day_on_the_wall",
    ],
    "an acknowledgement carries its age and ends with the alert": [
        "test_an_acknowledgement_carries_its_age_which_ticks",
        "test_an_acknowledgement_of_an_alert_ends_when_the_alert_does",
    ],
    "a timeline reached by a link is guarded like the file itself": [
        "test_what_was_acknowledged_through_a_link_is_saved_when_the_log_is_removed",
        "test_what_belongs_to_a_timeline_lies_beside_the_file_and_not_beside_a_link_to_it",
        "test_a_file_that_somebody_has_open_with_another_log_beside_it_is_not_written_to",
    ],
    "who waited for a restore writes to what was restored": [
        "test_who_waits_for_a_restore_writes_to_what_was_restored",
    ],
    "what is too long to be recorded whole is refused": [
        "test_what_a_person_says_is_recorded_whole_or_refused",
    ],
    "no edit of a draft is lost at the next export": [
        "test_a_sign_alone_is_an_edit_too",
        "test_of_rows_that_begin_alike_nothing_that_either_wrote_is_lost",
        "test_what_somebody_saves_while_it_is_written_stays",
    ],
}

WATCHING = {
    "an app without ingress can be ill": [
        "test_an_app_without_ingress_can_be_ill",
        "test_an_app_without_ingress_is_seen_to_be_ill_and_rolled_back_without_traffic",
    ],
    "health without a replica, and traffic to nobody, are not green": [
        "test_healthy_without_a_ready_replica_is_no_evidence",
        "test_traffic_that_goes_to_nobody_is_no_good",
        "test_nothing_is_called_serving_that_is_known_to_have_no_ready_replica",
    ],
    "a rollback waits for a ready replica, or for one that may sleep": [
        "test_it_waits_until_a_replica_is_ready",
        "test_one_that_is_scaled_to_zero_and_may_be_is_waited_for_no_longer",
    ],
    "after a minute a person may shift all the same, recorded": [
        "test_after_a_minute_a_person_may_shift_all_the_same_and_the_reason_is_recorded"
    ],
    "the log of an init container that keeps the others from starting is followed": [
        "test_an_init_container_that_fails_counts_its_restarts_and_has_a_log",
        "test_the_log_of_an_init_container_is_followed_as_long_as_it_keeps_the_pod",
    ],
    "a side-car never breaks it": ["test_a_side_car_keeps_its_image_and_the_container_that_changed_is_named"],
    "a replica without a stream is said, and following means all of it": [
        "test_a_replica_without_a_stream_is_reported_as_missing",
        "test_while_one_container_of_a_pod_breaks_following_is_not_all_of_it",
        "test_each_break_of_a_log_is_reported",
    ],
    "a stream that went on without us has a hole": [
        "test_a_stream_that_went_on_by_more_than_its_tail_while_it_was_away_has_a_hole",
        "test_a_tail_that_reaches_back_to_what_was_read_leaves_no_hole",
        "test_a_log_that_was_rotated_while_it_was_away_has_a_hole",
    ],
    "one az for each token, never one for each request": [
        "test_twenty_calls_at_once_run_az_once_for_each_scope",
        "test_az_is_run_once_in_the_life_of_a_token",
        "test_a_service_that_refuses_whatever_is_issued_costs_two_attempts_in_half_a_minute",
    ],
    "noise and colour around az's token are read past": ["test_whatever_stands_around_the_token_is_read_past"],
    "what a program prints without end costs no memory, and what it leaves behind is not waited for": [
        "test_a_program_that_prints_without_end_stops_in_a_full_pipe",
        "test_what_az_leaves_behind_is_not_waited_for",
    ],
    "an az that hangs or asks is a sentence": [
        "test_an_az_that_hangs_is_a_sentence_and_leaves_nothing_running",
        "test_an_az_that_asks_finds_nobody_to_ask",
    ],
    "Retry-After is honoured within bounds and said, and F5 looks at once": [
        "test_the_wait_is_never_shorter_than_asked_nor_without_end",
        "test_whoever_asks_for_more_than_can_be_counted_still_asks_for_patience",
        "test_a_source_that_asks_for_an_hour_is_asked_again_within_two_minutes",
        "test_a_throttled_feed_says_how_long_it_waits",
        "test_asking_for_an_answer_brings_one_now",
    ],
    "the next address is tried in time": [
        "test_a_silent_address_delays_the_next_by_a_moment",
        "test_no_address_is_lost_and_the_families_take_turns",
    ],
    "sixty stale instances of a rule date nothing back and bury no new one": [
        "test_a_new_instance_among_sixty_stale_ones_is_not_buried"
    ],
}

SECRETS = {
    "a configured secret that is echoed shows nowhere, in any escape": [
        "test_no_door_lets_an_echoed_secret_in",
        "test_a_secret_is_masked_in_every_escape",
        "test_base64_is_masked_wherever_the_secret_stands_in_it",
    ],
    "what is secret in a secret is known by itself": ["test_what_is_secret_in_a_secret_is_masked_by_itself"],
    "no dump of bytes shows one, in whatever words": [
        "test_a_secret_shows_in_no_dump",
        "test_a_stream_of_a_dump_is_masked_wherever_it_is_cut",
    ],
    "one that stands over several lines of a log is masked in each": [
        "test_a_secret_over_several_lines_of_a_log_is_masked_in_each",
        "test_a_secret_over_two_lines_of_the_log_is_masked_in_each",
        "test_a_secret_over_two_lines_that_came_apart_is_masked_in_both",
        "test_of_a_secret_whose_rest_comes_much_later_neither_half_is_shown",
    ],
    "a number in hex is known in either case": ["test_a_number_in_hex_is_known_in_small_letters_and_in_capitals"],
    "neither the chain nor an export keeps one": [
        "test_a_note_with_the_token_is_masked_on_the_timeline_and_in_exports",
        "test_what_an_older_cockpit_recorded_of_a_secret_is_masked_when_it_is_read",
    ],
    "what gives itself away is found in what commands print": [
        "test_a_secret_is_known_by_its_own_letters",
        "test_no_output_shows_the_value_that_its_name_gives_away",
        "test_a_stream_is_masked_wherever_it_is_cut",
    ],
    "colours hide no secret": [
        "test_colours_hide_no_secret_wherever_the_stream_is_cut",
        "test_colours_hide_no_secret_and_are_not_shown",
    ],
    "a value between the name of another and its value is found": [
        "test_a_value_that_stands_between_another_name_and_its_value_is_hidden_too"
    ],
    "a token that no table knows is found by its shape": [
        "test_a_token_that_no_row_knows_is_known_by_its_shape",
        "test_nine_of_ten_tokens_of_a_new_kind_are_gone",
    ],
    "a private key is not shown line by line either": [
        "test_a_key_whose_lines_have_something_before_them_is_not_shown",
        "test_a_private_key_that_is_printed_line_by_line_is_not_shown",
    ],
    "another judge finds nothing that was left": ["test_what_another_judge_calls_a_secret_is_not_shown"],
    "literals of documents are found, and no copy of such a document is kept": [
        "test_a_secret_in_a_command_is_found_and_hidden",
        "test_no_copy_is_kept_of_a_document_in_which_a_secret_stands",
        "test_it_says_of_a_document_in_which_a_secret_stands_that_it_must_not_be_kept",
    ],
    "digests, ids and names of revisions stay": [
        "test_digests_ids_names_and_times_stay",
        "test_digests_ids_and_revision_names_stay",
    ],
    "a secret that would mangle the record is named by check and not masked in words": [
        "test_a_short_secret_is_named_with_its_length_and_never_shown",
        "test_a_short_secret_is_not_masked_inside_of_a_longer_word",
    ],
    "a redirect to another origin takes no secret and no body along": [
        "test_a_redirect_to_another_host_takes_no_secret_along",
        "test_a_redirect_to_another_server_takes_neither_certificate_nor_token_along",
        "test_a_body_is_not_sent_on_to_another_server",
    ],
    "nothing that a terminal does not show hides one": [
        "test_nothing_that_is_not_seen_hides_a_secret",
        "test_colours_hide_no_secret_wherever_the_stream_is_cut",
    ],
    "what one step was given no later one prints": [
        "test_a_later_step_does_not_print_what_an_earlier_one_was_given",
        "test_what_stands_in_a_document_is_known_to_the_cockpit_that_goes_on_with_its_run",
    ],
    "no list of processes shows a script that holds one": [
        "test_no_list_of_processes_shows_a_script_in_which_a_secret_stands",
        "test_a_name_alone_takes_the_variable_of_the_shell",
    ],
    "what was fetched from a vault is kept nowhere": [
        "test_what_a_vault_gives_is_a_secret_under_any_name",
        "test_what_was_fetched_from_a_vault_is_in_no_state_and_no_event",
    ],
    "a redaction reaches all that repeats the words": [
        "test_a_redaction_reaches_what_repeats_the_words_and_nothing_else",
        "test_redact_empties_what_a_step_printed_and_a_message_that_was_kept",
        "test_a_redaction_takes_the_output_out_of_a_run_that_is_open",
        "test_what_is_redacted_in_another_shell_is_gone_from_the_open_screen",
        "test_a_redacted_event_is_gone_from_an_open_wall",
    ],
    "no words of a defect hold one": [
        "test_a_line_that_the_full_disk_does_not_take_goes_nowhere_else",
        "test_the_last_words_of_a_command_hold_no_secret",
    ],
    "half of one is not left where a text is cut": ["test_no_half_of_a_secret_is_kept_where_a_note_is_too_long"],
    "what a cluster is signed in to with is masked in what it says": [
        "test_whatever_it_signs_in_with_is_masked_in_what_the_cluster_says"
    ],
    "one that cannot be sent as it is, is masked all the same": [
        "test_a_secret_that_cannot_be_sent_is_masked_all_the_same",
        "test_a_file_as_windows_writes_it_is_known_without_its_mark",
        "test_no_copy_is_kept_of_a_known_secret_without_a_form_or_a_name",
    ],
    "our own echoes of arguments are cleaned": ["test_what_was_typed_is_repeated_without_what_steers_a_terminal"],
    "a pipe that somebody names and nobody writes to is given up": [
        "test_a_pipe_that_nobody_writes_to_is_given_up",
        "test_a_pipe_that_nobody_writes_to_is_a_mistake_of_the_configuration",
        "test_a_pipe_that_nobody_writes_to_is_a_secret_that_is_missing",
    ],
    "a pipe, a device or an endless file among the documents is not read": [
        "test_what_is_no_document_is_refused_and_the_others_are_read",
        "test_a_device_is_named_with_why_it_is_not_read",
        "test_a_file_that_would_be_waited_for_is_named_and_not_read",
        "test_of_what_is_no_file_nothing_is_read",
        "test_of_a_file_beyond_the_limit_nothing_is_kept",
    ],
    "no cell of a table is a formula, whatever separates cells": ["test_a_spreadsheet_takes_no_cell_for_a_formula"],
    "no text of others reaches the terminal as anything but itself": [
        "test_nothing_hostile_reaches_the_terminal",
        "test_no_text_reaches_the_terminal_as_anything_but_itself",
    ],
}

TERMINALS = {
    "no byte ends the screen": [
        "test_bytes_that_no_keyboard_sends_end_nothing",
        "test_any_byte_is_read_in_any_encoding",
    ],
    "a mouse report beyond column 95 presses no key": ["test_a_mouse_report_beyond_column_95_presses_no_key"],
    "a crash exits with a code of its own and restores the terminal": [
        "test_an_end_that_nobody_asked_for_is_no_answer_of_status",
        "test_a_defect_prints_where_it_is_and_no_local_variable",
    ],
    "so does every signal": ["test_a_signal_ends_it_cleanly_with_the_terminal_restored"],
    "escapes that arrive together leave one screen": [
        "test_escapes_that_arrive_together_leave_one_screen_and_end_nothing",
        "test_keys_that_reach_a_dialog_on_its_way_out_do_nothing",
    ],
    "a run's end is written once": ["test_the_end_of_a_run_is_its_first_end"],
    "the mouse is off over SSH": ["test_the_mouse_is_off_over_ssh_unless_somebody_wants_it"],
    "cockpit reset restores what kill -9 left": ["test_every_mode_that_the_screen_sets_is_reset"],
    "fg draws everything": ["test_what_was_stopped_from_elsewhere_draws_everything_when_it_goes_on"],
    "a copy is a file, too, and says what is known of the clipboard": [
        "test_copying_goes_to_the_terminal_and_into_a_file_and_says_both"
    ],
    "closed descriptors are a sentence, and no answer of status": [
        "test_output_that_is_lost_is_reported_in_a_sentence",
        "test_closed_input_and_standard_error_change_nothing",
        "test_where_nothing_can_be_printed_at_all_the_exit_code_is_no_answer_of_status",
        "test_a_reader_that_leaves_never_ends_as_success",
    ],
    "every command prints in every encoding": [
        "test_every_encoding_is_printed_in",
        "test_what_an_encoding_lacks_stands_in_ascii",
    ],
    "a step in Python is heard while it runs": ["test_a_program_in_python_is_heard_while_it_runs"],
    "a slow link carries what changed": [
        "test_what_a_slow_line_carries_for_a_key_is_what_changed",
        "test_nothing_is_written_where_nothing_changed",
    ],
    "keys that arrive together are all taken in order": [
        "test_a_tab_among_letters_stands_between_two_fields",
        "test_keys_that_only_move_are_all_taken_however_many_come_at_once",
        "test_what_follows_the_key_of_a_dialog_is_typed_into_the_dialog",
    ],
    "flapping alerts and reminders ring once": [
        "test_an_alert_that_comes_and_goes_rings_once",
        "test_a_reminder_of_one_clock_is_given_once_however_often_the_clock_comes_back",
    ],
    "a paste without brackets presses nothing": [
        "test_a_paste_without_brackets_presses_nothing",
        "test_a_paste_that_comes_letter_by_letter_writes_nothing",
        "test_a_pasted_burst_starts_nothing",
        "test_a_pasted_burst_with_line_breaks_does_nothing_but_type",
    ],
    "a terminal that hangs or vanishes ends nothing and leaves nothing behind": [
        "test_it_watches_on_while_the_terminal_reads_nothing",
        "test_it_ends_by_itself_when_the_terminal_is_gone",
    ],
    "an Enter before the palette's list fits its text chooses nothing": [
        "test_an_enter_before_the_list_of_the_palette_fits_its_text_chooses_nothing",
    ],
}

ENDURANCE = {
    "thousands of alerts that come and go are recorded once, in flat memory": [
        "test_alerts_that_come_and_go_are_each_recorded_once_and_nothing_grows"
    ],
    "a flood of log lines is drawn in batches of which none grows": [
        "test_a_flood_of_log_lines_is_shown_in_batches_of_which_none_grows"
    ],
    "a week holds no more than its first days": ["test_a_week_of_polls_holds_no_more_than_its_first_days"],
    "what is kept for lost files is bounded": ["test_long_facts_are_remembered_only_as_far_as_the_wal_may_hold_them"],
    "a wall that hangs for long holds no more": ["test_the_newest_events_of_an_environment_are_kept_and_no_more"],
}

CHAPTERS = {
    "changes": ONCE,
    "recording": RECORDING,
    "watching": WATCHING,
    "secrets": SECRETS,
    "terminals": TERMINALS,
    "endurance": ENDURANCE,
}
FACTS = [(chapter, fact) for chapter, facts in CHAPTERS.items() for fact in facts]


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    """Every test there is."""
    text = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    return frozenset(re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize(("chapter", "fact"), FACTS, ids=[f"{chapter}: {fact}" for chapter, fact in FACTS])
def test_a_fact_is_held_by_tests_that_are_there(chapter: str, fact: str, names: frozenset[str]) -> None:
    held_by = CHAPTERS[chapter][fact]
    assert held_by
    assert set(held_by) <= names


def test_no_test_stands_for_many_facts() -> None:
    every = list(chain.from_iterable(held_by for facts in CHAPTERS.values() for held_by in facts.values()))
    assert max(every.count(name) for name in every) <= MOST_FACTS_OF_ONE_TEST
