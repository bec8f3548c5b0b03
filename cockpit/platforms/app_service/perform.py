"""Doing what the known az commands for slots and sites stand for: swap, with its two halves, restart, state and log.

They print what az prints, which is nothing for a change. Whatever shows more of a site (`az webapp show` in other
forms, `deployment slot list`) is left to az.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cockpit.azure.changes.change import AzureChange, ChangeOutcome
from cockpit.azure.client import Azure
from cockpit.azure.patience import read_patiently
from cockpit.model.problem import Problem, SourceError
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.secret_detection.stream import KeyLineMask
from cockpit.model.text import clean_lines
from cockpit.model.time import Time, format_age
from cockpit.platforms.app_service.known_commands import WebAppCommand
from cockpit.platforms.app_service.mapping import SlotAnswers, list_slot_notes, read_deployment, read_pending, read_slot
from cockpit.platforms.app_service.sites import WebSite, describe_content, fingerprint_slots
from cockpit.platforms.platform import CommandOutcome, CommandSurvey

STILL = "Azure may still be working on it. Look before you try again."


class WebAppCommandError(Exception):
    """Why nothing was sent, in one sentence."""


class WebAppPerformer:
    """Commands of one environment, over its client."""

    def __init__(self, azure: Azure, time: Time) -> None:
        self._azure, self._time = azure, time

    async def survey(self, command: WebAppCommand) -> CommandSurvey:
        """What a change would meet, without changing anything. Never raises."""
        if command.kind is StepKind.READ:
            return CommandSurvey()
        try:
            site = WebSite(self._azure, command.group, command.site)
            slots = await site.read_slots()
            must_be_possible(command, slots, site.unseen)
        except WebAppCommandError as error:
            return CommandSurvey(refusal=str(error))
        except SourceError as error:
            return CommandSurvey(refusal=error.problem.refusal)
        return CommandSurvey(tuple(self._describe_slots(command, slots)), fingerprint_slots(slots))

    async def perform(
        self,
        command: WebAppCommand,
        output: Callable[[str], None],
        *,
        confirmed: str = "",
        report: Callable[[str], None] = lambda url: None,
    ) -> CommandOutcome:
        """Do it and tell how it ended. `report` gets the address of a swap under way. Raises only cancellation."""
        site = WebSite(self._azure, command.group, command.site)
        try:
            if command.verb == "log":
                key_mask = KeyLineMask()
                async for block in site.stream_log(command.slot, self._time):
                    for line in clean_lines([raw.decode("utf-8", "replace") for raw in block]):
                        output(f"{key_mask.hide(line)}\n")
                return CommandOutcome(StepState.OK, "The log ended.", 0)
            if command.verb == "show":
                state = await read_patiently(self._azure, lambda: site.read_state(command.slot), output)
                output(f"{state}\n")
                return CommandOutcome(StepState.OK, f"{command.describe()}: done.", 0)
            slots = await site.read_slots()
            must_be_possible(command, slots, site.unseen)
            if confirmed and fingerprint_slots(slots) != confirmed:
                raise WebAppCommandError(
                    f"Somebody swapped or deployed {command.site} since this was shown. Nothing was sent. "
                    "Look again, then decide anew."
                )
            change = (
                await site.restart(command.slot)
                if command.verb == "restart"
                else await site.swap(command.verb, command.slot, command.target, report)
            )
        except WebAppCommandError as error:
            output(f"ERROR: {error}\n")
            return CommandOutcome(StepState.FAILED, str(error), 1)
        except SourceError as error:
            output(f"ERROR: {error.problem.message}\n")
            return CommandOutcome(StepState.FAILED, error.problem.refusal, 1)
        return tell_change(command, change, output)

    async def resume(self, command: WebAppCommand, operation: str, since: datetime) -> CommandOutcome:
        """How a swap ended that another cockpit sent. Raises nothing but cancellation."""
        site = WebSite(self._azure, command.group, command.site)
        change = await site.resume_swap(operation, command.slot, command.target, since)
        return tell_change(command, change, lambda text: None)

    def _describe_slots(self, command: WebAppCommand, slots: Sequence[SlotAnswers]) -> list[str]:
        sentences = []
        for answers in slots:
            slot = read_slot(answers.site)
            if slot not in (command.slot, command.target if command.verb != "restart" else command.slot):
                continue
            deployment = read_deployment(answers.deployments)
            age = (
                f", deployed {format_age((self._time.now() - deployment.ended).total_seconds())} ago"
                if deployment.ended
                else ""
            )
            by = f" by {deployment.by}" if deployment.by else ""
            sentences.append(f"{slot} has {describe_content(answers)}{age}{by}")
            sentences += [f"{slot}: {note}" for note in list_slot_notes(answers)]
        return sentences


def must_be_possible(command: WebAppCommand, slots: Sequence[SlotAnswers], unseen: Problem | None = None) -> None:
    """Raises WebAppCommandError for a slot that is not there, or that is in the middle of another swap.

    `unseen`: why there may be slots that nobody here can see.
    """
    by_name = {read_slot(answers.site): answers for answers in slots}
    for slot in {command.slot, command.target} if command.verb != "restart" else {command.slot}:
        if slot not in by_name and unseen is not None:
            raise WebAppCommandError(
                f"Nothing was sent: whether there is a slot {slot} cannot be seen. {unseen.sentence}"
            )
        if slot not in by_name:
            raise WebAppCommandError(f"{command.site} has no slot {slot}. It has: {', '.join(by_name)}.")
    pending = {slot: target for slot, answers in by_name.items() if (target := read_pending(answers.site))}
    if command.verb == "reset":
        if command.slot not in pending:
            raise WebAppCommandError(f"No swap of {command.slot} was begun: there is nothing to take back.")
        return
    other = {slot: target for slot, target in pending.items() if (slot, target) != (command.slot, command.target)}
    if command.verb in ("swap", "preview") and other:
        slot, target = next(iter(other.items()))
        raise WebAppCommandError(
            f"A swap of {slot} and {target} was begun with a preview. Complete it, or take it back with --action reset."
        )


def tell_change(command: WebAppCommand, change: AzureChange, output: Callable[[str], None]) -> CommandOutcome:
    """How it ended; az prints nothing for what was done."""
    why = change.problem
    if change.outcome is ChangeOutcome.DONE:
        looked = " Azure gave no answer, but looking again shows that it was done." if change.looked else ""
        return CommandOutcome(StepState.OK, f"{command.describe()}: done.{looked}", 0, change.operation)
    message = why.message if why else "no answer came."
    if change.outcome is ChangeOutcome.FAILED:
        output(f"ERROR: {message}\n")
        return CommandOutcome(StepState.FAILED, why.refusal if why else message, 1, change.operation)
    sentence = f"Unknown whether it was done: {message} {STILL}"
    output(f"UNKNOWN: {sentence}\n")
    return CommandOutcome(StepState.UNKNOWN, sentence, operation=change.operation)
