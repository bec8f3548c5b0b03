"""Documents as they were read, kept by what their bytes are: the next start does not read seven hundred of them again.

One file a document in the person's own cache folder, for nobody else to read or write; none of a document in which a
secret stands. It is data, never code: it is decoded into the types of `cockpit.model.runbook`, and what does not fit
them is read anew. What is kept belongs to one version of the reader: its own files and the tables of verbs are part of
the key.
"""

import contextlib
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from cockpit.model.runbook import TEAM_COMMANDS, Runbook
from cockpit.model.secret import KNOWN_SECRETS

if TYPE_CHECKING:
    import msgspec

PACKAGE = Path(__file__).parents[2]
READ_BY = ("runbooks", "model", "platforms")  # folders of the package whose code or data decides how a document is read
LIBRARIES = ("markdown-it-py", "tree-sitter-bash", "tree-sitter-powershell", "sqlglot")
VERSIONS_KEPT = 3  # of the reader: two installations side by side do not empty each other's folder
MOST_DOCUMENTS = 5_000  # in one folder; beyond it the folder begins anew
SUFFIX = ".msgpack"


@dataclass(frozen=True)
class DocumentCache:
    """The documents read by one version of the reader. No error leaves it: a cache that fails is no cache."""

    folder: Path

    @cached_property
    def _trusted(self) -> bool:
        """Whether the folder is there and this person's alone: what others can write to is not believed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            about = self.folder.stat()
        except OSError:
            return False
        return about.st_uid == os.getuid() and not stat.S_IMODE(about.st_mode) & 0o022

    def load(self, key: str) -> Runbook | None:
        """The document of that key, or None."""
        if not self._trusted:
            return None
        try:
            raw = (self.folder / f"{key}{SUFFIX}").read_bytes()
        except OSError:
            return None
        return decode_runbook(raw)

    def store(self, key: str, encoded: bytes) -> None:
        """Keep a document; whole or not at all."""
        if not self._trusted:
            return
        path = self.folder / f"{key}{SUFFIX}"
        beside = path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            try:
                with open(beside, "wb", opener=_open_for_nobody_else) as file:
                    file.write(encoded)
                beside.replace(path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise

    def tidy(self) -> None:
        """Remove what older readers kept, and begin anew where too much is kept. For after something was stored."""
        with contextlib.suppress(OSError):
            versions = sorted(self.folder.parent.iterdir(), key=lambda entry: entry.stat().st_mtime)
            for entry in versions[:-VERSIONS_KEPT]:
                shutil.rmtree(entry, ignore_errors=True)
            kept = list(self.folder.iterdir())
            for entry in kept if len(kept) > MOST_DOCUMENTS else ():
                entry.unlink(missing_ok=True)


def _open_for_nobody_else(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def encode_runbook(runbook: Runbook) -> bytes:
    """A document as it is kept."""
    import msgspec

    return msgspec.msgpack.encode(runbook)


def decode_runbook(encoded: bytes) -> Runbook | None:
    """The document, None where what was kept does not fit."""
    import msgspec

    try:
        return make_decoder().decode(encoded)
    except msgspec.MsgspecError:
        return None


@cache
def make_decoder() -> "msgspec.msgpack.Decoder[Runbook]":
    import msgspec

    return msgspec.msgpack.Decoder(Runbook)


def open_user_cache() -> DocumentCache:
    """The cache of the person who runs this, for the reader as it is."""
    return DocumentCache(Path(platformdirs.user_cache_dir("cockpit", appauthor=False)) / "documents" / reader_version())


def key_of_document(path: str, raw: bytes, sidecar: bytes) -> str:
    """What a document is kept under, or "" for one that is not kept: one that holds a secret this process knows.

    Its text is masked as it is read, and which secrets are known is another process's affair.
    """
    if KNOWN_SECRETS.mask(text := raw.decode("utf-8", "replace")) != text:
        return ""
    # Its steps are judged as it is read.
    team_commands = repr(sorted(TEAM_COMMANDS.items())).encode() if TEAM_COMMANDS else b""
    parts = (path.encode("utf-8", "surrogateescape"), raw, sidecar, team_commands)
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()


def holds_secret(runbook: Runbook, sidecar: bytes = b"") -> bool:
    """Whether a secret stands in it that this process knows or that gives itself away: a copy would outlive its removal
    from the document."""
    from cockpit.model.text import hide_secrets
    from cockpit.runbooks.document.read import secrets_of

    text = f"{runbook.text}\n{sidecar.decode('utf-8', 'replace')}"
    return hide_secrets(text) != text or bool(secrets_of(runbook.procedures))


@cache
def reader_version() -> str:
    """Stands for all that decides how a document is read: our own files, the verbs, the grammars."""
    from importlib.metadata import PackageNotFoundError, version  # not at the start

    digest = hashlib.sha256()
    for folder in READ_BY:
        for path in sorted((PACKAGE / folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                about = path.stat()
                digest.update(f"{path.relative_to(PACKAGE)} {about.st_size} {about.st_mtime_ns}\n".encode())
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()[:16]
