"""How a run starts: what it loads, where, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detector import models
from detector.errors import ModelError
from detector.pipeline import Workbench, apart, ingest, run
from detector.pipeline.stages import is_read, split_pending
from detector.records import Article
from detector.settings import ModelSettings, Settings
from detector.statements import load_pipeline, split_articles
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI, make_article

NOW = datetime(2031, 4, 3, tzinfo=UTC)
SETTINGS = Settings()
HELD = make_article("The dam on the Sel held on Tuesday. The mayor, Ana Reis, thanked her crew.", outlet="Sel Courier")
LOST = make_article("The dam on the Sel did not hold on Tuesday, the council said.", outlet="Valley Echo")
FRENCH = make_article("Le barrage a tenu mardi.", outlet="Le Courrier", language="fr")

Loaded = list[str]


@pytest.fixture(scope="module")
def nlp() -> Any:
    return load_pipeline(SETTINGS.statements)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """The models that were loaded, by name; fakes stand in for them."""
    names: Loaded = []

    def loading(name: str, model: Callable[[], Any]) -> Callable[[ModelSettings], Any]:
        def load(_: ModelSettings) -> Any:
            names.append(name)
            return model()

        return load

    monkeypatch.setattr(models, "load_encoder", loading("encoder", HashingEncoder))
    monkeypatch.setattr(models, "load_nli", loading("nli", LexicalNLI))
    monkeypatch.setattr(models, "encoder_id_of", lambda _: HashingEncoder().encoder_id)
    monkeypatch.setattr(models, "scorer_id_of", lambda _: LexicalNLI().scorer_id)
    return names


def analyse(folder: Path, articles: list[Article], nlp: Any) -> None:
    with open_store(folder / "news.db") as store:
        ingest(store, articles)
        run(store, settings=SETTINGS, now=NOW, nlp=nlp)


def test_few_articles_split_in_a_process_of_their_own_have_the_same_statements(nlp: Any) -> None:
    here = [found for _, found in split_articles([HELD, LOST], nlp=nlp, settings=SETTINGS.statements)]
    begun = apart.begin([HELD, LOST], SETTINGS.statements)
    assert begun is not None
    assert begun.statements() == here and all(here)


def test_what_a_process_of_its_own_cannot_split_is_split_here(
    tmp_path: Path, nlp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_ANSWER", "raise SystemExit('no pipeline')")
    monkeypatch.setattr("detector.statements.load_pipeline", lambda _: nlp)
    monkeypatch.setattr(Workbench, "starts_cold", True)
    bench = Workbench(SETTINGS, HashingEncoder(), LexicalNLI())
    with open_store(tmp_path / "news.db") as store:
        ingest(store, [HELD])
        split_pending(store, bench, lambda _: None)
        assert len(store.statements(bench.statements_fingerprint)) == 2


def test_many_articles_are_split_where_they_are() -> None:
    many = [replace(HELD, article_id=f"{number:016x}") for number in range(apart.MOST_ARTICLES + 1)]
    assert apart.begin(many, SETTINGS.statements) is None


def test_articles_of_one_outlet_load_no_model_to_compare_them(tmp_path: Path, nlp: Any, loaded: Loaded) -> None:
    analyse(tmp_path, [HELD], nlp)
    assert loaded == ["encoder"]


def test_articles_in_a_language_that_is_not_read_load_no_model(tmp_path: Path, nlp: Any, loaded: Loaded) -> None:
    analyse(tmp_path, [FRENCH], nlp)
    assert loaded == []


def test_each_model_is_loaded_once_where_two_outlets_are_compared(tmp_path: Path, nlp: Any, loaded: Loaded) -> None:
    analyse(tmp_path, [HELD, LOST], nlp)
    assert loaded == ["encoder", "nli"]


@pytest.mark.parametrize("name", ["encoder", "nli"])
def test_a_model_that_cannot_be_loaded_is_tried_once_and_told_of(
    tmp_path: Path, nlp: Any, loaded: Loaded, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tried: list[str] = []

    def missing(_: ModelSettings) -> Any:
        tried.append(name)
        raise ModelError("no such model")

    monkeypatch.setattr(models, f"load_{name}", missing)
    with pytest.raises(ModelError, match="no such model"):
        analyse(tmp_path, [HELD, LOST], nlp)
    assert tried == [name]


def test_a_regional_form_of_a_language_is_read_as_the_language() -> None:
    assert is_read(replace(HELD, language="en-GB"), SETTINGS.statements)
    assert not is_read(FRENCH, SETTINGS.statements)


@pytest.mark.parametrize("words, code", [(["--version"], 0), (["show-nothing"], 2)])
def test_the_command_leaves_with_its_exit_code_and_all_it_said(words: list[str], code: int) -> None:
    done = subprocess.run([sys.executable, "-m", "detector", *words], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert (done.stdout if code == 0 else done.stderr).endswith("\n")
