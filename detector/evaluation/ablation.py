"""What each step of the program adds: gold stories judged by the whole program, and with one step switched off in turn.

Each story is judged with pair weights fitted on the others, fitted anew without the features of the step that is off. The
models run once: on what the program compares, and on what it would compare if every statement took part.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detector.conflicts import Grouping, PairWeights
from detector.conflicts.grouping import Group, Similarity, group_conflicts
from detector.conflicts.ranking import rank
from detector.conflicts.relations import FEATURES, Logistic, relation_of
from detector.corpus.origins import origin_groups
from detector.evaluation.gold import GoldStory, load_gold
from detector.evaluation.held_out import (
    ScoredStory,
    findings_of,
    outcome_of,
    report_of,
    scored_story,
    stories_to_hold_out,
)
from detector.evaluation.judged import read_judged
from detector.evaluation.metrics import StoryScore, score_report
from detector.evaluation.pair_weights import LabelledPairs, fit, label_pairs, label_story
from detector.evaluation.stories import Evaluation, Table, number
from detector.pairs import RULES, candidate_pairs, independence
from detector.pipeline import Workbench, embed_pending, score_pending
from detector.records import QUOTE_RULE, Article, CandidatePair, Outcome, PairFinding, Statement
from detector.settings import ConflictSettings
from detector.store import Store, open_store

WHOLE = "whole program"

NLI_ALONE = Logistic(
    intercept=0.0,
    weights=tuple(float(name == "contradiction") for name in FEATURES),
    means=(0.0,) * len(FEATURES),
    scales=(1.0,) * len(FEATURES),
)
"""The mean contradiction probability of the two directions, as it is: the feature is its logit."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The pairs of a story that are compared, scored and labelled."""

    scored: ScoredStory
    labelled: LabelledPairs


@dataclass(frozen=True, slots=True)
class Story:
    """A gold story as the program compares it, and as it would if every statement took part."""

    gold: GoldStory
    claims: Compared
    everything: Compared


def _as_known(scored: ScoredStory) -> ScoredStory:
    return scored


def _as_fitted(weights: PairWeights) -> PairWeights:
    return weights


def _as_found(finding: PairFinding, settings: ConflictSettings) -> PairFinding:
    return finding


@dataclass(frozen=True, slots=True)
class Program:
    """How a story is judged; the default is the program as it is.

    `unseen` are the FEATURES that the pair models are fitted without, `known` changes what is known of a story before it
    is judged, `weights` the fitted models, `found` each finding; `unranked` are the factors left out of the score.
    """

    every_statement: bool = False
    unseen: tuple[str, ...] = ()
    known: Callable[[ScoredStory], ScoredStory] = _as_known
    weights: Callable[[PairWeights], PairWeights] = _as_fitted
    found: Callable[[PairFinding, ConflictSettings], PairFinding] = _as_found
    grouping: Grouping = group_conflicts
    unranked: tuple[str, ...] = ()

    def compared(self, story: Story) -> Compared:
        return story.everything if self.every_statement else story.claims


def without_claims_gate(program: Program) -> Program:
    """Every statement is compared: questions, greetings, opinions, prescriptions and what is hardly worth checking."""
    return replace(program, every_statement=True, found=_gate_opened("claim"))


def without_same_matter_gate(program: Program) -> Program:
    """Statements on other companies, matches or quakes are not told apart, but by what the pair models see."""
    return replace(program, found=_gate_opened("same matter"))


def _gate_opened(name: str) -> Callable[[PairFinding, ConflictSettings], PairFinding]:
    def found(finding: PairFinding, settings: ConflictSettings) -> PairFinding:
        if finding.pair.rule == QUOTE_RULE:
            return finding
        gates = tuple(replace(gate, passed=True) if gate.name == name else gate for gate in finding.gates)
        return replace(
            finding, gates=gates, relation=relation_of(gates, finding.probability, finding.agreement, settings)
        )

    return found


def without_numbers(program: Program) -> Program:
    """Quantities are not read: no gate, no features, no factor, and no toll that has grown."""

    def known(scored: ScoredStory) -> ScoredStory:
        return _reread(scored, lambda statement: replace(statement, quantities=()))

    return replace(program, unseen=("numbers_differ", "numbers_fit", "same_figures"), known=known)


def without_time(program: Program) -> Program:
    """Neither dates nor tenses are read, so that nothing is an update or a forecast."""

    def known(scored: ScoredStory) -> ScoredStory:
        undated = {key: replace(article, published_at=None) for key, article in scored.articles.items()}
        timeless = _reread(scored, lambda statement: replace(statement, times=(), tense=""))
        return replace(timeless, articles=undated)

    return replace(program, unseen=("dates_differ", "dates_fit"), known=known)


def without_speakers(program: Program) -> Program:
    """Nobody knows who said what: no features, no quotation rule, no dispute lane, no factor."""

    def known(scored: ScoredStory) -> ScoredStory:
        unheard = _reread(scored, lambda statement: replace(statement, speaker=None))
        return replace(unheard, pairs=_by_wording_alone(scored))

    return replace(program, unseen=("same_speaker", "speakers_differ"), known=known)


def _by_wording_alone(scored: ScoredStory) -> list[CandidatePair]:
    """The pairs with those of quotations turned into ordinary ones; the same wording is no ordinary pair."""
    kept = []
    for pair in scored.pairs:
        if pair.rule == QUOTE_RULE:
            left, right = scored.statements[pair.left_id], scored.statements[pair.right_id]
            if left.text_hash == right.text_hash:
                continue
            similarity = float(scored.vectors[pair.left_id] @ scored.vectors[pair.right_id])
            pair = replace(pair, similarity=similarity, rule=RULES[0])
        kept.append(pair)
    return kept


def without_hedging(program: Program) -> Program:
    """A hedged statement weighs as much as a flat one: no features, no factor."""
    return replace(program, unseen=("one_hedged", "both_hedged"), unranked=("firmness",))


def without_pair_model(program: Program) -> Program:
    """The NLI model's mean contradiction probability stands for the fitted one, under the same threshold."""
    return replace(program, weights=lambda weights: replace(weights, contradicts=NLI_ALONE, corroborated=None))


def without_corroboration(program: Program) -> Program:
    """Every pair is judged by itself, whatever a third statement says."""
    return replace(program, weights=lambda weights: replace(weights, corroborated=None))


def without_grouping(program: Program) -> Program:
    """Every contradicting pair is an entry of its own."""
    return replace(program, grouping=_each_pair_alone)


def _each_pair_alone(
    findings: Sequence[PairFinding], statements: Mapping[str, Statement], similarity: Similarity
) -> list[Group]:
    return [
        Group([[finding.pair.left_id], [finding.pair.right_id]], [finding])
        for finding in findings
        if finding.relation == "contradicts"
    ]


def without_agreement_model(program: Program) -> Program:
    """Only the same words agree: a side holds its statement of the first pair and what contradicts the other side."""

    def found(finding: PairFinding, settings: ConflictSettings) -> PairFinding:
        if finding.relation != "agrees" or finding.pair.rule == QUOTE_RULE:
            return finding
        return replace(finding, relation="none", agreement=0.0)

    return replace(program, found=found)


def _reread(scored: ScoredStory, reading: Callable[[Statement], Statement]) -> ScoredStory:
    return replace(scored, statements={key: reading(statement) for key, statement in scored.statements.items()})


STEPS: Mapping[str, Callable[[Program], Program]] = {
    "claims gate": without_claims_gate,
    "same-matter gate": without_same_matter_gate,
    "numbers": without_numbers,
    "time": without_time,
    "speakers": without_speakers,
    "hedging": without_hedging,
    "pair model": without_pair_model,
    "corroboration": without_corroboration,
    "grouping": without_grouping,
    "agreement model": without_agreement_model,
}
"""Each step with what the program is without it."""


def read_story(folder: Path, bench: Workbench, *, store_path: Path) -> Story:
    """A story with everything that needs a model, kept in a store of its own."""
    gold = load_gold(folder)
    labelled = label_story(folder, bench, store_path=store_path)
    with open_store(store_path) as store:
        claims = Compared(scored_story(store, bench), labelled)
        scored = scored_everything(store, bench)
    everything = label_pairs(
        scored.pairs,
        scored.scores,
        statements=scored.statements,
        articles=scored.articles,
        gold=gold,
        name=folder.name,
        temperature=bench.temperature,
    )
    return Story(gold, claims, Compared(scored, everything))


def scored_everything(store: Store, bench: Workbench) -> ScoredStory:
    """As `scored_story`, but with every statement compared, whatever it is; the store holds its statements already."""
    statements = store.statements(bench.statements_fingerprint)
    embed_pending(store, bench, statements, lambda _: None)
    vectors = store.vectors(bench.encoder_id, [one.text_hash for one in statements])
    articles: dict[str, Article] = {article.article_id: article for article in store.articles()}
    independent = independence({article.outlet_id: article.owner for article in articles.values()})
    pairs = candidate_pairs(statements, vectors, settings=bench.settings.pairs, independent=independent)
    by_id = {one.statement_id: one for one in statements}
    return ScoredStory(
        pairs=pairs,
        scores=score_pending(store, bench, pairs, by_id, lambda *_: None),
        statements=by_id,
        articles=articles,
        vectors=dict(zip(by_id, vectors, strict=True)),
        origins=origin_groups(list(articles.values())),
    )


def evaluate_steps(
    folders: Sequence[Path],
    *,
    bench: Workbench,
    workdir: Path,
    judged: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Evaluation]:
    """The stories judged by the whole program, under WHOLE, and without each step, under its name.

    Raises InputError: fewer than two stories, or two of one name.
    """
    note = progress or (lambda _: None)
    more = read_judged(judged, scorer_id=bench.scorer_id) if judged else []
    stories = []
    for folder in stories_to_hold_out(folders):
        note(folder.name)
        stories.append(read_story(folder, bench, store_path=workdir / f"{folder.name}.db"))
    programs = {WHOLE: Program(), **{name: without(Program()) for name, without in STEPS.items()}}
    evaluations = {}
    fitted: dict[tuple[bool, tuple[str, ...]], list[PairWeights]] = {}
    for name, program in programs.items():
        note(name if name == WHOLE else f"without {name}")
        seen = program.every_statement, program.unseen
        if seen not in fitted:
            fitted[seen] = fit_program(program, stories, more)
        scores = [judge(story, program, bench, one) for story, one in zip(stories, fitted[seen], strict=True)]
        evaluations[name] = Evaluation(scores=tuple(scores))
    return evaluations


def fit_program(program: Program, stories: Sequence[Story], more: Sequence[LabelledPairs]) -> list[PairWeights]:
    """For each story the weights of the pair models fitted on the other stories and on `more`."""
    labelled = [_unseen(program.compared(story).labelled, program.unseen) for story in stories]
    besides = [_unseen(pairs, program.unseen) for pairs in more]
    return [fit([*labelled[:place], *labelled[place + 1 :], *besides]) for place in range(len(stories))]


def _unseen(pairs: LabelledPairs, names: Sequence[str]) -> LabelledPairs:
    """The features of those names made the same for all pairs, which gives them no weight."""
    features, open_features = pairs.features.copy(), pairs.open_features.copy()
    for matrix in (features, open_features):
        matrix[:, [FEATURES.index(name) for name in names]] = 0.0
    return replace(pairs, features=features, open_features=open_features)


def judge(story: Story, program: Program, bench: Workbench, weights: PairWeights) -> StoryScore:
    """The story's score under a program with weights fitted for it."""
    scored = program.compared(story).scored
    return score_report(story.gold, report_of(scored, outcome_under(program, scored, bench, weights)))


def outcome_under(program: Program, scored: ScoredStory, bench: Workbench, weights: PairWeights) -> Outcome:
    """What a program makes of scored pairs."""
    settings = bench.settings.conflicts
    known = program.known(scored)
    findings = [program.found(one, settings) for one in findings_of(known, bench, program.weights(weights))]
    outcome = outcome_of(known, findings, settings, grouping=program.grouping)
    return _reranked(outcome, program.unranked, settings)


def _reranked(outcome: Outcome, unranked: Sequence[str], settings: ConflictSettings) -> Outcome:
    """The entries in the order they have without the factors of these names."""
    conflicts = [
        replace(conflict, factors=tuple(factor for factor in conflict.factors if factor.name not in unranked))
        for conflict in outcome.conflicts
    ]
    return replace(outcome, conflicts=rank(conflicts, limit=settings.limit))


def step_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """Means over the stories, one row a program, and below each the standard deviation over the stories."""
    rows = []
    for name, evaluation in evaluations.items():
        rows.append((_row_name(name), *_figures(evaluation.mean(), evaluation.ks)))
        rows.append(("  ±", *_figures(evaluation.deviation(), evaluation.ks)))
    ks = next(iter(evaluations.values())).ks
    header = ("", "entries", *(f"P@{k}" for k in ks), *(f"R@{k}" for k in ks), "decoys", "lane", "agree")
    return Table("With each step switched off in turn: mean and standard deviation over stories", header, tuple(rows))


def _row_name(name: str) -> str:
    return name if name == WHOLE else f"no {name}"


def _figures(figures: Mapping[str, float], ks: Sequence[int]) -> tuple[str, ...]:
    shares = [*(f"precision@{k}" for k in ks), *(f"recall@{k}" for k in ks), "decoys"]
    return (
        number(figures["entries"], ".1f"),
        *(number(figures[share], ".2f") for share in shares),
        number(figures["wrong_lane"], ".2f"),
        number(figures["agreements"], ".2f"),
    )


CHANGES = {
    "precision@10": ("P@10", 1),
    "recall@20": ("R@20", 1),
    "decoys": ("decoys", -1),
    "wrong_lane": ("lane", -1),
    "agreements": ("agree", 1),
}
"""Figures that are compared story by story, with their column and whether more is better (1) or worse (-1)."""


def change_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """What switching a step off changes, story by story: the stories differ more from each other than the programs do."""
    whole = evaluations[WHOLE]
    rows = tuple(
        (_row_name(name), *(_change(whole, other, figure, better) for figure, (_, better) in CHANGES.items()))
        for name, other in evaluations.items()
        if name != WHOLE
    )
    header = ("", *(column for column, _ in CHANGES.values()))
    return Table("Mean change of a story, and how many stories get worse/better", header, rows)


def _change(whole: Evaluation, other: Evaluation, figure: str, better: int) -> str:
    """Over the stories that have the figure both times."""
    both = zip(whole.scores, other.scores, strict=True)
    changes = [other.figures(after)[figure] - whole.figures(before)[figure] for before, after in both]
    known = [change for change in changes if change == change]
    if not known:
        return number(float("nan"), "")
    worse = sum(change * better < 0 for change in known)
    return f"{statistics.fmean(known):+.2f} {worse}/{sum(change * better > 0 for change in known)}"
