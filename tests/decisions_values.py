"""A small newsroom for tests of decisions: outlets that say things, conflicts made of them as a run makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from detector.conflicts.grouping import Group
from detector.conflicts.ranking import build_conflict, rank
from detector.corpus.origins import origin_groups
from detector.decisions.corrections import corrected
from detector.decisions.states import make_review
from detector.decisions.values import Corrected
from detector.records import (
    Article,
    CandidatePair,
    Conflict,
    Kind,
    Lane,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Review,
    Statement,
    digest,
    outlet_id_of,
    pair_id_of,
    statement_id_of,
    text_hash_of,
)

NOON = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
_PROBS = Probs(0.05, 0.05, 0.9)


class Newsroom:
    """Articles of one sentence each, and the conflicts between them."""

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}
        self.articles: dict[str, Article] = {}
        self.findings: dict[str, PairFinding] = {}
        self._moment = NOON

    def say(self, outlet: str, text: str, *, article: str = "", revision: int = 1, day: int = 1) -> Statement:
        article_id = digest("article", outlet, article or text)
        home = Article(
            article_id=article_id,
            outlet_id=outlet_id_of(outlet),
            outlet=outlet,
            text=text,
            text_hash=text_hash_of(text),
            revision=revision,
            published_at=datetime(2031, 3, day, tzinfo=UTC),
        )
        said = Statement(
            statement_id=statement_id_of(article_id, revision, 0, len(text)),
            article_id=article_id,
            revision=revision,
            outlet_id=home.outlet_id,
            position=0,
            start=0,
            end=len(text),
            text=text,
            wording=text,
            text_hash=text_hash_of(text),
            form="sentence",
            context_start=0,
            context_end=len(text),
            claim_score=0.8,
            question=f"Is it so that {text.rstrip('.')}?",
        )
        self.articles[article_id] = home
        self.statements[said.statement_id] = said
        return said

    def edit(self, said: Statement, text: str) -> Statement:
        """The sentence in the next revision of its article."""
        old = self.articles[said.article_id]
        revision = said.revision + 1
        self.articles[said.article_id] = replace(old, text=text, text_hash=text_hash_of(text), revision=revision)
        edited = replace(
            said,
            statement_id=statement_id_of(said.article_id, revision, 0, len(text)),
            revision=revision,
            end=len(text),
            context_end=len(text),
            text=text,
            wording=text,
            text_hash=text_hash_of(text),
        )
        self.statements[edited.statement_id] = edited
        return edited

    def conflict(
        self, *sides: Sequence[Statement], kind: Kind = "negation", lane: Lane = "conflict", probability: float = 0.9
    ) -> Conflict:
        """What a run makes of these sides; every statement contradicts all those of other sides."""
        found = [
            self._finding(left, right, kind, lane, probability)
            for place, side in enumerate(sides)
            for other in sides[place + 1 :]
            for left in side
            for right in other
        ]
        self.findings.update((one.pair.pair_id, one) for one in found)
        group = Group([[one.statement_id for one in side] for side in sides], found)
        return build_conflict(
            group,
            statements=self.statements,
            articles=self.articles,
            origins=origin_groups(list(self.articles.values())),
            topics={},
            window_days=3.0,
        )

    def _finding(self, left: Statement, right: Statement, kind: Kind, lane: Lane, probability: float) -> PairFinding:
        first, second = sorted((left.statement_id, right.statement_id))
        pair = CandidatePair(pair_id_of(first, second), first, second, 0.7, "similar")
        score = PairScore(pair.pair_id, "test", _PROBS, _PROBS)
        return PairFinding(pair, score, "contradicts", probability, lane, kind)

    def outcome(self, *conflicts: Conflict) -> Outcome:
        ranked = rank(conflicts, limit=len(conflicts))
        shown = {pair_id for one in ranked for pair_id in one.pair_ids}
        return Outcome((), ranked, (), tuple(self.findings[pair_id] for pair_id in sorted(shown)))

    def review(self, conflict: Conflict, reviewer: str = "Ada", **given: object) -> Review:
        """A review, each a minute after the one before; a confirmation unless it says otherwise."""
        self._moment += timedelta(minutes=1)
        if "action" not in given and "decision" not in given:
            given["decision"] = "confirmed"
        return make_review(conflict, self.statements, reviewer=reviewer, now=self._moment, **given)  # type: ignore[arg-type]

    def corrected(self, outcome: Outcome, reviews: Sequence[Review]) -> Corrected:
        return corrected(outcome, self.statements, self.articles, reviews, origins=origin_groups, window_days=3.0)
