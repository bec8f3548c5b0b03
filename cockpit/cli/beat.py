"""`cockpit beat NAME`: a job reports that it ran; the probe `beat://NAME` misses it when it does not."""

import click

from cockpit.cli.options import Common, Refusal, choose_environment, common_options, load_system, timeline_path
from cockpit.connections import list_beat_names
from cockpit.feeds.probes.beats import BeatError, find_beat_folder, make_beat, write_beat
from cockpit.model.text import clean_line, find_nearest
from cockpit.model.time import RealTime


@click.command(
    name="beat",
    help="Report that a job ran; at the end of a nightly backup: `cockpit beat backup`. A probe with the address "
    "beat://NAME is down when no report came `within` its time, or when it was --fail.",
)
@click.argument("name")
@click.option("--fail", is_flag=True, help="It ran and failed.")
@click.option("--note", default="", metavar="TEXT", help="What to show beside it: `12 GB in 8 min`.")
@common_options
def beat(common: Common, name: str, fail: bool, note: str) -> None:
    system = load_system(common)
    environment = choose_environment(system, common.env)
    names = list_beat_names(environment)
    if name not in names:
        near = find_nearest(name, names)
        meant = f"; did you mean {near}" if near else f"; there are: {', '.join(names)}" if names else ""
        raise Refusal(
            f"No probe of {environment.name} waits for `{clean_line(name, 60)}`{meant}.",
            code="unknown-beat",
            known=names,
        )
    folder = find_beat_folder(timeline_path(system, common).parent, environment.name)
    try:
        write_beat(folder, make_beat(name, RealTime().now(), good=not fail, note=note))
    except BeatError as error:
        raise Refusal.of(error) from None
