"""The store's verbs for what models said: vectors by text, probabilities by pair of texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from detector.errors import StoreError
from detector.records import Probs
from detector.store import tables as t
from detector.store.connected import Connected, chunks
from detector.store.dialect import insert_unknown, one_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS = 4096
"""Vectors in memory at once when all are looked at: some megabytes."""


class ModelCaches(Connected):
    """Made once for each text and each model, then kept."""

    def missing_vectors(self, encoder_id: str, text_hashes: Iterable[str]) -> list[str]:
        """Those text hashes that have no vector yet, once each, sorted."""
        wanted = sorted(set(text_hashes))
        known: set[str] = set()
        with self._transaction() as connection:
            for chunk in chunks(wanted):
                query = sa.select(t.vectors.c.text_hash).filter_by(encoder_id=encoder_id)
                known.update(connection.scalars(query.where(one_of(t.vectors.c.text_hash, chunk))))
        return [text_hash for text_hash in wanted if text_hash not in known]

    def put_vectors(self, encoder_id: str, text_hashes: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Keep one float32 row a text hash; what is already there stays.

        Raises StoreError: the matrix does not fit the hashes, or holds what is no number.
        """
        import numpy as np

        if matrix.ndim != 2 or len(matrix) != len(text_hashes) or matrix.dtype != np.float32:
            raise StoreError(
                f"{encoder_id}: vectors of shape {matrix.shape} and type {matrix.dtype}; "
                f"expected {len(text_hashes)} rows of float32"
            )
        if not np.isfinite(matrix).all():
            raise StoreError(f"{encoder_id}: a vector holds what is no number; check the model with `detector doctor`")
        shared = {"encoder_id": encoder_id, "dimensions": matrix.shape[1]}
        little_endian = matrix.astype("<f4", copy=False)
        rows = [
            {**shared, "text_hash": text_hash, "vector": row.tobytes()}
            for text_hash, row in zip(text_hashes, little_endian, strict=True)
        ]
        if rows:
            with self._transaction(writes=True) as connection:
                connection.execute(insert_unknown(t.vectors), rows)
                self._database.keep_neighbours(connection, encoder_id, text_hashes)

    def vectors(self, encoder_id: str, text_hashes: Sequence[str]) -> NDArray[np.float32]:
        """Matrix of one row a text hash, in the order asked; (0, 0) for none.

        Raises StoreError: a vector is missing or of another length than the others.
        """
        import numpy as np

        places: dict[str, list[int]] = {}
        for place, text_hash in enumerate(text_hashes):
            places.setdefault(text_hash, []).append(place)
        matrix, seen = np.zeros((0, 0), dtype=np.float32), 0
        with self._transaction() as connection:
            for chunk in chunks(sorted(places)):
                query = sa.select(t.vectors.c.text_hash, t.vectors.c.vector).filter_by(encoder_id=encoder_id)
                for text_hash, vector in connection.execute(query.where(one_of(t.vectors.c.text_hash, chunk))):
                    if not seen:  # filled row by row: a large store's vectors fit in memory once
                        matrix = np.zeros((len(text_hashes), len(vector) // 4), dtype=np.float32)
                    if len(vector) != 4 * matrix.shape[1]:
                        raise StoreError(
                            f"{self.where}: vectors of {encoder_id} differ in length; check with `detector doctor`"
                        )
                    matrix[places[text_hash]] = np.frombuffer(vector, dtype="<f4")
                    seen += 1
        if seen < len(places):
            raise self._missing(encoder_id, len(places) - seen)
        return matrix

    def similar(
        self, encoder_id: str, text_hashes: Sequence[str], vector: NDArray[np.float32], *, floor: float
    ) -> dict[str, float]:
        """Those text hashes whose vector's product with this one is `floor` or more, the greatest first, ties by hash.

        A database that can compare vectors says which may be meant; the product is always computed here, row by row in
        double precision, so that it depends neither on the database nor on what else is kept.
        Raises StoreError: a vector is missing, or of another length than this one.
        """
        import numpy as np

        if missing := len(self.missing_vectors(encoder_id, text_hashes)):
            raise self._missing(encoder_id, missing)
        asked, found = set(text_hashes), dict[str, float]()
        wanted = np.asarray(vector, dtype=np.float64)
        query = sa.select(t.vectors.c.text_hash, t.vectors.c.vector).filter_by(encoder_id=encoder_id)
        with self._transaction() as connection:
            nearby = self._database.nearby(connection, encoder_id, vector, floor)
            queries = (
                [query] if nearby is None else (query.where(one_of(t.vectors.c.text_hash, p)) for p in chunks(nearby))
            )
            for each in queries:
                for rows in connection.execute(each, execution_options={"yield_per": _ROWS}).partitions():
                    if any(len(row.vector) != 4 * len(wanted) for row in rows):
                        raise StoreError(
                            f"{self.where}: vectors of {encoder_id} differ in length; check with `detector doctor`"
                        )
                    kept = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), -1)
                    products = (kept.astype(np.float64) * wanted).sum(axis=1)
                    for at in np.flatnonzero(products >= floor).tolist():
                        if rows[at].text_hash in asked:
                            found[rows[at].text_hash] = float(products[at])
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def _missing(self, encoder_id: str, number: int) -> StoreError:
        return StoreError(f"{self.where}: {number} vectors of {encoder_id} are missing; run again to make them")

    def scores(self, scorer_id: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Probs]:
        """Known probabilities by (premise hash, hypothesis hash), in the order asked; unknown keys are left out."""
        wanted = set(keys)
        kept: dict[tuple[str, str], Probs] = {}
        columns = [t.scores.c[name] for name in t.scores.c.keys()[1:]]
        with self._transaction() as connection:
            for chunk in chunks(sorted({premise for premise, _ in wanted})):
                query = sa.select(*columns).where(t.scores.c.scorer_id == scorer_id)
                for premise, hypothesis, *probabilities in connection.execute(
                    query.where(one_of(t.scores.c.premise_hash, chunk))
                ):
                    if (premise, hypothesis) in wanted:
                        kept[premise, hypothesis] = Probs(*probabilities)
        return {key: kept[key] for key in keys if key in kept}

    def put_scores(self, scorer_id: str, rows: Sequence[tuple[str, str, Probs]]) -> None:
        """Keep raw probabilities of (premise hash, hypothesis hash); the first ones stay."""
        if not rows:
            return
        values = [
            {
                "scorer_id": scorer_id,
                "premise_hash": premise,
                "hypothesis_hash": hypothesis,
                "entailment": probs.entailment,
                "neutral": probs.neutral,
                "contradiction": probs.contradiction,
            }
            for premise, hypothesis, probs in rows
        ]
        with self._transaction(writes=True) as connection:
            connection.execute(insert_unknown(t.scores), values)
