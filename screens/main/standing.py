"""How things stand as far as that decides which of the cockpit's keys may be pressed, and why the others are grey."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cockpit.model.key_bindings import KeyBinding, Need


@dataclass(frozen=True, slots=True)
class CockpitStanding:
    """What decides which of the cockpit's keys may be pressed."""

    attached: bool = False
    read_only: bool = False
    any_incident: bool = False
    roomy: bool = False  # what is due has a pane
    alert: bool = False  # one is under the cursor of the alert pane
    over: bool = False  # and it has ended
    taken: bool = False  # and somebody acknowledged it
    silenceable: bool = True  # and its source is one whose alerts are silenced from here
    event: bool = False  # one is under the cursor of the timeline
    apps: bool = False
    own_rollback: bool = False  # the configuration names the team's own, which may need no app
    platform: bool = True  # the environment has one; else there will never be an app
    signed_out: bool = False
    person: bool = True  # somebody can sign in; else only a machine's identity is configured


def _explain_sign_in(now: CockpitStanding, binding: KeyBinding) -> str:
    if not now.signed_out:
        return "No source asks for a sign-in."
    return "" if now.person else "Only a machine's identity is configured here: nobody can sign in."


Reason = Callable[[CockpitStanding, KeyBinding], str]
REASONS: Mapping[Need, Reason] = {
    Need.SESSION: lambda now, binding: "" if now.attached else "Still starting; in a moment.",
    Need.WRITING: lambda now, binding: (
        "Read-only: nothing is recorded. Start without --read-only to write." if now.read_only else ""
    ),
    Need.INCIDENT: lambda now, binding: (
        "" if now.any_incident else f"{binding.label} needs an incident, and there is none yet. Declare one first."
    ),
    Need.DUE: lambda now, binding: (
        "" if now.any_incident or now.roomy else "Nothing is due: there is no incident. d declares one."
    ),
    Need.ALERT: lambda now, binding: (
        "" if now.alert else f"There is no alert to {'silence' if binding.name == 'silence' else 'acknowledge'}."
    ),
    Need.UNTAKEN: lambda now, binding: (
        "This alert is over: there is nothing to acknowledge. Choose another one in pane 2."
        if now.over
        else "Somebody acknowledged this alert already. Choose another one in pane 2."
        if now.taken
        else ""
    ),
    Need.SILENCEABLE: lambda now, binding: (
        "" if now.silenceable else "Its source is no Alertmanager: silence it where it comes from."
    ),
    Need.EVENT: lambda now, binding: "" if now.event else "Choose the event in pane 4 first.",
    Need.APP: lambda now, binding: (
        ""
        if now.apps or (binding.name == "roll_back" and now.own_rollback)
        else f"{binding.label} needs an app, and "
        + ("none is known yet." if now.platform else "this environment has no platform: docs/platforms.md lists them.")
    ),
    Need.SIGN_IN: _explain_sign_in,
}
"""Why a key does nothing, in one sentence, "" when it does; one entry for each Need of the cockpit's keys."""
