"""The one place that knows a database product: connecting, ignoring known rows, self-checks and error texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from detector.errors import StoreBusyError, StoreError

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


def connect(path: Path, *, read_only: bool) -> sa.Engine:
    """Engine for an SQLite file (an absolute path). Read-only connections cannot write, whatever is asked of them."""

    def open_connection() -> Any:
        import sqlite3

        address = f"{path.as_uri()}?mode={_mode(path) if read_only else 'rwc'}"
        raw = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            raw.execute("PRAGMA synchronous=NORMAL")
            raw.execute("PRAGMA foreign_keys=ON")
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


def _mode(path: Path) -> str:
    """How to open for reading. WAL needs a file beside the store; where none can be made and no writer has made one,
    the store is at rest and may be read as it is."""
    at_rest = not path.with_name(f"{path.name}-wal").exists() and not os.access(path.parent, os.W_OK)
    return "ro&immutable=1" if at_rest else "ro"


def prepare(engine: sa.Engine) -> None:
    """Let readers read while a writer writes. Changes the file: only for what is known to be a store, or empty."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def insert_unknown(table: sa.Table) -> sqlite.Insert:
    """An INSERT that leaves rows alone whose key is already there."""
    return sqlite.insert(table).on_conflict_do_nothing()


def self_check(connection: sa.Connection) -> list[str]:
    """What the database itself finds wrong with its file."""
    damage = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check") if row[0] != "ok"]
    orphans = [
        f"table {table}: row {row} names a {parent} row that does not exist"
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return damage + orphans


def explained(error: sa.exc.SQLAlchemyError, where: str) -> StoreError:
    """The store error for what the database said, in one line."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    for sign, (kind, advice) in _ADVICE.items():
        if sign in said.lower():
            return kind(f"{where}: {said}: {advice}")
    return StoreError(f"{where}: {said}; check the store with `detector doctor`")
