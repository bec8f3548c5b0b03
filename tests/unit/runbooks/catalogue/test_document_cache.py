"""A folder is read once: what was read is kept by what its bytes are, and believed only where nobody else can write."""

import os
from pathlib import Path

import pytest

from cockpit.model.secret import KNOWN_SECRETS
from cockpit.runbooks.catalogue.document_cache import DocumentCache, key_of_document, open_user_cache
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.document.read import read_runbook

TEXT = "# Restart\n\n```bash danger\n# Restart it\nkubectl rollout restart deployment/<app>\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "restart.md").write_text(TEXT)
    return docs


@pytest.fixture
def cache(tmp_path: Path) -> DocumentCache:
    return DocumentCache(tmp_path / "cache" / "v1")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that were really read, in order."""
    names: list[str] = []

    def read(path: str, raw: bytes, sidecar: bytes = b"") -> object:
        names.append(Path(path).name)
        return read_runbook(path, raw, sidecar)

    monkeypatch.setattr("cockpit.runbooks.document.read.read_runbook", read)
    return names


def test_a_document_is_read_once_and_is_the_same_afterwards(
    folder: Path, cache: DocumentCache, reads: list[str]
) -> None:
    first = load_catalogue([str(folder)], builtin=False, cache=cache)
    again = load_catalogue([str(folder)], builtin=False, cache=cache)
    assert again == first
    assert reads == ["restart.md"]


@pytest.mark.parametrize("name", ["restart.md", "restart.cockpit.toml"])
def test_a_change_of_the_document_or_of_its_sidecar_is_read(
    folder: Path, cache: DocumentCache, reads: list[str], name: str
) -> None:
    load_catalogue([str(folder)], builtin=False, cache=cache)
    (folder / name).write_text('[aliases]\nAPP = "app"\n' if name.endswith("toml") else TEXT.replace("app", "worker"))
    load_catalogue([str(folder)], builtin=False, cache=cache)
    assert reads == ["restart.md", "restart.md"]


def test_what_was_damaged_in_the_cache_is_read_anew(folder: Path, cache: DocumentCache, reads: list[str]) -> None:
    first = load_catalogue([str(folder)], builtin=False, cache=cache)
    (kept,) = cache.folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-40])
    assert load_catalogue([str(folder)], builtin=False, cache=cache) == first
    assert len(reads) == 2


def test_a_folder_that_others_may_write_to_is_not_believed(
    folder: Path, cache: DocumentCache, reads: list[str]
) -> None:
    load_catalogue([str(folder)], builtin=False, cache=cache)
    cache.folder.chmod(0o777)
    load_catalogue([str(folder)], builtin=False, cache=DocumentCache(cache.folder))
    assert len(reads) == 2


def test_what_is_kept_is_for_nobody_else_to_read(folder: Path, cache: DocumentCache) -> None:
    load_catalogue([str(folder)], builtin=False, cache=cache)
    (kept,) = cache.folder.iterdir()
    assert (cache.folder.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    nowhere = DocumentCache(tmp_path / "file" / "cache")
    assert len(load_catalogue([str(folder)], builtin=False, cache=nowhere).documents) == 1


def test_a_document_with_a_secret_that_is_known_here_is_not_kept() -> None:
    KNOWN_SECRETS.learn("hunter2-hunter2")
    assert key_of_document("a.md", b"# The word is hunter2-hunter2\n", b"") == ""
    assert key_of_document("a.md", b"# Another\n", b"") != ""


def test_the_bytes_of_document_and_sidecar_are_distinguished() -> None:
    assert key_of_document("a.md", b"ab", b"c") != key_of_document("a.md", b"a", b"bc")


def test_old_versions_of_the_reader_leave_nothing_behind(folder: Path, tmp_path: Path) -> None:
    for age, version in enumerate(("v1", "v2", "v3", "v4"), start=1):
        load_catalogue([str(folder)], builtin=False, cache=DocumentCache(tmp_path / "cache" / version))
        os.utime(tmp_path / "cache" / version, (age, age))
    load_catalogue([str(folder)], builtin=False, cache=DocumentCache(tmp_path / "cache" / "v5"))
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["v3", "v4", "v5"]


def test_the_persons_own_cache_lies_in_their_cache_folder() -> None:
    assert str(open_user_cache().folder).startswith(os.environ["XDG_CACHE_HOME"])


@pytest.mark.parametrize(
    "line",
    [
        "kubectl create secret generic db --from-literal=password=Hunter2x9Qq7Zz",
        "curl -u ops:Hunter2x9Qq7Zz https://shop.example.com/health",
        "psql postgres://ops:Hunter2x9Qq7Zz@db.example.com/shop -c 'select 1'",
        "# the key is AKIAABCDEFGHIJKLMNOP",
    ],
)
@pytest.mark.parametrize("place", ["document", "sidecar"])
def test_no_copy_is_kept_of_a_document_in_which_a_secret_stands(
    folder: Path, cache: DocumentCache, reads: list[str], line: str, place: str
) -> None:
    if place == "document":
        (folder / "restart.md").write_text(f"{TEXT}\n```bash\n# Do it\n{line}\n```\n")
    else:
        (folder / "restart.cockpit.toml").write_text("# password: Hunter2x9Qq7Zz\n[aliases]\nAPP = 'app'\n")
    for _ in range(2):
        load_catalogue([str(folder)], builtin=False, cache=cache)
    assert reads == ["restart.md", "restart.md"]
    assert not list(cache.folder.glob("*"))
