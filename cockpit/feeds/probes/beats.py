"""Heartbeats: what a job last reported of itself, kept beside the timeline, one small file for each name.

A job reports by `cockpit beat NAME`, or by a POST to a Unix socket that the recording cockpit serves. Files, not
events: a beat each minute would drown the timeline; that one stayed away is recorded as every probe that is down.
"""

import asyncio
import json
import os
import pwd
import socket
import stat
import struct
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from cockpit.feeds.probes.protocols import Beat, ReadBeat
from cockpit.model.problem import CodedError
from cockpit.model.raw import read_moment
from cockpit.model.text import clean_line
from cockpit.model.time import Time, format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from aiohttp import web

LARGEST_FILE, LONGEST_NOTE = 8_192, 500
LARGEST_BODY = 4_096  # bytes of a POST
FOLDER, SOCKET = "beats", "beat.sock"
TRY_AGAIN = 10.0  # seconds until the socket is tried again while another cockpit serves it
PEER = struct.Struct("3i")  # pid, uid, gid of SO_PEERCRED
NEW_REPORTER = timedelta(days=1)  # so long it is said that another user reports than before


class BeatError(CodedError):
    """A beat could not be kept; the message says why."""


def find_beat_folder(data: Path, environment: str) -> Path:
    return data / FOLDER / quote(environment, safe="")


def write_beat(folder: Path, beat: Beat) -> None:
    """Keep the newest beat of a name, whole or not at all. Blocking. Raises BeatError."""
    beat = compare_reporter(read_beats(folder)(beat.name), beat)
    fields = {"at": format_timestamp(beat.at), "good": beat.good, "note": beat.note, "by": beat.by}
    if beat.changed is not None:
        fields |= {"before": beat.before, "changed": format_timestamp(beat.changed)}
    text = json.dumps(fields)
    try:
        _make_folder(folder)
        path = folder / f"{beat.name}.json"
        fresh = folder / f".{beat.name}.{os.getpid()}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o660 if _is_shared(folder) else 0o600)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BeatError(f"The beat could not be kept in {folder}: {reason}.", code="beat-not-kept") from error


def _make_folder(folder: Path) -> None:
    for path in (folder.parent, folder):
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_shared(path.parent):
                path.chmod(0o2770)  # a umask of 077 must not lock the team out


def _is_shared(folder: Path) -> bool:
    shared = stat.S_ISGID | stat.S_IWGRP
    return folder.stat().st_mode & shared == shared


def compare_reporter(last: Beat | None, beat: Beat) -> Beat:
    """`beat` with who reported before it, where that was another user lately. Pure."""
    if last is None or not last.by:
        return beat
    if last.by != beat.by:
        return replace(beat, before=last.by, changed=beat.at)
    is_new = last.changed is not None and beat.at - last.changed < NEW_REPORTER
    return replace(beat, before=last.before, changed=last.changed) if is_new else beat


def read_beats(folder: Path) -> ReadBeat:
    """Reads the last beat of a name; a file that is none, or that somebody planted as a link, is no beat.

    Who reported before is taken from the file where it is ours, else from what was read here before: whoever may
    write into the folder need not tell.
    """
    seen: dict[str, Beat] = {}

    def read(name: str) -> Beat | None:
        beat = read_file(name)
        if beat is not None:
            seen[name] = beat if beat.changed is not None else compare_reporter(seen.get(name), beat)
            beat = seen[name]
        return beat

    def read_file(name: str) -> Beat | None:
        path = folder / f"{name}.json"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return None
                raw = json.loads(file.read(LARGEST_FILE))
            at = parse_timestamp(raw["at"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        # What a file says of its writer counts only where it is ours: else the kernel says who wrote it.
        ours = status.st_uid == os.getuid()
        by = clean_line(str(raw.get("by", "")), 80) if ours else name_user(status.st_uid)
        beat = Beat(name, at, raw.get("good") is not False, clean_line(str(raw.get("note", "")), LONGEST_NOTE), by)
        before, changed = clean_line(str(raw.get("before", "")), 80), read_moment(raw.get("changed"))
        return replace(beat, before=before, changed=changed) if ours and before and changed else beat

    return read


def name_user(uid: int) -> str:
    """`uid 1003 (backup)`."""
    with suppress(KeyError):
        return clean_line(f"uid {uid} ({pwd.getpwuid(uid).pw_name})", 80)
    return f"uid {uid}"


# The socket


class BeatServer:
    """Takes `POST /NAME` over a Unix socket of mode 0660: `curl --unix-socket beat.sock http://cockpit/NAME -d note`.

    A name that no probe waits for is refused: a mistyped one would never be missed.
    """

    def __init__(self, data: Path, environment: str, names: Collection[str], time: Time) -> None:
        self.path = data / f"{quote(environment, safe='')}-{SOCKET}"
        self._folder = find_beat_folder(data, environment)
        self._names = frozenset(names)
        self._time = time

    async def run(self) -> None:
        """Serve until cancelled; while another cockpit of this file serves, wait for its end."""
        while True:
            if await asyncio.to_thread(self._is_served):
                await self._time.sleep(TRY_AGAIN)
                continue
            with suppress(OSError):  # another was faster, or the path is too long: `cockpit beat` is left
                await self._serve()
            await self._time.sleep(TRY_AGAIN)

    def _is_served(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self.path))
            except OSError:
                return False
        return True

    async def _serve(self) -> None:
        from aiohttp import web

        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{name}", self._take)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            self.path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            before = os.umask(0o117)
            try:
                listener.bind(str(self.path))
            finally:
                os.umask(before)
            os.chmod(self.path, 0o660)
            listener.listen(16)
            await web.SockSite(runner, listener).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
            self.path.unlink(missing_ok=True)

    async def _take(self, request: "web.Request") -> "web.Response":
        from aiohttp import web

        name = request.match_info["name"]
        if request.method != "POST":
            return web.Response(status=405, text="POST a beat.\n")
        if name not in self._names:
            known = ", ".join(sorted(self._names))
            return web.Response(status=404, text=f"No probe waits for this name. There are: {known}.\n")
        note = clean_line(await request.text(), LONGEST_NOTE)  # whole: half of a secret would not be known
        beat = Beat(name, self._time.now(), "fail" not in request.query, note, read_peer(request))
        try:
            await asyncio.to_thread(write_beat, self._folder, beat)
        except BeatError as error:
            return web.Response(status=507, text=f"{error}\n")
        return web.Response(status=204)


def read_peer(request: "web.Request") -> str:
    """Whose process reports, by the kernel."""
    peer = request.transport.get_extra_info("socket") if request.transport else None
    if peer is None:
        return ""
    _, uid, _ = PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return name_user(uid)


def make_beat(name: str, now: datetime, *, good: bool, note: str) -> Beat:
    """A beat of this process."""
    return Beat(name, now, good, clean_line(note, LONGEST_NOTE), name_user(os.getuid()))
