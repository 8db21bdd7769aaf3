"""Verbs of what lies behind: which run came before, and which articles, in which revision, each was the first to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from detector.records import Article, Run
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
    """The runs that succeeded and what each had read. Of runs made before this was kept nothing is known to be read."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._transaction = transaction

    def runs(self, *, starting: str = "", skip: int = 0, limit: int = 2) -> list[Run]:
        """Runs that succeeded, newest first; those whose id begins with `starting`, without the `skip` newest."""
        query = sa.select(t.runs.c.record).where(
            t.runs.c.status == "succeeded", t.runs.c.run_id.startswith(starting, autoescape=True)
        )
        return self._runs(query.order_by(t.runs.c.number.desc()).offset(skip).limit(limit))

    def run_before(self, run_id: str) -> Run | None:
        """The newest run that had succeeded when this one was started."""
        number = sa.select(t.runs.c.number).filter_by(run_id=run_id).scalar_subquery()
        query = sa.select(t.runs.c.record).where(t.runs.c.status == "succeeded", t.runs.c.number < number)
        return next(iter(self._runs(query.order_by(t.runs.c.number.desc()).limit(1))), None)

    def run_by(self, moment: datetime) -> Run | None:
        """The newest run that had succeeded by then."""
        query = sa.select(t.runs.c.record).where(t.runs.c.status == "succeeded", t.runs.c.finished_at <= moment)
        return next(iter(self._runs(query.order_by(t.runs.c.number.desc()).limit(1))), None)

    def first_run(self) -> Run | None:
        """The oldest run that succeeded and is kept."""
        query = sa.select(t.runs.c.record).where(t.runs.c.status == "succeeded")
        return next(iter(self._runs(query.order_by(t.runs.c.number).limit(1))), None)

    def _runs(self, query: sa.Select[tuple[str]]) -> list[Run]:
        with self._transaction() as connection:
            return from_json(Run, list(connection.scalars(query)))

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

    def seen_at(self, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], datetime]:
        """When the run that first saw each of these revisions was started, where that run is kept."""
        wanted = set(keys)
        found: dict[tuple[str, int], datetime] = {}
        columns = (t.arrivals.c.article_id, t.arrivals.c.revision, t.runs.c.started_at)
        ids = sorted({article_id for article_id, _ in wanted})
        with self._transaction() as connection:
            for start in range(0, len(ids), _CHUNK):
                query = sa.select(*columns).join(t.runs, t.runs.c.number == t.arrivals.c.run_number)
                chunk = t.arrivals.c.article_id.in_(ids[start : start + _CHUNK])
                found |= {(row[0], row[1]): row[2] for row in connection.execute(query.where(chunk))}
        return {key: found[key] for key in sorted(wanted) if key in found}

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
