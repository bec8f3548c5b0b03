"""Many documents read for the first time are shared out among processes, and are the same as if one had read them."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from cockpit.model.runbook import StepKind, learn_team_commands
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.runbooks.catalogue import shared_reading
from cockpit.runbooks.catalogue.catalogue import AwaitedDocument
from cockpit.runbooks.catalogue.document_cache import DocumentCache, decode_runbook
from cockpit.runbooks.catalogue.load import load_catalogue, look_at_catalogue
from cockpit.runbooks.catalogue.shared_reading import (
    WaitingDocument,
    read_in_processes,
    read_message,
    serve_readings,
    write_message,
)
from cockpit.runbooks.document.read import read_runbook

TEXT = "# Restart {n}\n\n```bash\n# Look\nkubectl get pods -n shop-{n}\n# Clear\nshopctl clear {n} <what>\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(12):
        (docs / f"restart-{number:02}.md").write_text(TEXT.format(n=number))
    return docs


@pytest.fixture
def cache(tmp_path: Path) -> Callable[[str], DocumentCache]:
    return lambda name: DocumentCache(tmp_path / name / "v1")


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few the documents and the processors."""
    monkeypatch.setattr(shared_reading, "count_processes", lambda documents, size: 2)
    monkeypatch.setattr(shared_reading, "SMALLEST_BATCH", 200)


@pytest.fixture
def never_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> object:
        raise AssertionError("read in this process")

    monkeypatch.setattr("cockpit.runbooks.document.read.read_runbook", read)


def serve(*messages: object) -> list[list[tuple[bytes, bool]]]:
    """What the other side answers: each document as it was read, and whether a copy of it may be kept."""
    source, sink = io.BytesIO(), io.BytesIO()
    for message in messages:
        write_message(source, msgspec.msgpack.encode(message))
    source.seek(0)
    serve_readings(source, sink)
    sink.seek(0)
    answers: list[list[tuple[bytes, bool]]] = []
    while answer := read_message(sink):
        answers.append(msgspec.msgpack.decode(answer, type=list[tuple[bytes, bool]]))
    return answers


@pytest.fixture
def no_team() -> Iterator[None]:
    yield
    learn_team_commands({})


@pytest.mark.usefixtures("no_team")
def test_what_another_process_reads_is_what_this_one_would() -> None:
    raw = TEXT.format(n=1).encode()
    (((encoded, may_be_kept),),) = serve({}, [(b"/docs/restart.md", raw, b"")])
    assert decode_runbook(encoded) == read_runbook("/docs/restart.md", raw)
    assert may_be_kept


@pytest.mark.usefixtures("no_team")
def test_it_says_of_a_document_in_which_a_secret_stands_that_it_must_not_be_kept() -> None:
    raw = b"# Restart\n\nThe token is ghp_abcdefghijklmnopqrstuvwxyz0123456789.\n"
    (((_, may_be_kept),),) = serve({}, [(b"/docs/restart.md", raw, b"")])
    assert not may_be_kept


@pytest.mark.usefixtures("no_team")
def test_the_configuration_of_commands_is_passed_on() -> None:
    (((encoded, _),),) = serve({"shopctl clear": "danger"}, [(b"restart.md", TEXT.encode(), b"")])
    runbook = decode_runbook(encoded)
    assert runbook is not None
    (procedure,) = runbook.procedures
    assert [step.kind for step in procedure.steps] == [StepKind.READ, StepKind.DANGER]


@pytest.mark.usefixtures("two_processes", "never_here")
def test_a_folder_is_read_by_others_and_kept(folder: Path, cache: Callable[[str], DocumentCache]) -> None:
    kept = cache("kept")
    first = load_catalogue([str(folder)], builtin=False, cache=kept)
    assert [document.runbook.title for document in first.documents] == [f"Restart {number}" for number in range(12)]
    assert len(list(kept.folder.iterdir())) == 12
    assert load_catalogue([str(folder)], builtin=False, cache=kept) == first


@pytest.mark.usefixtures("two_processes")
def test_the_first_documents_are_read_while_the_others_are_still_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    monkeypatch.setattr(shared_reading.ReadingQueue, "work_off", lambda queue, take: begun.set())

    def fetch() -> Iterator[WaitingDocument]:
        yield from (WaitingDocument(Path(f"{number}.md"), b"# X\n", b"", "key") for number in range(2))
        assert begun.wait(timeout=30)

    read_in_processes(fetch(), lambda document, encoded, may_be_kept: None)


def test_a_queue_gives_what_is_there_once_no_more_is_to_come() -> None:
    queue = shared_reading.ReadingQueue()
    document = WaitingDocument(Path("x.md"), b"# X\n", b"", "key")
    queue.add(document)
    queue.close()
    assert queue.pop_batch() == [document]
    assert queue.pop_batch() == []


def test_batches_are_large_at_first_and_small_in_the_end() -> None:
    queue = shared_reading.ReadingQueue()
    documents = [WaitingDocument(Path(f"{number}.md"), b"x" * 5_000, b"", "key") for number in range(200)]
    for document in documents:
        queue.add(document)
    queue.close()
    batches = list(iter(queue.pop_batch, []))
    sizes = [sum(len(document.raw) for document in batch) for batch in batches]
    assert [document for batch in batches for document in batch] == documents
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] <= shared_reading.SMALLEST_BATCH < sizes[0] <= shared_reading.LARGEST_BATCH
    assert queue.bytes_left == 0


@pytest.mark.usefixtures("two_processes")
def test_a_process_that_dies_leaves_its_documents_to_us(
    folder: Path, cache: Callable[[str], DocumentCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_catalogue([str(folder)], builtin=False, cache=cache("whole"))
    monkeypatch.setattr("sys.executable", "/bin/false")
    assert load_catalogue([str(folder)], builtin=False, cache=cache("alone")) == whole


@pytest.mark.usefixtures("two_processes")
def test_a_document_with_a_secret_that_we_know_is_given_to_nobody(
    folder: Path, cache: Callable[[str], DocumentCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    KNOWN_SECRETS.learn("hunter2-is-long")
    (folder / "restart-03.md").write_text("# Restart\n\nThe key is hunter2-is-long.\n")
    given: list[str] = []

    def take(waiting: Iterator[shared_reading.WaitingDocument], *_: object) -> None:
        given.extend(document.path.name for document in waiting)

    monkeypatch.setattr("cockpit.runbooks.catalogue.load.read_in_processes", take)
    load_catalogue([str(folder)], builtin=False, cache=cache("kept"))
    assert len(given) == 11
    assert "restart-03.md" not in given


def test_at_first_sight_the_titles_of_what_nobody_has_read(
    folder: Path, cache: Callable[[str], DocumentCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.runbooks.catalogue.load.READ_AT_ONCE", 100)
    kept = cache("kept")
    load_catalogue([str(folder / "restart-00.md")], cache=kept)
    catalogue = look_at_catalogue([str(folder)], cache=kept)
    assert [document.id for document in catalogue.documents if not document.builtin] == ["restart-00"]
    assert catalogue.awaited[0] == AwaitedDocument(str(folder / "restart-01.md"), "Restart 1")
    assert len(catalogue.awaited) == 11


def test_one_changed_document_is_read_at_first_sight(folder: Path, cache: Callable[[str], DocumentCache]) -> None:
    catalogue = look_at_catalogue([str(folder)], environments=[], cache=cache("kept"))
    assert catalogue.awaited == ()
    assert catalogue == load_catalogue([str(folder)], environments=[], cache=cache("other"))


INDEXES = {
    "approvals": "| Runbook | Approval required |\n|---|---|\n| [Restart 7](restart-07.md) | On-call lead |\n",
    "by name": "| Scenario | Guide | Authorization |\n|---|---|---|\n| It hangs | Restart 7 | DBA |\n",
    "below a category": "## Emergency runbooks\n\n- [Restart 7](restart-07.md)\n",
    "none": "Nothing but prose.\n",
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_what_is_opened_ahead_of_the_others_is_what_it_is_when_all_are_read(
    index: str, folder: Path, cache: Callable[[str], DocumentCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.runbooks.catalogue.load.READ_AT_ONCE", 100)
    (folder / "zz-index.md").write_text(f"# Index\n\n{index}")
    deeper = folder / "deeper"
    deeper.mkdir()
    (deeper / "restart-07.md").write_text(TEXT.format(n="deeper"))
    whole = load_catalogue([str(folder)], environments=[], cache=cache("whole"))
    for path in (folder / "restart-07.md", deeper / "restart-07.md"):
        ahead = look_at_catalogue([str(folder)], environments=[], cache=cache("ahead"), ahead=[str(path)])
        (document,) = (document for document in ahead.documents if document.runbook.path == str(path))
        assert document in whole.documents
        assert len(ahead.awaited) >= 10


def test_readers_end_with_their_sockets_and_the_program_with_them() -> None:
    readers = shared_reading.ReaderProcesses()
    with readers.connect() as first, readers.connect() as second:
        first.close()  # one that nobody reads through
        with second.makefile("wb") as sink, second.makefile("rb") as source:
            write_message(sink, msgspec.msgpack.encode({}))
            write_message(sink, msgspec.msgpack.encode([(b"restart.md", TEXT.encode(), b"")]))
            (answer,) = msgspec.msgpack.decode(read_message(source), type=list[tuple[bytes, bool]])
    readers.stop()
    assert decode_runbook(answer[0]) == read_runbook("restart.md", TEXT.encode())
    assert readers.program is not None
    assert readers.program.returncode == 0
