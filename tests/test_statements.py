"""Spans, forms and context: where the statements of an article lie."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from detector.errors import InputError, ModelError
from detector.settings import StatementSettings
from detector.statements import load_pipeline, read_claim, split_articles
from detector.statements.spans import boundaries
from detector.testing import make_article
from tests.reading import only, pipeline, read

LANTERN = """Tarsova, Kelmar rebels sign ceasefire

VALLETTA, March 7 (Meridian) — The government signed a ceasefire on Friday.

THE DEAL AT A GLANCE

• Hundreds of prisoners go home within a month
• Monitors on the ground “by the end of March”

Shopkeeper Oksa Bell, 44, said: “I'll believe it when I can sleep. They promised us peace in 2028.”"""


def test_every_statement_is_an_exact_span_inside_its_context() -> None:
    article = make_article(LANTERN.split("\n\n", 1)[1], title="Tarsova, Kelmar rebels sign ceasefire")
    ((_, statements),) = split_articles([article], nlp=pipeline(), settings=StatementSettings())
    assert len(statements) == 7
    for statement in statements:
        assert article.text[statement.start : statement.end] == statement.text
        assert statement.context_start <= statement.start < statement.end <= statement.context_end


def test_title_heading_bullet_sentence_and_quote_have_their_form() -> None:
    forms = [s.form for s in read(LANTERN.split("\n\n", 1)[1], title="Tarsova, Kelmar rebels sign ceasefire")]
    assert forms == ["headline", "sentence", "headline", "bullet", "bullet", "quote", "quote"]


@given(st.text(alphabet=st.sampled_from("aA bB.!?\"“”'‘’\n\t-—–•*1ﬁé\u0301\u00a0\u00ad\u200b()[]:,;"), max_size=120))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_spans_stay_exact_in_odd_text(text: str) -> None:
    if text.strip():
        article = make_article(text)
        ((_, statements),) = split_articles([article], nlp=pipeline(), settings=StatementSettings())
        assert all(article.text[s.start : s.end] == s.text for s in statements)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Gen. Davit Orsk met Dr. Owen Tsai. They left.", 2),
        ("He wore the No. 9 shirt on Sept. 1 in the U.S. Senate.", 1),
        ("He lives in the U.S. The court met.", 2),
        ('"Why?" he asked. "I did."', 2),
        ("It ended at 6 p.m. Monday. Nobody left.", 2),
        ("J. R. Smith spoke. Prices rose 2.5 percent.", 2),
    ],
)
def test_abbreviations_and_quotation_marks_do_not_end_a_sentence(text: str, count: int) -> None:
    assert len(boundaries(text)) + 1 == count


def test_a_hard_wrapped_paragraph_is_one_paragraph() -> None:
    text = (
        "The truce between the government and the front was\n"
        "signed in Malta on Friday evening after nine days.\nIt holds."
    )
    assert [s.text for s in read(text)][1] == "It holds."


def test_context_takes_the_sentences_either_side() -> None:
    text = "Alpha came first. Bravo came second. Charlie came third. Delta came fourth."
    third = read(text, settings=StatementSettings(context_sentences=1))[2]
    assert text[third.context_start : third.context_end] == "Bravo came second. Charlie came third. Delta came fourth."


def test_the_same_article_reads_the_same_whatever_stands_beside_it() -> None:
    first = make_article("Davit Orsk left the hall on Friday. He said he would not sign.", title="Talks end")
    second = make_article("Lida Marosh met 340 prisoners. She told reporters that they were well.", title="Visit")
    alone = dict(split_articles([first], nlp=pipeline(), settings=StatementSettings()))
    together = dict(split_articles([second, first], nlp=pipeline(), settings=StatementSettings()))
    assert alone[first] == together[first]


def test_an_article_in_a_language_that_is_not_read_has_no_statements() -> None:
    assert read("Le cessez-le-feu a été signé vendredi.", language="fr") == ()
    assert len(read("The truce was signed on Friday.", language="en-GB")) == 1


def test_progress_is_told_once_an_article() -> None:
    told: list[int] = []
    articles = [make_article("The truce was signed."), make_article("The bridge was closed.")]
    list(split_articles(articles, nlp=pipeline(), settings=StatementSettings(), progress=told.append))
    assert told == [1, 1]


def test_a_claim_is_one_statement_even_of_two_sentences() -> None:
    claim = read_claim(
        "Putin accepted the ceasefire. He did so on Friday.", nlp=pipeline(), settings=StatementSettings()
    )
    assert (claim.start, claim.text) == (0, "Putin accepted the ceasefire. He did so on Friday.")
    assert [entity.key for entity in claim.entities] == ["putin"]


def test_a_claim_without_words_is_refused() -> None:
    with pytest.raises(InputError, match="expected a sentence"):
        read_claim(" ?! ", nlp=pipeline(), settings=StatementSettings())


def test_a_missing_pipeline_stops_with_advice() -> None:
    with pytest.raises(ModelError, match="pip install no-such-pipeline"):
        load_pipeline(StatementSettings(pipeline="no_such_pipeline"))


def test_wording_is_cut_at_a_clause_and_the_text_is_not() -> None:
    long = "The army said it had closed the bridge, " + "and the convoy waited for hours, " * 6 + "and then left."
    statement = only(long, settings=StatementSettings(max_words=20))
    assert len(statement.wording.split()) <= 20
    assert statement.text == long
