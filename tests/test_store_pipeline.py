"""What holds of runs in a file holds of runs on a server, and both find the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from conftest import fresh_database
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from postgres_server import Server
from store_values import in_another_process
from test_pipeline import STORIES, Killed, KilledAfter, analyse, batches, contents

from detector.api import report_of
from detector.pipeline import ingest
from detector.report.json import as_tree
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """What one run over all articles leaves in a file."""
    return batches(tmp_path_factory.mktemp("at-once") / "once.db", [STORIES])


@hypothesis_settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, 3)))
def test_random_batches_on_a_server_end_as_one_run_in_a_file(
    postgres: Server, at_once: tuple[Any, ...], seed: int, cuts: set[int]
) -> None:
    shuffled = random.Random(seed).sample(STORIES, k=4)
    edges = [0, *sorted(cuts), 4]
    parts = [
        shuffled[: edges[at + 1]] if at % 2 else shuffled[edges[at] : edges[at + 1]] for at in range(len(cuts) + 1)
    ]
    assert batches(fresh_database(postgres, template="empty_store"), parts) == at_once  # type: ignore[arg-type]


def test_a_second_run_with_nothing_new_calls_no_model(store_url: str) -> None:
    encoder, nli = HashingEncoder(), LexicalNLI()
    with open_store(store_url) as store:
        ingest(store, STORIES)
        first = analyse(store, encoder=encoder, nli=nli)
        calls = encoder.calls, nli.calls
        ingest(store, STORIES)
        assert analyse(store, encoder=encoder, nli=nli, nlp=None) == first
    assert (encoder.calls, nli.calls) == calls
    assert min(calls) > 0


def test_a_run_cut_off_goes_on_where_it_stopped(
    store_url: str, at_once: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.pipeline.stages.SCORE_BATCH", 4)
    with open_store(store_url) as store:
        ingest(store, STORIES)
        with pytest.raises(Killed):
            analyse(store, nli=KilledAfter(2))
        kept = store.counts()["scores"]
    with open_store(store_url) as store:
        nli = LexicalNLI()
        analyse(store, nli=nli)
        assert contents(store) == at_once
        assert nli.texts_seen == 2 * (store.counts()["scores"] - kept)
    assert kept > 0


RUN = """
import os, signal, sys
from datetime import UTC, datetime
from detector.pipeline import ingest, run
from detector.settings import Settings
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI
from test_pipeline import STORIES, analyse
import detector.pipeline.stages
detector.pipeline.stages.SCORE_BATCH = 4
class Dying(LexicalNLI):
    def score(self, pairs, *, progress=None):
        if self.calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().score(pairs, progress=progress)
with open_store(sys.argv[1]) as store:
    ingest(store, STORIES)
    analyse(store, nli=Dying())
"""


def test_a_killed_process_leaves_a_server_free_and_its_work_is_taken_up(
    postgres: Server, at_once: tuple[Any, ...]
) -> None:
    url = fresh_database(postgres, template="empty_store")
    code = f"import sys; sys.path.insert(0, {str(__file__.rpartition('/')[0])!r})\n{RUN}"
    killed = in_another_process(code, url)
    killed.communicate()
    assert killed.returncode == -9
    with open_store(url) as store:
        assert store.runs()[0].status == "running" and store.counts()["scores"] > 0
        analyse(store)
        assert contents(store) == at_once
        assert [run.error for run in store.runs()] == [None, "interrupted"]


def test_reports_of_a_server_and_of_a_file_are_one(postgres: Server, tmp_path: Path) -> None:
    edited = make_article(
        "The ferry company Norline cancelled some sailings on Wednesday. The mayor met the union.",
        outlet="Harbour Post",
        title="Ferries stay in port",
        published="2031-04-02",
    )
    reports = []
    for address in (fresh_database(postgres, template="empty_store"), tmp_path / "news.db"):
        with open_store(address) as store:
            ingest(store, STORIES)
            first = analyse(store)
            ingest(store, [edited])
            second = analyse(store)
            tree = as_tree(report_of(store, second, since=first))
            assert [kept.revision for kept in store.revisions(edited.article_id)] == [1, 2]
            reports.append({key: value for key, value in tree.items() if key != "run"})
    assert reports[0] == reports[1]
    assert reports[0]["conflicts"]
