"""Being asked to stop: at once where nothing can be lost, else at the next place where it is safe."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from detector.errors import DetectorError


class Stopped(DetectorError):
    """The process was asked to stop; what was finished before is kept, and the next run goes on from there."""

    def __init__(self) -> None:
        super().__init__("asked to stop; the next run goes on from here")


class Stopper:
    """Turns SIGTERM and SIGINT into Stopped. A second signal does not wait for a safe place."""

    def __init__(self) -> None:
        self.asked = False
        self._may_raise = False

    def ask(self) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        if self._may_raise:
            raise Stopped

    def check(self) -> None:
        """A safe place. Raises Stopped: somebody asked."""
        if self.asked:
            raise Stopped

    @contextmanager
    def anywhere(self) -> Iterator[None]:
        """Every moment inside is a safe place: waiting for the clock or for a server."""
        outer, self._may_raise = self._may_raise, True
        try:
            self.check()
            yield
        finally:
            self._may_raise = outer

    def wait(self, seconds: float) -> None:
        with self.anywhere():
            time.sleep(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen while inside; only the main thread of a process can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def heard(number: int, frame: FrameType | None) -> None:
            self.ask()

        before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
