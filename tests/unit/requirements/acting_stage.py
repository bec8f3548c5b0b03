"""A runner beside the actions of an example team: procedures of its own documents, done by hand or looked at."""

from pathlib import Path

from cockpit.build_session import frozen_words
from cockpit.config import Secrets
from cockpit.model.run import Run
from cockpit.model.runbook import Procedure, Runbook
from cockpit.model.system import Environment
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.notices import RunNotices, snapshot_named
from cockpit.runbooks.run.runner import Runner
from tests.unit.requirements.comms_stage import Room


class Shift(Room):
    """An open incident, and the team's documents at hand."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.folder = folder
        self.catalogue = load_catalogue(self.system.runbooks)
        snapshot = snapshot_named(self.plan.snapshot, self.catalogue) if self.plan.snapshot else None
        self.runner = Runner(
            record=self.timeline.record,
            environment=Environment("prod"),
            operator="ana",
            time=self.time,
            data=folder,
            azure=None,
            reveal=Secrets({}).reveal,
            mask=lambda text: text,
            read_only=False,
            live=Live,
            incident=lambda: next((each.id for each in self.incident_actions.open()), None),
            notices=RunNotices(lambda: frozen_words(self.incident_actions.frozen()), lambda: snapshot),
        )

    def procedure(self, name: str) -> tuple[Runbook, Procedure]:
        place = self.catalogue.find(name)
        return place.document.runbook, place.procedure

    def start(self, name: str) -> Run:
        runbook, procedure = self.procedure(name)
        return self.runner.start(runbook, procedure, trust=runbook.sha256)

    def notices(self, name: str, step: int) -> tuple[str, ...]:
        """What a person is told before a step."""
        return self.runner.preview(*self.procedure(name), step).notices
