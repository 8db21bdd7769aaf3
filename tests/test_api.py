"""The pipeline in one call: paths or a DataFrame in, DataFrames and a report out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import detector
from detector import pipeline
from detector.api import find_conflicts, report_of
from detector.errors import InputError, SettingsError
from detector.settings import Settings
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI

ARTICLES = pd.DataFrame(
    [
        {
            "outlet": "Harbour Post",
            "published": "2031-04-02",
            "title": "Ferries stay in port",
            "text": "The ferry company Norline cancelled all sailings on Wednesday after its crews walked out. "
            "The mayor of Port Ellery met the union on Tuesday evening.",
        },
        {
            "outlet": "Ellery Times",
            "published": "2031-04-02",
            "title": "Ferries sail",
            "text": "The ferry company Norline did not cancel all sailings on Wednesday after its crews walked out. "
            "Rain is expected on the northern coast by Thursday morning.",
        },
    ]
)


@pytest.fixture
def fakes() -> dict[str, Any]:
    return {"encoder": HashingEncoder(), "nli": LexicalNLI()}


def test_a_frame_of_articles_gives_frames_of_conflicts_and_agreements(fakes: dict[str, Any]) -> None:
    findings = find_conflicts(ARTICLES, **fakes)
    assert [article.outlet for article in findings.ingested.accepted] == ["Harbour Post", "Ellery Times"]
    assert {"rank", "question", "side", "outlet", "text", "published_at"} <= set(findings.conflicts.columns)
    assert {"position", "outlet", "text"} <= set(findings.agreements.columns)
    assert findings.report.article_count == 2


def test_a_folder_gives_what_its_rows_in_a_frame_give(fakes: dict[str, Any], tmp_path: Path) -> None:
    ARTICLES.to_csv(tmp_path / "articles.csv", index=False)
    from_file = find_conflicts(tmp_path, **fakes)
    from_frame = find_conflicts(ARTICLES, **fakes)
    columns = ["rank", "question", "side", "outlet", "text"]
    pd.testing.assert_frame_equal(from_file.conflicts[columns], from_frame.conflicts[columns])


def test_a_store_keeps_what_was_given_before(fakes: dict[str, Any], tmp_path: Path) -> None:
    find_conflicts(ARTICLES.head(1), store=tmp_path / "news.db", **fakes)
    both = find_conflicts(ARTICLES.tail(1), store=tmp_path / "news.db", **fakes)
    assert both.report.article_count == 2
    assert len(both.ingested.accepted) == 1


def test_without_a_store_nothing_is_kept(fakes: dict[str, Any]) -> None:
    find_conflicts(ARTICLES.head(1), **fakes)
    assert find_conflicts(ARTICLES.tail(1), **fakes).report.article_count == 1


def test_when_nothing_can_be_read_the_first_reason_is_given(fakes: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"no article could be read; 1 rejected, the first: .*empty\.txt"):
        find_conflicts(tmp_path, **fakes)


def test_a_folder_without_articles_is_said_to_hold_none(fakes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no article was found"):
        find_conflicts(tmp_path, **fakes)


def test_settings_may_be_a_file(fakes: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text("[conflicts]\nlimit = 1\n", encoding="utf-8")
    assert len(find_conflicts(ARTICLES, settings=tmp_path / "strict.toml", **fakes).report.entries) <= 1
    with pytest.raises(SettingsError):
        find_conflicts(ARTICLES, settings=tmp_path / "missing.toml", **fakes)


def test_the_report_of_a_run_keeps_showing_the_text_it_compared_after_an_edit(
    fakes: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "news.db"
    find_conflicts(ARTICLES, store=path, **fakes)
    with open_store(path) as store:
        run = store.last_run()
        assert run is not None
        before = report_of(store, run)
        edited = [replace(article, text=article.text + " More.", text_hash="edited") for article in store.articles()]
        pipeline.ingest(store, edited)
        assert report_of(store, run) == before


def test_progress_names_stages_and_ends_at_their_totals(fakes: dict[str, Any]) -> None:
    seen: list[pipeline.Progress] = []
    find_conflicts(ARTICLES, on_progress=seen.append, **fakes)
    last = {progress.stage: progress for progress in seen}
    assert {"statements", "embed"} <= set(last)
    assert all(progress.done == progress.total for progress in last.values())


def test_a_public_name_is_found_and_an_unknown_one_is_explained() -> None:
    assert detector.find_conflicts is find_conflicts
    assert set(detector.__all__) <= set(dir(detector))
    with pytest.raises(AttributeError, match="its public names are"):
        detector.find_contradictions  # noqa: B018


def test_settings_given_as_a_value_are_used_as_they_are(fakes: dict[str, Any]) -> None:
    settings = Settings()
    run = find_conflicts(ARTICLES, settings=settings, **fakes).report.run
    assert run.settings == settings.model_dump(mode="json")
    assert run.started_at <= datetime.now(UTC)
