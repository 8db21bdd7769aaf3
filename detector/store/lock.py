"""One writer at a time across processes. The lock is freed by the system when its holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from detector.errors import StoreBusyError, StoreError

MIGRATION_SECONDS = 30.0
"""How long a second process waits while a first one prepares the same store: longer than any migration here takes."""


class Lock(Protocol):
    """The lock of one store. A thread holds it or not; other threads of the process wait like other processes."""

    @property
    def is_held(self) -> bool:
        """Whether this thread holds it."""

    def acquire(self, *, wait: float) -> bool:
        """Whether it could be had within `wait` seconds. Raises StoreError: the lock itself cannot be used."""

    def release(self) -> None:
        """Let the next one have it."""


class _FileWriterLock:
    """A lock file beside the store's file."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(f"{path}.lock")

    @property
    def is_held(self) -> bool:
        return self._lock.is_locked

    def acquire(self, *, wait: float) -> bool:
        try:
            self._lock.acquire(timeout=wait)
        except Timeout:
            return False
        except OSError as error:
            raise StoreError(
                f"{self._lock.lock_file}: {error.strerror or error}; the store's folder must be writable"
            ) from error
        return True

    def release(self) -> None:
        self._lock.release()


def file_lock(path: Path) -> Lock:
    """The lock of the store in the file at `path`; taking it twice in one thread counts."""
    return _FileWriterLock(path)


@contextmanager
def held(lock: Lock, *, wait: float, busy: Callable[[], str]) -> Iterator[None]:
    """Hold the lock, waiting up to `wait` seconds. Raises StoreBusyError(busy()): someone else still holds it."""
    if not lock.acquire(wait=wait):
        raise StoreBusyError(busy())
    try:
        yield
    finally:
        lock.release()
