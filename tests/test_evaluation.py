"""How reports and models are scored: hand-made reports and probabilities with known figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from builders import article, pair, statement
from builders import score as pair_score

from detector.errors import InputError
from detector.evaluation.__main__ import main
from detector.evaluation.funnel import funnel_frame, funnel_table, trace_story
from detector.evaluation.gate import Floors, Limits, breaches, load_floors, nli_breaches, story_breaches
from detector.evaluation.gold import GoldStory, merge_gold
from detector.evaluation.metrics import overlaps, said, score_report
from detector.evaluation.nli import (
    OTHER,
    LabelledPair,
    compare_models,
    find_pair_files,
    load_pairs,
    nli_figures,
    nli_table,
    phenomenon_table,
    sample_evenly,
)
from detector.evaluation.stories import (
    Evaluation,
    evaluate_corpus,
    evaluate_together,
    kind_table,
    plain_text,
    story_table,
)
from detector.records import Gate, PairFinding, Relation, Statement

Sides = Sequence[Sequence[tuple[str, str]]]


def report(*entries: Sides, agreements: Sequence[Sequence[tuple[str, str]]] = ()) -> dict[str, Any]:
    """A report of conflict-lane entries, each a list of sides of (outlet, text)."""
    return {
        "schema": "detector-report/1",
        "conflicts": [entry(sides, rank=rank) for rank, sides in enumerate(entries, start=1)],
        "agreements": [{"position": "", "statements": statements(group)} for group in agreements],
    }


def entry(sides: Sides, *, rank: int, lane: str = "conflict") -> dict[str, Any]:
    return {
        "rank": rank,
        "lane": lane,
        "kind": "number",
        "question": "?",
        "sides": [{"position": "", "statements": statements(side)} for side in sides],
    }


def statements(side: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"text": text, "article": {"outlet": outlet}} for outlet, text in side]


def evidence(*pieces: tuple[str, str]) -> list[dict[str, str]]:
    return [{"file": f"{outlet}.txt", "outlet": outlet, "quote": quote} for outlet, quote in pieces]


def gold_conflict(
    name: str, *sides: Sequence[tuple[str, str]], kind: str = "number", flag: bool = True
) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "question": name,
        "sides": [{"position": "p", "evidence": evidence(*side)} for side in sides],
        "difficulty": 1,
        "should_flag": flag,
    }


def gold_of(*conflicts: dict[str, Any]) -> GoldStory:
    return GoldStory.model_validate(
        {"story": "s", "articles": [{"file": "w", "outlet": "Wire"}], "conflicts": list(conflicts)}
    )


DEAD_4 = ("Wire", "Four people were killed in the blast")
DEAD_9 = ("Post", "The blast killed nine people on Monday")
SIREN = ("Wire", "Sirens sounded at once")
NO_SIREN = ("Blog", "There was no alarm and the siren never went off")
TOLL_MON = ("Wire", "Three injured were counted on Monday night")
TOLL_WED = ("Post", "By Wednesday the injured were twelve, up from three")
STAFF = ("Wire", "The plant employs 140 people")
STAFF_ROUND = ("Post", "It has well over a hundred workers on its books")
MOVED = ("Wire", "Around 600 residents had to leave")
MOVED_TOO = ("Post", "Some 600 residents were told to leave")
MOVED_THREE = ("Blog", "600 of us had to go")

GOLD = GoldStory.model_validate(
    {
        "story": "blast",
        "articles": [{"file": f"{outlet}.txt", "outlet": outlet} for outlet in ("Wire", "Post", "Blog")],
        "conflicts": [
            gold_conflict("dead", [DEAD_4], [DEAD_9]),
            gold_conflict("siren", [SIREN], [NO_SIREN], kind="negation"),
            gold_conflict("toll", [TOLL_MON], [TOLL_WED], kind="update", flag=False),
        ],
        "agreements": [{"question": "moved?", "evidence": evidence(MOVED, MOVED_TOO, MOVED_THREE)}],
        "decoys": [{"why": "rounding", "pair": evidence(STAFF, STAFF_ROUND)}],
    }
)


class TestOverlap:
    def test_a_statement_that_holds_the_quote_overlaps_it(self) -> None:
        assert overlaps(said("Wire", "Officials said that four people were killed."), said("Wire", "four people were"))

    def test_a_part_of_the_quote_overlaps_it_however_short(self) -> None:
        assert overlaps(said("Wire", "No."), said("Wire", "No. About a dozen have been in hospital"))

    def test_the_same_words_of_another_outlet_do_not_overlap(self) -> None:
        assert not overlaps(said("Post", DEAD_4[1]), said("Wire", DEAD_4[1]))

    def test_outlets_are_the_same_with_and_without_the(self) -> None:
        assert overlaps(said("The Ellery Standard", "It burned."), said("Ellery Standard", "It burned."))

    def test_three_of_five_words_are_too_few_and_four_of_six_enough(self) -> None:
        assert not overlaps(said("W", "one two three x y"), said("W", "one a two b three c d e"))
        assert overlaps(said("W", "one two three four x y"), said("W", "one a two b three c four d e"))

    def test_four_shared_words_of_seven_are_below_sixty_percent(self) -> None:
        assert not overlaps(said("W", "one two three four x y z"), said("W", "one a two b three c four d e"))

    def test_a_word_counts_as_often_as_both_texts_have_it(self) -> None:
        assert not overlaps(said("W", "the the the the dog"), said("W", "the cat sat with a big hat"))

    def test_a_number_is_not_contained_in_a_longer_number(self) -> None:
        assert not overlaps(said("W", "rose to 5"), said("W", "rose to 58"))
        assert not overlaps(said("W", "worth 1.2"), said("W", "worth 1.24 billion"))

    def test_case_curly_quotes_and_spacing_do_not_matter(self) -> None:
        assert overlaps(said("W", "It’s  NOT\nover"), said("W", "it's not over"))

    def test_a_text_without_words_overlaps_nothing(self) -> None:
        assert not overlaps(said("W", "…"), said("W", "… it said"))


class TestHits:
    def test_two_sides_that_match_two_gold_sides_hit(self) -> None:
        assert score_report(GOLD, report([[DEAD_4], [DEAD_9]])).found == {"dead": 1}

    def test_both_gold_sides_on_one_reported_side_do_not_hit(self) -> None:
        assert score_report(GOLD, report([[DEAD_4, DEAD_9], [("Blog", "Something else was said")]])).found == {}

    def test_two_reported_sides_of_one_gold_side_do_not_hit(self) -> None:
        gold = gold_of(gold_conflict("c", [DEAD_4, NO_SIREN], [DEAD_9]))
        assert score_report(gold, report([[DEAD_4], [NO_SIREN]])).found == {}

    def test_one_statement_that_overlaps_both_gold_sides_needs_a_second_side(self) -> None:
        both = ("Wire", "Four people were killed in the blast, not nine. Sirens sounded at once")
        gold = gold_of(gold_conflict("c", [DEAD_4], [SIREN]))
        assert score_report(gold, report([[both], [NO_SIREN]])).found == {}
        assert score_report(gold, report([[both], [both]])).found == {"c": 1}
        assert score_report(gold, report([[both], [SIREN]])).found == {"c": 1}

    def test_the_sides_may_come_in_any_order_and_with_a_third(self) -> None:
        third = [("Blog", "Nobody knows how many")]
        assert score_report(GOLD, report([third, [DEAD_9], [DEAD_4]])).found == {"dead": 1}

    def test_one_entry_may_hit_two_gold_conflicts(self) -> None:
        assert score_report(GOLD, report([[DEAD_4, SIREN], [DEAD_9, NO_SIREN]])).found == {"dead": 1, "siren": 1}


class TestRecallAndPrecision:
    FALSE = ([STAFF], [("Blog", "Another matter altogether")])

    def test_recall_counts_conflicts_and_precision_counts_entries(self) -> None:
        score = score_report(GOLD, report([[DEAD_4], [DEAD_9]], self.FALSE, [[DEAD_9], [DEAD_4]]))
        assert score.recall(5) == 1 / 2
        assert score.precision(5) == 2 / 3

    def test_what_comes_after_k_does_not_count(self) -> None:
        score = score_report(GOLD, report(*[self.FALSE] * 5, [[DEAD_4], [DEAD_9]]))
        assert (score.recall(5), score.recall(10)) == (0, 1 / 2)
        assert (score.precision(5), score.precision(10)) == (0, 1 / 6)
        assert score.first_true == 6

    def test_rank_decides_and_not_the_order_in_the_file(self) -> None:
        shuffled = report()
        shuffled["conflicts"] = [entry(self.FALSE, rank=2), entry([[DEAD_4], [DEAD_9]], rank=1)]
        assert score_report(GOLD, shuffled).found == {"dead": 1}

    def test_entries_of_other_lanes_are_no_part_of_k_and_hits_there_are_told_apart(self) -> None:
        mixed = report()
        mixed["conflicts"] = [
            entry([[DEAD_4], [DEAD_9]], rank=1, lane="update"),
            entry([[SIREN], [NO_SIREN]], rank=2),
        ]
        score = score_report(GOLD, mixed)
        assert score.found == {"siren": 1}
        assert score.elsewhere == {"dead": "update"}
        assert (score.entries, score.precision(5), score.first_true) == (1, 1.0, 1)

    def test_an_empty_report_has_recall_zero_and_no_precision(self) -> None:
        score = score_report(GOLD, report())
        assert score.recall(5) == 0
        assert math.isnan(score.precision(5))


class TestErrorsOfTheConflictLane:
    def test_an_update_in_the_conflict_lane_is_an_error_and_no_hit(self) -> None:
        score = score_report(GOLD, report([[TOLL_MON], [TOLL_WED]]))
        assert score.wrong_lane == ("toll",)
        assert (score.found, score.precision(5)) == ({}, 0)

    def test_an_update_in_its_own_lane_is_none(self) -> None:
        right = report()
        right["conflicts"] = [entry([[TOLL_MON], [TOLL_WED]], rank=1, lane="update")]
        assert score_report(GOLD, right).wrong_lane == ()

    def test_a_decoy_counts_when_its_halves_stand_on_two_sides(self) -> None:
        assert score_report(GOLD, report([[STAFF], [STAFF_ROUND]])).decoys == (0,)

    def test_a_decoy_on_one_side_is_not_flagged(self) -> None:
        assert score_report(GOLD, report([[STAFF, STAFF_ROUND], [NO_SIREN]])).decoys == ()

    def test_a_decoy_in_two_entries_is_not_flagged(self) -> None:
        assert score_report(GOLD, report([[STAFF], [NO_SIREN]], [[STAFF_ROUND], [NO_SIREN]])).decoys == ()

    def test_a_decoy_flagged_twice_counts_once(self) -> None:
        assert score_report(GOLD, report([[STAFF], [STAFF_ROUND]], [[STAFF_ROUND], [STAFF]])).decoys == (0,)


class TestAgreements:
    def test_two_pieces_of_evidence_in_one_reported_agreement_are_enough(self) -> None:
        assert score_report(GOLD, report(agreements=[[MOVED, MOVED_THREE]])).agreements == (0,)

    def test_pieces_spread_over_two_reported_agreements_are_not(self) -> None:
        other = ("Blog", "The sea was calm")
        assert score_report(GOLD, report(agreements=[[MOVED, other], [MOVED_TOO, other]])).agreements == ()


def test_a_report_of_another_schema_is_refused() -> None:
    with pytest.raises(InputError, match=r"schema: .*expected a report of schema detector-report/1"):
        score_report(GOLD, {**report(), "schema": "detector-report/2"})
    with pytest.raises(InputError, match=r"conflicts\.0\.sides: Field required"):
        score_report(GOLD, {**report(), "conflicts": [{"rank": 1}]})


def renamed(story: str) -> GoldStory:
    return GOLD.model_copy(update={"story": story})


GOOD = score_report(renamed("a"), report([[DEAD_4], [DEAD_9]], agreements=[[MOVED, MOVED_TOO]]))
POOR = score_report(renamed("b"), report(*[TestRecallAndPrecision.FALSE] * 3, [[STAFF], [STAFF_ROUND]]))
SILENT = score_report(renamed("c"), report())


class TestOverStories:
    def test_the_mean_weighs_stories_and_the_pool_weighs_entries(self) -> None:
        evaluation = Evaluation(scores=(GOOD, POOR))
        assert evaluation.mean()["precision@5"] == 1 / 2
        assert evaluation.pooled()["precision@5"] == 1 / 5
        assert evaluation.pooled()["recall@5"] == evaluation.mean()["recall@5"] == 1 / 4
        assert evaluation.pooled()["decoys"] == 1 / 2
        assert (evaluation.lowest()["precision@5"], evaluation.highest()["precision@5"]) == (0, 1)
        assert evaluation.deviation()["precision@5"] == pytest.approx(math.sqrt(1 / 2))

    def test_a_story_without_entries_has_no_part_in_mean_precision_and_counts_in_recall(self) -> None:
        evaluation = Evaluation(scores=(GOOD, SILENT))
        assert evaluation.mean()["precision@5"] == 1
        assert evaluation.mean()["recall@5"] == 1 / 4

    def test_the_frame_has_a_row_a_story_and_a_column_a_figure(self) -> None:
        frame = Evaluation(scores=(GOOD, POOR)).to_frame()
        assert list(frame.index) == ["a", "b"]
        assert frame.loc["a", "agreements"] == 1
        assert frame.loc["b", "decoys"] == 1

    def test_the_findings_frame_lists_what_was_missed(self) -> None:
        frame = Evaluation(scores=(GOOD,)).findings_frame()
        assert frame[frame["place"].isna()]["id"].tolist() == ["siren"]

    def test_the_entries_frame_names_the_decoy_that_an_entry_flags(self) -> None:
        frame = Evaluation(scores=(GOOD, POOR)).entries_frame()
        assert frame["hits"].tolist() == ["dead", "", "", "", ""]
        assert frame["decoys"].tolist()[-1] == "rounding"

    def test_the_table_ends_with_mean_spread_and_pool(self) -> None:
        table = story_table(Evaluation(scores=(GOOD, POOR)))
        assert [row[0] for row in table.rows] == ["a", "b", "mean", "lowest", "highest", "pooled"]
        assert all(len(row) == len(table.header) for row in table.rows)
        silent = story_table(Evaluation(scores=(SILENT,)))
        assert silent.rows[0][silent.header.index("P@5")] == "-"

    def test_the_kind_table_counts_each_conflict_once_a_kind(self) -> None:
        table = kind_table(Evaluation(scores=(GOOD, POOR)))
        assert table.rows == (
            ("negation", "2", "0", "0", "0"),
            ("number", "2", "1", "1", "1"),
            ("difficulty 1", "4", "1", "1", "1"),
        )

    def test_plain_text_aligns_columns(self) -> None:
        lines = plain_text(kind_table(Evaluation(scores=(GOOD,)))).splitlines()
        assert lines[1:3] == ["kind         gold @5 @10 @20", "negation        1  0   0   0"]

    def test_the_story_table_fits_80_columns(self) -> None:
        long_name = score_report(renamed("marchetti-transfer"), report([[DEAD_4], [DEAD_9]]))
        assert max(map(len, plain_text(story_table(Evaluation(scores=(long_name, POOR)))).splitlines())) <= 80


def write_gold(folder: Path, gold: GoldStory) -> None:
    folder.mkdir(parents=True)
    (folder / "gold.json").write_text(gold.model_dump_json(), encoding="utf-8")


class TestRunningStories:
    def test_each_story_is_run_alone_on_its_own_folder(self, tmp_path: Path) -> None:
        for name in ("b", "a"):
            write_gold(tmp_path / name, renamed(name))
        seen: list[Path] = []

        def run_story(folder: Path) -> Mapping[str, Any]:
            seen.append(folder)
            return report([[DEAD_4], [DEAD_9]])

        evaluation = evaluate_corpus(tmp_path, run_story=run_story)
        assert seen == [tmp_path / "a", tmp_path / "b"]
        assert [score.recall(5) for score in evaluation.scores] == [1 / 2, 1 / 2]

    def test_one_story_folder_is_a_corpus_of_one(self, tmp_path: Path) -> None:
        write_gold(tmp_path / "a", renamed("a"))
        assert evaluate_corpus(tmp_path / "a", run_story=lambda _: report()).scores[0].story == "a"

    def test_together_the_whole_folder_is_run_once_and_k_counts_entries_a_story(self, tmp_path: Path) -> None:
        write_gold(tmp_path / "a", renamed("a"))
        other = merge_gold([renamed("b")], name="b")
        write_gold(tmp_path / "b", other)
        false = TestRecallAndPrecision.FALSE
        entries = report(*[false] * 9, [[DEAD_4], [DEAD_9]], *[false] * 5)
        evaluation = evaluate_together(tmp_path, run_story=lambda folder: entries if folder == tmp_path else {})
        (score,) = evaluation.scores
        assert set(score.found) == {"a:dead", "b:b:dead"}
        assert score.recall(5) == 2 / 4
        assert score.precision(5) == 1 / 10


class TestGate:
    FIGURES: ClassVar = {"recall@20": 0.7, "decoys": 0.1, "precision@5": float("nan")}

    def test_figures_at_their_bounds_pass(self) -> None:
        limits = Limits(at_least={"recall@20": 0.7}, at_most={"decoys": 0.1})
        assert breaches(self.FIGURES, limits, where="all") == ()

    def test_a_figure_below_its_floor_and_one_above_its_ceiling_are_named(self) -> None:
        limits = Limits(at_least={"recall@20": 0.71}, at_most={"decoys": 0.09})
        assert [str(breach) for breach in breaches(self.FIGURES, limits, where="all")] == [
            "all: recall@20 is 0.700, expected at least 0.710",
            "all: decoys is 0.100, expected at most 0.090",
        ]

    def test_a_figure_that_cannot_be_measured_is_below_any_floor(self) -> None:
        assert len(breaches(self.FIGURES, Limits(at_least={"precision@5": 0.0}), where="all")) == 1

    def test_a_floor_of_an_unknown_figure_is_refused(self) -> None:
        with pytest.raises(InputError, match="no figure recall@21"):
            breaches(self.FIGURES, Limits(at_least={"recall@21": 0.1}), where="all")

    def test_floors_hold_the_pool_and_single_stories(self) -> None:
        evaluation = Evaluation(scores=(GOOD, POOR))
        floors = Floors(stories=Limits(at_least={"precision@5": 0.3}), story={"a": Limits(at_most={"first_true": 1.0})})
        assert [str(breach) for breach in story_breaches(evaluation, floors)] == [
            "all stories: precision@5 is 0.200, expected at least 0.300"
        ]
        with pytest.raises(InputError, match="z: has floors and was not evaluated"):
            story_breaches(evaluation, Floors(story={"z": Limits()}))

    def test_the_shipped_floors_name_figures_that_exist(self) -> None:
        floors = load_floors()
        known = Evaluation(scores=(GOOD,)).figures(GOOD)
        for limits in (floors.stories, *floors.story.values()):
            assert {*limits.at_least, *limits.at_most} <= set(known)

    def test_a_misspelt_floors_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "floors.toml"
        path.write_text("[stories.at_last]\n'recall@20' = 0.5\n", encoding="utf-8")
        with pytest.raises(InputError, match="not a file of floors"):
            load_floors(path)


PAIRS = tuple(
    LabelledPair(f"premise {number}", f"hypothesis {number}", label, phenomenon)
    for number, (label, phenomenon) in enumerate(
        [("entailment", "place")] * 15 + [("contradiction", "cause")] * 4 + [("neutral", "date")]
    )
)


def certain(*columns: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probabilities of .8 for the given columns of NLI_LABELS."""
    return np.array([[0.8 if column == place else 0.1 for place in range(3)] for column in columns])


class TestNLI:
    RIGHT = certain(*[0] * 15, *[2] * 4, 1)

    def test_a_model_that_is_always_right_has_full_marks_and_is_too_modest(self) -> None:
        figures = nli_figures(self.RIGHT, PAIRS, model="m", set_name="s")
        assert (figures.accuracy, figures.macro_f1, figures.contradiction_ap) == (1, 1, 1)
        assert figures.ece_before == pytest.approx(0.2)
        assert figures.ece_after is not None
        assert figures.ece_after < 0.05
        assert figures.temperature < 1

    def test_a_temperature_that_a_model_ships_is_used_as_it_is(self) -> None:
        figures = nli_figures(self.RIGHT, PAIRS, model="m", set_name="s", temperature=2.0)
        assert figures.temperature == 2.0
        assert figures.ece_after is not None
        assert figures.ece_after > 0.3

    def test_average_precision_is_that_of_scikit_learn(self) -> None:
        from sklearn.metrics import average_precision_score

        generator = np.random.default_rng(7)
        probs = generator.dirichlet([1, 1, 1], size=len(PAIRS)).round(1)
        probs /= probs.sum(axis=1, keepdims=True)
        figures = nli_figures(probs, PAIRS, model="m", set_name="s")
        contradicting = [pair.label == "contradiction" for pair in PAIRS]
        assert figures.contradiction_ap == pytest.approx(average_precision_score(contradicting, probs[:, 2]))

    def test_macro_f1_is_that_of_scikit_learn(self) -> None:
        from sklearn.metrics import f1_score

        probs = np.random.default_rng(3).dirichlet([1, 1, 1], size=len(PAIRS))
        labels = [("entailment", "neutral", "contradiction").index(pair.label) for pair in PAIRS]
        expected = f1_score(labels, probs.argmax(axis=1), average="macro", labels=sorted(set(labels)))
        assert nli_figures(probs, PAIRS, model="m", set_name="s").macro_f1 == pytest.approx(expected)

    def test_rare_phenomena_are_counted_together(self) -> None:
        wrong_cause = certain(*[0] * 15, 2, 2, 0, 0, 1)
        figures = nli_figures(wrong_cause, PAIRS, model="m", set_name="s")
        assert figures.phenomena == {"place": (15, 1.0), OTHER: (5, 3 / 5)}

    def test_models_stand_side_by_side_on_each_set(self) -> None:
        class Constant:
            def __init__(self, scorer_id: str, column: int) -> None:
                self.scorer_id = scorer_id
                self.column = column

            def score(self, pairs: Sequence[tuple[str, str]], *, progress: object = None) -> Any:
                return certain(*[self.column] * len(pairs)).astype(np.float32)

        models = [(Constant("yes", 0), 1.0), (Constant("no", 2), 1.5)]
        figures = compare_models({"one": PAIRS, "two": PAIRS[:16]}, models)
        table = nli_table(figures)
        assert [row[:4] for row in table.rows] == [
            ("one", "yes", "20", "0.750"),
            ("one", "no", "20", "0.200"),
            ("two", "yes", "16", "0.938"),
            ("two", "no", "16", "0.062"),
        ]
        assert [row[-1][-1] == "*" for row in table.rows] == [True, False, True, False]
        assert phenomenon_table(figures).rows[:2] == (
            (OTHER, "one", "5", "0.000", "0.800"),
            ("place", "one", "15", "1.000", "0.000"),
        )

    def test_a_set_without_contradictions_has_no_contradiction_precision(self) -> None:
        figures = nli_figures(certain(*[0] * 15), PAIRS[:15], model="m", set_name="s")
        assert figures.contradiction_ap is None

    def test_the_floor_of_a_set_is_held_by_its_figures(self) -> None:
        figures = nli_figures(self.RIGHT, PAIRS, model="m", set_name="news")
        assert nli_breaches(figures, Floors(nli={"news": Limits(at_least={"accuracy": 1.0, "macro_f1": 0.9})})) == ()
        (breach,) = nli_breaches(figures, Floors(nli={"news": Limits(at_most={"ece": 0.0})}))
        assert breach.figure == "ece"

    def test_pairs_are_read_from_a_folder_and_a_bad_row_is_named(self, tmp_path: Path) -> None:
        row = {"premise": "p", "hypothesis": "h", "label": "neutral", "phenomenon": "place"}
        (tmp_path / "good.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        (tmp_path / "two.jsonl").write_text(json.dumps({**row, "label": "not_entailment"}) + "\n", encoding="utf-8")
        files = find_pair_files(tmp_path)
        assert list(files) == ["good", "two"]
        assert load_pairs(files["good"]) == (LabelledPair("p", "h", "neutral", "place"),)
        with pytest.raises(InputError, match="row 1 has label 'not_entailment'"):
            load_pairs(files["two"])

    def test_a_sample_is_spread_over_the_file(self) -> None:
        assert [pair.premise for pair in sample_evenly(PAIRS, 4)] == [f"premise {n}" for n in (0, 5, 10, 15)]
        assert sample_evenly(PAIRS, 100) == PAIRS


class TestCommand:
    def test_a_report_file_is_scored(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_gold(tmp_path / "blast", GOLD)
        file = tmp_path / "report.json"
        file.write_text(json.dumps(report([[DEAD_4], [DEAD_9]])), encoding="utf-8")
        assert main(["report", str(file), "--gold", str(tmp_path / "blast")]) == 0
        assert "blast" in capsys.readouterr().out

    def test_a_missing_report_is_an_error_in_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_gold(tmp_path / "blast", GOLD)
        assert main(["report", str(tmp_path / "gone.json"), "--gold", str(tmp_path / "blast")]) == 2
        assert capsys.readouterr().err.startswith("error: ")


class TestFunnel:
    WIRE, POST = article("Wire"), article("Post")
    FOUR = statement(DEAD_4[1], WIRE)
    NINE = statement(DEAD_9[1], POST)
    ARTICLES: ClassVar = {WIRE.article_id: WIRE, POST.article_id: POST}

    def finding(self, *, passed: bool) -> PairFinding:
        between = pair(self.FOUR, self.NINE)
        gates = (Gate("exclusion", passed, ""), Gate("claim", True, ""))
        relation: Relation = "contradicts" if passed else "none"
        return PairFinding(between, pair_score(between), relation, 0.4, "conflict", "number", gates)

    def step(
        self,
        tree: dict[str, Any],
        *statements: Statement,
        gated: Sequence[Statement] = (),
        findings: Sequence[PairFinding] = (),
    ) -> tuple[str, tuple[str, ...]]:
        gold = gold_of(gold_conflict("dead", [DEAD_4], [DEAD_9]))
        (trace,) = trace_story(
            score_report(gold, tree),
            statements=[*statements, *gated],
            taking_part={one.statement_id for one in statements},
            findings=findings,
            articles=self.ARTICLES,
        )
        return trace.step, trace.gates

    def test_a_side_that_no_statement_holds_was_lost_in_reading(self) -> None:
        assert self.step(report(), self.FOUR) == ("read", ())

    def test_a_side_of_gated_statements_was_lost_as_no_claim(self) -> None:
        assert self.step(report(), self.FOUR, gated=[self.NINE]) == ("claim", ())

    def test_sides_never_compared_were_lost_in_blocking(self) -> None:
        assert self.step(report(), self.FOUR, self.NINE) == ("pair", ())

    def test_a_compared_pair_names_the_gates_that_stopped_it(self) -> None:
        findings = [self.finding(passed=False)]
        assert self.step(report(), self.FOUR, self.NINE, findings=findings) == ("gate", ("exclusion",))

    def test_a_contradiction_without_an_entry_was_lost_in_grouping(self) -> None:
        assert self.step(report(), self.FOUR, self.NINE, findings=[self.finding(passed=True)]) == ("entry", ())

    def test_an_entry_of_another_lane_is_told_from_one_found(self) -> None:
        update = report()
        update["conflicts"] = [entry([[DEAD_4], [DEAD_9]], rank=1, lane="update")]
        assert self.step(update, self.FOUR, self.NINE)[0] == "lane"
        assert self.step(report([[DEAD_4], [DEAD_9]]), self.FOUR, self.NINE)[0] == "found"

    def test_the_table_counts_steps_and_the_frame_starts_with_what_came_least_far(self) -> None:
        gold = gold_of(gold_conflict("a", [DEAD_4], [DEAD_9]), gold_conflict("b", [SIREN], [NO_SIREN]))
        tree = report([[DEAD_4], [DEAD_9]])
        traces = trace_story(
            score_report(gold, tree),
            statements=[self.FOUR, self.NINE],
            taking_part=[],
            findings=[],
            articles=self.ARTICLES,
        )
        assert [row[:2] for row in funnel_table(traces).rows] == [("read", "1"), ("found", "1")]
        assert funnel_frame(traces)["id"].tolist() == ["b", "a"]
