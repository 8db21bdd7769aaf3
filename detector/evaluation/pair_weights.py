"""Fits the weights of the pair model on gold stories: logistic regression, each story held out in turn.

A pair is true when its two statements overlap evidence of two sides of one gold conflict that should be flagged. Pairs
of updates and disputes are left out: they do exclude each other, and their lane, not their probability, sets them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detector.conflicts.relations import FEATURES, pair_features
from detector.conflicts.signals import signals_of
from detector.evaluation.gold import GoldConflict, GoldStory, find_stories, load_gold
from detector.evaluation.metrics import Said, overlaps, quotes, said
from detector.pipeline import Workbench, block, embed_pending, ingest, participants_of, score_pending, split_pending
from detector.records import QUOTE_RULE, Article, CandidatePair, PairScore, Statement
from detector.settings import Settings
from detector.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

INVERSE_STRENGTH = 0.1
"""C of the L2 penalty: strong, because some hundred true pairs from six stories must not be learned by heart."""


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Scored candidate pairs of one story with their features and gold: 1 true, 0 not."""

    story: str
    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    pairs: tuple[tuple[Statement, Statement], ...]


def scored_pairs(
    store: Store, bench: Workbench
) -> tuple[list[CandidatePair], dict[str, PairScore], dict[str, Statement], dict[str, Article]]:
    """Runs the pipeline up to the scores; nothing is derived."""
    split_pending(store, bench, lambda _: None)
    taking_part = participants_of(store.statements(bench.statements_fingerprint))
    embed_pending(store, bench, taking_part, lambda _: None)
    vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
    articles = {article.article_id: article for article in store.articles()}
    pairs = block(taking_part, vectors, articles, bench.settings, lambda _: None)
    by_id = {one.statement_id: one for one in taking_part}
    return list(pairs), score_pending(store, bench, pairs, by_id, lambda _: None), by_id, articles


def label_story(folder: Path, bench: Workbench, *, store_path: Path) -> LabelledPairs:
    """The labelled pairs of one story folder, run in a store of its own."""
    from detector.corpus import read_paths

    gold = load_gold(folder)
    with open_store(store_path) as store:
        ingest(store, read_paths([folder], bench.settings.reading))
        pairs, scores, statements, articles = scored_pairs(store, bench)
    rows: list[tuple[float, ...]] = []
    labels: list[int] = []
    kept: list[tuple[Statement, Statement]] = []
    for pair in pairs:
        if pair.rule == QUOTE_RULE:
            continue
        left, right = statements[pair.left_id], statements[pair.right_id]
        label = label_of(left, right, articles, gold)
        if label is None:
            continue
        score = scores[pair.pair_id]
        signals = signals_of(left, right, articles[left.article_id], articles[right.article_id])
        rows.append(
            pair_features(
                signals,
                score.forward.tempered(bench.temperature),
                score.backward.tempered(bench.temperature),
                similarity=pair.similarity,
                claim_score=min(left.claim_score, right.claim_score),
            )
        )
        labels.append(label)
        kept.append((left, right))
    matrix = np.asarray(rows, dtype=np.float64).reshape(-1, len(FEATURES))
    return LabelledPairs(folder.name, matrix, np.asarray(labels, dtype=np.int64), tuple(kept))


def label_of(left: Statement, right: Statement, articles: dict[str, Article], gold: GoldStory) -> int | None:
    """1 for a flagged gold conflict, None for an update or dispute, 0 otherwise."""
    texts = [said(articles[statement.article_id].outlet, statement.text) for statement in (left, right)]
    if any(_parted(texts, conflict) for conflict in gold.flagged):
        return 1
    if any(_parted(texts, conflict) for conflict in gold.conflicts):
        return None
    return 0


def _parted(texts: Sequence[Said], conflict: GoldConflict) -> bool:
    sides = [quotes(side.evidence) for side in conflict.sides]
    met = [{n for n, side in enumerate(sides) if any(overlaps(text, quote) for quote in side)} for text in texts]
    return any(a != b for a in met[0] for b in met[1])


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """Weights over standardised features."""

    intercept: float
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    scales: NDArray[np.float64]

    def probability(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        total = self.intercept + ((features - self.means) / self.scales) @ self.weights
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(total, -30, 30)))
        return result


def fit(stories: Sequence[LabelledPairs]) -> FittedWeights:
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([story.features for story in stories])
    labels = np.concatenate([story.labels for story in stories])
    means, scales = features.mean(axis=0), features.std(axis=0)
    scales[scales < 1e-9] = 1.0
    model = LogisticRegression(C=INVERSE_STRENGTH, max_iter=2000).fit((features - means) / scales, labels)
    return FittedWeights(float(model.intercept_[0]), model.coef_[0], means, scales)


def held_out(stories: Sequence[LabelledPairs]) -> Iterator[tuple[LabelledPairs, NDArray[np.float64]]]:
    """Each story with the probabilities of a model that never saw it."""
    for story in stories:
        others = [other for other in stories if other.story != story.story]
        yield story, fit(others).probability(story.features)


def average_precision(stories: Sequence[LabelledPairs], score: Callable[[LabelledPairs], NDArray[np.float64]]) -> float:
    from sklearn.metrics import average_precision_score

    labels = np.concatenate([story.labels for story in stories])
    return float(average_precision_score(labels, np.concatenate([score(story) for story in stories])))


def to_json(fitted: FittedWeights, stories: Sequence[LabelledPairs], *, scorer_id: str) -> dict[str, Any]:
    """The shipped form, with what it was fitted on and its held-out figures."""
    out_of_story = {story.story: probabilities for story, probabilities in held_out(stories)}
    return {
        "method": f"logistic regression, L2, C={INVERSE_STRENGTH}, features standardised",
        "fitted_on": {story.story: {"pairs": len(story.labels), "true": int(story.labels.sum())} for story in stories},
        "scorer": scorer_id,
        "held_out_average_precision": round(average_precision(stories, lambda story: out_of_story[story.story]), 4),
        "contradiction_alone_average_precision": round(average_precision(stories, lambda s: s.features[:, 0]), 4),
        "intercept": round(fitted.intercept, 6),
        "features": {
            name: {
                "weight": round(float(fitted.weights[i]), 6),
                "mean": round(float(fitted.means[i]), 6),
                "scale": round(float(fitted.scales[i]), 6),
            }
            for i, name in enumerate(FEATURES)
        },
    }


def fit_corpus(corpus: Path, *, settings: Settings, workdir: Path, out: Path) -> dict[str, Any]:
    """Fits on every story below `corpus` and writes the weights to `out`."""
    bench = Workbench(settings)
    stories = [label_story(folder, bench, store_path=workdir / f"{folder.name}.db") for folder in find_stories(corpus)]
    fitted = to_json(fit(stories), stories, scorer_id=bench.scorer_id)
    out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    return fitted
