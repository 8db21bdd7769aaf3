"""Where the other outlets stand on a decision in question: they join its entry, so that it shows the whole scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detector.conflicts.grouping import SIDE_AGREEMENT, Group, Similarity, relations_of
from detector.conflicts.relations import claim_gate
from detector.conflicts.signals import compare_numbers, gap_in_days
from detector.conflicts.stance import holder_of, matters_of, stance_of, stance_of_side
from detector.records import Article, PairFinding, Stance, Statement
from detector.settings import ConflictSettings

MATTER_SIMILARITY = 0.50
"""Cosine to one of the two statements in question from which a statement on the same holder and matter is on the same
decision. In the one sample story on a leader's decision, on which it was chosen, the true ones are at .54 and more."""

_FLAT: frozenset[Stance] = frozenset(("accepted", "rejected"))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the two statements of a group's strongest pair tell of one holder of two stances, and the nouns of its matter."""

    holder: str
    pair: tuple[Statement, Statement]
    matters: frozenset[str]


def decision_of(left: Statement, right: Statement) -> Decision | None:
    """None when the two tell no stances of one holder on one matter, or the same one."""
    stances = {stance_of(left), stance_of(right)}
    if None in stances or len(stances) < 2:
        return None
    holder = holder_of(left)
    if holder is None or holder != holder_of(right):
        return None
    matters = matters_of(left) & matters_of(right)
    return Decision(holder, (left, right), matters) if matters else None


def decision_in(group: Group, statements: Mapping[str, Statement]) -> Decision | None:
    """The decision that a group is about, by its strongest pair; none where it asks who said something."""
    if group.on_words:
        return None
    pair = _strongest(group).pair
    return decision_of(statements[pair.left_id], statements[pair.right_id])


def holders_in(findings: Iterable[PairFinding], statements: Mapping[str, Statement]) -> dict[str, set[str]]:
    """Article ids of the contradicting pairs that tell of a decision, by the key of who holds the stances."""
    found: dict[str, set[str]] = {}
    for finding in findings:
        left, right = statements[finding.pair.left_id], statements[finding.pair.right_id]
        decision = decision_of(left, right) if finding.relation == "contradicts" else None
        if decision is not None:
            found.setdefault(decision.holder, set()).update((left.article_id, right.article_id))
    return found


def take_stands(
    groups: Sequence[Group],
    findings: Sequence[PairFinding],
    statements: Mapping[str, Statement],
    similarity: Similarity,
    settings: ConflictSettings,
) -> None:
    """Let every outlet that is on no side of a group on a decision join it with its stance, and those on a side bring what
    else they say of it; in place. Who does not belong to a side leaves it first (`_strangers_leave`), and what stands in an
    entry on a decision joins no other.
    """
    agreements = relations_of(findings, statements).agreements
    decisions = []
    for group in groups:
        decision = decision_in(group, statements)
        _strangers_leave(group, agreements, statements, on_decision=decision is not None)
        if decision is not None:
            decisions.append((group, decision))
    if not decisions:
        return
    held = _by_holder(statements.values(), settings)
    taken = {member for group, _ in decisions for member in group.members}
    for group, decision in decisions:
        told = [(one, stance) for one, stance in held.get(decision.holder, ()) if one.statement_id not in taken]
        taken.update(_join(group, decision, told, statements, similarity))


def _strangers_leave(
    group: Group,
    agreements: Mapping[str, Mapping[str, float]],
    statements: Mapping[str, Statement],
    *,
    on_decision: bool,
) -> None:
    """Take off a side what came for contradicting another one and is not known to say what its own says: in an entry on a
    decision what tells no stance, since its outlet would stand on the scale by a sentence that does not place it there; in
    any other what rejects where its side accepts, or the reverse. The strongest pair stays."""
    if group.on_words:
        return
    strongest = _strongest(group).pair
    for exemplar, *further in list(group.sides):
        asked = stance_of(statements[exemplar])
        for member in further:
            told = stance_of(statements[member])
            strange = told is None if on_decision else {told, asked} == _FLAT
            agreed = agreements.get(member, {}).get(exemplar, 0.0) >= SIDE_AGREEMENT
            if strange and not agreed and member not in (strongest.left_id, strongest.right_id):
                group.leave(member)


def _strongest(group: Group) -> PairFinding:
    return max(group.findings, key=lambda finding: (finding.probability, finding.pair.pair_id))


def lie_together(
    group: Group,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    origins: Mapping[str, str],
    *,
    days: float,
) -> bool:
    """Whether a group is about a decision on which two independent outlets on different sides told different stances within so
    many days of each other. A flat stance after one that left it open is the next state, not another version.
    """
    decision = decision_in(group, statements)
    if decision is None:
        return False
    placed = [
        (number, statements[member], stance)
        for number, side in enumerate(group.sides)
        for member in side
        if holder_of(statements[member]) == decision.holder and (stance := stance_of(statements[member])) is not None
    ]
    return any(
        side != other_side
        and stance != other_stance
        and origins.get(one.article_id, one.article_id) != origins.get(other.article_id, other.article_id)
        and _told_at_once((one, stance), (other, other_stance), articles, days)
        for place, (side, one, stance) in enumerate(placed)
        for other_side, other, other_stance in placed[place + 1 :]
    )


def _told_at_once(
    one: tuple[Statement, Stance], other: tuple[Statement, Stance], articles: Mapping[str, Article], days: float
) -> bool:
    first, second = (articles[told.article_id] for told, _ in (one, other))
    gap = gap_in_days(first, second)
    if gap is None or gap > days:
        return False
    if (one[1] in _FLAT) == (other[1] in _FLAT):
        return True
    flat, open_one = (first, second) if one[1] in _FLAT else (second, first)
    return flat.published_at is None or open_one.published_at is None or flat.published_at <= open_one.published_at


def _by_holder(
    statements: Iterable[Statement], settings: ConflictSettings
) -> dict[str, list[tuple[Statement, Stance]]]:
    """Claims that tell a stance, by the key of who holds it."""
    found: dict[str, list[tuple[Statement, Stance]]] = {}
    for one in statements:
        if not claim_gate(one, settings).passed:
            continue
        stance = stance_of(one)
        holder = holder_of(one) if stance is not None else None
        if stance is not None and holder is not None:
            found.setdefault(holder, []).append((one, stance))
    return found


def _join(
    group: Group,
    decision: Decision,
    told: Sequence[tuple[Statement, Stance]],
    statements: Mapping[str, Statement],
    similarity: Similarity,
) -> list[str]:
    """Ids of those who joined: of each outlet those in the place of the scale where its nearest statement stands."""
    pair_ids = [one.statement_id for one in decision.pair]
    places: dict[Stance, int] = {}
    for number, side in enumerate(group.sides):
        exemplar = next((member for member in side if member in pair_ids), side[0])
        stance = stance_of_side(statements[exemplar], [statements[member] for member in side])
        if stance is None or stance in places:
            return []
        places[stance] = number
    _part(group, decision, places, statements)
    stands = {statements[member].outlet_id: number for number, side in enumerate(group.sides) for member in side}
    near = [
        (max(similarity(one.statement_id, member) for member in pair_ids), one, stance)
        for one, stance in told
        if _is_on(one, decision)
    ]
    joined = []
    for nearness, one, stance in sorted(near, key=lambda row: (-row[0], row[1].statement_id)):
        if nearness < MATTER_SIMILARITY:
            break
        known = one.outlet_id in stands
        place = stands[one.outlet_id] if known else places.setdefault(stance, len(group.sides))
        if places.get(stance) != place:
            continue
        stands[one.outlet_id] = place
        if place == len(group.sides):
            group.open(one.statement_id)
        else:
            group.join(one.statement_id, place)
        joined.append(one.statement_id)
    return joined


def _part(group: Group, decision: Decision, places: dict[Stance, int], statements: Mapping[str, Statement]) -> None:
    """Let the outlets of a side that place the holder elsewhere on the scale leave it for their own place; `places` has the
    side of each stance."""
    for number, side in enumerate(list(group.sides)):
        kept = statements[side[0]].outlet_id
        told: dict[str, Stance] = {}
        for one in (statements[member] for member in side):
            stance = stance_of(one) if holder_of(one) == decision.holder and _is_on(one, decision) else None
            if stance is not None:
                told.setdefault(one.outlet_id, stance)
        for outlet_id, stance in told.items():
            place = places.get(stance, len(group.sides))
            leaving = [one for one in side if statements[one].outlet_id == outlet_id]
            if outlet_id == kept or place == number or _contradicts_side(group, leaving, place):
                continue
            places[stance] = place
            for member in leaving:
                group.move(member, place)


def _contradicts_side(group: Group, members: Sequence[str], place: int) -> bool:
    """Whether a pair of the group's evidence parts one of these statements from the side of that number."""
    there = set(group.sides[place]) if place < len(group.sides) else set()
    pairs = ({finding.pair.left_id, finding.pair.right_id} for finding in group.findings)
    return any(pair & there and not pair.isdisjoint(members) for pair in pairs)


def _is_on(statement: Statement, decision: Decision) -> bool:
    """Whether it shares a noun of the matter and no figure of it is another one (a 30-day truce, a 90-day truce)."""
    if not matters_of(statement) & decision.matters:
        return False
    return all(compare_numbers(statement, one)[0] != "differs" for one in decision.pair)
