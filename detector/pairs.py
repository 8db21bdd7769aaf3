"""Blocking: which statements of different outlets are worth comparing, and the rule that kept each pair.

Two levels keep the work linear in the number of statements. An article is compared with its nearest articles of other
outlets only; inside those, a statement keeps its nearest statements under each rule. A pair is kept when either of its
statements keeps it. Quotations are matched besides by their words, for the question who said them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.records import QUOTE_RULE, CandidatePair, Statement, pair_id_of
from detector.settings import PairSettings

RULES = ("similar", "same-measure", "same-name", "nearest")
"""Similar wording; above the floor a quantity of the same thing, a shared name; the nearest of what shares neither."""
_COMMON_SHARE = 0.2
"""A name found in more than this share of all articles says nothing about the matter (recession articles: "fed", "u.s.")."""

_QUOTE_LEMMAS = 3
_QUOTE_OVERLAP = 0.75
"""Share of the longer quotation's lemmas that both must have."""

Matrix = NDArray[np.float32]


class Independence(Protocol):
    """Says whether two outlets are independent of each other."""

    def __call__(self, left_outlet: str, right_outlet: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The statements of one article as rows of the vector matrix."""

    article_id: str
    outlet_id: str
    rows: NDArray[np.intp]


def article_vectors(
    statements: Sequence[Statement], vectors: Matrix
) -> tuple[list[str], Matrix, dict[str, NDArray[np.intp]]]:
    """Article ids in order, their mean statement vectors (L2-normalised), and each article's rows."""
    rows: dict[str, list[int]] = {}
    for row, statement in enumerate(statements):
        rows.setdefault(statement.article_id, []).append(row)
    article_ids = sorted(rows)
    means = np.zeros((len(article_ids), vectors.shape[1] if vectors.ndim == 2 else 0), dtype=np.float32)
    for position, article_id in enumerate(article_ids):
        mean = vectors[rows[article_id]].mean(axis=0)
        means[position] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return article_ids, means, {key: np.asarray(value, dtype=np.intp) for key, value in rows.items()}


def nearest_articles(
    shelves: Sequence[_Shelf], means: Matrix, *, count: int, independent: Independence
) -> list[list[int]]:
    """For each article the positions of its `count` nearest articles of independent outlets, nearest first."""
    nearest: list[list[int]] = []
    for position, shelf in enumerate(shelves):
        similarities = np.round(means @ means[position], 5)
        order = np.lexsort((np.arange(len(shelves)), -similarities))
        chosen: list[int] = []
        for other in order:
            if independent(shelf.outlet_id, shelves[int(other)].outlet_id):
                chosen.append(int(other))
                if len(chosen) == count:
                    break
        nearest.append(chosen)
    return nearest


def candidate_pairs(
    statements: Sequence[Statement],
    vectors: Matrix,
    *,
    settings: PairSettings,
    independent: Independence,
    progress: Callable[[int], None] | None = None,
) -> tuple[CandidatePair, ...]:
    """Pairs worth scoring, sorted by id. `vectors[i]` belongs to `statements[i]`; statements are sorted by id.

    Statements with the same wording are not paired: they agree without a model.
    """
    if not statements:
        return ()
    article_ids, means, rows = article_vectors(statements, vectors)
    outlet_of = {statement.article_id: statement.outlet_id for statement in statements}
    shelves = [_Shelf(article_id, outlet_of[article_id], rows[article_id]) for article_id in article_ids]
    neighbours = nearest_articles(shelves, means, count=settings.article_neighbours, independent=independent)
    names = _telling_names(statements, article_count=len(shelves))
    measures = [frozenset(_measures(statement)) for statement in statements]
    kept: dict[str, CandidatePair] = {}
    for position, shelf in enumerate(shelves):
        if neighbours[position]:
            columns = np.concatenate([shelves[other].rows for other in neighbours[position]])
            similarities = np.round(vectors[shelf.rows] @ vectors[columns].T, 4)
            for row, line in zip(shelf.rows, similarities, strict=True):
                for pair in _pairs_of(int(row), columns, line, statements, names, measures, settings):
                    kept.setdefault(pair.pair_id, pair)
        if progress is not None:
            progress(position + 1)
    return tuple(kept[pair_id] for pair_id in sorted(kept))


def _pairs_of(
    row: int,
    columns: NDArray[np.intp],
    similarities: NDArray[np.float32],
    statements: Sequence[Statement],
    names: Sequence[frozenset[str]],
    measures: Sequence[frozenset[str]],
    settings: PairSettings,
) -> list[CandidatePair]:
    """The pairs that one statement keeps: its nearest under each rule, the first rule that fits named."""
    left = statements[row]
    kept = dict.fromkeys(RULES, 0)
    found: list[CandidatePair] = []
    above = np.flatnonzero(similarities >= settings.floor)
    for index in above[np.lexsort((columns[above], -similarities[above]))]:
        column, similarity = int(columns[index]), float(similarities[index])
        right = statements[column]
        if left.text_hash == right.text_hash:
            continue
        rule = _rule(similarity, names[row] & names[column], measures[row] & measures[column], settings)
        if rule is None or kept[rule] == settings.neighbours:
            continue
        kept[rule] += 1
        first, second = sorted((left.statement_id, right.statement_id))
        found.append(CandidatePair(pair_id_of(first, second), first, second, similarity, rule))
        if all(count == settings.neighbours for count in kept.values()):
            break
    return found


def _rule(
    similarity: float, shared_names: frozenset[str], shared_measures: frozenset[str], settings: PairSettings
) -> str | None:
    if similarity >= settings.similar:
        return "similar"
    if shared_measures:
        return "same-measure"
    if shared_names:
        return "same-name"
    return "nearest" if similarity >= settings.nearest_floor else None


def quote_pairs(statements: Sequence[Statement], *, independent: Independence) -> tuple[CandidatePair, ...]:
    """Pairs of quotations with the same words and two named speakers, sorted by id; similarity is the lemma overlap.

    An index on the rarest three lemmas keeps this linear; a quotation of fewer than three content words is no evidence.
    """
    quotes = [quote for quote in statements if is_named(quote.speaker) and len(set(quote.lemmas)) >= _QUOTE_LEMMAS]
    spread: dict[str, int] = {}
    for quote in quotes:
        for lemma in set(quote.lemmas):
            spread[lemma] = spread.get(lemma, 0) + 1
    shelves: dict[str, list[Statement]] = {}
    found: dict[str, CandidatePair] = {}
    for quote in quotes:
        lemmas = set(quote.lemmas)
        keys = sorted(lemmas, key=lambda lemma: (spread[lemma], lemma))[:_QUOTE_LEMMAS]
        met = {other.statement_id: other for key in keys for other in shelves.get(key, [])}
        for other in met.values():
            overlap = len(lemmas & set(other.lemmas)) / max(len(lemmas), len(set(other.lemmas)))
            if overlap >= _QUOTE_OVERLAP and independent(quote.outlet_id, other.outlet_id):
                first, second = sorted((quote.statement_id, other.statement_id))
                pair_id = pair_id_of(first, second)
                found[pair_id] = CandidatePair(pair_id, first, second, round(overlap, 4), QUOTE_RULE)
        for key in keys:
            shelves.setdefault(key, []).append(quote)
    return tuple(found[pair_id] for pair_id in sorted(found))


def is_named(speaker: str | None) -> bool:
    """Whether the speaker is a name ("Lida Marosh") and not a role that a name may fill ("two officials")."""
    return speaker is not None and speaker.split()[-1][:1].isupper()


def _telling_names(statements: Sequence[Statement], *, article_count: int) -> list[frozenset[str]]:
    """Entity keys of each statement, without those that most articles share."""
    articles_of: dict[str, set[str]] = {}
    for statement in statements:
        for entity in statement.entities:
            articles_of.setdefault(entity.key, set()).add(statement.article_id)
    limit = max(12, int(article_count * _COMMON_SHARE))
    telling = {key for key, found_in in articles_of.items() if len(found_in) <= limit}
    return [frozenset(entity.key for entity in statement.entities) & telling for statement in statements]


def _measures(statement: Statement) -> set[str]:
    return {f"{quantity.unit}:{quantity.noun}" for quantity in statement.quantities if quantity.noun}


def independence(outlets: Mapping[str, str | None]) -> Independence:
    """Independence of outlets by their owners (outlet id -> owner or None)."""

    def independent(left_outlet: str, right_outlet: str) -> bool:
        if left_outlet == right_outlet:
            return False
        owner = outlets.get(left_outlet)
        return owner is None or owner != outlets.get(right_outlet)

    return independent
