"""The gold of corpus/ holds what it promises, and a run shows the story of the ceasefire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.api import report_tree
from detector.corpus import read_paths
from detector.errors import InputError
from detector.evaluation.gold import Evidence, check_story, find_stories, load_gold, visible_text
from detector.evaluation.metrics import said
from detector.pipeline import Workbench
from detector.records import Article, Rejection, outlet_id_of
from detector.settings import ReadingSettings, Settings

CORPUS = Path(__file__).parent.parent / "corpus"
STORIES = find_stories(CORPUS)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_quote_stands_in_its_article(story: Path) -> None:
    assert check_story(story) == ()


def test_the_sample_has_the_six_stories_of_the_readme() -> None:
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    assert len(STORIES) == 6
    for story in STORIES:
        assert f"| `{story.name}` | {len(load_gold(story).articles)} |" in readme


def test_every_agreement_is_of_several_outlets_and_every_conflict_to_flag_too() -> None:
    def outlets(evidence: tuple[Evidence, ...]) -> set[str]:
        return {piece.outlet for piece in evidence}

    for story in STORIES:
        gold = load_gold(story)
        assert all(len(outlets(agreement.evidence)) > 1 for agreement in gold.agreements)
        for conflict in gold.flagged:
            assert len(outlets(tuple(piece for side in conflict.sides for piece in side.evidence))) > 1


def test_putin_and_the_ceasefire_is_the_one_conflict_of_its_story_with_four_stances() -> None:
    (conflict,) = load_gold(CORPUS / "ceasefire-30-days").flagged
    assert conflict.question == "Has Putin accepted the 30-day ceasefire?"
    assert [side.position.split()[0] for side in conflict.sides] == ["Rejected", "Unlikely", "Undecided,", "Open,"]


def test_every_text_about_real_events_is_marked_as_a_summary() -> None:
    story = CORPUS / "ceasefire-30-days"
    for article in load_gold(story).articles:
        raw = (story / article.file).read_text(encoding="utf-8")
        text = visible_text(story / article.file, article.record)
        assert f"Summary of reporting by {article.outlet}" in text
        assert "Summary in our own words, not the outlet's text" in raw
        words = len(text.split())
        assert 120 <= words <= 250, f"{article.outlet}: {words} words"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_no_article_and_no_quote_is_lost_in_reading(story: Path) -> None:
    readings = list(read_paths([story], ReadingSettings()))
    read = {one.outlet_id: said(one.outlet, one.text) for one in readings if isinstance(one, Article)}
    gold = load_gold(story)
    assert [one for one in readings if isinstance(one, Rejection)] == []
    assert set(read) == {outlet_id_of(article.outlet) for article in gold.articles}
    for evidence in gold.evidence():
        quote = said(evidence.outlet, evidence.quote)
        words = read[quote.outlet_id].words
        places = range(len(words) - len(quote.words) + 1)
        assert any(words[at : at + len(quote.words)] == quote.words for at in places), evidence.quote


def _write_story(folder: Path, gold: dict[str, object]) -> Path:
    folder.mkdir()
    (folder / "wire.txt").write_text("Outlet: The Wire\n\nThe dam\nheld on Monday.\n", encoding="utf-8")
    (folder / "gold.json").write_text(json.dumps({"story": folder.name, **gold}), encoding="utf-8")
    return folder


def _conflict(
    quote: str, *, outlet: str = "The Wire", kind: str = "number", should_flag: bool = True
) -> dict[str, object]:
    evidence = [{"file": "wire.txt", "outlet": outlet, "quote": quote}]
    side = {"position": "p", "evidence": evidence}
    return {
        "id": "c1",
        "kind": kind,
        "question": "?",
        "sides": [side, side],
        "difficulty": 1,
        "should_flag": should_flag,
    }


ARTICLES = [{"file": "wire.txt", "outlet": "The Wire"}]


def test_a_quote_may_run_over_a_line_break(tmp_path: Path) -> None:
    gold = {"articles": ARTICLES, "conflicts": [_conflict("The dam held")]}
    assert check_story(_write_story(tmp_path / "dam", gold)) == ()


@pytest.mark.parametrize(
    ("conflict", "complaint"),
    [
        (_conflict("The dam burst"), "not in the visible text: 'The dam burst'"),
        (_conflict("The dam held", outlet="The Wyre"), "no article of 'The Wyre' there"),
        (_conflict("The dam held", kind="figure"), "kind 'figure' is none of"),
        (_conflict("The dam held", kind="update"), "kind 'update' and should_flag True do not fit"),
    ],
)
def test_gold_that_does_not_fit_its_articles_is_named(
    tmp_path: Path, conflict: dict[str, object], complaint: str
) -> None:
    problems = check_story(_write_story(tmp_path / "dam", {"articles": ARTICLES, "conflicts": [conflict]}))
    assert any(complaint in problem for problem in problems)


def test_an_id_used_twice_and_a_missing_file_are_named(tmp_path: Path) -> None:
    conflict = _conflict("The dam held")
    articles = [*ARTICLES, {"file": "gone.txt", "outlet": "The Gone"}]
    problems = check_story(_write_story(tmp_path / "dam", {"articles": articles, "conflicts": [conflict, conflict]}))
    assert "conflict id 'c1' is used 2 times" in problems
    assert "gone.txt: listed in the gold and not in the folder" in problems


def test_gold_of_another_form_is_refused_with_the_place(tmp_path: Path) -> None:
    broken = {**_conflict("The dam held"), "sides": []}
    folder = _write_story(tmp_path / "dam", {"articles": ARTICLES, "conflicts": [broken]})
    with pytest.raises(InputError, match=r"gold\.json: conflicts\.0\.sides: .*see corpus/README\.md"):
        load_gold(folder)


def test_a_folder_without_gold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no gold\.json in it"):
        find_stories(tmp_path)


def test_hidden_parts_of_a_page_are_not_its_visible_text(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<title>t</title><script>var offer = '999p'</script><p>It&rsquo;s <b>415p</b>.</p>", encoding="utf-8"
    )
    assert visible_text(page) == "It’s 415p."


def test_front_matter_and_marks_of_markdown_are_not_visible_text(tmp_path: Path) -> None:
    page = tmp_path / "note.md"
    page.write_text("---\noutlet: X\n---\n\n# A head\n\n- He *did* sign_up at **noon**.\n", encoding="utf-8")
    assert visible_text(page) == "A head He did sign_up at noon."


@pytest.mark.models
def test_a_run_shows_all_four_outlets_on_the_scale_of_putins_decision() -> None:
    tree = report_tree(CORPUS / "ceasefire-30-days", bench=Workbench(Settings()))
    first = tree["conflicts"][0]
    assert first["lane"] == "conflict"
    assert {outlet: side["stance"] for side in first["sides"] for outlet in side["outlets"]} == {
        "Latin Times": "rejected",
        "TG": "unlikely",
        "RksNews": "undecided",
        "Unattributed page": "open",
    }
