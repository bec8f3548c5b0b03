"""Why a key does nothing at this moment. A disabled key says why."""

from dataclasses import dataclass

WRITES = frozenset({"declare", "note", "status", "acknowledge", "update", "status_line", "snooze", "freeze", "pin"})
READS = frozenset(  # need an incident
    {"export", "roles", "communicate", "update", "status_line", "snooze", "pin", "preview"}
)
NEEDS_SESSION = WRITES | READS | {"logs", "wall", "refresh", "sign_in", "details", "runbooks", "roll_back", "past"}

VERBS = {
    "export": "export",
    "roles": "lead",
    "communicate": "tell of",
    "update": "tell of",
    "status_line": "tell of",
    "snooze": "put off",
    "pin": "pin to",
    "preview": "draft",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which keys work."""

    attached: bool = False
    read_only: bool = False
    any_incident: bool = False
    alert: bool = False  # one is under the cursor of the alert pane
    taken: bool = False  # and somebody acknowledged it
    event: bool = False  # one is under the cursor of the timeline
    apps: bool = False
    signed_out: bool = False
    person: bool = True  # somebody can sign in; else only a machine's identity is configured


def why_not(action: str, now: Situation) -> str:
    """One sentence, or "" when the key works."""
    if action in NEEDS_SESSION and not now.attached:
        return "Still starting; in a moment."
    if action in WRITES and now.read_only:
        return "Read-only: nothing is recorded. Start without --read-only to write."
    if action == "status" and not now.any_incident:
        return "There is no incident, so there is no severity or status to change."
    if action == "acknowledge" and not now.alert:
        return "There is no alert to acknowledge."
    if action == "acknowledge" and now.taken:
        return "Somebody has taken this alert already; the cursor in pane 2 chooses another one."
    if action in READS and not now.any_incident:
        return f"There is no incident to {VERBS[action]} yet; declaring one starts it."
    if action == "pin" and not now.event:
        return "The cursor in pane 4 chooses the event to pin."
    if action == "logs" and not now.apps:
        return "No app is known, so there are no logs to show."
    if action == "roll_back" and not now.apps:
        return "No app is known, so there is nothing to roll back."
    if action == "sign_in" and not now.signed_out:
        return "No source asks for a sign-in."
    if action == "sign_in" and not now.person:
        return "Only a machine's identity is configured here: nobody can sign in."
    return ""
