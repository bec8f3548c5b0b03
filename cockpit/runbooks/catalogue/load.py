"""Where the documents of a catalogue come from: files, folders and what ships with the program. Blocking."""

import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from cockpit.garbage import no_collection
from cockpit.model.runbook import Runbook
from cockpit.model.system import Environment
from cockpit.model.text import clean_line, find_nearest
from cockpit.platforms.registry import list_procedure_folders
from cockpit.runbooks.catalogue.catalogue import AwaitedDocument, Catalogue, Document, Unread
from cockpit.runbooks.catalogue.document_cache import (
    DocumentCache,
    decode_runbook,
    encode_runbook,
    holds_secret,
    key_of_document,
    open_user_cache,
)
from cockpit.runbooks.catalogue.index_tables import bind_index_tables
from cockpit.runbooks.catalogue.shared_reading import WaitingDocument, read_in_processes
from cockpit.runbooks.document.labels import make_slug, strip_markdown
from cockpit.runbooks.document.repair import decode_document

LARGEST_DOCUMENT = 10_000_000  # bytes; no document is larger, a log by mistake is
SIDECAR = ".cockpit.toml"  # in place of .md: what stands beside a document
TITLE_LINE = re.compile(r"^(?:#|title:)[ \t]+(\S.*)$", re.MULTILINE)
READ_AT_ONCE = 60_000  # bytes: a tenth of a second of reading
LONGEST_LEAD = 4_000  # bytes in which a title stands
WaitingReader = Callable[[Iterable[WaitingDocument], "dict[Path, Runbook | None]", DocumentCache], None]
# Of a table or a list that may name runbooks. It finds too many rather than too few.
NAMES_RUNBOOKS = re.compile(
    r"(?i)(?:\||<t[hrd])[^\n]*(?:runbook|playbook|procedure|doc|guide|wiki|sop|instruction)"
    r"|(?:runbook|playbook|procedure|doc|guide|wiki|sop|instruction)[^\n]*\|"
    r"|^[ \t]*#[^\n]*(?:runbooks|playbooks|procedures|guides)\W*$",
    re.MULTILINE,
)
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


def load_catalogue(
    paths: Sequence[str],
    *,
    builtin: bool = True,
    environments: Sequence[Environment] | None = None,
    cache: DocumentCache | None = None,
) -> Catalogue:
    """The catalogue of these files and folders. A folder gives its *.md, deep; a file is read whatever its ending.

    What was read before comes from `cache`, the person's own where none is given. What cannot be read is in `unread`.
    A document with the name of a built-in one takes its place; built in are those of the platforms of `environments`,
    of every platform where None are given.
    """
    if not (paths or builtin):
        return Catalogue((), ())
    return _collect(paths, builtin, environments, cache or open_user_cache(), _read_waiting)


def look_at_catalogue(
    paths: Sequence[str],
    *,
    environments: Sequence[Environment] | None = None,
    cache: DocumentCache | None = None,
    ahead: Collection[str] = (),
) -> Catalogue:
    """The same at first sight: what was read before, and of the rest the titles, `awaited`. Whole where none is.

    `ahead` are paths of documents that somebody opens: they are read now, and whatever may bind them.
    """
    return _collect(paths, True, environments, cache or open_user_cache(), partial(_read_a_few, ahead))


def _collect(
    paths: Sequence[str],
    builtin: bool,
    environments: Sequence[Environment] | None,
    cache: DocumentCache,
    read: WaitingReader,
) -> Catalogue:
    unread: list[Unread] = []
    awaited: list[AwaitedDocument] = []
    with no_collection():
        own = name_documents(read_files(unique_files(paths, unread), unread, cache, read, awaited))
        folders = list_procedure_folders(environments) if builtin else []
        files = (path for folder in folders for path in markdown_in(folder))
        shipped = name_documents(read_files(files, unread, cache, read, awaited))
    shipped = [Document(document.id, document.runbook, builtin=True) for document in shipped]
    taken = {document.id for document in own}
    replaced = {document.id for document in shipped} & taken
    kept = tuple(document for document in shipped if document.id not in replaced)
    mine = tuple(Document(document.id, document.runbook, replaces=document.id in replaced) for document in own)
    return Catalogue((*bind_index_tables(mine), *kept), tuple(unread), tuple(awaited))


def open_file(path: Path) -> Runbook:
    """The runbook in a file, with its sidecar when there is one. Raises OSError, also for a file too large."""
    return _read(path, *read_bytes_of(path))


def _read(path: Path, raw: bytes, sidecar: bytes) -> Runbook:
    """Read anew. The reader is imported here: where every document was read before, nobody needs it."""
    from cockpit.runbooks.document.read import read_runbook

    return read_runbook(str(path), raw, sidecar)


def read_document_bytes(path: Path) -> bytes:
    """The bytes of a file among the documents. Raises OSError, also for what is no file and for what has no end.

    A pipe is not waited for and a device not drained: whoever drops one into the folder would hold the catalogue for
    ever. A file that says it is empty may have no end either (`/proc`), so never more than the limit is read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("is not a file: a pipe, a device or a folder")
        content = file.read(LARGEST_DOCUMENT + 1)
    if content is None:  # what the kernel calls a file and would wait in, such as /proc/kmsg
        raise OSError("has nothing to read yet: it is no document")
    if len(content) > LARGEST_DOCUMENT:
        raise OSError(f"is larger than {LARGEST_DOCUMENT // 1_000_000} MB")
    return content


def read_bytes_of(path: Path) -> tuple[bytes, bytes]:
    """A document's bytes and those of its sidecar."""
    beside = path.with_suffix(SIDECAR)
    return read_document_bytes(path), read_document_bytes(beside) if beside.exists() else b""


def read_files(
    files: Iterable[Path],
    unread: list[Unread],
    cache: DocumentCache,
    read: WaitingReader,
    awaited: list[AwaitedDocument],
) -> Iterator[tuple[Path, Runbook | None]]:
    """Each file that can be read, in order: from the cache where it was read before, else what `read` gives or None."""
    runbooks: dict[Path, Runbook | None] = {}
    waiting: list[WaitingDocument] = []

    def fetch_waiting() -> Iterator[WaitingDocument]:
        for path in files:
            try:
                raw, sidecar = read_bytes_of(path)
            except OSError as error:
                unread.append(Unread(clean_line(str(path)), clean_line(error.strerror or str(error), 200)))
                continue
            key = key_of_document(str(path), raw, sidecar)
            runbooks[path] = kept = cache.load(key) if key else None
            if kept is None:
                waiting.append(WaitingDocument(path, raw, sidecar, key))
                yield waiting[-1]

    read(fetch_waiting(), runbooks, cache)
    awaited += [
        AwaitedDocument(clean_line(str(document.path)), find_title_line(document))
        for document in waiting
        if runbooks[document.path] is None
    ]
    return iter(runbooks.items())


def find_title_line(document: WaitingDocument) -> str:
    """What a document is most likely called: its first heading, else its file."""
    match = TITLE_LINE.search(document.raw[:LONGEST_LEAD].decode("utf-8", "replace"))
    return clean_line(strip_markdown(match[1])) if match else clean_line(document.path.name)


def _read_a_few(
    ahead: Collection[str],
    fetched: Iterable[WaitingDocument],
    runbooks: dict[Path, Runbook | None],
    cache: DocumentCache,
) -> None:
    """Read what takes no time, such as the one document that was changed since; else only what is needed ahead."""
    waiting = list(fetched)
    if sum(len(document.raw) for document in waiting) <= READ_AT_ONCE:
        _read_waiting(waiting, runbooks, cache)
    elif ahead:
        needed = [
            document for document in waiting if clean_line(str(document.path)) in ahead or may_bind_others(document)
        ]
        _read_waiting(needed, runbooks, cache)


def may_bind_others(document: WaitingDocument) -> bool:
    """Whether it may have a table or a list of runbooks: what stands there binds the documents that it names."""
    return NAMES_RUNBOOKS.search(decode_document(document.raw)) is not None


def _read_waiting(
    fetched: Iterable[WaitingDocument], runbooks: dict[Path, Runbook | None], cache: DocumentCache
) -> None:
    """Read what nobody has read yet: in processes where that is worth it, and here what is left."""
    waiting: list[WaitingDocument] = []

    def list_shared() -> Iterator[WaitingDocument]:
        for document in fetched:
            waiting.append(document)
            if document.key:  # one without a key holds a secret that only this process knows
                yield document

    def take(document: WaitingDocument, encoded: bytes, may_be_kept: bool) -> None:
        if runbook := decode_runbook(encoded):
            runbooks[document.path] = runbook
            if may_be_kept:
                cache.store(document.key, encoded)

    read_in_processes(list_shared(), take)
    for document in waiting:
        if runbooks[document.path] is None:
            runbook = _read(document.path, document.raw, document.sidecar)
            runbooks[document.path] = runbook
            if document.key and not holds_secret(runbook, document.sidecar):
                cache.store(document.key, encode_runbook(runbook))
    if any(document.key for document in waiting):
        cache.tidy()


def unique_files(paths: Iterable[str], unread: list[Unread]) -> Iterator[Path]:
    """Every file once, however often it is named."""
    names: set[str] = set()
    for name in paths:
        path = Path(name).expanduser()
        if path.is_dir():
            result = markdown_in(path)
        elif path.exists():
            result = iter([path])
        else:
            unread.append(Unread(clean_line(name), describe_missing_path(path)))
            continue
        for item in result:
            real = os.path.realpath(item)
            if real not in names:
                names.add(real)
                yield item


def describe_missing_path(path: Path) -> str:
    """That a path is not there, and which one beside it was probably meant."""
    try:
        beside = [item.name for item in path.parent.iterdir()]
    except OSError:
        return f"is not there, nor is {clean_line(str(path.parent), 200)}"
    meant = find_nearest(path.name, beside)
    return "is not there" + (f"; did you mean {clean_line(meant, 200)}?" if meant else "")


def markdown_in(folder: Path) -> Iterator[Path]:
    """The *.md of a folder and its subfolders in order; nothing hidden."""
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(folder for folder in folders if not folder.startswith(".") and folder not in SKIPPED)
        yield from (Path(base, name) for name in sorted(names) if name.endswith(".md") and not name.startswith("."))


def name_documents(files: Iterable[tuple[Path, Runbook | None]]) -> list[Document]:
    """Documents with ids: the name of the file, with its folder where two are named alike.

    One that is not read yet has a name already: nobody else's changes when it is.
    """
    documents: dict[str, Document | None] = {}
    for path, runbook in files:
        id = free_id(path, documents)
        documents[id] = Document(id, runbook) if runbook is not None else None
    return [document for document in documents.values() if document is not None]


def free_id(path: Path, taken: Collection[str]) -> str:
    """`restore`, or `db/restore` when there is one already, or `restore-2`."""
    stem = make_slug(path.stem)
    if stem not in taken:
        return stem
    beside = f"{make_slug(path.resolve().parent.name)}/{stem}"
    numbered = (f"{stem}-{count}" for count in range(2, 1_000_000))
    return next(text for text in (beside, *([] if beside not in taken else numbered)) if text not in taken)
