"""Verbs of which articles, in which revision, each run was the first to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from detector.records import Article
from detector.store import tables as t
from detector.store.rows import from_json

_CHUNK = 900
"""Values in one IN list: databases allow 999 or more."""


def record_arrivals(connection: sa.Connection, run_id: str) -> None:
    """Note every revision that no earlier run has seen as first seen by this one."""
    number = connection.scalar(sa.select(t.runs.c.number).filter_by(run_id=run_id))
    same = sa.and_(t.arrivals.c.article_id == t.articles.c.article_id, t.arrivals.c.revision == t.articles.c.revision)
    unseen = (
        sa.select(t.articles.c.article_id, t.articles.c.revision, sa.literal(number, sa.Integer))
        .outerjoin(t.arrivals, same)
        .where(t.arrivals.c.article_id.is_(None))
    )
    connection.execute(sa.insert(t.arrivals).from_select(["article_id", "revision", "run_number"], unseen))


class Arrivals:
    """What a run had read. Runs made before this was kept have read nothing that is known."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._transaction = transaction

    def revisions(self, run_id: str) -> dict[str, int]:
        """The latest revision of each article that the run or one before it saw, by article id."""
        number = sa.select(t.runs.c.number).filter_by(run_id=run_id).scalar_subquery()
        query = (
            sa.select(t.arrivals.c.article_id, sa.func.max(t.arrivals.c.revision).label("revision"))
            .where(t.arrivals.c.run_number <= number)
            .group_by(t.arrivals.c.article_id)
            .order_by(t.arrivals.c.article_id)
        )
        with self._transaction() as connection:
            return {row.article_id: row.revision for row in connection.execute(query)}

    def articles(self, keys: Iterable[tuple[str, int]]) -> list[Article]:
        """The articles of these ids and revisions that are kept, by id and revision."""
        wanted = sorted(set(keys))
        found: list[Article] = []
        with self._transaction() as connection:
            for start in range(0, len(wanted), _CHUNK):
                ids = sorted({article_id for article_id, _ in wanted[start : start + _CHUNK]})
                query = sa.select(t.articles.c.record).where(t.articles.c.article_id.in_(ids))
                found += from_json(Article, list(connection.scalars(query)))
        by_key = {(article.article_id, article.revision): article for article in found}
        return [by_key[key] for key in wanted if key in by_key]
