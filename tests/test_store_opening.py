"""Opening a store: new, old, newer, damaged, foreign, locked or out of reach."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from store_values import NOON, article, found, in_another_process, statement, succeed

from detector.errors import StoreBusyError, StoreError
from detector.records import Run, Topic
from detector.store import Store, open_store, opening, tables
from detector.store.dialect import database_at, one_of, sqlite
from detector.store.rows import to_json


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "news.db") as opened:
        yield opened


def build_first_revision(path: Path) -> None:
    """A store as the first release made it, with an article and a run."""
    database = database_at(path)
    engine = database.connect(read_only=False)
    opening._migrate(engine, database, tables.REVISIONS[0])
    with engine.begin() as connection:
        connection.execute(
            sa.insert(tables.articles).values(
                article_id="a", revision=1, outlet_id="herald", text_hash="h", record=to_json(article())
            )
        )
        run = Run("old", NOON, "succeeded")
        row = {"run_id": "old", "status": "succeeded", "started_at": NOON, "record": to_json(run)}
        connection.execute(sa.insert(tables.runs).values(**row))
    engine.dispose()


def test_an_old_store_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    build_first_revision(tmp_path / "old.db")
    with pytest.raises(StoreError, match=r"older form \(0001\)"):
        open_store(tmp_path / "old.db", read_only=True)
    with open_store(tmp_path / "old.db") as store:
        assert store.articles() == [article()]
        succeed(store, "new", found())
        assert [run.run_id for run in store.runs()] == ["new", "old"]
    with open_store(tmp_path / "old.db", read_only=True) as reader:
        assert reader.check() == []


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    build_first_revision(path)
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE writers (in_the_way INTEGER)")
    with pytest.raises(StoreError, match="already exists"):
        open_store(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version_num FROM detector_version").fetchone() == ("0001",)
        raw.execute("DROP TABLE writers")
    with open_store(path) as store:
        assert store.articles() == [article()]


def test_migrations_make_the_tables_the_program_uses(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(opening.__file__).parent / "migrations"))
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == tables.REVISIONS
    engine = sa.create_engine(f"sqlite:///{store.path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": tables.VERSION_TABLE})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_opening_a_current_store_does_not_load_the_migration_tool(tmp_path: Path) -> None:
    open_store(tmp_path / "news.db").close()
    code = """
import sys
from detector.store import open_store
with open_store(sys.argv[1]) as store:
    store.last_run()
print(sorted({"alembic", "numpy", "torch", "spacy", "pandas"} & sys.modules.keys()))
"""
    assert in_another_process(code, str(tmp_path / "news.db")).communicate()[0].strip() == "[]"


def of_a_newer_program(path: Path) -> None:
    open_store(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE detector_version SET version_num = '9999'")


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE songs (title TEXT)")


def with_its_head_overwritten(path: Path) -> None:
    open_store(path).close()
    path.write_bytes(b"\xff" * 200 + path.read_bytes()[200:])


@pytest.mark.parametrize("read_only", [False, True], ids=["writing", "reading"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (of_a_newer_program, "made by a newer detector .*9999.*update the program"),
        (of_another_program, "of another program"),
        (with_its_head_overwritten, "not a database: it is not a detector store"),
        (lambda path: path.write_text("Dear diary, " * 200), "not a detector store"),
        (lambda path: path.mkdir(), "a folder; a store is a file"),
    ],
    ids=["newer", "another program's", "damaged", "no database", "folder"],
)
def test_what_is_no_usable_store_is_refused_in_one_line_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], object], message: str, read_only: bool
) -> None:
    path = tmp_path / "news.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message) as refused:
        open_store(path, read_only=read_only)
    assert "\n" not in str(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_page_overwritten_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with open_store(path) as store:
        store.add_articles([article(f"a{number}", f"{number} died. " * 300) for number in range(50)])
        assert store.check() == []
    whole = path.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:middle] + b"\x99" * 4096 + whole[middle + 4096 :])
    with open_store(path, read_only=True) as reader:
        try:
            problems = reader.check()
        except StoreError as error:
            problems = [str(error)]
    assert problems


def test_the_check_names_moved_statements_and_cut_vectors(store: Store) -> None:
    told = article()
    store.add_articles([told])
    kept = statement(told, 0, 10)
    store.put_statements(told, "f", [kept])
    store.put_vectors("enc", ["h1", "h2"], np.ones((2, 2), dtype=np.float32))
    store.put_vectors("enc", ["h3"], np.ones((1, 3), dtype=np.float32))
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE statements SET record = replace(record, 'Talks', 'Walks')")
        raw.execute("UPDATE vectors SET vector = x'00' WHERE text_hash = 'h2'")
        topic = to_json(Topic("t", "talks", ()))
        raw.execute("INSERT INTO topics VALUES ('no such run', 0, 't', ?)", (topic,))
    assert store.check() == [
        "table topics: row 1 names a runs row that does not exist",
        "vector h2 of enc: wrong size",
        "vectors of enc: different dimensions",
        f"statement {kept.statement_id} differs from 0:10 of its article",
    ]


def test_a_store_locked_by_another_program_is_reported_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    raw = sqlite3.connect(store.path, isolation_level=None)
    raw.execute("BEGIN EXCLUSIVE")
    with open_store(store.path) as second, pytest.raises(StoreBusyError, match="another program is writing"):
        second.add_articles([article()])
    raw.close()


def test_reading_needs_a_store_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        open_store(tmp_path / "news.db", read_only=True)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="the store is empty"):
        open_store(tmp_path / "empty.db", read_only=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


@pytest.mark.parametrize("target", ["mysql://db/news", "sqlite://", "sqlite:///:memory:", "what://is this"])
def test_an_address_of_no_kind_we_keep_is_refused(target: str) -> None:
    with pytest.raises(StoreError, match="expected a file, sqlite:///FILE or postgresql://"):
        open_store(target)


def test_path_text_path_and_address_open_the_same_store(tmp_path: Path) -> None:
    path = tmp_path / "with space & ümläut%20?#.db"
    with open_store(path) as store:
        store.add_articles([article()])
    link = tmp_path / "link.db"
    link.symlink_to(path)
    for target in (str(path), link):
        with open_store(target, read_only=True) as reader:
            assert (reader.path, reader.counts()["articles"]) == (path, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with users and fork")
def test_a_store_in_a_folder_one_may_not_write_can_still_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.db"
        with open_store(path) as store:
            store.add_articles([article()])
        Path(folder).chmod(0o555)
        try:
            told = without_rights(lambda: str(open_store(path, read_only=True).counts()["articles"]))
            refused = without_rights(lambda: str(open_store(Path(folder) / "new.db")))
        finally:
            Path(folder).chmod(0o755)
    assert told == "1"
    assert refused.startswith("StoreError: ") and "check that its folder exists and may be written" in refused


def without_rights(ask: Callable[[], str]) -> str:
    """The answer of a forked process that is not root."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            answer = ask()
        except StoreError as error:
            answer = f"StoreError: {error}"
        os.write(sending, answer.encode())
        os._exit(0)
    os.close(sending)
    os.waitpid(child, 0)
    with os.fdopen(receiving) as answers:
        return answers.read()


def test_rows_listed_by_key_are_found_through_an_index(store: Store) -> None:
    query = (
        sa.select(tables.vectors.c.vector).filter_by(encoder_id="enc").where(one_of(tables.vectors.c.text_hash, ["h"]))
    )
    with store._transaction() as connection:
        said = str(query.compile(connection.engine, compile_kwargs={"render_postcompile": True}))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", ("enc", '["h"]')).all()
    assert "(encoder_id=? AND text_hash=?)" in str(plan[0])
