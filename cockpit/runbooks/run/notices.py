"""What a person should know before a change: that deployments are frozen, that nobody has kept the evidence."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from cockpit.model.run import SETTLED, STOPPED_BY_HAND, Run, StepState, chosen_instead
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.runbooks.catalogue.catalogue import Catalogue, NotFound
from cockpit.runbooks.prepare.confirmation import NEEDS
from cockpit.runbooks.types import Prepared

SEEN = frozenset({StepState.OK, StepState.BY_HAND})


@dataclass(frozen=True, slots=True)
class EvidenceProcedure:
    """The procedure that preserves the evidence: as it was named, and where that is; without a place there is none."""

    name: str
    path: str = ""
    procedure: str = ""

    def run_by(self, run: Run) -> bool:
        return (PurePath(run.path).name, run.procedure) == (PurePath(self.path).name, self.procedure)


def snapshot_named(name: str, catalogue: Catalogue) -> EvidenceProcedure:
    """What `DOC#PROCEDURE` stands for."""
    try:
        place = catalogue.find(name)
    except NotFound:
        return EvidenceProcedure(name)
    return EvidenceProcedure(name, place.document.runbook.path, place.procedure.slug)


@dataclass(frozen=True, slots=True)
class RunNotices:
    """`frozen` says that nothing may be deployed, "" while it may; `snapshot` is None where none is asked for."""

    frozen: Callable[[], str] = str
    snapshot: Callable[[], EvidenceProcedure | None] = lambda: None
    has_kept_lines: Callable[[str], bool] = lambda incident: False  # whether log lines stand in an incident's record
    begin_temporary: Callable[[str, str], object] = lambda text, incident: None  # what a step turned off for now

    def added(self, prepared: Prepared, incident: str | None, runs: Mapping[str, Run]) -> Prepared:
        """A change with these words among its notices; anything else as it is. It may start all the same."""
        if prepared.kind not in NEEDS:
            return prepared
        parts, snapshot = [self.frozen()], self.snapshot()
        if prepared.kind is StepKind.DANGER and incident is not None and snapshot is not None:
            parts.append(not_kept(snapshot, incident, runs, prepared.run))
        elif incident is not None and takes_logs(prepared.as_run) and not self.has_kept_lines(incident):
            parts.append(NO_LINES_KEPT)
        return replace(prepared, notices=(*prepared.notices, *filter(None, parts)))


TEMPORARY = re.compile(
    r"(?i)\btemporar(?:y|ily)\b|\bfor (?:now|the moment|the time being)\b|\bfor the duration\b|\bmeanwhile\b"
    r"|\bre-?enable\w*\b|\bwhile (?:you|we) (?:work|fix|restore|migrate)\b"
    r"|\buntil (?:(?:it|this|that|everything|the [\w -]{2,40}?) (?:is|are|has|have) )?(?:been )?"
    r"(?:fixed|done|over|finished|restored|resolved|complete\w*|through|stable|back)\b"
)
LOOSENS = re.compile(
    r"(?i)\b(?:disabl|bypass|skip|rais|increas|lower|loosen|paus|mut(?:e|ing)\b|open|allow|stop|suspend|silenc|block)\w*\b"
    r"|\b(?:turn|switch)\w* off\b"
)


def find_temporary_change(step: Step) -> str:
    """What a step turns off or loosens for now, in its own words: it has to be put back. "" for any other."""
    for text in (step.title, step.remark):
        if TEMPORARY.search(text) and LOOSENS.search(text):
            return text
    return ""


def describe_unseen_check(step: Step, procedure: Procedure, run: Run) -> str:
    """That the nearest verification above a danger was not run, or did not go well; "" where there is none."""
    if step.kind is not StepKind.DANGER or procedure.menu or chosen_instead(step, procedure, run) is not None:
        return ""
    above = [other for other in procedure.steps if other.kind is StepKind.VERIFY and other.ordinal < step.ordinal]
    if not above or run.state(above[-1].ordinal) in SEEN:
        return ""
    check, state = above[-1], run.describe_state(above[-1].ordinal)
    how = (
        "was not run"
        if state == StepState.TODO
        else "was stopped by hand"
        if state == STOPPED_BY_HAND
        else f"is {state}"
    )
    return f"Step {check.ordinal}, {check.title}, {how}."


_ENDINGS = (
    "yaml yml json toml tfvars tf hcl env sh bash ps1 py rb sql gz tgz zip tar bz2 xz pem key crt cer p12 pfx pub conf"
    " cfg ini properties xml txt csv md bicep bicepparam kubeconfig lock dump bak asc gpg j2 tpl"
)
# A file by its ending, by its dot, by its name, or by a path that leads to one; no `portal.azure.com`, no `Node.js`,
# and nothing from `/`: that may be on another machine.
REQUIRED_FILE = re.compile(
    rf"""(?x) (?:~/|\.{{1,2}}/)?(?:[\w.-]+/)* (?: [\w-]+(?:\.[\w-]+)*\.(?:{"|".join(_ENDINGS.split())})
      | \.(?!net$)[a-z][\w.-]* | (?:Docker|Make|Proc|Jenkins|Just|Vagrant)file )
    | ~/(?:[\w.-]+/)*[\w.-]+"""
)
AROUND_A_NAME = "`'\"()[]{}<>,;:!?"


def describe_missing_files(procedure: Procedure, folder: str) -> str:
    """Which file that a procedure requires is not where its commands start: "`.env.deploy` present".

    Of "a.conf or b.conf" one is enough.
    """
    if not folder:
        return ""
    words = [word.strip(AROUND_A_NAME).rstrip(".") for word in procedure.labels.get("requires", "").split()]
    choices: list[list[str]] = []
    for index, word in enumerate(words):
        if REQUIRED_FILE.fullmatch(word):
            one_more = index >= 2 and words[index - 1] == "or" and choices and choices[-1][-1] == words[index - 2]
            choices[-1:] = [[*choices[-1], word]] if one_more else [*choices[-1:], [word]]
    missing = [
        " or ".join(names)
        for names in choices
        if not any((Path(folder) / Path(name).expanduser()).exists() for name in names)
    ]
    return f"Required and not in {folder}: {', '.join(missing)}." if missing else ""


TAKES_LOGS = re.compile(
    r"\brevision\s+deactivate\b"
    r"|\b(?:kubectl|oc)\b[^;&|]*\sdelete\s+(?:po|pods?|deploy\w*|rs|replicasets?|statefulsets?)\b"
    r"|\bscale\b[^;&|]*--replicas[= ]0\b"
    r"|\bdocker(?:-|\s+)compose\b[^;&|]*\s(?:down|rm)\b|\bdocker\s+(?:container\s+)?rm\b"
)
NO_LINES_KEPT = (
    "Preserve first: its logs go with it, and no line of them is in the record of this incident. "
    "In the logs, Record keeps lines."
)


def takes_logs(command: str) -> bool:
    """Whether what a command switches off or deletes takes its logs along."""
    return TAKES_LOGS.search(command) is not None


def not_kept(snapshot: EvidenceProcedure, incident: str, runs: Mapping[str, Run], this: str = "") -> str:
    """That no step of the procedure is on record as done in the incident; "" when one is, or `this` run is of it."""
    of_it = [run for run in runs.values() if snapshot.run_by(run)]
    kept = any(run.incident == incident and any(state in SETTLED for _, state in run.states) for run in of_it)
    if kept or this in {run.id for run in of_it}:
        return ""
    return f"No snapshot was taken in this incident: {snapshot.name} preserves the evidence."
