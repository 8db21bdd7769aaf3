"""Self-contained wording: what is replaced, and what is left alone because a wrong name is worse than none."""

from __future__ import annotations

import pytest

from tests.reading import only, read

BEFORE = "Davit Orsk met Foreign Minister Lida Marosh at the Sel bridge on Friday."


def test_dateline_marker_and_typographic_marks_leave_the_wording() -> None:
    statement = only("VALLETTA, March 7 (Meridian) — The “ﬁnal” text was non‑binding.")
    assert statement.wording == 'The "final" text was non-binding.'
    assert only("• The bridge across the Sel river was closed on Friday").wording.startswith("The bridge")


@pytest.mark.parametrize(
    ("sentence", "wording"),
    [
        ("Two officials said the truce takes effect at midnight.", "The truce takes effect at midnight."),
        ("The truce takes effect at midnight, the statement said.", "The truce takes effect at midnight."),
        ("According to two officials, the truce has ended.", "The truce has ended."),
        ("“The guns will be cold,” Orsk vowed as he left the building.", "The guns will be cold."),
        (
            "The KLF said that the army had fired first and that its units had not.",
            "The army had fired first and its units had not.",
        ),
        ("Two monitors told us they had recorded three breaches.", "Two monitors had recorded three breaches."),
    ],
)
def test_only_the_content_of_a_report_is_compared(sentence: str, wording: str) -> None:
    assert only(sentence).wording == wording


def test_an_attribution_that_brings_news_of_its_own_stays() -> None:
    text = "Both signed before 9 p.m., according to Inês Quadros, who presided over the closing session in person."
    assert "who presided" in only(text).wording


@pytest.mark.parametrize(
    ("quote", "wording"),
    [
        ("“I will not sign,” said Davit Orsk.", "Davit Orsk will not sign."),
        ("“I'm ready,” said Davit Orsk.", "Davit Orsk is ready."),
        ("“I've read the letter,” said Davit Orsk.", "Davit Orsk has read the letter."),
        ("“I know the terms of my contract,” said Davit Orsk.", "Davit Orsk knows the terms of Davit Orsk's contract."),
    ],
)
def test_the_i_of_a_quotation_is_its_speaker(quote: str, wording: str) -> None:
    assert only(quote).wording == wording


def test_he_and_she_take_the_one_person_they_can_mean() -> None:
    text = f"{BEFORE} She signed the document. He left the hall."
    assert [s.wording for s in read(text)][1:] == ["Lida Marosh signed the document.", "Davit Orsk left the hall."]


def test_a_pronoun_with_two_candidates_is_left_alone() -> None:
    text = "The army met Lida Marosh and Graziella Demicoli on Friday. She signed the document."
    assert read(text)[1].wording == "She signed the document."


def test_a_person_described_in_the_sentence_keeps_its_own_pronoun() -> None:
    text = "The first patient, a 34-year-old man, was well until he fell ill, Owen Tsai said."
    assert "Tsai" not in only(text).wording


def test_someone_who_only_spoke_is_not_the_he_of_the_next_paragraph() -> None:
    text = "“We have read the letter,” said manager Gus Hallam.\n\nThe doctors passed him fit on Thursday."
    assert read(text)[1].wording == "The doctors passed him fit on Thursday."


def test_nothing_is_no_antecedent() -> None:
    assert read("No command went out. It was lost in the noise.")[1].wording == "It was lost in the noise."


def test_the_he_of_a_quotation_is_not_its_speaker() -> None:
    statements = read("“There is no third bottle,” said Dale Lykke. “He can argue contamination.”")
    assert "Lykke" not in statements[1].wording


def test_a_bare_noun_takes_the_name_it_was_introduced_with() -> None:
    statements = read(f"{BEFORE} The minister left early. The bridge was closed.")
    assert [s.wording for s in statements][1:] == ["Lida Marosh left early.", "The Sel bridge was closed."]


def test_the_company_stays_when_two_companies_are_about() -> None:
    text = "Halden Foods Plc bid for Brightmere Dairies Plc. Brightmere and Halden met. The company said no."
    assert read(text)[-1].wording == "The company said no."


def test_it_takes_up_the_thing_just_spoken_of() -> None:
    text = "The document is short. It was signed in the old chapel."
    assert read(text)[1].wording == "The document was signed in the old chapel."
    assert read("The map was small. It is likely that talks resume.")[1].wording == "It is likely that talks resume."


def test_a_bullet_without_a_clause_is_read_under_its_heading() -> None:
    text = "THE DEAL AT A GLANCE\n\n• A demilitarised strip along the river\n• Guns fall silent"
    assert [s.wording for s in read(text)][1:] == [
        "The deal at a glance: A demilitarised strip along the river.",
        "The deal at a glance: Guns fall silent.",
    ]


def test_shouted_openings_are_read_in_normal_case() -> None:
    assert only("A FIREBALL ripped through a chemical works yesterday.").wording.startswith("A fireball ripped")


def test_lemmas_are_content_words_in_order_of_use() -> None:
    assert only("The rebels signed the ceasefires in Malta.").lemmas == ("rebel", "sign", "ceasefire", "malta")
