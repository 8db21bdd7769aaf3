"""A whole article with its statements marked, and the answer to a claim, as pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from detector.queries import Answer, AskedStatement
from detector.records import Article, Statement
from detector.report.values import ShownStatement
from detector.report.wording import moment_words, one_line, shown, web_link
from detector.review.answers import (
    ArticleConflict,
    ArticlePiece,
    ArticleView,
    AskedView,
    AskGroup,
    AskPosition,
    AskStance,
    AskView,
    Paragraph,
    RevisionLine,
)
from detector.review.queue import label_of
from detector.review.snapshot import Snapshot
from detector.review.views import statement_view

POSITION_WORDS: dict[AskPosition, str] = {
    "contradicts": "Contradict it",
    "agrees": "Agree with it",
    "hedges": "Hedge",
    "silent": "Silent on it",
}


def article_view(
    article: Article,
    revisions: Sequence[Article],
    snapshot: Snapshot | None,
    *,
    focus: Statement | None = None,
) -> ArticleView:
    """The article in one revision; what conflicts rest on is marked, and the statement that was asked for."""
    marked, conflicts = _marked(article, snapshot)
    if focus is not None:
        marked.setdefault(focus, ())
    return ArticleView(
        article_id=article.article_id,
        revision=article.revision,
        revisions=tuple(
            RevisionLine(
                revision=one.revision,
                when=moment_words(one.published_at),
                characters=len(one.text),
                shown=one.revision == article.revision,
            )
            for one in revisions
        ),
        outlet_id=article.outlet_id,
        outlet=one_line(snapshot.base.names.get(article.outlet_id, article.outlet) if snapshot else article.outlet),
        owner=one_line(article.owner) if article.owner else None,
        outlet_guessed=article.outlet_guessed,
        author=one_line(article.author) if article.author else None,
        title=one_line(article.title) if article.title else None,
        published_at=article.published_at,
        published=moment_words(article.published_at),
        url=web_link(article.url),
        language=article.language,
        paragraphs=tuple(_paragraphs(article, marked, focus.statement_id if focus else "")),
        conflicts=conflicts,
    )


def _marked(
    article: Article, snapshot: Snapshot | None
) -> tuple[dict[Statement, tuple[str, ...]], tuple[ArticleConflict, ...]]:
    """The statements of this revision that conflicts rest on, with those conflicts."""
    found: dict[str, list[str]] = defaultdict(list)
    lines = []
    for conflict_id in snapshot.of_article.get(article.article_id, ()) if snapshot is not None else ():
        assert snapshot is not None
        row = snapshot.by_id[conflict_id]
        labels = []
        for place, side in enumerate(row.sides):
            own = [one for one in side.statement_ids if _is_of(snapshot.base.statements[one], article)]
            labels += [label_of(place)] if own else []
            for one in own:
                found[one].append(conflict_id)
        if labels:
            question = one_line(row.conflict.question)
            lines.append(
                ArticleConflict(conflict_id=conflict_id, rank=row.rank, question=question, side=" and ".join(labels))
            )
    known = snapshot.base.statements if snapshot is not None else {}
    return {known[one]: tuple(ids) for one, ids in found.items()}, tuple(lines)


def _is_of(statement: Statement, article: Article) -> bool:
    return (statement.article_id, statement.revision) == (article.article_id, article.revision)


def _paragraphs(article: Article, marked: Mapping[Statement, tuple[str, ...]], focus_id: str) -> Iterable[Paragraph]:
    """The lines of the text that are not empty, each cut where marked statements begin and end."""
    spans = sorted(marked, key=lambda one: (one.start, one.end))
    reached = 0
    for line in article.text.split("\n"):
        start, end = reached, reached + len(line)
        reached = end + 1
        if not line.strip():
            continue
        within = [one for one in spans if one.start < end and one.end > start]
        pieces = tuple(_pieces(article.text, start, end, within, marked, focus_id))
        yield Paragraph(is_title=start == 0 and line == article.title, pieces=pieces)


def _pieces(
    text: str,
    start: int,
    end: int,
    within: Sequence[Statement],
    marked: Mapping[Statement, tuple[str, ...]],
    focus_id: str,
) -> Iterable[ArticlePiece]:
    """Parts of one paragraph; of statements that overlap the earlier one is marked, the one asked for before all."""
    first = sorted(within, key=lambda one: one.statement_id != focus_id)
    taken: list[Statement] = []
    for one in first:
        if all(one.end <= other.start or one.start >= other.end for other in taken):
            taken.append(one)
    at = start
    for one in sorted(taken, key=lambda one: one.start):
        opens, closes = max(one.start, start), min(one.end, end)
        if opens > at:
            yield ArticlePiece(text=shown(text[at:opens]))
        yield ArticlePiece(
            text=shown(text[opens:closes]),
            statement_id=one.statement_id,
            focus=one.statement_id == focus_id,
            conflict_ids=marked[one],
        )
        at = closes
    if at < end:
        yield ArticlePiece(text=shown(text[at:end]))


def ask_view(answer: Answer) -> AskView:
    """The outlets by the position they take, in the order of `POSITION_WORDS`."""
    groups = []
    for position, words in POSITION_WORDS.items():
        stances = tuple(
            AskStance(
                outlet_id=one.outlet_id,
                outlet=one_line(one.outlet),
                position=one.position,
                probability=round(one.probability, 4),
                stance=one.stance,
                statements=tuple(map(_asked, one.statements)),
            )
            for one in answer.stances
            if one.position == position
        )
        if stances:
            groups.append(AskGroup(position=position, words=words, stances=stances))
    return AskView(claim=one_line(answer.claim), groups=tuple(groups))


def _asked(asked: AskedStatement) -> AskedView:
    statement, article = asked.statement, asked.article
    said = ShownStatement(
        statement_id=statement.statement_id,
        text=statement.text,
        start=statement.start,
        end=statement.end,
        before=article.text[statement.context_start : statement.start],
        after=article.text[statement.end : statement.context_end],
        highlights=(),
        speaker=statement.speaker,
        via=statement.via,
        modality=statement.modality,
        form=statement.form,
        article=article,
        outlet=article.outlet,
    )
    return AskedView(
        position=asked.position,
        probability=round(asked.probability, 4),
        stance=asked.stance,
        statement=statement_view(said),
    )
