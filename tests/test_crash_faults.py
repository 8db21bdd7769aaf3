"""Full disks, files one may not write, two at once, damaged stores, clocks that jump: one clear line, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from crashing import CrashServer, contents, shared_server, unsound, write_news

from detector import cli

ALL_FORMATS = ("html", "md", "csv", "json", "jsonl", "parquet")


@pytest.fixture(scope="module")
def server() -> CrashServer:
    return shared_server()


@pytest.fixture(scope="module")
def analysed(server: CrashServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with news and a store in which a run has finished."""
    folder = tmp_path_factory.mktemp("faults")
    write_news(folder / "news")
    assert server.call("run", folder / "news", "--quiet", "--store", folder / "news.db").code == 0
    return folder


@pytest.fixture
def desk(analysed: Path, tmp_path: Path) -> Path:
    """The same in a folder of one's own."""
    folder = tmp_path / "desk"
    shutil.copytree(analysed, folder)
    return folder


@pytest.fixture
def open_desk(analysed: Path) -> Iterator[Path]:
    """The same where users without rights may look."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        desk = Path(folder) / "desk"
        shutil.copytree(analysed, desk)
        desk.chmod(0o755)
        yield desk
        desk.chmod(0o755)


# Full disks


def test_a_store_that_may_not_grow_stops_the_run_with_one_line_and_goes_on_when_there_is_room(
    server: CrashServer, desk: Path
) -> None:
    calm = desk / "calm.db"
    assert server.call("run", desk / "news", "--quiet", "--store", calm).code == 0
    with closing(sqlite3.connect(calm)) as raw:
        needed = raw.execute("PRAGMA page_count").fetchone()[0]
    for pages in (3, needed // 2, needed - 20, needed - 10, needed - 4):
        store = desk / f"{pages}.db"
        full = server.call("run", desk / "news", "--quiet", "--store", store, most_pages=pages)
        assert full.code == 2
        assert full.complaint.endswith("the disk is full; free some space and run again")
        assert server.call("run", desk / "news", "--quiet", "--store", store).code == 0
        assert unsound(store) == []
        assert contents(store) == contents(calm)


def test_a_file_that_may_not_grow_stops_the_run_with_one_line(server: CrashServer, desk: Path) -> None:
    for size in (20_000, 150_000, 250_000):
        store = desk / f"{size}.db"
        stopped = server.call("run", desk / "news", "--quiet", "--store", store, largest_file=size)
        assert stopped.code == 2 and stopped.complaint
        assert server.call("run", desk / "news", "--quiet", "--store", store).code == 0
        assert unsound(store) == []


@pytest.mark.parametrize("ending", ALL_FORMATS)
def test_a_report_that_does_not_fit_on_the_disk_leaves_the_old_one_whole(
    server: CrashServer, desk: Path, ending: str
) -> None:
    report = desk / f"report.{ending}"
    report.write_bytes(b"yesterday")
    full = server.call("report", "--quiet", "--store", desk / "news.db", "--report", report, fails=errno.ENOSPC)
    assert full.code == 2
    assert f"report.{ending}: " in full.complaint
    assert report.read_bytes() == b"yesterday"
    assert sorted(one.name for one in desk.iterdir() if one.name.endswith(".part")) == []


def test_a_backup_that_does_not_fit_leaves_the_old_one_whole(server: CrashServer, desk: Path) -> None:
    backup = desk / "backup.db"
    backup.write_bytes(b"yesterday")
    full = server.call("backup", backup, "--force", "--store", desk / "news.db", largest_file=20_000)
    assert full.code == 2 and full.complaint
    assert backup.read_bytes() == b"yesterday"
    assert [one.name for one in desk.iterdir() if ".part" in one.name] == []


# Without the right to write


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_store_one_may_not_write_is_read_and_refused_for_writing_in_one_line(
    server: CrashServer, open_desk: Path, what: str
) -> None:
    store = open_desk / "news.db"
    if os.getuid() != 0:
        store.chmod(0o444)
        open_desk.chmod(0o555 if what == "folder" else 0o755)
    elif what == "file":
        open_desk.chmod(0o777)
    read = server.call("report", "--quiet", "--json", "--store", store, no_rights=True)
    assert read.code == 0, read.stderr
    assert json.loads(read.stdout)["conflicts"]
    changed = open_desk / "news" / "new.txt"
    changed.write_text("Outlet: New Post\nDate: 2031-04-02\n\n" + "The ferry company Norline closed its office. " * 5)
    refused = server.call("run", open_desk / "news", "--store", store, no_rights=True)
    assert refused.code == 2
    assert (
        "permission" in refused.complaint.casefold()
        or "may be written" in refused.complaint
        or "writable" in refused.complaint
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--report", "{desk}/report.html"),
        ("backup", "{desk}/backup.db"),
        ("restore", "{desk}/news.db"),
    ],
    ids=["report", "backup", "restore"],
)
def test_a_place_one_may_not_write_is_named_in_one_line(
    server: CrashServer, open_desk: Path, arguments: tuple[str, ...]
) -> None:
    if os.getuid() != 0:
        open_desk.chmod(0o555)
    store = "{desk}/other.db" if arguments[0] == "restore" else "{desk}/news.db"
    words = [word.format(desk=open_desk) for word in (*arguments, "--store", store)]
    refused = server.call(*words, no_rights=True)
    assert refused.code == 2
    assert str(open_desk) in refused.complaint


# Two at once


def test_a_second_run_says_who_holds_the_store_and_the_first_one_is_not_disturbed(
    server: CrashServer, desk: Path
) -> None:
    store = desk / "slow.db"
    first = server.start("run", desk / "news", "--quiet", "--store", store, pause=1.5)
    while not store.exists() or not holder(store):
        time.sleep(0.02)
    second = server.call("run", desk / "news", "--quiet", "--store", store)
    assert second.code == 2
    assert f"in use by process {first} on " in second.complaint
    reading = server.call("status", "--store", store)
    assert reading.code == 0
    assert server.wait(first).code == 0
    assert server.call("run", desk / "news", "--quiet", "--store", store).code == 0
    assert unsound(store) == []
    assert contents(store) == contents(desk / "news.db")


def holder(store: Path) -> object:
    with closing(sqlite3.connect(store)) as raw:
        try:
            return raw.execute("SELECT pid FROM writers").fetchone()
        except sqlite3.OperationalError:  # not yet prepared
            return None


def test_a_second_command_waits_for_one_that_soon_ends(server: CrashServer, desk: Path) -> None:
    store = desk / "both.db"
    first = server.start("ingest", desk / "news", "--quiet", "--store", store)
    second = server.call("ingest", desk / "news", "--quiet", "--store", store)
    assert (second.code, server.wait(first).code) == (0, 0)
    assert len(contents(store)["articles"]) == 5


# Clocks that jump


def test_the_newest_run_is_the_last_one_made_also_when_the_clock_went_back(server: CrashServer, desk: Path) -> None:
    store, edited = desk / "news.db", desk / "news" / "harbour.json"
    article = json.loads(edited.read_text(encoding="utf-8"))
    for number, now in enumerate(("2031-05-01", "2029-01-01", "1999-12-31"), start=2):
        article["text"] += f" Sailings resume on day {number}, the company added on the telephone."
        edited.write_text(json.dumps(article), encoding="utf-8")
        done = server.call("run", desk / "news", "--quiet", "--store", store, now=f"{now}T06:00:00+00:00")
        assert done.code == 0, done.stderr
        shown = json.loads(server.call("status", "--json", "--store", store).stdout)
        assert shown["last_run"]["started_at"].startswith(now)
        assert shown["pending"] == "nothing"
    again = server.call("run", desk / "news", "--quiet", "--store", store, now="1990-01-01T00:00:00+00:00")
    assert again.code == 0
    with closing(sqlite3.connect(store)) as raw:
        assert raw.execute("SELECT count(*) FROM runs").fetchone() == (4,)
    assert server.call("prune", "--apply", "--store", store, now="1980-01-01T00:00:00+00:00").code == 0


# Damaged stores


def zeroed_page(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(1, len(content) // 4096) * 4096
    content[start : start + 4096] = bytes(4096)


def overwritten_sector(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content) // 512) * 512
    content[start : start + 512] = chance.randbytes(512)


def flipped_bytes(content: bytearray, chance: random.Random) -> None:
    for _ in range(200):
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)


def cut_off(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(1, len(content)) :]


def without_its_head(content: bytearray, chance: random.Random) -> None:
    content[:100] = chance.randbytes(100)


@pytest.mark.parametrize("spoil", [zeroed_page, overwritten_sector, flipped_bytes, cut_off, without_its_head])
def test_damage_is_found_by_doctor_or_has_touched_nothing_that_counts(
    server: CrashServer, analysed: Path, tmp_path: Path, spoil: Callable[[bytearray, random.Random], None]
) -> None:
    from detector import doctor

    whole = analysed / "news.db"
    with closing(sqlite3.connect(whole)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    expected = contents(whole)
    found = 0
    commands = (["status"], ["report", "--json"], ["run", "--quiet"], ["backup", tmp_path / "b.db", "--force"])
    for seed in range(8):
        store = tmp_path / f"{seed}.db"
        content = bytearray(whole.read_bytes())
        spoil(content, random.Random(seed))
        store.write_bytes(content)
        check = doctor._attempt("store", lambda store=store: doctor._check_store(store), remedy=doctor._way_back(store))
        if check.passed:  # free room, or the bits of a number
            left = contents(store)
            assert {name: left[name] for name in ("articles", "statements", "reviews")} == {
                name: expected[name] for name in ("articles", "statements", "reviews")
            }
            continue
        found += 1
        assert "detector restore" in check.remedy and str(store) in check.remedy
        assert "\n" not in check.found
        for command in (commands[found % 4], commands[(found + 2) % 4]):
            ended = server.call(*command, "--store", store)
            assert ended.code == 0 or (ended.code == 2 and ended.complaint), ended.stderr
    assert found >= 2


CALLS = (
    "account list",
    "ask The_dam_held.",
    "backup {folder}/backup.db",
    "decide abc confirmed --reviewer Ana",
    "diff",
    "explain abcdef",
    "history",
    "ingest {folder}/news",
    "manifest",
    "prune",
    "queue",
    "report",
    "restore {folder}/news.db",
    "run {folder}/news",
    "stats",
    "status",
    "undo abc --reviewer Ana",
)


@pytest.mark.parametrize("fault", ["a folder", "no database", "another program's", "its pages lost"])
def test_every_command_tells_of_an_unusable_store_in_one_line(
    desk: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    store = desk / "bad.db"
    if fault == "a folder":
        store.mkdir()
    elif fault == "no database":
        store.write_bytes(b"Dear diary, " * 1000)
    elif fault == "another program's":
        with closing(sqlite3.connect(store)) as raw:
            raw.execute("CREATE TABLE songs (title TEXT)")
    else:
        content = (desk / "news.db").read_bytes()
        store.write_bytes(content[:8192] + bytes(len(content) - 8192))
    (desk / "news.db").write_bytes(b"no backup either")
    for call in CALLS:
        words = [word.format(folder=desk) for word in call.split()]
        assert cli.main([*words, "--store", str(store)]) == 2, call
        complaint = capsys.readouterr().err
        assert complaint.startswith("detector: ") and complaint.count("\n") == 1, f"{call}: {complaint}"
        assert "an error in the program" not in complaint, call


def test_doctor_tells_machines_and_people_of_a_damaged_store_and_the_way_back(server: CrashServer, desk: Path) -> None:
    store = desk / "news.db"
    content = store.read_bytes()
    store.write_bytes(content[:4096] + bytes(len(content) - 4096))
    told = server.call("doctor", "--store", store, "--json")
    assert told.code == 1
    checks = {check["name"]: check for check in json.loads(told.stdout)}
    assert checks["store"]["passed"] is False
    assert f"detector restore --salvage {store}" in checks["store"]["remedy"]
    assert "detector restore --salvage" in " ".join(server.call("doctor", "--store", store).stdout.split())
