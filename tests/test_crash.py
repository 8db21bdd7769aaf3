"""Killed at any moment, given again, the same end: 200 real processes, killed with SIGKILL while they work."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crashing import KILLED, CrashServer, Ended, contents, shared_server, unsound, write_news

from detector.store import open_store

SEED = 20_310_402
FORMATS = ("html", "md", "csv", "json", "parquet")


@pytest.fixture(scope="module")
def server() -> CrashServer:
    return shared_server()


class Day:
    """A folder of news with a store, and the commands of a day as they are killed and given again."""

    def __init__(self, server: CrashServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.store = folder / "news.db"
        self.news = folder.parent / "news"
        self.drop = folder / "drop"
        self.backup = folder / "backup.db"
        self.reports = [folder / f"report.{ending}" for ending in FORMATS]

    def arguments(self, command: str) -> list[object]:
        store = ("--store", self.store)
        reports = [part for report in self.reports for part in ("--report", report)]
        few = [part for report in self.reports[::3] for part in ("--report", report)]
        known: dict[str, list[object]] = {
            "ingest": ["ingest", self.news, *store],
            "run": ["run", self.news, "--quiet", *store, *few],
            "rerun": ["run", self.news, "--quiet", *store, *few],
            "report": ["report", "--quiet", *store, *reports],
            "decide": ["decide", *self.decision(), *store] if command == "decide" else [],
            "watch": ["watch", "--once", "--drop", self.drop, "--quiet", *store, *few],
            "prune": ["prune", "--apply", "--settings", self.folder.parent / "retention.toml", *store],
            "restore": ["restore", self.backup, *store],
        }
        return known[command]

    def decision(self) -> list[object]:
        conflict = contents(self.store)["found"]["conflicts"][0]["conflict_id"]
        return [conflict, "confirmed", "--reviewer", "Ana", "--note", "Both texts say so."]

    def call(self, command: str, **how: Any) -> Ended:
        return self.server.call(*self.arguments(command), **how)

    def end(self) -> dict[str, Any]:
        """What is left in the end: the store's contents and the reports' bytes, and nothing wrong with the store."""
        assert unsound(self.store) == []
        reports = {one.name: one.read_bytes() for one in self.reports if one.exists()}
        dropped = sorted(str(one.relative_to(self.drop)) for one in self.drop.rglob("*") if one.is_file())
        return {**contents(self.store), "reports": reports, "dropped": dropped}

    def runs(self) -> int:
        with open_store(self.store, read_only=True) as opened:
            return len(opened.runs())

    def notes_put_aside(self) -> set[str]:
        """What reviews say in the stores that a restore replaced."""
        put_aside = self.folder.glob("news.db.before-restore-*[0-9Z]")
        return {review[-1] for store in put_aside for review in contents(store)["reviews"]}


@pytest.fixture(scope="module")
def start(server: CrashServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders as they are before each command."""
    root = tmp_path_factory.mktemp("crash")
    write_news(root / "news")
    few = write_news(root / "few", outlets=3)
    for name in ("empty", "yesterday", "analysed", "filled", "aged", "saved"):
        (root / name).mkdir()
    yesterday, analysed = (Day(server, root / name) for name in ("yesterday", "analysed"))
    assert server.call("run", few, "--quiet", "--store", yesterday.store).code == 0
    assert analysed.call("run").code == 0
    for report in [*yesterday.reports, *analysed.reports]:
        report.write_bytes(b"the report of yesterday\n" * 40)
    drop_for_watch(Day(server, root / "filled"), yesterday)
    runs_for_prune(Day(server, root / "aged"))
    backup_for_restore(Day(server, root / "saved"), analysed)
    return {
        "ingest": root / "empty",
        "run": root / "empty",
        "rerun": root / "yesterday",
        "report": root / "analysed",
        "decide": root / "analysed",
        "watch": root / "filled",
        "prune": root / "aged",
        "restore": root / "saved",
    }


def drop_for_watch(filled: Day, yesterday: Day) -> None:
    """The store and reports of yesterday, and news of today in the drop folder, put there an hour ago."""
    shutil.copytree(yesterday.folder, filled.folder, dirs_exist_ok=True)
    write_news(filled.drop)
    long_ago = time.time() - 3600
    for delivered in filled.drop.iterdir():
        os.utime(delivered, (long_ago, long_ago))


def runs_for_prune(aged: Day) -> None:
    """Three runs of three months."""
    for month in (1, 2, 3):
        news = write_news(aged.folder / f"news-{month}", outlets=month + 1)
        now = f"2031-0{month}-01T06:00:00+00:00"
        assert aged.server.call("run", news, "--quiet", "--store", aged.store, now=now).code == 0
    settings = "[retention]\nruns_days = 10\nruns_keep = 1\n"
    (aged.folder.parent / "retention.toml").write_text(settings, encoding="utf-8")


def backup_for_restore(saved: Day, analysed: Day) -> None:
    """A store with a review made before a backup and one made after it."""
    shutil.copytree(analysed.folder, saved.folder, dirs_exist_ok=True)
    for note in ("before the backup", "after the backup"):
        words = ("decide", "1", "confirmed", "--reviewer", "Ana", "--note", note, "--store", saved.store)
        assert saved.server.call(*words).code == 0
        if not saved.backup.exists():
            assert saved.server.call("backup", saved.backup, "--store", saved.store).code == 0


def day(server: CrashServer, start: dict[str, Path], command: str, name: str) -> Day:
    folder = start[command].parent / f"{command}-{name}"
    shutil.copytree(start[command], folder)
    return Day(server, folder)


def moments(command: str, points: int, seconds: float, kills: int) -> Iterator[dict[str, Any]]:
    """Two thirds of them at points of writing, spread over all there are; the others at times, spread over the call."""
    chance = random.Random(f"{SEED} {command}")
    by_point = 2 * kills // 3
    for number in range(by_point):
        low, high = number * points // by_point, (number + 1) * points // by_point
        yield {"point": chance.randint(min(low + 1, points), max(low + 1, high))}
    for number in range(kills - by_point):
        yield {"after": seconds * (number + chance.random()) / (kills - by_point)}


def killed_day(server: CrashServer, start: dict[str, Path], command: str, name: str, moment: dict[str, Any]) -> Day:
    """A day whose command was killed; one that was done before its time came is tried again with half the time."""
    while True:
        fresh = day(server, start, command, name)
        ended = fresh.call(command, **moment)
        if ended.code == KILLED:
            return fresh
        assert ended.code == 0 and "after" in moment, (moment, ended.stderr)
        moment["after"] /= 2
        shutil.rmtree(fresh.folder)


def check_reports_whole(fresh: Day, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Whoever reads a report meanwhile reads an old one or a new one."""
    for report in fresh.reports:
        if report.exists():
            assert report.read_bytes() in (before.get(report.name), after[report.name]), report.name
        else:
            assert report.name not in before


@pytest.mark.parametrize(
    ("command", "kills"),
    [
        ("ingest", 45),
        ("run", 12),
        ("rerun", 18),
        ("report", 35),
        ("decide", 45),
        ("watch", 15),
        ("prune", 15),
        ("restore", 15),
    ],
)
def test_a_killed_command_given_again_ends_as_if_nothing_had_happened(
    server: CrashServer, start: dict[str, Path], command: str, kills: int
) -> None:
    calm = day(server, start, command, "calm")
    before = {one.name: one.read_bytes() for one in calm.reports if one.exists()}
    whole = calm.call(command)
    assert (whole.code, whole.stderr.count("Traceback")) == (0, 0), whole.stderr
    expected = calm.end()
    usual = day(server, start, command, "usual").call(command).seconds
    for number, moment in enumerate(moments(command, whole.points, 0.9 * usual, kills)):
        fresh = killed_day(server, start, command, str(number), moment)
        check_reports_whole(fresh, before, expected["reports"])
        again = fresh.call(command)
        assert again.code == 0, (moment, again.stderr)
        found = fresh.end()
        if command == "decide":  # append-only: a decision kept before the kill is there twice, saying the same
            found["reviews"] = found["reviews"][:1] if len(set(found["reviews"])) == 1 else found["reviews"]
        assert found == expected, moment
        if command == "prune":
            assert fresh.runs() == calm.runs() == 1
        if command == "restore":
            assert [review[-1] for review in found["reviews"]] == ["before the backup"]
            assert fresh.notes_put_aside() == {"before the backup", "after the backup"}
        shutil.rmtree(fresh.folder)
