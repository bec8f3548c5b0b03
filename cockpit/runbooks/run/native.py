"""Commands that need no shell, by whoever does them: az through the SDK, others by their platform."""

from collections.abc import Sequence

from cockpit.platforms.platform import Platform, PlatformCommand
from cockpit.runbooks.az import AzCommand, Survey, perform_az_command, survey_az_change
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
    outcome = await platform.perform_command(_of_platform(command), progress.output, confirmed=confirmed)
    return Finished(outcome.state, outcome.sentence, outcome.exit_code)


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
