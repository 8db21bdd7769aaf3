"""Which question a review belongs to now: that of its id, else the one that shares most of what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from detector.decisions.evidence import REWORDED, likeness
from detector.records import Conflict, Review, SeenStatement, Statement


class _Place(NamedTuple):
    """Where a statement stands: conflict and side by number."""

    conflict: int
    side: int


@dataclass(frozen=True, slots=True)
class _Overlap:
    """How much of what was seen stands in one conflict: numbers of its sides by side seen, and how many statements."""

    sides: frozenset[tuple[int, int]]
    same: int
    reworded: int

    @property
    def opposed(self) -> bool:
        """Whether statements of two sides seen stand on two sides now."""
        return any(
            then != other_then and now != other_now for then, now in self.sides for other_then, other_now in self.sides
        )


class Questions:
    """The conflicts of an outcome, found by what a reviewer saw. Asked often: nothing in it is n times m.

    Most reviews are of conflicts that are still there; the indexes are made for the first that is not.
    """

    def __init__(self, conflicts: Sequence[Conflict], statements: Mapping[str, Statement]) -> None:
        self._ids = [conflict.conflict_id for conflict in conflicts]
        self._known = set(self._ids)
        self._conflicts = conflicts
        self._statements = statements
        self._found: dict[tuple[str, ...], str | None] = {}

    def _placed(self) -> Iterator[tuple[Statement, _Place]]:
        for number, conflict in enumerate(self._conflicts):
            for side, members in enumerate(conflict.sides):
                place = _Place(number, side)
                for statement_id in members.statement_ids:
                    yield self._statements[statement_id], place

    @cached_property
    def _by_id(self) -> Mapping[str, list[_Place]]:
        found: dict[str, list[_Place]] = defaultdict(list)
        for statement, place in self._placed():
            found[statement.statement_id].append(place)
        return found

    @cached_property
    def _by_wording(self) -> Mapping[tuple[str, str], list[_Place]]:
        found: dict[tuple[str, str], list[_Place]] = defaultdict(list)
        for statement, place in self._placed():
            found[statement.outlet_id, statement.text_hash].append(place)
        return found

    @cached_property
    def _by_article(self) -> Mapping[str, list[tuple[Statement, _Place]]]:
        found: dict[str, list[tuple[Statement, _Place]]] = defaultdict(list)
        for statement, place in self._placed():
            found[statement.article_id].append((statement, place))
        return found

    def _size(self, number: int) -> int:
        return sum(len(side.statement_ids) for side in self._conflicts[number].sides)

    def of_review(self, review: Review) -> str | None:
        """The conflict that the review is about, None when its question is in none now."""
        return self.find(review.conflict_id, review.seen)

    def find(self, conflict_id: str, seen: Sequence[SeenStatement]) -> str | None:
        """The conflict of this id, else the best match for what was seen."""
        if conflict_id in self._known:
            return conflict_id
        key = (conflict_id, *(f"{one.side} {one.statement_id}" for one in seen))
        if key not in self._found:
            self._found[key] = self._best(seen)
        return self._found[key]

    def _best(self, seen: Sequence[SeenStatement]) -> str | None:
        """The conflict with statements of two opposing sides seen: most statements, fewest others, smallest id."""
        overlaps = self._overlaps(seen)
        fitting = [(number, overlap) for number, overlap in overlaps.items() if overlap.opposed]
        if not fitting:
            return None
        number, _ = min(
            fitting,
            key=lambda one: (
                -one[1].same - one[1].reworded,
                -one[1].same,
                self._size(one[0]),
                self._ids[one[0]],
            ),
        )
        return self._ids[number]

    def _overlaps(self, seen: Sequence[SeenStatement]) -> dict[int, _Overlap]:
        sides: dict[int, set[tuple[int, int]]] = defaultdict(set)
        same: dict[int, int] = defaultdict(int)
        reworded: dict[int, int] = defaultdict(int)
        for one in seen:
            exact = {*self._by_id.get(one.statement_id, ()), *self._by_wording.get((one.outlet_id, one.text_hash), ())}
            places, counts = (exact, same) if exact else (self._reworded(one), reworded)
            for number in {place.conflict for place in places}:
                counts[number] += 1
            for place in places:
                sides[place.conflict].add((one.side, place.side))
        return {number: _Overlap(frozenset(sides[number]), same[number], reworded[number]) for number in sides}

    def _reworded(self, one: SeenStatement) -> set[_Place]:
        """Where the nearest wording of the sentence in a later revision of its article stands."""
        later = [
            (likeness(one.text, statement.text), statement.statement_id, place)
            for statement, place in self._by_article.get(one.article_id, ())
            if statement.revision > one.revision
        ]
        near = [found for found in later if found[0] >= REWORDED]
        if not near:
            return set()
        nearest = min(near, key=lambda found: (-found[0], found[1]))[1]
        return {place for _, statement_id, place in near if statement_id == nearest}
