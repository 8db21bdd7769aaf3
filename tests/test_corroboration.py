"""Third statements that say the same as one of two and contradict the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import article, pair, score, statement

from detector.conflicts import PairWeights, corroborate, witnesses_of
from detector.conflicts.corroboration import Witness
from detector.conflicts.relations import FEATURES, Logistic
from detector.evaluation.pair_weights import LabelledPairs, contradicting, fit, fit_corroborated
from detector.records import QUOTE_RULE, Gate, PairFinding, Relation, Statement
from detector.settings import ConflictSettings

SETTINGS = ConflictSettings(contradiction=0.25, agreement=0.12)
SURE = Logistic(0.0, (1.0, 1.0), (0.0, -3.0), (1.0, 1.0))
WEIGHTS = PairWeights(Logistic(0.0, (), (), ()), Logistic(0.0, (), (), ()), SURE)

OPEN = statement("The bridge is open to lorries.", article("Harbour Post"))
SHUT = statement("Lorries must take the ferry.", article("Valley Echo"))
BARRED = statement("The bridge bars heavy vehicles.", article("Ellery Times"))
ORIGINS = {one.statement_id: one.article_id for one in (OPEN, SHUT, BARRED)}


def finding(
    left: Statement,
    right: Statement,
    probability: float,
    agreement: float = 0.0,
    *,
    failed: str = "",
    rule: str = "near",
) -> PairFinding:
    between = replace(pair(*sorted((left, right), key=lambda one: one.statement_id)), rule=rule)
    likely = Gate("exclusion", probability >= SETTINGS.contradiction, "")
    gates = (*((Gate(failed, False, ""),) if failed else ()), likely)
    relation: Relation = "contradicts" if all(gate.passed for gate in gates) else "none"
    return PairFinding(between, score(between), relation, probability, "conflict", "implicit", gates, agreement)


SAME = finding(SHUT, BARRED, 0.05, 0.6)
APART = finding(OPEN, BARRED, 0.6)


def again(asked: PairFinding, *others: PairFinding, origins: dict[str, str] = ORIGINS) -> PairFinding:
    return corroborate([asked], witnesses_of([asked, *others], origins), SETTINGS, WEIGHTS)[0]


def test_a_third_statement_that_says_the_same_as_one_and_contradicts_the_other_makes_a_conflict_likelier() -> None:
    asked = finding(OPEN, SHUT, 0.2)
    found = again(asked, SAME, APART)
    assert asked.relation == "none" and found.relation == "contradicts"
    assert found.probability > asked.probability
    assert found.gates[-1].passed and BARRED.statement_id in found.gates[-1].reason


def test_its_strength_is_the_probability_of_the_chain() -> None:
    asked = finding(OPEN, SHUT, 0.2)
    (witness,) = (witnesses_of([asked, SAME, APART], ORIGINS)[asked.pair.pair_id],)
    assert witness == Witness(BARRED.statement_id, pytest.approx(0.36))


@pytest.mark.parametrize("others", [(), (SAME,), (APART,), (SAME, finding(OPEN, BARRED, 0.02, 0.6))])
def test_without_one_a_pair_stays_as_it_was(others: tuple[PairFinding, ...]) -> None:
    asked = finding(OPEN, SHUT, 0.3)
    assert again(asked, *others) == asked


def test_another_copy_of_one_of_the_two_is_no_witness() -> None:
    asked = finding(OPEN, SHUT, 0.2)
    assert again(asked, SAME, APART, origins={**ORIGINS, BARRED.statement_id: SHUT.article_id}) == asked


def test_a_weak_witness_takes_nothing_back() -> None:
    asked = finding(OPEN, SHUT, 0.26)
    assert again(asked, finding(SHUT, BARRED, 0.0, 0.11), finding(OPEN, BARRED, 0.11)) == asked


def test_what_another_gate_stopped_stays_stopped() -> None:
    found = again(finding(OPEN, SHUT, 0.4, failed="same matter"), SAME, APART)
    assert found.probability > 0.4 and found.relation == "none"


def test_a_pair_that_nobody_would_notice_is_not_looked_at_again() -> None:
    asked = finding(OPEN, SHUT, 0.09)
    assert again(asked, SAME, APART) == asked


def test_who_said_something_needs_no_witness_and_is_none() -> None:
    quoted = finding(OPEN, BARRED, 0.83, rule=QUOTE_RULE)
    assert again(finding(OPEN, SHUT, 0.2), SAME, quoted).probability == 0.2
    assert again(quoted, SAME, finding(OPEN, SHUT, 0.5)) == quoted


def test_weights_without_a_model_of_it_leave_everything_as_it_was() -> None:
    asked = finding(OPEN, SHUT, 0.2)
    bare = replace(WEIGHTS, corroborated=None)
    assert corroborate([asked], witnesses_of([asked, SAME, APART], ORIGINS), SETTINGS, bare) == [asked]


def story(number: int) -> LabelledPairs:
    """Three outlets on each of forty questions: where the third corroborates, the first two conflict; features say which, weakly."""
    rng = np.random.default_rng(number)
    features, labels, agreeing, pairs = [], [], [], []
    for question in range(40):
        first, second, third = (
            statement(f"Answer {question} of {outlet}.", article(f"{outlet} {number} {question}")) for outlet in "ABC"
        )
        parted = question % 2
        for left, right, apart, same in (
            (first, second, parted, 0),
            (first, third, parted, 0),
            (second, third, 0, parted),
        ):
            row = rng.normal(0.0, 1.0, len(FEATURES))
            row[FEATURES.index("contradiction")] += 1.5 * apart - 2.0 * same
            row[FEATURES.index("entailment")] += 2.0 * same
            row[[FEATURES.index(name) for name in ("numbers_differ", "dates_differ")]] = 0.0
            features.append(row)
            labels.append(apart)
            agreeing.append(same)
            pairs.append(tuple(sorted((left, right), key=lambda one: one.statement_id)))
    return LabelledPairs(str(number), np.array(features), np.array(labels), np.array(agreeing), tuple(pairs))


def test_how_much_a_witness_tells_is_learned_from_stories_that_were_judged_without_being_seen() -> None:
    stories = [story(number) for number in range(4)]
    model = fit_corroborated(stories)
    assert model is not None and all(weight > 0 for weight in model.weights)
    weights, unseen = fit(stories), story(9)
    alone = contradicting(unseen, replace(weights, corroborated=None))
    together = contradicting(unseen, weights)
    corroborated = (together != alone) & (unseen.labels == 1)
    assert corroborated.any() and together[corroborated].mean() > alone[corroborated].mean()
    assert fit_corroborated([replace(one, pairs=()) for one in stories]) is None
