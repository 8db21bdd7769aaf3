"""What is not a checkable claim, and why."""

from __future__ import annotations

import pytest

from tests.reading import only, read


@pytest.mark.parametrize(
    ("sentence", "gate"),
    [
        ("So does that mean we are in a recession?", "question"),
        ("Good evening.", "greeting"),
        ("Callum Rhodes, thank you.", "greeting"),
        ("I think the manager is wrong.", "opinion"),
        ("“It's a disgrace,” said her husband.", "opinion"),
        ("The transfer should have been blocked.", "opinion"),
        ("A ceasefire is a promise made by tired people.", "rhetoric"),
        ("(laughs)", "stage direction"),
        ("After the break: why copper could fall again.", "teaser"),
        ("What a dam is for.", "fragment"),
        ("Then all the gulls.", "fragment"),
        ("I don't know about the dam.", "ignorance"),
        ("Consider also the incentives.", "imperative"),
        ("Don't wash the berries.", "imperative"),
        ("If you have them in the freezer, you should throw them out.", "advice"),
        ("Additional reporting by M. Adeyemi-Clarke.", "boilerplate"),
        ("Sign up for our newsletter.", "boilerplate"),
    ],
)
def test_what_is_no_claim_is_named(sentence: str, gate: str) -> None:
    assert only(sentence).claim_gate == gate


@pytest.mark.parametrize(
    "sentence",
    [
        "The rebels signed the ceasefire on Friday.",
        "There was no alarm at the Corrigan works.",
        "No one has died.",
        "Chairman Julian Aske said the board should meet on Tuesday.",
        "“I did not send this photograph,” said Anthony Weiner.",
        "None of the Brightmere sites is going to close.",
        "The Argentine cannot play until his doping case is heard.",
    ],
)
def test_what_can_be_checked_is_a_claim(sentence: str) -> None:
    statement = only(sentence)
    assert statement.claim_gate is None
    assert statement.claim_score >= 0.35


def test_a_bare_heading_is_a_fragment_and_a_headline_that_tells_is_not() -> None:
    statements = read("WEATHER\n\nIt rained.", title="Four dead in solvent plant explosion at Port Ellery")
    assert [s.claim_gate for s in statements][:2] == [None, "fragment"]


def test_concrete_statements_score_above_vague_ones() -> None:
    concrete = only("Four people were killed and 31 injured in Port Ellery on Monday.").claim_score
    vague = only("Things could get a little better for everyone.").claim_score
    assert concrete > 0.9 > 0.5 > vague
