"""A backup is what the store was at one moment, and brings it back; what a damaged store still holds can be saved."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_values import article, found, in_another_process, succeed

from detector import cli
from detector.errors import InputError, StoreBusyError, StoreError
from detector.records import Review, SeenStatement
from detector.store import open_store
from detector.store.backup import back_up, inspected, restore
from detector.store.salvage import pour, salvage

NOW = datetime(2031, 4, 3, 12, 0, tzinfo=UTC)


def review(number: int, *, note: str = "Both texts say so.") -> Review:
    seen = (SeenStatement(0, f"s{number}", "herald", "h", "The talks ended."),)
    return Review(f"r{number}", f"c{number % 7}", "Ana", NOW, decision="confirmed", note=note, seen=seen)


def fill(path: Path, *, articles: int = 40, reviews: int = 40) -> Path:
    """A store of some pages, with texts that need several."""
    with open_store(path) as store:
        store.add_articles([article(f"a{number:03}", f"Dam {number} held. " * 500) for number in range(articles)])
        succeed(store, "run", found())
        store.reviews.add([review(number, note=f"Note {number}. " * 40) for number in range(1, reviews + 1)])
    return path


def reviews_of(path: Path) -> list[Review]:
    with open_store(path, read_only=True) as store:
        return store.reviews.all()


def test_a_backup_holds_all_the_store_held_and_can_itself_be_opened(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db")
    made = back_up(store, tmp_path / "backup.db")
    assert (made.rows["articles"], made.rows["reviews"], made.rows["runs"]) == (40, 40, 1)
    assert made.bytes == made.path.stat().st_size
    with open_store(store, read_only=True) as before, open_store(made.path, read_only=True) as copy:
        assert copy.articles() == before.articles()
        assert copy.reviews.all() == before.reviews.all()
        assert copy.outcome("run") == before.outcome("run")
        assert copy.check() == []


def test_a_backup_taken_while_others_write_is_the_store_at_one_moment(tmp_path: Path) -> None:
    path = fill(tmp_path / "news.db", articles=5, reviews=1)
    done = threading.Event()

    def write() -> None:
        with open_store(path) as store:
            number = 100
            while not done.is_set():
                # Two rows in one transaction: a copy has both or neither.
                store.reviews.add([review(number), review(number + 1)])
                number += 2

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(8):
            made = back_up(path, tmp_path / f"{number}.db")
            kept = [one.review_id for one in reviews_of(made.path)]
            assert len(kept) % 2 == 1
            assert made.rows["reviews"] == len(kept)
    finally:
        done.set()
        writer.join()
    assert inspected(path)["reviews"] >= len(kept)


def test_an_older_backup_is_replaced_only_when_told_to(tmp_path: Path) -> None:
    store, target = fill(tmp_path / "news.db", articles=1, reviews=1), tmp_path / "backup.db"
    target.write_bytes(b"yesterday")
    with pytest.raises(InputError, match="--force"):
        back_up(store, target)
    assert target.read_bytes() == b"yesterday"
    back_up(store, target, force=True)
    assert inspected(target)["articles"] == 1
    with pytest.raises(InputError, match="the store itself"):
        back_up(store, store, force=True)


def test_a_damaged_store_makes_no_backup_and_leaves_nothing_behind(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db")
    with closing(sqlite3.connect(store)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = store.read_bytes()
    store.write_bytes(content[:40960] + b"\x99" * 8192 + content[49152:])
    (tmp_path / "out").mkdir()
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        back_up(store, tmp_path / "out" / "backup.db")
    assert list((tmp_path / "out").iterdir()) == []


def test_restoring_brings_the_backup_back_and_keeps_what_was_there(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db", articles=3, reviews=2)
    backup = back_up(store, tmp_path / "backup.db").path
    with open_store(store) as opened:
        opened.reviews.add([review(90), review(91)])
        opened.add_articles([article("later")])
    done = restore(backup, store, now=NOW)
    assert done.kept == tmp_path / "news.db.before-restore-20310403T120000Z"
    assert done.reviews_behind == 2
    assert [one.review_id for one in reviews_of(store)] == ["r1", "r2"]
    assert [one.review_id for one in reviews_of(done.kept)] == ["r1", "r2", "r90", "r91"]
    with open_store(store) as opened:  # in use as before: others read while it is written to
        assert opened.check() == []
        with closing(sqlite3.connect(store)) as raw:
            assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not [one.name for one in tmp_path.iterdir() if ".part" in one.name]


def test_reviews_made_since_the_backup_come_back_from_the_store_that_was_replaced(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db", articles=3, reviews=2)
    backup = back_up(store, tmp_path / "backup.db").path
    with open_store(store) as opened:
        opened.reviews.add([review(90), review(91)])
    kept = restore(backup, store, now=NOW).kept
    assert kept is not None
    with open_store(store) as opened:
        assert pour(salvage(kept), opened) == (0, 2)
        assert pour(salvage(kept), opened) == (0, 0)
        assert [one.review_id for one in opened.reviews.all()] == ["r1", "r2", "r90", "r91"]


def test_two_restores_in_one_second_keep_both_stores(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db", articles=1, reviews=1)
    backup = back_up(store, tmp_path / "backup.db").path
    kept = {restore(backup, store, now=NOW).kept for _ in range(3)}
    assert len(kept) == 3 and all(one is not None and one.exists() for one in kept)


def test_a_store_that_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db", articles=1, reviews=1)
    backup = back_up(store, tmp_path / "backup.db").path
    code = """
import sys
from detector.store import open_store
with open_store(sys.argv[1]) as store:
    store.counts()
    print("READY", flush=True)
    sys.stdin.readline()
"""
    other = in_another_process(code, str(store))
    assert other.stdout is not None and other.stdin is not None
    other.stdout.readline()
    with pytest.raises(StoreBusyError, match="open in another program"):
        restore(backup, store, now=NOW)
    other.communicate("done\n")
    with open_store(store) as opened, opened.writer_lock(), pytest.raises(StoreBusyError, match="in use"):
        restore(backup, store, now=NOW)
    assert restore(backup, store, now=NOW).kept is not None


def test_a_damaged_backup_is_refused_before_the_store_is_touched(tmp_path: Path) -> None:
    store = fill(tmp_path / "news.db")
    backup = back_up(store, tmp_path / "backup.db").path
    content = backup.read_bytes()
    backup.write_bytes(content[:40960] + b"\x99" * 8192 + content[49152:])
    before = store.read_bytes()
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        restore(backup, store, now=NOW)
    assert store.read_bytes() == before
    for content in (b"", b"Dear diary, " * 500):
        backup.write_bytes(content)
        with pytest.raises(StoreError, match="not a"):
            restore(backup, store, now=NOW)
    with pytest.raises(InputError, match="no such file"):
        restore(tmp_path / "none.db", store, now=NOW)


def test_a_store_on_a_server_is_left_to_the_servers_tools(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pg_dump"):
        back_up("postgresql://db/news", tmp_path / "backup.db")


# Saving what a damaged store holds


def damaged(path: Path, *, seed: int, pages: int) -> None:
    """Overwrite some pages, and the head."""
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(pages):
        start = chance.randrange(1, len(content) // 4096) * 4096
        content[start : start + 4096] = chance.randbytes(4096)
    content[:100] = bytes(100)
    path.write_bytes(content)


def at_rest(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def test_everything_readable_is_saved_from_a_store_without_head_and_trees(tmp_path: Path) -> None:
    store = at_rest(fill(tmp_path / "news.db"))
    expected = reviews_of(store)
    with open_store(store, read_only=True) as opened:
        articles = opened.articles()
    damaged(store, seed=0, pages=0)
    with pytest.raises(StoreError):
        open_store(store)
    before = store.read_bytes()
    saved = salvage(store)
    assert saved.reviews == tuple(expected)
    assert saved.articles == tuple(articles)
    assert (saved.gaps, saved.spoilt) == (0, 0)
    assert store.read_bytes() == before
    with open_store(tmp_path / "saved.db") as opened:
        assert pour(saved, opened) == (40, 40)
        assert opened.check() == []


@pytest.mark.parametrize("seed", range(6))
def test_what_is_saved_from_overwritten_pages_is_true_and_what_is_lost_is_counted(tmp_path: Path, seed: int) -> None:
    store = at_rest(fill(tmp_path / "news.db", articles=60, reviews=120))
    reviews = {one.review_id: one for one in reviews_of(store)}
    with open_store(store, read_only=True) as opened:
        articles = {one.article_id: one for one in opened.articles()}
    damaged(store, seed=seed, pages=12)
    saved = salvage(store)
    assert 0 < len(saved.reviews) <= 120 and 0 < len(saved.articles) <= 60
    assert all(reviews[one.review_id] == one for one in saved.reviews)
    assert all(articles[one.article_id] == one for one in saved.articles)
    last = max(int(one.review_id[1:]) for one in saved.reviews)
    assert saved.gaps == last - len(saved.reviews)


def test_reviews_that_are_still_in_the_log_are_saved_and_uncommitted_ones_are_not(tmp_path: Path) -> None:
    path = at_rest(fill(tmp_path / "news.db", articles=2, reviews=3))
    with closing(sqlite3.connect(path, isolation_level=None)) as holder, open_store(path) as store:
        holder.execute("BEGIN")
        holder.execute("SELECT count(*) FROM reviews").fetchone()  # keeps the log from being taken in
        store.reviews.add([review(number) for number in (50, 51)])
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", tmp_path / f"copy.db{ending}")
    copy = tmp_path / "copy.db"
    damaged(copy, seed=1, pages=0)
    log = (tmp_path / "copy.db-wal").read_bytes()
    assert [one.review_id for one in salvage(copy).reviews] == ["r1", "r2", "r3", "r50", "r51"]
    (tmp_path / "copy.db-wal").write_bytes(log[:-2000])  # the last commit was not written whole
    assert [one.review_id for one in salvage(copy).reviews][:3] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("content", [b"", b"Dear diary, " * 900, bytes(100_000), random.Random(3).randbytes(200_000)])
def test_a_file_with_nothing_of_a_store_in_it_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "news.db"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no review and no article"):
        salvage(path)


def test_the_commands_say_what_was_done_and_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, backup = fill(tmp_path / "news.db", articles=2, reviews=2), tmp_path / "backup.db"
    assert cli.main(["backup", str(backup), "--store", str(store)]) == 0
    assert "checked: 2 articles, 2 reviews, 1 run)" in capsys.readouterr().out
    with open_store(store) as opened:
        opened.reviews.add([review(77)])
    assert cli.main(["restore", str(backup), "--store", str(store)]) == 0
    printed = capsys.readouterr().out
    assert "Reviews made since the backup are in it (1): " in printed
    call = printed.splitlines()[-1].split(": detector ")[1].split()
    assert cli.main(call) == 0
    assert "1 review, 0 articles" in capsys.readouterr().out
    assert [one.review_id for one in reviews_of(store)] == ["r1", "r2", "r77"]
    assert cli.main(["restore", "--salvage", str(store), "--store", str(store)]) == 2
    assert "this is the store itself" in capsys.readouterr().err
