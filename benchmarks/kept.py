"""What blocking kept of the contradictions that scoring every pair would have found.

An NLI model calls many pairs of unrelated statements contradictions, and strongly so: a share of all its strong
contradictions says more about the model than about blocking. So the share is given three times: of all of them, of those
that could be about one matter, and of those that the rest of the program would have reported.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector import models, pipeline
from detector.conflicts import judge_pairs
from detector.records import Article, CandidatePair, PairScore, Statement, pair_id_of
from detector.scoring import score_pairs_both_ways
from detector.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detector.store import Store

STRONG = 0.90
"""Mean of both directions' raw contradiction from which the naive way would call a pair a strong contradiction."""

BANDS = (0.35, 0.45, 0.55, 0.70, 1.01)
"""Similarities at which the strong contradictions are told apart; the lowest is the floor below which none is about one
matter without a shared name."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of the sampled pairs of one kind: how many contradict strongly, and how many of those blocking kept."""

    name: str
    sampled: int
    strong: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.strong if self.strong else math.nan

    def bounds(self, z: float = 1.96) -> tuple[float, float]:
        """95 % bounds of the share (Wilson), which hold for small counts too."""
        if not self.strong:
            return (0.0, 1.0)
        n, p = self.strong, self.share
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return (max(0.0, centre - reach), min(1.0, centre + reach))


@dataclass(frozen=True, slots=True)
class Judged:
    """A sampled pair with all that is asked of it."""

    similarity: float
    strong: bool
    reported: bool
    kept: bool


def measure_kept(store: Store, *, settings: Settings, count: int, seed: int = 5) -> list[Share]:
    """Shares over `count` evenly drawn pairs, and over `count` evenly drawn of the plausible ones."""
    taking_part = pipeline.participants_of(store.statements(settings.fingerprint("statements")))
    articles = {article.article_id: article for article in store.articles()}
    vectors = store.vectors(models.encoder_id_of(settings.models), [one.text_hash for one in taking_part])
    blocked = {pair.pair_id for pair in pipeline.block(taking_part, vectors, articles, settings, lambda _: None)}
    rows = [row for row, one in enumerate(taking_part) if one.claim_gate is None]
    claims, vectors = [taking_part[row] for row in rows], vectors[rows]
    plausible = _plausibility(claims, vectors)
    even = _sample(claims, count=count, seed=seed, accept=lambda left, right: True)
    near = _sample(claims, count=count, seed=seed + 1, accept=plausible)
    drawn = sorted({*even, *near})
    judged = dict(zip(drawn, _judge(drawn, claims, vectors, articles, settings, blocked), strict=True))
    return shares([judged[pair] for pair in even], [judged[pair] for pair in near])


def shares(even: Sequence[Judged], near: Sequence[Judged]) -> list[Share]:
    """The table: all pairs, plausible pairs, plausible pairs by similarity, and what would have been reported."""
    rows = [
        _share("any two statements of different outlets", even),
        _share(f"similarity from {BANDS[0]:.2f} or a shared name", near),
    ]
    for low, high in itertools.pairwise(BANDS):
        name = f"… similarity {low:.2f} to {min(high, 1.0):.2f}"
        rows.append(_share(name, [pair for pair in near if low <= pair.similarity < high]))
    reported = [pair for pair in near if pair.reported]
    kept = sum(pair.kept for pair in reported)
    rows.append(Share("… that every later gate would have passed", len(near), len(reported), kept))
    return rows


def _share(name: str, judged: Sequence[Judged]) -> Share:
    strong = [pair for pair in judged if pair.strong]
    return Share(name, len(judged), len(strong), sum(pair.kept for pair in strong))


def _plausibility(claims: Sequence[Statement], vectors: NDArray[np.float32]) -> Callable[[int, int], bool]:
    names = [frozenset(entity.key for entity in claim.entities) for claim in claims]

    def plausible(left: int, right: int) -> bool:
        return bool(names[left] & names[right]) or float(vectors[left] @ vectors[right]) >= BANDS[0]

    return plausible


def _sample(
    claims: Sequence[Statement], *, count: int, seed: int, accept: Callable[[int, int], bool]
) -> list[tuple[int, int]]:
    """Different cross-outlet pairs drawn evenly; fewer when a hundred draws a pair do not find more."""
    draw = random.Random(seed)
    chosen: dict[tuple[int, int], None] = {}
    for _ in range(100 * count if len(claims) > 1 else 0):
        left, right = sorted((draw.randrange(len(claims)), draw.randrange(len(claims))))
        if claims[left].outlet_id != claims[right].outlet_id and accept(left, right):
            chosen[left, right] = None
            if len(chosen) == count:
                break
    return list(chosen)


def _judge(
    drawn: Sequence[tuple[int, int]],
    claims: Sequence[Statement],
    vectors: NDArray[np.float32],
    articles: Mapping[str, Article],
    settings: Settings,
    blocked: set[str],
) -> list[Judged]:
    nli = models.load_nli(settings.models)
    ends = [sorted((claims[left], claims[right]), key=lambda claim: claim.statement_id) for left, right in drawn]
    pairs = [
        CandidatePair(
            pair_id_of(first.statement_id, second.statement_id),
            first.statement_id,
            second.statement_id,
            float(vectors[left] @ vectors[right]),
            "sampled",
        )
        for (left, right), (first, second) in zip(drawn, ends, strict=True)
    ]
    probabilities = score_pairs_both_ways(nli, [(first.wording, second.wording) for first, second in ends])
    scores = {
        pair.pair_id: PairScore(pair.pair_id, nli.scorer_id, *both)
        for pair, both in zip(pairs, probabilities, strict=True)
    }
    findings = judge_pairs(
        pairs,
        scores,
        statements={claim.statement_id: claim for claim in claims},
        articles=articles,
        temperature=models.temperature_of(settings.models),
        settings=settings.conflicts,
    )
    return [
        Judged(
            similarity=pair.similarity,
            strong=_mean_contradiction(scores[pair.pair_id]) >= STRONG,
            reported=finding.relation == "contradicts",
            kept=pair.pair_id in blocked,
        )
        for pair, finding in zip(pairs, findings, strict=True)
    ]


def _mean_contradiction(score: PairScore) -> float:
    return (score.forward.contradiction + score.backward.contradiction) / 2
