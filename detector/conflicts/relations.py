"""From the scores of a pair to what is made of it: its relation, its probability, its lane, its kind, every gate named."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from detector.conflicts.corroboration import Witness
from detector.conflicts.signals import Signals, is_prescription, signals_of
from detector.conflicts.stance import decider_of
from detector.records import (
    MUTUAL_RULE,
    QUOTE_RULE,
    Article,
    CandidatePair,
    Entity,
    Gate,
    Kind,
    Lane,
    PairFinding,
    PairScore,
    Probs,
    Relation,
    Statement,
    digest,
)
from detector.settings import ConflictSettings

FEATURES = (
    "contradiction",
    "weaker_direction",
    "entailment",
    "similarity",
    "lemma_overlap",
    "shared_names",
    "foreign_names",
    "same_first_name",
    "numbers_differ",
    "numbers_fit",
    "dates_differ",
    "dates_fit",
    "negation_differs",
    "opposites",
    "same_speaker",
    "speakers_differ",
    "one_hedged",
    "both_hedged",
    "claim_score",
    "longer",
    "same_figures",
    "shared_words",
    "swapped_names",
    "headline",
    "mutual",
    "places_apart",
    "shorter_article",
)
"""What the pair models see, in order; `python -m detector.evaluation pairs` fits their weights on gold."""

QUOTATION_TRUE = 0.83
"""Probability that the same words from two named speakers are a true conflict: 4 of 4 in the sample's gold, by the rule of
succession (4 + 1) / (4 + 2)."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression over standardised features, FEATURES but where it is said."""

    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def probability(self, features: tuple[float, ...]) -> float:
        total = self.intercept + math.fsum(
            weight * (value - mean) / scale
            for weight, value, mean, scale in zip(self.weights, features, self.means, self.scales, strict=True)
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def opposite(self) -> Logistic:
        """The model of the contrary: one minus the probability."""
        return replace(self, intercept=-self.intercept, weights=tuple(-weight for weight in self.weights))


@dataclass(frozen=True, slots=True)
class Both:
    """Two things that must hold together: the product of their probabilities."""

    first: Logistic
    second: Logistic

    def probability(self, features: tuple[float, ...]) -> float:
        return self.first.probability(features) * self.second.probability(features)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """Two models of a pair: that it is a true conflict, and that both say the same; and one of a pair that a third statement
    corroborates (`Witness.features`), without which no pair is looked at again."""

    contradicts: Logistic | Both
    agrees: Logistic | Both
    corroborated: Logistic | None = None


def two_steps(same_question: Logistic, excludes: Logistic, corroborated: Logistic | None = None) -> PairWeights:
    """From how likely two statements answer one question, and how likely two that do exclude each other."""
    return PairWeights(Both(same_question, excludes), Both(same_question, excludes.opposite()), corroborated)


@cache
def weights_digest() -> str:
    """Hash of the shipped weights: findings made with others are made again."""
    return digest(files("detector.conflicts").joinpath("pair_weights.json").read_text(encoding="utf-8"))


@cache
def shipped_weights() -> PairWeights:
    """The weights fitted on annotated stories (see docs/ranking.md for the method and its held-out figures)."""
    fitted = json.loads(files("detector.conflicts").joinpath("pair_weights.json").read_text(encoding="utf-8"))
    return two_steps(
        _logistic(fitted["same_question"]),
        _logistic(fitted["excludes"]),
        _logistic(fitted["corroborated"], CORROBORATED),
    )


CORROBORATED = ("probability", "strength")
"""What the model of corroborated pairs sees, in order: `Witness.features`."""


def _logistic(fitted: Mapping[str, Any], names: Sequence[str] = FEATURES) -> Logistic:
    by_name: Mapping[str, Mapping[str, float]] = fitted["features"]
    return Logistic(
        intercept=float(fitted["intercept"]),
        weights=tuple(float(by_name[name]["weight"]) for name in names),
        means=tuple(float(by_name[name]["mean"]) for name in names),
        scales=tuple(float(by_name[name]["scale"]) for name in names),
    )


def _logit(probability: float) -> float:
    bounded = min(max(probability, 0.005), 0.995)
    return math.log(bounded / (1.0 - bounded))


def pair_features(
    left: Statement,
    right: Statement,
    signals: Signals,
    forward: Probs,
    backward: Probs,
    *,
    similarity: float,
    mutual: bool,
) -> tuple[float, ...]:
    """The FEATURES of one pair. `forward` and `backward` are calibrated; swapping the pair changes nothing.

    `mutual`: each is the statement nearest to the other in its article.
    """
    contradiction = (forward.contradiction + backward.contradiction) / 2
    words = max(len(left.wording.split()), len(right.wording.split()))
    return (
        _logit(contradiction),
        _logit(min(forward.contradiction, backward.contradiction)),
        _logit(max(forward.entailment, backward.entailment)),
        similarity,
        signals.lemma_overlap,
        float(min(2, len(signals.shared_names))),
        float(bool(signals.foreign_names[0]) and bool(signals.foreign_names[1]) and not signals.shared_names),
        float(signals.same_first_name),
        float(signals.numbers == "differs"),
        float(signals.numbers == "fits"),
        float(signals.dates == "differs"),
        float(signals.dates == "fits"),
        similarity if signals.negation_differs else 0.0,
        similarity if signals.opposites is not None else 0.0,
        float(signals.same_speaker),
        float(signals.speakers_differ),
        float(signals.hedged[0] != signals.hedged[1]),
        float(signals.hedged[0] and signals.hedged[1]),
        min(left.claim_score, right.claim_score),
        math.log(max(1, words)),
        float(min(2, signals.same_figures)),
        math.log1p(signals.shared_words),
        signals.lemma_overlap if signals.swapped_labels else 0.0,
        float("headline" in (left.form, right.form)),
        float(mutual),
        signals.places_apart,
        math.log(max(1, signals.shorter_article)),
    )


PLAIN_SIMILARITY = 0.75
PLAIN_OVERLAP = 0.75
PLAIN_CONTRADICTION = 0.60
"""Cosine, share of lemmas and mean contradiction probability from which the calibrated NLI probability stands for itself: two
statements in nearly the same words, a negation, an opposite or a figure apart, are what the NLI model was made on, while the stories that the pair models are fitted on
hold none that conflict. `python -m detector.evaluation plain` measures it."""


def in_plain_words(signals: Signals, similarity: float) -> bool:
    """Whether two statements are so alike in wording that a negation, an opposite word or a figure is all that parts them."""
    parted = signals.negation_differs or signals.opposites is not None or signals.numbers == "differs"
    return parted and similarity >= PLAIN_SIMILARITY and signals.lemma_overlap >= PLAIN_OVERLAP


def judge_pair(
    pair: CandidatePair,
    score: PairScore,
    left: Statement,
    right: Statement,
    *,
    articles: tuple[Article, Article],
    temperature: float,
    settings: ConflictSettings,
    weights: PairWeights | None = None,
) -> PairFinding:
    """The finding of one scored pair. Every gate is evaluated and kept, also when an earlier one failed."""
    signals = signals_of(left, right, *articles, similarity=pair.similarity)
    forward, backward = score.forward.tempered(temperature), score.backward.tempered(temperature)
    if pair.rule == QUOTE_RULE:
        return _judge_quotation(pair, score, signals, lane_of(signals, left, right, settings), (left, right))
    fitted = weights or shipped_weights()
    features = pair_features(
        left, right, signals, forward, backward, similarity=pair.similarity, mutual=pair.rule == MUTUAL_RULE
    )
    probability, agreement = fitted.contradicts.probability(features), agreement_of(features, fitted)
    contradiction = (forward.contradiction + backward.contradiction) / 2
    if contradiction >= PLAIN_CONTRADICTION and in_plain_words(signals, pair.similarity):
        probability, agreement = max(probability, contradiction), min(agreement, 1.0 - contradiction)
    gates = (
        _claim_gate(left, right, settings),
        _decider_gate(left, right, articles) or _matter_gate(signals, pair.similarity),
        _number_gate(signals),
        _time_gate(signals, probability),
        _entailment_gate(signals, forward, backward),
        Gate(
            EXCLUSION,
            probability >= settings.contradiction,
            f"probability {probability:.2f}, {settings.contradiction} needed",
        ),
    )
    return PairFinding(
        pair,
        score,
        relation_of(gates, probability, agreement, settings),
        probability,
        lane_of(signals, left, right, settings),
        kind_of(signals, left, right),
        gates,
        agreement,
    )


EXCLUSION = "exclusion"
"""The gate that asks how likely a pair is a conflict, the last one: a third statement may make another answer of it."""


def relation_of(gates: Sequence[Gate], probability: float, agreement: float, settings: ConflictSettings) -> Relation:
    """What the gates and the two probabilities make of a pair; only claims can agree."""
    failed = {gate.name for gate in gates if not gate.passed}
    if not failed:
        return "contradicts"
    if "claim" not in failed and agreement >= settings.agreement and agreement > probability:
        return "agrees"
    return "none"


def agreement_of(features: tuple[float, ...], weights: PairWeights) -> float:
    """How likely both say the same; where figures or dates differ and none is the same they do not, however alike the words are."""
    differ = features[_NUMBERS_DIFFER] or features[_DATES_DIFFER]
    return 0.0 if differ and not features[_SAME_FIGURES] else weights.agrees.probability(features)


_NUMBERS_DIFFER, _DATES_DIFFER, _SAME_FIGURES = (
    FEATURES.index(name) for name in ("numbers_differ", "dates_differ", "same_figures")
)


def corroborate(
    findings: Iterable[PairFinding],
    witnesses: Mapping[str, Witness],
    settings: ConflictSettings,
    weights: PairWeights | None = None,
) -> list[PairFinding]:
    """The findings in order; those that a witness makes likelier to conflict have another probability, gate on it and relation.
    `witnesses` is by pair id. Of a finding's gates those that failed are enough."""
    model = (weights or shipped_weights()).corroborated
    return [
        finding
        if model is None or (seen := witnesses.get(finding.pair.pair_id)) is None
        else _looked_at_again(finding, seen, model, settings)
        for finding in findings
    ]


def _looked_at_again(
    finding: PairFinding, witness: Witness, model: Logistic, settings: ConflictSettings
) -> PairFinding:
    probability = model.probability(witness.features(finding.probability))
    if probability <= finding.probability:
        return finding
    reason = (
        f"probability {probability:.2f}, {settings.contradiction} needed ({finding.probability:.2f} by itself; statement "
        f"{witness.statement_id} says the same as one and contradicts the other)"
    )
    gate = Gate(EXCLUSION, probability >= settings.contradiction, reason)
    gates = (*(one for one in finding.gates if one.name != EXCLUSION), gate)
    relation = relation_of(gates, probability, finding.agreement, settings)
    return replace(finding, probability=probability, gates=gates, relation=relation)


def _judge_quotation(
    pair: CandidatePair, score: PairScore, signals: Signals, lane: Lane, pair_of: tuple[Statement, Statement]
) -> PairFinding:
    """The same words: an agreement when one speaker said them, a conflict on who did when there are two."""
    left, right = pair_of
    gate = Gate("attribution", signals.speakers_differ, f"the same words from {left.speaker} and from {right.speaker}")
    relation: Relation = "contradicts" if gate.passed else "agrees"
    explained: Lane = "update" if lane == "update" else "conflict"
    agreement = 0.0 if gate.passed else 1.0
    return PairFinding(pair, score, relation, QUOTATION_TRUE, explained, "attribution", (gate,), agreement)


def claim_gate(statement: Statement, settings: ConflictSettings) -> Gate:
    """Whether a statement asserts something checkable; blocking compares no other."""
    if statement.claim_gate is not None:
        return Gate("claim", False, f"not a checkable claim ({statement.claim_gate}): {statement.text[:60]}")
    if is_prescription(statement):
        return Gate("claim", False, f"says what should be, not what is: {statement.text[:60]}")
    score = statement.claim_score
    return Gate(
        "claim", score >= settings.min_claim_score, f"check-worthiness {score:.2f}, {settings.min_claim_score} needed"
    )


def claim_strength(statement: Statement) -> float:
    """Check-worthiness of a statement, below 0 when it asserts nothing checkable; `claim_gate` compares it."""
    return -1.0 if statement.claim_gate is not None or is_prescription(statement) else statement.claim_score


def _claim_gate(left: Statement, right: Statement, settings: ConflictSettings) -> Gate:
    """The gate of the pair: that of the first statement that fails, else of the less check-worthy one."""
    by_score = sorted((left, right), key=lambda statement: statement.claim_score)
    gates = [claim_gate(statement, settings) for statement in by_score]
    return next((gate for gate in gates if not gate.passed), gates[0])


STRANGE_SIMILARITY = 0.50
"""Cosine below which two statements that share no name are on different matters, unless their articles tell of one event or name
what the other's statement does."""
WORDLESS_SIMILARITY = 0.40
"""Cosine below which a shared name or word is needed."""


def _decider_gate(left: Statement, right: Statement, articles: tuple[Article, Article]) -> Gate | None:
    """The failed gate of two statements on what two parties to one matter decided ("Ukraine accepted", "Putin rejected"), both
    known to both articles; a leader and the country that an article calls theirs are one party."""
    ours, theirs = decider_of(left), decider_of(right)
    if ours is None or theirs is None or ours.key == theirs.key:
        return None
    if not all(one.text in article.text for one in (ours, theirs) for article in articles):
        return None
    if any(_leads(ours, theirs, article) or _leads(theirs, ours, article) for article in articles):
        return None
    return Gate("same matter", False, f"one tells what {ours.text} decided, the other what {theirs.text} did")


_TITLES = "president|prime|minister|premier|chancellor|leader|ruler|king|queen|emperor|chief"


def _leads(person: Entity, country: Entity, article: Article) -> bool:
    """Whether an article calls somebody a country's ("Russian President Vladimir Putin", "Russia's leader, Putin")."""
    if person.label != "PERSON" or country.label == "PERSON":
        return False
    stem, name = re.escape(country.text[: max(4, len(country.text) - 2)]), re.escape(person.text.split()[-1])
    return (
        re.search(rf"{stem}\w*(?:['’]s)?,?\s+(?:(?:[A-Z][\w.-]+|{_TITLES}),?\s+){{0,4}}{name}", article.text)
        is not None
    )


def _matter_gate(signals: Signals, similarity: float) -> Gate:
    """Same matter: a name in common, or articles on one event and a word in common, or wording alike."""
    if signals.shared_names:
        return Gate("same matter", True, f"both name {', '.join(sorted(signals.shared_names)[:3])}")
    if not signals.linked and similarity < STRANGE_SIMILARITY:
        first, second = (", ".join(sorted(names)[:2]) or "nobody named" for names in signals.foreign_names)
        return Gate(
            "same matter", False, f"one is about {first}, the other about {second}: neither article names the other's"
        )
    shared = len(signals.shared_lemmas)
    alike = f"similarity {similarity:.2f}, words in common: {shared}"
    return Gate("same matter", shared > 0 or similarity >= WORDLESS_SIMILARITY, alike)


def _number_gate(signals: Signals) -> Gate:
    """Compatible numbers, or figures of different things, are no conflict unless something besides them differs."""
    stopped = signals.numbers in ("fits", "apart") and not signals.negation_differs and signals.opposites is None
    stopped = stopped and signals.dates != "differs" and (signals.numbers == "apart" or signals.lemma_overlap >= 0.5)
    return Gate("numbers", not stopped, signals.numbers_reason)


FAR_APART = 14.0
WHEN_IN_QUESTION = 0.50
"""Days between the times of two statements from which they tell of two events, unless half of their words are the same or, when the
time itself is in question ("pleaded guilty on Jan. 9", "in November"), they are this likely to conflict. On 35 held-out stories 5 of 17
such pairs below that probability were true, 5 of 7 above it."""


def _time_gate(signals: Signals, probability: float) -> Gate:
    """Statements on times weeks apart do not contradict each other, unless they tell nearly the same, nor do those that give one
    time of one day (on the 35 stories six pairs, none of them true)."""
    days = signals.days_apart
    if signals.same_clock is not None and signals.dates == "fits" and signals.numbers != "differs":
        return Gate("time", False, f"{' and '.join(signals.same_clock)} are one time of day")
    if days is None:
        return Gate("time", True, signals.dates_reason)
    far = days > FAR_APART and signals.lemma_overlap < 0.5 and probability < WHEN_IN_QUESTION
    return Gate("time", not far, f"{days:.0f} days apart: {signals.dates_reason}" if far else signals.dates_reason)


FOLLOWS = 0.50
"""Entailment from which a statement follows from the other, when nothing contradicts as much. It is for pairs of real articles
that say one thing, "will be staying put" and "would not step down"; on the 23 held-out stories, which hold few of them, it costs a point
of precision@10 and of recall@20."""


def _entailment_gate(signals: Signals, forward: Probs, backward: Probs) -> Gate:
    """Neither statement follows from the other; figures that differ are trusted above the model's word."""
    entailment = max(forward.entailment, backward.entailment)
    follows = entailment >= max(FOLLOWS, forward.contradiction, backward.contradiction)
    if follows and signals.numbers != "differs":
        return Gate("entailment", False, f"model says {entailment:.2f} that one follows from the other")
    both = f"{forward.contradiction:.2f} one way, {backward.contradiction:.2f} the other"
    return Gate("entailment", True, f"model says that they contradict: {both}")


def lane_of(signals: Signals, left: Statement, right: Statement, settings: ConflictSettings) -> Lane:
    """Where an entry belongs: later news on the same question is an update, two speakers at odds a dispute."""
    if signals.gap_days is not None and signals.gap_days > settings.window_days:
        return "update"
    if signals.numbers == "differs" and (signals.dates == "differs" or (signals.grown and signals.dates != "fits")):
        return "update"
    if signals.speakers_differ and signals.named_speakers and left.modality == right.modality == "reported":
        return "dispute"
    if signals.speakers_differ and {left.modality, right.modality} == {"reported", "denied"}:
        return "dispute"
    both_reported = left.modality == right.modality == "reported" and signals.numbers != "differs"
    if signals.speakers_differ and both_reported and signals.negation_differs and not _is_anonymous(left, right):
        return "dispute"
    if signals.dates == "differs" and _counts_so_far(left) and _counts_so_far(right):
        return "update"
    if signals.moved_on and signals.numbers != "differs":
        return "update"
    if signals.hedged[0] != signals.hedged[1]:
        hedged = left if signals.hedged[0] else right
        flat = right if signals.hedged[0] else left
        if hedged.tense == "future" and flat.tense == "past":
            return "forecast"
    return "conflict"


_ANONYMOUS = re.compile(
    r"\b(?:sources?|people|persons?|officials?|insiders?|aides?|someone|witness(?:es)?|analysts?|experts?|reports?|investigators|police|two|three|four)\b",
    re.IGNORECASE,
)


def _is_anonymous(left: Statement, right: Statement) -> bool:
    """Whether a speaker is no party to a dispute: unnamed sources and those who tell what they found out."""
    return any(_ANONYMOUS.search(one.speaker or "") for one in (left, right))


_SO_FAR = re.compile(
    r"\b(?:by|as of|up to) (?:[\w.]+ ){0,3}(?:\w+day|night|evening|morning|noon|afternoon|midnight|now|today|end of|\d+ ?[ap]\.?m)"
    r"|\b(?:so far|until now|at last count|(?:stood|stands?) at|passed (?=\d))",
    re.IGNORECASE,
)


def _counts_so_far(statement: Statement) -> bool:
    """Whether it gives a figure as of some moment ("8,000 signatures by Wednesday evening"): later it will be another."""
    return bool(statement.quantities) and _SO_FAR.search(statement.wording) is not None


def kind_of(signals: Signals, left: Statement, right: Statement) -> Kind:
    """What sort of difference it is, from the most telling signal."""
    if signals.numbers == "differs":
        return "number"
    if signals.dates == "differs":
        return "date"
    if signals.negation_differs:
        return "negation"
    if signals.opposites is not None:
        return "antonym"
    if _says_cause(left) and _says_cause(right):
        return "cause"
    if signals.speakers_differ and signals.lemma_overlap >= 0.6:
        return "attribution"
    labels = signals.swapped_labels
    if "PERSON" in labels and signals.lemma_overlap >= 0.4:
        return "person"
    if labels & {"GPE", "LOC", "FAC"} and signals.lemma_overlap >= 0.4:
        return "place"
    return "outcome" if signals.lemma_overlap >= 0.3 else "implicit"


def _says_cause(statement: Statement) -> bool:
    text = f" {statement.wording.casefold()} "
    return any(
        cue in text
        for cue in (" because", "caused by", "due to", "blamed", "the cause", "led to", "triggered", " over ")
    )
