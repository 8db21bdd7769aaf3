"""The pipeline: the only module that knows both the stages and the store.

A stage runs only for what has no row yet under its fingerprint, and commits batch by batch, so that a killed run resumes
where it stopped. Blocking, topics, grouping and ranking are derived anew from stored rows: the result depends on the
articles, the settings and the models, never on the order in which articles came or on what ran before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from detector import models
from detector.errors import DetectorError
from detector.records import (
    Article,
    CandidatePair,
    Outcome,
    PairScore,
    Probs,
    Rejection,
    Run,
    Statement,
    Topic,
    digest,
)
from detector.settings import Settings
from detector.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.language import Language

_QUOTE_MARK = re.compile('["“”„«»]')

EMBED_BATCH = 256
"""Texts embedded between two commits; about a second's work."""
SCORE_BATCH = 2048
"""Directed pairs scored between two commits; some seconds' work, so that a killed run loses little."""
ARTICLE_BATCH = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is: `done` of `total` articles, texts or pairs."""

    stage: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of each text that was read."""

    accepted: tuple[Article, ...] = ()
    unchanged: tuple[Article, ...] = ()
    revised: tuple[Article, ...] = ()
    rejected: tuple[Rejection, ...] = ()


def ingest(store: Store, readings: Iterable[Article | Rejection]) -> IngestResult:
    """Add what is new, keep what is unchanged, make a new revision of what was edited. Rejections pass through."""
    accepted: list[Article] = []
    unchanged: list[Article] = []
    revised: list[Article] = []
    rejected: list[Rejection] = []
    with store.writer_lock():
        heads = store.article_heads()
        for reading in readings:
            if isinstance(reading, Rejection):
                rejected.append(reading)
            elif reading.article_id not in heads:
                accepted.append(reading)
                heads[reading.article_id] = (1, reading.text_hash)
            elif heads[reading.article_id][1] == reading.text_hash:
                unchanged.append(reading)
            else:
                revision = heads[reading.article_id][0] + 1
                revised.append(replace(reading, revision=revision))
                heads[reading.article_id] = (revision, reading.text_hash)
        store.add_articles([*accepted, *revised])
    return IngestResult(tuple(accepted), tuple(unchanged), tuple(revised), tuple(rejected))


@dataclass(slots=True)
class Workbench:
    """The models of one call, each loaded when first needed and only then, and let go when a run has passed its stage.

    A given NLI model that is not the one of the settings is taken as calibrated.
    """

    settings: Settings
    _encoder: models.Encoder | None = None
    _nli: models.NLIModel | None = None
    _nlp: Language | None = None
    _calibrated: bool = field(init=False)
    _loaded: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._calibrated = self._nli is None or self._nli.scorer_id == models.scorer_id_of(self.settings.models)

    @property
    def encoder_id(self) -> str:
        return self._encoder.encoder_id if self._encoder else models.encoder_id_of(self.settings.models)

    @property
    def scorer_id(self) -> str:
        return self._nli.scorer_id if self._nli else models.scorer_id_of(self.settings.models)

    @property
    def encoder(self) -> models.Encoder:
        if self._encoder is None:
            self._encoder = models.load_encoder(self.settings.models)
            self._loaded.add("_encoder")
        return self._encoder

    @property
    def nli(self) -> models.NLIModel:
        if self._nli is None:
            self._nli = models.load_nli(self.settings.models)
        return self._nli

    @property
    def nlp(self) -> Language:
        if self._nlp is None:
            from detector.statements import load_pipeline

            self._nlp = load_pipeline(self.settings.statements)
            self._loaded.add("_nlp")
        return self._nlp

    def let_go(self, name: Literal["_nlp", "_encoder"]) -> None:
        """Free the memory of a model that was loaded here; a given one stays. Needed again, it is loaded again."""
        if name in self._loaded:
            self._loaded.discard(name)
            setattr(self, name, None)

    @property
    def temperature(self) -> float:
        return models.temperature_of(self.settings.models) if self._calibrated else 1.0

    def probs(self, line: Iterable[float]) -> Probs:
        """One row of NLI scores, calibrated."""
        return Probs(*map(float, line)).tempered(self.temperature)

    @property
    def statements_fingerprint(self) -> str:
        return self.settings.fingerprint("statements")


def state_hash(store: Store, bench: Workbench) -> str:
    """Hash of everything a run's outcome depends on: articles, settings of every stage, models, calibration."""
    heads = sorted(store.article_heads().items())
    stages = [bench.settings.fingerprint(stage) for stage in ("statements", "topics", "pairs", "conflicts")]
    models_used = (bench.encoder_id, bench.scorer_id, bench.temperature)
    return digest(*(part for head in heads for part in (head[0], *head[1])), *stages, *models_used, length=32)


def run(
    store: Store,
    *,
    settings: Settings,
    now: datetime,
    on_progress: OnProgress | None = None,
    encoder: models.Encoder | None = None,
    nli: models.NLIModel | None = None,
    nlp: Language | None = None,
) -> Run:
    """Bring the store up to date and return the run that describes it.

    With nothing new since the last successful run that run is returned, and no model is loaded. Raises what the stages
    raise; the run is then marked failed and the last successful one stays readable.
    """
    bench = Workbench(settings, encoder, nli, nlp)
    with store.writer_lock():
        state = state_hash(store, bench)
        last = store.last_run()
        if last is not None and last.state_hash == state:
            return last
        started = _new_run(bench, state, now, number=len(store.runs()) + 1)
        store.start_run(started)
        try:
            clock = _Clock()
            outcome, counts = _analyse(store, bench, clock, on_progress or (lambda _: None))
            finished = replace(
                started,
                status="succeeded",
                finished_at=clock.finish(now),
                counts=counts,
                seconds={name: round(value, 3) for name, value in clock.seconds.items()},
            )
            store.finish_run(finished, outcome)
        except BaseException as error:
            store.fail_run(started.run_id, _one_line(error), now)
            raise
    return finished


def _one_line(error: BaseException) -> str:
    return str(error) if isinstance(error, DetectorError) else f"{type(error).__name__}: {error}"


@dataclass(slots=True)
class _Clock:
    """Seconds spent in each stage."""

    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun

    def finish(self, begun_at: datetime) -> datetime:
        from datetime import timedelta

        return begun_at + timedelta(seconds=time.perf_counter() - self.started)


def _new_run(bench: Workbench, state: str, now: datetime, *, number: int) -> Run:
    return Run(
        run_id=digest("run", number, state, now.isoformat()),
        started_at=now,
        state_hash=state,
        settings=bench.settings.model_dump(mode="json"),
        versions={name: _version(name) for name in ("claim-contradiction-detector", "torch", "transformers", "spacy")},
        models={"encoder": bench.encoder_id, "nli": bench.scorer_id, "language": bench.settings.statements.pipeline},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _analyse(store: Store, bench: Workbench, clock: _Clock, on_progress: OnProgress) -> tuple[Outcome, dict[str, int]]:
    with clock.measure("statements"):
        split_pending(store, bench, on_progress)
        bench.let_go("_nlp")
    all_statements = store.statements(bench.statements_fingerprint)
    taking_part = participants_of(all_statements)
    with clock.measure("embed"):
        embed_pending(store, bench, taking_part, on_progress)
        bench.let_go("_encoder")
        vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
    articles = {article.article_id: article for article in store.articles()}
    with clock.measure("pairs"):
        pairs = block(taking_part, vectors, articles, bench.settings, on_progress)
    by_id = {one.statement_id: one for one in taking_part}
    with clock.measure("score"):
        scores = score_pending(store, bench, pairs, by_id, on_progress)
    with clock.measure("conflicts"):
        outcome = derive(taking_part, vectors, articles, pairs, scores, bench)
    counts = {
        "articles": len(articles),
        "outlets": len({article.outlet_id for article in articles.values()}),
        "skipped_language": sum(_skipped(article, bench.settings) for article in articles.values()),
        "statements": len(all_statements),
        "claims": len(claims_of(all_statements)),
        "pairs": len(pairs),
        "topics": len(outcome.topics),
        "conflicts": sum(conflict.lane == "conflict" for conflict in outcome.conflicts),
        "entries": len(outcome.conflicts),
        "agreements": len(outcome.agreements),
    }
    return outcome, counts


def _skipped(article: Article, settings: Settings) -> bool:
    return article.language is not None and article.language not in settings.statements.languages


def claims_of(statements: Sequence[Statement]) -> list[Statement]:
    """The statements that assert something checkable, in order."""
    return [statement for statement in statements if statement.claim_gate is None]


def is_quotation(statement: Statement) -> bool:
    """Whether it can differ on who said it, checkable or not: a named speaker, in quotation marks."""
    from detector.pairs import is_named

    return is_named(statement.speaker) and _QUOTE_MARK.search(statement.text) is not None


def participants_of(statements: Sequence[Statement]) -> list[Statement]:
    """The claims and the quotations, in order: what is embedded and compared."""
    return [statement for statement in statements if statement.claim_gate is None or is_quotation(statement)]


def split_pending(store: Store, bench: Workbench, on_progress: OnProgress) -> None:
    """Split the articles that have no statements under the current fingerprint."""
    fingerprint = bench.statements_fingerprint
    pending = store.articles_without_statements(fingerprint)
    if not pending:
        return
    from detector.statements import split_articles

    done = 0
    for start in range(0, len(pending), ARTICLE_BATCH):
        batch = pending[start : start + ARTICLE_BATCH]
        for article, statements in split_articles(batch, nlp=bench.nlp, settings=bench.settings.statements):
            store.put_statements(article, fingerprint, statements)
            done += 1
            on_progress(Progress("statements", done, len(pending)))


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
    """Candidate pairs of independent outlets: claims by nearness, quotations by their words.

    Statements that the claim gate would stop are not compared: their scores could change nothing.
    """
    from detector.conflicts import claim_gate
    from detector.pairs import candidate_pairs, independence, quote_pairs

    independent = independence({article.outlet_id: article.owner for article in articles.values()})
    rows = [row for row, one in enumerate(taking_part) if claim_gate(one, settings.conflicts).passed]
    total = len({taking_part[row].article_id for row in rows})
    near = candidate_pairs(
        [taking_part[row] for row in rows],
        vectors[rows],
        settings=settings.pairs,
        independent=independent,
        progress=lambda done: on_progress(Progress("pairs", done, total)),
    )
    quoted = quote_pairs([one for one in taking_part if is_quotation(one)], independent=independent)
    by_id = {pair.pair_id: pair for pair in (*near, *quoted)}
    return tuple(by_id[pair_id] for pair_id in sorted(by_id))


def score_pending(
    store: Store,
    bench: Workbench,
    pairs: Sequence[CandidatePair],
    by_id: Mapping[str, Statement],
    on_progress: OnProgress,
) -> dict[str, PairScore]:
    """Scores of all pairs by pair id; the model sees only the texts it has not scored yet, in both directions."""
    wording_of = {statement.text_hash: statement.wording for statement in by_id.values()}
    keys_of = {pair.pair_id: (by_id[pair.left_id].text_hash, by_id[pair.right_id].text_hash) for pair in pairs}
    wanted = sorted({key for left, right in keys_of.values() for key in ((left, right), (right, left))})
    scorer_id = bench.scorer_id
    scores = store.scores(scorer_id, wanted)
    pending = [key for key in wanted if key not in scores]
    for start in range(0, len(pending), SCORE_BATCH):
        batch = pending[start : start + SCORE_BATCH]
        probabilities = bench.nli.score(
            [(wording_of[premise], wording_of[hypothesis]) for premise, hypothesis in batch]
        )
        rows = [(*key, Probs(*map(float, line))) for key, line in zip(batch, probabilities, strict=True)]
        store.put_scores(scorer_id, rows)
        on_progress(Progress("score", min(start + SCORE_BATCH, len(pending)), len(pending)))
    if pending:
        scores = store.scores(scorer_id, wanted)
    return {
        pair_id: PairScore(pair_id, scorer_id, scores[left, right], scores[right, left])
        for pair_id, (left, right) in keys_of.items()
    }


def derive(
    taking_part: Sequence[Statement],
    vectors: NDArray[np.float32],
    articles: Mapping[str, Article],
    pairs: Sequence[CandidatePair],
    scores: Mapping[str, PairScore],
    bench: Workbench,
) -> Outcome:
    """Everything that needs no model: topics, findings, conflicts, agreements."""
    from detector.conflicts import find_conflicts, judge_pairs
    from detector.corpus.origins import origin_groups
    from detector.pairs import article_vectors
    from detector.topics import find_topics

    by_id = {one.statement_id: one for one in taking_part}
    topics: tuple[Topic, ...] = ()
    if taking_part:
        article_ids, means, _ = article_vectors(taking_part, vectors)
        topics = find_topics(
            taking_part, article_ids=article_ids, means=means, articles=articles, settings=bench.settings.topics
        )
    findings = judge_pairs(
        pairs,
        scores,
        statements=by_id,
        articles=articles,
        temperature=bench.temperature,
        settings=bench.settings.conflicts,
    )
    return find_conflicts(
        findings,
        statements=by_id,
        articles=articles,
        vectors={one.statement_id: vector for one, vector in zip(taking_part, vectors, strict=True)},
        origins=origin_groups(list(articles.values())),
        topics=topics,
        settings=bench.settings.conflicts,
    )
