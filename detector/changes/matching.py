"""Which conflict of one run is which of another: by id, else by the statements that they share on opposing sides."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from detector.changes.sentences import Alignment
from detector.changes.values import Snapshot
from detector.records import Conflict, Side, Statement

Keys = frozenset[Hashable]
Overlap = Counter[tuple[int, int]]
"""How many statements an earlier side shares with a later one, by the places of the two sides."""


@dataclass(frozen=True, slots=True)
class Match:
    """Places of one conflict in both runs, and which of its sides is which (earlier place to later place)."""

    before: int
    after: int
    sides: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Matches:
    """`kept` by later place. `merged` maps the earlier conflicts left over to a later one that holds both their sides;
    `split` maps the later ones left over to the earlier one that they were a part of."""

    kept: tuple[Match, ...]
    merged: Mapping[int, int]
    split: Mapping[int, int]


def match_conflicts(before: Snapshot, after: Snapshot, alignments: Mapping[str, Alignment]) -> Matches:
    """Match one to one; `alignments` are of the articles that were edited in between, by article id."""
    earlier, later = before.outcome.conflicts, after.outcome.conflicts
    shared = _shared(
        _conflict_keys(earlier, before.statements, _old_sentences(alignments)),
        _conflict_keys(later, after.statements, _new_sentences(alignments)),
    )
    by_id = {conflict.conflict_id: place for place, conflict in enumerate(earlier)}
    pairs = {
        by_id[conflict.conflict_id]: place for place, conflict in enumerate(later) if conflict.conflict_id in by_id
    }
    taken = set(pairs.values())
    likely = sorted(
        (
            (-_opposed(overlap), earlier[i].kind != later[j].kind, i, j)
            for (i, j), overlap in shared.items()
            if _opposed(overlap)
        ),
    )
    for _, _, i, j in likely:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    merged: dict[int, int] = {}
    split: dict[int, int] = {}
    for _, _, i, j in likely:
        if i not in pairs:
            merged.setdefault(i, j)
        if j not in taken:
            split.setdefault(j, i)
    kept = [
        Match(i, j, same_sides(earlier[i].sides, later[j].sides, shared.get((i, j), Counter())))
        for i, j in pairs.items()
    ]
    return Matches(tuple(sorted(kept, key=lambda match: match.after)), merged, split)


def same_sides(before: Sequence[Side], after: Sequence[Side], overlap: Overlap) -> dict[int, int]:
    """Which earlier side is which later one: by statements shared, else by outlets shared."""
    outlets = {
        (i, j): len(set(old.outlet_ids) & set(new.outlet_ids))
        for i, old in enumerate(before)
        for j, new in enumerate(after)
    }
    ranked = sorted(outlets, key=lambda pair: (-overlap[pair], -outlets[pair], pair))
    found: dict[int, int] = {}
    for i, j in ranked:
        if (overlap[i, j] or outlets[i, j]) and i not in found and j not in found.values():
            found[i] = j
    return found


def _opposed(overlap: Overlap) -> int:
    """How many statements are shared on opposing sides; 0 when all stand on one side of either conflict."""
    sides: dict[int, int] = {}
    total = 0
    for (i, j), count in sorted(overlap.items(), key=lambda part: (-part[1], part[0])):
        if i not in sides and j not in sides.values():
            sides[i] = j
            total += count
    return total if len(sides) > 1 else 0


def _shared(
    before: Sequence[Sequence[Sequence[Keys]]], after: Sequence[Sequence[Sequence[Keys]]]
) -> dict[tuple[int, int], Overlap]:
    """For each two conflicts with a statement in common, how many each two of their sides share."""
    homes: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for i, sides in enumerate(before):
        for place, statements in enumerate(sides):
            for key in frozenset[Hashable]().union(*statements):
                homes[key].append((i, place))
    found: dict[tuple[int, int], Overlap] = defaultdict(Counter)
    for j, sides in enumerate(after):
        for place, statements in enumerate(sides):
            for keys in statements:
                for i, old_place in {home for key in keys for home in homes.get(key, ())}:
                    found[i, j][old_place, place] += 1
    return found


Sentences = Mapping[str, tuple[Sequence[int], Sequence[int | None]]]
"""For each edited article where its sentences start, and the number by which a sentence is known in both texts."""


def _old_sentences(alignments: Mapping[str, Alignment]) -> Sentences:
    return {
        article_id: ([one.start for one in found.before], list(range(len(found.before))))
        for article_id, found in alignments.items()
    }


def _new_sentences(alignments: Mapping[str, Alignment]) -> Sentences:
    known: dict[str, tuple[Sequence[int], Sequence[int | None]]] = {}
    for article_id, found in alignments.items():
        numbers: list[int | None] = [None] * len(found.after)
        for i, j in found.pairs:
            if j is not None:
                numbers[j] = i
        known[article_id] = ([one.start for one in found.after], numbers)
    return known


def places_in(starts: Sequence[int], start: int, end: int) -> range:
    """The sentences, by their starts, that a span of the text lies in."""
    return range(max(0, bisect_right(starts, start) - 1), bisect_right(starts, end - 1))


def _conflict_keys(
    conflicts: Iterable[Conflict], statements: Mapping[str, Statement], sentences: Sentences
) -> list[list[list[Keys]]]:
    return [
        [
            [_keys(statements[one], sentences) for one in side.statement_ids if one in statements]
            for side in conflict.sides
        ]
        for conflict in conflicts
    ]


def _keys(statement: Statement, sentences: Sentences) -> Keys:
    """What a statement is known by: its id, its outlet's wording, and its sentence where its article was edited."""
    keys: set[Hashable] = {statement.statement_id, (statement.outlet_id, statement.text_hash)}
    if statement.article_id in sentences:
        starts, numbers = sentences[statement.article_id]
        places = places_in(starts, statement.start, statement.end)
        keys |= {(statement.article_id, "sentence", numbers[place]) for place in places if numbers[place] is not None}
    return frozenset(keys)
