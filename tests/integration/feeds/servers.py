"""Servers for probes to meet: plain or TLS, in threads of their own, saying exactly the bytes a test wants."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

Handler = Callable[[socket.socket, Event], None]
"""Answers one request on its socket; the event is set when the server is to end."""


@contextmanager
def serving(
    handler: Handler,
    tls: ssl.SSLContext | None = None,
    requests: list[bytes] | None = None,
    address: str = "127.0.0.1",
) -> Iterator[int]:
    """The port of a server that answers every request with `handler`, also while our own loop stands still.

    The heads of all requests are added to `requests`.
    """
    over = Event()
    taken: list[socket.socket] = []
    threads: list[Thread] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            visitor = tls.wrap_socket(connection, server_side=True) if tls else connection
            with visitor:
                head = head_of(visitor)
                if requests is not None:
                    requests.append(head)
                handler(visitor, over)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection)
            threads.append(Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    with socket.create_server((address, 0), backlog=1024) as listener:
        accepting = Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
            for each in taken:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)


def head_of(visitor: socket.socket) -> bytes:
    """Everything up to the empty line, and nothing after it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = visitor.recv(1)
        if not byte:
            raise ConnectionError("left before the end of the request")
        head += byte
    return head


def page(body: bytes = b'{"status": "healthy"}', *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole answer with its length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"", body]
    return b"\r\n".join(lines)


def says(answer: bytes, after: float = 0.0) -> Handler:
    """Answers with these bytes, `after` seconds."""

    def handler(visitor: socket.socket, over: Event) -> None:
        over.wait(after)
        visitor.sendall(answer)

    return handler


def hangs(visitor: socket.socket, over: Event) -> None:
    """Takes the request and never says a word."""
    over.wait()


BACKLOG_FULL = 8  # connections that are tried at a listener that holds one: the kernel answers no more


@contextmanager
def swallowing(address: str = "127.0.0.1") -> Iterator[int]:
    """A port that answers nothing at all, neither yes nor no, as one behind a firewall or of a machine that is gone."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, 0))
        listener.listen(0)
        for _ in range(BACKLOG_FULL):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def refusing() -> Iterator[int]:
    """A port that nobody listens on."""
    with serving(hangs) as port:
        pass
    yield port
