"""`az containerapp logs show`: the live stream of a container, or the platform's own log of the app."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from cockpit.azure.changes.container_app import ContainerApp
from cockpit.azure.client import Azure
from cockpit.azure.endpoints import stream_address
from cockpit.azure.mapping import map_replica
from cockpit.feeds.azure_streams import open_stream_client
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value
from cockpit.model.text import clean_line, keep_whole
from cockpit.runbooks.az.parse import AzCommand
from cockpit.runbooks.az.reads import app_of
from cockpit.runbooks.types import Progress

USUAL_TAIL = "20"
SILENCE = 120.0  # seconds; a stream that follows may be silent for longer
LONGEST_LINE = 65_536  # bytes kept of one line
BATCH = 32_768  # bytes read at once


async def show_logs(native: AzCommand, azure: Azure, progress: Progress) -> str:
    """Print lines as they come; what it showed, in one sentence. With --follow it ends when the stream does.

    Raises SourceError.
    """
    app = app_of(native, azure)
    url, sentence = await (system_stream(app) if native.one("type") == "system" else console_stream(native, app))
    token = await azure.stream_token(app.group, app.name)
    values_by_name = {
        "follow": "true" if native.follow else "false",
        "output": native.one("format", "json"),
        "tailLines": native.one("tail", USUAL_TAIL),
    }
    count = 0
    is_direct = azure.is_direct and not native.follow and azure.where.find_proxy() == ("", False)
    read_batches = read_line_batches if is_direct else stream_line_batches
    async for lines in read_batches(azure, url, values_by_name, token, follow=native.follow):
        count += len(lines)
        progress.output("".join(f"{clean_line(line, LONGEST_LINE)}\n" for line in lines))
    return f"{sentence} {count} lines."


async def system_stream(app: ContainerApp) -> tuple[str, str]:
    url = keep_whole(dig_value(await app.read(), "properties", "eventStreamEndpoint"))
    if not url:
        raise SourceError(build_missing_problem(f"{app.name} has no system log to stream."))
    return url, f"The system log of {app.name}."


async def console_stream(native: AzCommand, app: ContainerApp) -> tuple[str, str]:
    """The stream of one container. Without --revision it is the one with the most traffic: az takes the latest,

    which after a rollback is the broken one. Raises SourceError.
    """
    _, application = await app.standing()
    revision = native.one("revision") or (application.serving.name if application.serving else "")
    if not revision:
        raise SourceError(build_missing_problem(f"No revision of {app.name} has traffic; name one with --revision."))
    replicas = [map_replica(fields) for fields in await app.replicas(revision)]
    chosen = [item for item in replicas if not native.one("replica") or item.name == native.one("replica")]
    streams = [
        (item.name, container, url)
        for item in chosen
        for container, url in item.containers
        if url and native.one("container", container) == container
    ]
    if not streams:
        raise SourceError(
            build_missing_problem(f"{revision} has no such container running; its past is in Log Analytics.")
        )
    name, container, url = streams[0]
    newest = application.revisions[0].name if application.revisions else revision
    others = f" of {len(streams)} streams" if len(streams) > 1 else ""
    why = f" (the one with traffic; az would take the newest, {newest})" if newest != revision else ""
    why = "" if native.one("revision") else why
    return url, f"The console of {container} in {name}{others}, revision {revision}{why}."


async def stream_line_batches(
    azure: Azure, url: str, values_by_name: dict[str, str], token: str, *, follow: bool
) -> AsyncIterator[list[bytes]]:
    """Whole lines, as many as came at once. Raises SourceError."""
    import httpx

    silence = None if follow else SILENCE
    headers = {"Authorization": f"Bearer {token}"}
    rest = b""
    try:
        async with (
            open_stream_client(azure.where, read_only=azure.read_only, silence=silence) as client,
            client.stream("GET", stream_address(url, values_by_name), headers=headers) as response,
        ):
            if response.status_code != 200:
                raise SourceError(build_refused_problem(response.status_code, await read_error_body(response)))
            async for chunk in response.aiter_bytes(BATCH if not follow else None):
                *whole, rest = (rest + chunk).split(b"\n")
                rest = rest[:LONGEST_LINE]
                if lines := [data[:LONGEST_LINE] for data in whole if data.strip()]:
                    yield lines
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise SourceError(build_broken_problem(error)) from error
    if rest.strip():
        yield [rest]


async def read_line_batches(
    azure: Azure, url: str, values_by_name: dict[str, str], token: str, *, follow: bool = False
) -> AsyncIterator[list[bytes]]:
    """The same of a stream that ends by itself, for one command that was typed: httpx takes longer to load than the
    lines take to come. Raises SourceError."""
    from http.client import HTTPException

    from cockpit.azure.direct import open_direct_stream

    rest = b""
    try:
        stream = await open_direct_stream(
            stream_address(url, values_by_name),
            {"Authorization": f"Bearer {token}"},
            ca_file=azure.where.ca_file,
            silence=SILENCE,
            batch=BATCH,
        )
        async with aclosing(stream.chunks) as chunks:
            async for chunk in chunks:
                if stream.status != 200:
                    raise SourceError(build_refused_problem(stream.status, chunk[:2_000]))
                *whole, rest = (rest + chunk).split(b"\n")
                rest = rest[:LONGEST_LINE]
                if lines := [data[:LONGEST_LINE] for data in whole if data.strip()]:
                    yield lines
    except (HTTPException, OSError, ValueError) as error:
        raise SourceError(build_broken_problem(error)) from error
    if stream.status != 200:
        raise SourceError(build_refused_problem(stream.status, b""))
    if rest.strip():
        yield [rest]


async def read_error_body(response: Any) -> bytes:
    """Enough of an error's body to tell why."""
    async for chunk in response.aiter_bytes(2_000):
        return bytes(chunk)
    return b""


def build_refused_problem(status: int, body: bytes) -> Problem:
    kind = ProblemKind.MISSING if status == 404 else ProblemKind.SERVER if status >= 500 else ProblemKind.REFUSED
    return Problem(
        kind, f"HTTP {status}", clean_line(f"The log stream answered {status}: {body.decode('utf-8', 'replace')}", 300)
    )


def build_broken_problem(error: Exception) -> Problem:
    sentence = clean_line(str(error) or type(error).__name__, 200)
    return Problem(ProblemKind.NETWORK, "stream broke", f"The log stream broke: {sentence}.")


def build_missing_problem(message: str) -> Problem:
    return Problem(ProblemKind.MISSING, "no log stream", message)
