"""From groups to conflicts: question, positions, kind, lane and the named factors whose sum is the rank score."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

from detector.conflicts.deciding import lie_together
from detector.conflicts.grouping import Group
from detector.conflicts.signals import compare_dates, compare_numbers, is_hedged, same_speaker
from detector.conflicts.stance import with_stances
from detector.records import (
    QUOTE_RULE,
    Agreement,
    Article,
    Conflict,
    Lane,
    PairFinding,
    ScoreFactor,
    Side,
    Statement,
    digest,
    evidence_hash_of,
)

FACTOR_WEIGHTS: dict[str, float] = {
    "excludes": 1.0,
    "support": 0.15,
    "origins": 0.15,
    "check-worthiness": 0.25,
    "firmness": 0.15,
    "same speaker": 0.20,
    "measured": 0.10,
    "explained": -0.60,
    "decision": 0.60,
    "repeats": -0.40,
    "review history": 0.40,
}
"""Weight of each factor; values are 0..1, those of "review history", which people's decisions give, -1..1. `excludes` is the
fitted pair probability and leads; the others order entries of similar probability. `python -m benchmarks.factors` shows
what leaving each one out does to the gold figures."""

LANE_ORDER: tuple[Lane, ...] = ("conflict", "update", "forecast", "dispute")

_READABLE = 150

_EXPLAINED: dict[Lane, str] = {
    "conflict": "nothing explains it",
    "update": "later news on the same question",
    "forecast": "a forecast and an outcome",
    "dispute": "two speakers who disagree",
}
_DECISIONS = frozenset(
    "accept agree approve back commit endorse recommend sign support reject refuse rebuff veto oppose deny appeal rule uphold "
    "overturn suspend resign dismiss appoint order ban allow cancel postpone withdraw recall unlikely uncertain".split()
)
"""Lemmas of a leader's or a court's decision: a change of one is news whatever explains it."""


def repeats_of(groups: Sequence[Group]) -> list[int]:
    """For each group, how many groups of a stronger pair show a statement of its own strongest pair."""
    strongest = [max(group.findings, key=lambda found: (found.probability, found.pair.pair_id)) for group in groups]
    order = sorted(range(len(groups)), key=lambda place: (-strongest[place].probability, strongest[place].pair.pair_id))
    shown: Counter[str] = Counter()
    repeats = [0] * len(groups)
    for place in order:
        repeats[place] = max(shown[strongest[place].pair.left_id], shown[strongest[place].pair.right_id])
        shown.update(groups[place].members)
    return repeats


def shorten(text: str, limit: int = _READABLE) -> str:
    """The text cut at a word end, with an ellipsis when cut."""
    folded = " ".join(text.split())
    if len(folded) <= limit:
        return folded
    return folded[:limit].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + " …"


def build_conflict(
    group: Group,
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    origins: Mapping[str, str],
    topics: Mapping[str, str],
    window_days: float,
    repeats: int = 0,
    asked: Container[str] = (),
) -> Conflict:
    """One group as a conflict. `origins` and `topics` map article and statement ids to their origin and topic.

    Two outlets that stand apart on a decision within `window_days` make it a conflict, whatever became of it later.
    `repeats` counts the stronger entries that already show a statement of the group's strongest pair; `asked` holds their
    questions, so that this one is worded otherwise.
    """
    strongest = max(group.findings, key=lambda finding: (finding.probability, finding.pair.pair_id))
    lane = _lane_of(group, strongest, statements, articles)
    if lane == "update" and lie_together(group, statements, articles, origins, days=window_days):
        lane = "conflict"
    sides = tuple(
        sorted(
            (
                _build_side(side, strongest, statements=statements, articles=articles, origins=origins)
                for side in group.sides
            ),
            key=lambda side: (-side.origin_count, side.outlet_ids, side.exemplar_id),
        )
    )
    sides = with_stances(sides, statements)
    members = sorted(group.members)
    return Conflict(
        conflict_id=_conflict_id(group, statements, articles),
        question=next(
            (asking for asking in questions_of(strongest, statements) if asking not in asked),
            _quoting(strongest, statements),
        ),
        kind=strongest.kind,
        lane=lane,
        sides=sides,
        pair_ids=tuple(finding.pair.pair_id for finding in group.findings),
        factors=_factors(group, strongest, sides, statements, lane, repeats),
        evidence_hash=evidence_hash_of(statements[member].text_hash for member in members),
        topic_id=topics.get(sides[0].exemplar_id),
        note=_note_of(group, statements, articles),
    )


def _build_side(
    members: Sequence[str],
    strongest: PairFinding,
    *,
    statements: Mapping[str, Statement],
    articles: Mapping[str, Article],
    origins: Mapping[str, str],
) -> Side:
    seeds = {strongest.pair.left_id, strongest.pair.right_id}
    exemplar = next((member for member in members if member in seeds), members[0])
    ordered = sorted(
        members, key=lambda member: (member != exemplar, _published(articles[statements[member].article_id]), member)
    )
    return Side(
        position=_position(statements[exemplar], strongest),
        statement_ids=tuple(ordered),
        outlet_ids=tuple(sorted({statements[member].outlet_id for member in members})),
        origin_count=len({origins.get(statements[m].article_id, statements[m].article_id) for m in members}),
        exemplar_id=exemplar,
    )


def _position(exemplar: Statement, strongest: PairFinding) -> str:
    """What a side says; of a quotation whose words are not in question, who said them."""
    if strongest.pair.rule == QUOTE_RULE:
        return f"{exemplar.speaker} said it"
    return readable(exemplar)


_PRONOUNS = frozenset("he she it they we this that these those his her its their there here".split())


def readable(statement: Statement) -> str:
    """The statement's own words; its self-contained wording where it would begin with a bare pronoun."""
    words = statement.text.split()
    starts_bare = bool(words) and words[0].strip("\"'“”‘’").casefold() in _PRONOUNS
    return shorten(statement.wording if starts_bare else statement.text)


def _published(article: Article) -> str:
    return article.published_at.isoformat() if article.published_at else "9999"


def _lane_of(
    group: Group, strongest: PairFinding, statements: Mapping[str, Statement], articles: Mapping[str, Article]
) -> Lane:
    """The conflict lane when any pair of near-best probability is in it; else the strongest pair's lane. Where articles with
    dates tell an update, those without have no say: without a date an update looks like a conflict."""
    near_best = [finding for finding in group.findings if finding.probability >= strongest.probability - 0.15]

    def is_dated(finding: PairFinding) -> bool:
        both = (finding.pair.left_id, finding.pair.right_id)
        return all(articles[statements[one].article_id].published_at is not None for one in both)

    dated = [finding for finding in near_best if is_dated(finding)]
    deciding = dated if any(finding.lane == "update" for finding in dated) else near_best
    lanes = {finding.lane for finding in deciding}
    return next(lane for lane in LANE_ORDER if lane in lanes)


def _conflict_id(group: Group, statements: Mapping[str, Statement], articles: Mapping[str, Article]) -> str:
    """Id from the earliest statement of the two earliest sides, so that later articles joining keep it."""

    def age(statement_id: str) -> tuple[str, str]:
        return _published(articles[statements[statement_id].article_id]), statement_id

    earliest = sorted(min(side, key=age) for side in group.sides)
    return digest("conflict", *sorted(sorted(earliest, key=age)[:2]))


def questions_of(strongest: PairFinding, statements: Mapping[str, Statement]) -> Iterator[str]:
    """Questions that the sides answer differently, the best first; none when no statement makes one, or none that asks for the number
    by which they part."""
    pair = [statements[strongest.pair.left_id], statements[strongest.pair.right_id]]
    if strongest.pair.rule == QUOTE_RULE:
        speakers = " or ".join(sorted(str(statement.speaker) for statement in pair))
        words = shorten(min(pair, key=lambda said: len(said.wording)).wording, 80).rstrip(".")
        yield f"Who said “{words}”: {speakers}?"
        return

    def order(way: tuple[Statement, Statement, str, str]) -> tuple[bool | int, ...]:
        asking, other, own, _ = way
        return (
            not asking.question,
            not _asks_of(asking, other),
            own not in asking.question,
            is_hedged(asking),
            asking.negated,
            len(asking.wording),
        )

    ways = [(one, other, *_figures_of(strongest, one, other)) for one, other in (pair, pair[::-1])]
    for asking, _, own, alternative in sorted(ways, key=order):
        if not asking.question:
            continue
        if own and own in asking.question:
            yield f"{asking.question.rstrip('?')}, or {alternative}?"
        if own in asking.question or strongest.kind != "number":
            yield asking.question


def _figures_of(strongest: PairFinding, asking: Statement, other: Statement) -> tuple[str, str]:
    """The figures or dates by which a pair parts, that of `asking` first; empty where it parts by something else."""
    if strongest.kind == "number":
        reason = compare_numbers(asking, other, similarity=strongest.pair.similarity)[1]
    elif strongest.kind == "date":
        reason = compare_dates(asking, other)[1]
    else:
        return "", ""
    own, _, alternative = reason.partition(" against ")
    return (own, alternative) if alternative else ("", "")


def _asks_of(asking: Statement, other: Statement) -> bool:
    """Whether the question has a word in common with the other statement: a long sentence may be asked about elsewhere."""
    asked, told = (
        {word.casefold()[:5] for word in re.findall(r"\w{4,}", text)} for text in (asking.question, other.wording)
    )
    return bool(asked & told)


def _quoting(strongest: PairFinding, statements: Mapping[str, Statement]) -> str:
    """Both statements themselves, each with the figure by which they part: the extractive stand-in for a question."""
    pair = [statements[strongest.pair.left_id], statements[strongest.pair.right_id]]
    first, second = sorted(pair, key=lambda statement: (statement.negated, len(statement.wording)))
    own, alternative = _figures_of(strongest, first, second)
    return f"“{_shortened_to(own, first.wording, 80)}” or “{_shortened_to(alternative, second.wording, 80)}”?"


def _shortened_to(figure: str, text: str, limit: int) -> str:
    """The text cut as `shorten` does; when that loses the figure, the words up to it instead."""
    cut, folded = shorten(text, limit), " ".join(text.split())
    if not figure or figure in cut or figure not in folded:
        return cut
    told, _, rest = folded.partition(figure)
    words = f"{told[len(figure) - limit :].partition(' ')[2]}{figure}"
    return f"… {words}{rest if rest in {'.', '!'} else ' …'}"


def _factors(
    group: Group,
    strongest: PairFinding,
    sides: Sequence[Side],
    statements: Mapping[str, Statement],
    lane: Lane,
    repeats: int,
) -> tuple[ScoreFactor, ...]:
    left, right = statements[strongest.pair.left_id], statements[strongest.pair.right_id]
    origin_count = sum(side.origin_count for side in sides)
    hedged = [is_hedged(statement) for statement in (left, right)]
    measured = compare_numbers(left, right, similarity=strongest.pair.similarity)[0] == "differs"
    one_speaker = same_speaker(left.speaker, right.speaker)
    decided = _is_decision(left) and _is_decision(right) and _decider(left) == _decider(right)
    check_worthiness = min(left.claim_score, right.claim_score)
    values = (
        ("excludes", strongest.probability, f"strongest pair, probability {strongest.probability:.2f}"),
        ("support", 1 - 0.5 ** (len(group.findings) - 1), _counted(len(group.findings), "contradicting pair")),
        ("origins", 1 - 0.5 ** (origin_count - 2), _counted(origin_count, "independent origin")),
        ("check-worthiness", check_worthiness, "lower of the strongest pair"),
        ("firmness", 1.0 - 0.5 * sum(hedged), ("both flat", "one hedged", "both hedged")[sum(hedged)]),
        ("same speaker", float(one_speaker), f"{left.speaker}" if one_speaker else "not one speaker's words"),
        ("measured", float(measured), "a quantity differs" if measured else "no quantity differs"),
        ("explained", float(lane != "conflict"), _EXPLAINED[lane]),
        ("decision", float(lane == "update" and decided), "a decision changed" if decided else "no decision at stake"),
        ("repeats", 1 - 0.5**repeats, f"{_counted(repeats, 'stronger entry')} showing one of its statements"),
    )
    return tuple(
        ScoreFactor(name, round(max(0.0, value), 4), FACTOR_WEIGHTS[name], reason) for name, value, reason in values
    )


def _counted(count: int, noun: str) -> str:
    """ "1 contradicting pair", "3 stronger entries"."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else many}"


def _is_decision(statement: Statement) -> bool:
    return bool(_DECISIONS.intersection(statement.lemmas)) and any(
        entity.label in {"PERSON", "ORG", "GPE", "NORP"} for entity in statement.entities
    )


def _decider(statement: Statement) -> str:
    """Who a decision is told of: the first name in the statement."""
    return statement.entities[0].key if statement.entities else ""


def _note_of(group: Group, statements: Mapping[str, Statement], articles: Mapping[str, Article]) -> str:
    shown = {statements[m].outlet_id: articles[statements[m].article_id].outlet for m in group.members}
    undated = sorted(
        {articles[statements[m].article_id].outlet for m in group.members if _undated(articles, statements[m])}
    )
    notes = [f"No publication date: {', '.join(undated)}."] if undated else []
    notes += [
        f"{shown[one]} also says what contradicts its own side; it stands where that is surer."
        for one in group.of_two_minds
        if one in shown
    ]
    return " ".join(notes)


def _undated(articles: Mapping[str, Article], statement: Statement) -> bool:
    return articles[statement.article_id].published_at is None


def rank(conflicts: Sequence[Conflict], *, limit: int) -> tuple[Conflict, ...]:
    """Conflicts in the order in which a reader meets them: by score, in which the lane is a factor."""
    ordered = sorted(
        conflicts, key=lambda found: (-round(found.score, 6), LANE_ORDER.index(found.lane), found.conflict_id)
    )
    return tuple(ordered[:limit])


def build_agreement(
    members: Sequence[str],
    strength: float,
    *,
    statements: Mapping[str, Statement],
    origins: Mapping[str, str],
) -> Agreement:
    """One agreement; its score grows with independent origins."""
    exemplar = statements[members[0]]
    origin_count = len({origins.get(statements[m].article_id, statements[m].article_id) for m in members})
    return Agreement(
        agreement_id=digest("agreement", *sorted(members)),
        position=readable(exemplar),
        statement_ids=tuple(members),
        outlet_ids=tuple(sorted({statements[member].outlet_id for member in members})),
        origin_count=origin_count,
        score=round(strength * math.log2(1 + origin_count) * (0.5 + 0.5 * exemplar.claim_score), 6),
    )
