"""What lies among the documents and is none: a pipe is not waited for, a device not drained, the others are read."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.runbooks.catalogue import load
from cockpit.runbooks.catalogue.document_cache import DocumentCache
from cockpit.runbooks.catalogue.load import load_catalogue

SOUND = "# Restart\n\n```bash\n# Look\nuptime\n```\n"


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


NO_DOCUMENTS: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a device without an end": link_to("/dev/zero"),
    "a device that waits": link_to("/dev/tty"),
    "a file that says it is empty and is not": link_to("/proc/self/environ"),
    "a link to itself": link_to("x.md"),
    "a link to nowhere": link_to("/nowhere/at/all.md"),
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("make", NO_DOCUMENTS.values(), ids=NO_DOCUMENTS)
@pytest.mark.parametrize("name", ["x.md", "restart.cockpit.toml"])
def test_what_is_no_document_is_refused_and_the_others_are_read(
    make: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    """As a document, and as the sidecar of one."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "sound.md").write_text(SOUND)
    if name.endswith(".toml"):
        (docs / "restart.md").write_text(SOUND)
    make(docs / name)
    catalogue = load_catalogue([str(docs)], builtin=False, cache=DocumentCache(tmp_path / "cache"))
    assert "sound" in [document.id for document in catalogue.documents]


@pytest.mark.parametrize("make", [os.mkfifo, link_to("/dev/zero"), link_to("/dev/null"), Path.mkdir])
def test_of_what_is_no_file_nothing_is_read(make: Callable[[Path], None], tmp_path: Path) -> None:
    """A pipe that nobody writes into would look like an empty document."""
    make(tmp_path / "x.md")
    with pytest.raises(OSError, match=r"is not a file|Is a directory"):
        load.read_document_bytes(tmp_path / "x.md")


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/tty"])
def test_a_device_is_named_with_why_it_is_not_read(target: str, tmp_path: Path) -> None:
    (tmp_path / "x.md").symlink_to(target)
    catalogue = load_catalogue([str(tmp_path)], builtin=False, cache=DocumentCache(tmp_path / "cache"))
    assert len(catalogue.unread) == 1
    assert catalogue.documents == ()


class KernelFile(io.FileIO):
    """Called a file by the kernel, and without anything to read for now."""

    def read(self, size: int | None = -1) -> bytes:
        return None  # type: ignore[return-value]  # what a file that does not wait gives


def test_a_file_that_would_be_waited_for_is_named_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.md").write_text(SOUND)
    monkeypatch.setattr("os.fdopen", KernelFile)
    with pytest.raises(OSError, match="no document"):
        load.read_document_bytes(tmp_path / "x.md")


def test_of_a_file_beyond_the_limit_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LARGEST_DOCUMENT", 10)
    (tmp_path / "x.md").write_text(SOUND)
    catalogue = load_catalogue([str(tmp_path)], builtin=False, cache=DocumentCache(tmp_path / "cache"))
    assert ["larger than" in unread.reason for unread in catalogue.unread] == [True]
