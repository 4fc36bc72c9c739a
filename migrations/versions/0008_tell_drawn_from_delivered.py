"""Tell drawn from delivered.

Follows 0007; written on 2026-11-29.  "done" was both: what is drawn is "delivering" until somebody was shown it.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("UPDATE generations SET status = 'delivering' WHERE status = 'done' AND delivered_at IS NULL")
    op.execute("UPDATE generations SET status = 'expired' WHERE status = 'done' AND message_id IS NULL")
    op.execute("UPDATE generations SET status = 'delivered' WHERE status = 'done'")


def downgrade() -> None:
    op.execute("UPDATE generations SET status = 'done' WHERE status IN ('delivering', 'delivered', 'expired')")
