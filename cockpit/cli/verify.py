"""`cockpit verify`: is the timeline whole, and what a chain cannot tell."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option, load_system, open_timeline
from cockpit.config import default_system
from cockpit.model.event import RecordError

if TYPE_CHECKING:
    from cockpit.incident.chain import ChainVerdict

HASH = re.compile("[0-9a-f]{12,64}")


@click.command(
    name="verify",
    help="Check that no event was changed or removed. Exit 0: the timeline is whole, 1: it is not, 2: cannot tell.",
)
@click.option("--head", metavar="HASH", default="", help="A head noted earlier, or how it begins; it must be there.")
@json_option
@common_options
def verify(common: Common, head: str, as_json: bool) -> None:
    known = head.strip().lower()
    if known and not HASH.fullmatch(known):
        raise Refusal("--head takes the hash that `cockpit verify` printed, at least its first 12 digits.")
    # A timeline named on the command line can be checked whatever state the configuration is in.
    system = default_system() if common.db and not common.config else load_system(common)
    with open_timeline(system, common, read_only=True) as timeline:
        try:
            verdict = timeline.verify(known=known)
        except RecordError as error:
            raise Refusal(str(error)) from None
    click.echo(as_document(verdict, timeline.path) if as_json else as_text(verdict, timeline.path))
    if not verdict.ok:
        raise SystemExit(1)


def as_document(verdict: "ChainVerdict", path: Path) -> str:
    return json.dumps({"file": str(path), **asdict(verdict)}, indent=2)


def as_text(verdict: "ChainVerdict", path: Path) -> str:
    found = (
        f"whole: {verdict.count} events in {path}, none changed, none missing between the first and the newest"
        if verdict.ok
        else f"BROKEN: {verdict.reason}, in {path}\n{sound(verdict)}"
    )
    limits = "\n".join(f"  - {each}" for each in verdict.cannot_prove)
    return (
        f"{found}\nhead {verdict.head}\n\nA chain cannot prove\n{limits}\n"
        "Note the head where others cannot change it; `cockpit verify --head HASH` then proves that it is still there."
    )


def sound(verdict: "ChainVerdict") -> str:
    """How far a broken timeline can be trusted."""
    good = verdict.count if verdict.first_bad is None else verdict.first_bad - 1
    return f"events 1 to {good} are sound" if good else "no event can be vouched for"
