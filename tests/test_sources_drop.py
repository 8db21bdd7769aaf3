"""A drop folder empties itself, takes nothing half-written and loses nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sourcing import BODY, Desk, page

from detector.errors import InputError
from detector.sources import WatchedFolders, named_sources
from detector.store import open_store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "news.db") as store:
        yield Desk(store, now=datetime.now(UTC))


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, text: str, *, seconds_ago: float = 60) -> Path:
    """A file last written to some seconds ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    moment = time.time() - seconds_ago
    os.utime(path, (moment, moment))
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_was_read_is_moved_to_done_and_what_was_not_to_rejected_with_the_reason(desk: Desk, box: Path) -> None:
    put(box, "ferries.txt", f"Ferries stay in port\n\n{BODY[0]}")
    put(box, "monday/page.html", page())
    put(box, "empty.txt", "")
    gathered = desk.gather(drop=box)
    assert gathered.arrived == 2
    assert left_in(box) == [
        "done/ferries.txt",
        "done/monday/page.html",
        "rejected/empty.txt",
        "rejected/empty.txt.reason.txt",
    ]
    reason = (box / "rejected" / "empty.txt.reason.txt").read_text(encoding="utf-8")
    assert reason.startswith("in/empty.txt\nwhy: the file is empty") and "\ndo:  " in reason
    assert desk.gather(drop=box).arrived == 0


def test_a_table_with_a_bad_row_is_done_and_the_row_is_told(desk: Desk, box: Path) -> None:
    lines = [json.dumps({"outlet": "Post", "title": "Ferries", "text": BODY[0]}), "{broken"]
    put(box, "feed.jsonl", "\n".join(lines) + "\n")
    desk.gather(drop=box)
    assert left_in(box) == ["done/feed.jsonl", "done/feed.jsonl.reason.txt"]
    assert "feed.jsonl:2" in (box / "done" / "feed.jsonl.reason.txt").read_text(encoding="utf-8")


class Growing(list[float]):
    """Waits in which somebody goes on writing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, seconds: float) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(" And it goes on.")


def test_a_file_that_is_still_growing_is_left_for_the_next_time(desk: Desk, box: Path) -> None:
    desk.waits = Growing(put(box, "big.txt", BODY[0], seconds_ago=0))
    put(box, "old.txt", BODY[1])
    gathered = desk.gather(drop=box)
    assert (gathered.arrived, gathered.left) == (1, 1)
    assert left_in(box) == ["big.txt", "done/old.txt"]


def test_a_young_file_that_no_longer_grows_is_taken(desk: Desk, box: Path) -> None:
    put(box, "new.txt", BODY[0], seconds_ago=0)
    put(box, "from-tomorrow.txt", BODY[1], seconds_ago=-90_000)
    assert desk.gather(drop=box).arrived == 2
    assert desk.waits == [2.0]


@pytest.mark.parametrize("name", ["a.txt.part", ".a.txt", "a.txt.tmp", "a.crdownload", "a.txt~", "manifest.csv"])
def test_unfinished_downloads_hidden_files_and_manifests_stay(desk: Desk, box: Path, name: str) -> None:
    put(box, name, BODY[0])
    assert desk.gather(drop=box).arrived == 0
    assert left_in(box) == [name]


def test_the_manifest_of_the_folder_says_who_published(desk: Desk, box: Path) -> None:
    put(box, "monday/a.txt", BODY[0])
    put(box, "manifest.csv", "path,outlet\nmonday/a.txt,Falls Beacon\n")
    (article,) = desk.gather(drop=box).result.accepted
    assert article.outlet == "Falls Beacon"


def test_a_name_used_before_gets_a_number(desk: Desk, box: Path) -> None:
    for text in BODY:
        put(box, "a.txt", text)
        desk.gather(drop=box)
    assert left_in(box) == ["done/a-2.txt", "done/a.txt"]


def test_a_link_in_the_folder_is_not_followed(desk: Desk, box: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.txt", BODY[0])
    (box / "link.txt").symlink_to(secret)
    (rejection,) = desk.gather(drop=box).result.rejected
    assert "a link" in rejection.reason and secret.exists()
    assert (box / "rejected" / "link.txt").is_symlink()


def test_a_process_that_dies_before_it_moved_the_file_reads_it_again_and_nothing_is_doubled(
    desk: Desk, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*args: object) -> None:
        raise KeyboardInterrupt

    put(box, "a.txt", BODY[0])
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr("detector.sources.drop.shutil.move", dies)
        desk.gather(drop=box)
    assert left_in(box) == ["a.txt"]
    result = desk.gather(drop=box).result
    assert (len(result.unchanged), len(result.accepted)) == (1, 0)
    assert left_in(box) == ["done/a.txt"]


def test_a_drop_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        named_sources([], drop=tmp_path / "absent")


def test_a_watched_folder_is_read_again_only_where_it_changed(desk: Desk, box: Path) -> None:
    desk.folders = WatchedFolders()
    first = put(box, "a.txt", f"Ferries\n\n{BODY[0]}")
    put(box, "b.txt", f"Weather\n\n{BODY[1]}")
    assert desk.gather(box).arrived == 2
    again = desk.gather(box).result
    assert (again.accepted, again.unchanged) == ((), ())
    put(box, "a.txt", first.read_text(encoding="utf-8") + " Sailings resume on Friday.", seconds_ago=30)
    put(box, "c.txt", f"Dam\n\n{BODY[0]} The dam held.", seconds_ago=30)
    result = desk.gather(box).result
    assert (len(result.revised), len(result.accepted), len(result.unchanged)) == (1, 1, 0)
    put(box, "manifest.csv", "path,outlet\nb.txt,Falls Beacon\n")
    assert [article.outlet for article in desk.gather(box).result.accepted] == ["Falls Beacon"]


def test_a_watched_folder_that_went_away_is_told_once_and_read_when_it_is_back(desk: Desk, box: Path) -> None:
    desk.folders = WatchedFolders()
    sources = box / "news"
    sources.mkdir()
    put(sources, "a.txt", BODY[0])
    assert desk.gather(sources).arrived == 1
    gathering = desk.gathering()
    away = sources.rename(box / "away")
    rounds = [desk.folders.ingest(gathering, [sources]) for _ in range(2)]
    assert [len(one.result.rejected) for one in rounds] == [1, 0]
    away.rename(sources)
    put(sources, "b.txt", BODY[1])
    assert desk.gather(sources).arrived == 1
