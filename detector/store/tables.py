"""Tables of the store. `record` holds the whole record as JSON; the other columns are what queries need of it."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from detector.errors import InputError

REVISIONS = ("0001", "0002", "0003", "0004")
"""Migrations this program knows, oldest first; a store at any other revision was made by a newer program."""

VERSION_TABLE = "detector_version"
"""Not Alembic's default name, so that another program's database is told from an old store."""

WRITER_SLOT = 1


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A time kept in UTC, also by databases that store no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Key(sa.types.TypeDecorator[str]):
    """Text that rows are found by. Every database keeps and compares the same ones: no NUL, no half of a character."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else checked_key(value)


def checked_key(value: str) -> str:
    """The value. Raises InputError: not every database would keep and find it."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{value!a}: holds text that is no Unicode; no id, name or address does") from error
    if "\0" in value:
        raise InputError(f"{value!a}: holds a NUL character; no id, name or address does")
    return value


metadata = sa.MetaData()

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("article_id", Key, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("outlet_id", Key, nullable=False),
    sa.Column("text_hash", Key, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

statement_sets = sa.Table(
    "statement_sets",
    metadata,
    sa.Column("set_id", sa.Integer, primary_key=True),
    sa.Column("fingerprint", Key, nullable=False),
    sa.Column("article_id", Key, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.UniqueConstraint("fingerprint", "article_id", "revision", name="one_set_per_article"),
    sa.ForeignKeyConstraint(
        ["article_id", "revision"], ["articles.article_id", "articles.revision"], name="of_article"
    ),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("set_id", sa.Integer, sa.ForeignKey("statement_sets.set_id", name="of_set"), primary_key=True),
    sa.Column("statement_id", Key, primary_key=True),
    sa.Column("text_hash", Key, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("statements_by_id", "statement_id"),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("encoder_id", Key, primary_key=True),
    sa.Column("text_hash", Key, primary_key=True),
    sa.Column("dimensions", sa.Integer, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("scorer_id", Key, primary_key=True),
    sa.Column("premise_hash", Key, primary_key=True),
    sa.Column("hypothesis_hash", Key, primary_key=True),
    sa.Column("entailment", sa.Double, nullable=False),
    sa.Column("neutral", sa.Double, nullable=False),
    sa.Column("contradiction", sa.Double, nullable=False),
    sqlite_with_rowid=False,
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("run_id", Key, nullable=False, unique=True),
    sa.Column("status", Key, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("record", sa.Text, nullable=False),
)


def _found_table(name: str, id_column: str) -> sa.Table:
    """A table of what runs found: rows of one run in the order the run gave them."""
    return sa.Table(
        name,
        metadata,
        sa.Column("run_id", Key, sa.ForeignKey("runs.run_id", name=f"{name}_of_run"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column(id_column, Key, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )


topics = _found_table("topics", "topic_id")
conflicts = _found_table("conflicts", "conflict_id")
agreements = _found_table("agreements", "agreement_id")
findings = _found_table("findings", "pair_id")

arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("article_id", Key, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("run_number", sa.Integer, nullable=False),
)
"""The first run that saw each revision; no foreign keys, so that a pruned run or text takes nothing else with it."""

writers = sa.Table(
    "writers",
    metadata,
    sa.Column("slot", sa.Integer, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("host", Key, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("review_id", Key, nullable=False, unique=True),
    sa.Column("conflict_id", Key, nullable=False),
    sa.Column("reviewer", Key, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("reviews_of_conflict", "conflict_id"),
)

fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("url", Key, primary_key=True),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("content_hash", Key, primary_key=True),
    sa.Column("url", Key, primary_key=True),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Column("content_type", Key, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Index("pages_by_url", "url"),
)

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("name", Key, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("name", Key, primary_key=True),
    sa.Column("password_hash", Key, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

looks = sa.Table(
    "looks",
    metadata,
    sa.Column("reviewer", Key, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("fingerprint", Key, primary_key=True),
    sa.Column("article_id", Key, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("mean", sa.LargeBinary, nullable=False),
    sa.Column("vectors", sa.LargeBinary, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("article_id", Key, primary_key=True),
    sa.Column("how", Key, nullable=False),
    sa.Column("judging", Key, nullable=False),
    sa.Column("neighbours", sa.Text, nullable=False),
)

pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column(
        "article_id",
        Key,
        sa.ForeignKey("comparisons.article_id", name="of_comparison", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("pair_id", Key, primary_key=True),
    sa.Column("left_id", Key, nullable=False),
    sa.Column("right_id", Key, nullable=False),
    sa.Column("similarity", sa.Double, nullable=False),
    sa.Column("rule", Key, nullable=False),
    sa.Column("relation", Key, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("agreement", sa.Double, nullable=False),
    sa.Column("lane", Key, nullable=False),
    sa.Column("kind", Key, nullable=False),
    sa.Column("stopped_by", Key, nullable=False),
    sa.Index("related_pairs", "relation"),
    sqlite_with_rowid=False,
)
