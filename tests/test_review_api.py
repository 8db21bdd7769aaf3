"""The desk over HTTP: a reviewer's day, a running run, twenty reviewers at once, and the command that serves it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_site import desk_app, plain_store, served, talking_store
from report_fixture import Sample
from starlette.testclient import TestClient

from detector.pipeline import Progress
from detector.records import Heartbeat, Run, digest
from detector.review import api, progress
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.security import Access
from detector.sources import signs
from detector.store import open_store

SAMPLE = Sample()
TRAM, TOLL, BOSS = (one.conflict_id for one in SAMPLE.outcome.conflicts[:3])
REVIEWERS = 20


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with Desk(plain_store(tmp_path / "desk.db")) as desk:
        made = TestClient(create_app(desk, Access(reviewer="Ada")), base_url="http://127.0.0.1:8421")
        made.headers["x-csrf-token"] = made.get("/api/v1/session").json()["csrf"]
        yield made


def post(client: Any, path: str, body: object = None, *, status: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def conflict(client: Any, conflict_id: str) -> Any:
    return client.get(f"/api/v1/conflicts/{conflict_id}").json()


def decide(client: Any, conflict_id: str, **decision: object) -> Any:
    shown = conflict(client, conflict_id)["evidence_hash"]
    return post(client, f"/conflicts/{conflict_id}/decide", {"evidence_hash": shown, **decision})


def test_a_reviewers_day_over_http(client: TestClient) -> None:
    queue = client.get("/api/v1/queue").json()
    assert [entry["conflict_id"] for entry in queue["entries"]] == [TRAM, TOLL, BOSS]
    assert decide(client, TRAM, decision="confirmed", note="On record.")["next_id"] == TOLL
    assert decide(client, TOLL, decision="rejected", reason="numbers-compatible")["todo"] == 1
    assert post(client, f"/conflicts/{TOLL}/undo", {})["review"]["state"] == "open"
    moved = conflict(client, TRAM)["sides"]
    first = moved[0]["wordings"][1]["first"]["statement_id"]
    post(client, f"/conflicts/{TRAM}/move", {"statement_id": first, "to_side": moved[1]["side_id"]})
    assert conflict(client, TRAM)["review"]["state"] == "stale"
    post(client, f"/conflicts/{TRAM}/undo", {})
    assert conflict(client, TRAM)["review"]["state"] == "decided"
    assert post(client, f"/conflicts/{TOLL}/merge", {"other_id": BOSS})["todo"] == 1
    stats = client.get("/api/v1/stats").json()
    assert (stats["total"], stats["decided"], [one["conflict_id"] for one in stats["departed"]]) == (2, 1, [BOSS])
    file = client.post("/api/v1/export", json={"conflict_ids": [TRAM], "format": "claimreview"})
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.headers["content-type"] == "application/ld+json"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/conflicts/{TRAM}/decide", {"decision": "rejected", "evidence_hash": "x"}, 422),
        (f"/conflicts/{TRAM}/decide", {"decision": "confirmed", "evidence_hash": "x"}, 409),
        (f"/conflicts/{TRAM}/decide", {"decision": "duplicate", "evidence_hash": "x"}, 422),
        (f"/conflicts/{TRAM}/split", {"statement_id": "nowhere"}, 400),
        (f"/conflicts/{TRAM}/merge", {"other_id": TRAM}, 400),
        ("/conflicts/nowhere/note", {"note": "x"}, 404),
        (f"/conflicts/{TRAM}/note", {"note": "   "}, 422),
        (f"/conflicts/{TRAM}/note", {"note": "x" * 4001}, 422),
        ("/ask", {"claim": ""}, 422),
        ("/export", {"conflict_ids": []}, 422),
        (f"/conflicts/{TRAM}/note", {"note": "x", "reviewer": "Eve"}, 422),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_records_nothing(
    client: TestClient, path: str, body: object, status: int
) -> None:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"] and "\n" not in answer.json()["error"]
    assert client.get("/api/v1/run").json()["reviews"] == 0


def test_every_answer_of_the_description_has_a_model_and_every_change_says_how_it_is_allowed(
    client: TestClient,
) -> None:
    tree = client.get("/api/v1/openapi.json").json()
    assert len(tree["paths"]) >= 16
    for path, operations in tree["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert {"400", "401", "422"} <= set(operation["responses"]), path
            assert ("security" in operation) == (method != "get"), path
            for code, response in operation["responses"].items():
                if code[0] == "4" or code == "503":
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}, (path, code)


def test_a_claim_gets_the_stance_of_every_outlet(tmp_path: Path) -> None:
    app = desk_app(talking_store(tmp_path / "desk.db"), asks=True)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["x-csrf-token"] = client.get("/api/v1/session").json()["csrf"]
        answer = post(client, "/ask", {"claim": "Norline cancelled all ferry sailings"})
        found = {one["outlet"]: group["position"] for group in answer["groups"] for one in group["stances"]}
        assert found == {
            "Ellery Times": "contradicts",
            "Harbour Post": "agrees",
            "Sel Courier": "hedges",
            "Valley Echo": "silent",
        }
        said = answer["groups"][0]["stances"][0]["statements"][0]["statement"]
        assert client.get(f"/api/v1/articles/{said['article_id']}", params={"statement": said["statement_id"]}).status_code == 200  # fmt: skip
    app.state.desk.close()


# Runs

TOLD = """
import json, sys, time
order = json.loads(sys.stdin.readline())
assert set(order) == {"store", "settings"}
print("chatter of a library")
for done in range(1, 6):
    print(json.dumps({"stage": "score", "done": done, "total": 5}), flush=True)
    time.sleep(0.1)
print(json.dumps({"run": "run-1"}), flush=True)
"""


def events(address: str, path: str = "/api/v1/run/events") -> Iterator[dict[str, Any]]:
    with httpx.stream("GET", f"{address}{path}", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def test_a_run_started_from_the_desk_is_told_stage_by_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "EVENT_SECONDS", 0.03)
    monkeypatch.setattr(progress, "FRESH_SECONDS", 0.0)
    desk = Desk(plain_store(tmp_path / "desk.db"), run_command=(sys.executable, "-c", TOLD))
    with served(create_app(desk, Access(reviewer="Ada"))) as address:
        stream = events(address)
        assert next(stream)["state"] == "succeeded"
        with httpx.Client(base_url=address) as client:
            client.headers["x-csrf-token"] = client.get("/api/v1/session").json()["csrf"]
            assert post(client, "/run", status=202)["here"] is True
            assert "going on" in post(client, "/run", status=409)["error"]
            seen = []
            for told in stream:
                seen.append(told)
                if told["state"] == "succeeded":
                    break
        steps = [one["stages"][-1]["done"] for one in seen if one["stages"]]
        assert steps == sorted(steps) and steps[-1] == 5
        assert "Comparing pairs: 5 of 5" in [one["words"] for one in seen]


def test_a_run_that_ends_early_says_so_and_another_may_be_started(tmp_path: Path) -> None:
    with Desk(plain_store(tmp_path / "desk.db"), run_command=(sys.executable, "-c", "raise SystemExit(3)")) as desk:
        desk.start_run()
        deadline = time.monotonic() + 10
        while desk.progress().state == "running" and time.monotonic() < deadline:
            time.sleep(0.05)
        told = desk.progress()
        assert told.state == "failed" and "ended early" in told.words
        assert desk.start_run().state in ("running", "failed")


def test_a_run_that_another_program_makes_is_seen_and_its_death_too(tmp_path: Path) -> None:
    target = plain_store(tmp_path / "desk.db")
    with Desk(target) as desk, open_store(target) as other:
        with other.writer_lock():
            other.start_run(Run("run-2", datetime(2031, 3, 11, tzinfo=UTC)))
            told = desk.progress()
            assert (told.state, told.here, told.shown_run) == ("running", False, "run-1")
            with pytest.raises(progress.RunGoingOn):
                desk.start_run()
        time.sleep(progress.FRESH_SECONDS)
        assert (desk.progress().state, desk.progress().error) == (
            "failed",
            "the run was interrupted; the next one goes on from there",
        )


def test_the_stage_of_a_run_made_elsewhere_is_told_as_its_last_sign_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(signs, "SIGN_SECONDS", 0.0)
    target = plain_store(tmp_path / "desk.db")
    noon = datetime(2031, 3, 11, 12, tzinfo=UTC)
    with Desk(target) as desk, open_store(target) as other, other.writer_lock():
        shown: list[Progress] = []
        with signs.signs_of_run(other, shown.append, clock=lambda: noon) as on_progress:
            on_progress(Progress("score", 9, 9))  # the sign of a run before this one
            other.start_run(Run("run-2", noon + timedelta(seconds=1)))
            assert "started outside the desk" in desk.progress().words
        with signs.signs_of_run(other, shown.append, clock=lambda: noon + timedelta(seconds=2)) as on_progress:
            on_progress(Progress("pairs", 3, 12))
            told = desk.progress()
            assert (told.state, told.here, told.words) == ("running", False, "Choosing pairs: 3 of 12")
            assert [(one.stage, one.finished) for one in told.stages] == [
                ("statements", True),
                ("embed", True),
                ("pairs", False),
            ]
        assert desk.progress().stages == ()
        assert shown == [Progress("score", 9, 9), Progress("pairs", 3, 12)]


def test_more_pages_than_the_desk_can_feed_are_told_to_come_again(client: TestClient) -> None:
    client.app.state.streams.update(object() for _ in range(api.MOST_STREAMS))  # type: ignore[attr-defined]
    answer = client.get("/api/v1/run/events")
    assert (
        answer.status_code == 429 and answer.headers["retry-after"] == "30" and "close some" in answer.json()["error"]
    )


def test_processes_that_watch_the_sources_are_shown_and_silent_ones_named(client: TestClient) -> None:
    store, now = client.app.state.desk.store, datetime.now(UTC)  # type: ignore[attr-defined]
    store.heartbeats.beat(Heartbeat("wires", now, 1, "news1", "waiting", {"rounds": 12}))
    store.heartbeats.beat(Heartbeat("night", now - timedelta(hours=2), 2, "news1", "comparing"))
    store.heartbeats.beat(Heartbeat("old", now, 3, "news1", "stopped"))
    watches = client.get("/api/v1/run").json()["watches"]
    assert [(one["name"], one["silent"]) for one in watches] == [("night", True), ("wires", False)]
    assert watches[1]["words"].startswith("waiting, last heard of") and watches[1]["words"].endswith("12 rounds")
    page = client.get("/runs").text
    assert "Watching the sources" in page and "silent for longer than it should be" in page
    assert '<b dir="auto">old' not in page


@pytest.mark.models
def test_a_run_from_the_desk_is_a_run(tmp_path: Path) -> None:
    with Desk(talking_store(tmp_path / "desk.db")) as desk:
        before = desk.progress().shown_run
        desk.start_run()
        deadline = time.monotonic() + 120
        while (told := desk.progress()).state == "running" and time.monotonic() < deadline:
            time.sleep(0.2)
        assert told.state == "succeeded", told
        assert told.shown_run != before
        shown = desk.queue(api.QueueFilters(), "Ada").run
        assert shown is not None and (shown.run_id, shown.articles) == (told.shown_run, 4)


# Twenty at once


def test_twenty_reviewers_deciding_at_once_lose_nothing_while_runs_are_written(store_url: str) -> None:
    plain_store(store_url)  # type: ignore[arg-type]
    app = create_app(Desk(store_url), Access(login="token", token="t" * 20))
    with served(app) as address, open_store(store_url) as other:
        done = threading.Event()
        writer = threading.Thread(target=_write_runs, args=(other, done))
        writer.start()
        try:
            with ThreadPoolExecutor(REVIEWERS) as pool:
                told = list(pool.map(lambda number: _a_shift(address, number), range(REVIEWERS)))
        finally:
            done.set()
            writer.join()
        runs = len(other.runs())
        reviews = other.reviews.all()
    recorded = {review_id for shift in told for review_id in shift}
    assert len(recorded) == REVIEWERS * 4
    assert {review.review_id for review in reviews} == recorded
    assert runs > 2
    with Desk(store_url) as desk:
        for conflict_id in (TRAM, TOLL, BOSS):
            view = desk.conflict(conflict_id, None)
            assert len(view.review.reviewers) == REVIEWERS and view.review.disputed
        assert desk.stats().shared == 3


def _a_shift(address: str, number: int) -> list[str]:
    """One reviewer reads and decides three conflicts and leaves a note; the ids of what was recorded."""
    headers = {"authorization": f"Bearer {'t' * 20}", "x-reviewer": f"Reviewer {number}"}
    recorded = []
    with httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        for conflict_id in (TRAM, TOLL, BOSS):
            assert client.get("/api/v1/queue").status_code == 200
            kept = decide(client, conflict_id, decision="confirmed" if number % 2 else "unclear")
            recorded.append(kept["review_id"])
            mine = conflict(client, conflict_id)["review"]["mine"]
            assert mine == ("confirmed" if number % 2 else "unclear")
        recorded.append(post(client, f"/conflicts/{TRAM}/note", {"note": f"note {number}"})["review_id"])
    return recorded


def _write_runs(store: Any, done: threading.Event) -> None:
    """Runs that find the same, one after the other, as a watching process makes them."""
    number = 2
    while not done.is_set():
        run = Run(f"run-{number}", datetime(2031, 3, 9, tzinfo=UTC) + timedelta(hours=number))
        with store.writer_lock():
            store.start_run(run)
            for row in range(20):
                store.put_scores("nli", [(digest(number, row), "h", SAMPLE.findings[0].score.forward)])
            outcome = replace(SAMPLE.outcome, conflicts=SAMPLE.outcome.conflicts[:3])
            store.finish_run(replace(run, finished_at=run.started_at), outcome)
        number += 1
        done.wait(0.1)


# The command


def test_the_command_serves_until_ctrl_c_and_takes_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    target = plain_store(tmp_path / "desk.db")
    words = [sys.executable, "-m", "detector", "review", "--no-open", "--store", target, "--reviewer", "Ada"]
    with serving(words) as (first, address):
        port = address.rstrip("/").rsplit(":", 1)[1]
        assert httpx.get(f"{address}api/v1/session").json()["reviewer"] == "Ada"
        with serving([*words, "--port", port]) as (second, other):
            assert other != address
            assert httpx.get(f"{other}api/v1/queue").json()["total"] == 3
            assert stopped(second) == (0, f"Port {port} is taken")
        assert stopped(first)[0] == 0


class serving:
    """A process that serves the desk, and its address."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[subprocess.Popen[str], str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("The review desk is open at http://127.0.0.1:"), line
        return self._process, line.split()[-1]

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def stopped(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How a process ends after Ctrl-C, and what it said first on standard error, up to a semicolon."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=15)
    assert "Traceback" not in said
    return process.returncode, said.split(";")[0]
