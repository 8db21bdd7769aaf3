"""Modality, negation and tense of the main clause."""

from __future__ import annotations

import pytest

from tests.reading import only


@pytest.mark.parametrize(
    ("sentence", "modality"),
    [
        ("The rebels signed the ceasefire on Friday.", "asserted"),
        ("The rebels signed the ceasefire, officials said.", "reported"),
        ("Finance director Priya Nand-Ross is understood to be staying.", "reported"),
        ("The Bank is expected to hold rates today.", "likely"),
        ("Officials believe the fire started in the kitchen.", "likely"),
        ("The truce might collapse within days.", "possible"),
        ("Winstanley warned that the number of dead could rise.", "possible"),
        ("Putin is unlikely to back the 30-day ceasefire.", "unlikely"),
        ("Officials doubt the truce will last.", "unlikely"),
        ("If the talks fail, the army will advance.", "conditional"),
        ("The army would advance on the capital.", "conditional"),
        ("The prisoners are to be freed within 30 days.", "planned"),
        ("The government plans to free the prisoners.", "planned"),
        ("The army denied that it had fired first.", "denied"),
        ("The minister rejected the claim on Friday.", "denied"),
        ("It is unclear whether the truce holds.", "uncertain"),
        ("The Kremlin neither confirmed nor denied the call.", "uncertain"),
        ("Trump awaits an answer from Moscow.", "uncertain"),
        ("Malta has not said how much the rooms cost.", "uncertain"),
    ],
)
def test_how_firmly_a_statement_stands(sentence: str, modality: str) -> None:
    assert only(sentence).modality == modality


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("The rebels signed the ceasefire.", False),
        ("The rebels did not sign the ceasefire.", True),
        ("The rebels never signed the ceasefire.", True),
        ("No one has died.", True),
        ("The county gave no order.", True),
        ("General Orsk's delegation left the hall without signing anything.", True),
        ("Putin rejected the ceasefire.", True),
        ("Inspectors ruled out welding.", True),
        ("Putin did not reject the ceasefire.", False),
        ("The truce could fail by April.", False),
        ("The man who did not sign left the hall.", False),
    ],
)
def test_negation_is_that_of_the_main_clause(sentence: str, negated: bool) -> None:
    assert only(sentence).negated is negated


@pytest.mark.parametrize(
    ("sentence", "tense"),
    [
        ("The rebels signed the ceasefire.", "past"),
        ("The rebels have signed the ceasefire.", "past"),
        ("The rebels sign the ceasefire today.", "present"),
        ("The rebels will sign the ceasefire.", "future"),
        ("The rebels are going to sign the ceasefire.", "future"),
        ("Officials said the rebels would sign.", "future"),
        ("Officials said the rebels had signed.", "past"),
    ],
)
def test_tense_is_that_of_what_is_asserted(sentence: str, tense: str) -> None:
    assert only(sentence).tense == tense
