"""Nearest vectors: the same answer of every store, whoever narrows them down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import sqlalchemy as sa
from conftest import fresh_database
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import StoreError
from detector.store import Store, open_store
from detector.store.dialect import neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from postgres_server import Server

MATRIX = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0], [0.6, 0.8]], dtype=np.float32)
NAMES = ["east", "north-east", "north", "west", "also north-east"]
EAST = np.array([1, 0], dtype=np.float32)


@pytest.fixture
def with_pgvector(pgvector_server: Server) -> str:
    """Address of a fresh database that has the extension."""
    url = fresh_database(pgvector_server)
    pgvector_server.say("CREATE EXTENSION vector", database=url.rpartition("/")[2])
    return url


def unit_vectors(number: int, *, seed: int = 5) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((number, 384)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def copies(store: Store) -> int | None:
    """Vectors kept once more for the server; None without the table."""
    with store._transaction() as connection:
        if not neighbours.is_made(connection):
            return None
        return connection.scalar(sa.text("SELECT count(*) FROM neighbours"))


def test_the_nearest_come_first_and_equal_ones_by_their_hash(store_url: str) -> None:
    with open_store(store_url) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        found = store.similar("enc", NAMES, EAST, floor=0.5)
        assert list(found) == ["east", "also north-east", "north-east"]
        assert found["east"] == 1.0 and found["north-east"] == pytest.approx(0.6)
        assert list(store.similar("enc", ["north", "east"], EAST, floor=0.0)) == ["east", "north"]
        assert store.similar("enc", [], EAST, floor=-1.0) == {}


def test_a_missing_vector_or_one_of_another_length_is_an_error(store_url: str) -> None:
    with open_store(store_url) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        with pytest.raises(StoreError, match="1 vectors of enc are missing"):
            store.similar("enc", [*NAMES, "up"], EAST, floor=0.5)
        store.put_vectors("enc", ["up"], np.ones((1, 3), dtype=np.float32))
        with pytest.raises(StoreError, match="differ in length"):
            store.similar("enc", NAMES, EAST, floor=0.5)


def test_a_database_that_gets_the_extension_later_compares_all_its_vectors(pgvector_server: Server) -> None:
    url = fresh_database(pgvector_server)
    with open_store(url) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        before = store.similar("enc", NAMES, EAST, floor=0.5)
        assert copies(store) is None
    pgvector_server.say("CREATE EXTENSION vector", database=url.rpartition("/")[2])
    with open_store(url, read_only=True) as reader:
        assert (copies(reader), reader.similar("enc", NAMES, EAST, floor=0.5)) == (None, before)
    with open_store(url) as store:
        assert copies(store) == 5
        store.put_vectors("enc", ["south", "east"], np.array([[0, -1], [0, 1]], dtype=np.float32))
        assert copies(store) == 6
        assert store.similar("enc", NAMES, EAST, floor=0.5) == before, "the first vector of a text stays"
        assert store.check() == []


def test_only_what_may_be_near_leaves_the_server(with_pgvector: str) -> None:
    with open_store(with_pgvector) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        with store._transaction() as connection:
            assert sorted(neighbours.nearby(connection, "enc", EAST, 0.5) or []) == [
                "also north-east",
                "east",
                "north-east",
            ]


def test_a_vector_without_a_copy_is_looked_at_all_the_same(with_pgvector: str) -> None:
    with open_store(with_pgvector) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        with store._transaction(writes=True) as connection:
            connection.execute(sa.text("DELETE FROM neighbours WHERE text_hash = 'east'"))
        assert list(store.similar("enc", NAMES, EAST, floor=0.5)) == ["east", "also north-east", "north-east"]


def test_a_dropped_extension_is_done_without_and_taken_up_again(pgvector_server: Server, with_pgvector: str) -> None:
    name = with_pgvector.rpartition("/")[2]
    with open_store(with_pgvector) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        before = store.similar("enc", NAMES, EAST, floor=0.5)
    pgvector_server.say("DROP EXTENSION vector CASCADE", database=name)
    with open_store(with_pgvector) as store:
        assert store.similar("enc", NAMES, EAST, floor=0.5) == before
        store.put_vectors("enc", ["south"], np.array([[0, -1]], dtype=np.float32))
    pgvector_server.say("CREATE EXTENSION vector", database=name)
    with open_store(with_pgvector) as store:
        assert (copies(store), store.similar("enc", NAMES, EAST, floor=0.5)) == (6, before)


def test_vectors_that_go_take_their_copies_with_them(with_pgvector: str) -> None:
    with open_store(with_pgvector) as store:
        store.put_vectors("enc", NAMES, MATRIX)
        with store._transaction(writes=True) as connection:
            connection.execute(sa.text("DELETE FROM vectors WHERE text_hash = 'west'"))
        assert copies(store) == 4


@settings(max_examples=25, deadline=None)
@given(number=st.integers(0, 399), floor=st.floats(-0.2, 1.0))
def test_every_store_gives_the_same_neighbours_to_the_last_digit(
    three_stores: list[Store], number: int, floor: float
) -> None:
    names, matrix = [f"t{at:03}" for at in range(400)], unit_vectors(400)
    asked = matrix[number] + np.float32(0.02) * unit_vectors(1, seed=number)[0]
    answers = [store.similar("enc", names, asked, floor=floor) for store in three_stores]
    assert answers[0] == answers[1] == answers[2]
    assert [list(answer) for answer in answers[1:]] == [list(answers[0])] * 2
    exact = matrix.astype(np.float64) @ asked.astype(np.float64)
    assert len(answers[0]) == pytest.approx(int((exact >= floor).sum()), abs=1)


@pytest.fixture(scope="module")
def three_stores(
    postgres: Server, pgvector_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Store]]:
    """The same vectors in SQLite, in PostgreSQL and in PostgreSQL with the extension."""
    url = fresh_database(pgvector_server)
    pgvector_server.say("CREATE EXTENSION vector", database=url.rpartition("/")[2])
    file: Path = tmp_path_factory.mktemp("neighbours") / "news.db"
    stores = [open_store(file), open_store(fresh_database(postgres)), open_store(url)]
    for store in stores:
        store.put_vectors("enc", [f"t{at:03}" for at in range(400)], unit_vectors(400))
    assert [copies(store) for store in stores[1:]] == [None, 400]
    yield stores
    for store in stores:
        store.close()
