"""The sample stories scored honestly: each with pair weights fitted on the other stories.

The shipped pair weights are fitted on all sample stories, so the plain evaluation of these stories flatters. Settings and
rules were chosen while looking at them too; no figure here makes up for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.conflicts import (
    Grouping,
    PairWeights,
    corroborate,
    find_conflicts,
    judge_pairs,
    statement_origins,
    witnesses_of,
)
from detector.conflicts.grouping import group_conflicts
from detector.corpus.origins import origin_groups
from detector.errors import InputError
from detector.evaluation.gold import find_stories, load_gold
from detector.evaluation.judged import read_judged
from detector.evaluation.metrics import score_report
from detector.evaluation.pair_weights import fit, label_story, scored_pairs
from detector.evaluation.stories import Evaluation
from detector.pipeline import Workbench
from detector.records import Article, CandidatePair, Outcome, PairFinding, PairScore, Run, Statement
from detector.report import build_report
from detector.report.json import as_tree
from detector.settings import ConflictSettings
from detector.store import Store, open_store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    Raises InputError: fewer than two stories, or two of one name.
    """
    stories = stories_to_hold_out(folders)
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


def stories_to_hold_out(folders: Sequence[Path]) -> list[Path]:
    """The stories of the folders.

    Raises InputError: fewer than two, or two of one name.
    """
    stories = [story for folder in folders for story in find_stories(folder)]
    if len(stories) < 2:
        raise InputError(f"{folders[0]}: one story in it; expected two or more, to hold one out and fit on the others")
    named: dict[str, Path] = {}
    for story in stories:
        if story.name in named:
            raise InputError(f"{named[story.name]} and {story} have one name; expected each story once, by its name")
        named[story.name] = story
    return stories


@dataclass(frozen=True, slots=True)
class ScoredStory:
    """The scored pairs of a story and all that is known of their statements, before anything is judged.

    `scores` is by pair id, `statements` and `vectors` by statement id, `articles` and `origins` by article id.
    """

    pairs: Sequence[CandidatePair]
    scores: Mapping[str, PairScore]
    statements: Mapping[str, Statement]
    articles: Mapping[str, Article]
    vectors: Mapping[str, NDArray[np.float32]]
    origins: Mapping[str, str]


def scored_story(store: Store, bench: Workbench) -> ScoredStory:
    """The articles of a store up to the scores, as the program compares them."""
    pairs, scores, statements, articles = scored_pairs(store, bench)
    vectors = store.vectors(bench.encoder_id, [statement.text_hash for statement in statements.values()])
    return ScoredStory(
        pairs=pairs,
        scores=scores,
        statements=statements,
        articles=articles,
        vectors=dict(zip(statements, vectors, strict=True)),
        origins=origin_groups(list(articles.values())),
    )


def findings_of(scored: ScoredStory, bench: Workbench, weights: PairWeights) -> list[PairFinding]:
    settings = bench.settings.conflicts
    by_themselves = judge_pairs(
        scored.pairs,
        scored.scores,
        statements=scored.statements,
        articles=scored.articles,
        temperature=bench.temperature,
        settings=settings,
        weights=weights,
    )
    origin_of = statement_origins(scored.statements.values(), scored.origins)
    return corroborate(by_themselves, witnesses_of(by_themselves, origin_of), settings, weights)


def outcome_of(
    scored: ScoredStory,
    findings: Sequence[PairFinding],
    settings: ConflictSettings,
    *,
    grouping: Grouping = group_conflicts,
) -> Outcome:
    """What the findings come to; topics are left out."""
    return find_conflicts(
        findings,
        statements=scored.statements,
        articles=scored.articles,
        vectors=scored.vectors,
        origins=scored.origins,
        topics=(),
        settings=settings,
        grouping=grouping,
    )


def report_of(scored: ScoredStory, outcome: Outcome) -> Mapping[str, Any]:
    """The report of an outcome, in its JSON form."""
    articles, statements = list(scored.articles.values()), list(scored.statements.values())
    return as_tree(build_report(run=_NO_RUN, outcome=outcome, articles=articles, statements=statements))


def report_with(store: Store, bench: Workbench, weights: PairWeights) -> Mapping[str, Any]:
    """The report on a store's articles under other pair weights, in its JSON form."""
    scored = scored_story(store, bench)
    return report_of(scored, outcome_of(scored, findings_of(scored, bench, weights), bench.settings.conflicts))
