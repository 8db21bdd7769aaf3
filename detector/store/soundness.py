"""Whether the rows of a store still say what was written: every record is read, and what can be proven is proven."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from detector.errors import StoreError
from detector.records import Agreement, Article, Conflict, PairFinding, Review, Run, Topic, text_hash_of
from detector.store import tables as t
from detector.store.rows import from_json

_RECORDS = (
    (t.runs, Run),
    (t.reviews, Review),
    (t.topics, Topic),
    (t.conflicts, Conflict),
    (t.agreements, Agreement),
    (t.findings, PairFinding),
)
_PART = 1000


def unsound_records(connection: sa.Connection) -> list[str]:
    """Problems of articles and of everything kept as a record, one line each."""
    problems = []
    for table, kind in _RECORDS:
        try:
            for part in connection.scalars(sa.select(table.c.record)).partitions(_PART):
                from_json(kind, list(part))
        except StoreError as error:
            problems.append(f"{table.name}: {error}")
    sums = t.scores.c.entailment + t.scores.c.neutral + t.scores.c.contradiction
    wrong = sa.select(sa.func.count()).select_from(t.scores).where(sa.func.abs(sums - 1.0) > 1e-3)
    if number := connection.scalar(wrong):
        problems.append(f"scores: {number} rows whose probabilities do not sum to 1")
    return problems + list(_changed_articles(connection))


def _changed_articles(connection: sa.Connection) -> Iterator[str]:
    columns = (t.articles.c.article_id, t.articles.c.revision, t.articles.c.outlet_id, t.articles.c.record)
    for part in connection.execute(sa.select(*columns).order_by("article_id", "revision")).partitions(_PART):
        for row in part:
            try:
                article = from_json(Article, [row.record])[0]
            except StoreError as error:
                yield f"article {row.article_id}: {error}"
                continue
            same = (article.article_id, article.revision, article.outlet_id) == tuple(row)[:3]
            if not same or text_hash_of(article.text) != article.text_hash:
                yield f"article {row.article_id} revision {row.revision}: its text is not the one that was stored"
