"""What a store no longer needs, and taking it out. Reviews are never touched, nor what they or a kept run rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from detector.records import Agreement, Article, Conflict, Review, Run, Topic
from detector.settings import RetentionSettings
from detector.store import tables as t
from detector.store.rows import from_json
from detector.store.store import Store

_FOUND = (t.topics, t.conflicts, t.agreements, t.findings)
_ROWS = 500
"""Rows of one INSERT: each holds few values, and databases allow some thousand."""

_scratch = sa.MetaData()
_kept = sa.Table("kept_statements", _scratch, sa.Column("id", sa.String, primary_key=True), prefixes=["TEMPORARY"])
_old_articles = sa.Table("old_articles", _scratch, sa.Column("id", sa.String, primary_key=True), prefixes=["TEMPORARY"])
_old_runs = sa.Table("old_runs", _scratch, sa.Column("id", sa.String, primary_key=True), prefixes=["TEMPORARY"])


@dataclass(frozen=True, slots=True)
class InUse:
    """What the settings name now: the models' ids and the fingerprints. Cached rows under others are not needed."""

    encoder_id: str
    scorer_id: str
    fingerprints: frozenset[str]


@dataclass(frozen=True, slots=True)
class Going:
    """One kind of thing that goes: how many, and about how many bytes they take."""

    what: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes, or went when `applied`; `before` and `after` are the store's size on disk."""

    going: tuple[Going, ...]
    applied: bool
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Step:
    """Rows of one table that go; they count as `what` unless they only belong to it."""

    what: str
    table: sa.Table
    condition: sa.ColumnElement[bool]
    counts: bool = True


def prune(store: Store, retention: RetentionSettings, *, now: datetime, in_use: InUse, apply: bool = False) -> Pruning:
    """Find what the settings let go, and take it out when told to; without, nothing is written.

    It goes in one transaction: a killed call has done all of it or nothing.
    """
    before = store.bytes_used()
    if not apply:
        with store._transaction() as connection, _marked(connection, retention, now):
            going = _counted(connection, _steps(retention, now, in_use))
        return Pruning(going, False, before, before)
    with store.writer_lock():
        with store._transaction(writes=True) as connection, _marked(connection, retention, now):
            steps = _steps(retention, now, in_use)
            going = _counted(connection, steps)
            for step in steps:
                connection.execute(sa.delete(step.table).where(step.condition))
        if going:
            _compact(store._engine)
    return Pruning(going, True, before, store.bytes_used())


def _steps(retention: RetentionSettings, now: datetime, in_use: InUse) -> list[_Step]:
    """In the order in which rows may be deleted: those that name others go first."""
    runs, old = sa.select(_old_runs.c.id), sa.select(_old_articles.c.id)
    steps = [_Step("runs", table, table.c.run_id.in_(runs), counts=False) for table in _FOUND]
    steps.append(_Step("runs", t.runs, t.runs.c.run_id.in_(runs)))
    of_old = sa.select(t.statement_sets.c.set_id).where(t.statement_sets.c.article_id.in_(old))
    steps.append(_Step("articles", t.statements, t.statements.c.set_id.in_(of_old), counts=False))
    own = [table for table in t.metadata.sorted_tables if "article_id" in table.c and table is not t.articles]
    steps += [_Step("articles", table, table.c.article_id.in_(old), counts=False) for table in reversed(own)]
    steps.append(_Step("articles", t.articles, t.articles.c.article_id.in_(old)))
    if retention.pages_days:
        until = now - timedelta(days=retention.pages_days)
        of_same = t.pages.alias("of_same")
        newest = sa.select(sa.func.max(of_same.c.fetched_at)).where(of_same.c.url == t.pages.c.url).scalar_subquery()
        steps.append(_Step("pages", t.pages, sa.and_(t.pages.c.fetched_at < until, t.pages.c.fetched_at < newest)))
    return steps + (_cache_steps(in_use) if retention.caches else [])


def _cache_steps(in_use: InUse) -> list[_Step]:
    """Statements of settings no longer used, then vectors and scores of models or of wordings no longer used."""
    sets, statements = t.statement_sets.c, t.statements.c
    shown = sa.select(statements.set_id).where(statements.statement_id.in_(sa.select(_kept.c.id)))
    unused = sa.and_(sets.fingerprint.not_in(in_use.fingerprints), sets.set_id.not_in(shown))
    steps = [
        _Step(
            "statements of other settings", t.statements, statements.set_id.in_(sa.select(sets.set_id).where(unused))
        ),
        _Step("statements of other settings", t.statement_sets, unused, counts=False),
    ]
    summaries = t.summaries.c.fingerprint.not_in(in_use.fingerprints)
    steps.append(_Step("statements of other settings", t.summaries, summaries, counts=False))
    gone = sa.select(sets.set_id).where(sa.or_(unused, sets.article_id.in_(sa.select(_old_articles.c.id))))
    wordings = sa.select(statements.text_hash).where(statements.set_id.not_in(gone))
    vectors, scores = t.vectors.c, t.scores.c
    other_vector = sa.or_(vectors.encoder_id != in_use.encoder_id, vectors.text_hash.not_in(wordings))
    other_score = sa.or_(
        scores.scorer_id != in_use.scorer_id,
        scores.premise_hash.not_in(wordings),
        scores.hypothesis_hash.not_in(wordings),
    )
    steps += [_Step("vectors", t.vectors, other_vector), _Step("scores", t.scores, other_score)]
    return steps


@contextmanager
def _marked(connection: sa.Connection, retention: RetentionSettings, now: datetime) -> Iterator[None]:
    """The ids of what goes and of what must stay, in tables of this connection."""
    _scratch.create_all(connection, checkfirst=False)
    try:
        old_runs = _runs_that_go(connection, retention, now)
        _fill(connection, _old_runs, old_runs)
        reviewed, shown, listed = _rested_on(connection, old_runs)
        _fill(connection, _kept, reviewed | shown | listed)
        if retention.articles_days:
            _fill(connection, _old_articles, _articles_that_go(connection, retention, now, reviewed | shown))
        yield
    finally:
        if not connection.invalidated and connection.in_transaction():
            _scratch.drop_all(connection, checkfirst=False)


def _fill(connection: sa.Connection, table: sa.Table, ids: Iterable[str]) -> None:
    rows = [{"id": one} for one in sorted(ids)]
    for start in range(0, len(rows), _ROWS):
        connection.execute(sa.insert(table), rows[start : start + _ROWS])


def _runs_that_go(connection: sa.Connection, retention: RetentionSettings, now: datetime) -> set[str]:
    """Runs that are too old and not among the newest. The newest that succeeded stays, and one that may be running."""
    if not retention.runs_days:
        return set()
    records = connection.scalars(sa.select(t.runs.c.record).order_by(t.runs.c.number.desc()))
    runs = from_json(Run, list(records))
    last = next((run.run_id for run in runs if run.status == "succeeded"), None)
    until = now - timedelta(days=retention.runs_days)
    return {
        run.run_id
        for run in runs[retention.runs_keep :]
        if run.started_at < until and run.run_id != last and run.status != "running"
    }


def _rested_on(connection: sa.Connection, old_runs: set[str]) -> tuple[set[str], set[str], set[str]]:
    """Statements that reviews saw, that conflicts and agreements of kept runs show, and that their topics list."""
    reviews = from_json(Review, list(connection.scalars(sa.select(t.reviews.c.record))))
    reviewed = {seen.statement_id for review in reviews for seen in review.seen}
    reviewed |= {one for review in reviews for one in (review.statement_id, review.to_side) if one}

    def kept(table: sa.Table) -> list[str]:
        rows = connection.execute(sa.select(table.c.run_id, table.c.record))
        return [record for run_id, record in rows if run_id not in old_runs]

    conflicts, agreements = from_json(Conflict, kept(t.conflicts)), from_json(Agreement, kept(t.agreements))
    shown = {one for conflict in conflicts for side in conflict.sides for one in side.statement_ids}
    shown |= {one for agreement in agreements for one in agreement.statement_ids}
    reviewed |= _of_reviewed_conflicts(conflicts, {review.conflict_id for review in reviews})
    return reviewed, shown, {one for topic in from_json(Topic, kept(t.topics)) for one in topic.statement_ids}


def _of_reviewed_conflicts(conflicts: Iterable[Conflict], ids: set[str]) -> set[str]:
    return {one for kept in conflicts if kept.conflict_id in ids for side in kept.sides for one in side.statement_ids}


def _articles_that_go(
    connection: sa.Connection, retention: RetentionSettings, now: datetime, needed: set[str]
) -> set[str]:
    """Articles published long ago, with all their revisions, but for those whose statements are needed. One whose date
    is not known stays."""
    until = now - timedelta(days=retention.articles_days)
    newest: dict[str, datetime | None] = {}
    for article in from_json(Article, list(connection.scalars(sa.select(t.articles.c.record)))):
        known = newest.get(article.article_id, article.published_at)
        newest[article.article_id] = max(known, article.published_at) if known and article.published_at else None
    rows = connection.execute(
        sa.select(t.statement_sets.c.article_id)
        .distinct()
        .join(t.statements)
        .where(t.statements.c.statement_id.in_(sa.select(_kept.c.id)))
        .add_columns(t.statements.c.statement_id)
    )
    stays = {article_id for article_id, statement_id in rows if statement_id in needed}
    return {one for one, published in newest.items() if published and published < until and one not in stays}


def _counted(connection: sa.Connection, steps: Iterable[_Step]) -> tuple[Going, ...]:
    """What the steps would take, by kind; kinds with nothing are left out."""
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for step in steps:
        texts = [column for column in step.table.c if isinstance(column.type, t.Key | sa.Text | sa.LargeBinary)]
        size = sum((sa.func.coalesce(sa.func.length(column), 0) for column in texts), sa.literal(8))
        query = sa.select(sa.func.count(), sa.func.sum(size)).select_from(step.table).where(step.condition)
        count, taken = connection.execute(query).one()
        counts[step.what] = counts.get(step.what, 0) + (count if step.counts else 0)
        sizes[step.what] = sizes.get(step.what, 0) + int(taken or 0)
    return tuple(Going(what, count, sizes[what]) for what, count in counts.items() if count or sizes[what])


def _compact(engine: sa.Engine) -> None:
    """Give the room back to the disk. SQLite needs as much again while it works, and readers may go on reading."""
    raw = engine.raw_connection()
    try:
        connection = raw.driver_connection
        assert connection is not None
        if engine.dialect.name != "sqlite":
            connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    finally:
        raw.invalidate()
        raw.close()
