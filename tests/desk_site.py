"""A review desk on a free port for the browser tests, on stores of invented conflicts: plain ones and hostile ones."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_fixture import HOSTILE, Sample, article, conflict, finding, side, statement

from detector.records import (
    Article,
    Conflict,
    Outcome,
    PairFinding,
    Review,
    Run,
    ScoreFactor,
    SeenStatement,
    Statement,
    Topic,
)
from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.security import Access
from detector.settings import Settings
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article

if TYPE_CHECKING:
    from fastapi import FastAPI

PAYLOADS = (
    HOSTILE,
    "\"><svg onload=window.hacked=1><a href=javascript:window.hacked=1 onfocus='window.hacked=1' autofocus>x</a>",
    "</textarea></title></style></script><script>window.hacked=1</script><!-- {{ 7 * 7 }} {% raw %}",
    "'; alert(1); // \\u003cscript\\u003ewindow.hacked=1</ScRiPt> &lt;script&gt; <base href=//evil.example>",
    "\u202egnihton\u202c \u2066lost\u2069 \u200f\u200e left \x1b[31mred\x1b[0m \x07 \ufeff\u200b",
    "z\u0351\u036b\u0343\u036a" * 60
    + " \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f469\u200d\U0001f467",
    "word" * 25_000,
    "many words and no end " * 900,
    "   ",
    "\u2028\u2029\t\r\n..\\..//etc/passwd %00 %2e%2e/ ?a=b&c=d#e",
)
"""Texts as somebody who means harm, or a broken feed, would send them."""
ADDRESSES = (
    "javascript:window.hacked=1",
    " JaVaScRiPt:window.hacked=1",
    "data:text/html,<script>window.hacked=1</script>",
    'https://evil.example/"onmouseover=window.hacked=1',
    "//evil.example/x",
    "https://safe.example/" + "long" * 400,
    "vbscript:x",
    "file:///etc/passwd",
)


def hostile_findings() -> tuple[list[Article], list[Statement], Outcome]:
    """One conflict a payload, with the payload in every field that a page shows."""
    articles: list[Article] = []
    statements: list[Statement] = []
    conflicts: list[Conflict] = []
    pairs: list[PairFinding] = []
    topics: list[Topic] = []
    for number, payload in enumerate(PAYLOADS):
        made = []
        for which in ("left", "right"):
            body = f"Before {payload} it. The {which} gate {number} was {payload} shut. After {payload} it."
            home = replace(
                article(f"Outlet {number} {which} {payload[:3000]}", body, title=f"{which} {number} {payload}"),
                url=ADDRESSES[number % len(ADDRESSES)],
                author=payload,
                owner=f"Owner {payload}",
                path=f"../../{number}{which}.txt",
                published_at=datetime(2031, 3, 1 + number, tzinfo=UTC),
                outlet_id=f"outlet-{number}-{which}",
                article_id=f"a{number}{which}",
            )
            said = statement(home, f"The {which} gate {number} was {payload} shut.", speaker=payload, via=payload)
            articles.append(home)
            statements.append(said)
            made.append(said)
        found = finding(made[0], made[1], 0.9)
        gates = tuple(replace(gate, name=payload, reason=payload) for gate in found.gates)
        pairs.append(replace(found, gates=gates, pair=replace(found.pair, rule=payload)))
        topics.append(Topic(f"t{number}", payload, tuple(one.statement_id for one in made)))
        question = f"{number}: was it {payload}?"
        sides = [side(payload or "?", [made[0]]), side(f"not {payload}", [made[1]])]
        base = conflict(question, sides, pairs[-1:], kind="negation", topic_id=f"t{number}", note=payload)
        conflicts.append(replace(base, factors=(ScoreFactor(payload, 0.5, 2.0, payload),)))
    return articles, statements, Outcome(tuple(topics), tuple(conflicts), (), tuple(pairs))


def store_of(
    path: Path, articles: list[Article], statements: list[Statement], outcome: Outcome, *, run_id: str = "run-1"
) -> str:
    """A store with one run that found just this; its address."""
    with open_store(path) as store:
        store.add_articles(articles)
        for home in articles:
            own = [one for one in statements if one.article_id == home.article_id]
            store.put_statements(home, "sample", sorted(own, key=lambda one: one.start))
        start_and_finish(store, outcome, run_id=run_id, articles=len(articles))
    return str(path)


def start_and_finish(store: Any, outcome: Outcome, *, run_id: str, articles: int) -> None:
    run = Run(run_id, datetime(2031, 3, 9, 12, 0, tzinfo=UTC), counts={"articles": articles})
    with store.writer_lock():
        store.start_run(run)
        store.finish_run(replace(run, finished_at=datetime(2031, 3, 9, 12, 4, tzinfo=UTC)), outcome)


def plain_store(path: Path, *, decided: bool = False) -> str:
    """The invented run of the report's tests, without its hostile conflict."""
    sample = Sample()
    outcome = replace(sample.outcome, conflicts=sample.outcome.conflicts[:3])
    made = store_of(path, sample.articles, sample.statements, outcome)
    if decided:
        with open_store(made) as store:
            _decide(store, sample)
    return made


def _decide(store: Any, sample: Sample) -> None:
    """Two reviewers on the first conflict who differ, and one on the second, whose evidence was another then."""
    texts = {one.statement_id: one for one in sample.statements}
    tram, toll = sample.outcome.conflicts[:2]

    def seen(found: Conflict, *, without: int = 0) -> tuple[SeenStatement, ...]:
        return tuple(
            SeenStatement(place, one, texts[one].outlet_id, texts[one].text_hash, texts[one].text)
            for place, side in enumerate(found.sides[: len(found.sides) - without])
            for one in side.statement_ids
        )

    at = datetime(2031, 3, 9, 14, 0, tzinfo=UTC)
    store.reviews.add(
        [
            Review("r1", tram.conflict_id, "Ben Aro", at, decision="confirmed", note="Both are on the record.",
                   question=tram.question, evidence_hash=tram.evidence_hash, seen=seen(tram)),
            Review("r2", tram.conflict_id, "Ada Lind", at, decision="rejected", reason="update",
                   question=tram.question, evidence_hash=tram.evidence_hash, seen=seen(tram)),
            Review("r3", toll.conflict_id, "Ben Aro", at, decision="confirmed",
                   question=toll.question, evidence_hash="then", seen=seen(toll, without=1)),
        ]
    )  # fmt: skip


def hostile_store(path: Path) -> str:
    return store_of(path, *hostile_findings())


def talking_store(path: Path) -> str:
    """A store that a whole run with the shipped fakes has filled, so that claims can be asked about."""
    from detector.pipeline import ingest, run
    from detector.statements import load_pipeline

    told = {
        "Harbour Post": "Norline cancelled all ferry sailings on Wednesday.",
        "Ellery Times": "Norline did not cancel all ferry sailings on Wednesday.",
        "Sel Courier": "Norline may cancel all ferry sailings on Wednesday, two officials said.",
        "Valley Echo": "The dam on the Sel held on Tuesday night.",
    }
    settings = Settings()
    with open_store(path) as store:
        ingest(store, [make_article(text, outlet=outlet) for outlet, text in told.items()])
        run(
            store,
            settings=settings,
            now=datetime(2031, 4, 3, tzinfo=UTC),
            encoder=HashingEncoder(),
            nli=LexicalNLI(),
            nlp=load_pipeline(settings.statements),
        )
    return str(path)


def desk_app(target: str, *, access: Access | None = None, asks: bool = False) -> FastAPI:
    """The desk over a store; where claims are asked about, with the shipped fakes."""
    settings, models = Settings(), None
    if asks:
        from detector.statements import load_pipeline

        models = {"encoder": HashingEncoder(), "nli": LexicalNLI(), "nlp": load_pipeline(settings.statements)}
    return create_app(Desk(target, settings=settings, models=models), access or Access(reviewer="Ada Lind"))


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address at which the app answers while the block runs."""
    import uvicorn

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the desk did not start within 20 seconds")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)
    app.state.desk.close()
