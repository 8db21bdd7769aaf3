"""A store on a PostgreSQL server: what the contract tests of every store cannot say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import sqlalchemy as sa
from conftest import fresh_database
from store_values import NOON, article, found, in_another_process, statement, succeed

from detector.errors import InputError, MissingExtraError, StoreBusyError, StoreError
from detector.records import Fetch, Page, Run
from detector.settings import RetentionSettings
from detector.store import Store, open_store, opening, tables
from detector.store.dialect import database_at, postgresql
from detector.store.pruning import InUse, prune

if TYPE_CHECKING:
    from postgres_server import Server

psycopg = pytest.importorskip("psycopg", reason="psycopg comes with the extra postgres")


@pytest.fixture
def url(postgres: Server) -> str:
    """Address of a fresh store."""
    return fresh_database(postgres, template="empty_store")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def raw_connection(url: str) -> closing[psycopg.Connection[tuple[object, ...]]]:
    """Beside the program, as the database's owner sees it."""
    return closing(psycopg.connect(url, autocommit=True))


# Addresses, and what is shown of them


def test_a_password_is_shown_nowhere(postgres: Server) -> None:
    secret = "open%20sesame"
    for address in (
        f"postgresql://with_password:{secret}@127.0.0.1:{postgres.port}/news",
        f"postgres://with_password:{secret}@127.0.0.1:{postgres.port}/news?sslpassword={secret}",
        f"postgresql+psycopg://someone:{secret}@127.0.0.1:1/news",
        f"postgresql://someone:{secret}@[::1",
    ):
        with pytest.raises(StoreError) as refused:
            open_store(address)
        assert "sesame" not in str(refused.value)
        assert "\n" not in str(refused.value)
    database = database_at(f"postgresql://reader:{secret}@db.example:5433/news?sslmode=require")
    assert "sesame" not in repr(database)
    assert database.where == "postgresql://reader@db.example:5433/news"


def test_what_keeps_a_server_from_being_used_is_said_with_advice(postgres: Server) -> None:
    postgres.say("CREATE ROLE with_password LOGIN PASSWORD 'sesame'")
    postgres.say("CREATE ROLE shut_out LOGIN")
    postgres.say("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    here = f"127.0.0.1:{postgres.port}"
    for address, message in (
        (
            f"postgresql://with_password:wrong@{here}/empty_store",
            "authentication failed.*check the name and the password",
        ),
        (f"postgresql://with_password@{here}/empty_store", "no password supplied.*PGPASSWORD"),
        (f"postgresql://shut_out@{here}/empty_store", "pg_hba.conf rejects.*check the name and the password"),
        (f"postgresql://nobody_here@{here}/empty_store", "does not exist.*check the name and the password"),
        (f"postgresql://few@{here}/empty_store", "too many connections.*try again later"),
        (f"postgresql://tester@{here}/nowhere", "does not exist.*make it once with `createdb`"),
        ("postgresql://tester@127.0.0.1:1/news", "cannot be reached; check host and port"),
        ("postgresql://tester@nowhere.invalid/news", "cannot be reached; check host and port"),
        ("postgresql://tester@/news?host=/no/such/folder", "cannot be reached; check host and port"),
        (f"postgresql://tester@{here}/empty_store?sslmode=require", "see sslmode in docs/postgresql.md"),
        (f"postgresql://tester@{here}/empty_store?sslmoed=require", "sslmoed.*mend this option"),
    ):
        with pytest.raises(StoreError, match=message) as refused:
            open_store(address)
        assert "\n" not in str(refused.value)


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql://tester@127.0.0.1:{silent.getsockname()[1]}/news?connect_timeout=2"
        with pytest.raises(StoreError, match="timeout expired: the server cannot be reached"):
            open_store(address)


def test_without_the_extra_its_name_is_said() -> None:
    code = """
import sys
sys.modules["psycopg"] = None
from detector.errors import MissingExtraError
from detector.store import open_store
try:
    open_store("postgresql://db/news")
except MissingExtraError as error:
    print(error)
"""
    assert 'pip install "claim-contradiction-detector[postgres]"' in in_another_process(code).communicate()[0]
    assert issubclass(MissingExtraError, Exception)


def test_the_program_gives_its_name_to_the_server(store: Store) -> None:
    with store._transaction() as connection:
        assert connection.scalar(sa.text("SHOW application_name")) == "detector"
        assert connection.scalar(sa.text("SHOW timezone")) == "UTC"


# What a database must be like


def test_what_is_no_usable_store_is_refused_in_one_line_and_left_alone(postgres: Server) -> None:
    newer = fresh_database(postgres, template="empty_store")
    with raw_connection(newer) as raw:
        raw.execute("UPDATE detector_version SET version_num = '9999'")
    foreign = fresh_database(postgres)
    with raw_connection(foreign) as raw:
        raw.execute("CREATE TABLE songs (title text)")
    postgres.say("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc")
    without_schema = f"{fresh_database(postgres)}?options=-csearch_path%3Ddesk"
    for address, message in (
        (newer, "made by a newer detector .*9999.*update the program"),
        (foreign, "a database of another program"),
        (postgres.url("latin"), "keeps text as LATIN1, expected UTF8"),
        (without_schema, "no schema of the search path exists; make it once: CREATE SCHEMA"),
    ):
        with pytest.raises(StoreError, match=message) as refused:
            open_store(address)
        assert "\n" not in str(refused.value)
    with raw_connection(foreign) as raw:
        assert raw.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


def test_a_user_without_rights_is_told_which_are_missing(postgres: Server) -> None:
    postgres.say("CREATE ROLE guest LOGIN")
    empty, kept = fresh_database(postgres), fresh_database(postgres, template="empty_store")
    with pytest.raises(StoreError, match=r"permission denied for schema public.*OWNER TO"):
        open_store(empty.replace("tester@", "guest@"))
    with pytest.raises(StoreError, match=r"permission denied for table detector_version.*rights"):
        open_store(kept.replace("tester@", "guest@"), read_only=True)


def test_reading_needs_a_store_and_makes_none(empty_database: str) -> None:
    with pytest.raises(StoreError, match="the store is empty"):
        open_store(empty_database, read_only=True)
    with raw_connection(empty_database) as raw:
        assert raw.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_two_stores_live_in_two_schemas_of_one_database(empty_database: str) -> None:
    with raw_connection(empty_database) as raw:
        raw.execute("CREATE SCHEMA desk")
        raw.execute("CREATE SCHEMA sport")
    desk, sport = (f"{empty_database}?options=-csearch_path%3D{schema}" for schema in ("desk", "sport"))
    with open_store(desk) as first, open_store(sport) as second:
        with first.writer_lock(), second.writer_lock(wait=0):
            first.add_articles([article("a")])
        assert (first.counts()["articles"], second.counts()["articles"]) == (1, 0)


def test_an_old_store_is_brought_up_to_date_with_all_it_holds(empty_database: str) -> None:
    database = database_at(empty_database)
    engine = database.connect(read_only=False)
    opening._migrate(engine, database, tables.REVISIONS[0])
    engine.dispose()
    with pytest.raises(StoreError, match=r"older form \(0001\)"):
        open_store(empty_database, read_only=True)
    with open_store(empty_database) as store:
        succeed(store, "new", found())
        assert store.outcome("new") == found()
        assert store.check() == []


def test_migrations_make_the_tables_the_program_uses(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = database_at(url).connect(read_only=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": tables.VERSION_TABLE})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty_database: str) -> None:
    database = database_at(empty_database)
    engine = database.connect(read_only=False)
    opening._migrate(engine, database, tables.REVISIONS[0])
    engine.dispose()
    with raw_connection(empty_database) as raw:
        raw.execute("CREATE TABLE writers (in_the_way integer)")
        with pytest.raises(StoreError, match="already exists"):
            open_store(empty_database)
        assert raw.execute("SELECT version_num FROM detector_version").fetchone() == ("0001",)
        raw.execute("DROP TABLE writers")
    open_store(empty_database).close()


ADD = """
import sys
from detector.records import Article, text_hash_of
from detector.store import open_store
with open_store(sys.argv[1]) as store:
    text = f"{sys.argv[2]} says so."
    store.add_articles([Article(sys.argv[2], "herald", "The Herald", text, text_hash_of(text))])
"""


def test_three_processes_make_one_store_of_an_empty_database(empty_database: str) -> None:
    processes = [in_another_process(ADD, empty_database, name) for name in ("x", "y", "z")]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    with open_store(empty_database, read_only=True) as store:
        assert list(store.article_heads()) == ["x", "y", "z"]


# Text, order, numbers and times are those of every store


def test_ids_come_in_the_order_of_their_code_points_whatever_language_the_database_speaks(store: Store) -> None:
    names = ["Zebra", "a", "B", "b", "é", "e", "Ł", "-", "_", "10", "9", "ß", "ss", "😀", "\uffee"]
    store.add_articles([article(name) for name in names])
    assert [kept.article_id for kept in store.articles()] == sorted(names)
    assert list(store.article_heads()) == sorted(names)
    with store._transaction() as connection:
        columns = "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'public'"
        kinds = f"{columns} AND data_type IN ('text', 'character varying') AND table_name <> 'detector_version'"
        assert set(connection.scalars(sa.text(kinds))) == {"C"}


def test_nul_characters_of_a_text_come_back(store: Store) -> None:
    told = article(text="Nobody\0died.\x7f")
    store.add_articles([told])
    store.put_statements(told, "f", [statement(told, 0, 13)])
    assert store.articles() == [told]
    assert store.statements("f") == [statement(told, 0, 13)]


def test_bytes_of_a_page_and_of_a_vector_come_back(store: Store) -> None:
    page = Page("https://herald.example/a", NOON, "text/html", bytes(range(256)))
    store.fetches.put(Fetch(page.url, NOON, 200), page)
    assert store.fetches.pages() == [page]
    matrix = np.random.default_rng(7).standard_normal((5, 384), dtype=np.float32)
    store.put_vectors("enc", list("abcde"), matrix)
    assert store.vectors("enc", list("abcde")).tobytes() == matrix.tobytes()


def test_times_are_kept_to_the_microsecond_whatever_zone_the_server_lives_in(postgres: Server, url: str) -> None:
    postgres.say(f"ALTER DATABASE {url.rpartition('/')[2]} SET timezone TO 'Asia/Kolkata'")
    moment = datetime(2025, 3, 30, 1, 59, 59, 999_999, tzinfo=UTC)
    with open_store(url) as store:
        store.fetches.put(Fetch("https://herald.example", moment, 200), Page("u", moment, "text/html", b""))
        assert store.fetches.pages()[0].fetched_at == moment
        succeed(store, "r1", found(), at=moment)
        assert store.runs()[0].started_at == moment


# One writer, many readers, and connections that end


def test_a_reading_session_cannot_write_whatever_is_asked_of_it(url: str) -> None:
    with open_store(url, read_only=True) as reader, pytest.raises(StoreError, match="read-only transaction"):
        reader._texts(sa.insert(tables.accounts).values(name="x", password_hash="y", created_at=NOON))  # type: ignore[arg-type]


def test_a_reader_sees_one_moment_while_runs_come_and_go(url: str) -> None:
    """Topics and findings of an outcome are read by two queries; a commit between them must not show."""
    stop = threading.Event()

    def write() -> None:
        with open_store(url) as writer:
            while not stop.is_set():
                with writer._transaction(writes=True) as connection:
                    at = {"at": time.time_ns()}
                    connection.execute(sa.text("UPDATE runs SET record = CAST(:at AS text)"), at)
                    connection.execute(sa.text("UPDATE topics SET record = CAST(:at AS text)"), at)

    with open_store(url) as store:
        succeed(store, "r1", found())
    writing = threading.Thread(target=write)
    writing.start()
    try:
        with open_store(url, read_only=True) as reader:
            seen = set()
            for _ in range(200):
                with reader._transaction() as connection:
                    first = connection.scalar(sa.text("SELECT record FROM runs"))
                    seen.add(first)
                    assert connection.scalar(sa.text("SELECT record FROM topics LIMIT 1")) == first or len(seen) == 1
    finally:
        stop.set()
        writing.join()
    assert len(seen) > 5


def test_a_lock_held_in_one_thread_keeps_another_out(store: Store) -> None:
    refused: list[BaseException] = []

    def other() -> None:
        try:
            with store.writer_lock(wait=0.05):
                pass
        except StoreBusyError as error:
            refused.append(error)

    with store.writer_lock():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1
    with store.writer_lock(wait=0):
        pass


def test_a_change_waits_for_the_one_before_it_and_says_when_it_takes_too_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_SESSION", (*postgresql._SESSION, "SET lock_timeout = 200"))
    with open_store(url) as first, open_store(url) as second:
        with first._transaction(writes=True), pytest.raises(StoreBusyError, match="another client is writing"):
            second.add_articles([article()])
        second.add_articles([article()])


def test_a_connection_lost_in_the_middle_is_one_line_and_the_store_goes_on(postgres: Server, store: Store) -> None:
    store.add_articles([article("kept")])
    name = store.where.rpartition("/")[2]

    def cut() -> None:
        postgres.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with (
        pytest.raises(StoreError, match=r"the connection was lost.*run again") as lost,
        store._transaction(writes=True) as connection,
    ):
        connection.execute(sa.delete(tables.articles))
        cut()
        connection.execute(sa.delete(tables.articles))
    assert "\n" not in str(lost.value)
    assert list(store.article_heads()) == ["kept"]
    cut()
    assert list(store.article_heads()) == ["kept"], "a desk outlives a restart of the server"


def test_a_run_whose_lock_was_lost_to_another_cannot_finish(postgres: Server, url: str) -> None:
    name = url.rpartition("/")[2]
    with open_store(url) as first, open_store(url) as second, first.writer_lock():
        first.start_run(Run("r1", NOON))
        postgres.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        succeed(second, "r2", found())
        with pytest.raises(StoreError, match="already failed"):
            first.finish_run(replace(Run("r1", NOON), finished_at=NOON + timedelta(seconds=1)), found())
    assert [(run.run_id, run.status) for run in second.runs()] == [("r2", "succeeded"), ("r1", "failed")]


def test_reviews_can_be_neither_changed_nor_removed_by_anybody(url: str) -> None:
    with raw_connection(url) as raw:
        for statement_ in ("UPDATE reviews SET reviewer = 'x'", "DELETE FROM reviews", "TRUNCATE reviews"):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                raw.execute(statement_.encode())


def test_the_check_names_cut_vectors_and_rows_without_a_parent(store: Store, url: str) -> None:
    store.put_vectors("enc", ["h1", "h2"], np.ones((2, 2), dtype=np.float32))
    with raw_connection(url) as raw:
        raw.execute("UPDATE vectors SET vector = '\\x00' WHERE text_hash = 'h2'")
        raw.execute("SET session_replication_role = replica")  # as a restore with --disable-triggers does
        raw.execute("INSERT INTO agreements VALUES ('no such run', 0, 'a', '{}')")
    problems = store.check()
    assert "table agreements: 1 name a runs row that does not exist" in problems
    assert "vector h2 of enc: wrong size" in problems


def test_a_store_says_where_it_is_and_how_large_and_has_no_file(store: Store) -> None:
    before = store.bytes_used()
    store.put_vectors("enc", [str(n) for n in range(500)], np.ones((500, 384), dtype=np.float32))
    assert store.bytes_used() > before + 500_000
    with pytest.raises(InputError, match=r"kept by a server.*pg_dump"):
        _ = store.path


def test_a_dump_restored_elsewhere_is_the_same_store(postgres: Server, store: Store, tmp_path: Path) -> None:
    from postgres_server import installations

    tool = installations()[0] / "pg_dump"
    if not tool.is_file():
        pytest.skip("no pg_dump beside the server")
    store.add_articles([article("a"), article("b", "Nobody died.")])
    succeed(store, "r1", found())
    dumped = subprocess.run([tool, "--dbname", store.where], capture_output=True, check=True).stdout
    other = fresh_database(postgres)
    subprocess.run([tool.parent / "psql", "--quiet", "--dbname", other], input=dumped, check=True, capture_output=True)
    with open_store(other) as restored:
        assert restored.articles() == store.articles()
        assert restored.outcome("r1") == found()
        assert restored.check() == []


def test_old_runs_go_and_the_room_is_given_back(store: Store) -> None:
    for number in range(3):
        succeed(store, f"r{number}", found(), at=NOON + timedelta(days=number))
    retention = RetentionSettings(runs_days=1, runs_keep=1)
    in_use = InUse("enc", "nli", frozenset({"f"}))
    later = NOON + timedelta(days=30)
    planned = prune(store, retention, now=later, in_use=in_use)
    assert [run.run_id for run in store.runs()] == ["r2", "r1", "r0"]
    done = prune(store, retention, now=later, in_use=in_use, apply=True)
    assert (done.applied, done.going) == (True, planned.going)
    assert [run.run_id for run in store.runs()] == ["r2"]
    assert store.outcome("r2") == found() and store.check() == []


# Commands


def test_the_commands_take_an_address(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry company cancelled all sailings on Wednesday. " * 9)
    told = run_detector("ingest", str(tmp_path / "a.txt"), "--store", url)
    assert told.returncode == 0, told.stderr
    told = run_detector("status", "--json", DETECTOR_STORE=url)
    assert (told.returncode, json.loads(told.stdout)["counts"]["articles"]) == (0, 1)
    told = run_detector("status", "--store", "postgresql://tester:sesame@127.0.0.1:1/news")
    assert told.returncode == 2
    assert "sesame" not in told.stdout + told.stderr
    assert "Traceback" not in told.stderr and "cannot be reached" in " ".join(told.stderr.split())


def run_detector(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "detector", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
