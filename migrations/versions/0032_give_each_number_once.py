"""Give each number once: SQLite gave the highest again when its row was gone, and what named the old one meant the new.

Follows 0031; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

NUMBERED = ("generations", "shares", "contests", "sanctions", "reviews", "blocked_terms", "audit_log", "styles")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":  # a sequence never goes back
        return
    for table in NUMBERED:
        find = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        triggers = op.get_bind().scalars(find, {"table": table}).all()
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
        for trigger in triggers:  # they went with the table that this one is made from
            op.execute(trigger)


def downgrade() -> None:
    """The code before can live with it."""
