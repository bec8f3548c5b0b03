"""`cockpit export`: the post-mortem draft, written as a file that people go on with."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.seat import Seat, choices, echo, take_seat
from cockpit.incident.history import with_events
from cockpit.incident.postmortem import NotOurDraft, default_path, merge, render
from cockpit.model.incident import Incident
from cockpit.model.time import RealTime

NEWEST = 5  # incidents that are offered when none is open


@click.command(
    name="export",
    help="Write the post-mortem draft of an incident. Exporting again keeps what people wrote in it.",
)
@click.option("--output", metavar="PATH", help="Where to; `-` prints it. Default: docs/incidents/DATE-TITLE.md here.")
@click.option("--force", is_flag=True, help="Write over whatever is there.")
@incident_option
@json_option
@common_options
def command(common: Common, output: str | None, force: bool, incident: str | None, as_json: bool) -> None:
    with take_seat(common) as seat:
        meant = _meant(seat, incident)
        full, events = with_events(seat.timeline, seat.system.ladder, meant)
        head = seat.timeline.head()
        draft = render(
            full, events, system=seat.system, time_zone=seat.system.time_zone, head=head, now=RealTime().now()
        )
        path = default_path(full) if output is None else Path(output).expanduser()
        if output != "-":
            again = write(path, draft, force=force)
            if not seat.timeline.read_only:
                seat.desk.exported(str(path), head, full.id)
    if output == "-":
        click.echo(to_json({"incident": full.id, "head": head, "markdown": draft}) if as_json else draft, nl=as_json)
    elif as_json:
        click.echo(to_json({"incident": full.id, "head": head, "path": str(path), "merged": again}))
    else:
        echo(f"{'Brought up to date' if again else 'Wrote'} {path}")


def _meant(seat: Seat, incident: str | None) -> Incident:
    """The incident that is named, else the only open one; where none is open, the newest are offered."""
    if incident is None and not seat.desk.open():
        here = [each for each in seat.desk.incidents() if each.environment == seat.environment.name]
        if here:
            raise Refusal(f"No incident is open in {seat.environment.name}; choose one:\n{choices(here[-NEWEST:])}")
        raise Refusal(f"There is no incident in {seat.environment.name} to write about.")
    return seat.desk.find(incident)


def write(path: Path, draft: str, *, force: bool) -> bool:
    """Write the draft, or merge it into ours; True when there was one. Raises Refusal."""
    try:
        old = path.read_bytes().decode() if path.exists() and not force else None
        text = draft if old is None else merge(old, draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
    except NotOurDraft as error:
        raise Refusal(f"{path} is there already: {error}. Name another with --output, or add --force.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path} is there already and is no text. Name another with --output, or add --force.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}. Name another with --output.") from None
    return old is not None


def _replace(path: Path, text: str) -> None:
    """All of it or nothing: a full disk leaves the old draft as it was."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
