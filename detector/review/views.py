"""A conflict as one page shows it, built by the same parts as every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from detector.decisions.states import CORRECTIONS
from detector.decisions.values import EvidenceChange, ReviewState
from detector.records import Agreement, Article, Outcome, Review, SeenStatement
from detector.report import build_report
from detector.report.html import timeline_of, waterfall_of
from detector.report.values import Entry, Publication, Report, ShownPair, ShownSide, ShownStatement, ShownTopic
from detector.report.wording import (
    KIND_WORDS,
    LANE_MEANING,
    LANE_WORDS,
    count_words,
    moment_words,
    one_line,
    outlet_words,
    pieces,
    repeats_statement,
    shown,
    span_words,
    sureness,
    telling,
    web_link,
)
from detector.review.queue import Since, decision_words, summary_of, topic_of
from detector.review.snapshot import Row, Snapshot, members_of
from detector.review.values import (
    AgreementView,
    ConflictView,
    EvidenceChanges,
    FactorBar,
    GateLine,
    HistoryLine,
    PairView,
    Piece,
    Probabilities,
    RelatedConflict,
    RewordedLine,
    ScaleStep,
    SeenLine,
    SideView,
    StatementView,
    TimelinePoint,
    Wording,
)

MOST_CONTEXT = 1_200
"""Characters shown each side of a statement: a long paragraph; the whole article is one click away."""
MOST_PAIRS = 40
MOST_RELATED = 8
MOST_AGREEING = 6
MOST_TOPIC = 60
"""Conflicts of a topic looked at for what is related, those of nearest rank."""


def report_on(
    rows: Sequence[Row], snapshot: Snapshot, agreements: Sequence[Agreement] = (), *, reviews: bool = False
) -> Report:
    """The report on some conflicts alone, each under the rank it has in the run; with what people decided, if wanted."""
    base = snapshot.base
    conflicts = tuple(row.conflict for row in rows)
    named = {one for conflict in conflicts for one in members_of(conflict)}
    named |= {one for agreement in agreements for one in agreement.statement_ids}
    statements = [base.statements[one] for one in sorted(named)]
    keys = sorted({(one.article_id, one.revision) for one in statements})
    findings = tuple(
        snapshot.findings[pair] for conflict in conflicts for pair in conflict.pair_ids if pair in snapshot.findings
    )
    topics = tuple(
        replace(topic, statement_ids=())
        for topic in snapshot.outcome.topics
        if topic.topic_id in {conflict.topic_id for conflict in conflicts}
    )
    report = build_report(
        run=base.run,
        outcome=Outcome(topics, conflicts, tuple(agreements), findings),
        articles=[base.articles.of(*key) for key in keys],
        statements=statements,
        states={row.conflict_id: snapshot.state(row.conflict_id) for row in rows} if reviews else None,
    )
    entries = tuple(replace(entry, rank=row.rank) for entry, row in zip(report.entries, rows, strict=True))
    return replace(report, entries=entries)


def conflict_view(
    row: Row, snapshot: Snapshot, held: Since, *, previous_id: str | None = None, next_id: str | None = None
) -> ConflictView:
    """Everything of one conflict."""
    near = agreements_near(row, snapshot)
    report = report_on([row], snapshot, near)
    entry = report.entries[0]
    state = snapshot.state(row.conflict_id)
    look = _Look(
        row, snapshot, frozenset(one.statement_id for one in state.change.added) if state.change else frozenset()
    )
    return ConflictView(
        conflict_id=row.conflict_id,
        evidence_hash=row.evidence,
        rank=row.rank,
        of=len(snapshot.rows),
        question=one_line(entry.question),
        kind=entry.kind,
        kind_words=KIND_WORDS[entry.kind],
        lane=entry.lane,
        lane_words=LANE_WORDS[entry.lane],
        lane_meaning=LANE_MEANING[entry.lane],
        score=round(entry.score, 4) + 0.0,
        probability=round(entry.probability, 4),
        sureness=sureness(entry),
        note=shown(entry.note),
        cautions=tuple(map(one_line, entry.cautions)),
        topic_id=entry.topic_id,
        topic=topic_of(row, snapshot),
        dates=span_words(entry.earliest, entry.newest),
        sides=tuple(look.side(side, place) for place, side in enumerate(entry.sides)),
        scale=_scale(entry),
        timeline=_timeline(entry),
        factors=_factors(entry),
        pairs=_pairs(entry),
        related=related_to(row, snapshot, held.reviewer),
        agreeing=tuple(
            AgreementView(
                agreement_id=one.agreement_id,
                position=one_line(one.position),
                outlets=tuple(map(one_line, one.outlets)),
                origins=one.origins,
                statements=tuple(look.statement(kept) for kept in one.statements),
            )
            for one in report.agreements
        ),
        review=summary_of(row.conflict_id, snapshot, held.reviewer),
        history=history_of(state, held.reviewer),
        changes=changes_of(state, row, snapshot),
        new=row.conflict_id in held.new,
        previous_id=previous_id,
        next_id=next_id,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """Makes views of the statements of one conflict; `added` came since the last decision."""

    row: Row
    snapshot: Snapshot
    added: frozenset[str]

    def side(self, side: ShownSide, place: int) -> SideView:
        return SideView(
            label=side.label,
            place=place,
            side_id=self.row.sides[place].exemplar_id,
            position=one_line(side.position),
            repeats=repeats_statement(side.position, side.statements),
            stance=side.stance,
            outlet_ids=side.outlet_ids,
            outlets=tuple(map(one_line, side.outlets)),
            origins=side.origins,
            outlet_words=outlet_words(side),
            wordings=tuple(
                Wording(first=self.statement(copies[0]), copies=tuple(map(self.statement, copies[1:])))
                for copies in side.wordings
            ),
        )

    def statement(self, one: ShownStatement) -> StatementView:
        card = self.snapshot.base.cards.get(one.article.article_id)
        return statement_view(
            one, newest=card.revision if card else one.article.revision, new=one.statement_id in self.added
        )


def statement_view(one: ShownStatement, *, newest: int = 0, new: bool = False) -> StatementView:
    """A statement in the paragraph it stands in; `newest` is the last revision of its article."""
    article = one.article
    before, after = paragraph_around(article, one)
    return StatementView(
        statement_id=one.statement_id,
        text=shown(one.text),
        pieces=tuple(Piece(text=text, marked=marked) for text, marked in pieces(one)),
        before=shown(before).lstrip(),
        after=shown(after).rstrip(),
        outlet_id=article.outlet_id,
        outlet=one_line(one.outlet),
        owner=one_line(article.owner) if article.owner else None,
        outlet_guessed=article.outlet_guessed,
        author=one_line(article.author) if article.author else None,
        title=one_line(article.title) if article.title else None,
        published_at=article.published_at,
        published=moment_words(article.published_at),
        speaker=one_line(one.speaker) if one.speaker else None,
        via=one_line(one.via) if one.via else None,
        modality=one.modality,
        form=one.form,
        telling=telling(one),
        url=web_link(article.url),
        article_id=article.article_id,
        revision=article.revision,
        edited=newest > article.revision,
        new=new,
    )


def paragraph_around(article: Article, one: ShownStatement) -> tuple[str, str]:
    """What stands before and after the statement: the sentences kept as evidence, and all of its paragraph."""
    text = article.text
    title = len(article.title) if article.title and text.startswith(article.title) else 0
    opens = max(text.rfind("\n", 0, one.start) + 1, title if one.start >= title else 0)
    closes = text.find("\n", one.end)
    start = max(min(opens, one.start - len(one.before)), one.start - MOST_CONTEXT, 0)
    end = min(max(closes if closes >= 0 else len(text), one.end + len(one.after)), one.end + MOST_CONTEXT)
    return text[start : one.start], text[one.end : end]


def _scale(entry: Entry) -> tuple[ScaleStep, ...]:
    """Every step with its outlets, and the sides with an outlet there."""
    return tuple(
        ScaleStep(
            stance=step,
            outlets=tuple(map(one_line, names)),
            sides=tuple(side.label for side in entry.sides if any(place[1] == step for place in side.places)),
        )
        for step, names in entry.scale
    )


def _timeline(entry: Entry) -> tuple[TimelinePoint, ...]:
    """The articles of the conflict by date, undated ones last."""
    of: dict[tuple[str, int], tuple[Article, str, list[str], list[str]]] = {}
    for side in entry.sides:
        for one in side.statements:
            key = (one.article.article_id, one.article.revision)
            _, _, labels, ids = of.setdefault(key, (one.article, one.outlet, [], []))
            labels += [side.label] if side.label not in labels else []
            ids.append(one.statement_id)
    publications = tuple(Publication(article, outlet, ()) for article, outlet, _, _ in of.values())
    drawn = timeline_of(ShownTopic(None, "", 0, publications, ()))
    places = {
        (dot.publication.article.article_id, dot.publication.article.revision): dot.place
        for _, dots in drawn.rows
        for dot in dots
    }
    points = [
        TimelinePoint(
            article_id=article.article_id,
            revision=article.revision,
            outlet=one_line(outlet),
            title=one_line(article.title) if article.title else None,
            published_at=article.published_at,
            published=moment_words(article.published_at),
            sides=tuple(labels),
            statement_ids=tuple(ids),
            place=places.get(key),
        )
        for key, (article, outlet, labels, ids) in of.items()
    ]
    return tuple(sorted(points, key=lambda one: (one.place is None, one.place or 0.0, one.outlet.casefold())))


def _factors(entry: Entry) -> tuple[FactorBar, ...]:
    bars, reached = [], 0.0
    for bar in waterfall_of(entry):
        bars.append(
            FactorBar(
                name=bar.name,
                reason=one_line(bar.reason),
                value=round(bar.value, 4),
                weight=round(bar.weight, 4),
                contribution=round(bar.contribution, 4) + 0.0,
                start=round(reached, 4) + 0.0,
                end=round(reached + bar.contribution, 4) + 0.0,
                left=bar.left,
                width=bar.width,
            )
        )
        reached += bar.contribution
    return tuple(bars)


def _pairs(entry: Entry) -> tuple[PairView, ...]:
    homes = {one.statement_id: (side.label, one) for side in entry.sides for one in side.statements}
    return tuple(_pair(pair, homes) for pair in entry.pairs[:MOST_PAIRS])


def _pair(pair: ShownPair, homes: Mapping[str, tuple[str, ShownStatement]]) -> PairView:
    left, right = homes.get(pair.left_id), homes.get(pair.right_id)
    forward, backward = (
        Probabilities(
            entailment=round(probs.entailment, 4),
            neutral=round(probs.neutral, 4),
            contradiction=round(probs.contradiction, 4),
        )
        for probs in (pair.forward, pair.backward)
    )
    return PairView(
        pair_id=pair.pair_id,
        left_id=pair.left_id,
        right_id=pair.right_id,
        left_side=left[0] if left else None,
        right_side=right[0] if right else None,
        left_text=one_line(left[1].text) if left else "",
        right_text=one_line(right[1].text) if right else "",
        relation=pair.relation,
        probability=round(pair.probability, 4),
        similarity=round(pair.similarity, 4),
        rule=one_line(pair.rule),
        kind=pair.kind,
        lane=pair.lane,
        forward=forward,
        backward=backward,
        gates=tuple(GateLine(name=one.name, passed=one.passed, reason=one_line(one.reason)) for one in pair.gates),
    )


# What stands near a conflict


def related_to(row: Row, snapshot: Snapshot, reviewer: str | None) -> tuple[RelatedConflict, ...]:
    """Conflicts that share statements, articles or the topic, those that share most first."""
    own = set(members_of(row.conflict))
    homes = {snapshot.base.statements[one].article_id for one in own}
    shared = Counter(other for home in homes for other in snapshot.of_article.get(home, ()))
    in_topic = snapshot.of_topic.get(row.conflict.topic_id or "", ())
    near = sorted(in_topic, key=lambda one: abs(snapshot.by_id[one].rank - row.rank))[:MOST_TOPIC]
    found = []
    for other_id in {*shared, *near} - {row.conflict_id}:
        other = snapshot.by_id[other_id]
        same = len(own & set(members_of(other.conflict)))
        topical = other.conflict.topic_id is not None and other.conflict.topic_id == row.conflict.topic_id
        found.append(((-same, -shared[other_id], not topical, other.rank), other, same, topical))
    return tuple(
        RelatedConflict(
            conflict_id=other.conflict_id,
            rank=other.rank,
            question=one_line(other.conflict.question),
            lane=other.conflict.lane,
            lane_words=LANE_WORDS[other.conflict.lane],
            why=_why_related(same, shared[other.conflict_id], topical),
            review=summary_of(other.conflict_id, snapshot, reviewer),
        )
        for _, other, same, topical in sorted(found, key=lambda one: one[0])[:MOST_RELATED]
    )


def _why_related(same: int, articles: int, topical: bool) -> str:
    parts = ["same topic"] if topical else []
    parts += [count_words(same, "same statement")] if same else []
    parts += [count_words(articles, "same article")] if articles and not same else []
    return " and ".join(parts)


def agreements_near(row: Row, snapshot: Snapshot) -> list[Agreement]:
    """Agreements told in the articles of the conflict, those in most of them first."""
    homes = {snapshot.base.statements[one].article_id for one in members_of(row.conflict)}
    counted: Counter[str] = Counter()
    by_id: dict[str, Agreement] = {}
    for home in homes:
        for agreement in snapshot.agreements_of.get(home, ()):
            counted[agreement.agreement_id] += 1
            by_id[agreement.agreement_id] = agreement
    most = sorted(by_id, key=lambda one: (-counted[one], -by_id[one].score, one))
    return [by_id[one] for one in most[:MOST_AGREEING]]


# What people recorded


def history_of(state: ReviewState, reviewer: str | None) -> tuple[HistoryLine, ...]:
    """Every record of the conflict, oldest first. Own records and anyone's corrections can be taken back."""
    return tuple(
        HistoryLine(
            review_id=review.review_id,
            reviewer=one_line(review.reviewer),
            action=review.action,
            decision=review.decision,
            reason=review.reason,
            words=action_words(review),
            note=shown(review.note),
            created_at=review.created_at,
            when=moment_words(review.created_at),
            undone=review.review_id in state.undone_ids,
            mine=review.reviewer == reviewer,
            can_undo=may_undo(review, reviewer) and review.review_id not in state.undone_ids,
            other_id=review.other_id,
            statement_id=review.statement_id,
        )
        for review in state.reviews
    )


def may_undo(review: Review, reviewer: str | None) -> bool:
    """A decision or a note is its reviewer's own; a correction changes everyone's list, so anyone may take it back."""
    return review.action != "undo" and (review.reviewer == reviewer or review.action in CORRECTIONS)


def action_words(review: Review) -> str:
    """ "rejected it: an update": what was done, after the name of who did it."""
    if review.action == "decide":
        said = decision_words(review)
        called = {"confirmed": "confirmed it", "rejected": "rejected it", "unclear": "called it unclear"}
        tail = said.partition(": ")[2]
        words = called.get(review.decision or "", "called it a duplicate")
        return f"{words}: {tail}" if tail else words
    return {
        "note": "noted",
        "undo": "took a record back",
        "split": "took a statement off its side",
        "move": "moved a statement to another side",
        "merge": "merged another conflict into this one",
    }[review.action]


def changes_of(state: ReviewState, row: Row, snapshot: Snapshot) -> EvidenceChanges:
    """What changed since the last decision that stands."""
    change, review = state.change, state.review
    if change is None or review is None or change.is_empty:
        words = "" if review is None else "Nothing changed since the last decision."
        return EvidenceChanges(changed=False, words=words)
    labels = {place: label for label, place in _labels(row).items()}
    reworded = {one.statement_id for couple in change.reworded for one in couple}

    def line(one: SeenStatement, *, now: bool = True) -> SeenLine:
        outlet = one_line(snapshot.base.names.get(one.outlet_id, one.outlet_id))
        label = labels.get(one.side, "") if now else ""
        return SeenLine(statement_id=one.statement_id, outlet=outlet, text=one_line(one.text), side=label)

    then = one_line(review.question)
    return EvidenceChanges(
        changed=True,
        words=_change_words(change),
        added=tuple(line(one) for one in change.added if one.statement_id not in reworded),
        removed=tuple(line(one, now=False) for one in change.removed if one.statement_id not in reworded),
        moved=tuple(map(line, change.moved)),
        reworded=tuple(
            RewordedLine(before=line(before, now=False), after=line(after)) for before, after in change.reworded
        ),
        question_before=then if then and then != one_line(row.conflict.question) else None,
    )


def _labels(row: Row) -> dict[str, int]:
    """The label of each side as shown, with its place in the conflict, by which reviews count."""
    from detector.review.queue import label_of

    place = {side.exemplar_id: number for number, side in enumerate(row.conflict.sides)}
    return {label_of(number): place[side.exemplar_id] for number, side in enumerate(row.sides)}


def _change_words(change: EvidenceChange) -> str:
    told = len(change.reworded)
    facts = [
        (len(change.added) - told, "new"),
        (len(change.removed) - told, "gone"),
        (told, "reworded"),
        (len(change.moved), "on another side"),
    ]
    said = ", ".join(f"{count_words(count, 'statement')} {what}" for count, what in facts if count > 0)
    if change.sides_gone:
        said += f"{', ' if said else ''}{count_words(len(change.sides_gone), 'side')} gone"
    return f"Since the last decision: {said}."
