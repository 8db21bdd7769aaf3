"""Vectors once more, as the extension pgvector compares them, where a database has it.

The extension narrows the vectors down by comparing every one of them (no approximate index); what the program goes by are
the bytes in `vectors`, compared by the program. So an answer is the same with the extension and without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from detector.store import tables as t

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TABLE: Final = "neighbours"
MARGIN: Final = 1e-3
"""How far below the floor the server looks: it adds in single precision, which is a thousand times more exact."""
BATCH: Final = 1_000
"""Vectors copied at once."""

_MADE: Final = sa.text(
    "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(:name) AND attname = 'embedding' AND NOT attisdropped"
)
_MAY_BE_MADE: Final = sa.text(
    "SELECT to_regtype('vector') IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE')"
)
_MAKE: Final = (
    f"DROP TABLE IF EXISTS {TABLE}",  # dropping the extension took the column and left the table
    f"CREATE TABLE {TABLE} (encoder_id varchar, text_hash varchar, embedding vector NOT NULL,"
    " PRIMARY KEY (encoder_id, text_hash),"
    " FOREIGN KEY (encoder_id, text_hash) REFERENCES vectors ON DELETE CASCADE)",
)
_KEEP: Final = sa.text(
    f"INSERT INTO {TABLE} VALUES (:encoder_id, :text_hash, CAST(:embedding AS vector)) ON CONFLICT DO NOTHING"
)
_NEARBY: Final = sa.text(
    f"SELECT v.text_hash FROM vectors v LEFT JOIN {TABLE} n USING (encoder_id, text_hash) WHERE v.encoder_id = :encoder_id"
    " AND CASE WHEN n.text_hash IS NULL OR vector_dims(n.embedding) <> :dimensions THEN true"
    " ELSE n.embedding <#> CAST(:embedding AS vector) <= :highest END"
)
"""The operator <#> is the negative product. What has no copy, or another length, is for the program to look at."""


def is_made(connection: sa.Connection) -> bool:
    return connection.scalar(_MADE, {"name": TABLE}) is not None


def may_be_made(connection: sa.Connection) -> bool:
    """Whether the database has the extension (its owner says `CREATE EXTENSION vector` once) and there is no table yet."""
    return not is_made(connection) and bool(connection.scalar(_MAY_BE_MADE))


def make(connection: sa.Connection) -> None:
    """Make the table with all vectors there are."""
    for statement in _MAKE:
        connection.exec_driver_sql(statement)
    query = sa.select(t.vectors.c.encoder_id, t.vectors.c.text_hash, t.vectors.c.vector)
    for rows in connection.execute(query, execution_options={"yield_per": BATCH}).partitions():
        _copy(connection, rows)


def keep(connection: sa.Connection, encoder_id: str, text_hashes: Sequence[str]) -> None:
    """Copy the vectors of these texts, where the table is made."""
    if not is_made(connection):
        return
    query = sa.select(t.vectors.c.encoder_id, t.vectors.c.text_hash, t.vectors.c.vector).filter_by(
        encoder_id=encoder_id
    )
    for start in range(0, len(text_hashes), BATCH):
        chunk = text_hashes[start : start + BATCH]
        _copy(connection, connection.execute(query.where(t.vectors.c.text_hash.in_(chunk))))


def nearby(connection: sa.Connection, encoder_id: str, vector: NDArray[np.float32], floor: float) -> list[str] | None:
    if not is_made(connection):
        return None
    wanted = {
        "encoder_id": encoder_id,
        "dimensions": len(vector),
        "embedding": _literal(vector),
        "highest": MARGIN - floor,
    }
    return list(connection.scalars(_NEARBY, wanted))


def _copy(connection: sa.Connection, rows: Any) -> None:
    import numpy as np

    copies = [
        {
            "encoder_id": row.encoder_id,
            "text_hash": row.text_hash,
            "embedding": _literal(np.frombuffer(row.vector, dtype="<f4")),
        }
        for row in rows
    ]
    if copies:
        connection.execute(_KEEP, copies)


def _literal(vector: NDArray[np.float32]) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"
