"""Whether the variables that a step asks to be set are there: by their names, in the template that the panes show.

"Verify that `DATABASE_URL` and `SECRET_KEY` are set" is for a person to tick; what can be seen without their values is
written beside it. No value is read: a template is known by names and digests alone.
"""

import re

from cockpit.model.revision import MOST_SETTINGS, Revision
from cockpit.model.runbook import Step
from cockpit.runbooks.prepare.values import Live

VARIABLE = re.compile(r"(?<![\w$<{])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w>}])")
ASKS_FOR_IT = re.compile(
    r"(?i)\b(?:variables?|env(?:ironment)?\s+vars?|settings?)\b|\benvironment\s*:"
    r"|\b(?:is|are|be)(?:n['’]t|\s+not)?\s+(?:set|present|defined|configured|there|missing|available|(?:non-?)?empty)\b"
    r"|\b(?:set|present|defined|missing|exists?|available)\W*$|\bexists?\s+in\b|\bha(?:s|ve)\s+(?:a\s+)?(?:value|[A-Z_]+)\b"
)
# One word alone is a variable where it is called so: PORT of "the variable PORT is set", "Is PORT set?".
CALLED_SO = re.compile(
    r"\b(?i:variables?|env(?:ironment)?\s+vars?)\s+(?:(?i:named|called)\s+)?(?P<name>[A-Z][A-Z0-9]{2,})\b"
    r"|\b(?i:is|that|if|whether)\s+(?P<asked>[A-Z][A-Z0-9]{2,})\s+(?:(?i:is)\s+)?(?i:set|defined|configured)\b"
)
MATCHES = re.compile(r"(?i)\b(?:match(?:es)?|same|equals?|identical)\b")
IN_TEMPLATE = re.compile(r"(?:^|\.)env\.(?P<name>[^.]+)")


def list_asked_variables(step: Step) -> tuple[str, ...]:
    """The variables that a step for a person names, where it asks whether they are there or what they are."""
    text = f"{step.title} {step.remark} {step.mention}"
    if step.command or not (ASKS_FOR_IT.search(text) or MATCHES.search(text)):
        return ()
    alone = (match["name"] or match["asked"] for match in CALLED_SO.finditer(text))
    return tuple(dict.fromkeys((*VARIABLE.findall(text), *alone)))


def describe_variables(step: Step, live: Live) -> str:
    """`shop--v7: DATABASE_URL is there; SECRET_KEY is NOT there. Names only.`, "" where nothing is asked or known."""
    names = list_asked_variables(step)
    revision = find_looked_at(live) if names else None
    if revision is None:
        return ""
    there = list_variable_values(revision)
    whole = len(revision.settings) < MOST_SETTINGS
    absent = "is NOT there" if whole else "is not in the part of the template that was read"
    words = {True: "is there", False: "is there but empty", None: absent}
    states = "; ".join(f"{name} {words[there.get(name)]}" for name in names)
    return f"{revision.name}: {states}. By their names only: no value is read."


def find_looked_at(live: Live) -> Revision | None:
    """The revision that is in trouble, else the one that serves; None where its template was not read."""
    revisions = {
        revision.name: revision
        for application in live.applications
        if application.name == live.app
        for revision in application.revisions
    }
    return next(
        (revisions[name] for name in (live.bad, live.serving) if name in revisions and revisions[name].settings), None
    )


def list_variable_values(revision: Revision) -> dict[str, bool]:
    """The variables of all containers of a template, each with whether it has a value in every one that has it."""
    filled: dict[str, bool] = {}
    for path, value in revision.settings:
        if match := IN_TEMPLATE.search(path):
            filled[match["name"]] = filled.get(match["name"], True) and bool(value)
    return filled
