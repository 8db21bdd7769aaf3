"""How fast the review desk answers over a large store: `python -m benchmarks.desk [--statements N] [--conflicts N]`.

With `--store postgresql://...` the same on an empty database of a PostgreSQL server. The store is generated: invented outlets, articles and conflicts of three to eight statements, a tenth of them decided. Times are of
whole requests inside the process (guard, session, desk, JSON or page), without the network.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from detector.decisions.states import make_review
from detector.records import (
    Agreement,
    Article,
    CandidatePair,
    Conflict,
    Gate,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Run,
    ScoreFactor,
    Side,
    Statement,
    Topic,
    digest,
    evidence_hash_of,
    pair_id_of,
    statement_id_of,
    text_hash_of,
)
from detector.store import Store, open_store

START = datetime(2031, 3, 1, tzinfo=UTC)
OUTLETS = 60
SENTENCES = 25
"""Statements of an article."""
WORDS = (
    "council harbour tram minister vote fire bridge budget strike river school mayor police border treaty market "
    "island farmers hospital railway court damage officials residents evening approved rejected opened closed"
).split()
KINDS = ("negation", "number", "date", "outcome", "attribution", "implicit")
LANES = ("conflict", "conflict", "conflict", "update", "forecast", "dispute")


def sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(9, 22))).capitalize() + "."


def an_article(number: int, chance: random.Random) -> tuple[Article, list[Statement]]:
    """Sentences in paragraphs of five; every sentence is a statement."""
    lines = [sentence(chance) for _ in range(SENTENCES)]
    text, spans = f"Story {number}", []
    for place, line in enumerate(lines):
        text += "\n\n" if place % 5 == 0 else " "
        spans.append((len(text), len(text) + len(line)))
        text += line
    outlet = f"Outlet {number % OUTLETS}"
    made = Article(
        article_id=digest("article", number),
        outlet_id=f"outlet-{number % OUTLETS}",
        outlet=outlet,
        text=text,
        text_hash=text_hash_of(text),
        title=f"Story {number}",
        url=f"https://outlet-{number % OUTLETS}.example/{number}",
        published_at=START + timedelta(minutes=number),
        language="en",
    )
    return made, [_statement(made, place, start, end) for place, (start, end) in enumerate(spans)]


def _statement(home: Article, place: int, start: int, end: int) -> Statement:
    text = home.text[start:end]
    return Statement(
        statement_id=statement_id_of(home.article_id, 1, start, end),
        article_id=home.article_id,
        revision=1,
        outlet_id=home.outlet_id,
        position=place,
        start=start,
        end=end,
        text=text,
        wording=text,
        text_hash=text_hash_of(text),
        form="sentence",
        context_start=max(0, start - 150),
        context_end=min(len(home.text), end + 150),
    )


def a_conflict(number: int, pool: Sequence[Statement], chance: random.Random) -> tuple[Conflict, list[PairFinding]]:
    """Two or three sides of one to four statements each, taken from neighbouring articles."""
    at = chance.randrange(len(pool) - 400)
    drawn = chance.sample(pool[at : at + 400], chance.randint(3, 8))
    cut = max(1, len(drawn) // 2)
    sides = [
        Side(
            part[0].text[:60],
            tuple(one.statement_id for one in part),
            tuple(sorted({one.outlet_id for one in part})),
            len({one.outlet_id for one in part}),
            part[0].statement_id,
        )
        for part in (drawn[:cut], drawn[cut:])
    ]
    findings = [_finding(left, right, chance) for left in drawn[:cut][:2] for right in drawn[cut:][:2]]
    made = Conflict(
        digest("conflict", number),
        f"{' '.join(chance.choices(WORDS, k=6)).capitalize()}?",
        chance.choice(KINDS),  # type: ignore[arg-type]
        chance.choice(LANES),  # type: ignore[arg-type]
        tuple(sides),
        tuple(one.pair.pair_id for one in findings),
        (ScoreFactor("excludes", 1 - number / 10_000, 1.0, "strongest pair"), ScoreFactor("origins", 0.5, 0.2)),
        evidence_hash_of(one.text_hash for one in drawn),
        topic_id=f"t{at // 2000}",
    )
    return made, findings


def _finding(left: Statement, right: Statement, chance: random.Random) -> PairFinding:
    first, second = sorted((left.statement_id, right.statement_id))
    pair = CandidatePair(pair_id_of(first, second), first, second, 0.7, "shared names")
    sure = chance.uniform(0.3, 0.98)
    probs = Probs((1 - sure) / 2, (1 - sure) / 2, sure)
    gates = (Gate("same matter", True, "both name the harbour"), Gate("exclusion", True, "0.6 needed"))
    return PairFinding(
        pair, PairScore(pair.pair_id, "nli", probs, probs), "contradicts", sure, "conflict", "negation", gates
    )


def generated_store(path: Path | str, *, statements: int, conflicts: int, decided: int) -> None:
    """A store with one finished run, and reviews of some of its conflicts."""
    chance = random.Random(7)
    pool: list[Statement] = []
    made: dict[str, Conflict] = {}
    findings: dict[str, PairFinding] = {}
    with open_store(path) as store:
        for number in range(statements // SENTENCES):
            article, found = an_article(number, chance)
            store.add_articles([article])
            store.put_statements(article, "generated", found)
            pool += found
        for number in range(conflicts):
            conflict, pairs = a_conflict(number, pool, chance)
            made[conflict.conflict_id] = conflict
            findings |= {one.pair.pair_id: one for one in pairs}
        topics = tuple(
            Topic(f"t{number}", f"topic {number}", tuple(one.statement_id for one in pool[at : at + 2000]))
            for number, at in enumerate(range(0, len(pool), 2000))
        )
        agreements = tuple(_agreement(number, pool, chance) for number in range(conflicts // 5))
        run = Run("generated", START + timedelta(days=9), counts={"articles": statements // SENTENCES})
        with store.writer_lock():
            store.start_run(run)
            outcome = Outcome(topics, tuple(made.values()), agreements, tuple(findings.values()))
            store.finish_run(replace(run, finished_at=run.started_at), outcome)
        _review(store, list(made.values())[:decided], {one.statement_id: one for one in pool})


def _agreement(number: int, pool: Sequence[Statement], chance: random.Random) -> Agreement:
    at = chance.randrange(len(pool) - 400)
    drawn = chance.sample(pool[at : at + 400], 3)
    outlets = tuple(sorted({one.outlet_id for one in drawn}))
    return Agreement(
        digest("agreement", number),
        drawn[0].text[:60],
        tuple(one.statement_id for one in drawn),
        outlets,
        len(outlets),
        0.8,
    )


def _review(store: Store, conflicts: Sequence[Conflict], known: dict[str, Statement]) -> None:
    store.reviews.add(
        [
            make_review(
                one,
                known,
                reviewer=f"reviewer {place % 20}",
                now=START + timedelta(days=10, seconds=place),
                decision="confirmed",
            )
            for place, one in enumerate(conflicts)
        ]
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one kind of request; `processor` is what it costs on a machine with nothing else to do."""

    what: str
    processor: float
    median: float
    high: float


def timed(what: str, call: Callable[[int], Any], *, times: int) -> Timing:
    taken, worked = [], []
    for number in range(times):
        begun, busy = time.perf_counter(), time.process_time()
        answer = call(number)
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - busy))
        assert answer.status_code == 200, answer.text
    high = sorted(taken)[int(0.95 * (len(taken) - 1))]
    return Timing(what, statistics.median(worked), statistics.median(taken), high)


def measure(path: Path | str, *, times: int) -> tuple[list[Timing], float]:
    """Times of the pages and of the API, and seconds until the store was loaded."""
    from starlette.testclient import TestClient

    from detector.review.app import create_app
    from detector.review.desk import Desk
    from detector.review.security import Access

    with Desk(path) as desk:
        begun = time.perf_counter()
        snapshot = desk.snapshot()
        loading = time.perf_counter() - begun
        assert snapshot is not None
        client = TestClient(create_app(desk, Access(reviewer="Ada")), base_url="http://127.0.0.1")
        csrf = {"x-csrf-token": client.get("/api/v1/session").json()["csrf"]}
        client.post("/api/v1/look", headers=csrf)
        ids = [row.conflict_id for row in random.Random(3).sample(snapshot.rows, min(times, len(snapshot.rows)))]
        by_id = snapshot.by_id

        def decide(number: int) -> Any:
            row = by_id[ids[number]]
            asked = {"decision": "confirmed", "evidence_hash": row.evidence}
            return client.post(f"/api/v1/conflicts/{row.conflict_id}/decide", json=asked, headers=csrf)

        def split(number: int) -> Any:
            row = by_id[ids[number]]
            longest = max(row.sides, key=lambda side: len(side.statement_ids))
            asked = {"statement_id": longest.statement_ids[-1]}
            return client.post(f"/api/v1/conflicts/{row.conflict_id}/split", json=asked, headers=csrf)

        calls: list[tuple[str, Callable[[int], Any]]] = [
            ("list, API", lambda _: client.get("/api/v1/queue")),
            ("list, page", lambda _: client.get("/")),
            ("list filtered by outlet, lane and words, API", lambda number: client.get("/api/v1/queue", params={"outlet": f"outlet-{number % OUTLETS}", "lane": "conflict", "q": WORDS[number % len(WORDS)], "state": "all"})),
            ("conflict, API", lambda number: client.get(f"/api/v1/conflicts/{ids[number]}")),
            ("conflict, page", lambda number: client.get(f"/conflicts/{ids[number]}")),
            ("article, API", lambda number: client.get(f"/api/v1/articles/{digest('article', number)}")),
            ("a decision recorded", decide),
            ("list right after decisions, API", lambda _: client.get("/api/v1/queue")),
        ]  # fmt: skip
        found = [timed(what, call, times=min(times, len(ids))) for what, call in calls]
        found.append(timed("a statement split off, the whole list ranked again", split, times=min(times, 20)))
    return found, loading


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--statements", type=int, default=100_000)
    options.add_argument("--conflicts", type=int, default=5_000)
    options.add_argument("--times", type=int, default=60)
    options.add_argument("--store", help="Keep the generated store here, a file or a database, and use it again.")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.store or str(Path(folder) / "desk.db")
        with open_store(path) as store:
            is_made = store.last_run() is not None
        if not is_made:
            generated_store(
                path, statements=chosen.statements, conflicts=chosen.conflicts, decided=chosen.conflicts // 10
            )
        found, loading = measure(path, times=chosen.times)
    print(f"{chosen.statements:,} statements, {chosen.conflicts:,} conflicts; loaded once in {loading:.1f} s\n")
    print(f"Load: {os.getloadavg()[0] / (os.cpu_count() or 1):.1f} a core.\n")
    print("| request | processor time | median | 95 % |\n|---|---|---|---|")
    for one in found:
        print(f"| {one.what} | {one.processor:.1f} ms | {one.median:.1f} ms | {one.high:.1f} ms |")


if __name__ == "__main__":
    main()
