"""What a run keeps of articles for the next one, and what is known of addresses: the same in a file and on a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from store_values import NOON, article, statement

from detector.records import (
    ArticleSummary,
    CandidatePair,
    Fetch,
    Heartbeat,
    JudgedPair,
    Listed,
    Page,
    Participant,
    Relation,
)
from detector.store import Store, open_store
from detector.store.comparisons import Changed, Compared

HOW = Compared("how", "judging", ("b:1", "c:2"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


def summary(article_id: str, *, revision: int = 1, participants: int = 1) -> ArticleSummary:
    taking_part = tuple(
        Participant(f"{article_id}{number}", f"hash {number}", ("name Zoë",), 0.1 + 0.2)
        for number in range(participants)
    )
    return ArticleSummary(article_id, revision, "herald", 3, 2, taking_part, ("Zoë", "Åsa"), {"dam": 2}, {"claim": 1})


def judged(left: str, right: str, relation: Relation = "none", *, rule: str = "near", stop: str = "") -> JudgedPair:
    pair = CandidatePair(f"{left}-{right}", left, right, 0.1 + 0.2, rule)
    return JudgedPair(pair, relation, 1 / 3, 0.125, "update", "number", stop)


def keep(store: Store, article_id: str, *pairs: JudgedPair, removed: tuple[str, ...] = (), how: Compared = HOW) -> None:
    store.comparisons.put([Changed(article_id, how, removed, pairs)])


def test_summaries_come_by_article_with_the_means_of_those_that_take_part(store: Store) -> None:
    store.add_articles([article("a"), article("b"), article("c")])
    made = [summary("c"), summary("b", participants=0), summary("a")]
    means = {"a": np.array([0.1, -2.5], dtype=np.float32), "c": np.array([3.0, 1e-7], dtype=np.float32)}
    vectors = {name: np.array([[1, -2]], dtype=np.float32) for name in means}
    store.comparisons.put_summaries("f", made, means, vectors)
    store.comparisons.put_summaries("f", [summary("a", participants=2)], {"a": means["c"]}, vectors)
    read, matrix = store.comparisons.summaries("f")
    assert read == [made[2], made[1], made[0]], "what is there stays"
    assert matrix.dtype == np.float32 and np.array_equal(matrix, np.stack([means["a"], means["c"]]))
    kept = store.comparisons.vectors("f", ["a", "c", "nobody"])
    assert {name: rows.tolist() for name, rows in kept.items()} == {"a": [[1, -2]], "c": [[1, -2]]}
    nothing, empty = store.comparisons.summaries("other")
    assert nothing == [] and len(empty) == 0


def test_only_summaries_of_the_newest_revision_count(store: Store) -> None:
    store.add_articles([article("a")])
    store.comparisons.put_summaries("f", [summary("a", participants=0)], {}, {})
    store.add_articles([article("a", "Talks fail.", revision=2)])
    assert store.comparisons.summaries("f")[0] == []
    edited = store.article("a")
    store.put_statements(edited, "split", [statement(edited, 0, 11)])
    assert store.comparisons.without_summary("f", "split") == ["a"]
    store.comparisons.put_summaries("f", [summary("a", revision=2, participants=0)], {}, {})
    assert [one.revision for one in store.comparisons.summaries("f")[0]] == [2]
    assert store.comparisons.without_summary("f", "split") == []


def test_pairs_of_an_article_come_and_go_and_come_back_to_the_last_digit(store: Store) -> None:
    first, second, third = judged("s1", "s2", "contradicts"), judged("s1", "s3"), judged("s2", "s3", stop="time")
    keep(store, "a", first, second)
    assert store.comparisons.all() == [first, second]
    again = replace(HOW, neighbours=())
    keep(store, "a", third, removed=(second.pair.pair_id,), how=again)
    assert store.comparisons.all() == [first, third]
    assert store.comparisons.compared() == {"a": again}
    assert store.comparisons.rules(["a", "nobody"]) == {
        "a": {first.pair.pair_id: "near", third.pair.pair_id: "near"},
        "nobody": {},
    }


def test_a_pair_that_two_articles_keep_is_one_pair(store: Store) -> None:
    shared = judged("s1", "s2", stop="time")
    keep(store, "a", shared, judged("s1", "s9", stop="same matter"))
    keep(store, "b", shared)
    assert store.comparisons.count() == len(store.comparisons.all()) == 2
    assert store.comparisons.stopped() == {"same matter": 1, "time": 1}
    store.comparisons.forget(["a", "nobody"])
    assert store.comparisons.all() == [shared]
    assert list(store.comparisons.compared()) == ["b"]
    store.comparisons.forget([])
    assert store.comparisons.count() == 1


def test_noticed_pairs_are_those_that_oppose_or_agree_and_those_as_likely_as_asked(store: Store) -> None:
    opposed, agreeing = judged("s1", "s2", "contradicts"), judged("s5", "s6", "agrees", stop="time")
    likely = judged("s2", "s3", stop="exclusion")
    unlikely = replace(judged("s7", "s8"), probability=0.05, agreement=0.05)
    keep(store, "a", opposed, agreeing, likely, unlikely)
    keep(store, "b", opposed, likely)
    assert store.comparisons.noticed(0.1) == [opposed, likely, agreeing]
    assert store.comparisons.noticed(0.5) == [opposed, agreeing]
    assert store.comparisons.noticed(0.01) == [opposed, likely, agreeing, unlikely]


def test_the_pairs_among_some_statements_have_both_of_theirs_there(store: Store) -> None:
    between = judged("s2", "s3")
    keep(store, "a", between, judged("s3", "s4"), judged("s7", "s8"))
    keep(store, "b", between)
    assert store.comparisons.among({"s1", "s2", "s3"}) == [between]
    assert store.comparisons.among(set()) == []


def test_more_articles_than_one_query_may_hold_are_all_found_and_forgotten(store: Store) -> None:
    names = [f"a{number:04}" for number in range(2000)]
    store.comparisons.put([Changed(name, HOW, (), (judged(name, "s"),)) for name in names])
    assert all(store.comparisons.rules(names).values())
    store.comparisons.forget(names[1:])
    assert list(store.comparisons.compared()) == names[:1] and store.comparisons.count() == 1


def test_what_is_known_of_an_address_is_replaced_and_every_page_of_it_is_kept(store: Store) -> None:
    url = "https://herald.example/zoë?a=1"
    first = Fetch(url, NOON, 200, etag='"1"', listed=(Listed("https://herald.example/b"),), article_id="a")
    later = replace(first, fetched_at=NOON + timedelta(hours=1), status=304, failures=1, error="slow\x00")
    pages = [Page(url, first.fetched_at, "text/html", b"\x00one"), Page(url, later.fetched_at, "text/html", b"two")]
    store.fetches.put(first, pages[0])
    store.fetches.put(later, pages[1])
    store.fetches.put(later, pages[1])
    assert store.fetches.get(url) == later and store.fetches.all() == [later]
    assert store.fetches.pages(url) == store.fetches.pages() == pages
    back = replace(pages[0], fetched_at=NOON + timedelta(hours=2))
    store.fetches.put(later, back)
    assert store.fetches.pages(url) == [pages[1], back], "a text that was put back is the newest page"
    assert store.fetches.get("https://herald.example/") is None and store.fetches.pages("https://other.example") == []


def test_the_last_sign_of_life_of_each_watch_is_kept(store: Store) -> None:
    for name, minute in (("b", 0), ("a", 1), ("b", 2)):
        store.heartbeats.beat(Heartbeat(name, NOON + timedelta(minutes=minute), 1, "host"))
    assert [(one.name, one.at.minute) for one in store.heartbeats.all()] == [("a", 1), ("b", 2)]
