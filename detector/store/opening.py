"""Opening a store: from a path or URL to a Store whose tables are those of this program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from detector.errors import StoreError
from detector.store.dialect import Database, database_at
from detector.store.lock import MIGRATION_SECONDS, held
from detector.store.store import Store
from detector.store.tables import REVISIONS, VERSION_TABLE

_HEAD: Final = REVISIONS[-1]
_EMPTY: Final = ""


def open_store(target: str | Path, *, read_only: bool = False) -> Store:
    """The store at a path or URL (SQLite, PostgreSQL), brought up to date; made when there is none, unless `read_only`.

    A read-only store never writes and works while a run is writing.
    Raises StoreError: not a store, made by a newer program, damaged, or its folder or server cannot be used.
    MissingExtraError: the package for its server is not installed.
    """
    database = database_at(target)
    database.require(read_only=read_only)
    engine = database.connect(read_only=read_only)
    try:
        _bring_up_to_date(engine, database, read_only=read_only)
        if not read_only:
            database.upkeep(engine)
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise database.explained(error) from error
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, database=database, read_only=read_only)


def _bring_up_to_date(engine: sa.Engine, database: Database, *, read_only: bool) -> None:
    version = _version(engine, database)
    if version == _HEAD:
        return
    if read_only:
        form = f"of an older form ({version})" if version else "empty"
        raise StoreError(f"{database.where}: the store is {form}; bring it up to date once with `detector run`")
    busy = f"{database.where}: another process is preparing the store; try again"
    with held(database.lock(engine), wait=MIGRATION_SECONDS, busy=lambda: busy):
        if _version(engine, database) != _HEAD:  # another process may have done it meanwhile
            database.prepare(engine)
            _migrate(engine, database)


def _version(engine: sa.Engine, database: Database) -> str:
    """The store's revision, empty for an empty database. Cheap: Alembic is not imported.

    Raises StoreError: another program's database, or a revision this program does not know.
    """
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if not tables:
            return _EMPTY
        if VERSION_TABLE not in tables:
            raise StoreError(
                f"{database.where}: a database of another program, not a detector store; give another --store"
            )
        version = connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))
    if version is not None and version not in REVISIONS:
        raise StoreError(
            f"{database.where}: made by a newer detector (form {version}, this one knows up to {_HEAD}); "
            "update the program, or give another --store"
        )
    return str(version or _EMPTY)


def _migrate(engine: sa.Engine, database: Database, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction: a killed upgrade leaves the store as it was."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        database.finish(connection)
