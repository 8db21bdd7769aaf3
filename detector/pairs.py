"""Blocking: which statements of different outlets are worth comparing, and the rule that kept each pair.

Two levels keep the work linear in the number of statements. An article is compared with its nearest articles of other
outlets only; inside those, a statement keeps its nearest statements under each rule. A pair is kept when either of its
statements keeps it. Quotations are matched besides by their words, for the question who said them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.records import MUTUAL_RULE, QUOTE_RULE, CandidatePair, Statement, pair_id_of
from detector.settings import PairSettings

RULES = ("similar", "same-measure", "same-name", "nearest")
"""Similar wording; above the floor a quantity of the same thing, a shared name; the nearest of what shares neither. Of these the
pairs whose statements are each the nearest to the other in its article go by the name MUTUAL_RULE."""
_COMMON_SHARE = 0.2
"""A name found in more than this share of all articles says nothing about the matter (recession articles: "fed", "u.s.")."""

_QUOTE_MARK = re.compile('["“”„«»]')
_QUOTE_LEMMAS = 3
_QUOTE_OVERLAP = 0.75
"""Share of the longer quotation's lemmas that both must have."""

Matrix = NDArray[np.float32]


class Independence(Protocol):
    """Says whether two outlets are independent of each other."""

    def __call__(self, left_outlet: str, right_outlet: str) -> bool: ...


_STEPS = 4095.0
"""Steps of a unit vector's components: coarse enough that every product and sum of a dot product is a whole number below
2**24, which float32 holds exactly. A similarity then is the same whatever matrix it was computed in, to about 1e-4."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What takes part of one article: its statements by id, and their vectors in the same order, quantised.

    `compared` are the places of the statements compared by meaning; quotations among the others are compared by words.
    """

    article_id: str
    outlet_id: str
    statements: tuple[Statement, ...]
    vectors: Matrix
    compared: tuple[int, ...]


def quantised(vectors: Matrix) -> Matrix:
    """Unit vectors in whole steps, for `similarities`."""
    steps: Matrix = np.rint(vectors * _STEPS).astype(np.float32)
    return steps


def similarities(left: Matrix, right: Matrix, *, digits: int = 4) -> Matrix:
    """Cosines of every row of one quantised matrix with every row of another, rounded; exact in any order of summing."""
    rounded: Matrix = np.round((left @ right.T) / np.float32(_STEPS * _STEPS), digits)
    return rounded


def mean_vector(vectors: Matrix) -> Matrix:
    """Mean of quantised vectors as a unit vector: where an article lies."""
    mean = vectors.sum(axis=0, dtype=np.float64)
    unit: Matrix = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    return unit


def shelves_of(
    statements: Sequence[Statement], vectors: Matrix, *, compared: Callable[[Statement], bool] = lambda _: True
) -> list[Shelf]:
    """The shelf of every article, by article id. `vectors[i]` belongs to `statements[i]`, L2-normalised."""
    rows: dict[str, list[int]] = {}
    for row in sorted(range(len(statements)), key=lambda row: statements[row].statement_id):
        rows.setdefault(statements[row].article_id, []).append(row)
    shelves = []
    for article_id in sorted(rows):
        own = tuple(statements[row] for row in rows[article_id])
        places = tuple(place for place, one in enumerate(own) if compared(one))
        shelves.append(Shelf(article_id, own[0].outlet_id, own, quantised(vectors[rows[article_id]]), places))
    return shelves


def nearest_articles(
    outlets: Sequence[str], means: Matrix, *, settings: PairSettings, independent: Independence
) -> list[list[int]]:
    """For each article the positions of its nearest articles of independent outlets, nearest first.

    `means` holds a unit vector for each article, in the order of `outlets`. Quadratic in articles (not statements), but
    only as one matrix product: 4,000 articles take about a second.
    """
    steps = quantised(means)
    nearest: list[list[int]] = []
    for start in range(0, len(steps), 512):
        for line, own in zip(similarities(steps[start : start + 512], steps, digits=5), outlets[start:], strict=False):
            chosen: list[int] = []
            for place in np.argsort(-line, kind="stable"):
                if independent(own, outlets[place]):
                    chosen.append(int(place))
                    if len(chosen) == settings.article_neighbours:
                        break
            nearest.append(chosen)
    return nearest


def candidate_pairs(
    statements: Sequence[Statement],
    vectors: Matrix,
    *,
    settings: PairSettings,
    independent: Independence,
    compared: Callable[[Statement], bool] = lambda _: True,
    progress: Callable[[int], None] | None = None,
) -> tuple[CandidatePair, ...]:
    """Pairs worth scoring, sorted by id. `vectors[i]` belongs to `statements[i]`; see Shelf for `compared`.

    Statements with the same wording are not paired: they agree without a model.
    """
    if not statements:
        return ()
    shelves = shelves_of(statements, vectors, compared=compared)
    means = np.stack([mean_vector(shelf.vectors) for shelf in shelves])
    neighbours = nearest_articles(
        [shelf.outlet_id for shelf in shelves], means, settings=settings, independent=independent
    )
    common = common_names([names_of(shelf.statements) for shelf in shelves])
    kept: dict[str, CandidatePair] = {}
    for position, shelf in enumerate(shelves):
        near = [shelves[other] for other in neighbours[position]]
        for pair in (
            *pairs_of_article(shelf, near, common=common, settings=settings),
            *quote_pairs(shelf, near),
        ):
            kept[pair.pair_id] = pair
        if progress is not None:
            progress(position + 1)
    return tuple(kept[pair_id] for pair_id in sorted(kept))


def pairs_of_article(
    shelf: Shelf, neighbours: Sequence[Shelf], *, common: frozenset[str], settings: PairSettings
) -> list[CandidatePair]:
    """The pairs that the statements of one article keep. The order of the neighbours does not matter."""
    others = sorted(
        (
            (near.statements[row].statement_id, near.vectors[row], near.statements[row])
            for near in neighbours
            for row in near.compared
        ),
        key=lambda other: other[0],
    )
    if not shelf.compared or not others:
        return []
    ours, theirs = [shelf.statements[row] for row in shelf.compared], [one for _, _, one in others]
    names = [[frozenset(entity.key for entity in one.entities) - common for one in part] for part in (ours, theirs)]
    measures = [[_measures(one) for one in part] for part in (ours, theirs)]
    lines = similarities(shelf.vectors[list(shelf.compared)], np.stack([vector for _, vector, _ in others]))
    mutual = _mutual(lines, [one.article_id for one in theirs])
    found: list[CandidatePair] = []
    for place, line in enumerate(lines):
        for column, pair in _pairs_of(
            ours[place], names[0][place], measures[0][place], theirs, names[1], measures[1], line, settings
        ):
            found.append(replace(pair, rule=MUTUAL_RULE) if mutual[place, column] else pair)
    return found


def _mutual(lines: Matrix, article_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Where a row and a column are each the nearest to the other, of the article of the row and of that of the column."""
    nearest: NDArray[np.bool_] = lines == lines.max(axis=0)
    columns: dict[str, list[int]] = {}
    for column, article_id in enumerate(article_ids):
        columns.setdefault(article_id, []).append(column)
    for same in columns.values():
        part = lines[:, same]
        nearest[:, same] &= part == part.max(axis=1, keepdims=True)
    return nearest


def _pairs_of(
    left: Statement,
    left_names: frozenset[str],
    left_measures: frozenset[str],
    others: Sequence[Statement],
    names: Sequence[frozenset[str]],
    measures: Sequence[frozenset[str]],
    line: Matrix,
    settings: PairSettings,
) -> list[tuple[int, CandidatePair]]:
    """The pairs that one statement keeps, each with its column: its nearest under each rule, the first rule that fits named."""
    kept = dict.fromkeys(RULES, 0)
    found: list[tuple[int, CandidatePair]] = []
    above = np.flatnonzero(line >= settings.floor)
    for column in above[np.argsort(-line[above], kind="stable")]:
        right, similarity = others[column], float(line[column])
        if left.text_hash == right.text_hash:
            continue
        rule = _rule(similarity, left_names & names[column], left_measures & measures[column], settings)
        if rule is None or kept[rule] == settings.neighbours:
            continue
        kept[rule] += 1
        first, second = sorted((left.statement_id, right.statement_id))
        pair = CandidatePair(pair_id_of(first, second), first, second, round(similarity, 4), rule)
        found.append((int(column), pair))
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


def quote_pairs(shelf: Shelf, neighbours: Sequence[Shelf]) -> list[CandidatePair]:
    """Pairs of one article's quotations with those of its neighbours that have the same words; similarity is the overlap
    of lemmas. A quotation of fewer than three content words is no evidence."""
    theirs = [(set(one.lemmas), one) for near in neighbours for one in near.statements if _is_evidence(one)]
    found: list[CandidatePair] = []
    for quote in filter(_is_evidence, shelf.statements):
        lemmas = set(quote.lemmas)
        for others, other in theirs:
            longer = max(len(lemmas), len(others))
            if min(len(lemmas), len(others)) < _QUOTE_OVERLAP * longer:
                continue
            overlap = len(lemmas & others) / longer
            if overlap >= _QUOTE_OVERLAP:
                first, second = sorted((quote.statement_id, other.statement_id))
                found.append(CandidatePair(pair_id_of(first, second), first, second, round(overlap, 4), QUOTE_RULE))
    return found


def _is_evidence(statement: Statement) -> bool:
    return len(set(statement.lemmas)) >= _QUOTE_LEMMAS and is_quotation(statement)


def is_quotation(statement: Statement) -> bool:
    """Whether it can differ on who said it, checkable or not: a named speaker, in quotation marks."""
    return is_named(statement.speaker) and _QUOTE_MARK.search(statement.text) is not None


def is_named(speaker: str | None) -> bool:
    """Whether the speaker is a name ("Lida Marosh") and not a role that a name may fill ("two officials")."""
    return speaker is not None and speaker.split()[-1][:1].isupper()


def names_of(statements: Sequence[Statement]) -> frozenset[str]:
    """Entity keys of an article's statements."""
    return frozenset(entity.key for statement in statements for entity in statement.entities)


def common_names(names: Sequence[frozenset[str]]) -> frozenset[str]:
    """The names that so many articles share that they tell nothing; `names` are those of each article."""
    spread = Counter(key for found in names for key in found)
    limit = max(12, int(len(names) * _COMMON_SHARE))
    return frozenset(key for key, count in spread.items() if count > limit)


def _measures(statement: Statement) -> frozenset[str]:
    return frozenset(f"{quantity.unit}:{quantity.noun}" for quantity in statement.quantities if quantity.noun)


def independence(outlets: Mapping[str, str | None]) -> Independence:
    """Independence of outlets by their owners (outlet id -> owner or None)."""

    def independent(left_outlet: str, right_outlet: str) -> bool:
        if left_outlet == right_outlet:
            return False
        owner = outlets.get(left_outlet)
        return owner is None or owner != outlets.get(right_outlet)

    return independent
