"""Blocking: which statements of different outlets are worth comparing, and the rule that kept each pair.

Two levels keep the work linear in the number of statements. An article is compared with its nearest articles of other
outlets only; inside those, a statement keeps its nearest statements under each rule. A pair is kept when either of its
statements keeps it. Quotations are matched besides by their words, for the question who said them.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.records import MUTUAL_RULE, QUOTE_RULE, CandidatePair, Participant, Statement, pair_id_of
from detector.settings import PairSettings

RULES = ("similar", "same-measure", "same-name", "nearest")
"""Similar wording; above the floor a quantity of the same thing, a shared name; the nearest of what shares neither. Besides
these QUOTE_RULE: the words of two quotations. A pair whose statements are each the nearest to the other in its article goes by the
name MUTUAL_RULE."""
_COMMON_SHARE = 0.2
"""A name found in more than this share of all articles says nothing about the matter (recession articles: "fed", "u.s.")."""

_QUOTE_MARK = re.compile('["“”„«»]')
_WORD = re.compile(r"\w+")
_OPENS_BEHIND = re.compile(r"(?:^|[^\w.,!?…;%'’)])$")
_QUOTE_LEMMAS, _QUOTE_WORDS = 3, 5
"""A quotation is evidence when it holds so many content words, or one less among so many words in all."""
_STEM = 4
"""Letters by which a word is taken for a form of a lemma: "saved" for "save"; a shorter lemma is only itself."""
_QUOTE_OVERLAP = 0.75
"""Share of the longer quotation's words that both must have."""

Matrix = NDArray[np.float32]


class Independence(Protocol):
    """Says whether two outlets are independent of each other."""

    def __call__(self, left_outlet: str, right_outlet: str) -> bool: ...


_STEPS = 4095.0
"""Steps of a unit vector's components: coarse enough that every product and sum of a dot product is a whole number below
2**24, which float32 holds exactly. A similarity then is the same whatever matrix it was computed in, to about 1e-4."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What takes part of one article, by statement id, and its vectors in the same order, quantised.

    `compared` are the places of what is compared by meaning; quotations are compared by their words, whatever else they are.
    `places` says where a name, a measure or a wording stands among the compared ones ("name …", "measure …", "wording …").
    """

    article_id: str
    outlet_id: str
    participants: tuple[Participant, ...]
    vectors: Matrix
    compared: tuple[int, ...]
    places: Mapping[str, Sequence[int]]


def participant_of(statement: Statement, *, claim: float) -> Participant:
    """What blocking needs of a statement; `claim` is its check-worthiness, below 0 when it asserts nothing checkable."""
    names = {f"name {entity.key}" for entity in statement.entities}
    measures = {f"measure {one.unit}:{one.noun}" for one in statement.quantities if one.noun}
    quoted = quoted_words(statement) if is_quotation(statement) else ()
    return Participant(statement.statement_id, statement.text_hash, tuple(sorted(names | measures)), claim, quoted)


def quoted_words(statement: Statement) -> tuple[str, ...]:
    """The words between quotation marks, each once, sorted; none where they are too few to be evidence of who said them.

    A part of a longer quotation may begin within it: its words stand before a closing mark.
    """
    marks = list(_QUOTE_MARK.finditer(statement.text))
    parts = _QUOTE_MARK.split(statement.text)
    inside = parts[0::2] if marks and _closes(statement.text, marks[0]) else parts[1::2]
    words = {word.casefold() for part in inside for word in _WORD.findall(part)}
    stems = {word[:_STEM] for word in words}
    telling = sum(lemma[:_STEM] in (stems if len(lemma) >= _STEM else words) for lemma in set(statement.lemmas))
    enough = telling >= _QUOTE_LEMMAS or (telling == _QUOTE_LEMMAS - 1 and len(words) >= _QUOTE_WORDS)
    return tuple(sorted(words)) if enough else ()


def _closes(text: str, mark: re.Match[str]) -> bool:
    """Whether a mark ends a quotation; a straight one does behind a word or a stop."""
    return mark[0] in "”»" or (mark[0] == '"' and _OPENS_BEHIND.search(text[: mark.start()]) is None)


def shelf_of(
    article_id: str, outlet_id: str, participants: Sequence[Participant], vectors: Matrix, *, least_claim: float = 0.0
) -> Shelf:
    """The shelf of one article. `vectors[i]` belongs to `participants[i]`, quantised; claims below `least_claim` are not
    compared by meaning."""
    compared = tuple(place for place, one in enumerate(participants) if one.claim >= least_claim)
    places: dict[str, list[int]] = {}
    for row, place in enumerate(compared):
        one = participants[place]
        for key in (*one.keys, f"wording {one.text_hash}"):
            places.setdefault(key, []).append(row)
    return Shelf(article_id, outlet_id, tuple(participants), vectors, compared, places)


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
        own = [statements[row] for row in rows[article_id]]
        participants = [participant_of(one, claim=1.0 if compared(one) else -1.0) for one in own]
        steps = quantised(vectors[rows[article_id]])
        shelves.append(shelf_of(article_id, own[0].outlet_id, participants, steps))
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
    common = common_names([names_of(shelf.participants) for shelf in shelves])
    kept: dict[str, CandidatePair] = {}
    for position, shelf in enumerate(shelves):
        near = [shelves[other] for other in neighbours[position]]
        for pair in pairs_of_article(shelf, near, common=common, settings=settings):
            kept[pair.pair_id] = pair
        if progress is not None:
            progress(position + 1)
    return tuple(kept[pair_id] for pair_id in sorted(kept))


def pairs_of_article(
    shelf: Shelf, neighbours: Sequence[Shelf], *, common: frozenset[str], settings: PairSettings
) -> list[CandidatePair]:
    """The pairs that the statements of one article keep. The order of the neighbours does not matter."""
    quoted = quote_pairs(shelf, neighbours)
    by_words = {frozenset((pair.left_id, pair.right_id)) for pair in quoted}
    speakers = {statement_id for both in by_words for statement_id in both}
    around = [near for near in sorted(neighbours, key=lambda near: near.article_id) if near.compared]
    if not shelf.compared or not around:
        return quoted
    theirs = [near.participants[row].statement_id for near in around for row in near.compared]
    matrix = np.concatenate([near.vectors[list(near.compared)] for near in around])
    lines = similarities(shelf.vectors[list(shelf.compared)], matrix)
    found = list(quoted)
    columns = _Columns(around)
    mutual = _mutual(lines, [len(near.compared) for near in around])
    for row, line, nearest in zip(shelf.compared, lines, mutual, strict=True):
        left = shelf.participants[row]
        rules = columns.rules(left, line, common=common, settings=settings)
        if left.statement_id in speakers:
            for column, right in enumerate(theirs):
                if frozenset((left.statement_id, right)) in by_words:
                    rules[column] = -1
        for rule, column in _kept(line, rules, settings):
            first, second = sorted((left.statement_id, theirs[column]))
            pair_id = pair_id_of(first, second)
            name = MUTUAL_RULE if nearest[column] else RULES[rule]
            found.append(CandidatePair(pair_id, first, second, round(float(line[column]), 4), name))
    return found


def _mutual(lines: Matrix, sizes: Sequence[int]) -> NDArray[np.bool_]:
    """Where a row and a column are each the nearest to the other; `sizes` are the columns of each article in turn."""
    nearest: NDArray[np.bool_] = lines == lines.max(axis=0)
    starts = [0, *itertools.accumulate(sizes[:-1])]
    nearest &= lines == np.repeat(np.maximum.reduceat(lines, starts, axis=1), sizes, axis=1)
    return nearest


class _Columns:
    """The statements that one article is compared with, as columns."""

    def __init__(self, around: Sequence[Shelf]) -> None:
        self._around = around
        self._starts = [0, *itertools.accumulate(len(near.compared) for near in around)]
        self._known: dict[str, list[int]] = {}

    def rules(
        self, left: Participant, line: Matrix, *, common: frozenset[str], settings: PairSettings
    ) -> NDArray[np.int8]:
        """For each column the place in RULES of the first rule that fits, -1 for none."""
        rules = np.where(line >= settings.nearest_floor, RULES.index("nearest"), -1).astype(np.int8)
        names = [key for key in left.keys if key.startswith("name ") and key not in common]
        rules[self._of(names)] = RULES.index("same-name")
        rules[self._of(key for key in left.keys if key.startswith("measure "))] = RULES.index("same-measure")
        rules[line >= settings.similar] = RULES.index("similar")
        rules[line < settings.floor] = -1
        rules[self._of([f"wording {left.text_hash}"])] = -1
        return rules

    def _of(self, keys: Iterable[str]) -> list[int]:
        found: list[int] = []
        for key in keys:
            if key not in self._known:
                self._known[key] = [
                    start + place
                    for start, near in zip(self._starts, self._around, strict=False)
                    for place in near.places.get(key, ())
                ]
            found += self._known[key]
        return found


def _kept(line: Matrix, rules: NDArray[np.int8], settings: PairSettings) -> list[tuple[int, int]]:
    """The nearest columns under each rule, with the rule; of equally near ones the first."""
    kept: list[tuple[int, int]] = []
    for rule in range(len(RULES)):
        fitting = np.flatnonzero(rules == rule)
        nearest = fitting[np.argsort(-line[fitting], kind="stable")[: settings.neighbours]]
        kept += [(rule, int(column)) for column in nearest]
    return kept


def quote_pairs(shelf: Shelf, neighbours: Sequence[Shelf]) -> list[CandidatePair]:
    """Pairs of one article's quotations with those of its neighbours that have the same words; similarity is the overlap
    of words."""
    theirs = [(set(one.quoted), one.statement_id) for near in neighbours for one in near.participants if one.quoted]
    found: list[CandidatePair] = []
    for quote in shelf.participants:
        words = set(quote.quoted)
        for others, other in theirs if words else ():
            longer = max(len(words), len(others))
            if min(len(words), len(others)) < _QUOTE_OVERLAP * longer:
                continue
            overlap = len(words & others) / longer
            if overlap >= _QUOTE_OVERLAP:
                first, second = sorted((quote.statement_id, other))
                found.append(CandidatePair(pair_id_of(first, second), first, second, round(overlap, 4), QUOTE_RULE))
    return found


def is_quotation(statement: Statement) -> bool:
    """Whether it can differ on who said it, checkable or not: a named speaker, in quotation marks."""
    return is_named(statement.speaker) and _QUOTE_MARK.search(statement.text) is not None


def is_named(speaker: str | None) -> bool:
    """Whether the speaker is a name ("Lida Marosh") and not a role that a name may fill ("two officials", "the
    Arizona Republican")."""
    if speaker is None or speaker.casefold().startswith("the "):
        return False
    return speaker.split()[-1][:1].isupper()


def names_of(participants: Sequence[Participant]) -> frozenset[str]:
    """The names in an article ("name …")."""
    return frozenset(key for one in participants for key in one.keys if key.startswith("name "))


def common_names(names: Sequence[frozenset[str]]) -> frozenset[str]:
    """The names that so many articles share that they tell nothing; `names` are those of each article."""
    spread = Counter(key for found in names for key in found)
    limit = max(12, int(len(names) * _COMMON_SHARE))
    return frozenset(key for key, count in spread.items() if count > limit)


def independence(outlets: Mapping[str, str | None]) -> Independence:
    """Independence of outlets by their owners (outlet id -> owner or None)."""

    def independent(left_outlet: str, right_outlet: str) -> bool:
        if left_outlet == right_outlet:
            return False
        owner = outlets.get(left_outlet)
        return owner is None or owner != outlets.get(right_outlet)

    return independent
