"""Stages over whole stores: pending work in batches, each committed, so that a killed run resumes where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from detector.pipeline import apart
from detector.pipeline.progress import OnProgress, Progress
from detector.pipeline.workbench import Workbench
from detector.records import Article, CandidatePair, PairScore, Probs, Statement
from detector.settings import Settings, StatementSettings
from detector.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OnScored = Callable[[int, int], None]
"""Told how many of how many directed pairs the model has done."""

EMBED_BATCH = 256
"""Texts embedded between two commits; about a second's work."""
SCORE_BATCH = 2048
"""Directed pairs scored between two commits; some seconds' work, so that a killed run loses little."""


def claims_of(statements: Sequence[Statement]) -> list[Statement]:
    """The statements that assert something checkable, in order."""
    return [statement for statement in statements if statement.claim_gate is None]


def participants_of(statements: Sequence[Statement]) -> list[Statement]:
    """The claims and the quotations, in order: what is embedded and compared."""
    from detector.pairs import is_quotation

    return [statement for statement in statements if statement.claim_gate is None or is_quotation(statement)]


def is_read(article: Article, settings: StatementSettings) -> bool:
    """Whether the article is in a language that is read; one that is not known is taken to be."""
    language = (article.language or settings.languages[0]).lower().replace("_", "-").split("-")[0]
    return language in settings.languages


def split_pending(store: Store, bench: Workbench, on_progress: OnProgress) -> None:
    """Split the articles that have no statements under the current fingerprint, while the encoder is loaded."""
    pending = store.articles_without_statements(bench.statements_fingerprint)
    read = [article for article in pending if is_read(article, bench.settings.statements)]
    elsewhere = apart.begin(read, bench.settings.statements) if bench.starts_cold else None
    if read:
        bench.load_ahead("encoder")
    split = elsewhere.statements() if elsewhere is not None else None
    known = zip(read, split, strict=True) if split is not None else _split(read, bench)
    unread = ((article, ()) for article in pending if not is_read(article, bench.settings.statements))
    for done, (article, statements) in enumerate(chain(unread, known), start=1):
        store.put_statements(article, bench.statements_fingerprint, statements)
        on_progress(Progress("statements", done, len(pending)))


def _split(articles: Sequence[Article], bench: Workbench) -> Iterator[tuple[Article, tuple[Statement, ...]]]:
    """The articles with their statements, by the language pipeline of this process."""
    if articles:
        from detector.statements import split_articles

        yield from split_articles(articles, nlp=bench.nlp, settings=bench.settings.statements)


def embed_pending(store: Store, bench: Workbench, taking_part: Sequence[Statement], on_progress: OnProgress) -> None:
    """Embed the wordings that have no vector of this encoder; a wording printed by 40 outlets is embedded once."""
    wording_of = {statement.text_hash: statement.wording for statement in taking_part}
    pending = store.missing_vectors(bench.encoder_id, sorted(wording_of))
    for start in range(0, len(pending), EMBED_BATCH):
        batch = pending[start : start + EMBED_BATCH]
        store.put_vectors(bench.encoder_id, batch, bench.encoder.encode([wording_of[key] for key in batch]))
        on_progress(Progress("embed", min(start + EMBED_BATCH, len(pending)), len(pending)))


def block(
    taking_part: Sequence[Statement],
    vectors: NDArray[np.float32],
    articles: Mapping[str, Article],
    settings: Settings,
    on_progress: OnProgress,
) -> tuple[CandidatePair, ...]:
    """Candidate pairs of independent outlets: claims by nearness, quotations by their words, of a store held in memory.

    Statements that the claim gate would stop are not compared: their scores could change nothing.
    """
    from detector.conflicts import claim_gate
    from detector.pairs import candidate_pairs, independence

    total = len({one.article_id for one in taking_part})
    return candidate_pairs(
        taking_part,
        vectors,
        settings=settings.pairs,
        independent=independence({article.outlet_id: article.owner for article in articles.values()}),
        compared=lambda one: claim_gate(one, settings.conflicts).passed,
        progress=lambda done: on_progress(Progress("pairs", done, total)),
    )


def score_pending(
    store: Store,
    bench: Workbench,
    pairs: Sequence[CandidatePair],
    by_id: Mapping[str, Statement],
    on_scored: OnScored,
) -> dict[str, PairScore]:
    """Scores of all pairs by pair id; the model sees only the texts it has not scored yet, in both directions."""
    keys_of = {pair.pair_id: (by_id[pair.left_id].text_hash, by_id[pair.right_id].text_hash) for pair in pairs}
    wanted = sorted({key for left, right in keys_of.values() for key in ((left, right), (right, left))})
    scorer_id = bench.scorer_id
    scores = store.scores(scorer_id, wanted)
    pending = [key for key in wanted if key not in scores]
    if pending:
        wording_of = {statement.text_hash: statement.wording for statement in by_id.values()}
    for start in range(0, len(pending), SCORE_BATCH):
        batch = pending[start : start + SCORE_BATCH]
        probabilities = bench.nli.score(
            [(wording_of[premise], wording_of[hypothesis]) for premise, hypothesis in batch]
        )
        rows = [(*key, Probs(*map(float, line))) for key, line in zip(batch, probabilities, strict=True)]
        store.put_scores(scorer_id, rows)
        scores.update(((premise, hypothesis), probs) for premise, hypothesis, probs in rows)
        on_scored(min(start + SCORE_BATCH, len(pending)), len(pending))
    return {
        pair_id: PairScore(pair_id, scorer_id, scores[left, right], scores[right, left])
        for pair_id, (left, right) in keys_of.items()
    }
