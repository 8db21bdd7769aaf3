"""Figures of one thing that truly differ stay a difference; figures of different things are told apart."""

from __future__ import annotations

import pytest

from detector.conflicts.signals import compare_numbers, signals_of
from detector.records import Statement
from detector.store.rows import from_json, to_json
from tests.builders import article
from tests.reading import only

COURIER, ECHO = article("Courier"), article("Echo")

DIFFER = [
    # the economy
    ("Gasoline prices fell 10% from June.", "Prices of gasoline at the pump fell 16% from June."),
    ("Unemployment rose to 5.2 percent in May.", "Unemployment rose to 4.8 percent in May."),
    ("The chance of a recession is 38%.", "Economists put the odds of a recession at 44%."),
    ("Consumer prices rose 9.1% from a year earlier.", "Consumer prices rose 8.3% from a year earlier."),
    ("Halden's profit was $61 million last year.", "Halden's profit was $44 million last year."),
    ("The bank raised its key rate by 75 basis points.", "The bank raised its key rate by 50 basis points."),
    ("Exports grew 4% in the second quarter.", "Exports grew 7% in the second quarter."),
    ("The fee is €52m.", "The fee is €40m."),
    # casualties
    ("Four people were killed in the blast.", "Seven people died in the blast."),
    ("The blast left 31 people injured.", "The blast injured 58 people."),
    ("Four people were shot in the park.", "Six people were shot in the park."),
    ("The quake killed at least 40 people.", "The quake killed 12 people."),
    ("The fire destroyed 120 homes.", "The fire destroyed 80 homes."),
    # votes
    ("The bill passed with 61 votes.", "The bill passed with 58 votes."),
    ("Turnout was 61 percent.", "Turnout was 55 percent."),
    ("Rask won by 340 votes.", "Rask won by 212 votes."),
    ("The recount found 1,200 ballots.", "The recount found 800 ballots."),
    # sport
    ("The striker scored 31 goals last season.", "The striker scored 27 goals last season."),
    ("Some 41,000 fans watched the final.", "About 60,000 fans watched the final."),
    # distances, weights, durations
    ("The rocket fell 40 kilometres from the village.", "The rocket fell 15 kilometres from the village."),
    ("The rocket fell 40 kilometres from the village.", "The rocket fell 10 miles from the village."),
    ("He signed a four-year contract.", "He signed a three-year contract."),
    ("The ship carried 900 tonnes of grain.", "The ship carried 600 tonnes of grain."),
    ("The talks lasted nine hours.", "The talks lasted five hours."),
    # polls and shares
    ("The poll put support for the treaty at 52%.", "The poll put support for the treaty at 44%."),
    ("Russia holds 70 to 80 percent of the regions.", "Russia holds two thirds of the regions."),
    ("About a fifth of the workers struck.", "About a third of the workers struck."),
    # weather
    ("Eight inches of snow fell on Torvik.", "Fourteen inches of snow fell on Torvik."),
    ("Winds reached 90 miles per hour.", "Winds reached 140 miles per hour."),
    ("The rate of infection rose to 12% in May.", "The infection rate rose to 18% in May."),
]

APART = [
    # another thing
    ("The unemployment rate was 3.6%.", "The average mortgage rate was 5.3%."),
    ("The core PCE price index increased by 0.5%.", "The CPI energy index rose 41.6%."),
    ("The mortgage rate was more than 18%.", "Part of its mission is to keep inflation at a 2% rate."),
    ("Wheat futures prices have fallen by 37%.", "Used car prices have fallen by 10%."),
    ("Net profit was $44 million.", "Pretax profit was $61 million."),
    ("The bank had a tax rate of 21%.", "The bank had a default rate of 3%."),
    # another sort
    ("The consumer price index increased by 5%.", "Rent makes up over 31 percent of the index."),
    ("Turnout rose by 4%.", "Turnout rose to 61%."),
    ("Shares fell 9%.", "The fund holds 5% of the shares."),
    ("The odds of a strike are 40%.", "Strikes rose 12%."),
    # another period or comparison
    ("Consumer prices rose 9.1% from a year earlier.", "Consumer prices rose 1.3% in one month."),
    ("Monthly sales rose 2%.", "Annual sales rose 14%."),
    ("Unemployment was 10.8% in November 1982.", "Unemployment is 3.6%."),
    ("Inflation was 8.6% in May.", "Inflation was 9.1% in June."),
    ("Corn prices are down 27% since June.", "Corn prices are down 12% since March."),
    ("The rate will be 3.9 percent at the end of the year.", "The rate is 3.6% now."),
    ("Output grew 3% in the first quarter.", "Output grew 1% in the second quarter."),
    # another place
    ("Unemployment in Germany was 5.4%.", "Unemployment in France was 7.1%."),
    ("Turnout in Oslo was 61 percent.", "Turnout in Bergen was 55 percent."),
    ("Some 2,000 troops left Syria.", "About 7,000 troops left Afghanistan."),
    ("British exports grew 4%.", "Italian exports grew 9%."),
    # another group
    ("The poll found that 80% of Republicans approve.", "The poll found that 30% of Democrats approve."),
    ("Four people were killed.", "Six people were wounded."),
    ("Four states have legalized the drug.", "The two states sued their neighbour over the drug."),
    ("The crash killed nine people.", "The crash killed people, including two children."),
]

FIT = [
    ("The rocket fell 16 kilometres from the village.", "The rocket fell 10 miles from the village."),
    ("The talks lasted two days.", "The talks lasted 48 hours."),
    ("The bank raised its key rate by 50 basis points.", "The bank raised its key rate by 0.5 percentage points."),
    ("At least four people were killed.", "Six people were killed."),
    ("More than 12,000 people fled.", "Some 15,000 people fled."),
    ("Dozens of people were hurt.", "Forty people were hurt."),
    ("About a fifth of the workers struck.", "Nearly 20 percent of the workers struck."),
    ("Around two thirds of voters agreed.", "Some 70% of voters agreed."),
    ("Between 5,000 and 10,000 troops left.", "Some 8,000 troops left."),
    ("The fee is about $52 million.", "The fee is $51.7 million."),
    ("Up to 40 seats are left.", "Some 35 seats are left."),
]


def compared(left: str, right: str, similarity: float = 0.5) -> tuple[str, str]:
    """How the numbers of two sentences compare, whichever comes first."""
    pair = [only(text, published="2031-06-20") for text in (left, right)]
    found = compare_numbers(*pair, similarity=similarity)
    assert compare_numbers(*reversed(pair), similarity=similarity)[0] == found[0]
    return found[0], found[1]


@pytest.mark.parametrize(("left", "right"), DIFFER)
def test_figures_of_one_thing_that_cannot_both_be_true_differ(left: str, right: str) -> None:
    assert compared(left, right)[0] == "differs", compared(left, right)[1]


@pytest.mark.parametrize(("left", "right"), APART)
def test_figures_of_different_things_do_not_differ(left: str, right: str) -> None:
    assert compared(left, right)[0] != "differs", compared(left, right)[1]


@pytest.mark.parametrize(("left", "right"), FIT)
def test_bounds_roundings_and_vague_numbers_are_compatible(left: str, right: str) -> None:
    assert compared(left, right)[0] == "fits", compared(left, right)[1]


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ("Turnout rose by 4%.", "Turnout rose to 61%.", "how far something moved"),
        ("Inflation was 8.6% in May.", "Inflation was 9.1% in June.", "one is of May, the other of June"),
        ("Consumer prices rose 9% from a year earlier.", "Consumer prices rose 1% in one month.", "a year"),
        ("Unemployment in Germany was 5.4%.", "Unemployment in France was 7.1%.", "one is of Germany"),
        ("The core PCE price index rose by 0.5%.", "The CPI energy index rose by 41.6%.", "cpi energy index"),
    ],
)
def test_why_figures_are_of_different_things_is_said(left: str, right: str, why: str) -> None:
    comparison, reason = compared(left, right)
    assert comparison == "apart"
    assert why in reason


def test_other_words_for_a_thing_part_two_figures_only_where_the_statements_are_unlike() -> None:
    pair = "Pump prices fell 10%.", "Gas prices fell 16%."
    assert compared(*pair, similarity=0.8)[0] == "differs"
    assert compared(*pair, similarity=0.3)[0] != "differs"


def test_opposite_words_that_tell_figures_of_different_things_are_no_opposites() -> None:
    told = [only(text) for text in ("Turnout in Oslo fell to 61%.", "Turnout in Bergen rose to 65%.")]
    same = [only(text) for text in ("Turnout in Oslo fell to 61%.", "Turnout in Oslo rose to 65%.")]
    assert signals_of(*told, COURIER, ECHO).opposites is None
    assert signals_of(*same, COURIER, ECHO).opposites is not None


def test_statements_kept_before_measures_were_known_are_still_read() -> None:
    kept = to_json(only("Four people were killed."))
    start, end = kept.index(',"measure"'), kept.index("}", kept.index('"measure"')) + 1
    (old,) = from_json(Statement, [kept[:start] + kept[end:]])
    assert old.quantities[0].measure is None
    assert from_json(Statement, [kept])[0].quantities[0].measure is not None
