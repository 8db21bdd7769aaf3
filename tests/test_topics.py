"""Topics gather the articles of one event and keep their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders import article, statement, unit_vectors

from detector.errors import InputError
from detector.evaluation.events import events_of, gathered, measure_topics
from detector.pairs import mean_vector, shelves_of
from detector.pipeline import Workbench
from detector.records import Article, ArticleSummary, Statement, Topic
from detector.settings import Settings, TopicSettings
from detector.topics import NAMES_SHARE, cluster_articles, find_topics, likeness, terms_of

CORPUS = Path(__file__).parent.parent / "corpus"


def event(
    name: str, outlets: str, words: str, published: str, *, where: str = "GPE:hask"
) -> list[tuple[Statement, Article]]:
    found = []
    for outlet in outlets:
        source = article(f"Outlet {outlet}", published=published, text=f"{name} in {outlet}")
        found.append((statement(words, source, names=where), source))
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
            names=tuple(
                sorted({one.key for s in statements if s.article_id == shelf.article_id for one in s.entities})
            ),
            terms=terms_of([one for one in statements if one.article_id == shelf.article_id]),
        )
        for shelf in shelves
    ]
    return find_topics(summaries, means, articles=articles, settings=TopicSettings())


DAM = event("dam", "AB", "The dam above Hask burst overnight.", "2031-03-01")
VOTE = event("vote", "CD", "Parliament rejected the budget bill.", "2031-03-02", where="ORG:parliament")
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
    found = cluster_articles(np.clip(rows.astype(np.float64) @ rows.T.astype(np.float64), -1, 1), similarity=0.6)
    assert len(set(found.tolist())) > 1
    assert [[a == b for b in found] for a in found] == [[a == b for b in expected] for a in expected]


def test_articles_that_name_the_same_people_are_more_alike_than_those_that_read_alike() -> None:
    names = [("orsk", "marosh"), ("orsk", "marosh"), ("halvorsen",), ()]
    means = unit_vectors([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [1.0, 0.0]])
    alike = likeness(names, means)
    assert alike[0, 1] == pytest.approx(NAMES_SHARE)
    assert alike[0, 1] > alike[0, 2] == pytest.approx((1 - NAMES_SHARE) * float(means[0] @ means[2]))
    assert alike[3, 0] == pytest.approx(1 - NAMES_SHARE)
    assert np.allclose(alike, alike.T)


def test_a_name_that_few_articles_have_tells_more_than_one_of_many() -> None:
    names = [("everywhere", "dam"), ("everywhere", "dam"), *(("everywhere", f"other {n}") for n in range(6))]
    alike = likeness(names, np.zeros((8, 2), dtype=np.float32))
    assert alike[0, 1] > 3 * alike[0, 2]


def topic(name: str, *articles: str) -> Topic:
    return Topic(topic_id=name, label=name, statement_ids=(), article_ids=articles)


def test_purity_counts_strangers_in_a_topic_and_completeness_those_who_stand_elsewhere() -> None:
    events = {"a": "dam", "b": "dam", "c": "dam", "d": "vote", "e": "vote"}
    exact = gathered([topic("1", "a", "b", "c"), topic("2", "d", "e")], events)
    assert (exact.purity, exact.completeness) == (1.0, 1.0)
    one_topic = gathered([topic("1", *events)], events)
    assert (one_topic.purity, one_topic.completeness) == (0.6, 1.0)
    alone = gathered([topic("1", "a", "b")], events)
    assert (alone.purity, alone.completeness) == (1.0, 0.6)


def test_articles_of_rows_without_an_event_cannot_be_measured(tmp_path: Path) -> None:
    rows = tmp_path / "articles.jsonl"
    rows.write_text('{"url": "https://a.example/1"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="rows with a url and an `event`"):
        events_of(rows, [article("A")])
    rows.write_text('{"url": "https://a.example/1", "event": "dam"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="no event is named for 1 of 1 articles"):
        events_of(rows, [article("A")])


@pytest.mark.models
def test_topics_of_the_sample_corpus_are_its_stories(tmp_path: Path) -> None:
    found = measure_topics(CORPUS, bench=Workbench(Settings()), workdir=tmp_path)
    assert found.purity >= 0.9
    assert found.completeness >= 0.9
