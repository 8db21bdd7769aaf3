"""What is made of reviews: the state of each question, what changed since it was seen, and what decisions teach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detector.records import Conflict, Decision, Outcome, Review, SeenStatement

ReviewStatus = Literal["open", "decided", "stale"]

FOLDED: frozenset[Decision] = frozenset({"rejected", "duplicate"})
"""Decisions that take a question out of the way: reports list it at their end, folded."""


@dataclass(frozen=True, slots=True)
class EvidenceChange:
    """What differs between what a reviewer saw and what stands there now.

    `side` of a statement in `removed`, and the numbers in `sides_gone`, count the sides as they were seen; `side` in
    `added` and `moved` counts the sides of now. A sentence that its outlet reworded is in `removed` and in `added`,
    and the two together in `reworded`.
    """

    added: tuple[SeenStatement, ...] = ()
    removed: tuple[SeenStatement, ...] = ()
    moved: tuple[SeenStatement, ...] = ()
    sides_gone: tuple[int, ...] = ()
    reworded: tuple[tuple[SeenStatement, SeenStatement], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.moved or self.sides_gone)


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What people have said of one question, and whether it still rests on what they saw.

    `review` is the latest standing decision and `decision` its value; both are None while the question is open.
    `change` is since that review: None while open, empty when nothing changed. `reviews` holds all reviews of this
    question, oldest first, undone ones included; `corrections` the standing splits, moves and merges among them.
    `duplicate_of` is the entry that this one repeats, when it stands in the same list.
    """

    status: ReviewStatus = "open"
    decision: Decision | None = None
    review: Review | None = None
    reviews: tuple[Review, ...] = ()
    undone_ids: frozenset[str] = frozenset()
    by_reviewer: tuple[tuple[str, Review], ...] = ()
    disputed: bool = False
    change: EvidenceChange | None = None
    notes: tuple[Review, ...] = ()
    corrections: tuple[Review, ...] = ()
    duplicate_of: str | None = None

    @property
    def folded(self) -> bool:
        """Whether reports list it at their end: rejected or a duplicate, undisputed, on the evidence of now."""
        if self.status != "decided" or self.disputed or self.decision not in FOLDED:
            return False
        return self.decision == "rejected" or self.duplicate_of is not None


@dataclass(frozen=True, slots=True)
class Departure:
    """A conflict that corrections took off the list: merged into `into`, or left without two sides that exclude."""

    conflict: Conflict
    review: Review
    reason: str
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """An outcome with people's corrections in it. `unmatched` are corrections whose question is in no conflict now."""

    outcome: Outcome
    departures: tuple[Departure, ...] = ()
    unmatched: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Precision:
    """How many decided questions of one sort were confirmed; duplicates and unclear ones are counted apart.

    `rate` is confirmed / (confirmed + rejected), None without either; `low` and `high` bound it (Wilson, 95 %).
    """

    of: Literal["all", "kind", "lane", "factor"]
    name: str
    confirmed: int
    rejected: int
    unclear: int = 0
    duplicate: int = 0
    rate: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """What decisions say of the program and of the reviewers. `alpha` is Krippendorff's, None where undefined."""

    precision: tuple[Precision, ...]
    reviewers: tuple[tuple[str, int], ...]
    alpha: float | None
    judged_twice: int
    disputed: int
    reasons: tuple[tuple[str, int], ...] = ()
