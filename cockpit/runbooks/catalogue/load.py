"""Where the documents of a catalogue come from: files, folders and what ships with the program. Blocking."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from cockpit.model.runbook import Runbook
from cockpit.model.system import Environment
from cockpit.model.text import clean_line, find_nearest
from cockpit.platforms.registry import list_procedure_folders
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, Unread
from cockpit.runbooks.catalogue.document_cache import DocumentCache, key_of_document, open_user_cache
from cockpit.runbooks.catalogue.index_tables import bind_index_tables
from cockpit.runbooks.document.labels import make_slug
from cockpit.runbooks.types import no_collection

LARGEST_DOCUMENT = 10_000_000  # bytes; no document is larger, a log by mistake is
SIDECAR = ".cockpit.toml"  # in place of .md: what stands beside a document
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
    unread: list[Unread] = []
    cache = cache or open_user_cache()
    with no_collection():
        own = name_documents(unique_files(paths, unread), unread, cache)
        folders = list_procedure_folders(environments) if builtin else []
        shipped = name_documents((path for folder in folders for path in markdown_in(folder)), unread, cache)
    shipped = [Document(document.id, document.runbook, builtin=True) for document in shipped]
    taken = {document.id for document in own}
    replaced = {document.id for document in shipped} & taken
    kept = tuple(document for document in shipped if document.id not in replaced)
    mine = tuple(Document(document.id, document.runbook, replaces=document.id in replaced) for document in own)
    return Catalogue((*bind_index_tables(mine), *kept), tuple(unread))


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
    if len(content) > LARGEST_DOCUMENT:
        raise OSError(f"is larger than {LARGEST_DOCUMENT // 1_000_000} MB")
    return content


def read_bytes_of(path: Path) -> tuple[bytes, bytes]:
    """A document's bytes and those of its sidecar."""
    beside = path.with_suffix(SIDECAR)
    return read_document_bytes(path), read_document_bytes(beside) if beside.exists() else b""


def open_kept_file(path: Path, cache: DocumentCache) -> tuple[Runbook, bool]:
    """The same, from the cache where it was read before; and whether it was read now and kept."""
    raw, sidecar = read_bytes_of(path)
    key = key_of_document(str(path), raw, sidecar)
    if key and (kept := cache.load(key)):
        return kept, False
    runbook = _read(path, raw, sidecar)
    if key:
        cache.store(key, runbook)
    return runbook, bool(key)


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


def name_documents(files: Iterable[Path], unread: list[Unread], cache: DocumentCache) -> list[Document]:
    """Documents with ids: the name of the file, with its folder where two are named alike."""
    documents: dict[str, Document] = {}
    stored = False
    for path in files:
        try:
            runbook, was_stored = open_kept_file(path, cache)
            stored = stored or was_stored
        except OSError as error:
            unread.append(Unread(clean_line(str(path)), clean_line(error.strerror or str(error), 200)))
            continue
        id = free_id(path, documents)
        documents[id] = Document(id, runbook)
    if stored:
        cache.tidy()
    return list(documents.values())


def free_id(path: Path, taken: Collection[str]) -> str:
    """`restore`, or `db/restore` when there is one already, or `restore-2`."""
    stem = make_slug(path.stem)
    if stem not in taken:
        return stem
    beside = f"{make_slug(path.resolve().parent.name)}/{stem}"
    numbered = (f"{stem}-{count}" for count in range(2, 1_000_000))
    return next(text for text in (beside, *([] if beside not in taken else numbered)) if text not in taken)
