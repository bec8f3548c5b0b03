"""Everything a responder does to an incident. Each action is written before it counts. The write side."""

from cockpit.incident.actions import clocks, entries, lifecycle, roles, silences, work
from cockpit.incident.actions.base import IncidentWriter


class IncidentActions(IncidentWriter):
    """All methods block, may be called from any thread, and return what they wrote.

    They raise IncidentActionError with a sentence for the person who asked, RecordError for a file that takes nothing,
    and PersonUnknown where the login is shared and nobody said who acts: nothing is written then.
    `incident` is an id or its last letters; without one it is the only open incident of the environment. Times given
    are aware. What is decided is decided inside the transaction that writes it, so two people at two terminals cannot
    resolve one incident twice. `plan` may be replaced when the documents were read again.
    """

    # Each action stands in the file of its idea, as a function of the writer.

    declare = lifecycle.declare_incident
    amend = lifecycle.amend_declaration
    change_severity = lifecycle.change_severity
    correct_severity = lifecycle.correct_severity
    change_status = lifecycle.change_status
    resolve = lifecycle.resolve_incident
    reopen = lifecycle.reopen_incident
    exported = lifecycle.record_export
    review = lifecycle.set_review_state

    take_role = roles.take_role
    leave_role = roles.leave_role
    hand_over = roles.hand_over
    acknowledge = roles.acknowledge_alert
    acknowledge_all = roles.acknowledge_all
    settle = roles.settle_alerts
    called = roles.record_call
    sent = roles.record_message

    change_silence = silences.change_silence

    note = entries.add_note
    mark_change = entries.mark_change
    decide = entries.record_decision
    correct = entries.correct_entry
    pin = entries.pin_entry
    link = entries.link_evidence

    start_task = clocks.start_task
    start_loop = clocks.start_loop
    aware = clocks.declare_awareness
    clock_done = clocks.clock_done
    snooze = clocks.snooze_clock
    not_applicable = clocks.not_applicable
    answer_on_call = clocks.answer_on_call

    tick = work.tick_box
    freeze = work.set_freeze
    add_item = work.add_item
    change_item = work.change_item
    choose_scenario = work.choose_scenario
    recovered_to = work.recovered_to

    practised = work.record_practice
