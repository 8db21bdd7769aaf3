"""The one place that knows database products: what each must do, and which one an address names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from detector.errors import StoreError
from detector.store.dialect.sqlite import SqliteFile, explained
from detector.store.lock import Lock
from detector.store.tables import checked_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Database", "database_at", "explained", "insert_unknown", "one_of"]

EXPECTED = "expected a file, sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class Database(Protocol):
    """What the store asks of a database product."""

    @property
    def where(self) -> str:
        """Its address as people may see it: without a password."""

    @property
    def file(self) -> Path | None:
        """The file it is kept in, None on a server."""

    def require(self, *, read_only: bool) -> None:
        """Raises StoreError: there can be no store at this address, or there is none to read."""

    def connect(self, *, read_only: bool) -> sa.Engine:
        """An engine whose transactions read one snapshot and, with the execution option `writes`, come one by one.

        Read-only connections cannot write, whatever is asked of them. Raises MissingExtraError.
        """

    def lock(self, engine: sa.Engine) -> Lock:
        """The lock of the one writer, freed when its holder dies; counted for each thread on its own."""

    def prepare(self, engine: sa.Engine) -> None:
        """Make an empty database, or an old store, fit for its tables. Under the lock."""

    def finish(self, connection: sa.Connection) -> None:
        """What is to be done in the transaction of a migration, after it."""

    def bytes_used(self, connection: sa.Connection) -> int:
        """How much room the store takes on disk."""

    def self_check(self, connection: sa.Connection) -> list[str]:
        """What the database itself finds wrong, one line each."""

    def explained(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        """The store error for what the database said, in one line with advice."""

    def upkeep(self, engine: sa.Engine) -> None:
        """Use what the database has learned since the store was made. For each opening that may write."""

    def keep_neighbours(self, connection: sa.Connection, encoder_id: str, text_hashes: Sequence[str]) -> None:
        """Keep vectors just added also in the form in which the database compares them, where it can."""

    def nearby(
        self, connection: sa.Connection, encoder_id: str, vector: NDArray[np.float32], floor: float
    ) -> list[str] | None:
        """Text hashes among which all vectors are whose product with this one is `floor` or more; None: cannot tell."""


def database_at(target: str | Path) -> Database:
    """The database that a path or address names. Raises StoreError: no address of a product we keep."""
    if isinstance(target, Path) or "://" not in target:
        return SqliteFile.at(Path(target).expanduser())
    scheme = target.partition("://")[0]
    try:
        url = sa.make_url(target)
    except (sa.exc.ArgumentError, ValueError):
        # Neither the address nor the cause is shown: either may hold a password.
        raise StoreError(f"{scheme}://…: not a store address; {EXPECTED}") from None
    if url.get_backend_name() in ("postgresql", "postgres"):
        from detector.store.dialect.postgresql import PostgresqlServer  # a store in a file spares its start

        return PostgresqlServer(url)
    if url.get_backend_name() != "sqlite":
        raise StoreError(f"{url.get_backend_name()}: stores of this kind are not read; {EXPECTED}")
    if not url.database or url.database == ":memory:":
        raise StoreError(f"{scheme}://: a store in memory would be lost; {EXPECTED}")
    return SqliteFile.at(Path(url.database))


class _Values(sa.types.TypeDecorator[Sequence[str]]):
    """Many values as one parameter: hundreds of parameters cost more than the query that they are for."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(sa.String())
        from sqlalchemy.dialects.postgresql import ARRAY

        return dialect.type_descriptor(ARRAY(sa.String))

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> Any:
        values = [checked_key(one) for one in value or ()]
        return values if dialect.name == "postgresql" else json.dumps(values)


class _OneOf(FunctionElement[bool]):
    inherit_cache = True
    type = sa.Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self  # else SQLite is asked whether it equals 1, and uses no index


def one_of(column: sa.ColumnElement[str], values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of the values."""
    return _OneOf(column, sa.literal(list(values), _Values()))


@compiles(_OneOf)
def _listed(element: _OneOf, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_OneOf, "postgresql")
def _in_array(element: _OneOf, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({values})"


class _InsertUnknown(sa.Insert):
    inherit_cache = True


def insert_unknown(table: sa.Table) -> sa.Insert:
    """An INSERT that leaves rows alone whose key is already there."""
    return _InsertUnknown(table).inline()


@compiles(_InsertUnknown)
def _compiled(insert: _InsertUnknown, compiler: Any, **options: Any) -> str:
    # Both products say it in these words; each dialect's own Insert class would have to know the connection first.
    return f"{compiler.visit_insert(insert, **options)} ON CONFLICT DO NOTHING"
