"""What the owner of a document should mend before the next incident. Each rule has a name and a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cockpit.model.runbook import Damage, Finding, Runbook
from cockpit.model.system import Environment
from cockpit.runbooks.document.prose import find_unfilled_blanks
from cockpit.runbooks.document.template import SECTIONS
from cockpit.runbooks.drills.badges import find_overdue_days
from cockpit.runbooks.lint import steps, text

Rule = Callable[["Runbook", "LintContext"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class LintContext:
    """What a document is checked against. `root` is how far up files are looked for, "" for the document's folder.

    `values` are the names that some environment has a value for, `severities` the levels of the configured scale,
    `path` is where programs are looked for, `environments` do their platforms' known commands without a program.
    """

    today: date
    path: str = ""
    root: str = ""
    values: frozenset[str] = field(default_factory=frozenset)
    severities: frozenset[str] = field(default_factory=frozenset)
    environments: tuple[Environment, ...] = ()
    sections: tuple[str, ...] = SECTIONS  # that the team's template has

    def places(self, runbook: Runbook) -> list[Path]:
        """The folders in which a file that a document names may be: its own, and those above it up to the root."""
        folder = Path(runbook.path).expanduser().resolve().parent
        root = Path(self.root).resolve() if self.root else folder
        above = [parent for parent in folder.parents if parent == root or root in parent.parents]
        return [folder, *above]


def check_damage(runbook: Runbook, world: LintContext) -> Iterator[Finding]:
    if runbook.damage is Damage.RECONSTRUCTED:
        sentence = (
            "has lost its line breaks, and text with them: it can be read but not run until a repaired copy is saved"
        )
        yield Finding("damaged", 1, sentence)
    elif runbook.damage is Damage.MOJIBAKE:
        yield Finding("damaged", 1, "was saved in a wrong encoding: it is shown repaired, the file is not")


RULES: tuple[Rule, ...] = (
    check_damage,
    lambda runbook, world: iter(runbook.findings),
    lambda runbook, world: find_unfilled_blanks(runbook.text, runbook.outline),
    lambda runbook, world: find_overdue_days(runbook, world.today),
    lambda runbook, world: text.missing_sections(runbook, world.sections),
    lambda runbook, world: text.disagreeing_tables(runbook),
    lambda runbook, world: text.unknown_zones(runbook),
    lambda runbook, world: text.undefined_severities(runbook, world.severities),
    lambda runbook, world: text.dead_links(runbook, world.places(runbook)),
    lambda runbook, world: steps.check_tags(runbook),
    lambda runbook, world: steps.check_ways(runbook),
    lambda runbook, world: steps.check_placeholders(runbook, world.values),
    lambda runbook, world: steps.check_secrets(runbook),
    lambda runbook, world: steps.check_programs(runbook, world.path, world.environments),
    lambda runbook, world: steps.check_scripts(runbook, world.places(runbook)),
    lambda runbook, world: steps.check_sessions(runbook),
    lambda runbook, world: steps.check_command_forms(runbook),
)


def lint_runbook(runbook: Runbook, world: LintContext) -> tuple[Finding, ...]:
    """Every finding of every rule, by line. Reads the files that the document names: blocking. Never raises."""
    findings = {finding for rule in RULES for finding in rule(runbook, world)}
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.rule, finding.message)))


def root_of(path: Path) -> Path:
    """The repository that a file is in, else its folder: how far up the files it names are looked for."""
    folder = path.expanduser().resolve().parent
    return next((path for path in (folder, *folder.parents) if (path / ".git").exists()), folder)
