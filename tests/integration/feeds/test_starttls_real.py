"""TLS behind the first words of a real PostgreSQL that asks for a certificate."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from cockpit.feeds.probes.state import Grade
from tests.integration.feeds.asking import ask_one, probe
from tests.integration.feeds.real_servers import free_port, until

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
SETTINGS = """
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.pem'
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
"""
WHO_MAY = "hostssl all all 127.0.0.1/32 trust clientcert=verify-full\n"


def find_owner() -> str | None:
    """Who may run it: not root. None where nobody else is there."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    return next((user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")), None)


pytestmark = [
    pytest.mark.realservers,
    pytest.mark.xdist_group("realservers"),
    pytest.mark.skipif(
        BINARIES is None or find_owner() is None or shutil.which("setpriv") is None,
        reason="not installed: PostgreSQL's server, setpriv, and a user that is not root",
    ),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[int, Path]]:
    """Its port, and a folder with `ca.pem`, `ours.pem` and a `stranger.pem` of another authority."""
    assert BINARIES is not None
    with TemporaryDirectory(prefix="cockpit-postgres-") as folder:  # of pytest's own folders no other user sees any
        yield from _run_postgres(Path(folder), BINARIES)


def _run_postgres(folder: Path, binaries: Path) -> Iterator[tuple[int, Path]]:
    owner, data, port = str(find_owner()), folder / "data", free_port()
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("ours", common_name="ours").private_key_and_cert_chain_pem.write_to_path(folder / "ours.pem")
    stranger = trustme.CA().issue_cert("stranger", common_name="stranger")
    stranger.private_key_and_cert_chain_pem.write_to_path(folder / "stranger.pem")
    as_owner = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() == 0:
        as_owner += ["--reuid", owner, "--regid", str(pwd.getpwnam(owner).pw_gid), "--clear-groups"]
    data.mkdir()
    folder.chmod(0o755)
    shutil.chown(data, owner)
    subprocess.run(
        [*as_owner, binaries / "initdb", "--no-sync", "-D", data, "-A", "trust"], check=True, capture_output=True
    )
    own.cert_chain_pems[0].write_to_path(data / "server.pem")
    own.private_key_pem.write_to_path(data / "server.key")
    authority.cert_pem.write_to_path(data / "ca.pem")
    (data / "server.key").chmod(0o600)
    for name in ("server.pem", "server.key", "ca.pem"):
        shutil.chown(data / name, owner)
    (data / "postgresql.conf").write_text(SETTINGS.format(port=port))
    (data / "pg_hba.conf").write_text(WHO_MAY)
    log = folder / "log"
    with log.open("wb") as written:
        server = subprocess.Popen([*as_owner, binaries / "postgres", "-D", data], stdout=written, stderr=written)
    try:
        until(lambda: "ready to accept connections" in log.read_text(), "PostgreSQL ready", log)
        yield port, folder
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(
    ("certificate", "grade"),
    [("ours.pem", Grade.GOOD), ("stranger.pem", Grade.FAILING), ("", Grade.GOOD)],
    ids=["ours", "of a stranger", "none: it asks for one only when a database is opened"],
)
async def test_a_real_postgres_takes_our_certificate_and_no_strangers(
    postgres: tuple[int, Path], certificate: str, grade: Grade
) -> None:
    port, folder = postgres
    url = f"tls://127.0.0.1:{port}?starttls=postgres"
    bare = probe(url, conditions=["[CONNECTED] == true"], ca_file=str(folder / "ca.pem"), timeout=10.0)
    path = str(folder / certificate) if certificate else ""
    outcome = await ask_one(replace(bare, client_certificate=path))
    assert outcome.grade is grade, outcome.reason
    assert "unknown ca" in outcome.reason or grade is Grade.GOOD
