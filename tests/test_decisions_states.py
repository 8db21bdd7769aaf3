"""What a decision belongs to as the store grows, articles are edited and questions are grouped anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.decisions.evidence import change_of, seen_of
from detector.decisions.states import make_review, make_undo, orphans, review_states, standing
from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.records import Conflict, Review, Statement
from tests.decisions_values import NOON, Newsroom

YES, NO = "The council approved the tram line.", "The council did not approve the tram line."


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


def tram(room: Newsroom) -> tuple[Conflict, Statement, Statement]:
    yes, no = room.say("Herald", YES, article="a"), room.say("Post", NO, article="b", day=2)
    return room.conflict([yes], [no]), yes, no


def state_of(room: Newsroom, conflict: Conflict, *reviews: Review) -> ReviewState:
    return review_states([conflict], room.statements, reviews)[conflict.conflict_id]


def test_a_question_without_reviews_is_open(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    assert state_of(room, conflict) == ReviewState()


def test_a_decision_on_the_evidence_of_now_is_decided(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    review = room.review(conflict, decision="rejected", reason="update")
    state = state_of(room, conflict, review)
    assert (state.status, state.decision, state.review, state.folded) == ("decided", "rejected", review, True)
    assert state.change is not None and state.change.is_empty


def test_a_note_alone_leaves_the_question_open(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    note = room.review(conflict, action="note", note="Ask the council.")
    state = state_of(room, conflict, note)
    assert (state.status, state.notes, state.change) == ("open", (note,), None)


def test_a_decision_follows_its_question_when_an_earlier_article_gives_it_another_id(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    early = room.say("Echo", YES + " At last.", day=1, article="early")
    room.articles[early.article_id] = replace(room.articles[early.article_id], published_at=NOON.replace(year=2030))
    grown = room.conflict([yes, early], [no])
    assert grown.conflict_id != conflict.conflict_id
    state = state_of(room, grown, review)
    assert (state.status, state.decision) == ("stale", "confirmed")
    assert state.change is not None
    assert [(one.outlet_id, one.side) for one in state.change.added] == [
        ("echo", next(p for p, side in enumerate(grown.sides) if early.statement_id in side.statement_ids))
    ]
    assert state.change.removed == () and state.change.moved == ()


def test_a_sentence_its_outlet_reworded_makes_the_decision_stale_and_shows_both_wordings(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    edited = room.edit(yes, "The council approved the tram line on Tuesday.")
    state = state_of(room, room.conflict([edited], [no]), review)
    assert state.status == "stale" and state.change is not None
    ((before, after),) = state.change.reworded
    assert (before.text, after.text) == (YES, "The council approved the tram line on Tuesday.")
    assert state.change.sides_gone == ()


def test_an_edit_elsewhere_in_the_article_leaves_a_decision_fresh(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    state = state_of(room, room.conflict([room.edit(yes, YES)], [no]), review)
    assert (state.status, state.review) == ("decided", review)


def test_both_sides_reworded_at_once_still_find_their_decision(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    again = room.conflict([room.edit(yes, YES + " It did.")], [room.edit(no, NO + " Not yet.")])
    assert state_of(room, again, review).status == "stale"


def test_another_question_of_the_same_articles_does_not_inherit_a_decision(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    cost = [room.say(name, text, day=3) for name, text in (("Herald", "It costs 3 million."), ("Post", "It costs 5."))]
    other = room.conflict([cost[0]], [cost[1]])
    assert review_states([other], room.statements, [review])[other.conflict_id].status == "open"
    assert orphans([other], room.statements, [review]) == [review]
    one_side = room.conflict([yes], [cost[1]])
    assert state_of(room, one_side, review).status == "open"
    assert no.statement_id not in {one for side in one_side.sides for one in side.statement_ids}


def test_a_question_that_comes_back_brings_its_decision(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    review = room.review(conflict)
    assert orphans([], room.statements, [review]) == [review]
    assert state_of(room, conflict, review).review == review


def test_statements_that_stood_apart_and_now_stand_together_are_no_longer_that_question(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    review = room.review(conflict)
    third = room.say("Echo", "Nobody voted at all.")
    regrouped = room.conflict([third], [yes, no])
    assert regrouped.conflict_id != conflict.conflict_id
    assert state_of(room, regrouped, review).status == "open"


def test_a_divided_question_leaves_its_decision_with_the_part_that_shares_most(room: Newsroom) -> None:
    said = [room.say(f"Outlet {n}", f"{YES} {n}", day=5) for n in range(3)]
    against = [room.say(f"Rival {n}", f"{NO} {n}", day=5) for n in range(3)]
    whole = room.conflict(said, against)
    review = replace(room.review(whole), conflict_id="an id of long ago")
    small, large = room.conflict(said[:1], against[:1]), room.conflict(said[1:], against[1:])
    for shown in ([small, large], [large, small]):
        states = review_states(shown, room.statements, [review])
        assert [states[one.conflict_id].status for one in (small, large)] == ["open", "stale"]


def test_a_statement_on_another_side_is_named_as_moved(room: Newsroom) -> None:
    conflict, yes, no = tram(room)
    third = room.say("Echo", "The line was approved.", day=3)
    before = room.conflict([yes, third], [no])
    after = room.conflict([yes], [no, third])
    change = change_of(seen_of(before, room.statements), seen_of(after, room.statements))
    assert [one.statement_id for one in change.moved] == [third.statement_id]
    assert (change.added, change.removed, change.sides_gone) == ((), (), ())
    assert not change.is_empty and conflict.conflict_id


def test_a_side_that_nobody_takes_any_more_is_named(room: Newsroom) -> None:
    _, yes, no = tram(room)
    third = room.say("Echo", "The vote was put off.", day=3)
    before, after = room.conflict([yes], [no], [third]), room.conflict([yes], [no])
    change = change_of(seen_of(before, room.statements), seen_of(after, room.statements))
    place = next(p for p, side in enumerate(before.sides) if third.statement_id in side.statement_ids)
    assert change.sides_gone == (place,)
    assert [one.statement_id for one in change.removed] == [third.statement_id]


def test_an_undone_decision_opens_the_question_and_an_undone_undo_closes_it_again(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    decision = room.review(conflict)
    undo = make_undo(decision, reviewer="Ada", now=NOON)
    again = make_undo(undo, reviewer="Bo", now=NOON)
    assert state_of(room, conflict, decision, undo).status == "open"
    state = state_of(room, conflict, decision, undo, again)
    assert (state.status, state.review) == ("decided", decision)
    assert state.reviews == (decision, undo, again) and state.undone_ids == {undo.review_id}


def test_an_undone_decision_gives_way_to_the_one_before_it(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    first, second = room.review(conflict, decision="unclear"), room.review(conflict, decision="rejected")
    undo = make_undo(second, reviewer="Ada", now=NOON)
    assert state_of(room, conflict, first, second, undo).review == first


def test_reviewers_who_decide_differently_make_a_dispute_until_one_changes_their_mind(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    ada, bo = room.review(conflict, "Ada"), room.review(conflict, "Bo", decision="rejected")
    state = state_of(room, conflict, ada, bo)
    assert (state.disputed, state.decision, state.folded) == (True, "rejected", False)
    assert state.by_reviewer == (("Ada", ada), ("Bo", bo))
    later = room.review(conflict, "Ada", decision="rejected")
    state = state_of(room, conflict, ada, bo, later)
    assert (state.disputed, state.folded) == (False, True)


def test_a_duplicate_points_to_the_end_of_its_chain_and_a_ring_keeps_its_first_entry(room: Newsroom) -> None:
    made = [
        room.conflict([room.say("Herald", f"It is so, {n}.")], [room.say("Post", f"It is not so, {n}.")])
        for n in range(3)
    ]
    chain = [
        room.review(made[0], decision="duplicate", other=made[1]),
        room.review(made[1], decision="duplicate", other=made[2]),
    ]
    states = review_states(made, room.statements, chain)
    assert [states[one.conflict_id].duplicate_of for one in made] == [made[2].conflict_id] * 2 + [None]
    ring = [*chain, room.review(made[2], decision="duplicate", other=made[0])]
    states = review_states(made, room.statements, ring)
    assert [states[one.conflict_id].duplicate_of for one in made] == [None, made[0].conflict_id, made[0].conflict_id]
    assert [states[one.conflict_id].folded for one in made] == [False, True, True]


def test_a_duplicate_of_what_is_not_in_the_list_is_shown(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    other = room.conflict([room.say("Echo", "A.")], [room.say("Wire", "Not A.")])
    state = state_of(room, conflict, room.review(conflict, decision="duplicate", other=other))
    assert (state.status, state.duplicate_of, state.folded) == ("decided", None, False)


def test_a_duplicate_finds_the_other_conflict_under_its_new_id(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    left, right = room.say("Echo", "The line costs 3 million."), room.say("Wire", "The line costs 5 million.")
    review = room.review(conflict, decision="duplicate", other=room.conflict([left], [right]))
    renamed = room.conflict([room.edit(left, left.text)], [right])
    states = review_states([renamed, conflict], room.statements, [review])
    assert renamed.conflict_id != review.other_id
    assert states[conflict.conflict_id].duplicate_of == renamed.conflict_id


def test_two_equal_clicks_at_one_moment_are_one_review_and_any_difference_makes_two(room: Newsroom) -> None:
    conflict, _, _ = tram(room)

    def click(reviewer: str = "Ada", note: str = "", later: int = 0) -> Review:
        moment = NOON + timedelta(microseconds=later)
        return make_review(conflict, room.statements, reviewer=reviewer, now=moment, decision="confirmed", note=note)

    assert click().review_id == click().review_id
    assert len({click().review_id, click(note="x").review_id, click("Bo").review_id, click(later=1).review_id}) == 4


def test_a_review_keeps_what_the_conflict_was(room: Newsroom) -> None:
    conflict, yes, _ = tram(room)
    review = room.review(conflict)
    assert (review.kind, review.lane, review.question) == (conflict.kind, conflict.lane, conflict.question)
    assert dict(review.factors)["excludes"] == 0.9
    assert review.evidence_hash == conflict.evidence_hash
    assert yes.text in {one.text for one in review.seen}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"reviewer": " \n"}, "name of its reviewer"),
        ({"reviewer": "x" * 81}, "80 at most"),
        ({"note": "x" * 4_001}, "4,000 at most"),
        ({"decision": None}, "belongs to the action decide"),
        ({"reason": "quote"}, "only a rejection has a reason"),
        ({"decision": "duplicate"}, "name the other conflict"),
        ({"action": "merge", "decision": None}, "name the other conflict"),
        ({"action": "note", "decision": None}, "without words"),
        ({"action": "undo", "decision": None}, "names the review"),
        ({"action": "split", "decision": None, "statement_id": "nobody's"}, "on no side"),
        ({"statement_id": "s"}, "names no statement"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(room: Newsroom, given: dict[str, object], told: str) -> None:
    conflict, _, _ = tram(room)
    values = {"reviewer": "Ada", "now": NOON, "decision": "confirmed"} | given
    with pytest.raises(InputError, match=told):
        make_review(conflict, room.statements, **values)  # type: ignore[arg-type]


def test_a_conflict_is_no_duplicate_of_itself(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    with pytest.raises(InputError, match="same one"):
        room.review(conflict, decision="duplicate", other=conflict)


def test_names_and_notes_lose_what_cannot_be_seen_and_keep_what_is_part_of_words(room: Newsroom) -> None:
    conflict, _, _ = tram(room)
    review = room.review(conflict, "Ada\u202e\n Lo\x1b[31mve\u00a0lace", note="a\r\nb\x00\u200b می‌خواهم")
    assert (review.reviewer, review.note) == ("Ada Lo[31mve lace", "a\nb می‌خواهم")


# Properties: a store whose questions have many statements grows, is edited and is grouped anew.

OUTLETS = [f"Outlet {letter}" for letter in "ABCDEFGH"]


def questions(room: Newsroom, sizes: list[tuple[int, int]]) -> list[list[list[Statement]]]:
    return [
        [
            [room.say(OUTLETS[n], f"Matter {number} is settled, says {n}.", day=2 + n) for n in range(left)],
            [room.say(OUTLETS[4 + n], f"Matter {number} is open, says {n}.", day=2 + n) for n in range(right)],
        ]
        for number, (left, right) in enumerate(sizes)
    ]


sizes = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(sizes=sizes, draw=st.data())
def test_no_decision_is_lost_when_questions_grow_and_articles_are_edited(
    sizes: list[tuple[int, int]], draw: st.DataObject
) -> None:
    room = Newsroom()
    before = questions(room, sizes)
    reviews = [room.review(room.conflict(*sides)) for sides in before]
    after, changed = [], []
    for number, sides in enumerate(before):
        again = [list(side) for side in sides]
        edited = draw.draw(st.sampled_from([one for side in sides for one in side]), label="edited")
        kind = draw.draw(st.sampled_from(["same words", "reworded", "untouched"]), label="edit")
        if kind != "untouched":
            words = edited.text if kind == "same words" else edited.text.replace("says", "writes")
            again = [[room.edit(one, words) if one == edited else one for one in side] for side in again]
        joins = draw.draw(st.integers(0, 2), label="joins")
        again[draw.draw(st.integers(0, 1))] += [
            room.say(f"New {number} {n}", f"Late word {n} on matter {number}.", day=1) for n in range(joins)
        ]
        after.append(room.conflict(*again))
        changed.append(kind == "reworded" or joins > 0)
    shown = draw.draw(st.permutations(after))
    states = review_states(shown, room.statements, reviews)
    assert orphans(shown, room.statements, reviews) == []
    for conflict, review, differs in zip(after, reviews, changed, strict=True):
        state = states[conflict.conflict_id]
        assert state.review == review
        assert state.status == ("stale" if differs else "decided")


@settings(max_examples=40, deadline=None)
@given(sizes=sizes, draw=st.data())
def test_no_decision_is_lost_when_a_model_change_regroups_what_stood_opposed(
    sizes: list[tuple[int, int]], draw: st.DataObject
) -> None:
    """Each side keeps some of its statements, the rest goes elsewhere; the opposed ones that stay keep the decision."""
    room = Newsroom()
    before = questions(room, sizes)
    reviews = [room.review(room.conflict(*sides)) for sides in before]
    after, leftovers = [], []
    for sides in before:
        kept = [draw.draw(st.lists(st.sampled_from(side), min_size=1, unique=True)) for side in sides]
        leftovers += [one for side, keep in zip(sides, kept, strict=True) for one in side if one not in keep]
        after.append(room.conflict(*kept))
    if len(leftovers) >= 2:
        middle = len(leftovers) // 2
        after.append(room.conflict(leftovers[:middle], leftovers[middle:]))
    states = review_states(draw.draw(st.permutations(after)), room.statements, reviews)
    held = [review for state in states.values() for review in state.reviews]
    assert sorted(one.review_id for one in held) == sorted(one.review_id for one in reviews)
    assert states == review_states(after, room.statements, reviews)


@settings(max_examples=40, deadline=None)
@given(undone=st.lists(st.integers(0, 40), max_size=12))
def test_what_stands_is_what_an_uneven_number_of_undos_has_not_taken_back(undone: list[int]) -> None:
    room = Newsroom()
    conflict, _, _ = tram(room)
    log = [room.review(conflict), room.review(conflict, "Bo", action="note", note="hm")]
    for number, place in enumerate(undone):
        log.append(make_undo(log[place % len(log)], reviewer="Ada", now=NOON + timedelta(hours=1 + number)))

    def holds(review: Review) -> bool:
        return not any(holds(undo) for undo in log if undo.action == "undo" and undo.other_id == review.review_id)

    assert standing(log) == [one for one in log[:2] if holds(one)]


class Counted(dict[str, Statement]):
    """Counts how often a statement is looked at."""

    looks = 0

    def __getitem__(self, key: str) -> Statement:
        self.looks += 1
        return super().__getitem__(key)


def test_ten_times_the_questions_and_reviews_take_ten_times_the_looks_and_not_a_hundred() -> None:
    def looks(count: int) -> int:
        room = Newsroom()
        made = [
            room.conflict([room.say("Herald", f"It is {n}.")], [room.say("Post", f"It is not {n}.")])
            for n in range(count)
        ]
        reviews = [replace(room.review(one), conflict_id=f"former {one.conflict_id}") for one in made]
        statements = Counted(room.statements)
        states = review_states(made, statements, reviews)
        assert all(state.status == "decided" for state in states.values())
        return statements.looks

    assert looks(50) <= 10 * looks(5)
