"""Each step of the program can be switched off alone, and nothing else changes with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import article, count, day, pair, score, statement

from detector.conflicts import PairWeights
from detector.conflicts.relations import FEATURES, Both, Logistic, pair_features
from detector.conflicts.signals import signals_of
from detector.evaluation import ablation
from detector.evaluation.__main__ import main
from detector.evaluation.ablation import NLI_ALONE, STEPS, WHOLE, Program, Story
from detector.evaluation.held_out import ScoredStory, evaluate_held_out, scored_story
from detector.evaluation.metrics import score_report
from detector.evaluation.pair_weights import LabelledPairs
from detector.evaluation.stories import Evaluation, markdown, plain_text
from detector.pipeline import Workbench
from detector.records import QUOTE_RULE, Article, Conflict, Outcome, PairScore, Statement
from detector.settings import Settings
from detector.store import open_store
from detector.testing import HashingEncoder, LexicalNLI

CORPUS = Path(__file__).parent.parent / "corpus"
STORIES = ("brightmere-halden", "quillan-hepatitis")

ENTAILMENT_ALONE = replace(NLI_ALONE, weights=tuple(float(name == "entailment") for name in FEATURES))
TAKEN_AT_ITS_WORD = PairWeights(contradicts=NLI_ALONE, agrees=ENTAILMENT_ALONE)
"""Pair models that repeat the NLI model: its mean contradiction, its greater entailment."""

Said = tuple[Statement, Article]


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench(Settings(), HashingEncoder(), LexicalNLI())


def said(text: str, outlet: str, *, published: str | None = "2031-03-08", **fields: object) -> Said:
    source = article(outlet, published=published)
    return statement(text, source, **fields), source


def story_of(
    *statements: Said, contradiction: float = 0.9, entailment: float = 0.0, rule: str = "similar"
) -> ScoredStory:
    """Every two of the statements compared, all with one score, at similarity .3 and orthogonal vectors."""
    ordered = sorted((one for one, _ in statements), key=lambda one: one.statement_id)
    pairs = [
        replace(pair(left, right, similarity=0.3), rule=rule)
        for place, left in enumerate(ordered)
        for right in ordered[place + 1 :]
    ]
    scores: dict[str, PairScore] = {
        of.pair_id: score(of, contradiction=contradiction, entailment=entailment) for of in pairs
    }
    axes = np.eye(len(ordered), dtype=np.float32)
    return ScoredStory(
        pairs=pairs,
        scores=scores,
        statements={one.statement_id: one for one in ordered},
        articles={source.article_id: source for _, source in statements},
        vectors={one.statement_id: axes[place] for place, one in enumerate(ordered)},
        origins={source.article_id: source.article_id for _, source in statements},
    )


def whole(scored: ScoredStory, bench: Workbench) -> Outcome:
    return ablation.outcome_under(Program(), scored, bench, TAKEN_AT_ITS_WORD)


def without(step: str, scored: ScoredStory, bench: Workbench) -> Outcome:
    return ablation.outcome_under(STEPS[step](Program()), scored, bench, TAKEN_AT_ITS_WORD)


def only(outcome: Outcome) -> Conflict:
    (conflict,) = outcome.conflicts
    return conflict


def test_without_the_claims_gate_a_question_can_stand_in_a_conflict(bench: Workbench) -> None:
    scored = story_of(
        said("Did Orsk sign the truce?", "A", names="PERSON:orsk", claim_gate="question", claim_score=0.1),
        said("Orsk refused the truce.", "B", names="PERSON:orsk"),
    )
    assert whole(scored, bench).conflicts == ()
    assert len(without("claims gate", scored, bench).conflicts) == 1


def test_without_the_same_matter_gate_two_companies_contradict_each_other(bench: Workbench) -> None:
    scored = story_of(
        said("Halvorsen accepted the bid.", "A", names="ORG:halvorsen"),
        said("Brabant turned down an offer.", "B", names="ORG:brabant"),
    )
    assert whole(scored, bench).conflicts == ()
    assert len(without("same-matter gate", scored, bench).conflicts) == 1


def test_another_gate_stays_shut_when_one_is_opened(bench: Workbench) -> None:
    scored = story_of(
        said("Halvorsen accepted the bid.", "A", names="ORG:halvorsen"),
        said("Brabant turned down an offer.", "B", names="ORG:brabant"),
        contradiction=0.1,
    )
    assert without("same-matter gate", scored, bench).conflicts == ()


def test_without_numbers_compatible_figures_stop_no_pair(bench: Workbench) -> None:
    words = "people marched through Malta city centre on"
    scored = story_of(
        said(f"310,000 {words} Sunday.", "A", names="GPE:malta", quantities=(count(310_000, "marcher"),)),
        said(f"300,000 {words} Sunday again.", "B", names="GPE:malta", quantities=(count(300_000, "marcher"),)),
    )
    assert whole(scored, bench).conflicts == ()
    assert only(without("numbers", scored, bench)).kind != "number"


def test_without_time_later_news_and_a_forecast_are_conflicts(bench: Workbench) -> None:
    news = story_of(
        said("Orsk is undecided on the truce.", "A", names="PERSON:orsk", published="2031-03-01"),
        said("Orsk rejected the truce.", "B", names="PERSON:orsk", published="2031-03-09"),
    )
    forecast = story_of(
        said("Orsk will likely sign.", "A", names="PERSON:orsk", modality="likely", tense="future"),
        said("Orsk did not sign.", "B", names="PERSON:orsk", tense="past"),
    )
    assert [only(whole(scored, bench)).lane for scored in (news, forecast)] == ["update", "forecast"]
    assert [only(without("time", scored, bench)).lane for scored in (news, forecast)] == ["conflict", "conflict"]


def test_without_time_two_dates_do_not_make_a_conflict_one_of_dates(bench: Workbench) -> None:
    scored = story_of(
        said("Orsk signed on Friday.", "A", names="PERSON:orsk", times=(day("Friday", "2031-03-07"),)),
        said("Orsk signed last Monday.", "B", names="PERSON:orsk", times=(day("Monday", "2031-03-03"),)),
    )
    assert only(whole(scored, bench)).kind == "date"
    assert only(without("time", scored, bench)).kind != "date"


def test_without_speakers_a_dispute_is_a_conflict_of_outlets(bench: Workbench) -> None:
    scored = story_of(
        said("The dam held, Orsk said.", "A", names="FAC:dam", speaker="Davit Orsk", modality="reported"),
        said("The dam broke, Marosh said.", "B", names="FAC:dam", speaker="Lida Marosh", modality="reported"),
    )
    assert only(whole(scored, bench)).lane == "dispute"
    assert only(without("speakers", scored, bench)).lane == "conflict"


def test_without_speakers_the_same_quoted_words_are_no_conflict(bench: Workbench) -> None:
    scored = story_of(
        said("“The valley will not forget this winter.”", "A", speaker="Davit Orsk"),
        said("“This valley will not forget the winter.”", "B", speaker="Lida Marosh"),
        contradiction=0.05,
        rule=QUOTE_RULE,
    )
    assert only(whole(scored, bench)).kind == "attribution"
    assert without("speakers", scored, bench).conflicts == ()


def test_without_hedging_firmness_is_no_factor_and_the_others_stay(bench: Workbench) -> None:
    scored = story_of(
        said("Orsk may sign the truce.", "A", names="PERSON:orsk", modality="possible"),
        said("Orsk refused the truce.", "B", names="PERSON:orsk"),
    )
    before, after = only(whole(scored, bench)), only(without("hedging", scored, bench))
    assert {one.name for one in before.factors} - {one.name for one in after.factors} == {"firmness"}


def test_without_the_pair_model_the_probability_is_the_mean_contradiction_of_both_directions() -> None:
    (left, left_article), (right, right_article) = said("The dam held.", "A"), said("The dam broke.", "B")
    scored = score(pair(left, right), contradiction=0.6)
    other = score(pair(left, right), contradiction=0.2)
    signals = signals_of(left, right, left_article, right_article)
    features = pair_features(left, right, signals, scored.forward, other.backward, similarity=0.5, mutual=False)
    assert NLI_ALONE.probability(features) == pytest.approx(0.4)


def test_without_the_pair_model_agreements_are_still_fitted() -> None:
    fitted = PairWeights(contradicts=ENTAILMENT_ALONE, agrees=ENTAILMENT_ALONE)
    assert STEPS["pair model"](Program()).weights(fitted) == PairWeights(NLI_ALONE, ENTAILMENT_ALONE)


def test_without_grouping_every_contradicting_pair_is_an_entry(bench: Workbench) -> None:
    one = said("Orsk signed the truce.", "A", names="PERSON:orsk")
    same = said("Orsk signed the truce.", "B", names="PERSON:orsk")
    other = said("Orsk refused the truce.", "C", names="PERSON:orsk")
    scored = story_of(one, same, other)
    among_signers = pair(*sorted((one[0], same[0]), key=lambda said: said.statement_id)).pair_id
    scored = replace(scored, pairs=[of for of in scored.pairs if of.pair_id != among_signers])
    assert len(only(whole(scored, bench)).pair_ids) == 2
    assert [len(entry.pair_ids) for entry in without("grouping", scored, bench).conflicts] == [1, 1]


def test_without_the_agreement_model_only_the_same_words_agree(bench: Workbench) -> None:
    said_alike = [
        said("Orsk signed the truce.", "A", names="PERSON:orsk"),
        said("Orsk put his name to the truce.", "B", names="PERSON:orsk"),
    ]
    scored = story_of(*said_alike, contradiction=0.0, entailment=0.9)
    assert len(whole(scored, bench).agreements) == 1
    assert without("agreement model", scored, bench).agreements == ()
    copied = story_of(*said_alike, said("Orsk signed the truce.", "C", names="PERSON:orsk"), entailment=0.05)
    assert len(without("agreement model", copied, bench).agreements) == 1


def labelled(name: str, *, seed: int) -> LabelledPairs:
    """Sixty pairs whose labels are their figures: contradicting where numbers differ, agreeing where else they fit."""
    features = np.random.default_rng(seed).random((60, len(FEATURES)))
    differ, fit = (features[:, FEATURES.index(name)] > 0.5 for name in ("numbers_differ", "numbers_fit"))
    return LabelledPairs(name, features, differ.astype(np.int64), (fit & ~differ).astype(np.int64), ())


def test_the_models_give_no_weight_to_what_a_step_that_is_off_would_have_seen() -> None:
    stories = [ablation_story(labelled(name, seed=seed)) for seed, name in enumerate(("one", "two"))]
    for fitted in ablation.fit_program(STEPS["numbers"](Program()), stories, [labelled("judged", seed=7)]):
        for model in steps_of(fitted):
            assert not any(
                model.weights[FEATURES.index(name)] for name in ("numbers_differ", "numbers_fit", "same_figures")
            )
    seeing = ablation.fit_program(Program(), stories, [])[0]
    assert steps_of(seeing)[1].weights[FEATURES.index("numbers_differ")] > 0.3


def test_a_story_is_not_among_those_its_weights_are_fitted_on() -> None:
    ours, theirs = labelled("one", seed=1), labelled("two", seed=2)
    fitted = ablation.fit_program(Program(), [ablation_story(ours), ablation_story(theirs)], [])
    assert steps_of(fitted[0])[0].means == pytest.approx(theirs.features.mean(axis=0).tolist())


def ablation_story(pairs: LabelledPairs) -> Story:
    compared = ablation.Compared(story_of(said("Orsk signed.", "A")), pairs)
    gold = ablation.GoldStory.model_validate(
        {"story": pairs.story, "articles": [{"file": "a.txt", "outlet": "A"}], "conflicts": []}
    )
    return Story(gold, compared, compared)


def steps_of(weights: PairWeights) -> tuple[Logistic, Logistic]:
    assert isinstance(weights.contradicts, Both)
    return weights.contradicts.first, weights.contradicts.second


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keeps the stores, so that the stories are read once for all tests."""
    return tmp_path_factory.mktemp("ablation")


@pytest.fixture(scope="module")
def evaluations(bench: Workbench, workdir: Path) -> dict[str, Evaluation]:
    return ablation.evaluate_steps([CORPUS / name for name in STORIES], bench=bench, workdir=workdir)


def test_the_whole_program_scores_as_in_the_held_out_evaluation(
    evaluations: dict[str, Evaluation], bench: Workbench, workdir: Path
) -> None:
    plain = evaluate_held_out([CORPUS / name for name in STORIES], bench=bench, workdir=workdir)
    assert evaluations[WHOLE] == plain


def test_every_step_is_measured_on_every_story(evaluations: dict[str, Evaluation]) -> None:
    assert list(evaluations) == [WHOLE, *STEPS]
    assert {tuple(score.story for score in one.scores) for one in evaluations.values()} == {STORIES}


@pytest.mark.usefixtures("evaluations")
def test_no_model_runs_again_for_a_story_that_was_evaluated(workdir: Path) -> None:
    fresh = Workbench(Settings(), encoder := HashingEncoder(), nli := LexicalNLI())
    ablation.read_story(CORPUS / STORIES[0], fresh, store_path=workdir / f"{STORIES[0]}.db")
    assert (encoder.calls, nli.calls) == (0, 0)


@pytest.mark.usefixtures("evaluations")
def test_without_the_claims_gate_statements_of_every_sort_are_compared(bench: Workbench, workdir: Path) -> None:
    with open_store(workdir / f"{STORIES[0]}.db") as store:
        claims, everything = scored_story(store, bench), ablation.scored_everything(store, bench)
    assert set(claims.statements) < set(everything.statements)
    gated = {one.statement_id for one in everything.statements.values() if one.claim_gate is not None}
    assert any({of.left_id, of.right_id} & gated for of in everything.pairs)


def test_the_table_holds_each_mean_with_its_deviation(evaluations: dict[str, Evaluation]) -> None:
    table = ablation.step_table(evaluations)
    assert [row[0] for row in table.rows[:4]] == [WHOLE, "  ±", "no claims gate", "  ±"]
    entries = [score.entries for score in evaluations[WHOLE].scores]
    assert table.rows[0][1] == f"{sum(entries) / 2:.1f}"
    assert all(len(line) <= 80 for line in plain_text(table).splitlines())
    assert markdown(table).splitlines()[2].startswith("|  | entries | P@5 |")


def test_more_decoys_and_less_recall_are_both_for_the_worse(evaluations: dict[str, Evaluation]) -> None:
    first, second = evaluations[WHOLE].scores
    found = {conflict.id: 1 for conflict in first.gold.flagged}
    true = replace(first, found=found, decoys=())
    false = replace(first, found={}, decoys=tuple(range(len(first.gold.decoys))))
    compared = {WHOLE: Evaluation((true, second)), "time": Evaluation((false, second))}
    (row,) = ablation.change_table(compared).rows
    assert row[0] == "no time"
    assert row[2:4] == ("-0.50 1/0", "+0.50 1/0")
    assert row[5].endswith(" 0/0")


def test_an_empty_report_has_no_precision_to_compare(evaluations: dict[str, Evaluation]) -> None:
    gold = evaluations[WHOLE].scores[0].gold
    empty = Evaluation((score_report(gold, {"schema": "detector-report/1", "conflicts": []}),))
    (row,) = ablation.change_table({WHOLE: empty, "time": empty}).rows
    assert row[1] == "-"


def test_one_story_cannot_be_held_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablation", str(CORPUS / STORIES[0])]) == 2
    assert "expected two or more" in capsys.readouterr().err
