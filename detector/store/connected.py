"""What every verb of the store stands on: a transaction, and errors as one line that says where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from detector.errors import DetectorError, InputError, StoreError
from detector.store.dialect import Database

_CHUNK = 900
"""Values in one IN list: databases allow 999 or more."""

_Value = TypeVar("_Value")


def chunks(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """The values in parts that one query may list."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


class Connected:
    """A database that is open."""

    def __init__(self, engine: sa.Engine, *, database: Database, read_only: bool) -> None:
        self.where = database.where
        self.read_only = read_only
        self._engine = engine
        self._database = database

    @property
    def path(self) -> Path:
        """The file it is kept in. Raises InputError: it is kept by a server."""
        if self._database.file is None:
            raise InputError(f"{self.where}: kept by a server, not in a file; use the server's own tools (pg_dump)")
        return self._database.file

    def bytes_used(self) -> int:
        """Room on disk."""
        with self._transaction() as connection:
            return self._database.bytes_used(connection)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        if writes and self.read_only:
            raise StoreError(f"{self.where}: opened for reading only; open it for writing to change it")
        try:
            with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
                yield connection
        except sa.exc.SQLAlchemyError as error:
            if isinstance(refused := getattr(error, "orig", None), DetectorError):
                raise refused from error
            raise self._database.explained(error) from error

    def _texts(self, query: sa.Select[Any]) -> list[str]:
        with self._transaction() as connection:
            return list(connection.scalars(query))
