"""Know pictures by their colours, too.

Prints have grown; those of older pictures are made anew from their files (`easel db hash`).

Follows 0025; written on 2026-11-30.
"""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("DELETE FROM fingerprints")


def downgrade() -> None:
    op.execute("DELETE FROM fingerprints")
