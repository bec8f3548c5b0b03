"""Where the Plan of a system comes from: its documents, read anew. Blocking."""

from dataclasses import replace

from cockpit.model.ladder import DEFAULT_LADDER
from cockpit.model.plan import Plan
from cockpit.model.system import System
from cockpit.runbooks.catalogue_files import load
from cockpit.runbooks.plan import plan


def read_plan(system: System) -> Plan:
    """The Plan of the configured documents. Never raises: what cannot be read is among its problems."""
    ladder = () if system.ladder == DEFAULT_LADDER else system.ladder
    return plan(load(system.runbooks, builtin=False).documents, replace(system.plan, ladder=ladder))
