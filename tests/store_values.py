"""Values for the store's tests: an article, its statements, and all that a run may find."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from detector.records import (
    Agreement,
    Article,
    CandidatePair,
    Conflict,
    Gate,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Run,
    ScoreFactor,
    Side,
    Statement,
    Topic,
    pair_id_of,
    statement_id_of,
    text_hash_of,
)
from detector.store import Store

NOON = datetime(2025, 3, 18, 12, 0, tzinfo=UTC)
PROBS = Probs(0.1, 0.2, 0.7)


def article(name: str = "a", text: str = "Talks end.\n\nThe talks ended.", *, revision: int = 1) -> Article:
    return Article(name, "herald", "The Herald", text, text_hash_of(text), revision=revision, published_at=NOON)


def statement(of: Article, start: int, end: int) -> Statement:
    return Statement(
        statement_id_of(of.article_id, of.revision, start, end),
        of.article_id,
        of.revision,
        of.outlet_id,
        0,
        start,
        end,
        of.text[start:end],
        of.text[start:end],
        text_hash_of(of.text[start:end]),
        "sentence",
        start,
        end,
    )


def found(question: str = "Have the talks ended?") -> Outcome:
    """An outcome with one of everything."""
    pair = CandidatePair(pair_id_of("s1", "s2"), "s1", "s2", 0.8, "similar")
    score = PairScore(pair.pair_id, "nli", PROBS, PROBS)
    finding = PairFinding(pair, score, "contradicts", 0.9, "conflict", "negation", (Gate("time", True, "same day"),))
    sides = (Side("ended", ("s1",), ("herald",), 1, "s1"), Side("go on", ("s2",), ("post",), 1, "s2"))
    factors = (ScoreFactor("contradiction", 0.9, 2.0), ScoreFactor("age", -1.0, 0.1))
    conflict = Conflict("c1", question, "negation", "conflict", sides, (pair.pair_id,), factors, "e1")
    agreement = Agreement("g1", "they met", ("s3", "s4"), ("herald", "post"), 2, 0.5)
    return Outcome((Topic("t1", "talks", ("s1", "s2")),), (conflict,), (agreement,), (finding,))


def succeed(store: Store, run_id: str, outcome: Outcome, *, at: datetime = NOON) -> None:
    run = Run(run_id, at)
    with store.writer_lock():
        store.start_run(run)
        store.finish_run(replace(run, finished_at=at + timedelta(minutes=1)), outcome)


def in_another_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that has run `code`; it says READY on its own and reads a line to go on."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
