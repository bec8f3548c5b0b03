"""Where the Plan of a system comes from: its documents, messages and private contacts, read anew. Blocking."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.plan import Contact, Plan, Template
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.system import System
from cockpit.model.text import clean_line
from cockpit.runbooks.document.labels import make_slug
from cockpit.runbooks.plan.people import contact_of, list_contacts
from cockpit.runbooks.plan.plan import merge_plans
from cockpit.runbooks.plan.source import make_source
from cockpit.runbooks.plan.templates import template_of

if TYPE_CHECKING:
    from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, Unread

OTHER_SCALE = Problem(
    ProblemKind.CONFLICT,
    "other severities",
    "The documents name other severities than when the cockpit was opened.",
    "Open it again to go by them.",
)
MESSAGES = (".md", ".txt")
UNKNOWN_TO_US = "What it says of incidents is not known here."


def read_plan(system: System, catalogue: "Catalogue | None" = None) -> Plan:
    """The Plan of a system; `catalogue` where its documents were read already. Never raises.

    What was to be read and cannot be is among the problems of the plan.
    """
    documents, unread = _list_documents(system, catalogue)
    problems = [build_missing_problem(missing.path, missing.reason) for missing in unread]
    configured = replace(
        system.plan,
        contacts=(*system.plan.contacts, *read_contacts(system.contacts_file, problems)),
        templates=(*system.plan.templates, *read_templates(system.templates, problems)),
        documents=frozenset(Path(text).name for text in (system.file, system.contacts_file) if text),
        problems=tuple(problems),
    )
    return merge_plans(documents, configured)


def _list_documents(system: System, catalogue: "Catalogue | None") -> "tuple[Sequence[Document], Sequence[Unread]]":
    if catalogue is None and not system.runbooks:
        return (), ()  # nothing is imported for a system without documents: its probes are asked the sooner
    from cockpit.runbooks.catalogue.load import load_catalogue

    result = catalogue or load_catalogue(system.runbooks, builtin=False)
    return result.documents, result.unread


def read_again(system: System, before: Plan) -> Plan:
    """The plan as it is now. Never raises.

    With other severities than before, by which all that is shown is sorted, only what is lost is reported.
    """
    result = read_plan(system)
    if [level.name for level in result.severity_scale] == [level.name for level in before.severity_scale]:
        return result
    return replace(before, documents=result.documents, problems=(*result.problems, OTHER_SCALE))


def read_templates(paths: Sequence[str], problems: list[Problem]) -> tuple[Template, ...]:
    """One message from each file; a name that two files have counts once."""
    templates_by_name: dict[str, Template] = {}
    for path in paths:
        for file in messages_in(Path(path)):
            text = text_of(file, problems)
            if text.strip():
                template = template_of(file.stem, text, file.name)
                templates_by_name.setdefault(template.id, template)
    return tuple(templates_by_name.values())


def messages_in(path: Path) -> Iterable[Path]:
    """The messages of a folder in order, nothing hidden; a file is one whatever its ending."""
    try:
        return sorted(item for item in path.iterdir() if item.suffix in MESSAGES and not item.name.startswith("."))
    except OSError:
        return [path]


def read_contacts(path: str, problems: list[Problem]) -> tuple[Contact, ...]:
    """The people of a private file: `[[contacts]]` in TOML, or tables and lists in Markdown."""
    if not path:
        return ()
    file = Path(path)
    text = text_of(file, problems)
    if file.suffix == ".toml":
        try:
            return tuple(contacts_in(tomllib.loads(text), file.name))
        except (ValueError, RecursionError) as error:
            problems.append(build_unreadable_problem(path, f"is not TOML: {error}"))
            return ()
    from cockpit.runbooks.document.read import read_runbook

    return tuple(list_contacts(make_source(make_slug(file.stem), file.name, read_runbook(path, text.encode()))))


def contacts_in(data: dict[str, object], origin: str) -> Iterator[Contact]:
    """What is a contact in `[[contacts]]`; what is none is left out."""
    listed = data.get("contacts")
    for fields in listed if isinstance(listed, list) else ():
        if isinstance(fields, dict):
            values_by_name = {name: clean_line(value, 300) for name, value in fields.items() if isinstance(value, str)}
            if values_by_name.get("role"):
                yield contact_of(values_by_name, origin)


def text_of(file: Path, problems: list[Problem]) -> str:
    """The text of a file, "" with a problem where it cannot be read."""
    from cockpit.runbooks.catalogue.load import describe_missing_path, read_document_bytes

    try:
        return read_document_bytes(file).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        problems.append(build_missing_problem(str(file), describe_missing_path(file)))
    except (OSError, ValueError) as error:
        problems.append(build_unreadable_problem(str(file), getattr(error, "strerror", None) or str(error)))
    return ""


def build_missing_problem(path: str, reason: str) -> Problem:
    sentence = clean_line(f"{path} {reason}.", 300)
    return Problem(
        ProblemKind.MISSING, "not there", sentence, "What it says of incidents is not known here.", facts={"file": path}
    )


def build_unreadable_problem(path: str, reason: str) -> Problem:
    sentence = clean_line(f"{path} cannot be read: {reason}.", 300)
    return Problem(
        ProblemKind.GARBAGE,
        "cannot be read",
        sentence,
        "What it says of incidents is not known here.",
        facts={"file": path},
    )
