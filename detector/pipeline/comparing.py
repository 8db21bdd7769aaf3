"""Comparing articles with their neighbours: only those whose neighbourhood changed, and in them only the new pairs.

What an article's statements are compared with depends on its own text, on which articles lie nearest and on which names are
common, nothing else: its pairs are kept together with these. A store that grows by one article looks again only at the
articles near it, and judges only the pairs that are new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from detector.pipeline.progress import Clock, OnProgress, Progress
from detector.pipeline.stages import OnScored, embed_pending, participants_of, score_pending
from detector.pipeline.workbench import Workbench
from detector.records import (
    Article,
    ArticleSummary,
    CandidatePair,
    JudgedPair,
    PairFinding,
    PairScore,
    Statement,
    Topic,
    digest,
)
from detector.store import Store
from detector.store.comparisons import Changed, Compared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detector.pairs import Shelf

SUMMARY_BATCH = 64
"""Articles embedded and summed up between two commits."""
COMPARE_BATCH = 64
"""Articles whose pairs are chosen, scored and judged together: enough to fill the model's batches."""
SHELVES_HELD = 4096
"""Articles whose vectors are held in memory at once, about 200 MB."""


def summarise_pending(store: Store, bench: Workbench, on_progress: OnProgress) -> None:
    """Embed and sum up the articles that have statements but no summary under the current fingerprint."""
    import numpy as np

    from detector.pairs import mean_vector, quantised

    fingerprint = bench.embedding_fingerprint
    pending = store.comparisons.without_summary(fingerprint, bench.statements_fingerprint)
    for start in range(0, len(pending), SUMMARY_BATCH):
        batch = pending[start : start + SUMMARY_BATCH]
        statements = store.statements_of_articles(batch, bench.statements_fingerprint)
        taking_part = {article_id: participants_of(statements.get(article_id, [])) for article_id in batch}
        everyone = [one for part in taking_part.values() for one in part]
        embed_pending(store, bench, everyone, lambda _: None)
        rows = iter(quantised(store.vectors(bench.encoder_id, [one.text_hash for one in everyone])))
        articles = store.articles_of(batch)
        summaries, vectors, means = [], {}, {}
        for article_id in batch:
            part = taking_part[article_id]
            summaries.append(_summary(articles[article_id], statements.get(article_id, []), part))
            if part:
                vectors[article_id] = np.stack([next(rows) for _ in part])
                means[article_id] = mean_vector(vectors[article_id])
        store.comparisons.put_summaries(fingerprint, summaries, means, vectors)
        on_progress(Progress("embed", min(start + SUMMARY_BATCH, len(pending)), len(pending)))


def _summary(article: Article, statements: Sequence[Statement], taking_part: Sequence[Statement]) -> ArticleSummary:
    from detector.conflicts import claim_strength
    from detector.pairs import names_of, participant_of
    from detector.topics import terms_of

    participants = tuple(participant_of(one, claim=claim_strength(one)) for one in taking_part)
    return ArticleSummary(
        article.article_id,
        article.revision,
        article.outlet_id,
        len(statements),
        sum(one.claim_gate is None for one in statements),
        participants,
        tuple(sorted(names_of(participants))),
        terms_of(taking_part),
        _gated(statements),
    )


def _gated(statements: Sequence[Statement]) -> dict[str, int]:
    """How many statements each gate stopped, by its name."""
    found: dict[str, int] = {}
    for statement in statements:
        if statement.claim_gate is not None:
            found[statement.claim_gate] = found.get(statement.claim_gate, 0) + 1
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every article is compared with and how, by article id, and the names too common to tell anything."""

    of: dict[str, Compared]
    common: frozenset[str]


def surroundings(
    summaries: Sequence[ArticleSummary],
    means: NDArray[np.float32],
    *,
    articles: Mapping[str, Article],
    bench: Workbench,
) -> Surroundings:
    """Which articles lie near each other now. `means[i]` is the vector of `summaries[i]`."""
    from detector.pairs import common_names, independence, nearest_articles

    common = common_names([frozenset(summary.names) for summary in summaries])
    near = nearest_articles(
        [summary.outlet_id for summary in summaries],
        means,
        settings=bench.settings.pairs,
        independent=independence({article.outlet_id: article.owner for article in articles.values()}),
    )
    judging = bench.judging_fingerprint
    blocking = digest(bench.embedding_fingerprint, bench.settings.fingerprint("pairs"), judging)
    versions = [f"{summary.article_id}:{summary.revision}" for summary in summaries]
    found = {}
    for place, summary in enumerate(summaries):
        how = digest(blocking, versions[place], *sorted(common.intersection(summary.names)))
        found[summary.article_id] = Compared(how, judging, tuple(sorted(versions[other] for other in near[place])))
    return Surroundings(found, common)


@dataclass(slots=True)
class _Shelves:
    """Shelves of articles; their vectors are read when first needed, the least recently used let go."""

    store: Store
    bench: Workbench
    summaries: Mapping[str, ArticleSummary]
    _held: OrderedDict[str, Shelf] = field(default_factory=OrderedDict)

    def of(self, article_ids: Sequence[str]) -> list[Shelf]:
        """In the order asked."""
        from detector.pairs import shelf_of

        missing = [article_id for article_id in article_ids if article_id not in self._held]
        least = self.bench.settings.conflicts.min_claim_score
        for article_id, vectors in self.store.comparisons.vectors(self.bench.embedding_fingerprint, missing).items():
            summary = self.summaries[article_id]
            self._held[article_id] = shelf_of(
                article_id, summary.outlet_id, summary.participants, vectors, least_claim=least
            )
        for article_id in article_ids:
            self._held.move_to_end(article_id)
        wanted = [self._held[article_id] for article_id in article_ids]
        while len(self._held) > SHELVES_HELD:
            self._held.popitem(last=False)
        return wanted


def compare_pending(
    store: Store,
    bench: Workbench,
    summaries: Sequence[ArticleSummary],
    means: NDArray[np.float32],
    *,
    articles: Mapping[str, Article],
    topics: Sequence[Topic],
    clock: Clock,
    on_progress: OnProgress,
) -> None:
    """Choose, score and judge the pairs of every article whose neighbourhood changed since it was last compared."""
    with clock.measure("pairs"):
        around = surroundings(summaries, means, articles=articles, bench=bench)
        before = store.comparisons.compared()
        store.comparisons.forget(before.keys() - around.of.keys())
        home = {article_id: topic.topic_id for topic in topics for article_id in topic.article_ids}
        pending = sorted(
            (article_id for article_id, now in around.of.items() if before.get(article_id) != now),
            key=lambda article_id: (home.get(article_id, ""), article_id),
        )
    if any(around.of[article_id].neighbours for article_id in pending if article_id not in before):
        bench.load_ahead("nli")
    shelves = _Shelves(store, bench, {summary.article_id: summary for summary in summaries})
    met: dict[str, JudgedPair] = {}
    for done in range(0, len(pending), COMPARE_BATCH):
        batch = pending[done : done + COMPARE_BATCH]
        with clock.measure("pairs"):
            kept = store.comparisons.rules(batch)
            chosen = {article_id: _choose(article_id, around, shelves, bench) for article_id in batch}
            changes = [_change(article_id, kept, before, around, chosen[article_id]) for article_id in batch]
            new = _each_once(pair for change in changes for pair in change.arrived if pair.pair_id not in met)
            by_id = store.statements_by_id(
                {one for pair in new for one in (pair.left_id, pair.right_id)}, fingerprint=bench.statements_fingerprint
            )
        with clock.measure("score"):
            report = _in_articles(on_progress, done, len(batch), len(pending))
            scores = score_pending(store, bench, new, by_id, report)
        with clock.measure("conflicts"):
            judged = met | _judge(new, scores, by_id, articles, bench)
            store.comparisons.put(
                [
                    Changed(
                        change.article_id,
                        around.of[change.article_id],
                        change.left,
                        tuple(replace(judged[pair.pair_id], pair=pair) for pair in change.arrived),
                    )
                    for change in changes
                ]
            )
            met = {pair.pair_id: judged[pair.pair_id] for pair in new}
        on_progress(Progress("score", done + len(batch), len(pending)))


def _in_articles(on_progress: OnProgress, done: int, size: int, total: int) -> OnScored:
    """Tells how far a batch of `size` articles is, after `done` of `total`, when some of its pairs are scored."""
    return lambda scored, of: on_progress(Progress("score", done + size * scored // of, total))


def _choose(article_id: str, around: Surroundings, shelves: _Shelves, bench: Workbench) -> dict[str, CandidatePair]:
    """The pairs that an article keeps now, by pair id."""
    from detector.pairs import pairs_of_article

    own, *near = shelves.of([article_id, *_ids(around.of[article_id].neighbours)])
    found = pairs_of_article(own, near, common=around.common, settings=bench.settings.pairs)
    return {pair.pair_id: pair for pair in found}


def _ids(versions: Iterable[str]) -> list[str]:
    return sorted(version.rpartition(":")[0] for version in versions)


def _each_once(pairs: Iterable[CandidatePair]) -> list[CandidatePair]:
    found = {pair.pair_id: pair for pair in pairs}
    return [found[pair_id] for pair_id in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Change:
    """The pairs that an article kept before and does not keep as they were, and those that it keeps now instead."""

    article_id: str
    left: tuple[str, ...]
    arrived: tuple[CandidatePair, ...]


def _change(
    article_id: str,
    kept: Mapping[str, Mapping[str, str]],
    before: Mapping[str, Compared],
    around: Surroundings,
    chosen: Mapping[str, CandidatePair],
) -> _Change:
    """`kept` has the rule of every pair kept before. Findings of another way of judging are all made again."""
    own = kept[article_id]
    same = article_id in before and before[article_id].judging == around.of[article_id].judging
    stay = {pair_id for pair_id, pair in chosen.items() if own.get(pair_id) == pair.rule} if same else set()
    return _Change(
        article_id,
        tuple(sorted(own.keys() - stay)),
        tuple(chosen[pair_id] for pair_id in sorted(chosen) if pair_id not in stay),
    )


def _judge(
    pairs: Sequence[CandidatePair],
    scores: Mapping[str, PairScore],
    by_id: Mapping[str, Statement],
    articles: Mapping[str, Article],
    bench: Workbench,
) -> dict[str, JudgedPair]:
    from detector.conflicts import judge_pairs

    findings = judge_pairs(
        pairs,
        scores,
        statements=by_id,
        articles=articles,
        temperature=bench.temperature,
        settings=bench.settings.conflicts,
    )
    return {finding.pair.pair_id: _kept(finding) for finding in findings}


def _kept(finding: PairFinding) -> JudgedPair:
    failed = next((gate.name for gate in finding.gates if not gate.passed), "")
    return JudgedPair(
        finding.pair,
        finding.relation,
        finding.probability,
        finding.agreement,
        finding.lane,
        finding.kind,
        failed,
    )
