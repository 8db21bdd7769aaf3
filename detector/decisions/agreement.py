"""How far reviewers agree: Krippendorff's alpha over the questions that two or more of them decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from detector.records import Decision, Review

_NUMBER = {decision: float(place) for place, decision in enumerate(get_args(Decision))}


def alpha_of(units: Sequence[Mapping[str, Review]]) -> float | None:
    """Nominal alpha of decisions, by reviewer for each question: 1 full agreement, 0 what chance gives, below 0 worse than chance.

    None where it is not defined: no question was decided twice, or only one decision was ever given.
    """
    twice = [unit for unit in units if len(unit) > 1]
    reviewers = sorted({name for unit in twice for name in unit})
    given = {review.decision for unit in twice for review in unit.values()}
    if len(given) < 2:
        return None
    import krippendorff
    import numpy as np

    ratings = np.full((len(reviewers), len(twice)), np.nan)
    for column, unit in enumerate(twice):
        for name, review in unit.items():
            if review.decision is not None:
                ratings[reviewers.index(name), column] = _NUMBER[review.decision]
    return round(float(krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal")), 4)
