"""Known `az` commands done through the SDK, printed as az prints them.

    native = recognise_az_command(argv, subscription=environment.subscription)  # None: bash runs it as written
    before = await survey_az_change(native, azure)               # what it would meet; shown before consent
    done = await perform_az_command(native, azure, progress, confirmed=before.fingerprint)
    done = await resume_operation(url, azure)                    # a long operation, after a restart

`recognise_az_command` is pure and cheap; everything heavy is imported by the coroutines. None of them raises
anything but cancellation, which leaves a long operation going on in Azure under the URL that `progress.operation` was
told.
"""

from cockpit.runbooks.az.parse import AzCommand, recognise_az_command
from cockpit.runbooks.az.perform import Survey, perform_az_command, resume_operation, survey_az_change

__all__ = ["AzCommand", "Survey", "perform_az_command", "recognise_az_command", "resume_operation", "survey_az_change"]
