"""Rows that name a row which does not exist: for products that do not look for them on their own."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa


def orphans(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[str]:
    """Rows that name a row which does not exist, by table."""
    found = []
    for table in tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            parent = key.referred_table.alias()
            same = sa.and_(*(element.parent == parent.c[element.column.name] for element in key.elements))
            rows = sa.select(sa.func.count()).select_from(table).where(~sa.exists().where(same))
            if count := connection.scalar(rows):
                found.append(f"table {table.name}: {count} name a {key.referred_table.name} row that does not exist")
    return found
