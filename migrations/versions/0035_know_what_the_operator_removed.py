"""Know what the operator removed, who is 0 as the filter is: a server's moderators do not show it again.

Follows 0034; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    for name in ("generations", "images"):
        op.add_column(name, sa.Column("by_operator", sa.Boolean(), server_default=sa.false(), nullable=False))
        columns = ("removed_by", "removed_why", *(["deleted"] if name == "generations" else []))
        table = sa.table(name, sa.column("by_operator", sa.Boolean()), *map(sa.column, columns))
        theirs = [table.c.removed_by == 0, sa.not_(table.c.removed_why.startswith("picture_check"))]
        if name == "generations":
            theirs.append(sa.not_(table.c.deleted))
        op.execute(sa.update(table).where(*theirs).values(by_operator=sa.true()))


def downgrade() -> None:
    for name in ("images", "generations"):
        op.drop_column(name, "by_operator")
