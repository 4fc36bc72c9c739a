"""Find parts of names by their trigrams, on PostgreSQL.

Where its extension pg_trgm is not installed, or this user may not have it, the search works without, more slowly.

Follows 0027; written on 2026-11-30.
"""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "DO $$ BEGIN "
            "CREATE EXTENSION IF NOT EXISTS pg_trgm; "
            "CREATE INDEX generation_names ON generations USING gin (lower(user_name) gin_trgm_ops); "
            "ANALYZE generations; "  # its planner knows nothing of an index of expressions before
            "EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege THEN "
            "RAISE NOTICE 'pg_trgm cannot be had: parts of names are searched for without an index'; "
            "END $$"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS generation_names")
