"""How often decisions confirm what the program found, by kind, lane and factor; and what that means for the ranking."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from detector.decisions.agreement import alpha_of
from detector.decisions.states import standing
from detector.decisions.values import Precision, ReviewState, Stats
from detector.records import Conflict, Review, ScoreFactor

PRIOR_NAME = "review history"
PULL = 5
"""Decisions that a cell must outweigh before its own rate counts more than that of the others: with 10, the fewest that
count, two thirds of the difference are believed."""
HALF = 10
"""Decisions at one half that stand in for questions of other sorts where there are few."""
_Z95 = 1.959964
_BANDS = (("low", 1 / 3), ("middle", 2 / 3), ("high", math.inf))


def judged(states: Mapping[str, ReviewState], orphaned: Sequence[Review] = ()) -> list[Review]:
    """One decision a question, the latest standing one; questions that are in no conflict now count by their last id."""
    latest = [state.review for state in states.values() if state.review is not None]
    gone = {review.conflict_id: review for review in standing(orphaned) if review.action == "decide"}
    return sorted([*latest, *gone.values()], key=lambda one: (one.created_at, one.review_id))


def judged_by(states: Mapping[str, ReviewState], orphaned: Sequence[Review] = ()) -> list[dict[str, Review]]:
    """Each reviewer's standing decision, for every question that was decided."""
    gone: dict[str, dict[str, Review]] = defaultdict(dict)
    for review in standing(orphaned):
        if review.action == "decide":
            gone[review.conflict_id][review.reviewer] = review
    return [dict(state.by_reviewer) for state in states.values() if state.by_reviewer] + list(gone.values())


def stats_of(states: Mapping[str, ReviewState], orphaned: Sequence[Review] = ()) -> Stats:
    """What the decisions say, those on questions of earlier runs included."""
    decisions, units = judged(states, orphaned), judged_by(states, orphaned)
    twice = [unit for unit in units if len(unit) > 1]
    reasons = Counter(review.reason for review in decisions if review.reason is not None)
    return Stats(
        precision=precision_of(decisions),
        reviewers=tuple(sorted(Counter(name for unit in units for name in unit).items())),
        alpha=alpha_of(twice),
        judged_twice=len(twice),
        disputed=sum(len({review.decision for review in unit.values()}) > 1 for unit in twice),
        reasons=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
    )


def precision_of(decisions: Sequence[Review]) -> tuple[Precision, ...]:
    """Precision of all, then by kind, lane and factor band; decisions are one a question, as `judged` gives them."""
    cells: dict[tuple[Literal["all", "kind", "lane", "factor"], str], list[Review]] = defaultdict(list)
    for review in decisions:
        cells["all", "all"].append(review)
        if review.kind is not None:
            cells["kind", review.kind].append(review)
        if review.lane is not None:
            cells["lane", review.lane].append(review)
        for name, value in review.factors:
            if name != PRIOR_NAME:
                cells["factor", f"{name}: {band_of(value)}"].append(review)
    order = ("all", "kind", "lane", "factor")
    return tuple(
        _precision(of, name, cells[of, name])
        for of, name in sorted(cells, key=lambda cell: (order.index(cell[0]), cell[1]))
    )


def band_of(value: float) -> str:
    """A factor's value as a third of its range: low, middle, high."""
    return next(name for name, below in _BANDS if value < below)


def _precision(of: Literal["all", "kind", "lane", "factor"], name: str, decisions: Sequence[Review]) -> Precision:
    counts = Counter(review.decision for review in decisions)
    confirmed, rejected = counts["confirmed"], counts["rejected"]
    made = Precision(of, name, confirmed, rejected, counts["unclear"], counts["duplicate"])
    if not confirmed + rejected:
        return made
    low, high = wilson(confirmed, confirmed + rejected)
    return replace(made, rate=round(confirmed / (confirmed + rejected), 4), low=low, high=high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate; it stays within 0..1 and holds for few trials."""
    rate, square = successes / trials, _Z95**2
    centre = (rate + square / (2 * trials)) / (1 + square / trials)
    half = _Z95 * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2)) / (1 + square / trials)
    return round(max(0.0, centre - half), 4), round(min(1.0, centre + half), 4)


@dataclass(frozen=True, slots=True)
class Priors:
    """What earlier decisions say of conflicts of each sort: by kind and lane, else by kind, else by lane."""

    factors: Mapping[tuple[str, str], ScoreFactor]

    def of(self, conflict: Conflict) -> ScoreFactor | None:
        """The factor of a conflict, None where too few of its sort were decided."""
        cells = ((conflict.kind, conflict.lane), (conflict.kind, ""), ("", conflict.lane))
        return next((self.factors[cell] for cell in cells if cell in self.factors), None)


def prior_of(decisions: Iterable[Review], *, minimum: int) -> Priors:
    """Factors from decisions, one a question; a sort counts with `minimum` confirmed or rejected questions or more.

    The value is how much more often this sort was confirmed than all others were, in -1..1: both rates are smoothed,
    its own towards that of the others, theirs towards one half.
    """
    from detector.conflicts.ranking import FACTOR_WEIGHTS

    cells: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for review in decisions:
        if review.decision in ("confirmed", "rejected") and review.kind is not None and review.lane is not None:
            total[review.decision] += 1
            for cell in ((review.kind, review.lane), (review.kind, ""), ("", review.lane)):
                cells[cell][review.decision] += 1
    factors = {
        (kind, lane): ScoreFactor(
            PRIOR_NAME, _lift(counts, total), FACTOR_WEIGHTS[PRIOR_NAME], _reason(kind, lane, counts)
        )
        for (kind, lane), counts in sorted(cells.items())
        if counts.total() >= minimum
    }
    return Priors(factors)


def _lift(counts: Counter[str], total: Counter[str]) -> float:
    others = total - counts
    elsewhere = (others["confirmed"] + HALF / 2) / (others.total() + HALF)
    here = (counts["confirmed"] + PULL * elsewhere) / (counts.total() + PULL)
    return round(here - elsewhere, 4)


def _reason(kind: str, lane: str, counts: Counter[str]) -> str:
    of_lane = "conflicts" if lane == "conflict" else f"entries in the {lane} lane" if lane else "entries"
    return f"{counts['confirmed']} of {counts.total()} {kind} {of_lane} confirmed".replace("  ", " ")


def with_priors(conflicts: Sequence[Conflict], priors: Priors) -> tuple[Conflict, ...]:
    """The conflicts with the factor where it is known, ranked again."""
    if not priors.factors:
        return tuple(conflicts)
    from detector.conflicts.ranking import rank

    made = []
    for conflict in conflicts:
        factor = priors.of(conflict)
        made.append(replace(conflict, factors=(*conflict.factors, factor)) if factor is not None else conflict)
    return rank(made, limit=len(made))
