"""What a reviewer saw of a conflict, and what differs from it now."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from detector.decisions.values import EvidenceChange
from detector.records import Conflict, SeenStatement, Statement

REWORDED = 0.40
"""Share of words, of both together, from which a sentence of a later revision is the earlier one reworded: a changed
figure keeps .7 and more, a sentence rewritten to say the opposite about half, two sentences of one article up to .2."""

_MOST_PAIRINGS = 300
"""Ways to pair sides that are followed up; with up to five sides that is all there are."""


def seen_of(conflict: Conflict, statements: Mapping[str, Statement]) -> tuple[SeenStatement, ...]:
    """The evidence of a conflict as it stands, sides counted from 0 in the order of `conflict.sides`."""
    return tuple(
        seen_statement(statements[statement_id], place)
        for place, side in enumerate(conflict.sides)
        for statement_id in side.statement_ids
    )


def seen_statement(statement: Statement, side: int) -> SeenStatement:
    return SeenStatement(
        side=side,
        statement_id=statement.statement_id,
        outlet_id=statement.outlet_id,
        text_hash=statement.text_hash,
        text=statement.text,
        article_id=statement.article_id,
        revision=statement.revision,
    )


def change_of(then: Sequence[SeenStatement], now: Sequence[SeenStatement]) -> EvidenceChange:
    """What differs between two states of one question.

    A sentence is the same when its id is, or its outlet and wording: an edit elsewhere in the article changes nothing.
    Sides are paired by the statements they share.
    """
    same, gone, new = _same_statements(then, now)
    reworded = pair_reworded(gone, new)
    paired = _paired_sides([*same, *reworded])
    return EvidenceChange(
        added=tuple(new),
        removed=tuple(gone),
        moved=tuple(after for before, after in same if paired.get(before.side) != after.side),
        sides_gone=tuple(sorted({one.side for one in then} - set(paired))),
        reworded=tuple(reworded),
    )


Couple = tuple[SeenStatement, SeenStatement]


def _same_statements(
    then: Sequence[SeenStatement], now: Sequence[SeenStatement]
) -> tuple[list[Couple], list[SeenStatement], list[SeenStatement]]:
    """Statements that are the same then and now, what is gone, and what is new."""
    by_id = {one.statement_id: one for one in now}
    same = [(one, by_id[one.statement_id]) for one in then if one.statement_id in by_id]
    taken = {one.statement_id for one, _ in same}
    spare: dict[tuple[str, str], list[SeenStatement]] = defaultdict(list)
    for one in now:
        if one.statement_id not in taken:
            spare[one.outlet_id, one.text_hash].append(one)
    gone = []
    for one in then:
        if one.statement_id in by_id:
            continue
        twins = spare[one.outlet_id, one.text_hash]
        if twins:
            same.append((one, twins.pop(0)))
        else:
            gone.append(one)
    taken = {after.statement_id for _, after in same}
    return same, gone, [one for one in now if one.statement_id not in taken]


def pair_reworded(gone: Iterable[SeenStatement], new: Iterable[SeenStatement]) -> list[Couple]:
    """Sentences gone and new of one article in a later revision that share most words, the nearest paired first."""
    fresh: dict[str, list[SeenStatement]] = defaultdict(list)
    for one in new:
        fresh[one.article_id].append(one)
    near = [
        (likeness(before.text, after.text), before, after)
        for before in gone
        for after in fresh.get(before.article_id, ())
        if before.article_id and after.revision > before.revision
    ]
    couples: list[Couple] = []
    used: set[str] = set()
    for shared, before, after in sorted(near, key=lambda one: (-one[0], one[1].statement_id, one[2].statement_id)):
        if shared >= REWORDED and used.isdisjoint((before.statement_id, after.statement_id)):
            used.update((before.statement_id, after.statement_id))
            couples.append((before, after))
    return couples


def likeness(left: str, right: str) -> float:
    """Share of the words of both that both have."""
    one, other = (set(re.findall(r"\w+", text.casefold())) for text in (left, right))
    return len(one & other) / len(one | other) if one and other else 0.0


def _paired_sides(couples: Sequence[Couple]) -> dict[int, int]:
    """The side of now for each side of then, each given once, so that most statements stay where they were."""
    shared = Counter((before.side, after.side) for before, after in couples)
    pairings: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
    for then in sorted({before for before, _ in shared}):
        partners = sorted(now for before, now in shared if before == then)
        longer = [
            (total + shared[then, now], (*pairs, (then, now)))
            for total, pairs in pairings
            for now in partners
            if now not in {taken for _, taken in pairs}
        ]
        pairings = sorted([*pairings, *longer], key=lambda one: (-one[0], one[1]))[:_MOST_PAIRINGS]
    return dict(pairings[0][1])
