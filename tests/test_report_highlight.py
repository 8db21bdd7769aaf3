"""Which words are marked as carrying the difference."""

from __future__ import annotations

from itertools import pairwise

import pytest
from report_fixture import article, statement

from detector.records import Entity, Kind, Quantity, Statement
from detector.report.highlight import MOST_WORDS, difference_spans


def said(text: str, outlet: str = "Post", **options: object) -> Statement:
    return statement(article(outlet, text), text, **options)  # type: ignore[arg-type]


def marked(
    one: Statement, *others: Statement, kind: Kind = "implicit", nearest: tuple[Statement, ...] = ()
) -> list[str]:
    return [one.text[start:end] for start, end in difference_spans(one, others, kind=kind, nearest=nearest)]


def test_a_negation_marks_the_negated_word_on_both_sides() -> None:
    yes, no = said("Both delegations signed the paper on Friday."), said("The rebels left without signing the paper.")
    assert marked(yes, no, kind="negation") == ["signed"]
    assert marked(no, yes, kind="negation") == ["without signing"]


def test_contractions_negate() -> None:
    yes, no = said("The siren sounded."), said("The siren didn’t sound.")
    assert marked(no, yes, kind="negation") == ["didn’t sound"]
    assert marked(yes, no, kind="negation") == ["sounded"]


@pytest.mark.parametrize(
    ("left", "right"),
    [("Four people died.", "4 people died."), ("It cost 1,200 crowns.", "It cost 1200 crowns."), ("Forty-two fell.", "42 fell."),
     ("It lost 2 million.", "It lost two million."), ("He has three hundred sheep.", "He has 300 sheep."),
     ("It cost €38m.", "It cost €38 million."), ("It was the 3rd time.", "It was the 3 time.")],
)  # fmt: skip
def test_the_same_number_written_otherwise_is_no_difference(left: str, right: str) -> None:
    assert marked(said(left), said(right), kind="number") == []
    assert marked(said(right), said(left), kind="number") == []


def test_a_number_is_marked_whole_with_its_percent() -> None:
    one, other = said("Turnout was 70 to 80 percent on Sunday."), said("Turnout was 65 percent on Sunday.")
    assert marked(one, other, kind="number") == ["70 to 80 percent"]
    assert marked(other, one, kind="number") == ["65 percent"]


def test_only_the_quantity_of_the_same_thing_is_marked() -> None:
    dead, page = Quantity("seven people", 7, 7, noun="person"), Quantity("11 pages", 11, 11, noun="page")
    one = said("An 11 pages long list names seven people.", quantities=(page, dead))
    other = said("It names four people.", quantities=(Quantity("four people", 4, 4, noun="person"),))
    assert marked(one, other, kind="number") == ["seven people"]


def test_a_date_is_marked_and_the_rest_is_not() -> None:
    one, other = said("The talks in Riga opened on Friday morning."), said("In Riga the parties met on Thursday.")
    assert marked(one, other, kind="date") == ["Friday morning"]


def test_a_place_is_marked_by_its_name() -> None:
    riga, person = Entity("Riga", "GPE", "riga"), Entity("Ida Storm", "PERSON", "storm")
    one = said("Ida Storm met the envoy in Riga.", entities=(riga, person))
    other = said("The envoy was met in Oslo.", entities=(Entity("Oslo", "GPE", "oslo"),))
    assert marked(one, other, kind="place") == ["Riga"]
    assert marked(other, one, kind="place") == ["Oslo"]


def test_an_inflected_word_is_no_difference() -> None:
    assert marked(said("The minister denies the report."), said("A report the minister denied.")) == []


def test_words_near_what_both_share_are_marked_before_far_ones() -> None:
    one = said("After alpha bravo charlie delta echo foxtrot golf the plant closed early.")
    other = said("The plant stayed open.")
    spans = marked(one, other)
    assert "closed early" in spans
    assert sum(len(span.split()) for span in spans) <= MOST_WORDS
    assert "alpha" not in " ".join(spans)


def test_the_speaker_is_told_beside_the_statement_and_is_not_the_difference() -> None:
    one = said("The bank will stay open, Ida Storm said.", speaker="Ida Storm")
    assert marked(one, said("The bank will stay shut.")) == ["open"]


def test_for_the_same_words_of_two_people_the_speaker_is_the_difference() -> None:
    one = said("“We will not sell,” said Ida Storm.", speaker="Ida Storm")
    other = said("“We will not sell,” Nils Brand told us.", speaker="Nils Brand")
    assert marked(one, other, kind="attribution") == ["Ida Storm"]


def test_a_word_shared_with_any_statement_of_the_other_sides_is_not_marked() -> None:
    assert marked(said("The old bridge fell."), said("The bridge stands."), said("An old bridge stands.")) == ["fell"]


def test_the_compared_statement_decides_when_all_others_share_every_word() -> None:
    near, far = said("The bridge stands."), said("The old bridge never fell, people say.")
    one = said("The old bridge fell.")
    assert marked(one, near, far) == []
    assert marked(one, near, far, nearest=(near,)) == ["old", "fell"]


def test_spans_lie_in_the_text_sorted_and_apart() -> None:
    one = said("On Monday 5 of 9 boats, not 7, were sunk in Riga by 3 p.m.")
    for kind in ("number", "date", "negation", "implicit"):
        spans = difference_spans(one, [said("Two boats sank.")], kind=kind)  # type: ignore[arg-type]
        assert all(0 <= start < end <= len(one.text) for start, end in spans)
        assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_a_statement_with_nothing_to_compare_has_no_marks() -> None:
    assert difference_spans(said("It rained."), [], kind="negation") == ()
