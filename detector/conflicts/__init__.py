"""From scored pairs to ranked conflicts with sides. Every threshold and weight of the program is used here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detector.conflicts.corroboration import NOTICED, Witness, statement_origins, witnesses_of
from detector.conflicts.deciding import holders_in, take_stands
from detector.conflicts.grouping import Group, Similarity, group_agreements, group_conflicts
from detector.conflicts.ranking import build_agreement, build_conflict, rank, repeats_of
from detector.conflicts.relations import (
    PairWeights,
    claim_gate,
    claim_strength,
    corroborate,
    judge_pair,
    shipped_weights,
    weights_digest,
)
from detector.records import (
    Article,
    CandidatePair,
    Conflict,
    Outcome,
    PairFinding,
    PairScore,
    Statement,
    Topic,
    digest,
)
from detector.settings import ConflictSettings

__all__ = [
    "NOTICED",
    "Grouping",
    "PairWeights",
    "Witness",
    "claim_gate",
    "claim_strength",
    "corroborate",
    "find_conflicts",
    "holders_in",
    "judge_pair",
    "judge_pairs",
    "shipped_weights",
    "statement_origins",
    "weights_digest",
    "witnesses_of",
]

Grouping = Callable[[Sequence[PairFinding], Mapping[str, Statement], Similarity], list[Group]]
"""Makes groups of findings; another than the shipped one is of use only to measure what grouping does."""


def judge_pairs(
    pairs: Sequence[CandidatePair],
    scores: Mapping[str, PairScore],
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    temperature: float,
    settings: ConflictSettings,
    weights: PairWeights | None = None,
) -> list[PairFinding]:
    """A finding for each pair by itself, in order; `corroborate` looks at them together. `scores` is by pair id."""
    return [
        judge_pair(
            pair,
            scores[pair.pair_id],
            statements[pair.left_id],
            statements[pair.right_id],
            articles=(
                articles[statements[pair.left_id].article_id],
                articles[statements[pair.right_id].article_id],
            ),
            temperature=temperature,
            settings=settings,
            weights=weights,
        )
        for pair in pairs
    ]


def find_conflicts(
    findings: Sequence[PairFinding],
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    vectors: Mapping[str, NDArray[np.float32]],
    origins: Mapping[str, str],
    topics: Sequence[Topic],
    settings: ConflictSettings,
    grouping: Grouping = group_conflicts,
) -> Outcome:
    """Ranked conflicts and agreements. `vectors` is by statement id, `origins` maps article ids to their origin."""

    topic_of = {member: topic.topic_id for topic in topics for member in topic.statement_ids}
    similarity = Similarity(vectors)
    groups = grouping(findings, statements, similarity)
    repeats = repeats_of(groups)
    take_stands(groups, findings, statements, similarity, settings)
    built: list[Conflict] = []
    asked: set[str] = set()
    known: set[str] = set()
    for group, repeated in zip(groups, repeats, strict=True):
        conflict = build_conflict(
            group,
            statements=statements,
            articles=articles,
            origins=origins,
            topics=topic_of,
            repeats=repeated,
            asked=asked,
            window_days=settings.window_days,
        )
        if conflict.conflict_id in known:
            conflict = replace(
                conflict, conflict_id=digest("conflict", *sorted(one.pair.pair_id for one in group.findings))
            )
        known.add(conflict.conflict_id)
        asked.add(conflict.question)
        built.append(conflict)
    conflicts = rank(built, limit=settings.limit)
    agreements = sorted(
        (
            build_agreement(members, strength, statements=statements, origins=origins)
            for members, strength in group_agreements(findings, statements)
        ),
        key=lambda agreement: (-agreement.score, agreement.agreement_id),
    )[: settings.limit]
    shown = {pair_id for conflict in conflicts for pair_id in conflict.pair_ids}
    return Outcome(
        topics=tuple(topics),
        conflicts=conflicts,
        agreements=tuple(agreements),
        findings=tuple(finding for finding in findings if finding.pair.pair_id in shown),
    )
