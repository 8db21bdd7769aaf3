"""What people correct about conflicts stays corrected, whatever later runs find."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.corpus.origins import origin_groups
from detector.decisions.corrections import apply_corrections
from detector.decisions.states import make_undo, review_states, standing
from detector.errors import InputError
from detector.records import Conflict, Outcome, Review, Statement, evidence_hash_of
from tests.decisions_values import NOON, Newsroom


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


def two_sides(room: Newsroom) -> tuple[list[Statement], list[Statement]]:
    yes = [room.say(name, f"The council approved the tram line, {name} reports.") for name in ("Herald", "Post")]
    no = [room.say(name, f"The council did not approve the tram line, says {name}.") for name in ("Echo", "Wire")]
    return yes, no


def members(conflict: Conflict) -> set[frozenset[str]]:
    return {frozenset(side.statement_ids) for side in conflict.sides}


def ids(*statements: Statement) -> frozenset[str]:
    return frozenset(one.statement_id for one in statements)


def undo(review: Review) -> Review:
    return make_undo(review, reviewer="Ada", now=NOON + timedelta(days=1))


def test_without_corrections_the_outcome_is_the_very_same(room: Newsroom) -> None:
    outcome = room.outcome(room.conflict(*two_sides(room)))
    decision = room.review(outcome.conflicts[0])
    assert room.corrected(outcome, [decision]).outcome is outcome


def test_a_split_takes_a_statement_off_the_conflict_and_makes_all_that_follows_from_it_anew(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    split = room.review(conflict, action="split", statement_id=yes[1].statement_id)
    (again,) = room.corrected(room.outcome(conflict), [split]).outcome.conflicts
    assert again.conflict_id == conflict.conflict_id
    assert members(again) == {ids(yes[0]), ids(*no)}
    assert sorted((side.outlet_ids, side.origin_count) for side in again.sides) == [
        (("echo", "wire"), 2),
        (("herald",), 1),
    ]
    assert again.evidence_hash == evidence_hash_of(one.text_hash for one in (yes[0], *no))
    assert len(again.pair_ids) == 2
    assert next(factor.reason for factor in again.factors if factor.name == "origins") == "3 independent origins"
    assert again.score < conflict.score


def test_an_exemplar_that_is_split_off_gives_way_to_another(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    first = conflict.sides[0].exemplar_id
    split = room.review(conflict, action="split", statement_id=first)
    (again,) = room.corrected(room.outcome(conflict), [split]).outcome.conflicts
    assert all(side.exemplar_id in side.statement_ids and side.exemplar_id != first for side in again.sides)


def test_a_conflict_left_with_one_side_leaves_the_list_and_is_told_of(room: Newsroom) -> None:
    yes, no = room.say("Herald", "It rained."), room.say("Post", "It did not rain.")
    conflict = room.conflict([yes], [no])
    split = room.review(conflict, action="split", statement_id=no.statement_id)
    made = room.corrected(room.outcome(conflict), [split])
    assert made.outcome.conflicts == () and made.outcome.findings == ()
    (gone,) = made.departures
    assert (gone.conflict, gone.review, gone.into) == (conflict, split, None)
    assert "fewer than two sides" in gone.reason


def test_a_conflict_left_without_a_contradicting_pair_leaves_the_list(room: Newsroom) -> None:
    yes, no = two_sides(room)
    whole = room.conflict(yes, no)
    strongest = [p for p in whole.pair_ids if set(_ends(room, p)) == {yes[0].statement_id, no[0].statement_id}]
    conflict = replace(whole, pair_ids=tuple(strongest))
    split = room.review(conflict, action="split", statement_id=yes[0].statement_id)
    (gone,) = room.corrected(room.outcome(conflict), [split]).departures
    assert "no contradicting pair" in gone.reason


def _ends(room: Newsroom, pair_id: str) -> tuple[str, str]:
    pair = room.findings[pair_id].pair
    return pair.left_id, pair.right_id


def test_a_moved_statement_stands_on_the_side_it_was_moved_to(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    move = room.review(conflict, action="move", statement_id=yes[1].statement_id, to_side=no[0].statement_id)
    (again,) = room.corrected(room.outcome(conflict), [move]).outcome.conflicts
    assert members(again) == {ids(yes[0]), ids(yes[1], *no)}
    assert {frozenset(_ends(room, pair_id)) for pair_id in again.pair_ids} == {ids(yes[0], one) for one in no}


def test_a_statement_moved_there_and_back_leaves_the_conflict_as_it_was(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    there = room.review(conflict, action="move", statement_id=yes[1].statement_id, to_side=no[0].statement_id)
    (after,) = room.corrected(room.outcome(conflict), [there]).outcome.conflicts
    back = room.review(after, action="move", statement_id=yes[1].statement_id, to_side=yes[0].statement_id)
    made = room.corrected(room.outcome(conflict), [there, back])
    assert made.outcome.conflicts == (conflict,)


def test_merged_conflicts_become_one_with_their_like_sides_joined(room: Newsroom) -> None:
    first = [room.say("Herald", "The storm killed 12 people."), room.say("Post", "The storm killed 30 people.")]
    second = [room.say("Echo", "Around 30 people died."), room.say("Wire", "The storm killed 12 people, police say.")]
    one, other = room.conflict([first[0]], [first[1]]), room.conflict([second[0]], [second[1]])
    merge = room.review(one, action="merge", other=other)
    made = room.corrected(room.outcome(one, other), [merge])
    (merged,) = made.outcome.conflicts
    assert (merged.conflict_id, merged.question) == (one.conflict_id, one.question)
    assert members(merged) == {ids(first[0], second[1]), ids(first[1], second[0])}
    assert set(merged.pair_ids) == {*one.pair_ids, *other.pair_ids}
    assert [(gone.conflict, gone.into) for gone in made.departures] == [(other, one.conflict_id)]


def test_a_side_unlike_any_other_stays_a_side_of_its_own_in_a_merge(room: Newsroom) -> None:
    one = room.conflict([room.say("Herald", "Twelve died.")], [room.say("Post", "Thirty perished.")])
    third = room.say("Wire", "Nobody was hurt whatsoever")
    other = room.conflict([room.say("Echo", "Twelve died, then.")], [third])
    (merged,) = room.corrected(
        room.outcome(one, other), [room.review(one, action="merge", other=other)]
    ).outcome.conflicts
    assert ids(third) in members(merged) and len(merged.sides) == 3


def test_decisions_on_both_parts_of_a_merge_are_found_on_the_merged_conflict(room: Newsroom) -> None:
    one = room.conflict([room.say("Herald", "It rained.")], [room.say("Post", "It did not rain.")])
    other = room.conflict([room.say("Echo", "It rained a lot.")], [room.say("Wire", "It did not rain at all.")])
    decided = [room.review(one), room.review(other, decision="rejected")]
    merge = room.review(one, action="merge", other=other)
    outcome = room.corrected(room.outcome(one, other), [*decided, merge]).outcome
    state = review_states(outcome.conflicts, room.statements, [*decided, merge])[one.conflict_id]
    assert state.reviews == (*decided, merge)
    assert (state.decision, state.status, state.corrections) == ("rejected", "stale", (merge,))


@pytest.mark.parametrize("action", ["split", "move", "merge"])
def test_an_undone_correction_leaves_everything_as_the_run_found_it(room: Newsroom, action: str) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    other = room.conflict([room.say("Sun", "It rained.")], [room.say("Star", "It did not.")])
    given: dict[str, dict[str, object]] = {
        "split": {"statement_id": yes[1].statement_id},
        "move": {"statement_id": yes[1].statement_id, "to_side": no[0].statement_id},
        "merge": {"other": other},
    }
    outcome = room.outcome(conflict, other)
    review = room.review(conflict, action=action, **given[action])
    assert room.corrected(outcome, [review]).outcome != outcome
    assert room.corrected(outcome, [review, undo(review)]).outcome is outcome
    assert room.corrected(outcome, [review, undo(review), undo(undo(review))]).outcome != outcome


def test_a_correction_holds_when_a_later_run_gives_question_and_article_other_ids(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    split = room.review(conflict, action="split", statement_id=yes[1].statement_id)
    again = [room.edit(one, one.text) for one in yes]
    later = room.conflict(again, no)
    assert later.conflict_id != conflict.conflict_id
    (corrected,) = room.corrected(room.outcome(later), [split]).outcome.conflicts
    assert members(corrected) == {ids(again[0]), ids(*no)}


def test_a_move_follows_its_side_when_the_statement_that_named_it_is_gone(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    move = room.review(conflict, action="move", statement_id=yes[1].statement_id, to_side=no[0].statement_id)
    later = room.conflict(yes, [no[1]])
    (corrected,) = room.corrected(room.outcome(later), [move]).outcome.conflicts
    assert members(corrected) == {ids(yes[0]), ids(yes[1], no[1])}


def test_a_merge_holds_under_new_ids_and_is_at_rest_when_a_run_has_merged_by_itself(room: Newsroom) -> None:
    left = [room.say("Herald", "It rained."), room.say("Post", "It did not rain.")]
    right = [room.say("Echo", "It rained a lot."), room.say("Wire", "It did not rain at all.")]
    merge = room.review(
        room.conflict([left[0]], [left[1]]), action="merge", other=room.conflict([right[0]], [right[1]])
    )
    left, right = [room.edit(one, one.text) for one in left], [room.edit(one, one.text) for one in right]
    apart = room.outcome(room.conflict([left[0]], [left[1]]), room.conflict([right[0]], [right[1]]))
    assert len(room.corrected(apart, [merge]).outcome.conflicts) == 1
    together = room.outcome(room.conflict([left[0], right[0]], [left[1], right[1]]))
    made = room.corrected(together, [merge])
    assert made.outcome == together and made.unmatched == ()


def test_a_sentence_its_outlet_reworded_is_judged_anew(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    split = room.review(conflict, action="split", statement_id=yes[1].statement_id)
    edited = room.edit(yes[1], "The council approved the tram line by 31 votes, Post reports.")
    later = room.conflict([yes[0], edited], no)
    assert room.corrected(room.outcome(later), [split]).outcome.conflicts == (later,)


def test_a_correction_whose_question_is_gone_is_kept_and_named(room: Newsroom) -> None:
    conflict = room.conflict(*two_sides(room))
    split = room.review(conflict, action="split", statement_id=conflict.sides[0].exemplar_id)
    made = room.corrected(Outcome(), [split])
    assert made.unmatched == (split,)


def test_of_two_equal_sentences_of_an_outlet_only_the_one_that_was_meant_is_split_off(room: Newsroom) -> None:
    twice = [room.say("Herald", "It rained.", article=name) for name in ("morning", "evening")]
    no = room.say("Post", "It did not rain.")
    conflict = room.conflict(twice, [no])
    split = room.review(conflict, action="split", statement_id=twice[0].statement_id)
    (again,) = room.corrected(room.outcome(conflict), [split]).outcome.conflicts
    assert members(again) == {ids(twice[1]), ids(no)}
    later = room.conflict([twice[1]], [no])
    assert room.corrected(room.outcome(later), [split]).outcome.conflicts == (later,)


def test_a_move_to_the_own_side_or_to_no_side_is_refused(room: Newsroom) -> None:
    yes, no = two_sides(room)
    conflict = room.conflict(yes, no)
    with pytest.raises(InputError, match="already"):
        room.review(conflict, action="move", statement_id=yes[0].statement_id, to_side=yes[1].statement_id)
    with pytest.raises(InputError, match="no such side"):
        room.review(conflict, action="move", statement_id=yes[0].statement_id, to_side="elsewhere")
    assert conflict.sides and no


def test_corrected_conflicts_take_the_rank_of_their_new_score(room: Newsroom) -> None:
    yes, no = two_sides(room)
    strong = room.conflict(yes, no)
    weak = room.conflict([room.say("Sun", "It is on.")], [room.say("Star", "It is off.")])
    outcome = room.outcome(strong, weak)
    assert outcome.conflicts[0] == strong
    gone = [room.review(strong, action="split", statement_id=one.statement_id) for one in (yes[1], no[1])]
    conflicts = apply_corrections(
        outcome, room.statements, room.articles, gone, origins=origin_groups, window_days=3.0
    ).conflicts
    assert [round(one.score, 6) for one in conflicts] == sorted(
        (round(one.score, 6) for one in conflicts), reverse=True
    )
    assert {one.conflict_id for one in conflicts} == {strong.conflict_id, weak.conflict_id}


@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def test_any_row_of_corrections_and_undos_leaves_only_conflicts_that_hold(draw: st.DataObject) -> None:
    room = Newsroom()
    made = []
    for number in range(draw.draw(st.integers(1, 3))):
        sides = draw.draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
        made.append(
            room.conflict(
                *(
                    [room.say(f"Outlet {place}{n}", f"Matter {number} side {place} of {n}.") for n in range(size)]
                    for place, size in enumerate(sides)
                )
            )
        )
    raw = room.outcome(*made)
    log: list[Review] = []
    shown = raw
    for _ in range(draw.draw(st.integers(1, 6))):
        log.append(_any_correction(room, shown, log, draw))
        shown = room.corrected(raw, log).outcome
        _check(room, raw, shown, log)
    taken_back = [*log, *map(undo, standing(log))]
    assert room.corrected(raw, taken_back).outcome == raw


def _any_correction(room: Newsroom, shown: Outcome, log: list[Review], draw: st.DataObject) -> Review:
    if log and (not shown.conflicts or draw.draw(st.booleans())):
        return replace(undo(draw.draw(st.sampled_from(log))), review_id=f"undo {len(log)}")
    conflict = draw.draw(st.sampled_from(shown.conflicts))
    one, to = draw.draw(st.permutations(conflict.sides))[:2]
    statement_id = draw.draw(st.sampled_from(one.statement_ids))
    others = [other for other in shown.conflicts if other != conflict]
    action = draw.draw(st.sampled_from(["split", "move", *(["merge"] if others else [])]))
    if action == "merge":
        return room.review(conflict, action="merge", other=draw.draw(st.sampled_from(others)))
    if action == "split":
        return room.review(conflict, action="split", statement_id=statement_id)
    return room.review(conflict, action="move", statement_id=statement_id, to_side=to.exemplar_id)


def _check(room: Newsroom, raw: Outcome, shown: Outcome, log: list[Review]) -> None:
    """Every conflict is whole: no statement twice, pairs between its sides, each kept or told of."""
    for conflict in shown.conflicts:
        standing = [one for side in conflict.sides for one in side.statement_ids]
        assert len(standing) == len(set(standing))
        home = {one: place for place, side in enumerate(conflict.sides) for one in side.statement_ids}
        assert all(home[left] != home[right] for left, right in (_ends(room, pair) for pair in conflict.pair_ids))
        assert conflict.evidence_hash == evidence_hash_of(room.statements[one].text_hash for one in standing)
    made = room.corrected(raw, log)
    assert made.outcome == shown
    kept = [one.conflict_id for one in shown.conflicts]
    told = [gone.conflict.conflict_id for gone in made.departures]
    assert sorted([*kept, *told]) == sorted(one.conflict_id for one in raw.conflicts)
