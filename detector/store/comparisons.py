"""Verbs of what a run keeps of every article for the next one: summaries, and pairs as they were judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from detector.records import ArticleSummary, CandidatePair, JudgedPair
from detector.store import tables as t
from detector.store.dialect import insert_unknown, one_of
from detector.store.newsroom import Transaction
from detector.store.rows import from_json, to_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 900

_JUDGED = (
    t.pairs.c.pair_id,
    t.pairs.c.left_id,
    t.pairs.c.right_id,
    t.pairs.c.similarity,
    t.pairs.c.rule,
    t.pairs.c.relation,
    t.pairs.c.probability,
    t.pairs.c.agreement,
    t.pairs.c.lane,
    t.pairs.c.kind,
    t.pairs.c.stopped_by,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """How an article was compared: hashes of everything but its neighbours, and these as "article_id:revision"."""

    how: str
    judging: str
    neighbours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What comparing one article changed of its pairs."""

    article_id: str
    compared: Compared
    removed: tuple[str, ...]
    added: tuple[JudgedPair, ...]


class Comparisons:
    """Summaries of articles, and the pairs that each article's statements keep, as judged."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def summaries(self, fingerprint: str) -> tuple[list[ArticleSummary], NDArray[np.float32]]:
        """Those of the latest revisions made under this fingerprint, by article id; the matrix has a mean vector for each
        of them that has participants, in the same order."""
        import numpy as np

        heads = _heads()
        same = sa.and_(heads.c.article_id == t.summaries.c.article_id, heads.c.revision == t.summaries.c.revision)
        query = (
            sa.select(t.summaries.c.mean, t.summaries.c.record)
            .join(heads, same)
            .where(t.summaries.c.fingerprint == fingerprint)
        )
        with self._transaction() as connection:
            rows = connection.execute(query).all()
        read = from_json(ArticleSummary, [row.record for row in rows])
        kept = sorted(zip(read, rows, strict=True), key=lambda found: found[0].article_id)
        means = [np.frombuffer(row.mean, dtype="<f4") for summary, row in kept if summary.participants]
        matrix = np.stack(means).astype(np.float32) if means else np.zeros((0, 0), dtype=np.float32)
        return [summary for summary, _ in kept], matrix

    def vectors(self, fingerprint: str, article_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Quantised vectors of the participants of articles in their latest revision, one row each, by article id."""
        import numpy as np

        heads = _heads()
        same = sa.and_(heads.c.article_id == t.summaries.c.article_id, heads.c.revision == t.summaries.c.revision)
        query = (
            sa.select(t.summaries.c.article_id, t.summaries.c.mean, t.summaries.c.vectors)
            .join(heads, same)
            .where(t.summaries.c.fingerprint == fingerprint)
        )
        found: dict[str, NDArray[np.float32]] = {}
        with self._transaction() as connection:
            for start in range(0, len(article_ids), _CHUNK):
                chunk = article_ids[start : start + _CHUNK]
                for article_id, mean, vectors in connection.execute(
                    query.where(one_of(t.summaries.c.article_id, chunk))
                ):
                    width = len(mean) // 4
                    found[article_id] = np.frombuffer(vectors, dtype="<i2").reshape(-1, width).astype(np.float32)
        return found

    def without_summary(self, fingerprint: str, statements_fingerprint: str) -> list[str]:
        """Articles whose latest revision was split under the one fingerprint but not summed up under the other."""
        heads, sets = _heads(), t.statement_sets
        split = sa.and_(heads.c.article_id == sets.c.article_id, heads.c.revision == sets.c.revision)
        done = sa.and_(
            t.summaries.c.fingerprint == fingerprint,
            t.summaries.c.article_id == sets.c.article_id,
            t.summaries.c.revision == sets.c.revision,
        )
        query = (
            sa.select(sets.c.article_id)
            .join(heads, split)
            .outerjoin(t.summaries, done)
            .where(sets.c.fingerprint == statements_fingerprint, t.summaries.c.article_id.is_(None))
        )
        with self._transaction() as connection:
            return sorted(connection.scalars(query))

    def put_summaries(
        self,
        fingerprint: str,
        summaries: Sequence[ArticleSummary],
        means: Mapping[str, NDArray[np.float32]],
        vectors: Mapping[str, NDArray[np.float32]],
    ) -> None:
        """Keep the summaries, with the mean vector and the quantised vectors of the participants of every article that has
        some; what is already there stays."""
        rows = [
            {
                "fingerprint": fingerprint,
                "article_id": summary.article_id,
                "revision": summary.revision,
                "mean": means[summary.article_id].astype("<f4", copy=False).tobytes() if summary.participants else b"",
                "vectors": vectors[summary.article_id].astype("<i2").tobytes() if summary.participants else b"",
                "record": to_json(summary),
            }
            for summary in summaries
        ]
        if rows:
            with self._transaction(writes=True) as connection:
                connection.execute(insert_unknown(t.summaries), rows)

    def compared(self) -> dict[str, Compared]:
        """How and with what each article was last compared, by article id."""
        columns = t.comparisons.c
        query = sa.select(columns.article_id, columns.how, columns.judging, columns.neighbours)
        with self._transaction() as connection:
            return {
                article_id: Compared(how, judging, tuple(neighbours.split()))
                for article_id, how, judging, neighbours in connection.execute(query)
            }

    def forget(self, article_ids: Iterable[str]) -> None:
        """Drop the pairs of articles that take no part any more."""
        gone = sorted(set(article_ids))
        if not gone:
            return
        with self._transaction(writes=True) as connection:
            for start in range(0, len(gone), _CHUNK):
                chunk = gone[start : start + _CHUNK]
                connection.execute(sa.delete(t.pairs).where(t.pairs.c.article_id.in_(chunk)))
                connection.execute(sa.delete(t.comparisons).where(t.comparisons.c.article_id.in_(chunk)))

    def put(self, changes: Sequence[Changed]) -> None:
        """Bring the pairs of articles up to date, at once or not at all."""
        with self._transaction(writes=True) as connection:
            for change in changes:
                columns = {
                    "how": change.compared.how,
                    "judging": change.compared.judging,
                    "neighbours": " ".join(change.compared.neighbours),
                }
                own = t.comparisons.c.article_id == change.article_id
                if connection.execute(sa.update(t.comparisons).where(own).values(**columns)).rowcount == 0:
                    connection.execute(sa.insert(t.comparisons).values(article_id=change.article_id, **columns))
                for start in range(0, len(change.removed), _CHUNK):
                    chunk = change.removed[start : start + _CHUNK]
                    connection.execute(
                        sa.delete(t.pairs).where(
                            t.pairs.c.article_id == change.article_id, one_of(t.pairs.c.pair_id, chunk)
                        )
                    )
            rows = [{"article_id": change.article_id, **_row(one)} for change in changes for one in change.added]
            if rows:
                connection.execute(sa.insert(t.pairs), rows)

    def rules(self, article_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """The rule of every pair that each of these articles keeps, by article id and pair id."""
        found: dict[str, dict[str, str]] = {article_id: {} for article_id in article_ids}
        columns = (t.pairs.c.article_id, t.pairs.c.pair_id, t.pairs.c.rule)
        with self._transaction() as connection:
            for start in range(0, len(article_ids), _CHUNK):
                query = sa.select(*columns).where(one_of(t.pairs.c.article_id, article_ids[start : start + _CHUNK]))
                for article_id, pair_id, rule in connection.execute(query):
                    found[article_id][pair_id] = rule
        return found

    def all(self) -> list[JudgedPair]:
        """Every compared pair once, by pair id."""
        with self._transaction() as connection:
            found = {row[0]: _judged(row) for row in connection.execute(sa.select(*_JUDGED))}
        return [found[pair_id] for pair_id in sorted(found)]

    def noticed(self, least: float) -> list[JudgedPair]:
        """The pairs that contradict or agree, each with at least this probability, whatever came of them; by pair id, each once."""
        related = t.pairs.c.relation.in_(("contradicts", "agrees"))
        query = sa.select(*_JUDGED).where(sa.or_(related, t.pairs.c.probability >= least, t.pairs.c.agreement >= least))
        with self._transaction() as connection:
            found = {row[0]: _judged(row) for row in connection.execute(query)}
        return [found[pair_id] for pair_id in sorted(found)]

    def among(self, statement_ids: Set[str]) -> list[JudgedPair]:
        """The pairs of any two of these statements, by pair id, each once."""
        if not statement_ids:
            return []
        with self._transaction() as connection:
            found = {
                row[0]: _judged(row)
                for row in connection.execute(sa.select(*_JUDGED))
                if row[1] in statement_ids and row[2] in statement_ids
            }
        return [found[pair_id] for pair_id in sorted(found)]

    def count(self) -> int:
        """How many pairs are compared."""
        with self._transaction() as connection:
            return connection.scalar(sa.select(sa.func.count(t.pairs.c.pair_id.distinct()))) or 0

    def stopped(self) -> dict[str, int]:
        """How many pairs that are nothing by themselves each gate stopped, by its name; the first gate that failed counts."""
        stop = t.pairs.c.stopped_by
        query = (
            sa.select(stop, sa.func.count(t.pairs.c.pair_id.distinct()))
            .where(t.pairs.c.relation == "none")
            .group_by(stop)
        )
        with self._transaction() as connection:
            return {str(name): int(number) for name, number in sorted(tuple(row) for row in connection.execute(query))}


def _heads() -> sa.Subquery:
    """The latest revision of every article."""
    latest = sa.func.max(t.articles.c.revision).label("revision")
    return sa.select(t.articles.c.article_id, latest).group_by(t.articles.c.article_id).subquery("heads")


def _row(judged: JudgedPair) -> dict[str, object]:
    pair = judged.pair
    return {
        "pair_id": pair.pair_id,
        "left_id": pair.left_id,
        "right_id": pair.right_id,
        "similarity": pair.similarity,
        "rule": pair.rule,
        "relation": judged.relation,
        "probability": judged.probability,
        "agreement": judged.agreement,
        "lane": judged.lane,
        "kind": judged.kind,
        "stopped_by": judged.stopped_by,
    }


def _judged(row: Sequence[Any]) -> JudgedPair:
    pair_id, left_id, right_id, similarity, rule, relation, probability, agreement, lane, kind, stopped_by = row
    pair = CandidatePair(pair_id, left_id, right_id, similarity, rule)
    return JudgedPair(pair, relation, probability, agreement, lane, kind, stopped_by)
