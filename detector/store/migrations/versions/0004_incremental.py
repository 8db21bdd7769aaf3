"""What a run keeps of every article, so that the next one compares only what is new: its summary, its pairs as judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "summaries",
        sa.Column("fingerprint", sa.String, primary_key=True),
        sa.Column("article_id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("mean", sa.LargeBinary, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "comparisons",
        sa.Column("article_id", sa.String, primary_key=True),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("judging", sa.String, nullable=False),
        sa.Column("neighbours", sa.Text, nullable=False),
    )
    op.create_table(
        "pairs",
        sa.Column(
            "article_id",
            sa.String,
            sa.ForeignKey("comparisons.article_id", name="of_comparison", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("pair_id", sa.String, primary_key=True),
        sa.Column("left_id", sa.String, nullable=False),
        sa.Column("right_id", sa.String, nullable=False),
        sa.Column("similarity", sa.Double, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("relation", sa.String, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("agreement", sa.Double, nullable=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("stopped_by", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("related_pairs", "pairs", ["relation"])
