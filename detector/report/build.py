"""Run, outcome, articles and statements in; the report as one frozen value out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from detector.changes import Changes, ConflictChange
from detector.conflicts.stance import stance_of
from detector.decisions.values import ReviewState
from detector.errors import InputError
from detector.records import (
    Agreement,
    Article,
    Conflict,
    Outcome,
    PairFinding,
    Run,
    Side,
    Stance,
    Statement,
    reading_order,
)
from detector.report.changed import remarks_of, shown_change, shown_changes, shown_decision
from detector.report.highlight import difference_spans
from detector.report.values import (
    Entry,
    OutletPair,
    OutletRow,
    Publication,
    Report,
    ShownAgreement,
    ShownPair,
    ShownSide,
    ShownStatement,
    ShownTopic,
)
from detector.report.wording import MODALITY_WORDS, count_words, listed

_FAR = datetime.max.replace(tzinfo=UTC)
HEDGES = frozenset(("likely", "possible", "unlikely", "conditional", "planned", "uncertain"))


def build_report(
    *,
    run: Run,
    outcome: Outcome,
    articles: Sequence[Article],
    statements: Sequence[Statement],
    changes: Changes | None = None,
    states: Mapping[str, ReviewState] | None = None,
    states_before: Mapping[str, ReviewState] | None = None,
) -> Report:
    """The report of one run; entries keep the order of `outcome.conflicts`.

    `changes` are since the run that it is compared with; `states` what reviewers decided, by conflict id, `states_before` of that run's conflicts. Raises InputError: the outcome names a statement, or a statement an article, that was not given.
    """
    names = _outlet_names(articles)
    shelf = _Shelf(articles=articles, statements=statements, names=names)
    findings = {finding.pair.pair_id: finding for finding in outcome.findings}
    topic_labels = {topic.topic_id: topic.label for topic in outcome.topics}
    entries = tuple(
        _entry(conflict, rank, shelf=shelf, findings=findings, topic_labels=topic_labels)
        for rank, conflict in enumerate(outcome.conflicts, start=1)
    )
    entries = _with_history(entries, outcome.conflicts, shelf=shelf, changes=changes, states=states or {})
    agreements = tuple(_agreement(agreement, shelf) for agreement in outcome.agreements)
    dates = sorted(article.published_at for article in articles if article.published_at)
    return Report(
        run=run,
        entries=entries,
        agreements=agreements,
        topics=_topics(outcome, entries, shelf),
        outlets=_outlet_rows(articles, entries, agreements, names),
        outlet_pairs=_outlet_pairs(entries, agreements),
        article_count=len(articles),
        earliest=dates[0] if dates else None,
        newest=dates[-1] if dates else None,
        notes=_notes(run, articles, names),
        changes=shown_changes(changes, entries, shelf.name, states_before=states_before) if changes else None,
    )


class _Shelf:
    """Finds statements, articles and outlet names by id."""

    def __init__(
        self, *, articles: Sequence[Article], statements: Sequence[Statement], names: Mapping[str, str]
    ) -> None:
        self.articles = {(article.article_id, article.revision): article for article in articles}
        self.statements = {statement.statement_id: statement for statement in statements}
        self.names = names

    def statement(self, statement_id: str) -> Statement:
        try:
            return self.statements[statement_id]
        except KeyError:
            raise InputError(
                f"statement {statement_id} is named by the outcome but was not given; pass every statement it names"
            ) from None

    def article_of(self, statement: Statement) -> Article:
        try:
            return self.articles[statement.article_id, statement.revision]
        except KeyError:
            raise InputError(
                f"article {statement.article_id} revision {statement.revision} is named by a statement but was not "
                "given; pass every article in the revision the run used"
            ) from None

    def name(self, outlet_id: str) -> str:
        return self.names.get(outlet_id, outlet_id)

    def outlet_names(self, outlet_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({self.name(one) for one in outlet_ids}, key=lambda name: (name.casefold(), name)))


def _outlet_names(articles: Sequence[Article]) -> dict[str, str]:
    """The name most of an outlet's articles use."""
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        used[article.outlet_id][article.outlet] += 1
    return {key: min(names, key=lambda name: (-names[name], name)) for key, names in used.items()}


def _entry(
    conflict: Conflict,
    rank: int,
    *,
    shelf: _Shelf,
    findings: Mapping[str, PairFinding],
    topic_labels: Mapping[str, str],
) -> Entry:
    found = [findings[pair_id] for pair_id in conflict.pair_ids if pair_id in findings]
    ordered = [conflict.sides[place] for place in _side_order(conflict, shelf)]
    sides = tuple(_side(side, place, conflict, ordered, found, shelf) for place, side in enumerate(ordered))
    dates = [one.article.published_at for side in sides for one in side.statements if one.article.published_at]
    return Entry(
        conflict_id=conflict.conflict_id,
        rank=rank,
        score=conflict.score,
        kind=conflict.kind,
        lane=conflict.lane,
        question=conflict.question,
        note=conflict.note,
        topic_id=conflict.topic_id,
        topic=topic_labels.get(conflict.topic_id or ""),
        sides=sides,
        pairs=tuple(sorted(map(_pair, found), key=lambda pair: (-pair.probability, pair.pair_id))),
        factors=conflict.factors,
        cautions=_cautions(sides, conflict.note),
        earliest=min(dates, default=None),
        newest=max(dates, default=None),
    )


def _side_order(conflict: Conflict, shelf: _Shelf) -> list[int]:
    """Places of the sides in the order shown."""
    return reading_order(conflict.sides, [shelf.outlet_names(side.outlet_ids) for side in conflict.sides])


def _with_history(
    entries: Sequence[Entry],
    conflicts: Sequence[Conflict],
    *,
    shelf: _Shelf,
    changes: Changes | None,
    states: Mapping[str, ReviewState],
) -> tuple[Entry, ...]:
    """The entries with what became of each since an earlier run and what reviewers decided."""
    ranks = {entry.conflict_id: entry.rank for entry in entries}
    known: dict[str, ConflictChange] = {
        change.conflict.conflict_id: change for change in (changes.conflicts if changes else ()) if change.conflict
    }
    found = []
    for entry, conflict in zip(entries, conflicts, strict=True):
        change, state = known.get(entry.conflict_id), states.get(entry.conflict_id)
        labels = {place: _label(shown) for shown, place in enumerate(_side_order(conflict, shelf))}
        found.append(
            replace(
                entry,
                change=shown_change(change, labels, shelf.name) if change else None,
                decision=shown_decision(state, ranks, shelf.name) if state else None,
                remarks=remarks_of(state) if state else (),
            )
        )
    return tuple(found)


def _side(
    side: Side, place: int, conflict: Conflict, ordered: Sequence[Side], found: Sequence[PairFinding], shelf: _Shelf
) -> ShownSide:
    others = [
        shelf.statement(one) for other, rival in enumerate(ordered) if other != place for one in rival.statement_ids
    ]
    shown = []
    for statement in map(shelf.statement, side.statement_ids):
        partners = _partners(statement.statement_id, found)
        nearest = [other for other in others if other.statement_id in partners]
        spans = difference_spans(statement, others, kind=conflict.kind, nearest=nearest)
        shown.append(_shown(statement, shelf, highlights=spans))
    return ShownSide(
        label=_label(place),
        position=side.position,
        outlet_ids=tuple(sorted(side.outlet_ids)),
        outlets=shelf.outlet_names(side.outlet_ids),
        origins=side.origin_count,
        statements=_reading_order(shown, first=side.exemplar_id),
        stance=side.stance,
        places=_places(side, shelf),
    )


def _places(side: Side, shelf: _Shelf) -> tuple[tuple[str, Stance], ...]:
    """Where each outlet of the side stands by its own statements; one whose statements tell no stance is on no place."""
    if side.stance is None:
        return ()
    own: dict[str, Stance] = {}
    ordered = sorted(side.statement_ids, key=lambda one: one != side.exemplar_id)
    for statement in map(shelf.statement, ordered):
        stance = stance_of(statement)
        if stance is not None:
            own.setdefault(shelf.name(statement.outlet_id), stance)
    return tuple((name, own[name]) for name in shelf.outlet_names(side.outlet_ids) if name in own)


def _label(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{place - 25}"


def _partners(statement_id: str, found: Sequence[PairFinding]) -> set[str]:
    """The statements that this one was found to contradict."""
    ends = [(one.pair.left_id, one.pair.right_id) for one in found if one.relation == "contradicts"]
    return {right if left == statement_id else left for left, right in ends if statement_id in (left, right)}


def _shown(statement: Statement, shelf: _Shelf, *, highlights: tuple[tuple[int, int], ...] = ()) -> ShownStatement:
    article = shelf.article_of(statement)
    return ShownStatement(
        statement_id=statement.statement_id,
        text=statement.text,
        start=statement.start,
        end=statement.end,
        before=_before(statement, article),
        after=article.text[statement.end : statement.context_end],
        highlights=highlights,
        speaker=statement.speaker,
        via=statement.via,
        modality=statement.modality,
        form=statement.form,
        article=article,
        outlet=shelf.name(statement.outlet_id),
    )


def _before(statement: Statement, article: Article) -> str:
    """The sentences before the statement, without the title, which is named beside it anyway."""
    title_end = len(article.title) if article.title and article.text.startswith(article.title) else 0
    start = max(statement.context_start, title_end) if statement.start >= title_end else statement.context_start
    return article.text[start : statement.start]


def _reading_order(shown: Sequence[ShownStatement], *, first: str = "") -> tuple[ShownStatement, ...]:
    """The exemplar, then each outlet's earliest statement by date, then each outlet's next ones."""

    def by_date(one: ShownStatement) -> tuple[object, ...]:
        return (one.article.published_at or _FAR, one.outlet.casefold(), one.article.article_id, one.start)

    turn: Counter[str] = Counter()
    keyed = []
    for one in sorted(shown, key=lambda one: (one.statement_id != first, *by_date(one))):
        keyed.append(((one.statement_id != first, turn[one.outlet], *by_date(one)), one))
        turn[one.outlet] += 1
    return tuple(one for _, one in sorted(keyed, key=lambda pair: pair[0]))


def _pair(finding: PairFinding) -> ShownPair:
    return ShownPair(
        pair_id=finding.pair.pair_id,
        left_id=finding.pair.left_id,
        right_id=finding.pair.right_id,
        similarity=finding.pair.similarity,
        rule=finding.pair.rule,
        forward=finding.score.forward,
        backward=finding.score.backward,
        probability=finding.probability,
        relation=finding.relation,
        kind=finding.kind,
        lane=finding.lane,
        gates=finding.gates,
    )


def _cautions(sides: Sequence[ShownSide], note: str) -> tuple[str, ...]:
    """What a careful reader should know before relying on the entry."""
    cautions: list[str] = []
    standing = Counter(name for side in sides for name in side.outlets)
    if twice := sorted(name for name, count in standing.items() if count > 1):
        cautions.append(f"{listed(twice)} {'stands' if len(twice) == 1 else 'stand'} on more than one side.")
    hedged = [side for side in sides if all(one.modality in HEDGES for one in side.statements)]
    if len(hedged) < len(sides):
        for side in hedged:
            words = sorted({MODALITY_WORDS[one.modality].split(": ")[-1] for one in side.statements})
            cautions.append(f"Side {side.label} speaks only with reserve ({listed(words)}).")
    cautions += _date_cautions(sides)
    if "No publication date" in note:
        cautions = [caution for caution in cautions if not caution.startswith("No publication date")]
    return tuple(cautions)


def _date_cautions(sides: Sequence[ShownSide]) -> list[str]:
    shown = [one for side in sides for one in side.statements]
    undated = sorted({one.outlet for one in shown if one.article.published_at is None})
    spans = []
    for side in sides:
        dates = [one.article.published_at for one in side.statements if one.article.published_at]
        if dates:
            spans.append((min(dates), max(dates), side.label))
    cautions = []
    if len(spans) == len(sides):
        spans.sort()
        gaps = [(later[0] - earlier[1]).days for earlier, later in pairwise(spans)]
        if gaps and max(gaps) >= 1:
            at = gaps.index(max(gaps))
            apart = count_words(gaps[at], "day")
            cautions.append(
                f"Side {spans[at + 1][2]} was published {apart} after side {spans[at][2]}; news may have moved on."
            )
    if undated:
        cautions.append(f"No publication date from {listed(undated, most=4)}.")
    return cautions


def _agreement(agreement: Agreement, shelf: _Shelf) -> ShownAgreement:
    shown = [_shown(shelf.statement(one), shelf) for one in agreement.statement_ids]
    return ShownAgreement(
        agreement_id=agreement.agreement_id,
        position=agreement.position,
        outlets=shelf.outlet_names(agreement.outlet_ids),
        outlet_ids=tuple(sorted(agreement.outlet_ids)),
        origins=agreement.origin_count,
        score=agreement.score,
        statements=_reading_order(shown),
    )


def _outlet_rows(
    articles: Sequence[Article],
    entries: Sequence[Entry],
    agreements: Sequence[ShownAgreement],
    names: Mapping[str, str],
) -> tuple[OutletRow, ...]:
    written = Counter(article.outlet_id for article in articles)
    differing = Counter(key for entry in entries for key in {key for side in entry.sides for key in side.outlet_ids})
    agreeing = Counter(key for agreement in agreements for key in agreement.outlet_ids)
    owners = {article.outlet_id: article.owner for article in articles if article.owner}
    guessed = {article.outlet_id for article in articles if article.outlet_guessed}
    return tuple(
        OutletRow(key, names[key], owners.get(key), key in guessed, written[key], differing[key], agreeing[key])
        for key in sorted(names, key=lambda key: (-differing[key], -agreeing[key], names[key].casefold(), key))
    )


def _outlet_pairs(entries: Sequence[Entry], agreements: Sequence[ShownAgreement]) -> tuple[OutletPair, ...]:
    differ: Counter[tuple[str, str]] = Counter()
    agree: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        apart = {
            _ordered(left, right)
            for place, side in enumerate(entry.sides)
            for other in entry.sides[place + 1 :]
            for left in side.outlets
            for right in other.outlets
            if left != right
        }
        together = {pair for side in entry.sides for pair in _couples(side.outlets)} - apart
        if entry.lane == "conflict":
            differ.update(apart)
        agree.update(together)
    for agreement in agreements:
        agree.update(set(_couples(agreement.outlets)))
    pairs = sorted(differ | agree, key=lambda pair: (-differ[pair], -agree[pair], pair))
    return tuple(OutletPair(left, right, differ[left, right], agree[left, right]) for left, right in pairs)


def _ordered(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)


def _couples(outlets: Sequence[str]) -> list[tuple[str, str]]:
    return [_ordered(left, right) for place, left in enumerate(outlets) for right in outlets[place + 1 :]]


def _topics(outcome: Outcome, entries: Sequence[Entry], shelf: _Shelf) -> tuple[ShownTopic, ...]:
    """Topics with entries first, by their best rank; each article under the topic of most of its statements."""
    home = _article_topics(outcome, shelf)
    ranks_of: dict[tuple[str, int], set[int]] = defaultdict(set)
    for entry in entries:
        for one in (one for side in entry.sides for one in side.statements):
            ranks_of[one.article.article_id, one.article.revision].add(entry.rank)
    shelves: dict[str | None, list[Publication]] = defaultdict(list)
    for key, article in shelf.articles.items():
        publication = Publication(article, shelf.name(article.outlet_id), tuple(sorted(ranks_of[key])))
        shelves[home.get(key)].append(publication)
    shown = []
    for topic_id, label, size in [*((one.topic_id, one.label, one.size) for one in outcome.topics), (None, "", 0)]:
        ranks = tuple(entry.rank for entry in entries if entry.topic_id == topic_id)
        if topic_id is None and not shelves[None] and not ranks:
            continue
        publications = sorted(
            shelves[topic_id], key=lambda one: (one.article.published_at or _FAR, one.outlet, one.article.article_id)
        )
        shown.append(ShownTopic(topic_id, label, size, tuple(publications), ranks))
    return tuple(sorted(shown, key=lambda one: (one.topic_id is None, not one.ranks, one.ranks[:1], one.label)))


def _article_topics(outcome: Outcome, shelf: _Shelf) -> dict[tuple[str, int], str]:
    votes: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for topic in outcome.topics:
        for statement_id in topic.statement_ids:
            if statement := shelf.statements.get(statement_id):
                votes[statement.article_id, statement.revision][topic.topic_id] += 1
    return {key: min(count, key=lambda topic_id: (-count[topic_id], topic_id)) for key, count in votes.items()}


def _notes(run: Run, articles: Sequence[Article], names: Mapping[str, str]) -> tuple[str, ...]:
    """What was missing or guessed, in full sentences."""
    notes = []
    undated = sum(article.published_at is None for article in articles)
    if undated:
        verb = "has" if undated == 1 else "have"
        notes.append(
            f"{undated:,} of {count_words(len(articles), 'article')} {verb} no publication date: "
            "there an update cannot be told from a conflict."
        )
    guessed = sorted({names[article.outlet_id] for article in articles if article.outlet_guessed}, key=str.casefold)
    if guessed:
        verb = "outlet is" if len(guessed) == 1 else "outlets are"
        notes.append(f"{len(guessed)} {verb} guessed from the text or the file name: {listed(guessed, most=8)}.")
    if skipped := run.counts.get("skipped_language", 0):
        notes.append(f"{count_words(skipped, 'article')} in a language that is not read took no part.")
    if len(names) == 1:
        notes.append(f"Only one outlet was given ({listed(names.values())}): there is nothing to compare it with.")
    return tuple(notes)
