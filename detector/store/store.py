"""The store's verbs. Each call is one transaction; everything returned has a stable order."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from detector.errors import InputError, StoreError
from detector.records import (
    Agreement,
    Article,
    Conflict,
    Outcome,
    PairFinding,
    Run,
    Statement,
    Topic,
)
from detector.store import tables as t
from detector.store.arrivals import Arrivals, record_arrivals
from detector.store.caches import ModelCaches
from detector.store.comparisons import Comparisons
from detector.store.connected import chunks
from detector.store.dialect import Database, one_of
from detector.store.lock import held
from detector.store.newsroom import Accounts, Fetches, Heartbeats, Looks, Reviews
from detector.store.rows import from_json, to_json
from detector.store.soundness import unsound_records


def _heads() -> sa.Subquery:
    """The latest revision of every article."""
    latest = sa.func.max(t.articles.c.revision).label("revision")
    return sa.select(t.articles.c.article_id, latest).group_by(t.articles.c.article_id).subquery("heads")


def _same_revision(left: Any, right: Any) -> sa.ColumnElement[bool]:
    return sa.and_(left.c.article_id == right.c.article_id, left.c.revision == right.c.revision)


class Store(ModelCaches):
    """Articles, statements, model caches and runs. Made by open_store; a context manager that closes itself."""

    def __init__(self, engine: sa.Engine, *, database: Database, read_only: bool) -> None:
        super().__init__(engine, database=database, read_only=read_only)
        self._lock = database.lock(engine)
        self.comparisons = Comparisons(self._transaction)
        self.reviews = Reviews(self._transaction)
        self.fetches = Fetches(self._transaction)
        self.heartbeats = Heartbeats(self._transaction)
        self.accounts = Accounts(self._transaction)
        self.looks = Looks(self._transaction)
        self.arrivals = Arrivals(self._transaction)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Articles

    def article_heads(self) -> dict[str, tuple[int, str]]:
        """Latest revision number and its text hash, by article id."""
        heads = _heads()
        query = (
            sa.select(t.articles.c.article_id, t.articles.c.revision, t.articles.c.text_hash)
            .join(heads, _same_revision(heads, t.articles))
            .order_by(t.articles.c.article_id)
        )
        with self._transaction() as connection:
            return {row.article_id: (row.revision, row.text_hash) for row in connection.execute(query)}

    def add_articles(self, articles: Sequence[Article]) -> None:
        """Add new articles or new revisions; what is already there is left alone.

        Raises StoreError: a revision is already there with other contents (texts are never overwritten).
        """
        known: dict[tuple[str, int], Article] = {}
        with self._transaction(writes=True) as connection:
            for ids in chunks(sorted({article.article_id for article in articles})):
                query = sa.select(t.articles.c.record).where(one_of(t.articles.c.article_id, ids))
                for kept in from_json(Article, list(connection.scalars(query))):
                    known[kept.article_id, kept.revision] = kept
            rows = []
            for article in articles:
                key = (article.article_id, article.revision)
                if known.setdefault(key, article) is article:
                    rows.append(_article_row(article))
                elif known[key] != article:
                    raise StoreError(
                        f"article {key[0]} revision {key[1]} is already stored with other contents; "
                        "a change needs a new revision"
                    )
            if rows:
                connection.execute(sa.insert(t.articles), rows)

    def articles(self) -> list[Article]:
        """Latest revisions, by article id."""
        heads = _heads()
        query = (
            sa.select(t.articles.c.record)
            .join(heads, _same_revision(heads, t.articles))
            .order_by(t.articles.c.article_id)
        )
        return from_json(Article, self._texts(query))

    def articles_of(self, article_ids: Sequence[str]) -> dict[str, Article]:
        """Latest revisions of some articles, by article id."""
        heads = _heads()
        query = sa.select(t.articles.c.record).join(heads, _same_revision(heads, t.articles))
        records: list[str] = []
        with self._transaction() as connection:
            for chunk in chunks(sorted(set(article_ids))):
                records += connection.scalars(query.where(one_of(t.articles.c.article_id, chunk)))
        return {kept.article_id: kept for kept in from_json(Article, records)}

    def article(self, article_id: str, *, revision: int | None = None) -> Article:
        """One article, in its latest revision unless told otherwise. Raises InputError: there is none."""
        found = self.revisions(article_id)
        if not found:
            raise InputError(f"{article_id}: no article of this id in {self.where}; expected an id of a report")
        if revision is None:
            return found[-1]
        for article in found:
            if article.revision == revision:
                return article
        numbers = ", ".join(str(article.revision) for article in found)
        raise InputError(f"{article_id}: no revision {revision}; expected one of {numbers}")

    def revisions(self, article_id: str) -> list[Article]:
        """All revisions of an article, oldest first; empty for an unknown id."""
        query = (
            sa.select(t.articles.c.record).where(t.articles.c.article_id == article_id).order_by(t.articles.c.revision)
        )
        return from_json(Article, self._texts(query))

    # Statements

    def articles_without_statements(self, fingerprint: str) -> list[Article]:
        """Latest revisions not yet split under this fingerprint, by article id."""
        heads = _heads()
        done = sa.and_(_same_revision(t.statement_sets, t.articles), t.statement_sets.c.fingerprint == fingerprint)
        query = (
            sa.select(t.articles.c.record)
            .join(heads, _same_revision(heads, t.articles))
            .outerjoin(t.statement_sets, done)
            .where(t.statement_sets.c.set_id.is_(None))
            .order_by(t.articles.c.article_id)
        )
        return from_json(Article, self._texts(query))

    def put_statements(self, article: Article, fingerprint: str, statements: Sequence[Statement]) -> None:
        """Keep an article's statements, none included: the article is then done. A second call changes nothing.

        Raises StoreError: a statement is not a span of this article.
        """
        for statement in statements:
            if problem := _misplaced(statement, article):
                raise StoreError(problem)
        key = {"fingerprint": fingerprint, "article_id": article.article_id, "revision": article.revision}
        with self._transaction(writes=True) as connection:
            if connection.scalar(sa.select(t.statement_sets.c.set_id).filter_by(**key)) is not None:
                return
            made = connection.execute(sa.insert(t.statement_sets).values(**key)).inserted_primary_key
            assert made is not None
            rows = [_statement_row(statement, set_id=made[0]) for statement in statements]
            if rows:
                connection.execute(sa.insert(t.statements), rows)

    def statements(self, fingerprint: str) -> list[Statement]:
        """Statements of the latest revisions made under this fingerprint, by statement id."""
        return sorted(
            from_json(Statement, self._texts(_statement_records(fingerprint))), key=lambda kept: kept.statement_id
        )

    def statements_of_articles(self, article_ids: Sequence[str], fingerprint: str) -> dict[str, list[Statement]]:
        """Statements of the latest revisions of some articles, by article id, each list by statement id."""
        query = _statement_records(fingerprint)
        records: list[str] = []
        with self._transaction() as connection:
            for chunk in chunks(sorted(set(article_ids))):
                records += connection.scalars(query.where(one_of(t.statement_sets.c.article_id, chunk)))
        found: dict[str, list[Statement]] = {}
        for kept in sorted(from_json(Statement, records), key=lambda kept: kept.statement_id):
            found.setdefault(kept.article_id, []).append(kept)
        return found

    def statements_of(self, article_id: str, fingerprint: str) -> list[Statement]:
        """Statements of an article's latest revision, in the order of the text."""
        query = _statement_records(fingerprint).where(t.statement_sets.c.article_id == article_id)
        return sorted(from_json(Statement, self._texts(query)), key=lambda kept: (kept.start, kept.end))

    def statements_by_id(self, statement_ids: Iterable[str], *, fingerprint: str | None = None) -> dict[str, Statement]:
        """Those of the statements that are known, of any revision, by sorted id; as made under the fingerprint, without
        one as made last."""
        newest: dict[str, tuple[int, str]] = {}
        columns = (t.statements.c.statement_id, t.statements.c.set_id, t.statements.c.record)
        with self._transaction() as connection:
            for ids in chunks(sorted(set(statement_ids))):
                query = sa.select(*columns).where(one_of(t.statements.c.statement_id, ids))
                if fingerprint is not None:
                    query = query.join(t.statement_sets).where(t.statement_sets.c.fingerprint == fingerprint)
                for statement_id, set_id, record in connection.execute(query):
                    newest[statement_id] = max(newest.get(statement_id, (0, "")), (set_id, record))
        ordered = sorted(newest)
        return dict(zip(ordered, from_json(Statement, [newest[key][1] for key in ordered]), strict=True))

    def statement(self, statement_id: str) -> Statement:
        """One statement of any revision. Raises InputError: there is none."""
        found = self.statements_by_id([statement_id])
        if not found:
            raise InputError(f"{statement_id}: no statement of this id in {self.where}; expected an id of a report")
        return found[statement_id]

    # Runs

    @contextmanager
    def writer_lock(self, *, wait: float = 2.0) -> Iterator[None]:
        """Be the only writer while inside; a killed holder frees it. Taking it again inside is allowed.

        Raises StoreBusyError after `wait` seconds: another process holds it; the message says which, since when.
        """
        if self.read_only:
            raise StoreError(f"{self.where}: opened for reading only; open it for writing to run")
        if self._lock.is_held:
            yield
            return
        with held(self._lock, wait=wait, busy=self._who_writes):
            self._sign()
            try:
                yield
            finally:
                self._sign_off()

    def _sign(self) -> None:
        row = {"slot": t.WRITER_SLOT, "pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC)}
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.writers))
            connection.execute(sa.insert(t.writers).values(**row))

    def _sign_off(self) -> None:
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.writers))

    def _who_writes(self) -> str:
        with self._transaction() as connection:
            row = connection.execute(sa.select(t.writers)).first()
        who = f"process {row.pid} on {row.host} since {row.since:%Y-%m-%d %H:%M:%S} UTC" if row else "another process"
        return f"{self.where}: in use by {who}; wait until it has finished, or give another --store"

    def start_run(self, run: Run) -> None:
        """Record that a run has begun; runs left running by a killed process are marked failed.

        Raises StoreError: the writer lock is not held (only its holder can know that the others are dead).
        """
        if not self._lock.is_held:
            raise StoreError(f"{self.where}: a run is started inside writer_lock()")
        with self._transaction(writes=True) as connection:
            left = sa.select(t.runs.c.record).where(t.runs.c.status == "running")
            for stale in from_json(Run, list(connection.scalars(left))):
                _rewrite(connection, replace(stale, status="failed", error="interrupted"))
            connection.execute(sa.insert(t.runs).values(**_run_row(replace(run, status="running"))))

    def finish_run(self, run: Run, outcome: Outcome) -> None:
        """Mark the run succeeded and keep all it found, at once or not at all.

        Raises StoreError: the run is not running any more. InputError: it is unknown.
        """
        found = (
            (t.topics, "topic_id", [(topic.topic_id, topic) for topic in outcome.topics]),
            (t.conflicts, "conflict_id", [(conflict.conflict_id, conflict) for conflict in outcome.conflicts]),
            (t.agreements, "agreement_id", [(kept.agreement_id, kept) for kept in outcome.agreements]),
            (t.findings, "pair_id", [(finding.pair.pair_id, finding) for finding in outcome.findings]),
        )
        with self._transaction(writes=True) as connection:
            _require_running(_stored_run(connection, run.run_id, self.where))
            _rewrite(connection, replace(run, status="succeeded"))
            record_arrivals(connection, run.run_id)
            for table, id_column, records in found:
                rows = [
                    {"run_id": run.run_id, "position": position, id_column: record_id, "record": to_json(record)}
                    for position, (record_id, record) in enumerate(records)
                ]
                if rows:
                    connection.execute(sa.insert(table), rows)

    def fail_run(self, run_id: str, error: str, finished_at: datetime) -> None:
        """Mark a running run failed. Raises StoreError: it is not running any more. InputError: it is unknown."""
        with self._transaction(writes=True) as connection:
            run = _stored_run(connection, run_id, self.where)
            _require_running(run)
            _rewrite(connection, replace(run, status="failed", error=error, finished_at=finished_at))

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        return from_json(Run, self._texts(sa.select(t.runs.c.record).order_by(t.runs.c.number.desc())))

    def last_run(self) -> Run | None:
        """The newest run that succeeded."""
        succeeded = sa.select(t.runs.c.record).where(t.runs.c.status == "succeeded")
        found = from_json(Run, self._texts(succeeded.order_by(t.runs.c.number.desc()).limit(1)))
        return found[0] if found else None

    def outcome(self, run_id: str) -> Outcome:
        """What a succeeded run found, in the order it was given. Raises InputError: unknown, or it did not succeed."""
        with self._transaction() as connection:
            run = _stored_run(connection, run_id, self.where)
            if run.status != "succeeded":
                raise InputError(f"run {run_id} has no outcome, it is {run.status}; expected one that succeeded")
            rows = {
                table: list(connection.scalars(sa.select(table.c.record).filter_by(run_id=run_id).order_by("position")))
                for table in (t.topics, t.conflicts, t.agreements, t.findings)
            }
        return Outcome(
            topics=tuple(from_json(Topic, rows[t.topics])),
            conflicts=tuple(from_json(Conflict, rows[t.conflicts])),
            agreements=tuple(from_json(Agreement, rows[t.agreements])),
            findings=tuple(from_json(PairFinding, rows[t.findings])),
        )

    # The state of the store

    def counts(self) -> dict[str, int]:
        """How much there is of each thing; statements are those of the latest revisions, each counted once."""
        articles, heads = t.articles, _heads()
        current = (
            sa.select(sa.func.count(t.statements.c.statement_id.distinct()))
            .join(t.statement_sets)
            .join(heads, _same_revision(heads, t.statement_sets))
        )
        queries = {
            "articles": sa.select(sa.func.count(articles.c.article_id.distinct())),
            "revisions": sa.select(sa.func.count()).select_from(articles),
            "outlets": sa.select(sa.func.count(articles.c.outlet_id.distinct())),
            "statements": current,
            "vectors": sa.select(sa.func.count()).select_from(t.vectors),
            "scores": sa.select(sa.func.count()).select_from(t.scores),
            "runs": sa.select(sa.func.count()).select_from(t.runs),
        }
        with self._transaction() as connection:
            return {name: connection.scalar(query) or 0 for name, query in queries.items()}

    def check(self) -> list[str]:
        """Integrity problems, one line each; empty when the store is sound. Reads everything."""
        vectors = t.vectors.c
        wrong_vectors = (
            sa.select(vectors.encoder_id, vectors.text_hash)
            .where(sa.func.length(vectors.vector) != 4 * vectors.dimensions)
            .order_by(vectors.encoder_id, vectors.text_hash)
        )
        lengths = (
            sa.select(vectors.encoder_id)
            .group_by(vectors.encoder_id)
            .having(sa.func.min(vectors.dimensions) != sa.func.max(vectors.dimensions))
            .order_by(vectors.encoder_id)
        )
        with self._transaction() as connection:
            problems = [*self._database.self_check(connection), *unsound_records(connection)]
            problems += [
                f"vector {row.text_hash} of {row.encoder_id}: wrong size" for row in connection.execute(wrong_vectors)
            ]
            problems += [f"vectors of {encoder}: different dimensions" for encoder in connection.scalars(lengths)]
            ids = list(connection.scalars(sa.select(t.articles.c.article_id).distinct().order_by("article_id")))
            for article_id in ids:
                problems += _misplaced_statements(connection, article_id)
        return problems


def _article_row(article: Article) -> dict[str, object]:
    return {
        "article_id": article.article_id,
        "revision": article.revision,
        "outlet_id": article.outlet_id,
        "text_hash": article.text_hash,
        "record": to_json(article),
    }


def _statement_row(statement: Statement, *, set_id: int) -> dict[str, object]:
    return {
        "set_id": set_id,
        "statement_id": statement.statement_id,
        "text_hash": statement.text_hash,
        "record": to_json(statement),
    }


def _run_row(run: Run) -> dict[str, object]:
    finished_at = run.finished_at.astimezone(UTC) if run.finished_at else None
    kept = replace(run, started_at=run.started_at.astimezone(UTC), finished_at=finished_at)
    return {
        "run_id": kept.run_id,
        "status": kept.status,
        "started_at": kept.started_at,
        "finished_at": kept.finished_at,
        "record": to_json(kept),
    }


def _rewrite(connection: sa.Connection, run: Run) -> None:
    connection.execute(sa.update(t.runs).where(t.runs.c.run_id == run.run_id).values(**_run_row(run)))


def _stored_run(connection: sa.Connection, run_id: str, where: str) -> Run:
    record = connection.scalar(sa.select(t.runs.c.record).filter_by(run_id=run_id))
    if record is None:
        raise InputError(f"{run_id}: no run of this id in {where}; `detector status` lists them")
    return from_json(Run, [record])[0]


def _require_running(run: Run) -> None:
    if run.status != "running":
        raise StoreError(f"run {run.run_id} is already {run.status}; only a running one can finish")


def _statement_records(fingerprint: str) -> sa.Select[Any]:
    heads = _heads()
    return (
        sa.select(t.statements.c.record)
        .join(t.statement_sets)
        .join(heads, _same_revision(heads, t.statement_sets))
        .where(t.statement_sets.c.fingerprint == fingerprint)
    )


def _misplaced(statement: Statement, article: Article) -> str:
    """Why the statement is not a span of the article; empty when it is."""
    of = (statement.article_id, statement.revision)
    if of != (article.article_id, article.revision):
        return f"statement {statement.statement_id} is of article {of[0]} revision {of[1]}, not of {article.article_id}"
    if article.text[statement.start : statement.end] != statement.text:
        return f"statement {statement.statement_id} differs from {statement.start}:{statement.end} of its article"
    return ""


def _misplaced_statements(connection: sa.Connection, article_id: str) -> list[str]:
    """Problems of one article's statements, all revisions and fingerprints."""
    texts = sa.select(t.articles.c.record).filter_by(article_id=article_id)
    revisions = {kept.revision: kept for kept in from_json(Article, list(connection.scalars(texts)))}
    query = (
        sa.select(
            t.statement_sets.c.revision, t.statements.c.statement_id, t.statements.c.text_hash, t.statements.c.record
        )
        .join(t.statements)
        .where(t.statement_sets.c.article_id == article_id)
    )
    rows = connection.execute(query).all()
    kept = from_json(Statement, [row.record for row in rows])
    found = [_misplaced(statement, revisions[row.revision]) for row, statement in zip(rows, kept, strict=True)]
    found += [
        f"statement {row.statement_id} is not the one that was stored under this id"
        for row, statement in zip(rows, kept, strict=True)
        if (statement.statement_id, statement.text_hash) != (row.statement_id, row.text_hash)
    ]
    return sorted(problem for problem in found if problem)
