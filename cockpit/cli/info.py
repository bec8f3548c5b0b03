"""`cockpit info`: every path in use. Answers also when the configuration is broken, for then it is asked."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cockpit.cli.log import log_path
from cockpit.cli.options import Common, common_options, json_option, timeline_path
from cockpit.config import ConfigErrors, candidates, default_system, find_config_file, load_system
from cockpit.model.system import System


@click.command(help="Print every path in use: configuration, data, timeline, locks, log, transcripts.")
@json_option
@common_options
def info(common: Common, as_json: bool) -> None:
    used: Path | None = None
    system, trouble = default_system(), ""
    try:
        used = find_config_file(common.config, os.environ, Path.cwd())
        system = load_system(used) if used is not None else system
    except ConfigErrors as errors:
        trouble = str(errors)
    found = document(system, common, used, trouble)
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines(found)))


def document(system: System, common: Common, used: Path | None, trouble: str) -> dict[str, Any]:
    """Every path, and whether there is something. Without a readable configuration the paths are the default ones."""
    from cockpit.incident.lock import lock_path

    timeline = timeline_path(system, common)
    looked = candidates(common.config, os.environ, Path.cwd())
    return {
        "config": str(used) if used else None,
        "trouble": trouble,
        "candidates": [{"from": how, "path": str(path), "used": path == used} for how, path in looked],
        "data": str(timeline.parent),
        "timeline": str(timeline),
        "locks": {each.name: str(lock_path(timeline, each.name)) for each in system.environments},
        "transcripts": str(timeline.parent / "transcripts"),
        "log": str(log_path()),
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A document as people read it."""
    for each in found["candidates"]:
        mark = "in use" if each["used"] else "there" if os.path.exists(each["path"]) else "-"
        yield f"config       {each['path']}  ({each['from']}: {mark})"
    paths = [("data", found["data"]), ("timeline", found["timeline"])]
    paths += [(f"lock {name}", path) for name, path in found["locks"].items()]
    paths += [("transcripts", found["transcripts"]), ("log", found["log"])]
    for what, path in paths:
        yield f"{what:<12} {path}{'' if os.path.exists(path) else '  (not there yet)'}"
    if found["trouble"]:
        yield ""
        yield f"The configuration cannot be used, so the paths are those without one. {found['trouble']}"
