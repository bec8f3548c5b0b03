"""The events of a run, as the timeline keeps them. Pure: what a run says, never when or whether."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cockpit.model.event import Draft, Event, Kind
from cockpit.model.operator import with_author
from cockpit.model.run import (
    STOPPED_BY_HAND,
    TITLE_LETTERS,
    Run,
    ShellState,
    StepLength,
    StepState,
    describe_step_end,
    mark_step_title,
    name_run,
)
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.model.secret_detection.masking import Mask
from cockpit.model.text import clean_line
from cockpit.runbooks.run.process.identity import Owner
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.types import Finished, Prepared, Resolved

if TYPE_CHECKING:
    from cockpit.runbooks.prepare.confirmation import Approval

SHOWN = TITLE_LETTERS
WAITS_FOR_PERSON = frozenset({StepKind.DANGER, StepKind.MANUAL})  # offered when all is well: nobody is late for it
WENT_WELL = frozenset({StepState.OK, StepState.WARN, StepState.BY_HAND})  # a step whose effect is there
RESTART = re.compile(r"\brestart\b", re.IGNORECASE)
TEXTS = frozenset({"title", "as_written", "as_run", "outcome", "verified", "output", "reason"})  # where one could stand


@dataclass(frozen=True, slots=True)
class EventAuthor:
    """Who writes, when, and for which incident; `by` is what stands beside the name."""

    actor: str
    now: datetime
    incident: str | None = None
    by: Mapping[str, str] = field(default_factory=dict)


def draft_run_started(
    id: str,
    runbook: Runbook,
    procedure: Procedure,
    environment: str,
    values: Sequence[Resolved],
    owner: Owner,
    event_author: EventAuthor,
    served: Sequence[str] = (),
) -> Draft:
    """A run has begun; `owner` is the process that leads it: while that lives the run is not left behind."""
    title = name_run({"title": procedure.title, "served": served})
    return Draft(
        kind=Kind.RUN,
        summary=f"Opened: {clean_line(title, SHOWN)}",
        occurred=event_author.now,
        environment=environment,
        subject=id,
        actor=event_author.actor,
        incident=event_author.incident,
        detail=with_author(
            {
                "what": "started",
                "path": runbook.path,
                "sha256": runbook.sha256,
                "procedure": procedure.slug,
                "title": procedure.title,
                "values": as_detail(values),
                "owner": owner.as_detail(),
                **list_promised_times(procedure),
                **find_name_gap(procedure, values),
                **({"served": list(served)} if served else {}),
            },
            event_author.by,
        ),
    )


def list_promised_times(procedure: Procedure) -> dict[str, float]:
    """The seconds that a procedure is expected to take, those by which its effect may lag, and which steps end each.

    `timed_by` is the step whose success ends the time: the last verification, where only steps that wait for a person
    follow it. `effect_by` is the change whose effect lags, `effect_ends_by` the restart that ends that at once.
    """
    if procedure.steps and all(step.literal for step in procedure.steps):
        return {"steps": len(procedure.to_do)}  # a command that was typed promises nothing
    from cockpit.runbooks.plan.durations import read_effect_lag, read_time_budget

    durations_by_name = {"budget": read_time_budget(procedure), "tail": read_effect_lag(procedure)}
    steps_by_name = {"timed_by": find_timed_step(procedure), **find_effect_steps(procedure)}
    return {
        **{name: length.total_seconds() for name, length in durations_by_name.items() if length is not None},
        **{name: step for name, step in steps_by_name.items() if step},
        "steps": len(procedure.to_do),
    }


def find_timed_step(procedure: Procedure) -> int:
    """The ordinal of the verification after which the work is done; 0 where the end of the run is the end of it."""
    steps = procedure.to_do
    last = max((place for place, step in enumerate(steps) if step.kind is StepKind.VERIFY), default=None)
    if last is None or any(step.kind not in WAITS_FOR_PERSON for step in steps[last + 1 :]):
        return 0
    return steps[last].ordinal


def find_work_end(procedure: Procedure, run: Run) -> datetime | None:
    """When the time that a document allows was over: by its last verification, else by the end of the run.

    What waits for a person behind that takes none of it. The record reads the same from `timed_by`.
    """
    timed = find_timed_step(procedure)
    verified = [
        attempt.ended
        for attempt in run.attempts
        if attempt.step == timed and attempt.state in WENT_WELL and attempt.ended is not None
    ]
    verified += [word.at for word in run.words if word.step == timed and word.state in WENT_WELL]
    return max(verified, default=run.ended) if timed else run.ended


def find_effect_steps(procedure: Procedure) -> dict[str, int]:
    """The last change that is no restart, and the restart behind it, if the document has one."""
    changes = [step for step in procedure.to_do if step.kind in (StepKind.CHANGE, StepKind.DANGER)]
    restarts = [step.ordinal for step in changes if RESTART.search(step.command)]
    effect = max((step.ordinal for step in changes if step.ordinal not in restarts), default=0)
    return {"effect_by": effect, "effect_ends_by": min((item for item in restarts if item > effect), default=0)}


RENAMES = (
    re.compile(r"(?s)\brename\b.*?(?:--name|-n)[\s=]+(?P<old>\S+).*?--new-name[\s=]+(?P<new>\S+)"),
    re.compile(r"(?s)\brename\b.*?--new-name[\s=]+(?P<new>\S+).*?(?:--name|-n)[\s=]+(?P<old>\S+)"),
    re.compile(
        r"(?i)\bALTER\s+(?:DATABASE|TABLE|SCHEMA)\s+(?P<old>\S+)\s+(?:RENAME\s+TO|MODIFY\s+NAME\s*=)\s+(?P<new>[^\s;]+)"
    ),
    re.compile(r"(?i)\bRENAME\s+TABLE\s+(?P<old>\S+)\s+TO\s+(?P<new>[^\s;]+)"),
)


def find_name_gap(procedure: Procedure, values: Sequence[Resolved]) -> dict[str, str | int]:
    """Between which steps nothing has a name: one renames one away, and a later one gives its name to another."""
    renames = [
        (step.ordinal, match["old"].strip("\"'`[]"), match["new"].strip("\"'`[]"))
        for step in procedure.commands
        if (match := next((found for expression in RENAMES if (found := expression.search(step.command))), None))
    ]
    for place, (ordinal, old, _) in enumerate(renames):
        ends = next((later for later, _, new in renames[place + 1 :] if new == old), 0)
        if ends:
            return {"gap_by": ordinal, "gap_ends_by": ends, "missing": fill_values(old, values)}
    return {}


def fill_values(text: str, values: Sequence[Resolved]) -> str:
    """A name with what is known of its placeholders; a secret stays as it is written."""
    from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

    known = {value.name: value.shown for value in values if value.value is not None}
    for blank in reversed(find_placeholders(text)):
        text = text[: blank.start] + known.get(blank.name, blank.form) + text[blank.end :]
    return clean_line(text, SHOWN)


def draft_folder_chosen(run: Run, folder: str, event_author: EventAuthor) -> Draft:
    """A person has chosen where the commands of a run's document start."""
    return Draft(
        kind=Kind.RUN,
        summary=f"Run starts in {clean_line(folder, SHOWN)}: {clean_line(run.title, SHOWN)}",
        occurred=event_author.now,
        environment=run.environment,
        subject=run.id,
        actor=event_author.actor,
        incident=event_author.incident,
        detail=with_author({"what": "folder", "folder": folder}, event_author.by),
    )


def draft_run_ended(run: Run, reason: str, event_author: EventAuthor) -> Draft:
    why = f" ({clean_line(reason, SHOWN)})" if reason else ""
    untouched = not run.attempts and not run.states
    return Draft(
        kind=Kind.RUN,
        summary=f"{'Closed, nothing was run' if untouched else 'Run ended'}: {clean_line(run.title, SHOWN)}{why}",
        occurred=event_author.now,
        environment=run.environment,
        subject=run.id,
        actor=event_author.actor,
        incident=event_author.incident,
        detail=with_author({"what": "ended", "reason": reason}, event_author.by),
    )


def draft_intent(
    run: Run,
    prepared: Prepared,
    number: int,
    transcript: str,
    owner: Owner,
    approval: "Approval | None",
    event_author: EventAuthor,
) -> Draft:
    """Written before anything starts: whatever happens then, it is known that it was tried."""
    verb = "undo started" if prepared.undo else "edited and started" if prepared.edited else "started"
    approved = f"{approval.by}, {approval.how}" if approval else ""
    verb += f" (approved by {clean_line(approved, SHOWN)})" if approved else ""
    detail = {
        "phase": "intent",
        "attempt": number,
        "title": prepared.step.title,
        "kind": prepared.kind.value,
        "as_written": hide_literal_secrets(prepared.as_written),
        "as_run": prepared.as_run,
        "native": prepared.native is not None,
        "edited": prepared.edited,
        "undo": prepared.undo,
        "transcript": transcript,
        "owner": owner.as_detail(),
        "values": as_detail(prepared.values),
        "approval": approved,
    }
    return _draft_step_event(run, prepared.step, verb, detail, event_author)


def draft_operation(run: Run, step: Step, number: int, url: str, event_author: EventAuthor) -> Draft:
    """A long operation has begun elsewhere; here is where it can be asked about."""
    return _draft_step_event(
        run, step, "goes on in Azure", {"phase": "operation", "attempt": number, "operation": url}, event_author
    )


def draft_outcome(
    run: Run,
    step: Step,
    number: int,
    finished: Finished,
    verified: str,
    output: str,
    took: StepLength,
    event_author: EventAuthor,
    shell: ShellState | None = None,
    *,
    undo: bool = False,
    edited: bool = False,
    looked_again: bool = False,
) -> Draft:
    """How a try ended. Stopped by a person it did not fail, and its state is that of what was not done.

    `looked_again`: nobody saw when it ended, only that it had when it was looked at again.
    """
    marks = {"undo": undo, "edited": edited}
    how = describe_step_end({"state": finished.state.value, "cancelled": finished.cancelled})
    outcome = finished.outcome
    if how == STOPPED_BY_HAND:  # said once
        outcome = outcome.removeprefix(STOPPED_BY_HAND).lstrip(" ;:")
    sentence = f": {clean_line(outcome, 160)}" if outcome else ""
    checked = f"; {clean_line(verified, 160)}" if verified else ""
    detail = {
        "phase": "outcome",
        "attempt": number,
        "title": step.title,
        "state": finished.state.value,
        "exit_code": finished.exit_code,
        "signal": finished.signal,
        "http_status": finished.http_status,
        "timed_out": finished.timed_out,
        "cancelled": finished.cancelled,
        **marks,
        "outcome": finished.outcome,
        "verified": verified,
        "output": output,
        "operation": finished.operation,
        "still_runs": finished.still_runs,
        "started": finished.started,
        "seconds": round(took.seconds, 3),
        **({"about": True} if took.is_about else {}),
        **({"looked_again": True} if looked_again else {}),
        **({"shell": describe_shell(shell)} if shell is not None else {}),
    }
    when = f"after {'' if looked_again else took.qualifier}{took.seconds:.1f}s"
    when = f"when looked at again {when}" if looked_again else when
    return _draft_step_event(run, step, f"{how} {when}{sentence}{checked}", detail, event_author, behind=True)


def draft_settled(
    run: Run, step: Step, state: StepState, was: StepState, reason: str, event_author: EventAuthor
) -> Draft:
    why = f": {clean_line(reason, 160)}" if reason else ""
    detail = {"phase": "settled", "title": step.title, "state": state.value, "was": was.value, "reason": reason}
    return _draft_step_event(run, step, f"{state.value}{why}", detail, event_author, behind=True)


def hide_secrets(draft: Draft, secrets: Sequence[str]) -> Draft:
    """The same event with dots for these secrets. What runs are found by, paths and hashes, stays as it is."""
    mask = Mask(secrets)
    detail = {
        name: mask.whole(value) if name in TEXTS and isinstance(value, str) else value
        for name, value in draft.detail.items()
    }
    return replace(draft, summary=mask.whole(draft.summary), detail=detail)


def as_detail(values: Sequence[Resolved]) -> list[dict[str, str]]:
    """Values as they may be kept: masked where they are secret."""
    return [
        {"name": value.name, "shown": value.shown, "source": value.source}
        for value in values
        if value.value is not None
    ]


def describe_shell(shell: ShellState) -> dict[str, Any]:
    """What a step left, as the timeline has it: the beginnings of values, and where the whole ones lie."""
    return {
        "host": shell.host,
        "folder": shell.folder,
        "file": shell.file,
        "variables": [
            {
                "name": variable.name,
                "shown": variable.shown,
                "step": variable.step,
                "exported": variable.exported,
                "secret": variable.secret,
            }
            for variable in shell.variables
        ],
        "options": list(shell.options),
    }


def make_unwritten_event(draft: Draft, id: int) -> Event:
    """An event that only this process knows, as read-only has them."""
    return Event(
        id=id,
        incident=draft.incident,
        environment=draft.environment,
        subject=draft.subject,
        occurred=draft.occurred,
        recorded=draft.occurred,
        kind=draft.kind,
        source=draft.source,
        actor=draft.actor,
        summary=draft.summary,
        detail=draft.detail,
        supersedes=None,
        v=1,
        hash="",
    )


def _draft_step_event(
    run: Run, step: Step, sentence: str, detail: Mapping[str, Any], event_author: EventAuthor, *, behind: bool = False
) -> Draft:
    title = clean_line(step.title, SHOWN)
    title = mark_step_title(title, detail) if behind else title
    return Draft(
        kind=Kind.STEP,
        summary=f"Step {step.ordinal} {title}: {sentence}" if behind else f"Step {step.ordinal} {sentence}: {title}",
        occurred=event_author.now,
        environment=run.environment,
        subject=f"{run.id}#{step.ordinal}",
        actor=event_author.actor,
        incident=event_author.incident,
        detail=with_author(detail, event_author.by),
    )
