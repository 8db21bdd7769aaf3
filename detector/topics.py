"""Topics: articles of one event gathered by the names they share and by their vectors, with stable ids and readable labels."""

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

NAMES_SHARE = 0.8
"""Weight of names in the likeness of two articles; that of their vectors is the rest. A column and an agency's report on one event
name the same people and places and read alike in little else: by vectors alone half of the sample's articles stand apart."""


def likeness(names: Sequence[Sequence[str]], means: NDArray[np.float32]) -> NDArray[np.float64]:
    """How alike any two articles are, 0 to 1 [articles, articles]: the cosine of their names, rare ones counting more, and of their
    vectors.

    `names[i]` and `means[i]` are of one article. A name counts 1 + ln((1 + n) / (1 + articles that have it)), as in scikit-learn's
    TfidfTransformer, so that a store of one event has one topic.
    """
    count = len(names)
    having: dict[str, list[int]] = {}
    for place, own in enumerate(names):
        for name in own:
            having.setdefault(name, []).append(place)
    shared = np.zeros((count, count))
    lengths = np.zeros(count)
    for _, places in sorted(having.items()):
        weight = (1.0 + math.log((1 + count) / (1 + len(places)))) ** 2
        lengths[places] += weight
        if len(places) > 1:
            shared[np.ix_(places, places)] += weight
    lengths = np.sqrt(np.maximum(lengths, 1e-12))
    shared /= lengths[:, None] * lengths[None, :]
    wide = means.astype(np.float64)
    return NAMES_SHARE * shared + (1.0 - NAMES_SHARE) * np.clip(wide @ wide.T, 0.0, 1.0)


def cluster_articles(alike: NDArray[np.float64], *, similarity: float) -> NDArray[np.intp]:
    """Cluster number of each article: average linkage on `alike` [articles, articles], cut at `similarity`.

    By nearest-neighbour chains (Benzécri 1982; Müllner 2011, arXiv:1109.2378), which for average linkage end as merging the
    nearest two again and again does. Quadratic in articles (not statements). Written here because importing SciPy's takes
    longer than all else that a store of some hundred articles needs.
    """
    count = len(alike)
    distances = 1.0 - alike
    np.fill_diagonal(distances, np.inf)
    sizes = np.ones(count)
    merged: list[tuple[int, int]] = []
    chain: list[int] = []
    alive = list(range(count))
    limit = 1.0 - similarity
    while alive:
        chain = chain or [alive[0]]
        while True:
            row = distances[chain[-1]]
            nearest = int(row.argmin())
            if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
                nearest = chain[-2]
            if row[nearest] > limit:
                # Nothing that this cluster could merge with: it stays as it is, and so does whatever else is as far.
                lone = chain.pop()
                distances[lone], distances[:, lone] = np.inf, np.inf
                alive.remove(lone)
                chain.clear()
                break
            if len(chain) > 1 and nearest == chain[-2]:
                left, right = sorted((chain.pop(), chain.pop()))
                together = (sizes[left] * distances[left] + sizes[right] * distances[right]) / (
                    sizes[left] + sizes[right]
                )
                distances[left], distances[:, left] = together, together
                distances[left, left] = np.inf
                distances[right], distances[:, right] = np.inf, np.inf
                sizes[left] += sizes[right]
                merged.append((left, right))
                alive.remove(right)
                break
            chain.append(nearest)
    labels = np.arange(count)
    for left, right in merged:
        labels[labels == right] = labels[left]
    return labels.astype(np.intp)


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
    alike = likeness([summary.names for summary in summaries], means)
    labels = cluster_articles(alike, similarity=settings.similarity)
    members: dict[int, list[ArticleSummary]] = {}
    for summary, label in zip(summaries, labels, strict=True):
        members.setdefault(int(label), []).append(summary)
    spread = Counter(term for summary in summaries for term in summary.terms)
    topics = [
        Topic(
            topic_id=digest("topic", min((one.article_id for one in kept), key=lambda key: _age(articles[key]))),
            label=_label(kept, spread, len(summaries)),
            statement_ids=tuple(sorted(part.statement_id for one in kept for part in one.participants)),
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
