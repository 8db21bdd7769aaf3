"""Reviews (append-only), fetched addresses and pages, heartbeats, accounts, which run first saw what, who looked when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("review_id", sa.String, nullable=False, unique=True),
        sa.Column("conflict_id", sa.String, nullable=False),
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("reviews_of_conflict", "reviews", ["conflict_id"])
    for statement in _append_only("reviews", op.get_bind().dialect.name):
        op.execute(statement)
    op.create_table(
        "fetches",
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("fetched_at", _MOMENT, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "pages",
        sa.Column("content_hash", sa.String, primary_key=True),
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("fetched_at", _MOMENT, nullable=False),
        sa.Column("content_type", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index("pages_by_url", "pages", ["url"])
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "arrivals",
        sa.Column("article_id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("run_number", sa.Integer, nullable=False),
    )
    op.create_table(
        "looks",
        sa.Column("reviewer", sa.String, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )


def _append_only(table: str, dialect: str) -> list[str]:
    """Statements after which rows of the table can neither be changed nor deleted."""
    said = f"{table} are append-only"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for verb in ("update", "delete")
        ]
    return [
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$",
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION {table}_stay()",
    ]
