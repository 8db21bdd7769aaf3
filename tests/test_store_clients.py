"""Many people at once: what twenty clients record while a run writes is all there afterwards, once each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from store_values import NOON, article, found, in_another_process

from detector.records import Heartbeat, Review, Run
from detector.store import open_store

CLIENTS = 20
EACH = 5

RECORD = """
import sys
from datetime import UTC, datetime
from detector.records import Review
from detector.store import open_store
with open_store(sys.argv[1]) as store:
    print("READY", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        review = Review(f"{sys.argv[2]}-{number}", "c1", sys.argv[2], datetime.now(UTC), decision="confirmed")
        store.reviews.add([review])
"""


def a_run_is_made(url: str, run_id: str, articles: int) -> None:
    with open_store(url) as store, store.writer_lock(wait=60):
        store.start_run(Run(run_id, NOON))
        for number in range(articles):
            store.add_articles([article(f"{run_id}-{number:03}")])
        store.finish_run(replace(Run(run_id, NOON), finished_at=NOON + timedelta(minutes=1)), found())


def test_reviews_of_twenty_threads_of_one_desk_and_a_run_are_all_kept(store_url: str) -> None:
    with open_store(store_url) as desk, ThreadPoolExecutor(CLIENTS + 1) as threads:

        def record(name: str) -> None:
            for number in range(EACH):
                desk.reviews.add([Review(f"{name}-{number}", "c1", name, NOON, decision="confirmed")])
                desk.heartbeats.beat(Heartbeat(name, NOON, number, "host"))
                assert desk.reviews.get(f"{name}-{number}").reviewer == name

        running = threads.submit(a_run_is_made, store_url, "r1", 40)
        clients = [threads.submit(record, f"client{number:02}") for number in range(CLIENTS)]
        for done in [running, *clients]:
            done.result()
        kept = desk.reviews.all()
        assert sorted(review.review_id for review in kept) == [
            f"client{client:02}-{number}" for client in range(CLIENTS) for number in range(EACH)
        ]
        for client in range(CLIENTS):
            of_one = [review.review_id for review in kept if review.reviewer == f"client{client:02}"]
            assert of_one == sorted(of_one), "each one's reviews stay in the order in which they were recorded"
        assert len(desk.heartbeats.all()) == CLIENTS
        assert (desk.counts()["articles"], desk.outcome("r1")) == (40, found())
        assert desk.check() == []


def test_reviews_of_several_processes_and_a_run_are_all_kept(store_url: str) -> None:
    open_store(store_url).close()
    clients = [in_another_process(RECORD, store_url, f"client{number}", str(EACH)) for number in range(4)]
    for client in clients:
        assert client.stdout is not None and client.stdout.readline() == "READY\n"
    said = [go_on(client) for client in clients]
    a_run_is_made(store_url, "r1", 40)
    for client in said:
        client.communicate()
    assert [client.returncode for client in clients] == [0, 0, 0, 0]
    with open_store(store_url, read_only=True) as store:
        assert store.reviews.count() == 4 * EACH
        assert (store.counts()["articles"], store.outcome("r1")) == (40, found())


def go_on(client: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert client.stdin is not None
    client.stdin.write("go on\n")
    client.stdin.flush()
    return client


def test_the_same_review_sent_by_every_client_is_kept_once(new_store: Callable[[], str]) -> None:
    review = Review("r", "c1", "ann", NOON, decision="unclear")
    with open_store(new_store()) as desk, ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(lambda _: desk.reviews.add([review]), range(CLIENTS)))
        assert desk.reviews.all() == [review]
