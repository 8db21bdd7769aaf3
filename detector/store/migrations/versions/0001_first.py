"""Articles, statements, the two model caches, runs and what they found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("article_id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("outlet_id", sa.String, nullable=False),
        sa.Column("text_hash", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "statement_sets",
        sa.Column("set_id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("article_id", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("fingerprint", "article_id", "revision", name="one_set_per_article"),
        sa.ForeignKeyConstraint(
            ["article_id", "revision"], ["articles.article_id", "articles.revision"], name="of_article"
        ),
    )
    op.create_table(
        "statements",
        sa.Column("set_id", sa.Integer, sa.ForeignKey("statement_sets.set_id", name="of_set"), primary_key=True),
        sa.Column("statement_id", sa.String, primary_key=True),
        sa.Column("text_hash", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("statements_by_id", "statements", ["statement_id"])
    op.create_table(
        "vectors",
        sa.Column("encoder_id", sa.String, primary_key=True),
        sa.Column("text_hash", sa.String, primary_key=True),
        sa.Column("dimensions", sa.Integer, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "scores",
        sa.Column("scorer_id", sa.String, primary_key=True),
        sa.Column("premise_hash", sa.String, primary_key=True),
        sa.Column("hypothesis_hash", sa.String, primary_key=True),
        sa.Column("entailment", sa.Double, nullable=False),
        sa.Column("neutral", sa.Double, nullable=False),
        sa.Column("contradiction", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, nullable=False, unique=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("record", sa.Text, nullable=False),
    )
    for name, id_column in (
        ("topics", "topic_id"),
        ("conflicts", "conflict_id"),
        ("agreements", "agreement_id"),
        ("findings", "pair_id"),
    ):
        op.create_table(
            name,
            sa.Column("run_id", sa.String, sa.ForeignKey("runs.run_id", name=f"{name}_of_run"), primary_key=True),
            sa.Column("position", sa.Integer, primary_key=True),
            sa.Column(id_column, sa.String, nullable=False),
            sa.Column("record", sa.Text, nullable=False),
        )
