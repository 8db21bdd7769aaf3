"""From findings to groups: one question, its sides, no statement on two sides, no two groups asking the same thing."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.conflicts.signals import compare_numbers
from detector.records import QUOTE_RULE, Lane, PairFinding, Statement

MOST_COPIES = 50
"""Statements of one wording that all agree with each other; further copies agree with the first."""

SAME_WORDS = 1.0
"""Agreement of two statements of one wording."""
SIDE_AGREEMENT = 0.60
"""Agreement probability from which a statement joins a side by that alone: a side is read as one voice."""
SIDE_LIKENESS = 0.20
"""Agreement probability from which a statement that contradicts one side may join the other, when it agrees more with that
one: the contradiction speaks for it too."""
SIDE_SIMILARITY = 0.70
"""The same as a cosine, for a statement and an exemplar that were not compared."""
SHARED_STATEMENT = 0.50
"""Cosine to the other side from which a pair belongs to a group that already holds one of its statements."""
SHARED_EXEMPLAR = 0.30
"""The same for a pair nearly as sure as the group's own that contradicts its exemplar."""
WEAKER_READING = 2 / 3
"""Share of the strongest pair's probability below which a pair on a statement of its group opens no group of its own. Of 72
such groups on 23 stories 8 asked something new, 12 the same again and 52 were false."""
SAME_QUESTION = 0.62
"""Cosine to both exemplars from which a pair asks the same thing, when one of its statements agrees with its exemplar."""
SAME_WORDING = 0.75
"""The same when neither is known to agree."""


class Similarity:
    """Cosines of statements by id, from their unit vectors."""

    def __init__(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._vectors = vectors

    def __call__(self, first: str, second: str) -> float:
        return float(self._vectors[first] @ self._vectors[second]) if first != second else 1.0

    def vector(self, statement_id: str) -> NDArray[np.float32]:
        return self._vectors[statement_id]


@dataclass(slots=True)
class Group:
    """Sides as lists of statement ids, the exemplar of each first, and the contradicting pairs between them.

    `of_two_minds` are the outlets that also contradict the side they stand on.
    """

    sides: list[list[str]]
    findings: list[PairFinding] = field(default_factory=list)
    of_two_minds: tuple[str, ...] = ()
    _side_of: dict[str, int] = field(init=False, repr=False)
    _pair_ids: set[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._side_of = {member: number for number, side in enumerate(self.sides) for member in side}
        self._pair_ids = {finding.pair.pair_id for finding in self.findings}

    @property
    def lane(self) -> Lane:
        """That of the pair it began with."""
        return self.findings[0].lane

    @property
    def on_words(self) -> bool:
        """Whether it asks who said something, not what is so."""
        return self.findings[0].pair.rule == QUOTE_RULE

    @property
    def members(self) -> set[str]:
        return set(self._side_of)

    def side_of(self, statement_id: str) -> int | None:
        return self._side_of.get(statement_id)

    def join(self, statement_id: str, side: int) -> None:
        self.sides[side].append(statement_id)
        self._side_of[statement_id] = side

    def open(self, statement_id: str) -> None:
        """A further side, with the statement as its exemplar."""
        self._side_of[statement_id] = len(self.sides)
        self.sides.append([statement_id])

    def move(self, statement_id: str, side: int) -> None:
        """To another side, the one after the last being a new one; the exemplar of a side does not move."""
        self.sides[self._side_of[statement_id]].remove(statement_id)
        if side == len(self.sides):
            self.open(statement_id)
        else:
            self.join(statement_id, side)

    def leave(self, statement_id: str) -> None:
        """Take it off its side, with the evidence that it brought; the exemplar of a side does not leave."""
        self.sides[self._side_of.pop(statement_id)].remove(statement_id)
        self.findings = [one for one in self.findings if statement_id not in (one.pair.left_id, one.pair.right_id)]
        self._pair_ids = {one.pair.pair_id for one in self.findings}

    def take(self, finding: PairFinding) -> None:
        """Its evidence too, once."""
        if finding.pair.pair_id not in self._pair_ids:
            self._pair_ids.add(finding.pair.pair_id)
            self.findings.append(finding)


class _Groups:
    """The groups made so far, and which of them could ask a pair's question: those that hold one of its statements, and
    those of its lane with an exemplar near each of the two."""

    def __init__(self, similarity: Similarity) -> None:
        self.made: list[Group] = []
        self._similarity = similarity
        self._holding: dict[str, list[int]] = {}
        self._rows: dict[Lane, NDArray[np.float32]] = {}
        self._owners: dict[Lane, list[int]] = {}

    def add(self, group: Group) -> None:
        number = len(self.made)
        self.made.append(group)
        lane = group.lane
        for side in group.sides:
            self._append(lane, number, self._similarity.vector(side[0]))

    def note(self, group_number: int, statement_id: str) -> None:
        """A statement stands in the group now."""
        self._holding.setdefault(statement_id, []).append(group_number)

    def _append(self, lane: Lane, number: int, vector: NDArray[np.float32]) -> None:
        owners = self._owners.setdefault(lane, [])
        rows = self._rows.get(lane)
        if rows is None or len(owners) == len(rows):
            grown = np.zeros((max(64, 2 * len(owners)), len(vector)), dtype=np.float32)
            if rows is not None:
                grown[: len(owners)] = rows
            self._rows[lane] = rows = grown
        rows[len(owners)] = vector
        owners.append(number)

    def holding(self, seed: PairFinding) -> set[int]:
        """Numbers of the groups in which one of the seed's statements stands, and which ask a question of its sort."""
        return {
            number
            for one in (seed.pair.left_id, seed.pair.right_id)
            for number in self._holding.get(one, ())
            if self.made[number].on_words == (seed.pair.rule == QUOTE_RULE)
        }

    def possible(self, seed: PairFinding) -> list[int]:
        """Numbers of the groups that could be the seed's home, in the order in which they were made."""
        found = {number for number in self.holding(seed) if self.made[number].lane == seed.lane}
        owners = self._owners.get(seed.lane)
        if owners:
            rows = self._rows[seed.lane][: len(owners)]
            near_left, near_right = (
                {owners[place] for place in np.flatnonzero(rows @ self._similarity.vector(one) >= SAME_QUESTION - 1e-4)}
                for one in (seed.pair.left_id, seed.pair.right_id)
            )
            found |= {
                number
                for number in near_left & near_right
                if self.made[number].on_words == (seed.pair.rule == QUOTE_RULE)
            }
        return sorted(found)

    def tell_better(self, seed: PairFinding) -> bool:
        """Whether a group already tells what a statement of the seed is in question for: it has both on one side, or its own
        pair is much the surer."""
        for number in self.holding(seed):
            group = self.made[number]
            left, right = group.side_of(seed.pair.left_id), group.side_of(seed.pair.right_id)
            if left is not None and left == right:
                return True
            if _is_weaker(seed, group):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Relations:
    """Findings by statement: who contradicts and who agrees with whom, and how likely any two compared ones agree."""

    contradictions: Mapping[str, Mapping[str, PairFinding]]
    agreements: Mapping[str, Mapping[str, float]]
    likeness: Mapping[str, Mapping[str, float]]

    def resembles(self, statement_id: str, exemplar: str, others: Sequence[str], similarity: Similarity) -> bool:
        """Whether a statement that contradicts another side is likely enough to say what `exemplar` says."""
        compared = self.likeness.get(statement_id, {})
        if exemplar in compared:
            return compared[exemplar] >= max(SIDE_LIKENESS, *(compared.get(other, 0.0) for other in others))
        near = similarity(statement_id, exemplar)
        return near >= SIDE_SIMILARITY and all(near > similarity(statement_id, other) for other in others)


def relations_of(findings: Sequence[PairFinding], statements: Mapping[str, Statement]) -> Relations:
    """Index the findings; statements with the same wording agree without a finding."""
    contradictions: dict[str, dict[str, PairFinding]] = {}
    agreements: dict[str, dict[str, float]] = {}
    likeness: dict[str, dict[str, float]] = {}
    for finding in findings:
        left, right = finding.pair.left_id, finding.pair.right_id
        likeness.setdefault(left, {})[right] = finding.agreement
        likeness.setdefault(right, {})[left] = finding.agreement
        if finding.relation == "contradicts":
            contradictions.setdefault(left, {})[right] = finding
            contradictions.setdefault(right, {})[left] = finding
        elif finding.relation == "agrees":
            agreements.setdefault(left, {})[right] = finding.agreement
            agreements.setdefault(right, {})[left] = finding.agreement
    by_wording: dict[str, list[str]] = {}
    for statement in statements.values():
        by_wording.setdefault(statement.text_hash, []).append(statement.statement_id)
    for same in by_wording.values():
        for place, first in enumerate(same):
            for second in same[: MOST_COPIES if place < MOST_COPIES else 1]:
                if first != second:
                    agreements.setdefault(first, {})[second] = SAME_WORDS
                    agreements.setdefault(second, {})[first] = SAME_WORDS
    return Relations(contradictions, agreements, likeness)


def group_conflicts(
    findings: Sequence[PairFinding], statements: Mapping[str, Statement], similarity: Similarity
) -> list[Group]:
    """Groups in the order of their strongest pair. The result depends on the set of findings, not on their order.

    A statement is in question for one thing: its weaker pairs join the group of its strongest one where they fit, open
    another only where they are nearly as sure, and are else left out.
    """
    relations = relations_of(findings, statements)
    ordered = sorted(
        (finding for finding in findings if finding.relation == "contradicts"),
        key=lambda finding: (-round(finding.probability, 6), finding.pair.pair_id),
    )
    groups = _Groups(similarity)
    absorbed: set[str] = set()
    for seed in ordered:
        if seed.pair.pair_id in absorbed:
            continue
        number, joined = _home_of(seed, groups, relations, statements, similarity)
        if number is None and groups.tell_better(seed):
            continue
        if number is None:
            home = Group([[seed.pair.left_id], [seed.pair.right_id]], [seed])
            number = len(groups.made)
            groups.add(home)
            _gather(home, relations, statements, similarity)
            joined = sorted(home.members)
        home = groups.made[number]
        joined = [*joined, *_copies_join(home, joined, relations)]
        for statement_id in joined:
            groups.note(number, statement_id)
        absorbed.update(_absorb(home, relations, joined, absorbed))
        absorbed.add(seed.pair.pair_id)
    for on_words in (False, True):
        part_once([group for group in groups.made if group.on_words == on_words])
    return [group for group in (_one_side_an_outlet(group, statements) for group in groups.made) if group is not None]


def part_once(groups: Sequence[Group]) -> None:
    """Let the two statements with which a group began stand apart in no weaker group, where either is not what that one began
    with: it would ask the stronger group's question too."""
    leading: dict[str, set[str]] = {}
    for group in groups:
        for _, *further in list(group.sides):
            for member in further:
                if any(_across(group.side_of(member), group.side_of(one)) for one in leading.get(member, ())):
                    group.leave(member)
        first, second = group.sides[0][0], group.sides[1][0]
        leading.setdefault(first, set()).add(second)
        leading.setdefault(second, set()).add(first)


def _home_of(
    seed: PairFinding,
    groups: _Groups,
    relations: Relations,
    statements: Mapping[str, Statement],
    similarity: Similarity,
) -> tuple[int | None, list[str]]:
    """The number of the group that already asks the seed's question, and which of the seed's statements joined its sides.

    What an update or a forecast explains stands on no side of a conflict that nothing explains. Only exemplars are compared, so that a group does not drift from its question as it grows.
    """
    left, right = seed.pair.left_id, seed.pair.right_id
    for place in groups.possible(seed):
        group = groups.made[place]
        for first, second in ((left, right), (right, left)):
            own = group.side_of(first)
            if own is not None and group.side_of(second) is not None:
                continue
            near = [similarity(first, side[0]) for side in group.sides]
            far = [similarity(second, side[0]) for side in group.sides]
            number, other = _best_two(near, far, own)
            exemplars = group.sides[number][0], group.sides[other][0]
            agreed = exemplars[0] in relations.agreements.get(first, {}) or exemplars[1] in relations.agreements.get(
                second, {}
            )
            threshold = SAME_QUESTION if agreed else SAME_WORDING
            if own is not None:
                joins = _is_another_answer(
                    seed, group, (first, second), exemplars, (far[number], far[other]), statements=statements
                )
            else:
                joins = (
                    near[number] >= threshold
                    and far[other] >= threshold
                    and (
                        agreed or not any(_asks_another(seed, group, (first, second), e, statements) for e in exemplars)
                    )
                )
            if joins:
                new = [
                    (statement_id, side)
                    for statement_id, side in ((first, number), (second, other))
                    if group.side_of(statement_id) is None
                ]
                for statement_id, side in new:
                    group.join(statement_id, side)
                group.take(seed)
                return place, [statement_id for statement_id, _ in new]
    return None, []


def _is_another_answer(
    seed: PairFinding,
    group: Group,
    ends: tuple[str, str],
    exemplars: tuple[str, str],
    nearness: tuple[float, float],
    *,
    statements: Mapping[str, Statement],
) -> bool:
    """Whether the second end of a pair, whose first stands on a side, answers with the exemplar of the other side.

    `nearness` is how near it is to each exemplar. What contradicts an exemplar is near it in wording and not of its side, so
    that nearness counts for nothing then.
    """
    own, other = nearness
    if ends[0] == exemplars[0] and not _is_weaker(seed, group):
        return other >= SHARED_EXEMPLAR and not _asks_another(seed, group, ends, exemplars[1], statements)
    return other >= max(SHARED_STATEMENT, own)


def _asks_another(
    pair: PairFinding, group: Group, ends: tuple[str, str], exemplar: str, statements: Mapping[str, Statement]
) -> bool:
    """Whether a pair with an exemplar of the group is about somebody or some figure that the `exemplar` is not about."""
    return _of_others(statements[ends[0]], statements[ends[1]], statements[exemplar]) or _of_other_figures(
        pair, group.findings[0], statements
    )


def _is_weaker(seed: PairFinding, group: Group) -> bool:
    return seed.probability < WEAKER_READING * group.findings[0].probability


def _of_others(first: Statement, second: Statement, exemplar: Statement) -> bool:
    """Whether a pair begins with one whom the exemplar, which names others, does not name."""
    lead = {one.entities[0].key for one in (first, second) if one.entities}
    return len(lead) == 1 and bool(exemplar.entities) and not lead & {entity.key for entity in exemplar.entities}


def _of_other_figures(seed: PairFinding, asked: PairFinding, statements: Mapping[str, Statement]) -> bool:
    """Whether two pairs that part by a figure part by two different ones: the killed and the injured of one sentence."""
    if seed.kind != "number" or asked.kind != "number":
        return False
    ours, theirs = (
        compare_numbers(statements[one.pair.left_id], statements[one.pair.right_id])[1] for one in (seed, asked)
    )
    return not set(ours.split(" against ")) & set(theirs.split(" against "))


def _best_two(near: Sequence[float], far: Sequence[float], own: int | None) -> tuple[int, int]:
    """The two different sides that fit a pair best; `own` fixes the first."""
    options = [
        (near[first] + far[second], -first, -second)
        for first in range(len(near))
        for second in range(len(far))
        if first != second and (own is None or first == own)
    ]
    _, first, second = max(options)
    return -first, -second


def _gather(group: Group, relations: Relations, statements: Mapping[str, Statement], similarity: Similarity) -> None:
    """Let every statement join that agrees with an exemplar, or contradicts one and resembles another."""
    exemplars = [side[0] for side in group.sides]
    lane = group.lane
    reach: set[str] = set()
    for exemplar in exemplars:
        reach |= set(relations.agreements.get(exemplar, {})) | set(relations.contradictions.get(exemplar, {}))
    for candidate in sorted(reach - group.members):
        fits: list[tuple[float, int]] = []
        for number, exemplar in enumerate(exemplars):
            if exemplar in relations.contradictions.get(candidate, {}):
                continue
            agreement = relations.agreements.get(candidate, {}).get(exemplar, 0.0)
            against = [
                other
                for other in exemplars
                if other != exemplar
                and other in relations.contradictions.get(candidate, {})
                and relations.contradictions[candidate][other].lane == lane
                and not _asks_another(
                    relations.contradictions[candidate][other], group, (other, candidate), exemplar, statements
                )
            ]
            others = [other for other in exemplars if other != exemplar]
            if agreement >= SIDE_AGREEMENT or (
                against and relations.resembles(candidate, exemplar, others, similarity)
            ):
                fits.append((agreement + similarity(candidate, exemplar) + len(against), -number))
        if fits:
            group.join(candidate, -max(fits)[1])


def _copies_join(group: Group, joined: Sequence[str], relations: Relations) -> list[str]:
    """The statements in the very words of those who joined, now on their sides; who said the words is another matter."""
    if group.on_words:
        return []
    copies: list[str] = []
    for member in joined:
        side = group.side_of(member)
        for other, agreement in sorted(relations.agreements.get(member, {}).items()):
            if agreement == SAME_WORDS and side is not None and group.side_of(other) is None:
                group.join(other, side)
                copies.append(other)
    return copies


def _absorb(group: Group, relations: Relations, joined: Sequence[str], absorbed: Container[str]) -> set[str]:
    """Ids of the contradicting pairs between the group's sides that those who joined bring; they are its evidence and seed
    nothing further. What is the evidence of a stronger group already (`absorbed`) stays that: two groups with one strongest pair
    would ask the same thing."""
    brought: set[str] = set()
    for member in joined:
        own = group.side_of(member)
        for against, finding in relations.contradictions.get(member, {}).items():
            if finding.pair.pair_id not in absorbed and _across(own, group.side_of(against)):
                brought.add(finding.pair.pair_id)
                group.take(finding)
    return brought


def _one_side_an_outlet(group: Group, statements: Mapping[str, Statement]) -> Group | None:
    """An outlet stands on one side: the one where its pairs are strongest; its statements elsewhere leave, and it is named
    as of two minds where they contradicted another's.

    None when fewer than two sides with a contradicting pair between them remain.
    """
    strength: dict[tuple[str, int], float] = {}
    for finding in group.findings:
        for statement_id in (finding.pair.left_id, finding.pair.right_id):
            side = group.side_of(statement_id)
            if side is not None:
                key = (statements[statement_id].outlet_id, side)
                strength[key] = max(strength.get(key, 0.0), finding.probability)
    home: dict[str, int] = {}
    for outlet_id in sorted({statements[member].outlet_id for member in group.members}):
        stands_on = {
            number for number, side in enumerate(group.sides) for m in side if statements[m].outlet_id == outlet_id
        }
        home[outlet_id] = max(sorted(stands_on), key=lambda number: (strength.get((outlet_id, number), 0.0), -number))
    sides = [[m for m in side if home[statements[m].outlet_id] == number] for number, side in enumerate(group.sides)]
    kept = [side for side in sides if side]
    stands = Counter(outlet_id for outlet_id, _ in strength)
    trimmed = Group(kept, of_two_minds=tuple(sorted(outlet_id for outlet_id, count in stands.items() if count > 1)))
    trimmed.findings = [
        finding
        for finding in sorted(group.findings, key=lambda finding: finding.pair.pair_id)
        if _across(trimmed.side_of(finding.pair.left_id), trimmed.side_of(finding.pair.right_id))
    ]
    return trimmed if len(kept) >= 2 and trimmed.findings else None


def _across(left: int | None, right: int | None) -> bool:
    return left is not None and right is not None and left != right


def group_agreements(
    findings: Sequence[PairFinding], statements: Mapping[str, Statement]
) -> list[tuple[list[str], float]]:
    """Groups of statements of two or more outlets that say the same, exemplar first, with their strength.

    A statement joins through its agreement with the exemplar only, so that groups do not drift along chains. One that tells
    several things may agree with others on each; two statements are together in one group only.
    """
    relations = relations_of(findings, statements)
    degree = {key: (len(found), sum(found.values())) for key, found in relations.agreements.items()}
    together: set[frozenset[str]] = set()
    groups: list[tuple[list[str], float]] = []
    for exemplar in sorted(degree, key=lambda key: (-degree[key][0], -round(degree[key][1], 6), key)):
        agreeing = relations.agreements[exemplar]
        others = [key for key in sorted(agreeing) if frozenset((exemplar, key)) not in together]
        members = [exemplar, *others]
        if len({statements[key].outlet_id for key in members}) < 2:
            continue
        together.update(frozenset(pair) for pair in itertools.combinations(members, 2))
        groups.append((members, sum(agreeing[key] for key in others) / len(others)))
    return groups
