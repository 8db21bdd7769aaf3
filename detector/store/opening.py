"""Opening a store: from a path or URL to a Store whose tables are those of this program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from detector.errors import StoreError
from detector.store.dialect import connect, explained, prepare
from detector.store.lock import MIGRATION_SECONDS, file_lock, held
from detector.store.store import Store
from detector.store.tables import REVISIONS, VERSION_TABLE

_HEAD: Final = REVISIONS[-1]
_EMPTY: Final = ""


def open_store(target: str | Path, *, read_only: bool = False) -> Store:
    """The store at a path or SQLAlchemy URL, brought up to date; made when there is none, unless `read_only`.

    A read-only store never writes and works while a run is writing.
    Raises StoreError: not a store, made by a newer program, damaged, or its folder cannot be used.
    """
    path = _path_of(target)
    try:
        path = path.resolve()  # links to one store share its lock
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{path}: cannot be reached ({error}); check the permissions of its folder") from error
    if is_folder:
        raise StoreError(f"{path}: a folder; a store is a file, for example {path / 'detector.db'}")
    if read_only and not exists:
        raise StoreError(f"{path}: there is no store; make one with `detector run`, or give another --store")
    engine = connect(path, read_only=read_only)
    try:
        _bring_up_to_date(engine, path, read_only=read_only)
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise explained(error, str(path)) from error
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, path=path, read_only=read_only)


def _path_of(target: str | Path) -> Path:
    if isinstance(target, Path) or "://" not in target:
        return Path(target).expanduser()
    try:
        url = sa.make_url(target)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"{target}: not a store address; expected a file or sqlite:///FILE") from error
    if url.get_backend_name() != "sqlite":
        raise StoreError(
            f"{url.get_backend_name()}: stores of this kind are not read; expected a file or sqlite:///FILE"
        )
    if not url.database or url.database == ":memory:":
        raise StoreError(f"{target}: a store in memory would be lost; expected a file or sqlite:///FILE")
    return Path(url.database)


def _bring_up_to_date(engine: sa.Engine, path: Path, *, read_only: bool) -> None:
    version = _version(engine, path)
    if version == _HEAD:
        return
    if read_only:
        form = f"of an older form ({version})" if version else "empty"
        raise StoreError(f"{path}: the store is {form}; bring it up to date once with `detector run`")
    busy = f"{path}: another process is preparing the store; try again"
    with held(file_lock(path), wait=MIGRATION_SECONDS, busy=lambda: busy):
        if _version(engine, path) != _HEAD:  # another process may have done it meanwhile
            prepare(engine)
            _migrate(engine)


def _version(engine: sa.Engine, path: Path) -> str:
    """The store's revision, empty for an empty database. Cheap: Alembic is not imported.

    Raises StoreError: another program's database, or a revision this program does not know.
    """
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if not tables:
            return _EMPTY
        if VERSION_TABLE not in tables:
            raise StoreError(f"{path}: a database of another program, not a detector store; give another --store")
        version = connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))
    if version is not None and version not in REVISIONS:
        raise StoreError(
            f"{path}: made by a newer detector (form {version}, this one knows up to {_HEAD}); "
            "update the program, or give another --store"
        )
    return str(version or _EMPTY)


def _migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction: a killed upgrade leaves the store as it was."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
