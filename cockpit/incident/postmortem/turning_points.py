"""The entries of a timeline that turned it, for the short timeline, and what each says."""

from collections.abc import Sequence

from cockpit.incident.change_dates import SKEW, is_changing_step
from cockpit.incident.postmortem.marked_notes import is_marked_note
from cockpit.incident.postmortem.remedies import is_app_change, list_stretches
from cockpit.incident.signals import key_of, says_bad
from cockpit.model.conditions import explain_failed_condition
from cockpit.model.event import Event, Kind, attempt_of, describe_unseen, text_of
from cockpit.model.incident import Incident
from cockpit.recorder.recording_breaks import list_unrecorded, read_recording_break

TURNING_KINDS = frozenset(
    {
        *(Kind.DECLARE, Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE, Kind.DECISION, Kind.TRAFFIC, Kind.FREEZE),
        *(Kind.UPDATE, Kind.WALL_CLOCK),
    }
)


def find_turning_points(incident: Incident, events: Sequence[Event]) -> frozenset[int]:
    """The ids of the entries that a reader needs to follow it: what changed, what was felt, decided and done."""
    stretches = list_stretches(incident, events)
    ends = [stretch.end for stretch in stretches if stretch.end is not None]
    relapses = [stretch.begin for stretch in stretches[1:]]
    ids = set(incident.pins)
    bad: set[str] = set()
    changing: set[object] = set()
    first_ack = True
    for event in events:
        while relapses and event.occurred >= relapses[0]:
            bad.clear()  # what turns bad from here on is felt again
            del relapses[0]
        if (
            event.kind in TURNING_KINDS
            or is_marked_note(event)
            or (event.kind == Kind.REVISION and is_app_change(event))
            or _tells_break(incident, event)
            or (event.kind == Kind.RUN and text_of(event.detail, "what") == "started")
            or (event.kind == Kind.ROLE and text_of(event.detail, "what") != "leaves")
        ):
            ids.add(event.id)
            if event.kind == Kind.RESOLVE:
                bad.clear()  # what turns bad after it is why it is opened again
        elif event.kind == Kind.ACK and first_ack:
            ids.add(event.id)
            first_ack = False
        elif event.kind == Kind.STEP:
            key = attempt_of(event)
            if text_of(event.detail, "phase") == "intent" and is_changing_step(event.detail):
                changing.add(key)
            elif text_of(event.detail, "phase") == "outcome" and key in changing:
                ids.add(event.id)
        elif event.kind in (Kind.PROBE, Kind.ALERT):
            verdict = says_bad(event.kind, event.detail)
            if verdict and key_of(event) not in bad:
                bad.add(key_of(event))
                ids.add(event.id)
            elif verdict is False and any(abs(event.occurred - end) <= SKEW for end in ends):
                ids.add(event.id)
    return frozenset(ids)


def _tells_break(incident: Incident, event: Event) -> bool:
    """Whether nobody recorded for some of the incident before it, as the draft counts it, however short that was."""
    pause = read_recording_break(event)
    return pause is not None and bool(
        list_unrecorded([pause], incident.reach_from, incident.resolved or max(event.occurred, pause.end))
    )


def describe_summary(event: Event) -> str:
    """What an event says, a failed condition in words: `readyz down: got 503, wanted 200`."""
    if event.redacted:
        return "(redacted)"
    reason = text_of(event.detail, "reason") if event.kind == Kind.PROBE else ""
    summary = event.summary.replace(reason, explain_failed_condition(reason)) if reason else event.summary
    return f"{summary}{describe_unseen(event)}"
