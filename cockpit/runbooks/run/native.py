"""Commands that need no shell, by whoever does them: az through the SDK, others by their platform."""

from collections.abc import Sequence
from datetime import datetime

from cockpit.model.run import StepState
from cockpit.platforms.platform import FollowsOperations, Platform, PlatformCommand
from cockpit.platforms.registry import list_used_kinds
from cockpit.runbooks.az import (
    AzCommand,
    Survey,
    perform_az_command,
    recognise_az_command,
    resume_operation,
    survey_az_change,
)
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.types import Finished, NativeCommand, Progress


def find_platform(command: NativeCommand, platforms: Sequence[Platform]) -> Platform | None:
    """Who does a command that is not of az."""
    name = getattr(command, "platform", "")
    return next((platform for platform in platforms if platform.kind.name == name), None)


async def survey_native_change(command: NativeCommand | None, context: RunContext) -> Survey | None:
    """What a change would meet; None where nobody here can look."""
    if isinstance(command, AzCommand):
        return None if context.azure is None else await survey_az_change(command, context.azure)
    platform = find_platform(command, context.platforms) if command is not None else None
    if command is None or platform is None:
        return None
    survey = await platform.survey_command(_of_platform(command))
    return Survey(survey.words, survey.fingerprint, survey.refusal)


async def perform_native_command(
    command: NativeCommand, context: RunContext, progress: Progress, *, confirmed: str
) -> Finished:
    """One try. A change is sent once; `confirmed` is the fingerprint of the survey that the person saw."""
    if isinstance(command, AzCommand):
        assert context.azure is not None
        return await perform_az_command(command, context.azure, progress, confirmed=confirmed)
    platform = find_platform(command, context.platforms)
    assert platform is not None
    own = _of_platform(command)
    if isinstance(platform, FollowsOperations):
        outcome = await platform.perform_followed(own, progress.output, progress.operation, confirmed=confirmed)
    else:
        outcome = await platform.perform_command(own, progress.output, confirmed=confirmed)
    return Finished(outcome.state, outcome.sentence, outcome.exit_code, operation=outcome.operation)


async def resume_native_operation(
    argv: Sequence[str], operation: str, since: datetime, context: RunContext, progress: Progress
) -> Finished:
    """How a long operation ended that another cockpit began by this command `since` then. Nothing is sent again."""
    environment = context.environment
    for kind in list_used_kinds([environment]):
        command = kind.recognise_command(argv, environment)
        platform = find_platform(command, context.platforms) if command is not None else None
        if command is not None and isinstance(platform, FollowsOperations):
            outcome = await platform.resume_command(command, operation, since=since)
            return Finished(outcome.state, outcome.sentence, outcome.exit_code, operation=operation)
    if context.azure is None:
        return Finished(StepState.UNKNOWN, "the operation cannot be asked about without a cloud", operation=operation)
    native = recognise_az_command(argv, subscription=environment.subscription)
    return await resume_operation(operation, context.azure, progress, native=native, since=since)


async def read_unready(command: NativeCommand | None, context: RunContext) -> str | None:
    """Why the revision that a command names would not answer now; None where nobody here can ask."""
    platform = find_platform(command, context.platforms) if command is not None else None
    if command is not None and platform is not None:
        return await platform.read_unready(_of_platform(command))
    if not isinstance(command, AzCommand) or context.azure is None:
        return None
    from cockpit.runbooks.az.reads import read_unready as read_unready_revision

    return await read_unready_revision(command, context.azure)


def _of_platform(command: NativeCommand) -> PlatformCommand:
    assert hasattr(command, "platform")
    return command  # type: ignore[return-value]  # what is not of az came from a platform's kind
