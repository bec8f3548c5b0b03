"""Shell: types commands as a person does, on one timeline file."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cockpit.cli import cockpit
from cockpit.model.event import Draft
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline


class Shell:
    def __init__(self, file: Path) -> None:
        self.file = file

    def type(self, *words: str, stdin: str = "") -> Result:
        """Run a command; a traceback is never an answer."""
        result = CliRunner().invoke(cockpit, [words[0], "--db", str(self.file), *words[1:]], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def say(self, *words: str) -> str:
        """What a command that must succeed prints."""
        result = self.type(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def ask(self, *words: str) -> Any:
        """The JSON document of a command that must succeed."""
        return json.loads(self.say(*words, "--json"))

    def refused(self, *words: str) -> str:
        """The sentence of a command that must refuse."""
        result = self.type(*words)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert result.stderr.startswith("cockpit: ")
        return result.stderr

    def record(self, *drafts: Draft) -> None:
        with Timeline(self.file, time=RealTime()) as timeline:
            timeline.record(drafts)
