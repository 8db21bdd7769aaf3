"""What decisions say of the program: precision by kind, lane and factor, its use in the ranking, and how far people agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.decisions.agreement import alpha_of
from detector.decisions.precision import (
    PRIOR_NAME,
    band_of,
    judged,
    precision_of,
    prior_of,
    stats_of,
    wilson,
    with_priors,
)
from detector.decisions.states import make_undo, review_states
from detector.decisions.values import Precision
from detector.records import Conflict, Decision, Kind, Review
from tests.decisions_values import NOON, Newsroom


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


def questions(room: Newsroom, count: int, *, kind: Kind = "number") -> list[Conflict]:
    return [
        room.conflict(
            [room.say("Herald", f"{kind} {n} it is.")], [room.say("Post", f"{kind} {n} it is not.")], kind=kind
        )
        for n in range(count)
    ]


def decided(room: Newsroom, conflicts: Sequence[Conflict], confirmed: int) -> list[Review]:
    """The first so many confirmed, the others rejected."""
    return [
        room.review(one, decision="confirmed" if place < confirmed else "rejected")
        for place, one in enumerate(conflicts)
    ]


def cell(found: Sequence[Precision], of: str, name: str) -> Precision:
    return next(one for one in found if (one.of, one.name) == (of, name))


def test_precision_is_confirmed_of_confirmed_and_rejected_with_its_interval(room: Newsroom) -> None:
    found = precision_of(decided(room, questions(room, 10), 8))
    numbers = cell(found, "kind", "number")
    assert (numbers.confirmed, numbers.rejected, numbers.rate) == (8, 2, 0.8)
    assert (numbers.low, numbers.high) == (0.4902, 0.9433)
    assert cell(found, "lane", "conflict").rate == cell(found, "all", "all").rate == 0.8


def test_unclear_and_duplicate_are_counted_apart_and_give_no_rate(room: Newsroom) -> None:
    one, other = questions(room, 2)
    given = [room.review(one, decision="unclear"), room.review(other, decision="duplicate", other=one)]
    everything = cell(precision_of(given), "all", "all")
    assert (everything.unclear, everything.duplicate, everything.rate, everything.low) == (1, 1, None, None)


def test_factors_are_told_apart_by_the_third_of_their_range(room: Newsroom) -> None:
    sure = room.conflict([room.say("Herald", "A.")], [room.say("Post", "B.")], probability=0.9)
    unsure = room.conflict([room.say("Herald", "C.")], [room.say("Post", "D.")], probability=0.2)
    found = precision_of([room.review(sure), room.review(unsure, decision="rejected")])
    assert cell(found, "factor", "excludes: high").rate == 1.0
    assert cell(found, "factor", "excludes: low").rate == 0.0
    assert [band_of(value) for value in (0.0, 0.33, 0.34, 0.67, 1.0)] == ["low", "low", "middle", "high", "high"]


def test_a_question_counts_once_by_its_latest_standing_decision(room: Newsroom) -> None:
    (conflict,) = questions(room, 1)
    first, second = room.review(conflict), room.review(conflict, "Bo", decision="rejected")
    reviews = [first, second, make_undo(second, reviewer="Bo", now=NOON)]
    assert judged(review_states([conflict], room.statements, reviews)) == [first]


def test_decisions_on_questions_that_left_the_list_still_count(room: Newsroom) -> None:
    here, gone = questions(room, 2)
    reviews = [room.review(here), room.review(gone, "Bo", decision="rejected", reason="update")]
    states = review_states([here], room.statements, reviews)
    stats = stats_of(states, [reviews[1]])
    assert cell(stats.precision, "all", "all").rate == 0.5
    assert stats.reviewers == (("Ada", 1), ("Bo", 1)) and stats.reasons == (("update", 1),)


@given(st.integers(0, 300), st.integers(1, 300))
def test_the_interval_holds_the_rate_and_stays_within_bounds(successes: int, more: int) -> None:
    trials = successes + more - 1 or 1
    low, high = wilson(min(successes, trials), trials)
    assert 0.0 <= low <= min(successes, trials) / trials <= high <= 1.0


def test_too_few_decisions_change_nothing(room: Newsroom) -> None:
    conflicts = questions(room, 9)
    priors = prior_of(decided(room, conflicts, 0), minimum=10)
    assert with_priors(conflicts, priors) == tuple(conflicts)
    assert with_priors(conflicts, prior_of([], minimum=1)) == tuple(conflicts)


def test_enough_decisions_become_a_factor_that_says_what_it_rests_on(room: Newsroom) -> None:
    reviews = decided(room, questions(room, 10), 8)
    (new,) = with_priors(questions(room, 1), prior_of(reviews, minimum=10))
    factor = new.factors[-1]
    assert (factor.name, factor.reason) == (PRIOR_NAME, "8 of 10 number conflicts confirmed")
    assert 0 < factor.value < 0.3


def test_a_sort_that_people_reject_sinks_below_one_that_they_confirm(room: Newsroom) -> None:
    numbers, places = questions(room, 12), questions(room, 12, kind="place")
    reviews = [*decided(room, numbers[:11], 1), *decided(room, places[:11], 10)]
    shown = with_priors([numbers[11], places[11]], prior_of(reviews, minimum=10))
    assert [one.kind for one in shown] == ["place", "number"]
    values = [one.factors[-1].value for one in shown]
    assert values[0] > 0.3 and values[1] < -0.3


def test_unclear_and_duplicate_decisions_teach_the_ranking_nothing(room: Newsroom) -> None:
    conflicts = questions(room, 12)
    reviews = [room.review(one, decision="unclear") for one in conflicts]
    assert prior_of(reviews, minimum=10).factors == {}


def test_a_rare_sort_is_judged_by_its_kind_in_all_lanes(room: Newsroom) -> None:
    reviews = decided(room, questions(room, 10), 2)
    update = room.conflict([room.say("Sun", "A.")], [room.say("Star", "B.")], kind="number", lane="update")
    factor = prior_of(reviews, minimum=10).of(update)
    assert factor is not None and factor.reason == "2 of 10 number entries confirmed"


@given(st.lists(st.tuples(st.sampled_from(["number", "place"]), st.booleans()), max_size=40))
def test_the_factor_stays_in_its_range_and_does_not_depend_on_the_order_of_decisions(
    given: list[tuple[Kind, bool]],
) -> None:
    reviews = [_review(kind, "confirmed" if confirmed else "rejected", n) for n, (kind, confirmed) in enumerate(given)]
    priors = prior_of(reviews, minimum=3)
    assert priors == prior_of(reviews[::-1], minimum=3)
    assert all(-1 < factor.value < 1 for factor in priors.factors.values())


def _review(kind: Kind, decision: Decision, number: int) -> Review:
    moment = NOON + timedelta(minutes=number)
    return Review(f"r{number}", f"c{number}", "Ada", moment, decision=decision, kind=kind, lane="conflict")


def test_reviewers_of_one_mind_have_alpha_one(room: Newsroom) -> None:
    units = [_unit(("confirmed", "confirmed")), _unit(("rejected", "rejected"))]
    assert alpha_of(units) == 1.0


def test_alpha_of_krippendorffs_own_example() -> None:
    """Two observers, ten units, nominal values: alpha is 0.095 (Krippendorff, Computing alpha-reliability, 2011, B)."""
    first, second = "0100000010", "1110010000"
    word: dict[str, Decision] = {"0": "confirmed", "1": "rejected"}
    units = [_unit((word[one], word[other])) for one, other in zip(first, second, strict=True)]
    assert alpha_of(units) == pytest.approx(0.095, abs=0.001)


@pytest.mark.parametrize("units", [[], [("confirmed",)], [("confirmed", "confirmed"), ("confirmed", "confirmed")]])
def test_alpha_is_not_defined_without_two_reviewers_or_two_values(units: list[tuple[Decision, ...]]) -> None:
    assert alpha_of([_unit(unit) for unit in units]) is None


def _unit(given: Sequence[Decision]) -> dict[str, Review]:
    return {f"reviewer {n}": _review("number", decision, n) for n, decision in enumerate(given)}


def test_disputes_and_double_work_are_counted(room: Newsroom) -> None:
    conflicts = questions(room, 3)
    reviews = [
        room.review(conflicts[0]),
        room.review(conflicts[0], "Bo", decision="rejected"),
        room.review(conflicts[1]),
        room.review(conflicts[1], "Bo"),
        room.review(conflicts[2]),
    ]
    stats = stats_of(review_states(conflicts, room.statements, reviews))
    assert (stats.judged_twice, stats.disputed) == (2, 1)
    assert stats.alpha == pytest.approx(0.0, abs=1e-9)
    assert replace(stats, precision=()).reviewers == (("Ada", 3), ("Bo", 2))
