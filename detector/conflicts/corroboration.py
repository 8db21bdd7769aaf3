"""Third statements: one that says the same as one of two statements and contradicts the other corroborates that these two conflict.

What a pair is, is judged from the pair first; then from what other pairs tell of it (collective classification: Sen et al., "Collective
Classification in Network Data", AI Magazine 29(3), 2008).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from detector.records import QUOTE_RULE, CandidatePair, Statement

NOTICED = 0.10
"""Probability from which a pair can be corroborated, and from which a contradiction or an agreement is a link to a third statement."""


class Judged(Protocol):
    """A pair judged by itself."""

    @property
    def pair(self) -> CandidatePair: ...

    @property
    def probability(self) -> float: ...

    @property
    def agreement(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Witness:
    """A third statement; `strength` is the probability that it says the same as one of two statements times the probability that
    it contradicts the other."""

    statement_id: str
    strength: float

    def features(self, probability: float) -> tuple[float, float]:
        """What the model of corroborated pairs sees beside the probability of the pair by itself: the logit of this and the logarithm
        of the strength."""
        bounded = min(max(probability, 0.005), 0.995)
        return math.log(bounded / (1.0 - bounded)), math.log(self.strength + NOTICED**2)


def statement_origins(statements: Iterable[Statement], origins: Mapping[str, str]) -> dict[str, str]:
    """The origin of each statement by its id; `origins` is by article id, an article that is not in it has its own."""
    return {one.statement_id: origins.get(one.article_id, one.article_id) for one in statements}


def witnesses_of(judged: Iterable[Judged], origin_of: Mapping[str, str]) -> dict[str, Witness]:
    """The strongest witness of every pair that has one, by pair id. `origin_of` has the origin of each statement: another copy of one of
    the two statements is no witness."""
    noticed = [one for one in judged if one.pair.rule != QUOTE_RULE and max(one.probability, one.agreement) >= NOTICED]
    links: dict[str, dict[str, Judged]] = {}
    for one in noticed:
        links.setdefault(one.pair.left_id, {})[one.pair.right_id] = one
        links.setdefault(one.pair.right_id, {})[one.pair.left_id] = one
    found = {}
    for one in noticed:
        if one.probability >= NOTICED and (witness := _witness(one.pair, links, origin_of)) is not None:
            found[one.pair.pair_id] = witness
    return found


def _witness(
    pair: CandidatePair, links: Mapping[str, Mapping[str, Judged]], origin_of: Mapping[str, str]
) -> Witness | None:
    fewer, more = sorted((links[pair.left_id], links[pair.right_id]), key=len)
    copies = origin_of[pair.left_id], origin_of[pair.right_id]
    known = [
        Witness(third, max(_same(link) * _apart(more[third]), _apart(link) * _same(more[third])))
        for third, link in fewer.items()
        if third in more and origin_of[third] not in copies
    ]
    strongest = max(known, key=lambda one: (one.strength, one.statement_id), default=None)
    return strongest if strongest is not None and strongest.strength > 0.0 else None


def _same(judged: Judged) -> float:
    return judged.agreement if judged.agreement >= NOTICED else 0.0


def _apart(judged: Judged) -> float:
    return judged.probability if judged.probability >= NOTICED else 0.0
