"""The terminal that the app draws on: one that stops reading, or is gone, must stop nothing but the drawing.

Textual's own driver hands each write to a thread through a queue of 30 and waits for room. So a terminal that reads
nothing (Ctrl-S, a hung SSH line) holds the app's loop: nothing is polled, nothing recorded, no signal heard. When the
terminal is gone the thread dies of it, and the loop waits for ever with the recorder's lock in its hands.
"""

import contextlib
import errno
import logging
import os
import select
import signal
import sys
import termios
import time
import tty
from collections import deque
from collections.abc import Callable, Iterable
from threading import Condition, Thread
from typing import TextIO

from textual import constants
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from cockpit.turns import KEYS
from screens.shared.cell_diff import TerminalCells
from screens.shared.device_status import DeviceStatusReports
from screens.shared.terminal_input import TerminalInput

log = logging.getLogger(__name__)

MOST = 262_144  # bytes that may wait: about ten whole screens, so that a slow line is seconds behind, not minutes
LOOK = 0.5  # seconds between two looks whether a terminal to which nothing is written is still there
GRACE = 1.0  # seconds for the last words, which leave the terminal as it was found
GONE = 128 + signal.SIGHUP  # exit code, as when the line itself says so
TICK = 0.1  # seconds between two looks whether an Esc stood alone
LOOKS = 4  # after the last byte: longer than anybody waits for what belongs to an Esc
AT_ONCE = 4096  # bytes
AWAIT = 0.01  # seconds between two looks whether the terminal has answered
PUSH_KEY_REPORTS = "\x1b[>27u"  # kitty: what Textual asks for, and repeats and releases told apart from presses
HIDE_CURSOR = "\x1b[?25l"
POP_KEY_REPORTS = "\x1b[<u"


class Output(Thread):
    """Writes in its own thread. What finds no room is dropped until all is written; then `again` asks for the whole.

    `again` and `gone` are called from this thread; after `gone` nothing is written any more.
    """

    def __init__(self, file: TextIO, again: Callable[[], None], gone: Callable[[], None]) -> None:
        super().__init__(name="terminal-output", daemon=True)  # daemon: a write that hangs must not hold the process
        self.fd, self._again, self._gone = file.fileno(), again, gone
        self._encoding, self._errors = file.encoding, file.errors or "strict"
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._dropping = self._ending = self._broken = False
        self._changed = Condition()  # reentrant: a stop signal writes from wherever the main thread is
        self._hangup = select.poll()
        self._hangup.register(self.fd, 0)

    def write(self, text: str) -> None:
        """Never waits."""
        data = text.encode(self._encoding, self._errors)
        with self._changed:
            self._dropping |= bool(self._size) and self._size + len(data) > MOST
            if not self._dropping:
                self._waiting.append(data)
                self._size += len(data)
                self._changed.notify()

    def make_room(self) -> None:
        """The frames of a terminal that fell behind give way to what must reach it: the sequences that leave it."""
        with self._changed:
            if self._dropping:
                self._take()
                self._dropping = False

    def stop(self) -> bool:
        """Whether all was written within GRACE."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self.join(GRACE)
        return not (self.is_alive() or self._broken)

    def run(self) -> None:
        try:
            while data := self._next():
                self._send(data)
        except OSError:
            self._broken = True
            self._gone()

    def _next(self) -> bytes:
        """Everything that waits; nothing at the end. Raises OSError when the terminal hung up meanwhile."""
        with self._changed:
            if self._dropping and not self._waiting:
                self._dropping = False
                self._again()
            while not self._waiting and not self._ending:
                if not self._changed.wait(LOOK) and any(what & select.POLLHUP for _, what in self._hangup.poll(0)):
                    raise OSError(errno.EIO, "the terminal hung up")
            return self._take()

    def _take(self) -> bytes:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return data

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self.fd, left) :]
            except BlockingIOError:  # a program that shares the terminal made it so
                select.select([], [self.fd], [])


class TerminalDriver(LinuxDriver):
    """Textual's driver with an Output of ours. The thread that it starts for its own writing has nothing to do."""

    _output: Output
    _input_ends: tuple[int, int]  # a pipe: what is written to it wakes the thread that reads the terminal
    reports_releases = False  # whether the terminal tells when a key is let go
    status_reports: DeviceStatusReports | None = None  # what the terminal is known to have shown

    def start_application_mode(self) -> None:
        assert self._file is not None  # a process without standard error has no terminal
        self._output = Output(self._file, lambda: self._soon(self._draw_again), lambda: self._soon(self._leave))
        self._output.start()
        self._forget_cells()
        if not hasattr(self, "_input_ends"):
            self._input_ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if not constants.DISABLE_KITTY_KEY:
            self.write(PUSH_KEY_REPORTS)
        if self.status_reports is None:
            self.status_reports = DeviceStatusReports(self.write, time.monotonic)
        self.status_reports.ask()  # so that it is known whether this terminal answers before it matters

    def _forget_cells(self) -> None:
        """Whatever the terminal shows now, it is not what we wrote."""
        cells = getattr(self._app, "cells", None)
        if isinstance(cells, TerminalCells):
            cells.forget()

    def _draw_again(self) -> None:
        self._forget_cells()
        self._app.refresh()

    def write(self, data: str) -> None:
        self._output.write(data)

    def run_input_thread(self) -> None:
        """Read until the end. Nothing that a terminal sends ends this thread; a terminal that is gone ends the app."""
        stdin = sys.__stdin__
        keys = TerminalInput(stdin.encoding if stdin else "utf-8", time.monotonic, debug=self._debug)
        waiting = select.poll()
        waiting.register(self.fileno, select.POLLIN)
        waiting.register(self._input_ends[0], select.POLLIN)
        looks = 0  # that are still due after the last byte
        try:
            while not self.exit_event.is_set():
                ready = waiting.poll(TICK * 1000 if looks else None)
                looks = max(0, looks - 1)
                if any(fd == self.fileno for fd, _ in ready):
                    data = os.read(self.fileno, AT_ONCE)
                    if not data:
                        raise OSError(errno.EIO, "the terminal ended")
                    self._deliver(keys.feed(data))
                    looks = LOOKS
                self._deliver(keys.tick())
                self.reports_releases = keys.reports_releases
                for _ in range(keys.take_answers()):
                    if self.status_reports is not None:
                        self.status_reports.note_answer()
        except OSError:  # reading may be first to notice
            self._soon(self._leave)

    def disable_input(self) -> None:
        self._await_answers()
        os.write(self._input_ends[1], b".")  # the thread that reads may be waiting for the first key of an hour
        super().disable_input()
        with contextlib.suppress(BlockingIOError):
            os.read(self._input_ends[0], AT_ONCE)

    def _await_answers(self) -> None:
        """Who reads the terminal after us would take an answer to our question for what was typed."""
        end = time.monotonic() + GRACE
        while (
            self.status_reports is not None
            and self.status_reports.is_waiting
            and time.monotonic() < end
            and self._reads()
        ):
            time.sleep(AWAIT)

    def _reads(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()

    def _deliver(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if isinstance(message, Key):
                KEYS.claim()
            try:
                self.process_message(message)
            except RuntimeError:
                return  # the loop has ended before us
            except Exception:
                log.warning("a key was lost", exc_info=True)

    def _sigcont_application(self, *_: object) -> None:
        """A line that hangs up wakes its programs, too: only what was put to sleep by its key is resumed.

        Resumed after its end the app would never end: a second thread would read a terminal that is gone, for ever.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
        elif self._app.is_running and self._key_thread is not None and not self.exit_event.is_set():
            self._soon(self._take_over_again)

    def _take_over_again(self) -> None:
        """Stopped from elsewhere it could put nothing away, and the shell has used the terminal meanwhile."""
        if self._app.return_code is not None:
            return
        with contextlib.suppress(termios.error):
            attributes = termios.tcgetattr(self.fileno)
            attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
            attributes[tty.IFLAG] = self._patch_iflag(attributes[tty.IFLAG])
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
        self.write(HIDE_CURSOR)
        self._draw_again()

    def stop_application_mode(self) -> None:
        self._output.make_room()
        if not constants.DISABLE_KITTY_KEY:
            self.write(POP_KEY_REPORTS)
        super().stop_application_mode()

    def close(self) -> None:
        """Before a command gets the terminal, and at the end."""
        super().close()
        if not self._output.stop() and not self._app.is_running:
            self._print_nowhere()

    def _print_nowhere(self) -> None:
        """What is printed after the app would wait for this terminal, too, or fail."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for fd in (1, 2):
            if os.path.sameopenfile(fd, self._output.fd):
                os.dup2(nowhere, fd)
        os.close(nowhere)

    def _leave(self) -> None:
        if self._app.return_code is None:
            self._app.exit(return_code=GONE)

    def _soon(self, act: Callable[[], object]) -> None:
        """From any thread, and from a handler of signals, too: it may interrupt the loop in the middle of waiting for a
        message, where one that is put into the queue by hand wakes nobody any more, and no later one does either.
        """
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(self._app.call_later, act)
