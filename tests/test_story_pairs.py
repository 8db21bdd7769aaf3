"""Pairs to train an NLI model on, labelled by what readers of the articles said."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.corpus import read_paths
from detector.evaluation.pair_weights import embedded
from detector.evaluation.questions import Question
from detector.evaluation.story_pairs import UNLISTED, read_pairs
from detector.pipeline import Workbench, block, ingest
from detector.records import QUOTE_RULE, CandidatePair
from detector.settings import Settings
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI
from detector.training.mix import NOT_CONTRADICTION, Pair

STORY = Path(__file__).parents[1] / "corpus" / "ceasefire-30-days"


@pytest.fixture
def bench() -> Workbench:
    return Workbench(Settings(), HashingEncoder(), LexicalNLI())


@pytest.fixture
def compared(bench: Workbench, tmp_path: Path) -> list[tuple[CandidatePair, tuple[str, str]]]:
    """Pairs of claims of the story with their wordings, by pair id."""
    with open_store(tmp_path / "look.db") as store:
        ingest(store, read_paths([STORY], bench.settings.reading))
        statements, vectors, articles = embedded(store, bench)
        pairs = block(statements, vectors, articles, bench.settings, lambda _: None)
    wording = {one.statement_id: one.wording for one in statements if one.claim_gate is None}
    kept = [pair for pair in pairs if pair.rule != QUOTE_RULE and {pair.left_id, pair.right_id} <= set(wording)]
    return [(pair, (wording[pair.left_id], wording[pair.right_id])) for pair in sorted(kept, key=lambda p: p.pair_id)]


def test_what_readers_set_apart_differs_both_ways_and_what_they_put_together_or_did_not_list_does_not(
    bench: Workbench, compared: list[tuple[CandidatePair, tuple[str, str]]], tmp_path: Path
) -> None:
    (judged, one), (alike, two), *others = compared
    taken = {judged.left_id, judged.right_id, alike.left_id, alike.right_id}
    asked, three = next((pair, both) for pair, both in others if not taken & {pair.left_id, pair.right_id})
    answered, trivial = (
        Question("here", text, "conflict", interest, (frozenset({pair.left_id}), frozenset({pair.right_id})))
        for text, interest, pair in (("Did he?", 2, asked), ("How many, to the hundred?", 0, judged))
    )
    labels = {judged.pair_id: "D", alike.pair_id: "A"}
    found = list(read_pairs(STORY, labels, [answered, trivial], bench, store_path=tmp_path / "read.db"))
    differing = [pair for pair in found if pair.label == "contradiction"]
    expected = [Pair(*both, "contradiction") for way in (one, three) for both in (way, way[::-1])]
    assert sorted(differing) == sorted(expected)
    others_found = [pair for pair in found if pair.label == NOT_CONTRADICTION]
    assert sum({pair.premise, pair.hypothesis} == set(two) for pair in others_found) == 1
    assert len(others_found) - 1 < 2 * UNLISTED * len(compared)
    assert len(found) == len(differing) + len(others_found)
