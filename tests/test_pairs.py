"""Blocking keeps what is worth comparing, and only that."""

from __future__ import annotations

import numpy as np
import pytest
from builders import article, count, statement

from detector.pairs import candidate_pairs, independence, quantised, quote_pairs, quoted_words, shelves_of, similarities
from detector.records import MUTUAL_RULE, Statement
from detector.settings import PairSettings
from tests.reading import only

FREE = independence({})


def _block(statements: list[Statement], vectors: np.ndarray, **settings: object) -> dict[frozenset[str], str]:
    order = sorted(range(len(statements)), key=lambda i: statements[i].statement_id)
    chosen = candidate_pairs(
        [statements[i] for i in order],
        vectors[order],
        settings=PairSettings(**settings),  # type: ignore[arg-type]
        independent=FREE,
    )
    return {frozenset((pair.left_id, pair.right_id)): pair.rule for pair in chosen}


def _at(*cosines: float) -> np.ndarray:
    """Unit vectors with these cosines to the first axis."""
    return np.asarray([[c, (1 - c * c) ** 0.5] for c in cosines], dtype=np.float32)


def test_statements_of_one_outlet_are_never_paired() -> None:
    source = article("Courier")
    first, second = statement("The dam held.", source), statement("The dam burst.", source, start=40)
    assert _block([first, second], _at(1.0, 0.99)) == {}


def test_outlets_of_one_owner_are_never_paired() -> None:
    left, right = statement("The dam held.", article("Courier")), statement("The dam burst.", article("Echo"))
    order = sorted([left, right], key=lambda s: s.statement_id)
    settings = PairSettings()
    owned = independence({"courier": "Press Ltd", "echo": "Press Ltd"})
    assert candidate_pairs(order, _at(1.0, 0.99), settings=settings, independent=owned) == ()
    assert len(candidate_pairs(order, _at(1.0, 0.99), settings=settings, independent=FREE)) == 1


def test_equal_wording_agrees_without_a_pair() -> None:
    left, right = statement("The dam held.", article("Courier")), statement("The dam held.", article("Echo"))
    assert _block([left, right], _at(1.0, 1.0)) == {}


@pytest.mark.parametrize(
    ("cosine", "names", "rule"),
    [
        (0.60, ("", ""), "similar"),
        (0.40, ("PERSON:orsk", "PERSON:orsk"), "same-name"),
        (0.40, ("PERSON:orsk", "PERSON:marosh"), "nearest"),
        (0.20, ("PERSON:orsk", "PERSON:orsk"), "same-name"),
        (0.20, ("PERSON:orsk", "PERSON:marosh"), None),
        (0.10, ("PERSON:orsk", "PERSON:orsk"), None),
    ],
)
def test_the_less_alike_two_statements_are_the_more_they_must_share(
    cosine: float, names: tuple[str, str], rule: str | None
) -> None:
    left = statement("Orsk signed the paper.", article("Courier"), names=names[0])
    right = statement("The general went home.", article("Echo"), names=names[1])
    nearer = statement("Nobody was seen.", article("Echo"), start=40, names="PERSON:tamm")
    found = _block([left, right, nearer], _at(1.0, cosine, 1.0))
    assert found.get(frozenset((left.statement_id, right.statement_id))) == rule


def test_two_statements_each_nearest_to_the_other_in_its_article_are_told_so() -> None:
    left, right = statement("The dam held.", article("Courier")), statement("The dam burst.", article("Echo"))
    further = statement("Trains were late.", article("Echo"), start=40)
    elsewhere = statement("The dam is old.", article("Gazette"))
    found = _block([left, right, further, elsewhere], _at(1.0, 0.9, 0.6, 0.95))
    assert found[frozenset((left.statement_id, right.statement_id))] == MUTUAL_RULE
    assert found[frozenset((left.statement_id, elsewhere.statement_id))] == MUTUAL_RULE
    assert found[frozenset((left.statement_id, further.statement_id))] == "similar"


def test_counts_of_one_thing_are_compared_even_without_a_shared_name() -> None:
    left = statement("340 prisoners go free.", article("Courier"), quantities=(count(340, "prisoner"),))
    right = statement("The list has 214 prisoners.", article("Echo"), quantities=(count(214, "prisoner"),))
    nearer = statement("Buses left at noon.", article("Echo"), start=40)
    found = _block([left, right, nearer], _at(1.0, 0.4, 0.9))
    assert found[frozenset((left.statement_id, right.statement_id))] == "same-measure"


def test_candidate_pairs_grow_linearly_with_statements() -> None:
    rng = np.random.default_rng(7)
    sizes = {}
    for outlets in (8, 16, 32):
        statements = [
            statement(f"Statement {i} of {o}.", article(f"Outlet {o}"), start=100 * i)
            for o in range(outlets)
            for i in range(6)
        ]
        vectors = rng.normal(size=(len(statements), 16)).astype(np.float32)
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        sizes[len(statements)] = len(
            _block(statements, vectors, similar=0.0, floor=0.0, nearest_floor=0.0, neighbours=4)
        )
    assert all(pairs <= 4 * number for number, pairs in sizes.items())


def test_blocking_finds_the_same_neighbours_as_brute_force() -> None:
    rng = np.random.default_rng(3)
    statements = [statement(f"Fact {i}.", article(f"Outlet {i % 9}", text=f"article {i}"), start=i) for i in range(60)]
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = set(
        _block(statements, vectors, similar=0.5, floor=0.5, nearest_floor=0.5, neighbours=5, article_neighbours=100)
    )
    similarities = np.round(vectors @ vectors.T, 4)
    expected = set()
    for i in range(60):
        others = [
            j for j in range(60) if statements[i].outlet_id != statements[j].outlet_id and similarities[i, j] >= 0.5
        ]
        for j in sorted(others, key=lambda j: -similarities[i, j])[:5]:
            expected.add(frozenset((statements[i].statement_id, statements[j].statement_id)))
    assert found == expected
    assert found


def test_the_same_words_from_two_named_speakers_are_a_pair() -> None:
    words = "“The guns will be cold before the snow is gone.”"
    left = statement(words, article("Courier"), speaker="Davit Orsk")
    right = statement(words, article("Echo"), speaker="Lida Marosh")
    role = statement(words, article("Post"), speaker="two officials")
    other = statement("Nobody lives there any more anyway.", article("Star"), speaker="Tomas Brandt")
    first, *rest = [shelf for one in (left, right, role, other) for shelf in shelves_of([one], _at(1.0))]
    found = quote_pairs(first, rest)
    assert [{pair.left_id, pair.right_id} for pair in found] == [{left.statement_id, right.statement_id}]
    assert found[0].rule == "same-words"


def test_a_similarity_is_the_same_to_the_last_bit_whatever_it_is_computed_with() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(400, 384)).astype(np.float32)
    steps = quantised(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    whole = similarities(steps, steps)
    assert all(
        np.array_equal(similarities(steps[i : i + 1], steps[j : j + 3])[0], whole[i, j : j + 3])
        for i in range(0, 400, 37)
        for j in range(0, 390, 41)
    )
    assert np.abs(whole - np.round(steps @ steps.T / 4095.0**2, 4)).max() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“The sea saved us, nothing else did,” said Mayor Núria Pla, standing on a grey beach.", 7),
        ("We were not allowed to win,” General Bart Hollevoet told reporters at the base.", 6),
        ('"Fish do not carry passports," Halvor Brekke said.', 5),
        ('Halvor Brekke said –"Fish do not carry passports."', 5),
        ('Fish do not carry passports," Halvor Brekke said, "and never did."', 8),
        ("Halvor Brekke said: “We are glad.”", 0),
    ],
)
def test_what_stands_between_quotation_marks_is_what_two_quotations_share(text: str, words: int) -> None:
    assert len(quoted_words(only(text))) == words
