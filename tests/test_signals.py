"""What two statements share and where they part."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from builders import article, count, day, statement

from detector.conflicts.signals import (
    compare_dates,
    compare_numbers,
    compatible,
    days_apart,
    opposites_in,
    same_clock,
    same_speaker,
    signals_of,
)
from detector.records import Quantity, Statement

COURIER, ECHO = article("Courier"), article("Echo")


@pytest.mark.parametrize(
    ("left", "right", "fits"),
    [
        (count(310_000, "person", approximate=True), Quantity("more than 300,000", 300_000, math.inf), True),
        (count(340, "prisoner"), count(214, "prisoner"), False),
        (count(3, "breach"), count(4, "breach"), False),
        (Quantity("70 to 80 percent", 70, 80, "percent"), Quantity("two thirds", 66.7, 66.7, "percent"), False),
        (
            Quantity("nearly 70 percent", 70, 70, "percent", approximate=True),
            Quantity("two thirds", 66.7, 66.7, "percent"),
            True,
        ),
        (Quantity("at least 5", 5, math.inf), count(4, "person"), False),
        (Quantity("dozens", 24, 99), count(30, "person"), True),
    ],
)
def test_numbers_that_rounding_explains_are_compatible(left: Quantity, right: Quantity, fits: bool) -> None:
    assert compatible(left, right) is fits
    assert compatible(right, left) is fits


def test_numbers_of_different_things_are_not_compared() -> None:
    left = statement("340 prisoners.", COURIER, quantities=(count(340, "prisoner"),))
    right = statement("214 soldiers.", ECHO, quantities=(count(214, "soldier"),))
    assert compare_numbers(left, right)[0] == "none"


def test_counts_of_people_are_compared_only_for_the_same_fate() -> None:
    dead = statement(
        "Four people were killed in the blast.", COURIER, quantities=(Quantity("Four", 4, 4, noun="people"),)
    )
    hurt = statement(
        "Doctors saw 58 people injured by glass.", ECHO, quantities=(Quantity("58", 58, 58, noun="people"),)
    )
    also = statement("The blast left 31 injured in town.", COURIER, quantities=(Quantity("31", 31, 31, noun="person"),))
    assert compare_numbers(dead, hurt)[0] == "apart"
    assert compare_numbers(also, hurt)[0] == "differs"


def test_a_number_that_is_met_elsewhere_in_the_statement_does_not_clash() -> None:
    left = statement("3 breaches.", COURIER, quantities=(count(3, "breach"),))
    right = statement("9 breaches, up from 3.", ECHO, quantities=(count(9, "breach"), count(3, "breach")))
    assert compare_numbers(left, right)[0] == "fits"


def test_days_that_never_overlap_differ() -> None:
    friday = statement("It starts on Friday.", COURIER, times=(day("Friday", "2031-03-07", until="2031-03-07T23:59"),))
    sunday = statement("It starts on Sunday.", ECHO, times=(day("Sunday", "2031-03-09", until="2031-03-09T23:59"),))
    undated = statement("It starts soon.", ECHO)
    assert compare_dates(friday, sunday)[0] == "differs"
    assert compare_dates(friday, friday)[0] == "fits"
    assert compare_dates(friday, undated)[0] == "none"


def test_a_time_of_day_alone_is_compared_with_times_of_day_whatever_the_day() -> None:
    def at(text: str, iso: str, *, clock_only: bool = True) -> Statement:
        mention = replace(day(text, iso), clock_only=clock_only)
        return statement(f"The blast came {text}.", COURIER, times=(mention,))

    afternoon, the_same_later, morning = (
        at("at 2:40 p.m.", "2031-05-06T14:40"),
        at("at 14:40", "2031-05-07T14:40"),
        at("at eleven", "2031-05-06T11:00"),
    )
    monday = at("at 2:30 p.m. on Monday", "2031-05-05T14:30", clock_only=False)
    assert compare_dates(afternoon, the_same_later)[0] == "fits"
    assert compare_dates(afternoon, morning)[0] == "differs"
    assert compare_dates(the_same_later, monday)[0] == "fits"
    nine, evening = at("a few minutes before nine", "2031-05-06T09:00"), at("shortly before 9 p.m.", "2031-05-06T21:00")
    assert compare_dates(nine, evening)[0] == "fits"
    whole_day = statement("It came on Monday.", ECHO, times=(day("Monday", "2031-05-05", until="2031-05-05T23:59"),))
    assert compare_dates(afternoon, whole_day)[0] == "none"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Orsk", "Gen. Davit Orsk", True),
        ("Davit Orsk", "Lida Marosh", False),
        ("two officials", "officials", False),
        (None, None, False),
        ("the ministry", "the ministry", True),
    ],
)
def test_a_surname_identifies_a_speaker(left: str | None, right: str | None, same: bool) -> None:
    assert same_speaker(left, right) is same


def test_opposite_words_are_found_across_the_two_statements_only() -> None:
    assert opposites_in(frozenset({"accept"}), frozenset({"reject"})) == ("accept", "reject")
    assert opposites_in(frozenset({"accept", "reject"}), frozenset({"offer"})) is None


def test_signals_do_not_depend_on_the_order_of_the_pair() -> None:
    left = statement("Orsk signed the truce.", COURIER, names="PERSON:orsk", speaker="Orsk")
    right = statement("Orsk never signed.", ECHO, names="PERSON:orsk GPE:malta", negated=True, speaker="Marosh")
    one, other = signals_of(left, right, COURIER, ECHO), signals_of(right, left, ECHO, COURIER)
    assert (one.shared_names, one.numbers, one.dates, one.negation_differs, one.speakers_differ, one.gap_days) == (
        other.shared_names,
        other.numbers,
        other.dates,
        other.negation_differs,
        other.speakers_differ,
        other.gap_days,
    )
    assert one.foreign_names == tuple(reversed(other.foreign_names))


def test_counts_of_one_fate_in_other_words_are_compared() -> None:
    killed = statement("Four people were killed in the blast.", COURIER, quantities=(count(4, "people"),))
    died = statement("Seven people died in the blast.", ECHO, quantities=(count(7, "people"),))
    killed, died = (
        replace(one, quantities=(replace(one.quantities[0], text=one.text.split()[0]),)) for one in (killed, died)
    )
    assert compare_numbers(killed, died)[0] == "differs"


def share(text: str, value: float, noun: str) -> Quantity:
    return Quantity(text, value, value, "percent", noun)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (
            (
                "Profit was 61 million pounds, against 54 million a year earlier.",
                ("61 million", 61),
                ("54 million", 54),
            ),
            ("Profit for the half was 58 million.", ("58 million", 58)),
            "61 million against 58 million",
        ),
        (
            (
                "Profit was 61 million pounds, against 54 million a year earlier.",
                ("61 million", 61),
                ("54 million", 54),
            ),
            ("Profit for the half was 61 million.", ("61 million", 61)),
            "61 million and 61 million are compatible",
        ),
        (
            ("Net profit came to 44 million.", ("44 million", 44)),
            ("Pretax profit came to 61 million.", ("61 million", 61)),
            "44 million and 61 million are figures of different things: one is net, the other pretax",
        ),
    ],
    ids=["told figures differ", "only the base differs", "other kind of profit"],
)
def test_figure_that_another_is_only_compared_with_and_one_of_another_kind_are_no_clash(
    left: tuple, right: tuple, found: str
) -> None:
    def said(told: tuple, outlet: object) -> object:
        text, *figures = told
        quantities = tuple(Quantity(shown, value, value, "GBP", "profit") for shown, value in figures)
        return statement(text, outlet, quantities=quantities)

    assert compare_numbers(said(left, COURIER), said(right, ECHO))[1] == found


def test_how_far_a_share_moved_is_not_compared_with_where_it_stands() -> None:
    moved = statement("Shares were up 9% by midday.", COURIER, quantities=(share("9%", 9, "share"),))
    held = statement("It held 4.9% of the shares.", ECHO, quantities=(share("4.9%", 4.9, "share"),))
    risen = statement("Shares rose 5% by the close.", ECHO, quantities=(share("5%", 5, "share"),))
    reached = statement("Its stake in shares rose to 7%.", COURIER, quantities=(share("7%", 7, "share"),))
    assert compare_numbers(moved, held)[0] == "apart"
    assert compare_numbers(moved, risen)[0] == "differs"
    assert compare_numbers(reached, held)[0] == "differs"


def test_one_time_of_day_is_known_by_other_names_but_noon_tells_nothing() -> None:
    early, late, noon = (
        statement(f"It came {text}.", COURIER, times=(replace(day(text, iso), clock_only=True),))
        for text, iso in (
            ("at 2:40 p.m.", "2031-05-06T14:40"),
            ("at 14:45", "2031-05-07T14:45"),
            ("at noon", "2031-05-07T12:00"),
        )
    )
    assert same_clock(early, late) == ("at 2:40 p.m.", "at 14:45")
    assert same_clock(noon, noon) is None
    assert same_clock(early, noon) is None


def test_days_apart_are_those_of_the_nearest_times() -> None:
    friday = statement("It starts on Friday.", COURIER, times=(day("Friday", "2031-03-07", until="2031-03-07T23:59"),))
    july = statement("It was signed in July.", ECHO, times=(day("July", "2031-07-01", until="2031-07-31T23:59"),))
    assert days_apart(friday, july) == pytest.approx(115, abs=1)
    assert days_apart(friday, friday) == 0.0
    assert days_apart(friday, statement("It starts.", ECHO)) is None


def test_a_time_that_the_told_one_is_only_compared_with_is_not_when_a_statement_holds() -> None:
    year_ago, october = day("a year ago", "2030-10-01", until="2030-10-31"), day("in October", "2031-10-01")
    then = statement("Profit was €44 million against €48 million a year ago.", COURIER, times=(year_ago,))
    now = statement("Profit was €51 million in October.", ECHO, times=(october,))
    assert (compare_dates(then, now)[0], days_apart(then, now)) == ("none", None)
    told = statement("Profit was €48 million a year ago.", COURIER, times=(year_ago,))
    assert compare_dates(told, now)[0] == "differs"
    assert days_apart(told, now) == pytest.approx(335)


def test_a_time_that_another_is_compared_with_can_still_be_the_same_time() -> None:
    monday, wednesday = day("on Monday", "2031-05-05"), day("on Wednesday", "2031-05-07")
    first = statement("Four people were killed on Monday.", COURIER, times=(monday,))
    later = statement("The toll rose to seven on Wednesday, from four on Monday.", ECHO, times=(wednesday, monday))
    assert (compare_dates(first, later)[0], days_apart(first, later)) == ("fits", 0.0)


@pytest.mark.parametrize(
    ("text", "noun", "compared"),
    [
        ("Confirmed infections stand at 67.", "infection", True),
        ("By noon 67 of them were found infected.", "", True),
        ("A further 67 were injured in the crush.", "", False),
    ],
)
def test_counts_of_those_whom_one_thing_befell_are_compared_under_any_noun(
    text: str, noun: str, compared: bool
) -> None:
    tested = statement(
        "In all 41 residents tested positive.", COURIER, quantities=(Quantity("41", 41, 41, noun="resident"),)
    )
    other = statement(text, ECHO, quantities=(Quantity("67", 67, 67, noun=noun),))
    assert (compare_numbers(tested, other)[0] == "differs") is compared
