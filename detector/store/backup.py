"""Copies of a store's file: a backup taken while others write, and putting one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from detector.errors import InputError, StoreBusyError, StoreError
from detector.store.dialect import database_at, explained
from detector.store.lock import file_lock, held
from detector.store.tables import REVISIONS, VERSION_TABLE

QUIET_SECONDS = 2.0
"""How long a restore waits for a run, or for another program that has the store open."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was proven sound; `rows` counts each table, `kept` is where a replaced store is now.

    `reviews_behind` counts the reviews that only the replaced store has, None where that cannot be read.
    """

    path: Path
    bytes: int
    rows: dict[str, int]
    kept: Path | None = None
    reviews_behind: int | None = 0


def back_up(store: str | Path, target: Path, *, force: bool = False) -> Copied:
    """Copy a store to `target` as it is at this moment, also while a run writes; the copy is read back before it counts.

    Raises InputError: `target` exists (without `force`) or is the store itself. StoreError: the store is damaged or no
    store, or the copy cannot be written.
    """
    source = file_of(store)
    if target.exists() and not force:
        raise InputError(f"{target}: exists already; name another file, or give --force to replace it")
    if target.is_dir() or (target.exists() and target.samefile(source)):
        raise InputError(f"{target}: a folder or the store itself; name another file")
    with _partial_beside(target) as partial:
        with _told(source), closing(_reading(source)) as kept:
            _require_store(kept, source)
            kept.execute("BEGIN")
            rows = _row_counts(kept)
            with _told(target), closing(sqlite3.connect(partial)) as copy:
                kept.backup(copy)
            kept.execute("ROLLBACK")
        if (found := inspected(partial)) != rows:
            raise StoreError(f"{target}: the copy holds {found}, expected {rows}; check the disk and try again")
        partial.chmod(source.stat().st_mode & 0o777)
        _replace(partial, target)
    return Copied(target, target.stat().st_size, rows)


def restore(backup: Path, store: str | Path, *, now: datetime) -> Copied:
    """Put a backup in the place of a store; what is there now is kept beside it under a name with the time.

    Raises StoreError: the backup is damaged or no store. StoreBusyError: somebody works with the store.
    """
    target = file_of(store, must_exist=False)
    if not backup.is_file():
        raise InputError(f"{backup}: no such file; expected a backup made by `detector backup`")
    if target.exists() and target.samefile(backup):
        raise InputError(f"{backup}: this is the store itself; expected a backup made by `detector backup`")
    rows = inspected(backup)
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    busy = f"{target}: in use by another process; wait until it has finished, or stop `detector watch`"
    with held(file_lock(target), wait=QUIET_SECONDS, busy=lambda: busy), _partial_beside(target) as partial:
        with _told(target), closing(_reading(backup, at_rest=True)) as kept, closing(sqlite3.connect(partial)) as copy:
            kept.backup(copy)
        with _told(target), closing(sqlite3.connect(partial)) as copy:
            copy.execute("PRAGMA journal_mode=WAL")
        if inspected(partial) != rows:
            raise StoreError(f"{target}: the copy differs from {backup}; check the disk and try again")
        partial.chmod((target if target.exists() else backup).stat().st_mode & 0o777)
        before = _set_aside(target, now) if target.exists() else None
        _replace(partial, target)
    return Copied(target, target.stat().st_size, rows, before, _reviews_behind(before, backup) if before else 0)


def inspected(path: Path) -> dict[str, int]:
    """Rows of each table of a store's file that nobody writes to.

    Raises StoreError: damaged, of another program, or made by a newer one.
    """
    with _told(path), closing(_reading(path, at_rest=True)) as raw:
        _require_store(raw, path)
        wrong = [str(row[0]) for row in raw.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
        wrong += [f"a row of {row[0]} names what does not exist" for row in raw.execute("PRAGMA foreign_key_check")]
        if wrong:
            said = " ".join("; ".join(wrong[:3]).split())
            raise StoreError(f"{path}: damaged ({said}); take another backup, or `detector restore --salvage` this one")
        return _row_counts(raw)


def file_of(store: str | Path, *, must_exist: bool = True) -> Path:
    """The file of a store. Raises InputError: it is kept by a server. StoreError: there is none."""
    path = database_at(store).file
    if path is None:
        raise InputError("a store on a server is copied with the server's own tools: pg_dump and pg_restore")
    if must_exist and not path.is_file():
        raise StoreError(f"{path}: there is no store; give its file with --store")
    return path


def _reviews_behind(before: Path, now: Path) -> int | None:
    try:
        with _told(before), closing(_reading(before, at_rest=True)) as raw:
            older = {row[0] for row in raw.execute("SELECT review_id FROM reviews")}
        with _told(now), closing(_reading(now, at_rest=True)) as raw:
            return len(older - {row[0] for row in raw.execute("SELECT review_id FROM reviews")})
    except StoreError:  # damaged, or of a form before there were reviews
        return None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Database and system errors as one line that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(sa.exc.DBAPIError("", None, error), str(path)) from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; name a place that can be written to") from error


def _reading(path: Path, *, at_rest: bool = False) -> sqlite3.Connection:
    """A connection that only reads; of a file `at_rest`, without leaving files beside it."""
    logged = path.with_name(f"{path.name}-wal").exists()
    still = not logged and (at_rest or not os.access(path.parent, os.W_OK))
    raw = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}", uri=True)
    raw.isolation_level = None
    return raw


def _require_store(raw: sqlite3.Connection, path: Path) -> None:
    tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if VERSION_TABLE not in tables:
        found = "a database of another program" if tables else "an empty database"
        raise StoreError(f"{path}: {found}, not a detector store; expected a store or a backup of one")
    version = raw.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    if version is None or version[0] not in REVISIONS:
        raise StoreError(f"{path}: made by a newer detector; update the program first")


def _row_counts(raw: sqlite3.Connection) -> dict[str, int]:
    """Rows by table, in the order of the names; of any form of the store that was ever made."""
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")
    names = [row[0] for row in tables if row[0] not in (VERSION_TABLE, "writers")]
    return {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


@contextmanager
def _partial_beside(target: Path) -> Iterator[Path]:
    """A file in the target's folder that is gone afterwards, unless it was given the target's name."""
    with _told(target):
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(descriptor)
    partial = Path(name)
    try:
        yield partial
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            partial.with_name(partial.name + ending).unlink(missing_ok=True)


def _replace(partial: Path, target: Path) -> None:
    """Give the file its name at once, and only when all of it is on the disk."""
    with _told(target):
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(target)
        if os.name == "posix":
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _set_aside(store: Path, now: datetime) -> Path:
    """Give the store's file a second name, with all that was written; the first stays until it is replaced."""
    _close_for_others(store)
    before = store.with_name(f"{store.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    number = 1
    while before.exists():
        number += 1
        before = store.with_name(f"{store.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number}")
    with _told(store):
        try:
            os.link(store, before)
        except OSError:  # a file system without links
            shutil.copy2(store, before)
        for ending in ("-wal", "-shm"):
            beside = store.with_name(store.name + ending)
            if beside.exists():  # a damaged store that could not take them in
                beside.rename(before.with_name(before.name + ending))
    return before


def _close_for_others(store: Path) -> None:
    """Take what was written last into the file itself, which works only while nobody else has it open.

    Raises StoreBusyError: somebody has. A damaged store is left as it is.
    """
    with closing(sqlite3.connect(store, timeout=QUIET_SECONDS, isolation_level=None)) as raw:
        try:
            raw.execute("PRAGMA journal_mode=DELETE")
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreBusyError(
                    f"{store}: open in another program; stop `detector watch` and `detector review` first"
                ) from error
        except sqlite3.DatabaseError:
            return
