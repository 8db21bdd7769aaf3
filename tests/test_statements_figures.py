"""Quantities, times and entities."""

from __future__ import annotations

from math import inf

import pytest

from detector.statements import times
from tests.reading import only, read


@pytest.mark.parametrize(
    ("sentence", "quantity"),
    [
        ("A total of 340 prisoners were freed.", ("340", 340, 340, "count", "prisoner", False)),
        ("Some 340 detainees will go home.", ("Some 340", 340, 340, "count", "detainee", True)),
        ("Forty-one people tested positive.", ("Forty-one", 41, 41, "count", "people", False)),
        ("More than 12,000 people died.", ("More than 12,000", 12000, inf, "count", "people", False)),
        ("At least nine patients recovered.", ("At least nine", 9, inf, "count", "patient", False)),
        ("No more than 40 seats are left.", ("No more than 40", 0, 40, "count", "seat", False)),
        ("It can take up to 50 days.", ("up to 50 days", 0, 50, "day", "", False)),
        ("Russia holds 70 to 80 percent of the regions.", ("70 to 80 percent", 70, 80, "percent", "region", False)),
        ("About two-thirds of the prisoners left.", ("About two-thirds", 66.67, 66.67, "percent", "prisoner", True)),
        ("A fifth of the territory was lost.", ("A fifth", 20, 20, "percent", "territory", False)),
        ("The fee is €52m.", ("€52m", 52e6, 52e6, "EUR", "fee", False)),
        ("Revenue rose to 588 million pounds.", ("588 million pounds", 588e6, 588e6, "GBP", "revenue", False)),
        ("The offer was 415p.", ("415p", 4.15, 4.15, "GBP", "offer", False)),
        ("Hundreds of thousands have fled.", ("Hundreds of thousands", 2e5, 1e6, "count", "", True)),
        ("Dozens of people died.", ("Dozens", 24, 120, "count", "people", True)),
        ("The 61-year-old general left.", ("61-year-old", 61, 61, "year", "age", False)),
        ("Imre Pasco, 29, dragged two pals to safety.", ("29", 29, 29, "year", "age", False)),
        ("He signed a four-year contract.", ("four-year", 4, 4, "year", "contract", False)),
        ("Between 5,000 and 10,000 troops left.", ("5,000 and 10,000", 5000, 10000, "count", "troop", False)),
        (
            "Estimates run from 500,000 to 1.6 million women.",
            ("500,000 to 1.6 million", 5e5, 1.6e6, "count", "woman", False),
        ),
    ],
)
def test_a_number_is_a_quantity_of_a_named_thing(sentence: str, quantity: tuple[object, ...]) -> None:
    found = only(sentence).quantities[0]
    assert (found.text, found.low, found.high, found.unit, found.noun, found.approximate) == quantity


@pytest.mark.parametrize(
    "sentence",
    [
        "The truce of 2028 lasted.",
        "He was born on May 17 in Oslo.",
        "The blast happened at 2:40 p.m. on Monday.",
        "He wore the No. 9 shirt.",
        "One of the men left.",
        "The war is in its sixth year.",
        "Half a mile away the windows broke.",
    ],
)
def test_dates_times_labels_and_ordinals_are_no_quantities(sentence: str) -> None:
    assert only(sentence).quantities == ()


def test_up_from_counts_what_was_counted_before() -> None:
    second = only("Monitors recorded nine violations, up from three on Friday night.").quantities[1]
    assert (second.low, second.noun) == (3, "violation")


@pytest.mark.parametrize(
    ("sentence", "earliest", "latest"),
    [
        # published on Saturday 8 March 2031, 09:00 UTC
        ("The rebels signed on Friday.", "2031-03-07T00:00", "2031-03-07T23:59"),
        ("The army will leave on Sunday.", "2031-03-09T00:00", "2031-03-09T23:59"),
        ("The rebels signed yesterday.", "2031-03-07T00:00", "2031-03-07T23:59"),
        ("The doors opened last night.", "2031-03-07T18:00", "2031-03-08T05:59"),
        ("The ceasefire will begin at 6 a.m. on Sunday.", "2031-03-09T06:00", "2031-03-09T06:00"),
        ("Three breaches were logged by late Friday.", "2031-03-07T00:00", "2031-03-07T23:59"),
        ("He demanded it in June 2024.", "2024-06-01T00:00", "2024-06-30T23:59"),
        ("The plant was shut on July 11.", "2030-07-11T00:00", "2030-07-11T23:59"),
        ("The deadline will pass on July 11.", "2031-07-11T00:00", "2031-07-11T23:59"),
        ("The truce failed in 2028.", "2028-01-01T00:00", "2028-12-31T23:59"),
        ("Talks began two weeks ago.", "2031-02-18T00:00", "2031-02-26T23:59"),
        ("The vote is next Tuesday.", "2031-03-11T00:00", "2031-03-11T23:59"),
        ("The truce takes effect at midnight on Saturday.", "2031-03-09T00:00", "2031-03-09T00:00"),
    ],
)
def test_times_are_resolved_against_publication(sentence: str, earliest: str, latest: str) -> None:
    (time,) = only(sentence).times
    assert time.earliest is not None
    assert time.latest is not None
    assert (time.earliest.isoformat()[:16], time.latest.isoformat()[:16]) == (earliest, latest)


def test_without_a_publication_time_only_a_full_date_is_resolved() -> None:
    friday, june = only("On Friday he recalled June 2024.", published=None).times
    assert (friday.earliest, june.earliest is not None) == (None, True)


def test_a_time_of_day_without_a_day_is_told_apart_also_in_an_undated_article() -> None:
    (alone,) = only("The blast came at 2:40 p.m. in the hall.", published=None).times
    assert alone.clock_only and alone.earliest is not None and (alone.earliest.hour, alone.earliest.minute) == (14, 40)
    assert only("The doors open at thirsty o'clock in the hall.", published=None).times[0].earliest is None
    (dated,) = only("The ceasefire will begin at 6 a.m. on Sunday.").times
    assert not dated.clock_only


def test_the_day_of_the_saying_counts_only_where_the_content_has_none() -> None:
    said = only("Tsai said on Thursday that the berries were recalled.")
    dated = only("Tsai said on Thursday that the berries were recalled on Monday.")
    assert [t.text for t in said.times] == ["on Thursday"]
    assert [t.text for t in dated.times] == ["on Monday"]


def test_the_names_of_one_person_share_a_key() -> None:
    text = "General Davit Orsk arrived on Friday. Orsk left on Sunday. The general signed nothing."
    assert [{e.key for e in s.entities} for s in read(text)] == [{"orsk"}, {"orsk"}, {"orsk"}]


def test_aliases_of_a_country_share_a_key() -> None:
    text = "The U.S. sent troops. American officials met in the United States. The US agreed."
    assert all("united states" in {e.key for e in s.entities} for s in read(text))


def test_offices_stand_for_their_holders() -> None:
    assert "putin" in {e.key for e in only("The Russian president rejected the truce on Friday.").entities}


def test_a_company_is_keyed_by_its_short_name() -> None:
    text = "Halden Foods Plc approached its rival on July 11. Halden then raised its offer."
    assert [[e.key for e in s.entities] for s in read(text)] == [["halden"], ["halden"]]


def test_who_came_in_for_a_pronoun_is_an_entity() -> None:
    text = "Lida Marosh arrived in Malta. She signed the document."
    assert "marosh" in {e.key for e in read(text)[1].entities}


@pytest.mark.parametrize(
    "form", ["{m}", "{m} 5", "{m} 15th", "{m} 3, 2021", "{m} 2022", "7 {m}", "21st {m} 2019", "{m} 30"]
)
def test_a_plain_date_is_read_as_dateparser_reads_it(form: str) -> None:
    for month in ("january", "april", "may", "sept", "september", "dec"):
        core = form.format(m=month)
        plain, found = times._plain_date(core, 2024), times._date_parser(2024).get_date_data(core)
        assert plain is not None
        assert plain[:2] == (found.date_obj.replace(tzinfo=times.UTC), found.period)
