"""Since when a probe stands as it does. One look cannot know; the timeline may, if a cockpit has been recording."""

import logging
from collections.abc import Mapping
from datetime import datetime

from cockpit.cli.options import Common, Refusal, open_timeline, timeline_path
from cockpit.incident.detail import text_of
from cockpit.model.event import Kind, RecordError
from cockpit.model.system import System

log = logging.getLogger(__name__)
NEWEST = 5_000  # events of probes that are searched, of each environment
Turns = Mapping[str, tuple[str, datetime]]
"""The last recorded turn of each probe: into which state, and when."""


def recorded_turns(system: System, common: Common, environment: str) -> Turns:
    """What the timeline says of an environment's probes; nothing where there is none, or none that can be read."""
    try:
        if not timeline_path(system, common).exists():
            return {}
        with open_timeline(system, common, read_only=True) as timeline:
            events = timeline.events(environment=environment, kinds=[Kind.PROBE], limit=NEWEST)
    except (Refusal, RecordError, OSError) as error:
        log.info("no turns from the timeline: %s", error)
        return {}
    return {each.subject: (text_of(each.detail, "state"), each.occurred) for each in events}
