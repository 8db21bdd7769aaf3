"""The quality gate: no figure of the shipped models on the shipped gold falls below its floor (detector/evaluation/floors.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from detector.evaluation import Evaluation, evaluate_corpus, plain_text, story_table
from detector.evaluation.gate import load_floors, nli_breaches, story_breaches
from detector.evaluation.nli import evaluate_model, load_pairs, nli_table
from detector.settings import Settings

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    from detector.api import find_conflicts
    from detector.pipeline import Workbench
    from detector.report.json import as_tree

    bench = Workbench(Settings())
    run = partial(find_conflicts, settings=bench.settings, encoder=bench.encoder, nli=bench.nli, nlp=bench.nlp)

    def run_story(folder: Path) -> Mapping[str, Any]:
        return as_tree(run(folder).report)

    return evaluate_corpus(ROOT / "corpus", run_story=run_story)


def test_no_figure_on_the_sample_stories_is_below_its_floor(evaluation: Evaluation) -> None:
    found = story_breaches(evaluation, load_floors())
    assert not found, "\n".join([*map(str, found), plain_text(story_table(evaluation))])


def test_the_nli_model_keeps_its_floors_on_the_news_pairs() -> None:
    from detector.models import load_nli, temperature_of

    settings = Settings().models
    pairs = load_pairs(ROOT / "detector" / "training" / "news" / "dev.jsonl")
    figures = evaluate_model(load_nli(settings), pairs, set_name="news", temperature=temperature_of(settings))
    found = nli_breaches(figures, load_floors())
    assert not found, "\n".join([*map(str, found), plain_text(nli_table([figures]))])


def test_floors_are_set_for_every_kind_of_figure() -> None:
    floors = load_floors()
    assert {"precision@10", "recall@20", "agreements"} <= set(floors.stories.at_least)
    assert {"decoys", "wrong_lane"} <= set(floors.stories.at_most)
    assert {"accuracy", "macro_f1", "contradiction_ap"} <= set(floors.nli["news"].at_least)
    assert set(floors.nli["news"].at_most) == {"ece"}
