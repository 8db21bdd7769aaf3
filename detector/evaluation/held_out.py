"""The sample stories scored honestly: each with pair weights fitted on the other stories.

The shipped pair weights are fitted on all sample stories, so the plain evaluation of these stories flatters. Settings and
rules were chosen while looking at them too; no figure here makes up for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector.conflicts import PairWeights, find_conflicts, judge_pairs
from detector.corpus.origins import origin_groups
from detector.errors import InputError
from detector.evaluation.gold import find_stories, load_gold
from detector.evaluation.judged import read_judged
from detector.evaluation.metrics import score_report
from detector.evaluation.pair_weights import fit, label_story, scored_pairs
from detector.evaluation.stories import Evaluation
from detector.pipeline import Workbench
from detector.records import Run
from detector.report import build_report
from detector.report.json import as_tree
from detector.store import Store, open_store

_NO_RUN = Run(run_id="held-out", started_at=datetime(1970, 1, 1, tzinfo=UTC))


def evaluate_held_out(
    folders: Sequence[Path],
    *,
    bench: Workbench,
    workdir: Path,
    judged: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Every gold story of the folders, each judged with weights that never saw it; stores are kept in `workdir`.

    Raises InputError: fewer than two stories.
    """
    stories = [story for folder in folders for story in find_stories(folder)]
    if len(stories) < 2:
        raise InputError(f"{folders[0]}: one story in it; expected two or more, to hold one out and fit on the others")
    more = read_judged(judged, scorer_id=bench.scorer_id) if judged else []
    labelled = []
    for story in stories:
        if progress:
            progress(story.name)
        labelled.append(label_story(story, bench, store_path=workdir / f"{story.name}.db"))
    scores = []
    for story in stories:
        weights = fit([*(pairs for pairs in labelled if pairs.story != story.name), *more])
        with open_store(workdir / f"{story.name}.db") as store:
            scores.append(score_report(load_gold(story), report_with(store, bench, weights)))
    return Evaluation(scores=tuple(scores))


def report_with(store: Store, bench: Workbench, weights: PairWeights) -> Mapping[str, Any]:
    """The report on a store's articles under other pair weights, in its JSON form; topics are left out."""
    pairs, scores, statements, articles = scored_pairs(store, bench)
    settings = bench.settings.conflicts
    findings = judge_pairs(
        pairs,
        scores,
        statements=statements,
        articles=articles,
        temperature=bench.temperature,
        settings=settings,
        weights=weights,
    )
    vectors = store.vectors(bench.encoder_id, [statement.text_hash for statement in statements.values()])
    outcome = find_conflicts(
        findings,
        statements=statements,
        articles=articles,
        vectors=dict(zip(statements, vectors, strict=True)),
        origins=origin_groups(list(articles.values())),
        topics=(),
        settings=settings,
    )
    report = build_report(
        run=_NO_RUN, outcome=outcome, articles=list(articles.values()), statements=list(statements.values())
    )
    return as_tree(report)
