"""Reviews made, undone, and brought to the questions they belong to now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from detector.decisions.evidence import change_of, seen_of
from detector.decisions.matching import Questions
from detector.decisions.plain import plain_line, plain_lines
from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.records import (
    Conflict,
    Decision,
    RejectReason,
    Review,
    ReviewAction,
    SeenStatement,
    Statement,
    digest,
    evidence_hash_of,
)

__all__ = ["make_review", "make_undo", "orphans", "review_states", "seen_of", "standing", "undone"]

MOST_NAME, MOST_NOTE = 80, 4_000
"""Characters of a reviewer's name and of a note: more is a mistake of pasting, and every page shows them."""
CORRECTIONS: frozenset[ReviewAction] = frozenset({"split", "move", "merge"})


def make_review(
    conflict: Conflict,
    statements: Mapping[str, Statement],
    *,
    reviewer: str,
    now: datetime,
    action: ReviewAction = "decide",
    decision: Decision | None = None,
    reason: RejectReason | None = None,
    note: str = "",
    other: Conflict | None = None,
    other_id: str | None = None,
    statement_id: str | None = None,
    to_side: str | None = None,
    seen: tuple[SeenStatement, ...] | None = None,
) -> Review:
    """A review of a conflict as it stands, or of the evidence `seen` when that was seen at another time.

    `other` is the conflict that a merge takes in or that a duplicate repeats, `other_id` the review that an undo takes
    back, `to_side` any statement of the side that a move leads to. Two equal calls at one moment make one review.

    Raises InputError: what was given does not go together.
    """
    _require_parts(conflict, action, decision, reason, note, other, other_id)
    if action in ("split", "move"):
        _require_statement(conflict, action, statement_id, to_side)
    elif statement_id is not None or to_side is not None:
        raise InputError(f"a {action} names no statement; only split and move do")
    named = other.conflict_id if other is not None else other_id
    return _recorded(
        Review(
            review_id="",
            conflict_id=conflict.conflict_id,
            reviewer=reviewer_name(reviewer),
            created_at=now,
            action=action,
            decision=decision,
            reason=reason,
            note=_note(note),
            other_id=named,
            statement_id=statement_id,
            to_side=to_side,
            question=conflict.question,
            evidence_hash=conflict.evidence_hash if seen is None else evidence_hash_of(one.text_hash for one in seen),
            seen=seen_of(conflict, statements) if seen is None else seen,
            other_seen=seen_of(other, statements) if other is not None else (),
            kind=conflict.kind,
            lane=conflict.lane,
            factors=tuple((factor.name, factor.value) for factor in conflict.factors),
        )
    )


def make_undo(review: Review, *, reviewer: str, now: datetime, note: str = "") -> Review:
    """Takes a review back, also one whose question is in no conflict now, and also an undo."""
    return _recorded(
        Review(
            review_id="",
            conflict_id=review.conflict_id,
            reviewer=reviewer_name(reviewer),
            created_at=now,
            action="undo",
            note=_note(note),
            other_id=review.review_id,
            question=review.question,
            evidence_hash=review.evidence_hash,
            seen=review.seen,
            kind=review.kind,
            lane=review.lane,
        )
    )


def reviewer_name(name: str) -> str:
    """The name on one line. Raises InputError: it is empty or too long."""
    folded = plain_line(name)
    if not folded:
        raise InputError("a review needs the name of its reviewer; give --reviewer NAME or set DETECTOR_REVIEWER")
    if len(folded) > MOST_NAME:
        raise InputError(f"a reviewer's name of {len(folded)} characters; expected {MOST_NAME} at most")
    return folded


def _note(note: str) -> str:
    clean = plain_lines(note)
    if len(clean) > MOST_NOTE:
        raise InputError(f"a note of {len(clean):,} characters; expected {MOST_NOTE:,} at most")
    return clean


def _recorded(review: Review) -> Review:
    """The review with its moment in UTC and the id that follows from all it says."""
    moment = review.created_at.astimezone(UTC)
    seen = (f"{one.side} {one.statement_id} {one.text_hash}" for one in (*review.seen, *review.other_seen))
    review_id = digest(
        "review",
        review.conflict_id,
        review.reviewer,
        moment.isoformat(),
        review.action,
        review.decision,
        review.reason,
        review.note,
        review.other_id,
        review.statement_id,
        review.to_side,
        review.evidence_hash,
        *seen,
    )
    return replace(review, review_id=review_id, created_at=moment)


def _require_parts(
    conflict: Conflict,
    action: ReviewAction,
    decision: Decision | None,
    reason: RejectReason | None,
    note: str,
    other: Conflict | None,
    other_id: str | None,
) -> None:
    if (action == "decide") != (decision is not None):
        raise InputError(f"{action} with decision {decision}; a decision belongs to the action decide, and to no other")
    if reason is not None and decision != "rejected":
        raise InputError(f"reason {reason} with decision {decision}; only a rejection has a reason")
    needs_other = action == "merge" or decision == "duplicate"
    if needs_other and other is None:
        raise InputError(f"{decision or action} of nothing; name the other conflict")
    if not needs_other and other is not None:
        raise InputError(f"{decision or action} names no other conflict; only merge and duplicate do")
    if other is not None and other.conflict_id == conflict.conflict_id:
        raise InputError(f"{conflict.conflict_id}: the other conflict is the same one; expected another")
    if (action == "undo") != (other_id is not None) and other is None:
        raise InputError(f"{action} with review {other_id}; an undo names the review that it takes back")
    if action == "note" and not note.strip():
        raise InputError(
            "nothing to record, a note without words; give a decision (confirmed, rejected, unclear, duplicate) or write a note"
        )


def _require_statement(conflict: Conflict, action: ReviewAction, statement_id: str | None, to_side: str | None) -> None:
    homes = {one: place for place, side in enumerate(conflict.sides) for one in side.statement_ids}
    if statement_id not in homes:
        raise InputError(f"statement {statement_id} is on no side of {conflict.conflict_id}; name one that is")
    if action == "split" and to_side is not None:
        raise InputError("a split leads to no side; use move")
    if action == "move":
        if to_side not in homes:
            raise InputError(f"side of statement {to_side}: no such side; name a statement of the side to move to")
        if homes[to_side] == homes[statement_id]:
            raise InputError(f"statement {statement_id} is on that side already; name another side")


def undone(reviews: Sequence[Review]) -> frozenset[str]:
    """Ids of what is taken back. Reviews come as they were recorded, so that an undo undoes what stands before it."""
    taken_back: set[str] = set()
    for review in reversed(reviews):
        if review.action == "undo" and review.review_id not in taken_back and review.other_id is not None:
            taken_back.add(review.other_id)
    return frozenset(taken_back)


def standing(reviews: Sequence[Review]) -> list[Review]:
    """Reviews that hold: without what was undone, and without the undos."""
    taken_back = undone(reviews)
    return [review for review in reviews if review.action != "undo" and review.review_id not in taken_back]


def review_states(
    conflicts: Sequence[Conflict], statements: Mapping[str, Statement], reviews: Sequence[Review]
) -> dict[str, ReviewState]:
    """The state of every conflict, by id. Reviews come as they were recorded, conflicts as they are to be shown."""
    questions = Questions(conflicts, statements)
    homes = _homes(questions, reviews)
    of_conflict: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        home = homes[review.review_id]
        if home is not None:
            of_conflict[home].append(review)
    taken_back = undone(reviews)
    repeats = _repeats(conflicts, of_conflict, taken_back, questions)
    return {
        conflict.conflict_id: _state(
            conflict,
            statements,
            of_conflict.get(conflict.conflict_id, ()),
            taken_back,
            repeats.get(conflict.conflict_id),
        )
        for conflict in conflicts
    }


def orphans(
    conflicts: Sequence[Conflict], statements: Mapping[str, Statement], reviews: Sequence[Review]
) -> list[Review]:
    """Reviews whose question is in no conflict now. They are kept, and come back when the question does."""
    homes = _homes(Questions(conflicts, statements), reviews)
    return [review for review in reviews if homes[review.review_id] is None]


def _homes(questions: Questions, reviews: Sequence[Review]) -> dict[str, str | None]:
    """The conflict of each review; an undo stays with what it undoes."""
    homes: dict[str, str | None] = {}
    for review in reviews:
        undoes = review.other_id if review.action == "undo" else None
        homes[review.review_id] = homes[undoes] if undoes in homes else questions.of_review(review)
    return homes


def _latest(reviews: Sequence[Review], taken_back: frozenset[str]) -> Review | None:
    """The latest standing decision."""
    decided = (one for one in reversed(reviews) if one.action == "decide" and one.review_id not in taken_back)
    return next(decided, None)


def _state(
    conflict: Conflict,
    statements: Mapping[str, Statement],
    reviews: Sequence[Review],
    taken_back: frozenset[str],
    duplicate_of: str | None,
) -> ReviewState:
    if not reviews:
        return ReviewState()
    held = [one for one in reviews if one.action != "undo" and one.review_id not in taken_back]
    latest = _latest(reviews, taken_back)
    by_reviewer = {one.reviewer: one for one in held if one.action == "decide"}
    change = change_of(latest.seen, seen_of(conflict, statements)) if latest else None
    return ReviewState(
        status="open" if change is None else "decided" if change.is_empty else "stale",
        decision=latest.decision if latest else None,
        review=latest,
        reviews=tuple(reviews),
        undone_ids=frozenset(one.review_id for one in reviews) & taken_back,
        by_reviewer=tuple(sorted(by_reviewer.items())),
        disputed=len({one.decision for one in by_reviewer.values()}) > 1,
        change=change,
        notes=tuple(one for one in held if one.action == "note"),
        corrections=tuple(one for one in held if one.action in CORRECTIONS),
        duplicate_of=duplicate_of,
    )


def _repeats(
    conflicts: Sequence[Conflict],
    of_conflict: Mapping[str, Sequence[Review]],
    taken_back: frozenset[str],
    questions: Questions,
) -> dict[str, str]:
    """For each conflict that repeats another in the list, the one that is shown: the end of the chain of duplicates.

    Of conflicts that are each called a duplicate of the next in a ring, the first in the list is shown.
    """
    points: dict[str, str] = {}
    for conflict in conflicts:
        latest = _latest(of_conflict.get(conflict.conflict_id, ()), taken_back)
        if latest is not None and latest.decision == "duplicate" and latest.other_id is not None:
            other = questions.find(latest.other_id, latest.other_seen)
            if other is not None and other != conflict.conflict_id:
                points[conflict.conflict_id] = other
    for conflict in conflicts:
        if conflict.conflict_id in points and _end(conflict.conflict_id, points) == conflict.conflict_id:
            del points[conflict.conflict_id]
    return {conflict_id: _end(conflict_id, points) for conflict_id in points}


def _end(conflict_id: str, points: Mapping[str, str]) -> str:
    """Where a chain ends; a ring ends where it was entered or first met again."""
    met = {conflict_id}
    at = points[conflict_id]
    while at in points and at not in met:
        met.add(at)
        at = points[at]
    return at
