"""Which articles each run was the first to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_values import article, found, succeed

from detector.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "news.db") as opened:
        yield opened


def test_a_run_keeps_which_revision_of_each_article_it_saw(store: Store) -> None:
    store.add_articles([article("a")])
    succeed(store, "monday", found())
    store.add_articles([article("a", "Talks fail.", revision=2), article("b")])
    succeed(store, "tuesday", found())
    store.add_articles([article("c")])
    assert store.arrivals.revisions("monday") == {"a": 1}
    assert store.arrivals.revisions("tuesday") == {"a": 2, "b": 1}
    succeed(store, "wednesday", found())
    assert store.arrivals.revisions("wednesday") == {"a": 2, "b": 1, "c": 1}
    assert store.arrivals.revisions("monday") == {"a": 1}
    assert store.arrivals.revisions("never") == {}


def test_articles_are_given_in_the_revision_asked_for(store: Store) -> None:
    first, second = article("a"), article("a", "Talks fail.", revision=2)
    store.add_articles([first, second, article("b")])
    assert store.arrivals.articles([("a", 2), ("a", 1), ("a", 9), ("x", 1)]) == [first, second]
