"""From pairs judged by themselves to the outcome of a run; no model is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from detector.pipeline.workbench import Workbench
from detector.records import (
    Article,
    ArticleSummary,
    CandidatePair,
    Gate,
    JudgedPair,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Statement,
    Topic,
)
from detector.store import Store


def derive(
    store: Store,
    bench: Workbench,
    summaries: Sequence[ArticleSummary],
    topics: Sequence[Topic],
    articles: Mapping[str, Article],
) -> tuple[Outcome, dict[str, int]]:
    """Conflicts and agreements of all articles, and how many pairs each gate stopped. Only statements that contradict or agree with another are read, and of the
    topics of those on a decision the ones that name who decides."""
    from detector.conflicts import NOTICED, corroborate, find_conflicts, holders_in, witnesses_of
    from detector.corpus.origins import origin_groups

    origins = origin_groups(list(articles.values()))
    noticed = store.comparisons.noticed(NOTICED)
    witnesses = witnesses_of(noticed, _origin_of_statements(summaries, origins))
    settings = bench.settings.conflicts
    by_themselves = [_unscored(judged) for judged in noticed]
    looked_at = corroborate(by_themselves, witnesses, settings)
    findings = [finding for finding in looked_at if finding.relation != "none"]
    opposed = {
        one
        for finding in findings
        if finding.relation == "contradicts"
        for one in (finding.pair.left_id, finding.pair.right_id)
    }
    related = {finding.pair.pair_id for finding in findings}
    between = [judged for judged in store.comparisons.among(opposed) if judged.pair.pair_id not in related]
    findings += corroborate([_unscored(judged) for judged in between], witnesses, settings)
    findings.sort(key=lambda finding: finding.pair.pair_id)
    wanted = {one for finding in findings for one in (finding.pair.left_id, finding.pair.right_id)}
    statements = store.statements_by_id(wanted | _same_words(summaries), fingerprint=bench.statements_fingerprint)
    naming = _naming(holders_in(findings, statements), summaries, topics) - set(statements)
    statements = dict(
        sorted((statements | store.statements_by_id(naming, fingerprint=bench.statements_fingerprint)).items())
    )
    ordered = list(statements.values())
    vectors = store.vectors(bench.encoder_id, [one.text_hash for one in ordered])
    outcome = find_conflicts(
        findings,
        statements=statements,
        articles=articles,
        vectors=dict(zip(statements, vectors, strict=True)),
        origins=origins,
        topics=topics,
        settings=settings,
    )
    shown = [finding.pair for finding in outcome.findings]
    scored = judge_again(store, bench, shown, statements, articles)
    stopped = Counter(store.comparisons.stopped())
    stopped.subtract(_stopped(by_themselves))
    stopped.update(_stopped(looked_at))
    outcome = replace(outcome, findings=tuple(corroborate(scored, witnesses, settings)))
    return outcome, {name: number for name, number in sorted(stopped.items()) if number}


def _stopped(findings: Sequence[PairFinding]) -> Counter[str]:
    """How many pairs that are nothing each gate stopped; the first one counts."""
    return Counter(
        next(gate.name for gate in finding.gates if not gate.passed)
        for finding in findings
        if finding.relation == "none"
    )


def _origin_of_statements(summaries: Sequence[ArticleSummary], origins: Mapping[str, str]) -> dict[str, str]:
    return {
        one.statement_id: origins.get(summary.article_id, summary.article_id)
        for summary in summaries
        for one in summary.participants
    }


def _same_words(summaries: Sequence[ArticleSummary]) -> set[str]:
    """Statements whose wording another one has too: they agree without being compared."""
    shelves: dict[str, list[str]] = {}
    for summary in summaries:
        for one in summary.participants:
            shelves.setdefault(one.text_hash, []).append(one.statement_id)
    return {statement_id for same in shelves.values() if len(same) > 1 for statement_id in same}


def _naming(holders: Mapping[str, set[str]], summaries: Sequence[ArticleSummary], topics: Sequence[Topic]) -> set[str]:
    """Statements that name somebody, in the articles given and those of their topics."""
    if not holders:
        return set()
    topics_of: dict[str, list[Topic]] = {}
    for topic in topics:
        for article_id in topic.article_ids:
            topics_of.setdefault(article_id, []).append(topic)
    asked: dict[str, set[str]] = {}
    for holder, article_ids in holders.items():
        together = (topic.article_ids for article_id in article_ids for topic in topics_of.get(article_id, ()))
        for article_id in article_ids.union(*together):
            asked.setdefault(article_id, set()).add(f"name {holder}")
    return {
        one.statement_id
        for summary in summaries
        for one in summary.participants
        if not asked.get(summary.article_id, set()).isdisjoint(one.keys)
    }


_UNREAD = PairScore("", "", Probs(0.0, 1.0, 0.0), Probs(0.0, 1.0, 0.0))


def _unscored(judged: JudgedPair) -> PairFinding:
    """A finding for grouping and ranking, which look at no score; `judge_again` gives the whole one."""
    gates = (Gate(judged.stopped_by, False, ""),) if judged.stopped_by else ()
    return PairFinding(
        judged.pair,
        _UNREAD,
        judged.relation,
        judged.probability,
        judged.lane,
        judged.kind,
        gates,
        judged.agreement,
    )


def judge_again(
    store: Store,
    bench: Workbench,
    pairs: Sequence[CandidatePair],
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
) -> list[PairFinding]:
    """The findings of scored pairs by themselves, with their scores and gates, in order."""
    from detector.conflicts import judge_pairs

    scorer_id = bench.scorer_id
    keys = {pair.pair_id: (statements[pair.left_id].text_hash, statements[pair.right_id].text_hash) for pair in pairs}
    scores = store.scores(
        scorer_id, sorted({key for left, right in keys.values() for key in ((left, right), (right, left))})
    )
    return judge_pairs(
        pairs,
        {
            pair_id: PairScore(pair_id, scorer_id, scores[left, right], scores[right, left])
            for pair_id, (left, right) in keys.items()
        },
        statements=statements,
        articles=articles,
        temperature=bench.temperature,
        settings=bench.settings.conflicts,
    )
