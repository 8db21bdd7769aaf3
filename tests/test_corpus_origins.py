"""Copies of one text have one origin; newsrooms that report alike keep their own."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from detector.corpus.origins import credited_wire, origin_groups
from detector.corpus.wires import dateline_of
from detector.records import Article, digest, outlet_id_of, text_hash_of

WIRE = (
    "The government and the rebels signed a ceasefire on Friday after nine days of talks in the capital, the envoy said.\n\n"
    "Both delegations put their signatures to the eleven page document shortly before nine in the evening, according to a statement.\n\n"
    "A total of three hundred and forty prisoners are to be freed within thirty days under the deal, about two thirds of them held by the army."
)
OWN = (
    "For nine days the shutters of the palace stayed closed, and the man on the corner did the best trade of his life.\n\n"
    "Last night the doors opened at last, and two delegations that would not share a lift walked out having shared a pen.\n\n"
    "It nearly fell apart on Thursday, over a ridge on the map where nobody lives, said the deputy who took the chair."
)


def article(outlet: str, text: str, *, title: str = "", **fields: object) -> Article:
    whole = f"{title}\n\n{text}" if title else text
    return Article(
        article_id=digest("article", outlet, whole),
        outlet_id=outlet_id_of(outlet),
        outlet=outlet,
        text=whole,
        text_hash=text_hash_of(whole),
        title=title or None,
        **fields,  # type: ignore[arg-type]
    )


def origins(*articles: Article) -> int:
    return len(set(origin_groups(articles).values()))


def test_a_wire_text_printed_by_three_outlets_has_one_origin() -> None:
    edited = (
        WIRE.replace("on Friday ", "").replace("The government", "The Tarsovan government")
        + "\n\nLocal readers can send prayers."
    )
    assert origins(article("A", WIRE), article("B", edited), article("C", WIRE.split("\n\n", 1)[1])) == 1


def test_two_newsrooms_on_one_event_have_two_origins() -> None:
    assert origins(article("A", WIRE), article("B", OWN)) == 2


def test_one_paragraph_in_common_is_no_copy() -> None:
    assert origins(article("A", WIRE), article("B", f"{OWN}\n\n{WIRE.split(chr(10) * 2)[0]}")) == 2


def test_a_text_that_only_names_the_agency_is_no_copy() -> None:
    told = f"{OWN}\n\nThe truce takes effect at midnight, according to Reuters."
    assert credited_wire(article("B", told)) is None
    assert origins(article("A", f"ORLEC, March 7 (Reuters) - {WIRE}"), article("B", told)) == 2


def test_texts_that_credit_one_agency_need_only_share_a_part() -> None:
    first, second, third = WIRE.split("\n\n")
    a = f"ORLEC (Reuters) - {first}\n\n{second}\n\n{OWN}"
    b = f"ORLEC (Reuters) - {first}\n\nThe stock market rose by two points after the news, led by shipping and banks, brokers said.\n\n{third}"
    assert origins(article("A", a), article("B", b)) == 1
    assert origins(article("A", a.replace("(Reuters) ", "")), article("B", b.replace("(Reuters) ", ""))) == 2


def test_a_copy_has_the_origin_of_the_agency_it_comes_from() -> None:
    agency = article("Meridian Wire", f"ORLEC, March 7 (Meridian) — {WIRE}")
    other = article("Meridian Wire", OWN)
    copy = article("The Courier", f"ORLEC, March 7 (Meridian) — {WIRE}")
    own = article(
        "The Courier",
        OWN.upper() + " All of it was seen by our reporter, who sat on the steps for the nine days of it.",
    )
    found = origin_groups([agency, other, copy, article("Daily", "Nothing of the kind was said in the town.")])
    assert found[agency.article_id] == found[other.article_id] == found[copy.article_id]
    assert origin_groups([agency, copy, own])[own.article_id] != found[copy.article_id]


def test_printing_one_copy_does_not_make_two_newsrooms_one() -> None:
    copies = [article("A", WIRE), article("B", WIRE)]
    own = [
        article("A", OWN),
        article("B", "The rebels left the hall without signing anything, and their cars drove to the airport at once."),
    ]
    found = origin_groups([*copies, *own])
    assert found[copies[0].article_id] == found[copies[1].article_id]
    assert found[own[0].article_id] != found[own[1].article_id]


def test_a_copy_reworded_by_machine_under_the_same_headline_is_a_copy() -> None:
    title = "How to cope with rising rates and inflation"
    reworded = (
        WIRE.replace("government", "administration").replace("delegations", "sides").replace("prisoners", "captives")
    )
    reworded = (
        reworded.replace("signed a ceasefire", "inked a truce")
        .replace("talks", "negotiations")
        .replace("statement", "note")
    )
    assert origins(article("A", WIRE, title=title), article("B", reworded, title=title)) == 1


def test_a_short_headline_in_common_proves_nothing() -> None:
    assert origins(article("A", WIRE, title="Ceasefire signed"), article("B", OWN, title="Ceasefire signed")) == 2


def test_outlets_of_one_owner_have_one_origin() -> None:
    assert origins(article("A", WIRE, owner="Sel Media"), article("B", OWN, owner="Sel media")) == 1


def test_articles_of_one_outlet_have_one_origin() -> None:
    assert origins(article("A", WIRE), article("A", OWN)) == 1


def test_among_copies_the_first_published_is_the_origin() -> None:
    early = article("B", WIRE, published_at=datetime(2031, 3, 7, tzinfo=UTC))
    late = article("A", f"{WIRE} It rained.", published_at=datetime(2031, 3, 8, tzinfo=UTC))
    found = origin_groups(
        [
            late,
            early,
            article("B", OWN),
        ]
    )
    assert len(set(found.values())) == 1


def test_the_order_of_the_articles_does_not_matter() -> None:
    articles = [
        article(name, text)
        for name, text in [
            ("A", WIRE),
            ("B", WIRE + " It rained."),
            ("C", OWN),
            ("D", OWN + " It hailed."),
            ("A", OWN + " It snowed."),
        ]
    ]
    expected = origin_groups(articles)
    for seed in range(5):
        shuffled = random.Random(seed).sample(articles, len(articles))
        assert origin_groups(shuffled) == expected


def test_very_short_texts_are_never_copies() -> None:
    assert origins(article("A", "It rained all day in Orlec."), article("B", "It rained all day in Orlec.")) == 2


def test_nothing_has_no_origins() -> None:
    assert origin_groups([]) == {}


def test_a_text_printed_by_hundreds_is_found_in_linear_time() -> None:
    articles = [article(f"Outlet {number}", f"{WIRE} Printed in town number {number}.") for number in range(600)]
    assert origins(*articles) == 1


@pytest.mark.parametrize(
    ("paragraph", "wire"),
    [
        ("VALLETTA, March 7 (Meridian) — The government", "Meridian"),
        ("Denver (AP) – Colorado's top official", "AP"),
        ("(CNN) Americans today", "CNN"),
        ("FENNIMORE FALLS (PNW) — Forty-one people", "PNW"),
        ("Rep. Michael Grimm (R-N.Y.) – who won – is charged", None),
        ("HOST (Ellen Vasquez): This is Midday.", None),
        ("He told Reuters (the agency) - twice", None),
        ("(English edition) There are summers", None),
    ],
)
def test_a_dateline_credits_an_agency(paragraph: str, wire: str | None) -> None:
    found = dateline_of(paragraph)
    assert (found[1] if found else None) == wire


def test_an_author_that_is_an_agency_is_a_credit() -> None:
    assert credited_wire(article("A", OWN, author="Jane Doe, Associated Press")) == "ap"
    assert credited_wire(article("A", OWN, author="Jane Doe")) is None
