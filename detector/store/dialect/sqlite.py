"""A store in one SQLite file, with a lock file beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from detector.errors import StoreBusyError, StoreError
from detector.store.lock import Lock, file_lock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUSY_SECONDS = 10.0
"""How long one statement waits for another writer's commit: commits here take milliseconds, a copy tool some seconds."""

_ADVICE = {
    "database is locked": (StoreBusyError, "another program is writing to it; try again when it has finished"),
    "not a database": (StoreError, "it is not a detector store; give another --store"),
    "malformed": (StoreError, "it is damaged; restore a copy, or read the articles again into a new store"),
    "readonly database": (StoreError, "it cannot be written; check the permissions of the file and its folder"),
    "unable to open": (StoreError, "check that its folder exists and may be written"),
    "disk is full": (StoreError, "the disk is full; free some space and run again"),
    "disk i/o error": (StoreError, "the disk reported an error; check the disk and restore a copy of the store"),
}


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """Database of the product SQLite, at an absolute path."""

    file: Path

    @classmethod
    def at(cls, path: Path) -> SqliteFile:
        try:
            return cls(path.resolve())  # links to one store share its lock
        except (OSError, RuntimeError) as error:
            raise _unreachable(path, error) from error

    @property
    def where(self) -> str:
        return str(self.file)

    def require(self, *, read_only: bool) -> None:
        path = self.file
        try:
            is_folder, exists = path.is_dir(), path.exists()
        except OSError as error:
            raise _unreachable(path, error) from error
        if is_folder:
            raise StoreError(f"{path}: a folder; a store is a file, for example {path / 'detector.db'}")
        if read_only and not exists:
            raise StoreError(f"{path}: there is no store; make one with `detector run`, or give another --store")

    def connect(self, *, read_only: bool) -> sa.Engine:
        path = self.file

        def open_connection() -> Any:
            import sqlite3

            address = f"{path.as_uri()}?mode={_mode(path) if read_only else 'rwc'}"
            raw = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                raw.execute("PRAGMA synchronous=NORMAL")
                raw.execute("PRAGMA foreign_keys=ON")
            except UnicodeDecodeError as error:  # the database quotes its damaged schema
                raw.close()
                raise sqlite3.DatabaseError("database schema is malformed") from error
            except BaseException:
                raw.close()
                raise
            return raw

        engine = sa.create_engine("sqlite://", creator=open_connection, poolclass=sa.QueuePool)

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            # IMMEDIATE takes the write lock at once: a transaction that reads first cannot then fail to write.
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def lock(self, engine: sa.Engine) -> Lock:
        return file_lock(self.file)

    def prepare(self, engine: sa.Engine) -> None:
        # Readers read while a writer writes. Changes the file: only for what is known to be a store, or empty.
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
        finally:
            raw.close()

    def finish(self, connection: sa.Connection) -> None:
        return None

    def bytes_used(self, connection: sa.Connection) -> int:
        log = self.file.with_name(f"{self.file.name}-wal")
        return self.file.stat().st_size + (log.stat().st_size if log.exists() else 0)

    def self_check(self, connection: sa.Connection) -> list[str]:
        said = (" ".join(str(row[0]).split()) for row in connection.exec_driver_sql("PRAGMA quick_check"))
        damage = [line for line in said if line != "ok"]
        orphaned = [
            f"table {table}: row {row} names a {parent} row that does not exist"
            for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
        return damage + orphaned

    def explained(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        return explained(error, self.where)

    def upkeep(self, engine: sa.Engine) -> None:
        return None

    def keep_neighbours(self, connection: sa.Connection, encoder_id: str, text_hashes: Sequence[str]) -> None:
        return None

    def nearby(
        self, connection: sa.Connection, encoder_id: str, vector: NDArray[np.float32], floor: float
    ) -> list[str] | None:
        return None


def explained(error: sa.exc.SQLAlchemyError, where: str) -> StoreError:
    """The store error for what SQLite said, in one line."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    for sign, (kind, advice) in _ADVICE.items():
        if sign in said.lower():
            return kind(f"{where}: {said}: {advice}")
    return StoreError(f"{where}: {said}; check the store with `detector doctor`")


def _unreachable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path}: cannot be reached ({error}); check the permissions of its folder")


def _mode(path: Path) -> str:
    """How to open for reading. WAL needs a file beside the store; where none can be made and no writer has made one,
    the store is at rest and may be read as it is."""
    at_rest = not path.with_name(f"{path.name}-wal").exists() and not os.access(path.parent, os.W_OK)
    return "ro&immutable=1" if at_rest else "ro"
