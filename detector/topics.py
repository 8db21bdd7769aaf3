"""Topics: articles of one event gathered by average linkage of their vectors, with stable ids and readable labels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from detector.records import Article, ArticleSummary, Statement, Topic, digest
from detector.settings import TopicSettings

_LABEL_TERMS = 4


def cluster_articles(means: NDArray[np.float32], *, similarity: float) -> NDArray[np.intp]:
    """Cluster number of each row: average linkage on cosine distance, cut at `similarity`.

    Quadratic in articles (not statements): 4,000 articles take about a second and 130 MB.
    """
    if len(means) < 2:
        return np.zeros(len(means), dtype=np.intp)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    distances = np.clip(pdist(means.astype(np.float64), metric="cosine"), 0.0, 2.0)
    labels: NDArray[np.intp] = fcluster(linkage(distances, method="average"), t=1.0 - similarity, criterion="distance")
    return labels


def find_topics(
    summaries: Sequence[ArticleSummary],
    means: NDArray[np.float32],
    *,
    articles: Mapping[str, Article],
    settings: TopicSettings,
) -> tuple[Topic, ...]:
    """Topics with at least `min_articles` articles, largest first. `means[i]` is the vector of `summaries[i]`.

    A topic's id is that of its earliest article, so it survives the arrival of later ones.
    """
    labels = cluster_articles(means, similarity=settings.similarity)
    members: dict[int, list[ArticleSummary]] = {}
    for summary, label in zip(summaries, labels, strict=True):
        members.setdefault(int(label), []).append(summary)
    spread = Counter(term for summary in summaries for term in summary.terms)
    topics = [
        Topic(
            topic_id=digest("topic", min((one.article_id for one in kept), key=lambda key: _age(articles[key]))),
            label=_label(kept, spread, len(summaries)),
            statement_ids=tuple(sorted(statement_id for one in kept for statement_id, _ in one.participants)),
            article_ids=tuple(sorted(one.article_id for one in kept)),
        )
        for kept in members.values()
        if len(kept) >= settings.min_articles
    ]
    return tuple(sorted(topics, key=lambda topic: (-topic.size, topic.topic_id)))


def terms_of(statements: Sequence[Statement]) -> dict[str, int]:
    """How many statements of an article use each word that may tell what it is about, in the order of the words."""
    counts = Counter(term for statement in statements for term in _terms(statement))
    return {term: counts[term] for term in sorted(counts)}


def _age(article: Article) -> tuple[bool, datetime | str, str]:
    return (article.published_at is None, article.published_at or "", article.article_id)


def _terms(statement: Statement) -> set[str]:
    names = {entity.text.removesuffix("'s").removesuffix("’s") for entity in statement.entities}
    inside = {word.casefold() for name in names for word in name.split()}
    return names | {lemma for lemma in statement.lemmas if lemma.isalpha() and len(lemma) > 3 and lemma not in inside}


def _label(summaries: Sequence[ArticleSummary], spread: Counter[str], article_count: int) -> str:
    """The terms most telling of these articles: frequent here, rare in the others."""
    counts: Counter[str] = Counter()
    for summary in summaries:
        counts.update(summary.terms)
    weighted = {
        term: count * (0.5 + math.log((1 + article_count) / spread[term]))
        for term, count in counts.items()
        if count > 1
    } or dict(counts)
    chosen: list[str] = []
    for term in sorted(weighted, key=lambda term: (-weighted[term], term)):
        words = set(term.casefold().split())
        if not any(words & set(other.casefold().split()) for other in chosen):
            chosen.append(term)
        if len(chosen) == _LABEL_TERMS:
            break
    return ", ".join(chosen) or "untitled"
