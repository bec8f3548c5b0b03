"""Many documents that nobody has read yet, shared out among processes: a folder of seven hundred takes seconds of one.

Each process gets documents through a socket, reads them as they would be read here, gives back what it read, and ends
when the socket closes. A process that dies costs nothing but time: what it had in hand is read by whoever asked. The
screen stays live meanwhile, as this process only waits.

All of them are forked from one, which is this module run as a program: it loads what reads a document, a third of a
second's work, once. This process itself is never forked: it may have threads.
"""

import os
import select
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cockpit.model.runbook import TEAM_COMMANDS, learn_team_commands

ROOT = Path(__file__).parents[3]  # where the packages lie
FEWEST_BYTES = 150_000  # for each process: below that it takes longer to start one than to read
MOST_PROCESSES = 8
# What is handed over at once is a part of what is left: much at first, as a process waits a moment for each batch, and
# little in the end, so that none is still at work when the others have finished.
PART_AT_ONCE = 12
SMALLEST_BATCH = 10_000  # bytes
LARGEST_BATCH = 150_000
LONGEST_END = 10.0  # s that the readers have to end; it takes milliseconds
HEAD = 8  # bytes that say how long the message behind them is


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document to be read: what the reader is given of it, and what it is kept under."""

    path: Path
    raw: bytes
    sidecar: bytes
    key: str


TakeReading = Callable[[WaitingDocument, bytes, bool], None]
"""Gets a document, what was read of it, encoded, and whether a copy of it may be kept."""


def count_processes(documents: int, size: int) -> int:
    """How many processes are worth their start for documents of `size` bytes together; fewer than two are none."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, MOST_PROCESSES, documents, size // FEWEST_BYTES)


@dataclass(slots=True)
class ReaderProcesses:
    """The program from which readers are forked, started with the first of them, and the sockets that lead to them."""

    program: subprocess.Popen[bytes] | None = None
    free: list[socket.socket] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self) -> socket.socket:
        """A reader's socket; whoever asks closes it. Raises OSError, IndexError where there are no more."""
        with self.lock:
            if self.program is None:
                self._start()
            return self.free.pop()

    def _start(self) -> None:
        pairs = [socket.socketpair() for _ in range(MOST_PROCESSES)]
        theirs = [their_side for _, their_side in pairs]
        self.free = [our_side for our_side, _ in pairs]
        numbers = [their_side.fileno() for their_side in theirs]
        program = [sys.executable, "-P", "-m", "cockpit.runbooks.catalogue.shared_reading", *map(str, numbers)]
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}  # no secrets: it needs none
        nothing = subprocess.DEVNULL
        try:
            self.program = subprocess.Popen(
                program, stdin=nothing, stdout=nothing, stderr=nothing, env=environment, cwd="/", pass_fds=numbers
            )
        finally:
            for their_side in theirs:  # or nobody here would see when the other side ends
                their_side.close()

    def stop(self) -> None:
        """Let the program end, which it does once all sockets are closed and what it has forked has ended."""
        for our_side in self.free:
            our_side.close()
        if self.program is not None:
            impatience = threading.Timer(LONGEST_END, self.program.kill)  # it holds nothing that could be lost
            impatience.start()
            self.program.wait()  # without a limit of its own, for which it would ask and sleep in turn
            impatience.cancel()


def read_in_processes(waiting: Iterable[WaitingDocument], take: TakeReading) -> None:
    """Read what is worth it in processes; `take` gets each document with what was read of it, in any thread.

    They are started as soon as they are worth it, while the caller is still fetching documents from the disk. What
    `take` never gets is for the caller to read.
    """
    queue = ReadingQueue()
    threads: list[threading.Thread] = []
    size = 0
    try:
        for number, document in enumerate(waiting, start=1):
            queue.add(document)
            size += len(document.raw)
            worth = count_processes(number, size)
            while len(threads) < worth and worth > 1:
                threads.append(threading.Thread(target=queue.work_off, args=(take,), daemon=True))
                threads[-1].start()
    finally:
        queue.close()
    for thread in threads:
        thread.join()
    queue.readers.stop()


@dataclass(slots=True)
class ReadingQueue:
    """The documents that no process has been given yet. More may come until it is closed."""

    documents: deque[WaitingDocument] = field(default_factory=deque)
    bytes_left: int = 0
    closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    readers: ReaderProcesses = field(default_factory=ReaderProcesses)

    def add(self, document: WaitingDocument) -> None:
        with self.changed:
            self.documents.append(document)
            self.bytes_left += len(document.raw)
            self.changed.notify()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def pop_batch(self) -> list[WaitingDocument]:
        """The next documents; as soon as there are enough of them, or no more are to come. None at the end."""
        batch: list[WaitingDocument] = []
        size = 0
        with self.changed:
            enough = min(max(self.bytes_left // PART_AT_ONCE, SMALLEST_BATCH), LARGEST_BATCH)
            while size < enough and (self.documents or not self.closed):
                if self.documents:
                    batch.append(self.documents.popleft())
                    size += len(batch[-1].raw)
                else:
                    self.changed.wait()
            self.bytes_left -= size
        return batch

    def _hand_over(self, stream: IO[bytes]) -> list[WaitingDocument]:
        """The next batch, which a process now has."""
        import msgspec

        if batch := self.pop_batch():
            documents = [(os.fsencode(document.path), document.raw, document.sidecar) for document in batch]
            write_message(stream, msgspec.msgpack.encode(documents))
        return batch

    def work_off(self, take: TakeReading) -> None:
        """Give one process a batch after another. What goes wrong there leaves its documents to the caller."""
        # Nothing is loaded before the program is started, which takes longer to load than all that is needed here.
        with suppress(OSError, IndexError), self.readers.connect() as connection:
            self._lead_reader(connection, take)

    def _lead_reader(self, connection: socket.socket, take: TakeReading) -> None:
        import msgspec

        commands = {words: kind.value for words, kind in TEAM_COMMANDS.items()}
        with (
            suppress(ValueError, msgspec.MsgspecError),
            connection.makefile("wb") as sink,
            connection.makefile("rb") as source,
        ):
            write_message(sink, msgspec.msgpack.encode(commands))
            batch = self._hand_over(sink)
            while batch:
                answers = msgspec.msgpack.decode(read_message(source), type=list[tuple[bytes, bool]])
                following = self._hand_over(sink)  # it reads on while what it has read is taken
                for document, (encoded, may_be_kept) in zip(batch, answers, strict=True):
                    take(document, encoded, may_be_kept)
                batch = following


def write_message(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(HEAD, "big") + message)
    stream.flush()


def read_message(stream: IO[bytes]) -> bytes:
    """The next message, b"" where the other side has ended. Raises ValueError for half of one."""
    head = stream.read(HEAD)
    if not head:
        return b""
    message = stream.read(int.from_bytes(head, "big"))
    if len(head) < HEAD or len(message) < int.from_bytes(head, "big"):
        raise ValueError("the other side ended in the middle of a message")
    return message


def serve_readings(source: IO[bytes], sink: IO[bytes]) -> None:
    """The other side: what the configuration says of commands, then batches of documents until the input closes."""
    import msgspec

    from cockpit.runbooks.catalogue.document_cache import holds_secret
    from cockpit.runbooks.document.read import read_runbook

    learn_team_commands(msgspec.msgpack.decode(read_message(source), type=dict[str, str]))
    while message := read_message(source):
        batch = msgspec.msgpack.decode(message, type=list[tuple[bytes, bytes, bytes]])
        answers = []
        for path, raw, sidecar in batch:
            runbook = read_runbook(os.fsdecode(path), raw, sidecar)
            answers.append((msgspec.msgpack.encode(runbook), not holds_secret(runbook, sidecar)))
        write_message(sink, msgspec.msgpack.encode(answers))


WARM = b"# Warm\n\nRead it, then run:\n\n```bash\n# Look\nkubectl get pods -n <namespace>\n[ -f x ] && ls\n```\n"


def load_readers() -> None:
    """Load what every document needs: the code, the tables of tools, a grammar, the expressions that are made late."""
    import gc

    # Nothing that is loaded is garbage, nor anything that was read before it is handed over; each process is short.
    gc.disable()
    from cockpit.runbooks.catalogue.document_cache import encode_runbook, holds_secret
    from cockpit.runbooks.command_kinds.tables import load_built_in_tools
    from cockpit.runbooks.document.read import read_runbook

    len(load_built_in_tools())
    runbook = read_runbook("warm.md", WARM)
    holds_secret(runbook)
    encode_runbook(runbook)


def fork_readers(descriptors: Collection[int]) -> None:
    """Fork a reader for each of these sockets as soon as something comes through it; end when all have ended.

    What the readers took of the processors is counted to whoever waits for this program, as it waits for them.
    """
    waiting = {descriptor: socket.socket(fileno=descriptor) for descriptor in descriptors}
    while waiting:
        ready, _, _ = select.select(waiting, [], [])
        for descriptor in ready:
            connection = waiting.pop(descriptor)
            if connection.recv(1, socket.MSG_PEEK) and os.fork() == 0:
                serve_socket(connection, waiting.values())
            connection.close()
    with suppress(ChildProcessError):
        while True:
            os.wait()


def serve_socket(connection: socket.socket, others: Iterable[socket.socket]) -> None:
    """Be a reader, and end. The sockets of the others are theirs alone: each must close when its reader ends."""
    try:
        for other in others:
            other.close()
        serve_readings(connection.makefile("rb"), connection.makefile("wb"))
    finally:
        os._exit(0)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        load_readers()
        fork_readers([int(number) for number in sys.argv[1:]])
        os._exit(0)  # somebody waits for the end, and it would take all that was loaded apart first
