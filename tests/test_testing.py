"""The shipped fakes: deterministic, counted, and right on plain pairs, so that tests on them mean something."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from detector.models import SELF_TEST, self_test
from detector.records import NLI_LABELS
from detector.testing import HashingEncoder, LexicalNLI, make_article

PLAIN = [
    ("The council approved the budget on Monday.", "The council did not approve the budget.", "contradiction"),
    ("The minister resigned on Tuesday.", "The minister hasn’t resigned.", "contradiction"),
    ("The fire killed 12 people in Orsk.", "The fire killed 30 people in Orsk.", "contradiction"),
    ("The fire killed twelve people in Orsk.", "The fire killed 12 people in Orsk.", "entailment"),
    ("The club accepted the offer for its keeper.", "The club rejected the offer for its keeper.", "contradiction"),
    ("Shares in Ferrox rose after the report.", "Shares in Ferrox fell after the report.", "contradiction"),
    ("The mayor of Orsk opened the new bridge on Monday.", "The mayor opened the bridge.", "entailment"),
    ("The mayor of Orsk opened the new bridge.", "The mayor of Orsk met the union.", "neutral"),
    ("Neither driver was hurt.", "It rained.", "neutral"),
    ("", "", "neutral"),
]


@pytest.mark.parametrize(("premise", "hypothesis", "label"), PLAIN)
def test_the_lexical_model_reads_plain_pairs(premise: str, hypothesis: str, label: str) -> None:
    (row,) = LexicalNLI().score([(premise, hypothesis)])
    assert NLI_LABELS[int(row.argmax())] == label
    assert row.sum() == pytest.approx(1.0, abs=1e-6)


def test_the_lexical_model_passes_the_self_test_of_real_models() -> None:
    assert self_test(LexicalNLI())[0] >= len(SELF_TEST) - 1


def test_texts_that_share_words_are_nearer_than_texts_that_do_not() -> None:
    dam, same, rain = HashingEncoder().encode(
        ["The dam at Orsk has burst.", "In Orsk, a dam bursts.", "Rain reached the northern coast."]
    )
    assert dam @ same > 0.8 > 0.3 > dam @ rain


def test_every_vector_has_length_one_even_of_an_empty_text() -> None:
    vectors = HashingEncoder(dimensions=64).encode(["", "the", "The dam burst."])
    assert vectors.shape == (3, 64) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_calls_and_texts_are_counted() -> None:
    encoder, nli = HashingEncoder(), LexicalNLI()
    done: list[int] = []
    encoder.encode(["a", "b"], progress=done.append)
    encoder.encode([])
    nli.score([("a", "b"), ("b", "a"), ("a", "c")], progress=done.append)
    assert (encoder.calls, encoder.texts_seen) == (2, 2)
    assert (nli.calls, nli.texts_seen) == (1, 6)
    assert done == [2, 3]


def test_the_fakes_answer_the_same_in_every_process() -> None:
    code = (
        "from detector.testing import HashingEncoder, LexicalNLI\n"
        "print(HashingEncoder().encode(['The dam at Orsk burst']).tobytes().hex(),"
        " LexicalNLI().score([('It rose.', 'It fell.')]).tobytes().hex())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1


def test_an_article_starts_with_its_title_and_is_named_by_outlet_and_url() -> None:
    article = make_article("It held.", outlet="The Orsk Times", title="Dam holds", url="https://orsk.example/1")
    assert article.text == "Dam holds\n\nIt held."
    assert article.outlet_id == "orsk-times"
    assert article.article_id == make_article("Edited.", outlet="Orsk Times", url="https://orsk.example/1").article_id
    assert article.article_id != make_article("It held.", outlet="Orsk Post", url="https://orsk.example/1").article_id


def test_two_articles_of_one_outlet_differ_by_their_text_when_nothing_else_names_them() -> None:
    assert make_article("One.").article_id != make_article("Two.").article_id


def test_a_publication_time_without_a_zone_is_utc() -> None:
    assert make_article("x", published="2031-03-08").published_at == datetime(2031, 3, 8, tzinfo=UTC)
    east = datetime(2031, 3, 8, 3, tzinfo=timezone(timedelta(hours=3)))
    assert make_article("x", published=east).published_at == datetime(2031, 3, 8, tzinfo=UTC)
    assert make_article("x", published=None).published_at is None
