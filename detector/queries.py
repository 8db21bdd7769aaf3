"""Questions put to a store: where does each outlet stand on a claim, and why is a pair (not) a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from detector import models
from detector.conflicts import NOTICED, Witness, corroborate, judge_pair, statement_origins, witnesses_of
from detector.conflicts.signals import is_hedged, is_prescription
from detector.conflicts.stance import stance_of
from detector.conflicts.stance_words import DECISIONS
from detector.corpus.origins import origin_groups
from detector.errors import InputError
from detector.pipeline import Workbench, block, claims_of, participants_of
from detector.records import (
    Article,
    CandidatePair,
    Conflict,
    Gate,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Stance,
    Statement,
    pair_id_of,
)
from detector.settings import Settings
from detector.store import Store

if TYPE_CHECKING:
    from spacy.language import Language

Position = Literal["agrees", "contradicts", "hedges", "silent"]

ASK_NEAREST = 60
"""Statements scored against a claim, nearest first; enough for a few of each outlet in a store of 40 outlets."""
ASK_PER_OUTLET = 4
"""Statements of one outlet that are scored against a claim."""
ASK_FLOOR = 0.30
"""Lowest cosine of a statement scored against a claim."""
ASK_DECISIVE = 0.5
"""Calibrated probability from which a statement takes a position on a claim."""


@dataclass(frozen=True, slots=True)
class AskedStatement:
    """A statement that bears on the claim, the position it takes, and its stance where the claim is of a decision."""

    statement: Statement
    article: Article
    position: Position
    probability: float
    stance: Stance | None = None


@dataclass(frozen=True, slots=True)
class OutletStance:
    """Where one outlet stands on the claim, by its most decisive statement; silent outlets have no statements.

    `stance` is its place on the scale from rejected to accepted, None where the claim is not about a decision.
    """

    outlet: str
    outlet_id: str
    position: Position
    probability: float
    statements: tuple[AskedStatement, ...] = ()
    stance: Stance | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The stance of every outlet in the store, the most decisive first."""

    claim: str
    stances: tuple[OutletStance, ...]


def ask(
    store: Store,
    claim: str,
    *,
    settings: Settings,
    encoder: models.Encoder | None = None,
    nli: models.NLIModel | None = None,
    nlp: Language | None = None,
) -> Answer:
    """The stance of every outlet on a claim, which need not occur in any article.

    Raises InputError: the claim is empty, or the store has not been analysed yet.
    """
    if not claim.strip():
        raise InputError("the claim is empty; expected a sentence such as: Putin accepted the 30-day ceasefire")
    from detector.statements import read_claim

    bench = Workbench(settings, encoder, nli, nlp)
    claims = claims_of(store.statements(bench.statements_fingerprint))
    if not claims:
        raise InputError("the store holds no analysed statements; run `detector run PATH` first")
    articles = {article.article_id: article for article in store.articles()}
    asked = read_claim(claim, nlp=bench.nlp, settings=settings.statements)
    wanted = stance_of(asked)
    chosen = _nearest_claims(store, bench, claims, asked)
    pairs = [(statement.wording, asked.wording) for statement, _ in chosen]
    scored = bench.nli.score([*pairs, *((hypothesis, premise) for premise, hypothesis in pairs)])
    found: dict[str, list[AskedStatement]] = {}
    for index, (statement, _) in enumerate(chosen):
        forward, backward = (
            Probs(*map(float, scored[at])).tempered(bench.temperature) for at in (index, index + len(pairs))
        )
        stance = stance_of(statement) if wanted is not None else None
        position, probability = _position(statement, asked, forward, backward)
        if stance is not None and _bears(statement, asked):
            on_scale = position_on_scale(stance, wanted)
            same_matter = on_scale == "hedges" and _shares_matter(statement, asked)
            position = on_scale if position != "silent" or same_matter else "silent"
        found.setdefault(statement.outlet_id, []).append(
            AskedStatement(statement, articles[statement.article_id], position, probability, stance)
        )
    outlets = {article.outlet_id: article.outlet for article in articles.values()}
    stances = [_stance(outlet_id, name, found.get(outlet_id, [])) for outlet_id, name in outlets.items()]
    order = {"contradicts": 0, "agrees": 1, "hedges": 2, "silent": 3}
    return Answer(claim, tuple(sorted(stances, key=lambda s: (order[s.position], -s.probability, s.outlet_id))))


def _nearest_claims(
    store: Store, bench: Workbench, claims: Sequence[Statement], asked: Statement
) -> list[tuple[Statement, float]]:
    """The statements nearest to the claim, a few of each outlet at most, nearest first."""
    vector = bench.encoder.encode([asked.wording])[0]
    similarities = store.similar(bench.encoder_id, [claim.text_hash for claim in claims], vector, floor=ASK_FLOOR)
    near = [claim for claim in claims if claim.text_hash in similarities]
    names = {entity.key for entity in asked.entities}
    taken: dict[str, int] = {}
    chosen: list[tuple[Statement, float]] = []
    for claim in sorted(near, key=lambda claim: -similarities[claim.text_hash]):
        if len(chosen) == ASK_NEAREST:
            break
        similarity = similarities[claim.text_hash]
        related = similarity >= 0.5 or bool(names & {entity.key for entity in claim.entities})
        if related and taken.get(claim.outlet_id, 0) < ASK_PER_OUTLET:
            taken[claim.outlet_id] = taken.get(claim.outlet_id, 0) + 1
            chosen.append((claim, similarity))
    return chosen


def _position(statement: Statement, asked: Statement, forward: Probs, backward: Probs) -> tuple[Position, float]:
    """Forward has the statement as premise: it agrees when it entails the claim.

    A statement that does not name who the claim is about, or says what should be, takes no position.
    """
    contradiction = (forward.contradiction + backward.contradiction) / 2
    strongest = max(forward.entailment, contradiction)
    if not _bears(statement, asked):
        return "silent", strongest
    if is_hedged(statement):
        return ("hedges" if strongest >= ASK_DECISIVE / 2 else "silent"), strongest
    if strongest < ASK_DECISIVE:
        return "silent", strongest
    return ("agrees" if forward.entailment > contradiction else "contradicts"), strongest


def _bears(statement: Statement, asked: Statement) -> bool:
    about = asked.entities[0].key if asked.entities else None
    named = about is None or about in {entity.key for entity in statement.entities}
    return named and not is_prescription(statement)


def _shares_matter(statement: Statement, asked: Statement) -> bool:
    """Whether a word of the claim that names nobody and is no decision word stands in the statement ("ceasefire")."""
    names = {word.casefold() for entity in asked.entities for word in entity.text.split()}
    shared = set(asked.lemmas) & set(statement.lemmas) - names
    return any(DECISIONS.fullmatch(word) is None and word not in names for word in shared)


def position_on_scale(stance: Stance, wanted: Stance | None) -> Position:
    """What a stance on the decision means for a claim of another: only the two ends agree or contradict flatly."""
    if stance == wanted:
        return "agrees"
    return "contradicts" if {stance, wanted} == {"accepted", "rejected"} else "hedges"


def _stance(outlet_id: str, outlet: str, found: Sequence[AskedStatement]) -> OutletStance:
    bearing = sorted(
        (asked for asked in found if asked.position != "silent"),
        key=lambda asked: (asked.position == "hedges", -asked.probability, asked.statement.statement_id),
    )
    if not bearing:
        return OutletStance(outlet, outlet_id, "silent", 0.0)
    first = bearing[0]
    word = next((asked.stance for asked in bearing if asked.position == first.position and asked.stance), None)
    return OutletStance(outlet, outlet_id, first.position, first.probability, tuple(bearing), word)


@dataclass(frozen=True, slots=True)
class ExplainedPair:
    """Everything known of one pair: both statements, the rule that chose it, raw scores, gates and their reasons."""

    left: Statement
    right: Statement
    articles: tuple[Article, Article]
    finding: PairFinding
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was asked about: a conflict with its pairs, one pair, or one statement with its gate."""

    subject: str
    conflict: Conflict | None = None
    statement: Statement | None = None
    article: Article | None = None
    gates: tuple[Gate, ...] = ()
    pairs: tuple[ExplainedPair, ...] = ()


def explain(
    store: Store,
    first: str,
    second: str | None = None,
    *,
    settings: Settings,
    encoder: models.Encoder | None = None,
    nli: models.NLIModel | None = None,
    nlp: Language | None = None,
    outcome: Outcome | None = None,
) -> Explanation:
    """Why two statements are (not) a conflict, or what a pair, conflict or statement rests on. Unique id prefixes do.

    `outcome` is what the last run found as people corrected it: conflicts are taken from there, and only those that
    corrections took off the list, or all without it, from what the run found.

    Raises InputError: an id names nothing or several things, or two ids are not two statements.
    """
    bench = Workbench(settings, encoder, nli, nlp)
    statements = {s.statement_id: s for s in store.statements(bench.statements_fingerprint)}
    articles = {article.article_id: article for article in store.articles()}
    if second is not None:
        left, right = (statements[_one(prefix, list(statements), "statement")] for prefix in (first, second))
        if left.statement_id == right.statement_id:
            raise InputError(f"{first} and {second} are the same statement; expected two different ones")
        return Explanation("pair", pairs=(_explain_pair(left, right, articles, store, bench),))
    last = store.last_run()
    made = store.outcome(last.run_id) if last else Outcome()
    shown = outcome.conflicts if outcome is not None else ()
    conflicts = {conflict.conflict_id: conflict for conflict in (*made.conflicts, *shown)}
    known = {finding.pair.pair_id: finding for finding in made.findings}
    found = _one(first, [*conflicts, *known, *statements], "conflict, pair or statement")
    if found in conflicts:
        conflict = conflicts[found]
        return Explanation(
            "conflict", conflict=conflict, pairs=_known_pairs([known[one] for one in conflict.pair_ids], store)
        )
    if found in known:
        return Explanation("pair", pairs=_known_pairs([known[found]], store))
    statement = statements[found]
    gate = Gate(
        "claim", statement.claim_gate is None, statement.claim_gate or f"check-worthiness {statement.claim_score:.2f}"
    )
    return Explanation("statement", statement=statement, article=articles[statement.article_id], gates=(gate,))


def _one(prefix: str, ids: Sequence[str], expected: str) -> str:
    matches = sorted({known for known in ids if known.startswith(prefix)}) if prefix else []
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise InputError(
            f"{prefix or 'an empty id'}: no {expected} has this id; `detector report --json` lists the ids"
        )
    raise InputError(f"{prefix}: {len(matches)} ids begin with this; give more of it, for instance {matches[0]}")


def _known_pairs(findings: Sequence[PairFinding], store: Store) -> tuple[ExplainedPair, ...]:
    """Pairs as the run saw them: a text that was edited since, or split under other settings, is shown as it was."""
    ids = {one for finding in findings for one in (finding.pair.left_id, finding.pair.right_id)}
    statements = store.statements_by_id(ids)
    keys = {(one.article_id, one.revision) for one in statements.values()}
    articles = {(one.article_id, one.revision): one for one in store.arrivals.articles(keys)}
    pairs = []
    for finding in findings:
        left, right = statements[finding.pair.left_id], statements[finding.pair.right_id]
        homes = (articles[left.article_id, left.revision], articles[right.article_id, right.revision])
        pairs.append(ExplainedPair(left, right, homes, finding))
    return tuple(pairs)


def _explain_pair(
    left: Statement, right: Statement, articles: Mapping[str, Article], store: Store, bench: Workbench
) -> ExplainedPair:
    """Judge any two statements, also such as blocking never chose; what has no score yet is scored but not stored."""
    if left.statement_id > right.statement_id:
        left, right = right, left
    vectors = bench.encoder.encode([left.wording, right.wording])
    rule = _rule_of(pair_id_of(left.statement_id, right.statement_id), articles, store, bench)
    pair = CandidatePair(
        pair_id_of(left.statement_id, right.statement_id),
        left.statement_id,
        right.statement_id,
        round(float(vectors[0] @ vectors[1]), 4),
        rule,
    )
    forward, backward = bench.nli.score([(left.wording, right.wording), (right.wording, left.wording)])
    score = PairScore(pair.pair_id, bench.scorer_id, Probs(*map(float, forward)), Probs(*map(float, backward)))
    both = (articles[left.article_id], articles[right.article_id])
    finding = judge_pair(
        pair, score, left, right, articles=both, temperature=bench.temperature, settings=bench.settings.conflicts
    )
    (finding,) = corroborate([finding], _witnesses(finding, articles, store, bench), bench.settings.conflicts)
    same_outlet = left.outlet_id == right.outlet_id
    note = "Both statements are of one outlet; such pairs are never reported as conflicts." if same_outlet else ""
    return ExplainedPair(left, right, both, finding, note)


def _witnesses(
    finding: PairFinding, articles: Mapping[str, Article], store: Store, bench: Workbench
) -> dict[str, Witness]:
    """What the pairs that the store keeps tell of a pair judged by itself."""
    others = [one for one in store.comparisons.noticed(NOTICED) if one.pair.pair_id != finding.pair.pair_id]
    pairs = [finding.pair, *(one.pair for one in others)]
    told = {one for pair in pairs for one in (pair.left_id, pair.right_id)}
    statements = store.statements_by_id(told, fingerprint=bench.statements_fingerprint)
    origin_of = statement_origins(statements.values(), origin_groups(list(articles.values())))
    known = [one for one in others if one.pair.left_id in origin_of and one.pair.right_id in origin_of]
    return witnesses_of([*known, finding], origin_of)


def _rule_of(pair_id: str, articles: Mapping[str, Article], store: Store, bench: Workbench) -> str:
    """The blocking rule that chose the pair, found by blocking again: rejected pairs are not stored."""
    taking_part = participants_of(store.statements(bench.statements_fingerprint))
    vectors = store.vectors(bench.encoder_id, [one.text_hash for one in taking_part])
    chosen = block(taking_part, vectors, articles, bench.settings, lambda _: None)
    return next((pair.rule for pair in chosen if pair.pair_id == pair_id), "not chosen by blocking")
