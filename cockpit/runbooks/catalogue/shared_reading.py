"""Many documents that nobody has read yet, shared out among processes: a folder of seven hundred takes seconds of one.

Each process is this module run as a program. It gets documents through its standard input, reads them as they would be
read here, gives back what it read, and ends when its input closes. A process that dies costs nothing but time: what it
had in hand is read by whoever asked. The screen stays live meanwhile, as this process only waits.
"""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cockpit.model.runbook import TEAM_COMMANDS, learn_team_commands

ROOT = Path(__file__).parents[3]  # where the packages lie
FEWEST_BYTES = 150_000  # for each process: below that it takes longer to start one than to read
MOST_PROCESSES = 8
BATCH = 20_000  # bytes handed over at once: so little that none is still at work when the others have finished
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


@dataclass(slots=True)
class ReadingQueue:
    """The documents that no process has been given yet. More may come until it is closed."""

    documents: deque[WaitingDocument] = field(default_factory=deque)
    closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, document: WaitingDocument) -> None:
        with self.changed:
            self.documents.append(document)
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
            while size < BATCH and (self.documents or not self.closed):
                if self.documents:
                    batch.append(self.documents.popleft())
                    size += len(batch[-1].raw)
                else:
                    self.changed.wait()
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
        import msgspec

        commands = {words: kind.value for words, kind in TEAM_COMMANDS.items()}
        program = [sys.executable, "-P", "-m", "cockpit.runbooks.catalogue.shared_reading"]
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}  # no secrets: it needs none
        pipe = subprocess.PIPE
        with (
            suppress(OSError, ValueError, msgspec.MsgspecError),
            subprocess.Popen(
                program, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, cwd="/"
            ) as process,
        ):
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                write_message(process.stdin, msgspec.msgpack.encode(commands))
                batch = self._hand_over(process.stdin)
                while batch:
                    answers = msgspec.msgpack.decode(read_message(process.stdout), type=list[tuple[bytes, bool]])
                    following = self._hand_over(process.stdin)  # it reads on while what it has read is taken
                    for document, (encoded, may_be_kept) in zip(batch, answers, strict=True):
                        take(document, encoded, may_be_kept)
                    batch = following
            finally:
                process.kill()  # it holds nothing that could be lost


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
    import gc

    import msgspec

    from cockpit.runbooks.catalogue.document_cache import holds_secret
    from cockpit.runbooks.document.read import read_runbook

    gc.disable()  # nothing that was read is garbage before it is handed over, and the process is short
    learn_team_commands(msgspec.msgpack.decode(read_message(source), type=dict[str, str]))
    while message := read_message(source):
        batch = msgspec.msgpack.decode(message, type=list[tuple[bytes, bytes, bytes]])
        answers = []
        for path, raw, sidecar in batch:
            runbook = read_runbook(os.fsdecode(path), raw, sidecar)
            answers.append((msgspec.msgpack.encode(runbook), not holds_secret(runbook, sidecar)))
        write_message(sink, msgspec.msgpack.encode(answers))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        serve_readings(sys.stdin.buffer, sys.stdout.buffer)
