"""Procedures after which somebody should ask whether personal data was within reach. The question is never answered."""

import re
from dataclasses import replace

from cockpit.model.runbook import Procedure

SECRET = r"(?:secrets?|tokens?|keys?|credentials?|passwords?|data)"
EXPOSED = re.compile(
    rf"(?i)\b{SECRET}\b[^.;]{{0,30}}\bleak|\bleak\w*\s+(?:of\s+)?{SECRET}\b|\bcompromised?\b|\btaken over\b|\bstolen\b"
    r"|\bbreach|\bransomware\b|\b(?:device|laptop|phone)\b[^.;]{0,20}\blost\b|\blost (?:device|laptop|phone)\b"
)
SAID_IN = ("when", "symptoms", "alerts")
QUESTION = (
    "Could personal data have been read? Once somebody is aware of it, start the clock of the notice: "
    "Breach in the incident, or `cockpit aware`."
)


def exposes(procedure: Procedure) -> bool:
    """True when its headings or labels speak of a leak, a lost device, an account in other hands."""
    said = (procedure.title, *procedure.within, *(procedure.labels.get(name, "") for name in SAID_IN))
    return any(EXPOSED.search(text) for text in said)


def asking(procedure: Procedure) -> Procedure:
    """The procedure with the question among what is read before its first step. Awareness itself is a judgement."""
    return replace(procedure, warnings=(*procedure.warnings, QUESTION)) if exposes(procedure) else procedure
