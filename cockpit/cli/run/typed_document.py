"""A command that was typed, as a document of one step: what the timeline and the snapshot keep of it."""

import hashlib
from pathlib import Path

from cockpit.model.response import TYPED
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.model.text import clean_unmasked
from cockpit.runbooks.document.labels import make_slug

NAME = "exec"
SHOWN = 100  # letters of the command in the title
LINE = 4  # where the command stands in its document


def make_typed_step(line: str, kind: StepKind, shown_text: str, *, altered: bool = False) -> Step:
    """`shown_text` is the line without secrets; the title has its beginning, the step all of it."""
    shown_text = shown_text if len(shown_text) <= SHOWN else f"{shown_text[: SHOWN - 1]}…"
    return Step(1, f"{TYPED}{shown_text}", kind, LINE, line, "bash", altered=altered, literal=True)


def make_typed_procedure(step: Step) -> Procedure:
    return Procedure(step.title, make_slug(step.title), 1, 1, (step,))


def make_typed_document(line: str, procedure: Procedure) -> Runbook:
    """As if it lay in the current folder."""
    fence, path = "`" * 12, str(Path.cwd() / NAME)
    text = f"# {procedure.title}\n\n{fence}bash\n{line}\n{fence}\n"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Runbook(path, procedure.title, digest, clean_unmasked(text), (procedure,))
