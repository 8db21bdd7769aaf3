"""One writer at a time across processes: a lock file beside the store, freed by the system when its holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from detector.errors import StoreBusyError, StoreError

MIGRATION_SECONDS = 30.0
"""How long a second process waits while a first one prepares the same store: longer than any migration here takes."""


def file_lock(path: Path) -> FileLock:
    """The lock of the store at `path`; taking it twice in one thread counts."""
    return FileLock(f"{path}.lock")


@contextmanager
def held(lock: FileLock, *, wait: float, busy: Callable[[], str]) -> Iterator[None]:
    """Hold the lock, waiting up to `wait` seconds.

    Raises StoreBusyError(busy()): someone else still holds it. StoreError: the lock file cannot be made.
    """
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise StoreBusyError(busy()) from error
    except OSError as error:
        raise StoreError(f"{lock.lock_file}: {error.strerror or error}; the store's folder must be writable") from error
    try:
        yield
    finally:
        lock.release()
