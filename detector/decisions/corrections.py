"""What people corrected about conflicts themselves: a statement split off or moved to another side, two conflicts merged.

A correction is applied to whatever later runs find of the same question, so it wins over automatic grouping; it holds
for a sentence as its outlet worded it, and a reworded one is judged anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from detector.decisions.evidence import likeness
from detector.decisions.matching import Questions
from detector.decisions.states import CORRECTIONS, standing
from detector.decisions.values import Corrected, Departure
from detector.records import (
    Article,
    Conflict,
    Outcome,
    PairFinding,
    Review,
    ScoreFactor,
    SeenStatement,
    Stance,
    Statement,
)

Origins = Callable[[Sequence[Article]], Mapping[str, str]]
"""Gives the origin of each article by id (`corpus.origins.origin_groups`); asked only for those of corrected conflicts."""
SAME_SIDE = 0.20
"""Share of words from which two sides of merged conflicts are one, when nothing else tells: the same figure told of the
same thing keeps .25 and more, another figure of it .1 to .2."""


def apply_corrections(
    outcome: Outcome,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    reviews: Sequence[Review],
    *,
    origins: Origins,
    window_days: float,
) -> Outcome:
    """The outcome with every standing correction in it, ranked again. `articles` is by id, as the run used them, and
    `window_days` the run's setting."""
    return corrected(outcome, statements, articles, reviews, origins=origins, window_days=window_days).outcome


def corrected(
    outcome: Outcome,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    reviews: Sequence[Review],
    *,
    origins: Origins,
    window_days: float,
) -> Corrected:
    """The same, with the conflicts that left the list and the corrections whose question is in no conflict now.

    Conflicts keep their ids; one without two sides that exclude each other leaves the list.
    """
    corrections = [review for review in standing(reviews) if review.action in CORRECTIONS]
    if not corrections:
        return Corrected(outcome)
    desk = _Desk(outcome.conflicts, statements)
    unmatched = tuple(review for review in corrections if not desk.correct(review))
    changed = {draft.conflict.conflict_id: draft for draft in desk.drafts.values() if draft.corrected_by is not None}
    if not changed:
        return Corrected(outcome, (), unmatched)
    from detector.conflicts.ranking import rank

    findings = {finding.pair.pair_id: finding for finding in outcome.findings}
    members = {member for draft in changed.values() for side in draft.sides for member in side}
    homes = sorted({statements[member].article_id for member in members})
    known = origins([articles[article_id] for article_id in homes])
    rebuild = _Rebuilding(findings, statements, articles, known, _topics(outcome), window_days)
    kept: list[Conflict] = []
    departures: list[Departure] = []
    for conflict in outcome.conflicts:
        draft = changed.get(conflict.conflict_id)
        again = rebuild(draft) if draft is not None else conflict
        if isinstance(again, Conflict):
            kept.append(again)
        else:
            departures.append(again)
    conflicts = rank(kept, limit=len(kept))
    shown = {pair_id for conflict in conflicts for pair_id in conflict.pair_ids}
    held = tuple(finding for finding in outcome.findings if finding.pair.pair_id in shown)
    return Corrected(replace(outcome, conflicts=conflicts, findings=held), tuple(departures), unmatched)


def _topics(outcome: Outcome) -> dict[str, str]:
    return {member: topic.topic_id for topic in outcome.topics for member in topic.statement_ids}


@dataclass(slots=True)
class _Draft:
    """A conflict being corrected: its sides as lists, its pairs, what was last done to it, what it was merged into."""

    conflict: Conflict
    sides: list[list[str]]
    pair_ids: set[str]
    also: list[Conflict]
    corrected_by: Review | None = None
    into: str | None = None

    def side_of(self, statement_id: str) -> int | None:
        return next((place for place, side in enumerate(self.sides) if statement_id in side), None)


class _Desk:
    """Conflicts under correction, drafted when first named. Questions are found among them as the run made them."""

    def __init__(self, conflicts: Sequence[Conflict], statements: Mapping[str, Statement]) -> None:
        self._statements = statements
        self._questions = Questions(conflicts, statements)
        self._conflicts = {one.conflict_id: one for one in conflicts}
        self.drafts: dict[str, _Draft] = {}

    def correct(self, review: Review) -> bool:
        """Whether the question was found; what a later run has already put right needs no change."""
        draft = self._draft(review.conflict_id, review.seen)
        if draft is None:
            return False
        if review.action == "merge":
            other = self._draft(review.other_id or "", review.other_seen)
            if other is None:
                return False
            if other is not draft:
                self._merge(draft, other, review)
        elif review.action == "split":
            self._split(draft, review)
        else:
            self._move(draft, review)
        return True

    def _draft(self, conflict_id: str, seen: Sequence[SeenStatement]) -> _Draft | None:
        found = self._questions.find(conflict_id, seen)
        draft = self._drafted(found) if found is not None else None
        while draft is not None and draft.into is not None:
            draft = self._drafted(draft.into)
        return draft

    def _drafted(self, conflict_id: str) -> _Draft:
        if conflict_id not in self.drafts:
            one = self._conflicts[conflict_id]
            sides = [list(side.statement_ids) for side in one.sides]
            self.drafts[conflict_id] = _Draft(one, sides, set(one.pair_ids), [])
        return self.drafts[conflict_id]

    def _member(self, draft: _Draft, statement_id: str | None, seen: Sequence[SeenStatement]) -> str | None:
        """The statement of this id on the draft, else the one of the same outlet and wording."""
        if statement_id is not None and draft.side_of(statement_id) is not None:
            return statement_id
        meant = next((one for one in seen if one.statement_id == statement_id), None)
        if meant is None:
            return None
        known = {one.statement_id for one in seen}
        members = (self._statements[member] for side in draft.sides for member in side if member not in known)
        twins = (m for m in members if (m.outlet_id, m.text_hash) == (meant.outlet_id, meant.text_hash))
        return next((twin.statement_id for twin in twins), None)

    def _split(self, draft: _Draft, review: Review) -> None:
        member = self._member(draft, review.statement_id, review.seen)
        if member is not None:
            draft.sides = [[one for one in side if one != member] for side in draft.sides]
            draft.corrected_by = review

    def _move(self, draft: _Draft, review: Review) -> None:
        member = self._member(draft, review.statement_id, review.seen)
        if member is None:
            return
        target = self._target(draft, review, member)
        if target is not None and member not in draft.sides[target]:
            draft.sides = [[one for one in side if one != member] for side in draft.sides]
            draft.sides[target].append(member)
            draft.corrected_by = review

    def _target(self, draft: _Draft, review: Review, member: str) -> int | None:
        """The side of the statement that the move names, else the one with most of what was seen beside that."""
        named = self._member(draft, review.to_side, review.seen)
        if named is not None and named != member:
            return draft.side_of(named)
        wanted = next((one.side for one in review.seen if one.statement_id == review.to_side), None)
        beside = (one.statement_id for one in review.seen if one.side == wanted)
        found = (self._member(draft, one, review.seen) for one in beside)
        places = Counter(draft.side_of(one) for one in found if one is not None and one != member)
        return max(places, key=lambda place: (places[place], -(place or 0))) if places else None

    def _merge(self, draft: _Draft, other: _Draft, review: Review) -> None:
        draft.sides, other.sides = ([side for side in one.sides if side] for one in (draft, other))
        beside = _beside(draft.sides, other.sides, self._statements)
        present = {member for side in draft.sides for member in side}
        for place, members in enumerate(other.sides):
            new = [member for member in members if member not in present]
            if place in beside:
                draft.sides[beside[place]].extend(new)
            elif new:
                draft.sides.append(new)
        draft.pair_ids |= other.pair_ids
        draft.also += [other.conflict, *other.also]
        draft.corrected_by = other.corrected_by = review
        other.into = draft.conflict.conflict_id


def _beside(
    sides: Sequence[Sequence[str]], others: Sequence[Sequence[str]], statements: Mapping[str, Statement]
) -> dict[int, int]:
    """Which side each side of the other conflict joins: by shared statements, then stance, then outlets, then words.

    Each joins a side of its own; one that has too little in common with any becomes a further side.
    """
    stances = [_stance(side, statements) for side in sides]
    other_stances = [_stance(side, statements) for side in others]
    fits = []
    for place, side in enumerate(sides):
        for other, members in enumerate(others):
            shared = len({statements[m].text_hash for m in side} & {statements[m].text_hash for m in members})
            outlets = len({statements[m].outlet_id for m in side} & {statements[m].outlet_id for m in members})
            words = max(likeness(statements[one].text, statements[two].text) for one in side for two in members)
            here, there = stances[place], other_stances[other]
            same_stance = here is not None and here == there
            apart = here is not None and there is not None and here != there
            if shared or (not apart and (same_stance or outlets or words >= SAME_SIDE)):
                fits.append((-shared, not same_stance, -outlets, -round(words, 6), place, other))
    joined: dict[int, int] = {}
    for *_, place, other in sorted(fits):
        if other not in joined and place not in joined.values():
            joined[other] = place
    return joined


def _stance(side: Sequence[str], statements: Mapping[str, Statement]) -> Stance | None:
    from detector.conflicts.stance import stance_of_side

    return stance_of_side(statements[side[0]], [statements[member] for member in side])


@dataclass(frozen=True, slots=True)
class _Rebuilding:
    """Makes a conflict of a draft as the ranking stage makes one of a group, so that everything on it holds again."""

    findings: Mapping[str, PairFinding]
    statements: Mapping[str, Statement]
    articles: Mapping[str, Article]
    origins: Mapping[str, str]
    topics: Mapping[str, str]
    window_days: float

    def __call__(self, draft: _Draft) -> Conflict | Departure:
        from detector.conflicts.grouping import Group
        from detector.conflicts.ranking import build_conflict

        review, conflict = draft.corrected_by, draft.conflict
        if review is None:
            return conflict
        if draft.into is not None:
            return Departure(conflict, review, "merged with another", draft.into)
        sides = [side for side in draft.sides if side]
        if len(sides) < 2:
            return Departure(conflict, review, f"fewer than two sides are left after a {review.action}")
        pairs = sorted(pair_id for pair_id in draft.pair_ids if self._across(pair_id, sides))
        if not pairs:
            return Departure(conflict, review, f"no contradicting pair is left between sides after a {review.action}")
        again = build_conflict(
            Group(sides, [self.findings[pair_id] for pair_id in pairs]),
            statements=self.statements,
            articles=self.articles,
            origins=self.origins,
            topics=self.topics,
            window_days=self.window_days,
        )
        factors = tuple(map(_fewest_repeats([conflict, *draft.also]), again.factors))
        question = conflict.question if self._strongest(conflict) in pairs else again.question
        return replace(again, conflict_id=conflict.conflict_id, question=question, factors=factors)

    def _strongest(self, conflict: Conflict) -> str:
        """The pair that the question is asked of."""
        known = ((self.findings[one].probability, one) for one in conflict.pair_ids if one in self.findings)
        return max(known, default=(0.0, ""))[1]

    def _across(self, pair_id: str, sides: Sequence[Sequence[str]]) -> bool:
        found = self.findings.get(pair_id)
        if found is None:
            return False
        ends = (found.pair.left_id, found.pair.right_id)
        homes = [next((place for place, side in enumerate(sides) if end in side), None) for end in ends]
        return None not in homes and homes[0] != homes[1]


def _fewest_repeats(conflicts: Sequence[Conflict]) -> Callable[[ScoreFactor], ScoreFactor]:
    """Puts the run's factor "repeats" in place of a new one: only the run knows what every group showed."""
    counted = [factor for conflict in conflicts for factor in conflict.factors if factor.name == "repeats"]
    fewest = min(counted, key=lambda factor: factor.value, default=None)
    return lambda factor: fewest if fewest is not None and factor.name == "repeats" else factor
