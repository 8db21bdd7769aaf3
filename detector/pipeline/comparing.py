"""Comparing articles with their neighbours: only those whose neighbourhood changed, and in them only the new pairs.

What an article's statements are compared with depends on its own text, on which articles lie nearest and on which names are
common, nothing else: a hash of these is the key under which its pairs are kept. A store that grows by one article
compares again only the articles near it, and judges only the pairs that are new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detector.pairs import Shelf

SUMMARY_BATCH = 64
"""Articles embedded and summed up between two commits."""
COMPARE_BATCH = 64
"""Articles whose pairs are chosen, scored and judged together: enough to fill the model's batches."""
SHELVES_HELD = 512
"""Articles whose statements are held in memory at once, about 60 MB."""


def summarise_pending(store: Store, bench: Workbench, on_progress: OnProgress) -> None:
    """Embed and sum up the articles that have statements but no summary under the current fingerprint."""
    from detector.pairs import mean_vector, shelves_of

    fingerprint = bench.embedding_fingerprint
    pending = store.comparisons.without_summary(fingerprint, bench.statements_fingerprint)
    for start in range(0, len(pending), SUMMARY_BATCH):
        batch = pending[start : start + SUMMARY_BATCH]
        statements = store.statements_of_articles(batch, bench.statements_fingerprint)
        taking_part = [one for key in sorted(statements) for one in participants_of(statements[key])]
        embed_pending(store, bench, taking_part, lambda _: None)
        vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
        shelves = {shelf.article_id: shelf for shelf in shelves_of(taking_part, vectors)}
        articles = store.articles_of(batch)
        summaries = [
            _summary(articles[article_id], statements.get(article_id, []), shelves.get(article_id))
            for article_id in batch
        ]
        means = {article_id: mean_vector(shelf.vectors) for article_id, shelf in shelves.items()}
        store.comparisons.put_summaries(fingerprint, summaries, means)
        on_progress(Progress("embed", min(start + SUMMARY_BATCH, len(pending)), len(pending)))


def _summary(article: Article, statements: Sequence[Statement], shelf: Shelf | None) -> ArticleSummary:
    from detector.pairs import names_of
    from detector.topics import terms_of

    taking_part = shelf.statements if shelf else ()
    return ArticleSummary(
        article.article_id,
        article.revision,
        article.outlet_id,
        len(statements),
        sum(one.claim_gate is None for one in statements),
        tuple((one.statement_id, one.text_hash) for one in taking_part),
        tuple(sorted(names_of(taking_part))),
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
class Neighbourhood:
    """One article, what it is compared with, and the key of that."""

    article_id: str
    neighbours: tuple[str, ...]
    key: str


def neighbourhoods(
    summaries: Sequence[ArticleSummary],
    means: NDArray[np.float32],
    *,
    articles: Mapping[str, Article],
    bench: Workbench,
) -> tuple[list[Neighbourhood], frozenset[str]]:
    """What every article is compared with, in the order of the summaries, and the names too common to tell anything."""
    from detector.pairs import common_names, independence, nearest_articles

    common = common_names([frozenset(summary.names) for summary in summaries])
    near = nearest_articles(
        [summary.outlet_id for summary in summaries],
        means,
        settings=bench.settings.pairs,
        independent=independence({article.outlet_id: article.owner for article in articles.values()}),
    )
    how = digest(bench.embedding_fingerprint, bench.settings.fingerprint("pairs"), bench.judging_fingerprint)
    found = []
    for summary, places in zip(summaries, near, strict=True):
        others = sorted((summaries[place].article_id, summaries[place].revision) for place in places)
        shared = sorted(common.intersection(summary.names))
        key = digest(how, summary.article_id, summary.revision, others, shared)
        found.append(Neighbourhood(summary.article_id, tuple(article_id for article_id, _ in others), key))
    return found, common


@dataclass(slots=True)
class _Shelves:
    """Shelves read from the store, the least recently used let go."""

    store: Store
    bench: Workbench
    _held: OrderedDict[str, Shelf] = field(default_factory=OrderedDict)

    def of(self, article_ids: Sequence[str]) -> dict[str, Shelf]:
        from detector.conflicts import claim_gate
        from detector.pairs import shelves_of

        missing = [article_id for article_id in article_ids if article_id not in self._held]
        if missing:
            found = self.store.statements_of_articles(missing, self.bench.statements_fingerprint)
            taking_part = participants_of([one for key in sorted(found) for one in found[key]])
            vectors = self.store.vectors(self.bench.encoder_id, [one.text_hash for one in taking_part])
            settings = self.bench.settings.conflicts
            for shelf in shelves_of(taking_part, vectors, compared=lambda one: claim_gate(one, settings).passed):
                self._held[shelf.article_id] = shelf
        for article_id in article_ids:
            self._held.move_to_end(article_id)
        wanted = {article_id: self._held[article_id] for article_id in article_ids}
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
        around, common = neighbourhoods(summaries, means, articles=articles, bench=bench)
        kept = store.comparisons.keys()
        store.comparisons.forget(kept.keys() - {one.article_id for one in around})
        home = {article_id: topic.topic_id for topic in topics for article_id in topic.article_ids}
        pending = sorted(
            (one for one in around if kept.get(one.article_id, ("", ""))[0] != one.key),
            key=lambda one: (home.get(one.article_id, ""), one.article_id),
        )
    shelves = _Shelves(store, bench)
    met: dict[str, JudgedPair] = {}
    for done, batch in _batches(pending):
        with clock.measure("pairs"):
            chosen, by_id = _choose(batch, shelves, common, bench)
            fresh = [
                one.article_id for one in batch if kept.get(one.article_id, ("", ""))[1] == bench.judging_fingerprint
            ]
            known = store.comparisons.judged(fresh) | met
        new = {pair.pair_id: pair for pairs in chosen.values() for pair in pairs if pair.pair_id not in known}
        with clock.measure("score"):
            scores = score_pending(
                store,
                bench,
                list(new.values()),
                by_id,
                _in_articles(on_progress, done, len(batch), len(pending)),
            )
        with clock.measure("conflicts"):
            judged = known | _judge(list(new.values()), scores, by_id, articles, bench)
            store.comparisons.put(
                bench.judging_fingerprint,
                {
                    one.article_id: (
                        one.key,
                        [replace(judged[pair.pair_id], pair=pair) for pair in chosen[one.article_id]],
                    )
                    for one in batch
                },
            )
            met = {pair_id: judged[pair_id] for pair_id in new}
        on_progress(Progress("score", done + len(batch), len(pending)))


def _in_articles(on_progress: OnProgress, done: int, size: int, total: int) -> OnScored:
    """Tells how far a batch of `size` articles is, after `done` of `total`, when some of its pairs are scored."""
    return lambda scored, of: on_progress(Progress("score", done + size * scored // of, total))


def _batches(pending: Sequence[Neighbourhood]) -> Iterator[tuple[int, Sequence[Neighbourhood]]]:
    for start in range(0, len(pending), COMPARE_BATCH):
        yield start, pending[start : start + COMPARE_BATCH]


def _choose(
    batch: Sequence[Neighbourhood], shelves: _Shelves, common: frozenset[str], bench: Workbench
) -> tuple[dict[str, list[CandidatePair]], dict[str, Statement]]:
    """The pairs of each article of the batch, each once an article and by pair id, and all statements they name."""
    from detector.pairs import pairs_of_article, quote_pairs

    chosen: dict[str, list[CandidatePair]] = {}
    by_id: dict[str, Statement] = {}
    for one in batch:
        held = shelves.of([one.article_id, *one.neighbours])
        own, near = held[one.article_id], [held[article_id] for article_id in one.neighbours]
        found = {
            pair.pair_id: pair
            for pair in (
                *pairs_of_article(own, near, common=common, settings=bench.settings.pairs),
                *quote_pairs(own, near),
            )
        }
        chosen[one.article_id] = [found[pair_id] for pair_id in sorted(found)]
        named = {statement_id for pair in found.values() for statement_id in (pair.left_id, pair.right_id)}
        by_id.update(
            (statement.statement_id, statement)
            for shelf in (own, *near)
            for statement in shelf.statements
            if statement.statement_id in named
        )
    return chosen, by_id


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
        failed if finding.relation == "none" else "",
    )
