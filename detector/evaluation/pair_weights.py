"""Fits the weights of the pair models on gold stories: logistic regression, each story held out in turn.

A pair contradicts when its two statements overlap evidence of two sides of one gold conflict that should be flagged. Pairs
of updates and disputes are left out: they do exclude each other, and their lane, not their probability, sets them apart.
A pair agrees when both overlap evidence of one side of a gold conflict, or of one gold agreement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detector.conflicts.corroboration import statement_origins, witnesses_of
from detector.conflicts.relations import (
    CORROBORATED,
    FEATURES,
    Both,
    Logistic,
    PairWeights,
    agreement_of,
    pair_features,
    two_steps,
)
from detector.conflicts.signals import signals_of
from detector.corpus.origins import origin_groups
from detector.errors import InputError
from detector.evaluation.gold import GoldConflict, GoldStory, find_stories, load_gold
from detector.evaluation.metrics import Said, overlaps, quotes, said
from detector.pairs import RULES
from detector.pipeline import Workbench, block, embed_pending, ingest, participants_of, score_pending, split_pending
from detector.records import (
    MUTUAL_RULE,
    QUOTE_RULE,
    Article,
    CandidatePair,
    JudgedPair,
    PairScore,
    Statement,
    pair_id_of,
)
from detector.settings import Settings
from detector.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

INVERSE_STRENGTH = 0.1
"""C of the L2 penalty: strong, because some hundred true pairs from six stories must not be learned by heart."""


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Scored candidate pairs of one story with their features and gold: 1 where they contradict, 1 where they agree.

    `left_open` are the pairs that `label_of` leaves open and `open_features` theirs: they only tell of others. `origins` maps the
    articles' ids to their origin.
    """

    story: str
    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    agreeing: NDArray[np.int64]
    pairs: tuple[tuple[Statement, Statement], ...]
    weight: float = 1.0
    left_open: tuple[tuple[Statement, Statement], ...] = ()
    open_features: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, len(FEATURES))))
    origins: Mapping[str, str] = field(default_factory=dict)


def embedded(store: Store, bench: Workbench) -> tuple[list[Statement], NDArray[np.float32], dict[str, Article]]:
    """Runs the pipeline up to the vectors: what takes part, its vectors in the same order, articles by id."""
    split_pending(store, bench, lambda _: None)
    taking_part = participants_of(store.statements(bench.statements_fingerprint))
    embed_pending(store, bench, taking_part, lambda _: None)
    vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
    return taking_part, vectors, {article.article_id: article for article in store.articles()}


def scored_pairs(
    store: Store, bench: Workbench
) -> tuple[list[CandidatePair], dict[str, PairScore], dict[str, Statement], dict[str, Article]]:
    """Runs the pipeline up to the scores; nothing is derived."""
    taking_part, vectors, articles = embedded(store, bench)
    pairs = block(taking_part, vectors, articles, bench.settings, lambda _: None)
    by_id = {one.statement_id: one for one in taking_part}
    return list(pairs), score_pending(store, bench, pairs, by_id, lambda *_: None), by_id, articles


def label_story(folder: Path, bench: Workbench, *, store_path: Path) -> LabelledPairs:
    """The labelled pairs of one story folder, run in a store of its own."""
    from detector.corpus import read_paths

    gold = load_gold(folder)
    with open_store(store_path) as store:
        ingest(store, read_paths([folder], bench.settings.reading))
        pairs, scores, statements, articles = scored_pairs(store, bench)
    return label_pairs(
        pairs,
        scores,
        statements=statements,
        articles=articles,
        gold=gold,
        name=folder.name,
        temperature=bench.temperature,
    )


def label_pairs(
    pairs: Sequence[CandidatePair],
    scores: Mapping[str, PairScore],
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    gold: GoldStory,
    name: str,
    temperature: float,
) -> LabelledPairs:
    """The features and labels of the pairs of story `name`, without quotations."""
    rows: list[tuple[float, ...]] = []
    open_rows: list[tuple[float, ...]] = []
    labels: list[int] = []
    agreeing: list[int] = []
    kept: list[tuple[Statement, Statement]] = []
    left_open: list[tuple[Statement, Statement]] = []
    for pair in pairs:
        if pair.rule == QUOTE_RULE:
            continue
        left, right = statements[pair.left_id], statements[pair.right_id]
        score = scores[pair.pair_id]
        told = articles[left.article_id], articles[right.article_id]
        signals = signals_of(left, right, *told, similarity=pair.similarity)
        row = pair_features(
            left,
            right,
            signals,
            score.forward.tempered(temperature),
            score.backward.tempered(temperature),
            similarity=pair.similarity,
            mutual=pair.rule == MUTUAL_RULE,
        )
        label = label_of(left, right, articles, gold)
        if label is None:
            open_rows.append(row)
            left_open.append((left, right))
            continue
        rows.append(row)
        labels.append(label)
        agreeing.append(int(label == 0 and say_the_same(left, right, articles, gold)))
        kept.append((left, right))
    return LabelledPairs(
        name,
        np.asarray(rows, dtype=np.float64).reshape(-1, len(FEATURES)),
        np.asarray(labels),
        np.asarray(agreeing),
        tuple(kept),
        left_open=tuple(left_open),
        open_features=np.asarray(open_rows, dtype=np.float64).reshape(-1, len(FEATURES)),
        origins=origin_groups(list(articles.values())),
    )


def label_of(left: Statement, right: Statement, articles: Mapping[str, Article], gold: GoldStory) -> int | None:
    """1 for a flagged gold conflict, None for an update or dispute, 0 otherwise."""
    texts = [said(articles[statement.article_id].outlet, statement.text) for statement in (left, right)]
    if any(_parted(texts, conflict) for conflict in gold.flagged):
        return 1
    if any(_parted(texts, conflict) for conflict in gold.conflicts):
        return None
    return 0


def say_the_same(left: Statement, right: Statement, articles: Mapping[str, Article], gold: GoldStory) -> bool:
    """Whether gold puts both on one side of a conflict, or into one agreement."""
    texts = [said(articles[statement.article_id].outlet, statement.text) for statement in (left, right)]
    shared = [side.evidence for conflict in gold.conflicts for side in conflict.sides]
    shared += [agreement.evidence for agreement in gold.agreements]
    return any(all(any(overlaps(text, quote) for quote in quotes(evidence)) for text in texts) for evidence in shared)


def _parted(texts: Sequence[Said], conflict: GoldConflict) -> bool:
    sides = [quotes(side.evidence) for side in conflict.sides]
    met = [{n for n, side in enumerate(sides) if any(overlaps(text, quote) for quote in side)} for text in texts]
    return any(a != b for a in met[0] for b in met[1])


def fit_logistic(
    features: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> Logistic:
    """`weights` counts each row so many times.

    Raises InputError: all labels are the same.
    """
    from sklearn.linear_model import LogisticRegression

    if len(set(labels.tolist())) < 2:
        raise InputError(
            f"{len(labels)} pairs to fit on, {labels.sum()} of them true; expected some true and some not: give more stories"
        )
    means, scales = features.mean(axis=0), features.std(axis=0)
    scales[scales < 1e-9] = 1.0
    model = LogisticRegression(C=INVERSE_STRENGTH, max_iter=2000).fit(
        (features - means) / scales, labels, sample_weight=weights
    )
    return Logistic(
        float(model.intercept_[0]), tuple(model.coef_[0].tolist()), tuple(means.tolist()), tuple(scales.tolist())
    )


def fit(stories: Sequence[LabelledPairs]) -> PairWeights:
    return two_steps(*fit_steps(stories), fit_corroborated(stories))


def fit_steps(stories: Sequence[LabelledPairs]) -> tuple[Logistic, Logistic]:
    """That a pair answers one question, fitted on all pairs; that its sides exclude each other, on those that do."""
    features = np.concatenate([story.features for story in stories])
    weights = np.concatenate([np.full(len(story.labels), story.weight) for story in stories])
    contradicting = np.concatenate([story.labels for story in stories])
    same = contradicting | np.concatenate([story.agreeing for story in stories])
    related = same == 1
    return (
        fit_logistic(features, same, weights),
        fit_logistic(features[related], contradicting[related], weights[related]),
    )


FOLDS = 7
"""Parts of the stories that are judged in turn by weights fitted on the others, for the model of what comes after judging."""


def fit_corroborated(stories: Sequence[LabelledPairs]) -> Logistic | None:
    """That a pair with a witness contradicts, given its probability by itself from weights that never saw its story; None where no pair
    has one, or all that do are alike. Judged pairs stand alone and take no part."""
    told, besides = [one for one in stories if one.pairs], [one for one in stories if not one.pairs]
    rows: list[tuple[float, ...]] = []
    labels: list[int] = []
    for part in range(min(FOLDS, len(told))):
        seen = [story for place, story in enumerate(told) if place % FOLDS != part]
        if not any(story.labels.any() for story in seen):
            continue
        weights = two_steps(*fit_steps([*seen, *besides]))
        for story in told[part::FOLDS]:
            for place, features in corroborated_pairs(story, weights).items():
                rows.append(features)
                labels.append(int(story.labels[place]))
    if len(set(labels)) < 2:
        return None
    return fit_logistic(np.asarray(rows), np.asarray(labels))


def corroborated_pairs(story: LabelledPairs, weights: PairWeights) -> dict[int, tuple[float, float]]:
    """`Witness.features` of the labelled pairs that have a witness, by their place, each pair judged by `weights`."""
    judged = []
    told = ((*story.pairs, *story.left_open), [*story.features.tolist(), *story.open_features.tolist()])
    for (left, right), row in zip(*told, strict=True):
        pair_id = pair_id_of(left.statement_id, right.statement_id)
        pair = CandidatePair(pair_id, left.statement_id, right.statement_id, 0.0, RULES[0])
        features = tuple(row)
        probability = weights.contradicts.probability(features)
        judged.append(JudgedPair(pair, "none", probability, agreement_of(features, weights), "conflict", "implicit"))
    both = (one for pair in (*story.pairs, *story.left_open) for one in pair)
    witnesses = witnesses_of(judged, statement_origins(both, story.origins))
    return {
        place: witnesses[one.pair.pair_id].features(one.probability)
        for place, one in enumerate(judged[: len(story.pairs)])
        if one.pair.pair_id in witnesses
    }


def contradicting(story: LabelledPairs, weights: PairWeights) -> NDArray[np.float64]:
    """The probability of each labelled pair, corroborated where a witness makes it likelier."""
    found = probabilities(weights.contradicts, story.features)
    if weights.corroborated is not None and story.pairs:
        for place, features in corroborated_pairs(story, weights).items():
            found[place] = max(found[place], weights.corroborated.probability(features))
    return found


def held_out(
    stories: Sequence[LabelledPairs], more: Sequence[LabelledPairs] = ()
) -> Iterator[tuple[LabelledPairs, PairWeights]]:
    """Each story with weights that never saw it, fitted on the other stories and on `more`."""
    for story in stories:
        yield story, fit([*(other for other in stories if other.story != story.story), *more])


def average_precision(labels: Sequence[NDArray[np.int64]], scores: Sequence[NDArray[np.float64]]) -> float:
    from sklearn.metrics import average_precision_score

    return round(float(average_precision_score(np.concatenate(labels), np.concatenate(scores))), 4)


def probabilities(model: Logistic | Both, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """`model` on every row of `features` [pairs, FEATURES]."""
    return np.array([model.probability(tuple(row)) for row in features.tolist()])


def to_json(stories: Sequence[LabelledPairs], more: Sequence[LabelledPairs], *, scorer_id: str) -> dict[str, Any]:
    """The shipped form: fitted on everything, with the figures of stories held out in turn."""
    same_question, excludes = fit_steps([*stories, *more])
    corroborated = fit_corroborated([*stories, *more])
    if corroborated is None:
        raise InputError(
            f"{len(stories)} stories: no pair with a third statement that tells of it; expected some: give more stories"
        )
    unseen = {story.story: fitted for story, fitted in held_out(stories, more)}
    return {
        "method": f"two logistic regressions, L2, C={INVERSE_STRENGTH}, features standardised",
        "fitted_on": {
            story.story: {
                "pairs": len(story.labels),
                "contradict": int(story.labels.sum()),
                "agree": int(story.agreeing.sum()),
            }
            for story in [*stories, *more]
        },
        "scorer": scorer_id,
        "contradicts": {
            "held_out_average_precision": average_precision(
                [story.labels for story in stories],
                [contradicting(story, unseen[story.story]) for story in stories],
            ),
            "by_itself_average_precision": average_precision(
                [story.labels for story in stories],
                [probabilities(unseen[story.story].contradicts, story.features) for story in stories],
            ),
            "contradiction_alone_average_precision": average_precision(
                [story.labels for story in stories], [story.features[:, 0] for story in stories]
            ),
        },
        "agrees": {
            "held_out_average_precision": average_precision(
                [story.agreeing for story in stories],
                [probabilities(unseen[story.story].agrees, story.features) for story in stories],
            ),
            "entailment_alone_average_precision": average_precision(
                [story.agreeing for story in stories], [story.features[:, 2] for story in stories]
            ),
        },
        "same_question": _model_json(same_question),
        "excludes": _model_json(excludes),
        "corroborated": _model_json(corroborated, CORROBORATED),
    }


def _model_json(model: Logistic, names: Sequence[str] = FEATURES) -> dict[str, Any]:
    columns = zip(names, model.weights, model.means, model.scales, strict=True)
    return {
        "intercept": round(model.intercept, 6),
        "features": {
            name: {"weight": round(weight, 6), "mean": round(mean, 6), "scale": round(scale, 6)}
            for name, weight, mean, scale in columns
        },
    }


def fit_corpus(
    corpora: Sequence[Path], *, settings: Settings, workdir: Path, out: Path, judged: Path | None = None
) -> dict[str, Any]:
    """Fits on every story below `corpora`, and on judged pairs, and writes the weights to `out`."""
    from detector.evaluation.judged import read_judged

    bench = Workbench(settings)
    folders = [folder for corpus in corpora for folder in find_stories(corpus)]
    stories = [label_story(folder, bench, store_path=workdir / f"{folder.name}.db") for folder in folders]
    more = read_judged(judged, scorer_id=bench.scorer_id) if judged else []
    fitted = to_json(stories, more, scorer_id=bench.scorer_id)
    out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    return fitted
