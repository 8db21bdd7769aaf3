"""Topics gather the articles of one event and keep their names."""

from __future__ import annotations

import numpy as np
import pytest
from builders import article, statement, unit_vectors

from detector.pairs import mean_vector, shelves_of
from detector.records import Article, ArticleSummary, Statement, Topic
from detector.settings import TopicSettings
from detector.topics import cluster_articles, find_topics, terms_of


def event(name: str, outlets: str, words: str, published: str) -> list[tuple[Statement, Article]]:
    found = []
    for outlet in outlets:
        source = article(f"Outlet {outlet}", published=published, text=f"{name} in {outlet}")
        found.append((statement(words, source, names="GPE:hask"), source))
    return found


def topics_of(told: list[tuple[Statement, Article]], directions: list[list[float]]) -> tuple[Topic, ...]:
    order = sorted(range(len(told)), key=lambda i: told[i][0].statement_id)
    statements = [told[i][0] for i in order]
    vectors = unit_vectors([directions[i] for i in order])
    shelves = shelves_of(statements, vectors)
    means = np.stack([mean_vector(shelf.vectors) for shelf in shelves])
    articles = {source.article_id: source for _, source in told}
    summaries = [
        ArticleSummary(
            shelf.article_id,
            1,
            shelf.outlet_id,
            len(shelf.participants),
            len(shelf.participants),
            shelf.participants,
            terms=terms_of([one for one in statements if one.article_id == shelf.article_id]),
        )
        for shelf in shelves
    ]
    return find_topics(summaries, means, articles=articles, settings=TopicSettings())


DAM = event("dam", "AB", "The dam above Hask burst overnight.", "2031-03-01")
VOTE = event("vote", "CD", "Parliament rejected the budget bill.", "2031-03-02")
FAR = [[1.0, 0.05], [1.0, 0.0], [0.0, 1.0], [0.05, 1.0]]


def test_articles_of_one_event_are_one_topic() -> None:
    topics = topics_of(DAM + VOTE, FAR)
    assert {frozenset(topic.statement_ids) for topic in topics} == {
        frozenset(s.statement_id for s, _ in DAM),
        frozenset(s.statement_id for s, _ in VOTE),
    }


def test_a_topic_keeps_its_id_when_a_later_article_joins() -> None:
    before = {topic.topic_id for topic in topics_of(DAM + VOTE, FAR)}
    later = event("dam again", "E", "The dam above Hask was gone by dawn.", "2031-03-05")
    after = {topic.topic_id for topic in topics_of(DAM + VOTE + later, [*FAR, [1.0, 0.02]])}
    assert before == after


def test_an_article_that_stands_alone_has_no_topic() -> None:
    topics = topics_of(DAM + VOTE[:1], FAR[:3])
    assert [set(topic.statement_ids) for topic in topics] == [{s.statement_id for s, _ in DAM}]


def test_a_topic_is_labelled_with_words_of_its_statements() -> None:
    for topic in topics_of(DAM + VOTE, FAR):
        words = {
            word.strip(".").casefold()
            for s, _ in DAM + VOTE
            if s.statement_id in topic.statement_ids
            for word in s.text.split()
        }
        assert {term.casefold() for term in topic.label.split(", ")} <= words


def test_no_statements_make_no_topics() -> None:
    empty = np.zeros((0, 4), dtype=np.float32)
    assert find_topics([], empty, articles={}, settings=TopicSettings()) == ()


@pytest.mark.parametrize("seed", range(8))
def test_articles_cluster_as_scipy_clusters_them(seed: int) -> None:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(6, 12))
    rows = np.concatenate([centres[rng.integers(6)] + rng.normal(size=(1, 12)) * 0.7 for _ in range(60)])
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    expected = fcluster(linkage(pdist(rows.astype(np.float64), "cosine"), "average"), t=0.4, criterion="distance")
    found = cluster_articles(rows, similarity=0.6)
    assert len(set(found.tolist())) > 1
    assert [[a == b for b in found] for a in found] == [[a == b for b in expected] for a in expected]
