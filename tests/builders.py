"""Small values for tests: statements, articles, scores, said in one line each."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from detector.records import (
    Article,
    CandidatePair,
    Entity,
    PairScore,
    Probs,
    Quantity,
    Statement,
    TimeMention,
    digest,
    outlet_id_of,
    pair_id_of,
    statement_id_of,
    text_hash_of,
)


def article(outlet: str, *, published: str | None = "2031-03-08", text: str = "", title: str | None = None) -> Article:
    text = text or f"Text of {outlet} on {published}."
    return Article(
        article_id=digest("article", outlet, title or text),
        outlet_id=outlet_id_of(outlet),
        outlet=outlet,
        text=text,
        text_hash=text_hash_of(text),
        title=title,
        published_at=datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None,
    )


def statement(text: str, source: Article, *, start: int = 0, names: str = "", **fields: object) -> Statement:
    """A statement of `source`; names "PERSON:orsk GPE:malta"; lemmas default to the longer words of the text."""
    entities = tuple(Entity(part.split(":")[1], part.split(":")[0], part.split(":")[1]) for part in names.split())
    words = [word.strip(".,?!“”\"'").casefold() for word in text.split()]
    values: dict[str, object] = {
        "wording": text,
        "text_hash": text_hash_of(text),
        "form": "sentence",
        "claim_score": 0.8,
        "entities": entities,
        "lemmas": tuple(sorted({word for word in words if len(word) > 3})),
    } | fields
    return Statement(
        statement_id=statement_id_of(source.article_id, 1, start, start + len(text)),
        article_id=source.article_id,
        revision=1,
        outlet_id=source.outlet_id,
        position=start,
        start=start,
        end=start + len(text),
        text=text,
        context_start=start,
        context_end=start + len(text),
        **values,  # type: ignore[arg-type]
    )


def count(
    low: float, noun: str, *, high: float | None = None, approximate: bool = False, unit: str = "count"
) -> Quantity:
    return Quantity(f"{low:g} {noun}", low, low if high is None else high, unit, noun, approximate)


def day(text: str, iso: str, *, until: str | None = None) -> TimeMention:
    earliest = datetime.fromisoformat(iso).replace(tzinfo=UTC)
    latest = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else earliest
    return TimeMention(text, earliest, latest)


def pair(left: Statement, right: Statement, *, similarity: float = 0.7) -> CandidatePair:
    first, second = sorted((left.statement_id, right.statement_id))
    return CandidatePair(pair_id_of(first, second), first, second, similarity, "similar")


def score(of: CandidatePair, *, contradiction: float = 0.0, entailment: float = 0.0) -> PairScore:
    probs = Probs(entailment, 1.0 - entailment - contradiction, contradiction)
    return PairScore(of.pair_id, "test", probs, probs)


def unit_vectors(rows: list[list[float]]) -> np.ndarray:
    matrix = np.asarray(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
