"""A store in a schema of a PostgreSQL database, through psycopg 3."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from detector.errors import MissingExtraError, StoreBusyError, StoreError
from detector.store.dialect import neighbours
from detector.store.dialect.orphans import orphans
from detector.store.lock import Lock
from detector.store.tables import metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONNECT_SECONDS = 10
"""How long a server may take to answer a new connection; `connect_timeout` in the address says otherwise."""
BUSY_SECONDS = 60.0
"""How long a change waits for another one's commit: the largest commit, what a run found, takes seconds."""
WRITER, COMMIT = 7_061_001, 7_061_002
"""Classes of the two advisory locks (any numbers will do): of the one writer, and of the one commit at a time."""
_SCHEMA_KEY: Final = "coalesce(hashtext(current_schema()), 0)"
"""Second half of a lock's key: stores in two schemas of one database do not wait for each other."""

_DEFAULTS: Final = {
    "application_name": "detector",
    "connect_timeout": str(CONNECT_SECONDS),
    # A holder whose machine vanished is found within a minute, on its side; _SESSION does the same on the server's.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_SESSION: Final = (
    "SET TIME ZONE 'UTC'",
    f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}",
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
    # A plan that fits any list of values is made for short ones, and a hundred times slower for long ones.
    "SET plan_cache_mode = force_custom_plan",
)

_REFUSED = (
    "the server refuses this user; check the name and the password (PGPASSWORD or ~/.pgpass keeps it out of sight)"
)
_UNREACHABLE = "the server cannot be reached; check host and port, and that it runs and may be reached from here"
_LOST = "the connection was lost; the step that was under way is undone, all before it is kept: run again"
_OPTION = "mend this option of the address; see docs/postgresql.md"
_BUSY = "another client is writing to it; try again when it has finished"

_BY_STATE: Final[dict[str, tuple[type[StoreError], str]]] = {
    "08": (StoreError, _LOST),
    "25006": (StoreError, "it only lets itself be read; give the address of the primary server"),
    "28": (StoreError, _REFUSED),
    "3D000": (StoreError, "the database does not exist; make it once with `createdb`"),
    "42501": (StoreError, "the user lacks rights; make it the owner of the schema: ALTER SCHEMA public OWNER TO USER"),
    "40": (StoreBusyError, _BUSY),
    "53100": (StoreError, "the server's disk is full; free some space and run again"),
    "53200": (StoreError, "the server is out of memory; run again"),
    "53300": (StoreBusyError, "the server has no free connection; try again later, or raise max_connections"),
    "55P03": (StoreBusyError, _BUSY),
    "57014": (StoreBusyError, "the server cut it short (statement_timeout); try again, or raise the limit"),
    "57P03": (StoreBusyError, "the server is starting or stopping; try again shortly"),
    "57P": (StoreError, _LOST),
    "58": (StoreError, "the server could not read or write a file; look at its log"),
    "XX": (StoreError, "it is damaged; restore a backup (pg_restore), or read the articles again into a new store"),
}
"""Advice by SQLSTATE, a class or one state; the longest that fits."""
_BY_TEXT: Final[dict[str, tuple[type[StoreError], str]]] = {
    "invalid connection option": (StoreError, _OPTION),
    "invalid integer value": (StoreError, _OPTION),
    "invalid sslmode": (StoreError, _OPTION),
    "authentication failed": (StoreError, _REFUSED),
    "no password supplied": (StoreError, _REFUSED),
    "pg_hba.conf": (StoreError, _REFUSED),
    "too many": _BY_STATE["53300"],
    "remaining connection slots": _BY_STATE["53300"],
    "database system is": _BY_STATE["57P03"],
    "permission denied": (StoreError, "the user lacks rights; let the database's owner grant them"),
    "role ": (StoreError, _REFUSED),
    "database ": _BY_STATE["3D000"],
    "server closed the connection": (StoreError, _LOST),
    "connection is closed": (StoreError, _LOST),
    "connection is lost": (StoreError, _LOST),
    "terminating connection": (StoreError, _LOST),
    "ssl": (StoreError, "no encrypted connection could be made; see sslmode in docs/postgresql.md"),
    "could not translate": (StoreError, _UNREACHABLE),
    "failed to resolve": (StoreError, _UNREACHABLE),
    "connection": (StoreError, _UNREACHABLE),
    "timeout": (StoreError, _UNREACHABLE),
    "nul ": (StoreError, "the server keeps no NUL characters; clean the text first"),
}
"""Advice by what is said, the first that fits: a failed connection has no SQLSTATE."""


class PostgresqlServer:
    """Database of the product PostgreSQL, at a URL."""

    def __init__(self, url: sa.URL) -> None:
        options = {**_DEFAULTS, **url.query}
        self._url = url.set(drivername="postgresql+psycopg", query=options)
        self.where = sa.URL.create(
            "postgresql", url.username, host=url.host, port=url.port, database=url.database
        ).render_as_string()

    @property
    def file(self) -> None:
        return None

    def require(self, *, read_only: bool) -> None:
        return None

    def connect(self, *, read_only: bool) -> sa.Engine:
        try:
            engine = sa.create_engine(self._url, pool_pre_ping=True, pool_timeout=BUSY_SECONDS)
        except ImportError as error:
            raise MissingExtraError(
                f"{self.where}: stores on a PostgreSQL server need psycopg ({error}); "
                'install it: pip install "claim-contradiction-detector[postgres]"'
            ) from error
        session = [*_SESSION, "SET default_transaction_read_only = on"] if read_only else _SESSION

        @sa.event.listens_for(engine, "connect")
        def configure(raw: Any, _: object) -> None:
            raw.autocommit = True
            for statement in session:
                raw.execute(statement)
            raw.autocommit = False

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            if connection.get_execution_options().get("writes", False):
                # One commit at a time, as in SQLite: what was read before a change still holds when it is made, and
                # rows numbered by the server become visible in the order of their numbers.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({COMMIT}, {_SCHEMA_KEY})")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

        return engine

    def lock(self, engine: sa.Engine) -> Lock:
        return AdvisoryLock(engine, explain=self.explained)

    def prepare(self, engine: sa.Engine) -> None:
        with engine.connect() as connection:
            encoding = connection.scalar(sa.text("SHOW server_encoding"))
            schema = connection.scalar(sa.text("SELECT current_schema()"))
        if encoding != "UTF8":
            raise StoreError(
                f"{self.where}: the database keeps text as {encoding}, expected UTF8; "
                "make another: createdb --encoding UTF8 --template template0 NAME"
            )
        if schema is None:
            raise StoreError(f"{self.where}: no schema of the search path exists; make it once: CREATE SCHEMA NAME")

    def finish(self, connection: sa.Connection) -> None:
        """Text is ordered by code points, as in SQLite and Python, whatever language the database speaks."""
        columns = sa.text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying')"
            " AND collation_name IS DISTINCT FROM 'C' AND table_name = ANY(:names)"
        )
        quote = connection.dialect.identifier_preparer.quote
        for table, column, kind in connection.execute(columns, {"names": list(metadata.tables)}).all():
            connection.exec_driver_sql(
                f'ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} TYPE {kind} COLLATE "C"'
            )

    def bytes_used(self, connection: sa.Connection) -> int:
        sizes = sa.text(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class"
            " WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relname = ANY(:names)"
        )
        return int(connection.scalar(sizes, {"names": [*metadata.tables, neighbours.TABLE]}) or 0)

    def self_check(self, connection: sa.Connection) -> list[str]:
        """Page checksums that failed, indexes not usable, rows without their parent. The server's own check is deeper."""
        failures = connection.scalar(
            sa.text("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
        )
        unusable = connection.scalars(
            sa.text(
                "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid"
                " AND relnamespace = to_regnamespace(quote_ident(current_schema())) ORDER BY relname"
            )
        )
        problems = [f"{failures} pages of the database failed their checksum"] if failures else []
        problems += [f"index {name}: not usable; REINDEX it" for name in unusable]
        return problems + orphans(connection, metadata.sorted_tables)

    def explained(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        cause = getattr(error, "orig", None) or error
        said = " ".join(str(cause).split())
        if self._url.password:
            said = said.replace(str(self._url.password), "***")
        state = str(getattr(cause, "sqlstate", None) or "")
        for length in (5, 3, 2):
            if found := _BY_STATE.get(state[:length]):
                return found[0](f"{self.where}: {said}: {found[1]}")
        for sign, (kind, advice) in _BY_TEXT.items() if not state else ():
            if sign in said.lower():
                return kind(f"{self.where}: {said}: {advice}")
        return StoreError(f"{self.where}: {said}; check the store with `detector doctor`")

    def upkeep(self, engine: sa.Engine) -> None:
        with engine.connect() as connection:
            to_do = neighbours.may_be_made(connection)
        if to_do:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                if neighbours.may_be_made(connection):  # another process may have done it meanwhile
                    neighbours.make(connection)

    def keep_neighbours(self, connection: sa.Connection, encoder_id: str, text_hashes: Sequence[str]) -> None:
        neighbours.keep(connection, encoder_id, text_hashes)

    def nearby(
        self, connection: sa.Connection, encoder_id: str, vector: NDArray[np.float32], floor: float
    ) -> list[str] | None:
        return neighbours.nearby(connection, encoder_id, vector, floor)


class AdvisoryLock:
    """A lock of the server on a connection of its own: freed with it, however its holder ends."""

    def __init__(self, engine: sa.Engine, *, explain: Any) -> None:
        self._engine = engine
        self._explain = explain
        self._held = threading.local()

    @property
    def is_held(self) -> bool:
        return getattr(self._held, "times", 0) > 0

    def acquire(self, *, wait: float) -> bool:
        if not self.is_held:
            raw = self._ask(wait)
            if raw is None:
                return False
            self._held.connection = raw
        self._held.times = getattr(self._held, "times", 0) + 1
        return True

    def release(self) -> None:
        self._held.times -= 1
        if self._held.times == 0:
            self._held.connection.close()

    def _ask(self, wait: float) -> Any:
        """A connection that holds the lock, None where it was not to be had in time."""
        from psycopg import Error
        from psycopg.errors import LockNotAvailable

        key = f"{WRITER}, {_SCHEMA_KEY}"
        try:
            raw = self._own_connection()
        except sa.exc.SQLAlchemyError as error:
            raise self._explain(error) from error
        try:
            (got,) = raw.execute(f"SELECT pg_try_advisory_lock({key})").fetchone()
            if not got and wait > 0:
                raw.execute(f"SET lock_timeout = {max(1, int(wait * 1000))}")
                raw.execute(f"SELECT pg_advisory_lock({key})")
                got = True
        except LockNotAvailable:
            got = False
        except Error as error:
            raw.close()
            raise self._explain(sa.exc.DBAPIError("", None, error)) from error
        except BaseException:
            raw.close()
            raise
        if not got:
            raw.close()
        return raw if got else None

    def _own_connection(self) -> Any:
        """Outside of the pool, so that nobody else is ever given it."""
        pooled = self._engine.raw_connection()
        raw: Any = pooled.dbapi_connection
        pooled.detach()
        raw.autocommit = True
        return raw
