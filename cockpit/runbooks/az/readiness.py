"""Would the revision that a known command names answer now? Asked of the cloud itself, before traffic goes to it."""

from dataclasses import replace

from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_replica, map_revision
from cockpit.model.problem import SourceError
from cockpit.model.revision_health import judge_revision, may_take_traffic
from cockpit.runbooks.az.parse import AzCommand
from cockpit.runbooks.az.reads import app_of


async def read_unready(native: AzCommand, azure: Azure) -> str | None:
    """Why it would not answer, "" when a replica is ready or it is scaled to zero and may be; None if none is named."""
    name = native.one("revision")
    if not name:
        return None
    app = app_of(native, azure)
    try:
        raw = await app.revision(name)
        replicas = tuple(map_replica(fields) for fields in await app.replicas(name))
    except SourceError as error:
        return f"it could not be read ({error.problem.short})"
    result = replace(map_revision(raw, app.name), replicas=replicas)
    if not result.active:
        return "it is not active"
    return "" if may_take_traffic(result) else judge_revision(result).reason
