"""For tests of faults: calls of commands in processes that can be killed, and all that a store holds."""

from __future__ import annotations

import atexit
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KILLED = -9


HARBOUR = "The ferry company Norline {} all sailings on Wednesday after its crews walked out."
MAYOR = "The mayor of Port Ellery {} the union on Tuesday evening in the town hall."
DAM = "The dam on the river Sel {} on Tuesday night, the water board said."
STORIES = {
    "Harbour Post": (HARBOUR.format("cancelled"), MAYOR.format("met")),
    "Ellery Times": (HARBOUR.format("did not cancel"), MAYOR.format("never met")),
    "Sel Courier": (HARBOUR.format("never cancelled"), DAM.format("held")),
    "Valley Echo": (DAM.format("did not hold"), "The council of Port Ellery approved a budget of 30 million crowns."),
    "Radio Ellery": (MAYOR.format("met"), "The council of Port Ellery approved a budget of 40 million crowns."),
}


@dataclass(frozen=True)
class Ended:
    """How a call ended. `points` counts the moments at which it wrote."""

    code: int
    points: int
    seconds: float
    megabytes: int
    stdout: str
    stderr: str

    @property
    def complaint(self) -> str:
        """The one line on stderr that begins with the program's name."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("detector: ")]
        assert len(lines) == 1 and "Traceback" not in self.stderr, self.stderr
        return lines[0]


class CrashServer:
    """The process of tests/crash_server.py."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("DETECTOR_STORE", None)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "crash_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=HERE.parent,
        )
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server of children has ended; run tests/crash_server.py by hand to see why"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ask(self, **call: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps(call), file=self.process.stdin, flush=True)
        return self._answer()

    def call(self, *arguments: object, **how: Any) -> Ended:
        """Run a command to its end, or to the `point` or the time (`after` seconds) at which it is killed."""
        return Ended(**self._ask(arguments=[str(one) for one in arguments], **how))

    def start(self, *arguments: object, **how: Any) -> int:
        """Start a command and return at once."""
        answer = self._ask(arguments=[str(one) for one in arguments], meanwhile=True, **how)
        return int(answer["pid"])

    def wait(self, pid: int) -> Ended:
        return Ended(**self._ask(wait=pid))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


def write_news(folder: Path, *, outlets: int = len(STORIES)) -> Path:
    folder.mkdir()
    for outlet, sentences in list(STORIES.items())[:outlets]:
        article = {
            "outlet": outlet,
            "title": f"Port Ellery, as {outlet} saw it",
            "published": "2031-04-02",
            "text": " ".join(sentences),
        }
        (folder / f"{outlet.split()[0].lower()}.json").write_text(json.dumps(article), encoding="utf-8")
    return folder


@cache
def shared_server() -> CrashServer:
    """One for all tests of this process: it takes seconds to make ready."""
    server = CrashServer()
    atexit.register(server.close)
    return server


def contents(store: Path) -> dict[str, Any]:
    """All that a store holds besides times, numbers and ids of runs; what the last run found by its members."""
    with closing(sqlite3.connect(store)) as raw:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return sorted(raw.execute(query).fetchall())

        last = raw.execute("SELECT run_id FROM runs WHERE status = 'succeeded' ORDER BY number DESC LIMIT 1").fetchone()
        found = {
            name: [
                json.loads(row[0])
                for row in raw.execute(f"SELECT record FROM {name} WHERE run_id = ? ORDER BY position", last)
            ]
            for name in ("conflicts", "agreements", "topics", "findings")
            if last
        }
        return {
            "articles": rows("SELECT article_id, revision, text_hash, record FROM articles"),
            "statements": rows("SELECT statement_id, text_hash, record FROM statements"),
            "vectors": rows("SELECT encoder_id, text_hash, vector FROM vectors"),
            "scores": rows(
                "SELECT scorer_id, premise_hash, hypothesis_hash, entailment, neutral, contradiction FROM scores"
            ),
            "members": sorted(
                [one["lane"], *sorted(sorted(side["statement_ids"]) for side in one["sides"])]
                for one in found.get("conflicts", [])
            ),
            "found": found,
            "reviews": [
                (one["conflict_id"], one["reviewer"], one["action"], one["decision"], one["note"])
                for one in map(
                    json.loads, (row[0] for row in raw.execute("SELECT record FROM reviews ORDER BY number"))
                )
            ],
            "succeeded": bool(last),
        }


def unsound(store: Path) -> list[str]:
    """What the program's own check finds wrong."""
    from detector.store import open_store

    with open_store(store, read_only=True) as opened:
        return opened.check()
